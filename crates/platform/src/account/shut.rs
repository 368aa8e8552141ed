//! Users that an administrator has shut out, as everybody in this process knows them at once.
//!
//! The store has them with the users. Here they are known before the store has them: shutting
//! somebody out waits for nothing.

use std::collections::BTreeMap;

use ballast_domain::{TenantId, Timestamp};
use tokio::sync::watch;

use super::error::AccountError;
use super::user::{User, Users};

/// Since when and by whom a user is shut out.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, Default)]
pub(crate) struct ShutOut(watch::Sender<ShutUsers>);

impl ShutOut {
    /// Reads everybody who was shut out before.
    pub(super) async fn open(users: &Users) -> Result<Self, AccountError> {
        let (mut shut, mut after) = (ShutUsers::new(), None);
        loop {
            let page = users.page(PAGE, after).await?;
            shut.extend(page.documents.iter().filter_map(|user| entry(&user.body)));
            after = page.next;
            if after.is_none() {
                return Ok(Self(watch::channel(shut).0));
            }
        }
    }

    /// Who is shut out, now and as it changes.
    pub(crate) fn subscribe(&self) -> watch::Receiver<ShutUsers> {
        self.0.subscribe()
    }

    pub(crate) fn contains(&self, user: &TenantId) -> bool {
        self.0.borrow().contains_key(user)
    }

    /// Shuts a user out; says whether they were not yet.
    pub(super) fn add(&self, user: &TenantId, shut: Shut) -> bool {
        self.0.send_if_modified(|all| match all.contains_key(user) {
            true => false,
            false => all.insert(user.clone(), shut).is_none(),
        })
    }

    pub(super) fn remove(&self, user: &TenantId) {
        self.0.send_if_modified(|all| all.remove(user).is_some());
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
