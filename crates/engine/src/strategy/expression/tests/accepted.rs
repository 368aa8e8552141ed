//! Texts that are read: their canonical form, and the trees they give.

use ballast_domain::Timeframe;

use super::super::*;
use crate::market::indicator::find;

/// Reads `text` and compares its canonical text; that one must read as the same tree.
fn check(text: &str, canonical: &str) {
    let tree = match parse_any(text) {
        Ok(tree) => tree,
        Err(error) => panic!("{}", error.render(text)),
    };
    assert_eq!(tree.to_string(), canonical, "of {text}");
    assert_eq!(parse_any(canonical).as_ref(), Ok(&tree), "of {text}");
}

#[test]
fn values_and_operators() {
    for (text, canonical) in [
        ("close", "close"),
        ("  hlc3\n\t", "hlc3"),
        ("((close))", "close"),
        ("12", "12"),
        ("012.50", "12.5"),
        (".5", "0.5"),
        ("1e-3", "0.001"),
        ("1E+20", "1e20"),
        ("1e-7", "1e-7"),
        ("1e300", "1e300"),
        ("-0", "0"),
        ("true", "true"),
        ("open+high-low*close/volume%hl2", "open + high - low * close / volume % hl2"),
        ("(open + high) * low", "(open + high) * low"),
        ("open + (high * low)", "open + high * low"),
        ("open - (high - low)", "open - (high - low)"),
        ("(open - high) - low", "open - high - low"),
        ("open / (high * low)", "open / (high * low)"),
        ("open * (high + low)", "open * (high + low)"),
        ("-close", "-close"),
        ("--close", "--close"),
        ("-(open + close)", "-(open + close)"),
        ("-open * close", "-open * close"),
        ("-(open * close)", "-(open * close)"),
        ("open - -close", "open - -close"),
        ("open * -2", "open * -2"),
        ("-close[1]", "-close[1]"),
        ("(-close)[1]", "(-close)[1]"),
        ("(open + close)[3]", "(open + close)[3]"),
        ("close[1][2]", "close[1][2]"),
        ("close[0]", "close[0]"),
        ("close[5000]", "close[5000]"),
        ("close [ 1 ]", "close[1]"),
    ] {
        check(text, canonical);
    }
}

#[test]
fn conditions() {
    for (text, canonical) in [
        ("close>open", "close > open"),
        ("close+1>=open*2", "close + 1 >= open * 2"),
        ("(close > open)", "close > open"),
        ("(close) != (open)", "close != open"),
        ("close < open and low <= high or open == 1", "close < open and low <= high or open == 1"),
        ("close < 1 && open < 2 || low < 3", "close < 1 and open < 2 or low < 3"),
        ("close < 1 && (open < 2 || low < 3)", "close < 1 and (open < 2 or low < 3)"),
        ("close < 1 or (open < 2 and low < 3)", "close < 1 or open < 2 and low < 3"),
        ("close < 1 and (open < 2 and low < 3)", "close < 1 and open < 2 and low < 3"),
        ("not close > open", "not close > open"),
        ("!(close > open)", "not close > open"),
        ("!!(close > open)", "not not close > open"),
        ("not (close > 1 and open > 2)", "not (close > 1 and open > 2)"),
        ("not close > 1 and open > 2", "not close > 1 and open > 2"),
        ("(not close > 1)[1]", "(not close > 1)[1]"),
        ("(close > open)[1]", "(close > open)[1]"),
        ("not (close > open)[1]", "not (close > open)[1]"),
        ("crossover( close , open )[2]", "crossover(close, open)[2]"),
        ("session() and close > open", "session() and close > open"),
        ("ai() >= 60", "ai() >= 60"),
        ("true and close > open", "true and close > open"),
        ("close > open and true and false", "close > open and false"),
        ("true and (false and close > open)", "false and close > open"),
    ] {
        check(text, canonical);
    }
}

#[test]
fn functions_and_indicators() {
    for (text, canonical) in [
        ("abs(open-close)", "abs(open - close)"),
        ("min(open,max(low,5))", "min(open, max(low, 5))"),
        ("rsi(close,14)", "rsi(close, 14)"),
        ("sma(rsi(close, 14), 3)[1]", "sma(rsi(close, 14), 3)[1]"),
        ("rsi(close, 2*7)", "rsi(close, 14)"),
        ("rsi(close, max(3, 20 - 6))", "rsi(close, 14)"),
        ("macd(close,12,26,9).signal", "macd(close, 12, 26, 9).signal"),
        ("macd(close,12,26,9).histogram[1]", "macd(close, 12, 26, 9).histogram[1]"),
        ("(macd(close,12,26,9)).line", "macd(close, 12, 26, 9).line"),
        ("bb(close, 20, 2.5).upper", "bb(close, 20, 2.5).upper"),
        ("atr(14) / close * 100", "atr(14) / close * 100"),
        ("tr() > 1", "tr() > 1"),
        ("tf('4h', close)", "tf(\"4h\", close)"),
        ("tf(\"1M\", close > open)[1]", "tf(\"1M\", close > open)[1]"),
        ("tf(\"1d\", 5)", "tf(\"1d\", 5)"),
        (
            "crossover(ema(close,12), ema(close,26)) and rsi(close,14) < 70 \
             and tf(\"4h\", close > ema(close,200))",
            "crossover(ema(close, 12), ema(close, 26)) and rsi(close, 14) < 70 \
             and tf(\"4h\", close > ema(close, 200))",
        ),
    ] {
        check(text, canonical);
    }
}

#[test]
fn constants_are_computed() {
    for (text, canonical) in [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("7 % 4", "3"),
        ("-7 % 4", "-3"),
        ("10 - 4 - 3", "3"),
        ("2 - 7", "-5"),
        ("1 / 4", "0.25"),
        ("abs(-3)", "3"),
        ("min(2, 1)", "1"),
        ("max(2, 1)", "2"),
        ("5[3]", "5"),
        ("1 < 2", "true"),
        ("0.1 + 0.2 == 0.3", "true"),
        ("not 1 < 2", "false"),
        ("1 < 2 and 2 < 1", "false"),
        ("1 < 2 or 2 < 1", "true"),
        ("(1 < 2)[1]", "true"),
        ("crossover(2, 1)", "false"),
        ("close + 1 * 2", "close + 2"),
        ("close + 1 + 2", "close + 1 + 2"),
    ] {
        check(text, canonical);
    }
}

#[test]
fn aliases_mean_the_same() {
    let alias = "bollinger(close, 20, 2).upper";
    check(alias, "bb(close, 20, 2).upper");
    assert_eq!(parse_any(alias), parse_any("bb(close, 20, 2).upper"));
}

#[test]
fn every_field_is_read() {
    for field in Field::ALL {
        assert_eq!(parse_numeric(field.name()), Ok(Numeric::Field(field)));
    }
}

#[test]
fn a_tree_holds_what_was_written() {
    let close = || Box::new(Numeric::Field(Field::Close));
    let (ema, macd) = (find("ema").unwrap(), find("macd").unwrap());
    let text = "tf('4h', ema(close, 50) > close[2]) and not macd(close, 12, 26, 9).histogram < 0";
    let span = Span { column: 1, length: 1 };
    let trend = Condition::Compare {
        comparison: Comparison::Greater,
        left: Box::new(Numeric::Indicator {
            definition: ema,
            output: 0,
            series: Some(close()),
            params: vec![50.0],
        }),
        right: Box::new(Numeric::Shift { of: close(), bars: 2 }),
    };
    let falling = Condition::Compare {
        comparison: Comparison::Less,
        left: Box::new(Numeric::Indicator {
            definition: macd,
            output: 2,
            series: Some(close()),
            params: vec![12.0, 26.0, 9.0],
        }),
        right: Box::new(Numeric::Constant(0.0)),
    };
    let expected = Condition::And(vec![
        Condition::Timeframe { timeframe: Timeframe::H4, span, of: Box::new(trend) },
        Condition::Not(Box::new(falling)),
    ]);
    assert_eq!(parse_condition(text), Ok(expected));
    assert_ne!(parse_condition(text), parse_condition(&text.replace("50", "51")));
    assert_ne!(parse_condition(text), parse_condition(&text.replace("ema", "sma")));
}

#[test]
fn the_place_of_a_timeframe_is_kept() {
    let tree = parse_condition("close > 1 and tf(\"4h\", close > open)").unwrap();
    let Condition::And(parts) = tree else {
        panic!("no chain: {tree}");
    };
    let Condition::Timeframe { span, .. } = parts[1] else {
        panic!("no timeframe: {}", parts[1]);
    };
    assert_eq!((span.column, span.length), (18, 4));
}

#[test]
fn limits_are_inclusive() {
    let nested = format!("{}close{}", "(".repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH));
    check(&nested, "close");
    let padded = format!("close{}", " ".repeat(MAX_TEXT_CHARACTERS - 5));
    check(&padded, "close");
    let deep = vec!["close"; MAX_DEPTH].join(" + ");
    check(&deep, &deep);
    let large = vec!["open > 1"; MAX_NODES / 3].join(" and ");
    check(&large, &large);
    check("sma(close, 5000)[1]", "sma(close, 5000)[1]");
    check("sma(sma(close, 2501), 2501)", "sma(sma(close, 2501), 2501)");
}
