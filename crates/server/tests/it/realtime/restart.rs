//! A server that goes and comes back: the stock client does so too, by itself.

use std::time::{Duration, Instant};

use super::chain::Rows;
use super::settings::{SHARED, busy, settings};
use super::{Floor, TRANSPORTS};

#[test]
fn clients_come_back_by_themselves_to_a_fresh_state_whether_it_was_killed_or_stopped() {
    let more = format!("{SHARED}{}", busy("alice", &["One", "Two"]));
    let Some(mut floor) = Floor::open(&settings(&more)) else { return };
    let token = floor.token("alice", "operator", 600);
    let sockets: Vec<(String, &str, &str)> = TRANSPORTS
        .iter()
        .flat_map(|transport| {
            ["/trading", "/admin"]
                .map(|namespace| (format!("{namespace} {transport}"), namespace, *transport))
        })
        .collect();
    for (client, namespace, transport) in &sockets {
        floor.connect(client, namespace, transport, &token);
    }
    let mut mark = 0;
    for (times, kill) in [(1, true), (2, false)] {
        for (client, ..) in &sockets {
            floor.clients.hears_many(mark, client, "event", 10);
        }
        mark = floor.clients.mark();
        if kill {
            floor.server.kill();
        } else {
            let since = Instant::now();
            floor.server.terminate();
            let status = floor.server.ended();
            let elapsed = since.elapsed();
            println!("it ended after {elapsed:?}");
            assert!(status.success() && elapsed < Duration::from_secs(10), "{status} {elapsed:?}");
        }
        for (client, ..) in &sockets {
            let reason = floor.clients.hears_after(mark, client, "disconnect").data;
            assert!(reason == "transport close" || reason == "transport error", "{reason}");
        }
        floor.start_again();
        for (client, namespace, _) in &sockets {
            floor.clients.hears_after(mark, client, "state");
            if *namespace == "/trading" {
                floor.clients.hears_many(mark, client, "event", 10);
                let rows = Rows::all(&floor.clients.all(0, client));
                assert_eq!(rows.states, times + 1, "{client}");
            }
        }
    }
}
