//! Our own authority: keys that are made at the first start, sealed in the store, and rotated by
//! [`Issuer::rotate_if_older_than`].
//!
//! A key that was replaced stays in the public set until the last token it has signed has expired,
//! also one that another node has signed which had not heard of the new key yet. A key has one
//! successor: of nodes that replace it at the same moment one makes it, and the others take it up.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use ballast_domain::{TenantId, Timestamp};
use ballast_storage::{
    Clock, Collection, Document, Documents, Precondition, ProductStore, Query, StoreError,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::Mutex;

use super::keys::KeySet;
use super::{Claims, LONGEST_ACCESS_LIFE, epoch_seconds, random_id};
use crate::request::Role;
use crate::seal::{MasterKey, OpenSealError};

/// Where the signing keys are kept.
pub static SIGNING_KEYS: Collection = Collection { name: "signing-keys", indexes: &[] };

/// How long a replaced key stays public: the life of its last token, and some for clocks and for
/// nodes that go on signing with it until they read the keys again.
const KEPT_AFTER_ROTATION: Duration = Duration::from_secs(LONGEST_ACCESS_LIFE.as_secs() + 3_600);

const RELOAD_INTERVAL: Duration = Duration::from_secs(5);

/// How tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// ECDSA on P-256: short keys and tokens.
    ES256,
    /// RSA of 2048 bits, for clients that know nothing else.
    RS256,
}

impl FromStr for SigningAlgorithm {
    type Err = IssuerError;

    fn from_str(text: &str) -> Result<Self, IssuerError> {
        match text {
            "ES256" => Ok(Self::ES256),
            "RS256" => Ok(Self::RS256),
            other => Err(IssuerError::Key(format!("'{other}' is not one of ES256 and RS256"))),
        }
    }
}

/// Why tokens cannot be signed.
#[derive(Debug, Error)]
pub enum IssuerError {
    /// The keys cannot be read or written now.
    #[error("the signing keys are not available: {0}")]
    Store(#[from] StoreError),
    /// A stored key does not open.
    #[error("the signing key {id} cannot be opened: {source}")]
    Sealed {
        /// The key's id.
        id: String,
        /// Why.
        source: OpenSealError,
    },
    /// A key cannot be made or used.
    #[error("a signing key cannot be used: {0}")]
    Key(String),
}

/// What the issuer is told by the settings.
#[derive(Debug, Clone)]
pub struct IssuerSettings {
    /// Who the tokens say has signed them (`PLATFORM_JWT_ISSUER`).
    pub issuer: String,
    /// Whom they are for.
    pub audience: String,
    /// The product that its users are of (`BALLAST_PRODUCT_ID`).
    pub product_id: String,
    /// How they are signed. A change of it is a rotation.
    pub algorithm: SigningAlgorithm,
    /// How long they are good, at most [`LONGEST_ACCESS_LIFE`].
    pub access_life: Duration,
}

/// Signs access tokens.
pub struct Issuer {
    settings: IssuerSettings,
    documents: Documents,
    master: MasterKey,
    clock: Arc<dyn Clock>,
    keys: RwLock<Loaded>,
    read_at: Mutex<Timestamp>,
}

/// The keys as they were read last.
struct Loaded {
    signing: Arc<SigningKey>,
    public: JwkSet,
    verifying: KeySet,
}

struct SigningKey {
    header: Header,
    key: EncodingKey,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredKey {
    id: String,
    algorithm: SigningAlgorithm,
    created_at: Timestamp,
    /// The private key, PKCS #8, sealed.
    private_key: String,
    public_key: Jwk,
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Issuer {
    /// Reads the keys, and makes one when there is none that signs as the settings say.
    ///
    /// # Errors
    /// [`IssuerError`].
    pub async fn open(
        settings: IssuerSettings,
        store: &ProductStore,
        master: MasterKey,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, IssuerError> {
        let documents = store.documents(&SIGNING_KEYS);
        let mut stored = read(&documents).await?;
        let newest = stored.last().map(|newest| &newest.body);
        if newest.is_none_or(|newest| newest.algorithm != settings.algorithm) {
            make(&settings, &documents, &master, newest, clock.now()).await?;
            stored = read(&documents).await?;
        }
        let keys = RwLock::new(load(&stored, &master)?);
        let read_at = Mutex::new(clock.now());
        let issuer = Self { settings, documents, master, clock, keys, read_at };
        issuer.reload().await?;
        Ok(issuer)
    }

    /// What the tokens are signed as.
    #[must_use]
    pub const fn settings(&self) -> &IssuerSettings {
        &self.settings
    }

    /// Makes a new key when the one that signs is as old as `age`, and signs with it from now on.
    /// Tokens of the old one stay good until they expire. Also reads the keys again, as
    /// [`Self::reload`] does. Says whether a key was made, by this node.
    ///
    /// # Errors
    /// [`IssuerError`].
    pub async fn rotate_if_older_than(&self, age: Duration) -> Result<bool, IssuerError> {
        let stored = read(&self.documents).await?;
        let now = self.clock.now();
        let due = stored.last().map(|newest| &newest.body).filter(|newest| {
            let since = now.nanos_since(newest.created_at).max(0).unsigned_abs();
            u128::from(since) >= age.as_nanos()
        });
        let made = match due {
            Some(_) => make(&self.settings, &self.documents, &self.master, due, now).await?,
            None => false,
        };
        self.reload().await?;
        Ok(made)
    }

    /// Reads the keys again, because another node may have made one, and forgets those whose last
    /// token has expired.
    ///
    /// # Errors
    /// [`IssuerError`].
    pub async fn reload(&self) -> Result<(), IssuerError> {
        let stored = read(&self.documents).await?;
        let now = self.clock.now();
        for pair in stored.windows(2) {
            let [old, new] = pair else { continue };
            let since = now.nanos_since(new.body.created_at);
            if u128::try_from(since).is_ok_and(|since| since > KEPT_AFTER_ROTATION.as_nanos()) {
                self.documents.delete(&old.key, Precondition::Any).await?;
            }
        }
        let loaded = load(&read(&self.documents).await?, &self.master)?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(())
    }

    /// Reads the keys again, unless that was done just now: tokens with made-up keys may not keep
    /// the store busy.
    pub(super) async fn reload_if_due(&self) -> Result<(), IssuerError> {
        let now = self.clock.now();
        let mut read_at = self.read_at.lock().await;
        let since = now.nanos_since(*read_at);
        if u128::try_from(since).is_ok_and(|since| since < RELOAD_INTERVAL.as_nanos()) {
            return Ok(());
        }
        *read_at = now;
        self.reload().await
    }

    /// Signs a token for a session that begins or goes on now.
    ///
    /// # Errors
    /// [`IssuerError::Key`].
    pub fn sign(&self, user: &TenantId, role: Role, session: &str) -> Result<String, IssuerError> {
        let iat = epoch_seconds(self.clock.now());
        let life = self.settings.access_life.min(LONGEST_ACCESS_LIFE).as_secs();
        let life = i64::try_from(life).unwrap_or(i64::MAX);
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: user.to_string(),
            product_id: self.settings.product_id.clone(),
            roles: role.included().into_iter().map(|role| role.to_string()).collect(),
            session_id: session.to_owned(),
            iat,
            exp: iat.saturating_add(life),
            jti: random_id("tok"),
        };
        let signing = {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&keys.signing)
        };
        let token = jsonwebtoken::encode(&signing.header, &claims, &signing.key);
        token.map_err(|error| IssuerError::Key(error.to_string()))
    }

    /// The public keys, as `/.well-known/jwks.json` serves them.
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).public.clone()
    }

    pub(super) fn verifying(&self) -> KeySet {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).verifying.clone()
    }
}

/// All keys, the oldest first.
async fn read(documents: &Documents) -> Result<Vec<Document<StoredKey>>, IssuerError> {
    let mut stored = documents.query::<StoredKey>(&Query::default()).await?.documents;
    stored.sort_by(|a, b| (a.body.created_at, &a.body.id).cmp(&(b.body.created_at, &b.body.id)));
    Ok(stored)
}

/// Makes the successor of a key, or the first; says whether nobody was quicker.
async fn make(
    settings: &IssuerSettings,
    documents: &Documents,
    master: &MasterKey,
    before: Option<&StoredKey>,
    now: Timestamp,
) -> Result<bool, IssuerError> {
    let algorithm = settings.algorithm;
    // Later than the one before: the newest signs, also when the clock was set back.
    let created_at =
        before.map_or(now, |before| now.max(before.created_at.saturating_add_nanos(1)));
    let id = random_id("key");
    let private_key = generate(algorithm)?;
    let key = encoding_key(algorithm, &private_key)?;
    let public = Jwk::from_encoding_key(&key, signing(algorithm));
    let mut public_key = public.map_err(|error| IssuerError::Key(error.to_string()))?;
    public_key.common.key_id = Some(id.clone());
    public_key.common.public_key_use = Some(PublicKeyUse::Signature);
    let sealed = master.seal(&owner(&id), &private_key);
    let private_key = sealed.map_err(|source| IssuerError::Sealed { id: id.clone(), source })?;
    let place = before.map_or_else(|| id.clone(), |before| format!("after-{}", before.id));
    let stored = StoredKey { id, algorithm, created_at, private_key, public_key };
    match documents.put(&place, &stored, Precondition::Absent, None).await {
        Ok(_) => Ok(true),
        Err(StoreError::Changed { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn load(stored: &[Document<StoredKey>], master: &MasterKey) -> Result<Loaded, IssuerError> {
    let newest = stored.last().map(|newest| &newest.body);
    let newest = newest.ok_or_else(|| IssuerError::Key("there is none in the store".to_owned()))?;
    let private_key = master.open(&owner(&newest.id), &newest.private_key);
    let private_key =
        private_key.map_err(|source| IssuerError::Sealed { id: newest.id.clone(), source })?;
    let header = Header { kid: Some(newest.id.clone()), ..Header::new(signing(newest.algorithm)) };
    let key = encoding_key(newest.algorithm, &private_key)?;
    let public = JwkSet { keys: stored.iter().map(|key| key.body.public_key.clone()).collect() };
    let verifying = KeySet::from_jwks(&public);
    Ok(Loaded { signing: Arc::new(SigningKey { header, key }), public, verifying })
}

fn owner(id: &str) -> String {
    format!("signing-key/{id}")
}

const fn signing(algorithm: SigningAlgorithm) -> Algorithm {
    match algorithm {
        SigningAlgorithm::ES256 => Algorithm::ES256,
        SigningAlgorithm::RS256 => Algorithm::RS256,
    }
}

/// A private key as PKCS #8.
fn generate(algorithm: SigningAlgorithm) -> Result<Vec<u8>, IssuerError> {
    let failed = |_| IssuerError::Key("the system gives no randomness for a key".to_owned());
    match algorithm {
        SigningAlgorithm::ES256 => {
            let random = SystemRandom::new();
            let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
            Ok(key.map_err(failed)?.as_ref().to_vec())
        }
        SigningAlgorithm::RS256 => {
            let key = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
            Ok(key.as_der().map_err(failed)?.as_ref().to_vec())
        }
    }
}

fn encoding_key(algorithm: SigningAlgorithm, pkcs8: &[u8]) -> Result<EncodingKey, IssuerError> {
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(pkcs8)
    );
    let key = match algorithm {
        SigningAlgorithm::ES256 => EncodingKey::from_ec_pem(pem.as_bytes()),
        SigningAlgorithm::RS256 => EncodingKey::from_rsa_pem(pem.as_bytes()),
    };
    key.map_err(|error| IssuerError::Key(error.to_string()))
}

#[cfg(test)]
mod tests {
    use ballast_storage::Store;

    use super::*;

    #[derive(Debug)]
    struct Standing;

    impl Clock for Standing {
        fn now(&self) -> Timestamp {
            Timestamp::from_nanos(1_790_000_000_000_000_000)
        }
    }

    /// Both nodes have read that the key is old before either has replaced it.
    #[tokio::test]
    async fn of_two_nodes_that_replace_a_key_at_once_one_does() {
        let clock = Arc::new(Standing);
        let (store, _) = Store::memory(std::slice::from_ref(&SIGNING_KEYS), clock.clone()).unwrap();
        let master = MasterKey::from_base64(&STANDARD.encode([7; 32])).unwrap();
        let settings = IssuerSettings {
            issuer: "ballast".to_owned(),
            audience: "ballast".to_owned(),
            product_id: "trading".to_owned(),
            algorithm: SigningAlgorithm::ES256,
            access_life: Duration::from_secs(900),
        };
        let store = store.product();
        let open = || Issuer::open(settings.clone(), &store, master.clone(), clock.clone());
        let nodes = [open().await.unwrap(), open().await.unwrap()];
        let stored = read(&nodes[0].documents).await.unwrap();
        let (old, now) = (stored.last().map(|newest| &newest.body), clock.now());
        let mut made = Vec::new();
        for Issuer { settings, documents, master, .. } in &nodes {
            made.push(make(settings, documents, master, old, now).await.unwrap());
        }
        assert_eq!(made, [true, false]);
        let mut signing = Vec::new();
        for node in &nodes {
            node.reload().await.unwrap();
            assert_eq!(node.jwks().keys.len(), 2);
            let keys = node.keys.read().unwrap();
            signing.push(keys.signing.header.kid.clone());
        }
        assert_eq!(signing[0], signing[1]);
        assert_ne!(signing[0].as_ref(), old.map(|old| &old.id));
    }
}
