//! Steps as text: `input -> event; event | action; action`. A line that begins with `->` goes on
//! from the line before.
//!
//! | input | is |
//! |---|---|
//! | `bar 100 101 99 100` | the next hour's bar of GOOG closes |
//! | `missed 100 101 99 100` | as `bar`, while nobody was running |
//! | `enter 10 limit 99 slot a` | a person's entry; `stop 5` (percent), `bars 3`, `way Short` |
//! | `exit 1 4` | a person's exit of trade 1; all of it without a quantity |
//! | `accepted 1`, `cancelled 1`, `rejected 1`, `expired 1` | the venue's messages |
//! | `unknown 1`, `notfound 1` | what nobody can tell, and what the venue does not have |
//! | `filled 1 a 4@100 0.5 BNB` | a fill named `a` and its fee, in USD without a currency |
//! | `busted 1 a`, `corrected 1 a b 5@100 0.5` | fill `a` is none, or was `b` |
//! | `cancel 1` | a person's cancel |
//! | `stop 1 95.5` | a person moves the stop of trade 1 |
//! | `split 4/1 25 s1`, `dividend 0.5 d1`, `rename GOO r1` | what the issuer does, by its id |
//! | `flatten`, `remove` | a person leaves everything, and removes the profile |
//! | `limits {…}`, `tenant {…}` | the limits of the profile, and of the tenant |
//! | `unlock GOOG` | a person lifts locks, all of them without an instrument |
//! | `status Stopped` | the profile's status |
//! | `control Halted GOOG` | a stop by symbol, or global; `control unknown` |
//! | `market halted`, `market open` | the venue halts trading of GOOG, and lets it go on |
//! | `store away`, `store back` | the store goes and comes |
//! | `wait 9` | seconds pass |
//! | `clock`, `restart` | the timer, and a new process |
//! | `order 1: …` | as in the state's scripts |

use std::sync::Arc;

use ballast_domain::control::{ControlMode, Scope};
use ballast_domain::exits::{Distance, TargetTerms};
use ballast_domain::{
    BrokerEvent, CorporateAction, Direction, MarketStatus, Money, OrderType, ProfileStatus,
    SignalTerms, Slot, TimeInForce,
};

use crate::fixture::{PROFILE, bar, entry, exit, fill, goog, order, read, trade};
use crate::risk::Change;
use crate::risk::tests::targets::changes;
use crate::state::tests::script::{answer_to, named};
use crate::step::{ActionTold, Answer, Command, Input, LevelChange};
use crate::strategy::Plan;
use crate::world::World;

/// Plays each line of `script`.
pub(super) fn play(world: &mut World, script: &str) {
    for line in fold_lines(script) {
        let (input, expected) = match line.split_once("->") {
            Some((input, expected)) => (input.trim(), Some(expected.trim())),
            None => (line.as_str(), None),
        };
        match input.split_once(':').filter(|_| !input.contains('{')) {
            Some((asked, answer)) => {
                assert_eq!(answer_to(world.profile(), asked), answer.trim(), "{line}");
            }
            None => {
                take(world, input);
                if let Some(expected) = expected {
                    assert_eq!(world.words(), expected, "{input}");
                }
                world.check_snapshot();
            }
        }
    }
}

/// The lines of `script`; one that begins with `->` belongs to the line before.
fn fold_lines(script: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match lines.last_mut() {
            Some(before) if line.starts_with("->") => *before = format!("{before} {line}"),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn take(world: &mut World, input: &str) {
    let (verb, rest) = input.split_once(' ').unwrap_or((input, ""));
    let words: Vec<&str> = rest.split_whitespace().collect();
    let reason = "test".to_owned();
    let order = || order(words[0]);
    match verb {
        "bar" | "missed" => {
            let open = world.board.base().bucket_open(world.now);
            let bar = bar(world.board.base().close_of(open), rest);
            match verb {
                "bar" => world.bar(goog(), &bar),
                _ => world.missed(goog(), &bar),
            }
        }
        "enter" => enter(world, &words),
        "exit" => leave(world, &words),
        "amend" => amend(world, &words),
        "amended" => {
            world.say(BrokerEvent::Amended { order: order(), revision: read(words[1]) });
        }
        "unamended" => {
            let revision = read(words[1]);
            world.say(BrokerEvent::AmendmentRejected { order: order(), revision, reason });
        }
        "cancel" => {
            world.command(Command::Cancel { order: order(), reason });
        }
        "stop" => {
            let change = LevelChange { stop: Some(read(words[1])), targets: None };
            let (trade, by) = (trade(read(words[0])), "bob".to_owned());
            world.command(Command::MoveLevels { trade, change, expected_version: None, by });
        }
        "targets" => {
            let targets = Some(changes(&words[1..].join(" ")));
            let change = LevelChange { stop: None, targets };
            let (trade, by) = (trade(read(words[0])), "bob".to_owned());
            world.command(Command::MoveLevels { trade, change, expected_version: None, by });
        }
        "flatten" => {
            let by = "bob".to_owned();
            world.command(Command::Flatten { profile: PROFILE, by, reason });
        }
        "remove" => {
            let by = "bob".to_owned();
            world.command(Command::RemoveProfile { profile: PROFILE, expected_version: None, by });
        }
        "limits" | "tenant" => set_limits(world, verb, rest),
        "unlock" => {
            let (symbol, by) = (words.first().map(|word| read(word)), "bob".to_owned());
            world.command(Command::Unlock { profile: PROFILE, symbol, by });
        }
        "status" => {
            use ProfileStatus::{Running, Stopped, UnderReview};
            world.set(PROFILE, named(words[0], [Running, Stopped, UnderReview]));
        }
        "control" => control(world, &words),
        "market" => world.market(goog(), status(words[0])),
        "store" => world.store(words[0] == "away"),
        "wait" => {
            let seconds: i64 = read(words[0]);
            world.now = world.now.saturating_add_nanos(seconds * 1_000_000_000);
        }
        "clock" => world.take(Input::Clock(world.now)),
        "restart" => world.restart(),
        "split" | "dividend" | "rename" => issue(world, verb, &words),
        _ => told(world, verb, &words),
    }
}

fn status(word: &str) -> MarketStatus {
    match word {
        "open" => MarketStatus::Open,
        "halted" => MarketStatus::Halted,
        other => panic!("{other} is no status of a market"),
    }
}

/// What a venue says.
fn told(world: &mut World, verb: &str, words: &[&str]) {
    let reason = "test".to_owned();
    let order = || order(words[0]);
    match verb {
        "accepted" => world.say(BrokerEvent::Accepted { order: order() }),
        "cancelled" => world.say(BrokerEvent::Cancelled { order: order() }),
        "rejected" => world.say(BrokerEvent::Rejected { order: order(), reason }),
        "expired" => world.say(BrokerEvent::Expired { order: order() }),
        "unknown" => world.say(BrokerEvent::Unknown { order: order(), reason }),
        "notfound" => world.say(BrokerEvent::NotFound { order: order() }),
        "filled" => {
            let fee = words.get(3).copied().unwrap_or("0");
            let mut fill = fill(words[1], words[2], fee, world.now);
            if let Some(currency) = words.get(4) {
                fill.fee = Money::new(fill.fee.amount(), read(currency));
            }
            world.say(BrokerEvent::Filled { order: order(), fill });
        }
        "busted" => {
            world.say(BrokerEvent::Corrected { order: order(), fill: read(words[1]), by: None });
        }
        "corrected" => {
            let by = fill(words[2], words[3], words.get(4).copied().unwrap_or("0"), world.now);
            let (order, fill) = (order(), read(words[1]));
            world.say(BrokerEvent::Corrected { order, fill, by: Some(by) });
        }
        other => panic!("unknown input '{other}'"),
    }
}

/// What an issuer does.
fn issue(world: &mut World, verb: &str, words: &[&str]) {
    match verb {
        "split" => {
            let (numerator, denominator) = words[0].split_once('/').unwrap();
            let (numerator, denominator) = (read(numerator), read(denominator));
            let action =
                CorporateAction::Split { numerator, denominator, cash_price: read(words[1]) };
            act(world, words[2], action);
        }
        "dividend" => {
            let per_unit = Money::new(read(words[0]), read("USD"));
            act(world, words[1], CorporateAction::CashDividend { per_unit });
        }
        "rename" => {
            act(world, words[1], CorporateAction::SymbolChanged { to: read(words[0]) });
        }
        other => panic!("unknown input '{other}'"),
    }
}

fn leave(world: &mut World, words: &[&str]) {
    let mut signal = exit(read(words[0]), words.get(1).copied());
    if let (SignalTerms::Exit { order_type, .. }, Some(price)) = (&mut signal.terms, words.get(3)) {
        *order_type = OrderType::Limit { limit_price: read(price) };
    }
    world.signal(signal);
}

fn amend(world: &mut World, words: &[&str]) {
    let mut change = Change::default();
    for pair in words[1..].chunks(2) {
        match pair[0] {
            "quantity" => change.quantity = Some(read(pair[1])),
            "limit" => change.limit_price = Some(read(pair[1])),
            other => panic!("unknown word '{other}'"),
        }
    }
    let (order, by) = (order(words[0]), "bob".to_owned());
    world.command(Command::Amend { order, change, by });
}

fn set_limits(world: &mut World, whose: &str, limits: &str) {
    if whose == "limits" {
        let mut document = world.profile().document.clone();
        document.limits = serde_json::from_str(limits).unwrap();
        world.put(PROFILE, *document);
        return;
    }
    let limits = Box::new(serde_json::from_str(limits).unwrap());
    let (expected_version, by) = (None, "bob".to_owned());
    world.command(Command::SetLimits { limits, expected_version, by });
}

/// Tells of what the issuer of GOOG has done.
pub(super) fn act(world: &mut World, id: &str, action: CorporateAction) -> Answer {
    let plan = match action {
        CorporateAction::SymbolChanged { to } => {
            let mut document = world.profile().document.clone();
            document.rename(goog(), to);
            let plan = Plan::compile(Arc::new(document.strategy), &mut world.board).unwrap();
            Some(Box::new(plan))
        }
        _ => None,
    };
    let (id, symbol, by) = (read(id), goog(), "alice".to_owned());
    let told = Box::new(ActionTold { profile: PROFILE, id, symbol, action, by });
    world.command(Command::CorporateAction { told, plan })
}

fn control(world: &mut World, words: &[&str]) {
    if words[0] == "unknown" {
        return world.follow(None);
    }
    use ControlMode::{Halted, Paused, Running};
    let mode = named(words[0], [Running, Paused, Halted]);
    let scope = words.get(1).map_or(Scope::Global, |symbol| Scope::Symbol(read(symbol)));
    world.control(&[(mode, scope)]);
}

fn enter(world: &mut World, words: &[&str]) {
    let mut signal = entry(words[0]);
    let SignalTerms::Enter {
        direction, slot, order_type, time_in_force, protection, cancels, ..
    } = &mut signal.terms
    else {
        return;
    };
    for pair in words[1..].chunks(2) {
        let value = pair[1];
        match pair[0] {
            "limit" => *order_type = OrderType::Limit { limit_price: read(value) },
            "slot" => *slot = Slot(value.parse().unwrap()),
            "day" => *time_in_force = TimeInForce::Day,
            "stop" => protection.stop_loss = Some(Distance::Percent(read(value))),
            "target" => {
                let (distance, portion) = (Distance::Percent(read(value)), read("1"));
                protection.targets.push(TargetTerms { distance, portion });
            }
            "way" => *direction = named(value, [Direction::Long, Direction::Short]),
            "bars" => protection.max_bars = Some(read(value)),
            "cancels" => *cancels = Some(order(value)),
            other => panic!("unknown word '{other}'"),
        }
    }
    world.signal(signal);
}
