//! The strategy config: the JSON document that says how a profile trades.
//!
//! Conditions are kept as the text people write; `ballast-engine` parses and checks them. Unknown
//! fields are refused everywhere, so that a misspelt limit never goes unnoticed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::instrument::Symbol;
use crate::limits::Limits;
use crate::number::decimal_or_number;
use crate::time::Timeframe;

/// How a profile trades.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "an object, the strategy config"
)]
#[schemars(title = "Ballast strategy config")]
pub struct StrategyConfig {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// Which kind of strategy it is.
    pub kind: StrategyKind,
    /// The bars it is evaluated on, at each close.
    #[schemars(with = "TimeframeText")]
    pub timeframe: Timeframe,
    /// What it trades.
    #[schemars(with = "BTreeSet<SymbolText>", length(min = 1, max = 200))]
    pub symbols: Vec<Symbol>,
    /// Which way it may trade.
    #[serde(default)]
    pub direction: DirectionRule,
    /// When to enter: long, or short when `direction` is short.
    pub entry: RuleSet,
    /// When to leave what `entry` entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<RuleSet>,
    /// When to enter short, with `direction` both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_short: Option<RuleSet>,
    /// When to leave a short, with `direction` both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_short: Option<RuleSet>,
    /// How much to enter with.
    pub sizing: Sizing,
    /// What protects an entry once it has filled.
    #[serde(default)]
    pub exits: Exits,
    /// When it may enter: `24x7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Limits of the risk gate.
    #[serde(default)]
    pub limits: Limits,
}

/// The kinds of strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StrategyKind {
    /// Entry and exit conditions in the expression language.
    Rules,
}

/// Which way a strategy may trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "camelCase")]
pub enum DirectionRule {
    /// Long only.
    #[default]
    Long,
    /// Short only; reads `entry` and `exit`.
    Short,
    /// Both; an entry the other way closes and reverses.
    Both,
}

/// A condition as one expression, or as named rules of which some must pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum RuleSet {
    /// One expression, such as `crossover(sma(close, 10), sma(close, 20))`.
    Expression(String),
    /// Several named rules.
    Named(NamedRules),
}

/// Named rules, each explained apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "an object with \"rules\" and \"minPass\""
)]
pub struct NamedRules {
    /// How many must pass; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub min_pass: Option<u32>,
    /// The rules.
    #[schemars(length(min = 1))]
    pub rules: Vec<NamedRule>,
}

/// One named rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "an object with \"name\" and \"when\""
)]
pub struct NamedRule {
    /// What explanations call it.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// Whether it must pass, whatever the others do.
    #[serde(default)]
    pub required: bool,
    /// Its condition.
    pub when: String,
}

impl<'de> Deserialize<'de> for RuleSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RuleSetVisitor)
    }
}

struct RuleSetVisitor;

impl<'de> Visitor<'de> for RuleSetVisitor {
    type Value = RuleSet;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an expression as text, or an object with \"rules\" and \"minPass\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<RuleSet, E> {
        Ok(RuleSet::Expression(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RuleSet, A::Error> {
        NamedRules::deserialize(de::value::MapAccessDeserializer::new(map)).map(RuleSet::Named)
    }
}

/// How much to enter with, fixed at the signal's close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "an object with \"type\" and its value"
)]
pub enum Sizing {
    /// Always this many units.
    FixedQuantity {
        /// Units, above zero.
        #[serde(with = "decimal_or_number")]
        #[schemars(with = "DecimalText")]
        quantity: Decimal,
    },
    /// As many units as this amount buys.
    FixedNotional {
        /// Amount in quote currency, above zero.
        #[serde(with = "decimal_or_number")]
        #[schemars(with = "DecimalText")]
        notional: Decimal,
    },
    /// A share of equity: cash and positions at the signal's close.
    PercentOfEquity {
        /// Percent: 5 is 5 %.
        #[serde(with = "decimal_or_number")]
        #[schemars(with = "DecimalText")]
        value: Decimal,
    },
    /// A share of what neither orders nor positions use.
    PercentOfAvailable {
        /// Percent: 5 is 5 %.
        #[serde(with = "decimal_or_number")]
        #[schemars(with = "DecimalText")]
        value: Decimal,
    },
    /// So much that the stop-loss, counted from the signal's close, costs this share of equity.
    RiskPercent {
        /// Percent: 1 is 1 %.
        #[serde(with = "decimal_or_number")]
        #[schemars(with = "DecimalText")]
        value: Decimal,
    },
    /// So much that a move by one average true range (14 bars) is this share of equity.
    VolatilityTarget {
        /// Percent: 1 is 1 %.
        #[serde(with = "decimal_or_number")]
        #[schemars(with = "DecimalText")]
        value: Decimal,
    },
}

/// What protects an entry once it has filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    default,
    expecting = "an object with exits by their names"
)]
pub struct Exits {
    /// Leaves when the price has gone this far against the trade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_loss: Option<ExitLevel>,
    /// Leaves part or all when the price has gone this far in favour.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub take_profit: Vec<TakeProfit>,
    /// Lets the stop follow the extreme at this distance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trailing: Option<TrailDistance>,
    /// Moves the stop to the entry's price once the price has gone this far in favour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub break_even_at: Option<ExitLevel>,
    /// Leaves after this many bar closes, the entry bar's close being the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub max_bars: Option<u32>,
}

/// A distance from the entry's fill price, or a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "an object with \"type\" and \"value\""
)]
pub enum ExitLevel {
    /// Percent of the fill price.
    Percent {
        /// Percent: 5 is 5 %.
        #[serde(with = "decimal_or_number")]
        #[schemars(with = "DecimalText")]
        value: Decimal,
    },
    /// A multiple of the average true range of the signal's bar.
    Atr {
        /// The multiple.
        #[serde(with = "decimal_or_number")]
        #[schemars(with = "DecimalText")]
        value: Decimal,
        /// Bars of the average: 14 when absent.
        #[serde(default = "default_atr_period")]
        #[schemars(range(min = 1, max = 5_000))]
        period: u32,
    },
    /// At this price.
    Price {
        /// The price, in quote currency.
        #[serde(with = "decimal_or_number")]
        #[schemars(with = "DecimalText")]
        value: Decimal,
    },
}

/// How far the stop stays behind the extreme; a distance only, since the level moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "an object with \"type\" and \"value\""
)]
pub enum TrailDistance {
    /// Percent of the fill price.
    Percent {
        /// Percent: 5 is 5 %.
        #[serde(with = "decimal_or_number")]
        #[schemars(with = "DecimalText")]
        value: Decimal,
    },
    /// A multiple of the average true range of the signal's bar.
    Atr {
        /// The multiple.
        #[serde(with = "decimal_or_number")]
        #[schemars(with = "DecimalText")]
        value: Decimal,
        /// Bars of the average: 14 when absent.
        #[serde(default = "default_atr_period")]
        #[schemars(range(min = 1, max = 5_000))]
        period: u32,
    },
}

impl From<TrailDistance> for ExitLevel {
    fn from(distance: TrailDistance) -> Self {
        match distance {
            TrailDistance::Percent { value } => Self::Percent { value },
            TrailDistance::Atr { value, period } => Self::Atr { value, period },
        }
    }
}

/// Bars of the average true range where a config does not say.
pub const DEFAULT_ATR_PERIOD: u32 = 14;

const fn default_atr_period() -> u32 {
    DEFAULT_ATR_PERIOD
}

/// One profit target: an [`ExitLevel`] and the share of the entry that it closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TakeProfit {
    /// Where it lies.
    #[serde(flatten)]
    pub level: ExitLevel,
    /// Share of the entry's quantity: 1 is all of it, which is the default.
    #[serde(with = "decimal_or_number")]
    pub portion: Decimal,
}

/// One profit target: where it lies, and the share of the entry that it closes.
//
// As it is written: serde cannot both flatten a level and refuse unknown fields.
#[derive(Deserialize, JsonSchema)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "an object with \"type\" and \"value\""
)]
enum TakeProfitText {
    /// Percent of the fill price.
    Percent {
        /// Percent: 5 is 5 %.
        #[serde(with = "decimal_or_number")]
        #[schemars(with = "DecimalText")]
        value: Decimal,
        /// Share of the entry's quantity: 1 is all of it, which is the default.
        #[serde(with = "decimal_or_number", default = "whole")]
        #[schemars(with = "DecimalText")]
        portion: Decimal,
    },
    /// A multiple of the average true range of the signal's bar.
    Atr {
        /// The multiple.
        #[serde(with = "decimal_or_number")]
        #[schemars(with = "DecimalText")]
        value: Decimal,
        /// Bars of the average: 14 when absent.
        #[serde(default = "default_atr_period")]
        #[schemars(range(min = 1, max = 5_000))]
        period: u32,
        /// Share of the entry's quantity: 1 is all of it, which is the default.
        #[serde(with = "decimal_or_number", default = "whole")]
        #[schemars(with = "DecimalText")]
        portion: Decimal,
    },
    /// At this price.
    Price {
        /// The price, in quote currency.
        #[serde(with = "decimal_or_number")]
        #[schemars(with = "DecimalText")]
        value: Decimal,
        /// Share of the entry's quantity: 1 is all of it, which is the default.
        #[serde(with = "decimal_or_number", default = "whole")]
        #[schemars(with = "DecimalText")]
        portion: Decimal,
    },
}

impl JsonSchema for TakeProfit {
    fn schema_name() -> Cow<'static, str> {
        "TakeProfit".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        TakeProfitText::json_schema(generator)
    }
}

const fn whole() -> Decimal {
    Decimal::ONE
}

impl<'de> Deserialize<'de> for TakeProfit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match TakeProfitText::deserialize(deserializer)? {
            TakeProfitText::Percent { value, portion } => {
                Self { level: ExitLevel::Percent { value }, portion }
            }
            TakeProfitText::Atr { value, period, portion } => {
                Self { level: ExitLevel::Atr { value, period }, portion }
            }
            TakeProfitText::Price { value, portion } => {
                Self { level: ExitLevel::Price { value }, portion }
            }
        })
    }
}

/// Serde for decimals that may be absent; see [`decimal_or_number`].
pub mod optional_decimal {
    use super::{Decimal, Deserialize, Deserializer, Serializer, decimal_or_number};

    #[derive(Deserialize)]
    struct Present(#[serde(with = "decimal_or_number")] Decimal);

    /// Writes the decimal as a string, or null.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(
        value: &Option<Decimal>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(decimal) => serializer.collect_str(decimal),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a string, a number or null.
    ///
    /// # Errors
    /// When the value is none of them, or not a finite decimal.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Decimal>, D::Error> {
        Ok(Option::<Present>::deserialize(deserializer)?.map(|present| present.0))
    }
}

/// What [`crate::number::parse_decimal`] reads.
const DECIMAL_PATTERN: &str = "^\\s*[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?\\s*$";

/// The schema of a decimal: text, or a number.
#[derive(Debug)]
pub struct DecimalText;

impl JsonSchema for DecimalText {
    fn schema_name() -> Cow<'static, str> {
        "Decimal".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A decimal number: text keeps every digit, a number is accepted too.",
            "anyOf": [
                {"type": "string", "pattern": DECIMAL_PATTERN},
                {"type": "number"}
            ]
        })
    }
}

pub(crate) struct SymbolText;

impl JsonSchema for SymbolText {
    fn schema_name() -> Cow<'static, str> {
        "Symbol".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The venue's name for an instrument, such as GOOG or BTC/USD.",
            "type": "string",
            "pattern": "^[!-~]{1,24}$"
        })
    }
}

struct TimeframeText;

impl JsonSchema for TimeframeText {
    fn schema_name() -> Cow<'static, str> {
        "Timeframe".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "enum": Timeframe::ALL.map(Timeframe::as_str)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r#"{"version": 1, "kind": "rules", "timeframe": "1d",
        "symbols": ["GOOG"], "direction": "long",
        "entry": "crossover(sma(close, 10), sma(close, 20))",
        "exit": "crossunder(sma(close, 10), sma(close, 20))",
        "sizing": {"type": "fixedQuantity", "quantity": "10"},
        "exits": {"stopLoss": {"type": "percent", "value": "5"},
            "takeProfit": [{"type": "percent", "value": "10", "portion": "1"}],
            "trailing": {"type": "percent", "value": "3"},
            "breakEvenAt": {"type": "percent", "value": "2"}, "maxBars": 20},
        "session": "24x7", "limits": {"maxOpenPositions": 1}}"#;

    #[test]
    fn the_published_example_round_trips() {
        let config: StrategyConfig = serde_json::from_str(EXAMPLE).unwrap();
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<StrategyConfig>(&text).unwrap(), config);
        assert_eq!(config.exits.take_profit[0].portion, Decimal::ONE);
    }

    #[test]
    fn unknown_fields_are_refused_at_every_depth() {
        let edits = [
            ("\"version\": 1", "\"version\": 1, \"stopLoss\": 1"),
            ("\"quantity\": \"10\"", "\"quantity\": \"10\", \"value\": 1"),
            ("\"stopLoss\": {", "\"stopLos\": {"),
            ("\"value\": \"3\"", "\"value\": \"3\", \"period\": 3"),
            ("\"portion\": \"1\"", "\"portion\": \"1\", \"share\": 1"),
            ("\"maxOpenPositions\"", "\"maxOpenPosition\""),
            ("\"kind\": \"rules\"", "\"kind\": \"rule\""),
        ];
        for (from, to) in edits {
            let text = EXAMPLE.replacen(from, to, 1);
            assert_ne!(text, EXAMPLE, "{from} is in the example");
            assert!(serde_json::from_str::<StrategyConfig>(&text).is_err(), "{to}");
        }
    }

    #[test]
    fn a_trail_is_a_distance_for_config_and_schema() {
        let trail = |kind: &str| EXAMPLE.replace("\"percent\", \"value\": \"3\"", kind);
        for (kind, is_one) in [("\"atr\", \"value\": 3", true), ("\"price\", \"value\": 3", false)]
        {
            let read = serde_json::from_str::<StrategyConfig>(&trail(kind));
            assert_eq!(read.is_ok(), is_one, "{read:?}");
        }
        let schema = serde_json::to_value(schemars::schema_for!(TrailDistance)).unwrap();
        let kinds = schema["oneOf"].as_array().unwrap();
        let kinds: Vec<_> = kinds.iter().map(|kind| &kind["properties"]["type"]["const"]).collect();
        assert_eq!(kinds, ["percent", "atr"]);
    }

    #[test]
    fn numbers_are_accepted_and_taken_as_written() {
        let sizing: Sizing =
            serde_json::from_str(r#"{"type":"percentOfEquity","value":0.1}"#).unwrap();
        assert_eq!(sizing, Sizing::PercentOfEquity { value: Decimal::new(1, 1) });
        let bad = serde_json::from_str::<Sizing>(r#"{"type":"percentOfEquity","value":"ten"}"#);
        assert!(bad.unwrap_err().to_string().contains("'ten' is not a decimal number"));
    }

    #[test]
    fn rules_are_text_or_a_list() {
        let named = r#"{"minPass": 1, "rules": [{"name": "Up", "when": "close > open"}]}"#;
        assert!(matches!(serde_json::from_str(named), Ok(RuleSet::Named(_))));
        let error = serde_json::from_str::<RuleSet>("3").unwrap_err().to_string();
        assert!(error.contains("an expression as text"), "{error}");
        let error = serde_json::from_str::<RuleSet>(r#"{"rule": []}"#).unwrap_err().to_string();
        assert!(error.contains("unknown field `rule`"), "{error}");
    }
}
