//! What the handle and the workers share, and everything that changes it.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ballast_domain::{Symbol, TenantId, Timestamp};
use tokio::sync::broadcast;

use super::data::{DataBars, SymbolData, matched};
use super::files::{Files, StoredJob};
use super::queue::Queue;
use super::row::{JobDetail, JobId, JobPage, JobRow, JobState, Progress, RowPlace};
use super::{Removal, SubmitError};
use crate::research::request::RunRequest;
use crate::research::run::Backtest;

/// Finished back-tests that are kept for each tenant; beyond them the oldest go.
const KEPT_OF_TENANT: usize = 50;

#[derive(Debug)]
pub(super) struct Shared {
    /// How long a back-test may run.
    pub(super) time_limit: Duration,
    pub(super) files: Files,
    /// Tells this start of the server from others.
    pub(super) started: String,
    pub(super) board: Mutex<JobBoard>,
    /// Tells workers that there may be something to do.
    pub(super) wake: Condvar,
    pub(super) stopping: AtomicBool,
    pub(super) progress: broadcast::Sender<Progress>,
    /// How often a running back-test tells how far it is.
    pub(super) progress_interval: Duration,
    pub(super) workers: Mutex<Vec<JoinHandle<()>>>,
}

/// What waits and what runs.
#[derive(Debug, Default)]
pub(super) struct JobBoard {
    pub(super) queue: Queue,
    pub(super) jobs: HashMap<JobId, UnfinishedJob>,
    /// How many back-tests of each tenant are on their way here.
    pub(super) preparing: HashMap<TenantId, usize>,
}

#[derive(Debug)]
pub(super) struct UnfinishedJob {
    pub(super) tenant: TenantId,
    pub(super) row: JobRow,
    pub(super) cancelled: Arc<AtomicBool>,
    /// Until a worker takes it.
    pub(super) task: Option<Task>,
}

/// What a worker needs.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) backtest: Backtest,
    pub(super) data: Vec<(Symbol, DataBars)>,
}

impl Shared {
    /// Nothing waits and nothing runs.
    pub(super) fn new(
        files: Files,
        time_limit: Duration,
        progress: broadcast::Sender<Progress>,
        progress_interval: Duration,
    ) -> Self {
        Self {
            files,
            time_limit,
            started: format!("{:016x}", rand::random::<u64>()),
            board: Mutex::default(),
            wake: Condvar::new(),
            stopping: AtomicBool::new(false),
            progress,
            progress_interval,
            workers: Mutex::default(),
        }
    }

    pub(super) fn board(&self) -> MutexGuard<'_, JobBoard> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn workers(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub(super) fn submit(
        &self,
        tenant: &TenantId,
        request: &RunRequest,
        data: Vec<SymbolData>,
    ) -> Result<JobRow, SubmitError> {
        let mut backtest = request.checked().map_err(SubmitError::Invalid)?;
        let source = request.data.map(|data| data.source);
        let data = matched(&backtest.request.config, source, data).map_err(SubmitError::Invalid)?;
        for (_, bars) in &data {
            if let DataBars::History { instrument, .. } = bars {
                backtest.list(instrument);
            }
        }
        let row = JobRow {
            id: JobId::from_bits(rand::random()),
            state: JobState::Queued,
            progress_pct: 0,
            name: request.name.clone(),
            bars: None,
            error: None,
            figures: None,
            request: serde_json::to_value(request).map_err(io::Error::from)?,
            created_at: now(),
            started_at: None,
            finished_at: None,
        };
        let job = UnfinishedJob {
            tenant: tenant.clone(),
            row: row.clone(),
            cancelled: Arc::default(),
            task: Some(Task { backtest, data }),
        };
        // The file is there before a worker can write to it; the lock is held meanwhile, which is
        // a few milliseconds once per back-test.
        let mut board = self.board();
        if self.is_stopping() {
            return Err(SubmitError::Unavailable);
        }
        board.queue.push(tenant, row.id)?;
        if let Err(error) = self.store(tenant, &row) {
            board.queue.withdraw(row.id);
            // What was begun of it goes; the error that matters is the one reported.
            let _ = self.files.remove(tenant, row.id);
            return Err(error.into());
        }
        board.jobs.insert(row.id, job);
        drop(board);
        self.tell(tenant, &row);
        self.wake.notify_one();
        Ok(row)
    }

    pub(super) fn store(&self, tenant: &TenantId, row: &JobRow) -> io::Result<()> {
        let (tenant_name, started) = (tenant.to_string(), self.started.clone());
        self.files.write(tenant, &StoredJob { tenant: tenant_name, started, job: row.clone() })
    }

    pub(super) fn tell(&self, tenant: &TenantId, row: &JobRow) {
        let JobRow { id, state, progress_pct, .. } = *row;
        // Nobody may be listening.
        let _ = self.progress.send(Progress { tenant: tenant.clone(), id, state, progress_pct });
    }

    /// A job that waits or runs.
    pub(super) fn unfinished(&self, tenant: &TenantId, id: JobId) -> Option<JobRow> {
        let board = self.board();
        board.jobs.get(&id).filter(|job| job.tenant == *tenant).map(|job| job.row.clone())
    }

    /// A job, wherever it is. It leaves memory only after the file that says how it ended is
    /// there, so what is read after a look into memory is not older than it.
    pub(super) fn row(&self, tenant: &TenantId, id: JobId) -> io::Result<Option<JobRow>> {
        if let Some(row) = self.unfinished(tenant, id) {
            return Ok(Some(row));
        }
        match self.files.read(tenant, id)? {
            Some(stored) if !stored.job.state.is_final() => self.settled(tenant, id),
            stored => Ok(stored.map(|stored| stored.job)),
        }
    }

    /// A job that its file calls unfinished. Under the lock, so that two readers do not write the
    /// same file, nor one what another has removed.
    fn settled(&self, tenant: &TenantId, id: JobId) -> io::Result<Option<JobRow>> {
        let board = self.board();
        if let Some(job) = board.jobs.get(&id).filter(|job| job.tenant == *tenant) {
            return Ok(Some(job.row.clone()));
        }
        let Some(StoredJob { started, job: mut row, .. }) = self.files.read(tenant, id)? else {
            return Ok(None);
        };
        if !row.state.is_final() {
            let error = match started == self.started {
                true => "its end could not be stored; free some disk space and run it again",
                false => ended_by_stop(row.state),
            };
            fail(&mut row, error);
            self.store(tenant, &row)?;
        }
        Ok(Some(row))
    }

    pub(super) fn list(
        &self,
        tenant: &TenantId,
        after: Option<RowPlace>,
        limit: usize,
    ) -> io::Result<JobPage> {
        let mut rows = self.rows(tenant)?;
        rows.retain(|row| after.is_none_or(|after| RowPlace::of(row) < after));
        rows.sort_by_key(|row| std::cmp::Reverse(RowPlace::of(row)));
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| has_more).map(|row| RowPlace::of(row).to_string());
        Ok(JobPage { items: rows, next_cursor })
    }

    pub(super) fn rows(&self, tenant: &TenantId) -> io::Result<Vec<JobRow>> {
        let mut rows = Vec::new();
        for id in self.files.ids(tenant)? {
            match self.row(tenant, id) {
                Ok(row) => rows.extend(row),
                // One file that is damaged does not take the others with it.
                Err(error) if is_damage(&error) => {
                    tracing::warn!(%id, %error, "a back-test cannot be read; remove its folder");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(rows)
    }

    pub(super) fn detail(&self, tenant: &TenantId, id: JobId) -> io::Result<Option<JobDetail>> {
        let Some(row) = self.row(tenant, id)? else { return Ok(None) };
        let result = match row.state {
            JobState::Done => self.files.result(tenant, id)?,
            _ => None,
        };
        Ok(Some(JobDetail::new(row, result)))
    }

    pub(super) fn report(&self, tenant: &TenantId, id: JobId) -> io::Result<Option<Vec<u8>>> {
        match self.row(tenant, id)? {
            Some(row) if row.state == JobState::Done => self.files.report(tenant, id),
            _ => Ok(None),
        }
    }

    /// Cancels what has not ended; what has ended goes when it is to be removed.
    pub(super) fn cancel_or_remove(
        &self,
        tenant: &TenantId,
        id: JobId,
        removes: bool,
    ) -> io::Result<Option<Removal>> {
        if self.cancel_unfinished(tenant, id)? {
            return Ok(Some(Removal::Cancelled));
        }
        match self.files.read(tenant, id) {
            Ok(None) => Ok(None),
            Err(error) if !is_damage(&error) => Err(error),
            _ if removes => self.files.remove(tenant, id).map(|()| Some(Removal::Removed)),
            _ => Ok(Some(Removal::Ended)),
        }
    }

    /// Cancels a back-test that waits or runs; false when there is none.
    fn cancel_unfinished(&self, tenant: &TenantId, id: JobId) -> io::Result<bool> {
        let mut board = self.board();
        let JobBoard { queue, jobs, .. } = &mut *board;
        if let Some(job) = jobs.get_mut(&id).filter(|job| job.tenant == *tenant) {
            job.cancelled.store(true, Ordering::Relaxed);
            if queue.withdraw(id) {
                job.row.state = JobState::Cancelled;
                job.row.finished_at = Some(now());
                let stored = self.store(tenant, &job.row);
                self.tell(tenant, &job.row);
                jobs.remove(&id);
                stored?;
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Removes the oldest of too many finished back-tests, and what is of none.
    pub(super) fn prune(&self, tenant: &TenantId) -> io::Result<()> {
        {
            // New ones are written under the lock.
            let _board = self.board();
            self.files.sweep(tenant)?;
        }
        let mut rows = self.rows(tenant)?;
        rows.retain(|row| row.state.is_final());
        rows.sort_by_key(|row| std::cmp::Reverse(RowPlace::of(row)));
        rows.iter().skip(KEPT_OF_TENANT).try_for_each(|row| self.files.remove(tenant, row.id))
    }

    pub(super) fn stop(&self) {
        {
            // Under the lock, so that no worker is between looking and waiting.
            let _board = self.board();
            self.stopping.store(true, Ordering::Relaxed);
        }
        self.wake.notify_all();
        let workers = std::mem::take(&mut *self.workers());
        for worker in workers {
            // A worker that has panicked has ended too.
            let _ = worker.join();
        }
        let left = std::mem::take(&mut self.board().jobs);
        for mut job in left.into_values() {
            let error = ended_by_stop(job.row.state);
            fail(&mut job.row, error);
            if let Err(error) = self.store(&job.tenant, &job.row) {
                // The next start finds it unfinished and says the same of it.
                tracing::warn!(id = %job.row.id, %error, "the end of a back-test was not stored");
            }
            self.tell(&job.tenant, &job.row);
        }
    }
}

/// Whether a file is there and holds something else than it should.
fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

/// What is said of a job that the server's end has ended.
pub(super) const fn ended_by_stop(state: JobState) -> &'static str {
    match state {
        JobState::Queued => "the server was stopped before it ran; run it again",
        _ => "the server was stopped while it ran; run it again",
    }
}

pub(super) fn fail(row: &mut JobRow, error: impl Into<String>) {
    row.state = JobState::Failed;
    row.error = Some(error.into());
    row.finished_at = Some(now());
}

pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
