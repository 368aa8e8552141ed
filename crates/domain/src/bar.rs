//! Bars: open, high, low, close and volume over one interval, stamped with its close.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::instrument::VenueId;
use crate::number::{Price, Quantity};
use crate::time::{Timeframe, Timestamp};

/// Why four prices are no bar.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BarError {
    /// Nothing was traded above the high or below the low.
    #[error("open {open} and close {close} must lie between low {low} and high {high}")]
    OutsideRange {
        /// First price.
        open: Price,
        /// Highest price.
        high: Price,
        /// Lowest price.
        low: Price,
        /// Last price.
        close: Price,
    },
}

/// What was traded in one interval. Nothing may read it before its close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bar {
    /// The end of the interval, which is when the bar becomes known.
    pub close_time: Timestamp,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Units traded; zero when unknown.
    pub volume: Quantity,
}

impl Bar {
    /// Checks that open and close lie between low and high.
    ///
    /// # Errors
    /// [`BarError::OutsideRange`] otherwise.
    pub fn checked(self) -> Result<Self, BarError> {
        let Self { open, high, low, close, .. } = self;
        if low <= open.min(close) && open.max(close) <= high {
            Ok(self)
        } else {
            Err(BarError::OutsideRange { open, high, low, close })
        }
    }

    /// One traded price as a bar whose four prices are equal.
    #[must_use]
    pub const fn tick(at: Timestamp, price: Price, volume: Quantity) -> Self {
        Self { close_time: at, open: price, high: price, low: price, close: price, volume }
    }
}

/// Names a frame: all bars of one venue and timeframe that close at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameId {
    /// Where the bars come from.
    pub venue: VenueId,
    /// The interval they span.
    pub timeframe: Timeframe,
    /// The instant they all close.
    pub close: Timestamp,
    /// Zero for the first version; counted up when the venue corrects a bar.
    pub revision: u32,
}
