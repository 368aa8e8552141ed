//! The paper venue with the real tenant loop behind it.

mod away;
mod crash;
mod parity;
mod reference;
mod requests;
mod rig;
mod stored;
mod world;
