//! What the engine takes: memory for each profile, and allocations and time of one step.
//!
//! `cargo run --release -p ballast-engine --example engine_cost`
//!
//! Prints lines of fields that are separated by tabs: `memory`, what a profile has, bytes of each;
//! `step`, what comes in, allocations, bytes allocated, and nanoseconds at the median and at the
//! 99th percentile. `cargo xtask bench engine` makes tables of them.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]
#![expect(clippy::disallowed_types, reason = "it measures; what it measures has no clock")]

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use allocation_counter::measure;
use ballast_domain::control::ControlSnapshot;
use ballast_domain::{
    Bar, BrokerEvent, Fill, Money, OrderId, Price, ProfileDocument, ProfileId, ProfileStatus,
    StrategyConfig, Symbol, Timeframe, Timestamp,
};
use ballast_engine::market::{Board, Frame};
use ballast_engine::ports::BrokerMessage;
use ballast_engine::state::State;
use ballast_engine::step::{Action, Command, Effects, Engine, Input, Settings};
use ballast_engine::strategy::Plan;
use rust_decimal::Decimal;

const BASE: Timeframe = Timeframe::M1;
const MINUTE: i64 = 60_000_000_000;
/// Bars before anything is measured.
const WARM_UP: i64 = 100;
const ROUNDS: usize = 2_000;
const TENANTS: usize = 200;
const PROFILES: u64 = 10;
/// Trades that a profile has made, of which only the latest are kept.
const TRADES: usize = 1_000;

const QUIET: &str = "close > sma(close, 20) and rsi(close, 14) > 100";
const ALWAYS: &str = "close > 0";

type Done<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Done {
    memory("nothing traded yet", |_| Ok(()))?;
    memory("one position, protected", |world| world.round(true))?;
    memory("1,000 trades made", |world| {
        for _ in 0..TRADES {
            world.round(true)?;
            world.leave()?;
        }
        Ok(())
    })?;
    for (what, profiles, entry) in [
        ("a bar, 1 profile that waits", 1, QUIET),
        ("a bar, 50 profiles that wait", 50, QUIET),
        ("a bar, 50 profiles that enter", 50, ALWAYS),
    ] {
        let cost = cost(|| World::new(profiles, entry)?.warm(), World::bar)?;
        cost.print(what);
    }
    let asked = || {
        let mut world = World::new(1, ALWAYS)?.warm()?;
        world.bar()?;
        Ok(world)
    };
    cost(asked, |world| world.fill_all())?.print("a fill that opens a position");
    cost(|| World::new(1, QUIET)?.warm(), World::clock)?.print("the clock");
    Ok(())
}

/// Prints what each profile of many tenants takes; the market is shared, and not counted.
fn memory(what: &str, live: impl Fn(&mut World) -> Done) -> Done {
    let mut worlds = Vec::with_capacity(TENANTS);
    let mut failed = None;
    // The first one has what they share.
    let first = World::new(PROFILES, ALWAYS)?.warm()?;
    let tenants = if what.starts_with("1,000") { 20 } else { TENANTS };
    let counted = measure(|| {
        for _ in 0..tenants {
            let made = World::beside(&first, PROFILES, ALWAYS).and_then(|mut world| {
                live(&mut world)?;
                world.effects = Effects::default();
                Ok(world.engine)
            });
            match made {
                Ok(engine) => worlds.push(engine),
                Err(error) => failed = Some(error),
            }
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let profiles = i64::try_from(tenants)? * i64::try_from(PROFILES)?;
    println!("memory\t{what}\t{}", counted.bytes_current / profiles);
    Ok(())
}

/// What one step takes.
struct Cost {
    allocations: u64,
    bytes: u64,
    nanos: Vec<u64>,
}

/// Measures `act` in worlds of their own, each made by `make`.
fn cost(make: impl Fn() -> Done<World>, act: impl Fn(&mut World) -> Done) -> Done<Cost> {
    let mut nanos = Vec::with_capacity(ROUNDS);
    let (mut allocations, mut bytes) = (0, 0);
    for round in 0..ROUNDS / 20 {
        let mut world = make()?;
        if round == 0 {
            let mut done = Ok(());
            let counted = measure(|| done = act(&mut world));
            done?;
            (allocations, bytes) = (counted.count_total, counted.bytes_total);
            continue;
        }
        let begun = Instant::now();
        act(&mut world)?;
        nanos.push(u64::try_from(begun.elapsed().as_nanos())?);
    }
    nanos.sort_unstable();
    Ok(Cost { allocations, bytes, nanos })
}

impl Cost {
    fn print(&self, what: &str) {
        let at = |percent: usize| self.nanos[(self.nanos.len() - 1) * percent / 100];
        let (allocations, bytes) = (self.allocations, self.bytes);
        println!("step\t{what}\t{allocations}\t{bytes}\t{}\t{}", at(50), at(99));
    }
}

/// One tenant on a market of one instrument.
struct World {
    engine: Engine,
    board: Board,
    effects: Effects,
    bars: i64,
}

impl World {
    fn new(profiles: u64, entry: &str) -> Done<Self> {
        Self::on(Board::new("paper".parse()?, BASE), 0, profiles, entry)
    }

    /// Another tenant on the same market, as far as it has come.
    fn beside(other: &Self, profiles: u64, entry: &str) -> Done<Self> {
        Self::on(other.board.clone(), other.bars, profiles, entry)
    }

    fn on(board: Board, bars: i64, profiles: u64, entry: &str) -> Done<Self> {
        let engine = Engine::new(State::new("alice".parse()?), Settings::default());
        let mut world = Self { engine, board, effects: Effects::default(), bars };
        let control = Some(Arc::new(ControlSnapshot { version: 1, entries: Vec::new() }));
        let at = world.now();
        world.take(Input::Control { at, control })?;
        for number in 1..=profiles {
            world.open(ProfileId::from_bits(number), entry)?;
        }
        Ok(world)
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.bars * MINUTE)
    }

    fn take(&mut self, input: Input<'_>) -> Done {
        self.effects.events.clear();
        self.effects.actions.clear();
        Ok(self.engine.step(input, &mut self.effects)?)
    }

    fn command(&mut self, command: Command) -> Done {
        self.take(Input::Command { at: self.now(), request_id: None, command })
    }

    fn open(&mut self, profile: ProfileId, entry: &str) -> Done {
        let document = document(entry)?;
        let strategy = Arc::new(document.strategy.clone());
        let plan = Plan::compile(strategy, &mut self.board);
        let plan = Box::new(plan.map_err(|faults| format!("{faults:?}"))?);
        let (document, by) = (Box::new(document), "alice".to_owned());
        let expected_version = None;
        self.command(Command::PutProfile { profile, document, plan, expected_version, by })?;
        let (status, reason, by) = (ProfileStatus::Running, String::new(), "alice".to_owned());
        self.command(Command::SetStatus { profile, status, acknowledge: false, reason, by })
    }

    fn warm(mut self) -> Done<Self> {
        for _ in 0..WARM_UP {
            let frame = self.frame()?;
            let now = self.now();
            // Bars that were missed make no signal.
            self.take(Input::Missed(&frame))?;
            self.take(Input::Clock(now))?;
        }
        Ok(self)
    }

    fn frame(&mut self) -> Done<Frame> {
        self.bars += 1;
        let price = |cents: i64| Price::new(Decimal::new(cents, 2));
        let middle = 10_000 + [0, 20, 40, 20, 0, -20, -40, -20][(self.bars % 8) as usize];
        let bar = Bar {
            close_time: self.now(),
            open: price(middle)?,
            high: price(middle + 10)?,
            low: price(middle - 10)?,
            close: price(middle)?,
            volume: "1000".parse()?,
        };
        let mut frames = Vec::new();
        self.board.push(symbol()?, &bar, |frame| frames.push(frame.clone()))?;
        frames.pop().ok_or_else(|| "a bar makes a frame".into())
    }

    fn bar(&mut self) -> Done {
        let frame = self.frame()?;
        let now = self.now();
        self.take(Input::Frame { frame: &frame, now })
    }

    fn clock(&mut self) -> Done {
        self.take(Input::Clock(self.now()))
    }

    /// A bar, and fills of whatever it leads to.
    fn round(&mut self, fills: bool) -> Done {
        self.bar()?;
        if fills { self.fill_all() } else { Ok(()) }
    }

    fn leave(&mut self) -> Done {
        for number in 1..=PROFILES {
            let profile = ProfileId::from_bits(number);
            let (by, reason) = ("alice".to_owned(), String::new());
            self.command(Command::Flatten { profile, by, reason })?;
            self.fill_all()?;
            let (status, reason, by) = (ProfileStatus::Running, String::new(), "alice".to_owned());
            self.command(Command::SetStatus { profile, status, acknowledge: true, reason, by })?;
        }
        Ok(())
    }

    /// The venue fills what was sent by the last step.
    fn fill_all(&mut self) -> Done {
        let sent = self.effects.actions.iter().filter_map(|action| match action {
            Action::Submit(intent) => Some((intent.terms().order_id(), intent.terms().quantity)),
            _ => None,
        });
        let sent: Vec<(OrderId, ballast_domain::Quantity)> = sent.collect();
        let at = self.now();
        for (order, quantity) in sent {
            let fill = Fill {
                id: format!("{}", order.intent.number).parse()?,
                at,
                price: "100".parse()?,
                quantity,
                fee: Money::new(Decimal::ONE, "USD".parse()?),
            };
            let event = BrokerEvent::Filled { order, fill };
            self.take(Input::Broker(BrokerMessage { at, event }))?;
        }
        Ok(())
    }
}

fn symbol() -> Done<Symbol> {
    Ok("ACME".parse()?)
}

fn document(entry: &str) -> Done<ProfileDocument> {
    let strategy = serde_json::json!({
        "version": 1, "kind": "rules", "timeframe": "1m", "symbols": ["ACME"], "entry": entry,
        "exit": "rsi(close, 14) > 1000",
        "sizing": {"type": "fixedQuantity", "quantity": "1"},
        "exits": {"stopLoss": {"type": "percent", "value": "50"},
            "takeProfit": [{"type": "percent", "value": "50", "portion": "1"}]},
    });
    let strategy: StrategyConfig = serde_json::from_value(strategy)?;
    Ok(serde_json::from_value(serde_json::json!({
        "name": "Measured", "venue": "paper", "mode": "paper",
        "capital": {"currency": "USD", "allocated": "100000"},
        "instruments": [{"symbol": "ACME", "assetClass": "stock", "quote": "USD"}],
        "strategy": strategy,
    }))?)
}
