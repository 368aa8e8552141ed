//! The server on a replayed file trades what a back-test of the file trades, once.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

use ballast_domain::{Envelope, Event, Timestamp};
use ballast_engine::ports::{Clock, Journal};
use ballast_storage::{Options, Store, StreamName};
use rust_decimal::Decimal;
use serde_json::Value;

use super::run::{Desk, repository};

const SETTINGS: &str = r#"
data_dir = "data"
listen = "127.0.0.1:0"
[market]
feed = "replay"
[market.replay]
timeframe = "1d"
stamped = "open"
start = "2020-01-01"
files = [{ symbol = "SAMPLE", path = "sample-1d.csv" }]
[paper]
maker_fee_pct = "0.05"
taker_fee_pct = "0.05"
slippage_bps = "0"
[[tenants]]
id = "alice"
[[tenants.profiles]]
name = "Averages"
capital = "10000"
[tenants.profiles.strategy]
"#;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(0)
    }
}

/// When, at which price, and how much.
type Deal = (String, Decimal, Decimal);

#[tokio::test]
async fn a_replayed_file_is_traded_like_a_back_test_and_only_once() {
    let desk = Desk::new();
    let example = |name: &str| std::fs::read_to_string(repository().join("examples").join(name));
    desk.write("sample-1d.csv", &example("sample-1d.csv").unwrap());
    let config = example("sma-cross.json").unwrap();
    desk.write("sma-cross.json", &config);
    let strategy: Value = serde_json::from_str(&config).unwrap();
    let strategy = strategy.as_object().unwrap();
    let lines = strategy.iter().map(|(name, value)| format!("{name} = {}\n", toml(value)));
    desk.write("ballast.toml", &(SETTINGS.to_owned() + &lines.collect::<String>()));
    let tested = desk.run(&[
        "backtest",
        "--data",
        "sample-1d.csv",
        "--timeframe",
        "1d",
        "--config",
        "sma-cross.json",
        "--cash",
        "10000",
        "--fee-pct",
        "0.05",
        "--json",
    ]);
    let mut expected = Vec::new();
    for trade in tested.json()["trades"].as_array().unwrap() {
        for side in ["entry", "exit"] {
            if let Some(time) = trade[format!("{side}Time")].as_str() {
                let number = |name: &str| trade[name].as_str().unwrap().parse().unwrap();
                let price = number(&format!("{side}Price"));
                expected.push((time.to_owned(), price, number("quantity")));
            }
        }
    }
    assert!(expected.len() > 60);
    serve_to_the_end(&desk);
    assert_eq!(deals(&desk).await, expected);
    serve_to_the_end(&desk);
    assert_eq!(deals(&desk).await, expected, "what was traded is not traded again");
}

/// TOML writes such values like JSON, tables apart.
fn toml(value: &Value) -> String {
    match value.as_object() {
        Some(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name} = {}", toml(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        None => value.to_string(),
    }
}

/// Runs the server until the file has ended, and asks it to stop.
fn serve_to_the_end(desk: &Desk) {
    let mut command = desk.command(&["serve", "--config", "ballast.toml"]);
    let mut server = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
    let ended = log.by_ref().any(|line| line.unwrap().contains("the market data has ended"));
    assert!(ended, "the server has ended before the file");
    let pid = server.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    log.for_each(drop);
    assert!(server.wait().unwrap().success());
}

/// The fills in the tenant's journal.
async fn deals(desk: &Desk) -> Vec<Deal> {
    let options = Options { directory: desk.path("data"), collections: &[], max_bytes: None };
    let store = Store::open(options, Arc::new(Stopped)).await.unwrap();
    let tenant = "alice".parse().unwrap();
    let journal = store.tenant(&tenant).journal::<Envelope>(StreamName::Journal, 0);
    let events = journal.read(0, 100_000).await.unwrap();
    store.close().await.unwrap();
    let deal = |envelope: Envelope| match envelope.event {
        Event::OrderFilled { fill, .. } => {
            Some((fill.at.to_string(), fill.price.get(), fill.quantity.get()))
        }
        _ => None,
    };
    events.into_iter().filter_map(deal).collect()
}
