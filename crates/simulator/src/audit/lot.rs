//! A trade as its fills tell it, reckoned anew whenever one is told or taken back.

use ballast_domain::id::Leg;
use ballast_domain::{
    Currency, Direction, ExitReason, Fill, FillId, OrderId, Price, Symbol, Timestamp, Trade,
    TradeId,
};
use rust_decimal::Decimal;

use super::Outcome;

/// One fill of a trade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    of: Option<(OrderId, FillId)>,
    at: Timestamp,
    exit: Option<Option<ExitReason>>,
    /// What moved, and what was traded: they differ by what the venue took of the coin itself.
    units: Decimal,
    pub(super) traded: Decimal,
    price: Option<Price>,
    pub(super) notional: Decimal,
    pub(super) fee: Decimal,
}

impl Made {
    /// A fill of an order that leaves a trade, or enters it.
    pub(super) fn of(
        (order, fill): (OrderId, &Fill),
        (direction, is_exit): (Direction, bool),
        quote: Currency,
        reason: Option<ExitReason>,
    ) -> Self {
        let (price, traded, taken) = (fill.price.get(), fill.quantity.get(), fill.fee.amount());
        let buys = (direction == Direction::Long) != is_exit;
        let in_kind = if fill.fee.currency() == quote { Decimal::ZERO } else { taken };
        let units = if buys { traded - in_kind } else { traded + in_kind };
        let reason = reason.or((order.leg == Leg::Stop).then_some(ExitReason::StopLoss));
        Self {
            of: Some((order, fill.id)),
            at: fill.at,
            exit: is_exit.then_some(reason),
            units,
            traded,
            price: Some(fill.price),
            notional: price * units,
            fee: if in_kind.is_zero() { taken } else { price * in_kind },
        }
    }
}

/// A trade.
#[derive(Debug)]
pub(super) struct Lot {
    pub(super) symbol: Symbol,
    pub(super) direction: Direction,
    /// What was held, and had been made, when an issuer acted last.
    before: [Decimal; 4],
    made: Vec<Made>,
    /// Held; less than nothing where more was left than has entered.
    pub(super) units: Decimal,
    /// What is held, at cost.
    pub(super) cost: Decimal,
    /// Before fees.
    pub(super) profit: Decimal,
    pub(super) fees: Decimal,
    /// What all that has entered has cost.
    entered: Decimal,
}

impl Lot {
    pub(super) const fn new(symbol: Symbol, direction: Direction) -> Self {
        Self {
            symbol,
            direction,
            before: [Decimal::ZERO; 4],
            made: Vec::new(),
            units: Decimal::ZERO,
            cost: Decimal::ZERO,
            profit: Decimal::ZERO,
            fees: Decimal::ZERO,
            entered: Decimal::ZERO,
        }
    }

    pub(super) fn add(&mut self, made: Made) {
        self.made.push(made);
        self.reckon();
    }

    /// Takes a fill back, and what was written off after it.
    pub(super) fn take_back(&mut self, order: OrderId, fill: FillId) -> Option<Made> {
        let place = self.made.iter().position(|made| made.of == Some((order, fill)))?;
        let taken = self.made.remove(place);
        self.made.retain(|made| made.of.is_some());
        self.reckon();
        Some(taken)
    }

    /// What is left is too little to sell.
    pub(super) fn write_off(&mut self, at: Timestamp) {
        let brought = match self.direction {
            Direction::Long => Decimal::ZERO,
            Direction::Short => self.cost,
        };
        let units = self.units;
        let exit = Some(Some(ExitReason::Dust));
        let fee = Decimal::ZERO;
        let (of, price, traded, notional) = (None, None, units, brought);
        self.add(Made { of, at, exit, units, traded, price, notional, fee });
    }

    /// An issuer has acted: it stands as in `trade` from here on.
    pub(super) fn begin_anew(&mut self, trade: &Trade) {
        let sums = [trade.reserved, trade.gross_profit, trade.fees].map(|sum| sum.amount());
        self.before = [trade.open_quantity().get(), sums[0], sums[1], sums[2]];
        self.made.clear();
        self.reckon();
        self.entered = trade.entry_notional.amount();
    }

    fn reckon(&mut self) {
        [self.units, self.cost, self.profit, self.fees] = self.before;
        self.entered = self.before[1];
        let sign = if self.direction == Direction::Long { Decimal::ONE } else { -Decimal::ONE };
        for made in &self.made {
            self.fees += made.fee;
            if made.exit.is_none() {
                // What was left before it was told was taken for profit.
                let left = (-self.units).clamp(Decimal::ZERO, made.units);
                let share = made.notional * (left / made.units);
                self.profit -= share * sign;
                self.cost += made.notional - share;
                self.units += made.units;
                self.entered += made.notional;
                continue;
            }
            let share = match made.units < self.units {
                true => self.cost * (made.units / self.units),
                false => self.cost,
            };
            self.profit += (made.notional - share) * sign;
            self.cost -= share;
            self.units -= made.units;
        }
    }

    /// What it came to, if nothing is held of it any more.
    pub(super) fn outcome(&self, trade: TradeId) -> Option<Outcome> {
        let last = self.made.last().filter(|_| self.units <= Decimal::ZERO)?;
        let exits = self.made.iter().rev().filter(|made| made.of.is_some());
        let reason = exits.filter_map(|made| made.exit).next().flatten();
        let by_stop = matches!(
            reason,
            Some(ExitReason::StopLoss | ExitReason::TrailingStop | ExitReason::Liquidation)
        );
        Some(Outcome {
            trade,
            symbol: self.symbol,
            at: last.at,
            profit: self.profit - self.fees,
            cost: self.entered,
            by_stop,
        })
    }

    /// The price of its last fill.
    pub(super) fn last_price(&self) -> Option<Price> {
        let last = self.made.last().filter(|made| !made.units.is_zero())?;
        last.price
    }

    /// Profit or loss of what is held at a price, before fees.
    pub(super) fn open_profit(&self, price: Decimal) -> Decimal {
        let value = price * self.units;
        if self.direction == Direction::Long { value - self.cost } else { self.cost - value }
    }
}
