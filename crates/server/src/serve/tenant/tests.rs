//! What is told of a tenant that fails.

use ballast_engine::ports::NoGaps;
use ballast_storage::{Options, Store};
use ballast_venues::simulated::{BASE, SimulatedMarket, sim_instruments};

use tokio::sync::broadcast;

use super::super::health::Health;
use super::super::past::Source;
use super::super::system::{SystemClock, SystemEntropy};
use super::super::{Board, COLLECTIONS, Flags, Server, Settings};
use super::*;

/// The first tenant of the default settings, on `store`.
fn world(store: &Store, control: TradingControl, health: &Health) -> TenantWorld {
    let settings = Settings::load(None, Flags::default()).unwrap();
    let instruments = sim_instruments().iter().map(|listed| listed.instrument).collect();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let start = clock.now();
    let market = SimulatedMarket::new(1, &sim_instruments()).unwrap();
    let (source, base, clock_) = (Source::Simulated(Arc::new(market)), BASE, clock.clone());
    let server = Server { settings, instruments, base, start, clock: clock_, replay: None, source };
    let mut board = Board::new("market".parse().unwrap(), BASE);
    let tenant = &server.settings.tenants[0];
    TenantWorld {
        id: tenant.id.clone(),
        store: store.tenant(&tenant.id),
        profiles: server.configure(tenant, &mut board).unwrap(),
        plays_file: false,
        plans: Plans::default(),
        paper: server.paper(),
        engine: server.engine(),
        snapshot_every: 1_000,
        clock,
        entropy: Arc::new(SystemEntropy),
        gaps: Arc::new(NoGaps),
        control,
        recent: RecentFrames::default(),
        market: watch::channel(None).0,
        ways: watch::channel(None).0,
        view: Arc::new(TenantView::new(store.tenant(&tenant.id), broadcast::channel(1).0)),
        health: health.tenant(tenant.id.clone()),
    }
}

/// Whoever waits for an answer hears only that none comes. It is chance who is heard first, the
/// one that waits or the task that knows why.
#[tokio::test(flavor = "multi_thread")]
async fn the_cause_of_a_failure_is_told_and_not_what_followed_from_it() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().to_owned();
    let full = Options { directory, collections: &COLLECTIONS, max_bytes: Some(512 << 10) };
    let store = Store::open(full, Arc::new(SystemClock)).await.unwrap();
    let control = TradingControl::open(&store, Arc::new(SystemClock)).await;
    let mut world = world(&store, control, &Health::new(watch::channel(None).1));
    world.profiles[0].settings.name = "x".repeat(600_000);
    let (_stop, mut stopping) = watch::channel(false);
    for _ in 0..30 {
        let error = world.run(&mut stopping).await.unwrap_err();
        assert!(error.to_string().contains("make room"), "{error}");
        assert!(error.is_of_the_store());
    }
}
