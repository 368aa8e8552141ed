//! The HTTP API as its clients meet it: the real process, over real sockets.
//!
//! Each test has a server of its own, on the simulated market at twenty times real time.

mod access;
mod client;
mod control;
mod crashes;
mod forge;
mod health;
mod idempotency;
mod market;
mod orders;
mod people;
mod positions;
mod profiles;
mod requests;
mod routes;
mod server;
mod strangers;
mod trading;
