//! What is measured by an example of the engine, because only there nothing else is in the way.

use anyhow::Result;
use clap::Args;

use super::document;
use super::machine::Machine;
use crate::{process, workspace};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Put the result into docs/benchmarks.md
    #[arg(long)]
    write: bool,
}

/// Runs an example, makes a section of what it prints, and prints or writes that under `name`.
pub(super) fn run(
    example: &str,
    name: &str,
    options: &Options,
    section: impl FnOnce(&str, &Machine) -> Result<String>,
) -> Result<()> {
    let root = workspace::root()?;
    let machine = Machine::this();
    let mut cargo = process::cargo();
    cargo.args(["run", "--quiet", "--release", "--package", "ballast-engine"]);
    let told = process::capture(cargo.args(["--example", example]).current_dir(&root))?;
    let body = section(&told, &machine)?;
    println!("{body}");
    if options.write {
        document::write_section(&root, name, &body)?;
    }
    Ok(())
}
