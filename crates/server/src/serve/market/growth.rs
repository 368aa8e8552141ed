//! Series that warm up on the past: before the market opens, and beside it while it runs.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use ballast_domain::{Bar, StrategyConfig, Symbol, Timeframe, Timestamp};
use ballast_engine::market::{AdoptError, Board, Frame};
use ballast_engine::ports::{Feed, FeedError};
use ballast_engine::strategy::Plan;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use super::super::settings::MOST_WARM_UP_BARS;
use super::Market;
use super::requests::{CompileError, Compiled};

/// An average that leans on its own past is as good as one that was never interrupted after so
/// many times its period: Wilder's, the slowest, has forgotten all but (1 - 1/n)^(24 n), less than
/// a billionth.
const SETTLING: usize = 24;
/// Closes of longer timeframes that are read at least: trails follow what they missed.
const LEAST_LONGER_BARS: usize = 200;
/// About a month; months have no fixed length.
const MONTH_NANOS: i64 = 31 * 86_400 * 1_000_000_000;

/// Bars of several instruments and timeframes, in the order in which a board takes them.
type Past = Vec<(Timeframe, Symbol, Bar)>;

/// Where the answer to whoever wants to trade by a strategy goes.
pub(super) type Asked = oneshot::Sender<Result<Compiled, CompileError>>;

/// Strategies that are to trade on the running market: one is warming up, the others wait.
#[derive(Default)]
pub(in crate::serve) struct Growth {
    warming: Option<Warming>,
    waiting: VecDeque<(Arc<StrategyConfig>, Asked)>,
}

/// A strategy whose series warm up, on a board beside the market's.
struct Warming {
    board: JoinHandle<Result<Board, FeedError>>,
    plan: Plan,
    /// Whose past it needs.
    symbols: BTreeSet<Symbol>,
    asked: Asked,
}

/// A strategy whose board is warm, or could not be warmed up.
pub(super) struct Warmed(Warming, Result<Board, FeedError>);

impl Growth {
    /// Waits until the board that warms up is warm; for ever while there is none.
    pub(super) async fn warmed(&mut self) -> Warmed {
        let Some(warming) = &mut self.warming else { return std::future::pending().await };
        let board = (&mut warming.board).await;
        let board = board.unwrap_or_else(|error| Err(FeedError::Unavailable(error.to_string())));
        match self.warming.take() {
            Some(warming) => Warmed(warming, board),
            None => std::future::pending().await,
        }
    }
}

impl<F: Feed> Market<F> {
    /// Fills the board from history, so that indicators are ready at the first live close.
    pub(in crate::serve) async fn warm_up(&mut self, to: Timestamp) -> Result<(), FeedError> {
        let symbols = self.board.symbols().collect();
        let past = past(&self.feed, &self.board, &symbols, self.warm_up_bars, to).await?;
        let recent = &self.recent;
        let keep = |frame: &Frame| drop(recent.keep(&[Arc::new(frame.clone())], &[]));
        tell(&mut self.board, past, to, keep)
    }

    /// Takes up a strategy that somebody wants to trade by. Its faults are told at once.
    pub(super) async fn compile(&mut self, strategy: Arc<StrategyConfig>, asked: Asked) {
        self.growth.waiting.push_back((strategy, asked));
        self.warm_next();
        // A file waits for whoever joins it: beside one that is played as fast as it goes, a board
        // would never catch up.
        while self.replay.is_some() && self.growth.warming.is_some() {
            let warmed = self.growth.warmed().await;
            self.grow(warmed);
        }
    }

    /// Compiles what waits, on copies of the board that have seen nothing, until one needs to warm
    /// up: a strategy with faults leaves nothing behind.
    fn warm_next(&mut self) {
        while self.growth.warming.is_none()
            && let Some((strategy, asked)) = self.growth.waiting.pop_front()
        {
            let mut grown = self.board.unwarmed();
            let plan = match Plan::compile(strategy, &mut grown) {
                Ok(plan) => plan,
                Err(faults) => {
                    // Whoever asked may have gone.
                    let _ = asked.send(Err(CompileError::Faults(faults)));
                    continue;
                }
            };
            let symbols = grown.symbols_new_to(&self.board);
            if symbols.is_empty() {
                let _ = asked.send(Ok(self.compiled(plan)));
                continue;
            }
            let to = self.board.told_to();
            let past = past(&self.feed, &grown, &symbols, self.warm_up_bars, to);
            let board = tokio::spawn(warmed(grown, past, to));
            self.growth.warming = Some(Warming { board, plan, symbols, asked });
        }
    }

    /// Takes over what is new on a board that is warm, and takes up what waits.
    pub(super) fn grow(&mut self, warmed: Warmed) {
        self.take_over(warmed);
        self.warm_next();
    }

    fn take_over(&mut self, Warmed(warming, board): Warmed) {
        if warming.asked.is_closed() {
            // Nobody waits for it any more, and nobody trades by it.
            return;
        }
        let adopted = board.map_err(|error| error.to_string()).and_then(|board| {
            match self.board.adopt(&board) {
                Ok(()) => Ok(None),
                Err(AdoptError::Apart { .. }) => Ok(Some(board)),
                Err(error) => Err(error.to_string()),
            }
        });
        match adopted {
            Ok(None) => {
                let compiled = self.compiled(warming.plan);
                let _ = warming.asked.send(Ok(compiled));
            }
            Ok(Some(behind)) => self.catch_up(warming, behind),
            Err(why) => drop(warming.asked.send(Err(CompileError::Unavailable(why)))),
        }
    }

    /// Tells a board what has closed while it was warming up.
    fn catch_up(&mut self, warming: Warming, behind: Board) {
        let (from, to) = (behind.told_to(), self.board.told_to());
        let base = behind.base();
        let reads = warming.symbols.iter();
        let reads = reads.map(|of| (base, *of, self.feed.history(*of, base, from, to))).collect();
        let board = tokio::spawn(warmed(behind, read(reads), to));
        self.growth.warming = Some(Warming { board, ..warming });
    }

    fn compiled(&self, plan: Plan) -> Compiled {
        Compiled { plan, prices: self.board.latest().cloned().map(Arc::new) }
    }
}

/// A board once it was told its past, off the threads that trade.
async fn warmed(
    mut board: Board,
    past: impl Future<Output = Result<Past, FeedError>>,
    to: Timestamp,
) -> Result<Board, FeedError> {
    let past = past.await?;
    let told = spawn_blocking(move || tell(&mut board, past, to, |_| {}).map(|()| board));
    told.await.map_err(|error| FeedError::Unavailable(error.to_string()))?
}

/// The past of `symbols` as far as `to` that makes a board's series as they would be had they never
/// been interrupted: as many closes of each timeframe as its series need, of the base timeframe
/// `bars` at least.
fn past<F: Feed>(
    feed: &F,
    board: &Board,
    symbols: &BTreeSet<Symbol>,
    bars: u32,
    to: Timestamp,
) -> impl Future<Output = Result<Past, FeedError>> + Send + 'static + use<F> {
    let base = board.base();
    let mut from = before(to, base, bars as usize);
    let mut windows = Vec::new();
    for (timeframe, reach) in board.reaches() {
        let needed = (reach * SETTLING).min(MOST_WARM_UP_BARS as usize);
        if timeframe == base {
            from = from.min(before(to, base, needed));
            continue;
        }
        let begun = timeframe.bucket_open(to);
        let since = before(begun, timeframe, needed.max(LEAST_LONGER_BARS));
        windows.push((timeframe, since, begun));
        // The bar that is forming is made from base bars.
        from = from.min(begun);
    }
    windows.push((base, from, to));
    let reads = windows.into_iter().flat_map(|(timeframe, from, to)| {
        let of =
            move |symbol: &Symbol| (timeframe, *symbol, feed.history(*symbol, timeframe, from, to));
        symbols.iter().map(of)
    });
    read(reads.collect())
}

/// Reads bars, and orders them as a board takes them.
async fn read<R>(reads: Vec<(Timeframe, Symbol, R)>) -> Result<Past, FeedError>
where
    R: Future<Output = Result<Vec<Bar>, FeedError>>,
{
    let mut past = Past::new();
    for (timeframe, symbol, bars) in reads {
        past.extend(bars.await?.into_iter().map(|bar| (timeframe, symbol, bar)));
    }
    past.sort_by_key(|(timeframe, _, bar)| (bar.close_time, std::cmp::Reverse(*timeframe)));
    Ok(past)
}

/// Tells a board its past.
fn tell(
    board: &mut Board,
    past: Past,
    to: Timestamp,
    mut keep: impl FnMut(&Frame),
) -> Result<(), FeedError> {
    let base = board.base();
    for (timeframe, symbol, bar) in past {
        let taken = match timeframe == base {
            true => board.push(symbol, &bar, &mut keep),
            false => board.seed(symbol, timeframe, &bar, &mut keep),
        };
        taken.map_err(|error| FeedError::Refused(error.to_string()))?;
    }
    // What somebody has not reported of the past is a gap, and no news.
    board.expire(to, keep);
    Ok(())
}

/// The instant about `bars` bars before `instant`.
fn before(instant: Timestamp, timeframe: Timeframe, bars: usize) -> Timestamp {
    let length = timeframe.nanos().unwrap_or(MONTH_NANOS);
    instant.saturating_add_nanos(-length.saturating_mul(i64::try_from(bars).unwrap_or(i64::MAX)))
}
