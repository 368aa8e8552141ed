//! Signals: the wish to change what is held.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::exits::Protection;
use crate::id::{OrderId, ProfileId, TradeId};
use crate::instrument::Symbol;
use crate::number::Quantity;
use crate::order::{ExitReason, OrderType, Reversal, TimeInForce};
use crate::trade::{Direction, Slot};

/// Who or what asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Origin {
    /// The profile's strategy.
    Strategy,
    /// A person.
    Manual {
        /// The person's user id.
        by: String,
    },
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Signal {
    /// Who asks.
    pub origin: Origin,
    /// For which profile.
    pub profile: ProfileId,
    /// For which instrument.
    pub symbol: Symbol,
    /// What to do.
    pub terms: SignalTerms,
}

/// What a signal asks to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum SignalTerms {
    /// Open a trade.
    Enter {
        /// Which way.
        direction: Direction,
        /// What tells it from other entries of this profile and symbol.
        slot: Slot,
        /// Units wanted, before rounding to the lot.
        quantity: Decimal,
        /// At what price.
        order_type: OrderType,
        /// For how long.
        time_in_force: TimeInForce,
        /// What protects it once it has filled.
        protection: Protection,
        /// Whether the order may be cut down to what is available when it fills; a person's order
        /// is refused instead.
        cut_to_available: bool,
        /// Another order of the profile that is cancelled when this one fills.
        cancels: Option<OrderId>,
    },
    /// Leave a trade.
    Exit {
        /// Which one.
        trade: TradeId,
        /// Units; all that no other exit has claimed when absent.
        quantity: Option<Quantity>,
        /// At what price.
        order_type: OrderType,
        /// For how long.
        time_in_force: TimeInForce,
        /// Why.
        reason: ExitReason,
        /// What to enter once the exit has filled.
        then: Option<Box<Reversal>>,
    },
}
