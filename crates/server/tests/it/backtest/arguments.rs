//! Flags and configs that cannot mean anything: exit code 2, the flag or field and the remedy.

use crate::support::{Desk, STRATEGY};

#[test]
fn numbers_out_of_range_name_their_flag() {
    let cases: [(&[&str], &str); 19] = [
        (&["--cash", "0"], "'--cash <AMOUNT>': it must be at least 0.000001 and at most 10^15"),
        (&["--cash", "-10"], "'--cash <AMOUNT>': it must be at least 0.000001 and at most 10^15"),
        (&["--cash", "1e-20"], "'--cash <AMOUNT>': it must be at least 0.000001 and at most 10^15"),
        (&["--cash", "1e16"], "'--cash <AMOUNT>': it must be at least 0.000001 and at most 10^15"),
        (&["--cash", "1e30"], "'--cash <AMOUNT>': it must be at least 0.000001 and at most 10^15"),
        (&["--cash", "much"], "'much' is not a decimal number; write it like 12.34"),
        (&["--fee-pct", "-0.1"], "'--fee-pct <PERCENT>': it must be 0 or more and below 100"),
        (&["--fee-pct", "NaN"], "'NaN' is not a decimal number"),
        (&["--maker-fee-pct", "-1"], "'--maker-fee-pct <PERCENT>': it must be 0 or more"),
        (&["--fee-per-unit", "-1"], "'--fee-per-unit <AMOUNT>': it must not be negative"),
        (&["--slippage-bps", "-5"], "'--slippage-bps <POINTS>': it must be 0 or more"),
        (&["--slippage-bps", "10000"], "below 10000 (basis points)"),
        (&["--lot", "0"], "'--lot <QUANTITY>': it must be above zero"),
        (&["--lot", "-1"], "'--lot <QUANTITY>': it must be above zero"),
        (&["--volume-share", "1.5"], "'--volume-share <SHARE>': it must be above 0 and at most 1"),
        (&["--periods-per-year", "0"], "'--periods-per-year <COUNT>'"),
        (&["--asset", "bond"], "possible values: stock, forex, crypto"),
        (&["--currency", "$"], "'$' is not a currency code; write 2 to 8 letters"),
        (&["--fee-per-unit", "1", "--fee-pct", "1"], "cannot be used with '--fee-pct"),
    ];
    let desk = Desk::new();
    for (arguments, expected) in cases {
        desk.backtest(arguments).refused(2, &[expected]);
    }
}

#[test]
fn what_is_missing_or_unknown_is_named() {
    let desk = Desk::new();
    desk.run(&["backtest"]).refused(2, &["--data <FILE>", "--timeframe", "--config <FILE>"]);
    desk.backtest(&["--reprot", "x.html"]).refused(2, &["--reprot", "'--report'"]);
    let data = ["backtest", "--data", "bars.csv", "--config", "strategy.json", "--timeframe"];
    let ended = desk.run(&[&data[..], &["1D"]].concat());
    ended.refused(2, &["'1D' is not a timeframe; use one of 5s 15s 1m"]);
}

#[test]
fn symbols_and_files_must_match() {
    let desk = Desk::new();
    let cases: [(&[&str], &str); 4] = [
        (&["--symbol", "AAPL"], "--symbol AAPL: strategy.json trades TEST; name one of these"),
        (&["--symbol", "TEST", "--symbol", "B"], "1 --data and 2 --symbol: give one --symbol"),
        (&["--data", "bars.csv"], "2 --data and 0 --symbol: give one --symbol for each file"),
        (
            &["--data", "bars.csv", "--symbol", "TEST", "--symbol", "TEST"],
            "--symbol TEST is there twice; give one file for each",
        ),
    ];
    for (arguments, expected) in cases {
        desk.backtest(arguments).refused(2, &[expected]);
    }
    desk.write("strategy.json", &STRATEGY.replace("[\"TEST\"]", "[\"TEST\", \"OTHER\"]"));
    let expected = "strategy.json also trades OTHER, which has no data; add --data and --symbol";
    desk.backtest(&["--symbol", "TEST"]).refused(2, &[expected]);
}

#[test]
fn faults_of_the_config_come_before_the_data_is_read() {
    let desk = Desk::new();
    desk.write("bars.csv", "no bars at all");
    let cases = [
        ("\"1d\"", "\"1h\"", "timeframe: bars of 1h cannot be made from bars of 1d; use shorter"),
        ("close > 0", "rsii(close, 14) > 0", "entry, column 1: unknown function 'rsii': did you"),
        ("close > 0", "rsi(close) > 0", "entry, column 1: rsi(series, period) takes 2 arguments"),
        ("close > 0", "sma(close, 6000) > 0", "entry, column 12: sma: period is 6000"),
        ("close > 0", "close[5001] > 0", "entry, column 7: expected a whole number of bars"),
        (
            "close > 0",
            "close",
            "entry, column 1: expected a condition (true/false), found a number",
        ),
        (
            "\"maxBars\": 3",
            "\"maxBar\": 3",
            "exits.maxBar: unknown field `maxBar`, expected one of",
        ),
        ("\"maxBars\": 3", "\"maxBars\": 0", "exits.maxBars: must be 1 to 100000"),
        (
            "\"maxBars\": 3",
            "\"stopLoss\": {\"type\": \"price\", \"value\": 110},
             \"takeProfit\": [{\"type\": \"price\", \"value\": 100}]",
            "exits.takeProfit[0].value: the target 100 lies on the stop's side of 110",
        ),
    ];
    for (from, to, expected) in cases {
        assert!(STRATEGY.contains(from), "{from}");
        desk.write("strategy.json", &STRATEGY.replace(from, to));
        desk.backtest(&["--json"]).refused(2, &["strategy.json has 1 fault:\n  ", expected]);
    }
}

#[test]
fn a_config_that_cannot_be_read_ends_with_one() {
    let desk = Desk::new();
    let run = |config| {
        desk.run(&["backtest", "--data", "bars.csv", "--timeframe", "1d", "--config", config])
    };
    run("absent.json").refused(1, &["cannot read absent.json: ", "name a strategy config"]);
    run(".").refused(1, &["cannot read .: ", "name a strategy config"]);
    std::fs::write(desk.path("latin.json"), b"{\"entry\": \"\xe9\"}").unwrap();
    run("latin.json").refused(1, &["cannot read latin.json: it is not UTF-8 text"]);
    desk.write("huge.json", &" ".repeat((1 << 20) + 1));
    run("huge.json").refused(1, &["cannot read huge.json: it is larger than 1 MiB"]);
}
