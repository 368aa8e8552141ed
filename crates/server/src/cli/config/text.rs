//! The text of a strategy config: read strictly, and indented for reading.

use ballast_domain::{StrategyConfig, Timeframe};
use ballast_engine::strategy::ConfigFault;

use super::mend::Mended;
use crate::cli::in_words;

/// The config that `json` is, or every place where it is none. `timeframe` is one that no
/// expression contradicts.
pub(super) fn parse(json: &str, timeframe: Timeframe) -> Result<StrategyConfig, Mended> {
    let deserializer = &mut serde_json::Deserializer::from_str(json);
    let read = serde_path_to_error::deserialize(&mut *deserializer)
        .map_err(|error| fault(&error.path().to_string(), &error.inner().to_string()));
    let document = match serde_json::from_str(json) {
        Ok(document) => document,
        Err(error) => {
            let after = |_| fault("after the config", &error.to_string());
            return Err(Mended::nothing(read.map_or_else(|fault| fault, after)));
        }
    };
    let mut mended = Mended::of(document, timeframe);
    match read {
        Ok(config) if mended.faults.is_empty() => Ok(config),
        // Of fields that are there twice a document keeps one.
        Err(fault) if mended.faults.is_empty() || fault.message.starts_with("duplicate field") => {
            mended.faults.insert(0, fault);
            Err(mended)
        }
        _ => Err(mended),
    }
}

/// What reading says of a place, in words for people.
pub(super) fn fault(path: &str, error: &str) -> ConfigFault {
    let error = in_words(error);
    let path = match path {
        "" | "." | "?" => "the document".to_owned(),
        path => path.replace(".?", ""),
    };
    let message = format!("{error}; `ballast config schema` prints what is allowed");
    ConfigFault { path, column: None, message }
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
    use serde_json::Value;

    use super::*;

    fn faults(json: &str) -> Vec<String> {
        let mended = parse(json, Timeframe::S5).unwrap_err();
        mended.faults.iter().map(ToString::to_string).collect()
    }

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
        assert!(parse(&config(("", "")), Timeframe::S5).is_ok());
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
            let faults = faults(&config(edit));
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert!(faults[0].starts_with(expected), "{edit:?}: {faults:?}");
        }
    }

    #[test]
    fn every_field_that_is_wrong_is_named() {
        let text = r#"{"version": "x", "timeframe": "1q", "symbols": ["A"], "entri": "true",
            "sizing": {"type": "fixedQuantity", "quantity": "9x"}, "session": "24x7",
            "exits": {"stopLoss": {"type": "percent", "value": "5%"}, "maxBars": -1}}"#;
        let found = faults(text);
        let expected = [
            "entri: unknown field `entri`",
            "exits.maxBars: ",
            "exits.stopLoss.value: '5%' is not a decimal number",
            "sizing.quantity: '9x' is not a decimal number",
            "timeframe: '1q' is not a timeframe",
            "version: ",
            "the document: missing field `kind`",
            "the document: missing field `entry`",
        ];
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (fault, expected) in found.iter().zip(expected) {
            assert!(fault.starts_with(expected), "{fault}");
            assert!(!fault.contains(" at line "), "the field is its place: {fault}");
        }
        assert!(faults("{")[0].contains("line 1 column 1"));
    }
}
