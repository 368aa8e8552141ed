//! Runs whose figures other programs have computed.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::support::{Desk, repository};

/// What backtesting.py and empyrical made of the sample; `fixtures/make_golden.py` writes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    name: String,
    direction: String,
    fee_pct: f64,
    final_equity: f64,
    closed_trades: u64,
    open_trades: u64,
    max_drawdown_pct: f64,
    win_rate_pct: f64,
    sharpe: f64,
    sortino: f64,
    calmar: f64,
    first_entry: f64,
    first_exit: f64,
    last_exit_time: String,
}

fn strategy(symbol: &str, direction: &str) -> String {
    let short = match direction {
        "both" => r#""entryShort": "crossunder(sma(close, 10), sma(close, 20))","#,
        _ => "",
    };
    format!(
        r#"{{"version": 1, "kind": "rules", "timeframe": "1d", "symbols": ["{symbol}"],
            "direction": "{direction}", "entry": "crossover(sma(close, 10), sma(close, 20))",
            "exit": "crossunder(sma(close, 10), sma(close, 20))", {short}
            "sizing": {{"type": "fixedQuantity", "quantity": "10"}}}}"#
    )
}

fn run(data: &Path, strategy: &str, further: &[&str]) -> Value {
    let desk = Desk::new();
    desk.write("strategy.json", strategy);
    let data = ["backtest", "--data", data.to_str().unwrap(), "--timeframe", "1d", "--config"];
    desk.run(&[&data[..], &["strategy.json", "--json"], further].concat()).json()
}

#[track_caller]
fn near(found: &Value, expected: f64, what: &str) {
    let found = found.as_f64().or_else(|| found.as_str()?.parse().ok()).unwrap();
    let largest = found.abs().max(expected.abs());
    assert!((found - expected).abs() <= 1e-9 * largest.max(1.0), "{what}: {found} {expected}");
}

#[test]
fn the_sample_gives_the_figures_of_backtesting_py_and_empyrical() {
    let references: Vec<Reference> =
        serde_json::from_str(include_str!("../fixtures/golden.json")).unwrap();
    assert_eq!(references.len(), 3);
    let sample = repository().join("examples/sample-1d.csv");
    for reference in references {
        let fee = reference.fee_pct.to_string();
        let json = run(&sample, &strategy("SAMPLE", &reference.direction), &["--fee-pct", &fee]);
        let name = |figure: &str| format!("{}, {figure}", reference.name);
        let trades = json["trades"].as_array().unwrap();
        let closed = usize::try_from(reference.closed_trades).unwrap();
        assert_eq!(json["closedTrades"], reference.closed_trades, "{}", reference.name);
        assert_eq!(json["openTrades"], reference.open_trades, "{}", reference.name);
        for (figure, expected) in [
            ("finalEquity", reference.final_equity),
            ("maxDrawdownPct", reference.max_drawdown_pct),
            ("winRatePct", reference.win_rate_pct),
            ("sharpe", reference.sharpe),
            ("sortino", reference.sortino),
            ("calmar", reference.calmar),
        ] {
            near(&json[figure], expected, &name(figure));
        }
        near(&trades[0]["entryPrice"], reference.first_entry, &name("first entry"));
        near(&trades[0]["exitPrice"], reference.first_exit, &name("first exit"));
        let last = trades[closed - 1]["exitTime"].as_str().unwrap();
        assert!(last.starts_with(&reference.last_exit_time), "{}: {last}", reference.name);
    }
}

/// The folder of real market data, which is no part of the project.
fn market_data() -> Option<PathBuf> {
    let folder = std::env::var_os("BALLAST_TEST_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("not run: no test data; set BALLAST_TEST_DATA to its folder");
    }
    folder
}

#[test]
fn goog_gives_the_figures_that_three_programs_agree_on() {
    let Some(folder) = market_data() else { return };
    let data = folder.join("ohlcv/goog-1d-2004-2013.csv");
    let json = run(&data, &strategy("GOOG", "long"), &[]);
    assert_eq!(json["finalEquity"], "19477.70");
    let counts = ["bars", "closedTrades", "openTrades"].map(|count| json[count].as_u64().unwrap());
    assert_eq!(counts, [2148, 46, 1]);
    let drawdown = json["maxDrawdownPct"].as_f64().unwrap();
    assert!((drawdown - 9.033_297_386_534).abs() < 1e-12, "{drawdown}");
    for (ratio, expected) in
        [("sharpe", 1.105_610_336), ("sortino", 1.746_372_964), ("calmar", 0.901_043_415)]
    {
        let found = json[ratio].as_f64().unwrap();
        assert!((found - expected).abs() < 5e-10, "{ratio}: {found}");
    }
    assert_eq!(json["trades"][0]["entryPrice"], "179.13");
    assert_eq!(json["trades"][0]["exitPrice"], "182");
}
