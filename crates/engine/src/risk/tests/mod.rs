//! Each check of the gate at its edge, just inside and just outside; then their order, and exits,
//! which pass every check of entries.

mod entries;
mod exits;
mod levels;
mod order;
mod scene;
mod stops;
