//! What a running server does now and then beside trading: it learns which sessions others have
//! ended, removes what has expired, and renews the keys that sign tokens.

use std::sync::Arc;
use std::time::Duration;

use ballast_storage::{Store, StoreError};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at};

use super::identity::Entrance;
use super::stopped;

/// How often ended sessions are read: they must be gone everywhere within five seconds.
const FOLLOW_INTERVAL: Duration = Duration::from_secs(2);
/// How often what has expired is removed.
const PURGE_INTERVAL: Duration = Duration::from_secs(600);
/// When it is removed first: a start has better things to do.
const FIRST_PURGE: Duration = Duration::from_secs(60);
/// Expired documents that are removed in one write.
const PURGED_AT_ONCE: usize = 500;

/// Does it until everything is to stop.
pub(super) async fn run(
    entrance: Arc<Entrance>,
    store: Store,
    mut stopping: watch::Receiver<bool>,
) {
    tokio::select! {
        () = stopped(&mut stopping) => {}
        () = follow(&entrance) => {}
        () = purge(&entrance, &store) => {}
    }
}

async fn follow(entrance: &Entrance) {
    let Some(revocations) = entrance.revocations() else { return std::future::pending().await };
    let mut ticks = interval(FOLLOW_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = revocations.follow().await {
            tracing::warn!(%error, "sessions that others have ended cannot be read");
        }
        if let Some(accounts) = entrance.accounts()
            && let Err(error) = accounts.record_shut().await
        {
            tracing::warn!(%error, "who is shut out cannot be recorded yet; they stay out");
        }
    }
}

async fn purge(entrance: &Entrance, store: &Store) {
    let mut ticks = interval_at(Instant::now() + FIRST_PURGE, PURGE_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for store in entrance.store().into_iter().chain([store]) {
            match purged(store).await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "what had expired was removed"),
                Err(error) => tracing::warn!(%error, "what has expired cannot be removed"),
            }
        }
        if let Err(error) = entrance.renew_keys().await {
            tracing::warn!(%error, "signing keys cannot be renewed");
        }
    }
}

/// Removes all that has expired, a little at a time.
async fn purged(store: &Store) -> Result<usize, StoreError> {
    let mut count = 0;
    loop {
        let removed = store.purge_expired(PURGED_AT_ONCE).await?;
        count += removed;
        if removed < PURGED_AT_ONCE {
            return Ok(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use ballast_storage::{Collection, Precondition};

    use super::super::system::SystemClock;
    use super::*;

    static KEPT: [Collection; 1] = [Collection { name: "kept", indexes: &[] }];

    #[tokio::test]
    async fn all_that_has_expired_is_removed_and_nothing_else() {
        let (store, _) = Store::memory(&KEPT, Arc::new(SystemClock)).unwrap();
        let documents = store.product().documents(&KEPT[0]);
        for number in 0..=PURGED_AT_ONCE {
            let key = number.to_string();
            documents.put(&key, &1, Precondition::Any, Some(Duration::ZERO)).await.unwrap();
        }
        documents.put("for good", &1, Precondition::Any, None).await.unwrap();
        assert_eq!(purged(&store).await, Ok(PURGED_AT_ONCE + 1));
        assert_eq!(purged(&store).await, Ok(0));
        assert!(documents.get::<u8>("for good").await.unwrap().is_some());
    }
}
