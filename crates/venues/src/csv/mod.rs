//! Bars from CSV files, as people export them from exchanges, brokers and pandas.
//!
//! Reads a stream in constant memory; only [`load_bars`] keeps what it reads. Every price keeps
//! the digits of the file. Nothing is repaired: what cannot be true is an error that names line
//! and column, and a file with an error gives no series. Times that are off the timeframe's grid
//! are kept, for daily bars are often stamped with the start of their session.

mod cell;
mod columns;
mod error;
mod lines;
mod sequence;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use ballast_domain::{Bar, Price, Quantity, Timeframe, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use columns::{Layout, TIME, VOLUME};
pub use error::{CellProblem, CsvError, LineProblem};
use lines::{Line, Lines};
use sequence::Sequence;

/// Which end of its interval a bar's time in the file names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stamped {
    /// The beginning, as most sources do.
    #[default]
    Open,
    /// The end.
    Close,
}

/// How the bars of a file are to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvOptions {
    /// The interval one bar spans.
    pub timeframe: Timeframe,
    /// Which end of it the time names.
    pub stamped: Stamped,
}

/// All bars of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// In order of time.
    pub bars: Vec<Bar>,
    /// For timeframes below a day, how many bars fit between neighbours that are further apart
    /// than the timeframe, nights and weekends included. From a day on zero: which days have no
    /// session is a matter of the instrument's calendar, which a file does not say.
    pub missing_bars: u64,
    /// Whether the file has a volume column; without one every volume is zero.
    pub has_volume: bool,
    /// The longest timeframe that the closest neighbours allow; when it is longer than the one
    /// asked for, the caller probably named the wrong one. `None` below two bars.
    pub likely_timeframe: Option<Timeframe>,
}

/// Fewer bars than these say nothing sure about their timeframe.
const TELLING_BARS: u64 = 5;

/// Reads all bars of the file at `path`.
///
/// # Errors
/// [`CsvError`] at the first thing that is wrong.
pub fn load_bars(path: &Path, timeframe: Timeframe, stamped: Stamped) -> Result<Series, CsvError> {
    let options = CsvOptions { timeframe, stamped };
    let mut reader = open_bars(path, options)?;
    let bars = reader.by_ref().collect::<Result<Vec<_>, _>>()?;
    Ok(Series {
        bars,
        missing_bars: reader.missing_bars(),
        has_volume: reader.has_volume(),
        likely_timeframe: reader.likely_timeframe(),
    })
}

/// Opens the file at `path` to read its bars one by one.
///
/// # Errors
/// As [`open_file`].
pub fn open_bars(path: &Path, options: CsvOptions) -> Result<BarReader<File>, CsvError> {
    Ok(read_bars(open_file(path)?, options))
}

/// Opens the file at `path`, which may be a pipe.
///
/// # Errors
/// [`CsvError::NoFile`], [`CsvError::Directory`] or [`CsvError::Open`].
pub fn open_file(path: &Path) -> Result<File, CsvError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => CsvError::NoFile,
        _ => CsvError::Open { error },
    })?;
    let metadata = file.metadata().map_err(|error| CsvError::Open { error })?;
    if metadata.is_dir() { Err(CsvError::Directory) } else { Ok(file) }
}

/// Reads the bars of any stream one by one; it needs no buffer of its own.
pub fn read_bars<R: Read>(reader: R, options: CsvOptions) -> BarReader<R> {
    BarReader {
        lines: Lines::new(reader),
        layout: None,
        sequence: Sequence::new(options.timeframe),
        options,
        ended: false,
    }
}

/// An iterator over the bars of a stream. It ends after the first error, and a stream without
/// any bar is an error.
#[derive(Debug)]
pub struct BarReader<R> {
    lines: Lines<R>,
    layout: Option<Layout>,
    sequence: Sequence,
    options: CsvOptions,
    ended: bool,
}

impl<R: Read> BarReader<R> {
    /// How many bars were missing so far; see [`Series::missing_bars`].
    #[must_use]
    pub const fn missing_bars(&self) -> u64 {
        self.sequence.missing()
    }

    /// Whether the stream has a volume column; false before the first bar.
    #[must_use]
    pub fn has_volume(&self) -> bool {
        self.layout.as_ref().is_some_and(Layout::has_volume)
    }

    /// The longest timeframe that the bars so far allow; see [`Series::likely_timeframe`].
    #[must_use]
    pub fn likely_timeframe(&self) -> Option<Timeframe> {
        self.sequence.likely_timeframe()
    }

    /// The timeframe that the bars so far look like, when it is longer than the one they are read
    /// as, which is probably wrong then; `None` while there are too few to tell.
    #[must_use]
    pub fn longer_timeframe(&self) -> Option<Timeframe> {
        let likely = self.likely_timeframe().filter(|likely| *likely > self.options.timeframe);
        likely.filter(|_| self.sequence.bars() >= TELLING_BARS)
    }

    fn read(&mut self) -> Result<Option<Bar>, CsvError> {
        match &self.layout {
            None => self.read_first().map(Some),
            Some(layout) => {
                let line = self.lines.next()?;
                line.map(|line| bar(line, layout, &mut self.sequence, self.options)).transpose()
            }
        }
    }

    fn read_first(&mut self) -> Result<Bar, CsvError> {
        let first = self.lines.next()?.ok_or(CsvError::Empty)?;
        let (number, bytes) = (first.number, first.bytes.to_vec());
        let first = Line { number, bytes: &bytes };
        let second = self.lines.peek()?.map(|line| line.bytes);
        let layout = self.layout.insert(Layout::detect(first, second)?);
        let line =
            if layout.headless { first } else { self.lines.next()?.ok_or(CsvError::NoBars)? };
        bar(line, layout, &mut self.sequence, self.options)
    }
}

impl<R: Read> Iterator for BarReader<R> {
    type Item = Result<Bar, CsvError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let bar = self.read().transpose();
        self.ended = !matches!(bar, Some(Ok(_)));
        bar
    }
}

fn bar(
    line: Line<'_>,
    layout: &Layout,
    sequence: &mut Sequence,
    options: CsvOptions,
) -> Result<Bar, CsvError> {
    let cells = layout
        .cells(line.bytes)
        .map_err(|problem| CsvError::Line { line: line.number, problem })?;
    let at = |column: usize| {
        move |problem| CsvError::Cell {
            line: line.number,
            column: layout.name(column).to_owned(),
            problem,
        }
    };
    let time = cell::time(cells[TIME]).map_err(at(TIME))?;
    let close_time = close_time(time, options).map_err(at(TIME))?;
    sequence.follow(time, line.number).map_err(at(TIME))?;
    let price = |column: usize| price(cells[column]).map_err(at(column));
    let (open, high, low, close) = (price(1)?, price(2)?, price(3)?, price(4)?);
    let volume = volume(cells[VOLUME]).map_err(at(VOLUME))?;
    let bar = Bar { close_time, open, high, low, close, volume };
    bar.checked().map_err(|_| range_problem(&bar)).map_err(|(column, problem)| at(column)(problem))
}

fn close_time(time: Timestamp, options: CsvOptions) -> Result<Timestamp, CellProblem> {
    let close = match options.stamped {
        Stamped::Close => return Ok(time),
        Stamped::Open => options.timeframe.close_of(time),
    };
    if close > time && close < Timestamp::from_nanos(i64::MAX) {
        Ok(close)
    } else {
        Err(CellProblem::TimeOutOfRange(time.to_string()))
    }
}

fn price(cell: &[u8]) -> Result<Price, CellProblem> {
    let value = cell::decimal(cell)?;
    Price::new(value).map_err(|_| CellProblem::PriceNotPositive(value))
}

fn volume(cell: &[u8]) -> Result<Quantity, CellProblem> {
    if cell.trim_ascii().is_empty() {
        return Ok(Quantity::ZERO);
    }
    let value = cell::decimal(cell)?;
    Quantity::new(value).map_err(|_| CellProblem::VolumeNegative(value))
}

/// Which column is to blame for a bar that cannot be.
fn range_problem(bar: &Bar) -> (usize, CellProblem) {
    let (high, low) = (bar.high.get(), bar.low.get());
    let outside = |price: Decimal| !(low..=high).contains(&price);
    if high < low {
        return (2, CellProblem::HighBelowLow { high, low });
    }
    let (column, price) =
        if outside(bar.open.get()) { (1, bar.open.get()) } else { (4, bar.close.get()) };
    (column, CellProblem::OutsideRange { price, high, low })
}

#[cfg(test)]
mod tests;
