//! The text of a strategy config: read strictly, and indented for reading.

use ballast_domain::StrategyConfig;
use ballast_engine::strategy::ConfigFault;
use serde_json::Value;

/// The config that `json` is, or the first place where it is none.
pub(super) fn parse(json: &str) -> Result<StrategyConfig, ConfigFault> {
    let deserializer = &mut serde_json::Deserializer::from_str(json);
    let config = serde_path_to_error::deserialize(&mut *deserializer)
        .map_err(|error| fault(&error.path().to_string(), &error.inner().to_string()))?;
    deserializer.end().map_err(|error| fault("after the config", &error.to_string()))?;
    let document = serde_json::from_str(json).map_err(|error| fault(".", &error.to_string()))?;
    match misplaced_list(&document, "", false) {
        Some(path) => Err(fault(&path, "is a list; write an object with names")),
        None => Ok(config),
    }
}

fn fault(path: &str, error: &str) -> ConfigFault {
    // The library's words for what it expects are those of programmers.
    let words = [
        ("expected u32", "expected a whole number"),
        ("expected u64", "expected a whole number"),
        ("expected a sequence", "expected a list"),
        ("type: sequence", "type: list"),
        ("type: map", "type: object"),
    ];
    let error = words.iter().fold(error.to_owned(), |text, (from, to)| text.replace(from, to));
    let path = match path {
        "." | "?" => "the document".to_owned(),
        path => path.replace(".?", ""),
    };
    let message = format!("{error}; `ballast config schema` prints what is allowed");
    ConfigFault { path, column: None, message }
}

/// Fields whose value is a list.
const LISTS: [&str; 3] = ["symbols", "rules", "takeProfit"];

/// Where a list stands in the place of an object: serde reads one as the other, the schema does
/// not allow it.
fn misplaced_list(value: &Value, path: &str, may_be_list: bool) -> Option<String> {
    match value {
        Value::Array(_) if !may_be_list => Some(match path {
            "" => ".".to_owned(),
            path => path.to_owned(),
        }),
        Value::Array(elements) => elements.iter().enumerate().find_map(|(place, element)| {
            misplaced_list(element, &format!("{path}[{place}]"), false)
        }),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            misplaced_list(value, &path, LISTS.contains(&name.as_str()))
        }),
        _ => None,
    }
}

/// Indents valid JSON by two spaces a level, leaving the order of fields and every value as it is.
pub(super) fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for c in json.chars() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            out.push(c);
            continue;
        }
        match c {
            ' ' | '\t' | '\r' | '\n' => {}
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if !out.ends_with(['{', '[']) {
                    new_line(&mut out, depth);
                }
                out.push(c);
            }
            c => {
                if out.ends_with(['{', '[']) {
                    new_line(&mut out, depth);
                }
                in_text = c == '"';
                depth += usize::from(matches!(c, '{' | '['));
                out.push(c);
                match c {
                    ',' => new_line(&mut out, depth),
                    ':' => out.push(' '),
                    _ => {}
                }
            }
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indenting_keeps_order_and_texts() {
        let cases = [
            (r#"{"b":1,"a":[]}"#, "{\n  \"b\": 1,\n  \"a\": []\n}"),
            (r#"[{"x" : "{b}: \"\\"} , 2]"#, "[\n  {\n    \"x\": \"{b}: \\\"\\\\\"\n  },\n  2\n]"),
            ("{ }\n", "{}"),
        ];
        for (written, expected) in cases {
            assert_eq!(indented(written), expected);
            let same: Value = serde_json::from_str(&indented(written)).unwrap();
            assert_eq!(same, serde_json::from_str::<Value>(written).unwrap());
        }
    }

    #[test]
    fn a_list_is_no_object() {
        let config = |edit: (&str, &str)| {
            let text = r#"{"version": 1, "kind": "rules", "timeframe": "1d", "symbols": ["A"],
                "entry": {"rules": [{"name": "B", "when": "true"}]}, "exits": {},
                "sizing": {"type": "fixedQuantity", "quantity": "1"}}"#;
            assert!(text.contains(edit.0), "{edit:?}");
            text.replace(edit.0, edit.1)
        };
        assert!(parse(&config(("", ""))).is_ok());
        let cases = [
            (("\"exits\": {}", "\"exits\": []"), "exits: is a list"),
            (
                ("{\"type\": \"fixedQuantity\", \"quantity\": \"1\"}", "[\"fixedQuantity\", 1]"),
                "sizing: is a list",
            ),
            (
                ("{\"name\": \"B\", \"when\": \"true\"}", "[\"B\", false, \"true\"]"),
                "entry.rules[0]: is a list",
            ),
        ];
        for (edit, expected) in cases {
            let fault = parse(&config(edit)).unwrap_err().to_string();
            assert!(fault.starts_with(expected), "{edit:?}: {fault}");
        }
    }
}
