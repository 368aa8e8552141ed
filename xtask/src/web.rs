//! The web application: its packages, its checks, its build, and the browser that tests it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::{process, workspace};

/// The oldest Node that its tools run on.
const NODE: (u32, u32) = (20, 19);
/// Where browsers that can be driven are found.
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// What the application is made of, in `web`.
const SOURCES: [&str; 9] = [
    "src",
    "public",
    "build",
    "scripts",
    "index.html",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "vite.config.ts",
];

/// What is missing to build it; `None` when nothing is.
pub(crate) fn missing() -> Option<String> {
    let found = process::capture(Command::new("node").arg("--version")).unwrap_or_default();
    let (major, minor) = NODE;
    let needed = format!("{major}.{minor}");
    match version(&found) {
        Some(version) if version >= NODE => {}
        Some(_) => {
            let found = found.trim();
            return Some(format!(
                "Node {needed} or newer is needed for the web application, found {found}: see \
                 https://nodejs.org"
            ));
        }
        None => {
            return Some(format!(
                "Node {needed} or newer is needed for the web application: see https://nodejs.org, \
                 or on Debian and Ubuntu `apt install nodejs npm`"
            ));
        }
    }
    (!process::exists("npm")).then(|| {
        "npm is needed for the web application: on Debian and Ubuntu `apt install npm`".to_owned()
    })
}

/// `v20.20.2` -> (20, 20).
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().strip_prefix('v')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Installs the packages that the lock file names, unless they are there already.
pub(crate) fn install(root: &Path) -> Result<()> {
    install_in(&folder(root))
}

/// The same in another folder with a lock file.
pub(crate) fn install_in(folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let installed = folder.join("node_modules/.package-lock.json");
    let changed = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    if changed(&installed).is_some_and(|at| changed(&lock).is_none_or(|lock| lock <= at)) {
        return Ok(());
    }
    process::run(npm(folder).args(["ci", "--no-audit", "--no-fund"]))
}

/// Builds the application into `web/dist`, which the server embeds.
pub(crate) fn build(root: &Path) -> Result<()> {
    script(root, "build")
}

/// The same, unless nothing that it is made of has changed since: the server would be built anew
/// with it.
pub(crate) fn build_if_changed(root: &Path) -> Result<()> {
    if is_built(&folder(root)) { Ok(()) } else { build(root) }
}

fn is_built(folder: &Path) -> bool {
    let built = newest(&folder.join("dist/index.html"));
    built.is_some() && SOURCES.iter().all(|name| newest(&folder.join(name)) <= built)
}

/// When the newest file of a folder was changed, or one file; `None` when it is not there.
fn newest(path: &Path) -> Option<SystemTime> {
    let own = std::fs::metadata(path).and_then(|file| file.modified()).ok();
    let Ok(entries) = std::fs::read_dir(path) else { return own };
    // A folder's own time tells of what was taken out of it.
    entries.flatten().map(|entry| newest(&entry.path())).fold(own, Option::max)
}

/// What is known of weaknesses in the packages.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Audit {
    Clean,
    /// How many, in words.
    Found(String),
    /// Why nobody can say.
    Unasked(String),
}

/// Asks the registry for weaknesses of the packages that the lock file names.
pub(crate) fn audit(root: &Path) -> Result<Audit> {
    let output = npm(&folder(root)).args(["audit", "--json"]).output().context("npm audit")?;
    Ok(audited(&String::from_utf8_lossy(&output.stdout)))
}

/// What the answer of `npm audit --json` says.
fn audited(answer: &str) -> Audit {
    let answer: serde_json::Value = serde_json::from_str(answer).unwrap_or_default();
    let Some(counts) = answer["metadata"]["vulnerabilities"].as_object() else {
        let why = answer["message"].as_str().or_else(|| answer["error"]["summary"].as_str());
        return Audit::Unasked(why.unwrap_or("its answer is none").to_owned());
    };
    let of = |level: &str| counts.get(level).and_then(serde_json::Value::as_u64).unwrap_or(0);
    match (of("total"), of("high") + of("critical")) {
        (0, _) => Audit::Clean,
        (total, grave) => Audit::Found(format!("{total} known weaknesses, {grave} of them grave")),
    }
}

/// Runs one of the application's own scripts.
pub(crate) fn script(root: &Path, name: &str) -> Result<()> {
    process::run(npm(&folder(root)).args(["run", "--silent", name]))
}

/// The same with a browser and the server that it looks at.
pub(crate) fn in_browser(root: &Path, name: &str, server: &Path) -> Result<()> {
    let mut command = npm(&folder(root));
    command.env("BALLAST_BROWSER", browser()?).env("BALLAST_SERVER", server);
    process::run(command.args(["run", "--silent", name]))
}

/// Pictures of the README, by the names that they have there and among the pictures of the views.
const PICTURES: [(&str, &str); 3] = [
    ("home.png", "home-desktop-dark.png"),
    ("profile.png", "profile-desktop-dark.png"),
    ("phone.png", "positions-phone-light.png"),
];

/// Takes a picture of every view, and keeps those that the README shows.
pub(crate) fn screens() -> Result<()> {
    let root = workspace::root()?;
    let metadata = workspace::metadata(&root)?;
    install(&root)?;
    build(&root)?;
    let server = crate::up::build(&metadata)?;
    in_browser(&root, "screens", &server)?;
    for (name, taken) in PICTURES {
        let (from, to) = (folder(&root).join("screens").join(taken), root.join("docs/images"));
        std::fs::copy(&from, to.join(name)).with_context(|| format!("no {}", from.display()))?;
    }
    println!("Every view is in web/screens, and docs/images has those of the README.");
    Ok(())
}

pub(crate) fn npm(folder: &Path) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(folder);
    command
}

pub(crate) fn folder(root: &Path) -> PathBuf {
    root.join("web")
}

/// A Chromium: the one that is named, one of the machine's, or one that is installed now.
pub(crate) fn browser() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("BALLAST_BROWSER") {
        return Ok(named.into());
    }
    if let Some(found) = installed() {
        return Ok(found);
    }
    eprintln!("no Chromium is installed: installing the system's package");
    apt(&["update", "-q"])
        .and_then(|()| apt(&["install", "-qy", "--no-install-recommends", "chromium"]))
        .context("install a Chromium by hand, or name one in BALLAST_BROWSER")?;
    installed().context("no Chromium was found after its package was installed")
}

fn installed() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let programs = BROWSERS.iter().flat_map(|name| folders.iter().map(move |f| f.join(name)));
    programs.into_iter().find(|program| program.is_file())
}

fn apt(arguments: &[&str]) -> Result<()> {
    if !process::exists("apt-get") {
        bail!("this machine has no apt-get");
    }
    let is_root = process::capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let mut command = match is_root {
        true => Command::new("apt-get"),
        false => {
            let mut command = Command::new("sudo");
            command.args(["--non-interactive", "apt-get"]);
            command
        }
    };
    process::run(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audit_is_clean_only_when_the_registry_has_said_so() {
        let found = r#"{"metadata": {"vulnerabilities": {"high": 1, "low": 2, "total": 3}}}"#;
        let clean = r#"{"metadata": {"vulnerabilities": {"high": 0, "total": 0}}}"#;
        let refused = r#"{"message": "405 Method Not Allowed"}"#;
        assert_eq!(audited(clean), Audit::Clean);
        let told = "3 known weaknesses, 1 of them grave".to_owned();
        assert_eq!(audited(found), Audit::Found(told));
        assert_eq!(audited(refused), Audit::Unasked("405 Method Not Allowed".to_owned()));
        assert!(matches!(audited(""), Audit::Unasked(_)));
    }

    #[test]
    fn versions_of_node_are_compared_by_number() {
        for (text, fine) in [
            ("v20.20.2\n", true),
            ("v22.0.0", true),
            ("v20.9.0", false),
            ("18", false),
            ("", false),
        ] {
            assert_eq!(version(text).is_some_and(|version| version >= NODE), fine, "{text}");
        }
    }

    #[test]
    fn packages_that_are_as_the_lock_file_says_are_left() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("package-lock.json"), "{}").unwrap();
        std::fs::create_dir(folder.path().join("node_modules")).unwrap();
        std::fs::write(folder.path().join("node_modules/.package-lock.json"), "{}").unwrap();
        // There is no package.json: an installation would fail.
        install_in(folder.path()).unwrap();
    }

    #[test]
    fn it_is_built_again_when_something_of_it_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(path("src/app")).unwrap();
        std::fs::create_dir_all(path("dist")).unwrap();
        let write = |name: &str, seconds: u64| {
            let file = std::fs::File::create(path(name)).unwrap();
            file.set_modified(SystemTime::now() + std::time::Duration::from_secs(seconds)).unwrap();
        };
        write("src/app/App.tsx", 0);
        assert!(!is_built(folder.path()), "it never was");
        write("dist/index.html", 10);
        assert!(is_built(folder.path()));
        write("src/app/App.tsx", 20);
        assert!(!is_built(folder.path()));
    }
}
