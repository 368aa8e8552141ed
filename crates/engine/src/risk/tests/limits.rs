//! Each limit that is compared with the order at hand or with the profile's own sums, whoever sets
//! it: at its edge, just inside and just outside.

use ballast_domain::{LimitScope, Refusal, Signal};

use super::entries::in_slot;
use super::scene::{at, limit, scene};
use crate::fixture::{entry, exit, hour};

const SCOPES: [LimitScope; 4] =
    [LimitScope::Product, LimitScope::Tenant, LimitScope::Profile, LimitScope::Strategy];

/// 5 held at 100, and an entry of 2 that works, both in the default slot.
const USED: &str = "intent 1 long 5 for 500\n fill 1 a 5@100\n intent 2 long 2 for 200";

fn buy(units: &str) -> Signal {
    in_slot("new", entry(units))
}

/// A limit, what passes it, what does not, and the refusal.
fn cases() -> Vec<(&'static str, Signal, Signal, &'static str)> {
    vec![
        (r#"{"maxOrderQuantity": 8}"#, buy("8"), buy("8.001"), "orderQuantityAboveLimit"),
        (r#"{"maxOrderNotional": 800}"#, buy("8"), buy("8.001"), "orderNotionalAboveLimit"),
        (r#"{"maxPositionNotional": 1500}"#, buy("8"), buy("8.001"), "positionAboveLimit"),
        (r#"{"maxExposure": 1500}"#, buy("8"), buy("8.001"), "exposureAboveLimit"),
        (r#"{"maxOpenOrderNotional": 1000}"#, buy("8"), buy("8.001"), "openOrdersAboveLimit"),
        (
            r#"{"maxPriceRatio": 2}"#,
            at(buy("1"), limit("200")),
            at(buy("1"), limit("200.1")),
            "priceImplausible",
        ),
        (
            r#"{"priceCollarPercent": 2}"#,
            at(buy("1"), limit("102")),
            at(buy("1"), limit("102.1")),
            "priceBeyondCollar",
        ),
        (r#"{"restrictedSymbols": ["MSFT", "GOOG"]}"#, exit(1, None), buy("1"), "symbolRestricted"),
    ]
}

#[test]
fn a_limit_holds_whoever_sets_it_and_says_who_did() {
    for scope in SCOPES {
        for (limits, passes, fails, code) in cases() {
            let mut scene = scene(USED);
            assert_eq!(scene.code(&fails), "accepted", "without {limits}");
            scene.set(scope, limits);
            assert_eq!(scene.code(&passes), "accepted", "{scope} {limits}");
            assert_eq!(scene.code(&fails), code, "{scope} {limits}");
            assert_eq!(scene.code(&exit(1, None)), "accepted", "{scope} {limits}");
            let whose = match scope {
                LimitScope::Product => "ask an operator to".to_owned(),
                LimitScope::Strategy => "of the strategy config".to_owned(),
                other => format!("of the {other}"),
            };
            let answer = scene.answer(&fails);
            assert!(answer.contains(&whose), "{scope}: {answer}");
        }
    }
}

#[test]
fn the_strictest_of_all_scopes_holds_and_is_named() {
    for strictest in SCOPES {
        let most = |scope| if scope == strictest { 10 } else { 20 };
        let limits = |scope| format!(r#"{{"maxOrderQuantity": {}}}"#, most(scope));
        let mut scene = scene("");
        scene.document(|document| {
            document.limits.max_order_quantity = Some(most(LimitScope::Profile).into());
            document.strategy.limits.max_order_quantity = Some(most(LimitScope::Strategy).into());
        });
        for wide in [LimitScope::Product, LimitScope::Tenant] {
            scene.set(wide, &limits(wide));
        }
        assert_eq!(scene.code(&entry("10")), "accepted", "{strictest}");
        let Err(Refusal::OrderQuantityAboveLimit { scope, .. }) = scene.check(&entry("10.1"))
        else {
            panic!("{strictest}: {}", scene.answer(&entry("10.1")));
        };
        assert_eq!(scope, Some(strictest));
    }
}

/// The lists of all scopes count together.
#[test]
fn an_instrument_is_restricted_by_any_list() {
    let mut scene = scene("");
    scene.set(LimitScope::Product, r#"{"restrictedSymbols": ["MSFT"]}"#);
    assert_eq!(scene.code(&entry("1")), "accepted");
    scene.set(LimitScope::Tenant, r#"{"restrictedSymbols": ["GOOG"]}"#);
    assert_eq!(scene.code(&entry("1")), "symbolRestricted");
}

/// An entry that its fill may cut down uses no more than what is there.
#[test]
fn what_an_entry_may_come_to_use_is_counted_with_its_fee() {
    let cut = |mut signal: Signal| {
        if let ballast_domain::SignalTerms::Enter { cut_to_available, .. } = &mut signal.terms {
            *cut_to_available = true;
        }
        signal
    };
    let mut scene = scene("intent 1 long 1 for 9000");
    scene.set(LimitScope::Profile, r#"{"maxExposure": 10000}"#);
    assert_eq!(scene.answer(&cut(buy("11"))), "11 for 1000");
    assert_eq!(scene.code(&buy("11")), "exposureAboveLimit");
    let mut scene = super::scene::scene("intent 1 long 90 for 9000\n fill 1 a 90@100");
    scene.set(LimitScope::Profile, r#"{"maxExposure": 10000}"#);
    assert_eq!(scene.code(&cut(buy("11"))), "accepted");
    scene.fold.play("intent 2 exit 1 1");
    assert_eq!(scene.code(&cut(buy("11"))), "exposureAboveLimit", "the exit may free more");
}

#[test]
fn entries_follow_one_another_no_faster_than_allowed() {
    let ago = |millis: i64| hour(1000).saturating_add_nanos(-millis * 1_000_000);
    for (millis, expected) in [(0, "entryTooSoon"), (499, "entryTooSoon"), (500, "accepted")] {
        let mut scene = scene("");
        scene.accept(&entry("1"), ago(millis));
        scene.set(LimitScope::Profile, r#"{"minEntryIntervalMs": 400}"#);
        scene.set(LimitScope::Tenant, r#"{"minEntryIntervalMs": 500}"#);
        assert_eq!(scene.code(&buy("1")), expected, "{millis}");
        let sold = super::entries::short(buy("1"));
        assert_eq!(scene.code(&sold), "accepted", "the other side {millis}");
    }
    let mut scene = scene("");
    scene.accept(&entry("1"), ago(100));
    scene.set(LimitScope::Profile, r#"{"minEntryIntervalMs": 400}"#);
    assert_eq!(
        scene.answer(&buy("1")),
        "the last entry was 100 ms ago, 400 ms are to pass; wait, or lower minEntryIntervalMs of \
         the profile"
    );
}
