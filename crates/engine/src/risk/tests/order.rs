//! The order of the checks: the first refusal wins.

use ballast_domain::control::{ControlMode, Scope};
use ballast_domain::{IntentId, Signal};

use super::scene::{Scene, scene};
use crate::fixture::{PROFILE, entry, hour, read};

/// What each check refuses, in the order of the checks, and what lets it pass.
type Check = (&'static str, fn(&mut Scene, &mut Signal));

const CHECKS: [Check; 11] = [
    ("control", |scene, _| scene.control.as_mut().unwrap().entries.clear()),
    ("underReview", |scene, _| scene.fold.play("status Running")),
    ("instrumentUnknown", |_, signal| signal.symbol = read("GOOG")),
    ("quantityBelowLot", |scene, _| {
        edit(scene, |document| document.instruments[0].lot_size = None);
    }),
    ("notionalBelowMinimum", |scene, _| {
        edit(scene, |document| document.instruments[0].min_notional = None);
    }),
    ("marketDataStale", |scene, _| scene.now = hour(1000)),
    ("duplicateEntry", |scene, _| scene.fold.play("fill 1s b 1@10001")),
    ("orderQuantityAboveLimit", |scene, _| {
        edit(scene, |document| document.limits.max_order_quantity = None);
    }),
    ("orderNotionalAboveLimit", |scene, _| {
        edit(scene, |document| document.limits.max_order_notional = None);
    }),
    ("tooManyPositions", |scene, _| scene.fold.play("done 2 Cancelled")),
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
    let elsewhere = Signal { symbol: read("MSFT"), ..entry("1") };
    scene.document(|document| document.instruments[0].symbol = read("MSFT"));
    scene.mark = Some((read("0.000000001"), hour(1000)));
    scene.fold.play("profile 10001");
    edit(&mut scene, |document| document.instruments[0].symbol = read("MSFT"));
    let mut terms = scene.check(&elsewhere).unwrap();
    terms.intent = IntentId { profile: PROFILE, number: 2 };
    let terms = std::sync::Arc::new(terms);
    let accepted =
        ballast_domain::Event::IntentAccepted { terms, control_version: 0, origin: None };
    scene.fold.apply(accepted).unwrap();
    scene.fold.play("profile 10000\n status UnderReview");
    scene.stop(ControlMode::Paused, Scope::Global);
    scene.mark = Some((read("100"), hour(1000)));
    scene.now = hour(2000);
    edit(&mut scene, |document| {
        document.instruments[0].symbol = read("GOOG");
        document.instruments[0].lot_size = Some(read("1000"));
        document.instruments[0].min_notional = Some(read("1000000"));
        document.limits.max_data_age_ms = Some(1);
        document.limits.max_order_quantity = Some(read("1"));
        document.limits.max_order_notional = Some(read("1"));
        document.limits.max_open_positions = Some(1);
    });
    scene
}

#[test]
fn the_first_refusal_wins() {
    let mut scene = hostile();
    let mut signal = Signal { symbol: read("AAPL"), ..entry("500") };
    for (code, mend) in CHECKS {
        assert_eq!(scene.code(&signal), code);
        mend(&mut scene, &mut signal);
    }
    assert_eq!(scene.code(&signal), "accepted");
}

#[test]
fn what_cannot_be_known_comes_in_the_place_of_what_it_would_say() {
    let mut scene = hostile();
    scene.control = None;
    assert_eq!(scene.code(&entry("500")), "controlUnknown");
    let mut signal = Signal { symbol: read("AAPL"), ..entry("500") };
    scene.control = Some(Default::default());
    for (_, mend) in &CHECKS[1..5] {
        mend(&mut scene, &mut signal);
    }
    scene.mark = None;
    assert_eq!(scene.code(&signal), "marketDataMissing");
}

#[test]
fn an_intent_takes_the_next_number_and_the_instant() {
    let scene = scene("intent 1 long 1 for 100\n done 1 Cancelled");
    let terms = scene.check(&entry("2")).unwrap();
    assert_eq!(terms.intent, IntentId { profile: PROFILE, number: 2 });
    assert_eq!(terms.accepted_at, hour(1000));
}
