//! The risk gate: the only place where a signal becomes an intent, and where a person's stop may
//! move.

mod access;
mod amend;
mod gate;
mod intent;
mod levels;
mod obstacles;
mod price;
mod protections;
mod scopes;
mod stop;
mod sums;

#[cfg(test)]
mod tests;

pub use amend::{ApprovedAmendment, Change, check_amendment};
pub use gate::{View, check};
pub use intent::OrderIntent;
pub use levels::expected_fill;
pub use obstacles::obstacles;
pub(crate) use protections::locks;
pub use scopes::Scopes;
pub use stop::check_stop;
