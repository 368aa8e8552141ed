//! What the market lists, its prices, and its bars with indicators.

mod candles;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use ballast_domain::{Symbol, Timeframe};
use ballast_engine::strategy::{Overlay, overlays};
use ballast_platform::request::{Access, Api, Lifecycle, Path, Problem, Query};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::bot_state::symbol_row;
use super::caller::{Caller, Shown};
use super::lists::{Listed, PageQuery};
use crate::app::App;
use crate::views::rows::{EvaluationRow, SymbolRow};
use candles::{Candle, MOST_INDICATORS};

pub(super) fn routes(api: Api<App>) -> Api<App> {
    let current = Lifecycle::Current;
    let api = api.route(Access::User, current, routes!(instruments)).route(
        Access::User,
        current,
        routes!(symbol),
    );
    candles::routes(api)
}

/// What can be traded, with the last prices
#[utoipa::path(get, path = "/api/instruments", tag = "market", params(PageQuery),
    responses((status = 200, body = Listed<SymbolRow>)))]
async fn instruments(
    State(app): State<App>,
    Query(asked): Query<PageQuery>,
) -> Result<Json<Listed<SymbolRow>>, Problem> {
    let listed: BTreeMap<_, _> =
        app.listing.all().iter().map(|instrument| (instrument.symbol, instrument)).collect();
    let rows = listed.into_iter().map(|(symbol, listed)| (symbol, symbol_row(&app, listed)));
    Ok(Json(Listed::at_hand(rows, &asked)?))
}

/// An instrument and what the caller's profiles make of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SymbolPage {
    #[serde(flatten)]
    row: SymbolRow,
    /// The last closed bar of the market's shortest timeframe.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bar: Option<Candle>,
    /// What the rules of the caller's profiles read of it, at the last close.
    indicators: Vec<IndicatorValue>,
    /// The latest evaluation of each of the caller's profiles.
    evaluations: Vec<EvaluationRow>,
}

/// An indicator at the last close of its timeframe.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct IndicatorValue {
    expression: String,
    timeframe: String,
    /// Null while it is not ready.
    value: Option<f64>,
}

/// One instrument: its last price, and the last evaluation of each of the caller's profiles
#[utoipa::path(get, path = "/api/symbol/{symbol}", tag = "market",
    params(("symbol" = String, Path, description = "such as ACME; a slash is written %2F")),
    responses((status = 200, body = SymbolPage)))]
async fn symbol(
    State(app): State<App>,
    Shown(caller): Shown,
    Path(symbol): Path<String>,
) -> Result<Json<SymbolPage>, Problem> {
    let instrument = find(&app, &symbol)?;
    let profiles = caller.tenant.view.profiles();
    let evaluations = profiles.into_iter().flat_map(|profile| profile.evaluations);
    Ok(Json(SymbolPage {
        row: symbol_row(&app, instrument),
        bar: candles::last_bar(&app, &caller, instrument.symbol).await?,
        indicators: indicators(&app, &caller, instrument.symbol).await?,
        evaluations: evaluations.filter(|evaluation| evaluation.symbol == symbol).collect(),
    }))
}

/// What the rules of the caller's profiles read of an instrument.
async fn indicators(
    app: &App,
    caller: &Caller,
    symbol: Symbol,
) -> Result<Vec<IndicatorValue>, Problem> {
    let documents = caller.tenant.view.documents();
    let read = documents.iter().map(|document| &document.strategy);
    let read = read.filter(|strategy| strategy.symbols.contains(&symbol)).flat_map(overlays);
    let mut by_timeframe: BTreeMap<Timeframe, Vec<Overlay>> = BTreeMap::new();
    for overlay in read {
        let known = by_timeframe.entry(overlay.timeframe).or_default();
        if known.len() < MOST_INDICATORS && !known.contains(&overlay) {
            known.push(overlay);
        }
    }
    let mut values = Vec::new();
    for (timeframe, overlays) in by_timeframe {
        let last = candles::last_values(app, caller, symbol, timeframe, overlays.clone());
        let last = last.await?;
        let told = overlays.into_iter().zip(last).map(|(overlay, value)| IndicatorValue {
            expression: overlay.expression,
            timeframe: timeframe.to_string(),
            value,
        });
        values.extend(told);
    }
    Ok(values)
}

/// An instrument that the market lists.
pub(super) fn find<'a>(
    app: &'a App,
    symbol: &str,
) -> Result<&'a ballast_domain::Instrument, Problem> {
    let found = symbol.parse::<Symbol>().ok().and_then(|symbol| app.listing.find(symbol));
    found.ok_or_else(|| Problem::not_found(format!("The market does not list '{symbol}'.")))
}
