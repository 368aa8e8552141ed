//! Bars that have closed, for charts and for back-tests of the market's own data.
//!
//! Read beside the market's loop and never through it, so that a chart does not hold up trading.

use std::sync::Arc;

use ballast_domain::{Bar, Symbol, Timeframe, Timestamp};
use ballast_venues::replay::ReplayFile;
use ballast_venues::simulated::SimulatedMarket;
use thiserror::Error;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

/// The past of the market; a handle that is cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Past {
    source: Source,
    last_close: watch::Receiver<Option<Timestamp>>,
    start: Timestamp,
}

/// Where bars are made or read.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Simulated(Arc<SimulatedMarket>),
    Files(Arc<Vec<ReplayFile>>),
}

/// Why there are no bars.
#[derive(Debug, Error)]
#[error("the market's past cannot be read: {0}")]
pub(crate) struct PastError(String);

impl Past {
    pub(super) const fn new(
        source: Source,
        start: Timestamp,
        last_close: watch::Receiver<Option<Timestamp>>,
    ) -> Self {
        Self { source, last_close, start }
    }

    /// The instant up to which the market has told what happened.
    pub(crate) fn told_to(&self) -> Timestamp {
        self.last_close.borrow().unwrap_or(self.start)
    }

    /// Bars with `from < close_time <= to`, in order, and none that the market has not told yet.
    ///
    /// # Errors
    /// [`PastError`].
    pub(crate) async fn bars(
        &self,
        symbol: Symbol,
        timeframe: Timeframe,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Bar>, PastError> {
        let to = to.min(self.told_to());
        let source = self.source.clone();
        let read = spawn_blocking(move || source.read(symbol, timeframe, from, to));
        read.await.map_err(|error| PastError(error.to_string()))?
    }
}

impl Source {
    fn read(
        &self,
        symbol: Symbol,
        timeframe: Timeframe,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Bar>, PastError> {
        match self {
            Self::Simulated(market) => Ok(market.history(symbol, timeframe, from, to)),
            Self::Files(files) => {
                let Some(file) = files.iter().find(|file| file.symbol == symbol) else {
                    return Ok(Vec::new());
                };
                let bars = file.history(timeframe, from, to);
                bars.map_err(|error| PastError(format!("{}: {error}", file.path.display())))
            }
        }
    }
}
