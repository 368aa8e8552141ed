//! The `ballast` binary as people and machines use it: commands in, text, files and exit codes
//! out; a server that is killed and comes back.

mod backtest;
mod config;
mod crash;
mod documents;
mod golden;
mod help;
mod indicators;
mod run;
