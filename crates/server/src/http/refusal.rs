//! The risk gate's "no", as clients read it.

use ballast_domain::Refusal;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

macro_rules! refusals {
    ($($word:ident { $($fields:tt)* } = $name:literal: $meaning:literal;)+) => {
        /// What the gate refuses for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub(crate) enum RefusalCode { $($word),+ }

        /// Every code with what it means.
        pub(super) const MEANINGS: &[(&str, &str)] = &[$(($name, $meaning)),+];

        impl From<&Refusal> for RefusalCode {
            fn from(refusal: &Refusal) -> Self {
                match refusal {
                    $(Refusal::$word { $($fields)* } => Self::$word),+
                }
            }
        }
    };
}

refusals! {
    Control { .. } = "control": "Entries are stopped, by whom and why";
    ControlUnknown {} = "controlUnknown": "Nobody can tell whether entries are stopped";
    StoreAway {} = "storeAway": "The store is away, and nothing could be recorded first";
    ProfileStopped {} = "profileStopped": "The profile is not running";
    UnderReview {} = "underReview": "The profile waits for a person to look at it";
    ProfileUnknown {} = "profileUnknown": "There is no such profile";
    InstrumentUnknown { .. } = "instrumentUnknown": "The profile does not trade the instrument";
    QuantityBelowLot { .. } = "quantityBelowLot": "Rounded down to the lot, nothing is left";
    NotionalBelowMinimum { .. } = "notionalBelowMinimum": "The venue takes no order so small";
    NothingToReduce { .. } = "nothingToReduce": "Nothing is left to leave";
    TradeUnknown { .. } = "tradeUnknown": "The trade does not exist or is closed";
    MarketDataMissing {} = "marketDataMissing": "No price is known";
    MarketDataStale { .. } = "marketDataStale": "The last price is too old";
    DuplicateEntry { .. } = "duplicateEntry": "An entry of the slot is open or working";
    OrderQuantityAboveLimit { .. } = "orderQuantityAboveLimit": "More units than an order may have";
    OrderNotionalAboveLimit { .. } = "orderNotionalAboveLimit": "More value than an order may have";
    TooManyPositions { .. } = "tooManyPositions": "As many trades are open as may be";
    InsufficientCapital { .. } = "insufficientCapital": "Cost and fees exceed what is available";
    StopBeyondPrice { .. } = "stopBeyondPrice": "A stop there would be reached at once";
    StopOffTick { .. } = "stopOffTick": "The venue knows no such price";
    StopPassedAtEntry { .. } = "stopPassedAtEntry": "A stop there would end the trade as it begins";
    TargetPassedAtEntry { .. } = "targetPassedAtEntry":
        "A target there would end the trade as it begins";
    TargetOffTick { .. } = "targetOffTick": "The venue knows no such price";
    StopBeyondLiquidation { .. } = "stopBeyondLiquidation":
        "The loss of the short there would exceed what it has reserved";
    Overflow {} = "overflow": "The numbers do not fit a decimal";
}

/// Why the gate refuses, with the numbers of its code.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Refusal)]
pub(crate) struct RefusalRow {
    code: RefusalCode,
    /// The same for people.
    text: String,
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
    use super::*;

    #[test]
    fn it_is_what_the_gate_has_said() {
        let refusal = Refusal::TooManyPositions { open: 2, limit: 1 };
        let row = serde_json::to_value(RefusalRow::from(&refusal)).unwrap();
        assert_eq!((&row["code"], &row["open"]), (&refusal.code().into(), &2.into()));
        assert_eq!(row["text"], refusal.to_string());
        assert!(MEANINGS.iter().any(|(code, _)| *code == refusal.code()));
    }
}
