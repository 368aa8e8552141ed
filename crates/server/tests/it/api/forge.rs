//! Tokens that must not count, made from one that does.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use ballast_domain::Timestamp;
use ballast_platform::account::{AccountSettings, Cause, Client as AccountClient, SessionLives};
use ballast_platform::audit::LogAudit;
use ballast_platform::mail::MailSettings;
use ballast_platform::request::{Origins, Role};
use ballast_platform::seal::MasterKey;
use ballast_platform::token::{AuthorityChoice, IssuerSettings, SigningAlgorithm};
use ballast_platform::{COLLECTIONS, Platform, PlatformSettings};
use ballast_storage::{Clock, Options, Store};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::Value;

use super::client::Client;
use super::people::PASSWORD;
use crate::support::Desk;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A clock that stands.
#[derive(Debug)]
struct Standing(Timestamp);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A token of this very server that has expired: signed an hour ago, with its own key, for an
/// administrator. Needs the data directory to itself, before the server starts.
pub(super) async fn expired(desk: &Desk) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_nanos()).unwrap();
    let clock = Arc::new(Standing(Timestamp::from_nanos(now - 3_600_000_000_000)));
    let directory = desk.data().join("platform");
    std::fs::create_dir_all(&directory).unwrap();
    let options =
        Options { directory, collections: COLLECTIONS, max_bytes: None, local_bytes: None };
    let store = Store::open(options, clock.clone()).await.unwrap();
    let master = MasterKey::from_file(&desk.data().join("master.key")).unwrap();
    let audit = Arc::new(LogAudit);
    let platform = Platform::open(settings(), store.product(), master, audit, clock).await.unwrap();
    let (accounts, email) = (platform.accounts(), "yesterday@example.org");
    let (password, cause) = (PASSWORD.to_owned(), Cause::default());
    accounts.create_user(email, Role::Operator, password.clone(), &cause).await.unwrap();
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let client = AccountClient { address, user_agent: String::new() };
    let signed_in = accounts.sign_in(email, password, &client, &cause).await.unwrap();
    store.close().await.unwrap();
    signed_in.access_token
}

/// As the server's own defaults are.
fn settings() -> PlatformSettings {
    PlatformSettings {
        issuer: IssuerSettings {
            issuer: "ballast".to_owned(),
            audience: "ballast".to_owned(),
            product_id: "ballast".to_owned(),
            algorithm: SigningAlgorithm::ES256,
            access_life: Duration::from_secs(900),
        },
        authority: AuthorityChoice::default(),
        roles_claim: "roles".to_owned(),
        accounts: AccountSettings {
            registration_open: true,
            verified_email_required: false,
            first_administrator: "demo".parse().unwrap(),
            public_url: "http://localhost".to_owned(),
            sessions: SessionLives { idle: 30 * DAY, whole: 90 * DAY },
        },
        mail: MailSettings::Development,
        origins: Origins::default(),
        behind_tls: false,
    }
}

/// What attackers make of a token of a user and the published keys, each with its name.
pub(super) async fn forged(nobody: &Client, token: &str) -> Vec<(&'static str, String)> {
    let keys = nobody.get("/platform/.well-known/jwks.json").await.json(200);
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("{token}")
    };
    let mut raised = decoded(claims);
    raised["roles"] = serde_json::json!(["user", "operator", "admin"]);
    let kid = decoded(header)["kid"].as_str().map(str::to_owned);
    let signed = |algorithm, key: &EncodingKey| {
        encode(&Header { kid: kid.clone(), ..Header::new(algorithm) }, &raised, key).unwrap()
    };
    let none = encoded(&serde_json::json!({"alg": "none", "typ": "JWT", "kid": kid}));
    let other_end = if signature.ends_with('A') { "Q" } else { "A" };
    let cut = &signature[..signature.len() - 4];
    let raised_text = encoded(&raised);
    vec![
        ("tampered claims", format!("{header}.{raised_text}.{signature}")),
        ("tampered signature", format!("{header}.{claims}.{cut}{other_end}AAA")),
        ("unsigned", format!("{header}.{raised_text}.")),
        ("alg none", format!("{none}.{raised_text}.")),
        ("alg none, signed", format!("{none}.{raised_text}.{signature}")),
        ("foreign key", signed(Algorithm::ES256, &foreign_key())),
        ("public key as secret", signed(Algorithm::HS256, &public_key(&keys))),
        ("no token at all", "nonsense".to_owned()),
    ]
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn foreign_key() -> EncodingKey {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EncodingKey::from_ec_der(key.as_ref())
}

/// The server's public key as PEM, used as if it were a shared secret.
fn public_key(keys: &Value) -> EncodingKey {
    let point =
        |name: &str| URL_SAFE_NO_PAD.decode(keys["keys"][0][name].as_str().unwrap()).unwrap();
    let prefix = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE";
    let mut der = STANDARD.decode(prefix).unwrap();
    der.extend(point("x"));
    der.extend(point("y"));
    let der = STANDARD.encode(der);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n");
    EncodingKey::from_secret(pem.as_bytes())
}
