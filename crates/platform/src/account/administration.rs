//! What administrators do to accounts, and what they cannot undo by accident.

use ballast_domain::TenantId;
use ballast_storage::{Cursor, Document, Page};

use super::error::AccountError;
use super::shut::Shut;
use super::user::User;
use super::{Accounts, Cause, Inner};
use crate::audit::AuditEvent;
use crate::request::{IfMatch, Role, pseudonym};

/// A part of the list of users.
#[derive(Debug, Clone)]
pub struct UserPage {
    /// The users, by id.
    pub users: Vec<User>,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

impl Accounts {
    /// The next `limit` users, ordered by id.
    ///
    /// # Errors
    /// [`AccountError`] when the store does not answer, or the cursor is none of its own.
    pub async fn list(
        &self,
        limit: usize,
        after: Option<Cursor>,
    ) -> Result<UserPage, AccountError> {
        let Page { documents, next } = self.page(limit, after).await?;
        Ok(UserPage { users: documents.into_iter().map(|user| user.body).collect(), next })
    }

    /// The same, each with their version.
    pub(crate) async fn page(
        &self,
        limit: usize,
        after: Option<Cursor>,
    ) -> Result<Page<User>, AccountError> {
        self.inner.users.page(limit, after).await
    }

    /// The user, with their version.
    pub(crate) async fn existing(&self, id: &TenantId) -> Result<Document<User>, AccountError> {
        self.inner.users.existing(id.as_str()).await
    }

    /// The user with an address, for the command line.
    ///
    /// # Errors
    /// [`AccountError::Unknown`] and others.
    pub async fn by_email(&self, email: &str) -> Result<User, AccountError> {
        let unknown = || AccountError::Unknown(email.to_owned());
        let parsed = email.parse().map_err(|_| unknown())?;
        let known = self.inner.users.by_email(&parsed).await?;
        known.map(|known| known.body).ok_or_else(unknown)
    }

    /// Gives a user another role. A higher one arrives with their next access token; with a lower
    /// one their sessions end, so that no token tells the old one.
    ///
    /// # Errors
    /// [`AccountError::LastAdministrator`] and others.
    pub async fn set_role(
        &self,
        id: &TenantId,
        role: Role,
        cause: &Cause,
    ) -> Result<User, AccountError> {
        Ok(self.set_role_of_seen(id, &IfMatch::Any, role, cause).await?.body)
    }

    /// The same, while the user still has a version that was seen.
    pub(crate) async fn set_role_of_seen(
        &self,
        id: &TenantId,
        seen: &IfMatch,
        role: Role,
        cause: &Cause,
    ) -> Result<Document<User>, AccountError> {
        let inner = &self.inner;
        let _held = inner.administering.lock().await;
        let known = self.existing(id).await?;
        if !seen.allows(&known.etag) {
            return Err(AccountError::Changed);
        }
        if known.body.role == role {
            return Ok(known);
        }
        let before = known.body;
        if role < before.role {
            self.check_others_administer(&before).await?;
            // Before the change, so that when it fails nothing has changed and it is tried again.
            self.end_sessions(id, cause).await?;
        }
        let event = AuditEvent::RoleChanged { before: before.role, after: role };
        if role > before.role {
            inner.record(event.clone(), Some(id.clone()), cause).await?;
        }
        let change = |user: &mut User| {
            // Another node may have been quicker.
            if user.role != before.role {
                return Err(AccountError::Changed);
            }
            user.role = role;
            Ok(())
        };
        let user = inner.users.change(id.as_str(), change).await?;
        if role < before.role {
            // And those that began meanwhile.
            self.end_sessions(id, cause).await?;
            inner.note(event, Some(id.clone()), cause).await;
        }
        Ok(user)
    }

    async fn end_sessions(&self, id: &TenantId, cause: &Cause) -> Result<(), AccountError> {
        let sessions = self.inner.sessions.of_user(id).await?;
        self.inner.end(id, &sessions, "administrator", cause).await
    }

    /// Shuts an account and ends its sessions. Who follows [`Self::shut_users`] is told before
    /// anything is asked of the store, and also when that fails; only of one's own account, which
    /// may be the last that administers, after it.
    ///
    /// # Errors
    /// [`AccountError::LastAdministrator`] and others.
    pub async fn disable(
        &self,
        id: &TenantId,
        cause: &Cause,
    ) -> Result<Document<User>, AccountError> {
        let inner = &self.inner;
        let shut = Shut { by: inner.name_of(cause), at: inner.clock.now() };
        let is_own = cause.actor.as_ref().is_some_and(|(actor, _)| actor == id);
        let is_new = !is_own && inner.shut_out.add(id, shut.clone());
        if is_new {
            inner.shut_out.keep(id, shut.clone()).await;
        }
        let disabled = self.disable_stored(id, shut, cause).await;
        if let (true, Err(AccountError::Unknown(_) | AccountError::LastAdministrator)) =
            (is_new, &disabled)
        {
            inner.shut_out.remove(id);
            inner.shut_out.recorded(id).await;
        }
        disabled
    }

    /// Records who was shut out while the store was away; says of how many it could.
    ///
    /// # Errors
    /// [`AccountError`] of the first of whom it could not; they stay shut out.
    pub async fn record_shut(&self) -> Result<usize, AccountError> {
        let unrecorded = self.inner.shut_out.unrecorded().await;
        for (id, shut) in &unrecorded {
            let _held = self.inner.administering.lock().await;
            if self.inner.shut_out.unrecorded().await.get(id) != Some(shut) {
                // Somebody has opened it again since this began.
                continue;
            }
            match self.disable_held(id, shut.clone(), &Cause::default()).await {
                Ok(_) => {}
                // Whoever is no user any more, or the last who administers, is not disabled.
                Err(AccountError::Unknown(_) | AccountError::LastAdministrator) => {
                    self.inner.shut_out.remove(id);
                    self.inner.shut_out.recorded(id).await;
                }
                Err(error) => return Err(error),
            }
            let (user, by, at) = (pseudonym(id), &shut.by, shut.at);
            tracing::warn!(user, by, %at, recorded_late = true, "who is shut out is recorded");
        }
        Ok(unrecorded.len())
    }

    async fn disable_stored(
        &self,
        id: &TenantId,
        shut: Shut,
        cause: &Cause,
    ) -> Result<Document<User>, AccountError> {
        let _held = self.inner.administering.lock().await;
        self.disable_held(id, shut, cause).await
    }

    /// The same for who holds the lock of administering.
    async fn disable_held(
        &self,
        id: &TenantId,
        shut: Shut,
        cause: &Cause,
    ) -> Result<Document<User>, AccountError> {
        let inner = &self.inner;
        let before = self.user(id).await?;
        self.check_others_administer(&before).await?;
        let change = |user: &mut User| {
            if !user.disabled {
                user.disabled_by = Some(shut.by.clone());
                user.disabled_at = Some(shut.at);
            }
            user.disabled = true;
            Ok(())
        };
        let user = inner.users.change(id.as_str(), change).await?;
        inner.shut_out.recorded(id).await;
        // Somebody may have opened it again since this began.
        inner.shut_out.add(id, shut);
        let sessions = inner.sessions.of_user(id).await?;
        inner.end(id, &sessions, "disabled", cause).await?;
        if !before.disabled {
            inner.note(AuditEvent::UserDisabled, Some(id.clone()), cause).await;
        }
        Ok(user)
    }

    /// Opens an account again.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn enable(
        &self,
        id: &TenantId,
        cause: &Cause,
    ) -> Result<Document<User>, AccountError> {
        let inner = &self.inner;
        let _held = inner.administering.lock().await;
        let before = self.existing(id).await?;
        if before.body.disabled {
            inner.record(AuditEvent::UserEnabled, Some(id.clone()), cause).await?;
        }
        let change = |user: &mut User| {
            user.disabled = false;
            (user.disabled_by, user.disabled_at) = (None, None);
            Ok(())
        };
        let user = match before.body.disabled {
            true => inner.users.change(id.as_str(), change).await?,
            false => before,
        };
        inner.shut_out.recorded(id).await;
        inner.shut_out.remove(id);
        Ok(user)
    }

    /// Refuses to take the last one away who can administer.
    async fn check_others_administer(&self, user: &User) -> Result<(), AccountError> {
        if user.role != Role::Admin || user.disabled {
            return Ok(());
        }
        let administrators = self.inner.users.administrators().await?;
        let others = administrators.iter().any(|other| other.id != user.id);
        if others { Ok(()) } else { Err(AccountError::LastAdministrator) }
    }
}

impl Inner {
    /// Who has caused something, by a name for people.
    fn name_of(&self, cause: &Cause) -> String {
        match &cause.actor {
            Some((id, _)) => self.users.name(id.as_str()).unwrap_or_else(|| id.to_string()),
            None => "the operator of the machine".to_owned(),
        }
    }
}
