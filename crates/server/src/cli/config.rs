//! `ballast config`: checks strategy configs, prints them as they are read, and their schema.

use std::fmt::{Display, Write as _};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ballast_domain::{StrategyConfig, Timeframe};
use clap::Subcommand;
use serde::Serialize;

use super::{CliError, output};
use crate::strategy_text::{self, Checked, LARGEST_CONFIG_BYTES, TextFault};

/// What to do with configs.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check strategy configs and list everything that is wrong with them
    #[command(after_help = "\
Examples:
  ballast config check strategy.json
  ballast config check strategies/*.json --json

Ends with 0 when every config is valid, with 2 when one is not.")]
    Check {
        /// The JSON files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Print JSON, one line for each file
        #[arg(long)]
        json: bool,
    },
    /// Print a strategy config as it is read, defaults filled in
    #[command(after_help = "\
Example:
  ballast config print strategy.json")]
    Print {
        /// The JSON file
        file: PathBuf,
        /// Print JSON, which is how configs are written anyway
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of strategy configs
    #[command(after_help = "\
Example:
  ballast config schema > strategy-config.schema.json")]
    Schema {
        /// Print JSON, which a schema is anyway
        #[arg(long)]
        json: bool,
    },
}

/// Runs `ballast config`.
pub(super) fn run(command: &Command) -> Result<(), CliError> {
    match command {
        Command::Check { files, json } => check_all(files, *json),
        Command::Print { file, .. } => {
            let config = ConfigFile::read(file)?.checked(Timeframe::S5)?;
            output::write_all(pretty(&*config)?.as_bytes())
        }
        Command::Schema { .. } => {
            output::write_all(pretty(&schemars::schema_for!(StrategyConfig))?.as_bytes())
        }
    }
}

fn pretty(value: &impl Serialize) -> Result<String, CliError> {
    Ok(serde_json::to_string_pretty(value).map_err(CliError::failed)? + "\n")
}

/// Checks every file and says what is wrong with each.
fn check_all(files: &[PathBuf], json: bool) -> Result<(), CliError> {
    let mut errors = Vec::new();
    for file in files {
        let text = match ConfigFile::read(file) {
            Ok(text) => text,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        let checked = strategy_text::check(&text.text, Timeframe::S5);
        if json {
            output::json(&verdict(file, &checked))?;
        }
        if checked.config.is_none() {
            errors.push(faults_error(file, &checked.faults));
        } else if !json {
            output::write_all(words(file, &checked).as_bytes())?;
        }
    }
    let Some(last) = errors.pop() else { return Ok(()) };
    errors.iter().for_each(CliError::tell);
    Err(last)
}

fn words(file: &Path, checked: &Checked) -> String {
    let symbols = match checked.symbols {
        1 => "1 symbol".to_owned(),
        symbols => format!("{symbols} symbols"),
    };
    format!("{} is valid: {symbols}, {} series to compute\n", file.display(), checked.series)
}

fn verdict(file: &Path, checked: &Checked) -> serde_json::Value {
    if checked.config.is_some() {
        let Checked { symbols, series, .. } = checked;
        return serde_json::json!({
            "file": file, "valid": true, "symbols": symbols, "series": series, "faults": []
        });
    }
    let faults = checked.faults.iter().map(|fault| {
        serde_json::json!({
            "path": fault.path,
            "column": fault.expression_column,
            "message": advised(&fault.message, fault),
            "at": {"line": fault.line, "column": fault.column},
        })
    });
    serde_json::json!({"file": file, "valid": false, "faults": faults.collect::<Vec<_>>()})
}

/// `words` about a fault, and where the command line says more.
fn advised(words: &dyn Display, fault: &TextFault) -> String {
    match fault.against_schema {
        true => format!("{words}; `ballast config schema` prints what is allowed"),
        false => words.to_string(),
    }
}

/// The text of a strategy config and where it is from.
#[derive(Debug)]
pub(super) struct ConfigFile {
    path: PathBuf,
    text: String,
}

impl ConfigFile {
    pub(super) fn read(path: &Path) -> Result<Self, CliError> {
        let failed = |why: &dyn Display| {
            let advice = "name a strategy config, a JSON file";
            CliError::failed(format!("cannot read {}: {why}; {advice}", path.display()))
        };
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(LARGEST_CONFIG_BYTES + 1).read_to_end(&mut bytes))
            .map_err(|error| failed(&error))?;
        if bytes.len() as u64 > LARGEST_CONFIG_BYTES {
            return Err(failed(&"it is larger than 1 MiB"));
        }
        let text = String::from_utf8(bytes).map_err(|_| failed(&"it is not UTF-8 text"))?;
        // Some editors of Windows begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        Ok(Self { path: path.to_owned(), text })
    }

    /// The config, which can run on `bars`; all that is wrong with it is said with
    /// its place.
    pub(super) fn checked(&self, bars: Timeframe) -> Result<Arc<StrategyConfig>, CliError> {
        let Checked { config, faults, .. } = strategy_text::check(&self.text, bars);
        config.ok_or_else(|| faults_error(&self.path, &faults))
    }

    /// What the strategy is called: the file's name without its ending.
    pub(super) fn name(&self) -> String {
        self.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The text as it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// All faults of a config as one error, a line each.
pub(super) fn faults_error(file: &Path, faults: &[TextFault]) -> CliError {
    let count = match faults.len() {
        1 => "1 fault".to_owned(),
        count => format!("{count} faults"),
    };
    let mut words = format!("{} has {count}:", file.display());
    for fault in faults {
        // Writing to a string cannot fail.
        let _ = write!(words, "\n  {}", advised(fault, fault));
    }
    CliError::usage(words)
}
