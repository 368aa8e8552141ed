//! What a profile wants to do at a bar's close, and why.
//!
//! A config is checked and compiled once, to a [`Plan`] on a market board; from then on a decision
//! is a pure function of a frame's row and of what the profile holds.

mod evaluate;
mod explain;
pub mod expression;
mod facts;
mod overlay;
mod plan;
pub mod sizing;
mod validate;

#[cfg(test)]
mod tests;

pub use evaluate::{Choice, Standing};
pub use overlay::{Overlay, is_price, overlays};
pub use plan::{Lane, Plan};
pub use validate::{ConfigFault, limit_faults};
