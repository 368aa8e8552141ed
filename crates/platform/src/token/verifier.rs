//! Whether a token is one of the active authority's, for us, and good now.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ballast_domain::Timestamp;
use ballast_storage::Clock;
use jsonwebtoken::{Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

use super::issuer::Issuer;
use super::keys::{KeySet, NoKey};
use super::remote::RemoteKeys;
use crate::request::{Denial, Identity, Role};

/// How far the authority's clock may be from ours.
const LEEWAY_S: i64 = 30;
const MAX_TOKEN_BYTES: usize = 16 << 10;
/// Less than the hash's length could be guessed.
const MIN_SECRET_BYTES: usize = 32;

/// What the settings say of the authority; at most one of the three keys.
#[derive(Debug, Clone, Default)]
pub struct AuthorityChoice {
    /// `PLATFORM_JWT_PUBLIC_KEY`: a public key as PEM.
    pub public_key_pem: Option<String>,
    /// `PLATFORM_JWT_JWKS_URL`: where an outside authority publishes its keys.
    pub jwks_url: Option<String>,
    /// `JWT_SECRET`: a shared secret, in the compatibility mode alone.
    pub shared_secret: Option<String>,
    /// Whether the compatibility mode, which is HS256 by a shared secret, is switched on.
    pub compatibility: bool,
}

/// Why the settings name no authority.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AuthorityError {
    /// More than one is set.
    #[error(
        "the token authority is ambiguous: {} are set; keep the one whose tokens should count",
        .0.join(" and ")
    )]
    Ambiguous(Vec<&'static str>),
    /// A secret is set without saying that HS256 is wanted.
    #[error(
        "JWT_SECRET is set, which accepts tokens that anybody with the secret can sign; switch \
         the compatibility mode on to do that, or unset JWT_SECRET"
    )]
    SecretWithoutCompatibility,
    /// The compatibility mode has no secret.
    #[error("the compatibility mode is on and JWT_SECRET is not set: set it, or switch it off")]
    CompatibilityWithoutSecret,
    /// What is set cannot be used.
    #[error("{setting} cannot be used: {reason}")]
    Unusable {
        /// The name of the setting.
        setting: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// Where the keys of the one active authority come from.
#[derive(Clone)]
pub enum KeySource {
    /// Our own issuer, in this process.
    Own(Arc<Issuer>),
    /// A public key from the settings.
    PublicKey(FixedKeys),
    /// An outside authority's URL.
    Remote(Arc<RemoteKeys>),
    /// A shared secret (HS256).
    SharedSecret(FixedKeys),
}

/// Keys that do not change while the process runs.
#[derive(Clone)]
pub struct FixedKeys(KeySet);

impl std::fmt::Debug for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeySource({})", self.name())
    }
}

impl std::fmt::Debug for FixedKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FixedKeys")
    }
}

impl KeySource {
    /// The authority that the settings name; `own` when they name none.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn choose(
        choice: &AuthorityChoice,
        own: &Arc<Issuer>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AuthorityError> {
        let AuthorityChoice { public_key_pem, jwks_url, shared_secret, compatibility } = choice;
        let set = [
            ("PLATFORM_JWT_PUBLIC_KEY", public_key_pem.is_some()),
            ("PLATFORM_JWT_JWKS_URL", jwks_url.is_some()),
            ("JWT_SECRET", shared_secret.is_some()),
        ];
        let names: Vec<_> = set.iter().filter(|(_, is_set)| *is_set).map(|(n, _)| *n).collect();
        if names.len() > 1 {
            return Err(AuthorityError::Ambiguous(names));
        }
        match (public_key_pem, jwks_url, shared_secret) {
            (Some(pem), ..) => {
                let keys = KeySet::from_pem(pem).map_err(|error| AuthorityError::Unusable {
                    setting: "PLATFORM_JWT_PUBLIC_KEY",
                    reason: format!("it is not a public key as PEM ({error})"),
                })?;
                Ok(Self::PublicKey(FixedKeys(keys)))
            }
            (_, Some(url), _) => match RemoteKeys::new(url, clock) {
                Ok(keys) => Ok(Self::Remote(Arc::new(keys))),
                Err(reason) => {
                    Err(AuthorityError::Unusable { setting: "PLATFORM_JWT_JWKS_URL", reason })
                }
            },
            (.., Some(_)) if !compatibility => Err(AuthorityError::SecretWithoutCompatibility),
            (.., Some(secret)) if secret.len() < MIN_SECRET_BYTES => {
                let reason = format!("it is shorter than {MIN_SECRET_BYTES} bytes");
                Err(AuthorityError::Unusable { setting: "JWT_SECRET", reason })
            }
            (.., Some(secret)) => {
                Ok(Self::SharedSecret(FixedKeys(KeySet::from_secret(secret.as_bytes()))))
            }
            (None, None, None) if *compatibility => Err(AuthorityError::CompatibilityWithoutSecret),
            (None, None, None) => Ok(Self::Own(Arc::clone(own))),
        }
    }

    /// What health says of it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Own(_) => "own",
            Self::PublicKey(_) => "publicKey",
            Self::Remote(_) => "jwksUrl",
            Self::SharedSecret(_) => "sharedSecret",
        }
    }

    async fn current(&self) -> KeySet {
        match self {
            Self::Own(issuer) => issuer.verifying(),
            Self::PublicKey(keys) | Self::SharedSecret(keys) => keys.0.clone(),
            Self::Remote(remote) => remote.current().await,
        }
    }
}

/// What a token must say to count.
#[derive(Debug, Clone)]
pub struct VerifierSettings {
    /// Its `iss`.
    pub issuer: String,
    /// One of its `aud`.
    pub audience: String,
    /// Its `product_id`, when it has one; our own always have.
    pub product_id: String,
    /// The claim that holds the roles; `roles` with our own. A path with dots reaches into objects,
    /// such as `realm_access.roles`.
    pub roles_claim: String,
}

/// Checks access tokens of one authority.
#[derive(Clone)]
pub struct Verifier {
    source: KeySource,
    settings: VerifierSettings,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, settings, .. } = self;
        f.debug_struct("Verifier").field("source", source).field("settings", settings).finish()
    }
}

/// Rejects what a lenient reader would let through: a missing claim, or one of another type.
#[derive(Debug, Deserialize)]
struct Registered {
    iss: String,
    aud: Audience,
    sub: String,
    exp: f64,
    iat: Option<f64>,
    nbf: Option<f64>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(BTreeSet<String>),
}

impl Audience {
    fn holds(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.contains(audience),
        }
    }
}

impl Verifier {
    /// A verifier of the tokens that `source` signs.
    #[must_use]
    pub fn new(source: KeySource, settings: VerifierSettings, clock: Arc<dyn Clock>) -> Self {
        Self { source, settings, clock }
    }

    /// Whose tokens count.
    #[must_use]
    pub const fn source(&self) -> &KeySource {
        &self.source
    }

    /// Who the token belongs to.
    ///
    /// # Errors
    /// [`Denial`].
    pub async fn verify(&self, token: &str) -> Result<Identity, Denial> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(invalid("it is too long"));
        }
        let claims = match self.check_signature(token, &self.source.current().await) {
            Err(NoKey::Unknown(reason)) => {
                let keys = self.newer_keys().await;
                if keys.is_empty() {
                    let reason = "no key of the authority is known".to_owned();
                    return Err(Denial::Unavailable(reason));
                }
                self.check_signature(token, &keys).map_err(|_| Denial::Invalid(reason))?
            }
            other => other.map_err(|no_key| match no_key {
                NoKey::Unknown(reason) | NoKey::Refused(reason) => Denial::Invalid(reason),
            })?,
        };
        self.check_claims(&claims)
    }

    async fn newer_keys(&self) -> KeySet {
        match &self.source {
            KeySource::Remote(remote) => remote.refresh().await,
            KeySource::Own(issuer) => {
                if let Err(error) = issuer.reload_if_due().await {
                    tracing::warn!(%error, "the signing keys are not read again");
                }
                issuer.verifying()
            }
            KeySource::PublicKey(keys) | KeySource::SharedSecret(keys) => keys.0.clone(),
        }
    }

    fn check_signature(&self, token: &str, keys: &KeySet) -> Result<Registered, NoKey> {
        let refuse = |reason: String| NoKey::Refused(reason);
        let header = decode_header(token).map_err(|error| refuse(error.to_string()))?;
        if header.crit.is_some() || header.enc.is_some() {
            return Err(refuse("it asks for what we do not know (crit, enc)".to_owned()));
        }
        let key = keys.find(&header)?;
        // Times and names are compared below, by our own clock.
        let mut validation = Validation::new(header.alg);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let decoded = decode::<Registered>(token, &key.key, &validation);
        decoded.map(|data| data.claims).map_err(|error| refuse(error.to_string()))
    }

    fn check_claims(&self, claims: &Registered) -> Result<Identity, Denial> {
        let VerifierSettings { issuer, audience, product_id, .. } = &self.settings;
        if claims.iss != *issuer {
            return Err(invalid("it is of another issuer"));
        }
        if !claims.aud.holds(audience) {
            return Err(invalid("it is for another audience"));
        }
        let product = claims.others.get("product_id");
        let is_own = matches!(self.source, KeySource::Own(_));
        if product.map_or(is_own, |product| product != product_id) {
            return Err(invalid("it is for another product"));
        }
        let now_s = super::epoch_seconds(self.clock.now());
        let later = |seconds: f64| whole_seconds(seconds) > now_s + LEEWAY_S;
        if claims.nbf.is_some_and(later) || claims.iat.is_some_and(later) {
            return Err(invalid("it is not good yet"));
        }
        let expires_s = whole_seconds(claims.exp);
        if expires_s <= now_s - LEEWAY_S {
            return Err(Denial::Expired);
        }
        let session = text(&claims.others, "session_id").unwrap_or_default();
        if session.is_empty() && is_own {
            return Err(invalid("it is of no session"));
        }
        Ok(Identity {
            user: claims.sub.parse().map_err(|_| invalid("its subject is not a user"))?,
            email: text(&claims.others, "email"),
            role: self.role(&claims.others),
            session,
            scopes: scopes(&claims.others),
            expires_at: Timestamp::from_nanos(expires_s.saturating_mul(1_000_000_000)),
        })
    }

    /// The highest role that the token names. Whoever an outside authority lets in without naming
    /// one trades for themself and sees nobody else.
    fn role(&self, claims: &Map<String, Value>) -> Role {
        let mut steps = self.settings.roles_claim.split('.');
        let first = steps.next().and_then(|step| claims.get(step));
        let held = steps.fold(first, |value, step| value?.get(step));
        let names: Vec<&str> = match held {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(text)) => text.split([' ', ',']).collect(),
            _ => Vec::new(),
        };
        names.iter().filter_map(|name| name.parse().ok()).max().unwrap_or(Role::User)
    }
}

fn invalid(reason: &str) -> Denial {
    Denial::Invalid(reason.to_owned())
}

/// RFC 7519 allows fractions; what is no time at all is the distant past.
fn whole_seconds(seconds: f64) -> i64 {
    Duration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        .map_or(0, |seconds| seconds.min(i64::MAX / 1_000_000_000))
}

fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    claims.get(name)?.as_str().map(str::to_owned)
}

fn scopes(claims: &Map<String, Value>) -> Vec<String> {
    let scope = text(claims, "scope").unwrap_or_default();
    scope.split_ascii_whitespace().map(str::to_owned).collect()
}
