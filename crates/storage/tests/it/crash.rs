//! A process that is killed while it appends.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ballast_engine::ports::Journal;
use ballast_storage::{Store, Verification};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::support::{Numbers, batch, check_batches, journal, open, read_all};

/// Names the directory in which a child of this test program appends until it is killed.
const DIRECTORY: &str = "BALLAST_TEST_CRASH_DIRECTORY";
const KILLS: u32 = 25;
const TENANTS: u64 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_a_kill_at_any_moment() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        return append_for_ever(Path::new(&directory)).await;
    }
    let directory = TempDir::new().unwrap();
    let mut numbers = Numbers(2_026);
    let mut total = 0;
    for kill in 1..=KILLS {
        let acknowledged = append_and_kill(directory.path(), &mut numbers);
        let store = open(directory.path()).await.unwrap();
        for (id, seq) in &acknowledged {
            let journal = journal(&store, id);
            let found = read_all(&journal).await;
            let last_seq = found.len() as u64;
            assert!(last_seq >= *seq, "kill {kill}: {id} lost {seq}, ends with {last_seq}");
            check_batches(&found);
            assert_eq!(journal.verify().await, Ok(Verification::Intact { last_seq }));
        }
        total = check_total(&store, total).await;
        store.close().await.unwrap();
    }
    assert!(total > u64::from(KILLS), "only {total} records in all");
}

/// Panics when there are fewer records than there were; says how many there are.
async fn check_total(store: &Store, before: u64) -> u64 {
    let mut total = 0;
    for id in store.tenants(None, 100).await.unwrap() {
        total += journal(store, id.as_str()).head().await.unwrap().last_seq;
    }
    assert!(total >= before, "{total} records, and there were {before}");
    total
}

/// Runs a child until it has acknowledged a random number of batches and a random moment longer;
/// gives the last sequence of each tenant that it acknowledged.
fn append_and_kill(directory: &Path, numbers: &mut Numbers) -> BTreeMap<String, u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::what_was_acknowledged_outlives_a_kill_at_any_moment"])
        .arg("--nocapture")
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let wanted = 1 + numbers.below(60);
    let moment = Duration::from_micros(numbers.below(3_000));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = BTreeMap::new();
    let mut note = |line: &str| {
        let (id, seq) = line.strip_prefix("ack ")?.split_once(' ')?;
        acknowledged.insert(id.to_owned(), seq.parse().ok()?)
    };
    let mut count = 0;
    while count < wanted {
        let line = lines.next().expect("the child goes on until it is killed").unwrap();
        note(&line);
        count += u64::from(line.starts_with("ack "));
    }
    let start = Instant::now();
    while start.elapsed() < moment {
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What was printed before the kill was acknowledged as well; its last line may be cut off.
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    for line in rest.iter().rev().skip(1).rev() {
        note(line);
    }
    acknowledged
}

async fn append_for_ever(directory: &Path) {
    let store = open(directory).await.unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..TENANTS {
        let id = format!("tenant-{number}");
        let journal = journal(&store, &id);
        let found = read_all(&journal).await;
        let (mut seq, mut batches) = (found.len() as u64, check_batches(&found));
        let mut numbers = Numbers(seq + number);
        tasks.spawn(async move {
            loop {
                batches += 1;
                let bytes = numbers.below(6_000) as usize;
                let notes = batch(batches, 1 + numbers.below(5), bytes);
                seq = journal.append(seq, &notes).await.unwrap().last_seq();
                println!("ack {id} {seq}");
            }
        });
    }
    tasks.join_all().await;
}
