//! The risk gate's "no", as clients read it.

use ballast_domain::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

macro_rules! refusals {
    ($($word:ident),+) => {
        /// What the gate refuses for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub(crate) enum RefusalCode { $($word),+ }

        impl From<&Refusal> for RefusalCode {
            fn from(refusal: &Refusal) -> Self {
                match refusal {
                    $(Refusal::$word { .. } => Self::$word),+
                }
            }
        }

        #[cfg(test)]
        const CODES: &[RefusalCode] = &[$(RefusalCode::$word),+];
    };
}

refusals! {
    ProfileUnknown, ProductUnavailable, StoreAway, Control, ControlUnknown, UnderReview,
    ProfileStopped, NotEntitled, CredentialsMissing, InstrumentUnknown, QuantityBelowLot,
    QuantityBelowFilled, NotionalBelowMinimum, PriceImplausible, TradeUnknown, NothingToReduce,
    NotReconciled, MarketClosed, MarketDataMissing, MarketDataStale, StopOffTick, StopPassedAtEntry,
    TargetOffTick, TargetPassedAtEntry, StopBeyondPrice, StopBeyondLiquidation, TargetBeyondPrice,
    TargetsAboveEntry, TargetsAboveHeld, DuplicateEntry, SelfTrade, OrderQuantityAboveLimit,
    OrderNotionalAboveLimit, TooManyPositions, PositionAboveLimit, ExposureAboveLimit,
    OpenOrdersAboveLimit, OrderRateAboveLimit, EntryTooSoon, EquityUnknown, DailyLossReached,
    DailyLossPercentReached, DrawdownReached, EntriesLocked, SymbolRestricted, PriceBeyondCollar,
    InsufficientCapital, Overflow
}

/// Why the gate refuses, with the numbers of its code.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[schema(as = Refusal)]
pub(crate) struct RefusalRow {
    pub(crate) code: RefusalCode,
    /// The same for people.
    pub(crate) text: String,
    /// What was asked for and what stands against it, by name.
    #[serde(flatten)]
    #[schema(value_type = Object, additional_properties)]
    numbers: Map<String, Value>,
}

impl From<&Refusal> for RefusalRow {
    fn from(refusal: &Refusal) -> Self {
        let mut numbers = match serde_json::to_value(refusal) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        numbers.remove("code");
        Self { code: refusal.into(), text: refusal.to_string(), numbers }
    }
}

#[cfg(test)]
mod tests {
    use ballast_domain::refusal::REFUSALS;

    use super::*;

    #[test]
    fn it_is_what_the_gate_has_said() {
        let refusal = Refusal::TooManyPositions { open: 2, limit: 1, scope: None };
        let row = serde_json::to_value(RefusalRow::from(&refusal)).unwrap();
        assert_eq!((&row["code"], &row["open"]), (&refusal.code().into(), &2.into()));
        assert_eq!(row["text"], refusal.to_string());
    }

    #[test]
    fn the_codes_are_those_that_are_documented() {
        let told = CODES.iter().map(|code| serde_json::to_value(code).unwrap());
        let documented = REFUSALS.iter().map(|row| Value::from(row.code));
        assert!(told.eq(documented));
    }
}
