//! Why a profile did or did not trade, what its money did, and what it was worth.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use ballast_domain::{Account, ProfileId, Timestamp};
use ballast_platform::request::{Access, Api, Lifecycle, Path, Problem, ProblemBody, Query};
use ballast_storage::Query as Wanted;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::super::caller::{Shown, profile_id};
use super::super::lists::{Listed, PageQuery, failed};
use super::super::performance::{Performance, performance_of};
use crate::app::App;
use crate::explanation::{self, Explanation, MOST_LINES, NotExplained};
use crate::views::rows::{ProfileRow, TimelineRow, TransferRow};
use crate::views::{self, TIMELINE, TRANSFERS, VERSIONS, VersionRow, decimal};

/// Lines of the timeline in an explanation, unless it is asked for more.
const DEFAULT_LINES: usize = 20;

pub(super) fn routes(api: Api<App>) -> Api<App> {
    let current = Lifecycle::Current;
    api.route(Access::User, current, routes!(evaluations))
        .route(Access::User, current, routes!(explanation))
        .route(Access::User, current, routes!(ledger))
        .route(Access::User, current, routes!(performance))
        .route(Access::User, current, routes!(versions))
}

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TimelineQuery {
    /// Only of this instrument.
    symbol: Option<String>,
    /// Where the page before ended: its `nextCursor`.
    cursor: Option<String>,
    /// Rows at most, 1 to 200; 50 when absent.
    limit: Option<usize>,
}

/// What a profile did and why, the newest first
#[utoipa::path(get, path = "/api/profiles/{id}/evaluations", tag = "profiles",
    params(("id" = String, Path), TimelineQuery),
    responses((status = 200, body = Listed<TimelineRow>)))]
async fn evaluations(
    Shown(caller): Shown,
    Path(id): Path<String>,
    Query(asked): Query<TimelineQuery>,
) -> Result<Json<Listed<TimelineRow>>, Problem> {
    caller.check_profile(Some(&id)).await?;
    let id = profile_id(&id)?;
    let mut wanted = of_profile("listedUnder", id, "seq");
    if let Some(symbol) = &asked.symbol {
        wanted.equal.push(("symbol", symbol.as_str().into()));
    }
    let wanted = PageQuery::new(asked.cursor.as_deref(), asked.limit).newest(wanted)?;
    let page = caller.rows(&TIMELINE).await.query::<views::Listed>(&wanted).await;
    Ok(Json(Listed::of(page.map_err(failed)?, |listed| listed.row)))
}

/// How much of an explanation.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExplanationQuery {
    /// Only of this instrument.
    symbol: Option<String>,
    /// Lines of the timeline at most, 0 to 200; 20 when absent.
    lines: Option<usize>,
}

/// Why a profile does or does not trade now: what stands in the way, and what its rules said
#[utoipa::path(get, path = "/api/profiles/{id}/explanation", tag = "profiles",
    params(("id" = String, Path), ExplanationQuery),
    responses((status = 200, body = Explanation),
        (status = 404, description = "`notFound`: no such profile", body = ProblemBody)))]
async fn explanation(
    Shown(caller): Shown,
    Path(id): Path<String>,
    Query(asked): Query<ExplanationQuery>,
) -> Result<Json<Explanation>, Problem> {
    let id = profile_id(&id)?;
    let lines = asked.lines.unwrap_or(DEFAULT_LINES);
    if lines > MOST_LINES {
        return Err(Problem::invalid_field("lines", "must be 0 to 200"));
    }
    let wanted = explanation::Wanted { symbol: asked.symbol, lines };
    let request_id = caller.request_id.clone();
    let told = explanation::explain(&caller.tenant, id, &wanted, request_id).await;
    told.map(Json).map_err(|why| match why {
        NotExplained::NoSuchProfile => Problem::not_found("There is no such profile."),
        NotExplained::Unavailable(why) => why.into(),
        NotExplained::Store(why) => failed(why),
    })
}

/// A profile's money: balances now, and its transfers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Ledger {
    currency: String,
    /// By account, and `available`; none once the profile is removed.
    balances: BTreeMap<String, String>,
    items: Vec<TransferRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_cursor: Option<String>,
}

/// A profile's balances and transfers, the newest first
#[utoipa::path(get, path = "/api/profiles/{id}/ledger", tag = "profiles",
    params(("id" = String, Path), PageQuery), responses((status = 200, body = Ledger)))]
async fn ledger(
    Shown(caller): Shown,
    Path(id): Path<String>,
    Query(asked): Query<PageQuery>,
) -> Result<Json<Ledger>, Problem> {
    let id = profile_id(&id)?;
    let currency = caller.currency_of(id).await?;
    let wanted = asked.newest(of_profile("profileId", id, "seq"))?;
    let page = caller.rows(&TRANSFERS).await.query::<TransferRow>(&wanted).await;
    let Listed { items, next_cursor } = Listed::of(page.map_err(failed)?, |row| row);
    let balances = caller.tenant.view.profile(id).as_ref().map(balances).unwrap_or_default();
    Ok(Json(Ledger { currency, balances, items, next_cursor }))
}

/// Balances by account: credits less debits, which sum to zero, and what is available.
fn balances(row: &ProfileRow) -> BTreeMap<String, String> {
    let number = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    let realized = number(&row.realized_pnl);
    let accounts = [
        (Account::Capital, number(&row.available) - realized),
        (Account::ReservedOrders, number(&row.reserved_for_orders)),
        (Account::ReservedPositions, number(&row.reserved_for_positions)),
        (Account::RealizedPnl, realized),
        (Account::Fees, number(&row.fees)),
    ];
    let sum: Decimal = accounts.iter().map(|(_, balance)| *balance).sum();
    let all = accounts.into_iter().chain([(Account::Outside, -sum)]);
    let mut balances: BTreeMap<_, _> =
        all.map(|(account, balance)| (views::word(&account), decimal(balance))).collect();
    balances.insert("available".to_owned(), row.available.clone());
    balances
}

/// Which part of a curve.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct SpanQuery {
    /// From then on; the last 24 hours when absent.
    #[param(value_type = Option<String>)]
    pub(in crate::http) from: Option<Timestamp>,
    /// Until then; now when absent.
    #[param(value_type = Option<String>)]
    pub(in crate::http) to: Option<Timestamp>,
}

/// What a profile was worth, and what its closed trades came to
#[utoipa::path(get, path = "/api/profiles/{id}/performance", tag = "profiles",
    params(("id" = String, Path), SpanQuery), responses((status = 200, body = Performance)))]
async fn performance(
    State(app): State<App>,
    Shown(caller): Shown,
    Path(id): Path<String>,
    Query(span): Query<SpanQuery>,
) -> Result<Json<Performance>, Problem> {
    let id = profile_id(&id)?;
    let currency = caller.currency_of(id).await?;
    Ok(Json(performance_of(&app, &caller, currency, &[id], &span).await?))
}

/// Every version of a profile's document, the newest first
#[utoipa::path(get, path = "/api/profiles/{id}/versions", tag = "profiles",
    params(("id" = String, Path), PageQuery),
    responses((status = 200, body = Listed<VersionRow>)))]
async fn versions(
    Shown(caller): Shown,
    Path(id): Path<String>,
    Query(asked): Query<PageQuery>,
) -> Result<Json<Listed<VersionRow>>, Problem> {
    caller.check_profile(Some(&id)).await?;
    let id = profile_id(&id)?;
    let wanted = asked.newest(of_profile("profileId", id, "version"))?;
    let page = caller.rows(&VERSIONS).await.query::<VersionRow>(&wanted).await;
    Ok(Json(Listed::of(page.map_err(failed)?, |row| row)))
}

fn of_profile(field: &'static str, id: ProfileId, order: &'static str) -> Wanted {
    let equal = vec![(field, id.to_string().as_str().into())];
    Wanted { equal, order_by: Some(order), ..Wanted::default() }
}
