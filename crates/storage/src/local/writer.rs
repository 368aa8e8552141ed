//! The one thread that writes `local.log`. Whatever waits shares one flush to the disk.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::{mpsc, oneshot, watch};

use crate::error::StoreError;
use crate::local::LocalStatus;
use crate::local::entry::Entry;
use crate::local::file::{LocalFile, WriteError};
use crate::local::index::Index;

/// Writes that may wait for the thread; whoever comes then waits for room.
const WAITING: usize = 256;
/// Records that one flush makes durable.
const GROUP: usize = 64;

/// What is asked of the file.
pub(super) enum Job {
    /// A record is to be made durable; answered with its number.
    Append { entry: Entry, payload: Vec<u8>, reply: oneshot::Sender<Result<u64, StoreError>> },
    /// The file is to begin anew, if nothing of it is needed.
    BeginAnew { reply: oneshot::Sender<Result<(), StoreError>> },
}

/// How the thread is reached; it ends when this is dropped.
pub(super) struct Writer(mpsc::Sender<Job>);

impl Writer {
    pub(super) fn start(
        file: LocalFile,
        index: Arc<Mutex<Index>>,
        status: watch::Sender<LocalStatus>,
    ) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(WAITING);
        let mut desk = Desk { file, index, status };
        let run = move || desk.run(queue);
        thread::Builder::new().name("ballast-local".to_owned()).spawn(run)?;
        Ok(Self(jobs))
    }

    pub(super) async fn send(&self, job: Job) -> Result<(), StoreError> {
        let gone = |_| StoreError::Unavailable("local.log has been closed".to_owned());
        self.0.send(job).await.map_err(gone)
    }
}

struct Desk {
    file: LocalFile,
    index: Arc<Mutex<Index>>,
    status: watch::Sender<LocalStatus>,
}

impl Desk {
    fn run(&mut self, mut queue: mpsc::Receiver<Job>) {
        while let Some(job) = queue.blocking_recv() {
            let mut group = vec![job];
            while group.len() < GROUP
                && let Ok(job) = queue.try_recv()
            {
                group.push(job);
            }
            self.write(group);
        }
    }

    /// Writes what was asked for, flushes once, and answers.
    fn write(&mut self, group: Vec<Job>) {
        let (mut written, mut anew) = (Vec::new(), Vec::new());
        for job in group {
            match job {
                Job::Append { entry, payload, reply } => match self.file.write(&payload) {
                    Ok(number) => written.push((number, entry, reply)),
                    // Whoever asked may have gone.
                    Err(error) => drop(reply.send(Err(self.failed(&error)))),
                },
                Job::BeginAnew { reply } => anew.push(reply),
            }
        }
        let flushed = match written.is_empty() {
            true => Ok(()),
            false => self.file.flush().map_err(|error| self.failed(&error)),
        };
        let (mut numbers, kept) = (Vec::new(), flushed.is_ok());
        for (number, entry, reply) in written {
            if kept {
                self.index().add(number, entry);
            }
            numbers.push((number, reply));
        }
        let begun = if anew.is_empty() { Ok(()) } else { self.begin_anew() };
        self.tell();
        // Whoever asked may have gone.
        for (number, reply) in numbers {
            let _ = reply.send(flushed.clone().map(|()| number));
        }
        anew.into_iter().for_each(|reply| drop(reply.send(begun.clone())));
    }

    fn tell(&self) {
        let (batches, used_bytes) = (self.index().batches(), self.file.used_bytes());
        self.status.send_if_modified(|status| {
            let before = *status;
            (status.batches, status.used_bytes) = (batches, used_bytes);
            before != *status
        });
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin_anew(&mut self) -> Result<(), StoreError> {
        // Nothing is added meanwhile: this thread is the one that adds.
        let needed = !self.index().is_empty();
        if needed || self.file.is_new() {
            return Ok(());
        }
        self.file.begin_anew().map_err(|error| self.failed(&WriteError::Io(error)))?;
        self.status.send_if_modified(|status| std::mem::replace(&mut status.full, false));
        Ok(())
    }

    fn failed(&self, error: &WriteError) -> StoreError {
        if matches!(error, WriteError::Full { .. }) {
            self.status.send_if_modified(|status| !std::mem::replace(&mut status.full, true));
        }
        StoreError::Unavailable(format!("{}: {error}", self.file.path().display()))
    }
}
