//! How each event changes the state.

use std::sync::Arc;

use ballast_domain::ledger::Transfer;
use ballast_domain::{
    Account, ActiveState, BrokerEvent, DoneState, Envelope, Event, Fill, FillId, IntentId, Limits,
    Money, OrderId, OrderState, OrderTerms, ProfileDocument, ProfileId, ProfileStatus, Stop,
    Timestamp, Trade, TradeId, TransferCode, TransferId,
};

use super::counters::OpenedDay;
use super::index::Turn;
use super::profile::{Flattening, Order, Profile, REMEMBERED};
use super::{State, TenantLimits};

pub(super) type Booked = Result<(), String>;

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
            | Event::OrderDone { .. } => self.book_order(envelope),
            Event::OrderFilled { .. }
            | Event::FillCorrected { .. }
            | Event::ProtectionPlaced { .. }
            | Event::StopMoved { .. }
            | Event::TargetsMoved { .. }
            | Event::BarHeld { .. }
            | Event::ExcursionsKnown { .. }
            | Event::DustClosed { .. } => self.change_trade(envelope),
            Event::CorporateAction { profile, id, symbol, action, by } => {
                self.find(*profile)?.act(*id, (*symbol, action), (by, envelope.at))
            }
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

    /// What becomes of a trade.
    fn change_trade(&mut self, envelope: &Envelope) -> Booked {
        match &envelope.event {
            Event::OrderFilled { order, fill } => {
                let profile = self.find(order.intent.profile)?;
                profile.unmatched.retain(|message| !is_of(message, *order, fill));
                let trade = profile.trade_of(*order);
                self.indexed(*order, Some(trade), |profile| profile.fill(*order, fill))
            }
            Event::FillCorrected { order, fill, by } => {
                let profile = self.find(order.intent.profile)?;
                profile.unmatched.retain(|message| !corrects(message, *order, *fill));
                let trade = profile.booked(*order, *fill).map(|(trade, _)| trade.id);
                self.indexed(*order, trade, |profile| profile.correct(*order, *fill, by.as_deref()))
            }
            Event::ProtectionPlaced { trade, stop, targets } => self.retargeted(*trade, |trade| {
                trade.stop = *stop;
                trade.targets.clone_from(targets);
            }),
            Event::StopMoved { trade, stop, by } => self.move_stop(*trade, *stop, by.is_some()),
            Event::TargetsMoved { trade, terms, targets, .. } => self.retargeted(*trade, |trade| {
                trade.protection.targets.clone_from(terms);
                trade.targets.clone_from(targets);
                trade.amendments = trade.amendments.saturating_add(1);
            }),
            Event::BarHeld { trade, bars, close } => self.hold_bar(*trade, *bars, *close),
            Event::ExcursionsKnown { trade, best, worst } => {
                let known = self.find(trade.0.profile)?.known_trade_mut(*trade)?;
                (known.best_price, known.worst_price) = (Some(*best), Some(*worst));
                Ok(())
            }
            Event::DustClosed { trade, .. } => {
                let profile = self.find(trade.0.profile)?;
                profile.index(Turn::Out, None, Some(*trade));
                let booked = profile.write_off(*trade, envelope.at);
                profile.index(Turn::In, None, Some(*trade));
                booked
            }
            _ => Ok(()),
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
            Event::OrderAmended { order, revision } => self.indexed(*order, None, |profile| {
                profile.amend(*order, (*revision, true), envelope.at)
            }),
            Event::AmendmentRejected { order, revision, .. } => {
                self.indexed(*order, None, |profile| {
                    profile.amend(*order, (*revision, false), envelope.at)
                })
            }
            Event::OrderDone { order, state, .. } => {
                self.indexed(*order, None, |profile| profile.end(*order, *state, envelope.at))
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
            (order.confirmed, order.in_doubt) = (true, false);
            // That the venue has it does not take back that it is to be cancelled.
            if order.state == OrderState::Active(ActiveState::PendingCancel) {
                return Ok(());
            }
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
            let leaving = OrderState::Active(ActiveState::PendingCancel);
            // That nobody can tell does not take back that it is to be cancelled.
            if state != ActiveState::Unknown || order.state != leaving {
                order.state = OrderState::Active(state);
            }
            order.in_doubt |= state == ActiveState::Unknown;
            order.waits_since = since;
            Ok(())
        })
    }

    /// Changes an open trade, and the index of the profile with its targets.
    fn retargeted(&mut self, id: TradeId, change: impl FnOnce(&mut Trade)) -> Booked {
        let profile = self.find(id.0.profile)?;
        profile.index(Turn::Out, None, Some(id));
        let booked = profile.open_trade(id).map(change);
        profile.index(Turn::In, None, Some(id));
        booked
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

    pub(super) fn working(&mut self, id: OrderId) -> Result<&mut Order, String> {
        self.working.get_mut(&id).ok_or_else(|| format!("no order {id} is working"))
    }

    pub(super) fn open_trade(&mut self, id: TradeId) -> Result<&mut Trade, String> {
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

    pub(super) fn end(&mut self, id: OrderId, state: DoneState, at: Timestamp) -> Booked {
        let order = self.working.remove(&id);
        let mut order = order.ok_or_else(|| format!("no order {id} is working"))?;
        order.state = OrderState::Done(state);
        (order.amending, order.in_doubt, order.ended_at) = (None, false, Some(at));
        if !order.terms.is_reducing() {
            // Without a reservation there is nothing to give back.
            let _ = self.book.void(id.intent);
        }
        for forgotten in self.ended.keep(order) {
            self.forget(&forgotten);
        }
        Ok(())
    }

    /// Drops the ledger's memory of an order, unless its trade may still see fills.
    fn forget(&mut self, order: &Order) {
        let trade = TradeId(order.terms.intent);
        let remembered =
            self.trades.contains_key(&trade) || self.closed.iter().any(|closed| closed.id == trade);
        if !remembered {
            self.forget_transfers(order.terms.intent);
        }
    }

    /// Drops the books' memory of an intent.
    pub(super) fn forget_transfers(&mut self, intent: IntentId) {
        self.book.forget(intent);
        for book in self.other_books.values_mut() {
            book.forget(intent);
        }
    }
}

/// Whether a message takes back this fill.
fn corrects(message: &BrokerEvent, order: OrderId, fill: FillId) -> bool {
    matches!(message, BrokerEvent::Corrected { order: told, fill: known, .. }
        if *told == order && *known == fill)
}

/// Whether a message told of this fill.
fn is_of(message: &BrokerEvent, order: OrderId, fill: &Fill) -> bool {
    matches!(message, BrokerEvent::Filled { order: told, fill: known }
        if *told == order && known == fill)
}

pub(super) fn expect_created(code: TransferCode) -> Booked {
    match code {
        TransferCode::Created => Ok(()),
        refused => Err(format!("the ledger answered {refused:?}")),
    }
}
