//! A store that may not grow any further.

use std::sync::Arc;

use ballast_engine::ports::{Journal, JournalError};
use ballast_storage::{Options, Precondition, Store, StoreError, Verification};
use tempfile::TempDir;

use crate::support::{PLAIN, TestClock, batch, check_batches, journal, open, options, read_all};

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_refuses_appends_whole_and_goes_on_reading() {
    let directory = TempDir::new().unwrap();
    let limited = Options { max_bytes: Some(512 << 10), ..options(directory.path()) };
    let store = Store::open(limited, Arc::new(TestClock::default())).await.unwrap();
    let notes = journal(&store, "t");
    let (mut seq, mut batches) = (0, 0);
    let refusal = loop {
        match notes.append(seq, &batch(batches + 1, 3, 4_000)).await {
            Ok(receipt) => seq = receipt.last_seq(),
            Err(refusal) => break refusal,
        }
        batches += 1;
    };
    let JournalError::Unavailable(why) = &refusal else { panic!("{refusal}") };
    assert!(why.contains("ballast.db") && why.contains("make room"), "{why}");
    assert!(batches > 10, "only {batches} fitted");
    let flags = store.product().documents(&PLAIN);
    let large = "x".repeat(100_000);
    let put = flags.put("large", &large, Precondition::Any, None).await;
    assert!(matches!(put, Err(StoreError::Unavailable(_))), "{put:?}");
    assert_eq!(check_batches(&read_all(&notes).await), batches, "reads go on");
    assert_eq!(notes.verify().await, Ok(Verification::Intact { last_seq: seq }));
    store.close().await.unwrap();

    let store = open(directory.path()).await.unwrap();
    let notes = journal(&store, "t");
    notes.append(seq, &batch(batches + 1, 3, 4_000)).await.unwrap();
    assert_eq!(check_batches(&read_all(&notes).await), batches + 1, "with room it goes on");
}
