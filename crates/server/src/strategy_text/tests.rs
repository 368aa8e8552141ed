use serde_json::Value;

use super::*;

fn faults(json: &str) -> Vec<String> {
    check(json, Timeframe::S5).faults.iter().map(ToString::to_string).collect()
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
    assert_eq!(faults(&config(("", ""))), [""; 0]);
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

/// The part of `text` that a fault underlines, found as an editor does: by UTF-16 code units.
fn underlined(text: &str, fault: &TextFault) -> String {
    let lines: Vec<Vec<u16>> = text
        .replace("\r\n", "\n")
        .split(['\n', '\r'])
        .map(|line| line.encode_utf16().collect())
        .collect();
    let line = &lines[fault.line.unwrap() - 1];
    assert_eq!(fault.line, fault.end_line, "{fault}");
    String::from_utf16(&line[fault.column.unwrap() - 1..fault.end_column.unwrap() - 1]).unwrap()
}

/// A valid config, of which tests change a part.
const CONFIG: &str = r#"{
  "version": 1, "kind": "rules", "timeframe": "1d",
  "symbols": ["GOOG"],
  "entry": "crossover(sma(close, 10), sma(close, 20))",
  "exit": {"rules": [{"name": "Down", "when": "close < open"}, {"name": "Far", "when": "true"}]},
  "sizing": {"type": "fixedQuantity", "quantity": "1"},
  "exits": {"stopLoss": {"type": "percent", "value": "5"}, "maxBars": 9}
}"#;

#[test]
fn a_fault_underlines_what_is_wrong() {
    let cases = [
        ("\"maxBars\": 9", "\"maxBars\": -9", 7, "-9"),
        ("\"maxBars\": 9", "\"maxBars\": 0", 7, "0"),
        ("\"maxBars\"", "\"maxBar\"", 7, "\"maxBar\""),
        ("\"percent\",", "\"percent\", \"a.b\": {},", 7, "\"a.b\""),
        ("\"value\": \"5\"", "\"value\": \"5%\"", 7, "\"5%\""),
        ("\"entry\"", "\"entri\"", 4, "\"entri\""),
        ("\"1d\"", "\"1d\", \"kind\": \"rules\"", 2, "\"kind\""),
        ("\"entry\"", "\"version\": 1, \"entry\"", 4, "\"version\""),
        ("[\"GOOG\"]", "[]", 3, "["),
        ("sma(close, 20)", "smaa(close, 20)", 4, "smaa"),
        ("sma(close, 20))", "sma(close, 20)", 4, "\""),
        ("close < open", "close <", 5, "\""),
        ("close < open", "close < \\u006f\\u0070en1", 5, "\\u006f\\u0070en1"),
        ("close < open", "close\\n<\\t\\ud83d\\ude00", 5, "\\ud83d\\ude00"),
        ("\"Down\", \"when\": \"close < open\"", "\"\u{1f600}\", \"when\": \"clos\"", 5, "clos"),
        ("\"when\": \"true\"", "\"whn\": \"true\"", 5, "\"whn\""),
        ("\"Far\", \"when\": \"true\"", "\"Far\"", 5, "{"),
        ("\"kind\": \"rules\", ", "", 1, "{"),
    ];
    assert!(check(CONFIG, Timeframe::S5).config.is_some());
    for (from, to, line, expected) in cases {
        assert!(CONFIG.contains(from), "{from}");
        let text = CONFIG.replacen(from, to, 1);
        for text in [text.clone(), text.replace('\n', "\r\n"), text.replace('\n', "\r")] {
            let checked = check(&text, Timeframe::S5);
            assert!(checked.config.is_none(), "{to}");
            let fault = &checked.faults[0];
            assert_eq!((fault.line, underlined(&text, fault).as_str()), (Some(line), expected));
        }
    }
}

#[test]
fn a_text_that_is_no_json_is_told_where_it_stops() {
    for (text, line, column) in [
        ("", 1, 1),
        ("{", 1, 1),
        ("{\n  \"version\": 1,,\n}", 2, 16),
        ("{\n  \"\u{1f600}\u{e4}\": 1 x}", 2, 12),
        ("{\"version\": 1}\n]", 2, 1),
    ] {
        let fault = &check(text, Timeframe::S5).faults[0];
        assert_eq!((fault.line, fault.column), (Some(line), Some(column)), "{text}: {fault}");
    }
}

#[test]
fn a_value_has_faults_without_lines() {
    let text = CONFIG.replace("sma(close, 20)", "smaa(close, 20)");
    let value: Value = serde_json::from_str(&text).unwrap();
    let fault = check_value(&value, Timeframe::S5).faults.remove(0);
    assert_eq!((fault.path.as_str(), fault.line, fault.column), ("entry", None, None));
    assert_eq!(fault.expression_column, Some(27));
    let value: Value = serde_json::from_str(CONFIG).unwrap();
    let checked = check_value(&value, Timeframe::S5);
    assert!(checked.config.is_some() && checked.symbols == 1 && checked.series > 0);
}

#[test]
fn faults_without_end_are_cut() {
    let fields: String = (0..20_000).map(|number| format!(r#""f{number}": [],"#)).collect();
    let rules = vec![r#"{"name": "A", "when": "clos"}"#; 20_000].join(",");
    let texts = [
        CONFIG.replacen('{', &format!("{{{fields}"), 1),
        CONFIG.replacen("\"rules\": [", &format!("\"rules\": [{rules},"), 1),
        format!("{{\"entry\": {{\"rules\": [{}[]]}}}}", "[],".repeat(20_000)),
        "[".repeat(100_000),
    ];
    for text in texts {
        let faults = check(&text, Timeframe::S5).faults;
        assert!((1..=101).contains(&faults.len()), "{}", faults.len());
        if let [.., last] = &faults[1..] {
            assert_eq!(last.to_string(), "the document: has more faults; mend these first");
        }
    }
}

#[test]
fn no_text_whatever_ends_the_check() {
    // A generator of its own, so that a failure is the same every time.
    let mut seed = 7_u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let pieces =
        ["\"", "\\", "{", "}", "[", "]", ",", ":", "null", "-1", "\u{1f600}", "\\ud83d", "\n"];
    for _ in 0..2_000 {
        let mut text: Vec<char> = CONFIG.chars().collect();
        for _ in 0..=random(3) {
            let at = random(text.len());
            let end = (at + random(4)).min(text.len());
            text.splice(at..end, pieces[random(pieces.len())].chars());
        }
        let text: String = text.into_iter().collect();
        let checked = check(&text, Timeframe::S5);
        assert_eq!(checked.config.is_some(), checked.faults.is_empty(), "{text}");
        assert!(checked.faults.iter().all(|fault| fault.line.is_some()), "{text}");
    }
}
