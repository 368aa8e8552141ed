//! Requests that are sent again.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ballast_platform::request::{
    IDEMPOTENCY, Keyed, LayerSettings, Layers, Limit, Origins, Problem, Replies, not_found,
};
use ballast_storage::{Documents, Fault, Faults, Store, StoreError};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::support::{Answer, DrivenClock, Server, outcome};

#[derive(Clone)]
struct App {
    replies: Replies,
    documents: Documents,
    done: Arc<AtomicU32>,
    /// The work waits for a permit.
    gate: Arc<Semaphore>,
}

async fn act(State(app): State<App>, keyed: Keyed<Value>) -> Result<Response, Problem> {
    let (body, once) = keyed.split();
    let user = "usr_1".parse().unwrap();
    let work = {
        let app = app.clone();
        async move {
            let _permit = app.gate.acquire().await.unwrap();
            let number = app.done.fetch_add(1, Ordering::Relaxed) + 1;
            match body["do"].as_str() {
                Some("panic") => panic!("within the work"),
                Some("away") => Problem::unavailable("away").into_response(),
                Some("unsure") => {
                    Problem::from(StoreError::Unavailable("away".to_owned())).into_response()
                }
                Some("refuse") => Problem::conflict("not now").into_response(),
                _ => {
                    let headers = [("location", format!("/things/{number}"))];
                    (StatusCode::CREATED, headers, format!("thing {number}")).into_response()
                }
            }
        }
    };
    app.replies.answer(&app.documents, &user, once, work).await
}

async fn act_required(_: State<App>, keyed: Keyed<()>) -> Result<(), Problem> {
    keyed.required().map(|_| ())
}

async fn stop(State(app): State<App>, keyed: Keyed<()>) -> Result<Response, Problem> {
    let ((), once) = keyed.split();
    let work = async { "stopped".into_response() };
    app.replies.answer(&app.documents, &"usr_1".parse().unwrap(), once, work).await
}

struct Running {
    server: Server,
    app: App,
    faults: Faults,
    clock: Arc<DrivenClock>,
}

impl Running {
    fn act(&self, key: &str, body: &Value) -> reqwest::RequestBuilder {
        self.server.post("/act", body).header("idempotency-key", key)
    }

    fn done(&self) -> u32 {
        self.app.done.load(Ordering::Relaxed)
    }
}

async fn start(permits: usize) -> Running {
    let clock = DrivenClock::new();
    let collections = std::slice::from_ref(&IDEMPOTENCY);
    let (store, faults) = Store::memory(collections, clock.clone()).unwrap();
    let app = App {
        replies: Replies::default(),
        documents: store.product().documents(&IDEMPOTENCY),
        done: Arc::default(),
        gate: Arc::new(Semaphore::new(permits)),
    };
    let server = serve(app.clone(), clock.clone()).await;
    Running { server, app, faults, clock }
}

async fn serve(app: App, clock: Arc<DrivenClock>) -> Server {
    let router = Router::new()
        .route("/act", post(act))
        .route("/other", post(act))
        .route("/required", post(act_required))
        .route("/stop", post(stop))
        .with_state(app);
    let requests = NonZeroU32::new(1_000).unwrap();
    let settings = LayerSettings {
        origins: Origins::default(),
        scripts: &[],
        behind_tls: false,
        trusted_proxies: Vec::new(),
        per_address: Limit { requests, window: Duration::from_secs(60) },
        uncounted: |_| false,
        apart: |_, _| false,
    };
    let layers = Layers::new(settings, clock);
    Server::start(layers.around(router.fallback(not_found))).await
}

#[tokio::test]
async fn the_same_request_gets_the_first_answer_and_the_work_is_done_once() {
    let running = start(1).await;
    let first = Answer::of(running.act("k1", &json!({"a": 1}))).await;
    let again = Answer::of(running.act("k1", &json!({"a": 1}))).await;
    assert_eq!((first.outcome(), again.outcome()), ("201".to_owned(), "201".to_owned()));
    assert_eq!((first.text.as_str(), again.text.as_str()), ("thing 1", "thing 1"));
    assert_eq!(again.header("location"), "/things/1");
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        ("", "true")
    );
    assert_eq!(outcome(running.act("k1", &json!({"a": 2}))).await, "409 idempotencyConflict");
    let other = running.server.post("/other", &json!({"a": 1})).header("idempotency-key", "k1");
    assert_eq!(Answer::of(other).await.text, "thing 2", "another route is another action");
    let without = || Answer::of(running.server.post("/act", &json!({"a": 1})));
    assert_eq!(
        (without().await.text, without().await.text),
        ("thing 3".to_owned(), "thing 4".to_owned())
    );
    running.clock.advance(Duration::from_secs(24 * 60 * 60 + 1));
    assert_eq!(Answer::of(running.act("k1", &json!({"a": 1}))).await.text, "thing 5");
}

#[tokio::test]
async fn a_refusal_is_kept_and_doing_nothing_is_not() {
    let running = start(1).await;
    for _ in 0..2 {
        let answer = running.act("k1", &json!({"do": "refuse"}));
        assert_eq!(outcome(answer).await, "409 conflict");
    }
    assert_eq!(running.done(), 1);
    for _ in 0..2 {
        let answer = running.act("k2", &json!({"do": "away"}));
        assert_eq!(outcome(answer).await, "503 unavailable");
    }
    assert_eq!(running.done(), 3, "what did nothing is tried again");
    for replayed in ["", "true"] {
        let answer = Answer::of(running.act("k4", &json!({"do": "unsure"}))).await;
        assert_eq!(answer.outcome(), "503 storeUnavailable");
        assert_eq!(answer.header("idempotency-replayed"), replayed);
    }
    assert_eq!(running.done(), 4, "what may have taken effect is not done again");
    for _ in 0..2 {
        assert_eq!(outcome(running.act("k3", &json!({"do": "panic"}))).await, "500 internal");
    }
    assert_eq!(running.done(), 5);
}

#[tokio::test]
async fn a_duplicate_that_comes_meanwhile_is_told_to_come_back() {
    let running = start(0).await;
    let first = running.act("k1", &json!({}));
    let first = tokio::spawn(Answer::of(first));
    while running
        .app
        .documents
        .query::<Value>(&ballast_storage::Query::default())
        .await
        .unwrap()
        .documents
        .is_empty()
    {
        tokio::task::yield_now().await;
    }
    let answer = Answer::of(running.act("k1", &json!({}))).await;
    assert_eq!(answer.outcome(), "409 idempotencyInProgress");
    assert_eq!(answer.header("retry-after"), "1");
    running.app.gate.add_permits(1);
    assert_eq!(first.await.unwrap().text, "thing 1");
    assert_eq!(Answer::of(running.act("k1", &json!({}))).await.text, "thing 1");
    assert_eq!(running.done(), 1);
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_end_the_work() {
    let running = start(0).await;
    let request = running.act("k1", &json!({})).timeout(Duration::from_millis(50));
    assert!(request.send().await.is_err());
    running.app.gate.add_permits(1);
    let answer = loop {
        let answer = Answer::of(running.act("k1", &json!({}))).await;
        if answer.outcome() != "409 idempotencyInProgress" {
            break answer;
        }
    };
    assert_eq!((answer.text.as_str(), running.done()), ("thing 1", 1));
}

#[tokio::test]
async fn answers_outlive_the_process_and_what_was_interrupted_is_not_done_again() {
    let running = start(1).await;
    assert_eq!(Answer::of(running.act("k1", &json!({}))).await.text, "thing 1");
    // The work is done, and its answer cannot be kept.
    running.app.gate.acquire().await.unwrap().forget();
    let pending = tokio::spawn(Answer::of(running.act("k2", &json!({}))));
    while running
        .app
        .documents
        .query::<Value>(&ballast_storage::Query::default())
        .await
        .unwrap()
        .documents
        .len()
        < 2
    {
        tokio::task::yield_now().await;
    }
    running.faults.fail_next_write(Fault::BeforeWrite);
    running.app.gate.add_permits(1);
    assert_eq!(pending.await.unwrap().text, "thing 2");
    let restarted = App { replies: Replies::default(), ..running.app.clone() };
    let server = serve(restarted, running.clock.clone()).await;
    let again = |key: &str| server.post("/act", &json!({})).header("idempotency-key", key);
    assert_eq!(Answer::of(again("k1")).await.text, "thing 1");
    assert_eq!(outcome(again("k2")).await, "409 idempotencyInterrupted");
    assert_eq!(running.done(), 2);
}

#[tokio::test]
async fn nothing_is_done_when_the_store_is_away_or_the_key_is_none() {
    let running = start(1).await;
    running.faults.set_away(true);
    assert_eq!(outcome(running.act("k1", &json!({}))).await, "503 storeUnavailable");
    running.faults.set_away(false);
    for bad in ["", "a b", &"x".repeat(129)] {
        assert_eq!(outcome(running.act(bad, &json!({}))).await, "400 invalidHeader", "{bad}");
    }
    assert_eq!(running.done(), 0);
    let required = || running.server.request(reqwest::Method::POST, "/required");
    assert_eq!(outcome(required()).await, "400 idempotencyKeyRequired");
    assert_eq!(outcome(required().header("idempotency-key", "k")).await, "200");
}

/// Many clients send an empty object where there is nothing to send.
#[tokio::test]
async fn a_route_without_a_body_takes_every_form_of_none() {
    let running = start(1).await;
    let stop = |body: &str, content_type: &str| {
        let request = running.server.request(reqwest::Method::POST, "/stop");
        request.header("content-type", content_type).body(body.to_owned())
    };
    let json = "application/json";
    for body in ["", "{}", " { } ", "null"] {
        assert_eq!(outcome(stop(body, json)).await, "200", "{body}");
        let same = Answer::of(stop(body, json).header("idempotency-key", "k")).await;
        assert_eq!(same.text, "stopped", "the same request: {body}");
    }
    assert_eq!(outcome(stop("{}", "application/x-www-form-urlencoded")).await, "200");
    for body in [r#"{"reason":"none"}"#, "[]", "0", "false", "\"\"", "{"] {
        let answer = Answer::of(stop(body, json)).await;
        assert_eq!(answer.outcome(), "422 invalid", "{body}");
        let detail = answer.json()["detail"].to_string();
        assert!(detail.contains("takes no body"), "{body}: {detail}");
    }
}
