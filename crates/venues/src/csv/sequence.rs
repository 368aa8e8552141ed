//! Watches the times of consecutive bars: their order, their distance, what is missing.

use ballast_domain::{Timeframe, Timestamp};

use super::error::CellProblem;

const HOUR_NS: i64 = 3_600_000_000_000;
const DAY_NS: i64 = 24 * HOUR_NS;

/// The bars read so far, as far as the next one must fit to them.
#[derive(Debug)]
pub(super) struct Sequence {
    timeframe: Timeframe,
    last: Option<(Timestamp, u64)>,
    shortest_ns: Option<i64>,
    missing: u64,
    bars: u64,
}

impl Sequence {
    pub(super) const fn new(timeframe: Timeframe) -> Self {
        Self { timeframe, last: None, shortest_ns: None, missing: 0, bars: 0 }
    }

    /// Takes the time of the bar on `line`, or says why it cannot follow the one before.
    pub(super) fn follow(&mut self, time: Timestamp, line: u64) -> Result<(), CellProblem> {
        self.bars += 1;
        let last = self.last.replace((time, line));
        let Some((previous, previous_line)) = last else {
            return Ok(());
        };
        let distance = time.nanos_since(previous);
        if distance >= least_distance(self.timeframe) {
            let shortest = self.shortest_ns.unwrap_or(i64::MAX);
            self.shortest_ns = Some(shortest.min(distance));
            self.missing += missing_between(distance, self.timeframe);
            return Ok(());
        }
        Err(match distance {
            0 => CellProblem::Duplicate { time, previous_line },
            ..0 => CellProblem::OutOfOrder { time, previous, previous_line },
            _ => CellProblem::TooClose {
                time,
                previous,
                previous_line,
                timeframe: self.timeframe,
                likely: longest_with(distance),
            },
        })
    }

    /// Bars that the intraday grid has and the file does not.
    pub(super) const fn missing(&self) -> u64 {
        self.missing
    }

    /// Bars that were read.
    pub(super) const fn bars(&self) -> u64 {
        self.bars
    }

    /// The longest timeframe that the distances between the bars allow.
    pub(super) fn likely_timeframe(&self) -> Option<Timeframe> {
        longest_with(self.shortest_ns?)
    }
}

/// How close two bars may open. Within the day, exactly their length. A day may be an hour short
/// where clocks change, and weeks and months are often stamped with their first or last session.
const fn least_distance(timeframe: Timeframe) -> i64 {
    match timeframe {
        Timeframe::D1 => 23 * HOUR_NS,
        Timeframe::W1 => 4 * DAY_NS,
        Timeframe::Mo1 => 20 * DAY_NS,
        intraday => match intraday.nanos() {
            Some(nanos) => nanos,
            None => DAY_NS,
        },
    }
}

fn longest_with(distance: i64) -> Option<Timeframe> {
    let mut longest_first = Timeframe::ALL.into_iter().rev();
    longest_first.find(|&timeframe| least_distance(timeframe) <= distance)
}

/// Whole bars that fit into the gap. From a day on the calendar decides, which a file does not
/// say: weekends and holidays are no gaps, so nothing is counted.
const fn missing_between(distance: i64, timeframe: Timeframe) -> u64 {
    match timeframe.nanos() {
        Some(nanos) if timeframe.is_intraday() => (distance / nanos - 1).unsigned_abs(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(timeframe: Timeframe, times: &[&str]) -> Result<u64, CellProblem> {
        let mut sequence = Sequence::new(timeframe);
        for (time, line) in times.iter().zip(2..) {
            sequence.follow(time.parse().unwrap(), line)?;
        }
        Ok(sequence.missing())
    }

    #[test]
    fn missing_bars_are_counted_within_the_day_only() {
        let cases: [(Timeframe, &[&str], u64); 5] = [
            (Timeframe::M1, &["2024-01-01 00:00", "2024-01-01 00:01"], 0),
            (Timeframe::M1, &["2024-01-01 00:00", "2024-01-01 00:05"], 4),
            (Timeframe::H1, &["2024-01-01 00:00", "2024-01-01 02:30"], 1),
            (Timeframe::D1, &["2024-01-05", "2024-01-08", "2024-01-16"], 0),
            (Timeframe::Mo1, &["2024-07-01", "2024-08-01", "2024-12-02"], 0),
        ];
        for (timeframe, times, missing) in cases {
            assert_eq!(follow(timeframe, times), Ok(missing), "{times:?}");
        }
    }

    #[test]
    fn days_weeks_and_months_may_follow_sessions() {
        let cases: [(Timeframe, &[&str]); 4] = [
            (Timeframe::D1, &["2024-03-09T14:30:00Z", "2024-03-10T13:30:00Z"]),
            (Timeframe::W1, &["2024-01-02", "2024-01-08"]),
            (Timeframe::Mo1, &["2024-08-01", "2024-09-03", "2024-10-01"]),
            (Timeframe::Mo1, &["2024-01-31", "2024-02-29", "2024-03-28"]),
        ];
        for (timeframe, times) in cases {
            assert_eq!(follow(timeframe, times), Ok(0), "{times:?}");
        }
    }

    #[test]
    fn bars_that_cannot_follow_each_other_are_refused() {
        let cases: [(Timeframe, &[&str], &str); 5] = [
            (
                Timeframe::M1,
                &["2024-01-01 00:01", "2024-01-01 00:00"],
                "2024-01-01T00:00:00Z comes after 2024-01-01T00:01:00Z on line 2; sort the file",
            ),
            (
                Timeframe::D1,
                &["2024-01-01", "2024-01-02", "2024-01-02"],
                "2024-01-02T00:00:00Z is also on line 3; keep one",
            ),
            (
                Timeframe::M15,
                &["2024-01-01 00:00", "2024-01-01 00:05"],
                "is less than 15m after 2024-01-01T00:00:00Z on line 2; the bars look like 5m",
            ),
            (Timeframe::Mo1, &["2024-01-01", "2024-01-02"], "the bars look like 1d"),
            (
                Timeframe::M1,
                &["2024-01-01 00:00", "2024-01-01 00:00:01"],
                "bars shorter than 5s are not kept",
            ),
        ];
        for (timeframe, times, expected) in cases {
            let error = follow(timeframe, times).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn the_likely_timeframe_is_that_of_the_closest_bars() {
        let mut sequence = Sequence::new(Timeframe::M1);
        assert_eq!(sequence.likely_timeframe(), None);
        for (time, line) in ["2024-01-01", "2024-01-05", "2024-01-06"].iter().zip(2..) {
            sequence.follow(time.parse().unwrap(), line).unwrap();
        }
        assert_eq!(sequence.likely_timeframe(), Some(Timeframe::D1));
    }
}
