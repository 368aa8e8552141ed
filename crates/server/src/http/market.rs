//! What the market lists, its prices, and its bars with indicators.

mod candles;

use axum::Json;
use axum::extract::State;
use ballast_domain::Symbol;
use ballast_platform::request::{Access, Api, Lifecycle, Path, Problem};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::bot_state::symbol_row;
use super::caller::Caller;
use crate::app::App;
use crate::views::rows::{EvaluationRow, SymbolRow};

pub(super) fn routes(api: Api<App>) -> Api<App> {
    let current = Lifecycle::Current;
    let api = api.route(Access::User, current, routes!(instruments)).route(
        Access::User,
        current,
        routes!(symbol),
    );
    candles::routes(api)
}

/// What can be traded.
#[derive(Debug, Serialize, ToSchema)]
struct Instruments {
    items: Vec<SymbolRow>,
}

/// What can be traded, with the last prices
#[utoipa::path(get, path = "/api/instruments", tag = "market",
    responses((status = 200, body = Instruments)))]
async fn instruments(State(app): State<App>) -> Json<Instruments> {
    let items = app.listing.all().iter().map(|instrument| symbol_row(&app, instrument));
    Json(Instruments { items: items.collect() })
}

/// An instrument and what the caller's profiles make of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SymbolPage {
    #[serde(flatten)]
    row: SymbolRow,
    /// The latest evaluation of each of the caller's profiles.
    evaluations: Vec<EvaluationRow>,
}

/// One instrument: its last price, and the last evaluation of each of the caller's profiles
#[utoipa::path(get, path = "/api/symbol/{symbol}", tag = "market",
    params(("symbol" = String, Path, description = "such as ACME; a slash is written %2F")),
    responses((status = 200, body = SymbolPage)))]
async fn symbol(
    State(app): State<App>,
    caller: Caller,
    Path(symbol): Path<String>,
) -> Result<Json<SymbolPage>, Problem> {
    let instrument = find(&app, &symbol)?;
    let profiles = caller.tenant.view.profiles();
    let evaluations = profiles.into_iter().flat_map(|profile| profile.evaluations);
    let of_it = evaluations.filter(|evaluation| evaluation.symbol == symbol).collect();
    Ok(Json(SymbolPage { row: symbol_row(&app, instrument), evaluations: of_it }))
}

/// An instrument that the market lists.
pub(super) fn find<'a>(
    app: &'a App,
    symbol: &str,
) -> Result<&'a ballast_domain::Instrument, Problem> {
    let found = symbol.parse::<Symbol>().ok().and_then(|symbol| app.listing.find(symbol));
    found.ok_or_else(|| Problem::not_found(format!("The market does not list '{symbol}'.")))
}
