//! Rows of the ledger's transfers, each with the event that moved the money.

use ballast_domain::ledger::{AmendmentPart, Change, FillPart, Transfer};
use ballast_domain::{
    Account, CorporateAction, DoneState, Envelope, Event, Fill, OrderId, OrderState, ProfileId,
    Trade, TradeId, TransferId,
};
use ballast_engine::state::Profile;

use super::orders::{find_trade, trade_of};
use super::rows::TransferRow;
use super::{decimal, word};

/// What an event has moved. `profile` has booked the event, and perhaps events after it: each
/// transfer is told with its own event, whichever of them became durable together.
pub(super) fn moved(profile: &Profile, envelope: &Envelope) -> Vec<TransferRow> {
    let row = |transfer: &Transfer| transfer_row(profile.id, *transfer, envelope);
    match &envelope.event {
        Event::ProfileChanged { version, .. } => {
            let id = TransferId::Allocation { profile: profile.id, version: *version };
            profile.book.allocations().iter().filter(|made| made.id == id).map(row).collect()
        }
        Event::IntentAccepted { terms, .. } => {
            let id = TransferId::Reserve { intent: terms.intent };
            let made = profile.book.transfers(terms.intent).iter();
            made.filter(|made| made.id == id).map(row).collect()
        }
        Event::OrderFilled { order, fill } => {
            moved_by_fill(profile, *order, fill).into_iter().map(row).collect()
        }
        Event::FillCorrected { order, by, .. } => {
            let trade = trade_of(profile, *order);
            let undone = moved_by_change(profile, trade, Change::Correction);
            let booked = by.as_ref().map(|by| moved_by_fill(profile, *order, by));
            undone.into_iter().chain(booked.unwrap_or_default()).map(row).collect()
        }
        Event::CorporateAction { symbol, action, .. } => {
            let kind = match action {
                CorporateAction::Split { .. } => Change::CashInLieu,
                CorporateAction::CashDividend { .. } => Change::Dividend,
                CorporateAction::SymbolChanged { .. } => return Vec::new(),
            };
            let closed = profile.closed.iter().filter(|trade| trade.closed_at == Some(envelope.at));
            let trades = profile.trades.values().chain(closed);
            let held = trades.filter(|trade| trade.symbol == *symbol);
            let latest = |trade: &Trade| {
                let made = moved_by_change(profile, trade.id, kind);
                let is_last =
                    |id| matches!(id, TransferId::Change { number, .. } if number == trade.changes);
                made.into_iter().filter(move |made| is_last(made.id)).map(row).collect::<Vec<_>>()
            };
            held.flat_map(latest).collect()
        }
        Event::DustClosed { trade, .. } => {
            moved_by_change(profile, *trade, Change::Dust).into_iter().map(row).collect()
        }
        Event::OrderDone { order, .. } => {
            let id = TransferId::Release { intent: order.intent };
            let made = profile.book.transfers(order.intent).iter();
            made.filter(|made| made.id == id).map(row).collect()
        }
        _ => Vec::new(),
    }
}

/// The transfers of a fill, and the release of what was left reserved when the fill was the one
/// that ended its order.
fn moved_by_fill<'a>(profile: &'a Profile, order: OrderId, fill: &Fill) -> Vec<&'a Transfer> {
    let made = profile.book.transfers(order.intent);
    let trade = find_trade(profile, trade_of(profile, order));
    let place = trade.and_then(|trade| trade.fills.iter().rposition(|id| *id == fill.id));
    let Some(this) = place.and_then(|place| u32::try_from(place + 1).ok()) else {
        return Vec::new();
    };
    let number = |made: &Transfer| match made.id {
        TransferId::Fill { order: filled, number, .. } if filled == order => Some(number),
        _ => None,
    };
    let of_fill = made.iter().filter(|made| number(made) == Some(this));
    let others = profile.other_books.values().flat_map(|book| book.transfers(order.intent));
    let of_others = others.filter(|made| number(made) == Some(this));
    let released = made.iter().position(|made| {
        made.id == TransferId::Release { intent: order.intent } && ended_by_fill(profile, order)
    });
    let released = released.filter(|place| {
        let last = made[..*place].iter().rev().find_map(number);
        last.is_none_or(|last| last == this)
    });
    of_fill.chain(of_others).chain(released.map(|place| &made[place])).collect()
}

/// The transfers of the latest change of its kind that happened to a trade.
fn moved_by_change(profile: &Profile, trade: TradeId, kind: Change) -> Vec<&Transfer> {
    let made: Vec<&Transfer> = profile.books().flat_map(|book| book.transfers(trade.0)).collect();
    let number = |made: &Transfer| match made.id {
        TransferId::Change { trade: of, number, what, .. } if of == trade && what == kind => {
            Some(number)
        }
        _ => None,
    };
    let latest = made.iter().filter_map(|made| number(made)).max();
    made.into_iter().filter(|made| number(made).is_some() && number(made) == latest).collect()
}

/// Whether an order has ended because nothing of it was left to fill.
fn ended_by_fill(profile: &Profile, order: OrderId) -> bool {
    profile.order(order).is_some_and(|order| {
        order.state == OrderState::Done(DoneState::Filled) && order.open_quantity().is_zero()
    })
}

fn transfer_row(profile: ProfileId, transfer: Transfer, envelope: &Envelope) -> TransferRow {
    let Transfer { id, debit, credit, amount } = transfer;
    TransferRow {
        id: transfer_key(id),
        seq: envelope.seq,
        at: envelope.at,
        profile_id: profile.to_string(),
        debit: word(&debit),
        credit: word(&credit),
        amount: decimal(amount.amount()),
        currency: amount.currency().to_string(),
        text: transfer_text(id, debit).to_owned(),
    }
}

/// The name of a transfer as text, unique within its tenant.
fn transfer_key(id: TransferId) -> String {
    match id {
        TransferId::Allocation { profile, version } => format!("{profile}.allocation.{version}"),
        TransferId::Reserve { intent } => format!("{intent}.reserve"),
        TransferId::Release { intent } => format!("{intent}.release"),
        TransferId::Amendment { intent, revision, part } => {
            format!("{intent}.amendment.{revision}.{}", word(&part))
        }
        TransferId::Fill { order, number, part } => format!("{order}.{number}.{}", word(&part)),
        TransferId::Change { trade, number, what, part } => {
            format!("{trade}.{number}.{}.{}", word(&what), word(&part))
        }
    }
}

const fn transfer_text(id: TransferId, debit: Account) -> &'static str {
    match id {
        TransferId::Allocation { .. } if matches!(debit, Account::Outside) => "Capital allocated",
        TransferId::Allocation { .. } => "Capital taken back",
        TransferId::Reserve { .. } => "Reserved for an order",
        TransferId::Release { .. } => "Reservation given back",
        TransferId::Amendment { part, .. } => match part {
            AmendmentPart::Adds => "Reserved for a change of an order",
            AmendmentPart::Frees => "Not needed after a change of an order",
            AmendmentPart::Back => "Reserved for a change that was not made, given back",
        },
        TransferId::Change { what: Change::Dust, .. } => "Left over and written off",
        TransferId::Change { what: Change::Correction, .. } => "Taken back by the venue",
        TransferId::Change { what: Change::CashInLieu, .. } => "Paid out for a fraction",
        TransferId::Change { what: Change::Dividend, .. } => "Dividend",
        TransferId::Fill { part, .. } => match part {
            FillPart::Cost => "Cost of a position",
            FillPart::Excess => "Cost beyond the reservation",
            FillPart::FeeReserve => "Reserved for fees, given back",
            FillPart::Fee => "Fee",
            FillPart::Returned => "Cost of what was left, given back",
            FillPart::Profit => "Profit or loss",
        },
    }
}
