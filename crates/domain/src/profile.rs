//! A profile's document: how, where and with how much it trades.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::instrument::{Instrument, PresetName, Symbol, VenueId};
use crate::limits::Limits;
use crate::number::{Currency, Money, decimal_or_number};
use crate::strategy::StrategyConfig;
use crate::zone::Zone;

/// Whether a profile trades for practice or for money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// History, simulated fills.
    Backtest,
    /// Live or simulated data, simulated fills.
    Paper,
    /// Money.
    Live,
}

/// What a profile may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Capital {
    /// What it is counted in.
    pub currency: Currency,
    /// How much, in that currency, zero or more.
    #[serde(with = "decimal_or_number")]
    pub allocated: Decimal,
}

impl Capital {
    /// As money.
    #[must_use]
    pub fn money(self) -> Money {
        Money::new(self.allocated, self.currency)
    }
}

/// The document of a profile as journaled; its version is the profile's ETag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfileDocument {
    /// What its owner calls it.
    pub name: String,
    /// Where it trades.
    pub venue: VenueId,
    /// For practice or for money.
    pub mode: Mode,
    /// What it may use.
    pub capital: Capital,
    /// The instruments that its strategy names, with the venue's steps.
    pub instruments: Vec<Instrument>,
    /// What each fill is expected to cost, for reserving; the venue says what it did cost.
    #[serde(default)]
    pub fees: FeeSchedule,
    /// The profile's own limits beside those of its strategy config.
    #[serde(default)]
    pub limits: Limits,
    /// Where its days begin and end, for limits of a day.
    #[serde(default, skip_serializing_if = "Zone::is_utc")]
    pub time_zone: Zone,
    /// The preset that its strategy config was made from, where it was made from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<PresetName>,
    /// How it trades.
    pub strategy: StrategyConfig,
}

impl ProfileDocument {
    /// Trades an instrument under another name from now on.
    pub fn rename(&mut self, from: Symbol, to: Symbol) {
        let instruments = self.instruments.iter_mut().map(|instrument| &mut instrument.symbol);
        for symbol in instruments.chain(&mut self.strategy.symbols).filter(|it| **it == from) {
            *symbol = to;
        }
        for limits in [&mut self.limits, &mut self.strategy.limits] {
            if limits.restricted_symbols.remove(&from) {
                limits.restricted_symbols.insert(to);
            }
        }
    }

    /// The instrument that the profile trades under this symbol.
    #[must_use]
    pub fn instrument(&self, symbol: Symbol) -> Option<&Instrument> {
        self.instruments.iter().find(|instrument| instrument.symbol == symbol)
    }
}

/// What a venue takes per fill, in the quote currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum FeeSchedule {
    /// A share of the notional.
    Percent {
        /// For orders that rested, in percent: 0.1 is 0.1 %.
        #[serde(with = "decimal_or_number")]
        maker: Decimal,
        /// For orders that took, in percent.
        #[serde(with = "decimal_or_number")]
        taker: Decimal,
    },
    /// An amount per unit with a least amount per fill.
    PerUnit {
        /// For each unit, in quote currency.
        #[serde(with = "decimal_or_number")]
        amount: Decimal,
        /// At least this per fill, in quote currency.
        #[serde(with = "decimal_or_number")]
        minimum: Decimal,
    },
}

impl Default for FeeSchedule {
    fn default() -> Self {
        Self::Percent { maker: Decimal::ZERO, taker: Decimal::ZERO }
    }
}

/// Whether an order rested before it filled or took what was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liquidity {
    /// It rested: limit orders and targets.
    Maker,
    /// It took: market orders and stops.
    Taker,
}

impl FeeSchedule {
    /// The fee on `quantity` units of `notional`, both zero or more, in quote currency; `None` on
    /// overflow.
    #[must_use]
    pub fn fee(
        &self,
        notional: Decimal,
        quantity: Decimal,
        liquidity: Liquidity,
    ) -> Option<Decimal> {
        match self {
            Self::Percent { maker, taker } => {
                let percent = match liquidity {
                    Liquidity::Maker => maker,
                    Liquidity::Taker => taker,
                };
                if percent.is_zero() {
                    return Some(Decimal::ZERO);
                }
                notional.checked_mul(*percent)?.checked_div(Decimal::ONE_HUNDRED)
            }
            Self::PerUnit { amount, minimum } => Some(quantity.checked_mul(*amount)?.max(*minimum)),
        }
    }
}

/// What a profile does, as its owner and its history left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub enum ProfileStatus {
    /// It evaluates and may enter.
    Running,
    /// It makes no entries of its own; what it holds stays protected.
    #[default]
    Stopped,
    /// Something was booked that nobody expected; entries wait until a person has looked.
    UnderReview,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_follow_the_schedule() {
        let dec = |text: &str| text.parse::<Decimal>().unwrap();
        let percent = FeeSchedule::Percent { maker: dec("0.1"), taker: dec("0.2") };
        let per_unit = FeeSchedule::PerUnit { amount: dec("0.005"), minimum: dec("1") };
        let cases = [
            (percent, "1000", "10", Liquidity::Maker, "1"),
            (percent, "1000", "10", Liquidity::Taker, "2"),
            (per_unit, "1000", "10", Liquidity::Taker, "1"),
            (per_unit, "1000", "1000", Liquidity::Maker, "5"),
        ];
        for (schedule, notional, quantity, liquidity, expected) in cases {
            let fee = schedule.fee(dec(notional), dec(quantity), liquidity);
            assert_eq!(fee, Some(dec(expected)), "{schedule:?} {quantity}");
        }
    }
}
