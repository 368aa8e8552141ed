//! What the store promises: one conformance suite over every back end, and what only a back end on
//! a disk can suffer.
//!
//! The suite is the functions of [`documents`], [`journals`] and [`leases`]; [`conformance`] runs
//! each of them on each back end.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a child of one speaks to its parent"
)]

mod conformance;
mod crash;
mod damage;
mod documents;
mod faults;
mod full;
mod journals;
mod leases;
mod local;
mod opening;
mod support;
