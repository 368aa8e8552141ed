//! Back-tests, whoever asks for them.
//!
//! [`run()`] takes one from its bars to everything that is told about it. The command line calls it
//! directly; over HTTP a [`RunRequest`] is submitted to [`Backtests`], whose workers call it.

mod bars;
mod curve;
mod jobs;
pub(crate) mod limits;
mod range;
mod remarks;
mod request;
mod result;
mod run;
mod stream;

pub(crate) use bars::{BarFile, BarsError};
pub(crate) use jobs::{
    BacktestSettings, Backtests, DataBars, JobDetail, JobPage, JobRow, Progress, ReadError,
    Removal, SubmitError, SymbolData, UploadError,
};
pub(crate) use range::TimeRange;
pub(crate) use request::{DataSource, FieldFault, RunRequest};
pub(crate) use result::BacktestResult;
pub(crate) use run::{Backtest, Finished, RunFailure, Strategy, run};
pub(crate) use stream::BarStream;
