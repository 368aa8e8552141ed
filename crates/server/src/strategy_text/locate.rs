//! Where in a JSON text a fault is.
//!
//! The text is scanned once into a tree of byte ranges; a fault's path leads down it as far as the
//! text goes along, so that what is missing is told of the object that lacks it.

use std::ops::Range;

use super::{At, Found, TextFault, WHOLE};

/// The values of a text, when it is JSON.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    text: &'a str,
    root: Option<Node>,
}

#[derive(Debug)]
struct Node {
    /// In bytes, quotes and brackets included.
    range: Range<usize>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Object(Vec<Field>),
    List(Vec<Node>),
    Text,
    Plain,
}

#[derive(Debug)]
struct Field {
    name: String,
    /// Of the name, quotes included.
    range: Range<usize>,
    value: Node,
}

impl<'a> Tree<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        // Only what is valid is scanned: the scanner takes the grammar for granted, and the depth.
        let valid = serde_json::from_str::<serde_json::Value>(text).is_ok();
        let root = if valid { Scanner { text, at: 0 }.value() } else { None };
        Self { text, root }
    }

    /// The faults with lines and columns.
    pub(super) fn located(&self, found: Vec<Found>) -> Vec<TextFault> {
        let lines = Lines::of(self.text);
        let locate = |found: Found| {
            let range = self.range(&found, &lines);
            TextFault::of(found, Some((lines.place(range.start), lines.place(range.end))))
        };
        found.into_iter().map(locate).collect()
    }

    /// The bytes at fault.
    fn range(&self, found: &Found, lines: &Lines<'_>) -> Range<usize> {
        match (&found.at, &self.root) {
            (At::Byte { line, column }, _) => self.one_character(lines.byte(*line, *column)),
            (_, None) => self.one_character(0),
            (At::Name(path), Some(root)) => match root.find(path) {
                (_, Some(name), true) => name,
                (node, ..) => node.head(),
            },
            (At::Value, Some(root)) => {
                let path = if found.path == WHOLE { "" } else { &found.path };
                let (node, _, whole) = root.find(path);
                match (whole, &node.content, found.expression_column) {
                    (true, Content::Text, Some(column)) => self.in_text(&node.range, column),
                    _ => node.head(),
                }
            }
        }
    }

    /// The word, or the single character, at the `column`-th character of a JSON string.
    fn in_text(&self, literal: &Range<usize>, column: usize) -> Range<usize> {
        let end = literal.end - 1;
        let mut scanner = Scanner { text: self.text, at: literal.start + 1 };
        for _ in 1..column {
            if scanner.at >= end {
                break;
            }
            scanner.character();
        }
        let start = scanner.at;
        if start >= end {
            // Something is missing at the end: the closing quote stands for it.
            return end..literal.end;
        }
        scanner.character();
        let mut stop = scanner.at;
        let begins_word = is_word(&self.text[start..stop]);
        while begins_word && scanner.at < end {
            let from = scanner.at;
            scanner.character();
            if !is_word(&self.text[from..scanner.at]) {
                break;
            }
            stop = scanner.at;
        }
        start..stop
    }

    fn one_character(&self, at: usize) -> Range<usize> {
        let length = self.text[at..].chars().next().map_or(0, char::len_utf8);
        at..at + length
    }
}

/// Whether a part of a string, escapes and all, is made of what names and numbers are made of.
fn is_word(part: &str) -> bool {
    let said = serde_json::from_str::<String>(&format!("\"{part}\""));
    said.is_ok_and(|said| said.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

impl Node {
    /// What stands for the whole: a value, or the bracket that opens it.
    fn head(&self) -> Range<usize> {
        match self.content {
            Content::Object(_) | Content::List(_) => self.range.start..self.range.start + 1,
            Content::Text | Content::Plain => self.range.clone(),
        }
    }

    /// The value at `path` or the last one on the way to it, the name before it, and whether it is
    /// at the path's end.
    fn find(&self, path: &str) -> (&Self, Option<Range<usize>>, bool) {
        let (mut node, mut name, mut path) = (self, None, path);
        while !path.is_empty() {
            let step = match &node.content {
                Content::Object(fields) => field_of(fields, path)
                    .map(|(field, rest)| (&field.value, Some(field.range.clone()), rest)),
                Content::List(elements) => {
                    element_of(elements, path).map(|(node, rest)| (node, None, rest))
                }
                Content::Text | Content::Plain => None,
            };
            let Some(step) = step else { return (node, name, false) };
            (node, name, path) = step;
        }
        (node, name, true)
    }
}

/// The field that `path` goes through. Of names that begin each other the longest, of fields that
/// are there twice the last.
fn field_of<'a, 'p>(fields: &'a [Field], path: &'p str) -> Option<(&'a Field, &'p str)> {
    let path = path.strip_prefix('.').unwrap_or(path);
    let through = |field: &'a Field| {
        let rest = path.strip_prefix(field.name.as_str())?;
        (rest.is_empty() || rest.starts_with(['.', '['])).then_some((field, rest))
    };
    fields
        .iter()
        .filter_map(through)
        .min_by_key(|(field, rest)| (rest.len(), std::cmp::Reverse(field.range.start)))
}

fn element_of<'a, 'p>(elements: &'a [Node], path: &'p str) -> Option<(&'a Node, &'p str)> {
    let (number, rest) = path.strip_prefix('[')?.split_once(']')?;
    Some((elements.get(number.parse::<usize>().ok()?)?, rest))
}

/// Reads valid JSON.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over white space and what stands between values.
    fn skip(&mut self) {
        while self.peek().is_some_and(|byte| b" \t\r\n,:".contains(&byte)) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Option<Node> {
        self.skip();
        let start = self.at;
        let content = match self.peek()? {
            b'{' => self.fields()?,
            b'[' => self.elements()?,
            b'"' => self.string().map(|_| Content::Text)?,
            _ => {
                while self.peek().is_some_and(|byte| !b" \t\r\n,]}".contains(&byte)) {
                    self.at += 1;
                }
                Content::Plain
            }
        };
        Some(Node { range: start..self.at, content })
    }

    fn fields(&mut self) -> Option<Content> {
        self.at += 1;
        let mut fields = Vec::new();
        loop {
            self.skip();
            if self.peek()? == b'}' {
                self.at += 1;
                return Some(Content::Object(fields));
            }
            let start = self.at;
            let name = self.string()?;
            let range = start..self.at;
            fields.push(Field { name, range, value: self.value()? });
        }
    }

    fn elements(&mut self) -> Option<Content> {
        self.at += 1;
        let mut elements = Vec::new();
        loop {
            self.skip();
            if self.peek()? == b']' {
                self.at += 1;
                return Some(Content::List(elements));
            }
            elements.push(self.value()?);
        }
    }

    /// A string in its quotes, and what it says.
    fn string(&mut self) -> Option<String> {
        let start = self.at;
        self.at += 1;
        while self.peek()? != b'"' {
            self.character();
        }
        self.at += 1;
        serde_json::from_str(&self.text[start..self.at]).ok()
    }

    /// Passes over one character of a string, however it is written.
    fn character(&mut self) {
        const LONG_ESCAPE: usize = "\\u0000".len();
        let rest = &self.text[self.at..];
        self.at += if rest.starts_with("\\u") {
            let unit = |escape: &str| u16::from_str_radix(escape.get(2..LONG_ESCAPE)?, 16).ok();
            let leads = unit(rest).is_some_and(|unit| (0xD800..0xDC00).contains(&unit));
            if leads { 2 * LONG_ESCAPE } else { LONG_ESCAPE }
        } else if rest.starts_with('\\') {
            "\\n".len()
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        self.at = self.at.min(self.text.len());
    }
}

/// Where the lines of a text begin.
struct Lines<'a> {
    text: &'a str,
    /// As editors count: after `\n`, `\r\n` and `\r`.
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let ends = (0..bytes.len()).filter(|&at| match bytes[at] {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        Self { text, starts: std::iter::once(0).chain(ends.map(|at| at + 1)).collect() }
    }

    /// Line and column, in UTF-16 code units, of a byte.
    fn place(&self, byte: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= byte);
        let before = &self.text[self.starts[line - 1]..byte];
        (line, before.encode_utf16().count() + 1)
    }

    /// The byte that serde_json means, whose lines end with `\n` only.
    fn byte(&self, line: usize, column: usize) -> usize {
        let mut lines = self.text.split_inclusive('\n');
        let start: usize = lines.by_ref().take(line.saturating_sub(1)).map(str::len).sum();
        let mut byte = (start + column.saturating_sub(1)).min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        byte
    }
}
