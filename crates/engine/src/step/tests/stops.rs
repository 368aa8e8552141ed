//! Stops that people move.

use ballast_domain::{ProfileId, Refusal, TradeId};

use super::script::play;
use crate::fixture::{intent, read, trade};
use crate::step::{Answer, Command, LevelChange};
use crate::world::World;

fn move_stop(world: &mut World, trade: TradeId, level: &str) -> Answer {
    let change = LevelChange { stop: Some(read(level)), targets: None };
    world.command(Command::MoveLevels {
        trade,
        change,
        expected_version: None,
        by: "bob".to_owned(),
    })
}

/// Ten units of GOOG held at 100 with a stop at 95, the last price 102.
fn protected(edit: &str) -> World {
    let mut world = World::running(edit);
    play(&mut world, "bar 100 100 100 100\n enter 10 stop 5\n filled 1 a 10@100");
    play(&mut world, "bar 100 102 100 102");
    world
}

#[test]
fn a_stop_is_moved_by_a_person() {
    let mut world = protected("{}");
    play(
        &mut world,
        "
        stop 1 97 -> stop 1 97 StopLoss by bob | move 1 97
        stop 1 97 ->
        stop 1 90 -> stop 1 90 StopLoss by bob | move 1 90
        filled 1s b 10@89.5
        closed 1: -105
        ",
    );
    assert_eq!(world.profile().closed[0].exit_reason, Some(ballast_domain::ExitReason::StopLoss));
}

/// What a person has not seen, a fill or what somebody else did, is not overruled; that a stop has
/// trailed by itself is what they have asked for.
#[test]
fn a_stop_is_moved_only_by_who_has_seen_the_trade_as_it_is() {
    let mut world = protected("{}");
    let seen = world.profile().trades[&trade(1)].version();
    let to = |level, expected_version| Command::MoveLevels {
        trade: trade(1),
        change: LevelChange { stop: Some(read(level)), targets: None },
        expected_version: Some(expected_version),
        by: "bob".to_owned(),
    };
    assert_eq!(world.command(to("97", seen)), Answer::Done);
    assert_eq!(world.words(), "stop 1 97 StopLoss by bob | move 1 97");
    let version = world.profile().trades[&trade(1)].version();
    assert_eq!(world.command(to("96", seen)), Answer::Conflict { version });
    play(&mut world, "exit 1 4\n filled 2 b 4@102");
    let left = world.profile().trades[&trade(1)].version();
    assert_eq!(world.command(to("96", version)), Answer::Conflict { version: left });
    assert_eq!(world.command(to("98", left)), Answer::Done);
}

#[test]
fn a_trade_without_a_stop_gets_one() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 100 100 100
        enter 10
        filled 1 a 10@100
        control Halted
        stop 1 95 -> stop 1 95 StopLoss by bob | move 1 95
        restart   -> | move 1 95; query 1s
        ",
    );
}

/// Closer always passes; further away is refused by whatever refuses an entry.
#[test]
fn a_stop_moves_away_only_where_risk_may_rise() {
    let review = "filled 9 x 1@100";
    let cases = [
        ("control Paused", "control"),
        ("control Halted GOOG", "control"),
        ("control unknown", "controlUnknown"),
        (review, "underReview"),
    ];
    for (before, code) in cases {
        let mut world = protected("{}");
        play(&mut world, before);
        match move_stop(&mut world, trade(1), "94.99") {
            Answer::Refused(refusal) => assert_eq!(refusal.code(), code, "{before}"),
            other => panic!("{before}: {other:?}"),
        }
        assert_eq!(world.words(), "", "{before}");
        assert_eq!(move_stop(&mut world, trade(1), "95.01"), Answer::Done, "{before}");
    }
    let mut world = protected("{}");
    play(&mut world, "status Stopped\n stop 1 90 -> stop 1 90 StopLoss by bob | move 1 90");
}

#[test]
fn the_trail_goes_on_from_there() {
    let mut world = World::running(
        r#"{"entry": "close >= 100", "exits": {"trailing": {"type": "percent", "value": 3}}}"#,
    );
    play(
        &mut world,
        "
        bar 100 100 100 100
        filled 1 a 10@100   -> filled 1 10@100; protected 1 97
        bar 100 104 100 104 -> stop 1 101 Trailing; evaluated Hold(NoExit) | move 1 101
        stop 1 103          -> stop 1 103 StopLoss by bob | move 1 103
        bar 104 105 104 105 ->
        bar 105 107 105 107 -> stop 1 104 Trailing | move 1 104
        ",
    );
}

#[test]
fn levels_that_cannot_be_are_refused() {
    let mut world = protected("{}");
    let refused = |world: &mut World, id, level| {
        let answer = move_stop(world, id, level);
        assert_eq!(world.words(), "");
        answer
    };
    let gone = Answer::Refused(Refusal::TradeUnknown { trade: trade(7) });
    assert_eq!(refused(&mut world, trade(7), "95"), gone);
    let mut foreign = intent(1);
    foreign.profile = ProfileId::from_bits(9);
    assert_eq!(refused(&mut world, TradeId(foreign), "95"), Answer::NoSuchProfile);
    for level in ["102", "103"] {
        let (level, price) = (read(level), read("102"));
        let beyond = Answer::Refused(Refusal::StopBeyondPrice { level, price });
        assert_eq!(move_stop(&mut world, trade(1), &level.to_string()), beyond);
    }
    play(&mut world, "filled 1s b 10@95");
    let closed = Answer::Refused(Refusal::TradeUnknown { trade: trade(1) });
    assert_eq!(refused(&mut world, trade(1), "96"), closed);
}

/// Fills of an entry may be told in another order than they were made in, and the tighter level
/// stays: the venue has the level that it came to by its own order.
#[test]
fn a_stop_that_stays_closer_than_the_entry_gives_it_is_told() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 stop 5
        filled 1 a 5@102 -> filled 1 5@102; protected 1 96.9
        filled 1 b 2@90 -> filled 1 2@90 | move 1 96.9
        filled 1 c 3@112 -> filled 1 3@112; protected 1 97.47 | move 1 97.47
        ",
    );
}
