//! The limits that a tenant sets for all its profiles.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use ballast_domain::{Limits, Timestamp};
use ballast_engine::step::{Answer, Command};
use ballast_platform::request::{
    Access, Api, FieldError, IfMatch, Keyed, Lifecycle, Problem, Versioned,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::caller::{Caller, Shown, denied};
use super::lists::version_tag;
use crate::app::App;

pub(super) fn routes(api: Api<App>) -> Api<App> {
    api.route(Access::User, Lifecycle::Current, routes!(read, replace))
}

/// The limits that hold for all profiles of a tenant, beside those of each.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TenantLimits {
    /// Counted up with each change; zero before the first.
    version: u64,
    /// The tenant's own; `docs/limits.md` explains each.
    #[schema(value_type = Object)]
    limits: Limits,
    /// Those of the deployment, which hold as well.
    #[schema(value_type = Object)]
    product_limits: Limits,
    /// Who changed them last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    changed_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = String, format = DateTime)]
    changed_at: Option<Timestamp>,
}

/// The tenant's limits as they are to be, all of them.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TenantLimitsBody {
    /// What is absent is off.
    #[schema(value_type = Object, example = json!({"maxDailyLoss": "500", "maxExposure": "20000"}))]
    limits: Limits,
}

/// The limits of the caller's tenant
#[utoipa::path(get, path = "/api/limits", tag = "profiles",
    responses((status = 200, body = TenantLimits)))]
async fn read(
    State(app): State<App>,
    Shown(caller): Shown,
) -> Result<Versioned<TenantLimits>, Problem> {
    find(&app, &caller)
}

/// Set the limits of the caller's tenant
#[utoipa::path(put, path = "/api/limits", tag = "profiles",
    params(("If-Match" = String, Header)), request_body = TenantLimitsBody,
    responses((status = 200, body = TenantLimits)))]
async fn replace(
    State(app): State<App>,
    Shown(caller): Shown,
    seen: IfMatch,
    keyed: Keyed<TenantLimitsBody>,
) -> Result<Response, Problem> {
    let work = async move |app: App, caller: Caller, body: TenantLimitsBody| {
        let before = find(&app, &caller)?;
        seen.check(&before.etag)?;
        let faults = body.limits.faults();
        if !faults.is_empty() {
            let field = |fault: &ballast_domain::limits::LimitFault| {
                FieldError::new(format!("limits.{}", fault.limit), fault.message.clone())
            };
            return Err(Problem::invalid(faults.iter().map(field).collect()));
        }
        let limits = Box::new(body.limits);
        let (expected_version, by) = (Some(before.body.version), caller.name());
        match caller.ask(Command::SetLimits { limits, expected_version, by }).await? {
            Answer::Done => Ok(find(&app, &caller)?.into_response()),
            other => Err(denied(other)),
        }
    };
    caller.once(app, keyed, work).await
}

fn find(app: &App, caller: &Caller) -> Result<Versioned<TenantLimits>, Problem> {
    let known = caller.tenant.view.limits();
    let version = known.as_ref().map_or(0, |known| known.version);
    let body = TenantLimits {
        version,
        limits: known.as_ref().map(|known| (*known.limits).clone()).unwrap_or_default(),
        product_limits: app.product.limits(),
        changed_by: known.as_ref().map(|known| known.changed_by.clone()),
        changed_at: known.as_ref().map(|known| known.changed_at),
    };
    Ok(Versioned { etag: version_tag(version)?, body })
}
