//! Health: whether the node is ready, and how each tenant does.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ballast_domain::{Direction, ProfileId, ProfileStatus, Symbol, TenantId, Timestamp, Trade};
use ballast_engine::step::Engine;
use ballast_storage::{LocalStatus, Store};
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::timeout;
use utoipa::ToSchema;

use super::prices::Prices;
use super::stopped;
use crate::views::rows::{FeedRow, StoreRow};
use crate::views::words::{ControlModeWord, FeedWord, StoreWord, TenantWord};

/// What the health routes tell of.
#[derive(Clone)]
pub(crate) struct Health {
    started: Instant,
    tenants: Arc<Mutex<BTreeMap<TenantId, TenantReport>>>,
    last_close: watch::Receiver<Option<Timestamp>>,
    store: watch::Sender<StoreRow>,
    /// How things stand with what this node keeps by itself, where it does.
    local: Option<watch::Receiver<LocalStatus>>,
}

/// After how long without a price a live feed counts as stale.
const STALE_AFTER: Duration = Duration::from_secs(15);
/// How often the store is asked how it does, and how long it may take to answer.
const STORE_EVERY: Duration = Duration::from_secs(2);
const STORE_DEADLINE: Duration = Duration::from_secs(5);

/// What its owner is told of a tenant that is not running, and of one whose store is away.
const STOPPED: &str = "Trading has stopped for a moment and is being started again; stops that \
    rest at the venue stay there.";
const AWAY: &str = "The store is away. Positions are left by their stops and exits, and by you; \
    nothing enters and nothing can be changed until it is back.";

/// How one tenant does.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct TenantReport {
    running: bool,
    error: Option<String>,
    /// Whether the node, which has just begun, waits for it to run.
    #[serde(skip)]
    awaited: bool,
    /// Whether the error is the store's, which concerns the whole node.
    #[serde(skip)]
    store_failed: bool,
    last_seq: u64,
    /// Profiles whose available capital is negative.
    violations: u64,
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
    pub(super) fn new(
        last_close: watch::Receiver<Option<Timestamp>>,
        local: Option<watch::Receiver<LocalStatus>>,
    ) -> Self {
        let store = watch::channel(StoreRow { state: StoreWord::Ok, latency_ms: None }).0;
        Self { started: Instant::now(), tenants: Arc::default(), last_close, store, local }
    }

    /// How things stand with what this node keeps by itself.
    pub(crate) fn local(&self) -> LocalStatus {
        self.local.as_ref().map_or_else(LocalStatus::default, |local| *local.borrow())
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

    /// How a tenant does.
    pub(crate) fn condition(&self, tenant: &TenantId) -> TenantCondition {
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let starting = TenantCondition {
            state: TenantWord::Starting,
            running: false,
            error: None,
            violations: 0,
        };
        let Some(report) = tenants.get(tenant) else { return starting };
        let away = self.local().away && report.running;
        let state = match (report.running, &report.error) {
            (true, _) if away => TenantWord::Degraded,
            (true, _) => TenantWord::Live,
            (false, None) => TenantWord::Starting,
            (false, Some(_)) => TenantWord::Degraded,
        };
        // What went wrong inside is for the operator; its owner is told what it means.
        let stopped = report.error.as_ref().map(|_| STOPPED.to_owned());
        let error = if away { Some(AWAY.to_owned()) } else { stopped };
        TenantCondition { state, running: report.running, error, violations: report.violations }
    }

    /// How each tenant does, for operators: whether it runs, why not, and how far its journal is.
    pub(crate) fn tenants(&self) -> Vec<TenantLine> {
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |(id, report): (&TenantId, &TenantReport)| TenantLine {
            tenant_id: id.to_string(),
            running: report.running,
            error: report.error.clone(),
            seq: report.last_seq,
            profiles: report.profiles.len(),
            open_positions: report.profiles.iter().map(|profile| profile.open_trades).sum(),
        };
        tenants.iter().map(line).collect()
    }

    /// How the market's data comes in.
    pub(crate) fn feed(&self, prices: &Prices) -> FeedRow {
        let silent = prices.silent_for();
        let state = match silent {
            _ if self.market_ended() => FeedWord::Ended,
            None => FeedWord::Starting,
            Some(silent) if silent > STALE_AFTER => FeedWord::Stale,
            Some(_) => FeedWord::Live,
        };
        let age = silent.and_then(|silent| u64::try_from(silent.as_millis()).ok());
        FeedRow { venue: "market".to_owned(), last_event_age_ms: age, state }
    }

    /// How the store did when it was asked last.
    pub(crate) fn store(&self) -> StoreRow {
        let row = self.store.borrow().clone();
        match self.local().away {
            // It may answer and be full.
            true => StoreRow { state: StoreWord::Unavailable, ..row },
            false => row,
        }
    }

    /// Asks the store now and then how it does, until everything is to stop.
    pub(super) async fn watch(self, store: Store, mut stop: watch::Receiver<bool>) {
        loop {
            let asked = Instant::now();
            let state = match timeout(STORE_DEADLINE, store.ping()).await {
                Ok(Ok(())) => StoreWord::Ok,
                Ok(Err(_)) | Err(_) => StoreWord::Unavailable,
            };
            let latency_ms = u64::try_from(asked.elapsed().as_millis()).ok();
            let row = StoreRow { state, latency_ms };
            self.store.send_if_modified(|known| {
                let news = known.state != row.state;
                *known = row;
                news
            });
            tokio::select! {
                () = stopped(&mut stop) => return,
                () = tokio::time::sleep(STORE_EVERY) => {}
            }
        }
    }

    /// Everything that is known, for the internal listener.
    pub(crate) fn dump(&self) -> serde_json::Value {
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut tenants: BTreeMap<String, TenantReport> =
            tenants.into_iter().map(|(id, report)| (id.to_string(), report)).collect();
        let local = self.local();
        if local.away {
            let profiles = tenants.values_mut().flat_map(|report| &mut report.profiles);
            profiles.for_each(|profile| profile.enters = false);
        }
        serde_json::json!({
            "uptimeSeconds": self.started.elapsed().as_secs(),
            "version": env!("CARGO_PKG_VERSION"),
            "lastClose": *self.last_close.borrow(),
            "marketEnded": self.market_ended(),
            "store": self.store(),
            "localLog": {
                "away": local.away,
                "full": local.full,
                "batches": local.batches,
                "usedBytes": local.used_bytes,
                "capacityBytes": local.capacity_bytes,
            },
            "tenants": tenants,
        })
    }

    /// Why the node is not ready; nothing when it is: the tenants that it began with run, what is
    /// stopped is known, and the store takes what is written. Trouble of one tenant or of a feed
    /// does not take it out.
    pub(crate) fn reasons(&self, control: ControlModeWord) -> Vec<&'static str> {
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let store_failed = tenants.values().any(|report| report.store_failed);
        let starts = tenants.values().any(|report| report.awaited);
        drop(tenants);
        let unavailable = store_failed || self.store().state == StoreWord::Unavailable;
        let reasons = [
            (unavailable, "the store does not take what is written"),
            (self.local().full, "what must go on cannot be kept on this node either"),
            (control == ControlModeWord::Unknown, "whether trading is stopped is not known"),
            (starts, "profiles are still being started"),
        ];
        reasons.into_iter().filter_map(|(holds, reason)| holds.then_some(reason)).collect()
    }

    /// How long the process runs, in seconds.
    pub(crate) fn uptime_seconds(&self) -> u64 {
        self.started.elapsed().as_secs()
    }
}

/// How a tenant does, for its owner.
pub(crate) struct TenantCondition {
    pub(crate) state: TenantWord,
    pub(crate) running: bool,
    pub(crate) error: Option<String>,
    /// Profiles whose available capital is negative.
    pub(crate) violations: u64,
}

/// How a tenant does, for operators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantLine {
    pub(crate) tenant_id: String,
    pub(crate) running: bool,
    /// Why it is not running.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) error: Option<String>,
    /// The last event of its journal.
    pub(crate) seq: u64,
    pub(crate) profiles: usize,
    pub(crate) open_positions: usize,
}

impl TenantHealth {
    /// The node is not ready before this tenant runs, or has failed to.
    pub(super) fn awaited(&self) {
        self.change(|report| report.awaited = true);
    }

    pub(super) fn started(&self) {
        self.change(|report| {
            report.awaited = false;
            report.running = true;
            report.error = None;
            report.store_failed = false;
        });
    }

    pub(super) fn failed(&self, error: &str, store_failed: bool) {
        self.change(|report| {
            report.awaited = false;
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
        let negative =
            state.profiles().filter(|profile| profile.book.available().is_sign_negative());
        let violations = negative.count() as u64;
        self.change(|report| {
            report.last_seq = state.last_seq();
            report.violations = violations;
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
