//! What the deployment lets its tenants do: configuration, not a fact of any tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::Limits;
use crate::time::Timestamp;

/// Whether the product may be used.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Availability {
    /// It may.
    #[default]
    Active,
    /// Work is done on it: nothing is entered, what is held can be left.
    Maintenance {
        /// What its operators say about it.
        message: String,
        /// Until when it is expected to last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// It is switched off: nothing is entered, what is held can be left.
    Disabled {
        /// What its operators say about it.
        message: String,
    },
}

impl fmt::Display for Availability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Active => f.write_str("in service"),
            Self::Maintenance { message, until } => {
                write!(f, "under maintenance")?;
                until.map_or(Ok(()), |until| write!(f, " until {until}"))?;
                write!(f, ": {message}")
            }
            Self::Disabled { message } => write!(f, "disabled: {message}"),
        }
    }
}

/// What the gate is told of the product, for one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Product {
    /// Whether it may be used.
    pub availability: Availability,
    /// Its limits, which hold for every tenant.
    pub limits: Limits,
    /// Whether the tenant may trade for money.
    pub live_trading: bool,
}
