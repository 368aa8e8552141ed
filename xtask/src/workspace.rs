//! Where things are: the repository's root, its files as git sees them, and `cargo metadata`.
//! Only what the commands here need; the metadata is read without resolving dependencies.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process;

/// `cargo metadata --no-deps`: the workspace's own packages and folders.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) workspace_root: PathBuf,
    pub(crate) target_directory: PathBuf,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) manifest_path: PathBuf,
    #[serde(default)]
    pub(crate) rust_version: Option<String>,
    #[serde(default)]
    pub(crate) dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Absent for an ordinary dependency, else `dev` or `build`.
    pub(crate) kind: Option<String>,
    /// Set for the workspace's own crates.
    pub(crate) path: Option<PathBuf>,
    #[serde(default)]
    pub(crate) features: Vec<String>,
}

/// A text file of the project; `path` is relative to the root, with `/`.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The repository's root, from where cargo runs this program: a target folder that several
/// checkouts share may hold the one that another of them has compiled.
pub(crate) fn root() -> Result<PathBuf> {
    let running = std::env::var_os("CARGO_MANIFEST_DIR");
    let own = running.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let root = own.parent().context("the xtask folder has no parent")?;
    root.canonicalize().with_context(|| {
        format!("{} is gone: the checkout moved, build xtask again", root.display())
    })
}

pub(crate) fn metadata(root: &Path) -> Result<Metadata> {
    let mut command = process::cargo();
    command.current_dir(root).args(["metadata", "--no-deps", "--format-version", "1"]);
    serde_json::from_str(&process::capture(&mut command)?)
        .context("cargo metadata answered with an unknown format")
}

/// Every text file that is tracked, or untracked and not ignored. Binary files are left out.
pub(crate) fn source_files(root: &Path) -> Result<Vec<SourceFile>> {
    let listed = git_files(root, &["--cached", "--others", "--exclude-standard"])?;
    let mut files = Vec::new();
    for path in listed {
        let full = root.join(&path);
        // Git lists files that were deleted but not yet staged, and links to folders.
        if !full.is_file() {
            continue;
        }
        let bytes = std::fs::read(&full).with_context(|| format!("cannot read {path}"))?;
        if let Ok(text) = String::from_utf8(bytes)
            && !text.contains('\0')
        {
            files.push(SourceFile { path, text });
        }
    }
    Ok(files)
}

/// What git ignores; a folder ignored as a whole is one entry that ends with `/`.
pub(crate) fn ignored_entries(root: &Path) -> Result<Vec<String>> {
    git_files(root, &["--others", "--ignored", "--exclude-standard", "--directory"])
}

fn git_files(root: &Path, arguments: &[&str]) -> Result<Vec<String>> {
    let mut command = Command::new("git");
    command.current_dir(root).args(["ls-files", "-z"]).args(arguments);
    let listed = process::capture(&mut command).context("the house rules read git's file list")?;
    let mut paths: Vec<String> =
        listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    paths.sort();
    paths.dedup();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(root: &Path, arguments: &[&str]) {
        process::capture(Command::new("git").current_dir(root).args(arguments)).unwrap();
    }

    #[test]
    fn lists_tracked_and_new_files_but_not_ignored_deleted_or_binary_ones() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        git(root, &["init", "--quiet"]);
        for (path, bytes) in [
            (".gitignore", &b"*.db\n/out\n"[..]),
            ("tracked.rs", b"fn a() {}"),
            ("gone.rs", b"fn b() {}"),
            ("new.rs", b"fn c() {}"),
            ("x.db", b"text"),
            ("picture.png", b"\x89PNG\0\xff"),
        ] {
            std::fs::write(root.join(path), bytes).unwrap();
        }
        std::fs::create_dir(root.join("out")).unwrap();
        std::fs::write(root.join("out/lost.rs"), "fn d() {}").unwrap();
        git(root, &["add", "tracked.rs", "gone.rs"]);
        std::fs::remove_file(root.join("gone.rs")).unwrap();

        let files = source_files(root).unwrap();
        let paths: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, [".gitignore", "new.rs", "tracked.rs"]);
        assert_eq!(ignored_entries(root).unwrap(), ["out/", "x.db"]);
    }

    #[test]
    fn metadata_knows_this_crate() {
        let metadata = metadata(&root().unwrap()).unwrap();
        let own = metadata.packages.iter().find(|package| package.name == "xtask").unwrap();
        assert!(own.dependencies.iter().any(|dependency| dependency.name == "proc-macro2"));
        assert!(own.manifest_path.ends_with("xtask/Cargo.toml"));
        assert_eq!(metadata.workspace_root, root().unwrap());
    }
}
