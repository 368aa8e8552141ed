//! Trades as they fill: sums of what was entered and left, and the levels that protect the rest.
//!
//! The fold of the journal and every simulated venue share this code, so that both always agree
//! on what is held and what it cost.

mod corporate;
mod execution;

use ballast_domain::exits::{self, Distance, TargetTerms};
use ballast_domain::{
    Direction, Execution, ExitReason, Instrument, Money, OrderId, OrderTerms, Price, Protection,
    Quantity, Slot, Stop, StopKind, Target, Timestamp, Trade, TradeId,
};
use rust_decimal::Decimal;

pub use corporate::{Ratio, cash_in_lieu, pay_dividend, split};
pub use execution::{Coins, execution};

/// What an exit gives back to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returned {
    /// The part of the entry's cost that nothing is held for any more, in quote currency.
    pub cost: Money,
    /// Profit or loss before fees, in quote currency.
    pub profit: Money,
}

/// What an entry's fill takes from the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered {
    /// What the fill cost, fees apart, in quote currency.
    pub cost: Money,
    /// What goes back at once, because more had been left than was known to be held: reports of
    /// fills may overtake each other, and their sums do not depend on which comes first.
    pub left_before: Option<Returned>,
}

/// A trade into which nothing has filled yet, as accepted by `terms`.
#[must_use]
pub fn begin(
    terms: &OrderTerms,
    direction: Direction,
    slot: Slot,
    protection: Protection,
    made: &Execution,
) -> Trade {
    let none = Money::zero(made.notional.currency());
    Trade {
        id: TradeId(terms.intent),
        symbol: terms.symbol,
        slot,
        direction,
        opened_at: made.at,
        last_entered_at: None,
        split_at: None,
        entry_quantity: Quantity::ZERO,
        entry_notional: none,
        entry_value: Decimal::ZERO,
        exit_quantity: Quantity::ZERO,
        exit_notional: none,
        exit_value: Decimal::ZERO,
        fees: none,
        other_fees: Vec::new(),
        reserved: none,
        gross_profit: none,
        protection,
        stop: None,
        amendments: 0,
        break_even_armed: false,
        bars_held: 0,
        counted_to: None,
        targets: Vec::new(),
        fills: Vec::new(),
        dividends: None,
        executions: Vec::new(),
        changes: 0,
        best_price: None,
        worst_price: None,
        exit_reason: None,
        closed_at: None,
        close_number: None,
    }
}

/// Adds an entry's fill; gives what it costs, `None` on overflow (nothing changed).
pub fn enter(trade: &mut Trade, made: &Execution) -> Option<Entered> {
    let cost = made.notional;
    let left_before = left_before(trade, made)?;
    let still_held =
        cost.checked_sub(left_before.map_or(Money::zero(cost.currency()), |l| l.cost))?;
    let entry_quantity = trade.entry_quantity.checked_add(made.quantity)?;
    let entry_notional = trade.entry_notional.checked_add(cost)?;
    let entry_value = trade.entry_value.checked_add(made.value)?;
    let reserved = trade.reserved.checked_add(still_held)?;
    let gross_profit = match left_before {
        Some(left) => trade.gross_profit.checked_add(left.profit)?,
        None => trade.gross_profit,
    };
    trade.fees = trade.fees.checked_add(made.fee)?;
    let entered_at = trade.last_entered_at.unwrap_or(trade.opened_at).max(made.at);
    trade.opened_at = trade.opened_at.min(made.at);
    trade.last_entered_at = (entered_at > trade.opened_at).then_some(entered_at);
    trade.entry_quantity = entry_quantity;
    trade.entry_notional = entry_notional;
    trade.entry_value = entry_value;
    trade.reserved = reserved;
    trade.gross_profit = gross_profit;
    Some(Entered { cost, left_before })
}

/// The share of an entry's fill that had been left before it was told: its whole notional was taken
/// for profit then. `None` within when nothing was; `None` without on overflow.
#[expect(clippy::option_option, reason = "overflow is not the same as nothing")]
fn left_before(trade: &Trade, made: &Execution) -> Option<Option<Returned>> {
    let cost = made.notional;
    let before = trade.exit_quantity.saturating_sub(trade.entry_quantity).min(made.quantity);
    if before.is_zero() {
        return Some(None);
    }
    let share = match before == made.quantity {
        true => cost,
        false => {
            let part = before.get().checked_div(made.quantity.get())?;
            Money::new(cost.amount().checked_mul(part)?, cost.currency())
        }
    };
    let profit = match trade.direction {
        Direction::Long => Money::zero(cost.currency()).checked_sub(share)?,
        Direction::Short => share,
    };
    Some(Some(Returned { cost: share, profit }))
}

/// Adds an exit's fill; gives back the share of the cost and the profit, `None` on overflow
/// (nothing changed). A fill beyond what is held realises its whole notional.
pub fn leave(trade: &mut Trade, made: &Execution) -> Option<Returned> {
    let held = trade.open_quantity();
    let notional = made.notional;
    let cost = if made.quantity >= held {
        trade.reserved
    } else {
        // The ratio comes first: the product of a small amount and a small quantity would be
        // nothing, that of two large ones would not fit.
        let share = made.quantity.get().checked_div(held.get())?;
        Money::new(trade.reserved.amount().checked_mul(share)?, trade.reserved.currency())
    };
    let profit = match trade.direction {
        Direction::Long => notional.checked_sub(cost)?,
        Direction::Short => cost.checked_sub(notional)?,
    };
    let exit_quantity = trade.exit_quantity.checked_add(made.quantity)?;
    let exit_notional = trade.exit_notional.checked_add(notional)?;
    let exit_value = trade.exit_value.checked_add(made.value)?;
    let gross_profit = trade.gross_profit.checked_add(profit)?;
    let reserved = trade.reserved.checked_sub(cost)?;
    trade.fees = trade.fees.checked_add(made.fee)?;
    trade.exit_quantity = exit_quantity;
    trade.exit_notional = exit_notional;
    trade.exit_value = exit_value;
    trade.gross_profit = gross_profit;
    trade.reserved = reserved;
    // What was left over says nothing of why the rest had been left.
    if made.exit != Some(ExitReason::Dust) || trade.exit_reason.is_none() {
        trade.exit_reason = made.exit;
    }
    if trade.open_quantity().is_zero() {
        trade.closed_at = Some(made.at);
    }
    Some(Returned { cost, profit })
}

/// What units have brought that were left beyond what had entered, at the mean exit price and in
/// quote currency; less than nothing for what too much bought back has cost.
#[must_use]
pub fn oversold(trade: &Trade) -> Decimal {
    let beyond = trade.exit_quantity.saturating_sub(trade.entry_quantity);
    let brought = beyond.get().checked_mul(trade.exit_price()).unwrap_or_default();
    match trade.direction {
        Direction::Long => brought,
        Direction::Short => -brought,
    }
}

/// Remembers a fill that was booked, so that a repetition is recognised and it can be corrected;
/// `None` on overflow of the fees in other currencies (nothing changed). A venue repeats none to
/// itself.
pub fn remember(trade: &mut Trade, made: Execution) -> Option<()> {
    add_other_fee(trade, &made)?;
    trade.fills.extend(made.id);
    trade.executions.push(made);
    Some(())
}

fn add_other_fee(trade: &mut Trade, made: &Execution) -> Option<()> {
    let Some(fee) = made.other_fee else { return Some(()) };
    let known = trade.other_fees.iter_mut().find(|sum| sum.currency() == fee.currency());
    match known {
        Some(sum) => *sum = sum.checked_add(fee)?,
        None => trade.other_fees.push(fee),
    }
    Some(())
}

/// Reckons a trade anew from the fills that count, after one was taken back. What was written off
/// of it may be there still. `None` on overflow.
pub fn replay(trade: &mut Trade) -> Option<()> {
    let none = Money::zero(trade.reserved.currency());
    let all = std::mem::take(&mut trade.executions);
    let counts = |made: &Execution| made.exit != Some(ExitReason::Dust);
    let all: Vec<Execution> = all.into_iter().filter(counts).collect();
    let first = all.iter().filter(|made| made.exit.is_none()).map(|made| made.at).min();
    trade.opened_at = first.unwrap_or(trade.opened_at);
    let ended_at = trade.closed_at.unwrap_or(trade.opened_at);
    (trade.last_entered_at, trade.exit_reason, trade.closed_at) = (None, None, None);
    (trade.entry_quantity, trade.exit_quantity) = (Quantity::ZERO, Quantity::ZERO);
    (trade.entry_value, trade.exit_value) = (Decimal::ZERO, Decimal::ZERO);
    (trade.entry_notional, trade.exit_notional) = (none, none);
    (trade.fees, trade.reserved, trade.gross_profit) = (none, none, none);
    trade.other_fees.clear();
    for made in &all {
        match made.exit {
            None => drop(enter(trade, made)?),
            Some(_) => drop(leave(trade, made)?),
        }
        add_other_fee(trade, made)?;
    }
    trade.executions = all;
    if trade.open_quantity().is_zero() {
        trade.closed_at = trade.closed_at.or(Some(ended_at));
    }
    Some(())
}

/// Units of a trade that fees in the coin itself have left and no order can sell: less than a lot
/// of `instrument`. `None` when nothing is to be written off.
#[must_use]
pub fn dust(trade: &Trade, instrument: &Instrument) -> Option<Quantity> {
    let held = trade.open_quantity();
    let too_little = instrument.round_down(held.get()).is_zero() && !held.is_zero();
    (too_little && trade.has_fees_in_kind()).then_some(held)
}

/// Writes off all that is held at `at`: its cost is lost. What a short owes of it is left at its
/// cost. `None` on overflow (nothing changed).
pub fn write_off(trade: &mut Trade, at: Timestamp) -> Option<Returned> {
    let none = Money::zero(trade.reserved.currency());
    let brought = if trade.direction == Direction::Long { none } else { trade.reserved };
    let made = Execution {
        id: None,
        order: OrderId::main(trade.id.0),
        at,
        quantity: trade.open_quantity(),
        notional: brought,
        value: brought.amount(),
        fee: none,
        in_kind: Decimal::ZERO,
        other_fee: None,
        exit: Some(ExitReason::Dust),
    };
    let returned = leave(trade, &made)?;
    trade.executions.push(made);
    Some(returned)
}

/// The levels that protect `trade` after an entry's fill, from its mean entry price, on the tick of
/// `instrument`. A stop that has already moved closer stays.
#[must_use]
pub fn protect(trade: &Trade, instrument: &Instrument) -> (Option<Stop>, Vec<Target>) {
    if Price::new(trade.entry_price()).is_err() {
        return (trade.stop, trade.targets.clone());
    }
    let stop = match (entry_stop(trade, instrument), trade.stop) {
        (Some(first), Some(standing)) => Some(first.tighter(standing, trade.direction)),
        (first, standing) => first.or(standing),
    };
    (stop, targets(trade, &trade.protection.targets, instrument))
}

/// The stop that `trade` has from its mean entry price, wherever it has moved since.
#[must_use]
pub fn entry_stop(trade: &Trade, instrument: &Instrument) -> Option<Stop> {
    let entry_price = Price::new(trade.entry_price()).ok()?;
    first_stop(&trade.protection, entry_price, trade.direction, instrument)
}

/// The targets of `trade` by `terms`, from its mean entry price and what has entered, with what
/// each leg has closed.
#[must_use]
pub fn targets(trade: &Trade, terms: &[TargetTerms], instrument: &Instrument) -> Vec<Target> {
    let Ok(entry_price) = Price::new(trade.entry_price()) else { return trade.targets.clone() };
    let quantity = match trade.has_fees_in_kind() {
        true => instrument.round_down(trade.entry_quantity.get()),
        false => trade.entry_quantity,
    };
    let mut targets = exits::targets(terms, entry_price, trade.direction, quantity, instrument);
    for (target, standing) in targets.iter_mut().zip(&trade.targets) {
        target.filled = standing.filled;
    }
    targets
}

/// The terms of the targets of `trade`, a leg each, at the prices where they stand: what a person
/// may set others from.
#[must_use]
pub fn standing_targets(trade: &Trade) -> Vec<TargetTerms> {
    let entry_price = Price::new(trade.entry_price()).ok();
    let has_leg = |terms: &&TargetTerms| {
        entry_price.is_some_and(|price| terms.level(price, trade.direction).is_some())
    };
    let mut terms = trade.protection.targets.iter().filter(has_leg);
    let standing = trade.targets.iter().map(|target| {
        let share = || target.quantity.get().checked_div(trade.entry_quantity.get());
        let portion = terms.next().map(|terms| terms.portion).or_else(share);
        let distance = Distance::At(target.level);
        TargetTerms { distance, portion: portion.unwrap_or_default() }
    });
    standing.collect()
}

/// The stop of a trade that enters at `entry_price`, on the tick of `instrument`.
#[must_use]
pub fn first_stop(
    protection: &Protection,
    entry_price: Price,
    direction: Direction,
    instrument: &Instrument,
) -> Option<Stop> {
    let stop = protection.stop(entry_price, direction)?;
    Some(on_tick(stop, direction, instrument))
}

/// A stop on the tick, rounded towards the entry: it never risks more than was asked for.
fn on_tick(stop: Stop, direction: Direction, instrument: &Instrument) -> Stop {
    let down = direction == Direction::Short;
    Stop { level: instrument.round_price(stop.level, down), ..stop }
}

/// The stop after a bar whose extremes were `high` and `low` has closed: the trail follows the
/// extreme, and break-even arms once its distance was reached, both on the tick of `instrument`.
/// `None` when it stays.
#[must_use]
pub fn follow(trade: &Trade, high: Price, low: Price, instrument: &Instrument) -> Option<Stop> {
    if trade.protection.trailing.is_none() && trade.protection.break_even_at.is_none() {
        return None;
    }
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
    let moved = trail.into_iter().chain(break_even);
    let closest = standing
        .chain(moved.map(|stop| on_tick(stop, direction, instrument)))
        .reduce(|first, next| first.tighter(next, direction))?;
    (trade.stop != Some(closest)).then_some(closest)
}

/// Where the loss of a short has used up what it has reserved; `None` for a long.
#[must_use]
pub fn liquidation(trade: &Trade) -> Option<Price> {
    let entry_price = Price::new(trade.entry_price()).ok()?;
    let unprotected = Protection::default().stop(entry_price, trade.direction)?;
    (unprotected.kind == StopKind::Liquidation).then_some(unprotected.level)
}

/// A distance against the trade: below for a long, above for a short.
fn away(distance: Decimal, direction: Direction) -> Decimal {
    match direction {
        Direction::Long => -distance,
        Direction::Short => distance,
    }
}

/// Whether `amount` is more than what rounding leaves behind in an account that is worth `whole`: a
/// billionth of it buys no position.
#[must_use]
pub fn is_worth_spending(amount: Decimal, whole: Decimal) -> bool {
    let billionth = whole.checked_div(Decimal::from(1_000_000_000)).unwrap_or_default();
    amount > Decimal::ZERO && amount > billionth
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

#[cfg(test)]
mod tests;
