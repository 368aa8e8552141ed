//! While the store is away nothing is begun that raises risk, and all that lowers it goes on.

use ballast_domain::{ProfileStatus, Refusal};

use super::script::play;
use crate::fixture::{PROFILE, config, document, exit, goog};
use crate::step::{Answer, Command};
use crate::world::World;

/// A world in which ten units of GOOG are held at 100, with a stop at 95.
fn holding() -> World {
    let mut world = World::running("{}");
    play(&mut world, "bar 100 100 100 100\n enter 10 stop 5\n filled 1 a 10@100\n store away");
    world
}

fn refused() -> Answer {
    Answer::Refused(Refusal::StoreAway)
}

#[test]
fn a_strategy_leaves_and_enters_nothing() {
    let rules = r#"{"entry": "close > 105", "exit": "close < 100"}"#;
    let mut world = World::running(rules);
    play(
        &mut world,
        "
        bar 100 106 99 106  -> evaluated Enter(Long); intent 1 long 10 | submit 1
        store away          ->
        filled 1 a 10@106   -> filled 1 10@106
        bar 106 107 106 107 ->
        bar 104 104 99 99   -> evaluated Exit; intent 2 exit 1 10 exit_signal | submit 2
        filled 2 b 10@99    -> filled 2 10@99
        bar 106 106 106 106 ->
        bar 106 106 106 106 ->
        ",
    );
    assert_eq!(world.engine.refusal(PROFILE, goog()), Some(&Refusal::StoreAway), "it is shown");
    play(
        &mut world,
        "
        store back          ->
        bar 106 106 106 106 -> evaluated Enter(Long); intent 3 long 10 | submit 3
        ",
    );
}

#[test]
fn the_second_half_of_a_reversal_does_not_enter() {
    let both = r#"{"direction": "both", "entry": "close > 105", "exit": null,
        "entryShort": "close < 100"}"#;
    let mut world = World::running(both);
    play(
        &mut world,
        "
        bar 100 106 99 106 -> evaluated Enter(Long); intent 1 long 10 | submit 1
        filled 1 a 10@106
        bar 104 104 99 99
        store away
        filled 2 b 10@99   -> filled 2 10@99
        ",
    );
    assert!(world.profile().is_idle());
}

#[test]
fn people_leave_cancel_and_tighten_and_do_nothing_else() {
    let mut world = holding();
    play(&mut world, "stop 1 97 -> stop 1 97 StopLoss by bob | move 1 97\n stop 1 90 ->");
    assert_eq!(world.answer, Some(refused()), "a stop that is further away raises risk");
    play(&mut world, "enter 1 ->");
    assert_eq!(world.answer, Some(refused()));
    assert_eq!(world.put(PROFILE, document(config("{}"))), refused());
    assert_eq!(world.words(), "");
    play(&mut world, "exit 1 4 -> intent 2 exit 1 4 manual | submit 2");
    play(&mut world, "cancel 2 -> cancelling 2 (test) | cancel 2\n cancelled 2");
    play(&mut world, "status Stopped -> status Stopped\n status Running ->");
    assert_eq!(world.answer, Some(refused()));
    play(&mut world, "flatten -> flattening; intent 3 exit 1 10 flatten | submit 3");
    assert_eq!(world.set(PROFILE, ProfileStatus::Running), refused());
}

#[test]
fn a_refused_exit_is_answered_and_leaves_no_event() {
    let mut world = holding();
    play(&mut world, "exit 1 -> intent 2 exit 1 10 manual | submit 2");
    let again = world.signal(exit(1, None));
    assert!(matches!(again, Answer::Refused(Refusal::NothingToReduce { .. })), "{again:?}");
    assert_eq!(world.words(), "");
}

#[test]
fn a_profile_is_not_removed_before_that_can_be_recorded() {
    let mut world = World::running("{}");
    play(&mut world, "store away");
    let remove =
        Command::RemoveProfile { profile: PROFILE, expected_version: None, by: "bob".to_owned() };
    assert_eq!(world.command(remove), refused());
    play(&mut world, "store back\n remove -> removed");
}
