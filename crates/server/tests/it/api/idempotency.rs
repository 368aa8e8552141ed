//! Requests that are sent again: done once, answered alike, and told apart from others.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::client::{Answer, Client, send};
use super::people::Person;
use super::trading::{idle, order, running};
use super::{OPEN, desk};
use crate::support::{Server, eventually};

async fn under(client: &Client, key: &str, path: &str, body: &Value) -> Answer {
    send(client.request("POST", path).header("idempotency-key", key).json(body)).await
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_done_once_also_after_a_crash() {
    let desk = desk(OPEN);
    let mut server = Server::start(&desk);
    let ann = Person::registered(&server, "ann").await;
    let client = &ann.client;
    let profile = running(client, &idle("Mine", "ACME")).await;
    let ticket = |quantity: &str| {
        let further = json!({"type": "limit", "limitPrice": "90", "quantity": quantity});
        order(&profile, "ACME", "buy", &further)
    };
    let manual = "/api/orders/manual";
    let without = send(client.request("POST", manual).json(&ticket("10"))).await;
    without.problem(400, "idempotencyKeyRequired");
    for bad in ["", "a b", &"k".repeat(129)] {
        under(client, bad, manual, &ticket("10")).await.problem(400, "invalidHeader");
    }
    let first = under(client, "one", manual, &ticket("10")).await.json(201);
    let again = under(client, "one", manual, &ticket("10")).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json(201), first);
    under(client, "one", manual, &ticket("11")).await.problem(409, "idempotencyConflict");
    let refused = under(client, "bad", manual, &ticket("0")).await;
    let same = under(client, "bad", manual, &ticket("0")).await;
    assert_eq!((refused.status, &refused.body["errors"]), (same.status, &same.body["errors"]));
    assert_ne!(refused.body["requestId"], same.body["requestId"]);
    assert_eq!(client.all("/api/orders").await.len(), 1);
    // Another person's key is another key.
    let bob = Person::registered(&server, "bob").await;
    under(&bob.client, "one", manual, &ticket("10")).await.problem(404, "notFound");
    a_back_test_runs_once(client).await;
    let made = at_once(client).await;
    assert_eq!(made, 1, "made once");
    server.kill_untroubled();
    let server = Server::start(&desk);
    let client = client.at(&server.url());
    let after = under(&client, "one", manual, &ticket("10")).await;
    assert_eq!(after.header("idempotency-replayed"), Some("true"));
    assert_eq!(after.json(201), first);
    assert_eq!(client.all("/api/orders").await.len(), 1);
    removed_once(&client).await;
}

/// A form has other boundaries each time that it is sent, and is the same all the same.
async fn a_back_test_runs_once(client: &Client) {
    let mut config = idle("Mine", "ACME")["strategyConfig"].clone();
    config["timeframe"] = json!("1d");
    let asked = json!({"timeframe": "1d", "strategyConfig": config,
        "data": {"source": "upload"}});
    let asked = asked.to_string();
    let bars = |last: &str| {
        let days = (1..=9).map(|day| format!("2024-01-0{day},10,12,9,11,5\n"));
        "time,open,high,low,close,volume\n".to_owned() + &days.collect::<String>() + last
    };
    let run = async |key: &str, bars: String| {
        let file = Part::bytes(bars.into_bytes()).file_name("acme.csv");
        let form = Form::new().text("request", asked.clone()).part("ACME", file);
        let request = client.request("POST", "/api/backtest/run").header("idempotency-key", key);
        send(request.multipart(form)).await
    };
    let first = run("run", bars("")).await.json(202);
    let again = run("run", bars("")).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.json(202), first);
    run("run", bars("2024-01-10,10,12,9,11,5\n")).await.problem(409, "idempotencyConflict");
    assert_eq!(client.all("/api/backtest").await.len(), 1);
    let path = format!("/api/backtest/{}", first["id"].as_str().unwrap());
    let ended = eventually("it has ended", async || {
        let row = client.get(&path).await.json(200);
        (row["state"] == "done").then_some(row)
    })
    .await;
    for _ in 0..2 {
        assert_eq!(client.delete(&path, "*").await.json(202), ended, "cancelled too late");
    }
    let remove = || {
        let request = client.request("DELETE", &format!("{path}?remove=true"));
        send(request.header("idempotency-key", "remove"))
    };
    assert_eq!([remove().await.status, remove().await.status], [204, 204]);
    client.get(&path).await.problem(404, "notFound");
    let file = || Part::bytes(bars("").into_bytes()).file_name("acme.csv");
    let twice = Form::new().text("request", asked.clone()).part("ACME", file());
    let request = client.request("POST", "/api/backtest/run").header("idempotency-key", "twice");
    let refused = send(request.multipart(twice.part("ACME", file()))).await;
    refused.problem(422, "invalid");
    assert_eq!(refused.fields(), ["ACME"]);
}

/// The same request eight times at once: it is done once, the others get its answer or are told
/// that it is at work. Gives how many profiles there are of it.
async fn at_once(client: &Client) -> usize {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let client = client.clone();
        let body = idle("Once", "ACME");
        tasks.spawn(async move { under(&client, "once", "/api/profiles", &body).await });
    }
    let answers = tasks.join_all().await;
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.problem(409, "idempotencyInProgress");
        assert!(answer.header("retry-after").is_some());
    }
    let ids = answers.iter().filter_map(|answer| answer.body["id"].as_str());
    let ids: std::collections::BTreeSet<_> = ids.collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let profiles = client.get("/api/profiles").await.json(200);
    let profiles = profiles["items"].as_array().unwrap();
    profiles.iter().filter(|profile| profile["name"] == "Once").count()
}

/// Also what is gone is gone once: whoever lost the answer is told so again.
async fn removed_once(client: &Client) {
    let made = client.post("/api/profiles", &idle("Gone", "ACME")).await.json(201);
    let path = format!("/api/profiles/{}", made["id"].as_str().unwrap());
    let remove = || {
        let request = client.request("DELETE", &path).header("if-match", "\"1\"");
        send(request.header("idempotency-key", "gone"))
    };
    assert_eq!(remove().await.status, 204);
    assert_eq!(remove().await.status, 204);
    client.delete(&path, "\"1\"").await.problem(404, "notFound");
}
