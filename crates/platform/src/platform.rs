//! The service as a whole: what it is told, what it opens, and what it gives to the server.

use std::sync::Arc;

use ballast_storage::{Clock, Collection, ProductStore, StoreError};
use thiserror::Error;

use crate::account::{
    AccountError, AccountSettings, Accounts, ONE_TIME_TOKENS, Parts, SESSIONS, Sessions,
    TRADING_USERS, USER_EMAILS,
};
use crate::audit::Audit;
use crate::mail::{MailError, MailSettings, Mailer};
use crate::product::{PRODUCT_STATUS, ProductGate};
use crate::request::{Api, Gate, IDEMPOTENCY, Origins, Replies};
use crate::routes::{self, Service};
use crate::seal::MasterKey;
use crate::token::{
    Authority, AuthorityChoice, AuthorityError, Issuer, IssuerError, IssuerSettings, KeySource,
    REVOCATIONS, Revocations, SIGNING_KEYS, Verifier, VerifierSettings,
};

/// Every collection that the service and the request layer use; the store is opened with them.
pub static COLLECTIONS: &[Collection] = &[
    Collection { ..copy(&TRADING_USERS) },
    Collection { ..copy(&USER_EMAILS) },
    Collection { ..copy(&SESSIONS) },
    Collection { ..copy(&ONE_TIME_TOKENS) },
    Collection { ..copy(&SIGNING_KEYS) },
    Collection { ..copy(&REVOCATIONS) },
    Collection { ..copy(&PRODUCT_STATUS) },
    Collection { ..copy(&IDEMPOTENCY) },
];

const fn copy(collection: &Collection) -> Collection {
    Collection { name: collection.name, indexes: collection.indexes }
}

/// What the service is told by the settings.
#[derive(Debug, Clone)]
pub struct PlatformSettings {
    /// What our own tokens say.
    pub issuer: IssuerSettings,
    /// Whose tokens count.
    pub authority: AuthorityChoice,
    /// The claim that holds the roles: `roles`, unless an outside authority has another.
    pub roles_claim: String,
    /// How accounts are made.
    pub accounts: AccountSettings,
    /// How messages are sent.
    pub mail: MailSettings,
    /// Other sites whose pages may use the cookie.
    pub origins: Origins,
    /// Whether browsers reach the server by https.
    pub behind_tls: bool,
}

/// Why the service does not start.
#[derive(Debug, Error)]
pub enum PlatformError {
    /// The settings name no authority, or more than one.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The signing keys cannot be had.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// Messages cannot be sent as set.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The accounts cannot be opened.
    #[error(transparent)]
    Accounts(#[from] AccountError),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The identity service.
#[derive(Debug, Clone)]
pub struct Platform {
    service: Service,
    authority: Arc<Authority>,
    revocations: Revocations,
    issuer: Arc<Issuer>,
}

impl Platform {
    /// Opens the service on the product's store, which was opened with [`COLLECTIONS`].
    ///
    /// # Errors
    /// [`PlatformError`].
    pub async fn open(
        settings: PlatformSettings,
        store: ProductStore,
        master: MasterKey,
        audit: Arc<dyn Audit>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PlatformError> {
        let PlatformSettings { issuer, accounts, mail, .. } = &settings;
        let opened = Issuer::open(issuer.clone(), &store, master.clone(), Arc::clone(&clock));
        let issuer = Arc::new(opened.await?);
        let revocations = Revocations::open(&store, Arc::clone(&clock)).await?;
        let (lives, replies) = (accounts.sessions, Replies::sealed(master.derive("idempotency")));
        let sessions =
            Sessions::new(&store, &master, Arc::clone(&clock), revocations.clone(), lives);
        let accounts = Accounts::open(Parts {
            settings: accounts.clone(),
            sessions,
            mailer: Mailer::new(mail, Arc::clone(&clock))?,
            issuer: Arc::clone(&issuer),
            audit: Arc::clone(&audit),
            clock: Arc::clone(&clock),
            store: store.clone(),
        });
        let accounts = accounts.await?;
        let verifier = verifier(&settings, &issuer, clock)?;
        let shut_out = accounts.shut_out().clone();
        let authority = Arc::new(Authority::new(verifier, revocations.clone(), shut_out));
        let service = Service {
            accounts,
            gate: ProductGate::new(&issuer.settings().product_id, &store),
            issuer: Arc::clone(&issuer),
            revocations: revocations.clone(),
            audit,
            origins: settings.origins,
            behind_tls: settings.behind_tls,
            refresh_life: lives.idle,
            replies,
            kept: store.documents(&IDEMPOTENCY),
        };
        Ok(Self { service, authority, revocations, issuer })
    }

    /// What tells whose token a request carries; the server's gate asks it too.
    #[must_use]
    pub fn authority(&self) -> Arc<Authority> {
        Arc::clone(&self.authority)
    }

    /// The accounts, for the command line and for the first administrator's link.
    #[must_use]
    pub const fn accounts(&self) -> &Accounts {
        &self.service.accounts
    }

    /// The sessions that have ended, for sockets that must close by it.
    #[must_use]
    pub const fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    /// Our own issuer, whose keys are to be rotated now and then.
    #[must_use]
    pub const fn issuer(&self) -> &Arc<Issuer> {
        &self.issuer
    }

    /// The product's gate.
    #[must_use]
    pub const fn product_gate(&self) -> &ProductGate {
        &self.service.gate
    }

    /// The routes, to be put below `/platform`. Accounts are among them only while our own tokens
    /// count: nobody could use a session of another authority.
    pub fn api<S: Clone + Send + Sync + 'static>(&self, gate: Gate) -> Api<S> {
        let is_own = matches!(self.authority.verifier().source(), KeySource::Own(_));
        routes::api(gate, self.service.clone(), is_own)
    }
}

fn verifier(
    settings: &PlatformSettings,
    issuer: &Arc<Issuer>,
    clock: Arc<dyn Clock>,
) -> Result<Verifier, AuthorityError> {
    let source = KeySource::choose(&settings.authority, issuer, Arc::clone(&clock))?;
    let IssuerSettings { issuer, audience, product_id, .. } = settings.issuer.clone();
    let roles_claim = settings.roles_claim.clone();
    let settings = VerifierSettings { issuer, audience, product_id, roles_claim };
    Ok(Verifier::new(source, settings, clock))
}
