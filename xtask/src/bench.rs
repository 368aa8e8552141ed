//! `bench`: measurements beside peers, in the same run on the same machine. Only ratios are worth
//! quoting; no test ever depends on them.

mod backtest;
mod document;
mod engine;
mod example;
mod gate;
mod machine;
mod peers;
mod random_walk;
mod start;

use anyhow::Result;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Benchmark {
    /// Bars per second of a back-test, beside backtesting.py, vectorbt and backtrader
    Backtest(backtest::Options),
    /// Microseconds of the risk gate for one signal, with every check on
    Gate(example::Options),
    /// Memory of a profile, and what one step of the engine takes
    Engine(example::Options),
    /// Seconds from the start of the server until it is ready, on a journal of 100,000 events
    Start(start::Options),
}

pub(crate) fn run(benchmark: &Benchmark) -> Result<()> {
    match benchmark {
        Benchmark::Backtest(options) => backtest::run(options),
        Benchmark::Gate(options) => gate::run(options),
        Benchmark::Engine(options) => engine::run(options),
        Benchmark::Start(options) => start::run(options),
    }
}
