//! A strategy config, checked and compiled on a market board.

use std::sync::Arc;

use ballast_domain::evaluation::RuleRole;
use ballast_domain::exits::{Distance, TargetTerms};
use ballast_domain::strategy::{
    DEFAULT_ATR_PERIOD, DirectionRule, ExitLevel, NamedRule, RuleSet, Sizing,
};
use ballast_domain::{Price, Protection, StrategyConfig, Symbol, Timeframe, VenueId};
use rust_decimal::Decimal;

use super::expression::{self, Comparison, Condition, CrossDirection, ExpressionError, Numeric};
use super::validate::{self, ConfigFault};
use crate::market::indicator;
use crate::market::number::decimal_of;
use crate::market::{Board, BoardError, Frame, Row, SeriesError, SeriesId};

/// A config that has passed every check, with its series on the board of one venue.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The config as it was written.
    pub config: Arc<StrategyConfig>,
    pub(super) roles: Vec<RolePlan>,
    lanes: Vec<Lane>,
    data_venue: VenueId,
}

/// One of the config's conditions.
#[derive(Debug, Clone)]
pub(super) struct RolePlan {
    pub(super) role: RuleRole,
    pub(super) min_pass: usize,
    pub(super) rules: Vec<RulePlan>,
}

/// One rule, as it is explained.
#[derive(Debug, Clone)]
pub(super) struct RulePlan {
    /// Its place among the rules of the config.
    place: usize,
    /// Empty for a condition that is a single expression.
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) condition: Condition,
    pub(super) comparisons: Vec<Compared>,
}

/// One comparison inside a rule's condition, each side in the timeframe and at the bar that it is
/// compared in.
#[derive(Debug, Clone)]
pub(super) struct Compared {
    pub(super) left: Numeric,
    pub(super) relation: Relation,
    pub(super) right: Numeric,
    /// Whether it stands below a `not`, and so is wanted to be false.
    pub(super) negated: bool,
}

/// How two numbers are compared.
#[derive(Debug, Clone, Copy)]
pub(super) enum Relation {
    Compare(Comparison),
    Cross(CrossDirection),
}

/// What the plan reads of one instrument.
#[derive(Debug, Clone)]
pub struct Lane {
    /// The instrument.
    pub symbol: Symbol,
    /// Its place in the rows of every frame of the board.
    row: usize,
    /// For each role the series of its rules.
    pub(super) roles: Vec<Vec<RuleSeries>>,
    /// The average true ranges that exits and sizing read, by period.
    atr: Vec<(u32, SeriesId)>,
}

/// The series of one rule and of its comparisons' operands.
#[derive(Debug, Clone)]
pub(super) struct RuleSeries {
    pub(super) condition: SeriesId,
    pub(super) operands: Vec<(SeriesId, SeriesId)>,
}

impl Plan {
    /// Checks `config` and subscribes its instruments and series on `board`.
    ///
    /// # Errors
    /// Every fault that was found, with its place.
    pub fn compile(
        config: Arc<StrategyConfig>,
        board: &mut Board,
    ) -> Result<Self, Vec<ConfigFault>> {
        let mut faults = validate::faults(&config);
        let roles = parse_roles(&config, &mut faults);
        if config.timeframe < board.base() {
            let error = BoardError::TooShort { asked: config.timeframe, base: board.base() };
            faults.push(fault("timeframe", None, error.to_string()));
        }
        if !faults.is_empty() {
            faults.extend(board_faults(&config, &roles, board));
            return Err(faults);
        }
        let mut lanes = Vec::with_capacity(config.symbols.len());
        for symbol in &config.symbols {
            board.subscribe(*symbol);
            lanes.push(compile_lane(&config, *symbol, &roles, board)?);
        }
        Ok(Self { config, roles, lanes, data_venue: board.venue() })
    }

    /// The timeframe at whose closes the plan is evaluated.
    #[must_use]
    pub fn timeframe(&self) -> Timeframe {
        self.config.timeframe
    }

    /// The venue whose frames the plan reads.
    #[must_use]
    pub const fn data_venue(&self) -> VenueId {
        self.data_venue
    }

    /// What the plan reads, an instrument each, in the order of the config.
    #[must_use]
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    /// Whether everything that protects and sizes an entry is known at the close of `row`.
    #[must_use]
    pub fn can_enter(&self, lane: &Lane, row: &Row) -> bool {
        let sized = match self.config.sizing {
            Sizing::VolatilityTarget { .. } => lane.atr(DEFAULT_ATR_PERIOD, row).is_some(),
            _ => true,
        };
        sized && self.protection(lane, row).is_some()
    }

    /// What protects an entry signalled at the close of `row`; `None` while an average that it
    /// needs is not ready.
    #[must_use]
    pub fn protection(&self, lane: &Lane, row: &Row) -> Option<Protection> {
        let exits = &self.config.exits;
        let optional = |level: Option<ExitLevel>| match level {
            Some(level) => lane.distance(level, row).map(Some),
            None => Some(None),
        };
        let targets = exits.take_profit.iter().map(|target| {
            let distance = lane.distance(target.level, row)?;
            Some(TargetTerms { distance, portion: target.portion })
        });
        Some(Protection {
            stop_loss: optional(exits.stop_loss)?,
            targets: targets.collect::<Option<Vec<_>>>()?,
            trailing: optional(exits.trailing.map(ExitLevel::from))?,
            break_even_at: optional(exits.break_even_at)?,
            max_bars: exits.max_bars,
        })
    }
}

impl Lane {
    /// The lane's row of a frame.
    #[must_use]
    pub fn row<'a>(&self, frame: &'a Frame) -> Option<&'a Row> {
        frame.rows.get(self.row)
    }

    fn distance(&self, level: ExitLevel, row: &Row) -> Option<Distance> {
        Some(match level {
            ExitLevel::Percent { value } => Distance::Percent(value),
            ExitLevel::Price { value } => Distance::At(Price::new(value).ok()?),
            ExitLevel::Atr { value, period } => {
                Distance::Absolute(self.atr(period, row)?.checked_mul(value)?)
            }
        })
    }

    /// The average true range of `period` bars at the close of `row`, in the price's unit; `None`
    /// while it is not ready or when it is not kept.
    #[must_use]
    pub fn atr(&self, period: u32, row: &Row) -> Option<Decimal> {
        let (_, series) = self.atr.iter().find(|(kept, _)| *kept == period)?;
        decimal_of(row.value(*series))
    }
}

fn parse_roles(config: &StrategyConfig, faults: &mut Vec<ConfigFault>) -> Vec<RolePlan> {
    let mut roles = Vec::new();
    for (path, rules) in validate::rule_sets(config) {
        let named = match rules {
            RuleSet::Expression(text) => {
                vec![(path.to_owned(), String::new(), true, text.as_str())]
            }
            RuleSet::Named(named) => named
                .rules
                .iter()
                .enumerate()
                .map(|(index, NamedRule { name, required, when })| {
                    let place = format!("{path}.rules[{index}].when");
                    (place, name.clone(), *required, when.as_str())
                })
                .collect(),
        };
        let min_pass = match rules {
            RuleSet::Expression(_) => 1,
            RuleSet::Named(named) => named.min_pass.map_or(named.rules.len(), |n| n as usize),
        };
        let mut parsed = Vec::with_capacity(named.len());
        for (place, (path, name, required, text)) in named.into_iter().enumerate() {
            match expression::parse_condition(text) {
                Ok(condition) => {
                    let comparisons = comparisons(&condition);
                    parsed.push(RulePlan { place, name, required, condition, comparisons });
                }
                Err(error) => faults.push(expression_fault(path, &error)),
            }
        }
        roles.push(RolePlan { role: role_of(path), min_pass, rules: parsed });
    }
    roles
}

fn role_of(path: &str) -> RuleRole {
    match path {
        "exit" => RuleRole::Exit,
        "entryShort" => RuleRole::EntryShort,
        "exitShort" => RuleRole::ExitShort,
        _ => RuleRole::Entry,
    }
}

fn compile_lane(
    config: &StrategyConfig,
    symbol: Symbol,
    roles: &[RolePlan],
    board: &mut Board,
) -> Result<Lane, Vec<ConfigFault>> {
    let row = board.row_of(symbol).unwrap_or_default();
    let roles = compile_roles(config, symbol, roles, board)?;
    let mut lane = Lane { symbol, row, roles, atr: Vec::new() };
    let mut faults = Vec::new();
    for period in atr_periods(config) {
        match compile_atr(config.timeframe, symbol, period, board) {
            Ok(series) => lane.atr.push((period, series)),
            Err(error) => faults.push(fault("exits", None, error.to_string())),
        }
    }
    if faults.is_empty() { Ok(lane) } else { Err(faults) }
}

fn compile_roles(
    config: &StrategyConfig,
    symbol: Symbol,
    roles: &[RolePlan],
    board: &mut Board,
) -> Result<Vec<Vec<RuleSeries>>, Vec<ConfigFault>> {
    let (mut compiled, mut faults) = (Vec::with_capacity(roles.len()), Vec::new());
    for role in roles {
        let mut series = Vec::with_capacity(role.rules.len());
        for rule in &role.rules {
            match compile_rule(config.timeframe, symbol, rule, board) {
                Ok(rule) => series.push(rule),
                Err(error) => faults.push(board_fault(role, rule, &error)),
            }
        }
        compiled.push(series);
    }
    if faults.is_empty() { Ok(compiled) } else { Err(faults) }
}

/// What a board has against the rules of a config that is refused anyway, found on another one:
/// `board` stays as it was.
fn board_faults(config: &StrategyConfig, roles: &[RolePlan], board: &Board) -> Vec<ConfigFault> {
    let Some(symbol) = config.symbols.first() else { return Vec::new() };
    let mut scratch = Board::new(board.venue(), board.base().min(config.timeframe));
    scratch.subscribe(*symbol);
    compile_roles(config, *symbol, roles, &mut scratch).err().unwrap_or_default()
}

fn compile_rule(
    timeframe: Timeframe,
    symbol: Symbol,
    rule: &RulePlan,
    board: &mut Board,
) -> Result<RuleSeries, BoardError> {
    let condition = board.condition(symbol, timeframe, &rule.condition)?;
    let operands = rule.comparisons.iter().map(|Compared { left, right, .. }| {
        let left = board.numeric(symbol, timeframe, left)?;
        Ok((left, board.numeric(symbol, timeframe, right)?))
    });
    Ok(RuleSeries { condition, operands: operands.collect::<Result<_, BoardError>>()? })
}

fn compile_atr(
    timeframe: Timeframe,
    symbol: Symbol,
    period: u32,
    board: &mut Board,
) -> Result<SeriesId, BoardError> {
    let atr = atr(period).ok_or(BoardError::NotSubscribed(symbol))?;
    board.numeric(symbol, timeframe, &atr)
}

/// The average true range of `period` bars, as a rule would write it.
pub(super) fn atr(period: u32) -> Option<Numeric> {
    let definition = indicator::find("atr")?;
    Some(Numeric::Indicator {
        definition,
        output: 0,
        series: None,
        params: vec![f64::from(period)],
    })
}

pub(super) fn atr_periods(config: &StrategyConfig) -> Vec<u32> {
    let exits = &config.exits;
    let targets = exits.take_profit.iter().map(|target| Some(target.level));
    let trailing = exits.trailing.map(ExitLevel::from);
    let levels = [exits.stop_loss, trailing, exits.break_even_at].into_iter().chain(targets);
    let mut periods: Vec<u32> = levels
        .filter_map(|level| match level? {
            ExitLevel::Atr { period, .. } => Some(period),
            ExitLevel::Percent { .. } | ExitLevel::Price { .. } => None,
        })
        .collect();
    if matches!(config.sizing, Sizing::VolatilityTarget { .. }) {
        periods.push(DEFAULT_ATR_PERIOD);
    }
    periods.sort_unstable();
    periods.dedup();
    periods
}

/// Every comparison in `condition`, in the order of its text.
fn comparisons(condition: &Condition) -> Vec<Compared> {
    match condition {
        Condition::Constant(_) | Condition::Session { .. } => Vec::new(),
        Condition::Compare { comparison, left, right } => {
            vec![compared(left, Relation::Compare(*comparison), right)]
        }
        Condition::Cross { direction, left, right } => {
            vec![compared(left, Relation::Cross(*direction), right)]
        }
        Condition::And(of) | Condition::Or(of) => of.iter().flat_map(comparisons).collect(),
        Condition::Not(of) => {
            let turned = |of: Compared| Compared { negated: !of.negated, ..of };
            comparisons(of).into_iter().map(turned).collect()
        }
        Condition::Shift { of, bars } => {
            wrap(comparisons(of), |of| Numeric::Shift { of: Box::new(of), bars: *bars })
        }
        Condition::Timeframe { timeframe, span, of } => wrap(comparisons(of), |of| {
            Numeric::Timeframe { timeframe: *timeframe, span: *span, of: Box::new(of) }
        }),
    }
}

fn compared(left: &Numeric, relation: Relation, right: &Numeric) -> Compared {
    Compared { left: left.clone(), relation, right: right.clone(), negated: false }
}

fn wrap(comparisons: Vec<Compared>, wrap: impl Fn(Numeric) -> Numeric) -> Vec<Compared> {
    let wrapped = |number| match number {
        constant @ Numeric::Constant(_) => constant,
        other => wrap(other),
    };
    let both = |of: Compared| Compared { left: wrapped(of.left), right: wrapped(of.right), ..of };
    comparisons.into_iter().map(both).collect()
}

fn fault(path: impl Into<String>, column: Option<usize>, message: String) -> ConfigFault {
    ConfigFault { path: path.into(), column, message }
}

fn expression_fault(place: String, error: &ExpressionError) -> ConfigFault {
    fault(place, Some(error.column), error.kind.to_string())
}

fn board_fault(role: &RolePlan, rule: &RulePlan, error: &BoardError) -> ConfigFault {
    let path = match role.role {
        RuleRole::Entry => "entry",
        RuleRole::Exit => "exit",
        RuleRole::EntryShort => "entryShort",
        RuleRole::ExitShort => "exitShort",
    };
    let place = match rule.name.is_empty() {
        false => format!("{path}.rules[{}].when", rule.place),
        true => path.to_owned(),
    };
    let column = match error {
        BoardError::Series(
            SeriesError::ShorterTimeframe { span, .. } | SeriesError::NoAiProvider { span },
        ) => Some(span.column),
        _ => None,
    };
    fault(place, column, error.to_string())
}

/// Whether the plan may trade short at all.
pub(super) const fn trades_both(config: &StrategyConfig) -> bool {
    matches!(config.direction, DirectionRule::Both)
}
