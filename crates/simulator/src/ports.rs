//! What a process of a tenant is given for ports: the world behind them, for as long as it lives.
//!
//! A process that has ended touches nothing any more: every port waits for ever then, and the
//! process is dropped where it stands.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use anyhow::Result;
use ballast_domain::exits::Levels;
use ballast_domain::{
    ControlSnapshot, Envelope, Event, IntentId, MarketStatus, Markets, OrderId, Product, ProfileId,
    Timestamp, TradeId,
};
use ballast_engine::matching::FillRules;
use ballast_engine::ports::{
    Broker, Capabilities, Clock, Gap, Gaps, Journal, JournalError, Receipt,
};
use ballast_engine::risk::{ApprovedAmendment, OrderIntent};
use ballast_engine::run::{Durable, Observer};
use ballast_engine::state::State;
use ballast_engine::step::Engine;
use ballast_storage::{LocalImage, StreamName, TenantJournal};

use crate::audit::Audit;
use crate::invariants::{self, Invariant, Violation, violation};
use crate::protection;
use crate::report::name;
use crate::scenario::Fault;
use crate::venue::{Request, Venue};

/// The clock of the world.
#[derive(Debug, Default)]
pub(crate) struct WorldClock(AtomicI64);

impl WorldClock {
    pub(crate) fn set(&self, now: Timestamp) {
        self.0.store(now.nanos(), Ordering::Relaxed);
    }
}

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// The world's clock as the clock of one process.
#[derive(Debug, Clone)]
pub(crate) struct ProcessClock(pub(crate) Arc<WorldClock>);

impl Clock for ProcessClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

/// What outlives the processes of one tenant.
#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) venue: Venue,
    pub(crate) rules: BTreeMap<ProfileId, (FillRules, bool)>,
    /// What the venue says of its instruments.
    pub(crate) markets: Arc<Markets>,
    /// The books that are kept beside it.
    pub(crate) audit: Audit,
    /// What the product lets tenants do.
    pub(crate) product: Arc<Product>,
    /// The fold of what is durable.
    pub(crate) state: State,
    /// The close of the last frame that an event names.
    pub(crate) last_frame: Option<Timestamp>,
    /// The node's `local.log`: the continuation of the journal until the store has it.
    node: LocalImage,
    /// Events in it that somebody was told were durable.
    kept: u64,
    /// The epoch that owns the journal.
    epoch: u64,
    durable: BTreeSet<IntentId>,
    durable_amendments: BTreeSet<(OrderId, u32)>,
    submitted: BTreeSet<IntentId>,
    append_faults: VecDeque<Fault>,
    /// Whether a process waits for the store to answer.
    appending: bool,
    full_until: u64,
    pub(crate) violations: Vec<Violation>,
    /// Lines of what happened, when somebody wants to read them.
    pub(crate) trace: Option<Vec<String>>,
}

/// The outside of a tenant, shared by its processes; there is one thread.
#[derive(Debug, Clone)]
pub(crate) struct Handle(Arc<Mutex<Outside>>);

impl Handle {
    pub(crate) fn new(state: State, node: LocalImage, trace: bool) -> Self {
        Self(Arc::new(Mutex::new(Outside {
            venue: Venue::default(),
            rules: BTreeMap::new(),
            markets: Arc::default(),
            audit: Audit::default(),
            product: Arc::default(),
            state,
            last_frame: None,
            node,
            kept: 0,
            epoch: 0,
            durable: BTreeSet::new(),
            durable_amendments: BTreeSet::new(),
            submitted: BTreeSet::new(),
            append_faults: VecDeque::new(),
            appending: false,
            full_until: 0,
            violations: Vec::new(),
            trace: trace.then(Vec::new),
        })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Outside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outside {
    pub(crate) fn arm(&mut self, fault: Fault) {
        match fault {
            Fault::StoreFull(bars) => {
                self.venue.tally.fault(fault);
                self.full_until = self.venue.turn() + u64::from(bars);
            }
            Fault::AppendFails
            | Fault::NodeFull
            | Fault::DrainHalts
            | Fault::NodeTorn(_)
            | Fault::AppendAnswerLost
            | Fault::AppendSlow(_)
            | Fault::AppendAnswerSlow(_) => self.append_faults.push_back(fault),
            _ => self.venue.arm(fault),
        }
    }

    pub(crate) fn disarm(&mut self) {
        self.append_faults.clear();
        self.full_until = 0;
        self.venue.disarm();
    }

    pub(crate) fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(line());
        }
    }

    /// A process has just decided this.
    fn decided(&mut self, events: &[Envelope]) {
        let entries = events.iter().filter_map(|envelope| match &envelope.event {
            Event::IntentAccepted { terms, .. } if !terms.is_reducing() => Some(terms),
            _ => None,
        });
        for terms in entries {
            let status = self.markets.status(terms.symbol);
            if status != MarketStatus::Open {
                let why = format!("{} was accepted while {status:?}", terms.intent);
                self.violations.push(violation(Invariant::NothingEntersWhenStopped, why));
            }
        }
    }

    /// Events are durable, in the store or on the node.
    fn fold(&mut self, events: &[Envelope]) {
        self.fold_each(events);
        self.violations.extend(invariants::reviewed(&self.state, events));
    }

    fn fold_each(&mut self, events: &[Envelope]) {
        let known = self.state.last_seq();
        for envelope in events.iter().filter(|envelope| envelope.seq > known) {
            let before = self.capital_of(&envelope.event);
            if let Err(error) = self.state.apply(envelope) {
                self.violations.push(violation(Invariant::StateIsFold, error.to_string()));
                return;
            }
            self.venue.tally.event(&envelope.event);
            self.note(|| format!("    {} {}", envelope.seq, told(&envelope.event)));
            self.violations.extend(invariants::after_event(&self.state, envelope));
            let found = self.audit.follow(envelope, &self.state);
            self.violations.extend(found);
            if let ballast_domain::Cause::Frame(frame) = envelope.cause {
                self.last_frame = self.last_frame.max(Some(frame.close));
            }
            match &envelope.event {
                Event::IntentAccepted { terms, .. } => {
                    self.durable.insert(terms.intent);
                }
                Event::AmendmentRequested { order, amendment, .. } => {
                    self.durable_amendments.insert((*order, amendment.revision));
                }
                Event::ProfileChanged { profile, document, .. } => {
                    let rules = self.rules.get(profile).cloned().unwrap_or_default();
                    self.venue.fund(*profile, before, document, rules);
                }
                _ => {}
            }
        }
    }

    /// What continues a journal that ends with `last_seq`.
    pub(crate) fn continuation(&self, last_seq: u64) -> Result<Vec<Envelope>> {
        let mut events = Vec::new();
        for (_, bodies) in self.node.continuation(self.state.tenant(), StreamName::Journal) {
            for body in bodies {
                let envelope: Envelope = serde_json::from_str(&body)?;
                events.extend((envelope.seq > last_seq).then_some(envelope));
            }
        }
        Ok(events)
    }

    /// A process opens the node's file, as the one before has left it.
    pub(crate) fn open_node(&mut self) -> Result<()> {
        self.node = LocalImage::open(self.node.content().to_vec())?;
        let found = self.continuation(0)?.len() as u64;
        if found != self.kept {
            let why = format!("{} events were kept, and {found} are there", self.kept);
            self.violations.push(violation(Invariant::NothingKeptIsLost, why));
        }
        Ok(())
    }

    /// Keeps a batch on the node.
    fn keep(&mut self, epoch: u64, events: &[Envelope]) -> Result<(), JournalError> {
        let (first, bodies) = encoded(events)?;
        let tenant = self.state.tenant().clone();
        let kept = self.node.keep((&tenant, StreamName::Journal), (epoch, first), bodies);
        kept.map_err(JournalError::from)?;
        self.kept += events.len() as u64;
        self.fold(events);
        Ok(())
    }

    /// The process ends while it keeps a batch: of the record a part is there, or all of it.
    fn tear(&mut self, epoch: u64, events: &[Envelope], share: u8) -> Result<()> {
        let (first, bodies) = encoded(events)?;
        let tenant = self.state.tenant().clone();
        let stream = (&tenant, StreamName::Journal);
        let content = self.node.torn(stream, (epoch, first), bodies, share)?;
        self.node = LocalImage::open(content)?;
        let found = self.continuation(0)?.len() as u64;
        if found == self.kept + events.len() as u64 {
            self.kept = found;
            self.fold(events);
        }
        Ok(())
    }

    /// Another process owns the journal from here on, under this epoch.
    pub(crate) fn own(&mut self, epoch: u64) {
        self.epoch = epoch;
        self.appending = false;
    }

    /// Every process has gone on until it waits.
    pub(crate) fn has_settled(&mut self) {
        if self.is_idle() {
            self.audit.is_idle();
        }
    }

    /// Whether the process that owns the journal has taken everything that came to it.
    pub(crate) const fn is_idle(&self) -> bool {
        !self.appending
    }

    /// Whether the node keeps what the store does not have.
    pub(crate) const fn is_away(&self) -> bool {
        self.kept > 0
    }

    /// What the store is to get now, if it takes anything: it ends with `last_seq`.
    pub(crate) fn to_drain(&self, last_seq: u64) -> Result<Option<Vec<Envelope>>> {
        let takes = self.is_away() && self.venue.turn() >= self.full_until;
        takes.then(|| self.continuation(last_seq)).transpose()
    }

    /// The store has it; the node forgets it, unless it ends before that.
    pub(crate) fn drained(&mut self) {
        match self.take_fault(Fault::DrainHalts) {
            Some(fault) => self.venue.tally.fault(fault),
            None => {
                let (tenant, last_seq) = (self.state.tenant().clone(), self.state.last_seq());
                self.node.drained(&tenant, StreamName::Journal, last_seq);
                self.kept = 0;
            }
        }
    }

    fn take_torn(&mut self) -> Option<Fault> {
        let torn = |fault: &Fault| matches!(fault, Fault::NodeTorn(_));
        let place = self.append_faults.iter().position(torn)?;
        self.append_faults.remove(place)
    }

    /// Takes a fault of its kind out of those that wait.
    fn take_fault(&mut self, fault: Fault) -> Option<Fault> {
        let place = self.append_faults.iter().position(|waiting| *waiting == fault)?;
        self.append_faults.remove(place)
    }

    fn capital_of(&self, event: &Event) -> Option<ballast_domain::Money> {
        let Event::ProfileChanged { profile, .. } = event else { return None };
        self.state.profile(*profile).map(|known| known.document.capital.money())
    }

    /// An order leaves for the venue.
    fn submit(&mut self, intent: &OrderIntent, control: Option<&ControlSnapshot>) {
        let terms = intent.terms();
        let id = terms.intent;
        let mut found = |invariant, why: String| {
            self.violations.push(violation(invariant, why));
        };
        if !self.durable.contains(&id) {
            found(Invariant::DurableFirst, format!("{id} was sent and is not durable"));
        }
        if !self.submitted.insert(id) {
            found(Invariant::OneSubmit, format!("{id} was sent twice"));
        }
        let profile = self.state.profile(id.profile);
        let allowed = invariants::may_enter(control, profile, &self.state, terms);
        if !terms.is_reducing() && !allowed {
            let why = format!("{id} was sent under {control:?}");
            self.violations.push(violation(Invariant::NothingEntersWhenStopped, why));
        }
        self.note(|| format!("    sent {id}"));
        self.venue.ask(Request::Submit(Arc::clone(terms)));
    }
}

impl Outside {
    /// An amendment leaves for the venue.
    fn amend(&mut self, approved: &ApprovedAmendment, control: Option<&ControlSnapshot>) {
        let (order, amendment) = (approved.order(), *approved.amendment());
        let profile = self.state.profile(order.intent.profile);
        let known = profile.and_then(|profile| profile.order(order));
        let durable = self.durable_amendments.contains(&(order, amendment.revision));
        let allowed = known.is_some_and(|known| {
            invariants::may_enter(control, profile, &self.state, &known.terms)
        });
        // Told by what the journal says of it, and not by what the gate has made of it.
        let raises = known.is_some_and(|known| {
            let more = amendment.quantity > known.terms.quantity;
            let works = known.filled < known.terms.quantity;
            works && !known.terms.is_reducing() && (more || !amendment.adds.amount().is_zero())
        });
        let mut found = |invariant, why: &str| {
            let why = format!("amendment {} of {order} was sent {why}", amendment.revision);
            self.violations.push(violation(invariant, why));
        };
        if !durable {
            found(Invariant::DurableFirst, "and is not durable");
        }
        if raises && !allowed {
            found(Invariant::NothingEntersWhenStopped, "against control");
        }
        self.note(|| format!("    asked to amend {order} ({})", amendment.revision));
        self.venue.ask(Request::Amend(order, amendment));
    }
}

/// The sequence of the first of these events, and all of them as they are kept.
fn encoded(events: &[Envelope]) -> Result<(u64, Vec<String>), JournalError> {
    let refused = |error: serde_json::Error| JournalError::Refused(error.to_string());
    let bodies = events.iter().map(serde_json::to_string).collect::<Result<_, _>>();
    Ok((events.first().map_or(0, |first| first.seq), bodies.map_err(refused)?))
}

/// An event in few words.
fn told(event: &Event) -> String {
    match event {
        Event::Evaluated { evaluation } => format!("evaluated {:?}", evaluation.decision),
        Event::ProfileChanged { profile, version, .. } => format!("{profile} version {version}"),
        Event::SignalRefused { refusal, .. } => format!("refused: {refusal}"),
        Event::IntentAccepted { terms, .. } => format!(
            "intent {} {:?} {} {:?} reserved {} {:?}",
            terms.intent,
            terms.side,
            terms.quantity,
            terms.order_type,
            terms.reserved,
            terms.purpose
        ),
        Event::OrderFilled { order, fill } => {
            format!("filled {order} {} at {} ({})", fill.quantity, fill.price, fill.id)
        }
        other => format!("{} {other:?}", name(other)),
    }
}

/// One life of a process.
#[derive(Debug, Default)]
pub(crate) struct Life {
    over: AtomicBool,
    /// Where it will end.
    ends_in: Mutex<Option<Gap>>,
}

impl Life {
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub(crate) fn end_in(&self, gap: Gap) {
        *self.gap() = Some(gap);
    }

    pub(crate) fn gap(&self) -> MutexGuard<'_, Option<Gap>> {
        self.ends_in.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn goes_on(&self) {
        if self.is_over() {
            pending::<()>().await;
        }
    }
}

/// The gaps of one life.
#[derive(Debug)]
pub(crate) struct LifeGaps {
    pub(crate) life: Arc<Life>,
    pub(crate) outside: Handle,
}

impl Gaps for LifeGaps {
    fn pass(&self, gap: Gap) {
        if !self.life.is_over() && *self.life.gap() == Some(gap) {
            self.life.end();
            self.outside.lock().venue.tally.crash(Some(gap));
        }
    }
}

/// The tenant's journal, as far as the store works.
#[derive(Debug)]
pub(crate) struct LifeJournal {
    pub(crate) journal: TenantJournal<Envelope>,
    pub(crate) clock: Arc<WorldClock>,
    pub(crate) epoch: u64,
    pub(crate) life: Arc<Life>,
    pub(crate) outside: Handle,
}

impl LifeJournal {
    async fn write(&self, expected_seq: u64, events: &[Envelope]) -> Result<Receipt, JournalError> {
        let receipt = self.journal.append(expected_seq, events).await?;
        self.outside.lock().fold(events);
        Ok(receipt)
    }

    fn decided(&self, events: &[Envelope]) {
        let mut outside = self.outside.lock();
        outside.decided(events);
        if self.epoch == outside.epoch {
            let limits = outside.product.limits.clone();
            outside.audit.decides(&limits, self.clock.now());
        }
    }

    /// Keeps events on the node, if it has room and lives to see it.
    fn keep(&self, events: &[Envelope]) -> Result<(), JournalError> {
        let mut outside = self.outside.lock();
        if let Some(fault) = outside.take_fault(Fault::NodeFull) {
            outside.venue.tally.fault(fault);
            return Err(JournalError::Unavailable("simulated: the node has no room".to_owned()));
        }
        if let Some(fault @ Fault::NodeTorn(share)) = outside.take_torn() {
            outside.venue.tally.fault(fault);
            self.life.end();
            let torn = outside.tear(self.epoch, events, share);
            return torn.map_err(|error| JournalError::Corrupt(error.to_string()));
        }
        outside.venue.tally.run("batch kept on the node");
        outside.keep(self.epoch, events)
    }

    /// Waits until so many bars have passed.
    async fn bars(&self, bars: u8) {
        let until = self.outside.lock().venue.turn() + u64::from(bars);
        let own = self.outside.lock().epoch == self.epoch;
        self.outside.lock().appending |= own;
        poll_fn(|_| match self.outside.lock().venue.turn() >= until {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
        self.life.goes_on().await;
        let mut outside = self.outside.lock();
        outside.appending &= outside.epoch != self.epoch;
    }

    fn next_fault(&self) -> Option<Fault> {
        let mut outside = self.outside.lock();
        if self.epoch < outside.epoch {
            // The store answers whoever was locked out.
            return None;
        }
        if outside.venue.turn() < outside.full_until {
            return Some(Fault::AppendFails);
        }
        let of_node = |fault: &Fault| {
            matches!(fault, Fault::NodeFull | Fault::DrainHalts | Fault::NodeTorn(_))
        };
        let of_append = |fault: &Fault| !of_node(fault);
        let place = outside.append_faults.iter().position(of_append)?;
        let fault = outside.append_faults.remove(place)?;
        outside.venue.tally.fault(fault);
        Some(fault)
    }
}

impl Journal<Envelope> for LifeJournal {
    async fn append(
        &self,
        expected_seq: u64,
        events: &[Envelope],
    ) -> Result<Receipt, JournalError> {
        self.life.goes_on().await;
        self.decided(events);
        let away = || JournalError::Unavailable("simulated".to_owned());
        match self.next_fault() {
            Some(Fault::AppendFails) => Err(away()),
            Some(Fault::AppendAnswerLost) => {
                self.write(expected_seq, events).await?;
                Err(away())
            }
            Some(Fault::AppendSlow(bars)) => {
                self.bars(bars).await;
                self.write(expected_seq, events).await
            }
            Some(Fault::AppendAnswerSlow(bars)) => {
                let receipt = self.write(expected_seq, events).await?;
                self.bars(bars).await;
                Ok(receipt)
            }
            _ => self.write(expected_seq, events).await,
        }
    }

    async fn append_locally(
        &self,
        expected_seq: u64,
        events: &[Envelope],
    ) -> Result<Receipt, JournalError> {
        self.life.goes_on().await;
        self.decided(events);
        self.keep(events)?;
        self.life.goes_on().await;
        Ok(Receipt::new(expected_seq + events.len() as u64))
    }

    fn is_away(&self) -> bool {
        let outside = self.outside.lock();
        outside.is_away() && self.epoch == outside.epoch
    }

    async fn read(&self, after_seq: u64, limit: usize) -> Result<Vec<Envelope>, JournalError> {
        self.journal.read(after_seq, limit).await
    }
}

/// The way to the venue.
#[derive(Debug)]
pub(crate) struct LifeBroker {
    pub(crate) life: Arc<Life>,
    pub(crate) outside: Handle,
    pub(crate) control: tokio::sync::watch::Receiver<Option<Arc<ControlSnapshot>>>,
}

impl LifeBroker {
    async fn ask(&self, request: Request) {
        self.life.goes_on().await;
        self.outside.lock().venue.ask(request);
    }
}

impl Broker for LifeBroker {
    /// The venue behind it is the engine's own matcher.
    const CAPABILITIES: Capabilities = Capabilities {
        stops: true,
        targets: true,
        pairs: true,
        trailing_orders: true,
        trails: false,
    };

    async fn ready(&self) {
        self.life.goes_on().await;
    }

    async fn submit(&self, intent: Durable<OrderIntent>) {
        self.life.goes_on().await;
        let control = self.control.borrow().clone();
        self.outside.lock().submit(intent.get(), control.as_deref());
    }

    async fn amend(&self, amendment: Durable<ApprovedAmendment>) {
        self.life.goes_on().await;
        let control = self.control.borrow().clone();
        self.outside.lock().amend(amendment.get(), control.as_deref());
    }

    async fn cancel(&self, order: OrderId) {
        self.ask(Request::Cancel(order)).await;
    }

    async fn protect(&self, trade: TradeId, levels: Levels) {
        self.ask(Request::Protect(trade, levels)).await;
    }

    async fn query(&self, order: OrderId) {
        self.ask(Request::Query(order)).await;
    }
}

/// Looks at the engine whenever a batch is done.
#[derive(Debug)]
pub(crate) struct LifeObserver {
    pub(crate) life: Arc<Life>,
    pub(crate) outside: Handle,
}

impl Observer for LifeObserver {
    async fn durable(&mut self, _: &Engine, _: &[Envelope]) {
        self.life.goes_on().await;
    }

    fn settled(&mut self, engine: &Engine) {
        if self.life.is_over() {
            return;
        }
        let mut outside = self.outside.lock();
        let (ours, durable) = (engine.state(), &outside.state);
        // Another process may own the journal by now.
        if ours.last_seq() == durable.last_seq() && ours != durable {
            let why = format!("the engine went astray at {}", ours.last_seq());
            outside.violations.push(violation(Invariant::StateIsFold, why));
        }
        outside.violations.extend(protection::covered(ours));
    }
}
