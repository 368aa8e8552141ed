//! The paper venue: orders that fill on market data, by the same matcher as a back-test.
//!
//! One venue per tenant stands between the market and the tenant's inbox, and keeps one account
//! per profile. It plays each close in lock-step with the engine: what it has filled at the open
//! is told, and the engine's answers are awaited, before it looks inside the bar; only then come
//! the frames. The same bars therefore fill the same as in a back-test, however slow the store is.
//!
//! It is outside of the engine, as a broker is: it appends to a stream of its own before it
//! answers anybody, and rebuilds itself from that stream. What it does not do: it makes no bars or
//! frames, and repeats none that nobody was there to play.

mod accounts;
mod handles;
mod outbox;
mod record;
mod task;
mod told;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use ballast_domain::{ActionId, BrokerEvent, Money, ProfileId, Timestamp};
use ballast_engine::market::Frame;
use ballast_engine::matching::{FillRules, PlayedBar};
use ballast_engine::ports::{Clock, Gaps, Journal, JournalError};
use ballast_engine::run::Delivery;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use accounts::Accounts;
use task::Task;

pub use handles::{PaperBroker, PaperMarket, VenueEnded};
pub use record::{Account, PAPER_VERSION, PaperEntry, PaperRecord};

/// Records that are read at once when the venue is rebuilt.
const PAGE: usize = 256;

/// How the paper venue works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperSettings {
    /// How orders fill.
    pub rules: FillRules,
    /// How long after its acceptance an order can fill at the earliest, in milliseconds.
    pub latency_ms: u64,
    /// Requests, and closes and ticks, that may wait for the venue; at least one.
    pub queue: usize,
}

impl Default for PaperSettings {
    fn default() -> Self {
        Self { rules: FillRules::default(), latency_ms: 0, queue: 64 }
    }
}

/// Everything that closed at one instant of the base timeframe.
#[derive(Debug, Clone)]
pub struct MarketClose {
    /// The instant.
    pub close_time: Timestamp,
    /// The bars of the base timeframe that closed; empty when only frames were due.
    pub bars: Vec<PlayedBar>,
    /// The frames that closed, in the order that the engine gets them.
    pub frames: Vec<Arc<Frame>>,
    /// Frames that the tenant has acted on before: it only learns their prices.
    pub seen: Vec<Arc<Frame>>,
    /// Whether the session ends with it, for every instrument: `day` orders expire.
    pub session_ends: bool,
}

/// Why the venue's task ended. It has gone ahead of its stream or has nobody to talk to: it is to
/// be opened again.
#[derive(Debug, Error)]
pub enum PaperError {
    /// The stream did not take a record.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A newer release wrote the stream.
    #[error(
        "record {seq} of the paper venue has format {version}, this release reads up to \
         {PAPER_VERSION}: upgrade"
    )]
    UnknownVersion {
        /// Its place in the stream.
        seq: u64,
        /// Its format.
        version: u16,
    },
    /// The tenant's loop has ended.
    #[error("the tenant's inbox is closed: start the tenant and its paper venue again")]
    TenantGone,
}

/// Why an account was not opened or changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AccountError {
    /// Amounts of different currencies, or too large ones.
    #[error(
        "the paper account of {profile} was opened with {has}; it cannot be changed to {asked}"
    )]
    Amount {
        /// The profile.
        profile: ProfileId,
        /// What was paid in.
        has: Money,
        /// What should have been.
        asked: Money,
    },
    /// There is no account.
    #[error("the paper venue has no account of {profile}; start the profile there first")]
    Unknown {
        /// The profile.
        profile: ProfileId,
    },
    /// The numbers are too large, or the account does not trade the instrument.
    #[error(
        "the corporate action {id} cannot be done to the paper account of {profile}; check its \
         instrument and numbers"
    )]
    Action {
        /// The profile.
        profile: ProfileId,
        /// The action.
        id: ActionId,
    },
    /// Nobody is there to do it.
    #[error(transparent)]
    Ended(#[from] VenueEnded),
}

/// The paper venue of one tenant, rebuilt and not started yet.
pub struct PaperVenue<J> {
    journal: J,
    /// Records in the stream.
    seq: u64,
    /// Those of them whose news the tenant has carried out.
    settled: u64,
    accounts: Accounts,
    /// What the tenant may not have heard before the restart, in the order it happened.
    news: Vec<BrokerEvent>,
    queue: usize,
    clock: Arc<dyn Clock>,
    gaps: Arc<dyn Gaps>,
}

impl<J: Journal<PaperRecord>> PaperVenue<J> {
    /// Reads the stream and rebuilds the accounts and what was told. Standing accounts fill by
    /// the rules of `settings` from now on.
    ///
    /// # Errors
    /// [`PaperError`] when the stream cannot be read.
    pub async fn open(
        journal: J,
        settings: PaperSettings,
        clock: Arc<dyn Clock>,
        gaps: Arc<dyn Gaps>,
    ) -> Result<Self, PaperError> {
        let queue = settings.queue.max(1);
        let mut accounts = Accounts::new(settings);
        let mut seq = 0;
        let mut settled = 0;
        let mut news = VecDeque::new();
        loop {
            let page = journal.read(seq, PAGE).await?;
            let complete = page.len() < PAGE;
            for record in page {
                seq += 1;
                let version = record.version;
                if version > PAPER_VERSION {
                    return Err(PaperError::UnknownVersion { seq, version });
                }
                let said = record.what.iter().filter_map(PaperEntry::said).cloned();
                news.extend(said.map(|event| (seq, event)));
                settled = record.settled.max(settled);
                while news.front().is_some_and(|(told_in, _)| *told_in <= settled) {
                    news.pop_front();
                }
                accounts.restore(record);
            }
            if complete {
                let news = news.into_iter().map(|(_, event)| event).collect();
                return Ok(Self { journal, seq, settled, accounts, news, queue, clock, gaps });
            }
        }
    }

    /// An account as it stands.
    #[must_use]
    pub fn account(&self, profile: ProfileId) -> Option<&Account> {
        self.accounts.account(profile)
    }

    /// Starts the venue's task, which tells the tenant through `inbox`. It ends well when every
    /// broker and market handle is dropped.
    pub fn start(
        self,
        inbox: mpsc::Sender<Delivery>,
    ) -> (PaperBroker, PaperMarket, JoinHandle<Result<(), PaperError>>)
    where
        J: 'static,
    {
        let (ask, requests) = mpsc::channel(self.queue);
        let (play, market) = mpsc::channel(self.queue);
        let task = Task::new(self, requests, market, inbox);
        (PaperBroker::new(ask), PaperMarket::new(play), tokio::spawn(task.run()))
    }
}

impl<J> fmt::Debug for PaperVenue<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaperVenue").field("seq", &self.seq).finish_non_exhaustive()
    }
}
