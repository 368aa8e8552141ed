//! What a trade earned, as every result tells it.
//!
//! The ledger books each fill rounded to money, which is right for money that moves. A trade that
//! was left in parts at its entry's price would show what those roundings left, and count as a win.
//! Here the exact sums are subtracted and the difference is rounded once.

use ballast_domain::number::MONEY_DECIMALS;
use ballast_domain::{Direction, Price, Trade};
use rust_decimal::Decimal;

/// The result of a closed trade net of all its fees, in quote currency; `None` on overflow.
#[must_use]
pub fn closed_profit(trade: &Trade) -> Option<Decimal> {
    net(trade, trade.exit_value)
}

/// The result so far of a trade whose open units are worth `mark` each.
pub(crate) fn open_profit(trade: &Trade, mark: Price) -> Option<Decimal> {
    let held = mark.get().checked_mul(trade.open_quantity().get())?;
    net(trade, trade.exit_value.checked_add(held)?)
}

fn net(trade: &Trade, left_for: Decimal) -> Option<Decimal> {
    let gross = match trade.direction {
        Direction::Long => left_for.checked_sub(trade.entry_value)?,
        Direction::Short => trade.entry_value.checked_sub(left_for)?,
    };
    Some(gross.checked_sub(trade.fees.amount())?.round_dp(MONEY_DECIMALS).normalize())
}
