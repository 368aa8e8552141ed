//! The `ballast` binary: everything people run.

mod cli;
mod research;
mod serve;
mod strategy_text;
mod wording;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
