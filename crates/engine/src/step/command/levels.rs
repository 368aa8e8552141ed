//! Stops and targets of open trades that people move.

use ballast_domain::exits::Levels;
use ballast_domain::{Event, Price, Refusal, TradeId};

use super::super::{Action, Context, Effects, Engine};
use super::Answer;
use crate::risk::{self, TargetChange};
use crate::state::ApplyError;

/// What is to change of what protects a trade.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LevelChange {
    /// Where its stop is to stand; where it does when absent.
    pub stop: Option<Price>,
    /// All the targets that are to have something to close; as they are when absent.
    pub targets: Option<Vec<TargetChange>>,
}

impl Engine {
    /// Both pass the gate before either moves.
    pub(super) fn move_levels(
        &mut self,
        context: &Context,
        (id, expected_version): (TradeId, Option<u64>),
        change: &LevelChange,
        by: String,
        effects: &mut Effects,
    ) -> Result<Answer, ApplyError> {
        let Some(profile) = self.leaving(id.0.profile) else { return Ok(Answer::NoSuchProfile) };
        let Some(trade) = profile.trades.get(&id) else {
            return Ok(Answer::Refused(Refusal::TradeUnknown { trade: id }));
        };
        let version = trade.version();
        if expected_version.is_some_and(|expected| expected != version) {
            return Ok(Answer::Conflict { version });
        }
        let view = self.view(context, profile, trade.symbol, None);
        let stop = change.stop.map(|level| risk::check_stop(trade, level, &view)).transpose();
        let stop = match stop {
            Ok(stop) => stop.flatten(),
            Err(refusal) => return Ok(Answer::Refused(refusal)),
        };
        let targets = match change.targets.as_deref() {
            Some(asked) => match risk::asked_targets(trade, asked) {
                Ok(terms) => risk::check_targets(trade, terms, &view),
                Err(why) => return Ok(Answer::Invalid(why)),
            },
            None => Ok(None),
        };
        let targets = match targets {
            Ok(targets) => targets,
            Err(refusal) => return Ok(Answer::Refused(refusal)),
        };
        let terms = targets.as_ref().map(|moved| moved.terms.clone());
        if let Some(stop) = stop {
            let moved = Event::StopMoved { trade: id, stop, by: Some(by.clone()) };
            self.emit(context, moved, effects)?;
        }
        if let Some(risk::MovedTargets { terms, targets }) = targets {
            self.emit(context, Event::TargetsMoved { trade: id, terms, targets, by }, effects)?;
        }
        if stop.is_some() || terms.is_some() {
            effects.actions.push(Action::Protect(id, Levels { stop, targets: terms }));
        }
        Ok(Answer::Done)
    }
}
