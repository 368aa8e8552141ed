//! The operators of the language and what each one computes.
//!
//! Constant folding and evaluation over bars both call these functions, so that an expression means
//! the same whether its operands were known when it was written or only at a bar's close. A result
//! that is not finite is the caller's to refuse: here is only the arithmetic.
#![expect(
    clippy::float_arithmetic,
    reason = "conditions are computed on indicator values, which are floats; money never comes here"
)]

use std::cmp::Ordering;

/// Values closer than this, relative to the larger one, count as equal. Price series tie often, and
/// the order of a summation must not decide whether they do.
pub const TIE_RELATIVE: f64 = 1e-9;

/// An arithmetic operator between two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `a + b`
    Add,
    /// `a - b`
    Subtract,
    /// `a * b`
    Multiply,
    /// `a / b`
    Divide,
    /// `a % b`, the remainder, with the sign of `a`.
    Remainder,
}

impl Arithmetic {
    /// The operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }

    /// The result in IEEE 754 arithmetic; infinite or NaN when dividing by zero or overflowing.
    pub fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Remainder => left % right,
        }
    }
}

/// A comparison of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `a < b`
    Less,
    /// `a <= b`
    LessOrEqual,
    /// `a > b`
    Greater,
    /// `a >= b`
    GreaterOrEqual,
    /// `a == b`
    Equal,
    /// `a != b`
    NotEqual,
}

impl Comparison {
    /// The operator as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        }
    }

    /// The one that is true where this is false; of values that can be ordered.
    pub const fn negated(self) -> Self {
        match self {
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
        }
    }

    /// The one that says the same of the two sides exchanged.
    pub const fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            Self::Equal | Self::NotEqual => self,
        }
    }

    /// Whether the comparison is true, by [`order`]; false when a side is NaN.
    pub fn holds(self, left: f64, right: f64) -> bool {
        order(left, right).is_some_and(|order| match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
        })
    }
}

/// Which way one series crosses another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CrossDirection {
    /// `crossover(a, b)`: a is above b now and was not at the previous bar.
    Over,
    /// `crossunder(a, b)`: a is below b now and was not at the previous bar.
    Under,
}

impl CrossDirection {
    /// The function as it is written, `crossover` or `crossunder`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Over => "crossover",
            Self::Under => "crossunder",
        }
    }

    /// Whether the pair `(a, b)` crossed between the previous bar and now, by [`order`]; false when
    /// any of the four values is NaN.
    pub fn holds(self, previous: (f64, f64), now: (f64, f64)) -> bool {
        let (before, after) = match self {
            Self::Over => (Comparison::LessOrEqual, Comparison::Greater),
            Self::Under => (Comparison::GreaterOrEqual, Comparison::Less),
        };
        before.holds(previous.0, previous.1) && after.holds(now.0, now.1)
    }
}

/// How two values stand to each other when those closer than [`TIE_RELATIVE`] are equal; `None`
/// when one is NaN.
pub fn order(left: f64, right: f64) -> Option<Ordering> {
    let tolerance = TIE_RELATIVE * left.abs().max(right.abs());
    if tolerance.is_finite() && (left - right).abs() < tolerance {
        return Some(Ordering::Equal);
    }
    left.partial_cmp(&right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_closer_than_a_billionth_are_equal() {
        let cases = [
            (100.0, 100.0, Some(Ordering::Equal)),
            (0.1 + 0.2, 0.3, Some(Ordering::Equal)),
            (1.0, 1.0 + 5e-10, Some(Ordering::Equal)),
            (1.0, 1.0 + 2e-9, Some(Ordering::Less)),
            (-1.0, -1.0 - 2e-9, Some(Ordering::Greater)),
            (0.0, -0.0, Some(Ordering::Equal)),
            (0.0, 1e-300, Some(Ordering::Less)),
            (1e12, 1e12 + 100.0, Some(Ordering::Equal)),
            (f64::INFINITY, f64::INFINITY, Some(Ordering::Equal)),
            (f64::INFINITY, 1.0, Some(Ordering::Greater)),
            (f64::NAN, 1.0, None),
        ];
        for (left, right, expected) in cases {
            assert_eq!(order(left, right), expected, "{left} and {right}");
        }
    }

    #[test]
    fn comparisons_follow_the_tie_rule() {
        use Comparison::*;
        let tie = (1.0, 1.0 + 5e-10);
        for (comparison, on_tie, on_less, on_nan) in [
            (Less, false, true, false),
            (LessOrEqual, true, true, false),
            (Greater, false, false, false),
            (GreaterOrEqual, true, false, false),
            (Equal, true, false, false),
            (NotEqual, false, true, false),
        ] {
            assert_eq!(comparison.holds(tie.0, tie.1), on_tie, "{comparison:?}");
            assert_eq!(comparison.holds(1.0, 2.0), on_less, "{comparison:?}");
            assert_eq!(comparison.holds(f64::NAN, 2.0), on_nan, "{comparison:?}");
        }
    }

    #[test]
    fn a_cross_needs_the_previous_bar_on_the_other_side_or_a_tie() {
        let over = |previous, now| CrossDirection::Over.holds(previous, now);
        assert!(over((1.0, 2.0), (3.0, 2.0)));
        assert!(over((2.0, 2.0), (3.0, 2.0)));
        assert!(!over((2.5, 2.0), (3.0, 2.0)));
        assert!(!over((1.0, 2.0), (2.0 + 1e-10, 2.0)), "a tie now is not above");
        assert!(!over((f64::NAN, 2.0), (3.0, 2.0)));
        assert!(CrossDirection::Under.holds((2.0, 2.0), (1.0, 2.0)));
        assert!(!CrossDirection::Under.holds((1.5, 2.0), (1.0, 2.0)));
    }
}
