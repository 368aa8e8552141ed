//! The equity curve as running sums: the deepest fall from a peak, and the moments of the returns.

use ballast_domain::Timestamp;

use super::ratio;

/// Peak, and the trough since. Divides only when a fall has ended, so a bar costs two comparisons.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawdown {
    peak: f64,
    peak_time: Timestamp,
    trough: f64,
    deepest: f64,
    longest_ns: i64,
}

impl Drawdown {
    pub(super) const fn new(equity: f64, time: Timestamp) -> Self {
        Self { peak: equity, peak_time: time, trough: equity, deepest: 0.0, longest_ns: 0 }
    }

    #[inline]
    pub(super) fn push(&mut self, time: Timestamp, equity: f64) {
        if equity >= self.peak {
            self.settle(time);
            self.peak = equity;
            self.peak_time = time;
            self.trough = equity;
        } else if equity < self.trough {
            self.trough = equity;
        }
    }

    /// The deepest fall as a fraction of its peak, and the longest in nanoseconds, at `now`.
    pub(super) fn worst(mut self, now: Timestamp) -> (f64, i64) {
        self.settle(now);
        (self.deepest, self.longest_ns)
    }

    #[inline]
    fn settle(&mut self, now: Timestamp) {
        if self.trough < self.peak {
            self.deepest = self.deepest.max((self.peak - self.trough) / self.peak);
            self.longest_ns = self.longest_ns.max(now.nanos_since(self.peak_time));
        }
    }
}

/// Moments of the returns between successive samples, by Welford's update.
#[derive(Debug, Clone, Copy)]
pub(super) struct Returns {
    samples: u64,
    first: f64,
    last: f64,
    mean: f64,
    squares: f64,
    negative_squares: f64,
    lowest: f64,
    highest: f64,
    drawdown: Drawdown,
    /// A sample at or below zero was followed by another: that return has no meaning.
    ruined: bool,
}

impl Returns {
    pub(super) const fn new() -> Self {
        Self {
            samples: 0,
            first: 0.0,
            last: 0.0,
            mean: 0.0,
            squares: 0.0,
            negative_squares: 0.0,
            lowest: f64::INFINITY,
            highest: f64::NEG_INFINITY,
            drawdown: Drawdown::new(0.0, Timestamp::MIN),
            ruined: false,
        }
    }

    #[inline]
    pub(super) fn push(&mut self, equity: f64) {
        if self.samples == 0 {
            self.first = equity;
            self.drawdown = Drawdown::new(equity, Timestamp::MIN);
        } else {
            self.ruined |= self.last <= 0.0;
            self.add(equity / self.last - 1.0);
            self.drawdown.push(Timestamp::MIN, equity);
        }
        self.samples += 1;
        self.last = equity;
    }

    #[inline]
    fn add(&mut self, value: f64) {
        // The reciprocal does not wait for the previous mean, which keeps the division off the
        // chain from one bar to the next.
        let weight = 1.0 / self.samples as f64;
        let distance = value - self.mean;
        self.mean += distance * weight;
        self.squares += distance * (value - self.mean);
        let negative = value.min(0.0);
        self.negative_squares += negative * negative;
        self.lowest = self.lowest.min(value);
        self.highest = self.highest.max(value);
    }

    pub(super) const fn count(&self) -> u64 {
        self.samples.saturating_sub(1)
    }

    /// Compound growth of one year, from the first to the last sample; `None` once below zero,
    /// where a whole exponent would still give a number.
    pub(super) fn annual_growth(&self, periods_per_year: f64) -> Option<f64> {
        let years = self.count() as f64 / periods_per_year;
        let growth =
            ratio(self.last, self.first).filter(|_| self.first > 0.0 && self.last >= 0.0)?;
        ratio(growth.powf(1.0 / years) - 1.0, 1.0).filter(|_| years > 0.0)
    }

    /// Sample standard deviation of one period; exactly zero when all returns are equal, where
    /// rounding would leave a residue that makes an arbitrary ratio.
    pub(super) fn deviation(&self) -> Option<f64> {
        if self.count() < 2 || self.ruined {
            None
        } else if self.lowest == self.highest {
            Some(0.0)
        } else {
            Some((self.squares / (self.count() - 1) as f64).sqrt())
        }
    }

    /// Mean over standard deviation, of one period.
    pub(super) fn sharpe(&self) -> Option<f64> {
        ratio(self.mean, self.deviation()?)
    }

    /// Mean over downside deviation, of one period.
    pub(super) fn sortino(&self) -> Option<f64> {
        self.deviation()?;
        ratio(self.mean, (self.negative_squares / self.count() as f64).sqrt())
    }

    /// The deepest fall between samples, as a fraction of its peak.
    pub(super) fn max_drawdown(&self) -> Option<f64> {
        Some(self.drawdown.worst(Timestamp::MIN).0).filter(|_| !self.ruined)
    }
}
