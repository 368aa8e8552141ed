//! A file has at most 600 lines, a line at most 100 columns. rustfmt leaves long strings and
//! comments alone, so columns are counted here.

use crate::tidy::Violation;
use crate::workspace::SourceFile;

const LINES_MAX: usize = 600;
const COLUMNS_MAX: usize = 100;

/// Written by hand and read by people; data and documents have no such limit.
const CODE_EXTENSIONS: [&str; 6] = ["rs", "py", "sh", "sql", "ts", "tsx"];

pub(super) fn check(file: &SourceFile) -> Vec<Violation> {
    if !CODE_EXTENSIONS.iter().any(|extension| has_extension(&file.path, extension)) {
        return Vec::new();
    }
    let mut violations = Vec::new();
    let lines = file.text.lines().count();
    if lines > LINES_MAX {
        let message = format!("{lines} lines, at most {LINES_MAX}: split the file by what it does");
        violations.push(Violation::new(&file.path, LINES_MAX + 1, message));
    }
    for (index, line) in file.text.lines().enumerate() {
        let columns = line.chars().count();
        if columns > COLUMNS_MAX && !is_only_an_address(line) {
            let message = format!("{columns} columns, at most {COLUMNS_MAX}: break the line");
            violations.push(Violation::new(&file.path, index + 1, message));
        }
    }
    violations
}

/// Whether the path ends with `.extension`.
pub(super) fn has_extension(path: &str, extension: &str) -> bool {
    path.strip_suffix(extension).is_some_and(|stem| stem.ends_with('.'))
}

/// A web address alone on its line, in a comment or a string, cannot be broken.
fn is_only_an_address(line: &str) -> bool {
    let content = line.trim_start_matches([' ', '/', '!', '#', '-', '"', '<']);
    content.contains("://") && !content.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_reported(path: &str, text: &str) -> Vec<usize> {
        let file = SourceFile { path: path.to_owned(), text: text.to_owned() };
        check(&file).iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn columns_are_characters_not_bytes() {
        let fits = "é".repeat(100);
        let long = "é".repeat(101);
        assert_eq!(lines_reported("a.rs", &format!("{fits}\n{long}\n")), [2]);
        assert_eq!(lines_reported("notes.md", &long), [0; 0]);
        assert_eq!(lines_reported("words", &long), [0; 0]);
    }

    #[test]
    fn an_address_alone_may_be_long() {
        let address = format!("https://example.org/{}", "a".repeat(100));
        assert_eq!(lines_reported("a.rs", &format!("    /// <{address}>")), [0; 0]);
        assert_eq!(lines_reported("a.rs", &format!("    \"{address}\",")), [0; 0]);
        assert_eq!(lines_reported("a.rs", &format!("    // see {address}")), [1]);
    }

    #[test]
    fn six_hundred_lines_are_the_most() {
        assert_eq!(lines_reported("a.rs", &"x\n".repeat(600)), [0; 0]);
        assert_eq!(lines_reported("a.rs", &"x\n".repeat(601)), [601]);
        assert_eq!(lines_reported("a.csv", &"x\n".repeat(601)), [0; 0]);
    }
}
