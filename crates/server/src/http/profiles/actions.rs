//! Starting, stopping and flattening a profile.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use ballast_domain::ProfileStatus;
use ballast_engine::step::{Answer, Command};
use ballast_platform::request::{Access, Api, Keyed, Lifecycle, Path, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::{Caller, denied, profile_id};
use super::{Profile, find};
use crate::app::App;

pub(super) fn routes(api: Api<App>) -> Api<App> {
    let current = Lifecycle::Current;
    api.route(Access::User, current, routes!(start))
        .route(Access::User, current, routes!(stop))
        .route(Access::User, current, routes!(flatten))
}

/// How to start.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct StartBody {
    /// That a profile under review was looked at.
    acknowledge: bool,
}

/// Why it is stopped.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct ReasonBody {
    /// For the record; at most 500 characters.
    reason: Option<String>,
}

/// What flattening has begun.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Flattened {
    /// The orders that leave what is held.
    orders: Vec<String>,
    /// The orders that are being cancelled.
    cancelled: Vec<String>,
    /// What could not be left, and why.
    refused: Vec<String>,
}

/// Let a profile trade
#[utoipa::path(post, path = "/api/profiles/{id}/start", tag = "profiles",
    params(("id" = String, Path)), request_body = StartBody,
    responses((status = 200, body = Profile)))]
async fn start(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    keyed: Keyed<Option<StartBody>>,
) -> Result<Response, Problem> {
    let profile = profile_id(&id)?;
    let work = async move |_, caller: Caller, body: Option<StartBody>| {
        find(&caller, profile)?;
        let (status, reason) = (ProfileStatus::Running, caller.name());
        let acknowledge = body.unwrap_or_default().acknowledge;
        set_status(&caller, Command::SetStatus { profile, status, reason, acknowledge }).await?;
        find(&caller, profile)
    };
    caller.once(app, keyed, work).await
}

/// Stop a profile's entries; what it holds stays protected
#[utoipa::path(post, path = "/api/profiles/{id}/stop", tag = "profiles",
    params(("id" = String, Path)), request_body = ReasonBody,
    responses((status = 200, body = Profile)))]
async fn stop(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    keyed: Keyed<Option<ReasonBody>>,
) -> Result<Response, Problem> {
    let profile = profile_id(&id)?;
    let work = async move |_, caller: Caller, body: Option<ReasonBody>| {
        find(&caller, profile)?;
        let reason = said(&caller, body.unwrap_or_default())?;
        let (status, acknowledge) = (ProfileStatus::Stopped, false);
        set_status(&caller, Command::SetStatus { profile, status, reason, acknowledge }).await?;
        find(&caller, profile)
    };
    caller.once(app, keyed, work).await
}

async fn set_status(caller: &Caller, command: Command) -> Result<(), Problem> {
    match caller.ask(command).await? {
        Answer::Done => Ok(()),
        other => Err(denied(other)),
    }
}

/// Stop a profile, cancel its entries and leave everything it holds at the market
#[utoipa::path(post, path = "/api/profiles/{id}/flatten", tag = "profiles",
    params(("id" = String, Path)), request_body = ReasonBody,
    responses((status = 200, body = Flattened)))]
async fn flatten(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    keyed: Keyed<Option<ReasonBody>>,
) -> Result<Response, Problem> {
    let profile = profile_id(&id)?;
    let work = async move |_, caller: Caller, body: Option<ReasonBody>| {
        find(&caller, profile)?;
        let (by, reason) = (caller.name(), said(&caller, body.unwrap_or_default())?);
        match caller.ask(Command::Flatten { profile, by, reason }).await? {
            Answer::Flattened { exits, cancelled, refused } => {
                let text = |order: ballast_domain::OrderId| order.to_string();
                let refused = refused.iter().map(|(trade, why)| format!("{trade}: {why}"));
                Ok(Json(Flattened {
                    orders: exits.into_iter().map(text).collect(),
                    cancelled: cancelled.into_iter().map(text).collect(),
                    refused: refused.collect(),
                }))
            }
            other => Err(denied(other)),
        }
    };
    caller.once(app, keyed, work).await
}

/// Who asks, and why.
fn said(caller: &Caller, body: ReasonBody) -> Result<String, Problem> {
    match body.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty()) {
        Some(reason) if reason.chars().count() > 500 => {
            Err(Problem::invalid_field("reason", "has at most 500 characters"))
        }
        Some(reason) => Ok(format!("{}: {reason}", caller.name())),
        None => Ok(caller.name()),
    }
}
