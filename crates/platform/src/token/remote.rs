//! The keys of an outside authority, from its JWKS URL.
//!
//! They are read when they are first needed, when a token names a key that is not known, and when
//! they are old, so that a key which the authority has withdrawn stops counting. Old ones are read
//! again behind the request that finds them old: nobody waits for the authority but whose key is
//! not known. When it cannot be reached the last good keys stay. However many tokens name made-up
//! keys, it is asked by one at a time, and not more often than [`MIN_INTERVAL`] allows.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ballast_domain::Timestamp;
use ballast_storage::Clock;
use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::keys::KeySet;

const MIN_INTERVAL: Duration = Duration::from_secs(10);
const MAX_AGE: Duration = Duration::from_secs(600);
const TIME_LIMIT: Duration = Duration::from_secs(5);
const MAX_BYTES: usize = 1 << 20;

/// The keys behind a JWKS URL.
pub struct RemoteKeys {
    url: String,
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
    good: RwLock<Arc<Good>>,
    /// When it was asked last; held while it is asked, so that one asks for all.
    asked: Arc<Mutex<Asked>>,
}

type Asked = Option<Timestamp>;

#[derive(Default)]
struct Good {
    keys: KeySet,
    read_at: Option<Timestamp>,
}

impl fmt::Debug for RemoteKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKeys").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Keys of kinds that we do not know are skipped, not a reason to refuse the rest.
#[derive(Deserialize)]
struct AnyKeys {
    keys: Vec<serde_json::Value>,
}

impl RemoteKeys {
    /// The keys behind `url`; nothing is read yet.
    ///
    /// # Errors
    /// What is wrong with the URL, or why no client can be made.
    pub fn new(url: &str, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let parsed = reqwest::Url::parse(url).map_err(|error| format!("'{url}': {error}"))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(format!("'{url}' is not an http or https URL"));
        }
        let client = reqwest::Client::builder()
            .timeout(TIME_LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        let (good, asked) = (RwLock::default(), Arc::default());
        Ok(Self { url: url.to_owned(), client, clock, good, asked })
    }

    /// The keys as they are known, read again behind when they are old. Waits when none are known.
    pub(super) async fn current(self: &Arc<Self>) -> KeySet {
        let good = self.good();
        let Some(read_at) = good.read_at else {
            return self.refresh().await;
        };
        if self.is_past(read_at, MAX_AGE)
            && let Ok(asked) = Arc::clone(&self.asked).try_lock_owned()
            && self.may_ask(*asked)
        {
            let remote = Arc::clone(self);
            tokio::spawn(async move { remote.ask(asked).await });
        }
        good.keys.clone()
    }

    /// The keys, read again unless that was tried just now.
    pub(super) async fn refresh(&self) -> KeySet {
        let before = self.good();
        let asked = Arc::clone(&self.asked).lock_owned().await;
        let somebody_else_has = self.good().read_at != before.read_at;
        if !somebody_else_has && self.may_ask(*asked) {
            self.ask(asked).await;
        }
        self.good().keys.clone()
    }

    fn may_ask(&self, asked: Asked) -> bool {
        asked.is_none_or(|at| self.is_past(at, MIN_INTERVAL))
    }

    async fn ask(&self, mut asked: OwnedMutexGuard<Asked>) {
        *asked = Some(self.clock.now());
        match self.read().await {
            Ok(keys) => {
                let good = Good { keys, read_at: Some(self.clock.now()) };
                *self.good.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(good);
            }
            Err(reason) => {
                tracing::warn!(url = self.url, reason, "the token authority's keys are not read");
            }
        }
    }

    async fn read(&self) -> Result<KeySet, String> {
        let text = |error: reqwest::Error| error.without_url().to_string();
        let mut response = self.client.get(&self.url).send().await.map_err(text)?;
        if !response.status().is_success() {
            return Err(format!("it answers {}", response.status()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(text)? {
            if bytes.len() + chunk.len() > MAX_BYTES {
                return Err("its answer is larger than 1 MiB".to_owned());
            }
            bytes.extend_from_slice(&chunk);
        }
        let set: AnyKeys = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        let known = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        let keys = KeySet::from_jwks(&JwkSet { keys: known.collect() });
        if keys.is_empty() { Err("it has no key that can be used".to_owned()) } else { Ok(keys) }
    }

    fn good(&self) -> Arc<Good> {
        Arc::clone(&self.good.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn is_past(&self, at: Timestamp, age: Duration) -> bool {
        let since = self.clock.now().nanos_since(at);
        // A clock that was set back counts as past.
        u128::try_from(since).map_or(true, |since| since >= age.as_nanos())
    }
}
