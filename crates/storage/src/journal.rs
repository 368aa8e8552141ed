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
//! See [`Journal`]: after [`JournalError::Unavailable`] an append may have happened.
//! [`JournalError::Conflict`] keeps a repetition from doubling.
//!
//! # When the store is away
//! What must go on is kept in the node's own `local.log` ([`crate::local`]), as the continuation
//! of the stream. To whoever reads, the two are one: the stored records, then what continues them.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use ballast_domain::TenantId;
use ballast_engine::ports::{Journal, JournalError, Receipt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backend::Backend;
use crate::chain::{Break, Row, Slice, Tip};
use crate::contract::{
    Head, MAX_APPEND_BYTES, MAX_APPEND_RECORDS, Priority, StreamName, Verification, encode,
};
use crate::error::StoreError;
use crate::local::{Continuation, LocalLog};

/// How long an append may take until the store counts as away, where that can be borne. It may
/// have happened all the same.
const APPEND_DEADLINE: Duration = Duration::from_secs(5);
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

    /// Where the stream ends, with what continues it, and which epoch owns it.
    ///
    /// # Errors
    /// [`StoreError`], by what the caller does next.
    pub async fn head(&self) -> Result<Head, StoreError> {
        let kept = self.kept();
        let tip = self.tip().await?;
        let kept = kept.iter().filter(|batch| batch.epoch == tip.epoch);
        let last_seq = kept.map(Continuation::last_seq).fold(tip.seq, u64::max);
        Ok(Head { last_seq, epoch: tip.epoch })
    }

    async fn tip(&self) -> Result<Tip, StoreError> {
        let range = Range { stream: self.stream.clone(), after_seq: 0, limit: 0 };
        self.backend.read_stream(range, |slice| slice.tip).await
    }

    /// What this node keeps of the stream by itself.
    fn kept(&self) -> Vec<Continuation> {
        let local = self.backend.local();
        local.map_or_else(Vec::new, |local| local.continuation(&self.stream))
    }

    fn local(&self) -> Result<&LocalLog, JournalError> {
        let none = || JournalError::Unavailable("there is no local.log beside it".to_owned());
        self.backend.local().map(AsRef::as_ref).ok_or_else(none)
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
        let appended = self.backend.append(batch, self.priority);
        let last_seq = match self.backend.local() {
            Some(local) if local.continues(&self.stream) => {
                let why = "what local.log continues comes first".to_owned();
                return Err(JournalError::Unavailable(why));
            }
            Some(_) => in_time(appended).await?,
            None => appended.await?,
        };
        Ok(Receipt::new(last_seq))
    }

    async fn append_locally(
        &self,
        expected_seq: u64,
        records: &[R],
    ) -> Result<Receipt, JournalError> {
        let bodies = self.encode(records)?;
        let Self { stream, epoch, .. } = self;
        if bodies.is_empty() {
            return Ok(Receipt::new(expected_seq));
        }
        let (stream, epoch, first_seq) = (stream.clone(), *epoch, expected_seq + 1);
        let batch = Continuation { stream, epoch, first_seq, bodies };
        Ok(Receipt::new(self.local()?.append(batch).await?))
    }

    fn is_away(&self) -> bool {
        self.backend.local().is_some_and(|local| local.continues(&self.stream))
    }

    async fn read(&self, after_seq: u64, limit: usize) -> Result<Vec<R>, JournalError> {
        // First, because what is drained meanwhile is in the store by then.
        let kept = self.kept();
        let stored = match kept.first() {
            Some(first) if after_seq >= first.first_seq => self.tip().await?.seq.min(after_seq),
            _ => after_seq,
        };
        let beyond = usize::try_from(after_seq - stored).unwrap_or(usize::MAX);
        let range = Range {
            stream: self.stream.clone(),
            after_seq: stored,
            limit: limit.saturating_add(beyond),
        };
        let read = self.backend.read_stream(range, decode::<R>).await?;
        let (tip, mut records) = read.map_err(|found| self.corrupt(found))?;
        records.drain(..beyond.min(records.len()));
        self.go_on(&kept, tip, after_seq, limit, &mut records)?;
        Ok(records)
    }
}

impl<R: DeserializeOwned> TenantJournal<R> {
    /// Adds what continues the stored records to those that were read after `after_seq`.
    fn go_on(
        &self,
        kept: &[Continuation],
        tip: Tip,
        after_seq: u64,
        limit: usize,
        records: &mut Vec<R>,
    ) -> Result<(), JournalError> {
        let mut next = tip.seq + 1;
        // What was kept under another epoch continues nothing any more.
        for batch in kept.iter().filter(|batch| batch.epoch == tip.epoch) {
            if batch.first_seq > next {
                let reason = "is missing: local.log goes on behind it".to_owned();
                return Err(self.corrupt(Break { seq: next, reason }));
            }
            for (seq, body) in (batch.first_seq..).zip(&batch.bodies) {
                if seq < next {
                    continue;
                }
                next = seq + 1;
                if seq > after_seq && records.len() < limit {
                    let record = parse(seq, body.as_bytes());
                    records.push(record.map_err(|found| self.corrupt(found))?);
                }
            }
        }
        Ok(())
    }

    fn corrupt(&self, Break { seq, reason }: Break) -> JournalError {
        let place = self.place();
        JournalError::Corrupt(format!("record {seq} of {place} {reason}"))
    }
}

/// The outcome of an append; one that has not come in time is not waited for.
pub(crate) async fn in_time(
    appended: impl Future<Output = Result<u64, JournalError>>,
) -> Result<u64, JournalError> {
    let late = |_| {
        let seconds = APPEND_DEADLINE.as_secs();
        JournalError::Unavailable(format!("it has not answered for {seconds} seconds"))
    };
    tokio::time::timeout(APPEND_DEADLINE, appended).await.map_err(late)?
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

fn decode<R: DeserializeOwned>(slice: Slice) -> Result<(Tip, Vec<R>), Break> {
    let tip = slice.tip;
    let rows = slice.verified().map_err(|found| Break {
        reason: format!("{}; restore a backup", found.reason),
        ..found
    })?;
    let records = rows.into_iter().map(|row: Row| parse(row.seq, &row.body));
    Ok((tip, records.collect::<Result<_, _>>()?))
}

fn parse<R: DeserializeOwned>(seq: u64, body: &[u8]) -> Result<R, Break> {
    serde_json::from_slice(body).map_err(|error| Break {
        seq,
        reason: format!("is not one that this release knows ({error}); run a newer one"),
    })
}
