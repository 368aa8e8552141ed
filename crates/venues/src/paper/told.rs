//! What the tenant was told about each order of one profile, so that it can be told again.

use std::collections::{BTreeMap, BTreeSet};

use ballast_domain::id::Leg;
use ballast_domain::{BrokerEvent, OrderId};

use super::record::Account;

/// Orders of one profile of which is known what was told. Those that may still fill, or whose
/// trade is held, are kept beyond that.
pub(super) const REMEMBERED: usize = 1_000;

/// Everything told about the intents of one profile, by their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    intents: BTreeMap<u64, Vec<BrokerEvent>>,
    /// The highest number that was forgotten.
    forgotten: u64,
}

impl Told {
    /// Knows of an intent from here on.
    pub(super) fn begin(&mut self, number: u64) {
        self.intents.entry(number).or_default();
    }

    /// Keeps what is told about an order or a protective leg of it.
    pub(super) fn note(&mut self, event: &BrokerEvent) {
        self.intents.entry(event.order().intent.number).or_default().push(event.clone());
    }

    /// Whether the intent has come before.
    pub(super) fn knows(&self, number: u64) -> bool {
        self.intents.contains_key(&number)
    }

    /// Whether the intent may have come before, so long ago that nothing is known of it.
    pub(super) fn may_have_forgotten(&self, number: u64) -> bool {
        number <= self.forgotten && !self.knows(number)
    }

    /// Whether an amendment of an order was taken or refused.
    pub(super) fn has_answered(&self, order: OrderId, asked: u32) -> bool {
        let events = self.intents.get(&order.intent.number).map_or(&[][..], Vec::as_slice);
        events.iter().any(|event| match event {
            BrokerEvent::Amended { order: of, revision }
            | BrokerEvent::AmendmentRejected { order: of, revision, .. } => {
                *of == order && *revision == asked
            }
            _ => false,
        })
    }

    /// What is to be told again about an order: what happened to it, and that it was accepted only
    /// while it `works`, because whoever hears that of an order that should be gone cancels it. A
    /// main order brings what happened to its protective legs too: whoever missed the entry cannot
    /// ask for them.
    pub(super) fn about(&self, order: OrderId, works: bool) -> impl Iterator<Item = &BrokerEvent> {
        let events = self.intents.get(&order.intent.number).map_or(&[][..], Vec::as_slice);
        let asked = move |event: &&BrokerEvent| order.leg == Leg::Main || event.order() == order;
        let stands = move |event: &&BrokerEvent| match event {
            BrokerEvent::Accepted { order: accepted } => works && *accepted == order,
            _ => true,
        };
        events.iter().filter(asked).filter(stands)
    }

    /// Forgets the oldest intents that are over, when there are too many.
    pub(super) fn forget(&mut self, account: Option<&Account>) {
        let excess = self.intents.len().saturating_sub(REMEMBERED);
        if excess == 0 {
            return;
        }
        let live = account.map(live).unwrap_or_default();
        let over = self.intents.keys().copied().filter(|number| !live.contains(number));
        for number in over.take(excess).collect::<Vec<_>>() {
            self.intents.remove(&number);
            self.forgotten = self.forgotten.max(number);
        }
    }
}

/// The intents of an account that may still bring something to tell.
fn live(account: &Account) -> BTreeSet<u64> {
    let arrived = account.arrived.iter().map(|terms| terms.intent.number);
    let working = account.matcher.working().map(|terms| terms.intent.number);
    let held = account.matcher.held().map(|trade| trade.id.0.number);
    arrived.chain(working).chain(held).collect()
}
