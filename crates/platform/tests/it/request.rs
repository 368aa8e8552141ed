//! What is the same for every route: ids, errors, headers, limits, access, versions.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ballast_domain::Timestamp;
use ballast_platform::request::{
    Access, Api, Authentication, Authenticator, Body, ClientAddress, Denial, Gate, Identity,
    IfMatch, LayerSettings, Layers, Lifecycle, Limit, Limiter, Origins, Path, Problem, Query, Role,
    RouteEntry, SignedBody, Versioned, not_found,
};
use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::openapi::OpenApi;
use utoipa_axum::routes;

use crate::support::{Answer, DrivenClock, Server, outcome};

/// Takes `user`, `operator` and `admin` for tokens of somebody with that role.
#[derive(Debug)]
struct NamedRoles;

impl Authenticator for NamedRoles {
    fn authenticate<'a>(&'a self, token: Option<&'a str>) -> Authentication<'a> {
        Box::pin(async move {
            let token = token.ok_or(Denial::Missing)?;
            let role: Role = match token {
                "expired" => return Err(Denial::Expired),
                "revoked" => return Err(Denial::Revoked),
                name => name.parse().map_err(|_| Denial::Invalid("not a role".to_owned()))?,
            };
            Ok(Identity {
                user: token.parse().unwrap(),
                email: None,
                role,
                session: String::new(),
                scopes: Vec::new(),
                expires_at: Timestamp::MIN,
            })
        })
    }
}

#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Note {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    limit: u8,
}

#[utoipa::path(get, path = "/open", responses((status = 200)))]
async fn open(ClientAddress(address): ClientAddress) -> String {
    address.to_string()
}

#[utoipa::path(get, path = "/panic", responses((status = 200)))]
async fn panics() {
    panic!("secret inside");
}

#[utoipa::path(post, path = "/panic-in-a-change", responses((status = 200)))]
async fn panics_in_a_change() {
    panic!("secret inside");
}

#[utoipa::path(post, path = "/notes", responses((status = 200, body = Note)))]
async fn note(Body(note): Body<Note>) -> axum::Json<Note> {
    axum::Json(note)
}

#[utoipa::path(get, path = "/list", responses((status = 200)))]
async fn list(Query(range): Query<Range>) -> String {
    range.limit.to_string()
}

#[utoipa::path(get, path = "/number/{number}", responses((status = 200)))]
async fn number(Path(number): Path<u32>) -> String {
    number.to_string()
}

#[utoipa::path(get, path = "/own", responses((status = 200)))]
async fn own(identity: Identity) -> String {
    identity.user.to_string()
}

#[utoipa::path(get, path = "/watch", responses((status = 200)))]
async fn watch() {}

#[utoipa::path(get, path = "/rule", responses((status = 200)))]
async fn rule() {}

#[utoipa::path(post, path = "/hook", responses((status = 200)))]
async fn hook(body: SignedBody) -> Result<(), Problem> {
    body.open(b"secret", Timestamp::from_nanos(0)).map(|_| ())
}

#[utoipa::path(get, path = "/thing", responses((status = 200)))]
async fn thing() -> Versioned<&'static str> {
    Versioned { etag: "1f-ab".parse().unwrap(), body: "thing" }
}

#[utoipa::path(put, path = "/thing", responses((status = 200)))]
async fn put_thing(seen: IfMatch) -> Result<(), Problem> {
    seen.check(&"1f-ab".parse().unwrap())
}

fn limit(requests: u32) -> Limit {
    Limit { requests: NonZeroU32::new(requests).unwrap(), window: Duration::from_secs(60) }
}

struct Setup {
    per_address: u32,
    per_user: u32,
}

const GENEROUS: Setup = Setup { per_address: 10_000, per_user: 10_000 };

fn api(per_user: u32, clock: Arc<DrivenClock>) -> Api<()> {
    let limiter = Arc::new(Limiter::new(limit(per_user), clock));
    let old = jiff::civil::date(2026, 11, 1);
    let gone = jiff::civil::date(2027, 5, 1);
    let superseded = Lifecycle::Superseded { since: old, sunset: gone, by: "/api/own" };
    Api::new(Gate::new(Arc::new(NamedRoles), limiter))
        .route(Access::Public, Lifecycle::Current, routes!(open))
        .route(Access::Public, Lifecycle::Current, routes!(panics))
        .route(Access::Public, Lifecycle::Current, routes!(panics_in_a_change))
        .route(Access::Public, Lifecycle::Current, routes!(note))
        .route(Access::Public, Lifecycle::Current, routes!(list))
        .route(Access::Public, Lifecycle::Current, routes!(number))
        .route(Access::User, Lifecycle::Current, routes!(own))
        .route(Access::Operator, superseded, routes!(watch))
        .route(Access::Admin, Lifecycle::Current, routes!(rule))
        .route(Access::Signed, Lifecycle::Current, routes!(hook))
        .route(Access::User, Lifecycle::Current, routes!(thing, put_thing))
}

async fn start(setup: Setup) -> (Server, OpenApi, Vec<RouteEntry>, Arc<DrivenClock>) {
    let clock = DrivenClock::new();
    let (router, description, entries) = {
        let below = api(setup.per_user, clock.clone());
        let limiter = Arc::new(Limiter::new(limit(setup.per_user), clock.clone()));
        Api::new(Gate::new(Arc::new(NamedRoles), limiter)).nest("/api", below).split()
    };
    let settings = LayerSettings {
        origins: Origins::new(&["https://app.example".parse().unwrap()]),
        scripts: &[],
        behind_tls: true,
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        per_address: limit(setup.per_address),
        uncounted: |uri| uri.query() == Some("uncounted"),
        apart: |_, _| false,
    };
    let layers = Layers::new(settings, clock.clone());
    let router = layers.around(router.fallback(not_found));
    (Server::start(router).await, description, entries, clock)
}

#[tokio::test]
async fn every_answer_carries_the_id_of_its_request() {
    let (server, ..) = start(GENEROUS).await;
    let large = json!({ "text": "x".repeat(1 << 20) });
    let cases = [
        (server.get("/api/open"), "200"),
        (server.get("/nowhere"), "404 notFound"),
        (server.request(Method::DELETE, "/api/open"), "405 methodNotAllowed"),
        (server.get("/api/panic"), "500 internal"),
        (server.post("/api/panic-in-a-change", &json!({})), "500 internal"),
        (server.get("/api/own"), "401 unauthenticated"),
        (server.post("/api/notes", &large), "413 bodyTooLarge"),
    ];
    for (request, expected) in cases {
        let answer = Answer::of(request.header("x-request-id", "click.7_A-b")).await;
        assert_eq!(answer.outcome(), expected);
        assert_eq!(answer.header("x-request-id"), "click.7_A-b", "{expected}");
        assert!(!answer.text.contains("secret inside"));
    }
    for bad in ["", "a b", "<x>", &"x".repeat(65)] {
        let answer = Answer::of(server.get("/api/open").header("x-request-id", bad)).await;
        assert_eq!(answer.header("x-request-id").len(), 32, "{bad} is replaced");
    }
}

#[tokio::test]
async fn wrong_input_is_named_with_its_field() {
    let (server, ..) = start(GENEROUS).await;
    let cases = [
        (server.post("/api/notes", &json!({"text": 1})), "422 invalid", "text", "expected a str"),
        (server.post("/api/notes", &json!({"text": "", "x": 1})), "422 invalid", "x", "unknown"),
        (server.post("/api/notes", &json!({})), "422 invalid", "text", "is missing"),
        (server.get("/api/list?limit=300"), "422 invalid", "limit", "is too large a number"),
        (server.get("/api/list?limit=x"), "422 invalid", "limit", "is not a whole number"),
        (server.get("/api/list?limit=1&limit=2"), "422 invalid", "limit", "is there twice"),
        (server.get("/api/list?limit=3&x=1"), "422 invalid", "x", "unknown field"),
    ];
    for (request, expected, field, message) in cases {
        let answer = Answer::of(request).await;
        assert_eq!(answer.outcome(), expected);
        let error = &answer.json()["errors"][0];
        assert_eq!(error["field"], field, "{error}");
        assert!(error["message"].as_str().unwrap().contains(message), "{error}");
    }
    let json = |body: &'static str| {
        let request = server.request(Method::POST, "/api/notes").body(body);
        request.header("content-type", "application/json")
    };
    let answer = Answer::of(json("{\n \"text\" 1}")).await;
    assert_eq!(answer.outcome(), "400 invalidJson");
    assert!(answer.json()["detail"].as_str().unwrap().contains("line 2, column 9"), "{answer:?}");
    let form = server.request(Method::POST, "/api/notes").body("text=a");
    assert_eq!(outcome(form).await, "415 unsupportedMediaType");
    assert_eq!(outcome(server.get("/api/number/x")).await, "404 notFound");
    assert_eq!(outcome(server.get("/api/number/7")).await, "200");
}

#[tokio::test]
async fn browsers_are_told_what_they_may_do() {
    let (server, ..) = start(GENEROUS).await;
    for request in [server.get("/api/open"), server.get("/nowhere"), server.get("/api/panic")] {
        let answer = Answer::of(request.header("origin", "https://app.example")).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("connect-src 'self' https://app.example wss://app.example;"),
            "{policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.header("strict-transport-security").starts_with("max-age="));
        assert_eq!(answer.header("access-control-allow-origin"), "https://app.example");
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        assert!(answer.header("access-control-expose-headers").contains("x-request-id"));
    }
    let answer = Answer::of(server.get("/api/open").header("origin", "https://evil.example")).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    let preflight = server
        .request(Method::OPTIONS, "/api/notes")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,idempotency-key");
    let answer = Answer::of(preflight).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.header("access-control-allow-headers").contains("idempotency-key"));
}

#[tokio::test]
async fn every_route_is_closed_to_whoever_its_row_does_not_name() {
    let (server, description, entries, _) = start(GENEROUS).await;
    assert_eq!(entries.len(), 12);
    let described = serde_json::to_value(&description).unwrap();
    for RouteEntry { method, path, access, .. } in entries {
        let operation = &described["paths"][&path][method.to_ascii_lowercase()];
        assert_eq!(operation["x-access"], access.as_str(), "{method} {path}");
        let real_path = path.replace("{number}", "7");
        let request = || server.request(method.parse().unwrap(), &real_path);
        let Some(least) = access.role() else {
            continue;
        };
        assert_eq!(operation["security"], json!([{"bearer": []}]), "{method} {path}");
        assert_eq!(outcome(request()).await, "401 unauthenticated", "{method} {path}");
        for (token, expected) in [
            ("junk", "401 tokenInvalid"),
            ("expired", "401 tokenExpired"),
            ("revoked", "401 sessionRevoked"),
        ] {
            assert_eq!(outcome(request().bearer_auth(token)).await, expected, "{method} {path}");
        }
        for role in Role::ALL {
            let answer = Answer::of(request().bearer_auth(role)).await;
            let refused = answer.outcome() == "403 forbidden";
            assert_eq!(refused, role < least, "{method} {path} as {role}");
            if refused {
                assert!(answer.text.contains(&format!("the role {least}")), "{answer:?}");
            }
        }
    }
    assert!(described["components"]["schemas"]["Problem"].is_object());
    assert!(described["components"]["schemas"]["FieldError"].is_object());
    assert_eq!(outcome(server.post("/api/hook", &json!({}))).await, "401 signatureInvalid");
}

#[tokio::test]
async fn a_route_that_goes_says_when_and_what_comes() {
    let (server, description, ..) = start(GENEROUS).await;
    let answer = Answer::of(server.get("/api/watch").bearer_auth("operator")).await;
    assert_eq!(answer.header("deprecation"), "@1793491200");
    assert_eq!(answer.header("sunset"), "Sat, 01 May 2027 00:00:00 GMT");
    assert_eq!(answer.header("link"), "</api/own>; rel=\"successor-version\"");
    let described = serde_json::to_value(&description).unwrap();
    assert_eq!(described["paths"]["/api/watch"]["get"]["deprecated"], true);
}

#[tokio::test]
async fn whoever_asks_too_often_waits_and_others_do_not() {
    let (server, _, _, clock) = start(Setup { per_address: 100, per_user: 2 }).await;
    let own = |role: &str| Answer::of(server.get("/api/own").bearer_auth(role));
    let first = own("user").await;
    assert_eq!(first.header("ratelimit-limit"), "2");
    assert_eq!(first.header("ratelimit-remaining"), "1");
    assert_eq!(first.header("ratelimit-policy"), "2;w=60");
    own("user").await;
    let refused = own("user").await;
    assert_eq!(refused.outcome(), "429 tooManyRequests");
    assert_eq!(refused.header("retry-after"), "30");
    assert_eq!(own("admin").await.outcome(), "200");
    clock.advance(Duration::from_secs(30));
    assert_eq!(own("user").await.outcome(), "200");
}

#[tokio::test]
async fn addresses_are_counted_apart_behind_a_trusted_proxy() {
    let (server, ..) = start(Setup { per_address: 1, ..GENEROUS }).await;
    let from = |address: &str| server.get("/api/open").header("x-forwarded-for", address);
    let answer = Answer::of(from("192.0.2.1")).await;
    assert_eq!((answer.outcome().as_str(), answer.text.as_str()), ("200", "192.0.2.1"));
    assert_eq!(outcome(from("192.0.2.1")).await, "429 tooManyRequests");
    assert_eq!(outcome(from("192.0.2.2")).await, "200");
    let uncounted = server.get("/api/open?uncounted").header("x-forwarded-for", "192.0.2.1");
    assert_eq!(outcome(uncounted).await, "200", "what is bounded otherwise");
}

#[tokio::test]
async fn a_change_needs_the_version_that_was_seen() {
    let (server, ..) = start(GENEROUS).await;
    let read = Answer::of(server.get("/api/thing").bearer_auth("user")).await;
    assert_eq!(read.header("etag"), "\"1f-ab\"");
    let put = |seen: Option<&str>| {
        let request = server.request(Method::PUT, "/api/thing").bearer_auth("user");
        match seen {
            Some(seen) => request.header("if-match", seen),
            None => request,
        }
    };
    assert_eq!(outcome(put(None)).await, "428 preconditionRequired");
    assert_eq!(outcome(put(Some("\"1f-aa\""))).await, "412 preconditionFailed");
    assert_eq!(outcome(put(Some("1f-ab"))).await, "400 invalidHeader");
    assert_eq!(outcome(put(Some("\"1f-ab\""))).await, "200");
}
