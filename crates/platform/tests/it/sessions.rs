//! Staying signed in, being signed out, and what a thief of a refresh token gets.

use std::time::Duration;

use ballast_domain::TenantId;
use ballast_platform::COLLECTIONS;
use ballast_platform::account::GRACE;
use ballast_platform::request::Role;
use ballast_platform::token::{LONGEST_ACCESS_LIFE, Revocation};
use ballast_storage::{Clock as _, Options, Store};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::service::{
    IDLE_LIFE, PASSWORD, Running, Tokens, WHOLE_LIFE, settings, start, start_on, start_with,
};
use crate::support::{Answer, DrivenClock, outcome};

const ANN: &str = "ann@example.com";

async fn with_ann() -> (Running, Tokens) {
    let running = start().await;
    running.user(ANN, Role::User).await;
    let tokens = running.sign_in(ANN).await;
    (running, tokens)
}

async fn refreshed(running: &Running, token: &str) -> Tokens {
    let answer = Answer::of(running.refresh(token)).await;
    assert_eq!(answer.outcome(), "200", "{answer:?}");
    Tokens::of(&answer)
}

#[tokio::test]
async fn each_refresh_gives_a_new_token_and_the_old_one_ends_the_session() {
    let (running, first) = with_ann().await;
    let second = refreshed(&running, &first.refresh).await;
    let third = refreshed(&running, &second.refresh).await;
    assert_eq!(running.me(&third.access).await, "200");
    running.audit.events();
    let thief = running.refresh(&first.refresh);
    assert_eq!(outcome(thief).await, "401 refreshTokenReused");
    assert_eq!(running.audit.events(), ["sessionRevoked"]);
    assert_eq!(running.me(&third.access).await, "401 sessionRevoked");
    assert_eq!(outcome(running.refresh(&third.refresh)).await, "401 sessionRevoked");
}

/// A client that keeps its token itself uses it once.
#[tokio::test]
async fn a_token_from_the_body_is_good_once() {
    let (running, first) = with_ann().await;
    let second = refreshed(&running, &first.refresh).await;
    assert_eq!(outcome(running.refresh(&first.refresh)).await, "401 refreshTokenReused");
    assert_eq!(running.me(&second.access).await, "401 sessionRevoked");
    assert_eq!(outcome(running.refresh(&second.refresh)).await, "401 sessionRevoked");
}

const BROWSER: &str = "Mozilla/5.0 (X11)";

fn by_cookie(running: &Running, token: &str, agent: &str) -> RequestBuilder {
    let request = running.with(Method::POST, "auth/refresh", "", &Value::Null);
    request.header("cookie", format!("ballast_refresh={token}")).header("user-agent", agent)
}

/// The refresh token that an answer sets as a cookie.
fn cookie_of(answer: &Answer) -> String {
    assert_eq!(answer.outcome(), "200", "{answer:?}");
    let cookie = answer.header("set-cookie").strip_prefix("ballast_refresh=").unwrap();
    cookie.split_once(';').unwrap().0.to_owned()
}

/// A browser that has refreshed once: the cookie that it has used, and the one that it got.
async fn browser(running: &Running) -> (String, String) {
    let login = running.login(ANN, PASSWORD).header("origin", "https://app.example");
    let first = cookie_of(&Answer::of(login.header("user-agent", BROWSER)).await);
    let second = cookie_of(&Answer::of(by_cookie(running, &first, BROWSER)).await);
    (first, second)
}

/// Two tabs, or an answer that was lost: neither signs anybody out.
#[tokio::test]
async fn the_cookie_before_gives_the_same_token_once_more() {
    let (running, _) = with_ann().await;
    let (mut used, mut current) = browser(&running).await;
    for _ in 0..2 {
        running.clock.advance(GRACE);
        let again = Answer::of(by_cookie(&running, &used, BROWSER)).await;
        assert_eq!(cookie_of(&again), current);
        let next = cookie_of(&Answer::of(by_cookie(&running, &current, BROWSER)).await);
        (used, current) = (current, next);
    }
}

/// Whatever is not the other tab of the same browser is a thief, or their victim.
#[tokio::test]
async fn a_used_cookie_ends_the_session_beyond_what_two_tabs_need() {
    let (running, _) = with_ann().await;
    let ended = async |answer: RequestBuilder, current: &str, why: &str| {
        assert_eq!(outcome(answer).await, "401 refreshTokenReused", "{why}");
        let next = outcome(by_cookie(&running, current, BROWSER)).await;
        assert_eq!(next, "401 sessionRevoked", "{why}");
    };
    let (used, current) = browser(&running).await;
    cookie_of(&Answer::of(by_cookie(&running, &used, BROWSER)).await);
    ended(by_cookie(&running, &used, BROWSER), &current, "a second time").await;
    let (used, current) = browser(&running).await;
    ended(by_cookie(&running, &used, "curl/8"), &current, "another client").await;
    let (used, current) = browser(&running).await;
    ended(running.refresh(&used), &current, "in the body").await;
    let (used, current) = browser(&running).await;
    cookie_of(&Answer::of(by_cookie(&running, &current, BROWSER)).await);
    ended(by_cookie(&running, &used, BROWSER), &current, "two generations before").await;
    let (used, current) = browser(&running).await;
    running.clock.advance(GRACE + Duration::from_nanos(1));
    ended(by_cookie(&running, &used, BROWSER), &current, "too late").await;
    let owner = running.sign_in(ANN).await;
    let next = refreshed(&running, &owner.refresh).await;
    let thief = by_cookie(&running, &owner.refresh, "");
    ended(thief, &next.refresh, "a token from a body, as a cookie").await;
}

#[tokio::test]
async fn two_tabs_that_refresh_at_once_both_stay_signed_in() {
    let (running, _) = with_ann().await;
    for _ in 0..20 {
        let (_, current) = browser(&running).await;
        let refresh = || Answer::of(by_cookie(&running, &current, BROWSER));
        let (one, other) = tokio::join!(refresh(), refresh());
        assert_eq!(cookie_of(&one), cookie_of(&other));
        cookie_of(&Answer::of(by_cookie(&running, &cookie_of(&one), BROWSER)).await);
    }
}

#[tokio::test]
async fn made_up_tokens_end_no_session() {
    let (running, tokens) = with_ann().await;
    let mut parts = tokens.refresh.splitn(3, '.');
    let (session, generation, tag) =
        (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    assert_eq!(generation, "1");
    for forged in [
        format!("{session}.0.{tag}"),
        format!("{session}.2.{tag}"),
        format!("{session}.1."),
        format!("{session}.1.{}", "A".repeat(43)),
        format!("{session}.1"),
        format!("{session}.-1.{tag}"),
    ] {
        let answer = outcome(running.refresh(&forged)).await;
        assert_eq!(answer, "401 refreshTokenInvalid", "{forged}");
    }
    let unknown = format!("ses_0.1.{tag}");
    assert_eq!(outcome(running.refresh(&unknown)).await, "401 sessionRevoked");
    refreshed(&running, &tokens.refresh).await;
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_in_any_case_one_day() {
    let (running, first) = with_ann().await;
    running.clock.advance(IDLE_LIFE);
    assert_eq!(outcome(running.refresh(&first.refresh)).await, "401 sessionRevoked");
    let mut tokens = running.sign_in(ANN).await;
    for _ in 0..3 {
        running.clock.advance(IDLE_LIFE - Duration::from_secs(1));
        tokens = refreshed(&running, &tokens.refresh).await;
    }
    running.clock.advance(WHOLE_LIFE - 3 * (IDLE_LIFE - Duration::from_secs(1)));
    assert_eq!(outcome(running.refresh(&tokens.refresh)).await, "401 sessionRevoked");
}

#[tokio::test]
async fn the_settings_say_how_long_tokens_and_sessions_are_good() {
    let mut short = settings();
    short.issuer.access_life = Duration::from_secs(5 * 60);
    short.accounts.sessions.idle = Duration::from_secs(86_400);
    let running = start_with(short).await;
    running.user(ANN, Role::User).await;
    let mut answer = Answer::of(running.login(ANN, PASSWORD)).await;
    assert_eq!(answer.json()["expiresIn"], 300);
    let browser = running.login(ANN, PASSWORD).header("origin", "https://app.example");
    let cookie = Answer::of(browser).await.header("set-cookie").to_owned();
    assert!(cookie.contains("Max-Age=86400;"), "{cookie}");
    let tokens = Tokens::of(&answer);
    running.clock.advance(Duration::from_secs(5 * 60 + 29));
    assert_eq!(running.me(&tokens.access).await, "200");
    running.clock.advance(Duration::from_secs(1));
    assert_eq!(running.me(&tokens.access).await, "401 tokenExpired");
    answer = Answer::of(running.refresh(&tokens.refresh)).await;
    running.clock.advance(Duration::from_secs(86_400));
    let late = running.refresh(&Tokens::of(&answer).refresh);
    assert_eq!(outcome(late).await, "401 sessionRevoked");
}

#[tokio::test]
async fn signing_out_ends_this_session_or_all() {
    let (running, here) = with_ann().await;
    let there = running.sign_in(ANN).await;
    let logout = |token: &str| running.post("auth/logout", &json!({"refreshToken": token}));
    assert_eq!(outcome(logout(&here.refresh)).await, "204");
    assert_eq!(outcome(logout(&here.refresh)).await, "204", "again is the same");
    assert_eq!(outcome(logout("junk")).await, "204");
    assert_eq!(running.me(&here.access).await, "401 sessionRevoked");
    assert_eq!(running.me(&there.access).await, "200");
    let third = running.sign_in(ANN).await;
    let everywhere =
        running.with(Method::POST, "auth/logout-everywhere", &there.access, &Value::Null);
    assert_eq!(outcome(everywhere).await, "204");
    for tokens in [there, third] {
        assert_eq!(running.me(&tokens.access).await, "401 sessionRevoked");
        assert_eq!(outcome(running.refresh(&tokens.refresh)).await, "401 sessionRevoked");
    }
}

#[tokio::test]
async fn somebody_sees_and_ends_their_own_sessions_only() {
    let (running, here) = with_ann().await;
    let there = running.sign_in(ANN).await;
    running.user("eve@example.com", Role::Admin).await;
    let eve = running.sign_in("eve@example.com").await;
    let list = async |access: &str| {
        let list = running.with(Method::GET, "auth/sessions", access, &Value::Null);
        Answer::of(list).await.json()["sessions"].as_array().unwrap().clone()
    };
    let sessions = list(&here.access).await;
    assert_eq!(sessions.len(), 2);
    let other = sessions.iter().find(|session| session["current"] == false).unwrap();
    assert_eq!(other["address"], "127.0.0.1");
    assert!(!other.to_string().contains("seed"), "nothing secret is shown");
    let end = |access: &str| {
        let path = format!("auth/sessions/{}", other["id"].as_str().unwrap());
        running.with(Method::DELETE, &path, access, &Value::Null)
    };
    assert_eq!(outcome(end(&eve.access)).await, "404 notFound");
    assert_eq!(outcome(end(&here.access)).await, "204");
    assert_eq!(outcome(end(&here.access)).await, "404 notFound");
    assert_eq!(running.me(&there.access).await, "401 sessionRevoked");
    assert_eq!(running.me(&here.access).await, "200");
}

#[tokio::test]
async fn sessions_do_not_pile_up() {
    let (running, first) = with_ann().await;
    let mut last = first.clone();
    for _ in 0..50 {
        running.clock.advance(Duration::from_millis(1));
        last = running.sign_in(ANN).await;
    }
    assert_eq!(running.me(&first.access).await, "401 sessionRevoked", "the oldest went");
    assert_eq!(running.me(&last.access).await, "200");
}

/// A browser's refresh token is in a cookie that goes to this folder of this site alone.
#[tokio::test]
async fn browsers_have_a_cookie_that_no_script_and_no_other_site_can_use() {
    let (running, _) = with_ann().await;
    let own = "https://app.example";
    let login = running.login(ANN, PASSWORD).header("origin", own);
    let answer = Answer::of(login).await;
    assert_eq!(answer.json().get("refreshToken"), None);
    let cookie = answer.header("set-cookie");
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Max-Age=2592000; HttpOnly; SameSite=Strict; Secure");
    let refresh = |origin: &str| {
        let request = running.with(Method::POST, "auth/refresh", "", &Value::Null);
        request.header("cookie", format!("other=1; {pair}")).header("origin", origin)
    };
    assert_eq!(outcome(refresh("https://evil.example")).await, "403 originRefused");
    assert_eq!(outcome(refresh("null")).await, "403 originRefused");
    let answer = Answer::of(refresh(own)).await;
    assert_eq!(answer.outcome(), "200");
    assert!(answer.header("set-cookie").starts_with("ballast_refresh=ses_"));
    running.clock.advance(GRACE + Duration::from_secs(1));
    let reused = Answer::of(refresh(own)).await;
    assert_eq!(reused.outcome(), "401 refreshTokenReused");
    assert!(reused.header("set-cookie").starts_with("ballast_refresh=; Max-Age=0;"));
    let evil = running.login(ANN, PASSWORD);
    assert_eq!(outcome(evil.header("origin", "https://evil.example")).await, "403 originRefused");
    let body = json!({
        "email": ANN, "password": PASSWORD, "tokenIn": "body",
    });
    let asked = Answer::of(running.post("auth/login", &body).header("origin", own)).await;
    assert!(asked.json()["refreshToken"].is_string() && asked.header("set-cookie").is_empty());
}

#[tokio::test]
async fn servers_and_sockets_hear_of_sessions_that_end() {
    let (running, tokens) = with_ann().await;
    running.user("op@example.com", Role::Operator).await;
    let operator = running.sign_in("op@example.com").await;
    let mut told = running.platform.revocations().subscribe();
    let list = async |after: i64| {
        let path = format!("revocations?after={after}");
        Answer::of(running.with(Method::GET, &path, &operator.access, &Value::Null)).await.json()
    };
    assert_eq!(list(0).await, json!({"revocations": [], "next": 0}));
    let body = json!({"refreshToken": tokens.refresh});
    assert_eq!(outcome(running.post("auth/logout", &body)).await, "204");
    let heard: Revocation = told.recv().await.unwrap();
    let answer = list(0).await;
    assert_eq!(answer["revocations"][0]["sessionId"], heard.session_id);
    assert_eq!(answer["next"], running.clock.now().millis());
    running.clock.advance(LONGEST_ACCESS_LIFE + Duration::from_secs(121));
    let operator = refreshed(&running, &operator.refresh).await;
    let path = "revocations?after=0";
    let list = running.with(Method::GET, path, &operator.access, &Value::Null);
    let left = Answer::of(list).await.json();
    assert_eq!(left["revocations"], json!([]), "its tokens have expired by now");
}

#[tokio::test]
async fn a_restart_keeps_sessions_and_what_was_ended() {
    let directory = tempfile::tempdir().unwrap();
    let clock = DrivenClock::new();
    let open = async || {
        let directory = directory.path().to_owned();
        let options =
            Options { directory, collections: COLLECTIONS, max_bytes: None, local_bytes: None };
        Store::open(options, clock.clone()).await.unwrap()
    };
    let store = open().await;
    let running = start_on(settings(), &store, clock.clone()).await;
    running.user(ANN, Role::User).await;
    let (alive, ended) = (running.sign_in(ANN).await, running.sign_in(ANN).await);
    let body = json!({"refreshToken": ended.refresh});
    assert_eq!(outcome(running.post("auth/logout", &body)).await, "204");
    drop(running);
    store.close().await.unwrap();
    let store = open().await;
    let running = start_on(settings(), &store, clock.clone()).await;
    assert_eq!(running.me(&alive.access).await, "200");
    assert_eq!(running.me(&ended.access).await, "401 sessionRevoked");
    refreshed(&running, &alive.refresh).await;
}

/// Two nodes on one store: what one has ended the other refuses as soon as it follows.
#[tokio::test]
async fn another_node_follows() {
    let clock = DrivenClock::new();
    let (store, _) = Store::memory(COLLECTIONS, clock.clone()).unwrap();
    let one = start_on(settings(), &store, clock.clone()).await;
    let two = start_on(settings(), &store, clock.clone()).await;
    let id: TenantId = one.user(ANN, Role::User).await.parse().unwrap();
    let tokens = one.sign_in(ANN).await;
    assert_eq!(two.me(&tokens.access).await, "200");
    one.platform.accounts().sign_out_everywhere(&id, &Default::default()).await.unwrap();
    two.platform.revocations().follow().await.unwrap();
    assert_eq!(two.me(&tokens.access).await, "401 sessionRevoked");
}

#[tokio::test]
async fn without_the_store_nobody_is_let_in_or_thrown_out() {
    let (running, tokens) = with_ann().await;
    let faults = running.faults.as_ref().unwrap();
    faults.set_away(true);
    let login = running.login(ANN, PASSWORD);
    assert_eq!(outcome(login).await, "503 storeUnavailable");
    assert_eq!(outcome(running.refresh(&tokens.refresh)).await, "503 storeUnavailable");
    faults.set_away(false);
    refreshed(&running, &tokens.refresh).await;
}
