//! The gate for working orders that are to become others.
//!
//! What lowers risk passes: fewer units, or a price at which less can be lost and an entry is less
//! likely to fill. What raises it passes every check of an entry, for what it adds. An exit may
//! never leave more than is held.

use ballast_domain::{
    Amendment, Direction, Instrument, Money, OrderId, OrderTerms, OrderType, Price, Purpose,
    Quantity, Refusal, Side, TradeId,
};
use rust_decimal::Decimal;

use super::gate::{
    View, market_open, not_restricted, reconciled, with_fee, within_order_limits, worth_leaving,
    worth_the_minimum,
};
use super::levels::{expected_fill, levels_fit};
use super::price::{fresh_mark, no_self_trade, plausible, rounded, within_collar};
use super::scopes::Scopes;
use super::sums::Measure;
use super::{access, protections};
use crate::state::Order;

/// What is to change of a working order; absent stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// Units in all, those that have filled included.
    pub quantity: Option<Decimal>,
    /// The worst price accepted.
    pub limit_price: Option<Price>,
    /// The price that triggers it.
    pub stop_price: Option<Price>,
    /// How far it trails, in the price's unit.
    pub distance: Option<Decimal>,
}

/// An amendment that the gate accepted. Only the gate can make one, as with
/// [`OrderIntent`](super::OrderIntent).
#[derive(Debug, PartialEq, Eq)]
pub struct ApprovedAmendment {
    order: OrderId,
    amendment: Amendment,
    raises_risk: bool,
    is_repeated: bool,
}

impl ApprovedAmendment {
    /// The order that is amended.
    #[must_use]
    pub const fn order(&self) -> OrderId {
        self.order
    }

    /// What it is to become.
    #[must_use]
    pub const fn amendment(&self) -> &Amendment {
        &self.amendment
    }

    /// Whether whatever stops entries stops it too.
    #[must_use]
    pub const fn raises_risk(&self) -> bool {
        self.raises_risk
    }

    /// Whether it was asked for before: one that is held back now may have reached its venue then.
    #[must_use]
    pub const fn is_repeated(&self) -> bool {
        self.is_repeated
    }

    /// The amendment that a working order waits for, to be asked for again: a venue takes it once.
    #[must_use]
    pub fn again(order: &Order) -> Option<Self> {
        let (terms, amendment) = (&order.terms, order.amending?);
        // The venue has taken it before an order filled in full, or can only refuse it.
        let may_be_new = order.filled < terms.quantity;
        Some(Self {
            order: terms.order_id(),
            amendment,
            raises_risk: may_be_new && raises_risk(terms, &amendment),
            is_repeated: true,
        })
    }
}

/// What a working order is to become by `change`; `None` when it stays what it is.
///
/// # Errors
/// The first [`Refusal`] that applies.
pub fn check_amendment(
    order: &Order,
    change: &Change,
    view: &View<'_>,
) -> Result<Option<ApprovedAmendment>, Refusal> {
    let terms = &order.terms;
    let instrument = view.profile.document.instrument(terms.symbol);
    let wanted = change.of(terms.order_type);
    let order_type = instrument.map_or(wanted, |known| rounded(wanted, terms.side, known));
    let quantity = quantity(order, change, instrument)?;
    access::has_credentials(view)?;
    plausible(order_type, view, &Scopes::of(view.product, view.state, view.profile))?;
    let none = Money::zero(view.profile.book.currency());
    let asked = |quantity, adds, frees| {
        let revision = order.revision + 1;
        Amendment { revision, quantity, order_type, adds, frees }
    };
    let amendment = match &terms.purpose {
        Purpose::Exit { trade, .. } => asked(reducible(order, *trade, quantity, view)?, none, none),
        Purpose::Enter { direction, .. } => {
            let entry = Entry { order, direction: *direction, order_type, quantity };
            entry.levels_fit(instrument, view)?;
            let funds = entry.funds(instrument, view)?;
            let amendment = asked(quantity, funds.adds, funds.frees);
            if raises_risk(terms, &amendment) {
                entry.may_raise_risk(&funds, view)?;
            }
            amendment
        }
    };
    let same = amendment.quantity == terms.quantity && order_type == terms.order_type;
    Ok((!same).then_some(ApprovedAmendment {
        order: terms.order_id(),
        amendment,
        raises_risk: raises_risk(terms, &amendment),
        is_repeated: false,
    }))
}

/// Whether more can be lost, or an entry is likelier to fill, than by the terms that stand.
fn raises_risk(terms: &OrderTerms, amendment: &Amendment) -> bool {
    !terms.is_reducing()
        && (amendment.quantity > terms.quantity
            || !amendment.adds.amount().is_zero()
            || is_closer(terms.order_type, amendment.order_type, terms.side))
}

impl Change {
    /// Whether every price of the change is one that such an order has.
    #[must_use]
    pub const fn fits(&self, order_type: OrderType) -> bool {
        let (limit, stop) = (self.limit_price.is_some(), self.stop_price.is_some());
        let trails = self.distance.is_some();
        match order_type {
            OrderType::Market => false,
            OrderType::Limit { .. } => !stop && !trails,
            OrderType::Stop { .. } => !limit && !trails,
            OrderType::StopLimit { .. } => !trails,
            OrderType::TrailingStop { .. } => !limit && !stop,
        }
    }

    /// The order's type with the prices of the change.
    fn of(&self, order_type: OrderType) -> OrderType {
        let limit = |price| self.limit_price.unwrap_or(price);
        let stop = |price| self.stop_price.unwrap_or(price);
        match order_type {
            OrderType::Market => order_type,
            OrderType::Limit { limit_price } => {
                OrderType::Limit { limit_price: limit(limit_price) }
            }
            OrderType::Stop { stop_price } => OrderType::Stop { stop_price: stop(stop_price) },
            OrderType::StopLimit { stop_price, limit_price } => OrderType::StopLimit {
                stop_price: stop(stop_price),
                limit_price: limit(limit_price),
            },
            OrderType::TrailingStop { distance } => {
                OrderType::TrailingStop { distance: self.distance.unwrap_or(distance) }
            }
        }
    }
}

/// Units in all: whole lots, and more than what has filled.
fn quantity(
    order: &Order,
    change: &Change,
    instrument: Option<&Instrument>,
) -> Result<Quantity, Refusal> {
    let Some(wanted) = change.quantity else { return Ok(order.terms.quantity) };
    let lots = match instrument {
        Some(known) => known.round_down(wanted),
        None => Quantity::new(wanted).unwrap_or_default(),
    };
    if lots > order.filled {
        return Ok(lots);
    }
    match order.filled.is_zero() {
        true => {
            let lot = instrument.and_then(|known| known.lot_size).unwrap_or_default().get();
            Err(Refusal::QuantityBelowLot { quantity: wanted, lot })
        }
        false => Err(Refusal::QuantityBelowFilled { quantity: wanted, filled: order.filled.get() }),
    }
}

/// Of an exit, no more than is held less what other exits have claimed.
fn reducible(
    order: &Order,
    trade: TradeId,
    quantity: Quantity,
    view: &View<'_>,
) -> Result<Quantity, Refusal> {
    let open = view.profile.trades.get(&trade).ok_or(Refusal::TradeUnknown { trade })?;
    let held = open.open_quantity();
    let others = view.profile.claimed(trade).saturating_sub(order.open_quantity());
    let free = held.saturating_sub(others);
    if free.is_zero() {
        return Err(Refusal::NothingToReduce { held: held.get(), claimed: others.get() });
    }
    let left = quantity.saturating_sub(order.filled).min(free);
    if left < free {
        let instrument = view.profile.document.instrument(order.terms.symbol);
        worth_leaving(left, order.terms.order_type, instrument, view)?;
    }
    order.filled.checked_add(left).ok_or(Refusal::Overflow)
}

/// Whether an order comes to trade sooner by its new prices.
fn is_closer(before: OrderType, after: OrderType, side: Side) -> bool {
    let limit_closer = |before: Price, after: Price| match side {
        Side::Buy => after > before,
        Side::Sell => after < before,
    };
    let stop_closer = |before: Price, after: Price| match side {
        Side::Buy => after < before,
        Side::Sell => after > before,
    };
    match (before, after) {
        (OrderType::Limit { limit_price: before }, OrderType::Limit { limit_price: after }) => {
            limit_closer(before, after)
        }
        (OrderType::Stop { stop_price: before }, OrderType::Stop { stop_price: after }) => {
            stop_closer(before, after)
        }
        (
            OrderType::StopLimit { stop_price: stop, limit_price: limit },
            OrderType::StopLimit { stop_price, limit_price },
        ) => stop_closer(stop, stop_price) || limit_closer(limit, limit_price),
        (
            OrderType::TrailingStop { distance: before },
            OrderType::TrailingStop { distance: after },
        ) => after < before,
        _ => true,
    }
}

/// An entry as it is to become.
struct Entry<'a> {
    order: &'a Order,
    direction: Direction,
    order_type: OrderType,
    quantity: Quantity,
}

/// What an amended entry takes from what is available, or gives back.
struct Funds {
    notional: Decimal,
    adds: Money,
    frees: Money,
}

impl Entry<'_> {
    /// Whether the prices at which the trade is to end suit the price at which it would begin.
    fn levels_fit(&self, instrument: Option<&Instrument>, view: &View<'_>) -> Result<(), Refusal> {
        let terms: &OrderTerms = &self.order.terms;
        let moved = self.order_type != terms.order_type;
        let (Purpose::Enter { protection, .. }, Some(instrument), Some((mark, _))) =
            (&terms.purpose, instrument, view.mark.filter(|_| moved))
        else {
            return Ok(());
        };
        let expected = expected_fill(self.order_type, mark, self.direction);
        levels_fit(self.direction, protection, expected, instrument)
    }

    /// Cost and fee of what has not filled, beside what is reserved for it.
    fn funds(&self, instrument: Option<&Instrument>, view: &View<'_>) -> Result<Funds, Refusal> {
        let terms: &OrderTerms = &self.order.terms;
        let symbol = terms.symbol;
        let instrument = instrument.ok_or(Refusal::InstrumentUnknown { symbol })?;
        let left = self.quantity.saturating_sub(self.order.filled);
        let reckoned_as = (self.order_type, self.direction);
        let notional = worth_the_minimum(reckoned_as, instrument, left, view)?;
        let needed = with_fee(self.order_type, left, notional, view.profile)?;
        let change = needed.saturating_sub(view.profile.book.reservation(terms.intent));
        let amount =
            |amount: Decimal| Money::new(amount.max(Decimal::ZERO), view.profile.book.currency());
        Ok(Funds { notional, adds: amount(change), frees: amount(-change) })
    }

    /// The checks of an entry, for what the amendment adds to it.
    fn may_raise_risk(&self, funds: &Funds, view: &View<'_>) -> Result<(), Refusal> {
        let terms = &self.order.terms;
        let (symbol, own) = (terms.symbol, Some(terms.order_id()));
        let scopes = Scopes::of(view.product, view.state, view.profile);
        access::may_enter(symbol, view)?;
        reconciled(view.profile)?;
        market_open(symbol, view)?;
        let mark = fresh_mark(view, &scopes)?;
        no_self_trade((symbol, self.order_type, self.direction), own, mark, view)?;
        within_order_limits(self.quantity, funds.notional, &scopes)?;
        let measure = Measure::new(view, &scopes);
        measure.has_room(symbol, funds.adds.amount())?;
        measure.bears_losses()?;
        protections::not_locked(symbol, view)?;
        not_restricted(symbol, &scopes)?;
        within_collar(self.order_type, mark, self.direction, &scopes)?;
        let (needed, available) = (funds.adds.amount(), view.profile.book.available());
        match available >= needed {
            true => Ok(()),
            false => Err(Refusal::InsufficientCapital { needed, available }),
        }
    }
}
