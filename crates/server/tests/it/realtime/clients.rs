//! The stock client, run by Node: what it is to do, and all that it has heard.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

use super::SOON;

const FILES: [&str; 3] = ["package.json", "package-lock.json", "drive.mjs"];

/// What a client has heard.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Heard {
    pub(super) client: String,
    pub(super) event: String,
    pub(super) data: Value,
    /// Milliseconds since the clients were started.
    pub(super) at: f64,
}

/// Clients in a process of their own.
pub(super) struct Clients {
    child: Child,
    acts: Option<ChildStdin>,
    heard: Arc<(Mutex<Vec<Heard>>, Condvar)>,
}

impl Clients {
    /// Starts them; `None` where Node is not installed, which a build machine must have.
    pub(super) fn start() -> Option<Self> {
        let found = Command::new("npm").arg("--version").output().is_ok();
        assert!(found || std::env::var_os("CI").is_none(), "a build machine has Node and npm");
        if !found {
            eprintln!("not run: Node and npm are not installed");
            return None;
        }
        let mut command = Command::new("node");
        command.arg("drive.mjs").current_dir(installed());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (acts, lines) = (child.stdin.take(), child.stdout.take().unwrap());
        let heard: Arc<(Mutex<Vec<Heard>>, Condvar)> = Arc::default();
        let told = Arc::clone(&heard);
        std::thread::spawn(move || {
            for line in BufReader::new(lines).lines() {
                let line = line.unwrap();
                told.0.lock().unwrap().push(serde_json::from_str(&line).unwrap());
                told.1.notify_all();
            }
        });
        Some(Self { child, acts, heard })
    }

    pub(super) fn act(&mut self, act: &Value) {
        let acts = self.acts.as_mut().unwrap();
        writeln!(acts, "{act}").unwrap();
    }

    pub(super) fn emit(&mut self, client: &str, event: &str, data: &Value) {
        self.act(&json!({"do": "emit", "client": client, "event": event, "data": data}));
    }

    /// How much was heard so far.
    pub(super) fn mark(&self) -> usize {
        self.heard.0.lock().unwrap().len()
    }

    /// Waits until `found` finds something in all that was heard.
    #[track_caller]
    pub(super) fn wait<T>(
        &self,
        what: &str,
        within: Duration,
        mut found: impl FnMut(&[Heard]) -> Option<T>,
    ) -> T {
        let until = Instant::now() + within;
        let mut heard = self.heard.0.lock().unwrap();
        loop {
            if let Some(found) = found(&heard) {
                return found;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let tail: Vec<String> = heard.iter().rev().take(30).map(line).collect();
                drop(heard);
                panic!("{what} was not heard within {within:?}; the last lines:\n{tail:#?}");
            }
            heard = self.heard.1.wait_timeout(heard, left).unwrap().0;
        }
    }

    /// The first `event` of `client`.
    #[track_caller]
    pub(super) fn hears(&self, client: &str, event: &str) -> Heard {
        self.hears_after(0, client, event)
    }

    /// The first `event` of `client` after `mark`.
    #[track_caller]
    pub(super) fn hears_after(&self, mark: usize, client: &str, event: &str) -> Heard {
        self.wait(&format!("{event} by {client}"), SOON, |heard| {
            let mut heard = heard[mark..].iter();
            heard.find(|heard| heard.client == client && heard.event == event).cloned()
        })
    }

    /// Waits until `client` has heard something so long after what was heard before `mark`.
    #[track_caller]
    pub(super) fn hears_for(&self, mark: usize, client: &str, time: Duration) {
        self.wait(&format!("anything by {client} for {time:?}"), SOON, |heard| {
            let until = heard[mark - 1].at + time.as_secs_f64() * 1_000.0;
            let late = |heard: &Heard| heard.client == client && heard.at > until;
            heard[mark..].iter().any(late).then_some(())
        });
    }

    /// Everything that `client` has heard after `mark`.
    pub(super) fn all(&self, mark: usize, client: &str) -> Vec<Heard> {
        let heard = self.heard.0.lock().unwrap();
        heard[mark..].iter().filter(|heard| heard.client == client).cloned().collect()
    }

    /// How often `client` has heard `event` after `mark`.
    pub(super) fn count(&self, mark: usize, client: &str, event: &str) -> usize {
        self.all(mark, client).iter().filter(|heard| heard.event == event).count()
    }

    /// Waits until `client` has heard so many `event`s after `mark`.
    #[track_caller]
    pub(super) fn hears_many(&self, mark: usize, client: &str, event: &str, many: usize) {
        self.wait(&format!("{many} {event}s by {client}"), SOON, |heard| {
            let of = |heard: &&Heard| heard.client == client && heard.event == event;
            (heard[mark..].iter().filter(of).count() >= many).then_some(())
        });
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        // They end with their input.
        self.acts = None;
        let _ = self.child.wait();
    }
}

fn line(heard: &Heard) -> String {
    let mut text = format!("{} {} {}", heard.client, heard.event, heard.data);
    text.truncate(text.floor_char_boundary(200));
    text
}

/// The folder with the clients and what they need, made once for what is in the tree.
fn installed() -> PathBuf {
    // Where the tree is now: a target folder may have been made for a tree that was elsewhere.
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
    let source = Path::new(&own).join("tests/clients");
    let mut hasher = DefaultHasher::new();
    FILES.map(|file| std::fs::read(source.join(file)).unwrap()).hash(&mut hasher);
    let targets = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let done = targets.join(format!("clients-{:016x}", hasher.finish()));
    if done.exists() {
        return done;
    }
    std::fs::create_dir_all(targets).unwrap();
    let making = tempfile::tempdir_in(targets).unwrap();
    for file in FILES {
        std::fs::copy(source.join(file), making.path().join(file)).unwrap();
    }
    let mut command = Command::new("npm");
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]);
    let output = command.current_dir(making.path()).output().unwrap();
    assert!(output.status.success(), "npm: {}", String::from_utf8_lossy(&output.stderr));
    // Another test may have been faster; then this copy is not needed.
    if std::fs::rename(making.path(), &done).is_ok() {
        let _ = making.keep();
    }
    done
}
