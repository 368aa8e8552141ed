//! The HTML report: prepares every text and coordinate, and fills the template with them.

use askama::Template;
use ballast_domain::Direction;
use serde::Serialize;

use super::chart::{Point, Tick, TimeScale, ValueScale, area, extremes, line, percentage};
use super::distribution::{Histogram, histogram};
use super::figures::{self, Figure, Group};
use super::format::{
    amount_decimals, column_decimals, count, number, percent, shown, signed_percent, time,
    with_unit,
};
use super::months::{MONTHS, Year, years};
use super::trades::{self, Mark, Table};
use super::{PriceSeries, ReportData, ReportError};

/// The hash of `templates/report.js` (a test computes it).
macro_rules! script_source {
    () => {
        "'sha256-uEj+csln170khT9Q+D+NZy0bYRsabwd3TWZTfZ81n+A='"
    };
}

pub(super) const SCRIPT_SOURCE: &str = script_source!();

/// Nothing is loaded, and no other script runs.
pub(super) const CONTENT_SECURITY_POLICY: &str = concat!(
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src ",
    script_source!(),
    "; base-uri 'none'; form-action 'none'"
);

pub(super) fn render(data: &ReportData) -> Result<String, ReportError> {
    let times = match (data.equity.first(), data.equity.last()) {
        (Some(first), Some(last)) => {
            TimeScale::new(data.timeframe.open_of(first.close_time), last.close_time)
        }
        _ => TimeScale::new(ballast_domain::Timestamp::MIN, ballast_domain::Timestamp::MIN),
    };
    let page = Page {
        policy: CONTENT_SECURITY_POLICY,
        symbol: &data.symbol,
        timeframe: data.decides_on.as_str(),
        name: &data.name,
        range: range(data),
        verdict: figures::verdict(data),
        headline: figures::headline(data),
        groups: figures::groups(data),
        cautions: data.warnings.iter().cloned().chain(figures::cautions(data)).collect(),
        assumptions: figures::assumptions(data),
        currency: &data.currency,
        equity: equity_chart(data, times),
        prices: data.prices.iter().filter_map(|series| price_chart(data, series)).collect(),
        months: MONTHS,
        years: years(data),
        histogram: histogram(data),
        trades: trades::table(data),
        config: &data.config,
    };
    Ok(page.render()?)
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    policy: &'static str,
    symbol: &'a str,
    timeframe: &'static str,
    name: &'a str,
    range: String,
    verdict: String,
    headline: Vec<Figure>,
    groups: Vec<Group>,
    cautions: Vec<String>,
    assumptions: Vec<String>,
    currency: &'a str,
    equity: Option<EquityChart>,
    prices: Vec<PriceChart>,
    months: [&'static str; 12],
    years: Vec<Year>,
    histogram: Option<Histogram>,
    trades: Table,
    config: &'a str,
}

struct EquityChart {
    x: Vec<Tick>,
    y: Vec<Tick>,
    line: String,
    area: String,
    start: String,
    drawdown_y: Vec<Tick>,
    drawdown_line: String,
    drawdown_area: String,
    deepest: Option<Deepest>,
    cursor: String,
    summary: String,
    drawdown_summary: String,
}

/// The place of the deepest fall, labelled.
struct Deepest {
    x: String,
    y: String,
    anchor: &'static str,
    label: String,
}

struct PriceChart {
    symbol: String,
    x: Vec<Tick>,
    y: Vec<Tick>,
    line: String,
    marks: Vec<Mark>,
    /// Whether the legend needs the mark of short entries.
    has_short: bool,
    cursor: String,
    summary: String,
    /// Says how many trades are not marked.
    note: Option<String>,
}

/// What the script shows under the pointer; numbers only.
#[derive(Serialize)]
struct Cursor {
    labels: &'static [&'static str],
    units: &'static [&'static str],
    decimals: Vec<usize>,
    /// How many characters of an ISO time are shown.
    time: usize,
    /// Place from 0 to 100, milliseconds since the epoch, then the values.
    points: Vec<(f64, i64, f64, f64)>,
}

/// The first and last bar and how many there were.
pub(super) fn range(data: &ReportData) -> String {
    let (Some(first), Some(last)) = (data.equity.first(), data.equity.last()) else {
        return "no bars".to_owned();
    };
    let intraday = data.timeframe.is_intraday();
    let length = match data.timeframe == data.decides_on {
        true => String::new(),
        false => format!(" of {}", data.timeframe),
    };
    format!(
        "{} to {} UTC, {}{length}",
        time(data.timeframe.open_of(first.close_time), intraday),
        time(shown(data.timeframe, last.close_time), intraday),
        count(data.equity.len() as u64, "bar"),
    )
}

fn equity_chart(data: &ReportData, times: TimeScale) -> Option<EquityChart> {
    let begin = data.timeframe.open_of(data.equity.first()?.close_time);
    let closes = data.equity.iter();
    let closes = closes.map(|point| Point { time: point.close_time, value: point.equity });
    let all: Vec<Point> = [Point { time: begin, value: data.starting_cash }]
        .into_iter()
        .chain(closes)
        .filter(|point| point.value.is_finite())
        .collect();
    let falls = falls(data.starting_cash, &all);
    let points: Vec<Point> = extremes(&all).into_iter().map(|index| all[index]).collect();
    let depths: Vec<Point> = extremes(&falls).into_iter().map(|index| falls[index]).collect();
    let deepest = *falls.iter().min_by(|a, b| a.value.total_cmp(&b.value))?;
    let start = data.starting_cash;
    let values = ValueScale::around(points.iter().map(|point| point.value).chain([start]));
    let depth = ValueScale::between(deepest.value.min(-0.1) * 1.25, 0.0);
    let decimals = amount_decimals(start);
    Some(EquityChart {
        x: times.ticks(),
        y: values.ticks(7, ""),
        line: line(&points, times, values),
        area: area(&points, times, values, start),
        start: percentage(values.fraction(start)),
        drawdown_y: depth.ticks(4, "%"),
        drawdown_line: line(&depths, times, depth),
        drawdown_area: area(&depths, times, depth, 0.0),
        deepest: (deepest.value < 0.0).then(|| label_deepest(deepest, times, depth)),
        cursor: equity_cursor(data, &all, &falls, times),
        summary: format!(
            "Equity from {} to {}.",
            number(start, decimals),
            with_unit(&number(data.summary.final_equity, decimals), &data.currency),
        ),
        drawdown_summary: match deepest.value {
            fall if fall < 0.0 => format!(
                "Drawdown from the peak; the deepest was {} on {}.",
                percent(-fall),
                time(shown(data.timeframe, deepest.time), data.timeframe.is_intraday()),
            ),
            _ => "Drawdown from the peak; there was none at any bar's close.".to_owned(),
        },
    })
}

/// How far each point lies below the highest one before it, in percent, zero or negative.
fn falls(starting_cash: f64, points: &[Point]) -> Vec<Point> {
    let mut peak = starting_cash;
    let fall = |point: &Point| {
        peak = peak.max(point.value);
        Point { time: point.time, value: (point.value / peak - 1.0) * 100.0 }
    };
    points.iter().map(fall).collect()
}

fn label_deepest(deepest: Point, times: TimeScale, values: ValueScale) -> Deepest {
    let x = times.fraction(deepest.time);
    Deepest {
        x: percentage(x),
        y: percentage(values.fraction(deepest.value)),
        anchor: if x > 0.7 { "end" } else { "start" },
        label: signed_percent(deepest.value),
    }
}

fn equity_cursor(data: &ReportData, all: &[Point], falls: &[Point], times: TimeScale) -> String {
    let decimals = amount_decimals(data.starting_cash);
    let at = |index: usize| {
        let point = all[index];
        let place = rounded(times.fraction(point.time) * 100.0, 2);
        let equity = rounded(point.value, decimals);
        let millis = shown(data.timeframe, point.time).millis();
        (place, millis, equity, rounded(falls[index].value, 2))
    };
    json(&Cursor {
        labels: &["Equity", "Drawdown"],
        units: &["", "\u{a0}%"],
        decimals: vec![decimals, 2],
        time: if data.timeframe.is_intraday() { 16 } else { 10 },
        // The first point is the starting cash, which is no bar's close.
        points: extremes(all).into_iter().skip(1).map(at).collect(),
    })
}

fn price_chart(data: &ReportData, series: &PriceSeries) -> Option<PriceChart> {
    let all: Vec<Point> = series
        .points
        .iter()
        .map(|point| Point { time: point.close_time, value: point.close })
        .filter(|point| point.value.is_finite())
        .collect();
    let (first, last) = (all.first()?, all.last()?);
    let times = TimeScale::new(data.timeframe.open_of(first.time), last.time);
    let points: Vec<Point> = extremes(&all).into_iter().map(|index| all[index]).collect();
    let (marked, of) = trades::marked(data, &series.symbol);
    let entries = marked.iter().map(|trade| trade.entry_price);
    let exits = marked.iter().filter_map(|trade| trade.exit.as_ref()).map(|exit| exit.price);
    let closes = points.iter().map(|point| point.value);
    let values = ValueScale::around(closes.chain(entries).chain(exits));
    let decimals = column_decimals(points.iter().map(|point| point.value));
    let at = |point: &Point| {
        let place = rounded(times.fraction(point.time) * 100.0, 2);
        let millis = shown(data.timeframe, point.time).millis();
        (place, millis, rounded(point.value, decimals), 0.0)
    };
    let left_out = of - marked.len();
    Some(PriceChart {
        symbol: series.symbol.clone(),
        x: times.ticks(),
        y: values.ticks(7, ""),
        line: line(&points, times, values),
        has_short: marked.iter().any(|trade| trade.side == Direction::Short),
        marks: marked.into_iter().map(|trade| trades::mark(trade, times, values)).collect(),
        cursor: json(&Cursor {
            labels: &["Close"],
            units: &[""],
            decimals: vec![decimals],
            time: if data.timeframe.is_intraday() { 16 } else { 10 },
            points: points.iter().map(at).collect(),
        }),
        summary: format!(
            "Closing price from {} to {} with {} marked.",
            number(first.value, decimals),
            number(last.value, decimals),
            count((of - left_out) as u64, "trade"),
        ),
        note: (left_out > 0).then(|| {
            format!(
                "Marked are the {} trades with the largest results, of {}.",
                trades::MOST_MARKS,
                number(of as f64, 0),
            )
        }),
    })
}

fn rounded(value: f64, decimals: usize) -> f64 {
    let scale = 10_f64.powi(decimals as i32);
    (value * scale).round() / scale
}

fn json(cursor: &Cursor) -> String {
    serde_json::to_string(cursor).unwrap_or_default()
}
