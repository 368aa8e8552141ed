//! Numbers, times and durations as people read them: grouped thousands, a real minus, UTC.

use ballast_domain::{ExitReason, Timeframe, Timestamp};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// What stands for a figure without a value.
pub(super) const UNDEFINED: &str = "n/a";

/// Between a number and its unit, so that the two never part.
const NO_BREAK_SPACE: char = '\u{a0}';
const MINUS: char = '\u{2212}';

/// `-1234.5` as `−1,234.50`.
pub(super) fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return UNDEFINED.to_owned();
    }
    if value.abs() >= 1e15 {
        return format!("{value:.3e}").replace('-', &MINUS.to_string());
    }
    let digits = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut text = String::new();
    if value < 0.0 && digits.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
        text.push(MINUS);
    }
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

/// The same with a plus before what is above zero.
pub(super) fn signed(value: f64, decimals: usize) -> String {
    let text = number(value, decimals);
    let positive = value > 0.0 && text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    if positive { format!("+{text}") } else { text }
}

pub(super) fn percent(value: f64) -> String {
    with_unit(&number(value, 2), "%")
}

pub(super) fn signed_percent(value: f64) -> String {
    with_unit(&signed(value, 2), "%")
}

pub(super) fn with_unit(number: &str, unit: &str) -> String {
    match unit {
        "" => number.to_owned(),
        _ if number == UNDEFINED => number.to_owned(),
        _ => format!("{number}{NO_BREAK_SPACE}{unit}"),
    }
}

/// `1 trade`, `46 trades`.
pub(super) fn count(count: u64, singular: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{}{NO_BREAK_SPACE}{singular}{plural}", number(count as f64, 0))
}

/// Decimals that amounts need beside a capital of this size: cents for thousands, more for coins.
pub(super) fn amount_decimals(capital: f64) -> usize {
    let magnitude = capital.abs().max(1e-8).log10().floor();
    (5.0 - magnitude).clamp(2.0, 8.0) as usize
}

/// The fewest decimals that show every value in full, within eight significant digits, so that a
/// column aligns on its point.
pub(super) fn column_decimals(values: impl Iterator<Item = f64> + Clone) -> usize {
    let finite = values.filter(|value| value.is_finite());
    let largest = finite.clone().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let digits_before_point = largest.max(1e-8).log10().floor() + 1.0;
    let most = (8.0 - digits_before_point).clamp(2.0, 8.0) as usize;
    let shown = |value: f64, decimals: usize| {
        let scaled = value * 10_f64.powi(decimals as i32);
        (scaled - scaled.round()).abs() <= 1e-9 * scaled.abs().max(1.0)
    };
    (0..most).find(|&decimals| finite.clone().all(|value| shown(value, decimals))).unwrap_or(most)
}

/// `profit`, `loss` or nothing: the class that colours a figure by the sign it shows.
pub(super) fn tone(text: &str) -> &'static str {
    match text.chars().next() {
        Some('+') => "profit",
        Some(MINUS) => "loss",
        _ => "",
    }
}

/// The calendar date and time in UTC.
pub(super) fn civil(time: Timestamp) -> DateTime {
    jiff::Timestamp::from_nanosecond(i128::from(time.nanos()))
        .unwrap_or_default()
        .to_zoned(TimeZone::UTC)
        .datetime()
}

/// The date, with the minute when bars are shorter than a day and seconds when there are any.
pub(super) fn time(time: Timestamp, intraday: bool) -> String {
    let civil = civil(time);
    match (intraday, civil.second()) {
        (false, _) => civil.date().to_string(),
        (true, 0) => civil.strftime("%Y-%m-%d %H:%M").to_string(),
        (true, _) => civil.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    }
}

/// The instant a bar goes by: its close within the day, the day, week or month itself beyond,
/// whose close is already the next one's midnight.
pub(super) fn shown(timeframe: Timeframe, close: Timestamp) -> Timestamp {
    if timeframe.is_intraday() { close } else { timeframe.open_of(close) }
}

/// The two largest units that say how long it was.
pub(super) fn duration(seconds: i64) -> String {
    let (minute, hour, day) = (60, 3_600, 86_400);
    let pair = |first: i64, unit: &str, second: i64, other: &str| {
        let first = format!("{first}{NO_BREAK_SPACE}{unit}");
        match second {
            0 => first,
            _ => format!("{first} {second}{NO_BREAK_SPACE}{other}"),
        }
    };
    match seconds.max(0) {
        s if s < minute => format!("{s}{NO_BREAK_SPACE}s"),
        s if s < hour => pair(s / minute, "min", s % minute, "s"),
        s if s < 2 * day => pair(s / hour, "h", s % hour / minute, "min"),
        s if s < 14 * day && s % day >= hour => pair(s / day, "d", s % day / hour, "h"),
        s if s < 2 * 365 * day => count((s / day).unsigned_abs(), "day"),
        s => with_unit(&number(s as f64 / (365.25 * day as f64), 1), "years"),
    }
}

/// `stop loss`, `exit signal`.
pub(super) fn words(reason: ExitReason) -> String {
    reason.as_str().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_signed() {
        let cases = [
            (0.0, 2, "0.00", "0.00"),
            (-0.001, 2, "0.00", "0.00"),
            (0.001, 2, "0.00", "0.00"),
            (999.995, 1, "1,000.0", "+1,000.0"),
            (-1_234_567.891, 2, "−1,234,567.89", "−1,234,567.89"),
            (100.0, 0, "100", "+100"),
            (0.000_012_34, 8, "0.00001234", "+0.00001234"),
            (2.5e18, 2, "2.500e18", "+2.500e18"),
            (f64::NAN, 2, "n/a", "n/a"),
        ];
        for (value, decimals, plain, with_sign) in cases {
            assert_eq!(number(value, decimals), plain);
            assert_eq!(signed(value, decimals), with_sign);
        }
        assert_eq!(signed_percent(-5.0), "−5.00\u{a0}%");
        assert_eq!(percent(f64::INFINITY), "n/a");
    }

    #[test]
    fn columns_show_what_is_there_and_no_more() {
        let cases: [(&[f64], usize); 6] = [
            (&[10.0, 20.0], 0),
            (&[179.13, 182.0], 2),
            (&[179.219_565, 1.0], 5),
            (&[0.000_012_34], 8),
            (&[1.0 / 3.0], 8),
            (&[], 0),
        ];
        for (values, decimals) in cases {
            assert_eq!(column_decimals(values.iter().copied()), decimals, "{values:?}");
        }
        assert_eq!(amount_decimals(10_000.0), 2);
        assert_eq!(amount_decimals(1.0), 5);
        assert_eq!(amount_decimals(0.0), 8);
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let cases = [
            (5, "5 s"),
            (90, "1 min 30 s"),
            (7_200, "2 h"),
            (100_000, "27 h 46 min"),
            (200_000, "2 d 7 h"),
            (12 * 86_400, "12 days"),
            (573 * 86_400, "573 days"),
            (3_116 * 86_400, "8.5 years"),
        ];
        for (seconds, words) in cases {
            assert_eq!(duration(seconds).replace('\u{a0}', " "), words);
        }
    }
}
