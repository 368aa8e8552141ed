//! Fills that come late, again, or beyond what there is: each is booked once, and looked at.

use super::script::play;
use super::venue::sent;
use crate::world::World;

#[test]
fn a_fill_is_known_by_its_name_wherever_it_is_repeated() {
    let mut world = sent();
    play(
        &mut world,
        "
        filled 1 a 4@99 -> filled 1 4@99
        filled 1 b 6@99 -> filled 1 6@99
        filled 1 a 4@99 ->
        filled 1s c 10@99 -> filled 1s 10@99
        filled 1s c 10@99 ->
        filled 1 b 6@99 ->
        trade 1: none
        closed 1: 0
        status: Running
        ",
    );
}

#[test]
fn a_repeated_fill_is_known_although_its_order_is_forgotten() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "bar 100 101 99 100\n enter 10\n filled 1 a 10@100\n exit 1 4\n filled 2 b 4@100",
    );
    for number in 3..70 {
        play(&mut world, &format!("enter 1 slot b\n rejected {number}"));
    }
    play(
        &mut world,
        "
        order 1: forgotten
        order 2: forgotten
        filled 1 a 10@100 ->
        filled 2 b 4@100 ->
        accepted 2 -> | cancel 2
        accepted 70 ->
        status: Running
        filled 2 c 4@100 -> unmatched 2; status UnderReview
        ",
    );
}

/// Invariant: nothing is booked twice. What was cancelled is asked about for a day, and many trades
/// may close in one.
#[test]
fn a_repeated_fill_is_known_although_its_trade_is_forgotten() {
    let mut world = sent();
    play(
        &mut world,
        "
        filled 1 a 4@99
        cancelled 1
        exit 1
        filled 2 b 3@99
        cancelled 2
        filled 1s c 1@94
        trade 1: none
        ",
    );
    for number in 3..70 {
        let trade = "enter 1 slot b\n filled N aN 1@100\n filled Ns bN 1@100";
        play(&mut world, &trade.replace('N', &number.to_string()));
    }
    play(
        &mut world,
        "
        available: 9995
        filled 1 a 4@99 ->
        filled 2 b 3@99 ->
        filled 1s c 1@94 ->
        order 1: Done(Cancelled) 4
        available: 9995
        status: Running
        filled 1 z 2@99 -> filled 1 2@99; status UnderReview
        filled 1s c 1@94 ->
        trade 1: 2 198
        ",
    );
}

/// The answer about an entry may tell of its protective orders too.
#[test]
fn what_fits_nothing_is_asked_about_once() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 limit 100 stop 5
        filled 1s a 4@95 -> unmatched 1s | query 1
        filled 1s a 4@95 ->
        cancelled 1 -> ended 1 Cancelled; status UnderReview | query 1
        filled 1s b 4@95 -> unmatched 1s | query 1
        filled 1s b 4@95 ->
        ",
    );
}

/// Invariant: a late fill is still booked, however many orders have filled since.
#[test]
fn an_order_that_was_given_up_may_arrive_long_after() {
    let mut world = sent();
    play(&mut world, "unknown 1\n wait 10\n notfound 1 -> ended 1 Voided");
    for number in 2..70 {
        let trade = "enter 1 slot b\n filled N aN 1@100\n filled Ns bN 1@100";
        play(&mut world, &trade.replace('N', &number.to_string()));
    }
    play(
        &mut world,
        "
        accepted 1 -> | cancel 1
        filled 1 a 10@99 -> filled 1 10@99; status UnderReview
        trade 1: 10 990
        ",
    );
}

/// What more was sold than was held brings all that it was sold for; somebody looks at it.
#[test]
fn a_fill_after_its_trade_has_closed_is_booked_and_looked_at() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 stop 5
        filled 1 a 10@100
        exit 1
        filled 2 b 10@101 -> filled 2 10@101
        filled 2 b 10@101 ->
        closed 1: 10
        available: 10010
        filled 1s c 10@95 1 -> filled 1s 10@95; status UnderReview | query 1
        filled 1s c 10@95 1 ->
        closed 1: 959
        available: 10959
        filled 1 d 10@96 -> filled 1 10@96
        closed 1: -1
        available: 9999
        ",
    );
    let mut short = World::running("{}");
    play(
        &mut short,
        "
        bar 100 101 99 100
        enter 10 way Short stop 5
        filled 1 a 10@100
        exit 1 4
        filled 2 b 4@99
        filled 1s c 6@105
        filled 2 d 4@99 -> filled 2 4@99; status UnderReview
        closed 1: -422
        available: 9578
        ",
    );
}

/// Invariant: a late fill is still booked, and puts the profile under review.
#[test]
fn a_late_fill_is_booked_and_puts_the_profile_under_review() {
    for end in ["cancelled 1", "expired 1", "rejected 1"] {
        let mut world = sent();
        play(&mut world, end);
        play(
            &mut world,
            "
            filled 1 a 10@99 1 -> filled 1 10@99; status UnderReview
            trade 1: 10 990
            available: 9009
            filled 1 a 10@99 1 ->
            enter 1 slot b -> refused underReview
            exit 1 -> intent 2 exit 1 10 manual | submit 2
            status Running -> status Running
            enter 1 slot b -> intent 3 long 1 | submit 3
            ",
        );
    }
}

#[test]
fn more_than_was_asked_or_held_is_booked_and_looked_at() {
    let mut world = sent();
    play(
        &mut world,
        "
        filled 1 a 11@99 -> filled 1 11@99; status UnderReview
        order 1: Done(Filled) 11
        trade 1: 11 1089
        ",
    );
    let mut world = sent();
    play(
        &mut world,
        "
        filled 1 a 10@99
        filled 1s b 12@99 -> filled 1s 12@99; status UnderReview | query 1
        trade 1: none
        ",
    );
}

/// The entry may rest for days, and what was left too much must not wait for it.
#[test]
fn an_entry_of_which_more_was_left_than_entered_is_entered_no_further() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 stop 5 limit 100
        filled 1 a 4@100
        filled 1s b 6@95 -> unmatched 1s | query 1
        clock ->
        wait 9
        clock ->
        wait 1
        clock -> cancelling 1 (more was left than has entered) | cancel 1; query 1
        clock -> | query 1
        cancelled 1 -> ended 1 Cancelled; filled 1s 6@95; status UnderReview | query 1
        trade 1: none
        clock ->
        ",
    );
}
