//! What must hold, whatever happens.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use ballast_domain::{
    Account, ControlMode, ControlSnapshot, Direction, Envelope, Event, IntentId, Money, OrderId,
    OrderState, OrderTerms, OrderType, ProfileStatus, Purpose, Quantity, Trade, TradeId,
};
use ballast_engine::matching::Matcher;
use ballast_engine::state::{Order, Profile, State};
use rust_decimal::Decimal;

/// A rule of the architecture that the world holds the engine to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// All accounts of a book sum to zero.
    TransfersBalance,
    /// No accepted intent makes what is available negative.
    NothingBeyondAvailable,
    /// Every accepted entry is within every limit of every scope, by books that the gate never saw.
    LimitsHold,
    /// Fills are never more than the intent, and exits never more than what is held.
    FillsWithinIntent,
    /// Each intent is sent once, in all the lives of its process.
    OneSubmit,
    /// Nothing is sent that is not durable.
    DurableFirst,
    /// Nothing enters against a stop that its process knows of, or of a profile that does not run.
    NothingEntersWhenStopped,
    /// Every open position has the stop that it was entered with, or a closer one.
    Covered,
    /// When nothing is on its way, stops and targets stand at the venue where the engine believes.
    ProtectedAtVenue,
    /// Whoever is told that more was left than was held stops entering until a person has looked.
    SurprisesReviewed,
    /// What the node has kept by itself is there after its process has ended, whatever it was at.
    NothingKeptIsLost,
    /// The state is a fold of the journal, whatever happened to the process.
    StateIsFold,
    /// When nobody waits for anything, the engine holds what the venue holds, and as much money.
    EngineAndVenueAgree,
    /// When nothing goes wrong any more, nothing stays undecided.
    NothingUndecided,
    /// Whoever asked is answered.
    Answered,
    /// What was flattened is left.
    Flat,
    /// A tenant's loop ends for reasons outside of it only.
    LoopGoesOn,
    /// Nothing panics.
    NoPanic,
}

/// An invariant that did not hold.
#[derive(Debug, Clone)]
pub struct Violation {
    /// Which one.
    pub invariant: Invariant,
    /// What was found.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.invariant, self.found)
    }
}

/// What is found at one look.
pub(crate) type Found = Vec<Violation>;

pub(crate) fn violation(invariant: Invariant, found: impl Into<String>) -> Violation {
    Violation { invariant, found: found.into() }
}

/// What must hold after an event was booked, in the state after it.
pub(crate) fn after_event(state: &State, envelope: &Envelope) -> Found {
    let mut found = Vec::new();
    for profile in state.profiles() {
        for book in profile.books().filter(|book| !book.sum().is_zero()) {
            let why = format!("{} {} of {} is not zero", book.sum(), book.currency(), profile.id);
            found.push(violation(Invariant::TransfersBalance, why));
        }
    }
    match &envelope.event {
        Event::IntentAccepted { terms, .. } => {
            if let Some(profile) = state.profile(terms.intent.profile) {
                found.extend(accepted(profile, terms));
            }
        }
        Event::OrderFilled { order, .. } => {
            if let Some(profile) = state.profile(order.intent.profile) {
                found.extend(filled(profile));
            }
        }
        _ => {}
    }
    found
}

fn accepted(profile: &Profile, terms: &OrderTerms) -> Option<Violation> {
    let Purpose::Exit { trade, .. } = &terms.purpose else {
        if profile.status != ProfileStatus::Running || profile.flattening.is_some() {
            let why = format!("{} was accepted while {:?}", terms.intent, profile.status);
            return Some(violation(Invariant::NothingEntersWhenStopped, why));
        }
        let available = profile.book.available();
        let why = format!("{} leaves {available} available", terms.intent);
        return (available < Decimal::ZERO)
            .then(|| violation(Invariant::NothingBeyondAvailable, why));
    };
    let held = profile.trades.get(trade).map(Trade::open_quantity).unwrap_or_default();
    let others = profile.claimed(*trade).saturating_sub(terms.quantity);
    let why = format!("{} leaves {} of {held}, {others} claimed", terms.intent, terms.quantity);
    (terms.quantity > held.saturating_sub(others))
        .then(|| violation(Invariant::FillsWithinIntent, why))
}

fn filled(profile: &Profile) -> Option<Violation> {
    let mut orders = profile.working.values().chain(profile.ended.iter());
    let over = orders.find(|order| order.filled > order.most())?;
    let why = format!("{} filled {}", over.terms.intent, over.filled);
    Some(violation(Invariant::FillsWithinIntent, why))
}

/// After a batch: more was left of a trade than was held, and a person has not looked since.
pub(crate) fn reviewed(state: &State, batch: &[Envelope]) -> Found {
    let looked = |profile| {
        batch.iter().any(|envelope| match &envelope.event {
            Event::ProfileStatusChanged { profile: of, by, .. } => *of == profile && by.is_some(),
            Event::ProfileRemoved { profile: of, .. } => *of == profile,
            _ => false,
        })
    };
    let mut found = Vec::new();
    for envelope in batch {
        let Event::OrderFilled { order, .. } = &envelope.event else { continue };
        let Some(profile) = state.profile(order.intent.profile) else { continue };
        let Some(trade) = profile.known_trade(profile.trade_of(*order)) else { continue };
        let over = trade.exit_quantity > trade.entry_quantity;
        // The entry's own fill, told late, is what was missing.
        let entered = *order == OrderId::main(trade.id.0);
        if over && !entered && profile.status == ProfileStatus::Running && !looked(profile.id) {
            let why =
                format!("{} left {} of {}", trade.id, trade.exit_quantity, trade.entry_quantity);
            found.push(violation(Invariant::SurprisesReviewed, why));
        }
    }
    found
}

/// While a fill of the entry is on its way, more may have been left than is known to be held.
fn left_within_entered(profile: &Profile, overfilled: &BTreeSet<TradeId>) -> Option<Violation> {
    let trades = profile.trades.values().chain(&profile.closed);
    let mut trades = trades.filter(|trade| !overfilled.contains(&trade.id));
    let over = trades.find(|trade| trade.exit_quantity > trade.entry_quantity)?;
    let why = format!("{} left {} of {}", over.id, over.exit_quantity, over.entry_quantity);
    Some(violation(Invariant::FillsWithinIntent, why))
}

/// Whether control lets an entry go to the venue.
pub(crate) fn may_enter(
    control: Option<&ControlSnapshot>,
    profile: Option<&Profile>,
    state: &State,
    terms: &OrderTerms,
) -> bool {
    let (Some(control), Some(profile)) = (control, profile) else { return false };
    let stop = control.strictest(profile.control_subject(state.tenant(), terms.symbol));
    stop.is_none_or(|stop| stop.mode == ControlMode::Running)
}

/// Whether everybody knows where a working order stands, but for an amendment that a stop holds
/// back until it is lifted: nobody asks the venue for it.
pub(crate) fn is_decided(
    control: Option<&ControlSnapshot>,
    profile: &Profile,
    state: &State,
    order: &Order,
) -> bool {
    use ballast_domain::ActiveState::{Accepted, PartiallyFilled};
    let terms = &order.terms;
    let held_back = !terms.is_reducing()
        && order.filled < terms.quantity
        && !may_enter(control, Some(profile), state, terms);
    (order.amending.is_none() || held_back)
        && matches!(order.state, OrderState::Active(Accepted | PartiallyFilled))
}

/// What must hold of a profile and its account when nobody waits for anything.
pub(crate) fn at_rest(
    control: Option<&ControlSnapshot>,
    profile: &Profile,
    state: &State,
    account: &Matcher,
    overfilled: &BTreeSet<TradeId>,
) -> Found {
    let mut found = Vec::new();
    let mut disagree = |what: &str, ours: String, theirs: String| {
        let why = format!("{} {what}: the engine has {ours}, the venue {theirs}", profile.id);
        found.push(violation(Invariant::EngineAndVenueAgree, why));
    };
    let ours: BTreeMap<TradeId, Trade> =
        profile.trades.iter().map(|(id, trade)| (*id, as_the_venue_knows_it(trade))).collect();
    let theirs: BTreeMap<TradeId, Trade> =
        account.held().map(|trade| (trade.id, as_the_venue_knows_it(trade))).collect();
    if ours != theirs {
        disagree("holds", format!("{ours:?}"), format!("{theirs:?}"));
    }
    let ours: Vec<_> = profile.working.values().map(|order| worked(&order.terms)).collect();
    let mut theirs: Vec<_> = account.working().map(worked).collect();
    theirs.sort_unstable_by_key(|(intent, ..)| *intent);
    if ours != theirs {
        disagree("works", format!("{ours:?}"), format!("{theirs:?}"));
    }
    let free = profile.book.available() + profile.book.balance(Account::ReservedOrders);
    let ours = free + owed_by_shorts(profile.trades.values());
    let theirs = account.cash().amount() + owed_by_shorts(account.held());
    if ours != theirs {
        disagree("has", ours.to_string(), theirs.to_string());
    }
    found.extend(left_within_entered(profile, overfilled));
    for order in profile.working.values() {
        if !is_decided(control, profile, state, order) {
            let why = format!("{} is {:?}", order.terms.intent, order.state);
            found.push(violation(Invariant::NothingUndecided, why));
        }
    }
    found
}

/// What of a working order both must know alike.
fn worked(terms: &Arc<OrderTerms>) -> (IntentId, Quantity, OrderType) {
    (terms.intent, terms.quantity, terms.order_type)
}

/// What leaving every short at its cost would bring: its reserve, and what it was sold for. The
/// share of that which was brought already depends on the order in which fills were told.
fn owed_by_shorts<'a>(trades: impl Iterator<Item = &'a Trade>) -> Decimal {
    let shorts = trades.filter(|trade| trade.direction == Direction::Short);
    shorts.map(|trade| trade.reserved.amount()).sum::<Decimal>() * Decimal::TWO
}

/// Nothing is held and nothing works.
pub(crate) fn flat(profile: &Profile) -> Option<Violation> {
    let held: Quantity = profile.trades.values().next().map(Trade::open_quantity)?;
    let why = format!("{} of {} is still held", held, profile.id);
    Some(violation(Invariant::Flat, why))
}

/// Only the engine counts bars and amendments, knows whether break-even is armed, and hears of
/// a fill twice. Why a part was left last, and how cost is shared between what was left and what is
/// held, depends on the order in which fills are told; what both come to together does not.
fn as_the_venue_knows_it(trade: &Trade) -> Trade {
    let share = match trade.direction {
        Direction::Long => trade.reserved.checked_sub(trade.gross_profit),
        Direction::Short => trade.reserved.checked_add(trade.gross_profit),
    };
    Trade {
        best_price: None,
        worst_price: None,
        break_even_armed: false,
        amendments: 0,
        bars_held: 0,
        counted_to: None,
        fills: Vec::new(),
        executions: Vec::new(),
        changes: 0,
        exit_reason: None,
        reserved: share.unwrap_or(trade.reserved),
        gross_profit: Money::zero(trade.gross_profit.currency()),
        ..trade.clone()
    }
}
