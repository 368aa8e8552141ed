//! Moving averages: simple, linearly weighted, exponential and Wilder's.

use super::window::Cursor;

/// Simple moving average, TA-Lib `SMA`: the arithmetic mean of the last `period` values.
#[derive(Clone, Debug)]
pub(super) struct Sma {
    cursor: Cursor,
    divisor: f64,
    older: Box<[f64]>,
    recent: f64,
}

impl Sma {
    pub(super) fn new(period: u32) -> Self {
        Self {
            cursor: Cursor::new(period),
            divisor: f64::from(period),
            older: vec![0.0; period as usize + 1].into(),
            recent: 0.0,
        }
    }

    #[inline]
    pub(super) fn update(&mut self, value: f64) -> f64 {
        let position = self.cursor.position();
        self.recent += value;
        let total = self.older[position + 1] + self.recent;
        self.older[position] = value;
        if self.cursor.advance() {
            self.fold();
        }
        if self.cursor.is_full() { total / self.divisor } else { f64::NAN }
    }

    pub(super) fn reset(&mut self) {
        self.cursor.reset();
        self.recent = 0.0;
    }

    pub(super) fn warm_up_bars(&self) -> u32 {
        self.cursor.warm_up_bars()
    }

    fn fold(&mut self) {
        self.recent = 0.0;
        let mut sum = 0.0;
        for slot in self.older[..self.cursor.period()].iter_mut().rev() {
            sum += *slot;
            *slot = sum;
        }
    }
}

/// Linearly weighted moving average, TA-Lib `WMA`: weights 1 (oldest) to `period` (newest),
/// divided by their sum `period × (period + 1) / 2`.
#[derive(Clone, Debug)]
pub(super) struct Wma {
    cursor: Cursor,
    divisor: f64,
    /// Sums weighted 1, 2, 3 … from the slot on.
    older: Box<[f64]>,
    recent_sum: f64,
    /// Weighted 1, 2, 3 … from the block's first value on.
    recent_weighted: f64,
}

impl Wma {
    pub(super) fn new(period: u32) -> Self {
        let length = f64::from(period);
        Self {
            cursor: Cursor::new(period),
            divisor: length * (length + 1.0) / 2.0,
            older: vec![0.0; period as usize + 1].into(),
            recent_sum: 0.0,
            recent_weighted: 0.0,
        }
    }

    #[inline]
    pub(super) fn update(&mut self, value: f64) -> f64 {
        let position = self.cursor.position();
        self.recent_sum += value;
        self.recent_weighted += value * self.cursor.recent_count();
        let recent = self.cursor.older_count() * self.recent_sum + self.recent_weighted;
        let total = self.older[position + 1] + recent;
        self.older[position] = value;
        if self.cursor.advance() {
            self.fold();
        }
        if self.cursor.is_full() { total / self.divisor } else { f64::NAN }
    }

    pub(super) fn reset(&mut self) {
        self.cursor.reset();
        self.recent_sum = 0.0;
        self.recent_weighted = 0.0;
    }

    pub(super) fn warm_up_bars(&self) -> u32 {
        self.cursor.warm_up_bars()
    }

    fn fold(&mut self) {
        self.recent_sum = 0.0;
        self.recent_weighted = 0.0;
        let (mut sum, mut weighted) = (0.0, 0.0);
        for slot in self.older[..self.cursor.period()].iter_mut().rev() {
            sum += *slot;
            weighted += sum;
            *slot = weighted;
        }
    }
}

/// Exponential moving average, TA-Lib `EMA`: weight `2 / (period + 1)`, seeded with the simple
/// average of the first `period` values.
#[derive(Clone, Debug)]
pub(super) struct Ema {
    weight: f64,
    seed: Seed,
    /// NaN while seeding.
    average: f64,
}

impl Ema {
    pub(super) fn new(period: u32) -> Self {
        Self { weight: 2.0 / (f64::from(period) + 1.0), seed: Seed::new(period), average: f64::NAN }
    }

    #[inline]
    pub(super) fn update(&mut self, value: f64) -> f64 {
        self.average = if self.average.is_nan() {
            self.seed.update(value)
        } else if self.weight == 1.0 {
            // Period 1 is a copy; the recursion would round after a far larger value.
            value
        } else {
            // Fused as in TA-Lib, so that differences of two averages near zero agree with it.
            (value - self.average).mul_add(self.weight, self.average)
        };
        self.average
    }

    pub(super) fn reset(&mut self) {
        self.seed.reset();
        self.average = f64::NAN;
    }

    pub(super) fn warm_up_bars(&self) -> u32 {
        self.seed.period - 1
    }
}

/// Wilder's moving average, TA-Lib `RMA`, Pine `ta.rma`: weight `1 / period`, seeded with the
/// simple average of the first `period` values (Wilder, *New Concepts in Technical Trading
/// Systems*, 1978).
#[derive(Clone, Debug)]
pub(super) struct Rma {
    weight: f64,
    remainder: f64,
    seed: Seed,
    /// NaN while seeding.
    average: f64,
}

impl Rma {
    pub(super) fn new(period: u32) -> Self {
        let length = f64::from(period);
        // The weight is taken from the remainder, so that the two add up to exactly 1 and a flat
        // series keeps its level.
        let remainder = (length - 1.0) / length;
        Self { weight: 1.0 - remainder, remainder, seed: Seed::new(period), average: f64::NAN }
    }

    #[inline]
    pub(super) fn update(&mut self, value: f64) -> f64 {
        self.average = if self.average.is_nan() {
            self.seed.update(value)
        } else {
            self.remainder.mul_add(self.average, self.weight * value)
        };
        self.average
    }

    pub(super) fn reset(&mut self) {
        self.seed.reset();
        self.average = f64::NAN;
    }

    pub(super) fn warm_up_bars(&self) -> u32 {
        self.seed.period - 1
    }
}

/// The simple average of the first `period` values, with which recursive averages start.
#[derive(Clone, Debug)]
struct Seed {
    period: u32,
    taken: u32,
    sum: f64,
}

impl Seed {
    fn new(period: u32) -> Self {
        Self { period, taken: 0, sum: 0.0 }
    }

    /// The average once `period` values are taken, NaN before.
    fn update(&mut self, value: f64) -> f64 {
        self.taken += 1;
        self.sum += value;
        if self.taken == self.period { self.sum / f64::from(self.period) } else { f64::NAN }
    }

    fn reset(&mut self) {
        self.taken = 0;
        self.sum = 0.0;
    }
}
