//! What a node keeps by itself while the store is away, and how it comes into the store.

use std::path::Path;
use std::sync::{Arc, Mutex};

use ballast_engine::ports::{Gap, Gaps, Journal, JournalError, NoGaps, Receipt};
use ballast_storage::{
    Drain, Fault, Faults, LocalStatus, MIN_LOCAL_BYTES, Options, Orphans, Store, StoreError,
    StreamName, TenantJournal, Verification,
};
use tempfile::TempDir;

use crate::support::{
    COLLECTIONS, Note, PLAIN, TestClock, batch, check_batches, journal, open, options, read_all,
    tenant,
};

/// A store that goes away on demand, and a node beside it.
struct Node {
    folder: TempDir,
    shared: Store,
    faults: Faults,
    store: Store,
}

impl Node {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let (shared, faults) = Store::memory(&COLLECTIONS, Arc::new(TestClock::default())).unwrap();
        let store = started(&shared, folder.path()).await;
        Self { folder, shared, faults, store }
    }

    /// The node's process ends and is started again.
    async fn start_again(&mut self) {
        self.store = started(&self.shared, self.folder.path()).await;
    }

    fn journal(&self, id: &str) -> TenantJournal<Note> {
        journal(&self.store, id)
    }

    fn status(&self) -> LocalStatus {
        *self.store.local_status().unwrap().borrow()
    }

    async fn drain(&self) -> Result<(), JournalError> {
        drain(&self.store).await.0
    }

    /// What the store itself has of a tenant, without what the node has kept.
    async fn stored(&self, id: &str) -> Vec<Note> {
        read_all(&journal(&self.shared, id)).await
    }
}

async fn started(shared: &Store, folder: &Path) -> Store {
    shared.with_local(folder.to_owned(), 256 << 10).await.unwrap()
}

/// Drains a store; gives what could not be appended too.
async fn drain(store: &Store) -> (Result<(), JournalError>, Vec<Orphans>) {
    let orphans: Mutex<Vec<Orphans>> = Mutex::default();
    let orphaned = |found: &Orphans| orphans.lock().unwrap().push(found.clone());
    let done = store.drain(&Drain { recorded: &|_| (), orphaned: &orphaned, gaps: &NoGaps }).await;
    (done, orphans.into_inner().unwrap())
}

#[tokio::test]
async fn what_is_kept_is_part_of_the_journal_and_comes_into_the_store_in_order() {
    let mut node = Node::new().await;
    let (one, two) = (node.journal("one"), node.journal("two"));
    one.append(0, &batch(1, 2, 5)).await.unwrap();
    node.faults.set_away(true);
    let away = one.append(2, &batch(2, 2, 5)).await;
    assert!(matches!(away, Err(JournalError::Unavailable(_))), "{away:?}");
    assert!(!one.is_away());
    assert_eq!(one.append_locally(2, &batch(2, 2, 5)).await, Ok(Receipt::new(4)));
    assert!(one.is_away() && two.is_away(), "the store is away for everybody");
    assert_eq!(two.append_locally(0, &batch(1, 3, 5)).await, Ok(Receipt::new(3)));
    assert_eq!(one.append_locally(4, &batch(3, 1, 5)).await, Ok(Receipt::new(5)));
    assert!(matches!(node.drain().await, Err(JournalError::Unavailable(_))));
    assert!(node.status().away);
    node.faults.set_away(false);
    for restarted in [false, true] {
        if restarted {
            node.start_again().await;
        }
        let (one, two) = (node.journal("one"), node.journal("two"));
        assert_eq!(check_batches(&read_all(&one).await), 3, "restarted: {restarted}");
        assert_eq!(check_batches(&read_all(&two).await), 1, "restarted: {restarted}");
        assert_eq!(one.head().await.unwrap().last_seq, 5);
        assert_eq!(node.stored("one").await.len(), 2);
        assert_eq!(node.status().batches, 3);
        let early = one.append(5, &batch(4, 1, 5)).await;
        assert!(matches!(early, Err(JournalError::Unavailable(_))), "{early:?}");
    }
    node.drain().await.unwrap();
    assert_eq!(check_batches(&node.stored("one").await), 3);
    assert_eq!(check_batches(&node.stored("two").await), 1);
    let status = node.status();
    assert_eq!((status.away, status.batches, status.used_bytes), (false, 0, 0));
    node.start_again().await;
    let one = node.journal("one");
    assert!(!one.is_away());
    assert_eq!(one.append(5, &batch(4, 1, 5)).await, Ok(Receipt::new(6)));
    assert_eq!(check_batches(&read_all(&one).await), 4);
    assert_eq!(one.verify().await, Ok(Verification::Intact { last_seq: 6 }));
}

#[tokio::test]
async fn pages_of_every_size_join_what_is_stored_and_what_is_kept() {
    let node = Node::new().await;
    let journal = node.journal("t");
    journal.append(0, &batch(1, 3, 5)).await.unwrap();
    node.faults.fail_next_write(Fault::BeforeWrite);
    journal.append(3, &batch(2, 2, 5)).await.unwrap_err();
    journal.append_locally(3, &batch(2, 2, 5)).await.unwrap();
    journal.append_locally(5, &batch(3, 2, 5)).await.unwrap();
    let all = read_all(&journal).await;
    assert_eq!(all.len(), 7);
    for after in 0..=7 {
        for limit in 0..=8 {
            let page = journal.read(after as u64, limit).await.unwrap();
            let expected = &all[after..(after + limit).min(7)];
            assert_eq!(page, expected, "{limit} after {after}");
        }
    }
    let ahead = journal.append_locally(6, &batch(4, 1, 5)).await;
    assert_eq!(ahead, Err(JournalError::Conflict { expected: 6, actual: 7 }));
}

/// The batch that failed is kept whole, and more behind it in the same record, so that it does not
/// matter whether the store has it.
#[tokio::test]
async fn an_append_whose_answer_was_lost_is_not_doubled() {
    for fault in [Fault::BeforeWrite, Fault::AfterWrite] {
        let mut node = Node::new().await;
        let journal = node.journal("t");
        journal.append(0, &batch(1, 2, 5)).await.unwrap();
        node.faults.fail_next_write(fault);
        journal.append(2, &batch(2, 3, 5)).await.unwrap_err();
        let kept = [batch(2, 3, 5), batch(3, 1, 5)].concat();
        journal.append_locally(2, &kept).await.unwrap();
        assert_eq!(check_batches(&read_all(&journal).await), 3, "{fault:?}");
        node.start_again().await;
        assert_eq!(check_batches(&read_all(&node.journal("t")).await), 3, "{fault:?}");
        node.drain().await.unwrap();
        assert_eq!(check_batches(&node.stored("t").await), 3, "{fault:?}");
    }
}

/// Ends the process at one of its gaps, or in the middle of a write to the store.
#[tokio::test]
async fn a_drain_that_is_interrupted_anywhere_neither_loses_nor_doubles() {
    for interrupted in 0..4 {
        for fault in [Fault::BeforeWrite, Fault::AfterWrite] {
            let mut node = Node::new().await;
            node.faults.set_away(true);
            for (number, id) in [(1, "one"), (1, "two"), (2, "one"), (2, "two")] {
                let journal = node.journal(id);
                journal.append_locally((number - 1) * 2, &batch(number, 2, 5)).await.unwrap();
            }
            node.faults.set_away(false);
            let gaps =
                FailsAt { faults: node.faults.clone(), after: Mutex::new(interrupted), fault };
            if interrupted == 0 {
                node.faults.fail_next_write(fault);
            }
            let drained =
                node.store.drain(&Drain { recorded: &|_| (), orphaned: &none, gaps: &gaps }).await;
            assert!(matches!(drained, Err(JournalError::Unavailable(_))), "{drained:?}");
            node.start_again().await;
            for id in ["one", "two"] {
                assert_eq!(check_batches(&read_all(&node.journal(id)).await), 2, "{fault:?}");
            }
            node.drain().await.unwrap();
            for id in ["one", "two"] {
                assert_eq!(check_batches(&node.stored(id).await), 2, "{fault:?}");
            }
            assert_eq!(node.status().used_bytes, 0);
        }
    }
}

fn none(orphans: &Orphans) {
    panic!("{orphans:?}");
}

#[derive(Debug)]
struct FailsAt {
    faults: Faults,
    after: Mutex<u32>,
    fault: Fault,
}

impl Gaps for FailsAt {
    fn pass(&self, gap: Gap) {
        assert_eq!(gap, Gap::Drained);
        let mut after = self.after.lock().unwrap();
        *after = after.wrapping_sub(1);
        if *after == 0 {
            self.faults.fail_next_write(self.fault);
        }
    }
}

#[tokio::test]
async fn a_process_that_ends_before_the_file_begins_anew_finds_that_all_is_there() {
    let mut node = Node::new().await;
    let journal = node.journal("t");
    node.faults.set_away(true);
    journal.append_locally(0, &batch(1, 2, 5)).await.unwrap();
    node.faults.set_away(false);
    // What was kept comes into the store past the node, as from a drain that ended right after it.
    let stored: TenantJournal<Note> = crate::support::journal(&node.shared, "t");
    stored.append(0, &batch(1, 2, 5)).await.unwrap();
    stored.append(2, &batch(2, 2, 5)).await.unwrap();
    node.start_again().await;
    assert_eq!(check_batches(&read_all(&node.journal("t")).await), 2);
    node.drain().await.unwrap();
    assert_eq!(check_batches(&node.stored("t").await), 2);
}

#[tokio::test]
async fn nothing_is_appended_to_a_journal_that_another_epoch_owns() {
    let mut node = Node::new().await;
    let (ours, other) = (node.journal("t"), node.journal("other"));
    ours.append(0, &batch(1, 1, 5)).await.unwrap();
    node.faults.set_away(true);
    ours.append_locally(1, &batch(2, 2, 5)).await.unwrap();
    ours.append_locally(3, &batch(3, 1, 5)).await.unwrap();
    other.append_locally(0, &batch(1, 1, 5)).await.unwrap();
    node.faults.set_away(false);
    let theirs: TenantJournal<Note> =
        node.shared.tenant(&tenant("t")).journal(StreamName::Journal, 5);
    theirs.claim().await.unwrap();
    node.start_again().await;
    assert_eq!(read_all(&node.journal("t")).await.len(), 1, "what was kept continues nothing");
    let (done, orphans) = drain(&node.store).await;
    done.unwrap();
    let told: Vec<_> = orphans.iter().map(|o| (o.first_seq, o.records.len(), o.epoch)).collect();
    assert_eq!(told, [(2, 2, 0), (4, 1, 0)]);
    assert!(orphans[0].why.contains("epoch 5 owns"), "{}", orphans[0].why);
    assert!(orphans[0].records[0].contains("\"batch\":2"), "{:?}", orphans[0].records);
    assert_eq!(node.stored("t").await.len(), 1);
    assert_eq!(node.stored("other").await.len(), 1, "the others are drained");
    assert_eq!(node.status().used_bytes, 0);
    let fenced = node.journal("t").append(1, &batch(2, 1, 5)).await;
    assert_eq!(fenced, Err(JournalError::Fenced { ours: 0, current: 5 }));
}

#[tokio::test]
async fn what_contradicts_the_store_goes_to_the_audit_and_not_into_it() {
    let node = Node::new().await;
    let ours = node.journal("t");
    node.faults.set_away(true);
    ours.append_locally(0, &batch(1, 2, 5)).await.unwrap();
    node.faults.set_away(false);
    journal(&node.shared, "t").append(0, &batch(1, 1, 9)).await.unwrap();
    let (done, orphans) = drain(&node.store).await;
    done.unwrap();
    assert_eq!(orphans.len(), 1);
    assert_eq!(orphans[0].why, "another record 1 stands in the store");
    assert_eq!(node.stored("t").await, batch(1, 1, 9));
}

#[tokio::test]
async fn a_store_that_has_lost_records_is_not_continued_over_the_gap() {
    let mut node = Node::new().await;
    node.faults.set_away(true);
    // As after an older backup was restored beside a newer file.
    node.journal("t").append_locally(5, &batch(6, 1, 5)).await.unwrap();
    node.journal("other").append_locally(0, &batch(1, 1, 5)).await.unwrap();
    node.faults.set_away(false);
    node.start_again().await;
    let read = node.journal("t").read(0, 10).await;
    assert!(
        matches!(&read, Err(JournalError::Corrupt(why)) if why.contains("is missing")),
        "{read:?}"
    );
    let drained = node.drain().await;
    assert!(
        matches!(&drained, Err(JournalError::Corrupt(why)) if why.contains("which ends with 0"))
    );
    assert_eq!(node.stored("other").await.len(), 1, "the others are drained");
    assert!(node.journal("t").is_away() && !node.journal("other").is_away());
}

#[tokio::test]
async fn a_full_file_refuses_what_does_not_fit_and_says_so() {
    let node = Node::new().await;
    let journal = node.journal("t");
    node.faults.set_away(true);
    let mut seq = 0;
    let refusal = loop {
        match journal.append_locally(seq, &batch(seq + 1, 1, 20_000)).await {
            Ok(receipt) => seq = receipt.last_seq(),
            Err(refusal) => break refusal,
        }
    };
    let JournalError::Unavailable(why) = &refusal else { panic!("{refusal}") };
    assert!(why.contains("local.log") && why.contains("it is full"), "{why}");
    assert!(node.status().full && seq > 5, "{seq}");
    node.faults.set_away(false);
    node.drain().await.unwrap();
    assert!(!node.status().full);
    assert_eq!(node.stored("t").await.len() as u64, seq);
    journal.append(seq, &batch(seq + 1, 1, 20_000)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_away() {
    let node = Node::new().await;
    let journal = node.journal("t");
    node.faults.set_hanging(true);
    let late = journal.append(0, &batch(1, 1, 5)).await;
    assert!(matches!(&late, Err(JournalError::Unavailable(why)) if why.contains("5 seconds")));
    node.faults.set_hanging(false);
}

#[tokio::test]
async fn the_last_stop_is_kept_until_it_is_recorded() {
    let mut node = Node::new().await;
    let product = node.store.product();
    assert_eq!(product.kept_stop::<u32>(), Ok(None));
    node.faults.set_away(true);
    let first = product.keep_stop(1_u32).await.unwrap().unwrap();
    let second = product.keep_stop(2_u32).await.unwrap().unwrap();
    product.stop_recorded(&first).await.unwrap();
    node.start_again().await;
    let product = node.store.product();
    assert_eq!(product.kept_stop(), Ok(Some(second.clone())), "the newer one is not recorded yet");
    assert!(!node.status().away, "a stop says nothing of the store");
    product.stop_recorded(&second).await.unwrap();
    node.start_again().await;
    assert_eq!(node.store.product().kept_stop::<u32>(), Ok(None));
    let unreadable = node.store.product().keep_stop("text").await.unwrap();
    assert!(unreadable.is_some());
    let other = node.store.product().kept_stop::<u32>();
    assert!(matches!(other, Err(StoreError::Corrupt(_))), "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_leaves_room_for_what_must_go_on() {
    let directory = TempDir::new().unwrap();
    let small = Options {
        max_bytes: Some(512 << 10),
        local_bytes: Some(MIN_LOCAL_BYTES),
        ..options(directory.path())
    };
    let store = Store::open(small, Arc::new(TestClock::default())).await.unwrap();
    let notes = journal(&store, "t");
    let (mut seq, mut batches) = (0, 0);
    while let Ok(receipt) = notes.append(seq, &batch(batches + 1, 3, 4_000)).await {
        (seq, batches) = (receipt.last_seq(), batches + 1);
    }
    seq = notes.append_locally(seq, &batch(batches + 1, 3, 4_000)).await.unwrap().last_seq();
    assert!(matches!(drain(&store).await.0, Err(JournalError::Unavailable(_))));
    assert_eq!(check_batches(&read_all(&notes).await), batches + 1);
    store.close().await.unwrap();

    let store = open(directory.path()).await.unwrap();
    let notes = journal(&store, "t");
    assert_eq!(check_batches(&read_all(&notes).await), batches + 1, "before it is drained");
    drain(&store).await.0.unwrap();
    assert_eq!(check_batches(&read_all(&notes).await), batches + 1);
    assert_eq!(notes.verify().await, Ok(Verification::Intact { last_seq: seq }));
    let flags = store.product().documents(&PLAIN);
    assert!(flags.get::<u32>("none").await.unwrap().is_none());
}
