//! The internal listener: a full dump of health, and metrics. Nothing else is on it, and it has no
//! sign-in: it stays on loopback or behind the operator's own network.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};

use crate::app::App;

/// The internal listener's routes.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/internal/health", get(health))
        .route("/metrics", get(metrics))
        .with_state(app)
}

async fn health(State(app): State<App>) -> Json<serde_json::Value> {
    Json(app.health.dump())
}

async fn metrics(State(app): State<App>) -> Response {
    let text = app.metrics.render(&app);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
