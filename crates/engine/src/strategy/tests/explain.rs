//! Evaluations in full sentences.

use ballast_domain::{Decision, Hold};

use super::scene::{FLAT, LONG, SHORT, scene};

#[test]
fn one_comparison() {
    let mut scene = scene(r#"{"entry": "close > 105"}"#);
    scene.closes(&["104"]);
    assert_eq!(
        scene.explain(FLAT),
        "Waiting: no entry condition is true. Entry: close is 104, not above 105."
    );
    scene.closes(&["105.5"]);
    assert_eq!(
        scene.explain(FLAT),
        "Entering long: the condition to enter long is true. Entry: close is 105.5, above 105."
    );
}

#[test]
fn a_cross() {
    let mut scene = scene(
        r#"{"entry": "crossover(close, sma(close, 2))",
            "exit": "crossunder(close, sma(close, 2))"}"#,
    );
    scene.closes(&["10"]);
    assert_eq!(
        scene.explain(FLAT),
        "Waiting: some values need more bars before they can be computed. \
         Entry: sma(close, 2) has no value yet. Exit: sma(close, 2) has no value yet."
    );
    scene.closes(&["9", "12"]);
    assert_eq!(
        scene.explain(FLAT),
        "Entering long: the condition to enter long is true. \
         Entry: close at 12 crossed above sma(close, 2) at 10.5."
    );
    assert_eq!(
        scene.explain(LONG),
        "Holding the position: no exit condition is true. \
         Entry: close at 12 crossed above sma(close, 2) at 10.5. \
         Exit: close at 12 did not cross below sma(close, 2) at 10.5."
    );
}

#[test]
fn several_conditions_in_one_expression() {
    let mut scene = scene(r#"{"entry": "close > open - 1 and not close[1] < 3 and volume != 7"}"#);
    scene.closes(&["2", "4"]);
    assert_eq!(
        scene.explain(FLAT),
        "Waiting: no entry condition is true. \
         Entry: close > open - 1 and not close[1] < 3 and volume != 7 is false; \
         close is 4, above open - 1 at 3; close[1] is 2, below 3; \
         volume is 1000, different from 7."
    );
}

#[test]
fn named_rules() {
    let mut scene = scene(
        r#"{"entry": {"minPass": 2, "rules": [
            {"name": "TrendBias", "required": true, "when": "tf(\"4h\", close > sma(close, 2))"},
            {"name": "Momentum", "when": "30 < close and close < 70.25"},
            {"name": "Session", "when": "session()"}]}}"#,
    );
    scene.closes(&["80", "80", "80", "80", "80"]);
    assert_eq!(
        scene.explain(FLAT),
        "Waiting: some values need more bars before they can be computed. \
         Entry: 1 of 3 rules passed, 2 are needed. \
         TrendBias (required) is not ready: tf(\"4h\", close > sma(close, 2)) has no value yet; \
         tf(\"4h\", sma(close, 2)) has no value yet. \
         Momentum failed: 30 < close and close < 70.25 is false; 30 is below close at 80; \
         close is 80, not below 70.25. \
         Session passed: session() is true."
    );
    scene.closes(&["70", "60", "50"]);
    assert_eq!(
        scene.explain(FLAT),
        "Waiting: no entry condition is true. \
         Entry: 2 of 3 rules passed, 2 are needed. \
         TrendBias (required) failed: tf(\"4h\", close > sma(close, 2)) is false; \
         tf(\"4h\", close) is 50, not above tf(\"4h\", sma(close, 2)) at 65. \
         Momentum passed: 30 < close and close < 70.25 is true; 30 is below close at 50; \
         close is 50, below 70.25. \
         Session passed: session() is true."
    );
}

#[test]
fn all_of_the_rules() {
    let mut scene = scene(
        r#"{"exit": {"rules": [{"name": "Low", "when": "close <= 10"},
            {"name": "Even", "when": "close % 2 == 0"}]}}"#,
    );
    scene.closes(&["8"]);
    assert_eq!(
        scene.explain(LONG),
        "Leaving the position: the exit condition is true. Entry: false is false. \
         Exit: 2 of 2 rules passed, all are needed. Low passed: close is 8, at or below 10. \
         Even passed: close % 2 is 0, equal to 0."
    );
    assert_eq!(
        scene.closes(&["11"]).explain_as(Decision::Exit, LONG),
        "Leaving the position: it was held for as many bars as allowed. Entry: false is false. \
         Exit: 0 of 2 rules passed, all are needed. Low failed: close is 11, above 10. \
         Even failed: close % 2 is 1, different from 0."
    );
}

#[test]
fn both_directions() {
    let mut scene = scene(
        r#"{"direction": "both", "entry": "close > 10", "entryShort": "close < 20",
            "exitShort": "close >= 15"}"#,
    );
    scene.closes(&["14"]);
    assert_eq!(
        scene.explain(FLAT),
        "Waiting: the conditions to enter long and short are both true. \
         Entry: close is 14, above 10. Short entry: close is 14, below 20."
    );
    assert_eq!(
        scene.explain(LONG),
        "Reversing to short: the condition to enter short is true. \
         Entry: close is 14, above 10. Short entry: close is 14, below 20. \
         Short exit: close is 14, below 15."
    );
}

#[test]
fn only_the_exit_of_what_is_held_counts() {
    let mut scene = scene(
        r#"{"direction": "both", "entry": "close > 100", "entryShort": "close < 1",
            "exitShort": "close > 10"}"#,
    );
    scene.closes(&["14"]);
    let (late, signal) = (
        "Leaving the position: it was held for as many bars as allowed. ",
        "Leaving the position: the exit condition is true. ",
    );
    for (standing, expected) in [(LONG, late), (SHORT, signal)] {
        let text = scene.explain_as(Decision::Exit, standing);
        assert!(text.starts_with(expected), "{text}");
    }
}

#[test]
fn every_reason_to_hold_is_a_sentence() {
    let mut scene = scene(r#"{"entry": "close > 1"}"#);
    scene.closes(&["1"]);
    let holds = [
        (
            Hold::RangeNotReady,
            "Waiting: the entry is true, but the average true range that its size or exits read \
             needs more bars.",
        ),
        (Hold::OrderWorking, "Waiting: an order of this instrument is still working."),
        (Hold::SessionClosed, "Waiting: the session is closed."),
        (Hold::Stopped, "Waiting: the profile is not running, so it makes no entries."),
        (
            Hold::CatchingUp,
            "Catching up: this bar closed while the server was down, so it makes no signal.",
        ),
    ];
    for (hold, sentence) in holds {
        let text = scene.explain_as(Decision::Hold(hold), FLAT);
        assert_eq!(text, format!("{sentence} Entry: close is 1, not above 1."));
    }
}

#[test]
fn numbers_are_short_enough_to_read() {
    for (close, expected) in [
        ("123456.789", "123457"),
        ("1234.56789", "1234.57"),
        ("1.23456789", "1.23457"),
        ("0.000012345678", "0.0000123457"),
        ("100000000", "100000000"),
        ("0.5", "0.5"),
    ] {
        let mut scene = scene(r#"{"entry": "close > 1000000000"}"#);
        let text = scene.closes(&[close]).explain(FLAT);
        assert!(text.contains(&format!("close is {expected},")), "{close}: {text}");
    }
}
