//! Leases: who owns something for now, under an epoch that only ever grows.
//!
//! The epoch is what fences: a node that lost its lease without noticing still carries the old
//! epoch, and the journals refuse it. Expiry is judged by the store's clock at each call; a holder
//! stops by its own clock, with a margin, before the lease runs out.

use std::time::Duration;

use ballast_domain::Timestamp;

use crate::backend::Backend;
use crate::contract::check_name;
use crate::error::StoreError;

/// Something owned for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What is owned.
    pub name: String,
    /// Who owns it: an id of one run of one process, so that a restart is somebody else.
    pub holder: String,
    /// Counted from one; grows with every change of owner and is never used again.
    pub epoch: u64,
    /// From when on it is nobody's, unless it is renewed before.
    pub expires_at: Timestamp,
}

/// The leases of the product.
#[derive(Debug, Clone)]
pub struct Leases {
    backend: Backend,
}

impl Leases {
    pub(crate) const fn new(backend: Backend) -> Self {
        Self { backend }
    }

    /// Takes what nobody owns, under a new epoch; `None` when somebody owns it.
    ///
    /// An acquisition whose answer was lost is not repeated by another: the lease runs out first.
    ///
    /// # Errors
    /// [`StoreError`], by what the caller does next.
    pub async fn acquire(
        &self,
        name: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        check_name("the name of a lease", name)?;
        check_name("the holder of a lease", holder)?;
        let holder = holder.to_owned();
        self.change(name, Change::Acquire { holder }, ttl).await
    }

    /// Prolongs what is still owned; `None` when it ran out or went to somebody else.
    ///
    /// # Errors
    /// [`StoreError`], by what the caller does next.
    pub async fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Option<Lease>, StoreError> {
        let change = Change::Renew(lease.clone());
        self.change(&lease.name, change, ttl).await
    }

    /// Gives back what is still owned, so that another need not wait; says whether it was.
    ///
    /// # Errors
    /// [`StoreError`], by what the caller does next.
    pub async fn release(&self, lease: &Lease) -> Result<bool, StoreError> {
        let change = Change::Release(lease.clone());
        let released = self.change(&lease.name, change, Duration::ZERO).await?;
        Ok(released.is_some())
    }

    /// Who owned it last; long ago, when `expires_at` is in the past.
    ///
    /// # Errors
    /// [`StoreError`], by what the caller does next.
    pub async fn get(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        self.backend.lease(name).await
    }

    async fn change(
        &self,
        name: &str,
        change: Change,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let now = self.backend.now();
        let until = after(now, ttl);
        let change = Attempt { name: name.to_owned(), change, now, until };
        self.backend.change_lease(change).await
    }
}

/// The instant `ttl` after `now`.
pub(crate) fn after(now: Timestamp, ttl: Duration) -> Timestamp {
    now.saturating_add_nanos(i64::try_from(ttl.as_nanos()).unwrap_or(i64::MAX))
}

#[derive(Debug)]
enum Change {
    Acquire { holder: String },
    Renew(Lease),
    Release(Lease),
}

/// An attempt to change a lease; every back end decides it by [`Attempt::apply`].
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) name: String,
    change: Change,
    now: Timestamp,
    until: Timestamp,
}

impl Attempt {
    /// What the lease becomes; `None` when it stays as it is and the attempt has failed.
    pub(crate) fn apply(&self, current: Option<&Lease>) -> Option<Lease> {
        let live = current.filter(|lease| lease.expires_at > self.now);
        match &self.change {
            Change::Acquire { .. } if live.is_some() => None,
            Change::Acquire { holder } => Some(Lease {
                name: self.name.clone(),
                holder: holder.clone(),
                epoch: current.map_or(0, |lease| lease.epoch) + 1,
                expires_at: self.until,
            }),
            Change::Renew(ours) => live.filter(|lease| lease.epoch == ours.epoch).map(|lease| {
                let expires_at = self.until;
                Lease { expires_at, ..lease.clone() }
            }),
            Change::Release(ours) => live.filter(|lease| lease.epoch == ours.epoch).map(|lease| {
                let expires_at = Timestamp::MIN;
                Lease { expires_at, ..lease.clone() }
            }),
        }
    }
}
