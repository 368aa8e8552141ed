//! Longer bars from shorter ones, each known only at its own close.

use ballast_domain::{Bar, Timeframe, Timestamp};

/// The bar of one instrument and timeframe that is still forming.
///
/// A shorter bar belongs to the interval in which it opened. Where the opens of an instrument lie
/// off the grid (stocks at half past, weeks in months), the last shorter bar of an interval closes
/// after the interval's end, and only then is the longer one known.
#[derive(Debug, Clone)]
pub(super) struct Aggregate {
    timeframe: Timeframe,
    forming: Option<Forming>,
    /// Shorter bars that opened before this instant are in bars of the past already.
    seeded_to: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Forming {
    bar: Bar,
    /// The end of the interval: what opens from here on belongs to the next.
    end: Timestamp,
    /// When the last shorter bar closes, whether it comes or not.
    due: Timestamp,
}

impl Aggregate {
    pub(super) const fn new(timeframe: Timeframe) -> Self {
        Self { timeframe, forming: None, seeded_to: Timestamp::MIN }
    }

    /// When the forming bar closes, if one is forming.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.forming.map(|forming| forming.due)
    }

    /// The forming bar, when it closes at or before `now`: what is missing of it never comes.
    pub(super) fn expire(&mut self, now: Timestamp) -> Option<Bar> {
        let forming = self.forming.take_if(|forming| forming.due <= now)?;
        Some(Bar { close_time: forming.due, ..forming.bar })
    }

    /// A bar of the past that closed at `close` is known: what shorter bars have formed of it lacks
    /// those from before the first.
    pub(super) fn seed(&mut self, close: Timestamp) {
        self.expire(close);
        self.seeded_to = close;
    }

    /// A shorter bar has opened: from the interval's end on, nothing more of it can come.
    pub(super) fn opens(&mut self, opened: Timestamp) {
        if let Some(forming) = self.forming.as_mut().filter(|forming| forming.end <= opened) {
            forming.due = forming.due.min(opened);
        }
    }

    /// Adds a shorter bar; gives the longer one when this was its last. A forming bar that is due
    /// was taken before by [`Self::expire`].
    pub(super) fn add(&mut self, shorter: &Bar, opened: Timestamp) -> Option<Bar> {
        if opened < self.seeded_to {
            return None;
        }
        let (end, bar) = match self.forming {
            None => (self.timeframe.close_of(self.timeframe.bucket_open(opened)), *shorter),
            Some(Forming { bar, end, .. }) => (end, merged(&bar, shorter)),
        };
        if end <= shorter.close_time {
            self.forming = None;
            return Some(bar);
        }
        let length = shorter.close_time.nanos_since(opened).max(1);
        let off_grid = shorter.close_time.nanos_since(end).rem_euclid(length);
        let due = end.saturating_add_nanos(off_grid);
        self.forming = Some(Forming { bar, end, due });
        None
    }
}

/// One bar of both; it closes when the later one does.
fn merged(forming: &Bar, shorter: &Bar) -> Bar {
    Bar {
        close_time: shorter.close_time,
        open: forming.open,
        high: forming.high.max(shorter.high),
        low: forming.low.min(shorter.low),
        close: shorter.close,
        volume: forming.volume.checked_add(shorter.volume).unwrap_or(forming.volume),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(close: &str, prices: [&str; 4], volume: &str) -> Bar {
        let [open, high, low, last] = prices.map(|price| price.parse().unwrap());
        let close_time = close.parse().unwrap();
        Bar { close_time, open, high, low, close: last, volume: volume.parse().unwrap() }
    }

    #[test]
    fn a_longer_bar_is_known_at_its_own_close() {
        let mut hours = Aggregate::new(Timeframe::H4);
        let add = |hours: &mut Aggregate, bar: Bar| {
            hours.add(&bar, Timeframe::H1.open_of(bar.close_time))
        };
        let opens = [("01", "10"), ("02", "12"), ("03", "9")];
        for (hour, price) in opens {
            let at = format!("2024-05-17T{hour}:00:00Z");
            assert_eq!(add(&mut hours, bar(&at, [price; 4], "1")), None);
        }
        let last = bar("2024-05-17T04:00:00Z", ["11", "13", "8", "10.5"], "2");
        let expected = bar("2024-05-17T04:00:00Z", ["10", "13", "8", "10.5"], "5");
        assert_eq!(add(&mut hours, last), Some(expected));
    }

    #[test]
    fn a_gap_at_the_end_closes_it_all_the_same() {
        let mut hours = Aggregate::new(Timeframe::H4);
        let first = bar("2024-05-17T02:00:00Z", ["10"; 4], "1");
        assert_eq!(hours.add(&first, Timeframe::H1.open_of(first.close_time)), None);
        assert_eq!(hours.expire("2024-05-17T03:59:00Z".parse().unwrap()), None);
        let closed = hours.expire("2024-05-17T04:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(closed.close_time, "2024-05-17T04:00:00Z".parse().unwrap());
        assert_eq!(hours.due(), None);
    }

    #[test]
    fn bars_off_the_grid_make_a_longer_one_that_closes_with_the_last_of_them() {
        let mut hours = Aggregate::new(Timeframe::H4);
        let at = |time: &str| format!("2024-05-17T{time}:00Z").parse::<Timestamp>().unwrap();
        let add = |hours: &mut Aggregate, close: &str| {
            let bar = bar(&at(close).to_string(), ["10"; 4], "1");
            hours.add(&bar, Timeframe::H1.open_of(bar.close_time))
        };
        for close in ["13:30", "14:30", "15:30"] {
            assert_eq!(add(&mut hours, close), None);
        }
        assert_eq!((hours.due(), hours.expire(at("16:00"))), (Some(at("16:30")), None));
        let whole = add(&mut hours, "16:30").unwrap();
        assert_eq!((whole.close_time, whole.volume.to_string()), (at("16:30"), "4".to_owned()));
        // Its last hour is missing, and the next bar opens earlier than the others did.
        for close in ["17:30", "18:30"] {
            assert_eq!(add(&mut hours, close), None);
        }
        hours.opens(at("19:45"));
        assert_eq!(hours.due(), Some(at("20:30")), "still inside");
        hours.opens(at("20:15"));
        assert_eq!(hours.expire(at("20:15")).unwrap().close_time, at("20:15"));
    }
}
