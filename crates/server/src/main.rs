//! The `ballast` binary: everything people run.

mod app;
mod cli;
mod flags;
mod http;
mod metrics;
mod realtime;
mod research;
mod serve;
mod strategy_text;
mod views;
mod wording;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
