//! `smoke`: what must work before a release, checked on a server that runs or on one that is
//! started for it. The checks are `web/smoke`: half of them need a browser and a stock client.

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{process, up, web, workspace};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A running server; without it one is started on a data directory of its own
    #[arg(long, requires = "email")]
    url: Option<String>,
    /// An operator of that server; the password is read from BALLAST_SMOKE_PASSWORD
    #[arg(long)]
    email: Option<String>,
    /// A plain user of that server, to whom nothing of the operator may be shown; the password is
    /// read from BALLAST_SMOKE_USER_PASSWORD
    #[arg(long, requires = "url")]
    user_email: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let root = workspace::root()?;
    if let Some(missing) = web::missing() {
        bail!("{missing}");
    }
    web::install(&root)?;
    let mut command = web::npm(&web::folder(&root));
    command.args(["run", "--silent", "smoke"]).env("BALLAST_BROWSER", web::browser()?);
    if let Some(url) = &options.url {
        let password = std::env::var("BALLAST_SMOKE_PASSWORD")
            .context("set BALLAST_SMOKE_PASSWORD to the password of that operator")?;
        command.env("BALLAST_URL", url).env("BALLAST_E2E_PASSWORD", password);
        command.env("BALLAST_E2E_EMAIL", options.email.as_deref().unwrap_or_default());
        // A name in this shell would mean that the server may be restarted.
        command.env_remove("BALLAST_SERVER").env_remove("BALLAST_SMOKE_USER_EMAIL");
        if let Some(user) = &options.user_email {
            let password = std::env::var("BALLAST_SMOKE_USER_PASSWORD")
                .context("set BALLAST_SMOKE_USER_PASSWORD to the password of that user")?;
            command.env("BALLAST_SMOKE_USER_EMAIL", user);
            command.env("BALLAST_SMOKE_USER_PASSWORD", password);
        }
    } else {
        command.env_remove("BALLAST_URL");
        web::build(&root)?;
        command.env("BALLAST_SERVER", up::build(&workspace::metadata(&root)?)?);
    }
    process::run(&mut command)
}
