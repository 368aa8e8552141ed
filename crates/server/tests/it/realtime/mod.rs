//! Realtime as people's programs meet it: the real process, and the stock Socket.IO client.

mod backlog;
mod chain;
mod clients;
mod connect;
mod host;
mod hostile;
mod restart;
mod session;
mod tenants;

use std::time::Duration;

use serde_json::{Value, json};

use clients::Clients;
use host::Host;

const TRANSPORTS: [&str; 2] = ["websocket", "polling"];
/// How soon what nobody has to wait for is there, also on a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// Sockets and the server that they speak to; tokens are signed with the server's shared secret.
struct Floor {
    host: Host,
    clients: Clients,
}

impl Floor {
    /// With a server on `settings`; `None` where there is no Node.
    fn open(settings: &str) -> Option<Self> {
        let clients = Clients::start()?;
        Some(Self { host: Host::start(settings), clients })
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
            "do": "sign", "client": "signer", "secret": host::SECRET, "claims": claims,
        }));
        let signed = self.clients.hears_after(mark, "signer", "signed");
        signed.data.as_str().unwrap().to_owned()
    }

    /// Opens a socket; what it hears is told under the name of `client`.
    fn connect(&mut self, client: &str, namespace: &str, transport: &str, token: &str) {
        let url = self.host.url();
        self.clients.act(&json!({
            "do": "open", "client": client, "url": url, "namespace": namespace,
            "transport": transport, "token": token,
        }));
    }

    /// What `path` answers to `token`.
    fn get(&self, path: &str, token: &str) -> Value {
        let (status, answer) = self.host.ask("GET", path, Some(token), None);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        let (status, answer) = self.host.ask("POST", path, Some(token), Some(body));
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }
}
