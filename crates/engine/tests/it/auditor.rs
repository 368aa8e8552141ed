//! Looks over the gate's shoulder: at each accepted entry, whether what the venues have is within
//! every limit. It reckons from their accounts and from the orders that were sent, never from what
//! the engine has counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use ballast_domain::{
    Direction, Limits, OrderTerms, OrderType, Price, Product, ProfileId, Purpose, Side, Symbol,
    Timestamp, TradeId,
};
use ballast_engine::matching::Matcher;
use ballast_engine::step::Command;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::rehearsal::Rehearsal;
use crate::world::World;

/// Money is rounded where it arises.
const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

const DAY_NANOS: i64 = 86_400_000_000_000;

pub(crate) struct Auditor {
    /// Set by the tenant; the product allows ten times as much of some.
    wide: Limits,
    /// Set by each profile.
    narrow: Limits,
    accounts: BTreeMap<ProfileId, Account>,
    /// The last close of each instrument; the engine takes them a frame at a time, and so later.
    closes: BTreeMap<Symbol, Price>,
    day: i64,
    /// Every accepted entry: when, whose and which.
    sent: Vec<(Timestamp, ProfileId, Symbol, Side)>,
}

/// What a profile is worth by its venue.
#[derive(Debug, Clone, Copy)]
struct Account {
    opening: Decimal,
    peak: Decimal,
}

impl Auditor {
    pub(crate) fn new(wide: Limits, narrow: Limits) -> Self {
        let (accounts, closes) = (BTreeMap::new(), BTreeMap::new());
        Self { wide, narrow, accounts, closes, day: i64::MIN, sent: Vec::new() }
    }

    /// How many entries it has looked at.
    pub(crate) fn entries(&self) -> usize {
        self.sent.len()
    }

    /// Sets the limits of tenant and product.
    pub(crate) fn set_wide(&self, world: &mut World) {
        let (limits, by) = (Box::new(self.wide.clone()), "alice".to_owned());
        world.command(Command::SetLimits { limits, expected_version: None, by });
        let max_exposure = self.wide.max_exposure.map(|most| most * Decimal::TEN);
        let limits = Limits { max_exposure, ..Limits::default() };
        world.let_by(Product { limits, ..Product::default() });
    }

    /// Something is about to happen at `at`.
    pub(crate) fn begin(&mut self, at: Timestamp, rehearsal: &Rehearsal) {
        // Midnight itself is the last instant of the day before.
        let day = (at.nanos() - 1).div_euclid(DAY_NANOS);
        if day > self.day {
            self.day = day;
            for (profile, account) in &mut self.accounts {
                let close = |symbol| self.closes.get(&symbol).copied();
                account.opening = equity(&rehearsal.venues[profile], close);
            }
        }
    }

    /// A bar of an instrument has closed.
    pub(crate) fn closed(&mut self, symbol: Symbol, close: Price) {
        self.closes.insert(symbol, close);
    }

    /// Money that was paid in or out is no gain or loss.
    pub(crate) fn paid(&mut self, profile: ProfileId, amount: Decimal) {
        if let Some(account) = self.accounts.get_mut(&profile) {
            account.opening += amount;
            account.peak += amount;
        }
    }

    /// Nothing is on its way: what everything is worth.
    pub(crate) fn look(&mut self, rehearsal: &Rehearsal) {
        for (profile, venue) in &rehearsal.venues {
            let equity = equity(venue, marks(*profile, rehearsal));
            let made = Account { opening: equity, peak: equity };
            let account = self.accounts.entry(*profile).or_insert(made);
            account.peak = account.peak.max(equity);
        }
    }

    /// The gate has let `terms` pass; the venue does not have them yet. Unless it is `quiet`, the
    /// venue has done more than the gate could know.
    pub(crate) fn accepted(&mut self, terms: &OrderTerms, rehearsal: &Rehearsal, quiet: bool) {
        if terms.is_reducing() {
            return;
        }
        let (profile, at) = (terms.intent.profile, terms.accepted_at);
        self.order(terms);
        self.pace(terms);
        no_own_order_is_met(terms, rehearsal);
        if quiet {
            let own: Vec<_> = rehearsal.venues.iter().filter(|(id, _)| **id == profile).collect();
            self.sums(&self.narrow, terms, &own, rehearsal);
            let all: Vec<_> = rehearsal.venues.iter().collect();
            self.sums(&self.wide, terms, &all, rehearsal);
            self.instrument(terms, &rehearsal.venues[&profile]);
            self.drawdown(profile, rehearsal);
        }
        self.sent.push((at, profile, terms.symbol, terms.side));
    }

    fn order(&self, terms: &OrderTerms) {
        for limits in [&self.wide, &self.narrow] {
            let quantity = limits.max_order_quantity;
            assert!(quantity.is_none_or(|most| terms.quantity.get() <= most), "{terms:?}");
            assert!(!limits.restricted_symbols.contains(&terms.symbol), "{terms:?}");
        }
    }

    fn pace(&self, terms: &OrderTerms) {
        let at = terms.accepted_at;
        let since = at.saturating_add_nanos(-60_000_000_000);
        let minute = self.sent.iter().filter(|(sent, ..)| *sent > since);
        let own = minute.clone().filter(|(_, profile, ..)| *profile == terms.intent.profile);
        let within = |limit: Option<u32>, count| limit.is_none_or(|most| count < most as usize);
        assert!(within(self.narrow.max_orders_per_minute, own.count()), "{terms:?}");
        assert!(within(self.wide.max_orders_per_minute, minute.count()), "{terms:?}");
        let same = (terms.intent.profile, terms.symbol, terms.side);
        let last = self
            .sent
            .iter()
            .rev()
            .find(|(_, profile, symbol, side)| (*profile, *symbol, *side) == same);
        if let (Some((last, ..)), Some(least)) = (last, self.narrow.min_entry_interval_ms) {
            assert!(at.nanos_since(*last) >= least as i64 * 1_000_000, "{terms:?}");
        }
    }

    fn sums(
        &self,
        limits: &Limits,
        terms: &OrderTerms,
        venues: &[(&ProfileId, &Matcher)],
        rehearsal: &Rehearsal,
    ) {
        let mut used = Used::default();
        for (_, venue) in venues {
            used.add(venue, |_| true);
        }
        let new = terms.reserved.amount();
        let within = |limit: Option<Decimal>, sum: Decimal| {
            assert!(limit.is_none_or(|most| sum + new <= most + used.slack), "{sum} {terms:?}");
        };
        within(limits.max_exposure, used.held + used.reserved);
        within(limits.max_open_order_notional, used.reserved);
        let positions = used.positions - usize::from(replaces_one(terms, rehearsal));
        let most = limits.max_open_positions;
        assert!(most.is_none_or(|most| positions < most as usize), "{terms:?}");
        let mut loss = Decimal::ZERO;
        let mut opening = Decimal::ZERO;
        for (profile, venue) in venues {
            let account = self.accounts[profile];
            loss += account.opening - equity(venue, marks(**profile, rehearsal));
            opening += account.opening;
        }
        assert!(limits.max_daily_loss.is_none_or(|most| loss < most + CENT), "{loss} {terms:?}");
        if let Some(most) = limits.max_daily_loss_percent {
            assert!(loss < opening * most / Decimal::ONE_HUNDRED + CENT, "{loss} {terms:?}");
        }
    }

    fn instrument(&self, terms: &OrderTerms, venue: &Matcher) {
        let mut used = Used::default();
        used.add(venue, |symbol| symbol == terms.symbol);
        let sum = used.held + used.reserved + terms.reserved.amount();
        for limits in [&self.wide, &self.narrow] {
            let most = limits.max_position_notional;
            assert!(most.is_none_or(|most| sum <= most + used.slack), "{sum} {terms:?}");
        }
    }

    fn drawdown(&self, profile: ProfileId, rehearsal: &Rehearsal) {
        let Some(most) = self.narrow.max_drawdown_percent else { return };
        let peak = self.accounts[&profile].peak;
        let fall = peak - equity(&rehearsal.venues[&profile], marks(profile, rehearsal));
        // A peak counts from one basis point above the last.
        let room = peak * (most + CENT) / Decimal::ONE_HUNDRED + CENT;
        assert!(fall < room, "{fall} below {peak}");
    }
}

/// Whether an entry of which nothing is held is cancelled when this one fills: of the two only one
/// becomes a position.
fn replaces_one(terms: &OrderTerms, rehearsal: &Rehearsal) -> bool {
    let venue = &rehearsal.venues[&terms.intent.profile];
    let named = |other: &&Arc<OrderTerms>| Some(other.order_id()) == terms.cancels;
    let other = venue.working().find(named).filter(|other| !other.is_reducing());
    other.is_some_and(|other| venue.held().all(|held| held.id.0 != other.intent))
}

/// What a venue has for a profile.
#[derive(Default)]
struct Used {
    /// What is held, at the prices at which it was entered.
    held: Decimal,
    /// What working entries may still come to.
    reserved: Decimal,
    positions: usize,
    /// A part that filled has paid its fee from what was reserved.
    slack: Decimal,
}

impl Used {
    fn add(&mut self, venue: &Matcher, counts: impl Fn(Symbol) -> bool) {
        let mut costs: BTreeMap<TradeId, Decimal> = BTreeMap::new();
        for trade in venue.held().filter(|trade| counts(trade.symbol)) {
            let cost = trade.entry_price() * trade.open_quantity().get();
            self.held += cost;
            self.positions += 1;
            self.slack += trade.fees.amount().abs() + CENT;
            costs.insert(trade.id, trade.entry_notional.amount());
        }
        let entries = venue.working().filter(|terms| !terms.is_reducing());
        for terms in entries.filter(|terms| counts(terms.symbol)) {
            let spent = costs.get(&TradeId(terms.intent)).copied();
            self.positions += usize::from(spent.is_none());
            self.reserved +=
                (terms.reserved.amount() - spent.unwrap_or_default()).max(Decimal::ZERO);
        }
    }
}

/// The last prices that the engine has taken.
fn marks(profile: ProfileId, rehearsal: &Rehearsal) -> impl Fn(Symbol) -> Option<Price> {
    move |symbol| Some(rehearsal.world.engine.mark(profile, symbol)?.0)
}

/// Cash and what is held at the prices of `price_of`, at cost where there is none.
fn equity(venue: &Matcher, price_of: impl Fn(Symbol) -> Option<Price>) -> Decimal {
    venue.held().fold(venue.cash().amount(), |equity, trade| {
        let cost = trade.entry_price() * trade.open_quantity().get();
        let Some(price) = price_of(trade.symbol) else { return equity + cost };
        let value = price.get() * trade.open_quantity().get();
        equity + cost + if trade.direction == Direction::Long { value - cost } else { cost - value }
    })
}

/// No order of the tenant's rests where a new one would meet it.
fn no_own_order_is_met(terms: &OrderTerms, rehearsal: &Rehearsal) {
    let Purpose::Enter { .. } = terms.purpose else { return };
    let Some(limit) = limit_of(terms) else { return };
    for other in rehearsal.venues.values().flat_map(|venue| venue.working()) {
        let Some(resting) = limit_of(other) else { continue };
        if other.side == terms.side
            || other.symbol != terms.symbol
            || terms.cancels == Some(other.order_id())
        {
            continue;
        }
        let meets = if terms.side == Side::Buy { resting <= limit } else { resting >= limit };
        assert!(!meets, "{terms:?} meets {other:?}");
    }
}

fn limit_of(terms: &OrderTerms) -> Option<Price> {
    match terms.order_type {
        OrderType::Limit { limit_price } | OrderType::StopLimit { limit_price, .. } => {
            Some(limit_price)
        }
        _ => None,
    }
}

/// What a profile may set.
pub(crate) fn narrow_limits() -> impl Strategy<Value = Limits> {
    let amount = |range: std::ops::Range<u32>| prop::option::of(range.prop_map(Decimal::from));
    let percent = || prop::option::of((1..30u32).prop_map(|tenths| Decimal::new(tenths.into(), 1)));
    (
        prop::option::of(1..4u32),
        amount(500..8_000),
        amount(500..12_000),
        amount(500..8_000),
        prop::option::of(1..4u32),
        prop::option::of(1..8_000_000u64),
        amount(5..400),
        percent(),
        percent(),
        amount(5..60),
    )
        .prop_map(|(open, position, exposure, orders, rate, gap, loss, lost, fall, units)| {
            Limits {
                max_open_positions: open,
                max_position_notional: position,
                max_exposure: exposure,
                max_open_order_notional: orders,
                max_orders_per_minute: rate,
                min_entry_interval_ms: gap,
                max_daily_loss: loss,
                max_daily_loss_percent: lost,
                max_drawdown_percent: fall,
                max_order_quantity: units,
                ..Limits::default()
            }
        })
}

/// What a tenant may set.
pub(crate) fn wide_limits() -> impl Strategy<Value = Limits> {
    (narrow_limits(), any::<bool>()).prop_map(|(limits, restricts)| Limits {
        // Of these the auditor reckons those of the profile.
        min_entry_interval_ms: None,
        max_drawdown_percent: None,
        restricted_symbols: restricts.then(|| crate::scenario::symbols()[1]).into_iter().collect(),
        ..limits
    })
}
