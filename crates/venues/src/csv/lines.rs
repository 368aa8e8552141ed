//! Splits a reader into lines, and a line into fields, in constant memory.
//!
//! Own code rather than a CSV crate for three reasons: errors need the exact line although blank
//! lines are skipped, a binary file must not grow a record without end, and fields need no copy.
//! A quoted field may hold delimiters and doubled quotes but no line break: bars need none.

use std::io::{ErrorKind, Read};
use std::ops::Range;

use super::error::{CsvError, LineProblem};

/// No line of bars comes near it; the buffer must hold one.
const LINE_LIMIT: usize = 64 * 1024;
const BUFFER_BYTES: usize = 4 * LINE_LIMIT;

/// A line that is not blank, without its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// Counted from 1, blank lines included.
    pub(super) number: u64,
    pub(super) bytes: &'a [u8],
}

/// The lines of a reader.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    number: u64,
    opened: bool,
    ended: bool,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: vec![0; BUFFER_BYTES],
            start: 0,
            end: 0,
            number: 0,
            opened: false,
            ended: false,
        }
    }

    /// The next line that is not blank.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>, CsvError> {
        let Some(range) = self.seek()? else {
            return Ok(None);
        };
        self.start = (range.end + 1).min(self.end);
        self.number += 1;
        Ok(Some(self.line(range, self.number)))
    }

    /// The line that [`Self::next`] will give.
    pub(super) fn peek(&mut self) -> Result<Option<Line<'_>>, CsvError> {
        let Some(range) = self.seek()? else {
            return Ok(None);
        };
        Ok(Some(self.line(range, self.number + 1)))
    }

    fn line(&self, range: Range<usize>, number: u64) -> Line<'_> {
        let bytes = &self.buffer[range];
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        Line { number, bytes }
    }

    /// Moves past blank lines and gives the place of the next one, its line feed excluded.
    fn seek(&mut self) -> Result<Option<Range<usize>>, CsvError> {
        if !self.opened {
            self.opened = true;
            self.open()?;
        }
        loop {
            let Some(range) = self.extent()? else {
                return Ok(None);
            };
            let bytes = &self.buffer[range.clone()];
            if !bytes.is_ascii() && std::str::from_utf8(bytes).is_err() {
                return Err(self.refusal(LineProblem::NotUtf8));
            }
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(range));
            }
            self.start = (range.end + 1).min(self.end);
            self.number += 1;
        }
    }

    fn extent(&mut self) -> Result<Option<Range<usize>>, CsvError> {
        let mut searched = 0;
        loop {
            let unread = &self.buffer[self.start..self.end];
            if let Some(found) = memchr::memchr(b'\n', &unread[searched..]) {
                return Ok(Some(self.start..self.start + searched + found));
            }
            searched = unread.len();
            if searched > LINE_LIMIT {
                return Err(self.refusal(LineProblem::TooLong { limit: LINE_LIMIT }));
            }
            if self.ended {
                let rest = self.start..self.end;
                return Ok((!rest.is_empty()).then_some(rest));
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> Result<(), CsvError> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    self.ended = count == 0;
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    let line = self.number;
                    return Err(CsvError::Read { line, error });
                }
            }
        }
    }

    /// Reads the beginning, tells other kinds of file by it and skips a byte order mark.
    fn open(&mut self) -> Result<(), CsvError> {
        while self.end < 512 && !self.ended {
            self.fill()?;
        }
        let head = &self.buffer[..self.end.min(512)];
        if head.starts_with(b"\xEF\xBB\xBF") {
            self.start = 3;
        }
        match other_kind(head) {
            Some((kind, remedy)) => Err(CsvError::NotText { kind, remedy }),
            None => Ok(()),
        }
    }

    fn refusal(&self, problem: LineProblem) -> CsvError {
        let line = self.number + 1;
        CsvError::Line { line, problem }
    }
}

fn other_kind(head: &[u8]) -> Option<(&'static str, &'static str)> {
    const UNPACK: &str = "unpack it first";
    const KINDS: [(&[u8], &str, &str); 8] = [
        (b"\xFF\xFE", "UTF-16 text", "save it as UTF-8"),
        (b"\xFE\xFF", "UTF-16 text", "save it as UTF-8"),
        (b"\x1F\x8B", "a gzip file", UNPACK),
        (b"\x28\xB5\x2F\xFD", "a zstd file", UNPACK),
        (b"BZh", "a bzip2 file", UNPACK),
        (b"PK\x03\x04", "a zip or Excel file", "unpack or export it"),
        (b"PAR1", "a Parquet file", "export it as CSV"),
        (b"\xD0\xCF\x11\xE0", "an Excel file", "export it as CSV"),
    ];
    let known = KINDS.iter().find(|(magic, ..)| head.starts_with(magic));
    let binary = || head.contains(&0).then_some(("binary data", "give a text file"));
    known.map(|&(_, kind, remedy)| (kind, remedy)).or_else(binary)
}

/// The fields of a line, quotes taken off; doubled quotes inside stay doubled.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    rest: Option<&'a [u8]>,
    delimiter: u8,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(line: &'a [u8], delimiter: u8) -> Self {
        let rest = Some(line);
        Self { rest, delimiter }
    }

    fn quoted(&mut self, inside: &'a [u8]) -> Result<&'a [u8], LineProblem> {
        let mut from = 0;
        loop {
            let closing = memchr::memchr(b'"', &inside[from..]).ok_or(LineProblem::Quotes)? + from;
            match inside.get(closing + 1) {
                Some(b'"') => from = closing + 2,
                None => self.rest = None,
                Some(&next) if next == self.delimiter => self.rest = Some(&inside[closing + 2..]),
                Some(_) => return Err(LineProblem::Quotes),
            }
            if inside.get(closing + 1) != Some(&b'"') {
                return Ok(&inside[..closing]);
            }
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<&'a [u8], LineProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        if let Some(inside) = rest.strip_prefix(b"\"") {
            let field = self.quoted(inside);
            if field.is_err() {
                self.rest = None;
            }
            return Some(field);
        }
        let delimiter = self.delimiter;
        match rest.iter().position(|&byte| byte == delimiter) {
            Some(end) => {
                self.rest = Some(&rest[end + 1..]);
                Some(Ok(&rest[..end]))
            }
            None => {
                self.rest = None;
                Some(Ok(rest))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time, as a pipe may.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.len().min(buffer.len()).min(3);
            let (now, later) = self.0.split_at(count);
            buffer[..count].copy_from_slice(now);
            self.0 = later;
            Ok(count)
        }
    }

    fn lines(text: &[u8]) -> Vec<(u64, String)> {
        let mut lines = Lines::new(Trickle(text));
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            let text = String::from_utf8(line.bytes.to_vec()).unwrap();
            found.push((line.number, text));
        }
        found
    }

    fn fields(line: &str) -> Result<Vec<&str>, LineProblem> {
        let text = |field| std::str::from_utf8(field).unwrap();
        Fields::new(line.as_bytes(), b',').map(|field| field.map(text)).collect()
    }

    #[test]
    fn lines_keep_their_numbers_over_blank_ones() {
        let check = |text: &str, expected: &[(u64, &str)]| {
            let found = lines(text.as_bytes());
            let found: Vec<_> = found.iter().map(|(n, line)| (*n, line.as_str())).collect();
            assert_eq!(found, expected, "{text:?}");
        };
        check("", &[]);
        check("\n\r\n  \n", &[]);
        check("a", &[(1, "a")]);
        check("a\r\nb\r\n", &[(1, "a"), (2, "b")]);
        check("\u{FEFF}a\n\n\nb\n\n", &[(1, "a"), (4, "b")]);
        check("a,\"b\"\n\"\"", &[(1, "a,\"b\""), (2, "\"\"")]);
    }

    #[test]
    fn lines_longer_than_the_buffer_are_refused_in_constant_memory() {
        let mut lines = Lines::new(std::io::repeat(b'1'));
        let error = lines.next().unwrap_err().to_string();
        assert!(error.starts_with("line 1: the line is longer"), "{error}");
        assert_eq!(lines.buffer.len(), BUFFER_BYTES);
    }

    #[test]
    fn quotes_protect_delimiters() {
        let cases = [
            ("", Ok(vec![""])),
            ("a,b", Ok(vec!["a", "b"])),
            ("a,,", Ok(vec!["a", "", ""])),
            ("\"a,b\",c", Ok(vec!["a,b", "c"])),
            ("a,\"\"", Ok(vec!["a", ""])),
            ("\"a\"\"b\",c", Ok(vec!["a\"\"b", "c"])),
            ("a\"b,c", Ok(vec!["a\"b", "c"])),
            ("\"a", Err(LineProblem::Quotes)),
            ("\"a\"b,c", Err(LineProblem::Quotes)),
            ("\"", Err(LineProblem::Quotes)),
        ];
        for (line, expected) in cases {
            assert_eq!(fields(line), expected, "{line}");
        }
    }

    #[test]
    fn other_kinds_of_file_are_named() {
        let cases: [(&[u8], &str); 4] = [
            (b"\x1F\x8B\x08\x00", "gzip"),
            (b"PK\x03\x04...", "zip or Excel"),
            (b"t\0i\0m\0e\0", "binary"),
            (b"\xFF\xFEt\0", "UTF-16"),
        ];
        for (bytes, kind) in cases {
            let error = Lines::new(bytes).next().unwrap_err().to_string();
            assert!(error.contains(kind), "{error}");
        }
        let mut lines = Lines::new(&b"time\n1\xFF\n"[..]);
        lines.next().unwrap();
        let error = lines.next().unwrap_err().to_string();
        assert!(error.starts_with("line 2: the line is not UTF-8"), "{error}");
    }
}
