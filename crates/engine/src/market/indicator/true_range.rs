//! True range and its average.

use super::average::Rma;
use super::extreme::greater;

/// True range, TA-Lib `TRANGE`: the greatest of high less low and the distances of high and low to
/// the previous close. The first bar has no previous close and gives NaN.
#[derive(Clone, Debug)]
pub(super) struct TrueRange {
    /// NaN before the first bar.
    previous_close: f64,
}

impl TrueRange {
    pub(super) const WARM_UP_BARS: u32 = 1;

    pub(super) fn new() -> Self {
        Self { previous_close: f64::NAN }
    }

    #[inline]
    pub(super) fn update(&mut self, high: f64, low: f64, close: f64) -> f64 {
        let previous = std::mem::replace(&mut self.previous_close, close);
        if previous.is_nan() {
            return f64::NAN;
        }
        greater(greater(high - low, (previous - high).abs()), (previous - low).abs())
    }

    pub(super) fn reset(&mut self) {
        self.previous_close = f64::NAN;
    }
}

/// Average true range, TA-Lib `ATR`: Wilder's average of the true range, seeded with the simple
/// average of the first `period` true ranges, those of the second bar on.
#[derive(Clone, Debug)]
pub(super) struct Atr {
    range: TrueRange,
    average: Rma,
}

impl Atr {
    pub(super) fn new(period: u32) -> Self {
        Self { range: TrueRange::new(), average: Rma::new(period) }
    }

    #[inline]
    pub(super) fn update(&mut self, high: f64, low: f64, close: f64) -> f64 {
        let range = self.range.update(high, low, close);
        if range.is_nan() { f64::NAN } else { self.average.update(range) }
    }

    pub(super) fn reset(&mut self) {
        self.range.reset();
        self.average.reset();
    }

    pub(super) fn warm_up_bars(&self) -> u32 {
        TrueRange::WARM_UP_BARS + self.average.warm_up_bars()
    }
}
