//! Users as they are stored: one document each, and one per address that keeps it theirs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ballast_domain::{TenantId, Timestamp};
use ballast_storage::{
    Collection, Cursor, Document, Documents, Etag, Index, Page, Precondition, ProductStore, Query,
    StoreError,
};
use serde::{Deserialize, Serialize};

use super::email::Email;
use super::error::AccountError;
use crate::request::Role;

/// Where the users are.
pub static TRADING_USERS: Collection =
    Collection { name: "trading-users", indexes: &[Index { equal: &["role"], order: None }] };

/// Whose an address is. The key is the address, so that no two users can have the same.
pub static USER_EMAILS: Collection = Collection { name: "trading-user-emails", indexes: &[] };

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The id, which is also the tenant's.
    pub id: String,
    /// The address, in its one spelling.
    pub email: String,
    /// Whether its owner has shown that they read it.
    pub email_verified: bool,
    /// What they may do.
    pub role: Role,
    /// Whether an administrator has shut the account.
    pub disabled: bool,
    /// Who has, by a name for people; absent when nobody has, or an earlier release did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    pub(super) password_hash: String,
}

impl User {
    /// The id as the rest of the program knows it.
    ///
    /// # Errors
    /// [`AccountError::Unknown`] when the store holds something else.
    pub fn tenant(&self) -> Result<TenantId, AccountError> {
        self.id.parse().map_err(|_| AccountError::Unknown(self.id.clone()))
    }

    pub(super) fn address(&self) -> Result<Email, AccountError> {
        self.email.parse().map_err(|_| AccountError::Unknown(self.id.clone()))
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Owner {
    user_id: String,
}

#[derive(Debug, Clone)]
pub(super) struct Users {
    users: Documents,
    emails: Documents,
    /// The addresses of users that were read, by id: names that are at hand without the store. An
    /// address never changes.
    names: Arc<Mutex<HashMap<String, String>>>,
}

/// The id that nobody has.
const NOBODY: &str = "nobody";
/// How many names are at hand; when there are more, they are gathered anew.
const MAX_NAMES: usize = 50_000;

impl Users {
    pub(super) fn new(store: &ProductStore) -> Self {
        let (users, emails) = (store.documents(&TRADING_USERS), store.documents(&USER_EMAILS));
        Self { users, emails, names: Arc::default() }
    }

    pub(super) async fn get(&self, id: &str) -> Result<Option<Document<User>>, AccountError> {
        let found = self.users.get::<User>(id).await?;
        if let Some(found) = &found {
            self.remember(&found.body);
        }
        Ok(found)
    }

    /// The address of a user, when it is at hand.
    pub(super) fn name(&self, id: &str) -> Option<String> {
        self.names().get(id).cloned()
    }

    fn remember(&self, user: &User) {
        let mut names = self.names();
        if names.contains_key(&user.id) {
            return;
        }
        if names.len() >= MAX_NAMES {
            names.clear();
        }
        names.insert(user.id.clone(), user.email.clone());
    }

    fn names(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The user with this id.
    pub(super) async fn existing(&self, id: &str) -> Result<Document<User>, AccountError> {
        self.get(id).await?.ok_or_else(|| AccountError::Unknown(id.to_owned()))
    }

    /// The user with this address. Asks the store as much when there is none.
    pub(super) async fn by_email(
        &self,
        email: &Email,
    ) -> Result<Option<Document<User>>, AccountError> {
        let owner = self.emails.get::<Owner>(email.as_str()).await?;
        let id = owner.map_or_else(|| NOBODY.to_owned(), |owner| owner.body.user_id);
        Ok(self.get(&id).await?.filter(|user| user.body.email == email.as_str()))
    }

    /// Writes the user with this address as they are, by the same steps as [`Self::add`]. Gives
    /// them; whoever changes them meanwhile is left alone.
    pub(super) async fn rewrite(&self, email: &Email) -> Result<User, AccountError> {
        let unknown = || AccountError::Unknown(email.to_string());
        let owner = self.emails.get::<Owner>(email.as_str()).await?.ok_or_else(unknown)?;
        let same = Precondition::Matches(owner.etag);
        let kept = self.emails.put(email.as_str(), &owner.body, same, None).await;
        unless_changed(kept)?;
        let Document { body: user, etag, .. } = self.existing(&owner.body.user_id).await?;
        let kept = self.users.put(&user.id, &user, Precondition::Matches(etag), None).await;
        unless_changed(kept)?;
        Ok(user)
    }

    /// Adds a user, whose address must be free.
    pub(super) async fn add(&self, user: &User) -> Result<(), AccountError> {
        let owner = Owner { user_id: user.id.clone() };
        let taken = || AccountError::EmailTaken(user.email.clone());
        let known = self.emails.get::<Owner>(&user.email).await?;
        let holder = known.as_ref().map_or(NOBODY, |known| &known.body.user_id);
        let held = self.get(holder).await?.is_some();
        let when = match known {
            None => Precondition::Absent,
            Some(_) if held => return Err(taken()),
            // The process ended after the address was taken and before the user was there.
            Some(known) => Precondition::Matches(known.etag),
        };
        match self.emails.put(&user.email, &owner, when, None).await {
            Ok(_) => {}
            Err(StoreError::Changed { .. }) => return Err(taken()),
            Err(error) => return Err(error.into()),
        }
        match self.users.put(&user.id, user, Precondition::Absent, None).await {
            Ok(_) => Ok(()),
            Err(StoreError::Changed { .. }) => {
                self.emails.delete(&user.email, Precondition::Any).await?;
                Err(taken())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Changes a user as it is now; `change` may be asked again when somebody else was quicker.
    pub(super) async fn change(
        &self,
        id: &str,
        change: impl Fn(&mut User) -> Result<(), AccountError>,
    ) -> Result<Document<User>, AccountError> {
        loop {
            let mut known = self.existing(id).await?;
            change(&mut known.body)?;
            let same = Precondition::Matches(known.etag);
            match self.users.put(&known.body.id, &known.body, same, None).await {
                Ok(etag) => return Ok(Document { etag, ..known }),
                Err(StoreError::Changed { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The next users by id.
    pub(super) async fn page(
        &self,
        limit: usize,
        after: Option<Cursor>,
    ) -> Result<Page<User>, AccountError> {
        let query = Query { limit, after, ..Query::default() };
        Ok(self.users.query::<User>(&query).await?)
    }

    /// Those who can administer: at most a page of them, which is enough to count to two.
    pub(super) async fn administrators(&self) -> Result<Vec<User>, AccountError> {
        let equal = vec![("role", Role::Admin.as_str().into())];
        let query = Query { equal, ..Query::default() };
        let page = self.users.query::<User>(&query).await?;
        let users = page.documents.into_iter().map(|document| document.body);
        Ok(users.filter(|user| !user.disabled).collect())
    }
}

fn unless_changed(put: Result<Etag, StoreError>) -> Result<(), StoreError> {
    match put {
        Ok(_) | Err(StoreError::Changed { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
