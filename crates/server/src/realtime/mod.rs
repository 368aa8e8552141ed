//! Realtime: Socket.IO, which the stock client speaks. `/trading` and `/` tell a user of their own
//! tenant, `/admin` tells operators of all of them.
//!
//! A socket is let in by the token of its handshake, and its handlers are registered before it is,
//! so that a client that speaks at once is heard. Each socket then has a task of its own, which
//! follows the tenant's view and sends rows as they change. A socket that does not take what it is
//! sent is told nothing more until it does, and then everything anew; one that takes nothing at all
//! is cut off by its heartbeat. Trading never waits for one.

mod admin;
mod places;
mod session;
mod ticks;
mod trading;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Uri;
use ballast_domain::Timestamp;
use ballast_platform::request::code::{FORBIDDEN, TOKEN_INVALID};
use ballast_platform::request::{Authenticator, ClientAddress, Denial, Identity, Role};
use ballast_platform::token::Revocations;
use serde::{Deserialize, Serialize};
use socketioxide::extract::{AckSender, Data, Extension, SocketRef, State, TryData};
use socketioxide::handler::ConnectHandler as _;
use socketioxide::layer::SocketIoLayer;
use socketioxide::{SendError, SocketError, SocketIo};
use tokio::sync::watch;
use tokio::time::sleep;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::TOO_MANY_CONNECTIONS;
use crate::metrics::{SOCKET_REFUSALS, SOCKETS_DROPPED};
use crate::serve::stopped;
pub(crate) use admin::{AdminState, Filter as AdminFilter, TenantAlert};
use places::Places;
use session::Session;
pub(crate) use ticks::Tick;

/// Where the client's transport is found; proxies may put a path before it.
pub(crate) const PATH: &str = "/socket.io";
/// Packets that may wait for a client: a bursty second and a picture, and no more.
const MOST_PACKETS: usize = 1_024;
/// What a client may send at once, in bytes: it sends tokens and little else.
const MOST_PAYLOAD: u32 = 64 << 10;
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a socket whose buffer is full is left alone before it is tried again.
const PAUSE: Duration = Duration::from_millis(250);

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

/// Whether a request is the next of a connection that was opened by an earlier one: a client that
/// polls makes several in a second. What a connection may send is bounded by itself, and how many
/// an address may have; a request for one that does not exist is turned away at once.
pub(crate) fn is_of_connection(uri: &Uri) -> bool {
    let is_socket = uri.path().strip_prefix(PATH).is_some_and(|rest| matches!(rest, "" | "/"));
    is_socket
        && uri.query().is_some_and(|query| query.split('&').any(|part| part.starts_with("sid=")))
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
        .max_payload(MOST_PAYLOAD.into())
        .ws_max_message_size(MOST_PAYLOAD as usize)
        .ws_max_frame_size(MOST_PAYLOAD as usize)
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
    let user = session.identity().user;
    let tenant = hub.app.tenants.admit(&user);
    // What a tenant has is not known before it runs.
    tokio::select! {
        () = session.ended() => return,
        () = tenant.started() => socket.join(trading::PRICES),
    }
    loop {
        let left = trading::follow(&hub, &socket, &session, &tenant.view).await;
        if !goes_on(&hub, &socket, &session, left).await {
            return;
        }
    }
}

async fn admin_connected(
    socket: SocketRef,
    State(hub): State<Hub>,
    Extension(session): Extension<Session>,
) {
    loop {
        let left = admin::follow(&hub, &socket, &session).await;
        if !goes_on(&hub, &socket, &session, left).await {
            return;
        }
    }
}

/// Why following was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Everything is to be told anew.
    Anew,
    /// The socket no longer takes what it is told.
    Behind,
    /// It does not even take what it is told to begin with.
    Full,
    /// The session has ended, which the socket was told.
    Expired,
    /// The socket is closed, or everything stops.
    Over,
}

/// Whether a socket that has left following for this is to follow anew; when it may, it is.
async fn goes_on(hub: &Hub, socket: &SocketRef, session: &Session, left: Left) -> bool {
    match left {
        Left::Anew => return true,
        Left::Over => return false,
        Left::Expired => {
            close(socket, session).await;
            return false;
        }
        Left::Behind => metrics::counter!(SOCKETS_DROPPED).increment(1),
        Left::Full => {}
    }
    let mut stopping = hub.stopping.clone();
    tokio::select! {
        () = session.ended() => return false,
        () = stopped(&mut stopping) => return false,
        () = sleep(PAUSE) => {}
    }
    let over = expired(hub, socket, session);
    if over {
        close(socket, session).await;
    }
    !over
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
        metrics::counter!(SOCKET_REFUSALS, "code" => code).increment(1);
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
        return Err(Refused(FORBIDDEN.name));
    }
    let address = socket.req_parts().extensions.get::<ClientAddress>().copied();
    let place = hub.places.take(&identity.user, address);
    let place = place.ok_or(Refused(TOO_MANY_CONNECTIONS.name))?;
    let session = Session::new(identity, least, place, socket.ns());
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
    let refused =
        |code: &str| Reauthenticated { ok: false, expires_at: None, code: Some(code.to_owned()) };
    let answer = match hub.authenticate(token.as_deref()).await {
        Ok(identity) if identity.user != session.identity().user => refused(TOKEN_INVALID.name),
        Ok(identity) if identity.role < session.least() => refused(FORBIDDEN.name),
        Ok(identity) => {
            let expires_at = Some(identity.expires_at);
            session.prolong(identity);
            Reauthenticated { ok: true, expires_at, code: None }
        }
        Err(code) => refused(code),
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
        let ended = !identity.session.is_empty() && self.revocations.as_ref().is_some_and(revoked);
        if ended || self.app.entrance.is_shut_out(&identity.user) {
            return Some("sessionRevoked");
        }
        (self.app.clock.now() >= identity.expires_at).then_some("tokenExpired")
    }
}

/// Tells a socket something.
fn tell<T: Serialize + ?Sized>(socket: &SocketRef, event: &str, what: &T) -> Result<(), Left> {
    match socket.emit(event, what) {
        Ok(()) => Ok(()),
        Err(SendError::Serialize(error)) => {
            tracing::error!(event, %error, "a message was not sent, please report it");
            Ok(())
        }
        Err(SendError::Socket(SocketError::InternalChannelFull)) => Err(Left::Behind),
        Err(SendError::Socket(SocketError::Closed)) => Err(Left::Over),
    }
}

/// Tells a socket what everything else it is told follows upon.
fn begin<T: Serialize>(socket: &SocketRef, state: &T) -> Result<(), Left> {
    let told = tell(socket, "state", state);
    told.map_err(|left| if left == Left::Behind { Left::Full } else { left })
}

/// Tells a socket whose session has ended that it has.
fn expired(hub: &Hub, socket: &SocketRef, session: &Session) -> bool {
    let Some(code) = hub.ended(session) else { return false };
    // A socket that does not take it is closed without a word.
    let _ = tell(socket, "sessionExpired", &SessionExpired { code: code.to_owned() });
    true
}

/// Takes a socket out of its namespace.
async fn close(socket: &SocketRef, session: &Session) {
    socket.leave_all();
    // One whose buffer is full does not take this either; it is gone when its heartbeat is.
    while let Err(SocketError::InternalChannelFull) = socket.clone().disconnect() {
        tokio::select! {
            () = session.ended() => return,
            () = sleep(PAUSE) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_follows_an_opened_connection_is_not_counted() {
        for (uri, follows) in [
            ("/socket.io/?EIO=4&transport=polling&sid=AbC", true),
            ("/socket.io?sid=AbC", true),
            ("/socket.io/?EIO=4&transport=polling", false),
            ("/socket.io/?EIO=4&aside=1", false),
            ("/socket.io/more?sid=AbC", false),
            ("/api/state?sid=AbC", false),
        ] {
            assert_eq!(is_of_connection(&uri.parse().unwrap()), follows, "{uri}");
        }
    }
}
