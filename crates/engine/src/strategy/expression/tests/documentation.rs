//! The language page says what the language does.

use super::super::*;
use crate::market::indicator::{CATALOGUE, Definition};

const PAGE: &str = include_str!("../../../../../../docs/expressions.md");

/// The row of the page's table for an indicator.
fn row(definition: &Definition) -> String {
    let signature = call::signature(definition.name).unwrap();
    let aliases = definition.aliases.iter().map(|alias| format!(", also `{alias}`"));
    let outputs = definition.outputs.iter().map(|output| format!(" `.{output}`"));
    let (aliases, outputs) = (aliases.collect::<String>(), outputs.collect::<String>());
    format!("| `{signature}`{aliases} |{outputs} | {} |", definition.summary)
}

#[test]
fn every_indicator_has_its_row() {
    let mut expected = vec!["| function | outputs | |".to_owned(), "|---|---|---|".to_owned()];
    expected.extend(CATALOGUE.iter().map(row));
    let expected = expected.join("\n");
    assert!(PAGE.contains(&expected), "docs/expressions.md must contain this table:\n{expected}");
}

#[test]
fn every_function_of_the_language_has_its_row() {
    for name in call::names() {
        let row = format!("| `{}` |", call::signature(name).unwrap());
        let row = row.trim_end_matches(" |");
        assert!(PAGE.contains(row), "docs/expressions.md lacks {row}");
    }
}

#[test]
fn every_example_is_read() {
    let examples: Vec<&str> = PAGE
        .split("## Examples")
        .nth(1)
        .and_then(|rest| rest.split("\n## ").next())
        .map(|section| section.lines().filter_map(|line| line.strip_prefix("| `")).collect())
        .unwrap_or_default();
    assert!(examples.len() > 5, "the page has no examples");
    for line in examples {
        let text = line.split("` |").next().unwrap_or_default();
        if let Err(error) = parse_condition(text) {
            panic!("{}", error.render(text));
        }
    }
}

#[test]
fn the_error_is_shown_as_it_is() {
    let text = "rsi(close, 14) < 70 and crosover(open, close)";
    let rendered = parse_condition(text).unwrap_err().render(text);
    assert!(PAGE.contains(&rendered), "docs/expressions.md must show:\n{rendered}");
}
