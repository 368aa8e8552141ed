//! What no venue should say: a correct result, or a profile under review with words, never a panic.

use ballast_domain::{Account, ProfileStatus};
use rust_decimal::Decimal;

use super::script::play;
use crate::world::World;

const HUGE: &str = "79228162514264337593543950335";

/// What the venue says, what is held then and available, and why somebody is to look.
#[test]
fn absurd_fills_are_booked_right_or_looked_at() {
    let large = "its books count exactly";
    let unfit = "too large to count";
    let cases = [
        ("filled 1 a 0@100", "none", "8990", "no units"),
        (&format!("filled 1 a {HUGE}@100"), "none", "8990", unfit),
        (&format!("filled 1 a 1@{HUGE}"), "none", "8990", unfit),
        (&format!("filled 1 a 10@100 {HUGE}"), "none", "8990", unfit),
        (&format!("filled 1 a 10@100 {HUGE} BNB"), "none", "8990", unfit),
        (&format!("filled 1 a 10@100 -{HUGE}"), "none", "8990", unfit),
        ("filled 1 a 1000000000000000@1", "none", "8990", large),
        ("filled 1 a 10@100 900000000000000", "none", "8990", large),
        ("filled 1 a 0.0000000001@0.0000000001", "0.0000000001 0", "8990", ""),
        // A fee of all that came, and of more.
        ("filled 1 a 10@100 10 GOOG", "none", "8990", "a fee of all that it is"),
        ("filled 1 a 10@100 11 GOOG", "none", "8990", "a fee of all that it is"),
        ("filled 1 a 10@100 1500", "10 1000", "7500", ""),
        ("filled 1 a 10@100 9500", "10 1000", "-500", "available is negative"),
        ("filled 1 a 10@100 -1500", "10 1000", "10500", ""),
        ("filled 1 a 11@100", "11 1100", "8900", "filled more than was asked"),
        // The same execution under two names.
        ("filled 1 a 10@100\n filled 1 b 10@100", "20 2000", "8000", "filled after it had ended"),
        ("filled 1 a 6@100\n filled 1 b 6@100", "12 1200", "8800", "filled more than was asked"),
        ("filled 1 a 10@100\n filled 1s b 11@100", "none", "10100", "filled more than was held"),
        (
            "filled 1 a 10@100\n filled 1s b 10@100\n filled 1s c 10@100",
            "none",
            "11000",
            "filled more than was held",
        ),
        ("filled 1 a 10@100\n filled 1t7 b 4@100", "6 600", "9400", ""),
        ("filled 7 a 10@100", "none", "8990", "nothing is known"),
        ("busted 1 a", "none", "8990", "nothing is known"),
        ("filled 1 a 10@100\n busted 2 a", "10 1000", "9000", "nothing is known"),
        (&format!("filled 1 a 10@100\n corrected 1 a b {HUGE}@1"), "10 1000", "9000", unfit),
        ("filled 1 a 10@100\n corrected 1 a b 1000000000000000@1", "10 1000", "9000", large),
        ("filled 1 a 10@100\n corrected 1 a b 0@1", "none", "10000", "nothing in its place"),
        ("filled 1 a 10@100\n corrected 1 a a 10@100", "10 1000", "9000", ""),
    ];
    for (said, held, available, why) in cases {
        let mut world = coin();
        play(&mut world, said);
        play(&mut world, &format!("trade 1: {held}\n available: {available}"));
        let profile = world.profile();
        assert!(profile.status_reason.contains(why), "{said}: {}", profile.status_reason);
        let looked_at = profile.status == ProfileStatus::UnderReview;
        assert_eq!(looked_at, !why.is_empty(), "{said}: {}", profile.status_reason);
        for book in profile.books() {
            assert_eq!(book.sum(), Decimal::ZERO, "{said}");
        }
        let held = profile.trades.values().map(|trade| trade.reserved.amount());
        assert_eq!(profile.book.balance(Account::ReservedPositions), held.sum(), "{said}");
        // It goes on: the same again changes nothing, and a restart knows as much.
        let settled = world.journal.len();
        play(&mut world, said);
        assert_eq!(world.journal.len(), settled, "{said} again");
    }
}

/// Prices and quantities as far apart as they come: an entry is refused for a reason, or what was
/// bought and sold at one price leaves the money that there was, to the last digit.
#[test]
fn extreme_numbers_go_through_gate_and_books() {
    let cases = [
        ("0.0000000001", "10000000000000", "1000"),
        ("0.0000000001", "0.000000000000000001", "0"),
        ("1000000000000", "0.000000005", "5000"),
        ("1000000000000", "0.000000000000000001", "0.000001"),
        ("100", "99.9999999999999", "9999.99999999999"),
        ("1000000000000", "0.00000001", "10000"),
    ];
    for (price, units, cost) in cases {
        let mut world = World::running("{}");
        play(
            &mut world,
            &format!(
                "
                bar {price} {price} {price} {price}
                enter {units} -> intent 1 long {units} | submit 1
                filled 1 a {units}@{price} -> filled 1 {units}@{price}
                trade 1: {units} {cost}
                exit 1
                filled 2 b {units}@{price} -> filled 2 {units}@{price}
                trade 1: none
                closed 1: 0
                available: 10000
                status: Running
                "
            ),
        );
    }
    let refused = [
        ("1000000000000", "0.000000010000000001", "insufficientCapital"),
        ("1000000000000", "1000000000000", "insufficientCapital"),
        ("1000000000000", HUGE, "overflow"),
        (HUGE, "1", "insufficientCapital"),
        (HUGE, HUGE, "overflow"),
    ];
    for (price, units, code) in refused {
        let mut world = World::running("{}");
        let asked = format!("bar {price} {price} {price} {price}\n enter {units}");
        play(&mut world, &format!("{asked} -> refused {code}\n available: 10000"));
    }
}

/// Ten units of a coin are ordered at 101 or better.
fn coin() -> World {
    let mut world = World::running("{}");
    let mut document = world.profile().document.clone();
    document.instruments[0].base = Some(crate::fixture::read("GOOG"));
    world.put(crate::fixture::PROFILE, *document);
    play(&mut world, "bar 100 101 99 100\n enter 10 limit 101");
    world
}
