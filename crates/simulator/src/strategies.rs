//! Strategies that trade often, of every kind of entry, exit and size, and the documents that hold
//! them.

use std::sync::Arc;

use anyhow::{Context, Result};
use ballast_domain::profile::FeeSchedule;
use ballast_domain::{
    AssetClass, Capital, Instrument, Limits, Mode, ProfileDocument, StrategyConfig, Symbol,
    Timeframe, VenueId,
};
use ballast_engine::market::Board;
use ballast_engine::matching::FillRules;
use ballast_engine::strategy::Plan;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::scenario::{Account, Fees};

/// What each changes of a strategy that never trades by itself.
pub(crate) const STRATEGIES: [&str; 10] = [
    r#"{"entry": "false"}"#,
    r#"{"entry": "close > open", "exit": "close < open"}"#,
    r#"{"entry": "crossover(sma(close, 2), sma(close, 4))",
        "exit": "crossunder(sma(close, 2), sma(close, 4))",
        "exits": {"stopLoss": {"type": "percent", "value": 2},
            "takeProfit": [{"type": "percent", "value": 1, "portion": "0.3"},
                {"type": "percent", "value": 3, "portion": "0.5"}]}}"#,
    r#"{"direction": "short", "entry": "close < close[1]",
        "exits": {"trailing": {"type": "percent", "value": 1}}}"#,
    r#"{"direction": "both", "entry": "close > close[1]", "entryShort": "close < close[1]",
        "sizing": {"type": "percentOfEquity", "value": 45}}"#,
    r#"{"direction": "both", "entry": "close > sma(close, 3)",
        "entryShort": "close < sma(close, 3)",
        "exit": "close < open", "exits": {"maxBars": 2},
        "sizing": {"type": "percentOfAvailable", "value": 100}}"#,
    r#"{"entry": "close > lowest(close, 3)", "sizing": {"type": "riskPercent", "value": 1},
        "exits": {"stopLoss": {"type": "atr", "value": 2, "period": 3},
            "takeProfit": [{"type": "atr", "value": 2, "period": 3}],
            "breakEvenAt": {"type": "percent", "value": 1}, "maxBars": 5}}"#,
    r#"{"entry": {"minPass": 2, "rules": [{"name": "Up", "when": "close > open"},
            {"name": "Trend", "required": true, "when": "tf(\"5m\", close > open)"},
            {"name": "High", "when": "close > highest(close, 4)[1]"}]},
        "exits": {"trailing": {"type": "percent", "value": 2}, "maxBars": 6}}"#,
    r#"{"entry": "true", "exit": "close > close[2]", "timeframe": "5m",
        "sizing": {"type": "fixedNotional", "notional": 3000}}"#,
    r#"{"entry": "close < open", "exit": "close > open",
        "sizing": {"type": "fixedQuantity", "quantity": 30},
        "limits": {"maxOpenPositions": 1, "maxOrderNotional": "3200", "maxDataAgeMs": 120000}}"#,
];

/// Sets of limits, for whatever scope.
pub(crate) const LIMITS: [&str; 5] = [
    "{}",
    r#"{"maxOpenPositions": 2, "maxOrdersPerMinute": 3, "minEntryIntervalMs": 90000}"#,
    r#"{"maxDailyLossPercent": "0.5", "maxDrawdownPercent": "2", "maxConsecutiveLosses": 2,
        "lossCooldownMinutes": 7}"#,
    r#"{"stopGuard": {"stops": 2, "lookbackMinutes": 20, "lockMinutes": 9, "perSymbol": true},
        "lowProfitLock": {"trades": 2, "lookbackMinutes": 30, "lockMinutes": 9,
            "minProfitPercent": "0"}, "cooldownMinutes": 2}"#,
    r#"{"maxExposure": "8000", "maxPositionNotional": "4000", "maxOpenOrderNotional": "3000",
        "priceCollarPercent": "1.5", "maxPriceRatio": "1.1", "restrictedSymbols": ["BBB"]}"#,
];

const BASE: &str = r#"{"version": 1, "kind": "rules", "timeframe": "1m", "symbols": [],
    "entry": "false", "sizing": {"type": "fixedQuantity", "quantity": "10"}}"#;

const SYMBOLS: [&str; 2] = ["AAA", "BBB"];
const VENUE: &str = "paper";

/// A board with every strategy compiled on it, and what else the documents need.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) venue: VenueId,
    pub(crate) symbols: [Symbol; 2],
    plans: Vec<Plan>,
}

impl Catalogue {
    /// Compiles all strategies on a new board of bars of a minute.
    pub(crate) fn compile() -> Result<(Self, Board)> {
        let venue = VENUE.parse().context("a venue's name")?;
        let [first, second] = SYMBOLS.map(str::parse);
        let symbols = [first.context("a symbol")?, second.context("a symbol")?];
        let mut board = Board::new(venue, Timeframe::M1);
        let mut plans = Vec::with_capacity(STRATEGIES.len());
        for edit in STRATEGIES {
            let config = Arc::new(config(edit, symbols)?);
            plans.push(Plan::compile(config, &mut board).map_err(|faults| {
                anyhow::anyhow!("the strategy {edit} does not compile: {faults:?}")
            })?);
        }
        Ok((Self { venue, symbols, plans }, board))
    }

    /// A strategy, compiled.
    pub(crate) fn plan(&self, strategy: usize) -> &Plan {
        &self.plans[strategy % self.plans.len()]
    }

    /// The compiled form of a strategy that a document holds.
    pub(crate) fn plan_of(&self, config: &StrategyConfig) -> Option<&Plan> {
        self.plans.iter().find(|plan| *plan.config == *config)
    }

    /// What a profile trades by: `strategy` with so much capital.
    pub(crate) fn document(
        &self,
        account: &Account,
        strategy: usize,
        allocated: u32,
    ) -> Result<ProfileDocument> {
        let currency = "USD".parse().context("a currency")?;
        let mut instruments = Vec::with_capacity(self.symbols.len());
        for symbol in self.symbols {
            let free = Instrument::unrestricted(symbol, AssetClass::Crypto, currency);
            let lot_size = account.lot.map(str::parse).transpose().context("a lot")?;
            let tick_size = Some("0.01".parse().context("a tick")?);
            let base = account.in_kind.then(|| symbol.as_str().parse()).transpose();
            let base = base.context("a coin")?;
            instruments.push(Instrument { lot_size, tick_size, base, ..free });
        }
        Ok(ProfileDocument {
            name: "simulated".to_owned(),
            venue: self.venue,
            mode: Mode::Paper,
            capital: Capital { currency, allocated: Decimal::from(allocated) },
            instruments,
            fees: fees(account.fees),
            limits: limits(account.limits)?,
            time_zone: Default::default(),
            preset: None,
            strategy: (*self.plan(strategy).config).clone(),
        })
    }
}

/// A set of limits.
pub(crate) fn limits(number: usize) -> Result<Limits> {
    Ok(serde_json::from_str(LIMITS[number % LIMITS.len()])?)
}

/// How the venue fills the orders of a profile.
pub(crate) fn rules(account: &Account) -> FillRules {
    FillRules {
        fees: fees(account.fees),
        slippage_bps: Decimal::from(account.slippage_bps),
        volume_share: account.volume_share.and_then(|share| share.parse().ok()),
    }
}

fn fees(fees: Fees) -> FeeSchedule {
    match fees {
        Fees::None => FeeSchedule::default(),
        Fees::Percent => {
            FeeSchedule::Percent { maker: Decimal::new(5, 2), taker: Decimal::new(1, 1) }
        }
        Fees::PerUnit => FeeSchedule::PerUnit { amount: Decimal::new(1, 2), minimum: Decimal::ONE },
    }
}

fn config(edit: &str, symbols: [Symbol; 2]) -> Result<StrategyConfig> {
    let mut config: Value = serde_json::from_str(BASE)?;
    let edit: Value = serde_json::from_str(edit)?;
    for (field, value) in edit.as_object().context("an edit is an object")? {
        config[field] = value.clone();
    }
    config["symbols"] = serde_json::to_value(symbols)?;
    Ok(serde_json::from_value(config)?)
}
