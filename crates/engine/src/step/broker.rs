//! What a venue's messages bring. The same message again changes nothing; one that fits nothing
//! puts the profile under review.

use ballast_domain::control::ControlSubject;
use ballast_domain::id::Leg;
use ballast_domain::order::Reversal;
use ballast_domain::{
    ActiveState, BrokerEvent, Cause, ControlMode, DoneState, Event, Fill, Money, OrderId,
    OrderState, OrderType, Origin, ProfileId, ProfileStatus, Purpose, Signal, SignalTerms, Slot,
    TimeInForce, Timestamp, Trade, TradeId,
};
use rust_decimal::Decimal;

use super::{Action, Context, Effects, Engine};
use crate::ports::BrokerMessage;
use crate::position;
use crate::state::{ApplyError, Order, Profile};

impl Engine {
    pub(super) fn on_broker(
        &mut self,
        message: BrokerMessage,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let order = message.event.order();
        let cause = Cause::Broker(order);
        let context = Context { at: message.at, request_id: None, cause };
        let Some(profile) = self.state.profile(order.intent.profile) else {
            // Nothing of ours: an order of a profile that this tenant never had.
            return Ok(());
        };
        let state = standing(profile, order);
        match message.event {
            BrokerEvent::Filled { fill, .. } => self.on_fill(&context, order, fill, effects),
            event if state.is_none() => self.on_unmatched(&context, order, event, effects),
            BrokerEvent::Accepted { .. } => match state {
                Some(OrderState::Active(ActiveState::PendingSubmit | ActiveState::Unknown))
                    if order.leg == Leg::Main =>
                {
                    self.emit(&context, Event::OrderAccepted { order }, effects)
                }
                _ => Ok(()),
            },
            BrokerEvent::Cancelled { .. } => {
                self.on_done(&context, order, DoneState::Cancelled, String::new(), effects)
            }
            BrokerEvent::Expired { .. } => {
                self.on_done(&context, order, DoneState::Expired, String::new(), effects)
            }
            BrokerEvent::Rejected { reason, .. } => {
                self.on_done(&context, order, DoneState::Rejected, reason, effects)
            }
            BrokerEvent::Unknown { reason, .. } => {
                self.on_unknown(&context, order, reason, effects)
            }
            BrokerEvent::NotFound { .. } => self.on_not_found(&context, order, effects),
        }
    }

    fn on_fill(
        &mut self,
        context: &Context,
        order: OrderId,
        fill: Fill,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Some(profile) = self.state.profile(order.intent.profile) else { return Ok(()) };
        let Some(matched) = match_fill(profile, order, &fill) else {
            let event = BrokerEvent::Filled { order, fill };
            return self.on_unmatched(context, order, event, effects);
        };
        if matched.repeated {
            return Ok(());
        }
        let (trade, late) = (matched.trade, matched.late);
        self.emit(context, Event::OrderFilled { order, fill: Box::new(fill) }, effects)?;
        self.protect(context, order, trade, effects)?;
        if late {
            let reason = format!("{order} filled after it had ended");
            self.review(context, order.intent.profile, reason, effects)?;
        }
        self.check_available(context, order.intent.profile, effects)?;
        self.on_trade_left(context, order, trade, effects)
    }

    /// Places the levels that protect a trade after an entry's fill.
    fn protect(
        &mut self,
        context: &Context,
        order: OrderId,
        id: TradeId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let profile = self.state.profile(order.intent.profile);
        let levels = profile.and_then(|profile| {
            let entered = order == OrderId::main(id.0);
            let trade = profile.trades.get(&id).filter(|_| entered)?;
            let instruments = &profile.document.instruments;
            let instrument = instruments.iter().find(|i| i.symbol == trade.symbol)?;
            let (stop, targets) = position::protect(trade, instrument);
            let changed = stop != trade.stop || targets != trade.targets;
            changed.then_some((stop, targets))
        });
        match levels {
            Some((stop, targets)) => {
                self.emit(context, Event::ProtectionPlaced { trade: id, stop, targets }, effects)
            }
            None => Ok(()),
        }
    }

    /// After an exit's fill: cancels exits that nothing is left for, and begins the second half of
    /// a reversal.
    fn on_trade_left(
        &mut self,
        context: &Context,
        order: OrderId,
        id: TradeId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Some(profile) = self.state.profile(order.intent.profile) else { return Ok(()) };
        if profile.trades.contains_key(&id) {
            return Ok(());
        }
        let orphans: Vec<OrderId> = profile
            .working
            .values()
            .filter(
                |other| matches!(&other.terms.purpose, Purpose::Exit { trade, .. } if *trade == id),
            )
            .map(|other| other.terms.order_id())
            .collect();
        for orphan in orphans {
            self.request_cancel(context, orphan, "the trade has closed", effects)?;
        }
        let left = self.state.profile(order.intent.profile).and_then(|p| p.order(order));
        let then = left.and_then(|order| match &order.terms.purpose {
            Purpose::Exit { then: Some(then), .. } => Some((order.terms.symbol, then.clone())),
            _ => None,
        });
        match then {
            Some((symbol, reversal)) => {
                let signal = reversal_signal(order.intent.profile, symbol, *reversal);
                self.submit(context, signal, effects).map(drop)
            }
            None => Ok(()),
        }
    }

    fn on_done(
        &mut self,
        context: &Context,
        order: OrderId,
        state: DoneState,
        reason: String,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let active = self.order(order).is_some_and(|order| order.state.is_active());
        match active {
            true => self.emit(context, Event::OrderDone { order, state, reason }, effects),
            false => Ok(()),
        }
    }

    fn on_unknown(
        &mut self,
        context: &Context,
        order: OrderId,
        reason: String,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        match self.order(order).map(|order| order.state) {
            Some(OrderState::Active(ActiveState::Unknown)) => {}
            Some(OrderState::Active(_)) => {
                self.emit(context, Event::OrderUnknown { order, reason }, effects)?;
            }
            _ => return Ok(()),
        }
        effects.actions.push(Action::Query(order));
        Ok(())
    }

    /// The venue does not have the order: within the grace time it may still arrive there.
    fn on_not_found(
        &mut self,
        context: &Context,
        order: OrderId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Some(known) = self.order(order).filter(|order| order.state.is_active()) else {
            return Ok(());
        };
        let age = context.at.nanos_since(known.terms.accepted_at);
        if age < self.settings.unknown_grace_nanos {
            let reason = "the venue does not have it (yet)".to_owned();
            return match known.state {
                OrderState::Active(ActiveState::Unknown) => Ok(()),
                _ => self.emit(context, Event::OrderUnknown { order, reason }, effects),
            };
        }
        let state = match known.state {
            OrderState::Active(ActiveState::PendingSubmit | ActiveState::Unknown) => {
                DoneState::Voided
            }
            _ => DoneState::Cancelled,
        };
        let reason = "the venue does not have it".to_owned();
        self.on_done(context, order, state, reason, effects)
    }

    fn on_unmatched(
        &mut self,
        context: &Context,
        order: OrderId,
        message: BrokerEvent,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let matters = matches!(message, BrokerEvent::Filled { .. });
        if !matters {
            return Ok(());
        }
        let message = Box::new(message);
        self.emit(context, Event::BrokerEventUnmatched { message }, effects)?;
        let reason = format!("the venue reported a fill of {order}, which fits nothing we know");
        self.review(context, order.intent.profile, reason, effects)
    }

    fn review(
        &mut self,
        context: &Context,
        profile: ProfileId,
        reason: String,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let status = ProfileStatus::UnderReview;
        match self.state.profile(profile).map(|profile| profile.status) {
            Some(ProfileStatus::UnderReview) | None => Ok(()),
            Some(_) => {
                let event = Event::ProfileStatusChanged { profile, status, reason };
                self.emit(context, event, effects)
            }
        }
    }

    fn check_available(
        &mut self,
        context: &Context,
        profile: ProfileId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Some(known) = self.state.profile(profile) else { return Ok(()) };
        let available = Money::new(known.book.available(), known.book.currency());
        let review = known.status == ProfileStatus::UnderReview;
        if available.amount() >= Decimal::ZERO || review {
            return Ok(());
        }
        self.emit(context, Event::AvailableNegative { profile, available }, effects)
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
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let context = Context { at, request_id: None, cause: Cause::Clock };
        let reason = "not sent: trading control had changed meanwhile".to_owned();
        self.on_done(&context, order, DoneState::Voided, reason, effects)
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
        let context = Context { at, request_id: None, cause: Cause::Clock };
        let pending = OrderState::Active(ActiveState::PendingSubmit);
        let mut unanswered = Vec::new();
        for profile in self.state.profiles() {
            for order in profile.working.values() {
                let id = order.terms.order_id();
                unanswered.extend((order.state == pending).then_some(id));
                effects.actions.push(Action::Query(id));
            }
            for trade in profile.trades.values() {
                effects.actions.extend(legs(trade).map(Action::Query));
            }
        }
        for order in unanswered {
            let reason = "the process ended before the venue had answered".to_owned();
            self.emit(&context, Event::OrderUnknown { order, reason }, effects)?;
        }
        Ok(())
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

/// Where an order stands; a protective leg stands as long as its trade is known.
fn standing(profile: &Profile, order: OrderId) -> Option<OrderState> {
    match order.leg {
        Leg::Main => profile.order(order).map(|order| order.state),
        Leg::Stop | Leg::Target(_) => {
            let id = TradeId(order.intent);
            let closed = || profile.closed.iter().any(|trade| trade.id == id);
            match profile.trades.contains_key(&id) {
                true => Some(OrderState::Active(ActiveState::Accepted)),
                false => closed().then_some(OrderState::Done(DoneState::Cancelled)),
            }
        }
    }
}

/// What a reported fill belongs to.
struct MatchedFill {
    trade: TradeId,
    repeated: bool,
    late: bool,
}

/// Finds the trade that a fill belongs to; `None` when it fits nothing, or in another currency.
fn match_fill(profile: &Profile, order: OrderId, fill: &Fill) -> Option<MatchedFill> {
    if fill.fee.currency() != profile.book.currency() || fill.quantity.is_zero() {
        return None;
    }
    let known = match order.leg {
        Leg::Main => Some(profile.order(order)?),
        Leg::Stop | Leg::Target(_) => None,
    };
    let trade = match known.map(|known| &known.terms.purpose) {
        Some(Purpose::Exit { trade, .. }) => *trade,
        Some(Purpose::Enter { .. }) | None => TradeId(order.intent),
    };
    let open = profile.trades.get(&trade);
    let found = open.or_else(|| profile.closed.iter().find(|closed| closed.id == trade));
    let repeated = found.is_some_and(|trade| trade.fills.contains(&fill.id));
    let entering = known.is_some_and(|known| !known.terms.is_reducing());
    if !repeated && !entering && open.is_none() {
        return None;
    }
    let late = known.is_some_and(|known| !known.state.is_active());
    Some(MatchedFill { trade, repeated, late })
}

fn reversal_signal(
    profile: ProfileId,
    symbol: ballast_domain::Symbol,
    reversal: Reversal,
) -> Signal {
    Signal {
        origin: Origin::Strategy,
        profile,
        symbol,
        terms: SignalTerms::Enter {
            direction: reversal.direction,
            slot: Slot::default(),
            quantity: reversal.quantity.get(),
            order_type: OrderType::Market,
            time_in_force: TimeInForce::Gtc,
            protection: reversal.protection,
            cut_to_available: true,
            cancels: None,
        },
    }
}
