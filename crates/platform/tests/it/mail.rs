//! Messages through a mail server.

use ballast_platform::PlatformError;
use ballast_platform::account::Cause;
use ballast_platform::mail::{MailError, MailSettings, Mailer};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use crate::support::service::{PASSWORD, settings, start, start_with};
use crate::support::{DrivenClock, outcome};

fn smtp(url: String) -> MailSettings {
    MailSettings::Smtp { url, from: "Ballast <ballast@example.com>".to_owned() }
}

/// Speaks as much SMTP as it takes to receive one message, and gives all that it was sent.
async fn receive_one(listener: TcpListener) -> String {
    let (stream, _) = listener.accept().await.unwrap();
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
    let (mut received, mut in_data) = (String::new(), false);
    while let Some(line) = lines.next_line().await.unwrap() {
        received += &format!("{line}\n");
        let answer = match (in_data, line.as_str()) {
            (true, ".") => {
                writer.write_all(b"250 taken\r\n").await.unwrap();
                return received;
            }
            (true, _) => continue,
            (false, "DATA") => {
                in_data = true;
                "354 go on"
            }
            (false, _) => "250 fine",
        };
        writer.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
    }
    panic!("the client hung up: {received}");
}

#[tokio::test]
async fn a_link_arrives_through_the_mail_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut by_smtp = settings();
    by_smtp.mail = smtp(format!("smtp://{}", listener.local_addr().unwrap()));
    let received = tokio::spawn(receive_one(listener));
    let running = start_with(by_smtp).await;
    let body = json!({"email": "ann@example.com", "password": PASSWORD});
    assert_eq!(outcome(running.post("auth/register", &body)).await, "202");
    let message = received.await.unwrap();
    for expected in [
        "MAIL FROM:<ballast@example.com>",
        "RCPT TO:<ann@example.com>",
        "Subject: Confirm your e-mail address",
        "https://trade.example/app/verify-email#token",
    ] {
        assert!(message.contains(expected), "{expected} is not in {message}");
    }
    assert_eq!(outcome(running.server.get("/platform/dev/mailbox")).await, "404 notFound");
}

#[tokio::test]
async fn settings_that_cannot_send_are_refused_at_the_start() {
    let from = |text: &str| MailSettings::Smtp { url: "smtp://a".into(), from: text.into() };
    for (mail, expected) in [
        (smtp("http://mail.example".to_owned()), "SMTP_URL cannot be used"),
        (smtp("mail".to_owned()), "SMTP_URL cannot be used"),
        (from("nobody"), "the sender of messages"),
    ] {
        let error: MailError = Mailer::new(&mail, DrivenClock::new()).unwrap_err();
        let error = PlatformError::from(error).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// Anybody can have messages sent to anybody: not without end.
#[tokio::test]
async fn nobody_is_flooded_with_messages() {
    let running = start().await;
    let accounts = running.platform.accounts();
    for _ in 0..20 {
        let body = json!({"email": "ann@example.com", "password": PASSWORD});
        assert_eq!(outcome(running.post("auth/register", &body)).await, "202");
    }
    accounts.forgot_password("bob@example.com", &Cause::default()).unwrap();
    let messages = running.server.get("/platform/dev/mailbox.json");
    let messages = crate::support::Answer::of(messages).await.json();
    assert_eq!(messages["messages"].as_array().unwrap().len(), 10);
}
