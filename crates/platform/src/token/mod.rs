//! Access tokens: who signs them, and how they are checked.
//!
//! [`Issuer`] is our own authority: signing keys in the store, sealed, rotated. [`Verifier`] checks
//! tokens of exactly one authority, ours or an outside one. [`Revocations`] ends sessions before
//! their tokens expire, and [`Authority`] is all of it as what stands before every route.

mod authority;
mod issuer;
mod keys;
mod remote;
mod revocation;
mod verifier;

use serde::{Deserialize, Serialize};

pub use authority::{Authority, SingleUser};
pub use issuer::{Issuer, IssuerError, IssuerSettings, SIGNING_KEYS, SigningAlgorithm};
pub use remote::RemoteKeys;
pub use revocation::{REVOCATIONS, Revocation, Revocations};
pub use verifier::{AuthorityChoice, AuthorityError, KeySource, Verifier, VerifierSettings};

/// How long an access token is good at most, whatever the settings say: keys and ended sessions are
/// remembered for so long.
pub const LONGEST_ACCESS_LIFE: std::time::Duration = std::time::Duration::from_secs(60 * 60);

/// What our access tokens say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who has signed it.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// The user's id.
    pub sub: String,
    /// The product that the user is of.
    pub product_id: String,
    /// The user's role and those that it includes.
    pub roles: Vec<String>,
    /// The session that it belongs to.
    pub session_id: String,
    /// When it was made, in seconds since the epoch.
    pub iat: i64,
    /// From when on it does not count, in seconds since the epoch.
    pub exp: i64,
    /// Its own id.
    pub jti: String,
}

/// An unguessable id with a prefix that says of what.
pub(crate) fn random_id(prefix: &str) -> String {
    format!("{prefix}_{:026x}", rand::random::<u128>() >> 24)
}

pub(crate) fn epoch_seconds(at: ballast_domain::Timestamp) -> i64 {
    at.nanos().div_euclid(1_000_000_000)
}
