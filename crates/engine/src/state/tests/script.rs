//! Histories as text: an event a line, `-> why` where it must be refused, and lines that ask.
//!
//! | line | is |
//! |---|---|
//! | `profile 10000` | the profile's next version, with so much allocated |
//! | `status Running` | its status |
//! | `intent 1 long 10 for 1000` | an entry accepted, with what is reserved |
//! | `intent 2 exit 1 10` | an exit of trade 1 accepted |
//! | `accepted 1`, `unknown 1`, `cancel 1` | what became of an order |
//! | `fill 1 a 4@100 0.5` | a fill named `a` with its fee |
//! | `done 1 Cancelled` | the order's end |
//! | `protect 1 95 5@110 5@120` | the stop and targets of trade 1 |
//! | `stop 1 97 Trailing` | the stop moves |
//! | `order 1: Active(Accepted) 4` | where an order stands, and what has filled |
//! | `trade 1: 10 1000` | what is held and what it cost |
//! | `closed 1: 50` | the net profit of a closed trade |
//! | `available: 9000`, `ReservedOrders: 0` | what the book says |

use std::sync::Arc;

use ballast_domain::event::EVENT_VERSION;
use ballast_domain::exits::{Stop, StopKind, Target};
use ballast_domain::{
    Account, Cause, Direction, DoneState, Envelope, Event, ExitReason, OrderTerms, OrderType,
    ProfileStatus, Protection, Purpose, Side, Slot, TimeInForce,
};
use rust_decimal::Decimal;

use crate::fixture::{
    PROFILE, config, document, fill, goog, hour, intent, order, read, trade, usd,
};
use crate::state::{ApplyError, Profile, State};

/// The state of a tenant, and the instant at which the next event happens.
pub(crate) struct Fold {
    pub(crate) state: State,
    hours: i64,
}

/// The state after a history; it begins with a running profile of 10,000 USD.
pub(crate) fn fold(script: &str) -> Fold {
    let mut fold = Fold { state: State::new(read("alice")), hours: 0 };
    fold.play("profile 10000\n status Running");
    fold.play(script);
    fold
}

impl Fold {
    /// A history that goes on from `state`.
    pub(crate) const fn at(state: State) -> Self {
        Self { state, hours: 0 }
    }

    /// As [`Self::play`], all of it as if no time passed.
    pub(crate) fn play_at_once(&mut self, script: &str) {
        let hours = self.hours;
        self.play(script);
        self.hours = hours;
    }

    /// Plays each line of `script`.
    pub(crate) fn play(&mut self, script: &str) {
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (line, expected) = match line.split_once("->") {
                Some((line, why)) => (line.trim(), why.trim()),
                None => (line, ""),
            };
            match line.split_once(':') {
                Some((asked, answer)) => {
                    assert_eq!(answer_to(self.profile(), asked), answer.trim(), "{line}");
                    assert_eq!(self.profile().book.sum(), Decimal::ZERO, "{line}");
                }
                None => {
                    let found = self.apply(self.event(line));
                    let found = found.err().map_or(String::new(), |error| error.to_string());
                    let as_expected = found.is_empty() == expected.is_empty();
                    assert!(as_expected && found.contains(expected), "{line}: {found}");
                }
            }
        }
    }

    /// Books an event as the journal's next one; a refused one leaves the state as it was.
    pub(crate) fn apply(&mut self, event: Event) -> Result<(), ApplyError> {
        self.hours += 1;
        let envelope = Envelope {
            version: EVENT_VERSION,
            seq: self.state.last_seq() + 1,
            at: hour(self.hours),
            request_id: None,
            cause: Cause::Clock,
            event,
        };
        let mut next = self.state.clone();
        next.apply(&envelope)?;
        self.state = next;
        Ok(())
    }

    pub(crate) fn profile(&self) -> &Profile {
        self.state.profile(PROFILE).unwrap()
    }

    fn event(&self, line: &str) -> Event {
        let words: Vec<&str> = line.split_whitespace().collect();
        let order = || order(words[1]);
        let reason = String::new;
        match words[0] {
            "profile" => {
                let mut document = document(config("{}"));
                document.capital.allocated = read(words[1]);
                let version = self.state.profile(PROFILE).map_or(0, |known| known.version) + 1;
                let (document, by) = (Box::new(document), "alice".to_owned());
                Event::ProfileChanged { profile: PROFILE, version, document, by }
            }
            "status" => {
                let status = named(
                    words[1],
                    [ProfileStatus::Running, ProfileStatus::Stopped, ProfileStatus::UnderReview],
                );
                Event::ProfileStatusChanged { profile: PROFILE, status, reason: reason(), by: None }
            }
            "intent" => Event::IntentAccepted {
                terms: Arc::new(self.terms(&words)),
                control_version: 0,
                origin: None,
            },
            "accepted" => Event::OrderAccepted { order: order() },
            "unknown" => Event::OrderUnknown { order: order(), reason: reason() },
            "cancel" => Event::CancelRequested { order: order(), reason: reason() },
            "fill" => {
                let fee = words.get(4).copied().unwrap_or("0");
                let fill = Box::new(fill(words[2], words[3], fee, hour(self.hours)));
                Event::OrderFilled { order: order(), fill }
            }
            "done" => {
                use DoneState::{Cancelled, Expired, Rejected, Voided};
                let state = named(words[2], [Cancelled, Expired, Rejected, Voided]);
                Event::OrderDone { order: order(), state, reason: reason() }
            }
            "protect" => Event::ProtectionPlaced {
                trade: trade(read(words[1])),
                stop: Some(Stop { level: read(words[2]), kind: StopKind::StopLoss }),
                targets: words[3..].iter().map(|text| target(text)).collect(),
            },
            "stop" => {
                let kind = named(words[3], [StopKind::Trailing, StopKind::BreakEven]);
                let stop = Stop { level: read(words[2]), kind };
                Event::StopMoved { trade: trade(read(words[1])), stop, by: None }
            }
            other => panic!("unknown event '{other}'"),
        }
    }

    fn terms(&self, words: &[&str]) -> OrderTerms {
        let (side, quantity, reserved, purpose) = match words[2] {
            "exit" => {
                let purpose = Purpose::Exit {
                    trade: trade(read(words[3])),
                    reason: ExitReason::ExitSignal,
                    then: None,
                };
                (Side::Sell, words[4], "0", purpose)
            }
            direction => {
                let direction =
                    if direction == "long" { Direction::Long } else { Direction::Short };
                let (slot, protection) = (Slot::default(), Protection::default());
                let purpose = Purpose::Enter { direction, slot, protection };
                (direction.entry_side(), words[3], words[5], purpose)
            }
        };
        OrderTerms {
            intent: intent(read(words[1])),
            accepted_at: hour(self.hours),
            symbol: goog(),
            side,
            order_type: OrderType::Market,
            time_in_force: TimeInForce::Gtc,
            quantity: read(quantity),
            reserved: usd(reserved),
            cancels: None,
            purpose,
        }
    }
}

/// What a profile says to a question, such as `order 1`.
pub(crate) fn answer_to(profile: &Profile, asked: &str) -> String {
    let words: Vec<&str> = asked.split_whitespace().collect();
    let id = || trade(read(words[1]));
    match words[0] {
        "order" => match profile.order(order(words[1])) {
            Some(order) => format!("{:?} {}", order.state, order.filled),
            None => "forgotten".to_owned(),
        },
        "trade" => match profile.trades.get(&id()) {
            Some(trade) => {
                format!("{} {}", trade.open_quantity(), trade.reserved.amount().normalize())
            }
            None => "none".to_owned(),
        },
        "closed" => match profile.closed.iter().find(|closed| closed.id == id()) {
            Some(trade) => trade.net_profit().unwrap().amount().normalize().to_string(),
            None => "none".to_owned(),
        },
        "status" => format!("{:?}", profile.status),
        "available" => profile.book.available().normalize().to_string(),
        "stop" => format!("{:?}", profile.trades[&id()].stop.map(|stop| stop.kind)),
        "claimed" => profile.claimed(id()).to_string(),
        "open" => profile.open_positions().to_string(),
        account => profile.book.balance(named(account, Account::ALL)).normalize().to_string(),
    }
}

fn target(text: &str) -> Target {
    let (quantity, level) = text.split_once('@').expect("a target is quantity@price");
    Target { level: read(level), quantity: read(quantity), filled: Default::default() }
}

/// The value whose `Debug` is `name`.
pub(crate) fn named<T: std::fmt::Debug, const N: usize>(name: &str, values: [T; N]) -> T {
    let found = values.into_iter().find(|value| format!("{value:?}") == name);
    found.unwrap_or_else(|| panic!("nothing is named '{name}'"))
}
