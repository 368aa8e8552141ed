//! The ledger as a text table: a call a line, and the exact code it must answer with.

use ballast_domain::id::Leg;
use ballast_domain::ledger::{Change, FillPart, Transfer};
use ballast_domain::{
    Account, IntentId, Money, OrderId, ProfileId, TradeId, TransferCode, TransferId,
};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::Book;

fn usd(amount: &str) -> Money {
    Money::new(amount.parse().unwrap(), "USD".parse().unwrap())
}

fn intent(number: u64) -> IntentId {
    IntentId { profile: ProfileId::from_bits(7), number }
}

fn entry(number: u64) -> OrderId {
    OrderId::main(intent(number))
}

fn allocate(book: &mut Book, version: u64, amount: Money) -> TransferCode {
    let id = TransferId::Allocation { profile: ProfileId::from_bits(7), version };
    let (debit, credit) = (Account::Outside, Account::Capital);
    book.transfer(Transfer { id, debit, credit, amount })
}

/// An amount: dollars, unless a currency follows as in `1:BNB`.
fn money(text: &str) -> Money {
    let (amount, currency) = text.split_once(':').unwrap_or((text, "USD"));
    Money::new(amount.parse().unwrap(), currency.parse().unwrap())
}

fn account(name: &str) -> Account {
    let found = Account::ALL.into_iter().find(|account| format!("{account:?}") == name);
    found.unwrap_or_else(|| panic!("no account is named '{name}'"))
}

/// Runs one line: `call arguments… -> code`, or `available amount`, or an account's balance.
fn line(book: &mut Book, text: &str) {
    let (call, expected) = text.split_once("->").map_or((text, ""), |(c, e)| (c.trim(), e.trim()));
    let words: Vec<&str> = call.split_whitespace().collect();
    let number = |place: usize| words[place].parse().unwrap();
    let code = match words[0] {
        "allocate" => allocate(book, number(1), money(words[2])),
        "transfer" => {
            let id =
                TransferId::Allocation { profile: ProfileId::from_bits(7), version: number(1) };
            let (debit, credit) = (account(words[2]), account(words[3]));
            book.transfer(Transfer { id, debit, credit, amount: money(words[4]) })
        }
        "reserve" => book.reserve(intent(number(1)), money(words[2])),
        "post" => {
            let (order, part) = (entry(number(1)), FillPart::Cost);
            let id = TransferId::Fill { order, number: number(2) as u32, part };
            let (debit, credit) = (Account::ReservedOrders, Account::ReservedPositions);
            let transfer = Transfer { id, debit, credit, amount: money(words[3]) };
            book.post(order.intent, transfer)
        }
        "enter" => book.enter(entry(number(1)), number(2) as u32, money(words[3]), money(words[4])),
        "leave" => {
            let (returned, profit, fee) = (money(words[3]), money(words[4]), money(words[5]));
            book.leave(entry(number(1)), number(2) as u32, returned, profit, fee)
        }
        "pay" => {
            let (order, part) = (entry(number(1)), FillPart::Fee);
            book.pay(TransferId::Fill { order, number: number(2) as u32, part }, money(words[3]))
        }
        "correct" | "dust" => {
            let what = if words[0] == "dust" { Change::Dust } else { Change::Correction };
            let sums = (money(words[3]), money(words[4]), money(words[5]));
            book.change(TradeId(intent(number(1))), number(2) as u32, what, sums)
        }
        "void" => book.void(intent(number(1))),
        "forget" => {
            book.forget(intent(number(1)));
            TransferCode::Created
        }
        "available" => {
            assert_eq!(book.available(), words[1].parse::<Decimal>().unwrap(), "{text}");
            return;
        }
        name => {
            let balance = book.balance(account(name));
            assert_eq!(balance, words[1].parse::<Decimal>().unwrap(), "{text}");
            return;
        }
    };
    assert_eq!(format!("{code:?}"), expected, "{text}");
    assert_eq!(book.sum(), Decimal::ZERO, "after {text}");
}

fn check(table: &str) {
    check_in("USD", table);
}

fn check_in(currency: &str, table: &str) {
    let mut book = Book::new(currency.parse().unwrap());
    for text in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        line(&mut book, text);
    }
}

#[test]
fn a_trade_from_reservation_to_profit() {
    check(
        "
        allocate 1 10000    -> Created
        reserve 1 1800      -> Created
        available 8200
        enter 1 1 1791.30 1 -> Created
        void 1              -> Created
        available 8207.70
        ReservedOrders 0
        ReservedPositions 1791.30
        RealizedPnl -1
        leave 2 1 1791.30 28.70 1 -> Created
        available 10026.70
        ReservedPositions 0
        RealizedPnl 26.70
        Fees 2
        Capital 10000
        Outside -10028.70
        ",
    );
}

#[test]
fn repetitions_change_nothing() {
    check(
        "
        allocate 1 100  -> Created
        allocate 1 100  -> Exists
        allocate 1 200  -> ExistsWithDifferentAmount
        reserve 1 60    -> Created
        reserve 1 60    -> Exists
        reserve 1 61    -> ExistsWithDifferentAmount
        enter 1 1 50 1  -> Created
        enter 1 1 50 1  -> Exists
        enter 1 1 51 1  -> ExistsWithDifferentAmount
        void 1          -> Created
        void 1          -> Exists
        void 2          -> ReservationNotFound
        leave 1 2 50 0 0 -> Created
        leave 1 2 50 0 0 -> Exists
        available 99
        ",
    );
}

#[test]
fn a_reservation_never_makes_available_negative() {
    check(
        "
        allocate 1 100   -> Created
        reserve 1 100.01 -> InsufficientCapital
        reserve 1 100    -> Created
        reserve 2 0.01   -> InsufficientCapital
        available 0
        void 1           -> Created
        reserve 2 0      -> AmountMustBePositive
        reserve 2 -5     -> AmountMustBePositive
        available 100
        ",
    );
}

#[test]
fn what_the_venue_reports_is_booked_even_when_it_costs_too_much() {
    check(
        "
        allocate 1 100  -> Created
        reserve 1 100   -> Created
        enter 1 1 130 2 -> Created
        available -32
        ReservedPositions 130
        ReservedOrders 0
        leave 2 1 130 -20 1 -> Created
        available 77
        ",
    );
}

#[test]
fn profit_can_be_spent_and_rebates_are_income() {
    check(
        "
        allocate 1 100     -> Created
        reserve 1 100      -> Created
        enter 1 1 100 0    -> Created
        void 1             -> Created
        leave 2 1 100 50 -1 -> Created
        available 151
        reserve 3 150.5    -> Created
        Capital -50.5
        available 0.5
        Fees -1
        ",
    );
}

/// Whichever of its transfers does not fit.
#[test]
fn a_call_that_does_not_fit_has_changed_nothing() {
    let huge = usd("2000000000000000");
    let mut book = Book::new(huge.currency());
    assert_eq!(allocate(&mut book, 1, usd("600000000000000")), TransferCode::Created);
    assert_eq!(book.reserve(intent(1), usd("100")), TransferCode::Created);
    let before = book.clone();
    let small = usd("10");
    for (what, code) in [
        ("reserve", book.clone().reserve(intent(2), huge)),
        ("allocate", allocate(&mut book, 2, huge)),
        ("enter at a price", book.enter(entry(1), 1, huge, usd("0"))),
        ("enter with a fee", book.enter(entry(1), 1, small, huge)),
        ("leave with a profit", book.leave(entry(1), 1, small, huge, usd("1"))),
        ("leave with a fee", book.leave(entry(1), 1, small, usd("1"), huge)),
    ] {
        assert_ne!(code, TransferCode::Created, "{what}");
        assert_eq!(book, before, "{what}");
    }
}

#[test]
fn partial_fills_share_one_reservation() {
    check(
        "
        allocate 1 1000  -> Created
        reserve 1 500    -> Created
        enter 1 1 200 1  -> Created
        enter 1 2 250 1  -> Created
        ReservedOrders 48
        void 1           -> Created
        available 548
        forget 1         -> Created
        void 1           -> ReservationNotFound
        ",
    );
}

#[test]
fn foreign_currency_and_overflow_are_refused() {
    let mut book = Book::new("USD".parse().unwrap());
    let euros = Money::new(Decimal::ONE, "EUR".parse().unwrap());
    assert_eq!(book.reserve(intent(1), euros), TransferCode::CurrencyMismatch);
    let huge = Money::new("600000000000000".parse().unwrap(), book.currency());
    assert_eq!(allocate(&mut book, 1, huge), TransferCode::Created);
    assert_eq!(allocate(&mut book, 2, huge), TransferCode::Overflow);
    assert_eq!(book.sum(), Decimal::ZERO);
    let id = TransferId::Reserve { intent: intent(1) };
    let loop_back = Transfer { id, debit: Account::Fees, credit: Account::Fees, amount: huge };
    assert_eq!(book.transfer(loop_back), TransferCode::AccountsMustDiffer);
}

/// Each answer that there is, by the call that brings it.
#[test]
fn every_code_has_its_cause() {
    check(
        "
        allocate 1 1000                              -> Created
        allocate 1 1000                              -> Exists
        allocate 1 999                               -> ExistsWithDifferentAmount
        transfer 1 Capital Outside 1000              -> ExistsWithDifferentAccounts
        transfer 2 Fees Fees 1                       -> AccountsMustDiffer
        transfer 2 Outside Capital 0                 -> AmountMustBePositive
        transfer 2 Outside Capital -1                -> AmountMustBePositive
        transfer 2 Outside Capital 1:EUR             -> CurrencyMismatch
        transfer 2 Outside Capital 1000000000000000  -> Overflow
        reserve 1 1000.000000000001                  -> InsufficientCapital
        post 1 1 1                                   -> ReservationNotFound
        reserve 1 10                                 -> Created
        post 1 1 10.000000000001                     -> ExceedsReservation
        post 1 1 4                                   -> Created
        post 1 1 4                                   -> Exists
        post 1 1 5                                   -> ExistsWithDifferentAmount
        void 2                                       -> ReservationNotFound
        void 1                                       -> Created
        void 1                                       -> Exists
        available 996
        ",
    );
    let codes = [
        TransferCode::Created,
        TransferCode::Exists,
        TransferCode::ExistsWithDifferentAmount,
        TransferCode::ExistsWithDifferentAccounts,
        TransferCode::AccountsMustDiffer,
        TransferCode::AmountMustBePositive,
        TransferCode::CurrencyMismatch,
        TransferCode::InsufficientCapital,
        TransferCode::ReservationNotFound,
        TransferCode::ExceedsReservation,
        TransferCode::Overflow,
    ];
    let source = include_str!("tests.rs");
    for code in codes {
        assert!(source.contains(&format!("-> {code:?}\n")), "no line of a table answers {code:?}");
    }
}

/// Each currency has a book of its own, and takes no other.
#[test]
fn a_book_counts_one_currency() {
    check_in(
        "BNB",
        "
        pay 1 1 0.3:BNB         -> Created
        pay 1 1 0.3:BNB         -> Exists
        pay 1 1 0.2:BNB         -> ExistsWithDifferentAmount
        pay 1 2 0.3             -> CurrencyMismatch
        pay 1 2 -0.1:BNB        -> Created
        pay 1 1 -0.3:BNB        -> ExistsWithDifferentAccounts
        Fees 0.2
        Outside -0.2
        available 0
        reserve 2 0.1:BNB       -> InsufficientCapital
        enter 2 1 1 0           -> CurrencyMismatch
        ",
    );
    check_in(
        "BTC",
        "
        allocate 1 2:BTC               -> Created
        reserve 1 1.5:BTC              -> Created
        enter 1 1 1.5:BTC 0.001:BTC    -> Created
        leave 2 1 1.5:BTC 0 0.001      -> CurrencyMismatch
        leave 2 1 1.5:BTC 0.1 0:BTC    -> CurrencyMismatch
        available 0.499
        leave 2 1 1.5:BTC 0.1:BTC -0.0005:BTC -> Created
        available 2.0995
        ",
    );
}

/// Money is kept to twelve decimals and up to 10^15: what is finer is rounded where it arises, what
/// is larger is refused.
#[test]
fn very_small_and_very_large_amounts_are_exact() {
    check(
        "
        allocate 1 0.000000000000000001                  -> AmountMustBePositive
        allocate 1 0.123456789012345678                  -> Created
        Capital 0.123456789012
        allocate 2 999999999999999.876543210988          -> Created
        Capital 1000000000000000
        allocate 3 0.000000000001                        -> Overflow
        reserve 1 1000000000000000                       -> Created
        enter 1 1 999999999999999.999999999999 0.000000000001 -> Created
        ReservedPositions 999999999999999.999999999999
        ReservedOrders 0
        available 0
        leave 1 2 999999999999999.999999999999 -1000000000000000 0 -> Overflow
        ReservedPositions 999999999999999.999999999999
        leave 1 2 999999999999999.999999999999 -999999999999999.999999999999 0 -> Created
        available 0
        RealizedPnl -1000000000000000
        Outside -0.000000000001
        ",
    );
    let usd = "USD".parse().unwrap();
    let cost = |price: &str, quantity: &str| {
        let price: ballast_domain::Price = price.parse().unwrap();
        price.notional(quantity.parse().unwrap(), usd).map(|cost| cost.to_string())
    };
    assert_eq!(cost("0.0000000001", "1000000000000").as_deref(), Some("100.0000000000 USD"));
    assert_eq!(cost("1000000000000", "0.0000000001").as_deref(), Some("100.0000000000 USD"));
    assert_eq!(cost("1000000000000", "1000").as_deref(), Some("1000000000000000 USD"));
    assert_eq!(cost("1000000000000", "1000.1"), None);
    assert_eq!(cost("0.0000000001", "0.001").as_deref(), Some("0 USD"));
}

/// What is taken back leaves every account as it was, whichever way the money went.
#[test]
fn what_is_undone_leaves_no_trace_in_the_balances() {
    check(
        "
        allocate 1 1000             -> Created
        reserve 1 500               -> Created
        enter 1 1 400 2             -> Created
        leave 2 1 100 25 -1         -> Created
        correct 1 1 -100 -25 1      -> Created
        correct 1 1 -100 -25 1      -> Exists
        correct 1 1 -100 -26 1      -> ExistsWithDifferentAmount
        correct 1 1 -100 25 1       -> ExistsWithDifferentAccounts
        leave 2 1 100 24 -1         -> ExistsWithDifferentAmount
        leave 2 1 100 25 -1         -> Exists
        ReservedPositions 400
        RealizedPnl -2
        Fees 2
        correct 1 2 400 0 -2        -> Created
        ReservedPositions 0
        RealizedPnl 0
        Fees 0
        void 1                      -> Created
        available 1000
        enter 3 1 10 0              -> Created
        dust 3 1 10 -10 0           -> Created
        available 990
        Outside -990
        correct 3 2 5:EUR 0 0       -> CurrencyMismatch
        correct 3 2 5 1000000000000000 0 -> Overflow
        ReservedPositions 0
        ",
    );
}

#[derive(Debug, Clone)]
enum Call {
    Change(u64, u32, i64, i64, i64),
    Reserve(u64, i64),
    Enter(u64, u32, i64, i64),
    Leave(u64, u32, i64, i64, i64),
    Release(u64),
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let cents = || -100_000i64..1_000_000;
    let call = prop_oneof![
        (1..6u64, cents()).prop_map(|(i, a)| Call::Reserve(i, a)),
        (1..6u64, 1..4u32, 0..900_000i64, -50..500i64)
            .prop_map(|(i, n, cost, fee)| Call::Enter(i, n, cost, fee)),
        (1..6u64, 1..4u32, 0..900_000i64, cents(), -50..500i64)
            .prop_map(|(i, n, back, profit, fee)| Call::Leave(i, n, back, profit, fee)),
        (1..6u64).prop_map(Call::Release),
        (1..6u64, 1..9u32, -900_000..900_000i64, cents(), -500..500i64)
            .prop_map(|(i, n, back, profit, fee)| Call::Change(i, n, back, profit, fee)),
    ];
    prop::collection::vec(call, 0..60)
}

proptest! {
    /// Invariant: money adds up.
    #[test]
    fn debits_equal_credits_and_reserving_keeps_available_positive(calls in calls()) {
        let currency = "USD".parse().unwrap();
        let cents = |amount: i64| Money::new(Decimal::new(amount, 2), currency);
        let mut book = Book::new(currency);
        allocate(&mut book, 1, cents(1_000_000));
        for call in calls {
            let before = book.available();
            match call {
                Call::Reserve(number, amount) => {
                    let code = book.reserve(intent(number), cents(amount));
                    if code == TransferCode::Created {
                        prop_assert!(book.available() >= Decimal::ZERO);
                    } else {
                        prop_assert_eq!(book.available(), before);
                    }
                }
                Call::Enter(number, fill, cost, fee) => {
                    book.enter(entry(number), fill, cents(cost), cents(fee));
                }
                Call::Leave(number, fill, back, profit, fee) => {
                    let order = OrderId { intent: intent(number), leg: Leg::Stop };
                    book.leave(order, fill, cents(back), cents(profit), cents(fee));
                }
                Call::Change(number, change, back, profit, fee) => {
                    let sums = (cents(back), cents(profit), cents(fee));
                    let trade = TradeId(intent(number));
                    book.change(trade, change, Change::Correction, sums);
                }
                Call::Release(number) => {
                    book.void(intent(number));
                }
            }
            prop_assert_eq!(book.sum(), Decimal::ZERO);
            let reserved: Decimal = (1..6).map(|n| book.reservation(intent(n))).sum();
            prop_assert_eq!(book.balance(Account::ReservedOrders), reserved);
        }
    }
}

/// A fill that cost more than was reserved is known again by all that it cost, and one that is told
/// with another fee is another.
#[test]
fn a_fill_is_known_again_by_all_that_it_moved() {
    check(
        "
        allocate 1 1000  -> Created
        reserve 1 100    -> Created
        enter 1 1 130 2  -> Created
        enter 1 1 130 2  -> Exists
        enter 1 1 70 2   -> ExistsWithDifferentAmount
        reserve 2 100    -> Created
        enter 2 1 50 0   -> Created
        enter 2 1 50 1   -> ExistsWithDifferentAmount
        RealizedPnl -2
        leave 3 1 50 0 0 -> Created
        leave 3 1 50 5 0 -> ExistsWithDifferentAmount
        RealizedPnl -2
        void 3           -> ReservationNotFound
        available 818
        ",
    );
}

#[test]
fn what_was_allocated_is_listed() {
    let mut book = Book::new("USD".parse().unwrap());
    assert_eq!(allocate(&mut book, 1, usd("100")), TransferCode::Created);
    assert_eq!(allocate(&mut book, 2, usd("50")), TransferCode::Created);
    assert_eq!(book.reserve(intent(1), usd("10")), TransferCode::Created);
    let listed: Vec<_> = book.allocations().iter().map(|made| made.amount).collect();
    assert_eq!(listed, [usd("100"), usd("50")]);
}
