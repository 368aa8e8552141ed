//! Evaluations in full sentences.

use ballast_domain::{Decision, Hold};

use super::scene::{FLAT, LONG, SHORT, scene};

#[test]
fn one_comparison() {
    let mut scene = scene(r#"{"entry": "close > 105"}"#);
    scene.closes(&["104"]);
    assert_eq!(scene.explain(FLAT), "Waiting: close is 104, not above 105 (1 too low).");
    scene.closes(&["105.5"]);
    assert_eq!(
        scene.explain(FLAT),
        "Signal to enter long: the condition to enter long is true. \
         Entry: close is 105.5, above 105."
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
        "Waiting: some values need more bars before they can be computed; it \
         decides by itself once they have them. \
         Entry: sma(close, 2) has no value yet."
    );
    scene.closes(&["9", "12"]);
    assert_eq!(
        scene.explain(FLAT),
        "Signal to enter long: the condition to enter long is true. \
         Entry: close at 12 crossed above sma(close, 2) at 10.5."
    );
    assert_eq!(
        scene.explain(LONG),
        "Holding the position: close at 12 did not cross below sma(close, 2) at 10.5 \
         (1.5 too high)."
    );
}

#[test]
fn several_conditions_in_one_expression() {
    let mut scene = scene(r#"{"entry": "close > open - 1 and not close[1] < 3 and volume != 7"}"#);
    scene.closes(&["2", "4"]);
    assert_eq!(
        scene.explain(FLAT),
        "Waiting: close > open - 1 and not close[1] < 3 and volume != 7 is false: \
         close[1] is 2, below 3 (1 too low)."
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
        "Waiting: some values need more bars before they can be computed; it \
         decides by itself once they have them. \
         Entry: 1 of 3 rules passed, 2 are needed and TrendBias among them. \
         TrendBias (required) is not ready: tf(\"4h\", close > sma(close, 2)) has no value yet: \
         tf(\"4h\", sma(close, 2)) has no value yet. \
         Momentum failed: 30 < close and close < 70.25 is false: \
         close is 80, not below 70.25 (9.75 too high). \
         Session passed: session() is true."
    );
    scene.closes(&["70", "60", "50"]);
    assert_eq!(
        scene.explain(FLAT),
        "Waiting: 2 of 3 rules passed, 2 are needed and TrendBias among them. \
         TrendBias (required) failed: tf(\"4h\", close > sma(close, 2)) is false: \
         tf(\"4h\", close) is 50, not above tf(\"4h\", sma(close, 2)) at 65 (15 too low). \
         Momentum passed: 30 < close and close < 70.25 is true: close is 50, above 30; \
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
        "Signal to leave the position: the exit condition is true. \
         Exit: 2 of 2 rules passed, all are needed. Low passed: close is 8, at or below 10. \
         Even passed: close % 2 is 0, equal to 0."
    );
    assert_eq!(
        scene.closes(&["11"]).explain_as(Decision::Exit, LONG),
        "Signal to leave the position: it was held for as many bars as allowed. \
         Exit: 0 of 2 rules passed, all are needed. Low failed: close is 11, above 10 \
         (1 too high). Even failed: close % 2 is 1, different from 0 (1 apart)."
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
        "Waiting: the conditions to enter long and short are both true; it enters once \
         only one is. \
         Entry: close is 14, above 10. Short entry: close is 14, below 20."
    );
    assert_eq!(
        scene.explain(LONG),
        "Signal to reverse to short: the condition to enter short is true. \
         Short entry: close is 14, below 20."
    );
    assert_eq!(
        scene.explain(SHORT),
        "Signal to reverse to long: the condition to enter long is true. \
         Entry: close is 14, above 10. Short exit: close is 14, below 15 (1 too low)."
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
        "Signal to leave the position: it was held for as many bars as allowed. ",
        "Signal to leave the position: the exit condition is true. ",
    );
    for (standing, expected) in [(LONG, late), (SHORT, signal)] {
        let text = scene.explain_as(Decision::Exit, standing);
        assert!(text.starts_with(expected.trim_end()), "{text}");
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
        (
            Hold::OrderWorking,
            "Waiting: an order of this instrument is still working; it decides again once that has \
         filled or ended.",
        ),
        (
            Hold::SessionClosed,
            "Waiting: the session is closed; it decides again once that has opened.",
        ),
        (
            Hold::Stopped,
            "Waiting: the profile is not running, so it makes no entries until somebody starts it.",
        ),
        (
            Hold::UnderReview,
            "Waiting: the profile is under review, so it makes no entries until somebody has \
             looked at its last events and starts it.",
        ),
        (
            Hold::CatchingUp,
            "Catching up: this bar closed while the server was down, so it makes no signal; it \
             decides again at the next one.",
        ),
    ];
    for (hold, sentence) in holds {
        let text = scene.explain_as(Decision::Hold(hold), FLAT);
        assert_eq!(text, format!("{sentence} Entry: close is 1, not above 1 (they are equal)."));
    }
}

/// For each rule, what is missing until it turns, after closes at 10, 12 and then the given one.
#[test]
fn what_failed_says_by_how_much() {
    let cases = [
        ("close > 12.5", "12", "close is 12, not above 12.5 (0.5 too low)"),
        ("close >= 12.5", "12", "close is 12, below 12.5 (0.5 too low)"),
        ("close < 11", "12", "close is 12, not below 11 (1 too high)"),
        ("close <= 11", "12", "close is 12, above 11 (1 too high)"),
        ("close == 11", "12", "close is 12, different from 11 (1 apart)"),
        ("close != 12", "12", "close is 12, equal to 12"),
        ("12.5 < close", "12", "close is 12, not above 12.5 (0.5 too low)"),
        ("close[1] > close", "12", "close[1] is 12, not above close at 12 (they are equal)"),
        ("not close > 11", "12", "not close > 11 is false: close is 12, above 11 (1 too high)"),
        (
            "crossover(close, close[1])",
            "12",
            "close at 12 did not cross above close[1] at 12 (they are equal)",
        ),
        (
            "crossover(close, sma(close, 2))",
            "13",
            "close at 13 did not cross above sma(close, 2) at 12.5 (it is above already)",
        ),
        (
            "crossunder(close, sma(close, 2))",
            "13",
            "close at 13 did not cross below sma(close, 2) at 12.5 (0.5 too high)",
        ),
        (
            "crossover(close, sma(close, 2)) and close > 20",
            "13",
            "crossover(close, sma(close, 2)) and close > 20 is false: \
             close is 13, not above 20 (7 too low)",
        ),
        (
            "crossover(close, sma(close, 2)) and close > 10",
            "13",
            "crossover(close, sma(close, 2)) and close > 10 is false: close at 13 did not cross \
             above sma(close, 2) at 12.5 (it is above already)",
        ),
        (
            "not crossunder(close, sma(close, 2))",
            "11",
            "not crossunder(close, sma(close, 2)) is false: \
             close at 11 crossed below sma(close, 2) at 11.5",
        ),
        (
            "close > 20 or close < 5",
            "12",
            "close > 20 or close < 5 is false: close is 12, not above 20 (8 too low); \
             close is 12, not below 5 (7 too high)",
        ),
        ("false", "12", "false is false"),
        (
            "(close > 11)[2]",
            "12",
            "(close > 11)[2] is false: close[2] is 10, not above 11 (1 too low)",
        ),
    ];
    for (rule, last, expected) in cases {
        let mut scene = scene(&format!(r#"{{"entry": "{rule}"}}"#));
        scene.closes(&["10", "12", last]);
        assert_eq!(scene.explain(FLAT), format!("Waiting: {expected}."), "{rule}");
    }
}

/// Whatever was decided, of a rule that passed only what let it pass is said.
#[test]
fn what_passed_says_why() {
    let cases = [
        ("close > 20 or close < 15", "close > 20 or close < 15 is true: close is 12, below 15"),
        ("not close > 20", "not close > 20 is true: close is 12, not above 20"),
        (
            "crossover(close, sma(close, 2)) and close > 5",
            "crossover(close, sma(close, 2)) and close > 5 is true: close is 12, above 5; \
             close at 12 crossed above sma(close, 2) at 11",
        ),
        ("true", "true is true"),
    ];
    for (rule, expected) in cases {
        let mut scene = scene(&format!(r#"{{"entry": "{rule}"}}"#));
        scene.closes(&["11", "10", "12"]);
        let head = "Signal to enter long: the condition to enter long is true. Entry: ";
        assert_eq!(scene.explain(FLAT), format!("{head}{expected}."), "{rule}");
    }
}

#[test]
fn a_position_without_an_exit_rule_says_what_leaves_it() {
    let mut scene = scene(r#"{"entry": "close > 5"}"#);
    scene.closes(&["10"]);
    assert_eq!(
        scene.explain(LONG),
        "Holding the position: no rule of the strategy leaves it; a stop, a target or a limit on \
         bars does, where it has one."
    );
    assert_eq!(
        scene.explain_as(Decision::Hold(Hold::OrderWorking), LONG),
        "Waiting: an order of this instrument is still working; it decides again once that has \
         filled or ended."
    );
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
