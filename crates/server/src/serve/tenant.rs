//! One tenant: folded, attached, resumed, run, and folded again whenever its loop has failed.
//! Start-up, recovery and replay are this one path.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use ballast_domain::{
    Capital, Cause, ControlSnapshot, Envelope, Instrument, Mode, ProfileDocument, ProfileId,
    ProfileStatus, TenantId, Timestamp, VenueId,
};
use ballast_engine::ports::{Clock, Entropy, Gaps, Journal, JournalError};
use ballast_engine::run::{Delivery, RunError, Tenant};
use ballast_engine::state::{ApplyError, State};
use ballast_engine::step::{Answer, Command, Engine, Settings as EngineOptions};
use ballast_engine::strategy::Plan;
use ballast_storage::{StoreError, StreamName, TenantStore};
use ballast_venues::paper::{
    AccountError, PaperBroker, PaperError, PaperMarket, PaperRecord, PaperSettings, PaperVenue,
};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};

use super::health::TenantHealth;
use super::market::RecentFrames;
use super::observer::{TenantObserver, state_of};
use super::settings::ProfileSettings;
use super::{STOP_DEADLINE, stopped};
use crate::cli::CliError;

/// Deliveries that may wait for a tenant.
const INBOX: usize = 1_024;
/// Events that are read at once when the journal is folded.
const PAGE: usize = 1_000;
/// How often orders that nobody can tell about are asked for again.
const TICK: Duration = Duration::from_secs(1);
/// How long a tenant that has failed waits before it is started again, at first; twice as long
/// after each further failure.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A profile as it is configured, with its compiled strategy.
pub(super) struct ConfiguredProfile {
    pub(super) settings: ProfileSettings,
    pub(super) plan: Plan,
    pub(super) instruments: Vec<Instrument>,
    pub(super) capital: Capital,
}

/// Everything that one tenant is run with.
pub(super) struct TenantWorld {
    pub(super) id: TenantId,
    pub(super) store: TenantStore,
    pub(super) profiles: Vec<ConfiguredProfile>,
    pub(super) paper: PaperSettings,
    pub(super) engine: EngineOptions,
    pub(super) snapshot_every: u64,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) gaps: Arc<dyn Gaps>,
    pub(super) control: watch::Receiver<Option<Arc<ControlSnapshot>>>,
    pub(super) recent: RecentFrames,
    pub(super) market: watch::Sender<Option<PaperMarket>>,
    pub(super) health: TenantHealth,
}

/// Why a tenant is not running.
#[derive(Debug, Error)]
enum TenantError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Venue(#[from] PaperError),
    #[error("the tenant's loop ended before it had answered")]
    Ended,
    #[error("the tenant did not finish what it had begun in time")]
    Late,
}

impl TenantError {
    /// Whether the store itself is at fault, which concerns the whole node.
    const fn is_of_the_store(&self) -> bool {
        matches!(
            self,
            Self::Journal(JournalError::Unavailable(_))
                | Self::Store(StoreError::Unavailable(_))
                | Self::Run(RunError::Journal(JournalError::Unavailable(_)))
                | Self::Venue(PaperError::Journal(JournalError::Unavailable(_)))
        )
    }
}

impl TenantWorld {
    /// Runs the tenant until `stop` is set; starts it again whenever it fails.
    pub(super) async fn supervise(self, mut stop: watch::Receiver<bool>) {
        let mut pause = SHORTEST_PAUSE;
        while !*stop.borrow() {
            let begun = Instant::now();
            let Err(error) = self.run(&mut stop).await else { return };
            self.market.send_replace(None);
            self.health.failed(&error.to_string(), error.is_of_the_store());
            if begun.elapsed() > LONGEST_PAUSE {
                pause = SHORTEST_PAUSE;
            }
            let seconds = pause.as_secs();
            tracing::error!(tenant = %self.id, %error, "stopped; folded again in {seconds} s");
            tokio::select! {
                () = stopped(&mut stop) => {}
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// What an operator wants to see first.
    pub(super) fn say_what_trades(&self) {
        if self.profiles.is_empty() {
            tracing::warn!(tenant = %self.id, "the tenant has no profiles: nothing trades for it");
        }
        for ConfiguredProfile { settings, instruments, capital, .. } in &self.profiles {
            let symbols: Vec<_> = instruments.iter().map(|i| i.symbol.as_str()).collect();
            tracing::info!(
                tenant = %self.id,
                profile = settings.name,
                timeframe = %settings.strategy.timeframe,
                symbols = symbols.join(", "),
                capital = %capital.money(),
                "trades on paper"
            );
        }
    }

    async fn run(&self, stop: &mut watch::Receiver<bool>) -> Result<(), TenantError> {
        let journal = self.store.journal::<Envelope>(StreamName::Journal, 0);
        let state = self.fold(&journal).await?;
        let missed_from = at_work_since(&state);
        let errands = self.errands(&state)?;
        self.health.booked(&state);
        self.warn_of_forgotten(&state);
        let mut engine = Engine::new(state, self.engine);
        for errand in errands.iter().filter(|errand| errand.trades_as_known()) {
            engine.attach(errand.profile, errand.configured.plan.clone());
        }
        let venue = PaperVenue::open(
            self.store.journal::<PaperRecord>(StreamName::Paper, 0),
            self.paper.clone(),
            Arc::clone(&self.clock),
            Arc::clone(&self.gaps),
        );
        let (inbox, deliveries) = mpsc::channel(INBOX);
        let (broker, market, venue) = venue.await?.start(inbox.clone());
        let tenant = Tenant {
            engine,
            journal,
            broker: broker.clone(),
            clock: SharedClock(Arc::clone(&self.clock)),
            control: self.control.clone(),
            gaps: Arc::clone(&self.gaps),
        };
        let observer = self.observer();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { Ok(tenant.run(deliveries, observer).await?) });
        tasks.spawn(async move { venue_ended(venue.await) });
        let way = Way { inbox, broker, market };
        let ended = tokio::select! {
            () = stopped(stop) => Ok(()),
            ended = tasks.join_next() => outcome(ended).and(Err(TenantError::Ended)),
            Err(error) = self.lead(&way, errands, missed_from) => Err(error),
        };
        self.market.send_replace(None);
        let finished = tokio::time::timeout(STOP_DEADLINE, way.finish(tasks, ended.is_ok()));
        ended.and(finished.await.unwrap_or(Err(TenantError::Late)))
    }

    /// The state as the newest snapshot and every event after it tell it.
    async fn fold(&self, journal: &impl Journal<Envelope>) -> Result<State, TenantError> {
        let snapshot = self.store.snapshot(StreamName::Journal).await?;
        let cached = snapshot.as_ref().and_then(state_of);
        let mut state = cached.unwrap_or_else(|| State::new(self.id.clone()));
        loop {
            let page = journal.read(state.last_seq(), PAGE).await?;
            for envelope in &page {
                state.apply(envelope)?;
            }
            if page.len() < PAGE {
                return Ok(state);
            }
        }
    }

    /// What is to be done so that the profiles are as they are configured.
    fn errands(&self, state: &State) -> Result<Vec<Errand<'_>>, TenantError> {
        let errands = self.profiles.iter().map(|configured| {
            let known = state.profiles().find(|p| p.document.name == configured.settings.name);
            Ok(Errand {
                profile: known.map_or_else(|| self.new_profile(), |known| known.id),
                document: configured.document(&self.paper)?,
                known: known.map(|known| (*known.document).clone()),
                start: known.is_none_or(|known| !known.started),
                configured,
            })
        });
        errands.collect()
    }

    /// A profile that the settings do not name any more keeps what it holds, and nobody acts on it.
    fn warn_of_forgotten(&self, state: &State) {
        let named = |name: &str| self.profiles.iter().any(|p| p.settings.name == name);
        for profile in state.profiles().filter(|profile| !named(&profile.document.name)) {
            let (positions, orders) = (profile.trades.len(), profile.working.len());
            tracing::warn!(
                tenant = %self.id,
                profile = profile.document.name,
                positions,
                orders,
                "the settings do not name this profile any more: it does not trade, and what it \
                 holds is left to the stops that rest at the venue; name it again to go on"
            );
        }
    }

    fn new_profile(&self) -> ProfileId {
        ProfileId::from_bits(self.entropy.bits())
    }

    /// Brings the profiles to what is configured, lets the engine catch up on what the venue and
    /// the market have done meanwhile, opens the market to it, and ticks. Ends only by failing.
    async fn lead(
        &self,
        way: &Way,
        errands: Vec<Errand<'_>>,
        missed_from: Option<Timestamp>,
    ) -> Result<Infallible, TenantError> {
        for errand in errands {
            errand.run(way).await?;
        }
        way.settled().await?;
        let _ = way.market.settled().await;
        let mut place = self.recent.place_after(missed_from);
        loop {
            let missed = self.recent.join(place, &self.market, &way.market);
            if missed.is_empty() {
                break;
            }
            place += missed.len();
            for frame in missed {
                way.send(Delivery::Missed(frame)).await?;
            }
            // Stops that were raised reach the venue before the next bar does.
            way.settled().await?;
        }
        self.health.started();
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            way.send(Delivery::Tick).await?;
        }
    }

    fn observer(&self) -> TenantObserver {
        TenantObserver::new(self.store.clone(), self.snapshot_every, self.health.clone())
    }
}

impl ConfiguredProfile {
    fn document(&self, paper: &PaperSettings) -> Result<ProfileDocument, TenantError> {
        let venue: VenueId = "paper".parse().map_err(|_| TenantError::Ended)?;
        Ok(ProfileDocument {
            name: self.settings.name.clone(),
            venue,
            mode: Mode::Paper,
            capital: self.capital,
            instruments: self.instruments.clone(),
            fees: paper.rules.fees,
            limits: self.settings.limits,
            strategy: self.settings.strategy.clone(),
        })
    }
}

/// What is to be done about one configured profile. Each part of it can be done again: the process
/// may end between any two.
struct Errand<'a> {
    profile: ProfileId,
    configured: &'a ConfiguredProfile,
    /// What the profile is to be.
    document: ProfileDocument,
    /// What the journal has of it.
    known: Option<ProfileDocument>,
    /// Whether it was never started: from then on, stopping it is up to people.
    start: bool,
}

impl Errand<'_> {
    /// Whether the journal has the profile with the strategy that is configured. Another one trades
    /// only once the engine has taken it and the journal says so.
    fn trades_as_known(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.strategy == self.document.strategy)
    }

    /// The journal first, so that the venue has no account that nobody knows.
    async fn run(self, way: &Way) -> Result<(), TenantError> {
        let Self { profile, configured, mut document, known, start } = self;
        let by = "configuration file";
        if known.as_ref() != Some(&document) {
            let (changed, plan) = (Box::new(document.clone()), Box::new(configured.plan.clone()));
            let put = Command::PutProfile { profile, document: changed, plan, by: by.to_owned() };
            let answer = way.ask(put).await?;
            if answer != Answer::Done {
                let name = &configured.settings.name;
                tracing::warn!(
                    name,
                    ?answer,
                    "the profile stays as it was; a strategy that has changed does not run until \
                     the cause is removed and the server started again"
                );
                let Some(known) = known else { return Ok(()) };
                document = known;
            }
        }
        let (cash, instruments) = (document.capital.money(), document.instruments);
        way.broker.open_account(profile, cash, instruments).await?;
        if start {
            let (status, reason) = (ProfileStatus::Running, by.to_owned());
            way.ask(Command::SetStatus { profile, status, reason }).await?;
        }
        Ok(())
    }
}

/// The ways to a tenant's loop and to its venue.
struct Way {
    inbox: mpsc::Sender<Delivery>,
    broker: PaperBroker,
    market: PaperMarket,
}

/// What both of a tenant's tasks end with.
type Ended = Result<(), TenantError>;

impl Way {
    async fn send(&self, delivery: Delivery) -> Ended {
        self.inbox.send(delivery).await.map_err(|_| TenantError::Ended)
    }

    async fn ask(&self, command: Command) -> Result<Answer, TenantError> {
        let (answer, answered) = oneshot::channel();
        self.send(Delivery::Command { command, request_id: None, answer }).await?;
        answered.await.map_err(|_| TenantError::Ended)
    }

    /// Waits until the tenant has carried out everything that it got.
    async fn settled(&self) -> Ended {
        let (settled, answered) = oneshot::channel();
        self.send(Delivery::Settled(settled)).await?;
        answered.await.map_err(|_| TenantError::Ended)
    }

    /// Lets the venue and then the tenant's loop end by themselves, whatever they are at. With
    /// `settle` the tenant hears everything first.
    async fn finish(self, mut tasks: JoinSet<Ended>, settle: bool) -> Ended {
        if settle {
            // What has ended meanwhile has nothing to ask or to tell any more.
            let _ = self.settled().await;
            let _ = self.broker.finish().await;
        }
        // A loop that has ended needs no telling.
        let _ = self.send(Delivery::Stop).await;
        drop(self);
        let mut ended = Ok(());
        while let Some(task) = tasks.join_next().await {
            ended = ended.and(outcome(Some(task)));
        }
        ended
    }
}

fn outcome(task: Option<Result<Ended, JoinError>>) -> Ended {
    match task {
        Some(Ok(ended)) => ended,
        Some(Err(_)) | None => Err(TenantError::Ended),
    }
}

fn venue_ended(ended: Result<Result<(), PaperError>, JoinError>) -> Ended {
    match ended {
        // It ends with the tenant, whose own error says more.
        Ok(Ok(()) | Err(PaperError::TenantGone)) => Ok(()),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(TenantError::Ended),
    }
}

/// The close of the last frame that the tenant's journal names.
pub(super) async fn last_frame(store: &TenantStore) -> Result<Option<Timestamp>, CliError> {
    let journal = store.journal::<Envelope>(StreamName::Journal, 0);
    let mut end = journal.head().await.map_err(CliError::failed)?.last_seq;
    while end > 0 {
        let begin = end.saturating_sub(PAGE as u64);
        let page = journal.read(begin, (end - begin) as usize).await.map_err(CliError::failed)?;
        let close = |envelope: &Envelope| match envelope.cause {
            Cause::Frame(frame) => Some(frame.close),
            _ => None,
        };
        if let Some(close) = page.iter().rev().find_map(close) {
            return Ok(Some(close));
        }
        end = begin;
    }
    Ok(None)
}

/// Since when something has been open that the market may have changed.
fn at_work_since(state: &State) -> Option<Timestamp> {
    let trades = state.profiles().flat_map(|profile| profile.trades.values());
    let orders = state.profiles().flat_map(|profile| profile.working.values());
    let since = trades.map(|trade| trade.opened_at);
    since.chain(orders.map(|order| order.terms.accepted_at)).min()
}

/// A shared clock as a clock.
#[derive(Clone)]
struct SharedClock(Arc<dyn Clock>);

impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}
