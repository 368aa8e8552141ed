//! What a disk, or a hand, does to the file of a store.

use std::fs;
use std::path::Path;

use ballast_engine::ports::{Journal, JournalError, Receipt};
use ballast_storage::{
    OpenError, Precondition, Query, Snapshot, Store, StoreError, StreamName, Verification,
};
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::support::{Note, Numbers, ORDERS, batch, check_batches, journal, open, tenant};

const TENANTS: [&str; 2] = ["t", "u"];

/// A closed store with journals, snapshots and documents of several pages.
async fn filled() -> TempDir {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path()).await.unwrap();
    for id in TENANTS {
        journal(&store, id).append(0, &written()).await.unwrap();
        let snapshot = Snapshot { seq: 50, bytes: vec![7; 20_000] };
        let of = store.tenant(&tenant(id));
        of.put_snapshot(StreamName::Journal, snapshot).await.unwrap();
        for number in 0..50 {
            let orders = of.documents(&ORDERS);
            let key = format!("k{number:02}");
            orders.put(&key, &order(number), Precondition::Any, None).await.unwrap();
        }
    }
    store.close().await.unwrap();
    directory
}

fn written() -> Vec<Note> {
    batch(1, 60, 700)
}

fn order(number: u64) -> Json {
    json!({"at": number, "status": "open", "profileId": "p", "text": "y".repeat(500)})
}

fn file(directory: &Path) -> std::path::PathBuf {
    directory.join("ballast.db")
}

fn edit(directory: &Path, sql: &str) {
    let connection = Connection::open(file(directory)).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_bytes_are_never_taken_for_what_was_written() {
    let original = filled().await;
    let bytes = fs::read(file(original.path())).unwrap();
    let mut numbers = Numbers(42);
    let (mut refused, mut found) = (0, 0);
    for _ in 0..80 {
        let mut damaged = bytes.clone();
        let at = numbers.below(bytes.len() as u64) as usize;
        let end = (at + 1 + numbers.below(64) as usize).min(bytes.len());
        damaged[at..end].iter_mut().for_each(|byte| *byte ^= 0x15);
        let directory = TempDir::new().unwrap();
        fs::write(file(directory.path()), damaged).unwrap();
        match open(directory.path()).await {
            Ok(store) => found += u32::from(!is_intact_or_refused(&store).await),
            Err(error) => {
                check_refusal(&error, directory.path());
                refused += 1;
            }
        }
    }
    assert!(refused > 5 && found > 5, "{refused} refused at once, {found} on reading");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_file_is_refused() {
    let original = filled().await;
    let bytes = fs::read(file(original.path())).unwrap();
    for keep in [1, 50, 100, 4_096, bytes.len() / 2, bytes.len() - 4_096] {
        let directory = TempDir::new().unwrap();
        fs::write(file(directory.path()), &bytes[..keep]).unwrap();
        let error = open(directory.path()).await.expect_err(&format!("{keep} bytes"));
        check_refusal(&error, directory.path());
    }
}

fn check_refusal(error: &OpenError, directory: &Path) {
    let text = error.to_string();
    let known = matches!(error, OpenError::Damaged { .. } | OpenError::Foreign { .. });
    assert!(known, "{error:?}");
    assert!(text.contains(&file(directory).display().to_string()), "{text}");
    assert!(text.contains("restore a backup"), "{text}");
}

/// Panics when something is read that was not written; says whether everything was.
async fn is_intact_or_refused(store: &Store) -> bool {
    let mut intact = true;
    for id in TENANTS {
        match journal(store, id).read(0, 100).await {
            Ok(notes) => assert_eq!(notes, written(), "{id}"),
            Err(JournalError::Corrupt(_)) => intact = false,
            Err(other) => panic!("{other}"),
        }
        let of = store.tenant(&tenant(id));
        match of.snapshot(StreamName::Journal).await {
            Ok(Some(snapshot)) => assert!(snapshot.bytes == vec![7; 20_000]),
            Ok(None) | Err(StoreError::Corrupt(_)) => intact = false,
            Err(other) => panic!("{other}"),
        }
        let query = Query { order_by: Some("at"), ..Query::default() };
        match of.documents(&ORDERS).query::<Json>(&query).await {
            Ok(page) => {
                let numbers = page.documents.iter().map(|found| found.body["at"].as_u64().unwrap());
                for (number, found) in numbers.zip(&page.documents) {
                    assert_eq!(found.body, order(number));
                }
            }
            Err(StoreError::Corrupt(_)) => intact = false,
            Err(other) => panic!("{other}"),
        }
    }
    intact
}

#[tokio::test]
async fn a_changed_journal_is_refused_and_the_place_is_named() {
    let id = "(SELECT id << 40 FROM stream WHERE name = 'journal' ORDER BY id LIMIT 1)";
    let changes = [
        (format!("UPDATE record SET body = replace(body, 'x', 'y') WHERE id = {id} + 17"), 17),
        (format!("DELETE FROM record WHERE id = {id} + 17"), 17),
        (format!("DELETE FROM record WHERE id = {id} + 60"), 60),
        (format!("UPDATE record SET id = {id} + 61 WHERE id = {id} + 60"), 60),
        (
            format!(
                "INSERT INTO record SELECT id + 1, epoch, hash, body FROM record \
                 WHERE id = {id} + 60"
            ),
            61,
        ),
        ("UPDATE stream SET seq = 59".to_owned(), 60),
        ("UPDATE stream SET seq = 61".to_owned(), 61),
    ];
    for (sql, expected) in changes {
        let directory = filled().await;
        edit(directory.path(), &sql);
        let store = open(directory.path()).await.unwrap();
        let journal = journal(&store, "t");
        let verification = journal.verify().await.unwrap();
        let Verification::Broken { seq, .. } = verification else { panic!("{sql}") };
        assert_eq!(seq, expected, "{sql}");
        let error = journal.read(0, 100).await.unwrap_err();
        let JournalError::Corrupt(why) = &error else { panic!("{error}") };
        assert!(
            why.contains(&format!("record {expected} of stream 'journal' of tenant 't'")),
            "{why}"
        );
    }
}

#[tokio::test]
async fn a_snapshot_of_another_past_is_not_used() {
    let directory = filled().await;
    let store = open(directory.path()).await.unwrap();
    let newer = Snapshot { seq: 55, bytes: b"newer".to_vec() };
    let of = store.tenant(&tenant("t"));
    of.put_snapshot(StreamName::Journal, newer.clone()).await.unwrap();
    assert_eq!(of.snapshot(StreamName::Journal).await, Ok(Some(newer)));
    store.close().await.unwrap();
    for sql in [
        "UPDATE snapshot SET body = x'00' WHERE id & 0xff = 55",
        "UPDATE snapshot SET record = zeroblob(32) WHERE id & 0xff = 55",
        "DELETE FROM record WHERE id & 0xff = 55",
    ] {
        let copy = TempDir::new().unwrap();
        fs::copy(file(directory.path()), file(copy.path())).unwrap();
        edit(copy.path(), sql);
        let store = open(copy.path()).await.unwrap();
        let older = store.tenant(&tenant("t")).snapshot(StreamName::Journal).await;
        assert_eq!(older.unwrap().map(|snapshot| snapshot.seq), Some(50), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tenants_damage_is_not_anothers() {
    let directory = filled().await;
    edit(directory.path(), "UPDATE stream SET hash = x'00' WHERE tenant = 1");
    let store = open(directory.path()).await.unwrap();
    let (damaged, whole) = (journal(&store, "t"), journal(&store, "u"));
    let mut seq = 60;
    for number in 2..20 {
        let (notes, others) = (batch(9, 1, 5), batch(number, 1, 5));
        let (refused, appended) =
            tokio::join!(damaged.append(60, &notes), whole.append(seq, &others));
        let named =
            matches!(&refused, Err(JournalError::Corrupt(why)) if why.contains("ballast.db"));
        assert!(named, "{refused:?}");
        seq += 1;
        assert_eq!(appended, Ok(Receipt::new(seq)));
    }
    assert_eq!(whole.verify().await, Ok(Verification::Intact { last_seq: seq }));
}

/// What a power cut leaves: the log up to some byte, perhaps with rubbish behind it.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_ends_anywhere_holds_whole_batches() {
    let directory = TempDir::new().unwrap();
    let store = open(directory.path()).await.unwrap();
    let notes = journal(&store, "t");
    let mut seq = 0;
    for number in 1..=40 {
        let next = batch(number, number % 4 + 1, 1_500);
        seq = notes.append(seq, &next).await.unwrap().last_seq();
    }
    let database = fs::read(file(directory.path())).unwrap();
    let log = fs::read(file(directory.path()).with_extension("db-wal")).unwrap();
    let mut numbers = Numbers(3);
    let mut counts = Vec::new();
    for _ in 0..30 {
        let cut = numbers.below(log.len() as u64) as usize;
        let mut left = log[..cut].to_vec();
        left.extend((0..numbers.below(5_000)).map(|_| numbers.below(256) as u8));
        let copy = TempDir::new().unwrap();
        fs::write(file(copy.path()), &database).unwrap();
        fs::write(file(copy.path()).with_extension("db-wal"), left).unwrap();
        let store = open(copy.path()).await.unwrap();
        let notes = journal(&store, "t");
        counts.push(check_batches(&notes.read(0, 1_000).await.unwrap()));
        assert!(matches!(notes.verify().await, Ok(Verification::Intact { .. })));
    }
    counts.sort_unstable();
    counts.dedup();
    assert!(counts.len() > 10, "the cuts tell too little: {counts:?}");
}
