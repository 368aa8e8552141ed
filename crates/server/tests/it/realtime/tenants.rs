//! Everybody hears of their own tenant, and operators of every one.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::chain::Rows;
use super::clients::Heard;
use super::settings::{SHARED, busy, settings};
use super::{Floor, SOON, TRANSPORTS};

#[test]
fn nobody_hears_of_another_tenant_and_operators_hear_of_all() {
    let tenants = [busy("alice", &["Aardvark", "Antelope"]), busy("bob", &["Buffalo"])].concat();
    let Some(mut floor) = Floor::open(&settings(&format!("{SHARED}{tenants}"))) else { return };
    let operator = floor.token("olivia", "operator", 600);
    floor.connect("olivia", "/admin", "websocket", &operator);
    let tokens = ["alice", "bob", "carol"].map(|user| floor.token(user, "user", 600));
    for (user, token) in ["alice", "bob", "carol"].iter().zip(&tokens) {
        for transport in TRANSPORTS {
            floor.connect(&format!("{user} {transport}"), "/trading", transport, token);
        }
    }
    floor.clients.hears("carol polling", "health");
    for user in ["alice", "bob"] {
        for transport in TRANSPORTS {
            let client = format!("{user} {transport}");
            floor.clients.hears_many(0, &client, "event", 15);
            assert!(Rows::all(&floor.clients.all(0, &client)).events >= 15);
        }
    }
    each_hears_their_own(&floor);
    operators_have_every_chain(&mut floor);
    a_backtest_is_told_to_whoever_asked(&mut floor, &tokens[1]);
}

fn each_hears_their_own(floor: &Floor) {
    let words = ["alice", "Aardvark", "Antelope", "bob", "Buffalo", "carol", "olivia"];
    for (user, own) in [("alice", &words[..3]), ("bob", &words[3..5]), ("carol", &words[5..6])] {
        for transport in TRANSPORTS {
            let heard = floor.clients.all(0, &format!("{user} {transport}"));
            let text = heard.iter().map(|heard| heard.data.to_string()).collect::<String>();
            for word in words {
                assert_eq!(text.contains(word), own.contains(&word), "{user} hears of {word}");
            }
            assert!(heard.iter().all(|heard| heard.event != "tenants"), "{user}");
        }
    }
}

/// How many changes of each tenant an operator has heard of. Those of each go on from the last
/// state that was heard.
#[track_caller]
fn chains(heard: &[Heard]) -> BTreeMap<String, usize> {
    let (mut seqs, mut counts) = (BTreeMap::new(), BTreeMap::new());
    for Heard { event, data, .. } in heard {
        match event.as_str() {
            "state" => {
                for line in data["tenants"].as_array().unwrap() {
                    let tenant = line["tenantId"].as_str().unwrap().to_owned();
                    seqs.insert(tenant, line["seq"].clone());
                }
            }
            "event" => {
                let tenant = data["tenantId"].as_str().unwrap().to_owned();
                let before = seqs.insert(tenant.clone(), data["seq"].clone());
                assert_eq!(before.unwrap_or(json!(0)), data["prevSeq"], "{tenant}: {data}");
                *counts.entry(tenant).or_default() += 1;
            }
            _ => {}
        }
    }
    counts
}

fn operators_have_every_chain(floor: &mut Floor) {
    let node = floor.clients.hears("olivia", "state").data["node"].clone();
    assert_eq!(node["feeds"][0]["venue"], "market", "{node}");
    let heard = floor.clients.all(0, "olivia");
    let counts = chains(&heard);
    assert!(counts["alice"] >= 15 && counts["bob"] >= 15, "{counts:?}");
    let text = heard.iter().map(|heard| heard.data.to_string()).collect::<String>();
    assert!(text.contains("Aardvark") && text.contains("Buffalo"));

    let filters = [json!({"tenants": ["bob"]}), json!({"tenants": ["alice", "bob"]}), json!({})];
    for (filter, told) in filters.iter().zip([&["bob"][..], &["alice", "bob"], &["alice", "bob"]]) {
        let mark = floor.clients.mark();
        floor.clients.emit("olivia", "filter", filter);
        // From the state on that says that it holds.
        let from = floor.clients.wait("the state of a filter", SOON, |heard| {
            let of = |heard: &Heard| heard.client == "olivia" && heard.event == "state";
            heard.iter().skip(mark).position(of).map(|at| mark + at)
        });
        floor.clients.hears_many(from, "olivia", "event", 10);
        let counts = chains(&floor.clients.all(from, "olivia"));
        assert_eq!(counts.keys().collect::<Vec<_>>(), told, "{filter}");
    }
    let mark = floor.clients.mark();
    floor.clients.emit("olivia", "filter", &json!({"tenants": 7, "others": true}));
    floor.clients.emit("olivia", "resync", &Value::Null);
    floor.clients.hears_after(mark, "olivia", "state");
    floor.clients.hears_many(mark, "olivia", "event", 10);
    chains(&floor.clients.all(0, "olivia"));
}

fn a_backtest_is_told_to_whoever_asked(floor: &mut Floor, token: &str) {
    let mark = floor.clients.mark();
    let strategy = json!({
        "version": 1, "kind": "rules", "timeframe": "5m", "symbols": ["ACME"],
        "entry": "close > 0", "sizing": {"type": "percentOfEquity", "value": "10"},
        "exits": {"maxBars": 3},
    });
    let asked = json!({
        "symbols": ["ACME"], "timeframe": "5m", "strategyConfig": strategy, "cash": "10000",
        "data": {"source": "market"},
    });
    let id = floor.post("/api/backtest/run", token, &asked)["id"].clone();
    for transport in TRANSPORTS {
        let client = format!("bob {transport}");
        floor.clients.wait(&format!("the result by {client}"), SOON, |heard| {
            let progress = |heard: &Heard| {
                heard.client == client
                    && heard.event == "backtestProgress"
                    && heard.data["id"] == id
                    && heard.data["state"] == "done"
            };
            heard.iter().any(progress).then_some(())
        });
    }
    for client in ["alice websocket", "alice polling", "carol polling", "olivia"] {
        assert_eq!(floor.clients.count(mark, client, "backtestProgress"), 0, "{client}");
    }
}
