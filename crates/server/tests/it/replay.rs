//! The server on a replayed file trades what a back-test of the file trades, once.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use ballast_domain::{Envelope, Event, Timestamp};
use ballast_engine::ports::{Clock, Gap, Journal};
use ballast_engine::state::State;
use ballast_storage::{Options, Store, StreamName};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::support::{Desk, Halting, Server, repository};

const SETTINGS: &str = r#"
data_dir = "data"
listen = "127.0.0.1:0"
internal_listen = "127.0.0.1:0"
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
    desk.write("ballast.toml", &(SETTINGS.to_owned() + &lines_of(&strategy)));
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
    let expected = deals_of(&tested.json());
    assert!(expected.len() > 60);
    serve_to_the_end(&desk);
    assert_eq!(deals(&desk.data(), "alice").await, expected);
    serve_to_the_end(&desk);
    assert_eq!(deals(&desk.data(), "alice").await, expected, "what was traded is not traded again");
}

/// One file begins later and ends earlier, and days are missing in both, at the ends of weeks too.
#[tokio::test(flavor = "multi_thread")]
async fn files_with_gaps_and_of_other_lengths_are_traded_like_a_back_test() {
    let desk = Desk::new();
    let sample = std::fs::read_to_string(repository().join("examples/sample-1d.csv")).unwrap();
    let rows: Vec<&str> = sample.lines().skip(1).collect();
    let file = |name: &str, rows: &[&str], missing: fn(usize) -> bool| {
        let kept = rows.iter().enumerate().filter(|(place, _)| !missing(*place));
        let kept: String = kept.map(|(_, row)| format!("{row}\n")).collect();
        desk.write(name, &format!("date,open,high,low,close,volume\n{kept}"));
    };
    file("a.csv", &rows, |place| place % 11 == 3 || (40..52).contains(&place));
    file("b.csv", &rows[300..900], |place| place % 7 == 4);
    let config = BOTH.replace("[\"SAMPLE\"]", "[\"A\", \"B\"]").replace(
        "\"entry\": \"crossover",
        "\"entry\": \"tf(\\\"1w\\\", close > sma(close, 4)) and crossover",
    );
    desk.write("two.json", &config.replace("\"value\": \"60\"", "\"value\": \"40\""));
    let files = ["--data", "a.csv", "--symbol", "A", "--data", "b.csv", "--symbol", "B"];
    let rest = ["--timeframe", "1d", "--config", "two.json", "--cash", "10000"];
    let tested =
        desk.run(&[&["backtest"][..], &files, &rest, &["--fee-pct", "0.05", "--json"]].concat());
    let mut expected = deals_of(&tested.json());
    let strategy: Value = serde_json::from_str(&desk.read("two.json")).unwrap();
    let files =
        "files = [{ symbol = \"A\", path = \"a.csv\" }, { symbol = \"B\", path = \"b.csv\" }]";
    let one = "files = [{ symbol = \"SAMPLE\", path = \"sample-1d.csv\" }]";
    desk.write("ballast.toml", &(SETTINGS.replace(one, files) + &lines_of(&strategy)));
    serve_to_the_end(&desk);
    let mut traded = deals(&desk.data(), "alice").await;
    assert!(expected.len() > 60);
    expected.sort();
    traded.sort();
    assert_eq!(traded, expected);

    // Killed again and again, it weighs what is held in a gap at the same prices.
    let mut settings = desk.read("ballast.toml");
    for name in ["a.csv", "b.csv"] {
        settings = settings.replace(name, desk.path(name).to_str().unwrap());
    }
    let place = Desk::serving(&settings);
    let mut random = StdRng::seed_from_u64(11);
    for kill in 0..8 {
        let gap = NOTHING_ON_ITS_WAY[kill % 3];
        let mut server = Halting::start(&place, &format!("kill {kill}"));
        server.run_to(gap, random.random_range(1..=12));
        server.kill();
    }
    serve_to_the_end(&place);
    let mut traded = deals(&place.data(), "alice").await;
    traded.sort();
    assert_eq!(traded, expected);
}

/// A data directory belongs to its files: others would be passed over without a word.
#[tokio::test]
async fn files_that_end_before_what_was_played_are_refused() {
    let desk = Desk::new();
    let sample = std::fs::read_to_string(repository().join("examples/sample-1d.csv")).unwrap();
    desk.write("sample-1d.csv", &sample);
    let strategy: Value = serde_json::from_str(BOTH).unwrap();
    desk.write("ballast.toml", &(SETTINGS.to_owned() + &lines_of(&strategy)));
    serve_to_the_end(&desk);
    let early: Vec<&str> = sample.lines().take(300).collect();
    desk.write("sample-1d.csv", &(early.join("\n") + "\n"));
    let ended = desk.run(&["serve", "--config", "ballast.toml"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    let words = ["this data directory has been played to", "use another data directory"];
    assert!(words.iter().all(|words| ended.stderr.contains(words)), "{}", ended.stderr);
}

/// Reversals, stops and trails.
const BOTH: &str = r#"{"version": 1, "kind": "rules", "timeframe": "1d", "symbols": ["SAMPLE"],
    "direction": "both", "entry": "crossover(sma(close, 5), ema(close, 12))",
    "entryShort": "crossunder(sma(close, 5), ema(close, 12))",
    "sizing": {"type": "percentOfEquity", "value": "60"},
    "exits": {"stopLoss": {"type": "percent", "value": "4"},
              "trailing": {"type": "percent", "value": "6"}}}"#;

/// Killed in one of these, a tenant has accepted nothing that the venue does not have: such an
/// order would be given up.
const NOTHING_ON_ITS_WAY: [Gap; 3] = [Gap::Stepped, Gap::VenueFilled, Gap::VenueRecorded];

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_is_killed_goes_on_as_though_it_had_not_been() {
    let desk = Desk::new();
    let place = killed_often(&["alice"]).await;
    assert_eq!(deals(&place.data(), "alice").await, tested_deals(&desk));
}

/// Tenants are killed at different places of the file. Each goes on from its own: none sees a bar
/// twice or misses one, so that none is behind its stop.
#[tokio::test(flavor = "multi_thread")]
async fn tenants_of_a_replay_that_is_killed_go_on_from_where_each_was() {
    let desk = Desk::new();
    let place = killed_often(&["alice", "bob"]).await;
    let expected = tested_deals(&desk);
    for tenant in ["alice", "bob"] {
        let deals = deals(&place.data(), tenant).await;
        assert!(deals.is_sorted_by_key(|deal| &deal.0), "{tenant} went back: {deals:?}");
        // One entry that was on its way when the other was killed may have been given up.
        let times: BTreeSet<&String> = expected.iter().map(|deal| &deal.0).collect();
        let known = deals.iter().filter(|deal| times.contains(&deal.0)).count();
        assert!(known * 10 > expected.len() * 8, "{tenant}: {known} of {}", expected.len());
    }
}

/// What the settings do not name any more enters nothing, but its stops and exits go on: those of a
/// profile, of a whole tenant, and of a profile that now trades something else.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_out_of_the_settings_leaves_what_it_holds() {
    let other = "files = [{ symbol = \"OTHER\", path = \"other.csv\" }, ";
    let sample = std::fs::read_to_string(repository().join("examples/sample-1d.csv")).unwrap();
    for case in ["profile", "tenant", "symbol"] {
        let mut settings = settings_for(&["alice"]).replace("files = [", other);
        let place = Desk::serving(&settings);
        place.write("other.csv", &sample);
        let path = place.path("other.csv").to_str().unwrap().to_owned();
        settings = settings.replace("other.csv", &path);
        place.write("ballast.toml", &settings);
        let mut server = Halting::start(&place, case);
        server.run_to(Gap::VenueRecorded, 9);
        server.kill();
        let before = deals(&place.data(), "alice").await.len();
        assert_eq!(open_trades(&place.data()).await, 1, "{case}");
        let changed = match case {
            "profile" => settings[..settings.find("[[tenants.profiles]]").unwrap()].to_owned(),
            "tenant" => settings.replace("alice", "carol"),
            _ => settings.replace("[\"SAMPLE\"]", "[\"OTHER\"]"),
        };
        place.write("ballast.toml", &changed);
        serve_to_the_end(&place);
        let after = deals(&place.data(), "alice").await.len();
        match case {
            // The change is refused while something is held, so that it trades on as it did.
            "symbol" => assert!(after > before + 20, "{case}: {before} to {after}"),
            _ => {
                assert_eq!(open_trades(&place.data()).await, 0, "{case}");
                assert!((1..=2).contains(&(after - before)), "{case}: {before} to {after}");
            }
        }
    }
}

fn tested_deals(desk: &Desk) -> Vec<Deal> {
    desk.write("both.json", BOTH);
    let sample = repository().join("examples/sample-1d.csv");
    let sample = sample.to_str().unwrap();
    let from = ["backtest", "--data", sample, "--timeframe", "1d", "--config", "both.json"];
    let account = ["--cash", "10000", "--fee-pct", "0.05", "--json"];
    deals_of(&desk.run(&[&from[..], &account].concat()).json())
}

fn settings_for(tenants: &[&str]) -> String {
    let strategy: Value = serde_json::from_str(BOTH).unwrap();
    let (head, tenant) = SETTINGS.split_at(SETTINGS.find("[[tenants]]").unwrap());
    let tenant = tenant.to_owned() + &lines_of(&strategy);
    let tenants = tenants.iter().map(|name| tenant.replace("alice", name));
    let sample = repository().join("examples/sample-1d.csv");
    let head = head.replace("sample-1d.csv", sample.to_str().unwrap());
    head + &tenants.collect::<String>()
}

/// A replay for `tenants` that was killed again and again, and has then come to its end.
async fn killed_often(tenants: &[&str]) -> Desk {
    let place = Desk::serving(&settings_for(tenants));
    let mut random = StdRng::seed_from_u64(7);
    for kill in 0..18 {
        let gap = NOTHING_ON_ITS_WAY[kill % 3];
        let passages = random.random_range(1..=12);
        let name = format!("kill {kill} at passage {passages} of {}", gap.name());
        let mut server = Halting::start(&place, &name);
        server.run_to(gap, passages);
        server.kill();
    }
    let alive = deals(&place.data(), "alice").await.len();
    assert!(alive > 4, "{alive} deals before the last start");
    serve_to_the_end(&place);
    place
}

/// The deals of a back-test, in the order of their times.
fn deals_of(tested: &Value) -> Vec<Deal> {
    let mut deals = Vec::new();
    for trade in tested["trades"].as_array().unwrap() {
        for side in ["entry", "exit"] {
            if let Some(time) = trade[format!("{side}Time")].as_str() {
                let number = |name: &str| trade[name].as_str().unwrap().parse().unwrap();
                let price = number(&format!("{side}Price"));
                deals.push((time.to_owned(), price, number("quantity")));
            }
        }
    }
    deals
}

/// A strategy as lines of the settings.
fn lines_of(strategy: &Value) -> String {
    let fields = strategy.as_object().unwrap();
    fields.iter().map(|(name, value)| format!("{name} = {}\n", toml(value))).collect()
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
    let mut server = Server::spawn(&mut desk.serve());
    server.hears("the market data has ended");
    server.stop();
}

async fn events(data: &Path, tenant: &str) -> Vec<Envelope> {
    let options = Options {
        directory: data.to_owned(),
        collections: &[],
        max_bytes: None,
        local_bytes: None,
    };
    let store = Store::open(options, Arc::new(Stopped)).await.unwrap();
    let tenant = tenant.parse().unwrap();
    let journal = store.tenant(&tenant).journal::<Envelope>(StreamName::Journal, 0);
    let events = journal.read(0, 100_000).await.unwrap();
    store.close().await.unwrap();
    events
}

async fn open_trades(data: &Path) -> usize {
    let mut state = State::new("alice".parse().unwrap());
    for envelope in events(data, "alice").await {
        state.apply(&envelope).unwrap();
    }
    state.profiles().map(|profile| profile.trades.len()).sum()
}

/// The fills in the tenant's journal.
async fn deals(data: &Path, tenant: &str) -> Vec<Deal> {
    let events = events(data, tenant).await;
    let deal = |envelope: Envelope| match envelope.event {
        Event::OrderFilled { fill, .. } => {
            Some((fill.at.to_string(), fill.price.get(), fill.quantity.get()))
        }
        _ => None,
    };
    events.into_iter().filter_map(deal).collect()
}
