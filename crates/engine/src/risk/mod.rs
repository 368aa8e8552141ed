//! The risk gate: the only place where a signal becomes an intent.

mod gate;
mod intent;

#[cfg(test)]
mod tests;

pub use gate::{View, check};
pub use intent::OrderIntent;
