//! A tenant, its paper venue and their streams, in one process that can be ended at any gap.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ballast_domain::{
    ControlSnapshot, Envelope, Event, Money, Price, Product, ProfileStatus, StrategyConfig,
    Timestamp,
};
use ballast_engine::ports::{Clock, Gap, Gaps, Journal, JournalError, NoGaps, Receipt};
use ballast_engine::run::{Delivery, Observer, Tenant};
use ballast_engine::state::State;
use ballast_engine::step::{Answer, Command, Engine, Settings};
use ballast_engine::strategy::Plan;
use ballast_venues::paper::{
    MarketClose, PaperBroker, PaperError, PaperMarket, PaperRecord, PaperSettings, PaperVenue,
};
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use super::world;

/// A journal in memory; it keeps text, so that what is read went through its wire format.
pub(super) struct Stream<R> {
    lines: Arc<Mutex<Vec<String>>>,
    /// What continues it on the node while the store is away.
    kept: Arc<Mutex<Vec<String>>>,
    away: Arc<AtomicBool>,
    /// Whether the node has no room to keep anything.
    full: Arc<AtomicBool>,
    dead: Arc<AtomicBool>,
    of: std::marker::PhantomData<fn() -> R>,
}

impl<R: Serialize + DeserializeOwned> Stream<R> {
    pub(super) fn new(dead: Arc<AtomicBool>) -> Self {
        Self::holding(Vec::new(), dead)
    }

    fn holding(lines: Vec<String>, dead: Arc<AtomicBool>) -> Self {
        let lines = Arc::new(Mutex::new(lines));
        let (kept, away, full) = (Arc::default(), Arc::default(), Arc::default());
        Self { lines, kept, away, full, dead, of: std::marker::PhantomData }
    }

    /// The same stream in a process that lives as long as `dead` is not set.
    pub(super) fn in_process(&self, dead: Arc<AtomicBool>) -> Self {
        let (lines, kept) = (Arc::clone(&self.lines), Arc::clone(&self.kept));
        let (away, full) = (Arc::clone(&self.away), Arc::clone(&self.full));
        Self { lines, kept, away, full, dead, of: std::marker::PhantomData }
    }

    /// A stream that ended after `count` records.
    pub(super) fn prefix(&self, count: usize) -> Self {
        Self::holding(self.lines.lock().unwrap()[..count].to_vec(), Arc::default())
    }

    /// A stream whose records were stored as these lines.
    pub(super) fn of_lines(lines: &str) -> Self {
        Self::holding(lines.lines().map(str::to_owned).collect(), Arc::default())
    }

    /// The store goes away, or is back and gets what the node has kept.
    pub(super) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
        if !away {
            self.lines.lock().unwrap().append(&mut self.kept.lock().unwrap());
        }
    }

    /// The node has no room from now on.
    pub(super) fn fill(&self) {
        self.full.store(true, Ordering::SeqCst);
    }

    /// How many records continue it on the node.
    pub(super) fn kept(&self) -> usize {
        self.kept.lock().unwrap().len()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    pub(super) fn records(&self) -> Vec<R> {
        self.all().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn all(&self) -> Vec<String> {
        [self.lines.lock().unwrap().as_slice(), self.kept.lock().unwrap().as_slice()].concat()
    }

    /// Writes behind what stands at `expected_seq`.
    fn write(
        &self,
        lines: &Mutex<Vec<String>>,
        expected: u64,
        records: &[R],
    ) -> Result<Receipt, JournalError> {
        if self.dead.load(Ordering::SeqCst) {
            return Err(JournalError::Unavailable("the process has ended".to_owned()));
        }
        let actual = self.all().len() as u64;
        if actual != expected {
            return Err(JournalError::Conflict { expected, actual });
        }
        let text = records.iter().map(|record| serde_json::to_string(record).unwrap());
        lines.lock().unwrap().extend(text);
        Ok(Receipt::new(actual + records.len() as u64))
    }
}

impl<R: Serialize + DeserializeOwned + Sync> Journal<R> for Stream<R> {
    async fn append(&self, expected_seq: u64, records: &[R]) -> Result<Receipt, JournalError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(JournalError::Unavailable("the store is away".to_owned()));
        }
        self.write(&self.lines, expected_seq, records)
    }

    async fn append_locally(
        &self,
        expected_seq: u64,
        records: &[R],
    ) -> Result<Receipt, JournalError> {
        if self.full.load(Ordering::SeqCst) {
            return Err(JournalError::Unavailable("local.log is full".to_owned()));
        }
        self.write(&self.kept, expected_seq, records)
    }

    fn is_away(&self) -> bool {
        self.kept() > 0
    }

    async fn read(&self, after_seq: u64, limit: usize) -> Result<Vec<R>, JournalError> {
        let after = usize::try_from(after_seq).unwrap();
        let lines = self.all();
        let page = lines.iter().skip(after).take(limit);
        Ok(page.map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}

#[derive(Default)]
pub(super) struct HandClock(AtomicI64);

impl HandClock {
    pub(super) fn set(&self, at: Timestamp) {
        self.0.store(at.nanos(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::SeqCst))
    }
}

/// The engine takes its clock by value.
struct Shared(Arc<HandClock>);

impl Clock for Shared {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// Ends the process when it passes its n-th gap: nothing is durable from then on.
pub(super) struct EndsAt {
    left: AtomicUsize,
    dead: Arc<AtomicBool>,
    pub(super) at: Arc<Mutex<Option<Gap>>>,
}

impl EndsAt {
    pub(super) fn new(nth: usize, dead: Arc<AtomicBool>) -> Self {
        Self { left: AtomicUsize::new(nth), dead, at: Arc::default() }
    }
}

impl fmt::Debug for EndsAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndsAt")
    }
}

impl Gaps for EndsAt {
    fn pass(&self, gap: Gap) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.dead.store(true, Ordering::SeqCst);
            *self.at.lock().unwrap() = Some(gap);
        }
    }
}

/// The last price that the first profile was seen to know, each time that something was done.
pub(super) type Seen = Arc<Mutex<Vec<Option<Price>>>>;

struct Watcher(Seen);

impl Observer for Watcher {
    async fn durable(&mut self, _: &Engine, _: &[Envelope]) {}

    fn settled(&mut self, engine: &Engine) {
        let mark = engine.mark(world::profile(1), world::symbol("AAA"));
        self.0.lock().unwrap().push(mark.map(|(price, _)| price));
    }
}

/// What outlives a process.
pub(super) struct Disk {
    pub(super) journal: Stream<Envelope>,
    pub(super) paper: Stream<PaperRecord>,
}

impl Disk {
    pub(super) fn new() -> Self {
        Self { journal: Stream::new(Arc::default()), paper: Stream::new(Arc::default()) }
    }

    /// The store goes away, or is back and gets what the node has kept.
    pub(super) fn set_away(&self, away: bool) {
        self.journal.set_away(away);
        self.paper.set_away(away);
    }

    /// The state that the journal tells.
    pub(super) fn state(&self) -> State {
        let mut state = State::new("tenant".parse().unwrap());
        for envelope in self.journal.records() {
            state.apply(&envelope).unwrap();
        }
        state
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.journal.records().into_iter().map(|envelope| envelope.event).collect()
    }

    /// The venue, as its stream tells.
    pub(super) async fn venue(&self, settings: PaperSettings) -> PaperVenue<Stream<PaperRecord>> {
        self.try_venue(settings).await.unwrap()
    }

    pub(super) async fn try_venue(
        &self,
        settings: PaperSettings,
    ) -> Result<PaperVenue<Stream<PaperRecord>>, PaperError> {
        let stream = self.paper.in_process(Arc::default());
        let clock = Arc::new(HandClock::default());
        PaperVenue::open(stream, settings, clock, Arc::new(NoGaps)).await
    }
}

/// How a process is started.
pub(super) struct Start {
    pub(super) settings: PaperSettings,
    /// Deliveries that wait for the tenant.
    pub(super) inbox: usize,
    pub(super) gaps: Arc<dyn Gaps>,
    pub(super) dead: Arc<AtomicBool>,
    pub(super) control: Control,
}

/// Trading control as the process knows it.
pub(super) type Control = watch::Sender<Option<Arc<ControlSnapshot>>>;

impl Start {
    pub(super) fn new(settings: PaperSettings) -> Self {
        let control = watch::Sender::new(Some(Arc::new(ControlSnapshot::default())));
        Self { settings, inbox: 64, gaps: Arc::new(NoGaps), dead: Arc::default(), control }
    }
}

/// A running tenant with its venue.
pub(super) struct Process {
    pub(super) broker: PaperBroker,
    pub(super) market: PaperMarket,
    pub(super) inbox: mpsc::Sender<Delivery>,
    pub(super) clock: Arc<HandClock>,
    pub(super) seen: Seen,
    tenant: JoinHandle<()>,
    venue: JoinHandle<Result<(), PaperError>>,
    _control: Control,
    _product: watch::Sender<Arc<Product>>,
}

impl Process {
    /// Goes on from what is on disk; `plans` are those of the profiles 1, 2, …
    pub(super) async fn start(disk: &Disk, start: Start, plans: &[Plan]) -> Self {
        let Start { settings, inbox: capacity, gaps, dead, control: control_sender } = start;
        let clock = Arc::new(HandClock::default());
        clock.set(world::hour(0));
        let venue_clock = Arc::clone(&clock) as Arc<dyn Clock>;
        let paper = disk.paper.in_process(Arc::clone(&dead));
        let venue = PaperVenue::open(paper, settings, venue_clock, Arc::clone(&gaps));
        let (inbox, deliveries) = mpsc::channel(capacity);
        let (broker, market, venue) = venue.await.unwrap().start(inbox.clone());
        let mut engine = Engine::new(disk.state(), Settings::default());
        for (number, plan) in (1..).zip(plans) {
            if engine.state().profile(world::profile(number)).is_some() {
                engine.attach(world::profile(number), plan.clone());
            }
        }
        let control = control_sender.subscribe();
        let product_sender = watch::Sender::new(Arc::default());
        let journal = disk.journal.in_process(dead);
        let (broker_of_tenant, clock_of_tenant) = (broker.clone(), Shared(Arc::clone(&clock)));
        let tenant = Tenant {
            engine,
            journal,
            broker: broker_of_tenant,
            clock: clock_of_tenant,
            control,
            product: product_sender.subscribe(),
            markets: watch::channel(Arc::default()).1,
            gaps,
        };
        let seen = Seen::default();
        let watcher = Watcher(Arc::clone(&seen));
        let tenant = tokio::spawn(async move {
            // A tenant that could not go on has said so by closing its inbox.
            let _ = tenant.run(deliveries, watcher).await;
        });
        Self {
            broker,
            market,
            inbox,
            clock,
            seen,
            tenant,
            venue,
            _control: control_sender,
            _product: product_sender,
        }
    }

    /// Opens the accounts and starts the profiles, as far as the process lives.
    pub(super) async fn set_up(
        &self,
        configs: &[Arc<StrategyConfig>],
        plans: &[Plan],
        settings: &PaperSettings,
    ) -> Option<()> {
        let cash = Money::new(Decimal::from(world::CASH), world::currency());
        for (number, (config, plan)) in (1..).zip(configs.iter().zip(plans)) {
            let document = world::document(config, &settings.rules);
            let profile = world::profile(number);
            let instruments = document.instruments.clone();
            self.broker.open_account(profile, cash, instruments).await.ok()?;
            let (document, plan) = (Box::new(document), Box::new(plan.clone()));
            let by = "test".to_owned();
            let (status, reason, acknowledge) = (ProfileStatus::Running, "test".to_owned(), false);
            let start = Command::SetStatus { profile, status, acknowledge, reason, by: by.clone() };
            let expected_version = None;
            let put = Command::PutProfile { profile, document, plan, expected_version, by };
            self.command(put).await?;
            self.command(start).await?;
        }
        Some(())
    }

    /// What a command came to; `None` when the process has ended.
    pub(super) async fn command(&self, command: Command) -> Option<Answer> {
        let (answer, answered) = oneshot::channel();
        let delivery = Delivery::Command { command, request_id: None, answer };
        self.inbox.send(delivery).await.ok()?;
        answered.await.ok()
    }

    /// Plays a close to its end, as far as the process lives.
    pub(super) async fn play(&self, close: &MarketClose) -> Option<()> {
        self.clock.set(close.close_time);
        self.inbox.send(Delivery::Tick).await.ok()?;
        self.market.close(close.clone()).await.ok()?;
        self.market.settled().await.ok()
    }

    /// Ends everything at once, as a power cut does.
    pub(super) async fn kill(self) {
        self.tenant.abort();
        self.venue.abort();
        let _ = self.tenant.await;
        let _ = self.venue.await;
    }

    /// Ends the tenant and gives what the venue made of it.
    pub(super) async fn stop(self) -> Result<(), PaperError> {
        self.inbox.send(Delivery::Stop).await.unwrap();
        self.tenant.await.unwrap();
        self.venue.await.unwrap()
    }
}

/// Plays `closes` to profiles with `configs` from the start, and gives what is on disk then.
pub(super) async fn run(
    configs: &[Arc<StrategyConfig>],
    plans: &[Plan],
    closes: &[MarketClose],
    start: Start,
) -> Disk {
    let disk = Disk::new();
    let settings = start.settings.clone();
    let process = Process::start(&disk, start, plans).await;
    process.set_up(configs, plans, &settings).await.unwrap();
    for close in closes {
        process.play(close).await.unwrap();
    }
    process.kill().await;
    disk
}
