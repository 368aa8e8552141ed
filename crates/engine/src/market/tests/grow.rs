//! A board that adopts what was warmed up beside it: nobody who was there before notices, and what
//! is new is as if it had always been there.

use std::collections::BTreeMap;

use ballast_domain::{Bar, Price, Symbol, Timeframe, Timestamp};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::fixture::{bar, hour, read};
use crate::market::{AdoptError, Board, Frame, SeriesId};
use crate::strategy::expression::parse_condition;

/// An instrument, the timeframe of a rule, and the rule.
type Rule = (&'static str, &'static str, &'static str);

/// What the board computes from the start.
const OLD: [Rule; 3] = [
    ("A", "1h", "close > sma(close, 3) and tf(\"4h\", ema(close, 2) > close[1])"),
    ("B", "1h", "rsi(close, 3) < 60 or crossunder(close, ema(close, 4))"),
    ("B", "4h", "highest(close, 3) > close"),
];

/// What may join it.
const NEW: [Rule; 8] = [
    ("A", "1h", "crossover(ema(close, 2), sma(close, 3))"),
    ("A", "1h", "tf(\"4h\", wma(close, 2)) > close and tf(\"4h\", ema(close, 2) > close[1])[2]"),
    ("B", "4h", "close > bb(close, 3, 2).lower and stdev(close, 2) > 0.5"),
    ("C", "1h", "close > sma(close, 3) and tf(\"1d\", macd(close, 2, 3, 2).signal > 0)"),
    ("A", "1d", "change(close, 1) > 0"),
    ("B", "1h", "tf(\"4h\", rma(close, 2)) < close[3] or atr(3) > 1"),
    ("C", "4h", "lowest(close, 2) == close"),
    ("D", "1h", "roc(close, 2) > 1"),
];

fn compile(board: &mut Board, (symbol, timeframe, rule): Rule) -> SeriesId {
    board.subscribe(read(symbol));
    let condition = parse_condition(rule).unwrap();
    board.condition(read(symbol), read(timeframe), &condition).unwrap()
}

fn old_board() -> Board {
    let mut board = Board::new(read("paper"), Timeframe::H1);
    for rule in OLD {
        compile(&mut board, rule);
    }
    board
}

/// What was handed out: the bar of an instrument and timeframe by its close, with every value and
/// previous value, as bits.
type Told = BTreeMap<(Timeframe, Timestamp, Symbol), (Bar, Vec<[u64; 2]>)>;

fn keep(told: &mut Told, frame: &Frame) {
    for row in &frame.rows {
        let Some(bar) = row.bar else { continue };
        let bits = |value: f64| if value.is_nan() { u64::MAX } else { value.to_bits() };
        let series = (0..row.values.len()).map(SeriesId);
        let values = series.map(|series| [bits(row.value(series)), bits(row.previous(series))]);
        let place = (frame.id.timeframe, bar.close_time, row.symbol);
        let before = told.insert(place, (bar, values.collect()));
        assert_eq!(before, None, "{place:?} was told twice");
    }
}

/// A market as bars by the instants at which they close.
type Market = Vec<(Timestamp, Vec<(Symbol, Bar)>)>;

/// Tells a board of every instrument that it knows up to each instant of `market`.
fn tell(board: &mut Board, market: &[(Timestamp, Vec<(Symbol, Bar)>)], told: &mut Told) {
    for (instant, bars) in market {
        for (symbol, bar) in bars {
            if board.row_of(*symbol).is_some() {
                board.push(*symbol, bar, |frame| keep(told, frame)).unwrap();
            }
        }
        board.expire(*instant, |frame| keep(told, frame));
    }
}

/// The prices of four instruments, hour by hour, with gaps; `C` opens at half past.
fn markets() -> impl Strategy<Value = Market> {
    let cents = prop::option::weighted(0.85, 500..1500i64);
    let hours = prop::collection::vec([cents.clone(), cents.clone(), cents.clone(), cents], 70);
    (hours, any::<bool>()).prop_map(|(hours, off_grid)| {
        let mut market = Market::new();
        for (place, prices) in (1..).zip(hours) {
            let half = hour(place).saturating_add_nanos(1_800_000_000_000);
            let (mut full_hour, mut half_past) = (Vec::new(), Vec::new());
            for (symbol, cents) in ["A", "B", "C", "D"].into_iter().zip(prices) {
                let Some(cents) = cents else { continue };
                let late = off_grid && symbol == "C";
                let price = |cents: i64| Price::new(Decimal::new(cents, 2)).unwrap();
                let close_time = if late { half } else { hour(place) };
                let [open, close] = [cents + cents % 7, cents].map(price);
                let (high, low) = (open.max(close), price(cents - cents % 13));
                let bar = Bar { close_time, open, high, low, close, volume: read("5") };
                let bars = if late { &mut half_past } else { &mut full_hour };
                bars.push((read(symbol), bar));
            }
            market.push((hour(place), full_hour));
            market.push((half, half_past));
        }
        market
    })
}

/// Warms a board up from the market's past: either by base bars alone or with the longer bars that
/// a board that was always there has made of them.
fn warm_up(board: &mut Board, running: &Board, past: &Market, longer: Option<&Told>) {
    let symbols = board.symbols_new_to(running);
    let to = past.last().unwrap().0;
    let base = past.iter().flat_map(|(_, bars)| bars).map(|(symbol, bar)| (*symbol, *bar));
    let mut bars: Vec<_> = base.map(|(symbol, bar)| (Timeframe::H1, symbol, bar)).collect();
    for ((timeframe, close, symbol), (bar, _)) in longer.into_iter().flatten() {
        let over = *close <= timeframe.bucket_open(to) && *timeframe > Timeframe::H1;
        if over && board.reaches().any(|(kept, _)| kept == *timeframe) {
            bars.push((*timeframe, *symbol, *bar));
        }
    }
    bars.retain(|(_, symbol, _)| symbols.contains(symbol));
    bars.sort_by_key(|(timeframe, _, bar)| (bar.close_time, std::cmp::Reverse(*timeframe)));
    for (timeframe, symbol, bar) in bars {
        match timeframe == Timeframe::H1 {
            true => board.push(symbol, &bar, |_| ()).unwrap(),
            false => board.seed(symbol, timeframe, &bar, |_| ()).unwrap(),
        }
    }
    board.expire(running.told_to(), |_| ());
}

/// All rows from `after` on.
fn since(told: &Told, after: Timestamp) -> Told {
    told.iter().filter(|((_, close, _), _)| *close > after).map(|(k, v)| (*k, v.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// From the adoption on, what was there gives what a board without the new gives, and the whole
    /// gives what a board gives that had everything from the start, bit for bit.
    #[test]
    fn nobody_notices_that_a_board_has_grown(
        market in markets(),
        joins in prop::collection::vec((0..NEW.len(), 1..140usize), 1..5),
        seeded: bool,
    ) {
        let mut joins = joins;
        joins.sort_by_key(|(_, place)| *place);
        let (mut without, mut with) = (old_board(), old_board());
        let old: Vec<_> = ["1h", "4h"].map(read).to_vec();
        for (rule, _) in &joins {
            compile(&mut with, NEW[*rule]);
        }
        let (mut told_without, mut told_with) = (Told::new(), Told::new());
        tell(&mut without, &market, &mut told_without);
        tell(&mut with, &market, &mut told_with);

        let (mut board, mut told, mut told_to) = (old_board(), Told::new(), 0);
        for (rule, place) in &joins {
            tell(&mut board, &market[told_to..*place], &mut told);
            told_to = *place;
            let mut warmed = board.unwarmed();
            compile(&mut warmed, NEW[*rule]);
            let (seeds, past) = (seeded.then_some(&told_with), market[..told_to].to_vec());
            warm_up(&mut warmed, &board, &past, seeds);
            board.adopt(&warmed).unwrap();
        }
        let grown_at = market[told_to - 1].0;
        tell(&mut board, &market[told_to..], &mut told);

        let (after, expected) = (since(&told, grown_at), since(&told_with, grown_at));
        for (place, row) in &expected {
            prop_assert_eq!(after.get(place), Some(row), "{:?}", place);
        }
        prop_assert_eq!(after.len(), expected.len());
        for (place, (bar, values)) in &told_without {
            let (grown_bar, grown) = &told[place];
            prop_assert!(old.contains(&place.0));
            prop_assert_eq!(bar, grown_bar);
            prop_assert_eq!(values, &grown[..values.len()], "{:?}", place);
        }
    }

    /// A board made by `unwarmed` is as one that was compiled anew.
    #[test]
    fn an_unwarmed_board_has_seen_nothing(market in markets()) {
        let mut seen = old_board();
        tell(&mut seen, &market, &mut Told::new());
        let (mut fresh, mut again) = (old_board(), seen.unwarmed());
        prop_assert_eq!(again.told_to(), fresh.told_to());
        let (mut told_fresh, mut told_again) = (Told::new(), Told::new());
        tell(&mut fresh, &market, &mut told_fresh);
        tell(&mut again, &market, &mut told_again);
        prop_assert_eq!(told_fresh, told_again);
    }
}

/// Pushes a bar of one price for the symbols.
fn flat(board: &mut Board, symbols: &[&str], close: i64) {
    for symbol in symbols {
        board.push(read(symbol), &bar(hour(close), "10 11 9 10"), |_| ()).unwrap();
    }
}

#[test]
fn only_what_is_new_needs_its_past() {
    let cases: [(Rule, &[&str]); 6] = [
        (OLD[0], &[]),
        (("B", "1h", "rsi(close, 3) < 60"), &[]),
        (NEW[0], &["A"]),
        (NEW[5], &["B"]),
        (NEW[7], &["D"]),
        (NEW[4], &["A", "B"]),
    ];
    let mut running = old_board();
    flat(&mut running, &["A", "B"], 1);
    for (rule, expected) in cases {
        let mut warmed = running.unwarmed();
        compile(&mut warmed, rule);
        let symbols = warmed.symbols_new_to(&running);
        let symbols: Vec<_> = symbols.iter().map(ToString::to_string).collect();
        assert_eq!(symbols, expected, "{rule:?}");
    }
}

#[test]
fn a_board_that_does_not_fit_is_refused_and_changes_nothing() {
    let mut running = old_board();
    flat(&mut running, &["A", "B"], 1);
    let unwarmed = running.unwarmed();
    let refused = |running: &mut Board, warmed: &Board| {
        let count = running.series_count();
        let refused = running.adopt(warmed).unwrap_err();
        assert_eq!(running.series_count(), count);
        refused
    };
    let apart = AdoptError::Apart { told: hour(1), warmed: Timestamp::MIN };
    assert_eq!(refused(&mut running, &unwarmed), apart);

    let mut warmed = unwarmed;
    compile(&mut warmed, NEW[0]);
    flat(&mut warmed, &["A"], 1);
    assert_eq!(refused(&mut running, &warmed), AdoptError::MidClose, "B is still waited for");
    warmed.expire(hour(1), |_| ());

    let mut stranger = Board::new(read("paper"), Timeframe::H1);
    compile(&mut stranger, NEW[0]);
    stranger.expire(hour(1), |_| ());
    assert_eq!(refused(&mut running, &stranger), AdoptError::Foreign);
    let elsewhere = Board::new(read("kraken"), Timeframe::H1);
    assert_eq!(refused(&mut running, &elsewhere), AdoptError::Foreign);

    flat(&mut running, &["A"], 2);
    assert_eq!(refused(&mut running, &warmed), AdoptError::MidClose);
    flat(&mut running, &["B"], 2);
    let apart = AdoptError::Apart { told: hour(2), warmed: hour(1) };
    assert_eq!(refused(&mut running, &warmed), apart);
    flat(&mut warmed, &["A"], 2);
    warmed.expire(hour(2), |_| ());
    assert_eq!(running.adopt(&warmed), Ok(()));

    let mut late = old_board().unwarmed();
    compile(&mut late, NEW[5]);
    late.expire(hour(2), |_| ());
    assert_eq!(refused(&mut running, &late), AdoptError::Foreign, "it has grown since");
}

/// A bar that the new series have seen is not counted twice.
#[test]
fn what_was_seen_in_warming_up_is_not_taken_again() {
    let mut running = Board::new(read("paper"), Timeframe::H1);
    running.expire(hour(3), |_| ());
    let mut warmed = running.unwarmed();
    compile(&mut warmed, NEW[7]);
    flat(&mut warmed, &["D"], 3);
    running.adopt(&warmed).unwrap();
    let again = running.push(read("D"), &bar(hour(3), "10 11 9 10"), |_| ());
    assert!(again.is_err());
    flat(&mut running, &["D"], 4);
}
