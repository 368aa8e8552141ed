//! Bars from the files that people name, with errors that name the file.

use std::cell::Cell;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ballast_domain::{Bar, Timeframe, Timestamp};
use ballast_venues::csv::{self, BarReader, CsvOptions, Stamped};

use super::CliError;

/// Which end of its interval a time in a file names.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum StampedArgument {
    /// The opening, as most sources do.
    Open,
    /// The close.
    Close,
}

impl From<StampedArgument> for Stamped {
    fn from(argument: StampedArgument) -> Self {
        match argument {
            StampedArgument::Open => Self::Open,
            StampedArgument::Close => Self::Close,
        }
    }
}

/// A file of bars that is being read.
#[derive(Debug)]
pub(super) struct BarFile {
    path: PathBuf,
    reader: BarReader<Counted>,
    bytes_read: Rc<Cell<u64>>,
    size: Option<u64>,
    bars: u64,
    span: Option<(Timestamp, Timestamp)>,
}

impl BarFile {
    pub(super) fn open(
        path: &Path,
        timeframe: Timeframe,
        stamped: StampedArgument,
    ) -> Result<Self, CliError> {
        let failed = |why: &dyn Display| CliError::failed(format!("{}: {why}", path.display()));
        let file = csv::open_file(path).map_err(|error| failed(&error))?;
        let metadata = file.metadata().map_err(|error| failed(&error))?;
        let options = CsvOptions { timeframe, stamped: stamped.into() };
        let bytes_read = Rc::new(Cell::new(0));
        let counted = Counted { file, read: Rc::clone(&bytes_read) };
        Ok(Self {
            path: path.to_owned(),
            reader: csv::read_bars(counted, options),
            bytes_read,
            size: metadata.is_file().then_some(metadata.len()),
            bars: 0,
            span: None,
        })
    }

    /// How many bars were missing so far; see [`csv::Series::missing_bars`].
    pub(super) const fn missing_bars(&self) -> u64 {
        self.reader.missing_bars()
    }

    /// The name it was given.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The closes of the first and the last bar read so far.
    pub(super) const fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.span
    }

    /// Bars read so far.
    pub(super) const fn bars(&self) -> u64 {
        self.bars
    }

    /// Whether the file has a volume column.
    pub(super) fn has_volume(&self) -> bool {
        self.reader.has_volume()
    }

    /// Bytes read so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read.get()
    }

    /// The file's size in bytes; `None` for what has none, such as a pipe.
    pub(super) const fn size(&self) -> Option<u64> {
        self.size
    }

    /// Says so when the bars lie further apart than `timeframe`, which is probably the wrong one.
    pub(super) fn wrong_timeframe(&self, timeframe: Timeframe) -> Option<String> {
        let likely = self.reader.longer_timeframe()?;
        Some(format!(
            "{}: the bars look like {likely}, not {timeframe}; figures are wrong unless \
             --timeframe is right",
            self.path.display()
        ))
    }
}

impl Iterator for BarFile {
    type Item = Result<Bar, CliError>;

    fn next(&mut self) -> Option<Self::Item> {
        let bar = self.reader.next()?;
        self.bars += 1;
        if let Ok(Bar { close_time, .. }) = bar {
            self.span = Some((self.span.map_or(close_time, |(first, _)| first), close_time));
        }
        Some(bar.map_err(|error| CliError::failed(format!("{}: {error}", self.path.display()))))
    }
}

/// A file that knows how much of it was read, for the progress line.
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
