//! Several instruments on one account: one spends what another frees at the same open.

use ballast_domain::{Bar, Instrument, Symbol};
use serde_json::json;

use super::{Account, decimal};

#[test]
fn what_leaves_at_an_open_pays_for_what_enters_in_whatever_order_the_bars_come() {
    let (a, b): (Symbol, Symbol) = ("A".parse().unwrap(), "B".parse().unwrap());
    let account = Account::parse("lot=1");
    let mut request = account.request(&json!({
        "symbols": ["A", "B"],
        "sizing": {"type": "fixedNotional", "notional": "9900"},
    }));
    let known = request.instruments[0];
    request.instruments =
        vec![Instrument { symbol: a, ..known }, Instrument { symbol: b, ..known }];
    // One is left at the very open at which the other is entered.
    for (left, entered) in [(a, b), (b, a)] {
        let series = [(left, [1, 0, 2, 0, 0]), (entered, [0, 0, 1, 0, 0])];
        for swapped in [false, true] {
            let closes = (0..5).flat_map(|number| {
                let mut bars = series.map(|(symbol, signals)| {
                    let line = format!("100 100 100 100 {}", signals[number]);
                    (symbol, account.bar(number as i64, &line))
                });
                if swapped {
                    bars.reverse();
                }
                bars
            });
            let closes: Vec<(Symbol, Bar)> = closes.collect();
            let outcome = ballast_backtest::run(&request, closes).unwrap();
            assert_eq!(outcome.closed[0].symbol, left);
            let open: Vec<_> = outcome.open.iter().map(|open| &open.trade).collect();
            assert_eq!(open.len(), 1, "{left} left, {entered} entered, swapped {swapped}");
            assert_eq!(open[0].symbol, entered);
            assert_eq!(open[0].entry_quantity.get(), decimal("99"));
        }
    }
}
