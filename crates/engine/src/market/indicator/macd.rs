//! Moving average convergence/divergence.

use super::average::Ema;

/// TA-Lib `MACD`: line = fast EMA less slow EMA, signal = EMA of the line, histogram = line less
/// signal. The fast average takes its first value at the bar where the slow one does, so the
/// bars before its own window are left out. All three outputs become valid together, with the
/// signal. As in TA-Lib the larger period is the slow one, whichever is given first.
#[derive(Clone, Debug)]
pub(super) struct Macd {
    fast: Ema,
    slow: Ema,
    signal: Ema,
    /// Bars that only the slow average takes.
    head_start: u32,
    head_start_left: u32,
}

impl Macd {
    pub(super) fn new(fast: u32, slow: u32, signal: u32) -> Self {
        let (fast, slow) = (fast.min(slow), fast.max(slow));
        Self {
            fast: Ema::new(fast),
            slow: Ema::new(slow),
            signal: Ema::new(signal),
            head_start: slow - fast,
            head_start_left: slow - fast,
        }
    }

    /// Line, signal and histogram.
    #[inline]
    pub(super) fn update(&mut self, value: f64) -> [f64; 3] {
        let slow = self.slow.update(value);
        if self.head_start_left > 0 {
            self.head_start_left -= 1;
            return [f64::NAN; 3];
        }
        let line = self.fast.update(value) - slow;
        if line.is_nan() {
            return [f64::NAN; 3];
        }
        let signal = self.signal.update(line);
        if signal.is_nan() { [f64::NAN; 3] } else { [line, signal, line - signal] }
    }

    pub(super) fn reset(&mut self) {
        self.fast.reset();
        self.slow.reset();
        self.signal.reset();
        self.head_start_left = self.head_start;
    }

    pub(super) fn warm_up_bars(&self) -> u32 {
        self.slow.warm_up_bars() + self.signal.warm_up_bars()
    }
}
