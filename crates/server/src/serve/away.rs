//! The store goes away and comes back: what operators are told of it, and how it gets what this
//! node has kept meanwhile.

use std::sync::Arc;
use std::time::Duration;

use ballast_engine::ports::{Gaps, JournalError};
use ballast_storage::{Drain, LocalStatus, Orphans, Recorded, Store};
use metrics::counter;
use tokio::sync::watch;
use tokio::time::sleep;

use super::stopped;
use crate::metrics::LOCAL_ORPHANS;

/// How long the store is left alone after it did not take what was kept.
const PAUSE: Duration = Duration::from_secs(1);

/// Gives the store what an earlier process has kept on this node, before anybody trades. When it
/// does not take it, what was kept is read beside it.
pub(super) async fn catch_up(store: &Store, gaps: &dyn Gaps) {
    if status(store).batches == 0 {
        return;
    }
    if let Err(error) = drain(store, gaps).await {
        tracing::error!(%error, "the store does not take what this node has kept in local.log");
    }
}

/// Gives the store what is kept while it is away, as soon as it takes it, until everything is to
/// stop.
pub(super) async fn follow(store: Store, gaps: Arc<dyn Gaps>, mut stop: watch::Receiver<bool>) {
    let mut told = Told::default();
    loop {
        let now = status(&store);
        if !now.away && now.batches == 0 {
            tokio::select! {
                () = stopped(&mut stop) => return,
                () = store.kept_locally() => {}
            }
        }
        let failed = drain(&store, &*gaps).await.err();
        told.follow(status(&store), failed.as_ref());
        if failed.is_some() {
            tokio::select! {
                () = stopped(&mut stop) => return,
                () = sleep(PAUSE) => {}
            }
        }
    }
}

fn status(store: &Store) -> LocalStatus {
    store.local_status().map_or_else(LocalStatus::default, |status| *status.borrow())
}

async fn drain(store: &Store, gaps: &dyn Gaps) -> Result<(), JournalError> {
    store.drain(&Drain { recorded: &recorded, orphaned: &orphaned, gaps }).await
}

/// The audit of what the journal has got late: the journal itself says when it happened.
fn recorded(Recorded { tenant, stream, first_seq, last_seq }: &Recorded) {
    tracing::warn!(
        %tenant,
        %stream,
        first_seq,
        last_seq,
        recorded_late = true,
        "recorded in the store, later than it happened"
    );
}

fn orphaned(Orphans { tenant, stream, epoch, first_seq, records, why }: &Orphans) {
    counter!(LOCAL_ORPHANS).increment(records.len() as u64);
    for (seq, record) in (*first_seq..).zip(records) {
        tracing::error!(
            %tenant,
            %stream,
            epoch,
            seq,
            record,
            why,
            recorded_late = true,
            "it happened and is in no journal: compare with the venue"
        );
    }
}

/// What operators were told last.
#[derive(Default)]
struct Told {
    away: bool,
    full: bool,
}

impl Told {
    fn follow(&mut self, now: LocalStatus, failed: Option<&JournalError>) {
        if let (Some(error), false) = (failed, self.away) {
            tracing::error!(
                %error,
                "the store is away: what is held is left by its stops, its exits and by people, \
                 and kept in local.log; nothing enters until the store is back"
            );
        }
        if now.full && !self.full {
            tracing::error!(
                bytes = now.capacity_bytes,
                "local.log is full: nothing more can be kept on this node, and tenants stop; stops \
                 that rest at a venue stand. Make room for the store at once"
            );
        }
        if failed.is_none() && self.away {
            tracing::warn!("the store is back and has got what was kept in local.log");
        }
        (self.away, self.full) = (failed.is_some(), now.full);
    }
}
