//! Targets that people set.

use ballast_domain::Refusal;

use super::script::play;
use crate::fixture::{read, trade};
use crate::risk::tests::targets::changes;
use crate::step::{Answer, Command, LevelChange};
use crate::world::World;

/// Ten units of GOOG held at 100 with a stop at 95 and a target at 110, the last price 102.
fn protected() -> World {
    let mut world = World::running("{}");
    play(&mut world, "bar 100 100 100 100\n enter 10 stop 5 target 10\n filled 1 a 10@100");
    play(&mut world, "bar 100 102 100 102");
    world
}

fn ask(world: &mut World, stop: Option<&str>, targets: &str) -> Answer {
    let change = LevelChange { stop: stop.map(read), targets: Some(changes(targets)) };
    let (trade, by) = (trade(1), "bob".to_owned());
    world.command(Command::MoveLevels { trade, change, expected_version: None, by })
}

#[test]
fn targets_are_set_moved_and_taken_away_by_a_person() {
    let mut world = protected();
    play(
        &mut world,
        "
        targets 1 1@108*0.5 @120 -> targets 1 5@108 5@120 by bob | move 1 0.5*108 0.5*120
        targets 1 1@ 2@          ->
        filled 1t0 b 5@108
        targets 1 2@115          -> targets 1 5@108 5@115 by bob | move 1 0.5*108 0.5*115
        targets 1                -> targets 1 5@108 0@115 by bob | move 1 0.5*108 0*115
        targets 1 @111
        -> targets 1 5@108 0@115 5@111 by bob | move 1 0.5*108 0*115 0.5*111
        filled 1t2 c 5@111
        closed 1: 95
        ",
    );
}

/// What the venue has filled by a target before it heard of the change counts to that target, also
/// to one that was taken away.
#[test]
fn a_fill_that_the_change_has_crossed_is_booked() {
    let mut world = protected();
    play(
        &mut world,
        "
        targets 1 @120*0.6 -> targets 1 0@110 6@120 by bob | move 1 0*110 0.6*120
        filled 1t0 b 10@110
        closed 1: 100
        status: Running
        ",
    );
}

/// What was journaled and not told is told after a restart, and at every poll.
#[test]
fn targets_are_told_again() {
    let mut world = protected();
    play(
        &mut world,
        "
        targets 1 1@108 -> targets 1 10@108 by bob | move 1 1*108
        restart         -> | move 1 95 1*108; query 1s; query 1t0
        wait 60
        clock           -> | move 1 95 1*108; query 1s; query 1t0
        ",
    );
}

/// They do not change what can be lost: nothing that stops entries stops them.
#[test]
fn targets_move_whatever_stops_entries() {
    for before in
        ["control Halted", "control unknown", "store away", "status Stopped", "filled 9 x 1@100"]
    {
        let mut world = protected();
        play(&mut world, before);
        assert_eq!(ask(&mut world, None, "1@ @130*0.1"), {
            let portions = read("1.1");
            Answer::Refused(Refusal::TargetsAboveEntry { portions })
        });
        assert_eq!(ask(&mut world, None, "1@120"), Answer::Done, "{before}");
        assert_eq!(world.words(), "targets 1 10@120 by bob | move 1 1*120", "{before}");
    }
}

/// Stop and targets that are asked for together stand or fall together.
#[test]
fn nothing_is_half_done() {
    let mut world = protected();
    let beyond = Refusal::TargetBeyondPrice { level: read("101"), price: read("102") };
    assert_eq!(ask(&mut world, Some("97"), "1@101"), Answer::Refused(beyond));
    assert_eq!(world.words(), "");
    let beyond = Refusal::StopBeyondPrice { level: read("103"), price: read("102") };
    assert_eq!(ask(&mut world, Some("103"), "1@120"), Answer::Refused(beyond));
    assert_eq!(world.words(), "");
    assert!(matches!(ask(&mut world, Some("97"), "7@120"), Answer::Invalid(_)));
    assert_eq!(world.words(), "");
    assert_eq!(ask(&mut world, Some("97"), "1@120"), Answer::Done);
    let done = "stop 1 97 StopLoss by bob; targets 1 10@120 by bob | move 1 97 1*120";
    assert_eq!(world.words(), done);
    assert_eq!(ask(&mut world, Some("97"), "1@120"), Answer::Done);
    assert_eq!(world.words(), "");
}

#[test]
fn targets_are_set_only_by_who_has_seen_the_trade_as_it_is() {
    let mut world = protected();
    let seen = world.profile().trades[&trade(1)].version();
    let to = |asked, expected_version| Command::MoveLevels {
        trade: trade(1),
        change: LevelChange { stop: None, targets: Some(changes(asked)) },
        expected_version: Some(expected_version),
        by: "bob".to_owned(),
    };
    assert_eq!(world.command(to("1@120", seen)), Answer::Done);
    let version = world.profile().trades[&trade(1)].version();
    assert_eq!(world.command(to("1@121", seen)), Answer::Conflict { version });
    play(&mut world, "filled 1t0 b 4@120");
    let left = world.profile().trades[&trade(1)].version();
    assert_eq!(world.command(to("1@121", version)), Answer::Conflict { version: left });
    assert_eq!(world.command(to("1@121", left)), Answer::Done);
}

/// What enters after the change is closed by the same portions at the same prices.
#[test]
fn targets_follow_what_still_enters() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 100 100 100
        enter 10 target 10
        filled 1 a 4@100   -> filled 1 4@100; protected 1 none 4@110
        targets 1 1@120*.5 -> targets 1 2@120 by bob | move 1 0.5*120
        filled 1 b 6@101   -> filled 1 6@101; protected 1 none 5@120
        ",
    );
}

/// A split keeps their portions and follows with their prices.
#[test]
fn targets_follow_a_split() {
    let mut world = protected();
    play(
        &mut world,
        "
        targets 1 1@110*0.5 @120
        split 2/1 51 one -> split GOOG one | move 1 47.5 0.5*55 0.5*60
        targets 1 1@56 2@ -> targets 1 10@56 10@60 by bob | move 1 0.5*56 0.5*60
        ",
    );
}
