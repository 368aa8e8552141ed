//! Locks: what protections put on entries for a while, as facts of the journal.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::instrument::Symbol;
use crate::limits::LimitScope;
use crate::time::Timestamp;

/// Why entries are locked, with the numbers that led to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum LockReason {
    /// So many trades one after another were lost.
    ConsecutiveLosses {
        /// Losses since the last gain.
        losses: u32,
        /// From how many on entries are locked.
        limit: u32,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// A trade of the instrument has just closed.
    Cooldown {
        /// For how long, in minutes.
        minutes: u32,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// So many trades were left by a stop at a loss.
    StopGuard {
        /// Trades left by a stop at a loss.
        stops: u32,
        /// Within so many minutes.
        minutes: u32,
        /// Whose limit it is.
        scope: LimitScope,
    },
    /// The last trades of the instrument brought too little.
    LowProfit {
        /// How many trades.
        trades: u32,
        /// What they brought, in percent of what they cost.
        profit_percent: Decimal,
        /// Least wanted, in percent.
        limit_percent: Decimal,
        /// Whose limit it is.
        scope: LimitScope,
    },
}

impl LockReason {
    /// The limit that has led to it, by its name in the schema.
    #[must_use]
    pub const fn limit(&self) -> &'static str {
        match self {
            Self::ConsecutiveLosses { .. } => "maxConsecutiveLosses",
            Self::Cooldown { .. } => "cooldownMinutes",
            Self::StopGuard { .. } => "stopGuard",
            Self::LowProfit { .. } => "lowProfitLock",
        }
    }
}

impl fmt::Display for LockReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ConsecutiveLosses { losses, .. } => {
                write!(f, "{losses} trades in a row were lost")
            }
            Self::Cooldown { minutes, .. } => {
                write!(f, "a trade has closed, and {minutes} minutes are to pass")
            }
            Self::StopGuard { stops, minutes, .. } => {
                write!(f, "{stops} trades were stopped at a loss within {minutes} minutes")
            }
            Self::LowProfit { trades, profit_percent, limit_percent, .. } => {
                let short = |number: &Decimal| number.round_dp(2).normalize();
                let (brought, wanted) = (short(profit_percent), short(limit_percent));
                write!(f, "the last {trades} trades brought {brought} %, {wanted} % are wanted")
            }
        }
    }
}

/// Entries of a profile are locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lock {
    /// Of which instrument; of all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<Symbol>,
    /// Until when; at that instant they are free again.
    pub until: Timestamp,
    /// Why.
    pub why: LockReason,
}
