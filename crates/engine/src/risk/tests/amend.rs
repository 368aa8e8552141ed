//! Working orders that are to become others: what lowers risk passes whatever stands in the way of
//! entries, what raises it passes every check of them, and nothing is left twice.

use ballast_domain::control::{ControlMode, Scope};
use ballast_domain::{
    Direction, Event, LimitScope, Lock, LockReason, MarketStatus, OrderType, Quantity, Signal,
};

use super::entries::{in_slot, short};
use super::levels::protected;
use super::scene::{Scene, at, limit, scene};
use crate::fixture::{PROFILE, entry, exit, hour, read};
use crate::risk::{ApprovedAmendment, Change, check_amendment};
use crate::state::Order;

fn stop(price: &str) -> OrderType {
    OrderType::Stop { stop_price: read(price) }
}

fn stop_limit(stop: &str, limit: &str) -> OrderType {
    OrderType::StopLimit { stop_price: read(stop), limit_price: read(limit) }
}

fn trailing(distance: &str) -> OrderType {
    OrderType::TrailingStop { distance: read(distance) }
}

/// A change in words, such as `quantity 5 limit 90`.
fn change(words: &str) -> Change {
    let words: Vec<&str> = words.split_whitespace().collect();
    let mut change = Change::default();
    for pair in words.chunks(2) {
        match pair[0] {
            "quantity" => change.quantity = Some(read(pair[1])),
            "limit" => change.limit_price = Some(read(pair[1])),
            "stop" => change.stop_price = Some(read(pair[1])),
            "distance" => change.distance = Some(read(pair[1])),
            other => panic!("unknown word '{other}'"),
        }
    }
    change
}

/// The order that was accepted first.
fn working(scene: &Scene) -> &Order {
    scene.fold.profile().working.values().next().unwrap()
}

/// The refusal of a change, or whether it raises or lowers risk and for which units.
fn answer(scene: &Scene, words: &str) -> String {
    match check_amendment(working(scene), &change(words), &scene.view()) {
        Err(refusal) => refusal.code().to_owned(),
        Ok(None) => "same".to_owned(),
        Ok(Some(approved)) => {
            assert!(!approved.is_repeated());
            let way = if approved.raises_risk() { "raises" } else { "lowers" };
            format!("{way} {}", approved.amendment().quantity)
        }
    }
}

fn resting(signal: &Signal) -> Scene {
    let mut scene = scene("");
    scene.accept(signal, hour(1000));
    scene
}

#[test]
fn what_trades_sooner_or_costs_more_raises_risk() {
    let buy = |order_type| at(entry("10"), order_type);
    let sell = |order_type| at(short(entry("10")), order_type);
    let cases = [
        (buy(limit("90")), "limit 91", "raises 10"),
        (buy(limit("90")), "limit 89", "lowers 10"),
        (buy(limit("90")), "limit 90", "same"),
        (buy(limit("90")), "", "same"),
        (sell(limit("110")), "limit 109", "raises 10"),
        (sell(limit("110")), "limit 110", "same"),
        (buy(stop("110")), "stop 109", "raises 10"),
        (sell(stop("90")), "stop 91", "raises 10"),
        (sell(stop("90")), "stop 89", "lowers 10"),
        (sell(stop("90")), "stop 90", "same"),
        (buy(stop_limit("105", "110")), "stop 104", "raises 10"),
        (buy(stop_limit("105", "110")), "stop 106", "lowers 10"),
        (buy(stop_limit("105", "110")), "limit 111", "raises 10"),
        (buy(stop_limit("105", "110")), "limit 109", "lowers 10"),
        (buy(stop_limit("105", "110")), "stop 106 limit 111", "raises 10"),
        (buy(stop_limit("105", "110")), "stop 104 limit 109", "raises 10"),
        (sell(stop_limit("95", "90")), "stop 96", "raises 10"),
        (sell(stop_limit("95", "90")), "stop 94", "lowers 10"),
        (sell(stop_limit("95", "90")), "limit 89", "raises 10"),
        (sell(stop_limit("95", "90")), "limit 91", "lowers 10"),
        (buy(trailing("5")), "distance 4", "raises 10"),
        (buy(trailing("5")), "distance 6", "raises 10"),
        (buy(trailing("5")), "distance 5", "same"),
        (buy(limit("90")), "quantity 11", "raises 11"),
        (buy(limit("90")), "quantity 9", "lowers 9"),
        (buy(limit("90")), "quantity 10", "same"),
        (buy(limit("90")), "quantity 9 limit 91", "raises 9"),
        (buy(limit("90")), "quantity 11 limit 1", "raises 11"),
    ];
    for (signal, words, expected) in cases {
        assert_eq!(answer(&resting(&signal), words), expected, "{signal:?} {words}");
    }
}

/// A short that reserves more is costlier, although it fills later.
#[test]
fn what_reserves_more_raises_risk_although_it_fills_later() {
    let scene = resting(&at(short(entry("10")), limit("110")));
    assert_eq!(answer(&scene, "limit 111"), "raises 10");
    let scene = resting(&at(entry("10"), stop("110")));
    assert_eq!(answer(&scene, "stop 111"), "raises 10");
}

#[test]
fn an_order_has_the_prices_of_its_type_alone() {
    let types = [OrderType::Market, limit("1"), stop("1"), stop_limit("1", "1"), trailing("1")];
    let cases = [
        ("quantity 1", [false, true, true, true, true]),
        ("limit 2", [false, true, false, true, false]),
        ("stop 2", [false, false, true, true, false]),
        ("distance 2", [false, false, false, false, true]),
        ("limit 2 stop 2", [false, false, false, true, false]),
        ("limit 2 distance 2", [false; 5]),
        ("stop 2 distance 2", [false; 5]),
    ];
    for (words, expected) in cases {
        assert_eq!(types.map(|order_type| change(words).fits(order_type)), expected, "{words}");
    }
}

#[test]
fn units_are_whole_lots_and_more_than_have_filled() {
    let mut scene = resting(&at(entry("10"), limit("90")));
    for (words, expected) in [
        ("quantity 0", "quantityBelowLot"),
        ("quantity -1", "quantityBelowLot"),
        ("quantity 0.5", "lowers 0.5"),
    ] {
        assert_eq!(answer(&scene, words), expected, "{words}");
    }
    scene.instrument(|instrument| instrument.lot_size = Some(read("1")));
    for (words, expected) in [
        ("quantity 0.5", "quantityBelowLot"),
        ("quantity 5.9", "lowers 5"),
        ("quantity 10.9", "same"),
    ] {
        assert_eq!(answer(&scene, words), expected, "{words}");
    }
    scene.fold.play("fill 1 a 3@90");
    for (words, expected) in [
        ("quantity 2", "quantityBelowFilled"),
        ("quantity 3", "quantityBelowFilled"),
        ("quantity 3.9", "quantityBelowFilled"),
        ("quantity 4", "lowers 4"),
        ("quantity 12", "raises 12"),
    ] {
        assert_eq!(answer(&scene, words), expected, "{words}");
    }
}

#[test]
fn what_is_worth_less_than_the_venue_takes_is_refused_both_ways() {
    let mut scene = resting(&at(entry("10"), limit("90")));
    scene.instrument(|instrument| instrument.min_notional = Some(read("450")));
    assert_eq!(answer(&scene, "quantity 5"), "lowers 5");
    assert_eq!(answer(&scene, "quantity 4.9"), "notionalBelowMinimum");
    assert_eq!(answer(&scene, "limit 45"), "lowers 10");
    assert_eq!(answer(&scene, "limit 44.9"), "notionalBelowMinimum");
}

/// All that is free may be left whatever it is worth, a part as the venue takes it.
#[test]
fn a_part_of_a_trade_stays_worth_what_the_venue_takes() {
    let mut scene = scene("intent 1 long 10 for 1000\n fill 1 a 10@100");
    scene.accept(&at(exit(1, Some("8")), limit("105")), hour(1000));
    scene.instrument(|instrument| instrument.min_notional = Some(read("500")));
    assert_eq!(answer(&scene, "quantity 5"), "lowers 5");
    assert_eq!(answer(&scene, "quantity 4"), "notionalBelowMinimum");
    scene.fold.play("fill 1t0 b 6@110");
    assert_eq!(answer(&scene, "quantity 4"), "lowers 4");
    assert_eq!(answer(&scene, "quantity 3"), "notionalBelowMinimum");
}

type Put = fn(&mut Scene);

/// What stands in the way of what raises risk, and lets pass what lowers it.
const OBSTACLES: [(&str, Put); 15] = [
    ("storeAway", |scene| scene.store_away = true),
    ("control", |scene| {
        scene.stop(ControlMode::Paused, Scope::Global);
    }),
    ("controlUnknown", |scene| scene.control = None),
    ("underReview", |scene| scene.fold.play("status UnderReview")),
    ("profileStopped", |scene| scene.fold.play("status Stopped")),
    ("notReconciled", |scene| scene.fold.play("unknown 1")),
    ("marketClosed", |scene| {
        scene.markets.put(read("GOOG"), MarketStatus::Halted);
    }),
    ("marketDataStale", |scene| {
        scene.set(LimitScope::Product, r#"{"maxDataAgeMs": 1000}"#);
        scene.now = hour(1001);
    }),
    ("orderQuantityAboveLimit", |scene| {
        scene.set(LimitScope::Profile, r#"{"maxOrderQuantity": 10.5}"#);
    }),
    ("orderNotionalAboveLimit", |scene| {
        scene.set(LimitScope::Profile, r#"{"maxOrderNotional": 989}"#);
    }),
    ("positionAboveLimit", |scene| {
        scene.set(LimitScope::Profile, r#"{"maxPositionNotional": 989}"#);
    }),
    ("exposureAboveLimit", |scene| {
        scene.set(LimitScope::Tenant, r#"{"maxExposure": 989}"#);
    }),
    ("openOrdersAboveLimit", |scene| {
        scene.set(LimitScope::Tenant, r#"{"maxOpenOrderNotional": 989}"#);
    }),
    ("entriesLocked", |scene| {
        let why = LockReason::Cooldown { minutes: 5, scope: LimitScope::Profile };
        let lock = Lock { symbol: None, until: hour(3000), why };
        scene.fold.apply(Event::EntriesLocked { profile: PROFILE, lock }).unwrap();
    }),
    ("symbolRestricted", |scene| {
        scene.set(LimitScope::Tenant, r#"{"restrictedSymbols": ["GOOG"]}"#);
    }),
];

#[test]
fn what_raises_risk_passes_the_checks_of_an_entry_and_what_lowers_it_none() {
    for (code, put) in OBSTACLES {
        let mut scene = resting(&at(entry("10"), limit("90")));
        assert_eq!(answer(&scene, "quantity 11"), "raises 11", "without {code}");
        put(&mut scene);
        assert_eq!(answer(&scene, "quantity 11"), code);
        assert_eq!(answer(&scene, "quantity 9"), "lowers 9", "{code}");
        assert_eq!(answer(&scene, "limit 89"), "lowers 10", "{code}");
    }
}

#[test]
fn limits_hold_for_the_whole_order_and_room_for_what_is_added() {
    let at_edge = |limits: &str, words: &str| {
        let mut scene = resting(&at(entry("10"), limit("90")));
        scene.set(LimitScope::Profile, limits);
        answer(&scene, words)
    };
    assert_eq!(at_edge(r#"{"maxOrderQuantity": 11}"#, "quantity 11"), "raises 11");
    assert_eq!(at_edge(r#"{"maxOrderNotional": 990}"#, "quantity 11"), "raises 11");
    assert_eq!(at_edge(r#"{"maxExposure": 990}"#, "quantity 11"), "raises 11");
    assert_eq!(at_edge(r#"{"maxDailyLoss": 1}"#, "quantity 11"), "raises 11");
    assert_eq!(at_edge(r#"{"priceCollarPercent": 10}"#, "limit 110"), "raises 10");
    assert_eq!(at_edge(r#"{"priceCollarPercent": 10}"#, "limit 110.01"), "priceBeyondCollar");
    assert_eq!(at_edge(r#"{"maxPriceRatio": 2}"#, "limit 49.99"), "priceImplausible");
    assert_eq!(at_edge(r#"{"maxPriceRatio": 2}"#, "limit 50"), "lowers 10");
}

#[test]
fn what_is_added_is_paid_for_by_what_is_available() {
    let scene = resting(&at(entry("10"), limit("90")));
    // 900 of 10,000 are reserved for it already.
    assert_eq!(answer(&scene, "quantity 111"), "raises 111");
    assert_eq!(answer(&scene, "quantity 111.12"), "insufficientCapital");
    let approved = check_amendment(working(&scene), &change("quantity 111"), &scene.view());
    let amendment = *approved.unwrap().unwrap().amendment();
    assert_eq!((amendment.adds.amount(), amendment.frees.amount()), (read("9090"), read("0")));
    let approved = check_amendment(working(&scene), &change("quantity 4"), &scene.view());
    let amendment = *approved.unwrap().unwrap().amendment();
    assert_eq!((amendment.adds.amount(), amendment.frees.amount()), (read("0"), read("540")));
    assert_eq!(amendment.revision, 1);
}

#[test]
fn an_amended_entry_meets_no_order_of_its_own_tenant_but_itself() {
    let mut scene = resting(&at(entry("10"), limit("90")));
    assert_eq!(answer(&scene, "limit 95"), "raises 10", "it does not meet itself");
    scene.accept(&at(in_slot("b", short(entry("1"))), limit("97")), hour(1000));
    assert_eq!(answer(&scene, "limit 96"), "raises 10");
    assert_eq!(answer(&scene, "limit 97"), "selfTrade");
}

#[test]
fn an_exit_claims_what_is_held_and_no_other_exit_has_claimed() {
    let mut scene = scene("intent 1 long 10 for 1000\n fill 1 a 10@100");
    scene.accept(&at(exit(1, Some("4")), limit("120")), hour(1000));
    scene.accept(&at(exit(1, Some("3")), limit("130")), hour(1000));
    scene.stop(ControlMode::Halted, Scope::Global);
    for (words, expected) in [
        ("quantity 7", "lowers 7"),
        ("quantity 50", "lowers 7"),
        ("quantity 1", "lowers 1"),
        ("quantity 4", "same"),
        ("limit 110", "lowers 4"),
    ] {
        assert_eq!(answer(&scene, words), expected, "{words}");
    }
    scene.fold.play("fill 2 b 2@120");
    assert_eq!(answer(&scene, "quantity 50"), "lowers 7", "2 of it have filled");
    assert_eq!(answer(&scene, "quantity 2"), "quantityBelowFilled");
}

/// What has filled in full was taken before, and asking again can raise nothing.
#[test]
fn an_amendment_is_asked_for_again_as_it_was() {
    let asked = |words: &str, fills: &str| {
        let mut scene = resting(&at(entry("10"), limit("90")));
        let approved = check_amendment(working(&scene), &change(words), &scene.view());
        let approved = approved.unwrap().unwrap();
        assert!(ApprovedAmendment::again(working(&scene)).is_none(), "nothing is asked for yet");
        let (order, by) = (approved.order(), "bob".to_owned());
        let amendment = Box::new(*approved.amendment());
        let requested = Event::AmendmentRequested { order, amendment: amendment.clone(), by };
        scene.fold.apply(requested).unwrap();
        scene.fold.play(fills);
        let again = ApprovedAmendment::again(working(&scene))?;
        assert_eq!((again.order(), again.amendment()), (order, &*amendment));
        assert!(again.is_repeated());
        Some(again.raises_risk())
    };
    for (words, fills, raises_risk) in [
        ("quantity 20", "", Some(true)),
        ("quantity 20", "fill 1 a 9@90", Some(true)),
        ("quantity 20", "fill 1 a 10@90", Some(false)),
        // So much can only have filled of what it has become.
        ("quantity 20", "fill 1 a 11@90", None),
        ("quantity 9", "", Some(false)),
        ("limit 89", "", Some(false)),
        ("limit 91", "", Some(true)),
    ] {
        assert_eq!(asked(words, fills), raises_risk, "{words} {fills}");
    }
}

#[test]
fn an_instrument_that_the_profile_lost_is_not_entered_further() {
    let mut scene = resting(&at(entry("10"), limit("90")));
    scene.instrument(|instrument| instrument.symbol = read("MSFT"));
    assert_eq!(answer(&scene, "quantity 11"), "instrumentUnknown");
    assert_eq!(working(&scene).terms.quantity, Quantity::new(read("10")).unwrap());
}

/// The trade would end as it begins, which no entry may.
#[test]
fn an_entry_is_not_moved_beyond_its_own_levels() {
    let asked = at(protected(Direction::Long, "95", "105"), limit("100"));
    let scene = resting(&asked);
    for (words, expected) in [
        ("limit 95.01", "lowers 1"),
        ("limit 95", "stopPassedAtEntry"),
        ("limit 90", "stopPassedAtEntry"),
        ("quantity 0.5", "lowers 0.5"),
    ] {
        assert_eq!(answer(&scene, words), expected, "{words}");
    }
    let mut scene = scene;
    scene.mark = Some((read("110"), hour(1000)));
    assert_eq!(answer(&scene, "limit 104.99"), "raises 1");
    assert_eq!(answer(&scene, "limit 105"), "targetPassedAtEntry");
}
