//! What other programs need: the public keys, and which sessions have ended.
#![expect(unused_qualifications, reason = "the macro of the description writes some")]

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Service;
use crate::request::{Problem, Query};
use crate::token::Revocation;

/// The public keys that access tokens are checked with (RFC 7517).
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "auth", operation_id = "jwks",
    responses((status = 200, description = "A JSON Web Key Set", body = serde_json::Value))
)]
pub(super) async fn jwks(State(service): State<Service>) -> Response {
    let cache = [(CACHE_CONTROL, "public, max-age=300")];
    (cache, Json(service.issuer.jwks())).into_response()
}

/// From when on.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct After {
    /// The `next` of the answer before; without it, all that still matter.
    #[serde(default)]
    after: i64,
}

/// The sessions that have ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RevocationList {
    /// The first that ended first, at most 200. Those of the last instant come again with the next
    /// answer, so that none is missed.
    revocations: Vec<Revocation>,
    /// To be sent as `after`.
    #[schema(example = 1_790_000_000_000_i64)]
    next: i64,
}

/// The sessions that have ended lately, for a server that checks tokens by itself.
#[utoipa::path(
    get, path = "/api/revocations", tag = "auth", operation_id = "revocations",
    params(After),
    responses((status = 200, body = RevocationList))
)]
pub(super) async fn revocations(
    State(service): State<Service>,
    Query(After { after }): Query<After>,
) -> Result<Json<RevocationList>, Problem> {
    let revocations = service.revocations.since(after).await?;
    let next = revocations.last().map_or(after, |last| last.at_ms);
    Ok(Json(RevocationList { revocations, next }))
}
