//! How people come in: where they sign in, and what is done when they cannot.

use serde_json::json;

use super::client::Client;
use super::people::{PASSWORD, Person, users};
use super::{OPEN, desk};
use crate::support::Server;

async fn told(server: &Server) -> String {
    let config = Client::nobody(&server.url()).get("/api/config").await.json(200);
    config["signIn"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_deployment_tells_where_people_sign_in() {
    let own = desk("");
    let own = Server::start(&own);
    assert_eq!(told(&own).await, "own");
    let keys = format!("{}/platform/.well-known/jwks.json", own.url());
    let outside = desk(&format!("[identity]\njwks_url = \"{keys}\"\n"));
    assert_eq!(told(&Server::start(&outside)).await, "outside");
    let off = desk("[identity]\nenabled = false\n");
    let off = Server::start(&off);
    assert_eq!(told(&off).await, "off");
    let state = Client::nobody(&off.url()).get("/api/state").await.json(200);
    assert!(state["profiles"].is_array(), "everybody is one user");
}

#[tokio::test]
async fn whoever_has_lost_their_password_is_given_a_new_one_at_the_machine() {
    let desk = desk(OPEN);
    let server = Server::start(&desk);
    let ann = Person::registered(&server, "ann").await;
    let put = |password: &str| users(&desk, &["password", "--email", &ann.email], password);
    assert!(!put("short"), "it is no better than any other");
    ann.client.get("/api/state").await.json(200);
    let new = "quite another pass phrase";
    assert!(put(new));
    let nobody = Client::nobody(&server.url());
    let body = |password: &str| json!({"email": ann.email, "password": password});
    let login = "/platform/api/auth/login";
    nobody.post(login, &body(PASSWORD)).await.problem(401, "credentialsInvalid");
    nobody.post(login, &body(new)).await.json(200);
    ann.client.get("/api/state").await.problem(401, "sessionRevoked");
}
