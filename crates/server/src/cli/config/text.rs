//! The text of a strategy config: read strictly, and indented for reading.

use ballast_domain::StrategyConfig;
use ballast_engine::strategy::ConfigFault;
use serde_json::{Map, Value};

/// The config that `json` is, or every place where it is none.
pub(super) fn parse(json: &str) -> Result<StrategyConfig, Vec<ConfigFault>> {
    let deserializer = &mut serde_json::Deserializer::from_str(json);
    let config = serde_path_to_error::deserialize(&mut *deserializer).map_err(|error| {
        let first = error.inner().to_string();
        // Of fields that are there twice a document keeps one.
        let faults = match first.starts_with("duplicate field") {
            true => Vec::new(),
            false => faults_of_fields(json),
        };
        if faults.is_empty() { vec![fault(&error.path().to_string(), &first)] } else { faults }
    })?;
    let failed = |path: &str, error: &str| vec![fault(path, error)];
    deserializer.end().map_err(|error| failed("after the config", &error.to_string()))?;
    let document = serde_json::from_str(json).map_err(|error| failed(".", &error.to_string()))?;
    match misplaced_list(&document, "", false) {
        Some(path) => Err(failed(&path, "is a list; write an object with names")),
        None => Ok(config),
    }
}

/// The least that is a config, in which each field of another is tried by itself.
const LEAST: &str = r#"{"version": 1, "kind": "rules", "timeframe": "1d", "symbols": ["A"],
    "entry": "true", "sizing": {"type": "fixedQuantity", "quantity": "1"}}"#;

/// What is wrong with each field of a document that is no config; nothing where that cannot be
/// told, as of a text that is no JSON.
fn faults_of_fields(json: &str) -> Vec<ConfigFault> {
    let read = |text| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let (document, least) = (read(json), read(LEAST));
    let mut faults = Vec::new();
    for (name, value) in &document {
        match value.as_object().filter(|_| name == "exits") {
            Some(exits) => {
                for (name, value) in exits {
                    let exit = Value::Object(Map::from_iter([(name.clone(), value.clone())]));
                    faults.extend(fault_of_field(&least, "exits", exit));
                }
            }
            None => faults.extend(fault_of_field(&least, name, value.clone())),
        }
    }
    if !document.is_empty() {
        let absent = least.keys().filter(|name| !document.contains_key(*name));
        faults.extend(absent.map(|name| fault(".", &format!("missing field `{name}`"))));
    }
    faults
}

fn fault_of_field(least: &Map<String, Value>, name: &str, value: Value) -> Option<ConfigFault> {
    let mut document = least.clone();
    document.insert(name.to_owned(), value);
    let read = serde_path_to_error::deserialize::<_, StrategyConfig>(Value::Object(document));
    read.err().map(|error| fault(&error.path().to_string(), &error.inner().to_string()))
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
            let faults = parse(&config(edit)).unwrap_err();
            assert_eq!(faults.len(), 1, "{faults:?}");
            let fault = faults[0].to_string();
            assert!(fault.starts_with(expected), "{edit:?}: {fault}");
        }
    }

    #[test]
    fn every_field_that_is_wrong_is_named() {
        let text = r#"{"version": "x", "timeframe": "1q", "symbols": ["A"], "entri": "true",
            "sizing": {"type": "fixedQuantity", "quantity": "9x"}, "session": "24x7",
            "exits": {"stopLoss": {"type": "percent", "value": "5%"}, "maxBars": -1}}"#;
        let faults = parse(text).unwrap_err();
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let expected = [
            "entri: unknown field `entri`",
            "exits.maxBars: ",
            "exits.stopLoss: '5%' is not a decimal number",
            "sizing: '9x' is not a decimal number",
            "timeframe: '1q' is not a timeframe",
            "version: ",
            "the document: missing field `entry`",
            "the document: missing field `kind`",
        ];
        assert_eq!(faults.len(), expected.len(), "{faults:#?}");
        for (fault, expected) in faults.iter().zip(expected) {
            assert!(fault.starts_with(expected), "{fault}");
            assert!(!fault.contains(" at line "), "the field is its place: {fault}");
        }
        assert!(parse("{").unwrap_err()[0].to_string().contains("line 1 column 1"));
    }
}
