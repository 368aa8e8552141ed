//! The listeners: the API and its sockets for everybody, health and metrics for the operator.

use std::net::SocketAddr;

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

async fn answer((listener, router): (TcpListener, Router), mut stopping: watch::Receiver<bool>) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stop = async move { stopped(&mut stopping).await };
    if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stop).await {
        tracing::error!(%error, "requests are not answered any more");
    }
}
