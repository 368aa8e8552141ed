//! Everything that is written, as SQL. Runs on the writer's connection, inside the transaction that
//! a whole group shares.
//!
//! An answer that is no [`Fault`] but a refusal has changed nothing: each function decides first
//! and writes then.

use ballast_domain::Timestamp;
use ballast_engine::ports::JournalError;
use rusqlite::{Connection, params};

use crate::backend::{Address, Change};
use crate::chain::{self, Hash, Tip};
use crate::contract::{Etag, Head, Partition, Snapshot};
use crate::error::StoreError;
use crate::journal::{Batch, Stream};
use crate::lease::{Attempt, Lease};
use crate::sqlite::fault::Fault;
use crate::sqlite::read::{self, StreamRow, record_id};

const SNAPSHOTS_KEPT: u32 = 2;

pub(super) fn append(at: &Connection, batch: &Batch) -> Result<Result<u64, JournalError>, Fault> {
    let of = &batch.stream;
    let found = read::stream(at, of)?;
    let start = Tip { seq: 0, epoch: 0, hash: chain::genesis(&of.tenant, of.name) };
    let tip = found.as_ref().map_or(start, |row| row.tip);
    if let Err(refusal) = batch.check(tip.epoch, tip.seq) {
        return Ok(Err(refusal));
    }
    if batch.bodies.is_empty() {
        return Ok(Ok(tip.seq));
    }
    let id = match found {
        Some(row) => row.id,
        None => create_stream(at, of, &tip)?,
    };
    let mut insert =
        at.prepare_cached("INSERT INTO record (id, epoch, hash, body) VALUES (?1, ?2, ?3, ?4)")?;
    let Tip { mut seq, epoch, mut hash } = tip;
    for body in &batch.bodies {
        seq += 1;
        hash = chain::link(&hash, seq, epoch, body.as_bytes());
        let id = record_id(id, seq).ok_or_else(|| {
            Fault::Damaged(format!("record {seq} of stream {id}: record ids have run out"))
        })?;
        insert.execute(params![id, epoch, hash, body])?;
    }
    let mut update = at.prepare_cached("UPDATE stream SET seq = ?2, hash = ?3 WHERE id = ?1")?;
    update.execute(params![id, seq, hash])?;
    Ok(Ok(seq))
}

fn create_stream(at: &Connection, of: &Stream, tip: &Tip) -> Result<i64, Fault> {
    let tenant = create_partition(at, &Partition::Tenant(of.tenant.clone()))?;
    let mut insert = at.prepare_cached(
        "INSERT INTO stream (tenant, name, epoch, seq, hash) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let id = insert.insert(params![tenant, of.name.as_str(), tip.epoch, tip.seq, tip.hash])?;
    Ok(id)
}

fn create_partition(at: &Connection, of: &Partition) -> Result<i64, Fault> {
    if let Some(id) = read::partition(at, of)? {
        return Ok(id);
    }
    let Partition::Tenant(tenant) = of else {
        return Ok(0);
    };
    let mut insert = at.prepare_cached("INSERT INTO tenant (name) VALUES (?1)")?;
    Ok(insert.insert([tenant.as_str()])?)
}

pub(super) fn claim(
    at: &Connection,
    of: &Stream,
    epoch: u64,
) -> Result<Result<Head, JournalError>, Fault> {
    let Some(StreamRow { id, tip }) = read::stream(at, of)? else {
        let hash = chain::genesis(&of.tenant, of.name);
        create_stream(at, of, &Tip { seq: 0, epoch, hash })?;
        return Ok(Ok(Head { last_seq: 0, epoch }));
    };
    if tip.epoch > epoch {
        let current = tip.epoch;
        return Ok(Err(JournalError::Fenced { ours: epoch, current }));
    }
    if tip.epoch < epoch {
        let mut update = at.prepare_cached("UPDATE stream SET epoch = ?2 WHERE id = ?1")?;
        update.execute(params![id, epoch])?;
    }
    Ok(Ok(Head { last_seq: tip.seq, epoch }))
}

pub(super) fn put_snapshot(
    at: &Connection,
    of: &Stream,
    snapshot: &Snapshot,
) -> Result<Result<(), StoreError>, Fault> {
    let stream = read::stream(at, of)?.filter(|row| snapshot.seq <= row.tip.seq);
    let place = stream.and_then(|row| Some((row.id, record_id(row.id, snapshot.seq)?)));
    let Some((stream, id)) = place.filter(|_| snapshot.seq > 0) else {
        return Ok(Err(snapshot.refused()));
    };
    let mut record = at.prepare_cached("SELECT hash FROM record WHERE id = ?1")?;
    let record: Hash = record.query_row([id], |row| row.get(0))?;
    let hash = chain::snapshot(&record, &snapshot.bytes);
    let mut insert = at.prepare_cached(
        "INSERT OR REPLACE INTO snapshot (id, record, hash, body) VALUES (?1, ?2, ?3, ?4)",
    )?;
    insert.execute(params![id, record, hash, snapshot.bytes])?;
    let mut delete = at.prepare_cached(
        "DELETE FROM snapshot WHERE id BETWEEN ?1 AND ?2 AND id NOT IN \
         (SELECT id FROM snapshot WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT ?3)",
    )?;
    let last = record_id(stream, read::MAX_SEQ);
    delete.execute(params![record_id(stream, 0), last, SNAPSHOTS_KEPT])?;
    Ok(Ok(()))
}

pub(super) fn change(
    at: &Connection,
    change: &Change,
) -> Result<Result<Option<Etag>, StoreError>, Fault> {
    let Change { address, body, expires_at, when, now, .. } = change;
    let current = read::etag(at, address, *now)?;
    if !when.allows(current.as_ref()) {
        let key = address.key.clone();
        return Ok(Err(StoreError::Changed { key, current }));
    }
    let Some(body) = body else {
        remove(at, address)?;
        return Ok(Ok(current));
    };
    let partition = create_partition(at, &address.partition)?;
    let mut count = at.prepare_cached(
        "UPDATE store SET value = value + 1 WHERE name = 'revision' RETURNING value",
    )?;
    let revision: u64 = count.query_row((), |row| row.get(0))?;
    let (name, key) = (address.collection.name, &address.key);
    let etag = Etag::seal(revision, name, key, body);
    let mut upsert = at.prepare_cached(
        "INSERT INTO document (partition, collection, key, etag, expires_at, body) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (partition, collection, key) DO UPDATE \
         SET etag = excluded.etag, expires_at = excluded.expires_at, body = excluded.body",
    )?;
    let expires_at = expires_at.map(Timestamp::nanos);
    upsert.execute(params![partition, name, key, etag.as_str(), expires_at, body])?;
    Ok(Ok(Some(etag)))
}

fn remove(at: &Connection, address: &Address) -> Result<(), Fault> {
    if let Some(partition) = read::partition(at, &address.partition)? {
        let mut delete = at.prepare_cached(
            "DELETE FROM document WHERE partition = ?1 AND collection = ?2 AND key = ?3",
        )?;
        delete.execute(params![partition, address.collection.name, address.key])?;
    }
    Ok(())
}

pub(super) fn change_lease(at: &Connection, to: &Attempt) -> Result<Option<Lease>, Fault> {
    let current = read::lease(at, &to.name)?;
    let Some(lease) = to.apply(current.as_ref()) else {
        return Ok(None);
    };
    let mut upsert = at.prepare_cached(
        "INSERT OR REPLACE INTO lease (name, holder, epoch, expires_at) VALUES (?1, ?2, ?3, ?4)",
    )?;
    let expires_at = lease.expires_at.nanos();
    upsert.execute(params![lease.name, lease.holder, lease.epoch, expires_at])?;
    Ok(Some(lease))
}

pub(super) fn purge(at: &Connection, now: Timestamp, limit: usize) -> Result<usize, Fault> {
    let mut delete = at.prepare_cached(
        "DELETE FROM document WHERE id IN \
         (SELECT id FROM document WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    Ok(delete.execute(params![now.nanos(), limit])?)
}
