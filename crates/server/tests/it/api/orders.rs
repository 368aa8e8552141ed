//! Orders by hand: every type, every fault, and that a preview says what would come of it.

use serde_json::{Value, json};

use super::client::{Client, send};
use super::people::Person;
use super::trading::{away, bought, field, held, idle, order, position, price, running};
use super::{OPEN, desk};
use crate::support::{Server, eventually};

const MANUAL: &str = "/api/orders/manual";
const PREVIEW: &str = "/api/orders/preview";

#[tokio::test]
async fn orders_by_hand_do_what_their_preview_says() {
    let desk = desk(OPEN);
    let server = Server::start(&desk);
    let client = Person::registered(&server, "ann").await.client;
    let profile = running(&client, &idle("By hand", "ACME")).await;
    bad_tickets(&client, &profile).await;
    at_its_stop(&client, &profile).await;
    every_type(&client, &profile).await;
    amended(&client, &profile).await;
    pairs(&client, &profile).await;
    by_notional(&client, &profile).await;
    reducing(&client, &profile).await;
    lists(&client, &profile).await;
}

async fn bad_tickets(client: &Client, profile: &str) {
    let ticket = |further: Value| order(profile, "ACME", "buy", &further);
    for bad in ["0", "-1", "1e30", "NaN", "Infinity", "", "0x10", "1,5"] {
        let cases = [
            ("limitPrice", json!({"type": "limit", "quantity": "1", "limitPrice": bad})),
            ("stopPrice", json!({"type": "stop", "quantity": "1", "stopPrice": bad})),
            (
                "trailDistance",
                json!({"type": "trailing_stop", "quantity": "1",
                "trailDistance": bad}),
            ),
            ("quantity", json!({"type": "market", "quantity": bad})),
            ("notional", json!({"type": "market", "notional": bad})),
        ];
        for (field, further) in cases {
            for path in [MANUAL, PREVIEW] {
                let answer = client.post(path, &ticket(further.clone())).await;
                answer.problem(422, "invalid");
                assert_eq!(answer.fields(), [field], "{bad}: {}", answer.text);
            }
        }
    }
    let tiny = json!({"type": "limit", "quantity": "1", "limitPrice": "1e-30"});
    assert_eq!(client.post(MANUAL, &ticket(tiny)).await.status, 422);
    let tiny = json!({"type": "market", "quantity": "0.0000000000000000000000000001"});
    let refused = client.post(MANUAL, &ticket(tiny)).await;
    assert_eq!(refused.problem(422, "refused")["refusal"]["code"], "quantityBelowLot");
    let huge = json!({"type": "market", "quantity": "79000000000000000000000000000"});
    let refused = client.post(MANUAL, &ticket(huge)).await;
    refused.problem(422, "refused");
    let fields = [
        (json!({"type": "market"}), "quantity"),
        (json!({"type": "market", "quantity": "1", "notional": "1"}), "quantity"),
        (json!({"type": "limit", "quantity": "1"}), "limitPrice"),
        (json!({"type": "market", "quantity": "1", "limitPrice": "1"}), "limitPrice"),
        (json!({"type": "market", "quantity": "1", "stopLoss": {"percent": "100"}}), "stopLoss"),
        (json!({"type": "market", "quantity": "1", "takeProfit": {"price": "0"}}), "takeProfit"),
    ];
    for (further, field) in fields {
        let answer = client.post(MANUAL, &ticket(further)).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.fields(), [field], "{}", answer.text);
    }
    let nothing = json!({"type": "market", "quantity": "1", "reduceOnly": true});
    let refused = client.post(MANUAL, &ticket(nothing)).await;
    let told = refused.problem(409, "notPossible")["detail"].as_str().unwrap();
    assert!(told.contains("holds no ACME"), "{told}");
    let unlisted = order(profile, "NONE", "buy", &json!({"type": "market", "quantity": "1"}));
    let status = client.post(MANUAL, &unlisted).await.status;
    assert!([404, 422].contains(&status), "{status}");
    let other = order(profile, "PEARL/USD", "buy", &json!({"type": "market", "quantity": "1"}));
    let refused = client.post(MANUAL, &other).await;
    assert_eq!(refused.problem(422, "refused")["refusal"]["code"], "instrumentUnknown");
    assert_eq!(client.get("/api/orders").await.json(200)["items"], json!([]));
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

/// Each type waits or fills as it should, and its preview has said what it costs.
async fn every_type(client: &Client, profile: &str) {
    let (low, high) = (away(client, "ACME", 0.8).await, away(client, "ACME", 1.2).await);
    let cases = [
        ("buy", json!({"type": "limit", "limitPrice": low})),
        ("sell", json!({"type": "limit", "limitPrice": high})),
        ("buy", json!({"type": "stop", "stopPrice": high})),
        ("sell", json!({"type": "stop", "stopPrice": low})),
        ("buy", json!({"type": "stop_limit", "stopPrice": high, "limitPrice": high})),
        ("sell", json!({"type": "stop_limit", "stopPrice": low, "limitPrice": low})),
        ("buy", json!({"type": "trailing_stop", "trailDistance": low})),
        ("sell", json!({"type": "trailing_stop", "trailDistance": low})),
    ];
    for (side, mut further) in cases {
        further["quantity"] = json!("3");
        let ticket = order(profile, "ACME", side, &further);
        let preview = client.post(PREVIEW, &ticket).await.json(200);
        assert_eq!(preview["accepted"], true, "{preview}");
        let placed = client.post(MANUAL, &ticket).await.json(201);
        let id = placed["orderId"].as_str().unwrap();
        let path = format!("/api/orders/{id}");
        let row = client.get(&path).await.json(200);
        for (asked, told) in [("side", "side"), ("quantity", "quantity"), ("type", "type")] {
            assert_eq!(preview["order"][asked], row[told], "{preview} {row}");
        }
        let profile_row = client.get(&format!("/api/profiles/{profile}")).await.json(200);
        let told = [&preview["availableAfter"], &preview["order"]["reserved"]];
        let done = [&profile_row["available"], &profile_row["reservedForOrders"]];
        match further["type"] == "trailing_stop" {
            false => assert_eq!(done, told, "{side} {further}"),
            // It is reckoned with the last price, which goes on meanwhile.
            true => told.iter().zip(done).for_each(|(told, done)| {
                assert!((number(told) / number(done) - 1.0).abs() < 0.01, "{told} {done}");
            }),
        }
        // The slot is taken while it works.
        let second = client.post(MANUAL, &ticket).await;
        assert_eq!(second.problem(422, "refused")["refusal"]["code"], "duplicateEntry");
        cancelled(client, &path).await;
        let profile_row = client.get(&format!("/api/profiles/{profile}")).await.json(200);
        assert_eq!(profile_row["available"], preview["availableBefore"], "all is given back");
    }
}

/// Changes a working order: what it reserves follows, and nothing else changes.
async fn amended(client: &Client, profile: &str) {
    let limit = away(client, "ACME", 0.8).await;
    let further = json!({"type": "limit", "quantity": "3", "limitPrice": limit});
    let placed = client.post(MANUAL, &order(profile, "ACME", "buy", &further)).await.json(201);
    let path = format!("/api/orders/{}", placed["orderId"].as_str().unwrap());
    let seen = eventually("the venue has it", async || {
        let answer = client.get(&path).await;
        let etag = answer.header("etag").unwrap().to_owned();
        (answer.json(200)["status"] == "accepted").then_some(etag)
    })
    .await;
    let ask = async |version: &str, change: Value| client.patch(&path, version, &change).await;
    ask("\"0\"", json!({"quantity": "5"})).await.problem(412, "preconditionFailed");
    ask(&seen, json!({"quantity": "0"})).await.problem(422, "invalid");
    ask(&seen, json!({"price": "1"})).await.problem(422, "invalid");
    let strange = ask(&seen, json!({"stopPrice": "1"})).await;
    let told = strange.problem(409, "notPossible")["detail"].as_str().unwrap().to_owned();
    assert!(told.contains("has no such price"), "{told}");
    let much = ask(&seen, json!({"quantity": "1000000"})).await;
    assert_eq!(much.problem(422, "refused")["refusal"]["code"], "insufficientCapital");
    let reserved = async || {
        let row = client.get(&format!("/api/profiles/{profile}")).await.json(200);
        number(&row["reservedForOrders"])
    };
    let before = reserved().await;
    let asked = ask(&seen, json!({"quantity": "6"})).await.json(202);
    assert_eq!(asked["id"], placed["orderId"]);
    eventually("the venue has changed it", async || {
        let row = client.get(&path).await.json(200);
        (row["amending"] == false && row["quantity"] == "6").then_some(())
    })
    .await;
    let row = client.get(&path).await.json(200);
    assert_eq!(number(&row["limitPrice"]), number(&json!(limit)));
    assert_eq!(row["filledQuantity"], "0");
    assert!((reserved().await / before - 2.0).abs() < 0.001, "twice as much is reserved");
    let life = client.all(&format!("/api/profiles/{profile}/evaluations")).await;
    let told = |text: &str| life.iter().any(|row| row["text"].as_str().unwrap().contains(text));
    assert!(told("Asked to change an order to 6") && told("The venue has changed the order."));
    cancelled(client, &path).await;
}

/// Two entries of which the first to fill cancels the other: both or neither.
async fn pairs(client: &Client, profile: &str) {
    let (low, high) = (away(client, "ACME", 0.8).await, away(client, "ACME", 1.2).await);
    let buy = |oco: Value| {
        let further = json!({"type": "limit", "limitPrice": low, "quantity": "3", "oco": oco});
        order(profile, "ACME", "buy", &further)
    };
    let sell = |quantity: &str| {
        json!({"entry": {"side": "sell", "type": "limit", "limitPrice": high,
            "quantity": quantity}})
    };
    bad_pairs(client, profile, &buy).await;
    for path in [MANUAL, PREVIEW] {
        let much = client.post(path, &buy(sell("1000000"))).await;
        match path {
            MANUAL => {
                let told = much.problem(422, "refused")["detail"].as_str().unwrap().to_owned();
                assert!(told.starts_with("Of the other entry, so that neither"), "{told}");
            }
            _ => assert_eq!(much.json(200)["refusesOther"], true),
        }
    }
    let working = client.get("/api/orders?status=working").await.json(200);
    assert_eq!(working["items"], json!([]), "nothing of a refused pair was placed");
    let preview = client.post(PREVIEW, &buy(sell("3"))).await.json(200);
    let key = "a-pair-once";
    let ask = || {
        let request = client.request("POST", MANUAL).header("Idempotency-Key", key);
        send(request.json(&buy(sell("3"))))
    };
    let (placed, again) = (ask().await, ask().await);
    assert_eq!((placed.status, &placed.text), (201, &again.text), "{}", again.text);
    let placed = placed.json(201);
    let ids = [&placed["orderId"], &placed["oco"]["orderId"]].map(|id| id.as_str().unwrap());
    let working = client.get("/api/orders?status=working").await.json(200);
    assert_eq!(working["items"].as_array().unwrap().len(), 2, "{working}");
    for (id, other) in [(ids[0], ids[1]), (ids[1], ids[0])] {
        let row = client.get(&format!("/api/orders/{id}")).await.json(200);
        assert_eq!((&row["oco"], &row["atVenue"]), (&json!(other), &json!(["oco"])), "{row}");
    }
    let row = client.get(&format!("/api/profiles/{profile}")).await.json(200);
    let both = number(&preview["order"]["reserved"]) + number(&preview["oco"]["reserved"]);
    assert!((number(&row["reservedForOrders"]) - both).abs() < 1e-6, "{row} {preview}");
    assert_eq!(row["available"], preview["availableAfter"], "{row}");
    let taken = client.post(MANUAL, &buy(json!({"order": ids[0]}))).await;
    let told = taken.problem(409, "notPossible")["detail"].as_str().unwrap().to_owned();
    assert!(told.contains("is one of a pair with"), "{told}");
    for id in ids {
        cancelled(client, &format!("/api/orders/{id}")).await;
    }
    let ended = client.post(MANUAL, &buy(json!({"order": ids[0]}))).await;
    let told = ended.problem(409, "notPossible")["detail"].as_str().unwrap().to_owned();
    assert!(told.contains("was cancelled already; name an entry"), "{told}");
    named_later(client, profile, &low).await;
    first_fills(client, profile, &low).await;
}

/// An order that worked before another named it says so as well as that one does, also once it has
/// another partner.
async fn named_later(client: &Client, profile: &str, low: &str) {
    let lower = away(client, "ACME", 0.7).await;
    let place = async |limit: &str, further: Value| {
        let mut terms = json!({"type": "limit", "limitPrice": limit, "quantity": "1"});
        terms.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
        let placed = client.post(MANUAL, &order(profile, "ACME", "buy", &terms)).await.json(201);
        placed["orderId"].as_str().unwrap().to_owned()
    };
    let first = place(low, json!({"stopLoss": {"percent": "2"}})).await;
    let row = client.get(&format!("/api/orders/{first}")).await.json(200);
    assert_eq!((row.get("oco"), &row["atVenue"]), (None, &json!(["stop"])), "{row}");
    for _ in 0..2 {
        let other = place(&lower, json!({"oco": {"order": first}})).await;
        let row = client.get(&format!("/api/orders/{first}")).await.json(200);
        assert_eq!((&row["oco"], &row["working"]), (&json!(other), &json!(true)), "{row}");
        assert_eq!(row["atVenue"], json!(["stop", "oco"]), "{row}");
        cancelled(client, &format!("/api/orders/{other}")).await;
    }
    cancelled(client, &format!("/api/orders/{first}")).await;
}

async fn bad_pairs(client: &Client, profile: &str, buy: &impl Fn(Value) -> Value) {
    let entry = |further: Value| {
        let mut entry = json!({"side": "sell", "type": "limit", "quantity": "1"});
        let fields = further.as_object().unwrap().clone();
        entry.as_object_mut().unwrap().extend(fields);
        json!({"entry": entry})
    };
    for (oco, field) in [
        (entry(json!({})), "oco.entry.limitPrice"),
        (entry(json!({"limitPrice": "-1"})), "oco.entry.limitPrice"),
        (entry(json!({"limitPrice": "1", "quantity": "0"})), "oco.entry.quantity"),
        (entry(json!({"type": "market"})), "oco.entry.type"),
    ] {
        let answer = client.post(MANUAL, &buy(oco)).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.fields(), [field], "{}", answer.text);
    }
    client.post(MANUAL, &buy(json!({"entry": {"symbol": "X"}}))).await.problem(422, "invalid");
    client.post(MANUAL, &buy(json!({"order": "x"}))).await.problem(404, "notFound");
    let strange = json!({"order": "ord_000000000zzzz00000001"});
    assert_eq!(client.post(MANUAL, &buy(strange)).await.status, 404);
    let market = json!({"type": "market", "quantity": "1", "oco": {"order": "x"}});
    let answer = client.post(MANUAL, &order(profile, "ACME", "buy", &market)).await;
    assert!([404, 422].contains(&answer.status), "{}", answer.text);
}

/// An order that the market has reached fills, and the one that it names is cancelled.
async fn first_fills(client: &Client, profile: &str, low: &str) {
    let waits = json!({"type": "limit", "limitPrice": low, "quantity": "2"});
    let waits = client.post(MANUAL, &order(profile, "ACME", "buy", &waits)).await.json(201);
    let reached = away(client, "ACME", 1.1).await;
    let fills = json!({"type": "limit", "limitPrice": reached, "quantity": "2",
        "oco": {"order": waits["orderId"]}});
    let fills = client.post(MANUAL, &order(profile, "ACME", "buy", &fills)).await.json(201);
    let trade = fills["tradeId"].as_str().unwrap();
    held(client, trade).await;
    let path = format!("/api/orders/{}", waits["orderId"].as_str().unwrap());
    eventually("the other is cancelled", async || {
        let row = client.get(&path).await.json(200);
        (row["status"] == "cancelled").then_some(())
    })
    .await;
    client.post(&format!("/api/positions/{trade}/close"), &json!({})).await.json(201);
    eventually("it is closed", async || position(client, trade).await.is_none().then_some(()))
        .await;
}

/// Cancels an order, twice.
async fn cancelled(client: &Client, path: &str) {
    let cancel = || send(client.request("DELETE", path));
    let first = cancel().await.json(202);
    assert_eq!(format!("/api/orders/{}", first["id"].as_str().unwrap()), path);
    let second = cancel().await;
    assert!([202, 409].contains(&second.status), "{}", second.text);
    eventually("it is cancelled", async || {
        let row = client.get(path).await.json(200);
        (row["status"] == "cancelled" && row["working"] == false).then_some(())
    })
    .await;
    cancel().await.problem(409, "notPossible");
}

/// A limit order pays the maker's fee as it enters, and its stop the taker's.
async fn at_its_stop(client: &Client, profile: &str) {
    let limit = away(client, "ACME", 0.8).await;
    let further = json!({"type": "limit", "limitPrice": limit, "quantity": "10",
        "stopLoss": {"percent": "2"}});
    let preview = client.post(PREVIEW, &order(profile, "ACME", "buy", &further)).await.json(200);
    let entry: f64 = limit.parse().unwrap();
    // Two percent below, up to the next hundredth.
    let level = (entry * 0.98 * 100.0 - 1e-6).ceil() / 100.0;
    let fees = 10.0 * (entry * 0.02 + level * 0.05) / 100.0;
    let expected = 10.0 * (level - entry) - fees;
    let told = number(&preview["order"]["resultAtStop"]);
    assert!((told - expected).abs() < 1e-6, "{told} {expected} {preview}");
    let further = json!({"type": "limit", "limitPrice": limit, "quantity": "10"});
    let short = order(profile, "ACME", "sell", &further);
    let preview = client.post(PREVIEW, &short).await.json(200);
    assert!(preview["order"].get("resultAtStop").is_none(), "it has no stop: {preview}");
}

async fn by_notional(client: &Client, profile: &str) {
    let ticket = order(profile, "ACME", "buy", &json!({"type": "market", "notional": "5000"}));
    let preview = client.post(PREVIEW, &ticket).await.json(200);
    let notional = number(&preview["order"]["notional"]);
    let last = price(client, "ACME").await;
    assert!(notional <= 5000.0 && notional > 5000.0 - 1.1 * last, "{preview}");
    let placed = client.post(MANUAL, &ticket).await.json(201);
    let trade = placed["tradeId"].as_str().unwrap();
    let row = held(client, trade).await;
    assert!(number(&row["quantity"]) * last <= 5050.0, "{row}");
    let sell = json!({"type": "market", "quantity": "1", "reduceOnly": true});
    let wrong = order(profile, "ACME", "buy", &sell);
    client.post(MANUAL, &wrong).await.problem(409, "notPossible");
    client.post(&format!("/api/positions/{trade}/close"), &json!({})).await.json(201);
    eventually("it is closed", async || position(client, trade).await.is_none().then_some(()))
        .await;
}

/// What goes against a position leaves it, and never turns it around.
async fn reducing(client: &Client, profile: &str) {
    let row = bought(client, profile, "ACME", "5").await;
    let trade = row["tradeId"].as_str().unwrap();
    let sell = |quantity: &str| {
        let further = json!({"type": "market", "quantity": quantity, "reduceOnly": true});
        order(profile, "ACME", "sell", &further)
    };
    let preview = client.post(PREVIEW, &sell("2")).await.json(200);
    assert_eq!(preview["order"]["reserved"], "0", "{preview}");
    assert_eq!(preview["order"]["effect"], "exit", "{preview}");
    assert_eq!(preview["order"]["tradeId"], json!(trade), "{preview}");
    client.post(MANUAL, &sell("2")).await.json(201);
    eventually("a part is left", async || {
        let row = position(client, trade).await?;
        (row["quantity"] == "3").then_some(())
    })
    .await;
    client.post(MANUAL, &sell("9")).await.json(201);
    eventually("all is left", async || position(client, trade).await.is_none().then_some(())).await;
    let positions = client.get("/api/positions").await.json(200);
    assert_eq!(positions["items"], json!([]), "nothing was turned around");
}

/// The lists by page, by filter and as a file say the same.
async fn lists(client: &Client, profile: &str) {
    let all = client.all("/api/orders").await;
    let ids = field(&all, "id");
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/orders?profile={profile}&symbol=ACME&limit=3{cursor}");
        let page = client.get(&path).await.json(200);
        paged.extend(field(page["items"].as_array().unwrap(), "id"));
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
        // Of another list it is none.
        let other = client.get(&format!("/api/trades?cursor={next}")).await;
        assert_eq!(other.fields(), ["cursor"]);
        let other = client.get(&format!("/api/orders?cursor={next}")).await;
        assert_eq!(other.fields(), ["cursor"], "another filter is another list");
    }
    assert_eq!(paged, ids);
    let file = client.get(&format!("/api/orders.csv?profile={profile}&limit=3")).await;
    let link = file.header("link").unwrap();
    let next = link.split(['<', '>']).nth(1).unwrap();
    let more = client.get(&format!("/api/orders.csv{next}")).await;
    let lines = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    let told = [lines(&file.text), lines(&more.text)].concat();
    assert_eq!(told.len(), 6, "{}", more.text);
    for (line, id) in told.iter().zip(&ids) {
        assert!(line.contains(id), "{id} is not in {line}");
    }
    let working = client.get("/api/orders?status=working").await.json(200);
    assert_eq!(working["items"], json!([]));
    let trades = client.all("/api/trades").await;
    let file = client.get("/api/trades.csv").await;
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(file.text.lines().count(), trades.len() + 1);
    let state = client.get("/api/state").await.json(200);
    assert_eq!(state["trades"], json!(trades));
}
