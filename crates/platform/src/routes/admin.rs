//! What administrators do to users.
#![expect(unused_qualifications, reason = "the macro of the description writes some")]

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ballast_domain::{TenantId, Timestamp};
use ballast_storage::{Cursor, Document, MAX_PAGE, StoreError};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Asking, Service};
use crate::account::{AccountError, User};
use crate::request::{IfMatch, Keyed, Path, Problem, ProblemBody, Query, Role, Versioned};

/// A user as administrators see them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AdminUser {
    #[schema(example = "usr_0f3c9d2a4e610b7e5f3c9d2a4e")]
    id: String,
    #[schema(example = "ann@example.com")]
    email: String,
    email_verified: bool,
    role: Role,
    /// Their version; in quotes it is their ETag.
    #[schema(example = "1f-0f3c9d2a4e610b7e")]
    version: String,
    disabled: bool,
    /// Who has disabled it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    disabled_by: Option<String>,
    /// Since when it is disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, nullable = false, required = false)]
    disabled_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Document<User>> for AdminUser {
    fn from(Document { body: user, etag, .. }: Document<User>) -> Self {
        Self {
            id: user.id,
            email: user.email,
            email_verified: user.email_verified,
            role: user.role,
            version: etag.to_string(),
            disabled: user.disabled,
            disabled_by: user.disabled_by,
            disabled_at: user.disabled_at,
            created_at: user.created_at,
        }
    }
}

fn versioned(user: Document<User>) -> Versioned<AdminUser> {
    Versioned { etag: user.etag.clone(), body: user.into() }
}

/// A part of the list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserList {
    users: Vec<AdminUser>,
    /// To be sent as `cursor` for the next part; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next: Option<String>,
}

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// How many at most: 1 to 200, 50 when it is not said.
    limit: Option<usize>,
    /// The `next` of the part before.
    cursor: Option<String>,
}

/// The role to give.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewRole {
    role: Role,
}

/// List users.
#[utoipa::path(
    get, path = "/api/admin/users", tag = "admin", operation_id = "listUsers",
    params(Part),
    responses(
        (status = 200, body = UserList),
        (status = 422, description = "`invalid`: limit or cursor", body = ProblemBody),
    )
)]
pub(super) async fn list(
    State(service): State<Service>,
    Query(part): Query<Part>,
) -> Result<Json<UserList>, Problem> {
    let limit = part.limit.unwrap_or(50);
    if !(1..=MAX_PAGE).contains(&limit) {
        let message = format!("is {limit}; a part has 1 to {MAX_PAGE} users");
        return Err(Problem::invalid_field("limit", message));
    }
    // Reading a cursor cannot fail; the query refuses one that is none of its own.
    let after: Option<Cursor> = part.cursor.and_then(|cursor| cursor.parse().ok());
    let page = service.accounts.page(limit, after).await.map_err(|error| match error {
        AccountError::Store(StoreError::Refused(why)) => Problem::invalid_field("cursor", why),
        other => other.into(),
    })?;
    let users = page.documents.into_iter().map(AdminUser::from).collect();
    Ok(Json(UserList { users, next: page.next.map(|cursor| cursor.to_string()) }))
}

/// One user.
#[utoipa::path(
    get, path = "/api/admin/users/{id}", tag = "admin", operation_id = "readUser",
    params(("id" = String, Path, description = "The user's id")),
    responses(
        (status = 200, body = AdminUser),
        (status = 404, description = "`notFound`", body = ProblemBody),
    )
)]
pub(super) async fn read(
    State(service): State<Service>,
    Path(id): Path<String>,
) -> Result<Versioned<AdminUser>, Problem> {
    Ok(versioned(service.accounts.existing(&user_id(&id)?).await?))
}

/// Give a user another role, as long as they are as they were seen. A lower one ends their
/// sessions.
#[utoipa::path(
    put, path = "/api/admin/users/{id}/role", tag = "admin", operation_id = "setUserRole",
    params(
        ("id" = String, Path, description = "The user's id"),
        ("If-Match" = String, Header, description = "The user's ETag, as it was seen"),
    ),
    request_body = NewRole,
    responses(
        (status = 200, body = AdminUser),
        (status = 404, description = "`notFound`", body = ProblemBody),
        (status = 409, description = "`lastAdministrator`", body = ProblemBody),
        (status = 412, description = "`preconditionFailed`", body = ProblemBody),
        (status = 428, description = "`preconditionRequired`", body = ProblemBody),
    )
)]
pub(super) async fn set_role(
    State(service): State<Service>,
    asking: Asking,
    Path(id): Path<String>,
    seen: IfMatch,
    keyed: Keyed<NewRole>,
) -> Result<Response, Problem> {
    let id = user_id(&id)?;
    let work = async move |service: Service, asking: Asking, body: NewRole| {
        let accounts = &service.accounts;
        let user = accounts.set_role_of_seen(&id, &seen, body.role, &asking.cause).await?;
        Ok(versioned(user))
    };
    service.once(asking, keyed, work).await
}

/// Shut an account. Its sessions end and its profiles enter nothing, at once; exits go on.
#[utoipa::path(
    post, path = "/api/admin/users/{id}/disable", tag = "admin", operation_id = "disableUser",
    params(("id" = String, Path, description = "The user's id")),
    responses(
        (status = 200, body = AdminUser),
        (status = 404, description = "`notFound`", body = ProblemBody),
        (status = 409, description = "`lastAdministrator`", body = ProblemBody),
    )
)]
pub(super) async fn disable(
    State(service): State<Service>,
    asking: Asking,
    Path(id): Path<String>,
    _keyed: Keyed<()>,
) -> Result<Versioned<AdminUser>, Problem> {
    // Not kept by its key: it waits for no store, and to shut an account twice is to shut it.
    let user = service.accounts.disable(&user_id(&id)?, &asking.cause).await?;
    Ok(versioned(user))
}

/// Open an account again.
#[utoipa::path(
    post, path = "/api/admin/users/{id}/enable", tag = "admin", operation_id = "enableUser",
    params(("id" = String, Path, description = "The user's id")),
    responses(
        (status = 200, body = AdminUser),
        (status = 404, description = "`notFound`", body = ProblemBody),
        (status = 503, description = "`auditUnavailable`", body = ProblemBody),
    )
)]
pub(super) async fn enable(
    State(service): State<Service>,
    asking: Asking,
    Path(id): Path<String>,
    keyed: Keyed<()>,
) -> Result<Response, Problem> {
    let id = user_id(&id)?;
    let work = async move |service: Service, asking: Asking, (): ()| {
        let user = service.accounts.enable(&id, &asking.cause).await?;
        Ok(versioned(user))
    };
    service.once(asking, keyed, work).await
}

/// End every session of a user.
#[utoipa::path(
    post, path = "/api/admin/users/{id}/sign-out", tag = "admin", operation_id = "signUserOut",
    params(("id" = String, Path, description = "The user's id")),
    responses(
        (status = 204, description = "Every session has ended"),
        (status = 404, description = "`notFound`", body = ProblemBody),
    )
)]
pub(super) async fn sign_out(
    State(service): State<Service>,
    asking: Asking,
    Path(id): Path<String>,
    keyed: Keyed<()>,
) -> Result<Response, Problem> {
    let id = user_id(&id)?;
    let work = async move |service: Service, asking: Asking, (): ()| {
        let user = service.accounts.user(&id).await?.tenant()?;
        service.accounts.sign_out_everywhere(&user, &asking.cause).await?;
        Ok(StatusCode::NO_CONTENT)
    };
    service.once(asking, keyed, work).await
}

fn user_id(text: &str) -> Result<TenantId, Problem> {
    text.parse().map_err(|_| Problem::not_found("There is no such user. See the list of users."))
}
