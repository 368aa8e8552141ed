//! What a fill brings: it is booked whatever it is, and whoever did not expect it looks at it.

use ballast_domain::exits::Levels;
use ballast_domain::id::Leg;
use ballast_domain::order::Reversal;
use ballast_domain::{
    BrokerEvent, Cause, Event, Fill, Money, OrderId, OrderTerms, OrderType, Origin, Price,
    ProfileId, ProfileStatus, Purpose, Signal, SignalTerms, Slot, TimeInForce, Timestamp, Trade,
    TradeId,
};
use rust_decimal::Decimal;

use super::{Action, Context, Effects, Engine};
use crate::position;
use crate::risk::{self, Scopes};
use crate::state::{ApplyError, Order, Profile};

impl Engine {
    pub(super) fn on_fill(
        &mut self,
        context: &Context,
        order: OrderId,
        fill: Fill,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Some(profile) = self.state.profile(order.intent.profile) else {
            effects.strangers.push(BrokerEvent::Filled { order, fill });
            return Ok(());
        };
        let (trade, surprise) = match match_fill(profile, order, &fill) {
            Match::Repeated => return Ok(()),
            Match::Early => return self.on_early(context, order, fill, effects),
            Match::Nothing(why) => {
                let why = format!("the venue filled {order} {why}");
                let message = BrokerEvent::Filled { order, fill };
                // The answer may tell it again: one question is enough.
                if !profile.unmatched.contains(&message) {
                    self.ask_about_entry(order, effects);
                }
                return self.on_unmatched(context, message, why, effects);
            }
            Match::Trade { trade, surprise } => (trade, surprise),
        };
        let (name, price) = (fill.id, fill.price);
        let was_negative = profile.book.available() < Decimal::ZERO;
        let was_open = profile.trades.contains_key(&trade);
        self.emit(context, Event::OrderFilled { order, fill: Box::new(fill) }, effects)?;
        self.follow_excursion(context, trade, effects)?;
        self.protect(context, order, trade, effects)?;
        if let Some(surprise) = surprise {
            self.ask_about_entry(order, effects);
            let reason = format!("{order} {surprise}");
            self.review(context, order.intent.profile, reason, effects)?;
        }
        self.check_available(context, order.intent.profile, was_negative, effects)?;
        self.lock_entries(context, trade, effects)?;
        self.cancel_partners(context, order, effects)?;
        self.close_dust(context, order, trade, effects)?;
        self.mark_profile(context, order.intent.profile, effects)?;
        self.on_trade_left(context, order, (trade, was_open), price, effects)?;
        self.leave_entered(context, order, trade, effects)?;
        self.on_awaited(context, order, trade, effects)?;
        self.correct_awaited(context, (order, name), effects)
    }

    /// A protective order has filled before its entry, as far as was told: the messages have
    /// overtaken each other. It is kept, and the entry is asked for.
    fn on_early(
        &mut self,
        context: &Context,
        order: OrderId,
        fill: Fill,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let message = BrokerEvent::Filled { order, fill };
        if self.keep_unmatched(context, message, effects)? {
            self.ask_about_entry(order, effects);
        }
        Ok(())
    }

    /// What a protective order has left before its entry had filled so far, as far as was told, was
    /// filled long enough ago: no more is entered, so that what the entry came to is known.
    pub(super) fn end_entries_left_early(
        &mut self,
        at: Timestamp,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let context = Context { at, now: at, request_id: None, cause: Cause::Clock };
        let mut entries = Vec::new();
        for profile in self.state.profiles() {
            let waiting = profile.unmatched.iter().filter_map(|message| match message {
                BrokerEvent::Filled { order, fill } if order.leg != Leg::Main => {
                    let waited = at.nanos_since(fill.at).saturating_abs();
                    (waited >= self.settings.unknown_grace_nanos).then_some(order.intent)
                }
                _ => None,
            });
            entries.extend(waiting.map(OrderId::main));
        }
        for entry in entries {
            self.request_cancel(&context, entry, "more was left than has entered", effects)?;
        }
        Ok(())
    }

    /// A fill of a protective order does not fit: a fill of its entry may have been lost.
    fn ask_about_entry(&self, order: OrderId, effects: &mut Effects) {
        let entry = OrderId::main(order.intent);
        let known = self.state.profile(entry.intent.profile).and_then(|known| known.order(entry));
        if order.leg != Leg::Main && known.is_some() {
            effects.actions.push(Action::Query(entry));
        }
    }

    /// After a fill of an entry, or its end: books the fills of its protective orders that came
    /// before it.
    pub(super) fn on_awaited(
        &mut self,
        context: &Context,
        order: OrderId,
        trade: TradeId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        if order != OrderId::main(trade.0) {
            return Ok(());
        }
        let Some(profile) = self.state.profile(order.intent.profile) else { return Ok(()) };
        let awaited = profile.unmatched.iter().filter_map(|message| match message {
            BrokerEvent::Filled { order: leg, fill } if leg.intent == order.intent => {
                Some((*leg, fill.clone()))
            }
            _ => None,
        });
        let awaited: Vec<_> = awaited.collect();
        for (leg, fill) in awaited.iter().cloned() {
            self.on_fill(context, leg, fill, effects)?;
        }
        let still = awaited.into_iter().find(|(leg, fill)| {
            let message = BrokerEvent::Filled { order: *leg, fill: fill.clone() };
            let profile = self.state.profile(leg.intent.profile);
            profile.is_some_and(|profile| profile.unmatched.contains(&message))
        });
        if let Some((leg, _)) = still {
            self.ask_about_entry(leg, effects);
        }
        Ok(())
    }

    /// Places the levels that protect a trade after an entry's fill.
    pub(super) fn protect(
        &mut self,
        context: &Context,
        order: OrderId,
        id: TradeId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let profile = self.state.profile(order.intent.profile);
        let entered = profile.and_then(|profile| {
            let entered = order == OrderId::main(id.0);
            let trade = profile.trades.get(&id).filter(|_| entered)?;
            Some((trade, profile.document.instrument(trade.symbol)?))
        });
        let Some((trade, instrument)) = entered else { return Ok(()) };
        let standing = trade.stop;
        let (stop, targets) = position::protect(trade, instrument);
        // The first stop travels with the entry. What a later fill makes of it is told, and so is
        // one that stays although it lies elsewhere by now: the venue may have heard of the fills
        // in another order.
        let travels = standing.is_none() || stop == position::entry_stop(trade, instrument);
        let is_told = standing.is_some() && (standing != stop || !travels);
        if stop != standing || targets != trade.targets {
            self.emit(context, Event::ProtectionPlaced { trade: id, stop, targets }, effects)?;
        }
        if let (Some(stop), true) = (stop, is_told) {
            effects.actions.push(Action::Protect(id, Levels::of_stop(stop)));
        }
        Ok(())
    }

    /// Writes off what is left of a trade where no order can sell it and nothing more is to come.
    pub(super) fn close_dust(
        &mut self,
        context: &Context,
        order: OrderId,
        id: TradeId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let profile = self.state.profile(order.intent.profile);
        let dust = profile.and_then(|profile| {
            let trade = profile.trades.get(&id)?;
            let entry = profile.working.contains_key(&OrderId::main(id.0));
            let waits = entry || !profile.claimed(id).is_zero();
            position::dust(trade, profile.document.instrument(trade.symbol)?).filter(|_| !waits)
        });
        match dust {
            Some(quantity) => {
                self.emit(context, Event::DustClosed { trade: id, quantity }, effects)?;
                self.follow_excursion(context, id, effects)?;
                self.lock_entries(context, id, effects)
            }
            None => Ok(()),
        }
    }

    /// Locks entries where a trade that has just closed is one too many for a protection.
    pub(super) fn lock_entries(
        &mut self,
        context: &Context,
        trade: TradeId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let profile = trade.0.profile;
        let Some(known) = self.state.profile(profile) else { return Ok(()) };
        let Some(closed) = known.closed.back().filter(|closed| closed.id == trade) else {
            return Ok(());
        };
        let locks = risk::locks(known, closed, &Scopes::of(&self.product, &self.state, known));
        for lock in locks.into_iter().filter(|lock| lock.until > context.at) {
            self.emit(context, Event::EntriesLocked { profile, lock }, effects)?;
        }
        Ok(())
    }

    /// Of orders that cancel each other the first to fill does; where the venue has seen to it
    /// already, asking again changes nothing.
    fn cancel_partners(
        &mut self,
        context: &Context,
        order: OrderId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Some(profile) = self.state.profile(order.intent.profile) else { return Ok(()) };
        let Some(filled) = profile.order(order) else { return Ok(()) };
        let partners = profile.working.values().filter(|other| are_pair(filled, other));
        let partners: Vec<OrderId> = partners.map(|other| other.terms.order_id()).collect();
        for partner in partners {
            self.request_cancel(context, partner, "the other order has filled", effects)?;
        }
        Ok(())
    }

    /// A trade that is left whole is not entered any further.
    pub(super) fn stop_entering(
        &mut self,
        context: &Context,
        exit: &OrderTerms,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Purpose::Exit { trade: id, .. } = &exit.purpose else { return Ok(()) };
        let whole = self.state.profile(exit.intent.profile).is_some_and(|profile| {
            let held = profile.trades.get(id).map(Trade::open_quantity).unwrap_or_default();
            held.saturating_sub(profile.claimed(*id)) <= exit.quantity
        });
        match whole {
            true => {
                let entry = OrderId::main(id.0);
                self.request_cancel(context, entry, "the trade is being left", effects)
            }
            false => Ok(()),
        }
    }

    /// After an exit's fill: cancels what still works for a trade that has closed, the rest of its
    /// entry among it, and begins the second half of a reversal where the fill has closed it.
    fn on_trade_left(
        &mut self,
        context: &Context,
        order: OrderId,
        (id, was_open): (TradeId, bool),
        price: Price,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Some(profile) = self.state.profile(order.intent.profile) else { return Ok(()) };
        if profile.trades.contains_key(&id) {
            return Ok(());
        }
        let orphans = profile.working.values().filter(|other| belongs_to(other, id));
        // Whichever order left the last of it: a reversal that was under way goes on.
        let mut exits = profile.order(order).into_iter().chain(orphans);
        let then = exits.find_map(|exit| match &exit.terms.purpose {
            Purpose::Exit { then: Some(then), .. } => Some((exit.terms.symbol, then.clone())),
            _ => None,
        });
        self.cancel_orphans(context, id, effects)?;
        match then.filter(|_| was_open && self.enters(order.intent.profile)) {
            Some((symbol, reversal)) => {
                let signal = reversal_signal(order.intent.profile, symbol, *reversal);
                // The data was fresh when both halves were decided, and this price is newer.
                let verdict = self.check(context, &signal, Some(price));
                self.settle(context, signal, verdict, effects).map(drop)
            }
            None => Ok(()),
        }
    }

    /// Cancels what still works for a trade that is not open any more.
    pub(super) fn cancel_orphans(
        &mut self,
        context: &Context,
        id: TradeId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let profile = self.state.profile(id.0.profile);
        let Some(profile) = profile.filter(|profile| !profile.trades.contains_key(&id)) else {
            return Ok(());
        };
        // An entry of which every fill was taken back still works.
        if profile.known_trade(id).is_some_and(|trade| trade.executions.is_empty()) {
            return Ok(());
        }
        let orphans = profile.working.values().filter(|other| belongs_to(other, id));
        let orphans: Vec<OrderId> = orphans.map(|other| other.terms.order_id()).collect();
        for orphan in orphans {
            self.request_cancel(context, orphan, "the trade has closed", effects)?;
        }
        Ok(())
    }

    /// Books a message that fits nothing we know, once, and puts the profile under review.
    pub(super) fn on_unmatched(
        &mut self,
        context: &Context,
        message: BrokerEvent,
        why: String,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let profile = message.order().intent.profile;
        match self.keep_unmatched(context, message, effects)? {
            true => self.review(context, profile, why, effects),
            false => Ok(()),
        }
    }

    /// Keeps a message that fits nothing, once; whether it is new.
    fn keep_unmatched(
        &mut self,
        context: &Context,
        message: BrokerEvent,
        effects: &mut Effects,
    ) -> Result<bool, ApplyError> {
        let known = self.state.profile(message.order().intent.profile);
        if known.is_none_or(|known| known.unmatched.contains(&message)) {
            return Ok(false);
        }
        let message = Box::new(message);
        self.emit(context, Event::BrokerEventUnmatched { message }, effects)?;
        Ok(true)
    }

    /// An entry has ended, and a fill of one of its protective orders is still unexplained: nothing
    /// comes any more that would explain it.
    pub(super) fn review_unexplained(
        &mut self,
        context: &Context,
        order: OrderId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Some(profile) = self.state.profile(order.intent.profile) else { return Ok(()) };
        let unexplained = profile.unmatched.iter().find(|message| {
            matches!(message, BrokerEvent::Filled { order: leg, .. }
                if leg.intent == order.intent && leg.leg != Leg::Main)
        });
        match unexplained.map(BrokerEvent::order) {
            Some(leg) => {
                let why = format!("the venue filled {leg}, but not the entry that it protects");
                self.review(context, order.intent.profile, why, effects)
            }
            None => Ok(()),
        }
    }

    pub(super) fn review(
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
                let event = Event::ProfileStatusChanged { profile, status, reason, by: None };
                self.emit(context, event, effects)
            }
        }
    }

    /// Says once that what is available has become negative; entries of the profile stop.
    pub(super) fn check_available(
        &mut self,
        context: &Context,
        profile: ProfileId,
        was_negative: bool,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Some(known) = self.state.profile(profile) else { return Ok(()) };
        let available = Money::new(known.book.available(), known.book.currency());
        let told = was_negative && known.status == ProfileStatus::UnderReview;
        if available.amount() >= Decimal::ZERO || told {
            return Ok(());
        }
        self.emit(context, Event::AvailableNegative { profile, available }, effects)
    }
}

/// Whether an order enters a trade or leaves it.
fn belongs_to(order: &Order, id: TradeId) -> bool {
    match &order.terms.purpose {
        Purpose::Exit { trade, .. } => *trade == id,
        Purpose::Enter { .. } => order.terms.intent == id.0,
    }
}

/// What a reported fill is.
enum Match {
    /// It was booked before.
    Repeated,
    /// It belongs to this trade; `surprise` says what nobody expected about it.
    Trade { trade: TradeId, surprise: Option<&'static str> },
    /// It is of a protective order, and more than what has entered: more may still be told.
    Early,
    /// It fits nothing that is known, or cannot be booked; why.
    Nothing(&'static str),
}

const UNKNOWN: &str = "of which nothing is known here";

/// Finds the trade that a fill belongs to.
fn match_fill(profile: &Profile, order: OrderId, fill: &Fill) -> Match {
    if fill.quantity.is_zero() {
        return Match::Nothing("with no units");
    }
    let known = profile.order(order);
    let id = match (order.leg, known.map(|known| &known.terms.purpose)) {
        (_, Some(Purpose::Exit { trade, .. })) => *trade,
        // An order that was forgotten since may still be repeated.
        (Leg::Main, None) => {
            let mut trades = profile.trades.values().chain(&profile.closed);
            return match trades.any(|trade| trade.fills.contains(&fill.id)) {
                true => Match::Repeated,
                false => Match::Nothing(UNKNOWN),
            };
        }
        (_, Some(Purpose::Enter { .. }) | None) => TradeId(order.intent),
    };
    let trade = profile.known_trade(id);
    if profile.has_booked(order, id, fill.id) {
        return Match::Repeated;
    }
    let entering = known.is_some_and(|known| !known.terms.is_reducing());
    let held = trade.map(Trade::open_quantity).unwrap_or_default();
    // What the venue has taken back already waits for nothing: it is undone with the booking.
    let taken_back = profile.correction_of(order, fill.id).is_some() && trade.is_some();
    if order.leg != Leg::Main && !taken_back && held < fill.quantity {
        let entry = profile.order(OrderId::main(order.intent));
        if entry.is_some_and(|entry| !entry.terms.is_reducing() && entry.state.is_active()) {
            return Match::Early;
        }
    }
    if trade.is_none() && !entering {
        return Match::Nothing(UNKNOWN);
    }
    let moved = match profile.booking(order, id, fill) {
        Ok(made) => made.quantity,
        Err(why) => return Match::Nothing(why),
    };
    let surprise = match known {
        Some(known) if !known.state.is_active() => Some("filled after it had ended"),
        Some(known) if fill.quantity > known.open_quantity() => Some("filled more than was asked"),
        Some(known) if has_other_filled(profile, known) => {
            Some("filled although the other order of its pair had")
        }
        _ if !entering && moved > held => Some("filled more than was held"),
        _ => None,
    };
    Match::Trade { trade: id, surprise }
}

/// Whether the other order of a pair has filled: this one was to be cancelled by it.
fn has_other_filled(profile: &Profile, order: &Order) -> bool {
    let mut others = profile.working.values().chain(profile.ended.iter());
    others.any(|other| are_pair(order, other) && !other.filled.is_zero())
}

/// Whether the first of two orders to fill cancels the other.
fn are_pair(one: &Order, other: &Order) -> bool {
    let names = |one: &Order, other: &Order| one.terms.cancels == Some(other.terms.order_id());
    names(one, other) || names(other, one)
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
