//! What a config must be to be compiled, and what the plan keeps of it.

use ballast_domain::exits::Distance;

use super::scene::{compile, scene};
use crate::fixture::read;

fn faults(edit: &str) -> Vec<String> {
    match compile(edit) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn faults_name_their_place_and_column() {
    let cases = [
        (r#"{"entry": "close >"}"#, "entry, column 8: "),
        (r#"{"entry": "rsi(close, 14)"}"#, "entry, column 1: "),
        (r#"{"exit": "crosover(close, open)"}"#, "exit, column 1: "),
        (
            r#"{"entry": {"rules": [{"name": "A", "when": "true"},
                {"name": "B", "when": "close > sma(close)"}]}}"#,
            "entry.rules[1].when, column 9: ",
        ),
        (
            r#"{"direction": "both", "entryShort": "close > 1", "exitShort": "1"}"#,
            "exitShort, column 1: ",
        ),
        (
            r#"{"timeframe": "4h", "entry": "close > 1 and tf(\"1h\", close > 1)"}"#,
            "entry, column 18: tf(\"1h\", …) is shorter than the strategy's timeframe 4h",
        ),
        (
            r#"{"exit": {"rules": [{"name": "A", "when": "close > 1 and ai() > 60"}]}}"#,
            "exit.rules[0].when, column 15: ai() has no provider to ask",
        ),
        (r#"{"timeframe": "15m"}"#, "timeframe: bars of 15m cannot be made from bars of 1h"),
        (r#"{"symbols": []}"#, "symbols: is empty; name what to trade"),
    ];
    for (edit, expected) in cases {
        let found = faults(edit);
        assert_eq!(found.len(), 1, "{edit}: {found:?}");
        assert!(found[0].starts_with(expected), "{edit}: {found:?}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let found = faults(
        r#"{"version": 2, "timeframe": "5m", "entry": "close >", "exit": "clos > 1",
            "sizing": {"type": "fixedQuantity", "quantity": "0"}}"#,
    );
    let places: Vec<_> =
        found.iter().map(|fault| fault.split([':', ',']).next().unwrap()).collect();
    assert_eq!(places, ["version", "sizing.quantity", "entry", "exit", "timeframe"]);
}

#[test]
fn what_a_board_refuses_is_told_with_the_rest() {
    let found = faults(
        r#"{"timeframe": "4h", "entry": {"minPass": 9, "rules": [{"name": "A", "when": "close >"},
            {"name": "B", "when": "ai() > 60"}]}, "exit": "tf(\"1h\", close > 1)"}"#,
    );
    let places: Vec<_> =
        found.iter().map(|fault| fault.split([':', ',']).next().unwrap()).collect();
    let expected = ["entry.minPass", "entry.rules[0].when", "entry.rules[1].when", "exit"];
    assert_eq!(places, expected, "{found:?}");
}

#[test]
fn a_refused_config_leaves_the_board_as_it_was() {
    let mut board = crate::market::Board::new(read("paper"), ballast_domain::Timeframe::H1);
    let config = crate::fixture::config(r#"{"timeframe": "4h", "entry": "close >"}"#);
    crate::strategy::Plan::compile(std::sync::Arc::new(config), &mut board).unwrap_err();
    assert_eq!(board.symbols().count(), 0);
    assert_eq!(board.series_count(), 0);
    board.subscribe(crate::fixture::goog());
    let mut frames = 0;
    for close in 1..=4 {
        let bar = crate::fixture::bar(crate::fixture::hour(close), "1 1 1 1");
        board.push(crate::fixture::goog(), &bar, |_| frames += 1).unwrap();
    }
    assert_eq!(frames, 4, "no frame of 4 hours was asked for");
}

#[test]
fn profiles_share_what_is_equal() {
    let text = r#"{"entry": "crossover(sma(close, 10), sma(close, 20))"}"#;
    let (_, mut board) = compile(text).unwrap();
    let count = board.series_count();
    let again = crate::fixture::config(text);
    crate::strategy::Plan::compile(std::sync::Arc::new(again), &mut board).unwrap();
    assert_eq!(board.series_count(), count, "the same config computes nothing more");
    let mirrored = r#"{"entry": "crossunder(sma(close, 10), sma(close, 20))"}"#;
    let mirrored = crate::fixture::config(mirrored);
    crate::strategy::Plan::compile(std::sync::Arc::new(mirrored), &mut board).unwrap();
    assert_eq!(board.series_count(), count + 1, "only the other cross is new");
}

#[test]
fn distances_are_fixed_at_the_signals_bar() {
    let mut scene = scene(
        r#"{"exits": {"stopLoss": {"type": "atr", "value": "2", "period": 2},
            "takeProfit": [{"type": "percent", "value": "10", "portion": "0.5"},
                {"type": "price", "value": "150", "portion": "0.5"}],
            "trailing": {"type": "percent", "value": "3"}, "maxBars": 7}}"#,
    );
    scene.closes(&["100", "101"]);
    let lane = &scene.plan.lanes()[0];
    assert_eq!(scene.plan.protection(lane, &scene.row), None, "the range is not ready");
    assert!(!scene.plan.can_enter(lane, &scene.row));
    scene.closes(&["103"]);
    let lane = &scene.plan.lanes()[0];
    let protection = scene.plan.protection(lane, &scene.row).unwrap();
    assert_eq!(protection.stop_loss, Some(Distance::Absolute(read("3"))));
    let targets: Vec<_> = protection.targets.iter().map(|target| target.distance).collect();
    assert_eq!(targets, [Distance::Percent(read("10")), Distance::At(read("150"))]);
    assert_eq!(protection.trailing, Some(Distance::Percent(read("3"))));
    assert_eq!((protection.break_even_at, protection.max_bars), (None, Some(7)));
    assert!(scene.plan.can_enter(lane, &scene.row));
}
