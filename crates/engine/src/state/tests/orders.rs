//! Orders and trades through their lives.

use super::script::fold;
use crate::fixture::read;
use crate::state::ended::GIVEN_UP;
use crate::state::profile::REMEMBERED;

#[test]
fn an_order_lives_from_submit_to_filled() {
    fold(
        "
        intent 1 long 10 for 1001
        order 1: Active(PendingSubmit) 0
        available: 8999
        open: 1
        accepted 1
        order 1: Active(Accepted) 0
        trade 1: none
        fill 1 a 4@100 0.4
        order 1: Active(PartiallyFilled) 4
        trade 1: 4 400
        ReservedOrders: 600.6
        fill 1 b 6@99 0.6
        order 1: Done(Filled) 10
        trade 1: 10 994
        ReservedOrders: 0
        ReservedPositions: 994
        available: 9005
        open: 1
        ",
    );
}

#[test]
fn what_is_not_known_is_asked_and_found_again() {
    fold(
        "
        intent 1 long 10 for 1000
        unknown 1
        order 1: Active(Unknown) 0
        accepted 1
        order 1: Active(Accepted) 0
        fill 1 a 4@100
        unknown 1
        order 1: Active(Unknown) 4
        accepted 1
        order 1: Active(PartiallyFilled) 4
        unknown 1
        fill 1 b 1@100
        order 1: Active(PartiallyFilled) 5
        ",
    );
}

#[test]
fn a_cancel_stays_pending_until_the_order_has_ended() {
    fold(
        "
        intent 1 long 10 for 1000
        cancel 1
        order 1: Active(PendingCancel) 0
        fill 1 a 4@100
        order 1: Active(PendingCancel) 4
        available: 9000
        done 1 Cancelled
        order 1: Done(Cancelled) 4
        available: 9600
        trade 1: 4 400
        ",
    );
}

#[test]
fn an_order_ends_once_from_every_state() {
    let before = ["", "accepted 1", "fill 1 a 4@100", "cancel 1", "unknown 1"];
    let ends = ["Cancelled", "Rejected", "Expired", "Voided"];
    let after = ["accepted 1", "cancel 1", "unknown 1", "done 1 Cancelled"];
    for before in before {
        for end in ends {
            let mut fold = fold("intent 1 long 10 for 1000");
            fold.play(before);
            fold.play(&format!("done 1 {end}"));
            let filled = if before.starts_with("fill") { "4" } else { "0" };
            fold.play(&format!("order 1: Done({end}) {filled}\n ReservedOrders: 0"));
            for again in after {
                fold.play(&format!("{again} -> is working"));
            }
            fold.play(&format!("order 1: Done({end}) {filled}"));
        }
    }
}

#[test]
fn several_exits_leave_one_trade() {
    fold(
        "
        intent 1 long 10 for 1000
        fill 1 a 10@100
        intent 2 exit 1 4
        intent 3 exit 1 6
        claimed 1: 10
        available: 9000
        fill 2 b 4@110 1
        claimed 1: 6
        trade 1: 6 600
        available: 9439
        fill 3 c 5@90
        order 3: Active(PartiallyFilled) 5
        claimed 1: 1
        trade 1: 1 100
        fill 3 d 1@90
        trade 1: none
        closed 1: -21
        available: 9979
        open: 0
        ",
    );
}

#[test]
fn protective_legs_leave_the_trade_they_protect() {
    fold(
        "
        intent 1 long 10 for 1000
        fill 1 a 10@100
        protect 1 95 4@110 6@120
        stop 1: Some(StopLoss)
        fill 1t0 b 4@110
        trade 1: 6 600
        stop 1 98 Trailing
        stop 1: Some(Trailing)
        stop 1 100 BreakEven
        fill 1s c 6@100
        trade 1: none
        closed 1: 40
        order 1: Done(Filled) 10
        ",
    );
    let fold = fold("intent 1 long 10 for 1000\n fill 1 a 10@100\n protect 1 95 4@110 6@120");
    let mut partly = fold;
    partly.play("fill 1t1 b 2@120");
    let filled: Vec<_> = partly.profile().trades.values().next().unwrap().targets.clone();
    let filled: Vec<String> = filled.iter().map(|target| target.filled.to_string()).collect();
    assert_eq!(filled, ["0", "2"]);
}

#[test]
fn a_short_reserves_its_notional_and_earns_when_the_price_falls() {
    fold(
        "
        intent 1 short 10 for 1000
        fill 1 a 10@100 1
        trade 1: 10 1000
        available: 8999
        intent 2 exit 1 10
        fill 2 b 10@90 1
        closed 1: 98
        available: 10098
        ",
    );
}

#[test]
fn a_late_fill_is_booked_although_its_order_has_ended() {
    fold(
        "
        intent 1 long 10 for 1000
        done 1 Voided
        available: 10000
        fill 1 a 10@100 1
        order 1: Done(Voided) 10
        trade 1: 10 1000
        available: 8999
        ReservedOrders: 0
        ",
    );
    fold(
        "
        intent 1 long 10 for 1000
        fill 1 a 4@100
        done 1 Cancelled
        fill 1s b 4@90
        closed 1: -40
        fill 1 c 6@100
        trade 1: 6 600
        closed 1: none
        fill 1s d 6@110
        closed 1: 20
        available: 10020
        ",
    );
}

#[test]
fn a_fill_is_booked_once() {
    fold(
        "
        intent 1 long 10 for 1000
        fill 1 a 4@100
        fill 1 a 4@100 -> fill a of trd_000000000000100000001 was booked before
        trade 1: 4 400
        fill 1s b 4@100
        fill 1 a 4@100 -> was booked before
        ",
    );
}

#[test]
fn what_a_fill_costs_too_much_shows_as_negative() {
    fold(
        "
        intent 1 long 100 for 10000
        available: 0
        fill 1 a 100@110 5
        available: -1005
        trade 1: 100 11000
        ",
    );
}

#[test]
fn what_was_never_made_is_refused() {
    fold(
        "
        accepted 1 -> no order ord_000000000000100000001 is working
        fill 1 a 1@100 -> there is no order
        fill 1s a 1@100 -> there is no trade trd_000000000000100000001
        fill 1t0 a 1@100 -> there is no trade
        protect 1 95 -> there is no open trade
        stop 1 95 Trailing -> there is no open trade
        intent 2 long 1 for 100 -> does not follow intent 0
        intent 1 long 1 for 10000.01 -> InsufficientCapital
        intent 1 long 1 for 10000
        intent 1 long 1 for 1 -> does not follow intent 1
        intent 2 exit 1 1
        fill 2 a 1@100 -> there is no trade
        ",
    );
}

#[test]
fn only_the_latest_filled_orders_are_remembered() {
    let mut fold = fold("");
    let trade = "intent N long 1 for 10\n fill N aN 1@10\n fill Ns bN 1@10";
    for number in 1..=REMEMBERED {
        fold.play(&trade.replace('N', &number.to_string()));
    }
    fold.play("order 1: Done(Filled) 1");
    fold.play(&trade.replace('N', &(REMEMBERED + 1).to_string()));
    fold.play("order 1: forgotten\n order 2: Done(Filled) 1");
    assert_eq!(fold.profile().ended.iter().count(), REMEMBERED);
    fold.play("fill 1 c 1@10 -> there is no order");
}

/// What was given up may arrive yet: no number of filled orders drives it out, and of its kind only
/// more than can be kept.
#[test]
fn orders_that_were_given_up_are_remembered_longer() {
    let mut fold = fold("intent 1 long 1 for 10\n done 1 Voided\n intent 2 long 1 for 10");
    fold.play("done 2 Rejected");
    let trade = "intent N long 1 for 10\n fill N aN 1@10\n fill Ns bN 1@10";
    for number in 3..=2 * REMEMBERED {
        fold.play_at_once(&trade.replace('N', &number.to_string()));
    }
    fold.play_at_once("order 1: Done(Voided) 0\n order 2: forgotten");
    let last = 2 * REMEMBERED + GIVEN_UP;
    for number in 2 * REMEMBERED + 1..last {
        fold.play_at_once(&format!("intent {number} long 1 for 10\n done {number} Expired"));
    }
    fold.play_at_once("order 1: Done(Voided) 0");
    fold.play_at_once(&format!("intent {last} long 1 for 10\n done {last} Cancelled"));
    fold.play_at_once("order 1: forgotten\n order 129: Done(Expired) 0");
    fold.play("fill 129 z 1@10\n order 129: Done(Expired) 1\n trade 129: 1 10");
}

/// After a day nothing is to come any more; the next that is given up drives it out.
#[test]
fn orders_that_were_given_up_are_forgotten_after_a_day() {
    let mut fold = fold("intent 1 long 1 for 10\n done 1 Voided");
    for number in 2..=12 {
        fold.play(&format!("intent {number} long 1 for 10\n done {number} Rejected"));
    }
    // Each event is an hour after the one before.
    fold.play("order 1: Done(Voided) 0\n intent 13 long 1 for 10\n order 1: Done(Voided) 0");
    fold.play("done 13 Expired\n order 1: forgotten\n order 13: Done(Expired) 0");
}

#[test]
fn the_ledger_forgets_with_the_orders_and_trades() {
    let mut fold = fold("");
    for number in 1..=3 * REMEMBERED as u64 {
        let script = "intent N long 1 for 10\n fill N aN 1@10\n fill Ns bN 1@10";
        fold.play(&script.replace('N', &number.to_string()));
    }
    let recorded = serde_json::to_value(&fold.profile().book).unwrap();
    let recorded = recorded["recorded"].as_object().unwrap().len();
    assert_eq!(recorded, REMEMBERED);
    assert_eq!(fold.profile().closed.len(), REMEMBERED);
    assert_eq!(fold.profile().book.available(), read("10000"));
}
