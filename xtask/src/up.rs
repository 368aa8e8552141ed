//! `up`: from a checkout to a running Ballast in one command. It looks for what the machine lacks
//! before the long build, builds the server (optimised, but not as long as a release), and
//! then becomes the server: the process is replaced, so that Ctrl-C and every other signal reach
//! the server itself and its exit code is the command's.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::workspace::Metadata;
use crate::{process, web, workspace};

const DEFAULT_LISTEN: &str = "127.0.0.1:4018";
const DEFAULT_INTERNAL_LISTEN: &str = "127.0.0.1:4019";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where the embedded store keeps its files; relative to the repository
    #[arg(long, default_value = "data")]
    data_dir: PathBuf,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let root = workspace::root()?;
    let metadata = workspace::metadata(&root)?;
    let data = root.join(&options.data_dir);
    let listen = std::env::var("BALLAST_LISTEN").unwrap_or_else(|_| DEFAULT_LISTEN.to_owned());

    let internal = std::env::var("BALLAST_INTERNAL_LISTEN");
    let internal = internal.unwrap_or_else(|_| DEFAULT_INTERNAL_LISTEN.to_owned());
    require(&missing(&metadata, &data, &listen, &internal))?;
    println!("Building the web application.");
    web::install(&root)?;
    web::build_if_changed(&root)?;
    println!("Building the server; the first build takes some minutes.");
    let binary = build(&metadata)?;

    println!("Starting Ballast on http://{listen} with its data in {}.", data.display());
    println!("Ctrl-C stops it.");
    let mut server = Command::new(&binary);
    let failure = server.current_dir(&root).arg("serve").arg("--data-dir").arg(&data).exec();
    Err(failure).with_context(|| format!("cannot start {}", binary.display()))
}

/// Builds a binary to try and says where it is.
pub(crate) fn build(metadata: &Metadata) -> Result<PathBuf> {
    build_as("quick", metadata)
}

/// Builds the binary that is shipped and measured, which takes twice as long.
pub(crate) fn build_release(metadata: &Metadata) -> Result<PathBuf> {
    build_as("release", metadata)
}

fn build_as(profile: &str, metadata: &Metadata) -> Result<PathBuf> {
    let mut command = process::cargo();
    command.current_dir(&metadata.workspace_root);
    process::run(command.args(["build", "--profile", profile, "--package", "ballast"]))?;
    Ok(metadata.target_directory.join(profile).join("ballast"))
}

fn require(missing: &[String]) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let listed: String = missing.iter().map(|what| format!("\n  - {what}")).collect();
    bail!("before Ballast can start:{listed}")
}

/// Everything that stands in the way, each with what to do.
fn missing(metadata: &Metadata, data: &Path, listen: &str, internal: &str) -> Vec<String> {
    let needed = metadata.packages.iter().find_map(|package| package.rust_version.as_deref());
    let rustc = process::capture(Command::new("rustc").arg("--version")).unwrap_or_default();
    [
        old_compiler(&rustc, needed.unwrap_or_default()),
        no_c_compiler(),
        web::missing(),
        unusable_folder(data),
        taken_address(listen, "BALLAST_LISTEN", "127.0.0.1:4118"),
        taken_address(internal, "BALLAST_INTERNAL_LISTEN", "127.0.0.1:4119"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn old_compiler(answer: &str, needed: &str) -> Option<String> {
    let found = answer.split_whitespace().nth(1).unwrap_or("none");
    (version(found) < version(needed)).then(|| {
        format!("Rust {needed} or newer is needed, found {found}: run `rustup update stable`")
    })
}

/// `1.95.0-nightly` -> (1, 95); anything else sorts before every version.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn no_c_compiler() -> Option<String> {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    (!process::exists(&compiler)).then(|| {
        format!(
            "a C compiler (`{compiler}`) is needed for the embedded store: \
             on Debian and Ubuntu `apt install build-essential`"
        )
    })
}

fn unusable_folder(data: &Path) -> Option<String> {
    let tried = std::fs::create_dir_all(data).and_then(|()| tempfile::tempfile_in(data));
    let error = tried.err()?;
    Some(format!(
        "the data folder {} cannot be written ({error}): name another with --data-dir",
        data.display()
    ))
}

fn taken_address(listen: &str, variable: &str, other: &str) -> Option<String> {
    let error = TcpListener::bind(listen).err()?;
    Some(format!(
        "cannot listen on {listen} ({error}): stop what uses it, which may be Ballast itself, or \
         set {variable} to another address such as {other}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compilers_are_compared_by_number() {
        for (answer, needed, fine) in [
            ("rustc 1.95.0 (59807616e 2026-04-14)", "1.95", true),
            ("rustc 1.100.0-nightly (abc 2026-10-01)", "1.95", true),
            ("rustc 2.0.0", "1.95", true),
            ("rustc 1.94.1 (abc)", "1.95", false),
            ("", "1.95", false),
        ] {
            assert_eq!(old_compiler(answer, needed).is_none(), fine, "{answer}");
        }
    }

    #[test]
    fn an_address_in_use_is_reported_with_what_to_do() {
        let holder = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = holder.local_addr().unwrap().to_string();
        let message = taken_address(&address, "BALLAST_LISTEN", "127.0.0.1:1").unwrap();
        assert!(message.contains(&address) && message.contains("BALLAST_LISTEN"), "{message}");
        drop(holder);
        assert_eq!(taken_address("127.0.0.1:0", "X", "Y"), None);
        assert!(taken_address("nonsense", "X", "Y").is_some());
    }

    #[test]
    fn the_data_folder_is_made_or_reported() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(unusable_folder(&folder.path().join("a/b")), None);
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let message = unusable_folder(&file).unwrap();
        assert!(message.contains("--data-dir"), "{message}");
    }

    #[test]
    fn all_that_is_missing_is_listed_at_once() {
        let error = require(&["one".to_owned(), "two".to_owned()]).unwrap_err().to_string();
        assert_eq!(error, "before Ballast can start:\n  - one\n  - two");
        assert!(require(&[]).is_ok());
    }
}
