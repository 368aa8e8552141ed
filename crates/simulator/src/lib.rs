//! A seeded world around the real loop of a tenant: clock, market, venue, wire, store and people,
//! all of which go wrong, and processes that end between any two effects.
//!
//! A seed is a [`Scenario`]: a list of steps that says everything. It is played on one thread, with
//! no clock, no disk and no randomness of its own, so that it plays the same every time. After
//! each step the invariants of the architecture are looked at (`Invariant`); the first that does
//! not hold ends the run. [`minimise`] leaves out of the scenario whatever the violation does not
//! need.
//!
//! What is real: `ballast_engine::run::Tenant` with engine, gate, ledger and state, the fill
//! contract of `ballast_engine::matching`, and the journal of `ballast_storage` in memory with its
//! JSON, hash chain and epochs. What is simulated: the wire to the venue and everything that fails.

mod audit;
mod invariants;
mod issuer;
mod market;
mod minimise;
mod outside;
mod people;
mod ports;
mod process;
mod protection;
mod report;
mod scenario;
mod strategies;
mod tenant;
mod venue;
mod world;

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::Result;

pub use invariants::{Invariant, Violation};
pub use minimise::{Small, minimise};
pub use report::Tally;
pub use scenario::{GAPS, Scenario};

/// What came of playing a scenario.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The first invariants that did not hold; none when all did.
    pub violations: Vec<Violation>,
    /// What happened.
    pub tally: Tally,
    /// What happened, line by line, when it was asked for.
    pub trace: Vec<String>,
}

/// Plays a scenario, with the lines of what happened when `trace` is set. A panic is a violation.
///
/// # Errors
/// When the world itself is at fault.
pub fn play(scenario: &Scenario, trace: bool) -> Result<Outcome> {
    match catch_unwind(AssertUnwindSafe(|| world::play(scenario, trace))) {
        Ok(played) => played,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let why = text.unwrap_or_else(|| "without a message".to_owned());
            let violations = vec![invariants::violation(Invariant::NoPanic, why)];
            Ok(Outcome { violations, ..Outcome::default() })
        }
    }
}
