//! Everything that is held goes, once, whatever else is under way.

use ballast_domain::id::MAX_INTENT_NUMBER;
use ballast_domain::{OrderType, ProfileStatus, Refusal, SignalTerms};

use super::script::play;
use crate::fixture::{PROFILE, exit, hour, order, read, trade};
use crate::state::State;
use crate::step::{Answer, Command, Effects, Engine, Flattened, Input, Settings};
use crate::world::World;

/// A world in which ten units of GOOG are held at 100.
fn holding() -> World {
    let mut world = World::running("{}");
    play(&mut world, "bar 100 100 100 100\n enter 10\n filled 1 a 10@100");
    world
}

fn flatten(world: &mut World) -> Flattened {
    let (by, reason) = ("bob".to_owned(), "news".to_owned());
    match world.command(Command::Flatten { profile: PROFILE, by, reason }) {
        Answer::Flattened(flattened) => flattened,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_held_is_left_and_what_would_enter_is_cancelled() {
    let mut world = holding();
    play(&mut world, "enter 2 limit 99 slot b\n enter 3 slot c\n filled 3 b 3@100");
    let flattened = flatten(&mut world);
    assert_eq!(
        world.words(),
        "status Stopped; flattening; cancelling 2 (flattened: news); \
         intent 4 exit 1 10 flatten; intent 5 exit 3 3 flatten | cancel 2; submit 4; submit 5"
    );
    let expected = Flattened {
        exits: vec![order("4"), order("5")],
        cancelled: vec![order("2")],
        ..Flattened::default()
    };
    assert_eq!(flattened, expected);
    let told = Answer::Flattened(flattened).to_string();
    assert_eq!(told, "flattening: 2 exits sent, 1 orders cancelled");
    assert_eq!(flatten(&mut world).exits, [], "it is under way");
    play(&mut world, "filled 4 c 10@99\n cancelled 2 ->  ended 2 Cancelled\n filled 5 d 3@99");
    assert!(world.profile().is_idle());
    assert_eq!(flatten(&mut world), Flattened::default());
    assert_eq!(world.words(), "flattening");
}

#[test]
fn exits_go_whatever_control_says() {
    for control in ["control Paused", "control Halted", "control unknown"] {
        let mut world = holding();
        play(&mut world, control);
        assert_eq!(flatten(&mut world).exits, [order("2")], "{control}");
    }
}

/// What another exit has claimed is never left a second time.
#[test]
fn what_exits_have_claimed_goes_when_they_are_gone() {
    let mut world = holding();
    let limit = |quantity: &str| {
        let mut signal = exit(1, Some(quantity));
        if let SignalTerms::Exit { order_type, .. } = &mut signal.terms {
            *order_type = OrderType::Limit { limit_price: read("120") };
        }
        signal
    };
    world.signal(limit("4"));
    play(&mut world, "exit 1 3 -> intent 3 exit 1 3 manual | submit 3");
    let flattened = flatten(&mut world);
    assert_eq!(
        world.words(),
        "status Stopped; flattening; cancelling 2 (flattened: news); \
         intent 4 exit 1 3 flatten | cancel 2; submit 4"
    );
    assert_eq!((flattened.waiting, flattened.cancelled), (vec![trade(1)], vec![order("2")]));
    play(
        &mut world,
        "
        filled 2 b 1@120 -> filled 2 1@120
        restart
        cancelled 2      -> ended 2 Cancelled; intent 5 exit 1 3 flatten | submit 5
        filled 3 c 3@99
        filled 4 d 3@99
        filled 5 e 3@99
        closed 1: 11
        ",
    );
    assert!(world.profile().is_idle());
}

#[test]
fn what_still_fills_of_an_entry_is_left_too() {
    let mut world = World::running("{}");
    play(&mut world, "bar 100 100 100 100\n enter 10 limit 99");
    assert_eq!(flatten(&mut world).cancelled, [order("1")]);
    play(
        &mut world,
        "
        filled 1 a 4@99 -> filled 1 4@99; intent 2 exit 1 4 flatten | submit 2
        filled 1 b 1@99 -> filled 1 1@99; intent 3 exit 1 1 flatten | submit 3
        cancelled 1     -> ended 1 Cancelled
        filled 2 c 4@98
        filled 3 d 1@98
        ",
    );
    assert!(world.profile().is_idle());
}

/// Somebody looks first, instead of an order at every answer of the venue.
#[test]
fn an_exit_that_a_venue_refused_is_not_repeated_by_itself() {
    let mut world = holding();
    play(&mut world, "flatten\n rejected 2 -> ended 2 Rejected\n clock ->");
    assert_eq!(flatten(&mut world).exits, [order("3")]);
}

#[test]
fn an_exit_of_the_strategy_that_failed_is_made_up_for() {
    let mut world = holding();
    play(
        &mut world,
        "
        exit 1     -> intent 2 exit 1 10 manual | submit 2
        flatten    -> status Stopped; flattening
        rejected 2 -> ended 2 Rejected; intent 3 exit 1 10 flatten | submit 3
        ",
    );
}

#[test]
fn nothing_reverses_and_nothing_enters_until_it_is_started_again() {
    let mut world = World::running(
        r#"{"direction": "both", "entry": "close > 100", "entryShort": "close < 100"}"#,
    );
    play(
        &mut world,
        "
        bar 101 101 101 101
        filled 1 a 10@101
        bar 99 99 99 99
        -> evaluated Reverse(Short); intent 2 exit 1 10 opposite_signal then | submit 2
        flatten          -> status Stopped; flattening
        filled 2 b 10@99 -> filled 2 10@99; refused profileStopped
        bar 99 99 99 99  -> evaluated Hold(Stopped)
        enter 1          -> refused profileStopped
        ",
    );
    assert!(world.profile().flattening.is_some());
    play(&mut world, "status Running\n enter 1 slot b -> intent 3 long 1 | submit 3");
    assert_eq!(world.profile().flattening, None);
    play(&mut world, "filled 3 c 1@99 -> filled 3 1@99");
}

#[test]
fn a_review_outlives_it() {
    let mut world = holding();
    play(&mut world, "filled 9 x 1@100 -> unmatched 9; status UnderReview");
    flatten(&mut world);
    assert_eq!(world.words(), "flattening; intent 2 exit 1 10 flatten | submit 2");
    assert_eq!(world.profile().status, ProfileStatus::UnderReview);
}

#[test]
fn an_exit_that_cannot_be_made_is_told() {
    let mut state = serde_json::to_value(holding().engine.state()).unwrap();
    state["profiles"][PROFILE.to_string()]["lastIntent"] = MAX_INTENT_NUMBER.into();
    let state: State = serde_json::from_value(state).unwrap();
    let (mut engine, mut effects) = (Engine::new(state, Settings::default()), Effects::default());
    let (by, reason) = ("bob".to_owned(), "news".to_owned());
    let command = Command::Flatten { profile: PROFILE, by, reason };
    let input = Input::Command { at: hour(9), request_id: None, command };
    engine.step(input, &mut effects).unwrap();
    let Some(Answer::Flattened(flattened)) = effects.answer else { panic!("{effects:?}") };
    assert_eq!(flattened.refused, [(trade(1), Refusal::Overflow)]);
    assert!(effects.actions.is_empty());
    let told = Answer::Flattened(flattened).to_string();
    assert!(told.contains("; trd_000000000000100000001 is still held: the order's"), "{told}");
}
