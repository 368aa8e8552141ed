//! An equity curve with few enough points for a browser to draw.

use ballast_backtest::statistics::EquityPoint;
use ballast_domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// More than any screen has columns.
const MOST_POINTS: usize = 2_000;

/// Equity at one bar's close.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CurvePoint {
    /// The bar's close.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) time: Timestamp,
    /// In quote currency.
    pub(crate) equity: f64,
}

/// At most 2,000 of `points`: the first and the last, and of each stretch between them the highest
/// and the lowest, so that no peak and no trough is lost.
pub(crate) fn thinned(points: &[EquityPoint]) -> Vec<CurvePoint> {
    let point = |point: &EquityPoint| CurvePoint { time: point.close_time, equity: point.equity };
    let [first, between @ .., last] = points else {
        return points.iter().map(point).collect();
    };
    if points.len() <= MOST_POINTS {
        return points.iter().map(point).collect();
    }
    let stretch = between.len().div_ceil((MOST_POINTS - 2) / 2);
    let mut thin = vec![point(first)];
    for stretch in between.chunks(stretch) {
        let by_equity = |one: &(usize, &EquityPoint), other: &(usize, &EquityPoint)| {
            one.1.equity.total_cmp(&other.1.equity)
        };
        let lowest = stretch.iter().enumerate().min_by(by_equity);
        let highest = stretch.iter().enumerate().max_by(by_equity);
        let mut ends: Vec<_> = lowest.into_iter().chain(highest).collect();
        ends.sort_by_key(|(place, _)| *place);
        ends.dedup_by_key(|(place, _)| *place);
        thin.extend(ends.into_iter().map(|(_, end)| point(end)));
    }
    thin.push(point(last));
    thin
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(count: i64) -> Vec<EquityPoint> {
        let equity = |n: i64| 1_000.0 + (n.wrapping_mul(2_654_435_761) % 1_000) as f64;
        let point = |n| EquityPoint { close_time: Timestamp::from_nanos(n), equity: equity(n) };
        (0..count).map(point).collect()
    }

    #[test]
    fn a_short_curve_is_whole() {
        for count in [0, 1, 2, 1_999, 2_000] {
            let points = curve(count);
            let same = thinned(&points)
                .iter()
                .zip(&points)
                .all(|(thin, point)| (thin.time, thin.equity) == (point.close_time, point.equity));
            assert!(same && thinned(&points).len() == points.len(), "{count}");
        }
    }

    #[test]
    fn a_long_curve_keeps_its_ends_and_its_extremes() {
        for count in [2_001, 2_002, 3_999, 4_000, 123_457] {
            let mut points = curve(count);
            let (peak, trough) = (points.len() / 3, points.len() / 2);
            points[peak].equity = 1e9;
            points[trough].equity = -1e9;
            let thin = thinned(&points);
            assert!(thin.len() <= MOST_POINTS && thin.len() > 1_000, "{count}: {}", thin.len());
            assert!(thin.is_sorted_by(|one, next| one.time < next.time), "{count}");
            for kept in [0, peak, trough, points.len() - 1] {
                let there = thin.iter().any(|point| point.time == points[kept].close_time);
                assert!(there, "{count}: {kept}");
            }
        }
    }
}
