//! A run without trades says why, on the standard error and in the JSON.

use crate::support::{Desk, Ended, STRATEGY};

#[track_caller]
fn says(ended: &Ended, why: &str) {
    let json = ended.json();
    let expected = format!("The strategy made no trade. {why}");
    assert_eq!(json["warnings"][0], expected.as_str());
    assert!(ended.stderr.contains(&format!("warning: {expected}")), "{}", ended.stderr);
    let trades = [&json["closedTrades"], &json["openTrades"]].map(|count| count.as_u64().unwrap());
    assert_eq!((trades, json["exposurePct"].as_f64()), ([0, 0], Some(0.0)));
}

#[test]
fn each_reason_is_told_in_words() {
    let never = "\"close < 50 and close > 105\"";
    let named = r#"{"minPass": 2, "rules": [{"name": "Dip", "when": "close < 50"},
        {"name": "Trend", "when": "close > 105"}]}"#;
    let both = r#""close > 0", "direction": "both", "entryShort": "close > 0""#;
    let risk = r#""sizing": {"type": "riskPercent", "value": "1"},
        "exits": {"stopLoss": {"type": "price", "value": "500"}}}"#;
    let atr = r#""sizing": {"type": "fixedQuantity", "quantity": "1"},
        "exits": {"stopLoss": {"type": "atr", "value": "2", "period": 20}}}"#;
    let sizing = STRATEGY.find("\"sizing\"").unwrap();
    let cases = [
        (
            STRATEGY.replace("\"close > 0\"", never),
            "The entry was never true: `close < 50` held at 0 of 10 closes, `close > 105` held at \
             5 of 10 closes.",
        ),
        (
            STRATEGY.replace("\"close > 0\"", named),
            "The entry was never true: Dip held at 0 of 10 closes, Trend held at 5 of 10 closes.",
        ),
        (
            STRATEGY.replace("close > 0", "close > sma(close, 50)"),
            "The entry was never ready: `close > sma(close, 50)` had no value at any close; give \
             more bars or a shorter look-back.",
        ),
        (
            STRATEGY.replace("\"close > 0\"", both),
            "The long and the short entry were only ever true together, so neither was followed; \
             make them exclude each other.",
        ),
        (
            STRATEGY.replace("close > 0", "close > 109"),
            "The only signal came at the last bar, and there is no later open to fill it.",
        ),
        (
            format!("{}{risk}", &STRATEGY[..sizing]),
            "Every signal was refused: once, first at 2024-01-02T00:00:00Z: the size comes to \
             nothing: there is no equity left, an average true range is zero or not ready, or the \
             stop-loss lies on the wrong side of the price; look at sizing and stop-loss of the \
             strategy config.",
        ),
        (
            format!("{}{atr}", &STRATEGY[..sizing]),
            "The entry was only true while an average true range that its size or exits read had \
             no value yet: `close > 0` held at 10 of 10 closes; give more bars before it or a \
             shorter period.",
        ),
        (
            format!("{}{atr}", &STRATEGY[..sizing]).replace("close > 0", "close < 102"),
            "The entry was only true while an average true range that its size or exits read had \
             no value yet: `close < 102` held at 1 of 10 closes; give more bars before it or a \
             shorter period.",
        ),
    ];
    for (strategy, why) in cases {
        let desk = Desk::new();
        desk.write("strategy.json", &strategy);
        says(&desk.backtest(&["--json"]), why);
    }
}

#[test]
fn refusals_are_told_with_code_count_and_numbers() {
    let desk = Desk::new();
    let ended = desk.backtest(&["--json", "--lot", "5"]);
    says(
        &ended,
        "Every signal was refused: once, first at 2024-01-02T00:00:00Z: 1 is less than one lot of \
         5; order a lot or more.",
    );
    assert_eq!(ended.json()["refusals"]["quantityBelowLot"], 1);

    let ended = desk.backtest(&["--json", "--lot", "1", "--cash", "50"]);
    assert!(
        ended.stderr.contains("No order could be filled: rejected 9 times"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("available is less than one lot costs"));
}

#[test]
fn an_entry_that_no_volume_fills_is_told_of() {
    let desk = Desk::new();
    let thin = ["--json", "--volume-share", "0.0009", "--lot", "1"];
    let why = "The entry signalled at 2024-01-02T00:00:00Z never filled: the share of a bar's \
               volume that one fill may take is less than a lot at every later bar; allow a \
               larger share or a smaller lot.";
    says(&desk.backtest(&thin), why);
    desk.write("strategy.json", &STRATEGY.replace("close > 0", "close > 109"));
    let late = "The only signal came at the last bar, and there is no later open to fill it.";
    says(&desk.backtest(&thin), late);
}

#[test]
fn the_report_says_it_too() {
    let desk = Desk::new();
    desk.write("strategy.json", &STRATEGY.replace("close > 0", "close > 500"));
    let ended = desk.backtest(&["--report", "report.html"]);
    assert_eq!(ended.code, 0);
    let why = "The entry was never true: `close &gt; 500` held at 0 of 10 closes.";
    let report = desk.read("report.html").replace("&#62;", "&gt;").replace("&#96;", "`");
    assert!(report.contains(why), "{report}");
}
