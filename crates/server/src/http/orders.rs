//! Orders: lists, the manual ticket and its preview, cancelling.

mod ticket;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use ballast_domain::profile::Liquidity;
use ballast_domain::{ClientOrderId, OrderId, OrderTerms, OrderType, Purpose};
use ballast_engine::step::{Answer, Command};
use ballast_platform::request::{Access, Api, Keyed, Lifecycle, Path, Problem, Query, Versioned};
use ballast_storage::{Query as Wanted, Value};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::caller::{Caller, Shown, denied, order_id};
use super::csv;
use super::lists::{Listed, PageQuery, failed};
use super::refusal::RefusalRow;
use crate::app::App;
use crate::views::rows::OrderRow;
use crate::views::words::PurposeWord;
use crate::views::{ORDERS, decimal, word};
use ticket::Ticket;

pub(super) fn routes(api: Api<App>) -> Api<App> {
    let current = Lifecycle::Current;
    api.route(Access::User, current, routes!(list))
        .route(Access::User, current, routes!(list_csv))
        .route(Access::User, current, routes!(manual))
        .route(Access::User, current, routes!(preview))
        .route(Access::User, current, routes!(read))
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
    responses((status = 200, body = Listed<OrderRow>)))]
async fn list(
    Shown(caller): Shown,
    Query(asked): Query<OrderQuery>,
) -> Result<Json<Listed<OrderRow>>, Problem> {
    Ok(Json(page(&caller, &asked).await?))
}

/// The same as a file for spreadsheets
#[utoipa::path(get, path = "/api/orders.csv", tag = "orders", params(OrderQuery),
    responses((status = 200, body = String, content_type = "text/csv")))]
async fn list_csv(
    Shown(caller): Shown,
    Query(asked): Query<OrderQuery>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let page = page(&caller, &asked).await?;
    csv::answer("orders.csv", &page.items, query.as_deref(), page.next_cursor.as_deref())
}

async fn page(caller: &Caller, asked: &OrderQuery) -> Result<Listed<OrderRow>, Problem> {
    caller.check_profile(asked.profile.as_deref()).await?;
    match asked.status.as_deref() {
        None => {}
        Some("working") => return working(caller, asked),
        Some(_) => return Err(Problem::invalid_field("status", "is 'working', or left out")),
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
    let tag = format!("{}-{}", body.updated_at.nanos(), word(&body.status));
    Ok(Versioned { etag: tag.parse().map_err(Problem::internal)?, body })
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
        })
    }
}

/// Place an order by hand; the risk gate decides
#[utoipa::path(post, path = "/api/orders/manual", tag = "orders", request_body = Ticket,
    params(("Idempotency-Key" = String, Header)),
    responses((status = 201, body = Placed)))]
async fn manual(
    State(app): State<App>,
    Shown(caller): Shown,
    keyed: Keyed<Ticket>,
) -> Result<Response, Problem> {
    let work = async |app: App, caller: Caller, ticket: Ticket| {
        let order = ticket.order(&app, &caller)?;
        match caller.ask(Command::Order(Box::new(order))).await? {
            Answer::Accepted(order) => Ok((StatusCode::CREATED, Json(Placed::of(&caller, order)?))),
            other => Err(denied(other)),
        }
    };
    caller.once(app, keyed.required()?, work).await
}

/// The gate's answer to a ticket that was not sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Preview {
    accepted: bool,
    /// The order as it would be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    order: Option<PreviewedOrder>,
    /// Why not, with the numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refusal: Option<RefusalRow>,
    available_before: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    available_after: Option<String>,
    currency: String,
}

/// An order as it would be sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PreviewedOrder {
    /// Whether it opens a position or leaves one.
    effect: PurposeWord,
    /// The trade that it leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    trade_id: Option<String>,
    side: crate::views::words::SideWord,
    #[serde(rename = "type")]
    kind: crate::views::words::OrderKind,
    /// Rounded to the lot.
    quantity: String,
    /// The price that it is reckoned with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    estimated_price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    notional: Option<String>,
    /// What the venue is expected to take.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    fees: Option<String>,
    /// What is set aside for it, fees included; nothing for an order that only reduces.
    reserved: String,
    client_order_id: String,
}

/// What the risk gate would say to a ticket; nothing is sent
#[utoipa::path(post, path = "/api/orders/preview", tag = "orders", request_body = Ticket,
    responses((status = 200, body = Preview)))]
async fn preview(
    State(app): State<App>,
    Shown(caller): Shown,
    keyed: Keyed<Ticket>,
) -> Result<Json<Preview>, Problem> {
    let order = keyed.body.order(&app, &caller)?;
    let row = caller.tenant.view.profile(order.profile);
    let row = row.ok_or_else(|| Problem::not_found("There is no such profile."))?;
    let mut preview = Preview {
        accepted: false,
        order: None,
        refusal: None,
        available_before: row.available.clone(),
        available_after: None,
        currency: row.capital.currency,
    };
    match caller.ask(Command::Preview(Box::new(order))).await? {
        Answer::WouldAccept { terms, .. } => {
            let available = row.available.parse::<Decimal>().unwrap_or_default();
            let left = available.saturating_sub(terms.reserved.amount());
            preview.accepted = true;
            preview.available_after = Some(decimal(left));
            preview.order = Some(previewed(&app, &terms));
        }
        Answer::Refused(refusal) => {
            preview.refusal = Some((&refusal).into());
        }
        other => return Err(denied(other)),
    }
    Ok(Json(preview))
}

fn previewed(app: &App, terms: &OrderTerms) -> PreviewedOrder {
    let price = ticket::price_of(&terms.order_type)
        .or_else(|| app.prices.of(terms.symbol).map(|last| last.price));
    let notional = price.and_then(|price| price.get().checked_mul(terms.quantity.get()));
    let liquidity = match terms.order_type {
        OrderType::Limit { .. } => Liquidity::Maker,
        _ => Liquidity::Taker,
    };
    let fee = |notional| app.paper.fees.fee(notional, terms.quantity.get(), liquidity);
    let (effect, trade_id) = match &terms.purpose {
        Purpose::Enter { .. } => (PurposeWord::Enter, None),
        Purpose::Exit { trade, .. } => (PurposeWord::Exit, Some(trade.to_string())),
    };
    PreviewedOrder {
        effect,
        trade_id,
        fees: notional.and_then(fee).map(|fee| decimal(fee.round_dp(8))),
        side: terms.side.into(),
        kind: (&terms.order_type).into(),
        quantity: decimal(terms.quantity.get()),
        estimated_price: price.map(|price| decimal(price.get())),
        notional: notional.map(|notional| decimal(notional.round_dp(8))),
        reserved: decimal(terms.reserved.amount()),
        client_order_id: ClientOrderId::new(terms.order_id(), terms.accepted_at).to_string(),
    }
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
    caller.once(app, keyed, work).await
}
