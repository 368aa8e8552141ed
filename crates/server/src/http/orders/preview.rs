//! What would come of a ticket, before anything is sent.

use axum::Json;
use axum::extract::State;
use ballast_domain::profile::Liquidity;
use ballast_domain::{
    ClientOrderId, Direction, OrderTerms, OrderType, Price, Purpose, Side, StopKind,
};
use ballast_engine::position;
use ballast_engine::risk::expected_fill;
use ballast_engine::step::{Answer, Command};
use ballast_platform::request::{Keyed, Problem, ProblemBody};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::ticket::{Ticket, price_of};
use crate::app::App;
use crate::http::caller::{Shown, denied};
use crate::http::refusal::RefusalRow;
use crate::views::decimal;
use crate::views::words::{OrderKind, PurposeWord, SideWord};

/// The gate's answer to a ticket that was not sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Preview {
    accepted: bool,
    /// The order as it would be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    order: Option<PreviewedOrder>,
    /// The other entry of a pair that would be placed with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    oco: Option<PreviewedOrder>,
    /// Why not, with the numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refusal: Option<RefusalRow>,
    /// Whether it is the other entry of the pair that is refused.
    refuses_other: bool,
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
    side: SideWord,
    #[serde(rename = "type")]
    kind: OrderKind,
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
    /// What the trade that it enters would come to if it left at its stop, fees in and out counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    result_at_stop: Option<String>,
    /// What is set aside for it, fees included; nothing for an order that only reduces.
    reserved: String,
    client_order_id: String,
}

/// What the risk gate would say to a ticket; nothing is sent
#[utoipa::path(post, path = "/api/orders/preview", tag = "orders", request_body = Ticket,
    responses((status = 200, body = Preview),
        (status = 404, description = "`notFound`: no such profile, symbol or trade",
            body = ProblemBody),
        (status = 409, description = "`notPossible`: nothing is held to reduce",
            body = ProblemBody)))]
pub(super) async fn preview(
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
        oco: None,
        refusal: None,
        refuses_other: false,
        available_before: row.available.clone(),
        available_after: None,
        currency: row.capital.currency,
    };
    match caller.ask(Command::Preview(Box::new(order))).await? {
        Answer::WouldAccept { terms, other } => {
            let available = row.available.parse::<Decimal>().unwrap_or_default();
            let orders = std::iter::once(&terms).chain(&other);
            let reserved: Decimal = orders.map(|terms| terms.reserved.amount()).sum();
            preview.accepted = true;
            preview.available_after = Some(decimal(available.saturating_sub(reserved)));
            preview.order = Some(previewed(&app, &terms));
            preview.oco = other.map(|terms| previewed(&app, &terms));
        }
        Answer::RefusedOther(refusal) => {
            preview.refusal = Some((&refusal).into());
            preview.refuses_other = true;
        }
        Answer::Refused(refusal) => {
            preview.refusal = Some((&refusal).into());
        }
        other => return Err(denied(other)),
    }
    Ok(Json(preview))
}

fn previewed(app: &App, terms: &OrderTerms) -> PreviewedOrder {
    let last = app.prices.of(terms.symbol).map(|last| last.price);
    let price = match (last, terms.side) {
        (Some(last), Side::Buy) => Some(expected_fill(terms.order_type, last, Direction::Long)),
        (Some(last), Side::Sell) => Some(expected_fill(terms.order_type, last, Direction::Short)),
        (None, _) => price_of(&terms.order_type),
    };
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
        result_at_stop: price
            .zip(notional.and_then(fee))
            .and_then(|(price, fee)| result_at_stop(app, terms, price, fee))
            .map(|result| decimal(result.round_dp(8))),
        side: terms.side.into(),
        kind: (&terms.order_type).into(),
        quantity: decimal(terms.quantity.get()),
        estimated_price: price.map(|price| decimal(price.get())),
        notional: notional.map(|notional| decimal(notional.round_dp(8))),
        reserved: decimal(terms.reserved.amount()),
        client_order_id: ClientOrderId::new(terms.order_id(), terms.accepted_at).to_string(),
    }
}

/// What a trade that enters at `price`, for which it pays `fee`, comes to at its own stop.
fn result_at_stop(app: &App, terms: &OrderTerms, price: Price, fee: Decimal) -> Option<Decimal> {
    let Purpose::Enter { direction, protection, .. } = &terms.purpose else { return None };
    let instrument = app.listing.find(terms.symbol)?;
    let stop = position::first_stop(protection, price, *direction, instrument)?;
    if stop.kind == StopKind::Liquidation {
        return None;
    }
    let units = terms.quantity.get();
    let move_in_favour = match direction {
        Direction::Long => stop.level.get().checked_sub(price.get())?,
        Direction::Short => price.get().checked_sub(stop.level.get())?,
    };
    let left_at = stop.level.get().checked_mul(units)?;
    let fee_out = app.paper.fees.fee(left_at, units, Liquidity::Taker)?;
    move_in_favour.checked_mul(units)?.checked_sub(fee)?.checked_sub(fee_out)
}
