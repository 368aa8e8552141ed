//! Trading control: its state for everybody, pause and resume for operators.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use ballast_platform::request::{Access, Api, Keyed, Lifecycle, Problem};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::caller::Caller;
use crate::app::App;
use crate::views::rows::ControlRow;

pub(super) fn routes(api: Api<App>) -> Api<App> {
    api.route(Access::User, Lifecycle::Current, routes!(status))
        .route(Access::Operator, Lifecycle::Current, routes!(pause))
        .route(Access::Operator, Lifecycle::Current, routes!(resume))
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
async fn status(State(app): State<App>) -> Json<ControlRow> {
    Json(app.control.shown().borrow().clone())
}

/// Stop entries everywhere, at once; exits, stops and targets go on
#[utoipa::path(post, path = "/internal/trading/pause", tag = "control",
    request_body = ReasonBody, responses((status = 200, body = ControlRow)))]
async fn pause(
    State(app): State<App>,
    caller: Caller,
    keyed: Keyed<ReasonBody>,
) -> Result<Json<ControlRow>, Problem> {
    // Not kept by its key: a stop waits for no store, and to stop twice is to stop.
    let reason = keyed.body.read()?;
    Ok(Json(app.control.pause(&caller.name(), reason).await))
}

/// Let entries go again
#[utoipa::path(post, path = "/internal/trading/resume", tag = "control",
    request_body = ReasonBody, responses((status = 200, body = ControlRow)))]
async fn resume(
    State(app): State<App>,
    caller: Caller,
    keyed: Keyed<ReasonBody>,
) -> Result<Response, Problem> {
    let work = async |app: App, caller: Caller, body: ReasonBody| {
        let resumed = app.control.resume(&caller.name(), body.read()?).await;
        Ok(Json(resumed.map_err(Problem::unavailable)?))
    };
    caller.once(app, keyed, work).await
}
