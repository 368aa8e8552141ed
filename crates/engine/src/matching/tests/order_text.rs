//! Orders as people say them: `3 short 10 stop 95 day stop=5% target=@80*0.5 reserving=950`.

use ballast_domain::exits::{Distance, TargetTerms};
use ballast_domain::{
    Amendment, Direction, ExitReason, Money, OrderId, OrderTerms, OrderType, Protection, Purpose,
    Slot, TimeInForce, Timestamp,
};
use rust_decimal::Decimal;

use super::{decimal, intent, order_id, price, quantity, symbol, trade_id, usd};

/// Reads one order: its number, what it is for, its type, then anything else in any order.
pub(super) fn terms(text: &str) -> OrderTerms {
    let mut words = text.split_whitespace();
    let mut next = || words.next().unwrap_or_else(|| panic!("'{text}' ends too early"));
    let number: u64 = next().parse().unwrap();
    let verb = next();
    let (direction, leaves) = match verb {
        "long" => (Direction::Long, None),
        "short" => (Direction::Short, None),
        "sell" => (Direction::Long, Some(trade_id(next()))),
        "cover" => (Direction::Short, Some(trade_id(next()))),
        _ => panic!("'{verb}' in '{text}'"),
    };
    let wanted = quantity(next());
    let order_type = order_type(&mut next);
    let side = match leaves {
        None => direction.entry_side(),
        Some(_) => direction.exit_side(),
    };
    let purpose = match leaves {
        None => {
            Purpose::Enter { direction, slot: Slot::default(), protection: Protection::default() }
        }
        Some(trade) => Purpose::Exit { trade, reason: ExitReason::ExitSignal, then: None },
    };
    let mut terms = OrderTerms {
        intent: intent(number),
        accepted_at: Timestamp::from_nanos(0),
        symbol: symbol("X"),
        side,
        order_type,
        time_in_force: TimeInForce::Gtc,
        quantity: wanted,
        reserved: Money::zero(usd()),
        cancels: None,
        purpose,
    };
    for word in words {
        refine(&mut terms, word);
    }
    terms
}

fn order_type<'a>(next: &mut impl FnMut() -> &'a str) -> OrderType {
    match next() {
        "market" => OrderType::Market,
        "limit" => OrderType::Limit { limit_price: price(next()) },
        "stop" => OrderType::Stop { stop_price: price(next()) },
        "stop-limit" => {
            OrderType::StopLimit { stop_price: price(next()), limit_price: price(next()) }
        }
        "trail" => OrderType::TrailingStop { distance: decimal(next()) },
        other => panic!("'{other}' is no type of an order"),
    }
}

/// Reads an amendment: the order, the revision, units in all, the type, then what it adds to the
/// reservation and what it frees of it, such as `1 2 10 limit 95 adds=50`.
pub(super) fn amendment(words: &[&str]) -> (OrderId, Amendment) {
    let mut words = words.iter().copied();
    let mut next = || words.next().expect("an amendment has more words");
    let (order, revision) = (order_id(next()), next().parse().unwrap());
    let wanted = quantity(next());
    let order_type = order_type(&mut next);
    let none = Money::zero(usd());
    let mut read = Amendment { revision, quantity: wanted, order_type, adds: none, frees: none };
    for word in words {
        match word.split_once('=') {
            Some(("adds", amount)) => read.adds = Money::new(decimal(amount), usd()),
            Some(("frees", amount)) => read.frees = Money::new(decimal(amount), usd()),
            _ => panic!("'{word}' is no part of an amendment"),
        }
    }
    (order, read)
}

fn refine(terms: &mut OrderTerms, word: &str) {
    let (name, value) = word.split_once('=').unwrap_or((word, ""));
    match name {
        "gtc" => terms.time_in_force = TimeInForce::Gtc,
        "day" => terms.time_in_force = TimeInForce::Day,
        "ioc" => terms.time_in_force = TimeInForce::Ioc,
        "fok" => terms.time_in_force = TimeInForce::Fok,
        "at-close" => terms.time_in_force = TimeInForce::AtClose,
        "symbol" => terms.symbol = symbol(value),
        "cancels" => terms.cancels = Some(order_id(value)),
        "reserving" => terms.reserved = Money::new(decimal(value), usd()),
        _ => {
            let Purpose::Enter { protection, .. } = &mut terms.purpose else {
                panic!("'{word}' protects an entry");
            };
            protect(protection, name, value);
        }
    }
}

fn protect(protection: &mut Protection, name: &str, value: &str) {
    match name {
        "stop" => protection.stop_loss = Some(distance(value)),
        "trail" => protection.trailing = Some(distance(value)),
        "target" => {
            let (level, portion) = value.split_once('*').unwrap_or((value, "1"));
            let (distance, portion) = (distance(level), decimal(portion));
            protection.targets.push(TargetTerms { distance, portion });
        }
        _ => panic!("unknown '{name}'"),
    }
}

fn distance(text: &str) -> Distance {
    let percent = text.strip_suffix('%').map(|value| Distance::Percent(decimal(value)));
    let level = text.strip_prefix('@').map(|value| Distance::At(price(value)));
    percent.or(level).unwrap_or_else(|| Distance::Absolute(text.parse::<Decimal>().unwrap()))
}
