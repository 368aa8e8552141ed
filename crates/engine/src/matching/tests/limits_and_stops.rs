//! Orders that rest: limits, stops, stop-limits, trailing stops, and pairs of them.

use super::{check, check_bar};

#[test]
fn a_limit_fills_at_its_price_or_at_a_better_open() {
    check_bar(
        "slippage=100",
        &[
            ("long 10 limit 95", "100 101 95 99", "1 filled 10 @ 95"),
            ("long 10 limit 95", "100 101 95.01 99", ""),
            ("long 10 limit 95", "95 96 95 96", "1 filled 10 @ 95"),
            ("long 10 limit 95", "94 96 93 95", "1 filled 10 @ 94"),
            ("short 10 limit 105", "100 105 99 101", "1 filled 10 @ 105"),
            ("short 10 limit 105", "100 104.99 99 101", ""),
            ("short 10 limit 105", "105 105 104 104", "1 filled 10 @ 105"),
            ("short 10 limit 105", "106 107 104 105", "1 filled 10 @ 106"),
        ],
    );
}

#[test]
fn a_limit_fills_in_the_first_later_bar_that_reaches_it() {
    check(
        "",
        "
        bar 100 101 90 99   ->
        1 long 10 limit 95
        bar 100 101 96 99   ->
        bar 99 99 96 97     ->
        bar 97 98 94 98     -> 1 filled 10 @ 95
        bar 90 90 90 90     ->
        ",
    );
}

#[test]
fn a_limit_that_leaves_fills_like_one_that_enters() {
    check(
        "",
        "
        1 long 10 market
        bar 100 100 100 100 -> 1 filled 10 @ 100
        2 sell 1 5 limit 105
        3 sell 1 5 stop 95
        bar 100 105 96 99   -> 2 filled 5 @ 105
        bar 99 99 95 97     -> 3 filled 5 @ 95
        idle
        ",
    );
}

#[test]
fn a_stop_fills_at_its_price_or_at_a_worse_open() {
    check_bar(
        "",
        &[
            ("long 10 stop 105", "100 105 99 101", "1 filled 10 @ 105"),
            ("long 10 stop 105", "100 104.99 99 101", ""),
            ("long 10 stop 105", "105 106 104 105", "1 filled 10 @ 105"),
            ("long 10 stop 105", "107 108 106 107", "1 filled 10 @ 107"),
            ("short 10 stop 95", "100 101 95 99", "1 filled 10 @ 95"),
            ("short 10 stop 95", "100 101 95.01 99", ""),
            ("short 10 stop 95", "95 96 94 95", "1 filled 10 @ 95"),
            ("short 10 stop 95", "93 94 92 93", "1 filled 10 @ 93"),
        ],
    );
}

#[test]
fn a_stop_pays_slippage_beyond_the_bar() {
    check_bar(
        "slippage=100",
        &[
            ("long 10 stop 105", "100 105 99 101", "1 filled 10 @ 106.05"),
            ("long 10 stop 105", "107 107 107 107", "1 filled 10 @ 108.07"),
            ("short 10 stop 95", "100 101 95 99", "1 filled 10 @ 94.05"),
            ("short 10 stop 95", "93 93 93 93", "1 filled 10 @ 92.07"),
        ],
    );
}

#[test]
fn a_stop_limit_fills_in_the_bar_of_its_trigger_when_the_close_is_beyond() {
    check_bar(
        "slippage=100",
        &[
            ("long 10 stop-limit 105 106", "100 107 99 105.5", "1 filled 10 @ 106"),
            ("long 10 stop-limit 105 106", "100 107 99 106", "1 filled 10 @ 106"),
            // The low of 99 was on the way up to the trigger.
            ("long 10 stop-limit 105 106", "100 107 99 106.5", ""),
            ("long 10 stop-limit 105 106", "100 104 99 104", ""),
            ("long 10 stop-limit 105 103", "100 106 99 103", "1 filled 10 @ 103"),
            ("long 10 stop-limit 105 103", "100 106 99 104", ""),
            ("short 10 stop-limit 95 94", "100 101 93 94.5", "1 filled 10 @ 94"),
            ("short 10 stop-limit 95 94", "100 101 93 93.5", ""),
        ],
    );
}

#[test]
fn a_stop_limit_never_fills_beyond_what_its_bar_traded() {
    check_bar(
        "",
        &[
            ("long 10 stop-limit 105 110", "100 106 99 104", "1 filled 10 @ 106"),
            ("short 10 stop-limit 95 90", "100 101 94 96", "1 filled 10 @ 94"),
        ],
    );
}

#[test]
fn a_stop_limit_triggered_at_the_open_rests_from_the_open() {
    check_bar(
        "slippage=100",
        &[
            ("long 10 stop-limit 105 106", "105.5 107 105 106.5", "1 filled 10 @ 105.5"),
            ("long 10 stop-limit 105 106", "108 109 106 108", "1 filled 10 @ 106"),
            ("long 10 stop-limit 105 106", "108 109 106.01 108", ""),
            ("short 10 stop-limit 95 94", "94.5 95 93 93.5", "1 filled 10 @ 94.5"),
            ("short 10 stop-limit 95 94", "92 94 91 92", "1 filled 10 @ 94"),
            ("short 10 stop-limit 95 94", "92 93.99 91 92", ""),
        ],
    );
}

#[test]
fn a_triggered_stop_limit_rests_as_a_limit() {
    check(
        "",
        "
        1 long 10 stop-limit 105 106
        bar 100 108 99 107   ->
        bar 107 107 106.5 107 ->
        bar 107 107 106 107  -> 1 filled 10 @ 106
        2 long 10 stop-limit 105 106
        bar 100 108 99 107   ->
        bar 90 91 89 90      -> 2 filled 10 @ 90
        ",
    );
}

#[test]
fn a_trailing_entry_follows_the_extreme_since_it_was_placed() {
    check(
        "",
        "
        bar 100 120 80 100  ->
        1 long 10 trail 5
        bar 100 104 96 98   ->
        bar 98 100 97 100   ->
        bar 100 101 99 100  -> 1 filled 10 @ 101
        2 short 10 trail 5
        bar 100 104 96 102  ->
        bar 102 103 100 100 ->
        bar 100 101 99 100  -> 2 filled 10 @ 99
        ",
    );
}

#[test]
fn a_trailing_entry_is_checked_with_the_level_set_before_the_bar() {
    check(
        "slippage=100",
        "
        bar 100 100 100 100 ->
        1 long 10 trail 5
        bar 100 104.9 90 95 ->
        bar 97 98 96 97     -> 1 filled 10 @ 97.97
        ",
    );
}

#[test]
fn a_trailing_entry_without_a_price_waits_for_one() {
    check(
        "",
        "
        1 long 10 trail 5
        bar 100 110 100 108 ->
        bar 104 105 103 104 -> 1 filled 10 @ 105
        ",
    );
}

#[test]
fn a_trailing_entry_moves_only_at_closes_of_the_strategys_timeframe() {
    check(
        "",
        "
        bar 100 100 100 100      ->
        1 long 10 trail 5
        fine-bar 100 100 90 91   ->
        fine-bar 91 96 91 96     ->
        strategy-bar 100 100 90 96 ->
        fine-bar 94 95 94 95     -> 1 filled 10 @ 95
        ",
    );
}

#[test]
fn the_first_of_a_pair_to_fill_cancels_the_other() {
    check(
        "",
        "
        1 long 10 stop 105 cancels=2
        2 long 10 limit 95
        bar 100 104 94 99    -> 2 filled 10 @ 95; 1 cancelled
        3 long 10 stop 105 cancels=4
        4 long 10 limit 95
        bar 100 105 96 99    -> 3 filled 10 @ 105; 4 cancelled
        5 long 10 limit 95
        6 long 10 stop 105 cancels=5
        bar 106 107 104 106  -> 6 filled 10 @ 106; 5 cancelled
        held 2 10
        held 3 10
        held 6 10
        ",
    );
}

#[test]
fn the_stop_of_a_pair_fills_first_inside_one_bar() {
    check(
        "",
        "
        1 long 10 limit 95
        2 long 10 stop 105 cancels=1
        bar 100 106 94 100  -> 2 filled 10 @ 105; 1 cancelled
        bar 94 94 94 94     ->
        3 long 10 limit 106
        4 long 10 stop-limit 105 106 cancels=3
        bar 105.5 107 105 106.5 -> 4 filled 10 @ 105.5; 3 cancelled
        ",
    );
}

#[test]
fn a_refused_fill_leaves_the_other_of_a_pair() {
    check(
        "cash=100 lot=1",
        "
        1 long 1 stop 105 cancels=2
        2 long 1 limit 95
        bar 100 105 99 100  -> 1 rejected
        bar 95 95 95 95     -> 2 filled 1 @ 95
        ",
    );
}

#[test]
fn a_tick_is_a_bar_of_one_price() {
    check(
        "",
        "
        1 long 10 limit 95 stop=5%
        tick 96   ->
        tick 94   -> 1 filled 10 @ 94
        tick 89.3 -> 1.stop filled 10 @ 89.3
        2 long 10 stop-limit 105 106
        tick 107  ->
        tick 106  -> 2 filled 10 @ 106
        3 sell 2 10 market
        tick 104  -> 3 filled 10 @ 104
        idle
        ",
    );
}
