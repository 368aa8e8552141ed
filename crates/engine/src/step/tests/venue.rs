//! The venue's messages: each in turn, late, twice, out of order, and not at all.

use ballast_domain::{BrokerEvent, OrderId, ProfileId};

use super::script::play;
use crate::fixture::{fill, order};
use crate::step::Input;
use crate::world::World;

/// A world with a limit order for ten units at 99 that the venue has not answered yet.
pub(super) fn sent() -> World {
    let mut world = World::running("{}");
    play(&mut world, "bar 100 101 99 100\n enter 10 limit 99");
    world
}
#[test]
fn each_message_moves_an_order_on() {
    let cases = [
        ("accepted 1", "accepted 1", "Active(Accepted) 0"),
        ("filled 1 a 4@99", "filled 1 4@99", "Active(PartiallyFilled) 4"),
        ("filled 1 a 10@99", "filled 1 10@99", "Done(Filled) 10"),
        ("cancelled 1", "ended 1 Cancelled", "Done(Cancelled) 0"),
        ("rejected 1", "ended 1 Rejected", "Done(Rejected) 0"),
        ("expired 1", "ended 1 Expired", "Done(Expired) 0"),
        ("unknown 1", "unknown 1 | query 1", "Active(Unknown) 0"),
        ("notfound 1", "unknown 1", "Active(Unknown) 0"),
    ];
    for (message, expected, state) in cases {
        let mut world = sent();
        play(&mut world, &format!("{message} -> {expected}\n order 1: {state}"));
        play(&mut world, "status: Running");
    }
}

/// The same message again changes nothing.
#[test]
fn repeated_messages_change_nothing() {
    let messages = [
        "accepted 1",
        "filled 1 a 4@99 0.5",
        "filled 1 a 10@99",
        "cancelled 1",
        "rejected 1",
        "expired 1",
    ];
    for first in messages {
        for second in messages {
            let mut world = sent();
            play(&mut world, &format!("{first}\n {second}"));
            let settled = world.journal.len();
            play(&mut world, &format!("{first}\n {second}"));
            assert_eq!(world.journal.len(), settled, "{first} then {second}");
        }
    }
}

#[test]
fn a_fill_may_come_before_the_acceptance() {
    let mut world = sent();
    play(
        &mut world,
        "
        filled 1 a 4@99 -> filled 1 4@99
        accepted 1 ->
        order 1: Active(PartiallyFilled) 4
        filled 1 b 6@99 -> filled 1 6@99
        accepted 1 ->
        expired 1 ->
        order 1: Done(Filled) 10
        ",
    );
}

/// Streams lose messages: what is open, and what has ended without all of its fills, is asked for.
#[test]
fn venues_are_asked_about_everything_now_and_then() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 stop 5
        filled 1 a 10@100
        enter 1 limit 90 slot b
        accepted 2
        enter 1 limit 90 slot c
        cancelled 3
        enter 1 limit 90 slot d
        rejected 4
        clock ->
        wait 59
        clock ->
        wait 1
        clock -> | query 2; query 3; move 1 95; query 1s
        clock ->
        filled 3 b 1@90 -> filled 3 1@90; status UnderReview
        wait 86400
        clock -> | query 2; move 1 95; query 1s
        wait -60
        clock -> | query 2; move 1 95; query 1s
        ",
    );
}

#[test]
fn a_protective_fill_that_overtakes_its_entry_waits_for_it() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 stop 5
        accepted 1
        filled 1s b 6@95 -> unmatched 1s | query 1
        filled 1s b 6@95 ->
        status: Running
        filled 1 a 4@100 -> filled 1 4@100; protected 1 95 | query 1
        filled 1 c 6@100 -> filled 1 6@100; filled 1s 6@95
        trade 1: 4 400
        status: Running
        filled 1s d 4@95 -> filled 1s 4@95
        trade 1: none
        available: 9950
        ",
    );
}

#[test]
fn an_order_in_doubt_is_in_doubt_until_its_venue_has_it_although_it_is_to_be_cancelled() {
    let mut world = sent();
    play(
        &mut world,
        "
        unknown 1 -> unknown 1 | query 1
        enter 1 slot b -> refused notReconciled
        cancel 1 -> cancelling 1 (test) | cancel 1
        enter 1 slot b -> refused notReconciled
        unknown 1 -> | query 1
        accepted 1 -> accepted 1 | cancel 1
        order 1: Active(PendingCancel) 0
        accepted 1 -> | cancel 1
        enter 1 slot b -> intent 2 long 1 | submit 2
        wait 10
        notfound 1 -> ended 1 Cancelled
        ",
    );
    let mut cancelled_first = sent();
    play(
        &mut cancelled_first,
        "
        cancel 1
        enter 1 slot b -> intent 2 long 1 | submit 2
        unknown 1 -> unknown 1 | query 1
        order 1: Active(PendingCancel) 0
        enter 1 slot c -> refused notReconciled
        accepted 1 -> accepted 1 | cancel 1
        unknown 1 -> | query 1
        enter 1 slot c -> intent 3 long 1 | submit 3
        ",
    );
    let mut filled = sent();
    play(
        &mut filled,
        "
        unknown 1
        cancel 1
        filled 1 a 4@99
        enter 1 slot b -> intent 2 long 1 | submit 2
        ",
    );
}

#[test]
fn a_protective_fill_that_nothing_explains_is_looked_at() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 stop 5
        filled 1s b 6@95 -> unmatched 1s | query 1
        cancelled 1 -> ended 1 Cancelled; status UnderReview | query 1
        filled 1 a 6@100 -> filled 1 6@100; protected 1 95; filled 1s 6@95
        trade 1: none
        available: 9970
        ",
    );
}

/// An entry's fill was lost, so that more is left than was known to be held: what both come to does
/// not depend on which was told first.
#[test]
fn an_entry_told_after_its_exit_comes_to_the_same() {
    let told = [
        "filled 1 a 4@100 1\n filled 1 c 6@102 1\n cancelled 1\n filled 1s b 10@95 1",
        "filled 1 a 4@100 1\n cancelled 1\n filled 1s b 10@95 1\n filled 1 c 6@102 1",
        "filled 1 c 6@102 1\n cancelled 1\n filled 1s b 10@95 1\n filled 1 a 4@100 1",
    ];
    for order in told {
        let mut world = World::running("{}");
        play(&mut world, "bar 100 101 99 100\n enter 20 stop 5");
        play(&mut world, order);
        play(&mut world, "trade 1: none\n closed 1: -65\n available: 9935");
    }
}

#[test]
fn what_makes_available_negative_stops_entries() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 100 limit 100 -> intent 1 long 100 limit 100 | submit 1
        available: 0
        filled 1 a 50@101 0 -> filled 1 50@101
        filled 1 b 50@101 1 -> filled 1 50@101; negative -101
        available: -101
        status: UnderReview
        filled 1s c 1@101 3 -> filled 1s 1@101
        ",
    );
    let mut late = sent();
    play(
        &mut late,
        "
        cancelled 1
        enter 100 limit 100 slot b
        filled 1 a 10@99 -> filled 1 10@99; status UnderReview; negative -990
        ",
    );
}

#[test]
fn what_fits_nothing_is_kept_and_looked_at_once() {
    let mut world = sent();
    play(
        &mut world,
        "
        accepted 9 ->
        cancelled 9 ->
        notfound 9s ->
        rejected 9s ->
        status: Running
        filled 9 a 1@99 -> unmatched 9; status UnderReview
        filled 9 a 1@99 ->
        filled 9 b 1@99 -> unmatched 9
        filled 9s a 1@99 -> unmatched 9s
        available: 9010
        ",
    );
    let strange = ProfileId::from_bits(77);
    let intent = ballast_domain::IntentId { profile: strange, number: 1 };
    let order = OrderId::main(intent);
    let fill = fill("z", "1@1", "0", world.now);
    let taken_back = BrokerEvent::Corrected { order, fill: fill.id, by: None };
    for message in [BrokerEvent::Filled { order, fill }, taken_back] {
        world.say(message.clone());
        assert_eq!(world.words(), "", "no journal of this tenant has a place for it");
        assert_eq!(world.strangers.pop(), Some(message), "and somebody is told");
    }
}

#[test]
fn a_trade_that_cannot_be_protected_is_looked_at() {
    let mut world = sent();
    play(
        &mut world,
        "
        filled 1 a 10@99
        rejected 1s -> unmatched 1s; status UnderReview
        rejected 1s ->
        trade 1: 10 990
        filled 1s b 10@99
        cancelled 1s ->
        rejected 1t0 ->
        ",
    );
}

/// Invariant: an error never means that an order failed; it is asked for until the venue knows, or
/// still does not know it after the grace time.
#[test]
fn an_order_nobody_can_tell_about_is_asked_for() {
    let mut world = sent();
    play(
        &mut world,
        "
        clock      ->
        unknown 1  -> unknown 1 | query 1
        unknown 1  -> | query 1
        clock      -> | query 1
        wait 9
        notfound 1 ->
        available: 9010
        accepted 1 -> accepted 1
        clock      ->
        ",
    );
}

#[test]
fn an_order_the_venue_does_not_know_is_voided_after_the_grace_time() {
    let script = "
        unknown 1
        wait W
        notfound 1 -> E
        order 1: S
        ";
    let within = ["9", "", "Active(Unknown) 0"];
    let after = ["10", "ended 1 Voided", "Done(Voided) 0"];
    let clock_set_back = ["-3600", "ended 1 Voided", "Done(Voided) 0"];
    for [wait, events, state] in [within, after, clock_set_back] {
        let script = script.replace('W', wait).replace('E', events).replace('S', state);
        play(&mut sent(), &script);
    }
    let mut world = sent();
    let script = "wait 10\n notfound 1 -> unknown 1\n wait 10\n notfound 1 -> ended 1 Voided";
    play(&mut world, &format!("{script}\n available: 10000"));
    play(
        &mut world,
        "accepted 1 -> | cancel 1\n filled 1 a 1@99 -> filled 1 1@99; status UnderReview",
    );
}

/// A clock that runs ahead, or a frame that came late, must not make an order look old.
#[test]
fn the_grace_time_begins_when_nobody_can_tell_about_an_order() {
    play(
        &mut sent(),
        "
        wait 3600
        unknown 1 -> unknown 1 | query 1
        notfound 1 ->
        wait 9
        notfound 1 ->
        wait 1
        notfound 1 -> ended 1 Voided
        ",
    );
    play(
        &mut sent(),
        "wait 3600\n cancel 1\n notfound 1 ->\n wait 10\n notfound 1 -> ended 1 Voided",
    );
}

/// Answers may overtake each other: an order that the venue had is not given up at once.
#[test]
fn an_order_the_venue_had_and_has_no_more_is_asked_for_again() {
    let mut world = sent();
    play(
        &mut world,
        "
        accepted 1
        wait 3600
        notfound 1 -> unknown 1 | query 1
        accepted 1 -> accepted 1
        notfound 1 -> unknown 1 | query 1
        notfound 1 ->
        wait 10
        notfound 1 -> ended 1 Cancelled
        accepted 1 -> | cancel 1
        ",
    );
    let mut partly = sent();
    play(
        &mut partly,
        "
        filled 1 a 4@99
        notfound 1 -> unknown 1 | query 1
        notfound 1 ->
        wait 10
        notfound 1 -> ended 1 Cancelled
        order 1: Done(Cancelled) 4
        ",
    );
}

#[test]
fn an_order_that_should_be_gone_is_cancelled_when_the_venue_has_it() {
    for end in ["cancelled 1", "expired 1", "rejected 1"] {
        play(&mut sent(), &format!("{end}\n accepted 1 -> | cancel 1\n notfound 1 ->"));
    }
    play(&mut sent(), "filled 1 a 10@99\n accepted 1 ->");
}

#[test]
fn after_a_restart_every_open_order_is_asked_for_and_every_stop_is_moved_again() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 stop 5
        filled 1 a 10@100
        enter 1 limit 90 slot b
        enter 1 limit 90 slot c
        accepted 3
        enter 1 limit 90 slot d
        cancel 4
        restart -> unknown 2; unknown 4 | query 2; query 3; query 4; move 1 95; query 1s
        order 2: Active(Unknown) 0
        order 4: Active(PendingCancel) 0
        restart -> | query 2; query 3; query 4; move 1 95; query 1s
        accepted 2 -> accepted 2
        ",
    );
}

#[test]
fn an_entry_that_was_withheld_gives_its_money_back() {
    let mut world = sent();
    play(&mut world, "available: 9010");
    world.take(Input::Withheld {
        at: world.now,
        order: order("1"),
        revision: None,
        reason: "not sent",
    });
    assert_eq!(world.words(), "ended 1 Voided");
    play(&mut world, "available: 10000");
    world.take(Input::Withheld {
        at: world.now,
        order: order("1"),
        revision: None,
        reason: "not sent",
    });
    assert_eq!(world.words(), "");
}

/// The venue has lost it, or never had it: its stop does not stand there.
#[test]
fn a_trade_whose_protective_order_the_venue_does_not_have_is_reviewed() {
    let mut world = sent();
    play(
        &mut world,
        "
        filled 1 a 10@100
        notfound 1s -> unmatched 1s; status UnderReview
        notfound 1s ->
        ",
    );
}
