//! What the command line asks of a running server: through a socket in the data directory that only
//! its owner can open. One line of JSON asks, one line answers.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use ballast_domain::TenantId;
use ballast_platform::account::{AccountError, Cause, User};
use ballast_platform::request::Role;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use super::identity::Entrance;
use super::stopped;
use crate::app::App;
use crate::explanation::{Explanation, NotExplained, Wanted, explain};
use crate::views::rows::ProfileRow;

/// The socket's name in the data directory.
const SOCKET: &str = "ballast.sock";
/// Profiles that are explained at once.
const MOST_EXPLAINED: usize = 200;
/// A question or an answer at most.
const LONGEST_LINE_BYTES: u64 = 8 << 20;

/// What is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Question {
    Accounts(AccountQuestion),
    /// Why profiles do or do not trade: those of a name or an id, or all.
    Explain {
        profile: Option<String>,
        symbol: Option<String>,
        /// Lines of the timeline at most.
        lines: usize,
    },
}

/// What is asked of accounts; it can be answered without a running server too.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum AccountQuestion {
    CreateUser { email: String, role: Role, password: String },
    SetRole { email: String, role: Role },
    SetPassword { email: String, password: String },
    ListUsers,
}

/// A user as the command line shows them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserLine {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) role: Role,
    pub(crate) disabled: bool,
    pub(crate) created_at: ballast_domain::Timestamp,
}

/// A profile with the tenant that it belongs to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Explained {
    pub(crate) tenant: String,
    /// Whose it is, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    #[serde(flatten)]
    pub(crate) explanation: Explanation,
}

/// What was answered, or why not.
pub(crate) type Answer<T> = Result<T, String>;

/// Why nobody answered.
#[derive(Debug, Error)]
pub(crate) enum LocalError {
    /// No server runs on this data directory.
    #[error("no server runs on this data directory")]
    NoServer,
    /// It did not answer as it should.
    #[error("the running server did not answer: {0}")]
    Broken(String),
}

/// Listens in the data directory until everything is to stop.
pub(super) fn listen(
    data_dir: &Path,
    app: App,
    mut stopping: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let path = socket(data_dir);
    // The store's lock says that no other process uses the directory: what is there was left.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                () = stopped(&mut stopping) => break,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else { continue };
            let app = app.clone();
            tokio::spawn(async move {
                // Whoever asked may have gone.
                let _ = serve(stream, &app).await;
            });
        }
        let _ = std::fs::remove_file(&path);
    });
    Ok(())
}

async fn serve(stream: UnixStream, app: &App) -> std::io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut line = String::new();
    BufReader::new(reading.take(LONGEST_LINE_BYTES)).read_line(&mut line).await?;
    let mut text = match serde_json::from_str::<Question>(&line) {
        Ok(Question::Accounts(asked)) => {
            serde_json::to_string(&accounts(&app.entrance, asked).await)?
        }
        Ok(Question::Explain { profile, symbol, lines }) => {
            let wanted = Wanted { symbol, lines };
            serde_json::to_string(&explain_all(app, profile.as_deref(), &wanted).await)?
        }
        Err(error) => {
            let why = format!("this server does not know what is asked: {error}");
            serde_json::to_string(&Answer::<()>::Err(why))?
        }
    };
    text.push('\n');
    writing.write_all(text.as_bytes()).await?;
    writing.shutdown().await
}

/// Explains the profiles of a name or an id, or all.
async fn explain_all(app: &App, profile: Option<&str>, wanted: &Wanted) -> Answer<Vec<Explained>> {
    let is_meant = |row: &ProfileRow| {
        profile.is_none_or(|text| row.id == text || row.name.eq_ignore_ascii_case(text))
    };
    let (mut explained, mut names) = (Vec::new(), BTreeSet::new());
    for (id, tenant) in app.tenants.all() {
        tenant.shown().await.map_err(|error| error.to_string())?;
        let rows = tenant.view.profiles();
        names.extend(rows.iter().map(|row| row.name.clone()));
        for row in rows.iter().filter(|row| is_meant(row)) {
            if explained.len() == MOST_EXPLAINED {
                return Err(format!("there are more than {MOST_EXPLAINED} profiles; name one"));
            }
            let Ok(profile) = row.id.parse() else { continue };
            let explanation = match explain(&tenant, profile, wanted, None).await {
                Ok(explanation) => explanation,
                // It was removed just now.
                Err(NotExplained::NoSuchProfile) => continue,
                Err(error) => return Err(error.to_string()),
            };
            let email = email_of(app, &id).await;
            explained.push(Explained { tenant: id.to_string(), email, explanation });
        }
    }
    match (explained.is_empty(), profile) {
        (false, _) => Ok(explained),
        (true, Some(text)) if !names.is_empty() => {
            let names: Vec<String> = names.into_iter().take(MOST_EXPLAINED).collect();
            Err(format!("there is no profile '{text}'; there are: {}", names.join(", ")))
        }
        (true, _) => Err("there are no profiles yet; make one in the dashboard".to_owned()),
    }
}

async fn email_of(app: &App, tenant: &TenantId) -> Option<String> {
    app.entrance.accounts()?.user(tenant).await.ok().map(|user| user.email)
}

/// Answers a question from the accounts.
pub(crate) async fn accounts(
    entrance: &Entrance,
    question: AccountQuestion,
) -> Answer<Vec<UserLine>> {
    let Some(accounts) = entrance.accounts() else {
        return Err("sign-in is switched off here, so there are no users".to_owned());
    };
    if !entrance.has_accounts() {
        let who = entrance.authority();
        return Err(format!("people sign in elsewhere here ({who}): make their accounts there"));
    }
    let cause = Cause::default();
    let said = |error: AccountError| error.to_string();
    match question {
        AccountQuestion::CreateUser { email, role, password } => {
            let made = accounts.create_user(&email, role, password, &cause).await;
            made.map(|user| vec![line(user)]).map_err(said)
        }
        AccountQuestion::SetRole { email, role } => {
            let user = accounts.by_email(&email).await.map_err(said)?;
            let id = user.tenant().map_err(said)?;
            let changed = accounts.set_role(&id, role, &cause).await;
            changed.map(|user| vec![line(user)]).map_err(said)
        }
        AccountQuestion::SetPassword { email, password } => {
            let user = accounts.by_email(&email).await.map_err(said)?;
            let id = user.tenant().map_err(said)?;
            let changed = accounts.put_password(&id, password, &cause).await;
            changed.map(|user| vec![line(user)]).map_err(said)
        }
        AccountQuestion::ListUsers => {
            let (mut users, mut after) = (Vec::new(), None);
            loop {
                let page = accounts.list(200, after).await.map_err(said)?;
                users.extend(page.users.into_iter().map(line));
                let Some(next) = page.next else { return Ok(users) };
                after = Some(next);
            }
        }
    }
}

/// Asks the server that runs on a data directory.
pub(crate) async fn ask<T: DeserializeOwned>(
    data_dir: &Path,
    question: &Question,
) -> Result<Answer<T>, LocalError> {
    let broken = |error: std::io::Error| LocalError::Broken(error.to_string());
    let stream = UnixStream::connect(socket(data_dir)).await.map_err(|_| LocalError::NoServer)?;
    let (reading, mut writing) = stream.into_split();
    let text = serde_json::to_string(question).map_err(|e| LocalError::Broken(e.to_string()))?;
    writing.write_all(format!("{text}\n").as_bytes()).await.map_err(broken)?;
    let mut line = String::new();
    let mut reader = BufReader::new(reading.take(LONGEST_LINE_BYTES));
    reader.read_line(&mut line).await.map_err(broken)?;
    serde_json::from_str(&line).map_err(|error| LocalError::Broken(error.to_string()))
}

fn line(user: User) -> UserLine {
    let User { id, email, role, disabled, created_at, .. } = user;
    UserLine { id, email, role, disabled, created_at }
}

fn socket(data_dir: &Path) -> PathBuf {
    data_dir.join(SOCKET)
}
