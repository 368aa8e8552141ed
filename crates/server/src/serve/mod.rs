//! `ballast serve`: the market, the tenants and their paper venue, wired together.

mod away;
pub(crate) mod control;
mod feeds;
mod front;
pub(crate) mod health;
pub(crate) mod identity;
pub(crate) mod local;
pub(crate) mod market;
mod observer;
pub(crate) mod past;
pub(crate) mod prices;
pub(crate) mod product;
mod settings;
mod system;
mod tenant;
pub(crate) mod tenants;
#[cfg(test)]
mod tests;
mod upkeep;

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ballast_domain::profile::FeeSchedule;
use ballast_domain::{
    Capital, Instrument, Limits, Markets, ProfileId, Symbol, TenantId, Timeframe, Timestamp,
};
use ballast_engine::market::Board;
use ballast_engine::matching::FillRules;
use ballast_engine::ports::{Clock, Feed, Gaps, NoGaps};
use ballast_engine::step::Settings as EngineOptions;
use ballast_engine::strategy::Plan;
use ballast_platform::request::{IDEMPOTENCY, Replies};
use ballast_storage::{Collection, Options, Store};
use ballast_venues::paper::PaperSettings;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::app::{App, Listing, Parts};
use crate::cli::CliError;
use crate::http;
use crate::metrics::Metrics;
use crate::realtime;
use crate::research::Backtests;
use crate::views;
use crate::views::rows::SettingsRow;
use crate::views::words::MarketWord;
use control::{CONTROL, TradingControl};
use front::{Desks, Front};
use health::Health;
use identity::Entrance;
use market::{Growth, Market, MarketDesk, RecentFrames, Requests};
use past::{Past, Source};
use prices::Prices;
use product::ProductRules;
use settings::{FeedKind, TenantSettings};
pub(crate) use settings::{Flags, Settings};
use system::{DrivenGaps, ReplayClock, StopSignals, SystemClock, SystemEntropy};
use tenant::{ConfiguredProfile, KnownTenant};
use tenants::{Kit, Tenants};

/// Every kind of document that the server keeps.
static COLLECTIONS: [Collection; 10] = [
    views::ORDERS,
    views::TRADES,
    views::TRANSFERS,
    views::TIMELINE,
    views::ALERTS,
    views::VERSIONS,
    views::EQUITY,
    views::PROGRESS,
    CONTROL,
    Collection { name: IDEMPOTENCY.name, indexes: IDEMPOTENCY.indexes },
];

/// Names a socket whose other end decides in which gap between two effects the process ends. For
/// crash tests.
const LISTEN_FLAG: &str = "--listen";
const GAPS_SOCKET: &str = "BALLAST_TEST_GAPS_SOCKET";

/// How long a tenant may take to finish what was begun.
const STOP_DEADLINE: Duration = Duration::from_secs(7);
/// How long the market and the requests that are being answered may take then.
const REST_DEADLINE: Duration = Duration::from_millis(500);
/// Tenants whose names are read at once.
const TENANTS_PAGE: usize = 1_000;

/// Runs the server until it is told to stop.
pub(crate) async fn serve(settings: Settings) -> Result<(), CliError> {
    let signals = StopSignals::listen().map_err(CliError::failed)?;
    let (version, data_dir) = (env!("CARGO_PKG_VERSION"), settings.data_dir.display());
    tracing::info!(version, %data_dir, "ballast is starting");
    match settings.market.feed {
        FeedKind::Simulated => feeds::simulated(settings, signals).await,
        FeedKind::Replay => feeds::replay(settings, signals).await,
    }
}

/// The product's limits where nobody sets others.
pub(crate) fn default_limits() -> Result<Limits, CliError> {
    Ok(Settings::load(None, Flags::default())?.limits)
}

/// What runs until the server is told to stop.
struct Running {
    stop: watch::Sender<bool>,
    tenants: Tenants,
    market: JoinHandle<()>,
    http: JoinHandle<()>,
}

impl Running {
    async fn stop(self) {
        self.stop.send_replace(true);
        self.tenants.finished().await;
        // The rest has nothing to lose, and nobody waits for a client that asks no more.
        let market = async {
            if !self.market.is_finished() {
                let _ = self.market.await;
            }
        };
        let _ = timeout(REST_DEADLINE, async { tokio::join!(market, self.http) }).await;
    }
}

/// What the market's loop tells everybody.
struct Told {
    last_close: watch::Sender<Option<Timestamp>>,
    markets: watch::Sender<Arc<Markets>>,
}

/// What the server is built from, once the market is chosen.
struct Server {
    settings: Settings,
    instruments: Vec<Instrument>,
    base: Timeframe,
    start: Timestamp,
    /// What the tenants take the time from.
    clock: Arc<dyn Clock>,
    /// The same, when it is a file that is played.
    replay: Option<Arc<ReplayClock>>,
    /// Where the market's past is read.
    source: Source,
}

impl Server {
    /// Runs on the feed that `open` gives from an instant on.
    async fn run<F: Feed + 'static>(
        mut self,
        open: impl Fn(Timestamp) -> Result<F, CliError>,
        mut signals: StopSignals,
    ) -> Result<(), CliError> {
        let mut feed = open(self.start)?;
        let venue = "market".parse().map_err(CliError::failed)?;
        let mut board = Board::new(venue, self.base);
        let mut configured = Vec::new();
        for tenant in &self.settings.tenants {
            configured.push((tenant.id.clone(), self.configure(tenant, &mut board)?));
        }
        let ground = self.ground().await?;
        let seated = self.seated(&ground.store, configured, &mut board).await?;
        if let Some(from) = self.stands_at(&seated) {
            tracing::info!(%from, "the replay goes on where it was");
            self.start = from;
            feed = open(from)?;
        }
        if let Some(clock) = &self.replay {
            clock.set(self.start);
        }
        let (stop, stopping) = watch::channel(false);
        let (desks, requests, told) = self.desks(&ground, &stopping).await?;
        let found = |seated: Seated| {
            let place = seated.known.place.filter(|_| self.replay.is_some());
            let Seated { known, profiles, standing } = seated;
            desks.tenants.found(known.store, profiles, standing, place)
        };
        let (seats, worlds): (Vec<_>, Vec<_>) = seated.into_iter().map(found).unzip();
        let mut market = Market {
            feed,
            board,
            tenants: seats,
            recent: desks.tenants.recent(),
            start: self.start,
            replay: self.replay.clone(),
            frame_grace: Duration::from_millis(self.settings.market.frame_grace_ms.into()),
            warm_up_bars: self.settings.market.warm_up_bars,
            requests,
            growth: Growth::default(),
            prices: desks.prices.clone(),
            markets: told.markets,
            last_close: told.last_close,
        };
        if !self.warmed_up(&mut market, &mut signals).await? {
            return ground.left().await;
        }
        let http = self.answer(desks.clone(), &ground, stopping.clone()).await?;
        worlds.into_iter().for_each(|world| desks.tenants.supervise(world));
        let mut market = tokio::spawn(market.run(stopping));
        let ended = tokio::select! {
            () = signals.received() => Ok(()),
            failed = panicked(&mut market) => Err(failed),
        };
        tracing::info!("stopping: finishing what was begun");
        ground.backtests.stop().await;
        Running { stop, tenants: desks.tenants.clone(), market, http }.stop().await;
        // A stop that the store does not have yet is the last thing to be written.
        let _ = timeout(REST_DEADLINE, desks.control.settled()).await;
        ground.left().await?;
        ended
    }

    /// Listens, and opens all that is kept: a server that cannot be reached leaves nothing behind.
    async fn ground(&self) -> Result<Ground, CliError> {
        let public = self.listen(self.settings.listen, LISTEN_FLAG).await?;
        let internal = self.listen(self.settings.internal_listen, "--internal-listen").await?;
        let (gaps, store) = (gaps()?, self.open_store().await?);
        away::catch_up(&store, &*gaps).await;
        let entrance = Entrance::open(&self.settings, public.local_addr()?).await?;
        let backtests = Backtests::start(&self.settings.data_dir, self.settings.backtest)?;
        let listeners = Mutex::new(Some((public, internal)));
        Ok(Ground { listeners, store, gaps, entrance: Arc::new(entrance), backtests })
    }

    /// What is asked for things while the server runs, and where the market hears of them.
    async fn desks(
        &self,
        ground: &Ground,
        stopping: &watch::Receiver<bool>,
    ) -> Result<(Desks, Requests, Told), CliError> {
        let (last_close, closes) = watch::channel(None);
        let (market, requests) = MarketDesk::new();
        let control = TradingControl::open(&ground.store, Arc::new(SystemClock)).await;
        if let Some(shut) = ground.entrance.shut_users() {
            control.obey(shut);
        }
        let health = Health::new(closes.clone(), ground.store.local_status());
        let product = ProductRules::new(self.settings.limits.clone());
        product.read(&ground.entrance).await.map_err(CliError::failed)?;
        let markets = watch::Sender::new(Arc::default());
        let kit = self.kit(ground, &health, (&control, &product), (&market, &markets));
        let tenants = Tenants::new(kit, stopping.clone());
        let past = Past::new(self.source.clone(), self.start, closes);
        let (prices, backtests) = (Prices::default(), ground.backtests.clone());
        let desks = Desks { tenants, control, product, market, prices, past, health, backtests };
        Ok((desks, requests, Told { last_close, markets }))
    }

    /// What every tenant's world is made of.
    fn kit(
        &self,
        ground: &Ground,
        health: &Health,
        (control, product): (&TradingControl, &ProductRules),
        (desk, markets): (&MarketDesk, &watch::Sender<Arc<Markets>>),
    ) -> Kit {
        Kit {
            store: ground.store.clone(),
            health: health.clone(),
            recent: RecentFrames::default(),
            gaps: Arc::clone(&ground.gaps),
            control: control.clone(),
            product: product.clone(),
            markets: markets.subscribe(),
            paper: self.paper(),
            engine: self.engine(),
            snapshot_every: self.settings.engine.snapshot_every,
            clock: Arc::clone(&self.clock),
            entropy: Arc::new(SystemEntropy),
            plays_file: self.replay.is_some(),
            market: desk.clone(),
        }
    }

    fn configure(
        &self,
        tenant: &TenantSettings,
        board: &mut Board,
    ) -> Result<Vec<ConfiguredProfile>, CliError> {
        let mut profiles = Vec::with_capacity(tenant.profiles.len());
        for settings in &tenant.profiles {
            let place = format!("tenant {}, profile '{}'", tenant.id, settings.name);
            let instruments = settings.strategy.symbols.iter().map(|symbol| {
                let listed = self.instruments.iter().find(|i| i.symbol == *symbol);
                listed.copied().ok_or_else(|| self.not_listed(&place, symbol))
            });
            let instruments = instruments.collect::<Result<Vec<_>, _>>()?;
            let plan = Plan::compile(Arc::new(settings.strategy.clone()), board);
            let plan = plan.map_err(|faults| {
                let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
                CliError::usage(format!("{place}: {}", faults.join("; ")))
            })?;
            let currency = settings.currency()?;
            if let Some(other) = instruments.iter().find(|known| known.quote != currency) {
                let Instrument { symbol, quote, .. } = other;
                return Err(CliError::usage(format!(
                    "{place}: {symbol} is priced in {quote}, but the capital is in {currency}; \
                     set currency = \"{quote}\" or trade another instrument"
                )));
            }
            let capital = Capital { currency, allocated: settings.capital };
            let settings = settings.clone();
            profiles.push(ConfiguredProfile { settings, plan, instruments, capital });
        }
        Ok(profiles)
    }

    fn not_listed(&self, place: &str, symbol: &Symbol) -> CliError {
        let listed: Vec<_> = self.instruments.iter().map(|i| i.symbol.to_string()).collect();
        CliError::usage(format!(
            "{place}: the market does not list {symbol}; it lists {}",
            listed.join(", ")
        ))
    }

    /// Before the store is opened: a server that cannot be reached leaves no directory behind.
    async fn listen(&self, address: SocketAddr, flag: &str) -> Result<TcpListener, CliError> {
        // An address that neither listener has by default.
        let example = match flag {
            LISTEN_FLAG => "127.0.0.1:4118",
            _ => "127.0.0.1:4119",
        };
        TcpListener::bind(address).await.map_err(|error| {
            let remedy = match error.kind() {
                ErrorKind::AddrInUse => "another process uses it; end that or choose another one",
                _ => "choose an address of this machine",
            };
            let remedy = format!("{remedy} with {flag}, such as {example}");
            CliError::failed(format!("cannot listen on {address}: {error}; {remedy}"))
        })
    }

    /// Every tenant of the settings, and those that the settings do not name although they hold
    /// something, with what the store has of them. The market data of all that is held is
    /// subscribed: without it no stop would act.
    async fn seated(
        &self,
        store: &Store,
        mut configured: Vec<(TenantId, Vec<ConfiguredProfile>)>,
        board: &mut Board,
    ) -> Result<Vec<Seated>, CliError> {
        let mut stored: Vec<TenantId> = Vec::new();
        loop {
            let page =
                store.tenants(stored.last(), TENANTS_PAGE).await.map_err(CliError::failed)?;
            let complete = page.len() < TENANTS_PAGE;
            stored.extend(page);
            if complete {
                break;
            }
        }
        stored.retain(|id| configured.iter().all(|(named, _)| named != id));
        configured.extend(stored.into_iter().map(|id| (id, Vec::new())));
        let named = self.settings.tenants.len();
        let mut seated = Vec::new();
        for (place, (id, profiles)) in configured.into_iter().enumerate() {
            let known = KnownTenant::read(store.tenant(&id)).await;
            let symbols: BTreeSet<Symbol> = known.symbols().collect();
            // Who has nothing at work is seated when they come.
            if place >= named && !known.is_at_work() {
                continue;
            }
            symbols.into_iter().for_each(|symbol| self.watch(&id, symbol, board));
            let (now, place) = (self.start, known.place);
            if let Some(until) = place.map(|place| place.close).filter(|until| *until > now)
                && self.replay.is_none()
            {
                let what = "this data directory has traded until later than it is in this market; \
                    use another one, or an earlier anchor";
                tracing::warn!(tenant = %id, %until, %now, "{what}");
            }
            let standing = known.standing(&profiles, board);
            seated.push(Seated { known, profiles, standing });
        }
        Ok(seated)
    }

    /// Subscribes what a tenant holds.
    fn watch(&self, tenant: &TenantId, symbol: Symbol, board: &mut Board) {
        match self.instruments.iter().any(|listed| listed.symbol == symbol) {
            true => board.subscribe(symbol),
            false => {
                let what = "held, but the market does not list it, so that its stops do not act; \
                    choose a market or files that have it";
                tracing::warn!(%tenant, %symbol, "{what}");
            }
        }
    }

    /// Where the tenant stands that has come the least far in a file.
    fn stands_at(&self, seated: &[Seated]) -> Option<Timestamp> {
        self.replay.as_ref()?;
        let opens = seated.iter().map(|tenant| {
            let place = tenant.known.place?;
            Some(self.base.open_of(place.close))
        });
        let from = opens.collect::<Option<Vec<_>>>()?.into_iter().min()?;
        (from > self.start).then_some(from)
    }

    /// Fills the market from its history; false when the server is told to stop before it is done.
    async fn warmed_up<F: Feed>(
        &self,
        market: &mut Market<F>,
        signals: &mut StopSignals,
    ) -> Result<bool, CliError> {
        let done = market.warm_up(self.start);
        tokio::select! {
            biased;
            () = signals.received() => Ok(false),
            done = done => done.map(|()| true).map_err(CliError::failed),
        }
    }

    /// Answers requests from now on.
    async fn answer(
        &self,
        desks: Desks,
        ground: &Ground,
        stopping: watch::Receiver<bool>,
    ) -> Result<JoinHandle<()>, CliError> {
        let listeners = ground.listeners.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (public, internal) = listeners.ok_or_else(|| CliError::failed("no listener"))?;
        let (listen, internal_listen) = (public.local_addr()?, internal.local_addr()?);
        tokio::spawn(desks.health.clone().watch(ground.store.clone(), stopping.clone()));
        let (store, gaps) = (ground.store.clone(), Arc::clone(&ground.gaps));
        tokio::spawn(away::follow(store, gaps, stopping.clone()));
        let entrance = &ground.entrance;
        let upkeep = upkeep::run(Arc::clone(entrance), ground.store.clone(), stopping.clone());
        tokio::spawn(upkeep);
        let product = desks.product.clone();
        tokio::spawn(product.follow(Arc::clone(entrance), stopping.clone()));
        let (gate, layers) = (entrance.gate(), identity::layers(&self.settings)?);
        let platform = entrance.api(gate.clone());
        let app = App::new(self.parts(desks, Arc::clone(entrance)));
        tokio::spawn(app.metrics.clone().keep(stopping.clone()));
        let router = http::router(gate, app.clone(), platform);
        let (authenticator, revocations) = (entrance.authenticator(), entrance.revocations());
        let sockets = realtime::open(app.clone(), authenticator, revocations, stopping.clone());
        let public = (public, layers.around(router.layer(sockets)));
        local::listen(&self.settings.data_dir, app.clone(), stopping.clone())?;
        let internal = (internal, http::internal_router(app));
        let http = tokio::spawn(Front { public, internal }.run(stopping));
        tracing::info!(%listen, %internal_listen, "ballast is running; the money is paper");
        let link = entrance.first_administrator_link().await.map_err(CliError::failed)?;
        if let Some(link) = &link {
            tracing::info!(%link, "nobody administrates yet: open this link to begin");
        }
        front::greet(listen, link.as_deref());
        Ok(http)
    }

    fn parts(&self, desks: Desks, entrance: Arc<Entrance>) -> Parts {
        let Desks { tenants, control, product, market, prices, past, health, backtests } = desks;
        let market_word = match self.replay {
            Some(_) => MarketWord::Replay,
            None => MarketWord::Simulated,
        };
        Parts {
            tenants,
            control,
            product,
            market,
            prices,
            past,
            health,
            listing: Listing::new(self.instruments.clone()),
            base: self.base,
            paper: self.paper().rules,
            clock: Arc::new(SystemClock),
            market_clock: Arc::clone(&self.clock),
            entropy: Arc::new(SystemEntropy),
            replies: Replies::default(),
            backtests,
            flags: self.settings.flags.into(),
            settings: SettingsRow {
                product_id: self.settings.product_id.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                market: market_word,
                paper_only: true,
            },
            public_path: self.settings.http.public_path().into(),
            registration_open: self.settings.identity.registration_open,
            entrance,
            metrics: Metrics::install(),
        }
    }

    async fn open_store(&self) -> Result<Store, CliError> {
        let directory = self.settings.data_dir.clone();
        let storage = &self.settings.storage;
        let options = Options {
            directory,
            collections: &COLLECTIONS,
            max_bytes: storage.max_mib.map(mebibytes),
            local_bytes: Some(mebibytes(storage.local_log_mib)),
        };
        Store::open(options, Arc::new(SystemClock)).await.map_err(CliError::failed)
    }

    fn paper(&self) -> PaperSettings {
        let paper = &self.settings.paper;
        PaperSettings {
            rules: FillRules {
                fees: FeeSchedule::Percent {
                    maker: paper.maker_fee_pct,
                    taker: paper.taker_fee_pct,
                },
                slippage_bps: paper.slippage_bps,
                volume_share: paper.volume_share,
            },
            latency_ms: paper.latency_ms,
            ..PaperSettings::default()
        }
    }

    fn engine(&self) -> EngineOptions {
        // A file stands still while the venue is asked, and nothing is on its way to a venue in
        // this process that its queue does not hold.
        let grace = match &self.replay {
            Some(_) => 0,
            None => i64::from(self.settings.engine.unknown_grace_ms),
        };
        EngineOptions { unknown_grace_nanos: grace * 1_000_000, ..EngineOptions::default() }
    }
}

/// A tenant with what the settings and the store have of it.
struct Seated {
    known: KnownTenant,
    profiles: Vec<ConfiguredProfile>,
    standing: Vec<(ProfileId, Plan)>,
}

/// What a server stands on: its doors, and all that is kept.
struct Ground {
    /// Until they are answered at.
    listeners: Mutex<Option<(TcpListener, TcpListener)>>,
    store: Store,
    gaps: Arc<dyn Gaps>,
    entrance: Arc<Entrance>,
    backtests: Backtests,
}

impl Ground {
    async fn left(self) -> Result<(), CliError> {
        self.entrance.close().await?;
        self.store.close().await.map_err(CliError::failed)?;
        tracing::info!("stopped");
        Ok(())
    }
}

fn mebibytes(number: NonZeroU32) -> u64 {
    u64::from(number.get()) << 20
}

/// Ends only when the task has panicked: one that has done its work lets the rest go on.
async fn panicked(market: &mut JoinHandle<()>) -> CliError {
    match market.await {
        Ok(()) => std::future::pending().await,
        Err(error) => {
            CliError::failed(format!("the market loop has failed, please report it: {error}"))
        }
    }
}

fn gaps() -> Result<Arc<dyn Gaps>, CliError> {
    match std::env::var_os(GAPS_SOCKET) {
        None => Ok(Arc::new(NoGaps)),
        Some(socket) => {
            let gaps = DrivenGaps::connect(Path::new(&socket));
            Ok(Arc::new(gaps.map_err(|error| CliError::failed(format!("{GAPS_SOCKET}: {error}")))?))
        }
    }
}

/// Waits until everything is to stop.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that has gone stops everything too.
    let _ = stop.wait_for(|stop| *stop).await;
}
