//! The listeners: the API and its sockets for everybody, health and metrics for the operator.

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

/// How long a peer may take nothing of what it is sent before its connection is given up. Without
/// it one that keeps its window closed would keep what waits for it in memory for ever.
#[cfg(target_os = "linux")]
const MOST_UNTAKEN: Duration = Duration::from_secs(15);

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
