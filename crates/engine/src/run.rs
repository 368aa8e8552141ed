//! The loop of one tenant: step, append, release. The engine's only asynchronous file.
//!
//! Deliveries come through one bounded inbox, in order. Those that are waiting together are
//! stepped together and appended as one batch; only when the journal has made the batch durable
//! are its actions carried out and its answers given.
//!
//! While the store is away what lowers risk goes on: a batch is kept on this node alone then, as
//! the continuation of the journal. The batch that finds the store away is kept as it is, because
//! it may be in the store all the same; an entry that it has accepted is voided behind it, and
//! never sent. Any other failure to append ends the loop: the engine has gone ahead of its journal
//! and is thrown away, and whoever started it folds it again.

use std::sync::Arc;

use ballast_domain::{
    Availability, BrokerEvent, ControlMode, ControlSnapshot, Envelope, Markets, OrderId, Product,
    Refusal, Timestamp,
};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};

use crate::market::Frame;
use crate::ports::{Broker, BrokerMessage, Clock, Gap, Gaps, Journal, JournalError, Receipt};
use crate::risk::{ApprovedAmendment, OrderIntent};
use crate::state::ApplyError;
use crate::step::{Action, Answer, Command, Effects, Engine, Input};

/// Deliveries that may be stepped together before they are appended.
const BATCH: usize = 64;
/// An order that was accepted and not sent, or the amendment of one.
type Withheld = (OrderId, Option<u32>);

/// Why they were not sent.
const CONTROL_CHANGED: &str = "not sent: trading control had changed meanwhile";
const STORE_AWAY: &str = "not sent: the store is away";

/// Something that the journal holds: it can be acted on without ever being forgotten.
///
/// Only this module makes one, from a value and the journal's receipt for it:
///
/// ```compile_fail,E0451
/// # use ballast_engine::{risk::OrderIntent, run::Durable};
/// fn forge(intent: OrderIntent) -> Durable<OrderIntent> {
///     Durable { inner: intent, control_version: 0 }
/// }
/// ```
#[derive(Debug)]
pub struct Durable<T> {
    inner: T,
    control_version: u64,
}

impl<T> Durable<T> {
    /// What is durable.
    pub const fn get(&self) -> &T {
        &self.inner
    }

    /// The version of trading control that allowed it, compared at the very last moment.
    pub const fn control_version(&self) -> u64 {
        self.control_version
    }

    /// Proves that `inner`, which event `seq` tells of, is covered by `receipt`.
    fn prove(inner: T, seq: u64, receipt: Receipt, control_version: u64) -> Option<Self> {
        (seq <= receipt.last_seq()).then_some(Self { inner, control_version })
    }
}

/// What comes to a tenant.
#[derive(Debug)]
pub enum Delivery {
    /// A frame has closed.
    Frame(Arc<Frame>),
    /// A frame that closed while nobody was running.
    Missed(Arc<Frame>),
    /// A frame that was acted on before this process began.
    Seen(Arc<Frame>),
    /// A venue has said something.
    Broker(BrokerMessage),
    /// Somebody asks for something; the answer comes when it is durable.
    Command {
        /// What.
        command: Command,
        /// The request that carried it.
        request_id: Option<ballast_domain::RequestId>,
        /// Where the answer goes.
        answer: oneshot::Sender<Answer>,
    },
    /// Time has passed.
    Tick,
    /// Answered when everything delivered before has been carried out.
    Settled(oneshot::Sender<()>),
    /// No more comes: finish what was begun and end.
    Stop,
}

/// Why a tenant's loop ended without being asked to.
#[derive(Debug, Error)]
pub enum RunError {
    /// The journal did not take a batch.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An event did not fit the state.
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

/// What the loop works with.
#[derive(Debug)]
pub struct Tenant<J, B, C> {
    /// The engine, folded from the journal.
    pub engine: Engine,
    /// Where events are made durable.
    pub journal: J,
    /// Where orders go.
    pub broker: B,
    /// Tells when a command or a venue's silence happened.
    pub clock: C,
    /// Trading control as this process knows it now; compared last before each entry is sent.
    pub control: watch::Receiver<Option<Arc<ControlSnapshot>>>,
    /// What the product lets the tenant do, as this process knows it now.
    pub product: watch::Receiver<Arc<Product>>,
    /// What the venue says of its instruments, as this process knows it now.
    pub markets: watch::Receiver<Arc<Markets>>,
    /// Told of the gaps between effects.
    pub gaps: Arc<dyn Gaps>,
}

/// Told of what has become durable, and of what was seen without leaving an event.
pub trait Observer: Send {
    /// `events` are durable, and `engine` has booked them.
    fn durable(&mut self, engine: &Engine, events: &[Envelope]) -> impl Future<Output = ()> + Send;

    /// A batch is done, with events or without: what `engine` has evaluated and the prices that it
    /// knows are the newest. Comes before answers are given. The tenant waits for it meanwhile.
    fn settled(&mut self, engine: &Engine) {
        let _ = engine;
    }

    /// The venue has told of a fill of a profile that the tenant never had. It is booked nowhere.
    fn stranger(&mut self, engine: &Engine, message: &BrokerEvent) {
        let _ = (engine, message);
    }
}

/// What one batch has gathered until it is durable.
#[derive(Default)]
struct Batch {
    events: Vec<Envelope>,
    actions: Vec<(u64, Action)>,
    answers: Vec<(oneshot::Sender<Answer>, Answer)>,
    settled: Vec<oneshot::Sender<()>>,
    strangers: Vec<BrokerEvent>,
    stop: bool,
}

impl<J: Journal<Envelope>, B: Broker, C: Clock> Tenant<J, B, C> {
    /// Runs until it is told to stop or its inbox is closed, beginning with the question what has
    /// become of every order that was open.
    ///
    /// # Errors
    /// [`RunError`]: the engine is to be thrown away and folded again.
    pub async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Delivery>,
        mut observer: impl Observer,
    ) -> Result<(), RunError> {
        let mut effects = Effects::default();
        let mut batch = Batch::default();
        self.follow_product(&mut effects)?;
        self.markets.mark_changed();
        self.follow_store(&mut effects)?;
        self.follow_control(&mut effects, &mut batch)?;
        self.engine.resume(self.clock.now(), &mut effects)?;
        batch.gather(&mut effects, None, self.engine.state().last_seq());
        self.commit(&mut batch, &mut observer).await?;
        let (mut control, mut product) = (self.control.clone(), self.product.clone());
        loop {
            tokio::select! {
                biased;
                changed = control.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    self.follow_control(&mut effects, &mut batch)?;
                }
                changed = product.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    self.follow_product(&mut effects)?;
                }
                delivery = inbox.recv() => {
                    let Some(delivery) = delivery else { return Ok(()) };
                    self.follow_store(&mut effects)?;
                    self.take(delivery, &mut effects, &mut batch)?;
                    for _ in 1..BATCH {
                        let Ok(delivery) = inbox.try_recv() else { break };
                        self.take(delivery, &mut effects, &mut batch)?;
                    }
                }
            }
            let stop = batch.stop;
            self.commit(&mut batch, &mut observer).await?;
            if stop {
                return Ok(());
            }
        }
    }

    fn follow_store(&mut self, effects: &mut Effects) -> Result<(), ApplyError> {
        self.engine.step(Input::Store { away: self.journal.is_away() }, effects)
    }

    fn follow_control(
        &mut self,
        effects: &mut Effects,
        batch: &mut Batch,
    ) -> Result<(), ApplyError> {
        let control = self.control.borrow_and_update().clone();
        let at = self.clock.now();
        self.engine.step(Input::Control { at, control }, effects)?;
        batch.gather(effects, None, self.engine.state().last_seq());
        Ok(())
    }

    /// It is configuration: nothing comes of it but what is refused from then on.
    fn follow_product(&mut self, effects: &mut Effects) -> Result<(), ApplyError> {
        let product = Arc::clone(&self.product.borrow_and_update());
        self.engine.step(Input::Product(product), effects)
    }

    /// It is asked for before each delivery, so that what closes after a market was shut is decided
    /// as after it.
    fn follow_markets(&mut self, effects: &mut Effects) -> Result<(), ApplyError> {
        if !self.markets.has_changed().unwrap_or(false) {
            return Ok(());
        }
        let markets = Arc::clone(&self.markets.borrow_and_update());
        self.engine.step(Input::Markets(markets), effects)
    }

    fn take(
        &mut self,
        delivery: Delivery,
        effects: &mut Effects,
        batch: &mut Batch,
    ) -> Result<(), ApplyError> {
        let mut reply = None;
        self.follow_markets(effects)?;
        match delivery {
            Delivery::Frame(frame) => {
                let now = self.clock.now();
                self.engine.step(Input::Frame { frame: &frame, now }, effects)?;
            }
            Delivery::Missed(frame) => self.engine.step(Input::Missed(&frame), effects)?,
            Delivery::Seen(frame) => self.engine.step(Input::Seen(&frame), effects)?,
            Delivery::Broker(message) => self.engine.step(Input::Broker(message), effects)?,
            // Whoever asked was told that it came too late to be answered, and may have asked anew.
            Delivery::Command { command, answer, .. }
                if answer.is_closed() && command.may_raise_risk() => {}
            Delivery::Command { command, request_id, answer } => {
                let at = self.clock.now();
                self.engine.step(Input::Command { at, request_id, command }, effects)?;
                reply = Some(answer);
            }
            Delivery::Tick => self.engine.step(Input::Clock(self.clock.now()), effects)?,
            Delivery::Settled(settled) => {
                batch.settled.push(settled);
                return Ok(());
            }
            Delivery::Stop => {
                batch.stop = true;
                return Ok(());
            }
        }
        batch.gather(effects, reply, self.engine.state().last_seq());
        Ok(())
    }

    /// Makes a batch durable, then carries it out, then tells.
    async fn commit(
        &mut self,
        batch: &mut Batch,
        observer: &mut impl Observer,
    ) -> Result<(), RunError> {
        let receipt = self.record(batch).await?;
        let mut withheld = Vec::new();
        for (seq, action) in batch.actions.drain(..) {
            match action {
                Action::Submit(intent) => {
                    let (order, raises) =
                        (intent.terms().order_id(), !intent.terms().is_reducing());
                    self.broker.ready().await;
                    let partner = intent.terms().cancels.map(|partner| (partner, None));
                    let alone = partner.is_some_and(|partner| withheld.contains(&partner));
                    match self.allowed(order, raises).filter(|_| !alone) {
                        Some(version) => self.submit(intent, seq, receipt, version).await,
                        None => withheld.push((order, None)),
                    }
                }
                Action::Amend(approved) => {
                    let (order, raises) = (approved.order(), approved.raises_risk());
                    self.broker.ready().await;
                    match self.allowed(order, raises) {
                        Some(version) => self.amend(approved, seq, receipt, version).await,
                        // The venue may have it from before, and is asked about the order.
                        None if approved.is_repeated() => {}
                        None => withheld.push((order, Some(approved.amendment().revision))),
                    }
                }
                Action::Cancel(order) => self.cancel(order).await,
                Action::Protect(trade, levels) => {
                    self.broker.protect(trade, levels).await;
                    self.gaps.pass(Gap::Protected);
                }
                Action::Query(order) => self.broker.query(order).await,
            }
        }
        if !batch.events.is_empty() {
            self.gaps.pass(Gap::Released);
            observer.durable(&self.engine, &batch.events).await;
        }
        for message in batch.strangers.drain(..) {
            observer.stranger(&self.engine, &message);
        }
        observer.settled(&self.engine);
        batch.tell();
        if withheld.is_empty() { Ok(()) } else { self.void(withheld, observer).await }
    }

    /// Makes the events of a batch durable: in the journal, or on this node alone while the store
    /// is away.
    async fn record(&mut self, batch: &mut Batch) -> Result<Receipt, RunError> {
        let Some(first) = batch.events.first() else {
            return self.owns(batch).await;
        };
        let expected = first.seq - 1;
        self.gaps.pass(Gap::Stepped);
        let mut away = None;
        if !self.journal.is_away() {
            match self.journal.append(expected, &batch.events).await {
                Err(JournalError::Unavailable(why)) => away = Some(why),
                appended => {
                    let receipt = appended?;
                    self.gaps.pass(Gap::Appended);
                    return Ok(receipt);
                }
            }
        }
        self.hold_back(batch)?;
        let kept = self.journal.append_locally(expected, &batch.events).await;
        let receipt = kept.map_err(|error| error.beside(away))?;
        self.gaps.pass(Gap::KeptLocally);
        Ok(receipt)
    }

    /// Levels are said again without an event. A process that was taken over would say old ones, by
    /// which a stop stands further away than the new one has moved it: so the journal is asked
    /// first whose it is. While it does not answer nobody takes over either.
    async fn owns(&self, batch: &Batch) -> Result<Receipt, RunError> {
        let last_seq = self.engine.state().last_seq();
        let levels = |(_, action): &(u64, Action)| matches!(action, Action::Protect(..));
        if batch.actions.iter().any(levels) && !self.journal.is_away() {
            match self.journal.append(last_seq, &[]).await {
                Ok(_) | Err(JournalError::Unavailable(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Receipt::new(last_seq))
    }

    /// Begins nothing that raises risk, and books that the entries of the batch are not sent.
    fn hold_back(&mut self, batch: &mut Batch) -> Result<(), ApplyError> {
        let mut effects = Effects::default();
        self.engine.step(Input::Store { away: true }, &mut effects)?;
        for (order, revision) in batch.take_risk() {
            let (at, reason) = (self.clock.now(), STORE_AWAY);
            self.engine.step(Input::Withheld { at, order, revision, reason }, &mut effects)?;
            batch.gather(&mut effects, None, self.engine.state().last_seq());
        }
        Ok(())
    }

    async fn submit(&self, intent: OrderIntent, seq: u64, receipt: Receipt, version: u64) {
        if let Some(durable) = Durable::prove(intent, seq, receipt, version) {
            self.broker.submit(durable).await;
            self.gaps.pass(Gap::Submitted);
        }
    }

    async fn amend(&self, approved: ApprovedAmendment, seq: u64, receipt: Receipt, version: u64) {
        if let Some(durable) = Durable::prove(approved, seq, receipt, version) {
            self.broker.amend(durable).await;
            self.gaps.pass(Gap::Amended);
        }
    }

    async fn cancel(&self, order: OrderId) {
        self.broker.cancel(order).await;
        self.gaps.pass(Gap::Cancelled);
    }

    /// The version of control that lets an order out at this very moment, if it does. What does not
    /// raise risk always may.
    fn allowed(&self, order: OrderId, raises_risk: bool) -> Option<u64> {
        let control = self.control.borrow();
        let version = control.as_ref().map(|control| control.version);
        if !raises_risk {
            return Some(version.unwrap_or_default());
        }
        let state = self.engine.state();
        let profile = state.profile(order.intent.profile)?;
        let terms = &profile.order(order)?.terms;
        if self.product.borrow().availability != Availability::Active {
            return None;
        }
        let subject = profile.control_subject(state.tenant(), terms.symbol);
        let stop = control.as_ref()?.strictest(subject);
        if stop.is_some_and(|stop| stop.mode > ControlMode::Running) { None } else { version }
    }

    /// Books that what was accepted was never sent.
    async fn void(
        &mut self,
        withheld: Vec<Withheld>,
        observer: &mut impl Observer,
    ) -> Result<(), RunError> {
        let mut effects = Effects::default();
        let mut batch = Batch::default();
        let at: Timestamp = self.clock.now();
        for (order, revision) in withheld {
            let reason = CONTROL_CHANGED;
            self.engine.step(Input::Withheld { at, order, revision, reason }, &mut effects)?;
            batch.gather(&mut effects, None, self.engine.state().last_seq());
        }
        // Voiding submits nothing, so that this commit withholds nothing again; it cancels the
        // other order of a pair that was sent.
        self.record(&mut batch).await?;
        for (_, action) in batch.actions.drain(..) {
            if let Action::Cancel(order) = action {
                self.cancel(order).await;
            }
        }
        if !batch.events.is_empty() {
            observer.durable(&self.engine, &batch.events).await;
            observer.settled(&self.engine);
        }
        Ok(())
    }
}

impl Batch {
    fn gather(&mut self, effects: &mut Effects, reply: Option<oneshot::Sender<Answer>>, seq: u64) {
        self.events.append(&mut effects.events);
        self.strangers.append(&mut effects.strangers);
        self.actions.extend(effects.actions.drain(..).map(|action| (seq, action)));
        if let (Some(reply), Some(answer)) = (reply, effects.answer.take()) {
            self.answers.push((reply, answer));
        }
    }

    /// Takes out what would raise risk, and refuses it to whoever asked for it. Gives what was
    /// accepted just now: what is only asked for again may have reached its venue before.
    fn take_risk(&mut self) -> Vec<Withheld> {
        let is_repeated = |action: &Action| match action {
            Action::Amend(approved) => approved.is_repeated(),
            _ => false,
        };
        let raises = |action: &Action| match action {
            Action::Submit(intent) if !intent.terms().is_reducing() => {
                Some((intent.terms().order_id(), None))
            }
            Action::Amend(approved) if approved.raises_risk() => {
                Some((approved.order(), Some(approved.amendment().revision)))
            }
            _ => None,
        };
        let new = self.actions.iter().filter(|(_, action)| !is_repeated(action));
        let taken: Vec<Withheld> = new.filter_map(|(_, action)| raises(action)).collect();
        self.actions.retain(|(_, action)| raises(action).is_none());
        for (_, answer) in &mut self.answers {
            let asked = match answer {
                Answer::Accepted(order) | Answer::AcceptedPair([order, _]) => Some((*order, None)),
                Answer::Amending { order, revision } => Some((*order, Some(*revision))),
                _ => None,
            };
            if asked.is_some_and(|asked| taken.contains(&asked)) {
                *answer = Answer::Refused(Refusal::StoreAway);
            }
        }
        taken
    }

    fn tell(&mut self) {
        self.events.clear();
        for (reply, answer) in self.answers.drain(..) {
            // Whoever asked may have gone; what was done is done.
            let _ = reply.send(answer);
        }
        for settled in self.settled.drain(..) {
            let _ = settled.send(());
        }
    }
}
