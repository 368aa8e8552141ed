//! `oracle`: the release binary beside programs that were not written with it. Random back-tests
//! go through a second reading of the fill contract, real series through other people's engines
//! and TA-Lib. It needs Python and is no part of `verify`; what differs is printed with its seed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::python::Environment;
use crate::workspace::Metadata;
use crate::{process, up, workspace};

const SCRIPTS: &str = "xtask/oracle";
const REQUIREMENTS: &str = include_str!("../oracle/requirements.txt");

/// Compared too when it can be installed.
const OPTIONAL: &str = "backtrader==1.9.78.123";

/// The folder of real series that are not part of the repository, and the one read here.
const DATA_VARIABLE: &str = "BALLAST_TEST_DATA";
const DAILY_SERIES: &str = "ohlcv/goog-1d-2004-2013.csv";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many random cases
    #[arg(long, default_value_t = 500)]
    cases: u32,
    /// The first case's seed; the others count on from it
    #[arg(long, default_value_t = 0)]
    first_seed: u64,
    /// Replay this seed and nothing else
    #[arg(long)]
    seed: Option<u64>,
    /// Leave the replayed case's bars, config and equity curve in this folder
    #[arg(long, requires = "seed")]
    keep: Option<PathBuf>,
    /// Daily bars for the peers [default: those of BALLAST_TEST_DATA]
    #[arg(long)]
    data: Option<PathBuf>,
    /// A binary that is built already
    #[arg(long)]
    ballast: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let root = workspace::root()?;
    let metadata = workspace::metadata(&root)?;
    let ballast = match &options.ballast {
        Some(binary) => absolute(binary)?,
        None => up::build(&metadata)?,
    };
    let environment = prepare(&metadata)?;
    let script = |name: &str| {
        let mut command = python(&environment, &metadata);
        command.arg(name).arg("--ballast").arg(&ballast);
        command
    };

    let mut cases = script("compare.py");
    cases.args(case_arguments(options)?);
    if options.seed.is_some() {
        return process::run(&mut cases);
    }
    let mut unit_tests = python(&environment, &metadata);
    process::run(unit_tests.args(["-m", "unittest", "--quiet"]))
        .context("the reference fails its own tests")?;
    let compared = process::run(&mut cases);
    let Some(data) = daily_series(options)? else {
        println!("The peers did not run: set {DATA_VARIABLE}, or give --data.");
        return compared;
    };
    let beside_peers = process::run(script("peers.py").arg("--data").arg(data));
    both(compared, beside_peers)
}

fn prepare(metadata: &Metadata) -> Result<Environment> {
    let target = &metadata.target_directory;
    let environment = Environment::ensure(target, "oracle-python", REQUIREMENTS)?;
    if let Err(error) = environment.add_optional(OPTIONAL) {
        println!("{OPTIONAL} is left out: {error:#}");
    }
    Ok(environment)
}

/// Python among the scripts; what it compiles goes to the target folder.
fn python(environment: &Environment, metadata: &Metadata) -> Command {
    let mut command = environment.python();
    command
        .current_dir(metadata.workspace_root.join(SCRIPTS))
        .env("PYTHONPYCACHEPREFIX", metadata.target_directory.join("oracle-pycache"));
    command
}

fn case_arguments(options: &Options) -> Result<Vec<String>> {
    let Some(seed) = options.seed else {
        return Ok(vec![
            format!("--cases={}", options.cases),
            format!("--first-seed={}", options.first_seed),
        ]);
    };
    let mut arguments = vec![format!("--seed={seed}")];
    if let Some(folder) = &options.keep {
        let folder = std::path::absolute(folder).context("the folder to keep the case in")?;
        arguments.push(format!("--keep={}", folder.display()));
    }
    Ok(arguments)
}

/// The series the peers run on; a folder that is named but lacks it is an error.
fn daily_series(options: &Options) -> Result<Option<PathBuf>> {
    if let Some(data) = &options.data {
        return absolute(data).map(Some);
    }
    std::env::var_os(DATA_VARIABLE)
        .map(|folder| absolute(&Path::new(&folder).join(DAILY_SERIES)))
        .transpose()
}

fn absolute(path: &Path) -> Result<PathBuf> {
    path.canonicalize().with_context(|| format!("cannot read {}", path.display()))
}

/// Both were run to the end, so that one answer shows all that differs.
fn both(first: Result<()>, second: Result<()>) -> Result<()> {
    match (first, second) {
        (Err(first), Err(second)) => bail!("{first:#}; {second:#}"),
        (first, second) => first.and(second),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    fn options() -> Options {
        Options { cases: 3, first_seed: 40, seed: None, keep: None, data: None, ballast: None }
    }

    #[test]
    fn a_seed_is_replayed_alone() {
        assert_eq!(case_arguments(&options()).unwrap(), ["--cases=3", "--first-seed=40"]);
        let one = Options { seed: Some(7), keep: Some("/case".into()), ..options() };
        assert_eq!(case_arguments(&one).unwrap(), ["--seed=7", "--keep=/case"]);
    }

    #[test]
    fn a_series_that_is_named_must_be_there() {
        let lost = Options { data: Some("/no/such/bars.csv".into()), ..options() };
        let error = daily_series(&lost).unwrap_err().to_string();
        assert_eq!(error, "cannot read /no/such/bars.csv");
    }

    #[test]
    fn a_failure_of_either_is_a_failure() {
        let no = |what: &'static str| Err(anyhow!(what));
        assert!(both(Ok(()), Ok(())).is_ok());
        assert_eq!(both(no("a"), Ok(())).unwrap_err().to_string(), "a");
        assert_eq!(both(Ok(()), no("b")).unwrap_err().to_string(), "b");
        assert_eq!(both(no("a"), no("b")).unwrap_err().to_string(), "a; b");
    }
}
