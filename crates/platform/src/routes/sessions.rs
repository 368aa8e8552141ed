//! Where somebody is signed in.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ballast_domain::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Asking, Service};
use crate::account::Session;
use crate::request::{Identity, Keyed, Path, Problem, ProblemBody};

/// A session as its owner sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PublicSession {
    #[schema(example = "ses_0f3c9d2a4e610b7e5f3c9d2a4e")]
    id: String,
    /// Whether it is the one that asks.
    current: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// From when on it is over, however much it is used.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// The address that it was used from last.
    #[schema(example = "192.0.2.1")]
    address: String,
    #[schema(example = "Mozilla/5.0")]
    user_agent: String,
}

/// The sessions of a user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionList {
    sessions: Vec<PublicSession>,
}

/// Where I am signed in.
#[utoipa::path(
    get, path = "/api/auth/sessions", tag = "auth", operation_id = "listSessions",
    responses((status = 200, body = SessionList))
)]
pub(super) async fn list(
    State(service): State<Service>,
    identity: Identity,
) -> Result<Json<SessionList>, Problem> {
    let sessions = service.accounts.sessions(&identity.user).await?;
    let sessions = sessions.into_iter().map(|session| {
        let Session { id, used_at, ends_at, address, user_agent, created_at_ms, .. } = session;
        PublicSession {
            current: id == identity.session,
            id,
            created_at: Timestamp::from_millis(created_at_ms).unwrap_or_default(),
            last_used_at: used_at,
            ends_at,
            address,
            user_agent,
        }
    });
    Ok(Json(SessionList { sessions: sessions.collect() }))
}

/// End one of my sessions.
#[utoipa::path(
    delete, path = "/api/auth/sessions/{id}", tag = "auth", operation_id = "endSession",
    params(("id" = String, Path, description = "The session's id")),
    responses(
        (status = 204, description = "Ended"),
        (status = 404, description = "`notFound`: none of mine", body = ProblemBody),
    )
)]
pub(super) async fn end(
    State(service): State<Service>,
    asking: Asking,
    identity: Identity,
    Path(id): Path<String>,
    keyed: Keyed<()>,
) -> Result<Response, Problem> {
    let user = identity.user;
    let work = async move |service: Service, asking: Asking, (): ()| {
        if service.accounts.end_session(&user, &id, &asking.cause).await? {
            return Ok(StatusCode::NO_CONTENT);
        }
        Err(Problem::not_found("You have no such session. See the list of your sessions."))
    };
    service.once(asking, keyed, work).await
}
