//! What each event does to the state, and which events it refuses.

mod counters;
mod journal;
mod orders;
mod profiles;
pub(crate) mod script;
