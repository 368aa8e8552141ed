//! The flags that say how a file of bars is to be read.

use ballast_venues::csv::Stamped;

/// Which end of its interval a time in a file names.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum StampedArgument {
    /// The opening, as most sources do.
    Open,
    /// The close.
    Close,
}

impl From<StampedArgument> for Stamped {
    fn from(argument: StampedArgument) -> Self {
        match argument {
            StampedArgument::Open => Self::Open,
            StampedArgument::Close => Self::Close,
        }
    }
}
