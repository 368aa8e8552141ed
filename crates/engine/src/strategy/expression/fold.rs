//! Makes the nodes of checked trees, in the one form that each meaning has: an operation on
//! constants is its result, and chains of `and` or `or` are flat.

use super::operator::{Arithmetic, Comparison, CrossDirection};
use super::tree::{Condition, Numeric};

impl Numeric {
    /// A constant without a negative zero, which would print as `-0`.
    pub(super) fn constant(value: f64) -> Self {
        Self::Constant(if value == 0.0 { 0.0 } else { value })
    }

    pub(super) fn negate(self) -> Self {
        match self {
            Self::Constant(value) => Self::constant(Arithmetic::Subtract.apply(0.0, value)),
            other => Self::Negate(Box::new(other)),
        }
    }

    /// The constant may be infinite or NaN; the caller refuses it then.
    pub(super) fn arithmetic(operator: Arithmetic, left: Self, right: Self) -> Self {
        match (left, right) {
            (Self::Constant(left), Self::Constant(right)) => {
                Self::constant(operator.apply(left, right))
            }
            (left, right) => {
                Self::Arithmetic { operator, left: Box::new(left), right: Box::new(right) }
            }
        }
    }

    pub(super) fn abs(self) -> Self {
        match self {
            Self::Constant(value) => Self::constant(value.abs()),
            other => Self::Abs(Box::new(other)),
        }
    }

    pub(super) fn min(self, other: Self) -> Self {
        match (self, other) {
            (Self::Constant(left), Self::Constant(right)) => Self::constant(left.min(right)),
            (left, right) => Self::Min(Box::new(left), Box::new(right)),
        }
    }

    pub(super) fn max(self, other: Self) -> Self {
        match (self, other) {
            (Self::Constant(left), Self::Constant(right)) => Self::constant(left.max(right)),
            (left, right) => Self::Max(Box::new(left), Box::new(right)),
        }
    }

    pub(super) fn shift(self, bars: u32) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(value),
            other => Self::Shift { of: Box::new(other), bars },
        }
    }
}

impl Condition {
    pub(super) fn compare(comparison: Comparison, left: Numeric, right: Numeric) -> Self {
        match (left, right) {
            (Numeric::Constant(left), Numeric::Constant(right)) => {
                Self::Constant(comparison.holds(left, right))
            }
            (left, right) => {
                Self::Compare { comparison, left: Box::new(left), right: Box::new(right) }
            }
        }
    }

    pub(super) fn cross(direction: CrossDirection, left: Numeric, right: Numeric) -> Self {
        match (left, right) {
            // What never moves never crosses.
            (Numeric::Constant(_), Numeric::Constant(_)) => Self::Constant(false),
            (left, right) => {
                Self::Cross { direction, left: Box::new(left), right: Box::new(right) }
            }
        }
    }

    /// `parts` joined by `and`; at least one.
    pub(super) fn and(parts: Vec<Self>) -> Self {
        let parts = flattened(
            parts,
            |a, b| a && b,
            |part| match part {
                Self::And(inner) => Ok(inner),
                other => Err(other),
            },
        );
        single(parts).unwrap_or_else(Self::And)
    }

    /// `parts` joined by `or`; at least one.
    pub(super) fn or(parts: Vec<Self>) -> Self {
        let parts = flattened(
            parts,
            |a, b| a || b,
            |part| match part {
                Self::Or(inner) => Ok(inner),
                other => Err(other),
            },
        );
        single(parts).unwrap_or_else(Self::Or)
    }

    pub(super) fn negate(self) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(!value),
            other => Self::Not(Box::new(other)),
        }
    }

    pub(super) fn shift(self, bars: u32) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(value),
            other => Self::Shift { of: Box::new(other), bars },
        }
    }
}

/// The operands of a chain in their order, those of an inner chain in its place, constants that
/// stand side by side combined. A constant beside another operand stays: while that one is not
/// ready the chain is not ready either, whatever the constant says.
fn flattened(
    operands: Vec<Condition>,
    combine: fn(bool, bool) -> bool,
    inner: fn(Condition) -> Result<Vec<Condition>, Condition>,
) -> Vec<Condition> {
    let mut parts: Vec<Condition> = Vec::with_capacity(operands.len());
    for part in
        operands.into_iter().flat_map(|operand| inner(operand).unwrap_or_else(|one| vec![one]))
    {
        match (parts.last_mut(), part) {
            (Some(Condition::Constant(last)), Condition::Constant(value)) => {
                *last = combine(*last, value);
            }
            (_, part) => parts.push(part),
        }
    }
    parts
}

/// The only part, or all of them.
fn single(parts: Vec<Condition>) -> Result<Condition, Vec<Condition>> {
    <[Condition; 1]>::try_from(parts).map(|[only]| only)
}
