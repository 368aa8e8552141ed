//! Health: alive, ready, and how each tenant does.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use ballast_domain::{Direction, ProfileId, ProfileStatus, Symbol, TenantId, Timestamp, Trade};
use ballast_engine::step::Engine;
use serde::Serialize;
use tokio::sync::watch;

/// What the health routes tell of.
#[derive(Clone)]
pub(super) struct Health {
    started: Instant,
    tenants: Arc<Mutex<BTreeMap<TenantId, TenantReport>>>,
    last_close: watch::Receiver<Option<Timestamp>>,
}

/// How one tenant does.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct TenantReport {
    running: bool,
    error: Option<String>,
    /// Whether the error is the store's, which concerns the whole node.
    #[serde(skip)]
    store_failed: bool,
    last_seq: u64,
    profiles: Vec<ProfileReport>,
}

impl TenantReport {
    fn refused(&mut self, profile: &str, why: Option<String>) {
        if let Some(known) = self.profiles.iter_mut().find(|known| known.id == profile) {
            known.refused_change = why;
        }
    }
}

/// How one profile does.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct ProfileReport {
    id: String,
    name: String,
    status: ProfileStatus,
    /// Whether it can enter: not when it is stopped or under review, when the settings do not name
    /// it, or while the tenant is not running.
    enters: bool,
    /// Why it is not what the settings say, when a change was refused.
    refused_change: Option<String>,
    open_trades: usize,
    positions: Vec<Position>,
    working_orders: usize,
    accepted_intents: u64,
    available: String,
    equity_at_cost: String,
}

/// What an open trade holds.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Position {
    symbol: Symbol,
    direction: Direction,
    quantity: String,
    entry_price: String,
    stop: Option<String>,
}

impl From<&Trade> for Position {
    fn from(trade: &Trade) -> Self {
        Self {
            symbol: trade.symbol,
            direction: trade.direction,
            quantity: trade.open_quantity().get().normalize().to_string(),
            entry_price: trade.entry_price().to_string(),
            stop: trade.stop.map(|stop| stop.level.get().normalize().to_string()),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { symbol, direction, quantity, entry_price, stop } = self;
        write!(f, "{direction} {quantity} {symbol} at {entry_price}")?;
        stop.as_ref().map_or(Ok(()), |stop| write!(f, ", stop {stop}"))
    }
}

/// One tenant's part of the health.
#[derive(Clone)]
pub(super) struct TenantHealth {
    tenant: TenantId,
    tenants: Arc<Mutex<BTreeMap<TenantId, TenantReport>>>,
}

impl Health {
    pub(super) fn new(last_close: watch::Receiver<Option<Timestamp>>) -> Self {
        Self { started: Instant::now(), tenants: Arc::default(), last_close }
    }

    pub(super) fn tenant(&self, tenant: TenantId) -> TenantHealth {
        let health = TenantHealth { tenant, tenants: Arc::clone(&self.tenants) };
        health.change(|_| {});
        health
    }

    /// The market's loop, which tells of closes, ends with its feed.
    fn market_ended(&self) -> bool {
        self.last_close.has_changed().is_err()
    }

    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/health", get(health))
            .route("/health/live", get(live))
            .route("/health/ready", get(ready))
            .with_state(self)
    }
}

impl TenantHealth {
    pub(super) fn started(&self) {
        self.change(|report| {
            report.running = true;
            report.error = None;
            report.store_failed = false;
        });
    }

    pub(super) fn failed(&self, error: &str, store_failed: bool) {
        self.change(|report| {
            report.store_failed |= store_failed;
            report.running = false;
            report.error = Some(error.to_owned());
            report.profiles.iter_mut().for_each(|profile| profile.enters = false);
        });
    }

    pub(super) fn booked(&self, engine: &Engine) {
        let state = engine.state();
        let profiles = state.profiles().map(|profile| ProfileReport {
            id: profile.id.to_string(),
            name: profile.document.name.clone(),
            status: profile.status,
            refused_change: None,
            enters: profile.status == ProfileStatus::Running && engine.enters(profile.id),
            open_trades: profile.trades.len(),
            positions: profile.trades.values().map(Position::from).collect(),
            working_orders: profile.working.len(),
            accepted_intents: profile.last_intent,
            available: profile.book.available().normalize().to_string(),
            equity_at_cost: profile.book.equity_at_cost().normalize().to_string(),
        });
        let profiles: Vec<ProfileReport> = profiles.collect();
        self.change(|report| {
            report.last_seq = state.last_seq();
            let before = std::mem::replace(&mut report.profiles, profiles);
            for known in before {
                report.refused(&known.id, known.refused_change);
            }
        });
    }

    /// Says that what the settings say of a profile was refused, or was not.
    pub(super) fn change_answered(&self, profile: ProfileId, refused: Option<String>) {
        self.change(|report| report.refused(&profile.to_string(), refused));
    }

    fn change(&self, change: impl FnOnce(&mut TenantReport)) {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        change(tenants.entry(self.tenant.clone()).or_default());
    }
}

async fn live() -> Json<serde_json::Value> {
    Json(serde_json::json!({"status": "alive"}))
}

/// Ready once the market has closed a frame here or has ended, and while the store takes what is
/// written. Trouble of one tenant does not take the node out: it is in `/health`.
async fn ready(State(health): State<Health>) -> (StatusCode, Json<serde_json::Value>) {
    let tenants = health.tenants.lock().unwrap_or_else(PoisonError::into_inner);
    let store_failed = tenants.values().any(|report| report.store_failed);
    drop(tenants);
    let mut reasons = Vec::new();
    if health.last_close.borrow().is_none() && !health.market_ended() {
        reasons.push("no market data yet");
    }
    if store_failed {
        reasons.push("the store does not take what is written");
    }
    if reasons.is_empty() {
        return (StatusCode::OK, Json(serde_json::json!({"status": "ready", "reasons": []})));
    }
    let body = serde_json::json!({"status": "notReady", "reasons": reasons});
    (StatusCode::SERVICE_UNAVAILABLE, Json(body))
}

async fn health(State(health): State<Health>) -> Json<serde_json::Value> {
    let tenants = health.tenants.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let tenants: BTreeMap<String, TenantReport> =
        tenants.into_iter().map(|(id, report)| (id.to_string(), report)).collect();
    let last_close = *health.last_close.borrow();
    Json(serde_json::json!({
        "uptimeSeconds": health.started.elapsed().as_secs(),
        "version": env!("CARGO_PKG_VERSION"),
        "lastClose": last_close,
        "marketEnded": health.market_ended(),
        "tenants": tenants,
    }))
}
