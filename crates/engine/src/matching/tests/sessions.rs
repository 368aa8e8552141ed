//! Times in force, the end of the session, and bars that are not there.

use super::{check, check_bar};

#[test]
fn a_day_order_ends_with_the_session() {
    check(
        "",
        "
        1 long 10 limit 95 day
        bar 100 101 96 100      ->
        last-bar 100 101 96 100 -> 1 expired
        bar 95 95 95 95         ->
        idle
        ",
    );
}

#[test]
fn a_day_order_may_fill_in_the_last_bar_of_the_session() {
    check("", "1 long 10 limit 95 day\n last-bar 100 101 95 100 -> 1 filled 10 @ 95");
}

#[test]
fn a_day_order_ends_with_the_session_of_a_halted_instrument() {
    check(
        "",
        "
        1 long 10 limit 95 day
        2 long 10 limit 95
        session-ends Y      ->
        session-ends X      -> 1 expired
        bar 95 95 95 95     -> 2 filled 10 @ 95
        ",
    );
}

#[test]
fn what_is_held_stays_protected_after_the_session() {
    check(
        "",
        "
        1 long 10 market day stop=5%
        last-bar 100 101 99 100 -> 1 filled 10 @ 100
        bar 94 95 93 94         -> 1.stop filled 10 @ 94
        ",
    );
}

#[test]
fn immediate_or_cancel_drops_what_the_first_bar_does_not_fill() {
    check_bar(
        "share=0.1",
        &[
            ("long 10 limit 95 ioc", "100 101 96 100", "1 expired"),
            ("long 10 limit 95 ioc", "100 101 95 100", "1 filled 10 @ 95"),
            ("long 10 market ioc", "100 101 99 100 50", "1 filled 5 @ 100; 1 expired"),
            ("long 10 market ioc", "100 101 99 100 1000", "1 filled 10 @ 100"),
        ],
    );
    check(
        "",
        "
        1 long 10 limit 95 ioc
        other-bar 90 90 90 90 ->
        bar 96 96 96 96       -> 1 expired
        ",
    );
}

#[test]
fn fill_or_kill_fills_all_or_nothing() {
    check_bar(
        "share=0.1 cash=1000 lot=1",
        &[
            ("long 10 market fok", "100 101 99 100 100", "1 filled 10 @ 100"),
            ("long 10 market fok", "100 101 99 100 99", "1 expired"),
            ("long 10 limit 95 fok", "100 101 96 100", "1 expired"),
            ("long 10 limit 95 fok", "100 101 95 100", "1 filled 10 @ 95"),
            ("long 10 limit 95 fok", "100 101 95 100 50", "1 expired"),
            // More than is affordable is not cut down.
            ("long 11 market fok", "100 101 99 100", "1 expired"),
        ],
    );
    check(
        "",
        "
        1 long 10 market
        bar 100 100 100 100 -> 1 filled 10 @ 100
        2 sell 1 4 market
        3 sell 1 10 market fok
        bar 100 100 100 100 -> 2 filled 4 @ 100; 3 expired
        held 1 6
        ",
    );
}

#[test]
fn the_end_of_the_session_fills_at_the_close_of_its_last_bar() {
    check(
        "slippage=100",
        "
        1 long 10 market
        bar 100 100 100 100 -> 1 filled 10 @ 101
        open 100 103 99 102 ->
        inside              ->
        end                 ->
        2 sell 1 10 market at-close
        close               -> 2 filled 10 @ 100.98
        idle
        ",
    );
}

#[test]
fn an_order_for_a_close_that_has_passed_expires() {
    check(
        "",
        "
        1 long 10 market
        bar 100 100 100 100 -> 1 filled 10 @ 100
        2 sell 1 10 market at-close
        open 100 103 99 102 ->
        inside              ->
        end                 -> 2 expired
        close               ->
        held 1 10
        ",
    );
}
