//! One trade in words, from its signal to flat, with the end of a process in between.

use ballast_domain::{BrokerEvent, ExitReason};

use crate::fixture::{bar, fill, goog, hour, order};
use crate::world::World;

#[test]
fn a_trade_survives_the_end_of_the_process() {
    let mut world = World::running(
        r#"{"entry": "crossover(close, 105)", "exit": "close < 90",
            "exits": {"trailing": {"type": "percent", "value": 5}, "maxBars": 4}}"#,
    );
    let close = |world: &mut World, hours: i64, prices: &str| {
        world.bar(goog(), &bar(hour(hours), prices));
        world.words()
    };
    assert_eq!(close(&mut world, 1, "100 101 99 100"), "evaluated Hold(NotReady)");
    assert_eq!(
        close(&mut world, 2, "100 106 100 106"),
        "evaluated Enter(Long); intent 1 long 10 | submit 1"
    );
    world.restart();
    assert_eq!(world.words(), "unknown 1 | query 1", "nobody had answered yet");
    world.say(BrokerEvent::Accepted { order: order("1") });
    world.say(BrokerEvent::Filled { order: order("1"), fill: fill("a", "10@106", "1", hour(2)) });
    assert_eq!(world.words(), "filled 1 10@106; protected 1 100.7");
    assert_eq!(
        close(&mut world, 3, "106 110 106 109"),
        "stop 1 104.7 Trailing; held 1 1; evaluated Hold(NoExit) | move 1 104.7"
    );
    world.missed(goog(), &bar(hour(4), "109 120 109 118"));
    assert_eq!(
        world.words(),
        "stop 1 114.7 Trailing; held 1 2 | move 1 114.7",
        "no signal, but the trail"
    );
    world.restart();
    assert_eq!(world.words(), "| move 1 114.7; query 1s");
    let filled = fill("b", "10@114.7", "1", hour(4));
    world.say(BrokerEvent::Filled { order: order("1s"), fill: filled });
    assert_eq!(world.words(), "filled 1s 10@114.7");
    let closed = world.profile().closed.back().unwrap();
    assert_eq!(closed.exit_reason, Some(ExitReason::TrailingStop));
    assert_eq!(closed.net_profit().unwrap().to_string(), "85.0 USD");
    assert_eq!(world.profile().book.available().normalize().to_string(), "10085");
}
