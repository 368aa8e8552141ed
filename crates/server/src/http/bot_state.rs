//! BotState: everything that a client needs to begin with, at one sequence.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::ETAG;
use axum::response::{IntoResponse as _, Response};
use ballast_domain::Timestamp;
use ballast_platform::request::{Access, Api, Lifecycle};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::caller::Caller;
use crate::app::App;
use crate::serve::health::TenantCondition;
use crate::views::rows::{
    AlertRow, ControlRow, HealthRow, OrderRow, PositionRow, ProfileRow, SettingsRow, SymbolRow,
    TradeRow,
};
use crate::views::words::FeedWord;
use crate::views::{Picture, decimal, word};

/// All that is shown of a tenant.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BotState {
    pub(crate) tenant_id: String,
    /// The last event of the tenant's journal that is in it.
    pub(crate) seq: u64,
    /// When it was put together.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    pub(crate) health: HealthRow,
    pub(crate) control: ControlRow,
    pub(crate) profiles: Vec<ProfileRow>,
    /// By symbol.
    pub(crate) symbols: BTreeMap<String, SymbolRow>,
    /// Those that may still fill, then the latest that have ended.
    pub(crate) orders: Vec<OrderRow>,
    pub(crate) positions: Vec<PositionRow>,
    /// The latest closed trades, the newest first.
    pub(crate) trades: Vec<TradeRow>,
    /// The newest first.
    pub(crate) alerts: Vec<AlertRow>,
    pub(crate) settings: SettingsRow,
}

pub(super) fn routes(api: Api<App>) -> Api<App> {
    api.route(Access::User, Lifecycle::Current, routes!(state))
}

impl BotState {
    /// Puts a tenant's picture together with what all tenants share.
    pub(crate) fn of(app: &App, tenant: &ballast_domain::TenantId, picture: Picture) -> Self {
        let symbols = app
            .listing
            .all()
            .iter()
            .map(|instrument| (instrument.symbol.to_string(), symbol_row(app, instrument)));
        Self {
            tenant_id: tenant.to_string(),
            seq: picture.seq,
            at: app.clock.now(),
            health: health_row(app, tenant),
            control: app.control.shown().borrow().clone(),
            profiles: picture.profiles,
            symbols: symbols.collect(),
            orders: picture.orders,
            positions: picture.positions,
            trades: picture.trades,
            alerts: picture.alerts,
            settings: app.settings.clone(),
        }
    }
}

/// Everything that is shown of the caller's trading, at one sequence
#[utoipa::path(get, path = "/api/state", tag = "state", responses((status = 200, body = BotState)))]
pub(super) async fn state(State(app): State<App>, caller: Caller) -> Response {
    // Trading that cannot be shown yet says so in its health.
    let _ = caller.tenant.shown().await;
    let state = BotState::of(&app, &caller.identity.user, caller.tenant.view.picture());
    let etag = HeaderValue::from_str(&format!("W/\"{}\"", state.seq));
    let mut response = Json(state).into_response();
    if let Ok(etag) = etag {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}

/// An instrument with its last price.
pub(crate) fn symbol_row(app: &App, instrument: &ballast_domain::Instrument) -> SymbolRow {
    let last = app.prices.of(instrument.symbol);
    SymbolRow {
        symbol: instrument.symbol.to_string(),
        asset_class: word(&instrument.asset_class),
        quote: instrument.quote.to_string(),
        tick: instrument.tick_size.map(|tick| decimal(tick.get())),
        lot: instrument.lot_size.map(|lot| decimal(lot.get())),
        min_notional: instrument.min_notional.map(decimal),
        price: last.map(|last| decimal(last.price.get())),
        at: last.map(|last| last.at),
        day_change_pct: last.and_then(|last| last.day_change_pct()).map(decimal),
        stale: app.health.feed(&app.prices).state == FeedWord::Stale,
    }
}

/// How the caller's trading and what it depends on do.
pub(crate) fn health_row(app: &App, tenant: &ballast_domain::TenantId) -> HealthRow {
    let TenantCondition { state, running: loop_healthy, error, violations } =
        app.health.condition(tenant);
    let control = app.control.shown().borrow().mode;
    let feed = app.health.feed(&app.prices);
    let store = app.health.store();
    HealthRow {
        state,
        trading_control: control,
        trading_loop_healthy: loop_healthy,
        order_sync_healthy: loop_healthy,
        // Paper venues are in this process, and each start compares with them: there is no loop.
        reconciliation_loop_healthy: loop_healthy,
        reconciliation_mismatch_count: 0,
        reconciliation_last_run: None,
        reconciliation_parity_quarantined_trades: 0,
        reconciliation_parity_max_mismatch_notional_usd: "0".to_owned(),
        reconciliation_integrity_watchdog_triggered: false,
        capital_invariant_violations: violations,
        feeds: vec![feed],
        store,
        error,
    }
}
