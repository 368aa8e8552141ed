//! Files that come with a request, on their way to a back-test.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

/// The most that the files of one request hold together.
pub(crate) const MOST_UPLOAD_BYTES: u64 = 64 << 20;

/// A file that exists as long as this does: until its back-test has run or was refused.
#[derive(Debug)]
pub(crate) struct UploadedFile {
    path: PathBuf,
    file: Option<File>,
    bytes: u64,
}

/// Why an upload was not received.
#[derive(Debug, Error)]
pub(crate) enum UploadError {
    /// HTTP 413.
    #[error("the file is larger than 64 MiB; send fewer bars, or use the command line")]
    TooLarge,
    /// HTTP 500.
    #[error("the upload cannot be stored: {0}")]
    Storage(#[from] io::Error),
}

impl UploadedFile {
    pub(super) async fn create(path: PathBuf) -> io::Result<Self> {
        let file = File::options().write(true).create_new(true).open(&path).await?;
        Ok(Self { path, file: Some(file), bytes: 0 })
    }

    /// Adds the next bytes.
    ///
    /// # Errors
    /// [`UploadError`]; what was received is removed with the file.
    pub(crate) async fn append(&mut self, bytes: &[u8]) -> Result<(), UploadError> {
        self.bytes += bytes.len() as u64;
        if self.bytes > MOST_UPLOAD_BYTES {
            return Err(UploadError::TooLarge);
        }
        match &mut self.file {
            Some(file) => Ok(file.write_all(bytes).await?),
            None => Err(io::Error::other("the file is complete").into()),
        }
    }

    /// Nothing more comes; the file can be read from now on.
    ///
    /// # Errors
    /// [`UploadError::Storage`].
    pub(crate) async fn complete(&mut self) -> Result<(), UploadError> {
        match self.file.take() {
            Some(mut file) => Ok(file.flush().await?),
            None => Ok(()),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for UploadedFile {
    fn drop(&mut self) {
        // One that cannot be removed now is removed at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}
