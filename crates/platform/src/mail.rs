//! Messages to people: through SMTP, or into a mailbox that developers look into.
//!
//! A message is handed over and sent by a task of its own, so that no answer waits for a mail
//! server or tells by its time whether there was something to send.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ballast_domain::Timestamp;
use ballast_storage::Clock;
use lettre::message::Mailbox as Address;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use serde::Serialize;
use thiserror::Error;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use crate::account::Email;
use crate::request::{Limit, Limiter};

/// How many messages one address gets in an hour: anybody can have some sent to anybody.
const PER_RECIPIENT: NonZeroU32 = match NonZeroU32::new(10) {
    Some(number) => number,
    None => NonZeroU32::MIN,
};
const QUEUE: usize = 256;
const KEPT: usize = 100;
const TRIES: u32 = 4;
const SMTP_TIME_LIMIT: Duration = Duration::from_secs(20);

/// How messages are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailSettings {
    /// By the mail server of `SMTP_URL`, such as `smtps://user:password@mail.example.com`.
    Smtp {
        /// The server with its credentials.
        url: String,
        /// Whom the messages are from, such as `Ballast <ballast@example.com>`.
        from: String,
    },
    /// Into the mailbox of the development mode, and into the log.
    Development,
    /// Nowhere: there is no mail server, and this is not development.
    Nowhere,
}

/// Why messages cannot be sent as set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MailError {
    /// The URL is none.
    #[error("SMTP_URL cannot be used: {0}; write it like smtps://user:password@mail.example.com")]
    Url(String),
    /// The sender is none.
    #[error(
        "the sender of messages cannot be used: {0}; write it like Ballast <ballast@example.com>"
    )]
    From(String),
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// Whom it is for.
    #[schema(example = "ann@example.com")]
    pub to: String,
    /// What it is about.
    #[schema(example = "Reset your password")]
    pub subject: String,
    /// What it says.
    pub text: String,
    /// The link that it is about.
    pub link: Option<String>,
    /// When it was handed over.
    #[schema(value_type = String, format = DateTime)]
    pub sent_at: Timestamp,
}

/// The messages of the development mode, the newest first, at most 100.
#[derive(Debug, Clone, Default)]
pub struct Mailbox(Arc<Mutex<VecDeque<Mail>>>);

impl Mailbox {
    /// What is in it.
    #[must_use]
    pub fn messages(&self) -> Vec<Mail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn add(&self, mail: Mail) {
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        messages.push_front(mail);
        messages.truncate(KEPT);
    }
}

/// Hands messages over.
#[derive(Clone)]
pub struct Mailer {
    clock: Arc<dyn Clock>,
    way: Way,
    per_recipient: Arc<Limiter<String>>,
}

#[derive(Clone)]
enum Way {
    Smtp(mpsc::Sender<Mail>),
    Mailbox(Mailbox),
    Nowhere,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.way {
            Way::Smtp(_) => "Mailer(smtp)",
            Way::Mailbox(_) => "Mailer(mailbox)",
            Way::Nowhere => "Mailer(nowhere)",
        })
    }
}

impl Mailer {
    /// A mailer as set; with SMTP it starts the task that sends.
    ///
    /// # Errors
    /// [`MailError`].
    pub fn new(settings: &MailSettings, clock: Arc<dyn Clock>) -> Result<Self, MailError> {
        let way = match settings {
            MailSettings::Smtp { url, from } => {
                let from = from.parse::<Address>();
                let from = from.map_err(|error| MailError::From(error.to_string()))?;
                let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
                let transport = transport.map_err(|error| MailError::Url(error.to_string()))?;
                let transport = transport.timeout(Some(SMTP_TIME_LIMIT)).build();
                let (queue, waiting) = mpsc::channel(QUEUE);
                tokio::spawn(send_all(transport, from, waiting));
                Way::Smtp(queue)
            }
            MailSettings::Development => Way::Mailbox(Mailbox::default()),
            MailSettings::Nowhere => Way::Nowhere,
        };
        let per_recipient = Limit { requests: PER_RECIPIENT, window: Duration::from_secs(3_600) };
        let per_recipient = Arc::new(Limiter::new(per_recipient, Arc::clone(&clock)));
        Ok(Self { clock, way, per_recipient })
    }

    /// The mailbox, in development.
    #[must_use]
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match &self.way {
            Way::Mailbox(mailbox) => Some(mailbox),
            Way::Smtp(_) | Way::Nowhere => None,
        }
    }

    /// Hands a message over. What cannot be sent is logged, and whoever waits asks again.
    pub(crate) fn send(&self, to: &Email, subject: &str, text: String, link: Option<String>) {
        let (to, subject) = (to.to_string(), subject.to_owned());
        if self.per_recipient.check(&to).is_err() {
            tracing::warn!(subject, "a message was not sent: its recipient got too many");
            return;
        }
        let mail = Mail { to, subject, text, link, sent_at: self.clock.now() };
        match &self.way {
            Way::Smtp(queue) => {
                if queue.try_send(mail).is_err() {
                    tracing::error!("a message was dropped: too many wait for the mail server");
                }
            }
            Way::Mailbox(mailbox) => {
                tracing::info!(mail.to, mail.subject, mail.link, "a message (development)");
                mailbox.add(mail);
            }
            Way::Nowhere => {
                tracing::warn!("a message was not sent: set SMTP_URL to send messages");
            }
        }
    }
}

async fn send_all(
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
    mut waiting: mpsc::Receiver<Mail>,
) {
    while let Some(mail) = waiting.recv().await {
        if let Err(reason) = send_one(&transport, &from, mail).await {
            tracing::error!(reason, "a message was not sent");
        }
    }
}

/// Tries a few times: mail servers ask for that, with pauses.
async fn send_one(
    transport: &AsyncSmtpTransport<Tokio1Executor>,
    from: &Address,
    mail: Mail,
) -> Result<(), String> {
    let to = mail.to.parse::<Address>().map_err(|error| error.to_string())?;
    let message = Message::builder().from(from.clone()).to(to).subject(mail.subject);
    let message = message.header(ContentType::TEXT_PLAIN).body(mail.text);
    let message = message.map_err(|error| error.to_string())?;
    let mut tried = 0;
    loop {
        tried += 1;
        match transport.send(message.clone()).await {
            Ok(_) => return Ok(()),
            Err(error) if tried == TRIES || error.is_permanent() => return Err(error.to_string()),
            Err(_) => tokio::time::sleep(Duration::from_secs(2u64.pow(tried))).await,
        }
    }
}
