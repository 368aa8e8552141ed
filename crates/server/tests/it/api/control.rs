//! Trading control over HTTP, of users who are shut out above all: what enters, and what goes on.

use serde_json::{Value, json};

use super::client::Client;
use super::people::Person;
use super::trading::{busy, running};
use super::{OPEN, desk};
use crate::support::{Server, eventually};

const REASON: &str = "the user's account is disabled";

/// The server's log of this tenant's refusals for that reason.
fn refusals(server: &Server, user: &str) -> usize {
    let of = |line: &&str| line.contains("refused") && line.contains(user) && line.contains(REASON);
    server.said().lines().filter(of).count()
}

async fn stops(operator: &Client) -> Vec<Value> {
    let list = operator.get("/api/admin/controls").await.json(200);
    list["items"].as_array().unwrap().clone()
}

/// What holds of a user who is shut out: their profile goes on, and enters nothing.
async fn stays_out(server: &Server, admin: &Person, ann: &Person) {
    let before = refusals(server, &ann.id);
    eventually("an entry is refused", async || (refusals(server, &ann.id) > before).then_some(()))
        .await;
    let [stop] = &stops(&admin.client).await[..] else { panic!("one stop is in force") };
    assert_eq!(stop["scope"], json!({"type": "tenant", "id": ann.id}));
    let told = (stop["mode"].as_str(), stop["by"].as_str(), stop["reason"].as_str());
    assert_eq!(told, (Some("PAUSED"), Some("admin@example.org"), Some(REASON)));
    ann.client.get("/api/state").await.problem(401, "sessionRevoked");
}

async fn trades(client: &Client) -> Vec<Value> {
    client.all("/api/trades").await
}

#[tokio::test]
async fn profiles_of_a_disabled_user_enter_nothing_until_they_are_enabled() {
    let desk = desk(OPEN);
    let mut server = Server::start(&desk);
    let admin = Person::first(&server).await;
    let ann = Person::registered(&server, "ann").await;
    let ben = Person::registered(&server, "ben").await;
    running(&ann.client, &busy("Busy", "ACME")).await;
    running(&ben.client, &busy("Busy", "ACME")).await;
    eventually("she trades", async || (!trades(&ann.client).await.is_empty()).then_some(())).await;
    let act = async |server: &Server, action: &str| {
        let path = format!("/platform/api/admin/users/{}/{action}", ann.id);
        let request = admin.client.at(&server.url()).request("POST", &path);
        super::client::send(request).await.json(200)
    };
    let user = act(&server, "disable").await;
    assert_eq!((&user["disabled"], &user["disabledBy"]), (&json!(true), &json!(admin.email)));
    stays_out(&server, &admin, &ann).await;
    let others = trades(&ben.client).await.len();
    eventually("others trade on", async || {
        (trades(&ben.client).await.len() > others).then_some(())
    })
    .await;
    server.kill_untroubled();
    server = Server::start(&desk);
    let again = Person { client: admin.client.at(&server.url()), ..admin.clone() };
    let out = Person { client: ann.client.at(&server.url()), ..ann.clone() };
    stays_out(&server, &again, &out).await;
    // A pause of an operator's is not undone with it.
    let pause = json!({"reason": "news at noon"});
    again.client.post("/internal/trading/pause", &pause).await.json(200);
    act(&server, "enable").await;
    let left = stops(&again.client).await;
    assert_eq!((left.len(), left[0]["scope"]["type"].as_str()), (1, Some("global")));
    let resume = again.client.request("POST", "/internal/trading/resume");
    let resume = resume.header("x-request-id", "Resume-1").json(&json!({"reason": "over"}));
    super::client::send(resume).await.json(200);
    let line = server.hears("trading goes on");
    assert!(line.contains("Resume-1"), "{line}");
    assert!(stops(&again.client).await.is_empty());
    let back = Person::signed_in(&server, &ann.email).await;
    let positions = back.client.get("/api/positions").await.json(200);
    assert_eq!(positions["items"], json!([]), "its exits went on meanwhile");
    let before = trades(&back.client).await.len();
    eventually("she trades again", async || {
        (trades(&back.client).await.len() > before).then_some(())
    })
    .await;
    let metrics = server.internal("/metrics");
    for line in [
        "ballast_control_propagation_seconds_bucket{le=\"0.25\"}",
        "ballast_control_drift ",
        "ballast_control_update_failures_total 0",
    ] {
        assert!(metrics.lines().any(|shown| shown.starts_with(line)), "{line}:\n{metrics}");
    }
}

#[tokio::test]
async fn sessions_that_do_not_go_on_are_counted_by_reason() {
    let desk = desk(OPEN);
    let server = Server::start(&desk);
    let nobody = Client::nobody(&server.url());
    let path = "/platform/api/auth/refresh";
    let refused = nobody.post(path, &json!({"refreshToken": "junk"})).await;
    refused.problem(401, "refreshTokenInvalid");
    super::client::send(nobody.request("POST", path)).await.problem(401, "unauthenticated");
    let metrics = server.internal("/metrics");
    for reason in ["refreshTokenInvalid", "unauthenticated"] {
        let line = format!("ballast_token_refresh_failures_total{{reason=\"{reason}\"}} 1");
        assert!(metrics.contains(&line), "{metrics}");
    }
}
