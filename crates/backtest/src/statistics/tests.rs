//! Against empyrical over seeded curves, and the edges by hand.

use serde::Deserialize;
use serde_json::Value;

use super::*;

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    start_seconds: i64,
    starting_cash: f64,
    curves: Vec<CurveCase>,
    trades: TradesCase,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CurveCase {
    name: String,
    seed: u64,
    bars: usize,
    step_seconds: i64,
    weekdays: bool,
    drift: f64,
    spread: f64,
    periods_per_year: f64,
    expected: Value,
}

#[derive(Deserialize)]
struct TradesCase {
    seed: u64,
    trades: usize,
    expected: Value,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../../tests/fixtures/statistics.json")).unwrap()
}

/// `SplitMix64`, as uniform numbers from 0 up to 1.
fn uniforms(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl CurveCase {
    fn points(&self, start_seconds: i64, starting_cash: f64) -> Vec<EquityPoint> {
        let mut random = uniforms(self.seed);
        let mut points = Vec::new();
        let (mut open, mut equity) = (start_seconds, starting_cash);
        while points.len() < self.bars {
            if !(self.weekdays && matches!((open / 86_400 + 4) % 7, 0 | 6)) {
                equity *= 1.0 + (self.drift + self.spread * (random() - 0.5));
                let close_time = Timestamp::from_nanos((open + self.step_seconds) * SECOND);
                points.push(EquityPoint { close_time, equity });
            }
            open += self.step_seconds;
        }
        points
    }

    fn basis(&self) -> Basis {
        let daily = self.step_seconds < 86_400;
        let sampling = if daily { Sampling::Daily } else { Sampling::AsIs };
        Basis { periods_per_year: self.periods_per_year, sampling }
    }
}

/// Every expected figure is in the summary, to 1e-9 relative.
fn assert_figures(name: &str, summary: &Summary, expected: &Value) {
    let actual = serde_json::to_value(summary).unwrap();
    for (figure, expected) in expected.as_object().unwrap() {
        let (Some(a), Some(e)) = (actual[figure].as_f64(), expected.as_f64()) else {
            assert_eq!(actual[figure], *expected, "{name}: {figure}");
            continue;
        };
        assert!((a - e).abs() <= 1e-9 * e.abs(), "{name}: {figure} is {a}, expected {e}");
    }
}

#[test]
fn curves_have_the_figures_of_empyrical() {
    let reference = reference();
    assert_eq!(reference.curves.len(), 10);
    for case in &reference.curves {
        let points = case.points(reference.start_seconds, reference.starting_cash);
        let summary = summarise(reference.starting_cash, &points, &[], case.basis());
        assert_figures(&case.name, &summary, &case.expected);
    }
}

#[test]
fn trades_have_the_figures_of_numpy() {
    let case = reference().trades;
    let mut random = uniforms(case.seed);
    let trades: Vec<ClosedTrade> = (0..case.trades)
        .map(|_| {
            // Halves round to even here as in Python.
            let pnl = ((random() - 0.45) * 1000.0).round_ties_even() / 10.0;
            ClosedTrade { pnl, return_pct: pnl / 50.0, holding_ns: 3 * DAY }
        })
        .collect();
    let summary = summarise(10_000.0, &[], &trades, DAILY_BARS);
    assert_figures("trades", &summary, &case.expected);
    assert_eq!(summary.closed_trades, 250);
    assert_eq!(summary.average_holding_seconds, Some(3 * 86_400));
}

const DAILY_BARS: Basis = Basis::of(AssetClass::Stock, Timeframe::D1);
const MINUTE_BARS: Basis = Basis::of(AssetClass::Crypto, Timeframe::M1);

/// Daily bars from the epoch on.
fn daily(equities: &[f64]) -> Vec<EquityPoint> {
    let day = |(day, &equity): (usize, &f64)| EquityPoint {
        close_time: Timestamp::from_nanos((day as i64 + 1) * DAY),
        equity,
    };
    equities.iter().enumerate().map(day).collect()
}

fn of_curve(equities: &[f64]) -> Summary {
    summarise(100.0, &daily(equities), &[], DAILY_BARS)
}

fn of_trades(results: &[f64]) -> Summary {
    let trade = |&pnl: &f64| ClosedTrade { pnl, return_pct: pnl, holding_ns: SECOND };
    let trades: Vec<_> = results.iter().map(trade).collect();
    summarise(100.0, &[], &trades, DAILY_BARS)
}

#[test]
fn no_bar_leaves_the_starting_cash_and_no_ratio() {
    let summary = of_curve(&[]);
    assert_eq!((summary.bars, summary.final_equity), (0, 100.0));
    assert_eq!((summary.return_pct, summary.max_drawdown_pct), (Some(0.0), 0.0));
    assert_eq!((summary.sharpe, summary.cagr_pct, summary.calmar), (None, None, None));
}

#[test]
fn one_bar_has_a_return_on_the_cash_but_no_series() {
    let summary = of_curve(&[90.0]);
    assert_eq!(summary.return_pct, Some(-10.0));
    assert_eq!(summary.max_drawdown_pct, 10.0);
    assert_eq!((summary.returns, summary.cagr_pct, summary.annual_volatility_pct), (0, None, None));
}

#[test]
fn two_bars_have_growth_but_no_deviation() {
    let summary = of_curve(&[100.0, 100.1]);
    assert_eq!(summary.returns, 1);
    let growth = (1.001_f64.powi(252) - 1.0) * 100.0;
    assert!((summary.cagr_pct.unwrap() - growth).abs() < 1e-9);
    assert_eq!(
        (summary.sharpe, summary.sortino, summary.annual_volatility_pct),
        (None, None, None)
    );
}

#[test]
fn constant_equity_has_no_ratio_and_no_drawdown() {
    let summary = of_curve(&[100.0; 50]);
    assert_eq!((summary.return_pct, summary.cagr_pct), (Some(0.0), Some(0.0)));
    assert_eq!((summary.max_drawdown_pct, summary.max_drawdown_seconds), (0.0, 0));
    assert_eq!(summary.annual_volatility_pct, Some(0.0));
    assert_eq!((summary.sharpe, summary.sortino, summary.calmar), (None, None, None));
}

#[test]
fn doubling_each_day_deviates_by_exactly_nothing() {
    let summary = of_curve(&[100.0, 200.0, 400.0, 800.0]);
    assert_eq!((summary.annual_volatility_pct, summary.sharpe), (Some(0.0), None));
}

#[test]
fn ruin_keeps_the_loss_and_drops_the_ratios() {
    let ruined = of_curve(&[100.0, 50.0, -20.0, -20.0, -30.0]);
    assert_eq!(ruined.return_pct, Some(-130.0));
    assert_eq!(ruined.max_drawdown_pct, 130.0);
    assert_eq!((ruined.sharpe, ruined.sortino, ruined.calmar), (None, None, None));
    assert_eq!((ruined.annual_volatility_pct, ruined.cagr_pct), (None, None));

    let emptied = of_curve(&[100.0, 50.0, 0.0]);
    assert_eq!((emptied.cagr_pct, emptied.calmar), (Some(-100.0), Some(-1.0)));
    assert!(emptied.sharpe.unwrap() < 0.0);
}

#[test]
fn drawdown_counts_the_cash_before_the_first_bar() {
    let summary = of_curve(&[80.0, 100.0, 120.0]);
    assert_eq!(summary.max_drawdown_pct, 20.0);
    assert_eq!(summary.calmar, None, "no sampled point lies below an earlier one");
}

#[test]
fn drawdown_lasts_until_the_peak_is_reached_again() {
    let summary = of_curve(&[100.0, 120.0, 110.0, 119.0, 120.0, 119.0, 130.0]);
    assert_eq!(summary.max_drawdown_seconds, 3 * 86_400);
    let open = of_curve(&[100.0, 120.0, 110.0, 119.0, 118.0, 117.0, 116.0]);
    assert_eq!(open.max_drawdown_seconds, 5 * 86_400);
}

#[test]
fn intraday_drawdown_is_seen_where_daily_returns_see_none() {
    let mut statistics = Statistics::new(100.0, MINUTE_BARS);
    for day in 0..3 {
        for (hour, equity) in [(1, 60.0), (12, 100.0), (24, 110.0 + day as f64)] {
            statistics.push(Timestamp::from_nanos(day * DAY + hour * 3600 * SECOND), equity);
        }
    }
    let summary = statistics.summary(Some(6));
    assert_eq!(summary.returns, 2, "a close at midnight belongs to the day that ends");
    assert!((summary.max_drawdown_pct - (111.0 - 60.0) / 111.0 * 100.0).abs() < 1e-12);
    assert_eq!(summary.calmar, None);
    assert!((summary.exposure_pct.unwrap() - 200.0 / 3.0).abs() < 1e-12);
}

#[test]
fn sessions_may_cross_midnight() {
    // Two sessions of three bars, from 23:00 to 02:00 UTC.
    let bars =
        [(0, 24, 10.0), (0, 25, 11.0), (0, 26, 12.0), (1, 48, 9.0), (1, 49, 8.0), (1, 50, 6.0)];
    let mut by_session = Statistics::new(10.0, MINUTE_BARS);
    let mut by_day = by_session;
    for (session, hour, equity) in bars {
        let close = Timestamp::from_nanos(hour * 3600 * SECOND);
        by_session.push_in_session(session, close, equity);
        by_day.push(close, equity);
    }
    let summary = by_session.summary(None);
    assert_eq!(summary.returns, 1);
    assert!((summary.cagr_pct.unwrap() - (0.5_f64.powi(365) - 1.0) * 100.0).abs() < 1e-9);
    assert_eq!(by_day.summary(None).returns, 2);
}

#[test]
fn an_early_summary_does_not_disturb_the_run() {
    let points = daily(&[100.0, 90.0, 130.0, 120.0, 150.0, 140.0]);
    let mut watched = Statistics::new(100.0, DAILY_BARS);
    for point in &points {
        watched.push(point.close_time, point.equity);
        assert!(watched.summary(None).returns < points.len() as u64);
    }
    assert_eq!(watched.summary(None), summarise(100.0, &points, &[], DAILY_BARS));
}

#[test]
fn trades_without_a_loss_have_no_profit_factor() {
    let wins = of_trades(&[5.0, 10.0]);
    assert_eq!((wins.win_rate_pct, wins.profit_factor), (Some(100.0), None));
    assert_eq!(
        (wins.average_loss, wins.worst_trade, wins.best_trade),
        (None, Some(5.0), Some(10.0))
    );

    let losses = of_trades(&[-5.0, -10.0]);
    assert_eq!((losses.win_rate_pct, losses.profit_factor), (Some(0.0), Some(0.0)));
    assert_eq!((losses.expectancy, losses.average_win), (Some(-7.5), None));

    let none = of_trades(&[]);
    assert_eq!((none.win_rate_pct, none.profit_factor, none.best_trade), (None, None, None));
    assert_eq!((none.expectancy, none.average_holding_seconds), (None, None));

    let even = of_trades(&[0.0, 4.0]);
    assert_eq!((even.winning_trades, even.losing_trades), (1, 0));
    assert_eq!((even.win_rate_pct, even.expectancy), (Some(50.0), Some(2.0)));
}

#[test]
fn periods_follow_the_market_for_days_and_the_calendar_beyond() {
    use AssetClass::{Crypto, Forex, Stock};
    let cases = [
        (Stock, Timeframe::D1, 252.0, Sampling::AsIs),
        (Forex, Timeframe::D1, 252.0, Sampling::AsIs),
        (Crypto, Timeframe::D1, 365.0, Sampling::AsIs),
        (Stock, Timeframe::M5, 252.0, Sampling::Daily),
        (Crypto, Timeframe::H4, 365.0, Sampling::Daily),
        (Crypto, Timeframe::W1, 52.0, Sampling::AsIs),
        (Stock, Timeframe::Mo1, 12.0, Sampling::AsIs),
    ];
    for (asset, timeframe, periods_per_year, sampling) in cases {
        assert_eq!(Basis::of(asset, timeframe), Basis { periods_per_year, sampling });
    }
}

#[test]
fn days_of_several_files_are_one_sample_each() {
    let hour = |hour: i64| Timestamp::from_nanos(hour * 3600 * SECOND);
    // One file's days close at midnight, the other's five hours on.
    let bars = [(24, 100.0), (29, 110.0), (48, 105.0), (53, 121.0), (72, 130.0), (77, 133.1)];
    let sampled = |basis| {
        let mut statistics = Statistics::new(100.0, basis);
        bars.iter().for_each(|&(close, equity)| statistics.push(hour(close), equity));
        statistics.summary(None)
    };
    let days = sampled(Basis::of_several(AssetClass::Stock, Timeframe::D1));
    assert_eq!(days.returns, 2);
    let growth = (1.1_f64.powi(252) - 1.0) * 100.0;
    assert!((days.cagr_pct.unwrap() / growth - 1.0).abs() < 1e-9, "{days:?}");
    assert_eq!(sampled(DAILY_BARS).returns, 5, "a single file's bars are samples as they are");
    let (one, several) = (Basis::of, Basis::of_several);
    let intraday = Timeframe::H1;
    assert_eq!(one(AssetClass::Stock, intraday), several(AssetClass::Stock, intraday));
}

#[test]
fn weeks_of_several_files_are_one_sample_each() {
    let day = |day: i64| Timestamp::from_nanos(day * 24 * 3600 * SECOND);
    // The epoch was a Thursday: one file's weeks end on Sundays, the other's on Mondays.
    let bars = [(10, 100.0), (11, 110.0), (17, 105.0), (18, 121.0), (24, 130.0), (25, 133.1)];
    let basis = Basis::of_several(AssetClass::Stock, Timeframe::W1);
    let mut statistics = Statistics::new(100.0, basis);
    bars.iter().for_each(|&(close, equity)| statistics.push(day(close), equity));
    let weeks = statistics.summary(None);
    assert_eq!((weeks.returns, basis.periods_per_year), (3, 52.0));
}

#[test]
fn undefined_figures_are_null_in_json() {
    let json = serde_json::to_value(of_curve(&[100.0])).unwrap();
    for figure in ["sharpe", "sortino", "calmar", "profitFactor", "winRatePct", "exposurePct"] {
        assert_eq!(json[figure], Value::Null, "{figure}");
    }
}

/// Ten shares held while the mean of 10 closes is above that of 20, filled at the next open.
fn sma_cross(bars: &[(f64, f64)]) -> Vec<EquityPoint> {
    let mean = |end: usize, n: usize| {
        bars[end + 1 - n..=end].iter().map(|&(_, close)| close).sum::<f64>() / n as f64
    };
    // Equal means count as neither above nor below, whatever the order of summation.
    let above = |i: usize, fast: usize, slow: usize| {
        let (fast, slow) = (mean(i, fast), mean(i, slow));
        fast - slow > 1e-9 * slow
    };
    let (mut cash, mut shares, mut order) = (10_000.0, 0.0, 0.0);
    let mut points = Vec::new();
    for (i, &(open, close)) in bars.iter().enumerate() {
        cash -= order * open;
        shares += order;
        let (bought, sold) = match i {
            0..20 => (false, false),
            _ => (
                above(i, 10, 20) && !above(i - 1, 10, 20),
                above(i, 20, 10) && !above(i - 1, 20, 10),
            ),
        };
        order = match (shares > 0.0, bought, sold) {
            (false, true, _) => 10.0,
            (true, _, true) => -10.0,
            _ => 0.0,
        };
        let close_time = Timestamp::from_nanos(i as i64 * DAY);
        points.push(EquityPoint { close_time, equity: cash + shares * close });
    }
    points
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the environment names the folder of real data")]
fn goog_has_the_figures_that_three_peers_agree_on() {
    let Some(folder) = std::env::var_os("BALLAST_TEST_DATA") else {
        eprintln!("not run: no test data (BALLAST_TEST_DATA is not set)");
        return;
    };
    let file = std::path::Path::new(&folder).join("ohlcv/goog-1d-2004-2013.csv");
    let csv = std::fs::read_to_string(file).unwrap();
    let bars: Vec<(f64, f64)> = csv
        .lines()
        .skip(1)
        .map(|line| {
            let columns: Vec<&str> = line.split(',').collect();
            (columns[1].parse().unwrap(), columns[4].parse().unwrap())
        })
        .collect();
    let summary = summarise(10_000.0, &sma_cross(&bars), &[], DAILY_BARS);
    let figures = [
        (summary.final_equity, 19_477.70, 1e-6),
        (summary.max_drawdown_pct, 9.033297386534, 1e-11),
        (summary.sharpe.unwrap(), 1.105610336, 5e-10),
        (summary.sortino.unwrap(), 1.746372964, 5e-10),
        (summary.calmar.unwrap(), 0.901043415, 5e-10),
    ];
    for (actual, golden, tolerance) in figures {
        assert!((actual - golden).abs() <= tolerance, "{actual} is not {golden}");
    }
}
