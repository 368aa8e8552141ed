//! What is told of a tenant that fails.

use ballast_engine::ports::NoGaps;
use ballast_storage::{Options, Store};
use ballast_venues::simulated::{BASE, SimulatedMarket, sim_instruments};

use tokio::sync::broadcast;

use super::super::health::Health;
use super::super::past::Source;
use super::super::product::ProductRules;
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
        product: ProductRules::new(Default::default()),
        markets: watch::channel(Arc::default()).1,
        recent: RecentFrames::default(),
        market: watch::channel(None).0,
        ways: watch::channel(None).0,
        view: Arc::new(TenantView::new(store.tenant(&tenant.id), broadcast::channel(1).0)),
        health: health.tenant(tenant.id.clone()),
    }
}

/// Whoever was told that trading did not answer looks, and may ask again: what raises risk is not
/// done behind them, what lowers it is.
#[tokio::test]
async fn what_nobody_waits_for_any_more_starts_nothing_and_stops_all_the_same() {
    let (store, _) = Store::memory(&COLLECTIONS, Arc::new(SystemClock)).unwrap();
    let control = TradingControl::open(&store, Arc::new(SystemClock)).await;
    let world = world(&store, control, &Health::new(watch::channel(None).1, None));
    let view = Arc::clone(&world.view);
    let mut ways = world.ways.subscribe();
    let (stop, mut stopping) = watch::channel(false);
    let running = tokio::spawn(async move { world.run(&mut stopping).await });
    let way = ways.wait_for(Option::is_some).await.unwrap().clone().unwrap();
    let profile: ProfileId = view.profiles()[0].id.parse().unwrap();
    let set = |status| Command::SetStatus {
        profile,
        status,
        acknowledge: false,
        reason: String::new(),
        by: "ann".to_owned(),
    };
    let given_up = async |status| {
        tokio::select! {
            biased;
            _ = way.ask(set(status), None) => panic!("it was answered before it was waited for"),
            () = std::future::ready(()) => {}
        }
        way.settled().await.unwrap();
        word_of_status(&view, profile)
    };
    assert_eq!(way.ask(set(ProfileStatus::Stopped), None).await.unwrap(), Answer::Done);
    assert_eq!(given_up(ProfileStatus::Running).await, "stopped");
    assert_eq!(way.ask(set(ProfileStatus::Running), None).await.unwrap(), Answer::Done);
    assert_eq!(given_up(ProfileStatus::Stopped).await, "stopped");
    stop.send_replace(true);
    running.await.unwrap().unwrap();
}

fn word_of_status(view: &TenantView, profile: ProfileId) -> String {
    let row = serde_json::to_value(view.profile(profile).unwrap()).unwrap();
    row["state"].as_str().unwrap().to_owned()
}

/// Whoever waits for an answer hears only that none comes. It is chance who is heard first, the
/// one that waits or the task that knows why.
#[tokio::test(flavor = "multi_thread")]
async fn the_cause_of_a_failure_is_told_and_not_what_followed_from_it() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().to_owned();
    let full = Options {
        directory,
        collections: &COLLECTIONS,
        max_bytes: Some(512 << 10),
        local_bytes: None,
    };
    let store = Store::open(full, Arc::new(SystemClock)).await.unwrap();
    let control = TradingControl::open(&store, Arc::new(SystemClock)).await;
    let mut world = world(&store, control, &Health::new(watch::channel(None).1, None));
    world.profiles[0].settings.name = "x".repeat(600_000);
    let (_stop, mut stopping) = watch::channel(false);
    for _ in 0..30 {
        let error = world.run(&mut stopping).await.unwrap_err();
        assert!(error.to_string().contains("make room"), "{error}");
        assert!(error.is_of_the_store());
    }
}
