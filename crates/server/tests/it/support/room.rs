//! The room that a server's store has on its disk: a stranger in its file takes it, and gives it
//! back.

use std::path::PathBuf;

use rusqlite::Connection;

use super::desk::Desk;

/// How large the store may grow, and the setting that says so.
const MIB: u64 = 8;
pub(crate) const LIMITED: &str = "[storage]\nmax_mib = 8\nlocal_log_mib = 1\n";

/// The room in the file of a server that runs with [`LIMITED`].
pub(crate) struct Room(PathBuf);

impl Room {
    pub(crate) fn of(desk: &Desk) -> Self {
        Self(desk.data().join("ballast.db"))
    }

    /// Takes all that there is, so that the store is full.
    pub(crate) fn take(&self) {
        let file = self.open();
        file.execute_batch("BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS stranger (body BLOB);")
            .unwrap();
        while number(&file, "page_count") * number(&file, "page_size") < MIB << 20
            || number(&file, "freelist_count") > 0
        {
            file.execute("INSERT INTO stranger VALUES (zeroblob(32000))", ()).unwrap();
        }
        file.execute_batch("COMMIT").unwrap();
    }

    /// Gives it back.
    pub(crate) fn give(&self) {
        self.open().execute_batch("DROP TABLE IF EXISTS stranger").unwrap();
    }

    fn open(&self) -> Connection {
        Connection::open(&self.0).unwrap()
    }
}

fn number(file: &Connection, name: &str) -> u64 {
    let number: i64 = file.pragma_query_value(None, name, |row| row.get(0)).unwrap();
    number.try_into().unwrap()
}
