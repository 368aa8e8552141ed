//! The `ballast` binary: everything people run.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
