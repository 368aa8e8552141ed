//! Passwords: which are good enough, and how they are kept.
//!
//! argon2id with the parameters that OWASP asks for. Hashing takes 19 MiB and a core for a moment,
//! so only a few are at work at once and only some may wait: a flood of sign-ins cannot take the
//! machine from trading.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, LazyLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::email::Email;
use super::error::AccountError;

/// The fewest characters of a password.
pub const MIN_CHARACTERS: usize = 10;
/// The most characters of a password.
pub const MAX_CHARACTERS: usize = 256;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const AT_ONCE: usize = 2;
const WAITING: usize = 64;

/// The 10,000 most common passwords, the most common first; common-passwords.NOTICE.md says whose.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common-passwords.txt").lines().collect());

/// Refuses a password that would be guessed; says why.
///
/// # Errors
/// What is wrong with it.
pub fn check(password: &str, email: Option<&Email>) -> Result<(), String> {
    let characters = password.chars().count();
    if characters < MIN_CHARACTERS {
        return Err(format!("has {characters} characters; use at least {MIN_CHARACTERS}"));
    }
    if characters > MAX_CHARACTERS {
        return Err(format!("has {characters} characters; use at most {MAX_CHARACTERS}"));
    }
    let lower = password.to_lowercase();
    let local = email.map(Email::local).filter(|local| local.chars().count() >= 4);
    if local.is_some_and(|local| lower.contains(local)) {
        return Err("contains the name of the e-mail address; choose another".to_owned());
    }
    let different: HashSet<char> = lower.chars().collect();
    // A common word with digits around it is among the first that are tried.
    let word = lower.trim_matches(|c: char| !c.is_alphabetic());
    let is_number = lower.chars().all(|c| c.is_ascii_digit());
    let is_common = COMMON.contains(lower.as_str()) || COMMON.contains(word);
    if is_common || is_number || different.len() < 4 {
        return Err("is among the passwords that are tried first; choose another, such as four \
                    words that do not belong together"
            .to_owned());
    }
    Ok(())
}

/// Hashes passwords, a few at once.
#[derive(Clone)]
pub struct Hasher {
    at_once: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// What is compared with when there is no account, so that it takes as long.
    nobody: Arc<str>,
    /// How often it was hashed, for tests that compare what was done.
    #[cfg(test)]
    pub(super) hashed: Arc<std::sync::atomic::AtomicU64>,
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

impl Hasher {
    /// A hasher.
    ///
    /// # Errors
    /// [`AccountError::Busy`] when the system gives no randomness.
    pub fn new() -> Result<Self, AccountError> {
        let nobody = hash_now(&format!("{:x}", rand::random::<u128>()))?.into();
        let (at_once, waiting) = (Semaphore::new(AT_ONCE), Semaphore::new(WAITING));
        Ok(Self {
            at_once: Arc::new(at_once),
            waiting: Arc::new(waiting),
            nobody,
            #[cfg(test)]
            hashed: Arc::default(),
        })
    }

    /// The hash of a password, with all that is needed to compare with it.
    ///
    /// # Errors
    /// [`AccountError::Busy`].
    pub async fn hash(&self, password: String) -> Result<String, AccountError> {
        self.run(move || hash_now(&password)).await?
    }

    /// Whether it is the password of `hash`. Without one it never is, and takes as long.
    ///
    /// # Errors
    /// [`AccountError::Busy`].
    pub async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, AccountError> {
        let is_somebody = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.to_string());
        let fits = self.run(move || {
            let parsed = PasswordHash::new(&hash);
            parsed.is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
        });
        Ok(fits.await? && is_somebody)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccountError> {
        let busy = |_| AccountError::Busy;
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(busy)?;
        let turn =
            Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| AccountError::Busy)?;
        #[cfg(test)]
        self.hashed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        // The permits go with the work, which goes on when whoever has asked hangs up.
        let work = move || {
            let _held = (place, turn);
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| AccountError::Busy)
    }
}

fn argon2() -> Argon2<'static> {
    // The parameters are within the bounds of the algorithm.
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str) -> Result<String, AccountError> {
    let hash = argon2().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|_| AccountError::Busy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_are_tried_first_are_refused() {
        let email = "annabel@example.com".parse().ok();
        for (password, expected) in [
            ("correct horse battery", ""),
            ("zq7!Kw2#pL", ""),
            ("Þórr ok Mjǫllnir", ""),
            ("short", "at least 10"),
            (&"ab1.".repeat(65), "at most 256"),
            ("qwertyuiop", "tried first"),
            ("QwertyUiop", "tried first"),
            ("Password2024!", "tried first"),
            ("12345678901234", "tried first"),
            ("aaaaaaaaaaaa", "tried first"),
            ("my-Annabel-x9", "name of the e-mail"),
        ] {
            let message = check(password, email.as_ref()).err().unwrap_or_default();
            assert_eq!(message.is_empty(), expected.is_empty(), "{password}: {message}");
            assert!(message.contains(expected), "{password}: {message}");
        }
        assert_eq!(COMMON.len(), 10_000);
    }

    #[tokio::test]
    async fn a_hash_names_its_parameters_and_fits_its_password_alone() {
        let hasher = Hasher::new().unwrap();
        let hash = hasher.hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let fits = async |password: &str, hash: Option<String>| {
            hasher.verify(password.to_owned(), hash).await.unwrap()
        };
        assert!(fits("correct horse", Some(hash.clone())).await);
        assert!(!fits("Correct horse", Some(hash)).await);
        assert!(!fits("correct horse", None).await);
        assert!(!fits("correct horse", Some("junk".to_owned())).await);
    }

    #[tokio::test]
    async fn a_flood_is_turned_away_and_does_not_pile_up() {
        let hasher = Hasher::new().unwrap();
        let held = hasher.at_once.acquire_many(AT_ONCE as u32).await.unwrap();
        let waiting: Vec<_> = (0..WAITING)
            .map(|_| {
                tokio::spawn({
                    let h = hasher.clone();
                    async move { h.verify("x".into(), None).await }
                })
            })
            .collect();
        while hasher.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let turned_away = hasher.verify("x".into(), None).await;
        assert!(matches!(turned_away, Err(AccountError::Busy)));
        waiting.iter().for_each(tokio::task::JoinHandle::abort);
        drop(held);
    }
}
