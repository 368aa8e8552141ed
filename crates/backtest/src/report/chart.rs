//! Geometry of the time charts: scales, thinning and SVG paths. Markup is in the templates.
//!
//! Lines are drawn in a square of [`UNITS`] by [`UNITS`] that the page stretches to its place, so
//! they fit any width; labels and marks are placed by percentages and are never distorted.

use std::fmt::Write as _;

use ballast_domain::Timestamp;

use super::format::number;
use super::ticks;

/// The side of the square that lines are drawn in.
pub(super) const UNITS: f64 = 1000.0;

/// The most points a line keeps.
pub(super) const MOST_POINTS: usize = 1500;

/// One value of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) time: Timestamp,
    pub(super) value: f64,
}

/// A label beside an axis, at a percentage from the left or the top.
#[derive(Debug)]
pub(super) struct Tick {
    pub(super) at: String,
    pub(super) label: String,
    /// `start`, `middle` or `end`: which part of a time label stands at its place.
    pub(super) anchor: &'static str,
    /// Left out where there is little room.
    pub(super) minor: bool,
}

/// Maps times to the width of a chart.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeScale {
    from: Timestamp,
    to: Timestamp,
}

impl TimeScale {
    pub(super) const fn new(from: Timestamp, to: Timestamp) -> Self {
        Self { from, to }
    }

    /// From 0 at the left to 1 at the right.
    pub(super) fn fraction(self, time: Timestamp) -> f64 {
        let span = self.to.nanos_since(self.from).max(1) as f64;
        (time.nanos_since(self.from) as f64 / span).clamp(0.0, 1.0)
    }

    pub(super) fn ticks(self) -> Vec<Tick> {
        let place = |(index, (time, label)): (usize, (Timestamp, String))| {
            let fraction = self.fraction(time);
            let anchor = match fraction {
                at if at < 0.03 => "start",
                at if at > 0.97 => "end",
                _ => "middle",
            };
            Tick { at: percentage(fraction), label, anchor, minor: index % 2 == 1 }
        };
        ticks::times(self.from, self.to).into_iter().enumerate().map(place).collect()
    }
}

/// Maps values to the height of a chart, the highest at the top.
#[derive(Debug, Clone, Copy)]
pub(super) struct ValueScale {
    low: f64,
    high: f64,
}

impl ValueScale {
    /// Holds all finite values, with a little air; a flat line runs through the middle.
    pub(super) fn around(values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            return Self { low: 0.0, high: 1.0 };
        }
        let air = match high - low {
            0.0 => high.abs().max(1.0) * 0.01,
            range => range * 0.05,
        };
        Self { low: low - air, high: high + air }
    }

    /// From `low`, which need not be the smaller one, to `high`, with no air.
    pub(super) const fn between(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// From 0 at the top to 1 at the bottom.
    pub(super) fn fraction(self, value: f64) -> f64 {
        ((self.high - value) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    pub(super) fn ticks(self, target: usize, unit: &str) -> Vec<Tick> {
        let (values, decimals) = ticks::values(self.low, self.high, target);
        let place = |value: f64| Tick {
            at: percentage(self.fraction(value)),
            label: super::format::with_unit(&number(value, decimals), unit),
            anchor: "start",
            minor: false,
        };
        values.into_iter().map(place).collect()
    }
}

/// A fraction as an SVG percentage.
pub(super) fn percentage(fraction: f64) -> String {
    format!("{:.2}%", fraction * 100.0)
}

/// Which points to keep so that at most [`MOST_POINTS`] remain: the first, the last, and the
/// lowest and highest of each stretch between, so that no spike is lost.
pub(super) fn extremes(points: &[Point]) -> Vec<usize> {
    if points.len() <= MOST_POINTS {
        return (0..points.len()).collect();
    }
    let stretches = (MOST_POINTS - 2) / 2;
    let inner = points.len() - 2;
    let mut kept = vec![0];
    for stretch in 0..stretches {
        let start = 1 + stretch * inner / stretches;
        let end = 1 + (stretch + 1) * inner / stretches;
        let (mut lowest, mut highest) = (start, start);
        for index in start..end {
            if points[index].value < points[lowest].value {
                lowest = index;
            }
            if points[index].value > points[highest].value {
                highest = index;
            }
        }
        kept.push(lowest.min(highest));
        if lowest != highest {
            kept.push(lowest.max(highest));
        }
    }
    kept.push(points.len() - 1);
    kept
}

/// The line through the points, as SVG path data.
pub(super) fn line(points: &[Point], times: TimeScale, values: ValueScale) -> String {
    let mut path = String::new();
    for point in points.iter().filter(|point| point.value.is_finite()) {
        let command = if path.is_empty() { 'M' } else { 'L' };
        let x = times.fraction(point.time) * UNITS;
        let y = values.fraction(point.value) * UNITS;
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{x:.1} {y:.1}");
    }
    path
}

/// The same, closed down or up to `base`.
pub(super) fn area(points: &[Point], times: TimeScale, values: ValueScale, base: f64) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return String::new();
    };
    let y = values.fraction(base) * UNITS;
    let left = times.fraction(first.time) * UNITS;
    let right = times.fraction(last.time) * UNITS;
    format!("{}L{right:.1} {y:.1}L{left:.1} {y:.1}Z", line(points, times, values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: impl Iterator<Item = f64>) -> Vec<Point> {
        let point = |(i, value)| Point { time: Timestamp::from_nanos(i as i64), value };
        values.enumerate().map(point).collect()
    }

    #[test]
    fn thinning_keeps_ends_and_every_spike() {
        let mut points = series((0..100_000).map(|i| (i % 100) as f64));
        points[31_337].value = -5_000.0;
        points[77_777].value = 9_000.0;
        let kept = extremes(&points);
        assert!(kept.len() <= MOST_POINTS, "{}", kept.len());
        for index in [0, 31_337, 77_777, 99_999] {
            assert!(kept.contains(&index), "{index}");
        }
        assert!(kept.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn short_series_are_drawn_in_full() {
        for length in [0, 1, 2, MOST_POINTS] {
            let points = series((0..length).map(|i| i as f64));
            assert_eq!(extremes(&points).len(), length);
        }
        let longer = series((0..=MOST_POINTS).map(|i| i as f64));
        assert!(extremes(&longer).len() <= MOST_POINTS);
    }

    #[test]
    fn lines_fill_the_square_and_skip_what_is_no_number() {
        let points = series([1.0, f64::NAN, 3.0, 2.0].into_iter());
        let times = TimeScale::new(points[0].time, points[3].time);
        let path = line(&points, times, ValueScale::between(1.0, 3.0));
        assert_eq!(path, "M0.0 1000.0L666.7 0.0L1000.0 500.0");
    }

    #[test]
    fn a_flat_series_runs_through_the_middle() {
        let scale = ValueScale::around([100.0, 100.0].into_iter());
        assert_eq!(scale.fraction(100.0), 0.5);
        let empty = ValueScale::around(std::iter::empty());
        assert!(empty.fraction(0.5).is_finite());
    }
}
