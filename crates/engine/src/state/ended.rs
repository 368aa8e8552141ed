//! Orders that have ended, as long as their venue may still say something about them.

use std::collections::VecDeque;

use ballast_domain::{DoneState, OrderId, OrderState, Timestamp};
use serde::{Deserialize, Serialize};

use super::profile::{Order, REMEMBERED};

/// How many are kept of those that ended before they were filled.
pub(super) const GIVEN_UP: usize = 4 * REMEMBERED;

/// How long after its end an order that ended before it was filled is kept, and asked about.
const LATE_NEWS_NANOS: i64 = 24 * 3_600_000_000_000;

/// The latest orders that have ended, oldest first.
///
/// Of one that has filled, or that its venue has refused, hardly anything is to come. One that was
/// cancelled, has expired or was given up may have filled before, or arrive yet: those are kept
/// longer, and no number of others drives them out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Ended(VecDeque<Order>);

impl Ended {
    /// One of them.
    #[must_use]
    pub fn get(&self, id: OrderId) -> Option<&Order> {
        self.0.iter().rev().find(|order| order.terms.order_id() == id)
    }

    pub(super) fn get_mut(&mut self, id: OrderId) -> Option<&mut Order> {
        self.0.iter_mut().rev().find(|order| order.terms.order_id() == id)
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Order> {
        self.0.iter()
    }

    /// Those that may have filled nevertheless, of which their venue is still asked at `now`: the
    /// latest that ended before they were filled, at most 64.
    pub fn asked_about(&self, now: Timestamp) -> impl Iterator<Item = OrderId> {
        let is_young = move |order: &&Order| is_young(order, now);
        let latest = self.0.iter().filter(|order| is_given_up(order)).rev().take(REMEMBERED);
        latest.filter(is_young).map(|order| order.terms.order_id())
    }

    /// Keeps an order that has ended; gives those that are forgotten for it: one too many of its
    /// kind, and what nothing more is to come of for its age.
    pub(super) fn keep(&mut self, order: Order) -> Vec<Order> {
        let given_up = is_given_up(&order);
        let most = if given_up { GIVEN_UP } else { REMEMBERED };
        // The end of one that has filled is by the clock of its venue.
        let now = order.ended_at.filter(|_| given_up);
        self.0.push_back(order);
        let mut forgotten = Vec::new();
        loop {
            let alike = |order: &Order| is_given_up(order) == given_up;
            let Some(place) = self.0.iter().position(alike) else { return forgotten };
            let is_old = now.is_some_and(|now| !is_young(&self.0[place], now));
            let count = self.0.iter().filter(|order| alike(order)).count();
            if !is_old && count <= most {
                return forgotten;
            }
            forgotten.extend(self.0.remove(place));
        }
    }
}

/// A clock that was set back keeps none longer.
fn is_young(order: &Order, now: Timestamp) -> bool {
    let age = order.ended_at.map(|at| now.nanos_since(at).saturating_abs());
    age.is_some_and(|nanos| nanos < LATE_NEWS_NANOS)
}

const fn is_given_up(order: &Order) -> bool {
    !matches!(order.state, OrderState::Done(DoneState::Filled | DoneState::Rejected))
}
