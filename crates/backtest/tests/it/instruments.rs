//! Several instruments on one account: one spends what another frees at the same open.

use ballast_backtest::Outcome;
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

/// Runs two instruments on one account, all of whose capital each entry asks for; a line has the
/// price of A with its signal, then those of B.
fn two_on_all_capital(cash: &str, symbols: [&str; 2], lines: &[&str]) -> Outcome {
    two_on_all("percentOfEquity", cash, symbols, lines)
}

fn two_on_all(sizing: &str, cash: &str, symbols: [&str; 2], lines: &[&str]) -> Outcome {
    let account = Account::parse(&format!("cash={cash}"));
    let mut request = account.request(&json!({
        "symbols": symbols,
        "sizing": {"type": sizing, "value": "100"},
    }));
    let known = request.instruments[0];
    let listed: [Symbol; 2] = ["A", "B"].map(|symbol| symbol.parse().unwrap());
    request.instruments = listed.map(|symbol| Instrument { symbol, ..known }).to_vec();
    let bars = (0..).zip(lines).flat_map(|(number, line)| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let bar = |price: &str, signal: &str| {
            account.bar(number, &format!("{price} {price} {price} {price} {signal}"))
        };
        [(listed[0], bar(words[0], words[1])), (listed[1], bar(words[2], words[3]))]
    });
    ballast_backtest::run(&request, bars.collect::<Vec<_>>()).unwrap()
}

#[test]
fn what_is_left_at_a_close_pays_for_what_is_entered_at_it() {
    // A price of 3 leaves a trace of rounding behind, one of 4 leaves nothing.
    for price in ["3", "4"] {
        for symbols in [["A", "B"], ["B", "A"]] {
            let a = |signal: &str, b: &str| format!("{price} {signal} {b}");
            let lines = [a("1", "10 0"), a("0", "10 0"), a("2", "10 1"), a("0", "10 0")];
            let lines: Vec<&str> = lines.iter().map(String::as_str).chain(["3 0 12 0"]).collect();
            let outcome = two_on_all_capital("1000", symbols, &lines);
            let equity = outcome.final_equity.round_dp(9);
            assert_eq!(equity, decimal("1200"), "A at {price}, {symbols:?}");
            assert_eq!((outcome.closed.len(), outcome.open.len()), (1, 1));
        }
    }
}

#[test]
fn what_rounding_has_left_of_the_capital_is_no_position() {
    let lines = ["3 1 7 0", "3 0 7 1", "3 0 7 0", "4 0 8 0", "4 2 8 2", "4 0 8 0"];
    let outcome = two_on_all_capital("1000", ["A", "B"], &lines);
    let traded: Vec<_> = outcome.closed.iter().map(|trade| trade.symbol.to_string()).collect();
    assert_eq!((traded, outcome.open.len()), (vec!["A".to_owned()], 0));
    assert_eq!(outcome.activity.refusals[0].code, "insufficientCapital");
}

/// What the exit will free is not available yet: a share of what is left of nothing is nothing, and
/// not a position that keeps others out.
#[test]
fn a_share_of_what_rounding_has_left_is_no_position_either() {
    let lines = ["3 1 7 0", "3 0 7 0", "3 2 7 1", "3 0 7 0", "3 0 8 1", "3 0 8 0"];
    let outcome = two_on_all("percentOfAvailable", "1000", ["A", "B"], &lines);
    assert_eq!(outcome.open.len(), 1);
    let (trade, refused) = (&outcome.open[0].trade, &outcome.activity.refusals);
    assert!(trade.entry_quantity.get() > decimal("100"), "{trade:?}");
    assert_eq!(refused[0].code, "insufficientCapital");
}

/// Without the alphabet, whether an unrelated exit is due would say who is entered.
#[test]
fn who_comes_first_in_the_alphabet_is_entered_first() {
    for symbols in [["A", "B"], ["B", "A"]] {
        let lines = ["5 1 10 1", "5 0 10 0", "5 0 10 0"];
        let outcome = two_on_all_capital("1000", symbols, &lines);
        let entered: Vec<_> = outcome.open.iter().map(|open| open.trade.symbol.as_str()).collect();
        assert_eq!(entered, ["A"], "{symbols:?}");
    }
}
