//! The first administrator, who makes themself by a link that only whoever runs the server sees.

use std::time::Duration;

use ballast_domain::Timestamp;
use ballast_storage::{Document, Precondition};
use serde::{Deserialize, Serialize};

use super::error::AccountError;
use super::one_time::{ONE_TIME_TOKENS, hash, random_token};
use super::session::{Client, later};
use super::sign_in::{SignedIn, check_both};
use super::{Accounts, Cause};
use crate::audit::AuditEvent;
use crate::request::Role;

const LIFE: Duration = Duration::from_secs(24 * 60 * 60);
const KEY: &str = "first-administrator";

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FirstLink {
    token_hash: String,
    expires_at: Timestamp,
}

impl Accounts {
    /// A link by which the first administrator makes themself, for a day. Every call makes a new
    /// one and the one before worthless. `None` once there is an administrator.
    ///
    /// # Errors
    /// [`AccountError`] when the store does not answer.
    pub async fn first_administrator_link(&self) -> Result<Option<String>, AccountError> {
        let inner = &self.inner;
        if self.is_administrated().await? {
            return Ok(None);
        }
        let token = random_token();
        let expires_at = later(inner.clock.now(), LIFE);
        let link = FirstLink { token_hash: hash(&token), expires_at };
        let documents = inner.store.documents(&ONE_TIME_TOKENS);
        documents.put(KEY, &link, Precondition::Any, Some(LIFE)).await?;
        Ok(Some(inner.link("first-administrator", &token)))
    }

    /// Makes the first administrator, with the id of the settings, and signs them in.
    ///
    /// # Errors
    /// [`AccountError::Link`] when the token is not good, or there is an administrator already;
    /// input that is not good, an address that has an account among it, leaves the link good.
    pub async fn make_first_administrator(
        &self,
        token: &str,
        email: &str,
        password: String,
        client: &Client,
        cause: &Cause,
    ) -> Result<SignedIn, AccountError> {
        let inner = &self.inner;
        let _held = inner.administering.lock().await;
        let documents = inner.store.documents(&ONE_TIME_TOKENS);
        let known = documents.get::<FirstLink>(KEY).await?;
        let Some(Document { etag, .. }) =
            known.filter(|known| known.body.token_hash == hash(token))
        else {
            return Err(AccountError::Link);
        };
        if self.is_administrated().await? {
            return Err(AccountError::Link);
        }
        let email = check_both("email", email, "password", &password)?;
        let password_hash = inner.hasher.hash(password).await?;
        // The id is the same for everybody: of two, on whatever nodes, one is made.
        let id = inner.settings.first_administrator.to_string();
        let made = self.add(&email, Role::Admin, id, password_hash, true, cause).await;
        let user = match made {
            Err(AccountError::EmailTaken(_)) if self.is_administrated().await? => {
                return Err(AccountError::Link);
            }
            made => made?,
        };
        // From now on no link makes another.
        if let Err(error) = documents.delete(KEY, Precondition::Matches(etag)).await {
            tracing::warn!(%error, "the first administrator's link stays until it expires");
        }
        let signed_in = inner.begin(&user, client).await?;
        let event = AuditEvent::SignedIn { session: signed_in.session.id.clone() };
        inner.note(event, Some(user.tenant()?), cause).await;
        Ok(signed_in)
    }

    /// Whether there is an administrator.
    async fn is_administrated(&self) -> Result<bool, AccountError> {
        Ok(!self.inner.users.administrators().await?.is_empty())
    }
}
