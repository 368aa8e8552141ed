//! What stands in the way of every entry is told before there is one, all of it at once.

use ballast_domain::control::{ControlMode, Scope};
use ballast_domain::{Availability, Event, LimitScope, Lock, LockReason, MarketStatus, Mode};

use super::scene::{Scene, scene};
use crate::fixture::{PROFILE, entry, hour, read, usd};
use crate::risk::obstacles;

/// The codes, in their order.
fn codes(scene: &Scene) -> Vec<&'static str> {
    let found = obstacles(read("GOOG"), &scene.view());
    found.iter().map(|refusal| refusal.code()).collect()
}

type Put = fn(&mut Scene);

fn locked(scene: &mut Scene) {
    let why = LockReason::Cooldown { minutes: 5, scope: LimitScope::Profile };
    let lock = Lock { symbol: Some(read("GOOG")), until: hour(3000), why };
    scene.fold.apply(Event::EntriesLocked { profile: PROFILE, lock }).unwrap();
}

/// 500 of 10,000 are lost today, and since the peak.
fn lost(scene: &mut Scene, limits: &str) {
    scene.set(LimitScope::Profile, limits);
    let (equity, day) = (usd("10000"), serde_json::from_str("\"2024-06-23\"").unwrap());
    scene.fold.apply(Event::DayOpened { profile: PROFILE, day, equity }).unwrap();
    scene.fold.apply(Event::PeakEquity { profile: PROFILE, equity }).unwrap();
    scene.open_profit.insert(PROFILE, read("-500"));
}

/// Each obstacle alone, as it is put in the way and as it is called.
const CASES: [(&str, Put); 18] = [
    ("productUnavailable", |scene| {
        scene.product.availability = Availability::Disabled { message: "gone".to_owned() };
    }),
    ("storeAway", |scene| scene.store_away = true),
    ("control", |scene| {
        scene.stop(ControlMode::Paused, Scope::Global);
    }),
    ("controlUnknown", |scene| scene.control = None),
    ("underReview", |scene| scene.fold.play("status UnderReview")),
    ("profileStopped", |scene| scene.fold.play("status Stopped")),
    ("credentialsMissing", |scene| {
        scene.product.live_trading = true;
        scene.document(|document| document.mode = Mode::Live);
    }),
    ("notReconciled", |scene| scene.fold.play("intent 1 long 1 for 100\n unknown 1")),
    ("marketClosed", |scene| {
        scene.markets.put(read("GOOG"), MarketStatus::Halted);
    }),
    ("marketDataMissing", |scene| scene.mark = None),
    ("marketDataStale", |scene| {
        scene.set(LimitScope::Product, r#"{"maxDataAgeMs": 1000}"#);
        scene.now = hour(1001);
    }),
    ("tooManyPositions", |scene| {
        scene.set(LimitScope::Tenant, r#"{"maxOpenPositions": 1}"#);
        scene.fold.play("intent 1 long 1 for 100");
    }),
    ("positionAboveLimit", |scene| {
        scene.fold.play("intent 1 long 1 for 100");
        scene.set(LimitScope::Profile, r#"{"maxPositionNotional": 99}"#);
    }),
    ("orderRateAboveLimit", |scene| {
        scene.accept(&entry("1"), scene.now);
        scene.set(LimitScope::Profile, r#"{"maxOrdersPerMinute": 1}"#);
    }),
    ("entryTooSoon", |scene| {
        scene.accept(&entry("1"), scene.now);
        scene.set(LimitScope::Profile, r#"{"minEntryIntervalMs": 1000}"#);
    }),
    ("dailyLossReached", |scene| lost(scene, r#"{"maxDailyLoss": 500}"#)),
    ("drawdownReached", |scene| lost(scene, r#"{"maxDrawdownPercent": 5}"#)),
    ("entriesLocked", locked),
];

#[test]
fn each_is_told_by_the_name_that_the_gate_gives_it() {
    assert_eq!(codes(&scene("")), [""; 0]);
    for (code, put) in CASES {
        let mut scene = scene("");
        put(&mut scene);
        assert_eq!(codes(&scene), [code]);
        let other = super::entries::in_slot("b", entry("1"));
        assert_eq!(scene.code(&other), code, "the gate says the same");
    }
}

#[test]
fn several_are_told_at_once_in_the_order_of_the_checks() {
    let mut scene = scene("");
    scene.fold.play("status Stopped");
    scene.set(LimitScope::Tenant, r#"{"restrictedSymbols": ["GOOG"]}"#);
    locked(&mut scene);
    scene.mark = None;
    scene.stop(ControlMode::Halted, Scope::Global);
    assert_eq!(
        codes(&scene),
        ["control", "profileStopped", "marketDataMissing", "entriesLocked", "symbolRestricted"]
    );
}

#[test]
fn what_holds_for_another_instrument_is_none() {
    let mut scene = scene("");
    scene.set(LimitScope::Tenant, r#"{"restrictedSymbols": ["MSFT"]}"#);
    scene.stop(ControlMode::Halted, Scope::Symbol(read("MSFT")));
    scene.markets.put(read("MSFT"), MarketStatus::Closed { opens_at: None });
    assert_eq!(codes(&scene), [""; 0]);
}
