//! Prices for whoever watches: at most four a second of each instrument.

use std::time::Duration;

use ballast_domain::Timestamp;
use serde::Serialize;
use socketioxide::SocketIo;
use tokio::time::{MissedTickBehavior, interval};
use utoipa::ToSchema;

use super::Hub;
use super::trading::PRICES;
use crate::serve::stopped;
use crate::views::decimal;

const EVERY: Duration = Duration::from_millis(250);

/// An instrument's last price. It carries no sequence and overwrites the one before.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tick {
    symbol: String,
    price: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    day_change_pct: Option<String>,
}

/// Tells prices as they change, until everything is to stop. Then the connections are closed, and
/// not only the sockets on them: that is what clients come back from by themselves.
pub(super) async fn tell(io: SocketIo, hub: Hub) {
    let mut stopping = hub.stopping.clone();
    let mut turns = interval(EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = 0;
    loop {
        tokio::select! {
            () = stopped(&mut stopping) => return io.close().await,
            _ = turns.tick() => {}
        }
        let (now, news) = hub.app.prices.since(seen);
        seen = now;
        for (symbol, last) in news {
            let tick = Tick {
                symbol: symbol.to_string(),
                price: decimal(last.price.get()),
                at: last.at,
                day_change_pct: last.day_change_pct().map(decimal),
            };
            for namespace in ["/", "/trading"] {
                let Some(everybody) = io.of(namespace) else { continue };
                // Whoever does not take a price gets the next one.
                let _ = everybody.to(PRICES).emit("tick", &tick).await;
            }
        }
    }
}
