//! The syntax tree: what was written, where, before anything is known about names and types.

use super::operator::{Arithmetic, Comparison};
use super::token::Span;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    /// Everything that belongs to the node, parentheses around it included.
    pub(super) span: Span,
    /// How many nodes stand above one another, this one included.
    pub(super) depth: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum NodeKind {
    Number(f64),
    Text(String),
    Boolean(bool),
    Name(String),
    Call {
        name: Name,
        arguments: Vec<Node>,
    },
    Output {
        of: Box<Node>,
        name: Name,
    },
    Shift {
        of: Box<Node>,
        bars: u32,
    },
    Negate(Box<Node>),
    Not(Box<Node>),
    Arithmetic {
        operator: Arithmetic,
        left: Box<Node>,
        right: Box<Node>,
    },
    Compare {
        comparison: Comparison,
        left: Box<Node>,
        right: Box<Node>,
    },
    /// At least two, joined by `and`.
    And(Vec<Node>),
    /// At least two, joined by `or`.
    Or(Vec<Node>),
}

impl NodeKind {
    /// The depth of the deepest operand, 0 without operands.
    pub(super) fn depth_below(&self) -> usize {
        match self {
            Self::Number(_) | Self::Text(_) | Self::Boolean(_) | Self::Name(_) => 0,
            Self::Call { arguments: parts, .. } | Self::And(parts) | Self::Or(parts) => {
                parts.iter().map(|part| part.depth).max().unwrap_or(0)
            }
            Self::Output { of, .. } | Self::Shift { of, .. } | Self::Negate(of) | Self::Not(of) => {
                of.depth
            }
            Self::Arithmetic { left, right, .. } | Self::Compare { left, right, .. } => {
                left.depth.max(right.depth)
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) span: Span,
}
