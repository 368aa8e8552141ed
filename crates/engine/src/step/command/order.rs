//! Cancels and changes of working orders.

use ballast_domain::id::Leg;
use ballast_domain::{ActiveState, DoneState, Event, OrderId, OrderState, OrderType, TradeId};

use super::super::{Action, Context, Effects, Engine};
use super::Answer;
use crate::risk::{self, Change};
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

    pub(super) fn amend_order(
        &mut self,
        context: &Context,
        (order, change): (OrderId, Change),
        by: String,
        effects: &mut Effects,
    ) -> Result<Answer, ApplyError> {
        let Some(profile) = self.state.profile(order.intent.profile) else {
            return Ok(Answer::NoSuchOrder);
        };
        if let Some(answer) = kept(profile, order).or_else(|| fixed(profile, order, &change)) {
            return Ok(answer);
        }
        let Some(known) = profile.working.get(&order) else { return Ok(Answer::NoSuchOrder) };
        let view = self.view(context, profile, known.terms.symbol, None);
        let approved = match risk::check_amendment(known, &change, &view) {
            Ok(Some(approved)) => approved,
            Ok(None) => return Ok(Answer::Done),
            Err(refusal) => return Ok(Answer::Refused(refusal)),
        };
        let amendment = *approved.amendment();
        let revision = amendment.revision;
        let amendment = Box::new(amendment);
        self.emit(context, Event::AmendmentRequested { order, amendment, by }, effects)?;
        effects.actions.push(Action::Amend(approved));
        Ok(Answer::Amending { order, revision })
    }
}

/// Why a working order cannot be changed so, or not now.
fn fixed(profile: &Profile, order: OrderId, change: &Change) -> Option<Answer> {
    let known = profile.working.get(&order)?;
    let why = match known.state {
        _ if known.terms.order_type == OrderType::Market => {
            format!("{order} trades at the market; cancel it and order anew")
        }
        _ if !change.fits(known.terms.order_type) => {
            format!("{order} has no such price; change what it has, or cancel it and order anew")
        }
        _ if known.amending.is_some() => {
            format!("the venue has not answered the last change of {order} yet; try again then")
        }
        OrderState::Active(ActiveState::Accepted | ActiveState::PartiallyFilled) => return None,
        OrderState::Active(ActiveState::PendingCancel) => {
            format!("{order} is being cancelled; order anew once that is known")
        }
        _ => format!("nobody can tell yet whether the venue has {order}; try again then"),
    };
    Some(Answer::Invalid(why))
}

/// Why an order cannot be cancelled; `None` when it works.
pub(super) fn kept(profile: &Profile, order: OrderId) -> Option<Answer> {
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
