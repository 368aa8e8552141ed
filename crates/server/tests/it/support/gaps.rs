//! The gaps between a server's effects: it asks before it passes one, and can be killed in it.

use std::io::{BufRead as _, BufReader, ErrorKind, Lines, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;
use std::time::{Duration, Instant};

use ballast_engine::ports::Gap;

use super::desk::Desk;
use super::server::{PATIENCE, Server};

/// Where a server asks before each gap.
pub(crate) struct Gaps {
    listener: UnixListener,
}

impl Gaps {
    /// Lets the server that `command` starts ask before each gap.
    pub(crate) fn of(desk: &Desk, command: &mut Command) -> Self {
        let socket = desk.path("gaps.sock");
        // The socket of the server before is still there.
        let _ = std::fs::remove_file(&socket);
        command.env("BALLAST_TEST_GAPS_SOCKET", &socket);
        Self { listener: UnixListener::bind(&socket).unwrap() }
    }

    /// The gaps of the server that was started.
    #[track_caller]
    pub(crate) fn connected(&self, server: &mut Server) -> Passing {
        self.listener.set_nonblocking(true).unwrap();
        let begun = Instant::now();
        let answers = loop {
            if let Ok((stream, _)) = self.listener.accept() {
                break stream;
            }
            let is_coming = server.is_running() && begun.elapsed() < PATIENCE;
            assert!(is_coming, "it has come to no gap:\n{}", server.said());
            std::thread::sleep(Duration::from_millis(5));
        };
        answers.set_nonblocking(false).unwrap();
        answers.set_read_timeout(Some(PATIENCE)).unwrap();
        let asks = BufReader::new(answers.try_clone().unwrap()).lines();
        Passing { asks, answers }
    }
}

/// The gaps of a running server.
pub(crate) struct Passing {
    asks: Lines<BufReader<UnixStream>>,
    answers: UnixStream,
}

impl Passing {
    /// The gap that the server is in now; `None` when it has ended.
    fn next(&mut self) -> Option<String> {
        self.asks.next()?.ok()
    }

    /// The same; `None` also when the server has said `words` and comes to no gap for a while.
    fn next_before(&mut self, server: &Server, words: &str) -> Option<String> {
        let begun = Instant::now();
        self.answers.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let next = loop {
            match self.asks.next() {
                Some(Err(error)) if is_late(&error) && begun.elapsed() < PATIENCE => {
                    if server.said().contains(words) {
                        break None;
                    }
                }
                next => break next.and_then(Result::ok),
            }
        };
        self.answers.set_read_timeout(Some(PATIENCE)).unwrap();
        next
    }

    fn go_on(&mut self) {
        // A server that has ended reads no answer.
        let _ = self.answers.write_all(b"\n");
    }

    /// Lets the server go on until it has passed `gap` so many times, or has ended; gives how many
    /// times it did.
    pub(crate) fn pass(&mut self, gap: &str, most: usize) -> usize {
        let mut passed = 0;
        while passed < most {
            let Some(asked) = self.next() else { break };
            passed += usize::from(asked == gap);
            self.go_on();
        }
        passed
    }
}

/// A server that stands still in every gap until it is told to go on.
pub(crate) struct Halting {
    name: String,
    server: Server,
    passing: Passing,
}

impl Halting {
    /// Starts it; `name` is what a failure is told under.
    pub(crate) fn start(desk: &Desk, name: &str) -> Self {
        let mut command = desk.serve();
        let gaps = Gaps::of(desk, &mut command);
        let mut server = Server::spawn(&mut command);
        let passing = gaps.connected(&mut server);
        Self { name: name.to_owned(), server, passing }
    }

    /// Lets the server go on until it is in `gap` for the `passages`th time.
    pub(crate) fn run_to(&mut self, gap: Gap, passages: u32) {
        let mut left = passages;
        loop {
            left -= u32::from(self.next() == gap.name());
            if left == 0 {
                return;
            }
            self.passing.go_on();
        }
    }

    /// The same, unless the server says `words` before and meets no gap any more.
    pub(crate) fn runs_to(&mut self, gap: Gap, passages: u32, words: &str) -> bool {
        let mut left = passages;
        loop {
            let Some(asked) = self.passing.next_before(&self.server, words) else { return false };
            left -= u32::from(asked == gap.name());
            if left == 0 {
                return true;
            }
            self.passing.go_on();
        }
    }

    /// Lets the server go on from the gap that it is in.
    pub(crate) fn go_on(&mut self) {
        self.passing.go_on();
    }

    /// Lets the server pass so many gaps.
    pub(crate) fn pass(&mut self, gaps: usize) {
        for _ in 0..gaps {
            self.next();
            self.passing.go_on();
        }
    }

    fn next(&mut self) -> String {
        let next = self.passing.next();
        next.unwrap_or_else(|| panic!("{}: no next gap\n{}", self.name, self.server.said()))
    }

    /// Ends the process at once, where it is.
    pub(crate) fn kill(mut self) {
        untroubled(&self.name, &self.server.kill());
    }

    /// The same, of a server that has had trouble with its store.
    pub(crate) fn kill_troubled(mut self) {
        self.server.kill();
    }

    /// Asks the server to stop, and lets it pass the gaps that it meets on its way.
    pub(crate) fn stop(self) {
        let name = self.name.clone();
        untroubled(&name, &self.stop_troubled());
    }

    /// The same, of a server that has had trouble with its store; gives all that it has said.
    pub(crate) fn stop_troubled(mut self) -> String {
        self.server.terminate();
        self.passing.pass("", usize::MAX);
        let status = self.server.ended();
        let said = self.server.said();
        assert!(status.success(), "{}: {status}\n{said}", self.name);
        said
    }
}

fn is_late(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// A server that is killed or stopped has had no trouble before.
fn untroubled(name: &str, said: &str) {
    let trouble = said.lines().find(|line| line.contains("ERROR") || line.contains("WARN"));
    assert_eq!(trouble, None, "{name}\n{said}");
}
