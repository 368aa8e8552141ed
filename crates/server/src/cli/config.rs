//! `ballast config`: checks strategy configs and prints their schema.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ballast_domain::{StrategyConfig, Timeframe};
use ballast_engine::market::Board;
use ballast_engine::strategy::{ConfigFault, Plan};
use clap::Subcommand;

use super::{CliError, output};

/// What to do with configs.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check a strategy config and list everything that is wrong with it.
    Check {
        /// The JSON file.
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of strategy configs.
    Schema,
}

/// Runs `ballast config`.
pub(super) fn run(command: &Command) -> Result<(), CliError> {
    match command {
        Command::Check { file, json } => check(file, *json),
        Command::Schema => output::write_all(schema()?.as_bytes()),
    }
}

/// The JSON Schema of strategy configs, indented.
pub(super) fn schema() -> Result<String, CliError> {
    let schema = schemars::schema_for!(StrategyConfig);
    let text = serde_json::to_string_pretty(&schema).map_err(CliError::failed)?;
    Ok(text + "\n")
}

fn check(file: &Path, json: bool) -> Result<(), CliError> {
    let config = load(file)?;
    let venue = "check".parse().map_err(CliError::failed)?;
    let shortest = Timeframe::S5;
    let mut board = Board::new(venue, shortest);
    let plan = Plan::compile(Arc::new(config), &mut board);
    let plan = plan.map_err(|faults| faults_error(file, &faults))?;
    let lanes = plan.lanes().len();
    if json {
        return output::json(&serde_json::json!({
            "valid": true, "symbols": lanes, "series": board.series_count()
        }));
    }
    let words = format!(
        "{} is valid: {lanes} symbol(s), {} series to compute\n",
        file.display(),
        board.series_count()
    );
    output::write_all(words.as_bytes())
}

/// Reads a strategy config.
pub(super) fn load(file: &Path) -> Result<StrategyConfig, CliError> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| CliError::failed(format!("cannot read {}: {error}", file.display())))?;
    let deserializer = &mut serde_json::Deserializer::from_str(&text);
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = match error.path().to_string() {
            path if path == "." => String::new(),
            path => format!("{path}: "),
        };
        let advice = "; `ballast config schema` prints what is allowed";
        CliError::usage(format!("{}: {path}{}{advice}", file.display(), error.inner()))
    })
}

/// All faults of a config as one error, a line each.
pub(super) fn faults_error(file: &Path, faults: &[ConfigFault]) -> CliError {
    let mut words = format!("{} has {} fault(s):", file.display(), faults.len());
    for fault in faults {
        // Writing to a string cannot fail.
        let _ = write!(words, "\n  {fault}");
    }
    CliError::usage(words)
}
