//! What belongs to somebody else is not there: not by its id in a path, a query or a body, and in
//! no list.

use serde_json::{Value, json};

use super::client::{Answer, Client, key, send};
use super::people::Person;
use super::routes::{Route, described};
use super::trading::{bought, busy, closed, ended, idle, order, running};
use super::{OPEN, desk};
use crate::support::{Server, eventually};

/// Routes that take something which is nobody's own.
const SHARED: [(&str, &str); 3] = [
    ("GET", "/api/symbol/{symbol}"),
    ("GET", "/platform/api/products/{id}/status"),
    ("PUT", "/platform/api/admin/products/{id}/status"),
];
/// The names under which ids come in queries and bodies.
const NAMES: [&str; 3] = ["profile", "profileId", "tradeId"];

/// What somebody has, by its id.
struct Owned {
    profile: String,
    order: String,
    open_trade: String,
    closed_trade: String,
    alert: String,
    backtest: String,
    session: String,
}

impl Owned {
    async fn by(person: &Person) -> Self {
        let client = &person.client;
        let profile = running(client, &idle("Mine", "ACME")).await;
        let further = json!({"type": "market", "quantity": "3",
            "takeProfit": {"percent": "0.0001"}, "stopLoss": {"percent": "0.0001"}});
        let ticket = order(&profile, "ACME", "buy", &further);
        let hit = client.post("/api/orders/manual", &ticket).await.json(201);
        ended(client, hit["tradeId"].as_str().unwrap()).await;
        let other = bought(client, &profile, "ACME", "2").await;
        let trade = closed(client, other["tradeId"].as_str().unwrap()).await;
        let open = bought(client, &profile, "ACME", "2").await;
        let alerts = client.all("/api/alerts").await;
        let strategy = busy("Test", "ACME")["strategyConfig"].clone();
        let run = json!({"timeframe": "5s", "strategyConfig": strategy,
            "data": {"source": "market"}});
        let job = client.post("/api/backtest/run", &run).await.json(202);
        let backtest = text(&job["id"]);
        eventually("the back-test is done", async || {
            let job = client.get(&format!("/api/backtest/{backtest}")).await.json(200);
            (job["state"] == "done").then_some(())
        })
        .await;
        let sessions = client.get("/platform/api/auth/sessions").await.json(200);
        Self {
            order: text(&client.all("/api/orders").await[0]["id"]),
            open_trade: text(&open["tradeId"]),
            closed_trade: text(&trade["id"]),
            alert: text(&alerts[0]["id"]),
            session: text(&sessions["sessions"][0]["id"]),
            backtest,
            profile,
        }
    }

    /// The id that belongs into the path of a route.
    fn of(&self, route: &Route) -> &str {
        let places = [
            ("/api/profiles/", &self.profile),
            ("/api/orders/", &self.order),
            ("/api/positions/", &self.open_trade),
            ("/api/trades/", &self.closed_trade),
            ("/api/alerts/", &self.alert),
            ("/api/backtest/", &self.backtest),
            ("/platform/api/auth/sessions/", &self.session),
        ];
        let place = places.iter().find(|(start, _)| route.path.starts_with(start));
        place.unwrap_or_else(|| panic!("whose id is in {route:?}? Add a case")).1
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Asks as whoever could: with a version, a key and a body that fits.
async fn ask(client: &Client, method: &str, path: &str) -> Answer {
    let body = match path {
        path if path.ends_with("/close") || path.ends_with("/ack") => json!({}),
        path if path.starts_with("/api/orders/") => json!({"quantity": "1"}),
        path if path.starts_with("/api/positions/") => json!({"stop": {"level": "1"}}),
        path if path.ends_with("/start") || path.ends_with("/stop") => json!({}),
        path if path.ends_with("/flatten") || path.ends_with("/unlock") => json!({}),
        _ => idle("Taken over", "ACME"),
    };
    let request = client.request(method, path).header("if-match", "*");
    let request = request.header("idempotency-key", key());
    match method {
        "GET" | "DELETE" => send(request).await,
        _ => send(request.json(&body)).await,
    }
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_found() {
    let desk = desk(OPEN);
    let server = Server::start(&desk);
    let owner = Person::registered(&server, "owner").await;
    let stranger = Person::registered(&server, "stranger").await;
    let owned = Owned::by(&owner).await;
    let before = owner.client.get("/api/profiles").await.json(200);
    let own = running(&stranger.client, &idle("Own", "ACME")).await;
    let (mut in_path, mut by_name) = (0, 0);
    for route in described(&owner.client).await {
        // Administrators act on everybody.
        let is_private = route.access == "user" && !SHARED.iter().any(|known| route.is(*known));
        if is_private && route.path.contains('{') {
            let path = route.filled(owned.of(&route));
            ask(&stranger.client, &route.method, &path).await.problem(404, "notFound");
            if route.method == "GET" {
                let answer = ask(&owner.client, "GET", &path).await;
                assert_eq!(answer.status, 200, "{path}");
                let is_whole = route.path.ends_with('}');
                assert!(!is_whole || answer.header("etag").is_some(), "{path} has no version");
            }
            in_path += 1;
        }
        for name in NAMES.iter().filter(|name| route.names.contains(**name)) {
            named(&route, name, &owned, &stranger.client).await;
            by_name += 1;
        }
    }
    println!("not found by {in_path} paths, {by_name} queries and bodies");
    assert!(in_path >= 20 && by_name >= 8, "{in_path} {by_name}");
    lists_are_empty(&stranger.client, &own).await;
    let after = owner.client.get("/api/profiles").await.json(200);
    let rows = |list: &Value| list["items"].as_array().unwrap()[0]["version"].clone();
    assert_eq!(rows(&before), rows(&after));
    assert_eq!(after["items"][0]["state"], "running");
    assert_eq!(after["items"][0]["openPositions"], 1, "nothing was done to it");
}

/// Somebody else's id under a name of a query or a body.
async fn named(route: &Route, name: &str, owned: &Owned, stranger: &Client) {
    let id = if name == "tradeId" { &owned.closed_trade } else { &owned.profile };
    if route.method == "POST" {
        let further = json!({"type": "market", "quantity": "1"});
        let ticket = order(id, "ACME", "buy", &further);
        stranger.post(&route.path, &ticket).await.problem(404, "notFound");
        return;
    }
    let further = if route.path == "/api/candles" { "&symbol=ACME&timeframe=5s" } else { "" };
    let answer = stranger.get(&format!("{}?{name}={id}{further}", route.path)).await;
    answer.problem(404, "notFound");
}

async fn lists_are_empty(stranger: &Client, own: &str) {
    for path in ["/api/orders", "/api/trades", "/api/alerts", "/api/positions", "/api/backtest"] {
        let list = stranger.get(path).await.json(200);
        assert_eq!(list["items"], json!([]), "{path}");
    }
    for path in ["/api/orders.csv", "/api/positions.csv", "/api/trades.csv"] {
        let file = stranger.get(path).await;
        assert_eq!((file.status, file.text.lines().count()), (200, 1), "{}", file.text);
    }
    let state = stranger.get("/api/state").await.json(200);
    for list in ["orders", "positions", "trades", "alerts"] {
        assert_eq!(state[list], json!([]), "{list}");
    }
    let profiles = state["profiles"].as_array().unwrap();
    assert_eq!(profiles.len(), 1);
    assert_eq!(profiles[0]["id"], own);
}
