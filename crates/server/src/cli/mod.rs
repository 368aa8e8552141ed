//! The command line: parses, dispatches, and turns every error into a message and an exit code.
//!
//! 0 is done, 1 is failed, 2 is wrong usage: a flag, an expression or a config that cannot mean
//! anything.

mod backtest;
mod config;
mod data;
mod error;
mod explain;
mod gate;
mod indicators;
mod output;
mod place;
mod serve;
mod terminal;
mod users;

use std::process::ExitCode;

use ballast_platform::request::RouteEntry;
use clap::{CommandFactory, Parser, Subcommand};

pub(crate) use error::CliError;

/// Automated trading that you host yourself.
#[derive(Debug, Parser)]
#[command(name = "ballast", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "\
Examples:
  ballast backtest --data goog.csv --timeframe 1d --config strategy.json
  ballast indicators --data goog.csv --timeframe 1d --expr 'rsi(close, 14)'
  ballast config check strategy.json
  ballast serve
  ballast explain

Ends with 0 when done, with 1 when it failed, with 2 on wrong usage. `ballast COMMAND --help` says
more about a command.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Test a strategy on bars from files
    Backtest(Box<backtest::Arguments>),
    /// Compute expressions of the strategy language on bars from a file
    Indicators(indicators::Arguments),
    /// Check strategy configs, print them or their schema
    #[command(subcommand)]
    Config(config::Command),
    /// Trade: the market, the engine and the paper venue, until stopped
    Serve(serve::Arguments),
    /// Tell why profiles do or do not trade
    Explain(explain::Arguments),
    /// Make and list accounts
    #[command(subcommand)]
    Users(users::Command),
    /// Print the description of the HTTP API, OpenAPI 3.1
    #[command(hide = true)]
    Openapi,
    /// Print who may use which route of the HTTP API, as Markdown
    #[command(hide = true)]
    Routes,
    /// Print how long routes of the HTTP API will be there, as Markdown
    #[command(hide = true)]
    Lifecycle,
    /// Print every code that the HTTP API answers with, as Markdown
    #[command(hide = true)]
    Errors,
    /// Print every limit of the risk gate, as Markdown
    #[command(hide = true)]
    Limits,
    /// Print every refusal of the risk gate, as Markdown
    #[command(hide = true)]
    Refusals,
    /// Print every metric of a server, as Markdown
    #[command(hide = true)]
    Metrics,
    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  source <(ballast completions bash)
  ballast completions zsh > ~/.zfunc/_ballast
  ballast completions fish > ~/.config/fish/completions/ballast.fish")]
    Completions {
        /// Which shell
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
        Command::Explain(arguments) => explain::run(arguments),
        Command::Users(command) => users::run(command),
        Command::Openapi => {
            let (description, _) = described()?;
            let value = serde_json::to_value(description).map_err(CliError::failed)?;
            let text = serde_json::to_string_pretty(&sorted(value)).map_err(CliError::failed)?;
            output::write_all((text + "\n").as_bytes())
        }
        Command::Routes => {
            let (_, entries) = described()?;
            output::write_all(crate::http::authorisation_page(&entries).as_bytes())
        }
        Command::Lifecycle => {
            let (_, entries) = described()?;
            output::write_all(crate::http::lifecycle_page(&entries).as_bytes())
        }
        Command::Errors => output::write_all(crate::http::codes_page().as_bytes()),
        Command::Limits => {
            let page = gate::limits_page(&crate::serve::default_limits()?);
            output::write_all(page.as_bytes())
        }
        Command::Refusals => output::write_all(gate::refusals_page().as_bytes()),
        Command::Metrics => output::write_all(crate::metrics::page().as_bytes()),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "ballast", &mut script);
            output::write_all(&script)
        }
    }
}

/// The HTTP API, as it describes itself.
fn described() -> Result<(utoipa::openapi::OpenApi, Vec<RouteEntry>), CliError> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(crate::serve::identity::describe())
}

/// With the fields of every object in the order of the alphabet, so that it is the same each time.
fn sorted(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(fields) => {
            let fields: std::collections::BTreeMap<_, _> = fields.into_iter().collect();
            fields.into_iter().map(|(name, value)| (name, sorted(value))).collect()
        }
        Value::Array(values) => values.into_iter().map(sorted).collect(),
        other => other,
    }
}
