//! No source file is ignored by git: it would build here and be missing everywhere else.

use std::path::Path;

use anyhow::{Context, Result};

use super::size::has_extension;
use crate::tidy::Violation;
use crate::workspace;

const SOURCE_EXTENSIONS: [&str; 5] = ["py", "rs", "sql", "ts", "tsx"];

/// Ignored on purpose: what tools make.
const BUILT_FOLDERS: [&str; 6] = [
    "target",
    "data",
    "node_modules",
    "dist",
    ".venv",
    "__pycache__",
];

pub(super) fn check(root: &Path) -> Result<Vec<Violation>> {
    let mut lost = Vec::new();
    for entry in workspace::ignored_entries(root)? {
        match entry.strip_suffix('/') {
            Some(folder) => collect(root, folder, &mut lost)?,
            None if is_source(&entry) => lost.push(entry),
            None => {}
        }
    }
    Ok(lost.iter().map(|path| violation(path)).collect())
}

fn violation(path: &str) -> Violation {
    let message = "is ignored by git, so a fresh checkout lacks it: mend .gitignore or move it";
    Violation::new(path, 1, message)
}

fn collect(root: &Path, folder: &str, lost: &mut Vec<String>) -> Result<()> {
    let name = folder.rsplit('/').next().unwrap_or(folder);
    if BUILT_FOLDERS.contains(&name) {
        return Ok(());
    }
    let entries = std::fs::read_dir(root.join(folder))
        .with_context(|| format!("cannot list the folder {folder}"))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("cannot list the folder {folder}"))?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(root, &path, lost)?;
        } else if is_source(&path) {
            lost.push(path);
        }
    }
    Ok(())
}

fn is_source(path: &str) -> bool {
    SOURCE_EXTENSIONS
        .iter()
        .any(|extension| has_extension(path, extension))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::process;

    #[test]
    fn finds_ignored_source_files_but_not_built_ones() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        process::capture(
            Command::new("git")
                .current_dir(root)
                .args(["init", "--quiet"]),
        )
        .unwrap();
        std::fs::write(root.join(".gitignore"), "target\nstore\nlost.*\n").unwrap();
        for path in [
            "target/built.rs",
            "crates/a/store/mod.rs",
            "lost.py",
            "lost.log",
            "kept.rs",
        ] {
            let full = root.join(path);
            std::fs::create_dir_all(full.parent().unwrap()).unwrap();
            std::fs::write(full, "text").unwrap();
        }
        let paths: Vec<_> = check(root)
            .unwrap()
            .into_iter()
            .map(|found| found.path)
            .collect();
        assert_eq!(paths, ["crates/a/store/mod.rs", "lost.py"]);
    }
}
