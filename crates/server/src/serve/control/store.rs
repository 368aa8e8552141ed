//! How control gets into the store: by one task, which always writes the newest; and how memory and
//! store are compared.
//!
//! What is in force is kept on this node first ([`ProductStore::keep_stop`]), so that a crash does
//! not take back a stop that the store did not take; the node forgets it when the store has it, or
//! a later one.
//!
//! Each write stands on the version that was read just before. So one that was given up, and lands
//! late, is refused by the store rather than laid over a newer one.

use std::sync::Arc;
use std::time::Duration;

use ballast_storage::{Documents, KeptStop, Precondition, ProductStore, StoreError};
use metrics::{counter, gauge};
use tokio::time::{sleep, timeout};

use super::{LastChange, ResumeError, Shared, Standing, StoredControl};
use crate::metrics::{CONTROL_DRIFT, CONTROL_UPDATE_FAILURES};

const KEY: &str = "control";
/// How long the store is left alone after it did not take a change.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a write may take until it is tried again.
const WRITE_DEADLINE: Duration = Duration::from_secs(5);
/// How often memory is compared with the store.
const COMPARE_INTERVAL: Duration = Duration::from_secs(5);

/// How long a change may take to the store before it counts as missing there.
const ARRIVAL: Duration = Duration::from_millis(250);

/// What the store did with a version.
enum Outcome {
    Written,
    /// It has this version, which is later or another one of the same number.
    Behind(u64),
}

/// Control as the store has it.
pub(super) async fn read(documents: &Documents) -> Result<Option<StoredControl>, StoreError> {
    Ok(documents.get::<StoredControl>(KEY).await?.map(|document| document.body))
}

/// The stop that this node has kept and the store does not have, which is recorded late then.
/// `written` is what the store has; it may be ahead, by what let trading go on again.
pub(super) async fn kept(
    product: &ProductStore,
    written: Option<u64>,
) -> Option<KeptStop<StoredControl>> {
    let kept = product.kept_stop::<StoredControl>();
    let kept = kept.inspect_err(|error| {
        tracing::error!(%error, "a stop that this node has kept cannot be read: stop again");
    });
    let mut kept = kept.ok()??;
    if written.is_some_and(|written| written >= kept.stop.snapshot.version) {
        forget(product, &kept).await;
        return None;
    }
    kept.stop.recorded_late = true;
    let LastChange { by, at, reason } = &kept.stop.last;
    tracing::warn!(by, %at, reason, "in force as this node has kept it, and not in the store yet");
    Some(kept)
}

async fn forget(product: &ProductStore, kept: &KeptStop<StoredControl>) {
    if let Err(error) = product.stop_recorded(kept).await {
        tracing::warn!(%error, "a stop that the store has is still kept on this node");
    }
}

/// Writes whatever is not written yet, for as long as the process runs.
pub(super) async fn write(shared: Arc<Shared>) {
    loop {
        let wanted = shared.lock().unwritten();
        let Some(control) = wanted else {
            shared.unwritten.notified().await;
            continue;
        };
        shared.keep(&control).await;
        let put = timeout(WRITE_DEADLINE, put(&shared.documents, &control)).await;
        let put = put.map_err(|_| "it does not answer".to_owned());
        match put.and_then(|put| put.map_err(|error| error.to_string())) {
            Ok(outcome) => {
                shared.booked(&control, &outcome);
                shared.forget(&control, &outcome).await;
            }
            Err(error) => {
                counter!(CONTROL_UPDATE_FAILURES).increment(1);
                tracing::error!(error, "the store did not take a change of trading control");
                shared.refused(&control, &error);
                // Whoever changes it again meanwhile does not wait for that.
                let _ = timeout(PAUSE, shared.unwritten.notified()).await.is_ok();
            }
        }
    }
}

async fn put(documents: &Documents, control: &StoredControl) -> Result<Outcome, StoreError> {
    loop {
        let when = match documents.get::<StoredControl>(KEY).await {
            Ok(None) => Precondition::Absent,
            Ok(Some(stored)) if stored.body == *control => return Ok(Outcome::Written),
            Ok(Some(stored)) if stored.body.snapshot.version >= control.snapshot.version => {
                return Ok(Outcome::Behind(stored.body.snapshot.version));
            }
            Ok(Some(stored)) => Precondition::Matches(stored.etag),
            // What nobody can read keeps nobody from stopping.
            Err(StoreError::Corrupt(_)) => Precondition::Any,
            Err(error) => return Err(error),
        };
        match documents.put(KEY, control, when, None).await {
            Ok(_) => return Ok(Outcome::Written),
            Err(StoreError::Changed { .. }) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Compares memory with the store for as long as the process runs, and learns from the store what
/// could not be read at the start.
pub(super) async fn compare(shared: Arc<Shared>) {
    loop {
        let drifts = match drifts(&shared).await {
            // It may be on its way just now.
            Some(true) => {
                sleep(ARRIVAL).await;
                drifts(&shared).await
            }
            told => told,
        };
        if let Some(drifts) = drifts {
            gauge!(CONTROL_DRIFT).set(if drifts { 1.0 } else { 0.0 });
            if drifts {
                tracing::warn!("trading control in memory is not what the store has");
            }
        }
        sleep(COMPARE_INTERVAL).await;
    }
}

/// Whether memory and store differ; `None` when the store does not tell.
async fn drifts(shared: &Shared) -> Option<bool> {
    let stored = timeout(WRITE_DEADLINE, read(&shared.documents)).await.ok()?.ok()?;
    Some(shared.compared(stored))
}

impl Standing {
    /// What is to be written next: a resumption that somebody waits for, else what is in force.
    fn unwritten(&self) -> Option<StoredControl> {
        if let Some(asked) = &self.asked {
            return Some(asked.control.clone());
        }
        let known = self.known.as_ref()?;
        (self.written != Some(known.snapshot.version)).then(|| known.clone())
    }

    fn is_asked(&self, control: &StoredControl) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.control == *control)
    }
}

impl Shared {
    /// Makes a state durable on this node, unless it is one that must be recorded first.
    async fn keep(&self, control: &StoredControl) {
        let is_needed = {
            let standing = self.lock();
            !standing.is_asked(control) && !standing.keeps(Some(control.snapshot.version))
        };
        if !is_needed {
            return;
        }
        match self.product.keep_stop(control.clone()).await {
            Ok(kept) => {
                let mut standing = self.lock();
                standing.kept = kept.or(standing.kept.take());
                self.shown.send_replace(standing.row());
            }
            Err(error) => {
                tracing::error!(%error, "a stop is in force and cannot be kept on this node");
            }
        }
    }

    /// The store has this state or a later one: the node need not keep what came before.
    async fn forget(&self, control: &StoredControl, outcome: &Outcome) {
        let version = control.snapshot.version;
        let kept = {
            let mut standing = self.lock();
            let over = |kept: &mut KeptStop<StoredControl>| kept.stop.snapshot.version <= version;
            match outcome {
                Outcome::Written => standing.kept.take_if(over),
                Outcome::Behind(_) => None,
            }
        };
        if let Some(kept) = kept {
            forget(&self.product, &kept).await;
        }
    }

    /// The store has answered for this state.
    fn booked(&self, control: &StoredControl, outcome: &Outcome) {
        let mut standing = self.lock();
        match outcome {
            Outcome::Behind(version) => {
                standing.latest = standing.latest.max(*version);
                standing.written = None;
                standing.renumber(control);
            }
            Outcome::Written => {
                standing.written = Some(control.snapshot.version);
                if control.recorded_late {
                    let LastChange { by, at, reason } = &control.last;
                    let recorded_late = control.recorded_late;
                    tracing::warn!(by, %at, reason, recorded_late, "trading control is recorded");
                }
                if standing.is_asked(control) {
                    self.resumed(&mut standing);
                    return;
                }
            }
        }
        self.publish(&mut standing);
    }

    /// The resumption is recorded: it is in force.
    fn resumed(&self, standing: &mut Standing) {
        let Some(asked) = standing.asked.take() else { return };
        standing.last = asked.control.last.clone();
        standing.known = Some(asked.control.clone());
        self.publish(standing);
        let LastChange { by, reason, .. } = &standing.last;
        asked.span.in_scope(|| tracing::warn!(by, reason, "trading goes on"));
        asked.answer(&Ok(standing.row()));
    }

    /// The store has not taken this state. A resumption is refused by that, and what is in force is
    /// written again: nobody can tell whether the other one arrived.
    fn refused(&self, control: &StoredControl, error: &str) {
        let mut standing = self.lock();
        match standing.is_asked(control) {
            true => self.withdraw(&mut standing, &ResumeError::NotRecorded(error.to_owned())),
            false => {
                standing.written = None;
                let known = standing.known.as_mut().filter(|known| *known == control);
                if let Some(known) = known {
                    known.recorded_late = true;
                }
            }
        }
    }

    /// Whether memory and store differ.
    fn compared(&self, stored: Option<StoredControl>) -> bool {
        let mut standing = self.lock();
        let Some(known) = standing.known.clone() else {
            tracing::warn!("trading control can be read again");
            let stored = stored.unwrap_or_else(|| StoredControl::nothing(standing.last.clone()));
            standing.latest = standing.latest.max(stored.snapshot.version);
            standing.written = Some(stored.snapshot.version);
            standing.last = stored.last.clone();
            standing.known = Some(stored);
            self.publish(&mut standing);
            return false;
        };
        stored.map_or(known.snapshot.version != 0, |stored| stored != known)
    }
}

impl Standing {
    /// Gives a state that the store is ahead of a number beyond the store's.
    fn renumber(&mut self, control: &StoredControl) {
        let version = self.latest + 1;
        if let Some(asked) = self.asked.as_mut().filter(|asked| asked.control == *control) {
            asked.control.snapshot.version = version;
        } else if let Some(known) = self.known.as_mut().filter(|known| **known == *control) {
            known.snapshot.version = version;
        } else {
            return;
        }
        self.latest = version;
    }
}
