//! The equity curve of a profile: a point a minute, an hour in each stored document.

use ballast_domain::ProfileId;
use ballast_storage::{Query, StoreError, TenantStore, Value};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::decimal;
use super::store::EQUITY;

/// How fine a stored curve is.
pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Points that are kept as fine as they came, for the end of a chart.
const FINE_POINTS: usize = 720;

/// What a profile was worth at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Worth {
    pub(crate) at_ms: i64,
    pub(crate) equity: Decimal,
    /// What had been put in by then, less what had been taken out: the rest is profit.
    pub(crate) allocated: Decimal,
}

/// An hour of a curve, as stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EquityHour {
    profile_id: String,
    from_ms: i64,
    /// Milliseconds since 1970 and equity.
    points: Vec<(i64, String)>,
    /// Milliseconds since 1970 and what is allocated from then on; one at the first point.
    #[serde(default)]
    allocations: Vec<(i64, String)>,
}

impl EquityHour {
    fn new(profile: ProfileId) -> Self {
        Self {
            profile_id: profile.to_string(),
            from_ms: i64::MIN,
            points: Vec::new(),
            allocations: Vec::new(),
        }
    }

    pub(super) fn key(&self) -> String {
        format!("{}.{:014}", self.profile_id, self.from_ms)
    }

    /// When it begins, in milliseconds since 1970.
    pub(crate) const fn begin_ms(&self) -> i64 {
        self.from_ms
    }

    /// Its points, the oldest first.
    pub(crate) fn worths(&self) -> impl Iterator<Item = Worth> {
        let number = |text: &str| text.parse::<Decimal>().ok();
        self.points.iter().filter_map(move |(at_ms, equity)| {
            let later = self.allocations.partition_point(|(ms, _)| ms <= at_ms);
            let (_, allocated) = self.allocations.get(later.saturating_sub(1))?;
            let (equity, allocated) = (number(equity)?, number(allocated)?);
            Some(Worth { at_ms: *at_ms, equity, allocated })
        })
    }

    fn push(&mut self, worth: Worth) {
        let Worth { at_ms, equity, allocated } = worth;
        let allocated = decimal(allocated);
        if self.allocations.last().is_none_or(|(_, known)| *known != allocated) {
            self.allocations.push((at_ms, allocated));
        }
        self.points.push((at_ms, decimal(equity)));
    }
}

/// What is known of a profile's worth lately.
#[derive(Debug)]
pub(super) struct Curve {
    hour: EquityHour,
    last: Option<Worth>,
    day_ms: i64,
    /// What it was worth when the day began.
    pub(super) day_start: Option<Worth>,
    fine: Vec<Worth>,
}

impl Curve {
    pub(super) fn new(profile: ProfileId) -> Self {
        let hour = EquityHour::new(profile);
        Self { hour, last: None, day_ms: i64::MIN, day_start: None, fine: Vec::new() }
    }

    /// Goes on where the stored curve ends.
    pub(super) async fn read(store: &TenantStore, profile: ProfileId) -> Result<Self, StoreError> {
        let mut curve = Self::new(profile);
        let newest = Query { descending: true, limit: 1, ..of(profile) };
        let documents = store.documents(&EQUITY);
        let found = documents.query::<EquityHour>(&newest).await?.documents.pop();
        let Some(hour) = found.map(|found| found.body) else { return Ok(curve) };
        let Some(last) = hour.worths().last() else { return Ok(curve) };
        curve.day_ms = last.at_ms.div_euclid(DAY_MS) * DAY_MS;
        let before = Query { until: Some(Value::Integer(curve.day_ms)), ..newest.clone() };
        let first = Query { from: Some(Value::Integer(curve.day_ms)), limit: 1, ..of(profile) };
        let before = documents.query::<EquityHour>(&before).await?.documents.pop();
        let first = documents.query::<EquityHour>(&first).await?.documents.pop();
        curve.day_start = match (before, first) {
            (Some(before), _) => before.body.worths().last(),
            (None, Some(first)) => first.body.worths().next(),
            (None, None) => None,
        };
        curve.last = Some(last);
        curve.hour = hour;
        Ok(curve)
    }

    /// Takes what the profile is worth now. Gives the hour to store when it has a new point.
    pub(super) fn observe(&mut self, worth: Worth) -> Option<&EquityHour> {
        let now_ms = worth.at_ms;
        let day_ms = now_ms.div_euclid(DAY_MS) * DAY_MS;
        // Without a point before it, the profile was made today; it may have traded since.
        let made = Worth { equity: worth.allocated, ..worth };
        if day_ms > self.day_ms {
            self.day_ms = day_ms;
            self.day_start = Some(self.last.unwrap_or(made));
        }
        self.day_start.get_or_insert(made);
        if self.fine.last().is_none_or(|last| now_ms > last.at_ms) {
            if self.fine.len() >= 2 * FINE_POINTS {
                self.fine.drain(..FINE_POINTS);
            }
            self.fine.push(worth);
        }
        let hour_ms = now_ms.div_euclid(HOUR_MS) * HOUR_MS;
        if hour_ms > self.hour.from_ms {
            self.hour.from_ms = hour_ms;
            self.hour.points.clear();
            self.hour.allocations.clear();
        }
        let minute_ms = now_ms.div_euclid(MINUTE_MS) * MINUTE_MS;
        let known = self.hour.points.last().is_some_and(|(ms, _)| *ms >= minute_ms);
        let same = |last: Worth| (last.equity, last.allocated) == (worth.equity, worth.allocated);
        let moved = self.last.is_some_and(|last| last.allocated != worth.allocated);
        // A profile that holds nothing stays what it was, and costs nothing to follow.
        if (known && !moved) || self.last.is_some_and(same) {
            return None;
        }
        self.last = Some(worth);
        self.hour.push(worth);
        Some(&self.hour)
    }

    /// The latest points as they came.
    pub(super) fn fine(&self) -> &[Worth] {
        let surplus = self.fine.len().saturating_sub(FINE_POINTS);
        self.fine.get(surplus..).unwrap_or_default()
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

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn worth(seconds: i64, equity: &str, allocated: &str) -> Worth {
        Worth { at_ms: seconds * 1_000, equity: dec(equity), allocated: dec(allocated) }
    }

    #[test]
    fn a_minute_has_one_stored_point_and_the_day_its_start() {
        let mut curve = Curve::new(ProfileId::from_bits(1));
        assert!(curve.observe(worth(10, "100", "100")).is_some());
        assert!(curve.observe(worth(15, "101", "100")).is_none(), "the minute has its point");
        assert_eq!(curve.observe(worth(70, "102", "100")).unwrap().points.len(), 2);
        assert!(curve.observe(worth(140, "102", "100")).is_none(), "nothing has changed");
        assert_eq!(curve.day_start.unwrap().equity, dec("100"));
        let hour = curve.observe(worth(86_400 + 5, "90", "100")).unwrap();
        assert_eq!((hour.from_ms, hour.points.len()), (86_400_000, 1));
        let start = curve.day_start.unwrap();
        assert_eq!(start.equity, dec("102"), "what it was worth when the day began");
        assert_eq!(curve.fine().len(), 5);
    }

    #[test]
    fn what_was_lost_before_the_first_point_is_of_the_day() {
        let mut curve = Curve::new(ProfileId::from_bits(1));
        curve.observe(worth(10, "98", "100"));
        assert_eq!(curve.day_start.unwrap().equity, dec("100"));
    }

    #[test]
    fn a_change_of_capital_is_a_point_of_its_own_and_is_read_back_as_one() {
        let mut curve = Curve::new(ProfileId::from_bits(1));
        curve.observe(worth(10, "100", "100"));
        curve.observe(worth(20, "150", "150"));
        let hour = curve.observe(worth(70, "149", "150")).unwrap();
        let read: EquityHour = serde_json::from_str(&serde_json::to_string(hour).unwrap()).unwrap();
        let worths: Vec<_> = read.worths().collect();
        let told = [worth(10, "100", "100"), worth(20, "150", "150"), worth(70, "149", "150")];
        assert_eq!(worths, told);
    }
}
