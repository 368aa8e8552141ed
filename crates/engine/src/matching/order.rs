//! Working orders: when they trigger, at what price, and how they fill.

use std::sync::Arc;

use ballast_domain::profile::Liquidity;
use ballast_domain::{
    Bar, BrokerEvent, OrderTerms, OrderType, Price, Purpose, Quantity, Side, TimeInForce,
    Timestamp, TradeId,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Matcher, Moment, PlayedBar};

/// An order that may still fill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Working {
    pub(super) terms: Arc<OrderTerms>,
    pub(super) left: Quantity,
    stage: Stage,
    /// Cancelled by its partner's fill; taken out when the phase is over.
    pub(super) ended: bool,
}

/// How a working order stands to the market now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Stage {
    /// Fills at the next open.
    Market,
    /// Fills at its limit or better.
    Limit(Price),
    /// Triggers at its level, then trades at the market or as a limit order.
    Stop { level: Price, limit: Option<Price> },
    /// A stop that follows the market; without a level until a price is known.
    Trail { level: Option<Price>, distance: Decimal },
}

/// What a resting order does at one moment of a bar.
enum Reached {
    No,
    /// Fills as a resting order at this price.
    Rests(Price),
    /// Triggers and fills at the market at this price.
    Takes(Price),
    /// Triggers and rests from now on.
    Becomes(Price),
}

impl Working {
    pub(super) fn new(terms: Arc<OrderTerms>, last_close: Option<Price>) -> Self {
        let stage = match terms.order_type {
            OrderType::Market => Stage::Market,
            OrderType::Limit { limit_price } => Stage::Limit(limit_price),
            OrderType::Stop { stop_price } => Stage::Stop { level: stop_price, limit: None },
            OrderType::StopLimit { stop_price, limit_price } => {
                Stage::Stop { level: stop_price, limit: Some(limit_price) }
            }
            OrderType::TrailingStop { distance } => {
                let level = last_close.and_then(|close| trail(terms.side, close, distance));
                Stage::Trail { level, distance }
            }
        };
        Self { left: terms.quantity, stage, terms, ended: false }
    }

    /// Lets a trailing order follow the extreme of a bar that has ended.
    pub(super) fn follow(&mut self, bar: &Bar) {
        let Stage::Trail { level, distance } = &mut self.stage else {
            return;
        };
        let side = self.terms.side;
        let extreme = match side {
            Side::Buy => bar.low,
            Side::Sell => bar.high,
        };
        let next = trail(side, extreme, *distance);
        *level = match (*level, next) {
            (Some(level), Some(next)) if side == Side::Buy => Some(level.min(next)),
            (Some(level), Some(next)) => Some(level.max(next)),
            (level, next) => level.or(next),
        };
    }

    const fn is_market(&self) -> bool {
        matches!(self.stage, Stage::Market)
    }

    const fn is_stop(&self) -> bool {
        matches!(self.stage, Stage::Stop { .. } | Stage::Trail { .. })
    }

    fn reached(&self, bar: &Bar, moment: Moment) -> Reached {
        let side = self.terms.side;
        match (self.stage, moment) {
            (Stage::Market, _) | (Stage::Trail { level: None, .. }, _) => Reached::No,
            (Stage::Limit(limit), Moment::Open) if better(side, bar.open, limit) => {
                Reached::Rests(bar.open)
            }
            (Stage::Limit(limit), Moment::Inside) if better(side, best(side, bar), limit) => {
                Reached::Rests(limit)
            }
            (Stage::Limit(_), _) => Reached::No,
            (Stage::Stop { level, limit }, moment) => stop(side, level, limit, bar, moment),
            (Stage::Trail { level: Some(level), .. }, moment) => {
                stop(side, level, None, bar, moment)
            }
        }
    }
}

fn stop(side: Side, level: Price, limit: Option<Price>, bar: &Bar, moment: Moment) -> Reached {
    let (price, triggered) = match moment {
        Moment::Open => (bar.open, better(side, level, bar.open)),
        Moment::Inside => (level, better(side, level, worst(side, bar))),
    };
    match limit {
        _ if !triggered => Reached::No,
        None => Reached::Takes(price),
        Some(limit) => match moment {
            Moment::Open if better(side, bar.open, limit) => Reached::Rests(bar.open),
            Moment::Inside if better(side, bar.close, limit) => Reached::Rests(limit),
            _ => Reached::Becomes(limit),
        },
    }
}

/// Whether `price` is at `than` or better for `side`: at most for a buy, at least for a sell.
fn better(side: Side, price: Price, than: Price) -> bool {
    match side {
        Side::Buy => price <= than,
        Side::Sell => price >= than,
    }
}

const fn best(side: Side, bar: &Bar) -> Price {
    match side {
        Side::Buy => bar.low,
        Side::Sell => bar.high,
    }
}

const fn worst(side: Side, bar: &Bar) -> Price {
    best(side.opposite(), bar)
}

fn trail(side: Side, extreme: Price, distance: Decimal) -> Option<Price> {
    extreme.shifted(match side {
        Side::Buy => distance,
        Side::Sell => -distance,
    })
}

impl Matcher {
    /// Fills the market orders of the bar's instrument at its open: the reducing ones, or the
    /// others.
    pub(super) fn fill_market_orders(
        &mut self,
        played: &PlayedBar,
        reducing: bool,
        out: &mut Vec<BrokerEvent>,
    ) {
        let pending = |working: &Working| {
            working.is_market()
                && !working.ended
                && working.terms.symbol == played.symbol
                && working.terms.time_in_force != TimeInForce::AtClose
                && working.terms.is_reducing() == reducing
        };
        let mut place = 0;
        while place < self.working.len() {
            if !pending(&self.working[place]) {
                place += 1;
                continue;
            }
            let working = self.working.remove(place);
            let cap = self.volume_cap(played);
            let open = played.bar.open;
            if let Some(rest) = self.fill_at_market(working, open, played.open_time, cap, out) {
                self.working.insert(place, rest);
                place += 1;
            }
        }
    }

    /// Fills or triggers the resting orders that the bar reaches, stops before limits.
    pub(super) fn fill_resting(
        &mut self,
        played: &PlayedBar,
        moment: Moment,
        out: &mut Vec<BrokerEvent>,
    ) {
        for stops in [true, false] {
            let mut place = 0;
            while place < self.working.len() {
                let working = &self.working[place];
                let looked_at = working.terms.symbol == played.symbol
                    && !working.ended
                    && working.is_stop() == stops
                    && !working.is_market();
                let reached =
                    if looked_at { working.reached(&played.bar, moment) } else { Reached::No };
                if self.carry_out(place, &reached, played, moment, out) {
                    place += 1;
                }
            }
        }
    }

    /// Does what a resting order has reached; whether an order still stands at `place`.
    fn carry_out(
        &mut self,
        place: usize,
        reached: &Reached,
        played: &PlayedBar,
        moment: Moment,
        out: &mut Vec<BrokerEvent>,
    ) -> bool {
        let (price, liquidity) = match reached {
            Reached::No => return true,
            Reached::Becomes(limit) => {
                self.working[place].stage = Stage::Limit(*limit);
                return true;
            }
            Reached::Rests(price) => (*price, Liquidity::Maker),
            Reached::Takes(price) => (*price, Liquidity::Taker),
        };
        let mut working = self.working.remove(place);
        let side = working.terms.side;
        let price = match liquidity {
            Liquidity::Maker => price,
            Liquidity::Taker => self.slipped(price, side),
        };
        if liquidity == Liquidity::Taker {
            working.stage = Stage::Market;
        }
        let cap = self.volume_cap(played);
        let entering = matches!(working.terms.purpose, Purpose::Enter { .. });
        let trade = TradeId(working.terms.intent);
        let quote = Quote { price, liquidity, at: played.open_time, cap };
        let rest = self.fill(working, &quote, out);
        let stands = rest.is_some();
        if let Some(rest) = rest {
            self.working.insert(place, rest);
        }
        if entering && moment == Moment::Inside {
            self.mark_born_inside(trade, played, out);
        }
        stands
    }

    /// Fills at the market: `price` made worse by the slippage. Gives back what is left.
    pub(super) fn fill_at_market(
        &mut self,
        working: Working,
        price: Price,
        at: Timestamp,
        cap: Option<Quantity>,
        out: &mut Vec<BrokerEvent>,
    ) -> Option<Working> {
        let price = self.slipped(price, working.terms.side);
        self.fill(working, &Quote { price, liquidity: Liquidity::Taker, at, cap }, out)
    }

    /// Fills as much as volume, money and position allow. Gives back what is left to fill.
    fn fill(
        &mut self,
        mut working: Working,
        quote: &Quote,
        out: &mut Vec<BrokerEvent>,
    ) -> Option<Working> {
        let order = working.terms.order_id();
        let wanted = working.left;
        let all_or_nothing = working.terms.time_in_force == TimeInForce::Fok;
        let room = quote.cap.map_or(wanted, |cap| wanted.min(cap));
        if all_or_nothing && room < wanted {
            out.push(BrokerEvent::Expired { order });
            return None;
        }
        if room.is_zero() {
            return Some(working);
        }
        let terms = Arc::clone(&working.terms);
        let filled = match &terms.purpose {
            Purpose::Enter { .. } => self.enter(&terms, room, quote, out),
            Purpose::Exit { trade, reason, .. } => {
                self.leave(*trade, order, room, quote, *reason, out)
            }
        };
        if !filled.is_zero() {
            self.end_partner(&terms);
        }
        working.left = wanted.saturating_sub(filled);
        let ended = filled < room || working.left.is_zero();
        if filled < room && !filled.is_zero() {
            out.push(BrokerEvent::Cancelled { order });
        }
        (!ended).then_some(working)
    }

    fn end_partner(&mut self, terms: &OrderTerms) {
        let partner = self.working.iter_mut().find(|other| {
            Some(other.terms.order_id()) == terms.cancels
                || other.terms.cancels == Some(terms.order_id())
        });
        if let Some(partner) = partner {
            partner.ended = true;
        }
    }

    /// The rest of an entry ends with its trade; filled later, it would be another one.
    pub(super) fn end_entry_of(&mut self, trade: TradeId) {
        let rest = self.working.iter_mut().find(|working| working.terms.intent == trade.0);
        if let Some(rest) = rest {
            rest.ended = true;
        }
    }

    /// Takes out what a phase has ended: partners of what filled, the rest of an entry and exits
    /// of trades that are not held any more.
    pub(super) fn sweep(&mut self, out: &mut Vec<BrokerEvent>) {
        let holdings = &self.holdings;
        self.working.retain(|working| {
            let orphan = match &working.terms.purpose {
                Purpose::Enter { .. } => false,
                Purpose::Exit { trade, .. } => holdings.iter().all(|h| h.trade.id != *trade),
            };
            if working.ended || orphan {
                out.push(BrokerEvent::Cancelled { order: working.terms.order_id() });
            }
            !working.ended && !orphan
        });
    }
}

/// What a fill may be made at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quote {
    pub(super) price: Price,
    pub(super) liquidity: Liquidity,
    pub(super) at: Timestamp,
    pub(super) cap: Option<Quantity>,
}
