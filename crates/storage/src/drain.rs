//! Bringing what a node has kept by itself into the store, once that is back.

use std::collections::BTreeSet;

use ballast_domain::TenantId;
use ballast_engine::ports::{Gap, Gaps, JournalError};

use crate::backend::Backend;
use crate::chain::{Break, Slice};
use crate::contract::{Priority, StreamName};
use crate::journal::{Batch, Range, Stream, in_time};
use crate::local::{Continuation, LocalLog};

/// Records that a node has kept by itself and that cannot continue their stream any more: another
/// epoch owns it, or has written something else there. Nothing of them was appended. What they say
/// happened all the same: it is for the audit log, and the stream's owner asks the venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphans {
    /// Whose they are.
    pub tenant: TenantId,
    /// Of which stream.
    pub stream: StreamName,
    /// Under which epoch they were kept.
    pub epoch: u64,
    /// The sequence that the first of them would have had.
    pub first_seq: u64,
    /// The records as they would have been stored.
    pub records: Vec<String>,
    /// Why they cannot be appended.
    pub why: String,
}

/// Records that the store has got later than they happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Whose they are.
    pub tenant: TenantId,
    /// Of which stream.
    pub stream: StreamName,
    /// The sequence of the first of them.
    pub first_seq: u64,
    /// The sequence of the last of them.
    pub last_seq: u64,
}

/// What draining needs from outside of the store.
pub struct Drain<'a> {
    /// Told of what the store has got, before it is forgotten.
    pub recorded: &'a (dyn Fn(&Recorded) + Sync),
    /// Told of what cannot be appended, before it is forgotten.
    pub orphaned: &'a (dyn Fn(&Orphans) + Sync),
    /// Told of the gaps between effects.
    pub gaps: &'a dyn Gaps,
}

impl std::fmt::Debug for Drain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drain").finish_non_exhaustive()
    }
}

/// Appends everything in the order in which it was kept. A stream that cannot be appended to is
/// left as it is, and the others go on.
pub(crate) async fn drain(
    backend: &Backend,
    local: &LocalLog,
    drain: &Drain<'_>,
) -> Result<(), JournalError> {
    let mut blocked = BTreeSet::new();
    let mut failed = None;
    while let Some((_, batch)) = local.front(|stream| !blocked.contains(stream)) {
        match append(backend, &batch).await {
            Ok(last_seq) => {
                drain.gaps.pass(Gap::Drained);
                let Continuation { stream, first_seq, .. } = batch;
                let Stream { tenant, name } = stream.clone();
                (drain.recorded)(&Recorded { tenant, stream: name, first_seq, last_seq });
                local.drained(&stream, last_seq);
            }
            Err(Hindrance::Orphaned(why)) => {
                for batch in local.continuation(&batch.stream) {
                    let last_seq = batch.last_seq();
                    let stream = batch.stream.clone();
                    (drain.orphaned)(&orphans(batch, why.clone()));
                    local.drained(&stream, last_seq);
                }
            }
            Err(Hindrance::Failed(away @ JournalError::Unavailable(_))) => return Err(away),
            Err(Hindrance::Failed(error)) => {
                blocked.insert(batch.stream);
                failed = Some(error);
            }
        }
    }
    local.settled().await?;
    failed.map_or(Ok(()), Err)
}

/// Why a batch was not appended.
enum Hindrance {
    /// It never will be.
    Orphaned(String),
    Failed(JournalError),
}

impl From<JournalError> for Hindrance {
    fn from(error: JournalError) -> Self {
        Self::Failed(error)
    }
}

/// Appends a batch, unless the store has it; gives up to which sequence it has it then.
async fn append(backend: &Backend, batch: &Continuation) -> Result<u64, Hindrance> {
    let Continuation { stream, epoch, first_seq, bodies } = batch.clone();
    let whole = Batch { stream, epoch, expected_seq: first_seq - 1, bodies };
    match in_time(backend.append(whole, Priority::High)).await {
        Ok(last_seq) => Ok(last_seq),
        Err(error @ JournalError::Fenced { .. }) => Err(Hindrance::Orphaned(error.to_string())),
        Err(JournalError::Conflict { actual, .. }) => there(backend, batch, actual).await,
        Err(error) => Err(error.into()),
    }
}

/// Up to which sequence the store has a batch already, from an append whose answer was lost: when
/// it has something else there, the batch belongs nowhere.
async fn there(backend: &Backend, batch: &Continuation, actual: u64) -> Result<u64, Hindrance> {
    let expected = batch.first_seq - 1;
    if actual < expected {
        let why = format!(
            "local.log goes on after record {expected} of stream '{}' of tenant '{}', which ends \
             with {actual}; restore a backup that is not older",
            batch.stream.name, batch.stream.tenant
        );
        return Err(JournalError::Corrupt(why).into());
    }
    let range =
        Range { stream: batch.stream.clone(), after_seq: expected, limit: batch.bodies.len() };
    let stored = backend.read_stream(range, bodies).await.map_err(JournalError::from)?;
    let stored = stored.map_err(|Break { seq, reason }| {
        JournalError::Corrupt(format!("record {seq} of stream '{}' {reason}", batch.stream.name))
    })?;
    let same = stored.iter().zip(&batch.bodies).all(|(stored, kept)| stored == kept.as_bytes());
    if !same {
        let why = format!("another record {} stands in the store", batch.first_seq);
        return Err(Hindrance::Orphaned(why));
    }
    Ok(expected + stored.len() as u64)
}

fn bodies(slice: Slice) -> Result<Vec<Vec<u8>>, Break> {
    Ok(slice.verified()?.into_iter().map(|row| row.body).collect())
}

fn orphans(batch: Continuation, why: String) -> Orphans {
    let Continuation { stream: Stream { tenant, name }, epoch, first_seq, bodies } = batch;
    Orphans { tenant, stream: name, epoch, first_seq, records: bodies, why }
}
