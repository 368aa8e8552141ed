//! Where people sign in, as each kind of deployment tells those who have not.

use super::client::Client;
use super::desk;
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
