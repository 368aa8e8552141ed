//! What SQLite says when it fails, told by what the caller does next.

use std::path::Path;

use rusqlite::ErrorCode;
use rusqlite::types::FromSqlError;

use crate::error::StoreError;

/// Why a statement failed.
#[derive(Debug)]
pub(super) enum Fault {
    Sqlite(rusqlite::Error),
    /// SQLite is content, but what it gave cannot have been written by us.
    Damaged(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<FromSqlError> for Fault {
    fn from(error: FromSqlError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl Fault {
    /// As the caller of the store hears it; `file` is the database.
    pub(super) fn explain(&self, file: &Path) -> StoreError {
        match self {
            Self::Damaged(why) => damaged(file, why),
            Self::Sqlite(rusqlite::Error::ToSqlConversionFailure(why)) => {
                StoreError::Refused(why.to_string())
            }
            Self::Sqlite(error) => explain(error, file),
        }
    }
}

fn explain(error: &rusqlite::Error, file: &Path) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Unavailable(format!(
            "{} cannot grow: the disk is full, or the store has reached its limit; make room",
            file.display()
        )),
        Some(
            ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::ConstraintViolation
            | ErrorCode::TypeMismatch
            | ErrorCode::Unknown,
        )
        | None => damaged(file, error),
        Some(_) => StoreError::Unavailable(format!("{}: {error}", file.display())),
    }
}

fn damaged(file: &Path, why: &dyn std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("{}: {why}; restore a backup", file.display()))
}
