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

// Unit tests and the integration tests share their fixtures, which name the crate from outside.
#[cfg(test)]
extern crate self as ballast_engine;
#[cfg(test)]
#[path = "../tests/it/fixture.rs"]
mod fixture;
#[cfg(test)]
#[path = "../tests/it/words.rs"]
mod words;
#[cfg(test)]
#[path = "../tests/it/world.rs"]
mod world;
