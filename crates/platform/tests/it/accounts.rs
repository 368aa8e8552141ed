//! Registering, signing in, and getting back in.

use std::time::Duration;

use ballast_platform::COLLECTIONS;
use ballast_platform::account::Cause;
use ballast_platform::request::Role;
use ballast_storage::Store;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::service::{PASSWORD, Running, Tokens, settings, start, start_on, start_with};
use crate::support::{Answer, DrivenClock, outcome};

const ANN: &str = "ann@example.com";

#[tokio::test]
async fn whoever_registers_can_sign_in_and_be_seen() {
    let running = start().await;
    let registered = running.post("auth/register", &json!({"email": ANN, "password": PASSWORD}));
    assert_eq!(outcome(registered).await, "202");
    let answer = Answer::of(running.login(" ANN@example.com", PASSWORD)).await;
    let body = answer.json();
    assert_eq!(
        (body["tokenType"].as_str(), body["expiresIn"].as_u64()),
        (Some("Bearer"), Some(900))
    );
    assert_eq!(body["user"]["email"], ANN);
    assert_eq!(body["user"]["roles"], json!(["user"]));
    let access = body["accessToken"].as_str().unwrap();
    let me = Answer::of(running.with(Method::GET, "auth/me", access, &Value::Null)).await.json();
    assert_eq!((&me["id"], &me["emailVerified"]), (&body["user"]["id"], &json!(false)));
    let token = running.mailed_token(ANN, "Confirm your e-mail address").await;
    let verify = || running.post("auth/email/verify", &json!({"token": token}));
    assert_eq!(outcome(verify()).await, "204");
    assert_eq!(outcome(verify()).await, "410 linkInvalid");
    let me = Answer::of(running.with(Method::GET, "auth/me", access, &Value::Null)).await.json();
    assert_eq!(me["emailVerified"], true);
    assert_eq!(running.audit.events(), ["userCreated", "signedIn", "emailVerified"]);
}

/// Nobody learns by asking whether an account exists.
#[tokio::test]
async fn known_and_unknown_accounts_are_answered_alike() {
    let running = start().await;
    running.user(ANN, Role::User).await;
    let both = async |path: &str, body: fn(&str) -> Value| {
        let mut texts = Vec::new();
        for email in [ANN, "nobody@example.com"] {
            let answer = Answer::of(running.post(path, &body(email))).await;
            let mut json = answer.json();
            json["requestId"] = Value::Null;
            texts.push((answer.outcome(), json));
        }
        assert_eq!(texts[0], texts[1]);
        texts.remove(0).0
    };
    let register = |email: &str| json!({"email": email, "password": "another good password"});
    assert_eq!(both("auth/register", register).await, "202");
    assert_eq!(both("auth/password/forgot", |email| json!({"email": email})).await, "202");
    let login = |email: &str| json!({"email": email, "password": "not the password"});
    let outcomes = [both("auth/login", login).await, both("auth/login", login).await];
    assert_eq!(outcomes, ["401 credentialsInvalid", "401 credentialsInvalid"]);
    assert_eq!(outcome(running.login(ANN, PASSWORD)).await, "200", "and the account is as it was");
}

#[tokio::test]
async fn bad_input_is_named_field_by_field() {
    let running = start().await;
    let answer =
        Answer::of(running.post("auth/register", &json!({"email": "a", "password": "b"}))).await;
    assert_eq!(answer.outcome(), "422 invalid");
    let body = answer.json();
    let fields: Vec<_> = body["errors"].as_array().unwrap().iter().map(|e| &e["field"]).collect();
    assert_eq!(fields, ["email", "password"]);
    for (path, body, expected) in [
        ("auth/register", json!({"email": ANN, "password": "password123"}), "422 invalid"),
        ("auth/register", json!({"email": ANN}), "422 invalid"),
        ("auth/login", json!({"email": ANN, "password": PASSWORD, "x": 1}), "422 invalid"),
        ("auth/login", json!({"email": ANN, "password": 1}), "422 invalid"),
        ("auth/login", json!({"email": "no address", "password": "x"}), "401 credentialsInvalid"),
        ("auth/password/forgot", json!({"email": "no address"}), "422 invalid"),
        ("auth/password/reset", json!({"token": "x", "password": PASSWORD}), "410 linkInvalid"),
        ("auth/email/verify", json!({"token": ""}), "410 linkInvalid"),
        ("auth/refresh", json!({"refreshToken": "x"}), "401 refreshTokenInvalid"),
        ("auth/refresh", json!({}), "401 unauthenticated"),
        (
            "auth/first-administrator",
            json!({"token": "x", "email": ANN, "password": PASSWORD}),
            "410 linkInvalid",
        ),
    ] {
        assert_eq!(outcome(running.post(path, &body)).await, expected, "{path} {body}");
    }
    assert_eq!(running.audit.events(), ["signInFailed"]);
}

#[tokio::test]
async fn registration_can_be_closed_and_addresses_be_asked_for() {
    let mut closed = settings();
    closed.accounts.registration_open = false;
    let running = start_with(closed).await;
    let body = json!({"email": ANN, "password": PASSWORD});
    assert_eq!(outcome(running.post("auth/register", &body)).await, "403 registrationClosed");

    let mut strict = settings();
    strict.accounts.verified_email_required = true;
    let running = start_with(strict).await;
    assert_eq!(outcome(running.post("auth/register", &body)).await, "202");
    assert_eq!(outcome(running.login(ANN, PASSWORD)).await, "403 emailNotVerified");
    assert_eq!(outcome(running.login(ANN, "something wrong")).await, "401 credentialsInvalid");
    let token = running.mailed_token(ANN, "Confirm your e-mail address").await;
    assert_eq!(outcome(running.post("auth/email/verify", &json!({"token": token}))).await, "204");
    assert_eq!(outcome(running.login(ANN, PASSWORD)).await, "200");
}

#[tokio::test]
async fn wrong_passwords_lock_and_the_owner_gets_back_in() {
    let running = start().await;
    running.user(ANN, Role::User).await;
    for _ in 0..5 {
        assert_eq!(outcome(running.login(ANN, "wrong")).await, "401 credentialsInvalid");
    }
    let locked = Answer::of(running.login(ANN, PASSWORD)).await;
    assert_eq!(locked.outcome(), "429 signInLocked", "the right one does not help");
    assert_eq!(locked.header("retry-after"), "30");
    for _ in 0..6 {
        let nobody = outcome(running.login("nobody@example.com", "wrong")).await;
        assert!(nobody == "401 credentialsInvalid" || nobody == "429 signInLocked");
    }
    assert_eq!(outcome(running.login("nobody@example.com", "wrong")).await, "429 signInLocked");
    running.clock.advance(Duration::from_secs(30));
    assert_eq!(outcome(running.login(ANN, "wrong")).await, "401 credentialsInvalid");
    let locked = Answer::of(running.login(ANN, PASSWORD)).await;
    assert_eq!(locked.header("retry-after"), "60", "twice as long");
    let forgot = running.post("auth/password/forgot", &json!({"email": ANN}));
    assert_eq!(outcome(forgot).await, "202");
    let token = running.mailed_token(ANN, "Reset your password").await;
    let new = "quite another password";
    let reset = running.post("auth/password/reset", &json!({"token": token, "password": new}));
    assert_eq!(outcome(reset).await, "204");
    assert_eq!(outcome(running.login(ANN, new)).await, "200");
    assert!(running.audit.events().contains(&"passwordReset".to_owned()));
}

#[tokio::test]
async fn a_reset_works_once_in_time_and_ends_every_session() {
    let running = start().await;
    running.user(ANN, Role::User).await;
    let before = running.sign_in(ANN).await;
    let forgot = async || {
        let forgot = running.post("auth/password/forgot", &json!({"email": ANN}));
        assert_eq!(outcome(forgot).await, "202");
        running.mailed_token(ANN, "Reset your password").await
    };
    let reset = |token: &str, password: &str| {
        outcome(running.post("auth/password/reset", &json!({"token": token, "password": password})))
    };
    let token = forgot().await;
    assert_eq!(reset(&token, "short").await, "422 invalid");
    running.audit.set_away(true);
    assert_eq!(reset(&token, "the second password").await, "503 auditUnavailable");
    running.audit.set_away(false);
    assert_eq!(running.me(&before.access).await, "200", "nothing was done");
    assert_eq!(reset(&token, "the second password").await, "204", "the link stayed good");
    assert_eq!(reset(&token, "the third password").await, "410 linkInvalid");
    assert_eq!(running.me(&before.access).await, "401 sessionRevoked");
    assert_eq!(outcome(running.refresh(&before.refresh)).await, "401 sessionRevoked");
    assert_eq!(outcome(running.login(ANN, PASSWORD)).await, "401 credentialsInvalid");
    assert_eq!(outcome(running.login(ANN, "the second password")).await, "200");
    // Another link for the same account is worthless once one was used.
    running.clock.advance(Duration::from_secs(60));
    let (first, late) = (forgot().await, forgot().await);
    running.clock.advance(Duration::from_secs(30 * 60));
    assert_eq!(reset(&first, "the third password").await, "410 linkInvalid");
    assert_eq!(reset(&late, "the third password").await, "410 linkInvalid");
}

#[tokio::test]
async fn a_password_is_changed_by_the_old_one_and_keeps_this_session() {
    let running = start().await;
    running.user(ANN, Role::User).await;
    let (here, there) = (running.sign_in(ANN).await, running.sign_in(ANN).await);
    let change = |current: &str, new: &str| {
        let body = json!({"currentPassword": current, "newPassword": new});
        running.with(Method::POST, "auth/password/change", &here.access, &body)
    };
    let wrong = Answer::of(change("wrong", "the second password")).await;
    assert_eq!(wrong.outcome(), "422 invalid");
    assert_eq!(wrong.json()["errors"][0]["field"], "currentPassword");
    let weak = Answer::of(change(PASSWORD, "qwertyuiop")).await;
    assert_eq!(weak.json()["errors"][0]["field"], "newPassword");
    assert_eq!(outcome(change(PASSWORD, "the second password")).await, "204");
    assert_eq!(running.me(&here.access).await, "200");
    assert_eq!(running.me(&there.access).await, "401 sessionRevoked");
    assert_eq!(outcome(running.login(ANN, "the second password")).await, "200");
}

#[tokio::test]
async fn the_first_administrator_makes_themself_once() {
    let running = start().await;
    let accounts = running.platform.accounts();
    let link = async || accounts.first_administrator_link().await.unwrap();
    let token = |link: Option<String>| {
        let link = link.unwrap();
        let start = "https://trade.example/app/first-administrator#token=";
        link.strip_prefix(start).unwrap().to_owned()
    };
    let old = token(link().await);
    let new = token(link().await);
    let make = |token: &str, email: &str, password: &str| {
        let body = json!({"token": token, "email": email, "password": password});
        running.post("auth/first-administrator", &body)
    };
    assert_eq!(outcome(make(&old, ANN, PASSWORD)).await, "410 linkInvalid", "it was made anew");
    assert_eq!(outcome(make(&new, ANN, "short")).await, "422 invalid");
    running.user("taken@example.com", Role::User).await;
    assert_eq!(outcome(make(&new, "taken@example.com", PASSWORD)).await, "409 emailTaken");
    running.audit.set_away(true);
    assert_eq!(outcome(make(&new, ANN, PASSWORD)).await, "503 auditUnavailable");
    running.audit.set_away(false);
    let answer = Answer::of(make(&new, ANN, PASSWORD)).await;
    assert_eq!(answer.outcome(), "200");
    let user = &answer.json()["user"];
    assert_eq!(
        (&user["id"], &user["roles"]),
        (&json!("demo"), &json!(["user", "operator", "admin"]))
    );
    assert_eq!(running.me(&Tokens::of(&answer).access).await, "200");
    let eve = make(&new, "eve@example.com", PASSWORD);
    assert_eq!(outcome(eve).await, "410 linkInvalid");
    assert_eq!(link().await, None);
}

/// On one node and on two that share a store.
#[tokio::test]
async fn of_many_who_take_the_first_link_at_once_one_becomes_administrator() {
    let clock = DrivenClock::new();
    let (store, _) = Store::memory(COLLECTIONS, clock.clone()).unwrap();
    let nodes = [
        start_on(settings(), &store, clock.clone()).await,
        start_on(settings(), &store, clock.clone()).await,
    ];
    let link = nodes[0].platform.accounts().first_administrator_link().await.unwrap().unwrap();
    let token = link.split_once("#token=").unwrap().1;
    let attempts: Vec<_> = (0..6)
        .map(|n| {
            let email = format!("a{n}@example.com");
            let body = json!({"token": token, "email": email, "password": PASSWORD});
            let request = nodes[n % 2].post("auth/first-administrator", &body);
            tokio::spawn(Answer::of(request))
        })
        .collect();
    let mut outcomes = Vec::new();
    for attempt in attempts {
        outcomes.push(attempt.await.unwrap().outcome());
    }
    outcomes.sort_unstable();
    assert_eq!(outcomes[0], "200");
    assert!(outcomes[1..].iter().all(|outcome| outcome == "410 linkInvalid"), "{outcomes:?}");
    let users = nodes[1].platform.accounts().list(10, None).await.unwrap().users;
    assert_eq!(users.iter().map(|user| user.role).collect::<Vec<_>>(), [Role::Admin]);
}

#[tokio::test]
async fn the_first_administrator_is_the_same_one_without_a_browser() {
    let running = start().await;
    assert_ne!(running.user(ANN, Role::User).await, "demo");
    assert_eq!(running.user("root@example.com", Role::Admin).await, "demo");
    assert_ne!(running.user("other@example.com", Role::Admin).await, "demo");
    assert_eq!(running.platform.accounts().first_administrator_link().await.unwrap(), None);
}

#[tokio::test]
async fn an_address_belongs_to_one_account_however_many_ask_at_once() {
    let running = start().await;
    let attempts: Vec<_> = (0..5)
        .map(|_| {
            let platform = running.platform.clone();
            tokio::spawn(async move {
                let accounts = platform.accounts();
                accounts.create_user(ANN, Role::User, PASSWORD.into(), &Cause::default()).await
            })
        })
        .collect();
    let mut made = 0;
    for attempt in attempts {
        made += u32::from(attempt.await.unwrap().is_ok());
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn what_raises_risk_is_not_done_unrecorded() {
    let running = start().await;
    running.user(ANN, Role::User).await;
    let admin = running.user("root@example.com", Role::Admin).await;
    let root = running.sign_in("root@example.com").await;
    let users = async |running: &Running| {
        let list = running.with(Method::GET, "admin/users", &root.access, &Value::Null);
        Answer::of(list).await.json()["users"].clone()
    };
    let ann =
        users(&running).await.as_array().unwrap().iter().find(|user| user["email"] == ANN).unwrap()
            ["id"]
            .as_str()
            .unwrap()
            .to_owned();
    running.audit.set_away(true);
    let role = |id: &str, role: &str| {
        let path = format!("admin/users/{id}/role");
        let request = running.with(Method::PUT, &path, &root.access, &json!({"role": role}));
        request.header("if-match", "*")
    };
    assert_eq!(outcome(role(&ann, "operator")).await, "503 auditUnavailable");
    let new = running.post("auth/register", &json!({"email": "b@c.de", "password": PASSWORD}));
    assert_eq!(outcome(new).await, "503 auditUnavailable");
    assert_eq!(users(&running).await.as_array().unwrap().len(), 2, "nothing was done");
    let disable = format!("admin/users/{ann}/disable");
    let disable = running.with(Method::POST, &disable, &root.access, &Value::Null);
    assert_eq!(outcome(disable).await, "200", "what lowers risk does not wait");
    running.audit.set_away(false);
    assert_eq!(outcome(role(&ann, "operator")).await, "200");
    let record = running.audit.last();
    assert_eq!(record.actor.unwrap().0.to_string(), admin);
    assert_eq!(record.user.unwrap().to_string(), ann);
    assert!(record.request_id.is_some() && record.address.is_some());
}

#[tokio::test]
async fn the_mailbox_shows_messages_and_only_in_development() {
    let running = start().await;
    let body = json!({"email": "a&b@example.com", "password": PASSWORD});
    assert_eq!(outcome(running.post("auth/register", &body)).await, "202");
    let page = Answer::of(running.server.get("/platform/dev/mailbox")).await;
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text.contains("a&amp;b@example.com") && page.text.contains("#token="));
    let mut production = settings();
    production.mail = ballast_platform::mail::MailSettings::Nowhere;
    let running = start_with(production).await;
    assert_eq!(outcome(running.server.get("/platform/dev/mailbox")).await, "404 notFound");
    assert_eq!(outcome(running.post("auth/register", &body)).await, "202");
}
