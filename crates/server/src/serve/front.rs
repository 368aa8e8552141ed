//! The listeners: the API and its sockets for everybody, health and metrics for the operator.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tower::Service as _;

use super::control::TradingControl;
use super::health::Health;
use super::market::MarketDesk;
use super::past::Past;
use super::prices::Prices;
use super::product::ProductRules;
use super::stopped;
use super::tenants::Tenants;
use crate::research::Backtests;

/// How long a peer may take nothing of what it is sent before its connection is given up. Without
/// it one that keeps its window closed would keep what waits for it in memory for ever.
#[cfg(target_os = "linux")]
const MOST_UNTAKEN: Duration = Duration::from_secs(15);

/// How long a connection may take for the head of a request, and may say nothing between two.
const MOST_SILENT: Duration = Duration::from_secs(30);
/// How long nobody is let in after that has failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// What routes ask things of.
#[derive(Clone)]
pub(super) struct Desks {
    pub(super) tenants: Tenants,
    pub(super) control: TradingControl,
    pub(super) product: ProductRules,
    pub(super) market: MarketDesk,
    pub(super) prices: Prices,
    pub(super) past: Past,
    pub(super) health: Health,
    pub(super) backtests: Backtests,
}

/// Listeners with what they answer by.
pub(super) struct Front {
    pub(super) public: (TcpListener, Router),
    pub(super) internal: (TcpListener, Router),
}

impl Front {
    /// Answers until everything is to stop.
    pub(super) async fn run(self, stopping: watch::Receiver<bool>) {
        let public = answer(self.public, stopping.clone());
        let internal = answer(self.internal, stopping);
        tokio::join!(public, internal);
    }
}

/// Tells whoever started it on a terminal where to look, at the end of what the start has logged.
pub(super) fn greet(listen: SocketAddr, link: Option<&str>) {
    let mut out = std::io::stdout();
    if out.is_terminal() {
        // A terminal that is gone by now keeps nobody from trading.
        let _ = out.write_all(greeting(listen, link).as_bytes()).and_then(|()| out.flush());
    }
}

fn greeting(listen: SocketAddr, link: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let host = match listen.ip() {
        ip if ip.is_unspecified() => format!("localhost:{}", listen.port()),
        _ => listen.to_string(),
    };
    let page = format!("http://{host}");
    let what = match link {
        Some(link) => format!(
            "Open this to make the first administrator, who owns the profiles that trade:\n\n  \
             {link}\n\n  Afterwards it is at {page}"
        ),
        None => format!("Open {page}"),
    };
    format!("\n  Ballast {version} is running; the money is paper.\n  {what}\n\n")
}

async fn answer((listener, router): (TcpListener, Router), mut stopping: watch::Receiver<bool>) {
    // Connections have it from their listener.
    #[cfg(target_os = "linux")]
    if let Err(error) = give_up_after(&listener, MOST_UNTAKEN) {
        tracing::warn!(%error, "clients that take nothing are not cut off early");
    }
    let mut conversations = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = stopped(&mut stopping) => break,
            _ = conversations.join_next(), if !conversations.is_empty() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let conversation = converse(stream, peer, router.clone(), stopping.clone());
                conversations.spawn(conversation);
            }
            Err(error) => {
                // Such as too many open files: that is over when some are closed.
                tracing::warn!(%error, "a connection was not taken");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    while conversations.join_next().await.is_some() {}
}

/// Answers what comes over one connection, and what has come when everything is to stop. One that
/// is silent for long is closed: it would keep a file open that somebody else needs to stop
/// something.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    mut stopping: watch::Receiver<bool>,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().call(request)
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(MOST_SILENT);
    let connection = server.serve_connection(TokioIo::new(stream), service).with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection has ended early");
    }
}

#[cfg(target_os = "linux")]
fn give_up_after(listener: &TcpListener, untaken: Duration) -> rustix::io::Result<()> {
    let milliseconds = u32::try_from(untaken.as_millis()).unwrap_or(u32::MAX);
    rustix::net::sockopt::set_tcp_user_timeout(listener, milliseconds)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// Each would keep a file open that a pause may need.
    #[tokio::test(start_paused = true)]
    async fn whoever_says_nothing_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", axum::routing::get(async || "here"));
        let (_stop, stopping) = watch::channel(false);
        tokio::spawn(answer((listener, router), stopping));
        for said in ["", "GET / HTTP/1.1\r\nhost: x\r\n", "GET / HTTP/1.1\r\nhost: x\r\n\r\n"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(said.as_bytes()).await.unwrap();
            let mut heard = String::new();
            stream.read_to_string(&mut heard).await.unwrap();
            assert_eq!(heard.contains("here"), said.ends_with("\r\n\r\n"), "{said}: {heard}");
        }
    }

    #[test]
    fn whoever_starts_it_is_told_where_to_look() {
        let first = greeting("0.0.0.0:4018".parse().unwrap(), Some("http://x/first#token=a"));
        assert!(first.contains("\n  http://x/first#token=a\n"), "{first}");
        assert!(first.contains("at http://localhost:4018\n"), "{first}");
        let later = greeting("192.0.2.7:80".parse().unwrap(), None);
        assert!(later.contains("Open http://192.0.2.7:80\n"), "{later}");
    }
}
