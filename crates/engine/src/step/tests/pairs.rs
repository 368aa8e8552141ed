//! Two entries of which the first to fill cancels the other.

use ballast_domain::{OrderType, Refusal, Side};
use rust_decimal::Decimal;

use super::script::play;
use crate::fixture::{PROFILE, manual, order, read};
use crate::step::{Answer, Command, ManualOrder, Partner};
use crate::world::World;

fn buy(quantity: &str, limit: &str) -> ManualOrder {
    let order_type = OrderType::Limit { limit_price: read(limit) };
    ManualOrder { order_type, ..manual(Side::Buy, quantity) }
}

fn sell(quantity: &str, limit: &str) -> ManualOrder {
    ManualOrder { side: Side::Sell, ..buy(quantity, limit) }
}

fn with(first: ManualOrder, partner: Partner) -> ManualOrder {
    ManualOrder { partner: Some(partner), ..first }
}

fn pair(first: ManualOrder, other: ManualOrder) -> ManualOrder {
    with(first, Partner::Entry(Box::new(other)))
}

fn ask(world: &mut World, order: ManualOrder) -> Answer {
    world.command(Command::Order(Box::new(order)))
}

/// The last price is 100, and orders 1 and 2 are a pair: a buy at 95, and a sale at 105.
fn paired() -> World {
    let mut world = World::running("{}");
    play(&mut world, "bar 100 100 100 100");
    let answer = ask(&mut world, pair(buy("10", "95"), sell("10", "105")));
    assert_eq!(answer, Answer::AcceptedPair([order("1"), order("2")]));
    let done = "intent 1 long 10 limit 95; intent 2 short 10 limit 105 | submit 1; submit 2";
    assert_eq!(world.words(), done);
    world
}

/// Each reserves what it may cost: until the venue has cancelled one, both may fill.
#[test]
fn the_first_to_fill_cancels_the_other() {
    let mut world = paired();
    play(
        &mut world,
        "
        ReservedOrders: 2000
        accepted 1
        accepted 2
        filled 2 a 4@105
        -> filled 2 4@105; protected 2 210; cancelling 1 (the other order has filled) | cancel 1
        cancelled 1      -> ended 1 Cancelled
        ReservedOrders: 630
        ",
    );
    let mut world = paired();
    play(
        &mut world,
        "
        filled 1 a 10@95 -> filled 1 10@95; cancelling 2 (the other order has filled) | cancel 2
        ",
    );
}

/// The cancel has come too late: what the venue did is booked, and somebody looks at it.
#[test]
fn both_of_a_pair_may_have_filled_by_then() {
    let mut world = paired();
    play(
        &mut world,
        "
        filled 1 a 10@95
        filled 2 b 4@105  -> filled 2 4@105; protected 2 210; status UnderReview
        filled 2 c 6@105  -> filled 2 6@105
        trade 1: 10 950
        trade 2: 10 1050
        ",
    );
}

#[test]
fn one_of_which_the_gate_refuses_the_other_is_not_placed() {
    let far = Refusal::InsufficientCapital { needed: read("10500"), available: read("9050") };
    let cases = [
        (pair(buy("10", "95"), sell("100", "105")), Answer::RefusedOther(far)),
        (
            pair(buy("200", "95"), sell("10", "105")),
            Answer::Refused(Refusal::InsufficientCapital {
                needed: read("19000"),
                available: read("10000"),
            }),
        ),
    ];
    for (asked, expected) in cases {
        let mut world = World::running("{}");
        play(&mut world, "bar 100 100 100 100");
        assert_eq!(world.command(Command::Preview(Box::new(asked.clone()))), expected);
        assert_eq!(world.words(), "");
        assert_eq!(ask(&mut world, asked), expected);
        assert!(world.words().starts_with("refused"), "{}", world.words());
        assert!(world.profile().working.is_empty());
        assert_eq!(world.profile().book.available(), Decimal::from(10_000));
    }
}

/// A pair comes to one position at most.
#[test]
fn a_pair_counts_as_one_position() {
    let mut world = World::running("{}");
    play(&mut world, r#"limits {"maxOpenPositions": 1, "minEntryIntervalMs": 60000}"#);
    play(&mut world, "bar 100 100 100 100");
    let answer = ask(&mut world, pair(buy("10", "95"), buy("10", "90")));
    assert_eq!(answer, Answer::AcceptedPair([order("1"), order("2")]));
    // One that only names another is an entry of its own, and comes as soon as it comes.
    let mut apart = World::running("{}");
    play(&mut apart, r#"limits {"minEntryIntervalMs": 60000}"#);
    play(&mut apart, "bar 100 100 100 100\n enter 10 limit 95\n accepted 1");
    let soon = ask(&mut apart, with(buy("10", "90"), Partner::Works(order("1"))));
    assert!(matches!(soon, Answer::Refused(Refusal::EntryTooSoon { .. })), "{soon:?}");
    let third = ask(&mut world, buy("1", "80"));
    assert!(matches!(third, Answer::Refused(Refusal::DuplicateEntry { .. })), "{third:?}");
}

#[test]
fn a_preview_says_what_both_reserve() {
    let mut world = World::running("{}");
    play(&mut world, "bar 100 100 100 100");
    let asked = pair(buy("10", "95"), sell("10", "105"));
    let previewed = world.command(Command::Preview(Box::new(asked.clone())));
    let Answer::WouldAccept { terms, other: Some(other) } = previewed else { panic!() };
    assert_eq!(world.words(), "");
    ask(&mut world, asked);
    assert_eq!(*world.profile().working[&order("1")].terms, *terms);
    assert_eq!(*world.profile().working[&order("2")].terms, *other);
}

/// One that never comes to work leaves no half of a pair behind.
#[test]
fn a_pair_stands_or_falls_together() {
    let gone = "cancelling 1 (the other order of its pair never came to work) | cancel 1";
    let mut world = paired();
    play(&mut world, &format!("accepted 1\n rejected 2 -> ended 2 Rejected; {gone}"));
    let mut world = paired();
    play(&mut world, "accepted 1\n unknown 2\n wait 11");
    play(&mut world, &format!("notfound 2 -> ended 2 Voided; {gone}"));
    // What has begun to fill is no half of a pair any more.
    let mut world = paired();
    play(&mut world, "filled 1 a 4@95\n rejected 2 -> ended 2 Rejected");
    // One that a person or the venue has cancelled may leave the other.
    let mut world = paired();
    play(&mut world, "accepted 1\n accepted 2\n cancelled 2 -> ended 2 Cancelled");
}

#[test]
fn an_entry_names_one_that_works() {
    let mut world = World::running("{}");
    play(&mut world, "bar 100 100 100 100\n enter 10 limit 95\n accepted 1");
    let named = |asked, id| with(asked, Partner::Works(order(id)));
    let answer = ask(&mut world, named(sell("10", "105"), "1"));
    assert_eq!(answer, Answer::Accepted(order("2")));
    assert_eq!(world.words(), "intent 2 short 10 limit 105 | submit 2");
    play(
        &mut world,
        "
        rejected 2       -> ended 2 Rejected
        order 1: Active(Accepted) 0
        ",
    );
    ask(&mut world, named(sell("10", "105"), "1"));
    play(
        &mut world,
        "
        filled 1 a 10@95
        order 3: Active(PendingCancel) 0
        ",
    );
}

#[test]
fn what_cannot_be_one_of_a_pair_is_refused() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 100 100 100
        enter 10 stop 5
        filled 1 a 10@100
        exit 1 2 limit 120
        accepted 2
        enter 5 slot b limit 90
        filled 3 b 1@90
        enter 5 slot c limit 90
        cancel 4
        enter 5 slot d limit 90
        accepted 5
        enter 5 slot e limit 89 cancels 5
        accepted 6
        ",
    );
    let named = |id| with(buy("1", "80"), Partner::Works(order(id)));
    let name = "name an entry of the profile that works";
    for (asked, said) in [
        (named("1"), format!("has filled already; {name}")),
        (named("1s"), format!("protects a position; {name}")),
        (named("2"), format!("leaves a position; {name} and has no other")),
        (named("3"), format!("has begun to fill; {name} and has no other")),
        (named("4"), format!("is being cancelled; {name} and has no other")),
        (named("5"), format!("is one of a pair with {}", order("6"))),
        (named("6"), format!("is one of a pair with {}", order("5"))),
    ] {
        let Answer::Invalid(why) = ask(&mut world, asked) else { panic!("{said}") };
        assert!(why.contains(&said), "{why}: {said}");
        assert_eq!(world.words(), "", "{why}");
    }
    assert_eq!(ask(&mut world, named("77")), Answer::NoSuchOrder);
    let mut held = World::running("{}");
    play(&mut held, "bar 100 100 100 100\n enter 10\n filled 1 a 10@100");
    let leaves = ask(&mut held, pair(buy("1", "80"), sell("5", "120")));
    let Answer::Invalid(why) = leaves else { panic!("{leaves:?}") };
    assert!(why.starts_with("both orders of a pair enter, and one of these leaves trd_"), "{why}");
    assert_eq!(held.words(), "");
    let mut foreign = order("1");
    foreign.intent.profile = ballast_domain::ProfileId::from_bits(9);
    let foreign = with(buy("1", "80"), Partner::Works(foreign));
    assert_eq!(ask(&mut world, foreign), Answer::NoSuchOrder);
    assert_eq!(world.profile().id, PROFILE);
}
