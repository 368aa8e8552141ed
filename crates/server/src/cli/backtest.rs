//! `ballast backtest`: a strategy on bars from files.
//!
//! One run gives everything that is asked for: the JSON or the summary, the equity file and the
//! report. Files appear only when the run has succeeded.

mod arguments;

#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ballast_backtest::{RunError, report};
use ballast_domain::{StrategyConfig, Symbol};
use ballast_venues::csv::CsvOptions;

use super::CliError;
use super::config::{self, ConfigFile};
use super::output::{self, OutputFile};
use super::terminal::{self, Progress};
use crate::research::{
    Backtest, BacktestResult, BarFile, BarStream, BarsError, Finished, RunFailure, Strategy,
    TimeRange,
};
use crate::strategy_text::TextFault;
pub(super) use arguments::Arguments;

/// Runs `ballast backtest`.
pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let file = ConfigFile::read(&arguments.config)?;
    let (backtest, symbols) = asked(arguments, &file)?;
    let outputs = Outputs::prepare(arguments)?;
    let mut finished = finish(arguments, &backtest, &symbols)?;
    for warning in &finished.remarks.warnings {
        output::warn(warning);
    }
    if let Some(equity) = &outputs.equity {
        equity.write(|out| {
            writeln!(out, "time,equity")?;
            let mut points = finished.outcome.equity.iter();
            points.try_for_each(|point| writeln!(out, "{},{}", point.close_time, point.equity))
        })?;
    }
    let mut data = finished.report_data(&backtest);
    if let Some(report) = &outputs.report {
        let page = report::html(&data).map_err(CliError::failed)?;
        report.write(|out| out.write_all(page.as_bytes()))?;
    }
    if arguments.json {
        let trades = if arguments.no_trades { 0 } else { usize::MAX };
        return output::json(&BacktestResult::new(&backtest.request, &finished, &data, trades));
    }
    // Warnings stand on the standard error already.
    data.warnings.clear();
    let mut summary = report::terminal(&data, terminal::width(), terminal::colour());
    let speed = speed(finished.bars, finished.elapsed);
    summary += &format!("\n{speed}{}\n", outputs.words());
    output::write_all(summary.as_bytes())
}

/// The run that is meant, and the symbol of each file.
fn asked(arguments: &Arguments, file: &ConfigFile) -> Result<(Backtest, Vec<Symbol>), CliError> {
    let config = file.checked(arguments.timeframe)?;
    let symbols = symbols(arguments, &config)?;
    let backtest = Backtest {
        request: arguments.request(Arc::clone(&config), &symbols),
        strategy: Strategy { name: file.name(), text: file.text().to_owned() },
        stamped: arguments.stamped.into(),
        range: TimeRange::default(),
    };
    Ok((backtest, symbols))
}

fn finish(
    arguments: &Arguments,
    backtest: &Backtest,
    symbols: &[Symbol],
) -> Result<Finished, CliError> {
    let progress = Progress::default();
    let finished = crate::research::run(backtest, || open(arguments, symbols, &progress));
    progress.clear();
    finished.map_err(|failure| match failure {
        RunFailure::Run(error) => run_error(arguments, error),
        failure => CliError::failed(failure),
    })
}

fn open<'p>(
    arguments: &Arguments,
    symbols: &[Symbol],
    progress: &'p Progress,
) -> Result<BarStream<'p>, BarsError> {
    let watcher = Box::new(|done, total| {
        progress.show(done, total);
        ControlFlow::Continue(())
    });
    let timeframe = arguments.timeframe;
    let mut bars = BarStream::new(timeframe, TimeRange::default(), watcher);
    for (path, symbol) in arguments.data.iter().zip(symbols) {
        let options = CsvOptions { timeframe, stamped: arguments.stamped.into() };
        bars.add_file(*symbol, BarFile::open(path, path.display().to_string(), options)?);
    }
    Ok(bars)
}

/// The symbol of each file.
fn symbols(arguments: &Arguments, config: &StrategyConfig) -> Result<Vec<Symbol>, CliError> {
    let (files, named) = (arguments.data.len(), arguments.symbol.as_slice());
    let symbols = match (config.symbols.as_slice(), named) {
        ([only], []) if files == 1 => vec![*only],
        _ if files == named.len() => named.to_vec(),
        _ => {
            return Err(CliError::usage(format!(
                "{files} --data and {} --symbol: give one --symbol for each file, in the same \
                 order",
                named.len()
            )));
        }
    };
    let traded = config.symbols.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    for (place, symbol) in symbols.iter().enumerate() {
        if symbols[..place].contains(symbol) {
            let message = format!("--symbol {symbol} is there twice; give one file for each");
            return Err(CliError::usage(message));
        }
        if !config.symbols.contains(symbol) {
            return Err(CliError::usage(format!(
                "--symbol {symbol}: {} trades {traded}; name one of these, or change its \
                 \"symbols\"",
                arguments.config.display()
            )));
        }
    }
    match config.symbols.iter().find(|symbol| !symbols.contains(symbol)) {
        Some(absent) => Err(CliError::usage(format!(
            "{} also trades {absent}, which has no data; add --data and --symbol for it, or take \
             it out of \"symbols\"",
            arguments.config.display()
        ))),
        None => Ok(symbols),
    }
}

fn run_error(arguments: &Arguments, error: RunError) -> CliError {
    match error {
        RunError::Config(faults) => {
            let faults: Vec<_> = faults.into_iter().map(TextFault::from).collect();
            config::faults_error(&arguments.config, &faults)
        }
        RunError::Cash(_) | RunError::Negative { .. } | RunError::NoData(_) => {
            CliError::usage(error)
        }
        other => CliError::failed(other),
    }
}

/// The files that were asked for.
struct Outputs {
    equity: Option<OutputFile>,
    report: Option<OutputFile>,
}

impl Outputs {
    fn prepare(arguments: &Arguments) -> Result<Self, CliError> {
        let inputs = arguments.data.iter().chain([&arguments.config]);
        let inputs: Vec<&Path> = inputs.map(|path| path.as_path()).collect();
        let prepare = |path: &Option<PathBuf>| {
            path.as_ref().map(|path| OutputFile::prepare(path, &inputs)).transpose()
        };
        let (equity, report) = (prepare(&arguments.equity_csv)?, prepare(&arguments.report)?);
        if let (Some(equity), Some(report)) = (&equity, &report)
            && equity.is(report)
        {
            let message = "--equity-csv and --report name the same file; give each its own";
            return Err(CliError::usage(message));
        }
        Ok(Self { equity, report })
    }

    /// Where they are, for a person.
    fn words(&self) -> String {
        let named = [("Report", &self.report), ("Equity", &self.equity)];
        let named = named.into_iter().filter_map(|(what, file)| Some((what, file.as_ref()?)));
        named.map(|(what, file)| format!("\n{what}: {}", file.name().display())).collect()
    }
}

fn speed(bars: u64, elapsed: Duration) -> String {
    let bars = match bars {
        1 => "1 bar".to_owned(),
        bars => format!("{} bars", grouped(bars)),
    };
    match elapsed.as_secs_f64() {
        seconds if seconds < 1.0 => format!("Ran {bars} in {:.1} ms.", seconds * 1000.0),
        seconds => format!("Ran {bars} in {seconds:.1} s."),
    }
}

/// With a comma between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
