//! The gate: every signal of every origin passes here, or is refused with a reason and numbers.
//!
//! Checks run in one order and the first refusal wins. A check of entries is passed by every
//! order that only reduces; a few checks concern every order. Cancels do not come here: they
//! always pass.

use std::sync::Arc;

use ballast_domain::control::{ControlMode, ControlSnapshot, ControlSubject};
use ballast_domain::id::MAX_INTENT_NUMBER;
use ballast_domain::profile::Liquidity;
use ballast_domain::{
    Direction, Instrument, Limits, Money, OrderTerms, OrderType, Price, ProfileStatus, Purpose,
    Quantity, Refusal, Side, Signal, SignalTerms, Slot, Symbol, TenantId, TimeInForce, Timestamp,
    Trade,
};
use rust_decimal::Decimal;

use super::OrderIntent;
use super::levels::{check_levels, expected_fill};
use crate::position::is_worth_spending;
use crate::state::Profile;

/// What the gate looks at beside the signal.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Whose profile it is.
    pub tenant: &'a TenantId,
    /// The profile as the journal tells it.
    pub profile: &'a Profile,
    /// Trading control; `None` while it cannot be known.
    pub control: Option<&'a ControlSnapshot>,
    /// Whether the store is away: what raises risk cannot be recorded first then.
    pub store_away: bool,
    /// The last price of the signal's instrument and when it was made.
    pub mark: Option<(Price, Timestamp)>,
    /// The instant of the decision: the close of the frame that led to it, for a strategy's.
    pub at: Timestamp,
    /// The instant by the clock, never before `at`.
    pub now: Timestamp,
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

/// An exit needs a trade and something of it that no other exit has claimed; nothing else may stand
/// in its way, not even that the profile does not know the instrument any more.
fn check_exit(signal: &Signal, view: &View<'_>) -> Result<OrderIntent, Refusal> {
    let SignalTerms::Exit { trade, quantity, order_type, time_in_force, reason, then } =
        &signal.terms
    else {
        return Err(Refusal::Overflow);
    };
    let open = view.profile.trades.get(trade).filter(|open| open.symbol == signal.symbol);
    let open = open.ok_or(Refusal::TradeUnknown { trade: *trade })?;
    let instrument = view.profile.document.instrument(signal.symbol);
    let side = open.direction.exit_side();
    let purpose = Purpose::Exit { trade: *trade, reason: *reason, then: then.clone() };
    Ok(OrderIntent::accepted(Arc::new(OrderTerms {
        intent: view.profile.next_intent(),
        accepted_at: view.at,
        symbol: open.symbol,
        side,
        order_type: instrument.map_or(*order_type, |known| rounded(*order_type, side, known)),
        time_in_force: *time_in_force,
        quantity: reducible(open, *quantity, instrument, view)?,
        reserved: Money::zero(view.profile.book.currency()),
        cancels: None,
        purpose,
    })))
}

/// What of a trade may still be left: never more than is held less what working exits have
/// claimed, so that two exits never reverse it. A part is a whole number of lots; all that is free
/// may be left whatever the lot.
fn reducible(
    open: &Trade,
    wanted: Option<Quantity>,
    instrument: Option<&Instrument>,
    view: &View<'_>,
) -> Result<Quantity, Refusal> {
    let (held, claimed) = (open.open_quantity(), view.profile.claimed(open.id));
    let free = held.saturating_sub(claimed);
    if free.is_zero() {
        return Err(Refusal::NothingToReduce { held: held.get(), claimed: claimed.get() });
    }
    let Some(part) = wanted.filter(|wanted| *wanted < free) else { return Ok(free) };
    let lots = instrument.map_or(part, |known| known.round_down(part.get()));
    if lots.is_zero() {
        let lot = instrument.and_then(|known| known.lot_size).unwrap_or_default();
        return Err(Refusal::QuantityBelowLot { quantity: part.get(), lot: lot.get() });
    }
    Ok(lots)
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
    control_allows(signal.symbol, view)?;
    if view.profile.status == ProfileStatus::Stopped {
        return Err(Refusal::ProfileStopped);
    }
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
    let profile = view.profile;
    let limits = profile.document.limits.stricter(profile.document.strategy.limits);
    let quantity = whole_lots(&entry)?;
    let notional = worth_the_minimum(&entry, quantity, view)?;
    let mark = fresh_mark(view, &limits)?;
    let expected = expected_fill(entry.order_type, mark, entry.direction);
    check_levels(&signal.origin, entry.direction, protection, expected, instrument)?;
    no_duplicate(signal, &entry, profile)?;
    within_order_limits(quantity, notional, &limits)?;
    within_position_limits(profile, &limits)?;
    let reserved = affordable(&entry, quantity, notional, profile)?;
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

/// Whether anything that raises risk may be done to `symbol`.
pub(super) fn control_allows(symbol: Symbol, view: &View<'_>) -> Result<(), Refusal> {
    if view.store_away {
        return Err(Refusal::StoreAway);
    }
    let control = view.control.ok_or(Refusal::ControlUnknown)?;
    let stop = control.strictest(ControlSubject {
        venue: view.profile.document.venue,
        tenant: view.tenant,
        profile: view.profile.id,
        symbol,
    });
    if let Some(stop) = stop.filter(|stop| stop.mode > ControlMode::Running) {
        return Err(Refusal::Control {
            mode: stop.mode,
            by: stop.by.clone(),
            reason: stop.reason.clone(),
            scope: Some(stop.scope.clone()),
            at: Some(stop.at),
        });
    }
    match view.profile.status {
        ProfileStatus::Running | ProfileStatus::Stopped => Ok(()),
        ProfileStatus::UnderReview => Err(Refusal::UnderReview),
    }
}

/// Prices that wait are rounded to the tick away from the market's favour: a buy never pays more
/// than was asked, a sell never takes less.
fn rounded(order_type: OrderType, side: Side, instrument: &Instrument) -> OrderType {
    let limit = |price| instrument.round_price(price, side == Side::Buy);
    let stop = |price| instrument.round_price(price, side == Side::Sell);
    match order_type {
        OrderType::Market | OrderType::TrailingStop { .. } => order_type,
        OrderType::Limit { limit_price } => OrderType::Limit { limit_price: limit(limit_price) },
        OrderType::Stop { stop_price } => OrderType::Stop { stop_price: stop(stop_price) },
        OrderType::StopLimit { stop_price, limit_price } => {
            OrderType::StopLimit { stop_price: stop(stop_price), limit_price: limit(limit_price) }
        }
    }
}

fn whole_lots(entry: &Entry<'_>) -> Result<Quantity, Refusal> {
    let quantity = entry.instrument.round_down(entry.quantity);
    if quantity.is_zero() {
        let lot = entry.instrument.lot_size.unwrap_or_default().get();
        return Err(Refusal::QuantityBelowLot { quantity: entry.quantity, lot });
    }
    Ok(quantity)
}

/// The entry's notional at the price at which it is reckoned, when the venue takes it.
fn worth_the_minimum(
    entry: &Entry<'_>,
    quantity: Quantity,
    view: &View<'_>,
) -> Result<Decimal, Refusal> {
    let mark = view.mark.map(|(price, _)| price);
    let price = reckoned(entry, mark).ok_or(Refusal::MarketDataMissing)?;
    let notional = price.get().checked_mul(quantity.get()).ok_or(Refusal::Overflow)?;
    match entry.instrument.min_notional {
        Some(minimum) if notional < minimum => {
            Err(Refusal::NotionalBelowMinimum { notional, minimum })
        }
        _ => Ok(notional),
    }
}

/// The price at which an entry is reckoned before it fills, `None` while there is none: the highest
/// at which it may fill. What the market has passed already fills at the market, whatever price the
/// order names.
fn reckoned(entry: &Entry<'_>, mark: Option<Price>) -> Option<Price> {
    let named = reference_price(entry.order_type, mark)?;
    let expected = mark.map(|mark| expected_fill(entry.order_type, mark, entry.direction));
    Some(expected.map_or(named, |expected| expected.max(named)))
}

/// The price that an order names, or the last one.
const fn reference_price(order_type: OrderType, mark: Option<Price>) -> Option<Price> {
    match order_type {
        OrderType::Market | OrderType::TrailingStop { .. } => mark,
        OrderType::Limit { limit_price } | OrderType::StopLimit { limit_price, .. } => {
            Some(limit_price)
        }
        OrderType::Stop { stop_price } => Some(stop_price),
    }
}

fn fresh_mark(view: &View<'_>, limits: &Limits) -> Result<Price, Refusal> {
    let (price, at) = view.mark.ok_or(Refusal::MarketDataMissing)?;
    let age_ms = u64::try_from(view.now.nanos_since(at) / 1_000_000).unwrap_or(0);
    match limits.max_data_age_ms {
        Some(limit_ms) if age_ms > limit_ms => Err(Refusal::MarketDataStale { age_ms, limit_ms }),
        _ => Ok(price),
    }
}

fn no_duplicate(signal: &Signal, entry: &Entry<'_>, profile: &Profile) -> Result<(), Refusal> {
    if profile.has_entry(signal.symbol, entry.slot) {
        return Err(Refusal::DuplicateEntry { slot: entry.slot });
    }
    Ok(())
}

fn within_order_limits(
    quantity: Quantity,
    notional: Decimal,
    limits: &Limits,
) -> Result<(), Refusal> {
    match limits.max_order_quantity {
        Some(limit) if quantity.get() > limit => {
            return Err(Refusal::OrderQuantityAboveLimit { quantity: quantity.get(), limit });
        }
        _ => {}
    }
    match limits.max_order_notional {
        Some(limit) if notional > limit => {
            Err(Refusal::OrderNotionalAboveLimit { notional, limit })
        }
        _ => Ok(()),
    }
}

fn within_position_limits(profile: &Profile, limits: &Limits) -> Result<(), Refusal> {
    let Some(limit) = limits.max_open_positions else { return Ok(()) };
    let open = u32::try_from(profile.open_positions()).unwrap_or(u32::MAX);
    if open >= limit { Err(Refusal::TooManyPositions { open, limit }) } else { Ok(()) }
}

/// What to reserve: cost and fee, or what is available where the fill may cut the order down. Such
/// an entry may also be paid for by what is being left: at one open exits fill before entries.
fn affordable(
    entry: &Entry<'_>,
    quantity: Quantity,
    notional: Decimal,
    profile: &Profile,
) -> Result<Decimal, Refusal> {
    let liquidity = match entry.order_type {
        OrderType::Limit { .. } => Liquidity::Maker,
        _ => Liquidity::Taker,
    };
    let fee = profile.document.fees.fee(notional, quantity.get(), liquidity);
    let needed = fee.and_then(|fee| notional.checked_add(fee)).ok_or(Refusal::Overflow)?;
    let available = profile.book.available();
    let frees = || profile.working.values().any(|order| order.terms.is_reducing());
    let worth = |amount| is_worth_spending(amount, profile.book.equity_at_cost());
    let enough = match entry.cut_to_available {
        false => available >= needed,
        true => {
            // What is free by then pays for it, and nothing pays for what is missing now.
            let comes = !available.is_sign_negative() && frees();
            worth(notional) && (worth(available) || comes)
        }
    };
    match enough {
        true => Ok(needed.min(available).max(Decimal::ZERO)),
        false => Err(Refusal::InsufficientCapital { needed, available }),
    }
}
