//! The fill contract: one pure matcher that back-tests, the paper venue, the rehearsal exchange
//! and the simulator all fill by.
//!
//! A matcher is the account of one profile at a simulated venue. A bar is played to it in phases,
//! and whoever drives it hands its events to the engine between them:
//!
//! 1. [`Matcher::open`]: pending market orders, then whatever the open already reaches. Called
//!    again while the engine answers with new orders, such as the second half of a reversal.
//! 2. [`Matcher::inside`]: stops before targets, then resting orders.
//! 3. [`Matcher::end`]: times in force, before the engine sees the bar's frame. When a bar of the
//!    strategy's timeframe has closed, [`Matcher::follow`] moves trailing orders.
//! 4. [`Matcher::at_close`]: orders that fill at this very close, after the engine saw the frame.
//!
//! A tick is a bar whose four prices are equal. Touching a price counts as reaching it. Slippage
//! applies to market and stop fills only and is not clamped to the bar. `docs/fill-contract.md`
//! has a line for each rule, and each line a test.

mod account;
mod corporate;
mod order;
mod protective;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ballast_domain::exits::Levels;
use ballast_domain::id::Leg;
use ballast_domain::profile::FeeSchedule;
use ballast_domain::{
    ActionId, Amendment, Bar, BrokerEvent, Instrument, Money, OrderId, OrderTerms, Price, Symbol,
    TimeInForce, Timestamp, Trade, TradeId,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::position;
use order::Working;

/// How a simulated venue fills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct FillRules {
    /// What each fill costs.
    pub fees: FeeSchedule,
    /// By how much market and stop fills are worse than the price, in basis points.
    pub slippage_bps: Decimal,
    /// The largest share of a bar's volume that one fill may take, from 0 to 1; no cap when
    /// absent or when the bar has no volume.
    pub volume_share: Option<Decimal>,
}

/// A bar being played, with the time that its fills are stamped with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlayedBar {
    /// The instrument.
    pub symbol: Symbol,
    /// The opening time of the bar.
    pub open_time: Timestamp,
    /// Its prices and volume.
    pub bar: Bar,
}

/// What is held at the venue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Holding {
    /// Without its fills: a venue repeats none to itself, and an account that filled in many small
    /// parts stays small.
    trade: Trade,
    /// The stop was reached, but volume was short: the rest goes at the next open.
    stop_triggered: bool,
}

/// An order for which the bar being played is over: it had its share of the volume, or it was
/// triggered too late in the bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Waiting {
    order: OrderId,
    symbol: Symbol,
    close_time: Timestamp,
}

/// One profile's account at a simulated venue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Matcher {
    rules: FillRules,
    instruments: Vec<Instrument>,
    /// What neither positions nor fees have used; reservations of orders are still in it.
    cash: Money,
    /// What orders that have not come here yet have reserved, in the account's currency.
    #[serde(default, skip_serializing_if = "Decimal::is_zero")]
    set_aside: Decimal,
    working: Vec<Working>,
    holdings: Vec<Holding>,
    last_close: Vec<(Symbol, Price)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    waiting: Vec<Waiting>,
    /// Corporate actions that were done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    actions: Vec<ActionId>,
    /// Whether the fee of what is bought is taken of the coin itself.
    #[serde(default, skip_serializing_if = "is_no")]
    in_kind: bool,
    fills: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_no(flag: &bool) -> bool {
    !*flag
}

impl Matcher {
    /// An account with `cash` that trades `instruments`.
    #[must_use]
    pub const fn new(rules: FillRules, instruments: Vec<Instrument>, cash: Money) -> Self {
        Self {
            rules,
            instruments,
            cash,
            set_aside: Decimal::ZERO,
            working: Vec::new(),
            holdings: Vec::new(),
            last_close: Vec::new(),
            waiting: Vec::new(),
            actions: Vec::new(),
            in_kind: false,
            fills: 0,
        }
    }

    /// Whether no bar can change anything: nothing works and nothing is held.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.working.is_empty() && self.holdings.is_empty()
    }

    /// The trades that are held, as the venue knows them.
    pub fn held(&self) -> impl Iterator<Item = &Trade> {
        self.holdings.iter().map(|holding| &holding.trade)
    }

    /// The orders that are working, protective legs apart.
    pub fn working(&self) -> impl Iterator<Item = &Arc<OrderTerms>> {
        self.working.iter().map(|working| &working.terms)
    }

    /// The instruments that the account trades.
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// What neither positions nor fees have used, in the account's currency.
    #[must_use]
    pub const fn cash(&self) -> Money {
        self.cash
    }

    /// Adds to the account; negative takes away.
    pub fn deposit(&mut self, amount: Money) {
        self.cash = self.cash.checked_add(amount).unwrap_or(self.cash);
    }

    /// Keeps `amount`, in the account's currency, from every entry that fills, until another
    /// amount is set aside: what orders have reserved that are on their way here.
    pub const fn set_aside(&mut self, amount: Decimal) {
        self.set_aside = amount;
    }

    /// Takes the fees of what is bought of the coin itself from now on, where one is traded, as
    /// exchanges of coins do. What it leaves of a trade and no order can sell is written off.
    pub const fn take_fees_in_kind(&mut self) {
        self.in_kind = true;
    }

    /// Fills by `rules` from now on.
    pub fn fill_by(&mut self, rules: FillRules) {
        self.rules = rules;
    }

    /// Whether the account trades `symbol`.
    #[must_use]
    pub fn lists(&self, symbol: Symbol) -> bool {
        self.instrument(symbol).is_some()
    }

    /// Whether money, orders and holdings are the same; the last prices and what waits for the
    /// end of a bar, which the market brings back by itself, may differ.
    #[must_use]
    pub fn stands_like(&self, other: &Self) -> bool {
        self.cash == other.cash
            && self.fills == other.fills
            && self.actions == other.actions
            && self.working == other.working
            && self.holdings == other.holdings
    }

    /// Lets the account trade `instrument`, or replaces its steps.
    pub fn list(&mut self, instrument: Instrument) {
        self.instruments.retain(|known| known.symbol != instrument.symbol);
        self.instruments.push(instrument);
    }

    /// Takes an order; it can fill from the next phase on. The same order again changes nothing.
    pub fn submit(&mut self, terms: &Arc<OrderTerms>, out: &mut Vec<BrokerEvent>) {
        let order = terms.order_id();
        if self.working.iter().any(|working| working.terms.intent == terms.intent) {
            return out.push(BrokerEvent::Accepted { order });
        }
        if self.instrument(terms.symbol).is_none() {
            let reason = format!("the venue does not list {}", terms.symbol);
            return out.push(BrokerEvent::Rejected { order, reason });
        }
        let last_close = self.last_close(terms.symbol);
        self.working.push(Working::new(Arc::clone(terms), last_close));
        out.push(BrokerEvent::Accepted { order });
    }

    /// Changes an order that works as far as it has not filled; the same amendment again, or an
    /// older one, changes nothing.
    pub fn amend(&mut self, order: OrderId, amendment: &Amendment, out: &mut Vec<BrokerEvent>) {
        let last_close = self.last_close_of(order);
        let working = self.working.iter_mut().find(|w| !w.ended && w.terms.order_id() == order);
        let revision = amendment.revision;
        let amended = match working {
            Some(working) => working.amend(amendment, last_close),
            None => Err("it does not work any more"),
        };
        out.push(match amended {
            Ok(()) => BrokerEvent::Amended { order, revision },
            Err(reason) => {
                BrokerEvent::AmendmentRejected { order, revision, reason: reason.to_owned() }
            }
        });
    }

    fn last_close_of(&self, order: OrderId) -> Option<Price> {
        let working = self.working.iter().find(|working| working.terms.order_id() == order)?;
        self.last_close(working.terms.symbol)
    }

    /// Cancels an order that works; protective legs end with their trade.
    pub fn cancel(&mut self, order: OrderId, out: &mut Vec<BrokerEvent>) {
        let place = self.working.iter().position(|working| working.terms.order_id() == order);
        match place {
            Some(place) => {
                self.working.remove(place);
                out.push(BrokerEvent::Cancelled { order });
            }
            None => out.push(BrokerEvent::NotFound { order }),
        }
    }

    /// Lets what protects `trade` stand where `levels` say; nothing when it stands there, or the
    /// trade has ended meanwhile.
    pub fn protect(&mut self, trade: TradeId, levels: &Levels) {
        let Some(place) = self.holdings.iter().position(|held| held.trade.id == trade) else {
            return;
        };
        let known = self.instrument(self.holdings[place].trade.symbol).copied();
        let trade = &mut self.holdings[place].trade;
        trade.stop = levels.stop.or(trade.stop);
        let asked = levels.targets.as_ref().filter(|asked| **asked != trade.protection.targets);
        if let (Some(asked), Some(instrument)) = (asked, known) {
            trade.targets = position::targets(trade, asked, &instrument);
            trade.protection.targets.clone_from(asked);
        }
    }

    /// Says what has become of an order.
    pub fn query(&self, order: OrderId, out: &mut Vec<BrokerEvent>) {
        let works = self.working.iter().any(|working| working.terms.order_id() == order);
        let protects = order.leg != Leg::Main
            && self.holdings.iter().any(|holding| holding.trade.id == TradeId(order.intent));
        out.push(if works || protects {
            BrokerEvent::Accepted { order }
        } else {
            BrokerEvent::NotFound { order }
        });
    }

    /// Phase 1: market orders, exits first, then protective legs and resting orders that the open
    /// reaches.
    pub fn open(&mut self, played: &PlayedBar, out: &mut Vec<BrokerEvent>) {
        if self.is_idle() {
            return;
        }
        self.fill_market_orders(played, true, out);
        self.fill_market_orders(played, false, out);
        self.protect_at_open(played, out);
        self.fill_resting(played, Moment::Open, out);
        self.sweep(out);
    }

    /// The first part of [`Self::open`], for an account that trades several instruments: played to
    /// all of them before the open of any, it lets entries spend what exits at the same open bring.
    pub fn leave_at_open(&mut self, played: &PlayedBar, out: &mut Vec<BrokerEvent>) {
        self.fill_market_orders(played, true, out);
        self.sweep(out);
    }

    /// Phase 2, once a bar: protective legs, then resting orders, stops first.
    pub fn inside(&mut self, played: &PlayedBar, out: &mut Vec<BrokerEvent>) {
        if self.is_idle() {
            return;
        }
        self.protect_inside(played, out);
        self.fill_resting(played, Moment::Inside, out);
        self.sweep(out);
    }

    /// Phase 3: the bar is over. `ioc` and `fok` orders that saw it are dropped, and with it the
    /// session may end.
    pub fn end(&mut self, played: &PlayedBar, session_ends: bool, out: &mut Vec<BrokerEvent>) {
        self.remember_close(played);
        self.waiting.retain(|waiting| waiting.symbol != played.symbol);
        if self.is_idle() {
            return;
        }
        self.sweep(out);
        self.drop_seen(played.symbol, out);
        if session_ends {
            self.end_session(played.symbol, out);
        }
    }

    /// Lets trailing orders follow a bar of the strategy's timeframe that has closed; finer bars
    /// and ticks never move them, so that every mode trails alike.
    pub fn follow(&mut self, symbol: Symbol, bar: &Bar) {
        for working in &mut self.working {
            if working.terms.symbol == symbol {
                working.follow(bar);
            }
        }
    }

    /// Phase 4: orders that the engine gave for this very close.
    pub fn at_close(&mut self, played: &PlayedBar, out: &mut Vec<BrokerEvent>) {
        let closing = |working: &Working| {
            working.terms.symbol == played.symbol
                && working.terms.time_in_force == TimeInForce::AtClose
        };
        while let Some(place) = self.working.iter().position(closing) {
            let at = played.bar.close_time;
            let working = self.working.remove(place);
            self.fill_at_market(working, played.bar.close, at, None, out);
        }
        self.sweep(out);
    }

    /// The session of `symbol` has ended, with or without a bar: its `day` orders expire.
    pub fn end_session(&mut self, symbol: Symbol, out: &mut Vec<BrokerEvent>) {
        self.expire(out, |working| {
            working.terms.symbol == symbol && working.terms.time_in_force == TimeInForce::Day
        });
    }

    /// Orders that do not outlive the bar they saw.
    fn drop_seen(&mut self, symbol: Symbol, out: &mut Vec<BrokerEvent>) {
        use TimeInForce::{AtClose, Fok, Ioc};
        self.expire(out, |working| {
            working.terms.symbol == symbol
                && matches!(working.terms.time_in_force, Ioc | Fok | AtClose)
        });
    }

    fn expire(&mut self, out: &mut Vec<BrokerEvent>, ends: impl Fn(&Working) -> bool) {
        self.working.retain(|working| {
            let expires = ends(working);
            if expires {
                out.push(BrokerEvent::Expired { order: working.terms.order_id() });
            }
            !expires
        });
    }

    fn remember_close(&mut self, played: &PlayedBar) {
        match self.last_close.iter_mut().find(|(symbol, _)| *symbol == played.symbol) {
            Some((_, close)) => *close = played.bar.close,
            None => self.last_close.push((played.symbol, played.bar.close)),
        }
    }

    fn last_close(&self, symbol: Symbol) -> Option<Price> {
        self.last_close.iter().find(|(known, _)| *known == symbol).map(|(_, close)| *close)
    }

    /// Nothing more of the bar being played concerns `order`.
    fn wait(&mut self, order: OrderId, played: &PlayedBar) {
        let PlayedBar { symbol, bar, .. } = *played;
        self.waiting.push(Waiting { order, symbol, close_time: bar.close_time });
    }

    fn waits(&self, order: OrderId, played: &PlayedBar) -> bool {
        let this = |waiting: &Waiting| {
            waiting.order == order && waiting.close_time == played.bar.close_time
        };
        self.waiting.iter().any(this)
    }

    fn instrument(&self, symbol: Symbol) -> Option<&Instrument> {
        self.instruments.iter().find(|instrument| instrument.symbol == symbol)
    }
}

/// At which point of a bar a resting order is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Open,
    Inside,
}
