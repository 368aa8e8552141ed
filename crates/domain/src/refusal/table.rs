//! Every code with its check, in the order in which the gate asks, and what would change it.

use super::Refusal;

/// Which orders a check concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concerns {
    /// Entries: an order that only reduces passes.
    Entries,
    /// Every order.
    All,
    /// Orders that reduce.
    Exits,
    /// Stops and targets at prices that people choose.
    Levels,
}

/// A refusal, for people.
#[derive(Debug, Clone, Copy)]
pub struct RefusalRow {
    /// Its stable code.
    pub code: &'static str,
    /// Which orders it concerns.
    pub concerns: Concerns,
    /// What is checked.
    pub check: &'static str,
    /// The limits that lead to it, by their names in the schema.
    pub limits: &'static [&'static str],
    /// What it means.
    pub means: &'static str,
    /// What would change it.
    pub remedy: &'static str,
}

macro_rules! refusals {
    ($($variant:ident $concerns:ident $code:literal $check:literal [$($limit:literal),*]
        $means:literal => $remedy:literal;)+) => {
        impl Refusal {
            /// The stable code that the API, the audit log and explanations show.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $code,)+
                }
            }
        }

        /// Every refusal, in the order of the checks.
        pub const REFUSALS: &[RefusalRow] = &[$(RefusalRow {
            code: $code,
            concerns: Concerns::$concerns,
            check: $check,
            limits: &[$($limit),*],
            means: $means,
            remedy: $remedy,
        }),+];
    };
}

refusals! {
    ProfileUnknown All "profileUnknown" "profile" []
        "There is no such profile"
        => "Name one that there is";
    ProductUnavailable Entries "productUnavailable" "product gate" []
        "The product is under maintenance or disabled"
        => "Wait until it is in service again; what is held can be left";
    StoreAway Entries "storeAway" "store" []
        "The store is away, and nothing could be recorded first"
        => "Wait until it is back; exits, stops and cancels go on";
    Control Entries "control" "control" []
        "Entries are stopped, by whom and why"
        => "Wait until the stop is lifted, or ask who has set it";
    ControlUnknown Entries "controlUnknown" "control" []
        "Nobody can tell whether entries are stopped"
        => "Wait: control is read again and again";
    UnderReview Entries "underReview" "profile" []
        "The profile waits for a person to look at it"
        => "Compare it with its venue, then start it and acknowledge";
    ProfileStopped Entries "profileStopped" "profile" []
        "The profile is not running"
        => "Start it";
    NotEntitled Entries "notEntitled" "entitlement" []
        "The tenant may not trade in the profile's mode"
        => "Ask an operator, or use the mode paper";
    CredentialsMissing All "credentialsMissing" "credentials" []
        "The profile trades for money and its venue knows no account"
        => "Use the mode paper: no venue of this release takes credentials";
    InstrumentUnknown Entries "instrumentUnknown" "instrument" []
        "The profile does not trade the instrument"
        => "Add it to the symbols of its strategy config";
    QuantityBelowLot All "quantityBelowLot" "instrument" []
        "Rounded down to the lot, nothing is left"
        => "Order a lot or more, or size the strategy larger";
    QuantityBelowFilled All "quantityBelowFilled" "instrument" []
        "The order or the target would become smaller than what of it has filled"
        => "Ask for more than that, cancel what is left, or take the target away";
    NotionalBelowMinimum All "notionalBelowMinimum" "instrument" []
        "The venue takes no order so small"
        => "Order more; all of a trade may be left, whatever it is worth";
    PriceImplausible All "priceImplausible" "price sanity" ["maxPriceRatio"]
        "A limit or stop price is so far from the last price that it looks mistyped"
        => "Correct the price, or raise the limit";
    TradeUnknown Exits "tradeUnknown" "reducible quantity" []
        "The trade does not exist or is closed"
        => "Nothing: it is not held";
    NothingToReduce Exits "nothingToReduce" "reducible quantity" []
        "Working exits have claimed all that is held"
        => "Cancel one of them, or let them fill";
    NotReconciled Entries "notReconciled" "reconciled" []
        "Nobody can tell whether the venue has an order of the profile"
        => "Wait for its answer; the venue is asked again and again";
    MarketClosed Entries "marketClosed" "market open" []
        "The instrument cannot be traded at its venue now"
        => "Wait until it trades again; exits wait with it";
    MarketDataMissing Entries "marketDataMissing" "data fresh" []
        "No price is known"
        => "Wait for the first bar";
    MarketDataStale Entries "marketDataStale" "data fresh" ["maxDataAgeMs"]
        "The last price is too old"
        => "Wait for the next bar, or raise the limit";
    StopOffTick Levels "stopOffTick" "levels" []
        "The venue knows no such price"
        => "Choose one of the prices beside it";
    StopPassedAtEntry Levels "stopPassedAtEntry" "levels" []
        "A stop there would end the trade as it begins"
        => "Choose a level on the side of the loss";
    TargetOffTick Levels "targetOffTick" "levels" []
        "The venue knows no such price"
        => "Choose one of the prices beside it";
    TargetPassedAtEntry Levels "targetPassedAtEntry" "levels" []
        "A target there would end the trade as it begins"
        => "Choose a level on the side of the profit";
    StopBeyondPrice Levels "stopBeyondPrice" "levels" []
        "A stop there would be reached at once"
        => "Choose a level on the side of the loss, or close the trade";
    StopBeyondLiquidation Levels "stopBeyondLiquidation" "levels" []
        "The loss of the short there would exceed what it has reserved"
        => "Choose a level before the liquidation";
    TargetBeyondPrice Levels "targetBeyondPrice" "levels" []
        "A target there would be reached at once"
        => "Choose a level on the side of the profit, or close that part";
    TargetsAboveEntry Levels "targetsAboveEntry" "levels" []
        "The portions of the targets come to more than the entry"
        => "Choose portions that come to 1 at most";
    TargetsAboveHeld Levels "targetsAboveHeld" "levels" []
        "The targets would close more than is held"
        => "Choose smaller portions";
    DuplicateEntry Entries "duplicateEntry" "duplicate" []
        "An entry of the slot is open or working"
        => "Close or cancel that first";
    SelfTrade Entries "selfTrade" "self-trade" []
        "The entry could trade with an order of the tenant's own that rests at the same venue"
        => "Cancel that order, or choose a price that does not reach it";
    OrderQuantityAboveLimit Entries "orderQuantityAboveLimit" "order size" ["maxOrderQuantity"]
        "More units than one order may have"
        => "Order less, or raise the limit";
    OrderNotionalAboveLimit Entries "orderNotionalAboveLimit" "order size" ["maxOrderNotional"]
        "More value than one order may have"
        => "Order less, or raise the limit";
    TooManyPositions Entries "tooManyPositions" "open positions" ["maxOpenPositions"]
        "As many trades are open or being entered as may be"
        => "Close one, or raise the limit";
    PositionAboveLimit Entries "positionAboveLimit" "maximum position" ["maxPositionNotional"]
        "The instrument would use more than it may"
        => "Order less, or raise the limit";
    ExposureAboveLimit Entries "exposureAboveLimit" "exposure" ["maxExposure"]
        "All positions and entries would use more than they may"
        => "Order less, close a trade, or raise the limit";
    OpenOrdersAboveLimit Entries "openOrdersAboveLimit" "open orders" ["maxOpenOrderNotional"]
        "Working entries would reserve more than they may"
        => "Order less, cancel one, or raise the limit";
    OrderRateAboveLimit Entries "orderRateAboveLimit" "order rate" ["maxOrdersPerMinute"]
        "As many entries were accepted within a minute as may be"
        => "Wait, or raise the limit";
    EntryTooSoon Entries "entryTooSoon" "repeated execution" ["minEntryIntervalMs"]
        "The last entry of the same instrument and side is too young"
        => "Wait, or lower the limit";
    EquityUnknown Entries "equityUnknown" "daily loss" []
        "What is held is not all priced, and a loss is limited"
        => "Wait for the first prices, leave what has none, or take the limit off";
    DailyLossReached Entries "dailyLossReached" "daily loss" ["maxDailyLoss"]
        "The day has lost as much as it may"
        => "Wait for the next day, or raise the limit";
    DailyLossPercentReached Entries "dailyLossPercentReached" "daily loss" ["maxDailyLossPercent"]
        "The day has lost as much as it may"
        => "Wait for the next day, or raise the limit";
    DrawdownReached Entries "drawdownReached" "drawdown" ["maxDrawdownPercent"]
        "Equity is as far below its peak as it may be"
        => "Look at what is lost, then raise the limit";
    EntriesLocked Entries "entriesLocked" "protections"
        ["maxConsecutiveLosses", "lossCooldownMinutes", "cooldownMinutes", "stopGuard",
            "lowProfitLock"]
        "A protection has locked entries for a while"
        => "Wait until the lock ends, or lift it";
    SymbolRestricted Entries "symbolRestricted" "restricted symbols" ["restrictedSymbols"]
        "The instrument is on a list of those that are not entered"
        => "Trade another, or take it from the list";
    PriceBeyondCollar Entries "priceBeyondCollar" "price collar" ["priceCollarPercent"]
        "The entry's price is too much worse than the market's"
        => "Choose a closer price, or raise the limit";
    InsufficientCapital Entries "insufficientCapital" "available capital" []
        "Cost and fees exceed what is available"
        => "Order less, close a trade, or allocate more";
    Overflow All "overflow" "numbers" []
        "The numbers do not fit a decimal"
        => "Order less";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::limits::LIMITS;

    #[test]
    fn every_limit_leads_to_a_refusal_that_names_it() {
        for row in LIMITS {
            let refusal = REFUSALS.iter().find(|refusal| refusal.code == row.refusal);
            let refusal = refusal.unwrap_or_else(|| panic!("{} leads to nothing", row.name));
            assert!(refusal.limits.contains(&row.name), "{}", row.name);
        }
        let named: BTreeSet<_> = REFUSALS.iter().flat_map(|refusal| refusal.limits).collect();
        assert_eq!(named.len(), LIMITS.len());
    }

    #[test]
    fn no_code_is_used_twice() {
        let codes: BTreeSet<_> = REFUSALS.iter().map(|refusal| refusal.code).collect();
        assert_eq!(codes.len(), REFUSALS.len());
    }
}
