//! Sessions and their refresh tokens.
//!
//! A refresh token names its session and the session's generation, and carries a tag that only this
//! server can make (HMAC under a key derived from the master key, over a secret of the session). So
//! no token is at rest, not even its hash: what the store holds signs in nobody. Each use begins
//! the next generation. A token of an older one was used before, by its owner or by a thief: the
//! session ends.
//!
//! Two tabs may refresh at the same moment, and an answer may be lost on the way. So the generation
//! just before gives the current token once more, for [`GRACE`]. A thief gains nothing by that:
//! they would have to be as fast, and the next use by either ends the session of both.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use ballast_domain::{TenantId, Timestamp};
use ballast_storage::{
    Clock, Collection, Document, Documents, Index, Precondition, ProductStore, Query, StoreError,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::error::AccountError;
use crate::seal::MasterKey;
use crate::token::{Revocations, random_id};

/// Where the sessions are.
pub static SESSIONS: Collection = Collection {
    name: "sessions",
    indexes: &[Index { equal: &["userId"], order: Some("createdAtMs") }],
};

/// How long sessions live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLives {
    /// Without being used: as long as a refresh token is good.
    pub idle: Duration,
    /// At all.
    pub whole: Duration,
}

/// How long the token of the generation before gives the current one once more.
pub const GRACE: Duration = Duration::from_secs(30);

/// The most sessions of one user; the oldest ends when another begins.
const MAX_PER_USER: usize = 50;
const MAX_TEXT: usize = 200;

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its id, which its access tokens name.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// When it began, in milliseconds since the epoch.
    pub created_at_ms: i64,
    /// When it was refreshed last.
    pub used_at: Timestamp,
    /// From when on it is over, however much it is used.
    pub ends_at: Timestamp,
    /// The address that it was refreshed from last.
    pub address: String,
    /// What the client calls itself.
    pub user_agent: String,
    generation: u64,
    seed: String,
}

/// Who is asking, as sessions remember it.
#[derive(Debug, Clone)]
pub struct Client {
    /// Where the request comes from.
    pub address: IpAddr,
    /// What the client calls itself.
    pub user_agent: String,
}

/// The sessions of all users.
#[derive(Clone)]
pub struct Sessions {
    documents: Documents,
    key: hmac::Key,
    clock: Arc<dyn Clock>,
    revocations: Revocations,
    lives: SessionLives,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

/// A refresh token, taken apart.
struct Presented<'a> {
    session: &'a str,
    generation: u64,
    tag: Vec<u8>,
}

impl Presented<'_> {
    fn read(token: &str) -> Option<Presented<'_>> {
        let mut parts = token.splitn(3, '.');
        let session = parts.next().filter(|id| id.starts_with("ses_") && id.len() <= 64)?;
        let generation = parts.next()?.parse().ok()?;
        let tag = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        Some(Presented { session, generation, tag })
    }
}

impl Sessions {
    pub(crate) fn new(
        store: &ProductStore,
        master: &MasterKey,
        clock: Arc<dyn Clock>,
        revocations: Revocations,
        lives: SessionLives,
    ) -> Self {
        let (documents, key) = (store.documents(&SESSIONS), master.derive("refresh-token"));
        Self { documents, key, clock, revocations, lives }
    }

    /// Begins a session; gives it and its refresh token.
    pub(crate) async fn begin(
        &self,
        user: &TenantId,
        client: &Client,
    ) -> Result<(Session, String), AccountError> {
        let all = self.of_user(user).await?;
        for oldest in all.iter().take((all.len() + 1).saturating_sub(MAX_PER_USER)) {
            self.end(oldest).await?;
        }
        let now = self.clock.now();
        let session = Session {
            id: random_id("ses"),
            user_id: user.to_string(),
            created_at_ms: now.millis(),
            used_at: now,
            ends_at: later(now, self.lives.whole),
            address: client.address.to_string(),
            user_agent: client.user_agent.chars().take(MAX_TEXT).collect(),
            generation: 1,
            seed: URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()),
        };
        let idle = Some(self.lives.idle);
        self.documents.put(&session.id, &session, Precondition::Absent, idle).await?;
        let token = self.token(&session);
        Ok((session, token))
    }

    /// The session that a refresh token is of, without using the token up.
    pub(crate) async fn of_token(&self, token: &str) -> Result<Session, AccountError> {
        let presented = Presented::read(token).ok_or(AccountError::RefreshToken)?;
        self.known(&presented).await.map(|document| document.body)
    }

    /// Uses a refresh token up; gives the session and the next one.
    pub(crate) async fn refresh(
        &self,
        token: &str,
        client: &Client,
    ) -> Result<(Session, String), AccountError> {
        let presented = Presented::read(token).ok_or(AccountError::RefreshToken)?;
        // Whoever was quicker has made the next generation, which is given then.
        for _ in 0..3 {
            let known = self.known(&presented).await?;
            let session = known.body;
            let age = self.clock.now().nanos_since(session.used_at).max(0).unsigned_abs();
            let is_before = session.generation.checked_sub(presented.generation) == Some(1);
            if is_before && u128::from(age) <= GRACE.as_nanos() {
                let token = self.token(&session);
                return Ok((session, token));
            }
            if session.generation != presented.generation {
                self.end(&session).await?;
                tracing::warn!(session = session.id, "a refresh token was used again");
                return Err(AccountError::Reused);
            }
            let next = Session {
                generation: session.generation + 1,
                used_at: self.clock.now(),
                address: client.address.to_string(),
                ..session
            };
            let when = Precondition::Matches(known.etag);
            let idle = Some(self.lives.idle);
            match self.documents.put(&next.id, &next, when, idle).await {
                Ok(_) => {
                    let token = self.token(&next);
                    return Ok((next, token));
                }
                Err(StoreError::Changed { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AccountError::Busy)
    }

    async fn known(&self, presented: &Presented<'_>) -> Result<Document<Session>, AccountError> {
        let known = self.documents.get::<Session>(presented.session).await?;
        let known = known.ok_or(AccountError::SessionEnded)?;
        let message = message(&known.body, presented.generation);
        hmac::verify(&self.key, message.as_bytes(), &presented.tag)
            .map_err(|_| AccountError::RefreshToken)?;
        if known.body.ends_at <= self.clock.now() {
            self.end(&known.body).await?;
            return Err(AccountError::SessionEnded);
        }
        Ok(known)
    }

    fn token(&self, session: &Session) -> String {
        let Session { id, generation, .. } = session;
        let tag = hmac::sign(&self.key, message(session, *generation).as_bytes());
        format!("{id}.{generation}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// The sessions of a user, the oldest first.
    pub(crate) async fn of_user(&self, user: &TenantId) -> Result<Vec<Session>, AccountError> {
        let query = Query {
            equal: vec![("userId", user.as_str().into())],
            order_by: Some("createdAtMs"),
            ..Query::default()
        };
        let page = self.documents.query::<Session>(&query).await?;
        let now = self.clock.now();
        let alive = page.documents.into_iter().map(|document| document.body);
        Ok(alive.filter(|session| session.ends_at > now).collect())
    }

    /// The user's session with this id.
    pub(crate) async fn one(
        &self,
        user: &TenantId,
        id: &str,
    ) -> Result<Option<Session>, AccountError> {
        let known = self.documents.get::<Session>(id).await?;
        Ok(known.map(|known| known.body).filter(|session| session.user_id == user.as_str()))
    }

    /// Ends a session: its access tokens at once, then its refresh token.
    pub(crate) async fn end(&self, session: &Session) -> Result<(), AccountError> {
        let revoked = self.revocations.revoke(&session.id, &session.user_id).await;
        self.documents.delete(&session.id, Precondition::Any).await?;
        Ok(revoked?)
    }
}

fn message(session: &Session, generation: u64) -> String {
    format!("{}.{generation}.{}", session.id, session.seed)
}

pub(super) fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.saturating_add_nanos(i64::try_from(by.as_nanos()).unwrap_or(i64::MAX))
}
