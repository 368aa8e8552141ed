//! The list of indicators: names, parameters, outputs, and how each is made.
//!
//! The expression language, the published schema and the rule builder all read this list; an
//! indicator exists once it has a line here.

use super::average::{Ema, Rma, Sma, Wma};
use super::deviation::{Bollinger, StandardDeviation};
use super::extreme::Extreme;
use super::macd::Macd;
use super::momentum::{Change, RateOfChange, Rsi};
use super::true_range::{Atr, TrueRange};
use super::{State, VALUE_MAX};

/// Greatest period of any indicator, in bars.
pub const MAX_LOOK_BACK: u32 = 5000;

/// One indicator as people call it, for example `macd(close, 12, 26, 9).signal`.
#[derive(Debug)]
pub struct Definition {
    /// Name in expressions, lower case.
    pub name: &'static str,
    /// Further names that mean the same.
    pub aliases: &'static [&'static str],
    /// What it is computed from.
    pub input: Input,
    /// Parameters in the order of the call, after the series if there is one.
    pub params: &'static [Parameter],
    /// Names of the outputs; empty for a single unnamed one.
    pub outputs: &'static [&'static str],
    /// What its values can be drawn beside.
    pub scale: Scale,
    /// One sentence for a person choosing an indicator.
    pub summary: &'static str,
    build: fn(&[f64]) -> State,
}

/// What an indicator is computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Any numeric series, the first argument of the call.
    Series,
    /// High, low and close (and volume) of the bar; the call names no series.
    Bar,
}

/// What the values of an indicator can be drawn beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// The series it is computed from: an average of prices is a price.
    Input,
    /// Nothing else: it has a scale of its own.
    Own,
}

/// One parameter of an indicator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Name as shown to people.
    pub name: &'static str,
    /// Which values it takes.
    pub kind: ParameterKind,
}

/// Which values a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParameterKind {
    /// A whole number of bars, from `min` to [`MAX_LOOK_BACK`], both included.
    Period {
        /// Smallest allowed period, in bars.
        min: u32,
    },
    /// A number above `min` (excluded), up to [`VALUE_MAX`].
    Number {
        /// Bound that the number must exceed.
        min: f64,
    },
}

/// Why an indicator cannot be made from the given parameters.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum IndicatorError {
    /// The call has too few or too many parameters.
    #[error("wrong number of parameters: write {signature}")]
    ParameterCount {
        /// The call as it should be, see [`Definition::signature`].
        signature: String,
        /// How many parameters it takes, the series not counted.
        expected: usize,
        /// How many were given.
        found: usize,
    },
    /// A period is not a whole number in its range.
    #[error(
        "{indicator}: {parameter} is {value}, but must be a whole number of bars \
         from {min} to {MAX_LOOK_BACK}"
    )]
    Period {
        /// Name of the indicator.
        indicator: &'static str,
        /// Name of the parameter.
        parameter: &'static str,
        /// Smallest allowed period, in bars.
        min: u32,
        /// What was given.
        value: f64,
    },
    /// A number is out of its range, or none at all.
    #[error(
        "{indicator}: {parameter} is {value}, but must be above {min} and at most {VALUE_MAX:e}"
    )]
    Number {
        /// Name of the indicator.
        indicator: &'static str,
        /// Name of the parameter.
        parameter: &'static str,
        /// Bound that the number must exceed.
        min: f64,
        /// What was given.
        value: f64,
    },
}

/// The indicator with this name or alias. Names are lower case and compared as they are.
pub fn find(name: &str) -> Option<&'static Definition> {
    CATALOGUE
        .iter()
        .find(|definition| definition.name == name || definition.aliases.contains(&name))
}

/// Every indicator, averages first.
pub static CATALOGUE: &[Definition] = &[
    Definition {
        name: "sma",
        aliases: &[],
        input: Input::Series,
        params: &[period("period", 1)],
        outputs: &[],
        scale: Scale::Input,
        summary: "Simple moving average: the mean of the last bars.",
        build: |params| State::Sma(Sma::new(params[0] as u32)),
    },
    Definition {
        name: "ema",
        aliases: &[],
        input: Input::Series,
        params: &[period("period", 1)],
        outputs: &[],
        scale: Scale::Input,
        summary: "Exponential moving average: recent bars weigh more, none is ever forgotten.",
        build: |params| State::Ema(Ema::new(params[0] as u32)),
    },
    Definition {
        name: "wma",
        aliases: &[],
        input: Input::Series,
        params: &[period("period", 1)],
        outputs: &[],
        scale: Scale::Input,
        summary: "Weighted moving average: weights fall in a straight line with age.",
        build: |params| State::Wma(Wma::new(params[0] as u32)),
    },
    Definition {
        name: "rma",
        aliases: &[],
        input: Input::Series,
        params: &[period("period", 1)],
        outputs: &[],
        scale: Scale::Input,
        summary: "Wilder's moving average: the slow smoothing used inside RSI and ATR.",
        build: |params| State::Rma(Rma::new(params[0] as u32)),
    },
    Definition {
        name: "rsi",
        aliases: &[],
        input: Input::Series,
        params: &[period("period", 2)],
        outputs: &[],
        scale: Scale::Own,
        summary: "Relative Strength Index, 0 to 100: the share of rises in recent movement.",
        build: |params| State::Rsi(Rsi::new(params[0] as u32)),
    },
    Definition {
        name: "atr",
        aliases: &[],
        input: Input::Bar,
        params: &[period("period", 1)],
        outputs: &[],
        scale: Scale::Own,
        summary: "Average true range: how far price moves per bar, gaps included.",
        build: |params| State::Atr(Atr::new(params[0] as u32)),
    },
    Definition {
        name: "tr",
        aliases: &[],
        input: Input::Bar,
        params: &[],
        outputs: &[],
        scale: Scale::Own,
        summary: "True range of one bar: its span, widened by a gap from the previous close.",
        build: |_| State::TrueRange(TrueRange::new()),
    },
    Definition {
        name: "macd",
        aliases: &[],
        input: Input::Series,
        params: &[period("fast", 2), period("slow", 2), period("signal", 1)],
        outputs: &["line", "signal", "histogram"],
        scale: Scale::Own,
        summary: "Moving average convergence/divergence: a fast less a slow average, smoothed.",
        build: |params| {
            State::Macd(Macd::new(params[0] as u32, params[1] as u32, params[2] as u32))
        },
    },
    Definition {
        name: "bb",
        aliases: &["bollinger"],
        input: Input::Series,
        params: &[
            period("period", 2),
            Parameter { name: "multiplier", kind: ParameterKind::Number { min: 0.0 } },
        ],
        outputs: &["upper", "middle", "lower"],
        scale: Scale::Input,
        summary: "Bollinger Bands: the mean, and a multiple of the deviation on either side.",
        build: |params| State::Bollinger(Bollinger::new(params[0] as u32, params[1])),
    },
    Definition {
        name: "highest",
        aliases: &[],
        input: Input::Series,
        params: &[period("period", 1)],
        outputs: &[],
        scale: Scale::Input,
        summary: "Highest value of the last bars, this one included.",
        build: |params| State::Extreme(Extreme::highest(params[0] as u32)),
    },
    Definition {
        name: "lowest",
        aliases: &[],
        input: Input::Series,
        params: &[period("period", 1)],
        outputs: &[],
        scale: Scale::Input,
        summary: "Lowest value of the last bars, this one included.",
        build: |params| State::Extreme(Extreme::lowest(params[0] as u32)),
    },
    Definition {
        name: "stdev",
        aliases: &[],
        input: Input::Series,
        params: &[period("period", 2)],
        outputs: &[],
        scale: Scale::Own,
        summary: "Standard deviation of the last bars (population).",
        build: |params| State::StandardDeviation(StandardDeviation::new(params[0] as u32)),
    },
    Definition {
        name: "roc",
        aliases: &[],
        input: Input::Series,
        params: &[period("period", 1)],
        outputs: &[],
        scale: Scale::Own,
        summary: "Rate of change: percent against the value some bars ago.",
        build: |params| State::RateOfChange(RateOfChange::new(params[0] as u32)),
    },
    Definition {
        name: "change",
        aliases: &["mom"],
        input: Input::Series,
        params: &[period("period", 1)],
        outputs: &[],
        scale: Scale::Own,
        summary: "Change (momentum): difference to the value some bars ago.",
        build: |params| State::Change(Change::new(params[0] as u32)),
    },
];

impl Definition {
    /// How many values the indicator has per bar, at least 1.
    pub fn output_count(&self) -> usize {
        self.outputs.len().max(1)
    }

    /// The call with the names of its arguments, for example `bb(series, period, multiplier)`.
    pub fn signature(&self) -> String {
        let series = match self.input {
            Input::Series => Some("series"),
            Input::Bar => None,
        };
        let params = self.params.iter().map(|parameter| parameter.name);
        let arguments: Vec<_> = series.into_iter().chain(params).collect();
        format!("{}({})", self.name, arguments.join(", "))
    }

    /// Whether an indicator can be made from these parameters, without making one.
    ///
    /// # Errors
    /// [`IndicatorError`] for the first parameter that is missing, superfluous or out of range.
    pub fn check(&self, params: &[f64]) -> Result<(), IndicatorError> {
        if params.len() != self.params.len() {
            return Err(IndicatorError::ParameterCount {
                signature: self.signature(),
                expected: self.params.len(),
                found: params.len(),
            });
        }
        self.params
            .iter()
            .zip(params)
            .try_for_each(|(parameter, &value)| self.check_value(parameter, value))
    }

    /// Makes the state from parameters that `check` has passed.
    pub(super) fn build(&self, params: &[f64]) -> State {
        (self.build)(params)
    }

    fn check_value(&self, parameter: &Parameter, value: f64) -> Result<(), IndicatorError> {
        let (indicator, name) = (self.name, parameter.name);
        match parameter.kind {
            ParameterKind::Period { min } => {
                let range = f64::from(min)..=f64::from(MAX_LOOK_BACK);
                if range.contains(&value) && value.fract() == 0.0 {
                    return Ok(());
                }
                Err(IndicatorError::Period { indicator, parameter: name, min, value })
            }
            ParameterKind::Number { min } => {
                if value > min && value <= VALUE_MAX {
                    return Ok(());
                }
                Err(IndicatorError::Number { indicator, parameter: name, min, value })
            }
        }
    }
}

const fn period(name: &'static str, min: u32) -> Parameter {
    Parameter { name, kind: ParameterKind::Period { min } }
}
