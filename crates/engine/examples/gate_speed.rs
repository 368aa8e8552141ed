//! How long the gate takes for one signal, with every check on, for a tenant of 20 profiles with
//! 200 positions and 1,000 working orders.
//!
//! `cargo run --release -p ballast-engine --example gate_speed`
//!
//! Prints a line for each kind of signal: what it is, then the nanoseconds at the median, at the
//! 99th percentile and at most, separated by tabs. `cargo xtask bench gate` makes a table of it.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]
#![expect(clippy::disallowed_types, reason = "it measures; what it measures has no clock")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use ballast_domain::control::{ControlEntry, ControlMode, ControlSnapshot, Scope};
use ballast_domain::event::EVENT_VERSION;
use ballast_domain::{
    Cause, Direction, Envelope, Event, ExitReason, Fill, IntentId, LimitScope, Limits, Lock,
    LockReason, Markets, Money, OrderId, OrderTerms, OrderType, Origin, Product, ProfileDocument,
    ProfileId, ProfileStatus, Protection, Purpose, Signal, SignalTerms, Slot, Symbol, TimeInForce,
    Timestamp, TradeId,
};
use ballast_engine::risk::{View, check};
use ballast_engine::state::State;
use rust_decimal::Decimal;

const PROFILES: u64 = 20;
const INSTRUMENTS: u64 = 10;
/// Working entries and exits of each instrument of each profile.
const ENTRIES: u64 = 3;
const EXITS: u64 = 2;
const ROUNDS: u64 = 200_000;

/// Every limit, so wide that an entry passes all of them.
const LIMITS: &str = r#"{"maxOpenPositions": 100000, "maxOrderNotional": 1000000000000,
    "maxOrderQuantity": 1000000000, "maxDataAgeMs": 60000, "maxPositionNotional": 1000000000000,
    "maxExposure": 1000000000000, "maxOpenOrderNotional": 1000000000000,
    "maxOrdersPerMinute": 1000, "minEntryIntervalMs": 1, "maxDailyLoss": 1000000000,
    "maxDailyLossPercent": 99, "maxDrawdownPercent": 99, "maxConsecutiveLosses": 20,
    "lossCooldownMinutes": 60, "cooldownMinutes": 60, "restrictedSymbols": ["NONE", "OTHER"],
    "stopGuard": {"stops": 20, "lookbackMinutes": 60, "lockMinutes": 60},
    "lowProfitLock": {"trades": 20, "lookbackMinutes": 60, "lockMinutes": 60,
        "minProfitPercent": 0}, "priceCollarPercent": 10, "maxPriceRatio": 3}"#;

type Done<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Done {
    let world = World::new()?;
    let orders: usize = world.state.profiles().map(|profile| profile.working.len()).sum();
    let trades: usize = world.state.profiles().map(|profile| profile.trades.len()).sum();
    assert_eq!((trades, orders), (200, 1_000));
    world.measure("entries accepted", Ok(()), |world, profile, symbol| {
        world.entry(profile, symbol, Decimal::TEN)
    });
    world.measure("entries refused last", Err("insufficientCapital"), |world, profile, symbol| {
        world.entry(profile, symbol, Decimal::from(100_000_000))
    });
    world.measure("exits accepted", Ok(()), |world, profile, symbol| world.exit(profile, symbol));
    Ok(())
}

struct World {
    state: State,
    product: Product,
    markets: Markets,
    control: ControlSnapshot,
    open_profit: BTreeMap<ProfileId, Decimal>,
    symbols: Vec<Symbol>,
    now: Timestamp,
}

impl World {
    fn new() -> Done<Self> {
        let limits: Limits = serde_json::from_str(LIMITS)?;
        let now: Timestamp = "2024-05-13T12:00:00Z".parse()?;
        let symbols = (0..INSTRUMENTS).map(|number| format!("SYM{number}").parse());
        let stop = |number: u64| ControlEntry {
            scope: Scope::Profile(ProfileId::from_bits(1_000 + number)),
            mode: ControlMode::Paused,
            by: "op".to_owned(),
            at: now,
            reason: "of somebody else".to_owned(),
        };
        let mut world = Self {
            state: State::new("alice".parse()?),
            product: Product { limits: limits.clone(), ..Product::default() },
            markets: Markets::default(),
            control: ControlSnapshot { version: 1, entries: (0..5).map(stop).collect() },
            open_profit: BTreeMap::new(),
            symbols: symbols.collect::<Result<_, _>>()?,
            now,
        };
        let (limits, by) = (Box::new(limits), "alice".to_owned());
        world.apply(Event::LimitsChanged { version: 1, limits, by })?;
        for number in 1..=PROFILES {
            world.open(ProfileId::from_bits(number))?;
        }
        Ok(world)
    }

    fn apply(&mut self, event: Event) -> Done {
        let envelope = Envelope {
            version: EVENT_VERSION,
            seq: self.state.last_seq() + 1,
            at: self.now,
            request_id: None,
            cause: Cause::Clock,
            event,
        };
        Ok(self.state.apply(&envelope)?)
    }

    /// A profile with a position in every instrument, and orders that work for it.
    fn open(&mut self, profile: ProfileId) -> Done {
        let (document, by) = (Box::new(self.document()?), "alice".to_owned());
        self.apply(Event::ProfileChanged { profile, version: 1, document, by })?;
        let (status, reason) = (ProfileStatus::Running, String::new());
        self.apply(Event::ProfileStatusChanged { profile, status, reason, by: None })?;
        let equity = Money::new(Decimal::from(1_000_000_000), "USD".parse()?);
        let day = serde_json::from_str("\"2024-05-13\"")?;
        self.apply(Event::DayOpened { profile, day, equity })?;
        self.apply(Event::PeakEquity { profile, equity })?;
        self.open_profit.insert(profile, Decimal::from(-1_000));
        for symbol in self.symbols.clone() {
            let bought = self.order(profile, symbol, None, OrderType::Market, 0)?;
            let fill = Fill {
                id: format!("fill-{}", bought.intent.number).parse()?,
                at: self.now,
                price: "100".parse()?,
                quantity: "100".parse()?,
                fee: Money::zero("USD".parse()?),
            };
            self.apply(Event::OrderFilled { order: bought, fill: Box::new(fill) })?;
            for slot in 1..=ENTRIES {
                let limit_price = Decimal::from(100 - slot * 5).to_string().parse()?;
                self.order(profile, symbol, None, OrderType::Limit { limit_price }, slot)?;
            }
            for slot in 1..=EXITS {
                let limit_price = Decimal::from(100 + slot * 5).to_string().parse()?;
                let trade = Some(TradeId(bought.intent));
                self.order(profile, symbol, trade, OrderType::Limit { limit_price }, slot)?;
            }
            let why = LockReason::Cooldown { minutes: 5, scope: LimitScope::Profile };
            let lock = Lock { symbol: Some(symbol), until: self.now, why };
            self.apply(Event::EntriesLocked { profile, lock })?;
        }
        Ok(())
    }

    fn document(&self) -> Done<ProfileDocument> {
        let instrument = |symbol: &Symbol| {
            format!(
                r#"{{"symbol": "{symbol}", "assetClass": "stock", "quote": "USD",
                    "tickSize": "0.01", "lotSize": "1", "minNotional": "1"}}"#
            )
        };
        let instruments = self.symbols.iter().map(instrument).collect::<Vec<_>>().join(",");
        let symbols = serde_json::to_string(&self.symbols)?;
        let text = format!(
            r#"{{"name": "Bench", "venue": "paper", "mode": "paper", "instruments": [{instruments}],
                "capital": {{"currency": "USD", "allocated": "1000000000"}}, "limits": {LIMITS},
                "fees": {{"type": "percent", "maker": "0.1", "taker": "0.2"}},
                "timeZone": "America/New_York", "preset": "bench",
                "strategy": {{"version": 1, "kind": "rules", "timeframe": "1h",
                    "symbols": {symbols}, "entry": "false", "limits": {LIMITS},
                    "sizing": {{"type": "fixedQuantity", "quantity": "1"}}}}}}"#
        );
        Ok(serde_json::from_str(&text)?)
    }

    /// An order that was accepted an hour ago: an entry of 100 units, or an exit of 20 of a trade.
    fn order(
        &mut self,
        profile: ProfileId,
        symbol: Symbol,
        trade: Option<TradeId>,
        order_type: OrderType,
        slot: u64,
    ) -> Done<OrderId> {
        let number = self.state.profile(profile).map_or(0, |known| known.last_intent) + 1;
        let intent = IntentId { profile, number };
        let direction = Direction::Long;
        let (side, quantity, reserved, purpose) = match trade {
            Some(trade) => {
                let reason = ExitReason::Manual;
                let purpose = Purpose::Exit { trade, reason, then: None };
                (direction.exit_side(), "20", Decimal::ZERO, purpose)
            }
            None => {
                let slot = Slot(format!("slot-{slot}").parse().unwrap_or_default());
                let protection = Protection::default();
                let purpose = Purpose::Enter { direction, slot, protection };
                (direction.entry_side(), "100", Decimal::from(10_000), purpose)
            }
        };
        let terms = OrderTerms {
            intent,
            accepted_at: self.now.saturating_add_nanos(-3_600_000_000_000),
            symbol,
            side,
            order_type,
            time_in_force: TimeInForce::Gtc,
            quantity: quantity.parse()?,
            reserved: Money::new(reserved, "USD".parse()?),
            cancels: None,
            purpose,
        };
        let order = terms.order_id();
        let (terms, control_version) = (Arc::new(terms), 1);
        self.apply(Event::IntentAccepted { terms, control_version, origin: None })?;
        Ok(order)
    }

    fn signal(&self, profile: ProfileId, symbol: Symbol, terms: SignalTerms) -> Signal {
        Signal { origin: Origin::Manual { by: "alice".to_owned() }, profile, symbol, terms }
    }

    fn entry(&self, profile: ProfileId, symbol: Symbol, quantity: Decimal) -> Signal {
        let terms = SignalTerms::Enter {
            direction: Direction::Long,
            slot: Slot::default(),
            quantity,
            order_type: OrderType::Market,
            time_in_force: TimeInForce::Gtc,
            protection: Protection::default(),
            cut_to_available: false,
            cancels: None,
        };
        self.signal(profile, symbol, terms)
    }

    fn exit(&self, profile: ProfileId, symbol: Symbol) -> Signal {
        let held = self.state.profile(profile).and_then(|known| known.trades_of(symbol).next());
        let trade = held.map_or(TradeId(IntentId { profile, number: 0 }), |trade| trade.id);
        let terms = SignalTerms::Exit {
            trade,
            quantity: None,
            order_type: OrderType::Market,
            time_in_force: TimeInForce::Gtc,
            reason: ExitReason::Manual,
            then: None,
        };
        self.signal(profile, symbol, terms)
    }

    /// Asks the gate again and again, about another instrument of another profile each time.
    fn measure(
        &self,
        what: &str,
        expected: Result<(), &str>,
        make: impl Fn(&Self, ProfileId, Symbol) -> Signal,
    ) {
        let mut nanos = Vec::new();
        for round in 0..ROUNDS {
            let profile = ProfileId::from_bits(round * 7 % PROFILES + 1);
            let symbol = self.symbols[(round * 3 % INSTRUMENTS) as usize];
            let signal = make(self, profile, symbol);
            let Some(known) = self.state.profile(profile) else { continue };
            let view = View {
                store_away: false,
                markets: &self.markets,
                state: &self.state,
                profile: known,
                product: &self.product,
                control: Some(&self.control),
                open_profit: &self.open_profit,
                mark: "100".parse().ok().map(|price| (price, self.now)),
                at: self.now,
                now: self.now,
            };
            let begun = Instant::now();
            let verdict = check(&signal, &view);
            nanos.push(begun.elapsed().as_nanos());
            assert_eq!(verdict.map(drop).map_err(|refusal| refusal.code()), expected);
        }
        nanos.sort_unstable();
        let at = |share: usize| nanos[(nanos.len() - 1) * share / 100];
        println!("{what}\t{}\t{}\t{}", at(50), at(99), at(100));
    }
}
