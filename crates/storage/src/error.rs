//! Why the store did not do what it was asked, by what the caller does next.

use std::path::PathBuf;

use ballast_engine::ports::JournalError;
use thiserror::Error;

use crate::contract::Etag;

/// Why an operation on an open store failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// Somebody has changed the document: read it again and decide again.
    #[error("document '{key}' has changed{}", now(current.as_ref()))]
    Changed {
        /// The document's key.
        key: String,
        /// Its version now; `None` when it is not there.
        current: Option<Etag>,
    },
    /// The store cannot be reached or is full. A write may have happened all the same: read before
    /// writing it again.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// What is stored is not what was written: use nothing of it and look at the store.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// No store can do this: a defect of the caller, or a limit that its user must be told of.
    #[error("the store refuses it: {0}")]
    Refused(String),
}

fn now(current: Option<&Etag>) -> String {
    match current {
        Some(etag) => format!(": its version is now {etag}"),
        None => ": it does not exist".to_owned(),
    }
}

impl From<StoreError> for JournalError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(why) => Self::Unavailable(why),
            StoreError::Corrupt(why) => Self::Corrupt(why),
            StoreError::Refused(why) => Self::Refused(why),
            changed @ StoreError::Changed { .. } => Self::Refused(changed.to_string()),
        }
    }
}

/// Why a store cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The data directory cannot be made, read or written.
    #[error(
        "the data directory {} cannot be used: {reason}; choose a directory on a local disk that \
         this user may write (BALLAST_DATA_DIR)",
        directory.display()
    )]
    Directory {
        /// The data directory.
        directory: PathBuf,
        /// What the operating system says.
        reason: String,
    },
    /// Another process uses the data directory.
    #[error(
        "the data directory {} is used by another ballast process ({owner}): stop that one, or \
         choose another directory (BALLAST_DATA_DIR)",
        directory.display()
    )]
    InUse {
        /// The data directory.
        directory: PathBuf,
        /// The other process as far as it is known, such as `pid 4711`.
        owner: String,
    },
    /// The file is somebody else's.
    #[error(
        "{} is not a Ballast store: {reason}; nothing was changed. Choose another data directory \
         (BALLAST_DATA_DIR), or restore a backup",
        file.display()
    )]
    Foreign {
        /// The file.
        file: PathBuf,
        /// How it was told.
        reason: String,
    },
    /// A newer release has written what this one cannot read.
    #[error(
        "{} needs a reader of schema {min_reader} or newer, and this release reads {ours}: run \
         the newer release, or restore the backup taken before the upgrade",
        file.display()
    )]
    TooNew {
        /// The file.
        file: PathBuf,
        /// The oldest schema whose reader may open it.
        min_reader: u32,
        /// The schema of this release.
        ours: u32,
    },
    /// The file is not whole.
    #[error(
        "{} is damaged: {reason}. Nothing was changed. Keep a copy of the directory, then restore \
         a backup",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What the check found.
        reason: String,
    },
    /// The disk or the database refused otherwise.
    #[error(
        "{} cannot be opened: {reason}; see that its disk is neither full nor failing",
        file.display()
    )]
    Unavailable {
        /// The file.
        file: PathBuf,
        /// What it said.
        reason: String,
    },
    /// The declared collections contradict the contract.
    #[error("the declared collections cannot be used: {0}")]
    Collections(String),
}
