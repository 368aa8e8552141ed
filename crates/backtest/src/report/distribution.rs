//! How the results of closed trades are spread.

use super::chart::{Tick, ValueScale, percentage};
use super::format::{count, number, percent, signed_percent};
use super::{ReportData, ReportTrade};
use super::{format, ticks};

/// The most bars a histogram gets; rounding of their width may leave less than half.
const TARGET_BARS: f64 = 40.0;

/// A histogram of results in percent.
#[derive(Debug)]
pub(super) struct Histogram {
    pub(super) bars: Vec<Bar>,
    pub(super) x: Vec<Tick>,
    pub(super) y: Vec<Tick>,
    /// The picture in words.
    pub(super) summary: String,
}

/// One bar, in percentages of the chart.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
    pub(super) tone: &'static str,
    pub(super) title: String,
}

/// `None` when no trade was closed.
pub(super) fn histogram(data: &ReportData) -> Option<Histogram> {
    let closed = |trade: &&ReportTrade| trade.exit.is_some() && trade.return_pct.is_finite();
    let mut results: Vec<f64> =
        data.trades.iter().filter(closed).map(|trade| trade.return_pct).collect();
    results.sort_by(f64::total_cmp);
    results.first()?;
    // Two in a hundred may lie beyond each end; the outermost bars hold them too, so that one
    // great result does not squeeze all others into one bar.
    let beyond = results.len() / 50;
    let (low, high) = (results[beyond], results[results.len() - 1 - beyond]);
    let step = step(low, high);
    // Zero is always between two bars, so that no bar holds both profits and losses.
    let first = ((low / step).floor() as i64).min(-1);
    let last = ((high / step).floor() as i64).max(0);
    let mut counts = vec![0_u64; (last - first + 1) as usize];
    for result in &results {
        let bar = ((result / step).floor() as i64).clamp(first, last) - first;
        counts[bar as usize] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(1);
    let heights = ValueScale::between(0.0, most as f64 * 1.08);
    let width = 1.0 / counts.len() as f64;
    let bars = counts.iter().zip(first..).enumerate().filter(|(_, (trades, _))| **trades > 0);
    let bars = bars.map(|(place, (&trades, bin))| {
        let top = heights.fraction(trades as f64);
        let (low, high) = (bin as f64 * step, (bin + 1) as f64 * step);
        Bar {
            x: percentage(place as f64 * width + width * 0.06),
            y: percentage(top),
            width: percentage(width * 0.88),
            height: percentage(1.0 - top),
            tone: if high <= 0.0 { "loss" } else { "profit" },
            title: title(trades, (bin > first).then_some(low), (bin < last).then_some(high)),
        }
    });
    Some(Histogram {
        bars: bars.collect(),
        x: value_ticks(first, last + 1, step),
        y: count_ticks(most, heights),
        summary: summary(&results, beyond),
    })
}

/// The outermost bars are open to their side.
fn title(trades: u64, low: Option<f64>, high: Option<f64>) -> String {
    let trades = count(trades, "trade");
    match (low, high) {
        (Some(low), Some(high)) => {
            format!("{trades} from {} to {}", signed_percent(low), signed_percent(high))
        }
        (Some(low), None) => format!("{trades} from {} up", signed_percent(low)),
        (None, Some(high)) => format!("{trades} below {}", signed_percent(high)),
        (None, None) => trades,
    }
}

fn step(low: f64, high: f64) -> f64 {
    let range = high.max(0.0) - low.min(0.0);
    if range > 0.0 { ticks::round_step(range / TARGET_BARS) } else { 1.0 }
}

fn value_ticks(first: i64, end: i64, step: f64) -> Vec<Tick> {
    let (low, high) = (first as f64 * step, end as f64 * step);
    let (values, decimals) = ticks::values(low, high, 8);
    let tick = |(index, value): (usize, f64)| {
        let fraction = (value - low) / (high - low);
        let anchor = match fraction {
            at if at < 0.03 => "start",
            at if at > 0.97 => "end",
            _ => "middle",
        };
        let label = format::with_unit(&format::signed(value, decimals), "%");
        Tick { at: percentage(fraction), label, anchor, minor: index % 2 == 1 }
    };
    values.into_iter().enumerate().map(tick).collect()
}

/// About four whole numbers.
fn count_ticks(most: u64, heights: ValueScale) -> Vec<Tick> {
    let step = ticks::round_step((most as f64 / 4.0).max(1.0)).round() as usize;
    let tick = |trades: u64| Tick {
        at: percentage(heights.fraction(trades as f64)),
        label: number(trades as f64, 0),
        anchor: "start",
        minor: false,
    };
    (0..=most).step_by(step).map(tick).collect()
}

fn summary(sorted: &[f64], beyond: usize) -> String {
    let middle = sorted.len() / 2;
    let median = match sorted.len() % 2 {
        0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    };
    let wins = sorted.iter().filter(|result| **result > 0.0).count();
    let outermost = match beyond {
        0 => "",
        _ => " The outermost bars also hold the results beyond them.",
    };
    format!(
        "{}, {} of them with a profit; half of them made more than {}, the middle half lies \
         between {} and {}.{outermost}",
        count(sorted.len() as u64, "closed trade"),
        percent(wins as f64 / sorted.len() as f64 * 100.0),
        signed_percent(median),
        signed_percent(sorted[sorted.len() / 4]),
        signed_percent(sorted[sorted.len() * 3 / 4]),
    )
}
