//! What happens in trading: the deterministic, journaled engine.
//!
//! Everything here is synchronous and pure but for `run`, the loop that drives it. No clock, no
//! randomness, no disk, no network: they come through [`ports`].
#![deny(clippy::float_arithmetic)]
#![warn(missing_docs)]

pub mod ledger;
pub mod market;
pub mod matching;
pub mod ports;
pub mod position;
pub mod risk;
pub mod run;
pub mod state;
pub mod step;
pub mod strategy;

#[cfg(test)]
#[path = "../tests/it/fixture.rs"]
mod fixture;
