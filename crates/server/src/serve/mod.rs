//! `ballast serve`: the market, the tenants and their paper venue, wired together.

mod health;
mod market;
mod observer;
mod settings;
mod system;
mod tenant;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ballast_domain::profile::FeeSchedule;
use ballast_domain::{Capital, ControlSnapshot, Instrument, Timeframe, Timestamp};
use ballast_engine::market::Board;
use ballast_engine::matching::FillRules;
use ballast_engine::ports::{Clock, Feed, Gaps, NoGaps};
use ballast_engine::step::Settings as EngineOptions;
use ballast_engine::strategy::Plan;
use ballast_storage::{Options, Store};
use ballast_venues::paper::PaperSettings;
use ballast_venues::replay::{CsvFeed, ReplayFile};
use ballast_venues::simulated::{BASE, SimulatedFeed, SimulatedMarket, Speed, sim_instruments};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::cli::CliError;
use health::Health;
use market::{Market, RecentFrames};
use settings::{FeedKind, TenantSettings};
pub(crate) use settings::{Flags, Settings};
use system::{DrivenGaps, MarketClock, SystemClock, SystemEntropy};
use tenant::{ConfiguredProfile, TenantWorld, last_frame};

/// Names a socket whose other end decides in which gap between two effects the process ends. For
/// crash tests.
const GAPS_SOCKET: &str = "BALLAST_TEST_GAPS_SOCKET";

/// How long a tenant may take to finish what was begun.
const STOP_DEADLINE: Duration = Duration::from_secs(7);
/// How long the market and the requests that are being answered may take then.
const REST_DEADLINE: Duration = Duration::from_millis(500);

/// Runs the server until it is told to stop.
pub(crate) async fn serve(settings: Settings) -> Result<(), CliError> {
    match settings.market.feed {
        FeedKind::Simulated => {
            let market = SimulatedMarket::new(settings.market.seed, &sim_instruments());
            let market = Arc::new(market.map_err(CliError::failed)?);
            let instruments = market.instruments().collect();
            let clock = market_clock(&settings);
            let start = clock.now();
            let speed = Speed::Times(settings.market.speed);
            let open = |start| {
                let feed = SimulatedFeed::new(market.clone(), Arc::new(SystemClock), start, speed);
                feed.map_err(CliError::failed)
            };
            Server { settings, instruments, base: BASE, start, clock, unpaced: false }
                .run(open)
                .await
        }
        FeedKind::Replay => {
            let replay = settings.market.replay.clone();
            let replay = replay.ok_or_else(|| CliError::usage("market.replay is missing"))?;
            let open = |start| {
                let files = replay.files.iter().map(|file| ReplayFile {
                    symbol: file.symbol,
                    path: file.path.clone(),
                    timeframe: replay.timeframe,
                    stamped: replay.stamped,
                });
                CsvFeed::open(files.collect(), start).map_err(CliError::failed)
            };
            let quote = "USD".parse().map_err(CliError::failed)?;
            let instruments = replay.files.iter().map(|file| {
                Instrument::unrestricted(file.symbol, ballast_domain::AssetClass::Stock, quote)
            });
            let instruments = instruments.collect();
            let clock = Arc::new(SystemClock);
            let (base, start) = (replay.timeframe, replay.start);
            Server { settings, instruments, base, start, clock, unpaced: true }.run(open).await
        }
    }
}

fn market_clock(settings: &Settings) -> Arc<dyn Clock> {
    match settings.market.anchor {
        Some(anchor) if settings.market.speed.get() > 1 => {
            Arc::new(MarketClock { anchor, speed: settings.market.speed })
        }
        _ => Arc::new(SystemClock),
    }
}

/// What runs until the server is told to stop.
struct Running {
    stop: watch::Sender<bool>,
    tenants: Vec<JoinHandle<()>>,
    market: JoinHandle<()>,
    http: JoinHandle<()>,
}

impl Running {
    async fn stop(self) {
        self.stop.send_replace(true);
        // Each tenant has its own deadline, and says what went wrong.
        for tenant in self.tenants {
            let _ = tenant.await;
        }
        // The rest has nothing to lose, and nobody waits for a client that asks no more.
        let market = async {
            if !self.market.is_finished() {
                let _ = self.market.await;
            }
        };
        let _ = timeout(REST_DEADLINE, async { tokio::join!(market, self.http) }).await;
    }
}

/// What the server is built from, once the market is chosen.
struct Server {
    settings: Settings,
    instruments: Vec<Instrument>,
    base: Timeframe,
    start: Timestamp,
    clock: Arc<dyn Clock>,
    /// Whether the feed gives what it has as fast as it is taken.
    unpaced: bool,
}

impl Server {
    /// Runs on the feed that `open` gives from an instant on.
    async fn run<F: Feed + 'static>(
        mut self,
        open: impl Fn(Timestamp) -> Result<F, CliError>,
    ) -> Result<(), CliError> {
        let mut feed = open(self.start)?;
        let venue = "market".parse().map_err(CliError::failed)?;
        let mut board = Board::new(venue, self.base);
        let mut configured = Vec::new();
        for tenant in &self.settings.tenants {
            configured.push((tenant, self.configure(tenant, &mut board)?));
        }
        let store = self.open_store().await?;
        if let Some(last) = self.replayed_to(&store).await?.filter(|last| *last > self.start) {
            tracing::info!(%last, "the replay goes on after the last frame that was acted on");
            self.start = last;
            feed = open(last)?;
        }
        let listener = self.listen().await?;
        let listen = listener.local_addr()?;
        let gaps = gaps()?;
        let (stop, stopping) = watch::channel(false);
        let (control, controlled) = watch::channel(Some(Arc::new(ControlSnapshot::default())));
        let (last_close, closes) = watch::channel(None);
        let health = Health::new(closes);
        let recent = RecentFrames::default();
        let mut slots = Vec::new();
        let mut worlds = Vec::new();
        for (tenant, profiles) in configured {
            let (market, slot) = watch::channel(None);
            slots.push(slot);
            worlds.push(TenantWorld {
                id: tenant.id.clone(),
                store: store.tenant(&tenant.id),
                profiles,
                paper: self.paper(),
                engine: self.engine(),
                snapshot_every: self.settings.engine.snapshot_every,
                clock: Arc::clone(&self.clock),
                entropy: Arc::new(SystemEntropy),
                gaps: Arc::clone(&gaps),
                control: controlled.clone(),
                recent: recent.clone(),
                market,
                health: health.tenant(tenant.id.clone()),
            });
        }
        let (tenants, start, unpaced) = (slots, self.start, self.unpaced);
        let frame_grace = Duration::from_millis(self.settings.market.frame_grace_ms.into());
        let mut market =
            Market { feed, board, tenants, recent, start, unpaced, frame_grace, last_close };
        let warm_up = market.warm_up(self.settings.market.warm_up_bars, self.start);
        warm_up.await.map_err(CliError::failed)?;
        worlds.iter().for_each(TenantWorld::say_what_trades);
        let tenants = worlds.into_iter().map(|world| world.supervise(stopping.clone()));
        let tenants = tenants.map(tokio::spawn).collect();
        let mut market = tokio::spawn(market.run(stopping.clone()));
        let http = tokio::spawn(answer_health(listener, health, stopping));
        tracing::info!(%listen, "ballast is running; the money is paper");
        let ended = tokio::select! {
            signal = stop_signal() => signal,
            failed = panicked(&mut market) => Err(failed),
        };
        tracing::info!("stopping: finishing what was begun");
        Running { stop, tenants, market, http }.stop().await;
        drop(control);
        store.close().await.map_err(CliError::failed)?;
        tracing::info!("stopped");
        ended
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

    fn not_listed(&self, place: &str, symbol: &ballast_domain::Symbol) -> CliError {
        let listed: Vec<_> = self.instruments.iter().map(|i| i.symbol.to_string()).collect();
        CliError::usage(format!(
            "{place}: the market does not list {symbol}; it lists {}",
            listed.join(", ")
        ))
    }

    async fn listen(&self) -> Result<tokio::net::TcpListener, CliError> {
        let listener = tokio::net::TcpListener::bind(self.settings.listen).await;
        listener.map_err(|error| {
            CliError::failed(format!("cannot listen on {}: {error}", self.settings.listen))
        })
    }

    /// The last frame of a replay that any tenant has acted on: what was traded once is history.
    async fn replayed_to(&self, store: &Store) -> Result<Option<Timestamp>, CliError> {
        let mut last = None;
        if self.unpaced {
            for tenant in &self.settings.tenants {
                last = last.max(last_frame(&store.tenant(&tenant.id)).await?);
            }
        }
        Ok(last)
    }

    async fn open_store(&self) -> Result<Store, CliError> {
        let directory = self.settings.data_dir.clone();
        let options = Options { directory, collections: &[], max_bytes: None };
        Store::open(options, Arc::clone(&self.clock)).await.map_err(CliError::failed)
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
        let grace = i64::from(self.settings.engine.unknown_grace_ms);
        EngineOptions { unknown_grace_nanos: grace * 1_000_000, keep_evaluations: true }
    }
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

async fn answer_health(
    listener: tokio::net::TcpListener,
    health: Health,
    mut stopping: watch::Receiver<bool>,
) {
    let stop = async move { stopped(&mut stopping).await };
    if let Err(error) = axum::serve(listener, health.router()).with_graceful_shutdown(stop).await {
        tracing::error!(%error, "health is not answered any more");
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
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that has gone stops everything too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Waits for SIGTERM or Ctrl-C.
async fn stop_signal() -> Result<(), CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminated.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
    }
}
