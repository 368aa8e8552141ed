//! Where the bars of one symbol come from: a file of CSV, or the market's own history.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use ballast_domain::{Bar, Timeframe, Timestamp};
use ballast_venues::csv::{self, BarReader, CsvError, CsvOptions};
use thiserror::Error;

/// What is wrong with a file of bars; a line and a column where it is of a row.
#[derive(Debug, Error)]
#[error("{name}: {error}")]
pub(crate) struct BarsError {
    /// What the file is called by whoever named it.
    name: String,
    error: CsvError,
}

/// The bars of one symbol, in order of their closes.
#[derive(Debug)]
pub(super) enum Bars {
    File(Box<BarFile>),
    History(History),
}

impl Bars {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::File(file) => &file.name,
            Self::History(_) => "the market's history",
        }
    }

    /// How many bars were missing so far; see [`csv::Series::missing_bars`].
    pub(super) const fn missing_bars(&self) -> u64 {
        match self {
            Self::File(file) => file.reader.missing_bars(),
            Self::History(history) => history.missing_bars,
        }
    }

    /// Whether volumes are known.
    pub(super) fn has_volume(&self) -> bool {
        match self {
            Self::File(file) => file.reader.has_volume(),
            Self::History(_) => true,
        }
    }

    /// How much was read, of [`Self::size`].
    pub(super) fn read(&self) -> u64 {
        match self {
            Self::File(file) => file.bytes_read.get(),
            Self::History(history) => history.next as u64,
        }
    }

    /// How much there is to read, in bytes or bars; `None` where it is not known, as of a pipe.
    pub(super) fn size(&self) -> Option<u64> {
        match self {
            Self::File(file) => file.size,
            Self::History(history) => Some(history.bars.len() as u64),
        }
    }

    /// Says so when the bars lie further apart than `timeframe`, which is probably the wrong one.
    pub(super) fn wrong_timeframe(&self, timeframe: Timeframe) -> Option<String> {
        match self {
            Self::File(file) => file.wrong_timeframe(timeframe),
            Self::History(_) => None,
        }
    }
}

impl Iterator for Bars {
    type Item = Result<Bar, BarsError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::File(file) => file.next(),
            Self::History(history) => history.next().map(Ok),
        }
    }
}

/// A file of bars that is being read.
#[derive(Debug)]
pub(crate) struct BarFile {
    name: String,
    reader: BarReader<Counted>,
    bytes_read: Rc<Cell<u64>>,
    size: Option<u64>,
}

impl BarFile {
    /// Opens the file at `path`, which errors call `name`.
    pub(crate) fn open(path: &Path, name: String, options: CsvOptions) -> Result<Self, BarsError> {
        let opened = csv::open_file(path).and_then(|file| {
            let metadata = file.metadata().map_err(|error| CsvError::Open { error })?;
            Ok((file, metadata))
        });
        let (file, metadata) = match opened {
            Ok(opened) => opened,
            Err(error) => return Err(BarsError { name, error }),
        };
        let bytes_read = Rc::new(Cell::new(0));
        let counted = Counted { file, read: Rc::clone(&bytes_read) };
        Ok(Self {
            name,
            reader: csv::read_bars(counted, options),
            bytes_read,
            size: metadata.is_file().then_some(metadata.len()),
        })
    }

    /// Says so when the bars lie further apart than `timeframe`, which is probably the wrong one.
    pub(crate) fn wrong_timeframe(&self, timeframe: Timeframe) -> Option<String> {
        let likely = self.reader.longer_timeframe()?;
        Some(format!(
            "{}: the bars look like {likely}, not {timeframe}; figures are wrong unless \
             {timeframe} is right",
            self.name
        ))
    }
}

impl Iterator for BarFile {
    type Item = Result<Bar, BarsError>;

    fn next(&mut self) -> Option<Self::Item> {
        let bar = self.reader.next()?;
        Some(bar.map_err(|error| BarsError { name: self.name.clone(), error }))
    }
}

/// A file that knows how much of it was read.
#[derive(Debug)]
struct Counted {
    file: File,
    read: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.read.set(self.read.get() + read as u64);
        Ok(read)
    }
}

/// Bars that are in memory already.
#[derive(Debug)]
pub(super) struct History {
    bars: Arc<[Bar]>,
    timeframe: Timeframe,
    next: usize,
    last: Option<Timestamp>,
    missing_bars: u64,
}

impl History {
    pub(super) const fn new(bars: Arc<[Bar]>, timeframe: Timeframe) -> Self {
        Self { bars, timeframe, next: 0, last: None, missing_bars: 0 }
    }
}

impl Iterator for History {
    type Item = Bar;

    fn next(&mut self) -> Option<Bar> {
        let bar = *self.bars.get(self.next)?;
        self.next += 1;
        let gap = self.last.replace(bar.close_time).map(|last| bar.close_time.nanos_since(last));
        // As of files, only bars within the day are missed.
        if let (true, Some(gap), Some(step)) =
            (self.timeframe.is_intraday(), gap, self.timeframe.nanos())
        {
            self.missing_bars += u64::try_from(gap / step - 1).unwrap_or_default();
        }
        Some(bar)
    }
}
