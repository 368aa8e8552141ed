//! The checks of entries.

use ballast_domain::control::{ControlMode, Scope};
use ballast_domain::profile::FeeSchedule;
use ballast_domain::{Direction, MarketStatus, OrderType, ProfileId, Signal, SignalTerms, Slot};

use super::scene::{Scene, at, limit, scene};
use crate::fixture::{PROFILE, entry, exit, goog, hour, read};

pub(super) fn short(mut signal: Signal) -> Signal {
    if let SignalTerms::Enter { direction, .. } = &mut signal.terms {
        *direction = Direction::Short;
    }
    signal
}

pub(super) fn in_slot(name: &str, mut signal: Signal) -> Signal {
    if let SignalTerms::Enter { slot, .. } = &mut signal.terms {
        *slot = Slot(name.parse().unwrap());
    }
    signal
}

fn cut(mut signal: Signal) -> Signal {
    if let SignalTerms::Enter { cut_to_available, .. } = &mut signal.terms {
        *cut_to_available = true;
    }
    signal
}

#[test]
fn control_stops_entries_by_each_scope() {
    let other = |text: &str| ProfileId::from_bits(text.parse().unwrap());
    let scopes = [
        (Scope::Global, true),
        (Scope::Venue(read("paper")), true),
        (Scope::Venue(read("kraken")), false),
        (Scope::Tenant(read("alice")), true),
        (Scope::Tenant(read("bob")), false),
        (Scope::Profile(PROFILE), true),
        (Scope::Profile(other("2")), false),
        (Scope::Symbol(goog()), true),
        (Scope::Symbol(read("MSFT")), false),
        (Scope::Preset(read("trend")), true),
        (Scope::Preset(read("grid")), false),
    ];
    for (scope, applies) in scopes {
        for mode in [ControlMode::Running, ControlMode::Paused, ControlMode::Halted] {
            let mut scene = scene("");
            scene.document(|document| document.preset = Some(read("trend")));
            scene.stop(mode, scope.clone());
            let stops = applies && mode != ControlMode::Running;
            let expected = if stops { "control" } else { "accepted" };
            assert_eq!(scene.code(&entry("10")), expected, "{mode:?} {scope:?}");
        }
    }
}

#[test]
fn a_refusal_by_control_says_who_and_why() {
    let mut scene = scene("");
    scene.stop(ControlMode::Paused, Scope::Global).stop(ControlMode::Halted, Scope::Symbol(goog()));
    assert_eq!(
        scene.facts(&entry("10")),
        "entries of GOOG are stopped (HALTED by op since 2024-05-13T00:00:00Z: incident)"
    );
}

#[test]
fn unknown_control_stops_entries() {
    let mut scene = scene("");
    scene.control = None;
    assert_eq!(scene.code(&entry("10")), "controlUnknown");
}

#[test]
fn only_a_running_profile_enters() {
    for (status, expected) in
        [("Running", "accepted"), ("Stopped", "profileStopped"), ("UnderReview", "underReview")]
    {
        let scene = scene(&format!("status {status}"));
        assert_eq!(scene.code(&entry("10")), expected, "{status}");
    }
}

#[test]
fn only_instruments_of_the_profile_are_entered() {
    let signal = Signal { symbol: read("MSFT"), ..entry("10") };
    let answer = scene("").answer(&signal);
    assert_eq!(answer, "the profile does not trade MSFT; add it to its symbols");
}

#[test]
fn quantities_are_rounded_down_to_the_lot() {
    let cases = [
        ("1", "10", "10 for 1000"),
        ("1", "10.999", "10 for 1000"),
        ("1", "1", "1 for 100"),
        ("1", "0.999", "0.999 is less than one lot of 1"),
        ("0.001", "0.0019", "0.001 for 0.1"),
        ("0.001", "0.0009", "0.0009 is less than one lot of 0.001"),
        ("100", "199", "100 for 10000"),
        ("1", "0", "0 is less than one lot of 1"),
        ("1", "-5", "-5 is less than one lot of 1"),
        ("0", "0.5", "0.5 for 50"),
    ];
    for (lot, quantity, expected) in cases {
        let mut scene = scene("");
        scene.instrument(|goog| goog.lot_size = Some(read(lot)));
        assert_eq!(scene.facts(&entry(quantity)), expected, "{quantity} by {lot}");
    }
    assert_eq!(scene("").facts(&entry("0.123")), "0.123 for 12.3");
    assert_eq!(scene("").code(&entry("0")), "quantityBelowLot");
}

#[test]
fn prices_are_rounded_to_the_tick_against_the_order() {
    let [price, limit_price] = ["100.03", "100.07"].map(read);
    let stop_limit = OrderType::StopLimit { stop_price: price, limit_price };
    let cases = [
        (limit("100.03"), "Limit 100.00", "Limit 100.05"),
        (OrderType::Stop { stop_price: price }, "Stop 100.05", "Stop 100.00"),
        (stop_limit, "StopLimit 100.05 100.05", "StopLimit 100.00 100.10"),
        (limit("100.05"), "Limit 100.05", "Limit 100.05"),
        (OrderType::Market, "Market", "Market"),
    ];
    let mut scene = scene("");
    scene.instrument(|goog| goog.tick_size = Some(read("0.05")));
    for (asked, buy, sell) in cases {
        for (signal, expected) in [(entry("1"), buy), (short(entry("1")), sell)] {
            let terms = scene.check(&at(signal, asked)).unwrap();
            let found = match terms.order_type {
                OrderType::Limit { limit_price } => format!("Limit {limit_price}"),
                OrderType::Stop { stop_price } => format!("Stop {stop_price}"),
                OrderType::StopLimit { stop_price, limit_price } => {
                    format!("StopLimit {stop_price} {limit_price}")
                }
                other => format!("{other:?}"),
            };
            assert_eq!(found, expected, "{asked:?}");
        }
    }
}

#[test]
fn an_entry_is_worth_the_venues_minimum() {
    let cases = [
        ("10", "10 for 1000"),
        ("9.99", "the order is worth 999, the venue takes 1000 or more"),
        ("10.01", "10.01 for 1001"),
    ];
    let mut scene = scene("");
    scene.instrument(|goog| goog.min_notional = Some(read("1000")));
    for (quantity, expected) in cases {
        assert_eq!(scene.facts(&entry(quantity)), expected, "{quantity}");
    }
    let dear = at(entry("9.99"), limit("101"));
    assert_eq!(scene.code(&dear), "accepted", "a limit order is worth its limit");
    scene.instrument(|goog| {
        goog.min_notional = Some(read("100.5"));
        goog.lot_size = Some(read("1"));
    });
    assert_eq!(scene.code(&entry("1.9")), "notionalBelowMinimum", "after rounding down");
}

#[test]
fn a_store_that_is_away_refuses_entries_before_anything_else_and_no_exit() {
    let mut scene = scene("intent 1 long 10 for 1000\n fill 1 a 10@100");
    (scene.store_away, scene.control) = (true, None);
    assert_eq!(scene.code(&entry("10")), "storeAway");
    assert_eq!(scene.code(&exit(1, None)), "accepted");
}

#[test]
fn a_market_that_is_shut_refuses_entries_of_its_instrument_and_no_exit() {
    let mut scene = scene("intent 1 long 10 for 1000\n fill 1 a 10@100");
    let opens_at = Some(hour(1001));
    for status in [MarketStatus::Halted, MarketStatus::Closed { opens_at }] {
        scene.markets.put(read("GOOG"), status);
        assert_eq!(scene.code(&in_slot("b", entry("10"))), "marketClosed");
        assert_eq!(scene.code(&exit(1, None)), "accepted");
    }
    scene.markets.put(read("GOOG"), MarketStatus::Open);
    scene.markets.put(read("MSFT"), MarketStatus::Halted);
    assert_eq!(scene.code(&in_slot("b", entry("10"))), "accepted");
}

#[test]
fn a_missing_price_refuses_every_entry() {
    let mut scene = scene("");
    scene.mark = None;
    for signal in [entry("10"), at(entry("10"), limit("99"))] {
        assert_eq!(scene.code(&signal), "marketDataMissing");
    }
}

#[test]
fn a_stale_price_refuses_at_one_millisecond_too_old() {
    let mut scene = scene("");
    scene.limits(|limits| limits.max_data_age_ms = Some(60_000));
    let later = |millis: i64| hour(1000).saturating_add_nanos(millis * 1_000_000);
    for (age_ms, expected) in
        [(0, "accepted"), (60_000, "accepted"), (60_001, "marketDataStale"), (-5, "accepted")]
    {
        scene.now = later(age_ms);
        assert_eq!(scene.code(&entry("10")), expected, "{age_ms}");
    }
    scene.now = later(60_001);
    let answer = scene.answer(&entry("10"));
    assert_eq!(
        answer,
        "the last price is 60001 ms old, 60000 ms are allowed; wait for the next bar, or raise \
         maxDataAgeMs of the profile"
    );
    scene.limits(|_| ());
    scene.now = later(i64::from(i32::MAX));
    assert_eq!(scene.code(&entry("10")), "accepted", "without the limit age does not matter");
}

#[test]
fn one_entry_is_active_per_symbol_and_slot() {
    let working = "intent 1 long 10 for 1000";
    let held = "intent 1 long 10 for 1000\n fill 1 a 10@100";
    let partly = "intent 1 long 10 for 1000\n fill 1 a 4@100\n done 1 Cancelled";
    let ended = "intent 1 long 10 for 1000\n done 1 Rejected";
    let closed = "intent 1 long 10 for 1000\n fill 1 a 10@100\n fill 1s b 10@99";
    for (history, expected) in [
        ("", "accepted"),
        (working, "duplicateEntry"),
        (held, "duplicateEntry"),
        (partly, "duplicateEntry"),
        (ended, "accepted"),
        (closed, "accepted"),
    ] {
        let scene = scene(history);
        assert_eq!(scene.code(&entry("1")), expected, "{history}");
        assert_eq!(scene.code(&short(entry("1"))), expected, "the direction does not matter");
        assert_eq!(scene.code(&in_slot("grid-2", entry("1"))), "accepted", "{history}");
    }
}

fn limited(edit: impl FnOnce(&mut ballast_domain::Limits)) -> Scene {
    let mut scene = scene("");
    scene.limits(edit);
    scene
}

#[test]
fn one_order_stays_within_its_limits() {
    let quantity = limited(|limits| limits.max_order_quantity = Some(read("10")));
    let notional = limited(|limits| limits.max_order_notional = Some(read("1000")));
    for (units, by_quantity, by_notional) in [
        ("9.999", "9.999 for 999.9", "9.999 for 999.9"),
        ("10", "10 for 1000", "10 for 1000"),
        (
            "10.001",
            "10.001 units are more than the 10 allowed in one order; order less, or raise \
             maxOrderQuantity of the profile",
            "the order is worth 1000.1, 1000 are allowed; order less, or raise maxOrderNotional of \
             the profile",
        ),
    ] {
        assert_eq!(quantity.answer(&entry(units)), by_quantity);
        assert_eq!(notional.answer(&entry(units)), by_notional);
    }
    let dear = at(entry("10"), limit("100.01"));
    assert_eq!(notional.code(&dear), "orderNotionalAboveLimit", "a limit counts, not the mark");
}

#[test]
fn the_stricter_of_profile_and_strategy_holds() {
    let mut scene = scene("");
    scene.document(|document| {
        document.limits.max_order_quantity = Some(read("10"));
        document.strategy.limits.max_order_quantity = Some(read("5"));
        document.limits.max_order_notional = Some(read("400"));
        document.strategy.limits.max_order_notional = Some(read("900"));
    });
    for (units, expected) in
        [("4", "accepted"), ("4.1", "orderNotionalAboveLimit"), ("5.1", "orderQuantityAboveLimit")]
    {
        assert_eq!(scene.code(&entry(units)), expected, "{units}");
    }
}

/// What the market has passed already fills at the market, whatever price the order names.
#[test]
fn a_price_on_the_wrong_side_of_the_market_is_reckoned_at_the_market() {
    let scene = limited(|limits| limits.max_order_notional = Some(read("1000")));
    let stop = |price: &str| OrderType::Stop { stop_price: price.parse().unwrap() };
    let refused = "orderNotionalAboveLimit";
    for signal in [
        at(entry("11"), stop("1")),
        at(short(entry("11")), limit("1")),
        at(entry("10"), stop("110")),
        at(entry("10"), limit("110")),
        at(short(entry("10")), limit("110")),
    ] {
        assert_eq!(scene.code(&signal), refused, "{signal:?}");
    }
    for signal in [at(entry("10"), stop("1")), at(short(entry("10")), limit("1"))] {
        assert_eq!(scene.answer(&signal), "10 for 1000", "{signal:?}");
    }
}

#[test]
fn open_positions_count_trades_and_entries_that_work() {
    let histories = [
        ("", 0),
        ("intent 1 long 1 for 100", 1),
        ("intent 1 long 1 for 100\n fill 1 a 1@100", 1),
        ("intent 1 long 2 for 200\n fill 1 a 1@100", 1),
        ("intent 1 long 1 for 100\n fill 1 a 1@100\n intent 2 exit 1 1", 1),
        ("intent 1 long 1 for 100\n intent 2 long 1 for 100\n fill 2 a 1@100", 2),
        ("intent 1 long 1 for 100\n done 1 Expired", 0),
        ("intent 1 long 1 for 100\n fill 1 a 1@100\n fill 1s b 1@100", 0),
    ];
    for (history, open) in histories {
        for limit in 1..=3u32 {
            let mut scene = scene(history);
            scene.limits(|limits| limits.max_open_positions = Some(limit));
            let expected = if open < limit { "accepted" } else { "tooManyPositions" };
            assert_eq!(scene.code(&in_slot("other", entry("1"))), expected, "{history} {limit}");
        }
    }
    let mut scene = scene(histories[1].0);
    scene.limits(|limits| limits.max_open_positions = Some(1));
    let answer = scene.answer(&in_slot("other", entry("1")));
    assert_eq!(
        answer,
        "trades open or being entered: 1, allowed: 1; close one, or raise maxOpenPositions of the \
         profile"
    );
}

#[test]
fn cost_and_fees_are_within_what_is_available() {
    let fees =
        |maker: &str, taker: &str| FeeSchedule::Percent { maker: read(maker), taker: read(taker) };
    let per_unit = FeeSchedule::PerUnit { amount: read("1"), minimum: read("50") };
    let cases = [
        (fees("0", "0"), entry("100"), "100 for 10000"),
        (fees("0", "0"), entry("100.01"), "10001 needed, 10000 available"),
        (fees("0", "0.1"), entry("99.9"), "99.9 for 9999.99"),
        (fees("0", "0.1"), entry("100"), "10010 needed, 10000 available"),
        (fees("0", "0.1"), at(entry("100"), limit("100")), "100 for 10000"),
        (fees("0", "0.1"), at(entry("100"), limit("99")), "100 for 9900"),
        (per_unit, entry("99"), "99 for 9999"),
        (per_unit, entry("40"), "40 for 4050"),
        (per_unit, entry("99.5"), "10049.5 needed, 10000 available"),
        (fees("0", "0"), short(entry("100.01")), "10001 needed, 10000 available"),
    ];
    for (schedule, signal, expected) in cases {
        let mut scene = scene("");
        scene.document(|document| document.fees = schedule);
        assert_eq!(scene.facts(&signal), expected, "{schedule:?}");
    }
}

#[test]
fn an_order_that_may_be_cut_reserves_what_there_is() {
    let scene = scene("intent 1 long 1 for 9000");
    let other = |signal| in_slot("other", signal);
    assert_eq!(scene.facts(&other(entry("10"))), "10 for 1000");
    assert_eq!(scene.facts(&other(entry("11"))), "1100 needed, 1000 available");
    assert_eq!(scene.facts(&other(cut(entry("11")))), "11 for 1000");
    let none = super::scene::scene("intent 1 long 1 for 10000");
    assert_eq!(none.facts(&other(cut(entry("1")))), "100 needed, 0 available");
    let negative = super::scene::scene("intent 1 long 1 for 10000\n fill 1 a 1@11000");
    assert_eq!(negative.facts(&other(cut(entry("1")))), "100 needed, -1000 available");
}

/// Invariant: no accepted intent leaves what is available negative.
#[test]
fn what_an_exit_will_free_pays_for_an_entry_unless_something_is_missing_already() {
    let leaving = |price: &str| {
        let scene =
            scene(&format!("intent 1 long 1 for 10000\n fill 1 a 1@{price}\n intent 2 exit 1 1"));
        scene.facts(&in_slot("other", cut(entry("1"))))
    };
    assert_eq!(leaving("10000"), "1 for 0");
    assert_eq!(leaving("10000.5"), "100 needed, -0.5 available");
}

#[test]
fn numbers_that_do_not_fit_are_refused_not_wrapped() {
    let huge = at(entry("79228162514264337593543950335"), limit("2"));
    assert_eq!(scene("").code(&huge), "overflow");
}
