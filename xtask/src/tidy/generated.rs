//! Generated files are fresh: each equals what its generator prints now. `cargo xtask generate`
//! writes them all. A file that no program makes has no place in the list.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;
use crate::tidy::Violation;

/// A tracked file and the command whose standard output it is.
#[derive(Debug)]
pub(super) struct Generated {
    path: &'static str,
    command: &'static [&'static str],
}

/// Every generated file of the tree.
pub(super) const FILES: &[Generated] = &[
    Generated {
        path: "docs/strategy-config.schema.json",
        command: &["cargo", "run", "--quiet", "--package", "ballast", "--", "config", "schema"],
    },
    Generated {
        path: "docs/openapi.json",
        command: &["cargo", "run", "--quiet", "--package", "ballast", "--", "openapi"],
    },
    Generated {
        path: "docs/errors.md",
        command: &["cargo", "run", "--quiet", "--package", "ballast", "--", "errors"],
    },
    Generated {
        path: "docs/authorisation.md",
        command: &["cargo", "run", "--quiet", "--package", "ballast", "--", "routes"],
    },
    Generated {
        path: "docs/api-lifecycle.md",
        command: &["cargo", "run", "--quiet", "--package", "ballast", "--", "lifecycle"],
    },
    Generated {
        path: "docs/limits.md",
        command: &["cargo", "run", "--quiet", "--package", "ballast", "--", "limits"],
    },
    Generated {
        path: "docs/refusals.md",
        command: &["cargo", "run", "--quiet", "--package", "ballast", "--", "refusals"],
    },
    Generated {
        path: "docs/metrics.md",
        command: &["cargo", "run", "--quiet", "--package", "ballast", "--", "metrics"],
    },
];

/// Generated files whose freshness the web application's own checks see to.
const BY_THE_WEB: [&str; 1] = ["web/src/api/schema.d.ts"];

pub(super) fn is_generated(path: &str) -> bool {
    FILES.iter().any(|file| file.path == path) || BY_THE_WEB.contains(&path)
}

pub(super) fn check(root: &Path, files: &[Generated]) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    for file in files {
        let fresh = file.generate(root)?;
        match std::fs::read_to_string(root.join(file.path)) {
            Ok(text) if text == fresh => {}
            Ok(text) => {
                let line = first_difference(&text, &fresh);
                let message = "is out of date: run `cargo xtask generate` and commit the result";
                violations.push(Violation::new(file.path, line, message));
            }
            Err(error) => {
                let message = format!("cannot be read ({error}): run `cargo xtask generate`");
                violations.push(Violation::new(file.path, 1, message));
            }
        }
    }
    Ok(violations)
}

pub(super) fn write(root: &Path, files: &[Generated]) -> Result<()> {
    for file in files {
        std::fs::write(root.join(file.path), file.generate(root)?)
            .with_context(|| format!("cannot write {}", file.path))?;
        println!("wrote {}", file.path);
    }
    Ok(())
}

impl Generated {
    fn generate(&self, root: &Path) -> Result<String> {
        let mut command = match self.command[0] {
            "cargo" => process::cargo(),
            program => Command::new(program),
        };
        process::capture(command.current_dir(root).args(&self.command[1..]))
            .with_context(|| format!("cannot generate {}", self.path))
    }
}

fn first_difference(old: &str, new: &str) -> usize {
    let same = old.lines().zip(new.lines()).take_while(|(old, new)| old == new).count();
    same + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: [Generated; 1] =
        [Generated { path: "schema.json", command: &["printf", "one\\ntwo\\n"] }];

    fn found(root: &Path) -> Vec<String> {
        check(root, &EXAMPLE).unwrap().iter().map(Violation::to_string).collect()
    }

    #[test]
    fn stale_and_missing_files_are_found_and_written() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert!(found(root)[0].starts_with("schema.json:1: cannot be read"));
        std::fs::write(root.join("schema.json"), "one\n2\n").unwrap();
        assert!(found(root)[0].starts_with("schema.json:2: is out of date"));
        write(root, &EXAMPLE).unwrap();
        assert_eq!(found(root), [""; 0]);
    }

    #[test]
    fn a_failing_generator_names_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let broken = [Generated { path: "api.ts", command: &["false"] }];
        let error = check(folder.path(), &broken).unwrap_err();
        assert!(format!("{error:#}").starts_with("cannot generate api.ts"));
    }
}
