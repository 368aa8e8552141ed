//! `simulate`: the seeded world around the engine, built optimised and run with what is given.

use std::ffi::OsString;

use anyhow::Result;
use clap::Args;

use crate::process;

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    /// What the simulator takes: --seeds, --minutes, --seed, --from; --help says more
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut cargo = process::cargo();
    cargo.args(["run", "--quiet", "--profile", "quick", "--package", "ballast-simulator", "--"]);
    process::run(cargo.args(&options.arguments))
}
