//! Splits, dividends and changes of symbol: what is held follows them, once.

use ballast_domain::exits::Distance;
use ballast_domain::{CorporateAction, Direction, Money, Signal, SignalTerms, Symbol, Trade};
use rust_decimal::Decimal;

use super::script::{act, play};
use crate::fixture::{PROFILE, bar, config, document, entry, goog, hour, read, trade, usd};
use crate::step::Answer;
use crate::world::World;

/// Ten units bought at 100 with a stop and a target, in whole units and cents.
fn held() -> World {
    let mut world = World::running("{}");
    let mut traded = document(config("{}"));
    traded.instruments[0].lot_size = Some(read("1"));
    traded.instruments[0].tick_size = Some(read("0.01"));
    world.put(PROFILE, traded);
    play(
        &mut world,
        "bar 100 101 99 100\n enter 10 stop 5 target 10\n filled 1 a 10@100 1\n bar 100 108 96 100",
    );
    world
}

fn open(world: &World) -> &Trade {
    &world.profile().trades[&trade(1)]
}

#[test]
fn a_split_scales_units_and_levels_and_no_cost() {
    // Ratio, units, mean price, stop, target and its units.
    let cases = [
        ("4/1", "40", "25", "23.75", "27.5", "40"),
        ("3/2", "15", "66.6666666666666666666667", "63.34", "73.34", "15"),
        ("1/5", "2", "500", "475", "550", "2"),
    ];
    for (ratio, units, mean, stop, target, share) in cases {
        let mut world = held();
        let expected = format!("split GOOG s1 | move 1 {stop}");
        play(
            &mut world,
            &format!("split {ratio} 1 s1 -> {expected}\n trade 1: {units} 1000\n available: 8999"),
        );
        let trade = open(&world);
        assert_eq!(trade.entry_price(), read::<Decimal>(mean), "{ratio}");
        assert_eq!(trade.targets[0].level, read(target), "{ratio}");
        assert_eq!(trade.targets[0].quantity, read(share), "{ratio}");
        assert_eq!(trade.executions[0].quantity, read(units), "{ratio}");
        play(&mut world, &format!("split {ratio} 1 s1 ->\n trade 1: {units} 1000"));
    }
}

/// What prices were seen before it is in the new units too.
#[test]
fn after_a_split_it_goes_on_in_the_new_units() {
    let mut world = held();
    play(
        &mut world,
        "
        split 4/1 25 s1
        bar 25 26 24.5 25
        filled 1s b 40@24 1
        trade 1: none
        closed 1: -42
        ",
    );
    let closed = &world.profile().closed[0];
    assert_eq!((closed.best_price, closed.worst_price), (Some(read("27")), Some(read("24"))));
    assert_eq!(closed.exits()[0].quantity, read("40"));
    assert_eq!(world.engine.mark(PROFILE, goog()).unwrap().0, read("25"));
}

/// Bars from before a split, told again after a restart, are in units from before.
#[test]
fn bars_from_before_a_split_say_nothing_after_it() {
    let mut world = held();
    let trail = Some(Distance::Percent(read("3")));
    play(&mut world, "bar 100 104 99 100");
    let mut signal = entry("10");
    if let SignalTerms::Enter { slot, protection, .. } = &mut signal.terms {
        *slot = ballast_domain::Slot("b".parse().unwrap());
        protection.trailing = trail;
    }
    world.signal(signal);
    play(
        &mut world,
        "
        filled 2 b 10@100
        bar 100 110 99 108
        stop 2: Some(Trailing)
        wait 60
        split 4/1 25 s1
        ",
    );
    let stands = world.profile().trades[&trade(2)].stop;
    assert_eq!(stands.map(|stop| stop.level), Some(read("26.75")));
    world.restart();
    assert_eq!(world.profile().trades[&trade(2)].stop, stands);
}

/// A fraction of a lot is paid out at the price that was told, as an exit of its own.
#[test]
fn fractions_are_paid_out_in_cash() {
    let mut world = held();
    play(
        &mut world,
        "
        split 1/4 420 s1 -> split GOOG s1 | move 1 380
        trade 1: 2.0 800
        available: 9209
        split 1/4 500 s2 -> split GOOG s2
        trade 1: none
        available: 9459
        closed 1: -541
        status: Running
        ",
    );
    let exits = world.profile().closed[0].exits();
    let exits: Vec<_> =
        exits.iter().map(|leg| (leg.reason.as_str(), leg.quantity.to_string())).collect();
    // What was half a unit before the second split is an eighth of one after it.
    assert_eq!(exits, [("cash_in_lieu", "0.625".to_owned())]);
}

#[test]
fn a_dividend_is_paid_to_who_holds_and_owed_by_who_is_short() {
    for (way, available, net) in [("Long", "9005", "5"), ("Short", "8995", "-5")] {
        let mut world = World::running("{}");
        play(
            &mut world,
            &format!(
                "
                bar 100 101 99 100
                enter 10 way {way}
                filled 1 a 10@100
                dividend 0.5 d1 -> dividend GOOG d1
                dividend 0.5 d1 ->
                available: {available}
                exit 1
                filled 2 b 10@100
                closed 1: {net}
                RealizedPnl: {net}
                "
            ),
        );
    }
}

#[test]
fn a_dividend_may_cost_more_than_there_is() {
    let mut world = World::running("{}");
    play(
        &mut world,
        "
        bar 100 101 99 100
        enter 100 way Short
        filled 1 a 100@100
        dividend 1 d1 -> dividend GOOG d1; negative -100
        status: UnderReview
        ",
    );
}

#[test]
fn an_instrument_goes_on_under_its_new_name() {
    let mut world = held();
    play(&mut world, "rename GOO r1 -> change of symbol GOOG r1");
    let profile = world.profile();
    assert_eq!(profile.version, 3);
    assert_eq!(profile.document.strategy.symbols, [read("GOO")]);
    assert!(profile.document.instrument(read("GOO")).is_some());
    assert_eq!(open(&world).symbol, read("GOO"));
    assert_eq!(profile.trades_of(read("GOO")).count(), 1);
    assert_eq!(profile.trades_of(goog()).count(), 0);
    play(&mut world, "filled 1s b 10@95 1\n trade 1: none\n closed 1: -52");
}

/// What limits look back on goes with it.
#[test]
fn what_is_counted_of_an_instrument_goes_on_under_its_new_name() {
    let mut world = World::running(r#"{"symbols": ["GOOG", "MSFT"]}"#);
    play(&mut world, r#"limits {"cooldownMinutes": 600}"#);
    let [goo, msft]: [Symbol; 2] = ["GOO", "MSFT"].map(read);
    for symbol in [msft, goog()] {
        world.bar(symbol, &bar(hour(1), "100 100 100 100"));
    }
    for (number, symbol) in [(1, msft), (2, goog())] {
        world.signal(Signal { symbol, ..entry("1") });
        let fills = format!("filled {number} a 1@100\n filled {number}s b 1@95");
        play(&mut world, &fills);
    }
    play(&mut world, "rename GOO r1 -> change of symbol GOOG r1");
    let (counters, at) = (&world.profile().counters, world.now);
    for (symbol, known) in [(goo, true), (goog(), false), (msft, true)] {
        assert_eq!(counters.locks_at(symbol, at).count(), usize::from(known), "{symbol}");
        assert_eq!(counters.outcomes_of(symbol).is_some(), known, "{symbol}");
        assert_eq!(counters.last_entry(symbol, Direction::Long).is_some(), known, "{symbol}");
    }
}

/// Orders are in units and prices from before: they go first, and it is told again.
#[test]
fn orders_are_cancelled_first() {
    let mut world = held();
    play(
        &mut world,
        "
        exit 1 4
        enter 1 limit 90 slot b
        split 4/1 25 s1
        ",
    );
    let why = "the split of GOOG comes first";
    let expected = format!("cancelling 2 ({why}); cancelling 3 ({why}) | cancel 2; cancel 3");
    assert_eq!(world.words(), expected);
    let answer = world.answer.clone().unwrap().to_string();
    assert!(answer.starts_with("2 orders of GOOG are being cancelled"), "{answer}");
    play(
        &mut world,
        "
        filled 2 b 1@101
        cancelled 2
        split 4/1 25 s1 ->
        cancelled 3
        split 4/1 25 s1 -> split GOOG s1 | move 1 23.75
        trade 1: 36 900
        ",
    );
}

/// What was to be left is left, although its exit was cancelled for it.
#[test]
fn a_flattening_goes_on_in_the_new_units() {
    let mut world = held();
    play(
        &mut world,
        "
        flatten -> status Stopped; flattening; intent 2 exit 1 10 flatten | submit 2
        split 4/1 25 s1 -> cancelling 2 (the split of GOOG comes first) | cancel 2
        cancelled 2 -> ended 2 Cancelled
        split 4/1 25 s1 -> split GOOG s1; intent 3 exit 1 40 flatten | move 1 23.75; submit 3
        ",
    );
}

#[test]
fn what_cannot_be_done_says_why() {
    let split = |numerator: &str, price: &str| CorporateAction::Split {
        numerator: read(numerator),
        denominator: read("1"),
        cash_price: read(price),
    };
    let euros = Money::new(Decimal::ONE, read("EUR"));
    let cases = [
        (CorporateAction::CashDividend { per_unit: euros }, "give the dividend in USD"),
        (CorporateAction::CashDividend { per_unit: usd("-1") }, "more than nothing"),
        (CorporateAction::CashDividend { per_unit: usd("900000000000000") }, "books can count"),
        (CorporateAction::SymbolChanged { to: goog() }, "trades GOOG already"),
    ];
    for (action, why) in cases {
        let mut world = held();
        let before = world.engine.state().clone();
        let answer = act(&mut world, "x", action.clone());
        assert!(answer.to_string().contains(why), "{action:?}: {answer}");
        assert_eq!(*world.engine.state(), before, "{action:?}");
    }
    let mut world = held();
    assert_eq!(act(&mut world, "x", split("4294967295", "1")), Answer::Done);
    assert_eq!(open(&world).direction, Direction::Long);
}
