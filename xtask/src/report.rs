//! Text tables for a terminal and for Markdown. Columns are as wide as their widest cell.

/// Rows of cells under a heading, padded so that columns line up.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(heading: &[&str]) -> Self {
        Self { rows: vec![heading.iter().map(|&cell| cell.to_owned()).collect()] }
    }

    /// Adds a row; short rows are filled with empty cells.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Columns separated by two spaces, a line under the heading.
    pub(crate) fn to_text(&self) -> String {
        self.lines("  ").iter().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// A Markdown table, readable as plain text too.
    pub(crate) fn to_markdown(&self) -> String {
        self.lines(" | ").iter().map(|line| format!("| {line} |\n")).collect()
    }

    fn lines(&self, separator: &str) -> Vec<String> {
        let widths = self.widths();
        let mut lines: Vec<_> =
            self.rows.iter().map(|row| pad(row, &widths).join(separator)).collect();
        let rule: Vec<_> = widths.iter().map(|&width| "-".repeat(width)).collect();
        lines.insert(1, rule.join(separator));
        lines
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.rows[0].len();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        (0..columns).map(width).collect()
    }
}

fn pad(row: &[String], widths: &[usize]) -> Vec<String> {
    let cell = |column: usize| row.get(column).map_or("", String::as_str);
    widths.iter().enumerate().map(|(column, &width)| format!("{:width$}", cell(column))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Table {
        let mut table = Table::new(&["step", "result"]);
        table.row(vec!["format".to_owned(), "passed".to_owned()]);
        table.row(vec!["größe".to_owned()]);
        table
    }

    #[test]
    fn text_columns_line_up() {
        assert_eq!(example().to_text(), "step    result\n------  ------\nformat  passed\ngröße\n");
    }

    #[test]
    fn markdown_columns_line_up() {
        assert_eq!(
            example().to_markdown(),
            "| step   | result |\n| ------ | ------ |\n| format | passed |\n| größe  |        |\n"
        );
    }
}
