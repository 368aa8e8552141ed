//! `ballast indicators`: expressions of the strategy language over bars from a file.

use std::io::Write;
use std::path::PathBuf;

use ballast_domain::{Bar, Symbol, Timeframe};
use ballast_engine::market::{Board, Frame, SeriesId};
use ballast_engine::strategy::expression::{self, Expression};
use ballast_venues::csv::{self, Stamped};
use clap::Args;

use super::{CliError, output};

/// Arguments of `ballast indicators`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ballast indicators --data goog.csv --timeframe 1d --expr 'rsi(close, 14)' --csv
  ballast indicators --data btc.csv --timeframe 1m --expr 'tf(\"1h\", ema(close, 20))' --json")]
pub(super) struct Arguments {
    /// The bars, a CSV file.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// The interval of the bars: 5s 15s 1m 5m 15m 30m 1h 4h 1d 1w 1M.
    #[arg(long)]
    timeframe: Timeframe,
    /// Whether times in the file name the opening or the close of a bar.
    #[arg(long, value_enum, default_value = "open")]
    stamped: StampedArgument,
    /// An expression; a column each.
    #[arg(long = "expr", value_name = "EXPRESSION", required = true)]
    expressions: Vec<String>,
    /// Print CSV (the default).
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

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

/// One column: its series and whether it is a condition.
struct Column {
    series: SeriesId,
    is_condition: bool,
}

/// Runs `ballast indicators`.
pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let symbol: Symbol = "DATA".parse().map_err(CliError::failed)?;
    let venue = "file".parse().map_err(CliError::failed)?;
    let mut board = Board::new(venue, arguments.timeframe);
    board.subscribe(symbol);
    let columns = arguments.expressions.iter().map(|text| compile(&mut board, symbol, text));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    let options =
        csv::CsvOptions { timeframe: arguments.timeframe, stamped: arguments.stamped.into() };
    let reader = csv::open_bars(&arguments.data, options)
        .map_err(|error| CliError::failed(format!("{}: {error}", arguments.data.display())))?;
    // Everything is computed before anything is printed: a bad row must not leave half a result.
    let mut table = Vec::new();
    for bar in reader {
        let bar = bar
            .map_err(|error| CliError::failed(format!("{}: {error}", arguments.data.display())))?;
        let mut values = Vec::with_capacity(columns.len());
        let pushed = board.push(symbol, &bar, |frame| {
            if frame.id.timeframe == arguments.timeframe {
                values = read(&columns, frame);
            }
        });
        pushed.map_err(CliError::failed)?;
        table.push((bar, values));
    }
    if arguments.json {
        print_json(arguments, &columns, &table)
    } else {
        print_csv(arguments, &columns, &table)
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

fn read(columns: &[Column], frame: &Frame) -> Vec<f64> {
    let row = &frame.rows[0];
    columns.iter().map(|column| row.value(column.series)).collect()
}

/// The time by which the file names the bar.
fn time_of(arguments: &Arguments, bar: &Bar) -> String {
    match arguments.stamped {
        StampedArgument::Open => arguments.timeframe.open_of(bar.close_time).to_string(),
        StampedArgument::Close => bar.close_time.to_string(),
    }
}

fn print_csv(
    arguments: &Arguments,
    columns: &[Column],
    table: &[(Bar, Vec<f64>)],
) -> Result<(), CliError> {
    let mut out = output::stdout();
    write!(out, "time")?;
    for text in &arguments.expressions {
        write!(out, ",\"{}\"", text.replace('"', "\"\""))?;
    }
    writeln!(out)?;
    for (bar, values) in table {
        write!(out, "{}", time_of(arguments, bar))?;
        for (column, value) in columns.iter().zip(values) {
            match (value.is_nan(), column.is_condition) {
                (true, _) => write!(out, ",")?,
                (false, true) => write!(out, ",{}", *value != 0.0)?,
                (false, false) => write!(out, ",{value}")?,
            }
        }
        writeln!(out)?;
    }
    Ok(out.flush()?)
}

fn print_json(
    arguments: &Arguments,
    columns: &[Column],
    table: &[(Bar, Vec<f64>)],
) -> Result<(), CliError> {
    let rows = table.iter().map(|(bar, values)| {
        let cells = columns.iter().zip(values).map(|(column, value)| match column.is_condition {
            _ if value.is_nan() => serde_json::Value::Null,
            true => serde_json::Value::from(*value != 0.0),
            false => serde_json::Value::from(*value),
        });
        serde_json::json!({"time": time_of(arguments, bar), "values": cells.collect::<Vec<_>>()})
    });
    output::json(&serde_json::json!({
        "expressions": arguments.expressions,
        "rows": rows.collect::<Vec<_>>(),
    }))
}
