//! The protective trail at the venue. Where it moves to is the engine's to say, at closes.

use super::{check, check_bar};

#[test]
fn a_trail_is_live_in_the_bar_of_the_entry() {
    check_bar(
        "",
        &[
            (
                "long 10 market trail=3%",
                "100 110 97 108",
                "1 filled 10 @ 100; 1.stop filled 10 @ 97",
            ),
            ("long 10 market trail=3%", "100 110 97.01 108", "1 filled 10 @ 100"),
            (
                "short 10 market trail=3",
                "100 103 90 92",
                "1 filled 10 @ 100; 1.stop filled 10 @ 103",
            ),
            ("short 10 market trail=3", "100 102.99 90 92", "1 filled 10 @ 100"),
        ],
    );
}

#[test]
fn the_tighter_of_trail_and_stop_loss_stands() {
    check(
        "",
        "
        1 long 10 market trail=3% stop=5%
        bar 100 101 99 100 -> 1 filled 10 @ 100
        stop 1 97
        2 long 10 market trail=5% stop=3%
        bar 100 101 99 100 -> 2 filled 10 @ 100
        stop 2 97
        3 short 10 market trail=5% stop=3%
        bar 100 101 99 100 -> 3 filled 10 @ 100
        stop 3 103
        ",
    );
}

#[test]
fn a_moved_stop_counts_from_the_next_bar_on() {
    check(
        "",
        "
        1 long 10 market trail=3%
        open 100 110 99 108 -> 1 filled 10 @ 100
        inside              ->
        end                 ->
        move-stop 1 107 trailing
        close               ->
        bar 108 109 107 108 -> 1.stop filled 10 @ 107
        move-stop 1 120 trailing
        idle
        ",
    );
}

#[test]
fn a_stop_at_break_even_fills_at_the_entrys_price_or_a_worse_open() {
    for (bar, fill) in [("104 105 100 101", "100"), ("99 101 98 100", "99")] {
        let script = format!(
            "
            1 long 10 market stop=5%
            bar 100 106 99 105 -> 1 filled 10 @ 100
            move-stop 1 100 breakeven
            bar {bar}          -> 1.stop filled 10 @ {fill}
            "
        );
        check("", &script);
    }
}
