//! What the log tells, and what it never tells.

use std::io;
use std::sync::{Arc, Mutex};

use ballast_platform::mail::MailSettings;
use ballast_platform::request::Role;
use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::service::{PASSWORD, Tokens, settings, start_with};
use crate::support::{Answer, outcome};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn every_line_names_its_request_and_no_line_holds_a_secret() {
    let lines = Lines::default();
    let log = tracing_subscriber::fmt().json().with_max_level(tracing::Level::DEBUG);
    let log = log.with_writer(lines.clone()).finish();
    let _held = tracing::subscriber::set_default(log);
    let mut production = settings();
    production.mail = MailSettings::Nowhere;
    let running = start_with(production).await;
    running.user("ann@example.com", Role::User).await;
    let signed_in = Answer::of(running.login("ann@example.com", PASSWORD)).await;
    let tokens = Tokens::of(&signed_in);
    let refresh = running.refresh(&tokens.refresh).header("x-request-id", "planted-id-1");
    let refreshed = Tokens::of(&Answer::of(refresh).await);
    assert_eq!(running.me(&refreshed.access).await, "200");
    assert_eq!(
        outcome(running.login("ann@example.com", "a wrong secret")).await,
        "401 credentialsInvalid"
    );
    let forgot = running.post("auth/password/forgot", &json!({"email": "ann@example.com"}));
    assert_eq!(outcome(forgot).await, "202");
    let junk = running.with(Method::GET, "auth/me", "planted.token.value", &Value::Null);
    assert_eq!(outcome(junk).await, "401 tokenInvalid");
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for secret in [
        PASSWORD,
        "a wrong secret",
        "planted.token.value",
        "ann@example.com",
        signed_in.json()["user"]["id"].as_str().unwrap(),
        &tokens.access,
        &tokens.refresh,
        &refreshed.refresh,
        "argon2",
        "#token=",
    ] {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
    let ours = text.lines().filter(|line| line.contains("\"target\":\"ballast_platform"));
    let ours: Vec<Value> = ours.map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(ours.len() >= 6, "{text}");
    for line in &ours {
        assert!(line["span"]["request_id"].is_string(), "{line}");
    }
    let planted = ours.iter().filter(|line| line["span"]["request_id"] == "planted-id-1").count();
    assert_eq!(planted, 1, "{text}");
    assert!(ours.iter().any(|line| line["span"]["tenant"].is_string()), "{text}");
}
