//! What the engine asks of the world. Implementations live outside: clocks and randomness in
//! `server`, feeds and brokers in `venues`, journals in `storage`.
//!
//! The engine itself never calls these; only [`crate::run`] does, so that everything else stays
//! synchronous and gives the same answers on every replay.

use std::future::Future;

use ballast_domain::exits::Levels;
use ballast_domain::{
    Bar, BrokerEvent, MarketStatus, OrderId, Price, Quantity, Symbol, Timeframe, Timestamp, TradeId,
};
use thiserror::Error;

use crate::risk::{ApprovedAmendment, OrderIntent};
use crate::run::Durable;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The instant now, UTC.
    fn now(&self) -> Timestamp;
}

/// Gives randomness, for ids that must be unguessable or unique.
pub trait Entropy: Send + Sync {
    /// 64 random bits.
    fn bits(&self) -> u64;
}

/// An append-only, gapless sequence of records of one tenant, such as its journal.
///
/// An append that fails with [`JournalError::Unavailable`] may have been written all the same: the
/// answer was lost, not the records. The caller never guesses. It continues the journal locally by
/// a batch that begins with the same records, so that it does not matter whether they are in the
/// store; or it discards what it had folded and folds the journal again, which holds all of the
/// batch or none of it.
pub trait Journal<R>: Send + Sync {
    /// Appends all of `records` after the record with sequence `expected_seq` (zero for an empty
    /// journal), or nothing. Done means durable: a power cut cannot take it back. No records at
    /// all only asks whether this would be allowed.
    ///
    /// # Errors
    /// [`JournalError`], by what the caller does next.
    fn append(
        &self,
        expected_seq: u64,
        records: &[R],
    ) -> impl Future<Output = Result<Receipt, JournalError>> + Send;

    /// Makes records durable on this node alone, as the continuation of the journal while its store
    /// is away: they are read as part of it from now on, and appended to the store, in order, once
    /// that is back. Only for what must not wait: what lowers risk, and what a venue has said.
    ///
    /// # Errors
    /// [`JournalError::Unavailable`] when the node has no room for them either.
    fn append_locally(
        &self,
        expected_seq: u64,
        records: &[R],
    ) -> impl Future<Output = Result<Receipt, JournalError>> + Send;

    /// Whether the store is away as far as this node knows, or has not yet got what continues the
    /// journal locally: an append would be refused.
    fn is_away(&self) -> bool;

    /// Up to `limit` records that follow `after_seq`, in order; fewer only at the end.
    ///
    /// # Errors
    /// [`JournalError`], by what the caller does next; `Corrupt` also when the journal ends before
    /// `after_seq`, because somebody has read records that it no longer holds.
    fn read(
        &self,
        after_seq: u64,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<R>, JournalError>> + Send;
}

/// The proof that a batch is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    last_seq: u64,
}

impl Receipt {
    /// For a journal that has made everything up to `last_seq` durable.
    #[must_use]
    pub const fn new(last_seq: u64) -> Self {
        Self { last_seq }
    }

    /// The last sequence that is durable.
    #[must_use]
    pub const fn last_seq(self) -> u64 {
        self.last_seq
    }
}

/// Why a journal did not do what it was asked, by what the caller does next.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JournalError {
    /// Someone has appended meanwhile, perhaps this caller by an append whose answer was lost:
    /// fold it again.
    #[error("the journal stands at {actual}, not at {expected}: another writer has appended")]
    Conflict {
        /// Where the caller thought the journal ended.
        expected: u64,
        /// Where it ends.
        actual: u64,
    },
    /// The caller's epoch does not own the journal: stop.
    #[error("epoch {current} owns the tenant's journal, not epoch {ours}: this node must stop")]
    Fenced {
        /// The epoch under which the caller wrote.
        ours: u64,
        /// The epoch that owns the journal.
        current: u64,
    },
    /// The store cannot be reached or is full: try again later, enter nothing meanwhile.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// What is stored is not what was written: refuse the tenant and look at the store.
    #[error("the journal is damaged: {0}")]
    Corrupt(String),
    /// No journal can hold this batch (a record too large, or not JSON): a defect of the caller.
    /// Nothing was written; refuse the step that made it, do not try again.
    #[error("the journal refuses the batch: {0}")]
    Refused(String),
}

impl JournalError {
    /// The error of a node that cannot keep what its store did not take, with why that did not.
    #[must_use]
    pub fn beside(self, store: Option<String>) -> Self {
        match (self, store) {
            (Self::Unavailable(node), Some(store)) => Self::Unavailable(format!("{store}; {node}")),
            (error, _) => error,
        }
    }
}

/// What a venue does by itself, also while nobody here runs. The rest is emulated, while this
/// process runs: trails, break-even and pairs by the engine, which looks at closed bars; stops,
/// targets and trailing orders by the venue's adapter, which hears every price. To the engine an
/// adapter's emulation looks like the venue's own: it takes the same calls and tells the same
/// fills, by the same order ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct Capabilities {
    /// It holds the protective stop of a trade.
    pub stops: bool,
    /// It holds the profit targets of a trade.
    pub targets: bool,
    /// It cancels one of two orders when the other fills.
    pub pairs: bool,
    /// A stop order that trails follows the market there.
    pub trailing_orders: bool,
    /// The protective stop of a trade follows the market there.
    pub trails: bool,
}

/// A venue that takes orders. What it has to say comes back as [`BrokerEvent`]s through the
/// tenant's inbox, never as an answer here: an error of a submit never means that it failed.
pub trait Broker: Send + Sync {
    /// What the venue does by itself.
    const CAPABILITIES: Capabilities;

    /// Waits until the next order can leave at once, behind every queue and rate limit: control is
    /// compared after it and before [`Self::submit`].
    fn ready(&self) -> impl Future<Output = ()> + Send;

    /// Sends an accepted, durable intent; its client order id is the idempotency key.
    fn submit(&self, intent: Durable<OrderIntent>) -> impl Future<Output = ()> + Send;

    /// Asks for an order to be cancelled.
    fn cancel(&self, order: OrderId) -> impl Future<Output = ()> + Send;

    /// Asks for a working order to become another. A venue takes each revision once, and none that
    /// is older than the one it has, so that to ask again is safe; answered by
    /// [`BrokerEvent::Amended`] or [`BrokerEvent::AmendmentRejected`].
    fn amend(&self, amendment: Durable<ApprovedAmendment>) -> impl Future<Output = ()> + Send;

    /// Lets what protects a trade stand at these levels. They are all there is to know, so that to
    /// tell them again is safe; what a target has filled meanwhile counts to the leg of its number.
    fn protect(&self, trade: TradeId, levels: Levels) -> impl Future<Output = ()> + Send;

    /// Asks what has become of an order; answered by events, [`BrokerEvent::NotFound`] included.
    /// The answer is what is true now: [`BrokerEvent::Accepted`] is said only of an order that
    /// works, because one that should be gone is cancelled for it.
    fn query(&self, order: OrderId) -> impl Future<Output = ()> + Send;
}

/// A source of market data.
pub trait Feed: Send {
    /// The next event, in order of time; `None` when the feed has ended for good. Whoever stops
    /// waiting for it loses none.
    ///
    /// # Errors
    /// [`FeedError`], by what the caller does next.
    fn next(&mut self) -> impl Future<Output = Result<Option<MarketEvent>, FeedError>> + Send;

    /// Closed bars of the past with `from < close_time <= to`, in order, and none that
    /// [`Self::next`] has still to tell. They can be waited for while the feed goes on.
    ///
    /// # Errors
    /// [`FeedError`], by what the caller does next.
    fn history(
        &self,
        symbol: Symbol,
        timeframe: Timeframe,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Future<Output = Result<Vec<Bar>, FeedError>> + Send + 'static + use<Self>;
}

/// What a market tells. Feeds have already refused NaN, negative and out-of-order data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarketEvent {
    /// A bar has closed.
    Bar {
        /// The instrument.
        symbol: Symbol,
        /// The interval.
        timeframe: Timeframe,
        /// The bar.
        bar: Bar,
    },
    /// Something traded.
    Tick {
        /// The instrument.
        symbol: Symbol,
        /// When.
        at: Timestamp,
        /// At what price.
        price: Price,
        /// How many units; zero when unknown.
        quantity: Quantity,
    },
    /// The venue has opened, halted or closed trading of an instrument. A feed tells it also when
    /// it begins, of what is not open.
    Status {
        /// The instrument.
        symbol: Symbol,
        /// When.
        at: Timestamp,
        /// What holds from then on.
        status: MarketStatus,
    },
}

/// Why a feed has no event, by what the caller does next.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FeedError {
    /// The source is away: entries go stale; ask again.
    #[error("market data is unavailable: {0}")]
    Unavailable(String),
    /// The source gave something that cannot be true; it was dropped. Ask again.
    #[error("market data was refused: {0}")]
    Refused(String),
}

/// What a broker tells the tenant's loop, with the instant it became known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerMessage {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: BrokerEvent,
}

/// The gaps between two effects of a running process. What happens in the world is at one side of
/// a gap or the other, so a process may end in any of them without losing or doubling anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gap {
    /// The engine has stepped; nothing is durable yet.
    Stepped,
    /// The step's events are durable; nothing was sent.
    Appended,
    /// An order was handed to the broker; more may follow.
    Submitted,
    /// A venue was asked to change an order; more may follow.
    Amended,
    /// A venue was asked to cancel an order; more may follow.
    Cancelled,
    /// A venue was told where what protects a trade stands; more may follow.
    Protected,
    /// Everything that a step asked for was done; nobody was told.
    Released,
    /// The venue has an order; its record is not durable yet.
    VenueTook,
    /// The venue's record is durable; the engine was not told.
    VenueRecorded,
    /// The venue has filled; its record is not durable yet.
    VenueFilled,
    /// The engine was told.
    VenueTold,
    /// The store is away, and a step's events or the venue's record are durable on this node alone;
    /// nothing was sent or told.
    KeptLocally,
    /// The store has got what this node has kept; the node has not forgotten it yet.
    Drained,
}

impl Gap {
    /// The gaps of a process whose store answers.
    pub const USUAL: [Self; 8] = [
        Self::Stepped,
        Self::Appended,
        Self::Submitted,
        Self::Released,
        Self::VenueTook,
        Self::VenueRecorded,
        Self::VenueFilled,
        Self::VenueTold,
    ];
    /// Those of one whose store is away, or has been.
    pub const AWAY: [Self; 2] = [Self::KeptLocally, Self::Drained];

    /// Those behind what a step may ask of a venue beside a new order.
    pub const ASKED: [Self; 3] = [Self::Amended, Self::Cancelled, Self::Protected];

    /// Its name in tables and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stepped => "stepped",
            Self::Appended => "appended",
            Self::Submitted => "submitted",
            Self::Amended => "amended",
            Self::Cancelled => "cancelled",
            Self::Protected => "protected",
            Self::Released => "released",
            Self::VenueTook => "venue-took",
            Self::VenueRecorded => "venue-recorded",
            Self::VenueFilled => "venue-filled",
            Self::VenueTold => "venue-told",
            Self::KeptLocally => "kept-locally",
            Self::Drained => "drained",
        }
    }
}

/// Told of every gap as it is passed. Does nothing but in tests, which end the process there.
pub trait Gaps: Send + Sync + std::fmt::Debug {
    /// The process is in `gap` now.
    fn pass(&self, gap: Gap);
}

/// Passes every gap.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoGaps;

impl Gaps for NoGaps {
    fn pass(&self, _: Gap) {}
}
