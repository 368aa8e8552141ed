//! Tokens of links that work once: only their hash is kept, and not for long.

use std::time::Duration;

use ballast_storage::{Collection, Documents, Precondition, ProductStore, StoreError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::AccountError;

/// Where the hashes are.
pub static ONE_TIME_TOKENS: Collection = Collection { name: "one-time-tokens", indexes: &[] };

/// What a link is for, and how long it is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    ResetPassword,
    VerifyEmail,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset-password",
            Self::VerifyEmail => "verify-email",
        }
    }

    pub(super) const fn life(self) -> Duration {
        match self {
            Self::ResetPassword => Duration::from_secs(30 * 60),
            Self::VerifyEmail => Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// What a link is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subject {
    pub(super) user_id: String,
    /// What must not have changed since: the address, or the hash of the password.
    pub(super) as_of: String,
}

#[derive(Debug, Clone)]
pub(super) struct OneTimeTokens {
    documents: Documents,
}

impl OneTimeTokens {
    pub(super) fn new(store: &ProductStore) -> Self {
        Self { documents: store.documents(&ONE_TIME_TOKENS) }
    }

    /// A new token.
    pub(super) async fn make(
        &self,
        purpose: Purpose,
        subject: &Subject,
    ) -> Result<String, AccountError> {
        let token = random_token();
        let key = key(purpose, &token);
        self.documents.put(&key, subject, Precondition::Absent, Some(purpose.life())).await?;
        Ok(token)
    }

    /// What the token is about, without using it up.
    pub(super) async fn look(
        &self,
        purpose: Purpose,
        token: &str,
    ) -> Result<Subject, AccountError> {
        let known = self.documents.get::<Subject>(&key(purpose, token)).await?;
        known.map(|known| known.body).ok_or(AccountError::Link)
    }

    /// Uses the token up. Of two who do so at once only one succeeds.
    pub(super) async fn take(
        &self,
        purpose: Purpose,
        token: &str,
    ) -> Result<Subject, AccountError> {
        let key = key(purpose, token);
        let known = self.documents.get::<Subject>(&key).await?.ok_or(AccountError::Link)?;
        match self.documents.delete(&key, Precondition::Matches(known.etag)).await {
            Ok(true) => Ok(known.body),
            Ok(false) | Err(StoreError::Changed { .. }) => Err(AccountError::Link),
            Err(error) => Err(error.into()),
        }
    }
}

/// 256 random bits as text that fits into a link.
pub(super) fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What is kept of a token.
pub(super) fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

fn key(purpose: Purpose, token: &str) -> String {
    format!("{}/{}", purpose.as_str(), hash(token))
}
