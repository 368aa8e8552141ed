//! Opening the data directory: whose it is, whether it is whole, and whether we may read it.
//!
//! Everything that can be wrong is told apart here, before anything is changed, because each needs
//! something else of the operator. A new database is made under another name and put in place when
//! it is complete, so that a database file without content is always damage and never a new store.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::contract::Collection;
use crate::error::OpenError;
use crate::sqlite::index;
use crate::store::Options;

const FILE_NAME: &str = "ballast.db";
const LOCK_NAME: &str = "ballast.lock";
const SCHEMA: &str = include_str!("schema.sql");
/// The schema that this release writes and reads.
const SCHEMA_VERSION: u32 = 1;
/// `BLST` in ASCII.
const APPLICATION_ID: i32 = 0x424c_5354;
/// A larger database is not walked on opening, so that starting does not take longer every year;
/// journals and documents are checked whenever they are read, and [`crate::Store::check`] walks it.
const WALKED_ON_OPENING_BYTES: u64 = 32 << 20;
/// How many pages the log collects before they move to the database: 16 MiB of 4 KiB pages.
const CHECKPOINT_PAGES: u32 = 4_096;
/// Holds the last page of every stream that is being written.
const WRITER_CACHE_KIB: i32 = 64 << 10;
const STATEMENTS_KEPT: usize = 64;

/// A data directory that is ours and whole.
pub(super) struct Opened {
    pub(super) writer: Connection,
    pub(super) file: PathBuf,
    /// Keeps other processes out until it is dropped.
    pub(super) lock: File,
}

pub(super) fn open(options: &Options) -> Result<Opened, OpenError> {
    let directory = options.directory.as_path();
    let unusable = |error: &io::Error| OpenError::Directory {
        directory: directory.to_owned(),
        reason: error.to_string(),
    };
    make_directory(directory).map_err(|error| unusable(&error))?;
    let lock = lock(directory)?;
    let file = directory.join(FILE_NAME);
    let site = Site { file: &file };
    if !file.try_exists().map_err(|error| unusable(&error))? {
        site.refuse_orphaned_log()?;
        create(directory, &file).map_err(|error| match error {
            CreateError::Io(error) => unusable(&error),
            CreateError::Sqlite(error) => site.sqlite(&error),
        })?;
    }
    let mut writer = site.connect()?;
    site.check_owner(&writer)?;
    site.check_version(&writer)?;
    site.check_whole(&writer)?;
    site.keep_log(&writer)?;
    let prepared = prepare(&mut writer, options.collections, options.max_bytes);
    prepared.map_err(|error| site.sqlite(&error))?;
    site.check_durable(&writer)?;
    Ok(Opened { writer, file, lock })
}

/// A connection that only reads.
pub(super) fn open_reader(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(file, flags)?;
    keep_statements(&reader)?;
    Ok(reader)
}

/// Keeps prepared statements, and keeps SQLite from planning them anew whenever their values
/// change: the plans here are meant to be the same for all values.
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn make_directory(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn lock(directory: &Path) -> Result<File, OpenError> {
    let unusable = |error: io::Error| OpenError::Directory {
        directory: directory.to_owned(),
        reason: format!("{LOCK_NAME}: {error}"),
    };
    let mut file = private_file().open(directory.join(LOCK_NAME)).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(error)) => return Err(unusable(error)),
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let known = file.read_to_string(&mut pid).is_ok() && !pid.trim().is_empty();
            return Err(OpenError::InUse {
                directory: directory.to_owned(),
                owner: if known { format!("pid {}", pid.trim()) } else { "pid unknown".into() },
            });
        }
    }
    // Only the message to a second process suffers without it, as on a full disk.
    let _ = name_owner(&mut file);
    Ok(file)
}

fn name_owner(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

enum CreateError {
    Io(io::Error),
    Sqlite(rusqlite::Error),
}

impl From<io::Error> for CreateError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<rusqlite::Error> for CreateError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn create(directory: &Path, file: &Path) -> Result<(), CreateError> {
    let unfinished = file.with_extension("db.new");
    let made = private_file().open(&unfinished)?;
    made.set_len(0)?;
    let connection = Connection::open(&unfinished)?;
    connection.execute_batch("PRAGMA journal_mode = MEMORY; BEGIN;")?;
    connection.execute_batch(SCHEMA)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    connection.execute_batch("COMMIT;")?;
    drop(connection);
    made.sync_all()?;
    std::fs::rename(&unfinished, file)?;
    File::open(directory)?.sync_all()?;
    Ok(())
}

/// What SQLite calls `synchronous = FULL`.
const SYNCHRONOUS_FULL: i64 = 2;

fn prepare(
    writer: &mut Connection,
    collections: &'static [Collection],
    max_bytes: Option<u64>,
) -> rusqlite::Result<()> {
    keep_statements(writer)?;
    writer.pragma_update(None, "synchronous", "FULL")?;
    writer.pragma_update(None, "foreign_keys", false)?;
    writer.pragma_update(None, "temp_store", "MEMORY")?;
    writer.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    writer.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    index::declare(writer, collections)?;
    if let Some(max_bytes) = max_bytes {
        let page: u64 = writer.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = u32::try_from(max_bytes / page).unwrap_or(u32::MAX - 1);
        writer.pragma_update(None, "max_page_count", pages.max(1))?;
    }
    Ok(())
}

/// The database file, and how its troubles are told.
struct Site<'a> {
    file: &'a Path,
}

impl Site<'_> {
    fn connect(&self) -> Result<Connection, OpenError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(self.file, flags).map_err(|error| self.sqlite(&error))
    }

    /// An acknowledged append must survive a power cut: SQLite accepts settings that it does not
    /// follow without a word.
    fn check_durable(&self, writer: &Connection) -> Result<(), OpenError> {
        let level = writer.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0));
        let level = level.map_err(|error| self.sqlite(&error))?;
        if level >= SYNCHRONOUS_FULL {
            return Ok(());
        }
        let reason = format!("SQLite flushes its log at level {level}, not at every commit");
        Err(OpenError::Unavailable { file: self.file.to_owned(), reason })
    }

    fn refuse_orphaned_log(&self) -> Result<(), OpenError> {
        let log = self.file.with_extension("db-wal");
        if !log.exists() {
            return Ok(());
        }
        Err(self.damaged(format!(
            "it is missing although its log {} is there, and the two belong together",
            log.display()
        )))
    }

    fn check_owner(&self, connection: &Connection) -> Result<(), OpenError> {
        let size = self.file.metadata().map_or(0, |metadata| metadata.len());
        if size == 0 {
            return Err(self.damaged("it is empty".to_owned()));
        }
        let id = connection.pragma_query_value(None, "application_id", |row| row.get::<_, i32>(0));
        match id {
            Ok(APPLICATION_ID) => Ok(()),
            Ok(other) => Err(self.foreign(format!("its application id is {other:#x}"))),
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
                Err(self.foreign("it is not an SQLite database".to_owned()))
            }
            Err(error) => Err(self.sqlite(&error)),
        }
    }

    fn check_version(&self, connection: &Connection) -> Result<(), OpenError> {
        let version = connection.pragma_query_value(None, "user_version", |row| row.get(0));
        let version: u32 = version.map_err(|error| self.sqlite(&error))?;
        if version <= SCHEMA_VERSION {
            return Ok(());
        }
        let query = "SELECT value FROM store WHERE name = 'min_reader'";
        let min_reader = connection.query_row(query, (), |row| row.get(0));
        let min_reader: u32 = min_reader.map_err(|error| self.sqlite(&error))?;
        if min_reader <= SCHEMA_VERSION {
            return Ok(());
        }
        Err(OpenError::TooNew { file: self.file.to_owned(), min_reader, ours: SCHEMA_VERSION })
    }

    fn check_whole(&self, connection: &Connection) -> Result<(), OpenError> {
        let size = self.file.metadata().map_or(0, |metadata| metadata.len());
        if size > WALKED_ON_OPENING_BYTES {
            return Ok(());
        }
        match walk(connection, "quick_check") {
            Ok(None) => Ok(()),
            Ok(Some(finding)) => Err(self.damaged(finding)),
            Err(error) => Err(self.sqlite(&error)),
        }
    }

    fn keep_log(&self, connection: &Connection) -> Result<(), OpenError> {
        let mode = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        let mode = connection.pragma_update_and_check(None, "journal_mode", "WAL", mode);
        let mode = mode.map_err(|error| self.sqlite(&error))?;
        if mode == "wal" {
            return Ok(());
        }
        Err(OpenError::Unavailable {
            file: self.file.to_owned(),
            reason: format!("its disk takes no write-ahead log (only '{mode}'), as over a network"),
        })
    }

    fn sqlite(&self, error: &rusqlite::Error) -> OpenError {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, Unknown};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase | Unknown) | None => {
                self.damaged(error.to_string())
            }
            Some(_) => {
                OpenError::Unavailable { file: self.file.to_owned(), reason: error.to_string() }
            }
        }
    }

    fn damaged(&self, reason: String) -> OpenError {
        let file = self.file.to_owned();
        OpenError::Damaged { file, reason }
    }

    fn foreign(&self, reason: String) -> OpenError {
        let file = self.file.to_owned();
        OpenError::Foreign { file, reason }
    }
}

/// What `check` (`quick_check` or `integrity_check`) finds first, if anything.
pub(super) fn walk(connection: &Connection, check: &str) -> rusqlite::Result<Option<String>> {
    let finding: String =
        connection.query_row(&format!("PRAGMA {check}(1)"), (), |row| row.get(0))?;
    Ok((finding != "ok").then_some(finding))
}
