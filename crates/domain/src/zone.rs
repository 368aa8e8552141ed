//! Time zones, and the days that begin and end in them.
//!
//! The rules are those that this release was built with, so that a day begins at the same instant
//! on every machine.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use crate::time::Timestamp;

/// No such time zone.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{0}' is not a time zone; write an IANA name like America/New_York, or UTC")]
pub struct ZoneError(String);

/// A time zone by its IANA name; UTC unless another is named.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// A calendar day in some time zone, written `2024-05-13`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Zone {
    /// Whether it is UTC.
    #[must_use]
    pub fn is_utc(&self) -> bool {
        self.0 == TimeZone::UTC
    }

    /// The day that `instant` lies in, and the instant at which the next one begins. A day begins
    /// with what follows its midnight: the close at midnight itself is the last of the day before.
    #[must_use]
    pub fn day(&self, instant: Timestamp) -> (Day, Timestamp) {
        let within = instant.saturating_add_nanos(-1);
        let within = jiff::Timestamp::from_nanosecond(i128::from(within.nanos()));
        let zoned = within.unwrap_or_default().to_zoned(self.0.clone());
        let next = zoned.tomorrow().and_then(|next| next.start_of_day()).ok();
        let nanos = next.and_then(|next| i64::try_from(next.timestamp().as_nanosecond()).ok());
        (Day(zoned.date()), Timestamp::from_nanos(nanos.unwrap_or(i64::MAX)))
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(text: &str) -> Result<Self, ZoneError> {
        match text {
            "UTC" => Ok(Self::default()),
            name => {
                let known = TimeZoneDatabase::bundled().get(name);
                known.map(Self).map_err(|_| ZoneError(name.to_owned()))
            }
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_after_its_midnight_where_the_profile_is() {
        let cases = [
            ("UTC", "2024-05-13T00:00:00Z", "2024-05-12", "2024-05-13T00:00:00Z"),
            ("UTC", "2024-05-13T00:00:01Z", "2024-05-13", "2024-05-14T00:00:00Z"),
            ("America/New_York", "2024-05-13T03:00:00Z", "2024-05-12", "2024-05-13T04:00:00Z"),
            ("Asia/Tokyo", "2024-05-13T16:00:00Z", "2024-05-14", "2024-05-14T15:00:00Z"),
            // The clocks go back that night: the day has 25 hours.
            ("America/New_York", "2024-11-03T05:00:00Z", "2024-11-03", "2024-11-04T05:00:00Z"),
        ];
        for (zone, instant, day, next) in cases {
            let zone: Zone = zone.parse().unwrap();
            let (found, end) = zone.day(instant.parse().unwrap());
            assert_eq!((found.to_string(), end.to_string()), (day.into(), next.into()), "{zone}");
        }
    }

    #[test]
    fn a_zone_is_written_by_its_name() {
        let zone: Zone = serde_json::from_str("\"Europe/Berlin\"").unwrap();
        assert_eq!(serde_json::to_string(&zone).unwrap(), "\"Europe/Berlin\"");
        assert!("UTC".parse::<Zone>().unwrap().is_utc());
        let unknown = serde_json::from_str::<Zone>("\"Berlin\"").unwrap_err().to_string();
        assert!(
            unknown.starts_with("'Berlin' is not a time zone; write an IANA name"),
            "{unknown}"
        );
        let day: Day = serde_json::from_str("\"2024-05-13\"").unwrap();
        assert_eq!(serde_json::to_string(&day).unwrap(), "\"2024-05-13\"");
    }
}
