//! Users as administrators see them, the product gate, and who may use which route.

use ballast_domain::TenantId;
use ballast_platform::COLLECTIONS;
use ballast_platform::request::{Access, Role, RouteEntry};
use ballast_platform::token::AuthorityChoice;
use ballast_storage::{Clock as _, Store};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::service::{PASSWORD, Running, Tokens, settings, start, start_on, start_with};
use crate::support::{Answer, DrivenClock, outcome};

async fn with_root() -> (Running, Tokens, String) {
    let running = start().await;
    let id = running.user("root@example.com", Role::Admin).await;
    let root = running.sign_in("root@example.com").await;
    (running, root, id)
}

#[tokio::test]
async fn users_are_listed_part_by_part() {
    let (running, root, _) = with_root().await;
    for number in 0..4 {
        running.user(&format!("u{number}@example.com"), Role::User).await;
    }
    let list = async |query: &str| {
        let path = format!("admin/users?{query}");
        Answer::of(running.with(Method::GET, &path, &root.access, &Value::Null)).await
    };
    let (mut seen, mut query) = (Vec::new(), "limit=2".to_owned());
    loop {
        let part = list(&query).await.json();
        seen.extend(part["users"].as_array().unwrap().iter().map(|u| u["id"].to_string()));
        let Some(next) = part["next"].as_str() else { break };
        query = format!("limit=2&cursor={next}");
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted());
    let all = list("").await;
    assert!(!all.text.contains("argon2"), "no hash leaves the server");
    for bad in ["limit=0", "limit=201", "limit=x", "cursor=x", "page=2"] {
        assert_eq!(list(bad).await.outcome(), "422 invalid", "{bad}");
    }
}

#[tokio::test]
async fn roles_come_with_the_next_token_and_go_at_once() {
    let (running, root, _) = with_root().await;
    let ann = running.user("ann@example.com", Role::User).await;
    let tokens = running.sign_in("ann@example.com").await;
    let set = |id: &str, role: &str| {
        let path = format!("admin/users/{id}/role");
        let request = running.with(Method::PUT, &path, &root.access, &json!({"role": role}));
        request.header("if-match", "*")
    };
    let revocations =
        |access: &str| outcome(running.with(Method::GET, "revocations", access, &Value::Null));
    assert_eq!(revocations(&tokens.access).await, "403 forbidden");
    assert_eq!(outcome(set(&ann, "operator")).await, "200");
    let raised = Tokens::of(&Answer::of(running.refresh(&tokens.refresh)).await);
    assert_eq!(revocations(&raised.access).await, "200");
    assert_eq!(outcome(set(&ann, "user")).await, "200");
    assert_eq!(revocations(&raised.access).await, "401 sessionRevoked");
    assert_eq!(outcome(set(&ann, "root")).await, "422 invalid");
    assert_eq!(outcome(set("usr_none", "user")).await, "404 notFound");
    let events = running.audit.events();
    assert_eq!(events.iter().filter(|event| *event == "roleChanged").count(), 2, "{events:?}");
}

/// Two administrators look at a user; what the one decides, the other has not seen.
#[tokio::test]
async fn a_role_is_given_to_a_user_as_they_were_seen() {
    let (running, root, _) = with_root().await;
    let ann = running.user("ann@example.com", Role::User).await;
    let path = format!("admin/users/{ann}");
    let read =
        async || Answer::of(running.with(Method::GET, &path, &root.access, &Value::Null)).await;
    let put = |role: &str, etag: &str| {
        let (path, body) = (format!("{path}/role"), json!({"role": role}));
        let request = running.with(Method::PUT, &path, &root.access, &body);
        if etag.is_empty() { request } else { request.header("if-match", etag) }
    };
    let before = read().await;
    let etag = before.header("etag").to_owned();
    let list = running.with(Method::GET, "admin/users", &root.access, &Value::Null);
    let list = Answer::of(list).await.json();
    let listed = list["users"].as_array().unwrap().iter().find(|user| user["id"] == *ann).unwrap();
    assert_eq!(*listed, before.json());
    assert_eq!(etag, format!("\"{}\"", listed["version"].as_str().unwrap()));
    assert_eq!(outcome(put("operator", "")).await, "428 preconditionRequired");
    let raised = Answer::of(put("operator", &etag)).await;
    assert_eq!(raised.outcome(), "200");
    assert_eq!(raised.header("etag"), read().await.header("etag"));
    let tokens = running.sign_in("ann@example.com").await;
    assert_eq!(outcome(put("user", &etag)).await, "412 preconditionFailed");
    assert_eq!(outcome(put("operator", &etag)).await, "412 preconditionFailed");
    assert_eq!(running.me(&tokens.access).await, "200", "nothing was done");
    let disable = format!("{path}/disable");
    let disabled = running.with(Method::POST, &disable, &root.access, &json!({}));
    let disabled = Answer::of(disabled).await;
    assert_eq!(outcome(put("user", raised.header("etag"))).await, "412 preconditionFailed");
    assert_eq!(outcome(put("user", disabled.header("etag"))).await, "200");
    let nobody = running.with(Method::GET, "admin/users/usr_none", &root.access, &Value::Null);
    assert_eq!(outcome(nobody).await, "404 notFound");
}

#[tokio::test]
async fn a_disabled_account_is_out_until_it_is_enabled() {
    let (running, root, _) = with_root().await;
    let ann = running.user("ann@example.com", Role::User).await;
    let tokens = running.sign_in("ann@example.com").await;
    let act = |action: &str| {
        let path = format!("admin/users/{ann}/{action}");
        running.with(Method::POST, &path, &root.access, &Value::Null)
    };
    let disabled = Answer::of(act("disable")).await;
    assert_eq!((disabled.outcome().as_str(), &disabled.json()["disabled"]), ("200", &json!(true)));
    assert_eq!(running.me(&tokens.access).await, "401 sessionRevoked");
    assert_eq!(outcome(running.refresh(&tokens.refresh)).await, "401 sessionRevoked");
    assert_eq!(outcome(running.login("ann@example.com", PASSWORD)).await, "403 accountDisabled");
    let wrong = running.login("ann@example.com", "wrong");
    assert_eq!(outcome(wrong).await, "401 credentialsInvalid", "only the owner is told");
    assert_eq!(outcome(act("enable")).await, "200");
    let tokens = running.sign_in("ann@example.com").await;
    assert_eq!(outcome(act("sign-out")).await, "204");
    assert_eq!(running.me(&tokens.access).await, "401 sessionRevoked");
}

/// Nothing waits for the store, which remembers it for the next start.
#[tokio::test]
async fn a_user_is_shut_out_at_once_and_until_they_are_let_in_again() {
    let clock = DrivenClock::new();
    let (store, faults) = Store::memory(COLLECTIONS, clock.clone()).unwrap();
    let running = start_on(settings(), &store, clock.clone()).await;
    running.user("root@example.com", Role::Admin).await;
    let root = running.sign_in("root@example.com").await;
    let ann = running.user("ann@example.com", Role::User).await;
    let tokens = running.sign_in("ann@example.com").await;
    let id: TenantId = ann.parse().unwrap();
    let act = |user: &str, action: &str| {
        let path = format!("admin/users/{user}/{action}");
        running.with(Method::POST, &path, &root.access, &Value::Null)
    };
    let mut shut = running.platform.accounts().shut_users();
    faults.set_hanging(true);
    let disabling = tokio::spawn(Answer::of(act(&ann, "disable")));
    let told = shut.wait_for(|all| all.contains_key(&id)).await.unwrap()[&id].clone();
    assert_eq!((told.by.as_str(), told.at), ("root@example.com", clock.now()));
    assert_eq!(running.me(&tokens.access).await, "401 sessionRevoked", "while the store hangs");
    faults.set_hanging(false);
    let answer = disabling.await.unwrap().json();
    assert_eq!(answer["disabledBy"], "root@example.com");
    let again = start_on(settings(), &store, clock.clone()).await;
    assert_eq!(again.platform.accounts().shut_users().borrow()[&id], told);
    let answer = Answer::of(act(&ann, "enable")).await.json();
    assert_eq!((&answer["disabled"], &answer["disabledBy"]), (&json!(false), &Value::Null));
    assert!(shut.borrow().is_empty());
    running.sign_in("ann@example.com").await;
    for (user, expected) in [("usr_nobody", "404 notFound"), ("demo", "409 lastAdministrator")] {
        assert_eq!(outcome(act(user, "disable")).await, expected);
        assert!(shut.borrow().is_empty(), "{user}");
    }
    faults.set_away(true);
    assert_eq!(outcome(act(&ann, "disable")).await, "503 storeUnavailable");
    assert!(shut.borrow().contains_key(&id), "what could not be written holds all the same");
    faults.set_away(false);
    assert_eq!(outcome(act(&ann, "enable")).await, "200");
    assert!(shut.borrow().is_empty(), "and can be taken back");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let (running, root, id) = with_root().await;
    let act = |method: Method, action: &str, body: Value| {
        let path = format!("admin/users/{id}/{action}");
        running.with(method, &path, &root.access, &body)
    };
    let demote = || act(Method::PUT, "role", json!({"role": "user"})).header("if-match", "*");
    let disable = || act(Method::POST, "disable", Value::Null);
    assert_eq!(outcome(demote()).await, "409 lastAdministrator");
    assert_eq!(outcome(disable()).await, "409 lastAdministrator");
    let second = running.user("second@example.com", Role::Admin).await;
    let off = format!("admin/users/{second}/disable");
    assert_eq!(outcome(running.with(Method::POST, &off, &root.access, &Value::Null)).await, "200");
    assert_eq!(outcome(demote()).await, "409 lastAdministrator", "a disabled one does not count");
    let on = format!("admin/users/{second}/enable");
    assert_eq!(outcome(running.with(Method::POST, &on, &root.access, &Value::Null)).await, "200");
    assert_eq!(outcome(demote()).await, "200");
}

#[tokio::test]
async fn two_administrators_cannot_remove_each_other_at_once() {
    let (running, root, root_id) = with_root().await;
    let second_id = running.user("second@example.com", Role::Admin).await;
    let second = running.sign_in("second@example.com").await;
    let disable = |id: &str, access: &str| {
        let path = format!("admin/users/{id}/disable");
        Answer::of(running.with(Method::POST, &path, access, &Value::Null))
    };
    let (a, b) = tokio::join!(disable(&second_id, &root.access), disable(&root_id, &second.access));
    let done = [a, b].iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 1);
}

#[tokio::test]
async fn the_product_gate_closes_and_opens() {
    let (running, root, _) = with_root().await;
    let read = || Answer::of(running.server.get("/platform/api/products/trading/status"));
    let open = json!({"productId": "trading", "status": "active", "minClientVersion": "0.0.0"});
    assert_eq!(read().await.json(), open);
    let put = |body: &Value| {
        running.with(Method::PUT, "admin/products/trading/status", &root.access, body)
    };
    let set = |body: &Value| put(body).header("if-match", "*");
    let maintenance = json!({
        "status": "maintenance", "message": "Back at noon", "until": "2026-12-01T12:00:00Z",
        "minClientVersion": "1.2.0",
    });
    assert_eq!(outcome(put(&maintenance)).await, "428 preconditionRequired");
    let never_set = read().await.header("etag").to_owned();
    let seen = |body: &Value, etag: &str| outcome(put(body).header("if-match", etag));
    assert_eq!(seen(&maintenance, &never_set).await, "200");
    assert_eq!(seen(&maintenance, &never_set).await, "412 preconditionFailed");
    let closed = read().await;
    assert_eq!(closed.json()["message"], "Back at noon");
    assert_eq!(closed.json()["until"], "2026-12-01T12:00:00Z");
    let disabled = json!({"status": "disabled", "message": "Over"});
    assert_eq!(seen(&disabled, closed.header("etag")).await, "200");
    assert_eq!(seen(&maintenance, closed.header("etag")).await, "412 preconditionFailed");
    assert_eq!(read().await.json()["status"], "disabled");
    for bad in [
        json!({"status": "maintenance"}),
        json!({"status": "gone"}),
        json!({"status": "active", "until": "2026-12-01T12:00:00Z"}),
        json!({"status": "active", "minClientVersion": "one"}),
        json!({"status": "active", "minClientVersion": "1.2"}),
        json!({"status": "active", "extra": 1}),
        json!({"status": "disabled", "message": "x".repeat(501)}),
    ] {
        assert_eq!(outcome(set(&bad)).await, "422 invalid", "{bad}");
    }
    running.audit.set_away(true);
    let active = json!({"status": "active"});
    assert_eq!(outcome(set(&active)).await, "503 auditUnavailable");
    assert_eq!(outcome(set(&maintenance)).await, "200", "closing does not wait for the record");
    running.audit.set_away(false);
    assert_eq!(outcome(set(&active)).await, "200");
    let other = running.server.get("/platform/api/products/other/status");
    assert_eq!(outcome(other).await, "404 notFound");
}

/// Every row of the table: closed to whoever it does not name, described, and never broken by
/// input that is none.
#[tokio::test]
async fn every_route_keeps_to_its_row() {
    let (running, root, _) = with_root().await;
    running.user("user@example.com", Role::User).await;
    running.user("op@example.com", Role::Operator).await;
    let user = running.sign_in("user@example.com").await;
    let operator = running.sign_in("op@example.com").await;
    let described = serde_json::to_value(&running.description).unwrap();
    assert_eq!(running.entries.len(), 26);
    for RouteEntry { method, path, access, .. } in &running.entries {
        let operation = &described["paths"][path][method.to_ascii_lowercase()];
        assert_eq!(operation["x-access"], access.as_str(), "{method} {path}");
        assert!(operation["operationId"].is_string(), "{method} {path}");
        assert!(operation["responses"]["429"].is_object(), "{method} {path}");
        for (status, response) in operation["responses"].as_object().unwrap() {
            let is_problem = response["content"]["application/problem+json"].is_object();
            assert_eq!(is_problem, status.as_str() >= "400", "{method} {path} {status}");
        }
        let real = path.replace("{id}", "none");
        let request = || running.server.request(method.parse().unwrap(), &real);
        if *method != "GET" {
            let junk = request()
                .bearer_auth(&root.access)
                .body("{")
                .header("content-type", "application/json");
            let answer = Answer::of(junk).await;
            assert!(answer.status.as_u16() < 500, "{method} {path}: {answer:?}");
            if path.ends_with("logout-everywhere") {
                continue;
            }
        }
        let Some(least) = access.role() else {
            assert_eq!(*access, Access::Public);
            continue;
        };
        assert_eq!(outcome(request()).await, "401 unauthenticated", "{method} {path}");
        let junk = request().bearer_auth("junk");
        assert_eq!(outcome(junk).await, "401 tokenInvalid", "{method} {path}");
        for (role, tokens) in [(Role::User, &user), (Role::Operator, &operator)] {
            if role < least {
                let answer = outcome(request().bearer_auth(&tokens.access)).await;
                assert_eq!(answer, "403 forbidden", "{method} {path} as {role}");
            }
        }
    }
}

#[tokio::test]
async fn accounts_are_not_served_beside_another_authority() {
    let mut outside = settings();
    outside.authority = AuthorityChoice {
        jwks_url: Some("http://127.0.0.1:1/jwks".to_owned()),
        ..Default::default()
    };
    let running = start_with(outside).await;
    let login = running.login("ann@example.com", PASSWORD);
    assert_eq!(outcome(login).await, "404 notFound");
    let status = running.server.get("/platform/api/products/trading/status");
    assert_eq!(outcome(status).await, "200");
    assert_eq!(running.me("junk").await, "404 notFound");
    let list = running.with(Method::GET, "revocations", "a.b.c", &Value::Null);
    assert_eq!(outcome(list).await, "401 tokenInvalid");
}
