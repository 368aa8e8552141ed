//! What became of the strategy's decisions on their way to a trade: decided, refused by the gate,
//! or rejected at the fill. A run without trades is explained from this.

use ballast_domain::{Decision, DoneState, Envelope, Event, Hold, ProfileStatus, Timestamp};

/// Counts over one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Activity {
    /// Whether the entry was ever ready, true or false.
    pub entry_was_ready: bool,
    /// Whether an entry was ever held back because an average true range that its size or exits
    /// read had no value yet.
    pub entries_without_range: bool,
    /// Whether the long and the short entry were ever true together, so that neither was followed.
    pub entries_conflicted: bool,
    /// Changes of the decision to an entry or a reversal; a repeated one counts once.
    pub entries_decided: u64,
    /// Entries that the gate accepted.
    pub entries_accepted: u64,
    /// When the first entry was accepted that a bar of its instrument left waiting, because the
    /// share of its volume that one fill may take did not suffice.
    pub first_short_of_volume: Option<Timestamp>,
    /// Signals that the gate refused, by code, in the order of their first time.
    pub refusals: Vec<Refused>,
    /// Accepted orders that the simulated venue could not fill, such as for lack of cash.
    pub rejections: u64,
    /// When the first of them was, and the venue's reason.
    pub first_rejection: Option<(Timestamp, String)>,
    /// When and why entries stopped for the rest of the run, if they did.
    pub stopped: Option<(Timestamp, String)>,
}

/// Refusals of one code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The stable code.
    pub code: &'static str,
    /// How often; the same refusal at successive bars counts once.
    pub count: u64,
    /// When the first was.
    pub first_at: Timestamp,
    /// The first in words, with its numbers.
    pub first: String,
}

impl Activity {
    /// Counts one event of the run.
    pub(crate) fn note(&mut self, envelope: &Envelope) {
        match &envelope.event {
            Event::Evaluated { evaluation } => self.decided(evaluation.decision),
            Event::IntentAccepted { terms, .. } => {
                self.entries_accepted += u64::from(!terms.is_reducing());
            }
            Event::SignalRefused { refusal, .. } => {
                let code = refusal.code();
                match self.refusals.iter_mut().find(|known| known.code == code) {
                    Some(known) => known.count += 1,
                    None => self.refusals.push(Refused {
                        code,
                        count: 1,
                        first_at: envelope.at,
                        first: refusal.to_string(),
                    }),
                }
            }
            Event::OrderDone { state: DoneState::Rejected, reason, .. } => {
                self.rejections += 1;
                self.first_rejection.get_or_insert_with(|| (envelope.at, reason.clone()));
            }
            Event::AvailableNegative { available, .. } => {
                let reason = format!("what is available fell to {available}");
                self.stopped.get_or_insert((envelope.at, reason));
            }
            Event::ProfileStatusChanged { status: ProfileStatus::UnderReview, reason, .. } => {
                self.stopped.get_or_insert_with(|| (envelope.at, reason.clone()));
            }
            _ => {}
        }
    }

    fn decided(&mut self, decision: Decision) {
        match decision {
            Decision::Hold(Hold::NotReady) => return,
            Decision::Hold(Hold::RangeNotReady) => {
                self.entries_without_range = true;
                return;
            }
            Decision::Hold(Hold::Conflict) => self.entries_conflicted = true,
            Decision::Enter(_) | Decision::Reverse(_) => self.entries_decided += 1,
            Decision::Hold(_) | Decision::Exit => {}
        }
        self.entry_was_ready = true;
    }
}
