//! Secrets at rest: sealed under the master key, bound to what they belong to.
//!
//! XChaCha20-Poly1305 with a random nonce of 24 bytes, so that no counter has to survive a restart.
//! The name of what is sealed goes in as associated data: a sealed text that is moved to another
//! place does not open there.

use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// The form of a sealed text: this, the key's fingerprint, nonce and ciphertext.
const FORM: &str = "x1";

/// Why the master key cannot be had.
#[derive(Debug, Error)]
pub enum MasterKeyError {
    /// The text is not 32 bytes in base 64.
    #[error("the master key is not 32 bytes in base 64; make one with: openssl rand -base64 32")]
    Malformed,
    /// The key file cannot be read or made.
    #[error(
        "the key file {} cannot be used: {reason}; see that this user may write the data directory",
        file.display()
    )]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why a sealed text does not open.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenSealError {
    /// It was sealed under another master key.
    #[error(
        "it was sealed under another master key ({found}, ours is {ours}): restore the key that \
         belongs to this data (BALLAST_MASTER_KEY, or master.key in the data directory)"
    )]
    OtherKey {
        /// The fingerprint of the key that it was sealed under.
        found: String,
        /// The fingerprint of this key.
        ours: String,
    },
    /// It was changed, or belongs to something else.
    #[error("it was changed since it was sealed, or belongs to something else")]
    Tampered,
}

/// The key under which secrets are sealed.
#[derive(Clone)]
pub struct MasterKey {
    bytes: [u8; KEY_BYTES],
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.fingerprint())
    }
}

impl MasterKey {
    /// The key that `BALLAST_MASTER_KEY` holds.
    ///
    /// # Errors
    /// [`MasterKeyError::Malformed`].
    pub fn from_base64(text: &str) -> Result<Self, MasterKeyError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| MasterKeyError::Malformed)?;
        let bytes = bytes.try_into().map_err(|_| MasterKeyError::Malformed)?;
        Ok(Self { bytes })
    }

    /// The key of the file, which is made with a random one when it is not there, readable for
    /// this user alone.
    ///
    /// # Errors
    /// [`MasterKeyError`].
    pub fn from_file(file: &Path) -> Result<Self, MasterKeyError> {
        let refuse = |reason: String| MasterKeyError::File { file: file.to_owned(), reason };
        match std::fs::read_to_string(file) {
            Ok(text) => Self::from_base64(&text).map_err(|error| refuse(error.to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = Self { bytes: rand::random() };
                key.write(file).map_err(|error| refuse(error.to_string()))?;
                Ok(key)
            }
            Err(error) => Err(refuse(error.to_string())),
        }
    }

    /// Under another name first: a file that is there is whole.
    fn write(&self, file: &Path) -> std::io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let unfinished = file.with_extension("new");
        let mut options = std::fs::OpenOptions::new();
        let mut output =
            options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        writeln!(output, "{}", STANDARD.encode(self.bytes))?;
        output.sync_all()?;
        std::fs::rename(&unfinished, file)
    }

    /// Seals `secret` for what `owner` names, such as `signing-key/k1`.
    ///
    /// # Errors
    /// [`OpenSealError::Tampered`] when it is larger than the cipher takes (256 GiB).
    pub fn seal(&self, owner: &str, secret: &[u8]) -> Result<String, OpenSealError> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload { msg: secret, aad: owner.as_bytes() };
        let cipher = XChaCha20Poly1305::new(&self.bytes.into());
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| OpenSealError::Tampered)?;
        let body = URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat());
        Ok(format!("{FORM}.{}.{body}", self.fingerprint()))
    }

    /// Opens what was sealed for `owner`.
    ///
    /// # Errors
    /// [`OpenSealError`].
    pub fn open(&self, owner: &str, sealed: &str) -> Result<Vec<u8>, OpenSealError> {
        let mut parts = sealed.splitn(3, '.');
        let (Some(FORM), Some(found), Some(body)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(OpenSealError::Tampered);
        };
        let ours = self.fingerprint();
        if found != ours {
            return Err(OpenSealError::OtherKey { found: found.to_owned(), ours });
        }
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| OpenSealError::Tampered)?;
        let (nonce, sealed) =
            bytes.split_first_chunk::<NONCE_BYTES>().ok_or(OpenSealError::Tampered)?;
        let payload = Payload { msg: sealed, aad: owner.as_bytes() };
        let cipher = XChaCha20Poly1305::new(&self.bytes.into());
        cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| OpenSealError::Tampered)
    }

    /// A key for one purpose, from which this one cannot be told.
    pub(crate) fn derive(&self, purpose: &str) -> hmac::Key {
        let master = hmac::Key::new(hmac::HMAC_SHA256, &self.bytes);
        let derived = hmac::sign(&master, format!("ballast/{purpose}").as_bytes());
        hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
    }

    /// Tells keys apart without telling them.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::new().chain_update("ballast/fingerprint").chain_update(self.bytes);
        URL_SAFE_NO_PAD.encode(&digest.finalize()[..6])
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn key(byte: u8) -> MasterKey {
        MasterKey { bytes: [byte; KEY_BYTES] }
    }

    #[test]
    fn a_secret_opens_for_its_owner_under_its_key_only() {
        let sealed = key(1).seal("credential/a", b"secret").unwrap();
        assert!(!sealed.contains("secret"));
        assert_ne!(sealed, key(1).seal("credential/a", b"secret").unwrap(), "never alike");
        assert_eq!(key(1).open("credential/a", &sealed).unwrap(), b"secret");
        assert_eq!(key(1).open("credential/b", &sealed), Err(OpenSealError::Tampered));
        let error = key(2).open("credential/a", &sealed).unwrap_err();
        assert!(error.to_string().contains("another master key"), "{error}");
        for at in [0, 5, 14, sealed.len() - 1] {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(key(1).open("credential/a", &changed).is_err(), "byte {at}");
        }
        for text in ["", "x1", "x1.a.b"] {
            assert!(key(1).open("credential/a", text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_key_file_is_made_once_and_for_its_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("master.key");
        let made = MasterKey::from_file(&file).unwrap();
        assert_eq!(made.bytes, MasterKey::from_file(&file).unwrap().bytes);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&file, "short").unwrap();
        let error = MasterKey::from_file(&file).unwrap_err().to_string();
        assert!(error.contains("32 bytes"), "{error}");
        assert!(MasterKey::from_file(&directory.path().join("none/master.key")).is_err());
    }

    #[test]
    fn derived_keys_differ_by_purpose() {
        let tag = |purpose| hmac::sign(&key(1).derive(purpose), b"x").as_ref().to_vec();
        assert_ne!(tag("a"), tag("b"));
    }
}
