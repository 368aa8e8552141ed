//! A profile from its making to its end.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::{Client, send};
use super::people::Person;
use super::trading::{bought, busy, ended, field, idle, running};
use super::{OPEN, desk};
use crate::support::{Server, eventually};

#[tokio::test]
async fn a_profile_lives_and_ends() {
    let desk = desk(OPEN);
    let server = Server::start(&desk);
    let ann = Person::registered(&server, "ann").await;
    let client = &ann.client;
    bad_profiles(client).await;
    let made = client.post("/api/profiles", &busy("Busy", "ACME")).await;
    let etag = made.header("etag").unwrap().to_owned();
    let place_of = made.header("location").unwrap().to_owned();
    let made = made.json(201);
    let id = made["id"].as_str().unwrap();
    assert_eq!((etag.as_str(), place_of.as_str()), ("\"1\"", &*format!("/api/profiles/{id}")));
    assert_eq!((&made["state"], &made["version"]), (&json!("stopped"), &json!(1)));
    let taken = client.post("/api/profiles", &busy("Busy", "ACME")).await;
    taken.problem(422, "invalid");
    assert_eq!(taken.fields(), ["name"]);
    client.post(&format!("{place_of}/start"), &json!({})).await.json(200);
    trades(client, id).await;
    changed(client, &place_of).await;
    emptied(client, id).await;
    removed(client, id).await;
}

/// Everything that is wrong is said at once, each with its field.
async fn bad_profiles(client: &Client) {
    let empty = client.post("/api/profiles", &json!({})).await;
    empty.problem(422, "invalid");
    let mut bad = idle(" ", "NONE");
    bad["capital"] = json!({"currency": "$", "allocated": "-5"});
    bad["mode"] = json!("practice");
    bad["timeZone"] = json!("Europe/Nowhere");
    bad["preset"] = json!("No Preset");
    bad["limits"] = json!({"maxOrderNotional": "-1"});
    bad["strategyConfig"]["entry"] = json!("close > smaa(close, 3)");
    bad["strategyConfig"]["sizing"]["value"] = json!("0");
    let answer = client.post("/api/profiles", &bad).await;
    answer.problem(422, "invalid");
    let told: BTreeSet<_> = answer.fields().into_iter().collect();
    for field in [
        "name",
        "mode",
        "timeZone",
        "preset",
        "capital.allocated",
        "capital.currency",
        "limits.maxOrderNotional",
        "strategyConfig.entry",
        "strategyConfig.sizing.value",
    ] {
        assert!(told.contains(field), "{field} is not in {told:?}");
    }
    let errors = answer.body["errors"].as_array().unwrap();
    let entry = errors.iter().find(|error| error["field"] == "strategyConfig.entry").unwrap();
    assert_eq!(entry["column"], 9, "{entry}");
    for name in ["a\nb", "safe\u{202e}elif", "\u{2066}a"] {
        let answer = client.post("/api/profiles", &idle(name, "ACME")).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.fields(), ["name"], "{name:?}: {}", answer.text);
    }
    let mut listed = idle("Listed", "ACME");
    listed["strategyConfig"] = json!([]);
    let answer = client.post("/api/profiles", &listed).await;
    answer.problem(422, "invalid");
    assert_eq!(answer.fields(), ["strategyConfig"], "{}", answer.text);
    let mut unlisted = idle("Unlisted", "NONE");
    let answer = client.post("/api/profiles", &unlisted).await;
    assert_eq!(answer.fields(), ["strategyConfig.symbols"], "{}", answer.text);
    unlisted["mode"] = json!("live");
    client.post("/api/profiles", &unlisted).await.problem(422, "liveUnavailable");
    for allocated in ["0", "1e30", "NaN", "", "1e-30"] {
        let mut poor = idle("Poor", "ACME");
        poor["capital"]["allocated"] = json!(allocated);
        let answer = client.post("/api/profiles", &poor).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.fields(), ["capital.allocated"], "{allocated}: {}", answer.text);
    }
    assert_eq!(client.get("/api/profiles").await.json(200)["items"], json!([]));
}

/// It decides at every close, and what it trades adds up.
async fn trades(client: &Client, id: &str) {
    let path = format!("/api/profiles/{id}");
    eventually("it has traded", async || {
        let trades = client.all(&format!("/api/trades?profile={id}")).await;
        (trades.len() >= 3).then_some(())
    })
    .await;
    let timeline = client.all(&format!("{path}/evaluations")).await;
    let kinds: BTreeSet<_> = field(&timeline, "kind").into_iter().collect();
    for kind in ["document", "status", "evaluation", "order", "fill"] {
        assert!(kinds.contains(kind), "{kinds:?}");
    }
    let seqs: Vec<u64> = timeline.iter().map(|row| row["seq"].as_u64().unwrap()).collect();
    assert!(seqs.is_sorted_by(|one, next| one > next), "the newest first, each once");
    let performance = client.get(&format!("{path}/performance")).await.json(200);
    assert!(performance["statistics"]["closedTrades"].as_u64().unwrap() >= 3, "{performance}");
    assert!(!performance["points"].as_array().unwrap().is_empty());
    client.get(&format!("{path}/performance?from=x")).await.problem(422, "invalid");
    let overall = client.get("/api/performance").await.json(200);
    assert_eq!(overall[0]["currency"], "USD");
}

async fn changed(client: &Client, path: &str) {
    let body = idle("Renamed", "ACME");
    let without = send(client.request("PUT", path).json(&body)).await;
    without.problem(428, "preconditionRequired");
    client.put(path, "\"7\"", &body).await.problem(412, "preconditionFailed");
    client.put(path, "1", &body).await.problem(400, "invalidHeader");
    client.put(path, "W/\"1\"", &body).await.problem(412, "preconditionFailed");
    let changed = client.put(path, "\"1\"", &body).await;
    assert_eq!(changed.header("etag"), Some("\"2\""));
    assert_eq!(changed.json(200)["name"], "Renamed");
    client.put(path, "\"1\"", &body).await.problem(412, "preconditionFailed");
    let versions = client.all(&format!("{path}/versions")).await;
    assert_eq!(field(&versions, "version"), ["2", "1"]);
    assert_eq!(field(&versions, "by"), ["ann@example.org", "ann@example.org"]);
    // Of two changes of one version one is made.
    let [one, other] = ["One", "Other"].map(|name| idle(name, "ACME"));
    let (one, other) =
        tokio::join!(client.put(path, "\"2\"", &one), client.put(path, "\"2\"", &other));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412], "{} {}", one.text, other.text);
}

/// It is stopped, flattened, and its ledger sums to zero.
async fn emptied(client: &Client, id: &str) {
    let path = format!("/api/profiles/{id}");
    eventually("it is flat", async || {
        let row = client.get(&path).await.json(200);
        (row["openPositions"] == 0 && row["workingOrders"] == 0).then_some(())
    })
    .await;
    let held = bought(client, id, "ACME", "2").await;
    let seen = client.get(&path).await;
    let mut less = idle("Busy", "ACME");
    less["capital"]["allocated"] = json!("1");
    let refused = client.put(&path, seen.header("etag").unwrap(), &less).await;
    refused.problem(422, "invalid");
    assert_eq!(refused.fields(), ["capital.allocated"]);
    let told = refused.body["errors"][0]["message"].as_str().unwrap();
    assert!(told.starts_with("must be at least ") && told.contains("is in use"), "{told}");
    let long = json!({"reason": "x".repeat(501)});
    let answer = client.post(&format!("{path}/stop"), &long).await;
    answer.problem(422, "invalid");
    let stopped = client.post(&format!("{path}/stop"), &json!({"reason": "Enough"})).await;
    let stopped = stopped.json(200);
    assert_eq!((&stopped["state"], &stopped["enters"]), (&json!("stopped"), &json!(false)));
    let version = format!("\"{}\"", stopped["version"]);
    let refused = client.delete(&path, &version).await;
    refused.problem(409, "notPossible");
    let flattened = client.post(&format!("{path}/flatten"), &json!({})).await.json(200);
    assert_eq!(flattened["orders"].as_array().unwrap().len(), 1, "{flattened}");
    ended(client, held["tradeId"].as_str().unwrap()).await;
    adds_up(client, id).await;
}

/// All accounts sum to zero, and are what the transfers make of them.
async fn adds_up(client: &Client, id: &str) {
    let ledger = client.get(&format!("/api/profiles/{id}/ledger?limit=1")).await.json(200);
    let transfers = client.all(&format!("/api/profiles/{id}/ledger")).await;
    let number = |value: &Value| value.as_str().unwrap().parse::<rust_decimal::Decimal>().unwrap();
    let balances = ledger["balances"].as_object().unwrap();
    let mut sum = rust_decimal::Decimal::ZERO;
    for (account, balance) in balances.iter().filter(|(account, _)| *account != "available") {
        let of = |side: &str| {
            let rows = transfers.iter().filter(|row| row[side] == account.as_str());
            rows.map(|row| number(&row["amount"])).sum::<rust_decimal::Decimal>()
        };
        assert_eq!(number(balance), of("credit") - of("debit"), "{account}: {ledger}");
        sum += number(balance);
    }
    assert!(sum.is_zero(), "{ledger}");
    let ids: BTreeSet<_> = field(&transfers, "id").into_iter().collect();
    assert_eq!(ids.len(), transfers.len(), "each once");
}

async fn removed(client: &Client, id: &str) {
    let path = format!("/api/profiles/{id}");
    let without = send(client.request("DELETE", &path)).await;
    without.problem(428, "preconditionRequired");
    client.delete(&path, "\"1\"").await.problem(412, "preconditionFailed");
    let etag = client.get(&path).await.header("etag").unwrap().to_owned();
    assert_eq!(client.delete(&path, &etag).await.status, 204);
    client.get(&path).await.problem(404, "notFound");
    let versions = client.all(&format!("{path}/versions")).await;
    assert!(versions.len() >= 3, "{versions:?}");
    let timeline = client.all(&format!("{path}/evaluations")).await;
    assert!(timeline.len() > 10, "{timeline:?}");
    let ledger = client.get(&format!("{path}/ledger")).await.json(200);
    assert_eq!((&ledger["currency"], &ledger["balances"]), (&json!("USD"), &json!({})));
    assert!(!ledger["items"].as_array().unwrap().is_empty());
    let performance = client.get(&format!("{path}/performance")).await.json(200);
    assert!(performance["statistics"]["closedTrades"].as_u64().unwrap() >= 4, "{performance}");
    for below in ["ledger", "evaluations", "versions", "performance"] {
        let nobodys = format!("/api/profiles/prf_0000000000001/{below}");
        client.get(&nobodys).await.problem(404, "notFound");
    }
    client.post(&format!("{path}/start"), &json!({})).await.problem(404, "notFound");
    let history = client.all(&format!("/api/trades?profile={id}")).await;
    assert!(history.len() >= 4, "its history stays");
    // Its name is free again.
    running(client, &idle("Busy", "ACME")).await;
}

#[tokio::test]
async fn another_profile_leaves_the_past_of_the_curve_as_it_was() {
    let desk = desk(OPEN);
    let server = Server::start(&desk);
    let client = Person::registered(&server, "ann").await.client;
    running(&client, &busy("One", "ACME")).await;
    let curve = async || {
        let overall = client.get("/api/performance").await.json(200);
        overall[0]["points"].as_array().unwrap().clone()
    };
    // At twenty times real time a minute is over in three seconds.
    let before = eventually("the curve has some points", async || {
        let points = curve().await;
        (points.len() > 20).then_some(points)
    })
    .await;
    let told = (&before[0]["equity"], &before[0]["allocated"]);
    assert_eq!(told, (&json!("100000"), &json!("100000")), "it was made with that");
    running(&client, &idle("Two", "ACME")).await;
    let after = eventually("both count", async || {
        let points = curve().await;
        (points.last()?["allocated"] == "200000").then_some(points)
    })
    .await;
    // What lies in the minute in which the other was made, of sixty seconds, counts it already.
    let alone = after.iter().take_while(|point| point["allocated"] == "100000").count();
    assert!(alone >= 2, "{after:?}");
    assert_eq!(after[..alone], before[..alone]);
}
