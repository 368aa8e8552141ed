//! A server that runs in the folder of a desk, and what it is asked and told.

use std::io::{BufRead, BufReader, Lines, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};

use serde_json::Value;

use crate::run::Desk;

/// A running server; it ends with the test.
pub(super) struct Server {
    child: Child,
    log: Option<Lines<BufReader<ChildStderr>>>,
    /// What it has said so far.
    pub(super) said: String,
}

impl Server {
    /// Starts it on `ballast.toml`.
    pub(super) fn start(desk: &Desk) -> Self {
        Self::spawn(command(desk).stderr(Stdio::piped()))
    }

    pub(super) fn spawn(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let log = child.stderr.take().map(|log| BufReader::new(log).lines());
        Self { child, log, said: String::new() }
    }

    /// Reads the log up to the first line that has `words`, and gives that line.
    #[track_caller]
    pub(super) fn hears(&mut self, words: &str) -> String {
        while let Some(line) = self.line() {
            if line.contains(words) {
                return line;
            }
        }
        panic!("it ended without saying '{words}':\n{}", self.said);
    }

    /// Nobody reads the log any more.
    pub(super) fn deafen(&mut self) {
        self.log = None;
    }

    /// The status and the body that `path` answers at the address in the log.
    pub(super) fn get(&self, path: &str) -> (u16, Value) {
        let listener = match path.starts_with("/internal/") {
            true => " internal_listen=",
            false => " listen=",
        };
        let running = self.said.lines().find(|line| line.contains(listener)).unwrap();
        let address = running.split_once(listener).unwrap().1;
        let address = address.split(' ').next().unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }

    pub(super) fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Reads the rest of the log and gives how the server ended.
    pub(super) fn ended(&mut self) -> ExitStatus {
        while self.line().is_some() {}
        self.child.wait().unwrap()
    }

    /// Asks it to stop, which it must do in good order, and gives all that it has said.
    pub(super) fn stop(mut self) -> String {
        self.terminate();
        let status = self.ended();
        assert!(status.success(), "{status}\n{}", self.said);
        std::mem::take(&mut self.said)
    }

    fn line(&mut self) -> Option<String> {
        let line = self.log.as_mut()?.next()?.unwrap();
        self.said.push_str(&line);
        self.said.push('\n');
        Some(line)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already when all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `ballast serve` on `ballast.toml`, without colours in its log.
pub(super) fn command(desk: &Desk) -> Command {
    let mut command = desk.command(&["serve", "--config", "ballast.toml"]);
    command.env("NO_COLOR", "1");
    command
}

/// The other end of the gaps between a server's effects.
pub(super) struct Gaps {
    listener: UnixListener,
}

/// The gaps of a server that has started.
pub(super) struct Passing {
    asks: Lines<BufReader<UnixStream>>,
    answers: UnixStream,
}

impl Gaps {
    /// Lets the server that `command` starts ask before each gap.
    pub(super) fn of(desk: &Desk, command: &mut Command) -> Self {
        let socket = desk.path("gaps.sock");
        command.env("BALLAST_TEST_GAPS_SOCKET", &socket);
        Self { listener: UnixListener::bind(&socket).unwrap() }
    }

    pub(super) fn connected(&self) -> Passing {
        let answers = self.listener.accept().unwrap().0;
        let asks = BufReader::new(answers.try_clone().unwrap()).lines();
        Passing { asks, answers }
    }
}

impl Passing {
    /// Lets the server go on until it has passed `gap` so many times, or has ended; gives how many
    /// times it did.
    pub(super) fn pass(&mut self, gap: &str, most: usize) -> usize {
        let mut passed = 0;
        while passed < most {
            let Some(Ok(asked)) = self.asks.next() else { break };
            passed += usize::from(asked == gap);
            // A server that has ended reads no answer.
            let _ = self.answers.write_all(b"\n");
        }
        passed
    }
}
