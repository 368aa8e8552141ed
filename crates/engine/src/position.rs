//! Trades as they fill: sums of what was entered and left, and the levels that protect the rest.
//!
//! The fold of the journal and every simulated venue share this code, so that both always agree
//! on what is held and what it cost.

use ballast_domain::exits::Distance;
use ballast_domain::{
    Direction, ExitReason, Fill, Instrument, Money, OrderTerms, Price, Protection, Quantity, Slot,
    Stop, StopKind, Target, Trade, TradeId,
};
use rust_decimal::Decimal;

/// What an exit gives back to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returned {
    /// The part of the entry's cost that nothing is held for any more, in quote currency.
    pub cost: Money,
    /// Profit or loss before fees, in quote currency.
    pub profit: Money,
}

/// A trade into which nothing has filled yet, as accepted by `terms`.
#[must_use]
pub fn begin(
    terms: &OrderTerms,
    direction: Direction,
    slot: Slot,
    protection: Protection,
    fill: &Fill,
) -> Trade {
    let none = Money::zero(fill.fee.currency());
    Trade {
        id: TradeId(terms.intent),
        symbol: terms.symbol,
        slot,
        direction,
        opened_at: fill.at,
        entry_quantity: Quantity::ZERO,
        entry_notional: none,
        entry_value: Decimal::ZERO,
        exit_quantity: Quantity::ZERO,
        exit_notional: none,
        exit_value: Decimal::ZERO,
        fees: none,
        reserved: none,
        gross_profit: none,
        protection,
        stop: None,
        break_even_armed: false,
        targets: Vec::new(),
        fills: Vec::new(),
        exit_reason: None,
        closed_at: None,
    }
}

/// Adds an entry's fill; gives its cost in quote currency, `None` on overflow (nothing changed).
pub fn enter(trade: &mut Trade, fill: &Fill) -> Option<Money> {
    let cost = fill.price.notional(fill.quantity, fill.fee.currency())?;
    let entry_quantity = trade.entry_quantity.checked_add(fill.quantity)?;
    let entry_notional = trade.entry_notional.checked_add(cost)?;
    let value = fill.price.get().checked_mul(fill.quantity.get())?;
    let entry_value = trade.entry_value.checked_add(value)?;
    let reserved = trade.reserved.checked_add(cost)?;
    trade.fees = trade.fees.checked_add(fill.fee)?;
    trade.entry_quantity = entry_quantity;
    trade.entry_notional = entry_notional;
    trade.entry_value = entry_value;
    trade.reserved = reserved;
    trade.fills.push(fill.id);
    Some(cost)
}

/// Adds an exit's fill; gives back the share of the cost and the profit, `None` on overflow
/// (nothing changed). A fill beyond what is held realises its whole notional.
pub fn leave(trade: &mut Trade, fill: &Fill, reason: ExitReason) -> Option<Returned> {
    let held = trade.open_quantity();
    let notional = fill.price.notional(fill.quantity, fill.fee.currency())?;
    let cost = if fill.quantity >= held {
        trade.reserved
    } else {
        let share = trade.reserved.amount().checked_mul(fill.quantity.get())?;
        Money::new(share.checked_div(held.get())?, trade.reserved.currency())
    };
    let profit = match trade.direction {
        Direction::Long => notional.checked_sub(cost)?,
        Direction::Short => cost.checked_sub(notional)?,
    };
    let exit_quantity = trade.exit_quantity.checked_add(fill.quantity)?;
    let exit_notional = trade.exit_notional.checked_add(notional)?;
    let value = fill.price.get().checked_mul(fill.quantity.get())?;
    let exit_value = trade.exit_value.checked_add(value)?;
    let gross_profit = trade.gross_profit.checked_add(profit)?;
    trade.fees = trade.fees.checked_add(fill.fee)?;
    trade.exit_quantity = exit_quantity;
    trade.exit_notional = exit_notional;
    trade.exit_value = exit_value;
    trade.gross_profit = gross_profit;
    trade.reserved = trade.reserved.checked_sub(cost)?;
    trade.fills.push(fill.id);
    trade.exit_reason = Some(reason);
    if trade.open_quantity().is_zero() {
        trade.closed_at = Some(fill.at);
    }
    Some(Returned { cost, profit })
}

/// The levels that protect `trade` after an entry's fill, from its mean entry price. A stop that
/// has already moved closer stays.
#[must_use]
pub fn protect(trade: &Trade, instrument: &Instrument) -> (Option<Stop>, Vec<Target>) {
    let Ok(entry_price) = Price::new(trade.entry_price()) else {
        return (trade.stop, trade.targets.clone());
    };
    let (direction, quantity) = (trade.direction, trade.entry_quantity);
    let first = trade.protection.stop(entry_price, direction);
    let stop = match (first, trade.stop) {
        (Some(first), Some(standing)) => Some(first.tighter(standing, direction)),
        (first, standing) => first.or(standing),
    };
    let mut targets = trade.protection.targets(entry_price, direction, quantity, instrument);
    for (target, standing) in targets.iter_mut().zip(&trade.targets) {
        target.filled = standing.filled;
    }
    (stop, targets)
}

/// The stop after a bar whose extremes were `high` and `low` has closed: the trail follows the
/// extreme, and break-even arms once its distance was reached. `None` when it stays.
#[must_use]
pub fn follow(trade: &Trade, high: Price, low: Price) -> Option<Stop> {
    let entry_price = Price::new(trade.entry_price()).ok()?;
    let direction = trade.direction;
    let extreme = match direction {
        Direction::Long => high,
        Direction::Short => low,
    };
    let trail = trade.protection.trailing.and_then(|trailing| {
        let distance = trailing.from_fill(entry_price)?;
        let level = extreme.shifted(away(distance, direction))?;
        Some(Stop { level, kind: StopKind::Trailing })
    });
    let break_even = trade.protection.break_even_at.and_then(|at| {
        let reached = match at {
            Distance::At(price) => price,
            relative => {
                let distance = relative.from_fill(entry_price)?;
                entry_price.shifted(-away(distance, direction))?
            }
        };
        let armed = match direction {
            Direction::Long => extreme >= reached,
            Direction::Short => extreme <= reached,
        };
        armed.then_some(Stop { level: entry_price, kind: StopKind::BreakEven })
    });
    let standing = trade.stop.into_iter();
    let closest = standing
        .chain(trail)
        .chain(break_even)
        .reduce(|first, next| first.tighter(next, direction))?;
    (trade.stop != Some(closest)).then_some(closest)
}

/// A distance against the trade: below for a long, above for a short.
fn away(distance: Decimal, direction: Direction) -> Decimal {
    match direction {
        Direction::Long => -distance,
        Direction::Short => distance,
    }
}

/// Why a trade was left when its stop filled.
#[must_use]
pub const fn stop_reason(kind: StopKind) -> ExitReason {
    match kind {
        StopKind::StopLoss | StopKind::BreakEven => ExitReason::StopLoss,
        StopKind::Trailing => ExitReason::TrailingStop,
        StopKind::Liquidation => ExitReason::Liquidation,
    }
}
