//! A server that sockets connect to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ballast_domain::Timestamp;
use serde_json::Value;

use crate::run::Desk;

pub(super) const SECRET: &str = "a secret for tests alone, of more than 32 bytes";

/// How long a server may take to start.
const START: Duration = Duration::from_secs(60);

/// A running server; it ends with the test.
pub(super) struct Host {
    desk: Desk,
    child: Child,
    address: String,
    internal: String,
    log: Receiver<String>,
    /// Whether tokens are signed with the shared secret.
    shared_secret: bool,
}

/// Settings of a market that closes six bars of 5 s a second, with more behind it.
pub(super) fn settings(more: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Timestamp::from_nanos(i64::try_from(now.as_nanos()).unwrap());
    format!(
        "internal_listen = '127.0.0.1:0'\n\
         [http]\nrequests_per_minute_per_user = 100000\nrequests_per_minute_per_address = 100000\n\
         [market]\nwarm_up_bars = 100\nspeed = 30\nanchor = '{now}'\n{more}"
    )
}

/// Has tokens signed with [`SECRET`].
pub(super) const SHARED: &str = "[identity]\nhs256_compatibility = true\n";

/// A tenant whose profiles enter at every close and leave at the next.
pub(super) fn busy(tenant: &str, profiles: &[&str]) -> String {
    let head = format!("[[tenants]]\nid = '{tenant}'\n");
    let profile = |name: &&str| {
        format!(
            "[[tenants.profiles]]\nname = '{name}'\ncapital = 10000\n\
             [tenants.profiles.strategy]\nversion = 1\nkind = 'rules'\ntimeframe = '5s'\n\
             symbols = ['ACME']\nentry = 'close > 0'\n\
             sizing = {{ type = 'percentOfEquity', value = 10 }}\nexits = {{ maxBars = 1 }}\n"
        )
    };
    head + &profiles.iter().map(profile).collect::<String>()
}

impl Host {
    pub(super) fn start(settings: &str) -> Self {
        let desk = Desk::new();
        desk.write("ballast.toml", settings);
        let shared_secret = settings.contains("hs256_compatibility = true");
        let (child, log) = spawn(&desk, "127.0.0.1:0", shared_secret);
        let mut host = Self {
            desk,
            child,
            address: String::new(),
            internal: String::new(),
            log,
            shared_secret,
        };
        host.find();
        host
    }

    /// Starts it again where it was, after it has ended.
    pub(super) fn start_again(&mut self) {
        (self.child, self.log) = spawn(&self.desk, &self.address, self.shared_secret);
        self.find();
    }

    fn find(&mut self) {
        let line = self.hears(" internal_listen=");
        let word = |name: &str| {
            let (_, rest) = line.split_once(name).unwrap();
            rest.split(' ').next().unwrap().to_owned()
        };
        (self.address, self.internal) = (word(" listen="), word(" internal_listen="));
    }

    /// The next line of the log that has `words`.
    #[track_caller]
    pub(super) fn hears(&self, words: &str) -> String {
        loop {
            let line = self.log.recv_timeout(START);
            let line = line.unwrap_or_else(|error| panic!("{words} was not logged: {error}"));
            if line.contains(words) {
                return line;
            }
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A command of the binary, in the server's folder.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        self.desk.command(arguments)
    }

    /// What a route answers: the status and JSON, `null` when it has none.
    pub(super) fn ask(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let body = body.map(Value::to_string);
        let (status, text) = ask(&self.address, method, path, token, body.as_deref());
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// What a request of the polling transport is answered.
    pub(super) fn poll(&self, method: &str, query: &str, body: Option<&str>) -> String {
        let path = format!("/socket.io/?EIO=4&transport=polling{query}");
        let (status, text) = ask(&self.address, method, &path, None, body);
        assert_eq!(status, 200, "{text}");
        text
    }

    /// The value of a metric, with its labels as they are written; zero while it is not there.
    pub(super) fn metric(&self, name: &str) -> f64 {
        let (_, text) = ask(&self.internal, "GET", "/metrics", None, None);
        let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.map_or(0.0, |value| value.parse().unwrap())
    }

    /// The memory that it holds, in MiB.
    pub(super) fn resident_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1_024
    }

    /// Ends it without a word, as a power cut would.
    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has.
    pub(super) fn terminate(&mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It has ended already when the test has ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(desk: &Desk, listen: &str, shared_secret: bool) -> (Child, Receiver<String>) {
    let mut command = desk.command(&["serve", "--config", "ballast.toml", "--listen", listen]);
    command.env("NO_COLOR", "1").stdout(Stdio::null()).stderr(Stdio::piped());
    if shared_secret {
        command.env("JWT_SECRET", SECRET);
    }
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let (told, log) = channel();
    std::thread::spawn(move || {
        // Read to its end, also when nobody listens: a full pipe would stop the server.
        for line in lines.map_while(Result::ok) {
            let _ = told.send(line);
        }
    });
    (child, log)
}

fn ask(
    address: &str,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&str>,
) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\nidempotency-key: {now}\r\n"
    );
    if let Some(token) = token {
        head += &format!("authorization: Bearer {token}\r\n");
    }
    let body = body.unwrap_or_default();
    if !body.is_empty() {
        head += &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    }
    write!(stream, "{head}\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}
