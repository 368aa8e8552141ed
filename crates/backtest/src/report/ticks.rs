//! Round places for axis labels: steps of 1, 2, 2.5 and 5 for values, calendar steps for times.

use ballast_domain::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::format::{civil, column_decimals};

const MINUTE_NS: i64 = 60_000_000_000;
const HOUR_NS: i64 = 60 * MINUTE_NS;
const DAY_NS: i64 = 24 * HOUR_NS;

/// The most labels a time axis gets.
const MOST_TIMES: usize = 10;

/// Multiples of a round step inside the range, at most about `target` of them, and the decimals
/// that tell them apart.
pub(super) fn values(low: f64, high: f64, target: usize) -> (Vec<f64>, usize) {
    let step = round_step((high - low) / target as f64);
    let first = (low / step).ceil();
    let last = (high / step).floor();
    if !(step > 0.0 && (last - first) < 1000.0) {
        return (Vec::new(), 0);
    }
    let decimals = column_decimals(std::iter::once(step));
    let ticks = (0..=(last - first).max(-1.0) as i64).map(|i| (first + i as f64) * step);
    (if last < first { Vec::new() } else { ticks.collect() }, decimals)
}

/// The smallest of 1, 2, 2.5, 5 times a power of ten that is not below `least`.
pub(super) fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= least * 0.999);
    factor.unwrap_or(10.0) * power
}

/// Calendar instants inside the range with their labels.
pub(super) fn times(from: Timestamp, to: Timestamp) -> Vec<(Timestamp, String)> {
    let span = to.nanos_since(from).max(1);
    let fits = |step_ns: i64| span / step_ns < MOST_TIMES as i64;
    let minutes = [1, 2, 5, 10, 15, 30].map(|minutes| minutes * MINUTE_NS);
    let hours = [1, 2, 3, 6, 12].map(|hours| hours * HOUR_NS);
    let days = [1, 2, 4, 7, 14].map(|days| days * DAY_NS);
    if let Some(&step) = minutes.iter().chain(&hours).find(|&&step| fits(step)) {
        return fixed(from, to, step, "%H:%M");
    }
    if let Some(&step) = days.iter().find(|&&step| fits(step)) {
        return fixed(from, to, step, "%e %b");
    }
    let months = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200];
    let step = months.into_iter().find(|&months| fits(i64::from(months) * 30 * DAY_NS));
    monthly(from, to, step.unwrap_or(2400))
}

fn fixed(from: Timestamp, to: Timestamp, step: i64, format: &str) -> Vec<(Timestamp, String)> {
    let first = from.nanos().div_euclid(step) + i64::from(from.nanos().rem_euclid(step) > 0);
    let last = to.nanos().div_euclid(step);
    (first..=last)
        .map(|i| Timestamp::from_nanos(i * step))
        .map(|time| {
            let civil = civil(time);
            let midnight = civil.hour() == 0 && civil.minute() == 0;
            let format = if midnight { "%e %b" } else { format };
            (time, civil.strftime(format).to_string().trim_start().to_owned())
        })
        .collect()
}

fn monthly(from: Timestamp, to: Timestamp, step: i32) -> Vec<(Timestamp, String)> {
    let start = civil(from).date();
    let index = i32::from(start.year()) * 12 + i32::from(start.month()) - 1;
    let aligned = index.div_euclid(step) * step;
    let first = i16::try_from(aligned.div_euclid(12)).ok().and_then(|year| {
        let month = i8::try_from(aligned.rem_euclid(12) + 1).ok()?;
        Date::new(year, month, 1).ok()
    });
    let mut ticks = Vec::new();
    let mut next = first;
    while let Some(date) = next {
        let Some(time) = instant(date.to_datetime(jiff::civil::Time::midnight())) else {
            break;
        };
        if time > to {
            break;
        }
        if time >= from {
            let format = if step % 12 == 0 { "%Y" } else { "%b %Y" };
            ticks.push((time, date.strftime(format).to_string()));
        }
        next = date.checked_add(step.months()).ok();
    }
    ticks
}

fn instant(civil: DateTime) -> Option<Timestamp> {
    let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
    i64::try_from(zoned.timestamp().as_nanosecond()).ok().map(Timestamp::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn values_are_round_and_inside() {
        let cases: [(f64, f64, &[f64], usize); 5] = [
            (9_800.0, 19_500.0, &[10_000.0, 12_000.0, 14_000.0, 16_000.0, 18_000.0], 0),
            (-9.0, 0.0, &[-8.0, -6.0, -4.0, -2.0, 0.0], 0),
            (0.11, 0.48, &[0.2, 0.3, 0.4], 1),
            (5.0, 5.0, &[], 0),
            (f64::NAN, 1.0, &[], 0),
        ];
        for (low, high, expected, decimals) in cases {
            let (ticks, shown) = values(low, high, 5);
            assert_eq!(ticks.len(), expected.len(), "{low} to {high}: {ticks:?}");
            for (tick, expected) in ticks.iter().zip(expected) {
                assert!((tick - expected).abs() < 1e-9, "{low} to {high}: {ticks:?}");
            }
            assert_eq!(shown, decimals, "{low} to {high}");
        }
    }

    #[test]
    fn times_follow_the_calendar() {
        let cases: [(&str, &str, &[&str]); 5] = [
            ("2024-05-17T09:58", "2024-05-17T11:01", &["10:00", "10:10", "10:20"]),
            ("2024-05-16T20:00", "2024-05-17T13:00", &["20:00", "22:00", "17 May"]),
            ("2024-02-27", "2024-03-04", &["27 Feb", "28 Feb", "29 Feb"]),
            ("2023-11-15", "2024-05-10", &["Dec 2023", "Jan 2024", "Feb 2024"]),
            ("2004-08-19", "2013-03-01", &["2005", "2006", "2007"]),
        ];
        for (from, to, expected) in cases {
            let ticks = times(at(from), at(to));
            let labels: Vec<&str> = ticks.iter().map(|(_, label)| label.as_str()).collect();
            assert_eq!(&labels[..3], expected, "{from} to {to}: {labels:?}");
            assert!(labels.len() <= MOST_TIMES + 1, "{labels:?}");
            assert!(ticks.iter().all(|&(time, _)| at(from) <= time && time <= at(to)));
        }
        assert!(times(Timestamp::MIN, Timestamp::from_nanos(i64::MAX)).len() <= MOST_TIMES + 1);
    }
}
