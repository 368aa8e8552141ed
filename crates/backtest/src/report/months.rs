//! Returns by calendar month and year.

use serde::{Deserialize, Serialize};

use super::ReportData;
use super::format::{UNDEFINED, civil, signed, tone};
use crate::statistics::EquityPoint;

/// The heads of the table's columns.
pub(super) const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// One row: twelve months and the whole year.
#[derive(Debug)]
pub(super) struct Year {
    pub(super) year: String,
    pub(super) months: Vec<Cell>,
    pub(super) total: Cell,
}

/// A return in percent, or empty where the run did not reach.
#[derive(Debug, Default)]
pub(super) struct Cell {
    pub(super) text: String,
    /// Classes for colour and strength.
    pub(super) class: String,
}

/// The growth of one calendar month, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MonthReturn {
    /// The year.
    pub year: i16,
    /// The month, from 1 to 12.
    pub month: i8,
    /// From the close before it, of the first from the starting cash; `None` after ruin.
    pub return_pct: Option<f64>,
}

/// Each month's growth from the close before it; the first from `starting_cash`.
#[must_use]
pub fn monthly_returns(starting_cash: f64, equity: &[EquityPoint]) -> Vec<MonthReturn> {
    let mut before = starting_cash;
    let growth = month_closes(equity).into_iter().map(|(year, month, equity)| {
        let return_pct = change(before, equity);
        before = equity;
        MonthReturn { year, month, return_pct }
    });
    growth.collect()
}

/// Year and month with the equity at its last close.
fn month_closes(equity: &[EquityPoint]) -> Vec<(i16, i8, f64)> {
    let mut closes: Vec<(i16, i8, f64)> = Vec::new();
    for point in equity {
        // A close at midnight belongs to the day that ends.
        let date = civil(point.close_time.saturating_add_nanos(-1)).date();
        match closes.last_mut() {
            Some((year, month, equity)) if (*year, *month) == (date.year(), date.month()) => {
                *equity = point.equity;
            }
            _ => closes.push((date.year(), date.month(), point.equity)),
        }
    }
    closes
}

/// The rows of the table.
pub(super) fn years(data: &ReportData) -> Vec<Year> {
    let closes = month_closes(&data.equity);
    let growth = monthly_returns(data.starting_cash, &data.equity);
    let strongest = growth.iter().filter_map(|month| month.return_pct);
    let strongest = strongest.fold(0.0, |most: f64, pct| most.max(pct.abs()));
    let mut year_start = data.starting_cash;
    let mut rows = Vec::new();
    for months in growth.chunk_by(|a, b| a.year == b.year) {
        let mut cells: Vec<Cell> = std::iter::repeat_with(Cell::default).take(12).collect();
        for MonthReturn { month, return_pct, .. } in months {
            if let Some(cell) = cells.get_mut(usize::from(month.unsigned_abs()).wrapping_sub(1)) {
                *cell = shaded(*return_pct, strongest);
            }
        }
        let year = months[0].year;
        let end = closes.iter().rfind(|close| close.0 == year).map_or(year_start, |close| close.2);
        let total = plain(change(year_start, end));
        year_start = end;
        rows.push(Year { year: year.to_string(), months: cells, total });
    }
    rows
}

fn change(before: f64, after: f64) -> Option<f64> {
    Some((after / before - 1.0) * 100.0).filter(|pct| before > 0.0 && pct.is_finite())
}

fn plain(pct: Option<f64>) -> Cell {
    let text = pct.map_or_else(|| UNDEFINED.to_owned(), |pct| signed(pct, 2));
    let class = tone(&text).to_owned();
    Cell { text, class }
}

/// Four strengths, relative to the strongest month.
fn shaded(pct: Option<f64>, strongest: f64) -> Cell {
    let mut cell = plain(pct);
    if let Some(pct) = pct
        && !cell.class.is_empty()
    {
        let strength = (pct.abs() / strongest * 4.0).ceil().clamp(1.0, 4.0);
        cell.class = format!("{}-{strength}", cell.class);
    }
    cell
}
