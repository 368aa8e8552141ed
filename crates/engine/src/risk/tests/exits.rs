//! Orders that reduce: nothing that stops an entry stops them, and they never take too much.

use ballast_domain::control::{ControlMode, Scope};
use ballast_domain::{OrderType, Side, Signal};

use super::scene::{at, limit, scene};
use crate::fixture::{entry, exit, goog, read};

const HELD: &str = "intent 1 long 10 for 1000\n fill 1 a 10@100";

/// Invariant: exits, stops and targets keep working whatever stops entries.
#[test]
fn an_exit_passes_every_check_of_entries() {
    let mut scene = scene(HELD);
    scene.fold.play("status UnderReview");
    scene.stop(ControlMode::Halted, Scope::Global).stop(ControlMode::Paused, Scope::Symbol(goog()));
    scene.document(|document| {
        document.limits.max_open_positions = Some(1);
        document.limits.max_order_quantity = Some(read("1"));
        document.limits.max_order_notional = Some(read("1"));
        document.limits.max_data_age_ms = Some(1);
        document.instruments[0].min_notional = Some(read("100000"));
        document.capital.allocated = read("1000");
    });
    scene.now = crate::fixture::hour(9000);
    assert_eq!(scene.answer(&exit(1, None)), "10 for 0");
    scene.control = None;
    scene.mark = None;
    assert_eq!(scene.answer(&exit(1, None)), "10 for 0");
    scene.document(|document| document.instruments.clear());
    assert_eq!(scene.answer(&exit(1, None)), "10 for 0", "an instrument that was removed");
    assert_eq!(scene.code(&entry("1")), "controlUnknown");
}

/// Invariant: two exits never reverse a position.
#[test]
fn an_exit_takes_what_is_held_less_what_is_claimed() {
    let cases = [
        ("", None, "10 for 0"),
        ("", Some("10"), "10 for 0"),
        ("", Some("4"), "4 for 0"),
        ("", Some("10.001"), "10 for 0"),
        ("intent 2 exit 1 4", None, "6 for 0"),
        ("intent 2 exit 1 4", Some("7"), "6 for 0"),
        ("intent 2 exit 1 4\n fill 2 b 1@100", None, "6 for 0"),
        ("intent 2 exit 1 4\n fill 2 b 1@100\n done 2 Cancelled", None, "9 for 0"),
        ("intent 2 exit 1 4\n cancel 2", None, "6 for 0"),
        ("fill 1t0 b 3@110", None, "7 for 0"),
        ("intent 2 exit 1 10", None, "nothing is left to close: 10 held, 10 already being closed"),
        (
            "intent 2 exit 1 4\n intent 3 exit 1 6",
            Some("1"),
            "nothing is left to close: 10 held, 10 already being closed",
        ),
        (
            "intent 2 exit 1 10\n fill 1s b 4@90",
            None,
            "nothing is left to close: 6 held, 10 already being closed",
        ),
    ];
    for (history, quantity, expected) in cases {
        let mut scene = scene(HELD);
        scene.fold.play(history);
        assert_eq!(scene.facts(&exit(1, quantity)), expected, "{history} {quantity:?}");
    }
}

/// A venue takes no part that is worth too little; what is left of a trade may always go.
#[test]
fn a_part_is_worth_what_the_venue_takes() {
    let too_little = "the order is worth 400, the venue takes 500 or more";
    let of_limit = "the order is worth 475, the venue takes 500 or more";
    let cases = [
        ("", "4", None, too_little),
        ("", "5", None, "5 for 0"),
        ("", "5", Some("95"), of_limit),
        ("", "4.8", Some("105"), "4.8 for 0"),
        ("intent 2 exit 1 6", "4", None, "4 for 0"),
        ("intent 2 exit 1 6", "3", None, "the order is worth 300, the venue takes 500 or more"),
    ];
    for (history, quantity, price, expected) in cases {
        let mut scene = scene(HELD);
        scene.instrument(|goog| goog.min_notional = Some(read("500")));
        scene.fold.play(history);
        let signal = match price {
            Some(price) => at(exit(1, Some(quantity)), limit(price)),
            None => exit(1, Some(quantity)),
        };
        assert_eq!(scene.facts(&signal), expected, "{history} {quantity} {price:?}");
        scene.mark = None;
        let known = scene.code(&exit(1, Some(quantity)));
        assert_eq!(known, "accepted", "without a price nobody can tell, and an exit goes");
    }
}

#[test]
fn a_part_is_whole_lots_and_the_rest_may_always_go() {
    let cases = [
        (Some("4.9"), "4 for 0"),
        (Some("0.9"), "0.9 is less than one lot of 1"),
        (Some("0"), "0 is less than one lot of 1"),
        (Some("10.5"), "10.5 for 0"),
        (None, "10.5 for 0"),
    ];
    for (quantity, expected) in cases {
        let mut scene = scene("intent 1 long 10.5 for 1050\n fill 1 a 10.5@100");
        scene.instrument(|goog| goog.lot_size = Some(read("1")));
        assert_eq!(scene.facts(&exit(1, quantity)), expected, "{quantity:?}");
    }
}

#[test]
fn only_an_open_trade_of_the_instrument_is_left() {
    let closed = format!("{HELD}\n fill 1s b 10@90");
    let working = "intent 1 long 10 for 1000";
    for history in ["", working, &closed] {
        assert_eq!(scene(history).code(&exit(1, None)), "tradeUnknown", "{history}");
    }
    let elsewhere = Signal { symbol: read("MSFT"), ..exit(1, None) };
    let answer = scene(HELD).facts(&elsewhere);
    assert_eq!(answer, "there is no open trade trd_000000000000100000001");
}

#[test]
fn an_exit_trades_against_its_position_at_a_whole_tick() {
    let short = "intent 1 short 10 for 1000\n fill 1 a 10@100";
    for (history, side, expected) in [(HELD, Side::Sell, "100.05"), (short, Side::Buy, "100.00")] {
        let mut scene = scene(history);
        scene.instrument(|goog| goog.tick_size = Some(read("0.05")));
        let terms = scene.check(&at(exit(1, None), limit("100.03"))).unwrap();
        assert_eq!(terms.side, side);
        let OrderType::Limit { limit_price } = terms.order_type else { panic!("a limit order") };
        assert_eq!(limit_price.to_string(), expected);
    }
}
