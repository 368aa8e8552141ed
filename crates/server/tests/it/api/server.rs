//! `ballast serve` on the simulated market, with a data directory and ports of its own.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ballast_domain::Timestamp;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::watch;
use tokio::time::timeout;

/// How long a server may take to start; a busy machine is slow.
const START: Duration = Duration::from_secs(60);

/// Where a server runs, once or several times.
pub(super) struct Place {
    directory: TempDir,
}

/// A running server.
pub(super) struct Server {
    /// Where people reach it.
    pub(super) url: String,
    /// Where its operator does.
    pub(super) internal_url: String,
    /// The token of the first administrator's link; none once there is one.
    pub(super) first_token: Option<String>,
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Place {
    /// With settings beside those of every test.
    pub(super) fn with(settings: &str) -> Self {
        let place = Self { directory: TempDir::new().unwrap() };
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let anchor = Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap());
        let usual = format!(
            "listen = \"127.0.0.1:0\"\ninternal_listen = \"127.0.0.1:0\"\ntenants = []\n\
             [market]\nspeed = 20\nanchor = \"{anchor}\"\nwarm_up_bars = 60\n"
        );
        std::fs::write(place.file("ballast.toml"), usual + settings).unwrap();
        place
    }

    pub(super) fn data(&self) -> PathBuf {
        self.file("data")
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// What most tests run with: nobody is counted out, and anybody may register.
pub(super) const OPEN: &str = "\
[http]
requests_per_minute_per_user = 100000
requests_per_minute_per_address = 100000
[identity]
registration_open = true
";

impl Server {
    /// Starts it, and waits until it says where it is.
    pub(super) async fn start(place: &Place) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ballast"))
            .args(["serve", "--config"])
            .arg(place.file("ballast.toml"))
            .arg("--data-dir")
            .arg(place.data())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let running = follow(child.stderr.take().unwrap(), &said);
        // The first administrator's link, when there is one, is said right after the addresses.
        let told = timeout(START, told(running)).await;
        let told = told.ok().flatten();
        let Some((listen, internal)) = told else {
            panic!("it does not start:\n{}", said.lock().unwrap())
        };
        let (url, internal_url) = (format!("http://{listen}"), format!("http://{internal}"));
        let mut server = Self { url, internal_url, first_token: None, child, said };
        server.ready().await;
        let said = server.said();
        let link = word_after(&said, " link=");
        server.first_token = link.and_then(|link| Some(link.split_once("#token=")?.1.to_owned()));
        server
    }

    /// All that it has said so far.
    pub(super) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Ends the process at once, where it is.
    pub(super) async fn kill(mut self) {
        self.child.kill().await.unwrap();
        let said = self.said();
        let failed = said.lines().find(|line| line.contains(" ERROR "));
        assert_eq!(failed, None, "{said}");
    }

    /// Waits until it takes requests and everything that it says at its start is said.
    async fn ready(&self) {
        let url = format!("{}/health/ready", self.url);
        eventually("the server is ready", async || {
            let answer = reqwest::get(&url).await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
    }
}

/// The addresses, once they are said.
async fn told(mut said: watch::Receiver<String>) -> Option<(String, String)> {
    let said = said.wait_for(|said| said.contains(" internal_listen=")).await.ok()?;
    Some((
        word_after(&said, " listen=")?.to_owned(),
        word_after(&said, "internal_listen=")?.to_owned(),
    ))
}

fn word_after<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    text.split_once(words)?.1.split_whitespace().next()
}

/// Reads what the server says for as long as it runs, so that it never waits for a reader.
fn follow(log: ChildStderr, said: &Arc<Mutex<String>>) -> watch::Receiver<String> {
    let (sender, receiver) = watch::channel(String::new());
    let said = Arc::clone(said);
    tokio::spawn(async move {
        let mut lines = BufReader::new(log).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut said = said.lock().unwrap();
            said.push_str(&line);
            said.push('\n');
            sender.send_replace(said.clone());
        }
    });
    receiver
}

/// Asks until there is an answer; what takes longer than ten seconds does not come.
pub(super) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asked = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let answer = timeout(Duration::from_secs(20), asked).await;
    answer.unwrap_or_else(|_| panic!("it never came about that {what}"))
}
