//! What clients do that they should not: nothing of it is felt by anybody else.

use std::time::Duration;

use serde_json::json;

use super::chain::Rows;
use super::settings::{SHARED, busy, settings};
use super::{Floor, SOON, TRANSPORTS};

fn floor() -> Option<Floor> {
    Floor::open(&settings(&format!("{SHARED}{}", busy("alice", &["One"]))))
}

#[test]
fn nothing_that_is_sent_breaks_anything() {
    let Some(mut floor) = floor() else { return };
    let token = floor.token("alice", "user", 600);
    floor.connect("witness", "/trading", "websocket", &token);
    floor.clients.hears("witness", "event");
    let connect = format!("40/trading,{{\"token\":\"{token}\"}}");
    let large = "x".repeat(100_000);
    let texts = [
        "",
        "9",
        "4",
        "40",
        "40{",
        "41",
        "42",
        "42[]",
        "42/trading,[\"resync\"]",
        "451-[\"a\"]",
        "\u{1f980}",
        "1",
        "2probe",
        "5",
        "6",
        "4{\"token\":1}",
        "40/trading,[]",
        "40/trading,{\"token\":7}",
        "40/trading,{\"token\":{\"a\":[]}}",
        &large,
    ];
    for (number, text) in texts.iter().enumerate() {
        let url = floor.server.url();
        let (before, after) = (format!("before {number}"), format!("after {number}"));
        floor.clients.act(&json!({"do": "raw", "client": before, "url": url, "say": [text]}));
        let say = [connect.as_str(), text, "42/trading,[\"filter\",[]]", "42/trading,[\"resync\""];
        floor.clients.act(&json!({"do": "raw", "client": after, "url": url, "say": say}));
        for client in [before, after] {
            // What is too large may end the connection before anything is read.
            floor.clients.wait(&format!("anything by {client}"), SOON, |heard| {
                heard.iter().any(|heard| heard.client == client).then_some(())
            });
        }
    }
    let url = floor.server.url();
    let act = json!({"do": "raw", "client": "binary", "url": url, "say": [connect], "bytes": 500});
    floor.clients.act(&act);
    for client in ["before 19", "after 19"] {
        floor.clients.hears(client, "closed");
    }
    let mark = floor.clients.mark();
    floor.clients.hears_many(mark, "witness", "event", 5);
    let heard = floor.clients.all(0, "witness");
    assert_eq!(Rows::all(&heard).states, 1);
    assert!(heard.iter().all(|heard| heard.event != "disconnect"));
}

#[test]
fn what_is_too_large_ends_the_connection_of_its_sender_alone() {
    let Some(mut floor) = floor() else { return };
    let token = floor.token("alice", "user", 600);
    for transport in TRANSPORTS {
        let witness = format!("witness {transport}");
        floor.connect(&witness, "/trading", transport, &token);
        for (binary, bytes) in [(false, 60_000), (true, 40_000)] {
            let client = format!("{transport} {binary}");
            floor.connect(&client, "/trading", transport, &token);
            floor.clients.hears(&client, "state");
            let act = |bytes: u32| {
                json!({"do": "large", "client": client, "event": "unknown", "bytes": bytes,
                    "binary": binary})
            };
            floor.clients.act(&act(bytes));
            let mark = floor.clients.mark();
            floor.clients.hears_many(mark, &client, "tick", 3);
            floor.clients.act(&act(200_000));
            floor.clients.hears_after(mark, &client, "disconnect");
            // It comes back by itself.
            floor.clients.hears_after(mark, &client, "state");
        }
        let mark = floor.clients.mark();
        floor.clients.hears_many(mark, &witness, "event", 3);
        assert_eq!(Rows::all(&floor.clients.all(0, &witness)).states, 1, "{witness}");
    }
}

#[test]
fn everything_is_had_anew_when_it_is_asked_for_but_not_more_often_than_twice_a_second() {
    let Some(mut floor) = floor() else { return };
    let token = floor.token("alice", "user", 600);
    for transport in TRANSPORTS {
        floor.connect(transport, "/trading", transport, &token);
        let first = floor.clients.hears(transport, "state");
        let mark = floor.clients.mark();
        // The second is asked for while the first is on its way, the last after very many.
        for times in [1, 1, 500] {
            floor.clients.act(&json!({
                "do": "emit", "client": transport, "event": "resync", "times": times,
            }));
            floor.clients.hears_after(mark, transport, "state");
        }
        floor.clients.hears_many(mark, transport, "state", 2);
        let mark = floor.clients.mark();
        floor.clients.hears_for(mark, transport, Duration::from_millis(1_200));
        let heard = floor.clients.all(0, transport);
        let states: Vec<_> = heard.iter().filter(|heard| heard.event == "state").collect();
        assert!((3..=5).contains(&states.len()), "{transport}: {}", states.len());
        let last = states[states.len() - 1];
        assert!(last.data["seq"].as_u64() >= first.data["seq"].as_u64());
        let seconds = (last.at - states[1].at) / 1_000.0;
        let between = f64::from(u32::try_from(states.len() - 2).unwrap());
        assert!(seconds >= between.mul_add(0.5, -0.1), "{between} more in {seconds} s");
        Rows::all(&heard);
    }
}
