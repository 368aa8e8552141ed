//! The gate for the prices at which a person wants a trade to end that is about to begin: none of
//! them may be reached at once, and each is a price of the venue.
//!
//! A strategy's levels are its own: what it gets by them is what its back-test has shown.

use ballast_domain::exits::Distance;
use ballast_domain::{Direction, Instrument, OrderType, Origin, Price, Protection, Refusal};
use rust_decimal::Decimal;

use super::stop::off_tick;

/// # Errors
/// The first [`Refusal`] that applies.
pub(super) fn check_levels(
    origin: &Origin,
    direction: Direction,
    protection: &Protection,
    expected: Price,
    instrument: &Instrument,
) -> Result<(), Refusal> {
    match origin {
        Origin::Strategy => Ok(()),
        _ => levels_fit(direction, protection, expected, instrument),
    }
}

/// Whether each level is a price of the venue that a trade from `price` on has not passed.
///
/// # Errors
/// The first [`Refusal`] that applies.
pub(super) fn levels_fit(
    direction: Direction,
    protection: &Protection,
    price: Price,
    instrument: &Instrument,
) -> Result<(), Refusal> {
    if let Some(Distance::At(level)) = protection.stop_loss {
        if let Some((below, above)) = off_tick(level, instrument) {
            return Err(Refusal::StopOffTick { level, below, above });
        }
        if !is_beyond(price, level, direction) {
            return Err(Refusal::StopPassedAtEntry { level, price });
        }
    }
    for target in &protection.targets {
        let Distance::At(level) = target.distance else { continue };
        if let Some((below, above)) = off_tick(level, instrument) {
            return Err(Refusal::TargetOffTick { level, below, above });
        }
        if !is_beyond(level, price, direction) {
            return Err(Refusal::TargetPassedAtEntry { level, price });
        }
    }
    Ok(())
}

/// Whether a trade of this direction gains from `from` to `level`.
pub(super) fn is_beyond(level: Price, from: Price, direction: Direction) -> bool {
    match direction {
        Direction::Long => level > from,
        Direction::Short => level < from,
    }
}

/// Where an entry that trails begins to wait: the market may come back to there at most. The last
/// price where there is no such level.
fn trigger(mark: Price, distance: Decimal, direction: Direction) -> Price {
    let shift = match direction {
        Direction::Long => distance,
        Direction::Short => -distance,
    };
    mark.shifted(shift).unwrap_or(mark)
}

/// Where an entry is expected to fill: at the last price where that is better than its limit, or
/// has passed its trigger.
#[must_use]
pub fn expected_fill(order_type: OrderType, mark: Price, direction: Direction) -> Price {
    let ordered = |one: Price, other: Price| match direction {
        Direction::Long => (one.min(other), one.max(other)),
        Direction::Short => (one.max(other), one.min(other)),
    };
    let better = |one, other| ordered(one, other).0;
    let worse = |one, other| ordered(one, other).1;
    match order_type {
        OrderType::Market => mark,
        OrderType::TrailingStop { distance } => trigger(mark, distance, direction),
        OrderType::Limit { limit_price } => better(limit_price, mark),
        OrderType::Stop { stop_price } => worse(stop_price, mark),
        OrderType::StopLimit { stop_price, limit_price } => {
            better(limit_price, worse(stop_price, mark))
        }
    }
}
