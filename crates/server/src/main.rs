//! The `ballast` binary: everything people run.

mod cli;
mod app;
mod flags;
mod http;
mod metrics;
mod serve;
mod views;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
