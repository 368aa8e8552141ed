//! Files of bars as a feed: a market of the past, told again as fast as it is asked for.
//!
//! Bars of all files come in order of their close; at equal closes the longer timeframe first,
//! then the files in the order they were given. Nothing waits for a clock. Every file is read
//! through once before the first bar is told, so that a bad line is an error at the start and not
//! in the middle of a run.
//!
//! Files are read in place, with blocking reads of a buffer at a time; none is held in memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::path::PathBuf;

use ballast_domain::{Bar, Symbol, Timeframe, Timestamp};
use ballast_engine::ports::{Feed, FeedError, MarketEvent};
use thiserror::Error;

use crate::csv::{self, BarReader, CsvError, CsvOptions, Stamped};

/// A file of one instrument's bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayFile {
    /// The instrument.
    pub symbol: Symbol,
    /// Where the file is.
    pub path: PathBuf,
    /// The interval one bar spans.
    pub timeframe: Timeframe,
    /// Which end of it the times in the file name.
    pub stamped: Stamped,
}

/// Why a replay cannot start.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// Nothing to tell.
    #[error("a replay needs at least one file of bars")]
    NoFile,
    /// Two files claim the same bars.
    #[error("{symbol} {timeframe} is given by two files; keep one of them")]
    Repeated {
        /// The instrument.
        symbol: Symbol,
        /// The interval.
        timeframe: Timeframe,
    },
    /// A file is not what it should be.
    #[error("{}: {error}", path.display())]
    Csv {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        error: CsvError,
    },
}

/// The feed.
#[derive(Debug)]
pub struct CsvFeed {
    sources: Vec<Source>,
    /// The next bar's place in the order, for every source that has one.
    order: BinaryHeap<Reverse<Place>>,
    missing_bars: u64,
}

type Place = (Timestamp, Reverse<Timeframe>, usize);

#[derive(Debug)]
struct Source {
    file: ReplayFile,
    reader: BarReader<File>,
    next: Option<Bar>,
    last_close: Timestamp,
    longer_timeframe: Option<Timeframe>,
}

/// What a file is like as a whole.
#[derive(Debug)]
pub struct CheckedFile<'a> {
    /// The file.
    pub file: &'a ReplayFile,
    /// The close of its last bar.
    pub last_close: Timestamp,
    /// See [`BarReader::longer_timeframe`].
    pub longer_timeframe: Option<Timeframe>,
}

impl CsvFeed {
    /// Checks all `files` and prepares to tell what closes after `start`; what closed until then
    /// is history. This reads the files: call it where blocking is allowed.
    ///
    /// # Errors
    /// [`ReplayError`], naming the file.
    pub fn open(files: Vec<ReplayFile>, start: Timestamp) -> Result<Self, ReplayError> {
        if files.is_empty() {
            return Err(ReplayError::NoFile);
        }
        let mut feed = Self { sources: Vec::new(), order: BinaryHeap::new(), missing_bars: 0 };
        for file in files {
            let ReplayFile { symbol, timeframe, .. } = file;
            if feed.sources.iter().any(|other| other.file.gives(symbol, timeframe)) {
                return Err(ReplayError::Repeated { symbol, timeframe });
            }
            let path = file.path.clone();
            feed.add(file, start).map_err(|error| ReplayError::Csv { path, error })?;
        }
        Ok(feed)
    }

    /// How many bars the files lack; see [`csv::Series::missing_bars`].
    #[must_use]
    pub const fn missing_bars(&self) -> u64 {
        self.missing_bars
    }

    /// The files as they were found to be.
    pub fn files(&self) -> impl Iterator<Item = CheckedFile<'_>> {
        self.sources.iter().map(|source| {
            let Source { file, last_close, longer_timeframe, .. } = source;
            CheckedFile { file, last_close: *last_close, longer_timeframe: *longer_timeframe }
        })
    }

    fn add(&mut self, file: ReplayFile, start: Timestamp) -> Result<(), CsvError> {
        let mut check = file.bars()?;
        let closes = check.try_fold(Timestamp::MIN, |_, bar| bar.map(|bar| bar.close_time));
        let (last_close, longer_timeframe) = (closes?, check.longer_timeframe());
        self.missing_bars += check.missing_bars();
        let mut reader = file.bars()?;
        let next = reader.find(|bar| !matches!(bar, Ok(bar) if bar.close_time <= start));
        let next = next.transpose()?;
        self.sources.push(Source { file, reader, next, last_close, longer_timeframe });
        self.queue(self.sources.len() - 1);
        Ok(())
    }

    fn queue(&mut self, index: usize) {
        let source = &self.sources[index];
        if let Some(bar) = source.next {
            self.order.push(Reverse((bar.close_time, Reverse(source.file.timeframe), index)));
        }
    }

    fn advance(&mut self) -> Result<Option<MarketEvent>, FeedError> {
        let Some(Reverse((_, _, index))) = self.order.pop() else {
            return Ok(None);
        };
        let source = &mut self.sources[index];
        let following = source.reader.next().transpose();
        let following = following.map_err(|error| source.file.refusal(&error))?;
        let ReplayFile { symbol, timeframe, .. } = source.file;
        let told = std::mem::replace(&mut source.next, following);
        self.queue(index);
        Ok(told.map(|bar| MarketEvent::Bar { symbol, timeframe, bar }))
    }

    /// The file whose bars are those of `timeframe` or, failing that, the longest it holds whole.
    fn source_of(&self, symbol: Symbol, timeframe: Timeframe) -> Option<&Source> {
        let fitting = self
            .sources
            .iter()
            .filter(|source| source.file.symbol == symbol && source.file.timeframe <= timeframe);
        fitting.max_by_key(|source| source.file.timeframe)
    }
}

impl Feed for CsvFeed {
    /// As [`Feed::next`]; a file that was changed since it was checked ends the whole feed.
    async fn next(&mut self) -> Result<Option<MarketEvent>, FeedError> {
        // A file never makes its reader wait, so that the other tasks of this thread need a turn.
        tokio::task::coop::consume_budget().await;
        self.advance().inspect_err(|_| self.order.clear())
    }

    /// As [`Feed::history`], and never what [`Self::next`] has still to tell. Longer timeframes
    /// than a file has are made from it; for shorter ones there is nothing.
    fn history(
        &self,
        symbol: Symbol,
        timeframe: Timeframe,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Future<Output = Result<Vec<Bar>, FeedError>> + Send + 'static + use<> {
        let source = self.source_of(symbol, timeframe).map(|source| {
            let told = source.next.map(|bar| bar.close_time.saturating_add_nanos(-1));
            (source.file.clone(), told.map_or(to, |told| told.min(to)))
        });
        async move {
            let Some((file, to)) = source else { return Ok(Vec::new()) };
            let read = move || {
                let bars = history(&file, timeframe, from, to);
                bars.map_err(|error| file.refusal(&error))
            };
            let bars = tokio::task::spawn_blocking(read).await;
            bars.map_err(|error| FeedError::Unavailable(error.to_string()))?
        }
    }
}

impl ReplayFile {
    /// Bars of the instrument with `from < close_time <= to`, made from the file's when it has
    /// shorter ones; none when it has longer ones.
    ///
    /// # Errors
    /// [`CsvError`], with line and column.
    pub fn history(
        &self,
        timeframe: Timeframe,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Bar>, CsvError> {
        match timeframe < self.timeframe {
            true => Ok(Vec::new()),
            false => history(self, timeframe, from, to),
        }
    }

    fn refusal(&self, error: &CsvError) -> FeedError {
        FeedError::Refused(format!("{}: {error}", self.path.display()))
    }

    fn gives(&self, symbol: Symbol, timeframe: Timeframe) -> bool {
        self.symbol == symbol && self.timeframe == timeframe
    }

    fn bars(&self) -> Result<BarReader<File>, CsvError> {
        let options = CsvOptions { timeframe: self.timeframe, stamped: self.stamped };
        csv::open_bars(&self.path, options)
    }
}

fn history(
    file: &ReplayFile,
    timeframe: Timeframe,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Bar>, CsvError> {
    let mut found = Vec::new();
    let mut keep = |bar: Bar| {
        if from < bar.close_time && bar.close_time <= to {
            found.push(bar);
        }
    };
    let mut forming: Option<Bar> = None;
    for bar in file.bars()? {
        let bar = bar?;
        let late = bar.close_time > to;
        if file.timeframe == timeframe {
            if late {
                break;
            }
            keep(bar);
            continue;
        }
        let open = timeframe.bucket_open(file.timeframe.open_of(bar.close_time));
        let close_time = timeframe.close_of(open);
        match &mut forming {
            Some(longer) if longer.close_time == close_time && late => forming = None,
            Some(longer) if longer.close_time == close_time => extend(longer, &bar),
            _ if late => {}
            _ => {
                let closed = forming.replace(Bar { close_time, ..bar });
                closed.into_iter().for_each(&mut keep);
            }
        }
        if late {
            break;
        }
    }
    forming.into_iter().for_each(&mut keep);
    Ok(found)
}

/// Adds what followed to a longer bar.
fn extend(longer: &mut Bar, bar: &Bar) {
    longer.high = longer.high.max(bar.high);
    longer.low = longer.low.min(bar.low);
    longer.close = bar.close;
    longer.volume = longer.volume.checked_add(bar.volume).unwrap_or(longer.volume);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir();
            let path = path.join(format!("ballast-replay-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn file(&self, symbol: &str, timeframe: Timeframe, rows: &str) -> ReplayFile {
            let path = self.0.join(format!("{symbol}-{timeframe}.csv"));
            std::fs::write(&path, format!("time,open,high,low,close,volume\n{rows}")).unwrap();
            let symbol = symbol.parse().unwrap();
            ReplayFile { symbol, path, timeframe, stamped: Stamped::Open }
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    /// Minutes of 2024-05-17 from `first` to `last`, each with its number as its price.
    fn minutes(first: u32, last: u32) -> String {
        let row = |minute| {
            let (hour, minute, price) = (minute / 60, minute % 60, minute + 1);
            format!("2024-05-17 {hour:02}:{minute:02}:00,{price},{price},{price},{price},2\n")
        };
        (first..=last).map(row).collect()
    }

    fn at(time: &str) -> Timestamp {
        format!("2024-05-17T{time}:00Z").parse().unwrap()
    }

    async fn told(feed: &mut CsvFeed) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(MarketEvent::Bar { symbol, timeframe, bar }) = feed.next().await.unwrap() {
            let close = bar.close_time.to_string();
            told.push(format!("{} {symbol} {timeframe} {}", &close[11..16], bar.close));
        }
        told
    }

    async fn past(feed: &mut CsvFeed, timeframe: Timeframe, from: &str, to: &str) -> Vec<Bar> {
        let symbol = "AAA".parse().unwrap();
        feed.history(symbol, timeframe, at(from), at(to)).await.unwrap()
    }

    #[tokio::test]
    async fn files_are_told_in_order_of_time_longer_timeframes_first() {
        let folder = Folder::new("order");
        let files = vec![
            folder.file("BBB", Timeframe::M1, &minutes(3, 5)),
            folder.file("AAA", Timeframe::M1, &minutes(4, 4)),
            folder.file("AAA", Timeframe::M5, "2024-05-17,1,9,1,7,0\n"),
        ];
        let mut feed = CsvFeed::open(files, Timestamp::MIN).unwrap();
        let expected = [
            "00:04 BBB 1m 4",
            "00:05 AAA 5m 7",
            "00:05 BBB 1m 5",
            "00:05 AAA 1m 5",
            "00:06 BBB 1m 6",
        ];
        assert_eq!(told(&mut feed).await, expected);
        assert_eq!(feed.next().await, Ok(None));
    }

    #[tokio::test]
    async fn history_and_replay_meet_without_gap_or_overlap() {
        let folder = Folder::new("join");
        let files = || {
            vec![
                folder.file("AAA", Timeframe::M1, &minutes(0, 59)),
                folder.file("BBB", Timeframe::M1, &minutes(0, 59)),
            ]
        };
        for steps in [0, 1, 2, 37] {
            let mut feed = CsvFeed::open(files(), at("00:10")).unwrap();
            for _ in 0..steps {
                feed.next().await.unwrap();
            }
            let history = past(&mut feed, Timeframe::M1, "00:00", "23:59").await;
            let rest = told(&mut feed).await;
            let rest = rest.iter().filter(|line| line.contains("AAA")).count();
            assert_eq!(history.len(), 10 + (steps as usize).div_ceil(2), "after {steps}");
            assert_eq!(history.len() + rest, 60, "after {steps}");
        }
    }

    #[tokio::test]
    async fn history_keeps_to_its_window_and_makes_longer_bars() {
        let folder = Folder::new("window");
        let rows = minutes(0, 12) + &minutes(20, 31);
        let files = vec![folder.file("AAA", Timeframe::M1, &rows)];
        let mut feed = CsvFeed::open(files, at("12:00")).unwrap();
        let minute = past(&mut feed, Timeframe::M1, "00:02", "00:04").await;
        assert_eq!(
            minute.iter().map(|bar| bar.close_time).collect::<Vec<_>>(),
            [at("00:03"), at("00:04")]
        );
        let five = past(&mut feed, Timeframe::M5, "00:00", "00:29").await;
        let shown: Vec<_> = five
            .iter()
            .map(|bar| {
                let close = bar.close_time.to_string();
                let Bar { open, high, low, close: last, volume, .. } = bar;
                format!("{} {open} {high} {low} {last} {volume}", &close[11..16])
            })
            .collect();
        let expected = ["00:05 1 5 1 5 10", "00:10 6 10 6 10 10", "00:15 11 13 11 13 6"];
        assert_eq!(shown[..3], expected);
        assert_eq!(five[3].close_time, at("00:25"), "00:30 is not closed at 00:29");
        assert_eq!(five.len(), 4);
        assert_eq!(past(&mut feed, Timeframe::S5, "00:00", "12:00").await, []);
        let all = past(&mut feed, Timeframe::M5, "00:00", "12:00").await;
        assert_eq!(all.last().map(|bar| bar.close_time), Some(at("00:35")));
        assert_eq!(past(&mut feed, Timeframe::M5, "00:10", "00:29").await, five[2..]);
    }

    #[tokio::test]
    async fn files_that_cannot_be_told_are_refused_before_the_first_bar() {
        let folder = Folder::new("refused");
        let good = folder.file("AAA", Timeframe::M1, &minutes(0, 5));
        let bad = folder.file("BBB", Timeframe::M1, &(minutes(0, 5) + "2024-05-18,1,1,1,x,1\n"));
        let directory = ReplayFile { path: folder.0.clone(), ..good.clone() };
        let absent = ReplayFile { path: Path::new("/nowhere.csv").into(), ..good.clone() };
        let cases = [
            (vec![], "at least one file"),
            (vec![good.clone(), good.clone()], "AAA 1m is given by two files"),
            (vec![good, bad], "BBB-1m.csv: line 8, column 'close': 'x' is not a number"),
            (vec![absent], "/nowhere.csv: there is no such file; name a CSV file"),
            (vec![directory], ": this is a directory; name a CSV file of bars in it"),
        ];
        for (files, expected) in cases {
            let error = CsvFeed::open(files, Timestamp::MIN).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[tokio::test]
    async fn a_file_damaged_during_the_replay_ends_it() {
        let folder = Folder::new("damaged");
        let file = folder.file("AAA", Timeframe::M1, &minutes(0, 1_000));
        let other = folder.file("BBB", Timeframe::M1, &minutes(0, 1_000));
        let path = file.path.clone();
        let mut feed = CsvFeed::open(vec![file, other], Timestamp::MIN).unwrap();
        // Longer than what the reader has in its buffer already.
        let mut rows = minutes(0, 1_000);
        rows.push_str(&"damage\n".repeat(100_000));
        std::fs::write(path, format!("time,open,high,low,close,volume\n{rows}")).unwrap();
        let refused = loop {
            match feed.next().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the damage was not seen"),
                Err(error) => break error,
            }
        };
        assert!(refused.to_string().contains("AAA-1m.csv: line "), "{refused}");
        assert_eq!(feed.next().await, Ok(None));
    }
}
