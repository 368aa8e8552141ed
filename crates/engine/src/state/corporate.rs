//! What corporate actions change.

use ballast_domain::ledger::Change;
use ballast_domain::{ActionId, CorporateAction, Money, Price, Symbol, Timestamp, Trade, TradeId};

use super::apply::{Booked, expect_created};
use super::fills::UNFIT;
use super::index::Turn;
use super::profile::Profile;
use crate::position::{self, Ratio, Returned};

/// Names of corporate actions that are kept: booked again, one would be money that nobody has paid.
/// Five hundred instruments that pay each quarter have so many in two years.
const ACTIONS: usize = 4_096;

impl Profile {
    pub(super) fn act(
        &mut self,
        id: ActionId,
        (symbol, action): (Symbol, &CorporateAction),
        (by, at): (&str, Timestamp),
    ) -> Booked {
        if self.actions.contains(&id) {
            return Err(format!("{id} was booked before"));
        }
        if self.actions.len() == ACTIONS {
            self.actions.pop_front();
        }
        self.actions.push_back(id);
        let held: Vec<TradeId> = self.trades_of(symbol).map(|trade| trade.id).collect();
        for trade in held.iter().copied() {
            self.index(Turn::Out, None, Some(trade));
        }
        let booked = self.change_held(&held, (symbol, action), at);
        if let CorporateAction::SymbolChanged { to } = action {
            self.rename(symbol, *to, (by, at));
        }
        for trade in held {
            self.index(Turn::In, None, Some(trade));
        }
        booked
    }

    fn change_held(
        &mut self,
        held: &[TradeId],
        (symbol, action): (Symbol, &CorporateAction),
        at: Timestamp,
    ) -> Booked {
        for trade in held.iter().copied() {
            match action {
                CorporateAction::Split { numerator, denominator, cash_price } => {
                    let ratio = Ratio { numerator: *numerator, denominator: *denominator };
                    self.split((trade, symbol), ratio, *cash_price, at)?;
                }
                CorporateAction::CashDividend { per_unit } => {
                    self.pay_dividend(trade, *per_unit)?;
                }
                CorporateAction::SymbolChanged { to } => self.open_trade(trade)?.symbol = *to,
            }
        }
        Ok(())
    }

    fn split(
        &mut self,
        (id, symbol): (TradeId, Symbol),
        ratio: Ratio,
        cash_price: Price,
        at: Timestamp,
    ) -> Booked {
        let known = self.document.instrument(symbol).copied();
        let instrument = known.ok_or_else(|| format!("{symbol} is not traded"))?;
        let trade = self.open_trade(id)?;
        let number = next_change(trade);
        position::split(trade, ratio, &instrument, at).ok_or(UNFIT)?;
        let paid_out = position::cash_in_lieu(trade, cash_price, &instrument, at).ok_or(UNFIT)?;
        let Some(Returned { cost, profit }) = paid_out else { return Ok(()) };
        if trade.open_quantity().is_zero() {
            self.close(id);
        }
        let none = Money::zero(cost.currency());
        let sums = (cost, profit, none);
        expect_created(self.book.change(id, number, Change::CashInLieu, sums))
    }

    fn pay_dividend(&mut self, id: TradeId, per_unit: Money) -> Booked {
        let trade = self.open_trade(id)?;
        let paid = position::pay_dividend(trade, per_unit).ok_or(UNFIT)?;
        let number = next_change(trade);
        let none = Money::zero(paid.currency());
        expect_created(self.book.change(id, number, Change::Dividend, (none, paid, none)))
    }

    /// The document changes with the name, and what is remembered of it.
    fn rename(&mut self, from: Symbol, to: Symbol, (by, at): (&str, Timestamp)) {
        self.document.rename(from, to);
        self.version += 1;
        by.clone_into(&mut self.changed_by);
        self.changed_at = at;
        if let Some(decision) = self.decisions.remove(&from) {
            self.decisions.insert(to, decision);
        }
        self.counters.rename(from, to);
    }
}

const fn next_change(trade: &mut Trade) -> u32 {
    trade.changes = trade.changes.saturating_add(1);
    trade.changes
}
