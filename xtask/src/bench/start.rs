//! `bench start`: from the start of the process until it is ready and its tenant trades, on a
//! journal that the server itself has written: after a clean stop, after a power cut, without
//! what the system keeps of the files in memory, and without a snapshot to fold from.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::Value;
use tempfile::TempDir;

use super::machine::Machine;
use super::{document, random_walk};
use crate::report::Table;
use crate::{process, up, workspace};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Events in the journal, at least
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(100..))]
    events: u64,
    /// Measured starts of each kind
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// A binary to measure, in place of a release build of this tree
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Put the result into docs/benchmarks.md
    #[arg(long)]
    write: bool,
}

const TENANT: &str = "bench";
const PROFILES: usize = 4;
/// More bars than the journal needs: the server is stopped when it has enough events.
const BARS: u64 = 400_000;
const SEED: u64 = 1;
/// How long the journal may take to be written, and how long a start may take.
const PATIENCE: Duration = Duration::from_secs(1_800);
const ASK_AGAIN: Duration = Duration::from_millis(2);

/// What a start begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Stopped,
    Killed,
    Forgotten,
    Unsnapped,
}

impl Before {
    const ALL: [Self; 4] = [Self::Stopped, Self::Killed, Self::Forgotten, Self::Unsnapped];

    const fn says(self) -> &'static str {
        match self {
            Self::Stopped => "after a clean stop",
            Self::Killed => "after `kill -9`",
            Self::Forgotten => "after a clean stop, files not in the page cache",
            Self::Unsnapped => "after a clean stop, no snapshot: every event is folded",
        }
    }
}

/// Seconds from the start of the process.
#[derive(Debug, Clone, Copy)]
struct Start {
    ready: f64,
    trading: f64,
}

pub(super) fn run(options: &Options) -> Result<()> {
    let root = workspace::root()?;
    let metadata = workspace::metadata(&root)?;
    let binary = match &options.binary {
        Some(binary) => binary.canonicalize().with_context(|| format!("{}", binary.display()))?,
        None => up::build_release(&metadata)?,
    };
    let machine = Machine::this();
    let mut rows = Vec::new();
    let mut journal = Journal::default();
    for snapshots in [true, false] {
        let site = Site::with_journal(&binary, options.events, snapshots)?;
        journal = site.journal()?;
        let of_site = |before: &Before| (*before == Before::Unsnapped) != snapshots;
        for before in Before::ALL.into_iter().filter(of_site) {
            let starts = site.measure(before, options.runs)?;
            rows.push((before, starts));
        }
    }
    let body = section(options, &rows, &journal, &machine)?;
    println!("{body}");
    if options.write {
        document::write_section(&root, "bench start", &body)?;
    }
    Ok(())
}

/// How large a journal is.
#[derive(Debug, Default)]
struct Journal {
    events: u64,
    bytes: u64,
}

/// A data directory with a journal, and the server that runs on it.
struct Site {
    folder: TempDir,
    binary: PathBuf,
}

impl Site {
    /// Plays a file to four profiles that trade at nearly every bar, until there is enough.
    fn with_journal(binary: &Path, events: u64, snapshots: bool) -> Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let site = Self { folder, binary: binary.to_owned() };
        let mut bars = File::create(site.path("bars.csv")).context("cannot create the bars")?;
        let mut text = Vec::new();
        random_walk::write(&mut text, BARS, SEED)?;
        bars.write_all(&text).context("cannot write the bars")?;
        let every = if snapshots { "" } else { "[engine]\nsnapshot_every = 4000000000\n" };
        site.settings(&format!("{REPLAY}{every}"))?;
        eprintln!("writing a journal of {events} events, snapshots: {snapshots}");
        let mut server = Running::start(&site)?;
        let begun = Instant::now();
        while server.events() < events {
            ensure!(begun.elapsed() < PATIENCE, "the journal is not written in {PATIENCE:?}");
            ensure!(server.is_alive()?, "the server has ended while it wrote the journal");
            std::thread::sleep(Duration::from_millis(50));
        }
        server.stop()?;
        // From now on it is the market that people have, which was away for a long time.
        site.settings(&format!("[market]\n{every}"))?;
        Ok(site)
    }

    fn settings(&self, market: &str) -> Result<()> {
        let mut text = format!(
            "listen = \"127.0.0.1:0\"\ninternal_listen = \"127.0.0.1:0\"\n{market}\
             [[tenants]]\nid = \"{TENANT}\"\n"
        );
        for number in 0..PROFILES {
            text += &format!("[[tenants.profiles]]\nname = \"Profile {number}\"\n{PROFILE}");
        }
        std::fs::write(self.path("ballast.toml"), text).context("cannot write the settings")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn journal(&self) -> Result<Journal> {
        let bytes = self.path("data/ballast.db").metadata().context("no store")?.len();
        let mut server = Running::start(self)?;
        server.trading()?;
        let events = server.events();
        server.stop()?;
        Ok(Journal { events, bytes })
    }

    fn measure(&self, before: Before, runs: u32) -> Result<Vec<Start>> {
        let mut starts = Vec::new();
        for run in 0..=runs {
            if before == Before::Forgotten {
                self.forget()?;
            }
            let mut server = Running::start(self)?;
            let start = Start { ready: server.ready()?, trading: server.trading()? };
            eprintln!("{}: {start:.3?}", before.says());
            match before {
                Before::Killed => server.kill()?,
                _ => server.stop()?,
            }
            // The first start still follows upon whatever came before it.
            if run > 0 {
                starts.push(start);
            }
        }
        Ok(starts)
    }

    /// Takes the store out of the system's page cache.
    fn forget(&self) -> Result<()> {
        for entry in std::fs::read_dir(self.path("data")).context("no data directory")? {
            let path = entry?.path();
            if path.is_file() {
                let mut dd = Command::new("dd");
                dd.arg(format!("of={}", path.display()));
                dd.args(["oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none"]);
                process::run(dd.stdin(Stdio::null()))?;
            }
        }
        Ok(())
    }
}

const REPLAY: &str = r#"
[market]
feed = "replay"
[market.replay]
timeframe = "1m"
start = "2020-01-01"
files = [{ symbol = "ACME", path = "bars.csv" }]
"#;

const PROFILE: &str = r#"capital = 100000
[tenants.profiles.strategy]
version = 1
kind = "rules"
timeframe = "1m"
symbols = ["ACME"]
direction = "both"
entry = "close > open"
entryShort = "close < open"
sizing = { type = "percentOfEquity", value = "20" }
exits = { maxBars = 1 }
"#;

/// A server that was started.
struct Running {
    child: Child,
    begun: Instant,
    said: Receiver<String>,
    /// Once it has said where it listens, in public and for the operator.
    addresses: Option<(String, String)>,
}

impl Running {
    fn start(site: &Site) -> Result<Self> {
        let mut command = Command::new(&site.binary);
        command.args(["serve", "--config", "ballast.toml", "--data-dir", "data"]);
        command.current_dir(site.folder.path()).env("NO_COLOR", "1");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let begun = Instant::now();
        let mut child = command.spawn().context("cannot start the server")?;
        let log = child.stderr.take().context("the server has no log")?;
        let (told, said) = channel();
        std::thread::spawn(move || {
            // Read to its end, also when nobody listens: a full pipe would hold up the server.
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                let _ = told.send(line);
            }
        });
        Ok(Self { child, begun, said, addresses: None })
    }

    /// Seconds until it takes requests.
    fn ready(&mut self) -> Result<f64> {
        let (public, _) = self.addresses()?;
        self.until(|| get(&public, "/health/ready").is_some_and(|(status, _)| status == 200))
    }

    /// Seconds until the tenant's engine runs.
    fn trading(&mut self) -> Result<f64> {
        let (_, internal) = self.addresses()?;
        self.until(|| tenant(&internal).is_some_and(|tenant| tenant["running"] == true))
    }

    fn until(&self, mut is_so: impl FnMut() -> bool) -> Result<f64> {
        while !is_so() {
            ensure!(self.begun.elapsed() < PATIENCE, "it does not start in {PATIENCE:?}");
            std::thread::sleep(ASK_AGAIN);
        }
        Ok(self.begun.elapsed().as_secs_f64())
    }

    /// How many events the journal has.
    fn events(&mut self) -> u64 {
        let internal = self.addresses().ok().map(|(_, internal)| internal);
        let tenant = internal.and_then(|internal| tenant(&internal));
        tenant.and_then(|tenant| tenant["lastSeq"].as_u64()).unwrap_or_default()
    }

    fn addresses(&mut self) -> Result<(String, String)> {
        if let Some(known) = &self.addresses {
            return Ok(known.clone());
        }
        let mut said = String::new();
        loop {
            let line = self.said.recv_timeout(PATIENCE);
            let line = line.with_context(|| format!("it says no address:\n{said}"))?;
            let word = |name: &str| Some(line.split_once(name)?.1.split(' ').next()?.to_owned());
            if let (Some(public), Some(internal)) = (word(" listen="), word(" internal_listen=")) {
                self.addresses = Some((public.clone(), internal.clone()));
                return Ok((public, internal));
            }
            said += &line;
            said.push('\n');
        }
    }

    fn is_alive(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    fn stop(mut self) -> Result<()> {
        process::run(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the server did not stop in good order: {status}");
        }
        Ok(())
    }

    fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already when all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the internal listener says of the tenant.
fn tenant(internal: &str) -> Option<Value> {
    let (_, body) = get(internal, "/internal/health")?;
    let health: Value = serde_json::from_str(&body).ok()?;
    health["tenants"].get(TENANT).cloned()
}

/// The status and the body that a path is answered; `None` while nobody answers.
fn get(address: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

fn section(
    options: &Options,
    rows: &[(Before, Vec<Start>)],
    journal: &Journal,
    machine: &Machine,
) -> Result<String> {
    let mut table = Table::new(&[
        "start",
        "ready, median s",
        "min–max",
        "trading, median s",
        "min–max",
        "runs",
    ]);
    for (before, starts) in rows {
        let (ready, trading) = (
            spread(starts.iter().map(|start| start.ready)),
            spread(starts.iter().map(|start| start.trading)),
        );
        table.row(vec![
            before.says().to_owned(),
            ready.0,
            ready.1,
            trading.0,
            trading.1,
            starts.len().to_string(),
        ]);
    }
    let Journal { events, bytes } = journal;
    let mebibytes = bytes >> 20;
    let rustc = process::capture(Command::new("rustc").arg("--version"))?;
    let (asked, runs) = (options.events, options.runs);
    Ok(format!(
        "## Start\n\nFrom the start of the process until `/health/ready` answers 200, and until \
         the tenant's engine runs. One\ntenant with {PROFILES} profiles and a journal of {events} \
         events, in a store of {mebibytes} MiB that the server has\nwritten from a played file; \
         then it runs on the simulated market at the speed of the clock.\n\n{}\n\
         - Machine: {machine}\n- Versions: {}\n\
         - Command: `cargo xtask bench start --events {asked} --runs {runs}`\n",
        table.to_markdown(),
        rustc.trim(),
    ))
}

/// The median, and the least and the most.
fn spread(seconds: impl Iterator<Item = f64>) -> (String, String) {
    let mut seconds: Vec<f64> = seconds.collect();
    seconds.sort_by(f64::total_cmp);
    let at = |place: usize| seconds.get(place).copied().unwrap_or(f64::NAN);
    let median = f64::midpoint(at((seconds.len() - 1) / 2), at(seconds.len() / 2));
    (format!("{median:.2}"), format!("{:.2}–{:.2}", at(0), at(seconds.len() - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_names_the_middle_and_both_ends() {
        let of = |seconds: &[f64]| spread(seconds.iter().copied());
        assert_eq!(of(&[3.0, 1.0, 2.0]), ("2.00".to_owned(), "1.00–3.00".to_owned()));
        assert_eq!(of(&[4.0, 1.0]).0, "2.50");
    }
}
