//! Shorts reserve all of their notional, and a loss that eats it closes them.

use super::{check, check_held};

#[test]
fn a_short_reserves_all_of_its_notional() {
    check(
        "cash=1000",
        "
        1 short 10 market
        bar 100 100 100 100 -> 1 filled 10 @ 100
        cash 0
        2 cover 1 4 market
        bar 90 90 90 90     -> 2 filled 4 @ 90
        cash 440
        3 cover 1 6 market
        bar 110 110 110 110 -> 3 filled 6 @ 110
        cash 980
        ",
    );
}

#[test]
fn a_short_costs_nothing_while_it_is_held() {
    check(
        "",
        "
        1 short 10 market
        bar 100 100 100 100      -> 1 filled 10 @ 100
        last-bar 100 100 100 100 ->
        last-bar 100 100 100 100 ->
        2 cover 1 10 market
        bar 100 100 100 100      -> 2 filled 10 @ 100
        cash 10000
        ",
    );
}

#[test]
fn a_loss_that_eats_the_reserve_closes_a_short() {
    check_held(
        "",
        &[
            ("short 10 market", "150 200 149 160", "1.stop filled 10 @ 200"),
            ("short 10 market", "150 199.99 149 160", ""),
            ("short 10 market", "250 260 240 250", "1.stop filled 10 @ 250"),
            // A stop-loss beyond it comes too late, a nearer one comes first.
            ("short 10 market stop=150%", "150 260 149 160", "1.stop filled 10 @ 200"),
            ("short 10 market stop=50%", "100 260 99 160", "1.stop filled 10 @ 150"),
        ],
    );
}

#[test]
fn a_liquidated_short_has_lost_its_reserve_and_by_a_gap_more() {
    for (bar, cash) in [("150 200 149 160", "9000"), ("250 260 240 250", "8500")] {
        let mut script = super::Script::new(super::world(""));
        script.line("1 short 10 market");
        script.play("100 100 100 100", false);
        script.play(bar, false);
        assert_eq!(script.matcher.cash().amount(), super::decimal(cash), "{bar}");
    }
}

#[test]
fn the_reserve_is_counted_from_the_fill_price() {
    check(
        "slippage=100",
        "
        1 short 10 market
        bar 100 100 100 100 -> 1 filled 10 @ 99
        stop 1 198
        bar 190 198 180 185 -> 1.stop filled 10 @ 199.98
        ",
    );
}
