//! The gate: every signal of every origin passes here, or is refused with a reason and numbers.
//!
//! Checks run in one order and the first refusal wins. A check of entries is passed by every
//! order that only reduces; a few checks concern every order. Cancels do not come here: they
//! always pass.

use std::collections::BTreeMap;
use std::sync::Arc;

use ballast_domain::control::ControlSnapshot;
use ballast_domain::id::MAX_INTENT_NUMBER;
use ballast_domain::profile::Liquidity;
use ballast_domain::{
    Direction, Instrument, MarketStatus, Markets, Money, OrderTerms, OrderType, Price, Product,
    ProfileId, Purpose, Quantity, Refusal, Signal, SignalTerms, Slot, Symbol, TimeInForce,
    Timestamp, Trade,
};
use rust_decimal::Decimal;

use super::levels::{check_levels, expected_fill};
use super::price::{
    fresh_mark, no_self_trade, plausible, reckoned, reference_price, rounded, within_collar,
};
use super::scopes::Scopes;
use super::sums::Measure;
use super::{OrderIntent, access, protections};
use crate::position::is_worth_spending;
use crate::state::{Order, Profile, State};

/// What the gate looks at beside the signal.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The tenant, with all its profiles.
    pub state: &'a State,
    /// The signal's profile.
    pub profile: &'a Profile,
    /// What the product lets the tenant do.
    pub product: &'a Product,
    /// Trading control; `None` while it cannot be known.
    pub control: Option<&'a ControlSnapshot>,
    /// Open profit of each profile that holds something, at the last prices and in its currency;
    /// none where it cannot be told.
    pub open_profit: &'a BTreeMap<ProfileId, Decimal>,
    /// What the venue says of its instruments.
    pub markets: &'a Markets,
    /// Whether the store is away: what raises risk cannot be recorded first then.
    pub store_away: bool,
    /// The last price of the signal's instrument and when it was made.
    pub mark: Option<(Price, Timestamp)>,
    /// The instant of the decision: the close of the frame that led to it, for a strategy's.
    pub at: Timestamp,
    /// The instant by the clock, never before `at`.
    pub now: Timestamp,
}

impl View<'_> {
    /// What a profile is worth at the last prices, in its currency; `None` while that cannot be
    /// told.
    pub(super) fn equity(&self, profile: &Profile) -> Option<Decimal> {
        equity(profile, self.open_profit)
    }
}

/// What a profile is worth with its open profit, in its currency; `None` while that is not known,
/// and on overflow.
pub fn equity(profile: &Profile, open_profit: &BTreeMap<ProfileId, Decimal>) -> Option<Decimal> {
    let open = match open_profit.get(&profile.id) {
        Some(open) => *open,
        None => profile.trades.is_empty().then_some(Decimal::ZERO)?,
    };
    profile.equity_at_cost()?.checked_add(open)
}

/// Accepts a signal or refuses it.
///
/// # Errors
/// The first [`Refusal`] that applies.
pub fn check(signal: &Signal, view: &View<'_>) -> Result<OrderIntent, Refusal> {
    if view.profile.last_intent >= MAX_INTENT_NUMBER {
        return Err(Refusal::Overflow);
    }
    match &signal.terms {
        SignalTerms::Enter { .. } => check_entry(signal, view),
        SignalTerms::Exit { .. } => check_exit(signal, view),
    }
}

/// An exit needs a venue that can be reached, a price that can be meant, a trade, and something of
/// it that no other exit has claimed; nothing else may stand in its way, not even that the profile
/// does not know the instrument any more.
fn check_exit(signal: &Signal, view: &View<'_>) -> Result<OrderIntent, Refusal> {
    let SignalTerms::Exit { trade, quantity, order_type, time_in_force, reason, then } =
        &signal.terms
    else {
        return Err(Refusal::Overflow);
    };
    access::has_credentials(view)?;
    let open = view.profile.trades.get(trade).filter(|open| open.symbol == signal.symbol);
    let open = open.ok_or(Refusal::TradeUnknown { trade: *trade })?;
    let instrument = view.profile.document.instrument(signal.symbol);
    let side = open.direction.exit_side();
    let order_type = instrument.map_or(*order_type, |known| rounded(*order_type, side, known));
    plausible(order_type, view, &Scopes::of(view.product, view.state, view.profile))?;
    let purpose = Purpose::Exit { trade: *trade, reason: *reason, then: then.clone() };
    Ok(OrderIntent::accepted(Arc::new(OrderTerms {
        intent: view.profile.next_intent(),
        accepted_at: view.at,
        symbol: open.symbol,
        side,
        order_type,
        time_in_force: *time_in_force,
        quantity: reducible(open, (*quantity, order_type), instrument, view)?,
        reserved: Money::zero(view.profile.book.currency()),
        cancels: None,
        purpose,
    })))
}

/// What of a trade may still be left: never more than is held less what working exits have
/// claimed, so that two exits never reverse it. A part is a whole number of lots and worth what the
/// venue takes; all that is free may be left whatever it is.
fn reducible(
    open: &Trade,
    (wanted, order_type): (Option<Quantity>, OrderType),
    instrument: Option<&Instrument>,
    view: &View<'_>,
) -> Result<Quantity, Refusal> {
    let (held, claimed) = (open.open_quantity(), view.profile.claimed(open.id));
    let free = held.saturating_sub(claimed);
    if free.is_zero() {
        return Err(Refusal::NothingToReduce { held: held.get(), claimed: claimed.get() });
    }
    let Some(part) = wanted.filter(|wanted| *wanted < free) else {
        // Fees in the coin itself leave what is no whole lot, of which no venue sells the rest.
        let lots = instrument.map_or(free, |known| known.round_down(free.get()));
        return Ok(if open.has_fees_in_kind() && !lots.is_zero() { lots } else { free });
    };
    let lots = instrument.map_or(part, |known| known.round_down(part.get()));
    if lots.is_zero() {
        let lot = instrument.and_then(|known| known.lot_size).unwrap_or_default();
        return Err(Refusal::QuantityBelowLot { quantity: part.get(), lot: lot.get() });
    }
    worth_leaving(lots, order_type, instrument, view)?;
    Ok(lots)
}

/// Whether the venue takes so small a part of a trade; without a price nobody can tell, and it
/// goes.
pub(super) fn worth_leaving(
    part: Quantity,
    order_type: OrderType,
    instrument: Option<&Instrument>,
    view: &View<'_>,
) -> Result<(), Refusal> {
    let price = reference_price(order_type, view.mark.map(|(price, _)| price));
    let notional = price.and_then(|price| price.get().checked_mul(part.get()));
    match (instrument.and_then(|known| known.min_notional), notional) {
        (Some(minimum), Some(notional)) if notional < minimum => {
            Err(Refusal::NotionalBelowMinimum { notional, minimum })
        }
        _ => Ok(()),
    }
}

/// The terms of an entry as asked for, in one place.
struct Entry<'a> {
    direction: Direction,
    slot: Slot,
    quantity: Decimal,
    order_type: OrderType,
    time_in_force: TimeInForce,
    cut_to_available: bool,
    instrument: &'a Instrument,
}

fn check_entry(signal: &Signal, view: &View<'_>) -> Result<OrderIntent, Refusal> {
    let SignalTerms::Enter {
        direction,
        slot,
        quantity,
        order_type,
        time_in_force,
        protection,
        cut_to_available,
        cancels,
    } = &signal.terms
    else {
        return Err(Refusal::Overflow);
    };
    access::may_enter(signal.symbol, view)?;
    let unknown = Refusal::InstrumentUnknown { symbol: signal.symbol };
    let instrument = view.profile.document.instrument(signal.symbol).ok_or(unknown)?;
    let entry = Entry {
        direction: *direction,
        slot: *slot,
        quantity: *quantity,
        order_type: rounded(*order_type, direction.entry_side(), instrument),
        time_in_force: *time_in_force,
        cut_to_available: *cut_to_available,
        instrument,
    };
    let (profile, symbol) = (view.profile, signal.symbol);
    let scopes = Scopes::of(view.product, view.state, profile);
    let quantity = whole_lots(&entry)?;
    let reckoned_as = (entry.order_type, entry.direction);
    let notional = worth_the_minimum(reckoned_as, instrument, quantity, view)?;
    plausible(entry.order_type, view, &scopes)?;
    reconciled(profile)?;
    market_open(symbol, view)?;
    let mark = fresh_mark(view, &scopes)?;
    let expected = expected_fill(entry.order_type, mark, entry.direction);
    check_levels(&signal.origin, entry.direction, protection, expected, instrument)?;
    let partner = cancels.and_then(|partner| profile.working.get(&partner));
    no_duplicate(signal, &entry, profile, partner)?;
    no_self_trade((symbol, entry.order_type, entry.direction), *cancels, mark, view)?;
    within_order_limits(quantity, notional, &scopes)?;
    let funds = Funds::of(&entry, quantity, notional, profile)?;
    let measure = Measure::new(view, &scopes);
    measure.may_open(partner)?;
    measure.has_room(symbol, funds.used())?;
    measure.in_time(symbol, entry.direction, partner)?;
    measure.bears_losses()?;
    protections::not_locked(symbol, view)?;
    not_restricted(symbol, &scopes)?;
    within_collar(entry.order_type, mark, entry.direction, &scopes)?;
    let reserved = funds.reserved()?;
    let (slot, protection) = (entry.slot, protection.clone());
    Ok(OrderIntent::accepted(Arc::new(OrderTerms {
        intent: profile.next_intent(),
        accepted_at: view.at,
        symbol: signal.symbol,
        side: entry.direction.entry_side(),
        order_type: entry.order_type,
        time_in_force: entry.time_in_force,
        quantity,
        reserved: Money::new(reserved, profile.book.currency()),
        cancels: *cancels,
        purpose: Purpose::Enter { direction: entry.direction, slot, protection },
    })))
}

fn whole_lots(entry: &Entry<'_>) -> Result<Quantity, Refusal> {
    let quantity = entry.instrument.round_down(entry.quantity);
    if quantity.is_zero() {
        let lot = entry.instrument.lot_size.unwrap_or_default().get();
        return Err(Refusal::QuantityBelowLot { quantity: entry.quantity, lot });
    }
    Ok(quantity)
}

/// An entry's notional at the price at which it is reckoned, when the venue takes it.
pub(super) fn worth_the_minimum(
    (order_type, direction): (OrderType, Direction),
    instrument: &Instrument,
    quantity: Quantity,
    view: &View<'_>,
) -> Result<Decimal, Refusal> {
    let mark = view.mark.map(|(price, _)| price);
    let price = reckoned(order_type, mark, direction).ok_or(Refusal::MarketDataMissing)?;
    let notional = price.get().checked_mul(quantity.get()).ok_or(Refusal::Overflow)?;
    match instrument.min_notional {
        Some(minimum) if notional < minimum => {
            Err(Refusal::NotionalBelowMinimum { notional, minimum })
        }
        _ => Ok(notional),
    }
}

/// What an entry of so many units comes to with its fee.
pub(super) fn with_fee(
    order_type: OrderType,
    quantity: Quantity,
    notional: Decimal,
    profile: &Profile,
) -> Result<Decimal, Refusal> {
    let liquidity = match order_type {
        OrderType::Limit { .. } => Liquidity::Maker,
        _ => Liquidity::Taker,
    };
    let fee = profile.document.fees.fee(notional, quantity.get(), liquidity);
    fee.and_then(|fee| notional.checked_add(fee)).ok_or(Refusal::Overflow)
}

pub(super) fn reconciled(profile: &Profile) -> Result<(), Refusal> {
    profile.order_in_doubt().map_or(Ok(()), |order| Err(Refusal::NotReconciled { order }))
}

pub(super) fn market_open(symbol: Symbol, view: &View<'_>) -> Result<(), Refusal> {
    match view.markets.status(symbol) {
        MarketStatus::Open => Ok(()),
        status => Err(Refusal::MarketClosed { symbol, status }),
    }
}

/// One of a pair takes the place of the other.
fn no_duplicate(
    signal: &Signal,
    entry: &Entry<'_>,
    profile: &Profile,
    partner: Option<&Order>,
) -> Result<(), Refusal> {
    if profile.has_entry(signal.symbol, entry.slot, partner) {
        return Err(Refusal::DuplicateEntry { slot: entry.slot });
    }
    Ok(())
}

pub(super) fn within_order_limits(
    quantity: Quantity,
    notional: Decimal,
    scopes: &Scopes<'_>,
) -> Result<(), Refusal> {
    match scopes.least(|limits| limits.max_order_quantity) {
        Some((limit, scope)) if quantity.get() > limit => {
            let (quantity, scope) = (quantity.get(), Some(scope));
            return Err(Refusal::OrderQuantityAboveLimit { quantity, limit, scope });
        }
        _ => {}
    }
    match scopes.least(|limits| limits.max_order_notional) {
        Some((limit, scope)) if notional > limit => {
            Err(Refusal::OrderNotionalAboveLimit { notional, limit, scope: Some(scope) })
        }
        _ => Ok(()),
    }
}

pub(super) fn not_restricted(symbol: Symbol, scopes: &Scopes<'_>) -> Result<(), Refusal> {
    let mut lists = scopes.all();
    match lists.find(|(_, limits)| limits.restricted_symbols.contains(&symbol)) {
        Some((scope, _)) => Err(Refusal::SymbolRestricted { symbol, scope }),
        None => Ok(()),
    }
}

/// What pays for an entry.
struct Funds {
    /// Cost and fee.
    needed: Decimal,
    available: Decimal,
    /// Whether there is enough for it.
    enough: bool,
    /// Whether the fill may cut the order down to what is available by then, and working exits may
    /// free more than there is now.
    grows: bool,
    cut: bool,
}

impl Funds {
    /// An entry that the fill may cut down may also be paid for by what is being left: at one open
    /// exits fill before entries.
    fn of(
        entry: &Entry<'_>,
        quantity: Quantity,
        notional: Decimal,
        profile: &Profile,
    ) -> Result<Self, Refusal> {
        let needed = with_fee(entry.order_type, quantity, notional, profile)?;
        let available = profile.book.available();
        let cut = entry.cut_to_available;
        let grows = cut && profile.has_exits();
        let worth = |amount| is_worth_spending(amount, profile.book.equity_at_cost());
        let enough = match cut {
            false => available >= needed,
            // What is free by then pays for it, and nothing pays for what is missing now.
            true => {
                let comes = !available.is_sign_negative() && grows;
                worth(notional) && (worth(available) || comes)
            }
        };
        Ok(Self { needed, available, enough, grows, cut })
    }

    /// The most that the entry may come to use.
    fn used(&self) -> Decimal {
        match self.cut && !self.grows {
            true => self.needed.min(self.available).max(Decimal::ZERO),
            false => self.needed,
        }
    }

    /// What to reserve: cost and fee, or what is available where the fill may cut the order down.
    fn reserved(&self) -> Result<Decimal, Refusal> {
        let Self { needed, available, enough, .. } = *self;
        match enough {
            true => Ok(needed.min(available).max(Decimal::ZERO)),
            false => Err(Refusal::InsufficientCapital { needed, available }),
        }
    }
}
