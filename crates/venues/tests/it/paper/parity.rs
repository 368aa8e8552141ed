//! The same bars fill the same as in a back-test.

use std::sync::Arc;

use ballast_domain::{Account, Bar, Event, Fill, OrderId, StrategyConfig, Symbol};
use ballast_engine::matching::FillRules;
use ballast_engine::state::Profile;
use ballast_venues::paper::PaperSettings;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::reference::Reference;
use super::rig::{self, Disk, Start};
use super::world;

/// What a strategy trades by, and how its orders fill.
fn cases() -> Vec<(&'static str, Value, Value)> {
    let both = json!({
        "direction": "both", "entryShort": "crossunder(close, sma(close, 5))",
        "exit": null, "sizing": {"type": "percentOfEquity", "value": "60"},
    });
    let exits = json!({"exits": {
        "stopLoss": {"type": "percent", "value": "2"},
        "breakEvenAt": {"type": "percent", "value": "1"},
        "takeProfit": [{"type": "percent", "value": "2", "portion": "0.5"},
                       {"type": "percent", "value": "4", "portion": "0.5"}],
        "maxBars": 15}});
    let trailing = json!({"timeframe": "4h", "direction": "short", "exits": {
        "stopLoss": {"type": "atr", "value": "2", "period": 5},
        "trailing": {"type": "percent", "value": "2"}}});
    let fees = json!({"fees": {"type": "percent", "maker": "0.1", "taker": "0.2"},
                      "slippageBps": "5"});
    let thin = json!({"volumeShare": "0.1"});
    let plain = json!({});
    let all_in = json!({"sizing": {"type": "percentOfAvailable", "value": "100"}});
    vec![
        ("plain", plain.clone(), plain.clone()),
        ("cut down to what is available", all_in, fees.clone()),
        ("reversals", both.clone(), fees.clone()),
        ("reversals in thin volume", both, thin.clone()),
        ("stop, targets, break-even, time", exits.clone(), fees.clone()),
        ("the same in thin volume", exits, thin.clone()),
        ("short on 4h with a trail", trailing.clone(), fees),
        ("the same trail in thin volume", trailing, thin),
    ]
}

/// Everything that was traded. Evaluations hold floats, which the stream's text may round; that an
/// order was accepted is told at another moment.
fn traded(events: Vec<Event>) -> Vec<Event> {
    let apart =
        |event: &Event| matches!(event, Event::OrderAccepted { .. } | Event::Evaluated { .. });
    events.into_iter().filter(|event| !apart(event)).collect()
}

async fn live(config: &Arc<StrategyConfig>, rules: &FillRules, bars: &[(Symbol, Bar)]) -> Disk {
    let configs = std::slice::from_ref(config);
    let (plans, closes) = world::closes(configs, bars);
    let settings = PaperSettings { rules: rules.clone(), ..PaperSettings::default() };
    rig::run(configs, &plans, &closes, Start::new(settings)).await
}

fn fills(events: &[Event]) -> Vec<(OrderId, &Fill)> {
    let filled = events.iter().filter_map(|event| match event {
        Event::OrderFilled { order, fill } => Some((*order, &**fill)),
        _ => None,
    });
    filled.collect()
}

/// Shows the first event that differs, not all of them.
fn assert_same(live: &[Event], expected: &[Event], name: &str) {
    for place in 0..live.len().max(expected.len()) {
        assert_eq!(live.get(place), expected.get(place), "{name}: event {place}");
    }
}

async fn agree(name: &str, config: Arc<StrategyConfig>, rules: FillRules, seed: u64) {
    let bars = world::together(&[("AAA", world::walk(seed, 500))]);
    agree_on(name, config, rules, seed, &bars).await;
}

async fn agree_on(
    name: &str,
    config: Arc<StrategyConfig>,
    rules: FillRules,
    seed: u64,
    bars: &[(Symbol, Bar)],
) {
    let reference = Reference::run(&config, &rules, bars);
    let disk = live(&config, &rules, bars).await;
    let events = disk.events();
    assert!(fills(&events).len() > 20, "{name}: too few fills to compare");
    assert_same(&traded(events), &traded(reference.events), &format!("{name}, seed {seed}"));
    let profile = world::profile(1);
    let expected = reference.engine.state().profile(profile).unwrap();
    let state = disk.state();
    assert_eq!(money(state.profile(profile).unwrap()), money(expected), "{name}, seed {seed}");
    let settings = PaperSettings { rules, ..PaperSettings::default() };
    let venue = disk.venue(settings).await;
    let account = venue.account(profile).unwrap();
    let matcher = &account.matcher;
    assert_eq!(matcher.cash(), reference.matcher.cash(), "{name}, seed {seed}");
    assert!(matcher.held().eq(reference.matcher.held()), "{name}, seed {seed}");
    let open = matcher.working().chain(&account.arrived);
    assert!(open.eq(reference.matcher.working()), "{name}, seed {seed}");
}

/// The balances of a profile's book, and what its working orders have reserved. Which transfers it
/// still remembers is a matter of when they were made.
fn money(profile: &Profile) -> (Vec<Decimal>, Vec<Decimal>) {
    let balances = Account::ALL.map(|account| profile.book.balance(account));
    let working = profile.working.keys();
    let reserved = working.map(|order| profile.book.reservation(order.intent));
    (balances.to_vec(), reserved.collect())
}

#[tokio::test]
async fn the_same_bars_fill_the_same_as_in_a_back_test() {
    for (name, more, rules) in cases() {
        for seed in [1, 2] {
            agree(name, world::config(&["AAA"], more.clone()), world::rules(rules.clone()), seed)
                .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_bars_fill_the_same_on_several_threads() {
    for (name, more, rules) in cases().into_iter().skip(3).take(2) {
        agree(name, world::config(&["AAA"], more), world::rules(rules), 3).await;
    }
}

/// What one instrument frees the other spends, at the same open, in whatever order their bars come:
/// a reversal's second half has its money before another entry does.
#[tokio::test]
async fn instruments_that_share_their_capital_fill_the_same() {
    for seed in 5..11 {
        let series = [("AAA", world::walk(seed, 400)), ("BBB", world::walk(seed + 100, 400))];
        let mut bars = world::together(&series);
        if seed % 2 == 0 {
            bars.reverse();
            bars.sort_by_key(|(_, bar)| bar.close_time);
        }
        for (name, more, rules) in cases() {
            let config = world::config(&["AAA", "BBB"], more);
            agree_on(&format!("{name}, two"), config, world::rules(rules), seed, &bars).await;
        }
    }
}
