//! What each refusal says to people: what stands in the way, with the numbers, and what would
//! change it.

use std::fmt;

use rust_decimal::Decimal;

use super::Refusal;
use crate::limits::LimitScope;
use crate::number::Price;
use crate::profile::Mode;

const UNDER_REVIEW: &str = "the profile is under review; look at its last events, then start it \
    and acknowledge them";

const NO_SIZE: &str = "the size comes to nothing: there is no equity left, an average true range \
    is zero or not ready, or the stop-loss lies on the wrong side of the price";

const STORE_AWAY: &str = "the store is away: until it is back only exits, stops and cancels go; \
    try again then";
const NOT_LIVE: &str = "you may not trade for money here; ask an operator, or use the mode paper";

const NEXT_DAY: &str = "wait for the next day";

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
            Self::ProductUnavailable { availability } => {
                write!(f, "the product is {availability}; what is held can be left")
            }
            Self::NotEntitled { mode: Mode::Live } => f.write_str(NOT_LIVE),
            Self::NotEntitled { .. } => f.write_str("the profile may not trade in its mode"),
            Self::CredentialsMissing { venue } => write!(
                f,
                "nothing can be sent: {venue} knows no account of yours; use the mode paper"
            ),
            Self::ProfileStopped => f.write_str("the profile is stopped; start it to trade"),
            Self::UnderReview => f.write_str(UNDER_REVIEW),
            Self::ProfileUnknown => f.write_str("there is no such profile"),
            Self::InstrumentUnknown { symbol } => {
                write!(f, "the profile does not trade {symbol}; add it to its symbols")
            }
            Self::NothingToReduce { held, claimed } => {
                let parts = ["nothing is left to close: ", " held, ", " already being closed"];
                compare(f, parts, *held, *claimed)
            }
            Self::TradeUnknown { trade } => write!(f, "there is no open trade {trade}"),
            Self::MarketDataMissing => f.write_str("no price is known for the instrument yet"),
            Self::NotReconciled { order } => write!(
                f,
                "nobody can tell whether the venue has {order}; it is being asked, and entries \
                 wait for its answer"
            ),
            Self::DuplicateEntry { .. } => {
                f.write_str("an entry of this profile and symbol is open or working")
            }
            Self::SelfTrade { order, price } => write!(
                f,
                "the entry could trade with your own order {order} at {price}; cancel that, or \
                 choose a price that does not reach it"
            ),
            Self::EntriesLocked { symbol, until, why } => {
                let of = symbol.map_or(String::new(), |symbol| format!(" of {symbol}"));
                let until = until.whole_second();
                write!(f, "entries{of} are locked until {until}: {why}; wait, or lift the lock")
            }
            Self::InsufficientCapital { needed, available } => {
                compare(f, ["", " needed, ", " available"], *needed, *available)
            }
            Self::Overflow => f.write_str("the order's numbers are too large to compute exactly"),
            _ => self.of_a_number(f),
        }
    }
}

impl Refusal {
    /// Of the instrument's own numbers and of levels; of limits the rest.
    fn of_a_number(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::QuantityBelowLot { quantity, lot } if quantity.is_zero() && lot.is_zero() => {
                f.write_str(NO_SIZE)
            }
            Self::QuantityBelowLot { quantity, lot } => {
                compare(f, ["", " is less than one lot of ", ""], *quantity, *lot)
            }
            Self::QuantityBelowFilled { quantity, filled } => {
                let parts = ["", " units in all are no more than the ", " that have filled"];
                compare(f, parts, *quantity, *filled)
            }
            Self::NotionalBelowMinimum { notional, minimum } => {
                let parts = ["the order is worth ", ", the venue takes ", " or more"];
                compare(f, parts, *notional, *minimum)
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
            _ => self.of_targets(f),
        }
    }

    fn of_targets(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TargetBeyondPrice { level, price } => write!(
                f,
                "a target at {level} would be reached at once: the last price is {price}; choose \
                 a level on the side of the profit, or close that part"
            ),
            Self::TargetsAboveEntry { portions } => write!(
                f,
                "the targets would close {} of the entry, those that have filled included; choose \
                 portions that come to 1 at most",
                portions.normalize()
            ),
            Self::TargetsAboveHeld { quantity, held, most } => write!(
                f,
                "the targets would close {} units, {} are held; choose portions that come to {} \
                 at most",
                quantity.normalize(),
                held.normalize(),
                most.normalize()
            ),
            _ => self.of_a_limit(f),
        }
    }

    fn of_a_limit(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PriceImplausible { price, last, limit, scope } => {
                let limit = limit.normalize();
                write!(f, "{price} is more than {limit} times away from the last price {last}")?;
                change(f, "correct it", "raise", "maxPriceRatio", *scope)
            }
            Self::MarketDataStale { age_ms, limit_ms, scope } => {
                write!(f, "the last price is {age_ms} ms old, {limit_ms} ms are allowed")?;
                known(f, "wait for the next bar", "maxDataAgeMs", *scope)
            }
            Self::OrderQuantityAboveLimit { quantity, limit, scope } => {
                let parts = ["", " units are more than the ", " allowed in one order"];
                compare(f, parts, *quantity, *limit)?;
                known(f, "order less", "maxOrderQuantity", *scope)
            }
            Self::OrderNotionalAboveLimit { notional, limit, scope } => {
                compare(f, ["the order is worth ", ", ", " are allowed"], *notional, *limit)?;
                known(f, "order less", "maxOrderNotional", *scope)
            }
            Self::TooManyPositions { open, limit, scope } => {
                write!(f, "trades open or being entered: {open}, allowed: {limit}")?;
                known(f, "close one", "maxOpenPositions", *scope)
            }
            Self::PositionAboveLimit { notional, limit, scope } => {
                let parts = ["the instrument would use ", ", ", " are allowed"];
                compare(f, parts, *notional, *limit)?;
                change(f, "order less", "raise", "maxPositionNotional", *scope)
            }
            Self::ExposureAboveLimit { exposure, limit, scope } => {
                let parts = ["positions and entries would use ", ", ", " are allowed"];
                compare(f, parts, *exposure, *limit)?;
                change(f, "order less or close a trade", "raise", "maxExposure", *scope)
            }
            Self::OpenOrdersAboveLimit { notional, limit, scope } => {
                let parts = ["working entries would reserve ", ", ", " are allowed"];
                compare(f, parts, *notional, *limit)?;
                change(f, "order less or cancel one", "raise", "maxOpenOrderNotional", *scope)
            }
            Self::SymbolRestricted { symbol, scope } => {
                write!(f, "{symbol} is not to be entered")?;
                change(f, "trade another", "take it out of", "restrictedSymbols", *scope)
            }
            Self::PriceBeyondCollar { price, reference, limit_percent, scope } => {
                let percent = limit_percent.normalize();
                write!(f, "{price} is more than {percent} % worse than {reference}")?;
                change(f, "choose a closer price", "raise", "priceCollarPercent", *scope)
            }
            _ => self.of_a_counter(f),
        }
    }

    fn of_a_counter(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OrderRateAboveLimit { orders, limit, scope } => {
                write!(f, "entries of the last 60 seconds: {orders}, allowed: {limit}")?;
                change(f, "wait", "raise", "maxOrdersPerMinute", *scope)
            }
            Self::EntryTooSoon { elapsed_ms, limit_ms, scope } => {
                write!(f, "the last entry was {elapsed_ms} ms ago, {limit_ms} ms are to pass")?;
                change(f, "wait", "lower", "minEntryIntervalMs", *scope)
            }
            Self::DailyLossReached { loss, limit, scope } => {
                compare(f, ["the day has lost ", ", entries end at ", ""], *loss, *limit)?;
                change(f, NEXT_DAY, "raise", "maxDailyLoss", *scope)
            }
            Self::DailyLossPercentReached { loss_percent, limit_percent, scope } => {
                let parts = ["the day has lost ", " %, entries end at ", " %"];
                compare(f, parts, *loss_percent, *limit_percent)?;
                change(f, NEXT_DAY, "raise", "maxDailyLossPercent", *scope)
            }
            Self::DrawdownReached { drawdown_percent, limit_percent, scope } => {
                let parts = ["equity is ", " % below its peak, entries end at ", " %"];
                compare(f, parts, *drawdown_percent, *limit_percent)?;
                change(f, "look at what is lost", "raise", "maxDrawdownPercent", *scope)
            }
            _ => Ok(()),
        }
    }
}

/// What would let the order pass: something else, or another limit.
fn change(
    f: &mut fmt::Formatter<'_>,
    instead: &str,
    verb: &str,
    limit: &str,
    scope: LimitScope,
) -> fmt::Result {
    let whose = match scope {
        LimitScope::Product => {
            return write!(f, "; {instead}, or ask an operator to {verb} {limit}");
        }
        LimitScope::Strategy => "strategy config".to_owned(),
        scope => scope.to_string(),
    };
    write!(f, "; {instead}, or {verb} {limit} of the {whose}")
}

/// As [`change`] for a limit of which earlier releases did not journal whose it was.
fn known(
    f: &mut fmt::Formatter<'_>,
    instead: &str,
    limit: &str,
    scope: Option<LimitScope>,
) -> fmt::Result {
    scope.map_or(Ok(()), |scope| change(f, instead, "raise", limit, scope))
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
    use crate::control::{ControlMode, Scope};

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

    /// Stored text, which later releases read too, and what it says.
    const SAID: &[(&str, &str)] = &[
        (
            r#"{"code":"productUnavailable","availability":{"status":"maintenance",
                "message":"new disks","until":"2024-05-13T00:00:00Z"}}"#,
            "the product is under maintenance until 2024-05-13T00:00:00Z: new disks; what is held \
             can be left",
        ),
        (
            r#"{"code":"notEntitled","mode":"live"}"#,
            "you may not trade for money here; ask an operator, or use the mode paper",
        ),
        (
            r#"{"code":"credentialsMissing","venue":"kraken"}"#,
            "nothing can be sent: kraken knows no account of yours; use the mode paper",
        ),
        (
            r#"{"code":"priceImplausible","price":"1000","last":"100","limit":"3",
                "scope":"product"}"#,
            "1000 is more than 3 times away from the last price 100; correct it, or ask an \
             operator to raise maxPriceRatio",
        ),
        (
            r#"{"code":"marketDataStale","ageMs":6,"limitMs":5}"#,
            "the last price is 6 ms old, 5 ms are allowed",
        ),
        (
            r#"{"code":"tooManyPositions","open":1,"limit":1,"scope":"strategy"}"#,
            "trades open or being entered: 1, allowed: 1; close one, or raise maxOpenPositions of \
             the strategy config",
        ),
        (
            r#"{"code":"positionAboveLimit","notional":"1100.5","limit":"1000","scope":"profile"}"#,
            "the instrument would use 1100.5, 1000 are allowed; order less, or raise \
             maxPositionNotional of the profile",
        ),
        (
            r#"{"code":"exposureAboveLimit","exposure":"1100","limit":"1000","scope":"tenant"}"#,
            "positions and entries would use 1100, 1000 are allowed; order less or close a trade, \
             or raise maxExposure of the tenant",
        ),
        (
            r#"{"code":"openOrdersAboveLimit","notional":"1100","limit":"1000","scope":"tenant"}"#,
            "working entries would reserve 1100, 1000 are allowed; order less or cancel one, or \
             raise maxOpenOrderNotional of the tenant",
        ),
        (
            r#"{"code":"orderRateAboveLimit","orders":5,"limit":5,"scope":"tenant"}"#,
            "entries of the last 60 seconds: 5, allowed: 5; wait, or raise maxOrdersPerMinute of \
             the tenant",
        ),
        (
            r#"{"code":"entryTooSoon","elapsedMs":10,"limitMs":500,"scope":"profile"}"#,
            "the last entry was 10 ms ago, 500 ms are to pass; wait, or lower minEntryIntervalMs \
             of the profile",
        ),
        (
            r#"{"code":"dailyLossReached","loss":"101","limit":"100","scope":"profile"}"#,
            "the day has lost 101, entries end at 100; wait for the next day, or raise \
             maxDailyLoss of the profile",
        ),
        (
            r#"{"code":"dailyLossPercentReached","lossPercent":"5.1","limitPercent":"5",
                "scope":"profile"}"#,
            "the day has lost 5.1 %, entries end at 5 %; wait for the next day, or raise \
             maxDailyLossPercent of the profile",
        ),
        (
            r#"{"code":"drawdownReached","drawdownPercent":"21","limitPercent":"20",
                "scope":"profile"}"#,
            "equity is 21 % below its peak, entries end at 20 %; look at what is lost, or raise \
             maxDrawdownPercent of the profile",
        ),
        (
            r#"{"code":"entriesLocked","symbol":"GOOG","until":"2024-05-13T01:00:00Z",
                "why":{"type":"stopGuard","stops":3,"minutes":60,"scope":"profile"}}"#,
            "entries of GOOG are locked until 2024-05-13T01:00:00Z: 3 trades were stopped at a \
             loss within 60 minutes; wait, or lift the lock",
        ),
        (
            r#"{"code":"entriesLocked","until":"2024-05-13T01:00:00Z",
                "why":{"type":"consecutiveLosses","losses":3,"limit":3,"scope":"profile"}}"#,
            "entries are locked until 2024-05-13T01:00:00Z: 3 trades in a row were lost; wait, or \
             lift the lock",
        ),
        (
            r#"{"code":"entriesLocked","symbol":"GOOG","until":"2024-05-13T01:00:00Z",
                "why":{"type":"lowProfit","trades":4,"profitPercent":"-1.25",
                "limitPercent":"0.5","scope":"profile"}}"#,
            "entries of GOOG are locked until 2024-05-13T01:00:00Z: the last 4 trades brought \
             -1.25 %, 0.5 % are wanted; wait, or lift the lock",
        ),
        (
            r#"{"code":"entriesLocked","symbol":"GOOG","until":"2024-05-13T01:00:00Z",
                "why":{"type":"cooldown","minutes":5,"scope":"profile"}}"#,
            "entries of GOOG are locked until 2024-05-13T01:00:00Z: a trade has closed, and 5 \
             minutes are to pass; wait, or lift the lock",
        ),
        (
            r#"{"code":"targetBeyondPrice","level":"99","price":"100"}"#,
            "a target at 99 would be reached at once: the last price is 100; choose a level on the \
             side of the profit, or close that part",
        ),
        (
            r#"{"code":"targetsAboveEntry","portions":"1.10"}"#,
            "the targets would close 1.1 of the entry, those that have filled included; choose \
             portions that come to 1 at most",
        ),
        (
            r#"{"code":"targetsAboveHeld","quantity":"10","held":"6","most":"0.60"}"#,
            "the targets would close 10 units, 6 are held; choose portions that come to 0.6 at \
             most",
        ),
        (
            r#"{"code":"symbolRestricted","symbol":"GOOG","scope":"tenant"}"#,
            "GOOG is not to be entered; trade another, or take it out of restrictedSymbols of the \
             tenant",
        ),
        (
            r#"{"code":"priceBeyondCollar","price":"111","reference":"100",
                "limitPercent":"10","scope":"product"}"#,
            "111 is more than 10 % worse than 100; choose a closer price, or ask an operator to \
             raise priceCollarPercent",
        ),
    ];

    #[test]
    fn a_limit_is_told_with_whose_it_is_and_what_would_change_it() {
        for (stored, sentence) in SAID {
            let refusal: Refusal = serde_json::from_str(stored).unwrap();
            assert_eq!(refusal.to_string(), *sentence);
            let written = serde_json::to_value(&refusal).unwrap();
            assert_eq!(written, serde_json::from_str::<serde_json::Value>(stored).unwrap());
            assert_eq!(written["code"], refusal.code());
        }
    }
}
