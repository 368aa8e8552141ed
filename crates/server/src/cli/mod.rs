//! The command line: parses, dispatches, and turns every error into a message and an exit code.
//!
//! 0 is done, 1 is failed, 2 is wrong usage: a flag, an expression or a config that cannot mean
//! anything.

mod backtest;
mod config;
mod error;
mod indicators;
mod output;
mod serve;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub(crate) use error::CliError;

/// Automated trading that you host yourself.
#[derive(Debug, Parser)]
#[command(name = "ballast", version, propagate_version = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Test a strategy on bars from a file.
    Backtest(Box<backtest::Arguments>),
    /// Compute expressions of the strategy language on bars from a file.
    Indicators(indicators::Arguments),
    /// Check strategy configs, or print their schema.
    #[command(subcommand)]
    Config(config::Command),
    /// Trade: the market, the engine and the paper venue, until stopped.
    Serve(serve::Arguments),
    /// Print a completion script for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// Runs the command that the process was started with.
pub(crate) fn run() -> ExitCode {
    // Clap prints its own message and ends with 2 on wrong usage.
    let arguments = Arguments::parse();
    match dispatch(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

fn dispatch(command: Command) -> Result<(), CliError> {
    match command {
        Command::Backtest(arguments) => backtest::run(&arguments),
        Command::Indicators(arguments) => indicators::run(&arguments),
        Command::Config(command) => config::run(&command),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "ballast", &mut script);
            output::write_all(&script)
        }
    }
}
