//! Protective legs of what is held: the stop before the targets, and gaps hurt.

use ballast_domain::id::Leg;
use ballast_domain::profile::Liquidity;
use ballast_domain::{
    Bar, BrokerEvent, Direction, ExitReason, OrderId, Price, Quantity, Stop, Target, Trade, TradeId,
};

use super::order::{Quote, TOO_LARGE};
use super::{Holding, Matcher, PlayedBar};
use crate::position::stop_reason;

/// The prices at which a trade's legs are looked at.
#[derive(Debug, Clone, Copy)]
struct Path {
    /// Where it begins: what the legs have passed already fills here.
    from: Price,
    /// The price that a stop has to reach.
    worst: Price,
    /// The price that a target has to reach.
    best: Price,
}

impl Matcher {
    /// Stops and targets that the open has reached or passed fill at the open.
    pub(super) fn protect_at_open(&mut self, played: &PlayedBar, out: &mut Vec<BrokerEvent>) {
        let open = played.bar.open;
        self.each_holding(played, |_| Path { from: open, worst: open, best: open }, out);
    }

    /// Stops inside the bar, then targets.
    pub(super) fn protect_inside(&mut self, played: &PlayedBar, out: &mut Vec<BrokerEvent>) {
        let bar = &played.bar;
        let path = |direction| Path {
            from: bar.open,
            worst: worst(direction, bar),
            best: worst(direction.opposite(), bar),
        };
        self.each_holding(played, path, out);
    }

    /// A trade entered inside the bar where the market was at `from`: its stop counts at once,
    /// its targets only when the close is beyond them.
    pub(super) fn protect_born_inside(
        &mut self,
        trade: TradeId,
        from: Price,
        played: &PlayedBar,
        out: &mut Vec<BrokerEvent>,
    ) {
        let Some(place) = self.holdings.iter().position(|holding| holding.trade.id == trade) else {
            return;
        };
        let worst = worst(self.holdings[place].trade.direction, &played.bar);
        self.fill_legs(place, &Path { from, worst, best: played.bar.close }, played, out);
    }

    fn each_holding(
        &mut self,
        played: &PlayedBar,
        path: impl Fn(Direction) -> Path,
        out: &mut Vec<BrokerEvent>,
    ) {
        let mut place = 0;
        while let Some(Holding { trade, .. }) = self.holdings.get(place) {
            let id = trade.id;
            if trade.symbol == played.symbol {
                self.fill_legs(place, &path(trade.direction), played, out);
            }
            if self.holdings.get(place).is_some_and(|holding| holding.trade.id == id) {
                place += 1;
            }
        }
    }

    /// Fills the stop of a trade when its path comes to it, else the targets that it comes to.
    fn fill_legs(
        &mut self,
        place: usize,
        path: &Path,
        played: &PlayedBar,
        out: &mut Vec<BrokerEvent>,
    ) {
        let holding = &self.holdings[place];
        let direction = holding.trade.direction;
        let rest = holding.stop_triggered;
        let reached = |stop: &Stop| rest || at_or_beyond(direction, path.worst, stop.level);
        match holding.trade.stop.filter(reached) {
            Some(stop) => {
                let passed = rest || at_or_beyond(direction, path.from, stop.level);
                let price = if passed { path.from } else { stop.level };
                self.fill_stop(place, stop, price, played, out);
            }
            None => self.fill_targets(place, path, played, out),
        }
    }

    fn fill_stop(
        &mut self,
        place: usize,
        stop: Stop,
        price: Price,
        played: &PlayedBar,
        out: &mut Vec<BrokerEvent>,
    ) {
        let holding = &mut self.holdings[place];
        holding.stop_triggered = true;
        let (id, side) = (holding.trade.id, holding.trade.direction.exit_side());
        self.end_entry(id, out);
        let price = self.slipped(price, side, played.symbol);
        let quote = self.quote(price, Liquidity::Taker, played);
        let (order, held) = (OrderId { intent: id.0, leg: Leg::Stop }, self.held_of(id));
        self.fill_leg(order, held, &quote, stop_reason(stop.kind), played, out);
    }

    /// Fills the targets that the path comes to, the nearest first, at their levels or where the
    /// path begins beyond.
    fn fill_targets(
        &mut self,
        place: usize,
        path: &Path,
        played: &PlayedBar,
        out: &mut Vec<BrokerEvent>,
    ) {
        let Trade { id, direction, .. } = self.holdings[place].trade;
        let beyond = |price, level| at_or_beyond(direction.opposite(), price, level);
        let mut before = None;
        loop {
            let Some(holding) = self.holdings.get(place).filter(|h| h.trade.id == id) else {
                return;
            };
            let Some((leg, target)) = next_target(&holding.trade, before) else { return };
            if !beyond(path.best, target.level) {
                return;
            }
            before = Some((leg, target.level));
            let open = target.open_quantity().min(holding.trade.open_quantity());
            let passed = beyond(path.from, target.level);
            let price = if passed { path.from } else { target.level };
            let quote = self.quote(price, Liquidity::Maker, played);
            let order = OrderId { intent: id.0, leg: Leg::Target(leg as u8) };
            let reason = ExitReason::TakeProfit;
            let filled = self.fill_leg(order, open, &quote, reason, played, out);
            self.count_target(id, leg, filled);
        }
    }

    /// Leaves up to `wanted` of a trade by one of its legs; gives what was filled.
    fn fill_leg(
        &mut self,
        order: OrderId,
        wanted: Quantity,
        quote: &Quote,
        reason: ExitReason,
        played: &PlayedBar,
        out: &mut Vec<BrokerEvent>,
    ) -> Quantity {
        if self.waits(order, played) {
            return Quantity::ZERO;
        }
        let quantity = quote.cap.map_or(wanted, |cap| wanted.min(cap));
        if quantity < wanted {
            self.wait(order, played);
        }
        if quantity.is_zero() {
            return Quantity::ZERO;
        }
        match self.leave(TradeId(order.intent), quantity, quote, reason, out) {
            Some(fill) => {
                out.push(BrokerEvent::Filled { order, fill });
                quantity
            }
            None => {
                out.push(BrokerEvent::Rejected { order, reason: TOO_LARGE.to_owned() });
                Quantity::ZERO
            }
        }
    }

    fn count_target(&mut self, id: TradeId, leg: usize, filled: Quantity) {
        let holding = self.holdings.iter_mut().find(|holding| holding.trade.id == id);
        if let Some(target) = holding.and_then(|holding| holding.trade.targets.get_mut(leg)) {
            target.filled = target.filled.checked_add(filled).unwrap_or(target.quantity);
        }
    }

    fn quote(&self, price: Price, liquidity: Liquidity, played: &PlayedBar) -> Quote {
        Quote { price, liquidity, at: played.open_time, cap: self.volume_cap(played) }
    }
}

/// The target of a trade that a price in its favour meets first, or first after one of them; among
/// those at one level, that with the lower number.
fn next_target(trade: &Trade, before: Option<(usize, Price)>) -> Option<(usize, Target)> {
    let further = |one: Price, other: Price| match trade.direction {
        Direction::Long => one.cmp(&other),
        Direction::Short => other.cmp(&one),
    };
    let order = |one: (usize, Price), other: (usize, Price)| {
        further(one.1, other.1).then(one.0.cmp(&other.0))
    };
    let places = trade.targets.iter().copied().enumerate();
    let after = places.filter(|(leg, target)| {
        before.is_none_or(|before| order((*leg, target.level), before).is_gt())
    });
    after.min_by(|one, other| order((one.0, one.1.level), (other.0, other.1.level)))
}

/// Whether `price` is at `level` or worse for a trade of `direction`.
fn at_or_beyond(direction: Direction, price: Price, level: Price) -> bool {
    match direction {
        Direction::Long => price <= level,
        Direction::Short => price >= level,
    }
}

/// The extreme of a bar that is worst for a trade of `direction`.
const fn worst(direction: Direction, bar: &Bar) -> Price {
    match direction {
        Direction::Long => bar.low,
        Direction::Short => bar.high,
    }
}
