//! What holds for any text and any tree.

use proptest::prelude::*;
use proptest::sample::select;

use super::super::*;
use crate::market::indicator::{CATALOGUE, Definition, Input, ParameterKind};

/// Parses in every way and renders what is wrong; nothing may panic. What is read must survive
/// printing.
fn survives(text: &str) -> Result<(), TestCaseError> {
    for result in [
        parse_any(text),
        parse_condition(text).map(Expression::Condition),
        parse_numeric(text).map(Expression::Number),
    ] {
        match result {
            Ok(tree) => prop_assert_eq!(parse_any(&tree.to_string()), Ok(tree)),
            Err(error) => {
                let end = text.chars().count() + 1;
                prop_assert!((1..=end).contains(&error.column), "{}", error);
                prop_assert!(error.length >= 1);
                prop_assert!(error.render(text).ends_with('^'));
            }
        }
    }
    Ok(())
}

/// Pieces that make texts which get far into the parser.
fn piece() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "and",
        "or",
        "not",
        "&&",
        "||",
        "!",
        "true",
        "false",
        "+",
        "-",
        "*",
        "/",
        "%",
        "<",
        "<=",
        ">",
        ">=",
        "==",
        "!=",
        "=",
        "(",
        ")",
        "[",
        "]",
        "[1]",
        "[0]",
        ",",
        ".",
        ".signal",
        "'",
        "\"",
        "\"4h\"",
        "'1d'",
        "1",
        "0",
        "14",
        "2.5",
        "1e9",
        "close",
        "open",
        "volume",
        "hl2",
        "abs(",
        "min(",
        "max(",
        "crossover(",
        "crossunder(",
        "tf(",
        "tf(\"4h\",",
        "session()",
        "ai()",
        "rsi(close, 14)",
        "sma(",
        "ema(",
        "macd(close, 12, 26, 9)",
        "tr()",
        "atr(14)",
        "é",
        "\n",
        "x",
    ];
    select(PIECES).prop_map(str::to_owned)
}

fn constant() -> impl Strategy<Value = String> {
    prop_oneof![
        (1u32..500).prop_map(|number| number.to_string()),
        (-1e6..1e6).prop_map(|number: f64| format!("({number})")),
        any::<f64>()
            .prop_filter("no number", |number| number.is_finite())
            .prop_map(|number| format!("{:e}", number.abs())),
    ]
}

fn indicator(series: String, definition: &Definition, periods: &[u32; 4], output: usize) -> String {
    let parameters =
        definition.params.iter().zip(periods).map(|(parameter, &period)| match parameter.kind {
            ParameterKind::Period { min } => (min + period).to_string(),
            ParameterKind::Number { .. } => format!("{period}.25"),
        });
    let series = matches!(definition.input, Input::Series).then_some(series);
    let arguments: Vec<String> = series.into_iter().chain(parameters).collect();
    let call = format!("{}({})", definition.name, arguments.join(","));
    match definition.outputs {
        [] => call,
        outputs => format!("{call}.{}", outputs[output % outputs.len()]),
    }
}

/// The text of a number, written with more parentheses than it needs. `tf` is left out, so that it
/// may stand anywhere.
fn numeric_text() -> impl Strategy<Value = String> {
    let field = select(&Field::ALL[..]).prop_map(|field| field.name().to_owned());
    let leaf = prop_oneof![3 => field, 1 => constant()];
    leaf.prop_recursive(5, 24, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        let definition = select(CATALOGUE.iter().collect::<Vec<_>>());
        prop_oneof![
            (pair.clone(), select(&["+", "-", "*", "/", "%"][..]))
                .prop_map(|((left, right), operator)| format!("({left}{operator}{right})")),
            (pair, select(&["min", "max"][..]))
                .prop_map(|((left, right), name)| format!("{name}({left},{right})")),
            inner.clone().prop_map(|of| format!("(-{of})")),
            inner.clone().prop_map(|of| format!("abs({of})")),
            (inner.clone(), 0u32..9).prop_map(|(of, bars)| format!("({of})[{bars}]")),
            (inner, definition, [1u32..30, 1u32..30, 1u32..30, 1u32..30], 0usize..9).prop_map(
                |(series, definition, periods, output)| {
                    indicator(series, definition, &periods, output)
                }
            ),
        ]
    })
}

fn condition_text() -> impl Strategy<Value = String> {
    let comparison = (
        numeric_text(),
        select(&["<", "<=", ">", ">=", "==", "!="][..]),
        numeric_text(),
        select(&["", "4h", "1M"][..]),
    )
        .prop_map(|(left, operator, right, timeframe)| match timeframe {
            "" => format!("({left} {operator} {right})"),
            _ => format!("({left} {operator} tf('{timeframe}', {right}))"),
        });
    let cross = (select(&["crossover", "crossunder"][..]), numeric_text(), numeric_text())
        .prop_map(|(name, left, right)| format!("{name}({left}, {right})"));
    let constant = select(&["true", "false", "session()"][..]).prop_map(str::to_owned);
    let leaf = prop_oneof![4 => comparison, 2 => cross, 1 => constant];
    leaf.prop_recursive(4, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), select(&["and", "or"][..]), inner.clone())
                .prop_map(|(left, operator, right)| format!("({left} {operator} {right})")),
            inner.clone().prop_map(|of| format!("(not {of})")),
            (inner, 0u32..9).prop_map(|(of, bars)| format!("({of})[{bars}]")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        survives(&text)?;
    }

    #[test]
    fn any_pieces_are_read_or_refused(pieces in prop::collection::vec(piece(), 0..16)) {
        survives(&pieces.concat())?;
        survives(&pieces.join(" "))?;
    }

    #[test]
    fn numbers_survive_printing(text in numeric_text()) {
        survives(&text)?;
    }

    #[test]
    fn conditions_survive_printing(text in condition_text()) {
        survives(&text)?;
    }

    #[test]
    fn no_parenthesis_of_the_canonical_text_can_go(text in condition_text()) {
        if let Ok(tree) = parse_any(&text) {
            let canonical = tree.to_string();
            for (start, end) in grouping(&canonical) {
                let mut shorter = canonical.clone();
                shorter.remove(end);
                shorter.remove(start);
                prop_assert_ne!(parse_any(&shorter), Ok(tree.clone()), "{} of {}", shorter, text);
            }
        }
    }
}

/// The byte positions of each pair of parentheses that belongs to no call.
fn grouping(text: &str) -> Vec<(usize, usize)> {
    let mut open = Vec::new();
    let mut pairs = Vec::new();
    let mut before = ' ';
    for (position, character) in text.char_indices() {
        match character {
            '(' => open.push((position, before.is_ascii_alphanumeric())),
            ')' => {
                if let Some((start, false)) = open.pop() {
                    pairs.push((start, position));
                }
            }
            _ => {}
        }
        before = character;
    }
    pairs
}

#[test]
fn the_deepest_text_fits_a_small_stack() {
    let shapes = ["(", "abs(", "not (", "-(", "sma("].map(|shape| shape.repeat(1_000));
    let levels = MAX_DEPTH - 1;
    let deepest = ["abs(", "-(", "(2-"]
        .map(|shape| format!("{}close{}", shape.repeat(levels), ")".repeat(levels)));
    let worker = std::thread::Builder::new().stack_size(1024 * 1024).spawn(move || {
        for shape in shapes {
            assert!(parse_any(&shape).is_err());
        }
        for text in deepest {
            let tree = parse_any(&text).unwrap();
            assert_eq!(parse_any(&tree.to_string()), Ok(tree));
        }
    });
    worker.unwrap().join().unwrap();
}
