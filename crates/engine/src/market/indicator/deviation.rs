//! Standard deviation and the Bollinger Bands made from it.

use super::window::Cursor;

/// Standard deviation of the population (divided by n), TA-Lib `STDDEV` with `nbdev` 1.
#[derive(Clone, Debug)]
pub(super) struct StandardDeviation {
    moments: Moments,
}

impl StandardDeviation {
    pub(super) fn new(period: u32) -> Self {
        Self { moments: Moments::new(period) }
    }

    #[inline]
    pub(super) fn update(&mut self, value: f64) -> f64 {
        let [_, deviation] = self.moments.update(value);
        deviation
    }

    pub(super) fn reset(&mut self) {
        self.moments.reset();
    }

    pub(super) fn warm_up_bars(&self) -> u32 {
        self.moments.cursor.warm_up_bars()
    }
}

/// Bollinger Bands, TA-Lib `BBANDS` with a simple average: the mean of the last `period` values,
/// and that mean plus and minus `multiplier` standard deviations of the population.
#[derive(Clone, Debug)]
pub(super) struct Bollinger {
    moments: Moments,
    multiplier: f64,
}

impl Bollinger {
    pub(super) fn new(period: u32, multiplier: f64) -> Self {
        Self { moments: Moments::new(period), multiplier }
    }

    /// Upper, middle and lower band.
    #[inline]
    pub(super) fn update(&mut self, value: f64) -> [f64; 3] {
        let [mean, deviation] = self.moments.update(value);
        let distance = deviation * self.multiplier;
        [mean + distance, mean, mean - distance]
    }

    pub(super) fn reset(&mut self) {
        self.moments.reset();
    }

    pub(super) fn warm_up_bars(&self) -> u32 {
        self.moments.cursor.warm_up_bars()
    }
}

/// Mean and deviation of a window.
///
/// Sums are taken of distances to an anchor, not of the values: the mean of squares less the
/// square of the mean would otherwise cancel. Each of the two parts of the window is anchored on
/// one of its own values that stays in the window as long as the part does, the previous block on
/// its last and the current block on its first. The variance is then at least 1 / (2n) of the
/// mean square it is taken from, so at most that factor of precision is lost, and a flat window
/// gives exactly 0.
#[derive(Clone, Debug)]
struct Moments {
    cursor: Cursor,
    divisor: f64,
    /// Totals from the slot on; up to the cursor `sum` holds the raw value instead.
    older: Box<[Distances]>,
    older_anchor: f64,
    recent: Distances,
    recent_anchor: f64,
}

/// The sum of distances to an anchor, and the sum of their squares.
#[derive(Clone, Copy, Debug, Default)]
struct Distances {
    sum: f64,
    squares: f64,
}

impl Distances {
    #[inline]
    fn add(&mut self, distance: f64) {
        self.sum += distance;
        self.squares += distance * distance;
    }

    /// The same `count` values measured from another anchor, `shift` below this one.
    #[inline]
    fn shifted(self, count: f64, shift: f64) -> Self {
        let sum = self.sum + count * shift;
        Self { sum, squares: self.squares + shift * (self.sum + sum) }
    }
}

impl Moments {
    fn new(period: u32) -> Self {
        Self {
            cursor: Cursor::new(period),
            divisor: f64::from(period),
            older: vec![Distances::default(); period as usize + 1].into(),
            older_anchor: 0.0,
            recent: Distances::default(),
            recent_anchor: 0.0,
        }
    }

    /// Mean and standard deviation of the window, both NaN until it is full.
    #[inline]
    fn update(&mut self, value: f64) -> [f64; 2] {
        let position = self.cursor.position();
        if position == 0 {
            self.recent = Distances::default();
            self.recent_anchor = value;
        }
        self.recent.add(value - self.recent_anchor);
        let shift = self.older_anchor - self.recent_anchor;
        let older = self.older[position + 1].shifted(self.cursor.older_count(), shift);
        self.older[position].sum = value;
        if self.cursor.advance() {
            self.fold(value);
        }
        if !self.cursor.is_full() {
            return [f64::NAN; 2];
        }
        let mean = (older.sum + self.recent.sum) / self.divisor;
        let variance = (older.squares + self.recent.squares) / self.divisor - mean * mean;
        // Squares too small for a float can round to just below zero.
        let variance = if variance < 0.0 { 0.0 } else { variance };
        [self.recent_anchor + mean, variance.sqrt()]
    }

    fn reset(&mut self) {
        self.cursor.reset();
    }

    fn fold(&mut self, last: f64) {
        self.older_anchor = last;
        let mut totals = Distances::default();
        for slot in self.older[..self.cursor.period()].iter_mut().rev() {
            totals.add(slot.sum - last);
            *slot = totals;
        }
    }
}
