//! What the numbers of a back-test may be, the same for flags and for requests.

use rust_decimal::Decimal;

/// What is said of cash outside its range.
pub(crate) const CASH_RULE: &str = "it must be at least 0.000001 and at most 10^15";

/// Below a millionth too much is lost to rounding, above 10^15 sums are not exact.
pub(crate) fn cash(value: Decimal) -> Result<(), &'static str> {
    let range = Decimal::new(1, 6)..=Decimal::from(1_000_000_000_000_000_i64);
    holds(range.contains(&value), CASH_RULE)
}

/// A fee in percent of a fill.
pub(crate) fn percent(value: Decimal) -> Result<(), &'static str> {
    let range = Decimal::ZERO..Decimal::ONE_HUNDRED;
    holds(range.contains(&value), "it must be 0 or more and below 100 (percent)")
}

/// Slippage.
pub(crate) fn basis_points(value: Decimal) -> Result<(), &'static str> {
    let range = Decimal::ZERO..Decimal::from(10_000);
    holds(range.contains(&value), "it must be 0 or more and below 10000 (basis points)")
}

/// A share of a bar's volume.
pub(crate) fn share(value: Decimal) -> Result<(), &'static str> {
    let fits = value > Decimal::ZERO && value <= Decimal::ONE;
    holds(fits, "it must be above 0 and at most 1")
}

/// A step of quantities.
pub(crate) fn lot(value: Decimal) -> Result<(), &'static str> {
    holds(value > Decimal::ZERO, "it must be above zero")
}

/// An amount that may be nothing.
pub(crate) fn zero_or_more(value: Decimal) -> Result<(), &'static str> {
    holds(value >= Decimal::ZERO, "it must not be negative")
}

fn holds(fits: bool, rule: &'static str) -> Result<(), &'static str> {
    if fits { Ok(()) } else { Err(rule) }
}
