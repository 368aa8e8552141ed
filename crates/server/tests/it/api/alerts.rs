//! What people are told of although they may not look.

use serde_json::{Value, json};

use super::client::Client;
use super::people::Person;
use super::trading::{busy, field, running};
use super::{OPEN, desk};
use crate::support::{Server, eventually};

/// An alert with this code, once there is one.
async fn alerted(client: &Client, code: &str) -> Value {
    eventually(code, async || {
        let alerts = client.all("/api/alerts").await;
        alerts.into_iter().find(|alert| alert["code"] == code)
    })
    .await
}

/// The latest evaluation of a profile with one symbol.
async fn evaluation(client: &Client, profile: &str) -> Value {
    let row = client.get(&format!("/api/profiles/{profile}")).await.json(200);
    row["evaluations"][0].clone()
}

/// Waits until the gate has refused what a profile asks for in this way; gives its explanation.
async fn refused(client: &Client, profile: &str, code: &str) -> String {
    eventually(code, async || {
        let latest = evaluation(client, profile).await;
        (latest["refusal"] == code).then(|| latest["text"].as_str().unwrap().to_owned())
    })
    .await
}

#[tokio::test]
async fn a_refused_entry_and_a_pause_are_told_of() {
    let desk = desk(OPEN);
    let server = Server::start(&desk);
    let admin = Person::first(&server).await;
    let client = Person::registered(&server, "ann").await.client;
    let mut small = busy("Small", "ACME");
    small["strategyConfig"]["sizing"]["value"] = json!("0.000001");
    let profile = running(&client, &small).await;
    let text = refused(&client, &profile, "quantityBelowLot").await;
    let parts = ["Signal to enter long: ", "The gate refused it: ", "less than one lot of"];
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
    let alert = alerted(&client, "entryRefused").await;
    assert_eq!((&alert["severity"], &alert["symbol"]), (&json!("warning"), &json!("ACME")));
    let text = alert["text"].as_str().unwrap();
    assert!(text.starts_with("Small: Refused to enter long"), "{text}");

    admin.client.post("/internal/trading/pause", &json!({"reason": "news"})).await.json(200);
    let paused = alerted(&client, "tradingPaused").await;
    let text = paused["text"].as_str().unwrap();
    assert!(text.contains("admin@example.org") && text.contains("news"), "{text}");
    let text = refused(&client, &profile, "control").await;
    assert!(text.contains("news"), "{text}");

    // The market has turned again and again by then, and the same cause was told of once.
    admin.client.post("/internal/trading/resume", &json!({"reason": "over"})).await.json(200);
    let resumed = alerted(&client, "tradingResumed").await;
    refused(&client, &profile, "quantityBelowLot").await;
    let codes = field(&client.all("/api/alerts").await, "code");
    assert_eq!(codes, ["tradingResumed", "tradingPaused", "entryRefused"]);
    let path = format!("/api/alerts/{}/ack", resumed["id"].as_str().unwrap());
    let seen = client.post(&path, &json!({})).await.json(200);
    assert!(seen["acknowledgedAt"].is_string(), "{seen}");
}
