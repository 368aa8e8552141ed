//! The outside of one tenant: what outlives its processes, and what is looked at as they touch it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use ballast_domain::{
    ControlSnapshot, Envelope, Event, IntentId, MarketStatus, Markets, OrderId, Product, ProfileId,
    Timestamp,
};
use ballast_engine::matching::FillRules;
use ballast_engine::ports::JournalError;
use ballast_engine::risk::{ApprovedAmendment, OrderIntent};
use ballast_engine::state::State;
use ballast_storage::{LocalImage, StreamName};

use crate::audit::Audit;
use crate::invariants::{self, Invariant, Violation, violation};
use crate::report::name;
use crate::scenario::Fault;
use crate::venue::{Request, Venue};

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
    pub(crate) node: LocalImage,
    /// Events in it that somebody was told were durable.
    pub(crate) kept: u64,
    /// The epoch that owns the journal.
    pub(crate) epoch: u64,
    pub(crate) durable: BTreeSet<IntentId>,
    pub(crate) durable_amendments: BTreeSet<(OrderId, u32)>,
    pub(crate) submitted: BTreeSet<IntentId>,
    pub(crate) append_faults: VecDeque<Fault>,
    /// Whether a process waits for the store to answer.
    pub(crate) appending: bool,
    pub(crate) full_until: u64,
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
    pub(crate) fn decided(&mut self, events: &[Envelope]) {
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
    pub(crate) fn fold(&mut self, events: &[Envelope]) {
        self.fold_each(events);
        self.violations.extend(invariants::reviewed(&self.state, events));
    }

    pub(crate) fn fold_each(&mut self, events: &[Envelope]) {
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
    pub(crate) fn keep(&mut self, epoch: u64, events: &[Envelope]) -> Result<(), JournalError> {
        let (first, bodies) = encoded(events)?;
        let tenant = self.state.tenant().clone();
        let kept = self.node.keep((&tenant, StreamName::Journal), (epoch, first), bodies);
        kept.map_err(JournalError::from)?;
        self.kept += events.len() as u64;
        self.fold(events);
        Ok(())
    }

    /// The process ends while it keeps a batch: of the record a part is there, or all of it.
    pub(crate) fn tear(&mut self, epoch: u64, events: &[Envelope], share: u8) -> Result<()> {
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

    pub(crate) fn take_torn(&mut self) -> Option<Fault> {
        let torn = |fault: &Fault| matches!(fault, Fault::NodeTorn(_));
        let place = self.append_faults.iter().position(torn)?;
        self.append_faults.remove(place)
    }

    /// Takes a fault of its kind out of those that wait.
    pub(crate) fn take_fault(&mut self, fault: Fault) -> Option<Fault> {
        let place = self.append_faults.iter().position(|waiting| *waiting == fault)?;
        self.append_faults.remove(place)
    }

    pub(crate) fn capital_of(&self, event: &Event) -> Option<ballast_domain::Money> {
        let Event::ProfileChanged { profile, .. } = event else { return None };
        self.state.profile(*profile).map(|known| known.document.capital.money())
    }

    /// An order leaves for the venue.
    pub(crate) fn submit(&mut self, intent: &OrderIntent, control: Option<&ControlSnapshot>) {
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
    pub(crate) fn amend(
        &mut self,
        approved: &ApprovedAmendment,
        control: Option<&ControlSnapshot>,
    ) {
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
