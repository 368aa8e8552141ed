//! Where rows are kept: one collection per kind, and the task that writes them.
//!
//! Rows are written behind the journal, coalesced, at low priority. How far they have come is
//! written after them, and a snapshot of the state after that: a start folds from the snapshot and
//! so sees every event whose rows may be missing.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ballast_domain::{Timestamp, TradeId};
use ballast_storage::{
    Collection, Index, Precondition, Snapshot, StoreError, StreamName, TenantStore,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use utoipa::ToSchema;

use super::rows::{OrderRow, TimelineRow};

/// Orders, by when they were accepted.
pub(crate) const ORDERS: Collection = Collection {
    name: "order",
    indexes: &[
        Index { equal: &[], order: Some("seq") },
        Index { equal: &["profileId"], order: Some("seq") },
        Index { equal: &["symbol"], order: Some("seq") },
        Index { equal: &["profileId", "symbol"], order: Some("seq") },
    ],
};

/// Closed trades, by when they were closed.
pub(crate) const TRADES: Collection = Collection {
    name: "trade-history",
    indexes: &[
        Index { equal: &[], order: Some("closedMs") },
        Index { equal: &["profileId"], order: Some("closedMs") },
        Index { equal: &["symbol"], order: Some("closedMs") },
        Index { equal: &["profileId", "symbol"], order: Some("closedMs") },
    ],
};

/// The ledger's transfers.
pub(crate) const TRANSFERS: Collection = Collection {
    name: "capital-ledger",
    indexes: &[Index { equal: &["profileId"], order: Some("seq") }],
};

/// Lines of timelines and of the lives of trades.
pub(crate) const TIMELINE: Collection = Collection {
    name: "timeline",
    indexes: &[
        Index { equal: &["listedUnder"], order: Some("seq") },
        Index { equal: &["listedUnder", "symbol"], order: Some("seq") },
        Index { equal: &["tradeId"], order: Some("seq") },
    ],
};

/// Alerts.
pub(crate) const ALERTS: Collection =
    Collection { name: "notifications", indexes: &[Index { equal: &[], order: Some("seq") }] };

/// Every version of every profile's document.
pub(crate) const VERSIONS: Collection = Collection {
    name: "trading-profiles",
    indexes: &[Index { equal: &["profileId"], order: Some("version") }],
};

/// What profiles were worth, an hour in each document.
pub(crate) const EQUITY: Collection = Collection {
    name: "equity",
    indexes: &[Index { equal: &["profileId"], order: Some("fromMs") }],
};

/// How far the rows have come in the journal.
pub(crate) const PROGRESS: Collection = Collection { name: "projection", indexes: &[] };

/// Documents that are written at once.
const AT_ONCE: usize = 64;
/// How long the store is left alone after it did not take something.
const PAUSE: Duration = Duration::from_secs(1);

/// A line with where it is listed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listed {
    #[serde(flatten)]
    pub(crate) row: TimelineRow,
    /// The profile in whose timeline it is; none when it is only part of a trade's life.
    #[serde(skip_serializing_if = "Option::is_none")]
    listed_under: Option<String>,
    /// The trade whose life it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    trade_id: Option<String>,
}

impl Listed {
    pub(super) fn new(row: TimelineRow, in_timeline: bool, trade: Option<TradeId>) -> Self {
        let listed_under = in_timeline.then(|| row.profile_id.clone());
        Self { listed_under, trade_id: trade.map(|trade| trade.to_string()), row }
    }
}

/// An order as stored: rows may have come further than what says how far they have come, and what
/// is in a row already is not booked into it again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeptOrder {
    #[serde(flatten)]
    pub(super) row: OrderRow,
    /// The last event that is in it.
    #[serde(default)]
    pub(super) booked_seq: u64,
}

/// Where a version of a profile's document is kept.
pub(crate) fn version_key(profile: impl Display, version: u64) -> String {
    format!("{profile}.{version:010}")
}

/// One version of a profile's document.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionRow {
    pub(crate) profile_id: String,
    pub(crate) version: u64,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    /// Who made it.
    pub(crate) by: String,
    /// The whole document.
    pub(crate) document: Json,
}

/// A row on its way to the store.
#[derive(Debug)]
pub(super) enum Write {
    Put(Json),
    /// Only when it is not there: what is there was written from the same event.
    Add(Json),
    Remove,
}

/// What waits to be written.
#[derive(Debug, Default)]
struct Pending {
    rows: BTreeMap<(&'static str, String), (&'static Collection, Write)>,
    seq: u64,
    snapshot: Option<Snapshot>,
}

/// Writes rows behind the journal.
#[derive(Debug)]
pub(super) struct Writer {
    pending: Arc<Mutex<Pending>>,
    /// Told of news; the task ends when it is gone.
    news: Mutex<Option<watch::Sender<()>>>,
    /// How far the rows are stored.
    stored: watch::Sender<u64>,
    task: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    seq: u64,
}

/// The sequence up to which rows are stored.
pub(super) async fn progress(store: &TenantStore) -> Result<u64, StoreError> {
    let found = store.documents(&PROGRESS).get::<Progress>("journal").await?;
    Ok(found.map_or(0, |found| found.body.seq))
}

impl Writer {
    /// Starts the task that writes to `store`.
    pub(super) fn start(store: TenantStore) -> Self {
        let pending: Arc<Mutex<Pending>> = Arc::default();
        let (news, heard) = watch::channel(());
        let stored = watch::Sender::new(0);
        let task = tokio::spawn(run(store, Arc::clone(&pending), heard, stored.clone()));
        let (news, task) = (Mutex::new(Some(news)), Mutex::new(Some(task)));
        Self { pending, news, stored, task }
    }

    /// Rows up to `seq` were stored before.
    pub(super) fn begins_at(&self, seq: u64) {
        reach(&self.stored, seq);
    }

    /// Waits until rows up to `seq` are stored, or a store that is away has been waited for.
    pub(super) async fn has_stored(&self, seq: u64) {
        let mut stored = self.stored.subscribe();
        let reached = stored.wait_for(|stored| *stored >= seq);
        // Whoever asks is given what there is then.
        let _ = tokio::time::timeout(PAUSE, reached).await;
    }

    /// Adds a row, in the place of an older state of it that was not written yet.
    pub(super) fn add(&self, collection: &'static Collection, key: String, write: Write) {
        lock(&self.pending).rows.insert((collection.name, key), (collection, write));
    }

    /// Rows that wait.
    pub(super) fn waiting(&self) -> usize {
        lock(&self.pending).rows.len()
    }

    /// Says that all rows up to `seq` were added, and wakes the task.
    pub(super) fn reached(&self, seq: u64) {
        lock(&self.pending).seq = seq;
        self.wake();
    }

    /// A snapshot to keep once the rows of its events are stored.
    pub(super) fn keep(&self, snapshot: Snapshot) {
        lock(&self.pending).snapshot = Some(snapshot);
        self.wake();
    }

    /// Writes what waits and ends.
    pub(super) async fn finish(&self) {
        lock(&self.news).take();
        let task = lock(&self.task).take();
        if let Some(task) = task {
            // One that panicked has said so.
            let _ = task.await;
        }
    }

    fn wake(&self) {
        if let Some(news) = lock(&self.news).as_ref() {
            news.send_replace(());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn reach(stored: &watch::Sender<u64>, seq: u64) {
    stored.send_if_modified(|stored| {
        let is_further = *stored < seq;
        *stored = seq.max(*stored);
        is_further
    });
}

async fn run(
    store: TenantStore,
    pending: Arc<Mutex<Pending>>,
    mut news: watch::Receiver<()>,
    stored: watch::Sender<u64>,
) {
    let mut written = 0;
    loop {
        let last = news.changed().await.is_err();
        while let Some(mut batch) = take(&pending, written) {
            written = batch.seq;
            while let Err(error) = flush(&store, &mut batch).await {
                tracing::warn!(tenant = %store.id(), %error, "rows wait to be stored");
                // Nobody waits for a store that is away; the journal has what is not written.
                if news.has_changed().is_err() {
                    return;
                }
                tokio::time::sleep(PAUSE).await;
            }
            reach(&stored, batch.seq);
        }
        if last {
            return;
        }
    }
}

/// What waits; `None` when nothing does.
fn take(pending: &Mutex<Pending>, written: u64) -> Option<Pending> {
    let mut pending = lock(pending);
    let idle = pending.rows.is_empty() && pending.snapshot.is_none() && pending.seq == written;
    let seq = pending.seq;
    (!idle).then(|| {
        let batch = std::mem::take(&mut *pending);
        pending.seq = seq;
        batch
    })
}

/// Writes a batch: rows, then how far they come, then the snapshot. What is written leaves it.
async fn flush(store: &TenantStore, batch: &mut Pending) -> Result<(), StoreError> {
    while !batch.rows.is_empty() {
        let mut writes = JoinSet::new();
        for _ in 0..AT_ONCE {
            let Some(((name, key), (collection, write))) = batch.rows.pop_first() else { break };
            let documents = store.documents(collection);
            writes.spawn(async move {
                let done = write_one(&documents, &key, &write).await;
                done.map_err(|error| (error, (name, key), (collection, write)))
            });
        }
        let mut failed = None;
        while let Some(done) = writes.join_next().await {
            if let Ok(Err((error, place, row))) = done {
                // A newer state of the row is in the next batch; this one is tried again before it.
                batch.rows.insert(place, row);
                failed = Some(error);
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
    }
    let progress = Progress { seq: batch.seq };
    store.documents(&PROGRESS).put("journal", &progress, Precondition::Any, None).await?;
    if let Some(snapshot) = batch.snapshot.take() {
        // A snapshot is only a cache: without it the journal is folded from further back.
        if let Err(error) = store.put_snapshot(StreamName::Journal, snapshot).await {
            tracing::warn!(tenant = %store.id(), %error, "no snapshot was kept");
        }
    }
    Ok(())
}

async fn write_one(
    documents: &ballast_storage::Documents,
    key: &str,
    write: &Write,
) -> Result<(), StoreError> {
    let done = match write {
        Write::Put(row) => documents.put(key, row, Precondition::Any, None).await.map(drop),
        Write::Add(row) => match documents.put(key, row, Precondition::Absent, None).await {
            Err(StoreError::Changed { .. }) => Ok(()),
            done => done.map(drop),
        },
        Write::Remove => documents.delete(key, Precondition::Any).await.map(drop),
    };
    match done {
        // What the store will never take must not hold up what comes after it.
        Err(StoreError::Refused(why)) => {
            tracing::error!(key, why, "a row was not stored, please report it");
            Ok(())
        }
        done => done,
    }
}
