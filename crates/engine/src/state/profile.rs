//! One profile's part of the state.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use ballast_domain::control::ControlSubject;
use ballast_domain::{
    ActionId, ActiveState, Amendment, BrokerEvent, Currency, Decision, FillId, IntentId, Money,
    OrderId, OrderState, OrderTerms, Price, ProfileDocument, ProfileId, ProfileStatus, Purpose,
    Quantity, Side, Slot, Symbol, TenantId, Timestamp, Trade, TradeId,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::counters::Counters;
use super::ended::Ended;
use super::index::{Index, Turn};
use crate::ledger::Book;

/// Filled orders, closed trades and unmatched messages that are kept, so that late and repeated
/// reports are recognised.
pub(super) const REMEMBERED: usize = 64;

/// An order that was accepted by the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// What was accepted.
    pub terms: Arc<OrderTerms>,
    /// Where it is in its life.
    pub state: OrderState,
    /// Units filled.
    pub filled: Quantity,
    /// The fills that were booked, those of its protective orders among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fills: Vec<FillId>,
    /// Whether its venue has ever said that it has it.
    pub confirmed: bool,
    /// Whether nobody could tell about it, and its venue has not said since that it has it.
    pub in_doubt: bool,
    /// Since when it waits for what its venue says: from its acceptance on, or from when nobody
    /// could tell about it or it was to be cancelled.
    pub waits_since: Timestamp,
    /// The amendment that its venue has taken last; zero before the first.
    pub revision: u32,
    /// What its venue is asked to make of it.
    pub amending: Option<Amendment>,
    /// When it has ended, if it has.
    pub ended_at: Option<Timestamp>,
}

impl Order {
    pub(super) fn pending(terms: Arc<OrderTerms>) -> Self {
        let state = OrderState::Active(ActiveState::PendingSubmit);
        let waits_since = terms.accepted_at;
        Self {
            terms,
            state,
            filled: Quantity::ZERO,
            fills: Vec::new(),
            confirmed: false,
            in_doubt: false,
            waits_since,
            revision: 0,
            amending: None,
            ended_at: None,
        }
    }

    /// Units that may still fill: the most, while nobody knows whether its venue has amended it.
    #[must_use]
    pub fn open_quantity(&self) -> Quantity {
        self.most().saturating_sub(self.filled)
    }

    /// Units in all that may come to fill.
    #[must_use]
    pub fn most(&self) -> Quantity {
        self.amending.map_or(self.terms.quantity, |asked| asked.quantity.max(self.terms.quantity))
    }
}

/// What the journal has told about one profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Its id.
    pub id: ProfileId,
    /// The version of its document.
    pub version: u64,
    /// How it trades.
    pub document: Box<ProfileDocument>,
    /// Who made this version of the document.
    pub changed_by: String,
    /// When this version was made.
    pub changed_at: Timestamp,
    /// What it does.
    pub status: ProfileStatus,
    /// Why it does that.
    pub status_reason: String,
    /// The person who said so, where one did.
    pub status_by: Option<String>,
    /// Who wants everything that it holds to be left, until it is started again.
    pub flattening: Option<Flattening>,
    /// Whether it was removed: it trades no more, and is kept for what its venue may still say.
    pub removed: bool,
    /// Whether it was ever made to run.
    pub started: bool,
    /// Its money.
    pub book: Book,
    /// Fees in currencies in which nothing is allocated, a book for each: paid from outside, and
    /// counted apart.
    pub other_books: BTreeMap<Currency, Book>,
    /// The number of the last accepted intent.
    pub last_intent: u64,
    /// Orders that may still fill.
    pub working: BTreeMap<OrderId, Order>,
    /// The latest orders that have ended, oldest first.
    pub ended: Ended,
    /// Trades that are open.
    pub trades: BTreeMap<TradeId, Trade>,
    /// The latest closed trades, oldest first.
    pub closed: VecDeque<Trade>,
    /// The last journaled decision for each symbol.
    pub decisions: BTreeMap<Symbol, Decision>,
    /// The latest messages of the venue that fitted nothing, oldest first.
    pub unmatched: VecDeque<BrokerEvent>,
    /// The latest corporate actions, oldest first.
    pub actions: VecDeque<ActionId>,
    /// What limits look back on.
    pub counters: Counters,
    /// What units have brought that were left beyond what had entered, in the profile's currency;
    /// less than nothing for what too much bought back has cost. Its books have it as profit, and
    /// somebody owes those units.
    pub oversold: Decimal,
    index: Index,
}

/// The wish that nothing is held any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Flattening {
    /// Who asked for it.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl Profile {
    pub(super) fn new(id: ProfileId, document: Box<ProfileDocument>) -> Self {
        Self {
            id,
            version: 0,
            status: ProfileStatus::Stopped,
            status_reason: String::new(),
            status_by: None,
            flattening: None,
            removed: false,
            started: false,
            book: Book::new(document.capital.currency),
            other_books: BTreeMap::new(),
            document,
            changed_by: String::new(),
            changed_at: Timestamp::MIN,
            last_intent: 0,
            working: BTreeMap::new(),
            ended: Ended::default(),
            trades: BTreeMap::new(),
            closed: VecDeque::new(),
            decisions: BTreeMap::new(),
            unmatched: VecDeque::new(),
            actions: VecDeque::new(),
            counters: Counters::default(),
            oversold: Decimal::ZERO,
            index: Index::default(),
        }
    }

    /// All its books: the capital's, then those of other currencies.
    pub fn books(&self) -> impl Iterator<Item = &Book> {
        std::iter::once(&self.book).chain(self.other_books.values())
    }

    /// Whether nothing is held and no order works.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.trades.is_empty() && self.working.is_empty()
    }

    /// The id that the next accepted intent gets.
    #[must_use]
    pub const fn next_intent(&self) -> IntentId {
        IntentId { profile: self.id, number: self.last_intent + 1 }
    }

    /// An order that may still fill or has ended lately.
    #[must_use]
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.working.get(&id).or_else(|| self.ended.get(id))
    }

    pub(super) fn order_mut(&mut self, id: OrderId) -> Option<&mut Order> {
        self.working.get_mut(&id).or_else(|| self.ended.get_mut(id))
    }

    /// The open trades of one instrument, by id.
    pub fn trades_of(&self, symbol: Symbol) -> impl Iterator<Item = &Trade> {
        let held = self.index.holding(symbol).into_iter().flat_map(|holding| holding.trades());
        held.filter_map(|trade| self.trades.get(trade))
    }

    /// Whether an order of the instrument works.
    #[must_use]
    pub fn has_orders(&self, symbol: Symbol) -> bool {
        self.index.holding(symbol).is_some_and(|holding| holding.has_orders())
    }

    /// Whether an entry of this symbol and slot is open or working, but for one.
    #[must_use]
    pub fn has_entry(&self, symbol: Symbol, slot: Slot, but: Option<&Order>) -> bool {
        let same = |order: &&Order| {
            let of_slot =
                matches!(order.terms.purpose, Purpose::Enter { slot: of, .. } if of == slot);
            of_slot && order.terms.symbol == symbol
        };
        let others = self.index.holding(symbol).map_or(0, |holding| holding.entries(slot));
        others > u32::from(but.filter(same).is_some())
    }

    /// Trades open or being entered.
    #[must_use]
    pub fn open_positions(&self) -> usize {
        self.trades.len() + self.index.entering()
    }

    /// What an instrument uses: held at cost, and reserved by working entries, in quote currency.
    #[must_use]
    pub fn used_by(&self, symbol: Symbol) -> Decimal {
        self.index.holding(symbol).map_or(Decimal::ZERO, |holding| holding.used())
    }

    /// What of one's own rests on a side, at a limit or as a target, and is met first by the other
    /// side at `reach`, of what `counts`.
    #[must_use]
    pub fn resting(
        &self,
        symbol: Symbol,
        (side, reach): (Side, Price),
        counts: impl Fn(Price, OrderId) -> bool,
    ) -> Option<(Price, OrderId)> {
        self.index.holding(symbol)?.met(side, reach, counts)
    }

    /// Whether an exit works.
    #[must_use]
    pub fn has_exits(&self) -> bool {
        self.index.has_exits()
    }

    /// A working order that nobody can tell about, to be cancelled or not.
    #[must_use]
    pub fn order_in_doubt(&self) -> Option<OrderId> {
        self.index.in_doubt()
    }

    /// Units of `trade` that working exits have claimed.
    #[must_use]
    pub fn claimed(&self, trade: TradeId) -> Quantity {
        let exits = self.index.exits(trade).filter_map(|exit| self.working.get(exit));
        let open = exits.map(|order| order.open_quantity().get()).sum::<Decimal>();
        Quantity::new(open).unwrap_or_default()
    }

    /// What a stop of control must cover to cover an order of the profile.
    #[must_use]
    pub fn control_subject<'a>(&self, tenant: &'a TenantId, symbol: Symbol) -> ControlSubject<'a> {
        ControlSubject {
            venue: self.document.venue,
            tenant,
            profile: self.id,
            symbol,
            preset: self.document.preset,
        }
    }

    /// Takes an order and a trade, with its own entry, out of the index or puts them in again.
    pub(super) fn index(&mut self, turn: Turn, order: Option<OrderId>, trade: Option<TradeId>) {
        let entry = trade.map(|trade| OrderId::main(trade.0)).filter(|entry| Some(*entry) != order);
        for id in order.into_iter().chain(entry) {
            if let Some(order) = self.working.get(&id) {
                let held = self.trades.contains_key(&TradeId(id.intent));
                self.index.order(turn, order, held, self.book.reservation(id.intent));
            }
        }
        if let Some(trade) = trade.and_then(|trade| self.trades.get(&trade)) {
            self.index.trade(turn, trade);
        }
    }

    /// What the profile is worth with what it holds at cost, in its currency; `None` on overflow.
    #[must_use]
    pub fn equity_at_cost(&self) -> Option<Decimal> {
        self.book.equity_at_cost().checked_sub(self.oversold)
    }

    /// What the profile is worth when each open trade is marked by `mark` (at cost where there is
    /// no mark), in its currency; `None` on overflow.
    pub fn equity(&self, mark: impl Fn(Symbol) -> Option<Price>) -> Option<Decimal> {
        self.trades.values().try_fold(self.equity_at_cost()?, |equity, trade| {
            let open = match mark(trade.symbol) {
                Some(price) => unrealised(trade, price)?.amount(),
                None => Decimal::ZERO,
            };
            equity.checked_add(open)
        })
    }

    /// Profit or loss of all that is held when each open trade is marked by `mark`, before fees and
    /// in its currency; `None` where a trade has no mark, and on overflow.
    pub fn open_profit(&self, mark: impl Fn(Symbol) -> Option<Price>) -> Option<Decimal> {
        self.trades.values().try_fold(Decimal::ZERO, |sum, trade| {
            let open = unrealised(trade, mark(trade.symbol)?)?;
            sum.checked_add(open.amount())
        })
    }
}

/// Profit or loss of what is still held of `trade` at `price`, before fees; `None` on overflow.
#[must_use]
pub fn unrealised(trade: &Trade, price: Price) -> Option<Money> {
    let value = price.notional(trade.open_quantity(), trade.reserved.currency())?;
    match trade.direction {
        ballast_domain::Direction::Long => value.checked_sub(trade.reserved),
        ballast_domain::Direction::Short => trade.reserved.checked_sub(value),
    }
}
