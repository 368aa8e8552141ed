//! Targets that are set while a trade is open.

use super::check;

#[test]
fn targets_that_were_set_fill_like_those_of_the_entry() {
    check(
        "lot=1",
        "
        1 long 10 market stop=5% target=10%
        bar 100 101 99 100  -> 1 filled 10 @ 100
        targets 1 110x10
        move-targets 1 105*0.5 120*0.5
        targets 1 105x5 120x5
        bar 101 106 101 104 -> 1.target0 filled 5 @ 105
        bar 125 126 124 125 -> 1.target1 filled 5 @ 125
        cash 10150
        idle
        ",
    );
}

/// What a leg has filled counts to it, wherever it lies afterwards: what is told late changes
/// nothing about what is left to close.
#[test]
fn a_leg_keeps_what_it_has_filled() {
    check(
        "share=1 lot=1",
        "
        1 long 10 market target=10%
        bar 100 101 99 100   -> 1 filled 10 @ 100
        bar 100 110 100 109 4 -> 1.target0 filled 4 @ 110
        move-targets 1 112*0.6
        targets 1 112x6
        bar 109 112 109 111 9 -> 1.target0 filled 2 @ 112
        bar 111 130 111 129 9 ->
        held 1 4
        move-targets 1 112*0.6 131*0.4
        bar 129 131 129 130 9 -> 1.target1 filled 4 @ 131
        idle
        ",
    );
}

#[test]
fn a_target_that_was_taken_away_fills_nothing() {
    check(
        "lot=1",
        "
        1 long 10 market target=10%*0.5 target=20%*0.5
        bar 100 101 99 100  -> 1 filled 10 @ 100
        move-targets 1 110*0 120*0.5
        bar 100 119 100 118 ->
        bar 118 120 118 119 -> 1.target1 filled 5 @ 120
        move-targets 1 110*0 120*0.5 130*0.5
        targets 1 110x0 120x5 130x5
        bar 119 131 119 130 -> 1.target2 filled 5 @ 130
        idle
        ",
    );
}

/// However they are numbered, the price comes to the nearest first: where an exit has left less
/// than they would close, that is the one that fills.
#[test]
fn the_nearest_target_fills_first() {
    check(
        "lot=1",
        "
        1 long 10 market target=20%*0.5
        bar 100 101 99 100  -> 1 filled 10 @ 100
        move-targets 1 120*0.5 110*0.5
        2 sell 1 4 market
        bar 100 101 99 100  -> 2 filled 4 @ 100
        bar 100 121 100 120 -> 1.target1 filled 5 @ 110; 1.target0 filled 1 @ 120
        idle
        3 short 10 market target=20%*0.5
        bar 100 101 99 100  -> 3 filled 10 @ 100
        move-targets 3 80*0.5 90*0.5
        bar 100 100 79 80   -> 3.target1 filled 5 @ 90; 3.target0 filled 5 @ 80
        ",
    );
}

#[test]
fn targets_follow_what_still_enters() {
    check(
        "share=1 lot=1",
        "
        1 long 10 market
        bar 100 101 99 100 4 -> 1 filled 4 @ 100
        move-targets 1 110*0.5
        targets 1 110x2
        bar 100 101 99 100 9 -> 1 filled 6 @ 100
        targets 1 110x5
        ",
    );
}

#[test]
fn the_same_targets_again_and_those_of_a_closed_trade_change_nothing() {
    check(
        "lot=1",
        "
        1 long 10 market target=10%*0.5
        bar 100 101 99 100  -> 1 filled 10 @ 100
        move-targets 1 104*0.5
        bar 100 105 100 103 -> 1.target0 filled 5 @ 104
        move-targets 1 104*0.5
        bar 103 105 103 104 ->
        2 sell 1 5 market
        bar 104 104 104 104 -> 2 filled 5 @ 104
        move-targets 1 90*1
        idle
        ",
    );
}
