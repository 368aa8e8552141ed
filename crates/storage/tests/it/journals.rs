//! The suite: journals and snapshots.

use ballast_engine::ports::{Journal, JournalError, Receipt};
use ballast_storage::{
    MAX_APPEND_RECORDS, MAX_VALUE_BYTES, Priority, Snapshot, StoreError, StreamName, TenantJournal,
    Verification,
};
use serde_json::{Value as Json, json};

use crate::support::{Fixture, Note, batch, check_batches, read_all, tenant};

pub(crate) async fn a_batch_is_appended_whole_or_not_at_all(fixture: Fixture) {
    let journal = fixture.journal("t");
    assert_eq!(journal.append(0, &batch(1, 3, 5)).await, Ok(Receipt::new(3)));
    for expected in [0, 2, 4] {
        let conflict = JournalError::Conflict { expected, actual: 3 };
        assert_eq!(journal.append(expected, &batch(9, 2, 5)).await, Err(conflict));
    }
    let mut with_a_bad_one = batch(9, 3, 5);
    with_a_bad_one[1].text = "x".repeat(MAX_VALUE_BYTES);
    let refused = journal.append(3, &with_a_bad_one).await.unwrap_err();
    assert!(
        matches!(&refused, JournalError::Refused(why) if why.contains("record 1")),
        "{refused}"
    );
    assert_eq!(journal.append(3, &batch(2, 2, 5)).await, Ok(Receipt::new(5)));
    let expected: Vec<Note> = [batch(1, 3, 5), batch(2, 2, 5)].concat();
    assert_eq!(journal.read(0, 100).await.unwrap(), expected);
}

pub(crate) async fn an_empty_batch_only_asks(fixture: Fixture) {
    let journal = fixture.journal("t");
    assert_eq!(journal.append(0, &[]).await, Ok(Receipt::new(0)));
    assert_eq!(fixture.store.tenants(None, 9).await.unwrap(), [], "asking writes nothing");
    journal.append(0, &batch(1, 2, 5)).await.unwrap();
    assert_eq!(journal.append(2, &[]).await, Ok(Receipt::new(2)));
    let conflict = JournalError::Conflict { expected: 1, actual: 2 };
    assert_eq!(journal.append(1, &[]).await, Err(conflict));
}

pub(crate) async fn records_are_read_in_order_from_anywhere(fixture: Fixture) {
    let journal = fixture.journal("t");
    assert_eq!(journal.read(0, 10).await, Ok(Vec::new()), "before the first append");
    let notes = batch(1, 25, 5);
    journal.append(0, &notes).await.unwrap();
    for (after, limit) in [(0, 25), (0, 100), (0, 7), (7, 7), (24, 5), (25, 5), (3, 0)] {
        let expected: Vec<Note> = notes.iter().skip(after).take(limit).cloned().collect();
        let read = journal.read(after as u64, limit).await;
        assert_eq!(read, Ok(expected), "after {after}, at most {limit}");
    }
    let head = journal.head().await.unwrap();
    assert_eq!((head.last_seq, head.epoch), (25, 0));
}

pub(crate) async fn a_reader_ahead_of_the_journal_is_told(fixture: Fixture) {
    let journal = fixture.journal("t");
    journal.append(0, &batch(1, 2, 5)).await.unwrap();
    let error = journal.read(3, 10).await.unwrap_err();
    let JournalError::Corrupt(why) = &error else { panic!("{error}") };
    for part in ["record 3", "'journal'", "'t'", "restore a backup"] {
        assert!(why.contains(part), "{why}");
    }
}

pub(crate) async fn records_of_another_shape_are_refused(fixture: Fixture) {
    let raw: TenantJournal<Json> =
        fixture.store.tenant(&tenant("t")).journal(StreamName::Journal, 0);
    let notes = [json!(batch(1, 1, 5)[0]), json!({"type": "fromTheFuture"})];
    raw.append(0, &notes).await.unwrap();
    let journal = fixture.journal("t");
    assert_eq!(journal.read(0, 1).await, Ok(batch(1, 1, 5)));
    let error = journal.read(0, 2).await.unwrap_err();
    let JournalError::Corrupt(why) = &error else { panic!("{error}") };
    assert!(why.contains("record 2") && why.contains("run a newer one"), "{why}");
}

/// Invariant: one owner.
pub(crate) async fn only_the_epoch_that_owns_a_stream_appends(fixture: Fixture) {
    let tenant = fixture.store.tenant(&tenant("t"));
    let of = |epoch| tenant.journal::<Note>(StreamName::Journal, epoch);
    let fenced = |ours, current| Err(JournalError::Fenced { ours, current });
    of(0).append(0, &batch(1, 2, 5)).await.unwrap();
    assert_eq!(of(5).append(2, &batch(2, 1, 5)).await, fenced(5, 0), "before it has claimed");
    let head = of(5).claim().await.unwrap();
    assert_eq!((head.last_seq, head.epoch), (2, 5));
    assert_eq!(of(5).claim().await.unwrap(), head, "again");
    assert_eq!(of(0).append(2, &batch(2, 1, 5)).await, fenced(0, 5));
    assert_eq!(of(0).append(0, &batch(2, 1, 5)).await, fenced(0, 5), "fenced before conflict");
    assert_eq!(of(4).claim().await.map(|_| ()), Err(JournalError::Fenced { ours: 4, current: 5 }));
    assert_eq!(of(5).append(2, &batch(2, 1, 5)).await, Ok(Receipt::new(3)));
    of(6).claim().await.unwrap();
    assert_eq!(of(5).append(3, &batch(3, 1, 5)).await, fenced(5, 6));
    assert_eq!(of(6).append(3, &batch(3, 1, 5)).await, Ok(Receipt::new(4)));
    assert_eq!(check_batches(&read_all(&of(0)).await), 3, "reading needs no epoch");
    let paper = tenant.journal::<Note>(StreamName::Paper, 0);
    assert_eq!(paper.append(0, &batch(1, 1, 5)).await, Ok(Receipt::new(1)), "each on its own");
    let fresh = tenant_of(&fixture, "fresh", 3);
    fresh.claim().await.unwrap();
    assert_eq!(tenant_of(&fixture, "fresh", 2).append(0, &batch(1, 1, 5)).await, fenced(2, 3));
    assert_eq!(fresh.append(0, &batch(1, 1, 5)).await, Ok(Receipt::new(1)));
}

fn tenant_of(fixture: &Fixture, id: &str, epoch: u64) -> TenantJournal<Note> {
    fixture.store.tenant(&tenant(id)).journal(StreamName::Journal, epoch)
}

/// Invariant: the tenant is an argument.
pub(crate) async fn tenants_and_streams_do_not_mix(fixture: Fixture) {
    let ids = [
        "t",
        "T",
        "t%",
        "t_",
        "t/../u",
        "'; DROP TABLE record; --",
        "\"t\"",
        "té",
        "te\u{301}",
        "💹",
    ];
    let names = [StreamName::Journal, StreamName::Paper];
    let streams: Vec<TenantJournal<Note>> = ids
        .iter()
        .flat_map(|id| names.map(|name| fixture.store.tenant(&tenant(id)).journal(name, 0)))
        .collect();
    for (number, stream) in (1..).zip(&streams) {
        stream.append(0, &batch(number, number, 5)).await.unwrap();
    }
    for (number, stream) in (1..).zip(&streams) {
        assert_eq!(read_all(stream).await, batch(number, number, 5), "{stream:?}");
        let intact = Verification::Intact { last_seq: number };
        assert_eq!(stream.verify().await, Ok(intact), "{stream:?}");
    }
    let mut expected: Vec<String> = ids.iter().map(ToString::to_string).collect();
    expected.sort();
    let listed = fixture.store.tenants(None, 100).await.unwrap();
    let listed: Vec<String> = listed.iter().map(ToString::to_string).collect();
    assert_eq!(listed, expected);
}

pub(crate) async fn records_of_a_megabyte_are_kept(fixture: Fixture) {
    let journal = fixture.journal("t").with_priority(Priority::Low);
    let notes = batch(1, 3, 1 << 20);
    journal.append(0, &notes).await.unwrap();
    assert_eq!(journal.read(0, 3).await, Ok(notes));
    let mut odd = batch(2, 1, 0);
    odd[0].text = "'\"\\ \u{0} \u{7f} é 💹 %s {}".repeat(10_000);
    journal.append(3, &odd).await.unwrap();
    assert_eq!(journal.read(3, 1).await, Ok(odd));
}

pub(crate) async fn what_no_store_could_read_again_is_refused(fixture: Fixture) {
    let raw: TenantJournal<Json> =
        fixture.store.tenant(&tenant("t")).journal(StreamName::Journal, 0);
    let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(raw.append(0, &[nested(100)]).await, Ok(Receipt::new(1)));
    assert_eq!(raw.read(0, 1).await, Ok(vec![nested(100)]));
    let cases = [
        (vec![nested(101)], "nests deeper"),
        (vec![json!("x".repeat(MAX_VALUE_BYTES))], "bytes; the most is"),
        (vec![json!("x".repeat(1 << 20)); 17], "bytes; the most is"),
        (vec![json!(1); MAX_APPEND_RECORDS + 1], "records; the most is"),
    ];
    for (records, expected) in cases {
        let error = raw.append(1, &records).await.unwrap_err();
        let JournalError::Refused(why) = &error else { panic!("{error}") };
        assert!(why.contains(expected), "{why}");
    }
    assert_eq!(raw.append(1, &[]).await, Ok(Receipt::new(1)), "nothing was written");
}

pub(crate) async fn snapshots_are_of_the_stream_as_it_is(fixture: Fixture) {
    let store = fixture.store.tenant(&tenant("t"));
    let at = |seq: u64, text: &str| Snapshot { seq, bytes: text.as_bytes().to_vec() };
    let name = StreamName::Journal;
    assert_eq!(store.snapshot(name).await, Ok(None));
    let refused = store.put_snapshot(name, at(1, "of nothing")).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    fixture.journal("t").append(0, &batch(1, 10, 5)).await.unwrap();
    for seq in [0, 11] {
        let refused = store.put_snapshot(name, at(seq, "beyond")).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    }
    for seq in [3, 7, 5] {
        store.put_snapshot(name, at(seq, "first")).await.unwrap();
    }
    assert_eq!(store.snapshot(name).await, Ok(Some(at(7, "first"))), "the newest wins");
    let large = Snapshot { seq: 9, bytes: vec![0xff; 3 << 20] };
    store.put_snapshot(name, large.clone()).await.unwrap();
    assert_eq!(store.snapshot(name).await, Ok(Some(large)));
    store.put_snapshot(name, at(9, "again")).await.unwrap();
    assert_eq!(store.snapshot(name).await, Ok(Some(at(9, "again"))));
    assert_eq!(store.snapshot(StreamName::Paper).await, Ok(None));
    assert_eq!(fixture.store.tenant(&tenant("u")).snapshot(name).await, Ok(None));
}

pub(crate) async fn sixty_four_tenants_append_at_once(fixture: Fixture) {
    let writers: Vec<_> = (0..64)
        .map(|number| {
            let journal = fixture.journal(&format!("tenant {number}"));
            tokio::spawn(async move {
                let mut seq = 0;
                for number in 1..=20 {
                    let notes = batch(number, number % 3 + 1, 300);
                    seq = journal.append(seq, &notes).await.unwrap().last_seq();
                }
                assert_eq!(check_batches(&read_all(&journal).await), 20);
                assert_eq!(journal.verify().await, Ok(Verification::Intact { last_seq: seq }));
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

pub(crate) async fn many_writers_of_one_tenant_lose_nothing(fixture: Fixture) {
    const WRITERS: u64 = 16;
    const EACH: u64 = 10;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let journal = fixture.journal("t");
            tokio::spawn(async move {
                let mut seq = 0;
                for number in 0..EACH {
                    let note = batch(writer * EACH + number, 1, 5);
                    seq = append_after_all(&journal, seq, &note).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let mut numbers: Vec<u64> =
        read_all(&fixture.journal("t")).await.iter().map(|note| note.batch).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..WRITERS * EACH).collect::<Vec<_>>());
}

async fn append_after_all(journal: &TenantJournal<Note>, mut seq: u64, notes: &[Note]) -> u64 {
    loop {
        match journal.append(seq, notes).await {
            Ok(receipt) => return receipt.last_seq(),
            Err(JournalError::Conflict { actual, .. }) => seq = actual,
            Err(other) => panic!("{other}"),
        }
    }
}

pub(crate) async fn a_whole_stream_verifies(fixture: Fixture) {
    let journal = fixture.journal("t");
    assert_eq!(journal.verify().await, Ok(Verification::Intact { last_seq: 0 }));
    journal.append(0, &batch(1, 2_345, 5)).await.unwrap();
    assert_eq!(journal.verify().await, Ok(Verification::Intact { last_seq: 2_345 }));
    fixture.store.check().await.unwrap();
}

pub(crate) async fn after_closing_nothing_is_taken(fixture: Fixture) {
    let journal = fixture.journal("t");
    journal.append(0, &batch(1, 1, 5)).await.unwrap();
    fixture.store.ping().await.unwrap();
    fixture.store.close().await.unwrap();
    fixture.store.close().await.unwrap();
    let ping = fixture.store.ping().await;
    assert!(matches!(ping, Err(StoreError::Unavailable(_))), "{ping:?}");
    let append = journal.append(1, &batch(2, 1, 5)).await;
    assert!(matches!(append, Err(JournalError::Unavailable(_))), "{append:?}");
    let read = journal.read(0, 1).await;
    assert!(matches!(read, Err(JournalError::Unavailable(_))), "{read:?}");
}
