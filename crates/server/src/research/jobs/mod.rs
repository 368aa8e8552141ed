//! Back-tests as jobs of the server: asked for, queued, run beside trading, and kept.
//!
//! Runs happen on threads of their own, at a lower priority than everything else, so that they
//! never wait on the runtime and trading never waits for them. What waits or runs is in memory, what
//! has ended on disk only; a job that a file calls unfinished and that another start of the server
//! wrote has failed with that start.

mod files;
mod queue;
mod row;
mod upload;
mod worker;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::num::{NonZeroU8, NonZeroU32};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ballast_domain::{Bar, StrategyConfig, Symbol, TenantId, Timestamp};
use serde::Deserialize;
use thiserror::Error;
use tokio::sync::broadcast;

use self::files::{Files, StoredJob};
use self::queue::{Full, MOST_OF_ALL, MOST_OF_TENANT, Queue};
use self::row::RowPlace;
use super::request::{DataSource, FieldFault, RunRequest};
use super::run::Backtest;
pub(crate) use row::{Figures, JobDetail, JobId, JobPage, JobRow, JobState, Progress};
pub(crate) use upload::{MOST_UPLOAD_BYTES, UploadError, UploadedFile};

/// Finished back-tests that are kept for each tenant; beyond them the oldest go.
const KEPT_OF_TENANT: usize = 50;
/// Messages that a subscriber may fall behind.
const PROGRESS_BUFFER: usize = 1_024;

/// How back-tests run on this server: the table `[backtest]` of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BacktestSettings {
    /// Threads that run back-tests.
    pub(crate) workers: NonZeroU8,
    /// How long one may run.
    pub(crate) time_limit_seconds: NonZeroU32,
}

impl Default for BacktestSettings {
    fn default() -> Self {
        const FIFTEEN_MINUTES: NonZeroU32 = NonZeroU32::MIN.saturating_add(15 * 60 - 1);
        Self { workers: NonZeroU8::MIN, time_limit_seconds: FIFTEEN_MINUTES }
    }
}

/// The bars of one symbol.
#[derive(Debug)]
pub(crate) struct SymbolData {
    /// Whose bars; may be absent where the strategy trades one symbol.
    pub(crate) symbol: Option<Symbol>,
    /// The bars.
    pub(crate) bars: DataBars,
}

/// Where bars are.
#[derive(Debug)]
pub(crate) enum DataBars {
    /// A file of CSV that is complete; it is removed when the back-test has run.
    Upload {
        /// The file.
        file: UploadedFile,
        /// What its owner calls it.
        name: String,
    },
    /// The market's own history, in order of closes.
    History(Arc<[Bar]>),
}

/// Why a back-test was not taken.
#[derive(Debug, Error)]
pub(crate) enum SubmitError {
    /// HTTP 400: every field that is wrong.
    #[error("{} of the request cannot be run", fields(.0.len()))]
    Invalid(Vec<FieldFault>),
    /// HTTP 429: the tenant has as many as he may have.
    #[error(
        "{MOST_OF_TENANT} of your back-tests wait or run already; wait for one to end, or cancel one"
    )]
    TooManyRequests,
    /// HTTP 503: everybody together has as many as there may be.
    #[error("{MOST_OF_ALL} back-tests wait or run already on this server; try again in a minute")]
    Busy,
    /// HTTP 503: the server is going down.
    #[error("the server is stopping; try again when it is back")]
    Unavailable,
    /// HTTP 500.
    #[error("the back-test cannot be stored: {0}")]
    Internal(#[from] io::Error),
}

fn fields(count: usize) -> String {
    if count == 1 { "1 field".to_owned() } else { format!("{count} fields") }
}

/// Why stored back-tests cannot be told.
#[derive(Debug, Error)]
pub(crate) enum ReadError {
    /// HTTP 400.
    #[error("the cursor is none that this list gave; begin again without one")]
    Invalid,
    /// HTTP 500.
    #[error("back-tests cannot be read: {0}")]
    Internal(#[from] io::Error),
}

/// What became of a back-test that is not wanted any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Removal {
    /// It waited, or runs and is about to end: it becomes `cancelled`.
    Cancelled,
    /// It had ended and is gone.
    Removed,
}

/// All back-tests of this server; a handle that is cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Backtests(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: BacktestSettings,
    files: Files,
    /// Tells this start of the server from others.
    started: String,
    board: Mutex<JobBoard>,
    /// Tells workers that there may be something to do.
    wake: Condvar,
    stopping: AtomicBool,
    progress: broadcast::Sender<Progress>,
    /// How often a running back-test tells how far it is.
    progress_interval: Duration,
    workers: Mutex<Vec<JoinHandle<()>>>,
}

/// What waits and what runs.
#[derive(Debug, Default)]
struct JobBoard {
    queue: Queue,
    jobs: HashMap<JobId, UnfinishedJob>,
}

#[derive(Debug)]
struct UnfinishedJob {
    tenant: TenantId,
    row: JobRow,
    cancelled: Arc<AtomicBool>,
    /// Until a worker takes it.
    task: Option<Task>,
}

/// What a worker needs.
#[derive(Debug)]
struct Task {
    backtest: Backtest,
    data: Vec<(Symbol, DataBars)>,
}

impl Backtests {
    /// Opens what is kept below `data_dir` and starts the workers.
    ///
    /// # Errors
    /// When the folder cannot be used or a thread not be started.
    pub(crate) fn start(data_dir: &Path, settings: BacktestSettings) -> io::Result<Self> {
        Self::start_telling(data_dir, settings, Duration::from_millis(100))
    }

    fn start_telling(
        data_dir: &Path,
        settings: BacktestSettings,
        progress_interval: Duration,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            settings,
            files: Files::open(data_dir)?,
            started: format!("{:016x}", rand::random::<u64>()),
            board: Mutex::default(),
            wake: Condvar::new(),
            stopping: AtomicBool::new(false),
            progress: broadcast::Sender::new(PROGRESS_BUFFER),
            progress_interval,
            workers: Mutex::default(),
        });
        for number in 0..settings.workers.get() {
            let of_worker = Arc::clone(&shared);
            let thread = std::thread::Builder::new().name(format!("backtest-{number}"));
            let handle = thread.spawn(move || worker::work(&of_worker))?;
            shared.workers().push(handle);
        }
        Ok(Self(shared))
    }

    /// A file to receive an upload in.
    ///
    /// # Errors
    /// [`UploadError::Storage`].
    pub(crate) async fn create_upload(&self) -> Result<UploadedFile, UploadError> {
        let name = format!("{:016x}.csv", rand::random::<u64>());
        Ok(UploadedFile::create(self.0.files.uploads().join(name)).await?)
    }

    /// Takes a back-test of `tenant`.
    ///
    /// # Errors
    /// [`SubmitError`]; then nothing is kept, and uploads are removed.
    pub(crate) async fn submit(
        &self,
        tenant: &TenantId,
        request: RunRequest,
        data: Vec<SymbolData>,
    ) -> Result<JobRow, SubmitError> {
        let tenant = tenant.clone();
        self.blocking(move |shared| shared.submit(&tenant, &request, data)).await?
    }

    /// A page of the tenant's back-tests, the newest first.
    ///
    /// # Errors
    /// [`ReadError`].
    pub(crate) async fn list(
        &self,
        tenant: &TenantId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<JobPage, ReadError> {
        let after = cursor.map(|cursor| RowPlace::read(cursor).ok_or(ReadError::Invalid));
        let (tenant, after) = (tenant.clone(), after.transpose()?);
        Ok(self.blocking(move |shared| shared.list(&tenant, after, limit)).await??)
    }

    /// A back-test with its result; `None` when the tenant has none with that id.
    ///
    /// # Errors
    /// [`ReadError::Internal`].
    pub(crate) async fn get(
        &self,
        tenant: &TenantId,
        id: &str,
    ) -> Result<Option<JobDetail>, ReadError> {
        let Ok(id) = id.parse() else { return Ok(None) };
        let tenant = tenant.clone();
        Ok(self.blocking(move |shared| shared.detail(&tenant, id)).await??)
    }

    /// The report of a back-test that is done, a page of HTML that needs nothing else; send it with
    /// [`ballast_backtest::report::CONTENT_SECURITY_POLICY`].
    ///
    /// # Errors
    /// [`ReadError::Internal`].
    pub(crate) async fn report(
        &self,
        tenant: &TenantId,
        id: &str,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        let Ok(id) = id.parse() else { return Ok(None) };
        let tenant = tenant.clone();
        Ok(self.blocking(move |shared| shared.report(&tenant, id)).await??)
    }

    /// Cancels a back-test that has not ended, removes one that has; `None` when there is none.
    ///
    /// # Errors
    /// [`ReadError::Internal`].
    pub(crate) async fn cancel_or_remove(
        &self,
        tenant: &TenantId,
        id: &str,
    ) -> Result<Option<Removal>, ReadError> {
        let Ok(id) = id.parse() else { return Ok(None) };
        let tenant = tenant.clone();
        Ok(self.blocking(move |shared| shared.cancel_or_remove(&tenant, id)).await??)
    }

    /// Every change of state, and how far running back-tests are; whoever falls behind loses some.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Progress> {
        self.0.progress.subscribe()
    }

    /// Takes no more back-tests and ends those that have not ended, which then have failed.
    pub(crate) async fn stop(&self) {
        // Only a panic inside keeps it from its end, and then there is nothing left to stop.
        let _ = self.blocking(Shared::stop).await;
    }

    /// Runs what touches the disk away from the runtime's own threads.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> T + Send + 'static,
    ) -> io::Result<T> {
        let shared = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&shared)).await.map_err(io::Error::other)
    }
}

impl Shared {
    fn board(&self) -> MutexGuard<'_, JobBoard> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn workers(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn submit(
        &self,
        tenant: &TenantId,
        request: &RunRequest,
        data: Vec<SymbolData>,
    ) -> Result<JobRow, SubmitError> {
        let backtest = request.checked().map_err(SubmitError::Invalid)?;
        let source = request.data.map(|data| data.source);
        let data = matched(&backtest.request.config, source, data).map_err(SubmitError::Invalid)?;
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
        board.queue.push(tenant, row.id).map_err(|full| match full {
            Full::OfTenant => SubmitError::TooManyRequests,
            Full::OfAll => SubmitError::Busy,
        })?;
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

    fn store(&self, tenant: &TenantId, row: &JobRow) -> io::Result<()> {
        let (tenant_name, started) = (tenant.to_string(), self.started.clone());
        self.files.write(tenant, &StoredJob { tenant: tenant_name, started, job: row.clone() })
    }

    fn tell(&self, tenant: &TenantId, row: &JobRow) {
        let JobRow { id, state, progress_pct, .. } = *row;
        // Nobody may be listening.
        let _ = self.progress.send(Progress { tenant: tenant.clone(), id, state, progress_pct });
    }

    /// A job that waits or runs.
    fn unfinished(&self, tenant: &TenantId, id: JobId) -> Option<JobRow> {
        let board = self.board();
        board.jobs.get(&id).filter(|job| job.tenant == *tenant).map(|job| job.row.clone())
    }

    /// A job, wherever it is. It leaves memory only after the file that says how it ended is there,
    /// so what is read after a look into memory is not older than it.
    fn row(&self, tenant: &TenantId, id: JobId) -> io::Result<Option<JobRow>> {
        if let Some(row) = self.unfinished(tenant, id) {
            return Ok(Some(row));
        }
        let Some(StoredJob { started, job: mut row, .. }) = self.files.read(tenant, id)? else {
            return Ok(None);
        };
        if row.state.is_final() {
            return Ok(Some(row));
        }
        let error = if started == self.started {
            // It was taken after the look, or its end cannot be stored.
            if let Some(row) = self.unfinished(tenant, id) {
                return Ok(Some(row));
            }
            match self.files.read(tenant, id)? {
                None => return Ok(None),
                Some(stored) if stored.job.state.is_final() => return Ok(Some(stored.job)),
                Some(_) => "its result could not be stored; free some disk space and run it again",
            }
        } else {
            ended_by_stop(row.state)
        };
        fail(&mut row, error);
        self.store(tenant, &row)?;
        Ok(Some(row))
    }

    fn list(
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

    fn rows(&self, tenant: &TenantId) -> io::Result<Vec<JobRow>> {
        let mut rows = Vec::new();
        for id in self.files.ids(tenant)? {
            match self.row(tenant, id) {
                Ok(row) => rows.extend(row),
                // One file that is damaged does not take the others with it.
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    tracing::warn!(%id, %error, "a back-test cannot be read; remove its folder");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(rows)
    }

    fn detail(&self, tenant: &TenantId, id: JobId) -> io::Result<Option<JobDetail>> {
        let Some(row) = self.row(tenant, id)? else { return Ok(None) };
        let result = match row.state {
            JobState::Done => self.files.result(tenant, id)?,
            _ => None,
        };
        Ok(Some(JobDetail { row, result }))
    }

    fn report(&self, tenant: &TenantId, id: JobId) -> io::Result<Option<Vec<u8>>> {
        match self.row(tenant, id)? {
            Some(row) if row.state == JobState::Done => self.files.report(tenant, id),
            _ => Ok(None),
        }
    }

    fn cancel_or_remove(&self, tenant: &TenantId, id: JobId) -> io::Result<Option<Removal>> {
        let mut board = self.board();
        let JobBoard { queue, jobs } = &mut *board;
        if let Some(job) = jobs.get_mut(&id).filter(|job| job.tenant == *tenant) {
            job.cancelled.store(true, Ordering::Relaxed);
            if queue.withdraw(id) {
                job.row.state = JobState::Cancelled;
                job.row.finished_at = Some(now());
                self.store(tenant, &job.row)?;
                self.tell(tenant, &job.row);
                jobs.remove(&id);
            }
            return Ok(Some(Removal::Cancelled));
        }
        drop(board);
        match self.files.read(tenant, id)? {
            None => Ok(None),
            Some(_) => self.files.remove(tenant, id).map(|()| Some(Removal::Removed)),
        }
    }

    /// Removes the oldest of too many finished back-tests.
    fn prune(&self, tenant: &TenantId) -> io::Result<()> {
        let mut rows = self.rows(tenant)?;
        rows.retain(|row| row.state.is_final());
        rows.sort_by_key(|row| std::cmp::Reverse(RowPlace::of(row)));
        rows.iter().skip(KEPT_OF_TENANT).try_for_each(|row| self.files.remove(tenant, row.id))
    }

    fn stop(&self) {
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

/// What is said of a job that the server's end has ended.
const fn ended_by_stop(state: JobState) -> &'static str {
    match state {
        JobState::Queued => "the server was stopped before it ran; run it again",
        _ => "the server was stopped while it ran; run it again",
    }
}

fn fail(row: &mut JobRow, error: impl Into<String>) {
    row.state = JobState::Failed;
    row.error = Some(error.into());
    row.finished_at = Some(now());
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// The data of each symbol that the strategy trades.
fn matched(
    config: &StrategyConfig,
    source: Option<DataSource>,
    data: Vec<SymbolData>,
) -> Result<Vec<(Symbol, DataBars)>, Vec<FieldFault>> {
    let mut found: Vec<(Symbol, DataBars)> = Vec::new();
    let mut faults = Vec::new();
    let only = (config.symbols.len() == 1 && data.len() == 1).then(|| config.symbols[0]);
    for SymbolData { symbol, bars } in data {
        let kind = match bars {
            DataBars::Upload { .. } => DataSource::Upload,
            DataBars::History(_) => DataSource::Market,
        };
        let Some(symbol) = symbol.or(only) else {
            let message = "a file without a symbol; name each part after its symbol";
            faults.push(FieldFault::new("file", message));
            continue;
        };
        let field = format!("file[{symbol}]");
        if source != Some(kind) {
            faults.push(FieldFault::new("data.source", "says another source than the data is of"));
        } else if found.iter().any(|(other, _)| *other == symbol) {
            faults.push(FieldFault::new(field, "is there twice; send one for each symbol"));
        } else if !config.symbols.contains(&symbol) {
            let message = "is of a symbol that the strategy does not trade; leave it out";
            faults.push(FieldFault::new(field, message));
        } else {
            found.push((symbol, bars));
        }
    }
    for symbol in &config.symbols {
        if faults.is_empty() && !found.iter().any(|(other, _)| other == symbol) {
            let message = match source {
                Some(DataSource::Market) => "this market has no bars of it",
                _ => "is missing; the strategy trades it, so send a CSV file named after it",
            };
            faults.push(FieldFault::new(format!("file[{symbol}]"), message));
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}
