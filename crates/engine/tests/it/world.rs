//! A small deterministic world: one tenant's engine on a market board, with its journal beside it.
//!
//! Every event that a step brings is read back from JSON and folded a second time, so that each
//! test also proves that the live state is what the journal tells; what must hold after every
//! event is looked at there.

use std::sync::Arc;

use ballast_domain::control::{ControlEntry, ControlMode, ControlSnapshot, Scope};
use ballast_domain::id::Leg;
use ballast_domain::{
    ActiveState, Bar, BrokerEvent, Envelope, Event, MarketStatus, Markets, OrderId, OrderState,
    OrderType, Price, Product, ProfileDocument, ProfileId, ProfileStatus, Purpose, Side, Signal,
    SignalTerms, Slot, Symbol, Timeframe, Timestamp, Trade, TradeId,
};
use ballast_engine::market::{Board, Frame};
use ballast_engine::ports::BrokerMessage;
use ballast_engine::state::{Order, Profile, State};
use ballast_engine::step::{Action, Answer, Command, Effects, Engine, Input, Settings};
use ballast_engine::strategy::Plan;
use rust_decimal::Decimal;

use crate::fixture::{PROFILE, config, document, hour, read};
use crate::words::words;

pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) board: Board,
    pub(crate) settings: Settings,
    /// What is in force, as the engine was told.
    pub(crate) control: Option<Arc<ControlSnapshot>>,
    /// What the product lets the tenant do, as the engine was told.
    pub(crate) product: Arc<Product>,
    /// What the venue says of its instruments, as the engine was told.
    markets: Arc<Markets>,
    /// Whether the store is away, as the engine was told.
    store_away: bool,
    /// When the next thing happens that is not a bar.
    pub(crate) now: Timestamp,
    pub(crate) journal: Vec<Envelope>,
    /// What the last input has brought.
    pub(crate) events: Vec<Envelope>,
    pub(crate) actions: Vec<Action>,
    pub(crate) answer: Option<Answer>,
    /// Every bar so far, in order.
    pub(crate) bars: Vec<(Symbol, Bar)>,
    pub(crate) strangers: Vec<BrokerEvent>,
    /// The journal folded a second time.
    pub(crate) fold: State,
}

impl World {
    /// A tenant without profiles, under control that stops nothing, on a board of hourly bars.
    pub(crate) fn new() -> Self {
        let settings = Settings::default();
        let tenant = State::new(read("alice"));
        let mut world = Self {
            engine: Engine::new(tenant.clone(), settings),
            board: Board::new(read("paper"), Timeframe::H1),
            settings,
            control: None,
            product: Arc::default(),
            markets: Arc::default(),
            store_away: false,
            now: hour(0),
            journal: Vec::new(),
            events: Vec::new(),
            actions: Vec::new(),
            answer: None,
            bars: Vec::new(),
            strangers: Vec::new(),
            fold: tenant,
        };
        world.control(&[]);
        world
    }

    /// A world with one running profile, see [`config`] for `edit`.
    pub(crate) fn running(edit: &str) -> Self {
        let mut world = Self::new();
        world.put(PROFILE, document(config(edit)));
        world.set(PROFILE, ProfileStatus::Running);
        world
    }

    /// Makes or changes a profile.
    pub(crate) fn put(&mut self, profile: ProfileId, document: ProfileDocument) -> Answer {
        let plan = Plan::compile(Arc::new(document.strategy.clone()), &mut self.board);
        let (plan, document) = (Box::new(plan.unwrap()), Box::new(document));
        let (expected_version, by) = (None, "alice".to_owned());
        self.command(Command::PutProfile { profile, document, plan, expected_version, by })
    }

    /// Starts or stops a profile; what it is under review for is acknowledged.
    pub(crate) fn set(&mut self, profile: ProfileId, status: ProfileStatus) -> Answer {
        let (acknowledge, reason, by) = (true, "test".to_owned(), "alice".to_owned());
        self.command(Command::SetStatus { profile, status, acknowledge, reason, by })
    }

    pub(crate) fn signal(&mut self, signal: Signal) -> Answer {
        self.command(Command::Signal(Box::new(signal)))
    }

    pub(crate) fn command(&mut self, command: Command) -> Answer {
        self.begin();
        self.step(Input::Command { at: self.now, request_id: None, command });
        self.answer.clone().expect("a command is answered")
    }

    /// The venue says something.
    pub(crate) fn say(&mut self, event: BrokerEvent) {
        self.begin();
        self.step(Input::Broker(BrokerMessage { at: self.now, event }));
    }

    /// Puts these stops in force and lifts all others.
    pub(crate) fn control(&mut self, stops: &[(ControlMode, Scope)]) {
        let entry = |(mode, scope): &(ControlMode, Scope)| ControlEntry {
            scope: scope.clone(),
            mode: *mode,
            by: "op".to_owned(),
            at: self.now,
            reason: "test".to_owned(),
        };
        let entries = stops.iter().map(entry).collect();
        self.follow(Some(Arc::new(ControlSnapshot { version: 1, entries })));
    }

    /// Follows a change of control, `None` when it cannot be known any more.
    pub(crate) fn follow(&mut self, control: Option<Arc<ControlSnapshot>>) {
        self.control.clone_from(&control);
        self.take(Input::Control { at: self.now, control });
    }

    /// The product lets the tenant do this from now on.
    pub(crate) fn let_by(&mut self, product: Product) {
        self.product = Arc::new(product);
        self.take(Input::Product(Arc::clone(&self.product)));
    }

    /// The venue opens, halts or closes trading of an instrument.
    pub(crate) fn market(&mut self, symbol: Symbol, status: MarketStatus) {
        Arc::make_mut(&mut self.markets).put(symbol, status);
        self.take(Input::Markets(Arc::clone(&self.markets)));
    }

    /// The store goes away, or is back.
    pub(crate) fn store(&mut self, away: bool) {
        self.store_away = away;
        self.take(Input::Store { away });
    }

    /// Takes one input that is not a frame.
    pub(crate) fn take(&mut self, input: Input<'_>) {
        self.begin();
        self.step(input);
    }

    /// A bar of the board closes; its frames go to the engine. Time goes on to the close.
    pub(crate) fn bar(&mut self, symbol: Symbol, bar: &Bar) {
        self.push(symbol, bar, true);
    }

    /// As [`Self::bar`], for a bar that closed while nobody was running.
    pub(crate) fn missed(&mut self, symbol: Symbol, bar: &Bar) {
        self.push(symbol, bar, false);
    }

    fn push(&mut self, symbol: Symbol, bar: &Bar, live: bool) {
        self.begin();
        self.now = self.now.max(bar.close_time);
        self.play(symbol, bar, live);
    }

    fn play(&mut self, symbol: Symbol, bar: &Bar, live: bool) {
        let mut frames: Vec<Frame> = Vec::new();
        self.board.push(symbol, bar, |frame| frames.push(frame.clone())).unwrap();
        self.bars.push((symbol, *bar));
        for frame in &frames {
            let now = self.now;
            self.step(if live { Input::Frame { frame, now } } else { Input::Missed(frame) });
        }
    }

    /// Ends the process and starts it again: the engine is folded from its journal and asks what
    /// has become of its orders; then the market is played to it once more, as frames it missed.
    pub(crate) fn restart(&mut self) {
        self.board = Board::new(self.board.venue(), self.board.base());
        self.engine = Engine::new(self.fold.clone(), self.settings);
        for profile in self.fold.profiles() {
            let strategy = Arc::new(profile.document.strategy.clone());
            self.engine.attach(profile.id, Plan::compile(strategy, &mut self.board).unwrap());
        }
        self.begin();
        self.step(Input::Product(Arc::clone(&self.product)));
        self.step(Input::Markets(Arc::clone(&self.markets)));
        self.step(Input::Store { away: self.store_away });
        self.step(Input::Control { at: self.now, control: self.control.clone() });
        let mut effects = Effects::default();
        self.engine.resume(self.now, &mut effects).unwrap();
        self.keep(effects);
        for (symbol, bar) in std::mem::take(&mut self.bars) {
            self.play(symbol, &bar, false);
        }
    }

    /// The profile that tests are about when they do not say.
    pub(crate) fn profile(&self) -> &Profile {
        self.engine.state().profile(PROFILE).unwrap()
    }

    /// What the last input has brought, in words.
    pub(crate) fn words(&self) -> String {
        words(&self.events, &self.actions)
    }

    fn begin(&mut self) {
        self.events.clear();
        self.actions.clear();
        self.answer = None;
    }

    fn step(&mut self, input: Input<'_>) {
        let mut effects = Effects::default();
        self.engine.step(input, &mut effects).unwrap();
        self.keep(effects);
    }

    fn keep(&mut self, effects: Effects) {
        for envelope in &effects.events {
            let stored = serde_json::to_string(envelope).unwrap();
            let stored: Envelope = serde_json::from_str(&stored).unwrap();
            assert_eq!(stored, *envelope, "an event reads back as it was written");
            self.fold.apply(&stored).unwrap();
            self.check(envelope);
        }
        let accepted = effects.events.iter().filter_map(|envelope| match &envelope.event {
            Event::IntentAccepted { terms, .. } => Some(terms.intent),
            _ => None,
        });
        let submitted = effects.actions.iter().filter_map(|action| match action {
            Action::Submit(intent) => Some(intent.terms().intent),
            _ => None,
        });
        assert!(accepted.eq(submitted), "each intent is submitted once: {effects:?}");
        assert_eq!(self.fold, *self.engine.state(), "the state is a fold of the journal");
        self.journal.extend(effects.events.iter().cloned());
        self.strangers.extend(effects.strangers);
        self.events.extend(effects.events);
        self.actions.extend(effects.actions);
        self.answer = effects.answer.or(self.answer.take());
    }

    /// What must hold after every event.
    fn check(&self, envelope: &Envelope) {
        for profile in self.fold.profiles() {
            for book in profile.books() {
                assert_eq!(book.sum(), Decimal::ZERO, "debits are credits: {envelope:?}");
            }
            check_index(profile, envelope);
        }
        match &envelope.event {
            Event::IntentAccepted { terms, .. } if !terms.is_reducing() => {
                assert!(!self.store_away, "nothing enters without the store: {envelope:?}");
                let market = self.markets.status(terms.symbol);
                assert_eq!(market, MarketStatus::Open, "{envelope:?}");
                let profile = self.fold.profile(terms.intent.profile).unwrap();
                assert!(profile.book.available() >= Decimal::ZERO, "{envelope:?}");
                assert_eq!(profile.status, ProfileStatus::Running, "{envelope:?}");
                assert!(!profile.removed && profile.flattening.is_none(), "{envelope:?}");
                let control = self.control.as_ref().expect("control is known");
                let tenant = self.fold.tenant();
                let stop = control.strictest(profile.control_subject(tenant, terms.symbol));
                assert_eq!(stop, None, "{envelope:?}");
            }
            Event::IntentAccepted { terms, .. } => {
                let Purpose::Exit { trade, .. } = &terms.purpose else { return };
                let profile = self.fold.profile(terms.intent.profile).unwrap();
                let held = profile.trades[trade].open_quantity();
                let claimed = profile.claimed(*trade);
                let before = claimed.saturating_sub(terms.quantity);
                assert!(held >= before && terms.quantity <= held.saturating_sub(before));
            }
            Event::ProfileChanged { .. } | Event::ProfileRemoved { .. } => {
                assert!(!self.store_away, "nothing is changed without the store: {envelope:?}");
            }
            Event::SignalRefused { signal, refusal } => {
                assert!(!self.store_away, "it was answered: {envelope:?}");
                let exit = matches!(signal.terms, SignalTerms::Exit { .. });
                let allowed = ["nothingToReduce", "tradeUnknown", "quantityBelowLot"];
                assert!(!exit || allowed.contains(&refusal.code()), "{envelope:?}");
            }
            _ => {}
        }
    }

    /// Reads the state back from a snapshot of it.
    pub(crate) fn check_snapshot(&self) {
        let snapshot = serde_json::to_string(self.engine.state()).unwrap();
        let read: State = serde_json::from_str(&snapshot).unwrap();
        assert_eq!(read, *self.engine.state(), "a snapshot is a cache of the fold");
    }
}

/// What the gate is told without walking everything is what walking everything gives.
fn check_index(profile: &Profile, envelope: &Envelope) {
    let orders = || profile.working.values();
    let entries = || orders().filter(|order| !order.terms.is_reducing());
    let entering =
        entries().filter(|order| !profile.trades.contains_key(&TradeId(order.terms.intent)));
    let open = profile.trades.len() + entering.count();
    assert_eq!(profile.open_positions(), open, "{envelope:?}");
    for trade in profile.trades.values() {
        let leaves = |order: &&Order| match &order.terms.purpose {
            Purpose::Exit { trade: left, .. } => *left == trade.id,
            Purpose::Enter { .. } => false,
        };
        let claimed = orders().filter(leaves).map(|order| order.open_quantity().get());
        assert_eq!(profile.claimed(trade.id).get(), claimed.sum::<Decimal>(), "{envelope:?}");
    }
    assert_eq!(profile.has_exits(), orders().any(|order| order.terms.is_reducing()));
    let in_doubt = orders().find(|order| order.in_doubt);
    assert_eq!(profile.order_in_doubt(), in_doubt.map(|order| order.terms.order_id()));
    let unknown = OrderState::Active(ActiveState::Unknown);
    assert!(orders().all(|order| order.in_doubt || order.state != unknown), "{envelope:?}");
    for symbol in profile.document.instruments.iter().map(|instrument| instrument.symbol) {
        let held: Vec<&Trade> =
            profile.trades.values().filter(|trade| trade.symbol == symbol).collect();
        assert_eq!(profile.trades_of(symbol).collect::<Vec<_>>(), held, "{envelope:?}");
        let of = |order: &&Order| order.terms.symbol == symbol;
        assert_eq!(profile.has_orders(symbol), orders().any(|order| of(&order)));
        let reserved =
            entries().filter(of).map(|order| profile.book.reservation(order.terms.intent));
        let cost = held.iter().map(|trade| trade.reserved.amount());
        assert_eq!(profile.used_by(symbol), cost.chain(reserved).sum(), "{envelope:?}");
        for slot in ["", "a", "b"].map(|slot| Slot(slot.parse().unwrap())) {
            let enters = |order: &Order| match &order.terms.purpose {
                Purpose::Enter { slot: own, .. } => *own == slot,
                Purpose::Exit { .. } => false,
            };
            let known =
                held.iter().any(|trade| trade.slot == slot) || entries().filter(of).any(enters);
            assert_eq!(profile.has_entry(symbol, slot, None), known, "{envelope:?}");
        }
        for side in [Side::Buy, Side::Sell] {
            let resting = orders().filter(of).filter(|order| order.terms.side == side);
            // One that its venue is asked to change may rest at either price.
            let types = resting.flat_map(|order| {
                let asked = order.amending.map(|asked| asked.order_type);
                let all = [Some(order.terms.order_type), asked].into_iter().flatten();
                all.map(|order_type| (order_type, order.terms.order_id()))
            });
            let prices = types.filter_map(|(order_type, order)| match order_type {
                OrderType::Limit { limit_price } | OrderType::StopLimit { limit_price, .. } => {
                    Some((limit_price, order))
                }
                _ => None,
            });
            let leaving = held.iter().filter(|trade| trade.direction.exit_side() == side);
            let targets = leaving.flat_map(|trade| {
                let open = (0..).zip(&trade.targets).filter(|(_, t)| !t.open_quantity().is_zero());
                let leg = |leg| OrderId { intent: trade.id.0, leg: Leg::Target(leg) };
                open.map(move |(number, target)| (target.level, leg(number)))
            });
            let all = prices.chain(targets);
            let (best, farthest) = match side {
                Side::Buy => (all.max(), "0.0000000001"),
                Side::Sell => (all.min(), "1000000000000"),
            };
            let farthest: Price = farthest.parse().unwrap();
            let found = profile.resting(symbol, (side, farthest), |_, _| true);
            assert_eq!(found, best, "{envelope:?}");
        }
    }
}
