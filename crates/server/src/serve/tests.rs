//! A whole server on stores that can hang, asked through its router.

use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use ballast_engine::step::{Answer, Command};
use ballast_platform::account::{Cause, Client};
use ballast_platform::request::Role;
use ballast_platform::seal::MasterKey;
use ballast_storage::Faults;
use ballast_venues::simulated::{SimulatedMarket, sim_instruments};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::market::Requests;
use super::*;
use crate::views::words::ControlModeWord;

const PASSWORD: &str = "correct horse battery staple";
/// What no test waits for longer.
const LONG: Duration = Duration::from_secs(60);

/// What a server leaves when it ends.
struct Disk {
    trading: (Store, Faults),
    identity: (Store, Faults),
    directory: tempfile::TempDir,
}

struct Bench {
    router: Router,
    desks: Desks,
    entrance: Arc<Entrance>,
    /// What is asked of the market, which does not run.
    requests: Requests,
    _stop: watch::Sender<bool>,
}

impl Disk {
    fn new() -> Self {
        let clock = || Arc::new(SystemClock);
        Self {
            trading: Store::memory(&COLLECTIONS, clock()).unwrap(),
            identity: Store::memory(ballast_platform::COLLECTIONS, clock()).unwrap(),
            directory: tempfile::TempDir::new().unwrap(),
        }
    }

    fn set_hanging(&self, hanging: bool) {
        self.trading.1.set_hanging(hanging);
        self.identity.1.set_hanging(hanging);
    }

    async fn start(&self) -> Bench {
        let data_dir = Some(self.directory.path().to_owned());
        let flags = Flags { data_dir, ..Flags::default() };
        let settings = Settings::load(None, flags).unwrap();
        let market = Arc::new(SimulatedMarket::new(1, &sim_instruments()).unwrap());
        let server = Server {
            instruments: market.instruments().collect(),
            base: ballast_venues::simulated::BASE,
            start: SystemClock.now(),
            clock: Arc::new(SystemClock),
            replay: None,
            source: Source::Simulated(market),
            settings,
        };
        let (settings, listen) = (&server.settings, server.settings.listen);
        let master = MasterKey::from_base64("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        let (store, _) = self.identity.clone();
        let entrance = Entrance::on(store, master.unwrap(), settings, listen).await.unwrap();
        let entrance = Arc::new(entrance);
        let backtests = Backtests::start(&settings.data_dir, settings.backtest).unwrap();
        let ground = Ground {
            listeners: Mutex::new(None),
            store: self.trading.0.clone(),
            gaps: Arc::new(NoGaps),
            entrance: Arc::clone(&entrance),
            backtests,
        };
        let (stop, stopping) = watch::channel(false);
        let (desks, requests, _) = server.desks(&ground, &stopping).await.unwrap();
        let app = App::new(server.parts(desks.clone(), Arc::clone(&entrance)));
        let gate = entrance.gate();
        let router = http::router(gate.clone(), app, entrance.api(gate));
        let router = identity::layers(settings).unwrap().around(router);
        Bench { router, desks, entrance, requests, _stop: stop }
    }
}

impl Bench {
    /// A new operator's token. They are known by name from then on.
    async fn operator(&self, email: &str) -> String {
        let accounts = self.entrance.accounts().unwrap();
        let (password, cause) = (PASSWORD.to_owned(), Cause::default());
        accounts.create_user(email, Role::Operator, password.clone(), &cause).await.unwrap();
        let client = Client { address: [127, 0, 0, 1].into(), user_agent: String::new() };
        accounts.sign_in(email, password, &client, &cause).await.unwrap().access_token
    }

    /// The status and body of what is answered to a request for a change of control.
    async fn ask(&self, what: &str, token: &str, reason: &str) -> (u16, Value) {
        let request = Request::post(format!("/internal/trading/{what}"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))))
            .body(Body::from(json!({"reason": reason}).to_string()));
        self.answer(request.unwrap()).await
    }

    /// Whether the node says that it is ready, and why not.
    async fn readiness(&self) -> (u16, Value) {
        let request = Request::get("/health/ready")
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1))))
            .body(Body::empty());
        let (status, ready) = self.answer(request.unwrap()).await;
        (status, ready["reasons"].clone())
    }

    async fn answer(&self, request: Request<Body>) -> (u16, Value) {
        let answered = self.router.clone().oneshot(request);
        let answer = timeout(LONG, answered).await.expect("it hangs").unwrap();
        let status = answer.status().as_u16();
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap())
    }
}

#[tokio::test]
async fn a_pause_is_answered_and_in_force_while_every_store_hangs() {
    let disk = Disk::new();
    let bench = disk.start().await;
    let token = bench.operator("op@example.com").await;
    disk.set_hanging(true);
    let begun = Instant::now();
    let (status, row) = bench.ask("pause", &token, "the store hangs").await;
    println!("answered after {:?}", begun.elapsed());
    assert_eq!(status, 200, "{row}");
    assert_eq!((&row["mode"], &row["durable"]), (&json!("PAUSED"), &json!(false)));
    assert_eq!(row["lastChangedBy"], "op@example.com");
    let obeyed = bench.desks.control.subscribe().borrow().clone().unwrap();
    assert_eq!(obeyed.entries[0].by, "op@example.com");
    disk.set_hanging(false);
    let row = bench.desks.control.recorded(1, LONG).await;
    assert_eq!((row.mode, row.durable), (ControlModeWord::Paused, true));
    let again = disk.start().await;
    assert_eq!(*again.desks.control.shown().borrow(), row);
}

#[tokio::test]
async fn whoever_paused_before_their_name_could_be_read_is_named_afterwards() {
    let disk = Disk::new();
    let token = disk.start().await.operator("op@example.com").await;
    let bench = disk.start().await;
    disk.set_hanging(true);
    let (status, row) = bench.ask("pause", &token, "just restarted").await;
    assert_eq!((status, &row["mode"]), (200, &json!("PAUSED")), "{row}");
    assert!(row["lastChangedBy"].as_str().unwrap().starts_with("usr_"), "{row}");
    disk.set_hanging(false);
    let mut shown = bench.desks.control.shown();
    let named = shown.wait_for(|row| row.last_changed_by == "op@example.com" && row.durable);
    let row = timeout(LONG, named).await.unwrap().unwrap().clone();
    assert_eq!(row.reason.as_deref(), Some("just restarted"));
    assert_eq!(*disk.start().await.desks.control.shown().borrow(), row);
}

#[tokio::test]
async fn a_pause_overtakes_a_resumption_over_http() {
    let disk = Disk::new();
    let bench = disk.start().await;
    let token = bench.operator("op@example.com").await;
    bench.ask("pause", &token, "news at noon").await;
    bench.desks.control.recorded(1, LONG).await;
    disk.set_hanging(true);
    let resumption = bench.ask("resume", &token, "over");
    let pause = async {
        // Until the resumption has come to the store.
        while !bench.desks.control.is_resuming() {
            tokio::task::yield_now().await;
        }
        bench.ask("pause", &token, "not over").await
    };
    let ((refused, problem), (status, row)) = tokio::join!(resumption, pause);
    assert_eq!((refused, &problem["code"]), (409, &json!("pauseOvertook")), "{problem}");
    assert_eq!((status, &row["mode"], &row["reason"]), (200, &json!("PAUSED"), &json!("not over")));
    disk.set_hanging(false);
    bench.desks.control.settled().await;
    let row = disk.start().await.desks.control.shown().borrow().clone();
    assert_eq!((row.mode, row.reason.as_deref()), (ControlModeWord::Paused, Some("not over")));
}

/// A pause is not counted with what its sender and their address have asked for.
#[tokio::test]
async fn a_pause_is_heard_from_whoever_has_asked_too_much() {
    let disk = Disk::new();
    let bench = disk.start().await;
    let token = bench.operator("op@example.com").await;
    let mut refused = 0;
    while refused < 10 {
        let (status, _) = bench.ask("resume", &token, "again and again").await;
        refused += u32::from(status == 429);
    }
    let (status, row) = bench.ask("pause", &token, "stop").await;
    assert_eq!((status, &row["mode"]), (200, &json!("PAUSED")), "{row}");
}

/// More than the market's queue holds come before it takes anybody. Nobody waits for it, and
/// nothing is lost of those who have not waited.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_runs_although_whoever_came_first_has_gone() {
    let disk = Disk::new();
    let bench = disk.start().await;
    let tenants: Vec<_> = (0..80).map(|number| format!("usr_{number}").parse().unwrap()).collect();
    for id in &tenants {
        drop(bench.desks.tenants.admit(id));
    }
    // The market takes nobody any more, as when the server stops: whoever waited goes on.
    drop(bench.requests);
    let last: &TenantId = tenants.last().unwrap();
    let unknown = ProfileId::from_bits(1);
    let asked = || Command::RemoveProfile {
        profile: unknown,
        expected_version: None,
        by: "nobody".to_owned(),
    };
    let answered = async {
        loop {
            if let Ok(answer) = bench.desks.tenants.admit(last).ask(asked(), None).await {
                return answer;
            }
        }
    };
    assert_eq!(timeout(LONG, answered).await.unwrap(), Answer::NoSuchProfile);
}

#[tokio::test]
async fn a_node_is_ready_when_its_tenants_run_and_needs_no_price_for_it() {
    let disk = Disk::new();
    let bench = disk.start().await;
    let id = "usr_ann".parse().unwrap();
    let (seat, world) =
        bench.desks.tenants.found(disk.trading.0.tenant(&id), Vec::new(), Vec::new(), None);
    let starts = json!(["profiles are still being started"]);
    assert_eq!(bench.readiness().await, (503, starts));
    bench.desks.tenants.supervise(world);
    bench.desks.tenants.admit(&id).started().await;
    assert_eq!(bench.readiness().await, (200, json!([])));
    drop(seat);
}

#[tokio::test]
async fn a_node_is_not_ready_while_nobody_knows_what_is_stopped() {
    let disk = Disk::new();
    disk.trading.1.set_away(true);
    let bench = disk.start().await;
    let unknown = json!(["whether trading is stopped is not known"]);
    assert_eq!(bench.readiness().await, (503, unknown));
    disk.trading.1.set_away(false);
    let mut shown = bench.desks.control.shown();
    let known = shown.wait_for(|row| row.mode == ControlModeWord::Running);
    timeout(LONG, known).await.unwrap().unwrap();
    assert_eq!(bench.readiness().await, (200, json!([])));
}
