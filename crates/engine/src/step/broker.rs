//! What a venue's messages bring, fills apart. The same message again changes nothing.

use ballast_domain::control::ControlSubject;
use ballast_domain::id::Leg;
use ballast_domain::{
    ActiveState, BrokerEvent, Cause, ControlMode, DoneState, Event, OrderId, OrderState, Timestamp,
    Trade, TradeId,
};

use super::{Action, Context, Effects, Engine};
use crate::ports::BrokerMessage;
use crate::state::{ApplyError, Order, Profile};

impl Engine {
    pub(super) fn on_broker(
        &mut self,
        message: BrokerMessage,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let order = message.event.order();
        let cause = Cause::Broker(order);
        let context = Context { at: message.at, now: message.at, request_id: None, cause };
        match message.event {
            BrokerEvent::Filled { fill, .. } => self.on_fill(&context, order, fill, effects),
            BrokerEvent::Accepted { .. } => self.on_accepted(&context, order, effects),
            BrokerEvent::Cancelled { .. } => {
                self.on_done(&context, order, DoneState::Cancelled, String::new(), effects)
            }
            BrokerEvent::Expired { .. } => {
                self.on_done(&context, order, DoneState::Expired, String::new(), effects)
            }
            BrokerEvent::Rejected { reason, .. } => {
                self.on_rejected(&context, order, reason, effects)
            }
            BrokerEvent::Unknown { reason, .. } => {
                self.on_unknown(&context, order, reason, effects)
            }
            BrokerEvent::NotFound { .. } => self.on_not_found(&context, order, effects),
        }
    }

    /// The venue has the order. One that should be gone is cancelled (again): our request may have
    /// overtaken the order, or it arrived after it was given up.
    fn on_accepted(
        &mut self,
        context: &Context,
        order: OrderId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        match self.order(order).map(|order| order.state) {
            Some(OrderState::Active(ActiveState::PendingSubmit | ActiveState::Unknown)) => {
                self.emit(context, Event::OrderAccepted { order }, effects)
            }
            Some(OrderState::Active(ActiveState::Accepted | ActiveState::PartiallyFilled))
            | Some(OrderState::Done(DoneState::Filled))
            | None => Ok(()),
            Some(OrderState::Active(ActiveState::PendingCancel) | OrderState::Done(_)) => {
                effects.actions.push(Action::Cancel(order));
                Ok(())
            }
        }
    }

    /// A protective order that the venue refuses leaves its trade unprotected: somebody looks.
    fn on_rejected(
        &mut self,
        context: &Context,
        order: OrderId,
        reason: String,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        if self.protects(order) {
            let why = format!("the venue refused the protective order {order}: {reason}");
            let message = BrokerEvent::Rejected { order, reason };
            return self.on_unmatched(context, message, why, effects);
        }
        self.on_done(context, order, DoneState::Rejected, reason, effects)
    }

    fn on_done(
        &mut self,
        context: &Context,
        order: OrderId,
        state: DoneState,
        reason: String,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        if self.order(order).is_none_or(|order| !order.state.is_active()) {
            return Ok(());
        }
        self.emit(context, Event::OrderDone { order, state, reason }, effects)?;
        self.leave_freed(context, order, effects)
    }

    fn on_unknown(
        &mut self,
        context: &Context,
        order: OrderId,
        reason: String,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        match self.order(order).map(|order| order.state) {
            Some(OrderState::Active(ActiveState::Unknown | ActiveState::PendingCancel)) => {}
            Some(OrderState::Active(_)) => {
                self.emit(context, Event::OrderUnknown { order, reason }, effects)?;
            }
            _ => return Ok(()),
        }
        effects.actions.push(Action::Query(order));
        Ok(())
    }

    /// The venue does not have the order: within the grace time it may still arrive there, and one
    /// that it had is asked for again, because answers may overtake each other.
    fn on_not_found(
        &mut self,
        context: &Context,
        order: OrderId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        if self.protects(order) {
            let why = format!("the venue does not have {order}, which protects an open trade");
            let message = BrokerEvent::NotFound { order };
            return self.on_unmatched(context, message, why, effects);
        }
        let Some(known) = self.order(order) else { return Ok(()) };
        let OrderState::Active(state) = known.state else { return Ok(()) };
        // A clock that was set back makes an order no younger.
        let age = context.at.nanos_since(known.terms.accepted_at).saturating_abs();
        let over = age >= self.settings.unknown_grace_nanos;
        let done = match state {
            ActiveState::Accepted | ActiveState::PartiallyFilled => {
                let reason = "the venue does not have it any more".to_owned();
                return self.on_unknown(context, order, reason, effects);
            }
            ActiveState::PendingSubmit if !over => {
                let reason = "the venue does not have it yet".to_owned();
                return self.emit(context, Event::OrderUnknown { order, reason }, effects);
            }
            ActiveState::Unknown | ActiveState::PendingCancel if !over => return Ok(()),
            ActiveState::PendingSubmit | ActiveState::Unknown if known.filled.is_zero() => {
                DoneState::Voided
            }
            _ => DoneState::Cancelled,
        };
        let reason = "the venue does not have it".to_owned();
        self.on_done(context, order, done, reason, effects)
    }

    /// Asks for an order to be cancelled, once.
    pub(super) fn request_cancel(
        &mut self,
        context: &Context,
        order: OrderId,
        reason: &str,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        match self.order(order).map(|order| order.state) {
            Some(OrderState::Active(ActiveState::PendingCancel)) | None => return Ok(()),
            Some(OrderState::Done(_)) => return Ok(()),
            Some(OrderState::Active(_)) => {}
        }
        let reason = reason.to_owned();
        self.emit(context, Event::CancelRequested { order, reason }, effects)?;
        effects.actions.push(Action::Cancel(order));
        Ok(())
    }

    /// Cancels the working entries of everything that is halted.
    pub(super) fn cancel_halted_entries(
        &mut self,
        context: &Context,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Some(control) = self.control.clone() else { return Ok(()) };
        let halted = |profile: &Profile, order: &Order| {
            let subject = ControlSubject {
                venue: profile.document.venue,
                tenant: self.state.tenant(),
                profile: profile.id,
                symbol: order.terms.symbol,
            };
            let stop = control.strictest(subject);
            !order.terms.is_reducing() && stop.is_some_and(|stop| stop.mode == ControlMode::Halted)
        };
        let mut entries = Vec::new();
        for profile in self.state.profiles() {
            let working = profile.working.values().filter(|order| halted(profile, order));
            entries.extend(working.map(|order| order.terms.order_id()));
        }
        for entry in entries {
            self.request_cancel(context, entry, "halted", effects)?;
        }
        Ok(())
    }

    pub(super) fn on_withheld(
        &mut self,
        at: Timestamp,
        order: OrderId,
        reason: &str,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let context = Context { at, now: at, request_id: None, cause: Cause::Clock };
        self.on_done(&context, order, DoneState::Voided, reason.to_owned(), effects)
    }

    /// Orders that nobody can tell about are asked for again.
    pub(super) fn on_clock(
        &mut self,
        _at: Timestamp,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let open = [ActiveState::Unknown, ActiveState::PendingCancel].map(OrderState::Active);
        for profile in self.state.profiles() {
            let asked = profile.working.values().filter(|order| open.contains(&order.state));
            let queries = asked.map(|order| Action::Query(order.terms.order_id()));
            effects.actions.extend(queries);
        }
        Ok(())
    }

    pub(super) fn on_resume(
        &mut self,
        at: Timestamp,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let context = Context { at, now: at, request_id: None, cause: Cause::Clock };
        let pending = OrderState::Active(ActiveState::PendingSubmit);
        let mut unanswered = Vec::new();
        for profile in self.state.profiles() {
            for order in profile.working.values() {
                let id = order.terms.order_id();
                unanswered.extend((order.state == pending).then_some(id));
                effects.actions.push(Action::Query(id));
            }
            for trade in profile.trades.values() {
                // The process may have ended between the journal and the venue.
                effects.actions.extend(trade.stop.map(|stop| Action::MoveStop(trade.id, stop)));
                effects.actions.extend(legs(trade).map(Action::Query));
            }
        }
        for order in unanswered {
            let reason = "the process ended before the venue had answered".to_owned();
            self.emit(&context, Event::OrderUnknown { order, reason }, effects)?;
        }
        Ok(())
    }

    /// Whether it is a protective order of an open trade.
    fn protects(&self, order: OrderId) -> bool {
        let profile = self.state.profile(order.intent.profile);
        order.leg != Leg::Main
            && profile.is_some_and(|known| known.trades.contains_key(&TradeId(order.intent)))
    }

    fn order(&self, id: OrderId) -> Option<&Order> {
        self.state.profile(id.intent.profile)?.order(id)
    }
}

/// The protective orders of a trade.
fn legs(trade: &Trade) -> impl Iterator<Item = OrderId> {
    let intent = trade.id.0;
    let targets = (0..trade.targets.len()).map(|place| Leg::Target(place as u8));
    let stop = trade.stop.map(|_| Leg::Stop).into_iter();
    stop.chain(targets).map(move |leg| OrderId { intent, leg })
}
