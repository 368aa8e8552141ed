//! `ballast users`: makes, mends and lists accounts without a browser.

use std::io::Read as _;

use ballast_platform::request::Role;
use clap::Subcommand;

use super::place::Place;
use super::{CliError, output};
use crate::serve::identity::Entrance;
use crate::serve::local::{self, AccountQuestion, LocalError, Question, UserLine};

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make an account
    #[command(after_help = "\
Example:
  echo 'a long pass phrase' | ballast users create --email ann@example.com --role admin \\
      --password-stdin

Works while the server runs and while it does not.")]
    Create {
        /// The e-mail address to sign in with
        #[arg(long)]
        email: String,
        /// user, operator or admin
        #[arg(long, default_value = "user")]
        role: Role,
        /// Read the password from the standard input
        #[arg(long, required = true)]
        password_stdin: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Change somebody's role
    Role {
        /// The e-mail address of the account
        #[arg(long)]
        email: String,
        /// user, operator or admin
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        place: Place,
    },
    /// Set a new password for somebody who has lost theirs; ends their sessions
    #[command(after_help = "\
Example:
  echo 'a long pass phrase' | ballast users password --email ann@example.com --password-stdin

Works while the server runs and while it does not.")]
    Password {
        /// The e-mail address of the account
        #[arg(long)]
        email: String,
        /// Read the password from the standard input
        #[arg(long, required = true)]
        password_stdin: bool,
        #[command(flatten)]
        place: Place,
    },
    /// List the accounts
    List {
        #[command(flatten)]
        place: Place,
    },
}

/// Runs `ballast users`.
pub(super) fn run(command: Command) -> Result<(), CliError> {
    let (question, place) = match command {
        Command::Create { email, role, place, .. } => {
            (AccountQuestion::CreateUser { email, role, password: password()? }, place)
        }
        Command::Role { email, role, place } => (AccountQuestion::SetRole { email, role }, place),
        Command::Password { email, place, .. } => {
            (AccountQuestion::SetPassword { email, password: password()? }, place)
        }
        Command::List { place } => (AccountQuestion::ListUsers, place),
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let users = runtime.block_on(answered(&place, question))?;
    if place.json {
        return output::json(&users);
    }
    output::write_all(table(&users).as_bytes())
}

/// The first line of the standard input.
fn password() -> Result<String, CliError> {
    let mut text = String::new();
    std::io::stdin().take(4_096).read_to_string(&mut text)?;
    let password = text.lines().next().unwrap_or_default().to_owned();
    match password.is_empty() {
        true => Err(CliError::usage("the standard input has no password; pipe it in")),
        false => Ok(password),
    }
}

/// Asks the running server, or does it itself when none runs.
async fn answered(place: &Place, asked: AccountQuestion) -> Result<Vec<UserLine>, CliError> {
    let settings = place.settings()?;
    let question = Question::Accounts(asked.clone());
    match local::ask(&settings.data_dir, &question).await {
        Ok(answer) => return answer.map_err(CliError::failed),
        Err(LocalError::NoServer) => {}
        Err(error @ LocalError::Broken(_)) => return Err(CliError::failed(error)),
    }
    let makes = matches!(asked, AccountQuestion::CreateUser { .. });
    if !makes && !Entrance::has_been_opened(&settings) {
        let place = settings.data_dir.display();
        return Err(CliError::usage(format!(
            "no server has kept accounts in {place}; name its directory with --data-dir, or its \
             settings with --config"
        )));
    }
    let entrance = Entrance::open(&settings, settings.listen).await?;
    let answer = local::accounts(&entrance, asked).await;
    entrance.close().await?;
    answer.map_err(CliError::failed)
}

fn table(users: &[UserLine]) -> String {
    let widest = users.iter().map(|user| user.email.chars().count()).max().unwrap_or_default();
    let line = |user: &UserLine| {
        let state = if user.disabled { "disabled" } else { "" };
        let (email, role) = (&user.email, user.role.as_str());
        format!("{email:widest$}  {role:8}  {}  {state}", user.id).trim_end().to_owned() + "\n"
    };
    users.iter().map(line).collect()
}
