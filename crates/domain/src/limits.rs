//! Limits of the risk gate: what may be set, for whom, and what makes no sense.
//!
//! Every scope sets limits of the same names. All of them hold; where one number is compared with
//! one order, that is the strictest of them.

use std::collections::BTreeSet;
use std::fmt;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::instrument::Symbol;
use crate::number::decimal_or_number;
use crate::strategy::{DecimalText, SymbolText, optional_decimal};

/// Most trades of an instrument that a limit can look back on.
pub const MAX_TRADES: u32 = 20;
/// Most entries a minute that a limit can count.
pub const MAX_ORDERS: u32 = 1_000;
/// The longest that a limit can look back or lock, in minutes: a year.
pub const MAX_MINUTES: u32 = 527_040;
/// For how long entries are locked after losses in a row when no limit says, in minutes.
pub const DEFAULT_LOSS_COOLDOWN: u32 = 60;

const MAX_SYMBOLS: usize = 1_000;

/// Whose limits they are, from the widest to the narrowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LimitScope {
    /// The deployment's, set by its operators.
    Product,
    /// The tenant's own.
    Tenant,
    /// A profile's.
    Profile,
    /// Those of a profile's strategy config.
    Strategy,
}

impl LimitScope {
    /// Whether its sums go over all profiles of the tenant.
    #[must_use]
    pub const fn is_wide(self) -> bool {
        matches!(self, Self::Product | Self::Tenant)
    }
}

impl fmt::Display for LimitScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Product => "product",
            Self::Tenant => "tenant",
            Self::Profile => "profile",
            Self::Strategy => "strategy",
        })
    }
}

/// Limits of the risk gate, which product, tenant, profile and strategy config can set; an absent
/// one is off. All that are set hold, so that the strictest does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    default,
    expecting = "an object with limits by their names"
)]
pub struct Limits {
    /// Most trades open or being entered at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_open_positions: Option<u32>,
    /// Largest notional of one entry, in quote currency.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_decimal")]
    #[schemars(with = "Option<DecimalText>")]
    pub max_order_notional: Option<Decimal>,
    /// Largest quantity of one entry, in units.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_decimal")]
    #[schemars(with = "Option<DecimalText>")]
    pub max_order_quantity: Option<Decimal>,
    /// Oldest market data an entry may rest on, in milliseconds since the bar's close.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_data_age_ms: Option<u64>,
    /// Most that one instrument of a profile may use, in quote currency: what is held at cost,
    /// what its working entries reserve, and the new entry.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_decimal")]
    #[schemars(with = "Option<DecimalText>")]
    pub max_position_notional: Option<Decimal>,
    /// Most that all open positions at cost, all working entries and the new one may use, in the
    /// profile's currency. A tenant's and the product's go over the tenant's profiles of that
    /// currency.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_decimal")]
    #[schemars(with = "Option<DecimalText>")]
    pub max_exposure: Option<Decimal>,
    /// Most that working entries and the new one may reserve, in the profile's currency; scopes as
    /// of `maxExposure`.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_decimal")]
    #[schemars(with = "Option<DecimalText>")]
    pub max_open_order_notional: Option<Decimal>,
    /// Most entries accepted within 60 seconds. A tenant's and the product's count those of all of
    /// the tenant's profiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000))]
    pub max_orders_per_minute: Option<u32>,
    /// Least time between two accepted entries of one profile, instrument and side, in
    /// milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub min_entry_interval_ms: Option<u64>,
    /// Loss of the day from which on nothing is entered, in the profile's currency: equity at the
    /// day's opening less equity now. A tenant's and the product's go over the tenant's profiles of
    /// that currency.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_decimal")]
    #[schemars(with = "Option<DecimalText>")]
    pub max_daily_loss: Option<Decimal>,
    /// The same in percent of equity at the day's opening.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_decimal")]
    #[schemars(with = "Option<DecimalText>")]
    pub max_daily_loss_percent: Option<Decimal>,
    /// Fall of a profile's equity from its peak from which on nothing is entered, in percent.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_decimal")]
    #[schemars(with = "Option<DecimalText>")]
    pub max_drawdown_percent: Option<Decimal>,
    /// So many trades of a profile lost one after another lock its entries for a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 20))]
    pub max_consecutive_losses: Option<u32>,
    /// For how long they do, in minutes; 60 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 527_040))]
    pub loss_cooldown_minutes: Option<u32>,
    /// Locks entries after several trades that were left by a stop at a loss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_guard: Option<StopGuard>,
    /// Locks an instrument whose last trades brought too little.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low_profit_lock: Option<LowProfitLock>,
    /// For how long an instrument is not entered after a trade of it closed, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 527_040))]
    pub cooldown_minutes: Option<u32>,
    /// Instruments that are not entered.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(with = "Vec<SymbolText>")]
    pub restricted_symbols: BTreeSet<Symbol>,
    /// How much worse than the last price an entry's price may be, in percent. What waits for a
    /// stop is compared with that stop.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_decimal")]
    #[schemars(with = "Option<DecimalText>")]
    pub price_collar_percent: Option<Decimal>,
    /// How many times above or below the last price an order's limit or stop may be.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_decimal")]
    #[schemars(with = "Option<DecimalText>")]
    pub max_price_ratio: Option<Decimal>,
}

/// When trades that were left by a stop at a loss lock entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StopGuard {
    /// So many of them.
    #[schemars(range(min = 1, max = 20))]
    pub stops: u32,
    /// Within so many minutes.
    #[schemars(range(min = 1, max = 527_040))]
    pub lookback_minutes: u32,
    /// For how long, in minutes.
    #[schemars(range(min = 1, max = 527_040))]
    pub lock_minutes: u32,
    /// Whether each instrument is counted and locked apart; else the profile.
    #[serde(default)]
    pub per_symbol: bool,
}

/// When an instrument that earns too little is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LowProfitLock {
    /// Its last trades, so many.
    #[schemars(range(min = 1, max = 20))]
    pub trades: u32,
    /// All of which closed within so many minutes.
    #[schemars(range(min = 1, max = 527_040))]
    pub lookback_minutes: u32,
    /// For how long, in minutes.
    #[schemars(range(min = 1, max = 527_040))]
    pub lock_minutes: u32,
    /// Least that they are to bring, net and together, in percent of what they cost.
    #[serde(with = "decimal_or_number")]
    #[schemars(with = "DecimalText")]
    pub min_profit_percent: Decimal,
}

/// A limit that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitFault {
    /// Its name in the schema, with that of its part: `stopGuard.stops`.
    pub limit: &'static str,
    /// What is wrong and what to write.
    pub message: String,
}

impl Limits {
    /// Whether equity is to be followed for them: from marks at each close, by day and from its
    /// peak.
    #[must_use]
    pub const fn follow_equity(&self) -> bool {
        self.follow_day() || self.max_drawdown_percent.is_some()
    }

    /// Whether a day's opening is to be known for them.
    #[must_use]
    pub const fn follow_day(&self) -> bool {
        self.max_daily_loss.is_some() || self.max_daily_loss_percent.is_some()
    }

    /// What makes no sense; none when the list is empty.
    #[must_use]
    pub fn faults(&self) -> Vec<LimitFault> {
        let mut faults = Faults(Vec::new());
        faults.counts(self);
        faults.amounts(self);
        faults.protections(self);
        faults.0
    }
}

struct Faults(Vec<LimitFault>);

impl Faults {
    fn unless(&mut self, holds: bool, limit: &'static str, message: &str) {
        if !holds {
            self.0.push(LimitFault { limit, message: message.to_owned() });
        }
    }

    fn between(&mut self, limit: &'static str, value: Option<u32>, most: u32) {
        let holds = value.is_none_or(|value| (1..=most).contains(&value));
        let message = format!("must be from 1 to {most}; remove it to switch it off");
        self.unless(holds, limit, &message);
    }

    fn amounts(&mut self, limits: &Limits) {
        let off = "must be above zero; remove it to switch it off";
        for (limit, value) in [
            ("maxOrderNotional", limits.max_order_notional),
            ("maxOrderQuantity", limits.max_order_quantity),
            ("maxPositionNotional", limits.max_position_notional),
            ("maxExposure", limits.max_exposure),
            ("maxOpenOrderNotional", limits.max_open_order_notional),
            ("maxDailyLoss", limits.max_daily_loss),
            ("priceCollarPercent", limits.price_collar_percent),
        ] {
            self.unless(value.is_none_or(|value| value > Decimal::ZERO), limit, off);
        }
        for (limit, value) in [
            ("maxDailyLossPercent", limits.max_daily_loss_percent),
            ("maxDrawdownPercent", limits.max_drawdown_percent),
        ] {
            let sense = |value| value > Decimal::ZERO && value <= Decimal::ONE_HUNDRED;
            let message = "must be above 0 and at most 100 percent; remove it to switch it off";
            self.unless(value.is_none_or(sense), limit, message);
        }
        let above = limits.max_price_ratio.is_none_or(|ratio| ratio > Decimal::ONE);
        let message = "must be above 1, such as 3 for prices up to three times away";
        self.unless(above, "maxPriceRatio", message);
    }

    fn counts(&mut self, limits: &Limits) {
        let off = "must be above zero; remove it to switch it off";
        self.unless(limits.max_open_positions != Some(0), "maxOpenPositions", off);
        self.unless(limits.max_data_age_ms != Some(0), "maxDataAgeMs", off);
        self.unless(limits.min_entry_interval_ms != Some(0), "minEntryIntervalMs", off);
        self.between("maxOrdersPerMinute", limits.max_orders_per_minute, MAX_ORDERS);
        let few = limits.restricted_symbols.len() <= MAX_SYMBOLS;
        let message = format!("names more than {MAX_SYMBOLS}; stop the venue instead");
        self.unless(few, "restrictedSymbols", &message);
    }

    fn protections(&mut self, limits: &Limits) {
        self.between("maxConsecutiveLosses", limits.max_consecutive_losses, MAX_TRADES);
        self.between("lossCooldownMinutes", limits.loss_cooldown_minutes, MAX_MINUTES);
        let useful =
            limits.loss_cooldown_minutes.is_none() || limits.max_consecutive_losses.is_some();
        let message = "says nothing without maxConsecutiveLosses; set that too, or remove it";
        self.unless(useful, "lossCooldownMinutes", message);
        self.between("cooldownMinutes", limits.cooldown_minutes, MAX_MINUTES);
        if let Some(guard) = limits.stop_guard {
            self.between("stopGuard.stops", Some(guard.stops), MAX_TRADES);
            let StopGuard { lookback_minutes, lock_minutes, .. } = guard;
            self.between("stopGuard.lookbackMinutes", Some(lookback_minutes), MAX_MINUTES);
            self.between("stopGuard.lockMinutes", Some(lock_minutes), MAX_MINUTES);
        }
        if let Some(lock) = limits.low_profit_lock {
            self.between("lowProfitLock.trades", Some(lock.trades), MAX_TRADES);
            let LowProfitLock { lookback_minutes, lock_minutes, .. } = lock;
            self.between("lowProfitLock.lookbackMinutes", Some(lookback_minutes), MAX_MINUTES);
            self.between("lowProfitLock.lockMinutes", Some(lock_minutes), MAX_MINUTES);
            let sense = lock.min_profit_percent.abs() <= Decimal::ONE_THOUSAND;
            let message = "must be from -1000 to 1000 percent";
            self.unless(sense, "lowProfitLock.minProfitPercent", message);
        }
    }
}

/// What a limit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measures {
    /// The order at hand: the strictest of all scopes holds.
    Order,
    /// The profile, whoever sets it.
    Profile,
    /// The profile where it or its strategy config sets it, all profiles of the tenant where the
    /// tenant or the product does.
    Scope,
}

/// A limit, for people.
#[derive(Debug, Clone, Copy)]
pub struct LimitRow {
    /// Its name in the schema.
    pub name: &'static str,
    /// What it is counted in.
    pub unit: &'static str,
    /// What it measures.
    pub measures: Measures,
    /// The code of the refusal it leads to.
    pub refusal: &'static str,
    /// What it does.
    pub does: &'static str,
}

macro_rules! limits {
    ($($name:literal $unit:literal $measures:ident $refusal:literal $does:literal;)+) => {
        /// Every limit, in the order in which the gate asks.
        pub const LIMITS: &[LimitRow] = &[$(LimitRow {
            name: $name,
            unit: $unit,
            measures: Measures::$measures,
            refusal: $refusal,
            does: $does,
        }),+];
    };
}

limits! {
    "maxPriceRatio" "times" Order "priceImplausible"
        "A limit or stop price so many times above or below the last price is a typing error";
    "maxDataAgeMs" "milliseconds" Order "marketDataStale"
        "The oldest last price that an entry may rest on";
    "maxOrderQuantity" "units" Order "orderQuantityAboveLimit" "The largest quantity of one entry";
    "maxOrderNotional" "quote currency" Order "orderNotionalAboveLimit"
        "The largest notional of one entry";
    "maxOpenPositions" "trades" Scope "tooManyPositions"
        "Trades open or being entered, before this one";
    "maxPositionNotional" "quote currency" Profile "positionAboveLimit"
        "What one instrument uses: held at cost, reserved by working entries, and this entry";
    "maxExposure" "currency" Scope "exposureAboveLimit"
        "What all positions at cost, all working entries and this one use; of one currency";
    "maxOpenOrderNotional" "currency" Scope "openOrdersAboveLimit"
        "What working entries and this one reserve; of one currency";
    "maxOrdersPerMinute" "entries" Scope "orderRateAboveLimit"
        "Entries accepted in the 60 seconds before";
    "minEntryIntervalMs" "milliseconds" Profile "entryTooSoon"
        "Time since the last accepted entry of the same instrument and side";
    "maxDailyLoss" "currency" Scope "dailyLossReached"
        "Equity at the day's opening less equity now, open profit and fees included; of one \
         currency";
    "maxDailyLossPercent" "percent" Scope "dailyLossPercentReached"
        "The same, of equity at the day's opening";
    "maxDrawdownPercent" "percent" Profile "drawdownReached"
        "How far equity is below its peak; a peak counts from one basis point above the last";
    "maxConsecutiveLosses" "trades" Profile "entriesLocked"
        "So many trades lost in a row lock entries for `lossCooldownMinutes`, and so does each \
         further loss until a gain";
    "lossCooldownMinutes" "minutes" Profile "entriesLocked"
        "For how long losses in a row lock entries; 60 when absent";
    "cooldownMinutes" "minutes" Profile "entriesLocked"
        "An instrument is not entered for so long after a trade of it has closed";
    "stopGuard" "object" Profile "entriesLocked"
        "`stops` trades left by a stop at a loss within `lookbackMinutes` lock entries for \
         `lockMinutes`, of the instrument alone with `perSymbol`";
    "lowProfitLock" "object" Profile "entriesLocked"
        "An instrument whose last `trades` trades, all closed within `lookbackMinutes`, brought \
         less than `minProfitPercent` of their cost is locked for `lockMinutes`";
    "restrictedSymbols" "symbols" Order "symbolRestricted"
        "Instruments that are not entered; the lists of all scopes together";
    "priceCollarPercent" "percent" Order "priceBeyondCollar"
        "How much worse than the last price, or than the stop that it waits for, an entry's limit \
         may be";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_told_by_its_name() {
        let cases = [
            (r#"{"maxOrderNotional": 0}"#, "maxOrderNotional", "must be above zero"),
            (r#"{"maxExposure": "-1"}"#, "maxExposure", "must be above zero"),
            (r#"{"maxOpenPositions": 0}"#, "maxOpenPositions", "must be above zero"),
            (r#"{"maxOrdersPerMinute": 1001}"#, "maxOrdersPerMinute", "from 1 to 1000"),
            (r#"{"maxDailyLossPercent": 101}"#, "maxDailyLossPercent", "at most 100 percent"),
            (r#"{"maxPriceRatio": 1}"#, "maxPriceRatio", "must be above 1"),
            (r#"{"maxConsecutiveLosses": 21}"#, "maxConsecutiveLosses", "from 1 to 20"),
            (r#"{"lossCooldownMinutes": 5}"#, "lossCooldownMinutes", "set that too"),
            (
                r#"{"stopGuard": {"stops": 21, "lookbackMinutes": 5, "lockMinutes": 5}}"#,
                "stopGuard.stops",
                "from 1 to 20",
            ),
            (
                r#"{"lowProfitLock": {"trades": 2, "lookbackMinutes": 0, "lockMinutes": 5,
                    "minProfitPercent": "0"}}"#,
                "lowProfitLock.lookbackMinutes",
                "from 1 to 527040",
            ),
        ];
        for (text, limit, message) in cases {
            let limits: Limits = serde_json::from_str(text).unwrap();
            let faults = limits.faults();
            assert!(faults.len() == 1 && faults[0].limit == limit, "{text}: {faults:?}");
            assert!(faults[0].message.contains(message), "{text}: {faults:?}");
        }
        assert_eq!(Limits::default().faults(), []);
    }

    #[test]
    fn every_limit_of_the_schema_is_explained() {
        let schema = serde_json::to_value(schemars::schema_for!(Limits)).unwrap();
        let known: BTreeSet<&str> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(LIMITS.iter().map(|row| row.name).collect::<BTreeSet<_>>(), known);
    }

    #[test]
    fn limits_are_written_as_they_were_read() {
        let text = concat!(
            r#"{"maxOrderNotional":"1000","stopGuard":{"stops":2,"lookbackMinutes":60,"#,
            r#""lockMinutes":30,"perSymbol":true},"restrictedSymbols":["GOOG","MSFT"]}"#
        );
        let limits: Limits = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&limits).unwrap(), text);
        let unknown = serde_json::from_str::<Limits>(r#"{"maxExposures": 1}"#).unwrap_err();
        assert!(unknown.to_string().contains("unknown field"), "{unknown}");
    }
}
