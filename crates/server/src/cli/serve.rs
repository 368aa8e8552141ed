//! `ballast serve`.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::CliError;
use crate::metrics::panics;
use crate::serve::{self, Flags, Settings};

/// Arguments of `ballast serve`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ballast serve
  ballast serve --config ballast.toml --data-dir /var/lib/ballast")]
pub(super) struct Arguments {
    /// Settings that differ from the defaults, a TOML file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where everything is kept.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where people reach it.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Where health in full and metrics are, without sign-in.
    #[arg(long, value_name = "ADDRESS")]
    internal_listen: Option<SocketAddr>,
}

/// Runs `ballast serve`.
pub(super) fn run(arguments: Arguments) -> Result<(), CliError> {
    let Arguments { config, data_dir, listen, internal_listen } = arguments;
    let flags = Flags { data_dir, listen, internal_listen };
    let settings = Settings::load(config.as_deref(), flags)?;
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    // Whoever reads it may stop reading: lines are lost then, and nothing waits for them.
    let (stderr, _written_at_the_end) = tracing_appender::non_blocking(std::io::stderr());
    let log = tracing_subscriber::fmt().with_writer(stderr).with_ansi(colours);
    // It would tell of a log that cannot be written by a macro that panics when it cannot write.
    log.log_internal_errors(false).init();
    panics::watch();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(serve::serve(settings))
}
