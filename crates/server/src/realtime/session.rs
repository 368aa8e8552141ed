//! One socket's session: who it is, and what its client has asked for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ballast_platform::request::Identity;
use tokio::sync::{Notify, watch};

use super::admin::Filter;
use super::places::Place;

/// How often a client gets everything anew at most.
const ANEW_EVERY: Duration = Duration::from_millis(500);

/// A socket's session; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Session(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    identity: Mutex<Identity>,
    anew: Notify,
    given: Mutex<Option<Instant>>,
    filter: watch::Sender<Filter>,
    ended: watch::Sender<bool>,
    place: Mutex<Option<Place>>,
    namespace: &'static str,
}

impl Session {
    pub(super) fn new(identity: Identity, place: Place, namespace: &str) -> Self {
        // The label's values are few: those that exist.
        let namespace = match namespace {
            "/admin" => "admin",
            "/trading" => "trading",
            _ => "root",
        };
        metrics::gauge!("ballast_socket_connections", "namespace" => namespace).increment(1);
        Self(Arc::new(Inner {
            identity: Mutex::new(identity),
            anew: Notify::new(),
            given: Mutex::new(None),
            filter: watch::channel(Filter::default()).0,
            ended: watch::channel(false).0,
            place: Mutex::new(Some(place)),
            namespace,
        }))
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
        self.0.anew.notify_one();
    }

    /// Waits until the client wants everything anew, and may have it.
    pub(super) async fn asked_anew(&self) {
        self.0.anew.notified().await;
        let given = *self.0.given.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(given) = given {
            tokio::time::sleep(ANEW_EVERY.saturating_sub(given.elapsed())).await;
        }
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
        let place = self.0.place.lock().unwrap_or_else(PoisonError::into_inner).take();
        if place.is_some() {
            let namespace = self.0.namespace;
            metrics::gauge!("ballast_socket_connections", "namespace" => namespace).decrement(1);
        }
        self.0.ended.send_replace(true);
    }

    /// Waits until the socket is closed.
    pub(super) async fn ended(&self) {
        let mut ended = self.0.ended.subscribe();
        // The sender lives as long as this does.
        let _ = ended.wait_for(|ended| *ended).await;
    }
}
