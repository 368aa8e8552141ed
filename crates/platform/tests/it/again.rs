//! Changes of accounts that are sent again.

use ballast_platform::COLLECTIONS;
use ballast_platform::request::{IDEMPOTENCY, Role};
use ballast_storage::{Query, Store};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::service::{PASSWORD, settings, start, start_on};
use crate::support::{Answer, DrivenClock, outcome};

/// Of each kind of change of the service: once under a key, and never with a secret kept.
#[tokio::test]
async fn changes_of_accounts_are_done_once_under_a_key() {
    const ANN: &str = "ann@example.com";
    const NEW: &str = "other words than those";
    let running = start().await;
    running.user("root@example.com", Role::Admin).await;
    let root = running.sign_in("root@example.com").await;
    let keyed = async |request: reqwest::RequestBuilder, key: &str| {
        Answer::of(request.header("idempotency-key", key)).await
    };
    let registration = json!({"email": ANN, "password": PASSWORD});
    for replayed in ["", "true"] {
        let answer = keyed(running.post("auth/register", &registration), "a").await;
        let told = (answer.outcome(), answer.header("idempotency-replayed").to_owned());
        assert_eq!(told, ("202".to_owned(), replayed.to_owned()));
    }
    let other = running.post("auth/register", &json!({"email": ANN, "password": NEW}));
    assert_eq!(keyed(other, "a").await.outcome(), "409 idempotencyConflict");
    let mails = Answer::of(running.server.get("/platform/dev/mailbox.json")).await.json();
    assert_eq!(mails["messages"].as_array().unwrap().len(), 1, "registered once: {mails}");
    let ann = running.sign_in(ANN).await;
    let change = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    let change = || running.with(Method::POST, "auth/password/change", &ann.access, &change);
    for key in ["b", "b"] {
        assert_eq!(keyed(change(), key).await.outcome(), "204", "the old one is known no more");
    }
    let again = keyed(change(), "c").await.outcome();
    assert_eq!(again, "422 invalid", "under another key it is another change");
    let id = running.platform.accounts().by_email(ANN).await.unwrap().id;
    let role = |role: &str| {
        let path = format!("admin/users/{id}/role");
        let request = running.with(Method::PUT, &path, &root.access, &json!({"role": role}));
        request.header("if-match", "*")
    };
    let first = keyed(role("operator"), "d").await;
    assert_eq!(keyed(role("user"), "e").await.outcome(), "200");
    let replayed = keyed(role("operator"), "d").await;
    assert_eq!(
        (first.json(), replayed.json()["role"].as_str()),
        (replayed.json(), Some("operator"))
    );
    let user = running.platform.accounts().by_email(ANN).await.unwrap();
    assert_eq!(user.role, Role::User, "it was not done again");
    let there = running.sign_in("root@example.com").await;
    let session = {
        let list = running.with(Method::GET, "auth/sessions", &there.access, &Value::Null);
        let list = Answer::of(list).await.json();
        let sessions = list["sessions"].as_array().unwrap().clone();
        let mine = sessions.iter().find(|session| session["current"] == true).unwrap();
        format!("auth/sessions/{}", mine["id"].as_str().unwrap())
    };
    for _ in 0..2 {
        let end = running.with(Method::DELETE, &session, &root.access, &Value::Null);
        assert_eq!(keyed(end, "f").await.outcome(), "204");
    }
    let end = running.with(Method::DELETE, &session, &root.access, &Value::Null);
    assert_eq!(keyed(end, "g").await.outcome(), "404 notFound");
}

/// A word that is tried against a plain hash of the body would be found by whoever has the disk.
#[tokio::test]
async fn what_is_kept_of_a_body_with_a_password_is_sealed() {
    let clock = DrivenClock::new();
    let (store, _) = Store::memory(COLLECTIONS, clock.clone()).unwrap();
    let running = start_on(settings(), &store, clock).await;
    let body = json!({"email": "ann@example.com", "password": PASSWORD});
    let request = running.post("auth/register", &body).header("idempotency-key", "a");
    assert_eq!(outcome(request).await, "202");
    let kept = store.product().documents(&IDEMPOTENCY);
    let kept = kept.query::<Value>(&Query::default()).await.unwrap().documents;
    let digest = Sha256::digest(body.to_string());
    let plain = digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].body["bodyHash"].as_str().unwrap().len(), plain.len());
    assert_ne!(kept[0].body["bodyHash"], plain);
}
