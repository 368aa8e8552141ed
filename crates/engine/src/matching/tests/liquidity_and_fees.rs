//! Shares of a bar's volume, and what fills cost.

use super::{check, check_bar, check_held};

#[test]
fn volume_caps_nothing_by_default() {
    check_bar("", &[("long 90 market", "100 100 100 100 1", "1 filled 90 @ 100")]);
}

#[test]
fn the_rest_of_a_market_order_goes_on_at_the_next_open() {
    check(
        "share=0.1",
        "
        1 long 90 market
        bar 100 102 98 101 400  -> 1 filled 40 @ 100
        bar 101 103 99 102 300  -> 1 filled 30 @ 101
        bar 102 104 98 100 9000 -> 1 filled 20 @ 102
        2 sell 1 90 market
        bar 100 102 98 101 500  -> 2 filled 50 @ 100
        bar 90 92 88 91 500     -> 2 filled 40 @ 90
        idle
        ",
    );
}

#[test]
fn a_bar_without_volume_caps_nothing() {
    check_bar(
        "share=0.1",
        &[
            ("long 90 market", "100 100 100 100", "1 filled 90 @ 100"),
            ("long 90 market", "100 100 100 100 0", "1 filled 90 @ 100"),
        ],
    );
}

#[test]
fn a_capped_fill_is_rounded_down_to_the_lot() {
    check(
        "share=0.1 lot=10",
        "
        1 long 90 market
        bar 100 100 100 100 99  ->
        bar 100 100 100 100 290 -> 1 filled 20 @ 100
        bar 100 100 100 100 100 -> 1 filled 10 @ 100
        ",
    );
}

#[test]
fn one_order_takes_its_share_of_a_bar_once() {
    check(
        "share=0.1",
        "
        1 long 90 limit 95
        bar 94 96 93 95 500    -> 1 filled 50 @ 94
        bar 100 101 95 100 300 -> 1 filled 30 @ 95
        bar 100 101 96 100 300 ->
        bar 95 96 94 95 300    -> 1 filled 10 @ 95
        2 sell 1 90 market
        open 100 101 99 100 500 -> 2 filled 50 @ 100
        open                    ->
        ",
    );
}

#[test]
fn the_rest_of_a_triggered_stop_goes_at_the_next_open() {
    check(
        "share=0.1",
        "
        1 long 90 stop 105
        bar 100 106 99 101 500 -> 1 filled 50 @ 105
        bar 90 91 89 90 500    -> 1 filled 40 @ 90
        ",
    );
    check(
        "share=0.1",
        "
        1 long 90 market stop=5% target=1%
        bar 100 100 100 100    -> 1 filled 90 @ 100
        bar 100 100 94 95 500  -> 1.stop filled 50 @ 95
        bar 103 104 102 103 300 -> 1.stop filled 30 @ 103
        bar 90 91 89 90 300    -> 1.stop filled 10 @ 90
        idle
        ",
    );
}

#[test]
fn the_rest_of_a_target_keeps_resting() {
    check(
        "share=0.1",
        "
        1 long 90 market stop=5% target=10%
        bar 100 100 100 100     -> 1 filled 90 @ 100
        bar 111 112 110 111 300 -> 1.target0 filled 30 @ 111
        bar 100 111 99 100 300  -> 1.target0 filled 30 @ 110
        bar 100 109 99 100 300  ->
        bar 100 101 95 100 900  -> 1.stop filled 30 @ 95
        ",
    );
}

#[test]
fn each_order_has_its_own_share() {
    check(
        "share=0.1",
        "
        1 long 50 market
        bar 100 100 100 100     -> 1 filled 50 @ 100
        2 sell 1 50 market
        open 100 100 100 100 500 -> 2 filled 50 @ 100
        3 short 90 market
        open                    -> 3 filled 50 @ 100
        inside                  ->
        end                     ->
        bar 99 99 99 99 500     -> 3 filled 40 @ 99
        ",
    );
}

#[test]
fn levels_follow_the_mean_price_of_several_entry_fills() {
    check(
        "share=0.1",
        "
        1 long 40 market stop=10% target=10%
        bar 100 101 99 100 200  -> 1 filled 20 @ 100
        bar 104 105 103 104 200 -> 1 filled 20 @ 104
        stop 1 91.8
        targets 1 112.2x40
        2 short 40 market stop=10%
        bar 100 101 99 100 200  -> 2 filled 20 @ 100
        bar 104 105 103 104 200 -> 2 filled 20 @ 104
        stop 2 110
        ",
    );
}

#[test]
fn the_first_exit_of_a_trade_ends_the_rest_of_its_entry() {
    check(
        "share=0.1",
        "
        1 long 90 market stop=5%
        bar 100 101 94 95 500  -> 1 filled 50 @ 100; 1 cancelled; 1.stop filled 50 @ 95
        bar 95 95 95 95        ->
        2 long 90 market
        bar 100 101 99 100 500 -> 2 filled 50 @ 100
        3 sell 2 50 market
        bar 101 101 101 101 300 -> 2 cancelled; 3 filled 30 @ 101
        bar 102 102 102 102 300 -> 3 filled 20 @ 102
        4 long 90 limit 95 target=1%
        bar 100 101 94 97 500  -> 4 filled 50 @ 95; 4 cancelled; 4.target0 filled 50 @ 95.95
        idle
        ",
    );
}

#[test]
fn a_stop_that_no_volume_fills_ends_the_rest_of_the_entry_too() {
    check(
        "share=0.1 lot=10",
        "
        1 long 90 market stop=5%
        bar 100 101 99 100 500 -> 1 filled 50 @ 100
        bar 99 100 90 91 99    -> 1 cancelled
        bar 97 98 96 97 900    -> 1.stop filled 50 @ 97
        idle
        ",
    );
}

#[test]
fn an_entry_whose_rest_is_not_affordable_is_cancelled() {
    check(
        "share=0.1 cash=1000 lot=1",
        "
        1 long 20 market
        bar 100 100 100 100 50  -> 1 filled 5 @ 100
        bar 120 120 120 120 500 -> 1 filled 4 @ 120; 1 cancelled
        2 long 20 market
        bar 10 10 10 10 10      -> 2 filled 1 @ 10
        bar 20 20 20 20 500     -> 2 cancelled
        cash 10
        ",
    );
}

#[test]
fn resting_orders_pay_as_makers_all_others_as_takers() {
    check(
        "maker=0.1 taker=0.2",
        "
        1 long 10 market stop=5% target=10%*0.5
        bar 100 101 99 100  -> 1 filled 10 @ 100 fee 2
        bar 100 110 99 100  -> 1.target0 filled 5 @ 110 fee 0.55
        bar 100 101 95 96   -> 1.stop filled 5 @ 95 fee 0.95
        cash 10021.5
        ",
    );
    check_bar(
        "maker=0.1 taker=0.2",
        &[
            ("long 10 limit 95", "100 101 95 99", "1 filled 10 @ 95 fee 0.95"),
            ("long 10 limit 95", "90 91 89 90", "1 filled 10 @ 90 fee 0.9"),
            ("long 10 stop 105", "100 105 99 101", "1 filled 10 @ 105 fee 2.1"),
            ("long 10 stop-limit 105 106", "100 107 99 105", "1 filled 10 @ 106 fee 1.06"),
        ],
    );
}

#[test]
fn a_fee_per_unit_has_a_minimum_on_each_fill() {
    check_bar(
        "per-unit=0.01 minimum=1 share=0.1",
        &[
            ("long 50 market", "100 100 100 100", "1 filled 50 @ 100 fee 1"),
            ("long 250 market", "10 10 10 10", "1 filled 250 @ 10 fee 2.5"),
            ("long 250 limit 10", "10 10 10 10", "1 filled 250 @ 10 fee 2.5"),
        ],
    );
    check(
        "per-unit=0.01 minimum=1 share=0.1",
        "
        1 long 300 market
        bar 10 10 10 10 2000 -> 1 filled 200 @ 10 fee 2
        bar 10 10 10 10 2000 -> 1 filled 100 @ 10 fee 1
        2 sell 1 300 market
        bar 10 10 10 10      -> 2 filled 300 @ 10 fee 3
        cash 9994
        ",
    );
}

#[test]
fn a_rebate_is_paid_to_us() {
    check_held(
        "maker=-0.1",
        &[("long 10 market target=10%", "100 110 99 100", "1.target0 filled 10 @ 110 fee -1.1")],
    );
}
