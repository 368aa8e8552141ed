//! Back-tests on the market's own data: they trade as the paper venue would.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::client::Client;
use super::people::Person;
use super::trading::busy;
use super::{OPEN, desk};
use crate::support::{Server, eventually};

async fn ran(client: &Client, further: Value) -> Value {
    let strategy = busy("Test", "ACME")["strategyConfig"].clone();
    let mut asked = json!({"strategyConfig": strategy, "data": {"source": "market"}});
    asked.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    let job = client.post("/api/backtest/run", &asked).await.json(202);
    let path = format!("/api/backtest/{}", job["id"].as_str().unwrap());
    eventually("the back-test is done", async || {
        let job = client.get(&path).await.json(200);
        (job["state"] == "done").then_some(job)
    })
    .await
}

fn number(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn on_the_markets_data_it_costs_and_rounds_what_the_venue_does() {
    let fees =
        "[paper]\nmaker_fee_pct = \"0.02\"\ntaker_fee_pct = \"0.07\"\nslippage_bps = \"3\"\n";
    let desk = desk(&[OPEN, fees].concat());
    let server = Server::start(&desk);
    let client = Person::registered(&server, "ann").await.client;
    let config = client.get("/api/config").await.json(200);
    let costs = json!({"makerFeePct": "0.02", "takerFeePct": "0.07", "slippageBps": "3"});
    assert_eq!(config["costs"], costs);
    let listed = client.get("/api/symbol/ACME").await.json(200);
    let (tick, lot) = (number(&listed["tick"]), number(&listed["lot"]));

    let job = ran(&client, json!({})).await;
    let asked = &job["request"];
    let told = (&asked["feePct"], &asked["makerFeePct"], &asked["slippageBps"]);
    assert_eq!(told, (&json!("0.07"), &json!("0.02"), &json!("3")));
    assert_eq!(asked["currency"], listed["quote"]);
    let trades = job["summary"]["trades"].as_array().unwrap();
    assert!(trades.len() > 100, "{}", trades.len());
    for trade in trades {
        let (quantity, entry) = (number(&trade["quantity"]), number(&trade["entryPrice"]));
        assert!((quantity % lot).is_zero() && (entry % tick).is_zero(), "{trade}");
    }
    let listed_figures = &client.all("/api/backtest").await[0]["figures"];
    assert_eq!(listed_figures["firstTime"], job["summary"]["firstTime"]);
    assert_eq!(listed_figures["lastTime"], job["summary"]["lastTime"]);

    let free = ran(&client, json!({"feePct": "0", "slippageBps": "0"})).await;
    assert!(number(&free["summary"]["fees"]).is_zero(), "{free}");
    let euros = json!({"currency": "EUR", "data": {"source": "market"},
        "strategyConfig": busy("Test", "ACME")["strategyConfig"]});
    let answer = client.post("/api/backtest/run", &euros).await;
    let told = answer.problem(422, "invalid")["errors"][0]["message"].as_str().unwrap();
    assert!(told.contains("priced in USD"), "{told}");
}
