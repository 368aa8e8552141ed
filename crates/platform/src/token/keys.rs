//! The public keys that tokens are checked with, and which key is right for which token.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header};

/// Keys of one authority.
#[derive(Clone, Default)]
pub(super) struct KeySet {
    keys: Vec<VerifyingKey>,
}

#[derive(Clone)]
pub(super) struct VerifyingKey {
    id: Option<String>,
    /// What this key may be used with: a key of one kind is never tried with another's algorithm.
    algorithms: Vec<Algorithm>,
    pub(super) key: DecodingKey,
}

/// Why no key fits a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoKey {
    /// The authority may have new keys: ask it again.
    Unknown(String),
    /// It is refused whatever keys there are.
    Refused(String),
}

impl KeySet {
    /// The keys of a set that we can use: public ones for signatures. A shared secret in a public
    /// set is no key, or everybody could sign with it.
    pub(super) fn from_jwks(set: &JwkSet) -> Self {
        Self { keys: set.keys.iter().filter_map(VerifyingKey::from_jwk).collect() }
    }

    /// One public key: `-----BEGIN PUBLIC KEY-----`.
    pub(super) fn from_pem(pem: &str) -> Result<Self, jsonwebtoken::errors::Error> {
        let bytes = pem.as_bytes();
        let (key, algorithms) = match DecodingKey::from_ec_pem(bytes) {
            Ok(key) => (key, vec![Algorithm::ES256, Algorithm::ES384]),
            Err(_) => match DecodingKey::from_ed_pem(bytes) {
                Ok(key) => (key, vec![Algorithm::EdDSA]),
                Err(_) => (DecodingKey::from_rsa_pem(bytes)?, RSA.to_vec()),
            },
        };
        Ok(Self { keys: vec![VerifyingKey { id: None, algorithms, key }] })
    }

    /// A shared secret; only for the compatibility mode.
    pub(super) fn from_secret(secret: &[u8]) -> Self {
        let key = DecodingKey::from_secret(secret);
        Self { keys: vec![VerifyingKey { id: None, algorithms: vec![Algorithm::HS256], key }] }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key for a token with this header.
    pub(super) fn find(&self, header: &Header) -> Result<&VerifyingKey, NoKey> {
        let found = match (&header.kid, self.keys.as_slice()) {
            (_, [only]) if only.id.is_none() => Some(only),
            (None, [only]) => Some(only),
            (None, []) => None,
            (None, _) => {
                let reason = "it names no key and the authority has several";
                return Err(NoKey::Refused(reason.to_owned()));
            }
            (Some(id), keys) => keys.iter().find(|key| key.id.as_ref() == Some(id)),
        };
        let key = found.ok_or_else(|| NoKey::Unknown("its key is not known".to_owned()))?;
        if key.algorithms.contains(&header.alg) {
            return Ok(key);
        }
        Err(NoKey::Refused(format!("its algorithm {:?} is not the key's", header.alg)))
    }
}

const RSA: [Algorithm; 6] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

impl VerifyingKey {
    fn from_jwk(jwk: &Jwk) -> Option<Self> {
        let possible = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => RSA.to_vec(),
            AlgorithmParameters::EllipticCurve(key) => match key.curve {
                EllipticCurve::P256 => vec![Algorithm::ES256],
                EllipticCurve::P384 => vec![Algorithm::ES384],
                _ => return None,
            },
            AlgorithmParameters::OctetKeyPair(_) => vec![Algorithm::EdDSA],
            _ => return None,
        };
        let is_for_signatures =
            jwk.common.public_key_use.as_ref().is_none_or(|u| *u == PublicKeyUse::Signature);
        let algorithms = match &jwk.common.key_algorithm {
            None => possible,
            Some(stated) => {
                let stated = stated.to_string().parse::<Algorithm>().ok()?;
                possible.into_iter().filter(|algorithm| *algorithm == stated).collect()
            }
        };
        let key = DecodingKey::from_jwk(jwk).ok()?;
        let usable = is_for_signatures && !algorithms.is_empty();
        usable.then(|| Self { id: jwk.common.key_id.clone(), algorithms, key })
    }
}
