//! Whether an instrument can be traded, as its venue says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::instrument::Symbol;
use crate::time::Timestamp;

/// Whether an instrument can be traded at its venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum MarketStatus {
    /// It can.
    #[default]
    Open,
    /// The venue has interrupted trading, nobody knows for how long.
    Halted,
    /// It is outside of trading hours.
    Closed {
        /// When it opens, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opens_at: Option<Timestamp>,
    },
}

/// The instruments of a market that cannot be traded now. Configuration of the moment and not a
/// fact of any tenant: a venue tells it again whenever it is asked anew.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Markets {
    shut: BTreeMap<Symbol, MarketStatus>,
}

impl Markets {
    /// What a venue has said of an instrument; open when it has said nothing.
    #[must_use]
    pub fn status(&self, symbol: Symbol) -> MarketStatus {
        self.shut.get(&symbol).copied().unwrap_or_default()
    }

    /// Whether all that was told of can be traded.
    #[must_use]
    pub fn are_open(&self) -> bool {
        self.shut.is_empty()
    }

    /// Takes over what a venue says of an instrument, and whether that is news.
    pub fn put(&mut self, symbol: Symbol, status: MarketStatus) -> bool {
        let before = match status {
            MarketStatus::Open => self.shut.remove(&symbol),
            MarketStatus::Halted | MarketStatus::Closed { .. } => self.shut.insert(symbol, status),
        };
        before.unwrap_or_default() != status
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_was_said_of_is_open() {
        let (one, other) = ("GOOG".parse().unwrap(), "MSFT".parse().unwrap());
        let mut markets = Markets::default();
        assert!(!markets.put(one, MarketStatus::Open));
        assert!(markets.put(one, MarketStatus::Halted));
        assert!(!markets.put(one, MarketStatus::Halted));
        assert_eq!(markets.status(one), MarketStatus::Halted);
        assert_eq!(markets.status(other), MarketStatus::Open);
        assert!(!markets.are_open());
        assert!(markets.put(one, MarketStatus::Closed { opens_at: None }));
        assert!(markets.put(one, MarketStatus::Open));
        assert_eq!((markets.are_open(), markets), (true, Markets::default()));
    }
}
