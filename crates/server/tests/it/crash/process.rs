//! The server as a process, which asks before it passes a gap and is killed in one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use ballast_engine::ports::Gap;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixListener;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a server may take to its next gap, to its start above all; a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a server may take to stop when it is asked to.
const STOP: Duration = Duration::from_secs(10);

/// Where servers are run one after another.
pub(crate) struct Place {
    directory: TempDir,
}

impl Place {
    pub(crate) fn new(config: &str) -> Self {
        let place = Self { directory: TempDir::new().unwrap() };
        std::fs::write(place.file("ballast.toml"), config).unwrap();
        place
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.file("data")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

impl Drop for Place {
    /// What has failed stays, to be looked at.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.directory.disable_cleanup(true);
            eprintln!("the server's files are in {}", self.directory.path().display());
        }
    }
}

/// A running server.
pub(crate) struct Server {
    name: String,
    child: Child,
    log: PathBuf,
    asks: Lines<BufReader<OwnedReadHalf>>,
    answers: OwnedWriteHalf,
}

impl Server {
    pub(crate) async fn start(place: &Place, name: &str) -> Self {
        let (socket, log) = (place.file("gaps.sock"), place.file("log"));
        // The socket of the server before is still there.
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_ballast"))
            .arg("serve")
            .arg("--config")
            .arg(place.file("ballast.toml"))
            .arg("--data-dir")
            .arg(place.data())
            .env("BALLAST_TEST_GAPS_SOCKET", &socket)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stream = tokio::select! {
            accepted = listener.accept() => accepted.unwrap().0,
            ended = child.wait() => panic!("{name}: not started, {ended:?}\n{}", read(&log)),
            () = tokio::time::sleep(PATIENCE) => panic!("{name}: not started\n{}", read(&log)),
        };
        let (asks, answers) = stream.into_split();
        let asks = BufReader::new(asks).lines();
        Self { name: name.to_owned(), child, log, asks, answers }
    }

    /// Lets the server go on until it is in `gap` for the `passages`th time.
    pub(crate) async fn run_to(&mut self, gap: Gap, passages: u32) {
        let mut left = passages;
        loop {
            let asked = self.next().await;
            left -= u32::from(asked == gap.name());
            if left == 0 {
                return;
            }
            self.answers.write_all(b"\n").await.unwrap();
        }
    }

    /// Lets the server pass so many gaps.
    pub(crate) async fn pass(&mut self, gaps: usize) {
        for _ in 0..gaps {
            self.next().await;
            self.answers.write_all(b"\n").await.unwrap();
        }
    }

    async fn next(&mut self) -> String {
        match timeout(PATIENCE, self.asks.next_line()).await {
            Ok(Ok(Some(asked))) => asked,
            other => panic!("{}: no next gap, {other:?}\n{}", self.name, read(&self.log)),
        }
    }

    /// Ends the process at once, where it is.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
        self.check_log();
    }

    /// Asks the server to stop, and lets it pass the gaps that it meets on its way.
    pub(crate) async fn stop(mut self) {
        let id = self.child.id().unwrap().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
        assert!(asked.success());
        let Self { name, child, log, asks, answers } = &mut self;
        let pass = async {
            while let Ok(Some(_)) = asks.next_line().await {
                // A server that has ended reads no answer.
                let _ = answers.write_all(b"\n").await;
            }
        };
        let stopped = timeout(STOP, async { tokio::join!(pass, child.wait()).1.unwrap() }).await;
        let status = stopped.unwrap_or_else(|_| panic!("{name}: not stopped\n{}", read(log)));
        assert!(status.success(), "{name}: {status}\n{}", read(log));
        self.check_log();
    }

    /// A server that is killed or stopped has had no trouble before.
    fn check_log(&self) {
        let log = read(&self.log);
        let trouble = log.lines().find(|line| line.contains("ERROR") || line.contains("WARN"));
        assert_eq!(trouble, None, "{}\n{log}", self.name);
    }
}

fn read(log: &Path) -> String {
    std::fs::read_to_string(log).unwrap_or_default()
}
