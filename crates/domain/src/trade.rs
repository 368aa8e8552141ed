//! A trade: from its entry to the moment nothing of it is held any more.

use std::fmt;

use arrayvec::ArrayString;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::exits::{Protection, Stop, Target};
use crate::id::{FillId, OrderId, TradeId};
use crate::instrument::Symbol;
use crate::number::{Money, Price, Quantity};
use crate::order::{ExitReason, Side};
use crate::time::Timestamp;

/// Which way a trade earns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// Earns when the price rises.
    Long,
    /// Earns when the price falls.
    Short,
}

impl Direction {
    /// The other way.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Long => Self::Short,
            Self::Short => Self::Long,
        }
    }

    /// The side of the order that enters.
    #[must_use]
    pub const fn entry_side(self) -> Side {
        match self {
            Self::Long => Side::Buy,
            Self::Short => Side::Sell,
        }
    }

    /// The side of the order that leaves.
    #[must_use]
    pub const fn exit_side(self) -> Side {
        self.entry_side().opposite()
    }

    /// `long` or `short`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Long => "long",
            Self::Short => "short",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What tells two entries of one profile and symbol apart; empty unless a strategy keeps several.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct Slot(pub ArrayString<24>);

/// A fill as it was booked: the units that it moved of a trade, and what they came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// The venue's name for the fill; `None` for what no venue has filled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<FillId>,
    /// The order that filled.
    pub order: OrderId,
    /// When.
    pub at: Timestamp,
    /// Units that came to the trade or left it: what was traded, less or more what the venue took
    /// of the coin itself.
    pub quantity: Quantity,
    /// What those units cost or brought, fees apart, in quote currency.
    pub notional: Money,
    /// Price times units, not rounded to money.
    #[serde(with = "rust_decimal::serde::str")]
    pub value: Decimal,
    /// The fee in quote currency; what was taken of the coin itself at the fill's price.
    pub fee: Money,
    /// Units of the coin itself that the venue took as its fee; negative for a rebate.
    #[serde(default, with = "rust_decimal::serde::str", skip_serializing_if = "Decimal::is_zero")]
    pub in_kind: Decimal,
    /// The fee where it is in neither currency of the instrument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_fee: Option<Money>,
    /// Why the units left; `None` for an entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<ExitReason>,
}

impl Execution {
    /// Units that the order has traded, what the venue took of the coin itself among them.
    #[must_use]
    pub fn traded(&self, side: Side) -> Quantity {
        let moved = self.quantity.get();
        let traded = match side {
            Side::Buy => moved.saturating_add(self.in_kind),
            Side::Sell => moved.saturating_sub(self.in_kind),
        };
        Quantity::new(traded).unwrap_or_default()
    }

    /// The price of a unit, in quote currency; zero where nothing was paid for it.
    #[must_use]
    pub fn price(&self) -> Decimal {
        mean(self.value, self.quantity)
    }
}

/// One of the exits of a trade: what one order left of it, for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitLeg {
    /// Why.
    pub reason: ExitReason,
    /// Units that it left.
    pub quantity: Quantity,
    /// The mean price, before fees, in quote currency.
    pub price: Decimal,
    /// When its last fill was.
    pub at: Timestamp,
    /// Its fees in quote currency.
    pub fee: Money,
}

/// Exits of a trade that are told apart; what comes after them is told as the last of them.
pub const MAX_EXIT_LEGS: usize = 32;

/// How far the price went one way while a trade was open, from its mean entry price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excursion {
    /// What all units entered would have made or lost there, before fees; zero or more.
    pub amount: Money,
    /// The same in percent of the entry price.
    pub percent: Decimal,
}

/// An open trade and everything about it that the journal has told so far.
///
/// Amounts are kept as sums; averages are derived from them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trade {
    /// Its id, from entry to history.
    pub id: TradeId,
    /// The instrument.
    pub symbol: Symbol,
    /// What tells it from other trades of this profile and symbol.
    pub slot: Slot,
    /// Which way it earns.
    pub direction: Direction,
    /// When its first entry filled.
    pub opened_at: Timestamp,
    /// When its last entry filled, where that was not the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_entered_at: Option<Timestamp>,
    /// When its units were split last, where they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_at: Option<Timestamp>,
    /// Units entered so far.
    pub entry_quantity: Quantity,
    /// What those units cost, fees apart, in quote currency.
    pub entry_notional: Money,
    /// The sum of price times units of the entries, not rounded to money.
    #[serde(with = "rust_decimal::serde::str")]
    pub entry_value: Decimal,
    /// Units left so far.
    pub exit_quantity: Quantity,
    /// What those units brought, fees apart, in quote currency.
    pub exit_notional: Money,
    /// The sum of price times units of the exits, not rounded to money.
    #[serde(with = "rust_decimal::serde::str")]
    pub exit_value: Decimal,
    /// All fees of entries and exits, but for those in other currencies.
    pub fees: Money,
    /// Fees in neither currency of the instrument, a sum for each; no part of the profit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_fees: Vec<Money>,
    /// What of the entry's cost is still reserved for the units held.
    pub reserved: Money,
    /// Profit and loss of the units left so far, before fees.
    pub gross_profit: Money,
    /// What protects it, as accepted; its targets as a person has set them since.
    pub protection: Protection,
    /// Where its stop stands.
    pub stop: Option<Stop>,
    /// How often a person has moved the stop or the targets.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub amendments: u32,
    /// Whether the stop has moved to the entry's fill price.
    pub break_even_armed: bool,
    /// Closes of the strategy's bars that it has seen, counted where it has a limit on them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub bars_held: u32,
    /// The last close that was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_to: Option<Timestamp>,
    /// Its profit targets, filled ones and those that were taken away included; the place is the
    /// leg's number.
    pub targets: Vec<Target>,
    /// Every fill told so far, those that were taken back among them, so that a repeated report is
    /// recognised.
    pub fills: Vec<FillId>,
    /// Dividends that were paid for it, less those that it owed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dividends: Option<Money>,
    /// The fills that count, as they were booked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub executions: Vec<Execution>,
    /// Transfers were made for it so often beside those of its fills.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub changes: u32,
    /// The price at which it stood best while it was open, known once it has closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_price: Option<Price>,
    /// The price at which it stood worst while it was open, known once it has closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_price: Option<Price>,
    /// Why the last exit was made.
    pub exit_reason: Option<ExitReason>,
    /// When the last exit filled.
    pub closed_at: Option<Timestamp>,
    /// Which of its profile's trades it was to close, counted from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_number: Option<u64>,
}

impl Trade {
    /// Since when it is as it was entered: bars from before say nothing about it.
    #[must_use]
    pub fn entered_at(&self) -> Timestamp {
        let entered = self.last_entered_at.unwrap_or(self.opened_at);
        self.split_at.map_or(entered, |split| split.max(entered))
    }

    /// Counts what changes what a person decides about it: its fills, and what people did to its
    /// protection. That a stop follows by itself is as they have asked for.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.fills.len() as u64 + u64::from(self.amendments)
    }

    /// Units held.
    #[must_use]
    pub fn open_quantity(&self) -> Quantity {
        self.entry_quantity.saturating_sub(self.exit_quantity)
    }

    /// Whether a venue has taken a fee of the coin itself, so that units may be no whole lots.
    #[must_use]
    pub fn has_fees_in_kind(&self) -> bool {
        self.executions.iter().any(|made| !made.in_kind.is_zero())
    }

    /// The mean entry price, before fees; zero when nothing was entered.
    #[must_use]
    pub fn entry_price(&self) -> Decimal {
        mean(self.entry_value, self.entry_quantity)
    }

    /// The mean exit price of what was left so far, before fees; zero when nothing was.
    #[must_use]
    pub fn exit_price(&self) -> Decimal {
        mean(self.exit_value, self.exit_quantity)
    }

    /// What the closed trade came to net of all its fees, in quote currency; `None` on overflow.
    ///
    /// The ledger books each fill rounded to money, which is right for money that moves. A trade
    /// that was left in parts at its entry's price would show what those roundings left, and count
    /// as a win. Here the exact sums are subtracted and the difference is rounded once.
    #[must_use]
    pub fn net_profit(&self) -> Option<Money> {
        self.net(self.exit_value)
    }

    /// What it has come to so far, with the units that are open worth `mark` each.
    #[must_use]
    pub fn net_profit_at(&self, mark: Price) -> Option<Money> {
        let held = mark.get().checked_mul(self.open_quantity().get())?;
        self.net(self.exit_value.checked_add(held)?)
    }

    /// Nanoseconds from its first fill to its last; `None` while it is open.
    #[must_use]
    pub fn held_nanos(&self) -> Option<i64> {
        Some(self.closed_at?.nanos_since(self.opened_at))
    }

    /// Its exits in order, one for each order that left some of it, at most [`MAX_EXIT_LEGS`].
    #[must_use]
    pub fn exits(&self) -> Vec<ExitLeg> {
        let mut legs: Vec<(OrderId, Decimal, ExitLeg)> = Vec::new();
        for made in &self.executions {
            let Some(reason) = made.exit else { continue };
            let is_full = legs.len() == MAX_EXIT_LEGS;
            let same = |leg: &(OrderId, Decimal, ExitLeg)| {
                is_full || (leg.0, leg.2.reason) == (made.order, reason)
            };
            match legs.last_mut().filter(|leg| same(leg)) {
                Some((_, value, leg)) => {
                    *value = value.saturating_add(made.value);
                    leg.quantity = leg.quantity.checked_add(made.quantity).unwrap_or(leg.quantity);
                    leg.price = mean(*value, leg.quantity);
                    leg.fee = leg.fee.checked_add(made.fee).unwrap_or(leg.fee);
                    (leg.at, leg.reason) = (made.at, reason);
                }
                None => {
                    let (quantity, price) = (made.quantity, made.price());
                    let leg = ExitLeg { reason, quantity, price, at: made.at, fee: made.fee };
                    legs.push((made.order, made.value, leg));
                }
            }
        }
        legs.into_iter().map(|(_, _, leg)| leg).collect()
    }

    /// How far the price went for it (maximum favourable excursion); `None` while that is not
    /// known.
    #[must_use]
    pub fn favourable(&self) -> Option<Excursion> {
        self.away(self.best_price?, self.direction)
    }

    /// How far the price went against it (maximum adverse excursion); `None` while that is not
    /// known.
    #[must_use]
    pub fn adverse(&self) -> Option<Excursion> {
        self.away(self.worst_price?, self.direction.opposite())
    }

    /// How far `price` is from the entry, towards where a trade of `direction` earns.
    fn away(&self, price: Price, direction: Direction) -> Option<Excursion> {
        let entry = self.entry_price();
        let way = match direction {
            Direction::Long => price.get().checked_sub(entry)?,
            Direction::Short => entry.checked_sub(price.get())?,
        };
        let way = way.max(Decimal::ZERO);
        let amount = way.checked_mul(self.entry_quantity.get())?;
        let percent = way.checked_div(entry)?.checked_mul(Decimal::ONE_HUNDRED)?;
        Some(Excursion { amount: Money::checked(amount, self.fees.currency())?, percent })
    }

    fn net(&self, left_for: Decimal) -> Option<Money> {
        let gross = match self.direction {
            Direction::Long => left_for.checked_sub(self.entry_value)?,
            Direction::Short => self.entry_value.checked_sub(left_for)?,
        };
        let paid = self.dividends.map_or(Decimal::ZERO, Money::amount);
        let net = gross.checked_add(paid)?.checked_sub(self.fees.amount())?;
        Some(Money::new(net, self.fees.currency()))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Product and quotient are each rounded at the 28th digit: what they leave there would keep the
/// price of a single fill from being that price.
fn mean(value: Decimal, quantity: Quantity) -> Decimal {
    let mean = value.checked_div(quantity.get()).unwrap_or_default();
    mean.round_sf(24).unwrap_or(mean).normalize()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Adjusted prices have 17 digits, and quantities without a lot as many as there are.
        #[test]
        fn one_fill_has_its_own_price(
            price in 1_i64..=99_999_999_999_999_999,
            quantity in 1_i64..=999_999_999_999_999,
        ) {
            let price = Decimal::new(price, 14);
            let quantity = Quantity::new(Decimal::new(quantity, 12)).unwrap();
            let value = price * quantity.get();
            prop_assert_eq!(mean(value, quantity), price.normalize());
        }
    }
}
