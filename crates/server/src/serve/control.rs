//! Trading control: what is stopped, kept durable, and handed to every tenant at once.
//!
//! Stopping never waits: a stop is in force in this process before anything is written. One task
//! then makes it durable on this node, and writes the newest state until the store has it. What
//! lets more go than before is written first, or refused; a stop that comes while that is under
//! way wins.

mod store;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ballast_domain::control::{ControlEntry, Scope};
use ballast_domain::{ControlMode, ControlSnapshot, TenantId, Timestamp};
use ballast_engine::ports::Clock;
use ballast_platform::account::{Shut, ShutUsers};
use ballast_storage::{Collection, Documents, KeptStop, Priority, ProductStore, Store};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::timeout;
use tracing::Span;

use crate::views::rows::ControlRow;
use crate::views::words::ControlModeWord;

/// Where control is kept.
pub(crate) const CONTROL: Collection = Collection { name: "trading-control", indexes: &[] };
/// How long it may take to record that entries go again; until then the stop stays.
const RECORD_DEADLINE: Duration = Duration::from_secs(10);
/// Why a tenant's entries are stopped while its user is shut out.
const SHUT: &str = "the user's account is disabled";

/// Trading control of this process; a handle that is cheap to clone.
#[derive(Clone)]
pub(crate) struct TradingControl(Arc<Shared>);

struct Shared {
    documents: Documents,
    /// Where stops are kept on this node until the store has them.
    product: ProductStore,
    clock: Arc<dyn Clock>,
    /// Held for moments only, and never while something is waited for.
    standing: Mutex<Standing>,
    /// What tenants obey; `None` while nobody can tell.
    snapshot: watch::Sender<Option<Arc<ControlSnapshot>>>,
    /// The same with who changed it, for people.
    shown: watch::Sender<ControlRow>,
    /// Wakes the task that writes.
    unwritten: Notify,
}

/// Where control stands.
struct Standing {
    /// What people have stopped; `None` while nobody can tell.
    known: Option<StoredControl>,
    /// The stops of tenants whose users are shut out. The identity service remembers those.
    shut: BTreeMap<TenantId, ControlEntry>,
    /// The highest version that was ever given.
    latest: u64,
    /// The version that the store has for certain.
    written: Option<u64>,
    /// What this node has kept by itself.
    kept: Option<KeptStop<StoredControl>>,
    /// A resumption that is being recorded.
    asked: Option<Asked>,
    /// When tenants were told of which version.
    told: (u64, Instant),
    last: LastChange,
}

/// A resumption on its way into the store.
struct Asked {
    control: StoredControl,
    /// The request that asked first.
    span: Span,
    waiting: Vec<oneshot::Sender<Result<ControlRow, ResumeError>>>,
}

/// Control as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredControl {
    #[serde(flatten)]
    last: LastChange,
    snapshot: ControlSnapshot,
    /// Whether the store got it later than it was in force, because it was away.
    #[serde(default, skip_serializing_if = "is_false")]
    recorded_late: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// Who changed control last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LastChange {
    by: String,
    at: Timestamp,
    reason: Option<String>,
}

impl StoredControl {
    /// Nothing is stopped.
    fn nothing(last: LastChange) -> Self {
        Self { last, snapshot: ControlSnapshot::default(), recorded_late: false }
    }
}

/// Why entries do not go again; the stop stays.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum ResumeError {
    /// The store did not take it.
    #[error("it cannot be recorded that trading goes on: {0}")]
    NotRecorded(String),
    /// Somebody has stopped entries while it was being recorded.
    #[error("trading was paused while it was being recorded that it goes on; the pause stays")]
    Overtaken,
}

impl TradingControl {
    /// Takes up control as it was left. When that cannot be read, nobody can tell what is stopped,
    /// and entries are refused until the store tells or somebody says.
    pub(crate) async fn open(store: &Store, clock: Arc<dyn Clock>) -> Self {
        let product = store.product();
        let documents = product.documents(&CONTROL).with_priority(Priority::High);
        let last = LastChange { by: "system".to_owned(), at: clock.now(), reason: None };
        let stored = match store::read(&documents).await {
            Ok(found) => Some(found.unwrap_or_else(|| StoredControl::nothing(last.clone()))),
            Err(error) => {
                tracing::error!(%error, "trading control cannot be read: entries are refused");
                None
            }
        };
        let written = stored.as_ref().map(|stored| stored.snapshot.version);
        let kept = store::kept(&product, written).await;
        let known = kept.as_ref().map(|kept| kept.stop.clone()).or(stored);
        let latest = known.as_ref().map_or(0, |known| known.snapshot.version);
        let standing = Standing {
            last: known.as_ref().map_or(last, |known| known.last.clone()),
            written: written.filter(|written| *written == latest),
            kept,
            known,
            shut: BTreeMap::new(),
            latest,
            asked: None,
            told: (latest, Instant::now()),
        };
        let shared = Arc::new(Shared {
            documents,
            product,
            clock,
            snapshot: watch::channel(standing.obeyed()).0,
            shown: watch::channel(standing.row()).0,
            standing: Mutex::new(standing),
            unwritten: Notify::new(),
        });
        tokio::spawn(store::write(Arc::clone(&shared)));
        tokio::spawn(store::compare(Arc::clone(&shared)));
        Self(shared)
    }

    /// What tenants obey.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<Arc<ControlSnapshot>>> {
        self.0.snapshot.subscribe()
    }

    /// The same for people, now and as it changes.
    pub(crate) fn shown(&self) -> watch::Receiver<ControlRow> {
        self.0.shown.subscribe()
    }

    /// Every stop in force, those of users that are shut out included.
    pub(crate) fn stops(&self) -> Vec<ControlEntry> {
        let obeyed = self.0.snapshot.borrow().clone();
        obeyed.map_or_else(Vec::new, |obeyed| obeyed.entries.clone())
    }

    /// When the tenants were told of this version; `None` when of another since.
    pub(crate) fn told(&self, version: u64) -> Option<Instant> {
        let (told, at) = self.0.lock().told;
        (told == version).then_some(at)
    }

    /// Stops entries everywhere, at once. It is written behind; [`Self::recorded`] waits for that.
    /// A pause that is in force already stays, with who set it and why.
    pub(crate) fn pause(&self, by: &str, reason: &str) -> ControlRow {
        let mut standing = self.0.lock();
        if standing.asked.is_none() && standing.is_paused() {
            let set_by = &standing.last.by;
            tracing::warn!(by, reason, set_by, "trading is asked to pause and is paused already");
            return standing.row();
        }
        let at = self.0.clock.now();
        let entry = ControlEntry {
            scope: Scope::Global,
            // A halt is not made a mere pause by that.
            mode: standing.mode().max(ControlMode::Paused),
            by: by.to_owned(),
            at,
            reason: reason.to_owned(),
        };
        let mut entries = standing.without_global();
        entries.push(entry);
        let last = LastChange { by: by.to_owned(), at, reason: Some(reason.to_owned()) };
        if let Some(overtaken) = standing.asked.take() {
            overtaken.answer(&Err(ResumeError::Overtaken));
        }
        standing.put(entries, last);
        self.0.publish(&mut standing);
        tracing::warn!(by, reason, "trading is paused");
        standing.row()
    }

    /// Says by which name the pause was set that `by` has set at this instant; for a name that was
    /// not at hand when it had to be in force. Does nothing when that pause is over.
    pub(crate) fn name_pause(&self, by: &str, at: Timestamp, name: &str) {
        let mut standing = self.0.lock();
        let Some(known) = &standing.known else { return };
        let (mut entries, mut last) = (known.snapshot.entries.clone(), known.last.clone());
        let is_theirs = |entry: &&mut ControlEntry| {
            entry.scope == Scope::Global && entry.by == by && entry.at == at
        };
        let Some(entry) = entries.iter_mut().find(is_theirs) else { return };
        name.clone_into(&mut entry.by);
        if last.at == at && last.by == by {
            name.clone_into(&mut last.by);
        }
        standing.put(entries, last);
        self.0.publish(&mut standing);
    }

    /// The row as it is once this version or a later one is durable, or after `wait`.
    pub(crate) async fn recorded(&self, version: u64, wait: Duration) -> ControlRow {
        let mut shown = self.shown();
        let durable = shown.wait_for(|row| row.durable && row.version >= version);
        // It is shown as it is then, and says by itself whether it is durable.
        let _ = timeout(wait, durable).await.is_ok();
        self.0.shown.borrow().clone()
    }

    /// Lets entries go again, once that is recorded.
    ///
    /// # Errors
    /// [`ResumeError`]: the stop stays then.
    pub(crate) async fn resume(&self, by: &str, reason: &str) -> Result<ControlRow, ResumeError> {
        let (waiting, answered) = oneshot::channel();
        {
            let mut standing = self.0.lock();
            if standing.known.is_some() && !standing.is_paused() {
                return Ok(standing.row());
            }
            match &mut standing.asked {
                Some(asked) => asked.waiting.push(waiting),
                None => {
                    let at = self.0.clock.now();
                    let last =
                        LastChange { by: by.to_owned(), at, reason: Some(reason.to_owned()) };
                    let entries = standing.without_global();
                    let snapshot = ControlSnapshot { version: standing.next(), entries };
                    let control = StoredControl { last, snapshot, recorded_late: false };
                    standing.asked =
                        Some(Asked { control, span: Span::current(), waiting: vec![waiting] });
                }
            }
            self.0.unwritten.notify_one();
        }
        let late = || ResumeError::NotRecorded("the store does not answer; try again".to_owned());
        match timeout(RECORD_DEADLINE, answered).await {
            Ok(answer) => answer.unwrap_or_else(|_| Err(late())),
            Err(_) => {
                // Nobody is to be surprised by it later.
                self.0.withdraw(&mut self.0.lock(), &late());
                Err(late())
            }
        }
    }

    /// Stops the entries of whoever is shut out, from now on and for as long as they are.
    pub(super) fn obey(&self, mut shut: watch::Receiver<ShutUsers>) {
        self.shut_out(&shut.borrow_and_update());
        let control = self.clone();
        tokio::spawn(async move {
            while shut.changed().await.is_ok() {
                control.shut_out(&shut.borrow_and_update());
            }
        });
    }

    /// Stops the entries of exactly those tenants whose users are shut out.
    fn shut_out(&self, users: &ShutUsers) {
        let entry = |(tenant, shut): (&TenantId, &Shut)| {
            let entry = ControlEntry {
                scope: Scope::Tenant(tenant.clone()),
                mode: ControlMode::Paused,
                by: shut.by.clone(),
                at: shut.at,
                reason: SHUT.to_owned(),
            };
            (tenant.clone(), entry)
        };
        let shut: BTreeMap<_, _> = users.iter().map(entry).collect();
        let mut standing = self.0.lock();
        if standing.shut == shut {
            return;
        }
        standing.shut = shut;
        if let Some(StoredControl { last, snapshot, .. }) = standing.known.clone() {
            standing.put(snapshot.entries, last);
        }
        self.0.publish(&mut standing);
    }

    /// Whether a resumption is being recorded.
    #[cfg(test)]
    pub(crate) fn is_resuming(&self) -> bool {
        self.0.lock().asked.is_some()
    }

    /// Waits until what is in force is durable.
    pub(crate) async fn settled(&self) {
        // A row that is never durable is given up by whoever waits.
        let _ = self.shown().wait_for(|row| row.durable).await.is_ok();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands what is in force to tenants and people, and to the task that writes.
    fn publish(&self, standing: &mut Standing) {
        let obeyed = standing.obeyed();
        if *self.snapshot.borrow() != obeyed {
            let version = obeyed.as_ref().map_or(0, |obeyed| obeyed.version);
            standing.told = (version, Instant::now());
            self.snapshot.send_replace(obeyed);
        }
        self.shown.send_replace(standing.row());
        self.unwritten.notify_one();
    }

    /// Takes back what is being recorded: the store gets what is in force again.
    fn withdraw(&self, standing: &mut Standing, why: &ResumeError) {
        if let Some(asked) = standing.asked.take() {
            standing.written = None;
            asked.answer(&Err(why.clone()));
            self.publish(standing);
        }
    }
}

impl Standing {
    fn next(&mut self) -> u64 {
        self.latest += 1;
        self.latest
    }

    /// Puts in force what people have stopped, as the next version.
    fn put(&mut self, entries: Vec<ControlEntry>, last: LastChange) {
        let snapshot = ControlSnapshot { version: self.next(), entries };
        self.last = last.clone();
        self.known = Some(StoredControl { last, snapshot, recorded_late: false });
        if self.asked.is_some() {
            // What is recorded next must be later than what is in force until then.
            let version = self.next();
            self.asked.iter_mut().for_each(|asked| asked.control.snapshot.version = version);
        }
    }

    /// What is in force everywhere.
    fn mode(&self) -> ControlMode {
        let stop = self.known.as_ref().and_then(|known| global(&known.snapshot));
        stop.map_or(ControlMode::Running, |stop| stop.mode)
    }

    /// Whether this node has kept this version by itself.
    fn keeps(&self, version: Option<u64>) -> bool {
        let kept = self.kept.as_ref().map(|kept| kept.stop.snapshot.version);
        kept.is_some() && kept == version
    }

    fn is_paused(&self) -> bool {
        self.mode() > ControlMode::Running
    }

    fn without_global(&self) -> Vec<ControlEntry> {
        let entries = self.known.iter().flat_map(|known| &known.snapshot.entries);
        entries.filter(|entry| entry.scope != Scope::Global).cloned().collect()
    }

    /// All that tenants obey.
    fn obeyed(&self) -> Option<Arc<ControlSnapshot>> {
        let ControlSnapshot { version, entries } = &self.known.as_ref()?.snapshot;
        let entries = entries.iter().chain(self.shut.values()).cloned().collect();
        Some(Arc::new(ControlSnapshot { version: *version, entries }))
    }

    fn row(&self) -> ControlRow {
        let snapshot = self.known.as_ref().map(|known| &known.snapshot);
        let mode = match snapshot {
            None => ControlModeWord::Unknown,
            Some(snapshot) => global(snapshot).map_or(ControlModeWord::Running, |e| e.mode.into()),
        };
        let version = snapshot.map(|snapshot| snapshot.version);
        ControlRow {
            mode,
            version: version.unwrap_or_default(),
            last_changed_by: self.last.by.clone(),
            last_changed_at: self.last.at,
            reason: self.last.reason.clone(),
            durable: version == self.written || self.keeps(version),
        }
    }
}

impl Asked {
    fn answer(self, answer: &Result<ControlRow, ResumeError>) {
        for waiting in self.waiting {
            // Whoever has asked may have gone.
            let _ = waiting.send(answer.clone());
        }
    }
}

/// The stop that covers everything, when there is one.
fn global(snapshot: &ControlSnapshot) -> Option<&ControlEntry> {
    let stops =
        |entry: &&ControlEntry| entry.scope == Scope::Global && entry.mode > ControlMode::Running;
    snapshot.entries.iter().find(stops)
}
