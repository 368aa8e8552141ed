//! Orders and fills: what is asked of a venue, and what the venue says.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::exits::Protection;
use crate::id::{FillId, IntentId, OrderId, TradeId};
use crate::instrument::Symbol;
use crate::number::{Money, Price, Quantity};
use crate::time::Timestamp;
use crate::trade::{Direction, Slot};

/// Which way an order trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// Takes the instrument for money.
    Buy,
    /// Gives the instrument for money.
    Sell,
}

impl Side {
    /// The other side.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// `buy` or `sell`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }
}

/// At what price an order may trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum OrderType {
    /// At whatever the market gives next.
    Market,
    /// At this price or better.
    Limit {
        /// The worst price accepted.
        limit_price: Price,
    },
    /// At the market once the price has reached this one.
    Stop {
        /// The price that triggers it.
        stop_price: Price,
    },
    /// As a limit order once the price has reached the stop.
    StopLimit {
        /// The price that triggers it.
        stop_price: Price,
        /// The worst price accepted from then on.
        limit_price: Price,
    },
    /// A stop that follows the market's extreme since it was placed.
    TrailingStop {
        /// Distance from the extreme, in the price's unit.
        distance: Decimal,
    },
}

/// How long an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub enum TimeInForce {
    /// Until the session ends.
    Day,
    /// Until it is cancelled.
    #[default]
    Gtc,
    /// What cannot fill at the first chance is dropped.
    Ioc,
    /// All of it at the first chance, or nothing.
    Fok,
    /// At the close of the bar that is closing now; used by session-end exits only.
    AtClose,
}

/// Why a position was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitReason {
    /// The strategy's exit condition.
    ExitSignal,
    /// An entry the other way.
    OppositeSignal,
    /// The protective stop.
    StopLoss,
    /// A profit target.
    TakeProfit,
    /// The stop, after the trail had moved it.
    TrailingStop,
    /// Held for as many bars as allowed.
    TimeStop,
    /// The session ended.
    SessionEnd,
    /// A person closed it.
    Manual,
    /// Everything was flattened.
    Flatten,
    /// The loss had used up what a short had reserved.
    Liquidation,
    /// Less than one lot was left over, which no order can sell.
    Dust,
    /// A fraction that a split has left was paid out in cash.
    CashInLieu,
}

impl ExitReason {
    /// The stable spelling used in results and files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ExitSignal => "exit_signal",
            Self::OppositeSignal => "opposite_signal",
            Self::StopLoss => "stop_loss",
            Self::TakeProfit => "take_profit",
            Self::TrailingStop => "trailing_stop",
            Self::TimeStop => "time_stop",
            Self::SessionEnd => "session_end",
            Self::Manual => "manual",
            Self::Flatten => "flatten",
            Self::Liquidation => "liquidation",
            Self::Dust => "dust",
            Self::CashInLieu => "cash_in_lieu",
        }
    }
}

/// What an order is for: it opens a trade or it leaves one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Purpose {
    /// Opens a trade.
    Enter {
        /// Which way the trade goes.
        direction: Direction,
        /// What tells it from other entries of the same profile and symbol.
        slot: Slot,
        /// What protects it once it has filled.
        protection: Protection,
    },
    /// Leaves all or part of a trade.
    Exit {
        /// The trade to leave.
        trade: TradeId,
        /// Why.
        reason: ExitReason,
        /// What to enter at once when the exit has filled, for a reversal.
        then: Option<Box<Reversal>>,
    },
}

/// The second half of a reversal, its quantity fixed when the signal was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reversal {
    /// The way of the new trade.
    pub direction: Direction,
    /// Units to enter with, before any cut to what is available.
    pub quantity: Quantity,
    /// What protects the new trade.
    pub protection: Protection,
}

/// Everything that was accepted about an order, as journaled and as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderTerms {
    /// The accepted intent, whose id is the idempotency key.
    pub intent: IntentId,
    /// When the gate accepted it.
    pub accepted_at: Timestamp,
    /// The instrument.
    pub symbol: Symbol,
    /// Buy or sell.
    pub side: Side,
    /// At what price.
    pub order_type: OrderType,
    /// For how long.
    pub time_in_force: TimeInForce,
    /// Units, already rounded to the lot.
    pub quantity: Quantity,
    /// What is reserved for it: cost and fees for an entry, nothing for an exit.
    pub reserved: Money,
    /// Another order of the same profile that is cancelled when this one fills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancels: Option<OrderId>,
    /// What it is for.
    #[serde(flatten)]
    pub purpose: Purpose,
}

/// What a working order is to become. It keeps its id and its time in force, and what of it has
/// filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Amendment {
    /// Counted from one for each order. A venue takes each once, and none that is older than the
    /// one it has.
    pub revision: u32,
    /// Units in all, those that have filled included.
    pub quantity: Quantity,
    /// At what price; of the same kind as before.
    pub order_type: OrderType,
    /// What is reserved for it beyond what was.
    pub adds: Money,
    /// What of the reservation is free once the venue has it.
    pub frees: Money,
}

impl OrderTerms {
    /// The terms once the venue has taken an amendment of them.
    #[must_use]
    pub fn amended(&self, amendment: &Amendment) -> Self {
        let Amendment { quantity, order_type, adds, frees, .. } = *amendment;
        let reserved = self.reserved.checked_add(adds).and_then(|more| more.checked_sub(frees));
        let reserved = reserved.unwrap_or(self.reserved);
        Self { quantity, order_type, reserved, ..self.clone() }
    }

    /// The main order of these terms.
    #[must_use]
    pub const fn order_id(&self) -> OrderId {
        OrderId::main(self.intent)
    }

    /// Whether the order only lowers what is held.
    #[must_use]
    pub const fn is_reducing(&self) -> bool {
        matches!(self.purpose, Purpose::Exit { .. })
    }
}

/// Where an order is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OrderState {
    /// It may still fill.
    Active(ActiveState),
    /// It will not fill any more.
    Done(DoneState),
}

/// The states from which an order may still fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActiveState {
    /// Journaled; the venue has not answered yet.
    PendingSubmit,
    /// The venue has it.
    Accepted,
    /// Part of it has filled.
    PartiallyFilled,
    /// We asked the venue to cancel it.
    PendingCancel,
    /// We do not know whether the venue has it; the venue is asked by client order id.
    Unknown,
}

/// The states in which an order has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DoneState {
    /// All of it filled.
    Filled,
    /// Cancelled, by us or by the venue.
    Cancelled,
    /// The venue would not take it.
    Rejected,
    /// Its time in force ran out.
    Expired,
    /// It never reached the venue, as the venue confirmed.
    Voided,
}

impl OrderState {
    /// Whether the order may still fill.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Active(_))
    }
}

/// One execution, as the venue reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fill {
    /// The venue's name for it; a second report with the same name is the same fill.
    pub id: FillId,
    /// When: the trade's time, or the opening time of the bar that filled.
    pub at: Timestamp,
    /// The price paid or received, slippage included.
    pub price: Price,
    /// Units.
    pub quantity: Quantity,
    /// What the venue took, in whatever currency; negative for a rebate.
    pub fee: Money,
}

/// What a venue says about one of our orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum BrokerEvent {
    /// The venue has it.
    Accepted {
        /// The order.
        order: OrderId,
    },
    /// All or part of it traded.
    Filled {
        /// The order.
        order: OrderId,
        /// The execution.
        fill: Fill,
    },
    /// An execution that was told is none, or was another.
    Corrected {
        /// The order.
        order: OrderId,
        /// The execution that is taken back.
        fill: FillId,
        /// What takes its place; nothing when it was busted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Fill>,
    },
    /// It will not fill further.
    Cancelled {
        /// The order.
        order: OrderId,
    },
    /// The venue would not take it.
    Rejected {
        /// The order.
        order: OrderId,
        /// The venue's reason.
        reason: String,
    },
    /// Its time in force ran out.
    Expired {
        /// The order.
        order: OrderId,
    },
    /// Nobody can tell yet whether the venue has it.
    Unknown {
        /// The order.
        order: OrderId,
        /// What went wrong.
        reason: String,
    },
    /// The venue was asked by client order id, and does not have it.
    NotFound {
        /// The order.
        order: OrderId,
    },
    /// The venue has changed it as was asked.
    Amended {
        /// The order.
        order: OrderId,
        /// Which amendment it was.
        revision: u32,
    },
    /// The venue would not change it: it stands as before, or has ended.
    AmendmentRejected {
        /// The order.
        order: OrderId,
        /// Which amendment it was.
        revision: u32,
        /// The venue's reason.
        reason: String,
    },
}

impl BrokerEvent {
    /// The order that the event is about.
    #[must_use]
    pub const fn order(&self) -> OrderId {
        match self {
            Self::Accepted { order }
            | Self::Filled { order, .. }
            | Self::Corrected { order, .. }
            | Self::Cancelled { order }
            | Self::Rejected { order, .. }
            | Self::Expired { order }
            | Self::Unknown { order, .. }
            | Self::NotFound { order }
            | Self::Amended { order, .. }
            | Self::AmendmentRejected { order, .. } => *order,
        }
    }
}
