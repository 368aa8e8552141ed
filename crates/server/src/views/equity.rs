//! The equity curve of a profile: a point a minute, an hour in each stored document.

use ballast_domain::{ProfileId, Timestamp};
use ballast_storage::{Query, StoreError, TenantStore, Value};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::decimal;
use super::store::EQUITY;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Points that are kept as fine as they came, for the end of a chart.
const FINE_POINTS: usize = 720;

/// An hour of a curve, as stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EquityHour {
    pub(crate) profile_id: String,
    pub(crate) from_ms: i64,
    /// Milliseconds since 1970 and equity.
    pub(crate) points: Vec<(i64, String)>,
}

impl EquityHour {
    pub(super) fn key(&self) -> String {
        format!("{}.{:014}", self.profile_id, self.from_ms)
    }
}

/// What is known of a profile's worth lately.
#[derive(Debug)]
pub(super) struct Curve {
    hour: EquityHour,
    last: Option<Decimal>,
    day_ms: i64,
    /// What it was worth when the day began.
    pub(super) day_start: Option<Decimal>,
    fine: Vec<(i64, Decimal)>,
}

impl Curve {
    pub(super) fn new(profile: ProfileId) -> Self {
        let hour =
            EquityHour { profile_id: profile.to_string(), from_ms: i64::MIN, points: Vec::new() };
        Self { hour, last: None, day_ms: i64::MIN, day_start: None, fine: Vec::new() }
    }

    /// Goes on where the stored curve ends.
    pub(super) async fn read(store: &TenantStore, profile: ProfileId) -> Result<Self, StoreError> {
        let mut curve = Self::new(profile);
        let newest = Query { descending: true, limit: 1, ..of(profile) };
        let documents = store.documents(&EQUITY);
        let found = documents.query::<EquityHour>(&newest).await?.documents.pop();
        let Some(hour) = found.map(|found| found.body) else { return Ok(curve) };
        let Some((last_ms, last)) = hour.points.last().cloned() else { return Ok(curve) };
        curve.day_ms = last_ms.div_euclid(DAY_MS) * DAY_MS;
        let before = Query { until: Some(Value::Integer(curve.day_ms)), ..newest.clone() };
        let first = Query { from: Some(Value::Integer(curve.day_ms)), limit: 1, ..of(profile) };
        let before = documents.query::<EquityHour>(&before).await?.documents.pop();
        let first = documents.query::<EquityHour>(&first).await?.documents.pop();
        let start = match (before, first) {
            (Some(before), _) => before.body.points.last().cloned(),
            (None, Some(first)) => first.body.points.first().cloned(),
            (None, None) => None,
        };
        curve.day_start = start.and_then(|(_, equity)| equity.parse().ok());
        curve.last = last.parse().ok();
        curve.hour = hour;
        Ok(curve)
    }

    /// Takes what the profile is worth at `at`. Gives the hour to store when it has a new point.
    pub(super) fn observe(&mut self, at: Timestamp, equity: Decimal) -> Option<&EquityHour> {
        let now_ms = at.millis();
        let day_ms = now_ms.div_euclid(DAY_MS) * DAY_MS;
        if day_ms > self.day_ms {
            self.day_ms = day_ms;
            self.day_start = Some(self.last.unwrap_or(equity));
        }
        self.day_start.get_or_insert(equity);
        if self.fine.last().is_none_or(|(ms, _)| now_ms > *ms) {
            if self.fine.len() >= 2 * FINE_POINTS {
                self.fine.drain(..FINE_POINTS);
            }
            self.fine.push((now_ms, equity));
        }
        let hour_ms = now_ms.div_euclid(HOUR_MS) * HOUR_MS;
        if hour_ms > self.hour.from_ms {
            self.hour.from_ms = hour_ms;
            self.hour.points.clear();
        }
        let minute_ms = now_ms.div_euclid(MINUTE_MS) * MINUTE_MS;
        let known = self.hour.points.last().is_some_and(|(ms, _)| *ms >= minute_ms);
        // A profile that holds nothing stays what it was, and costs nothing to follow.
        if known || self.last == Some(equity) {
            return None;
        }
        self.last = Some(equity);
        self.hour.points.push((now_ms, decimal(equity)));
        Some(&self.hour)
    }

    /// The latest points as they came.
    pub(super) fn fine(&self) -> impl Iterator<Item = (i64, String)> {
        let surplus = self.fine.len().saturating_sub(FINE_POINTS);
        self.fine.iter().skip(surplus).map(|(ms, equity)| (*ms, decimal(*equity)))
    }
}

/// All hours of a profile, the oldest first.
pub(crate) fn of(profile: ProfileId) -> Query {
    Query {
        equal: vec![("profileId", profile.to_string().as_str().into())],
        order_by: Some("fromMs"),
        ..Query::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn a_minute_has_one_stored_point_and_the_day_its_start() {
        let mut curve = Curve::new(ProfileId::from_bits(1));
        let dec = |text: &str| text.parse::<Decimal>().unwrap();
        assert!(curve.observe(at(10), dec("100")).is_some());
        assert!(curve.observe(at(15), dec("101")).is_none(), "the minute has its point");
        assert_eq!(curve.observe(at(70), dec("102")).unwrap().points.len(), 2);
        assert!(curve.observe(at(140), dec("102")).is_none(), "nothing has changed");
        assert_eq!(curve.day_start, Some(dec("100")));
        let hour = curve.observe(at(86_400 + 5), dec("90")).unwrap();
        assert_eq!((hour.from_ms, hour.points.len()), (86_400_000, 1));
        assert_eq!(curve.day_start, Some(dec("102")), "what it was worth when the day began");
        assert_eq!(curve.fine().count(), 5);
    }
}
