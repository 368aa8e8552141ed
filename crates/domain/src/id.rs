//! Identifiers. Each is a type of its own and carries its prefix as text.
//!
//! A profile's id is drawn at random when the profile is made; everything that comes from one of
//! its accepted signals is numbered within it. The intent, its orders, its trade and the client
//! order id sent to the venue are therefore one number in several spellings: the same on every
//! replay, unique across tenants, and attributable on an account that several profiles share.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use arrayvec::ArrayString;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use crate::time::Timestamp;

/// Why a text is not an identifier of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{text}' is not {expected}")]
pub struct IdError {
    text: String,
    expected: &'static str,
}

fn refuse<T>(text: &str, expected: &'static str) -> Result<T, IdError> {
    Err(IdError { text: text.to_owned(), expected })
}

/// Crockford's base 32: no I, L, O or U, so that a person can read one aloud.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const PROFILE_DIGITS: usize = 13;
const NUMBER_DIGITS: usize = 8;
const MILLIS_DIGITS: usize = 9;
/// Intents of one profile are numbered below this.
pub const MAX_INTENT_NUMBER: u64 = (1 << 40) - 1;

fn write_base32(f: &mut dyn fmt::Write, value: u64, digits: usize) -> fmt::Result {
    for place in (0..digits).rev() {
        let shifted = value.checked_shr((place * 5) as u32).unwrap_or(0);
        f.write_char(char::from(DIGITS[(shifted & 31) as usize]))?;
    }
    Ok(())
}

fn read_base32(text: &str) -> Option<u64> {
    text.bytes().try_fold(0u64, |value, byte| {
        let digit = DIGITS.iter().position(|d| *d == byte)? as u64;
        value.checked_mul(32)?.checked_add(digit)
    })
}

/// One user's world; the same text as the user's id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = (1..=255).contains(&text.len()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.into())) } else { refuse(text, "a tenant id (1 to 255 characters)") }
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What ties together everything one request caused: 1 to 64 of `A-Z a-z 0-9 - _ .`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl FromStr for RequestId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            refuse(text, "a request id (1 to 64 letters, digits, '-', '_' or '.')")
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A profile: `prf_` and 13 digits of base 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileId(u64);

impl ProfileId {
    /// From 64 random bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The 64 bits inside.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("prf_")?;
        write_base32(f, self.0, PROFILE_DIGITS)
    }
}

impl FromStr for ProfileId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let digits = text.strip_prefix("prf_").filter(|digits| digits.len() == PROFILE_DIGITS);
        match digits.and_then(read_base32) {
            Some(bits) => Ok(Self(bits)),
            None => refuse(text, "a profile id (prf_ and 13 digits)"),
        }
    }
}

/// An accepted signal: the profile and its running number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentId {
    /// The profile that the signal belongs to.
    pub profile: ProfileId,
    /// Counted from one within the profile, at most [`MAX_INTENT_NUMBER`].
    pub number: u64,
}

impl IntentId {
    fn write_body(self, f: &mut dyn fmt::Write) -> fmt::Result {
        write_base32(f, self.profile.0, PROFILE_DIGITS)?;
        write_base32(f, self.number, NUMBER_DIGITS)
    }

    fn read_body(body: &str) -> Option<Self> {
        let whole = body.is_ascii() && body.len() == PROFILE_DIGITS + NUMBER_DIGITS;
        let (profile, number) = whole.then(|| body.split_at(PROFILE_DIGITS))?;
        Some(Self { profile: ProfileId(read_base32(profile)?), number: read_base32(number)? })
    }
}

impl fmt::Display for IntentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("int_")?;
        self.write_body(f)
    }
}

impl FromStr for IntentId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.strip_prefix("int_").and_then(Self::read_body) {
            Some(id) => Ok(id),
            None => refuse(text, "an intent id (int_ and 21 digits)"),
        }
    }
}

/// A trade from entry to exit, named after the intent that opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TradeId(pub IntentId);

impl fmt::Display for TradeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("trd_")?;
        self.0.write_body(f)
    }
}

impl FromStr for TradeId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.strip_prefix("trd_").and_then(IntentId::read_body) {
            Some(id) => Ok(Self(id)),
            None => refuse(text, "a trade id (trd_ and 21 digits)"),
        }
    }
}

/// Which of an intent's orders: its own, or a protective one that came with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leg {
    /// The order that the intent is about.
    Main,
    /// The protective stop over what the entry filled.
    Stop,
    /// A take-profit, counted from zero.
    Target(u8),
}

/// An order at a venue: its intent and which leg of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId {
    /// The intent that the gate accepted.
    pub intent: IntentId,
    /// Which of the intent's orders.
    pub leg: Leg,
}

impl OrderId {
    /// The order that `intent` is about.
    #[must_use]
    pub const fn main(intent: IntentId) -> Self {
        Self { intent, leg: Leg::Main }
    }

    fn write_body(self, f: &mut dyn fmt::Write) -> fmt::Result {
        self.intent.write_body(f)?;
        match self.leg {
            Leg::Main => Ok(()),
            Leg::Stop => f.write_char('s'),
            Leg::Target(number) => write!(f, "t{number}"),
        }
    }

    fn read_body(body: &str) -> Option<Self> {
        let (intent, leg) = body.split_at_checked(PROFILE_DIGITS + NUMBER_DIGITS)?;
        let leg = match leg {
            "" => Leg::Main,
            "s" => Leg::Stop,
            target => Leg::Target(target.strip_prefix('t')?.parse().ok()?),
        };
        Some(Self { intent: IntentId::read_body(intent)?, leg })
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ord_")?;
        self.write_body(f)
    }
}

impl FromStr for OrderId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.strip_prefix("ord_").and_then(Self::read_body) {
            Some(id) => Ok(id),
            None => refuse(text, "an order id (ord_ and 21 digits)"),
        }
    }
}

/// The idempotency key that the venue sees; at most 36 characters, the same for the same intent.
///
/// It holds the profile, the intent's number, the instant of acceptance in milliseconds and the
/// leg. The instant keeps a store that was restored from a backup from ever naming a new order
/// like one that the venue has already seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientOrderId(ArrayString<36>);

impl ClientOrderId {
    /// The key for `order`, whose intent was accepted at `accepted_at`.
    #[must_use]
    pub fn new(order: OrderId, accepted_at: Timestamp) -> Self {
        let mut text = ArrayString::new();
        // 31 characters and a leg of at most four always fit, so that writing cannot fail.
        let _ = Self::write(&mut text, order, accepted_at);
        Self(text)
    }

    fn write(text: &mut ArrayString<36>, order: OrderId, accepted_at: Timestamp) -> fmt::Result {
        use fmt::Write as _;
        text.write_char('b')?;
        order.intent.write_body(text)?;
        write_base32(text, accepted_at.millis().unsigned_abs(), MILLIS_DIGITS)?;
        match order.leg {
            Leg::Main => Ok(()),
            Leg::Stop => text.write_char('s'),
            Leg::Target(number) => write!(text, "t{number}"),
        }
    }

    /// As the venue sees it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The order that a venue's client order id names, when it is one of ours.
    #[must_use]
    pub fn order_of(text: &str) -> Option<OrderId> {
        let body = text.strip_prefix('b')?;
        let (intent, rest) = body.split_at_checked(PROFILE_DIGITS + NUMBER_DIGITS)?;
        let (millis, leg) = rest.split_at_checked(MILLIS_DIGITS)?;
        read_base32(millis)?;
        let mut order = OrderId::read_body(intent)?;
        order.leg = match leg {
            "" => Leg::Main,
            "s" => Leg::Stop,
            target => Leg::Target(target.strip_prefix('t')?.parse().ok()?),
        };
        Some(order)
    }
}

impl fmt::Display for ClientOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ClientOrderId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match (Self::order_of(text), ArrayString::from(text)) {
            (Some(_), Ok(inner)) => Ok(Self(inner)),
            _ => refuse(text, "a client order id of this product"),
        }
    }
}

/// The venue's own name for one fill, at most 40 characters; the same fill has the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FillId(ArrayString<40>);

impl FillId {
    /// A fill numbered by a venue that counts.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        use fmt::Write as _;
        let mut text = ArrayString::new();
        // At most 20 digits always fit, so that writing cannot fail.
        let _ = write!(text, "{number}");
        Self(text)
    }
}

impl FromStr for FillId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match ArrayString::from(text) {
            Ok(inner) if !text.is_empty() => Ok(Self(inner)),
            _ => refuse(text, "a fill id (1 to 40 characters)"),
        }
    }
}

impl fmt::Display for FillId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a corporate action, at most 40 characters; one of the same name is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ActionId(ArrayString<40>);

impl FromStr for ActionId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match ArrayString::from(text) {
            Ok(inner) if !text.is_empty() => Ok(Self(inner)),
            _ => refuse(text, "the id of a corporate action (1 to 40 characters)"),
        }
    }
}

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! text_serde {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
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

text_serde!(
    TenantId,
    RequestId,
    ProfileId,
    IntentId,
    TradeId,
    OrderId,
    ClientOrderId,
    FillId,
    ActionId
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_number_in_several_spellings() {
        let intent = IntentId { profile: ProfileId::from_bits(u64::MAX), number: 33 };
        assert_eq!(intent.to_string(), "int_fzzzzzzzzzzzz00000011");
        assert_eq!(OrderId::main(intent).to_string(), "ord_fzzzzzzzzzzzz00000011");
        assert_eq!(TradeId(intent).to_string(), "trd_fzzzzzzzzzzzz00000011");
    }

    #[test]
    fn foreign_texts_are_refused() {
        for text in ["", "prf_", "prf_0000000000000000", "int_0", "prf_ilou000000000", "ord_é"] {
            assert!(text.parse::<ProfileId>().is_err(), "{text}");
            assert!(text.parse::<OrderId>().is_err(), "{text}");
            assert_eq!(ClientOrderId::order_of(text), None, "{text}");
        }
        assert!("a b".parse::<RequestId>().is_err());
        assert!("x".repeat(65).parse::<RequestId>().is_err());
        assert!("".parse::<TenantId>().is_err());
    }

    fn legs() -> impl Strategy<Value = Leg> {
        prop_oneof![Just(Leg::Main), Just(Leg::Stop), any::<u8>().prop_map(Leg::Target)]
    }

    proptest! {
        #[test]
        fn ids_round_trip(bits: u64, number in 1..=MAX_INTENT_NUMBER, leg in legs(),
                          millis in 0i64..4_102_444_800_000) {
            let intent = IntentId { profile: ProfileId::from_bits(bits), number };
            let order = OrderId { intent, leg };
            prop_assert_eq!(intent.to_string().parse(), Ok(intent));
            prop_assert_eq!(order.to_string().parse(), Ok(order));
            prop_assert_eq!(TradeId(intent).to_string().parse(), Ok(TradeId(intent)));
            let client = ClientOrderId::new(order, Timestamp::from_millis(millis).unwrap());
            prop_assert!(client.as_str().len() <= 36);
            prop_assert_eq!(ClientOrderId::order_of(client.as_str()), Some(order));
        }
    }
}
