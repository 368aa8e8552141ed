//! Accounts: who may sign in, and how they get back in.
//!
//! An answer never tells whether an account exists: unknown and wrong look alike, also in the time
//! they take, and what goes to an address is only read there. Links carry their token behind `#`,
//! which browsers send to no server.

mod administration;
pub mod code;
mod email;
mod error;
mod first;
mod lockout;
mod one_time;
pub mod password;
mod recovery;
mod session;
mod shut;
mod sign_in;
#[cfg(test)]
mod tests;
mod user;

use std::fmt;
use std::sync::Arc;

use ballast_domain::TenantId;
use ballast_storage::{Clock, ProductStore};
use tokio::sync::{Mutex, Semaphore, watch};

pub use administration::UserPage;
pub use email::{Email, EmailError};
pub use error::AccountError;
pub use lockout::Lockout;
pub use one_time::ONE_TIME_TOKENS;
pub use session::{Client, GRACE, SESSIONS, Session, SessionLives, Sessions, TokenIn};
pub use shut::{Shut, ShutUsers};
pub use sign_in::SignedIn;
pub use user::{TRADING_USERS, USER_EMAILS, User};

use crate::audit::{Audit, AuditEvent, AuditRecord, AuditUnavailable};
use crate::mail::Mailer;
use crate::request::Role;
use crate::token::Issuer;
use one_time::OneTimeTokens;
use password::Hasher;
pub(crate) use shut::ShutOut;
use user::Users;

/// How many messages are prepared at once; more requests for one are turned away.
const PREPARED_AT_ONCE: usize = 32;

/// What accounts are told by the settings.
#[derive(Debug, Clone)]
pub struct AccountSettings {
    /// Whether people may register by themselves.
    pub registration_open: bool,
    /// Whether an address must be confirmed before the first sign-in.
    pub verified_email_required: bool,
    /// The id that the first administrator gets.
    pub first_administrator: TenantId,
    /// Where browsers find the pages, such as `https://trade.example.com`; links begin with it.
    pub public_url: String,
    /// How long people stay signed in.
    pub sessions: SessionLives,
}

/// The accounts.
#[derive(Clone)]
pub struct Accounts {
    inner: Arc<Inner>,
}

struct Inner {
    settings: AccountSettings,
    users: Users,
    one_time: OneTimeTokens,
    sessions: Sessions,
    shut_out: ShutOut,
    hasher: Hasher,
    lockout: Lockout,
    mailer: Mailer,
    issuer: Arc<Issuer>,
    audit: Arc<dyn Audit>,
    clock: Arc<dyn Clock>,
    store: ProductStore,
    /// Held while it is decided whether somebody else can still administer.
    administering: Mutex<()>,
    preparing: Arc<Semaphore>,
}

/// What accounts are made of.
pub(crate) struct Parts {
    pub(crate) settings: AccountSettings,
    pub(crate) store: ProductStore,
    pub(crate) sessions: Sessions,
    pub(crate) mailer: Mailer,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) audit: Arc<dyn Audit>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Who asks for something to be done to an account, for the record.
#[derive(Debug, Clone, Default)]
pub struct Cause {
    /// Who is signed in, and in which role.
    pub actor: Option<(TenantId, Role)>,
    /// The request.
    pub request_id: Option<ballast_domain::RequestId>,
    /// Where it came from.
    pub address: Option<std::net::IpAddr>,
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}

impl Accounts {
    pub(crate) async fn open(parts: Parts) -> Result<Self, AccountError> {
        let Parts { settings, store, sessions, mailer, issuer, audit, clock } = parts;
        let users = Users::new(&store);
        let inner = Inner {
            settings,
            shut_out: ShutOut::open(&users, store.clone()).await?,
            users,
            one_time: OneTimeTokens::new(&store),
            sessions,
            hasher: Hasher::new()?,
            lockout: Lockout::new(Arc::clone(&clock)),
            mailer,
            issuer,
            audit,
            clock,
            store,
            administering: Mutex::new(()),
            preparing: Arc::new(Semaphore::new(PREPARED_AT_ONCE)),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The address of a user when it is at hand: without the store, so that nothing waits for it.
    #[must_use]
    pub fn known_name(&self, id: &TenantId) -> Option<String> {
        self.inner.users.name(id.as_str())
    }

    /// Who is shut out, now and as it changes. It is told before the store has it.
    #[must_use]
    pub fn shut_users(&self) -> watch::Receiver<ShutUsers> {
        self.inner.shut_out.subscribe()
    }

    pub(crate) fn shut_out(&self) -> &ShutOut {
        &self.inner.shut_out
    }

    /// The messages of the development mode.
    pub(crate) fn mailer(&self) -> &Mailer {
        &self.inner.mailer
    }
}

impl Inner {
    /// Records what is about to be done, or refuses it: for what raises risk.
    async fn record(
        &self,
        event: AuditEvent,
        user: Option<TenantId>,
        cause: &Cause,
    ) -> Result<(), AuditUnavailable> {
        let Cause { actor, request_id, address } = cause.clone();
        self.audit.record(AuditRecord { event, user, actor, request_id, address }).await
    }

    /// Records what was done; it stays done.
    async fn note(&self, event: AuditEvent, user: Option<TenantId>, cause: &Cause) {
        if let Err(error) = self.record(event, user, cause).await {
            tracing::error!(%error, "something that was done is not recorded");
        }
    }

    fn link(&self, page: &str, token: &str) -> String {
        format!("{}/{page}#token={token}", self.settings.public_url.trim_end_matches('/'))
    }
}
