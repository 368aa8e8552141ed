//! What can be wrong with an expression: where, what, and how to mend it.

use std::fmt::{self, Write as _};

use super::token::Span;
use super::{MAX_DEPTH, MAX_LOOK_BACK_BARS, MAX_NODES, MAX_TEXT_CHARACTERS};

/// Characters of a long line shown before and after the place of the error.
const EXCERPT_CHARACTERS: usize = 60;

/// The first mistake in an expression. Its `Display` is one line, `column 7: …`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {kind}")]
pub struct ExpressionError {
    /// The column of the mistake, from 1, counted in characters over the whole text.
    pub column: usize,
    /// How many characters are at fault, at least 1.
    pub length: usize,
    /// What is wrong there; its `Display` is the message without the column.
    pub kind: ErrorKind,
}

impl ExpressionError {
    pub(super) fn at(span: Span, kind: ErrorKind) -> Self {
        Self { column: span.column, length: span.length, kind }
    }

    /// The error, the line of `text` that it is in, and carets under the place. `text` must be what
    /// was parsed; long lines are cut around the place.
    pub fn render(&self, text: &str) -> String {
        let characters: Vec<char> = text.chars().collect();
        let place = self.column.saturating_sub(1).min(characters.len());
        let line_start = characters[..place].iter().rposition(|&c| c == '\n').map_or(0, |n| n + 1);
        let line_end = characters[place..].iter().position(|&c| c == '\n');
        let line_end = line_end.map_or(characters.len(), |n| place + n);

        let start = line_start.max(place.saturating_sub(EXCERPT_CHARACTERS));
        let end = line_end.min(place + EXCERPT_CHARACTERS);
        let before = if start > line_start { "…" } else { "" };
        let after = if end < line_end { "…" } else { "" };
        let carets = self.length.min(end - place).max(1);

        let mut out = format!("{self}\n  {before}");
        out.extend(characters[start..end].iter().map(|&c| if c.is_control() { ' ' } else { c }));
        let indent = place - start + before.chars().count();
        // Writing into a String cannot fail.
        let _ = write!(out, "{after}\n  {:indent$}{}", "", "^".repeat(carets));
        out
    }
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// Nothing but white space.
    #[error("the expression is empty: write one, such as close > sma(close, 20)")]
    Empty,
    /// More than [`MAX_TEXT_CHARACTERS`].
    #[error(
        "the text is longer than {} characters: split it into several rules",
        grouped(MAX_TEXT_CHARACTERS)
    )]
    TextTooLong,
    /// Parentheses, calls and operators nested deeper than [`MAX_DEPTH`].
    #[error("nested deeper than {MAX_DEPTH} levels: split it into several rules")]
    TooDeep,
    /// More than [`MAX_NODES`] names, numbers, operators and calls.
    #[error(
        "more than {MAX_NODES} names, numbers, operators and calls: split it into several rules"
    )]
    TooLarge,
    /// More than [`MAX_LOOK_BACK_BARS`] of history, periods and shifts along the nesting summed.
    #[error(
        "this needs {} bars of history, at most {} are kept: use shorter periods and shifts, \
         or a higher timeframe",
        grouped(*bars),
        grouped(MAX_LOOK_BACK_BARS)
    )]
    LookBack {
        /// How many bars it would need.
        bars: usize,
    },

    /// A character that no token begins with.
    #[error("unexpected {found}{}", write_instead(*replacement))]
    UnexpectedCharacter {
        /// The character in quotes, or its code point when it cannot be shown.
        found: String,
        /// What was probably meant.
        replacement: Option<&'static str>,
    },
    /// `=` where `==` is meant.
    #[error("'=' does not compare: write == to test whether two numbers are equal")]
    SingleEquals,
    /// A text without its closing quote.
    #[error("this text has no end: close it with {quote}")]
    UnterminatedText {
        /// The quote that opened it.
        quote: char,
    },
    /// Digits that do not make a number.
    #[error("'{text}' is not a number: write numbers as 12, 0.5 or 1e-3")]
    BadNumber {
        /// What was written.
        text: String,
    },
    /// A literal beyond the range of a 64-bit float.
    #[error("this number is too large")]
    NumberTooLarge,

    /// The grammar wants something else here.
    #[error("expected {expected}, found {found}{}", did_you_mean(*suggestion))]
    Unexpected {
        /// What may stand here.
        expected: String,
        /// What stands here.
        found: String,
        /// What was probably meant.
        suggestion: Option<&'static str>,
    },
    /// `a < b < c`.
    #[error("comparisons do not chain: write a < b and b < c")]
    ChainedComparison,
    /// A `)` without its `(`.
    #[error("this ')' closes nothing: remove it, or add a '(' before")]
    Unopened,
    /// `ta.rsi(close, 14)`.
    #[error("functions have no prefix here: write {function}(...) without '{prefix}.'")]
    Prefixed {
        /// What stands before the dot.
        prefix: String,
        /// The function after it.
        function: String,
    },
    /// `x[-1]`.
    #[error("cannot read the future: x[1] is the value one bar ago, x[0] the value now")]
    Future,

    /// A name that is no price field.
    #[error("unknown name '{name}': {help}")]
    UnknownName {
        /// The name.
        name: String,
        /// The nearest name, or the known ones.
        help: String,
    },
    /// A call of a function that does not exist.
    #[error("unknown function '{name}': {help}")]
    UnknownFunction {
        /// The name.
        name: String,
        /// The nearest name, or the known ones.
        help: String,
    },
    /// A function's name without its parentheses.
    #[error("{name} is a function: write {signature}")]
    MissingCall {
        /// The function.
        name: String,
        /// How it is called.
        signature: String,
    },
    /// A price field with parentheses.
    #[error("{name} is a price field, not a function: write {name} without parentheses")]
    FieldCalled {
        /// The field.
        name: &'static str,
    },
    /// Too many or too few arguments.
    #[error("{signature} takes {}, {given} given", arguments(*takes))]
    Arity {
        /// How the function is called.
        signature: String,
        /// How many arguments it takes.
        takes: usize,
        /// How many there are.
        given: usize,
    },

    /// A value of the wrong type.
    #[error("expected {expected}, found {found}{}", conversion(*expected, *found))]
    Type {
        /// The type that is wanted.
        expected: ValueType,
        /// The type that is there.
        found: ValueType,
    },
    /// An indicator of several outputs without naming one.
    #[error("{function} gives several values: add {}", outputs_list(outputs))]
    OutputMissing {
        /// The indicator.
        function: &'static str,
        /// Its outputs.
        outputs: &'static [&'static str],
    },
    /// An output that the indicator does not have.
    #[error("{function} has no output '{output}': write {}", outputs_list(outputs))]
    OutputUnknown {
        /// The indicator.
        function: &'static str,
        /// The name after the dot.
        output: String,
        /// The outputs it has.
        outputs: &'static [&'static str],
    },
    /// A dot after an indicator of one output.
    #[error("{function} gives one value: remove '.{output}'")]
    OutputSingle {
        /// The indicator.
        function: &'static str,
        /// The name after the dot.
        output: String,
    },
    /// A dot after something that is no indicator's call.
    #[error(
        "'.{output}' must follow an indicator's call directly, as in macd(close, 12, 26, 9).signal"
    )]
    OutputMisplaced {
        /// The name after the dot.
        output: String,
    },

    /// A parameter that is not known before the bars are.
    #[error("the {parameter} of {function} must be a constant, such as 14")]
    ParameterVaries {
        /// The parameter.
        parameter: &'static str,
        /// The indicator.
        function: &'static str,
    },
    /// Parameters that the indicator refuses.
    #[error("{message}")]
    Parameter {
        /// The indicator's own words.
        message: String,
    },

    /// The first argument of `tf` is no text.
    #[error("expected a timeframe in quotes, as in tf(\"4h\", close)")]
    TimeframeExpected,
    /// A text that is no timeframe.
    #[error("\"{text}\" is not a timeframe: write one of {known}")]
    TimeframeUnknown {
        /// What was written.
        text: String,
        /// The timeframes there are.
        known: String,
    },
    /// `tf` inside `tf`.
    #[error("tf inside tf: a value is read in one timeframe, move this tf out of the other")]
    TimeframeNested,

    /// A constant zero on the right of `/` or `%`.
    #[error("division by zero")]
    DivisionByZero,
    /// Arithmetic on constants that leaves the range of a 64-bit float.
    #[error("this constant is too large to compute")]
    ConstantTooLarge,
    /// `session()` or `ai()` where the past or another timeframe is read.
    #[error(
        "{function}() is known only at the moment of evaluation: it has no earlier bars, so it \
         cannot be shifted, crossed, fed to an indicator or read in another timeframe"
    )]
    Momentary {
        /// The function.
        function: &'static str,
    },
}

/// The type of a value, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A number.
    Number,
    /// True or false.
    Condition,
    /// A text in quotes.
    Text,
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "a number",
            Self::Condition => "a condition (true/false)",
            Self::Text => "a text",
        })
    }
}

/// How to turn the type that is there into the one that is wanted.
fn conversion(expected: ValueType, found: ValueType) -> &'static str {
    match (expected, found) {
        (_, ValueType::Text) => ": quotes are only for the timeframe of tf(\"4h\", x)",
        (ValueType::Condition, ValueType::Number) => ": compare it, as in close > 100",
        _ => "",
    }
}

fn write_instead(replacement: Option<&str>) -> String {
    replacement.map_or_else(String::new, |text| format!(": write {text} instead"))
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |text| format!(": did you mean '{text}'?"))
}

fn arguments(count: usize) -> String {
    match count {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        _ => format!("{count} arguments"),
    }
}

/// `.line, .signal or .histogram`
fn outputs_list(outputs: &[&str]) -> String {
    match outputs {
        [] => String::new(),
        [only] => format!(".{only}"),
        [first @ .., last] => format!(".{} or .{last}", first.join(", .")),
    }
}

/// `5000` as `5,000`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(column: usize, length: usize) -> ExpressionError {
        ExpressionError { column, length, kind: ErrorKind::DivisionByZero }
    }

    #[test]
    fn carets_stand_under_the_place() {
        let rendered = error(5, 3).render("1 + 2/0 - 1");
        assert_eq!(rendered, "column 5: division by zero\n  1 + 2/0 - 1\n      ^^^");
    }

    #[test]
    fn only_the_line_of_the_error_is_shown() {
        let rendered = error(9, 5).render("close >\n\topen and\nlow > 1");
        assert_eq!(rendered, "column 9: division by zero\n   open and\n  ^^^^^");
    }

    #[test]
    fn an_error_at_the_end_points_behind_the_text() {
        let rendered = error(8, 1).render("close >");
        assert_eq!(rendered, "column 8: division by zero\n  close >\n         ^");
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let text = format!("{}!{}", "a".repeat(100), "b".repeat(100));
        let a = "a".repeat(60);
        let b = "b".repeat(59);
        let spaces = " ".repeat(61);
        assert_eq!(
            error(101, 1).render(&text),
            format!("column 101: division by zero\n  …{a}!{b}…\n  {spaces}^")
        );
    }

    #[test]
    fn a_place_outside_the_text_is_clamped() {
        assert_eq!(error(99, 9).render("é"), "column 99: division by zero\n  é\n   ^");
        assert_eq!(error(0, 0).render(""), "column 0: division by zero\n  \n  ^");
    }

    #[test]
    fn numbers_are_grouped_in_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (5000, "5,000"),
            (123_456, "123,456"),
            (1_000_000, "1,000,000"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
