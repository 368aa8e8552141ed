//! What a profile has of each instrument, so that the gate need not walk all its orders and trades.
//!
//! An event takes out what it is about, as it was, and puts it in again, as it is: the index is a
//! fold like everything else here, and equals what is counted from scratch.

use std::collections::{BTreeMap, BTreeSet};

use ballast_domain::id::Leg;
use ballast_domain::{
    IntentId, OrderId, OrderType, Price, Purpose, Side, Slot, Symbol, Trade, TradeId,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::profile::Order;

/// The index of one profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    instruments: BTreeMap<Symbol, Holding>,
    /// Working exits by the trade that they leave.
    exits: BTreeMap<TradeId, BTreeSet<OrderId>>,
    /// Working entries of which nothing is held.
    entering: BTreeSet<IntentId>,
    /// Working orders that nobody can tell about.
    in_doubt: BTreeSet<OrderId>,
}

/// What a profile has of one instrument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Holding {
    trades: BTreeSet<TradeId>,
    orders: BTreeSet<OrderId>,
    /// Open trades and working entries of each slot.
    slots: BTreeMap<Slot, u32>,
    /// What is held, at cost.
    cost: Decimal,
    /// What is left of the reservations of working entries.
    reserved: Decimal,
    /// Working orders that rest at a limit, and targets of open trades, by their price.
    buys: BTreeSet<(Price, OrderId)>,
    sells: BTreeSet<(Price, OrderId)>,
}

/// Whether something is put in or taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    In,
    Out,
}

impl Turn {
    fn member<T: Ord>(self, set: &mut BTreeSet<T>, value: T) {
        match self {
            Self::In => set.insert(value),
            Self::Out => set.remove(&value),
        };
    }

    fn amount(self, sum: &mut Decimal, amount: Decimal) {
        *sum = match self {
            Self::In => sum.saturating_add(amount),
            Self::Out => sum.saturating_sub(amount),
        };
    }

    fn slot(self, slots: &mut BTreeMap<Slot, u32>, slot: Slot) {
        let count = slots.entry(slot).or_default();
        *count = match self {
            Self::In => count.saturating_add(1),
            Self::Out => count.saturating_sub(1),
        };
        if *count == 0 {
            slots.remove(&slot);
        }
    }
}

impl Index {
    /// What there is of an instrument.
    pub(super) fn holding(&self, symbol: Symbol) -> Option<&Holding> {
        self.instruments.get(&symbol)
    }

    /// Working exits of a trade.
    pub(super) fn exits(&self, trade: TradeId) -> impl Iterator<Item = &OrderId> {
        self.exits.get(&trade).into_iter().flatten()
    }

    /// Whether an exit works.
    pub(super) fn has_exits(&self) -> bool {
        !self.exits.is_empty()
    }

    /// Working entries of which nothing is held.
    pub(super) fn entering(&self) -> usize {
        self.entering.len()
    }

    /// A working order that nobody can tell about.
    pub(super) fn in_doubt(&self) -> Option<OrderId> {
        self.in_doubt.first().copied()
    }

    /// A working order; `held` says whether something of the trade that it enters is held, and
    /// `reserved` what is left of its reservation.
    pub(super) fn order(&mut self, turn: Turn, order: &Order, held: bool, reserved: Decimal) {
        let (terms, id) = (&order.terms, order.terms.order_id());
        if order.in_doubt {
            turn.member(&mut self.in_doubt, id);
        }
        let holding = self.instruments.entry(terms.symbol).or_default();
        turn.member(&mut holding.orders, id);
        // While nobody knows whether it was amended it may rest at either price.
        let amended = order.amending.map(|asked| asked.order_type);
        for price in [Some(terms.order_type), amended].into_iter().flatten().filter_map(limit_of) {
            turn.member(holding.side(terms.side), (price, id));
        }
        match &terms.purpose {
            Purpose::Enter { slot, .. } => {
                turn.slot(&mut holding.slots, *slot);
                turn.amount(&mut holding.reserved, reserved);
                if !held {
                    turn.member(&mut self.entering, terms.intent);
                }
            }
            Purpose::Exit { trade, .. } => {
                let exits = self.exits.entry(*trade).or_default();
                turn.member(exits, id);
                if exits.is_empty() {
                    self.exits.remove(trade);
                }
            }
        }
        self.drop_empty(terms.symbol);
    }

    /// An open trade.
    pub(super) fn trade(&mut self, turn: Turn, trade: &Trade) {
        let holding = self.instruments.entry(trade.symbol).or_default();
        turn.member(&mut holding.trades, trade.id);
        turn.slot(&mut holding.slots, trade.slot);
        turn.amount(&mut holding.cost, trade.reserved.amount());
        for (leg, target) in (0..).zip(&trade.targets) {
            if !target.open_quantity().is_zero() {
                let id = OrderId { intent: trade.id.0, leg: Leg::Target(leg) };
                turn.member(holding.side(trade.direction.exit_side()), (target.level, id));
            }
        }
        self.drop_empty(trade.symbol);
    }

    fn drop_empty(&mut self, symbol: Symbol) {
        let empty = |holding: &Holding| holding.trades.is_empty() && holding.orders.is_empty();
        if self.instruments.get(&symbol).is_some_and(empty) {
            self.instruments.remove(&symbol);
        }
    }
}

impl Holding {
    /// Its open trades, by id.
    pub(super) fn trades(&self) -> impl Iterator<Item = &TradeId> {
        self.trades.iter()
    }

    /// Whether an order works.
    pub(super) fn has_orders(&self) -> bool {
        !self.orders.is_empty()
    }

    /// Open trades and working entries of the slot.
    pub(super) fn entries(&self, slot: Slot) -> u32 {
        self.slots.get(&slot).copied().unwrap_or_default()
    }

    /// What is held, at cost, and what working entries have reserved, in quote currency.
    pub(super) fn used(&self) -> Decimal {
        self.cost.saturating_add(self.reserved)
    }

    fn side(&mut self, side: Side) -> &mut BTreeSet<(Price, OrderId)> {
        match side {
            Side::Buy => &mut self.buys,
            Side::Sell => &mut self.sells,
        }
    }

    /// What rests on a side and is met by the other at `reach`, of what `counts`: the first.
    pub(super) fn met(
        &self,
        side: Side,
        reach: Price,
        counts: impl Fn(Price, OrderId) -> bool,
    ) -> Option<(Price, OrderId)> {
        let counts = |(price, order): &&(Price, OrderId)| counts(*price, *order);
        let met = match side {
            Side::Buy => {
                self.buys.iter().rev().take_while(|(price, _)| *price >= reach).find(counts)
            }
            Side::Sell => self.sells.iter().take_while(|(price, _)| *price <= reach).find(counts),
        };
        met.copied()
    }
}

/// The limit at which an order rests, or may come to rest.
const fn limit_of(order_type: OrderType) -> Option<Price> {
    match order_type {
        OrderType::Limit { limit_price } | OrderType::StopLimit { limit_price, .. } => {
            Some(limit_price)
        }
        OrderType::Market | OrderType::Stop { .. } | OrderType::TrailingStop { .. } => None,
    }
}
