//! A store that goes away and comes back, and answers that get lost.

use ballast_engine::ports::{Journal, JournalError, Receipt};
use ballast_storage::{Fault, Precondition, Query, StoreError};
use serde_json::Value as Json;

use crate::support::{Fixture, PLAIN, batch, check_batches, read_all};

#[tokio::test]
async fn a_lost_answer_neither_loses_nor_doubles_records() {
    let fixture = Fixture::memory();
    let faults = fixture.faults.clone().unwrap();
    let journal = fixture.journal("t");
    journal.append(0, &batch(1, 2, 5)).await.unwrap();
    for (fault, number) in [(Fault::BeforeWrite, 2), (Fault::AfterWrite, 3)] {
        let notes = batch(number, 2, 5);
        let seq = read_all(&journal).await.len() as u64;
        faults.fail_next_write(fault);
        let lost = journal.append(seq, &notes).await;
        assert!(matches!(lost, Err(JournalError::Unavailable(_))), "{lost:?}");
        let again = journal.append(seq, &notes).await;
        let written = fault == Fault::AfterWrite;
        let conflict = JournalError::Conflict { expected: seq, actual: seq + 2 };
        let expected = if written { Err(conflict) } else { Ok(Receipt::new(seq + 2)) };
        assert_eq!(again, expected, "{fault:?}");
        assert_eq!(check_batches(&read_all(&journal).await), number, "{fault:?}");
    }
}

#[tokio::test]
async fn a_store_that_is_away_says_so_and_comes_back() {
    let fixture = Fixture::memory();
    let faults = fixture.faults.clone().unwrap();
    let journal = fixture.journal("t");
    let flags = fixture.store.product().documents(&PLAIN);
    journal.append(0, &batch(1, 1, 5)).await.unwrap();
    faults.set_away(true);
    let append = journal.append(1, &batch(2, 1, 5)).await;
    assert!(matches!(append, Err(JournalError::Unavailable(_))), "{append:?}");
    let errors = [
        flags.get::<Json>("k").await.map(|_| ()),
        flags.put("k", &1, Precondition::Any, None).await.map(|_| ()),
        flags.query::<Json>(&Query::default()).await.map(|_| ()),
        fixture.store.tenants(None, 1).await.map(|_| ()),
        fixture.store.leases().get("s").await.map(|_| ()),
        fixture.store.check().await,
        fixture.store.ping().await,
    ];
    for error in errors {
        assert!(matches!(error, Err(StoreError::Unavailable(_))), "{error:?}");
    }
    faults.set_away(false);
    assert_eq!(journal.append(1, &batch(2, 1, 5)).await, Ok(Receipt::new(2)));
}

#[tokio::test]
async fn a_store_that_hangs_answers_nothing_until_it_is_back() {
    let fixture = Fixture::memory();
    let faults = fixture.faults.clone().unwrap();
    let flags = fixture.store.product().documents(&PLAIN);
    faults.set_hanging(true);
    let write = tokio::spawn({
        let flags = flags.clone();
        async move { flags.put("k", &1, Precondition::Absent, None).await }
    });
    let read = tokio::spawn({
        let flags = flags.clone();
        async move { flags.get::<Json>("other").await }
    });
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(!write.is_finished() && !read.is_finished());
    faults.set_hanging(false);
    assert!(write.await.unwrap().is_ok());
    assert_eq!(read.await.unwrap(), Ok(None));
    assert_eq!(flags.get::<Json>("k").await.unwrap().unwrap().body, 1);
}
