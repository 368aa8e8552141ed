//! Who may come in: the identity service, and what stands before every route.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ballast_domain::TenantId;
use ballast_engine::ports::Clock;
use ballast_platform::account::{AccountError, AccountSettings, Accounts, SessionLives, ShutUsers};
use ballast_platform::audit::LogAudit;
use ballast_platform::mail::MailSettings;
use ballast_platform::product::ProductGate;
use ballast_platform::request::{
    Api, Authenticator, Gate, Identity, LayerSettings, Layers, Limit, Limiter, Network, Origin,
    Origins, RouteEntry,
};
use ballast_platform::seal::MasterKey;
use ballast_platform::token::{
    AuthorityChoice, IssuerError, IssuerSettings, KeySource, Revocations, SingleUser,
};
use ballast_platform::{COLLECTIONS, Platform, PlatformSettings};
use ballast_storage::{Options, Store};
use tokio::sync::watch;
use utoipa::openapi::OpenApi;

use super::settings::{Environment, Flags, Settings};
use super::system::SystemClock;
use crate::cli::CliError;
use crate::http;
use crate::realtime;

/// The folder of the service's own store, in the data directory.
const FOLDER: &str = "platform";
/// The file of the key that is made when none is given.
const MASTER_KEY_FILE: &str = "master.key";
/// What is set aside for who is shut out while the store is away.
const LOCAL_BYTES: u64 = 256 << 10;
/// How long a key signs tokens.
const KEY_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// A key for secrets that outlive no call.
const THROWN_AWAY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Who may come in.
pub(crate) struct Entrance {
    /// Its own store, with its own lock; none while everybody is one user.
    store: Option<Store>,
    platform: Option<Platform>,
    authenticator: Arc<dyn Authenticator>,
    limit: Limit,
}

impl Entrance {
    /// Opens the identity service as set.
    pub(crate) async fn open(settings: &Settings, listen: SocketAddr) -> Result<Self, CliError> {
        let limit = a_minute(settings.http.requests_per_minute_per_user);
        if !settings.identity.enabled {
            let user = settings.identity.first_administrator.clone();
            let authenticator: Arc<dyn Authenticator> = Arc::new(SingleUser { user });
            return Ok(Self { store: None, platform: None, authenticator, limit });
        }
        let directory = settings.data_dir.join(FOLDER);
        let (max_bytes, local_bytes) = (None, Some(LOCAL_BYTES));
        let options = Options { directory, collections: COLLECTIONS, max_bytes, local_bytes };
        let store = Store::open(options, Arc::new(SystemClock)).await.map_err(CliError::failed)?;
        Self::on(store, master_key(settings)?, settings, listen).await
    }

    /// Whether accounts have ever been kept where these settings say.
    pub(crate) fn has_been_opened(settings: &Settings) -> bool {
        settings.data_dir.join(FOLDER).is_dir()
    }

    /// Opens the identity service on a store of its own.
    pub(super) async fn on(
        store: Store,
        master: MasterKey,
        settings: &Settings,
        listen: SocketAddr,
    ) -> Result<Self, CliError> {
        let told = platform_settings(settings, listen)?;
        let (audit, clock) = (Arc::new(LogAudit), Arc::new(SystemClock));
        let opened = Platform::open(told, store.product(), master, audit, clock).await;
        let platform = opened.map_err(CliError::failed)?;
        let authenticator = platform.authority();
        let limit = a_minute(settings.http.requests_per_minute_per_user);
        Ok(Self { store: Some(store), platform: Some(platform), authenticator, limit })
    }

    /// What stands before every route.
    pub(crate) fn gate(&self) -> Gate {
        let per_user = Limiter::new(self.limit, Arc::new(SystemClock));
        Gate::new(Arc::clone(&self.authenticator), Arc::new(per_user))
    }

    /// What tells whose a token is.
    pub(crate) fn authenticator(&self) -> Arc<dyn Authenticator> {
        Arc::clone(&self.authenticator)
    }

    /// The sessions that have ended; none while everybody is one user.
    pub(crate) fn revocations(&self) -> Option<Revocations> {
        self.platform.as_ref().map(|platform| platform.revocations().clone())
    }

    /// Whether the product is in service; `None` while everybody is one user.
    pub(super) fn product_gate(&self) -> Option<&ProductGate> {
        self.platform.as_ref().map(Platform::product_gate)
    }

    /// The service's own store.
    pub(super) const fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// Replaces a signing key that is old, removes those whose last token has expired, and learns
    /// those that others have made.
    pub(super) async fn renew_keys(&self) -> Result<(), IssuerError> {
        let Some(platform) = &self.platform else { return Ok(()) };
        if platform.issuer().rotate_if_older_than(KEY_LIFE).await? {
            tracing::info!("tokens are signed with a new key");
        }
        Ok(())
    }

    /// The service's routes, to be put below `/platform`.
    pub(crate) fn api<S: Clone + Send + Sync + 'static>(&self, gate: Gate) -> Api<S> {
        match &self.platform {
            Some(platform) => platform.api(gate),
            None => Api::new(gate),
        }
    }

    /// Whose tokens count, in words.
    pub(crate) fn authority(&self) -> String {
        match &self.platform {
            Some(platform) => platform.authority().verifier().source().name().to_owned(),
            None => "none: everybody is one user".to_owned(),
        }
    }

    /// The link by which the first administrator makes themself; none once there is one, and where
    /// somebody else says who people are.
    pub(crate) async fn first_administrator_link(&self) -> Result<Option<String>, AccountError> {
        match &self.platform {
            Some(platform) if self.has_accounts() => {
                platform.accounts().first_administrator_link().await
            }
            _ => Ok(None),
        }
    }

    /// Whether people sign in here, and not with an authority elsewhere.
    pub(crate) fn has_accounts(&self) -> bool {
        let source = |platform: &Platform| {
            matches!(platform.authority().verifier().source(), KeySource::Own(_))
        };
        self.platform.as_ref().is_some_and(source)
    }

    /// Whether somebody is shut out by now, also when the store has not heard of it yet.
    pub(crate) fn is_shut_out(&self, user: &TenantId) -> bool {
        self.shut_users().is_some_and(|shut| shut.borrow().contains_key(user))
    }

    /// The accounts; none while everybody is one user.
    pub(crate) fn accounts(&self) -> Option<&Accounts> {
        self.platform.as_ref().map(Platform::accounts)
    }

    /// The e-mail address of whoever asks, when it is at hand: what stops trading does not wait
    /// for the store.
    pub(crate) fn name_at_hand(&self, identity: &Identity) -> Option<String> {
        let known = || self.accounts()?.known_name(&identity.user);
        identity.email.clone().or_else(known)
    }

    /// The same, read when it is not at hand; `None` when nobody knows one.
    ///
    /// # Errors
    /// [`AccountError::Store`] when the store does not answer.
    pub(crate) async fn name_of(
        &self,
        identity: &Identity,
    ) -> Result<Option<String>, AccountError> {
        if let Some(name) = self.name_at_hand(identity) {
            return Ok(Some(name));
        }
        let Some(accounts) = self.accounts() else { return Ok(None) };
        match accounts.user(&identity.user).await {
            Ok(user) => Ok(Some(user.email)),
            Err(AccountError::Unknown(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Who is shut out, now and as it changes; nobody while everybody is one user.
    pub(super) fn shut_users(&self) -> Option<watch::Receiver<ShutUsers>> {
        Some(self.accounts()?.shut_users())
    }

    pub(crate) async fn close(&self) -> Result<(), CliError> {
        match &self.store {
            Some(store) => store.close().await.map_err(CliError::failed),
            None => Ok(()),
        }
    }
}

/// The description of the whole API and the table of its routes, the identity service's of a
/// development server included. Nothing is kept and nothing is opened but a store in memory.
pub(crate) async fn describe() -> Result<(OpenApi, Vec<RouteEntry>), CliError> {
    let settings = Settings::load(None, Flags::default())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let opened = Store::memory(COLLECTIONS, Arc::clone(&clock));
    let (store, _) = opened.map_err(CliError::failed)?;
    let master = MasterKey::from_base64(THROWN_AWAY).map_err(CliError::failed)?;
    let told = platform_settings(&settings, settings.listen)?;
    let platform = Platform::open(told, store.product(), master, Arc::new(LogAudit), clock);
    let platform = platform.await.map_err(CliError::failed)?;
    let limit = a_minute(settings.http.requests_per_minute_per_user);
    let limiter = Arc::new(Limiter::new(limit, Arc::new(SystemClock)));
    let gate = Gate::new(platform.authority(), limiter);
    Ok(http::described(gate.clone(), platform.api(gate)))
}

/// So many requests a minute.
const fn a_minute(requests: std::num::NonZeroU32) -> Limit {
    Limit { requests, window: Duration::from_secs(60) }
}

fn seconds(number: u32) -> Duration {
    Duration::from_secs(number.into())
}

/// The layers around every route.
pub(super) fn layers(settings: &Settings) -> Result<Layers, CliError> {
    let http = &settings.http;
    let proxies = http.trusted_proxies.iter().map(|text| text.parse::<Network>());
    let layers = LayerSettings {
        origins: origins(settings)?,
        scripts: &[ballast_backtest::report::SCRIPT_SOURCE],
        behind_tls: http.behind_tls,
        trusted_proxies: proxies.collect::<Result<_, _>>().map_err(CliError::usage)?,
        per_address: a_minute(http.requests_per_minute_per_address),
        uncounted: |uri| realtime::is_of_connection(uri) || http::is_health(uri),
        apart: http::is_stop,
    };
    Ok(Layers::new(layers, Arc::new(SystemClock)))
}

/// The other sites whose pages may use the server.
pub(super) fn origins(settings: &Settings) -> Result<Origins, CliError> {
    let listed = settings.http.cors_allowed_origins.iter().map(|text| text.parse::<Origin>());
    let listed: Vec<Origin> = listed.collect::<Result<_, _>>().map_err(CliError::usage)?;
    Ok(Origins::new(&listed))
}

fn master_key(settings: &Settings) -> Result<MasterKey, CliError> {
    match &settings.identity.master_key {
        Some(text) => MasterKey::from_base64(text).map_err(CliError::usage),
        None => {
            let file = settings.data_dir.join(MASTER_KEY_FILE);
            MasterKey::from_file(&file).map_err(CliError::failed)
        }
    }
}

fn platform_settings(
    settings: &Settings,
    listen: SocketAddr,
) -> Result<PlatformSettings, CliError> {
    let identity = &settings.identity;
    let mail = match (&settings.mail.smtp_url, settings.environment) {
        (Some(url), _) => MailSettings::Smtp { url: url.clone(), from: settings.mail.from.clone() },
        (None, Environment::Development) => MailSettings::Development,
        (None, Environment::Production) => MailSettings::Nowhere,
    };
    let public_url = match settings.http.public_url.trim_end_matches('/') {
        "" => format!("http://{listen}"),
        url => url.to_owned(),
    };
    Ok(PlatformSettings {
        issuer: IssuerSettings {
            issuer: identity.issuer.clone(),
            audience: identity.audience.clone(),
            product_id: settings.product_id.clone(),
            algorithm: identity.algorithm.parse().map_err(CliError::usage)?,
            access_life: 60 * seconds(identity.access_token_minutes),
        },
        authority: AuthorityChoice {
            public_key_pem: identity.public_key.clone(),
            jwks_url: identity.jwks_url.clone(),
            shared_secret: identity.shared_secret.clone(),
            compatibility: identity.hs256_compatibility,
        },
        roles_claim: identity.roles_claim.clone(),
        accounts: AccountSettings {
            registration_open: identity.registration_open,
            verified_email_required: identity.verified_email_required,
            first_administrator: identity.first_administrator.clone(),
            public_url,
            sessions: SessionLives {
                idle: 86_400 * seconds(identity.refresh_token_days),
                whole: 86_400 * seconds(identity.session_days),
            },
        },
        mail,
        origins: origins(settings)?,
        behind_tls: settings.http.behind_tls,
    })
}
