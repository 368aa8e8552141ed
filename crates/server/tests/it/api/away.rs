//! What people can do on a full disk: leave, cancel, stop; and what of it outlives a crash.

use serde_json::{Value, json};

use super::client::{Answer, Client, key, send};
use super::people::Person;
use super::trading::{away, bought, idle, order, position, running};
use super::{OPEN, desk};
use crate::support::{Desk, LIMITED, Room, Server, eventually};

/// What health says of the node's own log.
fn kept(server: &Server) -> Value {
    let health: Value = serde_json::from_str(&server.internal("/internal/health")).unwrap();
    health["localLog"].clone()
}

#[track_caller]
fn refused(answer: &Answer) {
    let problem = answer.problem(422, "refused");
    assert_eq!(problem["refusal"]["code"], "storeAway", "{}", answer.text);
    assert!(problem["detail"].as_str().unwrap().contains("only exits, stops and cancels"));
}

/// A request that is kept by its key finds no store to keep it in; where the little that the key
/// takes still finds room, what it asks for is refused.
#[track_caller]
fn kept_out(answer: &Answer) {
    match answer.status {
        422 => refused(answer),
        _ => drop(answer.problem(503, "storeUnavailable")),
    }
}

/// Takes the room, and does what has to be journaled until the server knows: how much of what is
/// small still fits is SQLite's to say.
async fn full(server: &Server, room: &Room, client: &Client, empty: &str) {
    room.take();
    let (path, reason) = (format!("/api/profiles/{empty}/flatten"), "x".repeat(400));
    eventually("the store is full", async || {
        client.post(&path, &json!({"reason": reason})).await.json(200);
        (kept(server)["away"] == true).then_some(())
    })
    .await;
}

struct Scene {
    desk: Desk,
    server: Server,
    client: Client,
    /// Two profiles that hold a trade each, and one that holds nothing.
    profiles: [String; 3],
    trades: [String; 2],
    /// An entry that waits at a price.
    waiting: String,
}

impl Scene {
    async fn open() -> Self {
        let desk = desk(&[OPEN, LIMITED].concat());
        let server = Server::start(&desk);
        let client = Person::first(&server).await.client;
        let mine = running(&client, &idle("Mine", "ACME")).await;
        let other = running(&client, &idle("Other", "ACME")).await;
        let empty = running(&client, &idle("Empty", "ACME")).await;
        let mut trades = Vec::new();
        for profile in [&mine, &other] {
            let held = bought(&client, profile, "ACME", "4").await;
            trades.push(held["tradeId"].as_str().unwrap().to_owned());
        }
        let limit = away(&client, "ACME", 0.5).await;
        let further =
            json!({"type": "limit", "quantity": "1", "limitPrice": limit, "timeInForce": "gtc"});
        let ticket = order(&mine, "ACME", "buy", &further);
        let placed = client.post("/api/orders/manual", &ticket).await;
        let waiting = match placed.status {
            201 => placed.body["orderId"].as_str().unwrap_or_default().to_owned(),
            // One entry of a symbol is open at a time.
            _ => String::new(),
        };
        let trades = trades.try_into().unwrap();
        Self { desk, server, client, profiles: [mine, other, empty], trades, waiting }
    }

    /// The process ends without a word and is started again.
    fn crash(&mut self) {
        self.server.kill();
        let mut command = self.desk.serve();
        self.server = Server::spawn(&mut command);
        self.client = self.client.at(&self.server.url());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_people_leave_and_stop_and_a_crash_takes_none_of_it_back() {
    let mut scene = Scene::open().await;
    let room = Room::of(&scene.desk);
    let [mine, other, empty] = scene.profiles.clone();
    full(&scene.server, &room, &scene.client, &empty).await;
    enters_nothing(&scene.client, &mine).await;
    leaves(&scene.client, &scene.trades[0]).await;
    if !scene.waiting.is_empty() {
        let path = format!("/api/orders/{}", scene.waiting);
        send(scene.client.request("DELETE", &path).header("idempotency-key", key()))
            .await
            .json(202);
    }
    flattens(&scene.client, &other, &scene.trades[1]).await;
    let pause = json!({"reason": "the disk is full"});
    let paused = scene.client.post("/internal/trading/pause", &pause).await.json(200);
    assert_eq!(paused["mode"], "PAUSED");
    eventually("the pause is durable on the node", async || {
        let row = scene.client.get("/internal/trading/status").await.json(200);
        (row["durable"] == true).then_some(())
    })
    .await;
    let before = kept(&scene.server);
    assert!(before["batches"].as_u64().unwrap() > 0, "{before}");

    scene.crash();
    holds_after_the_crash(&scene.client, &other, &paused).await;
    assert!(kept(&scene.server)["batches"].as_u64().unwrap() > 0, "the disk is still full");
    let resume = json!({"reason": "over"});
    scene.client.post("/internal/trading/resume", &resume).await.problem(503, "storeUnavailable");

    room.give();
    eventually("the store has everything", async || {
        (kept(&scene.server)["usedBytes"] == 0).then_some(())
    })
    .await;
    holds_after_the_crash(&scene.client, &other, &paused).await;
    scene.client.post("/internal/trading/resume", &resume).await.json(200);
    let said = scene.server.said();
    let late = |words: &str| {
        said.lines().any(|line| line.contains(words) && line.contains("recorded_late=true"))
    };
    assert!(late("trading control is recorded") && late("recorded in the store"), "{said}");
    let trades = scene.client.all("/api/trades").await;
    assert_eq!(trades.len(), 2, "both are in the lists: {trades:?}");
    scene.client.post(&format!("/api/profiles/{mine}/start"), &json!({})).await.json(200);
}

/// What raises risk is refused with a reason, and what the preview says is the same.
async fn enters_nothing(client: &Client, profile: &str) {
    let further = json!({"type": "market", "quantity": "1"});
    let ticket = order(profile, "ACME", "buy", &further);
    kept_out(&client.post("/api/orders/manual", &ticket).await);
    kept_out(&client.post("/api/profiles", &idle("Third", "ACME")).await);
    let keyless = |path: &str, body: &Value| client.request("POST", path).json(body);
    refused(&send(keyless("/api/profiles", &idle("Third", "ACME"))).await);
    let preview = send(keyless("/api/orders/preview", &ticket)).await.json(200);
    assert_eq!(preview["refusal"]["code"], "storeAway", "{preview}");
    let start = format!("/api/profiles/{profile}/start");
    send(keyless(&format!("/api/profiles/{profile}/stop"), &json!({}))).await.json(200);
    refused(&send(keyless(&start, &json!({}))).await);
    let state = client.get("/api/state").await.json(200);
    assert_eq!(state["health"]["state"], "degraded", "{}", state["health"]);
    let words = state["health"]["error"].to_string();
    assert!(words.contains("nothing enters"), "{words}");
    assert_eq!(client.get("/health").await.json(200)["store"]["state"], "unavailable");
}

async fn leaves(client: &Client, trade: &str) {
    client.post(&format!("/api/positions/{trade}/close"), &json!({})).await.json(201);
    eventually("it is left", async || position(client, trade).await.is_none().then_some(())).await;
}

async fn flattens(client: &Client, profile: &str, trade: &str) {
    let flat = client.post(&format!("/api/profiles/{profile}/flatten"), &json!({})).await.json(200);
    assert_eq!(flat["orders"].as_array().unwrap().len(), 1, "{flat}");
    eventually("it is left", async || position(client, trade).await.is_none().then_some(())).await;
}

async fn holds_after_the_crash(client: &Client, flattened: &str, paused: &Value) {
    let row = client.get("/internal/trading/status").await.json(200);
    for name in ["mode", "lastChangedBy", "lastChangedAt", "reason"] {
        assert_eq!(row[name], paused[name], "{row}");
    }
    let profile = eventually("profiles are shown", async || {
        let answer = client.get(&format!("/api/profiles/{flattened}")).await;
        (answer.status == 200).then_some(answer.body)
    })
    .await;
    assert_eq!(profile["state"], "stopped", "{profile}");
    assert_eq!(client.get("/api/positions").await.json(200)["items"], json!([]));
}
