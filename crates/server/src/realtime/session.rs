//! One socket's session: who it is, and what its client has asked for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ballast_platform::request::{Identity, Role};
use tokio::sync::watch;
use tokio::time::Instant;

use super::admin::Filter;
use super::places::Place;
use crate::metrics::SOCKETS;

/// How often a client gets everything anew at most.
const ANEW_EVERY: Duration = Duration::from_millis(500);

/// A socket's session; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Session(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    identity: Mutex<Identity>,
    /// The role that its namespace asks for.
    least: Role,
    anew: watch::Sender<bool>,
    given: Mutex<Option<Instant>>,
    filter: watch::Sender<Filter>,
    ended: watch::Sender<bool>,
    standing: Mutex<Option<Standing>>,
}

/// What a socket takes up while it is open.
#[derive(Debug)]
struct Standing {
    _place: Place,
    _counted: Counted,
}

/// One of the sockets that are counted as open; until it is dropped, wherever that is.
#[derive(Debug)]
struct Counted(&'static str);

impl Counted {
    fn new(namespace: &str) -> Self {
        // The label's values are few: those that exist.
        let namespace = match namespace {
            "/admin" => "admin",
            "/trading" => "trading",
            _ => "root",
        };
        metrics::gauge!(SOCKETS, "namespace" => namespace).increment(1);
        Self(namespace)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!(SOCKETS, "namespace" => self.0).decrement(1);
    }
}

impl Session {
    pub(super) fn new(identity: Identity, least: Role, place: Place, namespace: &str) -> Self {
        let standing = Standing { _place: place, _counted: Counted::new(namespace) };
        Self(Arc::new(Inner {
            identity: Mutex::new(identity),
            least,
            anew: watch::channel(false).0,
            given: Mutex::new(None),
            filter: watch::channel(Filter::default()).0,
            ended: watch::channel(false).0,
            standing: Mutex::new(Some(standing)),
        }))
    }

    /// The least role that may have this socket.
    pub(super) fn least(&self) -> Role {
        self.0.least
    }

    pub(super) fn identity(&self) -> Identity {
        self.0.identity.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes on under another token of the same user.
    pub(super) fn prolong(&self, identity: Identity) {
        *self.0.identity.lock().unwrap_or_else(PoisonError::into_inner) = identity;
    }

    /// The client wants everything anew.
    pub(super) fn ask_anew(&self) {
        self.0.anew.send_replace(true);
    }

    /// Waits until the client wants everything anew, and may have it. Who gives up waiting loses
    /// nothing of what it wants.
    pub(super) async fn asked_anew(&self) {
        let mut anew = self.0.anew.subscribe();
        // The sender lives as long as this does.
        let _ = anew.wait_for(|wanted| *wanted).await;
        let given = *self.0.given.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(given) = given {
            tokio::time::sleep(ANEW_EVERY.saturating_sub(given.elapsed())).await;
        }
        self.0.anew.send_replace(false);
        *self.0.given.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub(super) fn filter(&self, wanted: Filter) {
        self.0.filter.send_replace(wanted);
    }

    pub(super) fn filters(&self) -> watch::Receiver<Filter> {
        self.0.filter.subscribe()
    }

    /// The socket is closed.
    pub(super) fn end(&self) {
        drop(self.0.standing.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.0.ended.send_replace(true);
    }

    /// Waits until the socket is closed.
    pub(super) async fn ended(&self) {
        let mut ended = self.0.ended.subscribe();
        // The sender lives as long as this does.
        let _ = ended.wait_for(|ended| *ended).await;
    }
}

#[cfg(test)]
mod tests {
    use ballast_domain::Timestamp;
    use tokio::time::timeout;

    use super::super::places::Places;
    use super::*;

    fn session() -> Session {
        let identity = Identity {
            user: "ann".parse().unwrap(),
            email: None,
            role: Role::User,
            session: String::new(),
            scopes: Vec::new(),
            expires_at: Timestamp::from_nanos(0),
        };
        let place = Places::default().take(&identity.user, None).unwrap();
        Session::new(identity, Role::User, place, "/trading")
    }

    /// Whoever waits is interrupted by every price: what the client wants must outlive that.
    #[tokio::test(start_paused = true)]
    async fn what_a_client_asks_for_soon_again_comes_late_and_is_not_forgotten() {
        let session = session();
        session.ask_anew();
        session.asked_anew().await;
        session.ask_anew();
        let asked = Instant::now();
        let mut interrupted = 0;
        while timeout(Duration::from_millis(100), session.asked_anew()).await.is_err() {
            interrupted += 1;
            assert!(interrupted < 10, "it is not given at all");
        }
        assert!((ANEW_EVERY..ANEW_EVERY * 2).contains(&asked.elapsed()), "{:?}", asked.elapsed());
        assert!(timeout(ANEW_EVERY * 2, session.asked_anew()).await.is_err(), "once is enough");
    }
}
