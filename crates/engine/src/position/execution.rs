//! What a fill moves, by the currency of its fee.
//!
//! A fee in the quote currency is paid in money. One in the coin itself comes out of the units:
//! what is owned is what the venue says. It counts at the fill's price, so that units and cash both
//! are what the venue has. One in any other currency is paid from outside of what is allocated.

use ballast_domain::{Currency, Execution, ExitReason, Fill, Money, OrderId, Quantity, Side};
use rust_decimal::Decimal;

/// What the money of an instrument is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coins {
    /// Its prices and the profile's books.
    pub quote: Currency,
    /// What is traded, where that is a coin.
    pub base: Option<Currency>,
}

/// A fill as it is booked: as an entry, or as an exit for a reason. `None` when its numbers do not
/// fit, or when its fee is all that was bought.
#[must_use]
pub fn execution(
    order: OrderId,
    side: Side,
    fill: &Fill,
    coins: Coins,
    exit: Option<ExitReason>,
) -> Option<Execution> {
    let Coins { quote, base } = coins;
    let traded = fill.price.notional(fill.quantity, quote)?;
    let none = Money::zero(quote);
    let made = Execution {
        id: Some(fill.id),
        order,
        at: fill.at,
        quantity: fill.quantity,
        notional: traded,
        value: fill.price.get().checked_mul(fill.quantity.get())?,
        fee: none,
        in_kind: Decimal::ZERO,
        other_fee: None,
        exit,
    };
    let taken = Money::checked(fill.fee.amount(), fill.fee.currency())?;
    let currency = taken.currency();
    if currency == quote {
        return Some(Execution { fee: taken, ..made });
    }
    if taken.amount().is_zero() {
        return Some(made);
    }
    if Some(currency) != base {
        return Some(Execution { other_fee: Some(taken), ..made });
    }
    let units = taken.amount();
    let fee = Money::checked(fill.price.get().checked_mul(units)?, quote)?;
    let (moved, notional) = match side {
        Side::Buy => (fill.quantity.get().checked_sub(units)?, traded.checked_sub(fee)?),
        Side::Sell => (fill.quantity.get().checked_add(units)?, traded.checked_add(fee)?),
    };
    let quantity = Quantity::new(moved).ok().filter(|moved| !moved.is_zero())?;
    let value = fill.price.get().checked_mul(moved)?;
    Some(Execution { quantity, notional, value, fee, in_kind: units, ..made })
}
