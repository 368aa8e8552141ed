//! The simulated market as a feed: trades and five-second bars, as the clock goes on.
//!
//! Time comes from the clock port alone; tokio's timers only say when to look at it again. A
//! clock that jumps ahead makes the feed tell at once what it has missed, and one that is set
//! back makes it wait.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ballast_domain::{Bar, MarketStatus, Symbol, Timeframe, Timestamp};
use ballast_engine::ports::{Clock, Feed, FeedError, MarketEvent};

use super::path::Cursor;
use super::{BASE, BASE_NS, BEGINNING, SimulatedError, SimulatedMarket, base_index, ticks};

/// How fast simulated time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// So many times as fast as the clock; 1 is real time.
    Times(NonZeroU32),
    /// As fast as it is asked for, without any waiting.
    Max,
}

/// The feed. All instruments' ticks come in order of time, and at each close their bars in the
/// order of the instruments.
pub struct SimulatedFeed {
    market: Arc<SimulatedMarket>,
    clock: Arc<dyn Clock>,
    speed: Speed,
    /// The simulated instant at which the feed began, and the clock's.
    start: Timestamp,
    began: Timestamp,
    /// The base bar that is made next.
    index: i64,
    walks: Vec<Walk>,
    queue: VecDeque<MarketEvent>,
}

/// How far one instrument was told.
struct Walk {
    /// The path's next bar.
    cursor: Cursor,
    /// The close of the last bar that was told.
    told: Timestamp,
    halted: bool,
}

impl SimulatedFeed {
    /// A feed of what happens from `start` on; what closed until then is history. With real time
    /// `start` is the clock's now, else simulated and real time have nothing in common.
    ///
    /// # Errors
    /// [`SimulatedError::BeforeBeginning`].
    pub fn new(
        market: Arc<SimulatedMarket>,
        clock: Arc<dyn Clock>,
        start: Timestamp,
        speed: Speed,
    ) -> Result<Self, SimulatedError> {
        if start < BEGINNING {
            return Err(SimulatedError::BeforeBeginning(start));
        }
        let index = base_index(start);
        let walk = |path| {
            let (cursor, told) = (Cursor::new(path, index), BASE.bucket_open(start));
            Walk { cursor, told, halted: false }
        };
        let walks = market.listings.iter().map(|listing| walk(&listing.path)).collect();
        let began = clock.now();
        let queue = VecDeque::new();
        Ok(Self { market, clock, speed, start, began, index, walks, queue })
    }

    /// Makes the trades and bars of the next five seconds; false when there are no such instants.
    fn refill(&mut self) -> bool {
        let open = BEGINNING.saturating_add_nanos(self.index.saturating_mul(BASE_NS));
        if open.nanos() > i64::MAX - BASE_NS {
            return false;
        }
        let close = BASE.close_of(open);
        let mut bars = Vec::with_capacity(self.walks.len());
        let mut trades = Vec::with_capacity(8 * self.walks.len());
        for (listing, walk) in self.market.listings.iter().zip(&mut self.walks) {
            let raw = walk.cursor.next(&listing.path);
            let symbol = listing.instrument.symbol;
            let halted = listing.halts.covers(self.index);
            if std::mem::replace(&mut walk.halted, halted) != halted {
                let status = if halted { MarketStatus::Halted } else { MarketStatus::Open };
                self.queue.push_back(MarketEvent::Status { symbol, at: open, status });
            }
            if halted {
                continue;
            }
            for tick in ticks::ticks(&listing.path, self.index, &raw) {
                let at = open.saturating_add_nanos(tick.millis * 1_000_000);
                let (price, quantity) = (listing.price(tick.price), listing.quantity(tick.lots));
                trades.push(MarketEvent::Tick { symbol, at, price, quantity });
            }
            let bar = listing.bar(close, &raw);
            bars.push(MarketEvent::Bar { symbol, timeframe: BASE, bar });
        }
        trades.sort_by_key(instant);
        self.queue.extend(trades);
        self.queue.extend(bars);
        self.index += 1;
        true
    }

    /// How long until `at`, by the clock; zero when it is here.
    fn ahead(&self, at: Timestamp) -> Duration {
        let Speed::Times(times) = self.speed else {
            return Duration::ZERO;
        };
        let times = i64::from(times.get());
        let passed = self.clock.now().nanos_since(self.began).saturating_mul(times);
        let ahead = at.nanos_since(self.start).saturating_sub(passed);
        let nanos = u64::try_from(ahead).unwrap_or(0);
        Duration::from_nanos(nanos.div_ceil(times.unsigned_abs()))
    }

    /// Notes that a bar has been told, so that history may give it.
    fn note(&mut self, symbol: Symbol, bar: &Bar) {
        let listings = self.market.listings.iter();
        for (listing, walk) in listings.zip(&mut self.walks) {
            if listing.instrument.symbol == symbol {
                walk.told = bar.close_time;
            }
        }
    }

    fn told(&self, symbol: Symbol) -> Option<Timestamp> {
        let listings = self.market.listings.iter();
        let mut told = listings.zip(&self.walks).filter_map(|(listing, walk)| {
            (listing.instrument.symbol == symbol).then_some(walk.told)
        });
        told.next()
    }
}

impl Feed for SimulatedFeed {
    /// As [`Feed::next`]; never an error, and the end only where time itself ends, in 2262.
    async fn next(&mut self) -> Result<Option<MarketEvent>, FeedError> {
        // While everything is halted there is nothing to tell.
        while self.queue.is_empty() {
            if !self.refill() {
                return Ok(None);
            }
        }
        let due = self.queue.front().map(instant);
        while let Some(ahead) = due.map(|at| self.ahead(at)).filter(|ahead| !ahead.is_zero()) {
            tokio::time::sleep(ahead).await;
        }
        // At full speed nothing ever waits, so that the other tasks of this thread need a turn.
        tokio::task::coop::consume_budget().await;
        let event = self.queue.pop_front();
        if let Some(MarketEvent::Bar { symbol, bar, .. }) = &event {
            self.note(*symbol, bar);
        }
        Ok(event)
    }

    /// As [`Feed::history`], and never what [`Self::next`] has still to tell. Long windows are
    /// best asked for in pieces: bars that nobody needs at once need not be in memory at once.
    fn history(
        &self,
        symbol: Symbol,
        timeframe: Timeframe,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Future<Output = Result<Vec<Bar>, FeedError>> + Send + 'static + use<> {
        let (market, told) = (Arc::clone(&self.market), self.told(symbol));
        async move {
            let Some(told) = told else { return Ok(Vec::new()) };
            let make = move || market.history(symbol, timeframe, from, to.min(told));
            let bars = tokio::task::spawn_blocking(make).await;
            bars.map_err(|error| FeedError::Unavailable(error.to_string()))
        }
    }
}

impl fmt::Debug for SimulatedFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { speed, start, index, .. } = self;
        let mut shown = f.debug_struct("SimulatedFeed");
        shown.field("speed", speed).field("start", start).field("index", index);
        shown.finish_non_exhaustive()
    }
}

const fn instant(event: &MarketEvent) -> Timestamp {
    match event {
        MarketEvent::Tick { at, .. } | MarketEvent::Status { at, .. } => *at,
        MarketEvent::Bar { bar, .. } => bar.close_time,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::super::sim_instruments;
    use super::*;

    /// Goes as tokio's paused time goes, with an offset that a test may change.
    struct TestClock {
        epoch: Timestamp,
        started: tokio::time::Instant,
        offset_ns: Mutex<i64>,
    }

    impl Clock for TestClock {
        fn now(&self) -> Timestamp {
            let passed = self.started.elapsed().as_nanos() as i64;
            self.epoch.saturating_add_nanos(passed + *self.offset_ns.lock().unwrap())
        }
    }

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn clock(epoch: &str) -> Arc<TestClock> {
        let started = tokio::time::Instant::now();
        Arc::new(TestClock { epoch: at(epoch), started, offset_ns: Mutex::new(0) })
    }

    fn feed(clock: &Arc<TestClock>, speed: Speed) -> SimulatedFeed {
        let market = Arc::new(SimulatedMarket::new(7, &sim_instruments()[..3]).unwrap());
        let start = clock.now();
        SimulatedFeed::new(market, Arc::clone(clock) as _, start, speed).unwrap()
    }

    fn times(factor: u32) -> Speed {
        Speed::Times(NonZeroU32::new(factor).unwrap())
    }

    async fn take(feed: &mut SimulatedFeed, count: usize) -> Vec<MarketEvent> {
        let mut events = Vec::new();
        for _ in 0..count {
            events.push(feed.next().await.unwrap().unwrap());
        }
        events
    }

    #[tokio::test(start_paused = true)]
    async fn bars_are_the_sum_of_their_ticks_and_come_in_order() {
        let clock = clock("2020-03-01T12:00:02Z");
        let events = take(&mut feed(&clock, Speed::Max), 30_000).await;
        assert!(events.windows(2).all(|pair| instant(&pair[0]) <= instant(&pair[1])));
        let symbols: Vec<Symbol> =
            sim_instruments()[..3].iter().map(|each| each.instrument.symbol).collect();
        for symbol in symbols {
            let mut forming: Option<Bar> = None;
            let mut bars = 0;
            let mut last = at("2020-03-01T12:00:00Z");
            for event in &events {
                match *event {
                    MarketEvent::Tick { symbol: of, at, price, quantity } if of == symbol => {
                        assert!(at > last && !quantity.is_zero());
                        let tick = Bar::tick(at, price, quantity);
                        forming = Some(forming.map_or(tick, |bar| Bar {
                            high: bar.high.max(price),
                            low: bar.low.min(price),
                            close: price,
                            volume: bar.volume.checked_add(quantity).unwrap(),
                            ..bar
                        }));
                    }
                    MarketEvent::Bar { symbol: of, timeframe, bar } if of == symbol => {
                        assert_eq!(timeframe, BASE);
                        assert_eq!(bar.close_time, BASE.close_of(last));
                        let summed = forming.take().unwrap();
                        assert_eq!(Bar { close_time: bar.close_time, ..summed }, bar);
                        (last, bars) = (bar.close_time, bars + 1);
                    }
                    _ => {}
                }
            }
            assert!(bars > 1_000, "{bars} bars of {symbol}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn history_joins_the_stream_without_gap_or_overlap() {
        let clock = clock("2020-02-01T00:00:03Z");
        let mut feed = feed(&clock, Speed::Max);
        let symbol = sim_instruments()[1].instrument.symbol;
        let midnight = at("2020-02-01T00:00:00Z");
        let mut streamed = Vec::new();
        for taken in 0..400 {
            if let MarketEvent::Bar { symbol: of, bar, .. } = take(&mut feed, 1).await[0]
                && of == symbol
            {
                streamed.push(bar);
            }
            if taken % 7 == 0 {
                let late = at("2021-01-01");
                let past = feed.history(symbol, BASE, midnight, late).await.unwrap();
                assert_eq!(past, streamed, "after {taken} events");
            }
        }
        let early = at("2020-01-31T23:00:00Z");
        let before = feed.history(symbol, BASE, early, midnight).await.unwrap();
        assert_eq!(before.len(), 720);
        assert_eq!(BASE.close_of(before[719].close_time), streamed[0].close_time);
        let minute = feed.history(symbol, Timeframe::M1, early, at("2021-01-01")).await.unwrap();
        let closed = streamed[streamed.len() - 1].close_time;
        let last = minute[minute.len() - 1].close_time;
        assert!(last <= closed && Timeframe::M1.close_of(last) > closed);
        let unknown = feed.history("NONE".parse().unwrap(), BASE, early, midnight).await;
        assert_eq!(unknown, Ok(Vec::new()));
    }

    #[tokio::test(start_paused = true)]
    async fn events_come_when_the_clock_says_so() {
        for factor in [1, 60] {
            let clock = clock("2020-02-01T00:00:00Z");
            let mut feed = feed(&clock, times(factor));
            for _ in 0..300 {
                let event = feed.next().await.unwrap().unwrap();
                let passed = clock.now().nanos_since(feed.began) * i64::from(factor);
                let due = instant(&event).nanos_since(feed.start);
                // Tokio's timers count in milliseconds.
                let late = passed - due;
                assert!((0..=2_000_000 * i64::from(factor)).contains(&late), "{late} ns late");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_jumps_is_followed() {
        let clock = clock("2020-02-01T00:00:00Z");
        let mut feed = feed(&clock, times(1));
        *clock.offset_ns.lock().unwrap() = 3_600_000_000_000;
        let before = tokio::time::Instant::now();
        let mut bars = 0;
        while bars < 720 * 3 {
            bars += usize::from(matches!(feed.next().await, Ok(Some(MarketEvent::Bar { .. }))));
        }
        assert_eq!(before.elapsed(), Duration::ZERO, "an hour was missed and is told at once");
        *clock.offset_ns.lock().unwrap() = 3_590_000_000_000;
        feed.next().await.unwrap();
        assert!(before.elapsed() >= Duration::from_secs(10), "set back by ten seconds");
    }

    #[tokio::test(start_paused = true)]
    async fn the_market_ends_where_time_ends() {
        let last = Timestamp::from_nanos(i64::MAX);
        let clock = clock(&last.saturating_add_nanos(-4 * BASE_NS).to_string());
        let mut feed = feed(&clock, Speed::Max);
        let mut closes = Vec::new();
        while let Some(event) = feed.next().await.unwrap() {
            if let MarketEvent::Bar { bar, .. } = event {
                closes.push(bar.close_time);
            }
        }
        closes.dedup();
        assert_eq!(closes.len(), 4);
        assert!(closes.is_sorted() && closes[3] <= last);
        assert_eq!(feed.next().await, Ok(None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_given_up_loses_nothing() {
        let clock = clock("2020-02-01T00:00:00Z");
        let (mut patient, mut hasty) = (feed(&clock, times(1)), feed(&clock, times(1)));
        let expected = take(&mut patient, 40).await;
        let clock = self::clock("2020-02-01T00:00:00Z");
        hasty.clock = Arc::clone(&clock) as _;
        let mut events = Vec::new();
        while events.len() < 40 {
            let wait = tokio::time::timeout(Duration::from_millis(50), hasty.next());
            if let Ok(event) = wait.await {
                events.push(event.unwrap().unwrap());
            }
        }
        assert_eq!(events, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_halt_is_told_before_it_and_nothing_trades_in_it() {
        let clock = clock("2020-03-01T00:00:00Z");
        let instruments = sim_instruments()[..2].to_vec().into_iter();
        let instruments: Vec<_> = instruments
            .map(|listed| super::super::SimulatedInstrument { halts_per_day: 90, ..listed })
            .collect();
        let market = Arc::new(SimulatedMarket::new(7, &instruments).unwrap());
        let symbols: Vec<Symbol> = market.instruments().map(|it| it.symbol).collect();
        let history = |symbol, from, to| market.history(symbol, BASE, from, to).len();
        let start = clock.now();
        let mut feed =
            SimulatedFeed::new(Arc::clone(&market), Arc::clone(&clock) as _, start, Speed::Max)
                .unwrap();
        let mut halted_since = std::collections::BTreeMap::new();
        let mut halts = 0;
        for event in take(&mut feed, 200_000).await {
            match event {
                MarketEvent::Status { symbol, at, status: MarketStatus::Halted } => {
                    assert_eq!(halted_since.insert(symbol, at), None);
                }
                MarketEvent::Status { symbol, at, .. } => {
                    let since = halted_since.remove(&symbol).unwrap();
                    assert_eq!(history(symbol, since, at), 0);
                    halts += 1;
                }
                MarketEvent::Tick { symbol, .. } | MarketEvent::Bar { symbol, .. } => {
                    assert!(!halted_since.contains_key(&symbol));
                }
            }
        }
        assert!(halts > 20, "{halts} halts of {symbols:?}");
    }

    #[tokio::test]
    async fn a_market_is_not_followed_from_before_it_began() {
        let market = Arc::new(SimulatedMarket::new(7, &sim_instruments()).unwrap());
        let clock = clock("2019-12-31T23:59:59Z");
        let now = clock.now();
        let refused = SimulatedFeed::new(market, clock, now, Speed::Max);
        assert_eq!(refused.unwrap_err(), SimulatedError::BeforeBeginning(now));
    }
}
