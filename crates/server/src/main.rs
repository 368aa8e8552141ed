//! The `ballast` binary: everything people run.

mod app;
mod cli;
mod explanation;
mod flags;
mod http;
mod metrics;
mod names;
mod realtime;
mod research;
mod serve;
mod strategy_text;
mod views;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
