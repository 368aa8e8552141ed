//! The indexes of documents by field: expression indexes, which SQLite keeps by itself.
//!
//! They are made on opening from the declared collections, so that a release which declares a new
//! one finds the documents written before it, and one that no longer needs an index drops it.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::contract::{Collection, Index};

const PREFIX: &str = "query ";

/// Makes the declared indexes and drops those that no longer are.
pub(super) fn declare(
    connection: &mut Connection,
    collections: &'static [Collection],
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    let mut declared = BTreeSet::new();
    for collection in collections {
        for index in collection.indexes {
            let name = name(collection, index);
            let columns = columns(index).join(", ");
            transaction.execute_batch(&format!(
                "CREATE INDEX IF NOT EXISTS \"{name}\" ON document ({columns}) \
                 WHERE collection = '{}'",
                collection.name
            ))?;
            declared.insert(name);
        }
    }
    for name in existing(&transaction)? {
        if !declared.contains(&name) {
            transaction.execute_batch(&format!("DROP INDEX \"{name}\""))?;
        }
    }
    transaction.commit()
}

fn existing(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND substr(name, 1, ?1) = ?2",
    )?;
    let names = statement.query_map((PREFIX.len(), PREFIX), |row| row.get(0))?;
    names.collect()
}

fn name(collection: &Collection, index: &Index) -> String {
    let equal = index.equal.join(",");
    let order = index.order.unwrap_or("key");
    format!("{PREFIX}{} {equal} by {order}", collection.name)
}

fn columns(index: &Index) -> Vec<String> {
    let fields = index.equal.iter().copied().chain(index.order);
    let partition = "partition".to_owned();
    let mut columns = vec![partition];
    columns.extend(fields.map(field));
    columns.push("key".to_owned());
    columns
}

/// The expression that reads a field; queries use the very same text, or SQLite would not see that
/// the index answers them. Names of fields were checked to be letters, digits and `_`.
pub(super) fn field(name: &str) -> String {
    format!("json_extract(body, '$.{name}')")
}
