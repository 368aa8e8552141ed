//! Sessions that end: their sockets are told, and closed.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::clients::Heard;
use super::settings::{SHARED, settings};
use super::{Floor, TRANSPORTS};
use crate::support::Desk;

/// How soon a session's end must be felt.
const FELT: Duration = Duration::from_secs(5);
const PASSWORD: &str = "correct horse battery staple";

/// Waits until `client` was told why its session has ended, and was then closed.
#[track_caller]
fn felt(floor: &Floor, mark: usize, client: &str, code: &str, since: Instant) {
    let of = |heard: &&Heard| heard.client == client;
    let told = floor.clients.wait(&format!("the end of {client}"), FELT, |heard| {
        let mut heard = heard[mark..].iter().filter(of);
        let told = heard.find(|heard| heard.event == "sessionExpired")?.clone();
        heard.any(|heard| heard.event == "disconnect").then_some(told)
    });
    let elapsed = since.elapsed();
    assert_eq!(told.data, json!({"code": code}), "{client}");
    assert!(elapsed < FELT, "{client}: {elapsed:?}");
    println!("{client} was closed after {elapsed:?}");
    // Nothing is heard after the end.
    let heard = floor.clients.all(mark, client);
    assert_eq!(heard[heard.len() - 1].event, "disconnect", "{client}");
}

fn make_user(desk: &Desk, email: &str, role: &str) {
    let arguments = ["users", "create", "--email", email, "--role", role, "--password-stdin"];
    let mut command = desk.command(&[&arguments[..], &["--config", "ballast.toml"]].concat());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), PASSWORD.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{email}");
}

/// Signs in and opens a socket; gives what signing in has answered.
fn sign_in(floor: &mut Floor, client: &str, email: &str, namespace: &str) -> Value {
    let body = json!({"email": email, "password": PASSWORD});
    let (status, answer) = floor.server.ask("POST", "/platform/api/auth/login", None, Some(&body));
    assert_eq!(status, 200, "{answer}");
    let transport = TRANSPORTS[client.len() % 2];
    floor.connect(client, namespace, transport, answer["accessToken"].as_str().unwrap());
    floor.clients.hears(client, "state");
    answer
}

#[test]
fn whoever_is_signed_out_disabled_or_demoted_is_told_and_closed() {
    let Some(mut floor) = Floor::open(&settings("")) else { return };
    floor.server.hears(" link=");
    for (email, role) in [("eve", "admin"), ("ann", "user"), ("bob", "operator"), ("cat", "user")] {
        make_user(&floor.desk, &format!("{email}@example.com"), role);
    }
    let admin = sign_in(&mut floor, "eve", "eve@example.com", "/admin");
    let admin = admin["accessToken"].as_str().unwrap().to_owned();
    let first = sign_in(&mut floor, "ann, first", "ann@example.com", "/trading");
    let second = sign_in(&mut floor, "ann, second", "ann@example.com", "/");
    sign_in(&mut floor, "ann, third", "ann@example.com", "/trading");
    let bob = sign_in(&mut floor, "bob", "bob@example.com", "/admin");
    sign_in(&mut floor, "bob, trading", "bob@example.com", "/trading");
    let cat = sign_in(&mut floor, "cat", "cat@example.com", "/trading");

    let (mark, since) = (floor.clients.mark(), Instant::now());
    let body = json!({"refreshToken": first["refreshToken"]});
    floor.server.ask("POST", "/platform/api/auth/logout", None, Some(&body));
    felt(&floor, mark, "ann, first", "sessionRevoked", since);
    let token = second["accessToken"].as_str().unwrap();
    let (mark, since) = (floor.clients.mark(), Instant::now());
    floor.server.ask("POST", "/platform/api/auth/logout-everywhere", Some(token), None);
    felt(&floor, mark, "ann, second", "sessionRevoked", since);
    felt(&floor, mark, "ann, third", "sessionRevoked", since);
    floor.connect("again", "/trading", "websocket", token);
    assert_eq!(floor.clients.hears("again", "connect_error").data, "sessionRevoked");

    let path = |who: &Value, what: &str| {
        format!("/platform/api/admin/users/{}/{what}", who["user"]["id"].as_str().unwrap())
    };
    let (mark, since) = (floor.clients.mark(), Instant::now());
    let role = json!({"role": "user"});
    let (status, answer) = floor.server.ask("PUT", &path(&bob, "role"), Some(&admin), Some(&role));
    assert_eq!(status, 200, "{answer}");
    felt(&floor, mark, "bob", "sessionRevoked", since);
    felt(&floor, mark, "bob, trading", "sessionRevoked", since);
    let (mark, since) = (floor.clients.mark(), Instant::now());
    floor.server.ask("POST", &path(&cat, "disable"), Some(&admin), None);
    felt(&floor, mark, "cat", "sessionRevoked", since);
    assert_eq!(floor.clients.count(0, "eve", "disconnect"), 0, "whoever has done it stays");
}

#[test]
fn a_token_that_runs_out_ends_its_socket_unless_another_one_is_given() {
    let Some(mut floor) = Floor::open(&settings(SHARED)) else { return };
    let [long, lower] = ["admin", "user"].map(|role| floor.token("alice", role, 600));
    let bob = floor.token("bob", "user", 600);
    let short = floor.token("alice", "admin", 5);
    let since = Instant::now() + Duration::from_secs(5);
    let clients = [
        ("ends", "/trading"),
        ("ends, admin", "/admin"),
        ("goes on", "/trading"),
        ("goes on, admin", "/admin"),
        ("another's", "/trading"),
    ];
    let name = |client: &str, transport: &str| format!("{client} {transport}");
    for transport in TRANSPORTS {
        for (client, namespace) in clients {
            floor.connect(&name(client, transport), namespace, transport, &short);
        }
    }
    for transport in TRANSPORTS {
        let mut answer = |client: &str, token: &Value| {
            let client = name(client, transport);
            floor.clients.hears(&client, "state");
            let mark = floor.clients.mark();
            floor.clients.act(&json!({
                "do": "ask", "client": client, "event": "reauthenticate", "data": {"token": token},
            }));
            floor.clients.hears_after(mark, &client, "answer").data
        };
        let refused = |code: &str| json!({"ok": false, "code": code});
        assert_eq!(answer("another's", &json!(bob)), refused("tokenInvalid"));
        assert_eq!(answer("another's", &json!(7)), refused("unauthenticated"));
        assert_eq!(answer("ends, admin", &json!(lower)), refused("forbidden"));
        for client in ["goes on", "goes on, admin"] {
            let prolonged = answer(client, &json!(long));
            assert_eq!(prolonged["ok"], true, "{prolonged}");
            assert!(prolonged["expiresAt"].is_string(), "{prolonged}");
        }
    }
    for transport in TRANSPORTS {
        for client in ["ends", "ends, admin", "another's"] {
            floor.clients.hears(&name(client, transport), "sessionExpired");
            felt(&floor, 0, &name(client, transport), "tokenExpired", since);
        }
    }
    let mark = floor.clients.mark();
    for transport in TRANSPORTS {
        for (client, event) in [("goes on", "tick"), ("goes on, admin", "tenants")] {
            let client = name(client, transport);
            floor.clients.hears_after(mark, &client, event);
            assert_eq!(floor.clients.count(0, &client, "sessionExpired"), 0);
        }
    }
}
