//! Bars that open off the grid of their longer timeframe, or at other minutes than those of another
//! instrument: nothing is decided later than it could be, or by what closed after.

use ballast_domain::{Bar, Instrument, Symbol, Timeframe, Timestamp};
use serde_json::json;

use super::Account;

/// A daily bar of one price that opens then, with a signal in place of the volume.
fn day(opened: &str, price: &str, signal: &str) -> Bar {
    let opened: Timestamp = opened.parse().unwrap();
    let price = price.parse().unwrap();
    Bar {
        close_time: Timeframe::D1.close_of(opened),
        open: price,
        high: price,
        low: price,
        close: price,
        volume: signal.parse().unwrap(),
    }
}

/// Midnight in New York is 05:00 UTC in winter and 04:00 in summer. What is decided at the end of
/// the week in which clocks change fills on Monday, as always.
#[test]
fn a_week_ends_with_its_last_day_when_clocks_change() {
    let account = Account::parse("bars=1d strategy=1w");
    let request = account.request(&json!({"entry": "close > 100", "exit": "close < 100"}));
    let days = [
        ("2024-02-26T05:00:00Z", "101"),
        ("2024-03-01T05:00:00Z", "101"),
        ("2024-03-04T05:00:00Z", "99"),
        ("2024-03-08T05:00:00Z", "99"),
        ("2024-03-11T04:00:00Z", "98"),
        ("2024-03-12T04:00:00Z", "97"),
    ];
    let symbol: Symbol = "X".parse().unwrap();
    let bars = days.map(|(opened, price)| (symbol, day(opened, price, "1")));
    let outcome = ballast_backtest::run(&request, bars).unwrap();
    let trade = &outcome.closed[0];
    let times = [trade.opened_at, trade.closed_at.unwrap()].map(|time| time.to_string());
    assert_eq!(times, ["2024-03-04T05:00:00Z", "2024-03-11T04:00:00Z"]);
}

/// The stock's week ends on Monday at five, when its next day opens. The coin's day that closes in
/// the evening is still open then.
#[test]
fn a_week_that_ends_in_a_gap_is_not_decided_by_what_closes_later() {
    let [coin, stock]: [Symbol; 2] = ["COIN", "STOCK"].map(|symbol| symbol.parse().unwrap());
    let account = Account::parse("bars=1d strategy=1w");
    let mut request = account.request(&json!({
        "symbols": ["COIN", "STOCK"], "entry": "volume == 7", "exit": "false",
        "sizing": {"type": "percentOfEquity", "value": "50"},
    }));
    let known = request.instruments[0];
    request.instruments = [coin, stock].map(|symbol| Instrument { symbol, ..known }).to_vec();
    let bought = |last: &str| {
        let mut bars = Vec::new();
        let mut of = |symbol, opened: &str, price: &str, signal: &str| {
            bars.push((symbol, day(opened, price, signal)));
        };
        of(coin, "2024-01-05T22:00:00Z", "100", "7");
        of(coin, "2024-01-07T22:00:00Z", "100", "0");
        of(coin, "2024-01-08T22:00:00Z", "100", "0");
        of(stock, "2024-01-12T05:00:00Z", "10", "7");
        of(coin, "2024-01-14T22:00:00Z", last, "0");
        of(stock, "2024-01-15T05:00:00Z", "10", "0");
        of(coin, "2024-01-15T22:00:00Z", last, "0");
        bars.sort_by_key(|(_, bar)| bar.close_time);
        let outcome = ballast_backtest::run(&request, bars).unwrap();
        let open = outcome.open.iter().map(|open| &open.trade);
        let trade = open.clone().find(|trade| trade.symbol == stock).unwrap();
        assert!(open.count() == 2, "the coin is held, so that its price counts in equity");
        (trade.opened_at.to_string(), trade.entry_quantity)
    };
    let (low, high) = (bought("50"), bought("200"));
    assert_eq!(low, high, "only what closes on Monday evening differs");
    assert_eq!(low.0, "2024-01-15T05:00:00Z");
}
