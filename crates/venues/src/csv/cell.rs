//! Reads numbers and times straight from bytes, exactly: no float in between, no rounding.
//!
//! Each has a fast path for the ordinary spelling and hands everything else to a slow one.

use ballast_domain::Timestamp;
use ballast_domain::time::TimeError;
use rust_decimal::Decimal;

use super::error::CellProblem;

/// A mantissa of this many digits always fits an `i64`.
const FAST_DIGITS: usize = 18;
const SIGNIFICANT_DIGITS: usize = 28;
const SCALE_MAX: i64 = 28;
const DAY_SECONDS: i64 = 86_400;
const SECOND_NS: i64 = 1_000_000_000;

/// A decimal number, its digits kept, trailing zeros too.
pub(super) fn decimal(cell: &[u8]) -> Result<Decimal, CellProblem> {
    let mut mantissa: i64 = 0;
    let mut point = None;
    if cell.len() > FAST_DIGITS {
        return unusual_decimal(cell);
    }
    for (place, &byte) in cell.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit <= 9 {
            mantissa = mantissa * 10 + i64::from(digit);
        } else if byte == b'.' && point.is_none() {
            point = Some(place);
        } else {
            return unusual_decimal(cell);
        }
    }
    let scale = point.map_or(0, |place| cell.len() - place - 1);
    if cell.len() == usize::from(point.is_some()) {
        return unusual_decimal(cell);
    }
    // At most 18 digits: the scale is far below the limit at which this panics.
    Ok(Decimal::new(mantissa, scale as u32))
}

/// Signs, exponents, spaces around, many digits; or the reason why it is no number.
fn unusual_decimal(cell: &[u8]) -> Result<Decimal, CellProblem> {
    let text = cell.trim_ascii();
    if text.is_empty() {
        return Err(CellProblem::Missing);
    }
    let Some(parts) = Parts::of(text) else {
        let name = text.to_ascii_lowercase();
        let name = name.trim_ascii_start();
        let name = name.strip_prefix(b"-").or(name.strip_prefix(b"+")).unwrap_or(name);
        return Err(match name {
            b"nan" | b"inf" | b"infinity" | b"null" | b"none" | b"na" | b"n/a" => {
                CellProblem::NotFinite(shown(text))
            }
            _ => CellProblem::NotNumber(shown(text)),
        });
    };
    parts.decimal().ok_or_else(|| CellProblem::TooPrecise(shown(text)))
}

/// A number's text, taken apart.
struct Parts {
    negative: bool,
    digits: Vec<u8>,
    /// How many of the digits stand behind the point, exponent counted in.
    scale: i64,
}

impl Parts {
    fn of(text: &[u8]) -> Option<Self> {
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let (number, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            Some(place) => (&text[..place], exponent(&text[place + 1..])?),
            None => (text, 0),
        };
        let point = number.iter().position(|&byte| byte == b'.');
        let whole = &number[..point.unwrap_or(number.len())];
        let fraction = point.map_or(&number[..0], |place| &number[place + 1..]);
        let digits = [whole, fraction].concat();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let scale = fraction.len() as i64 - exponent;
        Some(Self { negative, digits, scale })
    }

    /// The exact decimal; `None` when it needs more digits than a decimal has. Zeros that say
    /// nothing are dropped only where they would not fit.
    fn decimal(mut self) -> Option<Decimal> {
        let zeros = self.digits.iter().take_while(|&&digit| digit == b'0');
        self.digits.drain(..zeros.count());
        if self.digits.is_empty() {
            let scale = self.scale.clamp(0, SCALE_MAX);
            return Some(Decimal::new(0, scale as u32));
        }
        while (self.digits.len() > SIGNIFICANT_DIGITS || self.scale > SCALE_MAX)
            && self.digits.last() == Some(&b'0')
        {
            self.digits.pop();
            self.scale -= 1;
        }
        while self.scale < 0 && self.digits.len() <= SIGNIFICANT_DIGITS {
            self.digits.push(b'0');
            self.scale += 1;
        }
        if self.digits.len() > SIGNIFICANT_DIGITS || self.scale > SCALE_MAX {
            return None;
        }
        let digits = self.digits.iter();
        let mantissa = digits.fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
        let signed = if self.negative { -mantissa } else { mantissa };
        Decimal::try_from_i128_with_scale(signed, self.scale as u32).ok()
    }
}

fn exponent(text: &[u8]) -> Option<i64> {
    // Larger ones cannot be written as a decimal anyway, and need not be told apart.
    let text = std::str::from_utf8(text).ok()?;
    let value = text.parse::<i64>().ok()?;
    Some(value.clamp(-1_000_000, 1_000_000))
}

/// A time in any of the spellings of [`Timestamp`]; UTC when it names no zone.
pub(super) fn time(cell: &[u8]) -> Result<Timestamp, CellProblem> {
    match plain_time(cell) {
        Some(instant) => Ok(instant),
        None => unusual_time(cell.trim_ascii()),
    }
}

fn unusual_time(cell: &[u8]) -> Result<Timestamp, CellProblem> {
    if cell.is_empty() {
        return Err(CellProblem::Missing);
    }
    if cell.len() == 8 && compact_date(cell) {
        return Err(CellProblem::DateWithoutDashes(shown(cell)));
    }
    let text = std::str::from_utf8(cell).unwrap_or_default();
    whole(text).parse().map_err(|error| match error {
        TimeError::OutOfRange(_) => CellProblem::TimeOutOfRange(shown(cell)),
        _ => CellProblem::NotTime(shown(cell)),
    })
}

/// An epoch without the `.0` that programs write which keep it in a float.
fn whole(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, zeros))
            if whole.bytes().all(|b| b.is_ascii_digit())
                && !zeros.is_empty()
                && zeros.bytes().all(|b| b == b'0') =>
        {
            whole
        }
        _ => text,
    }
}

/// `YYYY-MM-DD`, or that with ` HH:MM:SS` or `THH:MM:SS`, a fraction and a `Z`.
fn plain_time(cell: &[u8]) -> Option<Timestamp> {
    let (date, clock) = cell.split_at_checked(10)?;
    let (year, month, day) = match *date {
        [a, b, c, d, b'-', e, f, b'-', g, h] => {
            (pair(a, b)? * 100 + pair(c, d)?, pair(e, f)?, pair(g, h)?)
        }
        _ => return None,
    };
    // Times outside of these years may not fit and are left to the slow path.
    if !(1700..2200).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    if !(1..=month_days(year, month)).contains(&day) {
        return None;
    }
    let (seconds, nanos) = plain_clock(clock)?;
    let seconds = epoch_day(year, month, day) * DAY_SECONDS + seconds;
    Some(Timestamp::from_nanos(seconds * SECOND_NS + nanos))
}

fn plain_clock(clock: &[u8]) -> Option<(i64, i64)> {
    if clock.is_empty() {
        return Some((0, 0));
    }
    let (time, rest) = clock.split_at_checked(9)?;
    let (hour, minute, second) = match *time {
        [b' ' | b'T', a, b, b':', c, d, b':', e, f] => (pair(a, b)?, pair(c, d)?, pair(e, f)?),
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let rest = rest.strip_suffix(b"Z").unwrap_or(rest);
    let nanos = match rest {
        [] => 0,
        [b'.', fraction @ ..] if (1..=9).contains(&fraction.len()) => {
            let mut nanos = 0;
            for place in 0..9 {
                let digit = fraction.get(place).map_or(Some(0), |&byte| digit(byte))?;
                nanos = nanos * 10 + digit;
            }
            nanos
        }
        _ => return None,
    };
    Some((hour * 3_600 + minute * 60 + second, nanos))
}

fn compact_date(cell: &[u8]) -> bool {
    let &[a, b, c, d, e, f, g, h] = cell else {
        return false;
    };
    let date = || {
        let year = pair(a, b)? * 100 + pair(c, d)?;
        Some((year, pair(e, f)?, pair(g, h)?))
    };
    date().is_some_and(|(year, month, day)| {
        (1900..2100).contains(&year)
            && (1..=12).contains(&month)
            && (1..=month_days(year, month)).contains(&day)
    })
}

fn pair(tens: u8, ones: u8) -> Option<i64> {
    Some(digit(tens)? * 10 + digit(ones)?)
}

fn digit(byte: u8) -> Option<i64> {
    byte.is_ascii_digit().then(|| i64::from(byte - b'0'))
}

const fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar after the year 0, with years that
/// begin in March so that the leap day comes last.
const fn epoch_day(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let leap_days = year / 4 - year / 100 + year / 400;
    year * 365 + leap_days + day_of_year - 719_468
}

/// What stands in a cell, short and on one line.
pub(super) fn shown(cell: &[u8]) -> String {
    const LONGEST: usize = 40;
    let text = String::from_utf8_lossy(cell);
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        let cases = [
            ("0", "0"),
            ("100", "100"),
            ("46319.0", "46319.0"),
            ("1.10", "1.10"),
            (".5", "0.5"),
            ("5.", "5"),
            (" 7.25 ", "7.25"),
            ("+1.5", "1.5"),
            ("-1.5", "-1.5"),
            ("1e3", "1000"),
            ("1.25E+2", "125"),
            ("2.5e-05", "0.000025"),
            ("123456789012345678", "123456789012345678"),
            ("0.0000000000000000000000000001", "0.0000000000000000000000000001"),
            ("1.00000000000000000000000000000000000", "1.000000000000000000000000000"),
            ("9999999999999999999999999999", "9999999999999999999999999999"),
            ("0e999999999", "0"),
        ];
        for (text, expected) in cases {
            assert_eq!(decimal(text.as_bytes()).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_says_why() {
        use CellProblem::{Missing, NotFinite, NotNumber, TooPrecise};
        let cases = [
            ("", Missing),
            ("  ", Missing),
            (".", NotNumber(".".into())),
            ("1,5", NotNumber("1,5".into())),
            ("1.2.3", NotNumber("1.2.3".into())),
            ("abc", NotNumber("abc".into())),
            ("0x10", NotNumber("0x10".into())),
            ("1e", NotNumber("1e".into())),
            ("--1", NotNumber("--1".into())),
            ("NaN", NotFinite("NaN".into())),
            ("-Infinity", NotFinite("-Infinity".into())),
            ("1e29", TooPrecise("1e29".into())),
            ("1e-29", TooPrecise("1e-29".into())),
            ("12345678901234567890.123456789", TooPrecise("12345678901234567890.123456789".into())),
        ];
        for (text, problem) in cases {
            assert_eq!(decimal(text.as_bytes()), Err(problem), "{text}");
        }
    }

    #[test]
    fn times_that_could_mislead_are_refused() {
        use CellProblem::{DateWithoutDashes, Missing, NotTime, TimeOutOfRange};
        let cases = [
            ("", Missing),
            ("20240517", DateWithoutDashes("20240517".into())),
            ("17/05/2024", NotTime("17/05/2024".into())),
            ("1704067200.5", NotTime("1704067200.5".into())),
            ("2024-02-30", NotTime("2024-02-30".into())),
            ("2023-02-29 00:00:00", NotTime("2023-02-29 00:00:00".into())),
            ("2024-05-17 24:00:00", NotTime("2024-05-17 24:00:00".into())),
            ("2500-01-01", TimeOutOfRange("2500-01-01".into())),
        ];
        for (text, problem) in cases {
            assert_eq!(time(text.as_bytes()), Err(problem), "{text}");
        }
        assert!(time(b"20240632").is_ok(), "not a date, so it is an epoch");
        assert_eq!(time(b"1704067200.0"), time(b"1704067200"));
    }

    #[test]
    fn long_cells_are_shown_short() {
        assert_eq!(shown(b"a\nb\xFF"), "a\\nb\u{FFFD}");
        assert_eq!(shown(&[b'x'; 99]).chars().count(), 41);
    }

    proptest! {
        #[test]
        fn decimals_round_trip(mantissa in any::<i64>(), scale in 0u32..=28) {
            let expected = Decimal::new(mantissa, scale);
            let text = expected.to_string();
            prop_assert_eq!(decimal(text.as_bytes()).unwrap().serialize(), expected.serialize());
        }

        #[test]
        fn numbers_agree_with_the_domain(text in "[-+]?[0-9]{0,12}\\.?[0-9]{0,12}(e-?[0-9])?") {
            let ours = decimal(text.as_bytes()).ok();
            let theirs = ballast_domain::number::parse_decimal(&text).ok();
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                prop_assert_eq!(ours, theirs);
            }
        }

        #[test]
        fn times_agree_with_the_domain(
            nanos in -6_000_000_000_000_000_000_i64..7_000_000_000_000_000_000,
            digits in 0usize..=9,
            style in 0usize..4,
        ) {
            let second = nanos.div_euclid(SECOND_NS) * SECOND_NS;
            let exact = Timestamp::from_nanos(second);
            let zoned = exact.to_string();
            let bare = zoned.trim_end_matches('Z');
            let text = match style {
                0 => zoned.clone(),
                1 => bare.replace('T', " "),
                2 => bare[..10].to_owned(),
                _ => format!("{bare}.{}", "1234567890".get(..digits.max(1)).unwrap()),
            };
            prop_assert_eq!(plain_time(text.as_bytes()), Some(text.parse().unwrap()), "{}", text);
        }

        #[test]
        fn cells_never_panic(cell in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = decimal(&cell);
            let _ = time(&cell);
            prop_assert!(shown(&cell).chars().count() <= 41 * 8);
        }

        #[test]
        fn what_looks_like_a_time_is_one_of_the_domain(
            date in "[0-9]{4}-[0-9]{2}-[0-9]{2}",
            clock in "([T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z?)?",
        ) {
            let text = date + &clock;
            if let Some(fast) = plain_time(text.as_bytes()) {
                prop_assert_eq!(text.parse(), Ok(fast));
            }
        }
    }
}
