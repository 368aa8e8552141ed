//! What a run looks like to a person: one self-contained HTML file, or a summary for a terminal.
//!
//! Both are made from [`ReportData`] alone and are the same bytes for the same data. The file asks
//! nothing of the network: styles, charts and the one small script (a read-out under the pointer)
//! are inside it. All text that came from outside is escaped by the template engine or stripped of
//! control characters. Nothing is computed here that belongs to `statistics`; prices and amounts
//! are `f64` because they are only shown.
#![expect(clippy::float_arithmetic, reason = "pixels and percentages for display")]

mod chart;
mod data;
mod distribution;
mod figures;
mod format;
mod months;
mod page;
mod terminal;
mod ticks;
mod trades;

#[cfg(test)]
mod tests;

use ballast_domain::{Direction, ExitReason, Timeframe, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::statistics::{EquityPoint, Summary};

pub use figures::cautions;
pub use months::{MonthReturn, monthly_returns};
pub use terminal::terminal;

/// Everything a report shows. Amounts and prices are in quote currency, percent means percent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportData {
    /// What the strategy is called; may be empty.
    pub name: String,
    /// What was traded, for the heading: `GOOG`, or several joined by a comma.
    pub symbol: String,
    /// The bars the strategy decided on, for the heading.
    pub decides_on: Timeframe,
    /// The bars of the data, which fills and equity run on; the same or shorter.
    pub timeframe: Timeframe,
    /// What amounts are counted in; may be empty.
    pub currency: String,
    /// Capital before the first bar.
    pub starting_cash: f64,
    /// From the opening of the first bar to the last close; `None` without any bar.
    pub span: Option<(Timestamp, Timestamp)>,
    /// From the first to the last close in percent, when one symbol was traded.
    pub price_change_pct: Option<f64>,
    /// The figures.
    pub summary: Summary,
    /// Fees of every fill, those of open trades included.
    pub fees_paid: f64,
    /// Equity at every bar's close, in order.
    pub equity: Vec<EquityPoint>,
    /// Closing prices to draw trades on; may be empty.
    pub prices: Vec<PriceSeries>,
    /// Closed trades in order, then open ones.
    pub trades: Vec<ReportTrade>,
    /// The strategy config as it was run, as indented JSON.
    pub config: String,
    /// How fills were charged, in words: `0.1 % of each fill`. `None` when nothing was charged.
    pub fees: Option<String>,
    /// How prices were moved against us, in words: `5 basis points`. `None` when they were not.
    pub slippage: Option<String>,
    /// Sentences that a reader must know before relying on the figures, the gravest first.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Further sentences about data and assumptions: missing bars, liquidity, finer bars used.
    pub notes: Vec<String>,
}

/// The closes of one symbol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceSeries {
    /// Whose prices; trades of this symbol are drawn on them.
    pub symbol: String,
    /// In order.
    pub points: Vec<PricePoint>,
}

/// The last price of one bar.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PricePoint {
    /// The bar's close.
    pub close_time: Timestamp,
    /// In quote currency.
    pub close: f64,
}

/// One trade from entry to flat, or still open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportTrade {
    /// What was traded.
    pub symbol: String,
    /// Which way.
    pub side: Direction,
    /// Opening time of the bar that filled the entry.
    pub entry_time: Timestamp,
    /// Average price of the entry.
    pub entry_price: f64,
    /// Units, as entered.
    pub quantity: f64,
    /// Where it ended; `None` while it is open.
    pub exit: Option<TradeExit>,
    /// Net of fees; for an open trade, marked at the last close.
    pub pnl: f64,
    /// `pnl` as percent of the entry's notional.
    pub return_pct: f64,
}

/// The end of a trade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TradeExit {
    /// Opening time of the bar that filled, or its close for fills at a close.
    pub time: Timestamp,
    /// Average price of the exits.
    pub price: f64,
    /// The last exit's reason.
    pub reason: ExitReason,
}

/// Why there is no report.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The template could not be filled.
    #[error("cannot write the report: {0}; please report this with the run's config")]
    Template(#[from] askama::Error),
}

/// The content security policy that is also inside the file, for a server that sends it as a
/// header: nothing is loaded, and only the report's own script runs.
pub const CONTENT_SECURITY_POLICY: &str = page::CONTENT_SECURITY_POLICY;

/// The report's own script, as a policy of a page that shows the report in a frame has to allow it:
/// the frame is under both policies.
pub const SCRIPT_SOURCE: &str = page::SCRIPT_SOURCE;

/// One HTML file with charts, tables and the config.
///
/// # Errors
/// [`ReportError::Template`] when the template cannot be filled.
pub fn html(data: &ReportData) -> Result<String, ReportError> {
    page::render(data)
}
