//! Returns by calendar month and year.

use super::ReportData;
use super::format::{UNDEFINED, civil, signed, tone};

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

/// Each month's growth from the close before it; the first from the starting cash.
pub(super) fn years(data: &ReportData) -> Vec<Year> {
    let mut closes: Vec<(i16, i8, f64)> = Vec::new();
    for point in &data.equity {
        // A close at midnight belongs to the day that ends.
        let date = civil(point.close_time.saturating_add_nanos(-1)).date();
        match closes.last_mut() {
            Some((year, month, equity)) if (*year, *month) == (date.year(), date.month()) => {
                *equity = point.equity;
            }
            _ => closes.push((date.year(), date.month(), point.equity)),
        }
    }
    let mut before = data.starting_cash;
    let mut growth = Vec::new();
    for &(year, month, equity) in &closes {
        growth.push((year, month, change(before, equity)));
        before = equity;
    }
    let strongest = growth.iter().filter_map(|&(_, _, pct)| pct);
    let strongest = strongest.fold(0.0, |most: f64, pct| most.max(pct.abs()));
    let mut year_start = data.starting_cash;
    let mut rows = Vec::new();
    for months in growth.chunk_by(|a, b| a.0 == b.0) {
        let mut cells: Vec<Cell> = std::iter::repeat_with(Cell::default).take(12).collect();
        for &(_, month, pct) in months {
            if let Some(cell) = cells.get_mut(usize::from(month.unsigned_abs()).wrapping_sub(1)) {
                *cell = shaded(pct, strongest);
            }
        }
        let year = months[0].0;
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
