//! Why a profile does or does not trade: route, timeline and command line tell the same.

use serde_json::{Value, json};

use super::client::Client;
use super::people::Person;
use super::trading::{idle, running};
use super::{OPEN, desk};
use crate::support::{Desk, Server, eventually};

/// What `ballast explain` prints as JSON.
fn told(desk: &Desk, further: &[&str]) -> Value {
    let data = desk.data();
    let place = ["--json", "--data-dir", data.to_str().unwrap()];
    desk.run(&[&["explain"], further, &place[..]].concat()).json()
}

/// What `ballast explain` prints for people.
fn said(desk: &Desk, further: &[&str]) -> String {
    let data = desk.data();
    let place = ["--data-dir", data.to_str().unwrap()];
    let ended = desk.run(&[&["explain"], further, &place[..]].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    ended.stdout
}

async fn explanation(client: &Client, profile: &str) -> Value {
    client.get(&format!("/api/profiles/{profile}/explanation")).await.json(200)
}

fn codes(explanation: &Value) -> Vec<&str> {
    let obstacles = explanation["obstacles"].as_array().unwrap();
    obstacles.iter().map(|row| row["refusal"]["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn everything_that_keeps_a_profile_from_entering_is_told_everywhere() {
    let desk = desk(OPEN);
    let server = Server::start(&desk);
    let client = &Person::registered(&server, "ann").await.client;
    let mut patient = idle("Patient", "ACME");
    patient["limits"] = json!({"restrictedSymbols": ["ACME"]});
    let profile = running(client, &patient).await;
    let free = running(client, &idle("Free", "ACME")).await;
    assert_eq!(codes(&explanation(client, &free).await), [""; 0]);
    client.post(&format!("/api/profiles/{profile}/stop"), &json!({})).await.json(200);

    let route = explanation(client, &profile).await;
    assert_eq!(codes(&route), ["profileStopped", "symbolRestricted"]);
    assert_eq!((&route["name"], &route["state"]), (&json!("Patient"), &json!("stopped")));
    let text = route["evaluations"][0]["text"].as_str().unwrap();
    assert!(text.contains("close is ") && text.contains("not above 100000000"), "{text}");
    let lines = client.all(&format!("/api/profiles/{profile}/evaluations")).await;
    let newest = &route["timeline"].as_array().unwrap()[..];
    assert_eq!(newest, &lines[..newest.len()], "the timeline's own lines");
    assert!(newest[0]["text"].as_str().unwrap().starts_with("Stopped by ann@"), "{newest:?}");

    // Bars close meanwhile, so that only the evaluation may be a later one.
    let command = told(&desk, &["patient", "--lines", "20"]);
    let [row] = &command.as_array().unwrap()[..] else { panic!("{command}") };
    assert!(row["email"].as_str().unwrap().starts_with("ann@"), "{row}");
    for field in ["profileId", "name", "mode", "state", "stateReason", "obstacles", "timeline"] {
        assert_eq!(row[field], route[field], "{field}");
    }
    assert_eq!(row["evaluations"][0]["symbol"], "ACME");
    let text = said(&desk, &[&profile]);
    for obstacle in route["obstacles"].as_array().unwrap() {
        assert!(text.contains(obstacle["refusal"]["text"].as_str().unwrap()), "{text}");
    }
    assert!(text.contains("ACME at ") && text.contains("Stopped by ann@"), "{text}");
    let all = said(&desk, &[]);
    assert!(all.contains("Nothing keeps it from entering: its rules decide."), "{all}");
}

#[tokio::test]
async fn what_cannot_be_explained_is_said() {
    let desk = desk(OPEN);
    let nobody = ["explain", "--data-dir", "data"];
    desk.run(&nobody).refused(1, &["no server runs on", "ballast serve", "--data-dir"]);
    let server = Server::start(&desk);
    let ann = &Person::registered(&server, "ann").await.client;
    let ben = &Person::registered(&server, "ben").await.client;
    let data = desk.data();
    let place = ["--data-dir", data.to_str().unwrap()];
    let run = |further: &[&str]| desk.run(&[&["explain"], further, &place[..]].concat());
    run(&[]).refused(1, &["no profiles yet"]);
    let profile = running(ann, &idle("By hand", "ACME")).await;
    run(&["Trend"]).refused(1, &["no profile 'Trend'", "By hand"]);
    assert_eq!(run(&["By hand", "--lines", "201"]).code, 2);

    let path = format!("/api/profiles/{profile}/explanation");
    ben.get(&path).await.problem(404, "notFound");
    ann.get(&format!("{path}?lines=201")).await.problem(422, "invalid");
    ann.get("/api/profiles/none/explanation").await.problem(404, "notFound");
    let none = ann.get(&format!("{path}?lines=0&symbol=OTHER")).await.json(200);
    assert_eq!((&none["timeline"], &none["evaluations"]), (&json!([]), &json!([])));
    let removed = super::client::send(
        ann.request("DELETE", &format!("/api/profiles/{profile}"))
            .header("if-match", "*")
            .header("idempotency-key", super::client::key()),
    )
    .await;
    assert_eq!(removed.status, 204, "{:?}", removed.body);
    eventually("it is gone", async || (ann.get(&path).await.status == 404).then_some(())).await;
}
