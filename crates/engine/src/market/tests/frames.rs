//! Which frames are handed out, when, in which order, and with which bars.

use ballast_domain::{Bar, Timeframe, Timestamp};

use crate::fixture::{bar, hour, read};
use crate::market::{Board, BoardError, Frame};

/// A board of `symbols` and `timeframes`, the first of which is the base.
fn board(symbols: &[&str], timeframes: &[&str]) -> Board {
    let mut board = Board::new(read("paper"), read(timeframes[0]));
    for symbol in symbols {
        board.subscribe(read(symbol));
    }
    for timeframe in &timeframes[1..] {
        board.keep(read(timeframe)).unwrap();
    }
    board
}

/// A frame as `4h@4 GOOG 1/4/1/3 MSFT -`: hours since the Monday, and each row's bar.
fn text(frame: &Frame) -> String {
    let hours = frame.id.close.nanos_since(hour(0)) / 3_600_000_000_000;
    let rows = frame.rows.iter().map(|row| match &row.bar {
        Some(Bar { open, high, low, close, .. }) => {
            format!(" {} {open}/{high}/{low}/{close}", row.symbol)
        }
        None => format!(" {} -", row.symbol),
    });
    format!("{}@{hours}{}", frame.id.timeframe, rows.collect::<String>())
}

fn push(board: &mut Board, symbol: &str, close: Timestamp, prices: &str) -> Vec<String> {
    let mut frames = Vec::new();
    let taken = board.push(read(symbol), &bar(close, prices), |frame| frames.push(text(frame)));
    taken.unwrap();
    frames
}

fn expire(board: &mut Board, now: Timestamp) -> Vec<String> {
    let mut frames = Vec::new();
    board.expire(now, |frame| frames.push(text(frame)));
    frames
}

/// Pushes a bar of one price for each hour.
fn flat(board: &mut Board, symbol: &str, hours: std::ops::RangeInclusive<i64>) -> Vec<String> {
    let price = |close: i64| format!("{close} {close} {close} {close}");
    hours.flat_map(|close| push(board, symbol, hour(close), &price(close))).collect()
}

#[test]
fn longer_bars_close_with_their_last_shorter_one_and_come_first() {
    let mut board = board(&["GOOG"], &["1h", "4h", "1d"]);
    let frames = flat(&mut board, "GOOG", 1..=24);
    let longer: Vec<_> = frames.iter().filter(|frame| !frame.starts_with("1h")).collect();
    assert_eq!(
        longer,
        [
            "4h@4 GOOG 1/4/1/4",
            "4h@8 GOOG 5/8/5/8",
            "4h@12 GOOG 9/12/9/12",
            "4h@16 GOOG 13/16/13/16",
            "4h@20 GOOG 17/20/17/20",
            "1d@24 GOOG 1/24/1/24",
            "4h@24 GOOG 21/24/21/24",
        ]
    );
    assert_eq!(frames.len(), 24 + 7);
    let last = &frames[frames.len() - 3..];
    let names: Vec<_> = last.iter().map(|frame| frame.split('@').next().unwrap()).collect();
    assert_eq!(names, ["1d", "4h", "1h"], "at equal closes the longer timeframe comes first");
}

#[test]
fn prices_and_volume_are_merged() {
    let mut board = board(&["GOOG"], &["1h", "4h"]);
    for (close, prices) in [(1, "10 12 9 11"), (2, "11 11 7 8"), (3, "8 20 8 19")] {
        push(&mut board, "GOOG", hour(close), prices);
    }
    let mut volume = None;
    let last = bar(hour(4), "19 19 15 16");
    let mut closes = Vec::new();
    board
        .push(read("GOOG"), &last, |frame| {
            closes.push(text(frame));
            volume = volume.or(frame.rows[0].bar.map(|bar| bar.volume));
        })
        .unwrap();
    assert_eq!(closes, ["4h@4 GOOG 10/20/7/16", "1h@4 GOOG 19/19/15/16"]);
    assert_eq!(volume, Some(read("4000")));
}

#[test]
fn days_weeks_and_months_follow_the_calendar() {
    let mut board = board(&["GOOG"], &["1h", "1d", "1w", "1M"]);
    // From Monday 2024-05-13 to Tuesday 2024-07-02.
    let frames = flat(&mut board, "GOOG", 1..=50 * 24);
    let of = |timeframe: &str| -> Vec<&str> {
        let of = frames.iter().filter(|frame| frame.starts_with(timeframe));
        of.map(String::as_str).collect()
    };
    assert_eq!(of("1d@").len(), 50);
    assert_eq!(of("1d@")[1], "1d@48 GOOG 25/48/25/48");
    assert_eq!(of("1w@").len(), 7);
    assert_eq!(of("1w@")[0], "1w@168 GOOG 1/168/1/168");
    let month_ends = [19 * 24, 49 * 24];
    let months = [(1, month_ends[0]), (month_ends[0] + 1, month_ends[1])];
    let months = months.map(|(open, end)| format!("1M@{end} GOOG {open}/{end}/{open}/{end}"));
    assert_eq!(of("1M@"), months);
}

#[test]
fn days_are_made_from_minutes() {
    let mut board = board(&["BTC/USD"], &["1m", "1d"]);
    let mut frames = 0;
    let mut day = None;
    for minute in 1..=24 * 60i64 {
        let close = hour(0).saturating_add_nanos(minute * 60_000_000_000);
        let prices = format!("{minute} {minute} {minute} {minute}");
        for frame in push(&mut board, "BTC/USD", close, &prices) {
            frames += 1;
            day = day.or_else(|| frame.starts_with("1d").then_some(frame));
        }
    }
    assert_eq!(frames, 24 * 60 + 1);
    assert_eq!(day.unwrap(), "1d@24 BTC/USD 1/1440/1/1440");
}

#[test]
fn a_gap_is_not_an_unchanged_price() {
    let mut board = board(&["GOOG"], &["1h", "4h"]);
    flat(&mut board, "GOOG", 1..=2);
    assert_eq!(flat(&mut board, "GOOG", 7..=7), ["4h@4 GOOG 1/2/1/2", "1h@7 GOOG 7/7/7/7"]);
    let frames = flat(&mut board, "GOOG", 8..=8);
    assert_eq!(frames, ["4h@8 GOOG 7/8/7/8", "1h@8 GOOG 8/8/8/8"]);
    assert_eq!(flat(&mut board, "GOOG", 17..=17), ["1h@17 GOOG 17/17/17/17"]);
}

/// Invariant: a frame is complete when every instrument has reported, or is not waited for.
#[test]
fn a_frame_is_complete_when_everybody_has_reported() {
    let mut board = board(&["GOOG", "MSFT"], &["1h", "4h"]);
    for close in 1..=4 {
        assert_eq!(flat(&mut board, "MSFT", close..=close), [""; 0]);
        let frames = flat(&mut board, "GOOG", close..=close);
        let frame = format!("1h@{close} GOOG {close}/{close}/{close}/{close} MSFT {close}/{close}");
        assert!(frames.last().unwrap().starts_with(&frame), "{frames:?}");
    }
}

#[test]
fn what_is_missing_when_time_goes_on_is_a_gap() {
    let mut board = board(&["GOOG", "MSFT"], &["1h"]);
    flat(&mut board, "GOOG", 1..=1);
    assert_eq!(flat(&mut board, "GOOG", 2..=2), ["1h@1 GOOG 1/1/1/1 MSFT -"]);
    assert_eq!(expire(&mut board, hour(1)), [""; 0]);
    assert_eq!(expire(&mut board, hour(2)), ["1h@2 GOOG 2/2/2/2 MSFT -"]);
    assert_eq!(expire(&mut board, hour(9)), [""; 0], "no frame without a bar");
    assert_eq!(flat(&mut board, "MSFT", 9..=9), [""; 0]);
    assert_eq!(flat(&mut board, "GOOG", 9..=9), ["1h@9 GOOG 9/9/9/9 MSFT 9/9/9/9"]);
}

/// A frame is handed out once, with everything that is known of its close.
#[test]
fn a_longer_frame_with_a_gap_is_handed_out_once() {
    let mut board = board(&["GOOG", "MSFT"], &["1h", "4h"]);
    for close in 1..=3 {
        flat(&mut board, "GOOG", close..=close);
        flat(&mut board, "MSFT", close..=close);
    }
    assert_eq!(flat(&mut board, "GOOG", 4..=4), [""; 0]);
    assert_eq!(
        flat(&mut board, "GOOG", 5..=5),
        ["4h@4 GOOG 1/4/1/4 MSFT 1/3/1/3", "1h@4 GOOG 4/4/4/4 MSFT -"]
    );
    assert_eq!(flat(&mut board, "MSFT", 5..=5), ["1h@5 GOOG 5/5/5/5 MSFT 5/5/5/5"]);
}

#[test]
fn bars_that_close_at_odd_times_are_still_told_apart() {
    let mut board = board(&["GOOG", "MSFT"], &["1d"]);
    push(&mut board, "GOOG", hour(21), "1 1 1 1");
    let frames = push(&mut board, "GOOG", hour(44), "2 2 2 2");
    assert_eq!(frames, ["1d@21 GOOG 1/1/1/1 MSFT -"], "a day of 23 hours");
    let frames = push(&mut board, "MSFT", hour(44), "3 3 3 3");
    assert_eq!(frames, ["1d@44 GOOG 2/2/2/2 MSFT 3/3/3/3"]);
}

#[test]
fn bars_out_of_order_are_refused_and_change_nothing() {
    let mut board = board(&["GOOG", "MSFT"], &["1h"]);
    flat(&mut board, "GOOG", 5..=5);
    let late = |symbol: &str, close: i64| {
        let bar = bar(hour(close), "1 1 1 1");
        let (symbol, close, last) = (read(symbol), hour(close), hour(5));
        (symbol, bar, BoardError::OutOfOrder { symbol, close, last })
    };
    for (symbol, bar, error) in [late("GOOG", 5), late("GOOG", 4), late("MSFT", 4)] {
        assert_eq!(board.push(symbol, &bar, |_| panic!("no frame")), Err(error));
    }
    assert_eq!(flat(&mut board, "MSFT", 5..=5), ["1h@5 GOOG 5/5/5/5 MSFT 5/5/5/5"]);
    for (symbol, bar, error) in [late("MSFT", 5), late("GOOG", 5)] {
        assert_eq!(board.push(symbol, &bar, |_| panic!("no frame")), Err(error));
    }
    let stranger = board.push(read("AAPL"), &bar(hour(6), "1 1 1 1"), |_| ());
    assert_eq!(stranger, Err(BoardError::NotSubscribed(read("AAPL"))));
    assert_eq!(stranger.unwrap_err().to_string(), "AAPL is not subscribed");
}

#[test]
fn shorter_timeframes_than_the_bars_cannot_be_kept() {
    let mut board = board(&["GOOG"], &["1h"]);
    let (asked, base) = (Timeframe::M15, Timeframe::H1);
    assert_eq!(board.keep(asked), Err(BoardError::TooShort { asked, base }));
    assert_eq!(board.keep(base), Ok(()));
}

#[test]
fn instruments_may_join_while_a_frame_is_open() {
    let mut board = board(&["GOOG", "MSFT"], &["1h", "4h"]);
    flat(&mut board, "GOOG", 1..=1);
    board.subscribe(read("AAPL"));
    board.subscribe(read("AAPL"));
    assert_eq!(flat(&mut board, "MSFT", 1..=1), [""; 0]);
    let frames = flat(&mut board, "AAPL", 1..=1);
    assert_eq!(frames, ["1h@1 GOOG 1/1/1/1 MSFT 1/1/1/1 AAPL 1/1/1/1"]);
    let symbols: Vec<_> = board.symbols().map(|symbol| symbol.to_string()).collect();
    assert_eq!(symbols, ["AAPL", "GOOG", "MSFT"]);
}

/// A board that starts in the middle gives the frames of one that was always there, once it got
/// the longer bars of the past and the base bars of those that are forming.
#[test]
fn bars_of_the_past_stand_in_for_the_base_bars_that_made_them() {
    let timeframes = ["1h", "4h", "1d"];
    let mut always = board(&["GOOG"], &timeframes);
    let all = flat(&mut always, "GOOG", 1..=80);
    let mut late = board(&["GOOG"], &timeframes);
    let flat_bar =
        |close: i64, from: i64| bar(hour(close), &format!("{from} {close} {from} {close}"));
    let mut frames = Vec::new();
    let mut seed = |board: &mut Board, timeframe: &str, close: i64, from: i64| {
        let taken = board.seed(read("GOOG"), read(timeframe), &flat_bar(close, from), |frame| {
            frames.push(text(frame));
        });
        taken.unwrap();
    };
    seed(&mut late, "1d", 24, 1);
    seed(&mut late, "4h", 44, 41);
    // Base bars from before the last bar of the past are known to it already.
    let before = flat(&mut late, "GOOG", 46..=47);
    seed(&mut late, "1d", 48, 25);
    seed(&mut late, "4h", 48, 45);
    let after = flat(&mut late, "GOOG", 48..=80);
    assert_eq!(before, ["1h@46 GOOG 46/46/46/46", "1h@47 GOOG 47/47/47/47"]);
    let known = |frame: &&String| all.contains(frame);
    assert_eq!(frames.iter().filter(known).count(), 4, "{frames:?}");
    let begin = all.iter().position(|frame| frame.starts_with("1h@48")).unwrap();
    assert_eq!(after, all[begin..]);
}

#[test]
fn a_bar_of_the_past_comes_in_order_too() {
    let mut board = board(&["GOOG"], &["1h", "4h"]);
    let mut seed =
        |close: i64| board.seed(read("GOOG"), read("4h"), &bar(hour(close), "1 1 1 1"), |_| ());
    assert_eq!(seed(8), Ok(()));
    for close in [8, 4] {
        assert!(matches!(seed(close), Err(BoardError::OutOfOrder { .. })), "{close}");
    }
    assert_eq!(seed(12), Ok(()));
}

/// How far series reach is known of each timeframe by itself.
#[test]
fn timeframes_tell_how_far_their_series_reach() {
    use crate::strategy::expression::parse_condition;
    let mut board = board(&["GOOG"], &["1h"]);
    let reach = |board: &Board| board.reaches().collect::<Vec<_>>();
    assert_eq!(reach(&board), [(Timeframe::H1, 0)]);
    let rule = "close > sma(close, 5) and tf(\"1d\", crossover(sma(close[2], 20), close))";
    let condition = parse_condition(rule).unwrap();
    board.condition(read("GOOG"), read("4h"), &condition).unwrap();
    let expected = [(Timeframe::D1, 22), (Timeframe::H4, 4), (Timeframe::H1, 0)];
    assert_eq!(reach(&board), expected);
}

/// Stocks open at half past, coins at the full hour. Neither sees a longer bar before its last hour
/// has closed, and none is told twice.
#[test]
fn instruments_that_open_at_different_minutes_have_longer_bars_of_their_own() {
    let mut both = board(&["COIN", "GOOG"], &["1h", "4h"]);
    let mut alone = board(&["GOOG"], &["1h", "4h"]);
    let half = |hours: i64| hour(hours).saturating_add_nanos(1_800_000_000_000);
    let longer = |frames: Vec<String>, symbol: &str| -> Vec<String> {
        let of =
            |frame: &String| frame.starts_with("4h") && !frame.contains(&format!("{symbol} -"));
        frames.into_iter().filter(of).collect()
    };
    let (mut coins, mut stocks, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    for close in 1..=12 {
        let prices = format!("{close} {close} {close} {close}");
        let mut told = push(&mut both, "COIN", hour(close), &prices);
        told.extend(expire(&mut both, hour(close)));
        told.extend(push(&mut both, "GOOG", half(close), &prices));
        told.extend(expire(&mut both, half(close)));
        coins.extend(longer(told.clone(), "COIN"));
        stocks.extend(longer(told, "GOOG"));
        expected.extend(longer(push(&mut alone, "GOOG", half(close), &prices), "GOOG"));
    }
    assert_eq!(coins.len(), 3);
    let without_coin = |frame: &String| frame.replace(" COIN -", "");
    assert_eq!(stocks.iter().map(without_coin).collect::<Vec<_>>(), expected);
    assert_eq!(expected, ["4h@4 GOOG 1/4/1/4", "4h@8 GOOG 5/8/5/8", "4h@12 GOOG 9/12/9/12"]);
}

#[test]
fn what_comes_late_to_a_frame_is_handed_out_alone() {
    let mut board = board(&["COIN", "GOOG"], &["1h", "4h"]);
    let half = |hours: i64| hour(hours).saturating_add_nanos(1_800_000_000_000);
    push(&mut board, "COIN", hour(3), "1 1 1 1");
    push(&mut board, "GOOG", half(3), "2 2 2 2");
    push(&mut board, "COIN", hour(4), "3 3 3 3");
    let handed_out = expire(&mut board, hour(4));
    assert!(handed_out.contains(&"4h@4 COIN 1/3/1/3 GOOG -".to_owned()), "{handed_out:?}");
    // The stock's last hour never comes: its next one opens at the full hour.
    let late = push(&mut board, "GOOG", hour(5), "5 5 5 5");
    assert_eq!(late, ["4h@4 COIN - GOOG 2/2/2/2"]);
}
