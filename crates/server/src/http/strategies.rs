//! Strategy configs: checked without being used.

use axum::Json;
use axum::extract::State;
use ballast_platform::request::{Access, Api, Body, Lifecycle, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::app::App;
use crate::strategy_text::{self, Checked, TextFault};

pub(super) fn routes(api: Api<App>) -> Api<App> {
    api.route(Access::User, Lifecycle::Current, routes!(check))
}

/// A config, as JSON or as the text that somebody is writing.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CheckBody {
    /// The config.
    #[serde(default)]
    #[schema(value_type = Option<Object>, nullable = false)]
    strategy_config: Option<Value>,
    /// Its text; faults are told with line and column then.
    #[serde(default)]
    #[schema(nullable = false)]
    text: Option<String>,
}

/// What came of checking.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CheckAnswer {
    valid: bool,
    errors: Vec<TextFault>,
    /// Symbols that it trades, when it is valid.
    symbols: usize,
    /// Series that are computed for it, when it is valid.
    series: usize,
    /// What is no fault and may surprise, such as an instrument that this market does not list.
    warnings: Vec<String>,
}

/// Everything that is wrong with a strategy config, each with its place
#[utoipa::path(post, path = "/api/strategies/check", tag = "strategies",
    request_body = CheckBody, responses((status = 200, body = CheckAnswer)))]
async fn check(
    State(app): State<App>,
    Body(body): Body<CheckBody>,
) -> Result<Json<CheckAnswer>, Problem> {
    let checked = match (&body.text, &body.strategy_config) {
        (Some(text), None) => strategy_text::check(text, app.base),
        (None, Some(config)) => strategy_text::check_value(config, app.base),
        _ => {
            let message = "give either the text or strategyConfig";
            return Err(Problem::invalid_field("text", message));
        }
    };
    let warnings = warnings(&app, &checked);
    let Checked { config, faults, symbols, series } = checked;
    let valid = config.is_some();
    Ok(Json(CheckAnswer { valid, errors: faults, symbols, series, warnings }))
}

fn warnings(app: &App, checked: &Checked) -> Vec<String> {
    let Some(config) = &checked.config else { return Vec::new() };
    let missing = config.symbols.iter().filter(|symbol| app.listing.find(**symbol).is_none());
    missing.map(|symbol| format!("This market does not list {symbol}.")).collect()
}
