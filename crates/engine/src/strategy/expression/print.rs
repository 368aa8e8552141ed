//! Trees to their canonical text: one spelling, single spaces, no parenthesis that could go.
//!
//! Parsing the text gives the tree again. Explanations use it for parts of a tree, as in
//! `rsi(close, 14) < 70`.

use std::fmt::{self, Display, Formatter};

use super::operator::Arithmetic;
use super::tree::{Condition, Expression, Field, Numeric};

/// How tightly a node holds its operands together, loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Comparison,
    Additive,
    Multiplicative,
    Unary,
    Postfix,
}

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(numeric) => numeric.fmt(f),
            Self::Condition(condition) => condition.fmt(f),
        }
    }
}

impl Display for Numeric {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(value) => f.write_str(&number(*value)),
            Self::Field(field) => field.fmt(f),
            Self::Indicator { definition, output, series, params } => {
                let series = series.iter().map(ToString::to_string);
                let params = params.iter().map(|&value| number(value));
                let arguments: Vec<String> = series.chain(params).collect();
                write!(f, "{}({})", definition.name, arguments.join(", "))?;
                definition.outputs.get(*output).map_or(Ok(()), |name| write!(f, ".{name}"))
            }
            Self::Shift { of, bars } => {
                operand(f, &**of, of.level(), Level::Postfix)?;
                write!(f, "[{bars}]")
            }
            Self::Negate(of) => {
                f.write_str("-")?;
                operand(f, &**of, of.level(), Level::Unary)
            }
            Self::Arithmetic { operator, left, right } => {
                let level = arithmetic_level(*operator);
                // Chains group to the left, so only the right operand must hold more tightly.
                let tighter = match level {
                    Level::Additive => Level::Multiplicative,
                    _ => Level::Unary,
                };
                operand(f, &**left, left.level(), level)?;
                write!(f, " {} ", operator.symbol())?;
                operand(f, &**right, right.level(), tighter)
            }
            Self::Abs(of) => write!(f, "abs({of})"),
            Self::Min(left, right) => write!(f, "min({left}, {right})"),
            Self::Max(left, right) => write!(f, "max({left}, {right})"),
            Self::Timeframe { timeframe, of, .. } => write!(f, "tf(\"{timeframe}\", {of})"),
            Self::AiConfidence { .. } => f.write_str("ai()"),
        }
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(value) => value.fmt(f),
            Self::Compare { comparison, left, right } => {
                // A comparison's operands are numbers, which all hold more tightly than it does.
                write!(f, "{left} {} {right}", comparison.symbol())
            }
            Self::Cross { direction, left, right } => {
                write!(f, "{}({left}, {right})", direction.name())
            }
            Self::And(parts) => joined(f, parts, " and ", Level::Not),
            Self::Or(parts) => joined(f, parts, " or ", Level::And),
            Self::Not(of) => {
                f.write_str("not ")?;
                operand(f, &**of, of.level(), Level::Not)
            }
            Self::Shift { of, bars } => {
                operand(f, &**of, of.level(), Level::Postfix)?;
                write!(f, "[{bars}]")
            }
            Self::Timeframe { timeframe, of, .. } => write!(f, "tf(\"{timeframe}\", {of})"),
            Self::Session { .. } => f.write_str("session()"),
        }
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Numeric {
    fn level(&self) -> Level {
        match self {
            Self::Constant(value) if value.is_sign_negative() => Level::Unary,
            Self::Negate(_) => Level::Unary,
            Self::Arithmetic { operator, .. } => arithmetic_level(*operator),
            _ => Level::Postfix,
        }
    }
}

impl Condition {
    fn level(&self) -> Level {
        match self {
            Self::Or(_) => Level::Or,
            Self::And(_) => Level::And,
            Self::Not(_) => Level::Not,
            Self::Compare { .. } => Level::Comparison,
            _ => Level::Postfix,
        }
    }
}

fn arithmetic_level(operator: Arithmetic) -> Level {
    match operator {
        Arithmetic::Add | Arithmetic::Subtract => Level::Additive,
        Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder => Level::Multiplicative,
    }
}

/// Writes `node`, in parentheses when it holds less tightly than `least`.
fn operand(f: &mut Formatter<'_>, node: &impl Display, level: Level, least: Level) -> fmt::Result {
    if level < least { write!(f, "({node})") } else { node.fmt(f) }
}

fn joined(
    f: &mut Formatter<'_>,
    parts: &[Condition],
    separator: &str,
    least: Level,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        operand(f, part, part.level(), least)?;
    }
    Ok(())
}

/// The shortest text that reads back as the same number; very large and small ones with an
/// exponent.
fn number(value: f64) -> String {
    let plain = value == 0.0 || (1e-6..1e16).contains(&value.abs());
    if plain { format!("{value}") } else { format!("{value:e}") }
}
