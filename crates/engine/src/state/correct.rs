//! What a venue takes back: a fill that it has busted, or told wrongly.
//!
//! Nothing is edited. What the fill had booked is undone by transfers of its own, and what takes
//! its place is booked as any fill. The trade comes out as if the first had never been told.

use ballast_domain::id::Leg;
use ballast_domain::ledger::{Change, FillPart};
use ballast_domain::{BrokerEvent, Execution, Fill, FillId, Money, OrderId, Trade, TransferId};

use super::apply::{Booked, expect_created};
use super::fills::UNFIT;
use super::profile::Profile;
use crate::position;

impl Profile {
    /// The trade to which a fill of an order is booked, and that fill; `None` when it is not, or
    /// not any more.
    #[must_use]
    pub fn booked(&self, order: OrderId, fill: FillId) -> Option<(&Trade, &Execution)> {
        let is_it = |made: &&Execution| made.order == order && made.id == Some(fill);
        let trades = self.trades.values().chain(self.closed.iter().rev());
        let mut found =
            trades.filter_map(|trade| Some((trade, trade.executions.iter().find(is_it)?)));
        found.next()
    }

    /// What the venue has said that takes the place of a fill that was not booked then.
    #[must_use]
    pub fn correction_of(&self, order: OrderId, fill: FillId) -> Option<&Option<Fill>> {
        self.unmatched.iter().find_map(|message| match message {
            BrokerEvent::Corrected { order: told, fill: known, by }
                if (*told, *known) == (order, fill) =>
            {
                Some(by)
            }
            _ => None,
        })
    }

    /// What would be booked in the place of a fill.
    ///
    /// # Errors
    /// Why the books cannot take it.
    pub fn rebooking(
        &self,
        (trade, struck): (&Trade, &Execution),
        by: &Fill,
    ) -> Result<Execution, &'static str> {
        let side = match struck.exit {
            None => trade.direction.entry_side(),
            Some(_) => trade.direction.exit_side(),
        };
        let made = self.executed(struck.order, (side, trade.symbol), by, struck.exit);
        self.with_room(made, Some(trade))
    }

    /// Undoes a fill and books what takes its place.
    pub(super) fn correct(&mut self, order: OrderId, fill: FillId, by: Option<&Fill>) -> Booked {
        let unknown = || format!("fill {fill} of {order} is not booked");
        let (trade, struck) = self.booked(order, fill).ok_or_else(unknown)?;
        let (id, struck) = (trade.id, struck.clone());
        let made = match by {
            Some(by) => Some(self.rebooking((trade, &struck), by)?),
            None => None,
        };
        let mut trade = self.take_out(id).ok_or_else(unknown)?;
        self.undo(&mut trade, &struck)?;
        if let Some(made) = made {
            self.book_to(&mut trade, made)?;
        }
        self.put_back(trade);
        let Some(by) = by else { return Ok(()) };
        self.remember_fill(order, by.id);
        match order.leg {
            Leg::Main => self.count_filled(order, by),
            Leg::Stop | Leg::Target(_) => Ok(()),
        }
    }

    fn undo(&mut self, trade: &mut Trade, struck: &Execution) -> Booked {
        let sums = |trade: &Trade| (trade.reserved, trade.gross_profit, trade.fees);
        let before = sums(trade);
        trade.executions.retain(|made| made != struck);
        position::replay(trade).ok_or(UNFIT)?;
        trade.changes = trade.changes.saturating_add(1);
        let (id, number, what) = (trade.id, trade.changes, Change::Correction);
        let after = sums(trade);
        let back = before.0.checked_sub(after.0).ok_or(UNFIT)?;
        let profit = after.1.checked_sub(before.1).ok_or(UNFIT)?;
        let fee = after.2.checked_sub(before.2).ok_or(UNFIT)?;
        expect_created(self.book.change(id, number, what, (back, profit, fee)))?;
        if let Some(fee) = struck.other_fee {
            let paid_back = Money::new(-fee.amount(), fee.currency());
            let transfer = TransferId::Change { trade: id, number, what, part: FillPart::Fee };
            expect_created(self.other_book(fee.currency()).pay(transfer, paid_back))?;
        }
        self.uncount(trade, struck);
        Ok(())
    }

    /// The order and the target that have filled less than was told.
    fn uncount(&mut self, trade: &mut Trade, struck: &Execution) {
        let side = match struck.exit {
            None => trade.direction.entry_side(),
            Some(_) => trade.direction.exit_side(),
        };
        let units = struck.traded(side);
        if let Leg::Target(leg) = struck.order.leg
            && let Some(target) = trade.targets.get_mut(usize::from(leg))
        {
            target.filled = target.filled.saturating_sub(units);
        }
        let id = struck.order;
        if let Some(order) = self.order_mut(id) {
            order.filled = order.filled.saturating_sub(units);
        }
    }
}
