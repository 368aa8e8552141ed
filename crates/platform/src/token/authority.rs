//! What stands before every route and socket: tokens checked, and ended sessions refused.

use ballast_domain::{TenantId, Timestamp};

use super::revocation::Revocations;
use super::verifier::Verifier;
use crate::account::ShutOut;
use crate::request::{Authentication, Authenticator, Denial, Identity, Role};

/// The active token authority.
#[derive(Debug)]
pub struct Authority {
    verifier: Verifier,
    revocations: Revocations,
    shut_out: ShutOut,
}

impl Authority {
    /// Accepts what `verifier` accepts, until its session is in `revocations` or its user is in
    /// `shut_out`.
    pub(crate) const fn new(
        verifier: Verifier,
        revocations: Revocations,
        shut_out: ShutOut,
    ) -> Self {
        Self { verifier, revocations, shut_out }
    }

    /// What checks the tokens.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    async fn check(&self, token: Option<&str>) -> Result<Identity, Denial> {
        let identity = self.verifier.verify(token.ok_or(Denial::Missing)?).await?;
        let is_revoked = self.revocations.is_revoked(&identity.session);
        if self.shut_out.contains(&identity.user) || !identity.session.is_empty() && is_revoked {
            return Err(Denial::Revoked);
        }
        Ok(identity)
    }
}

impl Authenticator for Authority {
    fn authenticate<'a>(&'a self, token: Option<&'a str>) -> Authentication<'a> {
        Box::pin(self.check(token))
    }
}

/// Authentication switched off (`PLATFORM_AUTH_ENABLED=false`): everybody is one tenant of the
/// least role. The server refuses it unless it listens on loopback alone.
#[derive(Debug)]
pub struct SingleUser {
    /// The tenant that everybody is.
    pub user: TenantId,
}

impl Authenticator for SingleUser {
    fn authenticate<'a>(&'a self, _: Option<&'a str>) -> Authentication<'a> {
        let identity = Identity {
            user: self.user.clone(),
            email: None,
            role: Role::User,
            session: String::new(),
            scopes: Vec::new(),
            expires_at: Timestamp::from_nanos(i64::MAX),
        };
        Box::pin(std::future::ready(Ok(identity)))
    }
}
