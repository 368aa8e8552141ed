//! `bench backtest`: one SMA cross over a seeded random walk, in Ballast and in its peers, taking
//! turns. Speed is shown only when all of them end with the same equity and the same trades: a
//! fast wrong answer is no figure.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::{Deserialize, Deserializer};

use super::machine::Machine;
use super::peers::{Peers, REFERENCE};
use super::{document, random_walk};
use crate::report::Table;
use crate::{process, up, workspace};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Minute bars in the random walk
    #[arg(long, default_value_t = 500_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    bars: u64,
    /// Measured runs of each program, taking turns
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Seed of the random walk
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Put the result into docs/benchmarks.md
    #[arg(long)]
    write: bool,
}

/// So much that ten units can always be paid.
const CASH: u64 = 10_000_000;

/// Sums of cents in floating point differ by far less than half a cent.
const EQUITY_TOLERANCE: f64 = 0.005;

/// A peer that takes longer than this is not run again: its median would not tell more.
const SLOW_SECONDS: f64 = 30.0;

const BALLAST: &str = "ballast";

const STRATEGY: &str = r#"{"version": 1, "kind": "rules", "timeframe": "1m", "symbols": ["WALK"],
 "direction": "long",
 "entry": "crossover(sma(close, 10), sma(close, 20))",
 "exit": "crossunder(sma(close, 10), sma(close, 20))",
 "sizing": {"type": "fixedQuantity", "quantity": "10"}}
"#;

/// What one program made of the bars, once.
#[derive(Debug, Clone, Copy)]
struct Run {
    bars_per_second: f64,
    final_equity: f64,
    closed_trades: u64,
}

/// The part of `ballast backtest --json` that is read here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    #[serde(deserialize_with = "amount")]
    final_equity: f64,
    closed_trades: u64,
    bars: u64,
    bars_per_second: f64,
}

pub(super) fn run(options: &Options) -> Result<()> {
    let root = workspace::root()?;
    let metadata = workspace::metadata(&root)?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let bars = write_bars(folder.path(), options)?;

    let ballast = ballast_command(&up::build_release(&metadata)?, folder.path(), &bars)?;
    let mut peers = Peers::start(&metadata, &bars, CASH)?;
    let machine = Machine::this();
    let results = measure(options, ballast, &mut peers)?;
    agree(&results)?;

    let body = section(options, &results, &peers, &machine)?;
    println!("{body}");
    if options.write {
        document::write_section(&root, "bench backtest", &body)?;
    }
    Ok(())
}

fn write_bars(folder: &Path, options: &Options) -> Result<PathBuf> {
    let path = folder.join("bars.csv");
    let mut out = BufWriter::new(File::create(&path).context("cannot create the bars' file")?);
    random_walk::write(&mut out, options.bars, options.seed)?;
    out.flush().context("cannot write the bars")?;
    Ok(path)
}

fn ballast_command(binary: &Path, folder: &Path, bars: &Path) -> Result<Command> {
    let config = folder.join("strategy.json");
    std::fs::write(&config, STRATEGY).context("cannot write the strategy config")?;
    let mut command = Command::new(binary);
    command.arg("backtest").arg("--data").arg(bars).arg("--config").arg(config);
    command.args(["--symbol", "WALK", "--timeframe", "1m", "--asset", "crypto"]);
    command.args(["--cash", &CASH.to_string(), "--fee-pct", "0", "--slippage-bps", "0"]);
    command.args(["--json", "--no-trades"]);
    Ok(command)
}

/// All runs by program, in turns, so that a busy moment of the machine hits everyone.
fn measure(
    options: &Options,
    mut ballast: Command,
    peers: &mut Peers,
) -> Result<BTreeMap<String, Vec<Run>>> {
    let mut results: BTreeMap<String, Vec<Run>> = BTreeMap::new();
    let mut in_turn: Vec<String> = peers.versions.keys().cloned().collect();
    for turn in 1..=options.runs {
        eprintln!("run {turn} of {}: {BALLAST}, {}", options.runs, in_turn.join(", "));
        let own = parse_summary(&process::capture(&mut ballast)?, options.bars)?;
        results.entry(BALLAST.to_owned()).or_default().push(own);
        let mut slow = Vec::new();
        for name in &in_turn {
            let run = peers.run(name)?;
            results.entry(name.clone()).or_default().push(Run {
                bars_per_second: options.bars as f64 / run.seconds,
                final_equity: run.final_equity,
                closed_trades: run.closed_trades,
            });
            if run.seconds > SLOW_SECONDS {
                slow.push(name.clone());
            }
        }
        in_turn.retain(|name| !slow.contains(name));
    }
    Ok(results)
}

fn parse_summary(json: &str, bars: u64) -> Result<Run> {
    let summary: Summary =
        serde_json::from_str(json).context("`ballast backtest --json` answered otherwise")?;
    ensure!(summary.bars == bars, "ballast read {} of {bars} bars", summary.bars);
    Ok(Run {
        bars_per_second: summary.bars_per_second,
        final_equity: summary.final_equity,
        closed_trades: summary.closed_trades,
    })
}

/// Amounts are decimal strings or numbers.
fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Amount {
        Text(String),
        Number(f64),
    }
    match Amount::deserialize(deserializer)? {
        Amount::Text(text) => text.parse().map_err(serde::de::Error::custom),
        Amount::Number(number) => Ok(number),
    }
}

/// Every run of every program must end as the first one of the reference did.
fn agree(results: &BTreeMap<String, Vec<Run>>) -> Result<()> {
    let reference = results.get(REFERENCE).and_then(|runs| runs.first());
    let reference = reference.context("the reference did not run")?;
    ensure!(reference.closed_trades > 0, "no trade was closed: use more bars");
    for (name, runs) in results {
        for run in runs {
            let difference = (run.final_equity - reference.final_equity).abs();
            let same_trades = run.closed_trades == reference.closed_trades;
            if !(same_trades && difference <= EQUITY_TOLERANCE) {
                bail!(
                    "no speed is shown, the results differ: {name} ends at {} after {} closed \
                     trades, {REFERENCE} at {} after {}",
                    run.final_equity,
                    run.closed_trades,
                    reference.final_equity,
                    reference.closed_trades
                );
            }
        }
    }
    Ok(())
}

/// The Markdown section: machine, command, table, what was measured.
fn section(
    options: &Options,
    results: &BTreeMap<String, Vec<Run>>,
    peers: &Peers,
    machine: &Machine,
) -> Result<String> {
    let own = &results[BALLAST];
    let end = own[0];
    let rustc = process::capture(Command::new("rustc").arg("--version"))?;
    let Options { bars, runs, seed, .. } = options;
    Ok(format!(
        "## Back-test\n\n\
         SMA 10/20 cross, long only, 10 units, no fee, fill at the next open, over a random walk \
         of {bars} minute bars\n(seed {seed}). All end at {:.2} after {} closed trades.\n\n\
         {}\n\
         Bars per second from the loaded series to the last statistic, one thread. The ratio is \
         Ballast's median\nover the other's. backtesting.py is measured around `Backtest.run()` \
         without its progress bar, vectorbt from\nthe averages to its statistics after a warm-up, \
         backtrader around `Cerebro.run()`, which includes its loading.\nA program that takes \
         longer than {SLOW_SECONDS} s runs once.\n\n\
         - Machine: {machine}\n\
         - Versions: {}, Python {}\n\
         - Command: `cargo xtask bench backtest --bars {bars} --runs {runs} --seed {seed}`\n",
        end.final_equity,
        end.closed_trades,
        table(results, peers).to_markdown(),
        rustc.trim(),
        peers.python,
    ))
}

fn table(results: &BTreeMap<String, Vec<Run>>, peers: &Peers) -> Table {
    let own = median(&speeds(&results[BALLAST]));
    let mut table = Table::new(&["program", "bars/s, median", "min–max", "runs", "ratio"]);
    let mut rows: Vec<(&String, Vec<f64>)> =
        results.iter().map(|(name, runs)| (name, speeds(runs))).collect();
    rows.sort_by(|a, b| median(&b.1).total_cmp(&median(&a.1)));
    for (name, speeds) in rows {
        let program = match peers.versions.get(name) {
            Some(version) => format!("{name} {version}"),
            None => format!("{name} {}", env!("CARGO_PKG_VERSION")),
        };
        let (least, most) = (speeds[0], speeds[speeds.len() - 1]);
        table.row(vec![
            program,
            grouped(median(&speeds)),
            format!("{}–{}", grouped(least), grouped(most)),
            speeds.len().to_string(),
            format!("{:.2}", own / median(&speeds)),
        ]);
    }
    for (name, reason) in &peers.missing {
        let reason = reason.lines().next().unwrap_or_default();
        table.row(vec![name.clone(), format!("not run: {reason}")]);
    }
    table
}

/// Bars per second in ascending order.
fn speeds(runs: &[Run]) -> Vec<f64> {
    let mut speeds: Vec<f64> = runs.iter().map(|run| run.bars_per_second).collect();
    speeds.sort_by(f64::total_cmp);
    speeds
}

/// Of sorted numbers; the mean of the middle two when their count is even.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    } else {
        sorted[middle]
    }
}

/// 1234567.8 -> `1,234,568`.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(speed: f64, equity: f64, trades: u64) -> Run {
        Run { bars_per_second: speed, final_equity: equity, closed_trades: trades }
    }

    fn results(own: Run) -> BTreeMap<String, Vec<Run>> {
        let reference = result(100.0, 10_374.6, 13);
        [(BALLAST, own), (REFERENCE, reference)]
            .map(|(name, run)| (name.to_owned(), vec![run]))
            .into()
    }

    #[test]
    fn figures_need_the_same_equity_and_trades() {
        for (equity, trades, fine) in [
            (10_374.6, 13, true),
            (10_374.600_000_02, 13, true),
            (10_374.59, 13, false),
            (10_374.6, 12, false),
            (f64::NAN, 13, false),
        ] {
            let agreed = agree(&results(result(1.0, equity, trades)));
            assert_eq!(agreed.is_ok(), fine, "{equity} {trades}");
        }
        let error = agree(&results(result(1.0, 9.0, 12))).unwrap_err().to_string();
        assert!(error.contains("ballast ends at 9 after 12 closed trades"), "{error}");
    }

    #[test]
    fn the_summary_takes_amounts_as_text_or_number() {
        for equity in ["\"10374.60\"", "10374.6"] {
            let json = format!(
                "{{\"finalEquity\":{equity},\"closedTrades\":13,\"bars\":1000,\
                 \"barsPerSecond\":5e6,\"sharpe\":null}}"
            );
            let run = parse_summary(&json, 1_000).unwrap();
            assert_eq!((run.final_equity, run.closed_trades), (10_374.6, 13));
            assert!(parse_summary(&json, 999).is_err(), "another number of bars was read");
        }
        assert!(parse_summary("{}", 1_000).is_err());
    }

    #[test]
    fn medians_of_odd_and_even_counts() {
        assert_eq!(median(&speeds(&[3.0, 1.0, 2.0].map(|speed| result(speed, 0.0, 0)))), 2.0);
        assert_eq!(median(&speeds(&[4.0, 1.0, 3.0, 2.0].map(|speed| result(speed, 0.0, 0)))), 2.5);
        assert_eq!(median(&[7.0]), 7.0);
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in
            [(0.4, "0"), (999.0, "999"), (1_000.0, "1,000"), (5_123_456.7, "5,123,457")]
        {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn the_strategy_is_json() {
        let config: serde_json::Value = serde_json::from_str(STRATEGY).unwrap();
        assert_eq!(config["sizing"]["quantity"], "10");
    }
}
