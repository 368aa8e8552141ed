//! Files of bars that cannot be used: the place and the remedy are named, and nothing is printed.

use crate::support::{Desk, HEADER, days};

#[test]
fn bad_rows_name_line_column_and_remedy() {
    let rows = [
        ("2024-01-02,1,x,1,1,1\n", "line 3, column 'high': 'x' is not a number; write it like"),
        ("2024-01-02,1,NaN,1,1,1\n", "line 3, column 'high': 'NaN' is not a number; remove"),
        ("2024-01-02,1,inf,1,1,1\n", "line 3, column 'high': 'inf' is not a number; remove"),
        ("2024-01-02,1,1,,1,1\n", "line 3, column 'low': the value is missing; fill it in"),
        ("2023-12-31,1,1,1,1,1\n", "line 3, column 'time': 2023-12-31T00:00:00Z comes after"),
        ("2024-01-01,1,1,1,1,1\n", "line 3, column 'time': 2024-01-01T00:00:00Z is also on line 2"),
        ("tomorrow,1,1,1,1,1\n", "line 3, column 'time': 'tomorrow' is not a time; write it like"),
        ("2024-01-02,1,1,-1,1,1\n", "line 3, column 'low': a price must be above zero, got -1"),
        ("2024-01-02,1,1,2,1,1\n", "line 3, column 'high': high 1 is below low 2; correct"),
        ("2024-01-02,1,1,1,9,1\n", "line 3, column 'close': 9 is not between low 1 and high 1"),
        ("2024-01-02,1,1,1,1,-1\n", "line 3, column 'volume': volume must not be negative"),
        ("2024-01-02,1,1,1,1\n", "line 3: the line has 5 fields, the first line has 6; repair"),
    ];
    for (row, expected) in rows {
        let desk = Desk::new();
        desk.write("bars.csv", &format!("{HEADER}2024-01-01,1,1,1,1,1\n{row}"));
        desk.backtest(&["--json"]).refused(1, &["bars.csv: ", expected]);
    }
}

#[test]
fn files_that_hold_no_bars_say_what_they_need() {
    let files = [
        ("", "the file is empty; it needs a header and one line per bar"),
        (HEADER, "the file has a header but no bars"),
        ("time,open,high,low,volume\n2024-01-01,1,1,1,1\n", "no column 'close' in the first line"),
        ("time,open,open,high,low,close\n", "the column 'open' is there twice; keep one of them"),
        ("{\"bars\": []}\n", "no column "),
        ("PK\u{3}\u{4}", "this is not CSV text but"),
    ];
    for (text, expected) in files {
        let desk = Desk::new();
        desk.write("bars.csv", text);
        desk.backtest(&["--json"]).refused(1, &["bars.csv: ", expected]);
    }
}

#[test]
fn a_path_that_is_no_file_says_so() {
    let desk = Desk::new();
    let run = |data| {
        let rest = ["--timeframe", "1d", "--config", "strategy.json"];
        desk.run(&[&["backtest", "--data", data][..], &rest].concat())
    };
    run("absent.csv").refused(1, &["absent.csv: there is no such file; name a CSV file of bars"]);
    run(".").refused(1, &[".: this is a directory; name a CSV file of bars in it"]);
}

#[test]
fn a_bad_row_at_the_very_end_leaves_nothing_behind() {
    let desk = Desk::new();
    desk.write("bars.csv", &(days(300) + "2030-01-01,1,1,1,one,1\n"));
    desk.write("report.html", "an earlier report");
    let ended = desk.backtest(&["--report", "report.html", "--equity-csv", "equity.csv"]);
    ended.refused(1, &["bars.csv: line 302, column 'close': 'one' is not a number"]);
    assert_eq!(desk.read("report.html"), "an earlier report");
    assert_eq!(desk.files(), ["bars.csv", "report.html", "strategy.json"]);
}

#[test]
fn bars_that_look_longer_than_they_are_called_are_doubted() {
    let desk = Desk::new();
    desk.write("strategy.json", &crate::support::STRATEGY.replace("\"1d\"", "\"1h\""));
    let config = ["--config", "strategy.json", "--json"];
    let data = ["backtest", "--data", "bars.csv", "--timeframe", "1h"];
    let ended = desk.run(&[&data[..], &config].concat());
    let sentence = "bars.csv: the bars look like 1d, not 1h";
    assert!(ended.stderr.starts_with(&format!("warning: {sentence}")), "{}", ended.stderr);
    let json = ended.json();
    assert!(json["warnings"][0].as_str().unwrap().starts_with(sentence), "{json}");
    assert_eq!(json["missingBars"], 9 * 23);
    assert_eq!(Desk::new().backtest(&["--json"]).stderr, "");
}

#[test]
fn many_blocks_of_bars_are_one_run() {
    let desk = Desk::new();
    let mut text = HEADER.to_owned();
    for minute in 0..40_000_i64 {
        let price = 100 + minute % 7;
        text += &format!("{},{price},{price},{price},{price},1\n", 1_700_000_040 + 60 * minute);
    }
    desk.write("bars.csv", &text);
    desk.write("strategy.json", &crate::support::STRATEGY.replace("\"1d\"", "\"1m\""));
    let data = ["backtest", "--data", "bars.csv", "--timeframe", "1m", "--config"];
    let ended = desk.run(&[&data[..], &["strategy.json", "--json", "--no-trades"]].concat());
    let json = ended.json();
    // An entry every four bars: signal, three closes held, exit and next signal at one open.
    assert_eq!((json["bars"].as_u64(), json["missingBars"].as_u64()), (Some(40_000), Some(0)));
    assert_eq!(json["closedTrades"], 9_999);
    assert_eq!(ended.stderr, "");
}
