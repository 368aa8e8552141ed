//! `ballast backtest`: a strategy on bars from files.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use ballast_backtest::{Request, RunError};
use ballast_domain::number::parse_decimal;
use ballast_domain::profile::FeeSchedule;
use ballast_domain::{AssetClass, Bar, Instrument, Quantity, StrategyConfig, Symbol, Timeframe};
use ballast_engine::matching::FillRules;
use ballast_venues::csv::{self, Series};
use clap::Args;
use rust_decimal::Decimal;

use super::indicators::StampedArgument;
use super::{CliError, config, output};

mod result;

/// Arguments of `ballast backtest`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ballast backtest --data goog.csv --symbol GOOG --timeframe 1d --config strategy.json
  ballast backtest --data goog.csv --symbol GOOG --timeframe 1d --config strategy.json \\
      --cash 10000 --fee-pct 0.1 --slippage-bps 5 --json")]
pub(super) struct Arguments {
    /// The bars, a CSV file; once for each symbol.
    #[arg(long, value_name = "FILE", required = true)]
    data: Vec<PathBuf>,
    /// The symbol of each file, in the same order; the config's when it names one only.
    #[arg(long)]
    symbol: Vec<Symbol>,
    /// The interval of the bars: 5s 15s 1m 5m 15m 30m 1h 4h 1d 1w 1M.
    #[arg(long)]
    timeframe: Timeframe,
    /// The strategy config, a JSON file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Capital before the first bar.
    #[arg(long, default_value = "10000", value_parser = parse_decimal, allow_negative_numbers = true)]
    cash: Decimal,
    /// Fee in percent of each fill: 0.1 is 0.1 %.
    #[arg(long, default_value = "0", value_parser = parse_decimal, allow_negative_numbers = true)]
    fee_pct: Decimal,
    /// Fee in percent for orders that rested, when it differs.
    #[arg(long, value_parser = parse_decimal, allow_negative_numbers = true)]
    maker_fee_pct: Option<Decimal>,
    /// Fee per unit instead of a percentage.
    #[arg(long, value_parser = parse_decimal, allow_negative_numbers = true, conflicts_with_all = ["fee_pct", "maker_fee_pct"])]
    fee_per_unit: Option<Decimal>,
    /// Least fee of each fill, with --fee-per-unit.
    #[arg(long, default_value = "0", value_parser = parse_decimal, allow_negative_numbers = true, requires = "fee_per_unit")]
    min_fee: Decimal,
    /// By how much market and stop fills are worse than the price, in basis points.
    #[arg(long, default_value = "0", value_parser = parse_decimal, allow_negative_numbers = true)]
    slippage_bps: Decimal,
    /// The largest share of a bar's volume that one fill may take, from 0 to 1.
    #[arg(long, value_parser = parse_decimal, allow_negative_numbers = true)]
    volume_share: Option<Decimal>,
    /// The step of quantities; any quantity when absent.
    #[arg(long, value_parser = parse_decimal, allow_negative_numbers = true)]
    lot: Option<Decimal>,
    /// The market, which sets how ratios are annualised.
    #[arg(long, value_enum, default_value = "stock")]
    asset: AssetArgument,
    /// Returns per year, when neither 252, 365, 52 nor 12 is right.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    periods_per_year: Option<u32>,
    /// Whether times in the file name the opening or the close of a bar.
    #[arg(long, value_enum, default_value = "open")]
    stamped: StampedArgument,
    /// Write the equity at every bar's close to a CSV file.
    #[arg(long, value_name = "FILE")]
    equity_csv: Option<PathBuf>,
    /// Leave the list of trades out of the JSON.
    #[arg(long)]
    no_trades: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Markets.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum AssetArgument {
    /// 252 days a year.
    Stock,
    /// 252 days a year.
    Forex,
    /// 365 days a year.
    Crypto,
}

impl From<AssetArgument> for AssetClass {
    fn from(argument: AssetArgument) -> Self {
        match argument {
            AssetArgument::Stock => Self::Stock,
            AssetArgument::Forex => Self::Forex,
            AssetArgument::Crypto => Self::Crypto,
        }
    }
}

/// Runs `ballast backtest`.
pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let config = Arc::new(config::load(&arguments.config)?);
    let symbols = symbols(arguments, &config)?;
    let request = request(arguments, config, &symbols)?;
    let series = load(arguments)?;
    let started = Instant::now();
    let outcome = match (series.as_slice(), symbols.as_slice()) {
        ([one], [symbol]) => {
            ballast_backtest::run(&request, one.bars.iter().map(|bar| (*symbol, *bar)))
        }
        _ => ballast_backtest::run(&request, merged(&series, &symbols)),
    };
    let elapsed = started.elapsed();
    let outcome = outcome.map_err(|error| run_error(arguments, &error))?;
    if let Some(path) = &arguments.equity_csv {
        output::file(path, |out| {
            writeln!(out, "time,equity")?;
            outcome.equity.iter().try_for_each(|p| writeln!(out, "{},{}", p.close_time, p.equity))
        })?;
    }
    let result = result::BacktestResult::new(&outcome, elapsed, &series, !arguments.no_trades);
    output::json(&result)
}

fn symbols(arguments: &Arguments, config: &StrategyConfig) -> Result<Vec<Symbol>, CliError> {
    let (files, named) = (arguments.data.len(), arguments.symbol.len());
    match (config.symbols.as_slice(), named) {
        ([only], 0) if files == 1 => Ok(vec![*only]),
        _ if files == named => Ok(arguments.symbol.clone()),
        _ => Err(CliError::usage(format!(
            "{files} --data file(s) and {named} --symbol(s): name one symbol for each file"
        ))),
    }
}

fn request(
    arguments: &Arguments,
    config: Arc<StrategyConfig>,
    symbols: &[Symbol],
) -> Result<Request, CliError> {
    let currency = "USD".parse().map_err(CliError::failed)?;
    let lot_size = match arguments.lot {
        Some(lot) if lot > Decimal::ZERO => Some(Quantity::new(lot).map_err(CliError::usage)?),
        Some(lot) => return Err(CliError::usage(format!("--lot must be above zero, got {lot}"))),
        None => None,
    };
    if let Some(share) = arguments.volume_share
        && (share <= Decimal::ZERO || share > Decimal::ONE)
    {
        let message = format!("--volume-share must be above 0 and at most 1, got {share}");
        return Err(CliError::usage(message));
    }
    let fees = match arguments.fee_per_unit {
        Some(amount) => FeeSchedule::PerUnit { amount, minimum: arguments.min_fee },
        None => FeeSchedule::Percent {
            maker: arguments.maker_fee_pct.unwrap_or(arguments.fee_pct),
            taker: arguments.fee_pct,
        },
    };
    let asset = arguments.asset.into();
    let instruments = symbols.iter().map(|symbol| Instrument {
        lot_size,
        ..Instrument::unrestricted(*symbol, asset, currency)
    });
    Ok(Request {
        config,
        instruments: instruments.collect(),
        timeframe: arguments.timeframe,
        cash: arguments.cash,
        currency,
        rules: FillRules {
            fees,
            slippage_bps: arguments.slippage_bps,
            volume_share: arguments.volume_share,
        },
        periods_per_year: arguments.periods_per_year.map(f64::from),
        keep_equity: arguments.equity_csv.is_some(),
    })
}

fn load(arguments: &Arguments) -> Result<Vec<Series>, CliError> {
    let load = |path: &PathBuf| {
        csv::load_bars(path, arguments.timeframe, arguments.stamped.into())
            .map_err(|error| CliError::failed(format!("{}: {error}", path.display())))
    };
    arguments.data.iter().map(load).collect()
}

/// The bars of several symbols in order of their closes, those of one close in the order of the
/// files.
fn merged(series: &[Series], symbols: &[Symbol]) -> Vec<(Symbol, Bar)> {
    let bars = series.iter().zip(symbols);
    let mut merged: Vec<_> =
        bars.flat_map(|(series, symbol)| series.bars.iter().map(|bar| (*symbol, *bar))).collect();
    merged.sort_by_key(|(_, bar)| bar.close_time);
    merged
}

fn run_error(arguments: &Arguments, error: &RunError) -> CliError {
    match error {
        RunError::Config(faults) => config::faults_error(&arguments.config, faults),
        RunError::NoCash(_) | RunError::Negative { .. } | RunError::NoData(_) => {
            CliError::usage(error)
        }
        other => CliError::failed(other),
    }
}
