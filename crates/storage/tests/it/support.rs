//! A store to test, a clock to turn, numbers from a seed, and what is stored.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ballast_domain::{TenantId, Timestamp};
use ballast_engine::ports::{Clock, Journal};
use ballast_storage::{
    Collection, Faults, Index, OpenError, Options, Store, StreamName, TenantJournal,
};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

pub(crate) static ORDERS: Collection = Collection {
    name: "order",
    indexes: &[
        Index { equal: &[], order: Some("at") },
        Index { equal: &["profileId"], order: Some("at") },
        Index { equal: &["profileId", "status"], order: Some("at") },
        Index { equal: &["status"], order: None },
    ],
};
pub(crate) static PLAIN: Collection = Collection { name: "flags", indexes: &[] };
pub(crate) static COLLECTIONS: [Collection; 2] = [
    Collection { name: ORDERS.name, indexes: ORDERS.indexes },
    Collection { name: PLAIN.name, indexes: PLAIN.indexes },
];

/// A store, and the clock that it reads.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) clock: Arc<TestClock>,
    /// The faults of a store in memory; a store on disk is opened again instead.
    pub(crate) faults: Option<Faults>,
    _directory: Option<TempDir>,
}

impl Fixture {
    pub(crate) async fn sqlite() -> Self {
        let directory = TempDir::new().unwrap();
        let clock = Arc::new(TestClock::default());
        let store = Store::open(options(directory.path()), clock.clone()).await.unwrap();
        Self { store, clock, faults: None, _directory: Some(directory) }
    }

    pub(crate) fn memory() -> Self {
        let clock = Arc::new(TestClock::default());
        let (store, faults) = Store::memory(&COLLECTIONS, clock.clone()).unwrap();
        Self { store, clock, faults: Some(faults), _directory: None }
    }

    pub(crate) fn journal(&self, tenant_id: &str) -> TenantJournal<Note> {
        journal(&self.store, tenant_id)
    }
}

pub(crate) fn options(directory: &Path) -> Options {
    Options {
        directory: directory.to_owned(),
        collections: &COLLECTIONS,
        max_bytes: None,
        local_bytes: None,
    }
}

pub(crate) async fn open(directory: &Path) -> Result<Store, OpenError> {
    Store::open(options(directory), Arc::new(TestClock::default())).await
}

pub(crate) fn journal(store: &Store, tenant_id: &str) -> TenantJournal<Note> {
    store.tenant(&tenant(tenant_id)).journal(StreamName::Journal, 0)
}

pub(crate) fn tenant(id: &str) -> TenantId {
    id.parse().unwrap()
}

/// What the journals of these tests hold: which of how many of a batch it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) batch: u64,
    pub(crate) part: u64,
    pub(crate) parts: u64,
    pub(crate) text: String,
}

/// A batch of `parts` notes with texts of `bytes` bytes.
pub(crate) fn batch(number: u64, parts: u64, bytes: usize) -> Vec<Note> {
    let note = |part| Note { batch: number, part, parts, text: "x".repeat(bytes) };
    (1..=parts).map(note).collect()
}

/// Everything that the journal holds, read in pages.
pub(crate) async fn read_all(journal: &TenantJournal<Note>) -> Vec<Note> {
    let mut notes = Vec::new();
    loop {
        let page = journal.read(notes.len() as u64, 100).await.unwrap();
        let more = page.len() == 100;
        notes.extend(page);
        if !more {
            return notes;
        }
    }
}

/// Panics unless the notes are whole batches with rising numbers; says how many batches.
pub(crate) fn check_batches(notes: &[Note]) -> u64 {
    let mut rest = notes;
    let mut batches = 0;
    while let Some(first) = rest.first() {
        let parts = usize::try_from(first.parts).unwrap();
        assert!(parts <= rest.len(), "batch {} was torn: {first:?}", first.batch);
        let (this, after) = rest.split_at(parts);
        batches += 1;
        let expected: Vec<(u64, u64)> = (1..=first.parts).map(|part| (batches, part)).collect();
        let found: Vec<(u64, u64)> = this.iter().map(|note| (note.batch, note.part)).collect();
        assert_eq!(found, expected);
        rest = after;
    }
    batches
}

/// A clock that stands until it is turned.
#[derive(Default)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_nanos()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::SeqCst))
    }
}

/// Numbers that look random and are the same for the same seed.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    /// The next, below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
