//! `ballast config`.

use serde_json::{Value, json};

use crate::support::{Desk, STRATEGY};

/// The example of the strategy chapter, which has a field of every kind.
const EXAMPLE: &str = r#"{"version": 1, "kind": "rules", "timeframe": "1d", "symbols": ["GOOG"],
    "direction": "long", "entry": "crossover(sma(close, 10), sma(close, 20))",
    "exit": {"minPass": 1, "rules": [{"name": "Below", "when": "close < open"}]},
    "sizing": {"type": "fixedQuantity", "quantity": "10"},
    "exits": {"stopLoss": {"type": "percent", "value": "5"},
        "takeProfit": [{"type": "percent", "value": "10", "portion": "1"}],
        "trailing": {"type": "atr", "value": "3"},
        "breakEvenAt": {"type": "percent", "value": "2"}, "maxBars": 20},
    "session": "24x7", "limits": {"maxOpenPositions": 1}}"#;

/// The example with `value` put at `path`.
fn edited(path: &str, value: Value) -> String {
    with(&[(path, value)])
}

/// The example with each value put at its path.
fn with(edits: &[(&str, Value)]) -> String {
    let mut document: Value = serde_json::from_str(EXAMPLE).unwrap();
    for (path, value) in edits {
        let (parent, name) = path.rsplit_once('/').unwrap();
        match document.pointer_mut(parent).unwrap() {
            Value::Array(elements) => elements[name.parse::<usize>().unwrap()] = value.clone(),
            parent => parent[name] = value.clone(),
        }
    }
    document.to_string()
}

#[test]
fn a_valid_config_is_said_to_be_so() {
    let desk = Desk::new();
    desk.write("example.json", EXAMPLE);
    let ended = desk.run(&["config", "check", "example.json", "strategy.json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert!(lines[0].starts_with("example.json is valid: 1 symbol, "), "{lines:?}");
    assert!(lines[1].starts_with("strategy.json is valid: 1 symbol, "), "{lines:?}");
}

#[test]
fn unknown_fields_are_refused_at_every_depth() {
    let desk = Desk::new();
    let places = [
        "",
        "/exit",
        "/exit/rules/0",
        "/sizing",
        "/exits",
        "/exits/stopLoss",
        "/exits/takeProfit/0",
        "/exits/trailing",
        "/exits/breakEvenAt",
        "/limits",
    ];
    for place in places {
        desk.write("config.json", &edited(&format!("{place}/bogus"), 1.into()));
        let path = place.trim_start_matches('/').replace("/0", "[0]").replace('/', ".");
        let ended = desk.run(&["config", "check", "config.json"]);
        ended.refused(2, &["config.json has 1 fault:\n  ", &path, "unknown field `bogus`"]);
    }
}

#[test]
fn wrong_types_and_values_name_the_field() {
    let desk = Desk::new();
    let cases = [
        ("/version", "1".into(), "version: invalid type: string \"1\", expected a whole number"),
        ("/version", 2.into(), "version: is 2, this release reads 1"),
        ("/kind", "magic".into(), "kind: unknown variant `magic`, expected `rules`"),
        ("/timeframe", "2d".into(), "timeframe: '2d' is not a timeframe; use one of 5s"),
        ("/symbols", "GOOG".into(), "symbols: invalid type: string \"GOOG\", expected a list"),
        ("/symbols/0", "GO OG".into(), "symbols[0]: 'GO OG' is not a symbol; use 1 to 24"),
        ("/direction", "up".into(), "direction: unknown variant `up`, expected one of `long`"),
        ("/entry", 5.into(), "entry: invalid type: integer `5`, expected an expression as text"),
        ("/sizing/type", "all".into(), "sizing.type: unknown variant `all`, expected one of"),
        (
            "/sizing/quantity",
            "ten".into(),
            "sizing.quantity: 'ten' is not a decimal number; write it like",
        ),
        ("/sizing/quantity", "1_000".into(), "sizing.quantity: '1_000' is not a decimal number"),
        ("/sizing/quantity", "-1".into(), "sizing.quantity: must be above zero"),
        ("/exits", Value::Array(vec![]), "exits: is a list; write an object"),
        ("/exits/stopLoss", 5.into(), "exits.stopLoss: invalid type: integer `5`, expected an obj"),
        ("/exits/maxBars", 1.5.into(), "exits.maxBars: invalid type: floating point `1.5`"),
        ("/exits/trailing/period", 9999.into(), "exits.trailing.period: must be 1 to 5000"),
        ("/session", "NY".into(), "session: 'NY' is not known; use one of: 24x7"),
        ("/limits/maxOpenPositions", 0.into(), "limits.maxOpenPositions: must be above zero"),
    ];
    for (path, value, expected) in cases {
        desk.write("config.json", &edited(path, value));
        desk.run(&["config", "check", "config.json"]).refused(2, &[expected]);
    }
}

#[test]
fn what_is_no_json_object_is_refused_with_its_place() {
    let desk = Desk::new();
    let cases = [
        (String::new(), "the document: EOF while parsing a value at line 1 column 0"),
        ("null".to_owned(), "the document: invalid type: null, expected an object"),
        ("[]".to_owned(), "has 1 fault:\n  the document: is a list; write an object"),
        (EXAMPLE.replace("\"direction\"", "\"version\""), "duplicate field `version`"),
        (EXAMPLE.to_owned() + "x", "after the config: trailing characters"),
        (EXAMPLE.replace("\"kind\": \"rules\",", ""), "the document: missing field `kind`"),
        (EXAMPLE.replace("\"GOOG\"]", "\"GOOG\","), "symbols"),
    ];
    for (text, expected) in cases {
        desk.write("config.json", &text);
        desk.run(&["config", "check", "config.json"]).refused(2, &[expected]);
    }
}

#[test]
fn every_file_is_checked_and_every_fault_listed() {
    let desk = Desk::new();
    let faulty = EXAMPLE.replace("sma(close, 10)", "smaa(close, 10)").replace("\"5\"", "\"500\"");
    desk.write("faulty.json", &faulty);
    desk.write("typo.json", &STRATEGY.replace("\"entry\"", "\"entri\""));
    let check = ["config", "check", "faulty.json", "strategy.json", "typo.json"];
    let ended = desk.run(&check);
    assert_eq!(ended.code, 2);
    assert!(ended.stdout.starts_with("strategy.json is valid"), "{}", ended.stdout);
    for words in [
        "error: faulty.json has 2 faults:\n",
        "\n  exits.stopLoss.value: a stop 100 % or more away is never reached",
        "\n  entry, column 11: unknown function 'smaa'",
        "error: typo.json has 2 faults:\n  entri: unknown field `entri`",
    ] {
        assert!(ended.stderr.contains(words), "{words}\n{}", ended.stderr);
    }

    let ended = desk.run(&["config", "check", "nowhere.json", "faulty.json"]);
    for words in ["cannot read nowhere.json", "error: faulty.json has 2 faults"] {
        assert!(ended.stderr.contains(words), "{words}\n{}", ended.stderr);
    }

    let ended = desk.run(&[&check[..], &["--json"]].concat());
    assert_eq!(ended.code, 2);
    let verdicts: Vec<Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let valid: Vec<_> = verdicts.iter().map(|verdict| verdict["valid"] == true).collect();
    assert_eq!(valid, [false, true, false]);
    assert_eq!(verdicts[0]["faults"][1]["path"], "entry");
    assert_eq!(verdicts[0]["faults"][1]["column"], 11);
}

#[test]
fn the_same_wrong_text_in_two_fields_is_told_of_both() {
    let desk = Desk::new();
    let text = with(&[
        ("/sizing", json!({"type": "riskPercent", "value": "5%"})),
        ("/exits/stopLoss", json!({"type": "percent", "value": "5%"})),
    ]);
    desk.write("config.json", &text);
    let ended = desk.run(&["config", "check", "config.json", "--json"]);
    let verdict: Value = serde_json::from_str(&ended.stdout).unwrap();
    let paths = [0, 1].map(|fault| verdict["faults"][fault]["path"].clone());
    assert_eq!(paths, ["exits.stopLoss.value", "sizing.value"]);
}

/// What is wrong with fields that cannot be read hides nothing that is wrong with others, and
/// nothing is blamed on a field that was only put in their place.
#[test]
fn faults_of_reading_and_of_checking_are_told_together() {
    let rules = json!([
        {"name": 1, "when": "close >"}, {"name": "A"}, {"name": "A", "when": "clos > 1"}, 7
    ]);
    let cases = [
        (
            with(&[
                ("/timeframe", json!("2h")),
                ("/symbols", json!([])),
                ("/entry", json!("foo > 1")),
                ("/sizing", json!({"type": "percentOfEquity", "value": -4})),
                ("/exits/maxBars", json!(0)),
                ("/foo", json!(1)),
            ]),
            vec!["foo", "timeframe", "symbols", "sizing.value", "exits.maxBars", "entry"],
        ),
        (
            with(&[(
                "/limits",
                json!({"maxOpenPositions": 0, "maxOrderNotional": -1, "maxDataAgeMs": 1.5}),
            )]),
            vec!["limits.maxDataAgeMs", "limits.maxOpenPositions", "limits.maxOrderNotional"],
        ),
        (
            with(&[("/exit/rules", rules), ("/exit/minPass", json!(5))]),
            vec![
                "exit.rules[0].name",
                "exit.rules[1]",
                "exit.rules[3]",
                "exit.minPass",
                "exit.rules[2].name",
                "exit.rules[0].when",
                "exit.rules[2].when",
            ],
        ),
        (
            with(&[
                ("/sizing", json!({"type": "riskPercent", "value": "1%"})),
                ("/exits/stopLoss", json!({"type": "price", "value": "5x", "bogus": 1})),
                ("/exits/takeProfit", json!([{"type": "price", "value": 0, "portion": []}])),
            ]),
            vec![
                "exits.stopLoss",
                "exits.stopLoss.value",
                "exits.takeProfit[0].portion",
                "sizing.value",
                "exits.takeProfit[0].value",
            ],
        ),
        (
            with(&[("/direction", json!("up")), ("/entryShort", json!("close"))]),
            vec!["direction", "entryShort"],
        ),
        (
            with(&[("/sizing", json!([])), ("/exits", json!([])), ("/version", json!(2))]),
            vec!["exits", "sizing", "version"],
        ),
    ];
    let desk = Desk::new();
    for (text, expected) in cases {
        desk.write("config.json", &text);
        let ended = desk.run(&["config", "check", "config.json", "--json"]);
        let verdict: Value = serde_json::from_str(&ended.stdout).unwrap();
        let faults = verdict["faults"].as_array().unwrap();
        let paths: Vec<_> = faults.iter().map(|fault| fault["path"].as_str().unwrap()).collect();
        assert_eq!(paths, expected, "{}", ended.stderr);
    }
}

#[test]
fn printing_fills_in_defaults_and_is_valid_again() {
    let desk = Desk::new();
    let printed = desk.run(&["config", "print", "strategy.json"]);
    let json = printed.json();
    assert_eq!(json["direction"], "long");
    assert_eq!(json["limits"], serde_json::json!({}));
    desk.write("printed.json", &printed.stdout);
    assert_eq!(desk.run(&["config", "check", "printed.json"]).code, 0);
    assert_eq!(desk.run(&["config", "print", "printed.json"]).stdout, printed.stdout);
    desk.write("faulty.json", &STRATEGY.replace("close > 0", "close"));
    desk.run(&["config", "print", "faulty.json"]).refused(2, &["faulty.json has 1 fault"]);
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let desk = Desk::new();
    desk.write("marked.json", &format!("\u{feff}{STRATEGY}"));
    assert_eq!(desk.run(&["config", "check", "marked.json"]).code, 0);
}
