//! The report for a terminal: a braille picture of the equity curve and the key figures.

use super::chart::{Point, TimeScale, ValueScale};
use super::figures::{self, Figure, Group};
use super::format::{amount_decimals, number, shown, time};
use super::{ReportData, page};

/// Braille dots per character cell.
const DOTS_ACROSS: usize = 2;
const DOTS_DOWN: usize = 4;

/// Character rows of the curve.
const ROWS: usize = 6;

/// Narrower terminals get the layout of this width.
const LEAST_WIDTH: usize = 40;

/// Wider ones are not filled: figures far apart are hard to read together.
const MOST_WIDTH: usize = 120;

/// A summary that fits `width` columns. With `colour`, profit, loss and the curve carry ANSI
/// colours; without, there is no control character but the line feed.
#[must_use]
pub fn terminal(data: &ReportData, width: usize, colour: bool) -> String {
    let width = width.clamp(LEAST_WIDTH, MOST_WIDTH);
    let paint = Paint { colour };
    let mut lines = Vec::new();
    let name = if data.name.is_empty() { String::new() } else { format!("  {}", data.name) };
    let title = format!("{} {}", data.symbol, data.decides_on);
    let title = shortened(&printable(&title), width);
    let name = shortened(&printable(&name), width - title.chars().count());
    lines.push(format!("{}{}", paint.bold(&title), paint.dim(&name)));
    lines.push(paint.dim(&shortened(&page::range(data), width)));
    lines.push(String::new());
    if !data.equity.is_empty() {
        lines.extend(curve(data, width, paint));
        lines.push(String::new());
    }
    lines.extend(columns(&figures::groups(data), width, paint));
    for caution in data.warnings.iter().cloned().chain(figures::cautions(data)) {
        lines.push(String::new());
        lines.extend(wrapped(&caution, width).into_iter().map(|line| paint.dim(&line)));
    }
    let trimmed = lines.iter().map(|line| line.trim_end().to_owned() + "\n");
    trimmed.collect()
}

#[derive(Debug, Clone, Copy)]
struct Paint {
    colour: bool,
}

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        match self.colour && !text.is_empty() {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.with("2", text)
    }

    fn tone(self, tone: &str, text: &str) -> String {
        match tone {
            "profit" => self.with("36", text),
            "loss" => self.with("91", text),
            _ => text.to_owned(),
        }
    }
}

/// The equity curve with its range on the left and its dates below.
fn curve(data: &ReportData, width: usize, paint: Paint) -> Vec<String> {
    let equities = data.equity.iter().map(|point| point.equity);
    let low = equities.clone().fold(data.starting_cash, f64::min);
    let high = equities.fold(data.starting_cash, f64::max);
    let decimals = amount_decimals(data.starting_cash);
    let (top, bottom) = (number(high, decimals), number(low, decimals));
    let margin = top.chars().count().max(bottom.chars().count());
    let across = width - margin - 1;
    let mut lines = Vec::new();
    for (row, dots) in picture(data, low, high, across).iter().enumerate() {
        let label = match row {
            0 => top.as_str(),
            row if row == ROWS - 1 => bottom.as_str(),
            _ => "",
        };
        let label = format!("{label:>margin$} ");
        lines.push(format!("{}{}", paint.dim(&label), paint.with("94", dots)));
    }
    if let (Some(first), Some(last)) = (data.equity.first(), data.equity.last()) {
        let day = |close| time(shown(data.timeframe, close), data.timeframe.is_intraday());
        let (from, to) = (day(first.close_time), day(last.close_time));
        let gap = across.saturating_sub(to.len());
        lines.push(paint.dim(&format!("{:margin$} {from:<gap$}{to}", "")));
    }
    lines
}

/// Rows of braille characters: a line from each point to the next.
fn picture(data: &ReportData, low: f64, high: f64, across: usize) -> Vec<String> {
    let (wide, tall) = (across * DOTS_ACROSS, ROWS * DOTS_DOWN);
    let points = data.equity.iter().filter(|point| point.equity.is_finite());
    let points: Vec<Point> =
        points.map(|point| Point { time: point.close_time, value: point.equity }).collect();
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Vec::new();
    };
    let times = TimeScale::new(first.time, last.time);
    let values = if low < high {
        ValueScale::between(low, high)
    } else {
        ValueScale::around([low].into_iter())
    };
    let column = |point: &Point| (times.fraction(point.time) * (wide - 1) as f64).round() as usize;
    let row = |point: &Point| (values.fraction(point.value) * (tall - 1) as f64).round() as usize;
    let mut cells = vec![vec![0_u8; across]; ROWS];
    let mut before = (column(first), row(first));
    for point in &points {
        let (x, y) = (column(point), row(point));
        let steps = before.0.abs_diff(x).max(before.1.abs_diff(y)).max(1);
        for step in 0..=steps {
            let along = |from: usize, to: usize| (from * (steps - step) + to * step) / steps;
            set(&mut cells, along(before.0, x), along(before.1, y));
        }
        before = (x, y);
    }
    let character = |&bits: &u8| match bits {
        0 => ' ',
        _ => char::from_u32(0x2800 + u32::from(bits)).unwrap_or(' '),
    };
    cells.iter().map(|row| row.iter().map(character).collect()).collect()
}

fn set(cells: &mut [Vec<u8>], x: usize, y: usize) {
    const BITS: [[u8; DOTS_ACROSS]; DOTS_DOWN] = [[1, 8], [2, 16], [4, 32], [64, 128]];
    let row = cells.get_mut(y / DOTS_DOWN);
    if let Some(cell) = row.and_then(|row| row.get_mut(x / DOTS_ACROSS)) {
        *cell |= BITS[y % DOTS_DOWN][x % DOTS_ACROSS];
    }
}

/// Groups side by side, as many as fit.
fn columns(groups: &[Group], width: usize, paint: Paint) -> Vec<String> {
    const GAP: usize = 3;
    let widths: Vec<usize> = groups.iter().map(group_width).collect();
    let mut lines = Vec::new();
    let mut next = 0;
    while next < groups.len() {
        let mut end = next + 1;
        let mut used = widths[next];
        while end < groups.len() && used + GAP + widths[end] <= width {
            used += GAP + widths[end];
            end += 1;
        }
        if next > 0 {
            lines.push(String::new());
        }
        let rows = groups[next..end].iter().map(|group| group.figures.len()).max().unwrap_or(0);
        for row in 0..=rows {
            let mut cells = Vec::new();
            for index in next..end {
                cells.push(cell(&groups[index], row, widths[index], paint));
            }
            lines.push(cells.join(&" ".repeat(GAP)));
        }
        next = end;
    }
    lines
}

/// The title above row 1, then one figure a row, padded to the group's width.
fn cell(group: &Group, row: usize, width: usize, paint: Paint) -> String {
    let Some(index) = row.checked_sub(1) else {
        return paint.bold(&format!("{:<width$}", group.title));
    };
    let Some(figure) = group.figures.get(index) else {
        return " ".repeat(width);
    };
    let room = width - figure.label.chars().count();
    let value = format!("{:>room$}", figure.value);
    format!("{}{}", paint.dim(figure.label), paint.tone(figure.tone, &value))
}

fn group_width(group: &Group) -> usize {
    let width = |figure: &Figure| figure.label.chars().count() + 2 + figure.value.chars().count();
    group.figures.iter().map(width).max().unwrap_or(0)
}

/// Without control characters, which could steer the terminal.
fn printable(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    kept + "…"
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let used = lines.last().map_or(0, |line| line.chars().count());
        match lines.last_mut() {
            Some(line) if used == 0 => line.push_str(word),
            Some(line) if used + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
