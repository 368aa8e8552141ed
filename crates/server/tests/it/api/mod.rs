//! The HTTP API as its clients meet it: the real process, over real sockets.
//!
//! Each test has a server of its own, on the simulated market at twenty times real time.

mod access;
mod client;
mod forge;
mod people;
mod routes;
mod server;
mod trading;
