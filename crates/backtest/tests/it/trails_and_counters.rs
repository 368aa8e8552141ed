//! What a strategy's close does to open trades: trails, break-even, bars held.

use serde_json::{Value, json};

use super::check;

fn percent(value: &str) -> Value {
    json!({"type": "percent", "value": value})
}

#[test]
fn a_trail_is_raised_at_the_close_by_the_bars_extreme() {
    // From 97 to 107 at the close of bar 1, whose own low of 98 lies between the two.
    check(
        "",
        &json!({"exits": {"trailing": percent("3")}}),
        "
        100 100 100 100 1
        100 110 98 108
        108 109 107 108 1
        100 100 97 99
        ",
        "
        long 10 from 1 @ 100 to 2 @ 107: trailing_stop 70
        long 10 from 3 @ 100 to 3 @ 97: trailing_stop -30
        equity 10040
        ",
    );
}

#[test]
fn a_trail_is_never_lowered_and_keeps_its_distance() {
    // 3 below the extreme, as it was at the fill: 107 after bar 1, still so after bar 2, then 117.
    check(
        "",
        &json!({"exits": {"trailing": percent("3")}}),
        "
        100 100 100 100 1
        100 110 98 108
        108 109 107.01 108
        108 120 107.01 119
        119 119 117.01 118
        118 118 117 117
        ",
        "
        long 10 from 1 @ 100 to 5 @ 117: trailing_stop 170
        equity 10170
        ",
    );
}

#[test]
fn a_trail_of_a_short_mirrors_that_of_a_long() {
    check(
        "",
        &json!({"direction": "short", "exits": {"trailing": percent("3")}}),
        "
        100 100 100 100 3
        100 102.99 90 92
        92 93 91 92
        94 95 93 94
        ",
        "
        short 10 from 1 @ 100 to 2 @ 93: trailing_stop 70
        equity 10070
        ",
    );
}

#[test]
fn the_tighter_of_stop_loss_and_trail_gives_the_reason() {
    check(
        "",
        &json!({"exits": {"stopLoss": percent("2"), "trailing": percent("5")}}),
        "
        100 100 100 100 1
        100 100 98 99 1
        100 104 99 103
        103 103 99 99
        ",
        "
        long 10 from 1 @ 100 to 1 @ 98: stop_loss -20
        long 10 from 2 @ 100 to 3 @ 99: trailing_stop -10
        equity 9970
        ",
    );
}

#[test]
fn break_even_counts_from_the_next_bar_on() {
    // Bar 1 reaches 102 and trades below 100, but the stop stands at 95 in it.
    check(
        "",
        &json!({"exits": {"stopLoss": percent("5"), "breakEvenAt": percent("2")}}),
        "
        100 100 100 100 1
        100 102 96 101
        101 103 100 102 1
        100 101.99 96 100
        100 100 95 96
        ",
        "
        long 10 from 1 @ 100 to 2 @ 100: stop_loss 0
        long 10 from 3 @ 100 to 4 @ 95: stop_loss -50
        equity 9950
        ",
    );
}

#[test]
fn break_even_is_the_fill_price_slippage_included() {
    // The fill is 101; 2 % of it are reached at 103.02. The stop at 101 pays slippage again.
    check(
        "slippage=100",
        &json!({"exits": {"breakEvenAt": percent("2")}}),
        "
        100 100 100 100 1
        100 103.01 90 101
        101 103.02 90 102
        103 104 101 103
        ",
        "
        long 10 from 1 @ 101 to 3 @ 99.99: stop_loss -10.1
        equity 9989.9
        ",
    );
}

#[test]
fn the_close_of_the_entry_bar_counts_one() {
    let bars = "
        100 100 100 100 1
        101 101 101 101
        102 102 102 102
        103 103 103 103
        104 104 104 104
    ";
    for (max_bars, to, profit) in [(1, 2, 10), (2, 3, 20), (3, 4, 30)] {
        let expected = format!(
            "long 10 from 1 @ 101 to {to} @ 10{to}: time_stop {profit}\n equity {}",
            10_000 + profit
        );
        check("", &json!({"exits": {"maxBars": max_bars}}), bars, &expected);
    }
}

#[test]
fn a_gap_is_no_bar_held() {
    check(
        "",
        &json!({"exits": {"maxBars": 2}}),
        "
        100 100 100 100 1
        101 101 101 101
        gap
        gap
        102 102 102 102
        103 103 103 103
        ",
        "
        long 10 from 1 @ 101 to 5 @ 103: time_stop 20
        equity 10020
        ",
    );
}

#[test]
fn a_stop_may_come_before_the_exit_that_is_due() {
    check(
        "",
        &json!({"exits": {"stopLoss": percent("5"), "maxBars": 2}}),
        "
        100 100 100 100 1
        100 100 99 99
        99 99 95 96
        90 90 90 90
        ",
        "
        long 10 from 1 @ 100 to 2 @ 95: stop_loss -50
        equity 9950
        ",
    );
}

#[test]
fn an_exit_that_is_due_fills_before_a_stop_that_the_open_gaps_through() {
    check(
        "",
        &json!({"exits": {"stopLoss": percent("5"), "maxBars": 1}}),
        "
        100 100 100 100 1
        100 100 99 99
        90 91 80 90
        ",
        "
        long 10 from 1 @ 100 to 2 @ 90: time_stop -100
        equity 9900
        ",
    );
}

#[test]
fn an_exit_that_is_due_reverses_when_the_opposite_entry_is_true() {
    check(
        "",
        &json!({"direction": "both", "exits": {"maxBars": 2}}),
        "
        100 100 100 100 1
        100 100 99 99
        99 99 95 96 3
        90 90 90 90
        ",
        "
        long 10 from 1 @ 100 to 3 @ 90: time_stop -100
        short 10 from 3 @ 90 open: 0
        equity 9900
        ",
    );
}
