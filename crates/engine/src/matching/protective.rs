//! Protective legs of what is held: the stop before the targets, and gaps hurt.

use ballast_domain::id::Leg;
use ballast_domain::profile::Liquidity;
use ballast_domain::{
    Bar, BrokerEvent, Direction, ExitReason, OrderId, Price, Quantity, Stop, TradeId,
};

use super::order::Quote;
use super::{Holding, Matcher, PlayedBar};
use crate::position::stop_reason;

impl Matcher {
    /// Stops and targets that the open has reached or passed fill at the open.
    pub(super) fn protect_at_open(&mut self, played: &PlayedBar, out: &mut Vec<BrokerEvent>) {
        self.each_holding(
            played,
            |matcher, place, played, out| {
                let holding = &matcher.holdings[place];
                let open = played.bar.open;
                let stop = holding.trade.stop.filter(|stop| {
                    holding.stop_triggered || at_or_beyond(holding, open, stop.level)
                });
                match stop {
                    Some(stop) => matcher.fill_stop(place, stop, open, played, out),
                    None => matcher.fill_targets(place, open, Some(open), played, out),
                }
            },
            out,
        );
    }

    /// Stops inside the bar, then targets; what was entered inside it was handled when it was.
    pub(super) fn protect_inside(&mut self, played: &PlayedBar, out: &mut Vec<BrokerEvent>) {
        self.each_holding(
            played,
            |matcher, place, played, out| {
                let holding = &matcher.holdings[place];
                if holding.born_inside == Some(played.bar.close_time) || holding.stop_triggered {
                    return;
                }
                let worst = worst(holding.trade.direction, &played.bar);
                let stop =
                    holding.trade.stop.filter(|stop| at_or_beyond(holding, worst, stop.level));
                let best = best(holding.trade.direction, &played.bar);
                match stop {
                    Some(stop) => matcher.fill_stop(place, stop, stop.level, played, out),
                    None => matcher.fill_targets(place, best, None, played, out),
                }
            },
            out,
        );
    }

    /// A trade entered inside the bar: its stop counts at once, its targets only when the close
    /// is beyond them.
    pub(super) fn mark_born_inside(
        &mut self,
        trade: TradeId,
        played: &PlayedBar,
        out: &mut Vec<BrokerEvent>,
    ) {
        let Some(place) = self.holdings.iter().position(|holding| holding.trade.id == trade) else {
            return;
        };
        let holding = &mut self.holdings[place];
        holding.born_inside = Some(played.bar.close_time);
        let worst = worst(holding.trade.direction, &played.bar);
        let holding = &self.holdings[place];
        let stop = holding.trade.stop.filter(|stop| at_or_beyond(holding, worst, stop.level));
        match stop {
            Some(stop) => self.fill_stop(place, stop, stop.level, played, out),
            None => self.fill_targets(place, played.bar.close, None, played, out),
        }
    }

    fn each_holding(
        &mut self,
        played: &PlayedBar,
        look: impl Fn(&mut Self, usize, &PlayedBar, &mut Vec<BrokerEvent>),
        out: &mut Vec<BrokerEvent>,
    ) {
        let mut place = 0;
        while place < self.holdings.len() {
            let trade = self.holdings[place].trade.id;
            if self.holdings[place].trade.symbol == played.symbol {
                look(self, place, played, out);
            }
            if self.holdings.get(place).is_some_and(|holding| holding.trade.id == trade) {
                place += 1;
            }
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
        let trade = &self.holdings[place].trade;
        let order = OrderId { intent: trade.id.0, leg: Leg::Stop };
        let price = self.slipped(price, trade.direction.exit_side());
        let (id, held) = (trade.id, trade.open_quantity());
        self.holdings[place].stop_triggered = true;
        let quote = self.quote(price, Liquidity::Taker, played);
        let quantity = quote.cap.map_or(held, |cap| held.min(cap));
        if !quantity.is_zero() {
            self.leave(id, order, quantity, &quote, stop_reason(stop.kind), out);
        }
    }

    /// Fills the targets that `reached` has come to: at `price`, or at their own level.
    fn fill_targets(
        &mut self,
        place: usize,
        reached: Price,
        price: Option<Price>,
        played: &PlayedBar,
        out: &mut Vec<BrokerEvent>,
    ) {
        let id = self.holdings[place].trade.id;
        for leg in 0..self.holdings[place].trade.targets.len() {
            let Some(holding) = self.holdings.get(place).filter(|h| h.trade.id == id) else {
                return;
            };
            let target = holding.trade.targets[leg];
            let open = target.open_quantity().min(holding.trade.open_quantity());
            if open.is_zero() || !at_or_beyond_target(holding, reached, target.level) {
                continue;
            }
            let order = OrderId { intent: id.0, leg: Leg::Target(leg as u8) };
            let quote = self.quote(price.unwrap_or(target.level), Liquidity::Maker, played);
            let quantity = quote.cap.map_or(open, |cap| open.min(cap));
            if quantity.is_zero() {
                continue;
            }
            let filled = self.leave(id, order, quantity, &quote, ExitReason::TakeProfit, out);
            self.count_target(id, leg, filled);
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

fn at_or_beyond(holding: &Holding, price: Price, stop: Price) -> bool {
    match holding.trade.direction {
        Direction::Long => price <= stop,
        Direction::Short => price >= stop,
    }
}

fn at_or_beyond_target(holding: &Holding, price: Price, target: Price) -> bool {
    match holding.trade.direction {
        Direction::Long => price >= target,
        Direction::Short => price <= target,
    }
}

const fn worst(direction: Direction, bar: &Bar) -> Price {
    match direction {
        Direction::Long => bar.low,
        Direction::Short => bar.high,
    }
}

const fn best(direction: Direction, bar: &Bar) -> Price {
    match direction {
        Direction::Long => bar.high,
        Direction::Short => bar.low,
    }
}
