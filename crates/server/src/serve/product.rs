//! What the product lets its tenants do: the limits of the settings, and whether it is in service,
//! which an administrator sets. Every tenant's engine follows it.

use std::sync::Arc;
use std::time::Duration;

use ballast_domain::{Availability, Limits, Product};
use ballast_platform::product::{Availability as Gated, Gate};
use ballast_storage::StoreError;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::identity::Entrance;
use super::stopped;

/// How often the product's gate is read.
const FOLLOW_INTERVAL: Duration = Duration::from_secs(1);

/// What the product lets its tenants do; a handle that is cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct ProductRules(Arc<watch::Sender<Arc<Product>>>);

impl ProductRules {
    /// In service, under these limits. Nobody may trade for money: no venue of this release takes
    /// credentials.
    pub(super) fn new(limits: Limits) -> Self {
        let product = Product { limits, ..Product::default() };
        Self(Arc::new(watch::Sender::new(Arc::new(product))))
    }

    /// Follows it from now on.
    pub(super) fn subscribe(&self) -> watch::Receiver<Arc<Product>> {
        self.0.subscribe()
    }

    /// The limits that hold for every tenant.
    pub(crate) fn limits(&self) -> Limits {
        self.0.borrow().limits.clone()
    }

    /// Reads whether the product is in service.
    ///
    /// # Errors
    /// [`StoreError`]: what was known holds.
    pub(super) async fn read(&self, entrance: &Entrance) -> Result<(), StoreError> {
        let Some(gate) = entrance.product_gate() else { return Ok(()) };
        let (gate, _) = gate.read().await?;
        let availability = availability(gate);
        self.0.send_if_modified(|product| {
            let news = product.availability != availability;
            if news {
                let limits = product.limits.clone();
                let live_trading = product.live_trading;
                *product = Arc::new(Product { availability, limits, live_trading });
            }
            news
        });
        Ok(())
    }

    /// Reads it again and again until everything is to stop.
    pub(super) async fn follow(self, entrance: Arc<Entrance>, mut stopping: watch::Receiver<bool>) {
        let mut ticks = interval(FOLLOW_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stopped(&mut stopping) => return,
                _ = ticks.tick() => {}
            }
            if let Err(error) = self.read(&entrance).await {
                tracing::warn!(%error, "whether the product is in service cannot be read");
            }
        }
    }
}

fn availability(gate: Gate) -> Availability {
    let message = gate.message.unwrap_or_default();
    match gate.status {
        Gated::Active => Availability::Active,
        Gated::Maintenance => Availability::Maintenance { message, until: gate.until },
        Gated::Disabled => Availability::Disabled { message },
    }
}
