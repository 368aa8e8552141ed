//! What exists in trading: the values every other part of Ballast speaks in.
//!
//! Identifiers, exact numbers with units, instruments, bars, orders, trades, the ledger's nouns,
//! control, strategy configs and the journal's events. Values only: nothing here reads a clock, a
//! file or the network, and nothing decides. What happens to these values is `ballast-engine`.
#![deny(clippy::float_arithmetic)]
#![warn(missing_docs)]

pub mod bar;
pub mod control;
pub mod corporate;
pub mod evaluation;
pub mod event;
pub mod exits;
pub mod id;
pub mod instrument;
pub mod ledger;
pub mod limits;
pub mod lock;
pub mod market;
pub mod number;
pub mod order;
pub mod product;
pub mod profile;
pub mod refusal;
pub mod signal;
pub mod strategy;
pub mod time;
pub mod trade;
pub mod zone;

pub use bar::{Bar, BarError, FrameId};
pub use control::{ControlMode, ControlSnapshot};
pub use corporate::CorporateAction;
pub use evaluation::{Decision, Evaluation, Hold, RuleOutcome, RuleState};
pub use event::{Cause, Envelope, Event};
pub use exits::{Protection, Stop, StopKind, Target};
pub use id::{
    ActionId, ClientOrderId, FillId, IntentId, OrderId, ProfileId, RequestId, TenantId, TradeId,
};
pub use instrument::{AssetClass, Instrument, PresetName, Symbol, VenueId};
pub use ledger::{Account, TransferCode, TransferId};
pub use limits::{LimitScope, Limits};
pub use lock::{Lock, LockReason};
pub use market::{MarketStatus, Markets};
pub use number::{Currency, Money, NumberError, Price, Quantity};
pub use order::{
    ActiveState, Amendment, BrokerEvent, DoneState, ExitReason, Fill, OrderState, OrderTerms,
    OrderType, Purpose, Side, TimeInForce,
};
pub use product::{Availability, Product};
pub use profile::{Capital, Mode, ProfileDocument, ProfileStatus};
pub use refusal::Refusal;
pub use signal::{Origin, Signal, SignalTerms};
pub use strategy::StrategyConfig;
pub use time::{Timeframe, Timestamp};
pub use trade::{Direction, Execution, ExitLeg, Slot, Trade};
pub use zone::{Day, Zone};
