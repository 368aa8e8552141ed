//! The `ballast` binary as people and machines use it: commands in, text, files and exit codes
//! out; a server that is killed and comes back.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails by panicking and tells what it did"
)]

mod api;
mod away;
mod backtest;
mod config;
mod crash;
mod documents;
mod golden;
mod help;
mod indicators;
mod realtime;
mod replay;
mod serve;
mod support;
mod users;
