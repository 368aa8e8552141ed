//! Orders that people write: whether they enter or leave.

use ballast_domain::exits::Distance;
use ballast_domain::{Protection, Refusal, Side};

use super::script::play;
use crate::fixture::{manual, order, read, trade};
use crate::step::{Answer, Command, ManualOrder};
use crate::world::World;

fn send(world: &mut World, order: ManualOrder) -> Answer {
    world.command(Command::Order(Box::new(order)))
}

fn why(answer: Answer) -> String {
    let Answer::Invalid(why) = answer else { panic!("{answer:?}") };
    why
}

/// Ten units of GOOG held at 100.
fn holding() -> World {
    let mut world = World::running("{}");
    play(&mut world, "bar 100 100 100 100\n enter 10\n filled 1 a 10@100");
    world
}

#[test]
fn a_sale_leaves_what_is_held_and_never_more() {
    let mut world = holding();
    assert_eq!(send(&mut world, manual(Side::Sell, "25")), Answer::Accepted(order("2")));
    assert_eq!(world.words(), "intent 2 exit 1 10 manual | submit 2");
    let free = Refusal::NothingToReduce { held: read("10"), claimed: read("10") };
    assert_eq!(send(&mut world, manual(Side::Sell, "1")), Answer::Refused(free));
}

/// What was written against a position that is gone meanwhile does not become an entry.
#[test]
fn an_order_that_only_reduces_never_enters() {
    let mut world = holding();
    let reduce = ManualOrder { reduce_only: true, ..manual(Side::Sell, "4") };
    assert_eq!(send(&mut world, reduce.clone()), Answer::Accepted(order("2")));
    play(&mut world, "filled 2 b 4@100\n exit 1\n filled 3 c 6@100\n closed 1: 0");
    assert!(why(send(&mut world, reduce)).contains("holds no GOOG"));
    let named = ManualOrder { trade: Some(trade(1)), ..manual(Side::Sell, "4") };
    let unknown = Refusal::TradeUnknown { trade: trade(1) };
    assert_eq!(send(&mut world, named), Answer::Refused(unknown));
    assert!(world.profile().is_idle());
}

#[test]
fn of_several_trades_the_one_that_is_left_is_named() {
    let mut world = holding();
    play(&mut world, "enter 5 slot 1\n filled 2 b 5@100");
    let asked = why(send(&mut world, manual(Side::Sell, "3")));
    assert!(asked.contains(&trade(1).to_string()), "{asked}");
    assert!(asked.contains(&trade(2).to_string()), "{asked}");
    let second = ManualOrder { trade: Some(trade(2)), ..manual(Side::Sell, "3") };
    assert_eq!(send(&mut world, second), Answer::Accepted(order("3")));
    assert_eq!(world.words(), "intent 3 exit 2 3 manual | submit 3");
    let adds = ManualOrder { trade: Some(trade(2)), ..manual(Side::Buy, "3") };
    assert!(why(send(&mut world, adds)).contains("adds to"));
}

#[test]
fn what_protects_goes_with_an_entry_only() {
    let mut world = holding();
    let stop_loss = Some(Distance::Percent(read("2")));
    let protection = Protection { stop_loss, ..Protection::default() };
    let order = ManualOrder { protection, ..manual(Side::Sell, "3") };
    assert!(why(send(&mut world, order)).contains(&trade(1).to_string()));
    for none in ["0", "-1"] {
        assert!(why(send(&mut world, manual(Side::Sell, none))).contains("more than 0"));
    }
    assert_eq!(world.words(), "");
}
