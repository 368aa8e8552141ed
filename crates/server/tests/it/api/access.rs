//! Who may use which route: every one that the server describes, with every token that must not
//! count, in every role, and with the ids of somebody else.

use std::collections::BTreeSet;

use serde_json::json;

use super::client::{Answer, Client, key, send};
use super::forge;
use super::people::{PASSWORD, Person};
use super::routes::{Route, described};
use super::{OPEN, desk};
use crate::support::{Server, repository};

/// What answers without a token. A route that is not here and is described as public fails.
const PUBLIC: [(&str, &str); 16] = [
    ("GET", "/health"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/api/config"),
    ("GET", "/platform/.well-known/jwks.json"),
    ("GET", "/platform/api/products/{id}/status"),
    ("POST", "/platform/api/auth/register"),
    ("POST", "/platform/api/auth/login"),
    ("POST", "/platform/api/auth/first-administrator"),
    ("POST", "/platform/api/auth/refresh"),
    ("POST", "/platform/api/auth/logout"),
    ("POST", "/platform/api/auth/email/verify"),
    ("POST", "/platform/api/auth/password/forgot"),
    ("POST", "/platform/api/auth/password/reset"),
    ("GET", "/platform/dev/mailbox"),
    ("GET", "/platform/dev/mailbox.json"),
];

/// The description, which does not hold itself.
const DESCRIPTION: [&str; 4] = ["/api/docs", "/api/docs/", "/api/docs/{file}", "/api/openapi.json"];

/// What ends the session of whoever uses it.
const LAST: (&str, &str) = ("POST", "/platform/api/auth/logout-everywhere");

async fn ask(client: &Client, route: &Route) -> Answer {
    let request = client.request(&route.method, &route.filled("x"));
    send(request.header("idempotency-key", key())).await
}

#[tokio::test]
async fn every_route_asks_for_a_token_and_for_its_role() {
    let desk = desk(OPEN);
    let expired = forge::expired(&desk).await;
    let server = Server::start(&desk);
    let user = Person::registered(&server, "user").await;
    let operator = Person::made(&server, &desk, "operator", "operator").await;
    let admin = Person::first(&server).await;
    let nobody = Client::nobody(&server.url());
    let routes = described(&nobody).await;
    let mut tokens: Vec<_> = forge::forged(&nobody, user.client.token()).await;
    tokens.retain(|(_, token)| token != user.client.token());
    let revoked = signed_out(&server, &user).await;
    let people = [("user", &user), ("operator", &operator), ("admin", &admin)];
    let (mut asked, mut public) = (0, 0);
    for route in &routes {
        if route.access == "public" {
            assert!(PUBLIC.iter().any(|known| route.is(*known)), "{route:?} is not to be public");
            public += 1;
            continue;
        }
        ask(&nobody, route).await.problem(401, "unauthenticated");
        ask(&nobody.with_token(&expired), route).await.problem(401, "tokenExpired");
        ask(&nobody.with_token(&revoked), route).await.problem(401, "sessionRevoked");
        for (name, token) in &tokens {
            let answer = ask(&nobody.with_token(token), route).await;
            assert_eq!(answer.status, 401, "{name}: {route:?}");
            answer.problem(401, "tokenInvalid");
        }
        let least = people.iter().position(|(role, _)| *role == route.access).unwrap();
        for (_, person) in &people[..least] {
            ask(&person.client, route).await.problem(403, "forbidden");
        }
        asked += 3 + tokens.len() + least;
        if !route.is(LAST) {
            let status = ask(&people[least].1.client, route).await.status;
            assert!(![401, 403, 500].contains(&status), "{status} to whoever may: {route:?}");
        }
    }
    assert_eq!(public, PUBLIC.len(), "a public route is gone; take it out of the list");
    no_others(&routes);
    println!("{asked} refusals of {} routes, {public} public", routes.len());
}

/// A token whose session has ended.
async fn signed_out(server: &Server, user: &Person) -> String {
    let body = json!({"email": user.email, "password": PASSWORD, "tokenIn": "body"});
    let nobody = Client::nobody(&server.url());
    let tokens = nobody.post("/platform/api/auth/login", &body).await.json(200);
    let refresh = json!({"refreshToken": tokens["refreshToken"]});
    let out = nobody.post("/platform/api/auth/logout", &refresh).await;
    assert_eq!(out.status, 204, "{}", out.text);
    tokens["accessToken"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_server_answers_what_it_describes_and_nothing_else() {
    let desk = desk(OPEN);
    let server = Server::start(&desk);
    let admin = Person::first(&server).await;
    let routes = described(&admin.client).await;
    for route in &routes {
        let of_path = routes.iter().filter(|other| other.path == route.path);
        let mut methods: Vec<_> = of_path.map(|other| other.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        let answer = send(admin.client.request("PROPFIND", &route.filled("x"))).await;
        answer.problem(405, "methodNotAllowed");
        let mut allowed: Vec<_> =
            answer.header("allow").unwrap().split(',').map(str::trim).collect();
        allowed.sort_unstable();
        assert_eq!(allowed, methods, "{}", route.path);
        // Neither is there anything below a route, nor beside it.
        for suffix in ["/", "/nothing/at/all", "x"] {
            let path = format!("{}{suffix}", route.filled("x"));
            let is_other = routes.iter().any(|other| fits(&other.path, &path));
            if !is_other {
                send(admin.client.request("GET", &path)).await.problem(404, "notFound");
            }
        }
    }
    for path in ["/api", "/platform", "/internal", "/internal/health", "/metrics", "/nothing"] {
        send(admin.client.request("GET", path)).await.problem(404, "notFound");
    }
}

/// Whether a path of the description has this path.
fn fits(described: &str, path: &str) -> bool {
    let (ours, theirs) = (described.split('/'), path.split('/'));
    ours.clone().count() == theirs.clone().count()
        && ours.zip(theirs).all(|(ours, theirs)| ours == theirs || ours.starts_with('{'))
}

/// The published table, which is made of the routes themselves, has what was asked and no more.
fn no_others(routes: &[Route]) {
    let page = std::fs::read_to_string(repository().join("docs/authorisation.md")).unwrap();
    let rows = page.lines().filter(|line| line.contains("| `/"));
    let row = |line: &str| {
        let cells: Vec<_> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        (cells[1].to_owned(), cells[2].to_owned(), cells[3].to_owned())
    };
    let published: BTreeSet<_> = rows.map(row).collect();
    let own = |route: &Route| (route.method.clone(), route.path.clone(), route.access.clone());
    let description =
        DESCRIPTION.map(|path| ("GET".to_owned(), path.to_owned(), "public".to_owned()));
    let known: BTreeSet<_> = routes.iter().map(own).chain(description).collect();
    assert_eq!(published, known);
}
