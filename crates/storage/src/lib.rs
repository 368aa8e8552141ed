//! How state is remembered: journals and documents, always of one tenant or of the product.
//!
//! [`Store`] is the one contract over every back end. A tenant's data is reached only through
//! [`Store::tenant`], so that a handler which holds one tenant's store cannot name another's.
//!
//! - A [`TenantJournal`] is append-only, gapless, fenced by an epoch and hash-chained: the
//!   authority on what happened. A [`Snapshot`] is a cache of its fold.
//! - [`Documents`] are JSON with an [`Etag`], declared indexes, paging and a time to live.
//! - [`Leases`] say which node owns what, under an epoch that only grows.
//! - `local.log` keeps on the node what must not wait for a store that is away ([`LocalStatus`]).
//!
//! Back ends are embedded SQLite and, for tests, memory; [`LocalImage`] is `local.log` there. No
//! SQL and no wire format leaves this crate, and nothing here knows what a record or a document
//! means.
#![deny(clippy::float_arithmetic)]
#![warn(missing_docs)]

mod backend;
mod chain;
mod contract;
mod document;
mod drain;
mod error;
mod journal;
mod lease;
mod local;
mod memory;
mod query;
mod sqlite;
mod store;

pub use ballast_engine::ports::Clock;
pub use contract::{
    Collection, Etag, Head, Index, MAX_APPEND_BYTES, MAX_APPEND_RECORDS, MAX_PAGE,
    MAX_SNAPSHOT_BYTES, MAX_VALUE_BYTES, Precondition, Priority, Snapshot, StreamName,
    Verification,
};
pub use document::{Document, Documents, Page};
pub use drain::{Drain, Orphans, Recorded};
pub use error::{OpenError, StoreError};
pub use journal::TenantJournal;
pub use lease::{Lease, Leases};
pub use local::{LocalImage, LocalStatus, MIN_LOCAL_BYTES};
pub use memory::{Asked, Fault, Faults};
pub use query::{Cursor, Query, Value};
pub use sqlite::COMMIT_SECONDS;
pub use store::{KeptStop, Options, ProductStore, Store, TenantStore};
