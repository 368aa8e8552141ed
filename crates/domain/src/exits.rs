//! What protects an open trade: stop, targets, trail, break-even and a limit on bars held.
//!
//! A [`Protection`] is relative and travels with the accepted entry; once the entry has filled,
//! its distances become levels by [`Protection::stop`] and [`targets`], which the
//! engine and every simulated venue share.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::instrument::Instrument;
use crate::number::{Price, Quantity};
use crate::trade::Direction;

/// How far from the entry's fill price a level lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Distance {
    /// Percent of the fill price: 5 is 5 %.
    Percent(#[serde(with = "rust_decimal::serde::str")] Decimal),
    /// In the price's unit, such as a multiple of the average true range of the signal's bar.
    Absolute(#[serde(with = "rust_decimal::serde::str")] Decimal),
    /// At this price, wherever the entry filled.
    At(Price),
}

impl Distance {
    /// The distance from `fill_price` in the price's unit; `None` on overflow.
    #[must_use]
    pub fn from_fill(self, fill_price: Price) -> Option<Decimal> {
        match self {
            Self::Percent(percent) => {
                fill_price.get().checked_mul(percent)?.checked_div(Decimal::ONE_HUNDRED)
            }
            Self::Absolute(distance) => Some(distance),
            Self::At(price) => Some(fill_price.get().checked_sub(price.get())?.abs()),
        }
    }

    /// The price at this distance from `fill_price`, above it or below; `None` when no such price
    /// is above zero.
    fn level(self, fill_price: Price, above: bool) -> Option<Price> {
        match self {
            Self::At(price) => Some(price),
            relative => {
                let distance = relative.from_fill(fill_price)?;
                fill_price.shifted(if above { distance } else { -distance })
            }
        }
    }
}

/// One profit target as configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetTerms {
    /// Where it lies.
    pub distance: Distance,
    /// Which share of the entry's quantity it closes: 0.5 is half. Zero for one that a person has
    /// taken away: its leg keeps its number, under which it may have filled.
    pub portion: Decimal,
}

impl TargetTerms {
    /// Its price for a trade that filled at `fill_price`, before rounding to the tick; `None` when
    /// no price can reach it, and then it has no leg.
    #[must_use]
    pub fn level(&self, fill_price: Price, direction: Direction) -> Option<Price> {
        self.distance.level(fill_price, direction == Direction::Long)
    }
}

/// Where what protects an open trade is to stand, as its venue is told. To tell it again changes
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels {
    /// The stop; it stays where it is when absent.
    pub stop: Option<Stop>,
    /// All targets, the place being the leg's number; they stay as they are when absent.
    pub targets: Option<Vec<TargetTerms>>,
}

impl Levels {
    /// Only the stop moves.
    #[must_use]
    pub const fn of_stop(stop: Stop) -> Self {
        Self { stop: Some(stop), targets: None }
    }
}

/// Everything that protects a trade, fixed when its entry was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct Protection {
    /// The protective stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_loss: Option<Distance>,
    /// Profit targets, nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TargetTerms>,
    /// How far the stop follows the extreme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trailing: Option<Distance>,
    /// How far the price must go in favour until the stop moves to the entry's fill price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub break_even_at: Option<Distance>,
    /// After how many bar closes an exit is due, the entry bar's close being the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bars: Option<u32>,
}

/// What set the level at which the stop stands now; names the reason when it fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StopKind {
    /// The configured stop-loss.
    StopLoss,
    /// The entry's fill price, after the break-even distance was reached.
    BreakEven,
    /// The trail.
    Trailing,
    /// Where a short's loss has used up what it reserved.
    Liquidation,
}

/// The protective stop as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stop {
    /// The price that triggers it.
    pub level: Price,
    /// What set it there.
    pub kind: StopKind,
}

impl Stop {
    /// The stop that a trade of `direction` meets first of the two; `self` when they are level.
    #[must_use]
    pub fn tighter(self, other: Self, direction: Direction) -> Self {
        let other_first = match direction {
            Direction::Long => other.level > self.level,
            Direction::Short => other.level < self.level,
        };
        if other_first { other } else { self }
    }
}

/// A profit target as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Target {
    /// The price that fills it.
    pub level: Price,
    /// Units it closes, of everything that entered.
    pub quantity: Quantity,
    /// Units it has closed.
    pub filled: Quantity,
}

impl Target {
    /// Units it has still to close.
    #[must_use]
    pub fn open_quantity(&self) -> Quantity {
        self.quantity.saturating_sub(self.filled)
    }
}

impl Protection {
    /// The first stop of a trade that filled at `fill_price`: stop-loss, trail or, for a short,
    /// the price at which its loss equals what it reserved, whichever is met first.
    #[must_use]
    pub fn stop(&self, fill_price: Price, direction: Direction) -> Option<Stop> {
        let above = direction == Direction::Short;
        let at = |distance: Option<Distance>, kind| {
            let level = distance?.level(fill_price, above)?;
            Some(Stop { level, kind })
        };
        let liquidation = match direction {
            Direction::Long => None,
            Direction::Short => {
                at(Some(Distance::Percent(Decimal::ONE_HUNDRED)), StopKind::Liquidation)
            }
        };
        let stop_loss = at(self.stop_loss, StopKind::StopLoss);
        let trailing = at(self.trailing, StopKind::Trailing);
        [stop_loss, trailing, liquidation]
            .into_iter()
            .flatten()
            .reduce(|first, next| first.tighter(next, direction))
    }
}

/// The profit targets by `terms` of a trade that filled `quantity` at `fill_price`, each portion
/// rounded down to the lot of `instrument` and each level to its tick, away from the entry; the
/// last takes the rest when the portions make a whole. A target's place in the list is its leg's
/// number.
#[must_use]
pub fn targets(
    terms: &[TargetTerms],
    fill_price: Price,
    direction: Direction,
    quantity: Quantity,
    instrument: &Instrument,
) -> Vec<Target> {
    let whole = terms.iter().map(|target| target.portion).sum::<Decimal>();
    let last = terms.iter().rposition(|target| !target.portion.is_zero());
    let mut left = quantity;
    let mut levels = Vec::with_capacity(terms.len());
    for (index, target) in terms.iter().enumerate() {
        let last_of_whole = Some(index) == last && whole >= Decimal::ONE;
        let portion = quantity.get().checked_mul(target.portion).unwrap_or_default();
        let share = if last_of_whole { left } else { instrument.round_down(portion).min(left) };
        // What a price can never reach is left to the stop.
        left = left.saturating_sub(share);
        let Some(level) = target.level(fill_price, direction) else { continue };
        let level = instrument.round_price(level, direction == Direction::Short);
        levels.push(Target { level, quantity: share, filled: Quantity::ZERO });
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::AssetClass;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    fn percent(value: i64) -> Distance {
        Distance::Percent(Decimal::from(value))
    }

    #[test]
    fn the_stop_met_first_names_the_reason() {
        let protection = Protection {
            stop_loss: Some(percent(5)),
            trailing: Some(percent(3)),
            ..Protection::default()
        };
        let stop = protection.stop(price("200"), Direction::Long).unwrap();
        assert_eq!((stop.level, stop.kind), (price("194"), StopKind::Trailing));
        let stop = protection.stop(price("200"), Direction::Short).unwrap();
        assert_eq!((stop.level, stop.kind), (price("206"), StopKind::Trailing));
        let level = Protection { trailing: Some(percent(5)), ..protection };
        let stop = level.stop(price("200"), Direction::Long).unwrap();
        assert_eq!(stop.kind, StopKind::StopLoss);
    }

    #[test]
    fn an_unprotected_short_is_liquidated_at_twice_its_price() {
        let stop = Protection::default().stop(price("50"), Direction::Short).unwrap();
        assert_eq!((stop.level, stop.kind), (price("100"), StopKind::Liquidation));
        assert_eq!(Protection::default().stop(price("50"), Direction::Long), None);
    }

    #[test]
    fn a_stop_that_would_be_below_zero_is_none() {
        let wide = Protection { stop_loss: Some(percent(100)), ..Protection::default() };
        assert_eq!(wide.stop(price("10"), Direction::Long), None);
    }

    #[test]
    fn targets_split_the_quantity_without_losing_a_unit() {
        let third = TargetTerms { distance: percent(1), portion: "0.3".parse().unwrap() };
        let rest = TargetTerms { distance: percent(2), portion: "0.7".parse().unwrap() };
        let protection = Protection { targets: vec![third, rest], ..Protection::default() };
        let symbol = "X".parse().unwrap();
        let free = Instrument::unrestricted(symbol, AssetClass::Stock, "USD".parse().unwrap());
        let instrument = Instrument { lot_size: Some("1".parse().unwrap()), ..free };
        let quantity = "11".parse().unwrap();
        let targets =
            targets(&protection.targets, price("100"), Direction::Long, quantity, &instrument);
        let levels: Vec<_> = targets.iter().map(|t| (t.level, t.quantity.to_string())).collect();
        assert_eq!(levels, [(price("101"), "3".to_owned()), (price("102"), "8".to_owned())]);
    }

    #[test]
    fn what_no_price_can_reach_is_not_taken_by_another_target() {
        let far = TargetTerms { distance: percent(100), portion: "0.5".parse().unwrap() };
        let near = TargetTerms { distance: percent(10), portion: "0.5".parse().unwrap() };
        let protection = Protection { targets: vec![far, near], ..Protection::default() };
        let symbol = "X".parse().unwrap();
        let free = Instrument::unrestricted(symbol, AssetClass::Stock, "USD".parse().unwrap());
        let quantity = "10".parse().unwrap();
        let targets = targets(&protection.targets, price("100"), Direction::Short, quantity, &free);
        let levels: Vec<_> = targets.iter().map(|t| (t.level, t.quantity.to_string())).collect();
        assert_eq!(levels, [(price("90"), "5".to_owned())]);
    }
}
