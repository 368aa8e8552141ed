//! Decisions: readiness, rules that must pass, both directions, and which of two truths wins.

use ballast_domain::{Decision, Direction, ExitReason, Hold, RuleState};

use super::scene::{FLAT, LONG, SHORT, scene};
use crate::strategy::Standing;

const ENTER: Decision = Decision::Enter(Direction::Long);
const NO_ENTRY: Decision = Decision::Hold(Hold::NoEntry);
const NO_EXIT: Decision = Decision::Hold(Hold::NoExit);
const NOT_READY: Decision = Decision::Hold(Hold::NotReady);

#[test]
fn an_entry_waits_until_everything_it_reads_is_ready() {
    let cases = [
        ("close > 0", [ENTER, ENTER, ENTER]),
        ("sma(close, 3) > 0", [NOT_READY, NOT_READY, ENTER]),
        ("not sma(close, 3) > 100", [NOT_READY, NOT_READY, ENTER]),
        ("close > 0 or sma(close, 3) > 0", [NOT_READY, NOT_READY, ENTER]),
        ("close < 0 and sma(close, 3) > 0", [NOT_READY, NOT_READY, NO_ENTRY]),
        ("crossover(close, 1.5)", [NOT_READY, ENTER, NO_ENTRY]),
        ("close == close[1]", [NOT_READY, NO_ENTRY, NO_ENTRY]),
    ];
    for (entry, expected) in cases {
        let mut scene = scene(&format!(r#"{{"entry": "{entry}"}}"#));
        let found = ["1", "2", "3"].map(|close| scene.closes(&[close]).decision(FLAT));
        assert_eq!(found, expected, "{entry}");
    }
}

/// P passes, F fails and N is not ready at the first bar.
fn named(min_pass: &str, rules: &str) -> String {
    let rule = |(place, letter): (usize, char)| {
        let required = letter.is_ascii_uppercase();
        let when = match letter.to_ascii_uppercase() {
            'P' => "close > 0",
            'F' => "close < 0",
            _ => "close[1] > 0",
        };
        format!(r#"{{"name": "R{place}", "required": {required}, "when": "{when}"}}"#)
    };
    let rules: Vec<_> = rules.chars().enumerate().map(rule).collect();
    let min_pass =
        if min_pass.is_empty() { String::new() } else { format!(r#""minPass": {min_pass},"#) };
    format!(r#"{{"entry": {{{min_pass} "rules": [{}]}}}}"#, rules.join(", "))
}

/// Upper case is required, lower case is not.
#[test]
fn enough_rules_and_all_required_ones_must_pass() {
    let cases = [
        ("", "ppp", ENTER),
        ("", "ppf", NO_ENTRY),
        ("", "ppn", NOT_READY),
        ("", "fpn", NO_ENTRY),
        ("2", "ppf", ENTER),
        ("2", "pff", NO_ENTRY),
        ("2", "ppn", ENTER),
        ("2", "pfn", NOT_READY),
        ("2", "ffn", NO_ENTRY),
        ("1", "ppF", NO_ENTRY),
        ("1", "ppN", NOT_READY),
        ("1", "Pff", ENTER),
        ("2", "Pff", NO_ENTRY),
        ("2", "PNf", NOT_READY),
        ("2", "FNp", NO_ENTRY),
        ("3", "pnn", NOT_READY),
        ("5", "ppppppp", ENTER),
        ("5", "pppffpp", ENTER),
        ("5", "pppffpf", NO_ENTRY),
        ("5", "pppffpn", NOT_READY),
    ];
    for (min_pass, rules, expected) in cases {
        let mut scene = scene(&named(min_pass, rules));
        assert_eq!(scene.closes(&["1"]).decision(FLAT), expected, "{min_pass} of {rules}");
    }
}

#[test]
fn each_rule_has_its_outcome_with_numbers() {
    let mut scene = scene(&named("1", "pFn"));
    scene.closes(&["7"]);
    let outcomes = scene.plan.outcomes(&scene.plan.lanes()[0], &scene.row);
    let states: Vec<_> = outcomes.iter().map(|outcome| (outcome.index, outcome.state)).collect();
    let expected = [(0, RuleState::Pass), (1, RuleState::Fail), (2, RuleState::NotReady)];
    assert_eq!(states, expected);
    let numbers: Vec<_> = outcomes.iter().map(|outcome| outcome.operands[0]).collect();
    assert_eq!(numbers, [(Some(7.0), Some(0.0)), (Some(7.0), Some(0.0)), (None, Some(0.0))]);
}

#[test]
fn what_is_held_is_left_and_not_entered_again() {
    let mut scene = scene(r#"{"entry": "close > 10", "exit": "close > 20"}"#);
    for (close, flat, held) in
        [("5", NO_ENTRY, NO_EXIT), ("15", ENTER, NO_EXIT), ("25", ENTER, Decision::Exit)]
    {
        scene.closes(&[close]);
        assert_eq!(scene.decision(FLAT), flat, "{close}");
        assert_eq!(scene.decision(LONG), held, "{close}: exit wins over entry while holding");
    }
    assert_eq!(scene.decide(LONG).exit_reason, ExitReason::ExitSignal);
    let working = Standing { order_working: true, ..LONG };
    assert_eq!(scene.decision(working), Decision::Hold(Hold::OrderWorking));
    let working = Standing { order_working: true, ..FLAT };
    assert_eq!(scene.decision(working), Decision::Hold(Hold::OrderWorking));
}

#[test]
fn an_exit_that_is_not_ready_says_so_and_leaves_nothing() {
    let mut scene = scene(r#"{"entry": "close > 0", "exit": "sma(close, 3) > 0"}"#);
    scene.closes(&["1"]);
    assert_eq!(scene.decision(LONG), NOT_READY);
    scene.closes(&["1", "1"]);
    assert_eq!(scene.decision(LONG), Decision::Exit);
    let mut without = super::scene::scene(r#"{"entry": "close > 0"}"#);
    assert_eq!(without.closes(&["1"]).decision(LONG), NO_EXIT);
}

#[test]
fn a_short_strategy_reads_entry_and_exit() {
    let mut scene = scene(r#"{"direction": "short", "entry": "close < 10", "exit": "close > 20"}"#);
    scene.closes(&["5"]);
    assert_eq!(scene.decision(FLAT), Decision::Enter(Direction::Short));
    assert_eq!(scene.decision(SHORT), NO_EXIT);
    assert_eq!(scene.closes(&["25"]).decision(SHORT), Decision::Exit);
}

#[test]
fn both_directions_reverse_and_conflict() {
    let mut scene = scene(
        r#"{"direction": "both", "entry": "close > 10", "exit": "close < 5",
            "entryShort": "close < 8 or close > 50", "exitShort": "close > 9"}"#,
    );
    let reverse = |to| Decision::Reverse(to);
    let conflict = Decision::Hold(Hold::Conflict);
    let (long, short) = (Direction::Long, Direction::Short);
    let cases = [
        ("20", Decision::Enter(long), NO_EXIT, reverse(long)),
        ("9", NO_ENTRY, NO_EXIT, NO_EXIT),
        ("9.5", NO_ENTRY, NO_EXIT, Decision::Exit),
        ("7", Decision::Enter(short), reverse(short), NO_EXIT),
        ("4", Decision::Enter(short), reverse(short), NO_EXIT),
        ("60", conflict, reverse(short), reverse(long)),
    ];
    for (close, flat, held_long, held_short) in cases {
        scene.closes(&[close]);
        assert_eq!(scene.decision(FLAT), flat, "{close}");
        assert_eq!(scene.decision(LONG), held_long, "{close}");
        assert_eq!(scene.decision(SHORT), held_short, "{close}");
    }
    scene.closes(&["4"]);
    assert_eq!(scene.decide(LONG).exit_reason, ExitReason::ExitSignal, "the exit is true too");
    scene.closes(&["7"]);
    assert_eq!(scene.decide(LONG).exit_reason, ExitReason::OppositeSignal);
}

#[test]
fn one_direction_enters_although_the_other_is_not_ready() {
    let mut scene =
        scene(r#"{"direction": "both", "entry": "close > 10", "entryShort": "close[1] < 10"}"#);
    assert_eq!(scene.closes(&["20"]).decision(FLAT), ENTER);
    let mut scene = super::scene::scene(
        r#"{"direction": "both", "entry": "close > 10", "entryShort": "close[1] < 10"}"#,
    );
    assert_eq!(scene.closes(&["5"]).decision(FLAT), NOT_READY);
}

#[test]
fn an_entry_waits_for_what_protects_and_sizes_it() {
    let range = r#"{"entry": "close > 0",
        "exits": {"stopLoss": {"type": "atr", "value": 1, "period": 2}}}"#;
    let sized = r#"{"entry": "close > 0", "sizing": {"type": "volatilityTarget", "value": 1}}"#;
    for (edit, ready_after) in [(range, 3), (sized, 15)] {
        let mut scene = scene(edit);
        for close in 1..=ready_after {
            let decision = scene.closes(&["1"]).decision(FLAT);
            let waiting = Decision::Hold(Hold::RangeNotReady);
            assert_eq!(decision, if close < ready_after { waiting } else { ENTER }, "{close}");
        }
    }
}

#[test]
fn a_position_whose_time_is_up_is_left_or_reversed() {
    let mut scene =
        scene(r#"{"direction": "both", "entry": "close > 10", "entryShort": "close < 8"}"#);
    let cases =
        [("9", Decision::Exit), ("20", Decision::Exit), ("7", Decision::Reverse(Direction::Short))];
    for (close, expected) in cases {
        let choice = scene.closes(&[close]).decide(LONG).overdue();
        assert_eq!((choice.decision, choice.exit_reason), (expected, ExitReason::TimeStop));
    }
}
