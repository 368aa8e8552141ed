//! How far prices went while a trade was open, and what left it.

use super::script::play;
use crate::fixture::{trade, usd};
use crate::world::World;
use ballast_domain::{Event, Trade};

fn closed(world: &World) -> &Trade {
    world.profile().closed.iter().find(|closed| closed.id == trade(1)).unwrap()
}

/// Best and worst price, and what they came to for ten units.
fn excursions(world: &World) -> [String; 4] {
    let closed = closed(world);
    let (favourable, adverse) = (closed.favourable().unwrap(), closed.adverse().unwrap());
    let prices = [closed.best_price, closed.worst_price].map(|price| price.unwrap().to_string());
    let [best, worst] = prices;
    let amount = |of: ballast_domain::trade::Excursion| {
        format!("{} {}%", of.amount.amount().normalize(), of.percent.normalize())
    };
    [best, worst, amount(favourable), amount(adverse)]
}

#[test]
fn prices_count_from_the_bars_that_a_trade_was_open_in() {
    let cases = [
        // The bar before it says nothing, the fills do.
        ("Long", "", "filled 2 b 10@103", ["103", "100", "30 3%", "0 0%"]),
        ("Long", "bar 100 112 98 104", "filled 2 b 10@103", ["112", "98", "120 12%", "20 2%"]),
        ("Short", "bar 100 112 98 104", "filled 2 b 10@103", ["98", "112", "20 2%", "120 12%"]),
        (
            "Long",
            "bar 100 101 99 100\n bar 100 101 97 100",
            "filled 2 b 10@90",
            ["101", "90", "10 1%", "100 10%"],
        ),
    ];
    for (way, bars, exit, expected) in cases {
        for restart in ["", "restart"] {
            let mut world = World::running("{}");
            play(
                &mut world,
                &format!(
                    "bar 150 160 50 100
                    enter 10 way {way}
                    filled 1 a 10@100
                    {bars}
                    {restart}
                    exit 1
                    {exit}
                    trade 1: none"
                ),
            );
            assert_eq!(excursions(&world), expected, "{way} {bars} {restart}");
        }
    }
}

#[test]
fn they_are_journaled_once_and_again_only_where_they_have_changed() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 limit 100
        filled 1 a 4@100
        bar 100 110 95 100
        filled 1s b 4@94
        trade 1: none
        filled 1 c 6@100
        filled 1s d 6@94
        trade 1: none
        ",
    );
    let known = world.journal.iter().filter_map(|envelope| match envelope.event {
        Event::ExcursionsKnown { best, worst, .. } => Some(format!("{best} {worst}")),
        _ => None,
    });
    assert_eq!(known.collect::<Vec<_>>(), ["110 94"]);
    assert_eq!(world.engine.excursion(closed(&world)), None, "nobody follows it any more");
}

#[test]
fn every_exit_is_told_with_its_reason() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 10 stop 5
        filled 1 a 10@100 1
        exit 1 4
        filled 2 b 1@110 0.1
        filled 2 c 3@106 0.3
        filled 1s d 6@95 0.5
        trade 1: none
        ",
    );
    let legs = closed(&world).exits();
    let legs: Vec<_> = legs
        .iter()
        .map(|leg| (leg.reason.as_str(), leg.quantity.to_string(), leg.price, leg.fee))
        .collect();
    let price = |text: &str| text.parse::<rust_decimal::Decimal>().unwrap();
    assert_eq!(
        legs,
        [
            ("manual", "4".to_owned(), price("107"), usd("0.4")),
            ("stop_loss", "6".to_owned(), price("95"), usd("0.5")),
        ]
    );
}

/// However many orders leave a trade, what is told of them is bounded, and complete.
#[test]
fn many_exits_are_told_as_the_last() {
    let mut world = World::running("{}");
    play(&mut world, "bar 100 101 99 100\n enter 50\n filled 1 a 50@100");
    for number in 2..=51 {
        play(&mut world, &format!("exit 1 1\n filled {number} f{number} 1@101 0.1"));
    }
    let legs = closed(&world).exits();
    assert_eq!(legs.len(), ballast_domain::trade::MAX_EXIT_LEGS);
    let left: rust_decimal::Decimal = legs.iter().map(|leg| leg.quantity.get()).sum();
    assert_eq!(left.to_string(), "50");
    assert_eq!(legs.last().unwrap().quantity.to_string(), "19");
}
