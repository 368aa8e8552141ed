//! The result of a back-test as JSON.

use std::collections::BTreeMap;

use ballast_backtest::report::{self, ReportData};
use ballast_backtest::{OpenTrade, Request};
use ballast_domain::{ExitReason, Money, Symbol, Timestamp, Trade};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::jobs::Figures;
use super::run::Finished;

/// What `ballast backtest --json` prints. Exact amounts are decimal text, ratios and means are
/// numbers; what is undefined is null.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BacktestResult {
    starting_cash: String,
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
    expectancy: Option<f64>,
    average_trade_pct: Option<f64>,
    average_win: Option<f64>,
    average_loss: Option<f64>,
    best_trade: Option<f64>,
    worst_trade: Option<f64>,
    average_holding_seconds: Option<i64>,
    periods_per_year: f64,
    cagr_pct: Option<f64>,
    annual_volatility_pct: Option<f64>,
    max_drawdown_seconds: i64,
    exposure_pct: Option<f64>,
    fees: String,
    #[schema(value_type = String, format = DateTime)]
    first_time: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_time: Timestamp,
    price_change_pct: Option<f64>,
    bars: u64,
    missing_bars: u64,
    #[schema(value_type = BTreeMap<String, u64>)]
    refusals: BTreeMap<&'static str, u64>,
    warnings: Vec<String>,
    cautions: Vec<String>,
    elapsed_ms: f64,
    bars_per_second: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    trades: Option<Vec<TradeResult>>,
}

/// One trade, closed or open.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TradeResult {
    #[schema(value_type = String)]
    symbol: Symbol,
    #[schema(value_type = String)]
    side: &'static str,
    #[schema(value_type = String, format = DateTime)]
    entry_time: Timestamp,
    entry_price: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    exit_time: Option<Timestamp>,
    exit_price: Option<String>,
    quantity: String,
    pnl: String,
    #[schema(value_type = Option<String>)]
    exit_reason: Option<ExitReason>,
}

impl BacktestResult {
    /// The result of `request`, of which `data` is the report. Of its trades the last
    /// `most_trades` are listed; without any there is no list.
    pub(crate) fn new(
        request: &Request,
        finished: &Finished,
        data: &ReportData,
        most_trades: usize,
    ) -> Self {
        let Finished { outcome, remarks, elapsed, .. } = finished;
        let summary = &outcome.summary;
        // What keeps a number and its unit on one line is nothing to programs.
        let cautions = report::cautions(data).into_iter();
        let refusals = outcome.activity.refusals.iter();
        let trades = (most_trades > 0).then(|| {
            let beyond = data.trades.len().saturating_sub(most_trades);
            let closed = outcome.closed.iter().map(TradeResult::closed);
            closed.chain(outcome.open.iter().map(TradeResult::open)).skip(beyond).collect()
        });
        Self {
            starting_cash: money(request.cash),
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
            expectancy: summary.expectancy,
            average_trade_pct: summary.average_trade_pct,
            average_win: summary.average_win,
            average_loss: summary.average_loss,
            best_trade: summary.best_trade,
            worst_trade: summary.worst_trade,
            average_holding_seconds: summary.average_holding_seconds,
            periods_per_year: summary.periods_per_year,
            cagr_pct: summary.cagr_pct,
            annual_volatility_pct: summary.annual_volatility_pct,
            max_drawdown_seconds: summary.max_drawdown_seconds,
            exposure_pct: summary.exposure_pct,
            fees: money(outcome.fees),
            first_time: outcome.span.0,
            last_time: outcome.span.1,
            price_change_pct: outcome.price_change_pct,
            bars: finished.bars,
            missing_bars: finished.missing_bars,
            refusals: refusals.map(|refused| (refused.code, refused.count)).collect(),
            warnings: remarks.warnings.clone(),
            cautions: cautions.map(|text| text.replace('\u{a0}', " ")).collect(),
            elapsed_ms: elapsed.as_secs_f64() * 1000.0,
            bars_per_second: finished.bars as f64 / elapsed.as_secs_f64(),
            trades,
        }
    }
}

impl BacktestResult {
    /// What a list shows of it.
    pub(super) fn figures(&self) -> Figures {
        Figures {
            final_equity: self.final_equity.clone(),
            return_pct: self.return_pct,
            max_drawdown_pct: self.max_drawdown_pct,
            sharpe: self.sharpe,
            closed_trades: self.closed_trades,
            first_time: Some(self.first_time),
            last_time: Some(self.last_time),
        }
    }
}

impl TradeResult {
    fn closed(trade: &Trade) -> Self {
        let pnl = trade.net_profit().map_or(Decimal::ZERO, Money::amount);
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
