//! Changing a working order: its quantity and its prices.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use ballast_domain::Price;
use ballast_domain::strategy::optional_decimal;
use ballast_engine::risk::Change;
use ballast_engine::step::{Answer, Command};
use ballast_platform::request::{IfMatch, Keyed, Path, Problem, ProblemBody};
use rust_decimal::Decimal;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{find, just_now, tag_of};
use crate::app::App;
use crate::http::caller::{Caller, Shown, denied, order_id};
use crate::views::rows::OrderRow;

/// What to change about a working order; what is left out stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OrderChange {
    /// Units in all, those that have filled included; rounded down to the lot.
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    quantity: Option<Decimal>,
    /// Of types `limit` and `stop_limit`.
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    limit_price: Option<Decimal>,
    /// Of types `stop` and `stop_limit`.
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    stop_price: Option<Decimal>,
    /// Of type `trailing_stop`: distance from the extreme, in the price's unit.
    #[serde(default, with = "optional_decimal")]
    #[schema(value_type = Option<String>, nullable = false)]
    trail_distance: Option<Decimal>,
}

impl OrderChange {
    fn change(&self) -> Result<Change, Problem> {
        let price = |field, value: Option<Decimal>| {
            let price = value.map(Price::new).transpose();
            price.map_err(|error| Problem::invalid_field(field, error.to_string()))
        };
        let above_zero = |field, value: Option<Decimal>| match value {
            Some(value) if value <= Decimal::ZERO => {
                Err(Problem::invalid_field(field, "must be above zero"))
            }
            value => Ok(value),
        };
        Ok(Change {
            quantity: above_zero("quantity", self.quantity)?,
            limit_price: price("limitPrice", self.limit_price)?,
            stop_price: price("stopPrice", self.stop_price)?,
            distance: above_zero("trailDistance", self.trail_distance)?,
        })
    }
}

/// Change a working order; what raises risk passes the risk gate
///
/// The row says `amending` until the venue has answered. What it has by then is in its quantity and
/// prices.
#[utoipa::path(patch, path = "/api/orders/{id}", tag = "orders",
    params(("id" = String, Path), ("If-Match" = String, Header)), request_body = OrderChange,
    responses((status = 202, body = OrderRow),
        (status = 404, description = "`notFound`: no such order", body = ProblemBody)))]
pub(super) async fn amend(
    State(app): State<App>,
    Shown(caller): Shown,
    Path(id): Path<String>,
    seen: IfMatch,
    keyed: Keyed<OrderChange>,
) -> Result<Response, Problem> {
    let order = order_id(&id)?;
    let work = async move |_, caller: Caller, body: OrderChange| {
        seen.check(&tag_of(&find(&caller, &id).await?)?)?;
        let (change, by) = (body.change()?, caller.name());
        match caller.ask(Command::Amend { order, change, by }).await? {
            Answer::Amending { .. } | Answer::Done => {
                Ok((StatusCode::ACCEPTED, Json(just_now(&caller, order)?)))
            }
            other => Err(denied(other)),
        }
    };
    caller.once(app, keyed, work).await
}
