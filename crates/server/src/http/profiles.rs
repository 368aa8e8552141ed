//! Profiles: made, read, changed, removed, started, stopped and flattened.

mod actions;
mod document;
mod reading;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use ballast_domain::{Limits, ProfileId, Refusal, StrategyConfig};
use ballast_engine::step::{Answer, Command};
use ballast_platform::request::{
    Access, Api, IfMatch, Keyed, Lifecycle, Path, Problem, Query, Versioned,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::caller::{Caller, Shown, denied, profile_id};
use super::lists::{Listed, PageQuery, version_tag};
use crate::app::App;
use crate::metrics::count_config_failure;
use crate::serve::market::CompileError;
use crate::serve::tenants::{Put, PutError};
use crate::views::decimal;
use crate::views::rows::ProfileRow;
use document::ProfileBody;
pub(super) use reading::SpanQuery;

/// Every route below `/api/profiles`.
pub(super) fn routes(api: Api<App>) -> Api<App> {
    let current = Lifecycle::Current;
    let api = api.route(Access::User, current, routes!(list, create)).route(
        Access::User,
        current,
        routes!(read, replace, remove),
    );
    reading::routes(actions::routes(api))
}

/// A profile with its document.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Profile {
    #[serde(flatten)]
    row: ProfileRow,
    /// How it trades; `ballast config schema` describes it.
    #[schema(value_type = Object)]
    strategy_config: StrategyConfig,
    /// Limits beside those of the strategy config.
    #[schema(value_type = Object)]
    limits: Limits,
    /// The time zone that its days are counted in.
    time_zone: String,
    /// The preset that its strategy config was made from, where it was made from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    preset: Option<String>,
}

/// The caller's profiles
#[utoipa::path(get, path = "/api/profiles", tag = "profiles", params(PageQuery),
    responses((status = 200, body = Listed<ProfileRow>)))]
async fn list(
    Shown(caller): Shown,
    Query(asked): Query<PageQuery>,
) -> Result<Json<Listed<ProfileRow>>, Problem> {
    let rows = caller.tenant.view.profiles().into_iter();
    let rows = rows.filter_map(|row| Some((row.id.parse::<ProfileId>().ok()?, row)));
    Ok(Json(Listed::at_hand(rows, &asked)?))
}

/// Make a profile; it is stopped until it is started
#[utoipa::path(post, path = "/api/profiles", tag = "profiles", request_body = ProfileBody,
    responses((status = 201, body = Profile)))]
async fn create(
    State(app): State<App>,
    Shown(caller): Shown,
    keyed: Keyed<ProfileBody>,
) -> Result<Response, Problem> {
    let work = |app, caller, body| async move { counted(make(&app, &caller, body).await) };
    caller.once(app, keyed, work).await
}

/// A write of a profile's document; one that fails is counted.
fn counted(written: Result<Response, Problem>) -> Result<Response, Problem> {
    written.inspect_err(|problem| count_config_failure(problem.code().name))
}

async fn make(app: &App, caller: &Caller, body: ProfileBody) -> Result<Response, Problem> {
    let known = caller.tenant.view.profiles();
    document::check_room(&known)?;
    let document = body.document(app, &known, None)?;
    let id = ProfileId::from_bits(app.entropy.bits());
    put(app, caller, id, document, Some(0)).await?;
    let profile = find(caller, id)?;
    let place = format!("/api/profiles/{id}");
    Ok((StatusCode::CREATED, [(LOCATION, place)], profile).into_response())
}

/// One profile
#[utoipa::path(get, path = "/api/profiles/{id}", tag = "profiles",
    params(("id" = String, Path)), responses((status = 200, body = Profile)))]
async fn read(Shown(caller): Shown, Path(id): Path<String>) -> Result<Versioned<Profile>, Problem> {
    find(&caller, profile_id(&id)?)
}

/// Change a profile; what it holds goes on under the new document
#[utoipa::path(put, path = "/api/profiles/{id}", tag = "profiles",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = ProfileBody,
    responses((status = 200, body = Profile)))]
async fn replace(
    State(app): State<App>,
    Shown(caller): Shown,
    Path(id): Path<String>,
    seen: IfMatch,
    keyed: Keyed<ProfileBody>,
) -> Result<Response, Problem> {
    let id = profile_id(&id)?;
    let work =
        |app, caller, body| async move { counted(change(&app, &caller, id, &seen, body).await) };
    caller.once(app, keyed, work).await
}

async fn change(
    app: &App,
    caller: &Caller,
    id: ProfileId,
    seen: &IfMatch,
    body: ProfileBody,
) -> Result<Response, Problem> {
    let before = find(caller, id)?;
    seen.check(&before.etag)?;
    let known = caller.tenant.view.profiles();
    let document = body.document(app, &known, Some(id))?;
    put(app, caller, id, document, Some(before.body.row.version)).await?;
    Ok(find(caller, id)?.into_response())
}

/// Remove a profile that holds nothing; its history stays
#[utoipa::path(delete, path = "/api/profiles/{id}", tag = "profiles",
    params(("id" = String, Path), ("If-Match" = String, Header)), responses((status = 204)))]
async fn remove(
    State(app): State<App>,
    Shown(caller): Shown,
    Path(id): Path<String>,
    seen: IfMatch,
    keyed: Keyed<()>,
) -> Result<Response, Problem> {
    let id = profile_id(&id)?;
    let work = async move |_, caller: Caller, ()| {
        let found = find(&caller, id)?;
        seen.check(&found.etag)?;
        let (profile, by) = (id, caller.name());
        let expected_version = Some(found.body.row.version);
        match caller.ask(Command::RemoveProfile { profile, expected_version, by }).await? {
            Answer::Done => Ok(StatusCode::NO_CONTENT),
            other => Err(denied(other)),
        }
    };
    caller.once(app, keyed, work).await
}

async fn put(
    app: &App,
    caller: &Caller,
    profile: ProfileId,
    document: ballast_domain::ProfileDocument,
    expected_version: Option<u64>,
) -> Result<(), Problem> {
    let asked = document.capital.allocated;
    let put = Put { profile, document, expected_version, by: caller.name() };
    match caller.tenant.put_profile(&app.market, put, caller.request_id.clone()).await {
        Ok(Answer::Done) => Ok(()),
        Ok(Answer::Refused(Refusal::InsufficientCapital { needed, available })) => {
            let least = decimal(asked.saturating_add(needed).saturating_sub(available));
            let message = format!("must be at least {least}, which is in use; close something");
            Err(Problem::invalid_field("capital.allocated", message))
        }
        Ok(other) => Err(denied(other)),
        Err(PutError::Compile(CompileError::Faults(faults))) => Err(document::faulty(&faults)),
        Err(PutError::Compile(error @ CompileError::Unavailable(_))) => {
            Err(Problem::unavailable(error))
        }
        Err(PutError::Tenant(unavailable)) => Err(unavailable.into()),
    }
}

/// A profile as it stands, with its version.
fn find(caller: &Caller, id: ProfileId) -> Result<Versioned<Profile>, Problem> {
    let view = &caller.tenant.view;
    let found = view.profile(id).zip(view.document(id));
    let (row, document) = found.ok_or_else(|| Problem::not_found("There is no such profile."))?;
    let etag = version_tag(row.version)?;
    let body = Profile {
        row,
        strategy_config: document.strategy.clone(),
        limits: document.limits.clone(),
        time_zone: document.time_zone.to_string(),
        preset: document.preset.map(|preset| preset.to_string()),
    };
    Ok(Versioned { etag, body })
}
