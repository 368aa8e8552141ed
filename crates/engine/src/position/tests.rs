//! Trades as they fill, in numbers.

use ballast_domain::exits::{Distance, TargetTerms};
use ballast_domain::{
    AssetClass, Fill, FillId, IntentId, OrderType, ProfileId, Purpose, TimeInForce, Timestamp,
};
use proptest::prelude::*;

use super::*;

fn usd(amount: &str) -> Money {
    Money::new(decimal(amount), "USD".parse().unwrap())
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

fn units(text: &str) -> Quantity {
    text.parse().unwrap()
}

fn instrument() -> Instrument {
    let symbol = "X".parse().unwrap();
    Instrument::unrestricted(symbol, AssetClass::Stock, "USD".parse().unwrap())
}

fn fill(number: u64, price: Price, quantity: Quantity, fee: Money) -> Fill {
    let at = Timestamp::from_nanos(number as i64);
    Fill { id: FillId::from_number(number), at, price, quantity, fee }
}

/// A fill from text: units, price and fee.
fn parsed(number: u64, text: &str) -> Fill {
    let words: Vec<&str> = text.split_whitespace().collect();
    fill(number, price(words[1]), units(words[0]), usd(words[2]))
}

fn made(trade: &Trade, fill: &Fill, exit: Option<ExitReason>) -> Option<Execution> {
    let coins = Coins { quote: usd("0").currency(), base: Some("BTC".parse().unwrap()) };
    let side = match exit {
        None => trade.direction.entry_side(),
        Some(_) => trade.direction.exit_side(),
    };
    execution(OrderId::main(trade.id.0), side, fill, coins, exit)
}

fn enter(trade: &mut Trade, fill: &Fill) -> Option<Entered> {
    let made = made(trade, fill, None)?;
    let entered = super::enter(trade, &made)?;
    remember(trade, made)?;
    Some(entered)
}

fn leave(trade: &mut Trade, fill: &Fill, reason: ExitReason) -> Option<Returned> {
    let made = made(trade, fill, Some(reason))?;
    let returned = super::leave(trade, &made)?;
    remember(trade, made)?;
    Some(returned)
}

fn empty(direction: Direction, protection: Protection) -> Trade {
    let slot = Slot::default();
    let terms = OrderTerms {
        intent: IntentId { profile: ProfileId::from_bits(1), number: 1 },
        accepted_at: Timestamp::from_nanos(0),
        symbol: "X".parse().unwrap(),
        side: direction.entry_side(),
        order_type: OrderType::Market,
        time_in_force: TimeInForce::Gtc,
        quantity: units("10"),
        reserved: usd("0"),
        cancels: None,
        purpose: Purpose::Enter { direction, slot, protection: protection.clone() },
    };
    let coins = Coins { quote: usd("0").currency(), base: None };
    let fill = parsed(1, "1 1 0");
    let made = execution(terms.order_id(), terms.side, &fill, coins, None).unwrap();
    begin(&terms, direction, slot, protection, &made)
}

/// A trade into which `entries` have filled.
fn entered(direction: Direction, protection: Protection, entries: &[&str]) -> Trade {
    let mut trade = empty(direction, protection);
    for (number, text) in (1..).zip(entries) {
        enter(&mut trade, &parsed(number, text)).unwrap();
        (trade.stop, trade.targets) = protect(&trade, &instrument());
    }
    trade
}

fn percent(value: &str) -> Option<Distance> {
    Some(Distance::Percent(decimal(value)))
}

#[test]
fn entries_sum_up() {
    let trade = entered(Direction::Long, Protection::default(), &["1 100 1", "3 104 2"]);
    assert_eq!(trade.entry_quantity, units("4"));
    assert_eq!(trade.entry_notional, usd("412"));
    assert_eq!(trade.reserved, usd("412"));
    assert_eq!(trade.fees, usd("3"));
    assert_eq!(trade.entry_price(), decimal("103"));
    assert_eq!(trade.fills.len(), 2);
    assert_eq!(trade.opened_at, Timestamp::from_nanos(1));
}

#[test]
fn an_exit_returns_its_share_of_the_cost_and_the_profit() {
    let cases = [
        (Direction::Long, "4 110 0", "400", "40"),
        (Direction::Long, "4 90 0", "400", "-40"),
        (Direction::Short, "4 90 0", "400", "40"),
        (Direction::Short, "4 250 0", "400", "-600"),
        (Direction::Long, "10 110 0", "1000", "100"),
    ];
    for (direction, exit, cost, profit) in cases {
        let mut trade = entered(direction, Protection::default(), &["10 100 0"]);
        let returned = leave(&mut trade, &parsed(2, exit), ExitReason::Manual);
        let expected = Returned { cost: usd(cost), profit: usd(profit) };
        assert_eq!(returned, Some(expected), "{direction:?} {exit}");
    }
}

#[test]
fn a_trade_runs_from_entry_to_flat() {
    let mut trade = entered(Direction::Long, Protection::default(), &["10 100 1"]);
    leave(&mut trade, &parsed(2, "4 110 1"), ExitReason::TakeProfit).unwrap();
    assert_eq!((trade.open_quantity(), trade.closed_at), (units("6"), None));
    leave(&mut trade, &parsed(3, "6 95 1"), ExitReason::StopLoss).unwrap();
    assert_eq!(trade.open_quantity(), Quantity::ZERO);
    assert_eq!(trade.closed_at, Some(Timestamp::from_nanos(3)));
    assert_eq!(trade.exit_reason, Some(ExitReason::StopLoss));
    assert_eq!(trade.exit_price(), decimal("101"));
    assert_eq!(trade.net_profit(), Some(usd("7")));
    assert_eq!(trade.reserved, usd("0"));
    assert_eq!(trade.fills.len(), 3);
}

#[test]
fn the_last_exit_returns_what_rounding_has_left() {
    let mut trade = entered(Direction::Long, Protection::default(), &["3 33.5 0"]);
    let mut returned = Decimal::ZERO;
    for number in 2..=4 {
        let exit = parsed(number, "1 33.5 0");
        returned += leave(&mut trade, &exit, ExitReason::Manual).unwrap().cost.amount();
    }
    assert_eq!(returned, decimal("100.5"));
    assert_eq!(trade.reserved, usd("0"));
}

#[test]
fn shares_of_very_small_and_very_large_trades_are_exact() {
    let cases = [
        ("0.00000000000000005 5100000 0", "0.00000000000000001 5100000 0", "0.000000000051"),
        ("900000000000000 1 0", "800000000000000 1 0", "800000000000000"),
    ];
    for (entry, exit, cost) in cases {
        let mut trade = entered(Direction::Long, Protection::default(), &[entry]);
        let returned = leave(&mut trade, &parsed(2, exit), ExitReason::Manual);
        assert_eq!(returned, Some(Returned { cost: usd(cost), profit: usd("0") }), "{exit}");
    }
}

#[test]
fn a_fill_beyond_what_is_held_realises_its_whole_notional() {
    let mut trade = entered(Direction::Long, Protection::default(), &["10 100 0"]);
    let returned = leave(&mut trade, &parsed(2, "12 110 0"), ExitReason::Manual);
    assert_eq!(returned, Some(Returned { cost: usd("1000"), profit: usd("320") }));
    assert_eq!(trade.open_quantity(), Quantity::ZERO);
    assert_eq!(trade.exit_quantity, units("12"));
    assert!(trade.closed_at.is_some());
    let returned = leave(&mut trade, &parsed(3, "1 110 0"), ExitReason::Manual);
    assert_eq!(returned, Some(Returned { cost: usd("0"), profit: usd("110") }));
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let huge = Price::new(Decimal::MAX).unwrap();
    let too_many = Money::new(Decimal::MAX, "EUR".parse().unwrap());
    let held = entered(Direction::Long, Protection::default(), &["10 100 1"]);
    for fill in [
        fill(2, huge, units("2"), usd("0")),
        fill(2, price("1"), Quantity::new(Decimal::MAX).unwrap(), usd("0")),
        fill(2, huge, units("1"), usd("0")),
        fill(2, price("100"), units("5"), too_many),
        fill(2, price("100"), units("5"), Money::new(Decimal::MAX, usd("0").currency())),
    ] {
        let mut trade = held.clone();
        assert_eq!(enter(&mut trade, &fill), None, "enter {fill:?}");
        assert_eq!(trade, held);
    }
    for fill in [
        fill(2, huge, units("2"), usd("0")),
        fill(2, price("100"), units("5"), too_many),
        fill(2, price("100"), units("5"), Money::new(Decimal::MAX, usd("0").currency())),
    ] {
        let mut trade = held.clone();
        assert_eq!(leave(&mut trade, &fill, ExitReason::Manual), None, "leave {fill:?}");
        assert_eq!(trade, held);
    }
}

#[test]
fn levels_are_taken_from_the_mean_entry_price() {
    let target =
        TargetTerms { distance: Distance::Percent(decimal("10")), portion: decimal("0.5") };
    let protection =
        Protection { stop_loss: percent("5"), targets: vec![target], ..Protection::default() };
    assert_eq!(protect(&empty(Direction::Long, protection.clone()), &instrument()), (None, vec![]));
    let mut trade = entered(Direction::Long, protection, &["1 100 0", "1 104 0"]);
    assert_eq!(trade.stop, Some(Stop { level: price("96.9"), kind: StopKind::StopLoss }));
    let place = |trade: &Trade| (trade.targets[0].level, trade.targets[0].quantity);
    assert_eq!(place(&trade), (price("112.2"), units("1")));
    // A later fill keeps what has filled and a stop that has moved closer.
    trade.targets[0].filled = units("0.25");
    trade.stop = Some(Stop { level: price("99"), kind: StopKind::Trailing });
    enter(&mut trade, &parsed(3, "2 98 0")).unwrap();
    let (stop, targets) = protect(&trade, &instrument());
    assert_eq!(stop, trade.stop);
    assert_eq!(targets[0].level, price("110"));
    assert_eq!((targets[0].quantity, targets[0].filled), (units("2"), units("0.25")));
}

/// What `follow` makes of a bar for a trade that entered at 100.
#[test]
fn stops_follow_the_extreme_of_a_closed_bar() {
    let trail = Protection { trailing: percent("3"), ..Protection::default() };
    let even = Protection { break_even_at: percent("2"), ..Protection::default() };
    let both = Protection { trailing: percent("3"), ..even.clone() };
    let guarded = Protection { stop_loss: percent("5"), ..even.clone() };
    let near = Protection { stop_loss: percent("1"), ..trail.clone() };
    let at =
        Protection { break_even_at: Some(Distance::At(price("102"))), ..Protection::default() };
    let (long, short) = (Direction::Long, Direction::Short);
    let cases = [
        (long, &trail, "110", "99", Some(("107", StopKind::Trailing))),
        (long, &trail, "100", "99", None),
        (long, &trail, "100.01", "99", Some(("97.01", StopKind::Trailing))),
        (short, &trail, "101", "90", Some(("93", StopKind::Trailing))),
        (short, &trail, "101", "100", None),
        (long, &even, "102", "99", Some(("100", StopKind::BreakEven))),
        (long, &even, "101.99", "99", None),
        (long, &at, "102", "99", Some(("100", StopKind::BreakEven))),
        (long, &at, "101.99", "99", None),
        (short, &even, "101", "98", Some(("100", StopKind::BreakEven))),
        (short, &even, "101", "98.01", None),
        (long, &guarded, "102", "99", Some(("100", StopKind::BreakEven))),
        (long, &guarded, "101", "99", None),
        // The closer of the two counts, whichever it is.
        (long, &both, "102", "99", Some(("100", StopKind::BreakEven))),
        (long, &both, "104", "99", Some(("101", StopKind::Trailing))),
        (long, &near, "101", "99", None),
        (long, &near, "103", "99", Some(("100", StopKind::Trailing))),
    ];
    for (direction, protection, high, low, expected) in cases {
        let trade = entered(direction, protection.clone(), &["10 100 0"]);
        let moved = follow(&trade, price(high), price(low), &instrument());
        let expected = expected.map(|(level, kind)| Stop { level: price(level), kind });
        assert_eq!(moved, expected, "{direction:?} {protection:?} {high} {low}");
    }
}

#[test]
fn a_stop_never_moves_away() {
    let protection = Protection { trailing: percent("3"), ..Protection::default() };
    let mut trade = entered(Direction::Long, protection, &["10 100 0"]);
    for (high, level) in [("110", "107"), ("105", "107"), ("109.99", "107"), ("111", "108")] {
        trade.stop = follow(&trade, price(high), price("99"), &instrument()).or(trade.stop);
        assert_eq!(trade.stop.map(|stop| stop.level), Some(price(level)), "{high}");
    }
}

#[test]
fn levels_lie_on_the_tick_where_they_risk_no_more_than_asked() {
    let tick_size = Some(price("0.05"));
    let instrument = Instrument { tick_size, ..instrument() };
    let target = TargetTerms { distance: percent("1.3").unwrap(), portion: Decimal::ONE };
    let protection = Protection {
        stop_loss: percent("3.33"),
        targets: vec![target],
        trailing: percent("4.44"),
        ..Protection::default()
    };
    let cases = [
        (Direction::Long, "96.70", "101.30", "110", "90", "105.60"),
        (Direction::Short, "103.30", "98.70", "110", "90", "94.40"),
    ];
    for (direction, stop, target, high, low, trail) in cases {
        let trade = entered(direction, protection.clone(), &["10 100 0"]);
        let (first, targets) = protect(&trade, &instrument);
        assert_eq!(first.map(|stop| stop.level), Some(price(stop)), "{direction}");
        assert_eq!(targets[0].level, price(target), "{direction}");
        let trade = Trade { stop: first, ..trade };
        let moved = follow(&trade, price(high), price(low), &instrument);
        assert_eq!(moved.map(|stop| stop.level), Some(price(trail)), "{direction}");
    }
    let fine = Protection { break_even_at: percent("1"), ..Protection::default() };
    let trade = entered(Direction::Long, fine, &["1 100.01 0"]);
    let moved = follow(&trade, price("102"), price("99"), &instrument);
    assert_eq!(moved.map(|stop| stop.level), Some(price("100.05")));
}

#[test]
fn a_stop_at_the_entrys_price_is_a_stop_loss() {
    let cases = [
        (StopKind::StopLoss, ExitReason::StopLoss),
        (StopKind::BreakEven, ExitReason::StopLoss),
        (StopKind::Trailing, ExitReason::TrailingStop),
        (StopKind::Liquidation, ExitReason::Liquidation),
    ];
    for (kind, reason) in cases {
        assert_eq!(stop_reason(kind), reason);
    }
}

proptest! {
    /// However a trade is cut up, what its exits return is what its entries cost, and the
    /// profit is the difference of the notionals.
    #[test]
    fn exits_return_exactly_what_entries_cost(
        entries in prop::collection::vec((1i64..1_000_000, 1i64..1_000_000_000), 1..4),
        exits in prop::collection::vec((1i64..1_000_000, 1u32..100), 1..6),
        is_long: bool,
    ) {
        let direction = if is_long { Direction::Long } else { Direction::Short };
        let mut trade = empty(direction, Protection::default());
        let mut costs = Decimal::ZERO;
        for (number, (cents, micros)) in (1..).zip(&entries) {
            let quantity = Quantity::new(Decimal::new(*micros, 6)).unwrap();
            let price = Price::new(Decimal::new(*cents, 2)).unwrap();
            let fill = fill(number, price, quantity, usd("0"));
            costs += enter(&mut trade, &fill).unwrap().cost.amount();
        }
        let (mut returned, mut profits, last) = (Decimal::ZERO, Decimal::ZERO, exits.len() - 1);
        for (number, (cents, share)) in exits.iter().enumerate() {
            let held = trade.open_quantity();
            let part = instrument().round_down(held.get() * Decimal::new(i64::from(*share), 2));
            let quantity = if number == last { held } else { part };
            let price = Price::new(Decimal::new(*cents, 2)).unwrap();
            let fill = fill(100 + number as u64, price, quantity, usd("0"));
            let back = leave(&mut trade, &fill, ExitReason::Manual).unwrap();
            returned += back.cost.amount();
            profits += back.profit.amount();
        }
        prop_assert_eq!(trade.open_quantity(), Quantity::ZERO);
        prop_assert!(trade.reserved.amount().is_zero());
        let sign = if is_long { Decimal::ONE } else { -Decimal::ONE };
        let difference = (trade.exit_notional.amount() - costs) * sign;
        prop_assert!((returned - costs).abs() <= Decimal::new(1, 12), "{} {}", returned, costs);
        prop_assert!((profits - difference).abs() <= Decimal::new(1, 12));
        prop_assert_eq!(trade.gross_profit.amount(), profits);
    }

    /// Averages are derived from sums, whatever comes first; and whatever a fee is taken of, units
    /// and cash are what the venue has.
    #[test]
    fn averages_are_sums_divided(
        entries in prop::collection::vec(
            (1i64..1_000_000, 1_000i64..1_000_000_000, 0i64..900),
            1..6,
        ),
        is_long: bool,
        of_coin: bool,
    ) {
        let direction = if is_long { Direction::Long } else { Direction::Short };
        let currency = if of_coin { "BTC" } else { "USD" }.parse().unwrap();
        let fills: Vec<Fill> = (1..).zip(&entries).map(|(number, (cents, micros, fee))| {
            let quantity = Quantity::new(Decimal::new(*micros, 6)).unwrap();
            let fee = Money::new(Decimal::new(*fee, 6), currency);
            fill(number, Price::new(Decimal::new(*cents, 2)).unwrap(), quantity, fee)
        }).collect();
        let sums = |fills: &mut dyn Iterator<Item = &Fill>| {
            let mut trade = empty(direction, Protection::default());
            for fill in fills {
                enter(&mut trade, fill).unwrap();
            }
            trade
        };
        let (trade, backwards) = (sums(&mut fills.iter()), sums(&mut fills.iter().rev()));
        prop_assert_eq!(trade.entry_price(), backwards.entry_price());
        let traded: Decimal = fills.iter().map(|fill| fill.price.get() * fill.quantity.get()).sum();
        let taken: Decimal = fills.iter().map(|fill| fill.fee.amount()).sum();
        let sign = if is_long { Decimal::ONE } else { -Decimal::ONE };
        // What was bought or sold for in money, the fee of the coin among it.
        let of_money = if of_coin { trade.fees.amount() } else { Decimal::ZERO };
        let cash = trade.entry_notional.amount() * sign + of_money;
        prop_assert!((cash - traded * sign).abs() <= Decimal::new(10, 12), "{} {}", cash, traded);
        let units: Decimal = fills.iter().map(|fill| fill.quantity.get()).sum();
        let expected = if of_coin { units - taken * sign } else { units };
        prop_assert_eq!(trade.entry_quantity.get(), expected);
        let mean = trade.entry_value / trade.entry_quantity.get();
        prop_assert!((trade.entry_price() - mean).abs() <= mean * Decimal::new(1, 22));
    }
}

/// Fills are told in any order: the one that traded last counts, whenever it was told.
#[test]
fn a_trade_knows_when_it_was_entered_first_and_last() {
    let cases: [(&[i64], i64, Option<i64>); 5] = [
        (&[1], 1, None),
        (&[1, 1], 1, None),
        (&[1, 2], 1, Some(2)),
        (&[2, 1], 1, Some(2)),
        (&[2, 3, 1], 1, Some(3)),
    ];
    for (instants, first, last) in cases {
        let mut trade = empty(Direction::Long, Protection::default());
        trade.opened_at = Timestamp::from_nanos(instants[0]);
        for (number, instant) in (1..).zip(instants) {
            let at = Timestamp::from_nanos(*instant);
            enter(&mut trade, &Fill { at, ..parsed(number, "1 100 0") }).unwrap();
        }
        assert_eq!(trade.opened_at, Timestamp::from_nanos(first), "{instants:?}");
        assert_eq!(trade.last_entered_at, last.map(Timestamp::from_nanos), "{instants:?}");
    }
}

/// What was left before its entry was told took all that it brought for profit; the entry takes
/// that back.
#[test]
fn an_exit_may_be_told_before_what_it_leaves() {
    let cases = [
        (Direction::Long, "5 100 0", "300", "20"),
        (Direction::Long, "2 100 0", "0", "20"),
        (Direction::Long, "1 100 0", "0", "120"),
        (Direction::Short, "5 100 0", "300", "-20"),
    ];
    for (direction, entry, reserved, profit) in cases {
        let mut trade = empty(direction, Protection::default());
        let early = leave(&mut trade, &parsed(1, "2 110 0"), ExitReason::Manual).unwrap();
        assert_eq!(early.cost, usd("0"));
        trade.gross_profit = early.profit;
        enter(&mut trade, &parsed(2, entry)).unwrap();
        assert_eq!(trade.reserved, usd(reserved), "{direction:?} {entry}");
        assert_eq!(trade.gross_profit, usd(profit), "{direction:?} {entry}");
    }
}

#[test]
fn a_billionth_of_what_there_is_buys_nothing() {
    let cases = [
        ("1", "1000000000", false),
        ("1.1", "1000000000", true),
        ("0.5", "1000000000", false),
        ("0.000001", "100", true),
        ("0", "0", false),
        ("0", "-1000000000", false),
        ("-0.5", "-1000000000", false),
    ];
    for (amount, whole, expected) in cases {
        assert_eq!(is_worth_spending(decimal(amount), decimal(whole)), expected, "{amount}");
    }
}

/// One for three comes out even nowhere; what rounding leaves goes to the last of each kind.
#[test]
fn the_fills_of_a_trade_that_is_split_come_to_what_it_has() {
    let mut trade = entered(Direction::Long, Protection::default(), &["1 100 0", "1 101 0"]);
    for number in [3, 4] {
        leave(&mut trade, &parsed(number, "0.1 110 0"), ExitReason::Manual).unwrap();
    }
    let ratio = Ratio { numerator: 1.try_into().unwrap(), denominator: 3.try_into().unwrap() };
    split(&mut trade, ratio, &instrument(), Timestamp::from_nanos(9)).unwrap();
    let of = |exits: bool| {
        let fills = trade.executions.iter().filter(|made| made.exit.is_some() == exits);
        fills.map(|made| made.quantity).collect::<Vec<_>>()
    };
    for (fills, whole) in [(of(false), trade.entry_quantity), (of(true), trade.exit_quantity)] {
        let sum = fills.iter().map(|quantity| quantity.get()).sum::<Decimal>();
        assert_eq!(sum, whole.get(), "{fills:?}");
        assert_ne!(fills[0], fills[1], "{fills:?}");
    }
}
