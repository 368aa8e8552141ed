//! The double-entry ledger of one profile in one currency.
//!
//! Money is only ever moved, by immutable transfers from one account to another, so that all
//! accounts sum to zero after every call. Entries reserve before they are sent: `reserve`, then
//! `post` what was spent, then `void` the rest. Each call answers with an exact
//! [`TransferCode`]; one that is not `Created` has changed nothing.

mod fills;

use std::collections::BTreeMap;

use ballast_domain::ledger::{AmendmentPart, Transfer};
use ballast_domain::{Account, Currency, IntentId, Money, TransferCode, TransferId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The accounts of one profile in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Book {
    currency: Currency,
    balances: [Decimal; Account::ALL.len()],
    /// What is left of each reservation.
    reservations: BTreeMap<IntentId, Decimal>,
    /// The transfers of intents that may still see a repetition.
    recorded: BTreeMap<IntentId, Vec<Transfer>>,
    allocations: Vec<Transfer>,
}

impl Book {
    /// An empty book in `currency`.
    #[must_use]
    pub const fn new(currency: Currency) -> Self {
        Self {
            currency,
            balances: [Decimal::ZERO; Account::ALL.len()],
            reservations: BTreeMap::new(),
            recorded: BTreeMap::new(),
            allocations: Vec::new(),
        }
    }

    /// What all amounts are counted in.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The balance of `account`, credits less debits, in the book's currency.
    #[must_use]
    pub const fn balance(&self, account: Account) -> Decimal {
        self.balances[account as usize]
    }

    /// What neither orders nor positions use: allocated − reserved for orders − reserved for
    /// positions + realised profit, in the book's currency.
    #[must_use]
    pub fn available(&self) -> Decimal {
        self.balance(Account::Capital) + self.balance(Account::RealizedPnl)
    }

    /// What the profile is worth with its positions at cost, in the book's currency.
    #[must_use]
    pub fn equity_at_cost(&self) -> Decimal {
        self.available()
            + self.balance(Account::ReservedOrders)
            + self.balance(Account::ReservedPositions)
    }

    /// What is left of the reservation for `intent`; zero when there is none.
    #[must_use]
    pub fn reservation(&self, intent: IntentId) -> Decimal {
        self.reservations.get(&intent).copied().unwrap_or_default()
    }

    /// Moves money; an allocation may bring capital from outside or send it back.
    pub fn transfer(&mut self, transfer: Transfer) -> TransferCode {
        match self.check(&transfer) {
            TransferCode::Created => self.book(transfer),
            refused => refused,
        }
    }

    /// Sets `amount` aside for an entry; refused when more than what is available.
    pub fn reserve(&mut self, intent: IntentId, amount: Money) -> TransferCode {
        self.set_aside(intent, TransferId::Reserve { intent }, amount)
    }

    /// Adds to a reservation for an amendment; refused when more than what is available.
    pub fn reserve_more(&mut self, intent: IntentId, revision: u32, amount: Money) -> TransferCode {
        let part = AmendmentPart::Adds;
        self.set_aside(intent, TransferId::Amendment { intent, revision, part }, amount)
    }

    fn set_aside(&mut self, intent: IntentId, id: TransferId, amount: Money) -> TransferCode {
        let (debit, credit) = (Account::Capital, Account::ReservedOrders);
        let transfer = Transfer { id, debit, credit, amount };
        match self.check(&transfer) {
            TransferCode::Created if amount.amount() > self.available() => {
                TransferCode::InsufficientCapital
            }
            TransferCode::Created => {
                let code = self.book(transfer);
                if code == TransferCode::Created {
                    *self.reservations.entry(intent).or_default() += amount.amount();
                }
                code
            }
            refused => refused,
        }
    }

    /// Gives part of a reservation back for an amendment; refused beyond what is left.
    pub fn free(
        &mut self,
        (intent, revision): (IntentId, u32),
        part: AmendmentPart,
        amount: Money,
    ) -> TransferCode {
        let transfer = Transfer {
            id: TransferId::Amendment { intent, revision, part },
            debit: Account::ReservedOrders,
            credit: Account::Capital,
            amount,
        };
        self.post(intent, transfer)
    }

    /// Turns part of a reservation into another account's money; refused beyond what is left.
    pub fn post(&mut self, intent: IntentId, transfer: Transfer) -> TransferCode {
        match self.check(&transfer) {
            TransferCode::Created => {}
            refused => return refused,
        }
        let Some(left) = self.reservations.get(&intent).copied() else {
            return TransferCode::ReservationNotFound;
        };
        let amount = transfer.amount.amount();
        if amount > left {
            return TransferCode::ExceedsReservation;
        }
        let code = self.book(transfer);
        if code == TransferCode::Created {
            self.reservations.insert(intent, left - amount);
        }
        code
    }

    /// Gives the rest of a reservation back; done once, however often it is asked for.
    pub fn void(&mut self, intent: IntentId) -> TransferCode {
        let id = TransferId::Release { intent };
        let Some(left) = self.reservations.get(&intent).copied() else {
            let voided = self.recorded_under(id).iter().any(|made| made.id == id);
            let missing = TransferCode::ReservationNotFound;
            return if voided { TransferCode::Exists } else { missing };
        };
        let (debit, credit) = (Account::ReservedOrders, Account::Capital);
        let amount = Money::new(left, self.currency);
        let code = match left.is_zero() {
            true => TransferCode::Created,
            false => self.book(Transfer { id, debit, credit, amount }),
        };
        if code == TransferCode::Created {
            self.reservations.remove(&intent);
        }
        code
    }

    /// Drops the memory of an intent's transfers, once nothing can repeat them any more.
    pub fn forget(&mut self, intent: IntentId) {
        self.recorded.remove(&intent);
    }

    /// The transfers of an intent that may still see a repetition, in the order they were made.
    #[must_use]
    pub fn transfers(&self, intent: IntentId) -> &[Transfer] {
        self.recorded.get(&intent).map_or(&[], Vec::as_slice)
    }

    /// The transfers that brought capital or took it back.
    #[must_use]
    pub fn allocations(&self) -> &[Transfer] {
        &self.allocations
    }

    /// Zero, always: what all accounts sum to.
    #[must_use]
    pub fn sum(&self) -> Decimal {
        self.balances.iter().copied().sum()
    }

    fn check(&self, transfer: &Transfer) -> TransferCode {
        if transfer.amount.currency() != self.currency {
            return TransferCode::CurrencyMismatch;
        }
        if transfer.debit == transfer.credit {
            return TransferCode::AccountsMustDiffer;
        }
        if transfer.amount.amount() <= Decimal::ZERO {
            return TransferCode::AmountMustBePositive;
        }
        let known = self.recorded_under(transfer.id).iter().find(|made| made.id == transfer.id);
        match known {
            None => TransferCode::Created,
            Some(made) if (made.debit, made.credit) != (transfer.debit, transfer.credit) => {
                TransferCode::ExistsWithDifferentAccounts
            }
            Some(made) if made.amount != transfer.amount => TransferCode::ExistsWithDifferentAmount,
            Some(_) => TransferCode::Exists,
        }
    }

    fn book(&mut self, transfer: Transfer) -> TransferCode {
        let amount = transfer.amount.amount();
        let exact = |balance: Decimal| Money::checked(balance, self.currency).map(Money::amount);
        let debited = self.balance(transfer.debit).checked_sub(amount).and_then(exact);
        let credited = self.balance(transfer.credit).checked_add(amount).and_then(exact);
        let (Some(debited), Some(credited)) = (debited, credited) else {
            return TransferCode::Overflow;
        };
        self.balances[transfer.debit as usize] = debited;
        self.balances[transfer.credit as usize] = credited;
        match intent_of(transfer.id) {
            Some(intent) => self.recorded.entry(intent).or_default().push(transfer),
            None => self.allocations.push(transfer),
        }
        TransferCode::Created
    }

    fn recorded_under(&self, id: TransferId) -> &[Transfer] {
        match intent_of(id) {
            Some(intent) => self.transfers(intent),
            None => &self.allocations,
        }
    }
}

const fn intent_of(id: TransferId) -> Option<IntentId> {
    match id {
        TransferId::Allocation { .. } => None,
        TransferId::Reserve { intent }
        | TransferId::Release { intent }
        | TransferId::Amendment { intent, .. } => Some(intent),
        TransferId::Fill { order, .. } => Some(order.intent),
        TransferId::Change { trade, .. } => Some(trade.0),
    }
}

#[cfg(test)]
mod tests;
