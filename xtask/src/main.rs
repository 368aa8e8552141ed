//! The developer's commands: `cargo xtask <command>`. One module per command; shell scripts stay
//! out because rules and checks written in Rust are tested like everything else.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to people")]

mod bench;
mod mutants;
mod oracle;
mod process;
mod python;
mod report;
mod simulate;
mod smoke;
mod tidy;
mod tools;
mod up;
mod verify;
mod web;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Ballast's developer commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Build Ballast and start it here, on embedded defaults with the simulated market
    Up(up::Options),
    /// Run everything that must pass before a merge or a release
    Verify,
    /// Formatting, lints, house rules
    Lint,
    /// Check the types of all targets
    Typecheck,
    /// All tests, doc tests included
    Test,
    /// Build the release binary
    Build,
    /// Check the house rules: sizes, crate edges, manifests, generated files
    Tidy,
    /// Write the generated files anew
    Generate,
    /// Check a server as before a release: one that runs, or one that is started for it
    Smoke(smoke::Options),
    /// Take the pictures of every view, and those that the README shows
    Screens,
    /// Measure beside peers, in the same run
    #[command(subcommand)]
    Bench(bench::Benchmark),
    /// Compare back-tests and indicators with independent references
    Oracle(oracle::Options),
    /// Play seeded worlds in which everything around the engine fails, and check what must hold
    Simulate(simulate::Options),
    /// Change the code that money depends on, place by place, and list what no test notices
    Mutants(mutants::Options),
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Up(options) => up::run(&options),
        Task::Verify => verify::run(verify::Scope::Everything),
        Task::Lint => verify::run(verify::Scope::Lint),
        Task::Typecheck => verify::run(verify::Scope::Typecheck),
        Task::Test => verify::run(verify::Scope::Test),
        Task::Build => verify::run(verify::Scope::Build),
        Task::Tidy => tidy::run(),
        Task::Generate => tidy::generate(),
        Task::Smoke(options) => smoke::run(&options),
        Task::Screens => web::screens(),
        Task::Bench(benchmark) => bench::run(&benchmark),
        Task::Oracle(options) => oracle::run(&options),
        Task::Simulate(options) => simulate::run(&options),
        Task::Mutants(options) => mutants::run(&options),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn unknown_commands_are_refused() {
        assert!(Arguments::try_parse_from(["cargo xtask", "deploy"]).is_err());
        assert!(Arguments::try_parse_from(["cargo xtask", "bench", "backtest"]).is_ok());
    }
}
