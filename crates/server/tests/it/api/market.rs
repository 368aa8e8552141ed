//! What the market shows: instruments, charts with their indicators, and a market nobody trades.

use serde_json::{Value, json};

use super::client::Client;
use super::people::Person;
use super::trading::{busy, ended, held, idle, order, running};
use super::{OPEN, desk};
use crate::support::{Desk, LOOPBACK, Server, eventually, market};

#[tokio::test]
async fn charts_go_on_without_anybody_and_compute_what_the_command_line_computes() {
    let desk = desk(OPEN);
    // It is ready although nobody trades anything.
    let server = Server::start(&desk);
    let client = Person::registered(&server, "ann").await.client;
    let latest = async || {
        let bars = client.get("/api/candles?symbol=ACME&timeframe=5s&limit=1").await.json(200);
        bars["bars"][0]["openTime"].as_str().unwrap().to_owned()
    };
    let first = latest().await;
    eventually("the chart goes on", async || (latest().await > first).then_some(())).await;
    instruments(&client).await;
    same_as_the_command_line(&client).await;
    questions(&client).await;
    let mut averaged = busy("Mine", "ACME");
    averaged["strategyConfig"]["entry"] = json!("close > sma(close, 5)");
    let mine = running(&client, &averaged).await;
    symbol_page(&client).await;
    let path = format!("/api/candles?symbol=ACME&timeframe=5s&profile={mine}");
    assert_eq!(client.get(&path).await.status, 200);
}

async fn instruments(client: &Client) {
    let listed = client.get("/api/instruments").await.json(200);
    for row in listed["items"].as_array().unwrap() {
        let symbol = row["symbol"].as_str().unwrap();
        let path = format!("/api/symbol/{}", symbol.replace('/', "%2F"));
        let one = client.get(&path).await.json(200);
        assert_eq!((&one["symbol"], &one["tick"]), (&row["symbol"], &row["tick"]));
    }
    client.get("/api/symbol/NONE").await.problem(404, "notFound");
}

/// A symbol's page has the last bar and what the rules read of it, as its chart has them.
async fn symbol_page(client: &Client) {
    let path = "/api/candles?symbol=ACME&timeframe=5s&limit=1&indicator=sma(close,%205)";
    let agree = async || {
        let page = client.get("/api/symbol/ACME").await.json(200);
        let chart = client.get(path).await.json(200);
        assert_eq!(page["evaluations"].as_array().unwrap().len(), 1, "{page}");
        let read = &page["indicators"][0];
        assert_eq!(
            (&read["expression"], &read["timeframe"]),
            (&json!("sma(close, 5)"), &json!("5s"))
        );
        // A bar may close between the two answers.
        let same =
            page["bar"] == chart["bars"][0] && read["value"] == chart["indicators"][0]["values"][0];
        (same && read["value"].is_f64()).then_some(())
    };
    eventually("page and chart agree", agree).await;
}

/// The indicators of a chart are those of `ballast indicators` on the same bars.
async fn same_as_the_command_line(client: &Client) {
    let expressions = ["sma(close, 5)", "highest(high, 3)", "close[2]", "roc(close, 4)"];
    let query: String =
        expressions.iter().map(|text| format!("&indicator={}", text.replace(' ', "%20"))).collect();
    let path = format!("/api/candles?symbol=KELP%2FUSD&timeframe=5s&limit=60{query}");
    let chart = client.get(&path).await.json(200);
    let bars = chart["bars"].as_array().unwrap();
    assert_eq!(bars.len(), 60);
    let desk = Desk::new();
    let field = |bar: &Value, name: &str| bar[name].as_str().unwrap().to_owned();
    let names = ["openTime", "open", "high", "low", "close", "volume"];
    let line = |bar: &Value| names.map(|name| field(bar, name)).join(",") + "\n";
    let text: String = bars.iter().map(line).collect();
    desk.write("chart.csv", &format!("time,open,high,low,close,volume\n{text}"));
    let mut arguments = vec!["indicators", "--data", "chart.csv", "--timeframe", "5s", "--csv"];
    expressions.iter().for_each(|text| arguments.extend(["--expr", text]));
    let told = desk.run(&arguments);
    assert_eq!(told.code, 0, "{}", told.stderr);
    let rows: Vec<Vec<String>> = told
        .stdout
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(str::to_owned).collect())
        .collect();
    for (place, line) in chart["indicators"].as_array().unwrap().iter().enumerate() {
        let values = line["values"].as_array().unwrap();
        assert_eq!(values.len(), bars.len());
        // Those of the chart lean on bars before the first that is shown.
        for (value, row) in values.iter().zip(&rows).skip(5) {
            let expected: f64 = row[place + 1].parse().unwrap();
            let value = value.as_f64().unwrap();
            let close = (value - expected).abs() <= 1e-9 * expected.abs().max(1.0);
            assert!(close, "{}: {value} {expected}", line["expression"]);
        }
    }
}

async fn questions(client: &Client) {
    let cases = [
        ("timeframe=5s", "symbol"),
        ("symbol=ACME", "timeframe"),
        ("symbol=ACME&timeframe=7s", "timeframe"),
        ("symbol=ACME&timeframe=5s&limit=0", "limit"),
        ("symbol=ACME&symbol=ACME&timeframe=5s", "symbol"),
        ("symbol=ACME&timeframe=5s&limit=5001", "limit"),
        ("symbol=ACME&timeframe=5s&from=then", "from"),
        ("symbol=ACME&timeframe=5s&to=then", "to"),
        ("symbol=ACME&timeframe=5s&colour=red", "colour"),
    ];
    for (query, field) in cases {
        let answer = client.get(&format!("/api/candles?{query}")).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.fields(), [field], "{query}");
    }
    let wrong = client.get("/api/candles?symbol=ACME&timeframe=5s&indicator=smaa(close,3)").await;
    wrong.problem(422, "invalid");
    assert_eq!(wrong.body["errors"][0]["column"], 1, "{}", wrong.text);
    client.get("/api/candles?symbol=NONE&timeframe=5s").await.problem(404, "notFound");
    let path = "/api/candles?symbol=ACME&timeframe=5s";
    let backwards = format!("{path}&from=2020-01-02T00:00:00Z&to=2020-01-01T00:00:00Z");
    let refused = client.get(&backwards).await;
    refused.problem(422, "invalid");
    assert_eq!(refused.fields(), ["from"]);
    for span in ["&from=2100-01-01T00:00:00Z", "&to=1970-01-01T00:00:00Z"] {
        let chart = client.get(&format!("{path}{span}&indicator=sma(close,3)")).await.json(200);
        assert_eq!(chart["bars"], json!([]), "{span}");
        assert_eq!(chart["indicators"][0]["values"], json!([]), "{span}");
    }
    for timeframe in ["5s", "15s", "1m", "1h", "1d", "1w", "1M"] {
        let path = format!("/api/candles?symbol=ACME&timeframe={timeframe}&limit=5");
        assert_eq!(client.get(&path).await.status, 200, "{timeframe}");
    }
}

/// While the venue halts an instrument nothing enters, what is held can be asked to be left, and
/// both go on when it trades again.
#[tokio::test]
async fn nothing_enters_while_a_market_is_shut() {
    let settings = [LOOPBACK, "tenants = []\n", &market(600, 60), "halts_per_day = 100\n", OPEN];
    let desk = Desk::serving(&settings.concat());
    let server = Server::start(&desk);
    let client = Person::registered(&server, "ann").await.client;
    let profile = running(&client, &idle("By hand", "ACME")).await;
    let ticket = order(&profile, "ACME", "buy", &json!({"type": "market", "quantity": "1"}));
    let entry = async || client.post("/api/orders/manual", &ticket).await;

    let trade = eventually("an entry is accepted", async || {
        let placed = entry().await;
        (placed.status == 201).then(|| placed.body["tradeId"].as_str().unwrap().to_owned())
    })
    .await;
    held(&client, &trade).await;
    let refusal = eventually("the market is shut", async || {
        let refused = entry().await.problem(422, "refused")["refusal"].clone();
        (refused["code"] == "marketClosed").then_some(refused)
    })
    .await;
    assert_eq!(refusal["symbol"], "ACME", "{refusal}");
    assert_eq!(refusal["status"]["type"], "halted", "{refusal}");
    client.post(&format!("/api/positions/{trade}/close"), &json!({})).await.json(201);
    ended(&client, &trade).await;
    eventually("it trades again", async || (entry().await.status == 201).then_some(())).await;
}
