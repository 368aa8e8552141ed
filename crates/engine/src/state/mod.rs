//! The state of one tenant: a fold of its journal, and nothing else.
//!
//! [`State::apply`] books facts. It holds no policy and reads no market data, so that start-up,
//! recovery, replay and back-test all come to the same state from the same events.

mod amend;
mod apply;
mod corporate;
mod correct;
mod counters;
mod ended;
mod fills;
mod index;
mod profile;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use ballast_domain::{Envelope, Limits, ProfileId, TenantId, Timestamp, event::EVENT_VERSION};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use counters::{Counters, OpenedDay, Outcome, Outcomes, RATE_WINDOW};
pub use ended::Ended;
pub use index::{Holding, Index};
pub use profile::{Flattening, Order, Profile, unrealised};

/// The number of the form in which this build writes a [`State`]. A snapshot in another form is not
/// read: the journal is folded instead.
pub const STATE_FORMAT: u16 = 10;

/// Everything the journal has told about one tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    tenant: TenantId,
    last_seq: u64,
    profiles: BTreeMap<ProfileId, Profile>,
    limits: Option<TenantLimits>,
}

/// The limits that a tenant has set for all its profiles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantLimits {
    /// Counted from one; their ETag.
    pub version: u64,
    /// The limits.
    pub limits: Box<Limits>,
    /// Who made this version of them.
    pub changed_by: String,
    /// When.
    pub changed_at: Timestamp,
}

/// Why an event cannot be booked. The tenant is refused until a person has looked: nothing is
/// skipped.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ApplyError {
    /// The journal has a gap or repeats itself.
    #[error("event {found} follows event {last}: the journal is not contiguous")]
    OutOfSequence {
        /// The last event booked.
        last: u64,
        /// The event that came.
        found: u64,
    },
    /// A newer release wrote it.
    #[error("event {seq} has format {version}, this release reads up to {EVENT_VERSION}: upgrade")]
    UnknownVersion {
        /// Its place in the journal.
        seq: u64,
        /// Its format.
        version: u16,
    },
    /// It names something that the journal never made, or cannot be so.
    #[error("event {seq} cannot be booked: {why}")]
    Impossible {
        /// Its place in the journal.
        seq: u64,
        /// What is wrong.
        why: String,
    },
}

impl State {
    /// A tenant of whom nothing is known yet.
    #[must_use]
    pub const fn new(tenant: TenantId) -> Self {
        Self { tenant, last_seq: 0, profiles: BTreeMap::new(), limits: None }
    }

    /// Whose state it is.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The sequence of the last event booked; zero before the first.
    #[must_use]
    pub const fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// A profile by its id.
    #[must_use]
    pub fn profile(&self, id: ProfileId) -> Option<&Profile> {
        self.profiles.get(&id)
    }

    /// The tenant's own limits, once it has set any.
    #[must_use]
    pub const fn limits(&self) -> Option<&TenantLimits> {
        self.limits.as_ref()
    }

    /// All profiles, by id.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values()
    }

    /// Books one event.
    ///
    /// # Errors
    /// [`ApplyError`] when the event does not fit; the state is not to be used any more then.
    pub fn apply(&mut self, envelope: &Envelope) -> Result<(), ApplyError> {
        let seq = envelope.seq;
        if seq != self.last_seq + 1 {
            return Err(ApplyError::OutOfSequence { last: self.last_seq, found: seq });
        }
        if envelope.version > EVENT_VERSION {
            return Err(ApplyError::UnknownVersion { seq, version: envelope.version });
        }
        self.book(envelope).map_err(|why| ApplyError::Impossible { seq, why })?;
        self.last_seq = seq;
        Ok(())
    }
}
