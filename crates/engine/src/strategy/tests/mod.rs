//! Configs compiled, decided and explained.

mod compile;
mod decide;
mod explain;
mod scene;
