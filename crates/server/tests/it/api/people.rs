//! People of a server: the first administrator, and whoever registers or is made.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::client::Client;
use crate::support::{Desk, Server};

pub(super) const PASSWORD: &str = "correct horse battery staple";

/// Somebody who is signed in.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) client: Client,
    pub(super) email: String,
    pub(super) id: String,
}

impl Person {
    /// The first administrator, by the link that the server shows.
    pub(super) async fn first(server: &Server) -> Self {
        let nobody = Client::nobody(&server.url());
        let token = server.first_token().unwrap();
        let email = "admin@example.org";
        let body = json!({"token": token, "email": email, "password": PASSWORD});
        let made = nobody.post("/platform/api/auth/first-administrator", &body).await.json(200);
        Self::of(&nobody, &made)
    }

    /// A user who has registered.
    pub(super) async fn registered(server: &Server, name: &str) -> Self {
        let nobody = Client::nobody(&server.url());
        let email = format!("{name}@example.org");
        let body = json!({"email": email, "password": PASSWORD});
        nobody.post("/platform/api/auth/register", &body).await.json(202);
        Self::signed_in(server, &email).await
    }

    /// Somebody whom the operator of the machine has made, with a role.
    pub(super) async fn made(server: &Server, desk: &Desk, name: &str, role: &str) -> Self {
        let email = format!("{name}@example.org");
        assert!(users(desk, &["create", "--email", &email, "--role", role], PASSWORD));
        Self::signed_in(server, &email).await
    }

    pub(super) async fn signed_in(server: &Server, email: &str) -> Self {
        let nobody = Client::nobody(&server.url());
        let body = json!({"email": email, "password": PASSWORD});
        let tokens = nobody.post("/platform/api/auth/login", &body).await.json(200);
        Self::of(&nobody, &tokens)
    }

    fn of(nobody: &Client, tokens: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            client: nobody.with_token(tokens["accessToken"].as_str().unwrap()),
            email: text(&tokens["user"]["email"]),
            id: text(&tokens["user"]["id"]),
        }
    }
}

/// Runs `ballast users` on the machine with a password; whether it did what it was to do.
pub(super) fn users(desk: &Desk, arguments: &[&str], password: &str) -> bool {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ballast"))
        .arg("users")
        .args(arguments)
        .args(["--password-stdin", "--json", "--data-dir"])
        .arg(desk.data())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{password}").unwrap();
    child.wait().unwrap().success()
}
