//! Opening a data directory: what is wrong with it, and whose it is.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use ballast_engine::ports::Journal;
use ballast_storage::{OpenError, Precondition, Query};
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::support::{ORDERS, PLAIN, batch, journal, open, read_all, tenant};

/// Names the directory that a child of this test program holds.
const HELD: &str = "BALLAST_TEST_HELD_DIRECTORY";

/// The error's text, after a look that it names the file and is of the kind `is`.
async fn refusal(directory: &Path, names: &Path, is: fn(&OpenError) -> bool) -> String {
    let error = open(directory).await.unwrap_err();
    assert!(is(&error), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(&names.display().to_string()), "{text}");
    text
}

async fn filled(directory: &Path) {
    let store = open(directory).await.unwrap();
    journal(&store, "t").append(0, &batch(1, 5, 100)).await.unwrap();
    store.close().await.unwrap();
}

fn edit(directory: &Path, sql: &str) {
    let connection = Connection::open(directory.join("ballast.db")).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn what_was_written_is_there_after_opening_again() {
    let directory = TempDir::new().unwrap();
    let place = directory.path().join("made/on/the/way");
    let notes = batch(1, 5, 100);
    let store = open(&place).await.unwrap();
    journal(&store, "t").append(0, &notes).await.unwrap();
    let flags = store.product().documents(&PLAIN);
    let etag = flags.put("k", &1, Precondition::Absent, None).await.unwrap();
    store.close().await.unwrap();
    let mut left: Vec<_> = fs::read_dir(&place).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["ballast.db", "ballast.lock"], "the log was moved into the database");

    let store = open(&place).await.unwrap();
    assert_eq!(read_all(&journal(&store, "t")).await, notes);
    let document = store.product().documents(&PLAIN).get::<Json>("k").await.unwrap().unwrap();
    assert_eq!((document.etag, document.body), (etag, json!(1)));
    assert_eq!(store.tenants(None, 9).await.unwrap(), [tenant("t")]);
}

#[tokio::test]
async fn what_was_not_closed_is_there_all_the_same() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path()).await.unwrap();
    journal(&store, "t").append(0, &batch(1, 5, 100)).await.unwrap();
    let copy = TempDir::new().unwrap();
    for name in ["ballast.db", "ballast.db-wal"] {
        fs::copy(directory.path().join(name), copy.path().join(name)).unwrap();
    }
    let store = open(copy.path()).await.unwrap();
    assert_eq!(read_all(&journal(&store, "t")).await, batch(1, 5, 100));
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_user_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let directory = TempDir::new().unwrap();
    let place = directory.path().join("data");
    filled(&place).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place), 0o700);
    assert_eq!(mode(&place.join("ballast.db")), 0o600);
}

#[tokio::test]
async fn a_path_that_is_no_directory_is_named() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "x").unwrap();
    let is = |error: &OpenError| matches!(error, OpenError::Directory { .. });
    for place in [file.clone(), file.join("below")] {
        let text = refusal(&place, &place, is).await;
        assert!(text.contains("BALLAST_DATA_DIR"), "{text}");
    }
}

/// `/proc` takes no new directories, whoever asks.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_directory_that_cannot_be_written_is_named() {
    let place = Path::new("/proc/ballast-test");
    let is = |error: &OpenError| matches!(error, OpenError::Directory { .. });
    let text = refusal(place, place, is).await;
    assert!(text.contains("may write"), "{text}");
    let place = Path::new("/proc/self");
    refusal(place, place, is).await;
}

#[tokio::test]
async fn a_foreign_file_is_left_alone() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("ballast.db");
    let is = |error: &OpenError| matches!(error, OpenError::Foreign { .. });
    let text = "somebody's notes, longer than the header of a database would be".repeat(100);
    fs::write(&file, &text).unwrap();
    let message = refusal(directory.path(), &file, is).await;
    assert!(message.contains("not a Ballast store"), "{message}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);

    fs::remove_file(&file).unwrap();
    edit(directory.path(), "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)");
    let before = fs::read(&file).unwrap();
    let message = refusal(directory.path(), &file, is).await;
    assert!(message.contains("not a Ballast store"), "{message}");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn an_empty_file_is_damage_and_never_a_new_store() {
    let directory = TempDir::new().unwrap();
    filled(directory.path()).await;
    let file = directory.path().join("ballast.db");
    let is = |error: &OpenError| matches!(error, OpenError::Damaged { .. });
    fs::write(&file, "").unwrap();
    let text = refusal(directory.path(), &file, is).await;
    assert!(text.contains("restore a backup"), "{text}");
    fs::remove_file(&file).unwrap();
    fs::write(file.with_extension("db-wal"), "x").unwrap();
    let text = refusal(directory.path(), &file, is).await;
    assert!(text.contains("ballast.db-wal"), "{text}");
}

#[tokio::test]
async fn an_unfinished_first_start_is_started_again() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("ballast.db.new"), "half a database").unwrap();
    filled(directory.path()).await;
    assert!(!directory.path().join("ballast.db.new").exists());
}

#[tokio::test]
async fn a_newer_schema_is_read_as_long_as_it_allows() {
    let directory = TempDir::new().unwrap();
    filled(directory.path()).await;
    edit(directory.path(), "PRAGMA user_version = 2");
    filled_still_reads(directory.path()).await;
    edit(directory.path(), "UPDATE store SET value = 2 WHERE name = 'min_reader'");
    let is = |error: &OpenError| matches!(error, OpenError::TooNew { min_reader: 2, .. });
    let text = refusal(directory.path(), &directory.path().join("ballast.db"), is).await;
    assert!(text.contains("run the newer release"), "{text}");
}

async fn filled_still_reads(directory: &Path) {
    let store = open(directory).await.unwrap();
    assert_eq!(read_all(&journal(&store, "t")).await, batch(1, 5, 100));
    store.close().await.unwrap();
}

#[tokio::test]
async fn an_index_that_is_new_covers_what_was_written_before() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path()).await.unwrap();
    let orders = store.tenant(&tenant("t")).documents(&ORDERS);
    for (key, at) in [("a", 2), ("b", 1)] {
        orders.put(key, &json!({"at": at}), Precondition::Any, None).await.unwrap();
    }
    store.close().await.unwrap();
    edit(
        directory.path(),
        "DROP INDEX \"query order  by at\"; CREATE INDEX \"query gone\" ON document (body);",
    );
    let store = open(directory.path()).await.unwrap();
    let orders = store.tenant(&tenant("t")).documents(&ORDERS);
    let query = Query { order_by: Some("at"), ..Query::default() };
    let page = orders.query::<Json>(&query).await.unwrap();
    let keys: Vec<_> = page.documents.into_iter().map(|document| document.key).collect();
    assert_eq!(keys, ["b", "a"]);
    store.close().await.unwrap();
    let connection = Connection::open(directory.path().join("ballast.db")).unwrap();
    let count = "SELECT count(*) FROM sqlite_schema WHERE name = 'query gone'";
    assert_eq!(connection.query_row(count, (), |row| row.get::<_, i64>(0)), Ok(0));
}

#[tokio::test]
async fn a_directory_has_one_process() {
    if let Some(directory) = std::env::var_os(HELD) {
        let _store = open(Path::new(&directory)).await.unwrap();
        println!("held");
        // Ends when the parent closes its end of the pipe.
        std::io::stdin().lines().for_each(drop);
        return;
    }
    let directory = TempDir::new().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "opening::a_directory_has_one_process", "--nocapture"])
        .env(HELD, directory.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(output.any(|line| line.unwrap().contains("held")));
    let is = |error: &OpenError| matches!(error, OpenError::InUse { .. });
    let text = refusal(directory.path(), directory.path(), is).await;
    let pid = format!("pid {}", child.id());
    assert!(text.contains(&pid) && text.contains("stop that one"), "{text}");
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    let store = open(directory.path()).await.unwrap();
    let twice = open(directory.path()).await.unwrap_err();
    assert!(is(&twice), "{twice}");
    store.close().await.unwrap();
    open(directory.path()).await.unwrap();
}
