//! How a command fails: what to tell, and with which code to end.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use thiserror::Error;

/// Why a command did not do what it was asked.
#[derive(Debug, Error)]
pub(crate) enum CliError {
    /// It was asked for something that cannot be: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// It tried and could not: exit code 1.
    #[error("{0}")]
    Failed(String),
    /// Whoever read the output has gone: nothing to tell, exit code 0.
    #[error("the reader of the output has gone")]
    ReaderGone,
}

impl CliError {
    pub(crate) fn usage(message: impl Display) -> Self {
        Self::Usage(message.to_string())
    }

    pub(crate) fn failed(message: impl Display) -> Self {
        Self::Failed(message.to_string())
    }

    /// Writes the message to the standard error and gives the exit code.
    pub(super) fn report(&self) -> ExitCode {
        let code = match self {
            Self::ReaderGone => return ExitCode::SUCCESS,
            Self::Usage(_) => 2,
            Self::Failed(_) => 1,
        };
        self.tell();
        ExitCode::from(code)
    }

    /// Writes the message to the standard error.
    pub(super) fn tell(&self) {
        // There is nobody left to tell when even this cannot be written.
        let _ = writeln!(io::stderr(), "error: {self}");
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::failed(format!("cannot write the result: {error}")),
        }
    }
}
