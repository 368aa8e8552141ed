//! What the documents say is so: generated files are fresh, examples run, fields are described.

use serde_json::Value;

use crate::support::{Desk, ballast, repository};

fn document(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap()
}

#[test]
fn the_published_schema_is_fresh() {
    let schema = Desk::new().run(&["config", "schema"]).stdout;
    let remedy = "run `cargo xtask generate` and commit the result";
    assert!(schema == document("docs/strategy-config.schema.json"), "out of date: {remedy}");
}

#[test]
fn the_published_description_of_the_api_is_fresh() {
    let description = Desk::new().run(&["openapi"]).stdout;
    let remedy = "run `cargo xtask generate` and commit the result";
    assert!(description == document("docs/openapi.json"), "out of date: {remedy}");
}

#[test]
fn every_example_strategy_runs_and_trades() {
    let folder = repository().join("examples");
    let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let configs: Vec<_> =
        names.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
    assert!(configs.len() >= 4, "{configs:?}");
    for config in configs {
        let name = config.file_name().unwrap().to_str().unwrap();
        let output = ballast(&folder)
            .args(["backtest", "--data", "sample-1d.csv", "--timeframe", "1d", "--json"])
            .args(["--config", name])
            .output()
            .unwrap();
        let ended = crate::support::Ended::from(output);
        let json = ended.json();
        assert_eq!(
            (ended.stderr.as_str(), &json["warnings"]),
            ("", &serde_json::json!([])),
            "{name}"
        );
        assert!(json["closedTrades"].as_u64().unwrap() >= 10, "{name}: {json}");
        let described = document("docs/strategy-config.md").contains(name);
        assert!(described, "docs/strategy-config.md does not tell of {name}");
    }
}

/// The names of all fields of the schema, and the constants that `type` and others may have.
fn words_of(schema: &Value, words: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Object(properties)) = fields.get("properties") {
                words.extend(properties.keys().cloned());
            }
            if let Some(Value::String(word)) = fields.get("const") {
                words.push(word.clone());
            }
            fields.values().for_each(|value| words_of(value, words));
        }
        Value::Array(values) => values.iter().for_each(|value| words_of(value, words)),
        _ => {}
    }
}

#[test]
fn every_field_of_a_config_is_described() {
    let mut words = Vec::new();
    let schema = serde_json::from_str(&document("docs/strategy-config.schema.json")).unwrap();
    words_of(&schema, &mut words);
    assert!(words.len() > 30, "{words:?}");
    let text = document("docs/strategy-config.md");
    for word in words {
        assert!(text.contains(&format!("`{word}`")), "docs/strategy-config.md lacks `{word}`");
    }
}

#[test]
fn every_flag_and_field_of_a_back_test_is_described() {
    let text = document("docs/backtesting.md");
    let desk = Desk::new();
    let help = desk.run(&["backtest", "--help"]).stdout;
    let flags = help.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 2);
    let flags = flags.map(|flag| flag.trim_end_matches([',', ';', '.']).to_owned());
    let json = desk.backtest(&["--json"]).json();
    let trade = json["trades"][0].as_object().unwrap().keys().cloned();
    let fields = json.as_object().unwrap().keys().cloned().chain(trade);
    for word in flags.chain(fields) {
        assert!(text.contains(&format!("`{word}")), "docs/backtesting.md lacks `{word}`");
    }
}

/// The text between two lines that fence code, the n-th of a document.
fn fenced(text: &str, place: usize) -> String {
    let mut blocks = text.split("\n```");
    let block = blocks.nth(2 * place + 1).unwrap();
    block.split_once('\n').unwrap().1.to_owned()
}

#[test]
fn the_first_example_of_the_readme_prints_what_it_shows() {
    let readme = document("README.md");
    let blocks = 0..readme.matches("\n```").count() / 2;
    let place = blocks.clone().find(|place| fenced(&readme, *place).contains("-- backtest"));
    let (command, shown) = (fenced(&readme, place.unwrap()), fenced(&readme, place.unwrap() + 1));
    let words: Vec<_> = command.split_whitespace().filter(|word| *word != "\\").collect();
    let place = words.iter().position(|word| *word == "backtest").unwrap();
    let desk = Desk::new();
    let report = desk.path("report.html");
    let words = words[place..].iter().map(|word| match *word {
        "report.html" => report.to_str().unwrap(),
        word => word,
    });
    let output = ballast(&repository()).args(words).output().unwrap();
    let printed = crate::support::Ended::from(output);
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let without_time = |text: &str| {
        let lines =
            text.lines().filter(|line| !line.starts_with("Ran ") && !line.starts_with("Report:"));
        lines.map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
    };
    assert_eq!(without_time(&printed.stdout), without_time(&shown));
}
