//! The `ballast` binary: everything people run.

mod cli;
#[cfg_attr(not(test), expect(dead_code, reason = "the routes of back-tests are to call it"))]
#[expect(unused_imports, reason = "the routes of back-tests are to call it")]
mod research;
mod serve;
mod strategy_text;
mod wording;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
