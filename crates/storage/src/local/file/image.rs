//! `local.log` in memory, byte for byte, for tests that end a process while it writes.

use std::fmt;
use std::io::{self, Cursor};
use std::path::PathBuf;

use ballast_domain::TenantId;

use super::{FIRST_RECORD, LocalFile, Medium, WriteError, head, read_all};
use crate::contract::StreamName;
use crate::error::{OpenError, StoreError};
use crate::journal::Stream;
use crate::local::entry::Entry;
use crate::local::index::{Continuation, Index};

impl Medium for Cursor<Vec<u8>> {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The bytes of a node's `local.log`, and what they hold. A process that ends in the middle of a
/// write leaves some of the record's bytes there, and the next one reads what is whole.
pub struct LocalImage {
    file: LocalFile<Cursor<Vec<u8>>>,
    index: Index,
}

impl fmt::Debug for LocalImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used_bytes = self.file.used_bytes();
        f.debug_struct("LocalImage").field("used_bytes", &used_bytes).finish_non_exhaustive()
    }
}

impl LocalImage {
    /// A new file of `bytes`.
    ///
    /// # Errors
    /// When it is too small to be one.
    pub fn new(bytes: usize) -> Result<Self, OpenError> {
        let mut content = head(1);
        content.resize(bytes, 0);
        Self::open(content)
    }

    /// What a process finds that opens a file with this content.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn open(content: Vec<u8>) -> Result<Self, OpenError> {
        let path = PathBuf::from(super::super::FILE_NAME);
        let capacity = content.len() as u64;
        let mut medium = Cursor::new(content);
        let (generation, records, next) = read_all(&path, &mut medium)?;
        let index = Index::of_records(&path, records)?;
        let file = LocalFile { path, file: medium, capacity, generation, next, durable: next };
        Ok(Self { file, index })
    }

    /// Its bytes.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        self.file.file.get_ref()
    }

    /// Keeps records that continue a stream, durably.
    ///
    /// # Errors
    /// When there is no room for them.
    pub fn keep(
        &mut self,
        (tenant, name): (&TenantId, StreamName),
        (epoch, first_seq): (u64, u64),
        bodies: Vec<String>,
    ) -> Result<(), StoreError> {
        let stream = Stream { tenant: tenant.clone(), name };
        let entry = Entry::Continuation(Continuation { stream, epoch, first_seq, bodies });
        let number = self.file.write(&entry.encode()?).map_err(|error| unavailable(&error))?;
        self.file.flush().map_err(|error| unavailable(&error))?;
        self.index.add(number, entry);
        Ok(())
    }

    /// The content after a process has ended while it kept records: of the bytes that it would have
    /// written, in a share of 256, the first are there, and where the others belong is what was
    /// there before.
    ///
    /// # Errors
    /// When there is no room for them.
    pub fn torn(
        &self,
        stream: (&TenantId, StreamName),
        at: (u64, u64),
        bodies: Vec<String>,
        share: u8,
    ) -> Result<Vec<u8>, StoreError> {
        let mut whole = Self::open(self.content().to_vec())
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        whole.keep(stream, at, bodies)?;
        let place = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let from = place(FIRST_RECORD + self.file.used_bytes());
        let to = place(FIRST_RECORD + whole.file.used_bytes());
        let there = from + (to - from) * usize::from(share) / 256;
        let mut content = self.content().to_vec();
        content[from..there].copy_from_slice(&whole.content()[from..there]);
        Ok(content)
    }

    /// What continues a stream, in order: the sequence of the first record of each batch, and its
    /// records.
    #[must_use]
    pub fn continuation(&self, tenant: &TenantId, name: StreamName) -> Vec<(u64, Vec<String>)> {
        let stream = Stream { tenant: tenant.clone(), name };
        let batches = self.index.of(&stream).into_iter();
        batches.map(|batch| (batch.first_seq, batch.bodies)).collect()
    }

    /// The store has what continues a stream up to `last_seq`; the file begins anew when nothing in
    /// it is needed any more.
    pub fn drained(&mut self, tenant: &TenantId, name: StreamName, last_seq: u64) {
        let stream = Stream { tenant: tenant.clone(), name };
        while self.index.of(&stream).first().is_some_and(|first| first.first_seq <= last_seq) {
            self.index.drained(&stream, last_seq);
        }
        if self.index.is_empty() && !self.file.is_new() {
            // It is in memory, where nothing fails.
            let _ = self.file.begin_anew();
        }
    }
}

fn unavailable(error: &WriteError) -> StoreError {
    StoreError::Unavailable(error.to_string())
}
