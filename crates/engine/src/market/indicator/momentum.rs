//! Change against the value some bars ago, and the Relative Strength Index.

use super::window::Lag;

/// Difference to the value `period` bars ago, TA-Lib `MOM`, Pine `ta.change`.
#[derive(Clone, Debug)]
pub(super) struct Change {
    lag: Lag,
}

impl Change {
    pub(super) fn new(period: u32) -> Self {
        Self { lag: Lag::new(period) }
    }

    #[inline]
    pub(super) fn update(&mut self, value: f64) -> f64 {
        value - self.lag.replace(value)
    }

    pub(super) fn reset(&mut self) {
        self.lag.reset();
    }

    pub(super) fn warm_up_bars(&self) -> u32 {
        self.lag.warm_up_bars()
    }
}

/// Change against the value `period` bars ago, in percent of it, TA-Lib `ROC`. As there, 0 when
/// that value was 0; NaN when it was so small that the quotient overflows.
#[derive(Clone, Debug)]
pub(super) struct RateOfChange {
    lag: Lag,
}

impl RateOfChange {
    pub(super) fn new(period: u32) -> Self {
        Self { lag: Lag::new(period) }
    }

    #[inline]
    pub(super) fn update(&mut self, value: f64) -> f64 {
        let before = self.lag.replace(value);
        if before == 0.0 {
            return 0.0;
        }
        let percent = (value / before - 1.0) * 100.0;
        if percent.is_finite() { percent } else { f64::NAN }
    }

    pub(super) fn reset(&mut self) {
        self.lag.reset();
    }

    pub(super) fn warm_up_bars(&self) -> u32 {
        self.lag.warm_up_bars()
    }
}

/// Relative Strength Index, TA-Lib `RSI`, 0 to 100: `100 × gain / (gain + loss)`, where gain and
/// loss are Wilder's averages of the rises and falls, seeded with the simple average of the first
/// `period` changes. 0 when nothing has moved at all, as TA-Lib's C library gives up to 0.8.1;
/// the Rust port 0.8.3 answers 50 there.
#[derive(Clone, Debug)]
#[repr(C)]
pub(super) struct Rsi {
    /// NaN before the first value.
    previous: f64,
    gain: f64,
    loss: f64,
    // The constants come last, in this order: the compiler loads them two at a time, and such a
    // load stalls for longer than all the arithmetic if it touches a field that was just written.
    keep: f64,
    inverse: f64,
    period: u32,
    /// Changes taken so far, at most `period`.
    taken: u32,
}

impl Rsi {
    pub(super) fn new(period: u32) -> Self {
        let length = f64::from(period);
        Self {
            previous: f64::NAN,
            gain: 0.0,
            loss: 0.0,
            keep: length - 1.0,
            inverse: 1.0 / length,
            period,
            taken: 0,
        }
    }

    #[inline]
    pub(super) fn update(&mut self, value: f64) -> f64 {
        let change = value - self.previous;
        self.previous = value;
        if self.taken == self.period {
            let rise = rise_of(change);
            self.gain = (self.gain * self.keep + rise) * self.inverse;
            self.loss = (self.loss * self.keep + (rise - change)) * self.inverse;
        } else if !self.seed(change) {
            return f64::NAN;
        }
        let total = self.gain + self.loss;
        if total > 0.0 { 100.0 * (self.gain / total) } else { 0.0 }
    }

    pub(super) fn reset(&mut self) {
        self.taken = 0;
        self.previous = f64::NAN;
        self.gain = 0.0;
        self.loss = 0.0;
    }

    pub(super) fn warm_up_bars(&self) -> u32 {
        self.period
    }

    /// True once the first `period` changes are in and averaged.
    fn seed(&mut self, change: f64) -> bool {
        if change.is_nan() {
            return false;
        }
        let rise = rise_of(change);
        self.gain += rise;
        self.loss += rise - change;
        self.taken += 1;
        if self.taken < self.period {
            return false;
        }
        self.gain *= self.inverse;
        self.loss *= self.inverse;
        true
    }
}

/// The fall is the rise less the change, so neither needs a branch on the direction.
#[inline]
fn rise_of(change: f64) -> f64 {
    if change > 0.0 { change } else { 0.0 }
}
