//! The ledger's two nouns, accounts and transfers, and the exact answers it gives.

use serde::{Deserialize, Serialize};

use crate::id::{IntentId, OrderId, ProfileId, TradeId};
use crate::number::Money;

/// The accounts that every profile has in each of its currencies.
///
/// A transfer takes from one account and gives to another, so that all six always sum to zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Account {
    /// The world: where capital comes from, and the other side of every profit and loss.
    Outside,
    /// Allocated capital that nothing is reserved from.
    Capital,
    /// Reserved for entries that may still fill.
    ReservedOrders,
    /// The cost of what is held.
    ReservedPositions,
    /// Profit and loss of what was left, net of fees.
    RealizedPnl,
    /// Fees paid to venues.
    Fees,
}

impl Account {
    /// Every account.
    pub const ALL: [Self; 6] = [
        Self::Outside,
        Self::Capital,
        Self::ReservedOrders,
        Self::ReservedPositions,
        Self::RealizedPnl,
        Self::Fees,
    ];
}

/// The name of a transfer, made by whoever asks for it: the same cause always has the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TransferId {
    /// Capital allocated to a profile by this version of its document.
    Allocation {
        /// The profile.
        profile: ProfileId,
        /// The document's version.
        version: u64,
    },
    /// The reservation for an accepted entry.
    Reserve {
        /// The intent.
        intent: IntentId,
    },
    /// The rest of a reservation going back when its order has ended.
    Release {
        /// The intent.
        intent: IntentId,
    },
    /// One of the transfers of an amendment.
    Amendment {
        /// The intent whose order was amended.
        intent: IntentId,
        /// Which amendment.
        revision: u32,
        /// Which of its transfers.
        part: AmendmentPart,
    },
    /// One of the transfers of a fill.
    Fill {
        /// The order that filled.
        order: OrderId,
        /// Which of its fills, from one.
        number: u32,
        /// Which of the fill's transfers.
        part: FillPart,
    },
    /// One of the transfers of what happened to a trade beside its fills.
    Change {
        /// The trade.
        trade: TradeId,
        /// Which of its changes, from one.
        number: u32,
        /// What happened.
        what: Change,
        /// Which of the change's transfers.
        part: FillPart,
    },
}

/// The transfers that one amendment can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AmendmentPart {
    /// More is reserved, before the venue is asked.
    Adds,
    /// Less is needed, once the venue has it.
    Frees,
    /// What was added goes back, because the venue did not take it.
    Back,
}

/// What happens to a trade beside its fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// What is left over and too little to sell is written off.
    Dust,
    /// A fill that the venue has taken back is undone.
    Correction,
    /// A fraction that a split has left is paid out in cash.
    CashInLieu,
    /// A dividend is paid, or owed.
    Dividend,
}

/// The transfers that one fill or change can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FillPart {
    /// The reserved cost becomes a position's cost.
    Cost,
    /// Cost beyond what was reserved.
    Excess,
    /// What was reserved for fees goes back before the fee is taken.
    FeeReserve,
    /// The fee.
    Fee,
    /// A left position's cost goes back to capital.
    Returned,
    /// Profit or loss.
    Profit,
}

/// An immutable movement of money between two accounts of one profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    /// Its name.
    pub id: TransferId,
    /// Where the money comes from.
    pub debit: Account,
    /// Where it goes.
    pub credit: Account,
    /// How much, above zero.
    pub amount: Money,
}

/// The ledger's exact answer to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TransferCode {
    /// Done.
    Created,
    /// This transfer was made before, exactly so; nothing changed.
    Exists,
    /// A transfer of this name was made with another amount; nothing changed.
    ExistsWithDifferentAmount,
    /// A transfer of this name was made between other accounts; nothing changed.
    ExistsWithDifferentAccounts,
    /// Debit and credit are the same account.
    AccountsMustDiffer,
    /// Amounts are above zero.
    AmountMustBePositive,
    /// The amount is in another currency than the book.
    CurrencyMismatch,
    /// A reservation would make what is available negative.
    InsufficientCapital,
    /// There is no reservation of this name.
    ReservationNotFound,
    /// More than what is left of the reservation.
    ExceedsReservation,
    /// The sum does not fit a decimal.
    Overflow,
}
