//! The bars of all files as one stream in order of their closes.
//!
//! Files are read block by block, so that memory does not grow with them, and the time that reading
//! takes is counted apart: the speed of a run is that of the engine. A bad row ends the stream; the
//! caller asks for the error before it uses anything of the run.

use std::time::{Duration, Instant};

use ballast_backtest::report::{PricePoint, PriceSeries};
use ballast_domain::{Bar, Symbol, Timeframe};
use ballast_engine::market::number::float_of;

use crate::cli::CliError;
use crate::cli::bars::BarFile;
use crate::cli::terminal::Progress;

/// Bars that are read at once: few enough to stay in a processor's cache.
const BLOCK: usize = 16_384;

/// All files, merged.
#[derive(Debug)]
pub(super) struct BarStream {
    sources: Vec<Source>,
    reading: Duration,
    progress: Progress,
    error: Option<CliError>,
}

#[derive(Debug)]
struct Source {
    symbol: Symbol,
    file: BarFile,
    block: Vec<Bar>,
    next: usize,
    /// Closing prices for the report, when one is wanted.
    prices: Option<Vec<PricePoint>>,
}

impl BarStream {
    /// The bars of `files`, each of its symbol; with `keep_prices` their closes are kept.
    pub(super) fn new(files: Vec<(Symbol, BarFile)>, keep_prices: bool) -> Self {
        let source = |(symbol, file)| Source {
            symbol,
            file,
            block: Vec::new(),
            next: 0,
            prices: keep_prices.then(Vec::new),
        };
        let sources: Vec<Source> = files.into_iter().map(source).collect();
        let sizes = sources.iter().map(|source| source.file.size());
        let progress = Progress::new(sizes.sum());
        Self { sources, reading: Duration::ZERO, progress, error: None }
    }

    /// What stopped the stream before the files' ends.
    pub(super) fn error(&mut self) -> Option<CliError> {
        self.progress.clear();
        self.error.take()
    }

    /// How long reading has taken.
    pub(super) const fn reading(&self) -> Duration {
        self.reading
    }

    pub(super) fn bars(&self) -> u64 {
        self.sources.iter().map(|source| source.file.bars()).sum()
    }

    pub(super) fn missing_bars(&self) -> u64 {
        self.sources.iter().map(|source| source.file.missing_bars()).sum()
    }

    /// Whether every file says its volume.
    pub(super) fn all_have_volume(&self) -> bool {
        self.sources.iter().all(|source| source.file.has_volume())
    }

    /// Whether all are files, which give the same bars again.
    pub(super) fn can_be_read_again(&self) -> bool {
        self.sources.iter().all(|source| source.file.size().is_some())
    }

    /// A sentence for each file whose bars do not look like `timeframe`.
    pub(super) fn wrong_timeframes(&self, timeframe: Timeframe) -> Vec<String> {
        let wrong = self.sources.iter().map(|source| source.file.wrong_timeframe(timeframe));
        wrong.flatten().collect()
    }

    /// Each file with its symbol, for a person.
    pub(super) fn names(&self) -> String {
        let name =
            |source: &Source| format!("{} ({})", source.file.path().display(), source.symbol);
        self.sources.iter().map(name).collect::<Vec<_>>().join(", ")
    }

    /// Says so when some file ends before another begins.
    pub(super) fn apart(&self) -> Option<String> {
        let span = |source: &Source| Some((source.symbol, source.file.span()?));
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

    /// Reads the next block of a source that has none left; false at the file's end.
    #[cold]
    fn refill(&mut self, place: usize) -> bool {
        if self.error.is_some() {
            return false;
        }
        let started = Instant::now();
        let source = &mut self.sources[place];
        source.next = 0;
        source.block.clear();
        for bar in source.file.by_ref().take(BLOCK) {
            match bar {
                Ok(bar) => source.block.push(bar),
                Err(error) => {
                    source.block.clear();
                    self.error = Some(error);
                    break;
                }
            }
        }
        if let Some(prices) = &mut source.prices {
            prices.extend(source.block.iter().map(|bar| PricePoint {
                close_time: bar.close_time,
                close: float_of(bar.close.get()),
            }));
        }
        let filled = !source.block.is_empty();
        let read = self.sources.iter().map(|source| source.file.bytes_read()).sum();
        self.progress.show(read);
        self.reading += started.elapsed();
        filled
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
        earliest.map(|(place, _)| place).filter(|_| self.error.is_none())
    }
}

impl Iterator for BarStream {
    type Item = (Symbol, Bar);

    fn next(&mut self) -> Option<Self::Item> {
        let place = if self.sources.len() == 1 {
            let source = &self.sources[0];
            (source.next < source.block.len() || self.refill(0)).then_some(0)?
        } else {
            self.earliest()?
        };
        let source = &mut self.sources[place];
        let bar = source.block[source.next];
        source.next += 1;
        Some((source.symbol, bar))
    }
}
