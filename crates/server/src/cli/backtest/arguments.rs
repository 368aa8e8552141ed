//! What `ballast backtest` is asked: its flags, and the run that they mean.

use std::path::PathBuf;
use std::sync::Arc;

use ballast_backtest::Request;
use ballast_domain::number::parse_decimal;
use ballast_domain::profile::FeeSchedule;
use ballast_domain::{
    AssetClass, Currency, Instrument, Quantity, StrategyConfig, Symbol, Timeframe,
};
use ballast_engine::matching::FillRules;
use clap::Args;
use rust_decimal::Decimal;

use crate::cli::data::StampedArgument;
use crate::research::limits;

/// Arguments of `ballast backtest`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  A summary on the terminal and a report with charts
    ballast backtest --data goog.csv --timeframe 1d --config strategy.json --report report.html

  Fees, slippage and whole shares; JSON for a program
    ballast backtest --data goog.csv --timeframe 1d --config strategy.json --cash 25000 \\
        --fee-pct 0.1 --slippage-bps 5 --lot 1 --json

  Two symbols, a file each
    ballast backtest --data btc.csv --symbol BTC/USD --data eth.csv --symbol ETH/USD \\
        --timeframe 1h --asset crypto --config pair.json

The data is CSV with a time, open, high, low, close and, if known, volume. docs/backtesting.md
describes the files, every figure and how orders fill.")]
pub(in crate::cli) struct Arguments {
    /// The bars, a CSV file; once for each symbol
    #[arg(long, value_name = "FILE", required = true, help_heading = "Data")]
    pub(super) data: Vec<PathBuf>,
    /// The symbol of each file, in the same order; the config's when it names only one
    #[arg(long, help_heading = "Data")]
    pub(super) symbol: Vec<Symbol>,
    /// The interval of the bars in the files: 5s 15s 1m 5m 15m 30m 1h 4h 1d 1w 1M
    #[arg(long, help_heading = "Data")]
    pub(super) timeframe: Timeframe,
    /// Which end of its interval a time in a file names
    #[arg(long, value_enum, default_value = "open", help_heading = "Data")]
    pub(super) stamped: StampedArgument,
    /// The strategy config, a JSON file
    #[arg(long, value_name = "FILE", help_heading = "Strategy")]
    pub(super) config: PathBuf,
    /// Capital before the first bar, 0.000001 to 10^15
    #[arg(
        long, value_name = "AMOUNT", default_value = "10000", value_parser = cash,
        allow_negative_numbers = true, help_heading = "Account"
    )]
    cash: Decimal,
    /// What cash, prices and fees are counted in
    #[arg(long, default_value = "USD", help_heading = "Account")]
    currency: Currency,
    /// Fee in percent of each fill: 0.1 is 0.1 %
    #[arg(
        long, value_name = "PERCENT", default_value = "0", value_parser = percent,
        allow_negative_numbers = true, help_heading = "Account"
    )]
    fee_pct: Decimal,
    /// Fee in percent for limit and target fills, when it differs
    #[arg(
        long, value_name = "PERCENT", value_parser = percent, allow_negative_numbers = true,
        help_heading = "Account"
    )]
    maker_fee_pct: Option<Decimal>,
    /// Fee per unit instead of a percentage
    #[arg(
        long, value_name = "AMOUNT", value_parser = zero_or_more, allow_negative_numbers = true,
        conflicts_with_all = ["fee_pct", "maker_fee_pct"], help_heading = "Account"
    )]
    fee_per_unit: Option<Decimal>,
    /// Least fee of each fill, with --fee-per-unit
    #[arg(
        long, value_name = "AMOUNT", default_value = "0", value_parser = zero_or_more,
        allow_negative_numbers = true, requires = "fee_per_unit", help_heading = "Account"
    )]
    min_fee: Decimal,
    /// By how much market and stop fills are worse than the price, in basis points: 5 is 0.05 %
    #[arg(
        long, value_name = "POINTS", default_value = "0", value_parser = basis_points,
        allow_negative_numbers = true, help_heading = "Account"
    )]
    slippage_bps: Decimal,
    /// The largest share of a bar's volume that one fill may take, above 0 and at most 1
    #[arg(
        long, value_name = "SHARE", value_parser = share, allow_negative_numbers = true,
        help_heading = "Account"
    )]
    volume_share: Option<Decimal>,
    /// The step of quantities; any quantity when absent
    #[arg(
        long, value_name = "QUANTITY", value_parser = lot, allow_negative_numbers = true,
        help_heading = "Account"
    )]
    lot: Option<Quantity>,
    /// The market, which sets how many days a year has in ratios
    #[arg(long, value_enum, default_value = "stock", help_heading = "Figures")]
    asset: AssetArgument,
    /// Returns per year, when neither 252, 365, 52 nor 12 is right
    #[arg(
        long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..),
        help_heading = "Figures"
    )]
    periods_per_year: Option<u32>,
    /// Write a report with charts, one HTML file that needs nothing else
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) report: Option<PathBuf>,
    /// Write the equity at every bar's close to a CSV file
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) equity_csv: Option<PathBuf>,
    /// Print JSON instead of a summary
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
    /// Leave the list of trades out of the JSON
    #[arg(long, help_heading = "Output")]
    pub(super) no_trades: bool,
}

/// Markets.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum AssetArgument {
    /// 252 days a year
    Stock,
    /// 252 days a year
    Forex,
    /// 365 days a year
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

impl Arguments {
    /// Whether something shows the equity or the prices.
    pub(super) const fn keeps_curves(&self) -> bool {
        self.report.is_some() || !self.json
    }

    /// The run of `config` on data of `symbols`.
    pub(super) fn request(&self, config: Arc<StrategyConfig>, symbols: &[Symbol]) -> Request {
        let fees = match self.fee_per_unit {
            Some(amount) => FeeSchedule::PerUnit { amount, minimum: self.min_fee },
            None => FeeSchedule::Percent {
                maker: self.maker_fee_pct.unwrap_or(self.fee_pct),
                taker: self.fee_pct,
            },
        };
        let instruments = symbols.iter().map(|symbol| Instrument {
            lot_size: self.lot,
            ..Instrument::unrestricted(*symbol, self.asset.into(), self.currency)
        });
        Request {
            config,
            instruments: instruments.collect(),
            timeframe: self.timeframe,
            cash: self.cash,
            currency: self.currency,
            rules: FillRules {
                fees,
                slippage_bps: self.slippage_bps,
                volume_share: self.volume_share,
            },
            periods_per_year: self.periods_per_year.map(f64::from),
            keep_equity: self.equity_csv.is_some() || self.keeps_curves(),
            keep_trades: !self.no_trades || self.keeps_curves(),
        }
    }
}

fn checked(
    text: &str,
    check: impl Fn(Decimal) -> Result<(), &'static str>,
) -> Result<Decimal, String> {
    let value = parse_decimal(text).map_err(|error| error.to_string())?;
    check(value).map(|()| value).map_err(str::to_owned)
}

fn zero_or_more(text: &str) -> Result<Decimal, String> {
    checked(text, limits::zero_or_more)
}

fn cash(text: &str) -> Result<Decimal, String> {
    let finite = text.trim().parse::<f64>().is_ok_and(f64::is_finite);
    match parse_decimal(text) {
        // A number, but larger or smaller than any decimal.
        Err(_) if finite => Err(limits::CASH_RULE.to_owned()),
        _ => checked(text, limits::cash),
    }
}

fn percent(text: &str) -> Result<Decimal, String> {
    checked(text, limits::percent)
}

fn basis_points(text: &str) -> Result<Decimal, String> {
    checked(text, limits::basis_points)
}

fn share(text: &str) -> Result<Decimal, String> {
    checked(text, limits::share)
}

fn lot(text: &str) -> Result<Quantity, String> {
    Quantity::new(checked(text, limits::lot)?).map_err(|error| error.to_string())
}
