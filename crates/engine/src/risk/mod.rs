//! The risk gate: the only place where a signal becomes an intent, and where a person's stop may
//! move.

mod gate;
mod intent;
mod levels;
mod stop;

#[cfg(test)]
mod tests;

pub use gate::{View, check};
pub use intent::OrderIntent;
pub use levels::expected_fill;
pub use stop::check_stop;
