//! Manifests: each crate takes its lints from the workspace, and a crate's own clippy.toml repeats
//! the root's lines, because clippy reads only the nearest one. The crates whose public items are
//! documented and whose arithmetic is exact say so to the compiler.

use crate::tidy::Violation;
use crate::workspace::{Metadata, SourceFile};

/// Lints that a crate's root file must set, because no workspace table can set them per crate.
const CRATE_LINTS: [(&str, &[&str]); 3] = [
    ("crates/domain/src/lib.rs", &["missing_docs", "clippy::float_arithmetic"]),
    ("crates/engine/src/lib.rs", &["missing_docs", "clippy::float_arithmetic"]),
    ("crates/storage/src/lib.rs", &["clippy::float_arithmetic"]),
];

pub(super) fn check(metadata: &Metadata, files: &[SourceFile]) -> Vec<Violation> {
    let text_of = |path: &str| files.iter().find(|file| file.path == path);
    let mut violations = Vec::new();
    for package in &metadata.packages {
        let path = package.manifest_path.strip_prefix(&metadata.workspace_root);
        let path = path.unwrap_or(&package.manifest_path).to_string_lossy();
        if let Some(manifest) = text_of(&path) {
            violations.extend(workspace_lints(manifest));
        }
    }
    if let Some(root) = text_of("clippy.toml") {
        let own = files.iter().filter(|file| file.path.ends_with("/clippy.toml"));
        violations.extend(own.filter_map(|file| clippy_lines(file, root)));
    }
    for (path, lints) in CRATE_LINTS {
        if let Some(file) = text_of(path) {
            violations.extend(lints.iter().filter_map(|lint| crate_lint(file, lint)));
        }
    }
    violations
}

fn workspace_lints(manifest: &SourceFile) -> Option<Violation> {
    let table: toml::Table = match manifest.text.parse() {
        Ok(table) => table,
        Err(error) => {
            let message = format!("is not TOML: {}", error.message());
            return Some(Violation::new(&manifest.path, 1, message));
        }
    };
    let lints = table.get("lints").and_then(|lints| lints.get("workspace"));
    (lints != Some(&toml::Value::Boolean(true))).then(|| {
        let message = "takes no lints from the workspace: add `[lints]` with `workspace = true`";
        Violation::new(&manifest.path, 1, message)
    })
}

fn clippy_lines(file: &SourceFile, root: &SourceFile) -> Option<Violation> {
    let settings = |text: &'_ str| -> Vec<String> {
        text.lines().filter(|line| line.contains('=')).map(str::to_owned).collect()
    };
    let own = settings(&file.text);
    let missing = settings(&root.text).into_iter().find(|line| !own.contains(line))?;
    let message =
        format!("lacks `{missing}`: repeat it, clippy does not read the root's file here");
    Some(Violation::new(&file.path, 1, message))
}

fn crate_lint(file: &SourceFile, lint: &str) -> Option<Violation> {
    let code = file.text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let dense: String = code.flat_map(str::split_whitespace).collect();
    let sets = |attribute: &str| {
        let level = ["deny(", "warn(", "forbid("].iter().any(|level| attribute.starts_with(level));
        let lints = attribute.split(")]").next().unwrap_or_default();
        level && lints.split(['(', ',']).any(|named| named == lint)
    };
    (!dense.split("#![").skip(1).any(sets)).then(|| {
        let message = format!("does not set the lint: add `#![deny({lint})]` below the header");
        Violation::new(&file.path, 1, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn lints_come_from_the_workspace() {
        for (text, good) in [
            ("[package]\nname = 'a'\n\n[lints]\nworkspace = true\n", true),
            ("lints.workspace = true\n", true),
            ("[package]\nname = 'a'\n", false),
            ("[lints]\nworkspace = false\n", false),
            ("[lints.rust]\nunsafe_code = 'forbid'\n", false),
            ("# [lints]\n# workspace = true\n", false),
            ("[lints\n", false),
        ] {
            assert_eq!(workspace_lints(&file("a/Cargo.toml", text)).is_none(), good, "{text}");
        }
    }

    #[test]
    fn a_crates_clippy_file_repeats_the_roots_settings() {
        let root = file("clippy.toml", "# Tests.\nallow-a = true\nallow-b = true\n");
        let good = file("crates/x/clippy.toml", "allow-b = true\nallow-a = true\nc = []\n");
        let bad = file("crates/x/clippy.toml", "allow-a = true\n# allow-c = true\n");
        assert_eq!(clippy_lines(&good, &root), None);
        let violation = clippy_lines(&bad, &root).unwrap();
        assert!(violation.message.starts_with("lacks `allow-b = true`"), "{violation}");
    }

    #[test]
    fn a_crate_sets_its_lints_in_its_root_file() {
        for (text, good) in [
            ("//! Values.\n#![deny(missing_docs)]\n", true),
            ("#![warn(\n    clippy::panic,\n    missing_docs\n)]\n", true),
            ("#![deny(clippy::missing_docs_in_private_items)]\n", false),
            ("//! `#![deny(missing_docs)]`\n", false),
            ("#![expect(missing_docs, reason = \"later\")]\n", false),
        ] {
            assert_eq!(crate_lint(&file("lib.rs", text), "missing_docs").is_none(), good, "{text}");
        }
    }
}
