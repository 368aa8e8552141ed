//! Who is let in, and what they hear.

use std::collections::BTreeMap;

use serde_json::json;

use super::chain::Rows;
use super::clients::Heard;
use super::settings::{SHARED, busy, settings};
use super::{Floor, SOON, TRANSPORTS};

/// Another profile of the last tenant, which leaves upon any small move.
const RESTLESS: &str = "[[tenants.profiles]]
name = 'Restless'
capital = 10000
[tenants.profiles.strategy]
version = 1
kind = 'rules'
timeframe = '5s'
symbols = ['KELP/USD']
entry = 'close > 0'
sizing = { type = 'percentOfEquity', value = 10 }
[tenants.profiles.strategy.exits]
stopLoss = { type = 'percent', value = 0.02 }
takeProfit = [{ type = 'percent', value = 0.02, portion = 1 }]
";

#[test]
fn who_is_not_let_in_is_told_why_by_the_code_that_http_has() {
    let Some(mut floor) = Floor::open(&settings(SHARED)) else { return };
    let good = floor.token("alice", "user", 600);
    let expired = floor.token("alice", "user", -60);
    let other = floor.token("bob", "user", 600);
    let (head, signature) = (good.rsplit_once('.').unwrap().0, other.rsplit_once('.').unwrap().1);
    let tampered = format!("{head}.{signature}");
    let cases = [
        ("none", "/trading", "", "tokenInvalid"),
        ("garbage", "/", "garbage", "tokenInvalid"),
        ("expired", "/trading", &expired, "tokenExpired"),
        ("tampered", "/trading", &tampered, "tokenInvalid"),
        ("user", "/admin", &good, "forbidden"),
        ("nowhere", "/elsewhere", &good, "Invalid namespace"),
    ];
    for transport in TRANSPORTS {
        for (name, namespace, token, code) in &cases {
            let client = format!("{name} {transport}");
            floor.connect(&client, namespace, transport, token);
            let refused = floor.clients.hears(&client, "connect_error");
            assert_eq!(refused.data, *code, "{client}");
            assert_eq!(floor.clients.count(0, &client, "connect"), 0, "{client}");
        }
        let client = format!("without {transport}");
        let url = floor.server.url();
        floor.clients.act(&json!({
            "do": "open", "client": client, "url": url, "namespace": "/trading",
            "transport": transport, "token": null,
        }));
        let refused = floor.clients.hears(&client, "connect_error");
        assert_eq!(refused.data, "unauthenticated");
    }
    for (code, times) in
        [("tokenInvalid", 6.0), ("tokenExpired", 2.0), ("forbidden", 2.0), ("unauthenticated", 2.0)]
    {
        let metric = format!("ballast_socket_refusals_total{{code=\"{code}\"}}");
        assert!((floor.server.metric(&metric) - times).abs() < 0.1, "{metric}");
    }
}

/// As a browser's requests arrive when the application is one of several of a site.
#[test]
fn sockets_work_behind_a_proxy_under_a_path_of_its_own() {
    let Some(mut floor) = Floor::open(&settings(SHARED)) else { return };
    let token = floor.token("alice", "user", 600);
    let url = floor.server.url();
    floor.clients.act(&json!({"do": "proxy", "client": "proxy", "url": url, "prefix": "/desk"}));
    let outside = floor.clients.hears("proxy", "listens").data;
    for transport in TRANSPORTS {
        floor.clients.act(&json!({
            "do": "open", "client": transport, "url": outside, "path": "/desk/socket.io",
            "namespace": "/trading", "transport": transport, "token": token,
        }));
        assert_eq!(floor.clients.hears(transport, "state").data["tenantId"], "alice");
        floor.clients.hears(transport, "tick");
    }
}

#[test]
fn a_socket_gets_the_state_and_then_every_change_of_it() {
    let more = format!("{SHARED}{}{RESTLESS}", busy("alice", &["One", "Two", "Three"]));
    let Some(mut floor) = Floor::open(&settings(&more)) else { return };
    let token = floor.token("alice", "operator", 600);
    let mut clients = Vec::new();
    for transport in TRANSPORTS {
        for namespace in ["/", "/trading"] {
            let client = format!("{namespace} {transport}");
            floor.connect(&client, namespace, transport, &token);
            clients.push(client);
        }
    }
    for client in &clients {
        floor.clients.hears_many(0, client, "event", 40);
    }
    for client in &clients {
        let heard = floor.clients.all(0, client);
        assert_eq!(heard[0].event, "connect", "{client}");
        assert_eq!(heard[1].event, "state", "{client} begins with the state");
        floor.clients.hears(client, "evaluation");
        floor.clients.hears(client, "health");
        let marks = floor.clients.hears(client, "marks").data;
        assert!(marks["profiles"][0]["equity"].is_string(), "{marks}");
        ticks_are_few(&heard);
    }
    let state = floor.get("/api/state", &token);
    let seq = state["seq"].as_u64().unwrap();
    for client in &clients {
        floor.clients.wait(&format!("{seq} by {client}"), SOON, |heard| {
            let at =
                |heard: &Heard| heard.client == *client && heard.data["seq"].as_u64() >= Some(seq);
            heard.iter().any(at).then_some(())
        });
        let rows = Rows::fold(&floor.clients.all(0, client), seq);
        assert_eq!(rows.states, 1, "{client}");
        rows.agree_with(&state);
    }
    an_alert_is_told_and_told_again_when_it_was_seen(&floor, &clients, &token);
    a_pause_is_there_at_once(&mut floor, &clients, &token);
    assert!(floor.server.metric("ballast_socket_connections{namespace=\"trading\"}") > 1.9);
}

/// At most four in a second of each instrument.
fn ticks_are_few(heard: &[Heard]) {
    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for tick in heard.iter().filter(|heard| heard.event == "tick") {
        times.entry(tick.data["symbol"].as_str().unwrap()).or_default().push(tick.at);
    }
    assert!(times.len() > 2, "{times:?}");
    for (symbol, times) in times {
        let seconds = (times[times.len() - 1] - times[0]) / 1_000.0;
        // What the network has held back arrives together.
        let most = seconds.mul_add(4.0, 4.0);
        let count = u32::try_from(times.len()).unwrap();
        assert!(f64::from(count) <= most, "{symbol}: {count} in {seconds} s");
    }
}

fn an_alert_is_told_and_told_again_when_it_was_seen(
    floor: &Floor,
    clients: &[String],
    token: &str,
) {
    let alert = floor.clients.hears(&clients[0], "alert").data;
    let code = alert["code"].as_str().unwrap();
    assert!(["stopHit", "targetHit"].contains(&code), "{alert}");
    assert_eq!(alert["severity"], "info");
    let path = format!("/api/alerts/{}/ack", alert["id"].as_str().unwrap());
    floor.post(&path, token, &json!({}));
    for client in clients {
        floor.clients.wait(&format!("what was seen by {client}"), SOON, |heard| {
            let seen = |heard: &Heard| {
                heard.client == *client
                    && heard.event == "alert"
                    && heard.data["id"] == alert["id"]
                    && heard.data["acknowledgedAt"].is_string()
            };
            heard.iter().any(seen).then_some(())
        });
    }
}

fn a_pause_is_there_at_once(floor: &mut Floor, clients: &[String], token: &str) {
    let mark = floor.clients.mark();
    let asked = std::time::Instant::now();
    floor.post("/internal/trading/pause", token, &json!({"reason": "News at noon"}));
    for client in clients {
        let control = floor.clients.hears_after(mark, client, "control").data;
        assert_eq!(
            (&control["mode"], &control["reason"]),
            (&json!("PAUSED"), &json!("News at noon"))
        );
    }
    assert!(asked.elapsed().as_secs_f64() < 1.0, "{:?}", asked.elapsed());
}
