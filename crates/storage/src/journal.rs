//! A tenant's stream of records, as the engine's journal.
//!
//! Records are compact JSON. Each is bound by a hash to all before it, and every read checks that
//! nothing is missing, changed or added, so that a damaged journal is refused rather than folded.
//!
//! # Epochs
//! A journal is opened under an epoch, which a lease gives. Only the epoch that the stream's head
//! carries may append; [`TenantJournal::claim`] raises the head to this journal's epoch and so
//! locks out every lower one for good. Without leases everything happens under epoch zero.
//!
//! # When the answer is lost
//! See [`Journal`]: after [`JournalError::Unavailable`] an append may have happened. The owner
//! drops its fold and folds again; [`JournalError::Conflict`] keeps a repetition from doubling.

use std::fmt;
use std::marker::PhantomData;

use ballast_domain::TenantId;
use ballast_engine::ports::{Journal, JournalError, Receipt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backend::Backend;
use crate::chain::{Break, Row, Slice};
use crate::contract::{
    Head, MAX_APPEND_BYTES, MAX_APPEND_RECORDS, Priority, StreamName, Verification, encode,
};
use crate::error::StoreError;

const VERIFIED_AT_ONCE: usize = 1_000;

/// One stream of one tenant, under one epoch.
pub struct TenantJournal<R> {
    backend: Backend,
    stream: Stream,
    epoch: u64,
    priority: Priority,
    records: PhantomData<fn() -> R>,
}

/// Which stream of which tenant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stream {
    pub(crate) tenant: TenantId,
    pub(crate) name: StreamName,
}

/// A batch to append, encoded.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) stream: Stream,
    pub(crate) epoch: u64,
    pub(crate) expected_seq: u64,
    pub(crate) bodies: Vec<String>,
}

impl Batch {
    /// Whether it may be appended to a stream that is owned by `epoch` and ends with `last_seq`.
    pub(crate) const fn check(&self, epoch: u64, last_seq: u64) -> Result<(), JournalError> {
        if self.epoch != epoch {
            let (ours, current) = (self.epoch, epoch);
            return Err(JournalError::Fenced { ours, current });
        }
        if self.expected_seq != last_seq {
            let (expected, actual) = (self.expected_seq, last_seq);
            return Err(JournalError::Conflict { expected, actual });
        }
        Ok(())
    }
}

impl<R> TenantJournal<R> {
    pub(crate) const fn new(backend: Backend, stream: Stream, epoch: u64) -> Self {
        Self { backend, stream, epoch, priority: Priority::High, records: PhantomData }
    }

    /// The same, for records that trading does not wait for.
    #[must_use]
    pub fn with_priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// Makes this journal's epoch the one that owns the stream, and says where the stream ends. To
    /// claim what is already owned changes nothing.
    ///
    /// # Errors
    /// [`JournalError::Fenced`] when a higher epoch owns it; otherwise by what the caller does
    /// next.
    pub async fn claim(&self) -> Result<Head, JournalError> {
        self.backend.claim(self.stream.clone(), self.epoch).await
    }

    /// Where the stream ends and which epoch owns it.
    ///
    /// # Errors
    /// [`StoreError`], by what the caller does next.
    pub async fn head(&self) -> Result<Head, StoreError> {
        let range = Range { stream: self.stream.clone(), after_seq: 0, limit: 0 };
        let tip = self.backend.read_stream(range, |slice| slice.tip).await?;
        Ok(Head { last_seq: tip.seq, epoch: tip.epoch })
    }

    /// Walks the whole stream and names the first sequence that is not as it was written.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be read to the end.
    pub async fn verify(&self) -> Result<Verification, StoreError> {
        let mut last_seq = 0;
        loop {
            let stream = self.stream.clone();
            let range = Range { stream, after_seq: last_seq, limit: VERIFIED_AT_ONCE };
            let count: Decode<Result<u64, Break>> =
                |slice| slice.verified().map(|rows| rows.len() as u64);
            match self.backend.read_stream(range, count).await? {
                Ok(0) => return Ok(Verification::Intact { last_seq }),
                Ok(count) => last_seq += count,
                Err(Break { seq, reason }) => return Ok(Verification::Broken { seq, reason }),
            }
        }
    }

    fn place(&self) -> String {
        format!("stream '{}' of tenant '{}'", self.stream.name, self.stream.tenant)
    }

    fn batch(&self, expected_seq: u64, bodies: Vec<String>) -> Batch {
        Batch { stream: self.stream.clone(), epoch: self.epoch, expected_seq, bodies }
    }
}

impl<R: Serialize> TenantJournal<R> {
    fn encode(&self, records: &[R]) -> Result<Vec<String>, JournalError> {
        let refuse = |why: String| JournalError::Refused(format!("{}: {why}", self.place()));
        if records.len() > MAX_APPEND_RECORDS {
            let count = records.len();
            return Err(refuse(format!("{count} records; the most is {MAX_APPEND_RECORDS}")));
        }
        let mut bodies = Vec::with_capacity(records.len());
        let mut bytes = 0;
        for (position, record) in records.iter().enumerate() {
            let body = encode(record)
                .map_err(|error| refuse(format!("record {position} of the batch: {error}")))?;
            bytes += body.len();
            bodies.push(body);
        }
        if bytes > MAX_APPEND_BYTES {
            return Err(refuse(format!("{bytes} bytes; the most is {MAX_APPEND_BYTES}")));
        }
        Ok(bodies)
    }
}

impl<R> Journal<R> for TenantJournal<R>
where
    R: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    async fn append(&self, expected_seq: u64, records: &[R]) -> Result<Receipt, JournalError> {
        let bodies = self.encode(records)?;
        let batch = self.batch(expected_seq, bodies);
        let last_seq = self.backend.append(batch, self.priority).await?;
        Ok(Receipt::new(last_seq))
    }

    async fn read(&self, after_seq: u64, limit: usize) -> Result<Vec<R>, JournalError> {
        let range = Range { stream: self.stream.clone(), after_seq, limit };
        let records = self.backend.read_stream(range, decode::<R>).await?;
        records.map_err(|Break { seq, reason }| {
            let place = self.place();
            JournalError::Corrupt(format!("record {seq} of {place} {reason}"))
        })
    }
}

impl<R> fmt::Debug for TenantJournal<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantJournal")
            .field("stream", &self.stream)
            .field("epoch", &self.epoch)
            .finish_non_exhaustive()
    }
}

/// Which records to read.
#[derive(Debug)]
pub(crate) struct Range {
    pub(crate) stream: Stream,
    pub(crate) after_seq: u64,
    pub(crate) limit: usize,
}

/// What to make of the rows, done where they are read so that the caller's thread is not held up.
pub(crate) type Decode<T> = fn(Slice) -> T;

fn decode<R: DeserializeOwned>(slice: Slice) -> Result<Vec<R>, Break> {
    let rows = slice.verified().map_err(|found| Break {
        reason: format!("{}; restore a backup", found.reason),
        ..found
    })?;
    let parse = |row: Row| {
        serde_json::from_slice(&row.body).map_err(|error| Break {
            seq: row.seq,
            reason: format!("is not one that this release knows ({error}); run a newer one"),
        })
    };
    rows.into_iter().map(parse).collect()
}
