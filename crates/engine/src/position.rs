//! Trades as they fill: sums of what was entered and left, and the levels that protect the rest.
//!
//! The fold of the journal and every simulated venue share this code, so that both always agree
//! on what is held and what it cost.

use ballast_domain::exits::Distance;
use ballast_domain::{
    Direction, ExitReason, Fill, Instrument, Money, OrderTerms, Price, Protection, Quantity, Slot,
    Stop, StopKind, Target, Trade, TradeId,
};
use rust_decimal::Decimal;

/// What an exit gives back to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returned {
    /// The part of the entry's cost that nothing is held for any more, in quote currency.
    pub cost: Money,
    /// Profit or loss before fees, in quote currency.
    pub profit: Money,
}

/// What an entry's fill takes from the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered {
    /// What the fill cost, fees apart, in quote currency.
    pub cost: Money,
    /// What goes back at once, because more had been left than was known to be held: reports of
    /// fills may overtake each other, and their sums do not depend on which comes first.
    pub left_before: Option<Returned>,
}

/// A trade into which nothing has filled yet, as accepted by `terms`.
#[must_use]
pub fn begin(
    terms: &OrderTerms,
    direction: Direction,
    slot: Slot,
    protection: Protection,
    fill: &Fill,
) -> Trade {
    let none = Money::zero(fill.fee.currency());
    Trade {
        id: TradeId(terms.intent),
        symbol: terms.symbol,
        slot,
        direction,
        opened_at: fill.at,
        last_entered_at: None,
        entry_quantity: Quantity::ZERO,
        entry_notional: none,
        entry_value: Decimal::ZERO,
        exit_quantity: Quantity::ZERO,
        exit_notional: none,
        exit_value: Decimal::ZERO,
        fees: none,
        reserved: none,
        gross_profit: none,
        protection,
        stop: None,
        amendments: 0,
        break_even_armed: false,
        bars_held: 0,
        counted_to: None,
        targets: Vec::new(),
        fills: Vec::new(),
        exit_reason: None,
        closed_at: None,
    }
}

/// Adds an entry's fill; gives what it costs, `None` on overflow (nothing changed).
pub fn enter(trade: &mut Trade, fill: &Fill) -> Option<Entered> {
    let cost = fill.price.notional(fill.quantity, fill.fee.currency())?;
    let left_before = left_before(trade, fill, cost)?;
    let still_held =
        cost.checked_sub(left_before.map_or(Money::zero(cost.currency()), |l| l.cost))?;
    let entry_quantity = trade.entry_quantity.checked_add(fill.quantity)?;
    let entry_notional = trade.entry_notional.checked_add(cost)?;
    let value = fill.price.get().checked_mul(fill.quantity.get())?;
    let entry_value = trade.entry_value.checked_add(value)?;
    let reserved = trade.reserved.checked_add(still_held)?;
    let gross_profit = match left_before {
        Some(left) => trade.gross_profit.checked_add(left.profit)?,
        None => trade.gross_profit,
    };
    trade.fees = trade.fees.checked_add(fill.fee)?;
    let entered_at = trade.entered_at().max(fill.at);
    trade.opened_at = trade.opened_at.min(fill.at);
    trade.last_entered_at = (entered_at > trade.opened_at).then_some(entered_at);
    trade.entry_quantity = entry_quantity;
    trade.entry_notional = entry_notional;
    trade.entry_value = entry_value;
    trade.reserved = reserved;
    trade.gross_profit = gross_profit;
    trade.fills.push(fill.id);
    Some(Entered { cost, left_before })
}

/// The share of an entry's fill that had been left before it was told: its whole notional was taken
/// for profit then. `None` within when nothing was; `None` without on overflow.
#[expect(clippy::option_option, reason = "overflow is not the same as nothing")]
fn left_before(trade: &Trade, fill: &Fill, cost: Money) -> Option<Option<Returned>> {
    let before = trade.exit_quantity.saturating_sub(trade.entry_quantity).min(fill.quantity);
    if before.is_zero() {
        return Some(None);
    }
    let share = match before == fill.quantity {
        true => cost,
        false => {
            let part = before.get().checked_div(fill.quantity.get())?;
            Money::new(cost.amount().checked_mul(part)?, cost.currency())
        }
    };
    let profit = match trade.direction {
        Direction::Long => Money::zero(cost.currency()).checked_sub(share)?,
        Direction::Short => share,
    };
    Some(Some(Returned { cost: share, profit }))
}

/// Adds an exit's fill; gives back the share of the cost and the profit, `None` on overflow
/// (nothing changed). A fill beyond what is held realises its whole notional.
pub fn leave(trade: &mut Trade, fill: &Fill, reason: ExitReason) -> Option<Returned> {
    let held = trade.open_quantity();
    let notional = fill.price.notional(fill.quantity, fill.fee.currency())?;
    let cost = if fill.quantity >= held {
        trade.reserved
    } else {
        // The ratio comes first: the product of a small amount and a small quantity would be
        // nothing, that of two large ones would not fit.
        let share = fill.quantity.get().checked_div(held.get())?;
        Money::new(trade.reserved.amount().checked_mul(share)?, trade.reserved.currency())
    };
    let profit = match trade.direction {
        Direction::Long => notional.checked_sub(cost)?,
        Direction::Short => cost.checked_sub(notional)?,
    };
    let exit_quantity = trade.exit_quantity.checked_add(fill.quantity)?;
    let exit_notional = trade.exit_notional.checked_add(notional)?;
    let value = fill.price.get().checked_mul(fill.quantity.get())?;
    let exit_value = trade.exit_value.checked_add(value)?;
    let gross_profit = trade.gross_profit.checked_add(profit)?;
    let reserved = trade.reserved.checked_sub(cost)?;
    trade.fees = trade.fees.checked_add(fill.fee)?;
    trade.exit_quantity = exit_quantity;
    trade.exit_notional = exit_notional;
    trade.exit_value = exit_value;
    trade.gross_profit = gross_profit;
    trade.reserved = reserved;
    trade.fills.push(fill.id);
    trade.exit_reason = Some(reason);
    if trade.open_quantity().is_zero() {
        trade.closed_at = Some(fill.at);
    }
    Some(Returned { cost, profit })
}

/// The levels that protect `trade` after an entry's fill, from its mean entry price, on the tick of
/// `instrument`. A stop that has already moved closer stays.
#[must_use]
pub fn protect(trade: &Trade, instrument: &Instrument) -> (Option<Stop>, Vec<Target>) {
    let Ok(entry_price) = Price::new(trade.entry_price()) else {
        return (trade.stop, trade.targets.clone());
    };
    let (direction, quantity) = (trade.direction, trade.entry_quantity);
    let first = first_stop(&trade.protection, entry_price, direction, instrument);
    let stop = match (first, trade.stop) {
        (Some(first), Some(standing)) => Some(first.tighter(standing, direction)),
        (first, standing) => first.or(standing),
    };
    let mut targets = trade.protection.targets(entry_price, direction, quantity, instrument);
    for (target, standing) in targets.iter_mut().zip(&trade.targets) {
        target.filled = standing.filled;
    }
    (stop, targets)
}

/// The stop of a trade that enters at `entry_price`, on the tick of `instrument`.
#[must_use]
pub fn first_stop(
    protection: &Protection,
    entry_price: Price,
    direction: Direction,
    instrument: &Instrument,
) -> Option<Stop> {
    let stop = protection.stop(entry_price, direction)?;
    Some(on_tick(stop, direction, instrument))
}

/// A stop on the tick, rounded towards the entry: it never risks more than was asked for.
fn on_tick(stop: Stop, direction: Direction, instrument: &Instrument) -> Stop {
    let down = direction == Direction::Short;
    Stop { level: instrument.round_price(stop.level, down), ..stop }
}

/// The stop after a bar whose extremes were `high` and `low` has closed: the trail follows the
/// extreme, and break-even arms once its distance was reached, both on the tick of `instrument`.
/// `None` when it stays.
#[must_use]
pub fn follow(trade: &Trade, high: Price, low: Price, instrument: &Instrument) -> Option<Stop> {
    if trade.protection.trailing.is_none() && trade.protection.break_even_at.is_none() {
        return None;
    }
    let entry_price = Price::new(trade.entry_price()).ok()?;
    let direction = trade.direction;
    let extreme = match direction {
        Direction::Long => high,
        Direction::Short => low,
    };
    let trail = trade.protection.trailing.and_then(|trailing| {
        let distance = trailing.from_fill(entry_price)?;
        let level = extreme.shifted(away(distance, direction))?;
        Some(Stop { level, kind: StopKind::Trailing })
    });
    let break_even = trade.protection.break_even_at.and_then(|at| {
        let reached = match at {
            Distance::At(price) => price,
            relative => {
                let distance = relative.from_fill(entry_price)?;
                entry_price.shifted(-away(distance, direction))?
            }
        };
        let armed = match direction {
            Direction::Long => extreme >= reached,
            Direction::Short => extreme <= reached,
        };
        armed.then_some(Stop { level: entry_price, kind: StopKind::BreakEven })
    });
    let standing = trade.stop.into_iter();
    let moved = trail.into_iter().chain(break_even);
    let closest = standing
        .chain(moved.map(|stop| on_tick(stop, direction, instrument)))
        .reduce(|first, next| first.tighter(next, direction))?;
    (trade.stop != Some(closest)).then_some(closest)
}

/// Where the loss of a short has used up what it has reserved; `None` for a long.
#[must_use]
pub fn liquidation(trade: &Trade) -> Option<Price> {
    let entry_price = Price::new(trade.entry_price()).ok()?;
    let unprotected = Protection::default().stop(entry_price, trade.direction)?;
    (unprotected.kind == StopKind::Liquidation).then_some(unprotected.level)
}

/// A distance against the trade: below for a long, above for a short.
fn away(distance: Decimal, direction: Direction) -> Decimal {
    match direction {
        Direction::Long => -distance,
        Direction::Short => distance,
    }
}

/// Whether `amount` is more than what rounding leaves behind in an account that is worth `whole`: a
/// billionth of it buys no position.
#[must_use]
pub fn is_worth_spending(amount: Decimal, whole: Decimal) -> bool {
    let billionth = whole.checked_div(Decimal::from(1_000_000_000)).unwrap_or_default();
    amount > Decimal::ZERO && amount > billionth
}

/// Why a trade was left when its stop filled.
#[must_use]
pub const fn stop_reason(kind: StopKind) -> ExitReason {
    match kind {
        StopKind::StopLoss | StopKind::BreakEven => ExitReason::StopLoss,
        StopKind::Trailing => ExitReason::TrailingStop,
        StopKind::Liquidation => ExitReason::Liquidation,
    }
}

#[cfg(test)]
mod tests {
    use ballast_domain::exits::{Distance, TargetTerms};
    use ballast_domain::{
        AssetClass, FillId, IntentId, OrderType, ProfileId, Purpose, TimeInForce, Timestamp,
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
        begin(&terms, direction, slot, protection, &parsed(1, "1 1 0"))
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
        let euros = Money::new(Decimal::ONE, "EUR".parse().unwrap());
        let held = entered(Direction::Long, Protection::default(), &["10 100 1"]);
        for fill in [
            fill(2, huge, units("2"), usd("0")),
            fill(2, price("1"), Quantity::new(Decimal::MAX).unwrap(), usd("0")),
            fill(2, huge, units("1"), usd("0")),
            fill(2, price("100"), units("5"), euros),
            fill(2, price("100"), units("5"), Money::new(Decimal::MAX, usd("0").currency())),
        ] {
            let mut trade = held.clone();
            assert_eq!(enter(&mut trade, &fill), None, "enter {fill:?}");
            assert_eq!(trade, held);
        }
        for fill in [
            fill(2, huge, units("2"), usd("0")),
            fill(2, price("100"), units("5"), euros),
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
        assert_eq!(
            protect(&empty(Direction::Long, protection.clone()), &instrument()),
            (None, vec![])
        );
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
    }
}
