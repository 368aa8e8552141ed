//! What can be wrong with a file of bars, said so that its owner can put it right.
//!
//! Every error of a cell names line and column. A file with an error gives no series at all: a
//! back-test over half a file would look like one over the whole.

use std::fmt;
use std::io;

use ballast_domain::{Timeframe, Timestamp};
use rust_decimal::Decimal;
use thiserror::Error;

/// Why a file gives no bars. The caller knows the file's name and says it.
#[derive(Debug, Error)]
pub enum CsvError {
    /// No file has that name.
    #[error("there is no such file; name a CSV file of bars")]
    NoFile,
    /// The name is that of a directory.
    #[error("this is a directory; name a CSV file of bars in it")]
    Directory,
    /// The file could not be opened.
    #[error("cannot open the file: {error}")]
    Open {
        /// What the operating system says.
        error: io::Error,
    },
    /// Reading stopped in the middle.
    #[error("cannot read on after line {line}: {error}")]
    Read {
        /// The last line that was read.
        line: u64,
        /// What the operating system says.
        error: io::Error,
    },
    /// Nothing is in the file.
    #[error("the file is empty; it needs a header and one line per bar")]
    Empty,
    /// Nothing follows the header.
    #[error("the file has a header but no bars")]
    NoBars,
    /// The file is of another kind.
    #[error("this is not CSV text but {kind}; {remedy}")]
    NotText {
        /// What it seems to be.
        kind: &'static str,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A column that every bar needs is absent.
    #[error(
        "no column '{column}' in the first line ({found}); name the columns \
         time, open, high, low, close and, if known, volume"
    )]
    MissingColumn {
        /// The column.
        column: &'static str,
        /// What the first line holds.
        found: String,
    },
    /// Two columns have the same name.
    #[error("the column '{column}' is there twice; keep one of them")]
    RepeatedColumn {
        /// The column.
        column: &'static str,
    },
    /// A line is wrong as a whole.
    #[error("line {line}: {problem}")]
    Line {
        /// Counted from 1.
        line: u64,
        /// What is wrong.
        problem: LineProblem,
    },
    /// A value is wrong.
    #[error("line {line}, column '{column}': {problem}")]
    Cell {
        /// Counted from 1.
        line: u64,
        /// The column's name in the file.
        column: String,
        /// What is wrong.
        problem: CellProblem,
    },
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LineProblem {
    /// Longer than any line of bars.
    #[error("the line is longer than {limit} bytes; this does not look like bars as CSV")]
    TooLong {
        /// The longest line that is read.
        limit: usize,
    },
    /// Bytes that are no text.
    #[error("the line is not UTF-8; save the file as UTF-8")]
    NotUtf8,
    /// A quoted field runs over the end of the line, or goes on after its closing quote.
    #[error("a quoted field is not closed before the next delimiter; repair the quotes")]
    Quotes,
    /// The columns of this line cannot be told.
    #[error("the line has {found} fields, the first line has {expected}; repair or remove it")]
    Fields {
        /// Fields in this line.
        found: usize,
        /// Fields in the first line.
        expected: usize,
    },
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CellProblem {
    /// Nothing is there.
    #[error("the value is missing; fill it in or remove the line")]
    Missing,
    /// Text where a number belongs.
    #[error("'{0}' is not a number; write it like 1234.56")]
    NotNumber(String),
    /// NaN or infinity.
    #[error("'{0}' is not a number; remove the line, so that the bar counts as missing")]
    NotFinite(String),
    /// Rounding it would change the data.
    #[error("'{0}' has more than 28 significant digits or decimals; shorten it")]
    TooPrecise(String),
    /// Nothing trades at nothing.
    #[error("a price must be above zero, got {0}; correct or remove the line")]
    PriceNotPositive(Decimal),
    /// Volume counts up from zero.
    #[error("volume must not be negative, got {0}; correct or remove the line")]
    VolumeNegative(Decimal),
    /// High and low are swapped or wrong.
    #[error("high {high} is below low {low}; correct or remove the line")]
    HighBelowLow {
        /// Highest price.
        high: Decimal,
        /// Lowest price.
        low: Decimal,
    },
    /// An open or close that the bar's range does not hold.
    #[error("{price} is not between low {low} and high {high}; correct or remove the line")]
    OutsideRange {
        /// The open or the close.
        price: Decimal,
        /// Highest price.
        high: Decimal,
        /// Lowest price.
        low: Decimal,
    },
    /// No known way to write a time.
    #[error("'{0}' is not a time; write it like 2024-05-17T13:30:00Z, 2024-05-17 or as epoch")]
    NotTime(String),
    /// A date without dashes, which would be read as epoch seconds in 1970.
    #[error("'{0}' could be a date or epoch seconds; write the date with dashes: 2024-05-17")]
    DateWithoutDashes(String),
    /// Too far away.
    #[error("the time {0} is outside the years 1678 to 2262; correct or remove the line")]
    TimeOutOfRange(String),
    /// The file runs backwards here.
    #[error(
        "{time} comes after {previous} on line {previous_line}; \
         sort the file by time, oldest first"
    )]
    OutOfOrder {
        /// This line's time.
        time: Timestamp,
        /// The time before it.
        previous: Timestamp,
        /// Where that is.
        previous_line: u64,
    },
    /// Two bars of one time.
    #[error("{time} is also on line {previous_line}; keep one of the two bars")]
    Duplicate {
        /// The time.
        time: Timestamp,
        /// Where it is too.
        previous_line: u64,
    },
    /// Bars overlap.
    #[error(
        "{time} is less than {timeframe} after {previous} on line {previous_line}; {}",
        remedy(*likely)
    )]
    TooClose {
        /// This line's time.
        time: Timestamp,
        /// The time before it.
        previous: Timestamp,
        /// Where that is.
        previous_line: u64,
        /// The timeframe that was asked for.
        timeframe: Timeframe,
        /// The longest one whose bars may be this close.
        likely: Option<Timeframe>,
    },
}

fn remedy(likely: Option<Timeframe>) -> impl fmt::Display {
    match likely {
        Some(timeframe) => format!("the bars look like {timeframe}: give that timeframe"),
        None => format!("bars shorter than {} are not kept", Timeframe::S5),
    }
}
