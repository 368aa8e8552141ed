//! The mailbox of the development mode: what would have been sent.

use axum::Json;
use axum::extract::State;
use axum::response::Html;
use serde::Serialize;
use utoipa::ToSchema;

use super::Service;
use crate::mail::Mail;
use crate::request::Problem;

/// The messages.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MailList {
    /// The newest first, at most 100.
    messages: Vec<Mail>,
}

/// The messages as JSON.
#[utoipa::path(
    get, path = "/dev/mailbox.json", tag = "development", operation_id = "mailboxMessages",
    responses((status = 200, body = MailList))
)]
pub(super) async fn messages(State(service): State<Service>) -> Result<Json<MailList>, Problem> {
    Ok(Json(MailList { messages: service.messages()? }))
}

/// The messages as a page.
#[utoipa::path(
    get, path = "/dev/mailbox", tag = "development", operation_id = "mailboxPage",
    responses((status = 200, body = String, content_type = "text/html"))
)]
pub(super) async fn page(State(service): State<Service>) -> Result<Html<String>, Problem> {
    let messages: String = service.messages()?.iter().map(article).collect();
    let empty = if messages.is_empty() { "<p>No message was sent yet.</p>" } else { "" };
    Ok(Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Mailbox</title>\
         <style>body{{font:16px/1.5 system-ui;max-width:48rem;margin:2rem auto;padding:0 1rem}}\
         article{{border:1px solid #8888;border-radius:8px;padding:0 1rem;margin:1rem 0}}\
         pre{{white-space:pre-wrap;overflow-wrap:anywhere}}</style>\
         <h1>Mailbox</h1><p>What would have been sent: there is no mail server, and the \
         development mode is on.</p>{empty}{messages}</html>"
    )))
}

fn article(mail: &Mail) -> String {
    let Mail { to, subject, text, link, sent_at } = mail;
    let link = link.as_ref().map_or_else(String::new, |link| {
        let link = escape(link);
        format!("<p><a href=\"{link}\">{link}</a></p>")
    });
    format!(
        "<article><h2>{}</h2><p>To {}, {sent_at}</p>{link}<pre>{}</pre></article>",
        escape(subject),
        escape(to),
        escape(text)
    )
}

fn escape(text: &str) -> String {
    let replaced = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    replaced.replace('"', "&quot;").replace('\'', "&#39;")
}

impl Service {
    fn messages(&self) -> Result<Vec<Mail>, Problem> {
        let mailbox = self.accounts.mailer().mailbox();
        mailbox.map(crate::mail::Mailbox::messages).ok_or_else(|| {
            Problem::not_found("There is no mailbox: messages are sent by a mail server.")
        })
    }
}
