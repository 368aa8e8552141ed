//! The process may end in any gap between two effects: nothing is lost and nothing doubled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ballast_domain::{BrokerEvent, Event, FillId, OrderId, ProfileStatus, StrategyConfig};
use ballast_engine::ports::{Gap, Gaps, NoGaps};
use ballast_engine::run::Delivery;
use ballast_engine::strategy::Plan;
use ballast_venues::paper::{MarketClose, PaperEntry, PaperSettings};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::rig::{Disk, EndsAt, Process, Start};
use super::world::{self, HOUR};

/// Closes that the last life plays.
const AFTERWARDS: usize = 5;

struct World {
    configs: Vec<Arc<StrategyConfig>>,
    plans: Vec<Plan>,
    closes: Vec<MarketClose>,
    settings: PaperSettings,
    /// Whether the store is away while a close is played.
    away: fn(usize) -> bool,
    /// More fills than this prove something.
    few: usize,
}

impl World {
    fn new(rules: Value) -> Self {
        let bars = world::together(&[("AAA", world::walk(11, 14)), ("BBB", world::walk(12, 14))]);
        let reversing = json!({
            "direction": "both", "exit": null,
            "entry": "close > sma(close, 2)", "entryShort": "close < sma(close, 2)",
            "sizing": {"type": "percentOfEquity", "value": "60"}});
        let protected = json!({"entry": "close > sma(close, 2)", "exit": null, "exits": {
            "stopLoss": {"type": "percent", "value": "2"},
            "trailing": {"type": "percent", "value": "1"},
            "takeProfit": [{"type": "percent", "value": "1", "portion": "0.5"},
                           {"type": "percent", "value": "2", "portion": "0.5"}],
            "maxBars": 6}});
        let configs =
            vec![world::config(&["AAA"], reversing), world::config(&["AAA", "BBB"], protected)];
        let (plans, closes) = world::closes(&configs, &bars);
        let rules = world::rules(rules);
        let settings = PaperSettings { rules, ..PaperSettings::default() };
        Self { configs, plans, closes, settings, away: |_| false, few: 5 }
    }

    /// Lives once: sets up, and plays from `from` until the process ends. Gives the close to go on
    /// with; the one that was being played is gone.
    async fn live(&self, disk: &Disk, from: usize, nth: Option<usize>) -> (usize, Option<Gap>) {
        let mut start = Start::new(self.settings.clone());
        start.inbox = 3;
        let dead = Arc::clone(&start.dead);
        let end = Arc::new(EndsAt::new(nth.unwrap_or(0), Arc::clone(&dead)));
        let gaps: Arc<dyn Gaps> = match nth {
            Some(_) => Arc::clone(&end) as Arc<dyn Gaps>,
            None => Arc::new(NoGaps),
        };
        let process = Process::start(disk, Start { gaps, ..start }, &self.plans).await;
        let mut next = from;
        if process.set_up(&self.configs, &self.plans, &self.settings).await.is_some() {
            let most = if nth.is_some() { usize::MAX } else { AFTERWARDS };
            for close in self.closes[from..].iter().take(most) {
                disk.set_away((self.away)(next));
                next += 1;
                let lives = process.play(close).await.is_some();
                if !lives || dead.load(Ordering::SeqCst) {
                    break;
                }
            }
        }
        if nth.is_none() {
            // Long enough for the engine to give up what never reached the venue.
            let last = self.closes[next - 1].close_time;
            process.clock.set(last.saturating_add_nanos(HOUR));
            for _ in 0..2 {
                process.inbox.send(Delivery::Tick).await.unwrap();
                process.market.settled().await.unwrap();
            }
        }
        process.kill().await;
        let gap = *end.at.lock().unwrap();
        (next, gap)
    }
}

/// Each fill by its order and id; none comes twice.
fn once(fills: impl Iterator<Item = (OrderId, FillId)>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for (order, fill) in fills {
        assert!(seen.insert(format!("{order} {fill}")), "{order} has fill {fill} twice");
    }
    seen
}

/// What the engine believes is what the venue did.
async fn assert_agreement(disk: &Disk, world: &World, name: &str) {
    let events = disk.events();
    let booked = once(events.iter().filter_map(|event| match event {
        Event::OrderFilled { order, fill } => Some((*order, fill.id)),
        _ => None,
    }));
    let records = disk.paper.records();
    let filled =
        once(records.iter().flat_map(|record| &record.what).filter_map(|entry| match entry {
            PaperEntry::Said { event: BrokerEvent::Filled { order, fill } } => {
                Some((*order, fill.id))
            }
            _ => None,
        }));
    assert_eq!(booked, filled, "{name}: fills");
    assert!(filled.len() > world.few, "{name}: too few fills to prove anything");
    let state = disk.state();
    let venue = disk.venue(world.settings.clone()).await;
    for number in 1..=2 {
        let profile = state.profile(world::profile(number)).unwrap();
        let account = venue.account(world::profile(number)).unwrap();
        assert_eq!(profile.status, ProfileStatus::Running, "{name}");
        let believed: BTreeMap<_, _> =
            profile.trades.values().map(|trade| (trade.id, trade.open_quantity())).collect();
        let held: BTreeMap<_, _> =
            account.matcher.held().map(|trade| (trade.id, trade.open_quantity())).collect();
        assert_eq!(believed, held, "{name}: held by profile {number}");
        let working: BTreeSet<OrderId> = profile.working.keys().copied().collect();
        let open = account.matcher.working().chain(&account.arrived);
        let open: BTreeSet<OrderId> = open.map(|terms| terms.order_id()).collect();
        assert_eq!(working, open, "{name}: working for profile {number}");
        let tied: Decimal = account.matcher.held().map(|trade| trade.reserved.amount()).sum();
        let worth = account.matcher.cash().amount() + tied;
        // Both add up the same amounts in another order, so that the 28th digit may differ.
        let believed = profile.book.equity_at_cost().round_dp(20);
        assert_eq!(worth.round_dp(20), believed, "{name}: money of profile {number}");
    }
}

/// Ends the process in every `step`-th gap that it passes, each kind of gap several times.
async fn end_everywhere(world: &World, step: usize, gaps: &[Gap]) {
    let mut seen: BTreeMap<Gap, usize> = BTreeMap::new();
    for nth in (1..).step_by(step) {
        let disk = Disk::new();
        let (next, gap) = world.live(&disk, 0, Some(nth)).await;
        let Some(gap) = gap else { break };
        *seen.entry(gap).or_default() += 1;
        // The second life ends soon too, while it is still asking what has become of things.
        let (next, again) = world.live(&disk, next, Some(nth % 11 + 1)).await;
        world.live(&disk, next, None).await;
        let name = format!("ended at gap {nth} ({}), then {again:?}", gap.name());
        // A process that ended in the last closes could not trade on.
        if next + AFTERWARDS <= world.closes.len() {
            assert_agreement(&disk, world, &name).await;
        }
    }
    let often = |gap| seen.get(gap).is_some_and(|count| *count >= 3);
    assert!(gaps.iter().all(often), "{seen:?}");
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_wherever_the_process_ends() {
    let fees = json!({"type": "percent", "maker": "0.1", "taker": "0.2"});
    let world = World::new(json!({"slippageBps": "5", "fees": fees}));
    end_everywhere(&world, 3, &Gap::USUAL).await;
}

#[tokio::test]
async fn partial_fills_are_neither_lost_nor_doubled() {
    let world = World::new(json!({"volumeShare": "0.2", "slippageBps": "5"}));
    end_everywhere(&world, 2, &Gap::USUAL).await;
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_while_the_store_is_away() {
    let fees = json!({"type": "percent", "maker": "0.1", "taker": "0.2"});
    let world = World::new(json!({"slippageBps": "5", "fees": fees}));
    let world = World { away: |close| close % 3 == 2, few: 2, ..world };
    let gaps = [&Gap::USUAL[..], &[Gap::KeptLocally]].concat();
    end_everywhere(&world, 1, &gaps).await;
}
