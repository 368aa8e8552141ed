//! The risk gate: the only place where a signal becomes an intent, and where a person's stop and
//! targets may move.

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
mod target;

#[cfg(test)]
pub(crate) mod tests;

pub use amend::{ApprovedAmendment, Change, check_amendment};
pub use gate::{View, check, equity};
pub use intent::OrderIntent;
pub use levels::expected_fill;
pub use obstacles::obstacles;
pub(crate) use protections::locks;
pub use scopes::Scopes;
pub use stop::check_stop;
pub use target::{
    MOST_LEGS, MOST_TARGETS, MovedTargets, TargetChange, asked_targets, check_targets, is_standing,
};
