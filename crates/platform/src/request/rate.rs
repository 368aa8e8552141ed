//! How often something may be asked, counted per key, in bounded memory.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use ballast_storage::Clock;
use governor::clock::Clock as GovernorClock;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::problem::Problem;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The headers that tell a client how much it may still ask.
pub(super) const RATE_HEADERS: [HeaderName; 4] = [LIMIT, REMAINING, RESET, POLICY];

/// How many keys one limiter keeps apart; beyond, new ones share one allowance.
const MAX_KEYS: usize = 100_000;

/// So many requests in a row, refilled evenly over a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How many may come at once, and over one window.
    pub requests: NonZeroU32,
    /// How long it takes until all of them may come again.
    pub window: Duration,
}

impl Limit {
    fn quota(self) -> Quota {
        // A window shorter than a nanosecond for each request is no limit at all.
        let each = (self.window / self.requests.get()).max(Duration::from_nanos(1));
        let quota = Quota::with_period(each).unwrap_or(Quota::per_second(self.requests));
        quota.allow_burst(self.requests)
    }
}

/// Where a client stands with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    limit: Limit,
    remaining: u32,
    /// Until all may come again.
    reset: Duration,
}

/// It was asked too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    standing: Standing,
    /// After which the next may come.
    wait: Duration,
}

impl Standing {
    fn new(limit: Limit, remaining: u32) -> Self {
        let each = limit.window / limit.requests.get();
        let missing = limit.requests.get().saturating_sub(remaining);
        Self { limit, remaining, reset: each * missing }
    }

    /// Tells the client, unless a narrower limit has told it already.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        if headers.contains_key(LIMIT) {
            return;
        }
        let Limit { requests, window } = self.limit;
        headers.insert(LIMIT, requests.get().into());
        headers.insert(REMAINING, self.remaining.into());
        headers.insert(RESET, seconds(self.reset).into());
        if let Ok(policy) = HeaderValue::from_str(&format!("{requests};w={}", seconds(window))) {
            headers.insert(POLICY, policy);
        }
    }
}

impl Exceeded {
    /// Until the next may come.
    #[must_use]
    pub const fn wait(&self) -> Duration {
        self.wait
    }

    /// The refusal, with its headers.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let Limit { requests, window } = self.standing.limit;
        let detail = format!(
            "More than {requests} requests in {} seconds. Wait {} seconds.",
            seconds(window),
            seconds(self.wait).max(1)
        );
        let mut headers = HeaderMap::new();
        self.standing.tell(&mut headers);
        let problem = Problem::too_many_requests(self.wait, detail);
        headers.into_iter().fold(problem, |problem, (name, value)| match name {
            Some(name) => problem.with_header(name, value),
            None => problem,
        })
    }
}

/// Rounded up: a client that waits so long has waited enough.
fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// Reads the clock of the server as the limiters want it.
#[derive(Clone)]
struct Ticks(Arc<dyn Clock>);

impl GovernorClock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.now().nanos().max(0).unsigned_abs())
    }
}

/// What is counted: keys up to a number, and one more for all others.
#[derive(Debug)]
struct Slots<K> {
    known: HashMap<K, Nanos>,
    others: Option<Nanos>,
}

#[derive(Debug)]
struct Bounded<K> {
    max_keys: usize,
    slots: Mutex<Slots<K>>,
}

impl<K> Bounded<K> {
    fn slots(&self) -> MutexGuard<'_, Slots<K>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> StateStore for Bounded<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut slots = self.slots();
        let is_full = slots.known.len() >= self.max_keys;
        if let Some(slot) = slots.known.get_mut(key) {
            let (answer, next) = measure(Some(*slot))?;
            *slot = next;
            return Ok(answer);
        }
        if is_full {
            let (answer, next) = measure(slots.others)?;
            slots.others = Some(next);
            return Ok(answer);
        }
        let (answer, next) = measure(None)?;
        slots.known.insert(key.clone(), next);
        Ok(answer)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for Bounded<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.slots().known.retain(|_, slot| *slot > drop_below);
    }

    fn len(&self) -> usize {
        self.slots().known.len()
    }

    fn is_empty(&self) -> bool {
        self.slots().known.is_empty()
    }
}

type Counter<K> = RateLimiter<K, Bounded<K>, Ticks, StateInformationMiddleware>;

/// Counts requests per key.
///
/// Keys whose allowance is full again are forgotten. When there are too many others, which only
/// somebody who makes them up can bring about, new keys share one allowance: memory stays bounded
/// and whoever is known already is not hurt.
pub struct Limiter<K: Hash + Eq + Clone> {
    limit: Limit,
    max_keys: usize,
    counter: Counter<K>,
    clock: Ticks,
    swept_s: AtomicI64,
}

impl<K: Hash + Eq + Clone> fmt::Debug for Limiter<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter").field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    /// A limiter that keeps 100,000 keys apart.
    #[must_use]
    pub fn new(limit: Limit, clock: Arc<dyn Clock>) -> Self {
        Self::with_max_keys(limit, MAX_KEYS, clock)
    }

    fn with_max_keys(limit: Limit, max_keys: usize, clock: Arc<dyn Clock>) -> Self {
        let clock = Ticks(clock);
        let slots = Slots { known: HashMap::new(), others: None };
        let store = Bounded { max_keys, slots: Mutex::new(slots) };
        let counter: Counter<K> = RateLimiter::new(limit.quota(), store, clock.clone());
        Self { limit, max_keys, counter, clock, swept_s: AtomicI64::new(0) }
    }

    /// Counts one request of `key`.
    ///
    /// # Errors
    /// [`Exceeded`], which says how long to wait.
    pub fn check(&self, key: &K) -> Result<Standing, Exceeded> {
        self.sweep();
        match self.counter.check_key(key) {
            Ok(state) => Ok(Standing::new(self.limit, state.remaining_burst_capacity())),
            Err(until) => {
                let standing = Standing::new(self.limit, 0);
                Err(Exceeded { standing, wait: until.wait_time_from(self.clock.now()) })
            }
        }
    }

    /// Forgets idle keys when there is no room, at most once a second: it looks at all of them.
    fn sweep(&self) {
        if self.counter.len() < self.max_keys {
            return;
        }
        let now_s = i64::try_from(self.clock.now().as_secs()).unwrap_or(i64::MAX);
        if self.swept_s.swap(now_s, Ordering::Relaxed) != now_s {
            self.counter.retain_recent();
        }
    }
}

#[cfg(test)]
mod tests {
    use ballast_domain::Timestamp;

    use super::*;

    #[derive(Default)]
    struct Driven(AtomicI64);

    impl Clock for Driven {
        fn now(&self) -> Timestamp {
            Timestamp::from_nanos(self.0.load(Ordering::Relaxed))
        }
    }

    fn limit(requests: u32) -> Limit {
        Limit { requests: NonZeroU32::new(requests).unwrap(), window: Duration::from_secs(60) }
    }

    #[test]
    fn a_client_is_told_how_much_is_left_and_when_more_comes() {
        let clock = Arc::new(Driven::default());
        let limiter = Limiter::new(limit(3), clock.clone());
        let remaining: Vec<_> = (0..3).map(|_| limiter.check(&"a").unwrap().remaining).collect();
        assert_eq!(remaining, [2, 1, 0]);
        let refused = limiter.check(&"a").unwrap_err();
        assert_eq!(refused.wait(), Duration::from_secs(20));
        assert!(limiter.check(&"b").is_ok(), "another client is not concerned");
        clock.0.store(20_000_000_000, Ordering::Relaxed);
        let standing = limiter.check(&"a").unwrap();
        let mut headers = HeaderMap::new();
        standing.tell(&mut headers);
        let told = RATE_HEADERS.map(|name| headers[name].to_str().unwrap().to_owned());
        assert_eq!(told, ["3", "0", "60", "3;w=60"]);
        assert!(limiter.check(&"a").is_err());
    }

    #[test]
    fn made_up_keys_take_no_memory_without_end_and_hurt_nobody_known() {
        let clock = Arc::new(Driven::default());
        let limiter = Limiter::with_max_keys(limit(5), 10, clock.clone());
        let refused = (0..1_000).filter(|key| limiter.check(key).is_err()).count();
        assert_eq!(limiter.counter.len(), 10);
        assert_eq!(refused, 1_000 - 10 - 5, "the rest shared one allowance");
        assert!(limiter.check(&3).is_ok(), "one that is known keeps its own");
        clock.0.store(120_000_000_000, Ordering::Relaxed);
        assert!(limiter.check(&5_000).is_ok());
        assert_eq!(limiter.counter.len(), 1, "those that are full again were forgotten");
    }
}
