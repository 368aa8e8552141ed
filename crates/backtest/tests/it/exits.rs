//! Protective exits of strategies: levels, the bar of the entry, several targets, liquidation.

use ballast_domain::profile::FeeSchedule;
use serde_json::{Value, json};

use super::{Account, check, decimal};

fn percent(value: &str) -> Value {
    json!({"type": "percent", "value": value})
}

#[test]
fn levels_are_taken_from_the_fill_price_slippage_included() {
    // The fill is 101, so the stop lies at 95.95 and gives 94.9905 after its own slippage.
    check(
        "slippage=100",
        &json!({"exits": {"stopLoss": percent("5"), "takeProfit": [percent("10")]}}),
        "
        100 100 100 100 1
        100 101 96 100
        100 101 95.95 100 1
        100 111.09 96 100
        100 111.1 96 100
        ",
        "
        long 10 from 1 @ 101 to 2 @ 94.9905: stop_loss -60.095
        long 10 from 3 @ 101 to 4 @ 111.1: take_profit 101
        equity 10040.905
        ",
    );
}

#[test]
fn the_average_true_range_is_that_of_the_signals_bar() {
    // True range of the signal's bar is 4: the stop lies 8 below the fill, the target 12 above it.
    let atr = |value: &str| json!({"type": "atr", "value": value, "period": 1});
    check(
        "",
        &json!({"exits": {"stopLoss": atr("2"), "takeProfit": [atr("3")]}}),
        "
        100 100 100 100
        100 102 98 101 1
        110 115 102.01 110
        110 121 103 110
        110 122 103 110 1
        110 150 102 110
        110 131 97.01 110
        ",
        "
        long 10 from 2 @ 110 to 4 @ 122: take_profit 120
        long 10 from 5 @ 110 open: 0
        equity 10120
        ",
    );
}

#[test]
fn price_levels_stand_wherever_the_entry_filled() {
    let at = |value: &str| json!({"type": "price", "value": value});
    check(
        "",
        &json!({"exits": {"stopLoss": at("90"), "takeProfit": [at("120")]}}),
        "
        100 100 100 100 1
        105 119 91 100
        100 120 91 100 1
        95 119 90 100
        ",
        "
        long 10 from 1 @ 105 to 2 @ 120: take_profit 150
        long 10 from 3 @ 95 to 3 @ 90: stop_loss -50
        equity 10100
        ",
    );
}

#[test]
fn protection_is_live_in_the_bar_of_the_entry() {
    check(
        "",
        &json!({"exits": {"stopLoss": percent("5"), "takeProfit": [percent("5")]}}),
        "
        100 100 100 100 1
        100 104 95 101 1
        100 105 96 101 1
        100 105 95 101
        ",
        "
        long 10 from 1 @ 100 to 1 @ 95: stop_loss -50
        long 10 from 2 @ 100 to 2 @ 105: take_profit 50
        long 10 from 3 @ 100 to 3 @ 95: stop_loss -50
        equity 9950
        ",
    );
}

#[test]
fn several_targets_make_one_trade_with_the_mean_price_and_the_last_reason() {
    let target =
        |value: &str, portion: &str| json!({"type": "percent", "value": value, "portion": portion});
    check(
        "",
        &json!({"exits": {
            "stopLoss": percent("5"),
            "takeProfit": [target("10", "0.5"), target("20", "0.5")],
        }}),
        "
        100 100 100 100 1
        100 111 99 110
        110 111 95 96 1
        100 110 99 105
        105 120 100 110
        ",
        "
        long 10 from 1 @ 100 to 2 @ 102.5: stop_loss 25
        long 10 from 3 @ 100 to 4 @ 115: take_profit 150
        equity 10175
        ",
    );
}

/// The worked example of `docs/fill-contract.md`.
#[test]
fn the_worked_example() {
    check(
        "slippage=10 fee=0.1",
        &json!({
            "sizing": {"type": "fixedQuantity", "quantity": "50"},
            "exits": {
                "stopLoss": percent("5"),
                "takeProfit": [{"type": "percent", "value": "10", "portion": "0.5"}],
                "trailing": percent("4"),
            },
        }),
        "
        100 100 100 100 1
        100 106 98 105
        105 111 103 110
        104 105 103 104
        ",
        "
        long 50 from 1 @ 100.1 to 3 @ 107.003: trailing_stop 334.79485
        equity 10334.79485
        ",
    );
}

#[test]
fn a_short_mirrors_a_long() {
    check(
        "",
        &json!({
            "direction": "short",
            "exits": {"stopLoss": percent("5"), "takeProfit": [percent("10")]},
        }),
        "
        100 100 100 100 3
        100 104.99 90.01 100
        100 104 90 95 3
        100 105 90 95 3
        100 101 99 100
        108 109 107 108
        ",
        "
        short 10 from 1 @ 100 to 2 @ 90: take_profit 100
        short 10 from 3 @ 100 to 3 @ 105: stop_loss -50
        short 10 from 4 @ 100 to 5 @ 108: stop_loss -80
        equity 9970
        ",
    );
}

#[test]
fn a_short_whose_loss_eats_its_reserve_is_liquidated() {
    check(
        "",
        &json!({"direction": "short"}),
        "
        100 100 100 100 3
        100 199.99 99 150
        150 200 140 150 3
        150 150 150 150
        310 320 305 310
        ",
        "
        short 10 from 1 @ 100 to 2 @ 200: liquidation -1000
        short 10 from 3 @ 150 to 4 @ 310: liquidation -1600
        equity 7400
        ",
    );
}

#[test]
fn a_trade_left_in_parts_at_its_entrys_price_has_won_nothing() {
    let sizing = json!({"type": "fixedQuantity", "quantity": "285.989667968225"});
    let quarter = json!({"type": "price", "value": "138", "portion": "0.25"});
    let other = json!({"type": "price", "value": "130", "portion": "0.25"});
    let config = json!({"direction": "short", "sizing": sizing,
        "exits": {"takeProfit": [quarter, other], "maxBars": 1}});
    let account = Account::parse("cash=30000");
    let outcome = account.run(&config, "92.8 92.8 92.8 92.8 3\n".repeat(3).as_str());
    let told = "short 285.989667968225 from 1 @ 92.8 to 2 @ 92.8: time_stop 0";
    assert_eq!(account.told(&outcome)[0], told);
    let summary = &outcome.summary;
    assert_eq!(
        (summary.closed_trades, summary.winning_trades, summary.losing_trades),
        (1, 0, 0),
        "{summary:?}"
    );
}

/// A target leaves two units while the rest of the entry still waits, for less than its fee. What
/// the entry had reserved is free by then, so that nobody takes the account for overdrawn.
#[test]
fn the_end_of_an_entrys_rest_comes_before_the_fill_that_ends_it() {
    let mut account = Account::parse("share=0.01");
    account.rules.fees = FeeSchedule::PerUnit { amount: decimal("0.005"), minimum: decimal("5") };
    let outcome = account.run(
        &json!({
            "entry": "true", "exit": null, "exits": {"takeProfit": [percent("10")]},
            "sizing": {"type": "percentOfEquity", "value": "100"},
        }),
        "
        100 100 100 100 1000
        100 100 100 100 2
        100 111 100 100 3
        111 111 111 111 1000
        100 100 100 100 1000
        100 100 100 100 1000000
        ",
    );
    assert_eq!(outcome.activity.stopped, None);
    assert!(outcome.activity.entries_accepted > 1, "it goes on entering");
}
