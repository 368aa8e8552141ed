//! Market orders: the next open, slippage, what is affordable, reversals, exits before stops.

use super::{check, check_bar};

#[test]
fn a_market_order_fills_at_the_next_open() {
    check(
        "",
        "
        1 long 10 market
        bar 100 105 95 101  -> 1 filled 10 @ 100
        2 sell 1 10 market
        bar 102 103 101 101 -> 2 filled 10 @ 102
        cash 10020
        idle
        ",
    );
}

#[test]
fn slippage_is_against_us_and_not_clamped_to_the_bar() {
    check(
        "slippage=100",
        "
        1 long 10 market
        bar 100 100 100 100 -> 1 filled 10 @ 101
        2 sell 1 10 market
        bar 100 100 100 100 -> 2 filled 10 @ 99
        3 short 10 market
        bar 100 100 100 100 -> 3 filled 10 @ 99
        4 cover 3 10 market
        bar 100 100 100 100 -> 4 filled 10 @ 101
        cash 9960
        ",
    );
}

#[test]
fn a_missing_bar_fills_nothing() {
    check(
        "",
        "
        1 long 10 market
        other-bar 90 91 89 90 ->
        other-bar 80 81 79 80 ->
        bar 100 105 95 101    -> 1 filled 10 @ 100
        ",
    );
}

#[test]
fn a_cost_above_what_is_available_is_cut_down() {
    let cases = [
        ("cash=1000 lot=1", "long 10 market", "110", "1 filled 9 @ 110; 1 cancelled"),
        ("cash=1000", "long 5 market", "300", "1 filled 3.33333333333333 @ 300; 1 cancelled"),
        ("cash=1000 lot=5", "long 20 market", "60", "1 filled 15 @ 60; 1 cancelled"),
        ("cash=1000 lot=1", "short 10 market", "110", "1 filled 9 @ 110; 1 cancelled"),
        // The fee has to be paid as well: 9 cost 909, 10 would cost 1010.
        ("cash=1000 lot=1 taker=1", "long 10 market", "100", "1 filled 9 @ 100 fee 9; 1 cancelled"),
        // So has the slippage: 10 would cost 1010.
        ("cash=1000 lot=1 slippage=100", "long 10 market", "100", "1 filled 9 @ 101; 1 cancelled"),
        // A limit order that rested pays the maker's fee.
        (
            "cash=1000 lot=1 taker=50 maker=1",
            "long 10 limit 100",
            "100",
            "1 filled 9 @ 100 fee 9; 1 cancelled",
        ),
        // 100 units cost 900 and 100 for the fee.
        (
            "cash=1000 per-unit=1 minimum=5",
            "long 200 market",
            "9",
            "1 filled 100 @ 9 fee 100; 1 cancelled",
        ),
        // The least fee leaves 45 of 50, which is two units at 20.
        (
            "cash=50 lot=1 per-unit=0.5 minimum=5",
            "long 10 market",
            "20",
            "1 filled 2 @ 20 fee 5; 1 cancelled",
        ),
    ];
    for (world, order, price, expected) in cases {
        let bar = format!("{price} {price} {price} {price}");
        check_bar(world, &[(order, &bar, expected)]);
    }
}

#[test]
fn slippage_goes_on_to_the_next_tick() {
    let world = "cash=1000 slippage=10 tick=0.5";
    let bar = "100 100 100 100";
    check_bar(world, &[("long 5 market", bar, "1 filled 5 @ 100.5")]);
    check_bar(world, &[("short 5 market", bar, "1 filled 5 @ 99.5")]);
    // A slippage of a whole number of ticks is what it is.
    check_bar("slippage=100 tick=0.5", &[("long 5 market", bar, "1 filled 5 @ 101")]);
}

#[test]
fn exactly_what_is_available_is_not_cut() {
    check(
        "cash=1010 taker=1",
        "
        1 long 10 market
        bar 100 100 100 100 -> 1 filled 10 @ 100 fee 10
        cash 0
        ",
    );
}

#[test]
fn below_one_lot_is_refused() {
    let flat = "100 100 100 100";
    let rejected = "1 rejected";
    check_bar("cash=99 lot=1", &[("long 10 market", flat, rejected)]);
    check_bar("cash=950 lot=10", &[("long 20 market", flat, rejected)]);
    check_bar("cash=0", &[("short 1 market", flat, rejected)]);
    check_bar("cash=4 per-unit=0 minimum=5", &[("long 0.01 market", flat, rejected)]);
    check(
        "cash=99 lot=1",
        "
        1 long 10 market
        bar 100 100 100 100 -> 1 rejected
        cash 99
        idle
        ",
    );
}

#[test]
fn a_cost_that_no_decimal_holds_is_cut_down_too() {
    check_bar(
        "cash=1000 lot=1",
        &[(
            "long 70000000000000000000000000000 market",
            "100 100 100 100",
            "1 filled 10 @ 100; 1 cancelled",
        )],
    );
}

#[test]
fn other_entries_keep_what_they_have_reserved() {
    check(
        "cash=1000 lot=1",
        "
        1 long 10 limit 50 reserving=500
        2 long 10 market
        bar 100 100 100 100 -> 2 filled 5 @ 100; 2 cancelled
        bar 50 50 50 50     -> 1 filled 10 @ 50
        cash 0
        ",
    );
}

#[test]
fn a_partly_filled_entry_keeps_the_rest_of_its_reservation() {
    // Of 505 the first fill has used 252.5, so that 495 of 747.5 are left for the other.
    check(
        "cash=1000 lot=1 share=0.5 maker=1",
        "
        1 long 10 limit 50 reserving=505
        bar 50 50 50 50 10 -> 1 filled 5 @ 50 fee 2.5
        2 long 10 market
        bar 99 99 99 99    -> 2 filled 5 @ 99; 2 cancelled
        bar 50 50 50 50    -> 1 filled 5 @ 50 fee 2.5
        cash 0
        ",
    );
}

#[test]
fn a_reversal_closes_and_opens_at_the_same_open() {
    check(
        "cash=1000 lot=1",
        "
        1 long 10 market
        bar 100 100 100 100 -> 1 filled 10 @ 100
        2 sell 1 10 market
        open 90 95 85 92    -> 2 filled 10 @ 90
        3 short 12 market
        open                -> 3 filled 10 @ 90; 3 cancelled
        inside ->
        end ->
        cash 0
        held 3 10
        ",
    );
}

#[test]
fn exits_fill_before_entries_at_one_open() {
    check(
        "cash=1000",
        "
        1 long 10 market
        bar 100 100 100 100 -> 1 filled 10 @ 100
        2 long 10 market
        3 sell 1 10 market
        bar 100 100 100 100 -> 3 filled 10 @ 100; 2 filled 10 @ 100
        ",
    );
}

#[test]
fn an_exit_signal_fills_once_when_the_open_gaps_through_the_stop() {
    check(
        "",
        "
        1 long 10 market stop=5%
        bar 100 101 99 100 -> 1 filled 10 @ 100
        2 sell 1 10 market
        bar 90 91 80 90    -> 2 filled 10 @ 90
        3 short 10 market stop=5%
        bar 100 101 99 100 -> 3 filled 10 @ 100
        4 cover 3 10 market
        bar 110 120 109 110 -> 4 filled 10 @ 110
        idle
        ",
    );
}

#[test]
fn exits_never_leave_more_than_is_held() {
    check(
        "",
        "
        1 long 10 market
        bar 100 100 100 100 -> 1 filled 10 @ 100
        2 sell 1 6 market
        3 sell 1 6 market
        4 sell 1 6 market
        bar 100 100 100 100 -> 2 filled 6 @ 100; 3 filled 4 @ 100; 3 cancelled; 4 cancelled
        idle
        cash 10000
        ",
    );
}

#[test]
fn the_same_order_again_changes_nothing() {
    check(
        "",
        "
        1 long 10 market
        1 long 10 market
        bar 100 100 100 100 -> 1 filled 10 @ 100
        bar 100 100 100 100 ->
        held 1 10
        ",
    );
}

#[test]
fn what_the_venue_does_not_list_is_rejected() {
    check("", "1 long 10 market symbol=Z -> 1 rejected\n idle");
}

#[test]
fn orders_can_be_cancelled_and_asked_about() {
    check(
        "",
        "
        1 long 10 limit 95 stop=5% target=5%
        query 1             -> 1 accepted
        query 1.stop        -> 1.stop not found
        cancel 1            -> 1 cancelled
        cancel 1            -> 1 not found
        query 1             -> 1 not found
        bar 94 94 94 94     ->
        2 long 10 market stop=5% target=5%
        bar 100 100 100 100 -> 2 filled 10 @ 100
        query 2             -> 2 not found
        query 2.stop        -> 2.stop accepted
        query 2.target0     -> 2.target0 accepted
        cancel 2.stop       -> 2.stop not found
        bar 94 94 94 94     -> 2.stop filled 10 @ 94
        query 2.stop        -> 2.stop not found
        ",
    );
}
