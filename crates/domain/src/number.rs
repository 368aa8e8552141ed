//! Exact numbers with a unit in their type, so that a price can never be used as a quantity.
//!
//! | operation | gives |
//! |---|---|
//! | `Price` × `Quantity` | `Money` (in the instrument's quote currency) |
//! | `Price` − `Price` | `Decimal`, a distance in the price's unit |
//! | `Price` + distance | `Price`, or nothing when the result would not be positive |
//! | `Quantity` ± `Quantity` | `Quantity`, or nothing when it would be negative or overflow |
//! | `Money` ± `Money` | `Money`, only within one currency |
//!
//! Money is kept to twelve decimals: products and shares with more are rounded to the nearest
//! once, where they arise, so that from there on every sum is exact and debits equal credits.
//!
//! Every operation is checked: what does not fit is `None`, never a wrapped or clamped number.
//! Binary floating point never enters; indicators convert at their own door.

use std::fmt;
use std::str::FromStr;

use arrayvec::ArrayString;
use rust_decimal::Decimal;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Why a text or a decimal is not the number asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NumberError {
    /// The text is not a decimal number.
    #[error("'{0}' is not a decimal number; write it like 12.34")]
    NotDecimal(String),
    /// Prices are above zero.
    #[error("a price must be above zero, got {0}")]
    PriceNotPositive(Decimal),
    /// Quantities are zero or more; the side says the direction.
    #[error("a quantity must not be negative, got {0}")]
    QuantityNegative(Decimal),
    /// Currencies are 2 to 8 upper-case letters or digits.
    #[error("'{0}' is not a currency code; write 2 to 8 letters or digits like USD")]
    NotCurrency(String),
}

/// A price of one unit of an instrument, in its quote currency; always above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price(Decimal);

impl Price {
    /// Checks that `value` is above zero.
    ///
    /// # Errors
    /// [`NumberError::PriceNotPositive`] otherwise.
    pub fn new(value: Decimal) -> Result<Self, NumberError> {
        if value > Decimal::ZERO {
            Ok(Self(value))
        } else {
            Err(NumberError::PriceNotPositive(value))
        }
    }

    /// The decimal inside, in quote currency per unit.
    #[must_use]
    pub const fn get(self) -> Decimal {
        self.0
    }

    /// This price times `quantity`, in `currency`; `None` on overflow.
    #[must_use]
    pub fn notional(self, quantity: Quantity, currency: Currency) -> Option<Money> {
        Money::checked(self.0.checked_mul(quantity.get())?, currency)
    }

    /// This price moved by `distance` (may be negative); `None` when not above zero.
    #[must_use]
    pub fn shifted(self, distance: Decimal) -> Option<Self> {
        Self::new(self.0.checked_add(distance)?).ok()
    }
}

/// How much of an instrument, in its own units; zero or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity(Decimal);

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Checks that `value` is not negative.
    ///
    /// # Errors
    /// [`NumberError::QuantityNegative`] otherwise.
    pub fn new(value: Decimal) -> Result<Self, NumberError> {
        if value.is_sign_negative() && !value.is_zero() {
            Err(NumberError::QuantityNegative(value))
        } else {
            Ok(Self(value))
        }
    }

    /// The decimal inside, in units of the instrument.
    #[must_use]
    pub const fn get(self) -> Decimal {
        self.0
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// The sum; `None` on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference; `None` when `other` is more.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Self::new(self.0.checked_sub(other.0)?).ok()
    }

    /// The difference, or zero when `other` is more.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        self.checked_sub(other).unwrap_or(Self::ZERO)
    }
}

/// A currency or coin in which money is counted, such as USD or BTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(ArrayString<8>);

impl Currency {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Currency {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (2..=8).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        match ArrayString::from(text) {
            Ok(code) if fits => Ok(Self(code)),
            _ => Err(NumberError::NotCurrency(text.to_owned())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A signed amount of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

/// Decimals that money is kept to.
pub const MONEY_DECIMALS: u32 = 12;

/// Amounts up to this fit a decimal together with all of [`MONEY_DECIMALS`]; larger ones are
/// overflow.
const LARGEST_AMOUNT: Decimal = Decimal::from_parts(0xa4c6_8000, 0x0003_8d7e, 0, false, 0);

impl Money {
    /// `amount` of `currency`, to the nearest of [`MONEY_DECIMALS`] decimals.
    #[must_use]
    pub fn new(amount: Decimal, currency: Currency) -> Self {
        let fine = amount.scale() > MONEY_DECIMALS;
        let amount = if fine { amount.round_dp(MONEY_DECIMALS).normalize() } else { amount };
        Self { amount, currency }
    }

    /// As [`Self::new`]; `None` when the amount is beyond 10^15, where sums would not be exact.
    #[must_use]
    pub fn checked(amount: Decimal, currency: Currency) -> Option<Self> {
        (amount.abs() <= LARGEST_AMOUNT).then(|| Self::new(amount, currency))
    }

    /// None of `currency`.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::ZERO, currency }
    }

    /// The signed amount, in units of the currency.
    #[must_use]
    pub const fn amount(self) -> Decimal {
        self.amount
    }

    /// The currency the amount is counted in.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The sum; `None` between two currencies and on overflow.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.amount.checked_add(other.amount))?
            .and_then(|amount| Self::checked(amount, self.currency))
    }

    /// The difference; `None` between two currencies and on overflow.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        (self.currency == other.currency)
            .then(|| self.amount.checked_sub(other.amount))?
            .and_then(|amount| Self::checked(amount, self.currency))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

macro_rules! decimal_text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = NumberError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(parse_decimal(text)?)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = decimal_or_number::deserialize(deserializer)?;
                Self::new(value).map_err(de::Error::custom)
            }
        }
    )*};
}

decimal_text!(Price, Quantity);

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Parses a decimal as people and files write it, scientific notation included.
///
/// # Errors
/// [`NumberError::NotDecimal`] for everything else, NaN and infinities among it.
pub fn parse_decimal(text: &str) -> Result<Decimal, NumberError> {
    let text = text.trim();
    // The library would read 1_000; JSON, CSV and the published schema know no such number.
    let decimal = match text.contains('_') {
        true => None,
        false => Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok(),
    };
    decimal.ok_or_else(|| NumberError::NotDecimal(text.to_owned()))
}

/// Serde for decimals that people write: a string, or a JSON number taken by its shortest text.
pub mod decimal_or_number {
    use super::{Decimal, Deserializer, Serializer, Visitor, de, fmt, parse_decimal};

    /// Writes the decimal as a string.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    /// Reads a string or a number.
    ///
    /// # Errors
    /// When the value is neither, or not a finite decimal.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        deserializer.deserialize_any(DecimalVisitor)
    }

    struct DecimalVisitor;

    impl Visitor<'_> for DecimalVisitor {
        type Value = Decimal;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a decimal number, as a string like \"12.34\" or as a number")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
            parse_decimal(text).map_err(E::custom)
        }

        fn visit_i64<E: de::Error>(self, value: i64) -> Result<Decimal, E> {
            Ok(Decimal::from(value))
        }

        fn visit_u64<E: de::Error>(self, value: u64) -> Result<Decimal, E> {
            Ok(Decimal::from(value))
        }

        fn visit_f64<E: de::Error>(self, value: f64) -> Result<Decimal, E> {
            parse_decimal(&value.to_string()).map_err(E::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usd() -> Currency {
        "USD".parse().unwrap()
    }

    #[test]
    fn prices_are_positive_and_quantities_not_negative() {
        assert!("0".parse::<Price>().is_err());
        assert!("-1".parse::<Price>().is_err());
        assert!("0.0000000001".parse::<Price>().is_ok());
        assert!("1000000000000".parse::<Price>().is_ok());
        assert!("-0.1".parse::<Quantity>().is_err());
        assert!("-0".parse::<Quantity>().is_ok());
        for text in ["", "NaN", "inf", "1,5", "0x10", "1e999"] {
            assert!(text.parse::<Price>().is_err(), "{text}");
        }
        assert_eq!("1e-3".parse::<Price>().unwrap(), "0.001".parse::<Price>().unwrap());
    }

    #[test]
    fn money_of_two_currencies_does_not_add() {
        let one_usd = Money::new(Decimal::ONE, usd());
        let one_btc = Money::new(Decimal::ONE, "BTC".parse().unwrap());
        assert_eq!(one_usd.checked_add(one_btc), None);
        assert_eq!(one_usd.checked_add(one_usd), Some(Money::new(Decimal::TWO, usd())));
    }

    #[test]
    fn overflow_is_nothing_not_a_wrong_number() {
        let huge = Price::new(Decimal::MAX).unwrap();
        assert_eq!(huge.notional(Quantity::new(Decimal::TWO).unwrap(), usd()), None);
        assert_eq!(huge.shifted(Decimal::ONE), None);
        assert_eq!(Price::new(Decimal::ONE).unwrap().shifted(-Decimal::ONE), None);
    }

    #[test]
    fn money_is_rounded_once_where_it_arises() {
        let price: Price = "101.373125".parse().unwrap();
        let quantity = "0.123456789012345".parse().unwrap();
        let cost = price.notional(quantity, usd()).unwrap();
        assert_eq!(cost.to_string(), "12.515200504647 USD");
        let edge = Money::checked(LARGEST_AMOUNT, usd()).unwrap();
        assert_eq!(edge.amount().to_string(), "1000000000000000");
        assert_eq!(edge.checked_add(Money::new(Decimal::ONE, usd())), None);
    }

    #[test]
    fn numbers_are_accepted_beside_strings() {
        let price: Price = serde_json::from_str("0.1").unwrap();
        assert_eq!(price, "0.1".parse().unwrap());
        assert_eq!(serde_json::to_string(&price).unwrap(), "\"0.1\"");
        assert!(serde_json::from_str::<Price>("true").is_err());
    }

    proptest! {
        #[test]
        fn decimals_round_trip_through_json(mantissa in 1i64.., scale in 0u32..=18) {
            let price = Price::new(Decimal::new(mantissa, scale)).unwrap();
            let text = serde_json::to_string(&price).unwrap();
            prop_assert_eq!(serde_json::from_str::<Price>(&text).unwrap(), price);
        }
    }
}
