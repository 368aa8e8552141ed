//! The journal's events: facts, never policy. State is a fold over them.
//!
//! Events are for ever. A stored event keeps its meaning; what changes gets a new variant or an
//! optional field, and an unknown event refuses the tenant rather than being skipped.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::bar::FrameId;
use crate::corporate::CorporateAction;
use crate::evaluation::Evaluation;
use crate::exits::{Stop, Target, TargetTerms};
use crate::id::{ActionId, FillId, OrderId, ProfileId, RequestId, TradeId};
use crate::instrument::Symbol;
use crate::limits::Limits;
use crate::lock::Lock;
use crate::number::{Money, Price, Quantity};
use crate::order::{Amendment, BrokerEvent, DoneState, Fill, OrderTerms};
use crate::profile::{ProfileDocument, ProfileStatus};
use crate::refusal::Refusal;
use crate::signal::{Origin, Signal};
use crate::time::Timestamp;
use crate::zone::Day;

/// The version of the event format that this build writes.
pub const EVENT_VERSION: u16 = 1;

/// An event as journaled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Envelope {
    /// The format's version, see [`EVENT_VERSION`].
    pub version: u16,
    /// Its place in the tenant's journal, from one without a gap.
    pub seq: u64,
    /// When it happened: the frame's close, or the clock's time for everything else.
    pub at: Timestamp,
    /// The request that caused it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// What caused it.
    pub cause: Cause,
    /// What happened.
    pub event: Event,
}

/// What made the engine take a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// The close of a frame.
    Frame(FrameId),
    /// A venue's message about this order.
    Broker(OrderId),
    /// Somebody's command.
    Command,
    /// A change of trading control to this version.
    Control(u64),
    /// The passing of time.
    Clock,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Event {
    /// A profile was made, or its document changed.
    ProfileChanged {
        /// The profile.
        profile: ProfileId,
        /// Counted from one; the profile's ETag.
        version: u64,
        /// The whole document.
        document: Box<ProfileDocument>,
        /// Who changed it.
        by: String,
    },
    /// A profile was started, stopped or put under review.
    ProfileStatusChanged {
        /// The profile.
        profile: ProfileId,
        /// What it does from now on.
        status: ProfileStatus,
        /// Why.
        reason: String,
        /// The person who changed it, where one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// A profile that held nothing was removed: it trades no more. What its venue still says of it
    /// is booked.
    ProfileRemoved {
        /// The profile.
        profile: ProfileId,
        /// Who removed it.
        by: String,
    },
    /// Everything that a profile holds is to be left, and what still comes of its orders too, until
    /// it is started again.
    FlattenRequested {
        /// The profile.
        profile: ProfileId,
        /// Who asked for it.
        by: String,
        /// Why.
        reason: String,
    },
    /// A strategy came to another decision than at the bar before, or to a signal.
    Evaluated {
        /// What it saw.
        evaluation: Box<Evaluation>,
    },
    /// The gate refused a signal.
    SignalRefused {
        /// What was asked for.
        signal: Box<Signal>,
        /// Why not.
        refusal: Box<Refusal>,
    },
    /// The gate accepted a signal; from here on its order may reach the venue.
    IntentAccepted {
        /// What was accepted.
        terms: Arc<OrderTerms>,
        /// The version of control that it was accepted under.
        control_version: u64,
        /// Who asked for it; journals of earlier releases do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Origin>,
    },
    /// The venue has the order.
    OrderAccepted {
        /// The order.
        order: OrderId,
    },
    /// We are asking the venue to cancel the order.
    CancelRequested {
        /// The order.
        order: OrderId,
        /// Why.
        reason: String,
    },
    /// The gate let a working order become another, and the venue is asked for it.
    AmendmentRequested {
        /// The order.
        order: OrderId,
        /// What it is to become.
        amendment: Box<Amendment>,
        /// Who asked for it.
        by: String,
    },
    /// The venue has changed the order as was asked.
    OrderAmended {
        /// The order.
        order: OrderId,
        /// Which amendment it was.
        revision: u32,
    },
    /// The order was not changed: it stands as before.
    AmendmentRejected {
        /// The order.
        order: OrderId,
        /// Which amendment it was.
        revision: u32,
        /// The venue's or our reason.
        reason: String,
    },
    /// All or part of the order traded.
    OrderFilled {
        /// The order.
        order: OrderId,
        /// The execution.
        fill: Box<Fill>,
    },
    /// The venue has taken a fill back: what it had booked is undone, and what takes its place is
    /// booked.
    FillCorrected {
        /// The order.
        order: OrderId,
        /// The execution that is taken back.
        fill: FillId,
        /// What takes its place; nothing when it was busted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Box<Fill>>,
    },
    /// The order has ended without (further) fills.
    OrderDone {
        /// The order.
        order: OrderId,
        /// How.
        state: DoneState,
        /// The venue's or our reason, empty when there is none.
        reason: String,
    },
    /// Nobody can tell whether the venue has the order.
    OrderUnknown {
        /// The order.
        order: OrderId,
        /// What went wrong.
        reason: String,
    },
    /// An entry filled, and these levels protect what is held now.
    ProtectionPlaced {
        /// The trade.
        trade: TradeId,
        /// Its stop.
        stop: Option<Stop>,
        /// Its targets.
        targets: Vec<Target>,
    },
    /// The stop moved, because the trail followed, the break-even distance was reached, or a person
    /// moved it.
    StopMoved {
        /// The trade.
        trade: TradeId,
        /// Where it stands now.
        stop: Stop,
        /// The person who moved it, where one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// A person has set other targets.
    TargetsMoved {
        /// The trade.
        trade: TradeId,
        /// Where they lie and which share of the entry each closes, by the numbers of their legs.
        terms: Vec<TargetTerms>,
        /// What they come to for what has entered by now.
        targets: Vec<Target>,
        /// The person.
        by: String,
    },
    /// A bar of the strategy's timeframe has closed while a trade with a limit on bars was open.
    BarHeld {
        /// The trade.
        trade: TradeId,
        /// Closes that it has seen by now.
        bars: u32,
        /// The close that was counted.
        close: Timestamp,
    },
    /// A trade has closed; so far prices went for and against it while it was open.
    ExcursionsKnown {
        /// The trade.
        trade: TradeId,
        /// The price at which it stood best.
        best: Price,
        /// The price at which it stood worst.
        worst: Price,
    },
    /// What fees in the coin itself have left of a trade is less than one lot, which no order can
    /// sell: it is written off.
    DustClosed {
        /// The trade.
        trade: TradeId,
        /// Units.
        quantity: Quantity,
    },
    /// The issuer of an instrument has done something to those who hold it.
    CorporateAction {
        /// The profile.
        profile: ProfileId,
        /// Its name; one of the same name is the same.
        id: ActionId,
        /// The instrument, under the name that it had.
        symbol: Symbol,
        /// What was done.
        action: CorporateAction,
        /// Who has told of it.
        by: String,
    },
    /// What a venue reported made what is available negative; entries of the profile stop.
    AvailableNegative {
        /// The profile.
        profile: ProfileId,
        /// What is available now.
        available: Money,
    },
    /// A day began for a profile of whose days something is limited.
    DayOpened {
        /// The profile.
        profile: ProfileId,
        /// The day where the profile is.
        day: Day,
        /// What it was worth at the last prices before it, in its currency.
        equity: Money,
    },
    /// A profile of whose drawdown something is limited is worth more than ever, by a basis point
    /// or more.
    PeakEquity {
        /// The profile.
        profile: ProfileId,
        /// What it is worth at the last prices, in its currency.
        equity: Money,
    },
    /// A protection has locked entries for a while.
    EntriesLocked {
        /// The profile.
        profile: ProfileId,
        /// Of what, until when and why.
        lock: Lock,
    },
    /// A person has lifted locks of entries.
    EntriesUnlocked {
        /// The profile.
        profile: ProfileId,
        /// Of which instrument; without it all locks of the profile.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        symbol: Option<Symbol>,
        /// Who lifted them.
        by: String,
    },
    /// The tenant's own limits changed.
    LimitsChanged {
        /// Counted from one; their ETag.
        version: u64,
        /// All of them.
        limits: Box<Limits>,
        /// Who changed them.
        by: String,
    },
    /// A venue's message that fits nothing we know; the profile goes under review.
    BrokerEventUnmatched {
        /// The message.
        message: Box<BrokerEvent>,
    },
}
