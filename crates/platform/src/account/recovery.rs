//! Passwords that are changed, or forgotten.

use std::sync::Arc;

use ballast_domain::TenantId;

use super::email::Email;
use super::error::AccountError;
use super::one_time::{Purpose, Subject, hash};
use super::user::User;
use super::{Accounts, Cause, Inner, password};
use crate::audit::AuditEvent;

impl Accounts {
    /// The user, as they are now.
    ///
    /// # Errors
    /// [`AccountError::Unknown`] and others.
    pub async fn user(&self, id: &TenantId) -> Result<User, AccountError> {
        Ok(self.inner.users.existing(id.as_str()).await?.body)
    }

    /// Changes a password for whoever knows the old one, and ends every session but `keep`.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn change_password(
        &self,
        id: &TenantId,
        current: String,
        new: String,
        keep: &str,
        cause: &Cause,
    ) -> Result<(), AccountError> {
        let inner = &self.inner;
        let user = self.user(id).await?;
        let email = user.address()?;
        let attempt = cause.address.map(|address| inner.lockout.attempt(&email, address));
        let attempt = attempt.transpose().map_err(AccountError::Locked)?;
        let fits = inner.hasher.verify(current, Some(user.password_hash.clone())).await;
        match (&fits, attempt) {
            (Ok(true), Some(attempt)) => attempt.succeeded(),
            (Err(_), Some(attempt)) => attempt.withdraw(),
            (Ok(false), _) | (_, None) => {}
        }
        if !fits? {
            return Err(AccountError::field("currentPassword", "is not the current password"));
        }
        password::check(&new, Some(&email))
            .map_err(|message| AccountError::field("newPassword", message))?;
        let new_hash = inner.hasher.hash(new).await?;
        inner.record(AuditEvent::PasswordChanged, Some(id.clone()), cause).await?;
        inner.set_password(&user, &new_hash).await?;
        let sessions = inner.sessions.of_user(id).await?;
        let others: Vec<_> = sessions.into_iter().filter(|session| session.id != keep).collect();
        inner.end(id, &others, "password", cause).await
    }

    /// Sends a link to reset the password, if there is such an account. All of it happens after the
    /// answer, so that the answer's time tells nothing.
    ///
    /// # Errors
    /// [`AccountError::Busy`] when too many are asked for at once.
    pub fn forgot_password(&self, email: &str, cause: &Cause) -> Result<(), AccountError> {
        let email: Email = match email.parse() {
            Ok(email) => email,
            Err(error) => return Err(AccountError::field("email", format!("{error}"))),
        };
        let place = Arc::clone(&self.inner.preparing).try_acquire_owned();
        let place = place.map_err(|_| AccountError::Busy)?;
        let (inner, cause) = (Arc::clone(&self.inner), cause.clone());
        let prepared = async move {
            let _held = place;
            if let Err(error) = inner.send_reset_link(&email, &cause).await {
                tracing::error!(%error, "a link to reset a password was not sent");
            }
        };
        tokio::spawn(tracing::Instrument::in_current_span(prepared));
        Ok(())
    }

    /// Sets a new password by the token of a link, and ends every session.
    ///
    /// # Errors
    /// [`AccountError::Link`] and others; the link stays good when the password is not good enough,
    /// and when it cannot be recorded.
    pub async fn reset_password(
        &self,
        token: &str,
        new: String,
        cause: &Cause,
    ) -> Result<(), AccountError> {
        let inner = &self.inner;
        let subject = inner.one_time.look(Purpose::ResetPassword, token).await?;
        let user = inner.users.get(&subject.user_id).await?.ok_or(AccountError::Link)?.body;
        if hash(&user.password_hash) != subject.as_of {
            return Err(AccountError::Link);
        }
        let (id, email) = (user.tenant()?, user.address()?);
        password::check(&new, Some(&email))
            .map_err(|message| AccountError::field("password", message))?;
        // While it is refused because something is away, nothing was done: the link stays good.
        let new_hash = inner.hasher.hash(new).await?;
        inner.record(AuditEvent::PasswordReset, Some(id.clone()), cause).await?;
        inner.one_time.take(Purpose::ResetPassword, token).await?;
        inner.set_password(&user, &new_hash).await?;
        // Whoever has the link reads the address.
        inner
            .users
            .change(&user.id, |user| {
                user.email_verified = true;
                Ok(())
            })
            .await?;
        inner.unlock_with_new_password(&id, &email, cause).await
    }

    /// Sets a new password for somebody who cannot sign in, and ends every session. For whoever has
    /// the machine.
    ///
    /// # Errors
    /// [`AccountError::Unknown`] and others; nothing is changed when the password is not good
    /// enough, or when it cannot be recorded.
    pub async fn put_password(
        &self,
        id: &TenantId,
        new: String,
        cause: &Cause,
    ) -> Result<User, AccountError> {
        let user = self.user(id).await?;
        let inner = &self.inner;
        let email = user.address()?;
        password::check(&new, Some(&email))
            .map_err(|message| AccountError::field("password", message))?;
        let new_hash = inner.hasher.hash(new).await?;
        inner.record(AuditEvent::PasswordReset, Some(id.clone()), cause).await?;
        inner.set_password(&user, &new_hash).await?;
        inner.unlock_with_new_password(id, &email, cause).await?;
        Ok(user)
    }
}

impl Inner {
    async fn unlock_with_new_password(
        &self,
        id: &TenantId,
        email: &Email,
        cause: &Cause,
    ) -> Result<(), AccountError> {
        self.lockout.unlock(email);
        let sessions = self.sessions.of_user(id).await?;
        self.end(id, &sessions, "password", cause).await
    }

    async fn set_password(&self, user: &User, new_hash: &str) -> Result<(), AccountError> {
        let changed = self.users.change(&user.id, |now| {
            if now.password_hash != user.password_hash {
                return Err(AccountError::Credentials);
            }
            new_hash.clone_into(&mut now.password_hash);
            Ok(())
        });
        changed.await?;
        let text = "The password of your account was changed. If it was not you, reset it now and \
                    tell your administrator.\n";
        self.mailer.send(&user.address()?, "Your password was changed", text.to_owned(), None);
        Ok(())
    }

    /// A link that sets a new password, once.
    pub(super) async fn reset_link(&self, user: &User) -> Result<String, AccountError> {
        let as_of = hash(&user.password_hash);
        let subject = Subject { user_id: user.id.clone(), as_of };
        let token = self.one_time.make(Purpose::ResetPassword, &subject).await?;
        Ok(self.link("reset-password", &token))
    }

    async fn send_reset_link(&self, email: &Email, cause: &Cause) -> Result<(), AccountError> {
        let Some(known) = self.users.by_email(email).await? else {
            return Ok(());
        };
        let user = known.body;
        if user.disabled {
            return Ok(());
        }
        let link = self.reset_link(&user).await?;
        let text = format!(
            "Set a new password by the link below. It works once, within 30 minutes:\n\n{link}\n\n\
             If you have not asked for it, nothing has to be done.\n"
        );
        self.note(AuditEvent::PasswordResetRequested, Some(user.tenant()?), cause).await;
        self.mailer.send(email, "Reset your password", text, Some(link));
        Ok(())
    }
}
