//! `docs/api.md`: its lines run as they stand, with the stock client.

use std::process::Command;

use super::people::{PASSWORD, Person};
use super::{OPEN, desk};
use crate::support::{Server, repository};

#[tokio::test]
async fn the_guide_to_the_api_runs() {
    let desk = desk(OPEN);
    let server = Server::start(&desk);
    let ann = Person::registered(&server, "ann").await;
    let guide = std::fs::read_to_string(repository().join("docs/api.md")).unwrap();
    let blocks = guide.split("\n```sh\n").skip(1);
    let blocks: Vec<_> = blocks.map(|block| block.split("\n```").next().unwrap()).collect();
    assert!(blocks.len() >= 6, "{}", blocks.len());
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", &blocks.join("\n")]).current_dir(desk.path(""));
    shell.env("BALLAST", server.url()).env("EMAIL", &ann.email).env("PASSWORD", PASSWORD);
    let ran = tokio::task::spawn_blocking(move || shell.output()).await.unwrap().unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{out}\n{err}");
    for told in ["\"profiles\":", "\"accepted\":true", "\"exitReason\":\"manual\"", "\"by\":"] {
        assert!(out.contains(told), "{told} is not in what it prints:\n{out}");
    }
    let profiles = ann.client.get("/api/profiles").await.json(200);
    assert_eq!(profiles["items"], serde_json::json!([]), "it leaves nothing behind");
}
