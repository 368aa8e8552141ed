//! Instants and bar intervals, always UTC.

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

const SECOND_NS: i64 = 1_000_000_000;
const DAY_NS: i64 = 86_400 * SECOND_NS;

/// Why a text is no time or no timeframe.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TimeError {
    /// Neither an ISO date, an ISO date and time, nor epoch seconds or milliseconds.
    #[error("'{0}' is not a time; write it like 2024-05-17T13:30:00Z, 2024-05-17 or as epoch")]
    NotTime(String),
    /// Not one of the intervals bars are kept in.
    #[error("'{0}' is not a timeframe; use one of 5s 15s 1m 5m 15m 30m 1h 4h 1d 1w 1M")]
    NotTimeframe(String),
    /// The instant lies outside the years 1678 to 2262.
    #[error("the time {0} is outside the supported years 1678 to 2262")]
    OutOfRange(String),
}

/// An instant, as nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest instant that can be written.
    pub const MIN: Self = Self(i64::MIN);

    /// From nanoseconds since the epoch.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From milliseconds since the epoch; `None` outside the supported years.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Option<Self> {
        match millis.checked_mul(1_000_000) {
            Some(nanos) => Some(Self(nanos)),
            None => None,
        }
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the epoch, rounded down.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Days since the epoch, by UTC calendar day.
    #[must_use]
    pub const fn utc_day(self) -> i64 {
        self.0.div_euclid(DAY_NS)
    }

    /// The instant `nanos` later (earlier when negative), at the ends of the range that end.
    #[must_use]
    pub const fn saturating_add_nanos(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }

    /// Nanoseconds from `earlier` to this instant, negative when it is later.
    #[must_use]
    pub const fn nanos_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    fn civil(self) -> DateTime {
        jiff::Timestamp::from_nanosecond(i128::from(self.0))
            .unwrap_or_default()
            .to_zoned(TimeZone::UTC)
            .datetime()
    }

    fn from_civil(civil: DateTime) -> Option<Self> {
        let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
        i64::try_from(zoned.timestamp().as_nanosecond()).ok().map(Self)
    }

    /// The second that it lies in.
    #[must_use]
    pub const fn whole_second(self) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(1_000_000_000)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(instant) => instant.fmt(f),
            Err(_) => write!(f, "{}ns", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    /// Reads RFC 3339, an ISO date or date and time (UTC when no zone is given), or epoch seconds,
    /// milliseconds, microseconds or nanoseconds (told apart by their size).
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let text = text.trim();
        if let Ok(number) = text.parse::<i64>() {
            return epoch(number).ok_or_else(|| TimeError::OutOfRange(text.to_owned()));
        }
        let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
            let civil = text.parse::<DateTime>().ok()?;
            Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
        });
        let instant = instant.ok_or_else(|| TimeError::NotTime(text.to_owned()))?;
        i64::try_from(instant.as_nanosecond())
            .map(Self)
            .map_err(|_| TimeError::OutOfRange(text.to_owned()))
    }
}

fn epoch(number: i64) -> Option<Timestamp> {
    let scale = match number.unsigned_abs() {
        0..100_000_000_000 => SECOND_NS,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        _ => 1,
    };
    number.checked_mul(scale).map(Timestamp)
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// The interval one bar spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timeframe {
    /// Five seconds.
    S5,
    /// Fifteen seconds.
    S15,
    /// One minute.
    M1,
    /// Five minutes.
    M5,
    /// Fifteen minutes.
    M15,
    /// Thirty minutes.
    M30,
    /// One hour.
    H1,
    /// Four hours.
    H4,
    /// One day.
    D1,
    /// One week, from Monday.
    W1,
    /// One calendar month.
    Mo1,
}

impl Timeframe {
    /// Every timeframe, shortest first.
    pub const ALL: [Self; 11] = [
        Self::S5,
        Self::S15,
        Self::M1,
        Self::M5,
        Self::M15,
        Self::M30,
        Self::H1,
        Self::H4,
        Self::D1,
        Self::W1,
        Self::Mo1,
    ];

    /// As people write it: `15m`, `1d`, `1M`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S5 => "5s",
            Self::S15 => "15s",
            Self::M1 => "1m",
            Self::M5 => "5m",
            Self::M15 => "15m",
            Self::M30 => "30m",
            Self::H1 => "1h",
            Self::H4 => "4h",
            Self::D1 => "1d",
            Self::W1 => "1w",
            Self::Mo1 => "1M",
        }
    }

    /// Its length in nanoseconds; `None` for the month, which has none.
    #[must_use]
    pub const fn nanos(self) -> Option<i64> {
        Some(match self {
            Self::S5 => 5 * SECOND_NS,
            Self::S15 => 15 * SECOND_NS,
            Self::M1 => 60 * SECOND_NS,
            Self::M5 => 300 * SECOND_NS,
            Self::M15 => 900 * SECOND_NS,
            Self::M30 => 1_800 * SECOND_NS,
            Self::H1 => 3_600 * SECOND_NS,
            Self::H4 => 14_400 * SECOND_NS,
            Self::D1 => DAY_NS,
            Self::W1 => 7 * DAY_NS,
            Self::Mo1 => return None,
        })
    }

    /// Whether it is shorter than a day.
    #[must_use]
    pub const fn is_intraday(self) -> bool {
        matches!(self.nanos(), Some(nanos) if nanos < DAY_NS)
    }

    /// The close of the bar that opens at `open`.
    #[must_use]
    pub fn close_of(self, open: Timestamp) -> Timestamp {
        match self.nanos() {
            Some(nanos) => open.saturating_add_nanos(nanos),
            None => shift_month(open, 1.month()),
        }
    }

    /// The open of the bar that closes at `close`.
    #[must_use]
    pub fn open_of(self, close: Timestamp) -> Timestamp {
        match self.nanos() {
            Some(nanos) => close.saturating_add_nanos(nanos.saturating_neg()),
            None => shift_month(close, (-1).month()),
        }
    }

    /// The open of the interval of this length, counted from the UTC epoch (weeks from Monday,
    /// months from the first), that holds `instant`.
    #[must_use]
    pub fn bucket_open(self, instant: Timestamp) -> Timestamp {
        // The epoch was a Thursday; weeks are counted from the Monday before it.
        const MONDAY_NS: i64 = -3 * DAY_NS;
        match self {
            Self::Mo1 => month_open(instant),
            Self::W1 => {
                let since = instant.0.saturating_sub(MONDAY_NS);
                Timestamp(since.div_euclid(7 * DAY_NS) * 7 * DAY_NS + MONDAY_NS)
            }
            other => {
                let nanos = other.nanos().unwrap_or(DAY_NS);
                Timestamp(instant.0.div_euclid(nanos) * nanos)
            }
        }
    }
}

fn shift_month(instant: Timestamp, span: Span) -> Timestamp {
    let shifted = instant.civil().checked_add(span).ok();
    shifted.and_then(Timestamp::from_civil).unwrap_or(instant)
}

fn month_open(instant: Timestamp) -> Timestamp {
    let first = instant.civil().date().first_of_month();
    Timestamp::from_civil(first.to_datetime(jiff::civil::Time::midnight())).unwrap_or(instant)
}

impl fmt::Display for Timeframe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Timeframe {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        let found = Self::ALL.into_iter().find(|timeframe| timeframe.as_str() == text);
        found.ok_or_else(|| TimeError::NotTimeframe(text.to_owned()))
    }
}

impl Serialize for Timeframe {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Timeframe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn times_are_read_in_every_common_spelling() {
        let noon = at("2024-05-17T12:00:00Z");
        for text in [
            "2024-05-17 12:00:00",
            "2024-05-17T12:00:00.000000",
            "2024-05-17T14:00:00+02:00",
            "2024-05-17 12:00",
            "1715947200",
            "1715947200000",
            "1715947200000000",
            "1715947200000000000",
        ] {
            assert_eq!(at(text), noon, "{text}");
        }
        assert_eq!(at("2024-05-17").to_string(), "2024-05-17T00:00:00Z");
        for text in ["", "yesterday", "2024-13-01", "2024-02-30", "12:00", "NaN"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn bars_open_and_close_on_the_calendar() {
        let cases = [
            (
                Timeframe::M15,
                "2024-05-17T12:07:09Z",
                "2024-05-17T12:00:00Z",
                "2024-05-17T12:15:00Z",
            ),
            (Timeframe::H4, "2024-05-17T11:59:59Z", "2024-05-17T08:00:00Z", "2024-05-17T12:00:00Z"),
            (Timeframe::D1, "1969-12-31T23:00:00Z", "1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z"),
            (Timeframe::W1, "2024-05-19T23:59:59Z", "2024-05-13T00:00:00Z", "2024-05-20T00:00:00Z"),
            (
                Timeframe::Mo1,
                "2024-02-29T01:00:00Z",
                "2024-02-01T00:00:00Z",
                "2024-03-01T00:00:00Z",
            ),
        ];
        for (timeframe, instant, open, close) in cases {
            assert_eq!(timeframe.bucket_open(at(instant)), at(open), "{timeframe}");
            assert_eq!(timeframe.close_of(at(open)), at(close), "{timeframe}");
            assert_eq!(timeframe.open_of(at(close)), at(open), "{timeframe}");
        }
    }

    #[test]
    fn timeframes_round_trip() {
        for timeframe in Timeframe::ALL {
            assert_eq!(timeframe.to_string().parse(), Ok(timeframe));
        }
        assert!("2h".parse::<Timeframe>().is_err());
    }
}
