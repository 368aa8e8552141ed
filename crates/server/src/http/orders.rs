//! Orders: lists, the manual ticket and its preview, cancelling.

mod amend;
mod preview;
mod ticket;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use ballast_domain::OrderId;
use ballast_engine::step::{Answer, Command};
use ballast_platform::request::{
    Access, Api, Keyed, Lifecycle, Path, Problem, ProblemBody, Query, Versioned,
};
use ballast_storage::{Etag, Query as Wanted, Value};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::caller::{Caller, Shown, denied, order_id};
use super::csv;
use super::lists::{Listed, PageQuery, failed};
use crate::app::App;
use crate::views::rows::OrderRow;
use crate::views::{ORDERS, word};
use ticket::Ticket;

pub(super) fn routes(api: Api<App>) -> Api<App> {
    let current = Lifecycle::Current;
    api.route(Access::User, current, routes!(list))
        .route(Access::User, current, routes!(list_csv))
        .route(Access::User, current, routes!(manual))
        .route(Access::User, current, routes!(preview::preview))
        .route(Access::User, current, routes!(read))
        .route(Access::User, current, routes!(amend::amend))
        .route_that_stops(Access::User, current, routes!(cancel))
}

/// Which orders.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OrderQuery {
    /// Only of this profile.
    profile: Option<String>,
    /// Only of this instrument.
    symbol: Option<String>,
    /// `working`: only those that may still fill.
    status: Option<String>,
    /// Where the page before ended: its `nextCursor`.
    cursor: Option<String>,
    /// Rows at most, 1 to 200; 50 when absent.
    limit: Option<usize>,
}

/// Orders, the newest first
#[utoipa::path(get, path = "/api/orders", tag = "orders", params(OrderQuery),
    responses((status = 200, body = Listed<OrderRow>),
        (status = 404, description = "`notFound`: no such profile", body = ProblemBody)))]
async fn list(
    Shown(caller): Shown,
    Query(asked): Query<OrderQuery>,
) -> Result<Json<Listed<OrderRow>>, Problem> {
    Ok(Json(page(&caller, &asked).await?))
}

/// The same as a file for spreadsheets
#[utoipa::path(get, path = "/api/orders.csv", tag = "orders", params(OrderQuery),
    responses((status = 200, body = String, content_type = "text/csv"),
        (status = 404, description = "`notFound`: no such profile", body = ProblemBody)))]
async fn list_csv(
    Shown(caller): Shown,
    Query(asked): Query<OrderQuery>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let page = page(&caller, &asked).await?;
    csv::answer(
        "orders.csv",
        &csv::ORDERS,
        &page.items,
        query.as_deref(),
        page.next_cursor.as_deref(),
    )
}

async fn page(caller: &Caller, asked: &OrderQuery) -> Result<Listed<OrderRow>, Problem> {
    caller.check_profile(asked.profile.as_deref()).await?;
    match asked.status.as_deref() {
        None => {}
        Some("working") => return working(caller, asked),
        Some(_) => return Err(Problem::invalid_field("status", "must be 'working', or left out")),
    }
    let equal = equal(asked.profile.as_deref(), asked.symbol.as_deref());
    let wanted = Wanted { equal, order_by: Some("seq"), ..Wanted::default() };
    let wanted = PageQuery::new(asked.cursor.as_deref(), asked.limit).newest(wanted)?;
    let page = caller.rows(&ORDERS).await.query::<OrderRow>(&wanted).await;
    Ok(Listed::of(page.map_err(failed)?, |row| row))
}

/// Orders that work are few, and all at hand.
fn working(caller: &Caller, asked: &OrderQuery) -> Result<Listed<OrderRow>, Problem> {
    let rows = caller.tenant.view.working_orders().into_iter().filter(|row| {
        let profile = asked.profile.as_ref().is_none_or(|profile| *profile == row.profile_id);
        let symbol = asked.symbol.as_ref().is_none_or(|symbol| *symbol == row.symbol);
        profile && symbol
    });
    // The newest come first.
    let rows = rows.map(|row| (u64::MAX - row.seq, row));
    Listed::at_hand(rows, &PageQuery::new(asked.cursor.as_deref(), asked.limit))
}

/// The fields that a list of a profile or an instrument has in common.
pub(super) fn equal(profile: Option<&str>, symbol: Option<&str>) -> Vec<(&'static str, Value)> {
    let profile = profile.map(|profile| ("profileId", profile.into()));
    let symbol = symbol.map(|symbol| ("symbol", symbol.into()));
    profile.into_iter().chain(symbol).collect()
}

/// One order
#[utoipa::path(get, path = "/api/orders/{id}", tag = "orders", params(("id" = String, Path)),
    responses((status = 200, body = OrderRow)))]
async fn read(
    Shown(caller): Shown,
    Path(id): Path<String>,
) -> Result<Versioned<OrderRow>, Problem> {
    let body = find(&caller, &id).await?;
    Ok(Versioned { etag: tag_of(&body)?, body })
}

/// The version of an order as it was shown.
fn tag_of(row: &OrderRow) -> Result<Etag, Problem> {
    let tag = format!("{}-{}", row.updated_at.nanos(), word(&row.status));
    tag.parse().map_err(Problem::internal)
}

async fn find(caller: &Caller, id: &str) -> Result<OrderRow, Problem> {
    let order = order_id(id)?;
    if let Some(known) = caller.tenant.view.order(order) {
        return Ok(known);
    }
    let stored = caller.rows(&ORDERS).await.get::<OrderRow>(&order.to_string()).await?;
    let row = stored.map(|stored| stored.body);
    row.ok_or_else(|| Problem::not_found("There is no such order."))
}

/// The row of an order that was accepted or is being cancelled just now: nothing is read for it,
/// so that nothing can fail once that is done.
pub(super) fn just_now(caller: &Caller, order: OrderId) -> Result<OrderRow, Problem> {
    let row = caller.tenant.view.order(order);
    row.ok_or_else(|| Problem::internal(format!("{order} is not among the rows of its tenant")))
}

/// An order that the gate has accepted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Placed {
    pub(super) intent_id: String,
    pub(super) order_id: String,
    pub(super) trade_id: String,
    pub(super) client_order_id: String,
    pub(super) status: String,
    /// The other entry of a pair that was placed with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion, nullable = false)]
    pub(super) oco: Option<Box<Self>>,
}

impl Placed {
    pub(super) fn of(caller: &Caller, order: OrderId) -> Result<Self, Problem> {
        let row = just_now(caller, order)?;
        Ok(Self {
            intent_id: row.intent_id,
            order_id: row.id,
            trade_id: row.trade_id,
            client_order_id: row.client_order_id,
            status: word(&row.status),
            oco: None,
        })
    }
}

/// Place an order by hand, or two of which one cancels the other; the risk gate decides
#[utoipa::path(post, path = "/api/orders/manual", tag = "orders", request_body = Ticket,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Placed),
        (status = 404, description = "`notFound`: no such profile, symbol or trade",
            body = ProblemBody)))]
async fn manual(
    State(app): State<App>,
    Shown(caller): Shown,
    keyed: Keyed<Ticket>,
) -> Result<Response, Problem> {
    let work = async |app: App, caller: Caller, ticket: Ticket| {
        let order = ticket.order(&app, &caller)?;
        let (order, other) = match caller.ask(Command::Order(Box::new(order))).await? {
            Answer::Accepted(order) => (order, None),
            Answer::AcceptedPair([order, other]) => (order, Some(other)),
            other => return Err(denied(other)),
        };
        let other = other.map(|other| Placed::of(&caller, other)).transpose()?;
        let placed = Placed { oco: other.map(Box::new), ..Placed::of(&caller, order)? };
        Ok((StatusCode::CREATED, Json(placed)))
    };
    caller.once(app, keyed.required()?, work).await
}

/// Ask the venue to cancel an order
#[utoipa::path(delete, path = "/api/orders/{id}", tag = "orders", params(("id" = String, Path)),
    responses((status = 202, body = OrderRow)))]
async fn cancel(
    State(app): State<App>,
    Shown(caller): Shown,
    Path(id): Path<String>,
    keyed: Keyed<()>,
) -> Result<Response, Problem> {
    let order = order_id(&id)?;
    let work = async move |_, caller: Caller, ()| {
        let reason = format!("by {}", caller.name());
        match caller.ask(Command::Cancel { order, reason }).await? {
            Answer::Done => Ok((StatusCode::ACCEPTED, Json(just_now(&caller, order)?))),
            other => Err(denied(other)),
        }
    };
    caller.once_at_once(app, keyed, work).await
}
