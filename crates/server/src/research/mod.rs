//! Back-tests, whoever asks for them.
//!
//! [`run`] takes one from its bars to everything that is told about it; the command line calls it
//! directly.

mod bars;
pub(crate) mod limits;
mod range;
mod remarks;
mod result;
mod run;
mod stream;

pub(crate) use bars::{BarFile, BarsError};
pub(crate) use range::TimeRange;
pub(crate) use result::BacktestResult;
pub(crate) use run::{Backtest, Finished, RunFailure, Strategy, run};
pub(crate) use stream::BarStream;
