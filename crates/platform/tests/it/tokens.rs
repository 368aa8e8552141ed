//! Tokens and their attackers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::get;
use ballast_domain::TenantId;
use ballast_platform::request::{Denial, Identity, Role};
use ballast_platform::seal::MasterKey;
use ballast_platform::token::{
    AuthorityChoice, Claims, Issuer, IssuerError, IssuerSettings, KeySource, LONGEST_ACCESS_LIFE,
    SIGNING_KEYS, SigningAlgorithm, Verifier, VerifierSettings,
};
use ballast_storage::{Clock as _, ProductStore, Store};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::{DrivenClock, Server};

const SECRET: &str = "a shared secret that is long enough";

struct World {
    clock: Arc<DrivenClock>,
    store: ProductStore,
    master: MasterKey,
    issuer: Arc<Issuer>,
}

fn settings(algorithm: SigningAlgorithm) -> IssuerSettings {
    IssuerSettings {
        issuer: "https://issuer.example".to_owned(),
        audience: "ballast".to_owned(),
        product_id: "trading".to_owned(),
        algorithm,
        access_life: Duration::from_secs(900),
    }
}

fn master() -> MasterKey {
    MasterKey::from_base64(&STANDARD.encode([7; 32])).unwrap()
}

impl World {
    async fn new(algorithm: SigningAlgorithm) -> Self {
        let clock = DrivenClock::new();
        let collections = std::slice::from_ref(&SIGNING_KEYS);
        let (store, _) = Store::memory(collections, clock.clone()).unwrap();
        let (store, master) = (store.product(), master());
        let issuer = Self::open(&store, &master, &clock, algorithm).await.unwrap();
        Self { clock, store, master, issuer: Arc::new(issuer) }
    }

    async fn open(
        store: &ProductStore,
        master: &MasterKey,
        clock: &Arc<DrivenClock>,
        algorithm: SigningAlgorithm,
    ) -> Result<Issuer, IssuerError> {
        Issuer::open(settings(algorithm), store, master.clone(), clock.clone()).await
    }

    async fn rotate(&self) {
        assert!(self.issuer.rotate_if_older_than(Duration::ZERO).await.unwrap());
    }

    fn sign(&self) -> String {
        self.issuer.sign(&user(), Role::Operator, "ses_1").unwrap()
    }

    fn verifier(&self, choice: &AuthorityChoice) -> Verifier {
        let source = KeySource::choose(choice, &self.issuer, self.clock.clone()).unwrap();
        Verifier::new(source, verifier_settings(), self.clock.clone())
    }

    fn own(&self) -> Verifier {
        self.verifier(&AuthorityChoice::default())
    }

    fn claims(&self) -> Value {
        let now = self.clock.now().nanos() / 1_000_000_000;
        json!({
            "iss": "https://issuer.example", "aud": "ballast", "sub": "usr_1",
            "product_id": "trading", "roles": ["admin"], "session_id": "ses_1",
            "iat": now, "exp": now + 900, "jti": "tok_1",
        })
    }
}

fn verifier_settings() -> VerifierSettings {
    VerifierSettings {
        issuer: "https://issuer.example".to_owned(),
        audience: "ballast".to_owned(),
        product_id: "trading".to_owned(),
        roles_claim: "roles".to_owned(),
    }
}

fn user() -> TenantId {
    "usr_1".parse().unwrap()
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// What an attacker makes of parts and a foreign secret or key.
fn forged(algorithm: Algorithm, kid: Option<&str>, claims: &Value, key: &EncodingKey) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    encode(&header, claims, key).unwrap()
}

fn foreign_key() -> EncodingKey {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EncodingKey::from_ec_der(key.as_ref())
}

/// The public key as PEM, as an attacker can compute it from the published set.
fn public_pem(world: &World) -> String {
    let jwks = serde_json::to_value(world.issuer.jwks()).unwrap();
    let point =
        |name: &str| URL_SAFE_NO_PAD.decode(jwks["keys"][0][name].as_str().unwrap()).unwrap();
    let prefix = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";
    let mut der: Vec<u8> = (0..prefix.len() / 2)
        .map(|i| u8::from_str_radix(&prefix[2 * i..2 * i + 2], 16).unwrap())
        .collect();
    der.extend(point("x"));
    der.extend(point("y"));
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

fn refused(answer: Result<Identity, Denial>, why: &str) {
    let denial = answer.unwrap_err();
    assert!(matches!(denial, Denial::Invalid(_)), "{why}: {denial:?}");
}

#[tokio::test]
async fn a_token_says_exactly_who_and_for_how_long() {
    for algorithm in [SigningAlgorithm::ES256, SigningAlgorithm::RS256] {
        let world = World::new(algorithm).await;
        let token = world.sign();
        let claims: Claims = serde_json::from_value(part(&token, 1)).unwrap();
        assert_eq!(claims.exp - claims.iat, 900);
        assert_eq!(claims.roles, ["user", "operator"]);
        let names: Vec<_> = part(&token, 1).as_object().unwrap().keys().cloned().collect();
        let expected =
            ["aud", "exp", "iat", "iss", "jti", "product_id", "roles", "session_id", "sub"];
        assert_eq!(names, expected);
        assert_eq!(part(&token, 0)["alg"], format!("{algorithm:?}"));
        let identity = world.own().verify(&token).await.unwrap();
        assert_eq!((identity.user, identity.role), (user(), Role::Operator));
        assert_eq!(identity.session, "ses_1");
    }
}

#[tokio::test]
async fn a_token_counts_until_it_expires() {
    let world = World::new(SigningAlgorithm::ES256).await;
    let (token, verifier) = (world.sign(), world.own());
    world.clock.advance(Duration::from_secs(900 + 29));
    assert!(verifier.verify(&token).await.is_ok(), "clocks may differ a little");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(verifier.verify(&token).await, Err(Denial::Expired));
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let world = World::new(SigningAlgorithm::ES256).await;
    let (verifier, token) = (world.own(), world.sign());
    let kid = part(&token, 0)["kid"].as_str().unwrap().to_owned();
    let claims = world.claims();
    let pem = public_pem(&world);
    for none in ["none", "None", "NONE", ""] {
        let header = encoded(&json!({"alg": none, "typ": "JWT", "kid": kid}));
        for signature in ["", token.rsplit('.').next().unwrap()] {
            let forgery = format!("{header}.{}.{signature}", encoded(&claims));
            refused(verifier.verify(&forgery).await, none);
        }
    }
    let jwks = serde_json::to_string(&world.issuer.jwks()).unwrap();
    let point = STANDARD.decode(pem.lines().nth(1).unwrap()).unwrap();
    for secret in [pem.as_bytes(), pem.trim().as_bytes(), jwks.as_bytes(), &point, b""] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let key = EncodingKey::from_secret(secret);
            let forgery = forged(algorithm, Some(&kid), &claims, &key);
            refused(verifier.verify(&forgery).await, "a public key as a secret");
            let choice =
                AuthorityChoice { public_key_pem: Some(pem.clone()), ..Default::default() };
            let by_pem = world.verifier(&choice);
            refused(by_pem.verify(&forgery).await, "a public key as a secret");
        }
    }
    let foreign = foreign_key();
    for kid in [Some(kid.as_str()), Some("other"), None] {
        refused(
            verifier.verify(&forged(Algorithm::ES256, kid, &claims, &foreign)).await,
            "a foreign key",
        );
    }
    let [header, _, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let changed = format!("{header}.{}.{signature}", encoded(&claims));
    refused(verifier.verify(&changed).await, "claims of another token");
    let jwk_in_header = {
        let mut header = part(&token, 0);
        header["jwk"] = serde_json::to_value(world.issuer.jwks()).unwrap()["keys"][0].clone();
        header["crit"] = json!(["x"]);
        format!("{}.{}.{signature}", encoded(&header), encoded(&claims))
    };
    refused(verifier.verify(&jwk_in_header).await, "a key that the token brings along");
    for text in ["", "a", "a.b", "a.b.c", "..", &"x".repeat(20_000), &format!("{token}.x")] {
        refused(verifier.verify(text).await, text);
    }
}

#[tokio::test]
async fn every_bit_of_a_token_counts() {
    let world = World::new(SigningAlgorithm::ES256).await;
    let (verifier, token) = (world.own(), world.sign());
    let signed = token.rfind('.').unwrap();
    for at in (0..token.len()).step_by(7).filter(|at| *at != signed) {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(verifier.verify(&changed).await.is_err(), "byte {at}");
    }
}

/// The authority's own signature does not help a token that says the wrong things.
#[tokio::test]
async fn what_the_authority_has_signed_for_others_is_refused() {
    let world = World::new(SigningAlgorithm::ES256).await;
    let choice = AuthorityChoice {
        shared_secret: Some(SECRET.to_owned()),
        compatibility: true,
        ..Default::default()
    };
    let verifier = world.verifier(&choice);
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let now = world.claims()["iat"].as_i64().unwrap();
    let check = async |change: Value| {
        let mut claims = world.claims();
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        verifier.verify(&forged(Algorithm::HS256, None, &claims, &key)).await
    };
    assert_eq!(check(json!({})).await.unwrap().role, Role::Admin);
    assert_eq!(check(json!({"aud": ["x", "ballast"]})).await.unwrap().role, Role::Admin);
    assert_eq!(check(json!({"roles": ["root"]})).await.unwrap().role, Role::User);
    assert_eq!(check(json!({"roles": null})).await.unwrap().role, Role::User);
    assert_eq!(check(json!({"exp": now - 31})).await, Err(Denial::Expired));
    for change in [
        json!({"iss": "https://other.example"}),
        json!({"iss": null}),
        json!({"aud": "other"}),
        json!({"aud": []}),
        json!({"aud": null}),
        json!({"product_id": "other"}),
        json!({"sub": ""}),
        json!({"sub": null}),
        json!({"exp": null}),
        json!({"exp": "9999999999"}),
        json!({"nbf": now + 31}),
        json!({"iat": now + 31}),
    ] {
        refused(check(change.clone()).await, &change.to_string());
    }
    let token = world.sign();
    refused(verifier.verify(&token).await, "a token of the authority that is not active");
}

#[tokio::test]
async fn tokens_of_a_replaced_key_are_good_until_they_expire() {
    let world = World::new(SigningAlgorithm::ES256).await;
    let (old, verifier) = (world.sign(), world.own());
    world.rotate().await;
    let new = world.sign();
    assert_ne!(part(&old, 0)["kid"], part(&new, 0)["kid"]);
    assert_eq!(world.issuer.jwks().keys.len(), 2);
    assert!(verifier.verify(&old).await.is_ok() && verifier.verify(&new).await.is_ok());
    let without_kid = {
        let mut header = part(&new, 0);
        header.as_object_mut().unwrap().remove("kid");
        let rest = new.split_once('.').unwrap().1;
        format!("{}.{rest}", encoded(&header))
    };
    refused(verifier.verify(&without_kid).await, "it names none of several keys");
    world.clock.advance(LONGEST_ACCESS_LIFE + Duration::from_secs(3_601));
    world.issuer.reload().await.unwrap();
    assert_eq!(world.issuer.jwks().keys.len(), 1);
    refused(verifier.verify(&old).await, "its key is gone");
}

/// What a server asks for each day.
#[tokio::test]
async fn a_key_is_replaced_at_its_age_and_stays_while_its_tokens_live() {
    const DAY: Duration = Duration::from_secs(86_400);
    let world = World::new(SigningAlgorithm::ES256).await;
    let other = World::open(&world.store, &world.master, &world.clock, SigningAlgorithm::ES256);
    let other = other.await.unwrap();
    let kid = || part(&world.sign(), 0)["kid"].clone();
    let first = kid();
    let rotate = async || world.issuer.rotate_if_older_than(30 * DAY).await.unwrap();
    for _ in 0..29 {
        world.clock.advance(DAY);
        assert!(!rotate().await);
    }
    assert_eq!(kid(), first);
    world.clock.advance(DAY);
    assert!(rotate().await && !rotate().await, "once");
    let second = kid();
    assert_ne!(second, first);
    // The other node signs with the old key until it is its turn, which finds the new one.
    world.clock.advance(Duration::from_secs(1_800));
    let late = other.sign(&user(), Role::User, "ses_1").unwrap();
    assert_eq!(part(&late, 0)["kid"], first);
    assert!(!other.rotate_if_older_than(30 * DAY).await.unwrap());
    let next = other.sign(&user(), Role::User, "ses_1").unwrap();
    assert_eq!(part(&next, 0)["kid"], second);
    world.clock.advance(LONGEST_ACCESS_LIFE);
    assert!(!rotate().await);
    assert_eq!(world.issuer.jwks().keys.len(), 2, "the late token may be alive");
    world.clock.advance(DAY);
    assert!(!rotate().await);
    assert_eq!(world.issuer.jwks().keys.len(), 1);
    for _ in 0..3 {
        world.clock.advance(30 * DAY);
        assert!(rotate().await);
    }
    assert_eq!(world.issuer.jwks().keys.len(), 2);
}

#[tokio::test]
async fn keys_outlive_the_process_and_stay_sealed() {
    let world = World::new(SigningAlgorithm::ES256).await;
    let token = world.sign();
    let again = World::open(&world.store, &world.master, &world.clock, SigningAlgorithm::ES256);
    let again = World { issuer: Arc::new(again.await.unwrap()), ..world };
    assert!(again.own().verify(&token).await.is_ok());
    assert_eq!(again.issuer.jwks().keys.len(), 1);
    let documents = again.store.documents(&SIGNING_KEYS);
    let stored = documents.query::<Value>(&ballast_storage::Query::default()).await.unwrap();
    let sealed = stored.documents[0].body["privateKey"].as_str().unwrap();
    assert!(sealed.starts_with("x1."), "{sealed}");
    let other = MasterKey::from_base64(&STANDARD.encode([8; 32])).unwrap();
    let error = World::open(&again.store, &other, &again.clock, SigningAlgorithm::ES256).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("BALLAST_MASTER_KEY"), "{error}");
}

/// Another node has rotated: this one learns of the key by the first token that it signs.
#[tokio::test]
async fn a_key_of_another_node_is_learned() {
    let world = World::new(SigningAlgorithm::ES256).await;
    let other = World::open(&world.store, &world.master, &world.clock, SigningAlgorithm::ES256);
    let other = other.await.unwrap();
    assert!(other.rotate_if_older_than(Duration::ZERO).await.unwrap());
    let token = other.sign(&user(), Role::User, "ses_1").unwrap();
    world.clock.advance(Duration::from_secs(5));
    assert!(world.own().verify(&token).await.is_ok());
}

#[tokio::test]
async fn a_public_key_alone_is_enough() {
    let world = World::new(SigningAlgorithm::ES256).await;
    let choice = AuthorityChoice { public_key_pem: Some(public_pem(&world)), ..Default::default() };
    assert!(world.verifier(&choice).verify(&world.sign()).await.is_ok());
    let choice = AuthorityChoice { public_key_pem: Some("key".to_owned()), ..Default::default() };
    let error = KeySource::choose(&choice, &world.issuer, world.clock.clone()).unwrap_err();
    assert!(error.to_string().starts_with("PLATFORM_JWT_PUBLIC_KEY"), "{error}");
}

#[tokio::test]
async fn exactly_one_authority_is_active() {
    let world = World::new(SigningAlgorithm::ES256).await;
    let some = |text: &str| Some(text.to_owned());
    let cases = [
        (AuthorityChoice::default(), "own"),
        (
            AuthorityChoice { jwks_url: some("https://a.example/jwks"), ..Default::default() },
            "jwksUrl",
        ),
        (
            AuthorityChoice {
                jwks_url: some("https://a.example/jwks"),
                public_key_pem: some("x"),
                ..Default::default()
            },
            "PLATFORM_JWT_PUBLIC_KEY and PLATFORM_JWT_JWKS_URL are set",
        ),
        (
            AuthorityChoice { shared_secret: some(SECRET), ..Default::default() },
            "switch the compatibility mode on",
        ),
        (
            AuthorityChoice {
                shared_secret: some(SECRET),
                jwks_url: some("https://a.example/jwks"),
                compatibility: true,
                ..Default::default()
            },
            "PLATFORM_JWT_JWKS_URL and JWT_SECRET are set",
        ),
        (
            AuthorityChoice {
                shared_secret: some("short"),
                compatibility: true,
                ..Default::default()
            },
            "shorter than 32 bytes",
        ),
        (AuthorityChoice { compatibility: true, ..Default::default() }, "JWT_SECRET is not set"),
        (AuthorityChoice { jwks_url: some("ftp://a"), ..Default::default() }, "not an http"),
    ];
    for (choice, expected) in cases {
        let found = KeySource::choose(&choice, &world.issuer, world.clock.clone());
        let text = found.map_or_else(|error| error.to_string(), |source| source.name().to_owned());
        assert!(text.contains(expected), "{text}");
    }
}

struct Outside {
    asked: Arc<AtomicU32>,
    away: Arc<AtomicBool>,
    hanging: watch::Sender<bool>,
    server: Server,
}

/// An authority outside, which publishes the keys of `issuer` as they are.
async fn outside(issuer: Arc<Issuer>) -> Outside {
    let (asked, away) = (Arc::<AtomicU32>::default(), Arc::<AtomicBool>::default());
    let hanging = watch::Sender::new(false);
    let (counter, is_away, hangs) = (Arc::clone(&asked), Arc::clone(&away), hanging.clone());
    let jwks = get(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        let is_away = is_away.load(Ordering::Relaxed);
        let (issuer, mut hangs) = (Arc::clone(&issuer), hangs.subscribe());
        async move {
            hangs.wait_for(|hangs| !hangs).await.unwrap();
            let mut set = serde_json::to_value(issuer.jwks()).unwrap();
            set["keys"].as_array_mut().unwrap().push(json!({"kty": "novel", "kid": "n"}));
            set["keys"].as_array_mut().unwrap().push(json!({
                "kty": "oct", "kid": "shared", "k": URL_SAFE_NO_PAD.encode(SECRET), "alg": "HS256"
            }));
            if is_away {
                StatusCode::BAD_GATEWAY.into_response()
            } else {
                axum::Json(set).into_response()
            }
        }
    });
    let server = Server::start(Router::new().route("/jwks", jwks)).await;
    Outside { asked, away, hanging, server }
}

/// Whoever is signed in goes on: a pause of all trading is among what they may ask for.
#[tokio::test]
async fn an_outside_authority_that_hangs_makes_nobody_wait_whose_key_is_known() {
    let world = World::new(SigningAlgorithm::ES256).await;
    let outside = outside(Arc::clone(&world.issuer)).await;
    let url = format!("{}/jwks", outside.server.url);
    let verifier = world.verifier(&AuthorityChoice { jwks_url: Some(url), ..Default::default() });
    let asked = || outside.asked.load(Ordering::Relaxed);
    assert!(verifier.verify(&world.sign()).await.is_ok());
    outside.hanging.send_replace(true);
    world.clock.advance(Duration::from_secs(600));
    let token = world.sign();
    // Less than the time after which an authority is given up.
    let all = tokio::time::timeout(Duration::from_secs(2), async {
        for _ in 0..50 {
            assert!(verifier.verify(&token).await.is_ok());
        }
        while asked() < 2 {
            assert!(verifier.verify(&token).await.is_ok());
            tokio::task::yield_now().await;
        }
    });
    all.await.unwrap();
    assert_eq!(asked(), 2, "one asks for all");
    // What it says in the end counts, for whoever has waited for it.
    world.rotate().await;
    let renewed = world.sign();
    let waiting = verifier.verify(&renewed);
    outside.hanging.send_replace(false);
    assert!(waiting.await.is_ok());
    assert_eq!(asked(), 2);
}

#[tokio::test]
async fn an_outside_authority_is_asked_seldom_and_missed_never() {
    let world = World::new(SigningAlgorithm::ES256).await;
    let outside = outside(Arc::clone(&world.issuer)).await;
    let url = format!("{}/jwks", outside.server.url);
    let verifier = world.verifier(&AuthorityChoice { jwks_url: Some(url), ..Default::default() });
    let asked = || outside.asked.load(Ordering::Relaxed);
    outside.away.store(true, Ordering::Relaxed);
    assert!(matches!(verifier.verify(&world.sign()).await, Err(Denial::Unavailable(_))));
    outside.away.store(false, Ordering::Relaxed);
    world.clock.advance(Duration::from_secs(10));
    for _ in 0..3 {
        assert!(verifier.verify(&world.sign()).await.is_ok());
    }
    assert_eq!(asked(), 2);
    let secret = EncodingKey::from_secret(SECRET.as_bytes());
    let forgery = forged(Algorithm::HS256, Some("shared"), &world.claims(), &secret);
    for _ in 0..50 {
        refused(verifier.verify(&forgery).await, "a secret that everybody can read");
    }
    assert_eq!(asked(), 2, "made-up keys do not make it ask");
    world.clock.advance(Duration::from_secs(10));
    world.rotate().await;
    assert!(verifier.verify(&world.sign()).await.is_ok(), "a new key is looked for");
    assert_eq!(asked(), 3);
    outside.away.store(true, Ordering::Relaxed);
    world.clock.advance(Duration::from_secs(3_600));
    while asked() < 4 {
        assert!(verifier.verify(&world.sign()).await.is_ok(), "the last good keys stay");
        tokio::task::yield_now().await;
    }
    assert!(verifier.verify(&world.sign()).await.is_ok(), "the last good keys stay");
}

#[tokio::test]
async fn roles_of_an_outside_issuer_are_found_where_it_keeps_them() {
    let world = World::new(SigningAlgorithm::ES256).await;
    let choice = AuthorityChoice {
        shared_secret: Some(SECRET.to_owned()),
        compatibility: true,
        ..Default::default()
    };
    let source = KeySource::choose(&choice, &world.issuer, world.clock.clone()).unwrap();
    let settings =
        VerifierSettings { roles_claim: "realm_access.roles".to_owned(), ..verifier_settings() };
    let verifier = Verifier::new(source, settings, world.clock.clone());
    let mut claims = world.claims();
    claims["realm_access"] = json!({"roles": ["offline", "operator"]});
    claims["scope"] = json!("openid phone");
    for name in ["roles", "session_id", "product_id"] {
        claims.as_object_mut().unwrap().remove(name);
    }
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let identity = verifier.verify(&forged(Algorithm::HS256, None, &claims, &key)).await.unwrap();
    assert_eq!(identity.role, Role::Operator);
    assert_eq!(identity.scopes, ["openid", "phone"]);
}
