//! One tenant: what outlives its processes, the process that runs now, and those that were taken
//! over and do not know it.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use ballast_domain::{
    Availability, Bar, ControlSnapshot, Envelope, Markets, Product, ProfileId, Symbol, TenantId,
    Timestamp,
};
use ballast_engine::market::Frame;
use ballast_engine::ports::{BrokerMessage, Clock, Gap, Gaps, Journal, JournalError};
use ballast_engine::run::{Delivery, RunError};
use ballast_engine::state::{Profile, State};
use ballast_engine::step::{Answer, Command, Effects, Engine, Input, Settings};
use ballast_storage::{LocalImage, Store, StreamName, TenantJournal};
use tokio::sync::{mpsc, oneshot, watch};

use crate::invariants::{self, Invariant, violation};
use crate::outside::Handle;
use crate::ports::{
    Life, LifeBroker, LifeGaps, LifeJournal, LifeObserver, ProcessClock, WorldClock,
};
use crate::process::{Ended, Process, Told, at_once};
use crate::protection::stands_at_venue;
use crate::scenario::Account;
use crate::strategies::Catalogue;

const INBOX: usize = 64;
const PAGE: usize = 512;
/// The size of what the node keeps events in.
const NODE_BYTES: usize = 512 << 10;

/// What all tenants of a world have in common.
#[derive(Debug)]
pub(crate) struct Common {
    pub(crate) catalogue: Catalogue,
    pub(crate) clock: Arc<WorldClock>,
    pub(crate) store: Store,
    pub(crate) settings: Settings,
    /// Every frame so far.
    pub(crate) frames: Vec<Arc<Frame>>,
    /// What is in force.
    pub(crate) control: Option<Arc<ControlSnapshot>>,
    /// What the product lets tenants do.
    pub(crate) product: Arc<Product>,
    /// What the venue says of its instruments.
    pub(crate) markets: Arc<Markets>,
}

impl Common {
    /// Control, where something may be let out by it: nothing is while the product is out of
    /// service.
    fn letting(&self) -> Option<&ControlSnapshot> {
        let in_service = self.product.availability == Availability::Active;
        self.control.as_deref().filter(|_| in_service)
    }
}

/// An answer that somebody waits for.
#[derive(Debug)]
struct Asked {
    what: String,
    answer: oneshot::Receiver<Answer>,
}

/// A tenant of the world.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) id: TenantId,
    pub(crate) accounts: Vec<Account>,
    pub(crate) outside: Handle,
    process: Option<Process>,
    taken_over: Vec<Process>,
    /// Bars until the process is started again.
    down_for: u8,
    from_snapshot: bool,
    snapshot: Option<String>,
    epoch: u64,
    asked: Vec<Asked>,
    /// For how long the process will be gone when it ends, and how it comes back.
    crash: Option<(u8, bool)>,
    clock: Arc<WorldClock>,
}

impl Tenant {
    pub(crate) fn new(
        id: TenantId,
        accounts: Vec<Account>,
        clock: Arc<WorldClock>,
        trace: bool,
    ) -> Result<Self> {
        let node = LocalImage::new(NODE_BYTES)?;
        let outside = Handle::new(State::new(id.clone()), node, trace);
        Ok(Self {
            id,
            accounts,
            outside,
            process: None,
            taken_over: Vec::new(),
            down_for: 0,
            from_snapshot: false,
            snapshot: None,
            epoch: 0,
            asked: Vec::new(),
            crash: None,
            clock,
        })
    }

    /// The ids of its profiles: a place in its accounts each.
    pub(crate) fn profile(&self, number: u8) -> (ProfileId, Account) {
        let place = usize::from(number) % self.accounts.len();
        (ProfileId::from_bits(place as u64 + 1), self.accounts[place])
    }

    /// Starts a process, from the journal.
    pub(crate) fn start(&mut self, common: &Common) -> Result<()> {
        self.epoch += 1;
        let journal: TenantJournal<Envelope> =
            common.store.tenant(&self.id).journal(StreamName::Journal, self.epoch);
        at_once(journal.claim()).context("claims at once")??;
        self.outside.lock().own(self.epoch);
        let state = self.fold(&journal)?;
        let since = at_work_since(&state);
        let engine = self.engine(common, state)?;
        let (life, outside) = (Arc::new(Life::default()), self.outside.clone());
        let gaps: Arc<dyn Gaps> =
            Arc::new(LifeGaps { life: Arc::clone(&life), outside: outside.clone() });
        let (control, following) = watch::channel(common.control.clone());
        let (product, allowed) = watch::channel(Arc::clone(&common.product));
        let (markets, open) = watch::channel(Arc::clone(&common.markets));
        outside.lock().markets = Arc::clone(&common.markets);
        outside.lock().product = Arc::clone(&common.product);
        let (inbox, deliveries) = mpsc::channel(INBOX);
        let observer = LifeObserver { life: Arc::clone(&life), outside: outside.clone() };
        let tenant = ballast_engine::run::Tenant {
            engine,
            journal: LifeJournal {
                journal,
                clock: Arc::clone(&common.clock),
                epoch: self.epoch,
                life: Arc::clone(&life),
                outside: outside.clone(),
            },
            broker: LifeBroker {
                life: Arc::clone(&life),
                outside: outside.clone(),
                control: following.clone(),
            },
            clock: ProcessClock(Arc::clone(&common.clock)),
            control: following,
            product: allowed,
            markets: open,
            gaps: Arc::clone(&gaps),
        };
        let mut process = Process::new(
            (life, gaps),
            Told { control, product, markets },
            inbox,
            tenant.run(deliveries, observer),
        );
        for frame in &common.frames {
            if since.is_some_and(|since| frame.id.close > since) {
                process.deliver(Delivery::Missed(Arc::clone(frame)));
            }
        }
        self.process = Some(process);
        let mut outside = self.outside.lock();
        outside.venue.tally.run("process started");
        outside.note(|| format!("  {} starts under epoch {}", self.id, self.epoch));
        Ok(())
    }

    /// The journal as it stands, folded from a snapshot or from its beginning.
    fn fold(&mut self, journal: &TenantJournal<Envelope>) -> Result<State> {
        let snapshot = self.snapshot.as_ref().filter(|_| self.from_snapshot);
        let mut state = match snapshot {
            Some(text) => serde_json::from_str(text).context("a snapshot reads back")?,
            None => State::new(self.id.clone()),
        };
        loop {
            let page = at_once(journal.read(state.last_seq(), PAGE)).context("reads at once")??;
            for envelope in &page {
                state.apply(envelope)?;
            }
            if page.len() < PAGE {
                break;
            }
        }
        let mut outside = self.outside.lock();
        outside.open_node()?;
        for envelope in outside.continuation(state.last_seq())? {
            state.apply(&envelope)?;
        }
        if outside.state != state {
            let why = format!("the journal of {} folds to another state", self.id);
            outside.violations.push(violation(Invariant::StateIsFold, why));
        }
        Ok(state)
    }

    fn engine(&self, common: &Common, state: State) -> Result<Engine> {
        let plans: Vec<_> = state
            .profiles()
            .filter(|profile| !profile.removed)
            .map(|profile| (profile.id, profile.document.strategy.clone()))
            .collect();
        let mut engine = Engine::new(state, common.settings);
        engine.missed_since(self.outside.lock().last_frame.unwrap_or(Timestamp::MIN));
        for (profile, strategy) in plans {
            let plan = common.catalogue.plan_of(&strategy).context("a known strategy")?;
            engine.attach(profile, plan.clone());
        }
        for frame in &common.frames {
            engine.step(Input::Seen(frame), &mut Effects::default())?;
        }
        Ok(engine)
    }

    /// Hands something to the process that runs, and to those that think they do.
    pub(crate) fn deliver(&mut self, delivery: impl Fn() -> Delivery) {
        for process in self.process.iter_mut().chain(&mut self.taken_over) {
            process.deliver(delivery());
        }
    }

    /// Asks the process for something, if one runs.
    pub(crate) fn ask(&mut self, command: Command) {
        let Some(process) = &mut self.process else { return };
        let (answer, answered) = oneshot::channel();
        let what = format!("{command:?}");
        self.outside.lock().note(|| format!("  {} is asked {what:.160}", self.id));
        self.asked.push(Asked { what, answer: answered });
        process.deliver(Delivery::Command { command, request_id: None, answer });
    }

    /// A frame has closed.
    pub(crate) fn close(&mut self, frame: &Arc<Frame>, closes: &[(Symbol, Bar)]) {
        let mut outside = self.outside.lock();
        let taken = outside.is_idle();
        // A frame of a longer time may be told late, with bars that nobody has seen yet behind it.
        for (symbol, bar) in closes.iter().filter(|(_, bar)| bar.close_time == frame.id.close) {
            outside.audit.closed(*symbol, (bar.close, bar.close_time), taken);
        }
        drop(outside);
        self.deliver(|| Delivery::Frame(Arc::clone(frame)));
    }

    /// Tells every process what is in force.
    pub(crate) fn follow(&mut self, common: &Common) {
        self.outside.lock().markets = Arc::clone(&common.markets);
        self.outside.lock().product = Arc::clone(&common.product);
        for Process { told, .. } in self.process.iter().chain(&self.taken_over) {
            told.control.send_replace(common.control.clone());
            told.product.send_replace(Arc::clone(&common.product));
            told.markets.send_replace(Arc::clone(&common.markets));
        }
    }

    /// Lets every process go on until it waits, and hands over what the venue says meanwhile.
    pub(crate) fn run(&mut self) -> Result<()> {
        loop {
            self.run_processes()?;
            self.hear_answers();
            let arriving = self.outside.lock().venue.arriving();
            if arriving.is_empty() {
                self.outside.lock().has_settled();
                return Ok(());
            }
            for event in arriving {
                self.outside.lock().note(|| format!("    the venue says {event:?}"));
                let at = self.now();
                self.deliver(|| Delivery::Broker(BrokerMessage { at, event: event.clone() }));
            }
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn run_processes(&mut self) -> Result<()> {
        let mut taken_over = std::mem::take(&mut self.taken_over);
        taken_over.retain_mut(|process| process.run().is_none());
        self.taken_over = taken_over;
        let Some(ended) = self.process.as_mut().and_then(Process::run) else { return Ok(()) };
        self.process = None;
        let (down_for, from_snapshot) = self.crash.take().unwrap_or((1, false));
        (self.down_for, self.from_snapshot) = (down_for, from_snapshot);
        // Whoever asked is told by the closed connection that nobody knows what came of it.
        self.asked.clear();
        self.outside.lock().note(|| format!("  {} ended: {ended:?}", self.id));
        match ended {
            Ended::Killed
            | Ended::Returned(Err(RunError::Journal(
                JournalError::Unavailable(_)
                | JournalError::Conflict { .. }
                | JournalError::Fenced { .. },
            ))) => {}
            Ended::Returned(Ok(())) => bail!("the loop of {} ended without being asked", self.id),
            Ended::Returned(Err(error)) => {
                let why = format!("{}: {error}", self.id);
                self.outside.lock().violations.push(violation(Invariant::LoopGoesOn, why));
            }
        }
        Ok(())
    }

    /// The store gets what the node has kept, when it takes something again.
    pub(crate) fn drain(&mut self, common: &Common) -> Result<()> {
        let journal: TenantJournal<Envelope> =
            common.store.tenant(&self.id).journal(StreamName::Journal, self.epoch);
        let last_seq = at_once(journal.head()).context("answers at once")??.last_seq;
        let to_drain = self.outside.lock().to_drain(last_seq)?;
        let Some(events) = to_drain else { return Ok(()) };
        at_once(journal.append(last_seq, &events)).context("appends at once")??;
        if let Some(process) = &self.process {
            process.gaps.pass(Gap::Drained);
            if process.life.is_over() {
                return self.run();
            }
        }
        self.outside.lock().drained();
        Ok(())
    }

    /// A bar has passed: a process that was gone for long enough is started again.
    pub(crate) fn recover(&mut self, common: &Common) -> Result<()> {
        if self.process.is_some() {
            return Ok(());
        }
        if self.down_for > 0 {
            self.down_for -= 1;
            return Ok(());
        }
        self.start(common)
    }

    /// The process ends, now or in a gap, for so many bars.
    pub(crate) fn crash(&mut self, at: Option<Gap>, down: u8, snapshot: bool) -> Result<()> {
        let Some(process) = &self.process else { return Ok(()) };
        self.crash = Some((down, snapshot));
        match at {
            Some(gap) => process.life.end_in(gap),
            None => {
                process.life.end();
                self.outside.lock().venue.tally.crash(None);
            }
        }
        self.run()
    }

    /// Another node starts the tenant; the process that had it goes on.
    pub(crate) fn take_over(&mut self, common: &Common) -> Result<()> {
        // What a node keeps by itself is lost to whoever takes over, who has to ask the venue.
        if self.outside.lock().is_away() {
            return Ok(());
        }
        let Some(process) = self.process.take() else { return Ok(()) };
        self.taken_over.push(process);
        self.asked.clear();
        self.outside.lock().venue.tally.other_fault("tenant taken over");
        self.start(common)
    }

    /// From now on nothing goes wrong, and somebody is there.
    pub(crate) fn calm_down(&mut self, common: &Common) -> Result<()> {
        self.outside.lock().disarm();
        self.crash = None;
        self.taken_over.clear();
        match &self.process {
            Some(process) => *process.life.gap() = None,
            None => self.start(common)?,
        }
        self.run()
    }

    /// Whether nobody waits for anything.
    pub(crate) fn is_at_rest(&self, common: &Common) -> bool {
        let (outside, control) = (self.outside.lock(), common.letting());
        let is_decided = |profile: &Profile| {
            let mut orders = profile.working.values();
            orders.all(|order| invariants::is_decided(control, profile, &outside.state, order))
        };
        self.process.is_some()
            && self.asked.is_empty()
            && !outside.is_away()
            && outside.venue.is_quiet()
            && outside.state.profiles().all(is_decided)
    }

    /// Checks what must hold when nobody waits for anything, and takes a snapshot.
    pub(crate) fn check_at_rest(&mut self, common: &Common) -> Result<()> {
        if let Some(asked) = self.asked.first() {
            let why = format!("nobody answered {}", asked.what);
            self.outside.lock().violations.push(violation(Invariant::Answered, why));
        }
        self.from_snapshot = false;
        let journal = common.store.tenant(&self.id).journal(StreamName::Journal, self.epoch);
        let state = self.fold(&journal)?;
        let mut outside = self.outside.lock();
        let mut found = Vec::new();
        for profile in state.profiles() {
            if let Some(account) = outside.venue.accounts.get(&profile.id) {
                let control = common.letting();
                found.extend(invariants::at_rest(
                    control,
                    profile,
                    &state,
                    account,
                    &outside.venue.overfilled,
                ));
            }
        }
        outside.violations.append(&mut found);
        outside.venue.agrees();
        drop(outside);
        self.snapshot = Some(serde_json::to_string(&state)?);
        Ok(())
    }

    /// Checks what must hold whenever nothing is on its way, of profiles of which that is known.
    pub(crate) fn check_on_the_way(&self) {
        let mut outside = self.outside.lock();
        if self.process.is_none() || !outside.is_idle() {
            return;
        }
        let mut found = Vec::new();
        for profile in outside.state.profiles() {
            let account = outside.venue.accounts.get(&profile.id);
            let account = account.filter(|_| outside.venue.all_arrived(profile.id));
            found
                .extend(account.map_or_else(Vec::new, |account| stands_at_venue(profile, account)));
        }
        outside.venue.tally.run("look at what protects");
        outside.violations.append(&mut found);
    }

    /// Checks that nothing is held any more.
    pub(crate) fn check_flat(&self) {
        let mut outside = self.outside.lock();
        let found: Vec<_> = outside.state.profiles().filter_map(invariants::flat).collect();
        outside.violations.extend(found);
    }

    fn hear_answers(&mut self) {
        let Self { asked, outside, .. } = self;
        asked.retain_mut(|asked| match asked.answer.try_recv() {
            Ok(answer) => {
                outside.lock().note(|| format!("    answered: {answer}"));
                false
            }
            Err(oneshot::error::TryRecvError::Empty) => true,
            Err(oneshot::error::TryRecvError::Closed) => false,
        });
    }
}

/// Since when something has been open that the market may have changed.
fn at_work_since(state: &State) -> Option<Timestamp> {
    let trades = state.profiles().flat_map(|profile| profile.trades.values());
    let orders = state.profiles().flat_map(|profile| profile.working.values());
    let since = trades.map(|trade| trade.opened_at);
    since.chain(orders.map(|order| order.terms.accepted_at)).min()
}
