//! One tenant: folded, attached, resumed, run, and folded again whenever its loop has failed.
//! Start-up, recovery and replay are this one path.

use std::sync::Arc;
use std::time::Duration;

use ballast_domain::{
    Capital, ControlSnapshot, Envelope, Instrument, Mode, ProfileDocument, ProfileId,
    ProfileStatus, TenantId, Timestamp, VenueId,
};
use ballast_engine::ports::{Clock, Entropy, Gaps, Journal, JournalError};
use ballast_engine::run::{Delivery, Observer, RunError, Tenant};
use ballast_engine::state::{ApplyError, State};
use ballast_engine::step::{Answer, Command, Engine, Settings as EngineOptions};
use ballast_engine::strategy::Plan;
use ballast_storage::{Snapshot, StoreError, StreamName, TenantStore};
use ballast_venues::paper::{
    AccountError, PaperBroker, PaperMarket, PaperRecord, PaperSettings, PaperVenue,
};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::MissedTickBehavior;

use super::health::TenantHealth;
use super::market::RecentFrames;
use super::settings::ProfileSettings;
use super::stopped;

/// Deliveries that may wait for a tenant.
const INBOX: usize = 1_024;
/// Events that are read at once when the journal is folded.
const PAGE: usize = 1_000;
/// How often orders that nobody can tell about are asked for again.
const TICK: Duration = Duration::from_secs(1);
/// How long a tenant that has failed waits before it is started again.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

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
    #[error("the tenant's loop ended before it had answered")]
    Ended,
}

impl TenantWorld {
    /// Runs the tenant until `stop` is set; starts it again whenever it fails.
    pub(super) async fn supervise(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.run(&mut stop).await {
                Ok(()) => return,
                Err(error) => {
                    self.market.send_replace(None);
                    self.health.failed(&error.to_string());
                    tracing::error!(tenant = %self.id, %error, "stopped; it is folded again");
                    tokio::select! {
                        () = stopped(&mut stop) => {}
                        () = tokio::time::sleep(RESTART_PAUSE) => {}
                    }
                }
            }
        }
    }

    async fn run(&self, stop: &mut watch::Receiver<bool>) -> Result<(), TenantError> {
        let journal = self.store.journal::<Envelope>(StreamName::Journal, 0);
        let state = self.fold(&journal).await?;
        let oldest_open = oldest_open(&state);
        let known = self.known_profiles(&state);
        let mut engine = Engine::new(state, self.engine);
        for (profile, configured) in &known {
            engine.attach(*profile, configured.plan.clone());
        }
        let venue = PaperVenue::open(
            self.store.journal::<PaperRecord>(StreamName::Paper, 0),
            self.paper.clone(),
            Arc::clone(&self.clock),
            Arc::clone(&self.gaps),
        );
        let (inbox, deliveries) = mpsc::channel(INBOX);
        let (broker, market, venue_task) = venue.await?.start(inbox.clone());
        let tenant = Tenant {
            engine,
            journal,
            broker: broker.clone(),
            clock: SharedClock(Arc::clone(&self.clock)),
            control: self.control.clone(),
            gaps: Arc::clone(&self.gaps),
        };
        let observer = self.observer();
        let mut running = tokio::spawn(tenant.run(deliveries, observer));
        let begun = self.begin(&inbox, &broker, market, oldest_open).await;
        let ended = tokio::select! {
            ended = &mut running => ended,
            () = self.tick(&inbox, stop) => {
                self.market.send_replace(None);
                let _ = inbox.send(Delivery::Stop).await;
                running.await
            }
        };
        drop((inbox, broker));
        venue_task.abort();
        match ended {
            Ok(Ok(())) if *stop.borrow() => begun,
            Ok(Ok(())) => begun.and(Err(TenantError::Ended)),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(TenantError::Ended),
        }
    }

    /// The state as the newest snapshot and every event after it tell it.
    async fn fold(&self, journal: &impl Journal<Envelope>) -> Result<State, TenantError> {
        let snapshot = self.store.snapshot(StreamName::Journal).await?;
        let cached = snapshot.and_then(|snapshot| serde_json::from_slice(&snapshot.bytes).ok());
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

    /// The configured profiles that the journal knows, by name.
    fn known_profiles(&self, state: &State) -> Vec<(ProfileId, &ConfiguredProfile)> {
        let of_name = |name: &str| state.profiles().find(|known| known.document.name == name);
        let known = self
            .profiles
            .iter()
            .filter_map(|configured| Some((of_name(&configured.settings.name)?.id, configured)));
        known.collect()
    }

    /// Brings the profiles to what is configured, lets the engine catch up on missed frames, and
    /// opens the market to it.
    async fn begin(
        &self,
        inbox: &mpsc::Sender<Delivery>,
        broker: &PaperBroker,
        market: PaperMarket,
        oldest_open: Option<Timestamp>,
    ) -> Result<(), TenantError> {
        let state = self.fold(&self.store.journal::<Envelope>(StreamName::Journal, 0)).await?;
        for configured in &self.profiles {
            let known = state.profiles().find(|p| p.document.name == configured.settings.name);
            let profile = match known {
                Some(known) => known.id,
                None => ProfileId::from_bits(self.entropy.bits()),
            };
            let document = configured.document(&self.paper)?;
            let (cash, instruments) = (document.capital.money(), document.instruments.clone());
            broker.open_account(profile, cash, instruments).await?;
            if known.is_none_or(|known| *known.document != document) {
                let (document, plan) = (Box::new(document), Box::new(configured.plan.clone()));
                let by = "configuration file".to_owned();
                ask(inbox, Command::PutProfile { profile, document, plan, by }).await?;
            }
            if known.is_none() {
                let reason = "configuration file".to_owned();
                let status = ProfileStatus::Running;
                ask(inbox, Command::SetStatus { profile, status, reason }).await?;
            }
        }
        if let Some(oldest) = oldest_open {
            for frame in self.recent.after(oldest) {
                let _ = inbox.send(Delivery::Missed(frame)).await;
            }
        }
        self.market.send_replace(Some(market));
        self.health.started();
        Ok(())
    }

    async fn tick(&self, inbox: &mpsc::Sender<Delivery>, stop: &mut watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = stopped(stop) => return,
                _ = ticks.tick() => {
                    if inbox.send(Delivery::Tick).await.is_err() {
                        std::future::pending::<()>().await;
                    }
                }
            }
        }
    }

    fn observer(&self) -> Snapshots {
        Snapshots {
            store: self.store.clone(),
            every: self.snapshot_every.max(1),
            taken: 0,
            health: self.health.clone(),
        }
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

async fn ask(inbox: &mpsc::Sender<Delivery>, command: Command) -> Result<Answer, TenantError> {
    let (answer, answered) = oneshot::channel();
    let delivery = Delivery::Command { command, request_id: None, answer };
    inbox.send(delivery).await.map_err(|_| TenantError::Ended)?;
    answered.await.map_err(|_| TenantError::Ended)
}

/// When the oldest open trade began.
fn oldest_open(state: &State) -> Option<Timestamp> {
    let trades = state.profiles().flat_map(|profile| profile.trades.values());
    trades.map(|trade| trade.opened_at).min()
}

/// Keeps a snapshot now and then, and the health up to date.
struct Snapshots {
    store: TenantStore,
    every: u64,
    taken: u64,
    health: TenantHealth,
}

impl Observer for Snapshots {
    async fn durable(&mut self, engine: &Engine, _: &[Envelope]) {
        let state = engine.state();
        self.health.booked(state);
        if state.last_seq() < self.taken + self.every {
            return;
        }
        self.taken = state.last_seq();
        let Ok(bytes) = serde_json::to_vec(state) else { return };
        let snapshot = Snapshot { seq: state.last_seq(), bytes };
        // A snapshot is only a cache: without it the journal is folded from further back.
        if let Err(error) = self.store.put_snapshot(StreamName::Journal, snapshot).await {
            tracing::warn!(%error, "no snapshot was kept");
        }
    }
}

/// A shared clock as a clock.
#[derive(Clone)]
struct SharedClock(Arc<dyn Clock>);

impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}
