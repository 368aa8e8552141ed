//! The engine over history: runs, statistics and reports.

mod activity;
mod idle;
pub mod report;
mod run;
pub mod statistics;

pub use activity::{Activity, Refused};
pub use idle::{PartCount, count_parts, why_idle};
pub use run::{OpenTrade, Outcome, Request, RunError, run, venue};
