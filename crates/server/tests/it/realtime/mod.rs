//! Realtime as people's programs meet it: the real process, and the stock Socket.IO client.

mod backlog;
mod chain;
mod clients;
mod connect;
mod hostile;
mod restart;
mod session;
mod settings;
mod tenants;

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Desk, Server};
use clients::Clients;
use settings::{SECRET, SHARED};

const TRANSPORTS: [&str; 2] = ["websocket", "polling"];
/// How soon what nobody has to wait for is there, also on a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// Sockets and the server that they speak to; tokens are signed with the server's shared secret.
struct Floor {
    desk: Desk,
    server: Server,
    clients: Clients,
}

impl Floor {
    /// With a server on `settings`; `None` where there is no Node.
    fn open(settings: &str) -> Option<Self> {
        let clients = Clients::start()?;
        let desk = Desk::serving(settings);
        let server = Server::start_with(&mut serve(&desk, settings.contains(SHARED)));
        Some(Self { desk, server, clients })
    }

    /// Starts the server again where it was, after it has ended.
    fn start_again(&mut self) {
        let address = self.server.url().replace("http://", "");
        let is_shared = self.desk.read("ballast.toml").contains(SHARED);
        let mut command = serve(&self.desk, is_shared);
        self.server = Server::start_with(command.args(["--listen", &address]));
    }

    /// A token of `user` that is good for so many seconds.
    fn token(&mut self, user: &str, role: &str, seconds: i64) -> String {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_secs()).unwrap();
        let claims = json!({
            "iss": "ballast", "aud": "ballast", "sub": user, "roles": [role],
            "session_id": format!("ses_{user}"), "iat": now, "exp": now + seconds,
        });
        let mark = self.clients.mark();
        self.clients.act(&json!({
            "do": "sign", "client": "signer", "secret": SECRET, "claims": claims,
        }));
        let signed = self.clients.hears_after(mark, "signer", "signed");
        signed.data.as_str().unwrap().to_owned()
    }

    /// Opens a socket; what it hears is told under the name of `client`.
    fn connect(&mut self, client: &str, namespace: &str, transport: &str, token: &str) {
        let url = self.server.url();
        self.clients.act(&json!({
            "do": "open", "client": client, "url": url, "namespace": namespace,
            "transport": transport, "token": token,
        }));
    }

    /// What a request of the polling transport is answered.
    fn poll(&self, method: &str, query: &str, body: Option<&str>) -> String {
        let path = format!("/socket.io/?EIO=4&transport=polling{query}");
        let (status, text) = self.server.ask_text(method, &path, None, body);
        assert_eq!(status, 200, "{text}");
        text
    }

    /// What `path` answers to `token`.
    fn get(&self, path: &str, token: &str) -> Value {
        let (status, answer) = self.server.ask("GET", path, Some(token), None);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        let (status, answer) = self.server.ask("POST", path, Some(token), Some(body));
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }
}

/// The server; where it reads a shared secret, with the one for tests.
fn serve(desk: &Desk, is_shared: bool) -> Command {
    let mut command = desk.serve();
    if is_shared {
        command.env("JWT_SECRET", SECRET);
    }
    command
}
