//! A server that is killed at any moment and started again: everything is there, once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ballast_domain::Timestamp;
use ballast_storage::{Clock, Collection, Options, Precondition, Query, Store};
use serde_json::{Value, json};

use super::client::Client;
use super::people::Person;
use super::trading::{busy, field, idle, order, running};
use super::{OPEN, desk};
use crate::support::{Desk, Server, eventually};

/// How long a server may run before each crash.
const LIVES_MS: [u64; 5] = [180, 420, 90, 650, 300];

/// What somebody is shown of their trading.
struct Shown {
    orders: Vec<Value>,
    trades: Vec<Value>,
    timelines: Vec<Value>,
    transfers: Vec<Value>,
}

impl Shown {
    async fn to(client: &Client, profiles: &[String]) -> Self {
        let mut shown = Self {
            orders: client.all("/api/orders").await,
            trades: client.all("/api/trades").await,
            timelines: Vec::new(),
            transfers: Vec::new(),
        };
        for id in profiles {
            let timeline = client.all(&format!("/api/profiles/{id}/evaluations")).await;
            shown.timelines.extend(timeline);
            shown.transfers.extend(client.all(&format!("/api/profiles/{id}/ledger")).await);
        }
        shown
    }

    /// Each row is there once.
    fn is_single(&self) {
        let lists = [
            (&self.orders, "id"),
            (&self.trades, "id"),
            (&self.timelines, "seq"),
            (&self.transfers, "id"),
        ];
        for (rows, key) in lists {
            let keys: BTreeSet<_> = field(rows, key).into_iter().collect();
            assert_eq!(keys.len(), rows.len(), "twice: {rows:?}");
        }
    }

    /// It has all that `before` had; what had ended is as it was.
    fn goes_on_from(&self, before: &Self) {
        let lists = [
            (&self.trades, &before.trades),
            (&self.timelines, &before.timelines),
            (&self.transfers, &before.transfers),
        ];
        for (now, before) in lists {
            for row in before {
                assert!(now.contains(row), "lost: {row}");
            }
        }
        for row in &before.orders {
            let same = |now: &&Value| now["id"] == row["id"];
            let now = self.orders.iter().find(same).unwrap_or_else(|| panic!("lost: {row}"));
            if row["working"] == false {
                assert_eq!(now, row);
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_is_killed_at_any_moment_shows_everything_once_again() {
    let desk = desk(&(OPEN.to_owned() + "[engine]\nsnapshot_every = 40\n"));
    let mut server = Server::start(&desk);
    let mut ann = Person::registered(&server, "ann").await;
    let mut profiles = Vec::new();
    for (name, symbol) in [("One", "ACME"), ("Two", "KELP/USD")] {
        profiles.push(running(&ann.client, &busy(name, symbol)).await);
    }
    let mut before = Shown::to(&ann.client, &profiles).await;
    for life_ms in LIVES_MS {
        tokio::time::sleep(Duration::from_millis(life_ms)).await;
        server.kill_untroubled();
        server = Server::start(&desk);
        ann.client = ann.client.at(&server.url());
        // Whoever asks first is told all of it too.
        let now = Shown::to(&ann.client, &profiles).await;
        now.is_single();
        now.goes_on_from(&before);
        before = now;
    }
    stopped(&ann.client, &profiles).await;
    let before = Shown::to(&ann.client, &profiles).await;
    let state = still(&ann.client).await;
    consistent(&state, &before);
    // All rows can be made again from the journal: those that are there come no second time.
    for rows in [&[][..], &ROWS] {
        server.kill_untroubled();
        forget(&desk, &ann.id, rows).await;
        server = Server::start(&desk);
        let client = ann.client.at(&server.url());
        live(&client).await;
        let now = Shown::to(&client, &profiles).await;
        now.is_single();
        now.goes_on_from(&before);
        before.goes_on_from(&now);
        let again = still(&client).await;
        for (name, rows) in state.as_object().unwrap() {
            let [one, other] = [rows, &again[name]].map(|rows| rows.as_array().unwrap());
            let gone: Vec<_> = one.iter().filter(|row| !other.contains(row)).collect();
            let new: Vec<_> = other.iter().filter(|row| !one.contains(row)).collect();
            assert_eq!((gone, new), (vec![], vec![]), "{name}");
        }
    }
}

/// Orders that a server keeps at hand once they have ended are fewer than these in all.
const ROUNDS: usize = 36;
const TRADED: [&str; 6] = ["KELP/USD", "REEF/USD", "TIDE/USD", "TALER/USD", "ORCA", "ACME"];

#[tokio::test]
async fn an_order_that_works_is_shown_however_many_have_ended_since() {
    const WORKING: &str = "/api/orders?status=working";
    // What never fills is far from any price.
    let desk = desk(&(OPEN.to_owned() + "[limits]\nmaxPriceRatio = 1000000\n"));
    let mut server = Server::start(&desk);
    let mut ann = Person::registered(&server, "ann").await;
    let patient = running(&ann.client, &idle("Patient", "ACME")).await;
    let rests = json!({"type": "limit", "quantity": "1", "limitPrice": "1"});
    let rests = order(&patient, "ACME", "buy", &rests);
    let rests = ann.client.post("/api/orders/manual", &rests).await.json(201);
    let path = format!("/api/orders/{}", rests["orderId"].as_str().unwrap());
    let mut hasty = idle("Hasty", "ACME");
    hasty["strategyConfig"]["symbols"] = json!(TRADED);
    let hasty = running(&ann.client, &hasty).await;
    for _ in 0..ROUNDS {
        for symbol in TRADED {
            let ends = json!({"type": "limit", "quantity": "100", "limitPrice": "0.1",
                "timeInForce": "ioc"});
            let ends = order(&hasty, symbol, "buy", &ends);
            eventually("the one before has ended", async || {
                (ann.client.post("/api/orders/manual", &ends).await.status == 201).then_some(())
            })
            .await;
        }
    }
    let before = ann.client.get(&path).await.json(200);
    assert_eq!((&before["origin"], &before["status"]), (&json!("manual"), &json!("accepted")));
    server.kill_untroubled();
    server = Server::start(&desk);
    ann.client = ann.client.at(&server.url());
    live(&ann.client).await;
    let first = ann.client.get(WORKING).await.json(200)["items"].clone();
    assert_eq!(first.as_array().unwrap().last(), Some(&before), "it works still");
    ann.client.delete(&path, "*").await.json(202);
    let ended = eventually("it is cancelled", async || {
        let row = ann.client.get(&path).await.json(200);
        (row["working"] == false).then_some(row)
    })
    .await;
    for same in ["origin", "createdAt", "seq", "clientOrderId", "limitPrice", "by"] {
        assert_eq!(ended[same], before[same], "{same}");
    }
    // The last of the hasty ones end with the next bar of their symbols.
    eventually("none works any more", async || {
        let working = ann.client.get(WORKING).await.json(200);
        (working["items"] == json!([])).then_some(())
    })
    .await;
}

async fn live(client: &Client) {
    eventually("the tenant is live", async || {
        let state = client.get("/api/state").await.json(200);
        (state["health"]["state"] == "live").then_some(())
    })
    .await;
}

/// Stops and flattens everything, so that nothing moves any more.
async fn stopped(client: &Client, profiles: &[String]) {
    for id in profiles {
        client.post(&format!("/api/profiles/{id}/flatten"), &json!({})).await.json(200);
        eventually("it is flat", async || {
            let row = client.get(&format!("/api/profiles/{id}")).await.json(200);
            // The first decision after it was stopped is told once more.
            let decisions = row["evaluations"].as_array().unwrap();
            let said = decisions.iter().all(|decision| decision["hold"] == "stopped");
            let flat = row["openPositions"] == 0 && row["workingOrders"] == 0;
            (said && flat).then_some(())
        })
        .await;
    }
}

/// What the state holds that no market moves.
async fn still(client: &Client) -> Value {
    let state = client.get("/api/state").await.json(200);
    let names = ["orders", "positions", "trades", "alerts"];
    names.iter().map(|name| ((*name).to_owned(), state[*name].clone())).collect()
}

/// The state is what the lists begin with.
fn consistent(state: &Value, lists: &Shown) {
    let begins = |rows: &Value, list: &[Value]| {
        let rows = rows.as_array().unwrap();
        assert!(!rows.is_empty());
        assert_eq!(rows.as_slice(), &list[..rows.len()]);
    };
    begins(&state["trades"], &lists.trades);
    begins(&state["orders"], &lists.orders);
    assert_eq!(state["positions"], json!([]));
}

/// Where rows are written behind the journal.
const ROWS: [&str; 6] =
    ["order", "trade-history", "capital-ledger", "timeline", "trading-profiles", "equity"];

const fn by_key(name: &'static str) -> Collection {
    Collection { name, indexes: &[] }
}

/// The rows, and last how far they have come.
static EVERY: [Collection; 7] = [
    by_key(ROWS[0]),
    by_key(ROWS[1]),
    by_key(ROWS[2]),
    by_key(ROWS[3]),
    by_key(ROWS[4]),
    by_key(ROWS[5]),
    by_key("projection"),
];

/// Takes away rows of a tenant, and that they were written.
async fn forget(desk: &Desk, tenant: &str, rows: &[&str]) {
    let options =
        Options { directory: desk.data(), collections: &EVERY, max_bytes: None, local_bytes: None };
    let store = Store::open(options, Arc::new(Now)).await.unwrap();
    let tenant = store.tenant(&tenant.parse().unwrap());
    for collection in &EVERY {
        if collection.name != "projection" && !rows.contains(&collection.name) {
            continue;
        }
        let documents = tenant.documents(collection);
        let mut page = documents.query::<Value>(&Query::default()).await.unwrap();
        assert!(!page.documents.is_empty(), "{}", collection.name);
        while !page.documents.is_empty() {
            for document in &page.documents {
                documents.delete(&document.key, Precondition::Any).await.unwrap();
            }
            page = documents.query(&Query::default()).await.unwrap();
        }
    }
    store.close().await.unwrap();
}

/// The time of day.
#[derive(Debug)]
struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap())
    }
}
