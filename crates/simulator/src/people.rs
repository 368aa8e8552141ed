//! What people ask for: an act of the scenario as a command, by what the tenant has just now.

use anyhow::Result;
use ballast_domain::exits::{Distance, TargetTerms};
use ballast_domain::{
    Direction, ExitReason, OrderId, OrderType, Origin, Price, ProfileId, Protection, Quantity,
    Side, Signal, SignalTerms, Slot, TimeInForce,
};
use ballast_engine::position::standing_targets;
use ballast_engine::risk::{Change, TargetChange, is_standing};
use ballast_engine::state::{Profile, State};
use ballast_engine::step::{Command, LevelChange, ManualOrder, Partner};
use rust_decimal::Decimal;

use crate::scenario::Act;
use crate::strategies::{Catalogue, limits};
use crate::tenant::Tenant;

const PERSON: &str = "alice";

/// What is asked for; nothing when there is nothing to ask for. `prices` are the last ones.
pub(crate) fn command(
    tenant: &Tenant,
    catalogue: &Catalogue,
    prices: [Option<Price>; 2],
    act: &Act,
) -> Result<Option<Command>> {
    let by = || PERSON.to_owned();
    let reason = || "simulated".to_owned();
    let outside = tenant.outside.lock();
    let known = |number: u8| outside.state.profile(tenant.profile(number).0);
    Ok(match act {
        Act::Enter { profile, .. } => {
            enter(&outside.state, tenant.profile(*profile).0, catalogue, prices, act)
        }
        Act::Order { profile, .. } => order(tenant.profile(*profile).0, catalogue, prices, act),
        Act::Pair { profile, .. } => pair(tenant.profile(*profile).0, catalogue, prices, act),
        Act::Exit { profile, .. } => {
            known(*profile).and_then(|known| exit(known, catalogue, prices, act))
        }
        Act::Cancel { profile, order } => known(*profile).and_then(|known| {
            let order = *known.working.keys().nth(usize::from(*order))?;
            Some(Command::Cancel { order, reason: reason() })
        }),
        Act::Amend { profile, .. } => {
            known(*profile).and_then(|known| amend(known, catalogue, prices, act))
        }
        Act::MoveStop { profile, .. } => {
            known(*profile).and_then(|known| move_stop(known, catalogue, prices, act))
        }
        Act::MoveTargets { profile, .. } => {
            known(*profile).and_then(|known| move_targets(known, catalogue, prices, act))
        }
        Act::Flatten(profile) => {
            let profile = tenant.profile(*profile).0;
            Some(Command::Flatten { profile, by: by(), reason: reason() })
        }
        Act::Remove(profile) => {
            let profile = tenant.profile(*profile).0;
            Some(Command::RemoveProfile { profile, expected_version: None, by: by() })
        }
        Act::Limit(number) => {
            let limits = Box::new(limits(*number)?);
            Some(Command::SetLimits { limits, expected_version: None, by: by() })
        }
        Act::Unlock(profile) => {
            let profile = tenant.profile(*profile).0;
            Some(Command::Unlock { profile, symbol: None, by: by() })
        }
        Act::Status(profile, status) => Some(Command::SetStatus {
            profile: tenant.profile(*profile).0,
            status: *status,
            acknowledge: true,
            reason: reason(),
            by: by(),
        }),
        Act::Change { profile, strategy, allocated } => {
            let (profile, account) = tenant.profile(*profile);
            let strategy = usize::from(*strategy);
            let document = catalogue.document(&account, strategy, *allocated)?;
            Some(Command::PutProfile {
                profile,
                document: Box::new(document),
                plan: Box::new(catalogue.plan(strategy).clone()),
                expected_version: None,
                by: by(),
            })
        }
    })
}

/// An order as a person writes it, which may enter or leave.
fn order(
    profile: ProfileId,
    catalogue: &Catalogue,
    prices: [Option<Price>; 2],
    act: &Act,
) -> Option<Command> {
    let Act::Order { symbol, units, sells, kind, .. } = act else { return None };
    let place = usize::from(*symbol);
    Some(Command::Order(Box::new(ManualOrder {
        profile,
        symbol: catalogue.symbols[place],
        side: if *sells { Side::Sell } else { Side::Buy },
        quantity: Decimal::new(i64::from(*units) * 5, 1),
        order_type: order_type(prices[place], *kind),
        time_in_force: TimeInForce::Gtc,
        protection: Protection::default(),
        trade: None,
        reduce_only: false,
        partner: None,
        by: PERSON.to_owned(),
    })))
}

/// Two entries of which the first to fill cancels the other.
fn pair(
    profile: ProfileId,
    catalogue: &Catalogue,
    prices: [Option<Price>; 2],
    act: &Act,
) -> Option<Command> {
    let Act::Pair { symbol, units, sells, kinds, .. } = act else { return None };
    let half = |place: usize| {
        let (symbol, units, sells) = (*symbol, units[place], sells[place]);
        let act = Act::Order { profile: 0, symbol, units, sells, kind: kinds[place] };
        match order(profile, catalogue, prices, &act) {
            Some(Command::Order(half)) => Some(half),
            _ => None,
        }
    };
    let (first, other) = (half(0)?, half(1)?);
    Some(Command::Order(Box::new(ManualOrder { partner: Some(Partner::Entry(other)), ..*first })))
}

fn enter(
    state: &State,
    profile: ProfileId,
    catalogue: &Catalogue,
    prices: [Option<Price>; 2],
    act: &Act,
) -> Option<Command> {
    let Act::Enter { symbol, direction, units, kind, extras, .. } = act else { return None };
    let place = usize::from(*symbol);
    let works = state.profile(profile).and_then(|known| known.working.keys().next_back());
    let terms = SignalTerms::Enter {
        direction: *direction,
        slot: if extras & 1 == 0 { Slot::default() } else { Slot("b".parse().ok()?) },
        quantity: Decimal::new(i64::from(*units) * 5, 1),
        order_type: order_type(prices[place], *kind),
        time_in_force: time_in_force(extras >> 1),
        protection: protection(*extras, *direction),
        cut_to_available: extras & 64 != 0,
        cancels: works.map(|last| OrderId::main(last.intent)),
    };
    let origin = Origin::Manual { by: PERSON.to_owned() };
    let signal = Signal { origin, profile, symbol: catalogue.symbols[place], terms };
    Some(Command::Signal(Box::new(signal)))
}

/// A working order becomes another: its units, and its prices near the last one. Where none rests,
/// one is placed that will for a while.
fn amend(
    known: &Profile,
    catalogue: &Catalogue,
    prices: [Option<Price>; 2],
    act: &Act,
) -> Option<Command> {
    let Act::Amend { order, units, percent, .. } = act else { return None };
    let resting: Vec<_> = known
        .working
        .values()
        .filter(|order| order.terms.order_type != OrderType::Market)
        .collect();
    let Some(works) = resting.get(usize::from(*order) % resting.len().max(1)) else {
        return rest(known.id, catalogue, prices, *units);
    };
    let place = catalogue.symbols.iter().position(|symbol| *symbol == works.terms.symbol)?;
    let near = |percent: i64| away(prices[place]?, percent);
    let percent = i64::from(*percent);
    let quantity = (*units > 0).then(|| Decimal::new(i64::from(*units) * 5, 1));
    let change = match works.terms.order_type {
        OrderType::Market => Change::default(),
        OrderType::Limit { .. } => Change { limit_price: near(percent), ..Change::default() },
        OrderType::Stop { .. } => Change { stop_price: near(percent), ..Change::default() },
        OrderType::StopLimit { .. } => Change {
            stop_price: near(percent),
            limit_price: near(percent + 1),
            ..Change::default()
        },
        OrderType::TrailingStop { .. } => {
            Change { distance: Some(Decimal::new(100 + percent * 10, 2)), ..Change::default() }
        }
    };
    let (order, by) = (works.terms.order_id(), PERSON.to_owned());
    Some(Command::Amend { order, change: Change { quantity, ..change }, by })
}

/// A small order far below the market.
fn rest(
    profile: ProfileId,
    catalogue: &Catalogue,
    prices: [Option<Price>; 2],
    units: u16,
) -> Option<Command> {
    let place = usize::from(units % 2);
    let terms = SignalTerms::Enter {
        direction: Direction::Long,
        slot: Slot("rest".parse().ok()?),
        quantity: Decimal::from(1 + units % 9),
        order_type: OrderType::Limit { limit_price: away(prices[place]?, -5)? },
        time_in_force: TimeInForce::Gtc,
        protection: Protection::default(),
        cut_to_available: false,
        cancels: None,
    };
    let origin = Origin::Manual { by: PERSON.to_owned() };
    let signal = Signal { origin, profile, symbol: catalogue.symbols[place], terms };
    Some(Command::Signal(Box::new(signal)))
}

fn exit(
    known: &Profile,
    catalogue: &Catalogue,
    prices: [Option<Price>; 2],
    act: &Act,
) -> Option<Command> {
    let Act::Exit { trade, quantity, limit, .. } = act else { return None };
    let open = known.trades.values().nth(usize::from(*trade))?;
    let place = catalogue.symbols.iter().position(|symbol| *symbol == open.symbol)?;
    // A limit rests where the trade gains, so that its stop may be reached meanwhile.
    let kind = match open.direction {
        _ if !limit => 0,
        Direction::Long => 2,
        Direction::Short => 1,
    };
    let terms = SignalTerms::Exit {
        trade: open.id,
        quantity: quantity.and_then(|units| Quantity::new(Decimal::from(units)).ok()),
        order_type: order_type(prices[place], kind),
        time_in_force: TimeInForce::Gtc,
        reason: ExitReason::Manual,
        then: None,
    };
    let origin = Origin::Manual { by: PERSON.to_owned() };
    let signal = Signal { origin, profile: known.id, symbol: open.symbol, terms };
    Some(Command::Signal(Box::new(signal)))
}

fn move_stop(
    known: &Profile,
    catalogue: &Catalogue,
    prices: [Option<Price>; 2],
    act: &Act,
) -> Option<Command> {
    let Act::MoveStop { trade, percent, .. } = act else { return None };
    let trade = known.trades.values().nth(usize::from(*trade))?;
    let place = catalogue.symbols.iter().position(|symbol| *symbol == trade.symbol)?;
    let level = away(prices[place]?, i64::from(*percent))?;
    let (trade, expected_version) = (trade.id, Some(trade.version()));
    let change = LevelChange { stop: Some(level), targets: None };
    Some(Command::MoveLevels { trade, change, expected_version, by: PERSON.to_owned() })
}

/// Two targets so many percent in favour of the last price, each for so many tenths of the entry,
/// or none. The first is one that the trade has, if it has any.
fn move_targets(
    known: &Profile,
    catalogue: &Catalogue,
    prices: [Option<Price>; 2],
    act: &Act,
) -> Option<Command> {
    let Act::MoveTargets { trade, first, second, .. } = act else { return None };
    let open = known.trades.values().nth(usize::from(*trade))?;
    let place = catalogue.symbols.iter().position(|symbol| *symbol == open.symbol)?;
    let way = if open.direction == Direction::Long { 1 } else { -1 };
    let to = |number: Option<u8>, (percent, tenths): (i8, u8)| {
        let portion = Decimal::new(i64::from(tenths), 1);
        let level = away(prices[place]?, i64::from(percent) * way)?;
        (tenths > 0).then_some(TargetChange { number, level: Some(level), portion: Some(portion) })
    };
    let portions = standing_targets(open).into_iter().map(|terms| terms.portion);
    let mut standing = open.targets.iter().zip(portions).zip(1..);
    let number = standing.find(|((target, portion), _)| is_standing(target, *portion));
    let targets = [to(number.map(|(_, number)| number), *first), to(None, *second)];
    let change = LevelChange { stop: None, targets: Some(targets.into_iter().flatten().collect()) };
    let (trade, expected_version) = (open.id, Some(open.version()));
    Some(Command::MoveLevels { trade, change, expected_version, by: PERSON.to_owned() })
}

/// A price so many percent from another.
fn away(price: Price, percent: i64) -> Option<Price> {
    let factor = Decimal::new(100 + percent, 2);
    Price::new(price.get().checked_mul(factor)?.round_dp(2)).ok()
}

fn order_type(last: Option<Price>, kind: u8) -> OrderType {
    let near = |percent| last.and_then(|last| away(last, percent));
    match (kind, near(-1), near(1), near(2)) {
        (6, ..) => match near(-5) {
            Some(limit_price) => OrderType::Limit { limit_price },
            None => OrderType::Market,
        },
        (7, ..) => match near(5) {
            Some(stop_price) => OrderType::Stop { stop_price },
            None => OrderType::Market,
        },
        (1, Some(limit_price), ..) | (2, _, Some(limit_price), _) => {
            OrderType::Limit { limit_price }
        }
        (3, _, Some(stop_price), _) => OrderType::Stop { stop_price },
        (4, _, Some(stop_price), Some(limit_price)) => {
            OrderType::StopLimit { stop_price, limit_price }
        }
        (5, ..) => OrderType::TrailingStop { distance: Decimal::ONE },
        _ => OrderType::Market,
    }
}

const fn time_in_force(number: u8) -> TimeInForce {
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
