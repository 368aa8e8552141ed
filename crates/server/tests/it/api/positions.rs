//! Positions: closing them, moving their stops and targets, and what a pause lets through.

use serde_json::{Value, json};

use super::client::{Answer, Client, send};
use super::people::Person;
use super::trading::{away, bought, closed, ended, idle, order, position, running};
use super::{OPEN, desk};
use crate::support::{Server, eventually};

#[tokio::test]
async fn positions_are_guarded_and_a_pause_lets_only_risk_go_down() {
    let desk = desk(OPEN);
    let mut server = Server::start(&desk);
    let admin = Person::first(&server).await;
    let client = &admin.client;
    let profile = running(client, &idle("Mine", "ACME")).await;
    never_over_closed(client, &profile).await;
    let held = bought(client, &profile, "ACME", "4").await;
    let trade = held["tradeId"].as_str().unwrap();
    stops(client, trade).await;
    targets(client, &profile, trade).await;
    paused(client, &profile, trade).await;
    server.kill_untroubled();
    let server = Server::start(&desk);
    let client = client.at(&server.url());
    still_paused(&client, &profile).await;
    closed(&client, trade).await;
    resumed(&client, &profile).await;
    lifecycle(&client, trade).await;
}

/// Two who close at once close it once.
async fn never_over_closed(client: &Client, profile: &str) {
    let held = bought(client, profile, "ACME", "4").await;
    let trade = held["tradeId"].as_str().unwrap();
    let path = format!("/api/positions/{trade}/close");
    for bad in ["0", "-1", "x"] {
        let answer = client.post(&path, &json!({"quantity": bad})).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.fields(), ["quantity"], "{bad}");
    }
    let part = json!({"quantity": "3"});
    let (one, other) = tokio::join!(client.post(&path, &part), client.post(&path, &part));
    let statuses = [one.status, other.status];
    assert!(statuses.contains(&201), "{} {}", one.text, other.text);
    let rest = client.post(&path, &json!({})).await;
    assert!([201, 404, 422].contains(&rest.status), "{}", rest.text);
    let trade_row = ended(client, trade).await;
    assert_eq!(trade_row["quantity"], "4", "{trade_row}");
    let exits: Vec<_> = client.all("/api/orders").await;
    let sold = exits.iter().filter(|row| row["tradeId"] == trade && row["side"] == "sell");
    let sold: i64 =
        sold.map(|row| row["filledQuantity"].as_str().unwrap().parse::<i64>().unwrap()).sum();
    assert_eq!(sold, 4, "{exits:?}");
    assert_eq!(client.get("/api/positions").await.json(200)["items"], json!([]));
    client.post(&path, &json!({})).await.problem(404, "notFound");
}

async fn moved(client: &Client, trade: &str, level: &str) -> Answer {
    let path = format!("/api/positions/{trade}");
    let seen = client.get(&path).await;
    client.patch(&path, seen.header("etag").unwrap(), &json!({"stop": {"level": level}})).await
}

#[track_caller]
fn refused(answer: &Answer, code: &str) {
    assert_eq!(answer.problem(422, "refused")["refusal"]["code"], code, "{}", answer.text);
}

async fn stops(client: &Client, trade: &str) {
    for bad in ["0", "-1", "NaN", "1e30"] {
        let answer = moved(client, trade, bad).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.fields(), ["stop.level"], "{bad}");
    }
    refused(&moved(client, trade, &away(client, "ACME", 1.1).await).await, "stopBeyondPrice");
    let off_tick = format!("{}3", away(client, "ACME", 0.8).await);
    refused(&moved(client, trade, &off_tick).await, "stopOffTick");
    let level = away(client, "ACME", 0.8).await;
    let row = moved(client, trade, &level).await.json(200);
    let told: f64 = row["stop"]["level"].as_str().unwrap().parse().unwrap();
    assert!((told - level.parse::<f64>().unwrap()).abs() < 1e-9, "{row}");
    let tighter = away(client, "ACME", 0.85).await;
    let row = moved(client, trade, &tighter).await.json(200);
    assert!(row["stop"]["level"] != json!(level), "{row}");
    // Four units bought and sold again, with the fees that were paid and the one to come.
    let number = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
    let (entry, stop) = (number(&row["entryPrice"]), number(&row["stop"]["level"]));
    let (paid, to_come) = (number(&row["fees"]), 4.0 * stop * 0.05 / 100.0);
    assert!(paid > 0.0, "{row}");
    let at_stop = 4.0 * (stop - entry) - paid - to_come;
    assert!((number(&row["resultAtStop"]) - at_stop).abs() < 1e-6, "{row}");
    let path = format!("/api/positions/{trade}");
    let seen = client.get(&path).await;
    let seen = seen.header("etag").unwrap();
    client.patch(&path, seen, &json!({"target": 1})).await.problem(422, "invalid");
    let body = json!({"stop": {"level": level}});
    let unseen = send(client.request("PATCH", &path).json(&body)).await;
    unseen.problem(428, "preconditionRequired");
    client.patch(&path, "\"0\"", &body).await.problem(412, "preconditionFailed");
    let row = client.patch(&path, seen, &body).await;
    assert!(row.header("etag").is_some_and(|etag| etag != seen), "{}", row.text);
    client.patch(&path, seen, &body).await.problem(412, "preconditionFailed");
}

async fn set(client: &Client, trade: &str, targets: Value) -> Answer {
    let path = format!("/api/positions/{trade}");
    let seen = client.get(&path).await;
    client.patch(&path, seen.header("etag").unwrap(), &json!({"targets": targets})).await
}

async fn targets(client: &Client, profile: &str, trade: &str) {
    let path = format!("/api/positions/{trade}");
    let far = away(client, "ACME", 1.5).await;
    for (bad, field) in [
        (json!([{}]), "targets[0].level"),
        (json!([{"level": "0"}]), "targets[0].level"),
        (json!([{"level": far, "portion": "0"}]), "targets[0].portion"),
        (json!([{"level": far}, {"level": far, "portion": "1.1"}]), "targets[1].portion"),
        (json!([{"number": 0, "level": far}]), "targets[0].number"),
    ] {
        let answer = set(client, trade, bad).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.fields(), [field], "{}", answer.text);
    }
    let seen = client.get(&path).await;
    let empty = client.patch(&path, seen.header("etag").unwrap(), &json!({})).await;
    assert_eq!(empty.fields(), ["stop"], "{}", empty.text);
    set(client, trade, json!([{"price": far}])).await.problem(422, "invalid");
    let near = away(client, "ACME", 0.95).await;
    refused(&set(client, trade, json!([{"level": near}])).await, "targetBeyondPrice");
    refused(&set(client, trade, json!([{"level": format!("{far}3")}])).await, "targetOffTick");
    let much = json!([{"level": far, "portion": "0.75"}, {"level": far, "portion": "0.5"}]);
    refused(&set(client, trade, much).await, "targetsAboveEntry");
    let strange = set(client, trade, json!([{"number": 7, "level": far}])).await;
    let told = strange.problem(409, "notPossible")["detail"].as_str().unwrap().to_owned();
    assert!(told.contains("no target 7") && told.contains("leave the number out"), "{told}");
    // Both or neither.
    let (seen, bad) = (
        client.get(&path).await,
        json!({"stop": {"level": near},
        "targets": [{"level": near}]}),
    );
    refused(&client.patch(&path, seen.header("etag").unwrap(), &bad).await, "targetBeyondPrice");
    assert_eq!(client.get(&path).await.json(200)["stop"], seen.json(200)["stop"]);
    let row = set(client, trade, json!([{"level": far, "portion": "0.5"}])).await.json(200);
    let number = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
    let told = &row["targets"][0];
    assert_eq!((&told["number"], number(&told["quantity"])), (&json!(1), 2.0), "{row}");
    assert_eq!(row["atVenue"], json!(["stop", "targets"]), "{row}");
    assert_eq!(row["emulated"], json!([]), "{row}");
    again(client, &path, &far).await;
    let further = away(client, "ACME", 1.6).await;
    let two = json!([{"number": 1, "level": further}, {"level": far}]);
    let row = set(client, trade, two).await.json(200);
    assert_eq!(number(&row["targets"][0]["level"]), number(&json!(further)), "{row}");
    assert_eq!(number(&row["targets"][1]["quantity"]), 2.0, "{row}");
    let row = set(client, trade, json!([{"number": 2}])).await.json(200);
    assert_eq!(row["targets"].as_array().unwrap().len(), 1, "{row}");
    assert_eq!(row["targets"][0]["number"], 2, "{row}");
    let life = client.all(&format!("/api/profiles/{profile}/evaluations")).await;
    let told = |text: &str| life.iter().any(|row| row["text"].as_str().unwrap().contains(text));
    assert!(told("The targets were set to close 2 at"), "{life:?}");
}

/// The same request again is answered as before and changes nothing; whoever has seen another
/// version changes nothing either.
async fn again(client: &Client, path: &str, level: &str) {
    let seen = client.get(path).await;
    let etag = seen.header("etag").unwrap();
    let body = json!({"targets": [{"number": 1, "level": level, "portion": "0.25"}]});
    let ask = || {
        let request = client.request("PATCH", path).header("Idempotency-Key", "targets-once");
        send(request.header("If-Match", etag).json(&body))
    };
    let first = ask().await;
    let second = ask().await;
    assert_eq!((first.status, &first.text), (200, &second.text), "{}", second.text);
    client.patch(path, etag, &body).await.problem(412, "preconditionFailed");
    let unseen = send(client.request("PATCH", path).json(&body)).await;
    unseen.problem(428, "preconditionRequired");
    let row = client.get(path).await.json(200);
    assert_eq!(row["targets"].as_array().unwrap().len(), 1, "{row}");
    let back = json!({"targets": [{"number": 1, "portion": "0.5"}]});
    let seen = client.get(path).await;
    client.patch(path, seen.header("etag").unwrap(), &back).await.json(200);
}

fn market(profile: &str) -> Value {
    order(profile, "ACME", "buy", &json!({"type": "market", "quantity": "1"}))
}

async fn paused(client: &Client, profile: &str, trade: &str) {
    let pause = "/internal/trading/pause";
    for bad in [json!({}), json!({"reason": ""}), json!({"reason": "x".repeat(501)})] {
        client.post(pause, &bad).await.problem(422, "invalid");
    }
    let control = client.post(pause, &json!({"reason": "News at noon"})).await.json(200);
    assert_eq!(control["mode"], "PAUSED");
    let preview = client.post("/api/orders/preview", &market(profile)).await.json(200);
    let manual = client.post("/api/orders/manual", &market(profile)).await;
    refused(&manual, "control");
    assert_eq!(preview["accepted"], false);
    assert_eq!(preview["refusal"], manual.body["refusal"], "the preview has said so");
    let told = manual.body["detail"].as_str().unwrap();
    assert!(told.contains("admin@example.org") && told.contains("News at noon"), "{told}");
    assert!(manual.body["refusal"]["at"].is_string(), "{}", manual.text);
    // A stop goes nearer to the price, and not away from it.
    let tighter = away(client, "ACME", 0.9).await;
    moved(client, trade, &tighter).await.json(200);
    let looser = away(client, "ACME", 0.7).await;
    refused(&moved(client, trade, &looser).await, "control");
    let row = position(client, trade).await.unwrap();
    let stands: f64 = row["stop"]["level"].as_str().unwrap().parse().unwrap();
    assert!((stands - tighter.parse::<f64>().unwrap()).abs() < 1e-9, "{row}");
}

/// A pause holds over a crash, and what was moved stands.
async fn still_paused(client: &Client, profile: &str) {
    let status = client.get("/internal/trading/status").await.json(200);
    assert_eq!((&status["mode"], &status["reason"]), (&json!("PAUSED"), &json!("News at noon")));
    assert_eq!(status["lastChangedBy"], "admin@example.org");
    eventually("the tenant runs", async || {
        let answer = client.post("/api/orders/manual", &market(profile)).await;
        (answer.status != 503).then(|| refused(&answer, "control"))
    })
    .await;
}

async fn resumed(client: &Client, profile: &str) {
    let resume = json!({"reason": "Over"});
    let control = client.post("/internal/trading/resume", &resume).await.json(200);
    assert_eq!(control["mode"], "RUNNING");
    bought(client, profile, "ACME", "1").await;
}

/// Every event of a trade, in order, each with who caused it.
async fn lifecycle(client: &Client, trade: &str) {
    let path = format!("/api/lifecycle/canonical?tradeId={trade}");
    let life = client.get(&path).await.json(200);
    let items = life["items"].as_array().unwrap();
    let seqs: Vec<_> = items.iter().map(|item| item["seq"].as_u64().unwrap()).collect();
    assert!(seqs.is_sorted_by(|one, next| one < next), "{seqs:?}");
    let kinds: Vec<_> = items.iter().map(|item| item["type"].as_str().unwrap()).collect();
    let fills = kinds.iter().filter(|kind| **kind == "orderFilled").count();
    let moves = kinds.iter().filter(|kind| **kind == "stopMoved").count();
    assert_eq!((kinds[0], fills, moves), ("intentAccepted", 2, 4), "{kinds:?}");
    let told = |item: &Value| item["text"].as_str().is_some_and(|text| !text.is_empty());
    assert!(items.iter().all(told), "{life}");
    assert!(items[0]["requestId"].is_string(), "{}", items[0]);
    let (mut parts, mut cursor) = (Vec::new(), String::new());
    while parts.is_empty() || !cursor.is_empty() {
        let part = client.get(&format!("{path}&limit=3{cursor}")).await.json(200);
        let told = part["items"].as_array().unwrap();
        assert!((1..=3).contains(&told.len()), "{part}");
        parts.extend(told.iter().cloned());
        let next = part["nextCursor"].as_str();
        cursor = next.map(|next| format!("&cursor={next}")).unwrap_or_default();
    }
    assert_eq!((&parts, life.get("nextCursor")), (items, None), "part by part it is the same");
    for wrong in ["limit=0", "limit=2001", "cursor=x"] {
        client.get(&format!("{path}&{wrong}")).await.problem(422, "invalid");
    }
    client.get("/api/lifecycle/canonical").await.problem(422, "invalid");
    client.get("/api/lifecycle/canonical?tradeId=x").await.problem(404, "notFound");
}
