//! Users that an administrator has shut out, as everybody in this process knows them at once.
//!
//! The store has them with the users. Here they are known before the store has them: shutting
//! somebody out waits for nothing. Until the store has them the node keeps them by itself, so that
//! a crash does not let them in again.

use std::collections::BTreeMap;
use std::sync::Arc;

use ballast_domain::{TenantId, Timestamp};
use ballast_storage::{KeptStop, ProductStore};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, watch};

use super::error::AccountError;
use super::user::{User, Users};

/// Since when and by whom a user is shut out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shut {
    /// Who has done it, by a name for people.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Everybody who is shut out.
pub type ShutUsers = BTreeMap<TenantId, Shut>;

/// How many users are read at once.
const PAGE: usize = 200;
/// Who has shut out whom an earlier release has, which did not write that down.
const UNKNOWN: &str = "an administrator";

/// Who is shut out now; a handle that is cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct ShutOut {
    all: watch::Sender<ShutUsers>,
    store: ProductStore,
    unrecorded: Arc<Mutex<Unrecorded>>,
}

/// Those of whom the store does not know yet.
#[derive(Debug, Default)]
struct Unrecorded {
    users: ShutUsers,
    kept: Option<KeptStop<ShutUsers>>,
}

impl ShutOut {
    /// Reads everybody who was shut out before, and whom the node has kept by itself.
    pub(super) async fn open(users: &Users, store: ProductStore) -> Result<Self, AccountError> {
        let (mut shut, mut after) = (ShutUsers::new(), None);
        loop {
            let page = users.page(PAGE, after).await?;
            shut.extend(page.documents.iter().filter_map(|user| entry(&user.body)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let kept = store.kept_stop::<ShutUsers>()?;
        let unrecorded = kept.iter().flat_map(|kept| kept.stop.clone());
        let unrecorded: ShutUsers = unrecorded.filter(|(id, _)| !shut.contains_key(id)).collect();
        shut.extend(unrecorded.clone());
        let unrecorded = Arc::new(Mutex::new(Unrecorded { users: unrecorded, kept }));
        let opened = Self { all: watch::channel(shut).0, store, unrecorded };
        opened.keep_rest(&mut *opened.unrecorded.lock().await).await;
        Ok(opened)
    }

    /// Keeps on the node that a user is shut out, until [`Self::recorded`].
    pub(super) async fn keep(&self, user: &TenantId, shut: Shut) {
        let mut unrecorded = self.unrecorded.lock().await;
        unrecorded.users.insert(user.clone(), shut);
        self.keep_rest(&mut unrecorded).await;
    }

    /// The store knows of a user whatever there is to know.
    pub(super) async fn recorded(&self, user: &TenantId) {
        let mut unrecorded = self.unrecorded.lock().await;
        if unrecorded.users.remove(user).is_some() {
            self.keep_rest(&mut unrecorded).await;
        }
    }

    /// Of whom the store does not know yet.
    pub(super) async fn unrecorded(&self) -> ShutUsers {
        self.unrecorded.lock().await.users.clone()
    }

    async fn keep_rest(&self, unrecorded: &mut Unrecorded) {
        let done = match (unrecorded.users.is_empty(), unrecorded.kept.take()) {
            (true, None) => Ok(()),
            (true, Some(kept)) => self.store.stop_recorded(&kept).await,
            (false, _) => match self.store.keep_stop(unrecorded.users.clone()).await {
                Ok(kept) => {
                    unrecorded.kept = kept;
                    Ok(())
                }
                Err(error) => Err(error),
            },
        };
        if let Err(error) = done {
            tracing::error!(%error, "who is shut out cannot be kept on this node");
        }
    }

    /// Who is shut out, now and as it changes.
    pub(crate) fn subscribe(&self) -> watch::Receiver<ShutUsers> {
        self.all.subscribe()
    }

    pub(crate) fn contains(&self, user: &TenantId) -> bool {
        self.all.borrow().contains_key(user)
    }

    /// Shuts a user out; says whether they were not yet.
    pub(super) fn add(&self, user: &TenantId, shut: Shut) -> bool {
        self.all.send_if_modified(|all| match all.contains_key(user) {
            true => false,
            false => all.insert(user.clone(), shut).is_none(),
        })
    }

    pub(super) fn remove(&self, user: &TenantId) {
        self.all.send_if_modified(|all| all.remove(user).is_some());
    }
}

fn entry(user: &User) -> Option<(TenantId, Shut)> {
    if !user.disabled {
        return None;
    }
    let by = user.disabled_by.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    let at = user.disabled_at.unwrap_or(user.created_at);
    Some((user.tenant().ok()?, Shut { by, at }))
}
