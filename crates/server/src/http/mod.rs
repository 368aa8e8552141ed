//! The HTTP API: every route, behind one table that says who may use it.
#![expect(unused_qualifications, reason = "the macro that describes queries writes them")]

mod about;
mod alerts;
mod authorisation;
mod backtests;
mod bot_state;
mod caller;
mod codes;
mod control;
mod csv;
mod description;
mod health;
mod internal;
mod lifecycle;
mod limits;
mod lists;
mod market;
mod orders;
mod performance;
mod positions;
mod profiles;
mod refusal;
mod strategies;
mod trades;
mod web;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::any;
use ballast_platform::request::{Api, Gate, RouteEntry};
use tower_http::compression::predicate::{NotForContentType, Predicate as _};
use tower_http::compression::{CompressionLayer, DefaultPredicate};
use utoipa::openapi::OpenApi;

use crate::app::App;
use crate::metrics::count_request;

pub(crate) use bot_state::{BotState, health_row};
pub(crate) use codes::TOO_MANY_CONNECTIONS;
pub(crate) use control::is_stop;
pub(crate) use health::is_health;
pub(crate) use internal::router as internal_router;
pub(crate) use refusal::RefusalRow;

/// Every route of the server with its description. `platform` are the identity service's routes.
pub(crate) fn router(gate: Gate, app: App, platform: Api<()>) -> Router {
    let base = Arc::clone(&app.public_path);
    let api = routes(gate).with_state(app).nest("/platform", platform);
    let (router, description, _) = api.split();
    // The application alone is compressed: it holds nothing secret that its length could tell of.
    // A problem is completed with the request's id on its way out, and is short.
    let predicate =
        DefaultPredicate::new().and(NotForContentType::const_new("application/problem+json"));
    let application = any(move |request| web::answer(Arc::clone(&base), request));
    let application = application.layer(CompressionLayer::new().compress_when(predicate));
    let router = description::add(router, description).fallback_service(application);
    router.layer(from_fn(count_request))
}

/// The description of every route, as the server gives it, and the table of who may use it.
pub(crate) fn described(gate: Gate, platform: Api<App>) -> (OpenApi, Vec<RouteEntry>) {
    let (_, description, mut entries) = routes(gate).nest("/platform", platform).split();
    entries.extend(description::entries());
    (description::complete(description), entries)
}

/// The table of who may use which route, as a page.
pub(crate) fn authorisation_page(entries: &[RouteEntry]) -> String {
    authorisation::page(entries)
}

/// How long routes will be there, as a page.
pub(crate) fn lifecycle_page(entries: &[RouteEntry]) -> String {
    lifecycle::page(entries)
}

/// Every code that a route may answer with, as a page.
pub(crate) fn codes_page() -> String {
    codes::page()
}

fn routes(gate: Gate) -> Api<App> {
    let api = health::routes(Api::new(gate));
    let api = about::routes(api);
    let api = bot_state::routes(api);
    let api = profiles::routes(api);
    let api = limits::routes(api);
    let api = performance::routes(api);
    let api = market::routes(api);
    let api = orders::routes(api);
    let api = positions::routes(api);
    let api = trades::routes(api);
    let api = alerts::routes(api);
    let api = strategies::routes(api);
    let api = backtests::routes(api);
    control::routes(api)
}
