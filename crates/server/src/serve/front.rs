//! The listeners: the API and its sockets for everybody, health and metrics for the operator.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
#[cfg(target_os = "linux")]
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::control::TradingControl;
use super::health::Health;
use super::market::MarketDesk;
use super::past::Past;
use super::prices::Prices;
use super::stopped;
use super::tenants::Tenants;
use crate::research::Backtests;

/// How long a peer may take nothing of what it is sent before its connection is given up. Without
/// it one that keeps its window closed would keep what waits for it in memory for ever.
#[cfg(target_os = "linux")]
const MOST_UNTAKEN: Duration = Duration::from_secs(15);

/// What routes ask things of.
#[derive(Clone)]
pub(super) struct Desks {
    pub(super) tenants: Tenants,
    pub(super) control: TradingControl,
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
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stop = async move { stopped(&mut stopping).await };
    if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stop).await {
        tracing::error!(%error, "requests are not answered any more");
    }
}

#[cfg(target_os = "linux")]
fn give_up_after(listener: &TcpListener, untaken: Duration) -> rustix::io::Result<()> {
    let milliseconds = u32::try_from(untaken.as_millis()).unwrap_or(u32::MAX);
    rustix::net::sockopt::set_tcp_user_timeout(listener, milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_starts_it_is_told_where_to_look() {
        let first = greeting("0.0.0.0:4018".parse().unwrap(), Some("http://x/first#token=a"));
        assert!(first.contains("\n  http://x/first#token=a\n"), "{first}");
        assert!(first.contains("at http://localhost:4018\n"), "{first}");
        let later = greeting("192.0.2.7:80".parse().unwrap(), None);
        assert!(later.contains("Open http://192.0.2.7:80\n"), "{later}");
    }
}
