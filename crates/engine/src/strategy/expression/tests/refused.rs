//! Texts that are refused: the column and the exact words.

use super::super::*;

/// Refuses each text as a condition with the message at the column.
fn check(cases: &[(&str, usize, &str)]) {
    for &(text, column, message) in cases {
        match parse_condition(text) {
            Ok(tree) => panic!("{text} was read as {tree}"),
            Err(error) => {
                let found = (error.column, error.kind.to_string());
                assert_eq!(found, (column, message.to_owned()), "{}", error.render(text));
            }
        }
    }
}

#[test]
fn mistakes_of_spelling() {
    check(&[
        ("", 1, "the expression is empty: write one, such as close > sma(close, 20)"),
        (" \n ", 1, "the expression is empty: write one, such as close > sma(close, 20)"),
        ("close = 3", 7, "'=' does not compare: write == to test whether two numbers are equal"),
        ("close =< 3", 7, "unexpected '=<': write <= instead"),
        ("close => 3", 7, "unexpected '=>': write >= instead"),
        ("close <> 3", 7, "unexpected '<>': write != instead"),
        ("close ≥ 3", 7, "unexpected '≥': write >= instead"),
        ("close > 3 & open > 3", 11, "unexpected '&': write and instead"),
        ("tf(“4h”, close > 1)", 4, "unexpected '“': write \" instead"),
        ("close > 日本", 9, "unexpected '日'"),
        ("クローズ > 1", 1, "unexpected 'ク'"),
        ("close > 1 ? 2 : 3", 11, "unexpected '?'"),
        ("close > \u{0}", 9, "unexpected U+0000"),
        ("tf(\"4h, close > 1)", 4, "this text has no end: close it with \""),
        ("tf('4h, close > 1)", 4, "this text has no end: close it with '"),
        ("close > 12abc", 9, "'12abc' is not a number: write numbers as 12, 0.5 or 1e-3"),
        ("close > 1.", 9, "'1.' is not a number: write numbers as 12, 0.5 or 1e-3"),
        ("close > 1.2.3", 9, "'1.2.3' is not a number: write numbers as 12, 0.5 or 1e-3"),
        ("close > 1e999", 9, "this number is too large"),
    ]);
    let digits = "9".repeat(400);
    check(&[(&format!("close > {digits}"), 9, "this number is too large")]);
}

#[test]
fn mistakes_of_grammar() {
    check(&[
        ("close >", 8, "expected a value, found the end of the expression"),
        ("close > > 3", 9, "expected a value, found '>'"),
        ("and close > 1", 1, "expected a value, found 'and'"),
        ("close > 1 and", 14, "expected a value, found the end of the expression"),
        ("+5 > 1", 1, "expected a value, found '+'"),
        ("()", 2, "expected a value, found ')'"),
        (
            "(close > 1",
            11,
            "expected ')' after the '(' of column 1, found the end of the expression",
        ),
        (
            "((close > 1)",
            13,
            "expected ')' after the '(' of column 1, found the end of the expression",
        ),
        ("close > 1)", 10, "this ')' closes nothing: remove it, or add a '(' before"),
        (")", 1, "this ')' closes nothing: remove it, or add a '(' before"),
        (
            "rsi(close, 14 < 70",
            19,
            "expected ',' or ')' after the '(' of column 4, found the end of the expression",
        ),
        ("rsi(close 14) < 70", 11, "expected ',' or ')' after the '(' of column 4, found '14'"),
        ("rsi(close,) < 70", 11, "expected a value, found ')'"),
        ("rsi(, 14) < 70", 5, "expected a value, found ','"),
        ("close > 1 open", 11, "expected an operator or the end of the expression, found 'open'"),
        ("close > 1 \"x\"", 11, "expected an operator or the end of the expression, found \"x\""),
        ("close > 1, 2", 10, "expected an operator or the end of the expression, found ','"),
        (
            "close > 1 AND open > 1",
            11,
            "expected an operator or the end of the expression, found 'AND': did you mean 'and'?",
        ),
        ("1 < close < 2", 11, "comparisons do not chain: write a < b and b < c"),
        ("close == open == 1", 15, "comparisons do not chain: write a < b and b < c"),
        ("close > not open", 9, "expected a value, found 'not'"),
        (
            "ta.rsi(close, 14) < 70",
            1,
            "functions have no prefix here: write rsi(...) without 'ta.'",
        ),
        ("close. > 1", 8, "expected the name of an output after '.', found '>'"),
    ]);
}

#[test]
fn mistakes_of_shifts() {
    let future = "cannot read the future: x[1] is the value one bar ago, x[0] the value now";
    check(&[
        ("close[-1] > 1", 7, future),
        ("close[1.5] > 1", 7, "expected a whole number of bars from 0 to 5,000, found '1.5'"),
        ("close[5001] > 1", 7, "expected a whole number of bars from 0 to 5,000, found '5001'"),
        ("close[1e300] > 1", 7, "expected a whole number of bars from 0 to 5,000, found '1e300'"),
        ("close[n] > 1", 7, "expected a whole number of bars from 0 to 5,000, found 'n'"),
        ("close[] > 1", 7, "expected a whole number of bars from 0 to 5,000, found ']'"),
        ("close[1 > 1", 9, "expected ']' after the '[' of column 6, found '>'"),
        ("close[1) > 1", 8, "expected ']' after the '[' of column 6, found ')'"),
        ("close[2*5] > 1", 8, "expected ']' after the '[' of column 6, found '*'"),
    ]);
}

#[test]
fn mistakes_of_names() {
    check(&[
        ("clsoe > 1", 1, "unknown name 'clsoe': did you mean 'close'?"),
        ("CLOSE > 1", 1, "unknown name 'CLOSE': did you mean 'close'?"),
        (
            "price > 1",
            1,
            "unknown name 'price': the price fields are \
             open, high, low, close, volume, hl2, hlc3, ohlc4",
        ),
        ("rsi > 70", 1, "rsi is a function: write rsi(series, period)"),
        ("tr > 70", 1, "tr is a function: write tr()"),
        ("tf > 70", 1, "tf is a function: write tf(\"4h\", x)"),
        (
            "close(1) > 1",
            1,
            "close is a price field, not a function: write close without parentheses",
        ),
        ("crosover(close, open)", 1, "unknown function 'crosover': did you mean 'crossover'?"),
        ("1 < RSI(close, 14)", 5, "unknown function 'RSI': did you mean 'rsi'?"),
        ("rsi(close, 14, 3) < 70", 16, "rsi(series, period) takes 2 arguments, 3 given"),
        ("1 > rsi(close)", 5, "rsi(series, period) takes 2 arguments, 1 given"),
        ("atr(close, 14) > 1", 12, "atr(period) takes 1 argument, 2 given"),
        ("tr(14) > 1", 4, "tr() takes no arguments, 1 given"),
        ("crossover(close)", 1, "crossover(a, b) takes 2 arguments, 1 given"),
        ("abs() > 1", 1, "abs(x) takes 1 argument, 0 given"),
        ("session(\"NY\")", 9, "session() takes no arguments, 1 given"),
    ]);
    let unknown = parse_condition("frobnicate(close) > 1").unwrap_err().kind.to_string();
    assert!(
        unknown.starts_with("unknown function 'frobnicate': the functions are abs, "),
        "{unknown}"
    );
    for name in ["crossover", "ema", "rsi", "tf"] {
        assert!(unknown.contains(&format!(" {name}")), "{name} is missing in: {unknown}");
    }
}

#[test]
fn mistakes_of_type() {
    let compare = "expected a condition (true/false), found a number: \
                   compare it, as in close > 100";
    let number = "expected a number, found a condition (true/false)";
    let quotes = ": quotes are only for the timeframe of tf(\"4h\", x)";
    check(&[
        ("rsi(close, 14)", 1, compare),
        ("close > 1 and (open + 1)", 15, compare),
        ("close or open > 1", 1, compare),
        ("not close", 5, compare),
        ("(close > 1) > 2", 1, number),
        ("1 + true > 2", 5, number),
        ("-(close > 1) > 2", 2, number),
        ("sma(close > 1, 5) > 2", 5, number),
        ("crossover(close, open > 1)", 18, number),
        ("close > \"4h\"", 9, &format!("expected a number, found a text{quotes}")),
        ("not '4h'", 5, &format!("expected a condition (true/false), found a text{quotes}")),
    ]);
    let error = parse_numeric("close > 1").unwrap_err();
    assert_eq!((error.column, error.kind.to_string()), (1, number.to_owned()));
}

#[test]
fn mistakes_of_outputs() {
    let outputs = ".line, .signal or .histogram";
    check(&[
        ("macd(close,12,26,9) > 0", 1, &format!("macd gives several values: add {outputs}")),
        (
            "macd(close,12,26,9)[1].signal > 0",
            24,
            "'.signal' must follow an indicator's call directly, \
             as in macd(close, 12, 26, 9).signal",
        ),
        ("macd(close,12,26,9).sig > 0", 21, &format!("macd has no output 'sig': write {outputs}")),
        ("rsi(close,14).value > 0", 15, "rsi gives one value: remove '.value'"),
        (
            "close.signal > 0",
            7,
            "'.signal' must follow an indicator's call directly, \
             as in macd(close, 12, 26, 9).signal",
        ),
        (
            "abs(close).signal > 0",
            12,
            "'.signal' must follow an indicator's call directly, \
             as in macd(close, 12, 26, 9).signal",
        ),
    ]);
}

#[test]
fn mistakes_of_parameters() {
    let whole = "must be a whole number of bars from";
    check(&[
        ("rsi(close, close) > 1", 12, "the period of rsi must be a constant, such as 14"),
        ("rsi(close, 1.5) > 1", 12, &format!("rsi: period is 1.5, but {whole} 2 to 5000")),
        ("rsi(close, 0) > 1", 12, &format!("rsi: period is 0, but {whole} 2 to 5000")),
        ("rsi(close, -14) > 1", 12, &format!("rsi: period is -14, but {whole} 2 to 5000")),
        ("rsi(close, 5001) > 1", 12, &format!("rsi: period is 5001, but {whole} 2 to 5000")),
        (
            "bb(close, 20, 0).upper > 1",
            15,
            "bb: multiplier is 0, but must be above 0 and at most 3e37",
        ),
        ("macd(close, 12, 1, 9).line > 1", 17, &format!("macd: slow is 1, but {whole} 2 to 5000")),
        ("close / 0 > 1", 9, "division by zero"),
        ("close % (1 - 1) > 1", 9, "division by zero"),
        ("1e308 * 10 > 1", 1, "this constant is too large to compute"),
        ("close > 1e308 + 1e308", 9, "this constant is too large to compute"),
    ]);
}

#[test]
fn mistakes_of_timeframes() {
    let known = "5s, 15s, 1m, 5m, 15m, 30m, 1h, 4h, 1d, 1w, 1M";
    let momentary = "is known only at the moment of evaluation: it has no earlier bars, so it \
                     cannot be shifted, crossed, fed to an indicator or read in another timeframe";
    check(&[
        ("tf(4h, close > 1)", 4, "'4h' is not a number: write numbers as 12, 0.5 or 1e-3"),
        ("tf(close, close > 1)", 4, "expected a timeframe in quotes, as in tf(\"4h\", close)"),
        ("tf(\"2h\", close > 1)", 4, &format!("\"2h\" is not a timeframe: write one of {known}")),
        (
            "tf(\"4h\", sma(tf(\"1d\", close), 3) > 1)",
            14,
            "tf inside tf: a value is read in one timeframe, move this tf out of the other",
        ),
        ("tf(\"4h\", session())", 10, &format!("session() {momentary}")),
        ("session()[1]", 1, &format!("session() {momentary}")),
        ("sma(ai(), 3) > 1", 5, &format!("ai() {momentary}")),
        ("crossover(close, 1 + ai())", 22, &format!("ai() {momentary}")),
    ]);
}

#[test]
fn limits() {
    let deep = "nested deeper than 64 levels: split it into several rules";
    let large = "more than 512 names, numbers, operators and calls: split it into several rules";
    let open = "(".repeat(4_000);
    let calls = "abs(".repeat(1_000);
    let sum = vec!["close"; 65].join("+");
    let minus = format!("{}close", "-".repeat(3_000));
    let not = format!("{}close", "!".repeat(3_000));
    let shifts = format!("close{}", "[1]".repeat(1_000));
    let chain = vec!["open>1"; 200].join("&&");
    check(&[
        (&open, 65, deep),
        (&calls, 257, deep),
        (&sum, 1, deep),
        (&minus, 2_937, deep),
        (&not, 2_937, deep),
        (&shifts, 1, deep),
        (&chain, 170 * 8 + 1, large),
        (
            &format!("{}!", " ".repeat(4_096)),
            4_097,
            "the text is longer than 4,096 characters: split it into several rules",
        ),
    ]);
}

#[test]
fn look_back() {
    let needs = |bars: &str| {
        format!(
            "this needs {bars} bars of history, at most 5,000 are kept: \
             use shorter periods and shifts, or a higher timeframe"
        )
    };
    check(&[
        ("sma(close, 5000)[2] > 1", 1, &needs("5,001")),
        ("1 > close[3000][3000]", 5, &needs("6,000")),
        ("sma(sma(close, 3000), 3000) > 1", 1, &needs("5,998")),
        ("crossover(close[5000], open)", 1, &needs("5,001")),
        ("1 < tf(\"1d\", sma(close, 4000))[2000]", 5, &needs("5,999")),
        ("(close[2501] > 1)[2500]", 1, &needs("5,001")),
    ]);
}

#[test]
fn an_error_is_shown_under_its_line() {
    let text = "rsi(close, 14) < 70 and crosover(open, close)";
    assert_eq!(
        parse_condition(text).unwrap_err().render(text),
        "column 25: unknown function 'crosover': did you mean 'crossover'?\n  \
         rsi(close, 14) < 70 and crosover(open, close)\n                          ^^^^^^^^"
    );
}
