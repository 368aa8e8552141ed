//! Working orders: when they trigger, at what price, and how they fill.

use std::sync::Arc;

use ballast_domain::profile::Liquidity;
use ballast_domain::{
    Amendment, Bar, BrokerEvent, Fill, Money, OrderTerms, OrderType, Price, Purpose, Quantity,
    Side, TimeInForce, Timestamp, TradeId,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Matcher, Moment, PlayedBar};

/// Why nothing fills when the exact amounts do not fit a decimal.
pub(super) const TOO_LARGE: &str = "the numbers of this fill are too large to compute exactly";

/// An order that may still fill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Working {
    pub(super) terms: Arc<OrderTerms>,
    pub(super) left: Quantity,
    /// What of its reservation no fill has used, in the account's currency.
    pub(super) reserved: Decimal,
    stage: Stage,
    /// The amendment that it has, zero before the first.
    #[serde(default, skip_serializing_if = "is_zero")]
    revision: u32,
    /// Cancelled by the fill of another order; taken out when the phase is over.
    pub(super) ended: bool,
    /// Whether its end was told.
    #[serde(skip)]
    told: bool,
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
        let stage = stage(terms.order_type, terms.side, last_close);
        let reserved = terms.reserved.amount();
        Self {
            left: terms.quantity,
            reserved,
            stage,
            terms,
            revision: 0,
            ended: false,
            told: false,
        }
    }

    /// Becomes what `amendment` says; why not.
    pub(super) fn amend(
        &mut self,
        amendment: &Amendment,
        last_close: Option<Price>,
    ) -> Result<(), &'static str> {
        if amendment.revision <= self.revision {
            return Ok(());
        }
        let filled = self.terms.quantity.saturating_sub(self.left);
        if amendment.quantity <= filled {
            return Err("so much of it has filled");
        }
        let stage = match (self.stage, amendment.order_type) {
            (Stage::Market, _) => return Err("it trades at the market by now"),
            (Stage::Limit(_), OrderType::StopLimit { limit_price, .. }) => {
                Stage::Limit(limit_price)
            }
            (Stage::Trail { level, distance }, OrderType::TrailingStop { distance: wanted }) => {
                let moved = |level: Price| match self.terms.side {
                    Side::Buy => level.shifted(wanted - distance),
                    Side::Sell => level.shifted(distance - wanted),
                };
                Stage::Trail { level: level.and_then(moved), distance: wanted }
            }
            (_, order_type) => stage(order_type, self.terms.side, last_close),
        };
        let (added, freed) = (amendment.adds.amount(), amendment.frees.amount());
        self.reserved = (self.reserved + added - freed).max(Decimal::ZERO);
        self.terms = Arc::new(self.terms.amended(amendment));
        self.left = amendment.quantity.saturating_sub(filled);
        (self.stage, self.revision) = (stage, amendment.revision);
        Ok(())
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

    /// Counts a fill; an entry pays for it out of what it has reserved.
    fn count(&mut self, fill: &Fill) {
        self.left = self.left.saturating_sub(fill.quantity);
        let cost = fill.price.get().checked_mul(fill.quantity.get());
        // A fee that is taken of the coin costs no money.
        let in_money = fill.fee.currency() == self.terms.reserved.currency();
        let fee = if in_money { fill.fee.amount() } else { Decimal::ZERO };
        let cost = cost.and_then(|cost| cost.checked_add(fee));
        let rest = cost.and_then(|cost| self.reserved.checked_sub(cost));
        self.reserved = rest.unwrap_or_default().max(Decimal::ZERO);
    }

    /// What becomes of this order when `possible` units should have filled, but did not.
    fn refusal(&self, possible: Quantity, available: Option<Money>) -> BrokerEvent {
        let order = self.terms.order_id();
        let begun = self.left < self.terms.quantity;
        let reason = match (possible.is_zero(), available) {
            (true, _) if begun || self.terms.is_reducing() => {
                return BrokerEvent::Cancelled { order };
            }
            (true, Some(available)) => format!("{available} available is less than one lot costs"),
            (true, None) | (false, _) => TOO_LARGE.to_owned(),
        };
        BrokerEvent::Rejected { order, reason }
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

/// How an order of this type begins.
fn stage(order_type: OrderType, side: Side, last_close: Option<Price>) -> Stage {
    match order_type {
        OrderType::Market => Stage::Market,
        OrderType::Limit { limit_price } => Stage::Limit(limit_price),
        OrderType::Stop { stop_price } => Stage::Stop { level: stop_price, limit: None },
        OrderType::StopLimit { stop_price, limit_price } => {
            Stage::Stop { level: stop_price, limit: Some(limit_price) }
        }
        OrderType::TrailingStop { distance } => {
            let level = last_close.and_then(|close| trail(side, close, distance));
            Stage::Trail { level, distance }
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
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
            Moment::Inside if better(side, bar.close, limit) => {
                let extreme = worst(side, bar);
                Reached::Rests(if better(side, limit, extreme) { limit } else { extreme })
            }
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
            let working = &self.working[place];
            if !pending(working) || self.waits(working.terms.order_id(), played) {
                place += 1;
                continue;
            }
            let working = self.working.remove(place);
            let cap = self.volume_cap(played);
            let open = played.bar.open;
            let rest = self.fill_at_market(working, open, played.open_time, cap, out);
            place += usize::from(self.keep_rest(place, rest, played));
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
                    && !working.is_market()
                    && !self.waits(working.terms.order_id(), played);
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
        let (reached, liquidity) = match reached {
            Reached::No => return true,
            Reached::Becomes(limit) => {
                self.become_limit(place, *limit, moment, played);
                return true;
            }
            Reached::Rests(price) => (*price, Liquidity::Maker),
            Reached::Takes(price) => (*price, Liquidity::Taker),
        };
        let mut working = self.working.remove(place);
        let price = match liquidity {
            Liquidity::Maker => reached,
            Liquidity::Taker => self.slipped(reached, working.terms.side, working.terms.symbol),
        };
        if liquidity == Liquidity::Taker {
            working.stage = Stage::Market;
        }
        let cap = self.volume_cap(played);
        let entering = matches!(working.terms.purpose, Purpose::Enter { .. });
        let trade = TradeId(working.terms.intent);
        let quote = Quote { price, liquidity, at: played.open_time, cap };
        let rest = self.fill(working, &quote, out);
        let stands = self.keep_rest(place, rest, played);
        if entering && moment == Moment::Inside {
            self.protect_born_inside(trade, reached, played, out);
        }
        stands
    }

    /// Puts back what the volume of the bar did not fill, until the next one; whether there is any.
    fn keep_rest(&mut self, place: usize, rest: Option<Working>, played: &PlayedBar) -> bool {
        let Some(rest) = rest else { return false };
        self.wait(rest.terms.order_id(), played);
        self.working.insert(place, rest);
        true
    }

    /// Lets a triggered stop-limit rest. One that was triggered inside a bar is not looked at
    /// again in it: what came after the trigger is not known, but for the close.
    fn become_limit(&mut self, place: usize, limit: Price, moment: Moment, played: &PlayedBar) {
        self.working[place].stage = Stage::Limit(limit);
        if moment == Moment::Inside {
            self.wait(self.working[place].terms.order_id(), played);
        }
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
        let price = self.slipped(price, working.terms.side, working.terms.symbol);
        self.fill(working, &Quote { price, liquidity: Liquidity::Taker, at, cap }, out)
    }

    /// Fills as much as volume, money and position allow. Gives back what is left to fill.
    fn fill(
        &mut self,
        mut working: Working,
        quote: &Quote,
        out: &mut Vec<BrokerEvent>,
    ) -> Option<Working> {
        let terms = Arc::clone(&working.terms);
        let order = terms.order_id();
        let room = quote.cap.map_or(working.left, |cap| working.left.min(cap));
        let possible = match &terms.purpose {
            Purpose::Enter { .. } => self.affordable(&terms, room, quote),
            Purpose::Exit { trade, .. } => room.min(self.held_of(*trade)),
        };
        if terms.time_in_force == TimeInForce::Fok && possible < working.left {
            out.push(BrokerEvent::Expired { order });
            return None;
        }
        if room.is_zero() {
            return Some(working);
        }
        let fill = match &terms.purpose {
            Purpose::Enter { .. } => self.enter(&terms, possible, quote),
            Purpose::Exit { trade, reason, .. } => {
                self.leave(*trade, possible, quote, *reason, out)
            }
        };
        let Some(fill) = fill else {
            out.push(working.refusal(possible, self.available_for(&terms)));
            return None;
        };
        working.count(&fill);
        out.push(BrokerEvent::Filled { order, fill });
        self.end_partners(&terms);
        if possible < room {
            out.push(BrokerEvent::Cancelled { order });
            return None;
        }
        (!working.left.is_zero()).then_some(working)
    }

    /// Ends the orders that name this one as their partner, and the one that it names.
    fn end_partners(&mut self, terms: &OrderTerms) {
        let order = terms.order_id();
        for other in &mut self.working {
            other.ended |=
                other.terms.cancels == Some(order) || Some(other.terms.order_id()) == terms.cancels;
        }
    }

    /// Ends what is left of the entry of a trade that is being left, so that a trade runs from
    /// entry to flat once.
    pub(super) fn end_entry(&mut self, trade: TradeId, out: &mut Vec<BrokerEvent>) {
        let entries = self.working.iter_mut().filter(|w| w.terms.intent == trade.0 && !w.ended);
        for working in entries {
            (working.ended, working.told) = (true, true);
            out.push(BrokerEvent::Cancelled { order: working.terms.order_id() });
        }
    }

    /// Takes out what a phase has ended: partners of what filled, and exits of trades that are
    /// not held any more.
    pub(super) fn sweep(&mut self, out: &mut Vec<BrokerEvent>) {
        let holdings = &self.holdings;
        self.working.retain(|working| {
            let orphan = match &working.terms.purpose {
                Purpose::Enter { .. } => false,
                Purpose::Exit { trade, .. } => holdings.iter().all(|h| h.trade.id != *trade),
            };
            if (working.ended || orphan) && !working.told {
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
