//! Why an account does not do what was asked, and how HTTP says it.

use std::time::Duration;

use ballast_storage::StoreError;
use thiserror::Error;

use super::code;
use crate::audit::AuditUnavailable;
use crate::request::{FieldError, Problem, code as common};
use crate::token::IssuerError;

/// Why an account does not do what was asked.
#[derive(Debug, Error)]
pub enum AccountError {
    /// Fields of the input are wrong.
    #[error("{}", join(.0))]
    Invalid(Vec<FieldError>),
    /// E-mail or password is wrong; it is not said which.
    #[error("e-mail or password is wrong")]
    Credentials,
    /// Too many wrong passwords; another try makes sense after this.
    #[error("too many wrong passwords: wait {} seconds, or reset the password", .0.as_secs())]
    Locked(Duration),
    /// An administrator has disabled it.
    #[error("the account is disabled")]
    Disabled,
    /// The address must be confirmed first.
    #[error("the e-mail address is not confirmed yet")]
    Unverified,
    /// The settings do not let people register.
    #[error("registration is closed")]
    RegistrationClosed,
    /// Another account has the address.
    #[error("another account has the e-mail address {0}")]
    EmailTaken(String),
    /// There is no such user.
    #[error("there is no user {0}")]
    Unknown(String),
    /// They are no longer as they were seen.
    #[error("the user has changed meanwhile")]
    Changed,
    /// It would leave no administrator.
    #[error("this is the last administrator; make somebody else one first")]
    LastAdministrator,
    /// The one-time link was used, has expired, or never was.
    #[error("the link is not good, or no longer")]
    Link,
    /// The refresh token is none of ours, or its session has ended.
    #[error("the session was ended")]
    SessionEnded,
    /// The refresh token is none of ours.
    #[error("the refresh token is not accepted")]
    RefreshToken,
    /// The refresh token was used before; its session has ended by that.
    #[error("the refresh token was used before, so its session was ended")]
    Reused,
    /// More passwords are being checked than the machine should check at once.
    #[error("too many sign-ins at once")]
    Busy,
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No token can be signed.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// It cannot be recorded.
    #[error(transparent)]
    Audit(#[from] AuditUnavailable),
}

impl AccountError {
    /// One wrong field.
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }
}

fn join(errors: &[FieldError]) -> String {
    let texts: Vec<_> = errors.iter().map(|e| format!("{}: {}", e.field, e.message)).collect();
    texts.join("; ")
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        let by_code = |code: &'static crate::request::Code| Self::new(code, code.remedy);
        match error {
            AccountError::Invalid(errors) => Self::invalid(errors),
            AccountError::Credentials => by_code(&code::CREDENTIALS_INVALID),
            AccountError::Locked(wait) => by_code(&code::SIGN_IN_LOCKED).retry_after(wait),
            AccountError::Disabled => by_code(&code::ACCOUNT_DISABLED),
            AccountError::Unverified => by_code(&code::EMAIL_NOT_VERIFIED),
            AccountError::RegistrationClosed => by_code(&code::REGISTRATION_CLOSED),
            AccountError::EmailTaken(_) => by_code(&code::EMAIL_TAKEN),
            AccountError::Unknown(_) => Self::not_found(error.to_string()),
            AccountError::Changed => Self::precondition_failed(),
            AccountError::LastAdministrator => by_code(&code::LAST_ADMINISTRATOR),
            AccountError::Link => by_code(&code::LINK_INVALID),
            AccountError::SessionEnded => by_code(&common::SESSION_REVOKED),
            AccountError::RefreshToken => by_code(&code::REFRESH_TOKEN_INVALID),
            AccountError::Reused => by_code(&code::REFRESH_TOKEN_REUSED),
            AccountError::Busy => Self::unavailable("too many passwords are being checked"),
            AccountError::Store(error) => error.into(),
            AccountError::Issuer(IssuerError::Store(error)) => error.into(),
            AccountError::Issuer(error) => Self::internal(error),
            AccountError::Audit(error) => {
                tracing::error!(%error, "a change was refused because it cannot be recorded");
                by_code(&code::AUDIT_UNAVAILABLE).retry_after(Duration::from_secs(2))
            }
        }
    }
}
