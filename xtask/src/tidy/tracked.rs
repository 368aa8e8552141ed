//! No source file is ignored by git: it would build here and be missing everywhere else.

use std::path::Path;

use anyhow::{Context, Result};

use super::size::has_extension;
use crate::tidy::Violation;
use crate::workspace;

const SOURCE_EXTENSIONS: [&str; 5] = ["py", "rs", "sql", "ts", "tsx"];

/// Made by tools, wherever they stand. Cargo marks its own folders with `CACHEDIR.TAG`.
const BUILT_FOLDERS: [&str; 4] = [".venv", "__pycache__", "dist", "node_modules"];

/// What `cargo xtask up` stores.
const STORED: &str = "data";

pub(super) fn check(root: &Path) -> Result<Vec<Violation>> {
    let mut lost = Vec::new();
    for entry in workspace::ignored_entries(root)? {
        match entry.strip_suffix('/') {
            Some(folder) => collect(root, folder, &mut lost)?,
            None if is_source(&entry) => lost.push(entry),
            None => {}
        }
    }
    // Git lists a folder again when its parent holds nothing else.
    lost.sort();
    lost.dedup();
    Ok(lost.iter().map(|path| violation(path)).collect())
}

fn violation(path: &str) -> Violation {
    let message = "is ignored by git, so a fresh checkout lacks it: mend .gitignore or move it";
    Violation::new(path, 1, message)
}

fn collect(root: &Path, folder: &str, lost: &mut Vec<String>) -> Result<()> {
    let name = folder.rsplit('/').next().unwrap_or(folder);
    let is_cache = root.join(folder).join("CACHEDIR.TAG").is_file();
    if is_cache || folder == STORED || BUILT_FOLDERS.contains(&name) {
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
    SOURCE_EXTENSIONS.iter().any(|extension| has_extension(path, extension))
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
        process::capture(Command::new("git").current_dir(root).args(["init", "--quiet"])).unwrap();
        std::fs::write(root.join(".gitignore"), "target\nstore\nlost.*\n/data\n").unwrap();
        for path in [
            "target/CACHEDIR.TAG",
            "target/built.rs",
            "data/export.py",
            "crates/a/store/mod.rs",
            "crates/a/src/target/price.rs",
            "lost.py",
            "lost.log",
            "kept.rs",
        ] {
            let full = root.join(path);
            std::fs::create_dir_all(full.parent().unwrap()).unwrap();
            std::fs::write(full, "text").unwrap();
        }
        let paths: Vec<_> = check(root).unwrap().into_iter().map(|found| found.path).collect();
        assert_eq!(paths, ["crates/a/src/target/price.rs", "crates/a/store/mod.rs", "lost.py"]);
    }
}
