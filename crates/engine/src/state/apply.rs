//! How each event changes the state.

use std::sync::Arc;

use ballast_domain::id::Leg;
use ballast_domain::ledger::{AmendmentPart, Transfer};
use ballast_domain::{
    Account, ActiveState, Amendment, BrokerEvent, DoneState, Envelope, Event, ExitReason, Fill,
    Limits, Money, OrderId, OrderState, OrderTerms, ProfileDocument, ProfileId, ProfileStatus,
    Purpose, Stop, Timestamp, Trade, TradeId, TransferCode, TransferId,
};

use super::counters::OpenedDay;
use super::index::Turn;
use super::profile::{Flattening, Order, Profile, REMEMBERED};
use super::{State, TenantLimits};
use crate::position;

type Booked = Result<(), String>;

impl State {
    pub(super) fn book(&mut self, envelope: &Envelope) -> Booked {
        match &envelope.event {
            Event::ProfileChanged { profile, version, document, by } => {
                self.change_profile(*profile, *version, document, (by, envelope.at))
            }
            Event::ProfileStatusChanged { profile, status, reason, by } => {
                self.find(*profile)?.set_status(*status, reason, by.as_deref());
                Ok(())
            }
            Event::ProfileRemoved { profile, by } => {
                self.find(*profile)?.remove(by);
                Ok(())
            }
            Event::FlattenRequested { profile, by, reason } => {
                let (by, reason) = (by.clone(), reason.clone());
                self.find(*profile)?.flattening = Some(Flattening { by, reason });
                Ok(())
            }
            Event::Evaluated { evaluation } => {
                let decisions = &mut self.find(evaluation.profile)?.decisions;
                decisions.insert(evaluation.symbol, evaluation.decision);
                Ok(())
            }
            Event::SignalRefused { .. } => Ok(()),
            Event::BrokerEventUnmatched { message } => {
                self.find(message.order().intent.profile)?.remember_unmatched(message);
                Ok(())
            }
            Event::IntentAccepted { .. }
            | Event::OrderAccepted { .. }
            | Event::CancelRequested { .. }
            | Event::OrderUnknown { .. }
            | Event::AmendmentRequested { .. }
            | Event::OrderAmended { .. }
            | Event::AmendmentRejected { .. }
            | Event::OrderFilled { .. }
            | Event::OrderDone { .. } => self.book_order(envelope),
            Event::ProtectionPlaced { trade, stop, targets } => {
                let trade = self.find(trade.0.profile)?.open_trade(*trade)?;
                trade.stop = *stop;
                trade.targets.clone_from(targets);
                Ok(())
            }
            Event::StopMoved { trade, stop, by } => self.move_stop(*trade, *stop, by.is_some()),
            Event::BarHeld { trade, bars, close } => self.hold_bar(*trade, *bars, *close),
            Event::AvailableNegative { profile, available } => {
                let reason = format!("what is available is negative: {available}");
                self.find(*profile)?.set_status(ProfileStatus::UnderReview, &reason, None);
                Ok(())
            }
            Event::DayOpened { .. }
            | Event::PeakEquity { .. }
            | Event::EntriesLocked { .. }
            | Event::EntriesUnlocked { .. } => self.count(envelope),
            Event::LimitsChanged { version, limits, by } => {
                self.change_limits(*version, limits, (by, envelope.at))
            }
        }
    }

    /// What happens to an order.
    fn book_order(&mut self, envelope: &Envelope) -> Booked {
        match &envelope.event {
            Event::IntentAccepted { terms, .. } => {
                self.indexed(terms.order_id(), None, |profile| profile.accept_intent(terms))
            }
            Event::OrderAccepted { order } => self.confirm(*order),
            Event::CancelRequested { order, .. } => {
                self.wait(*order, ActiveState::PendingCancel, envelope.at)
            }
            Event::OrderUnknown { order, .. } => {
                self.wait(*order, ActiveState::Unknown, envelope.at)
            }
            Event::AmendmentRequested { order, amendment, .. } => {
                self.indexed(*order, None, |profile| profile.begin_amendment(*order, amendment))
            }
            Event::OrderAmended { order, revision } => {
                self.indexed(*order, None, |profile| profile.amend(*order, *revision, true))
            }
            Event::AmendmentRejected { order, revision, .. } => {
                self.indexed(*order, None, |profile| profile.amend(*order, *revision, false))
            }
            Event::OrderFilled { order, fill } => {
                let profile = self.find(order.intent.profile)?;
                profile.unmatched.retain(|message| !is_of(message, *order, fill));
                let trade = profile.trade_of(*order);
                self.indexed(*order, Some(trade), |profile| profile.fill(*order, fill))
            }
            Event::OrderDone { order, state, .. } => {
                self.indexed(*order, None, |profile| profile.end(*order, *state))
            }
            _ => Ok(()),
        }
    }

    /// What limits look back on.
    fn count(&mut self, envelope: &Envelope) -> Booked {
        match &envelope.event {
            Event::DayOpened { profile, day, equity } => {
                let opened = OpenedDay { day: *day, equity: equity.amount() };
                self.find(*profile)?.counters.day = Some(opened);
            }
            Event::PeakEquity { profile, equity } => {
                self.find(*profile)?.counters.peak = Some(equity.amount());
            }
            Event::EntriesLocked { profile, lock } => {
                self.find(*profile)?.counters.locked(*lock, envelope.at);
            }
            Event::EntriesUnlocked { profile, symbol, .. } => {
                self.find(*profile)?.counters.unlocked(*symbol);
            }
            _ => {}
        }
        Ok(())
    }

    fn change_limits(
        &mut self,
        version: u64,
        limits: &Limits,
        (by, at): (&str, Timestamp),
    ) -> Booked {
        let before = self.limits.as_ref().map_or(0, |known| known.version);
        if version != before + 1 {
            return Err(format!("version {version} of the limits follows version {before}"));
        }
        let (limits, changed_by) = (Box::new(limits.clone()), by.to_owned());
        self.limits = Some(TenantLimits { version, limits, changed_by, changed_at: at });
        Ok(())
    }

    /// Changes an order, and a trade where there is one, and the index of the profile with it.
    fn indexed(
        &mut self,
        order: OrderId,
        trade: Option<TradeId>,
        change: impl FnOnce(&mut Profile) -> Booked,
    ) -> Booked {
        let profile = self.find(order.intent.profile)?;
        profile.index(Turn::Out, Some(order), trade);
        let booked = change(profile);
        profile.index(Turn::In, Some(order), trade);
        booked
    }

    fn find(&mut self, id: ProfileId) -> Result<&mut Profile, String> {
        self.profiles.get_mut(&id).ok_or_else(|| format!("there is no profile {id}"))
    }

    fn change_profile(
        &mut self,
        id: ProfileId,
        version: u64,
        document: &ProfileDocument,
        (by, at): (&str, Timestamp),
    ) -> Booked {
        let make = || Profile::new(id, Box::new(document.clone()));
        let profile = self.profiles.entry(id).or_insert_with(make);
        if version != profile.version + 1 {
            return Err(format!("version {version} of {id} follows version {}", profile.version));
        }
        if document.capital.currency != profile.book.currency() {
            return Err(format!("{id} keeps its books in {}", profile.book.currency()));
        }
        let before = match profile.version {
            0 => Money::zero(profile.book.currency()),
            _ => profile.document.capital.money(),
        };
        profile.version = version;
        by.clone_into(&mut profile.changed_by);
        profile.changed_at = at;
        *profile.document = document.clone();
        profile.allocate(version, before, document.capital.money())
    }

    fn confirm(&mut self, id: OrderId) -> Booked {
        self.indexed(id, None, |profile| {
            let order = profile.working(id)?;
            order.confirmed = true;
            order.state = OrderState::Active(match order.filled.is_zero() {
                true => ActiveState::Accepted,
                false => ActiveState::PartiallyFilled,
            });
            Ok(())
        })
    }

    fn wait(&mut self, id: OrderId, state: ActiveState, since: Timestamp) -> Booked {
        self.indexed(id, None, |profile| {
            let order = profile.working(id)?;
            order.state = OrderState::Active(state);
            order.waits_since = since;
            Ok(())
        })
    }

    fn hold_bar(&mut self, id: TradeId, bars: u32, close: Timestamp) -> Booked {
        let trade = self.find(id.0.profile)?.open_trade(id)?;
        (trade.bars_held, trade.counted_to) = (bars, Some(close));
        Ok(())
    }

    fn move_stop(&mut self, id: TradeId, stop: Stop, by_person: bool) -> Booked {
        let trade = self.find(id.0.profile)?.open_trade(id)?;
        trade.break_even_armed |= stop.kind == ballast_domain::StopKind::BreakEven;
        trade.stop = Some(stop);
        trade.amendments = trade.amendments.saturating_add(u32::from(by_person));
        Ok(())
    }
}

impl Profile {
    fn set_status(&mut self, status: ProfileStatus, reason: &str, by: Option<&str>) {
        self.status = status;
        reason.clone_into(&mut self.status_reason);
        self.status_by = by.map(str::to_owned);
        if status == ProfileStatus::Running {
            self.started = true;
            self.flattening = None;
        }
    }

    fn remove(&mut self, by: &str) {
        self.removed = true;
        self.set_status(ProfileStatus::Stopped, "removed", Some(by));
    }

    fn remember_unmatched(&mut self, message: &BrokerEvent) {
        if self.unmatched.len() == REMEMBERED {
            self.unmatched.pop_front();
        }
        self.unmatched.push_back(message.clone());
    }

    fn working(&mut self, id: OrderId) -> Result<&mut Order, String> {
        self.working.get_mut(&id).ok_or_else(|| format!("no order {id} is working"))
    }

    fn open_trade(&mut self, id: TradeId) -> Result<&mut Trade, String> {
        self.trades.get_mut(&id).ok_or_else(|| format!("there is no open trade {id}"))
    }

    fn allocate(&mut self, version: u64, before: Money, after: Money) -> Booked {
        let change = after.checked_sub(before).ok_or("the allocation does not fit a decimal")?;
        if change.amount().is_zero() {
            return Ok(());
        }
        let (debit, credit) = if change.amount().is_sign_negative() {
            (Account::Capital, Account::Outside)
        } else {
            (Account::Outside, Account::Capital)
        };
        self.counters.paid(change.amount());
        let amount = Money::new(change.amount().abs(), change.currency());
        let id = TransferId::Allocation { profile: self.id, version };
        expect_created(self.book.transfer(Transfer { id, debit, credit, amount }))
    }

    fn accept_intent(&mut self, terms: &Arc<OrderTerms>) -> Booked {
        if terms.intent != self.next_intent() {
            return Err(format!("{} does not follow intent {}", terms.intent, self.last_intent));
        }
        if !terms.reserved.amount().is_zero() {
            expect_created(self.book.reserve(terms.intent, terms.reserved))?;
        }
        self.last_intent = terms.intent.number;
        self.counters.entered(terms);
        self.working.insert(terms.order_id(), Order::pending(Arc::clone(terms)));
        Ok(())
    }

    fn begin_amendment(&mut self, id: OrderId, amendment: &Amendment) -> Booked {
        let order = self.working(id)?;
        if order.amending.is_some() || amendment.revision <= order.revision {
            return Err(format!("amendment {} of {id} comes too early", amendment.revision));
        }
        order.amending = Some(*amendment);
        match amendment.adds.amount().is_zero() {
            true => Ok(()),
            false => {
                let Amendment { revision, adds, .. } = *amendment;
                expect_created(self.book.reserve_more(id.intent, revision, adds))
            }
        }
    }

    /// An amendment was `taken` by the venue, or not. What of its money the fills meanwhile have
    /// left goes back.
    fn amend(&mut self, id: OrderId, revision: u32, taken: bool) -> Booked {
        let order = self.working(id)?;
        let asked = order.amending.take().filter(|asked| asked.revision == revision);
        let asked = asked.ok_or_else(|| format!("{id} has no amendment {revision}"))?;
        order.revision = revision;
        let (part, amount) = match taken {
            true => {
                order.terms = Arc::new(order.terms.amended(&asked));
                (AmendmentPart::Frees, asked.frees)
            }
            false => (AmendmentPart::Back, asked.adds),
        };
        let done = order.open_quantity().is_zero();
        let left = self.book.reservation(id.intent);
        let amount = Money::new(amount.amount().min(left), amount.currency());
        if !amount.amount().is_zero() {
            expect_created(self.book.free((id.intent, revision), part, amount))?;
        }
        if done { self.end(id, DoneState::Filled) } else { Ok(()) }
    }

    fn fill(&mut self, id: OrderId, fill: &Fill) -> Booked {
        match id.leg {
            Leg::Main => {
                let known = self.order(id).ok_or_else(|| format!("there is no order {id}"))?;
                let terms = Arc::clone(&known.terms);
                match &terms.purpose {
                    Purpose::Enter { .. } => self.enter(&terms, fill)?,
                    Purpose::Exit { trade, reason, .. } => self.leave(id, *trade, fill, *reason)?,
                }
                self.count_filled(id, fill)
            }
            Leg::Stop => {
                let trade = TradeId(id.intent);
                let stop = self.open_trade(trade)?.stop;
                let reason = stop.map_or(ExitReason::StopLoss, |s| position::stop_reason(s.kind));
                self.leave(id, trade, fill, reason)
            }
            Leg::Target(leg) => {
                let trade = self.open_trade(TradeId(id.intent))?;
                if let Some(target) = trade.targets.get_mut(usize::from(leg)) {
                    target.filled = target.filled.checked_add(fill.quantity).unwrap_or_default();
                }
                self.leave(id, TradeId(id.intent), fill, ExitReason::TakeProfit)
            }
        }
    }

    /// The trade that a fill of `order` enters or leaves.
    fn trade_of(&self, order: OrderId) -> TradeId {
        match self.order(order).map(|known| &known.terms.purpose) {
            Some(Purpose::Exit { trade, .. }) if order.leg == Leg::Main => *trade,
            _ => TradeId(order.intent),
        }
    }

    fn enter(&mut self, terms: &OrderTerms, fill: &Fill) -> Booked {
        let Purpose::Enter { direction, slot, protection } = &terms.purpose else { return Ok(()) };
        let id = TradeId(terms.intent);
        let reopened = self.closed.iter().position(|trade| trade.id == id);
        let mut trade = match self.trades.remove(&id) {
            Some(trade) => trade,
            None => match reopened.and_then(|place| self.closed.remove(place)) {
                Some(closed) => {
                    self.counters.reopened(&closed);
                    closed
                }
                None => position::begin(terms, *direction, *slot, protection.clone(), fill),
            },
        };
        once(&trade, fill)?;
        let entered = position::enter(&mut trade, fill).ok_or("the fill does not fit a decimal")?;
        let number = trade.fills.len() as u32;
        let flat = trade.open_quantity().is_zero();
        if !flat {
            trade.closed_at = None;
        }
        self.trades.insert(id, trade);
        if flat {
            self.close(id);
        }
        let order = terms.order_id();
        expect_created(self.book.enter(order, number, entered.cost, fill.fee))?;
        let Some(left) = entered.left_before else { return Ok(()) };
        let none = Money::zero(fill.fee.currency());
        expect_created(self.book.leave(order, number, left.cost, left.profit, none))
    }

    fn leave(&mut self, order: OrderId, id: TradeId, fill: &Fill, reason: ExitReason) -> Booked {
        let trade = self.open_trade(id)?;
        once(trade, fill)?;
        let returned = position::leave(trade, fill, reason);
        let returned = returned.ok_or("the fill does not fit a decimal")?;
        let number = trade.fills.len() as u32;
        if trade.open_quantity().is_zero() {
            self.close(id);
        }
        let code = self.book.leave(order, number, returned.cost, returned.profit, fill.fee);
        expect_created(code)
    }

    fn close(&mut self, id: TradeId) {
        if self.closed.len() == REMEMBERED
            && let Some(oldest) = self.closed.pop_front()
        {
            self.book.forget(oldest.id.0);
        }
        if let Some(closed) = self.trades.remove(&id) {
            self.counters.closed(&closed);
            self.closed.push_back(closed);
        }
    }

    fn count_filled(&mut self, id: OrderId, fill: &Fill) -> Booked {
        let late = self.ended.iter_mut().find(|order| order.terms.order_id() == id);
        let Some(order) = self.working.get_mut(&id).or(late) else { return Ok(()) };
        let filled = order.filled.checked_add(fill.quantity);
        order.filled = filled.ok_or("the filled quantity does not fit a decimal")?;
        order.confirmed = true;
        if !order.state.is_active() {
            return Ok(());
        }
        // More than there was to fill: its venue has taken the amendment.
        if let Some(asked) = order.amending.filter(|_| order.filled > order.terms.quantity) {
            self.amend(id, asked.revision, true)?;
        }
        let Some(order) = self.working.get_mut(&id) else { return Ok(()) };
        if order.open_quantity().is_zero() {
            return self.end(id, DoneState::Filled);
        }
        // A fill does not take back that we asked for the rest to be cancelled.
        if order.state != OrderState::Active(ActiveState::PendingCancel) {
            order.state = OrderState::Active(ActiveState::PartiallyFilled);
        }
        Ok(())
    }

    fn end(&mut self, id: OrderId, state: DoneState) -> Booked {
        let order = self.working.remove(&id);
        let mut order = order.ok_or_else(|| format!("no order {id} is working"))?;
        order.state = OrderState::Done(state);
        order.amending = None;
        if !order.terms.is_reducing() {
            // Without a reservation there is nothing to give back.
            let _ = self.book.void(id.intent);
        }
        if self.ended.len() == REMEMBERED
            && let Some(oldest) = self.ended.pop_front()
        {
            self.forget(&oldest);
        }
        self.ended.push_back(order);
        Ok(())
    }

    /// Drops the ledger's memory of an order, unless its trade may still see fills.
    fn forget(&mut self, order: &Order) {
        let trade = TradeId(order.terms.intent);
        let remembered =
            self.trades.contains_key(&trade) || self.closed.iter().any(|closed| closed.id == trade);
        if !remembered {
            self.book.forget(order.terms.intent);
        }
    }
}

/// Whether a message told of this fill.
fn is_of(message: &BrokerEvent, order: OrderId, fill: &Fill) -> bool {
    matches!(message, BrokerEvent::Filled { order: told, fill: known }
        if *told == order && known == fill)
}

/// A fill is money: booked twice, it would be money that nobody has.
fn once(trade: &Trade, fill: &Fill) -> Booked {
    match trade.fills.contains(&fill.id) {
        true => Err(format!("fill {} of {} was booked before", fill.id, trade.id)),
        false => Ok(()),
    }
}

fn expect_created(code: TransferCode) -> Booked {
    match code {
        TransferCode::Created => Ok(()),
        refused => Err(format!("the ledger answered {refused:?}")),
    }
}
