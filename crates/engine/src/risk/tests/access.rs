//! What must be so before anything is looked at: the product, the profile's mode, its orders.

use ballast_domain::{Availability, Mode};

use super::scene::scene;
use crate::fixture::{entry, exit};

const HELD: &str = "intent 1 long 10 for 1000\n fill 1 a 10@100";

#[test]
fn a_product_out_of_service_lets_exits_alone_pass() {
    let message = "new disks".to_owned();
    let maintenance = Availability::Maintenance { message: message.clone(), until: None };
    let cases = [
        (Availability::Active, "accepted", "accepted"),
        (maintenance, "productUnavailable", "accepted"),
        (Availability::Disabled { message }, "productUnavailable", "accepted"),
    ];
    for (availability, enters, leaves) in cases {
        let mut scene = scene(HELD);
        scene.product.availability = availability.clone();
        let other = super::entries::in_slot("b", entry("1"));
        assert_eq!(scene.code(&other), enters, "{availability:?}");
        assert_eq!(scene.code(&exit(1, None)), leaves, "{availability:?}");
    }
}

#[test]
fn money_needs_a_tenant_that_may_and_a_venue_that_knows_it() {
    let cases = [
        (Mode::Paper, false, "accepted", "accepted"),
        (Mode::Paper, true, "accepted", "accepted"),
        (Mode::Live, false, "notEntitled", "credentialsMissing"),
        (Mode::Live, true, "credentialsMissing", "credentialsMissing"),
    ];
    for (mode, live_trading, enters, leaves) in cases {
        let mut scene = scene(HELD);
        scene.document(|document| document.mode = mode);
        scene.product.live_trading = live_trading;
        let other = super::entries::in_slot("b", entry("1"));
        assert_eq!(scene.code(&other), enters, "{mode:?} {live_trading}");
        assert_eq!(scene.code(&exit(1, None)), leaves, "{mode:?} {live_trading}");
    }
}

/// What the venue may have beside what is known of it would be counted twice, or not at all.
#[test]
fn nothing_is_entered_while_an_order_is_unknown() {
    let cases = [
        ("", "accepted"),
        ("intent 2 long 1 for 100", "accepted"),
        ("intent 2 long 1 for 100\n unknown 2", "notReconciled"),
        ("intent 2 exit 1 5\n unknown 2", "notReconciled"),
        ("intent 2 long 1 for 100\n unknown 2\n accepted 2", "accepted"),
        ("intent 2 long 1 for 100\n unknown 2\n fill 2 b 0.5@100", "accepted"),
        ("intent 2 long 1 for 100\n unknown 2\n done 2 Voided", "accepted"),
    ];
    for (history, expected) in cases {
        let mut scene = scene(HELD);
        scene.fold.play(history);
        let other = super::entries::in_slot("b", entry("1"));
        assert_eq!(scene.code(&other), expected, "{history}");
        assert_eq!(scene.code(&exit(1, Some("1"))), "accepted", "{history}");
    }
    let mut scene = scene("intent 1 long 1 for 100\n unknown 1");
    let answer = scene.answer(&entry("1"));
    assert!(answer.starts_with("nobody can tell whether the venue has"), "{answer}");
    scene.fold.play("done 1 Voided");
    assert_eq!(scene.answer(&entry("1")), "1 for 100");
}
