//! The tenant's own limits, and locks that a person lifts.

use ballast_domain::{Event, Limits, ProfileId, Symbol};

use super::super::{Context, Effects, Engine};
use super::Answer;
use crate::state::ApplyError;

impl Engine {
    pub(super) fn set_limits(
        &mut self,
        context: &Context,
        (limits, expected_version): (Box<Limits>, Option<u64>),
        by: String,
        effects: &mut Effects,
    ) -> Result<Answer, ApplyError> {
        let version = self.state.limits().map_or(0, |known| known.version);
        if expected_version.is_some_and(|expected| expected != version) {
            return Ok(Answer::Conflict { version });
        }
        if let Some(fault) = limits.faults().first() {
            return Ok(Answer::Invalid(format!("{} {}", fault.limit, fault.message)));
        }
        self.emit(context, Event::LimitsChanged { version: version + 1, limits, by }, effects)?;
        self.follow_limits();
        self.open_days(context, effects)?;
        for place in 0..self.desks.len() {
            self.note_peak(context, place, effects)?;
        }
        Ok(Answer::Done)
    }

    pub(super) fn unlock(
        &mut self,
        context: &Context,
        (profile, symbol): (ProfileId, Option<Symbol>),
        by: String,
        effects: &mut Effects,
    ) -> Result<Answer, ApplyError> {
        let Some(known) = self.trading(profile) else { return Ok(Answer::NoSuchProfile) };
        let lifted = |lock: &ballast_domain::Lock| {
            lock.until > context.at && (symbol.is_none() || lock.symbol == symbol)
        };
        if !known.counters.locks.iter().any(lifted) {
            return Ok(Answer::Done);
        }
        self.emit(context, Event::EntriesUnlocked { profile, symbol, by }, effects)?;
        Ok(Answer::Done)
    }
}
