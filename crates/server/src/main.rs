//! The `ballast` binary: everything people run.

mod app;
mod cli;
mod flags;
mod http;
mod metrics;
mod serve;
mod views;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
