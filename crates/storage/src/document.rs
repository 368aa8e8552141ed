//! Documents: JSON by key, with a version, declared indexes and a time to live.

use std::time::Duration;

use ballast_domain::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::backend::{Address, Backend, Change, Stored};
use crate::contract::{Collection, Etag, Partition, Precondition, Priority, check_name, encode};
use crate::error::StoreError;
use crate::lease;
use crate::query::{Cursor, Plan, Query, check_fields};

/// A document as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document<T> {
    /// Its name within collection and partition.
    pub key: String,
    /// Its version.
    pub etag: Etag,
    /// From when on it counts as absent.
    pub expires_at: Option<Timestamp>,
    /// What it says.
    pub body: T,
}

/// A part of a query's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The documents, in the order asked for.
    pub documents: Vec<Document<T>>,
    /// Where to go on; `None` when this is the end.
    pub next: Option<Cursor>,
}

/// The documents of one collection that belong to one tenant, or to the product.
#[derive(Debug, Clone)]
pub struct Documents {
    backend: Backend,
    partition: Partition,
    collection: &'static Collection,
    priority: Priority,
}

impl Documents {
    pub(crate) const fn new(
        backend: Backend,
        partition: Partition,
        collection: &'static Collection,
    ) -> Self {
        Self { backend, partition, collection, priority: Priority::Low }
    }

    /// The same, with writes that wait for less, or for more; they are [`Priority::Low`] at first.
    #[must_use]
    pub fn with_priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// The document; `None` when there is none or it has expired.
    ///
    /// # Errors
    /// [`StoreError`], by what the caller does next.
    pub async fn get<T: DeserializeOwned>(
        &self,
        key: &str,
    ) -> Result<Option<Document<T>>, StoreError> {
        let stored = self.backend.get(self.address(key)?).await?;
        stored.map(|stored| self.decode(stored)).transpose()
    }

    /// Writes the document when `when` is true of it, to be there for `ttl` or for good.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it is not true; otherwise by what the caller does next.
    pub async fn put<T: Serialize>(
        &self,
        key: &str,
        body: &T,
        when: Precondition,
        ttl: Option<Duration>,
    ) -> Result<Etag, StoreError> {
        let address = self.address(key)?;
        let body = self.encode(key, body)?;
        let now = self.backend.now();
        let change = Change {
            address,
            body: Some(body),
            expires_at: ttl.map(|ttl| lease::after(now, ttl)),
            when,
            now,
            priority: self.priority,
        };
        let etag = self.backend.change(change).await?;
        etag.ok_or_else(|| StoreError::Corrupt(format!("no version for document '{key}'")))
    }

    /// Removes the document when `when` is true of it; says whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it is not true; otherwise by what the caller does next.
    pub async fn delete(&self, key: &str, when: Precondition) -> Result<bool, StoreError> {
        let change = Change {
            address: self.address(key)?,
            body: None,
            expires_at: None,
            when,
            now: self.backend.now(),
            priority: self.priority,
        };
        Ok(self.backend.change(change).await?.is_some())
    }

    /// One page of the documents that the query wants.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when no declared index answers it; otherwise by what the caller does
    /// next.
    pub async fn query<T: DeserializeOwned>(&self, query: &Query) -> Result<Page<T>, StoreError> {
        self.check_declared()?;
        let plan = Plan::new(self.collection, query)?;
        let mut stored = self.backend.query(self.partition.clone(), plan.clone()).await?;
        let more = stored.len() > plan.limit;
        stored.truncate(plan.limit);
        let last = stored.last().filter(|_| more);
        let next = last.and_then(|last| plan.cursor(&last.key, &last.body));
        let documents = stored.into_iter().map(|stored| self.decode(stored));
        let documents = documents.collect::<Result<_, _>>()?;
        Ok(Page { documents, next })
    }

    fn check_declared(&self) -> Result<(), StoreError> {
        if self.backend.declares(self.collection) {
            return Ok(());
        }
        let name = self.collection.name;
        Err(StoreError::Refused(format!(
            "collection '{name}' was not declared when the store was opened"
        )))
    }

    fn address(&self, key: &str) -> Result<Address, StoreError> {
        self.check_declared()?;
        check_name("a document's key", key)?;
        Ok(Address {
            partition: self.partition.clone(),
            collection: self.collection,
            key: key.to_owned(),
        })
    }

    fn encode<T: Serialize>(&self, key: &str, body: &T) -> Result<String, StoreError> {
        let name = self.collection.name;
        let encoded = encode(body).and_then(|body| {
            check_fields(self.collection, &body)?;
            Ok(body)
        });
        encoded.map_err(|error| match error {
            StoreError::Refused(why) => {
                StoreError::Refused(format!("document '{key}' of '{name}': {why}"))
            }
            other => other,
        })
    }

    fn decode<T: DeserializeOwned>(&self, stored: Stored) -> Result<Document<T>, StoreError> {
        let name = self.collection.name;
        let Stored { key, etag, expires_at, body } = stored;
        let place = format!("document '{key}' of '{name}'");
        if !etag.seals(name, &key, &body) {
            let message = format!("{place} is not what was written; restore a backup");
            return Err(StoreError::Corrupt(message));
        }
        let body = serde_json::from_str(&body).map_err(|error| {
            let message = format!("{place} is not one that this release knows ({error})");
            StoreError::Corrupt(message)
        })?;
        Ok(Document { key, etag, expires_at, body })
    }
}
