//! How long an order takes from its acceptance to the venue, measured in the gaps between the
//! effects of a tenant's loop: it appends one batch at a time, and carries it out before the next.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use ballast_engine::ports::{Gap, Gaps};
use metrics::{Histogram, histogram};

use super::table::{APPEND_SECONDS, SUBMIT_SECONDS};

/// Passes every gap on, and measures between them. For one tenant's loop.
pub(crate) struct Stopwatch {
    gaps: Arc<dyn Gaps>,
    /// Since when the batch that is under way is being journaled.
    stepped: Mutex<Option<Instant>>,
    append: Histogram,
    submit: Histogram,
}

impl Stopwatch {
    /// For a loop whose orders go to `venue`.
    pub(crate) fn new(gaps: Arc<dyn Gaps>, venue: &'static str) -> Self {
        Self {
            gaps,
            stepped: Mutex::default(),
            append: histogram!(APPEND_SECONDS),
            submit: histogram!(SUBMIT_SECONDS, "venue" => venue),
        }
    }

    fn since(&self) -> Option<Instant> {
        *self.stepped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gaps for Stopwatch {
    fn pass(&self, gap: Gap) {
        match gap {
            Gap::Stepped => {
                let now = Some(Instant::now());
                *self.stepped.lock().unwrap_or_else(PoisonError::into_inner) = now;
            }
            Gap::Appended | Gap::KeptLocally => {
                if let Some(since) = self.since() {
                    self.append.record(since.elapsed());
                }
            }
            Gap::Submitted => {
                if let Some(since) = self.since() {
                    self.submit.record(since.elapsed());
                }
            }
            _ => {}
        }
        self.gaps.pass(gap);
    }
}

impl std::fmt::Debug for Stopwatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stopwatch").field("gaps", &self.gaps).finish_non_exhaustive()
    }
}
