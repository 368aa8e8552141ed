//! Finds out from the first lines which field of a line means what.
//!
//! Columns may stand in any order and case, other columns are passed over, and the time's column
//! may have no name. A file may have no header at all when its columns stand in the usual order.

use super::cell;
use super::error::{CellProblem, CsvError, LineProblem};
use super::lines::{Fields, Line};

/// What a bar is read from, in this order.
pub(super) const COLUMNS: [&str; 6] = ["time", "open", "high", "low", "close", "volume"];
pub(super) const TIME: usize = 0;
pub(super) const VOLUME: usize = 5;

/// Names of the time's column, with spaces, dashes and underscores taken out.
const TIME_NAMES: [&str; 7] =
    ["time", "timestamp", "date", "datetime", "opentime", "unix", "epoch"];

/// The cells of one line, by the order of [`COLUMNS`]; volume is empty when the file has none.
pub(super) type Cells<'a> = [&'a [u8]; 6];

/// Where in a line each value stands.
#[derive(Debug)]
pub(super) struct Layout {
    delimiter: u8,
    /// For each field the index in [`COLUMNS`], if it has one.
    columns: Vec<Option<usize>>,
    names: [String; 6],
    /// Whether the first line is a bar already.
    pub(super) headless: bool,
}

impl Layout {
    /// Reads it off the first line, with the help of the second where the header is one name
    /// short because the time's column has none.
    pub(super) fn detect(first: Line<'_>, second: Option<&[u8]>) -> Result<Self, CsvError> {
        let delimiter = delimiter_of(first.bytes);
        let names = Fields::new(first.bytes, delimiter)
            .map(|field| field.map(|name| String::from_utf8_lossy(name).trim().to_owned()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|problem| CsvError::Line { line: first.number, problem })?;
        if names.first().is_some_and(|name| is_time(name)) {
            return Self::headless(&names, delimiter);
        }
        let fields_of = |line| Fields::new(line, delimiter).count();
        let time = match second {
            Some(line) if fields_of(line) == names.len() + 1 => UnnamedTime::Before,
            Some(line) if begins_with_time(line, delimiter) => UnnamedTime::First,
            _ => UnnamedTime::Nowhere,
        };
        Self::named(&names, delimiter, time)
    }

    /// For a first line that begins with a time, which is no name of a column.
    fn headless(first: &[String], delimiter: u8) -> Result<Self, CsvError> {
        if let Some(&column) = COLUMNS[..VOLUME].get(first.len()) {
            return Err(missing(column, first));
        }
        let columns = (0..first.len()).map(|field| (field < COLUMNS.len()).then_some(field));
        Ok(Self {
            delimiter,
            columns: columns.collect(),
            names: COLUMNS.map(str::to_owned),
            headless: true,
        })
    }

    fn named(names: &[String], delimiter: u8, time: UnnamedTime) -> Result<Self, CsvError> {
        let mut columns: Vec<_> = names.iter().map(|name| price_column(name)).collect();
        for (index, &column) in COLUMNS.iter().enumerate().skip(1) {
            if columns.iter().filter(|&&found| found == Some(index)).count() > 1 {
                return Err(CsvError::RepeatedColumn { column });
            }
        }
        let mut shown = COLUMNS.map(str::to_owned);
        for (name, &column) in names.iter().zip(&columns) {
            if let Some(column) = column {
                shown[column].clone_from(name);
            }
        }
        let names_time = |name: &String| TIME_NAMES.contains(&plain(name).as_str());
        if let Some(field) = names.iter().position(names_time) {
            columns[field] = Some(TIME);
            shown[TIME].clone_from(&names[field]);
        } else if names.first().is_some_and(String::is_empty) {
            columns[0] = Some(TIME);
        } else if time == UnnamedTime::Before {
            columns.insert(0, Some(TIME));
        } else if time == UnnamedTime::First && columns[0].is_none() {
            columns[0] = Some(TIME);
            shown[TIME].clone_from(&names[0]);
        }
        let absent = |index: &usize| *index != VOLUME && !columns.contains(&Some(*index));
        if let Some(index) = (0..COLUMNS.len()).find(absent) {
            return Err(missing(COLUMNS[index], names));
        }
        Ok(Self { delimiter, columns, names: shown, headless: false })
    }

    /// A column's name as the file spells it.
    pub(super) fn name(&self, column: usize) -> &str {
        &self.names[column]
    }

    pub(super) fn has_volume(&self) -> bool {
        self.columns.contains(&Some(VOLUME))
    }

    /// Takes the cells out of a line.
    pub(super) fn cells<'a>(&self, line: &'a [u8]) -> Result<Cells<'a>, LineProblem> {
        let mut cells: Cells<'a> = [&[]; 6];
        let mut found = 0;
        for field in Fields::new(line, self.delimiter) {
            let field = field?;
            match self.columns.get(found) {
                Some(&Some(column)) => cells[column] = field,
                Some(None) => {}
                // Some programs end each line of values, but not the header, with a delimiter.
                None if field.is_empty() && found == self.columns.len() => continue,
                None => {}
            }
            found += 1;
        }
        let expected = self.columns.len();
        if found == expected { Ok(cells) } else { Err(LineProblem::Fields { found, expected }) }
    }
}

/// Where the time stands when no column has a name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UnnamedTime {
    /// Before all that have a name.
    Before,
    /// In the first, which is called something else, such as `index`.
    First,
    Nowhere,
}

fn begins_with_time(line: &[u8], delimiter: u8) -> bool {
    let first = Fields::new(line, delimiter).next();
    first.and_then(Result::ok).is_some_and(|field| cell::time(field).is_ok())
}

fn missing(column: &'static str, found: &[String]) -> CsvError {
    let found = cell::shown(found.join(", ").as_bytes());
    CsvError::MissingColumn { column, found }
}

fn is_time(text: &str) -> bool {
    let time = cell::time(text.as_bytes());
    matches!(time, Ok(_) | Err(CellProblem::DateWithoutDashes(_)))
}

fn price_column(name: &str) -> Option<usize> {
    let named = |column: &str| column.eq_ignore_ascii_case(name);
    let index = COLUMNS.iter().skip(1).position(|column| named(column));
    index.map(|index| index + 1)
}

fn plain(name: &str) -> String {
    let letters = name.chars().filter(|letter| !" _-".contains(*letter));
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// The most frequent of comma, semicolon and tab outside of quotes; the comma when there is none.
fn delimiter_of(line: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b'\t', 0_usize), (b';', 0), (b',', 0)];
    for &byte in line {
        quoted ^= byte == b'"';
        for (delimiter, count) in &mut counts {
            *count += usize::from(!quoted && byte == *delimiter);
        }
    }
    let most = counts.into_iter().max_by_key(|&(_, count)| count);
    most.map_or(b',', |(delimiter, _)| delimiter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(first: &str, second: &str) -> Result<Layout, CsvError> {
        let (number, bytes) = (1, first.as_bytes());
        Layout::detect(Line { number, bytes }, Some(second.as_bytes()))
    }

    #[test]
    fn columns_are_found_in_any_order_case_and_delimiter() {
        let cases = [
            ("time,open,high,low,close,volume", "T,O,H,L,C,V"),
            (",Open,High,Low,Close,Volume", "T,O,H,L,C,V"),
            ("Volume;CLOSE;low;High;Open;Date", "V;C;L;H;O;T"),
            ("Open time\tOpen\tHigh\tLow\tClose\tVolume", "T\tO\tH\tL\tC\tV"),
            ("symbol,timestamp,open,high,low,adj close,close,volume", "S,T,O,H,L,A,C,V"),
            ("\"Date\",\"Open\", High ,\"Low\",\"Close\",\"Volume\"", "T,O,H,L,C,V"),
            (",datetime,open,high,low,close,volume", "7,T,O,H,L,C,V"),
            ("Open,High,Low,Close,Volume", "T,O,H,L,C,V"),
            ("open_time,open,high,low,close,volume", "T,O,H,L,C,V,"),
        ];
        for (header, row) in cases {
            let layout = detect(header, row).unwrap();
            assert!(!layout.headless && layout.has_volume(), "{header}");
            let cells = layout.cells(row.as_bytes()).unwrap();
            assert_eq!(cells.concat(), b"TOHLCV", "{header}");
        }
    }

    #[test]
    fn volume_may_be_absent() {
        let layout = detect("time,open,high,low,close", "").unwrap();
        assert!(!layout.has_volume());
        assert_eq!(layout.cells(b"T,O,H,L,C").unwrap().concat(), b"TOHLC");
    }

    #[test]
    fn files_without_header_are_read_in_the_usual_order() {
        for (first, volume) in [
            ("2024-05-17,1,2,0.5,1", false),
            ("1715947200000;1;2;0.5;1;100", true),
            ("2024-05-17 12:00:00,1,2,0.5,1,100,x,y", true),
        ] {
            let layout = detect(first, "").unwrap();
            assert!(layout.headless, "{first}");
            assert_eq!(layout.has_volume(), volume, "{first}");
        }
    }

    #[test]
    fn missing_and_repeated_columns_are_named() {
        let cases = [
            ("time,open,high,close", "no column 'low'"),
            ("time;open;high;low", "no column 'close'"),
            ("open,high,low,close,volume", "no column 'time'"),
            ("a,b,c", "no column 'open' in the first line (a, b, c)"),
            ("2024-05-17,1,2,0.5", "no column 'close' in the first line (2024-05-17, 1, 2, 0.5)"),
            ("2024-05-17", "no column 'open'"),
            ("time,open,Open,high,low,close", "column 'open' is there twice"),
            ("\"time,open", "line 1: a quoted field is not closed"),
        ];
        for (header, expected) in cases {
            let error = detect(header, "1,2,3,4,5").unwrap_err().to_string();
            assert!(error.contains(expected), "{header}: {error}");
        }
    }

    #[test]
    fn ragged_lines_are_refused() {
        let layout = detect("time,open,high,low,close", "").unwrap();
        for (line, found) in [("T,O,H,L", 4), ("T,O,H,L,C,V", 6), ("T,O,H,L,C,,V", 6)] {
            let problem = LineProblem::Fields { found, expected: 5 };
            assert_eq!(layout.cells(line.as_bytes()), Err(problem), "{line}");
        }
    }
}
