//! The store: opening, and the two ways in, by tenant and for the product.

use std::path::PathBuf;
use std::sync::Arc;

use ballast_domain::TenantId;
use ballast_engine::ports::Clock;

use crate::backend::{Backend, Engine};
use crate::contract::{Collection, MAX_SNAPSHOT_BYTES, Partition, Snapshot, StreamName};
use crate::document::Documents;
use crate::error::{OpenError, StoreError};
use crate::journal::{Stream, TenantJournal};
use crate::lease::Leases;
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
        let sqlite = Sqlite::open(options).await?;
        let engine = Engine::Sqlite(Arc::new(sqlite));
        let backend = Backend::new(engine, clock, collections);
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
        let backend = Backend::new(engine, clock, collections);
        Ok((Self { backend }, faults))
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

impl ProductStore {
    /// The product's documents of one collection.
    #[must_use]
    pub fn documents(&self, collection: &'static Collection) -> Documents {
        Documents::new(self.backend.clone(), Partition::Product, collection)
    }
}
