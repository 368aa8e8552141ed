//! The engine over history: runs, statistics and reports.

pub mod report;
mod run;
pub mod statistics;

pub use run::{OpenTrade, Outcome, Request, RunError, run};
