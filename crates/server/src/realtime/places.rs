//! How many sockets a user and an address may have at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ballast_domain::TenantId;
use ballast_platform::request::ClientAddress;

const MOST_OF_USER: usize = 20;
const MOST_OF_ADDRESS: usize = 100;

/// The sockets that there are; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Places(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    users: HashMap<TenantId, usize>,
    addresses: HashMap<IpAddr, usize>,
}

/// One socket's place; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    user: TenantId,
    address: Option<IpAddr>,
}

impl Places {
    /// A place for another socket; `None` when the user or the address has as many as it may have.
    pub(super) fn take(&self, user: &TenantId, from: Option<ClientAddress>) -> Option<Place> {
        let address = from.map(ClientAddress::counted);
        let mut taken = self.lock();
        let of_user = taken.users.get(user).copied().unwrap_or_default();
        let of_address = address.and_then(|at| taken.addresses.get(&at).copied());
        if of_user >= MOST_OF_USER || of_address.unwrap_or_default() >= MOST_OF_ADDRESS {
            return None;
        }
        *taken.users.entry(user.clone()).or_default() += 1;
        if let Some(address) = address {
            *taken.addresses.entry(address).or_default() += 1;
        }
        drop(taken);
        Some(Place { places: self.clone(), user: user.clone(), address })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        give_back(&mut taken.users, &self.user);
        if let Some(address) = &self.address {
            give_back(&mut taken.addresses, address);
        }
    }
}

fn give_back<K: std::hash::Hash + Eq>(taken: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = taken.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            taken.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_so_many_places_and_gets_them_back() {
        let (places, user) = (Places::default(), "ann".parse().unwrap());
        let mut held: Vec<_> = (0..MOST_OF_USER).filter_map(|_| places.take(&user, None)).collect();
        assert_eq!(held.len(), MOST_OF_USER);
        assert!(places.take(&user, None).is_none());
        assert!(places.take(&"bob".parse().unwrap(), None).is_some(), "others have their own");
        held.pop();
        assert!(places.take(&user, None).is_some());
        drop(held);
        assert!(places.lock().users.is_empty());
    }

    /// How many of 200 users get a place, the n-th from the n-th of `addresses`.
    fn placed(addresses: impl Iterator<Item = String>) -> usize {
        let places = Places::default();
        let place = |(number, address): (usize, String)| {
            let from = ClientAddress(address.parse().unwrap());
            places.take(&format!("u{number}").parse().unwrap(), Some(from))
        };
        addresses.take(200).enumerate().filter_map(place).collect::<Vec<_>>().len()
    }

    #[test]
    fn an_address_has_so_many_places() {
        assert_eq!(placed(std::iter::repeat("10.0.0.1".to_owned())), MOST_OF_ADDRESS);
        assert_eq!(placed((1..).map(|number| format!("10.0.0.{number}"))), 200);
        let one_customer = (1..).map(|number| format!("2001:db8:1:2::{number}"));
        assert_eq!(placed(one_customer), MOST_OF_ADDRESS, "who has a whole network of addresses");
    }
}
