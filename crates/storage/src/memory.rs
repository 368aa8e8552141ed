//! The store in memory: what the embedded one promises, without a disk, and with faults on demand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ballast_domain::{TenantId, Timestamp};
use ballast_engine::ports::JournalError;
use tokio::sync::watch;

use crate::backend::{Address, Change, Stored};
use crate::chain::{self, Hash, Row, Slice, Tip};
use crate::contract::{Etag, Head, Partition, Snapshot};
use crate::error::StoreError;
use crate::journal::{Batch, Range, Stream};
use crate::lease::{Attempt, Lease};
use crate::query::{Place, Plan};

/// A fault of the next write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It does not happen, and the caller is told that the store is unavailable.
    BeforeWrite,
    /// It happens, and the caller is told that the store is unavailable all the same.
    AfterWrite,
}

/// What goes wrong with a store in memory.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    plan: Arc<Mutex<FaultPlan>>,
    hanging: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct FaultPlan {
    away: bool,
    next_write: Option<Fault>,
    asked: Asked,
}

/// How often a store in memory was asked, whatever it answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Asked {
    /// For what it has.
    pub reads: u64,
    /// To keep something.
    pub writes: u64,
}

impl Faults {
    /// From now on nothing works, or everything does again.
    pub fn set_away(&self, away: bool) {
        self.plan().away = away;
    }

    /// From now on nothing is answered, neither well nor badly; or what was asked meanwhile is
    /// carried out, in whatever order, and everything after it.
    pub fn set_hanging(&self, hanging: bool) {
        self.hanging.send_replace(hanging);
    }

    /// How often the store was asked so far.
    #[must_use]
    pub fn asked(&self) -> Asked {
        self.plan().asked
    }

    /// The next write fails in this way, and only that one.
    pub fn fail_next_write(&self, fault: Fault) {
        self.plan().next_write = Some(fault);
    }

    fn plan(&self) -> MutexGuard<'_, FaultPlan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct State {
    closed: bool,
    streams: BTreeMap<Stream, Records>,
    documents: BTreeMap<(Partition, &'static str, String), Stored>,
    leases: BTreeMap<String, Lease>,
    revision: u64,
}

#[derive(Debug)]
struct Records {
    start: Hash,
    epoch: u64,
    rows: Vec<Row>,
    snapshot: Option<Snapshot>,
}

impl Records {
    fn new(stream: &Stream) -> Self {
        Self {
            start: chain::genesis(&stream.tenant, stream.name),
            epoch: 0,
            rows: Vec::new(),
            snapshot: None,
        }
    }

    fn tip(&self) -> Tip {
        Tip {
            seq: self.rows.len() as u64,
            epoch: self.epoch,
            hash: self.rows.last().map_or(self.start, |row| row.hash),
        }
    }
}

/// Everything, behind one lock: writes are as atomic as it gets.
pub(crate) struct Memory {
    state: Mutex<State>,
    faults: Faults,
}

fn away<T>() -> Result<T, StoreError> {
    Err(StoreError::Unavailable("it is away by request".to_owned()))
}

fn is_live(stored: &Stored, now: Timestamp) -> bool {
    stored.expires_at.is_none_or(|expires_at| expires_at > now)
}

impl Memory {
    pub(crate) fn new(faults: Faults) -> Self {
        let state = Mutex::default();
        Self { state, faults }
    }

    /// The store, once it answers.
    pub(crate) async fn answering(&self) -> &Self {
        let mut hanging = self.faults.hanging.subscribe();
        // Whoever could let it answer is there for as long as the store is.
        let _ = hanging.wait_for(|hanging| !*hanging).await;
        self
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> Result<T, StoreError> {
        self.faults.plan().asked.reads += 1;
        self.reachable()?;
        let state = self.lock();
        Ok(read(&state))
    }

    fn write<T>(&self, write: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
        self.faults.plan().asked.writes += 1;
        self.reachable()?;
        let fault = self.faults.plan().next_write.take();
        if fault == Some(Fault::BeforeWrite) {
            return away();
        }
        let written = write(&mut self.lock());
        if fault == Some(Fault::AfterWrite) {
            return away();
        }
        Ok(written)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn reachable(&self) -> Result<(), StoreError> {
        if self.lock().closed {
            return Err(StoreError::Unavailable("it has been closed".to_owned()));
        }
        if self.faults.plan().away { away() } else { Ok(()) }
    }

    pub(crate) fn close(&self) -> Result<(), StoreError> {
        self.lock().closed = true;
        Ok(())
    }

    pub(crate) fn append(&self, batch: &Batch) -> Result<u64, JournalError> {
        self.write(|state| {
            let stream = &batch.stream;
            let empty = Records::new(stream);
            let tip = state.streams.get(stream).unwrap_or(&empty).tip();
            let Tip { mut seq, epoch, mut hash } = tip;
            batch.check(epoch, seq)?;
            if batch.bodies.is_empty() {
                return Ok(seq);
            }
            let records = state.streams.entry(stream.clone()).or_insert(empty);
            for body in &batch.bodies {
                seq += 1;
                hash = chain::link(&hash, seq, epoch, body.as_bytes());
                let body = body.clone().into_bytes();
                records.rows.push(Row { seq, epoch, hash, body });
            }
            Ok(seq)
        })?
    }

    pub(crate) fn claim(&self, stream: &Stream, epoch: u64) -> Result<Head, JournalError> {
        self.write(|state| {
            let entry = state.streams.entry(stream.clone());
            let records = entry.or_insert_with(|| Records::new(stream));
            if records.epoch > epoch {
                let current = records.epoch;
                return Err(JournalError::Fenced { ours: epoch, current });
            }
            records.epoch = epoch;
            let last_seq = records.tip().seq;
            Ok(Head { last_seq, epoch })
        })?
    }

    pub(crate) fn read_stream(&self, range: &Range) -> Result<Slice, StoreError> {
        self.read(|state| {
            let empty = Records::new(&range.stream);
            let records = state.streams.get(&range.stream).unwrap_or(&empty);
            let after = usize::try_from(range.after_seq).unwrap_or(usize::MAX);
            let rows = records.rows.iter().skip(after).take(range.limit);
            Slice {
                tip: records.tip(),
                after_seq: range.after_seq,
                limit: range.limit,
                before: match after {
                    0 => Some(records.start),
                    count => records.rows.get(count - 1).map(|row| row.hash),
                },
                rows: rows.cloned().collect(),
            }
        })
    }

    pub(crate) fn put_snapshot(&self, at: &Stream, snapshot: Snapshot) -> Result<(), StoreError> {
        self.write(|state| {
            let records = state.streams.get_mut(at);
            let held =
                |records: &&mut Records| (1..=records.rows.len() as u64).contains(&snapshot.seq);
            let Some(records) = records.filter(held) else {
                return Err(snapshot.refused());
            };
            let newest = records.snapshot.as_ref().map_or(0, |newest| newest.seq);
            if snapshot.seq >= newest {
                records.snapshot = Some(snapshot);
            }
            Ok(())
        })?
    }

    pub(crate) fn snapshot(&self, at: &Stream) -> Result<Option<Snapshot>, StoreError> {
        self.read(|state| state.streams.get(at)?.snapshot.clone())
    }

    pub(crate) fn get(&self, at: &Address, now: Timestamp) -> Result<Option<Stored>, StoreError> {
        self.read(|state| {
            let found = state.documents.get(&slot(at));
            found.filter(|stored| is_live(stored, now)).cloned()
        })
    }

    pub(crate) fn change(&self, change: Change) -> Result<Option<Etag>, StoreError> {
        self.write(|state| {
            let Change { address, body, expires_at, when, now, .. } = change;
            let slot = slot(&address);
            let found = state.documents.get(&slot);
            let current = found.filter(|stored| is_live(stored, now));
            let current = current.map(|stored| stored.etag.clone());
            let key = address.key;
            if !when.allows(current.as_ref()) {
                return Err(StoreError::Changed { key, current });
            }
            let Some(body) = body else {
                state.documents.remove(&slot);
                return Ok(current);
            };
            state.revision += 1;
            let etag = Etag::seal(state.revision, address.collection.name, &key, &body);
            let stored = Stored { key, etag: etag.clone(), expires_at, body };
            state.documents.insert(slot, stored);
            Ok(Some(etag))
        })?
    }

    pub(crate) fn query(
        &self,
        partition: &Partition,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<Vec<Stored>, StoreError> {
        self.read(|state| {
            let first = (partition.clone(), plan.collection.name, String::new());
            let collection = state
                .documents
                .range(first..)
                .take_while(|((of, name, _), _)| of == partition && *name == plan.collection.name);
            let mut found: Vec<(Place, &Stored)> = collection
                .filter(|(_, stored)| is_live(stored, now))
                .filter_map(|(_, stored)| Some((plan.place_of(&stored.key, &stored.body)?, stored)))
                .filter(|(place, _)| plan.wants(place))
                .collect();
            found.sort_by(|(a, _), (b, _)| plan.compare(a, b));
            let page = found.into_iter().take(plan.limit + 1);
            page.map(|(_, stored)| stored.clone()).collect()
        })
    }

    pub(crate) fn tenants(
        &self,
        after: Option<&TenantId>,
        limit: usize,
    ) -> Result<Vec<TenantId>, StoreError> {
        self.read(|state| {
            let with_documents = state.documents.keys().filter_map(|(of, ..)| match of {
                Partition::Tenant(id) => Some(id),
                Partition::Product => None,
            });
            let with_streams = state.streams.keys().map(|stream| &stream.tenant);
            let tenants: BTreeSet<&TenantId> = with_streams.chain(with_documents).collect();
            let rest = tenants.into_iter().filter(|id| after.is_none_or(|after| *id > after));
            rest.take(limit).cloned().collect()
        })
    }

    pub(crate) fn lease(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        self.read(|state| state.leases.get(name).cloned())
    }

    pub(crate) fn change_lease(&self, to: &Attempt) -> Result<Option<Lease>, StoreError> {
        self.write(|state| {
            let lease = to.apply(state.leases.get(&to.name))?;
            state.leases.insert(to.name.clone(), lease.clone());
            Some(lease)
        })
    }

    pub(crate) fn purge(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.write(|state| {
            let expired = state.documents.iter().filter(|(_, stored)| !is_live(stored, now));
            let expired: Vec<_> = expired.map(|(slot, _)| slot.clone()).take(limit).collect();
            for slot in &expired {
                state.documents.remove(slot);
            }
            expired.len()
        })
    }
}

fn slot(address: &Address) -> (Partition, &'static str, String) {
    let Address { partition, collection, key } = address;
    (partition.clone(), collection.name, key.clone())
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}
