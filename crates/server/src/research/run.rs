//! One back-test from its bars to everything that is told about it. The command line and the jobs
//! of the server come through here, so that both say the same of the same data.

use std::time::{Duration, Instant};

use ballast_backtest::report::{PriceSeries, ReportData};
use ballast_backtest::{Outcome, Request, RunError};
use ballast_domain::Instrument;
use ballast_venues::csv::Stamped;
use thiserror::Error;

use super::bars::BarsError;
use super::range::TimeRange;
use super::remarks::{self, Remarks};
use super::stream::{BarStream, Ending};
use crate::strategy_text;

/// What is run.
#[derive(Debug)]
pub(crate) struct Backtest {
    /// What the engine is asked.
    pub(crate) request: Request,
    /// The config as it was written.
    pub(crate) strategy: Strategy,
    /// Which end of its interval a time in the data names.
    pub(crate) stamped: Stamped,
    /// The part of the data that is used.
    pub(crate) range: TimeRange,
}

impl Backtest {
    /// Trades an instrument as its market lists it; the lot stays where one was asked for.
    pub(super) fn list(&mut self, listed: &Instrument) {
        let known = &mut self.request.instruments;
        if let Some(known) = known.iter_mut().find(|known| known.symbol == listed.symbol) {
            *known = Instrument { lot_size: known.lot_size.or(listed.lot_size), ..*listed };
        }
    }
}

/// A config's name and text.
#[derive(Debug)]
pub(crate) struct Strategy {
    /// May be empty.
    pub(crate) name: String,
    /// JSON.
    pub(crate) text: String,
}

impl Strategy {
    /// Whether the config seems to read volume.
    pub(super) fn reads_volume(&self) -> bool {
        self.text.contains("volume")
    }
}

/// A run that has succeeded, with everything that is told about it.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) outcome: Outcome,
    pub(crate) remarks: Remarks,
    pub(crate) bars: u64,
    pub(crate) missing_bars: u64,
    /// How long the engine took, without reading.
    pub(crate) elapsed: Duration,
    /// Where the bars were from.
    names: String,
    prices: Vec<PriceSeries>,
}

/// Why there is no result.
#[derive(Debug, Error)]
pub(crate) enum RunFailure {
    /// The data is wrong.
    #[error(transparent)]
    Bars(#[from] BarsError),
    /// The engine refuses it.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Whoever watched wanted no more.
    #[error("the run was stopped")]
    Stopped,
    /// There is more data than one run may take.
    #[error(
        "there are more than {0} bars, which is the limit; use a longer timeframe or a shorter \
         range, or the command line, which has none"
    )]
    TooManyBars(u64),
}

/// Runs `backtest` on the bars that `open` gives, which is called again where a strategy without
/// any trade is to be explained. Prices are kept for a report when the equity is.
pub(crate) fn run<'w>(
    backtest: &Backtest,
    mut open: impl FnMut() -> Result<BarStream<'w>, BarsError>,
) -> Result<Finished, RunFailure> {
    let request = &backtest.request;
    let mut bars = open()?;
    if request.keep_equity {
        bars.keep_prices();
    }
    let started = Instant::now();
    let outcome = ballast_backtest::run(request, &mut bars);
    let elapsed = started.elapsed().saturating_sub(bars.reading());
    ended(&mut bars)?;
    let outcome = outcome?;
    let mut remarks = Remarks::of(&outcome, &bars, request, &backtest.strategy);
    if !remarks::traded(&outcome) {
        // A pipe cannot be read again; then the parts of the entry are not told.
        let parts = match bars.can_be_read_again() {
            true => {
                let mut again = open()?;
                let parts = ballast_backtest::count_parts(request, &mut again);
                ended(&mut again)?;
                parts?
            }
            false => Vec::new(),
        };
        let why = ballast_backtest::why_idle(&outcome, &parts);
        remarks.no_trade(why.as_deref().unwrap_or_default());
    }
    Ok(Finished {
        outcome,
        remarks,
        bars: bars.bars(),
        missing_bars: bars.missing_bars(),
        elapsed,
        names: bars.names(),
        prices: bars.take_prices(),
    })
}

fn ended(bars: &mut BarStream<'_>) -> Result<(), RunFailure> {
    match bars.take_ending() {
        None => Ok(()),
        Some(Ending::Bars(error)) => Err(error.into()),
        Some(Ending::Stopped) => Err(RunFailure::Stopped),
        Some(Ending::TooMany(most)) => Err(RunFailure::TooManyBars(most)),
    }
}

impl Finished {
    /// The data of the report on `backtest`; prices and notes go into it.
    pub(crate) fn report_data(&mut self, backtest: &Backtest) -> ReportData {
        let mut data = ReportData::of(&backtest.request, &self.outcome);
        data.name.clone_from(&backtest.strategy.name);
        data.config = strategy_text::indented(&backtest.strategy.text);
        let end = match backtest.stamped {
            Stamped::Open => "opens",
            Stamped::Close => "closes",
        };
        data.prices = std::mem::take(&mut self.prices);
        data.warnings.clone_from(&self.remarks.warnings);
        data.notes.append(&mut self.remarks.notes);
        data.notes.extend(backtest.range.note());
        data.notes.push(format!("Data: {}; its times are the {end} of bars.", self.names));
        data.notes.push(format!("Computed by Ballast {}.", env!("CARGO_PKG_VERSION")));
        data
    }
}
