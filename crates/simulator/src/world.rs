//! The world of one scenario: plays its steps, and looks at what must hold after each.

use std::sync::Arc;

use anyhow::{Context, Result};
use ballast_domain::control::{ControlEntry, ControlMode, ControlSnapshot, Scope};
use ballast_domain::{
    Availability, Bar, MarketStatus, Price, Product, ProfileStatus, Symbol, Timeframe, Timestamp,
};
use ballast_engine::market::Board;
use ballast_engine::matching::PlayedBar;
use ballast_engine::run::Delivery;
use ballast_engine::step::{Command, Settings};
use ballast_storage::Store;

use crate::Outcome;
use crate::market::Move;
use crate::people;
use crate::ports::WorldClock;
use crate::scenario::{Scenario, Step};
use crate::strategies::{Catalogue, limits, rules};
use crate::tenant::{Common, Tenant};

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const MINUTE_NANOS: i64 = 60 * NANOS_PER_SECOND;
/// Rounds of a minute each after which everything must have been decided.
const QUIET_ROUNDS: usize = 60;
/// Bars by which what was flattened must have been left.
const LAST_BARS: usize = 8;

struct World {
    common: Common,
    board: Board,
    tenants: Vec<Tenant>,
    /// The close of the last minute.
    close: Timestamp,
    /// By how much the clock is wrong.
    skew_nanos: i64,
    cents: [i64; 2],
    prices: [Option<Price>; 2],
    control_version: u64,
    steps: u64,
    trace: bool,
}

/// Plays a scenario to its end, or to the first violation.
///
/// # Errors
/// When the world itself is at fault.
pub(crate) fn play(scenario: &Scenario, trace: bool) -> Result<Outcome> {
    let mut world = World::new(scenario, trace)?;
    let played = world.play(scenario);
    let mut outcome = world.outcome();
    if outcome.violations.is_empty() {
        played?;
        outcome.tally.run("scenario");
    }
    Ok(outcome)
}

fn product(active: bool, number: usize) -> Result<Arc<Product>> {
    let availability = match active {
        true => Availability::Active,
        false => Availability::Maintenance { message: "simulated".to_owned(), until: None },
    };
    Ok(Arc::new(Product { availability, limits: limits(number)?, live_trading: false }))
}

impl World {
    fn new(scenario: &Scenario, trace: bool) -> Result<Self> {
        let (catalogue, board) = Catalogue::compile()?;
        let clock = Arc::new(WorldClock::default());
        let close: Timestamp = "2024-05-13T21:00:00Z".parse().context("an instant")?;
        clock.set(close);
        let (store, _) = Store::memory(&[], Arc::<WorldClock>::clone(&clock))?;
        let settings =
            Settings { unknown_grace_nanos: 90 * NANOS_PER_SECOND, ..Settings::default() };
        let control = Some(Arc::new(ControlSnapshot { version: 1, entries: Vec::new() }));
        let common = Common {
            catalogue,
            clock: Arc::clone(&clock),
            store,
            settings,
            frames: Vec::new(),
            control,
            product: Arc::default(),
            markets: Arc::default(),
        };
        let mut tenants = Vec::with_capacity(scenario.tenants.len());
        for (number, accounts) in scenario.tenants.iter().enumerate() {
            let id = format!("tenant{number}").parse().context("a tenant's name")?;
            tenants.push(Tenant::new(id, accounts.clone(), Arc::clone(&clock), trace)?);
        }
        let mut world = Self {
            common,
            board,
            tenants,
            close,
            skew_nanos: 0,
            cents: [10_000, 5_000],
            prices: [None, None],
            control_version: 1,
            steps: 0,
            trace,
        };
        world.begin()?;
        Ok(world)
    }

    /// Every tenant starts, makes its profiles and lets them run.
    fn begin(&mut self) -> Result<()> {
        for tenant in &mut self.tenants {
            for number in 0..tenant.accounts.len() as u8 {
                let (profile, account) = tenant.profile(number);
                tenant.outside.lock().rules.insert(profile, (rules(&account), account.in_kind));
            }
            tenant.start(&self.common)?;
            for number in 0..tenant.accounts.len() as u8 {
                let (profile, account) = tenant.profile(number);
                let (strategy, by) = (account.strategy, "alice".to_owned());
                let document =
                    self.common.catalogue.document(&account, strategy, account.allocated)?;
                tenant.ask(Command::PutProfile {
                    profile,
                    document: Box::new(document),
                    plan: Box::new(self.common.catalogue.plan(strategy).clone()),
                    expected_version: Some(0),
                    by: by.clone(),
                });
                let (status, reason) = (ProfileStatus::Running, "simulated".to_owned());
                let acknowledge = false;
                tenant.ask(Command::SetStatus { profile, status, acknowledge, reason, by });
            }
            tenant.run()?;
        }
        Ok(())
    }

    fn play(&mut self, scenario: &Scenario) -> Result<()> {
        for step in &scenario.steps {
            self.steps += 1;
            self.note(|| format!("{step:?}"));
            self.step(step)?;
            self.tenants.iter().for_each(Tenant::check_on_the_way);
            if self.has_failed() {
                return Ok(());
            }
        }
        self.end()
    }

    fn step(&mut self, step: &Step) -> Result<()> {
        match step {
            Step::Bar(moves) => self.bar(moves),
            Step::Quiet => self.quiet(),
            Step::Control(mode, scope) => {
                let control = self.stop(*mode, *scope)?;
                self.common.control = Some(control);
                self.follow()
            }
            Step::ControlUnknown => {
                self.common.control = None;
                self.follow()
            }
            Step::Product { active, limits } => {
                self.common.product = product(*active, *limits)?;
                self.follow()
            }
            Step::Market { symbol, status } => {
                let symbol = self.common.catalogue.symbols[usize::from(*symbol)];
                Arc::make_mut(&mut self.common.markets).put(symbol, *status);
                self.tally("market opened, halted or closed");
                self.follow()
            }
            Step::ClockJump(seconds) => {
                self.skew_nanos = i64::from(*seconds) * NANOS_PER_SECOND;
                self.set_clock();
                self.tally("clock set");
                Ok(())
            }
            Step::Tick(tenant) => {
                let Some(tenant) = self.tenants.get_mut(*tenant) else { return Ok(()) };
                tenant.deliver(|| Delivery::Tick);
                tenant.run()
            }
            Step::Person(tenant, act) => {
                let Some(tenant) = self.tenants.get_mut(*tenant) else { return Ok(()) };
                let command = people::command(tenant, &self.common.catalogue, self.prices, act)?;
                if let Some(command) = command {
                    tenant.ask(command);
                }
                tenant.run()
            }
            Step::Fault(tenant, fault) => {
                let Some(tenant) = self.tenants.get_mut(*tenant) else { return Ok(()) };
                tenant.outside.lock().arm(*fault);
                tenant.run()
            }
            Step::Crash { tenant, at, down, snapshot } => {
                let Some(tenant) = self.tenants.get_mut(*tenant) else { return Ok(()) };
                tenant.crash(*at, *down, *snapshot)
            }
            Step::TakeOver(tenant) => {
                let Some(tenant) = self.tenants.get_mut(*tenant) else { return Ok(()) };
                tenant.take_over(&self.common)?;
                tenant.run()
            }
        }
    }

    /// A minute ends: the venue plays its bars, then the engines see the frames.
    fn bar(&mut self, moves: &[Move; 2]) -> Result<()> {
        self.next_minute();
        for tenant in &mut self.tenants {
            tenant.outside.lock().venue.advance(1);
            tenant.drain(&self.common)?;
            tenant.recover(&self.common)?;
            tenant.run()?;
        }
        let symbols = self.common.catalogue.symbols;
        let mut bars = Vec::with_capacity(symbols.len());
        for (place, symbol) in symbols.into_iter().enumerate() {
            let bar = moves[place].bar(self.close, &mut self.cents[place]);
            let is_open = self.common.markets.status(symbol) == MarketStatus::Open;
            if let Some(bar) = bar.filter(|_| is_open) {
                self.prices[place] = Some(bar.close);
                bars.push((symbol, bar));
            }
        }
        let mut played = Vec::with_capacity(bars.len());
        for (symbol, bar) in &bars {
            played.push(self.play_bar(*symbol, *bar)?);
        }
        self.close_frames(&bars)?;
        for tenant in &mut self.tenants {
            for bar in &played {
                tenant.outside.lock().venue.play(|account, said| account.at_close(bar, said));
            }
            tenant.run()?;
        }
        Ok(())
    }

    fn play_bar(&mut self, symbol: Symbol, bar: Bar) -> Result<PlayedBar> {
        let open_time = Timeframe::M1.open_of(bar.close_time);
        let played = PlayedBar { symbol, open_time, bar };
        let day_ends = open_time.utc_day() != bar.close_time.utc_day();
        for tenant in &mut self.tenants {
            let outside = tenant.outside.clone();
            loop {
                let before = outside.lock().venue.orders_taken();
                outside.lock().venue.play(|account, said| account.open(&played, said));
                tenant.run()?;
                if outside.lock().venue.orders_taken() == before {
                    break;
                }
            }
            outside.lock().venue.play(|account, said| account.inside(&played, said));
            tenant.run()?;
            outside.lock().venue.play(|account, said| account.end(&played, day_ends, said));
            outside.lock().venue.play(|account, _| account.follow(symbol, &bar));
            tenant.run()?;
        }
        Ok(played)
    }

    fn close_frames(&mut self, bars: &[(Symbol, Bar)]) -> Result<()> {
        let mut frames = Vec::new();
        for (symbol, bar) in bars {
            self.board.push(*symbol, bar, |frame| frames.push(Arc::new(frame.clone())))?;
        }
        self.board.expire(self.close, |frame| frames.push(Arc::new(frame.clone())));
        for frame in frames {
            for tenant in &mut self.tenants {
                tenant.close(&frame, bars);
                tenant.run()?;
            }
            self.common.frames.push(frame);
        }
        Ok(())
    }

    /// Lets everything arrive and be decided, and looks whether all agree.
    fn quiet(&mut self) -> Result<()> {
        for tenant in &mut self.tenants {
            tenant.calm_down(&self.common)?;
        }
        let mut rested = 0;
        for _ in 0..QUIET_ROUNDS {
            self.next_minute();
            for tenant in &mut self.tenants {
                tenant.outside.lock().venue.advance(5);
                tenant.drain(&self.common)?;
                tenant.recover(&self.common)?;
                tenant.deliver(|| Delivery::Tick);
                tenant.run()?;
            }
            let at_rest = self.tenants.iter().all(|tenant| tenant.is_at_rest(&self.common));
            rested = if at_rest { rested + 1 } else { 0 };
            if rested == 3 || self.has_failed() {
                break;
            }
        }
        for tenant in &mut self.tenants {
            tenant.check_at_rest(&self.common)?;
            if tenant.is_at_rest(&self.common) {
                tenant.issuer_acts(&self.common, self.steps)?;
                tenant.check_at_rest(&self.common)?;
            }
        }
        Ok(())
    }

    /// Everything is left, and everybody agrees that it was.
    fn end(&mut self) -> Result<()> {
        self.skew_nanos = 0;
        self.control_version += 1;
        let control = ControlSnapshot { version: self.control_version, entries: Vec::new() };
        self.common.control = Some(Arc::new(control));
        self.common.product = Arc::default();
        self.common.markets = Arc::default();
        self.follow()?;
        self.quiet()?;
        for tenant in &mut self.tenants {
            for number in 0..tenant.accounts.len() as u8 {
                let (profile, by) = (tenant.profile(number).0, "bob".to_owned());
                let reason = "the end".to_owned();
                tenant.ask(Command::Flatten { profile, by, reason });
            }
            tenant.run()?;
        }
        for _ in 0..LAST_BARS {
            self.bar(&[Move::still(), Move::still()])?;
        }
        self.quiet()?;
        for tenant in &self.tenants {
            tenant.check_flat();
        }
        Ok(())
    }

    fn next_minute(&mut self) {
        self.close = self.close.saturating_add_nanos(MINUTE_NANOS);
        self.set_clock();
    }

    fn set_clock(&self) {
        self.common.clock.set(self.close.saturating_add_nanos(self.skew_nanos));
    }

    fn follow(&mut self) -> Result<()> {
        for tenant in &mut self.tenants {
            tenant.follow(&self.common);
            tenant.run()?;
        }
        Ok(())
    }

    fn stop(&mut self, mode: ControlMode, scope: u8) -> Result<Arc<ControlSnapshot>> {
        self.control_version += 1;
        let first = &self.tenants[0];
        let scope = match scope {
            0 => Scope::Global,
            1 => Scope::Profile(first.profile(0).0),
            2 => Scope::Symbol(self.common.catalogue.symbols[1]),
            3 => Scope::Venue(self.common.catalogue.venue),
            _ => Scope::Tenant(first.id.clone()),
        };
        let (by, reason) = ("op".to_owned(), "simulated".to_owned());
        let entries = vec![ControlEntry { scope, mode, by, at: self.close, reason }];
        Ok(Arc::new(ControlSnapshot { version: self.control_version, entries }))
    }

    fn has_failed(&self) -> bool {
        self.tenants.iter().any(|tenant| !tenant.outside.lock().violations.is_empty())
    }

    fn tally(&self, what: &'static str) {
        if let Some(first) = self.tenants.first() {
            first.outside.lock().venue.tally.other_fault(what);
        }
    }

    fn note(&self, line: impl Fn() -> String) {
        if self.trace {
            for tenant in &self.tenants {
                tenant.outside.lock().note(&line);
            }
        }
    }

    fn outcome(self) -> Outcome {
        let mut outcome = Outcome::default();
        for tenant in &self.tenants {
            let mut outside = tenant.outside.lock();
            outcome.violations.append(&mut outside.violations);
            outcome.tally.add(&outside.venue.tally);
            outcome.trace.extend(outside.trace.take().unwrap_or_default());
        }
        outcome.tally.steps(self.steps);
        outcome
    }
}
