//! The checks of what all positions and entries of a scope come to: how many, how much they use,
//! how often, and what they have lost.

use std::cell::OnceCell;

use ballast_domain::{
    Account, Direction, LimitScope, Limits, OrderId, ProfileId, Refusal, Symbol, TradeId,
};
use rust_decimal::Decimal;

use super::gate::View;
use super::price::millis_since;
use super::scopes::Scopes;
use crate::state::{Order, Profile};

/// What one profile comes to, or several.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// Trades open or being entered.
    positions: u32,
    /// Entries accepted within the last minute.
    entries: u32,
    /// What positions at cost and working entries use, in the profile's currency.
    exposure: Decimal,
    /// What working entries reserve, in the profile's currency.
    open_orders: Decimal,
    /// Equity at the day's opening, of profiles whose day is known.
    opening: Decimal,
    /// Equity of the same profiles now.
    equity: Decimal,
    /// One of them of which nobody can tell what it is worth now.
    unpriced: Option<ProfileId>,
}

/// What is compared with the limits of a profile's scopes.
pub(super) struct Measure<'a> {
    view: &'a View<'a>,
    scopes: &'a Scopes<'a>,
    own: Sums,
    /// Reckoned only where the tenant or the product limits something.
    all: OnceCell<Sums>,
}

impl<'a> Measure<'a> {
    pub(super) fn new(view: &'a View<'a>, scopes: &'a Scopes<'a>) -> Self {
        let mut own = Sums::default();
        own.add(view.profile, view, true);
        Self { view, scopes, own, all: OnceCell::new() }
    }

    fn sums(&self, wide: bool) -> &Sums {
        let all = || {
            let mut all = Sums::default();
            let currency = self.view.profile.book.currency();
            for profile in self.view.state.profiles() {
                all.add(profile, self.view, profile.book.currency() == currency);
            }
            all
        };
        if wide { self.all.get_or_init(all) } else { &self.own }
    }

    /// The first limit that `breaks`, of the whole tenant and then of the profile.
    fn broken<T: Ord + Copy>(
        &self,
        limit: impl Fn(&Limits) -> Option<T>,
        breaks: impl Fn(&Sums, T) -> bool,
    ) -> Option<(&Sums, T, LimitScope)> {
        [true, false].into_iter().find_map(|wide| {
            let (limit, scope) = self.scopes.least_of(wide, &limit)?;
            let sums = self.sums(wide);
            breaks(sums, limit).then_some((sums, limit, scope))
        })
    }

    /// Whether one more position may be entered; of a pair only one is.
    pub(super) fn may_open(&self, partner: Option<&Order>) -> Result<(), Refusal> {
        let is_counted = |partner: &&Order| {
            !partner.terms.is_reducing()
                && !self.view.profile.trades.contains_key(&TradeId(partner.terms.intent))
        };
        let replaced = u32::from(partner.filter(is_counted).is_some());
        let full = |sums: &Sums, limit| sums.positions.saturating_sub(replaced) >= limit;
        match self.broken(|limits| limits.max_open_positions, full) {
            Some((sums, limit, scope)) => {
                let (open, scope) = (sums.positions, Some(scope));
                Err(Refusal::TooManyPositions { open, limit, scope })
            }
            None => Ok(()),
        }
    }

    /// Whether so much more may be used, in quote currency.
    pub(super) fn has_room(&self, symbol: Symbol, used: Decimal) -> Result<(), Refusal> {
        let notional = self.view.profile.used_by(symbol).saturating_add(used);
        match self.scopes.least(|limits| limits.max_position_notional) {
            Some((limit, scope)) if notional > limit => {
                return Err(Refusal::PositionAboveLimit { notional, limit, scope });
            }
            _ => {}
        }
        let above = |sums: &Sums, limit| sums.exposure.saturating_add(used) > limit;
        if let Some((sums, limit, scope)) = self.broken(|limits| limits.max_exposure, above) {
            let exposure = sums.exposure.saturating_add(used);
            return Err(Refusal::ExposureAboveLimit { exposure, limit, scope });
        }
        let above = |sums: &Sums, limit| sums.open_orders.saturating_add(used) > limit;
        match self.broken(|limits| limits.max_open_order_notional, above) {
            Some((sums, limit, scope)) => {
                let notional = sums.open_orders.saturating_add(used);
                Err(Refusal::OpenOrdersAboveLimit { notional, limit, scope })
            }
            None => Ok(()),
        }
    }

    /// Whether it is not too soon for another entry; the other of a pair that is asked for with it
    /// is none.
    pub(super) fn in_time(
        &self,
        symbol: Symbol,
        direction: Direction,
        partner: Option<&Order>,
    ) -> Result<(), Refusal> {
        let full = |sums: &Sums, limit| sums.entries >= limit;
        let rate = self.broken(|limits| limits.max_orders_per_minute, full);
        if let Some((sums, limit, scope)) = rate {
            return Err(Refusal::OrderRateAboveLimit { orders: sums.entries, limit, scope });
        }
        let longest =
            self.scopes.least(|limits| limits.min_entry_interval_ms.map(std::cmp::Reverse));
        let last = self.view.profile.counters.last_entry(symbol, direction);
        let (Some((limit, scope)), Some(last)) = (longest, last) else { return Ok(()) };
        let own = OrderId::main(self.view.profile.next_intent());
        let together =
            |it: &Order| it.terms.cancels == Some(own) && it.terms.side == direction.entry_side();
        if partner.is_some_and(together) {
            return Ok(());
        }
        let (elapsed_ms, limit_ms) = (millis_since(self.view.at, last), limit.0);
        match elapsed_ms < limit_ms {
            true => Err(Refusal::EntryTooSoon { elapsed_ms, limit_ms, scope }),
            false => Ok(()),
        }
    }

    /// Whether not too much is lost, today and since the peak.
    pub(super) fn bears_losses(&self) -> Result<(), Refusal> {
        let lost = |sums: &Sums, limit| sums.unpriced.is_some() || sums.loss() >= limit;
        if let Some((sums, limit, scope)) = self.broken(|limits| limits.max_daily_loss, lost) {
            sums.are_priced(scope)?;
            return Err(Refusal::DailyLossReached { loss: sums.loss(), limit, scope });
        }
        let lost = |sums: &Sums, limit| {
            sums.unpriced.is_some() || sums.loss_percent().is_some_and(|loss| loss >= limit)
        };
        let percent = self.broken(|limits| limits.max_daily_loss_percent, lost);
        if let Some((sums, limit_percent, scope)) = percent {
            sums.are_priced(scope)?;
            let loss_percent = sums.loss_percent().unwrap_or_default();
            return Err(Refusal::DailyLossPercentReached { loss_percent, limit_percent, scope });
        }
        let Some((limit_percent, scope)) = self.scopes.least(|limits| limits.max_drawdown_percent)
        else {
            return Ok(());
        };
        let profile = self.view.profile;
        let unknown = Refusal::EquityUnknown { profile: profile.id, scope };
        let equity = self.view.equity(profile).ok_or(unknown)?;
        let Some(peak) = profile.counters.peak else { return Ok(()) };
        match percent_of(peak.saturating_sub(equity), peak) {
            Some(drawdown_percent) if drawdown_percent >= limit_percent => {
                Err(Refusal::DrawdownReached { drawdown_percent, limit_percent, scope })
            }
            _ => Ok(()),
        }
    }
}

impl Sums {
    /// Adds a profile; its amounts only where they are `same_currency` as the others.
    fn add(&mut self, profile: &Profile, view: &View<'_>, same_currency: bool) {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.positions = self.positions.saturating_add(count(profile.open_positions()));
        let entries = profile.counters.entries_of_minute(view.at);
        self.entries = self.entries.saturating_add(count(entries));
        if !same_currency {
            return;
        }
        let orders = profile.book.balance(Account::ReservedOrders);
        let positions = profile.book.balance(Account::ReservedPositions);
        self.exposure = self.exposure.saturating_add(orders).saturating_add(positions);
        self.open_orders = self.open_orders.saturating_add(orders);
        let equity = view.equity(profile);
        let (today, _) = profile.document.time_zone.day(view.at);
        // Nobody opens the days of a profile that was removed, nor prices what it was told of
        // since: what it lost counts on that day.
        let day = profile.counters.day.filter(|opened| opened.day >= today);
        if equity.is_none() && (day.is_some() || !profile.removed) {
            self.unpriced = Some(profile.id);
        }
        if let Some(day) = day {
            self.opening = self.opening.saturating_add(day.equity);
            self.equity = self.equity.saturating_add(equity.unwrap_or_default());
        }
    }

    /// Whether everybody can tell what all of it is worth.
    fn are_priced(&self, scope: LimitScope) -> Result<(), Refusal> {
        self.unpriced.map_or(Ok(()), |profile| Err(Refusal::EquityUnknown { profile, scope }))
    }

    fn loss(&self) -> Decimal {
        self.opening.saturating_sub(self.equity)
    }

    fn loss_percent(&self) -> Option<Decimal> {
        percent_of(self.loss(), self.opening)
    }
}

fn percent_of(part: Decimal, whole: Decimal) -> Option<Decimal> {
    if whole <= Decimal::ZERO {
        return None;
    }
    part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)
}
