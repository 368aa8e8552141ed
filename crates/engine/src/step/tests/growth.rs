//! A plan that was compiled after a frame was handed out reads less of it, and copes.

use std::sync::Arc;

use ballast_domain::{Decision, Hold, Symbol};

use crate::fixture::{PROFILE, bar, config, document, entry, goog, hour, read};
use crate::market::Frame;
use crate::step::{Answer, Command, Input};
use crate::strategy::Plan;
use crate::world::World;

const LATER: &str = r#"{"symbols": ["GOOG", "MSFT"],
    "entry": "crossover(close, sma(close, 2)) or tf(\"4h\", close > open)",
    "exits": {"stopLoss": {"type": "atr", "value": 2, "period": 3}, "maxBars": 9},
    "sizing": {"type": "volatilityTarget", "value": 1}}"#;

/// The world's board, grown by a plan that was compiled and warmed up beside it.
fn put_beside(world: &mut World, edit: &str) -> Answer {
    let mut warmed = world.board.unwarmed();
    let plan = Plan::compile(Arc::new(config(edit)), &mut warmed).unwrap();
    warmed.expire(world.board.told_to(), |_| ());
    world.board.adopt(&warmed).unwrap();
    let (document, plan) = (Box::new(document(config(edit))), Box::new(plan));
    let (expected_version, by) = (None, "alice".to_owned());
    world.command(Command::PutProfile { profile: PROFILE, document, plan, expected_version, by })
}

#[test]
fn frames_from_before_a_plan_have_fewer_rows_and_values() {
    let mut world = World::running("{}");
    let mut old: Option<Frame> = None;
    world.board.push(goog(), &bar(hour(1), "9 9 9 9"), |frame| old = Some(frame.clone())).unwrap();
    let old = old.unwrap();
    assert_eq!(put_beside(&mut world, LATER), Answer::Done);
    let msft: Symbol = read("MSFT");
    world.take(Input::Seen(&old));
    assert_eq!(world.engine.mark(PROFILE, goog()), Some((read("9"), hour(1))));
    world.take(Input::Missed(&old));
    let now = hour(1);
    world.take(Input::Frame { frame: &old, now });
    let evaluation = world.engine.evaluation(PROFILE, goog()).unwrap();
    assert_eq!(evaluation.decision, Decision::Hold(Hold::NotReady));
    assert_eq!(world.engine.evaluation(PROFILE, msft), None);
    assert_eq!(world.engine.mark(PROFILE, msft), None);
    // What is held is followed by it all the same.
    world.signal(entry("10"));
    world.say(ballast_domain::BrokerEvent::Filled {
        order: crate::fixture::order("1"),
        fill: crate::fixture::fill("a", "10@9", "0", hour(0)),
    });
    world.take(Input::Missed(&old));
    world.take(Input::Frame { frame: &old, now });
    let evaluation = world.engine.evaluation(PROFILE, goog()).unwrap();
    assert_eq!(evaluation.decision, Decision::Hold(Hold::NoExit));
    let plan = world.engine.plan(PROFILE).unwrap();
    assert!(plan.lanes()[1].row(&old).is_none());
    let row = plan.lanes()[0].row(&old).unwrap();
    assert_eq!(plan.protection(&plan.lanes()[0], row), None);
}

#[test]
fn a_plan_that_joined_later_trades_from_the_next_frame_on() {
    let mut world = World::running("{}");
    world.bar(goog(), &bar(hour(1), "9 9 9 9"));
    let edit = r#"{"symbols": ["GOOG", "MSFT"], "entry": "close > 10"}"#;
    assert_eq!(put_beside(&mut world, edit), Answer::Done);
    world.bar(goog(), &bar(hour(2), "9 9 9 9"));
    assert_eq!(world.words(), "", "MSFT is waited for");
    world.bar(read("MSFT"), &bar(hour(2), "11 11 11 11"));
    assert_eq!(world.words(), "evaluated Enter(Long); intent 1 long 10 | submit 1");
}
