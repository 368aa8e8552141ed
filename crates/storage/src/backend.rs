//! Which back end a store has, and what every back end can do.
//!
//! An enum and not a trait object: the back ends are known, and each operation is one `match` that
//! the compiler completes when another is added. What all of them must decide alike (hash chain,
//! versions, leases, queries) is decided by shared code, so that they only keep and find rows.

use std::fmt;
use std::sync::Arc;

use ballast_domain::{TenantId, Timestamp};
use ballast_engine::ports::{Clock, JournalError};

use crate::contract::{Collection, Etag, Head, Partition, Precondition, Priority, Snapshot};
use crate::error::StoreError;
use crate::journal::{Batch, Decode, Range, Stream};
use crate::lease::{Attempt, Lease};
use crate::local::LocalLog;
use crate::memory::Memory;
use crate::query::Plan;
use crate::sqlite::Sqlite;

/// Where one document is.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub(crate) partition: Partition,
    pub(crate) collection: &'static Collection,
    pub(crate) key: String,
}

/// A document as stored.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) key: String,
    pub(crate) etag: Etag,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) body: String,
}

/// A change of one document: to a body, or to nothing.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) address: Address,
    pub(crate) body: Option<String>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) when: Precondition,
    pub(crate) now: Timestamp,
    pub(crate) priority: Priority,
}

#[derive(Clone)]
pub(crate) enum Engine {
    Sqlite(Arc<Sqlite>),
    Memory(Arc<Memory>),
}

/// A back end with what every operation needs beside it.
#[derive(Clone)]
pub(crate) struct Backend {
    engine: Engine,
    clock: Arc<dyn Clock>,
    collections: &'static [Collection],
    local: Option<Arc<LocalLog>>,
}

impl Backend {
    pub(crate) fn new(
        engine: Engine,
        clock: Arc<dyn Clock>,
        collections: &'static [Collection],
        local: Option<Arc<LocalLog>>,
    ) -> Self {
        Self { engine, clock, collections, local }
    }

    /// The same, with what this node keeps by itself.
    pub(crate) fn with_local(self, local: Option<Arc<LocalLog>>) -> Self {
        Self { local, ..self }
    }

    /// What this node keeps by itself, where it does.
    pub(crate) const fn local(&self) -> Option<&Arc<LocalLog>> {
        self.local.as_ref()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn declares(&self, collection: &Collection) -> bool {
        self.collections.contains(collection)
    }

    pub(crate) async fn append(
        &self,
        batch: Batch,
        priority: Priority,
    ) -> Result<u64, JournalError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.append(batch, priority).await,
            Engine::Memory(memory) => memory.answering().await.append(&batch),
        }
    }

    pub(crate) async fn claim(&self, stream: Stream, epoch: u64) -> Result<Head, JournalError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.claim(stream, epoch).await,
            Engine::Memory(memory) => memory.answering().await.claim(&stream, epoch),
        }
    }

    pub(crate) async fn read_stream<T: Send + 'static>(
        &self,
        range: Range,
        decode: Decode<T>,
    ) -> Result<T, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.read_stream(range, decode).await,
            Engine::Memory(memory) => memory.answering().await.read_stream(&range).map(decode),
        }
    }

    pub(crate) async fn put_snapshot(
        &self,
        stream: Stream,
        snapshot: Snapshot,
    ) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.put_snapshot(stream, snapshot).await,
            Engine::Memory(memory) => memory.answering().await.put_snapshot(&stream, snapshot),
        }
    }

    pub(crate) async fn snapshot(&self, stream: Stream) -> Result<Option<Snapshot>, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.snapshot(stream).await,
            Engine::Memory(memory) => memory.answering().await.snapshot(&stream),
        }
    }

    pub(crate) async fn get(&self, address: Address) -> Result<Option<Stored>, StoreError> {
        let now = self.now();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.get(address, now).await,
            Engine::Memory(memory) => memory.answering().await.get(&address, now),
        }
    }

    /// The version before a deletion and after a write; `None` when there was nothing to delete.
    pub(crate) async fn change(&self, change: Change) -> Result<Option<Etag>, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.change(change).await,
            Engine::Memory(memory) => memory.answering().await.change(change),
        }
    }

    /// The documents of the page and one more, when there is one.
    pub(crate) async fn query(
        &self,
        partition: Partition,
        plan: Plan,
    ) -> Result<Vec<Stored>, StoreError> {
        let now = self.now();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.query(partition, plan, now).await,
            Engine::Memory(memory) => memory.answering().await.query(&partition, &plan, now),
        }
    }

    pub(crate) async fn tenants(
        &self,
        after: Option<TenantId>,
        limit: usize,
    ) -> Result<Vec<TenantId>, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.tenants(after, limit).await,
            Engine::Memory(memory) => memory.answering().await.tenants(after.as_ref(), limit),
        }
    }

    pub(crate) async fn lease(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.lease(name.to_owned()).await,
            Engine::Memory(memory) => memory.answering().await.lease(name),
        }
    }

    pub(crate) async fn change_lease(&self, to: Attempt) -> Result<Option<Lease>, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.change_lease(to).await,
            Engine::Memory(memory) => memory.answering().await.change_lease(&to),
        }
    }

    pub(crate) async fn purge(&self, limit: usize) -> Result<usize, StoreError> {
        let now = self.now();
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.purge(now, limit).await,
            Engine::Memory(memory) => memory.answering().await.purge(now, limit),
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.waiting(),
            Engine::Memory(_) => 0,
        }
    }

    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.ping().await,
            Engine::Memory(memory) => memory.reachable(),
        }
    }

    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.check().await,
            Engine::Memory(memory) => memory.answering().await.reachable(),
        }
    }

    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.close().await,
            Engine::Memory(memory) => memory.close(),
        }
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let engine: &dyn fmt::Debug = match &self.engine {
            Engine::Sqlite(sqlite) => sqlite,
            Engine::Memory(memory) => memory,
        };
        f.debug_tuple("Backend").field(engine).finish()
    }
}
