//! Trading control: what is stopped, kept durable, and handed to every tenant at once.
//!
//! Stopping never waits: a stop is in force in this process before anything is written, and is
//! written until the store has it. What lets more go than before is written first, or refused.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ballast_domain::control::{ControlEntry, Scope};
use ballast_domain::{ControlMode, ControlSnapshot, Timestamp};
use ballast_engine::ports::Clock;
use ballast_storage::{Collection, Documents, Precondition, Priority, Store, StoreError};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::views::rows::ControlRow;
use crate::views::words::ControlModeWord;

/// Where control is kept.
pub(crate) const CONTROL: Collection = Collection { name: "trading-control", indexes: &[] };
const KEY: &str = "control";
/// How long the store is left alone after it did not take a stop.
const PAUSE: Duration = Duration::from_secs(1);

/// Trading control of this process; a handle that is cheap to clone.
#[derive(Clone)]
pub(crate) struct TradingControl {
    documents: Documents,
    clock: Arc<dyn Clock>,
    /// What tenants obey; `None` while nobody can tell.
    snapshot: watch::Sender<Option<Arc<ControlSnapshot>>>,
    /// The same with who changed it, for people.
    shown: watch::Sender<ControlRow>,
    /// Held by whoever changes it, so that changes follow one another.
    changing: Arc<tokio::sync::Mutex<()>>,
    last: Arc<Mutex<LastChange>>,
}

/// Control as stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredControl {
    #[serde(flatten)]
    last: LastChange,
    snapshot: ControlSnapshot,
}

/// Who changed control last.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LastChange {
    by: String,
    at: Timestamp,
    reason: Option<String>,
}

impl TradingControl {
    /// Takes up control as it was left. When that cannot be read, nobody can tell what is stopped,
    /// and entries are refused until somebody says.
    pub(crate) async fn open(store: &Store, clock: Arc<dyn Clock>) -> Self {
        let documents = store.product().documents(&CONTROL).with_priority(Priority::High);
        let never = LastChange { by: "system".to_owned(), at: clock.now(), reason: None };
        let (last, snapshot) = match documents.get::<StoredControl>(KEY).await {
            Ok(Some(found)) => (found.body.last, Some(Arc::new(found.body.snapshot))),
            Ok(None) => (never, Some(Arc::default())),
            Err(error) => {
                tracing::error!(%error, "trading control cannot be read: entries are refused");
                (never, None)
            }
        };
        let shown = row(&last, snapshot.as_deref(), true);
        Self {
            documents,
            clock,
            snapshot: watch::channel(snapshot).0,
            shown: watch::channel(shown).0,
            changing: Arc::default(),
            last: Arc::new(Mutex::new(last)),
        }
    }

    /// What tenants obey.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<Arc<ControlSnapshot>>> {
        self.snapshot.subscribe()
    }

    /// The same for people, now and as it changes.
    pub(crate) fn shown(&self) -> watch::Receiver<ControlRow> {
        self.shown.subscribe()
    }

    /// Stops entries everywhere, at once.
    pub(crate) async fn pause(&self, by: &str, reason: &str) -> ControlRow {
        let _turn = self.changing.lock().await;
        let at = self.clock.now();
        let known = self.snapshot.borrow().clone().unwrap_or_default();
        if global(&known).is_some_and(|stop| stop.mode >= ControlMode::Paused) {
            return self.shown.borrow().clone();
        }
        let entry = ControlEntry {
            scope: Scope::Global,
            mode: ControlMode::Paused,
            by: by.to_owned(),
            at,
            reason: reason.to_owned(),
        };
        let mut entries = without_global(&known);
        entries.push(entry);
        let snapshot = ControlSnapshot { version: known.version + 1, entries };
        let last = LastChange { by: by.to_owned(), at, reason: Some(reason.to_owned()) };
        self.put_in_force(&snapshot, &last, false);
        tracing::warn!(by, reason, "trading is paused");
        match self.store(&snapshot, &last).await {
            Ok(()) => self.put_in_force(&snapshot, &last, true),
            Err(error) => {
                tracing::error!(%error, "the pause is in force, but the store did not take it yet");
                self.store_until_taken(snapshot, last);
            }
        }
        self.shown.borrow().clone()
    }

    /// Lets entries go again.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be recorded: the stop stays then.
    pub(crate) async fn resume(&self, by: &str, reason: &str) -> Result<ControlRow, StoreError> {
        let _turn = self.changing.lock().await;
        let known = self.snapshot.borrow().clone();
        if let Some(known) = &known
            && global(known).is_none()
        {
            return Ok(self.shown.borrow().clone());
        }
        let known = known.unwrap_or_default();
        let entries = without_global(&known);
        let snapshot = ControlSnapshot { version: known.version + 1, entries };
        let last =
            LastChange { by: by.to_owned(), at: self.clock.now(), reason: Some(reason.to_owned()) };
        self.store(&snapshot, &last).await?;
        self.put_in_force(&snapshot, &last, true);
        tracing::warn!(by, reason, "trading goes on");
        Ok(self.shown.borrow().clone())
    }

    fn put_in_force(&self, snapshot: &ControlSnapshot, last: &LastChange, durable: bool) {
        let differs = self.snapshot.borrow().as_deref() != Some(snapshot);
        if differs {
            self.snapshot.send_replace(Some(Arc::new(snapshot.clone())));
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last.clone();
        self.shown.send_replace(row(last, Some(snapshot), durable));
    }

    async fn store(&self, snapshot: &ControlSnapshot, last: &LastChange) -> Result<(), StoreError> {
        let stored = StoredControl { last: last.clone(), snapshot: snapshot.clone() };
        self.documents.put(KEY, &stored, Precondition::Any, None).await.map(drop)
    }

    /// Goes on writing a stop until the store has it, or control has changed again.
    fn store_until_taken(&self, snapshot: ControlSnapshot, last: LastChange) {
        let control = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(PAUSE).await;
                let _turn = control.changing.lock().await;
                let version = control.snapshot.borrow().as_ref().map(|now| now.version);
                if version != Some(snapshot.version) {
                    return;
                }
                if control.store(&snapshot, &last).await.is_ok() {
                    control.put_in_force(&snapshot, &last, true);
                    return;
                }
            }
        });
    }
}

/// The stop that covers everything, when there is one.
fn global(snapshot: &ControlSnapshot) -> Option<&ControlEntry> {
    let stops =
        |entry: &&ControlEntry| entry.scope == Scope::Global && entry.mode > ControlMode::Running;
    snapshot.entries.iter().find(stops)
}

fn without_global(snapshot: &ControlSnapshot) -> Vec<ControlEntry> {
    let kept = snapshot.entries.iter().filter(|entry| entry.scope != Scope::Global);
    kept.cloned().collect()
}

fn row(last: &LastChange, snapshot: Option<&ControlSnapshot>, durable: bool) -> ControlRow {
    let mode = match snapshot {
        None => ControlModeWord::Unknown,
        Some(snapshot) => global(snapshot).map_or(ControlModeWord::Running, |e| e.mode.into()),
    };
    ControlRow {
        mode,
        version: snapshot.map_or(0, |snapshot| snapshot.version),
        last_changed_by: last.by.clone(),
        last_changed_at: last.at,
        reason: last.reason.clone(),
        durable,
    }
}

#[cfg(test)]
mod tests {
    use super::super::system::SystemClock;
    use super::*;

    static COLLECTIONS: [Collection; 1] = [CONTROL];

    async fn open(store: &Store) -> TradingControl {
        TradingControl::open(store, Arc::new(SystemClock)).await
    }

    #[tokio::test]
    async fn a_pause_survives_a_restart_and_says_who_and_why() {
        let (store, _) = Store::memory(&COLLECTIONS, Arc::new(SystemClock)).unwrap();
        let control = open(&store).await;
        let mut obeyed = control.subscribe();
        let row = control.pause("op@example.com", "news at noon").await;
        assert!(obeyed.has_changed().unwrap());
        assert_eq!(obeyed.borrow_and_update().as_ref().unwrap().version, 1);
        let again = open(&store).await;
        assert_eq!(*again.shown().borrow(), row);
        assert_eq!(row.mode, ControlModeWord::Paused);
        assert_eq!(row.reason.as_deref(), Some("news at noon"));
        let row = again.resume("op@example.com", "over").await.unwrap();
        assert_eq!((row.mode, row.version), (ControlModeWord::Running, 2));
    }

    /// Stopping never waits for the store, and going on does.
    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_while_the_store_is_away_and_is_written_when_it_is_back() {
        let (store, faults) = Store::memory(&COLLECTIONS, Arc::new(SystemClock)).unwrap();
        let control = open(&store).await;
        faults.set_away(true);
        let row = control.pause("op", "the store is away").await;
        assert_eq!((row.mode, row.durable), (ControlModeWord::Paused, false));
        assert!(control.resume("op", "never mind").await.is_err());
        assert_eq!(control.shown().borrow().mode, ControlModeWord::Paused);
        faults.set_away(false);
        let mut shown = control.shown();
        shown.wait_for(|row| row.durable).await.unwrap();
        assert_eq!(open(&store).await.shown().borrow().mode, ControlModeWord::Paused);
    }

    #[tokio::test]
    async fn control_that_cannot_be_read_is_unknown() {
        let (store, faults) = Store::memory(&COLLECTIONS, Arc::new(SystemClock)).unwrap();
        faults.set_away(true);
        let control = open(&store).await;
        assert_eq!(*control.subscribe().borrow(), None);
        assert_eq!(control.shown().borrow().mode, ControlModeWord::Unknown);
        faults.set_away(false);
        control.resume("op", "the store is back").await.unwrap();
        assert!(control.subscribe().borrow().is_some());
    }
}
