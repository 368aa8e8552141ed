//! Health for everybody: alive, ready, and since when.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use ballast_platform::request::{Access, Api, Lifecycle};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::app::App;
use crate::views::rows::{FeedRow, StoreRow};
use crate::views::words::ControlModeWord;

/// Whether a request is for one of these routes.
pub(crate) fn is_health(uri: &Uri) -> bool {
    matches!(uri.path(), "/health" | "/health/live" | "/health/ready")
}

pub(super) fn routes(api: Api<App>) -> Api<App> {
    api.route(Access::Public, Lifecycle::Current, routes!(health))
        .route(Access::Public, Lifecycle::Current, routes!(live))
        .route(Access::Public, Lifecycle::Current, routes!(ready))
}

/// How the node does, without a word about anybody's trading.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NodeHealth {
    version: String,
    uptime_seconds: u64,
    ready: bool,
    trading_control: ControlModeWord,
    feeds: Vec<FeedRow>,
    store: StoreRow,
    /// Which authority's tokens count.
    token_authority: String,
}

/// How the node does
#[utoipa::path(get, path = "/health", tag = "health", responses((status = 200, body = NodeHealth)))]
async fn health(State(app): State<App>) -> Json<NodeHealth> {
    Json(NodeHealth {
        version: app.settings.version.clone(),
        uptime_seconds: app.health.uptime_seconds(),
        ready: app.reasons().is_empty(),
        trading_control: app.control.shown().borrow().mode,
        feeds: vec![app.health.feed(&app.prices)],
        store: app.health.store(),
        token_authority: app.entrance.authority(),
    })
}

/// Whether the process answers.
#[derive(Debug, Serialize, ToSchema)]
struct Liveness {
    status: &'static str,
}

/// Whether the process answers at all
#[utoipa::path(get, path = "/health/live", tag = "health",
    responses((status = 200, body = Liveness)))]
async fn live() -> Json<Liveness> {
    Json(Liveness { status: "alive" })
}

/// Whether the node can serve.
#[derive(Debug, Serialize, ToSchema)]
struct Readiness {
    status: &'static str,
    reasons: Vec<&'static str>,
}

/// Whether the node can serve, and why not
#[utoipa::path(get, path = "/health/ready", tag = "health",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
async fn ready(State(app): State<App>) -> (StatusCode, Json<Readiness>) {
    let reasons = app.reasons();
    match reasons.is_empty() {
        true => (StatusCode::OK, Json(Readiness { status: "ready", reasons })),
        false => (StatusCode::SERVICE_UNAVAILABLE, Json(Readiness { status: "notReady", reasons })),
    }
}
