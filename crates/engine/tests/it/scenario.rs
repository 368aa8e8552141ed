//! Random scenarios: markets, strategies, and what people do meanwhile.

use ballast_domain::control::{ControlMode, Scope};
use ballast_domain::exits::{Distance, TargetTerms};
use ballast_domain::profile::FeeSchedule;
use ballast_domain::{
    ActionId, Bar, CorporateAction, Direction, Limits, MarketStatus, OrderType, Price,
    ProfileDocument, ProfileId, ProfileStatus, Protection, Quantity, Side, Signal, SignalTerms,
    Slot, Stop, Symbol, TimeInForce,
};
use ballast_engine::matching::FillRules;
use ballast_engine::risk::TargetChange;
use ballast_engine::step::{ActionTold, Answer, Command, Input, LevelChange, ManualOrder};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::auditor::Auditor;
use crate::fixture::{config, document, entry, exit, hour, manual, read};
use crate::rehearsal::Rehearsal;
use crate::world::World;

/// Strategies that trade often, of every kind of entry, exit and size.
pub(crate) const STRATEGIES: [&str; 10] = [
    r#"{"entry": "false"}"#,
    r#"{"entry": "close > open", "exit": "close < open"}"#,
    r#"{"entry": "crossover(sma(close, 2), sma(close, 4))",
        "exit": "crossunder(sma(close, 2), sma(close, 4))",
        "exits": {"stopLoss": {"type": "percent", "value": 2},
            "takeProfit": [{"type": "percent", "value": 1, "portion": "0.3"},
                {"type": "percent", "value": 3, "portion": "0.5"}]}}"#,
    r#"{"direction": "short", "entry": "close < close[1]",
        "exits": {"trailing": {"type": "percent", "value": 1}}}"#,
    r#"{"direction": "both", "entry": "close > close[1]", "entryShort": "close < close[1]",
        "sizing": {"type": "percentOfEquity", "value": 45}}"#,
    r#"{"direction": "both", "entry": "close > sma(close, 3)",
        "entryShort": "close < sma(close, 3)",
        "exit": "close < open", "exits": {"maxBars": 2},
        "sizing": {"type": "percentOfAvailable", "value": 100}}"#,
    r#"{"entry": "close > lowest(close, 3)", "sizing": {"type": "riskPercent", "value": 1},
        "exits": {"stopLoss": {"type": "atr", "value": 2, "period": 3},
            "takeProfit": [{"type": "atr", "value": 2, "period": 3}],
            "breakEvenAt": {"type": "percent", "value": 1}, "maxBars": 5}}"#,
    r#"{"entry": {"minPass": 2, "rules": [{"name": "Up", "when": "close > open"},
            {"name": "Trend", "required": true, "when": "tf(\"4h\", close > open)"},
            {"name": "High", "when": "close > highest(close, 4)[1]"}]},
        "exits": {"trailing": {"type": "percent", "value": 2}, "maxBars": 6}}"#,
    r#"{"entry": "true", "exit": "close > close[2]", "timeframe": "4h",
        "sizing": {"type": "fixedNotional", "notional": 3000}}"#,
    r#"{"entry": "close < open", "exit": "close > open",
        "sizing": {"type": "fixedQuantity", "quantity": 30},
        "limits": {"maxOpenPositions": 1, "maxOrderNotional": "3200", "maxDataAgeMs": 1}}"#,
];

pub(crate) fn symbols() -> [Symbol; 2] {
    ["GOOG", "MSFT"].map(read)
}

/// How a profile begins.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// Beside those of its strategy.
    pub(crate) limits: Limits,
    pub(crate) strategy: usize,
    lot: Option<&'static str>,
    fees: FeeSchedule,
    slippage_bps: u8,
    volume_share: Option<&'static str>,
}

impl Account {
    pub(crate) fn document(&self, strategy: usize, allocated: u32) -> ProfileDocument {
        let mut config = config(STRATEGIES[strategy]);
        config.symbols = symbols().to_vec();
        let mut document = document(config);
        document.capital.allocated = Decimal::from(allocated);
        document.fees = self.fees;
        document.limits = self.limits.clone();
        for instrument in &mut document.instruments {
            instrument.lot_size = self.lot.map(read);
            instrument.tick_size = Some(read("0.01"));
        }
        document
    }

    fn rules(&self) -> FillRules {
        FillRules {
            fees: self.fees,
            slippage_bps: Decimal::from(self.slippage_bps),
            volume_share: self.volume_share.map(read),
        }
    }
}

/// What people do between two bars. Numbers choose among what there is.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Enter {
        profile: u8,
        symbol: u8,
        direction: Direction,
        units: u16,
        kind: u8,
        extras: u8,
    },
    Exit {
        profile: u8,
        trade: u8,
        quantity: Option<u8>,
        limit: bool,
    },
    Cancel {
        profile: u8,
        order: u8,
    },
    MoveStop {
        profile: u8,
        trade: u8,
        percent: i8,
    },
    /// So many percent in favour of the last price, for so many tenths of the entry.
    MoveTargets {
        profile: u8,
        trade: u8,
        targets: Vec<(i8, u8)>,
    },
    Flatten(u8),
    Preview {
        profile: u8,
        units: u16,
        sells: bool,
    },
    Remove(u8),
    Control(ControlMode, u8),
    ControlUnknown,
    Market(u8, MarketStatus),
    Store {
        away: bool,
    },
    Status(u8, ProfileStatus),
    Change {
        profile: u8,
        strategy: u8,
        allocated: u32,
    },
    Restart,
    Clock,
    /// The issuer of an instrument splits it, or pays a dividend.
    Issuer {
        profile: u8,
        symbol: u8,
        kind: u8,
    },
}

/// How one instrument moves in one bar, in cents.
#[derive(Debug, Clone)]
pub(crate) struct Move {
    gap: bool,
    jump: i16,
    up: u8,
    down: u8,
    drift: i16,
    volume: u16,
}

#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) accounts: Vec<Account>,
    pub(crate) market: Vec<[Move; 2]>,
    pub(crate) acts: Vec<(u8, Act)>,
}

pub(crate) const BARS: usize = 40;

/// Any scenario.
pub(crate) fn scenarios() -> impl Strategy<Value = Scenario> {
    with(acts())
}

/// Scenarios in which nobody restarts anything.
pub(crate) fn calm_scenarios() -> impl Strategy<Value = Scenario> {
    with(acts().prop_filter("nobody restarts", |act| !matches!(act, Act::Restart)))
}

fn with(acts: impl Strategy<Value = Act>) -> impl Strategy<Value = Scenario> {
    let accounts = prop::collection::vec(accounts(), 1..=2);
    let market = prop::collection::vec([moves(), moves()], BARS);
    let acts = prop::collection::vec((0..BARS as u8, acts), 0..25);
    (accounts, market, acts).prop_map(|(accounts, market, mut acts)| {
        acts.sort_by_key(|(turn, _)| *turn);
        Scenario { accounts, market, acts }
    })
}

fn accounts() -> impl Strategy<Value = Account> {
    let percent = |text: &str| FeeSchedule::Percent { maker: read("0.05"), taker: read(text) };
    let per_unit = FeeSchedule::PerUnit { amount: read("0.01"), minimum: read("1") };
    let fees = prop_oneof![Just(FeeSchedule::default()), Just(percent("0.1")), Just(per_unit)];
    let lot = prop_oneof![Just(None), Just(Some("1")), Just(Some("0.001"))];
    let volume_share = prop_oneof![2 => Just(None), 1 => Just(Some("0.05"))];
    (0..STRATEGIES.len(), lot, fees, prop_oneof![Just(0u8), Just(7)], volume_share).prop_map(
        |(strategy, lot, fees, slippage_bps, volume_share)| Account {
            limits: Limits::default(),
            strategy,
            lot,
            fees,
            slippage_bps,
            volume_share,
        },
    )
}

fn moves() -> impl Strategy<Value = Move> {
    let gap = prop::bool::weighted(0.08);
    (gap, -150..150i16, 0..200u8, 0..200u8, -200..200i16, 0..2000u16).prop_map(
        |(gap, jump, up, down, drift, volume)| Move { gap, jump, up, down, drift, volume },
    )
}

fn acts() -> impl Strategy<Value = Act> {
    use ControlMode::{Halted, Paused, Running};
    let market = prop_oneof![
        3 => Just(MarketStatus::Open),
        1 => Just(MarketStatus::Halted),
        1 => Just(MarketStatus::Closed { opens_at: None }),
    ];
    let direction = prop_oneof![2 => Just(Direction::Long), 1 => Just(Direction::Short)];
    let enter = (0..2u8, 0..2u8, direction, 1..120u16, 0..6u8, any::<u8>()).prop_map(
        |(profile, symbol, direction, units, kind, extras)| Act::Enter {
            profile,
            symbol,
            direction,
            units,
            kind,
            extras,
        },
    );
    let exit = (0..2u8, 0..3u8, prop::option::of(1..40u8), any::<bool>()).prop_map(
        |(profile, trade, quantity, limit)| Act::Exit { profile, trade, quantity, limit },
    );
    let mode = prop_oneof![2 => Just(Running), 1 => Just(Paused), 1 => Just(Halted)];
    let status = prop_oneof![3 => Just(ProfileStatus::Running), 1 => Just(ProfileStatus::Stopped)];
    let change = (0..2u8, 0..STRATEGIES.len() as u8, 0..30_000u32)
        .prop_map(|(profile, strategy, allocated)| Act::Change { profile, strategy, allocated });
    prop_oneof![
        8 => enter,
        4 => exit,
        3 => (0..2u8, 0..3u8).prop_map(|(profile, order)| Act::Cancel { profile, order }),
        3 => (0..2u8, 0..3u8, -4..4i8)
            .prop_map(|(profile, trade, percent)| Act::MoveStop { profile, trade, percent }),
        3 => (0..2u8, 0..3u8, prop::collection::vec((-1..4i8, 1..8u8), 0..3))
            .prop_map(|(profile, trade, targets)| Act::MoveTargets { profile, trade, targets }),
        1 => (0..2u8).prop_map(Act::Flatten),
        2 => (0..2u8, 1..120u16, any::<bool>())
            .prop_map(|(profile, units, sells)| Act::Preview { profile, units, sells }),
        1 => (0..2u8).prop_map(Act::Remove),
        3 => (mode, 0..5u8).prop_map(|(mode, scope)| Act::Control(mode, scope)),
        1 => Just(Act::ControlUnknown),
        2 => (0..2u8, market).prop_map(|(symbol, status)| Act::Market(symbol, status)),
        2 => any::<bool>().prop_map(|away| Act::Store { away }),
        3 => (0..2u8, status).prop_map(|(profile, status)| Act::Status(profile, status)),
        2 => change,
        2 => Just(Act::Restart),
        2 => Just(Act::Clock),
        2 => (0..2u8, 0..2u8, 0..5u8)
            .prop_map(|(profile, symbol, kind)| Act::Issuer { profile, symbol, kind }),
    ]
}

impl Scenario {
    /// Plays the first `bars` bars and what people do before each; `watch` sees the world after
    /// every input of theirs and after every bar.
    pub(crate) fn play(&self, bars: usize, watch: impl FnMut(&mut Rehearsal)) -> Rehearsal {
        self.play_audited(bars, None, watch)
    }

    /// As [`Self::play`], under limits of every scope that an auditor knows.
    pub(crate) fn play_audited(
        &self,
        bars: usize,
        auditor: Option<Auditor>,
        mut watch: impl FnMut(&mut Rehearsal),
    ) -> Rehearsal {
        let mut rehearsal = Rehearsal::new(World::new());
        if let Some(auditor) = &auditor {
            auditor.set_wide(&mut rehearsal.world);
        }
        for (account, profile) in self.accounts.iter().zip(1..) {
            let document = account.document(account.strategy, 10_000);
            rehearsal.open(ProfileId::from_bits(profile), account.rules(), document);
        }
        rehearsal.watch_by(auditor);
        let mut prices = [10_000i64, 5_000];
        for (turn, moves) in self.market.iter().take(bars).enumerate() {
            for (_, act) in self.acts.iter().filter(|(at, _)| usize::from(*at) == turn) {
                self.act(&mut rehearsal, act);
                watch(&mut rehearsal);
            }
            let close_time = hour(turn as i64 + 1);
            let mut played = Vec::new();
            for ((symbol, moved), price) in symbols().into_iter().zip(moves).zip(&mut prices) {
                if let Some(bar) = moved.bar(close_time, price) {
                    played.push((symbol, bar));
                }
            }
            rehearsal.bars(&played);
            watch(&mut rehearsal);
        }
        rehearsal
    }

    fn profile(&self, number: u8) -> ProfileId {
        ProfileId::from_bits(u64::from(number) % self.accounts.len() as u64 + 1)
    }

    fn act(&self, rehearsal: &mut Rehearsal, act: &Act) {
        match act {
            Act::Enter { .. } => self.enter(rehearsal, act),
            Act::Exit { .. } => self.exit(rehearsal, act),
            Act::Cancel { profile, order } => {
                let known = rehearsal.world.engine.state().profile(self.profile(*profile)).unwrap();
                let Some(order) = known.working.keys().nth(usize::from(*order)).copied() else {
                    return;
                };
                let reason = "changed my mind".to_owned();
                rehearsal.act(|world| drop(world.command(Command::Cancel { order, reason })));
            }
            Act::MoveStop { .. } => self.move_stop(rehearsal, act),
            Act::MoveTargets { .. } => self.move_targets(rehearsal, act),
            Act::Flatten(profile) => {
                let (profile, by) = (self.profile(*profile), "bob".to_owned());
                let reason = "enough".to_owned();
                rehearsal.act(|world| {
                    world.command(Command::Flatten { profile, by, reason });
                });
            }
            Act::Preview { profile, units, sells } => {
                let side = if *sells { Side::Sell } else { Side::Buy };
                let (profile, symbol) = (self.profile(*profile), symbols()[0]);
                let order = ManualOrder { profile, symbol, ..manual(side, &units.to_string()) };
                rehearsal.act(|world| preview(world, order));
            }
            Act::Remove(profile) => {
                let (profile, by) = (self.profile(*profile), "bob".to_owned());
                let remove = Command::RemoveProfile { profile, expected_version: None, by };
                rehearsal.act(|world| drop(world.command(remove)));
            }
            Act::Control(mode, scope) => {
                let scope = match scope {
                    0 => Scope::Global,
                    1 => Scope::Profile(self.profile(0)),
                    2 => Scope::Symbol(symbols()[1]),
                    3 => Scope::Venue(read("paper")),
                    _ => Scope::Tenant(read("alice")),
                };
                rehearsal.act(|world| world.control(&[(*mode, scope)]));
            }
            Act::ControlUnknown => rehearsal.act(|world| world.follow(None)),
            Act::Market(symbol, status) => {
                let symbol = symbols()[usize::from(*symbol)];
                rehearsal.act(|world| world.market(symbol, *status));
            }
            Act::Store { away } => rehearsal.act(|world| world.store(*away)),
            Act::Status(profile, status) => {
                let profile = self.profile(*profile);
                rehearsal.act(|world| drop(world.set(profile, *status)));
            }
            Act::Change { profile, strategy, allocated } => {
                let profile = self.profile(*profile);
                let account = &self.accounts[profile.bits() as usize - 1];
                let document = account.document(usize::from(*strategy), *allocated);
                rehearsal.change(profile, document);
            }
            Act::Restart => rehearsal.act(World::restart),
            Act::Issuer { profile, symbol, kind } => {
                let (profile, symbol) = (self.profile(*profile), symbols()[usize::from(*symbol)]);
                issuer(rehearsal, profile, symbol, *kind);
            }
            Act::Clock => rehearsal.act(|world| world.take(Input::Clock(world.now))),
        }
    }

    fn enter(&self, rehearsal: &mut Rehearsal, act: &Act) {
        let Act::Enter { profile, symbol, direction, units, kind, extras } = act else { return };
        let (profile, symbol) = (self.profile(*profile), symbols()[usize::from(*symbol)]);
        let working = rehearsal.working(profile);
        let slot = if extras & 1 == 0 { Slot::default() } else { Slot("b".parse().unwrap()) };
        let terms = SignalTerms::Enter {
            direction: *direction,
            slot,
            quantity: Decimal::new(i64::from(*units) * 5, 1),
            order_type: order_type(rehearsal, profile, symbol, *kind),
            time_in_force: time_in_force(extras >> 1),
            protection: protection(*extras, *direction),
            cut_to_available: extras & 64 != 0,
            cancels: working.last().map(|last| ballast_domain::OrderId::main(*last)),
        };
        let signal = Signal { profile, symbol, terms, ..entry("1") };
        rehearsal.act(|world| drop(world.signal(signal)));
    }

    /// A stop near the last price, on either side of where it stands.
    fn move_stop(&self, rehearsal: &mut Rehearsal, act: &Act) {
        let Act::MoveStop { profile, trade, percent } = act else { return };
        let known = rehearsal.world.engine.state().profile(self.profile(*profile)).unwrap();
        let Some(open) = known.trades.values().nth(usize::from(*trade)).cloned() else { return };
        let mark = last_price(rehearsal, known.id, open.symbol);
        let level =
            mark.get() * (Decimal::from(100) + Decimal::from(*percent)) / Decimal::from(100);
        let level = Price::new(level.round_dp(2)).unwrap();
        rehearsal.act(|world| {
            let by = "bob".to_owned();
            let expected_version = Some(open.version());
            let change = LevelChange { stop: Some(level), targets: None };
            let trade = open.id;
            let answer = world.command(Command::MoveLevels { trade, change, expected_version, by });
            let direction = open.direction;
            let closer =
                |stop: Stop| stop.tighter(Stop { level, ..stop }, direction).level == level;
            let restrained = matches!(&answer, Answer::Refused(refusal) if
                ["control", "controlUnknown", "underReview"].contains(&refusal.code()));
            assert!(!restrained || !open.stop.is_none_or(closer), "{open:?} {answer:?}");
        });
    }

    /// Targets near the last price, in the place of all that stand. Nothing that stops entries
    /// stops them, and they never close more than is held.
    fn move_targets(&self, rehearsal: &mut Rehearsal, act: &Act) {
        let Act::MoveTargets { profile, trade, targets } = act else { return };
        let known = rehearsal.world.engine.state().profile(self.profile(*profile)).unwrap();
        let Some(open) = known.trades.values().nth(usize::from(*trade)).cloned() else { return };
        let mark = last_price(rehearsal, known.id, open.symbol).get();
        let way = if open.direction == Direction::Long { 1 } else { -1 };
        let change = |(percent, tenths): &(i8, u8)| {
            let percent = Decimal::from(100 + i64::from(*percent) * way);
            let level = Price::new((mark * percent / Decimal::from(100)).round_dp(2)).unwrap();
            let portion = Some(Decimal::new(i64::from(*tenths), 1));
            TargetChange { number: None, level: Some(level), portion }
        };
        let targets = Some(targets.iter().map(change).collect());
        let change = LevelChange { stop: None, targets };
        rehearsal.act(|world| {
            let (trade, by) = (open.id, "bob".to_owned());
            let expected_version = Some(open.version());
            let answer = world.command(Command::MoveLevels { trade, change, expected_version, by });
            let refused = match &answer {
                Answer::Refused(refusal) => Some(refusal.code()),
                _ => None,
            };
            let restrained = ["control", "controlUnknown", "underReview", "storeAway"];
            assert!(!refused.is_some_and(|code| restrained.contains(&code)), "{answer:?}");
            let profile = world.engine.state().profile(trade.0.profile).unwrap();
            let moved = &profile.trades[&trade];
            let closes: Decimal = moved.targets.iter().map(|it| it.open_quantity().get()).sum();
            let fits = closes <= moved.open_quantity().get();
            assert!(fits || answer != Answer::Done || moved.version() == open.version());
        });
    }

    fn exit(&self, rehearsal: &mut Rehearsal, act: &Act) {
        let Act::Exit { profile, trade, quantity, limit } = act else { return };
        let profile = self.profile(*profile);
        let known = rehearsal.world.engine.state().profile(profile).unwrap();
        let Some(open) = known.trades.values().nth(usize::from(*trade)) else { return };
        let mut signal = Signal { profile, symbol: open.symbol, ..exit(1, None) };
        let price = order_type(rehearsal, profile, open.symbol, 1);
        if let SignalTerms::Exit { trade, quantity: part, order_type, .. } = &mut signal.terms {
            *trade = open.id;
            *part = quantity.map(|units| Quantity::new(Decimal::from(units)).unwrap());
            *order_type = if *limit { price } else { OrderType::Market };
        }
        rehearsal.act(|world| drop(world.signal(signal)));
    }
}

/// What the issuer of an instrument does: the venue follows it, then the engine is told.
fn issuer(rehearsal: &mut Rehearsal, profile: ProfileId, symbol: Symbol, kind: u8) {
    let split = |numerator: &str, denominator: &str| CorporateAction::Split {
        numerator: read(numerator),
        denominator: read(denominator),
        cash_price: last_price(rehearsal, profile, symbol),
    };
    let action = match kind {
        0 => split("2", "1"),
        1 => split("1", "3"),
        2 => split("3", "2"),
        _ => CorporateAction::CashDividend { per_unit: crate::fixture::usd("0.37") },
    };
    let known = rehearsal.world.engine.state().profile(profile).unwrap();
    let id = read(&format!("a{}", known.actions.len()));
    rehearsal.venue_acts(profile, id, (symbol, &action));
    // A flattening leaves anew what the venue's cancel left held; that order has to go first.
    let left_anew = tell(rehearsal, (profile, id, symbol, action.clone()));
    let Answer::Invalid(why) = left_anew else { return assert_eq!(left_anew, Answer::Done) };
    assert!(why.contains("are being cancelled"), "{why}");
    let flattening = &rehearsal.world.engine.state().profile(profile).unwrap().flattening;
    assert!(flattening.is_some(), "{why}");
    assert_eq!(tell(rehearsal, (profile, id, symbol, action)), Answer::Done);
}

fn tell(
    rehearsal: &mut Rehearsal,
    (profile, id, symbol, action): (ProfileId, ActionId, Symbol, CorporateAction),
) -> Answer {
    let told = Box::new(ActionTold { profile, id, symbol, action, by: "alice".to_owned() });
    let mut answer = None;
    rehearsal.act(|world| {
        answer = Some(world.command(Command::CorporateAction { told, plan: None }));
    });
    answer.unwrap()
}

/// What was told beforehand is what comes of it.
fn preview(world: &mut World, order: ManualOrder) {
    // What comes first may open a day that has begun.
    world.command(Command::Preview(Box::new(order.clone())));
    let before = world.engine.state().clone();
    let obstacles = world.command(Command::Obstacles { profile: order.profile });
    let told = world.command(Command::Preview(Box::new(order.clone())));
    assert_eq!(*world.engine.state(), before);
    match (obstacles, &told) {
        (Answer::Obstacles(found), Answer::WouldAccept { terms, .. }) if !terms.is_reducing() => {
            let stands = |symbol: Option<Symbol>| symbol.is_none_or(|of| of == order.symbol);
            assert!(!found.iter().any(|found| stands(found.symbol)), "{terms:?} {found:?}");
        }
        (Answer::Obstacles(_), _) => {}
        (none, told) => assert_eq!((&none, told), (&Answer::NoSuchProfile, &none)),
    }
    match (told, world.command(Command::Order(Box::new(order)))) {
        (Answer::WouldAccept { terms, .. }, Answer::Accepted(order)) => {
            assert_eq!(terms.order_id(), order);
        }
        (told, done) => assert_eq!(told, done),
    }
}

impl Move {
    /// The bar, or nothing in a gap. `price` goes on to its close.
    fn bar(&self, close_time: ballast_domain::Timestamp, price: &mut i64) -> Option<Bar> {
        let open = (*price + i64::from(self.jump)).max(500);
        let close = (open + i64::from(self.drift)).max(500);
        *price = close;
        let cents = |cents: i64| Price::new(Decimal::new(cents, 2)).unwrap();
        let bar = Bar {
            close_time,
            open: cents(open),
            high: cents(open.max(close) + i64::from(self.up)),
            low: cents(open.min(close) - i64::from(self.down)),
            close: cents(close),
            volume: Quantity::new(Decimal::from(self.volume)).unwrap(),
        };
        (!self.gap).then(|| bar.checked().unwrap())
    }
}

fn last_price(rehearsal: &Rehearsal, profile: ProfileId, symbol: Symbol) -> Price {
    rehearsal.world.engine.mark(profile, symbol).map_or(read("100"), |(price, _)| price)
}

fn order_type(rehearsal: &Rehearsal, profile: ProfileId, symbol: Symbol, kind: u8) -> OrderType {
    let mark = last_price(rehearsal, profile, symbol);
    let away = |percent: i64| {
        let price = mark.get() * Decimal::from(100 + percent) / Decimal::ONE_HUNDRED;
        Price::new(price).unwrap()
    };
    match kind {
        1 => OrderType::Limit { limit_price: away(-1) },
        2 => OrderType::Limit { limit_price: away(1) },
        3 => OrderType::Stop { stop_price: away(1) },
        4 => OrderType::StopLimit { stop_price: away(1), limit_price: away(2) },
        5 => OrderType::TrailingStop { distance: Decimal::ONE },
        _ => OrderType::Market,
    }
}

fn time_in_force(number: u8) -> TimeInForce {
    match number % 4 {
        0 => TimeInForce::Day,
        1 => TimeInForce::Ioc,
        2 => TimeInForce::Fok,
        _ => TimeInForce::Gtc,
    }
}

fn protection(extras: u8, direction: Direction) -> Protection {
    let some = |bit: u8, percent: i64| {
        (extras & bit != 0).then(|| Distance::Percent(Decimal::from(percent)))
    };
    let portion = Decimal::new(6, 1);
    let target = some(16, 1).map(|distance| TargetTerms { distance, portion });
    Protection {
        stop_loss: some(8, if direction == Direction::Long { 1 } else { 2 }),
        targets: target.into_iter().collect(),
        trailing: some(32, 2),
        break_even_at: some(128, 1),
        max_bars: None,
    }
}
