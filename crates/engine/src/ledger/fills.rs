//! What a fill does to the book.
//!
//! What a venue reports is always booked: cost and fees beyond the reservation come from capital,
//! even when that makes what is available negative.

use ballast_domain::ledger::{Change, FillPart, Transfer};
use ballast_domain::{Account, IntentId, Money, OrderId, TradeId, TransferCode, TransferId};
use rust_decimal::Decimal;

use super::Book;

impl Book {
    /// Books the `number`-th fill of an entry: `cost` becomes the position's, `fee` is paid.
    pub fn enter(&mut self, order: OrderId, number: u32, cost: Money, fee: Money) -> TransferCode {
        if let Some(booked) = self.booked_cost(order, number) {
            let paid = Self::fee(order, number, fee);
            let known = self.transfers(order.intent).iter().find(|made| made.id == paid.id);
            let same_fee = known.map_or(fee.amount().is_zero(), |made| *made == paid);
            let same = booked == cost.amount() && same_fee;
            let code = TransferCode::ExistsWithDifferentAmount;
            return if same { TransferCode::Exists } else { code };
        }
        let reserved = self.reservation(order.intent);
        let from_reserve = cost.amount().min(reserved);
        let fee_reserve = fee.amount().clamp(Decimal::ZERO, reserved - from_reserve);
        let post = |part, credit, amount| Transfer {
            id: TransferId::Fill { order, number, part },
            debit: Account::ReservedOrders,
            credit,
            amount: Money::new(amount, cost.currency()),
        };
        let excess = Transfer {
            debit: Account::Capital,
            ..post(FillPart::Excess, Account::ReservedPositions, cost.amount() - from_reserve)
        };
        let cost = post(FillPart::Cost, Account::ReservedPositions, from_reserve);
        let fee_reserve = post(FillPart::FeeReserve, Account::Capital, fee_reserve);
        self.all(
            order.intent,
            [
                Posting::Reserved(cost),
                Posting::Reserved(fee_reserve),
                Posting::Free(excess),
                Posting::Free(Self::fee(order, number, fee)),
            ],
        )
    }

    /// Books the `number`-th fill of an exit: the position's `returned` cost goes back, `profit`
    /// (negative for a loss) is realised, `fee` is paid.
    pub fn leave(
        &mut self,
        order: OrderId,
        number: u32,
        returned: Money,
        profit: Money,
        fee: Money,
    ) -> TransferCode {
        let back = Transfer {
            id: TransferId::Fill { order, number, part: FillPart::Returned },
            debit: Account::ReservedPositions,
            credit: Account::Capital,
            amount: returned,
        };
        let (debit, credit) = if profit.amount().is_sign_negative() {
            (Account::RealizedPnl, Account::Outside)
        } else {
            (Account::Outside, Account::RealizedPnl)
        };
        let profit = Transfer {
            id: TransferId::Fill { order, number, part: FillPart::Profit },
            debit,
            credit,
            amount: Money::new(profit.amount().abs(), profit.currency()),
        };
        let fee = Self::fee(order, number, fee);
        self.all(order.intent, [Posting::Free(back), Posting::Free(profit), Posting::Free(fee)])
    }

    /// Books a fee that is paid from outside of what is allocated; negative for a rebate, which
    /// goes back there.
    pub fn pay(&mut self, id: TransferId, fee: Money) -> TransferCode {
        let (debit, credit) = if fee.amount().is_sign_negative() {
            (Account::Fees, Account::Outside)
        } else {
            (Account::Outside, Account::Fees)
        };
        let amount = Money::new(fee.amount().abs(), fee.currency());
        self.transfer(Transfer { id, debit, credit, amount })
    }

    /// Books what happened to a trade beside its fills, as the `number`-th change of it: how much
    /// of its cost goes `back` (negative where more is held), the `profit` (negative for a loss)
    /// and the `fee`.
    pub fn change(
        &mut self,
        trade: TradeId,
        number: u32,
        what: Change,
        (back, profit, fee): (Money, Money, Money),
    ) -> TransferCode {
        let moved = |part, (debit, credit), amount: Money| {
            let id = TransferId::Change { trade, number, what, part };
            let (debit, credit) =
                if amount.amount().is_sign_negative() { (credit, debit) } else { (debit, credit) };
            let amount = Money::new(amount.amount().abs(), amount.currency());
            Posting::Free(Transfer { id, debit, credit, amount })
        };
        let back = moved(FillPart::Returned, (Account::ReservedPositions, Account::Capital), back);
        let profit = moved(FillPart::Profit, (Account::Outside, Account::RealizedPnl), profit);
        let fee = moved(FillPart::Fee, (Account::RealizedPnl, Account::Fees), fee);
        self.all(trade.0, [back, profit, fee])
    }

    fn fee(order: OrderId, number: u32, fee: Money) -> Transfer {
        let (debit, credit) = if fee.amount().is_sign_negative() {
            (Account::Fees, Account::RealizedPnl)
        } else {
            (Account::RealizedPnl, Account::Fees)
        };
        Transfer {
            id: TransferId::Fill { order, number, part: FillPart::Fee },
            debit,
            credit,
            amount: Money::new(fee.amount().abs(), fee.currency()),
        }
    }

    /// The cost already booked for a fill of an entry, whichever account it came from.
    fn booked_cost(&self, order: OrderId, number: u32) -> Option<Decimal> {
        let is_cost = |made: &&Transfer| {
            let part = |part| made.id == TransferId::Fill { order, number, part };
            part(FillPart::Cost) || part(FillPart::Excess)
        };
        let made = self.recorded.get(&order.intent)?.iter().filter(is_cost);
        made.map(|made| made.amount.amount()).reduce(|sum, amount| sum + amount)
    }

    /// Makes the transfers that move anything, all or none. The first refusal is the answer; where
    /// nothing refuses and some were made before, they all were, or it was another call.
    fn all<const N: usize>(&mut self, intent: IntentId, postings: [Posting; N]) -> TransferCode {
        let balances = self.balances;
        let reserved = self.reservations.get(&intent).copied();
        let recorded = self.recorded.get(&intent).map_or(0, Vec::len);
        let (mut created, mut exists) = (false, false);
        for posting in postings {
            let code = match posting {
                Posting::Free(transfer) | Posting::Reserved(transfer)
                    if transfer.amount.amount().is_zero() =>
                {
                    continue;
                }
                Posting::Free(transfer) => self.transfer(transfer),
                Posting::Reserved(transfer) => self.post(intent, transfer),
            };
            created |= code == TransferCode::Created;
            exists |= code == TransferCode::Exists;
            let code = match (created, exists) {
                (true, true) => TransferCode::ExistsWithDifferentAmount,
                _ => code,
            };
            if !matches!(code, TransferCode::Created | TransferCode::Exists) {
                self.balances = balances;
                if let Some(reserved) = reserved {
                    self.reservations.insert(intent, reserved);
                }
                if let Some(transfers) = self.recorded.get_mut(&intent) {
                    transfers.truncate(recorded);
                }
                return code;
            }
        }
        if exists { TransferCode::Exists } else { TransferCode::Created }
    }
}

enum Posting {
    Free(Transfer),
    Reserved(Transfer),
}
