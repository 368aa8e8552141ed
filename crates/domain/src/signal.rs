//! Signals, which ask for a change of what is held, and refusals, which are the gate's "no".

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::control::{ControlMode, Scope};
use crate::exits::Protection;
use crate::id::{OrderId, ProfileId, TradeId};
use crate::instrument::Symbol;
use crate::number::{Price, Quantity};
use crate::order::{ExitReason, OrderType, Reversal, TimeInForce};
use crate::time::Timestamp;
use crate::trade::{Direction, Slot};

/// Who or what asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Origin {
    /// The profile's strategy.
    Strategy,
    /// A person.
    Manual {
        /// The person's user id.
        by: String,
    },
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Signal {
    /// Who asks.
    pub origin: Origin,
    /// For which profile.
    pub profile: ProfileId,
    /// For which instrument.
    pub symbol: Symbol,
    /// What to do.
    pub terms: SignalTerms,
}

/// What a signal asks to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum SignalTerms {
    /// Open a trade.
    Enter {
        /// Which way.
        direction: Direction,
        /// What tells it from other entries of this profile and symbol.
        slot: Slot,
        /// Units wanted, before rounding to the lot.
        quantity: Decimal,
        /// At what price.
        order_type: OrderType,
        /// For how long.
        time_in_force: TimeInForce,
        /// What protects it once it has filled.
        protection: Protection,
        /// Whether the order may be cut down to what is available when it fills; a person's order
        /// is refused instead.
        cut_to_available: bool,
        /// Another order of the profile that is cancelled when this one fills.
        cancels: Option<OrderId>,
    },
    /// Leave a trade.
    Exit {
        /// Which one.
        trade: TradeId,
        /// Units; all that no other exit has claimed when absent.
        quantity: Option<Quantity>,
        /// At what price.
        order_type: OrderType,
        /// For how long.
        time_in_force: TimeInForce,
        /// Why.
        reason: ExitReason,
        /// What to enter once the exit has filled.
        then: Option<Box<Reversal>>,
    },
}

/// Why the gate said no, with the numbers. Each has a stable code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Refusal {
    /// Someone has stopped entries.
    Control {
        /// What is in force.
        mode: ControlMode,
        /// Who set it.
        by: String,
        /// Why.
        reason: String,
        /// What it covers; absent in what earlier releases have journaled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<Scope>,
        /// Since when; absent in what earlier releases have journaled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    /// Nobody can tell what control is in force.
    ControlUnknown,
    /// The store is away, so that nothing that raises risk could be recorded first.
    StoreAway,
    /// The profile is not running.
    ProfileStopped,
    /// The profile waits for a person to look at something unexpected.
    UnderReview,
    /// The profile does not exist.
    ProfileUnknown,
    /// The profile does not trade this instrument.
    InstrumentUnknown {
        /// The instrument asked for.
        symbol: Symbol,
    },
    /// Rounded down to the lot, nothing is left.
    QuantityBelowLot {
        /// Units asked for.
        quantity: Decimal,
        /// The lot, in units; zero when any quantity is allowed.
        lot: Decimal,
    },
    /// The venue does not take so small an order.
    NotionalBelowMinimum {
        /// The order's notional, in quote currency.
        notional: Decimal,
        /// The venue's minimum, in quote currency.
        minimum: Decimal,
    },
    /// There is nothing (left) to leave.
    NothingToReduce {
        /// Units held.
        held: Decimal,
        /// Units that working exits have claimed.
        claimed: Decimal,
    },
    /// The trade does not exist or is closed.
    TradeUnknown {
        /// The trade asked for.
        trade: TradeId,
    },
    /// No price is known for the instrument.
    MarketDataMissing,
    /// The last price is too old.
    MarketDataStale {
        /// Its age in milliseconds.
        age_ms: u64,
        /// The oldest allowed, in milliseconds.
        limit_ms: u64,
    },
    /// An entry of this slot is open or working.
    DuplicateEntry {
        /// The slot.
        slot: Slot,
    },
    /// Larger than one order may be.
    OrderQuantityAboveLimit {
        /// Units asked for.
        quantity: Decimal,
        /// Most allowed, in units.
        limit: Decimal,
    },
    /// Larger than one order may be.
    OrderNotionalAboveLimit {
        /// The order's notional, in quote currency.
        notional: Decimal,
        /// Most allowed, in quote currency.
        limit: Decimal,
    },
    /// As many trades are open or being entered as allowed.
    TooManyPositions {
        /// Open or being entered.
        open: u32,
        /// Most allowed.
        limit: u32,
    },
    /// Cost and fees are more than what is available.
    InsufficientCapital {
        /// Cost and fees, in the profile's currency.
        needed: Decimal,
        /// What is available, in the profile's currency.
        available: Decimal,
    },
    /// A stop there would be reached at once.
    StopBeyondPrice {
        /// The level asked for.
        level: Price,
        /// The last price.
        price: Price,
    },
    /// The venue knows no such price.
    StopOffTick {
        /// The level asked for.
        level: Price,
        /// The nearest price below it, where there is one.
        below: Option<Price>,
        /// The nearest price above it.
        above: Price,
    },
    /// A stop there would end the trade as it begins.
    StopPassedAtEntry {
        /// The level asked for.
        level: Price,
        /// Where the entry is expected to fill.
        price: Price,
    },
    /// A target there would end the trade as it begins.
    TargetPassedAtEntry {
        /// The level asked for.
        level: Price,
        /// Where the entry is expected to fill.
        price: Price,
    },
    /// The venue knows no such price for a target.
    TargetOffTick {
        /// The level asked for.
        level: Price,
        /// The nearest price below it, where there is one.
        below: Option<Price>,
        /// The nearest price above it.
        above: Price,
    },
    /// There the loss of a short would be more than what it has reserved.
    StopBeyondLiquidation {
        /// The level asked for.
        level: Price,
        /// Where the loss has used up what is reserved.
        liquidation: Price,
    },
    /// The numbers do not fit a decimal.
    Overflow,
}

impl Refusal {
    /// The stable code that the API, the audit log and explanations show.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Control { .. } => "control",
            Self::ControlUnknown => "controlUnknown",
            Self::StoreAway => "storeAway",
            Self::ProfileStopped => "profileStopped",
            Self::UnderReview => "underReview",
            Self::ProfileUnknown => "profileUnknown",
            Self::InstrumentUnknown { .. } => "instrumentUnknown",
            Self::QuantityBelowLot { .. } => "quantityBelowLot",
            Self::NotionalBelowMinimum { .. } => "notionalBelowMinimum",
            Self::NothingToReduce { .. } => "nothingToReduce",
            Self::TradeUnknown { .. } => "tradeUnknown",
            Self::MarketDataMissing => "marketDataMissing",
            Self::MarketDataStale { .. } => "marketDataStale",
            Self::DuplicateEntry { .. } => "duplicateEntry",
            Self::OrderQuantityAboveLimit { .. } => "orderQuantityAboveLimit",
            Self::OrderNotionalAboveLimit { .. } => "orderNotionalAboveLimit",
            Self::TooManyPositions { .. } => "tooManyPositions",
            Self::InsufficientCapital { .. } => "insufficientCapital",
            Self::StopBeyondPrice { .. } => "stopBeyondPrice",
            Self::StopOffTick { .. } => "stopOffTick",
            Self::StopPassedAtEntry { .. } => "stopPassedAtEntry",
            Self::TargetPassedAtEntry { .. } => "targetPassedAtEntry",
            Self::TargetOffTick { .. } => "targetOffTick",
            Self::StopBeyondLiquidation { .. } => "stopBeyondLiquidation",
            Self::Overflow => "overflow",
        }
    }
}

const UNDER_REVIEW: &str = "the profile is under review; look at its last events, then start it \
    and acknowledge them";

const NO_SIZE: &str = "the size comes to nothing: there is no equity left, an average true range \
    is zero or not ready, or the stop-loss lies on the wrong side of the price";

/// What to do about [`Refusal::StoreAway`], beside waiting.
const STORE_AWAY: &str =
    "the store is away: until it is back only exits, stops and cancels go; try again then";

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control { mode, by, reason, scope, at } => {
                let scope = scope.iter().map(|scope| format!("{scope} ")).collect::<String>();
                let since = at.map_or(String::new(), |at| format!(" since {}", at.whole_second()));
                write!(f, "entries {scope}are stopped ({mode} by {by}{since}: {reason})")
            }
            Self::ControlUnknown => f.write_str("the state of trading control is not known"),
            Self::StoreAway => f.write_str(STORE_AWAY),
            Self::ProfileStopped => f.write_str("the profile is stopped; start it to trade"),
            Self::UnderReview => f.write_str(UNDER_REVIEW),
            Self::ProfileUnknown => f.write_str("there is no such profile"),
            Self::InstrumentUnknown { symbol } => {
                write!(f, "the profile does not trade {symbol}; add it to its symbols")
            }
            Self::QuantityBelowLot { quantity, lot } if quantity.is_zero() && lot.is_zero() => {
                f.write_str(NO_SIZE)
            }
            Self::QuantityBelowLot { quantity, lot } => {
                compare(f, ["", " is less than one lot of ", ""], *quantity, *lot)
            }
            Self::NotionalBelowMinimum { notional, minimum } => {
                let parts = ["the order is worth ", ", the venue takes ", " or more"];
                compare(f, parts, *notional, *minimum)
            }
            Self::NothingToReduce { held, claimed } => {
                let parts = ["nothing is left to close: ", " held, ", " already being closed"];
                compare(f, parts, *held, *claimed)
            }
            Self::TradeUnknown { trade } => write!(f, "there is no open trade {trade}"),
            Self::MarketDataMissing => f.write_str("no price is known for the instrument yet"),
            Self::MarketDataStale { age_ms, limit_ms } => {
                write!(f, "the last price is {age_ms} ms old, {limit_ms} ms are allowed")
            }
            Self::DuplicateEntry { .. } => {
                f.write_str("an entry of this profile and symbol is open or working")
            }
            Self::OrderQuantityAboveLimit { quantity, limit } => {
                let parts = ["", " units are more than the ", " allowed in one order"];
                compare(f, parts, *quantity, *limit)
            }
            Self::OrderNotionalAboveLimit { notional, limit } => {
                compare(f, ["the order is worth ", ", ", " are allowed"], *notional, *limit)
            }
            Self::TooManyPositions { open, limit } => {
                write!(f, "trades open or being entered: {open}, allowed: {limit}")
            }
            Self::InsufficientCapital { needed, available } => {
                compare(f, ["", " needed, ", " available"], *needed, *available)
            }
            Self::StopBeyondPrice { level, price } => write!(
                f,
                "a stop at {level} would be reached at once: the last price is {price}; choose a \
                 level on the side of the loss, or close the trade"
            ),
            Self::StopPassedAtEntry { level, price } => passed(f, "stop", *level, *price, "loss"),
            Self::TargetPassedAtEntry { level, price } => {
                passed(f, "target", *level, *price, "profit")
            }
            Self::StopOffTick { level, below, above }
            | Self::TargetOffTick { level, below, above } => off_tick(f, *level, *below, *above),
            Self::StopBeyondLiquidation { level, liquidation } => write!(
                f,
                "at {level} the loss would be more than what the short has reserved; choose \
                 {liquidation} or less"
            ),
            Self::Overflow => f.write_str("the order's numbers are too large to compute exactly"),
        }
    }
}

/// Two numbers that a sentence compares, between its three parts: to eight figures where they still
/// differ then. The refusal itself has all of them.
fn compare(
    f: &mut fmt::Formatter<'_>,
    [before, between, after]: [&str; 3],
    one: Decimal,
    other: Decimal,
) -> fmt::Result {
    const FIGURES: u32 = 8;
    let short = |number: Decimal| number.round_sf(FIGURES).unwrap_or(number);
    let same = short(one) == short(other);
    let shown = |number| if same { number } else { short(number) };
    let [one, other] = [one, other].map(|number| shown(number).normalize());
    write!(f, "{before}{one}{between}{other}{after}")
}

fn passed(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    level: Price,
    price: Price,
    side: &str,
) -> fmt::Result {
    write!(
        f,
        "a {what} at {level} would end the trade as it begins: it would enter at about {price}; \
         choose a level on the side of the {side}"
    )
}

fn off_tick(
    f: &mut fmt::Formatter<'_>,
    level: Price,
    below: Option<Price>,
    above: Price,
) -> fmt::Result {
    let below = below.iter().map(|below| format!("{below} or ")).collect::<String>();
    write!(f, "{level} is no price of the venue; choose {below}{above}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_of_control_is_told_with_what_is_known_of_it() {
        let stored = r#"{"code":"control","mode":"PAUSED","by":"op","reason":"news"}"#;
        let older: Refusal = serde_json::from_str(stored).unwrap();
        assert_eq!(older.to_string(), "entries are stopped (PAUSED by op: news)");
        assert_eq!(serde_json::to_string(&older).unwrap(), stored);
        let cases = [
            (Scope::Global, "entries everywhere are stopped"),
            (Scope::Symbol("GOOG".parse().unwrap()), "entries of GOOG are stopped"),
            (Scope::Venue("paper".parse().unwrap()), "entries at venue paper are stopped"),
            (Scope::Tenant("alice".parse().unwrap()), "entries of tenant alice are stopped"),
        ];
        for (scope, head) in cases {
            let refusal = Refusal::Control {
                mode: ControlMode::Halted,
                by: "op".to_owned(),
                reason: "news".to_owned(),
                scope: Some(scope),
                at: Some("2024-05-13T00:00:00Z".parse().unwrap()),
            };
            let sentence = format!("{head} (HALTED by op since 2024-05-13T00:00:00Z: news)");
            assert_eq!(refusal.to_string(), sentence);
            let json = serde_json::to_string(&refusal).unwrap();
            assert_eq!(serde_json::from_str::<Refusal>(&json).unwrap(), refusal);
        }
    }

    #[test]
    fn numbers_in_sentences_are_short_and_still_differ() {
        let dec = |text: &str| text.parse::<Decimal>().unwrap();
        let told = |needed, available| {
            let (needed, available) = (dec(needed), dec(available));
            Refusal::InsufficientCapital { needed, available }.to_string()
        };
        assert_eq!(
            told("2500.120000000000001", "16.578983412345678"),
            "2500.12 needed, 16.578983 available"
        );
        assert_eq!(told("100.0000000001", "100"), "100.0000000001 needed, 100 available");
        let refusal = Refusal::Control {
            mode: ControlMode::Paused,
            by: "op".to_owned(),
            reason: "news".to_owned(),
            scope: None,
            at: Some("2024-05-13T00:00:00.123456789Z".parse().unwrap()),
        };
        let sentence = "entries are stopped (PAUSED by op since 2024-05-13T00:00:00Z: news)";
        assert_eq!(refusal.to_string(), sentence);
    }

    #[test]
    fn codes_are_what_json_says() {
        let refusals = [
            Refusal::ControlUnknown,
            Refusal::StoreAway,
            Refusal::TooManyPositions { open: 1, limit: 1 },
            Refusal::InsufficientCapital { needed: Decimal::TEN, available: Decimal::ONE },
        ];
        for refusal in refusals {
            let json = serde_json::to_value(&refusal).unwrap();
            assert_eq!(json["code"], refusal.code());
        }
    }
}
