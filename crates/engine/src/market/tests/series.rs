//! Series on the board: computed once for everybody, ready when all they read is.

use ballast_domain::{Symbol, Timeframe, Timestamp};

use crate::fixture::{bar, goog, hour, read};
use crate::market::{Board, BoardError, SeriesError, SeriesId};
use crate::strategy::expression::{parse_condition, parse_numeric};

fn board() -> Board {
    let mut board = Board::new(read("paper"), Timeframe::H1);
    board.subscribe(goog());
    board
}

fn numeric(board: &mut Board, symbol: Symbol, timeframe: &str, text: &str) -> SeriesId {
    board.numeric(symbol, read(timeframe), &parse_numeric(text).unwrap()).unwrap()
}

/// The value and the previous value of a series at each close of its timeframe, NaN as `-`.
fn values(
    board: &mut Board,
    timeframe: Timeframe,
    series: SeriesId,
    bars: &[(i64, &str)],
) -> Vec<String> {
    let text = |value: f64| if value.is_nan() { "-".to_owned() } else { value.to_string() };
    let mut values = Vec::new();
    for (close, prices) in bars {
        board
            .push(goog(), &bar(hour(*close), prices), |frame| {
                if frame.id.timeframe == timeframe {
                    let row = frame.row(goog()).unwrap();
                    values.push(format!(
                        "{} {}",
                        text(row.previous(series)),
                        text(row.value(series))
                    ));
                }
            })
            .unwrap();
    }
    values
}

/// Bars whose four prices are the hour of their close.
const HOURS: [(i64, &str); 9] = [
    (1, "1 1 1 1"),
    (2, "2 2 2 2"),
    (3, "3 3 3 3"),
    (4, "4 4 4 4"),
    (5, "5 5 5 5"),
    (6, "6 6 6 6"),
    (7, "7 7 7 7"),
    (8, "8 8 8 8"),
    (9, "9 9 9 9"),
];

/// Invariant: nothing reads a bar before its close.
#[test]
fn a_longer_timeframe_is_visible_only_at_its_own_close() {
    let mut board = board();
    let longer = numeric(&mut board, goog(), "1h", "tf(\"4h\", close)");
    let found = values(&mut board, Timeframe::H1, longer, &HOURS);
    assert_eq!(found, ["- -", "- -", "- -", "- 4", "4 4", "4 4", "4 4", "4 8", "8 8"]);
}

#[test]
fn a_longer_timeframe_shifts_by_its_own_bars() {
    let mut board = board();
    let inside = numeric(&mut board, goog(), "1h", "tf(\"4h\", close[1])");
    let outside = numeric(&mut board, goog(), "1h", "tf(\"4h\", close)[1]");
    assert_ne!(inside, outside);
    let mut twin = board.clone();
    let found = values(&mut board, Timeframe::H1, inside, &HOURS);
    assert_eq!(found, ["- -", "- -", "- -", "- -", "- -", "- -", "- -", "- 4", "4 4"]);
    let found = values(&mut twin, Timeframe::H1, outside, &HOURS);
    assert_eq!(found, ["- -", "- -", "- -", "- -", "- 4", "4 4", "4 4", "4 4", "4 8"]);
}

#[test]
fn a_longer_bar_that_ends_in_a_gap_is_read_from_the_next_bar_on() {
    let mut board = board();
    let longer = numeric(&mut board, goog(), "1h", "tf(\"4h\", close)");
    let bars = [HOURS[0], HOURS[1], HOURS[4], HOURS[5]];
    assert_eq!(values(&mut board, Timeframe::H1, longer, &bars), ["- -", "- -", "- 2", "2 2"]);
}

#[test]
fn a_gap_is_skipped_and_the_previous_value_is_the_previous_bars() {
    let mut board = board();
    let change = numeric(&mut board, goog(), "1h", "close - close[1]");
    let bars = [HOURS[0], HOURS[1], HOURS[5], HOURS[6]];
    assert_eq!(values(&mut board, Timeframe::H1, change, &bars), ["- -", "- 1", "1 4", "4 1"]);
}

#[test]
fn a_row_without_a_bar_keeps_its_values_to_itself() {
    let mut board = board();
    let msft = read("MSFT");
    board.subscribe(msft);
    let series = numeric(&mut board, msft, "1h", "close");
    board.push(msft, &bar(hour(1), "7 7 7 7"), |_| ()).unwrap();
    board.push(goog(), &bar(hour(1), "1 1 1 1"), |_| ()).unwrap();
    board.push(goog(), &bar(hour(2), "2 2 2 2"), |_| ()).unwrap();
    let mut seen = Vec::new();
    board.expire(hour(2), |frame| {
        let row = frame.row(msft).unwrap();
        seen.push((row.bar.is_some(), row.value(series)));
    });
    assert_eq!(seen, [(false, 7.0)], "a gap: no bar, and the last value it had");
    board.push(msft, &bar(hour(3), "9 9 9 9"), |_| ()).unwrap();
    board
        .push(goog(), &bar(hour(3), "3 3 3 3"), |frame| {
            let row = frame.row(msft).unwrap();
            seen.push((row.bar.is_some(), row.previous(series)));
        })
        .unwrap();
    assert_eq!(seen[1], (true, 7.0));
}

/// Invariant: computed once, for all tenants.
///
/// Indicators are computed once per instrument, timeframe and parameters, for all strategies.
#[test]
fn equal_series_are_computed_once() {
    let mut board = board();
    let first = numeric(&mut board, goog(), "1h", "sma(close, 10) - ema(close, 5)");
    assert_eq!(board.series_count(), 4, "close, two averages, their difference");
    let count = board.series_count();
    for text in ["sma(close,10)-ema(close,5)", "(sma(close, 10)) - ema(close, 5)"] {
        assert_eq!(numeric(&mut board, goog(), "1h", text), first, "{text}");
    }
    assert_eq!(numeric(&mut board, goog(), "1h", "tf(\"1h\", close) - close"), {
        numeric(&mut board, goog(), "1h", "close - close")
    });
    assert_eq!(board.series_count(), count + 1);
    let cross = |board: &mut Board, text: &str| {
        board.condition(goog(), Timeframe::H1, &parse_condition(text).unwrap()).unwrap()
    };
    let over = cross(&mut board, "crossover(sma(close, 10), ema(close, 5))");
    assert_eq!(board.series_count(), count + 2, "a cross of what is there already");
    assert_ne!(cross(&mut board, "crossunder(sma(close, 10), ema(close, 5))"), over);
    numeric(&mut board, goog(), "4h", "sma(close, 10)");
    assert_eq!(board.series_count(), count + 5, "another timeframe has its own");
    numeric(&mut board, goog(), "1h", "macd(close, 12, 26, 9).line");
    let with_macd = board.series_count();
    numeric(&mut board, goog(), "1h", "macd(close, 12, 26, 9).histogram");
    assert_eq!(board.series_count(), with_macd, "the outputs of one indicator come together");
    numeric(&mut board, goog(), "1h", "sma(close, 11)");
    numeric(&mut board, goog(), "1h", "sma(open, 10)");
    assert_eq!(board.series_count(), with_macd + 3, "other parameters, another input");
}

#[test]
fn a_series_that_joins_late_warms_up_from_then_on() {
    let mut board = board();
    let first = numeric(&mut board, goog(), "1h", "sma(close, 2)");
    values(&mut board, Timeframe::H1, first, &HOURS[..3]);
    let late = numeric(&mut board, goog(), "1h", "sma(close, 3)");
    let found = values(&mut board, Timeframe::H1, late, &HOURS[3..7]);
    assert_eq!(found, ["- -", "- -", "- 5", "5 6"]);
    let shared = numeric(&mut board, goog(), "1h", "sma(close, 2)");
    assert_eq!(shared, first);
    assert_eq!(values(&mut board, Timeframe::H1, shared, &HOURS[7..]), ["6.5 7.5", "7.5 8.5"]);
}

/// While any operand warms up or has no value, the whole is neither true nor false.
#[test]
fn what_is_not_ready_is_neither_true_nor_false() {
    let cases = [
        ("close > 0", [Some(true), Some(true), Some(true)]),
        ("sma(close, 3) > 0", [None, None, Some(true)]),
        ("not sma(close, 3) > 100", [None, None, Some(true)]),
        ("close > 0 or sma(close, 3) > 0", [None, None, Some(true)]),
        ("close < 0 and sma(close, 3) > 0", [None, None, Some(false)]),
        ("close[1] > 0", [None, Some(true), Some(true)]),
        ("(close > 0)[2]", [None, None, Some(true)]),
        ("crossover(close, 1.5)", [None, Some(true), Some(false)]),
        ("crossover(close, sma(close, 2))", [None, None, Some(false)]),
        ("1 / (close - 2) != 0", [Some(true), None, Some(true)]),
        ("close % (close - 2) >= 0 or true", [Some(true), None, Some(true)]),
        ("max(close, sma(close, 2)) > 0", [None, Some(true), Some(true)]),
        ("tf(\"4h\", close) > 0", [None, None, None]),
        ("session()", [Some(true), Some(true), Some(true)]),
        ("false", [Some(false), Some(false), Some(false)]),
    ];
    for (text, expected) in cases {
        let mut board = board();
        let condition = parse_condition(text).unwrap();
        let series = board.condition(goog(), Timeframe::H1, &condition).unwrap();
        let mut found = Vec::new();
        for (close, prices) in &HOURS[..3] {
            let bar = bar(hour(*close), prices);
            let mut holds = |frame: &crate::market::Frame| {
                found.push(frame.row(goog()).unwrap().holds(series));
            };
            board.push(goog(), &bar, &mut holds).unwrap();
        }
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn before_the_first_bar_nothing_is_ready() {
    let mut board = board();
    let series = numeric(&mut board, goog(), "1h", "close");
    let row = crate::market::frame::Row::new(goog());
    assert!(row.value(series).is_nan() && row.previous(series).is_nan());
    assert_eq!(row.holds(series), None);
}

#[test]
fn series_that_cannot_be_are_refused() {
    let mut board = board();
    let close = parse_numeric("close").unwrap();
    let unknown = board.numeric(read("MSFT"), Timeframe::H1, &close);
    assert_eq!(unknown, Err(BoardError::NotSubscribed(read("MSFT"))));
    let shorter = parse_numeric("tf(\"15m\", close)").unwrap();
    let error = board.numeric(goog(), Timeframe::H4, &shorter).unwrap_err();
    assert!(matches!(error, BoardError::Series(SeriesError::ShorterTimeframe { .. })), "{error}");
    let asked = board.numeric(goog(), Timeframe::M15, &close).unwrap_err();
    assert!(matches!(asked, BoardError::TooShort { .. }), "{asked}");
    let ai = parse_condition("ai() > 60").unwrap();
    let error = board.condition(goog(), Timeframe::H1, &ai).unwrap_err().to_string();
    assert_eq!(error, "ai() has no provider to ask; remove the rule");
}

#[test]
fn frames_are_named_by_what_they_are_not_by_a_count() {
    let name = |skip: i64| {
        let mut board = board();
        let mut last = None;
        for close in skip..=9 {
            board
                .push(goog(), &bar(hour(close), "1 1 1 1"), |frame| last = Some(frame.id))
                .unwrap();
        }
        last.unwrap()
    };
    assert_eq!(name(1), name(5));
    let close: Timestamp = hour(9);
    assert_eq!((name(1).close, name(1).revision), (close, 0));
}
