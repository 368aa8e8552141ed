//! Registering, signing in, staying signed in, and signing out.

use ballast_domain::TenantId;

use super::email::Email;
use super::error::AccountError;
use super::one_time::{Purpose, Subject};
use super::session::{Client, Session, TokenIn};
use super::user::User;
use super::{Accounts, Cause, Inner, password};
use crate::audit::AuditEvent;
use crate::request::{FieldError, Role};
use crate::token::random_id;

/// Somebody who is signed in now.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The session.
    pub session: Session,
    /// Proves it to every route, for as long as the settings say.
    pub access_token: String,
    /// Gets the next access token, once.
    pub refresh_token: String,
}

impl Accounts {
    /// Makes an account, when the settings let people do so. Whether the address had one already
    /// is told to that address alone, and the same is done for both, so that time tells nothing.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn register(
        &self,
        email: &str,
        password: String,
        cause: &Cause,
    ) -> Result<(), AccountError> {
        let inner = &self.inner;
        if !inner.settings.registration_open {
            return Err(AccountError::RegistrationClosed);
        }
        let email = check_both("email", email, "password", &password)?;
        let password_hash = inner.hasher.hash(password).await?;
        let made =
            self.add(&email, Role::User, random_id("usr"), password_hash, false, cause).await;
        match made {
            Ok(user) => self.send_verification(&user).await,
            Err(AccountError::EmailTaken(_)) => self.inner.register_again(&email, cause).await,
            Err(error) => Err(error),
        }
    }

    /// Makes an account with a role, for whoever runs the server. The address counts as confirmed.
    /// An administrator who is the first has the id of the settings, as by the link.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn create_user(
        &self,
        email: &str,
        role: Role,
        password: String,
        cause: &Cause,
    ) -> Result<User, AccountError> {
        let email = check_both("email", email, "password", &password)?;
        let inner = &self.inner;
        let password_hash = inner.hasher.hash(password).await?;
        let _held = inner.administering.lock().await;
        let first = inner.settings.first_administrator.to_string();
        let is_first = role == Role::Admin && inner.users.administrators().await?.is_empty();
        let id = match is_first && inner.users.get(&first).await?.is_none() {
            true => first,
            false => random_id("usr"),
        };
        self.add(&email, role, id, password_hash, true, cause).await
    }

    pub(super) async fn add(
        &self,
        email: &Email,
        role: Role,
        id: String,
        password_hash: String,
        email_verified: bool,
        cause: &Cause,
    ) -> Result<User, AccountError> {
        let inner = &self.inner;
        let user = User {
            id,
            email: email.to_string(),
            email_verified,
            role,
            disabled: false,
            disabled_by: None,
            disabled_at: None,
            created_at: inner.clock.now(),
            password_hash,
        };
        if inner.users.by_email(email).await?.is_some() {
            return Err(AccountError::EmailTaken(user.email));
        }
        inner.record(AuditEvent::UserCreated { role }, Some(user.tenant()?), cause).await?;
        inner.users.add(&user).await?;
        Ok(user)
    }

    /// Sends the link that confirms the address once more.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn send_verification(&self, user: &User) -> Result<(), AccountError> {
        if user.email_verified {
            return Ok(());
        }
        let inner = &self.inner;
        let subject = Subject { user_id: user.id.clone(), as_of: user.email.clone() };
        let token = inner.one_time.make(Purpose::VerifyEmail, &subject).await?;
        let link = inner.link("verify-email", &token);
        let text = format!(
            "Confirm this address by the link below, within a day:\n\n{link}\n\nIf you have not \
             registered, nothing has to be done.\n"
        );
        inner.mailer.send(&user.address()?, "Confirm your e-mail address", text, Some(link));
        Ok(())
    }

    /// Confirms an address by the token of its link.
    ///
    /// # Errors
    /// [`AccountError::Link`] and others.
    pub async fn verify_email(&self, token: &str, cause: &Cause) -> Result<(), AccountError> {
        let inner = &self.inner;
        let subject = inner.one_time.take(Purpose::VerifyEmail, token).await?;
        let user = inner.users.change(&subject.user_id, |user| {
            if user.email != subject.as_of {
                return Err(AccountError::Link);
            }
            user.email_verified = true;
            Ok(())
        });
        let user = user.await?;
        inner.note(AuditEvent::EmailVerified, Some(user.body.tenant()?), cause).await;
        Ok(())
    }

    /// Signs in by address and password.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn sign_in(
        &self,
        email: &str,
        password: String,
        client: &Client,
        cause: &Cause,
    ) -> Result<SignedIn, AccountError> {
        let checked = self.check_password(email, password, client).await;
        match checked {
            Ok(user) => {
                let signed_in = self.inner.begin(&user, client).await?;
                let event = AuditEvent::SignedIn { session: signed_in.session.id.clone() };
                self.inner.note(event, Some(user.tenant()?), cause).await;
                Ok(signed_in)
            }
            Err((error, user)) => {
                let reason = match error {
                    AccountError::Credentials => "credentials",
                    AccountError::Locked(_) => "locked",
                    AccountError::Disabled => "disabled",
                    AccountError::Unverified => "unverified",
                    other => return Err(other),
                };
                self.inner.note(AuditEvent::SignInFailed { reason }, user, cause).await;
                Err(error)
            }
        }
    }

    async fn check_password(
        &self,
        email: &str,
        password: String,
        client: &Client,
    ) -> Result<User, (AccountError, Option<TenantId>)> {
        let inner = &self.inner;
        // What is no address is an account that nobody has.
        let email: Email = email.parse().map_err(|_| (AccountError::Credentials, None))?;
        let attempt = inner.lockout.attempt(&email, client.address);
        let attempt = attempt.map_err(|wait| (AccountError::Locked(wait), None))?;
        let (user, fits) = match inner.check(&email, password).await {
            Ok(checked) => checked,
            Err(error) => {
                attempt.withdraw();
                return Err((error, None));
            }
        };
        let id = user.as_ref().and_then(|user| user.tenant().ok());
        let Some(user) = user.filter(|_| fits) else {
            return Err((AccountError::Credentials, id));
        };
        attempt.succeeded();
        if user.disabled {
            return Err((AccountError::Disabled, id));
        }
        if inner.settings.verified_email_required && !user.email_verified {
            return Err((AccountError::Unverified, id));
        }
        Ok(user)
    }

    /// Goes on with a session by its refresh token, which is used up; `from` is where it was.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn refresh(
        &self,
        token: &str,
        from: TokenIn,
        client: &Client,
        cause: &Cause,
    ) -> Result<SignedIn, AccountError> {
        let inner = &self.inner;
        let seen = inner.sessions.of_token(token).await?;
        let session = seen.body.clone();
        let user = inner.users.get(&session.user_id).await?.map(|known| known.body);
        let Some(user) = user.filter(|user| !user.disabled) else {
            inner.sessions.end(&session).await?;
            return Err(AccountError::SessionEnded);
        };
        match inner.sessions.refresh(seen, token, from, client).await {
            Ok((session, refresh_token)) => inner.signed_in(user, session, refresh_token),
            Err(AccountError::Reused) => {
                let event = AuditEvent::SessionRevoked { session: session.id, reason: "reuse" };
                inner.note(event, Some(user.tenant()?), cause).await;
                Err(AccountError::Reused)
            }
            Err(error) => Err(error),
        }
    }

    /// Ends the session that a refresh token is of. One that is none of ours has none.
    ///
    /// # Errors
    /// [`AccountError`] when the store does not answer.
    pub async fn sign_out(&self, token: &str, cause: &Cause) -> Result<(), AccountError> {
        match self.inner.sessions.of_token(token).await {
            Ok(known) => self.end_one(known.body, cause).await,
            Err(AccountError::RefreshToken | AccountError::SessionEnded) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn end_one(&self, session: Session, cause: &Cause) -> Result<(), AccountError> {
        self.inner.sessions.end(&session).await?;
        let user = session.user_id.parse().ok();
        self.inner.note(AuditEvent::SignedOut { session: session.id }, user, cause).await;
        Ok(())
    }

    /// Ends one session of a user; says whether there was one.
    ///
    /// # Errors
    /// [`AccountError`] when the store does not answer.
    pub async fn end_session(
        &self,
        user: &TenantId,
        id: &str,
        cause: &Cause,
    ) -> Result<bool, AccountError> {
        let Some(session) = self.inner.sessions.one(user, id).await? else {
            return Ok(false);
        };
        self.inner.end(user, &[session], "user", cause).await?;
        Ok(true)
    }

    /// Ends all sessions of a user.
    ///
    /// # Errors
    /// [`AccountError`] when the store does not answer.
    pub async fn sign_out_everywhere(
        &self,
        user: &TenantId,
        cause: &Cause,
    ) -> Result<(), AccountError> {
        let sessions = self.inner.sessions.of_user(user).await?;
        self.inner.end(user, &sessions, "everywhere", cause).await
    }

    /// The sessions of a user, the oldest first.
    ///
    /// # Errors
    /// [`AccountError`] when the store does not answer.
    pub async fn sessions(&self, user: &TenantId) -> Result<Vec<Session>, AccountError> {
        self.inner.sessions.of_user(user).await
    }
}

impl Inner {
    /// Who has the address, and whether the password is theirs. The same is done when nobody has.
    async fn check(
        &self,
        email: &Email,
        password: String,
    ) -> Result<(Option<User>, bool), AccountError> {
        let user = self.users.by_email(email).await?.map(|known| known.body);
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let fits = self.hasher.verify(password, hash).await?;
        Ok((user, fits))
    }

    /// Somebody registers with an address that has an account. What is read and written is as much
    /// as for a new account, whatever it comes to.
    async fn register_again(&self, email: &Email, cause: &Cause) -> Result<(), AccountError> {
        let user = self.users.rewrite(email).await?;
        self.record(AuditEvent::RegisteredAgain, Some(user.tenant()?), cause).await?;
        let link = self.reset_link(&user).await?;
        let how = match user.disabled {
            true => "An administrator has disabled it.".to_owned(),
            false => format!(
                "Sign in, or set a new password by the link below. It works once, within 30 \
                 minutes:\n\n{link}"
            ),
        };
        let text = format!(
            "Somebody, perhaps you, wanted to register with this address, which has an account \
             already. {how}\n\nIf it was not you, nothing has to be done.\n"
        );
        let link = (!user.disabled).then_some(link);
        self.mailer.send(email, "You have an account already", text, link);
        Ok(())
    }

    /// Begins a session, and takes it back when the account was shut or its password changed while
    /// that was under way: whoever did so has not seen this session.
    pub(super) async fn begin(
        &self,
        user: &User,
        client: &Client,
    ) -> Result<SignedIn, AccountError> {
        let (session, refresh_token) = self.sessions.begin(&user.tenant()?, client).await?;
        let now = self.users.get(&user.id).await?.map(|known| known.body);
        let same = |now: &User| !now.disabled && now.password_hash == user.password_hash;
        let Some(now) = now.filter(same) else {
            self.sessions.end(&session).await?;
            return Err(AccountError::Credentials);
        };
        self.signed_in(now, session, refresh_token)
    }

    fn signed_in(
        &self,
        user: User,
        session: Session,
        refresh_token: String,
    ) -> Result<SignedIn, AccountError> {
        let access_token = self.issuer.sign(&user.tenant()?, user.role, &session.id)?;
        Ok(SignedIn { user, session, access_token, refresh_token })
    }

    /// Ends sessions of a user and says why.
    pub(super) async fn end(
        &self,
        user: &TenantId,
        sessions: &[Session],
        reason: &'static str,
        cause: &Cause,
    ) -> Result<(), AccountError> {
        for session in sessions {
            self.sessions.end(session).await?;
            let event = AuditEvent::SessionRevoked { session: session.id.clone(), reason };
            self.note(event, Some(user.clone()), cause).await;
        }
        Ok(())
    }
}

/// The address, when it and the password are good; otherwise everything that is wrong.
pub(super) fn check_both(
    email_field: &str,
    email: &str,
    password_field: &str,
    password: &str,
) -> Result<Email, AccountError> {
    let parsed = email.parse::<Email>();
    let mut errors = Vec::new();
    if let Err(error) = &parsed {
        errors.push(FieldError::new(email_field, error.to_string()));
    }
    if let Err(message) = password::check(password, parsed.as_ref().ok()) {
        errors.push(FieldError::new(password_field, message));
    }
    parsed.ok().filter(|_| errors.is_empty()).ok_or(AccountError::Invalid(errors))
}
