//! What a strategy reads of the market, for a chart that shows why it trades.

use ballast_domain::strategy::RuleSet;
use ballast_domain::{StrategyConfig, Timeframe};

use super::expression::{self, Condition, Numeric};
use super::plan::{atr, atr_periods};
use super::validate;
use crate::market::indicator::Scale;

/// An indicator that a strategy reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    /// How it is written, such as `ema(close, 12)`: an expression on bars of `timeframe`.
    pub expression: String,
    /// On which bars it is read.
    pub timeframe: Timeframe,
    /// Whether its values are prices, and so lie on the price's scale.
    pub on_price: bool,
}

/// The indicators that the rules and exits of `config` read, each once, in the order of its text;
/// of an indicator inside another only the outer one. What cannot be read is left out.
#[must_use]
pub fn overlays(config: &StrategyConfig) -> Vec<Overlay> {
    let mut found = Vec::new();
    for (_, rules) in validate::rule_sets(config) {
        let texts: Vec<&str> = match rules {
            RuleSet::Expression(text) => vec![text],
            RuleSet::Named(named) => named.rules.iter().map(|rule| rule.when.as_str()).collect(),
        };
        for text in texts {
            if let Ok(condition) = expression::parse_condition(text) {
                of_condition(&condition, config.timeframe, &mut found);
            }
        }
    }
    for atr in atr_periods(config).into_iter().filter_map(atr) {
        of_numeric(&atr, config.timeframe, &mut found);
    }
    found
}

fn of_condition(condition: &Condition, timeframe: Timeframe, found: &mut Vec<Overlay>) {
    match condition {
        Condition::Constant(_) | Condition::Session { .. } => {}
        Condition::Compare { left, right, .. } | Condition::Cross { left, right, .. } => {
            of_numeric(left, timeframe, found);
            of_numeric(right, timeframe, found);
        }
        Condition::And(of) | Condition::Or(of) => {
            of.iter().for_each(|of| of_condition(of, timeframe, found));
        }
        Condition::Not(of) | Condition::Shift { of, .. } => of_condition(of, timeframe, found),
        Condition::Timeframe { timeframe, of, .. } => of_condition(of, *timeframe, found),
    }
}

fn of_numeric(numeric: &Numeric, timeframe: Timeframe, found: &mut Vec<Overlay>) {
    match numeric {
        Numeric::Constant(_) | Numeric::Field(_) | Numeric::AiConfidence { .. } => {}
        Numeric::Indicator { .. } => {
            let (expression, on_price) = (numeric.to_string(), is_price(numeric));
            let overlay = Overlay { expression, timeframe, on_price };
            if !found.contains(&overlay) {
                found.push(overlay);
            }
        }
        Numeric::Shift { of, .. } | Numeric::Negate(of) | Numeric::Abs(of) => {
            of_numeric(of, timeframe, found);
        }
        Numeric::Min(left, right)
        | Numeric::Max(left, right)
        | Numeric::Arithmetic { left, right, .. } => {
            of_numeric(left, timeframe, found);
            of_numeric(right, timeframe, found);
        }
        Numeric::Timeframe { timeframe, of, .. } => of_numeric(of, *timeframe, found),
    }
}

/// Whether a number is a price, as far as its form tells: what is reckoned from prices may be.
#[must_use]
pub fn is_price(numeric: &Numeric) -> bool {
    match numeric {
        Numeric::Field(field) => field.is_price(),
        Numeric::Indicator { definition, series, .. } => {
            definition.scale == Scale::Input && series.as_deref().is_some_and(is_price)
        }
        Numeric::Shift { of, .. } | Numeric::Timeframe { of, .. } => is_price(of),
        Numeric::Min(left, right) | Numeric::Max(left, right) => is_price(left) && is_price(right),
        Numeric::Constant(_)
        | Numeric::AiConfidence { .. }
        | Numeric::Negate(_)
        | Numeric::Abs(_)
        | Numeric::Arithmetic { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::config;

    #[test]
    fn what_a_strategy_reads_is_listed_once_with_its_scale() {
        let config = config(
            r#"{"entry": {"rules": [
                {"name": "Cross", "when": "crossover(ema(close, 12), ema(close, 36))"},
                {"name": "Band", "when": "close < bb(close, 30, 2).lower and volume > 5"},
                {"name": "Slow",
                    "when": "not tf(\"4h\", ema(close, 12)[1] > sma(rsi(close, 14), 3))"},
                {"name": "Flow", "when": "sma(volume, 5) > 3 or highest(hl2, 4) * 1.01 > close"}]},
            "exit": "ema(close, 12) < max(wma(close, 9), lowest(low, 3)) or roc(close, 9) < 0",
            "exits": {"stopLoss": {"type": "atr", "value": 2, "period": 7}},
            "sizing": {"type": "volatilityTarget", "value": 1}}"#,
        );
        let found: Vec<_> = overlays(&config)
            .iter()
            .map(|of| format!("{} {} {}", of.expression, of.timeframe, of.on_price))
            .collect();
        let expected = [
            "ema(close, 12) 1h true",
            "ema(close, 36) 1h true",
            "bb(close, 30, 2).lower 1h true",
            "ema(close, 12) 4h true",
            "sma(rsi(close, 14), 3) 4h false",
            "sma(volume, 5) 1h false",
            "highest(hl2, 4) 1h true",
            "wma(close, 9) 1h true",
            "lowest(low, 3) 1h true",
            "roc(close, 9) 1h false",
            "atr(7) 1h false",
            "atr(14) 1h false",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn every_overlay_is_an_expression() {
        let config = config(r#"{"entry": "close > sma(tf(\"4h\", (high - low)[1]), 5)"}"#);
        let [overlay] = &overlays(&config)[..] else { panic!() };
        assert_eq!(overlay.expression, "sma(tf(\"4h\", (high - low)[1]), 5)");
        let read = expression::parse_numeric(&overlay.expression).unwrap();
        assert_eq!(read.to_string(), overlay.expression);
        assert_eq!(overlays(&crate::fixture::config(r#"{"entry": "true"}"#)), []);
    }
}
