//! The risk gate: the only place where a signal becomes an intent.

mod intent;

pub use intent::OrderIntent;
