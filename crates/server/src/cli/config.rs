//! `ballast config`: checks strategy configs, prints them as they are read, and their schema.

mod mend;
mod text;

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ballast_domain::{StrategyConfig, Timeframe};
use ballast_engine::market::Board;
use ballast_engine::strategy::{ConfigFault, Plan};
use clap::Subcommand;
use serde::Serialize;

use super::{CliError, output};

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

/// A config that is valid.
struct Compiled {
    symbols: usize,
    series: usize,
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
        let checked = text.compiled(Timeframe::S5).map(|(_, compiled)| compiled);
        if json {
            output::json(&verdict(file, &checked))?;
        }
        match checked {
            Ok(_) if json => {}
            Ok(compiled) => output::write_all(words(file, &compiled).as_bytes())?,
            Err(faults) => errors.push(faults_error(file, &faults)),
        }
    }
    let Some(last) = errors.pop() else { return Ok(()) };
    errors.iter().for_each(CliError::tell);
    Err(last)
}

fn words(file: &Path, compiled: &Compiled) -> String {
    let symbols = match compiled.symbols {
        1 => "1 symbol".to_owned(),
        symbols => format!("{symbols} symbols"),
    };
    format!("{} is valid: {symbols}, {} series to compute\n", file.display(), compiled.series)
}

fn verdict(file: &Path, checked: &Result<Compiled, Vec<ConfigFault>>) -> serde_json::Value {
    match checked {
        Ok(Compiled { symbols, series }) => serde_json::json!({
            "file": file, "valid": true, "symbols": symbols, "series": series, "faults": []
        }),
        Err(faults) => {
            let faults = faults.iter().map(|ConfigFault { path, column, message }| {
                serde_json::json!({"path": path, "column": column, "message": message})
            });
            let faults: Vec<_> = faults.collect();
            serde_json::json!({"file": file, "valid": false, "faults": faults})
        }
    }
}

/// Compiles a config for `bars`, which finds every fault there is.
fn compile(config: &Arc<StrategyConfig>, bars: Timeframe) -> Result<Compiled, Vec<ConfigFault>> {
    let mut board = Board::new(ballast_backtest::venue(), bars);
    let plan = Plan::compile(Arc::clone(config), &mut board)?;
    Ok(Compiled { symbols: plan.lanes().len(), series: board.series_count() })
}

/// The text of a strategy config and where it is from.
#[derive(Debug)]
pub(super) struct ConfigFile {
    path: PathBuf,
    text: String,
}

/// Far more than any config needs.
const LARGEST_CONFIG_BYTES: u64 = 1 << 20;

impl ConfigFile {
    pub(super) fn read(path: &Path) -> Result<Self, CliError> {
        let failed = |why: &dyn std::fmt::Display| {
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
        let checked = self.compiled(bars).map(|(config, _)| config);
        checked.map_err(|faults| faults_error(&self.path, &faults))
    }

    fn compiled(
        &self,
        bars: Timeframe,
    ) -> Result<(Arc<StrategyConfig>, Compiled), Vec<ConfigFault>> {
        let config = text::parse(&self.text, bars).map_err(|mut mended| {
            let check = |config| compile(&Arc::new(config), bars).err().unwrap_or_default();
            let rest = mended.faults_of_the_rest(check);
            mended.faults.extend(rest);
            mended.faults
        })?;
        let config = Arc::new(config);
        let compiled = compile(&config, bars)?;
        Ok((config, compiled))
    }

    /// What the strategy is called: the file's name without its ending.
    pub(super) fn name(&self) -> String {
        self.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Whether the config seems to read volume.
    pub(super) fn reads_volume(&self) -> bool {
        self.text.contains("volume")
    }

    /// The text with one field or element a line, in the order it was written.
    pub(super) fn indented(&self) -> String {
        text::indented(&self.text)
    }
}

/// All faults of a config as one error, a line each.
pub(super) fn faults_error(file: &Path, faults: &[ConfigFault]) -> CliError {
    let count = match faults.len() {
        1 => "1 fault".to_owned(),
        count => format!("{count} faults"),
    };
    let mut words = format!("{} has {count}:", file.display());
    for fault in faults {
        // Writing to a string cannot fail.
        let _ = write!(words, "\n  {fault}");
    }
    CliError::usage(words)
}
