//! The API's own description: OpenAPI 3.1, and a page that shows it.

use std::sync::Arc;

use axum::response::{Html, IntoResponse as _};
use axum::routing::get;
use axum::{Json, Router};
use ballast_platform::request::{Access, Lifecycle, RouteEntry};
use utoipa::openapi::{InfoBuilder, OpenApi};
use utoipa_scalar::Scalar;

const OPENAPI: &str = "/api/openapi.json";
const DOCS: &str = "/api/docs";

/// Adds the description of `router`'s routes, and a page of it.
pub(super) fn add(router: Router, description: OpenApi) -> (Router, Vec<RouteEntry>) {
    let description = complete(description);
    let page = Scalar::new(description.clone()).to_html();
    let description = Arc::new(description);
    let json = move || async move { Json(Arc::clone(&description)).into_response() };
    let docs = move || async move { Html(page).into_response() };
    let router = router.route(OPENAPI, get(json)).route(DOCS, get(docs));
    let entry = |path: &str| RouteEntry {
        method: "GET".to_owned(),
        path: path.to_owned(),
        access: Access::Public,
        lifecycle: Lifecycle::Current,
    };
    (router, vec![entry(OPENAPI), entry(DOCS)])
}

/// The description with what it is of.
pub(super) fn complete(mut description: OpenApi) -> OpenApi {
    description.info = InfoBuilder::new()
        .title("Ballast")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .build();
    description
}

const ABOUT: &str = "\
Automated trading that you host yourself.

JSON is camelCase, amounts are decimal strings, times are RFC 3339 in UTC. Sign in at \
`POST /platform/api/auth/login` and send `Authorization: Bearer <accessToken>`. Errors are \
`application/problem+json` with a stable `code`. What belongs to somebody else is not found.";
