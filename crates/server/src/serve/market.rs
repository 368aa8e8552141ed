//! The market's loop: from the feed over the shared board to every tenant.

mod growth;
mod requests;

use std::cmp::Ordering;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ballast_domain::{
    Bar, FrameId, MarketStatus, Markets, Price, Quantity, Symbol, Timeframe, Timestamp,
};
use ballast_engine::market::{Board, BoardError, Frame};
use ballast_engine::matching::PlayedBar;
use ballast_engine::ports::{Feed, MarketEvent};
use ballast_venues::paper::{MarketClose, PaperMarket};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::prices::Prices;
use super::stopped;
use super::system::ReplayClock;
pub(super) use growth::Growth;
pub(super) use requests::Requests;
pub(crate) use requests::{CompileError, Compiled, MarketDesk};

/// Frames that are kept for tenants that start later or again, at most.
const RECENT_FRAMES: usize = 8_192;
/// What they may take of memory, whatever strategies there are.
const RECENT_BYTES: usize = 64 << 20;

/// The latest frames, for tenants that have missed some.
#[derive(Debug, Clone, Default)]
pub(super) struct RecentFrames(Arc<Mutex<Recent>>);

#[derive(Debug, Default)]
struct Recent {
    frames: VecDeque<Arc<Frame>>,
    /// How many were there before the oldest that is still kept.
    dropped: usize,
    /// What those that are kept take of memory.
    bytes: usize,
}

impl RecentFrames {
    /// Keeps what has closed together, and says who is to be told of it: whoever joins from now on
    /// finds it here.
    fn keep(&self, frames: &[Arc<Frame>], tenants: &[Seat]) -> Vec<PaperMarket> {
        let mut recent = self.lock();
        for frame in frames {
            recent.push(Arc::clone(frame));
        }
        tenants.iter().filter_map(|seat| seat.market.borrow().clone()).collect()
    }

    /// All that are kept, in the order of their closes.
    pub(super) fn all(&self) -> Vec<Arc<Frame>> {
        self.lock().frames.iter().cloned().collect()
    }

    /// The place of the first frame that closed after `instant`, or of the next that will close.
    pub(super) fn place_after(&self, instant: Option<Timestamp>) -> usize {
        let recent = self.lock();
        let after = |frame: &Arc<Frame>| instant.is_some_and(|instant| frame.id.close > instant);
        let position = recent.frames.iter().position(after);
        recent.dropped + position.unwrap_or(recent.frames.len())
    }

    /// The frames from `place` on, as far as they are kept. When there are none, `slot` is opened
    /// to `market` at once, so that its tenant is told of all that follows and of nothing twice.
    pub(super) fn join(
        &self,
        place: usize,
        slot: &watch::Sender<Option<PaperMarket>>,
        market: &PaperMarket,
    ) -> Vec<Arc<Frame>> {
        let recent = self.lock();
        let seen = place.saturating_sub(recent.dropped);
        let missed: Vec<_> = recent.frames.iter().skip(seen).cloned().collect();
        if missed.is_empty() {
            slot.send_replace(Some(market.clone()));
        }
        missed
    }

    fn lock(&self) -> MutexGuard<'_, Recent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    fn push(&mut self, frame: Arc<Frame>) {
        self.bytes += frame.size_bytes();
        self.frames.push_back(frame);
        while self.frames.len() > RECENT_FRAMES
            || (self.bytes > RECENT_BYTES && self.frames.len() > 1)
        {
            let oldest = self.frames.pop_front();
            self.bytes -= oldest.map_or(0, |oldest| oldest.size_bytes());
            self.dropped += 1;
        }
    }
}

/// A tenant in the market.
pub(super) struct Seat {
    /// Where its paper venue is reached; empty while the tenant is starting.
    pub(super) market: watch::Receiver<Option<PaperMarket>>,
    /// Where it stood, when the server started, in a file that is played to it.
    pub(super) place: Option<Place>,
    /// Whether it was ever there.
    joined: bool,
}

impl Seat {
    pub(super) const fn new(
        market: watch::Receiver<Option<PaperMarket>>,
        place: Option<Place>,
    ) -> Self {
        Self { market, place, joined: false }
    }
}

/// How far a tenant has come in a file that is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The close that it was at.
    pub(super) close: Timestamp,
    /// The shortest timeframe whose frame of that close has left something in the journal; none
    /// while the venue was still playing the bars.
    pub(super) framed: Option<Timeframe>,
}

impl Place {
    /// Where a tenant stands whose journal ends with the events of frame `framed`, and whose venue
    /// has recorded something while it played the close `played`. Bars that were played in part are
    /// played again: what they have filled is recorded, and fills nothing more.
    pub(super) fn of(framed: Option<FrameId>, played: Option<Timestamp>) -> Option<Self> {
        match (framed, played) {
            (framed, Some(played)) if framed.is_none_or(|frame| frame.close < played) => {
                Some(Self { close: played, framed: None })
            }
            (framed, _) => framed.map(|frame| {
                let FrameId { close, timeframe, .. } = frame;
                Self { close, framed: Some(timeframe) }
            }),
        }
    }

    /// What of a close is still to be told; of the rest only the prices are.
    fn rest(self, close: &MarketClose) -> MarketClose {
        let news = |frame: &Arc<Frame>| match frame.id.close.cmp(&self.close) {
            Ordering::Less => false,
            Ordering::Equal => self.framed.is_none_or(|framed| frame.id.timeframe < framed),
            Ordering::Greater => true,
        };
        let whole = match close.close_time.cmp(&self.close) {
            Ordering::Less => false,
            Ordering::Equal => self.framed.is_none(),
            Ordering::Greater => true,
        };
        if whole {
            return close.clone();
        }
        let (frames, seen) = close.frames.iter().cloned().partition(news);
        let (close_time, bars) = (close.close_time, Vec::new());
        MarketClose { close_time, bars, frames, seen, session_ends: false }
    }
}

/// The market: what it computes, and whom it tells.
pub(super) struct Market<F> {
    pub(super) feed: F,
    pub(super) board: Board,
    pub(super) tenants: Vec<Seat>,
    pub(super) recent: RecentFrames,
    /// The instant from which the market is told. What a bar held before it may be known to
    /// accounts that were there, and is older than orders that were given since.
    pub(super) start: Timestamp,
    /// The clock of a file: it is played as fast as the tenants take it, and waits for each of them
    /// at every close.
    pub(super) replay: Option<Arc<ReplayClock>>,
    /// How long after the first bar of a close the others are waited for.
    pub(super) frame_grace: Duration,
    /// Closes of the base timeframe that series warm up on, at least.
    pub(super) warm_up_bars: u32,
    /// What others ask for.
    pub(super) requests: Requests,
    /// Strategies that are to trade from some close on.
    pub(super) growth: Growth,
    /// The last price of each instrument.
    pub(super) prices: Prices,
    /// Which instruments cannot be traded now, for every tenant's engine.
    pub(super) markets: watch::Sender<Arc<Markets>>,
    /// The close of the last base frame, for health.
    pub(super) last_close: watch::Sender<Option<Timestamp>>,
}

impl<F: Feed> Market<F> {
    /// Runs until the feed ends or `stop` is set.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut close = Gathering::default();
        let mut refused = 0_u64;
        if self.replay.is_some() {
            tokio::select! {
                () = stopped(&mut stop) => return,
                () = self.tenants_started() => {}
            }
        }
        loop {
            let event = tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                Some(request) = self.requests.0.recv(), if close.close_time.is_none() => {
                    self.answer(request).await;
                    continue;
                }
                warmed = self.growth.warmed(), if close.close_time.is_none() => {
                    self.grow(warmed);
                    continue;
                }
                event = self.feed.next() => event,
                () = close.over(self.frame_grace) => {
                    self.finish(&mut close).await;
                    continue;
                }
            };
            if let Ok(Some(event)) = &event {
                self.prices.heard(event);
            }
            match event {
                // The market lists more than anybody here trades.
                Ok(Some(MarketEvent::Tick { symbol, .. }))
                    if self.board.row_of(symbol).is_none() => {}
                Ok(Some(MarketEvent::Bar { symbol, timeframe, bar }))
                    if self.board.row_of(symbol).is_none() =>
                {
                    self.passes(timeframe, &bar);
                }
                Ok(Some(MarketEvent::Status { symbol, status, .. })) => {
                    self.shut(symbol, status);
                    self.tell_complete(&mut close).await;
                }
                Ok(Some(MarketEvent::Tick { at, .. })) if at <= self.start => {}
                Ok(Some(MarketEvent::Tick { symbol, at, price, quantity })) => {
                    self.tick((symbol, price, quantity), at).await;
                }
                Ok(Some(MarketEvent::Bar { symbol, timeframe, bar })) => {
                    if timeframe == self.board.base()
                        && let Err(error) = self.take(symbol, bar, &mut close).await
                    {
                        refused += 1;
                        // A feed that went wrong once may go on so with every bar.
                        if refused.is_power_of_two() {
                            tracing::warn!(%symbol, %error, refused, "a bar was refused");
                        }
                    }
                }
                Ok(None) => {
                    self.finish(&mut close).await;
                    self.settled().await;
                    tracing::info!("the market data has ended");
                    return;
                }
                Err(error) => tracing::warn!(%error, "market data was not taken"),
            }
        }
    }

    /// Tells every venue what has traded.
    async fn tick(&mut self, (symbol, price, quantity): (Symbol, Price, Quantity), at: Timestamp) {
        for seat in &self.tenants {
            let market = seat.market.borrow().clone();
            if let Some(market) = market {
                // A venue that has ended is started again by its supervisor.
                let _ = market.tick(symbol, at, price, quantity).await;
            }
        }
    }

    /// Tells every engine that trading of an instrument was opened or interrupted.
    fn shut(&self, symbol: Symbol, status: MarketStatus) {
        self.markets.send_if_modified(|markets| {
            let is_news = Arc::make_mut(markets).put(symbol, status);
            if is_news {
                tracing::info!(%symbol, ?status, "trading has another status");
            }
            is_news
        });
    }

    /// Hands out what was gathered when those that have not reported cannot be traded.
    async fn tell_complete(&mut self, close: &mut Gathering) {
        let complete = {
            let markets = self.markets.borrow();
            // The usual case costs nothing, however many instruments there are.
            if markets.are_open() {
                return;
            }
            let can_come = |symbol| markets.status(symbol) == MarketStatus::Open;
            self.board.symbols().all(|symbol| close.heard.contains(&symbol) || !can_come(symbol))
        };
        if complete && close.close_time.is_some() {
            self.finish(close).await;
        }
    }

    /// A bar of what nobody here trades. It is how time passes while nobody trades anything: there
    /// are no frames then, but charts go on, and the market's data is there.
    fn passes(&self, timeframe: Timeframe, bar: &Bar) {
        let is_alone = timeframe == self.board.base() && self.board.symbols().next().is_none();
        self.last_close.send_if_modified(|last| {
            let is_news = is_alone && *last < Some(bar.close_time);
            if is_news {
                *last = Some(bar.close_time);
            }
            is_news
        });
    }

    /// Waits until every tenant has carried out what it was told.
    async fn settled(&mut self) {
        for seat in &self.tenants {
            let market = seat.market.borrow().clone();
            if let Some(market) = market {
                // A venue that has ended is started again by its supervisor.
                let _ = market.settled().await;
            }
        }
    }

    /// Waits until every tenant has joined, or has failed to.
    async fn tenants_started(&mut self) {
        for seat in &mut self.tenants {
            // A tenant that has gone is not waited for.
            let _ = seat.market.changed().await;
        }
    }

    async fn take(
        &mut self,
        symbol: Symbol,
        bar: Bar,
        close: &mut Gathering,
    ) -> Result<(), BoardError> {
        let open_time = self.board.base().open_of(bar.close_time);
        if close.close_time.is_none_or(|last| last < bar.close_time) {
            self.finish_before(symbol, &bar, close).await;
        }
        self.board.push(symbol, &bar, |frame| close.add(frame))?;
        close.close_time = Some(bar.close_time);
        close.since.get_or_insert_with(Instant::now);
        if open_time >= self.start {
            close.bars.push(PlayedBar { symbol, open_time, bar });
        }
        close.heard.insert(symbol);
        let base = self.board.base();
        if close.frames.iter().any(|frame| frame.id.timeframe == base) {
            self.tell(std::mem::take(close)).await;
        } else {
            self.tell_complete(close).await;
        }
        Ok(())
    }

    /// Tells of all that has closed before `bar` of `symbol`: what was gathered, with a gap where
    /// somebody has not reported, then each close of a longer bar that has ended in a gap since.
    async fn finish_before(&mut self, symbol: Symbol, bar: &Bar, close: &mut Gathering) {
        self.finish(close).await;
        self.board.opens(symbol, self.board.base().open_of(bar.close_time));
        let before = bar.close_time.saturating_add_nanos(-1);
        let mut ended = Vec::new();
        self.board.expire(before, |frame| ended.push(Arc::new(frame.clone())));
        for frames in ended.chunk_by(|one, other| one.id.close == other.id.close) {
            let close_time = frames.first().map(|frame| frame.id.close);
            let alone = Gathering { close_time, frames: frames.to_vec(), ..Gathering::default() };
            self.tell(alone).await;
        }
    }

    /// Hands out what was gathered although somebody has not reported: that is a gap.
    async fn finish(&mut self, close: &mut Gathering) {
        if let Some(close_time) = close.close_time {
            self.board.expire(close_time, |frame| close.add(frame));
            self.tell(std::mem::take(close)).await;
        }
    }

    /// Tells every tenant of a close.
    async fn tell(&mut self, close: Gathering) {
        let Gathering { close_time, bars, frames, .. } = close;
        let Some(close_time) = close_time else { return };
        let opened = self.board.base().open_of(close_time);
        let session_ends = opened.utc_day() != close_time.utc_day();
        let close = MarketClose { close_time, bars, frames, seen: Vec::new(), session_ends };
        match &self.replay {
            None => {
                for market in self.recent.keep(&close.frames, &self.tenants) {
                    // A venue that has ended is started again by its supervisor.
                    let _ = market.close(close.clone()).await;
                }
            }
            Some(clock) => {
                let clock = Arc::clone(clock);
                clock.set(close_time);
                self.play(&close, &clock).await;
                self.recent.keep(&close.frames, &[]);
            }
        }
        self.last_close.send_replace(Some(close_time));
    }

    /// Tells every tenant of a close in a file, and waits until each has carried it out. One that
    /// fails meanwhile is waited for and told again: a file loses nothing.
    async fn play(&mut self, close: &MarketClose, clock: &ReplayClock) {
        let rest = |seat: &Seat| match seat.place {
            Some(place) => place.rest(close),
            None => close.clone(),
        };
        let mut told = Vec::with_capacity(self.tenants.len());
        for seat in &mut self.tenants {
            let market = seat.market.borrow_and_update().clone();
            seat.joined |= market.is_some();
            told.push(tell_one(market, rest(seat)).await);
        }
        for (seat, mut told) in self.tenants.iter_mut().zip(told) {
            loop {
                if let Some(market) = &told
                    && market.settled().await.is_ok()
                {
                    break;
                }
                // What it is told while it is folded again happened at the open, not at the close.
                clock.set(self.board.base().open_of(close.close_time));
                // One that could not be started is not waited for, nor one that has gone.
                if !seat.joined || seat.market.changed().await.is_err() {
                    break;
                }
                let market = seat.market.borrow_and_update().clone();
                told = tell_one(market, rest(seat)).await;
            }
        }
        clock.set(close.close_time);
    }
}

/// Tells a venue, and gives it back when it took it.
async fn tell_one(market: Option<PaperMarket>, close: MarketClose) -> Option<PaperMarket> {
    let market = market?;
    market.close(close).await.is_ok().then_some(market)
}

/// What has closed and was not told yet.
#[derive(Default)]
struct Gathering {
    close_time: Option<Timestamp>,
    /// When the first bar of the close came.
    since: Option<Instant>,
    /// Who has reported.
    heard: BTreeSet<Symbol>,
    bars: Vec<PlayedBar>,
    frames: Vec<Arc<Frame>>,
}

impl Gathering {
    /// Waits until what is still missing is not waited for any longer; for ever while nothing is.
    async fn over(&self, grace: Duration) {
        match self.since {
            Some(since) => sleep_until(since + grace).await,
            None => std::future::pending().await,
        }
    }

    fn add(&mut self, frame: &Frame) {
        self.frames.push(Arc::new(frame.clone()));
    }
}

#[cfg(test)]
mod tests;
