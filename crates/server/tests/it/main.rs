//! The `ballast` binary as people run it: commands in, text, files and exit codes out.

mod backtest;
mod config;
mod documents;
mod golden;
mod help;
mod indicators;
mod run;
