//! From a signal to its fill: the next open, the quantity, what is affordable, reversals.

use serde_json::{Value, json};

use super::{Account, check};

#[test]
fn a_signal_at_the_close_fills_at_the_next_open() {
    check(
        "",
        &json!({}),
        "
        100 105 95 101 1
        102 103 99 100
        101 104 100 103 2
        104 106 103 105
        ",
        "
        long 10 from 1 @ 102 to 3 @ 104: exit_signal 20
        equity 10020
        ",
    );
}

#[test]
fn slippage_is_against_us_at_both_ends() {
    check(
        "slippage=100",
        &json!({"direction": "both"}),
        "
        100 100 100 100 1
        100 100 100 100 2
        100 100 100 100 3
        100 100 100 100 4
        100 100 100 100
        ",
        "
        long 10 from 1 @ 101 to 2 @ 99: exit_signal -20
        short 10 from 3 @ 99 to 4 @ 101: exit_signal -20
        equity 9960
        ",
    );
}

#[test]
fn a_signal_fills_at_the_next_bar_present() {
    check(
        "",
        &json!({}),
        "
        100 100 100 100 1
        gap
        gap
        104 104 104 104 2
        gap
        106 106 106 106
        ",
        "
        long 10 from 3 @ 104 to 5 @ 106: exit_signal 20
        equity 10020
        ",
    );
}

#[test]
fn a_signal_at_the_last_close_fills_nothing() {
    check("", &json!({}), "100 100 100 100\n 100 100 100 100 1", "equity 10000");
}

#[test]
fn the_quantity_is_fixed_at_the_signals_close() {
    let stop = json!({"type": "percent", "value": "5"});
    let sized = |sizing: &Value| json!({"sizing": sizing, "exits": {"stopLoss": stop}});
    let cases = [
        ("", json!({"type": "fixedNotional", "notional": "1000"}), "10"),
        ("", json!({"type": "percentOfEquity", "value": "50"}), "50"),
        ("", json!({"type": "percentOfAvailable", "value": "20"}), "20"),
        // 1 % of 10000 by a stop that is 5 below the close.
        ("", json!({"type": "riskPercent", "value": "1"}), "20"),
        ("lot=3", json!({"type": "percentOfEquity", "value": "50"}), "48"),
        ("lot=0.5", json!({"type": "fixedNotional", "notional": "1099"}), "10.5"),
    ];
    for (account, sizing, units) in cases {
        let pnl: f64 = units.parse::<f64>().unwrap() * 10.0;
        let expected = format!("long {units} from 1 @ 120 open: {pnl}\n equity {}", 10_000.0 + pnl);
        check(account, &sized(&sizing), "90 110 80 100 1\n 120 130 119 130", &expected);
    }
}

#[test]
fn equity_counts_what_earlier_trades_have_made() {
    check(
        "",
        &json!({"sizing": {"type": "percentOfEquity", "value": "50"}}),
        "
        100 100 100 100 1
        100 100 100 100
        140 140 140 140 2
        140 140 140 140
        140 140 120 120 1
        120 120 120 120
        ",
        "
        long 50 from 1 @ 100 to 3 @ 140: exit_signal 2000
        long 50 from 5 @ 120 open: 0
        equity 12000
        ",
    );
}

#[test]
fn a_cost_above_what_is_available_is_cut_down() {
    let whole = json!({"sizing": {"type": "percentOfEquity", "value": "100"}});
    let bars = "100 100 100 100 1\n 110 110 110 110";
    check("lot=1", &whole, bars, "long 90 from 1 @ 110 open: 0\n equity 10000");
    check("lot=1 fee=10", &whole, bars, "long 82 from 1 @ 110 open: -902\n equity 9098");
}

#[test]
fn what_no_lot_can_be_paid_of_is_refused() {
    let whole = json!({"sizing": {"type": "percentOfEquity", "value": "100"}});
    // At the close one lot costs all there is, at the open a little more.
    check(
        "lot=100",
        &whole,
        "100 100 100 100 1\n 101 101 101 101\n 100 100 100 100",
        "equity 10000",
    );
}

#[test]
fn a_reversal_closes_and_opens_at_the_same_open() {
    check(
        "",
        &json!({"direction": "both"}),
        "
        100 100 100 100 1
        100 101 99 100
        100 101 89 90 3
        92 93 80 85 1
        86 90 85 88
        ",
        "
        long 10 from 1 @ 100 to 3 @ 92: opposite_signal -80
        short 10 from 3 @ 92 to 4 @ 86: opposite_signal 60
        long 10 from 4 @ 86 open: 20
        equity 10000
        ",
    );
}

#[test]
fn the_quantity_of_a_reversal_counts_the_closing_leg_at_the_signals_close() {
    // Entry: half of 1000 at 100, fee 5. Signal: equity 995 less 5 for leaving at that close is
    // 990, half of it at 100 is 4.95, whatever the next open brings.
    check(
        "cash=1000 fee=1 lot=0.01",
        &json!({"direction": "both", "sizing": {"type": "percentOfEquity", "value": "50"}}),
        "
        100 100 100 100 1
        100 101 99 100 3
        80 80 80 80
        ",
        "
        long 5 from 1 @ 100 to 2 @ 80: opposite_signal -109
        short 4.95 from 2 @ 80 open: -3.96
        equity 887.04
        ",
    );
}

#[test]
fn a_reversal_is_cut_to_what_its_closing_leg_leaves() {
    check(
        "cash=1000 lot=1",
        &json!({"direction": "both", "sizing": {"type": "percentOfEquity", "value": "100"}}),
        "
        100 100 100 100 1
        100 120 100 120 3
        100 100 100 100
        ",
        "
        long 10 from 1 @ 100 to 2 @ 100: opposite_signal 0
        short 10 from 2 @ 100 open: 0
        equity 1000
        ",
    );
    check(
        "cash=1000 lot=1 fee=1",
        &json!({"direction": "both", "sizing": {"type": "percentOfEquity", "value": "100"}}),
        "
        100 100 100 100 1
        100 100 100 100 3
        100 100 100 100
        ",
        // 9 cost 909; leaving gives 891 back, of 982 a short of 9 can be paid.
        "
        long 9 from 1 @ 100 to 2 @ 100: opposite_signal -18
        short 9 from 2 @ 100 open: -9
        equity 973
        ",
    );
}

#[test]
fn an_exit_signal_fills_once_when_the_open_gaps_through_the_stop() {
    check(
        "",
        &json!({"exits": {"stopLoss": {"type": "percent", "value": "5"}}}),
        "
        100 100 100 100 1
        100 101 99 100 2
        90 91 80 90
        ",
        "
        long 10 from 1 @ 100 to 2 @ 90: exit_signal -100
        equity 9900
        ",
    );
}

#[test]
fn fees_are_paid_on_each_fill_and_count_in_the_profit() {
    check(
        "fee=1",
        &json!({}),
        "
        100 100 100 100 1
        100 100 100 100 2
        110 110 110 110
        ",
        "
        long 10 from 1 @ 100 to 2 @ 110: exit_signal 79
        equity 10079
        ",
    );
}

#[test]
fn positions_stay_open_at_the_end_of_the_data() {
    check(
        "fee=1",
        &json!({"exits": {"maxBars": 2}}),
        "
        100 100 100 100 1
        100 100 100 100
        110 112 110 112
        ",
        // Net of the entry's fee, marked at the last close; the exit that is due never fills.
        "
        long 10 from 1 @ 100 open: 110
        equity 10110
        ",
    );
}

/// In floats, such an equity stays a hair below its peak after the last bars.
#[test]
fn an_equity_that_never_falls_has_no_drawdown_and_no_ratios_of_it() {
    let short = json!({"direction": "short",
        "sizing": {"type": "fixedQuantity", "quantity": "325.31"}});
    let bars = "
        28.5 28.5 28.5 28.5 3
        28.5 28.5 28.5 28.5
        28.5 28.5 28.12 28.12
        28.12 28.12 28.12 28.12 4
        28.12 28.12 28.12 28.12
        28.12 28.12 28.12 28.12
        ";
    let summary = Account::parse("").run(&short, bars).summary;
    assert_eq!((summary.max_drawdown_pct, summary.max_drawdown_seconds), (0.0, 0));
    assert_eq!((summary.sortino, summary.calmar), (None, None));
}

/// A part leaves at the open, the stop takes the rest: the reversal goes on all the same.
#[test]
fn a_reversal_goes_on_whatever_order_leaves_the_last_of_the_trade() {
    check(
        "share=1",
        &json!({"direction": "both", "sizing": {"type": "fixedQuantity", "quantity": "2"},
            "exits": {"stopLoss": {"type": "percent", "value": "5"}}}),
        "
        100 100 100 100 1
        100 100 100 100 5
        100 100 100 100 3
        100 100 90 96 1
        96 96 96 96 7
        ",
        "
        long 2 from 1 @ 100 to 3 @ 97.5: stop_loss -5
        short 2 from 4 @ 96 open: 0
        equity 9995
        ",
    );
}
