//! The checked tree: what an expression means.
//!
//! Names are resolved, types agree, parameters are valid and constants are computed. Equal trees
//! mean the same, whatever the text looked like; `Display` writes the canonical text, which parses
//! back to the same tree. Its parts are public so that the market board can compile it; trees are
//! made only by parsing, which is what keeps them within the limits.

use ballast_domain::Timeframe;

use super::operator::{Arithmetic, Comparison, CrossDirection};
use super::token::Span;
use crate::market::indicator::Definition;

/// An expression of either type.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// It gives a number at each bar.
    Number(Numeric),
    /// It is true or false at each bar.
    Condition(Condition),
}

/// What gives a number at each bar, or nothing while it is not ready.
#[derive(Clone, Debug, PartialEq)]
pub enum Numeric {
    /// A finite number, the same at every bar.
    Constant(f64),
    /// A price or the volume of the bar.
    Field(Field),
    /// One output of an indicator.
    Indicator {
        /// The indicator, from the catalogue.
        definition: &'static Definition,
        /// Which of the definition's outputs; 0 when it has a single unnamed one.
        output: usize,
        /// What it is computed on; `None` when it reads the bar itself.
        series: Option<Box<Numeric>>,
        /// Its parameters in the definition's order, accepted by the indicator.
        params: Vec<f64>,
    },
    /// The value some bars ago.
    Shift {
        /// Whose value.
        of: Box<Numeric>,
        /// How many bars ago; 0 is now.
        bars: u32,
    },
    /// The number with the other sign.
    Negate(Box<Numeric>),
    /// `left operator right`, never of two constants.
    Arithmetic {
        /// The operator.
        operator: Arithmetic,
        /// What stands before it.
        left: Box<Numeric>,
        /// What stands after it; no constant zero where it divides.
        right: Box<Numeric>,
    },
    /// The number without its sign.
    Abs(Box<Numeric>),
    /// The smaller of two numbers.
    Min(Box<Numeric>, Box<Numeric>),
    /// The larger of two numbers.
    Max(Box<Numeric>, Box<Numeric>),
    /// The value at the latest close of another timeframe's bar.
    Timeframe {
        /// The timeframe that `of` is computed in.
        timeframe: Timeframe,
        /// Where the timeframe was written.
        span: Span,
        /// What is computed; it has no other timeframe inside.
        of: Box<Numeric>,
    },
    /// The AI provider's confidence in an entry now, in percent from 0 to 100.
    AiConfidence {
        /// Where the call was written.
        span: Span,
    },
}

/// What is true or false at each bar, or neither while an operand is not ready.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// The same at every bar.
    Constant(bool),
    /// A comparison of two numbers, not both constant.
    Compare {
        /// The comparison.
        comparison: Comparison,
        /// What stands before it.
        left: Box<Numeric>,
        /// What stands after it.
        right: Box<Numeric>,
    },
    /// One number crosses another between the previous bar and this one.
    Cross {
        /// Which way.
        direction: CrossDirection,
        /// What crosses.
        left: Box<Numeric>,
        /// What is crossed.
        right: Box<Numeric>,
    },
    /// All are true. At least two, in the order written, none of them an `And`.
    And(Vec<Condition>),
    /// At least one is true. At least two, in the order written, none of them an `Or`.
    Or(Vec<Condition>),
    /// The condition is false.
    Not(Box<Condition>),
    /// The condition some bars ago.
    Shift {
        /// Which condition.
        of: Box<Condition>,
        /// How many bars ago; 0 is now.
        bars: u32,
    },
    /// The condition at the latest close of another timeframe's bar.
    Timeframe {
        /// The timeframe that `of` is computed in.
        timeframe: Timeframe,
        /// Where the timeframe was written.
        span: Span,
        /// What is computed; it has no other timeframe inside.
        of: Box<Condition>,
    },
    /// The profile's session is open now.
    Session {
        /// Where the call was written.
        span: Span,
    },
}

/// A definition is known by its name, of which the catalogue has only one.
impl PartialEq for Definition {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// What a bar says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The first price, in quote currency.
    Open,
    /// The highest price, in quote currency.
    High,
    /// The lowest price, in quote currency.
    Low,
    /// The last price, in quote currency.
    Close,
    /// How much was traded, in base units.
    Volume,
    /// (high + low) / 2
    Hl2,
    /// (high + low + close) / 3
    Hlc3,
    /// (open + high + low + close) / 4
    Ohlc4,
}

impl Field {
    /// All fields, in the order they are listed to people.
    pub const ALL: [Self; 8] = [
        Self::Open,
        Self::High,
        Self::Low,
        Self::Close,
        Self::Volume,
        Self::Hl2,
        Self::Hlc3,
        Self::Ohlc4,
    ];

    /// Whether it is a price, not an amount traded.
    pub const fn is_price(self) -> bool {
        !matches!(self, Self::Volume)
    }

    /// The field as it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::High => "high",
            Self::Low => "low",
            Self::Close => "close",
            Self::Volume => "volume",
            Self::Hl2 => "hl2",
            Self::Hlc3 => "hlc3",
            Self::Ohlc4 => "ohlc4",
        }
    }

    /// The field that is written `name`.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}
