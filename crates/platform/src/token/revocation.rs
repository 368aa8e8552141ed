//! Sessions that were ended before their tokens expire.
//!
//! Only those younger than a token's life matter: memory and store forget the others. They are also
//! in the store, so that a restart does not bring them back to life and other nodes hear of them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ballast_storage::{
    Clock, Collection, Documents, Index, MAX_PAGE, Precondition, ProductStore, Query, StoreError,
};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use utoipa::ToSchema;

use super::LONGEST_ACCESS_LIFE;

/// Where the ended sessions are kept for as long as they matter.
pub static REVOCATIONS: Collection = Collection {
    name: "session-revocations",
    indexes: &[Index { equal: &["kind"], order: Some("atMs") }],
};

const KIND: &str = "session";
/// A token's life and what clocks may differ by.
const KEPT: Duration = Duration::from_secs(LONGEST_ACCESS_LIFE.as_secs() + 120);
/// How many subscribers may be behind before they are told that they have missed some.
const BACKLOG: usize = 1_024;

/// A session that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Revocation {
    /// The session's id.
    #[schema(example = "ses_0f3c9d2a4e610b7e5f3c9d2a4e")]
    pub session_id: String,
    /// Whose it was.
    #[schema(example = "usr_0f3c9d2a4e610b7e5f3c9d2a4e")]
    pub user_id: String,
    /// When it ended, in milliseconds since the epoch.
    #[schema(example = 1_790_000_000_000_i64)]
    pub at_ms: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    kind: String,
    #[serde(flatten)]
    revocation: Revocation,
}

/// The sessions that have ended lately.
#[derive(Clone)]
pub struct Revocations {
    documents: Documents,
    clock: Arc<dyn Clock>,
    known: Arc<Mutex<BTreeMap<String, Revocation>>>,
    told: broadcast::Sender<Revocation>,
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revocations({})", self.known().len())
    }
}

impl Revocations {
    /// Reads those that still matter.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(store: &ProductStore, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let documents = store.documents(&REVOCATIONS);
        let (told, _) = broadcast::channel(BACKLOG);
        let revocations = Self { documents, clock, known: Arc::default(), told };
        revocations.follow().await?;
        Ok(revocations)
    }

    /// Whether the session has ended.
    #[must_use]
    pub fn is_revoked(&self, session: &str) -> bool {
        self.known().contains_key(session)
    }

    /// Everybody who is told of each session as it ends; sockets close by it. Whoever lags misses
    /// some and asks [`Self::is_revoked`].
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Revocation> {
        self.told.subscribe()
    }

    /// Ends a session: here at once, then in the store.
    ///
    /// # Errors
    /// [`StoreError`] when it is not in the store; here it has ended all the same.
    pub async fn revoke(&self, session: &str, user: &str) -> Result<(), StoreError> {
        let revocation = Revocation {
            session_id: session.to_owned(),
            user_id: user.to_owned(),
            at_ms: self.clock.now().millis(),
        };
        self.forget_old();
        self.learn(revocation.clone());
        let stored = Stored { kind: KIND.to_owned(), revocation };
        self.documents.put(session, &stored, Precondition::Any, Some(KEPT)).await?;
        Ok(())
    }

    /// Learns what other nodes have ended since, and forgets what no longer matters.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn follow(&self) -> Result<(), StoreError> {
        self.forget_old();
        let mut after_ms = self.oldest_ms();
        loop {
            let page = self.since(after_ms).await?;
            let is_last = page.len() < MAX_PAGE;
            let last_ms = page.last().map_or(after_ms, |last| last.at_ms);
            page.into_iter().for_each(|revocation| self.learn(revocation));
            if is_last || last_ms == after_ms {
                return Ok(());
            }
            after_ms = last_ms;
        }
    }

    /// Those that ended at `at_ms` or later, the first first, at most 200.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn since(&self, at_ms: i64) -> Result<Vec<Revocation>, StoreError> {
        let query = Query {
            equal: vec![("kind", KIND.into())],
            order_by: Some("atMs"),
            from: Some(at_ms.max(0).into()),
            ..Query::default()
        };
        let page = self.documents.query::<Stored>(&query).await?;
        Ok(page.documents.into_iter().map(|document| document.body.revocation).collect())
    }

    fn forget_old(&self) {
        let oldest = self.oldest_ms();
        self.known().retain(|_, revocation| revocation.at_ms >= oldest);
    }

    fn learn(&self, revocation: Revocation) {
        let is_new =
            self.known().insert(revocation.session_id.clone(), revocation.clone()).is_none();
        if is_new {
            // Nobody may be listening.
            let _ = self.told.send(revocation);
        }
    }

    fn oldest_ms(&self) -> i64 {
        let kept = i64::try_from(KEPT.as_nanos()).unwrap_or(i64::MAX);
        self.clock.now().saturating_add_nanos(-kept).millis()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Revocation>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
