//! The store: opening, and the two ways in, by tenant and for the product.

use std::path::PathBuf;
use std::sync::Arc;

use ballast_domain::TenantId;
use ballast_engine::ports::{Clock, JournalError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::backend::{Backend, Engine};
use crate::contract::{Collection, MAX_SNAPSHOT_BYTES, Partition, Snapshot, StreamName, encode};
use crate::document::Documents;
use crate::drain::{Drain, drain};
use crate::error::{OpenError, StoreError};
use crate::journal::{Stream, TenantJournal};
use crate::lease::Leases;
use crate::local::{LocalLog, LocalStatus};
use crate::memory::{Faults, Memory};
use crate::query::check_collections;
use crate::sqlite::Sqlite;

/// How to open the embedded store.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data directory; made when it is not there. On a local disk, for one process.
    pub directory: PathBuf,
    /// Every collection that will be used, with its indexes.
    pub collections: &'static [Collection],
    /// How large the database file may grow, so that the disk keeps room for everything else.
    /// A store at its limit refuses writes and serves reads.
    pub max_bytes: Option<u64>,
    /// How large `local.log` is, in bytes, which keeps what must not wait for a store that is
    /// away. Without a size none is made, and one that is there is used.
    pub local_bytes: Option<u64>,
}

/// Where everything is remembered; a handle that is cheap to clone.
///
/// Dropping every handle closes the store as [`Store::close`] does, but without waiting for it.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Backend,
}

impl Store {
    /// Opens the embedded store, or makes it.
    ///
    /// # Errors
    /// [`OpenError`], which says what to do.
    pub async fn open(options: Options, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let collections = options.collections;
        check_collections(collections).map_err(OpenError::Collections)?;
        let (directory, bytes) = (options.directory.clone(), options.local_bytes);
        let sqlite = Sqlite::open(options).await?;
        let local = open_local(directory, bytes).await?;
        let engine = Engine::Sqlite(Arc::new(sqlite));
        let backend = Backend::new(engine, clock, collections, local);
        Ok(Self { backend })
    }

    /// A store that forgets everything with its last handle: for tests and simulation, with the
    /// faults that these inject.
    ///
    /// # Errors
    /// [`OpenError::Collections`].
    pub fn memory(
        collections: &'static [Collection],
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, Faults), OpenError> {
        check_collections(collections).map_err(OpenError::Collections)?;
        let faults = Faults::default();
        let engine = Engine::Memory(Arc::new(Memory::new(faults.clone())));
        let backend = Backend::new(engine, clock, collections, None);
        Ok((Self { backend }, faults))
    }

    /// The same store with `local.log` of `bytes` in `directory`, as a process finds it that is
    /// started again.
    ///
    /// # Errors
    /// [`OpenError`], which says what to do.
    pub async fn with_local(&self, directory: PathBuf, bytes: u64) -> Result<Self, OpenError> {
        let local = open_local(directory, Some(bytes)).await?;
        Ok(Self { backend: self.backend.clone().with_local(local) })
    }

    /// How things stand with what this node keeps by itself, now and as it changes; `None` where
    /// there is no `local.log`.
    #[must_use]
    pub fn local_status(&self) -> Option<watch::Receiver<LocalStatus>> {
        self.backend.local().map(|local| local.status())
    }

    /// Appends to the store what `local.log` holds, in order, and lets the file begin anew. It can
    /// end at any moment: what is done is known by the sequences of the streams.
    ///
    /// # Errors
    /// [`JournalError::Unavailable`] while the store is away; another error when a stream cannot
    /// be appended to, which is left in the file then.
    pub async fn drain(&self, how: &Drain<'_>) -> Result<(), JournalError> {
        match self.backend.local() {
            Some(local) => drain(&self.backend, local, how).await,
            None => Ok(()),
        }
    }

    /// Waits until something has been kept in `local.log`; for ever where there is none.
    pub async fn kept_locally(&self) {
        match self.backend.local() {
            Some(local) => local.news().await,
            None => std::future::pending().await,
        }
    }

    /// Everything of one tenant.
    #[must_use]
    pub fn tenant(&self, id: &TenantId) -> TenantStore {
        TenantStore { backend: self.backend.clone(), id: id.clone() }
    }

    /// What belongs to no tenant: control, config, flags, users.
    #[must_use]
    pub fn product(&self) -> ProductStore {
        ProductStore { backend: self.backend.clone() }
    }

    /// Who owns what for now.
    #[must_use]
    pub fn leases(&self) -> Leases {
        Leases::new(self.backend.clone())
    }

    /// The next `limit` tenants that anything was ever written for, ordered by id.
    ///
    /// # Errors
    /// [`StoreError`], by what the caller does next.
    pub async fn tenants(
        &self,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Result<Vec<TenantId>, StoreError> {
        self.backend.tenants(after.cloned(), limit).await
    }

    /// Frees the space of at most `limit` expired documents, and says of how many. They count as
    /// absent without it.
    ///
    /// # Errors
    /// [`StoreError`], by what the caller does next.
    pub async fn purge_expired(&self, limit: usize) -> Result<usize, StoreError> {
        self.backend.purge(limit).await
    }

    /// How many writes wait for the disk, of all tenants together.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.backend.waiting()
    }

    /// Asks whether it takes writes and answers reads, which costs next to nothing and writes
    /// nothing. It waits behind what is waiting.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.backend.ping().await
    }

    /// Reads all that is stored and checks that it is whole, which takes long in a large store.
    /// Whether a journal was tampered with is [`TenantJournal::verify`]'s to say.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with what was found.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.backend.check().await
    }

    /// Finishes what was accepted, writes it to its final place and gives the directory free.
    /// Whatever is asked of the store from now on fails as [`StoreError::Unavailable`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when not all could be written to its final place; nothing that
    /// was acknowledged is lost by that.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.backend.close().await
    }
}

/// Everything of one tenant.
#[derive(Debug, Clone)]
pub struct TenantStore {
    backend: Backend,
    id: TenantId,
}

impl TenantStore {
    /// Whose store this is.
    #[must_use]
    pub const fn id(&self) -> &TenantId {
        &self.id
    }

    /// One of the tenant's streams, under an epoch (zero where there are no leases).
    #[must_use]
    pub fn journal<R>(&self, stream: StreamName, epoch: u64) -> TenantJournal<R> {
        TenantJournal::new(self.backend.clone(), self.stream(stream), epoch)
    }

    /// The tenant's documents of one collection.
    #[must_use]
    pub fn documents(&self, collection: &'static Collection) -> Documents {
        let partition = Partition::Tenant(self.id.clone());
        Documents::new(self.backend.clone(), partition, collection)
    }

    /// Keeps a cache of the stream's fold up to its record `seq`. Older ones go when there are
    /// enough newer ones.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when the stream has no such record or the snapshot is too large;
    /// otherwise by what the caller does next.
    pub async fn put_snapshot(
        &self,
        stream: StreamName,
        snapshot: Snapshot,
    ) -> Result<(), StoreError> {
        let size = snapshot.bytes.len();
        if size > MAX_SNAPSHOT_BYTES {
            return Err(StoreError::Refused(format!(
                "a snapshot of {size} bytes; the most is {MAX_SNAPSHOT_BYTES}"
            )));
        }
        self.backend.put_snapshot(self.stream(stream), snapshot).await
    }

    /// The newest snapshot that is whole and was taken of the stream as it stands now.
    ///
    /// # Errors
    /// [`StoreError`], by what the caller does next.
    pub async fn snapshot(&self, stream: StreamName) -> Result<Option<Snapshot>, StoreError> {
        self.backend.snapshot(self.stream(stream)).await
    }

    fn stream(&self, name: StreamName) -> Stream {
        let tenant = self.id.clone();
        Stream { tenant, name }
    }
}

/// What belongs to no tenant. It has no journal: only tenants trade.
#[derive(Debug, Clone)]
pub struct ProductStore {
    backend: Backend,
}

/// A stop that this node keeps by itself until it is recorded where stops are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptStop<T> {
    number: u64,
    /// The stop.
    pub stop: T,
}

impl ProductStore {
    /// Makes a stop durable on this node, in the place of the one before, whatever the store does.
    /// Without `local.log` it does nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the file does not take it.
    pub async fn keep_stop<T: Serialize>(
        &self,
        stop: T,
    ) -> Result<Option<KeptStop<T>>, StoreError> {
        let Some(local) = self.backend.local() else { return Ok(None) };
        let number = local.keep_stop(encode(&stop)?).await?;
        Ok(Some(KeptStop { number, stop }))
    }

    /// The stop that was kept last and not recorded since.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when this release cannot read it.
    pub fn kept_stop<T: DeserializeOwned>(&self) -> Result<Option<KeptStop<T>>, StoreError> {
        let kept = self.backend.local().and_then(|local| local.kept_stop());
        let Some((number, body)) = kept else { return Ok(None) };
        let unknown = |error| StoreError::Corrupt(format!("the stop in local.log: {error}"));
        let stop = serde_json::from_str(&body).map_err(unknown)?;
        Ok(Some(KeptStop { number, stop }))
    }

    /// Says that a stop is recorded where stops are, or has been overtaken there.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot begin anew; the stop is forgotten all the same.
    pub async fn stop_recorded<T>(&self, kept: &KeptStop<T>) -> Result<(), StoreError> {
        match self.backend.local() {
            Some(local) => local.stop_recorded(kept.number).await,
            None => Ok(()),
        }
    }

    /// The product's documents of one collection.
    #[must_use]
    pub fn documents(&self, collection: &'static Collection) -> Documents {
        Documents::new(self.backend.clone(), Partition::Product, collection)
    }
}

async fn open_local(
    directory: PathBuf,
    bytes: Option<u64>,
) -> Result<Option<Arc<LocalLog>>, OpenError> {
    let place = directory.clone();
    let opened = spawn_blocking(move || LocalLog::open(&directory, bytes)).await;
    let opened = opened
        .map_err(|error| OpenError::Unavailable { file: place, reason: error.to_string() })??;
    Ok(opened.map(Arc::new))
}
