//! Everything that is read, as SQL. Runs on a reader's connection, inside one transaction.

use ballast_domain::{TenantId, Timestamp};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params, params_from_iter};

use crate::backend::{Address, Stored};
use crate::chain::{self, Hash, Row, Slice, Tip};
use crate::contract::{Etag, Partition, Snapshot};
use crate::journal::{Range, Stream};
use crate::lease::Lease;
use crate::query::{Place, Plan, Value};
use crate::sqlite::fault::Fault;
use crate::sqlite::index::column;

/// Bits of a record's id that hold its sequence.
const SEQ_BITS: u32 = 40;
pub(super) const MAX_SEQ: u64 = (1 << SEQ_BITS) - 1;

/// A stream's row.
pub(super) struct StreamRow {
    pub(super) id: i64,
    pub(super) tip: Tip,
}

/// The id of a stream's record; `None` when ids have run out.
pub(super) fn record_id(stream: i64, seq: u64) -> Option<i64> {
    let low = i64::try_from(seq.min(MAX_SEQ)).ok()?;
    (seq <= MAX_SEQ).then(|| stream.checked_mul(1 << SEQ_BITS)?.checked_add(low)).flatten()
}

pub(super) fn seq_of(id: i64) -> u64 {
    id.unsigned_abs() & MAX_SEQ
}

pub(super) fn stream(at: &Connection, of: &Stream) -> Result<Option<StreamRow>, Fault> {
    let mut statement = at.prepare_cached(
        "SELECT s.id, s.seq, s.epoch, s.hash FROM tenant t JOIN stream s ON s.tenant = t.id \
         WHERE t.name = ?1 AND s.name = ?2",
    )?;
    let found = statement.query_row((of.tenant.as_str(), of.name.as_str()), |row| {
        let tip = Tip { seq: row.get(1)?, epoch: row.get(2)?, hash: row.get(3)? };
        Ok(StreamRow { id: row.get(0)?, tip })
    });
    Ok(found.optional()?)
}

pub(super) fn slice(at: &Connection, range: &Range) -> Result<Slice, Fault> {
    let Range { stream: of, after_seq, limit } = range;
    let start = chain::genesis(&of.tenant, of.name);
    let mut slice = Slice {
        tip: Tip { seq: 0, epoch: 0, hash: start },
        after_seq: *after_seq,
        limit: *limit,
        before: (*after_seq == 0).then_some(start),
        rows: Vec::new(),
    };
    let Some(StreamRow { id, tip }) = stream(at, of)? else {
        return Ok(slice);
    };
    slice.tip = tip;
    let (Some(first), Some(last)) = (record_id(id, *after_seq), record_id(id, MAX_SEQ)) else {
        return Ok(slice);
    };
    let mut statement = at.prepare_cached(
        "SELECT id, epoch, hash, body FROM record WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3",
    )?;
    let with_before = limit.saturating_add(usize::from(*after_seq > 0));
    let with_before = i64::try_from(with_before).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![first, last, with_before])?;
    while let Some(row) = rows.next()? {
        let row = record(row)?;
        if row.seq == *after_seq {
            slice.before = Some(row.hash);
        } else {
            slice.rows.push(row);
        }
    }
    Ok(slice)
}

fn record(row: &SqlRow<'_>) -> Result<Row, Fault> {
    Ok(Row {
        seq: seq_of(row.get(0)?),
        epoch: row.get(1)?,
        hash: row.get(2)?,
        body: row.get_ref(3)?.as_bytes()?.to_vec(),
    })
}

/// The newest snapshot that is whole and of the stream as it is.
pub(super) fn snapshot(at: &Connection, of: &Stream) -> Result<Option<Snapshot>, Fault> {
    let Some(StreamRow { id, .. }) = stream(at, of)? else {
        return Ok(None);
    };
    let mut statement = at.prepare_cached(
        "SELECT s.id, s.hash, s.body, r.hash FROM snapshot s JOIN record r ON r.id = s.id \
         WHERE s.id BETWEEN ?1 AND ?2 AND r.hash = s.record ORDER BY s.id DESC",
    )?;
    let mut rows = statement.query((record_id(id, 0), record_id(id, MAX_SEQ)))?;
    while let Some(row) = rows.next()? {
        let hash: Hash = row.get(1)?;
        let bytes = row.get_ref(2)?.as_bytes()?;
        if chain::snapshot(&row.get(3)?, bytes) == hash {
            let seq = seq_of(row.get(0)?);
            let bytes = bytes.to_vec();
            return Ok(Some(Snapshot { seq, bytes }));
        }
    }
    Ok(None)
}

/// The number of a partition; `None` for a tenant that nothing was written for.
pub(super) fn partition(at: &Connection, of: &Partition) -> Result<Option<i64>, Fault> {
    let Partition::Tenant(tenant) = of else {
        return Ok(Some(0));
    };
    let mut statement = at.prepare_cached("SELECT id FROM tenant WHERE name = ?1")?;
    let id = statement.query_row([tenant.as_str()], |row| row.get(0));
    Ok(id.optional()?)
}

const STORED: &str = "key, etag, expires_at, body";

fn stored(row: &SqlRow<'_>) -> Result<Stored, Fault> {
    let key: String = row.get(0)?;
    let body = row.get_ref(3)?.as_bytes()?.to_vec();
    let body = String::from_utf8(body)
        .map_err(|error| Fault::Damaged(format!("document '{key}': {error}")))?;
    let expires_at: Option<i64> = row.get(2)?;
    Ok(Stored {
        key,
        etag: Etag::from_stored(row.get(1)?),
        expires_at: expires_at.map(Timestamp::from_nanos),
        body,
    })
}

pub(super) fn document(
    at: &Connection,
    address: &Address,
    now: Timestamp,
) -> Result<Option<Stored>, Fault> {
    let Some(partition) = partition(at, &address.partition)? else {
        return Ok(None);
    };
    let mut statement = at.prepare_cached(&format!(
        "SELECT {STORED} FROM document WHERE partition = ?1 AND collection = ?2 AND key = ?3 \
         AND (expires_at IS NULL OR expires_at > ?4)"
    ))?;
    let place = params![partition, address.collection.name, address.key, now.nanos()];
    let mut rows = statement.query(place)?;
    rows.next()?.map(stored).transpose()
}

/// The version of the document that is there.
pub(super) fn etag(
    at: &Connection,
    address: &Address,
    now: Timestamp,
) -> Result<Option<Etag>, Fault> {
    let Some(partition) = partition(at, &address.partition)? else {
        return Ok(None);
    };
    let mut statement = at.prepare_cached(
        "SELECT etag FROM document WHERE partition = ?1 AND collection = ?2 AND key = ?3 \
         AND (expires_at IS NULL OR expires_at > ?4)",
    )?;
    let place = params![partition, address.collection.name, address.key, now.nanos()];
    let etag = statement.query_row(place, |row| row.get(0).map(Etag::from_stored));
    Ok(etag.optional()?)
}

pub(super) fn query(
    at: &Connection,
    of: &Partition,
    plan: &Plan,
    now: Timestamp,
) -> Result<Vec<Stored>, Fault> {
    let Some(partition) = partition(at, of)? else {
        return Ok(Vec::new());
    };
    let (sql, values) = select(partition, plan, now);
    let mut statement = at.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(stored(row)?);
    }
    Ok(found)
}

/// The statement for a plan, and its values. Only names that were checked become part of the text.
pub(super) fn select(partition: i64, plan: &Plan, now: Timestamp) -> (String, Vec<Sql>) {
    let collection = plan.collection.name;
    let mut values = Vec::new();
    let mut bind = |value: Sql| {
        values.push(value);
        format!("?{}", values.len())
    };
    let mut terms = vec![
        format!("collection = '{collection}'"),
        format!("partition = {}", bind(partition.into())),
    ];
    for (name, value) in plan.index.iter().flat_map(|index| index.equal).zip(&plan.equal) {
        terms.push(format!("{} = {}", column(name), bind(sql(value))));
    }
    let order = plan.order().map(column);
    let by = order.as_deref().unwrap_or("key");
    let beyond = if plan.descending { "<" } else { ">" };
    if let Some(Place { value, key }) = &plan.after {
        let key = key.clone().into();
        terms.push(match value {
            Some(value) => format!("({by}, key) {beyond} ({}, {})", bind(sql(value)), bind(key)),
            None => format!("key {beyond} {}", bind(key)),
        });
    }
    // SQLite seeks by one bound: the place above is the closer one than the range's own.
    if plan.after.is_none() || plan.descending {
        // Documents without the field stand at the beginning of an index, before all values.
        let first = order.is_some().then_some(Value::Integer(i64::MIN));
        if let Some(from) = plan.from.as_ref().or(first.as_ref()) {
            terms.push(format!("{by} >= {}", bind(sql(from))));
        }
    }
    if let Some(until) = plan.until.as_ref().filter(|_| plan.after.is_none() || !plan.descending) {
        terms.push(format!("{by} < {}", bind(sql(until))));
    }
    let direction = if plan.descending { "DESC" } else { "ASC" };
    let sorted = match &order {
        Some(_) => format!("{by} {direction}, key {direction}"),
        None => format!("key {direction}"),
    };
    terms.push(format!("(expires_at IS NULL OR expires_at > {})", bind(now.nanos().into())));
    let limit = bind(i64::try_from(plan.limit + 1).unwrap_or(i64::MAX).into());
    let terms = terms.join(" AND ");
    let text =
        format!("SELECT {STORED} FROM document WHERE {terms} ORDER BY {sorted} LIMIT {limit}");
    (text, values)
}

fn sql(value: &Value) -> Sql {
    match value {
        Value::Integer(number) => Sql::Integer(*number),
        Value::Text(text) => Sql::Text(text.clone()),
    }
}

pub(super) fn tenants(
    at: &Connection,
    after: Option<&TenantId>,
    limit: usize,
) -> Result<Vec<TenantId>, Fault> {
    let mut statement =
        at.prepare_cached("SELECT name FROM tenant WHERE name > ?1 ORDER BY name LIMIT ?2")?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![after.map_or("", TenantId::as_str), limit])?;
    let mut tenants = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let id = name.parse();
        tenants.push(id.map_err(|error| Fault::Damaged(format!("tenant: {error}")))?);
    }
    Ok(tenants)
}

pub(super) fn lease(at: &Connection, name: &str) -> Result<Option<Lease>, Fault> {
    let mut statement =
        at.prepare_cached("SELECT holder, epoch, expires_at FROM lease WHERE name = ?1")?;
    let lease = statement.query_row([name], |row| {
        Ok(Lease {
            name: name.to_owned(),
            holder: row.get(0)?,
            epoch: row.get(1)?,
            expires_at: Timestamp::from_nanos(row.get(2)?),
        })
    });
    Ok(lease.optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Collection, Index};
    use crate::query::Query;
    use crate::sqlite::index::declare;

    static ORDERS: Collection = Collection {
        name: "order",
        indexes: &[
            Index { equal: &[], order: Some("at") },
            Index { equal: &["profileId", "status"], order: Some("at") },
            Index { equal: &["status"], order: None },
        ],
    };

    /// How SQLite goes about a query: one line per step.
    fn steps(connection: &Connection, query: &Query) -> Vec<String> {
        let plan = Plan::new(&ORDERS, query).unwrap();
        let (sql, values) = select(1, &plan, Timestamp::from_nanos(0));
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = explain.query_map(params_from_iter(values), |row| row.get(3));
        steps.unwrap().map(Result::unwrap).collect()
    }

    /// The next page of `query`, as its cursor would ask for it.
    fn continued(query: &Query) -> Query {
        let plan = Plan::new(&ORDERS, query).unwrap();
        let cursor = plan.cursor("k", r#"{"profileId":"p","status":"open","at":1}"#);
        Query { after: Some(cursor.unwrap()), ..query.clone() }
    }

    #[test]
    fn every_query_is_one_search_of_its_index_already_in_order() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("schema.sql")).unwrap();
        declare(&mut connection, std::slice::from_ref(&ORDERS)).unwrap();
        let (profile, status) = (("profileId", "p".into()), ("status", "open".into()));
        let key = ["key>?", "key<?"];
        let at = ["(field_at,key)>(?,?)", "field_at>? AND (field_at,key)<(?,?)"];
        let cases = [
            (vec![], None, "sqlite_autoindex_document_1 (partition=? AND collection=?", key),
            (vec![], Some("at"), "query order  by at (partition=?", at),
            (
                vec![profile, status.clone()],
                Some("at"),
                "query order profileId,status by at \
                 (partition=? AND field_profileId=? AND field_status=?",
                at,
            ),
            (vec![status], None, "query order status by key (partition=? AND field_status=?", key),
        ];
        for (equal, order_by, index, ranges) in cases {
            let query = Query { equal, order_by, ..Query::default() };
            let last = Query { descending: true, ..query.clone() };
            let whole = if order_by.is_some() { " AND field_at>?" } else { "" };
            let first = format!("SEARCH document USING INDEX {index}{whole})");
            assert_eq!(steps(&connection, &query).join(""), first);
            assert_eq!(steps(&connection, &last).join(""), first);
            for (query, range) in [query, last].iter().zip(ranges) {
                let next = format!("SEARCH document USING INDEX {index} AND {range})");
                assert_eq!(steps(&connection, &continued(query)), [next]);
            }
        }
    }
}
