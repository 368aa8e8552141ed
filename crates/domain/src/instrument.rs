//! What can be traded, and the venue's rules for its numbers.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use crate::number::{Currency, Price, Quantity};

/// Why a text is no symbol or venue name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InstrumentError {
    /// Symbols are short and printable.
    #[error("'{0}' is not a symbol; use 1 to 24 printable ASCII characters like GOOG or BTC/USD")]
    NotSymbol(String),
    /// Venue names are short and in lower case.
    #[error("'{0}' is not a venue; use 1 to 16 lower-case letters, digits or '-'")]
    NotVenue(String),
    /// Preset names are short and in lower case.
    #[error("'{0}' is not a preset; use 1 to 32 lower-case letters, digits or '-'")]
    NotPreset(String),
}

/// The venue's name for an instrument, such as `GOOG` or `BTC/USD`; 1 to 24 printable characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(Name<24>);

impl FromStr for Symbol {
    type Err = InstrumentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = Name::new(text, |byte| byte.is_ascii_graphic());
        name.map(Self).ok_or_else(|| InstrumentError::NotSymbol(text.to_owned()))
    }
}

/// An exchange or broker, such as `paper` or `kraken`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VenueId(Name<16>);

impl FromStr for VenueId {
    type Err = InstrumentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = Name::new(text, is_plain);
        name.map(Self).ok_or_else(|| InstrumentError::NotVenue(text.to_owned()))
    }
}

/// The name of the preset that a profile's strategy config was made from, such as `trend`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PresetName(Name<32>);

impl FromStr for PresetName {
    type Err = InstrumentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = Name::new(text, is_plain);
        name.map(Self).ok_or_else(|| InstrumentError::NotPreset(text.to_owned()))
    }
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

/// A short text, kept as bytes padded with zeros, because names are compared at every bar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Name<const LENGTH: usize>([u8; LENGTH]);

impl<const LENGTH: usize> Name<LENGTH> {
    /// `text`, where it is not empty, fits, and is made of `allowed` ASCII characters.
    fn new(text: &str, allowed: impl Fn(u8) -> bool) -> Option<Self> {
        let mut bytes = [0; LENGTH];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        (!text.is_empty() && text.bytes().all(allowed)).then_some(Self(bytes))
    }

    fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(LENGTH);
        // Only printable ASCII gets in, which is always valid text.
        std::str::from_utf8(&self.0[..length]).unwrap_or_default()
    }
}

macro_rules! name_text {
    ($($name:ident),*) => {$(
        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

name_text!(Symbol, VenueId, PresetName);

/// The market an instrument belongs to, which sets its calendar and its trading days per year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub enum AssetClass {
    /// Shares and funds: 252 days a year.
    #[default]
    Stock,
    /// Currency pairs: 252 days a year.
    Forex,
    /// Coins: every day of the year.
    Crypto,
}

/// An instrument of one venue, with the steps its orders must keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Instrument {
    /// The venue's name for it.
    pub symbol: Symbol,
    /// Which market it belongs to.
    pub asset_class: AssetClass,
    /// What its prices and notionals are counted in.
    pub quote: Currency,
    /// The coin that is traded, where the venue may take fees of it; without it the first half of
    /// a pair of coins such as BTC/USD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Currency>,
    /// The step of prices, in quote currency; `None` when any price is allowed.
    #[serde(default)]
    pub tick_size: Option<Price>,
    /// The step of quantities, in units; `None` when any quantity is allowed.
    #[serde(default)]
    pub lot_size: Option<Quantity>,
    /// The least notional of an entry, in quote currency; `None` without one.
    #[serde(default)]
    pub min_notional: Option<Decimal>,
}

/// Without a lot, a quantity keeps this many significant digits.
const FREE_QUANTITY_DIGITS: u32 = 15;

impl Instrument {
    /// An instrument without steps or minimum, as a back-test assumes by default.
    #[must_use]
    pub const fn unrestricted(symbol: Symbol, asset_class: AssetClass, quote: Currency) -> Self {
        Self {
            symbol,
            asset_class,
            quote,
            base: None,
            tick_size: None,
            lot_size: None,
            min_notional: None,
        }
    }

    /// The coin of which the venue may take its fee; `None` where no coin is traded.
    #[must_use]
    pub fn base_coin(&self) -> Option<Currency> {
        let of_pair = || {
            let (base, quote) = self.symbol.as_str().split_once('/')?;
            let is_pair = self.asset_class == AssetClass::Crypto && quote == self.quote.as_str();
            base.parse().ok().filter(|_| is_pair)
        };
        self.base.or_else(of_pair)
    }

    /// `quantity` (in units, not negative) rounded down to the lot, never up; without a lot, to 15
    /// significant digits. Nothing for a negative one.
    #[must_use]
    pub fn round_down(&self, quantity: Decimal) -> Quantity {
        let rounded = match self.lot_size {
            Some(lot) if !lot.is_zero() => match quantity.checked_div(lot.get()) {
                Some(lots) => lots.trunc().checked_mul(lot.get()).unwrap_or_default(),
                None => Decimal::ZERO,
            },
            _ => round_significant(quantity),
        };
        Quantity::new(rounded.normalize()).unwrap_or_default()
    }

    /// The nearest allowed price at or below (`down`) or at or above `price`.
    #[must_use]
    pub fn round_price(&self, price: Price, down: bool) -> Price {
        let Some(tick) = self.tick_size else {
            return price;
        };
        let ticks = price.get().checked_div(tick.get()).unwrap_or(Decimal::ONE);
        let whole = if down { ticks.floor() } else { ticks.ceil() };
        whole.checked_mul(tick.get()).and_then(|p| Price::new(p).ok()).unwrap_or(price)
    }
}

fn round_significant(quantity: Decimal) -> Decimal {
    use rust_decimal::RoundingStrategy;
    quantity
        .round_sf_with_strategy(FREE_QUANTITY_DIGITS, RoundingStrategy::ToZero)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goog(lot: Option<&str>) -> Instrument {
        let symbol = "GOOG".parse().unwrap();
        let quote = "USD".parse().unwrap();
        let base = Instrument::unrestricted(symbol, AssetClass::Stock, quote);
        Instrument { lot_size: lot.map(|lot| lot.parse().unwrap()), ..base }
    }

    #[test]
    fn quantities_round_down_never_up() {
        let cases = [
            (Some("1"), "10.99", "10"),
            (Some("0.001"), "0.0019999", "0.001"),
            (Some("100"), "99.9", "0"),
            (None, "0.12345678901234567", "0.123456789012345"),
            (None, "12345678901234567.8", "12345678901234500"),
            (Some("1"), "-3", "0"),
        ];
        for (lot, quantity, expected) in cases {
            let rounded = goog(lot).round_down(quantity.parse().unwrap());
            assert_eq!(rounded.to_string(), expected, "{quantity} by {lot:?}");
        }
    }

    #[test]
    fn prices_round_to_the_tick() {
        let instrument = Instrument { tick_size: Some("0.05".parse().unwrap()), ..goog(None) };
        let price = "1.07".parse().unwrap();
        assert_eq!(instrument.round_price(price, true).to_string(), "1.05");
        assert_eq!(instrument.round_price(price, false).to_string(), "1.10");
    }

    #[test]
    fn the_coin_of_a_pair_is_known_by_its_symbol() {
        let cases = [
            ("BTC/USD", AssetClass::Crypto, None, Some("BTC")),
            ("BTC/EUR", AssetClass::Crypto, None, None),
            ("EUR/USD", AssetClass::Forex, None, None),
            ("BTCUSD", AssetClass::Crypto, None, None),
            ("BTCUSD", AssetClass::Crypto, Some("BTC"), Some("BTC")),
            ("GOOG", AssetClass::Stock, None, None),
        ];
        for (symbol, asset_class, base, expected) in cases {
            let base = base.map(|base| base.parse().unwrap());
            let symbol = symbol.parse().unwrap();
            let instrument = Instrument { symbol, asset_class, base, ..goog(None) };
            let coin = instrument.base_coin().map(|coin| coin.to_string());
            assert_eq!(coin.as_deref(), expected, "{instrument:?}");
        }
    }

    #[test]
    fn symbols_are_short_and_printable() {
        assert!("BTC/USD".parse::<Symbol>().is_ok());
        for text in ["", "A B", "naïve", "ABCDEFGHIJKLMNOPQRSTUVWXY"] {
            assert!(text.parse::<Symbol>().is_err(), "{text}");
        }
    }
}
