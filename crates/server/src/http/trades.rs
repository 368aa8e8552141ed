//! Closed trades, and the life of each trade event by event.

use axum::Json;
use axum::extract::RawQuery;
use axum::response::Response;
use ballast_domain::{Envelope, Timestamp};
use ballast_engine::ports::Journal as _;
use ballast_platform::request::{
    Access, Api, Lifecycle, Path, Problem, ProblemBody, Query, Versioned,
};
use ballast_storage::{Cursor, Query as Wanted, StreamName, Value};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::caller::{Caller, Shown, trade_id};
use super::csv;
use super::lists::{Listed, PageQuery, bad_cursor, check_span, failed, version_tag};
use super::orders::equal;
use crate::app::App;
use crate::views::rows::{TimelineRow, TradeRow};
use crate::views::{self, TIMELINE, TRADES};

/// Events of one trade that are told at once, and when nobody says how many.
const MOST_EVENTS: usize = 2_000;
/// Rows that are read at once.
const PAGE: usize = 200;
/// Events that lie so near to each other in the journal are read at once.
const NEAR: u64 = 16;

pub(super) fn routes(api: Api<App>) -> Api<App> {
    let current = Lifecycle::Current;
    api.route(Access::User, current, routes!(list))
        .route(Access::User, current, routes!(list_csv))
        .route(Access::User, current, routes!(read))
        .route(Access::User, current, routes!(lifecycle))
}

/// Which trades.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TradeQuery {
    /// Only of this profile.
    profile: Option<String>,
    /// Only of this instrument.
    symbol: Option<String>,
    /// Closed from then on.
    #[param(value_type = Option<String>)]
    from: Option<Timestamp>,
    /// Closed before then.
    #[param(value_type = Option<String>)]
    to: Option<Timestamp>,
    /// Where the page before ended: its `nextCursor`.
    cursor: Option<String>,
    /// Rows at most, 1 to 200; 50 when absent.
    limit: Option<usize>,
}

/// Closed trades, the latest first
#[utoipa::path(get, path = "/api/trades", tag = "trades", params(TradeQuery),
    responses((status = 200, body = Listed<TradeRow>),
        (status = 404, description = "`notFound`: no such profile", body = ProblemBody)))]
async fn list(
    Shown(caller): Shown,
    Query(asked): Query<TradeQuery>,
) -> Result<Json<Listed<TradeRow>>, Problem> {
    Ok(Json(page(&caller, &asked).await?))
}

/// The same as a file for spreadsheets
#[utoipa::path(get, path = "/api/trades.csv", tag = "trades", params(TradeQuery),
    responses((status = 200, body = String, content_type = "text/csv"),
        (status = 404, description = "`notFound`: no such profile", body = ProblemBody)))]
async fn list_csv(
    Shown(caller): Shown,
    Query(asked): Query<TradeQuery>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let page = page(&caller, &asked).await?;
    csv::answer(
        "trades.csv",
        &csv::TRADES,
        &page.items,
        query.as_deref(),
        page.next_cursor.as_deref(),
    )
}

async fn page(caller: &Caller, asked: &TradeQuery) -> Result<Listed<TradeRow>, Problem> {
    caller.check_profile(asked.profile.as_deref()).await?;
    check_span(asked.from, asked.to)?;
    let wanted = Wanted {
        equal: equal(asked.profile.as_deref(), asked.symbol.as_deref()),
        order_by: Some("closedMs"),
        from: asked.from.map(|from| Value::Integer(from.millis())),
        until: asked.to.map(|to| Value::Integer(to.millis())),
        ..Wanted::default()
    };
    let wanted = PageQuery::new(asked.cursor.as_deref(), asked.limit).newest(wanted)?;
    let page = caller.rows(&TRADES).await.query::<TradeRow>(&wanted).await;
    Ok(Listed::of(page.map_err(failed)?, |row| row))
}

/// One closed trade
#[utoipa::path(get, path = "/api/trades/{id}", tag = "trades", params(("id" = String, Path)),
    responses((status = 200, body = TradeRow)))]
async fn read(
    Shown(caller): Shown,
    Path(id): Path<String>,
) -> Result<Versioned<TradeRow>, Problem> {
    let key = trade_id(&id)?.to_string();
    let stored = caller.rows(&TRADES).await.get::<TradeRow>(&key).await?;
    let row = stored.map(|stored| stored.body);
    let row = row.ok_or_else(|| Problem::not_found("There is no such closed trade."))?;
    Ok(Versioned { etag: version_tag(row.seq)?, body: row })
}

/// Whose life.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LifecycleQuery {
    trade_id: String,
    /// Where the answer before ended: its `nextCursor`.
    cursor: Option<String>,
    /// Events at most, 1 to 2000; 2000 when absent.
    limit: Option<usize>,
}

/// The life of a trade.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TradeLife {
    trade_id: String,
    items: Vec<LifeEvent>,
    /// Where to go on; absent when this is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_cursor: Option<String>,
}

/// One event of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LifeEvent {
    seq: u64,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What it is called in the journal.
    #[serde(rename = "type")]
    kind: String,
    /// What happened, in a sentence.
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    request_id: Option<String>,
    /// As journaled.
    #[schema(value_type = Object)]
    event: serde_json::Value,
}

/// Every event of one trade, in order; of a long life its first part, with a cursor to go on
#[utoipa::path(get, path = "/api/lifecycle/canonical", tag = "trades", params(LifecycleQuery),
    responses((status = 200, body = TradeLife),
        (status = 404, description = "`notFound`: no such trade", body = ProblemBody)))]
async fn lifecycle(
    Shown(caller): Shown,
    Query(asked): Query<LifecycleQuery>,
) -> Result<Json<TradeLife>, Problem> {
    let trade = trade_id(&asked.trade_id)?.to_string();
    let documents = caller.rows(&TIMELINE).await;
    let limit = asked.limit.unwrap_or(MOST_EVENTS);
    if !(1..=MOST_EVENTS).contains(&limit) {
        return Err(Problem::invalid_field("limit", format!("must be 1 to {MOST_EVENTS}")));
    }
    let after = asked.cursor.as_deref().map(str::parse::<Cursor>).transpose();
    let mut wanted = Wanted {
        equal: vec![("tradeId", trade.as_str().into())],
        order_by: Some("seq"),
        after: after.map_err(|_| bad_cursor())?,
        ..Wanted::default()
    };
    let (mut items, mut read) = (Vec::new(), 0);
    let next_cursor = loop {
        wanted.limit = (limit - read).min(PAGE);
        let page = documents.query::<views::Listed>(&wanted).await.map_err(failed)?;
        let rows: Vec<_> = page.documents.into_iter().map(|listed| listed.body.row).collect();
        for near in rows.chunk_by(|one, next| next.seq.saturating_sub(one.seq) <= NEAR) {
            items.extend(told(&caller, near).await?);
        }
        read += rows.len();
        match page.next {
            Some(next) if read < limit => wanted.after = Some(next),
            next => break next.map(|next| next.to_string()),
        }
    };
    if items.is_empty() && asked.cursor.is_none() {
        return Err(Problem::not_found("There is no such trade."));
    }
    Ok(Json(TradeLife { trade_id: trade, items, next_cursor }))
}

/// Lines that lie near to each other, with the events that they tell of, as the journal has them.
async fn told(caller: &Caller, rows: &[TimelineRow]) -> Result<Vec<LifeEvent>, Problem> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(Vec::new()) };
    let journal = caller.tenant.store.journal::<Envelope>(StreamName::Journal, 0);
    let count = usize::try_from(last.seq - first.seq + 1).map_err(Problem::internal)?;
    let read = journal.read(first.seq.saturating_sub(1), count).await;
    let envelopes = read.map_err(Problem::unavailable)?;
    let lives = rows.iter().filter_map(|row| {
        let place = envelopes.binary_search_by_key(&row.seq, |envelope| envelope.seq).ok()?;
        Some((row, envelopes.get(place)?))
    });
    lives.map(|(row, envelope)| life(row, envelope)).collect()
}

fn life(row: &TimelineRow, envelope: &Envelope) -> Result<LifeEvent, Problem> {
    let event = serde_json::to_value(&envelope.event).map_err(Problem::internal)?;
    Ok(LifeEvent {
        seq: row.seq,
        at: row.at,
        kind: event["type"].as_str().unwrap_or_default().to_owned(),
        text: row.text.clone(),
        request_id: row.request_id.clone(),
        event,
    })
}
