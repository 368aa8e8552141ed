//! The indexes of documents by field, which SQLite keeps by itself.
//!
//! A field is a column that is computed from the body and stored in indexes only. Columns and
//! indexes are made on opening from the declared collections, so that a release which declares a
//! new index finds the documents written before it, and one that no longer needs it drops it.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::contract::{Collection, Index};

/// Makes the declared indexes and drops those that are no longer declared.
pub(super) fn declare(
    connection: &mut Connection,
    collections: &'static [Collection],
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    let known = names(&transaction, "SELECT name FROM pragma_table_xinfo('document')")?;
    let indexes = collections.iter().flat_map(|collection| collection.indexes);
    let fields: BTreeSet<&str> = indexes.flat_map(Index::fields).collect();
    for field in fields {
        let column = column(field);
        if !known.contains(&column) {
            transaction.execute_batch(&format!(
                "ALTER TABLE document ADD COLUMN {column} ANY \
                 GENERATED ALWAYS AS (json_extract(body, '$.{field}')) VIRTUAL"
            ))?;
        }
    }
    let declared = declare_indexes(&transaction, collections)?;
    let existing = "SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE 'query %'";
    for name in names(&transaction, existing)?.difference(&declared) {
        transaction.execute_batch(&format!("DROP INDEX \"{name}\""))?;
    }
    transaction.commit()
}

fn declare_indexes(
    connection: &Connection,
    collections: &'static [Collection],
) -> rusqlite::Result<BTreeSet<String>> {
    let mut declared = BTreeSet::new();
    for collection in collections {
        for index in collection.indexes {
            let name = name(collection, index);
            let fields: String = index.fields().map(|field| column(field) + ", ").collect();
            connection.execute_batch(&format!(
                "CREATE INDEX IF NOT EXISTS \"{name}\" ON document (partition, {fields}key) \
                 WHERE collection = '{}'",
                collection.name
            ))?;
            declared.insert(name);
        }
    }
    Ok(declared)
}

fn names(connection: &Connection, sql: &str) -> rusqlite::Result<BTreeSet<String>> {
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map((), |row| row.get(0))?;
    names.collect()
}

fn name(collection: &Collection, index: &Index) -> String {
    let equal = index.equal.join(",");
    let order = index.order.unwrap_or("key");
    format!("query {} {equal} by {order}", collection.name)
}

/// The column that holds a field. Names of fields were checked to be letters, digits and `_`.
pub(super) fn column(field: &str) -> String {
    format!("field_{field}")
}
