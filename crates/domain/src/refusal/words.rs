//! What each refusal says to people: what stands in the way, with the numbers, and what would
//! change it.

use std::fmt;

use rust_decimal::Decimal;

use super::Refusal;
use crate::instrument::Symbol;
use crate::limits::LimitScope;
use crate::market::MarketStatus;
use crate::number::Price;
use crate::profile::Mode;

const UNDER_REVIEW: &str = "the profile is under review; look at its last events, then start it \
    and acknowledge them";

const NO_SIZE: &str = "the size comes to nothing: there is no equity left, an average true range \
    is zero or not ready, or the stop-loss lies on the wrong side of the price; look at sizing and \
    stop-loss of the strategy config";

const STORE_AWAY: &str = "the store is away: until it is back only exits, stops and cancels go; \
    try again then";
const CONTROL_UNKNOWN: &str = "nobody can tell whether entries are stopped; that is read again \
    and again, and entries wait for it";
const NOT_LIVE: &str = "you may not trade for money here; ask an operator, or use the mode paper";

const UNTIL_BACK: &str = "; wait until it is back, what is held can be left";

const NEXT_DAY: &str = "wait for the next day";

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control { mode, by, reason, scope, at } => {
                let scope = scope.iter().map(|scope| format!("{scope} ")).collect::<String>();
                let since = at.map_or(String::new(), |at| format!(" since {}", at.whole_second()));
                write!(f, "entries {scope}are stopped ({mode} by {by}{since}: {reason})")?;
                f.write_str("; wait until that is lifted, or ask who has set it")
            }
            Self::ControlUnknown => f.write_str(CONTROL_UNKNOWN),
            Self::StoreAway => f.write_str(STORE_AWAY),
            Self::ProductUnavailable { availability } => {
                write!(f, "the product is {availability}{UNTIL_BACK}")
            }
            Self::NotEntitled { mode: Mode::Live } => f.write_str(NOT_LIVE),
            Self::NotEntitled { .. } => {
                f.write_str("the profile may not trade in its mode; use the mode paper")
            }
            Self::CredentialsMissing { venue } => write!(
                f,
                "nothing can be sent: {venue} knows no account of yours; use the mode paper"
            ),
            Self::ProfileStopped => f.write_str("the profile is stopped; start it to trade"),
            Self::UnderReview => f.write_str(UNDER_REVIEW),
            Self::ProfileUnknown => f.write_str("there is no such profile; name one that there is"),
            Self::InstrumentUnknown { symbol } => {
                write!(f, "the profile does not trade {symbol}; add it to its symbols")
            }
            Self::NothingToReduce { held, claimed } => {
                let parts = ["nothing is left to close: ", " held, ", " already being closed"];
                compare(f, parts, *held, *claimed)?;
                f.write_str("; cancel one of those exits, or let them fill")
            }
            Self::TradeUnknown { trade } => {
                write!(f, "there is no open trade {trade}; nothing of it is left to close")
            }
            Self::MarketClosed { symbol, status } => shut(f, *symbol, *status),
            Self::MarketDataMissing => {
                f.write_str("no price is known for the instrument yet; wait for its first bar")
            }
            Self::NotReconciled { order } => write!(
                f,
                "nobody can tell whether the venue has {order}; it is being asked, and entries \
                 wait for its answer"
            ),
            Self::DuplicateEntry { .. } => {
                f.write_str("an entry of this profile and symbol is open or working; close or ")?;
                f.write_str("cancel that first")
            }
            Self::SelfTrade { order, price } => write!(
                f,
                "the entry could trade with your own order {order} at {price}; cancel that, or \
                 choose a price that does not reach it"
            ),
            Self::EntriesLocked { symbol, until, why } => {
                let of = symbol.map_or(String::new(), |symbol| format!(" of {symbol}"));
                let until = until.whole_second();
                write!(f, "entries{of} are locked until {until}: {why}; wait, or lift the lock")
            }
            Self::InsufficientCapital { needed, available } => {
                compare(f, ["", " needed, ", " available"], *needed, *available)?;
                f.write_str("; order less, close a trade, or allocate more")
            }
            Self::Overflow => {
                f.write_str("the order's numbers are too large to compute exactly; order less")
            }
            _ => self.of_a_number(f),
        }
    }
}

fn shut(f: &mut fmt::Formatter<'_>, symbol: Symbol, status: MarketStatus) -> fmt::Result {
    match status {
        MarketStatus::Closed { opens_at } => {
            write!(f, "the market of {symbol} is closed; wait until it opens")?;
            opens_at.map_or(Ok(()), |at| write!(f, " at {}", at.whole_second()))
        }
        // An open market refuses nothing.
        MarketStatus::Halted | MarketStatus::Open => {
            write!(f, "trading of {symbol} is halted by its venue; wait until it goes on")
        }
    }
}

impl Refusal {
    /// Of the instrument's own numbers and of levels; of limits the rest.
    fn of_a_number(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::QuantityBelowLot { quantity, lot } if quantity.is_zero() && lot.is_zero() => {
                f.write_str(NO_SIZE)
            }
            Self::QuantityBelowLot { quantity, lot } => {
                compare(f, ["", " is less than one lot of ", ""], *quantity, *lot)?;
                f.write_str("; order a lot or more")
            }
            Self::QuantityBelowFilled { quantity, filled } => {
                let parts = ["", " units in all are no more than the ", " that have filled"];
                compare(f, parts, *quantity, *filled)?;
                f.write_str("; ask for more than that, or cancel what is left")
            }
            Self::NotionalBelowMinimum { notional, minimum } => {
                let parts = ["the order is worth ", ", the venue takes ", " or more"];
                compare(f, parts, *notional, *minimum)?;
                f.write_str("; choose a larger quantity")
            }
            Self::StopBeyondPrice { level, price } => write!(
                f,
                "a stop at {level} would be reached at once: the last price is {price}; choose a \
                 level on the side of the loss, or close the trade"
            ),
            Self::StopPassedAtEntry { level, price } => passed(f, "stop", *level, *price, "loss"),
            Self::TargetPassedAtEntry { level, price } => {
                passed(f, "target", *level, *price, "profit")
            }
            Self::StopOffTick { level, below, above }
            | Self::TargetOffTick { level, below, above } => off_tick(f, *level, *below, *above),
            Self::StopBeyondLiquidation { level, liquidation } => write!(
                f,
                "at {level} the loss would be more than what the short has reserved; choose \
                 {liquidation} or less"
            ),
            _ => self.of_targets(f),
        }
    }

    fn of_targets(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TargetBeyondPrice { level, price } => write!(
                f,
                "a target at {level} would be reached at once: the last price is {price}; choose \
                 a level on the side of the profit, or close that part"
            ),
            Self::TargetsAboveEntry { portions } => write!(
                f,
                "the targets would close {} of the entry, those that have filled included; choose \
                 portions that come to 1 at most",
                portions.normalize()
            ),
            Self::TargetsAboveHeld { quantity, held, most } => write!(
                f,
                "the targets would close {} units, {} are held; choose portions that come to {} \
                 at most",
                quantity.normalize(),
                held.normalize(),
                most.normalize()
            ),
            _ => self.of_a_limit(f),
        }
    }

    fn of_a_limit(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PriceImplausible { price, last, limit, scope } => {
                let limit = limit.normalize();
                write!(f, "{price} is more than {limit} times away from the last price {last}")?;
                change(f, "correct it", "raise", "maxPriceRatio", *scope)
            }
            Self::MarketDataStale { age_ms, limit_ms, scope } => {
                write!(f, "the last price is {age_ms} ms old, {limit_ms} ms are allowed")?;
                known(f, "wait for the next bar", "maxDataAgeMs", *scope)
            }
            Self::OrderQuantityAboveLimit { quantity, limit, scope } => {
                let parts = ["", " units are more than the ", " allowed in one order"];
                compare(f, parts, *quantity, *limit)?;
                known(f, "order less", "maxOrderQuantity", *scope)
            }
            Self::OrderNotionalAboveLimit { notional, limit, scope } => {
                compare(f, ["the order is worth ", ", ", " are allowed"], *notional, *limit)?;
                known(f, "order less", "maxOrderNotional", *scope)
            }
            Self::TooManyPositions { open, limit, scope } => {
                write!(f, "trades open or being entered: {open}, allowed: {limit}")?;
                known(f, "close one", "maxOpenPositions", *scope)
            }
            Self::PositionAboveLimit { notional, limit, scope } => {
                let parts = ["the instrument would use ", ", ", " are allowed"];
                compare(f, parts, *notional, *limit)?;
                change(f, "order less", "raise", "maxPositionNotional", *scope)
            }
            Self::ExposureAboveLimit { exposure, limit, scope } => {
                let parts = ["positions and entries would use ", ", ", " are allowed"];
                compare(f, parts, *exposure, *limit)?;
                change(f, "order less or close a trade", "raise", "maxExposure", *scope)
            }
            Self::OpenOrdersAboveLimit { notional, limit, scope } => {
                let parts = ["working entries would reserve ", ", ", " are allowed"];
                compare(f, parts, *notional, *limit)?;
                change(f, "order less or cancel one", "raise", "maxOpenOrderNotional", *scope)
            }
            Self::SymbolRestricted { symbol, scope } => {
                write!(f, "{symbol} is not to be entered")?;
                change(f, "trade another", "take it out of", "restrictedSymbols", *scope)
            }
            Self::PriceBeyondCollar { price, reference, limit_percent, scope } => {
                let percent = limit_percent.normalize();
                write!(f, "{price} is more than {percent} % worse than {reference}")?;
                change(f, "choose a closer price", "raise", "priceCollarPercent", *scope)
            }
            _ => self.of_a_counter(f),
        }
    }

    fn of_a_counter(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OrderRateAboveLimit { orders, limit, scope } => {
                write!(f, "entries of the last 60 seconds: {orders}, allowed: {limit}")?;
                change(f, "wait", "raise", "maxOrdersPerMinute", *scope)
            }
            Self::EntryTooSoon { elapsed_ms, limit_ms, scope } => {
                write!(f, "the last entry was {elapsed_ms} ms ago, {limit_ms} ms are to pass")?;
                change(f, "wait", "lower", "minEntryIntervalMs", *scope)
            }
            Self::EquityUnknown { profile, scope } => write!(
                f,
                "no price is known yet of all that {profile} holds, and a limit of the {scope} \
                 ends entries at a loss; wait for the first prices, leave what has none, or take \
                 that limit off"
            ),
            Self::DailyLossReached { loss, limit, scope } => {
                compare(f, ["the day has lost ", ", entries end at ", ""], *loss, *limit)?;
                change(f, NEXT_DAY, "raise", "maxDailyLoss", *scope)
            }
            Self::DailyLossPercentReached { loss_percent, limit_percent, scope } => {
                let parts = ["the day has lost ", " %, entries end at ", " %"];
                compare(f, parts, *loss_percent, *limit_percent)?;
                change(f, NEXT_DAY, "raise", "maxDailyLossPercent", *scope)
            }
            Self::DrawdownReached { drawdown_percent, limit_percent, scope } => {
                let parts = ["equity is ", " % below its peak, entries end at ", " %"];
                compare(f, parts, *drawdown_percent, *limit_percent)?;
                change(f, "look at what is lost", "raise", "maxDrawdownPercent", *scope)
            }
            _ => Ok(()),
        }
    }
}

/// What would let the order pass: something else, or another limit.
fn change(
    f: &mut fmt::Formatter<'_>,
    instead: &str,
    verb: &str,
    limit: &str,
    scope: LimitScope,
) -> fmt::Result {
    let whose = match scope {
        LimitScope::Product => {
            return write!(f, "; {instead}, or ask an operator to {verb} {limit}");
        }
        LimitScope::Strategy => "strategy config".to_owned(),
        scope => scope.to_string(),
    };
    write!(f, "; {instead}, or {verb} {limit} of the {whose}")
}

/// As [`change`] for a limit of which earlier releases did not journal whose it was.
fn known(
    f: &mut fmt::Formatter<'_>,
    instead: &str,
    limit: &str,
    scope: Option<LimitScope>,
) -> fmt::Result {
    scope.map_or(Ok(()), |scope| change(f, instead, "raise", limit, scope))
}

/// Two numbers that a sentence compares, between its three parts: to eight figures where they still
/// differ then. The refusal itself has all of them.
fn compare(
    f: &mut fmt::Formatter<'_>,
    [before, between, after]: [&str; 3],
    one: Decimal,
    other: Decimal,
) -> fmt::Result {
    const FIGURES: u32 = 8;
    let short = |number: Decimal| number.round_sf(FIGURES).unwrap_or(number);
    let same = short(one) == short(other);
    let shown = |number| if same { number } else { short(number) };
    let [one, other] = [one, other].map(|number| shown(number).normalize());
    write!(f, "{before}{one}{between}{other}{after}")
}

fn passed(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    level: Price,
    price: Price,
    side: &str,
) -> fmt::Result {
    write!(
        f,
        "a {what} at {level} would end the trade as it begins: it would enter at about {price}; \
         choose a level on the side of the {side}"
    )
}

fn off_tick(
    f: &mut fmt::Formatter<'_>,
    level: Price,
    below: Option<Price>,
    above: Price,
) -> fmt::Result {
    let below = below.iter().map(|below| format!("{below} or ")).collect::<String>();
    write!(f, "{level} is no price of the venue; choose {below}{above}")
}
