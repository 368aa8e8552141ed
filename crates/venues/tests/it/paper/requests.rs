//! What a tenant asks of the venue, and what it is told.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ballast_domain::control::{ControlEntry, Scope};
use ballast_domain::id::Leg;
use ballast_domain::{
    BrokerEvent, ControlMode, ControlSnapshot, CorporateAction, Direction, DoneState, Event,
    IntentId, Money, OrderId, OrderState, OrderTerms, OrderType, Origin, Protection, Quantity,
    Signal, SignalTerms, Slot, StrategyConfig, Symbol, TimeInForce,
};
use ballast_engine::ports::{Broker, Clock, Gap, Gaps, JournalError, NoGaps};
use ballast_engine::run::Delivery;
use ballast_engine::step::{Answer, Command};
use ballast_engine::strategy::Plan;
use ballast_venues::paper::{
    AccountError, MarketClose, PaperBroker, PaperEntry, PaperError, PaperSettings, PaperVenue,
    VenueEnded,
};
use rust_decimal::Decimal;
use serde_json::json;
use tokio::sync::mpsc;

use super::rig::{self, Disk, HandClock, Process, Start};
use super::world::{self, hour, price};

fn order(number: u64, leg: Leg) -> OrderId {
    OrderId { intent: IntentId { profile: world::profile(1), number }, leg }
}

/// A strategy that never trades by itself.
fn idle() -> Arc<StrategyConfig> {
    world::config(&["AAA"], json!({"entry": "close < 0", "exit": null}))
}

/// Hours whose prices are given in cents.
fn quotes(prices: &[[i64; 4]]) -> Vec<(Symbol, ballast_domain::Bar)> {
    let bars = (0..).zip(prices).map(|(at, prices)| world::bar(at, *prices, 1_000));
    bars.map(|bar| (world::symbol("AAA"), bar)).collect()
}

const FLAT: [i64; 4] = [10_000, 10_000, 10_000, 10_000];

struct Desk {
    disk: Disk,
    process: Process,
    closes: Vec<MarketClose>,
}

impl Desk {
    /// One profile, set up, before the first of `prices`.
    async fn open(config: Arc<StrategyConfig>, start: Start, prices: &[[i64; 4]]) -> Self {
        let configs = [config];
        let (plans, closes) = world::closes(&configs, &quotes(prices));
        let disk = Disk::new();
        let settings = start.settings.clone();
        let process = Process::start(&disk, start, &plans).await;
        process.set_up(&configs, &plans, &settings).await.unwrap();
        Self { disk, process, closes }
    }

    async fn play(&self, closes: std::ops::Range<usize>) {
        for close in &self.closes[closes] {
            self.process.play(close).await.unwrap();
        }
    }

    async fn buy(&self, order_type: OrderType, time_in_force: TimeInForce) -> Answer {
        let signal = Box::new(entry(order_type, time_in_force));
        self.process.command(Command::Signal(signal)).await.unwrap()
    }

    /// Where and when orders filled, in cents and hours.
    fn fills(&self) -> Vec<(OrderId, i64, String)> {
        let events = self.disk.events();
        let filled = events.into_iter().filter_map(|event| match event {
            Event::OrderFilled { order, fill } => {
                let hours = fill.at.nanos_since(hour(0)) / world::HOUR;
                Some((order, hours, fill.price.to_string()))
            }
            _ => None,
        });
        filled.collect()
    }

    fn said(&self) -> Vec<BrokerEvent> {
        said(&self.disk)
    }
}

/// A person buys ten.
fn entry(order_type: OrderType, time_in_force: TimeInForce) -> Signal {
    let terms = SignalTerms::Enter {
        direction: Direction::Long,
        slot: Slot::default(),
        quantity: Decimal::TEN,
        order_type,
        time_in_force,
        protection: Protection::default(),
        cut_to_available: false,
        cancels: None,
    };
    let origin = Origin::Manual { by: "someone".to_owned() };
    Signal { origin, profile: world::profile(1), symbol: world::symbol("AAA"), terms }
}

/// Whoever shows what is going on sees the newest price, also where nothing was worth an event.
#[tokio::test]
async fn what_leaves_no_event_is_seen_too() {
    let prices = [FLAT, [10_000, 10_200, 9_900, 10_100], [10_100, 10_300, 10_000, 10_250]];
    let desk = Desk::open(idle(), Start::new(PaperSettings::default()), &prices).await;
    desk.play(0..1).await;
    let events = desk.disk.events().len();
    let seen = |desk: &Desk| desk.process.seen.lock().unwrap().last().copied().flatten();
    assert_eq!(seen(&desk), Some(price(10_000)));
    desk.play(1..3).await;
    assert_eq!(desk.disk.events().len(), events);
    assert_eq!(seen(&desk), Some(price(10_250)));
}

fn said(disk: &Disk) -> Vec<BrokerEvent> {
    let entries = disk.paper.records().into_iter().flat_map(|record| record.what);
    let said = entries.filter_map(|entry| match entry {
        PaperEntry::Said { event } => Some(event),
        _ => None,
    });
    said.collect()
}

fn submitted(disk: &Disk) -> Vec<Arc<OrderTerms>> {
    let entries = disk.paper.records().into_iter().flat_map(|record| record.what);
    let submitted = entries.filter_map(|entry| match entry {
        PaperEntry::Submitted { terms } => Some(terms),
        _ => None,
    });
    submitted.collect()
}

#[tokio::test]
async fn a_signal_during_a_bar_does_not_fill_in_that_bar() {
    let prices = [FLAT, [10_000, 10_200, 9_000, 10_000], [10_100, 10_200, 9_900, 10_100]];
    let desk = Desk::open(idle(), Start::new(PaperSettings::default()), &prices).await;
    desk.play(0..1).await;
    desk.process.clock.set(hour(1).saturating_add_nanos(world::HOUR / 2));
    let limit_price = price(9_950);
    let answer = desk.buy(OrderType::Limit { limit_price }, TimeInForce::Gtc).await;
    assert_eq!(answer, Answer::Accepted(order(1, Leg::Main)));
    desk.play(1..2).await;
    assert_eq!(desk.fills(), [], "its low was before the order, or may have been");
    desk.play(2..3).await;
    assert_eq!(desk.fills(), [(order(1, Leg::Main), 2, "99.50".to_owned())]);
}

#[tokio::test]
async fn an_order_fills_once_its_latency_has_passed() {
    // The entry is accepted at the close of the first hour, which is hour 1.
    for (latency_ms, fills_in) in [(0, 1), (1, 2), (3_600_000, 2), (3_600_001, 3)] {
        let config = world::config(&["AAA"], json!({"entry": "close > 0", "exit": "close < 0"}));
        let settings = PaperSettings { latency_ms, ..PaperSettings::default() };
        let desk = Desk::open(config, Start::new(settings), &[FLAT; 5]).await;
        desk.play(0..5).await;
        assert_eq!(
            desk.fills(),
            [(order(1, Leg::Main), fills_in, "100.00".to_owned())],
            "{latency_ms} ms"
        );
    }
}

#[tokio::test]
async fn a_cancelled_order_does_not_fill_and_is_told_about_again() {
    let prices = [FLAT, FLAT, [9_000, 9_000, 9_000, 9_000]];
    let desk = Desk::open(idle(), Start::new(PaperSettings::default()), &prices).await;
    desk.play(0..1).await;
    let limit_price = price(9_500);
    desk.buy(OrderType::Limit { limit_price }, TimeInForce::Gtc).await;
    desk.play(1..2).await;
    let main = order(1, Leg::Main);
    let cancel = Command::Cancel { order: main, reason: "changed my mind".to_owned() };
    desk.process.command(cancel).await.unwrap();
    desk.play(2..3).await;
    assert_eq!(desk.fills(), []);
    let expected = [BrokerEvent::Accepted { order: main }, BrokerEvent::Cancelled { order: main }];
    assert_eq!(desk.said(), expected);
    desk.process.broker.cancel(main).await;
    desk.process.market.settled().await.unwrap();
    assert_eq!(desk.said(), expected, "a second cancel changes nothing");
}

#[tokio::test]
async fn ticks_fill_at_once_and_their_bar_fills_nothing_more() {
    let prices = [FLAT, [10_000, 10_400, 9_000, 10_000], FLAT];
    let desk = Desk::open(idle(), Start::new(PaperSettings::default()), &prices).await;
    desk.play(0..1).await;
    let minutes = |minutes: i64| hour(1).saturating_add_nanos(minutes * world::HOUR / 60);
    let tick = async |at, cents| {
        desk.process.clock.set(minutes(at));
        let one = Quantity::new(Decimal::ONE).unwrap();
        let market = &desk.process.market;
        market.tick(world::symbol("AAA"), minutes(at), price(cents), one).await.unwrap();
        market.settled().await.unwrap();
    };
    tick(1, 10_010).await;
    desk.buy(OrderType::Market, TimeInForce::Ioc).await;
    tick(2, 10_020).await;
    let main = order(1, Leg::Main);
    let filled = desk.said().into_iter().find_map(|event| match event {
        BrokerEvent::Filled { order, fill } => Some((order, fill.at, fill.price)),
        _ => None,
    });
    assert_eq!(filled, Some((main, minutes(2), price(10_020))));
    // A sell far above the ticks, but inside the bar that they belong to.
    let exit = SignalTerms::Exit {
        trade: ballast_domain::TradeId(main.intent),
        quantity: None,
        order_type: OrderType::Limit { limit_price: price(10_300) },
        time_in_force: TimeInForce::Ioc,
        reason: ballast_domain::ExitReason::Manual,
        then: None,
    };
    let origin = Origin::Manual { by: "someone".to_owned() };
    let (profile, symbol) = (world::profile(1), world::symbol("AAA"));
    let signal = |terms| Box::new(Signal { origin: origin.clone(), profile, symbol, terms });
    desk.process.command(Command::Signal(signal(exit.clone()))).await.unwrap();
    tick(3, 10_050).await;
    let dropped = BrokerEvent::Expired { order: order(2, Leg::Main) };
    assert!(desk.said().contains(&dropped), "it saw a tick and did not fill");
    let SignalTerms::Exit { time_in_force: _, trade, quantity, order_type, reason, then } = exit
    else {
        unreachable!()
    };
    let time_in_force = TimeInForce::Gtc;
    let exit = SignalTerms::Exit { trade, quantity, order_type, time_in_force, reason, then };
    desk.process.command(Command::Signal(signal(exit))).await.unwrap();
    tick(4, 10_060).await;
    desk.play(1..3).await;
    assert_eq!(desk.fills().len(), 1, "the bar's high was before the order");
}

#[tokio::test]
async fn what_was_told_is_told_again_after_a_restart() {
    let bars = world::together(&[("AAA", world::walk(21, 80))]);
    let more = json!({"entry": "close > 0", "exit": null, "exits": {
        "stopLoss": {"type": "percent", "value": "1"},
        "takeProfit": [{"type": "percent", "value": "1", "portion": "0.5"}]}});
    let configs = [world::config(&["AAA"], more)];
    let (plans, closes) = world::closes(&configs, &bars);
    let settings = PaperSettings::default();
    let disk = rig::run(&configs, &plans, &closes, Start::new(settings.clone())).await;
    let said = said(&disk);
    let venue = disk.venue(settings).await;
    let held = venue.account(world::profile(1)).unwrap().matcher.held().next().unwrap().id;
    let (inbox, mut told) = mpsc::channel(1);
    let (broker, market, task) = venue.start(inbox);
    // What may not have been heard comes first and unasked.
    let unheard = answers(&broker, None, &mut told).await;
    assert!(!unheard.is_empty() && unheard.len() < 5 && said.ends_with(&unheard), "{unheard:?}");
    let numbers = 1..=u64::try_from(submitted(&disk).len()).unwrap();
    for main in numbers.map(|number| order(number, Leg::Main)) {
        // None of them works any more: that it was accepted is not true now.
        let expected: Vec<_> =
            said.iter().filter(|event| event.order().intent == main.intent).cloned().collect();
        let (accepted, expected): (Vec<_>, Vec<_>) =
            expected.into_iter().partition(|event| matches!(event, BrokerEvent::Accepted { .. }));
        assert!(accepted.len() == 1 && !expected.is_empty(), "{main}");
        assert_eq!(answers(&broker, Some(main), &mut told).await, expected);
    }
    let leg = said.iter().map(BrokerEvent::order).find(|order| order.leg == Leg::Stop).unwrap();
    let fill: Vec<_> = said.iter().filter(|event| event.order() == leg).cloned().collect();
    assert_eq!(answers(&broker, Some(leg), &mut told).await, fill);
    let unhurt = OrderId { intent: held.0, leg: Leg::Stop };
    let standing = BrokerEvent::Accepted { order: unhurt };
    assert_eq!(answers(&broker, Some(unhurt), &mut told).await, [standing]);
    for unknown in [order(999_999, Leg::Main), OrderId { leg: Leg::Target(7), ..leg }] {
        let nothing = BrokerEvent::NotFound { order: unknown };
        assert_eq!(answers(&broker, Some(unknown), &mut told).await, [nothing]);
    }
    drop((broker, market));
    task.await.unwrap().unwrap();
    assert_eq!(self::said(&disk), said, "to tell again is nothing new");
}

/// All that the venue tells when it is asked about an order.
async fn answers(
    broker: &PaperBroker,
    asked: Option<OrderId>,
    told: &mut mpsc::Receiver<Delivery>,
) -> Vec<BrokerEvent> {
    if let Some(order) = asked {
        broker.query(order).await;
    }
    let strange = order(888_888, Leg::Main);
    broker.query(strange).await;
    let mut events = Vec::new();
    while events.last() != Some(&BrokerEvent::NotFound { order: strange }) {
        match told.recv().await.unwrap() {
            Delivery::Broker(message) => events.push(message.event),
            other => panic!("{other:?}"),
        }
    }
    events.pop();
    events
}

/// Invariant: an order is never sent twice.
///
/// An engine that lost its journal gives its intents the same numbers again.
#[tokio::test]
async fn an_intent_that_comes_twice_is_one_order() {
    let bars = world::together(&[("AAA", world::walk(22, 40))]);
    let configs = [world::config(&["AAA"], json!({}))];
    let (plans, closes) = world::closes(&configs, &bars);
    let settings = PaperSettings::default();
    let disk = rig::run(&configs, &plans, &closes, Start::new(settings.clone())).await;
    let (before, orders) = (disk.paper.records(), submitted(&disk).len());
    assert!(orders > 3);
    let forgetful = Disk { paper: disk.paper, ..Disk::new() };
    let process = Process::start(&forgetful, Start::new(settings.clone()), &plans).await;
    process.set_up(&configs, &plans, &settings).await.unwrap();
    for close in &closes[..20] {
        process.play(close).await.unwrap();
    }
    process.kill().await;
    assert!(!forgetful.events().is_empty());
    assert_eq!(submitted(&forgetful).len(), orders);
    let recorded = forgetful.paper.records();
    let entries = |records: Vec<ballast_venues::paper::PaperRecord>| {
        records.into_iter().flat_map(|record| record.what).collect::<Vec<_>>()
    };
    let (before, mut recorded) = (entries(before), entries(recorded));
    let news = recorded.split_off(before.len());
    assert_eq!(recorded, before);
    let repeated = |entry: &PaperEntry| matches!(entry, PaperEntry::Repeated { .. });
    assert!(!news.is_empty() && news.iter().all(repeated), "only that it came again: {news:?}");
    let state = forgetful.state();
    let (first, second) = (order(1, Leg::Main), state.profile(world::profile(1)).unwrap());
    assert!(second.order(first).is_some_and(|order| !order.filled.is_zero()), "it was told again");
}

#[tokio::test]
async fn an_account_is_opened_once_and_follows_what_is_allocated() {
    let settings = PaperSettings::default();
    let disk = Disk::new();
    let (inbox, _told) = mpsc::channel(1);
    let venue = disk.venue(settings.clone()).await;
    let (broker, _market, _task) = venue.start(inbox);
    let (profile, list) = (world::profile(1), vec![world::instrument("AAA")]);
    let usd = |amount: i64| Money::new(Decimal::from(amount), world::currency());
    for (amount, records) in [(1_000, 1), (1_000, 1), (1_500, 2), (1_500, 2), (200, 3)] {
        broker.open_account(profile, usd(amount), list.clone()).await.unwrap();
        assert_eq!(disk.paper.records().len(), records, "{amount}");
        let account = disk.venue(settings.clone()).await.account(profile).unwrap().clone();
        assert_eq!((account.matcher.cash(), account.deposited), (usd(amount), usd(amount)));
    }
    let more = vec![world::instrument("AAA"), world::instrument("BBB")];
    broker.open_account(profile, usd(200), more).await.unwrap();
    let account = disk.venue(settings).await.account(profile).unwrap().clone();
    assert!(account.matcher.lists(world::symbol("BBB")));
    let euros = Money::new(Decimal::from(200), "EUR".parse().unwrap());
    let refused = broker.open_account(profile, euros, list).await.unwrap_err();
    assert!(matches!(refused, AccountError::Amount { .. }), "{refused}");
}

/// What its issuer has done, the venue does once; orders go, those that cannot fill yet among them.
#[tokio::test]
async fn a_corporate_action_is_done_once_and_cancels_orders() {
    let desk = Desk::open(idle(), Start::new(PaperSettings::default()), &[FLAT; 4]).await;
    let (profile, aaa) = (world::profile(1), world::symbol("AAA"));
    desk.play(0..1).await;
    desk.buy(OrderType::Market, TimeInForce::Gtc).await;
    desk.play(1..2).await;
    let limit_price = price(5_000);
    let mut resting = entry(OrderType::Limit { limit_price }, TimeInForce::Gtc);
    if let SignalTerms::Enter { slot, .. } = &mut resting.terms {
        *slot = serde_json::from_value(json!("b")).unwrap();
    }
    desk.process.command(Command::Signal(Box::new(resting))).await.unwrap();
    let ratio = |units: &str| units.parse().unwrap();
    let cash_price = price(10_000);
    let split =
        CorporateAction::Split { numerator: ratio("3"), denominator: ratio("1"), cash_price };
    let broker = &desk.process.broker;
    for _ in 0..2 {
        broker.act(profile, "s1".parse().unwrap(), aaa, split.clone()).await.unwrap();
    }
    desk.process.market.settled().await.unwrap();
    let cancelled = |event: &&BrokerEvent| matches!(event, BrokerEvent::Cancelled { .. });
    assert_eq!(desk.said().iter().filter(cancelled).count(), 1);
    let refused = broker.act(world::profile(7), "s1".parse().unwrap(), aaa, split.clone()).await;
    assert!(matches!(refused, Err(AccountError::Unknown { .. })), "{refused:?}");
    let unknown = broker.act(profile, "s2".parse().unwrap(), world::symbol("ZZZ"), split).await;
    assert!(matches!(unknown, Err(AccountError::Action { .. })), "{unknown:?}");
    let account = desk.disk.venue(PaperSettings::default()).await.account(profile).unwrap().clone();
    let held: Vec<_> = account.matcher.held().map(|held| held.open_quantity()).collect();
    assert_eq!(held, [Quantity::new(Decimal::from(30)).unwrap()]);
    assert_eq!(account.matcher.working().count(), 0);
}

/// Invariant: bounded; a queue that is full makes its sender wait.
///
/// 100 orders in one step, and 100 fills in one close, through queues of one.
#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever_when_every_queue_is_full() {
    let config = world::config(&["AAA"], json!({"entry": "close > 0", "exit": "close < 0"}));
    let configs = vec![config; 100];
    let (plans, closes): (Vec<Plan>, _) = world::closes(&configs, &quotes(&[FLAT; 4]));
    let settings = PaperSettings { queue: 1, ..PaperSettings::default() };
    let start = Start { inbox: 1, ..Start::new(settings) };
    // Time stands still until nothing else can go on: then it jumps, and the test fails.
    let run = rig::run(&configs, &plans, &closes, start);
    let disk = tokio::time::timeout(Duration::from_secs(60), run).await.unwrap();
    let filled = disk.events().into_iter().filter(|e| matches!(e, Event::OrderFilled { .. }));
    assert_eq!(filled.count(), 100);
}

/// Invariant: durable before visible.
#[tokio::test]
async fn a_refused_record_ends_the_venue_before_anybody_is_told() {
    let start = Start::new(PaperSettings::default());
    let dead = Arc::clone(&start.dead);
    let disk = Disk::new();
    let clock: Arc<dyn Clock> = Arc::new(HandClock::default());
    let stream = disk.paper.in_process(Arc::clone(&dead));
    let venue = PaperVenue::open(stream, start.settings, clock, Arc::new(NoGaps)).await.unwrap();
    let (inbox, mut told) = mpsc::channel(1);
    let (broker, market, task) = venue.start(inbox);
    dead.store(true, Ordering::SeqCst);
    let cash = Money::new(Decimal::TEN, world::currency());
    let refused = broker.open_account(world::profile(1), cash, Vec::new()).await.unwrap_err();
    assert!(matches!(refused, AccountError::Ended(_)), "{refused}");
    let error = task.await.unwrap().unwrap_err();
    assert!(matches!(error, PaperError::Journal(JournalError::Unavailable(_))), "{error}");
    assert!(told.recv().await.is_none());
    assert!(market.settled().await.is_err());
}

/// Invariant: durable before visible; a failed append ends the loop, and whoever asked is not told
/// that it was done.
#[tokio::test]
async fn what_the_journal_refuses_is_neither_sent_nor_answered() {
    let start = Start::new(PaperSettings::default());
    let dead = Arc::clone(&start.dead);
    let desk = Desk::open(idle(), start, &[FLAT]).await;
    desk.play(0..1).await;
    let before = desk.disk.events().len();
    dead.store(true, Ordering::SeqCst);
    let reason = "test".to_owned();
    let halt = Command::SetStatus {
        profile: world::profile(1),
        status: ballast_domain::ProfileStatus::Stopped,
        acknowledge: false,
        reason,
        by: "test".to_owned(),
    };
    assert_eq!(desk.process.command(halt).await, None);
    let signal = Box::new(entry(OrderType::Market, TimeInForce::Gtc));
    assert_eq!(desk.process.command(Command::Signal(signal)).await, None);
    assert_eq!((desk.disk.events().len(), submitted(&desk.disk).len()), (before, 0));
}

#[tokio::test]
async fn a_tenant_that_has_ended_ends_its_venue() {
    let desk = Desk::open(idle(), Start::new(PaperSettings::default()), &[FLAT]).await;
    let error = desk.process.stop().await.unwrap_err();
    assert!(matches!(error, PaperError::TenantGone), "{error}");
}

#[tokio::test]
async fn a_venue_that_is_to_finish_has_told_all_and_plays_no_more() {
    let config = world::config(&["AAA"], json!({"entry": "close > 0", "exit": "close < 0"}));
    let desk = Desk::open(config, Start::new(PaperSettings::default()), &[FLAT; 40]).await;
    // They wait while the venue plays the first of them; what it plays it also tells.
    for close in &desk.closes {
        desk.process.market.close(close.clone()).await.unwrap();
    }
    desk.process.broker.finish().await.unwrap();
    let close = desk.closes[0].clone();
    assert_eq!(desk.process.market.close(close).await, Err(VenueEnded));
    let filled = |said: &&BrokerEvent| matches!(said, BrokerEvent::Filled { .. });
    assert_eq!(desk.fills().len(), desk.said().iter().filter(filled).count());
    assert_eq!(desk.process.stop().await.unwrap(), ());
}

#[tokio::test]
async fn every_prefix_of_the_stream_rebuilds_what_stood_then() {
    let bars = world::together(&[("AAA", world::walk(23, 60))]);
    let configs = [world::config(
        &["AAA"],
        json!({"exits": {
        "trailing": {"type": "percent", "value": "1"}}}),
    )];
    let (plans, closes) = world::closes(&configs, &bars);
    let settings = PaperSettings::default();
    let disk = rig::run(&configs, &plans, &closes, Start::new(settings.clone())).await;
    let records = disk.paper.records();
    let mut standing = None;
    for (count, record) in (1..).zip(&records) {
        standing = record.accounts.get(&world::profile(1)).or(standing);
        let paper = disk.paper.prefix(count);
        let rebuilt = Disk { paper, ..Disk::new() }.venue(settings.clone()).await;
        assert_eq!(rebuilt.account(world::profile(1)), standing, "after {count} records");
    }
    assert!(records.len() > 30);
}

/// Halts everything at the moment in which the journal has an entry and the venue has not.
#[derive(Debug)]
struct HaltsWhenAppended(rig::Control);

impl Gaps for HaltsWhenAppended {
    fn pass(&self, gap: Gap) {
        if gap == Gap::Appended {
            let (by, reason) = ("operator".to_owned(), "incident".to_owned());
            let (scope, mode, at) = (Scope::Global, ControlMode::Halted, hour(0));
            let entry = ControlEntry { scope, mode, by, at, reason };
            let halted = ControlSnapshot { version: 7, entries: vec![entry] };
            self.0.send_replace(Some(Arc::new(halted)));
        }
    }
}

/// Invariant: control is compared last.
#[tokio::test]
async fn an_entry_that_was_accepted_before_a_halt_is_not_sent_after_it() {
    let settings = PaperSettings::default();
    let (config, prices) = (idle(), [FLAT, FLAT, FLAT]);
    let desk = Desk::open(config, Start::new(settings.clone()), &prices).await;
    desk.play(0..1).await;
    let Desk { disk, process, closes } = desk;
    process.kill().await;
    let mut start = Start::new(settings);
    start.gaps = Arc::new(HaltsWhenAppended(start.control.clone()));
    let (plans, _) = world::closes(&[idle()], &quotes(&prices));
    let process = Process::start(&disk, start, &plans).await;
    let desk = Desk { disk, process, closes };
    desk.play(1..2).await;
    let answer = desk.buy(OrderType::Market, TimeInForce::Gtc).await;
    assert_eq!(answer, Answer::Accepted(order(1, Leg::Main)));
    desk.play(2..3).await;
    desk.process.kill().await;
    assert_eq!(submitted(&desk.disk), [], "the venue never heard of it");
    let state = desk.disk.state();
    let known = state.profile(world::profile(1)).unwrap();
    let ended = known.order(order(1, Leg::Main)).unwrap();
    assert_eq!(ended.state, OrderState::Done(DoneState::Voided));
    assert_eq!(known.book.available(), Decimal::from(world::CASH), "its money is free again");
}
