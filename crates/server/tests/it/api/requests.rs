//! What holds for every request: its id, how it is refused, how large it may be, how often it may
//! come, and what its answer tells browsers.

use serde_json::{Value, json};

use super::client::{Answer, Client, key, send};
use super::people::Person;
use super::trading::{idle, order, running};
use super::{OPEN, desk};
use crate::support::Server;

#[tokio::test]
async fn every_request_is_answered_by_the_same_rules() {
    let desk = desk(
        "[http]\nrequests_per_minute_per_user = 100000\nrequests_per_minute_per_address = 100000\n\
         cors_allowed_origins = [\"https://app.example\"]\n[identity]\nregistration_open = true\n",
    );
    let server = Server::start(&desk);
    let client = Person::registered(&server, "ann").await.client;
    let profile = running(&client, &idle("Mine", "ACME")).await;
    request_ids(&client).await;
    bodies(&client).await;
    fields(&client, &profile).await;
    pages(&client).await;
    versions(&client).await;
    keys(&client).await;
    browsers(&client).await;
}

async fn request_ids(client: &Client) {
    let large = "x".repeat((1 << 20) + 1);
    let nobody = Client::nobody(&client.url);
    let cases = [
        (200, client.request("GET", "/api/state")),
        (401, nobody.request("GET", "/api/state")),
        (404, client.request("GET", "/api/nothing")),
        (404, client.request("GET", "/api/profiles/prf_0000000000001")),
        (405, client.request("PUT", "/api/state")),
        (413, client.request("POST", "/api/profiles").body(large)),
        (415, client.request("POST", "/api/profiles").body("{}")),
        (200, nobody.request("GET", "/health/live")),
    ];
    for (status, request) in cases {
        let answer = send(request.header("x-request-id", "Client-1.a_b")).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert_eq!(answer.header("x-request-id"), Some("Client-1.a_b"), "{status}");
        if status >= 400 {
            assert_eq!(answer.body["requestId"], "Client-1.a_b", "{status}");
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        }
    }
    let long = "x".repeat(65);
    for bad in ["", "a b", "a/b", "<b>", &long] {
        let answer = send(client.request("GET", "/api/nothing").header("x-request-id", bad)).await;
        let id = answer.header("x-request-id").unwrap();
        assert!(id != bad && (1..=64).contains(&id.len()), "{bad}: {id}");
        answer.problem(404, "notFound");
    }
}

async fn post_text(client: &Client, path: &str, kind: &str, text: &str) -> Answer {
    let request = client.request("POST", path).header("idempotency-key", key());
    send(request.header("content-type", kind).body(text.to_owned())).await
}

async fn bodies(client: &Client) {
    let json = "application/json";
    for path in ["/api/profiles", "/api/orders/manual", "/api/orders/preview", "/api/backtest/run"]
    {
        let broken = post_text(client, path, json, "{\n  nothing").await;
        let detail = broken.problem(400, "invalidJson")["detail"].to_string();
        assert!(detail.contains("line 2") && detail.contains("column 3"), "{path}: {detail}");
        post_text(client, path, "text/plain", "{}").await.problem(415, "unsupportedMediaType");
        post_text(client, path, json, "").await.problem(400, "invalidJson");
        let large = format!("{{\"name\": \"{}\"}}", "x".repeat(1 << 20));
        post_text(client, path, json, &large).await.problem(413, "bodyTooLarge");
        for not_an_object in ["[]", "5", "null", "\"text\""] {
            let answer = post_text(client, path, json, not_an_object).await;
            let told = answer.problem(422, "invalid")["errors"][0].clone();
            assert!(told["message"].as_str().unwrap().ends_with("; send a JSON object"), "{told}");
        }
    }
    let nothing = client.post("/api/orders/manual", &json!({})).await;
    assert_eq!(nothing.problem(422, "invalid")["errors"][0]["message"], "is missing");
    assert!(!nothing.fields()[0].is_empty(), "{}", nothing.text);
    let deep = "[".repeat(100_000);
    post_text(client, "/api/strategies/check", json, &deep).await.problem(400, "invalidJson");
}

async fn fields(client: &Client, profile: &str) {
    let ticket = |further: Value| order(profile, "ACME", "buy", &further);
    let cases = [
        (ticket(json!({"type": "market", "quantity": "1", "sise": 1})), "sise"),
        (ticket(json!({"type": "market", "quantity": []})), "quantity"),
        (ticket(json!({"type": "marked", "quantity": "1"})), "type"),
        (ticket(json!({"type": "market", "quantity": "1", "stopLoss": {"at": "1"}})), "stopLoss"),
        (ticket(json!({"type": "market", "quantity": "1", "timeInForce": "x"})), "timeInForce"),
        (ticket(json!({"type": "market", "quantity": "1", "reduceOnly": "no"})), "reduceOnly"),
    ];
    let nearly = ticket(json!({"type": "limit", "quantity": "1", "limitPrice": "1"}));
    let places = ["profileId", "symbol", "side", "type", "quantity", "notional", "limitPrice"];
    let list: Vec<_> = places.map(|field| nearly[field].clone()).into();
    let placed = client.post("/api/orders/manual", &json!(list)).await;
    placed.problem(422, "invalid");
    let mut listed = idle("Listed", "ACME");
    listed["capital"] = json!(["USD", "1000"]);
    let answer = client.post("/api/profiles", &listed).await;
    answer.problem(422, "invalid");
    assert_eq!(answer.fields(), ["capital"], "{}", answer.text);
    for level in [json!({}), json!({"percent": "2", "price": "5"})] {
        let ticket = ticket(json!({"type": "market", "quantity": "1", "stopLoss": level}));
        let answer = client.post("/api/orders/manual", &ticket).await;
        let told = answer.problem(422, "invalid")["errors"][0].clone();
        let either = json!({"field": "stopLoss", "message": "give either percent or price"});
        assert_eq!(told, either);
    }
    for (ticket, field) in cases {
        let answer = client.post("/api/orders/manual", &ticket).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.fields(), [field], "{}", answer.text);
    }
    let mut unknown = idle("Unknown", "ACME");
    unknown["strategyConfig"]["entri"] = json!("close > 0");
    let answer = client.post("/api/profiles", &unknown).await;
    answer.problem(422, "invalid");
    assert_eq!(answer.fields(), ["strategyConfig.entri"]);
    let empty = json!({});
    for path in ["/api/orders/nothing", "/api/trades/ord_1", "/api/positions/%ff/close"] {
        let method = if path.ends_with("close") { "POST" } else { "GET" };
        let request = client.request(method, path).header("idempotency-key", "a");
        send(request.json(&empty)).await.problem(404, "notFound");
    }
}

async fn pages(client: &Client) {
    let lists = [
        "/api/orders",
        "/api/orders?status=working",
        "/api/orders.csv",
        "/api/positions",
        "/api/positions.csv",
        "/api/trades",
        "/api/trades.csv",
        "/api/alerts",
        "/api/backtest",
    ];
    for list in lists {
        let joint = if list.contains('?') { '&' } else { '?' };
        for limit in ["0", "201", "-1", "ten", "1e1", "99999999999999999999"] {
            let answer = client.get(&format!("{list}{joint}limit={limit}")).await;
            answer.problem(422, "invalid");
            assert_eq!(answer.fields(), ["limit"], "{list} {limit}");
        }
        for cursor in ["", "x", "zz", "5b5d", "%00", "%C3%A4%C3%A4", "ffff"] {
            let answer = client.get(&format!("{list}{joint}cursor={cursor}")).await;
            assert_eq!(answer.status, 422, "{list} {cursor}");
            answer.problem(422, "invalid");
            assert_eq!(answer.fields(), ["cursor"], "{list} {cursor}");
        }
        let answer = client.get(&format!("{list}{joint}limit=1&limit=2")).await;
        let told = answer.problem(422, "invalid")["errors"][0].clone();
        let twice = json!({"field": "limit", "message": "is there twice; give it once"});
        assert_eq!(told, twice, "{list}");
        let answer = client.get(&format!("{list}{joint}colour=red")).await;
        answer.problem(422, "invalid");
        assert_eq!(answer.fields(), ["colour"], "{list}");
    }
    for bad in ["from=yesterday", "to=2024-13-01T00:00:00Z"] {
        client.get(&format!("/api/trades?{bad}")).await.problem(422, "invalid");
    }
    client.get("/api/orders?status=filled").await.problem(422, "invalid");
}

async fn versions(client: &Client) {
    for path in ["/internal/trading/status", "/platform/api/auth/me"] {
        let [one, other] = [client.get(path).await, client.get(path).await];
        assert!(one.header("etag").is_some_and(|tag| tag.len() > 2), "{path}");
        assert_eq!(one.header("etag"), other.header("etag"), "{path}");
    }
}

/// A client that is generated knows where a key counts.
async fn keys(client: &Client) {
    let description = client.get("/api/openapi.json").await.json(200);
    for (path, counts) in [
        ("/api/profiles", true),
        ("/internal/trading/resume", true),
        ("/platform/api/auth/register", true),
        ("/platform/api/admin/users/{id}/enable", true),
        ("/api/orders/preview", false),
        ("/internal/trading/pause", false),
        ("/platform/api/auth/login", false),
        ("/platform/api/admin/users/{id}/disable", false),
    ] {
        let operation = &description["paths"][path]["post"];
        assert!(operation.is_object(), "{path}");
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        let told = parameters.any(|parameter| parameter["name"] == "Idempotency-Key");
        assert_eq!(told, counts, "{path}");
    }
}

async fn browsers(client: &Client) {
    for path in ["/api/state", "/api/nothing", "/health"] {
        let answer = client.get(path).await;
        let expected = [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("cache-control", "no-store"),
        ];
        for (name, value) in expected {
            assert_eq!(answer.header(name), Some(value), "{path} {name}");
        }
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(answer.header("strict-transport-security"), None, "not behind TLS");
        for name in ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"] {
            assert_eq!(answer.header(name).is_some(), path != "/health", "{path} {name}");
        }
    }
    let asked = async |origin: &str| {
        let request = client.request("OPTIONS", "/api/orders/manual").header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        send(request.header("access-control-request-headers", "idempotency-key")).await
    };
    let allowed = asked("https://app.example").await;
    let origin = allowed.header("access-control-allow-origin");
    assert_eq!((allowed.status, origin), (200, Some("https://app.example")));
    let headers = allowed.header("access-control-allow-headers").unwrap();
    assert!(headers.contains("idempotency-key") && headers.contains("if-match"), "{headers}");
    let refused = asked("https://evil.example").await;
    assert_eq!(refused.header("access-control-allow-origin"), None);
    let request = client.request("GET", "/api/state").header("origin", "https://app.example");
    let exposed = send(request).await;
    let exposed = exposed.header("access-control-expose-headers").unwrap().to_owned();
    for name in ["x-request-id", "etag", "retry-after", "ratelimit-remaining"] {
        assert!(exposed.contains(name), "{exposed}");
    }
}

#[tokio::test]
async fn whoever_asks_too_often_waits_and_nobody_else_does() {
    let limits = OPEN.replace("per_user = 100000", "per_user = 12");
    let desk = desk(&limits);
    let server = Server::start(&desk);
    let greedy = Person::registered(&server, "greedy").await.client;
    let modest = Person::registered(&server, "modest").await.client;
    let mut left = Vec::new();
    let refused = loop {
        let answer = greedy.get("/api/state").await;
        if answer.status != 200 {
            break answer;
        }
        left.push(answer.header("ratelimit-remaining").unwrap().parse::<u32>().unwrap());
        assert_eq!(answer.header("ratelimit-limit"), Some("12"));
    };
    assert!(left.is_sorted_by(|one, next| one > next) && left.len() >= 12, "{left:?}");
    refused.problem(429, "tooManyRequests");
    let wait: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=5).contains(&wait), "one request comes back every five seconds: {wait}");
    assert_eq!(refused.header("ratelimit-remaining"), Some("0"));
    for (method, path) in [
        ("POST", "/api/profiles/prf_0000000000000/stop"),
        ("POST", "/api/profiles/prf_0000000000000/flatten"),
        ("DELETE", "/api/orders/ord_0000000000000000000000"),
        ("POST", "/api/positions/trd_0000000000000000000000/close"),
        ("POST", "/platform/api/auth/logout-everywhere"),
    ] {
        let stop = greedy.request(method, path).header("idempotency-key", key());
        let heard = send(stop).await;
        assert!([204, 404].contains(&heard.status), "what stops is heard: {path} {}", heard.text);
    }
    assert_eq!(modest.get("/api/state").await.status, 200);
    let public = Client::nobody(&server.url()).get("/health/live").await;
    assert_eq!(public.status, 200);
}

#[tokio::test]
async fn probes_of_health_are_never_counted() {
    let desk = desk("[http]\nrequests_per_minute_per_address = 30\n");
    let server = Server::start(&desk);
    let probe = Client::nobody(&server.url());
    while probe.get("/api/config").await.status != 429 {}
    for path in ["/health", "/health/live", "/health/ready"] {
        assert_eq!(probe.get(path).await.status, 200, "{path}");
    }
    probe.get("/health/none").await.problem(429, "tooManyRequests");
}
