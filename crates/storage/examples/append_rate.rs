//! How many durable appends the embedded store makes in a second, next to the disk by itself.
//!
//! `cargo run --release -p ballast-storage --example append_rate -- [DIRECTORY]`
//!
//! The directory is made, used and removed; it says which disk is measured (default: the working
//! directory's). The raw figure is a loop of one append and one `fdatasync` to a plain file. All of
//! it is done in short rounds, so that each round's figures were taken under the same conditions.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ballast_domain::{TenantId, Timestamp};
use ballast_engine::ports::{Clock, Journal};
use ballast_storage::{Options, Store, StreamName, TenantJournal};

/// About the size of a journaled order event.
const RECORD_BYTES: usize = 400;
const ROUNDS: usize = 9;
const SINGLE: u64 = 1_000;
const CONCURRENT: u64 = 32_000;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(0)
    }
}

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let asked = std::env::args().nth(1);
    let directory = PathBuf::from(asked.unwrap_or_else(|| "append-rate".to_owned()));
    fs::create_dir(&directory)?;
    let measured = measure(&directory).await;
    fs::remove_dir_all(&directory)?;
    measured
}

async fn measure(directory: &Path) -> Outcome<()> {
    let options = Options {
        directory: directory.join("store"),
        collections: &[],
        max_bytes: None,
        local_bytes: None,
    };
    let store = Store::open(options, Arc::new(Stopped)).await?;
    println!("durable appends of {RECORD_BYTES} bytes in a second");
    println!("{:>12} {:>12} {:>12} {:>12}", "raw", "single", "64 writers", "256 writers");
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let round = [
            rate(SINGLE, raw(&directory.join("raw"))?),
            rate(SINGLE, appends(&store, 1, SINGLE).await?),
            rate(CONCURRENT, appends(&store, 64, CONCURRENT / 64).await?),
            rate(CONCURRENT, appends(&store, 256, CONCURRENT / 256).await?),
        ];
        show(&round, "");
        rounds.push(round);
    }
    let best = [0, 1, 2, 3].map(|column| rounds.iter().map(|round| round[column]).max());
    show(&best.map(Option::unwrap_or_default), " best");
    let journal = journal(&store, 0)?;
    let start = Instant::now();
    let count = read_all(&journal).await?;
    println!("read and verified: {} records in a second", rate(count, start.elapsed()));
    store.close().await?;
    Ok(())
}

fn raw(file: &Path) -> Outcome<Duration> {
    let mut file = File::create(file)?;
    let record = [b'x'; RECORD_BYTES];
    let start = Instant::now();
    for _ in 0..SINGLE {
        file.write_all(&record)?;
        file.sync_data()?;
    }
    Ok(start.elapsed())
}

fn journal(store: &Store, number: u64) -> Outcome<TenantJournal<String>> {
    let tenant: TenantId = format!("tenant-{number}").parse()?;
    Ok(store.tenant(&tenant).journal(StreamName::Journal, 0))
}

/// `tenants` tasks, each of which appends `each` records one after the other to its own journal.
async fn appends(store: &Store, tenants: u64, each: u64) -> Outcome<Duration> {
    let mut tasks = Vec::new();
    let start = Instant::now();
    for number in 0..tenants {
        let journal = journal(store, number)?;
        tasks.push(tokio::spawn(async move {
            let record = ["x".repeat(RECORD_BYTES)];
            let mut seq = journal.head().await?.last_seq;
            for _ in 0..each {
                seq = journal.append(seq, &record).await?.last_seq();
            }
            Outcome::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(start.elapsed())
}

async fn read_all(journal: &TenantJournal<String>) -> Outcome<u64> {
    let mut seq = 0;
    loop {
        let records = journal.read(seq, 1_000).await?;
        if records.is_empty() {
            return Ok(seq);
        }
        seq += records.len() as u64;
    }
}

fn rate(count: u64, elapsed: Duration) -> u64 {
    let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    count * 1_000_000 / micros.max(1)
}

fn show([raw, single, few, many]: &[u64; 4], note: &str) {
    println!("{raw:12} {single:12} {few:12} {many:12}{note}");
}
