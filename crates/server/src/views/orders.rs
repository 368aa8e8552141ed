//! Rows of orders: made when the gate has accepted, then followed event by event.

use ballast_domain::id::Leg;
use ballast_domain::{
    ActiveState, ClientOrderId, DoneState, Envelope, Event, Fill, OrderId, OrderState, OrderTerms,
    OrderType, Origin, Price, Purpose, Timestamp, Trade, TradeId,
};
use ballast_engine::state::{Profile, State};
use rust_decimal::Decimal;

use super::decimal;
use super::held::Parts;
use super::rows::OrderRow;
use super::words::{OrderKind, OrderStatus, OriginWord, PurposeWord, TimeInForceWord};

/// The order that an event is about; `None` when it is about none.
pub(super) fn order_of(event: &Event) -> Option<OrderId> {
    match event {
        Event::IntentAccepted { terms, .. } => Some(terms.order_id()),
        Event::OrderAccepted { order }
        | Event::CancelRequested { order, .. }
        | Event::AmendmentRequested { order, .. }
        | Event::OrderAmended { order, .. }
        | Event::AmendmentRejected { order, .. }
        | Event::OrderFilled { order, .. }
        | Event::FillCorrected { order, .. }
        | Event::OrderDone { order, .. }
        | Event::OrderUnknown { order, .. } => Some(*order),
        _ => None,
    }
}

/// The trade that an order opens or leaves.
pub(super) fn trade_of(profile: &Profile, order: OrderId) -> TradeId {
    let entered = TradeId(order.intent);
    if order.leg != Leg::Main {
        return entered;
    }
    match profile.order(order).map(|known| &known.terms.purpose) {
        Some(Purpose::Exit { trade, .. }) => *trade,
        Some(Purpose::Enter { .. }) | None => entered,
    }
}

/// A trade that is open or was closed lately.
pub(super) fn find_trade(profile: &Profile, id: TradeId) -> Option<&Trade> {
    profile.trades.get(&id).or_else(|| profile.closed.iter().rev().find(|trade| trade.id == id))
}

/// The orders of a profile that an event may still be about: those that work, those that ended
/// before they were filled, and what protects its open trades.
pub(super) fn changing(profile: &Profile) -> impl Iterator<Item = OrderId> {
    let filled = OrderState::Done(DoneState::Filled);
    let late = profile.ended.iter().filter(move |order| order.state != filled);
    let late = late.map(|order| order.terms.order_id());
    let legs = profile.trades.values().flat_map(|trade| {
        let targets = (0..trade.targets.len()).filter_map(|number| u8::try_from(number).ok());
        let legs = std::iter::once(Leg::Stop).chain(targets.map(Leg::Target));
        legs.map(|leg| OrderId { intent: trade.id.0, leg })
    });
    profile.working.keys().copied().chain(late).chain(legs)
}

/// What an event makes of the row of its order. `known` is the row before it.
pub(super) fn follow(
    state: &State,
    envelope: &Envelope,
    order: OrderId,
    known: Option<OrderRow>,
) -> Option<OrderRow> {
    let profile = state.profile(order.intent.profile)?;
    let mut row = match known {
        Some(row) => row,
        None => begin(profile, order, envelope)?,
    };
    row.updated_at = envelope.at;
    match &envelope.event {
        // What is told of the order does not take back that it is to be cancelled.
        Event::OrderAccepted { .. } | Event::OrderUnknown { .. }
            if row.status == OrderStatus::PendingCancel => {}
        Event::OrderAccepted { .. } => {
            let filled = row.filled_quantity != "0";
            let accepted =
                if filled { ActiveState::PartiallyFilled } else { ActiveState::Accepted };
            set(&mut row, OrderState::Active(accepted), None);
        }
        Event::CancelRequested { reason, .. } => {
            set(&mut row, OrderState::Active(ActiveState::PendingCancel), Some(reason));
        }
        Event::OrderUnknown { reason, .. } => {
            set(&mut row, OrderState::Active(ActiveState::Unknown), Some(reason));
        }
        Event::OrderDone { state, reason, .. } => {
            set(&mut row, OrderState::Done(*state), Some(reason));
        }
        Event::OrderFilled { fill, .. } => fill_row(&mut row, order, fill),
        Event::AmendmentRequested { .. } => row.amending = true,
        Event::OrderAmended { .. } => {
            row.amending = false;
            let terms = &profile.order(order)?.terms;
            row.quantity = decimal(terms.quantity.get());
            (row.limit_price, row.stop_price, row.trail_distance) = prices(&terms.order_type);
        }
        Event::AmendmentRejected { reason, .. } => {
            row.amending = false;
            row.reason = Some(reason.clone());
        }
        Event::FillCorrected { .. } => recount(&mut row, profile, order),
        _ => {}
    }
    Some(row)
}

/// The order that an event makes one of a pair by naming it, and the order that names it. Of those
/// that are asked for together each names the other itself.
pub(super) fn named_by(event: &Event) -> Option<(OrderId, OrderId)> {
    let Event::IntentAccepted { terms, .. } = event else { return None };
    Some((terms.cancels?, terms.order_id()))
}

/// What being named as the other of a pair makes of the row of an order.
pub(super) fn pair_with(row: &mut OrderRow, other: OrderId, at: Timestamp) {
    let Parts { at_venue, emulated } = Parts::of_pair();
    for (known, more) in [(&mut row.at_venue, at_venue), (&mut row.emulated, emulated)] {
        known.extend(more.into_iter().filter(|_| row.oco.is_none()));
    }
    row.oco = Some(other.to_string());
    row.updated_at = at;
}

fn set(row: &mut OrderRow, state: OrderState, reason: Option<&str>) {
    row.status = state.into();
    row.working = state.is_active();
    row.amending &= row.working;
    if let Some(reason) = reason {
        row.reason = (!reason.is_empty()).then(|| reason.to_owned());
    }
}

fn begin(profile: &Profile, order: OrderId, envelope: &Envelope) -> Option<OrderRow> {
    match order.leg {
        Leg::Main => {
            let terms = match &envelope.event {
                Event::IntentAccepted { terms, .. } => terms,
                _ => &profile.order(order)?.terms,
            };
            Some(main_row(profile, terms, envelope))
        }
        leg => leg_row(profile, order, leg, envelope),
    }
}

fn main_row(profile: &Profile, terms: &OrderTerms, envelope: &Envelope) -> OrderRow {
    let id = terms.order_id();
    let Parts { at_venue, emulated } = Parts::of_order(terms);
    let (limit_price, stop_price, trail_distance) = prices(&terms.order_type);
    let (purpose, direction, exit_reason, trade) = match &terms.purpose {
        Purpose::Enter { direction, .. } => {
            (PurposeWord::Enter, Some(*direction), None, TradeId(terms.intent))
        }
        Purpose::Exit { trade, reason, .. } => {
            let direction = find_trade(profile, *trade).map(|trade| trade.direction);
            (PurposeWord::Exit, direction, Some(reason.as_str().to_owned()), *trade)
        }
    };
    let origin = match &envelope.event {
        Event::IntentAccepted { origin, .. } => origin.as_ref(),
        _ => None,
    };
    let by = match origin {
        Some(Origin::Manual { by }) => Some(by.clone()),
        _ => None,
    };
    OrderRow {
        id: id.to_string(),
        seq: envelope.seq,
        client_order_id: ClientOrderId::new(id, terms.accepted_at).to_string(),
        intent_id: terms.intent.to_string(),
        trade_id: trade.to_string(),
        profile_id: terms.intent.profile.to_string(),
        symbol: terms.symbol.to_string(),
        side: terms.side.into(),
        kind: (&terms.order_type).into(),
        limit_price,
        stop_price,
        trail_distance,
        time_in_force: terms.time_in_force.into(),
        quantity: decimal(terms.quantity.get()),
        filled_quantity: "0".to_owned(),
        average_price: None,
        fees: "0".to_owned(),
        status: OrderStatus::PendingSubmit,
        working: true,
        oco: terms.cancels.map(|other| other.to_string()),
        at_venue,
        emulated,
        amending: false,
        purpose,
        direction: direction.map(Into::into),
        exit_reason,
        origin: origin.map_or(OriginWord::Strategy, Into::into),
        by,
        reason: None,
        created_at: terms.accepted_at,
        updated_at: envelope.at,
    }
}

/// The row of a protective order, which is only heard of when it fills.
fn leg_row(profile: &Profile, order: OrderId, leg: Leg, envelope: &Envelope) -> Option<OrderRow> {
    let trade = find_trade(profile, TradeId(order.intent))?;
    let (kind, limit, stop) = match leg {
        Leg::Target(number) => {
            let target = trade.targets.get(usize::from(number));
            (OrderKind::Limit, target.map(|target| target.level), None)
        }
        Leg::Stop | Leg::Main => (OrderKind::Stop, None, trade.stop.map(|stop| stop.level)),
    };
    let reason = match leg {
        Leg::Target(_) => "take_profit",
        Leg::Stop | Leg::Main => trade.exit_reason.map_or("stop_loss", |reason| reason.as_str()),
    };
    Some(OrderRow {
        id: order.to_string(),
        seq: envelope.seq,
        client_order_id: ClientOrderId::new(order, envelope.at).to_string(),
        intent_id: order.intent.to_string(),
        trade_id: trade.id.to_string(),
        profile_id: order.intent.profile.to_string(),
        symbol: trade.symbol.to_string(),
        side: trade.direction.exit_side().into(),
        kind,
        limit_price: limit.map(price),
        stop_price: stop.map(price),
        trail_distance: None,
        time_in_force: TimeInForceWord::Gtc,
        quantity: "0".to_owned(),
        filled_quantity: "0".to_owned(),
        average_price: None,
        fees: "0".to_owned(),
        status: OrderStatus::Filled,
        oco: None,
        at_venue: Vec::new(),
        emulated: Vec::new(),
        amending: false,
        working: false,
        purpose: PurposeWord::Exit,
        direction: Some(trade.direction.into()),
        exit_reason: Some(reason.to_owned()),
        origin: OriginWord::Protection,
        by: None,
        reason: None,
        created_at: created(trade.opened_at, envelope.at),
        updated_at: envelope.at,
    })
}

fn created(opened: Timestamp, at: Timestamp) -> Timestamp {
    opened.min(at)
}

fn fill_row(row: &mut OrderRow, order: OrderId, fill: &Fill) {
    let known = |text: &str| text.parse::<Decimal>().unwrap_or_default();
    let filled = known(&row.filled_quantity);
    let before = row.average_price.as_deref().map_or(Decimal::ZERO, known);
    let now = filled.saturating_add(fill.quantity.get());
    let value = before
        .checked_mul(filled)
        .zip(fill.price.get().checked_mul(fill.quantity.get()))
        .and_then(|(before, new)| before.checked_add(new)?.checked_div(now));
    row.average_price = value.map(|mean| decimal(mean.round_sf(20).unwrap_or(mean)));
    row.filled_quantity = decimal(now);
    row.fees = decimal(known(&row.fees).saturating_add(fill.fee.amount()));
    if order.leg != Leg::Main {
        // A protective order is told of by its fills alone.
        row.quantity.clone_from(&row.filled_quantity);
        return;
    }
    if now >= known(&row.quantity) {
        set(row, OrderState::Done(DoneState::Filled), None);
    } else if row.working && row.status != OrderStatus::PendingCancel {
        set(row, OrderState::Active(ActiveState::PartiallyFilled), None);
    }
}

/// What an order has filled after the venue took a fill back, from the fills that count.
fn recount(row: &mut OrderRow, profile: &Profile, order: OrderId) {
    let trades = profile.trades.values().chain(&profile.closed);
    let (mut traded, mut moved, mut value, mut fees) = Default::default();
    for trade in trades {
        for made in trade.executions.iter().filter(|made| made.order == order) {
            let side = match made.exit {
                None => trade.direction.entry_side(),
                Some(_) => trade.direction.exit_side(),
            };
            traded = made.traded(side).get().saturating_add(traded);
            moved = made.quantity.get().saturating_add(moved);
            value = made.value.saturating_add(value);
            fees = made.fee.amount().saturating_add(fees);
        }
    }
    let mean = value.checked_div(moved).map(|mean| decimal(mean.round_sf(20).unwrap_or(mean)));
    row.average_price = mean;
    row.filled_quantity = decimal(traded);
    row.fees = decimal(fees);
    if order.leg != Leg::Main {
        row.quantity.clone_from(&row.filled_quantity);
    }
}

fn prices(order_type: &OrderType) -> (Option<String>, Option<String>, Option<String>) {
    match order_type {
        OrderType::Market => (None, None, None),
        OrderType::Limit { limit_price } => (Some(price(*limit_price)), None, None),
        OrderType::Stop { stop_price } => (None, Some(price(*stop_price)), None),
        OrderType::StopLimit { stop_price, limit_price } => {
            (Some(price(*limit_price)), Some(price(*stop_price)), None)
        }
        OrderType::TrailingStop { distance } => (None, None, Some(decimal(*distance))),
    }
}

fn price(price: Price) -> String {
    decimal(price.get())
}
