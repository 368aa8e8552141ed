//! Technical indicators, computed one closed bar at a time.
//!
//! An [`Indicator`] takes one [`Sample`] per closed bar and gives that bar's values. There is no
//! batch form: a back-test and a live feed run this same code, so they agree bit for bit. The
//! definitions, the seeding and the first valid bar are TA-Lib's (default compatibility, unstable
//! period 0). [`CATALOGUE`] lists every indicator with its parameters and outputs.
//!
//! **NaN means "not ready or undefined".** One rule covers warm-up, gaps and divisions by zero: an
//! input that is NaN, infinite or beyond [`VALUE_MAX`] gives NaN and starts the indicator afresh.
//! So an indicator begins at its first usable input (indicators can be nested), a window that
//! holds a bad value gives NaN until it has left, and a recursive average seeds itself anew.
//!
//! All memory is taken in [`Indicator::new`]; an update allocates nothing and takes constant time
//! on average. There is no I/O, no clock and no price type here: floats are right for indicators
//! and for nothing else in the engine.

#![expect(clippy::float_arithmetic, reason = "indicators are statistics, not money")]

mod average;
mod catalogue;
mod deviation;
mod extreme;
mod macd;
mod momentum;
mod true_range;
mod window;

#[cfg(test)]
mod tests;

pub use catalogue::{
    CATALOGUE, Definition, IndicatorError, Input, MAX_LOOK_BACK, Parameter, ParameterKind, Scale,
    find,
};

use average::{Ema, Rma, Sma, Wma};
use deviation::{Bollinger, StandardDeviation};
use extreme::Extreme;
use macd::Macd;
use momentum::{Change, RateOfChange, Rsi};
use true_range::{Atr, TrueRange};

/// The largest magnitude an input may have: TA-Lib's `TA_REAL_MAX`. Anything beyond it counts as
/// undefined, which keeps sums of squares far from overflow.
pub const VALUE_MAX: f64 = 3e37;

/// What one closed bar offers an indicator. [`Input`] of its definition says which part is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Value of the series that the call names first, in that series' unit.
    pub series: f64,
    /// Highest price of the bar, in quote currency.
    pub high: f64,
    /// Lowest price of the bar, in quote currency.
    pub low: f64,
    /// Last price of the bar, in quote currency.
    pub close: f64,
    /// Quantity traded in the bar; NaN where the feed has none.
    pub volume: f64,
}

impl Sample {
    /// A value for an indicator over a series ([`Input::Series`]).
    pub const fn series(value: f64) -> Self {
        Self { series: value, high: f64::NAN, low: f64::NAN, close: f64::NAN, volume: f64::NAN }
    }

    /// A bar for an indicator over bars ([`Input::Bar`]).
    pub const fn bar(high: f64, low: f64, close: f64, volume: f64) -> Self {
        Self { series: f64::NAN, high, low, close, volume }
    }
}

/// One indicator with its parameters and its memory of past bars.
///
/// Aligned to a cache line, since a pair of floats written across two lines stalls the next update.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub struct Indicator {
    definition: &'static Definition,
    state: State,
}

impl Indicator {
    /// Makes an indicator that has seen no bar yet. `params` are in the order of the definition.
    ///
    /// # Errors
    /// [`IndicatorError`] when the number of parameters is wrong or one is out of its range.
    pub fn new(definition: &'static Definition, params: &[f64]) -> Result<Self, IndicatorError> {
        definition.check(params)?;
        Ok(Self { definition, state: definition.build(params) })
    }

    /// Takes the next closed bar and writes its values to the first [`Self::output_count`] places
    /// of `outputs`, in the order of the definition; NaN where not ready or undefined.
    ///
    /// # Panics
    /// When `outputs` is shorter than [`Self::output_count`].
    #[inline]
    pub fn update(&mut self, input: &Sample, outputs: &mut [f64]) {
        if self.is_usable(input) {
            self.state.update(input, outputs);
        } else {
            self.state.reset();
            outputs[..self.output_count()].fill(f64::NAN);
        }
    }

    /// Makes it as it was before the first bar.
    pub(super) fn forget(&mut self) {
        self.state.reset();
    }

    /// How many values an update writes, at least 1.
    pub fn output_count(&self) -> usize {
        self.definition.output_count()
    }

    /// How many bars with usable input come before the first valid value (TA-Lib's look-back).
    pub fn warm_up_bars(&self) -> u32 {
        self.state.warm_up_bars()
    }

    /// The catalogue entry this indicator was made from.
    pub fn definition(&self) -> &'static Definition {
        self.definition
    }

    #[inline]
    fn is_usable(&self, input: &Sample) -> bool {
        match self.definition.input {
            Input::Series => is_defined(input.series),
            Input::Bar => {
                is_defined(input.high) && is_defined(input.low) && is_defined(input.close)
            }
        }
    }
}

/// The concrete indicators. They see only usable inputs; `Indicator` resets them on all others.
#[derive(Clone, Debug)]
enum State {
    Sma(Sma),
    Ema(Ema),
    Wma(Wma),
    Rma(Rma),
    Rsi(Rsi),
    Atr(Atr),
    TrueRange(TrueRange),
    Macd(Macd),
    Bollinger(Bollinger),
    Extreme(Extreme),
    StandardDeviation(StandardDeviation),
    RateOfChange(RateOfChange),
    Change(Change),
}

impl State {
    #[inline]
    fn update(&mut self, input: &Sample, outputs: &mut [f64]) {
        match self {
            Self::Sma(sma) => outputs[0] = sma.update(input.series),
            Self::Ema(ema) => outputs[0] = ema.update(input.series),
            Self::Wma(wma) => outputs[0] = wma.update(input.series),
            Self::Rma(rma) => outputs[0] = rma.update(input.series),
            Self::Rsi(rsi) => outputs[0] = rsi.update(input.series),
            Self::Atr(atr) => outputs[0] = atr.update(input.high, input.low, input.close),
            Self::TrueRange(range) => {
                outputs[0] = range.update(input.high, input.low, input.close);
            }
            Self::Macd(macd) => outputs[..3].copy_from_slice(&macd.update(input.series)),
            Self::Bollinger(bands) => outputs[..3].copy_from_slice(&bands.update(input.series)),
            Self::Extreme(extreme) => outputs[0] = extreme.update(input.series),
            Self::StandardDeviation(deviation) => outputs[0] = deviation.update(input.series),
            Self::RateOfChange(rate) => outputs[0] = rate.update(input.series),
            Self::Change(change) => outputs[0] = change.update(input.series),
        }
    }

    #[cold]
    fn reset(&mut self) {
        match self {
            Self::Sma(sma) => sma.reset(),
            Self::Ema(ema) => ema.reset(),
            Self::Wma(wma) => wma.reset(),
            Self::Rma(rma) => rma.reset(),
            Self::Rsi(rsi) => rsi.reset(),
            Self::Atr(atr) => atr.reset(),
            Self::TrueRange(range) => range.reset(),
            Self::Macd(macd) => macd.reset(),
            Self::Bollinger(bands) => bands.reset(),
            Self::Extreme(extreme) => extreme.reset(),
            Self::StandardDeviation(deviation) => deviation.reset(),
            Self::RateOfChange(rate) => rate.reset(),
            Self::Change(change) => change.reset(),
        }
    }

    fn warm_up_bars(&self) -> u32 {
        match self {
            Self::Sma(sma) => sma.warm_up_bars(),
            Self::Ema(ema) => ema.warm_up_bars(),
            Self::Wma(wma) => wma.warm_up_bars(),
            Self::Rma(rma) => rma.warm_up_bars(),
            Self::Rsi(rsi) => rsi.warm_up_bars(),
            Self::Atr(atr) => atr.warm_up_bars(),
            Self::TrueRange(_) => TrueRange::WARM_UP_BARS,
            Self::Macd(macd) => macd.warm_up_bars(),
            Self::Bollinger(bands) => bands.warm_up_bars(),
            Self::Extreme(extreme) => extreme.warm_up_bars(),
            Self::StandardDeviation(deviation) => deviation.warm_up_bars(),
            Self::RateOfChange(rate) => rate.warm_up_bars(),
            Self::Change(change) => change.warm_up_bars(),
        }
    }
}

/// NaN compares false, so this one comparison refuses NaN, infinities and absurd magnitudes.
#[inline]
fn is_defined(value: f64) -> bool {
    value.abs() <= VALUE_MAX
}
