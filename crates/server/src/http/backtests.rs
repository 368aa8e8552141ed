//! Back-tests as jobs: asked for with uploads or the market's history, followed, read, cancelled.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ballast_domain::{Currency, Instrument, StrategyConfig, Symbol, Timestamp};
use ballast_platform::request::{
    Access, Api, Body, FieldError, Keyed, Lifecycle, Named, Path, Problem, ProblemBody, Query,
    Versioned, code,
};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::about;
use super::caller::Caller;
use super::codes::FEATURE_OFF;
use crate::app::App;
use crate::research::{
    DataBars, DataSource, FieldFault, JobDetail, JobPage, JobRow, ReadError, Removal, RunRequest,
    SubmitError, SymbolData, UploadError,
};
use crate::views::word;

/// Bars of the market's own history that one back-test may have of each symbol.
const MOST_BARS: usize = 200_000;
/// A request without its files.
const MOST_REQUEST_BYTES: usize = 1 << 20;
/// How long the next bytes of a form may take to arrive.
const MOST_SILENCE: Duration = Duration::from_secs(30);
/// Files of one request; there is one for each symbol.
const MOST_FILES: usize = 50;
/// A request with all of its files.
const MOST_FORM_BYTES: usize = 64 << 20;

pub(super) fn routes(api: Api<App>) -> Api<App> {
    let current = Lifecycle::Current;
    let (schemas, paths, methods) = routes!(run);
    let upload = (schemas, paths, methods.layer(DefaultBodyLimit::max(MOST_FORM_BYTES)));
    api.route_without_time_limit(Access::User, current, upload)
        .route(Access::User, current, routes!(list))
        .route(Access::User, current, routes!(read, remove))
        .route(Access::User, current, routes!(report))
}

/// Refuses whoever the feature is not on for.
fn check_flag(app: &App, caller: &Caller) -> Result<(), Problem> {
    match about::for_role(app.flags, caller.identity.role).backtest.enabled {
        true => Ok(()),
        false => Err(Problem::new(&FEATURE_OFF, FEATURE_OFF.remedy)),
    }
}

/// A back-test with its files.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes what is read part by part")]
struct RunForm {
    /// What to run, as JSON.
    request: RunRequest,
    /// A CSV file for each symbol, its field named by the symbol, or `file` when there is one.
    #[schema(format = Binary, content_media_type = "text/csv")]
    file: Option<String>,
}

/// Run a back-test; it goes on as a job
#[utoipa::path(post, path = "/api/backtest/run", tag = "backtest",
    request_body(content((RunForm = "multipart/form-data"), (RunRequest = "application/json"))),
    responses((status = 202, body = JobRow),
        (status = 404, description = "`featureOff`", body = ProblemBody)))]
async fn run(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    check_flag(&app, &caller)?;
    let _place = app.backtests.prepare(&caller.identity.user).map_err(not_taken)?;
    let is_form = request.headers().get(CONTENT_TYPE).is_some_and(|value| {
        value.to_str().is_ok_and(|text| text.starts_with("multipart/form-data"))
    });
    let keyed = match is_form {
        true => form(&app, request).await?,
        false => json(request).await?,
    };
    caller.once(app, keyed, submit).await
}

async fn submit(
    app: App,
    caller: Caller,
    (mut asked, mut data): (RunRequest, Vec<SymbolData>),
) -> Result<impl IntoResponse, Problem> {
    let source = asked.data.map(|data| data.source);
    if source == Some(DataSource::Market) {
        asked = asked.at_venue(&app.paper);
        data.append(&mut history(&app, &caller, &mut asked).await?);
    }
    let taken = app.backtests.submit(&caller.identity.user, asked, data).await;
    let row = taken.map_err(not_taken)?;
    Ok((StatusCode::ACCEPTED, Json(row)))
}

/// What to run and the files to run it on, under the key of its request.
type Asked = Keyed<(RunRequest, Vec<SymbolData>)>;

async fn json(request: Request) -> Result<Asked, Problem> {
    let named = Named::of(&request)?;
    // It is read as a document first, and as text once more for all that is wrong with its fields.
    let Body(document) = Body::<Value>::from_request(request, &()).await?;
    let text = document.to_string().into_bytes();
    let hash = Sha256::digest(&text);
    let asked = read_request(text).await?;
    Ok(named.with((asked, Vec::new()), &hash))
}

/// Reads what to run, off the runtime: a config can be long.
async fn read_request(bytes: Vec<u8>) -> Result<RunRequest, Problem> {
    let text = String::from_utf8(bytes)
        .map_err(|_| Problem::new(&code::INVALID_JSON, "The request is not UTF-8 text."))?;
    let read = tokio::task::spawn_blocking(move || RunRequest::read(&text)).await;
    read.map_err(Problem::internal)?.map_err(|faults| faulty(&faults))
}

const TOO_LARGE: &str = "The request without its files is larger than 1 MiB.";

/// Reads a form part by part; files go to the disk as they come.
async fn form(app: &App, request: Request) -> Result<Asked, Problem> {
    let (named, mut hash) = (Named::of(&request)?, Sha256::new());
    let parts = Multipart::from_request(request, &()).await;
    let mut parts = parts.map_err(|error| broken(error.status(), &error.body_text()))?;
    let (mut asked, mut data) = (None, Vec::new());
    while let Some(mut part) = arriving(parts.next_field()).await? {
        let field = part.name().unwrap_or_default().to_owned();
        // The boundaries of a form are others each time that it is sent.
        hash.update(Sha256::digest(&field));
        if field == "request" {
            let mut text = Vec::new();
            while let Some(chunk) = arriving(part.chunk()).await? {
                if text.len() + chunk.len() > MOST_REQUEST_BYTES {
                    return Err(Problem::new(&code::BODY_TOO_LARGE, TOO_LARGE));
                }
                text.extend_from_slice(&chunk);
            }
            hash.update(Sha256::digest(&text));
            asked = Some(read_request(text).await?);
            continue;
        }
        let symbol = symbol_of(&field)?;
        if data.len() >= MOST_FILES {
            let message = format!("is one file too many: a form has at most {MOST_FILES}");
            return Err(Problem::invalid_field(field, message));
        }
        if data.iter().any(|known: &SymbolData| known.symbol == symbol) {
            return Err(Problem::invalid_field(field, "is there twice; send one file for it"));
        }
        let name = part.file_name().unwrap_or("upload.csv").to_owned();
        let mut content = Sha256::new();
        let mut file = app.backtests.create_upload().await.map_err(not_received)?;
        while let Some(chunk) = arriving(part.chunk()).await? {
            content.update(&chunk);
            file.append(&chunk).await.map_err(not_received)?;
        }
        hash.update(content.finalize());
        file.complete().await.map_err(not_received)?;
        data.push(SymbolData { symbol, bars: DataBars::Upload { file, name } });
    }
    let asked = asked.ok_or_else(|| {
        Problem::invalid_field("request", "is missing: a part with the JSON of what to run")
    })?;
    Ok(named.with((asked, data), &hash.finalize()))
}

/// Whose bars a part has; `file` when the strategy trades one symbol.
fn symbol_of(field: &str) -> Result<Option<Symbol>, Problem> {
    if field == "file" {
        return Ok(None);
    }
    let symbol = field.parse();
    symbol.map(Some).map_err(|error| Problem::invalid_field(field, format!("{error}")))
}

/// The market's own bars of each symbol of the strategy, and in the request the currency that they
/// are priced in.
async fn history(
    app: &App,
    caller: &Caller,
    asked: &mut RunRequest,
) -> Result<Vec<SymbolData>, Problem> {
    let backtest = asked.checked().map_err(|faults| faulty(&faults))?;
    let instruments = listed(app, &backtest.request.config, asked.currency)?;
    asked.currency = instruments.first().map(|first| first.quote);
    let timeframe = backtest.request.timeframe;
    if timeframe < app.base {
        let message = format!("the market's shortest bars are {}", app.base);
        return Err(Problem::invalid_field("timeframe", message));
    }
    let range = asked.range.unwrap_or_default();
    let to = range.to.unwrap_or_else(|| app.past.told_to());
    let length = timeframe.nanos().unwrap_or(31 * 86_400 * 1_000_000_000);
    let reach = length.saturating_mul(i64::try_from(MOST_BARS).unwrap_or(i64::MAX));
    let least = to.saturating_add_nanos(reach.saturating_neg());
    let from = range.from.map_or(default_start(to, length), |from| from);
    if from < least {
        let message = format!("more than {MOST_BARS} bars lie between it and 'to'; begin later");
        return Err(Problem::invalid_field("range.from", message));
    }
    let turn = app.past.turn(&caller.tenant.reader).await.map_err(Problem::unavailable)?;
    let mut data = Vec::new();
    for instrument in instruments {
        let symbol = instrument.symbol;
        let bars = app.past.bars(&turn, symbol, timeframe, (from, to)).await;
        let bars: Arc<[_]> = bars.map_err(Problem::unavailable)?.into();
        let bars = DataBars::History { bars, instrument };
        data.push(SymbolData { symbol: Some(symbol), bars });
    }
    Ok(data)
}

/// What a strategy trades as the market lists it, all of it priced in one currency.
fn listed(
    app: &App,
    config: &StrategyConfig,
    currency: Option<Currency>,
) -> Result<Vec<Instrument>, Problem> {
    let first = config.symbols.first().and_then(|symbol| app.listing.find(*symbol));
    let currency = currency.or_else(|| first.map(|first| first.quote));
    // Where nothing is listed, that is what is wrong, whatever the currency.
    let currency = currency.map_or_else(|| "USD".parse(), Ok).map_err(Problem::internal)?;
    let instruments = app.listing.instruments_of(config, currency);
    instruments.map_err(|error| Problem::invalid_field("strategyConfig.symbols", error.to_string()))
}

/// Twenty thousand bars back, which run in a blink.
fn default_start(to: Timestamp, length_nanos: i64) -> Timestamp {
    to.saturating_add_nanos(length_nanos.saturating_mul(-20_000))
}

/// Which part of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct JobQuery {
    /// Where the page before ended: its `nextCursor`.
    cursor: Option<String>,
    /// Rows at most, 1 to 200; 50 when absent.
    limit: Option<usize>,
}

/// The caller's back-tests, the newest first
#[utoipa::path(get, path = "/api/backtest", tag = "backtest", params(JobQuery),
    responses((status = 200, body = JobPage),
        (status = 404, description = "`featureOff`", body = ProblemBody)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<JobQuery>,
) -> Result<Json<JobPage>, Problem> {
    check_flag(&app, &caller)?;
    let limit = asked.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Problem::invalid_field("limit", "must be 1 to 200"));
    }
    let page = app.backtests.list(&caller.identity.user, asked.cursor.as_deref(), limit).await;
    page.map(Json).map_err(not_read)
}

/// One back-test, with its result when it is done
#[utoipa::path(get, path = "/api/backtest/{id}", tag = "backtest",
    params(("id" = String, Path)), responses((status = 200, body = JobDetail)))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Versioned<JobDetail>, Problem> {
    check_flag(&app, &caller)?;
    let found = app.backtests.get(&caller.identity.user, &id).await.map_err(not_read)?;
    let body = found.ok_or_else(missing)?;
    let tag = format!("{}-{}", word(&body.row.state), body.row.progress_pct);
    Ok(Versioned { etag: tag.parse().map_err(Problem::internal)?, body })
}

/// The report of a back-test that is done, a page that needs nothing else
#[utoipa::path(get, path = "/api/backtest/{id}/report", tag = "backtest",
    params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "text/html")))]
async fn report(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    check_flag(&app, &caller)?;
    let page = app.backtests.report(&caller.identity.user, &id).await.map_err(not_read)?;
    let page = page.ok_or_else(|| {
        Problem::not_found("There is no such back-test, or it has no report yet.")
    })?;
    let policy = ballast_backtest::report::CONTENT_SECURITY_POLICY;
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    Ok((headers, page).into_response())
}

/// Which end a back-test is to come to.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Removing {
    /// Whether one that has ended is removed, with its result.
    #[serde(default)]
    remove: bool,
}

/// Cancel a back-test that runs or waits; with `remove`, take away one that has ended
///
/// To cancel one that has ended changes nothing: whoever clicks twice loses no result.
#[utoipa::path(delete, path = "/api/backtest/{id}", tag = "backtest",
    params(("id" = String, Path), Removing),
    responses((status = 202, body = JobDetail, description = "As it stands; it ends, or has ended"),
        (status = 204, description = "It is gone")))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(asked): Query<Removing>,
    keyed: Keyed<()>,
) -> Result<Response, Problem> {
    check_flag(&app, &caller)?;
    let work = async move |app: App, caller: Caller, ()| {
        let user = &caller.identity.user;
        let done = match asked.remove {
            true => app.backtests.cancel_or_remove(user, &id).await.map_err(not_read)?,
            false => app.backtests.cancel(user, &id).await.map_err(not_read)?,
        };
        match done {
            Some(Removal::Removed) => return Ok(StatusCode::NO_CONTENT.into_response()),
            Some(Removal::Cancelled | Removal::Ended) => {}
            None => return Err(missing()),
        }
        let row = app.backtests.get(user, &id).await.map_err(not_read)?.ok_or_else(missing)?;
        Ok((StatusCode::ACCEPTED, Json(row)).into_response())
    };
    caller.once(app, keyed, work).await
}

fn missing() -> Problem {
    Problem::not_found("There is no such back-test.")
}

/// The next of a form, for which nobody waits for ever.
async fn arriving<T>(next: impl Future<Output = Result<T, MultipartError>>) -> Result<T, Problem> {
    let Ok(next) = timeout(MOST_SILENCE, next).await else {
        let seconds = MOST_SILENCE.as_secs();
        let detail = format!("Nothing more came for {seconds} seconds, and nothing was done.");
        return Err(Problem::new(&code::REQUEST_TIMEOUT, detail));
    };
    next.map_err(|error| broken(error.status(), &error.body_text()))
}

fn broken(status: StatusCode, why: &str) -> Problem {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let most = MOST_FORM_BYTES >> 20;
            let detail = format!("A form holds at most {most} MiB; send fewer bars.");
            Problem::new(&code::BODY_TOO_LARGE, detail)
        }
        _ => Problem::invalid_field("", format!("the form cannot be read: {why}")),
    }
}

fn faulty(faults: &[FieldFault]) -> Problem {
    let errors = faults.iter().map(|fault| {
        let error = FieldError::new(fault.field.clone(), fault.message.clone());
        match fault.column {
            Some(column) => error.at_column(column),
            None => error,
        }
    });
    Problem::invalid(errors.collect())
}

fn not_taken(error: SubmitError) -> Problem {
    let wait = Duration::from_secs(30);
    match error {
        SubmitError::Invalid(faults) => faulty(&faults),
        SubmitError::TooManyRequests | SubmitError::TooManyAtOnce => {
            Problem::too_many_requests(wait, error.to_string())
        }
        SubmitError::Busy | SubmitError::Unavailable => {
            Problem::new(&code::UNAVAILABLE, error.to_string()).retry_after(wait)
        }
        SubmitError::Internal(cause) => Problem::internal(cause),
    }
}

fn not_received(error: UploadError) -> Problem {
    match error {
        UploadError::TooLarge => Problem::new(&code::BODY_TOO_LARGE, error.to_string()),
        UploadError::Storage(cause) => Problem::internal(cause),
    }
}

fn not_read(error: ReadError) -> Problem {
    match error {
        ReadError::Invalid => Problem::invalid_field("cursor", error.to_string()),
        ReadError::Internal(cause) => Problem::internal(cause),
    }
}
