//! Feature flags: the typed contract that clients and routes share.
//!
//! Values come from the settings and the environment. A flag that is off takes its routes away too.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is on for whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FeatureFlags {
    /// Counted up when the contract gets another meaning.
    pub(crate) version: u32,
    pub(crate) backtest: BacktestFlag,
    pub(crate) tabs: TabFlags,
    pub(crate) assistant: bool,
    pub(crate) live_trading: bool,
    pub(crate) push: bool,
}

/// Back-tests on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BacktestFlag {
    /// For anybody at all.
    pub(crate) enabled: bool,
    /// For those who are neither operators nor administrators.
    pub(crate) customer_enabled: bool,
}

/// Tabs that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TabFlags {
    pub(crate) marketplace: bool,
    pub(crate) membership: bool,
}

/// Which flags the settings turn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlagSettings {
    pub(crate) backtest: bool,
    pub(crate) marketplace_tab: bool,
    pub(crate) membership_tab: bool,
}

impl From<FlagSettings> for FeatureFlags {
    fn from(set: FlagSettings) -> Self {
        Self {
            version: 1,
            backtest: BacktestFlag { enabled: set.backtest, customer_enabled: set.backtest },
            tabs: TabFlags { marketplace: set.marketplace_tab, membership: set.membership_tab },
            assistant: false,
            live_trading: false,
            push: false,
        }
    }
}
