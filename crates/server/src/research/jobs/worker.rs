//! The threads that run back-tests.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use ballast_backtest::report;
use ballast_domain::{Symbol, TenantId};
use ballast_venues::csv::CsvOptions;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::DataBars;
use super::row::{Figures, JobId, JobRow, JobState, StoredResult};
use super::shared::{Shared, Task, ended_by_stop, fail, now};
use crate::research::bars::{BarFile, BarsError, History};
use crate::research::curve;
use crate::research::result::BacktestResult;
use crate::research::run::{self, Backtest, Finished, RunFailure};
use crate::research::stream::BarStream;

/// More trades than a page can list are left out of a summary; the figures have all.
const MOST_TRADES: usize = 10_000;
/// Curves and trades of a run are kept in memory: this many bars, with a trade at every other one,
/// take about half a gigabyte.
const MOST_BARS: u64 = 1_000_000;

/// A job that a worker has taken.
struct Taken {
    tenant: TenantId,
    row: JobRow,
    cancelled: Arc<AtomicBool>,
    task: Task,
}

/// What a run came to, to be stored.
struct Results {
    result: StoredResult,
    report: String,
    figures: Figures,
    bars: u64,
}

/// How a run ended without results.
enum Ended {
    Cancelled,
    Failed(String),
}

/// Runs one back-test after the other until the server stops.
pub(super) fn work(shared: &Shared) {
    lower_priority();
    while let Some(job) = take(shared) {
        perform(shared, job);
    }
}

/// Trading comes first wherever both want a processor.
fn lower_priority() {
    // On Linux this is the priority of the thread, elsewhere of the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(10) {
        tracing::warn!(%error, "back-tests run at the priority of trading");
    }
}

/// Waits for a job; `None` when the server stops.
fn take(shared: &Shared) -> Option<Taken> {
    let mut board = shared.board();
    loop {
        if shared.is_stopping() {
            return None;
        }
        while let Some(id) = board.queue.next() {
            let Some(job) = board.jobs.get_mut(&id) else { continue };
            job.row.state = JobState::Running;
            job.row.started_at = Some(now());
            let Some(task) = job.task.take() else { continue };
            let (tenant, row) = (job.tenant.clone(), job.row.clone());
            return Some(Taken { tenant, row, cancelled: Arc::clone(&job.cancelled), task });
        }
        board = shared.wake.wait(board).unwrap_or_else(PoisonError::into_inner);
    }
}

/// Runs a job, stores how it ended, and lets go of it.
fn perform(shared: &Shared, job: Taken) {
    let Taken { tenant, mut row, cancelled, task } = job;
    shared.tell(&tenant, &row);
    let ended = match shared.store(&tenant, &row) {
        Err(error) => Err(Ended::Failed(not_stored(&error))),
        Ok(()) => {
            let run = AssertUnwindSafe(|| execute(shared, &tenant, row.id, &cancelled, &task));
            catch_unwind(run).unwrap_or_else(|_| {
                let message = "Ballast failed at this run; please report it with config and data";
                Err(Ended::Failed(message.to_owned()))
            })
        }
    };
    // Uploads go with it.
    drop(task);
    let stored = ended.and_then(|results| {
        let Results { result, report, figures, bars } = results;
        let written = shared.files.write_result(&tenant, row.id, &result, &report);
        written.map(|()| (figures, bars)).map_err(|error| Ended::Failed(not_stored(&error)))
    });
    row.finished_at = Some(now());
    match stored {
        Ok((figures, bars)) => {
            row.state = JobState::Done;
            row.progress_pct = 100;
            (row.figures, row.bars) = (Some(figures), Some(bars));
        }
        Err(ended) => {
            row.progress_pct = shared.progress_of(row.id);
            match ended {
                Ended::Cancelled => row.state = JobState::Cancelled,
                Ended::Failed(error) => fail(&mut row, error),
            }
        }
    }
    if let Err(error) = shared.store(&tenant, &row) {
        tracing::error!(id = %row.id, %error, "the end of a back-test was not stored");
    }
    {
        let mut board = shared.board();
        board.jobs.remove(&row.id);
        board.queue.finished(&tenant);
    }
    if let Err(error) = shared.prune(&tenant) {
        tracing::warn!(%error, "old back-tests were not removed");
    }
    shared.tell(&tenant, &row);
    // The next of this tenant may have waited for this one only.
    shared.wake.notify_all();
}

fn not_stored(error: &std::io::Error) -> String {
    format!("the result cannot be stored: {error}; free some disk space and run it again")
}

fn execute(
    shared: &Shared,
    tenant: &TenantId,
    id: JobId,
    cancelled: &AtomicBool,
    task: &Task,
) -> Result<Results, Ended> {
    let Task { backtest, data } = task;
    let deadline = Instant::now() + shared.time_limit;
    let watch = Watch { shared, tenant, id, cancelled, deadline };
    let finished = run::run(backtest, || open(backtest, data, watch));
    let finished = finished.map_err(|failure| match failure {
        RunFailure::Stopped if cancelled.load(Ordering::Relaxed) => Ended::Cancelled,
        RunFailure::Stopped if shared.is_stopping() => {
            Ended::Failed(ended_by_stop(JobState::Running).to_owned())
        }
        RunFailure::Stopped => Ended::Failed(format!(
            "it was stopped after {} seconds, which is the limit; use fewer bars, a longer \
             timeframe or a shorter range",
            shared.time_limit.as_secs()
        )),
        failure => Ended::Failed(failure.to_string()),
    })?;
    let results = results(backtest, finished)?;
    if cancelled.load(Ordering::Relaxed) { Err(Ended::Cancelled) } else { Ok(results) }
}

fn open<'w>(
    backtest: &Backtest,
    data: &[(Symbol, DataBars)],
    watch: Watch<'w>,
) -> Result<BarStream<'w>, BarsError> {
    let timeframe = backtest.request.timeframe;
    let bars = BarStream::new(timeframe, backtest.range, watch.watcher());
    let mut bars = bars.at_most(MOST_BARS);
    for (symbol, source) in data {
        match source {
            DataBars::Upload { file, name } => {
                let options = CsvOptions { timeframe, stamped: backtest.stamped };
                bars.add_file(*symbol, BarFile::open(file.path(), name.clone(), options)?);
            }
            DataBars::History { bars: history, .. } => {
                bars.add_history(*symbol, History::new(Arc::clone(history), timeframe));
            }
        }
    }
    Ok(bars)
}

/// Who looks at a running back-test.
#[derive(Clone, Copy)]
struct Watch<'w> {
    shared: &'w Shared,
    tenant: &'w TenantId,
    id: JobId,
    cancelled: &'w AtomicBool,
    deadline: Instant,
}

impl<'w> Watch<'w> {
    fn watcher(self) -> crate::research::stream::Watcher<'w> {
        let mut told = Instant::now();
        Box::new(move |done, total| {
            let now = Instant::now();
            let is_over = self.cancelled.load(Ordering::Relaxed)
                || self.shared.is_stopping()
                || now >= self.deadline;
            if is_over {
                return ControlFlow::Break(());
            }
            if now.duration_since(told) >= self.shared.progress_interval {
                told = now;
                self.tell(percent(done, total));
            }
            ControlFlow::Continue(())
        })
    }

    fn tell(self, percent: u8) {
        let mut board = self.shared.board();
        let Some(job) = board.jobs.get_mut(&self.id) else { return };
        // A second reading of the same data does not take the bar back.
        if percent > job.row.progress_pct {
            job.row.progress_pct = percent;
            self.shared.tell(self.tenant, &job.row);
        }
    }
}

/// Of a run under way, so never a hundred.
fn percent(done: u64, total: Option<u64>) -> u8 {
    let percent = total.and_then(|total| done.saturating_mul(100).checked_div(total));
    percent.map_or(0, |percent| u8::try_from(percent).unwrap_or(u8::MAX).min(99))
}

impl Shared {
    fn progress_of(&self, id: JobId) -> u8 {
        self.board().jobs.get(&id).map_or(0, |job| job.row.progress_pct)
    }
}

fn results(backtest: &Backtest, mut finished: Finished) -> Result<Results, Ended> {
    let data = finished.report_data(backtest);
    let report = report::html(&data).map_err(|error| Ended::Failed(error.to_string()))?;
    let summary = BacktestResult::new(&backtest.request, &finished, &data, MOST_TRADES);
    let months = report::monthly_returns(data.starting_cash, &data.equity);
    let result = StoredResult {
        summary: raw(&summary)?,
        trades_left_out: data.trades.len().saturating_sub(MOST_TRADES),
        equity: raw(&curve::thinned(&data.equity))?,
        months: raw(&months)?,
    };
    Ok(Results { result, report, figures: summary.figures(), bars: finished.bars })
}

fn raw(value: &impl Serialize) -> Result<Box<RawValue>, Ended> {
    to_raw_value(value).map_err(|error| Ended::Failed(error.to_string()))
}
