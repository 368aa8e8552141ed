//! How fills change a profile: its trades, its books and its orders.

use std::sync::Arc;

use ballast_domain::id::Leg;
use ballast_domain::ledger::{Change, FillPart};
use ballast_domain::{
    Account, ActiveState, Currency, DoneState, Execution, ExitReason, Fill, FillId, Money, OrderId,
    OrderState, OrderTerms, Purpose, Side, Symbol, Timestamp, Trade, TradeId, TransferId,
};
use rust_decimal::Decimal;

use super::apply::{Booked, expect_created};
use super::profile::{Profile, REMEMBERED};
use crate::ledger::Book;
use crate::position::{self, Coins};

pub(super) const UNFIT: &str = "the fill does not fit a decimal";

impl Profile {
    /// A fill as it would be booked to a trade.
    ///
    /// # Errors
    /// Why the books cannot take it: its numbers are beyond what they count exactly, or it has
    /// brought nothing.
    pub fn booking(
        &self,
        order: OrderId,
        trade: TradeId,
        fill: &Fill,
    ) -> Result<Execution, &'static str> {
        self.with_room(self.execution(order, trade, fill), self.known_trade(trade))
    }

    pub(super) fn with_room(
        &self,
        made: Option<Execution>,
        known: Option<&Trade>,
    ) -> Result<Execution, &'static str> {
        let made =
            made.ok_or("in numbers that are too large to count, or for a fee of all that it is")?;
        let fits = self.has_room_for(&made, known);
        fits.map(|()| made).ok_or("beyond what its books count exactly")
    }

    /// Whether all sums stay within what is exact, by more than enough.
    fn has_room_for(&self, made: &Execution, known: Option<&Trade>) -> Option<()> {
        let quote = self.book.currency();
        let weight = made.notional.amount().checked_add(made.fee.amount().abs())?;
        let (mut held, mut value) = (Decimal::ZERO, made.value);
        if let Some(trade) = known {
            trade.entry_quantity.checked_add(trade.exit_quantity)?.checked_add(made.quantity)?;
            let sums = [trade.entry_notional, trade.exit_notional, trade.gross_profit, trade.fees];
            held = sums.iter().try_fold(held, |sum, next| sum.checked_add(next.amount().abs()))?;
            value = value.checked_add(trade.entry_value)?.checked_add(trade.exit_value)?;
        }
        let accounts = Account::ALL.iter().map(|account| self.book.balance(*account).abs());
        let largest = accounts.max().unwrap_or_default();
        let most = weight.checked_mul(Decimal::from(4))?.checked_add(held)?.checked_add(largest)?;
        Money::checked(most, quote)?;
        Money::checked(value, quote)?;
        if let Some(fee) = made.other_fee {
            let book = self.other_books.get(&fee.currency());
            let paid = book.map_or(Decimal::ZERO, |book| book.balance(Account::Fees));
            Money::checked(paid.abs().checked_add(fee.amount().abs())?, fee.currency())?;
        }
        Some(())
    }

    pub(super) fn fill(&mut self, id: OrderId, fill: &Fill) -> Booked {
        let trade = self.trade_of(id);
        let known = self.order(id).filter(|_| id.leg == Leg::Main);
        let terms = known.map(|known| Arc::clone(&known.terms));
        if id.leg == Leg::Main && terms.is_none() {
            return Err(format!("there is no order {id}"));
        }
        if id.leg != Leg::Main {
            self.known_trade_mut(trade)?;
        }
        let made = self.execution(id, trade, fill).ok_or(UNFIT)?;
        let mut trade = match (terms.as_deref(), made.exit) {
            (Some(terms), None) => self.entered_by(terms, &made)?,
            _ => self.take_out(trade).ok_or_else(|| format!("there is no trade {trade}"))?,
        };
        once(&trade, &made)?;
        self.book_to(&mut trade, made)?;
        self.put_back(trade);
        self.remember_fill(id, fill.id);
        match id.leg {
            Leg::Main => self.count_filled(id, fill),
            Leg::Stop | Leg::Target(_) => Ok(()),
        }
    }

    /// The order remembers what of it was booked, and an entry what of its protective orders was:
    /// its venue is asked about it for longer than its trade is known.
    pub(super) fn remember_fill(&mut self, id: OrderId, fill: FillId) {
        if let Some(order) = self.order_mut(OrderId::main(id.intent)) {
            order.fills.push(fill);
        }
    }

    /// Whether a fill of an order was booked, as far as that is remembered.
    #[must_use]
    pub fn has_booked(&self, order: OrderId, trade: TradeId, fill: FillId) -> bool {
        let known = self.known_trade(trade).map(|trade| &trade.fills);
        let kept = self.order(OrderId::main(order.intent)).map(|order| &order.fills);
        known.into_iter().chain(kept).any(|fills| fills.contains(&fill))
    }

    /// The trade that an entry fills, which may begin with it or be opened again.
    fn entered_by(&mut self, terms: &OrderTerms, made: &Execution) -> Result<Trade, String> {
        let Purpose::Enter { direction, slot, protection } = &terms.purpose else {
            return Err(format!("{} is no entry", terms.intent));
        };
        let begin = || position::begin(terms, *direction, *slot, protection.clone(), made);
        Ok(self.take_out(TradeId(terms.intent)).unwrap_or_else(begin))
    }

    /// Books a fill to a trade, and the money that it moves.
    pub(super) fn book_to(&mut self, trade: &mut Trade, made: Execution) -> Booked {
        let (order, fee, other_fee) = (made.order, made.fee, made.other_fee);
        let number = trade.fills.len() as u32 + 1;
        match made.exit {
            None => {
                let entered = position::enter(trade, &made).ok_or(UNFIT)?;
                expect_created(self.book.enter(order, number, entered.cost, fee))?;
                if let Some(left) = entered.left_before {
                    let none = Money::zero(fee.currency());
                    let code = self.book.leave(order, number, left.cost, left.profit, none);
                    expect_created(code)?;
                }
            }
            Some(_) => {
                let traded = made.traded(trade.direction.exit_side());
                if let Leg::Target(leg) = order.leg
                    && let Some(target) = trade.targets.get_mut(usize::from(leg))
                {
                    target.filled = target.filled.checked_add(traded).unwrap_or_default();
                }
                let left = position::leave(trade, &made).ok_or(UNFIT)?;
                let code = self.book.leave(order, number, left.cost, left.profit, fee);
                expect_created(code)?;
            }
        }
        position::remember(trade, made).ok_or(UNFIT)?;
        // A fee in a currency that nothing is allocated in is paid from outside.
        let Some(fee) = other_fee else { return Ok(()) };
        let id = TransferId::Fill { order, number, part: FillPart::Fee };
        expect_created(self.other_book(fee.currency()).pay(id, fee))
    }

    /// A fill as it is booked to its trade; `None` when its numbers do not fit.
    fn execution(&self, order: OrderId, trade: TradeId, fill: &Fill) -> Option<Execution> {
        let known = self.order(order).filter(|_| order.leg == Leg::Main);
        let (side, symbol, exit) = match (known.map(|known| &known.terms), order.leg) {
            (Some(terms), _) => (terms.side, terms.symbol, reason_of(terms)),
            (None, leg) => {
                let trade = self.known_trade(trade)?;
                (trade.direction.exit_side(), trade.symbol, Some(leg_reason(trade, leg)))
            }
        };
        self.executed(order, (side, symbol), fill, exit)
    }

    pub(super) fn executed(
        &self,
        order: OrderId,
        (side, symbol): (Side, Symbol),
        fill: &Fill,
        exit: Option<ExitReason>,
    ) -> Option<Execution> {
        let quote = self.book.currency();
        let of_quote = fill.fee.currency() == quote;
        let instrument = self.document.instrument(symbol).filter(|_| !of_quote);
        let base = instrument.and_then(ballast_domain::Instrument::base_coin);
        position::execution(order, side, fill, Coins { quote, base }, exit)
    }

    /// A trade that is open or was closed lately.
    #[must_use]
    pub fn known_trade(&self, id: TradeId) -> Option<&Trade> {
        self.trades.get(&id).or_else(|| self.closed.iter().rev().find(|trade| trade.id == id))
    }

    pub(super) fn known_trade_mut(&mut self, id: TradeId) -> Result<&mut Trade, String> {
        let closed = self.closed.iter_mut().rev().find(|trade| trade.id == id);
        self.trades.get_mut(&id).or(closed).ok_or_else(|| format!("there is no trade {id}"))
    }

    /// The trade that a fill of `order` enters or leaves.
    #[must_use]
    pub fn trade_of(&self, order: OrderId) -> TradeId {
        match self.order(order).map(|known| &known.terms.purpose) {
            Some(Purpose::Exit { trade, .. }) if order.leg == Leg::Main => *trade,
            _ => TradeId(order.intent),
        }
    }

    pub(super) fn other_book(&mut self, currency: Currency) -> &mut Book {
        self.other_books.entry(currency).or_insert_with(|| Book::new(currency))
    }

    /// Writes off what is left of a trade and too little to sell.
    pub(super) fn write_off(&mut self, id: TradeId, at: Timestamp) -> Booked {
        let trade = self.open_trade(id)?;
        let returned = position::write_off(trade, at).ok_or(UNFIT)?;
        trade.changes = trade.changes.saturating_add(1);
        let number = trade.changes;
        self.close(id);
        let none = Money::zero(self.book.currency());
        let (cost, profit) = (returned.cost, returned.profit);
        expect_created(self.book.change(id, number, Change::Dust, (cost, profit, none)))
    }

    /// Takes a trade out, open or closed, to be changed.
    pub(super) fn take_out(&mut self, id: TradeId) -> Option<Trade> {
        if let Some(open) = self.trades.remove(&id) {
            return Some(open);
        }
        let place = self.closed.iter().position(|trade| trade.id == id)?;
        let closed = self.closed.remove(place)?;
        self.oversold = self.oversold.saturating_sub(position::oversold(&closed));
        self.counters.reopened(&closed);
        Some(closed)
    }

    /// Puts a trade back, as open or closed as it is by now.
    pub(super) fn put_back(&mut self, mut trade: Trade) {
        let (id, flat) = (trade.id, trade.open_quantity().is_zero());
        if !flat {
            (trade.closed_at, trade.close_number) = (None, None);
        }
        self.oversold = self.oversold.saturating_add(position::oversold(&trade));
        self.trades.insert(id, trade);
        if flat {
            self.close(id);
        }
    }

    pub(super) fn close(&mut self, id: TradeId) {
        if self.closed.len() == REMEMBERED
            && let Some(oldest) = self.closed.pop_front()
        {
            self.forget_transfers(oldest.id.0);
        }
        if let Some(mut closed) = self.trades.remove(&id) {
            // Many of them are kept, and hardly one changes again.
            closed.executions.shrink_to_fit();
            closed.fills.shrink_to_fit();
            closed.targets.shrink_to_fit();
            // One of which every fill was taken back was none.
            if !closed.executions.is_empty() {
                self.counters.closed(&mut closed);
            }
            self.closed.push_back(closed);
        }
    }

    pub(super) fn count_filled(&mut self, id: OrderId, fill: &Fill) -> Booked {
        let Some(order) = self.order_mut(id) else { return Ok(()) };
        let filled = order.filled.checked_add(fill.quantity);
        order.filled = filled.ok_or("the filled quantity does not fit a decimal")?;
        (order.confirmed, order.in_doubt) = (true, false);
        if !order.state.is_active() {
            return Ok(());
        }
        // More than there was to fill: its venue has taken the amendment.
        if let Some(asked) = order.amending.filter(|_| order.filled > order.terms.quantity) {
            self.amend(id, (asked.revision, true), fill.at)?;
        }
        let Some(order) = self.working.get_mut(&id) else { return Ok(()) };
        if order.open_quantity().is_zero() {
            return self.end(id, DoneState::Filled, fill.at);
        }
        // A fill does not take back that we asked for the rest to be cancelled.
        if order.state != OrderState::Active(ActiveState::PendingCancel) {
            order.state = OrderState::Active(ActiveState::PartiallyFilled);
        }
        Ok(())
    }
}

const fn reason_of(terms: &OrderTerms) -> Option<ExitReason> {
    match terms.purpose {
        Purpose::Enter { .. } => None,
        Purpose::Exit { reason, .. } => Some(reason),
    }
}

fn leg_reason(trade: &Trade, leg: Leg) -> ExitReason {
    match leg {
        Leg::Target(_) => ExitReason::TakeProfit,
        Leg::Stop | Leg::Main => {
            trade.stop.map_or(ExitReason::StopLoss, |stop| position::stop_reason(stop.kind))
        }
    }
}

/// A fill is money: booked twice, it would be money that nobody has.
fn once(trade: &Trade, made: &Execution) -> Booked {
    match made.id.filter(|id| trade.fills.contains(id)) {
        Some(id) => Err(format!("fill {id} of {} was booked before", trade.id)),
        None => Ok(()),
    }
}
