//! Alerts: what a person should know.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use ballast_platform::request::{Access, Api, Keyed, Lifecycle, Path, Problem, Query};
use ballast_storage::Query as Wanted;
use utoipa_axum::routes;

use super::caller::{Caller, Shown};
use super::lists::{Listed, PageQuery, failed};
use crate::app::App;
use crate::views::ALERTS;
use crate::views::rows::AlertRow;

pub(super) fn routes(api: Api<App>) -> Api<App> {
    api.route(Access::User, Lifecycle::Current, routes!(list)).route(
        Access::User,
        Lifecycle::Current,
        routes!(acknowledge),
    )
}

/// Alerts, the newest first
#[utoipa::path(get, path = "/api/alerts", tag = "alerts", params(PageQuery),
    responses((status = 200, body = Listed<AlertRow>)))]
async fn list(
    Shown(caller): Shown,
    Query(asked): Query<PageQuery>,
) -> Result<Json<Listed<AlertRow>>, Problem> {
    let wanted = asked.newest(Wanted { order_by: Some("seq"), ..Wanted::default() })?;
    let page = caller.rows(&ALERTS).await.query::<AlertRow>(&wanted).await;
    Ok(Json(Listed::of(page.map_err(failed)?, |row| row)))
}

/// Say that an alert was seen
#[utoipa::path(post, path = "/api/alerts/{id}/ack", tag = "alerts",
    params(("id" = String, Path)), responses((status = 200, body = AlertRow)))]
async fn acknowledge(
    State(app): State<App>,
    Shown(caller): Shown,
    Path(id): Path<String>,
    keyed: Keyed<()>,
) -> Result<Response, Problem> {
    let work = async move |app: App, caller: Caller, ()| {
        let seen = caller.tenant.view.acknowledge(&id, app.clock.now()).await?;
        seen.map(Json).ok_or_else(|| Problem::not_found("There is no such alert."))
    };
    caller.once(app, keyed, work).await
}
