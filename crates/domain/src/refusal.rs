//! Refusals: the gate's "no", with the numbers that stand in the way.
//!
//! The codes are for ever; `refusal/table.rs` has each with its check and what would change it.

mod table;
mod words;

#[cfg(test)]
mod tests;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::control::{ControlMode, Scope};
use crate::id::{OrderId, ProfileId, TradeId};
use crate::instrument::{Symbol, VenueId};
use crate::limits::LimitScope;
use crate::lock::LockReason;
use crate::market::MarketStatus;
use crate::number::Price;
use crate::product::Availability;
use crate::profile::Mode;
use crate::time::Timestamp;
use crate::trade::Slot;

pub use table::{Concerns, REFUSALS, RefusalRow};

/// Why the gate said no, with the numbers. Each has a stable code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Refusal {
    /// The product is not in service.
    ProductUnavailable {
        /// How it stands, with what its operators say.
        availability: Availability,
    },
    /// Someone has stopped entries.
    Control {
        /// What is in force.
        mode: ControlMode,
        /// Who set it.
        by: String,
        /// Why.
        reason: String,
        /// What it covers; absent in what earlier releases have journaled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<Scope>,
        /// Since when; absent in what earlier releases have journaled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    /// Nobody can tell what control is in force.
    ControlUnknown,
    /// The store is away, so that nothing that raises risk could be recorded first.
    StoreAway,
    /// The tenant may not trade in the profile's mode.
    NotEntitled {
        /// The profile's mode.
        mode: Mode,
    },
    /// Nothing can be sent to the venue: it knows no account of the tenant.
    CredentialsMissing {
        /// The profile's venue.
        venue: VenueId,
    },
    /// The profile is not running.
    ProfileStopped,
    /// The profile waits for a person to look at something unexpected.
    UnderReview,
    /// The profile does not exist.
    ProfileUnknown,
    /// The profile does not trade this instrument.
    InstrumentUnknown {
        /// The instrument asked for.
        symbol: Symbol,
    },
    /// Rounded down to the lot, nothing is left.
    QuantityBelowLot {
        /// Units asked for.
        quantity: Decimal,
        /// The lot, in units; zero when any quantity is allowed.
        lot: Decimal,
    },
    /// An order cannot become smaller than what of it has filled.
    QuantityBelowFilled {
        /// Units asked for, in all.
        quantity: Decimal,
        /// Units that have filled.
        filled: Decimal,
    },
    /// The venue does not take so small an order.
    NotionalBelowMinimum {
        /// The order's notional, in quote currency.
        notional: Decimal,
        /// The venue's minimum, in quote currency.
        minimum: Decimal,
    },
    /// There is nothing (left) to leave.
    NothingToReduce {
        /// Units held.
        held: Decimal,
        /// Units that working exits have claimed.
        claimed: Decimal,
    },
    /// The trade does not exist or is closed.
    TradeUnknown {
        /// The trade asked for.
        trade: TradeId,
    },
    /// The instrument cannot be traded at its venue now.
    MarketClosed {
        /// The instrument.
        symbol: Symbol,
        /// What the venue says of it.
        status: MarketStatus,
    },
    /// No price is known for the instrument.
    MarketDataMissing,
    /// The last price is too old.
    MarketDataStale {
        /// Its age in milliseconds.
        age_ms: u64,
        /// The oldest allowed, in milliseconds.
        limit_ms: u64,
        /// Whose limit it is; absent in what earlier releases have journaled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<LimitScope>,
    },
    /// An entry of this slot is open or working.
    DuplicateEntry {
        /// The slot.
        slot: Slot,
    },
    /// Larger than one order may be.
    OrderQuantityAboveLimit {
        /// Units asked for.
        quantity: Decimal,
        /// Most allowed, in units.
        limit: Decimal,
        /// Whose limit it is; absent in what earlier releases have journaled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<LimitScope>,
    },
    /// Larger than one order may be.
    OrderNotionalAboveLimit {
        /// The order's notional, in quote currency.
        notional: Decimal,
        /// Most allowed, in quote currency.
        limit: Decimal,
        /// Whose limit it is; absent in what earlier releases have journaled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<LimitScope>,
    },
    /// As many trades are open or being entered as allowed.
    TooManyPositions {
        /// Open or being entered.
        open: u32,
        /// Most allowed.
        limit: u32,
        /// Whose limit it is; absent in what earlier releases have journaled.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<LimitScope>,
    },
    /// A limit or stop price is so far from the last one that it is taken for a typing error.
    PriceImplausible {
        /// The price asked for.
        price: Price,
        /// The last price.
        last: Price,
        /// How many times above or below the last price it may be.
        limit: Decimal,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// Nobody can tell whether the venue has an order of the profile.
    NotReconciled {
        /// The order.
        order: OrderId,
    },
    /// The entry could trade with an order of the tenant's own.
    SelfTrade {
        /// The own order.
        order: OrderId,
        /// The price that it rests at.
        price: Price,
    },
    /// The instrument would use more than allowed.
    PositionAboveLimit {
        /// With this entry, in quote currency.
        notional: Decimal,
        /// Most allowed, in quote currency.
        limit: Decimal,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// All positions and entries would use more than allowed.
    ExposureAboveLimit {
        /// With this entry, in the profile's currency.
        exposure: Decimal,
        /// Most allowed, in the profile's currency.
        limit: Decimal,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// Working entries would reserve more than allowed.
    OpenOrdersAboveLimit {
        /// With this entry, in the profile's currency.
        notional: Decimal,
        /// Most allowed, in the profile's currency.
        limit: Decimal,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// As many entries as allowed were accepted within a minute.
    OrderRateAboveLimit {
        /// Entries of the last 60 seconds.
        orders: u32,
        /// Most allowed.
        limit: u32,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// The last entry of the same instrument and side is too young.
    EntryTooSoon {
        /// Its age in milliseconds.
        elapsed_ms: u64,
        /// The least allowed, in milliseconds.
        limit_ms: u64,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// What is held is not all priced, so that nobody can tell what was lost.
    EquityUnknown {
        /// The profile that holds it.
        profile: ProfileId,
        /// Whose loss is limited.
        scope: LimitScope,
    },
    /// The day has lost as much as allowed.
    DailyLossReached {
        /// Lost since the day's opening, in the profile's currency.
        loss: Decimal,
        /// From where on nothing is entered, in the profile's currency.
        limit: Decimal,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// The day has lost as much as allowed.
    DailyLossPercentReached {
        /// Lost since the day's opening, in percent of equity then.
        loss_percent: Decimal,
        /// From where on nothing is entered, in percent.
        limit_percent: Decimal,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// Equity is as far below its peak as allowed.
    DrawdownReached {
        /// How far, in percent of the peak.
        drawdown_percent: Decimal,
        /// From where on nothing is entered, in percent.
        limit_percent: Decimal,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// A protection has locked entries for a while.
    EntriesLocked {
        /// Of which instrument; of all when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        symbol: Option<Symbol>,
        /// Until when.
        until: Timestamp,
        /// Why.
        why: LockReason,
    },
    /// The instrument is not to be entered.
    SymbolRestricted {
        /// The instrument.
        symbol: Symbol,
        /// Whose list it is on.
        scope: LimitScope,
    },
    /// The entry may fill at a price that is too much worse than the market's.
    PriceBeyondCollar {
        /// The worst price at which it may fill.
        price: Price,
        /// The price that it is compared with.
        reference: Price,
        /// How much worse it may be, in percent.
        limit_percent: Decimal,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// Cost and fees are more than what is available.
    InsufficientCapital {
        /// Cost and fees, in the profile's currency.
        needed: Decimal,
        /// What is available, in the profile's currency.
        available: Decimal,
    },
    /// A stop there would be reached at once.
    StopBeyondPrice {
        /// The level asked for.
        level: Price,
        /// The last price.
        price: Price,
    },
    /// The venue knows no such price.
    StopOffTick {
        /// The level asked for.
        level: Price,
        /// The nearest price below it, where there is one.
        below: Option<Price>,
        /// The nearest price above it.
        above: Price,
    },
    /// A stop there would end the trade as it begins.
    StopPassedAtEntry {
        /// The level asked for.
        level: Price,
        /// Where the entry is expected to fill.
        price: Price,
    },
    /// A target there would end the trade as it begins.
    TargetPassedAtEntry {
        /// The level asked for.
        level: Price,
        /// Where the entry is expected to fill.
        price: Price,
    },
    /// The venue knows no such price for a target.
    TargetOffTick {
        /// The level asked for.
        level: Price,
        /// The nearest price below it, where there is one.
        below: Option<Price>,
        /// The nearest price above it.
        above: Price,
    },
    /// There the loss of a short would be more than what it has reserved.
    StopBeyondLiquidation {
        /// The level asked for.
        level: Price,
        /// Where the loss has used up what is reserved.
        liquidation: Price,
    },
    /// A target there would be reached at once.
    TargetBeyondPrice {
        /// The level asked for.
        level: Price,
        /// The last price.
        price: Price,
    },
    /// The targets of a trade would close more than its entry.
    TargetsAboveEntry {
        /// The sum of their portions, those that have closed theirs included.
        portions: Decimal,
    },
    /// The targets of a trade would close more than is held.
    TargetsAboveHeld {
        /// Units that they have still to close.
        quantity: Decimal,
        /// Units that are held.
        held: Decimal,
        /// The most that the portions of what they have still to close may come to.
        most: Decimal,
    },
    /// The numbers do not fit a decimal.
    Overflow,
}
