//! Highest and lowest value of a window.

use super::window::Cursor;

/// Highest or lowest of the last `period` values, TA-Lib `MAX` and `MIN`. Exact.
#[derive(Clone, Debug)]
pub(super) struct Extreme {
    cursor: Cursor,
    /// 1 for the highest, -1 for the lowest: the lowest is the highest of the negated values.
    sign: f64,
    older: Box<[f64]>,
    recent: f64,
}

impl Extreme {
    pub(super) fn highest(period: u32) -> Self {
        Self::new(period, 1.0)
    }

    pub(super) fn lowest(period: u32) -> Self {
        Self::new(period, -1.0)
    }

    #[inline]
    pub(super) fn update(&mut self, value: f64) -> f64 {
        let position = self.cursor.position();
        let signed = value * self.sign;
        self.recent = greater(self.recent, signed);
        let extreme = greater(self.older[position + 1], self.recent);
        self.older[position] = signed;
        if self.cursor.advance() {
            self.fold();
        }
        if self.cursor.is_full() { extreme * self.sign } else { f64::NAN }
    }

    pub(super) fn reset(&mut self) {
        self.cursor.reset();
        self.recent = f64::NEG_INFINITY;
    }

    pub(super) fn warm_up_bars(&self) -> u32 {
        self.cursor.warm_up_bars()
    }

    fn new(period: u32, sign: f64) -> Self {
        Self {
            cursor: Cursor::new(period),
            sign,
            older: vec![f64::NEG_INFINITY; period as usize + 1].into(),
            recent: f64::NEG_INFINITY,
        }
    }

    fn fold(&mut self) {
        self.recent = f64::NEG_INFINITY;
        let mut extreme = f64::NEG_INFINITY;
        for slot in self.older[..self.cursor.period()].iter_mut().rev() {
            extreme = greater(extreme, *slot);
            *slot = extreme;
        }
    }
}

/// The greater of two numbers that are not NaN, which takes one instruction.
#[inline]
pub(super) fn greater(left: f64, right: f64) -> f64 {
    if left > right { left } else { right }
}
