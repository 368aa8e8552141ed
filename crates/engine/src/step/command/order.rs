//! Cancels, and stops that people move.

use ballast_domain::id::Leg;
use ballast_domain::{DoneState, Event, OrderId, OrderState, Price, Refusal, TradeId};

use super::super::{Action, Context, Effects, Engine};
use super::Answer;
use crate::risk;
use crate::state::{ApplyError, Profile};

impl Engine {
    pub(super) fn cancel_order(
        &mut self,
        context: &Context,
        order: OrderId,
        reason: &str,
        effects: &mut Effects,
    ) -> Result<Answer, ApplyError> {
        let known = self.state.profile(order.intent.profile);
        if let Some(answer) = known.map_or(Some(Answer::NoSuchOrder), |known| kept(known, order)) {
            return Ok(answer);
        }
        self.request_cancel(context, order, reason, effects)?;
        Ok(Answer::Done)
    }

    pub(super) fn move_stop(
        &mut self,
        context: &Context,
        (id, expected_version): (TradeId, Option<u64>),
        level: Price,
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
        let stop = match risk::check_stop(trade, level, &view) {
            Ok(Some(stop)) => stop,
            Ok(None) => return Ok(Answer::Done),
            Err(refusal) => return Ok(Answer::Refused(refusal)),
        };
        self.emit(context, Event::StopMoved { trade: id, stop, by: Some(by) }, effects)?;
        effects.actions.push(Action::MoveStop(id, stop));
        Ok(Answer::Done)
    }
}

/// Why an order cannot be cancelled; `None` when it works.
fn kept(profile: &Profile, order: OrderId) -> Option<Answer> {
    let trade = TradeId(order.intent);
    if order.leg != Leg::Main && profile.trades.contains_key(&trade) {
        let how = match order.leg {
            Leg::Stop => "is the stop of",
            _ => "is a target of",
        };
        let why = format!("{order} {how} {trade} and goes with it; move the stop, or close it");
        return Some(Answer::Invalid(why));
    }
    match profile.order(order).map(|known| known.state) {
        Some(OrderState::Active(_)) => None,
        Some(OrderState::Done(done)) => {
            Some(Answer::Invalid(format!("{order} {} already", ended(done))))
        }
        None if order.leg == Leg::Main
            && (1..=profile.last_intent).contains(&order.intent.number) =>
        {
            Some(Answer::Invalid(format!("{order} ended long ago")))
        }
        None => Some(Answer::NoSuchOrder),
    }
}

const fn ended(state: DoneState) -> &'static str {
    match state {
        DoneState::Filled => "has filled",
        DoneState::Cancelled => "was cancelled",
        DoneState::Rejected => "was rejected by its venue",
        DoneState::Expired => "has expired",
        DoneState::Voided => "was never sent",
    }
}
