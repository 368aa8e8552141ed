//! What every suite needs to run the binary: a folder of its own, commands in it, a server that
//! runs there, and the gaps in which one is killed.

mod desk;
mod gaps;
mod market;
mod room;
mod server;

pub(crate) use desk::{Desk, Ended, HEADER, STRATEGY, ballast, days, repository};
pub(crate) use gaps::{Gaps, Halting};
pub(crate) use market::{LOOPBACK, market};
pub(crate) use room::{LIMITED, Room};
pub(crate) use server::{Server, eventually};
