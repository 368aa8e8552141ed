//! What people do on a server before a test looks: profiles, orders, positions, trades.

use serde_json::{Value, json};

use super::client::Client;
use crate::support::eventually;

/// A profile whose rules never hold, so that only people trade for it.
pub(super) fn idle(name: &str, symbol: &str) -> Value {
    let never = "close > 100000000";
    json!({
        "name": name,
        "capital": {"currency": "USD", "allocated": "100000"},
        "strategyConfig": {
            "version": 1, "kind": "rules", "timeframe": "5s", "symbols": [symbol], "entry": never,
            "sizing": {"type": "percentOfEquity", "value": "10"},
        },
    })
}

/// A profile that enters and leaves all the time.
pub(super) fn busy(name: &str, symbol: &str) -> Value {
    let mut profile = idle(name, symbol);
    profile["strategyConfig"]["entry"] = json!("close > open");
    profile["strategyConfig"]["exits"] = json!({"maxBars": 2});
    profile
}

/// Makes a profile, starts it and waits for its first decision: then its prices are known. Gives
/// its id.
pub(super) async fn running(client: &Client, profile: &Value) -> String {
    let made = client.post("/api/profiles", profile).await.json(201);
    let id = made["id"].as_str().unwrap().to_owned();
    client.post(&format!("/api/profiles/{id}/start"), &json!({})).await.json(200);
    eventually("it decides", async || {
        let row = client.get(&format!("/api/profiles/{id}")).await.json(200);
        (!row["evaluations"].as_array().unwrap().is_empty()).then_some(())
    })
    .await;
    id
}

/// An order by hand.
pub(super) fn order(profile: &str, symbol: &str, side: &str, further: &Value) -> Value {
    let mut ticket = json!({"profileId": profile, "symbol": symbol, "side": side});
    let ticket_fields = ticket.as_object_mut().unwrap();
    ticket_fields.extend(further.as_object().unwrap().clone());
    ticket
}

/// Buys at the market and waits until it is held; gives the position.
pub(super) async fn bought(client: &Client, profile: &str, symbol: &str, quantity: &str) -> Value {
    let further = json!({"type": "market", "quantity": quantity});
    let ticket = order(profile, symbol, "buy", &further);
    let placed = client.post("/api/orders/manual", &ticket).await.json(201);
    held(client, placed["tradeId"].as_str().unwrap()).await
}

/// The position of a trade, once it is held.
pub(super) async fn held(client: &Client, trade: &str) -> Value {
    eventually("the trade is held", async || position(client, trade).await).await
}

/// The position of a trade, while it is held.
pub(super) async fn position(client: &Client, trade: &str) -> Option<Value> {
    let positions = client.get("/api/positions").await.json(200);
    let positions = positions["items"].as_array().unwrap();
    positions.iter().find(|row| row["tradeId"] == trade).cloned()
}

/// Closes a position, and waits for the trade; gives it.
pub(super) async fn closed(client: &Client, trade: &str) -> Value {
    client.post(&format!("/api/positions/{trade}/close"), &json!({})).await.json(201);
    ended(client, trade).await
}

/// A trade, once it is closed.
pub(super) async fn ended(client: &Client, trade: &str) -> Value {
    eventually("the trade is closed", async || {
        let answer = client.get(&format!("/api/trades/{trade}")).await;
        (answer.status == 200).then_some(answer.body)
    })
    .await
}

/// The last price of an instrument.
pub(super) async fn price(client: &Client, symbol: &str) -> f64 {
    let path = format!("/api/symbol/{}", symbol.replace('/', "%2F"));
    let row = client.get(&path).await.json(200);
    row["price"].as_str().unwrap().parse().unwrap()
}

/// A multiple of the last price, as a price.
pub(super) async fn away(client: &Client, symbol: &str, factor: f64) -> String {
    format!("{:.2}", price(client, symbol).await * factor)
}

/// The fields of rows under a name.
pub(super) fn field(rows: &[Value], name: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    rows.iter().map(|row| text(&row[name])).collect()
}
