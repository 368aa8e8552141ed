//! Series: numbers and conditions that are computed once at each close, for everyone.
//!
//! An expression becomes nodes in the order they are computed. Equal expressions become the same
//! node, so that each indicator is computed once for all strategies and tenants. A condition is 1,
//! 0, or NaN while one of its operands is not ready.
#![expect(clippy::float_arithmetic, reason = "indicators are computed in floats")]

use std::collections::{BTreeMap, VecDeque};

use ballast_domain::{Bar, Timeframe};

use super::frame::{Row, SeriesId};
use super::indicator::{Indicator, IndicatorError, Sample};
use super::number::float_of;
use crate::strategy::expression::{
    Arithmetic, Comparison, Condition, CrossDirection, Field, Numeric, Span,
};
use thiserror::Error;

/// Why a series cannot be computed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SeriesError {
    /// `tf()` names a timeframe that is shorter than the one it is read on.
    #[error("tf(\"{asked}\", …) is shorter than the strategy's timeframe {own}; name a longer one")]
    ShorterTimeframe {
        /// What `tf()` names.
        asked: Timeframe,
        /// What it is read on.
        own: Timeframe,
        /// Where it was written.
        span: Span,
    },
    /// `ai()` needs a provider, and none is connected.
    #[error("ai() has no provider to ask; remove the rule")]
    NoAiProvider {
        /// Where it was written.
        span: Span,
    },
    /// The indicator refuses its parameters.
    #[error(transparent)]
    Indicator(#[from] IndicatorError),
    /// The board cannot hold it.
    #[error("{0}")]
    Board(String),
}

/// What one instrument and timeframe computes, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Program {
    timeframe: Option<Timeframe>,
    nodes: Vec<Node>,
    known: BTreeMap<String, SeriesId>,
}

/// A value taken over from a longer timeframe of the same instrument.
#[derive(Debug, Clone, Copy)]
pub(super) struct Borrowed {
    pub(super) timeframe: Timeframe,
    pub(super) series: SeriesId,
}

#[derive(Debug, Clone)]
enum Node {
    Constant(f64),
    Field(Field),
    /// Writes one value for each of its outputs.
    Indicator {
        indicator: Box<Indicator>,
        input: Option<SeriesId>,
        outputs: usize,
    },
    /// A further output of the indicator before it.
    Output,
    Shift {
        of: SeriesId,
        bars: usize,
        ring: VecDeque<f64>,
    },
    Negate(SeriesId),
    Abs(SeriesId),
    Min(SeriesId, SeriesId),
    Max(SeriesId, SeriesId),
    Arithmetic(Arithmetic, SeriesId, SeriesId),
    Compare(Comparison, SeriesId, SeriesId),
    Cross(CrossDirection, SeriesId, SeriesId),
    And(Vec<SeriesId>),
    Or(Vec<SeriesId>),
    Not(SeriesId),
    Borrowed(Borrowed),
}

/// Where parts of an expression that belong to a longer timeframe are compiled.
pub(super) trait Longer {
    fn numeric(&mut self, timeframe: Timeframe, of: &Numeric) -> Result<SeriesId, SeriesError>;
    fn condition(&mut self, timeframe: Timeframe, of: &Condition) -> Result<SeriesId, SeriesError>;
}

impl Program {
    pub(super) fn new(timeframe: Timeframe) -> Self {
        Self { timeframe: Some(timeframe), ..Self::default() }
    }

    pub(super) const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The same series, none of which has seen a bar.
    pub(super) fn unwarmed(&self) -> Self {
        let mut program = self.clone();
        for node in &mut program.nodes {
            match node {
                Node::Indicator { indicator, .. } => indicator.forget(),
                Node::Shift { ring, .. } => ring.clear(),
                _ => {}
            }
        }
        program
    }

    /// Whether `other` has the same series in the same places, and perhaps more behind them.
    pub(super) fn is_continued_by(&self, other: &Self) -> bool {
        let same = |(key, series): (&String, &SeriesId)| other.known.get(key) == Some(series);
        self.nodes.len() <= other.nodes.len() && self.known.iter().all(same)
    }

    /// Takes over, with what they remember, the series that `other` has behind these.
    pub(super) fn adopt(&mut self, other: &Self) {
        self.nodes.extend(other.nodes.iter().skip(self.nodes.len()).cloned());
        self.known.clone_from(&other.known);
    }

    /// How many bars before the one it is computed at the deepest series reaches back to.
    pub(super) fn look_back_bars(&self) -> usize {
        let mut reach: Vec<usize> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let of = |series: &SeriesId| reach[series.0];
            let bars = match node {
                Node::Constant(_) | Node::Field(_) | Node::Borrowed(_) => 0,
                Node::Indicator { indicator, input, .. } => {
                    input.as_ref().map_or(0, of) + indicator.warm_up_bars() as usize
                }
                // It stands behind the indicator whose output it is.
                Node::Output => reach.last().copied().unwrap_or_default(),
                Node::Shift { of: series, bars, .. } => of(series) + bars,
                Node::Negate(series) | Node::Abs(series) | Node::Not(series) => of(series),
                Node::Min(left, right)
                | Node::Max(left, right)
                | Node::Arithmetic(_, left, right)
                | Node::Compare(_, left, right) => of(left).max(of(right)),
                Node::Cross(_, left, right) => of(left).max(of(right)) + 1,
                Node::And(series) | Node::Or(series) => series.iter().map(of).max().unwrap_or(0),
            };
            reach.push(bars);
        }
        reach.into_iter().max().unwrap_or_default()
    }

    /// The series of a number.
    pub(super) fn numeric(
        &mut self,
        numeric: &Numeric,
        longer: &mut impl Longer,
    ) -> Result<SeriesId, SeriesError> {
        let node = match numeric {
            Numeric::Constant(value) => Node::Constant(*value),
            Numeric::Field(field) => Node::Field(*field),
            Numeric::Indicator { definition, output, series, params } => {
                let input = match series {
                    Some(series) => Some(self.numeric(series, longer)?),
                    None => None,
                };
                let indicator = Indicator::new(definition, params)?;
                return Ok(SeriesId(self.indicator(indicator, input, params).0 + output));
            }
            Numeric::Shift { of, bars } => Self::shift(self.numeric(of, longer)?, *bars),
            Numeric::Negate(of) => Node::Negate(self.numeric(of, longer)?),
            Numeric::Abs(of) => Node::Abs(self.numeric(of, longer)?),
            Numeric::Min(left, right) => {
                Node::Min(self.numeric(left, longer)?, self.numeric(right, longer)?)
            }
            Numeric::Max(left, right) => {
                Node::Max(self.numeric(left, longer)?, self.numeric(right, longer)?)
            }
            Numeric::Arithmetic { operator, left, right } => Node::Arithmetic(
                *operator,
                self.numeric(left, longer)?,
                self.numeric(right, longer)?,
            ),
            Numeric::AiConfidence { span } => {
                return Err(SeriesError::NoAiProvider { span: *span });
            }
            Numeric::Timeframe { timeframe, span, of } => {
                if self.is_own(*timeframe, *span)? {
                    return self.numeric(of, longer);
                }
                let series = longer.numeric(*timeframe, of)?;
                Node::Borrowed(Borrowed { timeframe: *timeframe, series })
            }
        };
        Ok(self.add(node))
    }

    /// The series of a condition.
    pub(super) fn condition(
        &mut self,
        condition: &Condition,
        longer: &mut impl Longer,
    ) -> Result<SeriesId, SeriesError> {
        let node = match condition {
            Condition::Constant(value) => Node::Constant(f64::from(u8::from(*value))),
            Condition::Compare { comparison, left, right } => Node::Compare(
                *comparison,
                self.numeric(left, longer)?,
                self.numeric(right, longer)?,
            ),
            Condition::Cross { direction, left, right } => {
                Node::Cross(*direction, self.numeric(left, longer)?, self.numeric(right, longer)?)
            }
            Condition::And(of) => Node::And(self.conditions(of, longer)?),
            Condition::Or(of) => Node::Or(self.conditions(of, longer)?),
            Condition::Not(of) => Node::Not(self.condition(of, longer)?),
            Condition::Shift { of, bars } => Self::shift(self.condition(of, longer)?, *bars),
            // A config can name no other session than 24x7, which is always open.
            Condition::Session { .. } => Node::Constant(truth(true)),
            Condition::Timeframe { timeframe, span, of } => {
                if self.is_own(*timeframe, *span)? {
                    return self.condition(of, longer);
                }
                let series = longer.condition(*timeframe, of)?;
                Node::Borrowed(Borrowed { timeframe: *timeframe, series })
            }
        };
        Ok(self.add(node))
    }

    fn is_own(&self, asked: Timeframe, span: Span) -> Result<bool, SeriesError> {
        match self.timeframe {
            Some(own) if asked < own => Err(SeriesError::ShorterTimeframe { asked, own, span }),
            own => Ok(own == Some(asked)),
        }
    }

    fn conditions(
        &mut self,
        of: &[Condition],
        longer: &mut impl Longer,
    ) -> Result<Vec<SeriesId>, SeriesError> {
        of.iter().map(|condition| self.condition(condition, longer)).collect()
    }

    fn shift(of: SeriesId, bars: u32) -> Node {
        let bars = bars as usize;
        Node::Shift { of, bars, ring: VecDeque::with_capacity(bars + 1) }
    }

    fn indicator(
        &mut self,
        indicator: Indicator,
        input: Option<SeriesId>,
        params: &[f64],
    ) -> SeriesId {
        let key = format!("{} {input:?} {params:?}", indicator.definition().name);
        if let Some(series) = self.known.get(&key) {
            return *series;
        }
        let series = SeriesId(self.nodes.len());
        let outputs = indicator.output_count();
        self.nodes.push(Node::Indicator { indicator: Box::new(indicator), input, outputs });
        self.nodes.extend((1..outputs).map(|_| Node::Output));
        self.known.insert(key, series);
        series
    }

    fn add(&mut self, node: Node) -> SeriesId {
        let key = format!("{node:?}");
        let next = SeriesId(self.nodes.len());
        let series = *self.known.entry(key).or_insert(next);
        if series == next {
            self.nodes.push(node);
        }
        series
    }

    /// Computes every series for a bar that has closed, into `row`.
    pub(super) fn update(&mut self, row: &mut Row, bar: &Bar, borrow: impl Fn(Borrowed) -> f64) {
        std::mem::swap(&mut row.values, &mut row.previous);
        row.values.resize(self.nodes.len(), f64::NAN);
        row.previous.resize(self.nodes.len(), f64::NAN);
        let previous = &row.previous;
        let values = &mut row.values;
        for (place, node) in self.nodes.iter_mut().enumerate() {
            let (done, rest) = values.split_at_mut(place);
            let now = |series: SeriesId| done[series.0];
            let value = match node {
                Node::Output => continue,
                Node::Indicator { indicator, input, outputs } => {
                    let sample = match input {
                        Some(input) => Sample::series(now(*input)),
                        None => bar_sample(bar),
                    };
                    indicator.update(&sample, &mut rest[..*outputs]);
                    continue;
                }
                Node::Constant(value) => *value,
                Node::Field(field) => field_value(*field, bar),
                Node::Shift { of, bars, ring } => {
                    ring.push_back(now(*of));
                    let full = ring.len() > *bars;
                    if full { ring.pop_front().unwrap_or(f64::NAN) } else { f64::NAN }
                }
                Node::Negate(of) => -now(*of),
                Node::Abs(of) => now(*of).abs(),
                Node::Min(left, right) => both(now(*left), now(*right), f64::min),
                Node::Max(left, right) => both(now(*left), now(*right), f64::max),
                Node::Arithmetic(operator, left, right) => {
                    finite(operator.apply(now(*left), now(*right)))
                }
                Node::Compare(comparison, left, right) => {
                    compare(*comparison, now(*left), now(*right))
                }
                Node::Cross(direction, left, right) => {
                    let before = (previous[left.0], previous[right.0]);
                    cross(*direction, before, (now(*left), now(*right)))
                }
                Node::And(of) => all(of.iter().map(|series| now(*series))),
                Node::Or(of) => any(of.iter().map(|series| now(*series))),
                Node::Not(of) => 1.0 - now(*of),
                Node::Borrowed(borrowed) => borrow(*borrowed),
            };
            rest[0] = value;
        }
    }
}

fn bar_sample(bar: &Bar) -> Sample {
    let [high, low, close] = [bar.high, bar.low, bar.close].map(|price| float_of(price.get()));
    Sample::bar(high, low, close, float_of(bar.volume.get()))
}

fn field_value(field: Field, bar: &Bar) -> f64 {
    let [open, high, low, close] =
        [bar.open, bar.high, bar.low, bar.close].map(|price| price.get());
    match field {
        Field::Open => float_of(open),
        Field::High => float_of(high),
        Field::Low => float_of(low),
        Field::Close => float_of(close),
        Field::Volume => float_of(bar.volume.get()),
        Field::Hl2 => (float_of(high) + float_of(low)) / 2.0,
        Field::Hlc3 => (float_of(high) + float_of(low) + float_of(close)) / 3.0,
        Field::Ohlc4 => (float_of(open) + float_of(high) + float_of(low) + float_of(close)) / 4.0,
    }
}

/// What has no finite value, such as a division by zero, counts as not ready.
fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

fn both(left: f64, right: f64, of: impl Fn(f64, f64) -> f64) -> f64 {
    if left.is_nan() || right.is_nan() { f64::NAN } else { of(left, right) }
}

fn truth(value: bool) -> f64 {
    if value { 1.0 } else { 0.0 }
}

fn compare(comparison: Comparison, left: f64, right: f64) -> f64 {
    if left.is_nan() || right.is_nan() {
        return f64::NAN;
    }
    truth(comparison.holds(left, right))
}

fn cross(direction: CrossDirection, before: (f64, f64), now: (f64, f64)) -> f64 {
    if now.0.is_nan() || now.1.is_nan() || before.0.is_nan() || before.1.is_nan() {
        return f64::NAN;
    }
    truth(direction.holds(before, now))
}

fn all(values: impl Iterator<Item = f64>) -> f64 {
    values
        .fold(1.0, |all, value| if all.is_nan() || value.is_nan() { f64::NAN } else { all * value })
}

fn any(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(
        0.0,
        |any, value| if any.is_nan() || value.is_nan() { f64::NAN } else { any.max(value) },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_ready_stays_not_ready_under_every_operator() {
        assert!(all([0.0, f64::NAN].into_iter()).is_nan());
        assert!(any([1.0, f64::NAN].into_iter()).is_nan());
        assert!((1.0 - f64::NAN).is_nan());
        assert_eq!(all([1.0, 1.0].into_iter()), 1.0);
        assert_eq!(any([0.0, 1.0].into_iter()), 1.0);
    }
}
