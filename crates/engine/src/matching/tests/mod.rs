//! The fill contract as scripts: a line gives an order or a bar, and after `->` what the venue
//! must answer, nothing more and nothing less.
//!
//! ```text
//! 1 long 10 limit 95 stop=5% target=10%*0.5    order 1, which opens trade 1
//! bar 100 101 94 97            -> 1 filled 10 @ 95
//! 2 sell 1 10 market           order 2, which leaves trade 1
//! bar 98 99 97 98              -> 2 filled 10 @ 98
//! cash 10030
//! ```
//!
//! Levels are written `5%`, `5` (a distance) or `@95` (a price). Bars are open, high, low, close
//! and, where it matters, volume.

mod amendments;
mod limits_and_stops;
mod liquidity_and_fees;
mod market;
mod order_text;
mod properties;

mod protective;
mod sessions;
mod shorts;
mod targets;
mod trails;

use std::sync::Arc;

use ballast_domain::exits::{Distance, Levels, TargetTerms};
use ballast_domain::id::Leg;
use ballast_domain::profile::FeeSchedule;
use ballast_domain::{
    AssetClass, Bar, BrokerEvent, Currency, Instrument, IntentId, Money, OrderId, Price, ProfileId,
    Quantity, Stop, StopKind, Symbol, Timestamp, Trade, TradeId,
};
use rust_decimal::Decimal;

use super::{FillRules, Matcher, PlayedBar};

const SECOND_NANOS: i64 = 1_000_000_000;

/// Runs `script` on an account that is described like `cash=1000 lot=1 slippage=50 taker=0.1`.
fn check(world_text: &str, script: &str) {
    let mut script_world = Script::new(world(world_text));
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        script_world.line(line);
    }
}

/// Checks cases of one order and the bar after it: the order, the bar, and what comes of it.
fn check_bar(world_text: &str, cases: &[(&str, &str, &str)]) {
    for (order, bar, expected) in cases {
        check(world_text, &format!("1 {order}\n bar {bar} -> {expected}"));
    }
}

/// Checks cases of an order that fills at 100, in a bar without a move, and the bar after that.
fn check_held(world_text: &str, cases: &[(&str, &str, &str)]) {
    for (order, bar, expected) in cases {
        let mut script = Script::new(world(world_text));
        script.line(&format!("1 {order}"));
        script.play("100 100 100 100", false);
        let entered = matches!(script.out.as_slice(), [BrokerEvent::Filled { .. }]);
        assert!(entered, "{order} enters with one fill: {:?}", script.out);
        script.out.clear();
        script.line(&format!("bar {bar} -> {expected}"));
    }
}

/// An account with 10000 USD at a venue that lists X and Y, unless `text` says otherwise.
fn world(text: &str) -> Matcher {
    let (mut cash, mut rules) = (decimal("10000"), FillRules::default());
    let (mut lot_size, mut tick_size) = (None, None);
    let (mut maker, mut taker) = (Decimal::ZERO, Decimal::ZERO);
    let (mut per_unit, mut minimum) = (None, Decimal::ZERO);
    for word in text.split_whitespace() {
        let (name, value) = word.split_once('=').unwrap_or_else(|| panic!("'{word}' in {text}"));
        match name {
            "cash" => cash = decimal(value),
            "lot" => lot_size = Some(value.parse().unwrap()),
            "tick" => tick_size = Some(value.parse().unwrap()),
            "slippage" => rules.slippage_bps = decimal(value),
            "share" => rules.volume_share = Some(decimal(value)),
            "maker" => maker = decimal(value),
            "taker" => taker = decimal(value),
            "per-unit" => per_unit = Some(decimal(value)),
            "minimum" => minimum = decimal(value),
            _ => panic!("unknown '{word}'"),
        }
    }
    rules.fees = match per_unit {
        Some(amount) => FeeSchedule::PerUnit { amount, minimum },
        None => FeeSchedule::Percent { maker, taker },
    };
    let list = |name| Instrument {
        lot_size,
        tick_size,
        ..Instrument::unrestricted(symbol(name), AssetClass::Stock, usd())
    };
    Matcher::new(rules, vec![list("X"), list("Y")], Money::new(cash, usd()))
}

/// A matcher, the bar that it is at, and what it has said since the last line.
struct Script {
    matcher: Matcher,
    now: Timestamp,
    played: Option<PlayedBar>,
    out: Vec<BrokerEvent>,
}

impl Script {
    fn new(matcher: Matcher) -> Self {
        let now = Timestamp::from_nanos(0);
        Self { matcher, now, played: None, out: Vec::new() }
    }

    fn line(&mut self, line: &str) {
        let (call, expected) = line.split_once("->").unwrap_or((line, ""));
        let (name, rest) = call.trim().split_once(' ').unwrap_or((call.trim(), ""));
        let words: Vec<&str> = rest.split_whitespace().collect();
        if self.asserts(name, &words, line) {
            return;
        }
        let mut expected = expected.trim().to_owned();
        if name.parse::<u64>().is_ok() {
            let terms = Arc::new(order_text::terms(call));
            self.matcher.submit(&terms, &mut self.out);
            if !line.contains("->") {
                expected = format!("{name} accepted");
            }
        } else {
            self.call(name, rest, &words);
        }
        let said: Vec<String> = self.out.drain(..).map(|event| event_text(&event)).collect();
        assert_eq!(said.join("; "), expected, "{line}");
    }

    fn call(&mut self, name: &str, rest: &str, words: &[&str]) {
        match name {
            "bar" => self.play(rest, false),
            "last-bar" => self.play(rest, true),
            "other-bar" => {
                let bar = PlayedBar { symbol: symbol("Y"), ..self.next(rest) };
                self.phases(&bar, false);
            }
            "fine-bar" => {
                let bar = self.next(rest);
                self.phases(&bar, false);
            }
            "strategy-bar" => {
                let bar = self.next(rest);
                self.matcher.follow(bar.symbol, &bar.bar);
            }
            "tick" => {
                let (price, volume) = (words[0], words.get(1).unwrap_or(&"0"));
                self.play(&format!("{price} {price} {price} {price} {volume}"), false);
            }
            "open" => {
                let bar = if rest.is_empty() { self.current() } else { self.next(rest) };
                self.matcher.open(&bar, &mut self.out);
            }
            "inside" => self.matcher.inside(&self.current(), &mut self.out),
            "end" => self.matcher.end(&self.current(), false, &mut self.out),
            "close" => self.matcher.at_close(&self.current(), &mut self.out),
            "session-ends" => self.matcher.end_session(symbol(words[0]), &mut self.out),
            "amend" => {
                let (order, amendment) = order_text::amendment(words);
                self.matcher.amend(order, &amendment, &mut self.out);
            }
            "cancel" => self.matcher.cancel(order_id(words[0]), &mut self.out),
            "query" => self.matcher.query(order_id(words[0]), &mut self.out),
            "move-stop" => {
                let kind = match words.get(2) {
                    Some(&"trailing") => StopKind::Trailing,
                    _ => StopKind::BreakEven,
                };
                let stop = Stop { level: price(words[1]), kind };
                self.matcher.protect(trade_id(words[0]), &Levels::of_stop(stop));
            }
            "move-targets" => {
                let targets = Some(words[1..].iter().map(|word| terms_at(word)).collect());
                self.matcher.protect(trade_id(words[0]), &Levels { stop: None, targets });
            }
            _ => panic!("unknown '{name} {rest}'"),
        }
    }

    /// Checks the account when the line asks for that.
    fn asserts(&self, name: &str, words: &[&str], line: &str) -> bool {
        match name {
            "cash" => assert_eq!(self.matcher.cash().amount(), decimal(words[0]), "{line}"),
            "nothing-held" => assert_eq!(self.matcher.held().count(), 0, "{line}"),
            "idle" => assert!(self.matcher.is_idle(), "{line}: {:?}", self.matcher),
            "held" => assert_eq!(self.held(words[0]).open_quantity(), quantity(words[1]), "{line}"),
            "stop" => {
                let stop = self.held(words[0]).stop.unwrap_or_else(|| panic!("no stop: {line}"));
                assert_eq!(stop.level, price(words[1]), "{line}");
            }
            "targets" => {
                let targets = self.held(words[0]).targets.iter();
                let levels = targets.map(|t| format!("{}x{}", plain(t.level.get()), t.quantity));
                assert_eq!(levels.collect::<Vec<_>>(), words[1..], "{line}");
            }
            _ => return false,
        }
        true
    }

    fn held(&self, trade: &str) -> &Trade {
        let held = self.matcher.held().find(|held| held.id == trade_id(trade));
        held.unwrap_or_else(|| panic!("trade {trade} is not held"))
    }

    fn play(&mut self, prices: &str, session_ends: bool) {
        let bar = self.next(prices);
        self.phases(&bar, session_ends);
        self.matcher.follow(bar.symbol, &bar.bar);
        self.matcher.at_close(&bar, &mut self.out);
    }

    fn phases(&mut self, bar: &PlayedBar, session_ends: bool) {
        self.matcher.open(bar, &mut self.out);
        self.matcher.inside(bar, &mut self.out);
        self.matcher.end(bar, session_ends, &mut self.out);
    }

    fn current(&self) -> PlayedBar {
        self.played.unwrap()
    }

    fn next(&mut self, prices: &str) -> PlayedBar {
        let words: Vec<&str> = prices.split_whitespace().collect();
        let open_time = self.now;
        self.now = open_time.saturating_add_nanos(60 * SECOND_NANOS);
        let bar = Bar {
            close_time: self.now,
            open: price(words[0]),
            high: price(words[1]),
            low: price(words[2]),
            close: price(words[3]),
            volume: words.get(4).map_or(Quantity::ZERO, |volume| quantity(volume)),
        };
        let played = PlayedBar { symbol: symbol("X"), open_time, bar: bar.checked().unwrap() };
        self.played = Some(played);
        played
    }
}

fn event_text(event: &BrokerEvent) -> String {
    let order = event.order();
    let leg = match order.leg {
        Leg::Main => String::new(),
        Leg::Stop => ".stop".to_owned(),
        Leg::Target(place) => format!(".target{place}"),
    };
    let what = match event {
        BrokerEvent::Accepted { .. } => "accepted".to_owned(),
        BrokerEvent::Corrected { .. } => "corrected".to_owned(),
        BrokerEvent::Cancelled { .. } => "cancelled".to_owned(),
        BrokerEvent::Rejected { .. } => "rejected".to_owned(),
        BrokerEvent::Expired { .. } => "expired".to_owned(),
        BrokerEvent::Unknown { .. } => "unknown".to_owned(),
        BrokerEvent::NotFound { .. } => "not found".to_owned(),
        BrokerEvent::Amended { revision, .. } => format!("amended {revision}"),
        BrokerEvent::AmendmentRejected { revision, reason, .. } => {
            format!("not amended {revision}: {reason}")
        }
        BrokerEvent::Filled { fill, .. } => {
            let (price, quantity) = (plain(fill.price.get()), plain(fill.quantity.get()));
            match fill.fee.amount() {
                fee if fee.is_zero() => format!("filled {quantity} @ {price}"),
                fee => format!("filled {quantity} @ {price} fee {}", plain(fee)),
            }
        }
    };
    format!("{}{leg} {what}", order.intent.number)
}

fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|_| panic!("'{text}' is no number"))
}

fn price(text: &str) -> Price {
    text.parse().unwrap_or_else(|_| panic!("'{text}' is no price"))
}

fn quantity(text: &str) -> Quantity {
    text.parse().unwrap_or_else(|_| panic!("'{text}' is no quantity"))
}

fn usd() -> Currency {
    "USD".parse().unwrap()
}

fn symbol(name: &str) -> Symbol {
    name.parse().unwrap()
}

fn intent(number: u64) -> IntentId {
    IntentId { profile: ProfileId::from_bits(7), number }
}

fn trade_id(number: &str) -> TradeId {
    TradeId(intent(number.parse().unwrap()))
}

/// `3` is an order, `3.stop` and `3.target0` are legs of a trade.
fn order_id(text: &str) -> OrderId {
    let (number, leg) = text.split_once('.').unwrap_or((text, ""));
    let leg = match leg.strip_prefix("target") {
        Some(place) => Leg::Target(place.parse().unwrap()),
        None if leg == "stop" => Leg::Stop,
        None => Leg::Main,
    };
    OrderId { intent: intent(number.parse().unwrap()), leg }
}

/// The terms of a target, such as `110*0.5`.
fn terms_at(text: &str) -> TargetTerms {
    let (level, portion) = text.split_once('*').expect("a target is level*portion");
    TargetTerms { distance: Distance::At(price(level)), portion: decimal(portion) }
}
