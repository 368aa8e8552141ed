//! Who may use a route, and who is asking.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use ballast_domain::{TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use utoipa::ToSchema;

use super::code::{self, Code};
use super::problem::Problem;
use super::rate::{Limiter, Standing};

/// What somebody may do; each role may do what those before it may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Trades for themself.
    User,
    /// Sees health and control of every tenant, and stops trading.
    Operator,
    /// Changes users, settings and everything else.
    Admin,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::User, Self::Operator, Self::Admin];

    /// As tokens, settings and people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// This role and those that it includes, as a token lists them.
    #[must_use]
    pub fn included(self) -> Vec<Self> {
        Self::ALL.into_iter().filter(|role| *role <= self).collect()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is no role.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{0}' is not a role; the roles are user, operator and admin")]
pub struct RoleError(String);

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| RoleError(text.to_owned()))
    }
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever is signed in.
    User,
    /// Operators and administrators.
    Operator,
    /// Administrators.
    Admin,
    /// Whoever signs the body with a secret (HMAC); see [`super::SignedBody`].
    Signed,
}

impl Access {
    /// The least role that may use the route; `None` when no role is asked for.
    #[must_use]
    pub const fn role(self) -> Option<Role> {
        match self {
            Self::Public | Self::Signed => None,
            Self::User => Some(Role::User),
            Self::Operator => Some(Role::Operator),
            Self::Admin => Some(Role::Admin),
        }
    }

    /// As the API's description writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::User => "user",
            Self::Operator => "operator",
            Self::Admin => "admin",
            Self::Signed => "signed",
        }
    }
}

/// Whoever has sent the request, as their token says. As an argument of a handler it can only be
/// had on routes that ask for a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user, who is the tenant of the same id.
    pub user: TenantId,
    /// Their address, when the token tells it; that of our own issuer does not.
    pub email: Option<String>,
    /// What they may do.
    pub role: Role,
    /// The session that the token belongs to; empty with tokens of an issuer that has none.
    pub session: String,
    /// What the token is limited to; nothing when it is not limited.
    pub scopes: Vec<String>,
    /// From when on the token no longer counts.
    pub expires_at: Timestamp,
}

impl Identity {
    /// Refuses whoever has less than this role.
    ///
    /// # Errors
    /// 403 `forbidden`, naming the role.
    pub fn require(&self, role: Role) -> Result<(), Problem> {
        if self.role >= role {
            return Ok(());
        }
        let detail = format!(
            "This needs the role {role}; yours is {}. An administrator can change it.",
            self.role
        );
        Err(Problem::forbidden(detail))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Identity {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let known = parts.extensions.get::<Self>().cloned();
        known.ok_or_else(|| Problem::internal("a public route asks who is signed in"))
    }
}

/// Why a token does not tell who somebody is. HTTP and realtime use the same codes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Denial {
    /// None was sent.
    #[error("No access token was sent. Sign in, then send 'Authorization: Bearer ...'.")]
    Missing,
    /// It was good until it expired.
    #[error("The access token has expired. Refresh the session and send the new one.")]
    Expired,
    /// It is not one of ours, or not for us. The reason is for the log.
    #[error("The access token is not accepted. Sign in again.")]
    Invalid(String),
    /// Its session or its user was signed out.
    #[error("The session was ended. Sign in again.")]
    Revoked,
    /// It cannot be checked now.
    #[error("The access token cannot be checked at the moment. Try again.")]
    Unavailable(String),
}

impl Denial {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static Code {
        match self {
            Self::Missing => &code::UNAUTHENTICATED,
            Self::Expired => &code::TOKEN_EXPIRED,
            Self::Invalid(_) => &code::TOKEN_INVALID,
            Self::Revoked => &code::SESSION_REVOKED,
            Self::Unavailable(_) => &code::UNAVAILABLE,
        }
    }
}

impl From<Denial> for Problem {
    fn from(denial: Denial) -> Self {
        if let Denial::Invalid(reason) | Denial::Unavailable(reason) = &denial {
            tracing::info!(reason, "an access token was not accepted");
        }
        let (code, detail) = (denial.code(), denial.to_string());
        match denial {
            Denial::Unavailable(_) => Self::new(code, detail).retry_after(Duration::from_secs(2)),
            _ => Self::unauthorized(code, detail),
        }
    }
}

/// The answer of an [`Authenticator`], later.
pub type Authentication<'a> = Pin<Box<dyn Future<Output = Result<Identity, Denial>> + Send + 'a>>;

/// Tells who a token belongs to. Every route and every socket asks the same one.
pub trait Authenticator: Send + Sync + fmt::Debug {
    /// Who has sent this token; `None` when none was sent.
    fn authenticate<'a>(&'a self, token: Option<&'a str>) -> Authentication<'a>;
}

/// What stands before every route: who is asking, and how often.
#[derive(Debug, Clone)]
pub struct Gate {
    authenticator: Arc<dyn Authenticator>,
    per_user: Arc<Limiter<TenantId>>,
}

impl Gate {
    /// A gate that asks `authenticator`, and lets each user pass as often as `per_user` allows.
    #[must_use]
    pub fn new(authenticator: Arc<dyn Authenticator>, per_user: Arc<Limiter<TenantId>>) -> Self {
        Self { authenticator, per_user }
    }

    /// Lets a request pass that has the role, and notes in it who has sent it. It is counted, but
    /// for one that stops something, which is heard however much its user has asked.
    pub(super) async fn admit(
        &self,
        role: Role,
        counted: bool,
        request: &mut Request,
    ) -> Result<Option<Standing>, Problem> {
        let token = bearer(request.headers())?;
        let identity = self.authenticator.authenticate(token).await?;
        tracing::Span::current().record("tenant", pseudonym(&identity.user));
        let standing = counted.then(|| self.per_user.check(&identity.user)).transpose();
        let standing = standing.map_err(|much| much.problem())?;
        identity.require(role)?;
        request.extensions_mut().insert(identity);
        Ok(standing)
    }
}

/// The token of the header `Authorization`; `None` without the header.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Denial> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let malformed = || Denial::Invalid("the header is not 'Bearer' and a token".to_owned());
    let (scheme, token) =
        value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(malformed)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(Some(token.trim())) } else { Err(malformed()) }
}

/// What stands for a user in logs: the same for the same user, and not to be read back.
#[must_use]
pub fn pseudonym(user: &TenantId) -> String {
    let digest = Sha256::digest(user.as_str());
    digest[..6].iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_ordered_and_include_each_other() {
        assert!(Role::User < Role::Operator && Role::Operator < Role::Admin);
        assert_eq!(Role::Operator.included(), [Role::User, Role::Operator]);
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        assert!("root".parse::<Role>().is_err());
    }

    #[test]
    fn only_a_bearer_token_is_a_token() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, text.parse().unwrap());
            bearer(&headers).map(|token| token.unwrap_or("none").to_owned())
        };
        assert_eq!(of("Bearer abc"), Ok("abc".to_owned()));
        assert_eq!(of("bearer  abc"), Ok("abc".to_owned()));
        for bad in ["Basic abc", "abc", "Bearer"] {
            assert!(matches!(of(bad), Err(Denial::Invalid(_))), "{bad}");
        }
        assert_eq!(bearer(&HeaderMap::new()), Ok(None));
    }
}
