//! The one thread that writes. Whatever waits shares one transaction and one flush to the disk.
//!
//! Each job runs in a savepoint of its own: one that fails, such as on a damaged page, is undone
//! alone. An answer is given only when the whole group is durable.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use metrics::histogram;
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use crate::contract::{Partition, Priority};
use crate::error::StoreError;
use crate::sqlite::fault::Fault;
use crate::sqlite::open::Opened;
use crate::sqlite::queue::{Job, Queue, Work, closed};

/// The metric of how long a group took to be written to the log and flushed to the disk; a
/// histogram, in seconds.
pub const COMMIT_SECONDS: &str = "ballast_store_commit_seconds";

/// How the writer's thread is reached.
pub(super) struct Writer {
    queue: Arc<Queue>,
    /// `None` while the thread runs, then how it ended.
    ended: watch::Receiver<Option<Result<(), StoreError>>>,
}

impl Writer {
    pub(super) fn start(opened: Opened) -> io::Result<Self> {
        let queue = Arc::new(Queue::new());
        let (end, ended) = watch::channel(None);
        let guard = CloseOnExit(Arc::clone(&queue));
        let run = move || {
            let Opened { writer, file, lock } = opened;
            let outcome = run(writer, &guard.0, &file);
            drop(guard);
            drop(lock);
            end.send_replace(Some(outcome));
        };
        thread::Builder::new().name("ballast-store".to_owned()).spawn(run)?;
        Ok(Self { queue, ended })
    }

    /// Runs `work` in the next group and waits until that is durable.
    pub(super) async fn write<T, F>(
        &self,
        partition: &Partition,
        priority: Priority,
        bytes: usize,
        work: F,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let task = Task { work: Some(work), answer: None, reply };
        self.queue.push(partition, priority, bytes, Box::new(task)).await?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Writes that wait.
    pub(super) fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    /// Lets nothing more in; the thread ends when it has written what waits.
    pub(super) fn close(&self) {
        self.queue.close();
    }

    pub(super) async fn ended(&self) -> Result<(), StoreError> {
        let mut ended = self.ended.clone();
        let end = ended.wait_for(Option::is_some).await;
        end.map_or_else(|_| Err(closed()), |end| end.clone().unwrap_or(Ok(())))
    }
}

/// Nobody waits for a thread that is gone.
struct CloseOnExit(Arc<Queue>);

impl Drop for CloseOnExit {
    fn drop(&mut self) {
        self.0.close();
        while let Some(jobs) = self.0.take() {
            settle(group(jobs), &Err(closed()));
        }
    }
}

struct Task<F, T> {
    work: Option<F>,
    answer: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Work for Task<F, T>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, Fault> + Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), Fault> {
        if let Some(work) = self.work.take() {
            self.answer = Some(work(connection)?);
        }
        Ok(())
    }

    fn settle(self: Box<Self>, end: Result<(), StoreError>) {
        let Self { answer, reply, .. } = *self;
        // Who no longer waits has given up; the write stands all the same.
        let _ = reply.send(end.and_then(|()| answer.ok_or_else(closed)));
    }
}

fn run(connection: Connection, queue: &Queue, file: &Path) -> Result<(), StoreError> {
    while let Some(jobs) = queue.take() {
        let mut group = group(jobs);
        let end = commit(&connection, &mut group, file);
        settle(group, &end);
    }
    let moved = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()));
    let closed = connection.close().map_err(|(_, error)| error);
    moved.and(closed).map_err(|error| Fault::from(error).explain(file))
}

/// A job, with what has gone wrong with it alone.
type Member = (Job, Option<StoreError>);

fn group(jobs: Vec<Job>) -> Vec<Member> {
    jobs.into_iter().map(|job| (job, None)).collect()
}

fn settle(group: Vec<Member>, end: &Result<(), StoreError>) {
    for (job, own) in group {
        job.work.settle(own.map_or_else(|| end.clone(), Err));
    }
}

fn commit(connection: &Connection, group: &mut [Member], file: &Path) -> Result<(), StoreError> {
    let written = write(connection, group, file);
    if written.is_err() && !connection.is_autocommit() {
        // A failure here leaves the transaction open, and the next group finds that out.
        let _ = execute(connection, "ROLLBACK");
    }
    written.map_err(|fault| fault.explain(file))
}

fn write(connection: &Connection, group: &mut [Member], file: &Path) -> Result<(), Fault> {
    execute(connection, "BEGIN IMMEDIATE")?;
    for (job, own) in group {
        execute(connection, "SAVEPOINT job")?;
        if let Err(fault) = job.work.run(connection) {
            // SQLite gives up the whole transaction by itself when it cannot undo a part of it.
            if connection.is_autocommit() {
                return Err(fault);
            }
            *own = Some(fault.explain(file));
            execute(connection, "ROLLBACK TO job")?;
        }
        execute(connection, "RELEASE job")?;
    }
    let begun = Instant::now();
    execute(connection, "COMMIT")?;
    histogram!(COMMIT_SECONDS).record(begun.elapsed());
    Ok(())
}

fn execute(connection: &Connection, sql: &str) -> Result<(), Fault> {
    connection.prepare_cached(sql)?.execute(())?;
    Ok(())
}
