//! The suite: leases.

use std::time::Duration;

use ballast_engine::ports::{Journal, JournalError};
use ballast_storage::{StoreError, StreamName};

use crate::support::{Fixture, Note, batch, tenant};

const TTL: Duration = Duration::from_secs(8);

pub(crate) async fn one_holds_it_until_it_runs_out(fixture: Fixture) {
    let leases = fixture.store.leases();
    assert_eq!(leases.get("shard 1").await, Ok(None));
    let first = leases.acquire("shard 1", "a", TTL).await.unwrap().unwrap();
    assert_eq!((first.epoch, first.holder.as_str()), (1, "a"));
    for holder in ["a", "b"] {
        assert_eq!(leases.acquire("shard 1", holder, TTL).await, Ok(None), "{holder}");
    }
    let other = leases.acquire("shard 2", "b", TTL).await.unwrap().unwrap();
    assert_eq!(other.epoch, 1, "each counts on its own");
    fixture.clock.advance(TTL - Duration::from_nanos(1));
    assert_eq!(leases.acquire("shard 1", "b", TTL).await, Ok(None), "to the last nanosecond");
    fixture.clock.advance(Duration::from_nanos(1));
    let second = leases.acquire("shard 1", "b", TTL).await.unwrap().unwrap();
    assert_eq!((second.epoch, second.holder.as_str()), (2, "b"));
    assert_eq!(leases.get("shard 1").await, Ok(Some(second)));
    let refused = leases.acquire("", "b", TTL).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
}

pub(crate) async fn an_owner_renews_and_releases_its_own_only(fixture: Fixture) {
    let leases = fixture.store.leases();
    let first = leases.acquire("s", "a", TTL).await.unwrap().unwrap();
    fixture.clock.advance(Duration::from_secs(6));
    let renewed = leases.renew(&first, TTL).await.unwrap().unwrap();
    assert_eq!(renewed.epoch, first.epoch);
    fixture.clock.advance(Duration::from_secs(6));
    assert_eq!(leases.acquire("s", "b", TTL).await, Ok(None), "the renewal counts");
    fixture.clock.advance(Duration::from_secs(2));
    assert_eq!(leases.renew(&renewed, TTL).await, Ok(None), "what has run out is gone");
    let second = leases.acquire("s", "b", TTL).await.unwrap().unwrap();
    assert_eq!(leases.renew(&renewed, TTL).await, Ok(None));
    assert_eq!(leases.release(&renewed).await, Ok(false));
    assert_eq!(leases.release(&second).await, Ok(true));
    assert_eq!(leases.release(&second).await, Ok(false), "once");
    let third = leases.acquire("s", "a", TTL).await.unwrap().unwrap();
    assert_eq!(third.epoch, second.epoch + 1, "an epoch never comes again");
}

pub(crate) async fn of_many_contenders_one_gets_it(fixture: Fixture) {
    let contenders: Vec<_> = (0..32)
        .map(|number| {
            let leases = fixture.store.leases();
            let contend = async move { leases.acquire("s", &format!("node {number}"), TTL).await };
            tokio::spawn(contend)
        })
        .collect();
    let mut winners = Vec::new();
    for contender in contenders {
        winners.extend(contender.await.unwrap().unwrap());
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(fixture.store.leases().get("s").await, Ok(winners.pop()));
}

pub(crate) async fn a_lost_lease_fences_its_holder(fixture: Fixture) {
    let store = fixture.store.tenant(&tenant("t"));
    let leases = fixture.store.leases();
    let old = leases.acquire("s", "a", TTL).await.unwrap().unwrap();
    let frozen = store.journal::<Note>(StreamName::Journal, old.epoch);
    frozen.claim().await.unwrap();
    frozen.append(0, &batch(1, 1, 5)).await.unwrap();
    fixture.clock.advance(TTL);
    let new = leases.acquire("s", "b", TTL).await.unwrap().unwrap();
    let owner = store.journal::<Note>(StreamName::Journal, new.epoch);
    let head = owner.claim().await.unwrap();
    assert_eq!(head.last_seq, 1);
    let late = frozen.append(1, &batch(2, 1, 5)).await;
    assert_eq!(late, Err(JournalError::Fenced { ours: old.epoch, current: new.epoch }));
    owner.append(1, &batch(2, 1, 5)).await.unwrap();
}
