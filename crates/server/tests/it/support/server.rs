//! A server that runs in the folder of a desk: what it says, and what it is asked and told.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::desk::Desk;

/// How long a server may take to say what is waited for; a busy machine is slow to start one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long it may take to stop when it is asked to.
const STOP: Duration = Duration::from_secs(10);
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// A running server; it ends with the test.
pub(crate) struct Server {
    child: Child,
    log: Log,
}

impl Server {
    /// Starts it on `ballast.toml`, and waits until it is ready and the market has closed a bar,
    /// without which nothing can be bought.
    pub(crate) fn start(desk: &Desk) -> Self {
        Self::start_with(&mut desk.serve())
    }

    /// The same by a command of its own.
    pub(crate) fn start_with(command: &mut Command) -> Self {
        let server = Self::spawn(command);
        let begun = Instant::now();
        let url = server.url();
        while ask(&url, "GET", "/health/ready", None, None).is_none_or(|(status, _)| status != 200)
        {
            assert!(begun.elapsed() < PATIENCE, "it is not ready:\n{}", server.said());
            std::thread::sleep(ASK_AGAIN);
        }
        while !server.has_prices() {
            assert!(begun.elapsed() < PATIENCE, "it has no prices:\n{}", server.said());
            std::thread::sleep(ASK_AGAIN);
        }
        server
    }

    /// Whether the market has closed a bar, or has ended.
    fn has_prices(&self) -> bool {
        let health: Value = serde_json::from_str(&self.internal("/internal/health")).unwrap();
        !health["lastClose"].is_null() || health["marketEnded"] == true
    }

    /// Starts it, and waits for nothing.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let log = Log::follow(child.stderr.take().unwrap());
        Self { child, log }
    }

    /// The same with a log that the command decides on, and nobody reads.
    pub(crate) fn spawn_unheard(command: &mut Command) -> Self {
        let log = Log::default();
        log.said.0.lock().unwrap().is_all = true;
        Self { child: command.spawn().unwrap(), log }
    }

    /// The reader of its log goes.
    pub(crate) fn deafen(&mut self) {
        self.child.stderr = None;
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Where people reach it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.word(" listen="))
    }

    /// Where its operator does.
    pub(crate) fn internal_url(&self) -> String {
        format!("http://{}", self.word(" internal_listen="))
    }

    /// The token of the first administrator's link; none once there is one.
    pub(crate) fn first_token(&self) -> Option<String> {
        let said = self.said();
        let link = said.split_once(" link=")?.1.split_whitespace().next()?;
        Some(link.split_once("#token=")?.1.to_owned())
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it has said so far.
    pub(crate) fn said(&self) -> String {
        self.log.said()
    }

    /// The next line of the log that has `words`.
    #[track_caller]
    pub(crate) fn hears(&mut self, words: &str) -> String {
        self.log.hears(words)
    }

    /// What a route answers: the status and JSON, `null` when it has none.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let body = body.map(Value::to_string);
        let (status, text) = self.ask_text(method, path, token, body.as_deref());
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// The same as text.
    pub(crate) fn ask_text(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&str>,
    ) -> (u16, String) {
        ask(&self.url(), method, path, token, body).unwrap()
    }

    /// What a route of the internal listener answers.
    pub(crate) fn internal(&self, path: &str) -> String {
        let (status, text) = ask(&self.internal_url(), "GET", path, None, None).unwrap();
        assert_eq!(status, 200, "{text}");
        text
    }

    /// The value of a metric, with its labels as they are written; zero while it is not there.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = self.internal("/metrics");
        let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.map_or(0.0, |value| value.parse().unwrap())
    }

    /// The memory that it holds, in MiB.
    pub(crate) fn resident_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1_024
    }

    /// Ends it without a word, as a power cut would; gives all that it has said.
    pub(crate) fn kill(&mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.log.all()
    }

    /// The same, of a server that has had no trouble before.
    pub(crate) fn kill_untroubled(&mut self) {
        let said = self.kill();
        let failed = said.lines().find(|line| line.contains(" ERROR "));
        assert_eq!(failed, None, "{said}");
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits until it has ended after it was asked to stop, and gives how.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let asked = Instant::now();
        while self.is_running() {
            assert!(asked.elapsed() < STOP, "it does not stop:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(5));
        }
        self.child.wait().unwrap()
    }

    /// Asks it to stop, which it must do in good order, and gives all that it has said.
    pub(crate) fn stop(mut self) -> String {
        self.terminate();
        let status = self.ended();
        let said = self.log.all();
        assert!(status.success(), "{status}\n{said}");
        said
    }

    /// What follows these words in the log, once it is said.
    #[track_caller]
    fn word(&self, words: &str) -> String {
        let line = self.log.wait(0, words).0;
        line.split_once(words).unwrap().1.split(' ').next().unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already when all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a server says, read for as long as it runs, so that it never waits for a reader.
#[derive(Default)]
struct Log {
    said: Arc<(Mutex<Said>, Condvar)>,
    /// How much of it was heard.
    heard: usize,
}

#[derive(Default)]
struct Said {
    text: String,
    is_all: bool,
}

impl Log {
    fn follow(log: ChildStderr) -> Self {
        let said: Arc<(Mutex<Said>, Condvar)> = Arc::default();
        let told = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in BufReader::new(log).lines().map_while(Result::ok) {
                let mut said = told.0.lock().unwrap();
                said.text.push_str(&line);
                said.text.push('\n');
                told.1.notify_all();
            }
            told.0.lock().unwrap().is_all = true;
            told.1.notify_all();
        });
        Self { said, heard: 0 }
    }

    fn said(&self) -> String {
        self.said.0.lock().unwrap().text.clone()
    }

    /// Everything, once the server has ended.
    fn all(&self) -> String {
        let (said, news) = &*self.said;
        let said = news.wait_while(said.lock().unwrap(), |said| !said.is_all).unwrap();
        said.text.clone()
    }

    #[track_caller]
    fn hears(&mut self, words: &str) -> String {
        let (line, end) = self.wait(self.heard, words);
        self.heard = end;
        line
    }

    /// The first line after `from` that has `words`, and where it ends.
    #[track_caller]
    fn wait(&self, mut from: usize, words: &str) -> (String, usize) {
        let until = Instant::now() + PATIENCE;
        let (said, news) = &*self.said;
        let mut said = said.lock().unwrap();
        loop {
            while let Some(length) = said.text[from..].find('\n') {
                let line = &said.text[from..from + length];
                from += length + 1;
                if line.contains(words) {
                    return (line.to_owned(), from);
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            if said.is_all || left.is_zero() {
                let text = said.text.clone();
                drop(said);
                panic!("it does not say '{words}':\n{text}");
            }
            said = news.wait_timeout(said, left).unwrap().0;
        }
    }
}

/// What a request is answered; `None` when nobody listens or the answer is cut off.
fn ask(
    url: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&str>,
) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(url.strip_prefix("http://")?).ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\nidempotency-key: {now}\r\n"
    );
    if let Some(token) = token {
        head += &format!("authorization: Bearer {token}\r\n");
    }
    if method == "PUT" {
        head += "if-match: *\r\n";
    }
    let body = body.unwrap_or_default();
    if !body.is_empty() {
        head += &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    }
    write!(stream, "{head}\r\n{body}").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

/// Asks until there is an answer; what takes longer than twenty seconds does not come.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asked = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(20), asked).await;
    answer.unwrap_or_else(|_| panic!("it never came about that {what}"))
}
