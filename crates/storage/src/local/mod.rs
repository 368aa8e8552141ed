//! `local.log`: what this node makes durable by itself while the store is away.
//!
//! One file per data directory, allocated before it is needed, so that a full disk cannot refuse a
//! write. It holds stops that people have asked for, and the continuation of streams whose store
//! does not answer: batches that follow the stream's end, in order, each whole. When the store is
//! back they are appended to it, and the file begins anew.
//!
//! What is in the file and in the store is known by the stream's sequence numbers. So it does not
//! matter where a process ends: a batch that the store has by then is compared and dropped, one
//! that it does not have is appended.

mod entry;
mod file;
mod index;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ballast_engine::ports::JournalError;
use tokio::sync::{Notify, oneshot, watch};

use crate::error::{OpenError, StoreError};
use crate::journal::Stream;
use crate::local::entry::Entry;
use crate::local::file::LocalFile;
use crate::local::index::Index;
use crate::local::writer::{Job, Writer};

pub use crate::local::file::image::LocalImage;
pub(crate) use crate::local::index::Continuation;

/// The file's name in the data directory.
pub(crate) const FILE_NAME: &str = "local.log";
/// The smallest file that is of use.
pub const MIN_LOCAL_BYTES: u64 = 64 << 10;

/// How things stand with what this node keeps by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LocalStatus {
    /// Whether the store is away: what happens is kept in the file alone.
    pub away: bool,
    /// Whether a write was refused because the file has no room; until it begins anew.
    pub full: bool,
    /// Batches of records that the store does not have yet.
    pub batches: u64,
    /// Bytes of the file that are in use.
    pub used_bytes: u64,
    /// Bytes that can be.
    pub capacity_bytes: u64,
}

/// An open `local.log`.
pub(crate) struct LocalLog {
    file: PathBuf,
    index: Arc<Mutex<Index>>,
    writer: Writer,
    status: watch::Sender<LocalStatus>,
    /// Wakes whoever drains.
    news: Arc<Notify>,
}

impl LocalLog {
    /// Opens the file, or makes one of `bytes`; `None` where there is none and none is to be made.
    pub(crate) fn open(directory: &Path, bytes: Option<u64>) -> Result<Option<Self>, OpenError> {
        let path = directory.join(FILE_NAME);
        let unavailable = |error: io::Error| OpenError::Unavailable {
            file: path.clone(),
            reason: error.to_string(),
        };
        let there = path.try_exists().map_err(unavailable)?;
        match (there, bytes) {
            (false, None) => return Ok(None),
            (false, Some(bytes)) => file::create(directory, &path, bytes).map_err(unavailable)?,
            (true, _) => {}
        }
        let (file, records) = LocalFile::open(&path, bytes)?;
        let index = Index::of_records(&path, records)?;
        let status = watch::channel(LocalStatus {
            away: index.has_batches(),
            full: false,
            batches: index.batches(),
            used_bytes: file.used_bytes(),
            capacity_bytes: file.capacity_bytes(),
        });
        let index = Arc::new(Mutex::new(index));
        let writer = Writer::start(file, Arc::clone(&index), status.0.clone());
        let writer = writer.map_err(unavailable)?;
        let news = Arc::new(Notify::new());
        Ok(Some(Self { file: path, index, writer, status: status.0, news }))
    }

    /// How things stand, now and as it changes.
    pub(crate) fn status(&self) -> watch::Receiver<LocalStatus> {
        self.status.subscribe()
    }

    /// Whether a stream is continued here: the store is away, or has not caught up with it.
    pub(crate) fn continues(&self, stream: &Stream) -> bool {
        self.status.borrow().away || self.lock().last_seq(stream).is_some()
    }

    /// What continues a stream, in order.
    pub(crate) fn continuation(&self, stream: &Stream) -> Vec<Continuation> {
        self.lock().of(stream)
    }

    /// Makes a batch durable that continues its stream.
    pub(crate) async fn append(&self, batch: Continuation) -> Result<u64, JournalError> {
        let expected = batch.first_seq - 1;
        if let Some(actual) = self.lock().last_seq(&batch.stream).filter(|last| *last != expected) {
            return Err(JournalError::Conflict { expected, actual });
        }
        let last_seq = batch.last_seq();
        self.status.send_if_modified(|status| !std::mem::replace(&mut status.away, true));
        let written = self.write(Entry::Continuation(batch)).await;
        self.news.notify_one();
        written.map(|_| last_seq).map_err(JournalError::from)
    }

    /// Makes a stop durable, in the place of the one before; gives its number.
    pub(crate) async fn keep_stop(&self, body: String) -> Result<u64, StoreError> {
        self.write(Entry::Stop { body }).await
    }

    /// The stop that was kept last and is not recorded elsewhere.
    pub(crate) fn kept_stop(&self) -> Option<(u64, String)> {
        self.lock().stop().cloned()
    }

    /// The stop of this number is recorded where stops are; the file may forget it.
    pub(crate) async fn stop_recorded(&self, number: u64) -> Result<(), StoreError> {
        self.lock().forget_stop(number);
        self.begin_anew().await
    }

    /// The batch that was kept first of the streams that `wanted` names.
    pub(crate) fn front(&self, wanted: impl Fn(&Stream) -> bool) -> Option<(u64, Continuation)> {
        self.lock().front(wanted)
    }

    /// The store has what continues a stream up to `last_seq`.
    pub(crate) fn drained(&self, stream: &Stream, last_seq: u64) {
        let batches = {
            let mut index = self.lock();
            index.drained(stream, last_seq);
            index.batches()
        };
        self.status.send_modify(|status| status.batches = batches);
    }

    /// Whatever could be drained was: the store answers. Begins the file anew when nothing is left.
    pub(crate) async fn settled(&self) -> Result<(), StoreError> {
        self.begin_anew().await?;
        self.status.send_if_modified(|status| std::mem::replace(&mut status.away, false));
        Ok(())
    }

    /// Waits until there is something to drain that was not there before.
    pub(crate) async fn news(&self) {
        self.news.notified().await;
    }

    async fn write(&self, entry: Entry) -> Result<u64, StoreError> {
        let payload = entry.encode()?;
        let (reply, answer) = oneshot::channel();
        self.writer.send(Job::Append { entry, payload, reply }).await?;
        answer.await.unwrap_or_else(|_| Err(self.closed()))
    }

    /// Lets the file begin anew, unless there is something in it that is needed.
    async fn begin_anew(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.writer.send(Job::BeginAnew { reply }).await?;
        answer.await.unwrap_or_else(|_| Err(self.closed()))
    }

    fn closed(&self) -> StoreError {
        StoreError::Unavailable(format!("{} has been closed", self.file.display()))
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
