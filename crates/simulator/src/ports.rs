//! What a process of a tenant is given for ports: the world behind them, for as long as it lives.
//!
//! A process that has ended touches nothing any more: every port waits for ever then, and the
//! process is dropped where it stands.

use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use anyhow::Result;
use ballast_domain::exits::Levels;
use ballast_domain::{ControlSnapshot, Envelope, OrderId, Timestamp, TradeId};
use ballast_engine::ports::{
    Broker, Capabilities, Clock, Gap, Gaps, Journal, JournalError, Receipt,
};
use ballast_engine::risk::{ApprovedAmendment, OrderIntent};
use ballast_engine::run::{Durable, Observer};
use ballast_engine::step::Engine;
use ballast_storage::TenantJournal;

use crate::invariants::{Invariant, violation};
use crate::outside::Handle;
use crate::protection;
use crate::scenario::Fault;
use crate::venue::Request;

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
