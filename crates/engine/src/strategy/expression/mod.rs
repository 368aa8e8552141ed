//! The language of rules: text to a checked, typed tree of numbers and conditions.
//!
//! `crossover(ema(close, 12), ema(close, 26)) and rsi(close, 14) < 70` is read in three steps,
//! tokens, syntax, types, each of which names the column of the first mistake and how to mend it.
//! The checked tree holds no text and no loop: it reads bars only backwards and a bounded number of
//! them, so it can neither hang nor see the future. What a tree computes at a bar is not here; only
//! the operators are, because constants are folded with the same functions.
//!
//! `docs/expressions.md` is the language as its users read it.

mod call;
mod check;
mod error;
mod fold;
mod operator;
mod parse;
mod print;
mod suggest;
mod syntax;
mod token;
mod tree;

#[cfg(test)]
mod tests;

use check::Scope;

pub use error::{ErrorKind, ExpressionError, ValueType};
pub use operator::{Arithmetic, Comparison, CrossDirection, TIE_RELATIVE, order};
pub use token::Span;
pub use tree::{Condition, Expression, Field, Numeric};

use crate::market::indicator::MAX_LOOK_BACK;

/// The longest text that is read, in characters.
pub const MAX_TEXT_CHARACTERS: usize = 4_096;
/// How deep parentheses, calls and operators nest; a chain of `and` or `or` is one level.
pub const MAX_DEPTH: usize = 64;
/// How many names, numbers, operators and calls there are at most.
pub const MAX_NODES: usize = 512;
/// How many bars back an expression reaches: periods and shifts, summed along their nesting.
pub const MAX_LOOK_BACK_BARS: usize = MAX_LOOK_BACK as usize;

/// The expression that `text` is, a number or a condition.
///
/// # Errors
/// The first mistake in the text, with its column.
pub fn parse_any(text: &str) -> Result<Expression, ExpressionError> {
    let node = parse::parse(text)?;
    Ok(check::expression(&node, Scope::default())?.tree)
}

/// The condition that `text` is.
///
/// # Errors
/// The first mistake in the text, with its column; a number is one.
pub fn parse_condition(text: &str) -> Result<Condition, ExpressionError> {
    let node = parse::parse(text)?;
    Ok(check::condition(&node, Scope::default())?.tree)
}

/// The number that `text` is.
///
/// # Errors
/// The first mistake in the text, with its column; a condition is one.
pub fn parse_numeric(text: &str) -> Result<Numeric, ExpressionError> {
    let node = parse::parse(text)?;
    Ok(check::numeric(&node, Scope::default())?.tree)
}
