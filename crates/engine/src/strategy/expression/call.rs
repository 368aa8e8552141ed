//! Calls: the functions of the language itself, and the indicators of the catalogue.

use ballast_domain::Timeframe;

use super::check::{self, Checked, Scope, expression, numeric};
use super::error::{ErrorKind, ExpressionError};
use super::operator::CrossDirection;
use super::suggest::nearest;
use super::syntax::{Name, Node, NodeKind};
use super::token::Span;
use super::tree::{Condition, Expression, Field, Numeric};
use crate::market::indicator::{self, CATALOGUE, Definition, Indicator, IndicatorError, Input};

type Result = check::Result<Expression>;

/// The functions of the language itself with the names of their parameters.
const BUILTINS: [(&str, &[&str]); 8] = [
    ("abs", &["x"]),
    ("ai", &[]),
    ("crossover", &["a", "b"]),
    ("crossunder", &["a", "b"]),
    ("max", &["a", "b"]),
    ("min", &["a", "b"]),
    ("session", &[]),
    ("tf", &["\"4h\"", "x"]),
];

/// The checked tree of the call `name(arguments)`, of the output after its dot if there is one.
pub(super) fn call(
    name: &Name,
    output: Option<&Name>,
    arguments: &[Node],
    span: Span,
    scope: Scope,
) -> Result {
    if let Some(parameters) = builtin_parameters(&name.text) {
        if let Some(output) = output {
            return Err(misplaced(output));
        }
        return call_builtin(name, arguments, span, scope)
            .unwrap_or_else(|| Err(arity(name, parameters.len(), arguments)));
    }
    if let Some(definition) = indicator::find(&name.text) {
        let takes = definition.params.len() + usize::from(reads_series(definition));
        if arguments.len() != takes {
            return Err(arity(name, takes, arguments));
        }
        let output = output_index(definition, output, span)?;
        return call_indicator(definition, output, arguments, span, scope);
    }
    Err(unknown(name))
}

/// How the function `name` is called, as in `rsi(series, period)`; `None` when there is none.
pub(super) fn signature(name: &str) -> Option<String> {
    match builtin_parameters(name) {
        Some(parameters) => Some(format!("{name}({})", parameters.join(", "))),
        None => indicator::find(name).map(Definition::signature),
    }
}

/// The names of all functions, aliases left out, in alphabetical order.
pub(super) fn names() -> Vec<&'static str> {
    let builtins = BUILTINS.iter().map(|&(name, _)| name);
    let indicators = CATALOGUE.iter().map(|definition| definition.name);
    let mut names: Vec<&str> = builtins.chain(indicators).collect();
    names.sort_unstable();
    names
}

/// The error of a dot name that follows no indicator's call.
pub(super) fn misplaced(output: &Name) -> ExpressionError {
    let kind = ErrorKind::OutputMisplaced { output: output.text.clone() };
    ExpressionError::at(output.span, kind)
}

/// `None` when the arguments are not as many as the function takes.
fn call_builtin(name: &Name, arguments: &[Node], span: Span, scope: Scope) -> Option<Result> {
    let checked = match (name.text.as_str(), arguments) {
        ("abs", [of]) => numeric(of, scope).map(|of| Checked::number(of.tree.abs(), of.bars)),
        ("min", [left, right]) => two(left, right, scope, Numeric::min),
        ("max", [left, right]) => two(left, right, scope, Numeric::max),
        ("crossover", [left, right]) => cross(CrossDirection::Over, left, right, span, scope),
        ("crossunder", [left, right]) => cross(CrossDirection::Under, left, right, span, scope),
        ("tf", [timeframe, of]) => in_timeframe(name, timeframe, of, scope),
        ("session", []) => momentary("session", span, scope)
            .map(|()| Checked::condition(Condition::Session { span }, 0)),
        ("ai", []) => momentary("ai", span, scope)
            .map(|()| Checked::number(Numeric::AiConfidence { span }, 0)),
        _ => return None,
    };
    Some(checked)
}

fn two(left: &Node, right: &Node, scope: Scope, join: fn(Numeric, Numeric) -> Numeric) -> Result {
    let (left, right) = (numeric(left, scope)?, numeric(right, scope)?);
    Ok(Checked::number(join(left.tree, right.tree), left.bars.max(right.bars)))
}

fn cross(direction: CrossDirection, left: &Node, right: &Node, span: Span, scope: Scope) -> Result {
    let scope = scope.over_bars();
    let (left, right) = (numeric(left, scope)?, numeric(right, scope)?);
    let tree = Condition::cross(direction, left.tree, right.tree);
    Checked::condition(tree, left.bars.max(right.bars) + 1).within_look_back(span)
}

fn in_timeframe(name: &Name, timeframe: &Node, of: &Node, scope: Scope) -> Result {
    if scope.in_timeframe {
        return Err(ExpressionError::at(name.span, ErrorKind::TimeframeNested));
    }
    let span = timeframe.span;
    let NodeKind::Text(text) = &timeframe.kind else {
        return Err(ExpressionError::at(span, ErrorKind::TimeframeExpected));
    };
    let timeframe: Timeframe = text.parse().map_err(|_| unknown_timeframe(text, span))?;
    let scope = Scope { in_timeframe: true, over_bars: true };
    let Checked { tree, bars } = expression(of, scope)?;
    Ok(match tree {
        Expression::Number(tree) => {
            let of = Box::new(tree);
            Checked::number(Numeric::Timeframe { timeframe, span, of }, bars)
        }
        Expression::Condition(tree) => {
            let of = Box::new(tree);
            Checked::condition(Condition::Timeframe { timeframe, span, of }, bars)
        }
    })
}

fn momentary(
    function: &'static str,
    span: Span,
    scope: Scope,
) -> std::result::Result<(), ExpressionError> {
    if scope.over_bars {
        return Err(ExpressionError::at(span, ErrorKind::Momentary { function }));
    }
    Ok(())
}

fn call_indicator(
    definition: &'static Definition,
    output: usize,
    arguments: &[Node],
    span: Span,
    scope: Scope,
) -> Result {
    let (series, arguments) = match arguments {
        [series, rest @ ..] if reads_series(definition) => {
            (Some(numeric(series, scope.over_bars())?), rest)
        }
        all => (None, all),
    };
    let mut params = Vec::with_capacity(arguments.len());
    for (index, argument) in arguments.iter().enumerate() {
        params.push(parameter(definition, index, argument, scope)?);
    }
    let indicator = Indicator::new(definition, &params)
        .map_err(|error| refused(definition, &error, arguments, span))?;
    let history = series.as_ref().map_or(0, |series| series.bars);
    let bars = history + indicator.warm_up_bars() as usize;
    let series = series.map(|series| Box::new(series.tree));
    Checked::number(Numeric::Indicator { definition, output, series, params }, bars)
        .within_look_back(span)
}

/// The constant that `argument` gives to the parameter at `index`.
fn parameter(
    definition: &'static Definition,
    index: usize,
    argument: &Node,
    scope: Scope,
) -> std::result::Result<f64, ExpressionError> {
    match numeric(argument, scope)?.tree {
        Numeric::Constant(value) => Ok(value),
        _ => {
            let parameter = definition.params[index].name;
            let kind = ErrorKind::ParameterVaries { parameter, function: definition.name };
            Err(ExpressionError::at(argument.span, kind))
        }
    }
}

/// The indicator's own words, at the argument that they are about.
fn refused(
    definition: &'static Definition,
    error: &IndicatorError,
    arguments: &[Node],
    call: Span,
) -> ExpressionError {
    let name = match error {
        IndicatorError::Period { parameter, .. } | IndicatorError::Number { parameter, .. } => {
            Some(*parameter)
        }
        IndicatorError::ParameterCount { .. } => None,
    };
    let index = definition.params.iter().position(|parameter| Some(parameter.name) == name);
    let span = index.and_then(|index| arguments.get(index)).map_or(call, |node| node.span);
    ExpressionError::at(span, ErrorKind::Parameter { message: error.to_string() })
}

fn output_index(
    definition: &'static Definition,
    output: Option<&Name>,
    call: Span,
) -> std::result::Result<usize, ExpressionError> {
    let (function, outputs) = (definition.name, definition.outputs);
    match (output, outputs) {
        (None, []) => Ok(0),
        (None, _) => Err(ExpressionError::at(call, ErrorKind::OutputMissing { function, outputs })),
        (Some(output), []) => {
            let kind = ErrorKind::OutputSingle { function, output: output.text.clone() };
            Err(ExpressionError::at(output.span, kind))
        }
        (Some(output), _) => {
            outputs.iter().position(|&name| name == output.text).ok_or_else(|| {
                let output_name = output.text.clone();
                let kind = ErrorKind::OutputUnknown { function, output: output_name, outputs };
                ExpressionError::at(output.span, kind)
            })
        }
    }
}

fn reads_series(definition: &Definition) -> bool {
    matches!(definition.input, Input::Series)
}

fn builtin_parameters(name: &str) -> Option<&'static [&'static str]> {
    BUILTINS.iter().find(|(builtin, _)| *builtin == name).map(|&(_, parameters)| parameters)
}

/// Points at the first argument too many, or at the name when there are too few.
fn arity(name: &Name, takes: usize, arguments: &[Node]) -> ExpressionError {
    let span = arguments.get(takes).map_or(name.span, |surplus| surplus.span);
    let signature = signature(&name.text).unwrap_or_else(|| name.text.clone());
    ExpressionError::at(span, ErrorKind::Arity { signature, takes, given: arguments.len() })
}

fn unknown(name: &Name) -> ExpressionError {
    if let Some(field) = Field::find(&name.text) {
        let kind = ErrorKind::FieldCalled { name: field.name() };
        return ExpressionError::at(name.span, kind);
    }
    let aliases = CATALOGUE.iter().flat_map(|definition| definition.aliases.iter().copied());
    let help = match nearest(&name.text, names().into_iter().chain(aliases)) {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("the functions are {}", names().join(", ")),
    };
    ExpressionError::at(name.span, ErrorKind::UnknownFunction { name: name.text.clone(), help })
}

fn unknown_timeframe(text: &str, span: Span) -> ExpressionError {
    let known = Timeframe::ALL.map(|timeframe| timeframe.to_string()).join(", ");
    ExpressionError::at(span, ErrorKind::TimeframeUnknown { text: text.to_owned(), known })
}
