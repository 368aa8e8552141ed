//! Sessions and their refresh tokens.
//!
//! A refresh token names its session and the session's generation, and carries a tag that only this
//! server can make (HMAC under a key derived from the master key, over a secret of the session). So
//! no token is at rest, not even its hash: what the store holds signs in nobody. Each use begins
//! the next generation. A token of an older one was used before, by its owner or by a thief: the
//! session ends.
//!
//! Two tabs of a browser share one cookie: both may refresh at the same moment, and an answer may
//! be lost on the way. So the cookie of the generation just before gives the current token once
//! more: once, within [`GRACE`] of its use, to a client of the same name, and only when that use
//! was of the cookie too. Whoever had begun to refresh before the other was done is served as well.
//! A client that has its token in the body has no such grace. A thief who comes within it gains
//! little: the next use by either ends the session of both.

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
use utoipa::ToSchema;

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

/// How long after its use the cookie of the generation before gives the current token once more.
pub const GRACE: Duration = Duration::from_secs(10);

/// Where a refresh token goes, or comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum TokenIn {
    /// Into a cookie, which is what browsers get when they do not ask.
    Cookie,
    /// Into the body, which is what everybody else gets.
    Body,
}

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
    /// What the client that refreshed it last calls itself.
    pub user_agent: String,
    generation: u64,
    seed: String,
    /// Where the token was that began this generation; the first has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begun_from: Option<TokenIn>,
    /// Whether the token of the generation before has given this one's once more.
    #[serde(default)]
    given_again: bool,
}

impl Session {
    /// The next generation, begun by a token from `from`.
    fn next(self, now: Timestamp, from: TokenIn, client: &Client) -> Self {
        Self {
            generation: self.generation + 1,
            used_at: now,
            address: client.address.to_string(),
            user_agent: client.name(),
            begun_from: Some(from),
            given_again: false,
            ..self
        }
    }

    /// Whether a token of the generation before can be in another tab of the browser that has begun
    /// this one, or in the same whose answer was lost.
    fn is_of_tabs(&self, presented: &Presented<'_>, from: TokenIn, client: &Client) -> bool {
        self.generation.checked_sub(presented.generation) == Some(1)
            && [Some(from), self.begun_from] == [Some(TokenIn::Cookie); 2]
            && self.user_agent == client.name()
    }
}

/// Who is asking, as sessions remember it.
#[derive(Debug, Clone)]
pub struct Client {
    /// Where the request comes from.
    pub address: IpAddr,
    /// What the client calls itself.
    pub user_agent: String,
}

impl Client {
    /// What it calls itself, as sessions keep it.
    fn name(&self) -> String {
        self.user_agent.chars().take(MAX_TEXT).collect()
    }
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
            user_agent: client.name(),
            generation: 1,
            seed: URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()),
            begun_from: None,
            given_again: false,
        };
        let idle = Some(self.lives.idle);
        self.documents.put(&session.id, &session, Precondition::Absent, idle).await?;
        let token = self.token(&session);
        Ok((session, token))
    }

    /// The session that a refresh token is of, without using the token up.
    pub(crate) async fn of_token(&self, token: &str) -> Result<Document<Session>, AccountError> {
        self.known(&Presented::read(token).ok_or(AccountError::RefreshToken)?).await
    }

    /// Uses up a refresh token of a session that [`Self::of_token`] has given; gives the session
    /// and the next token.
    pub(crate) async fn refresh(
        &self,
        seen: Document<Session>,
        token: &str,
        from: TokenIn,
        client: &Client,
    ) -> Result<(Session, String), AccountError> {
        let presented = Presented::read(token).ok_or(AccountError::RefreshToken)?;
        let was_good = seen.body.generation == presented.generation;
        let mut known = seen;
        for _ in 0..3 {
            let Document { body: session, etag, .. } = known;
            let is_again = session.generation != presented.generation;
            let is_spared = was_good || self.is_within_grace(&session);
            if is_again && !(session.is_of_tabs(&presented, from, client) && is_spared) {
                self.end(&session).await?;
                tracing::warn!(session = session.id, "a refresh token was used again");
                return Err(AccountError::Reused);
            }
            if is_again && was_good {
                let token = self.token(&session);
                return Ok((session, token));
            }
            let next = match is_again {
                true => Session { given_again: true, ..session },
                false => session.next(self.clock.now(), from, client),
            };
            let idle = Some(self.lives.idle);
            match self.documents.put(&next.id, &next, Precondition::Matches(etag), idle).await {
                Ok(_) => {
                    let token = self.token(&next);
                    return Ok((next, token));
                }
                // Somebody else was quicker.
                Err(StoreError::Changed { .. }) => known = self.known(&presented).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(AccountError::Busy)
    }

    fn is_within_grace(&self, session: &Session) -> bool {
        let since = self.clock.now().nanos_since(session.used_at);
        // A clock that was set back grants nothing.
        let is_soon = u128::try_from(since).is_ok_and(|since| since <= GRACE.as_nanos());
        is_soon && !session.given_again
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
