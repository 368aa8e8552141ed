//! The embedded store: one SQLite file per data directory, one process per directory.
//!
//! Write-ahead log, flushed at every commit. One thread writes ([`writer`]) what waits in a fair,
//! bounded queue ([`queue`]); readers have connections of their own ([`reader`]). No call blocks
//! the asynchronous runtime.

mod fault;
mod index;
mod open;
mod queue;
mod read;
mod reader;
mod write;
mod writer;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use ballast_domain::{TenantId, Timestamp};
use ballast_engine::ports::JournalError;
use rusqlite::Connection;
use tokio::task::spawn_blocking;

use crate::backend::{Address, Change, Stored};
use crate::contract::{Etag, Head, Partition, Priority, Snapshot};
use crate::error::{OpenError, StoreError};
use crate::journal::{Batch, Decode, Range, Stream};
use crate::lease::{Attempt, Lease};
use crate::query::Plan;
use crate::sqlite::fault::Fault;
use crate::sqlite::reader::Readers;
use crate::sqlite::writer::Writer;
use crate::store::Options;
pub use writer::COMMIT_SECONDS;

/// An open data directory.
pub(crate) struct Sqlite {
    file: PathBuf,
    writer: Writer,
    readers: Arc<Readers>,
}

impl Sqlite {
    pub(crate) async fn open(options: Options) -> Result<Self, OpenError> {
        let directory = options.directory.clone();
        let unavailable = |reason: String| OpenError::Unavailable { file: directory, reason };
        match spawn_blocking(move || Self::open_blocking(&options)).await {
            Ok(opened) => opened,
            Err(error) => Err(unavailable(error.to_string())),
        }
    }

    fn open_blocking(options: &Options) -> Result<Self, OpenError> {
        let opened = open::open(options)?;
        let file = opened.file.clone();
        let writer = Writer::start(opened).map_err(|error| OpenError::Unavailable {
            file: file.clone(),
            reason: error.to_string(),
        })?;
        let readers = Readers::new(&file);
        Ok(Self { file, writer, readers })
    }

    pub(crate) async fn append(
        &self,
        batch: Batch,
        priority: Priority,
    ) -> Result<u64, JournalError> {
        let partition = Partition::Tenant(batch.stream.tenant.clone());
        let bytes = batch.bodies.iter().map(String::len).sum();
        let work = move |at: &_| write::append(at, &batch);
        self.writer.write(&partition, priority, bytes, work).await?
    }

    pub(crate) async fn claim(&self, stream: Stream, epoch: u64) -> Result<Head, JournalError> {
        let partition = Partition::Tenant(stream.tenant.clone());
        let work = move |at: &_| write::claim(at, &stream, epoch);
        self.writer.write(&partition, Priority::High, 0, work).await?
    }

    pub(crate) async fn read_stream<T: Send + 'static>(
        &self,
        range: Range,
        decode: Decode<T>,
    ) -> Result<T, StoreError> {
        let read = move |at: &_| Ok(decode(read::slice(at, &range)?));
        self.readers.read(read).await
    }

    pub(crate) async fn put_snapshot(
        &self,
        stream: Stream,
        snapshot: Snapshot,
    ) -> Result<(), StoreError> {
        let partition = Partition::Tenant(stream.tenant.clone());
        let bytes = snapshot.bytes.len();
        let work = move |at: &_| write::put_snapshot(at, &stream, &snapshot);
        self.writer.write(&partition, Priority::Low, bytes, work).await?
    }

    pub(crate) async fn snapshot(&self, stream: Stream) -> Result<Option<Snapshot>, StoreError> {
        self.readers.read(move |at| read::snapshot(at, &stream)).await
    }

    pub(crate) async fn get(
        &self,
        address: Address,
        now: Timestamp,
    ) -> Result<Option<Stored>, StoreError> {
        self.readers.read(move |at| read::document(at, &address, now)).await
    }

    pub(crate) async fn change(&self, change: Change) -> Result<Option<Etag>, StoreError> {
        let partition = change.address.partition.clone();
        let bytes = change.body.as_ref().map_or(0, String::len);
        let priority = change.priority;
        let work = move |at: &_| write::change(at, &change);
        self.writer.write(&partition, priority, bytes, work).await?
    }

    pub(crate) async fn query(
        &self,
        partition: Partition,
        plan: Plan,
        now: Timestamp,
    ) -> Result<Vec<Stored>, StoreError> {
        self.readers.read(move |at| read::query(at, &partition, &plan, now)).await
    }

    pub(crate) async fn tenants(
        &self,
        after: Option<TenantId>,
        limit: usize,
    ) -> Result<Vec<TenantId>, StoreError> {
        self.readers.read(move |at| read::tenants(at, after.as_ref(), limit)).await
    }

    pub(crate) async fn lease(&self, name: String) -> Result<Option<Lease>, StoreError> {
        self.readers.read(move |at| read::lease(at, &name)).await
    }

    pub(crate) async fn change_lease(&self, to: Attempt) -> Result<Option<Lease>, StoreError> {
        let work = move |at: &_| write::change_lease(at, &to);
        self.writer.write(&Partition::Product, Priority::High, 0, work).await
    }

    pub(crate) async fn purge(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let work = move |at: &_| write::purge(at, now, limit);
        self.writer.write(&Partition::Product, Priority::Low, 0, work).await
    }

    pub(crate) fn waiting(&self) -> usize {
        self.writer.waiting()
    }

    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        self.writer.write(&Partition::Product, Priority::High, 0, |_| Ok(())).await?;
        let answer = |at: &Connection| Ok(at.query_row("SELECT 1", (), |_| Ok(()))?);
        self.readers.read(answer).await
    }

    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let check = |at: &_| match open::walk(at, "integrity_check")? {
            None => Ok(()),
            Some(finding) => Err(Fault::Damaged(finding)),
        };
        self.readers.read(check).await
    }

    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        self.readers.close().await;
        self.writer.close();
        self.writer.ended().await
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.writer.close();
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("file", &self.file).finish_non_exhaustive()
    }
}
