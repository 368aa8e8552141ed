//! What a run writes: the summary, JSON, the equity file, the report.

use std::io::Read as _;
use std::process::Stdio;

use crate::support::{Desk, Ended, days};

#[test]
fn json_has_every_field_that_programs_rely_on() {
    let desk = Desk::new();
    let ended = desk.backtest(&["--json", "--fee-pct", "1"]);
    let json = ended.json();
    let fields: Vec<&String> = json.as_object().unwrap().keys().collect();
    let mut expected = [
        "startingCash",
        "firstTime",
        "lastTime",
        "priceChangePct",
        "expectancy",
        "averageTradePct",
        "averageWin",
        "averageLoss",
        "bestTrade",
        "worstTrade",
        "averageHoldingSeconds",
        "cautions",
        "finalEquity",
        "returnPct",
        "closedTrades",
        "openTrades",
        "maxDrawdownPct",
        "sharpe",
        "sortino",
        "calmar",
        "winRatePct",
        "profitFactor",
        "periodsPerYear",
        "cagrPct",
        "annualVolatilityPct",
        "maxDrawdownSeconds",
        "exposurePct",
        "fees",
        "bars",
        "missingBars",
        "refusals",
        "warnings",
        "elapsedMs",
        "barsPerSecond",
        "trades",
    ];
    expected.sort_unstable();
    assert_eq!(fields, expected);
    // In on the second day at 101, out on the fifth at 104 after three closes, one per cent each.
    let first = serde_json::json!({
        "symbol": "TEST", "side": "long", "entryTime": "2024-01-02T00:00:00Z",
        "entryPrice": "101", "exitTime": "2024-01-05T00:00:00Z", "exitPrice": "104",
        "quantity": "1", "pnl": "0.95", "exitReason": "time_stop"
    });
    assert_eq!(json["trades"][0], first);
    let open = json["trades"].as_array().unwrap().last().unwrap();
    assert!(open["exitTime"].is_null() && open["exitPrice"].is_null());
    assert!(open["exitReason"].is_null());
    assert_eq!(ended.stdout.lines().count(), 1);
    let without = desk.backtest(&["--json", "--fee-pct", "1", "--no-trades"]).json();
    let (mut without, mut with) = (without, json);
    for timed in ["elapsedMs", "barsPerSecond"] {
        without[timed].take();
        with[timed].take();
    }
    with.as_object_mut().unwrap().remove("trades");
    assert_eq!((&without, &without["closedTrades"]), (&with, &serde_json::json!(2)));
}

#[test]
fn json_says_what_the_summary_says() {
    let desk = Desk::new();
    let files = ["--fee-pct", "1", "--report", "report.html"];
    let (summary, json) =
        (desk.backtest(&files).stdout, desk.backtest(&["--json", "--fee-pct", "1"]));
    let (report, json) = (desk.read("report.html").replace('\u{a0}', " "), json.json());
    assert_eq!(
        (&json["startingCash"], &json["finalEquity"]),
        (&"10000.00".into(), &"10001.73".into())
    );
    assert_eq!(json["firstTime"], "2024-01-01T00:00:00Z");
    assert_eq!(json["lastTime"], "2024-01-11T00:00:00Z");
    // From 101 to 110, as shown with two decimals.
    assert!((json["priceChangePct"].as_f64().unwrap() - 900.0 / 101.0).abs() < 1e-9);
    assert!(summary.contains("+8.91\u{a0}%"), "{summary}");
    let mean = |field: &str| json[field].as_f64().unwrap();
    assert!(
        (mean("expectancy") - mean("averageWin")).abs() < 1e-12 && json["averageLoss"].is_null()
    );
    assert_eq!((mean("bestTrade"), mean("worstTrade")), (0.95, 0.87));
    assert_eq!(json["averageHoldingSeconds"], 3 * 86_400);
    let cautions = json["cautions"].as_array().unwrap();
    assert_eq!(cautions.len(), 3, "{cautions:?}");
    for caution in cautions {
        assert!(report.contains(caution.as_str().unwrap()), "{caution}");
    }
    assert_eq!(json["warnings"], serde_json::json!([]));
    let free = desk.backtest(&["--json"]).json();
    let told = "Neither fees nor slippage were charged; trading costs both.";
    assert_eq!(free["cautions"].as_array().unwrap().last().unwrap(), told);
    let without = desk.backtest(&["--json", "--no-trades"]).json();
    assert_eq!(without["cautions"], free["cautions"]);
}

#[test]
fn summary_report_and_equity_tell_of_the_same_run() {
    let desk = Desk::new();
    let files = ["--report", "report.html", "--equity-csv", "equity.csv"];
    let summary = desk.backtest(&files);
    assert_eq!((summary.code, summary.stderr.as_str()), (0, ""));
    let (report, equity) = (desk.read("report.html"), desk.read("equity.csv"));
    let json = desk.backtest(&[&files[..], &["--json"]].concat()).json();
    assert_eq!(
        (desk.read("report.html"), desk.read("equity.csv")),
        (report.clone(), equity.clone())
    );

    let last = equity.lines().last().unwrap().split_once(',').unwrap().1;
    assert_eq!(json["finalEquity"], format!("{last}.00"));
    assert_eq!(equity.lines().count(), 11);
    let shown = format!("10,0{}.00", &last[3..]);
    assert!(summary.stdout.contains(&shown), "{shown}\n{}", summary.stdout);
    assert!(report.contains(&shown), "{shown}");
    for words in ["TEST 1d  strategy", "Closed trades", "Ran 10 bars in ", "Report: ", "Equity: "] {
        assert!(summary.stdout.contains(words), "{words}\n{}", summary.stdout);
    }
    for words in ["time stop", "&#34;maxBars&#34;: 3", "strategy · 2024-01-01 to 2024-01-10"] {
        assert!(report.contains(words), "{words}");
    }
}

#[test]
fn what_is_no_terminal_gets_plain_text_of_eighty_columns() {
    let ended = Desk::new().backtest(&[]);
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ended.stdout);
    assert!(!ended.stdout.contains('\u{1b}'));
    assert!(ended.stdout.contains('⣀'), "a curve\n{}", ended.stdout);
}

#[test]
fn fees_slippage_and_liquidity_are_told_in_the_report() {
    let cases: [(&[&str], &str); 9] = [
        (&[], "Fees: none. Slippage on market and stop fills: none."),
        (&["--fee-pct", "0.10"], "Fees: 0.1 % of each fill."),
        (
            &["--fee-pct", "0.2", "--maker-fee-pct", "0.1"],
            "Fees: 0.2 % of market and stop fills, 0.1 % of limit and target fills.",
        ),
        (
            &["--fee-per-unit", "0.005", "--min-fee", "1"],
            "Fees: 0.005 per unit, at least 1 a fill.",
        ),
        (&["--lot", "0.10"], "Quantities are whole multiples of 0.1."),
        (&[], "Data: bars.csv (TEST); its times are the opens of bars."),
        (&["--stamped", "close"], "Data: bars.csv (TEST); its times are the closes of bars."),
        (&["--slippage-bps", "5"], "Slippage on market and stop fills: 5 basis points."),
        (&["--volume-share", "0.1"], "One fill takes at most 10 % of a bar's volume."),
    ];
    let desk = Desk::new();
    for (arguments, expected) in cases {
        let ended = desk.backtest(&[arguments, &["--report", "report.html"]].concat());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let report = desk.read("report.html").replace("&#39;", "'");
        assert!(report.contains(expected), "{expected}");
    }
}

#[test]
fn missing_bars_and_volume_are_told() {
    let desk = Desk::new();
    desk.write("strategy.json", &crate::support::STRATEGY.replace("\"1d\"", "\"1h\""));
    let hour = |hour: u32| format!("2024-01-01T{hour:02}:00:00Z,10,10,10,10\n");
    let bars: String = [0, 1, 2, 5, 6, 7].map(hour).concat();
    desk.write("hours.csv", &format!("time,open,high,low,close\n{bars}"));
    let data = ["backtest", "--data", "hours.csv", "--timeframe", "1h", "--config"];
    let rest = ["strategy.json", "--volume-share", "0.5", "--report", "report.html"];
    let ended = desk.run(&[&data[..], &rest].concat());
    let sentence = "The data has no volume column, so every volume counts as zero.";
    assert_eq!((ended.code, ended.stderr), (0, format!("warning: {sentence}\n")));
    let report = desk.read("report.html");
    assert!(report.contains("2 bars are missing in the data, nights and weekends included;"));
    assert!(report.contains(sentence));
}

#[test]
fn files_that_cannot_be_written_are_refused_before_the_run() {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("folder")).unwrap();
    desk.write("locked.html", "kept");
    let mut locked = std::fs::metadata(desk.path("locked.html")).unwrap().permissions();
    locked.set_readonly(true);
    std::fs::set_permissions(desk.path("locked.html"), locked).unwrap();
    let files = desk.files();
    let cases = [
        (1, "absent/report.html", "cannot write absent/report.html: "),
        (1, "folder", "cannot write folder: this is a directory; name a file"),
        (1, "locked.html", "cannot write locked.html: the file is read-only"),
        (2, "bars.csv", "bars.csv would be overwritten; name another file"),
        (2, "./strategy.json", "strategy.json would be overwritten"),
    ];
    for flag in ["--report", "--equity-csv"] {
        for (code, path, expected) in cases {
            desk.backtest(&[flag, path]).refused(code, &[expected]);
        }
    }
    let both = ["--report", "same.out", "--equity-csv", "./same.out"];
    desk.backtest(&both).refused(2, &["--equity-csv and --report name the same file"]);
    assert_eq!((desk.files(), desk.read("locked.html")), (files, "kept".to_owned()));
    assert_eq!(desk.read("bars.csv"), days(10));
}

#[test]
fn a_device_is_written_to_and_not_replaced() {
    let desk = Desk::new();
    std::os::unix::fs::symlink("/dev/stdout", desk.path("out")).unwrap();
    let ended = desk.backtest(&["--json", "--no-trades", "--equity-csv", "out"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.starts_with("time,equity\n2024-01-02T00:00:00Z,10000\n"));
    assert!(ended.stdout.trim_end().ends_with('}'));
    assert!(desk.path("out").is_symlink());
}

#[test]
fn the_target_of_a_link_is_replaced_and_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    desk.write("real.html", "old");
    let only_owner = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(desk.path("real.html"), only_owner).unwrap();
    std::os::unix::fs::symlink("real.html", desk.path("link.html")).unwrap();
    assert_eq!(desk.backtest(&["--report", "link.html"]).code, 0);
    assert!(desk.path("link.html").is_symlink());
    assert!(desk.read("real.html").starts_with("<!doctype html>"));
    let mode = std::fs::metadata(desk.path("real.html")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let desk = Desk::new();
    desk.write("bars.csv", &days(300));
    let data = ["--data", "bars.csv", "--timeframe", "1d"];
    let config = ["--config", "strategy.json"];
    let commands: [Vec<&str>; 3] = [
        [&["backtest"], &data[..], &config, &["--json"]].concat(),
        [&["indicators"], &data[..], &["--expr", "close", "--expr", "open"]].concat(),
        vec!["config", "schema"],
    ];
    for arguments in commands {
        let mut child =
            desk.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let mut first = [0_u8; 1];
        stdout.read_exact(&mut first).unwrap();
        drop(stdout);
        let ended = Ended::from(child.wait_with_output().unwrap());
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}

#[test]
fn a_full_disk_is_an_error() {
    let desk = Desk::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let arguments = ["backtest", "--data", "bars.csv", "--timeframe", "1d", "--config"];
    let mut command = desk.command(&[&arguments[..], &["strategy.json", "--json"]].concat());
    let output = command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.starts_with("error: cannot write the result: "), "{words}");
}
