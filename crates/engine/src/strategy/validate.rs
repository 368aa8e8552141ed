//! What a strategy config must satisfy beyond its schema, all faults at once.

use std::collections::BTreeSet;
use std::fmt;

use ballast_domain::strategy::{
    DirectionRule, ExitLevel, NamedRules, RuleSet, Sizing, TakeProfit, TrailDistance,
};
use ballast_domain::{Limits, StrategyConfig};
use rust_decimal::Decimal;

/// The version of the config format that this release reads.
const CONFIG_VERSION: u32 = 1;
const MAX_SYMBOLS: usize = 200;
const MAX_RULES: usize = 50;
const MAX_BARS: u32 = 100_000;
const MAX_TARGETS: usize = 20;
/// Sessions that are known.
const SESSIONS: [&str; 1] = ["24x7"];

/// One fault of a config: where it is and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// The field, such as `exits.takeProfit[0].portion`.
    pub path: String,
    /// The column inside an expression, from one.
    pub column: Option<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column {
            Some(column) => write!(f, "{}, column {column}: {}", self.path, self.message),
            None => write!(f, "{}: {}", self.path, self.message),
        }
    }
}

/// The faults that can be seen without reading the expressions; none when the list is empty.
#[must_use]
pub(super) fn faults(config: &StrategyConfig) -> Vec<ConfigFault> {
    let mut faults = Faults(Vec::new());
    faults.basics(config);
    faults.directions(config);
    for (path, rules) in rule_sets(config) {
        if let RuleSet::Named(named) = rules {
            faults.named_rules(path, named);
        }
    }
    faults.sizing(config);
    faults.exits(config);
    faults.limits(&config.limits);
    faults.0
}

/// The faults of limits, be they a config's or a profile's own; none when the list is empty.
#[must_use]
pub fn limit_faults(limits: &Limits) -> Vec<ConfigFault> {
    let mut faults = Faults(Vec::new());
    faults.limits(limits);
    faults.0
}

/// The config's conditions with their field names.
pub(super) fn rule_sets(config: &StrategyConfig) -> Vec<(&'static str, &RuleSet)> {
    let optional = [
        ("exit", &config.exit),
        ("entryShort", &config.entry_short),
        ("exitShort", &config.exit_short),
    ];
    let present = optional.into_iter().filter_map(|(path, rules)| Some((path, rules.as_ref()?)));
    std::iter::once(("entry", &config.entry)).chain(present).collect()
}

struct Faults(Vec<ConfigFault>);

impl Faults {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(ConfigFault { path: path.into(), column: None, message: message.into() });
    }

    fn unless(&mut self, holds: bool, path: &str, message: &str) {
        if !holds {
            self.add(path, message);
        }
    }

    fn basics(&mut self, config: &StrategyConfig) {
        if config.version != CONFIG_VERSION {
            let message = format!("is {}, this release reads {CONFIG_VERSION}", config.version);
            self.add("version", message);
        }
        self.unless(!config.symbols.is_empty(), "symbols", "is empty; name what to trade");
        let few = config.symbols.len() <= MAX_SYMBOLS;
        self.unless(few, "symbols", &format!("names more than {MAX_SYMBOLS}; split the profile"));
        let unique: BTreeSet<_> = config.symbols.iter().collect();
        self.unless(unique.len() == config.symbols.len(), "symbols", "names one twice");
        if let Some(session) = &config.session
            && !SESSIONS.contains(&session.as_str())
        {
            let known = SESSIONS.join(", ");
            self.add("session", format!("'{session}' is not known; use one of: {known}"));
        }
    }

    fn directions(&mut self, config: &StrategyConfig) {
        let both = config.direction == DirectionRule::Both;
        if both {
            let present = config.entry_short.is_some();
            self.unless(present, "entryShort", "is missing; direction both needs it");
            return;
        }
        for (path, present) in [
            ("entryShort", config.entry_short.is_some()),
            ("exitShort", config.exit_short.is_some()),
        ] {
            let message = "is only read with direction both; remove it or set direction to both";
            self.unless(!present, path, message);
        }
    }

    fn named_rules(&mut self, path: &str, named: &NamedRules) {
        let count = named.rules.len();
        let place = format!("{path}.rules");
        self.unless((1..=MAX_RULES).contains(&count), &place, "needs 1 to 50 rules");
        if let Some(min_pass) = named.min_pass
            && count > 0
            && !(1..=count).contains(&(min_pass as usize))
        {
            let message = match count {
                1 => format!("is {min_pass}; with 1 rule it must be 1"),
                _ => format!("is {min_pass}; with {count} rules it must be 1 to {count}"),
            };
            self.add(format!("{path}.minPass"), message);
        }
        let mut names = BTreeSet::new();
        for (index, rule) in named.rules.iter().enumerate() {
            let place = format!("{path}.rules[{index}].name");
            let fits = (1..=64).contains(&rule.name.chars().count());
            self.unless(fits, &place, "needs 1 to 64 characters");
            let message = format!("'{}' is there twice; names tell rules apart", rule.name);
            self.unless(names.insert(&rule.name), &place, &message);
        }
    }

    fn sizing(&mut self, config: &StrategyConfig) {
        let above_zero = |value: Decimal| value > Decimal::ZERO;
        let percent = |value: Decimal| above_zero(value) && value <= Decimal::ONE_THOUSAND;
        match config.sizing {
            Sizing::FixedQuantity { quantity } => {
                self.unless(above_zero(quantity), "sizing.quantity", "must be above zero");
            }
            Sizing::FixedNotional { notional } => {
                self.unless(above_zero(notional), "sizing.notional", "must be above zero");
            }
            Sizing::PercentOfEquity { value }
            | Sizing::PercentOfAvailable { value }
            | Sizing::RiskPercent { value }
            | Sizing::VolatilityTarget { value } => {
                let message = "must be above 0 and at most 1000 (percent)";
                self.unless(percent(value), "sizing.value", message);
            }
        }
        if matches!(config.sizing, Sizing::RiskPercent { .. }) {
            let present = config.exits.stop_loss.is_some();
            let message = "is missing; riskPercent sizes by the distance to it";
            self.unless(present, "exits.stopLoss", message);
        }
    }

    fn exits(&mut self, config: &StrategyConfig) {
        let exits = &config.exits;
        let targets = exits.take_profit.iter().enumerate();
        let targets = targets.map(|(i, t)| (format!("exits.takeProfit[{i}]"), Some(t.level)));
        let levels = [
            ("exits.stopLoss".to_owned(), exits.stop_loss),
            ("exits.trailing".to_owned(), exits.trailing.map(ExitLevel::from)),
            ("exits.breakEvenAt".to_owned(), exits.break_even_at),
        ];
        for (path, level) in levels.into_iter().chain(targets) {
            if let Some(level) = level {
                self.level(&path, level, config);
            }
        }
        if let Some(bars) = exits.max_bars {
            let fits = (1..=MAX_BARS).contains(&bars);
            self.unless(fits, "exits.maxBars", "must be 1 to 100000");
        }
        self.portions(&exits.take_profit);
        self.contradictions(config);
    }

    fn level(&mut self, path: &str, level: ExitLevel, config: &StrategyConfig) {
        let (ExitLevel::Percent { value }
        | ExitLevel::Atr { value, .. }
        | ExitLevel::Price { value }) = level;
        let place = format!("{path}.value");
        self.unless(value > Decimal::ZERO, &place, "must be above zero");
        if let ExitLevel::Atr { period, .. } = level {
            let fits = (1..=5_000).contains(&period);
            self.unless(fits, &format!("{path}.period"), "must be 1 to 5000");
        }
        if matches!(level, ExitLevel::Price { .. }) && config.direction == DirectionRule::Both {
            let message = "one price cannot serve long and short; use percent or atr";
            self.add(path, message);
        }
    }

    fn portions(&mut self, targets: &[TakeProfit]) {
        let fits = |portion| portion > Decimal::ZERO && portion <= Decimal::ONE;
        for (index, target) in targets.iter().enumerate() {
            let path = format!("exits.takeProfit[{index}].portion");
            self.unless(fits(target.portion), &path, "must be above 0 and at most 1");
        }
        let few = targets.len() <= MAX_TARGETS;
        self.unless(few, "exits.takeProfit", "has more than 20 targets");
        if targets.iter().all(|target| fits(target.portion)) {
            let whole: Decimal = targets.iter().map(|target| target.portion).sum();
            let message = format!("closes {whole} of the entry; the portions must not exceed 1");
            self.unless(whole <= Decimal::ONE, "exits.takeProfit", &message);
        }
    }

    /// Exits that can never act, or that act at once.
    fn contradictions(&mut self, config: &StrategyConfig) {
        let exits = &config.exits;
        let long = config.direction != DirectionRule::Short;
        if let Some(ExitLevel::Percent { value }) = exits.stop_loss {
            let reachable = value < Decimal::ONE_HUNDRED;
            let message = "a stop 100 % or more away is never reached; choose less";
            self.unless(reachable, "exits.stopLoss.value", message);
        }
        if let Some(TrailDistance::Percent { value }) = exits.trailing {
            let reachable = value < Decimal::ONE_HUNDRED;
            let message = "a trail 100 % or more away is never reached; choose less";
            self.unless(reachable, "exits.trailing.value", message);
        }
        // No price falls to zero; with both directions the long may still rise so far.
        let in_reach = |level| match level {
            ExitLevel::Percent { value } => long || value < Decimal::ONE_HUNDRED,
            ExitLevel::Atr { .. } | ExitLevel::Price { .. } => true,
        };
        let reachable = exits.break_even_at.is_none_or(in_reach);
        let message = "a short's break-even 100 % or more away is never reached; choose less";
        self.unless(reachable, "exits.breakEvenAt.value", message);
        for (index, target) in exits.take_profit.iter().enumerate() {
            let path = format!("exits.takeProfit[{index}].value");
            let message = "a short's target 100 % or more away is never reached; choose less";
            self.unless(in_reach(target.level), &path, message);
            if let (Some(ExitLevel::Price { value: stop }), ExitLevel::Price { value: target }) =
                (exits.stop_loss, target.level)
            {
                let apart = if long { stop < target } else { stop > target };
                let message = format!("the target {target} lies on the stop's side of {stop}");
                self.unless(apart, &path, &message);
            }
        }
    }

    fn limits(&mut self, limits: &Limits) {
        for fault in limits.faults() {
            self.add(format!("limits.{}", fault.limit), fault.message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(edit: &str) -> StrategyConfig {
        let mut value: serde_json::Value = serde_json::from_str(
            r#"{"version": 1, "kind": "rules", "timeframe": "1d", "symbols": ["GOOG"],
                "entry": "close > open", "sizing": {"type": "fixedQuantity", "quantity": "10"}}"#,
        )
        .unwrap();
        let edit: serde_json::Value = serde_json::from_str(edit).unwrap();
        for (key, field) in edit.as_object().unwrap() {
            value[key] = field.clone();
        }
        serde_json::from_value(value).unwrap()
    }

    /// The last target may come before it, in which case it never matters.
    #[test]
    fn a_break_even_behind_the_last_target_is_no_fault() {
        let edit = r#"{"exits": {"takeProfit": [{"type": "percent", "value": 5}],
            "breakEvenAt": {"type": "percent", "value": 6}}}"#;
        assert_eq!(faults(&config(edit)), []);
    }

    #[test]
    fn a_short_alone_cannot_reach_levels_below_zero() {
        let exits = |value: u32| {
            format!(
                r#""exits": {{"takeProfit": [{{"type": "percent", "value": {value}}}],
                    "breakEvenAt": {{"type": "percent", "value": {value}}}}}"#
            )
        };
        let both = r#""direction": "both", "entryShort": "close < open""#;
        let cases = [
            (r#""direction": "short""#, 99, vec![]),
            (
                r#""direction": "short""#,
                100,
                vec!["exits.breakEvenAt.value", "exits.takeProfit[0].value"],
            ),
            (r#""direction": "long""#, 150, vec![]),
            (both, 150, vec![]),
        ];
        for (direction, value, expected) in cases {
            let faults = faults(&config(&format!("{{{direction}, {}}}", exits(value))));
            let paths: Vec<_> = faults.iter().map(|fault| fault.path.as_str()).collect();
            assert_eq!(paths, expected, "{direction} {value}");
        }
    }

    #[test]
    fn each_fault_names_its_place() {
        let cases = [
            (r#"{}"#, None),
            (r#"{"version": 2}"#, Some("version: is 2, this release reads 1")),
            (r#"{"symbols": []}"#, Some("symbols: is empty; name what to trade")),
            (r#"{"symbols": ["A", "A"]}"#, Some("symbols: names one twice")),
            (r#"{"session": "moon"}"#, Some("session: 'moon' is not known; use one of: 24x7")),
            (r#"{"direction": "both"}"#, Some("entryShort: is missing; direction both needs it")),
            (
                r#"{"exitShort": "close < open"}"#,
                Some(
                    "exitShort: is only read with direction both; \
                     remove it or set direction to both",
                ),
            ),
            (
                r#"{"sizing": {"type": "percentOfEquity", "value": 1001}}"#,
                Some("sizing.value: must be above 0 and at most 1000 (percent)"),
            ),
            (
                r#"{"sizing": {"type": "riskPercent", "value": 1}}"#,
                Some("exits.stopLoss: is missing; riskPercent sizes by the distance to it"),
            ),
            (
                r#"{"exits": {"stopLoss": {"type": "percent", "value": 0}}}"#,
                Some("exits.stopLoss.value: must be above zero"),
            ),
            (
                r#"{"exits": {"stopLoss": {"type": "percent", "value": 100}}}"#,
                Some(
                    "exits.stopLoss.value: a stop 100 % or more away is never reached; choose less",
                ),
            ),
            (
                r#"{"exits": {"takeProfit": [{"type": "percent", "value": 1, "portion": "0.6"},
                    {"type": "percent", "value": 2, "portion": "0.6"}]}}"#,
                Some("exits.takeProfit: closes 1.2 of the entry; the portions must not exceed 1"),
            ),
            (
                r#"{"exits": {"takeProfit": [
                    {"type": "percent", "value": 5, "portion": "79228162514264337593543950335"},
                    {"type": "percent", "value": 6, "portion": 1}]}}"#,
                Some("exits.takeProfit[0].portion: must be above 0 and at most 1"),
            ),
            (
                r#"{"exits": {"stopLoss": {"type": "price", "value": 110},
                    "takeProfit": [{"type": "price", "value": 100}]}}"#,
                Some("exits.takeProfit[0].value: the target 100 lies on the stop's side of 110"),
            ),
            (
                r#"{"entry": {"minPass": 3, "rules": [{"name": "A", "when": "true"},
                    {"name": "B", "when": "true"}]}}"#,
                Some("entry.minPass: is 3; with 2 rules it must be 1 to 2"),
            ),
            (
                r#"{"exit": {"minPass": 0, "rules": [{"name": "A", "when": "true"}]}}"#,
                Some("exit.minPass: is 0; with 1 rule it must be 1"),
            ),
            (
                r#"{"limits": {"maxOpenPositions": 0}}"#,
                Some("limits.maxOpenPositions: must be above zero; remove it to switch it off"),
            ),
        ];
        for (edit, expected) in cases {
            let found: Vec<_> = faults(&config(edit)).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{edit}");
        }
    }
}
