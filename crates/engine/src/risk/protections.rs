//! Protections: what the trades that have closed lately make of the next entries.
//!
//! A protection looks when a trade closes. What it finds becomes a lock, which is a fact: the gate
//! looks at the locks, and they hold until they end or a person lifts them.

use ballast_domain::limits::{DEFAULT_LOSS_COOLDOWN, LowProfitLock, MAX_TRADES, StopGuard};
use ballast_domain::{LimitScope, Limits, Lock, LockReason, Refusal, Symbol, Timestamp, Trade};
use rust_decimal::Decimal;

use super::gate::View;
use super::scopes::Scopes;
use crate::state::{Outcome, Profile};

const MINUTE: i64 = 60_000_000_000;

/// Whether no lock holds for an instrument; of several the one that holds longest is told.
pub(super) fn not_locked(symbol: Symbol, view: &View<'_>) -> Result<(), Refusal> {
    let locks = view.profile.counters.locks_at(symbol, view.at);
    match locks.max_by_key(|lock| lock.until) {
        Some(Lock { symbol, until, why }) => {
            Err(Refusal::EntriesLocked { symbol: *symbol, until: *until, why: *why })
        }
        None => Ok(()),
    }
}

/// The locks that follow from a trade of `profile` that has just closed, without those that end
/// no later than one that holds already.
pub(crate) fn locks(profile: &Profile, closed: &Trade, scopes: &Scopes<'_>) -> Vec<Lock> {
    let Some(closed_at) = closed.closed_at else { return Vec::new() };
    let mut locks: Vec<Lock> = Vec::new();
    let found = scopes.all().flat_map(|(scope, limits)| {
        let close = Close { profile, symbol: closed.symbol, closed_at, scope };
        [
            close.losses(limits),
            limits.cooldown_minutes.map(|minutes| close.cooldown(minutes)),
            limits.stop_guard.and_then(|guard| close.stops(guard)),
            limits.low_profit_lock.and_then(|lock| close.low_profit(lock)),
        ]
    });
    for lock in found.flatten() {
        let same =
            |other: &&Lock| other.symbol == lock.symbol && other.why.limit() == lock.why.limit();
        let standing = profile.counters.locks.iter().find(same);
        if standing.is_some_and(|standing| standing.until >= lock.until) {
            continue;
        }
        match locks.iter().position(|other| same(&other)) {
            Some(place) if locks[place].until < lock.until => locks[place] = lock,
            Some(_) => {}
            None => locks.push(lock),
        }
    }
    locks
}

/// A trade that has closed, as the limits of one scope see it.
struct Close<'a> {
    profile: &'a Profile,
    symbol: Symbol,
    closed_at: Timestamp,
    scope: LimitScope,
}

impl Close<'_> {
    fn lock(&self, symbol: Option<Symbol>, minutes: u32, why: LockReason) -> Lock {
        let until = self.closed_at.saturating_add_nanos(i64::from(minutes) * MINUTE);
        Lock { symbol, until, why }
    }

    fn since(&self, minutes: u32) -> Timestamp {
        self.closed_at.saturating_add_nanos(-i64::from(minutes) * MINUTE)
    }

    fn losses(&self, limits: &Limits) -> Option<Lock> {
        let limit = limits.max_consecutive_losses?;
        let all = self.profile.counters.outcomes().flat_map(|(_, outcomes)| &outcomes.trades);
        let mut all: Vec<&Outcome> = all.collect();
        all.sort_by_key(|outcome| std::cmp::Reverse(outcome.number));
        let lost = all.iter().take_while(|outcome| outcome.profit < Decimal::ZERO);
        let losses = u32::try_from(lost.count()).unwrap_or(MAX_TRADES).min(MAX_TRADES);
        let minutes = limits.loss_cooldown_minutes.unwrap_or(DEFAULT_LOSS_COOLDOWN);
        let why = LockReason::ConsecutiveLosses { losses, limit, scope: self.scope };
        (losses >= limit).then(|| self.lock(None, minutes, why))
    }

    fn cooldown(&self, minutes: u32) -> Lock {
        let why = LockReason::Cooldown { minutes, scope: self.scope };
        self.lock(Some(self.symbol), minutes, why)
    }

    fn stops(&self, guard: StopGuard) -> Option<Lock> {
        let StopGuard { lookback_minutes: minutes, per_symbol, .. } = guard;
        let own = self.profile.counters.outcomes_of(self.symbol)?;
        if !own.trades.back()?.is_stopped_out() {
            return None;
        }
        let since = self.since(minutes);
        let all = self.profile.counters.outcomes();
        let counted = all.filter(|(symbol, _)| !per_symbol || *symbol == self.symbol);
        let stops = counted.flat_map(|(_, outcomes)| &outcomes.stopped_out);
        let stops = stops.filter(|outcome| outcome.closed_at > since).count();
        let stops = u32::try_from(stops).unwrap_or(u32::MAX);
        let why = LockReason::StopGuard { stops, minutes, scope: self.scope };
        let symbol = per_symbol.then_some(self.symbol);
        (stops >= guard.stops).then(|| self.lock(symbol, guard.lock_minutes, why))
    }

    fn low_profit(&self, lock: LowProfitLock) -> Option<Lock> {
        let trades = &self.profile.counters.outcomes_of(self.symbol)?.trades;
        let first = trades.len().checked_sub(lock.trades as usize)?;
        let since = self.since(lock.lookback_minutes);
        let (mut profit, mut cost) = (Decimal::ZERO, Decimal::ZERO);
        for outcome in trades.range(first..) {
            if outcome.closed_at <= since {
                return None;
            }
            profit = profit.checked_add(outcome.profit)?;
            cost = cost.checked_add(outcome.cost)?;
        }
        let profit_percent = profit.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(cost)?;
        let why = LockReason::LowProfit {
            trades: lock.trades,
            profit_percent,
            limit_percent: lock.min_profit_percent,
            scope: self.scope,
        };
        let low = profit_percent < lock.min_profit_percent;
        low.then(|| self.lock(Some(self.symbol), lock.lock_minutes, why))
    }
}
