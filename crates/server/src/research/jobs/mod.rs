//! Back-tests as jobs of the server: asked for, queued, run beside trading, and kept.
//!
//! Runs happen on threads of their own, at a lower priority than everything else, so that they
//! never wait on the runtime and trading never waits for them. What waits or runs is in memory,
//! what has ended on disk only; a job that a file calls unfinished and that another start of the
//! server wrote has failed with that start.

mod data;
mod files;
mod preparation;
mod queue;
mod row;
mod shared;
mod upload;
mod worker;

#[cfg(test)]
mod tests;

use std::io;
use std::num::{NonZeroU8, NonZeroU32};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ballast_domain::TenantId;
use serde::Deserialize;
use thiserror::Error;
use tokio::sync::broadcast;

use self::files::Files;
use self::preparation::MOST_PREPARING;
use self::queue::{MOST_OF_ALL, MOST_OF_TENANT};
use self::row::RowPlace;
use self::shared::Shared;
use super::request::{FieldFault, RunRequest};
pub(crate) use data::{DataBars, SymbolData};
pub(crate) use preparation::Preparation;
pub(crate) use row::{Figures, JobDetail, JobPage, JobRow, Progress};
pub(crate) use upload::{UploadError, UploadedFile};

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

/// Why a back-test was not taken.
#[derive(Debug, Error)]
pub(crate) enum SubmitError {
    /// HTTP 400: every field that is wrong.
    #[error("{} of the request cannot be run", fields(.0.len()))]
    Invalid(Vec<FieldFault>),
    /// HTTP 429: the tenant has as many as he may have.
    #[error(
        "{MOST_OF_TENANT} of your back-tests wait or run already; wait until one ends, or cancel \
         one"
    )]
    TooManyRequests,
    /// HTTP 429: the tenant sends as many as he may at a time.
    #[error("{MOST_PREPARING} of your back-tests are being taken already; send one after another")]
    TooManyAtOnce,
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
    /// It had ended before, and stays.
    Ended,
    /// It had ended and is gone.
    Removed,
}

/// All back-tests of this server; a handle that is cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Backtests(Arc<Shared>);

impl Backtests {
    /// Opens what is kept below `data_dir` and starts the workers.
    ///
    /// # Errors
    /// When the folder cannot be used or a thread not be started.
    pub(crate) fn start(data_dir: &Path, settings: BacktestSettings) -> io::Result<Self> {
        let BacktestSettings { workers, time_limit_seconds } = settings;
        let time_limit = Duration::from_secs(time_limit_seconds.get().into());
        Self::start_with(data_dir, workers, time_limit, Duration::from_millis(100))
    }

    fn start_with(
        data_dir: &Path,
        workers: NonZeroU8,
        time_limit: Duration,
        progress_interval: Duration,
    ) -> io::Result<Self> {
        let files = Files::open(data_dir)?;
        let progress = broadcast::Sender::new(PROGRESS_BUFFER);
        let shared = Arc::new(Shared::new(files, time_limit, progress, progress_interval));
        for number in 0..workers.get() {
            let of_worker = Arc::clone(&shared);
            let thread = std::thread::Builder::new().name(format!("backtest-{number}"));
            let handle = thread.spawn(move || worker::work(&of_worker))?;
            shared.workers().push(handle);
        }
        Ok(Self(shared))
    }

    /// A place to bring a back-test's bars together in, which takes disk or memory before it is
    /// asked for.
    ///
    /// # Errors
    /// [`SubmitError::TooManyAtOnce`], and [`SubmitError::TooManyRequests`] where it would be
    /// refused in the end.
    pub(crate) fn prepare(&self, tenant: &TenantId) -> Result<Preparation, SubmitError> {
        Preparation::begin(&self.0, tenant)
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
        Ok(self.blocking(move |shared| shared.cancel_or_remove(&tenant, id, true)).await??)
    }

    /// Cancels a back-test; one that has ended stays as it is. `None` when the tenant has none with
    /// that id.
    ///
    /// # Errors
    /// [`ReadError::Internal`].
    pub(crate) async fn cancel(
        &self,
        tenant: &TenantId,
        id: &str,
    ) -> Result<Option<Removal>, ReadError> {
        let Ok(id) = id.parse() else { return Ok(None) };
        let tenant = tenant.clone();
        Ok(self.blocking(move |shared| shared.cancel_or_remove(&tenant, id, false)).await??)
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
