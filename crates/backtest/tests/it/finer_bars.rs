//! Fills run on the finest bars there are; trails, counting and signals on the strategy's own.

use serde_json::{Value, json};

use super::check;

fn percent(value: &str) -> Value {
    json!({"type": "percent", "value": value})
}

/// The signal of an hour is the volume of its four quarters together.
const QUARTERS: &str = "bars=15m strategy=1h";

#[test]
fn a_signal_of_the_longer_bar_fills_at_the_open_of_the_next_finer_one() {
    check(
        QUARTERS,
        &json!({}),
        "
        100 100 100 100
        100 100 100 100 1
        100 100 100 100
        100 100 100 100
        101 102 101 102
        ",
        "
        long 10 from 4 @ 101 open: 10
        equity 10010
        ",
    );
}

#[test]
fn the_finer_bars_decide_between_stop_and_target() {
    let exits = json!({"exits": {"stopLoss": percent("5"), "takeProfit": [percent("10")]}});
    let hour = "100 111 94 96";
    let entry = "100 100 100 100\n".repeat(3) + "100 100 100 100 1\n";
    check(
        QUARTERS,
        &exits,
        &format!("{entry} 100 101 99 100\n 100 111 99 107\n 107 107 94 96\n 96 96 96 96"),
        "
        long 10 from 4 @ 100 to 5 @ 110: take_profit 100
        equity 10100
        ",
    );
    check(
        "bars=1h strategy=1h",
        &exits,
        &format!("100 100 100 100 1\n {hour}"),
        "
        long 10 from 1 @ 100 to 1 @ 95: stop_loss -50
        equity 9950
        ",
    );
}

#[test]
fn trails_move_only_at_the_strategys_closes() {
    // The high of 110 raises the trail to 107 at the end of the hour, not of the quarter.
    check(
        QUARTERS,
        &json!({"exits": {"trailing": percent("3")}}),
        "
        100 100 100 100
        100 100 100 100
        100 100 100 100
        100 100 100 100 1
        100 110 100 109
        109 109 101 102
        102 108 102 108
        108 109 108 109
        109 109 107 108
        ",
        "
        long 10 from 4 @ 100 to 8 @ 107: trailing_stop 70
        equity 10070
        ",
    );
}

#[test]
fn bars_held_are_counted_on_the_strategys_timeframe() {
    let (quiet, quarters) = ("100 100 100 100\n".repeat(3), "100 100 100 100\n".repeat(8));
    check(
        QUARTERS,
        &json!({"exits": {"maxBars": 2}}),
        &format!("{quiet} 100 100 100 100 1\n {quarters} 105 105 105 105"),
        "
        long 10 from 4 @ 100 to 12 @ 105: time_stop 50
        equity 10050
        ",
    );
}

/// A close whose last bars are missing is noticed late; it sees nothing that closed after it.
#[test]
fn a_close_that_ends_in_a_gap_sees_no_longer_bar_of_later() {
    let day = json!({"entry": "tf(\"1d\", close) > 0", "exit": "close < 0"});
    let bars = "gap\n".repeat(16) + "10 10 10 10\n10 10 10 10\n" + &"gap\n".repeat(10);
    check(
        "bars=1h strategy=4h",
        &day,
        &(bars + &"10 10 10 10\n".repeat(6)),
        "
        long 10 from 32 @ 10 open: 0
        equity 10000
        ",
    );
}
