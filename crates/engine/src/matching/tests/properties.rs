//! What holds whatever is ordered and whatever the market does, checked by books of our own.

use std::collections::BTreeMap;
use std::sync::Arc;

use ballast_domain::exits::{Distance, Levels, TargetTerms};
use ballast_domain::id::Leg;
use ballast_domain::number::MONEY_DECIMALS;
use ballast_domain::profile::{FeeSchedule, Liquidity};
use ballast_domain::{
    AssetClass, Bar, BrokerEvent, Direction, ExitReason, Fill, Instrument, Money, OrderId,
    OrderTerms, OrderType, Price, Protection, Purpose, Quantity, Slot, Stop, StopKind, TimeInForce,
    Timestamp, TradeId,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rust_decimal::Decimal;

use super::{FillRules, Matcher, PlayedBar, decimal, intent, symbol, usd};

/// One thing that happens to an account.
#[derive(Debug, Clone)]
enum Act {
    Enter { direction: Direction, order: Asked, protection: Protection },
    Exit { trade: Index, order: Asked },
    SubmitAgain(Index),
    Cancel(Index),
    MoveStop { trade: Index, level: Price },
    MoveTargets { trade: Index, targets: Vec<TargetTerms> },
    Bar { bar: Bar, opens: usize, session_ends: bool },
    EndSession,
}

/// What entries and exits have in common.
#[derive(Debug, Clone)]
struct Asked {
    quantity: Quantity,
    order_type: OrderType,
    time_in_force: TimeInForce,
    reserved: Decimal,
    partner: Option<Index>,
}

/// What of one trade has filled.
#[derive(Debug)]
struct Sums {
    direction: Direction,
    entered: Decimal,
    paid: Decimal,
    left: Decimal,
}

/// The account once more, kept from nothing but what the venue has said.
struct Books {
    cash: Decimal,
    orders: BTreeMap<OrderId, (Arc<OrderTerms>, Decimal)>,
    trades: BTreeMap<TradeId, Sums>,
    /// How far two ways of rounding may be apart by now: only exits of shorts round.
    rounding: Decimal,
}

impl Books {
    /// Books an answer of the venue; `range` is what the bar allows for a price.
    fn book(&mut self, event: &BrokerEvent, range: Option<(Decimal, Decimal)>) {
        let BrokerEvent::Filled { order, fill } = event else { return };
        let (low, high) = range.expect("only bars fill");
        let price = fill.price.get();
        assert!(low <= price && price <= high, "{price} is outside {low}..{high}: {event:?}");
        assert!(fill.quantity > Quantity::ZERO, "{event:?}");
        let trade = match self.orders.get_mut(order) {
            Some((terms, filled)) => {
                *filled += fill.quantity.get();
                assert!(*filled <= terms.quantity.get(), "{order} was to fill {}", terms.quantity);
                match &terms.purpose {
                    Purpose::Enter { direction, .. } => {
                        let direction = *direction;
                        return self.enter(TradeId(order.intent), direction, fill);
                    }
                    Purpose::Exit { trade, .. } => *trade,
                }
            }
            None => {
                assert_ne!(order.leg, Leg::Main, "{order} was never submitted");
                TradeId(order.intent)
            }
        };
        self.leave(trade, fill);
    }

    fn enter(&mut self, id: TradeId, direction: Direction, fill: &Fill) {
        let none = Sums { direction, entered: 0.into(), paid: 0.into(), left: 0.into() };
        let sums = self.trades.entry(id).or_insert(none);
        assert!(sums.left.is_zero(), "{id} is entered after it was left");
        let notional = fill.price.notional(fill.quantity, usd()).unwrap().amount();
        sums.entered += fill.quantity.get();
        sums.paid += notional;
        self.cash -= notional + fill.fee.amount();
        assert!(self.cash >= -self.rounding, "an entry leaves {}", self.cash);
    }

    fn leave(&mut self, id: TradeId, fill: &Fill) {
        let sums = self.trades.get_mut(&id).expect("what is left was entered");
        let quantity = fill.quantity.get();
        let notional = fill.price.notional(fill.quantity, usd()).unwrap().amount();
        sums.left += quantity;
        assert!(sums.left <= sums.entered, "{id} is left with more than was entered");
        let cost = Money::new(sums.paid * (quantity / sums.entered), usd()).amount();
        self.cash += match sums.direction {
            Direction::Long => notional,
            Direction::Short => cost + cost - notional,
        };
        self.cash -= fill.fee.amount();
        // What an exit returns is rounded to the decimals that money is kept to.
        self.rounding += Decimal::new(4, MONEY_DECIMALS);
    }

    fn agree_with(&self, matcher: &Matcher) {
        let apart = (matcher.cash().amount() - self.cash).abs();
        assert!(apart <= self.rounding, "cash {} but books {}", matcher.cash(), self.cash);
        let held: BTreeMap<_, _> =
            matcher.held().map(|trade| (trade.id, trade.open_quantity().get())).collect();
        let open = self.trades.iter().map(|(id, sums)| (*id, sums.entered - sums.left));
        let open: BTreeMap<_, _> = open.filter(|(_, open)| !open.is_zero()).collect();
        assert_eq!(held, open);
    }
}

/// Plays `acts` and checks after each of them.
fn hold_the_books(matcher: Matcher, acts: Vec<Act>) {
    let books = Books {
        cash: matcher.cash().amount(),
        orders: BTreeMap::new(),
        trades: BTreeMap::new(),
        rounding: Decimal::ZERO,
    };
    let mut account = Account { matcher, books, out: Vec::new(), intents: 0, seconds: 0 };
    for act in acts {
        let range = account.act(act);
        let out = std::mem::take(&mut account.out);
        for event in &out {
            account.books.book(event, range);
        }
        account.books.agree_with(&account.matcher);
    }
}

struct Account {
    matcher: Matcher,
    books: Books,
    out: Vec<BrokerEvent>,
    intents: u64,
    seconds: i64,
}

impl Account {
    /// Does one thing; a bar gives the range of the prices that it may fill at.
    fn act(&mut self, act: Act) -> Option<(Decimal, Decimal)> {
        let out = &mut self.out;
        match act {
            Act::Enter { direction, order, protection } => {
                let slot = Slot::default();
                let purpose = Purpose::Enter { direction, slot, protection };
                self.submit(direction, &order, purpose);
            }
            Act::Exit { trade, order } => {
                let held: Vec<_> = self.matcher.held().map(|t| (t.id, t.direction)).collect();
                if !held.is_empty() {
                    let (trade, direction) = *trade.get(&held);
                    let reason = ExitReason::ExitSignal;
                    let purpose = Purpose::Exit { trade, reason, then: None };
                    self.submit(direction.opposite(), &order, purpose);
                }
            }
            Act::SubmitAgain(which) => {
                let working: Vec<_> = self.matcher.working().cloned().collect();
                if !working.is_empty() {
                    self.matcher.submit(which.get(&working), out);
                }
            }
            Act::Cancel(which) => {
                let orders: Vec<_> = self.books.orders.keys().copied().collect();
                if !orders.is_empty() {
                    self.matcher.cancel(*which.get(&orders), out);
                }
            }
            Act::MoveStop { trade, level } => {
                let held: Vec<_> = self.matcher.held().map(|held| held.id).collect();
                if !held.is_empty() {
                    let stop = Stop { level, kind: StopKind::Trailing };
                    self.matcher.protect(*trade.get(&held), &Levels::of_stop(stop));
                }
            }
            Act::MoveTargets { trade, targets } => {
                let held: Vec<_> = self.matcher.held().map(|held| held.id).collect();
                if !held.is_empty() {
                    let levels = Levels { stop: None, targets: Some(targets) };
                    self.matcher.protect(*trade.get(&held), &levels);
                }
            }
            Act::EndSession => self.matcher.end_session(symbol("X"), out),
            Act::Bar { bar, opens, session_ends } => {
                return Some(self.play(bar, opens, session_ends));
            }
        }
        None
    }

    fn submit(&mut self, direction: Direction, asked: &Asked, purpose: Purpose) {
        self.intents += 1;
        let orders: Vec<_> = self.books.orders.keys().copied().collect();
        let partner = asked.partner.as_ref().filter(|_| !orders.is_empty());
        let terms = Arc::new(OrderTerms {
            intent: intent(self.intents),
            accepted_at: Timestamp::from_nanos(0),
            symbol: symbol("X"),
            side: direction.entry_side(),
            order_type: asked.order_type,
            time_in_force: asked.time_in_force,
            quantity: asked.quantity,
            reserved: Money::new(asked.reserved, usd()),
            cancels: partner.map(|partner| *partner.get(&orders)),
            purpose,
        });
        self.books.orders.insert(terms.order_id(), (Arc::clone(&terms), Decimal::ZERO));
        self.matcher.submit(&terms, &mut self.out);
    }

    fn play(&mut self, bar: Bar, opens: usize, session_ends: bool) -> (Decimal, Decimal) {
        let open_time = Timestamp::from_nanos(self.seconds);
        self.seconds += 1;
        let bar = Bar { close_time: Timestamp::from_nanos(self.seconds), ..bar };
        let played = PlayedBar { symbol: symbol("X"), open_time, bar };
        for _ in 0..opens {
            self.matcher.open(&played, &mut self.out);
        }
        self.matcher.inside(&played, &mut self.out);
        self.matcher.end(&played, session_ends, &mut self.out);
        self.matcher.follow(played.symbol, &bar);
        self.matcher.at_close(&played, &mut self.out);
        let slippage = self.matcher.rules.slippage_bps / Decimal::from(10_000);
        let (low, high) = (bar.low.get(), bar.high.get());
        (low - low * slippage, high + high * slippage)
    }
}

/// The numbers of a market: usual ones that tie often, or anything that a decimal may be.
#[derive(Debug, Clone, Copy)]
enum Scale {
    Usual,
    Extreme,
}

impl Scale {
    fn price(self) -> BoxedStrategy<Price> {
        let price = |number: Decimal| Price::new(number).unwrap();
        match self {
            Self::Usual => (360i64..440).prop_map(move |q| price(Decimal::new(q * 25, 2))).boxed(),
            Self::Extreme => (1i64..=1_000_000_000_000, 0u32..=10)
                .prop_map(move |(mantissa, scale)| price(Decimal::new(mantissa, scale)))
                .boxed(),
        }
    }

    fn quantity(self) -> BoxedStrategy<Quantity> {
        let quantity = |number: Decimal| Quantity::new(number).unwrap();
        match self {
            Self::Usual => (1i64..5_000).prop_map(move |n| quantity(Decimal::new(n, 2))).boxed(),
            Self::Extreme => (1i128..1_000_000_000_000_000_000_000_000)
                .prop_map(move |n| quantity(Decimal::from_i128_with_scale(n, 18)))
                .boxed(),
        }
    }

    fn bar(self) -> impl Strategy<Value = Bar> {
        let volume = prop_oneof![Just(Quantity::ZERO), self.quantity()];
        (prop::array::uniform4(self.price()), volume, any::<bool>(), any::<bool>()).prop_map(
            |(mut prices, volume, is_tick, falls)| {
                let tick = prices[0];
                prices.sort();
                let [low, open, close, high] = prices;
                let (open, close) = if falls { (close, open) } else { (open, close) };
                let close_time = Timestamp::from_nanos(0);
                match is_tick {
                    true => Bar::tick(close_time, tick, volume),
                    false => Bar { close_time, open, high, low, close, volume },
                }
            },
        )
    }

    fn order(self) -> impl Strategy<Value = (Quantity, Price)> {
        (self.quantity(), self.price())
    }

    fn order_type(self) -> impl Strategy<Value = OrderType> {
        let stop_limit = (self.price(), self.price())
            .prop_map(|(stop_price, limit_price)| OrderType::StopLimit { stop_price, limit_price });
        prop_oneof![
            3 => Just(OrderType::Market),
            2 => self.price().prop_map(|limit_price| OrderType::Limit { limit_price }),
            2 => self.price().prop_map(|stop_price| OrderType::Stop { stop_price }),
            2 => stop_limit,
            1 => (1i64..20).prop_map(|d| OrderType::TrailingStop { distance: Decimal::new(d, 0) }),
        ]
    }

    fn protection(self) -> impl Strategy<Value = Protection> {
        let distance = || {
            prop_oneof![
                (1i64..200).prop_map(|percent| Distance::Percent(Decimal::new(percent, 1))),
                (1i64..20).prop_map(|distance| Distance::Absolute(Decimal::new(distance, 0))),
                self.price().prop_map(Distance::At),
            ]
        };
        let target = (distance(), 1i64..=10).prop_map(|(distance, tenths)| TargetTerms {
            distance,
            portion: Decimal::new(tenths, 1),
        });
        let targets = prop::collection::vec(target, 0..3);
        (prop::option::of(distance()), targets, prop::option::of(distance())).prop_map(
            |(stop_loss, targets, trailing)| Protection {
                stop_loss,
                targets,
                trailing,
                ..Protection::default()
            },
        )
    }

    fn asked(self) -> impl Strategy<Value = Asked> {
        let times =
            vec![TimeInForce::Day, TimeInForce::Ioc, TimeInForce::Fok, TimeInForce::AtClose];
        let time_in_force = prop_oneof![6 => Just(TimeInForce::Gtc), 4 => select(times)];
        let reserved = prop_oneof![Just(Decimal::ZERO), (0i64..2_000).prop_map(Decimal::from)];
        let partner = prop::option::weighted(0.2, any::<Index>());
        (self.quantity(), self.order_type(), time_in_force, reserved, partner).prop_map(
            |(quantity, order_type, time_in_force, reserved, partner)| Asked {
                quantity,
                order_type,
                time_in_force,
                reserved,
                partner,
            },
        )
    }

    fn act(self) -> impl Strategy<Value = Act> {
        let direction = select(&[Direction::Long, Direction::Short][..]);
        let enter = (direction, self.asked(), self.protection())
            .prop_map(|(direction, order, protection)| Act::Enter { direction, order, protection });
        prop_oneof![
            4 => enter,
            2 => (any::<Index>(), self.asked())
                .prop_map(|(trade, order)| Act::Exit { trade, order }),
            1 => any::<Index>().prop_map(Act::SubmitAgain),
            1 => any::<Index>().prop_map(Act::Cancel),
            1 => (any::<Index>(), self.price())
                .prop_map(|(trade, level)| Act::MoveStop { trade, level }),
            1 => (any::<Index>(), prop::collection::vec((self.price(), 0i64..=10), 0..4))
                .prop_map(|(trade, levels)| {
                    let target = |(level, tenths)| TargetTerms {
                        distance: Distance::At(level),
                        portion: Decimal::new(tenths, 1),
                    };
                    Act::MoveTargets { trade, targets: levels.into_iter().map(target).collect() }
                }),
            8 => (self.bar(), 1usize..3, any::<bool>())
                .prop_map(|(bar, opens, session_ends)| Act::Bar { bar, opens, session_ends }),
            1 => Just(Act::EndSession),
        ]
    }

    fn matcher(self) -> impl Strategy<Value = Matcher> {
        let cash = match self {
            Self::Usual => vec!["0", "500", "10000"],
            Self::Extreme => vec!["0.000000000000000001", "10000", "1000000000000000"],
        };
        let rules =
            (fees(), select(vec!["0", "10", "1000"]), prop::option::of(select(vec!["0.1", "1"])));
        let lot = prop::option::of(select(vec!["1", "0.001"]));
        (select(cash), lot, rules).prop_map(|(cash, lot, (fees, slippage, share))| {
            let free = Instrument::unrestricted(symbol("X"), AssetClass::Crypto, usd());
            let lot_size = lot.map(|lot| lot.parse().unwrap());
            let rules = FillRules {
                fees,
                slippage_bps: decimal(slippage),
                volume_share: share.map(decimal),
            };
            let cash = Money::new(decimal(cash), usd());
            Matcher::new(rules, vec![Instrument { lot_size, ..free }], cash)
        })
    }
}

fn fees() -> impl Strategy<Value = FeeSchedule> {
    let percent =
        |maker, taker| FeeSchedule::Percent { maker: decimal(maker), taker: decimal(taker) };
    let per_unit = |amount, minimum| FeeSchedule::PerUnit {
        amount: decimal(amount),
        minimum: decimal(minimum),
    };
    select(vec![
        FeeSchedule::default(),
        percent("0.1", "0.25"),
        percent("-0.01", "0.07"),
        per_unit("0.005", "1"),
        per_unit("0.3", "0"),
    ])
}

fn acts(scale: Scale) -> impl Strategy<Value = Vec<Act>> {
    prop::collection::vec(scale.act(), 1..40)
}

proptest! {
    #[test]
    fn what_the_venue_says_adds_up(matcher in Scale::Usual.matcher(), acts in acts(Scale::Usual)) {
        hold_the_books(matcher, acts);
    }

    #[test]
    fn extreme_numbers_neither_panic_nor_lose_money(
        matcher in Scale::Extreme.matcher(),
        acts in acts(Scale::Extreme),
    ) {
        hold_the_books(matcher, acts);
    }

    /// A cut is as small as it can be: one step more would cost more than there is.
    #[test]
    fn an_entry_takes_as_much_as_it_can_pay(
        cents in 1i64..10_000_000,
        fees in fees(),
        lot in prop::option::of(select(vec!["1", "0.001"])),
        numbers in prop_oneof![Scale::Usual.order(), Scale::Extreme.order()],
    ) {
        let (wanted, price) = numbers;
        let cash = Decimal::new(cents, 2);
        let free = Instrument::unrestricted(symbol("X"), AssetClass::Crypto, usd());
        let lot_size = lot.map(|lot| lot.parse().unwrap());
        let instrument = Instrument { lot_size, ..free };
        let wanted = instrument.round_down(wanted.get());
        prop_assume!(!wanted.is_zero());
        let rules = FillRules { fees, ..FillRules::default() };
        let mut matcher = Matcher::new(rules, vec![instrument], Money::new(cash, usd()));
        let terms = super::order_text::terms(&format!("1 long {wanted} market"));
        let mut out = Vec::new();
        matcher.submit(&Arc::new(terms), &mut out);
        let bar = Bar::tick(Timestamp::from_nanos(1), price, Quantity::ZERO);
        let open_time = Timestamp::from_nanos(0);
        matcher.open(&PlayedBar { symbol: symbol("X"), open_time, bar }, &mut out);
        let filled = matcher.held().map(|trade| trade.open_quantity()).next().unwrap_or_default();
        prop_assert!(filled <= wanted);
        if filled < wanted {
            let step = lot.map_or(filled.get() * Decimal::new(1, 14), decimal);
            let more = filled.get() + step;
            let notional = price.get() * more;
            let fee = fees.fee(notional, more, Liquidity::Taker).unwrap();
            let rounding = Decimal::new(4, MONEY_DECIMALS);
            prop_assert!(notional + fee + rounding > cash, "{filled} of {wanted} at {price}");
        }
    }
}
