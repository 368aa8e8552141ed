//! What the limits of all scopes come to for an entry that was accepted.

use ballast_domain::limits::DEFAULT_LOSS_COOLDOWN;
use ballast_domain::profile::Liquidity;
use ballast_domain::{
    Amendment, Cause, Direction, LimitScope, Limits, Lock, LockReason, OrderId, OrderTerms,
    OrderType, Price, Purpose, Symbol, Timestamp, TradeId,
};
use rust_decimal::Decimal;

use super::{Audit, Known, Mark, Outcome, Works, by_fill};
use crate::invariants::{Found, Invariant, violation};

const MINUTE: i64 = 60_000_000_000;
/// Money is rounded where it arises.
const TRIFLE: Decimal = Decimal::from_parts(1, 0, 0, false, 6);

/// What profiles come to.
#[derive(Debug, Clone, Copy, Default)]
struct Used {
    positions: usize,
    held: Decimal,
    reserved: Decimal,
    opening: Decimal,
    loss: Decimal,
    /// Nobody here can tell what the loss is.
    unknown: bool,
}

/// Limits, and the profiles that they go over together.
struct Scope<'a> {
    limits: &'a Limits,
    over: Vec<&'a Known>,
}

impl Audit {
    /// Whether an entry that was accepted keeps every limit of every scope.
    pub(super) fn accepted(&mut self, terms: &OrderTerms, cause: &Cause) -> Found {
        let mut broken = Vec::new();
        let Some(known) = self.profiles.get(&terms.intent.profile) else { return Vec::new() };
        let marks = self.marks_for(known, terms, cause);
        let order = OrderId::main(terms.intent);
        let own_orders = |it: &&Works| Some(it.terms.order_id()) == terms.cancels;
        let partner = known.orders.values().find(own_orders);
        let mut compared = 0;
        for scope in self.scopes(known) {
            let limits = scope.limits;
            let mut holds = |name: &str, held: bool| {
                compared += 1;
                if !held {
                    broken.push(name.to_owned());
                }
            };
            holds("restrictedSymbols", !limits.restricted_symbols.contains(&terms.symbol));
            if let Some(most) = limits.max_order_quantity {
                holds("maxOrderQuantity", terms.quantity.get() <= most);
            }
            if let Some(most) = limits.max_order_notional {
                let notional = marks.iter().map(|mark| notional(terms, *mark));
                holds("maxOrderNotional", any(notional, |notional| notional <= most));
            }
            if let Some(most) = limits.max_data_age_ms.filter(|_| !by_fill(cause)) {
                let ages = marks.iter().map(|(_, at)| self.now.nanos_since(*at) / 1_000_000);
                holds("maxDataAgeMs", any(ages, |age| age <= most as i64));
            }
            if let Some(most) = limits.price_collar_percent {
                let far = marks.iter().map(|mark| beyond(terms, mark.0));
                holds("priceCollarPercent", any(far, |far| far <= most + TRIFLE));
            }
            if let Some(most) = limits.max_price_ratio {
                let ratios = marks.iter().map(|mark| ratio(terms, mark.0));
                holds("maxPriceRatio", any(ratios, |ratio| ratio <= most + TRIFLE));
            }
            self.sums(&scope, terms, partner, &mut holds);
            pace(&scope, (known, terms), partner, order, &mut holds);
        }
        let mut locks = known.locks.iter().filter(|lock| holds_at(lock, terms));
        if let Some(lock) = locks.next() {
            broken.push(format!("a lock: {lock:?}"));
        }
        if !known.blind && !marks.is_empty() {
            let available = known.available().max(Decimal::ZERO);
            let needed = marks.iter().map(|mark| needed(known, terms, *mark));
            let reserved = terms.reserved.amount();
            let is_it = |needed: Decimal| (needed.min(available) - reserved).abs() <= TRIFLE;
            if !any(needed, is_it) {
                broken.push(format!("its reservation, of {available} available"));
            }
        }
        self.compared += compared;
        told(&format!("{} was accepted beyond", terms.intent), terms, &broken)
    }

    /// Whether an amendment that makes more of an order keeps the limits of one order and of sums.
    pub(super) fn amends(&mut self, order: OrderId, asked: &Amendment) -> Found {
        let mut broken = Vec::new();
        let Some(known) = self.profiles.get(&order.intent.profile) else { return Vec::new() };
        let Some(works) = known.orders.get(&order) else { return Vec::new() };
        let terms = works.terms.amended(asked);
        let more = asked.quantity > works.terms.quantity || !asked.adds.amount().is_zero();
        if terms.is_reducing() || !more {
            return Vec::new();
        }
        let marks = self.marks_for(known, &terms, &Cause::Command);
        let mut compared = 0;
        for scope in self.scopes(known) {
            let limits = scope.limits;
            let mut holds = |name: &str, held: bool| {
                compared += 1;
                if !held {
                    broken.push(name.to_owned());
                }
            };
            holds("restrictedSymbols", !limits.restricted_symbols.contains(&terms.symbol));
            if let Some(most) = limits.max_order_quantity {
                holds("maxOrderQuantity", asked.quantity.get() <= most);
            }
            if let Some(most) = limits.max_order_notional {
                let left = (asked.quantity.get() - works.filled).max(Decimal::ZERO);
                let whole = marks.iter().map(|(price, _)| {
                    works.spent + reckoned(terms.order_type, price.get(), way(&terms)) * left
                });
                holds("maxOrderNotional of the whole order", any(whole, |whole| whole <= most));
            }
            if let Some(most) = limits.max_data_age_ms {
                let ages = marks.iter().map(|(_, at)| self.now.nanos_since(*at) / 1_000_000);
                holds("maxDataAgeMs", any(ages, |age| age <= most as i64));
            }
            if !scope.over.iter().any(|known| known.blind) {
                let used = self.used(&scope);
                let adds = asked.adds.amount();
                if let Some(most) = limits.max_exposure {
                    holds("maxExposure", used.held + used.reserved + adds <= most + TRIFLE);
                }
                if let Some(most) = limits.max_open_order_notional {
                    holds("maxOpenOrderNotional", used.reserved + adds <= most + TRIFLE);
                }
                losses(limits, &used, &mut holds);
            }
        }
        let at = self.now;
        let holds =
            |lock: &&Lock| lock.until > at && lock.symbol.is_none_or(|of| of == terms.symbol);
        if let Some(lock) = known.locks.iter().find(holds) {
            broken.push(format!("a lock: {lock:?}"));
        }
        self.compared += compared;
        told(&format!("{order} was let become"), &terms, &broken)
    }

    /// The prices by which it may have been decided; none where none is known.
    fn marks_for(&self, known: &Known, terms: &OrderTerms, cause: &Cause) -> Vec<Mark> {
        if known.unmarked.contains(&terms.symbol) {
            return Vec::new();
        }
        let mut marks = self.marks.get(&terms.symbol).cloned().unwrap_or_default();
        // The second half of a reversal is decided by the price at which the first has filled.
        if by_fill(cause) {
            let lots = known.lots.values().filter(|lot| lot.symbol == terms.symbol);
            marks.extend(
                lots.filter_map(super::lot::Lot::last_price).map(|price| (price, self.now)),
            );
        }
        marks
    }

    fn scopes<'a>(&'a self, known: &'a Known) -> Vec<Scope<'a>> {
        let all = || self.profiles.values().collect();
        vec![
            Scope { limits: &self.product, over: all() },
            Scope { limits: &self.tenant, over: all() },
            Scope { limits: &known.document.limits, over: vec![known] },
            Scope { limits: &known.document.strategy.limits, over: vec![known] },
        ]
    }

    fn used(&self, scope: &Scope<'_>) -> Used {
        let mut used = Used::default();
        for known in &scope.over {
            for works in known.orders.values().filter(|works| !works.terms.is_reducing()) {
                used.reserved += works.reserved;
                let trade = TradeId(works.terms.intent);
                let open = known.lots.get(&trade).is_some_and(|lot| lot.units > Decimal::ZERO);
                used.positions += usize::from(!open);
            }
            used.positions += known.held().count();
            used.held += known.held().map(|lot| lot.cost).sum::<Decimal>();
            let today = known.document.time_zone.day(self.now).0;
            let opening = known.opening.filter(|(day, _)| !known.removed || *day >= today);
            if let Some((_, opening)) = opening {
                used.opening += opening;
                match self.equity(known) {
                    Some(equity) => used.loss += opening - equity,
                    None => used.unknown = true,
                }
            }
        }
        used
    }

    /// What a profile is worth, where one last price is known of all that it holds.
    fn equity(&self, known: &Known) -> Option<Decimal> {
        known.held().try_fold(known.cash(), |equity, lot| {
            let marks = self.marks.get(&lot.symbol)?;
            let mark =
                (marks.len() == 1 && !known.unmarked.contains(&lot.symbol)).then(|| marks[0]);
            Some(equity + lot.open_profit(mark?.0.get()))
        })
    }

    /// Sums over all profiles of a scope, with the new entry.
    fn sums(
        &self,
        scope: &Scope<'_>,
        terms: &OrderTerms,
        partner: Option<&Works>,
        holds: &mut impl FnMut(&str, bool),
    ) {
        let (limits, new) = (scope.limits, terms.reserved.amount());
        if scope.over.iter().any(|known| known.blind) {
            return;
        }
        let used = self.used(scope);
        if let Some(most) = limits.max_open_positions {
            // Of two that cancel each other only one becomes a position.
            let own = self.profiles.get(&terms.intent.profile);
            let replaced = partner.is_some_and(|other| {
                let trade = TradeId(other.terms.intent);
                let lot = own.and_then(|own| own.lots.get(&trade));
                !other.terms.is_reducing() && lot.is_none_or(|lot| lot.units <= Decimal::ZERO)
            });
            holds("maxOpenPositions", used.positions - usize::from(replaced) < most as usize);
        }
        if let Some(most) = limits.max_exposure {
            holds("maxExposure", used.held + used.reserved + new <= most + TRIFLE);
        }
        if let Some(most) = limits.max_open_order_notional {
            holds("maxOpenOrderNotional", used.reserved + new <= most + TRIFLE);
        }
        if let (Some(most), Some(own)) =
            (limits.max_position_notional, self.profiles.get(&terms.intent.profile))
        {
            let held = own.held().filter(|lot| lot.symbol == terms.symbol);
            let works = own.orders.values().filter(|works| works.terms.symbol == terms.symbol);
            let sum = held.map(|lot| lot.cost).chain(works.map(|works| works.reserved));
            holds("maxPositionNotional", sum.sum::<Decimal>() + new <= most + TRIFLE);
        }
        losses(limits, &used, holds);
        if let (Some(most), Some(own)) =
            (limits.max_drawdown_percent, self.profiles.get(&terms.intent.profile))
            && let (Some(peak), Some(equity)) = (own.peak, self.equity(own))
            && peak > Decimal::ZERO
        {
            let fall = (peak - equity) * Decimal::ONE_HUNDRED / peak;
            holds("maxDrawdownPercent", fall < most + TRIFLE);
        }
    }
}

fn losses(limits: &Limits, used: &Used, holds: &mut impl FnMut(&str, bool)) {
    if used.unknown {
        return;
    }
    if let Some(most) = limits.max_daily_loss {
        holds("maxDailyLoss", used.loss < most + TRIFLE);
    }
    if let Some(most) = limits.max_daily_loss_percent.filter(|_| used.opening > Decimal::ZERO) {
        let percent = used.loss * Decimal::ONE_HUNDRED / used.opening;
        holds("maxDailyLossPercent", percent < most + TRIFLE);
    }
}

/// How often, and how soon after the last.
fn pace(
    scope: &Scope<'_>,
    (known, terms): (&Known, &OrderTerms),
    partner: Option<&Works>,
    order: OrderId,
    holds: &mut impl FnMut(&str, bool),
) {
    let at = terms.accepted_at;
    if let Some(most) = scope.limits.max_orders_per_minute {
        let entered = scope.over.iter().flat_map(|known| &known.entered);
        let since = at.saturating_add_nanos(-MINUTE);
        let within = |stamp: Timestamp| stamp > since && stamp <= at;
        let count = entered.filter(|entered| within(entered.accepted_at)).count();
        holds("maxOrdersPerMinute", count < most as usize);
    }
    if let Some(least) = scope.limits.min_entry_interval_ms {
        let alike =
            |it: &&std::sync::Arc<OrderTerms>| (it.symbol, it.side) == (terms.symbol, terms.side);
        let last = known.entered.iter().filter(alike).map(|entered| entered.accepted_at).max();
        let together = partner.is_some_and(|other| {
            other.terms.cancels == Some(order) && other.terms.side == terms.side
        });
        let apart = last.is_none_or(|last| at.nanos_since(last) >= least as i64 * 1_000_000);
        holds("minEntryIntervalMs", apart || together);
    }
}

fn told(what: &str, terms: &OrderTerms, broken: &[String]) -> Found {
    match broken.is_empty() {
        true => Vec::new(),
        false => {
            let why = format!("{what} {}: {terms:?}", broken.join(", "));
            vec![violation(Invariant::LimitsHold, why)]
        }
    }
}

/// Whether one of the ways in which it may have been is allowed; nothing is known of no way.
fn any<T>(ways: impl Iterator<Item = T>, allowed: impl Fn(T) -> bool) -> bool {
    let mut ways = ways.peekable();
    ways.peek().is_none() || ways.any(allowed)
}

fn holds_at(lock: &Lock, terms: &OrderTerms) -> bool {
    lock.until > terms.accepted_at && lock.symbol.is_none_or(|of| of == terms.symbol)
}

fn way(terms: &OrderTerms) -> Direction {
    match &terms.purpose {
        Purpose::Enter { direction, .. } => *direction,
        Purpose::Exit { .. } => Direction::Long,
    }
}

/// The highest price at which an entry may fill while the market stands at `mark`.
fn reckoned(order_type: OrderType, mark: Decimal, way: Direction) -> Decimal {
    let buys = way == Direction::Long;
    match order_type {
        OrderType::Market => mark,
        OrderType::Limit { limit_price } if buys => limit_price.get(),
        OrderType::Limit { limit_price } => limit_price.get().max(mark),
        OrderType::Stop { stop_price } if buys => stop_price.get().max(mark),
        OrderType::Stop { stop_price } => stop_price.get(),
        OrderType::StopLimit { limit_price, .. } if buys => limit_price.get(),
        OrderType::StopLimit { stop_price, limit_price } => {
            limit_price.get().max(stop_price.get().min(mark))
        }
        OrderType::TrailingStop { distance } if buys => mark + distance,
        OrderType::TrailingStop { .. } => mark,
    }
}

fn notional(terms: &OrderTerms, (mark, _): Mark) -> Decimal {
    reckoned(terms.order_type, mark.get(), way(terms)) * terms.quantity.get()
}

/// Cost and fee of an entry.
fn needed(known: &Known, terms: &OrderTerms, mark: Mark) -> Decimal {
    let notional = notional(terms, mark);
    let liquidity = match terms.order_type {
        OrderType::Limit { .. } => Liquidity::Maker,
        _ => Liquidity::Taker,
    };
    let fee = known.document.fees.fee(notional, terms.quantity.get(), liquidity);
    notional + fee.unwrap_or_default()
}

/// By how much, in percent, an entry's price is worse than the market's or than its own stop.
fn beyond(terms: &OrderTerms, mark: Price) -> Decimal {
    let (mark, buys) = (mark.get(), way(terms) == Direction::Long);
    let triggered = |stop: Price| if buys { stop.get().max(mark) } else { stop.get().min(mark) };
    let (price, reference) = match terms.order_type {
        OrderType::Limit { limit_price } => (limit_price.get(), mark),
        OrderType::StopLimit { stop_price, limit_price } => {
            (limit_price.get(), triggered(stop_price))
        }
        OrderType::Market | OrderType::Stop { .. } | OrderType::TrailingStop { .. } => (mark, mark),
    };
    let worse = if buys { price - reference } else { reference - price };
    worse * Decimal::ONE_HUNDRED / reference
}

/// How many times above or below the market the furthest of an order's prices is.
fn ratio(terms: &OrderTerms, mark: Price) -> Decimal {
    let mark = mark.get();
    let named = match terms.order_type {
        OrderType::Market => vec![],
        OrderType::TrailingStop { distance } => vec![mark + distance],
        OrderType::Limit { limit_price } => vec![limit_price.get()],
        OrderType::Stop { stop_price } => vec![stop_price.get()],
        OrderType::StopLimit { stop_price, limit_price } => {
            vec![stop_price.get(), limit_price.get()]
        }
    };
    let far = named.into_iter().map(|price| (price / mark).max(mark / price));
    far.max().unwrap_or(Decimal::ONE)
}

/// The locks that the limits of one scope make of a trade that has just closed.
pub(super) fn locks_of(limits: &Limits, closed: &[Outcome], trade: TradeId) -> Vec<Lock> {
    let Some(last) = closed.iter().find(|outcome| outcome.trade == trade) else {
        return Vec::new();
    };
    let scope = LimitScope::Profile;
    let lock = |symbol: Option<Symbol>, minutes: u32, why| Lock {
        symbol,
        until: last.at.saturating_add_nanos(i64::from(minutes) * MINUTE),
        why,
    };
    let since = |minutes: u32| last.at.saturating_add_nanos(-i64::from(minutes) * MINUTE);
    let young = |outcome: &&Outcome, since: Timestamp| outcome.at > since;
    let own = closed.iter().filter(|outcome| outcome.symbol == last.symbol);
    let mut locks = Vec::new();
    if let Some(limit) = limits.max_consecutive_losses {
        let lost = closed.iter().rev().take_while(|outcome| outcome.profit < Decimal::ZERO);
        let losses = lost.count() as u32;
        let minutes = limits.loss_cooldown_minutes.unwrap_or(DEFAULT_LOSS_COOLDOWN);
        if losses >= limit {
            locks.push(lock(None, minutes, LockReason::ConsecutiveLosses { losses, limit, scope }));
        }
    }
    if let Some(minutes) = limits.cooldown_minutes {
        locks.push(lock(Some(last.symbol), minutes, LockReason::Cooldown { minutes, scope }));
    }
    if let Some(guard) = limits.stop_guard {
        let minutes = guard.lookback_minutes;
        let lost = |outcome: &&Outcome| outcome.by_stop && outcome.profit < Decimal::ZERO;
        let newest_lost = own.clone().next_back().is_some_and(|outcome| lost(&outcome));
        let all = closed.iter().filter(|it| !guard.per_symbol || it.symbol == last.symbol);
        let stops = all.filter(lost).filter(|it| young(it, since(minutes))).count() as u32;
        if newest_lost && stops >= guard.stops {
            let symbol = guard.per_symbol.then_some(last.symbol);
            let why = LockReason::StopGuard { stops, minutes, scope };
            locks.push(lock(symbol, guard.lock_minutes, why));
        }
    }
    if let Some(low) = limits.low_profit_lock {
        let latest: Vec<_> = own.rev().take(low.trades as usize).collect();
        let all_young = latest.iter().all(|it| young(it, since(low.lookback_minutes)));
        let profit = latest.iter().map(|outcome| outcome.profit).sum::<Decimal>();
        let cost = latest.iter().map(|outcome| outcome.cost).sum::<Decimal>();
        let percent = (profit * Decimal::ONE_HUNDRED).checked_div(cost);
        let limit_percent = low.min_profit_percent;
        let enough = latest.len() == low.trades as usize && all_young;
        if let Some(profit_percent) = percent.filter(|it| enough && *it < limit_percent) {
            let trades = low.trades;
            let why = LockReason::LowProfit { trades, profit_percent, limit_percent, scope };
            locks.push(lock(Some(last.symbol), low.lock_minutes, why));
        }
    }
    locks
}
