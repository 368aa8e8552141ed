//! One tenant: folded, attached, resumed, run, and folded again whenever its loop has failed.
//! Start-up, recovery and replay are this one path.

mod errand;
mod fold;

use std::convert::Infallible;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use ballast_domain::{
    Capital, Envelope, Instrument, Markets, Mode, OrderId, ProfileDocument, ProfileId,
    ProfileStatus, RequestId, Symbol, TenantId, Timestamp, VenueId, Zone,
};
use ballast_engine::market::{Board, Frame};
use ballast_engine::ports::{Clock, Entropy, Gaps, JournalError};
use ballast_engine::run::{Delivery, RunError, Tenant};
use ballast_engine::state::{ApplyError, Profile, State};
use ballast_engine::step::{Answer, Command, Effects, Engine, Input, Settings as EngineOptions};
use ballast_engine::strategy::Plan;
use ballast_storage::{StoreError, StreamName, TenantStore};
use ballast_venues::paper::{
    AccountError, PaperBroker, PaperError, PaperMarket, PaperRecord, PaperSettings, PaperVenue,
};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};

use super::control::TradingControl;
use super::health::TenantHealth;
use super::market::{Place, RecentFrames};
use super::observer::TenantObserver;
use super::product::ProductRules;
use super::settings::ProfileSettings;
use super::tenants::Plans;
use super::{STOP_DEADLINE, stopped};
use crate::metrics::Stopwatch;
use crate::views::TenantView;
use errand::{Errand, Situation};

/// Deliveries that may wait for a tenant.
pub(super) const INBOX: usize = 1_024;
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

/// What the store has of one tenant when the server starts.
pub(super) struct KnownTenant {
    pub(super) store: TenantStore,
    state: State,
    /// Where it stands in a file that is played to it.
    pub(super) place: Option<Place>,
}

/// Everything that one tenant is run with.
pub(super) struct TenantWorld {
    pub(super) id: TenantId,
    pub(super) store: TenantStore,
    pub(super) profiles: Vec<ConfiguredProfile>,
    /// The strategies that the journal has, where the settings have another one or none.
    pub(super) plans: Plans,
    /// Whether the market is a file, which waits for the tenant: it never misses anything.
    pub(super) plays_file: bool,
    pub(super) paper: PaperSettings,
    pub(super) engine: EngineOptions,
    pub(super) snapshot_every: u64,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) gaps: Arc<dyn Gaps>,
    pub(super) control: TradingControl,
    pub(super) product: ProductRules,
    pub(super) markets: watch::Receiver<Arc<Markets>>,
    pub(super) recent: RecentFrames,
    pub(super) market: watch::Sender<Option<PaperMarket>>,
    /// The way to the tenant while it runs.
    pub(super) ways: watch::Sender<Option<Way>>,
    pub(super) view: Arc<TenantView>,
    pub(super) health: TenantHealth,
}

/// The venue that orders go to.
const PAPER: &str = "paper";

/// Who changes profiles that a settings file names. What a person has changed is theirs from then
/// on, and the file is not applied to it any more.
const CONFIGURED: &str = "configuration file";

/// Whether a profile is as a settings file has it.
fn is_configured(profile: &Profile) -> bool {
    profile.changed_by == CONFIGURED
}

/// Why a tenant is not running.
#[derive(Debug, Error)]
pub(super) enum TenantError {
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
    #[error("a task of the tenant has failed, please report it: {0}")]
    Task(#[from] JoinError),
    #[error("the tenant did not finish what it had begun in time")]
    Late,
}

impl TenantError {
    /// Whether it says only that another part has ended, whose own error says why.
    const fn follows_from_another(&self) -> bool {
        matches!(self, Self::Ended | Self::Account(AccountError::Ended(_)))
    }

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

impl KnownTenant {
    /// What cannot be read counts as unknown here: the tenant says why again when it is run, and
    /// the others trade.
    pub(super) async fn read(store: TenantStore) -> Self {
        let read = async {
            let state = fold::state(&store).await?;
            let place =
                Place::of(fold::last_frame(&store).await?, fold::last_played(&store).await?);
            Ok::<_, TenantError>((state, place))
        };
        let (state, place) = read.await.unwrap_or_else(|error| {
            tracing::error!(tenant = %store.id(), %error, "cannot be read");
            (State::new(store.id().clone()), None)
        });
        Self { store, state, place }
    }

    /// Whether it has anything to run: a profile that trades, holds or has ordered something.
    pub(super) fn is_at_work(&self) -> bool {
        self.state.profiles().any(|profile| {
            let trades = profile.status != ProfileStatus::Stopped && !is_configured(profile);
            trades || !profile.trades.is_empty() || !profile.working.is_empty()
        })
    }

    /// The instruments of what it holds or has ordered: their market data is what its stops act on.
    pub(super) fn symbols(&self) -> impl Iterator<Item = Symbol> {
        self.state.profiles().flat_map(|profile| {
            let held = profile.trades.values().map(|trade| trade.symbol);
            held.chain(profile.working.values().map(|order| order.terms.symbol))
        })
    }

    /// Compiles the strategies by which profiles trade that `configured` does not say the same of.
    pub(super) fn standing(
        &self,
        configured: &[ConfiguredProfile],
        board: &mut Board,
    ) -> Vec<(ProfileId, Plan)> {
        let mut standing = Vec::new();
        for profile in self.state.profiles().filter(|profile| !profile.removed) {
            let (name, strategy) = (&profile.document.name, &profile.document.strategy);
            let same = |other: &ConfiguredProfile| {
                other.settings.name == *name && other.settings.strategy == *strategy
            };
            if configured.iter().any(same) {
                continue;
            }
            match Plan::compile(Arc::new(strategy.clone()), board) {
                Ok(plan) => standing.push((profile.id, plan)),
                Err(_) => tracing::warn!(
                    tenant = %self.store.id(),
                    profile = name,
                    "its strategy does not run on this market data: what it holds is left to the \
                     stops that rest at the venue"
                ),
            }
        }
        standing
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
            self.ways.send_replace(None);
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

    async fn run(&self, stop: &mut watch::Receiver<bool>) -> Result<(), TenantError> {
        let journal = self.store.journal::<Envelope>(StreamName::Journal, 0);
        let state = fold::state_shown(&self.store, &self.view).await?;
        let missed_from = at_work_since(&state);
        let place =
            Place::of(fold::last_frame(&self.store).await?, fold::last_played(&self.store).await?);
        let errands = self.errands(&state)?;
        let accounts = self.accounts(&state);
        let forgotten = self.forgotten_entries(&state);
        let plans = self.plans(&state, &errands);
        let mut engine = Engine::new(state, self.engine);
        if !self.plays_file {
            engine.missed_since(place.map_or(Timestamp::MIN, |place| place.close));
        }
        for (profile, plan, enters) in plans {
            match enters {
                true => engine.attach(profile, plan),
                false => engine.attach_to_leave(profile, plan),
            }
        }
        for frame in self.recent.all() {
            engine.step(Input::Seen(&frame), &mut Effects::default())?;
        }
        self.health.booked(&engine);
        self.view.open(&engine).await?;
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
            control: self.control.subscribe(),
            product: self.product.subscribe(),
            markets: self.markets.clone(),
            gaps: Arc::new(Stopwatch::new(Arc::clone(&self.gaps), PAPER)),
        };
        let observer = self.observer();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { Ok(tenant.run(deliveries, observer).await?) });
        tasks.spawn(async move { venue_ended(venue.await) });
        let way = Way { inbox, broker, market };
        let ended = tokio::select! {
            () = stopped(stop) => Ok(()),
            ended = tasks.join_next() => outcome(ended).and(Err(TenantError::Ended)),
            Err(error) = self.lead(&way, errands, accounts, forgotten, missed_from) => Err(error),
        };
        self.market.send_replace(None);
        self.ways.send_replace(None);
        let finished = tokio::time::timeout(STOP_DEADLINE, way.finish(tasks, ended.is_ok()));
        cause_of(ended, finished.await.unwrap_or(Err(TenantError::Late)))
    }

    /// The strategies by which the profiles trade according to the journal, and whether they enter:
    /// one that the settings do not name any more only leaves what it holds.
    fn plans(&self, state: &State, errands: &[Errand<'_>]) -> Vec<(ProfileId, Plan, bool)> {
        let known = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let trading = state.profiles().filter(|profile| !profile.removed);
        let plans = trading.filter_map(|profile| {
            let strategy = &profile.document.strategy;
            let errand = errands.iter().find(|errand| errand.profile == profile.id);
            let configured = errand.map(|errand| &errand.configured.plan);
            let standing = known.iter().filter(|(of, _)| *of == profile.id);
            let mut plans = configured.into_iter().chain(standing.map(|(_, plan)| plan));
            let plan = plans.find(|plan| *plan.config == *strategy)?;
            Some((profile.id, plan.clone(), errand.is_some() || !is_configured(profile)))
        });
        plans.collect()
    }

    /// What is to be done so that the profiles are as they are configured.
    fn errands(&self, state: &State) -> Result<Vec<Errand<'_>>, TenantError> {
        let named = |name: &str| {
            state.profiles().find(|known| !known.removed && known.document.name == name)
        };
        let theirs = |known: &Profile| {
            let (profile, by) = (&known.document.name, &known.changed_by);
            tracing::info!(
                tenant = %self.id,
                profile,
                by,
                "a person has changed this profile: the settings file is not applied to it"
            );
        };
        let with = self.profiles.iter().map(|made| (made, named(&made.settings.name)));
        let ours = with.filter(|(_, known)| match known {
            Some(known) if !is_configured(known) => {
                theirs(known);
                false
            }
            _ => true,
        });
        let errands = ours.map(|(configured, known)| {
            Ok(Errand {
                profile: known.map_or_else(|| self.new_profile(), |known| known.id),
                document: configured.document(&self.paper)?,
                known: known.map(|known| (*known.document).clone()),
                start: known.is_none_or(|known| !known.started),
                situation: known.map(Situation::of).unwrap_or_default(),
                configured,
            })
        });
        errands.collect()
    }

    /// Tells of the profiles that the settings do not name any more. They leave what they hold by
    /// their stops and exits; gives their working entries, which are to be cancelled.
    fn forgotten_entries(&self, state: &State) -> Vec<OrderId> {
        let named = |name: &str| self.profiles.iter().any(|p| p.settings.name == name);
        let mut entries = Vec::new();
        let ours = state.profiles().filter(|profile| is_configured(profile) && !profile.removed);
        for profile in ours.filter(|profile| !named(&profile.document.name)) {
            let (positions, orders) = (profile.trades.len(), profile.working.len());
            let working = profile.working.values().filter(|order| !order.terms.is_reducing());
            entries.extend(working.map(|order| order.terms.order_id()));
            tracing::warn!(
                tenant = %self.id,
                profile = profile.document.name,
                positions,
                orders,
                "the settings do not name this profile any more: it enters nothing, and leaves \
                 what it holds by its exits and stops; name it again to go on"
            );
        }
        entries
    }

    /// Whether a strategy by which a profile trades is compiled, beside the configured one.
    fn has_plan(&self, profile: ProfileId) -> bool {
        let plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.iter().any(|(of, _)| *of == profile)
    }

    /// Profiles that people have made or changed: the venue has an account for each of them.
    fn accounts(&self, state: &State) -> Vec<(ProfileId, ProfileDocument)> {
        let theirs = state.profiles().filter(|profile| !profile.removed && !is_configured(profile));
        theirs.map(|profile| (profile.id, (*profile.document).clone())).collect()
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
        accounts: Vec<(ProfileId, ProfileDocument)>,
        forgotten: Vec<OrderId>,
        missed_from: Option<Timestamp>,
    ) -> Result<Infallible, TenantError> {
        for order in forgotten {
            let reason = "the settings do not name its profile any more".to_owned();
            way.ask(Command::Cancel { order, reason }, None).await?;
        }
        for (profile, document) in accounts {
            let cash = document.capital.money();
            way.broker.open_account(profile, cash, document.instruments).await?;
        }
        for errand in errands {
            errand.run(way, self).await?;
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
        self.ways.send_replace(Some(way.clone()));
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            way.send(Delivery::Tick).await?;
        }
    }

    fn observer(&self) -> TenantObserver {
        let (view, health) = (Arc::clone(&self.view), self.health.clone());
        TenantObserver::new(view, self.snapshot_every, health, self.control.clone())
    }
}

impl ConfiguredProfile {
    fn document(&self, paper: &PaperSettings) -> Result<ProfileDocument, TenantError> {
        let venue: VenueId = PAPER.parse().map_err(|_| TenantError::Ended)?;
        Ok(ProfileDocument {
            name: self.settings.name.clone(),
            venue,
            mode: Mode::Paper,
            capital: self.capital,
            instruments: self.instruments.clone(),
            fees: paper.rules.fees,
            limits: self.settings.limits.clone(),
            time_zone: Zone::default(),
            preset: None,
            strategy: self.settings.strategy.clone(),
        })
    }
}

/// The ways to a tenant's loop and to its venue.
#[derive(Debug, Clone)]
pub(super) struct Way {
    inbox: mpsc::Sender<Delivery>,
    pub(super) broker: PaperBroker,
    market: PaperMarket,
}

/// What both of a tenant's tasks end with.
type Ended = Result<(), TenantError>;

impl Way {
    /// Deliveries that wait for the tenant's loop.
    pub(super) fn waiting(&self) -> usize {
        self.inbox.max_capacity() - self.inbox.capacity()
    }

    async fn send(&self, delivery: Delivery) -> Ended {
        self.inbox.send(delivery).await.map_err(|_| TenantError::Ended)
    }

    pub(super) async fn ask(
        &self,
        command: Command,
        request_id: Option<RequestId>,
    ) -> Result<Answer, TenantError> {
        let (answer, answered) = oneshot::channel();
        self.send(Delivery::Command { command, request_id, answer }).await?;
        answered.await.map_err(|_| TenantError::Ended)
    }

    /// Tells of prices that everybody else knows.
    pub(super) async fn see(&self, frame: Arc<Frame>) {
        // A tenant that has ended sees it when it is started again.
        let _ = self.send(Delivery::Seen(frame)).await;
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
            ended = cause_of(ended, outcome(Some(task)));
        }
        ended
    }
}

/// The failure that came first, unless it only follows from the later one.
fn cause_of(first: Ended, later: Ended) -> Ended {
    match (first, later) {
        (Err(first), Err(later)) if first.follows_from_another() => Err(later),
        (first, later) => first.and(later),
    }
}

fn outcome(task: Option<Result<Ended, JoinError>>) -> Ended {
    match task {
        Some(Ok(ended)) => ended,
        Some(Err(error)) => Err(error.into()),
        None => Err(TenantError::Ended),
    }
}

fn venue_ended(ended: Result<Result<(), PaperError>, JoinError>) -> Ended {
    match ended {
        // It ends with the tenant, whose own error says more.
        Ok(Ok(()) | Err(PaperError::TenantGone)) => Ok(()),
        Ok(Err(error)) => Err(error.into()),
        Err(error) => Err(error.into()),
    }
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

#[cfg(test)]
mod tests;
