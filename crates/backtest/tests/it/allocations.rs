//! A bar on which nothing happens costs no allocation, whether a position is open or not.

use allocation_counter::measure;
use ballast_domain::{Bar, Symbol, Timestamp};
use serde_json::{Value, json};

use super::{Account, symbol};

/// What lists of days may grow by over the longer history.
const GROWTH: u64 = 16;

#[test]
fn a_bar_allocates_nothing() {
    let indicators = "crossover(sma(close, 10), ema(close, 20)) and rsi(close, 14) < 70 \
                      and macd(close, 12, 26, 9).histogram > bb(close, 20, 2).upper \
                      and tf(\"1d\", close > highest(high, 3)) and atr(14) > close[3] \
                      and volume == 1";
    let held = json!({
        "stopLoss": {"type": "percent", "value": "90"},
        "takeProfit": [{"type": "percent", "value": "500", "portion": "0.5"}],
        "trailing": {"type": "percent", "value": "80"},
        "breakEvenAt": {"type": "percent", "value": "400"},
    });
    for (name, config) in [
        ("flat", json!({"entry": indicators, "exit": indicators})),
        ("held", json!({"entry": "close > 0", "exit": indicators, "exits": held})),
        ("limit", json!({"direction": "both", "entry": "close > 1000", "entryShort": indicators})),
    ] {
        let (short, long) = (allocations(&config, 2_000), allocations(&config, 40_000));
        assert!(long <= short + GROWTH, "{name}: {short} allocations, then {long}");
    }
}

/// Allocations of a run over `count` bars of five minutes that swing between 95 and 105.
fn allocations(config: &Value, count: i64) -> u64 {
    let account = Account::parse("bars=5m strategy=5m fee=0.1 slippage=5");
    let request = account.request(config);
    let bars: Vec<(Symbol, Bar)> = (0..count).map(|number| (symbol(), bar(number))).collect();
    let mut outcome = None;
    let counted = measure(|| outcome = ballast_backtest::run(&request, bars).ok());
    assert!(outcome.is_some(), "{config}");
    counted.count_total
}

fn bar(number: i64) -> Bar {
    let price = |value: i64| value.to_string().parse().unwrap();
    let middle = 100 + [0, 2, 4, 2, 0, -2, -4, -2][(number % 8) as usize];
    Bar {
        close_time: Timestamp::from_nanos((number + 1) * 300_000_000_000),
        open: price(middle),
        high: price(middle + 1),
        low: price(middle - 1),
        close: price(middle),
        volume: "7".parse().unwrap(),
    }
}
