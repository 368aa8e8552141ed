//! `ballast indicators`.

use crate::support::Desk;

fn indicators(desk: &Desk, further: &[&str]) -> crate::support::Ended {
    desk.run(&[&["indicators", "--data", "bars.csv", "--timeframe", "1d"], further].concat())
}

#[test]
fn each_expression_is_a_column_that_is_empty_until_it_is_ready() {
    let expressions = ["--expr", "sma(close, 3)", "--expr", "close > 104", "--csv"];
    let ended = indicators(&Desk::new(), &expressions);
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert_eq!(lines[0], "time,\"sma(close, 3)\",\"close > 104\"");
    assert_eq!(lines[1], "2024-01-01T00:00:00Z,,false");
    assert_eq!(lines[3], "2024-01-03T00:00:00Z,102,false");
    assert_eq!(lines[10], "2024-01-10T00:00:00Z,109,true");
    assert_eq!((lines.len(), ended.code), (11, 0));
    assert_eq!(indicators(&Desk::new(), &expressions[..4]).stdout, ended.stdout);
}

#[test]
fn an_expression_may_begin_with_a_minus() {
    let ended = indicators(&Desk::new(), &["--expr", "-close[1]", "--csv"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains(",-101\n"), "{}", ended.stdout);
    let ended = indicators(&Desk::new(), &["--expr", "--csv"]);
    ended.refused(2, &["--expr", "unknown name 'csv'"]);
}

#[test]
fn values_keep_full_precision() {
    let ended = indicators(&Desk::new(), &["--expr", "close / 3"]);
    let value = ended.stdout.lines().nth(1).unwrap().split_once(',').unwrap().1;
    assert_eq!(value.parse::<f64>().unwrap(), 101.0 / 3.0);
}

#[test]
fn json_tells_the_same() {
    let json =
        indicators(&Desk::new(), &["--expr", "sma(close, 3)", "--expr", "close > 104", "--json"])
            .json();
    assert_eq!(json["expressions"], serde_json::json!(["sma(close, 3)", "close > 104"]));
    let row = |place: usize| json["rows"][place].clone();
    let first = serde_json::json!({"time": "2024-01-01T00:00:00Z", "values": [null, false]});
    let last = serde_json::json!({"time": "2024-01-10T00:00:00Z", "values": [109, true]});
    assert_eq!((row(0), row(9)), (first, last));
}

#[test]
fn wrong_expressions_end_with_two_and_point_at_the_column() {
    let cases = [
        ("close > rsii(close, 14)", "column 9: unknown function 'rsii': did you mean 'rsi'?"),
        ("rsi(close)", "column 1: rsi(series, period) takes 2 arguments, 1 given"),
        ("tf(\"1h\", close)", "tf(\"1h\", …) is shorter than the strategy's timeframe 1d"),
        ("", "column 1: the expression is empty"),
    ];
    for (expression, expected) in cases {
        let ended = indicators(&Desk::new(), &["--expr", expression]);
        ended.refused(2, &["--expr", expected]);
    }
    indicators(&Desk::new(), &[]).refused(2, &["--expr <EXPRESSION>"]);
    indicators(&Desk::new(), &["--expr", "close", "--csv", "--json"]).refused(2, &["--json"]);
}

#[test]
fn a_bad_row_prints_nothing_at_all() {
    let desk = Desk::new();
    desk.write("bars.csv", &(crate::support::days(200) + "2030-01-01,1,1,1,one,1\n"));
    indicators(&desk, &["--expr", "close"]).refused(1, &["bars.csv: line 202, column 'close'"]);
}

#[test]
fn times_are_those_of_the_file() {
    let desk = Desk::new();
    let first = |further: &[&str]| {
        let ended = indicators(&desk, &[&["--expr", "close"], further].concat());
        ended.stdout.lines().nth(1).unwrap().to_owned()
    };
    assert_eq!(first(&[]), "2024-01-01T00:00:00Z,101");
    assert_eq!(first(&["--stamped", "close"]), "2024-01-01T00:00:00Z,101");
}
