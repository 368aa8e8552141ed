//! The bars of all symbols as one stream in order of their closes.
//!
//! Files are read block by block, so that memory does not grow with them, and the time that reading
//! takes is counted apart: the speed of a run is that of the engine. A bad row ends the stream, and
//! so does a watcher who has had enough; the caller asks why before it uses anything of the run.

use std::fmt;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use ballast_backtest::report::{PricePoint, PriceSeries};
use ballast_domain::{Bar, Symbol, Timeframe, Timestamp};
use ballast_engine::market::number::float_of;

use super::bars::{BarFile, Bars, BarsError, History};
use super::range::TimeRange;

/// Bars that are read at once: few enough to stay in a processor's cache.
const BLOCK: usize = 16_384;
/// Bars between two looks at the clock: few enough that a slow strategy is stopped in time.
const WATCHED: u32 = 256;

/// Is told every few bars how much is done, and of how much when that is known; says whether to go
/// on.
pub(crate) type Watcher<'w> = Box<dyn FnMut(u64, Option<u64>) -> ControlFlow<()> + 'w>;

/// All symbols, merged.
pub(crate) struct BarStream<'w> {
    sources: Vec<Source>,
    timeframe: Timeframe,
    range: TimeRange,
    reading: Duration,
    total: Option<u64>,
    unwatched: u32,
    watcher: Watcher<'w>,
    /// Bars that are read at most.
    most: u64,
    ended: Option<Ending>,
}

/// Why a stream ended before its bars did.
#[derive(Debug)]
pub(super) enum Ending {
    /// A file cannot be read on.
    Bars(BarsError),
    /// The watcher did not want to go on.
    Stopped,
    /// There are more bars than this.
    TooMany(u64),
}

#[derive(Debug)]
struct Source {
    symbol: Symbol,
    bars: Bars,
    block: Vec<Bar>,
    next: usize,
    /// Bars within the range that were read, and that were given.
    read: u64,
    given: u64,
    span: Option<(Timestamp, Timestamp)>,
    /// What was missing before the first bar within the range, and at the last.
    missing: (u64, u64),
    /// Closing prices for the report, when one is wanted.
    prices: Option<Vec<PricePoint>>,
}

impl<'w> BarStream<'w> {
    /// No bars yet, of `timeframe` within `range`.
    pub(crate) fn new(timeframe: Timeframe, range: TimeRange, watcher: Watcher<'w>) -> Self {
        Self {
            sources: Vec::new(),
            timeframe,
            range,
            reading: Duration::ZERO,
            total: Some(0),
            unwatched: 0,
            watcher,
            most: u64::MAX,
            ended: None,
        }
    }

    /// The same, which more than `most` bars end.
    pub(super) fn at_most(self, most: u64) -> Self {
        Self { most, ..self }
    }

    /// Adds the bars of a file.
    pub(crate) fn add_file(&mut self, symbol: Symbol, file: BarFile) {
        self.add(symbol, Bars::File(Box::new(file)));
    }

    /// Adds bars that are in memory.
    pub(super) fn add_history(&mut self, symbol: Symbol, history: History) {
        self.add(symbol, Bars::History(history));
    }

    fn add(&mut self, symbol: Symbol, bars: Bars) {
        self.total = self.total.zip(bars.size()).map(|(total, size)| total + size);
        self.sources.push(Source {
            symbol,
            bars,
            block: Vec::new(),
            next: 0,
            read: 0,
            given: 0,
            span: None,
            missing: (0, 0),
            prices: None,
        });
    }

    /// From now on the closes are kept.
    pub(super) fn keep_prices(&mut self) {
        self.sources.iter_mut().for_each(|source| source.prices = Some(Vec::new()));
    }

    /// What stopped the stream before its end.
    pub(super) const fn take_ending(&mut self) -> Option<Ending> {
        self.ended.take()
    }

    /// How long reading has taken.
    pub(super) const fn reading(&self) -> Duration {
        self.reading
    }

    pub(super) fn bars(&self) -> u64 {
        self.sources.iter().map(|source| source.read).sum()
    }

    pub(super) fn missing_bars(&self) -> u64 {
        self.sources.iter().map(|source| source.missing.1 - source.missing.0).sum()
    }

    /// Whether every symbol has its volume.
    pub(super) fn all_have_volume(&self) -> bool {
        self.sources.iter().all(|source| source.bars.has_volume())
    }

    /// Whether all give the same bars again.
    pub(super) const fn can_be_read_again(&self) -> bool {
        self.total.is_some()
    }

    /// A sentence for each file whose bars do not look like the timeframe.
    pub(super) fn wrong_timeframes(&self) -> Vec<String> {
        let wrong = self.sources.iter().map(|source| source.bars.wrong_timeframe(self.timeframe));
        wrong.flatten().collect()
    }

    /// Where the bars are from, each with its symbol, for a person.
    pub(super) fn names(&self) -> String {
        let name = |source: &Source| format!("{} ({})", source.bars.name(), source.symbol);
        self.sources.iter().map(name).collect::<Vec<_>>().join(", ")
    }

    /// Says so when some bars end before others begin.
    pub(super) fn apart(&self) -> Option<String> {
        let span = |source: &Source| Some((source.symbol, source.span?));
        let spans = || self.sources.iter().filter_map(span);
        let (early, (_, end)) = spans().min_by_key(|(_, (_, last))| *last)?;
        let (late, (start, _)) = spans().max_by_key(|(_, (first, _))| *first)?;
        (end < start).then(|| {
            format!(
                "The files have no time in common: the last bar of {early} closes at {end}, the \
                 first of {late} at {start}."
            )
        })
    }

    /// The closes, where they were kept; they are given once.
    pub(super) fn take_prices(&mut self) -> Vec<PriceSeries> {
        let series = |source: &mut Source| {
            let symbol = source.symbol.to_string();
            source.prices.take().map(|points| PriceSeries { symbol, points })
        };
        self.sources.iter_mut().filter_map(series).collect()
    }

    /// Counts a bar that was read or given; false when the watcher has had enough.
    fn goes_on(&mut self) -> bool {
        self.unwatched += 1;
        if self.unwatched < WATCHED {
            return true;
        }
        self.unwatched = 0;
        let done = self.sources.iter().map(Source::done).sum();
        let goes_on = (self.watcher)(done, self.total).is_continue();
        if !goes_on {
            self.ended = Some(Ending::Stopped);
        }
        goes_on
    }

    /// Reads the next block of a source that has none left; false at its end.
    #[cold]
    fn refill(&mut self, place: usize) -> bool {
        if self.ended.is_some() {
            return false;
        }
        let started = Instant::now();
        let source = &mut self.sources[place];
        source.next = 0;
        source.block.clear();
        while self.sources[place].block.len() < BLOCK {
            let source = &mut self.sources[place];
            match source.bars.next() {
                None => break,
                Some(Ok(bar)) => source.take(bar, self.timeframe, self.range),
                Some(Err(error)) => self.ended = Some(Ending::Bars(error)),
            }
            if self.unwatched == 0 && self.bars() > self.most {
                self.ended = Some(Ending::TooMany(self.most));
            }
            if self.ended.is_some() || !self.goes_on() {
                self.sources[place].block.clear();
                break;
            }
        }
        self.reading += started.elapsed();
        !self.sources[place].block.is_empty()
    }

    /// The source whose next bar closes first, the first one of several.
    fn earliest(&mut self) -> Option<usize> {
        let mut earliest = None;
        for place in 0..self.sources.len() {
            let source = &self.sources[place];
            if source.next == source.block.len() && !self.refill(place) {
                continue;
            }
            let source = &self.sources[place];
            let close = source.block[source.next].close_time;
            if earliest.is_none_or(|(_, first)| close < first) {
                earliest = Some((place, close));
            }
        }
        earliest.map(|(place, _)| place).filter(|_| self.ended.is_none())
    }
}

impl Source {
    /// Puts a bar to the block, when it lies within the range.
    fn take(&mut self, bar: Bar, timeframe: Timeframe, range: TimeRange) {
        let close = bar.close_time;
        if !range.holds(timeframe, close) {
            return;
        }
        let missing = self.bars.missing_bars();
        self.missing = (if self.read == 0 { missing } else { self.missing.0 }, missing);
        self.span = Some((self.span.map_or(close, |(first, _)| first), close));
        self.read += 1;
        self.block.push(bar);
        if let Some(prices) = &mut self.prices {
            prices.push(PricePoint { close_time: close, close: float_of(bar.close.get()) });
        }
    }

    /// How much of the source was played: what was read, without what waits in the block.
    fn done(&self) -> u64 {
        let played = u128::from(self.bars.read()) * u128::from(self.given);
        let played = played.checked_div(u128::from(self.read)).unwrap_or_default();
        u64::try_from(played).unwrap_or(u64::MAX)
    }
}

impl Iterator for BarStream<'_> {
    type Item = (Symbol, Bar);

    fn next(&mut self) -> Option<Self::Item> {
        let place = if self.sources.len() == 1 {
            let source = &self.sources[0];
            (source.next < source.block.len() || self.refill(0)).then_some(0)?
        } else {
            self.earliest()?
        };
        if !self.goes_on() {
            return None;
        }
        let source = &mut self.sources[place];
        let bar = source.block[source.next];
        source.next += 1;
        source.given += 1;
        Some((source.symbol, bar))
    }
}

impl fmt::Debug for BarStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarStream").field("sources", &self.sources).finish_non_exhaustive()
    }
}
