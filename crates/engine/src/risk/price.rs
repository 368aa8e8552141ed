//! The checks of an order's prices.

use ballast_domain::id::Leg;
use ballast_domain::{
    Direction, Instrument, OrderId, OrderType, Price, Refusal, Side, Symbol, Timestamp,
};
use rust_decimal::Decimal;

use super::gate::View;
use super::levels::expected_fill;
use super::scopes::Scopes;

/// Prices that wait are rounded to the tick away from the market's favour: a buy never pays more
/// than was asked, a sell never takes less.
pub(super) fn rounded(order_type: OrderType, side: Side, instrument: &Instrument) -> OrderType {
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

/// The price at which an entry is reckoned before it fills, `None` while there is none: the highest
/// at which it may fill. What the market has passed already fills at the market, whatever price the
/// order names.
pub(super) fn reckoned(
    order_type: OrderType,
    mark: Option<Price>,
    direction: Direction,
) -> Option<Price> {
    let named = reference_price(order_type, mark)?;
    let expected = mark.map(|mark| expected_fill(order_type, mark, direction));
    Some(expected.map_or(named, |expected| expected.max(named)))
}

/// The price that an order names, or the last one.
pub(super) const fn reference_price(order_type: OrderType, mark: Option<Price>) -> Option<Price> {
    match order_type {
        OrderType::Market | OrderType::TrailingStop { .. } => mark,
        OrderType::Limit { limit_price } | OrderType::StopLimit { limit_price, .. } => {
            Some(limit_price)
        }
        OrderType::Stop { stop_price } => Some(stop_price),
    }
}

/// The worst price at which an entry may fill while the market stands at `mark`, or has come to its
/// stop.
fn worst_price(order_type: OrderType, mark: Price, direction: Direction) -> Price {
    match order_type {
        OrderType::Limit { limit_price } | OrderType::StopLimit { limit_price, .. } => limit_price,
        OrderType::Market | OrderType::Stop { .. } | OrderType::TrailingStop { .. } => {
            expected_fill(order_type, mark, direction)
        }
    }
}

/// The last price, where it is young enough for an entry.
pub(super) fn fresh_mark(view: &View<'_>, scopes: &Scopes<'_>) -> Result<Price, Refusal> {
    let (price, at) = view.mark.ok_or(Refusal::MarketDataMissing)?;
    let age_ms = millis_since(view.now, at);
    match scopes.least(|limits| limits.max_data_age_ms) {
        Some((limit_ms, scope)) if age_ms > limit_ms => {
            Err(Refusal::MarketDataStale { age_ms, limit_ms, scope: Some(scope) })
        }
        _ => Ok(price),
    }
}

/// Milliseconds from `earlier` to `now`, none when it is later.
pub(super) fn millis_since(now: Timestamp, earlier: Timestamp) -> u64 {
    u64::try_from(now.nanos_since(earlier) / 1_000_000).unwrap_or(0)
}

/// Whether the prices that an order names can be meant.
pub(super) fn plausible(
    order_type: OrderType,
    view: &View<'_>,
    scopes: &Scopes<'_>,
) -> Result<(), Refusal> {
    let Some((limit, scope)) = scopes.least(|limits| limits.max_price_ratio) else {
        return Ok(());
    };
    let Some((last, _)) = view.mark else { return Ok(()) };
    let named = match order_type {
        OrderType::Market => [None, None],
        OrderType::TrailingStop { distance } => [last.shifted(distance), None],
        OrderType::Limit { limit_price } => [Some(limit_price), None],
        OrderType::Stop { stop_price } => [Some(stop_price), None],
        OrderType::StopLimit { stop_price, limit_price } => [Some(stop_price), Some(limit_price)],
    };
    let within = |one: Price, other: Price| {
        // What does not fit is far more than any price.
        one.get().checked_mul(limit).is_none_or(|most| other.get() <= most)
    };
    for price in named.into_iter().flatten() {
        if !(within(last, price) && within(price, last)) {
            return Err(Refusal::PriceImplausible { price, last, limit, scope });
        }
    }
    Ok(())
}

/// Whether an entry is within so much of the market's price, or of the stop that it waits for.
pub(super) fn within_collar(
    order_type: OrderType,
    mark: Price,
    direction: Direction,
    scopes: &Scopes<'_>,
) -> Result<(), Refusal> {
    let Some((limit_percent, scope)) = scopes.least(|limits| limits.price_collar_percent) else {
        return Ok(());
    };
    let price = worst_price(order_type, mark, direction);
    let reference = match order_type {
        OrderType::Stop { stop_price } | OrderType::StopLimit { stop_price, .. } => {
            expected_fill(OrderType::Stop { stop_price }, mark, direction)
        }
        OrderType::TrailingStop { .. } => price,
        OrderType::Market | OrderType::Limit { .. } => mark,
    };
    let share = limit_percent / Decimal::ONE_HUNDRED;
    let room = reference.get().checked_mul(share).ok_or(Refusal::Overflow)?;
    let worse = match direction {
        Direction::Long => price.get().saturating_sub(reference.get()),
        Direction::Short => reference.get().saturating_sub(price.get()),
    };
    match worse > room {
        true => Err(Refusal::PriceBeyondCollar { price, reference, limit_percent, scope }),
        false => Ok(()),
    }
}

/// Whether an entry could trade with an order of the tenant's own that rests at a limit at the same
/// venue, or with a target. Orders at the market and stops rest in no book, so that two of them
/// cannot meet; of orders that cancel each other one is gone before the other fills, and a target
/// that the market has passed has been filled, though nobody may have said so yet.
pub(super) fn no_self_trade(
    (symbol, order_type, direction): (Symbol, OrderType, Direction),
    cancels: Option<OrderId>,
    mark: Price,
    view: &View<'_>,
) -> Result<(), Refusal> {
    let reach = worst_price(order_type, mark, direction);
    let other = direction.exit_side();
    let counts = |price: Price, order: OrderId| {
        let is_passed = match direction {
            Direction::Long => price < mark,
            Direction::Short => price > mark,
        };
        Some(order) != cancels && (order.leg == Leg::Main || !is_passed)
    };
    for profile in view.state.profiles() {
        if profile.document.venue != view.profile.document.venue {
            continue;
        }
        if let Some((price, order)) = profile.resting(symbol, (other, reach), counts) {
            return Err(Refusal::SelfTrade { order, price });
        }
    }
    Ok(())
}
