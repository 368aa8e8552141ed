//! The order of the checks: the first refusal wins.

use ballast_domain::control::{ControlMode, Scope};
use ballast_domain::limits::LIMITS;
use ballast_domain::refusal::{Concerns, REFUSALS};
use ballast_domain::{
    Availability, Event, IntentId, LimitScope, Lock, LockReason, MarketStatus, Mode, Refusal,
    Signal,
};

use super::scene::{Scene, at, limit, scene};
use crate::fixture::{PROFILE, entry, exit, hour, read, usd};

/// What each check refuses, in the order of the checks, and what lets it pass.
type Check = (&'static str, fn(&mut Scene, &mut Signal));

/// The working entry of MSFT and the exit of GOOG that rests at 105.
const ENTRY: &str = "2";
const RESTING: &str = "3";

const CHECKS: [Check; 31] = [
    ("productUnavailable", |scene, _| scene.product.availability = Availability::Active),
    ("storeAway", |scene, _| scene.store_away = false),
    ("control", |scene, _| scene.control.as_mut().unwrap().entries.clear()),
    ("underReview", |scene, _| scene.fold.play("status Stopped")),
    ("profileStopped", |scene, _| scene.fold.play("status Running")),
    ("notEntitled", |scene, _| scene.product.live_trading = true),
    ("credentialsMissing", |scene, _| edit(scene, |document| document.mode = Mode::Paper)),
    ("instrumentUnknown", |_, signal| signal.symbol = read("GOOG")),
    ("quantityBelowLot", |scene, _| {
        edit(scene, |document| document.instruments[0].lot_size = None);
    }),
    ("notionalBelowMinimum", |scene, _| {
        edit(scene, |document| document.instruments[0].min_notional = None);
    }),
    ("priceImplausible", |_, signal| *signal = at(signal.clone(), limit("106"))),
    ("notReconciled", |scene, _| scene.fold.play(&format!("accepted {ENTRY}"))),
    ("marketClosed", |scene, _| {
        scene.markets.put(read("GOOG"), MarketStatus::Open);
    }),
    ("marketDataStale", |scene, _| scene.now = hour(1000)),
    ("duplicateEntry", |scene, _| scene.fold.play("fill 1s b 1@10001")),
    ("selfTrade", |scene, _| scene.fold.play(&format!("done {RESTING} Cancelled"))),
    ("orderQuantityAboveLimit", |scene, _| {
        edit(scene, |document| document.limits.max_order_quantity = None);
    }),
    ("orderNotionalAboveLimit", |scene, _| {
        edit(scene, |document| document.limits.max_order_notional = None);
    }),
    ("tooManyPositions", |scene, _| scene.fold.play(&format!("done {ENTRY} Cancelled"))),
    ("positionAboveLimit", |scene, _| {
        edit(scene, |document| document.limits.max_position_notional = None);
    }),
    ("exposureAboveLimit", |scene, _| {
        edit(scene, |document| document.limits.max_exposure = None);
    }),
    ("openOrdersAboveLimit", |scene, _| {
        edit(scene, |document| document.limits.max_open_order_notional = None);
    }),
    ("orderRateAboveLimit", |scene, _| {
        edit(scene, |document| document.limits.max_orders_per_minute = None);
    }),
    ("entryTooSoon", |scene, _| {
        edit(scene, |document| document.limits.min_entry_interval_ms = None);
    }),
    ("dailyLossReached", |scene, _| {
        edit(scene, |document| document.limits.max_daily_loss = None);
    }),
    ("dailyLossPercentReached", |scene, _| {
        edit(scene, |document| document.limits.max_daily_loss_percent = None);
    }),
    ("drawdownReached", |scene, _| {
        edit(scene, |document| document.limits.max_drawdown_percent = None);
    }),
    ("entriesLocked", |scene, _| {
        let (symbol, by) = (None, "alice".to_owned());
        scene.fold.apply(Event::EntriesUnlocked { profile: PROFILE, symbol, by }).unwrap();
    }),
    ("symbolRestricted", |scene, _| scene.product.limits = Default::default()),
    ("priceBeyondCollar", |_, signal| *signal = at(signal.clone(), limit("101"))),
    ("insufficientCapital", |scene, _| scene.fold.play("profile 100000")),
];

/// Changes the document that the profile has.
fn edit(scene: &mut Scene, edit: impl FnOnce(&mut ballast_domain::ProfileDocument)) {
    let standing = scene.fold.profile().document.clone();
    scene.document(|document| {
        *document = *standing;
        edit(document);
    });
}

/// A scene in which every check refuses.
fn hostile() -> Scene {
    let mut scene = scene("intent 1 long 1 for 10000\n fill 1 a 1@10000");
    // The working entry is of another instrument, so that it counts as a position only.
    scene.document(|document| {
        document.instruments[0].symbol = read("MSFT");
        document.capital.allocated = read("20000");
    });
    scene.accept(&Signal { symbol: read("MSFT"), ..entry("1") }, hour(1000));
    scene.fold.play("profile 20000");
    scene.accept(&at(exit(1, None), limit("105")), hour(1000));
    scene.fold.play(&format!("unknown {ENTRY}\n status UnderReview"));
    scene.stop(ControlMode::Paused, Scope::Global);
    scene.store_away = true;
    scene.markets.put(read("GOOG"), MarketStatus::Halted);
    scene.product.availability = Availability::Disabled { message: "gone".to_owned() };
    scene.set(LimitScope::Product, r#"{"restrictedSymbols": ["GOOG"]}"#);
    scene.now = hour(2000);
    let (equity, day) = (usd("30000"), serde_json::from_str("\"2024-06-23\"").unwrap());
    let why = LockReason::Cooldown { minutes: 5, scope: LimitScope::Profile };
    let lock = Lock { symbol: None, until: hour(3000), why };
    for event in [
        Event::DayOpened { profile: PROFILE, day, equity },
        Event::PeakEquity { profile: PROFILE, equity },
        Event::EntriesLocked { profile: PROFILE, lock },
    ] {
        scene.fold.apply(event).unwrap();
    }
    edit(&mut scene, |document| {
        document.mode = Mode::Live;
        document.instruments[0].lot_size = Some(read("1000"));
        document.instruments[0].min_notional = Some(read("1000000"));
        document.limits = serde_json::from_str(LIMITS_OF_ALL).unwrap();
    });
    scene
}

/// Each limit so that it refuses, but for the one that the product sets.
const LIMITS_OF_ALL: &str = r#"{"maxPriceRatio": 3, "maxDataAgeMs": 1, "maxOrderQuantity": 1,
    "maxOrderNotional": 1, "maxOpenPositions": 1, "maxPositionNotional": 1, "maxExposure": 1,
    "maxOpenOrderNotional": 1, "maxOrdersPerMinute": 1, "minEntryIntervalMs": 100000000000,
    "maxDailyLoss": 1, "maxDailyLossPercent": 1, "maxDrawdownPercent": 1,
    "priceCollarPercent": 5}"#;

#[test]
fn the_first_refusal_wins() {
    let mut scene = hostile();
    let mut signal = at(Signal { symbol: read("AAPL"), ..entry("500") }, limit("1000"));
    for (code, mend) in CHECKS {
        assert_eq!(scene.code(&signal), code);
        mend(&mut scene, &mut signal);
    }
    assert_eq!(scene.code(&signal), "accepted");
}

/// The documented order is the one that holds.
#[test]
fn the_checks_are_documented_in_their_order() {
    let checked: Vec<&str> = CHECKS.iter().map(|(code, _)| *code).collect();
    let listed: Vec<&str> =
        REFUSALS.iter().map(|row| row.code).filter(|code| checked.contains(code)).collect();
    assert_eq!(listed, checked);
    let entries = REFUSALS.iter().filter(|row| row.concerns == Concerns::Entries);
    // What cannot be known stands for what it would say.
    let unknown = ["controlUnknown", "marketDataMissing", "equityUnknown"];
    for row in entries.filter(|row| !unknown.contains(&row.code)) {
        assert!(checked.contains(&row.code), "{} is checked nowhere", row.code);
    }
    let place = |code: &str| checked.iter().position(|known| *known == code).unwrap();
    assert!(LIMITS.iter().map(|row| place(row.refusal)).is_sorted());
}

#[test]
fn what_cannot_be_known_comes_in_the_place_of_what_it_would_say() {
    let mut scene = hostile();
    scene.product.availability = Availability::Active;
    (scene.store_away, scene.control) = (false, None);
    assert_eq!(scene.code(&entry("500")), "controlUnknown");
    let mut signal = Signal { symbol: read("AAPL"), ..entry("500") };
    scene.control = Some(Default::default());
    for (_, mend) in &CHECKS[3..13] {
        mend(&mut scene, &mut signal);
    }
    scene.mark = None;
    assert_eq!(scene.code(&signal), "marketDataMissing");
}

/// Invariant: an exit passes every check of entries.
#[test]
fn an_exit_is_refused_for_nothing_that_concerns_entries() {
    let mut scene = hostile();
    let leave = exit(1, None);
    scene.fold.play(&format!("done {RESTING} Cancelled"));
    let refused = scene.check(&leave).map(drop);
    assert_eq!(refused, Err(Refusal::CredentialsMissing { venue: read("paper") }));
    edit(&mut scene, |document| document.mode = Mode::Paper);
    assert_eq!(scene.code(&leave), "accepted");
}

#[test]
fn an_intent_takes_the_next_number_and_the_instant() {
    let scene = scene("intent 1 long 1 for 100\n done 1 Cancelled");
    let terms = scene.check(&entry("2")).unwrap();
    assert_eq!(terms.intent, IntentId { profile: PROFILE, number: 2 });
    assert_eq!(terms.accepted_at, hour(1000));
}
