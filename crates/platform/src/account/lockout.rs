//! Wrong passwords make the next try wait, per account and per address.
//!
//! An account has 5 tries and an address, behind which many people may be, 30; an IPv6 network of
//! 64 bits is one address. Each wrong password takes a try, and one is given back every half hour.
//! Without any left, each further wrong password makes the next attempt wait twice as long, from 30
//! seconds to 15 minutes. A right one leaves the address as if it had not been, and gives the
//! account all its tries back.
//!
//! An attempt takes its try before the password is checked, so that many at once are counted as
//! many; without any left, one is checked after the other, and who comes meanwhile is told to come
//! back in a second.
//!
//! An account that is locked is so whether it exists or not. Its owner can still reset the
//! password, which unlocks it.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ballast_domain::Timestamp;
use ballast_storage::Clock;

use super::email::Email;
use crate::request::ClientAddress;

const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(900);
/// Without tries left, attempts are made one after the other: so long waits who comes meanwhile.
const WAIT_FOR_ANOTHER: Duration = Duration::from_secs(1);
/// After so long a try is given back. Longer than any wait, so that waits grow up to the longest.
const GIVEN_BACK_AFTER: Duration = Duration::from_secs(30 * 60);
/// Wrong passwords that an account may have before the next try waits.
const ACCOUNT_TRIES: u32 = 5;
/// The same for an address.
const ADDRESS_TRIES: u32 = 30;
const MAX_KEYS: usize = 50_000;

/// Who has to wait.
#[derive(Clone)]
pub struct Lockout {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

struct State {
    accounts: Tries<String>,
    addresses: Tries<IpAddr>,
}

impl fmt::Debug for Lockout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lockout")
    }
}

/// An attempt whose password is being checked. It was wrong unless something else is said of it.
#[derive(Debug)]
#[must_use]
pub struct Attempt {
    lockout: Lockout,
    account: String,
    address: IpAddr,
    was_wrong: bool,
}

impl Attempt {
    /// The password was right.
    pub fn succeeded(self) {
        self.lockout.state().accounts.give_all_back(&self.account);
        self.withdraw();
    }

    /// The password was not checked.
    pub fn withdraw(mut self) {
        self.was_wrong = false;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let now = self.lockout.clock.now();
        let account = std::mem::take(&mut self.account);
        let mut state = self.lockout.state();
        state.accounts.finish(account, self.was_wrong, now);
        state.addresses.finish(self.address, self.was_wrong, now);
    }
}

impl Lockout {
    /// Nobody has to wait yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let (accounts, addresses) = (Tries::new(ACCOUNT_TRIES), Tries::new(ADDRESS_TRIES));
        Self { clock, state: Arc::new(Mutex::new(State { accounts, addresses })) }
    }

    /// Begins an attempt on the account from the address.
    ///
    /// # Errors
    /// How long to wait; it is not counted then.
    pub fn attempt(&self, email: &Email, address: IpAddr) -> Result<Attempt, Duration> {
        let (account, address) = (email.to_string(), ClientAddress(address).counted());
        let now = self.clock.now();
        let mut state = self.state();
        let wait = state.accounts.wait(&account, now).max(state.addresses.wait(&address, now));
        if !wait.is_zero() {
            return Err(wait);
        }
        state.accounts.begin(account.clone(), now);
        state.addresses.begin(address, now);
        drop(state);
        Ok(Attempt { lockout: self.clone(), account, address, was_wrong: true })
    }

    /// The owner has shown in another way who they are.
    pub fn unlock(&self, email: &Email) {
        self.state().accounts.give_all_back(email.as_str());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Tries<K> {
    allowed: u32,
    taken: HashMap<K, Taken>,
}

/// The tries that somebody has taken.
#[derive(Clone, Copy)]
struct Taken {
    /// By wrong passwords as of the last one, each as the time that it takes to be given back.
    by_wrong: Duration,
    last_wrong: Timestamp,
    /// By attempts whose password is being checked.
    checking: u32,
}

impl Taken {
    const fn nothing(now: Timestamp) -> Self {
        Self { by_wrong: Duration::ZERO, last_wrong: now, checking: 0 }
    }

    fn left(&self, now: Timestamp) -> Duration {
        self.by_wrong.saturating_sub(age(self.last_wrong, now))
    }

    fn is_nothing(&self, now: Timestamp) -> bool {
        self.checking == 0 && self.left(now).is_zero()
    }
}

/// A try counts until all of it is given back.
fn whole_tries(taken: Duration) -> u32 {
    let tries = taken.as_nanos().div_ceil(GIVEN_BACK_AFTER.as_nanos());
    u32::try_from(tries).unwrap_or(u32::MAX)
}

impl<K: Eq + Hash> Tries<K> {
    fn new(allowed: u32) -> Self {
        Self { allowed, taken: HashMap::new() }
    }

    fn wait(&self, key: &K, now: Timestamp) -> Duration {
        let Some(taken) = self.taken.get(key) else {
            return Duration::ZERO;
        };
        let wait = whole_tries(taken.by_wrong).checked_sub(self.allowed).map(|beyond| {
            let whole = FIRST_WAIT.saturating_mul(1 << beyond.min(10)).min(LONGEST_WAIT);
            whole.saturating_sub(age(taken.last_wrong, now))
        });
        let wait = wait.unwrap_or_default();
        let tries = whole_tries(taken.left(now)).saturating_add(taken.checking);
        let is_alone = taken.checking == 0 || tries < self.allowed;
        if is_alone { wait } else { wait.max(WAIT_FOR_ANOTHER) }
    }

    fn begin(&mut self, key: K, now: Timestamp) {
        if self.taken.len() >= MAX_KEYS {
            self.make_room(now);
        }
        self.taken.entry(key).or_insert(Taken::nothing(now)).checking += 1;
    }

    fn finish(&mut self, key: K, was_wrong: bool, now: Timestamp) {
        let mut taken = self.taken.remove(&key).unwrap_or(Taken::nothing(now));
        taken.checking = taken.checking.saturating_sub(1);
        if was_wrong {
            taken.by_wrong = taken.left(now).saturating_add(GIVEN_BACK_AFTER);
            taken.last_wrong = now;
        }
        if !taken.is_nothing(now) {
            self.taken.insert(key, taken);
        }
    }

    fn give_all_back<Q>(&mut self, key: &Q)
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        if let Some(taken) = self.taken.get_mut(key) {
            taken.by_wrong = Duration::ZERO;
        }
    }

    /// Forgets who has all tries again, then the older half: somebody is making up names.
    fn make_room(&mut self, now: Timestamp) {
        self.taken.retain(|_, taken| !taken.is_nothing(now));
        if self.taken.len() >= MAX_KEYS {
            let mut times: Vec<_> = self.taken.values().map(|taken| taken.last_wrong).collect();
            times.sort_unstable();
            let median = times[times.len() / 2];
            let mut left = MAX_KEYS / 2;
            self.taken.retain(|_, taken| {
                let stays = taken.last_wrong >= median && left > 0;
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

    fn email(number: u32) -> Email {
        format!("a{number}@b.co").parse().unwrap()
    }

    impl Driven {
        fn advance(&self, by: Duration) {
            self.0.fetch_add(i64::try_from(by.as_nanos()).unwrap(), Ordering::Relaxed);
        }
    }

    /// An attempt with a wrong password; how long to wait when it is not made.
    fn wrong(lockout: &Lockout, email: &Email, address: IpAddr) -> Result<(), Duration> {
        lockout.attempt(email, address).map(drop)
    }

    fn right(lockout: &Lockout, email: &Email, address: IpAddr) -> Result<(), Duration> {
        lockout.attempt(email, address).map(Attempt::succeeded)
    }

    #[test]
    fn each_wrong_password_beyond_the_fifth_waits_twice_as_long() {
        let clock = Arc::new(Driven::default());
        let lockout = Lockout::new(clock.clone());
        for _ in 0..5 {
            assert_eq!(wrong(&lockout, &email(1), address(1)), Ok(()));
        }
        for seconds in [30, 60, 120, 240, 480, 900, 900] {
            let wait = Duration::from_secs(seconds);
            assert_eq!(wrong(&lockout, &email(1), address(2)), Err(wait), "from any address");
            clock.advance(wait);
            assert_eq!(wrong(&lockout, &email(1), address(2)), Ok(()));
        }
        assert_eq!(wrong(&lockout, &email(2), address(2)), Ok(()));
        lockout.unlock(&email(1));
        assert_eq!(right(&lockout, &email(1), address(1)), Ok(()));
    }

    #[test]
    fn a_try_is_given_back_every_half_hour() {
        let clock = Arc::new(Driven::default());
        let lockout = Lockout::new(clock.clone());
        for _ in 0..5 {
            wrong(&lockout, &email(1), address(1)).unwrap();
        }
        for _ in 0..10 {
            assert!(wrong(&lockout, &email(1), address(1)).is_err());
            clock.advance(GIVEN_BACK_AFTER);
            assert_eq!(wrong(&lockout, &email(1), address(1)), Ok(()));
            assert_eq!(wrong(&lockout, &email(1), address(1)), Err(FIRST_WAIT), "no longer");
        }
        clock.advance(2 * GIVEN_BACK_AFTER);
        for _ in 0..2 {
            assert_eq!(wrong(&lockout, &email(1), address(1)), Ok(()));
        }
        assert!(wrong(&lockout, &email(1), address(1)).is_err());
        clock.advance(5 * GIVEN_BACK_AFTER);
        assert_eq!(right(&lockout, &email(1), address(1)), Ok(()));
        assert!(lockout.state().accounts.taken.is_empty(), "nothing is kept for ever");
        clock.advance(30 * GIVEN_BACK_AFTER);
        assert_eq!(right(&lockout, &email(1), address(1)), Ok(()));
        assert!(lockout.state().addresses.taken.is_empty(), "nor of the address");
    }

    /// Many people behind one address, of whom some mistype: whoever does not waits for nothing
    /// but what stood before.
    #[test]
    fn right_passwords_make_nobody_wait_longer() {
        for mistyped in 0..45 {
            let clock = Arc::new(Driven::default());
            let lockout = Lockout::new(clock.clone());
            for number in 0..mistyped {
                if let Err(wait) = wrong(&lockout, &email(number), address(1)) {
                    clock.advance(wait);
                    wrong(&lockout, &email(number), address(1)).unwrap();
                }
            }
            let standing = right(&lockout, &email(1_000), address(1)).err().unwrap_or_default();
            clock.advance(standing);
            for number in 1_000..1_100 {
                let answer = right(&lockout, &email(number), address(1));
                assert_eq!(answer, Ok(()), "the {number}th after {mistyped} wrong ones");
                clock.advance(Duration::from_secs(u64::from(number % 3)));
            }
        }
    }

    /// Two who sign in at the same moment: each password counts for what it was, also when the wait
    /// of the one begins while the other is looked at.
    #[test]
    fn a_right_password_takes_nothing_of_a_wrong_one_back() {
        let clock = Arc::new(Driven::default());
        let lockout = Lockout::new(clock.clone());
        for number in 0..28 {
            wrong(&lockout, &email(number), address(1)).unwrap();
        }
        let slow = lockout.attempt(&email(100), address(1)).unwrap();
        clock.advance(Duration::from_secs(1));
        wrong(&lockout, &email(101), address(1)).unwrap();
        let last = lockout.attempt(&email(102), address(1));
        assert_eq!(last.map(drop), Err(WAIT_FOR_ANOTHER), "the last try is being checked");
        slow.succeeded();
        wrong(&lockout, &email(103), address(1)).unwrap();
        assert_eq!(right(&lockout, &email(104), address(1)), Err(FIRST_WAIT));
        clock.advance(FIRST_WAIT);
        let unchecked = lockout.attempt(&email(104), address(1)).unwrap();
        let meanwhile = lockout.attempt(&email(105), address(1));
        assert_eq!(meanwhile.map(drop), Err(WAIT_FOR_ANOTHER));
        unchecked.withdraw();
        assert_eq!(right(&lockout, &email(104), address(1)), Ok(()));
    }

    #[test]
    fn an_address_that_tries_many_accounts_waits_too() {
        let lockout = Lockout::new(Arc::new(Driven::default()));
        let at_once: Vec<_> = (0..100).map(|n| lockout.attempt(&email(n), address(1))).collect();
        assert_eq!(at_once.iter().filter(|attempt| attempt.is_ok()).count(), 30);
        drop(at_once);
        assert_eq!(right(&lockout, &email(200), address(1)), Err(FIRST_WAIT));
        assert_eq!(right(&lockout, &email(200), address(2)), Ok(()));
    }

    /// A customer of IPv6 has a whole network to choose from.
    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let lockout = Lockout::new(Arc::new(Driven::default()));
        let of = |host: u32| format!("2001:db8:0:1::{host:x}").parse().unwrap();
        for number in 0..30 {
            wrong(&lockout, &email(number), of(number)).unwrap();
        }
        assert_eq!(right(&lockout, &email(100), of(100)), Err(FIRST_WAIT));
        let other = "2001:db8:0:2::1".parse().unwrap();
        assert_eq!(right(&lockout, &email(100), other), Ok(()));
    }

    #[test]
    fn made_up_names_take_no_memory_without_end() {
        let mut tries = Tries::new(5);
        for number in 0..(MAX_KEYS + 10) {
            tries.begin(number, Timestamp::from_nanos(1));
        }
        assert!(tries.taken.len() <= MAX_KEYS / 2 + 10, "{}", tries.taken.len());
    }
}
