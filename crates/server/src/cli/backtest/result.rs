//! The result of a back-test as JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use ballast_backtest::{OpenTrade, Outcome, closed_profit};
use ballast_domain::{ExitReason, Symbol, Timestamp, Trade};
use rust_decimal::Decimal;
use serde::Serialize;

use super::remarks::Remarks;
use super::stream::BarStream;

/// What `ballast backtest --json` prints. Amounts are decimal text, ratios are numbers; undefined
/// ratios are null.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BacktestResult {
    final_equity: String,
    return_pct: Option<f64>,
    closed_trades: u64,
    open_trades: usize,
    max_drawdown_pct: f64,
    sharpe: Option<f64>,
    sortino: Option<f64>,
    calmar: Option<f64>,
    win_rate_pct: Option<f64>,
    profit_factor: Option<f64>,
    periods_per_year: f64,
    cagr_pct: Option<f64>,
    annual_volatility_pct: Option<f64>,
    max_drawdown_seconds: i64,
    exposure_pct: Option<f64>,
    fees: String,
    bars: u64,
    missing_bars: u64,
    refusals: BTreeMap<&'static str, u64>,
    warnings: Vec<String>,
    elapsed_ms: f64,
    bars_per_second: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    trades: Option<Vec<TradeResult>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TradeResult {
    symbol: Symbol,
    side: &'static str,
    entry_time: Timestamp,
    entry_price: String,
    exit_time: Option<Timestamp>,
    exit_price: Option<String>,
    quantity: String,
    pnl: String,
    exit_reason: Option<ExitReason>,
}

impl BacktestResult {
    pub(super) fn new(
        outcome: &Outcome,
        remarks: &Remarks,
        elapsed: Duration,
        bars: &BarStream,
        with_trades: bool,
    ) -> Self {
        let summary = &outcome.summary;
        let refusals = outcome.activity.refusals.iter();
        let trades = with_trades.then(|| {
            let closed = outcome.closed.iter().map(TradeResult::closed);
            closed.chain(outcome.open.iter().map(TradeResult::open)).collect()
        });
        Self {
            final_equity: money(outcome.final_equity),
            return_pct: summary.return_pct,
            closed_trades: outcome.summary.closed_trades,
            open_trades: outcome.open.len(),
            max_drawdown_pct: summary.max_drawdown_pct,
            sharpe: summary.sharpe,
            sortino: summary.sortino,
            calmar: summary.calmar,
            win_rate_pct: summary.win_rate_pct,
            profit_factor: summary.profit_factor,
            periods_per_year: summary.periods_per_year,
            cagr_pct: summary.cagr_pct,
            annual_volatility_pct: summary.annual_volatility_pct,
            max_drawdown_seconds: summary.max_drawdown_seconds,
            exposure_pct: summary.exposure_pct,
            fees: money(outcome.fees),
            bars: bars.bars(),
            missing_bars: bars.missing_bars(),
            refusals: refusals.map(|refused| (refused.code, refused.count)).collect(),
            warnings: remarks.warnings.clone(),
            elapsed_ms: elapsed.as_secs_f64() * 1000.0,
            bars_per_second: bars.bars() as f64 / elapsed.as_secs_f64(),
            trades,
        }
    }
}

impl TradeResult {
    fn closed(trade: &Trade) -> Self {
        let pnl = closed_profit(trade).unwrap_or_default();
        Self {
            exit_time: trade.closed_at,
            exit_price: Some(plain(trade.exit_price())),
            exit_reason: trade.exit_reason,
            ..Self::new(trade, pnl)
        }
    }

    fn open(open: &OpenTrade) -> Self {
        Self::new(&open.trade, open.pnl)
    }

    fn new(trade: &Trade, pnl: Decimal) -> Self {
        Self {
            symbol: trade.symbol,
            side: trade.direction.as_str(),
            entry_time: trade.opened_at,
            entry_price: plain(trade.entry_price()),
            exit_time: None,
            exit_price: None,
            quantity: plain(trade.entry_quantity.get()),
            pnl: money(pnl),
            exit_reason: None,
        }
    }
}

/// Without trailing zeros.
fn plain(value: Decimal) -> String {
    value.normalize().to_string()
}

/// With at least two decimals.
fn money(value: Decimal) -> String {
    let mut value = value.normalize();
    if value.scale() < 2 {
        value.rescale(2);
    }
    value.to_string()
}
