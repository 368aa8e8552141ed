//! Passwords that are changed, or forgotten.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::auth::Accepted;
use super::{Asking, Service};
use crate::request::{Identity, Keyed, Problem, ProblemBody};

/// Whose password was forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Forgotten {
    #[schema(example = "ann@example.com")]
    email: String,
}

/// A new password, by the token of a link.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Reset {
    /// The token of the link.
    token: String,
    /// 10 to 256 characters, and none of the common passwords.
    #[schema(example = "correct horse battery staple")]
    password: String,
}

/// A new password, by the old one.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Change {
    current_password: String,
    /// 10 to 256 characters, and none of the common passwords.
    #[schema(example = "correct horse battery staple")]
    new_password: String,
}

/// Have a link sent that sets a new password. The answer is the same whether there is an account.
#[utoipa::path(
    post, path = "/api/auth/password/forgot", tag = "auth", operation_id = "forgotPassword",
    request_body = Forgotten,
    responses(
        (status = 202, body = Accepted),
        (status = 422, description = "`invalid`: not an address", body = ProblemBody),
    )
)]
pub(super) async fn forgot(
    State(service): State<Service>,
    asking: Asking,
    keyed: Keyed<Forgotten>,
) -> Result<Response, Problem> {
    let work = async |service: Service, asking: Asking, body: Forgotten| {
        service.accounts.forgot_password(&body.email, &asking.cause)?;
        let message = "If there is such an account, a message was sent. Follow the link in it.";
        Ok((StatusCode::ACCEPTED, Json(Accepted { message })))
    };
    service.once(asking, keyed, work).await
}

/// Set a new password by the token of a link. Every session ends.
#[utoipa::path(
    post, path = "/api/auth/password/reset", tag = "auth", operation_id = "resetPassword",
    request_body = Reset,
    responses(
        (status = 204, description = "Set; sign in with it"),
        (status = 410, description = "`linkInvalid`", body = ProblemBody),
        (status = 422, description = "`invalid`: not good enough; the link stays good",
            body = ProblemBody),
    )
)]
pub(super) async fn reset(
    State(service): State<Service>,
    asking: Asking,
    keyed: Keyed<Reset>,
) -> Result<Response, Problem> {
    let work = async |service: Service, asking: Asking, body: Reset| {
        service.accounts.reset_password(&body.token, body.password, &asking.cause).await?;
        Ok(StatusCode::NO_CONTENT)
    };
    service.once(asking, keyed, work).await
}

/// Change the password. Every other session ends.
#[utoipa::path(
    post, path = "/api/auth/password/change", tag = "auth", operation_id = "changePassword",
    request_body = Change,
    responses(
        (status = 204, description = "Changed"),
        (status = 422, description = "`invalid`: the current one is wrong, or the new one is not \
                                      good enough", body = ProblemBody),
    )
)]
pub(super) async fn change(
    State(service): State<Service>,
    asking: Asking,
    identity: Identity,
    keyed: Keyed<Change>,
) -> Result<Response, Problem> {
    let Identity { user, session, .. } = identity;
    let work = async move |service: Service, asking: Asking, body: Change| {
        let Change { current_password: old, new_password: new } = body;
        service.accounts.change_password(&user, old, new, &session, &asking.cause).await?;
        Ok(StatusCode::NO_CONTENT)
    };
    service.once(asking, keyed, work).await
}
