//! What corporate actions do to a trade. The venue that is simulated and the fold share it.

use std::num::NonZeroU32;

use ballast_domain::exits::Distance;
use ballast_domain::{
    Direction, Execution, ExitReason, Instrument, Money, OrderId, Price, Quantity, Timestamp, Trade,
};
use rust_decimal::Decimal;

use super::{Returned, leave, on_tick};

/// Units are kept to so many decimals where a split does not come out even.
const UNIT_DECIMALS: u32 = 12;

/// How many units come in the place of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    /// Units afterwards.
    pub numerator: NonZeroU32,
    /// Units before.
    pub denominator: NonZeroU32,
}

impl Ratio {
    fn scaled(value: Decimal, by: NonZeroU32, of: NonZeroU32) -> Option<Decimal> {
        value.checked_mul(Decimal::from(by.get()))?.checked_div(Decimal::from(of.get()))
    }

    fn units(self, units: Quantity) -> Option<Quantity> {
        let units = Self::scaled(units.get(), self.numerator, self.denominator)?;
        Quantity::new(units.round_dp(UNIT_DECIMALS).normalize()).ok()
    }

    /// A distance in the price's unit, afterwards.
    fn distance(self, distance: Decimal) -> Option<Decimal> {
        Self::scaled(distance, self.denominator, self.numerator)
    }

    /// A price afterwards.
    #[must_use]
    pub fn price(self, price: Price) -> Option<Price> {
        let price = self.distance(price.get())?;
        Price::new(price.round_sf(24).unwrap_or(price).normalize()).ok()
    }

    fn level(self, level: Distance) -> Option<Distance> {
        Some(match level {
            Distance::Percent(percent) => Distance::Percent(percent),
            Distance::Absolute(distance) => Distance::Absolute(self.distance(distance)?),
            Distance::At(price) => Distance::At(self.price(price)?),
        })
    }
}

/// Splits the units of a trade at `at`, and its levels with them; what it has cost stays. `None` on
/// overflow (the trade is not to be used then).
pub fn split(
    trade: &mut Trade,
    ratio: Ratio,
    instrument: &Instrument,
    at: Timestamp,
) -> Option<()> {
    trade.split_at = Some(at);
    trade.exit_quantity = ratio.units(trade.exit_quantity)?;
    trade.entry_quantity = ratio.units(trade.entry_quantity)?;
    for target in &mut trade.targets {
        let up = trade.direction == Direction::Short;
        target.level = instrument.round_price(ratio.price(target.level)?, up);
        target.quantity = ratio.units(target.quantity)?;
        target.filled = ratio.units(target.filled)?;
    }
    if let Some(stop) = &mut trade.stop {
        stop.level = ratio.price(stop.level)?;
        *stop = on_tick(*stop, trade.direction, instrument);
    }
    let protection = &mut trade.protection;
    for target in &mut protection.targets {
        target.distance = ratio.level(target.distance)?;
    }
    for level in
        [&mut protection.stop_loss, &mut protection.trailing, &mut protection.break_even_at]
    {
        *level = match *level {
            Some(known) => Some(ratio.level(known)?),
            None => None,
        };
    }
    for price in [&mut trade.best_price, &mut trade.worst_price] {
        *price = price.and_then(|price| ratio.price(price));
    }
    split_executions(trade, ratio)
}

/// Splits the fills that count. What rounding has left goes to the last of each kind, so that their
/// sums are the trade's.
fn split_executions(trade: &mut Trade, ratio: Ratio) -> Option<()> {
    let mut left = [trade.entry_quantity, trade.exit_quantity];
    let last = |exits: bool| trade.executions.iter().rposition(|it| it.exit.is_some() == exits);
    let last = [last(false), last(true)];
    for (place, made) in trade.executions.iter_mut().enumerate() {
        let kind = usize::from(made.exit.is_some());
        let in_kind = Ratio::scaled(made.in_kind, ratio.numerator, ratio.denominator)?;
        made.in_kind = in_kind.round_dp(UNIT_DECIMALS).normalize();
        made.quantity = match Some(place) == last[kind] {
            true => left[kind],
            false => ratio.units(made.quantity)?,
        };
        left[kind] = left[kind].saturating_sub(made.quantity);
    }
    Some(())
}

/// Pays out what of a trade is no whole lot, at `price` a unit. `None` within when nothing is;
/// `None` without on overflow.
pub fn cash_in_lieu(
    trade: &mut Trade,
    price: Price,
    instrument: &Instrument,
    at: Timestamp,
) -> Option<Option<Returned>> {
    let held = trade.open_quantity();
    let fraction = held.saturating_sub(instrument.round_down(held.get()));
    if instrument.lot_size.is_none() || fraction.is_zero() {
        return Some(None);
    }
    let currency = trade.reserved.currency();
    let made = Execution {
        id: None,
        order: OrderId::main(trade.id.0),
        at,
        quantity: fraction,
        notional: price.notional(fraction, currency)?,
        value: price.get().checked_mul(fraction.get())?,
        fee: Money::zero(currency),
        in_kind: Decimal::ZERO,
        other_fee: None,
        exit: Some(ExitReason::CashInLieu),
    };
    let returned = leave(trade, &made)?;
    trade.executions.push(made);
    Some(Some(returned))
}

/// Pays a dividend of `per_unit` for what is held; what a short has sold, it owes. Gives what it
/// comes to; `None` on overflow (nothing changed).
pub fn pay_dividend(trade: &mut Trade, per_unit: Money) -> Option<Money> {
    let held = trade.open_quantity().get();
    let held = if trade.direction == Direction::Long { held } else { -held };
    let paid = Money::checked(per_unit.amount().checked_mul(held)?, per_unit.currency())?;
    trade.dividends = Some(match trade.dividends {
        Some(before) => before.checked_add(paid)?,
        None => paid,
    });
    Some(paid)
}
