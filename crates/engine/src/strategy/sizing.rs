//! How much to enter with, fixed at the signal's close.

use ballast_domain::strategy::Sizing;
use ballast_domain::{Direction, Price, Protection};
use rust_decimal::Decimal;

/// What a quantity is reckoned from, at the signal's close.
#[derive(Debug, Clone, Copy)]
pub struct Means {
    /// The close.
    pub close: Price,
    /// Cash and positions at their closes, in the profile's currency.
    pub equity: Decimal,
    /// What neither orders nor positions use, in the profile's currency.
    pub available: Decimal,
    /// The average true range of 14 bars, in the price's unit, once it is known.
    pub atr: Option<Decimal>,
}

/// Units to enter with, before rounding to the lot; `None` when they cannot be reckoned, because
/// an average is still warming up or the numbers do not fit.
#[must_use]
pub fn quantity(
    sizing: &Sizing,
    means: &Means,
    protection: &Protection,
    direction: Direction,
) -> Option<Decimal> {
    let close = means.close.get();
    let percent_of = |base: Decimal, value: Decimal| {
        base.max(Decimal::ZERO).checked_mul(value)?.checked_div(Decimal::ONE_HUNDRED)
    };
    match *sizing {
        Sizing::FixedQuantity { quantity } => Some(quantity),
        Sizing::FixedNotional { notional } => notional.checked_div(close),
        Sizing::PercentOfEquity { value } => percent_of(means.equity, value)?.checked_div(close),
        Sizing::PercentOfAvailable { value } => {
            percent_of(means.available, value)?.checked_div(close)
        }
        Sizing::RiskPercent { value } => {
            let stop = protection.stop_loss?.from_fill(means.close)?;
            let towards_loss = match protection.stop_loss? {
                ballast_domain::exits::Distance::At(price) => match direction {
                    Direction::Long => price < means.close,
                    Direction::Short => price > means.close,
                },
                _ => true,
            };
            let risk = percent_of(means.equity, value)?;
            towards_loss.then(|| risk.checked_div(stop))?
        }
        Sizing::VolatilityTarget { value } => {
            percent_of(means.equity, value)?.checked_div(means.atr?)
        }
    }
}

#[cfg(test)]
mod tests {
    use ballast_domain::exits::Distance;

    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn each_sizing_has_its_own_measure() {
        let means = Means {
            close: "50".parse().unwrap(),
            equity: dec("10000"),
            available: dec("4000"),
            atr: Some(dec("2.5")),
        };
        let stop_loss = Some(Distance::Percent(dec("5")));
        let protection = Protection { stop_loss, ..Protection::default() };
        let value = dec("10");
        let cases = [
            (Sizing::FixedQuantity { quantity: dec("7") }, "7"),
            (Sizing::FixedNotional { notional: dec("1000") }, "20"),
            (Sizing::PercentOfEquity { value }, "20"),
            (Sizing::PercentOfAvailable { value }, "8"),
            (Sizing::RiskPercent { value }, "400"),
            (Sizing::VolatilityTarget { value }, "400"),
        ];
        for (sizing, expected) in cases {
            let units = quantity(&sizing, &means, &protection, Direction::Long);
            assert_eq!(units, Some(dec(expected)), "{sizing:?}");
        }
    }

    #[test]
    fn what_cannot_be_reckoned_is_nothing() {
        let close = "50".parse().unwrap();
        let means = Means { close, equity: dec("-5"), available: dec("0"), atr: None };
        let none = Protection::default();
        let value = dec("10");
        let units = |sizing, protection| quantity(&sizing, &means, protection, Direction::Long);
        assert_eq!(units(Sizing::VolatilityTarget { value }, &none), None);
        assert_eq!(units(Sizing::RiskPercent { value }, &none), None);
        let stop_loss = Some(Distance::At("60".parse().unwrap()));
        let wrong_side = Protection { stop_loss, ..Protection::default() };
        assert_eq!(units(Sizing::RiskPercent { value }, &wrong_side), None);
        assert_eq!(units(Sizing::PercentOfEquity { value }, &none), Some(Decimal::ZERO));
    }
}
