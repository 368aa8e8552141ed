//! Starting, stopping and flattening a profile, and lifting its locks.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use ballast_domain::ProfileStatus;
use ballast_domain::instrument::InstrumentError;
use ballast_engine::step::{Answer, Command, Flattened};
use ballast_platform::request::{Access, Api, Keyed, Lifecycle, Path, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::super::caller::{Caller, Shown, denied, profile_id};
use super::{Profile, find};
use crate::app::App;

pub(super) fn routes(api: Api<App>) -> Api<App> {
    let current = Lifecycle::Current;
    api.route(Access::User, current, routes!(start))
        .route_that_stops(Access::User, current, routes!(stop))
        .route_that_stops(Access::User, current, routes!(flatten))
        .route(Access::User, current, routes!(unlock))
}

/// How to start.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct StartBody {
    /// That a profile under review was looked at.
    #[schema(required = false)]
    acknowledge: bool,
}

/// Why it is stopped.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct OptionalReason {
    /// For the record; at most 500 characters.
    #[schema(nullable = false, required = false)]
    reason: Option<String>,
}

/// What is lifted.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct UnlockBody {
    /// Locks of this instrument; all of the profile's when absent.
    #[schema(nullable = false, required = false, example = "ACME")]
    symbol: Option<String>,
}

/// What flattening has begun.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FlattenAnswer {
    /// The orders that leave what is held.
    orders: Vec<String>,
    /// The orders that are being cancelled.
    cancelled: Vec<String>,
    /// Trades that are left once an exit of theirs is cancelled.
    waiting: Vec<String>,
    /// What could not be left, and why.
    refused: Vec<String>,
}

impl FlattenAnswer {
    fn of(begun: Flattened) -> Self {
        let Flattened { exits, cancelled, waiting, refused } = begun;
        Self {
            orders: texts(&exits),
            cancelled: texts(&cancelled),
            waiting: texts(&waiting),
            refused: refused.iter().map(|(trade, why)| format!("{trade}: {why}")).collect(),
        }
    }
}

fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// Let a profile trade
#[utoipa::path(post, path = "/api/profiles/{id}/start", tag = "profiles",
    params(("id" = String, Path)), request_body = StartBody,
    responses((status = 200, body = Profile)))]
async fn start(
    State(app): State<App>,
    Shown(caller): Shown,
    Path(id): Path<String>,
    keyed: Keyed<Option<StartBody>>,
) -> Result<Response, Problem> {
    let profile = profile_id(&id)?;
    let work = async move |_, caller: Caller, body: Option<StartBody>| {
        find(&caller, profile)?;
        let (status, by) = (ProfileStatus::Running, caller.name());
        let acknowledge = body.unwrap_or_default().acknowledge;
        let reason = String::new();
        let start = Command::SetStatus { profile, status, acknowledge, reason, by };
        set_status(&caller, start).await?;
        find(&caller, profile)
    };
    caller.once(app, keyed, work).await
}

/// Stop a profile's entries; what it holds stays protected
#[utoipa::path(post, path = "/api/profiles/{id}/stop", tag = "profiles",
    params(("id" = String, Path)), request_body = OptionalReason,
    responses((status = 200, body = Profile)))]
async fn stop(
    State(app): State<App>,
    Shown(caller): Shown,
    Path(id): Path<String>,
    keyed: Keyed<Option<OptionalReason>>,
) -> Result<Response, Problem> {
    let profile = profile_id(&id)?;
    let work = async move |_, caller: Caller, body: Option<OptionalReason>| {
        find(&caller, profile)?;
        let reason = body.unwrap_or_default().read()?;
        let (status, acknowledge, by) = (ProfileStatus::Stopped, false, caller.name());
        let stop = Command::SetStatus { profile, status, acknowledge, reason, by };
        set_status(&caller, stop).await?;
        find(&caller, profile)
    };
    caller.once_at_once(app, keyed, work).await
}

async fn set_status(caller: &Caller, command: Command) -> Result<(), Problem> {
    match caller.ask(command).await? {
        Answer::Done => Ok(()),
        other => Err(denied(other)),
    }
}

/// Stop a profile, cancel its entries and leave everything it holds at the market
#[utoipa::path(post, path = "/api/profiles/{id}/flatten", tag = "profiles",
    params(("id" = String, Path)), request_body = OptionalReason,
    responses((status = 200, body = FlattenAnswer)))]
async fn flatten(
    State(app): State<App>,
    Shown(caller): Shown,
    Path(id): Path<String>,
    keyed: Keyed<Option<OptionalReason>>,
) -> Result<Response, Problem> {
    let profile = profile_id(&id)?;
    let work = async move |_, caller: Caller, body: Option<OptionalReason>| {
        find(&caller, profile)?;
        let (by, reason) = (caller.name(), body.unwrap_or_default().read()?);
        match caller.ask(Command::Flatten { profile, by, reason }).await? {
            Answer::Flattened(begun) => Ok(Json(FlattenAnswer::of(begun))),
            other => Err(denied(other)),
        }
    };
    caller.once_at_once(app, keyed, work).await
}

/// Lift locks that protections have put on a profile's entries
#[utoipa::path(post, path = "/api/profiles/{id}/unlock", tag = "profiles",
    params(("id" = String, Path)), request_body = UnlockBody,
    responses((status = 200, body = Profile)))]
async fn unlock(
    State(app): State<App>,
    Shown(caller): Shown,
    Path(id): Path<String>,
    keyed: Keyed<Option<UnlockBody>>,
) -> Result<Response, Problem> {
    let profile = profile_id(&id)?;
    let work = async move |_, caller: Caller, body: Option<UnlockBody>| {
        find(&caller, profile)?;
        let symbol = body.unwrap_or_default().symbol.map(|text| text.parse()).transpose();
        let symbol = symbol.map_err(|error: InstrumentError| {
            Problem::invalid_field("symbol", error.to_string())
        })?;
        match caller.ask(Command::Unlock { profile, symbol, by: caller.name() }).await? {
            Answer::Done => find(&caller, profile),
            other => Err(denied(other)),
        }
    };
    caller.once(app, keyed, work).await
}

impl OptionalReason {
    /// Why, empty when nobody says.
    fn read(self) -> Result<String, Problem> {
        let reason = self.reason.unwrap_or_default().trim().to_owned();
        match reason.chars().count() {
            ..=500 => Ok(reason),
            _ => Err(Problem::invalid_field("reason", "has at most 500 characters")),
        }
    }
}
