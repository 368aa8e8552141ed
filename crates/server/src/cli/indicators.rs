//! `ballast indicators`: expressions of the strategy language over bars from a file.

use std::io::{IsTerminal as _, Write};
use std::path::PathBuf;

use ballast_domain::{Symbol, Timeframe, Timestamp};
use ballast_engine::market::{Board, SeriesId};
use ballast_engine::strategy::expression::{self, Expression};
use ballast_venues::csv::CsvOptions;
use clap::Args;

use super::data::StampedArgument;
use super::{CliError, output};
use crate::research::BarFile;

/// Arguments of `ballast indicators`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ballast indicators --data goog.csv --timeframe 1d --expr 'rsi(close, 14)' --csv
  ballast indicators --data goog.csv --timeframe 1d \\
      --expr 'macd(close, 12, 26, 9).signal' --expr 'crossover(close, sma(close, 50))' --csv
  ballast indicators --data btc.csv --timeframe 1m --expr 'tf(\"1h\", ema(close, 20))' --json

docs/expressions.md describes the language and lists the indicators.")]
pub(super) struct Arguments {
    /// The bars, a CSV file
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// The interval of the bars: 5s 15s 1m 5m 15m 30m 1h 4h 1d 1w 1M
    #[arg(long)]
    timeframe: Timeframe,
    /// Which end of its interval a time in the file names
    #[arg(long, value_enum, default_value = "open")]
    stamped: StampedArgument,
    /// An expression, a number or a condition; a column each
    #[arg(long = "expr", value_name = "EXPRESSION", required = true, allow_hyphen_values = true)]
    expressions: Vec<String>,
    /// Print CSV at full precision; the default unless the output is a terminal
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One column: its series and whether it is a condition.
struct Column {
    series: SeriesId,
    is_condition: bool,
}

/// Everything that was computed. Values lie row by row, NaN where there is none yet.
struct Table {
    columns: Vec<Column>,
    times: Vec<Timestamp>,
    values: Vec<f64>,
}

/// Runs `ballast indicators`.
pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let symbol: Symbol = "DATA".parse().map_err(CliError::failed)?;
    let mut board = Board::new(ballast_backtest::venue(), arguments.timeframe);
    board.subscribe(symbol);
    let columns = arguments.expressions.iter().map(|text| compile(&mut board, symbol, text));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let mut table = Table { columns, times: Vec::new(), values: Vec::new() };
    let options = CsvOptions { timeframe: arguments.timeframe, stamped: arguments.stamped.into() };
    let name = arguments.data.display().to_string();
    let mut file = BarFile::open(&arguments.data, name, options).map_err(CliError::failed)?;
    // Everything is computed before anything is printed: a bad row must not leave half a result.
    for bar in file.by_ref() {
        let bar = bar.map_err(CliError::failed)?;
        let Table { columns, times, values } = &mut table;
        let pushed = board.push(symbol, &bar, |frame| {
            if frame.id.timeframe == arguments.timeframe {
                values.extend(columns.iter().map(|column| frame.rows[0].value(column.series)));
            }
        });
        pushed.map_err(CliError::failed)?;
        times.push(match arguments.stamped {
            StampedArgument::Open => arguments.timeframe.open_of(bar.close_time),
            StampedArgument::Close => bar.close_time,
        });
    }
    if let Some(warning) = file.wrong_timeframe(arguments.timeframe) {
        output::warn(&warning);
    }
    match (arguments.json, arguments.csv || !std::io::stdout().is_terminal()) {
        (true, _) => print_json(arguments, &table),
        (false, true) => print_csv(arguments, &table),
        (false, false) => print_table(arguments, &table),
    }
}

fn compile(board: &mut Board, symbol: Symbol, text: &str) -> Result<Column, CliError> {
    let timeframe = board.base();
    let parsed = expression::parse_any(text)
        .map_err(|error| CliError::usage(format!("--expr: {}", error.render(text))))?;
    let (series, is_condition) = match parsed {
        Expression::Number(numeric) => (board.numeric(symbol, timeframe, &numeric), false),
        Expression::Condition(condition) => (board.condition(symbol, timeframe, &condition), true),
    };
    let series = series.map_err(|error| CliError::usage(format!("--expr '{text}': {error}")))?;
    Ok(Column { series, is_condition })
}

impl Table {
    /// Each row's time and values with their columns.
    fn rows(&self) -> impl Iterator<Item = (Timestamp, impl Iterator<Item = (&Column, f64)>)> {
        let rows = self.values.chunks(self.columns.len());
        let cells = rows.map(|row| self.columns.iter().zip(row.iter().copied()));
        self.times.iter().copied().zip(cells)
    }
}

impl Column {
    /// A value at full precision, empty where there is none; too large a number is none.
    fn text(&self, value: f64) -> String {
        match (value.is_finite(), self.is_condition) {
            (false, _) => String::new(),
            (true, true) => (value != 0.0).to_string(),
            (true, false) => value.to_string(),
        }
    }
}

fn print_csv(arguments: &Arguments, table: &Table) -> Result<(), CliError> {
    let mut out = output::stdout();
    write!(out, "time")?;
    for text in &arguments.expressions {
        write!(out, ",\"{}\"", text.replace('"', "\"\""))?;
    }
    writeln!(out)?;
    for (time, cells) in table.rows() {
        write!(out, "{time}")?;
        for (column, value) in cells {
            write!(out, ",{}", column.text(value))?;
        }
        writeln!(out)?;
    }
    Ok(out.flush()?)
}

/// Columns under each other, for a person.
fn print_table(arguments: &Arguments, table: &Table) -> Result<(), CliError> {
    const LEAST_WIDTH: usize = 12;
    let width = |text: &String| text.chars().count().max(LEAST_WIDTH);
    let widths: Vec<usize> = arguments.expressions.iter().map(width).collect();
    let mut out = output::stdout();
    write!(out, "{:<20}", "time")?;
    for (text, width) in arguments.expressions.iter().zip(&widths) {
        write!(out, "  {text:>width$}")?;
    }
    writeln!(out)?;
    for (time, cells) in table.rows() {
        write!(out, "{:<20}", time.to_string())?;
        for ((column, value), width) in cells.zip(&widths) {
            let text = match column.is_condition || !value.is_finite() {
                true => column.text(value),
                false => format!("{value:.6}"),
            };
            write!(out, "  {text:>width$}")?;
        }
        writeln!(out)?;
    }
    Ok(out.flush()?)
}

fn print_json(arguments: &Arguments, table: &Table) -> Result<(), CliError> {
    let mut out = output::stdout();
    let expressions = serde_json::to_string(&arguments.expressions).map_err(CliError::failed)?;
    write!(out, "{{\"expressions\":{expressions},\"rows\":[")?;
    for (place, (time, cells)) in table.rows().enumerate() {
        let separator = if place == 0 { "" } else { "," };
        write!(out, "{separator}{{\"time\":\"{time}\",\"values\":[")?;
        for (place, (column, value)) in cells.enumerate() {
            let separator = if place == 0 { "" } else { "," };
            match column.text(value) {
                text if text.is_empty() => write!(out, "{separator}null")?,
                text => write!(out, "{separator}{text}")?,
            }
        }
        write!(out, "]}}")?;
    }
    writeln!(out, "]}}")?;
    Ok(out.flush()?)
}
