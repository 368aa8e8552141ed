//! What is done for an address tells nobody whether it has an account.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ballast_storage::{Clock, Faults, Store};

use super::{AccountError, AccountSettings, Accounts, Cause, Client, SessionLives, TokenIn};
use crate::audit::LogAudit;
use crate::mail::MailSettings;
use crate::request::Origins;
use crate::seal::MasterKey;
use crate::token::{AuthorityChoice, IssuerSettings, SigningAlgorithm};
use crate::{COLLECTIONS, Platform, PlatformSettings};

const KNOWN: &str = "known@example.com";
const UNKNOWN: &str = "unknown@example.com";
const PASSWORD: &str = "four words like these";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug)]
struct Standing;

impl Clock for Standing {
    fn now(&self) -> ballast_domain::Timestamp {
        ballast_domain::Timestamp::from_nanos(1_790_000_000_000_000_000)
    }
}

async fn accounts() -> (Accounts, Faults) {
    let (store, faults) = Store::memory(COLLECTIONS, Arc::new(Standing)).unwrap();
    let accounts = accounts_on(&store).await;
    accounts.register(KNOWN, PASSWORD.to_owned(), &Cause::default()).await.unwrap();
    (accounts, faults)
}

/// The accounts that a store has, as a process finds them that is started.
async fn accounts_on(store: &Store) -> Accounts {
    let settings = PlatformSettings {
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
            public_url: "https://trade.example".to_owned(),
            sessions: SessionLives { idle: DAY, whole: DAY },
        },
        mail: MailSettings::Development,
        origins: Origins::default(),
        behind_tls: false,
    };
    let master = MasterKey::from_base64("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    let audit = Arc::new(LogAudit);
    let opened = Platform::open(settings, store.product(), master, audit, Arc::new(Standing));
    opened.await.unwrap().accounts().clone()
}

/// A node on a store that is shared, with what it keeps by itself.
async fn on_node(store: &Store, folder: &tempfile::TempDir) -> Accounts {
    accounts_on(&store.with_local(folder.path().to_owned(), 64 << 10).await.unwrap()).await
}

#[tokio::test]
async fn who_is_shut_out_without_the_store_stays_out_over_a_crash_and_is_recorded_late() {
    let folder = tempfile::tempdir().unwrap();
    let (store, faults) = Store::memory(COLLECTIONS, Arc::new(Standing)).unwrap();
    let accounts = on_node(&store, &folder).await;
    accounts.register(KNOWN, PASSWORD.to_owned(), &Cause::default()).await.unwrap();
    let user = accounts.by_email(KNOWN).await.unwrap();
    let id = user.tenant().unwrap();
    faults.set_away(true);
    assert!(accounts.disable(&id, &Cause::default()).await.is_err(), "it cannot be recorded yet");
    let shut = accounts.shut_users().borrow().clone();
    assert!(shut.contains_key(&id));
    faults.set_away(false);
    for _ in 0..2 {
        let again = on_node(&store, &folder).await;
        assert_eq!(*again.shut_users().borrow(), shut, "by whom and since when too");
        assert!(!again.by_email(KNOWN).await.unwrap().disabled, "the store does not know it yet");
    }
    let again = on_node(&store, &folder).await;
    faults.set_away(true);
    assert!(again.record_shut().await.is_err());
    faults.set_away(false);
    assert_eq!(again.record_shut().await.unwrap(), 1);
    assert!(again.by_email(KNOWN).await.unwrap().disabled);
    assert_eq!(again.record_shut().await.unwrap(), 0);
    again.enable(&id, &Cause::default()).await.unwrap();
    let again = on_node(&store, &folder).await;
    assert!(again.shut_users().borrow().is_empty(), "the node has forgotten it");
}

#[tokio::test]
async fn who_is_let_in_again_before_it_was_recorded_stays_in() {
    let folder = tempfile::tempdir().unwrap();
    let (store, faults) = Store::memory(COLLECTIONS, Arc::new(Standing)).unwrap();
    let accounts = on_node(&store, &folder).await;
    accounts.register(KNOWN, PASSWORD.to_owned(), &Cause::default()).await.unwrap();
    let id = accounts.by_email(KNOWN).await.unwrap().tenant().unwrap();
    faults.set_away(true);
    accounts.disable(&id, &Cause::default()).await.unwrap_err();
    faults.set_away(false);
    accounts.enable(&id, &Cause::default()).await.unwrap();
    assert_eq!(accounts.record_shut().await.unwrap(), 0);
    let again = on_node(&store, &folder).await;
    assert!(again.shut_users().borrow().is_empty());
    assert!(!again.by_email(KNOWN).await.unwrap().disabled);
}

/// What was done: passwords hashed, and the store asked to read and to write.
async fn done(accounts: &Accounts, faults: &Faults, act: impl Future<Output = ()>) -> [u64; 4] {
    let count = || {
        let (asked, inner) = (faults.asked(), &accounts.inner);
        let mails = inner.mailer.mailbox().unwrap().messages().len() as u64;
        [inner.hasher.hashed.load(Ordering::Relaxed), asked.reads, asked.writes, mails]
    };
    let before = count();
    act.await;
    let after = count();
    std::array::from_fn(|index| after[index] - before[index])
}

#[tokio::test]
async fn to_register_does_the_same_for_an_address_with_an_account() {
    let (accounts, faults) = accounts().await;
    let register = async |email: &str| {
        let (password, cause) = ("other words than those".to_owned(), Cause::default());
        accounts.register(email, password, &cause).await.unwrap();
    };
    let known = done(&accounts, &faults, register(KNOWN)).await;
    let unknown = done(&accounts, &faults, register(UNKNOWN)).await;
    assert_eq!(known, unknown);
    assert_eq!((known[0], known[3]), (1, 1), "one hash, one message");
    let client = Client { address: IpAddr::from([192, 0, 2, 1]), user_agent: String::new() };
    let password = PASSWORD.to_owned();
    let signed_in = accounts.sign_in(KNOWN, password, &client, &Cause::default()).await;
    assert!(signed_in.is_ok(), "the account is as it was: {signed_in:?}");
}

#[tokio::test]
async fn a_wrong_password_does_the_same_for_an_address_with_an_account() {
    let (accounts, faults) = accounts().await;
    let client = Client { address: IpAddr::from([192, 0, 2, 1]), user_agent: String::new() };
    let sign_in = async |email: &str| {
        let password = "not the password".to_owned();
        let refused = accounts.sign_in(email, password, &client, &Cause::default()).await;
        assert!(matches!(refused, Err(AccountError::Credentials)), "{refused:?}");
    };
    let known = done(&accounts, &faults, sign_in(KNOWN)).await;
    let unknown = done(&accounts, &faults, sign_in(UNKNOWN)).await;
    assert_eq!(known, unknown);
    assert_eq!(known[0], 1);
}

#[tokio::test]
async fn a_forgotten_password_does_nothing_before_its_answer() {
    let (accounts, faults) = accounts().await;
    for email in [KNOWN, UNKNOWN] {
        let forgot = async { accounts.forgot_password(email, &Cause::default()).unwrap() };
        assert_eq!(done(&accounts, &faults, forgot).await, [0; 4], "{email}");
    }
}

/// Several tabs have sent the same cookie before the first of them was answered. All of them get
/// the token that the quickest has got; a client without a cookie cannot be two tabs.
#[tokio::test]
async fn whoever_refreshes_while_another_does_gets_what_the_other_gets() {
    for (from, is_served) in [(TokenIn::Cookie, true), (TokenIn::Body, false)] {
        let (accounts, _) = accounts().await;
        let client = Client { address: IpAddr::from([192, 0, 2, 1]), user_agent: String::new() };
        let password = PASSWORD.to_owned();
        let signed_in = accounts.sign_in(KNOWN, password, &client, &Cause::default()).await;
        let (sessions, token) = (&accounts.inner.sessions, signed_in.unwrap().refresh_token);
        let mut begun = Vec::new();
        for _ in 0..4 {
            begun.push(sessions.of_token(&token).await.unwrap());
        }
        let mut answers = Vec::new();
        for seen in begun {
            answers.push(sessions.refresh(seen, &token, from, &client).await);
        }
        let next = answers.remove(0).unwrap().1;
        let served = answers.iter().all(|answer| matches!(answer, Ok((_, same)) if *same == next));
        assert_eq!(served, is_served, "{from:?}: {answers:?}");
        assert_eq!(sessions.of_token(&next).await.is_ok(), is_served, "{from:?}");
    }
}
