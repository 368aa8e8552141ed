//! Which server a command is about: by its data directory, or the settings that name it.

use std::path::PathBuf;

use clap::Args;

use super::CliError;
use crate::serve::{Flags, Settings};

/// Which server.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// Settings that differ from the defaults, a TOML file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where everything is kept.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl Place {
    /// The settings of that server.
    pub(super) fn settings(&self) -> Result<Settings, CliError> {
        let flags = Flags { data_dir: self.data_dir.clone(), ..Flags::default() };
        Settings::load(self.config.as_deref(), flags)
    }
}
