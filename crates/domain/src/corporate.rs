//! What the issuer of an instrument does to those who hold it.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::instrument::Symbol;
use crate::number::{Money, Price};

/// A corporate action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum CorporateAction {
    /// So many units come in the place of so many: 4 for 1 makes four of one, 1 for 10 one of ten.
    Split {
        /// Units that are held afterwards.
        numerator: NonZeroU32,
        /// Units that they come in the place of.
        denominator: NonZeroU32,
        /// What is paid for a unit afterwards, where a fraction of a lot is paid out in cash, in
        /// quote currency.
        cash_price: Price,
    },
    /// Money for each unit held: paid to who holds it, owed by who has sold it short.
    CashDividend {
        /// How much, in the profile's currency.
        per_unit: Money,
    },
    /// The instrument has another name.
    SymbolChanged {
        /// The name from now on.
        to: Symbol,
    },
}

impl CorporateAction {
    /// What it is, in one word.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Split { .. } => "split",
            Self::CashDividend { .. } => "dividend",
            Self::SymbolChanged { .. } => "change of symbol",
        }
    }
}
