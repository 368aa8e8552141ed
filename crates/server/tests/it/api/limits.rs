//! Limits of product, tenant and profile over HTTP: who may enter what, and what locks say.

use serde_json::{Value, json};

use super::client::{Answer, Client, send};
use super::people::Person;
use super::trading::{bought, closed, idle, order, running};
use super::{OPEN, desk};
use crate::support::{Server, eventually};

/// What a person's order of so many units is answered.
async fn buys(client: &Client, profile: &str, quantity: &str) -> Answer {
    let further = json!({"type": "market", "quantity": quantity});
    client.post("/api/orders/preview", &order(profile, "ACME", "buy", &further)).await
}

/// The code of the refusal that an order would meet, or `accepted`.
async fn code(client: &Client, profile: &str, quantity: &str) -> String {
    let answer = buys(client, profile, quantity).await.json(200);
    match answer["refusal"]["code"].as_str() {
        Some(code) => code.to_owned(),
        None => "accepted".to_owned(),
    }
}

#[tokio::test]
async fn a_tenants_limits_are_its_own_and_hold_after_a_restart() {
    let desk = desk(&format!("{OPEN}\n[limits]\nmaxOrderQuantity = \"50\"\n"));
    let mut server = Server::start(&desk);
    let ann = Person::registered(&server, "ann").await;
    let ben = Person::registered(&server, "ben").await;
    let [of_ann, of_ben] = [
        running(&ann.client, &idle("By hand", "ACME")).await,
        running(&ben.client, &idle("By hand", "ACME")).await,
    ];
    let first = ann.client.get("/api/limits").await;
    assert_eq!(first.header("etag"), Some("\"0\""));
    let first = first.json(200);
    assert_eq!((&first["version"], &first["limits"]), (&json!(0), &json!({})));
    assert_eq!(first["productLimits"]["maxOrderQuantity"], "50");
    assert_eq!(first["productLimits"]["maxDataAgeMs"], 300_000);
    set(&ann.client).await;
    assert_eq!(code(&ann.client, &of_ann, "10").await, "accepted");
    assert_eq!(code(&ann.client, &of_ann, "11").await, "orderQuantityAboveLimit");
    assert_eq!(code(&ben.client, &of_ben, "50").await, "accepted", "they are hers alone");
    let refused = buys(&ben.client, &of_ben, "51").await.json(200);
    let refusal = &refused["refusal"];
    assert_eq!((&refusal["scope"], &refusal["limit"]), (&json!("product"), &json!("50")));
    server.kill_untroubled();
    server = Server::start(&desk);
    let back = ann.client.at(&server.url());
    let known = back.get("/api/limits").await.json(200);
    assert_eq!(known["version"], 1);
    assert_eq!(known["limits"]["maxOrderQuantity"], "10");
    eventually("its price is known", async || {
        (code(&back, &of_ann, "10").await == "accepted").then_some(())
    })
    .await;
    assert_eq!(code(&back, &of_ann, "11").await, "orderQuantityAboveLimit");
}

/// Everything that makes no sense is told at once, and nothing is changed without its version.
async fn set(client: &Client) {
    let body = json!({"limits": {"maxOrderQuantity": "10", "maxDailyLoss": "500"}});
    let without = send(client.request("PUT", "/api/limits").json(&body)).await;
    without.problem(428, "preconditionRequired");
    client.put("/api/limits", "\"7\"", &body).await.problem(412, "preconditionFailed");
    let bad = json!({"limits": {"maxExposure": "0", "maxPriceRatio": 1, "stopGuard":
        {"stops": 99, "lookbackMinutes": 60, "lockMinutes": 60}}});
    let answer = client.put("/api/limits", "\"0\"", &bad).await;
    answer.problem(422, "invalid");
    let told = answer.fields();
    assert_eq!(told, ["limits.maxExposure", "limits.maxPriceRatio", "limits.stopGuard.stops"]);
    let unknown = json!({"limits": {"maxOrders": 1}});
    assert!([400, 422].contains(&client.put("/api/limits", "\"0\"", &unknown).await.status));
    let done = client.put("/api/limits", "\"0\"", &body).await;
    assert_eq!(done.header("etag"), Some("\"1\""));
    let done = done.json(200);
    assert_eq!(done["limits"], body["limits"]);
    assert!(done["changedBy"].as_str().unwrap().starts_with("ann@"), "{done}");
}

#[tokio::test]
async fn a_lock_is_shown_and_lifted() {
    let desk = desk(OPEN);
    let server = Server::start(&desk);
    let client = &Person::registered(&server, "ann").await.client;
    let mut careful = idle("Careful", "ACME");
    careful["limits"] = json!({"cooldownMinutes": 600});
    careful["timeZone"] = json!("Europe/Berlin");
    careful["preset"] = json!("by-hand");
    let profile = running(client, &careful).await;
    let path = format!("/api/profiles/{profile}");
    let row = client.get(&path).await.json(200);
    let told = (&row["timeZone"], &row["preset"], &row["locks"]);
    assert_eq!(told, (&json!("Europe/Berlin"), &json!("by-hand"), &json!([])));
    let held = bought(client, &profile, "ACME", "1").await;
    closed(client, held["tradeId"].as_str().unwrap()).await;
    let locks = eventually("the instrument is locked", async || {
        let row = client.get(&path).await.json(200);
        row["locks"].as_array().filter(|locks| !locks.is_empty()).cloned()
    })
    .await;
    let [lock] = &locks[..] else { panic!("{locks:?}") };
    assert_eq!((&lock["symbol"], &lock["limit"]), (&json!("ACME"), &json!("cooldownMinutes")));
    let refused = buys(client, &profile, "1").await.json(200);
    assert_eq!(refused["refusal"]["code"], "entriesLocked");
    assert_eq!(refused["refusal"]["until"], lock["until"]);
    let unlock = format!("{path}/unlock");
    client.post(&unlock, &json!({"symbol": "A B"})).await.problem(422, "invalid");
    let row = client.post(&unlock, &json!({"symbol": "ACME"})).await.json(200);
    assert_eq!(row["locks"], json!([]));
    assert_eq!(code(client, &profile, "1").await, "accepted");
    let lines = client.all(&format!("{path}/evaluations")).await;
    let of_locks = lines.iter().filter(|row| row["kind"] == "lock");
    let texts: Vec<&str> = of_locks.map(|row| row["text"].as_str().unwrap()).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].starts_with("Locks of entries of ACME were lifted by ann@"), "{texts:?}");
    assert!(texts[1].starts_with("Entries of ACME are locked until "), "{texts:?}");
}

/// Under maintenance nothing enters, and what is held can be left.
#[tokio::test]
async fn a_product_out_of_service_enters_nothing() {
    let desk = desk(OPEN);
    let server = Server::start(&desk);
    let admin = Person::first(&server).await;
    let client = &Person::registered(&server, "ann").await.client;
    let profile = running(client, &idle("By hand", "ACME")).await;
    let held = bought(client, &profile, "ACME", "1").await;
    let place = "/platform/api/admin/products/ballast/status";
    let status = |body: Value| {
        let request = admin.client.request("PUT", place).header("if-match", "*");
        send(request.header("idempotency-key", super::client::key()).json(&body))
    };
    status(json!({"status": "maintenance", "message": "new disks"})).await.json(200);
    eventually("nothing enters", async || {
        (code(client, &profile, "1").await == "productUnavailable").then_some(())
    })
    .await;
    closed(client, held["tradeId"].as_str().unwrap()).await;
    status(json!({"status": "active"})).await.json(200);
    eventually("it is in service again", async || {
        (code(client, &profile, "1").await == "accepted").then_some(())
    })
    .await;
}
