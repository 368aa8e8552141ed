//! Looks over the gate's shoulder: keeps books of its own, from the journal's facts alone and in
//! the plainest way, and reckons at each entry that was accepted whether every limit held.
//!
//! It shares no sum, no counter and no check with the engine.

mod checks;
mod lot;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ballast_domain::{
    Amendment, Cause, Day, DoneState, Envelope, Event, ExitReason, Fill, FillId, Limits, Lock,
    OrderId, OrderTerms, Price, ProfileDocument, ProfileId, Purpose, Symbol, Timestamp, TradeId,
};
use ballast_engine::state::State;
use rust_decimal::Decimal;

use crate::invariants::Found;
use lot::{Lot, Made};

/// What is known of a tenant.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    product: Limits,
    tenant: Limits,
    profiles: BTreeMap<ProfileId, Known>,
    /// The last prices that a process may have decided by: several while it waits for its store.
    marks: BTreeMap<Symbol, Vec<Mark>>,
    /// When the batch was decided that is being folded.
    now: Timestamp,
    /// Limits that were compared with something.
    pub(crate) compared: u64,
}

/// A last price, and when it was made.
type Mark = (Price, Timestamp);

/// What is known of a profile.
#[derive(Debug)]
struct Known {
    document: Box<ProfileDocument>,
    orders: BTreeMap<OrderId, Works>,
    exits: BTreeMap<OrderId, (TradeId, ExitReason)>,
    lots: BTreeMap<TradeId, Lot>,
    entered: Vec<Arc<OrderTerms>>,
    /// Locks that the journal tells of, and those that must hold by what has closed.
    locks: Vec<Lock>,
    closed: Vec<Outcome>,
    opening: Option<(Day, Decimal)>,
    peak: Option<Decimal>,
    removed: bool,
    /// Instruments of which the last price is in units from before a split.
    unmarked: BTreeSet<Symbol>,
    /// Something was corrected that was told before a split: its sums are not followed any more.
    blind: bool,
}

/// An order that works.
#[derive(Debug)]
struct Works {
    terms: Arc<OrderTerms>,
    filled: Decimal,
    /// What the entry's fills have cost, fees apart.
    spent: Decimal,
    reserved: Decimal,
    amending: Option<Amendment>,
}

impl Works {
    fn most(&self) -> Decimal {
        let asked = self.amending.map_or(self.terms.quantity, |asked| asked.quantity);
        asked.max(self.terms.quantity).get()
    }

    fn amend(&mut self, taken: bool) {
        let Some(asked) = self.amending.take() else { return };
        let freed = if taken { asked.frees } else { asked.adds };
        self.reserved = (self.reserved - freed.amount()).max(Decimal::ZERO);
        if taken {
            self.terms = Arc::new(self.terms.amended(&asked));
        }
    }
}

/// A trade that has closed.
#[derive(Debug)]
struct Outcome {
    trade: TradeId,
    symbol: Symbol,
    at: Timestamp,
    profit: Decimal,
    cost: Decimal,
    by_stop: bool,
}

impl Audit {
    /// A process decides something: under these limits of the product, at this instant.
    pub(crate) fn decides(&mut self, product: &Limits, now: Timestamp) {
        (self.product, self.now) = (product.clone(), now);
    }

    /// A close becomes the last price, or may, when the process is not there to take it yet.
    pub(crate) fn closed(&mut self, symbol: Symbol, mark: Mark, taken: bool) {
        let marks = self.marks.entry(symbol).or_default();
        if taken {
            marks.clear();
        }
        marks.push(mark);
        for known in self.profiles.values_mut() {
            known.unmarked.remove(&symbol);
        }
    }

    /// The process has taken everything that came to it.
    pub(crate) fn is_idle(&mut self) {
        for marks in self.marks.values_mut() {
            marks.drain(..marks.len().saturating_sub(1));
        }
    }

    /// What an event says: first whether it was allowed, then what it changes.
    pub(crate) fn follow(&mut self, envelope: &Envelope, after: &State) -> Found {
        let mut found = Found::new();
        match &envelope.event {
            Event::LimitsChanged { limits, .. } => self.tenant = (**limits).clone(),
            Event::ProfileChanged { profile, document, .. } => self.change(*profile, document),
            Event::IntentAccepted { terms, .. } => {
                if !terms.is_reducing() {
                    found = self.accepted(terms, &envelope.cause);
                }
                self.begin(terms);
            }
            Event::AmendmentRequested { order, amendment, .. } => {
                found = self.amends(*order, amendment);
                if let Some(works) = self.works(*order) {
                    works.reserved += amendment.adds.amount();
                    works.amending = Some(**amendment);
                }
            }
            Event::OrderAmended { order, .. } => self.amended(*order, true),
            Event::AmendmentRejected { order, .. } => self.amended(*order, false),
            Event::OrderDone { order, state, .. } => self.done(*order, *state),
            Event::OrderFilled { order, fill } => self.filled(*order, fill, envelope.at),
            Event::FillCorrected { order, fill, by } => {
                self.corrected((*order, *fill), by.as_deref(), envelope.at);
            }
            Event::DustClosed { trade, .. } => {
                if let Some(lot) = self.lot(*trade) {
                    lot.write_off(envelope.at);
                }
                self.look_at_close(*trade, envelope.at);
            }
            _ => self.count(envelope, after),
        }
        found
    }

    fn count(&mut self, envelope: &Envelope, after: &State) {
        let Some((id, known)) =
            profile_of(&envelope.event).and_then(|id| Some((id, self.profiles.get_mut(&id)?)))
        else {
            return;
        };
        match &envelope.event {
            Event::ProfileRemoved { .. } => known.removed = true,
            Event::DayOpened { day, equity, .. } => known.opening = Some((*day, equity.amount())),
            Event::PeakEquity { equity, .. } => known.peak = Some(equity.amount()),
            Event::EntriesLocked { lock, .. } => known.locks.push(*lock),
            Event::EntriesUnlocked { symbol, .. } => {
                known.locks.retain(|lock| symbol.is_some() && lock.symbol != *symbol);
            }
            // An issuer's act is none of the gate's: what is held after it is taken as it is.
            Event::CorporateAction { symbol, .. } => {
                known.unmarked.insert(*symbol);
                let Some(profile) = after.profile(id) else { return };
                for (trade, lot) in &mut known.lots {
                    match profile.known_trade(*trade) {
                        Some(trade) if lot.symbol == *symbol => lot.begin_anew(trade),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn change(&mut self, id: ProfileId, document: &ProfileDocument) {
        let make = || Known {
            document: Box::new(document.clone()),
            orders: BTreeMap::new(),
            exits: BTreeMap::new(),
            lots: BTreeMap::new(),
            entered: Vec::new(),
            locks: Vec::new(),
            closed: Vec::new(),
            opening: None,
            peak: None,
            removed: false,
            unmarked: BTreeSet::new(),
            blind: false,
        };
        let known = self.profiles.entry(id).or_insert_with(make);
        let paid = document.capital.allocated - known.document.capital.allocated;
        known.opening = known.opening.map(|(day, equity)| (day, equity + paid));
        known.peak = known.peak.map(|peak| peak + paid);
        *known.document = document.clone();
    }

    fn begin(&mut self, terms: &Arc<OrderTerms>) {
        let Some(known) = self.profiles.get_mut(&terms.intent.profile) else { return };
        match &terms.purpose {
            Purpose::Enter { .. } => known.entered.push(Arc::clone(terms)),
            Purpose::Exit { trade, reason, .. } => {
                known.exits.insert(terms.order_id(), (*trade, *reason));
            }
        }
        let works = Works {
            terms: Arc::clone(terms),
            filled: Decimal::ZERO,
            spent: Decimal::ZERO,
            reserved: terms.reserved.amount(),
            amending: None,
        };
        known.orders.insert(terms.order_id(), works);
    }

    fn amended(&mut self, order: OrderId, taken: bool) {
        let Some(works) = self.works(order) else { return };
        works.amend(taken);
        let is_done = works.filled >= works.most();
        if is_done {
            self.done(order, DoneState::Filled);
        }
    }

    fn done(&mut self, order: OrderId, _: DoneState) {
        if let Some(known) = self.profiles.get_mut(&order.intent.profile) {
            known.orders.remove(&order);
        }
    }

    fn works(&mut self, order: OrderId) -> Option<&mut Works> {
        self.profiles.get_mut(&order.intent.profile)?.orders.get_mut(&order)
    }

    fn lot(&mut self, trade: TradeId) -> Option<&mut Lot> {
        self.profiles.get_mut(&trade.0.profile)?.lots.get_mut(&trade)
    }

    fn filled(&mut self, order: OrderId, fill: &Fill, at: Timestamp) {
        let Some(known) = self.profiles.get_mut(&order.intent.profile) else { return };
        let trade = known.book(order, fill);
        self.look_at_close(trade, at);
    }

    fn corrected(&mut self, (order, fill): (OrderId, FillId), by: Option<&Fill>, at: Timestamp) {
        let Some(known) = self.profiles.get_mut(&order.intent.profile) else { return };
        let trade = known.exits.get(&order).map_or(TradeId(order.intent), |(trade, _)| *trade);
        let taken = known.lots.get_mut(&trade).and_then(|lot| lot.take_back(order, fill));
        let Some(taken) = taken else {
            known.blind = true;
            return;
        };
        if let Some(works) = known.orders.get_mut(&order) {
            works.filled -= taken.traded;
            works.spent -= taken.notional;
        }
        if let Some(by) = by {
            known.book(order, by);
        }
        self.look_at_close(trade, at);
    }

    /// A trade may have closed by what has just been told.
    fn look_at_close(&mut self, trade: TradeId, at: Timestamp) {
        let scopes = [self.product.clone(), self.tenant.clone()];
        let Some(known) = self.profiles.get_mut(&trade.0.profile) else { return };
        let Some(lot) = known.lots.get(&trade) else { return };
        let known_as = known.closed.iter().position(|outcome| outcome.trade == trade);
        let Some(outcome) = lot.outcome(trade) else {
            if let Some(place) = known_as {
                known.closed[place].symbol = lot.symbol;
                known.closed.remove(place);
            }
            return;
        };
        match known_as {
            Some(place) => known.closed[place] = outcome,
            None => known.closed.push(outcome),
        }
        let own = [known.document.limits.clone(), known.document.strategy.limits.clone()];
        for limits in scopes.iter().chain(&own) {
            let locks = checks::locks_of(limits, &known.closed, trade);
            known.locks.extend(locks.into_iter().filter(|lock| lock.until > at));
        }
    }
}

impl Known {
    /// Books a fill to its trade and to its order; gives the trade.
    fn book(&mut self, order: OrderId, fill: &Fill) -> TradeId {
        let quote = self.document.capital.currency;
        let exit = self.exits.get(&order).copied();
        let terms = self.orders.get(&order).map(|works| Arc::clone(&works.terms));
        let trade = exit.map_or(TradeId(order.intent), |(trade, _)| trade);
        if let Entry::Vacant(place) = self.lots.entry(trade) {
            let mut entered = self.entered.iter().rev();
            let of = terms.or_else(|| entered.find(|it| it.intent == trade.0).cloned());
            if let Some(of) = of
                && let Purpose::Enter { direction, .. } = of.purpose
            {
                place.insert(Lot::new(of.symbol, direction));
            }
        }
        let Some(lot) = self.lots.get_mut(&trade) else { return trade };
        let is_exit = order != OrderId::main(trade.0);
        let made = Made::of((order, fill), (lot.direction, is_exit), quote, exit.map(|it| it.1));
        if let Some(works) = self.orders.get_mut(&order) {
            let of_cost = made.notional.min(works.reserved);
            let of_fee = made.fee.clamp(Decimal::ZERO, works.reserved - of_cost);
            works.reserved -= of_cost + of_fee;
            works.filled += made.traded;
            works.spent += made.notional;
            if works.amending.is_some() && works.filled > works.terms.quantity.get() {
                works.amend(true);
            }
            if works.filled >= works.most() {
                self.orders.remove(&order);
            }
        }
        lot.add(made);
        trade
    }

    /// What it is worth at cost.
    fn cash(&self) -> Decimal {
        let lots = self.lots.values().map(|lot| lot.profit - lot.fees);
        self.document.capital.allocated + lots.sum::<Decimal>()
    }

    fn held(&self) -> impl Iterator<Item = &Lot> {
        self.lots.values().filter(|lot| lot.units > Decimal::ZERO)
    }

    fn available(&self) -> Decimal {
        let reserved = self.orders.values().map(|works| works.reserved).sum::<Decimal>();
        self.cash() - reserved - self.held().map(|lot| lot.cost).sum::<Decimal>()
    }
}

/// The profile of an event that counts something.
const fn profile_of(event: &Event) -> Option<ProfileId> {
    match event {
        Event::ProfileRemoved { profile, .. }
        | Event::DayOpened { profile, .. }
        | Event::PeakEquity { profile, .. }
        | Event::EntriesLocked { profile, .. }
        | Event::EntriesUnlocked { profile, .. }
        | Event::CorporateAction { profile, .. } => Some(*profile),
        _ => None,
    }
}

/// Whether it was the fill of an order that led to something.
const fn by_fill(cause: &Cause) -> bool {
    matches!(cause, Cause::Broker(_))
}
