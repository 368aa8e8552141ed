//! At which prices a person may have a trade end that is about to begin.

use ballast_domain::exits::{Distance, TargetTerms};
use ballast_domain::{Direction, OrderType, Origin, Signal, SignalTerms};

use super::scene::{Scene, at, limit, scene};
use crate::fixture::{entry, read};

/// An entry with a stop and a target at these prices; none where the text is empty.
pub(super) fn protected(way: Direction, stop: &str, target: &str) -> Signal {
    let mut signal = entry("1");
    signal.origin = Origin::Manual { by: "alice".to_owned() };
    if let SignalTerms::Enter { direction, protection, .. } = &mut signal.terms {
        *direction = way;
        let distance = |level: &str| (!level.is_empty()).then(|| Distance::At(read(level)));
        protection.stop_loss = distance(stop);
        let targets = distance(target).map(|distance| TargetTerms { distance, portion: read("1") });
        protection.targets = targets.into_iter().collect();
    }
    signal
}

fn check(scene: &Scene, signal: Signal, asked: OrderType, expected: &str) {
    let what = format!("{:?}", at(signal.clone(), asked).terms);
    assert_eq!(scene.code(&at(signal, asked)), expected, "{what}");
}

#[test]
fn neither_stop_nor_target_may_be_passed_when_the_trade_begins() {
    use Direction::{Long, Short};
    let scene = scene("");
    let market = OrderType::Market;
    let stop = |price: &str| OrderType::Stop { stop_price: read(price) };
    for (way, asked, stop, target, expected) in [
        (Long, market, "99.99", "100.01", "accepted"),
        (Long, market, "100", "", "stopPassedAtEntry"),
        (Long, market, "500", "", "stopPassedAtEntry"),
        (Long, market, "", "100", "targetPassedAtEntry"),
        (Long, market, "", "5", "targetPassedAtEntry"),
        (Short, market, "100.01", "99.99", "accepted"),
        (Short, market, "100", "", "stopPassedAtEntry"),
        (Short, market, "", "100", "targetPassedAtEntry"),
        // Below the price it waits there, above it fills at the price.
        (Long, limit("90"), "95", "", "stopPassedAtEntry"),
        (Long, limit("90"), "89", "91", "accepted"),
        (Long, limit("110"), "105", "", "stopPassedAtEntry"),
        (Long, limit("110"), "99", "105", "accepted"),
        (Short, limit("110"), "109", "", "stopPassedAtEntry"),
        (Short, limit("110"), "111", "109", "accepted"),
        (Short, limit("90"), "95", "", "stopPassedAtEntry"),
        // Above the price it waits there, below it fills at the price.
        (Long, stop("110"), "105", "111", "accepted"),
        (Long, stop("110"), "", "105", "targetPassedAtEntry"),
        (Long, stop("90"), "95", "", "accepted"),
        (Short, stop("90"), "95", "89", "accepted"),
        (Short, stop("90"), "", "95", "targetPassedAtEntry"),
    ] {
        check(&scene, protected(way, stop, target), asked, expected);
    }
}

#[test]
fn the_refusal_says_where_the_levels_may_lie() {
    let mut scene = scene("");
    scene.instrument(|instrument| instrument.tick_size = Some(read("0.5")));
    for (stop, target, expected) in [
        (
            "101",
            "",
            "a stop at 101 would end the trade as it begins: it would enter at about 100; choose a \
             level on the side of the loss",
        ),
        (
            "",
            "99",
            "a target at 99 would end the trade as it begins: it would enter at about 100; choose \
             a level on the side of the profit",
        ),
        ("96.7", "", "96.7 is no price of the venue; choose 96.5 or 97.0"),
        ("", "103.2", "103.2 is no price of the venue; choose 103.0 or 103.5"),
    ] {
        assert_eq!(scene.answer(&protected(Direction::Long, stop, target)), expected);
    }
}

/// Its back-test has shown what it gets by them.
#[test]
fn the_levels_of_a_strategy_are_its_own() {
    let mut signal = protected(Direction::Long, "500", "5");
    signal.origin = Origin::Strategy;
    assert_eq!(scene("").code(&signal), "accepted");
}
