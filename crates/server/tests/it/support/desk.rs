//! Running the binary in a folder of its own, and what came of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A strategy that enters at the first close and exits three bars on, without any warm-up.
pub(crate) const STRATEGY: &str = r#"{"version": 1, "kind": "rules", "timeframe": "1d",
    "symbols": ["TEST"], "entry": "close > 0",
    "sizing": {"type": "fixedQuantity", "quantity": "1"}, "exits": {"maxBars": 3}}"#;

pub(crate) const HEADER: &str = "time,open,high,low,close,volume\n";

/// A folder with files, in which commands are run.
pub(crate) struct Desk {
    folder: TempDir,
}

/// What a command wrote, and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    /// With `bars.csv` of ten days and `strategy.json`.
    pub(crate) fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        desk.write("bars.csv", &days(10));
        desk.write("strategy.json", STRATEGY);
        desk
    }

    /// With `ballast.toml` for a server.
    pub(crate) fn serving(settings: &str) -> Self {
        let desk = Self::new();
        desk.write("ballast.toml", settings);
        desk
    }

    /// Where its server keeps what it has.
    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// A copy of what its server has, to be looked at: to open a store changes it, and what is
    /// looked at is to be as it was left.
    pub(crate) fn copy_of_data(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        for name in ["ballast.db", "ballast.db-wal", "local.log"] {
            match std::fs::copy(self.data().join(name), copy.path().join(name)) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                copied => drop(copied.unwrap()),
            }
        }
        copy
    }

    /// `ballast serve` on `ballast.toml`, without colours in its log.
    pub(crate) fn serve(&self) -> Command {
        let mut command = self.command(&["serve", "--config", "ballast.toml"]);
        command.env("NO_COLOR", "1").stdout(Stdio::null());
        command
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names of the files, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.unwrap().file_name().into_string().unwrap()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = ballast(self.folder.path());
        command.args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    /// Back-tests `strategy.json` on `bars.csv`, with further arguments.
    pub(crate) fn backtest(&self, further: &[&str]) -> Ended {
        let usual = ["backtest", "--data", "bars.csv", "--timeframe", "1d", "--config"];
        self.run(&[&usual[..], &["strategy.json"], further].concat())
    }
}

impl Drop for Desk {
    /// What has failed stays, to be looked at.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.folder.disable_cleanup(true);
            eprintln!("its files are in {}", self.folder.path().display());
        }
    }
}

impl Ended {
    /// The JSON that was printed by a command that succeeded.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// Ended with `code`, printed nothing, and said all of `words` on the standard error.
    #[track_caller]
    pub(crate) fn refused(&self, code: i32, words: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "{}", self.stderr);
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "{word} is not in: {}", self.stderr);
        }
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The binary, in `folder`, with nothing of the caller's terminal.
pub(crate) fn ballast(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ballast"));
    command.current_dir(folder).stdin(Stdio::null()).env_remove("NO_COLOR");
    command
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
    Path::new(&own).join("../..").canonicalize().unwrap()
}

/// That many daily bars from 2024-01-01, the close of the n-th at 100 + n.
pub(crate) fn days(count: u32) -> String {
    let bar = |day: u32| {
        let (open, close) = (99 + day, 100 + day);
        let date = format!("2024-{:02}-{:02}", 1 + (day - 1) / 28, 1 + (day - 1) % 28);
        format!("{date},{open},{},{},{close},1000\n", close + 1, open - 1)
    };
    HEADER.to_owned() + &(1..=count).map(bar).collect::<String>()
}
