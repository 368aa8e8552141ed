//! The peers' side: one Python process that loads the bars once and runs a peer when asked. It
//! stays alive between runs, so that no peer pays for imports or compilation.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::process::command_line;
use crate::python::Environment;
use crate::workspace::Metadata;

const SCRIPT: &str = "xtask/python/backtest_peers.py";
const REQUIREMENTS: &str = include_str!("../../python/backtest-requirements.txt");

/// Rows that are shown when they can be installed.
const OPTIONAL: [(&str, &str); 2] =
    [("vectorbt", "vectorbt==1.2.0"), ("backtrader", "backtrader==1.9.78.123")];

/// The peer that must be there; it decides whether our figures may be shown.
pub(super) const REFERENCE: &str = "backtesting";

/// A running Python process with the bars loaded.
#[derive(Debug)]
pub(super) struct Peers {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub(super) python: String,
    /// Name and version of each peer that is ready.
    pub(super) versions: BTreeMap<String, String>,
    /// Name and reason of each that is not.
    pub(super) missing: BTreeMap<String, String>,
}

/// One run of a peer over all bars.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PeerRun {
    pub(super) seconds: f64,
    pub(super) final_equity: f64,
    pub(super) closed_trades: u64,
}

#[derive(Debug, Deserialize)]
struct Ready {
    python: String,
    versions: BTreeMap<String, String>,
    missing: BTreeMap<String, String>,
}

impl Peers {
    /// Installs and starts the peers over the bars of a CSV file.
    pub(super) fn start(metadata: &Metadata, bars: &Path, cash: u64) -> Result<Self> {
        let target = &metadata.target_directory;
        let environment = Environment::ensure(target, "bench-python", REQUIREMENTS)?;
        let mut not_installed = BTreeMap::new();
        let mut command = environment.python();
        command.arg(metadata.workspace_root.join(SCRIPT));
        command.arg(bars).arg(cash.to_string()).arg(REFERENCE);
        for (name, requirement) in OPTIONAL {
            match environment.add_optional(requirement) {
                Ok(()) => drop(command.arg(name)),
                Err(error) => drop(not_installed.insert(name.to_owned(), format!("{error:#}"))),
            }
        }
        let line = command_line(&command);
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{line}`"))?;
        let input = process.stdin.take().context("Python has no standard input")?;
        let output = process.stdout.take().context("Python has no standard output")?;
        let mut output = BufReader::new(output);
        let ready: Ready = answer(&mut output)?;
        let mut missing = ready.missing;
        missing.extend(not_installed);
        if let Some(reason) = missing.get(REFERENCE) {
            bail!("backtesting.py does not run: {reason}");
        }
        let (python, versions) = (ready.python, ready.versions);
        Ok(Self { process, input, output, python, versions, missing })
    }

    pub(super) fn run(&mut self, name: &str) -> Result<PeerRun> {
        writeln!(self.input, "{name}").context("the Python process is gone")?;
        answer(&mut self.output).with_context(|| format!("{name} gave no result"))
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        // Nothing is left to save, and a broken run must not keep a process alive.
        let _gone_already = self.process.kill();
        let _status = self.process.wait();
    }
}

fn answer<T: DeserializeOwned>(output: &mut impl BufRead) -> Result<T> {
    let mut line = String::new();
    output.read_line(&mut line).context("cannot read from Python")?;
    if line.is_empty() {
        bail!("Python ended early; its message stands above");
    }
    serde_json::from_str(&line).with_context(|| format!("Python answered `{}`", line.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_line_by_line() {
        let mut output =
            &b"{\"seconds\":0.5,\"finalEquity\":10.25,\"closedTrades\":3}\nnonsense\n"[..];
        let run: PeerRun = answer(&mut output).unwrap();
        assert_eq!((run.seconds, run.final_equity, run.closed_trades), (0.5, 10.25, 3));
        let error = answer::<PeerRun>(&mut output).unwrap_err().to_string();
        assert_eq!(error, "Python answered `nonsense`");
        let error = answer::<PeerRun>(&mut output).unwrap_err().to_string();
        assert!(error.contains("ended early"), "{error}");
    }
}
