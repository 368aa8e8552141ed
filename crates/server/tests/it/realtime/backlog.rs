//! Clients that take nothing, and too many of them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::chain::Rows;
use super::clients::Heard;
use super::settings::{SHARED, busy, settings};
use super::{Floor, TRANSPORTS};

/// What its buffers and those of its kernel, and the growth of the others, may come to.
const MOST_MIB: u64 = 60;
const CONNECTIONS: &str = "ballast_socket_connections{namespace=\"trading\"}";

#[test]
fn who_takes_nothing_is_cut_off_while_the_others_miss_nothing() {
    let names: Vec<String> = (0..5).map(|number| format!("Profile {number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let more = format!("{SHARED}{}", busy("alice", &names));
    let Some(mut floor) = Floor::open(&settings(&more)) else { return };
    let token = floor.token("alice", "user", 600);
    for transport in TRANSPORTS {
        floor.connect(transport, "/trading", transport, &token);
        floor.clients.hears_many(0, transport, "event", 30);
    }
    let before = floor.server.resident_mib();
    let connect = format!("40/trading,{{\"token\":\"{token}\"}}");
    let url = floor.server.url();
    floor.clients.act(&json!({"do": "raw", "client": "deaf", "url": url, "say": [connect]}));
    floor.clients.hears_many(0, "deaf", "frame", 5);
    floor.clients.act(&json!({"do": "pause", "client": "deaf"}));
    let since = Instant::now();
    let mut most = before;
    while floor.server.metric(CONNECTIONS) > 2.5 {
        assert!(since.elapsed() < Duration::from_secs(60), "it is still there");
        most = most.max(floor.server.resident_mib());
        // What it asks for is what it does not take.
        let resync = "42/trading,[\"resync\"]";
        floor.clients.act(&json!({"do": "write", "client": "deaf", "text": resync}));
        let mark = floor.clients.mark();
        floor.clients.hears_after(mark, "websocket", "event");
    }
    println!(
        "{before} MiB before, {most} MiB at most, {} MiB after; gone after {:?}",
        floor.server.resident_mib(),
        since.elapsed()
    );
    assert!(most < before + MOST_MIB, "from {before} to {most} MiB");
    for transport in TRANSPORTS {
        let rows = Rows::all(&floor.clients.all(0, transport));
        assert_eq!(rows.states, 1, "{transport}");
    }
}

/// What a poll was answered, as the stock client would have heard it.
fn heard(payload: &str) -> Vec<Heard> {
    let events = payload.split('\u{1e}').filter_map(|packet| packet.strip_prefix("42/trading,"));
    let heard = events.map(|event| {
        let (event, data) = serde_json::from_str(event).unwrap();
        Heard { client: "slow".to_owned(), event, data, at: 0.0 }
    });
    heard.collect()
}

/// A client that asks a lot and does not listen for a while.
#[test]
fn who_comes_back_late_gets_what_waited_and_then_everything_anew() {
    let more = format!("{SHARED}{}", busy("alice", &["One"]));
    let Some(mut floor) = Floor::open(&settings(&more)) else { return };
    let token = floor.token("alice", "user", 600);
    floor.connect("witness", "/trading", "websocket", &token);
    floor.clients.hears("witness", "event");
    let opened = floor.poll("GET", "", None);
    let opened: Value = serde_json::from_str(opened.strip_prefix('0').unwrap()).unwrap();
    let session = format!("&sid={}", opened["sid"].as_str().unwrap());
    let connect = format!("40/trading,{{\"token\":\"{token}\"}}");
    floor.poll("POST", &session, Some(&connect));
    let mut all = Vec::new();
    while Rows::all(&all).states < 1 {
        all.extend(heard(&floor.poll("GET", &session, None)));
    }
    let since = Instant::now();
    let questions = vec!["42/trading,1[\"reauthenticate\"]"; 1_500].join("\u{1e}");
    floor.poll("POST", &session, Some(&questions));
    let mut mark = floor.clients.mark();
    while floor.server.metric("ballast_socket_dropped_total") < 0.5 {
        assert!(since.elapsed() < Duration::from_secs(15), "its buffer has no end");
        floor.clients.hears_after(mark, "witness", "event");
        mark = floor.clients.mark();
    }
    while Rows::all(&all).states < 2 || all[all.len() - 1].event != "event" {
        assert!(since.elapsed() < Duration::from_secs(30), "nothing anew: {}", all.len());
        all.extend(heard(&floor.poll("GET", &session, None)));
    }
    let rows = Rows::all(&floor.clients.all(0, "witness"));
    assert_eq!(rows.states, 1, "the witness");
}

#[test]
fn a_user_has_so_many_sockets_and_another_one_when_one_is_closed() {
    let Some(mut floor) = Floor::open(&settings(SHARED)) else { return };
    let (alice, bob) = (floor.token("alice", "user", 600), floor.token("bob", "user", 600));
    for number in 0..20 {
        let client = format!("alice {number}");
        floor.connect(&client, "/trading", TRANSPORTS[number % 2], &alice);
        floor.clients.hears(&client, "state");
    }
    floor.connect("too many", "/", "websocket", &alice);
    assert_eq!(floor.clients.hears("too many", "connect_error").data, "tooManyConnections");
    floor.connect("bob", "/trading", "websocket", &bob);
    floor.clients.hears("bob", "state");
    floor.clients.act(&json!({"do": "close", "client": "alice 3"}));
    floor.clients.hears("alice 3", "disconnect");
    let until = Instant::now() + Duration::from_secs(10);
    while floor.server.metric(CONNECTIONS) > 20.5 {
        assert!(Instant::now() < until, "the place is not given back");
    }
    floor.connect("in its place", "/trading", "websocket", &alice);
    floor.clients.hears("in its place", "state");
}
