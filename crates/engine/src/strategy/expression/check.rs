//! The syntax tree to the checked tree: names, types, constants, look-back.

use super::MAX_LOOK_BACK_BARS;
use super::call;
use super::error::{ErrorKind, ExpressionError, ValueType};
use super::operator::Arithmetic;
use super::suggest::nearest;
use super::syntax::{Node, NodeKind};
use super::token::Span;
use super::tree::{Condition, Expression, Field, Numeric};

/// A checked tree and how many bars of history it needs before the one it is read at.
#[derive(Debug)]
pub(super) struct Checked<T> {
    pub(super) tree: T,
    pub(super) bars: usize,
}

/// What surrounds the part that is being checked.
#[derive(Clone, Copy, Default)]
pub(super) struct Scope {
    /// It is inside `tf`.
    pub(super) in_timeframe: bool,
    /// Something around it reads its value at other bars than this one.
    pub(super) over_bars: bool,
}

pub(super) type Result<T> = std::result::Result<Checked<T>, ExpressionError>;

/// The checked tree of `node`, of either type.
pub(super) fn expression(node: &Node, scope: Scope) -> Result<Expression> {
    match &node.kind {
        NodeKind::Number(value) => Ok(Checked::number(Numeric::constant(*value), 0)),
        NodeKind::Boolean(value) => Ok(Checked::condition(Condition::Constant(*value), 0)),
        NodeKind::Text(_) => Err(mismatch(node.span, ValueType::Number, ValueType::Text)),
        NodeKind::Name(name) => field(name, node.span),
        NodeKind::Call { name, arguments } => call::call(name, None, arguments, node.span, scope),
        NodeKind::Output { of, name: output } => match &of.kind {
            NodeKind::Call { name, arguments } => {
                call::call(name, Some(output), arguments, of.span, scope)
            }
            _ => Err(call::misplaced(output)),
        },
        NodeKind::Shift { of, bars } => shift(of, *bars, node.span, scope),
        NodeKind::Negate(of) => {
            let of = numeric(of, scope)?;
            Ok(Checked::number(of.tree.negate(), of.bars))
        }
        NodeKind::Arithmetic { operator, left, right } => {
            arithmetic(*operator, left, right, node.span, scope)
        }
        NodeKind::Compare { comparison, left, right } => {
            let (left, right) = (numeric(left, scope)?, numeric(right, scope)?);
            let bars = left.bars.max(right.bars);
            Ok(Checked::condition(Condition::compare(*comparison, left.tree, right.tree), bars))
        }
        NodeKind::And(parts) => chain(parts, scope, Condition::and),
        NodeKind::Or(parts) => chain(parts, scope, Condition::or),
        NodeKind::Not(of) => {
            let of = condition(of, scope)?;
            Ok(Checked::condition(of.tree.negate(), of.bars))
        }
    }
}

/// The checked tree of `node`, which must give a number.
pub(super) fn numeric(node: &Node, scope: Scope) -> Result<Numeric> {
    let Checked { tree, bars } = expression_or_text(node, ValueType::Number, scope)?;
    match tree {
        Expression::Number(tree) => Ok(Checked { tree, bars }),
        Expression::Condition(_) => {
            Err(mismatch(node.span, ValueType::Number, ValueType::Condition))
        }
    }
}

/// The checked tree of `node`, which must be true or false.
pub(super) fn condition(node: &Node, scope: Scope) -> Result<Condition> {
    let Checked { tree, bars } = expression_or_text(node, ValueType::Condition, scope)?;
    match tree {
        Expression::Condition(tree) => Ok(Checked { tree, bars }),
        Expression::Number(_) => Err(mismatch(node.span, ValueType::Condition, ValueType::Number)),
    }
}

impl<T> Checked<T> {
    /// Refuses more history than is kept; `span` is what sums it up.
    pub(super) fn within_look_back(self, span: Span) -> Result<T> {
        if self.bars > MAX_LOOK_BACK_BARS {
            return Err(ExpressionError::at(span, ErrorKind::LookBack { bars: self.bars }));
        }
        Ok(self)
    }
}

impl Checked<Expression> {
    pub(super) fn number(tree: Numeric, bars: usize) -> Self {
        Self { tree: Expression::Number(tree), bars }
    }

    pub(super) fn condition(tree: Condition, bars: usize) -> Self {
        Self { tree: Expression::Condition(tree), bars }
    }
}

impl Scope {
    /// The surroundings of an operand that is read at other bars too.
    pub(super) fn over_bars(self) -> Self {
        Self { over_bars: true, ..self }
    }
}

fn expression_or_text(node: &Node, expected: ValueType, scope: Scope) -> Result<Expression> {
    match node.kind {
        NodeKind::Text(_) => Err(mismatch(node.span, expected, ValueType::Text)),
        _ => expression(node, scope),
    }
}

fn mismatch(span: Span, expected: ValueType, found: ValueType) -> ExpressionError {
    ExpressionError::at(span, ErrorKind::Type { expected, found })
}

fn field(name: &str, span: Span) -> Result<Expression> {
    if let Some(field) = Field::find(name) {
        return Ok(Checked::number(Numeric::Field(field), 0));
    }
    let name = name.to_owned();
    if let Some(signature) = call::signature(&name) {
        return Err(ExpressionError::at(span, ErrorKind::MissingCall { name, signature }));
    }
    let fields = Field::ALL.map(Field::name);
    let near = nearest(&name, fields.into_iter().chain(call::names()));
    let help = match near {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("the price fields are {}", fields.join(", ")),
    };
    Err(ExpressionError::at(span, ErrorKind::UnknownName { name, help }))
}

fn shift(of: &Node, bars: u32, span: Span, scope: Scope) -> Result<Expression> {
    let of = expression(of, scope.over_bars())?;
    let tree = match of.tree {
        Expression::Number(tree) => Expression::Number(tree.shift(bars)),
        Expression::Condition(tree) => Expression::Condition(tree.shift(bars)),
    };
    Checked { tree, bars: of.bars + bars as usize }.within_look_back(span)
}

fn arithmetic(
    operator: Arithmetic,
    left: &Node,
    right: &Node,
    span: Span,
    scope: Scope,
) -> Result<Expression> {
    let divisor = right.span;
    let (left, right) = (numeric(left, scope)?, numeric(right, scope)?);
    let divides = matches!(operator, Arithmetic::Divide | Arithmetic::Remainder);
    if divides && right.tree == Numeric::Constant(0.0) {
        return Err(ExpressionError::at(divisor, ErrorKind::DivisionByZero));
    }
    let bars = left.bars.max(right.bars);
    let tree = Numeric::arithmetic(operator, left.tree, right.tree);
    if matches!(tree, Numeric::Constant(value) if !value.is_finite()) {
        return Err(ExpressionError::at(span, ErrorKind::ConstantTooLarge));
    }
    Ok(Checked::number(tree, bars))
}

fn chain(
    parts: &[Node],
    scope: Scope,
    join: fn(Vec<Condition>) -> Condition,
) -> Result<Expression> {
    let mut trees = Vec::with_capacity(parts.len());
    let mut bars = 0;
    for part in parts {
        let part = condition(part, scope)?;
        trees.push(part.tree);
        bars = bars.max(part.bars);
    }
    Ok(Checked::condition(join(trees), bars))
}
