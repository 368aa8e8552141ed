//! One step of one tenant: an input in, events and actions out.
//!
//! A step books its events as it goes, so that a later profile sees what an earlier one has
//! reserved. Nothing here waits, reads a clock or talks to anyone: the caller makes the events
//! durable first and carries out the actions then.

mod broker;
mod command;
mod correction;
mod equity;
mod excursion;
mod fill;
mod frame;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use ballast_domain::event::EVENT_VERSION;
use ballast_domain::exits::Levels;
use ballast_domain::{
    BrokerEvent, Cause, ControlSnapshot, Decision, Envelope, Evaluation, Event, Markets, OrderId,
    Origin, Price, Product, ProfileId, Refusal, RequestId, Signal, SignalTerms, Symbol, Timeframe,
    Timestamp, TradeId,
};

use rust_decimal::Decimal;

use self::equity::Followed;
use self::excursion::{Extremes, excursions};
use crate::market::Frame;
use crate::ports::BrokerMessage;
use crate::position::Ratio;
use crate::risk::{self, ApprovedAmendment, OrderIntent};
use crate::state::{ApplyError, Profile, State};
use crate::strategy::Plan;

pub use command::{
    ActionTold, Answer, Command, Flattened, LevelChange, ManualOrder, Obstacle, Partner,
};

/// What makes the engine take a step.
#[derive(Debug)]
pub enum Input<'a> {
    /// A frame has closed.
    Frame {
        /// The frame.
        frame: &'a Frame,
        /// The instant by the clock: a frame that comes late is old data, which its own close
        /// does not tell.
        now: Timestamp,
    },
    /// A frame that closed while this process was not running: trails and counters follow it, and a
    /// stop that it has passed is acted on, but it makes no signals.
    Missed(&'a Frame),
    /// A frame that was acted on before a restart: only its prices are new to this process.
    Seen(&'a Frame),
    /// A venue has said something about an order.
    Broker(BrokerMessage),
    /// Somebody wants something.
    Command {
        /// When.
        at: Timestamp,
        /// The request that carried it.
        request_id: Option<RequestId>,
        /// What.
        command: Command,
    },
    /// Trading control has changed, or cannot be known any more.
    Control {
        /// When.
        at: Timestamp,
        /// What is in force.
        control: Option<Arc<ControlSnapshot>>,
    },
    /// What the product lets the tenant do has changed. It is configuration and leaves no event.
    Product(Arc<Product>),
    /// What a venue says of its instruments has changed. It leaves no event either.
    Markets(Arc<Markets>),
    /// The store has gone away, or is back. While it is away nothing that raises risk is begun, and
    /// what nobody has to act on is not journaled: evaluations without an order, and refusals.
    Store {
        /// Whether it is away.
        away: bool,
    },
    /// An accepted entry, or an amendment that raises risk, was not sent.
    Withheld {
        /// When.
        at: Timestamp,
        /// The order.
        order: OrderId,
        /// The amendment; none for the order itself.
        revision: Option<u32>,
        /// Why.
        reason: &'static str,
    },
    /// Time has passed.
    Clock(Timestamp),
}

/// What is to be done in the world, once the step's events are durable.
#[derive(Debug)]
pub enum Action {
    /// Send an accepted order.
    Submit(OrderIntent),
    /// Ask for a working order to become another.
    Amend(ApprovedAmendment),
    /// Ask for an order to be cancelled.
    Cancel(OrderId),
    /// Tell where what protects a trade is to stand.
    Protect(TradeId, Levels),
    /// Ask what has become of an order.
    Query(OrderId),
}

/// What a step has brought. Reused from step to step, so that a step allocates only for what
/// happens.
#[derive(Debug, Default)]
pub struct Effects {
    /// What happened, in order, to be appended to the journal as one batch.
    pub events: Vec<Envelope>,
    /// What to do once they are durable, in order.
    pub actions: Vec<Action>,
    /// What to tell whoever gave the command, once the events are durable.
    pub answer: Option<Answer>,
    /// Fills, and corrections of them, of profiles that the tenant never had. No journal of its has
    /// a place for them, and somebody has to look.
    pub strangers: Vec<BrokerEvent>,
}

impl Effects {
    /// Forgets everything but the memory it is in.
    pub fn clear(&mut self) {
        self.events.clear();
        self.actions.clear();
        self.answer = None;
        self.strangers.clear();
    }
}

/// What the engine is told once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long an order that nobody can tell about, and that the venue does not know, is waited
    /// for before it is given up, in nanoseconds.
    pub unknown_grace_nanos: i64,
    /// How often venues are asked about everything that is open, because what they say by
    /// themselves may be lost, in nanoseconds.
    pub poll_nanos: i64,
    /// Whether the last evaluation of each profile and symbol is kept for reading.
    pub keep_evaluations: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            unknown_grace_nanos: 10_000_000_000,
            poll_nanos: 60_000_000_000,
            keep_evaluations: true,
        }
    }
}

/// The engine of one tenant: its state, and what the market has told since the start.
#[derive(Debug)]
pub struct Engine {
    state: State,
    settings: Settings,
    control: Option<Arc<ControlSnapshot>>,
    product: Arc<Product>,
    markets: Arc<Markets>,
    /// By profile.
    desks: Vec<Desk>,
    /// Open profit at the last prices, of profiles of which some limit asks for it.
    open_profit: BTreeMap<ProfileId, Decimal>,
    /// Of bars that closed after it nobody has seen whether they passed a stop.
    missed_since: Option<Timestamp>,
    /// When venues were last asked about everything that is open.
    polled_at: Option<Timestamp>,
    store_away: bool,
}

/// A profile's compiled strategy and what it has seen of the market. A cache: the market data
/// brings it back after a restart.
#[derive(Debug)]
struct Desk {
    profile: ProfileId,
    plan: Plan,
    lanes: Vec<LaneView>,
    /// The shortest bars that it has seen.
    shortest: Option<Timeframe>,
    /// Whether it may enter; else it only leaves what it holds.
    enters: bool,
    followed: Followed,
}

/// What a profile has seen of one instrument.
#[derive(Debug, Default)]
struct LaneView {
    mark: Option<(Price, Timestamp)>,
    decision: Option<Decision>,
    /// Why the gate refused the last signal; none when it was accepted, or nothing was asked.
    refused: Option<Refusal>,
    evaluation: Option<Evaluation>,
    /// Of its open trades.
    excursions: Vec<Extremes>,
}

/// What every event of one step has in common.
#[derive(Debug, Clone)]
struct Context {
    at: Timestamp,
    /// The instant by the clock, against which the age of data is reckoned.
    now: Timestamp,
    request_id: Option<RequestId>,
    cause: Cause,
}

impl Engine {
    /// An engine that goes on from `state`.
    #[must_use]
    pub fn new(state: State, settings: Settings) -> Self {
        Self {
            state,
            settings,
            control: None,
            product: Arc::default(),
            markets: Arc::default(),
            desks: Vec::new(),
            open_profit: BTreeMap::new(),
            missed_since: None,
            polled_at: None,
            store_away: false,
        }
    }

    /// Everything that the journal has told.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Lets a profile trade by `plan` from the next frame on. Prices that were seen with another
    /// plan on the same data stay known. One that was removed trades no more.
    pub fn attach(&mut self, profile: ProfileId, plan: Plan) {
        self.seat(profile, plan, true);
    }

    /// Lets a profile leave what it holds by the exits of `plan`, from the next frame on; it enters
    /// nothing.
    pub fn attach_to_leave(&mut self, profile: ProfileId, plan: Plan) {
        self.seat(profile, plan, false);
    }

    /// Whether a profile has a strategy that may enter.
    #[must_use]
    pub fn enters(&self, profile: ProfileId) -> bool {
        self.desk(profile).is_some_and(|desk| desk.enters)
    }

    /// Says that nobody was there for the bars that closed after `close`: where one of them, told
    /// as [`Input::Missed`], has passed a stop, the trade is left at once.
    pub const fn missed_since(&mut self, close: Timestamp) {
        self.missed_since = Some(close);
    }

    fn seat(&mut self, profile: ProfileId, plan: Plan, enters: bool) {
        let known = self.state.profile(profile);
        if known.is_some_and(|known| known.removed) {
            return;
        }
        let place = self.desk_place(profile);
        let before = place.ok().map(|place| self.desks.remove(place));
        let mut before = before.filter(|desk| desk.plan.data_venue() == plan.data_venue());
        let shortest = before.as_ref().and_then(|desk| desk.shortest);
        let mut view = |symbol| {
            let seen = before.as_mut().and_then(|desk| desk.lane_mut(symbol));
            let (mark, excursions) = match seen {
                Some(seen) => (seen.mark, excursions(known, symbol, &seen.excursions)),
                None => (None, excursions(known, symbol, &[])),
            };
            let decision = known.and_then(|known| known.decisions.get(&symbol).copied());
            LaneView { mark, decision, refused: None, evaluation: None, excursions }
        };
        let lanes = plan.lanes().iter().map(|lane| view(lane.symbol)).collect();
        let (Ok(place) | Err(place)) = place;
        let followed = Followed::NOTHING;
        self.desks.insert(place, Desk { profile, plan, lanes, shortest, enters, followed });
        self.follow_limits();
    }

    /// The compiled strategy of a profile.
    #[must_use]
    pub fn plan(&self, profile: ProfileId) -> Option<&Plan> {
        self.desk(profile).map(|desk| &desk.plan)
    }

    /// The last evaluation of a profile and symbol, when they are kept.
    #[must_use]
    pub fn evaluation(&self, profile: ProfileId, symbol: Symbol) -> Option<&Evaluation> {
        self.desk(profile)?.lane(symbol)?.evaluation.as_ref()
    }

    /// Why the gate refused what the latest evaluation asked for.
    #[must_use]
    pub fn refusal(&self, profile: ProfileId, symbol: Symbol) -> Option<&Refusal> {
        let lane = self.desk(profile)?.lane(symbol)?;
        let asked = !matches!(lane.evaluation.as_ref()?.decision, Decision::Hold(_));
        lane.refused.as_ref().filter(|_| asked)
    }

    /// The last price of an instrument that a profile trades, and the close that made it.
    #[must_use]
    pub fn mark(&self, profile: ProfileId, symbol: Symbol) -> Option<(Price, Timestamp)> {
        self.desk(profile)?.lane(symbol)?.mark
    }

    fn desk_place(&self, profile: ProfileId) -> Result<usize, usize> {
        self.desks.binary_search_by_key(&profile, |desk| desk.profile)
    }

    fn desk(&self, profile: ProfileId) -> Option<&Desk> {
        self.desks.get(self.desk_place(profile).ok()?)
    }

    /// Takes one step. `effects` are cleared first.
    ///
    /// # Errors
    /// [`ApplyError`] when an event does not fit the state. Nothing of the step may be used then:
    /// the engine is to be thrown away and folded again from the journal.
    pub fn step(&mut self, input: Input<'_>, effects: &mut Effects) -> Result<(), ApplyError> {
        effects.clear();
        self.begin_days(&input, effects)?;
        match input {
            Input::Frame { frame, now } => self.on_frame(frame, Some(now), effects),
            Input::Missed(frame) => self.on_frame(frame, None, effects),
            Input::Seen(frame) => {
                self.remember_prices(frame);
                (0..self.desks.len()).for_each(|place| self.mark_open_profit(place));
                Ok(())
            }
            Input::Product(product) => {
                self.product = product;
                self.follow_limits();
                Ok(())
            }
            Input::Markets(markets) => {
                self.markets = markets;
                Ok(())
            }
            Input::Broker(message) => self.on_broker(message, effects),
            Input::Command { at, request_id, command } => {
                let context = Context { at, now: at, request_id, cause: Cause::Command };
                self.on_command(&context, command, effects)
            }
            Input::Control { at, control } => self.on_control(at, control, effects),
            Input::Store { away } => {
                self.store_away = away;
                Ok(())
            }
            Input::Withheld { at, order, revision, reason } => {
                self.on_withheld(at, (order, revision), reason, effects)
            }
            Input::Clock(at) => self.on_clock(at, effects),
        }
    }

    /// Asks about every order that may have moved while nobody listened, once, after the state
    /// was folded. Orders that were never answered count as unknown from here on.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub fn resume(&mut self, at: Timestamp, effects: &mut Effects) -> Result<(), ApplyError> {
        effects.clear();
        self.on_resume(at, effects)
    }

    /// The version of trading control that is obeyed; `None` while nobody can tell.
    #[must_use]
    pub fn control_version(&self) -> Option<u64> {
        self.control.as_ref().map(|control| control.version)
    }

    fn on_control(
        &mut self,
        at: Timestamp,
        control: Option<Arc<ControlSnapshot>>,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let version = control.as_ref().map_or(0, |control| control.version);
        self.control = control;
        let context = Context { at, now: at, request_id: None, cause: Cause::Control(version) };
        self.cancel_halted_entries(&context, effects)
    }

    /// Books one event.
    fn emit(
        &mut self,
        context: &Context,
        event: Event,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let envelope = self.envelope(context, event);
        self.state.apply(&envelope)?;
        effects.events.push(envelope);
        Ok(())
    }

    /// An event as the journal's next one.
    fn envelope(&self, context: &Context, event: Event) -> Envelope {
        Envelope {
            version: EVENT_VERSION,
            seq: self.state.last_seq() + 1,
            at: context.at,
            request_id: context.request_id.clone(),
            cause: context.cause,
            event,
        }
    }

    /// Takes a signal through the gate.
    fn submit(
        &mut self,
        context: &Context,
        signal: Signal,
        effects: &mut Effects,
    ) -> Result<Result<OrderId, Refusal>, ApplyError> {
        let verdict = self.check(context, &signal, None);
        self.settle(context, signal, verdict, effects)
    }

    /// Books what the gate has said about a signal.
    fn settle(
        &mut self,
        context: &Context,
        signal: Signal,
        verdict: Result<OrderIntent, Refusal>,
        effects: &mut Effects,
    ) -> Result<Result<OrderId, Refusal>, ApplyError> {
        match verdict {
            Ok(intent) => {
                let terms = Arc::clone(intent.terms());
                let order = terms.order_id();
                self.stop_entering(context, &terms, effects)?;
                let control_version = self.control.as_ref().map_or(0, |control| control.version);
                let origin = Some(signal.origin);
                let accepted = Event::IntentAccepted { terms, control_version, origin };
                self.emit(context, accepted, effects)?;
                effects.actions.push(Action::Submit(intent));
                Ok(Ok(order))
            }
            Err(refusal) => Ok(Err(self.refuse(context, signal, refusal, effects)?)),
        }
    }

    /// Asks the gate. `told` is a price that the venue has just told for the instrument: the last
    /// close is as good as new then, and where none is known the price stands in for it.
    fn check(
        &self,
        context: &Context,
        signal: &Signal,
        told: Option<Price>,
    ) -> Result<OrderIntent, Refusal> {
        let profile = match &signal.terms {
            SignalTerms::Enter { .. } => self.trading(signal.profile),
            SignalTerms::Exit { .. } => self.leaving(signal.profile),
        };
        let profile = profile.ok_or(Refusal::ProfileUnknown)?;
        risk::check(signal, &self.view(context, profile, signal.symbol, told))
    }

    /// What the gate looks at, see [`Self::check`].
    fn view<'a>(
        &'a self,
        context: &Context,
        profile: &'a Profile,
        symbol: Symbol,
        told: Option<Price>,
    ) -> risk::View<'a> {
        let lane = self.desk(profile.id).and_then(|desk| desk.lane(symbol));
        risk::View {
            state: &self.state,
            profile,
            product: &self.product,
            control: self.control.as_deref(),
            open_profit: &self.open_profit,
            markets: &self.markets,
            store_away: self.store_away,
            mark: match (lane.and_then(|lane| lane.mark), told) {
                (Some((close, _)), Some(_)) => Some((close, context.now)),
                (None, Some(told)) => Some((told, context.now)),
                (mark, None) => mark,
            },
            at: context.at,
            now: context.now,
        }
    }

    /// Journals a refusal, unless the strategy has met the same one at its last bar already, or the
    /// store is away.
    fn refuse(
        &mut self,
        context: &Context,
        signal: Signal,
        refusal: Refusal,
        effects: &mut Effects,
    ) -> Result<Refusal, ApplyError> {
        let mut repeated = false;
        if signal.origin == Origin::Strategy
            && let Ok(place) = self.desk_place(signal.profile)
            && let Some(lane) = self.desks[place].lane_mut(signal.symbol)
        {
            let before = lane.refused.replace(refusal.clone());
            repeated = before.is_some_and(|before| before.code() == refusal.code());
        }
        if !repeated && !self.store_away && refusal != Refusal::ProfileUnknown {
            let (signal, refusal) = (Box::new(signal), Box::new(refusal.clone()));
            self.emit(context, Event::SignalRefused { signal, refusal }, effects)?;
        }
        Ok(refusal)
    }
}

impl LaneView {
    /// The units of its instrument were split.
    fn split(&mut self, ratio: Ratio) {
        self.mark = self.mark.and_then(|(price, at)| Some((ratio.price(price)?, at)));
        self.excursions.iter_mut().for_each(|excursion| excursion.split(ratio));
    }
}

impl Desk {
    fn lane_place(&self, symbol: Symbol) -> Option<usize> {
        self.plan.lanes().iter().position(|lane| lane.symbol == symbol)
    }

    fn lane(&self, symbol: Symbol) -> Option<&LaneView> {
        self.lanes.get(self.lane_place(symbol)?)
    }

    fn lane_mut(&mut self, symbol: Symbol) -> Option<&mut LaneView> {
        let place = self.lane_place(symbol)?;
        self.lanes.get_mut(place)
    }
}
