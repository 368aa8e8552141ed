//! What refusals say, and that what was stored of them is still read.

use rust_decimal::Decimal;

use super::{REFUSALS, Refusal};
use crate::control::{ControlMode, Scope};

#[test]
fn a_stop_of_control_is_told_with_what_is_known_of_it() {
    let stored = r#"{"code":"control","mode":"PAUSED","by":"op","reason":"news"}"#;
    let older: Refusal = serde_json::from_str(stored).unwrap();
    assert_eq!(older.to_string(), format!("entries are stopped (PAUSED by op: news){LIFT}"));
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
        let sentence = format!("{head} (HALTED by op since 2024-05-13T00:00:00Z: news){LIFT}");
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
        let told = Refusal::InsufficientCapital { needed, available }.to_string();
        told.split_once(';').unwrap().0.to_owned()
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
    assert_eq!(refusal.to_string(), format!("{sentence}{LIFT}"));
}

const LIFT: &str = "; wait until that is lifted, or ask who has set it";

/// Stored text, which later releases read too, and what it says.
const SAID: &[(&str, &str)] = &[
    (r#"{"code":"profileUnknown"}"#, "there is no such profile; name one that there is"),
    (
        r#"{"code":"storeAway"}"#,
        "the store is away: until it is back only exits, stops and cancels go; try again \
         then",
    ),
    (
        r#"{"code":"controlUnknown"}"#,
        "nobody can tell whether entries are stopped; that is read again and again, and \
         entries wait for it",
    ),
    (
        r#"{"code":"control","mode":"PAUSED","by":"op","reason":"news"}"#,
        "entries are stopped (PAUSED by op: news); wait until that is lifted, or ask who \
         has set it",
    ),
    (
        r#"{"code":"underReview"}"#,
        "the profile is under review; look at its last events, then start it and \
         acknowledge them",
    ),
    (r#"{"code":"profileStopped"}"#, "the profile is stopped; start it to trade"),
    (
        r#"{"code":"notEntitled","mode":"paper"}"#,
        "the profile may not trade in its mode; use the mode paper",
    ),
    (
        r#"{"code":"instrumentUnknown","symbol":"GOOG"}"#,
        "the profile does not trade GOOG; add it to its symbols",
    ),
    (
        r#"{"code":"quantityBelowLot","quantity":"0.5","lot":"1"}"#,
        "0.5 is less than one lot of 1; order a lot or more",
    ),
    (
        r#"{"code":"quantityBelowLot","quantity":"0","lot":"0"}"#,
        "the size comes to nothing: there is no equity left, an average true range is zero \
         or not ready, or the stop-loss lies on the wrong side of the price; look at sizing \
         and stop-loss of the strategy config",
    ),
    (
        r#"{"code":"quantityBelowFilled","quantity":"2","filled":"3"}"#,
        "2 units in all are no more than the 3 that have filled; ask for more than that, or \
         cancel what is left",
    ),
    (
        r#"{"code":"notionalBelowMinimum","notional":"4","minimum":"5"}"#,
        "the order is worth 4, the venue takes 5 or more; choose a larger quantity",
    ),
    (
        r#"{"code":"tradeUnknown","trade":"trd_fzzzzzzzzzzzz00000011"}"#,
        "there is no open trade trd_fzzzzzzzzzzzz00000011; nothing of it is left to close",
    ),
    (
        r#"{"code":"nothingToReduce","held":"5","claimed":"5"}"#,
        "nothing is left to close: 5 held, 5 already being closed; cancel one of those \
         exits, or let them fill",
    ),
    (
        r#"{"code":"notReconciled","order":"ord_fzzzzzzzzzzzz00000011"}"#,
        "nobody can tell whether the venue has ord_fzzzzzzzzzzzz00000011; it is being \
         asked, and entries wait for its answer",
    ),
    (
        r#"{"code":"marketClosed","symbol":"GOOG","status":{"type":"halted"}}"#,
        "trading of GOOG is halted by its venue; wait until it goes on",
    ),
    (
        r#"{"code":"marketClosed","symbol":"GOOG","status":{"type":"closed"}}"#,
        "the market of GOOG is closed; wait until it opens",
    ),
    (
        r#"{"code":"marketClosed","symbol":"GOOG",
            "status":{"type":"closed","opensAt":"2024-05-13T13:30:00Z"}}"#,
        "the market of GOOG is closed; wait until it opens at 2024-05-13T13:30:00Z",
    ),
    (
        r#"{"code":"marketDataMissing"}"#,
        "no price is known for the instrument yet; wait for its first bar",
    ),
    (
        r#"{"code":"marketDataStale","ageMs":6,"limitMs":5,"scope":"profile"}"#,
        "the last price is 6 ms old, 5 ms are allowed; wait for the next bar, or raise \
         maxDataAgeMs of the profile",
    ),
    (
        r#"{"code":"stopOffTick","level":"1.005","below":"1","above":"1.01"}"#,
        "1.005 is no price of the venue; choose 1 or 1.01",
    ),
    (
        r#"{"code":"stopPassedAtEntry","level":"101","price":"100"}"#,
        "a stop at 101 would end the trade as it begins: it would enter at about 100; \
         choose a level on the side of the loss",
    ),
    (
        r#"{"code":"targetOffTick","level":"0.005","below":null,"above":"0.01"}"#,
        "0.005 is no price of the venue; choose 0.01",
    ),
    (
        r#"{"code":"targetPassedAtEntry","level":"99","price":"100"}"#,
        "a target at 99 would end the trade as it begins: it would enter at about 100; \
         choose a level on the side of the profit",
    ),
    (
        r#"{"code":"stopBeyondPrice","level":"101","price":"100"}"#,
        "a stop at 101 would be reached at once: the last price is 100; choose a level on \
         the side of the loss, or close the trade",
    ),
    (
        r#"{"code":"stopBeyondLiquidation","level":"210","liquidation":"200"}"#,
        "at 210 the loss would be more than what the short has reserved; choose 200 or less",
    ),
    (
        r#"{"code":"duplicateEntry","slot":""}"#,
        "an entry of this profile and symbol is open or working; close or cancel that first",
    ),
    (
        r#"{"code":"selfTrade","order":"ord_fzzzzzzzzzzzz00000011","price":"100"}"#,
        "the entry could trade with your own order ord_fzzzzzzzzzzzz00000011 at 100; cancel \
         that, or choose a price that does not reach it",
    ),
    (
        r#"{"code":"orderQuantityAboveLimit","quantity":"11","limit":"10","scope":"profile"}"#,
        "11 units are more than the 10 allowed in one order; order less, or raise \
         maxOrderQuantity of the profile",
    ),
    (
        r#"{"code":"orderNotionalAboveLimit","notional":"1100","limit":"1000","scope":"product"}"#,
        "the order is worth 1100, 1000 are allowed; order less, or ask an operator to raise \
         maxOrderNotional",
    ),
    (
        r#"{"code":"insufficientCapital","needed":"101","available":"100"}"#,
        "101 needed, 100 available; order less, close a trade, or allocate more",
    ),
    (r#"{"code":"overflow"}"#, "the order's numbers are too large to compute exactly; order less"),
    (
        r#"{"code":"productUnavailable","availability":{"status":"maintenance",
            "message":"new disks","until":"2024-05-13T00:00:00Z"}}"#,
        "the product is under maintenance until 2024-05-13T00:00:00Z: new disks; wait until it \
         is back, what is held can be left",
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
        r#"{"code":"equityUnknown","profile":"prf_0000000000002","scope":"tenant"}"#,
        "no price is known yet of all that prf_0000000000002 holds, and a limit of the tenant \
         ends entries at a loss; wait for the first prices, leave what has none, or take that \
         limit off",
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
        "the targets would close 10 units, 6 are held; choose portions that come to 0.6 at most",
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
fn each_refusal_says_what_would_change_it() {
    for row in REFUSALS {
        let code = format!(r#""code":"{}""#, row.code);
        let mut said = SAID.iter().filter(|(stored, _)| stored.contains(&code));
        assert!(said.any(|(_, sentence)| sentence.contains("; ")), "{code}");
    }
    for (stored, sentence) in SAID {
        let refusal: Refusal = serde_json::from_str(stored).unwrap();
        assert_eq!(refusal.to_string(), *sentence);
        let written = serde_json::to_value(&refusal).unwrap();
        assert_eq!(written, serde_json::from_str::<serde_json::Value>(stored).unwrap());
        assert_eq!(written["code"], refusal.code());
    }
}
