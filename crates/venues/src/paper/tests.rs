//! The accounts by themselves, without task, tenant or store.

use std::collections::BTreeSet;
use std::sync::Arc;

use ballast_domain::exits::Levels;
use ballast_domain::id::Leg;
use ballast_domain::{
    Bar, BrokerEvent, Direction, ExitReason, Instrument, IntentId, Money, OrderId, OrderTerms,
    OrderType, Price, ProfileId, Protection, Purpose, Quantity, Slot, Stop, StopKind, Symbol,
    TimeInForce, Timestamp, TradeId,
};
use ballast_engine::matching::{Matcher, PlayedBar};
use rust_decimal::Decimal;

use super::accounts::{Accounts, Draft};
use super::record::PaperRecord;
use super::told::REMEMBERED;
use super::{Account, PaperSettings};

const MINUTE: i64 = 60_000_000_000;

fn minute(minutes: i64) -> Timestamp {
    Timestamp::from_nanos(1_700_006_400_000_000_000 + minutes * MINUTE)
}

fn profile(number: u64) -> ProfileId {
    ProfileId::from_bits(number)
}

fn symbol() -> Symbol {
    "AAA".parse().unwrap()
}

fn usd(amount: i64) -> Money {
    Money::new(Decimal::from(amount), "USD".parse().unwrap())
}

fn price(cents: i64) -> Price {
    Price::new(Decimal::new(cents, 2)).unwrap()
}

fn units(units: i64) -> Quantity {
    Quantity::new(Decimal::from(units)).unwrap()
}

fn main_order(number: u64) -> OrderId {
    OrderId::main(IntentId { profile: profile(1), number })
}

/// A buy of one unit, accepted at the start.
fn buy(number: u64) -> OrderTerms {
    OrderTerms {
        intent: IntentId { profile: profile(1), number },
        accepted_at: minute(0),
        symbol: symbol(),
        side: ballast_domain::Side::Buy,
        order_type: OrderType::Market,
        time_in_force: TimeInForce::Gtc,
        quantity: units(1),
        reserved: usd(0),
        cancels: None,
        purpose: Purpose::Enter {
            direction: Direction::Long,
            slot: Slot::default(),
            protection: Protection::default(),
        },
    }
}

/// The bar of the minute that begins `at`.
fn bar(at: i64, cents: [i64; 4]) -> PlayedBar {
    let [open, high, low, close] = cents.map(price);
    let volume = units(20);
    let bar = Bar { close_time: minute(at + 1), open, high, low, close, volume };
    PlayedBar { symbol: symbol(), open_time: minute(at), bar: bar.checked().unwrap() }
}

fn open(settings: PaperSettings) -> Accounts {
    let mut accounts = Accounts::new(settings);
    let instrument =
        Instrument::unrestricted(symbol(), ballast_domain::AssetClass::Stock, usd(0).currency());
    let mut draft = Draft::new(minute(0));
    accounts.fund(profile(1), usd(100_000), vec![instrument], &mut draft).unwrap();
    assert_eq!(accounts.records(&mut draft, 0).len(), 1);
    accounts
}

/// What a change makes the venue tell, once it is recorded.
fn told(
    accounts: &mut Accounts,
    change: impl FnOnce(&mut Accounts, &mut Draft),
) -> Vec<BrokerEvent> {
    let mut draft = Draft::new(minute(0));
    change(accounts, &mut draft);
    accounts.records(&mut draft, 0);
    draft.tell
}

fn submit(accounts: &mut Accounts, terms: OrderTerms) -> Vec<BrokerEvent> {
    told(accounts, |accounts, draft| accounts.submit(Arc::new(terms), draft))
}

#[test]
fn what_the_venue_does_not_know_is_rejected() {
    let mut accounts = open(PaperSettings::default());
    let order = main_order(1);
    let elsewhere = OrderTerms { symbol: "ZZZ".parse().unwrap(), ..buy(1) };
    let reason = "the paper venue does not list ZZZ".to_owned();
    let rejected = [BrokerEvent::Rejected { order, reason }];
    assert_eq!(submit(&mut accounts, elsewhere.clone()), rejected);
    assert_eq!(submit(&mut accounts, elsewhere), rejected, "and stays rejected");
    let intent = IntentId { profile: profile(2), number: 1 };
    let order = OrderId::main(intent);
    let reason = format!("{} has no account at the paper venue", profile(2));
    let rejected = [BrokerEvent::Rejected { order, reason }];
    assert_eq!(submit(&mut accounts, OrderTerms { intent, ..buy(1) }), rejected);
}

#[test]
fn an_order_for_the_close_does_not_wait_for_the_latency() {
    let settings = PaperSettings { latency_ms: 600_000, ..PaperSettings::default() };
    let mut accounts = open(settings);
    submit(&mut accounts, OrderTerms { time_in_force: TimeInForce::AtClose, ..buy(1) });
    submit(&mut accounts, buy(2));
    let mut draft = Draft::new(minute(0));
    assert!(accounts.deliver(minute(0), false, &mut draft).is_empty());
    accounts.deliver(minute(0), true, &mut draft);
    accounts.play(&[bar(0, [100; 4])], None, &Matcher::at_close, &mut draft);
    let filled: Vec<OrderId> = draft.tell.iter().map(BrokerEvent::order).collect();
    assert_eq!(filled, [main_order(1)]);
}

#[test]
fn a_session_ends_for_orders_that_were_given_in_it() {
    let mut accounts = open(PaperSettings { latency_ms: 60_000, ..PaperSettings::default() });
    let day = |number, at| OrderTerms {
        accepted_at: minute(at),
        time_in_force: TimeInForce::Day,
        order_type: OrderType::Limit { limit_price: price(1) },
        ..buy(number)
    };
    // One works, one still waits, one was given at the very end and belongs to the next session.
    for terms in [day(1, 0), day(2, 4), day(3, 5), buy(4)] {
        submit(&mut accounts, terms);
    }
    let said = told(&mut accounts, |accounts, draft| {
        accounts.deliver(minute(4), false, draft);
        accounts.end_session(minute(5), draft);
    });
    let expired = [1, 2].map(|number| BrokerEvent::Expired { order: main_order(number) });
    assert_eq!(said, expired);
}

#[test]
fn what_an_order_that_waits_has_reserved_is_not_spent_by_another() {
    let mut accounts = open(PaperSettings { latency_ms: 60_000, ..PaperSettings::default() });
    // At the price that it meets, the first costs more than it has reserved.
    let first = OrderTerms { quantity: units(1_000), reserved: usd(99_950), ..buy(1) };
    let second = OrderTerms { accepted_at: minute(1), reserved: usd(50), ..buy(2) };
    submit(&mut accounts, first);
    submit(&mut accounts, second);
    let said = told(&mut accounts, |accounts, draft| {
        accounts.deliver(minute(1), false, draft);
        accounts.play(&[bar(1, [10_000; 4])], None, &Matcher::open, draft);
    });
    let quantities = said.iter().filter_map(|event| match event {
        BrokerEvent::Filled { fill, .. } => Some(fill.quantity),
        _ => None,
    });
    let unreserved = Quantity::new(Decimal::new(9_995, 1)).unwrap();
    assert_eq!(quantities.collect::<Vec<_>>(), [unreserved]);
}

#[test]
fn an_order_that_waits_can_be_cancelled() {
    let mut accounts = open(PaperSettings { latency_ms: 60_000, ..PaperSettings::default() });
    submit(&mut accounts, buy(1));
    let order = main_order(1);
    let said = told(&mut accounts, |accounts, draft| accounts.cancel(order, draft));
    assert_eq!(said, [BrokerEvent::Cancelled { order }]);
    assert!(accounts.are_idle());
}

#[test]
fn what_is_over_is_forgotten_and_what_may_fill_is_not() {
    let mut accounts = open(PaperSettings::default());
    submit(&mut accounts, buy(1));
    let last = REMEMBERED as u64 + 3;
    for number in 2..=last {
        submit(&mut accounts, buy(number));
        let order = main_order(number);
        told(&mut accounts, |accounts, draft| accounts.cancel(order, draft));
    }
    let known = |accounts: &mut Accounts, number| {
        let order = main_order(number);
        let said = told(accounts, |accounts, draft| accounts.query(order, draft));
        said != [BrokerEvent::NotFound { order }]
    };
    let numbers = [(1, true), (2, false), (4, false), (5, true), (last, true)];
    for (number, expected) in numbers {
        assert_eq!(known(&mut accounts, number), expected, "{number}");
    }
    let again = submit(&mut accounts, buy(3));
    assert!(matches!(again[..], [BrokerEvent::Rejected { .. }]), "{again:?}");
    let waiting = &accounts.account(profile(1)).unwrap().arrived;
    assert_eq!(waiting.iter().map(|terms| terms.intent.number).collect::<Vec<_>>(), [1]);
}

/// Whoever hears that an order which should be gone was accepted asks for its end again: told so
/// of one that has ended, they would never be done.
#[test]
fn nothing_that_has_ended_is_said_to_be_accepted() {
    let mut accounts = open(PaperSettings::default());
    let order = main_order(1);
    assert_eq!(submit(&mut accounts, buy(1)), [BrokerEvent::Accepted { order }]);
    assert_eq!(submit(&mut accounts, buy(1)), [BrokerEvent::Accepted { order }]);
    for ask in [Accounts::cancel, |accounts: &mut Accounts, order, draft: &mut Draft| {
        accounts.query(order, draft);
    }] {
        let said = told(&mut accounts, |accounts, draft| ask(accounts, order, draft));
        assert_eq!(said, [BrokerEvent::Cancelled { order }]);
    }
    assert_eq!(submit(&mut accounts, buy(1)), [BrokerEvent::Cancelled { order }]);
}

/// A journal takes records of one and a half megabytes, and a close may change every account.
#[test]
fn accounts_that_change_together_share_several_records() {
    let instrument =
        Instrument::unrestricted(symbol(), ballast_domain::AssetClass::Stock, usd(0).currency());
    let mut accounts = Accounts::new(PaperSettings::default());
    let mut draft = Draft::new(minute(0));
    for number in 0..1_000 {
        let listed = vec![instrument; 4];
        accounts.fund(profile(number), usd(100_000), listed, &mut draft).unwrap();
    }
    let records = accounts.records(&mut draft, 0);
    let texts = records.iter().map(|record| serde_json::to_string(record).unwrap());
    let longest = texts.map(|text| text.len()).max().unwrap();
    assert!(longest < 400_000, "{longest} bytes in one of {} records", records.len());
    let mut rebuilt = Accounts::new(PaperSettings::default());
    records.into_iter().for_each(|record| rebuilt.restore(record));
    for number in 0..1_000 {
        assert_eq!(rebuilt.account(profile(number)), accounts.account(profile(number)));
        assert!(rebuilt.account(profile(number)).is_some());
    }
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((mixed ^ (mixed >> 31)) % sides.unsigned_abs()).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(i64::try_from(from.len()).unwrap())).unwrap()]
    }

    fn order(&mut self, number: u64, at: i64, held: &[TradeId]) -> OrderTerms {
        use TimeInForce::{AtClose, Day, Fok, Gtc, Ioc};
        let near = price(9_800 + self.below(400));
        let order_type = match self.below(5) {
            0 => OrderType::Market,
            1 => OrderType::Limit { limit_price: near },
            2 => OrderType::Stop { stop_price: near },
            3 => OrderType::StopLimit { stop_price: near, limit_price: price(9_990) },
            _ => OrderType::TrailingStop { distance: Decimal::ONE },
        };
        let time_in_force = self.pick(&[Gtc, Gtc, Gtc, Day, Ioc, Fok, AtClose]);
        let direction = self.pick(&[Direction::Long, Direction::Short]);
        let leaving = !held.is_empty() && self.below(2) == 0;
        let (side, purpose) = if leaving {
            let (trade, reason) = (self.pick(held), ExitReason::Manual);
            (direction.exit_side(), Purpose::Exit { trade, reason, then: None })
        } else {
            let (slot, protection) = (Slot::default(), Protection::default());
            (direction.entry_side(), Purpose::Enter { direction, slot, protection })
        };
        let (quantity, accepted_at) = (units(1 + self.below(12)), minute(at));
        OrderTerms {
            accepted_at,
            order_type,
            time_in_force,
            side,
            purpose,
            quantity,
            ..buy(number)
        }
    }
}

/// A run of random requests and bars; every record is kept as text and rebuilt from.
struct Run {
    accounts: Accounts,
    settings: PaperSettings,
    records: Vec<PaperRecord>,
    intents: u64,
    /// Orders went from waiting to working, which needs no record of its own.
    delivered: bool,
}

impl Run {
    fn commit(&mut self, mut draft: Draft) {
        for record in self.accounts.records(&mut draft, 0) {
            let text = serde_json::to_string(&record).unwrap();
            let read: PaperRecord = serde_json::from_str(&text).unwrap();
            assert_eq!(read, record);
            self.records.push(read);
            self.delivered = false;
        }
        if !self.delivered {
            self.compare();
        }
    }

    fn compare(&self) {
        let mut rebuilt = Accounts::new(self.settings.clone());
        for record in &self.records {
            rebuilt.restore(record.clone());
        }
        let (live, again) = (self.account(), rebuilt.account(profile(1)).unwrap());
        assert!(live.matcher.stands_like(&again.matcher), "after {}", self.records.len());
        assert_eq!((&live.arrived, live.deposited), (&again.arrived, again.deposited));
        for number in 1..=self.intents {
            for leg in [Leg::Main, Leg::Stop, Leg::Target(0)] {
                let order = OrderId { intent: main_order(number).intent, leg };
                let answer = |accounts: &Accounts| {
                    let mut draft = Draft::new(minute(0));
                    accounts.query(order, &mut draft);
                    draft.tell
                };
                assert_eq!(answer(&self.accounts), answer(&rebuilt), "{order}");
            }
        }
    }

    fn account(&self) -> &Account {
        self.accounts.account(profile(1)).unwrap()
    }

    fn request(&mut self, dice: &mut Dice, at: i64) {
        let held: Vec<TradeId> = self.account().matcher.held().map(|trade| trade.id).collect();
        let mut draft = Draft::new(minute(at));
        match dice.below(6) {
            0 => {
                let number = 1 + dice.below(i64::try_from(self.intents).unwrap() + 1);
                self.accounts.cancel(main_order(number.unsigned_abs()), &mut draft);
            }
            1 if !held.is_empty() => {
                let level = price(9_700 + dice.below(600));
                let stop = Stop { level, kind: StopKind::Trailing };
                let levels = Levels::of_stop(stop);
                self.accounts.protect(dice.pick(&held), &levels, &mut draft);
            }
            _ => {
                self.intents += 1;
                let terms = dice.order(self.intents, at, &held);
                self.accounts.submit(Arc::new(terms), &mut draft);
            }
        }
        self.commit(draft);
    }

    fn play(&mut self, dice: &mut Dice, at: i64) {
        let (open, close) = (9_900 + dice.below(200), 9_900 + dice.below(200));
        let (high, low) = (open.max(close) + dice.below(99), open.min(close) - dice.below(99));
        let played = bar(at, [open, high, low, close]);
        let end = |matcher: &mut Matcher, bar: &PlayedBar, out: &mut Vec<BrokerEvent>| {
            matcher.end(bar, false, out);
        };
        let phases: [super::accounts::Phase<'_>; 4] =
            [&Matcher::open, &Matcher::inside, &end, &Matcher::at_close];
        for phase in phases {
            let mut draft = Draft::new(minute(at));
            let came = self.accounts.deliver(minute(at), false, &mut draft);
            self.delivered |= !came.is_empty();
            self.accounts.play(&[played], None, phase, &mut draft);
            self.commit(draft);
        }
        if at % 10 == 9 {
            let mut draft = Draft::new(minute(at + 1));
            self.accounts.end_session(minute(at + 1), &mut draft);
            self.commit(draft);
        }
    }
}

#[test]
fn at_every_record_the_rebuilt_accounts_stand_as_the_live_ones() {
    let mut outcomes = BTreeSet::new();
    for seed in 0..6 {
        let mut dice = Dice(seed);
        let mut settings = PaperSettings { latency_ms: 30_000, ..PaperSettings::default() };
        settings.rules.volume_share = Some(Decimal::new(3, 1));
        let mut run = Run {
            accounts: Accounts::new(settings.clone()),
            settings,
            records: vec![],
            intents: 0,
            delivered: false,
        };
        let mut draft = Draft::new(minute(0));
        let listed = Instrument::unrestricted(
            symbol(),
            ballast_domain::AssetClass::Stock,
            usd(0).currency(),
        );
        run.accounts.fund(profile(1), usd(2_000), vec![listed], &mut draft).unwrap();
        run.commit(draft);
        for at in 0..30 {
            for _ in 0..dice.below(4) {
                run.request(&mut dice, at);
            }
            run.play(&mut dice, at);
        }
        let said = run.records.iter().flat_map(|record| &record.what);
        let said = said.filter_map(|entry| entry.said());
        outcomes.extend(said.map(|event| serde_json::to_value(event).unwrap()["type"].to_string()));
    }
    let expected = ["accepted", "cancelled", "expired", "filled", "rejected"];
    assert!(outcomes.iter().eq(expected.map(|name| format!("\"{name}\"")).iter()), "{outcomes:?}");
}
