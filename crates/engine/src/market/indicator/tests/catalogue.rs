//! The catalogue, and which parameters it accepts.

use super::super::{CATALOGUE, Indicator, IndicatorError, Input, find};

#[test]
fn names_and_aliases_are_unique_and_found() {
    let mut seen = std::collections::BTreeSet::new();
    for definition in CATALOGUE {
        for name in std::iter::once(&definition.name).chain(definition.aliases) {
            assert!(seen.insert(*name), "{name} is listed twice");
            assert_eq!(find(name).map(|found| found.name), Some(definition.name));
        }
        assert!(definition.summary.ends_with('.'), "{}", definition.name);
    }
    assert!(find("nosuch").is_none());
    assert!(find("SMA").is_none());
}

#[test]
fn the_interface_people_write() {
    let macd = find("macd").unwrap();
    assert_eq!(macd.outputs, ["line", "signal", "histogram"]);
    assert_eq!(macd.input, Input::Series);
    let bands = find("bollinger").unwrap();
    assert_eq!((bands.name, bands.outputs), ("bb", &["upper", "middle", "lower"][..]));
    assert_eq!(find("mom").unwrap().name, "change");
    assert_eq!(find("atr").unwrap().input, Input::Bar);
    assert_eq!(find("tr").unwrap().output_count(), 1);
}

#[test]
fn a_wrong_number_of_parameters_is_refused_with_the_right_call() {
    let cases: &[(&str, &[f64], &str)] = &[
        ("sma", &[], "sma(series, period)"),
        ("tr", &[1.0], "tr()"),
        ("atr", &[1.0, 2.0], "atr(period)"),
        ("macd", &[12.0, 26.0], "macd(series, fast, slow, signal)"),
    ];
    for (name, params, signature) in cases {
        let error = Indicator::new(find(name).unwrap(), params).unwrap_err();
        let expected = format!("wrong number of parameters: write {signature}");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn a_parameter_out_of_range_is_refused_with_words() {
    let cases: &[(&str, &[f64], &str, &str)] = &[
        ("sma", &[0.0], "period is 0", "a whole number of bars from 1 to 5000"),
        ("rsi", &[1.0], "period is 1", "a whole number of bars from 2 to 5000"),
        ("ema", &[2.5], "period is 2.5", "a whole number of bars from 1 to 5000"),
        ("ema", &[5001.0], "period is 5001", "a whole number of bars from 1 to 5000"),
        ("ema", &[f64::NAN], "period is NaN", "a whole number of bars from 1 to 5000"),
        ("macd", &[3.0, 9.0, 0.0], "signal is 0", "a whole number of bars from 1 to 5000"),
        ("bb", &[20.0, 0.0], "multiplier is 0", "above 0 and at most 3e37"),
        ("bb", &[20.0, f64::NAN], "multiplier is NaN", "above 0 and at most 3e37"),
        ("bb", &[20.0, f64::INFINITY], "multiplier is inf", "above 0 and at most 3e37"),
    ];
    for (name, params, found, wanted) in cases {
        let error = Indicator::new(find(name).unwrap(), params).unwrap_err();
        assert_eq!(error.to_string(), format!("{name}: {found}, but must be {wanted}"));
    }
    let error = find("sma").unwrap().check(&[-3.0]).unwrap_err();
    let expected =
        IndicatorError::Period { indicator: "sma", parameter: "period", min: 1, value: -3.0 };
    assert_eq!(error, expected);
}

#[test]
fn the_longest_period_is_accepted() {
    for definition in CATALOGUE.iter().filter(|definition| definition.params.len() == 1) {
        let indicator = Indicator::new(definition, &[5000.0]).unwrap();
        assert!((4999..=5000).contains(&indicator.warm_up_bars()), "{}", definition.name);
    }
}
