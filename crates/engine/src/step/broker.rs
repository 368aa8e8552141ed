//! What a venue's messages bring, fills apart. The same message again changes nothing.

use ballast_domain::exits::{Distance, Levels, TargetTerms};
use ballast_domain::id::Leg;
use ballast_domain::{
    ActiveState, BrokerEvent, Cause, ControlMode, DoneState, Event, OrderId, OrderState, Timestamp,
    Trade, TradeId,
};

use super::{Action, Context, Effects, Engine};
use crate::ports::BrokerMessage;
use crate::risk::ApprovedAmendment;
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
            BrokerEvent::Corrected { fill, by, .. } => {
                self.on_corrected(&context, (order, fill), by, effects)
            }
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
            BrokerEvent::Amended { revision, .. } => {
                self.on_amended(&context, order, (revision, Ok(())), effects)
            }
            BrokerEvent::AmendmentRejected { revision, reason, .. } => {
                self.on_amended(&context, order, (revision, Err(reason)), effects)
            }
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
        let known = self.order(order);
        let is_news = known.is_some_and(|known| !known.confirmed || known.in_doubt);
        match known.map(|order| order.state) {
            Some(OrderState::Active(ActiveState::PendingSubmit | ActiveState::Unknown)) => {
                self.emit(context, Event::OrderAccepted { order }, effects)
            }
            Some(OrderState::Active(ActiveState::PendingCancel)) if is_news => {
                self.emit(context, Event::OrderAccepted { order }, effects)?;
                effects.actions.push(Action::Cancel(order));
                Ok(())
            }
            Some(OrderState::Active(ActiveState::Accepted | ActiveState::PartiallyFilled))
            | Some(OrderState::Done(DoneState::Filled)) => Ok(()),
            Some(OrderState::Active(ActiveState::PendingCancel) | OrderState::Done(_)) => {
                effects.actions.push(Action::Cancel(order));
                Ok(())
            }
            None if self.was_ours(order) => {
                effects.actions.push(Action::Cancel(order));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Whether it is an order that has ended so long ago that it is forgotten.
    fn was_ours(&self, order: OrderId) -> bool {
        let profile = self.state.profile(order.intent.profile);
        let last = profile.map_or(0, |profile| profile.last_intent);
        let is_held =
            profile.is_some_and(|known| known.trades.contains_key(&TradeId(order.intent)));
        order.leg == Leg::Main && (1..=last).contains(&order.intent.number) && !is_held
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
        self.on_done(context, order, DoneState::Rejected, reason, effects)?;
        self.cancel_other_half(context, order, effects)
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
        self.on_awaited(context, order, TradeId(order.intent), effects)?;
        self.review_unexplained(context, order, effects)?;
        let profile = self.state.profile(order.intent.profile);
        let trade = profile.map_or(TradeId(order.intent), |profile| profile.trade_of(order));
        self.close_dust(context, order, trade, effects)?;
        self.leave_freed(context, order, effects)
    }

    fn on_unknown(
        &mut self,
        context: &Context,
        order: OrderId,
        reason: String,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Some(known) = self.order(order).filter(|known| known.state.is_active()) else {
            return Ok(());
        };
        let is_leaving = known.state == OrderState::Active(ActiveState::PendingCancel);
        let is_known = is_leaving && known.confirmed;
        if !known.in_doubt && !is_known {
            self.emit(context, Event::OrderUnknown { order, reason }, effects)?;
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
        // A clock that was set back makes nobody wait longer.
        let waited = context.at.nanos_since(known.waits_since).saturating_abs();
        let done = match state {
            ActiveState::Accepted | ActiveState::PartiallyFilled => {
                let reason = "the venue does not have it any more".to_owned();
                return self.on_unknown(context, order, reason, effects);
            }
            // It may be on its way: the grace time begins now.
            ActiveState::PendingSubmit => {
                let reason = "the venue does not have it yet".to_owned();
                return self.emit(context, Event::OrderUnknown { order, reason }, effects);
            }
            ActiveState::Unknown | ActiveState::PendingCancel
                if waited < self.settings.unknown_grace_nanos =>
            {
                return Ok(());
            }
            ActiveState::Unknown | ActiveState::PendingCancel if known.confirmed => {
                DoneState::Cancelled
            }
            ActiveState::Unknown | ActiveState::PendingCancel => DoneState::Voided,
        };
        let reason = "the venue does not have it".to_owned();
        self.on_done(context, order, done, reason, effects)?;
        match done {
            DoneState::Voided => self.cancel_other_half(context, order, effects),
            _ => Ok(()),
        }
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
            let subject = profile.control_subject(self.state.tenant(), order.terms.symbol);
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
        (order, revision): (OrderId, Option<u32>),
        reason: &str,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let context = Context { at, now: at, request_id: None, cause: Cause::Clock };
        let reason = reason.to_owned();
        match revision {
            None => {
                self.on_done(&context, order, DoneState::Voided, reason, effects)?;
                // The one that comes after it is withheld with it.
                let known = self.order(order).and_then(|known| known.terms.cancels);
                match known.is_some_and(|other| other.intent.number < order.intent.number) {
                    true => self.cancel_other_half(&context, order, effects),
                    false => Ok(()),
                }
            }
            Some(revision) => self.on_amended(&context, order, (revision, Err(reason)), effects),
        }
    }

    /// The venue has taken an amendment, or says why not.
    fn on_amended(
        &mut self,
        context: &Context,
        order: OrderId,
        (revision, taken): (u32, Result<(), String>),
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let amending = self.order(order).and_then(|known| known.amending);
        if amending.is_none_or(|asked| asked.revision != revision) {
            return Ok(());
        }
        let event = match taken {
            Ok(()) => Event::OrderAmended { order, revision },
            Err(reason) => Event::AmendmentRejected { order, revision, reason },
        };
        self.emit(context, event, effects)
    }

    /// Orders that nobody can tell about are asked for again, and now and then everything that is
    /// open: what a venue says by itself may be lost.
    pub(super) fn on_clock(
        &mut self,
        at: Timestamp,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        self.end_entries_left_early(at, effects)?;
        // A clock that was set back has not stood still.
        let since = self.polled_at.map(|last| at.nanos_since(last).saturating_abs());
        if since.is_some_and(|nanos| nanos >= self.settings.poll_nanos) {
            self.ask_about_all(at, effects);
            return Ok(());
        }
        let open = [ActiveState::Unknown, ActiveState::PendingCancel].map(OrderState::Active);
        for profile in self.state.profiles() {
            let asked = profile.working.values().filter(|order| open.contains(&order.state));
            let queries = asked.map(|order| Action::Query(order.terms.order_id()));
            effects.actions.extend(queries);
        }
        self.polled_at.get_or_insert(at);
        Ok(())
    }

    pub(super) fn on_resume(
        &mut self,
        at: Timestamp,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let context = Context { at, now: at, request_id: None, cause: Cause::Clock };
        let working = self.state.profiles().flat_map(|profile| profile.working.values());
        let unanswered = working.filter(|order| !order.confirmed && !order.in_doubt);
        let unanswered: Vec<OrderId> = unanswered.map(|order| order.terms.order_id()).collect();
        self.ask_about_all(at, effects);
        for order in unanswered {
            let reason = "the process ended before the venue had answered".to_owned();
            self.emit(&context, Event::OrderUnknown { order, reason }, effects)?;
        }
        Ok(())
    }

    /// Asks about every working and every protective order, and about those that have ended without
    /// all of their fills; asks again for amendments that nobody has answered, and says again where
    /// stops and targets stand: neither may have reached the venue.
    fn ask_about_all(&mut self, at: Timestamp, effects: &mut Effects) {
        self.polled_at = Some(at);
        let actions = &mut effects.actions;
        for profile in self.state.profiles() {
            actions.extend(profile.working.keys().copied().map(Action::Query));
            let amending = profile.working.values().filter_map(ApprovedAmendment::again);
            actions.extend(amending.map(Action::Amend));
            actions.extend(profile.ended.asked_about(at).map(Action::Query));
            for trade in profile.trades.values() {
                actions.extend(levels_of(trade));
                actions.extend(legs(trade).map(Action::Query));
            }
        }
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

/// Where what protects a trade stands, for its venue; nothing where nothing does. Targets at a
/// distance are still those that the venue has from the entry: a person sets prices.
pub(super) fn levels_of(trade: &Trade) -> Option<Action> {
    let is_price = |terms: &TargetTerms| matches!(terms.distance, Distance::At(_));
    let targets = Some(&trade.protection.targets).filter(|targets| targets.iter().any(is_price));
    let levels = Levels { stop: trade.stop, targets: targets.cloned() };
    let nothing = levels.stop.is_none() && levels.targets.is_none();
    (!nothing).then_some(Action::Protect(trade.id, levels))
}

/// The protective orders of a trade.
fn legs(trade: &Trade) -> impl Iterator<Item = OrderId> {
    let intent = trade.id.0;
    let targets = (0..trade.targets.len()).map(|place| Leg::Target(place as u8));
    let stop = trade.stop.map(|_| Leg::Stop).into_iter();
    stop.chain(targets).map(move |leg| OrderId { intent, leg })
}
