//! Realtime: Socket.IO, which the stock client speaks. `/trading` and `/` tell a user of their own
//! tenant, `/admin` tells operators of all of them.
//!
//! A socket is let in by the token of its handshake, and its handlers are registered before it is,
//! so that a client that speaks at once is heard. Each socket then has a task of its own, which
//! follows the tenant's view and sends rows as they change. A socket that does not take what it is
//! sent is closed: its client comes back and gets everything anew. Trading never waits for one.

mod admin;
mod places;
mod session;
mod ticks;
mod trading;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ballast_domain::Timestamp;
use ballast_platform::request::{Authenticator, ClientAddress, Denial, Identity, Role};
use ballast_platform::token::Revocations;
use serde::{Deserialize, Serialize};
use socketioxide::extract::{AckSender, Data, Extension, SocketRef, State, TryData};
use socketioxide::handler::ConnectHandler as _;
use socketioxide::layer::SocketIoLayer;
use socketioxide::{SendError, SocketIo};
use tokio::sync::watch;
use utoipa::ToSchema;

use crate::app::App;
pub(crate) use admin::{AdminState, Filter as AdminFilter};
use places::Places;
use session::Session;
pub(crate) use ticks::Tick;

/// Where the client's transport is found; proxies may put a path before it.
pub(crate) const PATH: &str = "/socket.io";
/// Packets that may wait for a client: a bursty second and a picture, and no more.
const MOST_PACKETS: usize = 1_024;
/// What a client may send at once, in bytes: it sends tokens and little else.
const MOST_PAYLOAD: u64 = 64 << 10;
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// What sockets work with; cheap to clone.
#[derive(Clone)]
struct Hub {
    app: App,
    authenticator: Arc<dyn Authenticator>,
    revocations: Option<Revocations>,
    places: Places,
    stopping: watch::Receiver<bool>,
}

/// The token of a handshake.
#[derive(Debug, Clone, Deserialize)]
struct Auth {
    #[serde(default)]
    token: Option<String>,
}

/// Why a socket is not let in: the same code as in HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refused(&'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A session that has ended, and why as a code.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SessionExpired {
    pub(crate) code: String,
}

/// Whether another token was taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reauthenticated {
    pub(crate) ok: bool,
    /// Until when it is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<String>, format = DateTime)]
    pub(crate) expires_at: Option<Timestamp>,
    /// Why it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) code: Option<String>,
}

/// Sockets for everybody that `authenticator` knows, from now until everything is to stop.
pub(crate) fn open(
    app: App,
    authenticator: Arc<dyn Authenticator>,
    revocations: Option<Revocations>,
    stopping: watch::Receiver<bool>,
) -> SocketIoLayer {
    let hub = Hub { app, authenticator, revocations, places: Places::default(), stopping };
    let (layer, io) = SocketIo::builder()
        .req_path(PATH)
        .max_buffer_size(MOST_PACKETS)
        .max_payload(MOST_PAYLOAD)
        .ping_interval(PING_EVERY)
        .ping_timeout(PING_TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        .with_state(hub.clone())
        .build_layer();
    // `/` is kept for clients that know no other.
    for namespace in ["/", "/trading"] {
        io.ns(namespace, trading_connected.with(admit_user));
    }
    io.ns("/admin", admin_connected.with(admit_operator));
    tokio::spawn(ticks::tell(io, hub));
    layer
}

async fn trading_connected(
    socket: SocketRef,
    State(hub): State<Hub>,
    Extension(session): Extension<Session>,
) {
    trading::serve(&hub, &socket, &session).await;
}

async fn admin_connected(
    socket: SocketRef,
    State(hub): State<Hub>,
    Extension(session): Extension<Session>,
) {
    admin::serve(&hub, &socket, &session).await;
}

async fn admit_user(
    socket: SocketRef,
    TryData(auth): TryData<Auth>,
    State(hub): State<Hub>,
) -> Result<(), Refused> {
    admit(&hub, &socket, auth.ok(), Role::User).await
}

async fn admit_operator(
    socket: SocketRef,
    TryData(auth): TryData<Auth>,
    State(hub): State<Hub>,
) -> Result<(), Refused> {
    admit(&hub, &socket, auth.ok(), Role::Operator).await
}

/// Lets a socket in, with everything ready that it may ask for.
async fn admit(
    hub: &Hub,
    socket: &SocketRef,
    auth: Option<Auth>,
    least: Role,
) -> Result<(), Refused> {
    let admitted = try_admit(hub, socket, auth, least).await;
    if let Err(Refused(code)) = admitted {
        metrics::counter!("ballast_socket_refusals_total", "code" => code).increment(1);
        tracing::debug!(code, namespace = socket.ns(), "a socket was refused");
    }
    admitted
}

async fn try_admit(
    hub: &Hub,
    socket: &SocketRef,
    auth: Option<Auth>,
    least: Role,
) -> Result<(), Refused> {
    let token = auth.and_then(|auth| auth.token);
    let identity = hub.authenticate(token.as_deref()).await.map_err(Refused)?;
    if identity.role < least {
        return Err(Refused("forbidden"));
    }
    let address = socket.req_parts().extensions.get::<ClientAddress>().copied();
    let place = hub.places.take(&identity.user, address.map(|ClientAddress(address)| address));
    let place = place.ok_or(Refused("tooManyConnections"))?;
    let session = Session::new(identity, place, socket.ns());
    socket.on("resync", async |Extension(session): Extension<Session>| session.ask_anew());
    socket.on(
        "filter",
        async |Data(wanted): Data<admin::Filter>, Extension(session): Extension<Session>| {
            session.filter(wanted);
        },
    );
    socket.on("reauthenticate", reauthenticate);
    socket.on_disconnect(async |Extension(session): Extension<Session>| session.end());
    socket.extensions.insert(session);
    Ok(())
}

/// Takes another token of the same user, so that the socket lives on.
async fn reauthenticate(
    TryData(auth): TryData<Auth>,
    ack: AckSender,
    State(hub): State<Hub>,
    Extension(session): Extension<Session>,
) {
    let token = auth.ok().and_then(|auth| auth.token);
    let answer = match hub.authenticate(token.as_deref()).await {
        Ok(identity) if identity.user == session.identity().user => {
            let expires_at = Some(identity.expires_at);
            session.prolong(identity);
            Reauthenticated { ok: true, expires_at, code: None }
        }
        Ok(_) => {
            let code = Some("tokenInvalid".to_owned());
            Reauthenticated { ok: false, expires_at: None, code }
        }
        Err(code) => Reauthenticated { ok: false, expires_at: None, code: Some(code.to_owned()) },
    };
    // A client that has gone hears nothing.
    let _ = ack.send(&answer);
}

impl Hub {
    async fn authenticate(&self, token: Option<&str>) -> Result<Identity, &'static str> {
        let denied = |denial: Denial| denial.code().name;
        self.authenticator.authenticate(token).await.map_err(denied)
    }

    /// Why a session has ended by now; `None` while it goes on.
    fn ended(&self, session: &Session) -> Option<&'static str> {
        let identity = session.identity();
        let revoked = |known: &Revocations| known.is_revoked(&identity.session);
        if !identity.session.is_empty() && self.revocations.as_ref().is_some_and(revoked) {
            return Some("sessionRevoked");
        }
        (self.app.clock.now() >= identity.expires_at).then_some("tokenExpired")
    }
}

/// Tells a socket something. A socket that does not take it is closed, and false is said.
fn tell<T: Serialize + ?Sized>(socket: &SocketRef, event: &str, what: &T) -> bool {
    match socket.emit(event, what) {
        Ok(()) => true,
        Err(SendError::Serialize(error)) => {
            tracing::error!(event, %error, "a message was not sent, please report it");
            true
        }
        Err(SendError::Socket(_)) => {
            metrics::counter!("ballast_socket_dropped_total").increment(1);
            close(socket);
            false
        }
    }
}

fn close(socket: &SocketRef) {
    // One that is closed already has nothing to close.
    let _ = socket.clone().disconnect();
}
