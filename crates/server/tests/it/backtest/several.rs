//! Several symbols, each from a file of its own.

use crate::support::{Desk, HEADER};

const TWO: &str = r#"{"version": 1, "kind": "rules", "timeframe": "1d", "symbols": ["A", "B"],
    "entry": "close > 0", "sizing": {"type": "fixedQuantity", "quantity": "1"}}"#;

/// Days of equal prices.
fn bars(prices: &[(u32, u32)]) -> String {
    let bar =
        |(day, price): &(u32, u32)| format!("2024-01-{day:02},{price},{price},{price},{price},1\n");
    HEADER.to_owned() + &prices.iter().map(bar).collect::<String>()
}

#[test]
fn equity_counts_each_position_at_its_own_last_close() {
    let desk = Desk::new();
    desk.write("two.json", TWO);
    desk.write("a.csv", &bars(&[(1, 10), (2, 10), (3, 20), (4, 30)]));
    // B misses a day and ends before A does.
    desk.write("b.csv", &bars(&[(1, 10), (3, 10)]));
    let files = ["backtest", "--data", "a.csv", "--symbol", "A", "--data", "b.csv", "--symbol"];
    let rest = ["B", "--timeframe", "1d", "--config", "two.json", "--equity-csv", "e.csv"];
    let ended = desk.run(&[&files[..], &rest, &["--json"]].concat());
    let json = ended.json();
    assert_eq!((&json["finalEquity"], &json["bars"]), (&"10020.00".into(), &6.into()));
    assert_eq!(
        desk.read("e.csv"),
        "time,equity\n2024-01-02T00:00:00Z,10000\n2024-01-03T00:00:00Z,10000\n\
         2024-01-04T00:00:00Z,10010\n2024-01-05T00:00:00Z,10020\n"
    );
    // Three of the four closes saw a position.
    assert_eq!(json["exposurePct"], 75.0);
    let entries: Vec<_> = json["trades"].as_array().unwrap().iter().collect();
    let entry = |place: usize| (&entries[place]["symbol"], &entries[place]["entryTime"]);
    assert_eq!(entry(0), (&"A".into(), &"2024-01-02T00:00:00Z".into()));
    assert_eq!(entry(1), (&"B".into(), &"2024-01-03T00:00:00Z".into()));
}

#[test]
fn a_day_is_one_sample_whatever_the_files_times_of_day() {
    let desk = Desk::new();
    desk.write("two.json", TWO);
    let days = [(1, 10), (2, 10), (3, 12), (4, 11), (5, 15), (6, 13)];
    desk.write("a.csv", &bars(&days));
    desk.write("b.csv", &bars(&days));
    let late: String = bars(&days).replacen(HEADER, "", 1);
    let late = late.lines().map(|line| line.replacen(',', "T05:00:00Z,", 1) + "\n");
    desk.write("late.csv", &(HEADER.to_owned() + &late.collect::<String>()));
    let figures = |second: &str| {
        let files = ["--data", "a.csv", "--symbol", "A", "--data", second, "--symbol", "B"];
        let rest = ["--timeframe", "1d", "--config", "two.json", "--json"];
        let json = desk.run(&[&["backtest"][..], &files, &rest].concat()).json();
        ["sharpe", "sortino", "calmar", "cagrPct", "annualVolatilityPct"]
            .map(|figure| json[figure].as_f64().unwrap())
    };
    assert_eq!(figures("b.csv"), figures("late.csv"));
}

#[test]
fn the_order_of_the_files_changes_nothing() {
    let desk = Desk::new();
    desk.write("two.json", TWO);
    desk.write("a.csv", &bars(&[(1, 10), (2, 11), (3, 12)]));
    desk.write("b.csv", &bars(&[(2, 20), (3, 25), (4, 30)]));
    let run = |files: [&str; 8]| {
        let rest = ["--timeframe", "1d", "--config", "two.json", "--json"];
        desk.run(&[&["backtest"][..], &files, &rest].concat()).json()["finalEquity"].clone()
    };
    let forth = run(["--data", "a.csv", "--symbol", "A", "--data", "b.csv", "--symbol", "B"]);
    let back = run(["--data", "b.csv", "--symbol", "B", "--data", "a.csv", "--symbol", "A"]);
    assert_eq!(forth, back);
    assert_eq!(forth, "10006.00");
}

#[test]
fn a_bad_row_in_either_file_stops_the_run() {
    let desk = Desk::new();
    desk.write("two.json", TWO);
    desk.write("a.csv", &bars(&[(1, 10), (2, 11), (3, 12)]));
    desk.write("b.csv", &(bars(&[(1, 20)]) + "2024-01-02,1,2,3\n"));
    let files = ["--data", "a.csv", "--symbol", "A", "--data", "b.csv", "--symbol", "B"];
    let rest = ["--timeframe", "1d", "--config", "two.json", "--json"];
    let ended = desk.run(&[&["backtest"][..], &files, &rest].concat());
    ended.refused(1, &["b.csv: line 3: the line has 4 fields"]);
}

#[test]
fn files_of_different_times_are_told_of() {
    let desk = Desk::new();
    desk.write("two.json", TWO);
    desk.write("a.csv", &bars(&[(1, 10), (2, 11), (3, 12)]));
    let warnings = |days: &[(u32, u32)]| {
        desk.write("b.csv", &bars(days));
        let files = ["--data", "a.csv", "--symbol", "A", "--data", "b.csv", "--symbol", "B"];
        let rest = ["--timeframe", "1d", "--config", "two.json", "--json"];
        desk.run(&[&["backtest"][..], &files, &rest].concat()).json()["warnings"].clone()
    };
    let apart = "The files have no time in common: the last bar of A closes at \
                 2024-01-04T00:00:00Z, the first of B at 2024-01-05T00:00:00Z.";
    assert_eq!(warnings(&[(4, 20), (5, 25)])[0], apart);
    assert_eq!(warnings(&[(3, 20), (4, 25)]), serde_json::json!([]));
}
