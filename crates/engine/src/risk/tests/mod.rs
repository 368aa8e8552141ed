//! Each check of the gate at its edge, just inside and just outside; then their order, and exits,
//! which pass every check of entries.

mod access;
mod amend;
mod entries;
mod exits;
mod levels;
mod limits;
mod obstacles;
mod order;
mod prices;
mod scene;
mod stops;
mod sums;
pub(crate) mod targets;
