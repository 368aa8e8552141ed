//! Fees in whatever currency: what is owned is what the venue says.

use ballast_domain::{Account, Currency};
use rust_decimal::Decimal;

use super::script::play;
use crate::fixture::{PROFILE, config, document, read};
use crate::world::World;

/// A profile of 10,000 USD that trades a coin, one hundredth at least.
fn coins() -> World {
    let mut world = World::running("{}");
    let mut traded = document(config("{}"));
    traded.instruments[0].base = Some(read("GOOG"));
    traded.instruments[0].lot_size = Some(read("0.01"));
    world.put(PROFILE, traded);
    play(&mut world, "bar 100 101 99 100");
    world
}

/// Units, what they cost, available and fees: whatever the fee was taken of, units and cash are
/// what the venue has.
#[test]
fn a_fee_comes_out_of_what_it_is_taken_of() {
    let cases = [
        ("Long", "1 USD", "10 1000", "8999", "1"),
        ("Long", "-1 USD", "10 1000", "9001", "-1"),
        ("Long", "0.05 GOOG", "9.95 995", "9000", "5"),
        ("Long", "-0.05 GOOG", "10.05 1005", "9000", "-5"),
        ("Long", "0.2 BNB", "10 1000", "9000", "0"),
        ("Long", "0 BNB", "10 1000", "9000", "0"),
        ("Short", "1 USD", "10 1000", "8999", "1"),
        // Sold is owed, and the fee is owed too: 1,005 are set aside for it, and 5 are paid.
        ("Short", "0.05 GOOG", "10.05 1005", "8990", "5"),
    ];
    for (direction, fee, held, available, fees) in cases {
        let mut world = coins();
        play(&mut world, &format!("enter 10 way {direction}\n filled 1 a 10@100 {fee}"));
        play(&mut world, &format!("trade 1: {held}\n available: {available}\n status: Running"));
        let paid = world.profile().book.balance(Account::Fees);
        assert_eq!(paid, read::<Decimal>(fees), "{direction} {fee}");
    }
}

/// What a sale has cost of the coin itself has left the holding with what was sold.
#[test]
fn a_sale_may_cost_units_too() {
    let mut world = coins();
    play(
        &mut world,
        "
        enter 10
        filled 1 a 10@100
        exit 1 4
        filled 2 b 4@110 0.01 GOOG -> filled 2 4@110
        trade 1: 5.99 599
        order 2: Done(Filled) 4
        available: 9440
        ",
    );
    let trade = &world.profile().trades[&crate::fixture::trade(1)];
    assert_eq!(trade.fees, crate::fixture::usd("1.10"));
    assert_eq!(trade.gross_profit, crate::fixture::usd("40.10"));
}

/// A fee in a third currency is nobody's guess: it is counted in its own, apart from the profit.
#[test]
fn other_fees_have_books_of_their_own() {
    let mut world = coins();
    play(
        &mut world,
        "
        enter 10
        filled 1 a 6@100 0.3 BNB
        filled 1 b 4@100 0.2 BNB
        exit 1
        filled 2 c 4@110 0.1 EUR
        filled 2 d 6@110 -0.05 BNB
        closed 1: 100
        available: 10100
        status: Running
        ",
    );
    let profile = world.profile();
    let paid = |currency: &str| {
        let currency: Currency = read(currency);
        let book = &profile.other_books[&currency];
        assert_eq!(book.sum(), Decimal::ZERO);
        (book.balance(Account::Fees).to_string(), book.balance(Account::Outside).to_string())
    };
    assert_eq!(paid("BNB"), ("0.45".to_owned(), "-0.45".to_owned()));
    assert_eq!(paid("EUR"), ("0.1".to_owned(), "-0.1".to_owned()));
    let other: Vec<_> = profile.closed[0].other_fees.iter().map(ToString::to_string).collect();
    assert_eq!(other, ["0.45 BNB", "0.1 EUR"]);
    assert_eq!(profile.book.balance(Account::Fees), Decimal::ZERO);
}

/// An exit leaves whole lots of what is owned; what no order can sell is lost, and said to be.
#[test]
fn what_is_left_over_below_a_lot_is_written_off() {
    let mut world = coins();
    play(
        &mut world,
        "
        enter 10
        filled 1 a 10@100 0.015 GOOG
        trade 1: 9.985 998.5
        exit 1 -> intent 2 exit 1 9.98 manual | submit 2
        filled 2 b 5@110 0 -> filled 2 5@110
        filled 2 c 4.98@110 0 -> filled 2 4.98@110; dust 1 0.005
        trade 1: none
        closed 1: 97.8
        available: 10097.8
        status: Running
        enter 10 -> intent 3 long 10 | submit 3
        ",
    );
    let closed = &world.profile().closed[0];
    assert_eq!(closed.exit_reason.unwrap().as_str(), "manual");
    assert_eq!(closed.open_quantity(), Default::default());
}

/// It waits for the rest of the entry, and an exit that was cancelled has left nothing to sell.
#[test]
fn what_is_left_over_waits_for_what_may_still_come() {
    let mut world = coins();
    play(
        &mut world,
        "
        enter 10 limit 100
        filled 1 a 0.01@100 0.001 GOOG -> filled 1 0.01@100
        trade 1: 0.009 0.9
        cancelled 1 -> ended 1 Cancelled; dust 1 0.009
        closed 1: -1
        available: 9999
        ",
    );
    assert_eq!(world.profile().closed[0].exit_reason.unwrap().as_str(), "dust");
}
