//! What is told of a back-test: its row in lists, its whole, and how far it has come.

use std::fmt;
use std::str::FromStr;

use ballast_domain::{TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::research::curve::CurvePoint;
use crate::research::request::RunRequest;
use crate::research::result::BacktestResult;

/// A back-test: `bkt_` and 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct JobId(u64);

impl JobId {
    /// From 64 random bits.
    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bkt_{:016x}", self.0)
    }
}

/// A text is no id of a back-test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not the id of a back-test (bkt_ and 16 digits)")]
pub(crate) struct NotAnId;

impl FromStr for JobId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let digits = text.strip_prefix("bkt_").filter(|digits| digits.len() == 16);
        let bits = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()).map(Self);
        // A sign or upper case would be a second name for the same folder.
        bits.filter(|id| id.to_string() == text).ok_or(NotAnId)
    }
}

impl Serialize for JobId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for JobId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Where a back-test stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum JobState {
    /// Waits for its turn.
    Queued,
    /// Runs.
    Running,
    /// Has a result and a report.
    Done,
    /// Has an error.
    Failed,
    /// Was cancelled by its owner.
    Cancelled,
}

impl JobState {
    /// Whether nothing changes any more.
    pub(crate) const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// A back-test in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobRow {
    /// Its id.
    #[schema(value_type = String, example = "bkt_0123456789abcdef")]
    pub(crate) id: JobId,
    /// Where it stands.
    pub(crate) state: JobState,
    /// How much of the data has been played, 100 when it is done.
    pub(crate) progress_pct: u8,
    /// What it is called, when it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) name: Option<String>,
    /// Bars that were run, when it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) bars: Option<u64>,
    /// Why it failed and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) error: Option<String>,
    /// The chief figures, when it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) figures: Option<Figures>,
    /// What was asked.
    #[schema(value_type = RunRequest)]
    pub(crate) request: Value,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Timestamp,
    /// When it began to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    pub(crate) started_at: Option<Timestamp>,
    /// When it came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    pub(crate) finished_at: Option<Timestamp>,
}

/// What a list shows of a result; see [`BacktestResult`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figures {
    pub(crate) final_equity: String,
    pub(crate) return_pct: Option<f64>,
    pub(crate) max_drawdown_pct: f64,
    pub(crate) sharpe: Option<f64>,
    pub(crate) closed_trades: u64,
    /// When the first bar that was run opened; absent of what an earlier release ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    pub(crate) first_time: Option<Timestamp>,
    /// When the last bar that was run closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    pub(crate) last_time: Option<Timestamp>,
}

/// A back-test with its result, when it is done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobDetail {
    #[serde(flatten)]
    pub(crate) row: JobRow,
    /// What `ballast backtest --json` prints, digit by digit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BacktestResult>, nullable = false)]
    pub(crate) summary: Option<Box<RawValue>>,
    /// Trades that are too many for the summary; those that closed first are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) trades_left_out: Option<usize>,
    /// The equity curve, at most 2,000 points.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<CurvePoint>>, nullable = false)]
    pub(crate) equity: Option<Box<RawValue>>,
    /// Each calendar month's growth.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<MonthText>>, nullable = false)]
    pub(crate) months: Option<Box<RawValue>>,
}

/// `result.json`. Its JSON is handed on as it is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoredResult {
    pub(super) summary: Box<RawValue>,
    pub(super) trades_left_out: usize,
    pub(super) equity: Box<RawValue>,
    pub(super) months: Box<RawValue>,
}

impl JobDetail {
    pub(super) fn new(row: JobRow, result: Option<StoredResult>) -> Self {
        let Some(StoredResult { summary, trades_left_out, equity, months }) = result else {
            return Self { row, summary: None, trades_left_out: None, equity: None, months: None };
        };
        Self {
            row,
            summary: Some(summary),
            trades_left_out: Some(trades_left_out),
            equity: Some(equity),
            months: Some(months),
        }
    }
}

/// How [`ballast_backtest::report::MonthReturn`] is written.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", as = MonthReturn)]
#[expect(dead_code, reason = "only describes what another crate's type writes")]
pub(crate) struct MonthText {
    year: i16,
    month: i8,
    return_pct: Option<f64>,
}

/// A page of rows, the newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JobPage {
    pub(crate) items: Vec<JobRow>,
    /// Where the next page begins, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) next_cursor: Option<String>,
}

/// How far a back-test has come: the message `backtestProgress`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Progress {
    /// Who may hear of it.
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) tenant: TenantId,
    #[schema(value_type = String)]
    pub(crate) id: JobId,
    pub(crate) state: JobState,
    pub(crate) progress_pct: u8,
}

/// The place of a row among the newest first, written as a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowPlace(Timestamp, JobId);

impl RowPlace {
    pub(super) const fn of(row: &JobRow) -> Self {
        Self(row.created_at, row.id)
    }

    pub(super) fn read(cursor: &str) -> Option<Self> {
        let (nanos, id) = cursor.split_once('-')?;
        Some(Self(Timestamp::from_nanos(nanos.parse().ok()?), id.parse().ok()?))
    }
}

impl fmt::Display for RowPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0.nanos(), self.1)
    }
}
