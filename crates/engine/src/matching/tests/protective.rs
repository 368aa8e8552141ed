//! Protective legs: stop-loss, targets, both in one bar, and the bar of the entry itself.

use super::{check, check_bar, check_held};

#[test]
fn a_stop_loss_fills_at_its_level_or_at_a_worse_open() {
    check_held(
        "",
        &[
            ("long 10 market stop=5%", "100 101 95 99", "1.stop filled 10 @ 95"),
            ("long 10 market stop=5%", "100 101 95.01 99", ""),
            ("long 10 market stop=5%", "95 96 95 96", "1.stop filled 10 @ 95"),
            ("long 10 market stop=5%", "93 99 92 98", "1.stop filled 10 @ 93"),
            ("short 10 market stop=5%", "100 105 99 101", "1.stop filled 10 @ 105"),
            ("short 10 market stop=5%", "100 104.99 99 101", ""),
            ("short 10 market stop=5%", "105 105 104 104", "1.stop filled 10 @ 105"),
            ("short 10 market stop=5%", "107 108 101 102", "1.stop filled 10 @ 107"),
        ],
    );
}

#[test]
fn a_stop_loss_pays_slippage_beyond_the_bar() {
    // The long fills at 101, its stop lies at 95.95; the short at 99, its stop at 103.95.
    check_held(
        "slippage=100",
        &[
            ("long 10 market stop=5%", "100 101 95.95 99", "1.stop filled 10 @ 94.9905"),
            ("long 10 market stop=5%", "90 90 90 90", "1.stop filled 10 @ 89.1"),
            ("short 10 market stop=5%", "100 103.95 99 101", "1.stop filled 10 @ 104.9895"),
            ("short 10 market stop=5%", "110 110 110 110", "1.stop filled 10 @ 111.1"),
        ],
    );
}

#[test]
fn a_target_fills_at_its_level_or_at_a_better_open() {
    check_held(
        "",
        &[
            ("long 10 market target=10%", "100 110 99 105", "1.target0 filled 10 @ 110"),
            ("long 10 market target=10%", "100 109.99 99 105", ""),
            ("long 10 market target=10%", "110 110 99 105", "1.target0 filled 10 @ 110"),
            ("long 10 market target=10%", "112 113 111 112", "1.target0 filled 10 @ 112"),
            ("short 10 market target=10%", "100 101 90 95", "1.target0 filled 10 @ 90"),
            ("short 10 market target=10%", "100 101 90.01 95", ""),
            ("short 10 market target=10%", "90 91 90 91", "1.target0 filled 10 @ 90"),
            ("short 10 market target=10%", "88 89 87 88", "1.target0 filled 10 @ 88"),
        ],
    );
}

#[test]
fn a_target_pays_no_slippage() {
    // The long fills at 101, its target lies at 111.1.
    check_held(
        "slippage=100",
        &[
            ("long 10 market target=10%", "100 111.1 99 105", "1.target0 filled 10 @ 111.1"),
            ("long 10 market target=10%", "112 113 111 112", "1.target0 filled 10 @ 112"),
        ],
    );
}

#[test]
fn levels_lie_on_the_tick() {
    // 3.3 % below is 96.7 and above 103.3: the stop is nearer, the target further.
    let long = "long 10 market stop=3.3% target=3.3%";
    let short = "short 10 market stop=3.3% target=3.3%";
    check_held(
        "tick=0.5",
        &[
            (long, "100 101 96.6 100", "1.stop filled 10 @ 97"),
            (long, "100 103.4 99 100", ""),
            (long, "100 103.5 99 100", "1.target0 filled 10 @ 103.5"),
            (short, "100 103 99 100", "1.stop filled 10 @ 103"),
            (short, "100 101 96.6 100", ""),
            (short, "100 101 96.5 100", "1.target0 filled 10 @ 96.5"),
        ],
    );
}

#[test]
fn the_stop_fills_before_the_target_inside_one_bar() {
    check_held(
        "",
        &[
            ("long 10 market stop=5% target=10%", "100 111 94 108", "1.stop filled 10 @ 95"),
            ("short 10 market stop=5% target=10%", "100 106 89 92", "1.stop filled 10 @ 105"),
        ],
    );
}

#[test]
fn an_open_beyond_the_target_fills_the_target_before_the_stop() {
    check_held(
        "",
        &[
            ("long 10 market stop=5% target=10%", "111 112 94 95", "1.target0 filled 10 @ 111"),
            ("long 10 market stop=5% target=10%", "110 112 94 95", "1.target0 filled 10 @ 110"),
            ("short 10 market stop=5% target=10%", "89 106 88 100", "1.target0 filled 10 @ 89"),
        ],
    );
}

#[test]
fn a_finer_series_decides_between_stop_and_target() {
    // The bar 100 111 94 96, told in two halves.
    check(
        "",
        "
        1 long 10 market stop=5% target=10%
        bar 100 100 100 100      -> 1 filled 10 @ 100
        fine-bar 100 111 99 107  -> 1.target0 filled 10 @ 110
        fine-bar 107 107 94 96   ->
        ",
    );
}

#[test]
fn what_enters_at_the_open_is_protected_in_that_bar() {
    check_bar(
        "",
        &[
            ("long 10 market stop=5%", "100 101 95 99", "1 filled 10 @ 100; 1.stop filled 10 @ 95"),
            (
                "long 10 market target=5%",
                "100 105 99 101",
                "1 filled 10 @ 100; 1.target0 filled 10 @ 105",
            ),
            (
                "long 10 market stop=5% target=5%",
                "100 105 95 101",
                "1 filled 10 @ 100; 1.stop filled 10 @ 95",
            ),
            (
                "long 10 limit 100 target=5%",
                "98 103 97 100",
                "1 filled 10 @ 98; 1.target0 filled 10 @ 102.9",
            ),
            (
                "short 10 stop 100 stop=5% target=5%",
                "100 101 95 99",
                "1 filled 10 @ 100; 1.target0 filled 10 @ 95",
            ),
        ],
    );
}

#[test]
fn the_stop_of_what_enters_inside_a_bar_counts_in_that_bar() {
    check_bar(
        "",
        &[
            (
                "long 10 limit 95 stop=5%",
                "100 101 90.25 92",
                "1 filled 10 @ 95; 1.stop filled 10 @ 90.25",
            ),
            ("long 10 limit 95 stop=5%", "100 101 90.26 92", "1 filled 10 @ 95"),
            // The low may have come before the entry; the worse is assumed.
            (
                "long 10 stop 105 stop=5%",
                "100 106 99 104",
                "1 filled 10 @ 105; 1.stop filled 10 @ 99.75",
            ),
            (
                "short 10 limit 105 stop=5%",
                "100 110.25 99 108",
                "1 filled 10 @ 105; 1.stop filled 10 @ 110.25",
            ),
            (
                "long 10 limit 95 stop=5% target=1%",
                "100 101 90 97",
                "1 filled 10 @ 95; 1.stop filled 10 @ 90.25",
            ),
        ],
    );
}

#[test]
fn the_target_of_what_enters_inside_a_bar_counts_when_the_close_is_beyond() {
    check_bar(
        "",
        &[
            ("long 10 limit 95 target=4%", "100 101 94 98.79", "1 filled 10 @ 95"),
            (
                "long 10 limit 95 target=4%",
                "100 101 94 98.8",
                "1 filled 10 @ 95; 1.target0 filled 10 @ 98.8",
            ),
            (
                "long 10 limit 95 target=4%",
                "100 101 94 100",
                "1 filled 10 @ 95; 1.target0 filled 10 @ 98.8",
            ),
            ("short 10 limit 105 target=4%", "100 106 99 100.81", "1 filled 10 @ 105"),
            (
                "short 10 limit 105 target=4%",
                "100 106 99 100",
                "1 filled 10 @ 105; 1.target0 filled 10 @ 100.8",
            ),
        ],
    );
    check(
        "",
        "
        1 long 10 limit 95 target=4%
        bar 100 101 94 97 -> 1 filled 10 @ 95
        bar 97 99 96 97   -> 1.target0 filled 10 @ 98.8
        ",
    );
}

#[test]
fn a_level_that_the_entry_has_passed_fills_where_the_market_is() {
    check_bar(
        "",
        &[
            (
                "long 10 market stop=@105",
                "100 101 99 100",
                "1 filled 10 @ 100; 1.stop filled 10 @ 100",
            ),
            (
                "long 10 limit 100 stop=@97",
                "95 96 94 95",
                "1 filled 10 @ 95; 1.stop filled 10 @ 95",
            ),
            (
                "long 10 limit 95 stop=@97",
                "100 101 94 96",
                "1 filled 10 @ 95; 1.stop filled 10 @ 95",
            ),
            (
                "long 10 market target=@90",
                "100 101 99 100",
                "1 filled 10 @ 100; 1.target0 filled 10 @ 100",
            ),
            (
                "long 10 limit 95 target=@90",
                "100 101 94 96",
                "1 filled 10 @ 95; 1.target0 filled 10 @ 95",
            ),
            (
                "short 10 limit 105 stop=@103",
                "100 106 99 104",
                "1 filled 10 @ 105; 1.stop filled 10 @ 105",
            ),
        ],
    );
}

#[test]
fn levels_lie_at_distances_from_the_fill_price_slippage_included() {
    check(
        "slippage=100",
        "
        1 long 10 market stop=5% target=10%
        bar 100 101 99 100 -> 1 filled 10 @ 101
        stop 1 95.95
        targets 1 111.1x10
        2 long 10 market stop=2.5 target=5
        bar 100 101 99 100 -> 2 filled 10 @ 101
        stop 2 98.5
        targets 2 106x10
        3 short 10 market stop=2.5 target=5
        bar 100 101 99 100 -> 3 filled 10 @ 99
        stop 3 101.5
        targets 3 94x10
        4 long 10 market stop=@90 target=@120
        bar 100 101 99 100 -> 4 filled 10 @ 101
        stop 4 90
        targets 4 120x10
        ",
    );
}

#[test]
fn several_targets_take_their_portions_and_the_stop_covers_the_rest() {
    check(
        "lot=1",
        "
        1 long 11 market stop=5% target=10%*0.3 target=20%*0.7
        bar 100 101 99 100  -> 1 filled 11 @ 100
        targets 1 110x3 120x8
        bar 100 112 99 111  -> 1.target0 filled 3 @ 110
        bar 100 101 95 96   -> 1.stop filled 8 @ 95
        cash 9990
        idle
        ",
    );
}

#[test]
fn several_targets_fill_in_one_bar() {
    check_held(
        "lot=1",
        &[
            (
                "long 10 market target=10%*0.5 target=20%*0.5",
                "100 120 99 118",
                "1.target0 filled 5 @ 110; 1.target1 filled 5 @ 120",
            ),
            // The open fills the first, then the stop comes before the second.
            (
                "long 10 market stop=5% target=10%*0.5 target=20%*0.5",
                "111 121 94 100",
                "1.target0 filled 5 @ 111; 1.stop filled 5 @ 95",
            ),
            (
                "short 10 market target=10%*0.5 target=20%*0.5",
                "79 81 78 80",
                "1.target0 filled 5 @ 79; 1.target1 filled 5 @ 79",
            ),
            // A portion below one lot closes nothing.
            ("long 2 market target=10%*0.3", "100 120 99 118", ""),
        ],
    );
}

#[test]
fn what_no_target_takes_stays_open() {
    check(
        "",
        "
        1 long 10 market target=10%*0.3
        bar 100 101 99 100 -> 1 filled 10 @ 100
        bar 100 150 99 140 -> 1.target0 filled 3 @ 110
        bar 140 150 99 140 ->
        held 1 7
        ",
    );
}

#[test]
fn the_end_of_a_trade_cancels_its_working_exits() {
    check(
        "",
        "
        1 long 10 market stop=5%
        bar 100 101 99 100 -> 1 filled 10 @ 100
        2 sell 1 10 limit 110
        bar 100 101 95 96  -> 1.stop filled 10 @ 95; 2 cancelled
        idle
        ",
    );
}

/// An order that rests may fill at the open too, and is protected from there on.
#[test]
fn a_target_counts_in_the_bar_at_whose_open_a_resting_entry_fills() {
    check_bar(
        "",
        &[
            (
                "long 10 limit 95 target=@97",
                "94 98 93 96",
                "1 filled 10 @ 94; 1.target0 filled 10 @ 97",
            ),
            ("long 10 limit 95 target=@97", "96 98 93 96", "1 filled 10 @ 95"),
            (
                "long 10 limit 95 target=@97",
                "96 98 93 97",
                "1 filled 10 @ 95; 1.target0 filled 10 @ 97",
            ),
        ],
    );
}
