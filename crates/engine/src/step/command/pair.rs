//! Two entries of which the first to fill cancels the other (OCO): asked for together, or one for
//! an order that works already.
//!
//! Those that are asked for together name each other. Both pass the gate before either is
//! journaled, and one that never comes to work takes the other with it. Each reserves its own cost:
//! until its venue has cancelled one, both may fill.

use std::sync::Arc;

use ballast_domain::id::Leg;
use ballast_domain::{
    ActiveState, Event, OrderId, OrderState, Refusal, Signal, SignalTerms, Symbol,
};

use super::super::{Context, Effects, Engine};
use super::Answer;
use super::manual::{ManualOrder, Partner};
use super::order::kept;
use crate::risk::{self, OrderIntent};
use crate::state::{ApplyError, Order, Profile, State};

/// What a person's order comes to: a signal, or the two of a pair.
pub(super) struct Asked {
    first: Signal,
    other: Option<Signal>,
}

/// What the gate has let through.
struct Approved {
    first: OrderIntent,
    other: Option<OrderIntent>,
}

impl Engine {
    /// The signals of an order, for the gate; else why it is none.
    pub(super) fn asked_by(&self, mut order: ManualOrder) -> Result<Asked, Answer> {
        let Some(partner) = order.partner.take() else {
            return Ok(Asked { first: self.signal_of(order)?, other: None });
        };
        let profile = self.leaving(order.profile).ok_or(Answer::NoSuchProfile)?;
        let next = profile.next_intent();
        let mut first = entering(self.signal_of(order)?)?;
        let mut other = None;
        let named = match partner {
            Partner::Works(id) => {
                self.may_pair(profile, first.symbol, id)?;
                id
            }
            Partner::Entry(entry) => {
                let mut second = entering(self.signal_of(*entry)?)?;
                cancel_by(&mut second, OrderId::main(next));
                other = Some(second);
                let mut after = next;
                after.number += 1;
                OrderId::main(after)
            }
        };
        cancel_by(&mut first, named);
        Ok(Asked { first, other })
    }

    pub(super) fn answer_asked(
        &mut self,
        context: &Context,
        asked: Asked,
        effects: &mut Effects,
    ) -> Result<Answer, ApplyError> {
        let Approved { first, other } = match self.approve(context, &asked) {
            Ok(approved) => approved,
            Err((of_other, refusal)) => {
                let signal = match (of_other, asked.other) {
                    (true, Some(other)) => other,
                    _ => asked.first,
                };
                let refusal = self.refuse(context, signal, refusal, effects)?;
                return Ok(refused(of_other, refusal));
            }
        };
        let orders = (first.terms().order_id(), other.as_ref().map(|it| it.terms().order_id()));
        self.settle(context, asked.first, Ok(first), effects)?.ok();
        let (Some(signal), Some(intent)) = (asked.other, other) else {
            return Ok(Answer::Accepted(orders.0));
        };
        self.settle(context, signal, Ok(intent), effects)?.ok();
        Ok(match orders {
            (first, Some(other)) => Answer::AcceptedPair([first, other]),
            (first, None) => Answer::Accepted(first),
        })
    }

    pub(super) fn preview(&self, context: &Context, asked: &Asked) -> Answer {
        match self.approve(context, asked) {
            Ok(Approved { first, other }) => Answer::WouldAccept {
                terms: Arc::clone(first.terms()),
                other: other.map(|other| Arc::clone(other.terms())),
            },
            Err((of_other, refusal)) => refused(of_other, refusal),
        }
    }

    /// Asks the gate about all of it; with a refusal, whether it is of the other entry. That is
    /// looked at as if the first had been accepted, on a copy: what is refused has not begun.
    fn approve(&self, context: &Context, asked: &Asked) -> Result<Approved, (bool, Refusal)> {
        let first = self.check(context, &asked.first, None).map_err(|why| (false, why))?;
        let Some(signal) = &asked.other else { return Ok(Approved { first, other: None }) };
        let mut after: State = self.state().clone();
        let terms = Arc::clone(first.terms());
        let accepted = Event::IntentAccepted { terms, control_version: 0, origin: None };
        let booked = after.apply(&self.envelope(context, accepted));
        booked.map_err(|_| (false, Refusal::Overflow))?;
        let profile = after.profile(signal.profile).ok_or((true, Refusal::ProfileUnknown))?;
        let now = self.view(context, profile, signal.symbol, None);
        let other = risk::check(signal, &risk::View { state: &after, ..now });
        Ok(Approved { first, other: Some(other.map_err(|why| (true, why))?) })
    }

    /// Whether a new entry of the instrument may cancel this order as it fills.
    fn may_pair(&self, profile: &Profile, symbol: Symbol, id: OrderId) -> Result<(), Answer> {
        if id.intent.profile != profile.id {
            return Err(match self.state().profile(id.intent.profile) {
                None => Answer::NoSuchOrder,
                Some(_) => Answer::Invalid(format!(
                    "{id} is an order of another profile; name one of the same profile"
                )),
            });
        }
        let entry = "name an entry of the profile that works";
        if id.leg != Leg::Main {
            return Err(Answer::Invalid(format!("{id} protects a position; {entry}")));
        }
        if let Some(answer) = kept(profile, id) {
            return Err(match answer {
                Answer::Invalid(why) => Answer::Invalid(format!("{why}; {entry}")),
                answer => answer,
            });
        }
        let known = profile.working.get(&id).ok_or(Answer::NoSuchOrder)?;
        let why = match known.state {
            _ if known.terms.is_reducing() => "leaves a position".to_owned(),
            _ if known.terms.symbol != symbol => format!("is one of {}", known.terms.symbol),
            _ if !known.filled.is_zero() => "has begun to fill".to_owned(),
            OrderState::Active(ActiveState::PendingCancel) => "is being cancelled".to_owned(),
            _ => match partner_of(profile, known) {
                Some(other) => format!("is one of a pair with {other}"),
                None => return Ok(()),
            },
        };
        Err(Answer::Invalid(format!("{id} {why}; {entry} and has no other")))
    }

    /// One of a pair that was asked for together never came to work: the other is cancelled, unless
    /// it has begun to fill.
    pub(in crate::step) fn cancel_other_half(
        &mut self,
        context: &Context,
        order: OrderId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Some(profile) = self.state().profile(order.intent.profile) else { return Ok(()) };
        let named = profile.order(order).and_then(|known| known.terms.cancels);
        let other = named.and_then(|named| profile.working.get(&named));
        let other = other.filter(|it| it.terms.cancels == Some(order) && it.filled.is_zero());
        match other.map(|other| other.terms.order_id()) {
            Some(other) => {
                let why = "the other order of its pair never came to work";
                self.request_cancel(context, other, why, effects)
            }
            None => Ok(()),
        }
    }
}

/// The order with which this one is a pair, where that works.
fn partner_of(profile: &Profile, order: &Order) -> Option<OrderId> {
    let id = order.terms.order_id();
    let named = order.terms.cancels.filter(|named| profile.working.contains_key(named));
    let names = |other: &&Order| other.terms.cancels == Some(id);
    named.or_else(|| profile.working.values().find(names).map(|other| other.terms.order_id()))
}

fn refused(of_other: bool, refusal: Refusal) -> Answer {
    match of_other {
        true => Answer::RefusedOther(refusal),
        false => Answer::Refused(refusal),
    }
}

fn entering(signal: Signal) -> Result<Signal, Answer> {
    match &signal.terms {
        SignalTerms::Enter { .. } => Ok(signal),
        SignalTerms::Exit { trade, .. } => Err(Answer::Invalid(format!(
            "both orders of a pair enter, and one of these leaves {trade}; give that a stop and \
             targets, of which the first to fill ends the others"
        ))),
    }
}

const fn cancel_by(signal: &mut Signal, order: OrderId) {
    if let SignalTerms::Enter { cancels, .. } = &mut signal.terms {
        *cancels = Some(order);
    }
}
