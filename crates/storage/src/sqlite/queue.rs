//! What waits for the writer: bounded, in two priorities, and fair between tenants.
//!
//! Each tenant has a lane of its own in each priority. A commit takes a few jobs from each lane in
//! turn, so that one tenant's thousand writes make nobody else wait for more than one commit. A
//! tenant may have only so many jobs waiting, and all together only so many bytes; who comes then
//! waits asynchronously until there is room.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::contract::{Partition, Priority};
use crate::error::StoreError;
use crate::sqlite::fault::Fault;

/// How many jobs of one tenant and priority may wait.
const WAITING_PER_LANE: usize = 32;
/// How much may wait in one priority.
const WAITING_KIB: u32 = 64 << 10;
/// Lanes are cleared of tenants that no longer write when there are this many.
const LANES_KEPT: usize = 1_024;

/// What one commit takes of one priority.
struct Share {
    jobs: usize,
    jobs_per_lane: usize,
    /// No further job is taken beyond this.
    kib: u32,
}

const HIGH: Share = Share { jobs: 256, jobs_per_lane: 16, kib: 8_192 };
const LOW: Share = Share { jobs: 64, jobs_per_lane: 8, kib: 1_024 };

/// Something to write, and somebody who waits for it.
pub(super) trait Work: Send {
    /// Writes, inside the transaction of the whole group, and keeps the answer.
    fn run(&mut self, connection: &Connection) -> Result<(), Fault>;
    /// Gives the answer when the group is durable, or else `end`.
    fn settle(self: Box<Self>, end: Result<(), StoreError>);
}

/// Work that waits, with the room that it takes until it is done.
pub(super) struct Job {
    pub(super) work: Box<dyn Work>,
    kib: u32,
    _slot: OwnedSemaphorePermit,
    _room: OwnedSemaphorePermit,
}

pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    high_room: Arc<Semaphore>,
    low_room: Arc<Semaphore>,
}

#[derive(Default)]
struct Waiting {
    high: Lanes,
    low: Lanes,
    closed: bool,
}

#[derive(Default)]
struct Lanes {
    jobs: HashMap<Partition, VecDeque<Job>>,
    /// The lanes that hold jobs; the one that has waited longest comes first.
    turns: VecDeque<Partition>,
    slots: HashMap<Partition, Weak<Semaphore>>,
    /// How many slots there may be before those that nobody waits at are forgotten.
    most_slots: usize,
}

pub(super) fn closed() -> StoreError {
    StoreError::Unavailable("it has been closed".to_owned())
}

impl Queue {
    pub(super) fn new() -> Self {
        let room = || Arc::new(Semaphore::new(WAITING_KIB as usize));
        Self {
            waiting: Mutex::default(),
            arrived: Condvar::new(),
            high_room: room(),
            low_room: room(),
        }
    }

    /// Waits for room, then leaves the work for the writer.
    pub(super) async fn push(
        &self,
        partition: &Partition,
        priority: Priority,
        bytes: usize,
        work: Box<dyn Work>,
    ) -> Result<(), StoreError> {
        let kib = u32::try_from(bytes / 1_024 + 1).unwrap_or(WAITING_KIB).min(WAITING_KIB);
        let slots = self.lock().lanes(priority).slots(partition);
        let room = match priority {
            Priority::High => &self.high_room,
            Priority::Low => &self.low_room,
        };
        let slot = slots.acquire_owned().await.map_err(|_| closed())?;
        let room = Arc::clone(room).acquire_many_owned(kib).await.map_err(|_| closed())?;
        let job = Job { work, kib, _slot: slot, _room: room };
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(closed());
        }
        waiting.lanes(priority).push(partition, job);
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits for work and takes what the next commit shall hold; `None` when closed and empty.
    pub(super) fn take(&self) -> Option<Vec<Job>> {
        let mut waiting = self.lock();
        loop {
            let mut jobs = waiting.high.take(&HIGH);
            jobs.extend(waiting.low.take(&LOW));
            if !jobs.is_empty() {
                return Some(jobs);
            }
            if waiting.closed {
                return None;
            }
            waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Jobs that wait.
    pub(super) fn waiting(&self) -> usize {
        let waiting = self.lock();
        let lanes = waiting.high.jobs.values().chain(waiting.low.jobs.values());
        lanes.map(VecDeque::len).sum()
    }

    /// Lets nothing more in. What waits is still taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.high_room.close();
        self.low_room.close();
        self.arrived.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    const fn lanes(&mut self, priority: Priority) -> &mut Lanes {
        match priority {
            Priority::High => &mut self.high,
            Priority::Low => &mut self.low,
        }
    }
}

impl Lanes {
    fn slots(&mut self, partition: &Partition) -> Arc<Semaphore> {
        if let Some(slots) = self.slots.get(partition).and_then(Weak::upgrade) {
            return slots;
        }
        if self.slots.len() >= self.most_slots.max(LANES_KEPT) {
            self.slots.retain(|_, slots| slots.strong_count() > 0);
            // Twice as many as live now: looking for the dead costs no more than making them.
            self.most_slots = 2 * self.slots.len();
        }
        let slots = Arc::new(Semaphore::new(WAITING_PER_LANE));
        self.slots.insert(partition.clone(), Arc::downgrade(&slots));
        slots
    }

    fn push(&mut self, partition: &Partition, job: Job) {
        if let Some(lane) = self.jobs.get_mut(partition) {
            lane.push_back(job);
            return;
        }
        self.jobs.insert(partition.clone(), VecDeque::from([job]));
        self.turns.push_back(partition.clone());
    }

    fn take(&mut self, share: &Share) -> Vec<Job> {
        let mut taken = Vec::new();
        let mut kib = 0;
        for _ in 0..self.turns.len() {
            let Some(partition) = self.turns.pop_front() else {
                break;
            };
            let Some(lane) = self.jobs.get_mut(&partition) else {
                continue;
            };
            for _ in 0..share.jobs_per_lane {
                if taken.len() >= share.jobs || kib >= share.kib {
                    break;
                }
                let Some(job) = lane.pop_front() else { break };
                kib += job.kib;
                taken.push(job);
            }
            if lane.is_empty() {
                self.jobs.remove(&partition);
            } else {
                self.turns.push_back(partition);
            }
            if taken.len() >= share.jobs || kib >= share.kib {
                break;
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    struct Named(&'static str, Arc<Mutex<Vec<&'static str>>>);

    impl Work for Named {
        fn run(&mut self, _: &Connection) -> Result<(), Fault> {
            Ok(())
        }

        fn settle(self: Box<Self>, _: Result<(), StoreError>) {
            self.1.lock().unwrap().push(self.0);
        }
    }

    /// A queue, and the names of the jobs in the order in which they were taken.
    struct Bench {
        queue: Queue,
        taken: Arc<Mutex<Vec<&'static str>>>,
    }

    impl Bench {
        fn new() -> Self {
            Self { queue: Queue::new(), taken: Arc::default() }
        }

        async fn push(&self, name: &'static str, priority: Priority, bytes: usize) {
            let partition = Partition::Tenant(name.parse().unwrap());
            let work = Box::new(Named(name, Arc::clone(&self.taken)));
            self.queue.push(&partition, priority, bytes, work).await.unwrap();
        }

        /// The jobs of one commit.
        fn commit(&self) -> Vec<&'static str> {
            for job in self.queue.take().unwrap() {
                job.work.settle(Ok(()));
            }
            std::mem::take(&mut self.taken.lock().unwrap())
        }
    }

    fn poll(future: impl Future<Output = ()>) -> Poll<()> {
        pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn one_tenants_bulk_delays_no_other_tenant() {
        let bench = Bench::new();
        for _ in 0..WAITING_PER_LANE {
            bench.push("greedy", Priority::Low, 10).await;
        }
        assert_eq!(poll(bench.push("greedy", Priority::Low, 10)), Poll::Pending);
        assert_eq!(poll(bench.push("modest", Priority::Low, 10)), Poll::Ready(()));
        assert_eq!(poll(bench.push("greedy", Priority::High, 10)), Poll::Ready(()));
        assert_eq!(poll(bench.push("modest", Priority::High, 10)), Poll::Ready(()));
        let first = bench.commit();
        assert_eq!(first[..2], ["greedy", "modest"], "what is urgent comes first");
        assert_eq!(first[2..10], ["greedy"; 8], "its share of the rest");
        assert_eq!(first[10..], ["modest"]);
        bench.push("late", Priority::Low, 10).await;
        let second = bench.commit();
        assert_eq!(second, [vec!["greedy"; 8], vec!["late"]].concat());
        assert_eq!(poll(bench.push("greedy", Priority::Low, 10)), Poll::Ready(()), "room again");
    }

    #[tokio::test]
    async fn what_waits_is_bounded_in_bytes_for_each_priority() {
        let bench = Bench::new();
        bench.push("large", Priority::Low, 40 << 20).await;
        assert_eq!(poll(bench.push("other", Priority::Low, 40 << 20)), Poll::Pending);
        assert_eq!(poll(bench.push("other", Priority::High, 40 << 20)), Poll::Ready(()));
        assert_eq!(bench.commit(), ["other", "large"]);
        bench.push("huge", Priority::Low, 1 << 30).await;
        bench.push("small", Priority::High, 1).await;
        assert_eq!(bench.commit(), ["small", "huge"]);
    }

    #[tokio::test]
    async fn a_commit_takes_little_of_what_is_not_urgent() {
        let bench = Bench::new();
        for name in ["a", "b", "c"] {
            bench.push(name, Priority::Low, 1 << 20).await;
        }
        for expected in ["a", "b", "c"] {
            assert_eq!(bench.commit(), [expected]);
        }
    }

    #[tokio::test]
    async fn a_closed_queue_is_emptied_and_takes_nothing() {
        let bench = Bench::new();
        bench.push("early", Priority::Low, 1).await;
        bench.queue.close();
        let partition = Partition::Tenant("late".parse().unwrap());
        let work = Box::new(Named("late", Arc::clone(&bench.taken)));
        let refused = bench.queue.push(&partition, Priority::High, 1, work).await;
        assert_eq!(refused, Err(closed()));
        assert_eq!(bench.commit(), ["early"]);
        assert!(bench.queue.take().is_none());
    }

    #[test]
    fn tenants_that_no_longer_write_are_forgotten() {
        let mut lanes = Lanes::default();
        for number in 0..100_000 {
            drop(lanes.slots(&Partition::Tenant(number.to_string().parse().unwrap())));
        }
        assert!(lanes.slots.len() <= LANES_KEPT, "{}", lanes.slots.len());
    }
}
