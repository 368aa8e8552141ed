//! Wrong passwords make the next try wait, per account and per address.
//!
//! An attempt counts before the password is checked, so that many at once are counted as many. An
//! account that is locked is so whether it exists or not. Its owner can still reset the password,
//! which unlocks it.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ballast_domain::Timestamp;
use ballast_storage::Clock;

use super::email::Email;

const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(900);
/// After so long without another wrong password all is forgotten.
const FORGET_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// Wrong passwords that an account may have before the next try waits.
const ACCOUNT_TRIES: u32 = 5;
/// The same for an address, behind which many people may be.
const ADDRESS_TRIES: u32 = 30;
const MAX_KEYS: usize = 50_000;

/// Who has to wait.
#[derive(Clone)]
pub struct Lockout {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    accounts: Tries<String>,
    addresses: Tries<IpAddr>,
}

impl fmt::Debug for Lockout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lockout")
    }
}

impl Lockout {
    /// Nobody has to wait yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Arc::default() }
    }

    /// Counts an attempt on the account from the address.
    ///
    /// # Errors
    /// How long to wait; it is not counted then.
    pub fn attempt(&self, email: &Email, address: IpAddr) -> Result<(), Duration> {
        let now = self.clock.now();
        let mut state = self.state();
        let account = state.accounts.wait(email.as_str(), ACCOUNT_TRIES, now);
        let wait = account.max(state.addresses.wait(&address, ADDRESS_TRIES, now));
        if !wait.is_zero() {
            return Err(wait);
        }
        state.accounts.count(email.as_str().to_owned(), now);
        state.addresses.count(address, now);
        Ok(())
    }

    /// The attempt was right: the account has no wrong ones any more, the address one less.
    pub fn succeeded(&self, email: &Email, address: IpAddr) {
        let mut state = self.state();
        state.accounts.0.remove(email.as_str());
        state.addresses.take_back(&address);
    }

    /// The owner has shown in another way who they are.
    pub fn unlock(&self, email: &Email) {
        self.state().accounts.0.remove(email.as_str());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Tries<K>(HashMap<K, Try>);

#[derive(Clone, Copy)]
struct Try {
    count: u32,
    last: Timestamp,
}

impl<K> Default for Tries<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash> Tries<K> {
    fn wait<Q>(&self, key: &Q, allowed: u32, now: Timestamp) -> Duration
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let Some(tried) = self.0.get(key) else {
            return Duration::ZERO;
        };
        let since = age(tried.last, now);
        let Some(beyond) = tried.count.checked_sub(allowed).filter(|_| since < FORGET_AFTER) else {
            return Duration::ZERO;
        };
        let wait = FIRST_WAIT.saturating_mul(1 << beyond.min(10)).min(LONGEST_WAIT);
        wait.saturating_sub(since)
    }

    fn count(&mut self, key: K, now: Timestamp) {
        if self.0.len() >= MAX_KEYS {
            self.make_room(now);
        }
        let tried = self.0.entry(key).or_insert(Try { count: 0, last: now });
        let is_old = age(tried.last, now) >= FORGET_AFTER;
        tried.count = if is_old { 1 } else { tried.count.saturating_add(1) };
        tried.last = now;
    }

    fn take_back(&mut self, key: &K) {
        if let Some(tried) = self.0.get_mut(key) {
            tried.count = tried.count.saturating_sub(1);
        }
    }

    /// Forgets what is old, then the older half: somebody is making up names.
    fn make_room(&mut self, now: Timestamp) {
        self.0.retain(|_, tried| age(tried.last, now) < FORGET_AFTER);
        if self.0.len() >= MAX_KEYS {
            let mut times: Vec<_> = self.0.values().map(|tried| tried.last).collect();
            times.sort_unstable();
            let median = times[times.len() / 2];
            let mut left = MAX_KEYS / 2;
            self.0.retain(|_, tried| {
                let stays = tried.last >= median && left > 0;
                left -= usize::from(stays);
                stays
            });
        }
    }
}

fn age(at: Timestamp, now: Timestamp) -> Duration {
    Duration::from_nanos(now.nanos_since(at).max(0).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    #[derive(Default)]
    struct Driven(AtomicI64);

    impl Clock for Driven {
        fn now(&self) -> Timestamp {
            Timestamp::from_nanos(self.0.load(Ordering::Relaxed))
        }
    }

    fn address(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn each_wrong_password_beyond_the_fifth_waits_twice_as_long() {
        let clock = Arc::new(Driven::default());
        let lockout = Lockout::new(clock.clone());
        let email: Email = "a@b.co".parse().unwrap();
        for _ in 0..5 {
            assert_eq!(lockout.attempt(&email, address(1)), Ok(()));
        }
        for seconds in [30, 60, 120, 240, 480, 900, 900] {
            let wait = Duration::from_secs(seconds);
            assert_eq!(lockout.attempt(&email, address(2)), Err(wait), "from any address");
            clock.0.fetch_add(wait.as_nanos() as i64, Ordering::Relaxed);
            assert_eq!(lockout.attempt(&email, address(2)), Ok(()));
        }
        assert_eq!(lockout.attempt(&"c@d.co".parse().unwrap(), address(2)), Ok(()));
        lockout.unlock(&email);
        assert_eq!(lockout.attempt(&email, address(1)), Ok(()));
        lockout.succeeded(&email, address(1));
        clock.0.fetch_add(FORGET_AFTER.as_nanos() as i64, Ordering::Relaxed);
        assert_eq!(lockout.attempt(&email, address(1)), Ok(()));
    }

    #[test]
    fn an_address_that_tries_many_accounts_waits_too() {
        let lockout = Lockout::new(Arc::new(Driven::default()));
        let email = |number: u32| format!("a{number}@b.co").parse().unwrap();
        let tried = (0..100).filter(|n| lockout.attempt(&email(*n), address(1)).is_ok()).count();
        assert_eq!(tried, 30);
        assert_eq!(lockout.attempt(&email(200), address(2)), Ok(()));
    }

    #[test]
    fn made_up_names_take_no_memory_without_end() {
        let mut tries = Tries::default();
        for number in 0..(MAX_KEYS + 10) {
            tries.count(number, Timestamp::from_nanos(1));
        }
        assert!(tries.0.len() <= MAX_KEYS / 2 + 10, "{}", tries.0.len());
    }
}
