//! Every tenant that this process runs, and the way to each: for routes and realtime.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ballast_domain::{Markets, ProfileDocument, ProfileId, RequestId, TenantId};
use ballast_engine::ports::{Clock, Entropy, Gaps};
use ballast_engine::step::{Answer, Command, Settings as EngineOptions};
use ballast_engine::strategy::Plan;
use ballast_storage::{Store, TenantStore};
use ballast_venues::paper::PaperSettings;
use thiserror::Error;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::control::TradingControl;
use super::health::Health;
use super::market::{CompileError, Compiled, MarketDesk, Place, RecentFrames, Seat};
use super::past::Reader;
use super::product::ProductRules;
use super::tenant::{ConfiguredProfile, INBOX, TenantWorld, Way};
use crate::views::{Everybody, FOLLOWER_LAG, Message, TenantView};

/// How long a person waits for a tenant that is being started.
const START_DEADLINE: Duration = Duration::from_secs(5);
/// Messages that an operator may be behind by.
const OPERATOR_LAG: usize = 4_096;
/// How long a person waits for the answer to a command.
const ANSWER_DEADLINE: Duration = Duration::from_secs(10);

/// What every tenant's world is made of.
pub(super) struct Kit {
    pub(super) store: Store,
    pub(super) health: Health,
    pub(super) recent: RecentFrames,
    pub(super) gaps: Arc<dyn Gaps>,
    pub(super) control: TradingControl,
    pub(super) product: ProductRules,
    pub(super) markets: watch::Receiver<Arc<Markets>>,
    pub(super) paper: PaperSettings,
    pub(super) engine: EngineOptions,
    pub(super) snapshot_every: u64,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    /// Whether the market is a file, which waits for its tenants.
    pub(super) plays_file: bool,
    pub(super) market: MarketDesk,
}

/// The tenants; a handle that is cheap to clone.
#[derive(Clone)]
pub(crate) struct Tenants {
    kit: Arc<Kit>,
    running: Arc<Mutex<Running>>,
    everybody: Everybody,
    stopping: watch::Receiver<bool>,
}

#[derive(Default)]
struct Running {
    tenants: BTreeMap<TenantId, Arc<Tenant>>,
    tasks: Vec<JoinHandle<()>>,
}

/// How full a queue is.
pub(crate) struct Queue {
    pub(crate) name: &'static str,
    pub(crate) depth: usize,
    /// What it can hold; none where what is new takes the place of what it replaces.
    pub(crate) capacity: Option<usize>,
}

/// The strategies that a tenant's profiles may trade by, compiled.
pub(super) type Plans = Arc<Mutex<Vec<(ProfileId, Plan)>>>;

/// One tenant, for whoever asks something of it.
pub(crate) struct Tenant {
    pub(crate) store: TenantStore,
    pub(crate) view: Arc<TenantView>,
    /// Its turn in the market's past.
    pub(crate) reader: Reader,
    way: watch::Receiver<Option<Way>>,
    plans: Plans,
}

/// Why a tenant did not do what it was asked.
#[derive(Debug, Error)]
pub(crate) enum TenantUnavailable {
    /// It is being started, or started again after a failure.
    #[error("your trading is being started again; try again in a few seconds")]
    Starting,
    /// It did not answer in time; what was asked may have been done.
    #[error("your trading did not answer in time; look whether it was done before you try again")]
    Late,
}

/// Why a profile was not put.
#[derive(Debug, Error)]
pub(crate) enum PutError {
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error(transparent)]
    Tenant(#[from] TenantUnavailable),
}

impl Tenants {
    pub(super) fn new(kit: Kit, stopping: watch::Receiver<bool>) -> Self {
        let (everybody, _) = broadcast::channel(OPERATOR_LAG);
        Self { kit: Arc::new(kit), running: Arc::default(), everybody, stopping }
    }

    /// Makes the world of a tenant that the node begins with, and its seat in the market.
    pub(super) fn found(
        &self,
        store: TenantStore,
        profiles: Vec<ConfiguredProfile>,
        standing: Vec<(ProfileId, Plan)>,
        place: Option<Place>,
    ) -> (Seat, TenantWorld) {
        let (tenant, seat, world) = self.make(store, profiles, standing, place);
        world.health.awaited();
        self.lock().tenants.insert(world.id.clone(), tenant);
        (seat, world)
    }

    fn make(
        &self,
        store: TenantStore,
        profiles: Vec<ConfiguredProfile>,
        standing: Vec<(ProfileId, Plan)>,
        place: Option<Place>,
    ) -> (Arc<Tenant>, Seat, TenantWorld) {
        let kit = &self.kit;
        let (market, joined) = watch::channel(None);
        let (ways, way) = watch::channel(None);
        let view = Arc::new(TenantView::new(store.clone(), self.everybody.clone()));
        let plans: Plans = Arc::new(Mutex::new(standing));
        let id = store.id().clone();
        let world = TenantWorld {
            health: kit.health.tenant(id.clone()),
            id,
            store: store.clone(),
            profiles,
            plans: Arc::clone(&plans),
            plays_file: kit.plays_file,
            paper: kit.paper.clone(),
            engine: kit.engine,
            snapshot_every: kit.snapshot_every,
            clock: Arc::clone(&kit.clock),
            entropy: Arc::clone(&kit.entropy),
            gaps: Arc::clone(&kit.gaps),
            control: kit.control.clone(),
            product: kit.product.clone(),
            markets: kit.markets.clone(),
            recent: kit.recent.clone(),
            market,
            ways,
            view: Arc::clone(&view),
        };
        (
            Arc::new(Tenant { store, view, reader: Reader::default(), way, plans }),
            Seat::new(joined, place),
            world,
        )
    }

    /// Lets a world run until everything is to stop.
    pub(super) fn supervise(&self, world: TenantWorld) {
        let task = tokio::spawn(world.supervise(self.stopping.clone()));
        self.lock().tasks.push(task);
    }

    /// The latest frames, for whoever keeps them.
    pub(super) fn recent(&self) -> RecentFrames {
        self.kit.recent.clone()
    }

    /// Follows what is told of all tenants, from now on.
    pub(crate) fn follow_all(&self) -> broadcast::Receiver<(TenantId, Arc<Message>)> {
        self.everybody.subscribe()
    }

    /// Every tenant that runs, by id.
    pub(crate) fn all(&self) -> Vec<(TenantId, Arc<Tenant>)> {
        let running = self.lock();
        running.tenants.iter().map(|(id, tenant)| (id.clone(), Arc::clone(tenant))).collect()
    }

    /// What waits: of each kind of queue the fullest.
    pub(crate) fn queues(&self) -> [Queue; 5] {
        let tenants = self.all();
        let most = |waiting: &dyn Fn(&Tenant) -> usize| {
            tenants.iter().map(|(_, tenant)| waiting(tenant)).max().unwrap_or_default()
        };
        let queue = |name, depth, capacity| Queue { name, depth, capacity };
        [
            queue("tenant_inbox", most(&Tenant::waiting), Some(INBOX)),
            queue("rows", most(&|tenant| tenant.view.rows_waiting()), None),
            queue("realtime", most(&|tenant| tenant.view.messages_waiting()), Some(FOLLOWER_LAG)),
            queue("operators", self.everybody.len(), Some(OPERATOR_LAG)),
            queue("store", self.kit.store.waiting(), None),
        ]
    }

    /// The tenant of somebody who has proved who they are; made when they come for the first time.
    /// It is seated and run by a task of its own, which nobody who hangs up can end.
    pub(crate) fn admit(&self, id: &TenantId) -> Arc<Tenant> {
        // Nobody else admits the same tenant meanwhile.
        let mut running = self.lock();
        if let Some(known) = running.tenants.get(id) {
            return Arc::clone(known);
        }
        let store = self.kit.store.tenant(id);
        let (tenant, seat, world) = self.make(store, Vec::new(), Vec::new(), None);
        running.tenants.insert(id.clone(), Arc::clone(&tenant));
        let (market, stopping) = (self.kit.market.clone(), self.stopping.clone());
        running.tasks.push(tokio::spawn(async move {
            let mut stopped = stopping.clone();
            tokio::select! {
                () = super::stopped(&mut stopped) => return,
                () = market.seat(seat) => {}
            }
            world.supervise(stopping).await;
        }));
        tenant
    }

    /// Waits until every tenant has finished what was begun.
    pub(super) async fn finished(&self) {
        let tasks = std::mem::take(&mut self.lock().tasks);
        for task in tasks {
            // Each tenant has its own deadline, and says what went wrong.
            let _ = task.await;
        }
        for (_, tenant) in self.all() {
            tenant.view.finish().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tenant {
    /// Waits until the tenant runs.
    async fn way(&self) -> Result<Way, TenantUnavailable> {
        let mut way = self.way.clone();
        let there = timeout(START_DEADLINE, way.wait_for(Option::is_some)).await;
        let found = there.ok().and_then(Result::ok).and_then(|way| way.clone());
        found.ok_or(TenantUnavailable::Starting)
    }

    /// Deliveries that wait for the tenant's engine.
    fn waiting(&self) -> usize {
        self.way.borrow().as_ref().map_or(0, Way::waiting)
    }

    /// Waits until the tenant runs, or has had the time for it.
    pub(crate) async fn started(&self) {
        // One that does not run says so in its health.
        let _ = self.way().await;
    }

    /// Waits until there are rows to show, which stay when the tenant is started again.
    ///
    /// # Errors
    /// [`TenantUnavailable::Starting`].
    pub(crate) async fn shown(&self) -> Result<(), TenantUnavailable> {
        let opened = timeout(START_DEADLINE, self.view.opened()).await;
        opened.map_err(|_| TenantUnavailable::Starting)
    }

    /// Asks for something; the answer is durable.
    ///
    /// # Errors
    /// [`TenantUnavailable`]; when it is late, what was asked for may have been done.
    pub(crate) async fn ask(
        &self,
        command: Command,
        request_id: Option<RequestId>,
    ) -> Result<Answer, TenantUnavailable> {
        let way = self.way().await?;
        let asked = timeout(ANSWER_DEADLINE, way.ask(command, request_id)).await;
        match asked {
            Ok(Ok(answer)) => Ok(answer),
            // The loop ended before it answered: nobody knows whether it had journaled it.
            Ok(Err(_)) | Err(_) => Err(TenantUnavailable::Late),
        }
    }

    /// Makes a profile or changes its document, with its strategy running on the market.
    ///
    /// # Errors
    /// [`PutError`].
    pub(crate) async fn put_profile(
        &self,
        market: &MarketDesk,
        put: Put,
        request_id: Option<RequestId>,
    ) -> Result<Answer, PutError> {
        let Put { profile, document, expected_version, by } = put;
        let way = self.way().await?;
        let Compiled { plan, prices } = market.compile(Arc::new(document.strategy.clone())).await?;
        let (cash, instruments) = (document.capital.money(), document.instruments.clone());
        let strategy = Arc::clone(&plan.config);
        self.plans().push((profile, plan.clone()));
        let (document, plan) = (Box::new(document), Box::new(plan));
        let put = Command::PutProfile { profile, document, plan, by, expected_version };
        let answer = self.ask(put, request_id).await?;
        let done = answer == Answer::Done;
        // What the journal does not have is not needed when the tenant is started again.
        self.plans()
            .retain(|(of, plan)| *of != profile || Arc::ptr_eq(&plan.config, &strategy) == done);
        if let Some(prices) = prices.filter(|_| done) {
            // A new profile knows the last prices at once, and not at the next close only.
            way.see(prices).await;
        }
        if done && way.broker.open_account(profile, cash, instruments).await.is_err() {
            // The venue has ended: its account is opened when the tenant is started again.
            return Err(TenantUnavailable::Late.into());
        }
        Ok(answer)
    }

    fn plans(&self) -> MutexGuard<'_, Vec<(ProfileId, Plan)>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A profile as somebody wants it.
pub(crate) struct Put {
    pub(crate) profile: ProfileId,
    pub(crate) document: ProfileDocument,
    /// The version that they have seen; zero for a new profile.
    pub(crate) expected_version: Option<u64>,
    pub(crate) by: String,
}
