//! Bars that have closed, for charts and for back-tests of the market's own data.
//!
//! Read beside the market's loop and never through it, so that a chart does not hold up trading.
//! Bars cost time to make or read: a tenant reads once at a time, and few read at once.

use std::sync::Arc;

use ballast_domain::{Bar, Symbol, Timeframe, Timestamp};
use ballast_venues::replay::ReplayFile;
use ballast_venues::simulated::SimulatedMarket;
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::spawn_blocking;

/// How many read at once.
const READERS: usize = 2;

/// The past of the market; a handle that is cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Past {
    source: Source,
    readers: Arc<Semaphore>,
    last_close: watch::Receiver<Option<Timestamp>>,
    start: Timestamp,
}

/// Where bars are made or read.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Simulated(Arc<SimulatedMarket>),
    Files(Arc<Vec<ReplayFile>>),
}

/// Leave to read; whoever has it holds up others. It is kept until the work is done, also when
/// nobody waits for it any more.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    _own: Arc<OwnedSemaphorePermit>,
    _of_all: Arc<OwnedSemaphorePermit>,
}

/// What lets a tenant read once at a time.
#[derive(Debug, Clone)]
pub(crate) struct Reader(Arc<Semaphore>);

impl Default for Reader {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

/// Why there are no bars.
#[derive(Debug, Error)]
#[error("the market's past cannot be read: {0}")]
pub(crate) struct PastError(String);

impl Past {
    pub(super) fn new(
        source: Source,
        start: Timestamp,
        last_close: watch::Receiver<Option<Timestamp>>,
    ) -> Self {
        Self { source, readers: Arc::new(Semaphore::new(READERS)), last_close, start }
    }

    /// The instant up to which the market has told what happened.
    pub(crate) fn told_to(&self) -> Timestamp {
        self.last_close.borrow().unwrap_or(self.start)
    }

    /// Waits until `reader` may read, first behind its own other readings, then behind everybody's.
    ///
    /// # Errors
    /// [`PastError`].
    pub(crate) async fn turn(&self, reader: &Reader) -> Result<Turn, PastError> {
        let failed = |error| PastError(format!("{error}"));
        let own = Arc::clone(&reader.0).acquire_owned().await.map_err(failed)?;
        let of_all = Arc::clone(&self.readers).acquire_owned().await.map_err(failed)?;
        Ok(Turn { _own: Arc::new(own), _of_all: Arc::new(of_all) })
    }

    /// Bars with `from < close_time <= to`, in order, and none that the market has not told yet.
    ///
    /// # Errors
    /// [`PastError`].
    pub(crate) async fn bars(
        &self,
        turn: &Turn,
        symbol: Symbol,
        timeframe: Timeframe,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<Bar>, PastError> {
        let to = to.min(self.told_to());
        let source = self.source.clone();
        let turn = turn.clone();
        let read = spawn_blocking(move || {
            let bars = source.read(symbol, timeframe, from, to);
            drop(turn);
            bars
        });
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

#[cfg(test)]
mod tests {
    use std::future::{Future, poll_fn};
    use std::pin::{Pin, pin};
    use std::task::Poll;

    use super::*;

    /// Whether it would still have to wait.
    async fn waits(turn: Pin<&mut impl Future>) -> bool {
        let mut turn = turn;
        poll_fn(|context| Poll::Ready(turn.as_mut().poll(context).is_pending())).await
    }

    #[tokio::test]
    async fn a_greedy_tenant_keeps_nobody_else_waiting() {
        let (_told, last_close) = watch::channel(None);
        let past = Past::new(Source::Files(Arc::default()), Timestamp::MIN, last_close);
        let [greedy, other, third] = [Reader::default(), Reader::default(), Reader::default()];
        let first = past.turn(&greedy).await.unwrap();
        let mut more = pin!(past.turn(&greedy));
        assert!(waits(more.as_mut()).await, "one at a time");
        let others = past.turn(&other).await.unwrap();
        let mut last = pin!(past.turn(&third));
        assert!(waits(last.as_mut()).await, "two at once");
        let copy = first.clone();
        drop(first);
        assert!(waits(more.as_mut()).await, "its work goes on");
        drop(copy);
        assert!(waits(more.as_mut()).await, "whoever came first is before it");
        assert!(!waits(last.as_mut()).await);
        drop(others);
        assert!(!waits(more.as_mut()).await);
    }
}
