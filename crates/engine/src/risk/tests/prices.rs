//! The checks of an order's prices: whether they can be meant, how much worse than the market they
//! are, and whether they meet an order of the tenant's own.

use ballast_domain::{
    Direction, LimitScope, OrderId, OrderType, ProfileId, Signal, SignalTerms, VenueId,
};

use super::entries::{in_slot, short};
use super::scene::{Scene, at, limit, scene};
use crate::fixture::{config, document, entry, exit, hour, read};

fn stop(price: &str) -> OrderType {
    OrderType::Stop { stop_price: read(price) }
}

fn stop_limit(stop_price: &str, limit_price: &str) -> OrderType {
    OrderType::StopLimit { stop_price: read(stop_price), limit_price: read(limit_price) }
}

const HELD: &str = "intent 1 long 10 for 1000\n fill 1 a 10@100";

#[test]
fn a_price_far_from_the_market_is_a_typing_error_in_every_order() {
    let cases = [
        (OrderType::Market, "accepted"),
        (limit("300"), "accepted"),
        (limit("300.01"), "priceImplausible"),
        (limit("33.34"), "accepted"),
        (limit("33.33"), "priceImplausible"),
        (stop("300"), "accepted"),
        (stop("301"), "priceImplausible"),
        (stop_limit("110", "301"), "priceImplausible"),
        (OrderType::TrailingStop { distance: read("200") }, "accepted"),
        (OrderType::TrailingStop { distance: read("200.01") }, "priceImplausible"),
    ];
    let mut scene = scene(HELD);
    scene.set(LimitScope::Profile, r#"{"maxPriceRatio": 3}"#);
    for (order_type, expected) in cases {
        assert_eq!(scene.code(&at(in_slot("b", entry("1")), order_type)), expected);
        assert_eq!(scene.code(&at(exit(1, None), order_type)), expected, "{order_type:?}");
    }
    scene.mark = None;
    assert_eq!(scene.code(&at(exit(1, None), limit("9999"))), "accepted", "without a price");
    assert_eq!(scene.code(&at(in_slot("b", entry("1")), limit("9999"))), "marketDataMissing");
}

#[test]
fn an_entry_is_not_much_worse_than_the_market_or_than_its_stop() {
    let cases = [
        (OrderType::Market, "accepted", "accepted"),
        (limit("105"), "accepted", "accepted"),
        (limit("105.01"), "priceBeyondCollar", "accepted"),
        (limit("95"), "accepted", "accepted"),
        (limit("94.99"), "accepted", "priceBeyondCollar"),
        (stop("150"), "accepted", "accepted"),
        (stop("50"), "accepted", "accepted"),
        (stop_limit("120", "126"), "accepted", "accepted"),
        (stop_limit("120", "126.01"), "priceBeyondCollar", "accepted"),
        (stop_limit("80", "76"), "accepted", "accepted"),
        (stop_limit("80", "75.99"), "accepted", "priceBeyondCollar"),
    ];
    let mut scene = scene(HELD);
    scene.set(LimitScope::Tenant, r#"{"priceCollarPercent": "5"}"#);
    for (order_type, long, sold) in cases {
        let signal = at(in_slot("b", entry("1")), order_type);
        assert_eq!(scene.code(&signal), long, "{order_type:?}");
        assert_eq!(scene.code(&short(signal)), sold, "{order_type:?}");
        assert_eq!(scene.code(&at(exit(1, None), order_type)), "accepted", "{order_type:?}");
    }
    assert_eq!(
        scene.answer(&at(in_slot("b", entry("1")), limit("106"))),
        "106 is more than 5 % worse than 100; choose a closer price, or raise priceCollarPercent \
         of the tenant"
    );
}

/// A second profile of the tenant at `venue`, in which `signal` works already.
fn beside(scene: &mut Scene, venue: VenueId, signal: Signal) -> OrderId {
    let profile = ProfileId::from_bits(2);
    let mut document = document(config("{}"));
    document.venue = venue;
    let (document, by) = (Box::new(document), "alice".to_owned());
    let made = ballast_domain::Event::ProfileChanged { profile, version: 1, document, by };
    scene.fold.apply(made).unwrap();
    let (status, reason) = (ballast_domain::ProfileStatus::Running, String::new());
    let started = ballast_domain::Event::ProfileStatusChanged { profile, status, reason, by: None };
    scene.fold.apply(started).unwrap();
    scene.accept(&Signal { profile, ..signal }, hour(1))
}

#[test]
fn an_entry_meets_no_order_of_the_tenants_own_that_rests_at_its_venue() {
    let sells = |price: &str| at(short(entry("1")), limit(price));
    let buys = |price: &str| at(entry("1"), limit(price));
    let cases = [
        (sells("104"), at(entry("1"), limit("103.99")), "accepted"),
        (sells("104"), at(entry("1"), limit("104")), "selfTrade"),
        (sells("104"), entry("1"), "accepted"),
        (sells("100"), entry("1"), "selfTrade"),
        (sells("104"), at(entry("1"), stop("103.99")), "accepted"),
        (sells("104"), at(entry("1"), stop("104")), "selfTrade"),
        (sells("104"), at(entry("1"), stop_limit("102", "104")), "selfTrade"),
        (sells("104"), at(short(entry("1")), limit("104")), "accepted"),
        (at(short(entry("1")), stop_limit("95", "94")), at(entry("1"), limit("94")), "selfTrade"),
        (buys("96"), at(short(entry("1")), limit("96.01")), "accepted"),
        (buys("96"), at(short(entry("1")), limit("96")), "selfTrade"),
        (buys("100"), short(entry("1")), "selfTrade"),
        (short(entry("1")), entry("1"), "accepted"),
        (at(short(entry("1")), stop("95")), at(entry("1"), limit("95")), "accepted"),
    ];
    for (resting, signal, expected) in cases {
        let mut scene = scene("");
        let order = beside(&mut scene, read("paper"), resting.clone());
        assert_eq!(scene.code(&signal), expected, "{resting:?} {signal:?}");
        let cancelled = ballast_domain::DoneState::Cancelled;
        let (state, reason) = (cancelled, String::new());
        scene.fold.apply(ballast_domain::Event::OrderDone { order, state, reason }).unwrap();
        assert_eq!(scene.code(&signal), "accepted", "{resting:?} {signal:?}");
    }
    let mut elsewhere = scene("");
    beside(&mut elsewhere, read("kraken"), sells("104"));
    assert_eq!(elsewhere.code(&at(entry("1"), limit("105"))), "accepted", "at another venue");
}

/// A target rests at the venue like any other order, until the market has come to it.
#[test]
fn an_entry_meets_no_target_that_rests() {
    let target = |level: &str| format!("1@{level}");
    let cases = [
        ("long", target("105"), at(entry("1"), limit("104.99")), "accepted"),
        ("long", target("105"), at(entry("1"), limit("105")), "selfTrade"),
        ("long", target("105"), entry("1"), "accepted"),
        ("long", target("105"), at(entry("1"), stop("105")), "selfTrade"),
        ("long", target("100"), entry("1"), "selfTrade"),
        ("long", target("99.99"), entry("1"), "accepted"),
        ("long", target("99.99"), at(entry("1"), limit("105")), "accepted"),
        ("long", target("105"), at(short(entry("1")), limit("105")), "accepted"),
        ("short", target("95"), at(short(entry("1")), limit("95.01")), "accepted"),
        ("short", target("95"), at(short(entry("1")), limit("95")), "selfTrade"),
        ("short", target("100"), short(entry("1")), "selfTrade"),
        ("short", target("100.01"), at(short(entry("1")), limit("95")), "accepted"),
        // Behind one that the market has passed another rests.
        ("long", "0.5@99 0.5@103".to_owned(), at(entry("1"), limit("103")), "selfTrade"),
    ];
    for (way, targets, signal, expected) in cases {
        let stop = if way == "long" { "50" } else { "150" };
        let protect = format!("protect 1 {stop} {targets}");
        let mut scene = scene(&format!("intent 1 {way} 1 for 100\n fill 1 a 1@100\n {protect}"));
        let signal = in_slot("b", signal);
        assert_eq!(scene.code(&signal), expected, "{way} {protect} {signal:?}");
        scene.fold.play("fill 1t0 b 0.5@101");
        let after = if protect.contains("0.5@") { "selfTrade" } else { expected };
        assert_eq!(scene.code(&signal), after, "{way} {protect}: half of it has filled");
        scene.fold.play("fill 1t1 c 0.5@101");
        assert_eq!(scene.code(&signal), "accepted", "{way} {protect} {signal:?}");
    }
}

#[test]
fn an_entry_may_meet_the_order_that_it_cancels() {
    let mut scene = scene("");
    let resting = scene.accept(&in_slot("b", at(short(entry("1")), limit("104"))), hour(1));
    let mut signal = at(entry("1"), limit("105"));
    assert_eq!(scene.code(&signal), "selfTrade");
    assert_eq!(
        scene.answer(&signal),
        format!(
            "the entry could trade with your own order {resting} at 104; cancel that, or choose a \
             price that does not reach it"
        )
    );
    if let SignalTerms::Enter { cancels, direction, .. } = &mut signal.terms {
        *cancels = Some(resting);
        assert_eq!(*direction, Direction::Long);
    }
    assert_eq!(scene.code(&signal), "accepted");
}

/// The market may come back to where it begins to wait: that is the most that it may cost.
#[test]
fn an_entry_that_trails_is_reckoned_at_its_trigger() {
    let trail = |distance: &str| OrderType::TrailingStop { distance: read(distance) };
    let mut scene = scene("");
    assert_eq!(scene.facts(&at(entry("10"), trail("5"))), "10 for 1050");
    assert_eq!(scene.facts(&at(short(entry("10")), trail("5"))), "10 for 1000");
    scene.set(LimitScope::Profile, r#"{"maxOrderNotional": 1900, "priceCollarPercent": 5}"#);
    assert_eq!(scene.code(&at(entry("10"), trail("90"))), "accepted");
    assert_eq!(scene.code(&at(entry("10"), trail("90.01"))), "orderNotionalAboveLimit");
}
