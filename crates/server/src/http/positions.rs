//! Positions: what is held, closing it, and moving its stop and its targets.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use ballast_domain::number::decimal_or_number;
use ballast_domain::strategy::optional_decimal;
use ballast_domain::{
    ExitReason, OrderType, Origin, Price, Quantity, Signal, SignalTerms, TimeInForce, TradeId,
};
use ballast_engine::risk::TargetChange;
use ballast_engine::step::{Answer, Command, LevelChange};
use ballast_platform::request::{
    Access, Api, FieldError, IfMatch, Keyed, Lifecycle, Path, Problem, ProblemBody, Query,
    Versioned,
};
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::caller::{Caller, Shown, denied, trade_id};
use super::csv;
use super::lists::{Listed, PageQuery, version_tag};
use super::orders::Placed;
use crate::app::App;
use crate::views::rows::PositionRow;

pub(super) fn routes(api: Api<App>) -> Api<App> {
    let current = Lifecycle::Current;
    api.route(Access::User, current, routes!(list))
        .route(Access::User, current, routes!(list_csv))
        .route(Access::User, current, routes!(read, amend))
        .route_that_stops(Access::User, current, routes!(close))
}

/// Which positions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PositionQuery {
    /// Only of this profile.
    profile: Option<String>,
    /// Only of this instrument.
    symbol: Option<String>,
    /// Where the page before ended: its `nextCursor`.
    cursor: Option<String>,
    /// Rows at most, 1 to 200; 50 when absent.
    limit: Option<usize>,
}

/// What the caller holds
#[utoipa::path(get, path = "/api/positions", tag = "positions", params(PositionQuery),
    responses((status = 200, body = Listed<PositionRow>),
        (status = 404, description = "`notFound`: no such profile", body = ProblemBody)))]
async fn list(
    Shown(caller): Shown,
    Query(asked): Query<PositionQuery>,
) -> Result<Json<Listed<PositionRow>>, Problem> {
    Ok(Json(page(&caller, &asked).await?))
}

/// The same as a file for spreadsheets
#[utoipa::path(get, path = "/api/positions.csv", tag = "positions", params(PositionQuery),
    responses((status = 200, body = String, content_type = "text/csv"),
        (status = 404, description = "`notFound`: no such profile", body = ProblemBody)))]
async fn list_csv(
    Shown(caller): Shown,
    Query(asked): Query<PositionQuery>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let page = page(&caller, &asked).await?;
    csv::answer(
        "positions.csv",
        &csv::POSITIONS,
        &page.items,
        query.as_deref(),
        page.next_cursor.as_deref(),
    )
}

async fn page(caller: &Caller, asked: &PositionQuery) -> Result<Listed<PositionRow>, Problem> {
    caller.check_profile(asked.profile.as_deref()).await?;
    let rows = caller.tenant.view.positions().into_iter().filter(|(_, row)| {
        let profile = asked.profile.as_ref().is_none_or(|profile| *profile == row.profile_id);
        profile && asked.symbol.as_ref().is_none_or(|symbol| *symbol == row.symbol)
    });
    Listed::at_hand(rows, &PageQuery::new(asked.cursor.as_deref(), asked.limit))
}

/// One position
#[utoipa::path(get, path = "/api/positions/{id}", tag = "positions",
    params(("id" = String, Path)), responses((status = 200, body = PositionRow)))]
async fn read(
    Shown(caller): Shown,
    Path(id): Path<String>,
) -> Result<Versioned<PositionRow>, Problem> {
    find(&caller, trade_id(&id)?)
}

/// How much of a position to close.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct CloseBody {
    /// Units; all that no other exit has claimed when absent.
    #[serde(with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false, required = false)]
    quantity: Option<Decimal>,
}

/// Close a position, or part of it, at the market
#[utoipa::path(post, path = "/api/positions/{id}/close", tag = "positions",
    params(("id" = String, Path), ("Idempotency-Key" = String, Header)),
    request_body = CloseBody, responses((status = 201, body = Placed)))]
async fn close(
    State(app): State<App>,
    Shown(caller): Shown,
    Path(id): Path<String>,
    keyed: Keyed<Option<CloseBody>>,
) -> Result<Response, Problem> {
    let trade = trade_id(&id)?;
    let work = async move |_, caller: Caller, body: Option<CloseBody>| {
        let quantity = match body.unwrap_or_default().quantity {
            None => None,
            Some(quantity) if quantity > Decimal::ZERO => {
                let quantity = Quantity::new(quantity);
                Some(quantity.map_err(|e| Problem::invalid_field("quantity", e.to_string()))?)
            }
            Some(_) => return Err(Problem::invalid_field("quantity", "must be above zero")),
        };
        let signal = exit(&caller, trade, quantity)?;
        match caller.ask(Command::Signal(Box::new(signal))).await? {
            Answer::Accepted(order) => Ok((StatusCode::CREATED, Json(Placed::of(&caller, order)?))),
            other => Err(denied(other)),
        }
    };
    caller.once_at_once(app, keyed.required()?, work).await
}

fn exit(caller: &Caller, trade: TradeId, quantity: Option<Quantity>) -> Result<Signal, Problem> {
    let row = find(caller, trade)?.body;
    let symbol = row.symbol.parse().map_err(|_| Problem::internal("a row's symbol"))?;
    let terms = SignalTerms::Exit {
        trade,
        quantity,
        order_type: OrderType::Market,
        time_in_force: TimeInForce::Gtc,
        reason: ExitReason::Manual,
        then: None,
    };
    let origin = Origin::Manual { by: caller.identity.user.to_string() };
    Ok(Signal { origin, profile: trade.0.profile, symbol, terms })
}

/// What to change about a position: its stop, its targets or both, and then both or neither.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"stop": {"level": "97"},
    "targets": [{"number": 1, "level": "108"}, {"level": "112", "portion": "0.5"}]}))]
struct AmendBody {
    /// Stays where it is when absent.
    #[serde(default)]
    #[schema(nullable = false)]
    stop: Option<StopBody>,
    /// All the targets that are to have something to close, none to take all away; they stay as
    /// they are when absent. One that is not named by its `number` is taken away, but for what it
    /// has closed.
    #[serde(default)]
    #[schema(nullable = false)]
    targets: Option<Vec<TargetBody>>,
}

/// A profit target as it is to be.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TargetBody {
    /// Which target of the position it is; a new one when absent.
    #[serde(default)]
    #[schema(nullable = false)]
    number: Option<u8>,
    /// The price that fills it; needed for a new one.
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    level: Option<Decimal>,
    /// Which share of the entry it closes, what it has closed included: 0.5 is half. What the
    /// others leave, for a new one, when absent.
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    portion: Option<Decimal>,
}

/// Where its stop is to stand.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StopBody {
    /// The price that triggers it.
    #[serde(with = "decimal_or_number")]
    #[schema(value_type = String)]
    level: Decimal,
}

impl AmendBody {
    /// Everything that is wrong with it is said at once.
    fn change(&self) -> Result<LevelChange, Problem> {
        let mut errors = Vec::new();
        if self.stop.is_none() && self.targets.is_none() {
            errors.push(FieldError::new("stop", "give stop, targets or both"));
        }
        let stop = self.stop.as_ref().map(|stop| stop.level);
        let stop = price("stop.level".to_owned(), stop, &mut errors);
        let targets = self.targets.as_ref().map(|targets| {
            let targets = targets.iter().enumerate();
            targets.map(|(place, target)| target.change(place, &mut errors)).collect()
        });
        match errors.is_empty() {
            true => Ok(LevelChange { stop, targets }),
            false => Err(Problem::invalid(errors)),
        }
    }
}

impl TargetBody {
    fn change(&self, place: usize, errors: &mut Vec<FieldError>) -> TargetChange {
        let field = |name: &str| format!("targets[{place}].{name}");
        if self.number.is_none() && self.level.is_none() {
            errors.push(FieldError::new(field("level"), "is needed for a new target"));
        }
        if self.number == Some(0) {
            errors.push(FieldError::new(field("number"), "targets are counted from 1"));
        }
        let fits = |portion: &Decimal| *portion > Decimal::ZERO && *portion <= Decimal::ONE;
        if self.portion.is_some_and(|portion| !fits(&portion)) {
            errors.push(FieldError::new(field("portion"), "must be above 0 and at most 1"));
        }
        let level = price(field("level"), self.level, errors);
        TargetChange { number: self.number, level, portion: self.portion }
    }
}

fn price(field: String, value: Option<Decimal>, errors: &mut Vec<FieldError>) -> Option<Price> {
    match value.map(Price::new)? {
        Ok(price) => Some(price),
        Err(error) => {
            errors.push(FieldError::new(field, error.to_string()));
            None
        }
    }
}

/// Move the stop of a position or give it one, and set its targets
#[utoipa::path(patch, path = "/api/positions/{id}", tag = "positions",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = AmendBody,
    responses((status = 200, body = PositionRow)))]
async fn amend(
    State(app): State<App>,
    Shown(caller): Shown,
    Path(id): Path<String>,
    seen: IfMatch,
    keyed: Keyed<AmendBody>,
) -> Result<Response, Problem> {
    let trade = trade_id(&id)?;
    let work = async move |_, caller: Caller, body: AmendBody| {
        let before = find(&caller, trade)?;
        seen.check(&before.etag)?;
        let change = body.change()?;
        let (expected_version, by) = (Some(before.body.version), caller.name());
        match caller.ask(Command::MoveLevels { trade, change, expected_version, by }).await? {
            Answer::Done => find(&caller, trade),
            other => Err(denied(other)),
        }
    };
    caller.once_at_once(app, keyed, work).await
}

fn find(caller: &Caller, trade: TradeId) -> Result<Versioned<PositionRow>, Problem> {
    let row = caller.tenant.view.position(trade);
    let row = row.ok_or_else(|| Problem::not_found("There is no such open position."))?;
    Ok(Versioned { etag: version_tag(row.version)?, body: row })
}
