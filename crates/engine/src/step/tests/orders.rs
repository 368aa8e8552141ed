//! A person's orders: from the ticket to the trade, and back out again.

use ballast_domain::{BrokerEvent, ProfileId, ProfileStatus, Signal, SignalTerms};

use super::script::play;
use crate::fixture::{bar, config, document, entry, fill, hour, order, read};
use crate::step::Answer;
use crate::world::World;

#[test]
fn an_entry_from_ticket_to_trade() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        enter 10       -> refused marketDataMissing
        bar 100 101 99 100 -> evaluated Hold(NoEntry)
        enter 10 stop 5 -> intent 1 long 10 | submit 1
        available: 9000
        accepted 1     -> accepted 1
        filled 1 a 4@100 1 -> filled 1 4@100; protected 1 95
        filled 1 b 6@101 1 -> filled 1 6@101; protected 1 95.57 | move 1 95.57
        order 1: Done(Filled) 10
        trade 1: 10 1006
        enter 1        -> refused duplicateEntry
        exit 1 4       -> intent 2 exit 1 4 manual | submit 2
        exit 1         -> intent 3 exit 1 6 manual | submit 3
        exit 1         -> refused nothingToReduce
        filled 2 c 4@110 1 -> filled 2 4@110
        filled 1s d 6@90 1 -> filled 1s 6@90; cancelling 3 (the trade has closed) | cancel 3
        cancelled 3    -> ended 3 Cancelled
        closed 1: -30
        available: 9970
        open: 0
        ",
    );
}

#[test]
fn the_rest_of_an_entry_is_cancelled_when_its_trade_closes() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 limit 99 stop 5 -> intent 1 long 10 limit 99 | submit 1
        accepted 1
        filled 1 a 4@99
        filled 1s b 4@94 -> filled 1s 4@94; cancelling 1 (the trade has closed) | cancel 1
        cancelled 1
        trade 1: none
        order 1: Done(Cancelled) 4
        available: 9980
        ",
    );
}

#[test]
fn a_trade_that_is_left_whole_is_not_entered_any_further() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 limit 99
        filled 1 a 4@99
        exit 1 1 -> intent 2 exit 1 1 manual | submit 2
        exit 1 3
        -> cancelling 1 (the trade is being left); intent 3 exit 1 3 manual | cancel 1; submit 3
        filled 1 b 1@99
        exit 1   -> intent 4 exit 1 1 manual | submit 4
        ",
    );
}

#[test]
fn of_two_orders_the_first_to_fill_cancels_the_other() {
    for (first, second) in [("1", "2"), ("2", "1")] {
        let mut world = World::running("{}");
        play(&mut world, "bar 100 101 99 100\n enter 10 limit 99\n accepted 1");
        play(
            &mut world,
            "enter 10 limit 95 slot b cancels 1 -> intent 2 long 10 limit 95 | submit 2",
        );
        let script = "
            accepted 2
            filled F a 10@95
            -> filled F 10@95; cancelling S (the other order has filled) | cancel S
            cancelled S -> ended S Cancelled
            order S: Done(Cancelled) 0
            open: 1
            ";
        play(&mut world, &script.replace('F', first).replace('S', second));
    }
}

#[test]
fn a_partner_of_another_profile_is_left_alone() {
    let mut world = World::running("{}");
    play(&mut world, "bar 100 101 99 100\n enter 1 limit 99");
    let other = ProfileId::from_bits(2);
    world.put(other, document(config("{}")));
    world.set(other, ProfileStatus::Running);
    play(&mut world, "bar 100 101 99 100");
    let mut signal = Signal { profile: other, ..entry("1") };
    if let SignalTerms::Enter { cancels, .. } = &mut signal.terms {
        *cancels = Some(order("1"));
    }
    let Answer::Accepted(order) = world.signal(signal) else { panic!("the gate accepts") };
    world.say(BrokerEvent::Filled { order, fill: fill("a", "1@100", "0", world.now) });
    assert_eq!(world.words(), "filled 1 1@100");
}

#[test]
fn a_cancel_is_asked_for_once() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 limit 99
        cancel 1   -> cancelling 1 (test) | cancel 1
        cancel 1   ->
        order 1: Active(PendingCancel) 0
        cancelled 1 -> ended 1 Cancelled
        cancel 1   ->
        cancel 9   ->
        cancel 1s  ->
        available: 10000
        ",
    );
}

#[test]
fn a_cancel_that_came_too_late_finds_the_order_filled() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 limit 99
        accepted 1
        cancel 1
        filled 1 a 10@99 -> filled 1 10@99
        order 1: Done(Filled) 10
        notfound 1 ->
        status: Running
        trade 1: 10 990
        ",
    );
}

/// A cancel may overtake its order, and so may the answer to it.
#[test]
fn a_cancel_is_repeated_until_the_order_is_gone() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 limit 99
        cancel 1   -> cancelling 1 (test) | cancel 1
        notfound 1 ->
        unknown 1  -> unknown 1 | query 1
        unknown 1  -> | query 1
        order 1: Active(PendingCancel) 0
        clock      -> | query 1
        accepted 1 -> accepted 1 | cancel 1
        accepted 1 -> | cancel 1
        filled 1 a 2@99
        clock      -> | query 1
        restart    -> | query 1
        accepted 1 -> | cancel 1
        cancelled 1 -> ended 1 Cancelled
        clock      ->
        trade 1: 2 198
        ",
    );
}

/// Invariant: a halt cancels working entries, pauses do not, and exits go on under both.
#[test]
fn halting_cancels_working_entries_and_nothing_else() {
    let mut world = World::running(r#"{"symbols": ["GOOG", "MSFT"]}"#);
    let msft = read("MSFT");
    play(&mut world, "bar 100 101 99 100");
    world.bar(msft, &bar(hour(1), "50 50 50 50"));
    play(&mut world, "enter 10\n filled 1 a 10@100\n enter 1 limit 90 slot b\n accepted 2");
    world.signal(Signal { symbol: msft, ..entry("1") });
    play(
        &mut world,
        "
        exit 1 4 -> intent 4 exit 1 4 manual | submit 4
        control Paused ->
        enter 1 slot c -> refused control
        control Halted GOOG -> cancelling 2 (halted) | cancel 2
        control Halted -> cancelling 3 (halted) | cancel 3
        control Halted ->
        exit 1 2 -> intent 5 exit 1 2 manual | submit 5
        filled 5 b 2@100 -> filled 5 2@100
        filled 1s c 4@95 -> filled 1s 4@95
        cancelled 2 -> ended 2 Cancelled
        restart -> unknown 3; unknown 4 | query 3; query 4; query 2
        ",
    );
}

/// What people change of working orders: `amend 1 quantity 5 limit 98`.
#[test]
fn what_raises_risk_reserves_first_and_what_lowers_it_frees_then() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 limit 90
        accepted 1
        available: 9100
        amend 1 quantity 20 -> amending 1 1 to 20 limit 90 for 900 | amend 1 1
        available: 8200
        amended 1 1 -> amended 1 1
        amended 1 1 ->
        available: 8200
        amend 1 quantity 5 limit 80 -> amending 1 2 to 5 limit 80 for -1400 | amend 1 2
        available: 8200
        amended 1 2 -> amended 1 2
        available: 9600
        amend 1 limit 95 -> amending 1 3 to 5 limit 95 for 75 | amend 1 3
        unamended 1 3 -> unamended 1 3
        available: 9600
        filled 1 a 5@80 -> filled 1 5@80
        available: 9600
        amend 1 quantity 7 ->
        ",
    );
}

#[test]
fn only_what_raises_risk_is_stopped() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 limit 90
        accepted 1
        control Paused
        amend 1 quantity 11 ->
        amend 1 limit 91 ->
        amend 1 quantity 9 limit 89 -> amending 1 1 to 9 limit 89 for -99 | amend 1 1
        amended 1 1
        amend 1 limit 89 ->
        control Running
        amend 1 quantity 9000 ->
        ",
    );
}

/// The venue's word may come late, twice, or after what follows from it.
#[test]
fn an_amendment_is_asked_for_until_the_venue_has_answered() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 limit 90
        accepted 1
        clock
        amend 1 quantity 20
        amend 1 quantity 30 ->
        wait 60
        clock -> | query 1; amend 1 1
        restart -> | query 1; amend 1 1
        filled 1 a 15@90 -> filled 1 15@90
        order 1: Active(PartiallyFilled) 15
        amended 1 1 ->
        filled 1 b 5@90 -> filled 1 5@90
        order 1: Done(Filled) 20
        ",
    );
    let mut too_late = World::running("{}");
    play(
        &mut too_late,
        "
        bar 100 101 99 100
        enter 10 limit 90
        accepted 1
        amend 1 quantity 20
        filled 1 a 10@90 -> filled 1 10@90
        order 1: Active(PartiallyFilled) 10
        unamended 1 1 -> unamended 1 1
        order 1: Done(Filled) 10
        available: 9100
        ",
    );
}

#[test]
fn an_exit_is_never_made_larger_than_what_is_held() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10
        filled 1 a 10@100
        exit 1 4 limit 120
        accepted 2
        exit 1 3 limit 130
        accepted 3
        amend 2 quantity 50 -> amending 2 1 to 7 limit 120 for 0 | amend 2 1
        claimed 1: 10
        amended 2 1
        amend 2 quantity 1 limit 110 -> amending 2 2 to 1 limit 110 for 0 | amend 2 2
        claimed 1: 10
        amended 2 2
        claimed 1: 4
        filled 2 b 1@110 -> filled 2 1@110
        ",
    );
}
