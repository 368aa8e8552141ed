//! Longer bars from shorter ones, each known only at its own close.

use ballast_domain::{Bar, Timeframe, Timestamp};

/// The bar of one instrument and timeframe that is still forming.
#[derive(Debug, Clone)]
pub(super) struct Aggregate {
    timeframe: Timeframe,
    forming: Option<Bar>,
}

impl Aggregate {
    pub(super) const fn new(timeframe: Timeframe) -> Self {
        Self { timeframe, forming: None }
    }

    /// When the forming bar closes, if one is forming.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.forming.map(|bar| bar.close_time)
    }

    /// The forming bar, when it closes at or before `now`: what is missing of it never comes.
    pub(super) fn expire(&mut self, now: Timestamp) -> Option<Bar> {
        self.forming.take_if(|bar| bar.close_time <= now)
    }

    /// Adds a shorter bar; gives the longer one when this was its last. A forming bar that is due
    /// was taken before by [`Self::expire`].
    pub(super) fn add(&mut self, shorter: &Bar, opened: Timestamp) -> Option<Bar> {
        let merged = match self.forming {
            None => {
                let close_time = self.timeframe.close_of(self.timeframe.bucket_open(opened));
                Bar { close_time, ..*shorter }
            }
            Some(forming) => Bar {
                high: forming.high.max(shorter.high),
                low: forming.low.min(shorter.low),
                close: shorter.close,
                volume: forming.volume.checked_add(shorter.volume).unwrap_or(forming.volume),
                ..forming
            },
        };
        if merged.close_time <= shorter.close_time {
            self.forming = None;
            return Some(merged);
        }
        self.forming = Some(merged);
        None
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
}
