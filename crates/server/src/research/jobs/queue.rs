//! Whose back-test is next: tenants take turns, so that one who asks for many waits for himself.

use std::collections::{BTreeSet, VecDeque};

use ballast_domain::TenantId;

use super::row::JobId;

/// Back-tests of one tenant that are not finished: one runs, three wait.
pub(super) const MOST_OF_TENANT: usize = 4;
/// Back-tests of all tenants that are not finished.
pub(super) const MOST_OF_ALL: usize = 64;

/// Who waits and who runs.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Tenants in the order of their turns, each with what waits, never empty.
    waiting: VecDeque<(TenantId, VecDeque<JobId>)>,
    running: BTreeSet<TenantId>,
}

/// Why another back-test is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    OfTenant,
    OfAll,
}

impl Queue {
    /// Whether another back-test of the tenant would be taken.
    pub(super) fn room(&self, tenant: &TenantId) -> Result<(), Full> {
        let own = self.waiting.iter().find(|(waits, _)| waits == tenant);
        let own = own.map_or(0, |(_, jobs)| jobs.len());
        let waiting: usize = self.waiting.iter().map(|(_, jobs)| jobs.len()).sum();
        if own + usize::from(self.running.contains(tenant)) >= MOST_OF_TENANT {
            return Err(Full::OfTenant);
        }
        if waiting + self.running.len() >= MOST_OF_ALL {
            return Err(Full::OfAll);
        }
        Ok(())
    }

    /// Takes a back-test into the queue.
    pub(super) fn push(&mut self, tenant: &TenantId, id: JobId) -> Result<(), Full> {
        self.room(tenant)?;
        let place = self.waiting.iter().position(|(waits, _)| waits == tenant);
        match place {
            Some(place) => self.waiting[place].1.push_back(id),
            None => self.waiting.push_back((tenant.clone(), VecDeque::from([id]))),
        }
        Ok(())
    }

    /// The next back-test, which runs from now on: of the first tenant who has none running.
    pub(super) fn next(&mut self) -> Option<JobId> {
        let idle = |(tenant, _): &(TenantId, _)| !self.running.contains(tenant);
        let place = self.waiting.iter().position(idle)?;
        let (tenant, mut jobs) = self.waiting.remove(place)?;
        let id = jobs.pop_front()?;
        if !jobs.is_empty() {
            self.waiting.push_back((tenant.clone(), jobs));
        }
        self.running.insert(tenant);
        Some(id)
    }

    /// The tenant's running back-test has ended.
    pub(super) fn finished(&mut self, tenant: &TenantId) {
        self.running.remove(tenant);
    }

    /// Takes a waiting back-test out; false when it does not wait.
    pub(super) fn withdraw(&mut self, id: JobId) -> bool {
        let mut found = false;
        for (_, jobs) in &mut self.waiting {
            let before = jobs.len();
            jobs.retain(|waits| *waits != id);
            found |= jobs.len() < before;
        }
        self.waiting.retain(|(_, jobs)| !jobs.is_empty());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        name.parse().unwrap()
    }

    fn id(number: u64) -> JobId {
        JobId::from_bits(number)
    }

    #[test]
    fn tenants_take_turns() {
        let mut queue = Queue::default();
        let asked = [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("b", 5), ("c", 6)];
        for (name, number) in asked {
            queue.push(&tenant(name), id(number)).unwrap();
        }
        let owner = |number: JobId| asked.iter().find(|(_, n)| id(*n) == number).unwrap().0;
        let mut order = Vec::new();
        while let Some(next) = queue.next() {
            order.push(next);
            queue.finished(&tenant(owner(next)));
        }
        assert_eq!(order, [1, 4, 6, 2, 5, 3].map(id));
    }

    #[test]
    fn a_tenant_runs_one_at_a_time() {
        let mut queue = Queue::default();
        for (name, number) in [("a", 1), ("a", 2), ("b", 3)] {
            queue.push(&tenant(name), id(number)).unwrap();
        }
        assert_eq!([queue.next(), queue.next(), queue.next()], [Some(id(1)), Some(id(3)), None]);
        queue.finished(&tenant("a"));
        assert_eq!([queue.next(), queue.next()], [Some(id(2)), None]);
    }

    #[test]
    fn both_limits_are_kept_and_room_comes_back() {
        let mut queue = Queue::default();
        for number in 0..4 {
            queue.push(&tenant("a"), id(number)).unwrap();
        }
        assert_eq!(queue.push(&tenant("a"), id(9)), Err(Full::OfTenant));
        assert_eq!(queue.next(), Some(id(0)));
        assert_eq!(queue.push(&tenant("a"), id(9)), Err(Full::OfTenant));
        queue.finished(&tenant("a"));
        assert!(queue.withdraw(id(2)) && !queue.withdraw(id(2)) && !queue.withdraw(id(0)));
        for number in 10..12 {
            queue.push(&tenant("a"), id(number)).unwrap();
        }
        assert_eq!(queue.push(&tenant("a"), id(9)), Err(Full::OfTenant));
        for number in 100..160 {
            queue.push(&tenant(&number.to_string()), id(number)).unwrap();
        }
        assert_eq!(queue.push(&tenant("b"), id(9)), Err(Full::OfAll));
    }
}
