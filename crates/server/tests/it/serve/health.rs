//! What the health routes tell of profiles and of a market that has ended.

use serde_json::{Value, json};

use super::{REPLAY, profile};
use crate::support::{Desk, Server};

/// Plays the files to their end, and gives what health says of each profile then.
fn played(desk: &Desk, profiles: &[(&str, &str)]) -> Vec<Value> {
    let stop = "stopLoss = { type = 'percent', value = 50 }";
    let profiles = profiles.iter().map(|(name, symbol)| profile(name, symbol, 1_000, stop));
    desk.write("ballast.toml", &(REPLAY.to_owned() + &profiles.collect::<String>()));
    let mut server = Server::spawn(&mut desk.serve());
    server.hears("ballast is running");
    server.hears("the market data has ended");
    // It says so just before it ends.
    let health = loop {
        let health: Value = serde_json::from_str(&server.internal("/internal/health")).unwrap();
        if health["marketEnded"] == json!(true) {
            break health;
        }
    };
    let (status, ready) = server.ask("GET", "/health/ready", None, None);
    assert_eq!((status, &ready["status"]), (200, &json!("ready")), "{ready}");
    server.stop();
    let profiles = health["tenants"]["alice"]["profiles"].as_array();
    let mut profiles = profiles.unwrap().clone();
    profiles.sort_by_key(|profile| profile["name"].to_string());
    profiles
}

#[test]
fn health_tells_what_is_held_and_who_enters() {
    let desk = Desk::new();
    let enter = |profiles: &[Value]| {
        let enters = |profile: &Value| (profile["name"].clone(), profile["enters"].clone());
        profiles.iter().map(enters).collect::<Vec<_>>()
    };
    let first = played(&desk, &[("A", "TEST"), ("B", "TEST"), ("C", "TEST")]);
    assert_eq!(enter(&first), ["A", "B", "C"].map(|name| (json!(name), json!(true))));
    let position = json!([{
        "symbol": "TEST", "direction": "long", "quantity": "2", "entryPrice": "101",
        "stop": "50.5",
    }]);
    assert_eq!(first[0]["positions"], position);

    // B would leave what it holds to nobody and goes on as it was; nothing names C any more.
    let second = played(&desk, &[("A", "TEST"), ("B", "OTHER")]);
    let expected = [("A", true), ("B", true), ("C", false)];
    assert_eq!(enter(&second), expected.map(|(name, enters)| (json!(name), json!(enters))));
    let refused = json!("TEST is held or ordered; close it before it is taken out");
    assert_eq!(
        [&second[0]["refusedChange"], &second[1]["refusedChange"]],
        [&json!(null), &refused]
    );
    assert_eq!(second[2]["positions"], position, "it is held all the same");
}
