//! The whole service on a port, with what it tells its audit, and a client of it.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ballast_platform::account::{AccountSettings, Cause, SessionLives};
use ballast_platform::audit::{Audit, AuditEvent, AuditRecord, AuditUnavailable, Recording};
use ballast_platform::mail::MailSettings;
use ballast_platform::request::{
    Api, Gate, LayerSettings, Layers, Limit, Limiter, Origins, Role, RouteEntry, not_found,
};
use ballast_platform::seal::MasterKey;
use ballast_platform::token::{AuthorityChoice, IssuerSettings, SigningAlgorithm};
use ballast_platform::{COLLECTIONS, Platform, PlatformSettings};
use ballast_storage::{Faults, Store};
use base64::Engine as _;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

use super::{Answer, DrivenClock, Server};

/// How long access tokens of the tests are good.
pub(crate) const ACCESS_LIFE: Duration = Duration::from_secs(15 * 60);
/// How long their sessions live without being used.
pub(crate) const IDLE_LIFE: Duration = Duration::from_secs(30 * 86_400);
/// How long they live at all.
pub(crate) const WHOLE_LIFE: Duration = Duration::from_secs(90 * 86_400);
pub(crate) const PASSWORD: &str = "four words like these";

/// Keeps every record, unless it is told to fail.
#[derive(Debug, Default)]
pub(crate) struct MemoryAudit {
    records: Mutex<Vec<AuditRecord>>,
    away: std::sync::atomic::AtomicBool,
}

impl MemoryAudit {
    pub(crate) fn set_away(&self, away: bool) {
        self.away.store(away, std::sync::atomic::Ordering::Relaxed);
    }

    /// The names of the events so far, which are forgotten by that.
    pub(crate) fn events(&self) -> Vec<String> {
        let records = std::mem::take(&mut *self.records.lock().unwrap());
        let name = |event: &AuditEvent| {
            serde_json::to_value(event).unwrap()["event"].as_str().unwrap().to_owned()
        };
        records.iter().map(|record| name(&record.event)).collect()
    }

    pub(crate) fn last(&self) -> AuditRecord {
        self.records.lock().unwrap().last().unwrap().clone()
    }
}

impl Audit for MemoryAudit {
    fn record(&self, record: AuditRecord) -> Recording<'_> {
        let answer = if self.away.load(std::sync::atomic::Ordering::Relaxed) {
            Err(AuditUnavailable("away".to_owned()))
        } else {
            self.records.lock().unwrap().push(record);
            Ok(())
        };
        Box::pin(std::future::ready(answer))
    }
}

/// The service on a port.
pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) platform: Platform,
    pub(crate) description: OpenApi,
    pub(crate) entries: Vec<RouteEntry>,
    pub(crate) clock: Arc<DrivenClock>,
    pub(crate) audit: Arc<MemoryAudit>,
    pub(crate) faults: Option<Faults>,
}

pub(crate) fn settings() -> PlatformSettings {
    PlatformSettings {
        issuer: IssuerSettings {
            issuer: "https://trade.example".to_owned(),
            audience: "ballast".to_owned(),
            product_id: "trading".to_owned(),
            algorithm: SigningAlgorithm::ES256,
            access_life: ACCESS_LIFE,
        },
        authority: AuthorityChoice::default(),
        roles_claim: "roles".to_owned(),
        accounts: AccountSettings {
            registration_open: true,
            verified_email_required: false,
            first_administrator: "demo".parse().unwrap(),
            public_url: "https://trade.example/app/".to_owned(),
            sessions: SessionLives { idle: IDLE_LIFE, whole: WHOLE_LIFE },
        },
        mail: MailSettings::Development,
        origins: Origins::new(&["https://app.example".parse().unwrap()]),
        behind_tls: true,
    }
}

pub(crate) fn master() -> MasterKey {
    let key = base64::engine::general_purpose::STANDARD.encode([7; 32]);
    MasterKey::from_base64(&key).unwrap()
}

pub(crate) async fn start() -> Running {
    start_with(settings()).await
}

pub(crate) async fn start_with(settings: PlatformSettings) -> Running {
    let clock = DrivenClock::new();
    let (store, faults) = Store::memory(COLLECTIONS, clock.clone()).unwrap();
    let running = start_on(settings, &store, clock).await;
    Running { faults: Some(faults), ..running }
}

pub(crate) async fn start_on(
    settings: PlatformSettings,
    store: &Store,
    clock: Arc<DrivenClock>,
) -> Running {
    let audit = Arc::new(MemoryAudit::default());
    let (origins, behind_tls) = (settings.origins.clone(), settings.behind_tls);
    let recorder = Arc::<MemoryAudit>::clone(&audit);
    let opened = Platform::open(settings, store.product(), master(), recorder, clock.clone());
    let platform = opened.await.unwrap();
    let requests = NonZeroU32::new(100_000).unwrap();
    let generous = Limit { requests, window: Duration::from_secs(60) };
    let limiter = Arc::new(Limiter::new(generous, clock.clone()));
    let gate = Gate::new(platform.authority(), limiter);
    let api = Api::new(gate.clone()).nest("/platform", platform.api(gate));
    let (router, description, entries) = api.split();
    let layers = LayerSettings {
        origins,
        scripts: &[],
        behind_tls,
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        per_address: generous,
        uncounted: |_| false,
        apart: |_, _| false,
    };
    let layers = Layers::new(layers, clock.clone());
    let server = Server::start(layers.around(router.fallback(not_found))).await;
    Running { server, platform, description, entries, clock, audit, faults: None }
}

impl Running {
    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.server.post(&format!("/platform/api/{path}"), body)
    }

    /// With a token, and a body when it is not null.
    pub(crate) fn with(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: &Value,
    ) -> RequestBuilder {
        let request = self.server.request(method, &format!("/platform/api/{path}"));
        let request = if token.is_empty() { request } else { request.bearer_auth(token) };
        if body.is_null() { request } else { request.json(body) }
    }

    pub(crate) async fn user(&self, email: &str, role: Role) -> String {
        let accounts = self.platform.accounts();
        let cause = Cause::default();
        let made = accounts.create_user(email, role, PASSWORD.to_owned(), &cause);
        made.await.unwrap().id
    }

    pub(crate) fn login(&self, email: &str, password: &str) -> RequestBuilder {
        self.post("auth/login", &json!({"email": email, "password": password}))
    }

    pub(crate) async fn sign_in(&self, email: &str) -> Tokens {
        let answer = Answer::of(self.login(email, PASSWORD)).await;
        assert_eq!(answer.outcome(), "200", "{answer:?}");
        Tokens::of(&answer)
    }

    pub(crate) fn refresh(&self, token: &str) -> RequestBuilder {
        self.post("auth/refresh", &json!({"refreshToken": token}))
    }

    /// Whether the access token opens a route.
    pub(crate) async fn me(&self, access: &str) -> String {
        Answer::of(self.with(Method::GET, "auth/me", access, &Value::Null)).await.outcome()
    }

    /// The token of the newest message about this, which may still be on its way.
    pub(crate) async fn mailed_token(&self, to: &str, subject: &str) -> String {
        loop {
            let answer = Answer::of(self.server.get("/platform/dev/mailbox.json")).await.json();
            let messages = answer["messages"].as_array().unwrap();
            let found = messages.iter().find(|mail| mail["to"] == to && mail["subject"] == subject);
            if let Some(mail) = found {
                let link = mail["link"].as_str().unwrap();
                return link.split_once("#token=").unwrap().1.to_owned();
            }
        }
    }
}

/// What somebody who is signed in has.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    pub(crate) fn of(answer: &Answer) -> Self {
        let body = answer.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Self { access: text("accessToken"), refresh: text("refreshToken") }
    }
}
