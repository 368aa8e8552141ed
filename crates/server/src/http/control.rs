//! Trading control: its state for everybody, pause and resume for operators.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{Method, Uri};
use axum::response::Response;
use ballast_domain::Timestamp;
use ballast_domain::control::{ControlEntry, Scope};
use ballast_platform::request::{
    Access, Api, Identity, Keyed, Lifecycle, Problem, ProblemBody, Versioned,
};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::caller::Caller;
use super::codes::PAUSE_OVERTOOK;
use crate::app::App;
use crate::serve::control::ResumeError;
use crate::views::rows::ControlRow;
use crate::views::words::ControlModeWord;

/// How long the answer to a pause waits for the store, so that it can usually say that it is kept.
/// The pause is in force before.
const RECORDED_WITHIN: Duration = Duration::from_millis(20);
/// How long the store is left alone when it does not tell a name.
const NAME_PAUSE: Duration = Duration::from_secs(1);

/// Whether a request is for a route that lowers risk or shuts somebody out.
pub(crate) fn is_stop(method: &Method, uri: &Uri) -> bool {
    let path: Vec<_> = uri.path().trim_start_matches('/').split('/').collect();
    match *method {
        Method::POST => matches!(
            path[..],
            ["internal", "trading", "pause"]
                | ["api", "profiles", _, "stop" | "flatten"]
                | ["api", "positions", _, "close"]
                | ["platform", "api", "auth", "logout" | "logout-everywhere"]
                | ["platform", "api", "admin", "users", _, "disable" | "sign-out"]
        ),
        Method::DELETE => {
            matches!(path[..], ["api", "orders", _] | ["platform", "api", "auth", "sessions", _])
        }
        _ => false,
    }
}

pub(super) fn routes(api: Api<App>) -> Api<App> {
    api.route(Access::User, Lifecycle::Current, routes!(status))
        .route_that_stops(Access::Operator, Lifecycle::Current, routes!(pause))
        .route(Access::Operator, Lifecycle::Current, routes!(resume))
        .route(Access::Operator, Lifecycle::Current, routes!(controls))
}

/// Every stop in force.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ControlList {
    /// What applies to everybody.
    mode: ControlModeWord,
    version: u64,
    items: Vec<ControlStop>,
}

/// One stop in force.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ControlStop {
    scope: ControlScope,
    mode: ControlModeWord,
    /// Who has set it.
    by: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    reason: String,
}

/// What a stop covers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ControlScope {
    #[serde(rename = "type")]
    kind: ControlScopeKind,
    /// Which one; absent when it covers everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id: Option<String>,
}

/// Of what there are several to stop.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum ControlScopeKind {
    Global,
    Venue,
    Tenant,
    Profile,
    Symbol,
    Preset,
}

impl From<ControlEntry> for ControlStop {
    fn from(entry: ControlEntry) -> Self {
        let (kind, id) = match entry.scope {
            Scope::Global => (ControlScopeKind::Global, None),
            Scope::Venue(id) => (ControlScopeKind::Venue, Some(id.to_string())),
            Scope::Tenant(id) => (ControlScopeKind::Tenant, Some(id.to_string())),
            Scope::Profile(id) => (ControlScopeKind::Profile, Some(id.to_string())),
            Scope::Symbol(id) => (ControlScopeKind::Symbol, Some(id.to_string())),
            Scope::Preset(id) => (ControlScopeKind::Preset, Some(id.to_string())),
        };
        let ControlEntry { mode, by, at, reason, .. } = entry;
        Self { scope: ControlScope { kind, id }, mode: mode.into(), by, at, reason }
    }
}

/// Why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReasonBody {
    /// For everybody to read; 1 to 500 characters.
    #[schema(example = "News at noon")]
    reason: String,
}

impl ReasonBody {
    fn read(&self) -> Result<&str, Problem> {
        let reason = self.reason.trim();
        match (1..=500).contains(&reason.chars().count()) {
            true => Ok(reason),
            false => Err(Problem::invalid_field("reason", "has 1 to 500 characters")),
        }
    }
}

/// What is stopped, by whom and why
#[utoipa::path(get, path = "/internal/trading/status", tag = "control",
    responses((status = 200, body = ControlRow)))]
async fn status(State(app): State<App>) -> Result<Versioned<ControlRow>, Problem> {
    let row = app.control.shown().borrow().clone();
    // It becomes durable without another version.
    let tag = format!("{}-{}", row.version, if row.durable { "stored" } else { "unstored" });
    Ok(Versioned { etag: tag.parse().map_err(Problem::internal)?, body: row })
}

/// Stop entries everywhere, at once; exits, stops and targets go on
///
/// It waits for nothing: `durable` says whether a crash cannot take it back by now, and the row
/// that sockets are told when it cannot. While the store is away it is kept on the node.
#[utoipa::path(post, path = "/internal/trading/pause", tag = "control",
    request_body = ReasonBody, responses((status = 200, body = ControlRow)))]
async fn pause(
    State(app): State<App>,
    identity: Identity,
    keyed: Keyed<ReasonBody>,
) -> Result<Json<ControlRow>, Problem> {
    // Not kept by its key: a stop waits for no store, and to stop twice is to stop.
    let reason = keyed.body.read()?;
    let name = app.entrance.name_at_hand(&identity);
    let by = name.clone().unwrap_or_else(|| identity.user.to_string());
    let row = app.control.pause(&by, reason);
    if name.is_none() && row.last_changed_by == by {
        tokio::spawn(name_later(app.clone(), identity, row.last_changed_at));
    }
    Ok(Json(app.control.recorded(row.version, RECORDED_WITHIN).await))
}

/// Fills in who has paused, when that was not at hand, for as long as the pause is in force.
async fn name_later(app: App, identity: Identity, at: Timestamp) {
    let by = identity.user.to_string();
    while app.control.stops().iter().any(|stop| stop.by == by && stop.at == at) {
        match app.entrance.name_of(&identity).await {
            Ok(Some(name)) => return app.control.name_pause(&by, at, &name),
            Ok(None) => return,
            Err(_) => sleep(NAME_PAUSE).await,
        }
    }
}

/// Every stop in force: those that operators have set, and those of users who are shut out
#[utoipa::path(get, path = "/api/admin/controls", tag = "control",
    responses((status = 200, body = ControlList)))]
async fn controls(State(app): State<App>) -> Json<ControlList> {
    let (mode, version) = {
        let shown = app.control.shown();
        let row = shown.borrow();
        (row.mode, row.version)
    };
    let items = app.control.stops().into_iter().map(ControlStop::from).collect();
    Json(ControlList { mode, version, items })
}

/// Let entries go again
#[utoipa::path(post, path = "/internal/trading/resume", tag = "control",
    request_body = ReasonBody,
    responses(
        (status = 200, body = ControlRow),
        (status = 409, description = "`pauseOvertook`: somebody has paused it meanwhile",
            body = ProblemBody),
    ))]
async fn resume(
    State(app): State<App>,
    caller: Caller,
    keyed: Keyed<ReasonBody>,
) -> Result<Response, Problem> {
    let work = async |app: App, caller: Caller, body: ReasonBody| {
        let resumed = app.control.resume(&caller.name(), body.read()?).await;
        Ok(Json(resumed?))
    };
    caller.once(app, keyed, work).await
}

impl From<ResumeError> for Problem {
    fn from(error: ResumeError) -> Self {
        match error {
            ResumeError::NotRecorded(_) => Self::unavailable(error),
            ResumeError::Overtaken => Self::new(&PAUSE_OVERTOOK, PAUSE_OVERTOOK.remedy),
        }
    }
}
