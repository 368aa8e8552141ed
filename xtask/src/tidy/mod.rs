//! The house rules, as a check that is also an ordinary test: sizes, crate edges, manifests,
//! generated files, paths. What clippy or rustfmt can hold (unwrap, naming, layout) is theirs, not
//! repeated here. Each violation says where it is, what is wrong and what to do.

mod code;
mod crates;
mod generated;
mod manifests;
mod paths;
mod size;
mod tracked;

use std::fmt;
use std::path::Path;

use anyhow::{Result, bail};

use crate::workspace;

/// One place that breaks a house rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    path: String,
    line: usize,
    message: String,
}

impl Violation {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Prints every violation; an error when there is one.
pub(crate) fn run() -> Result<()> {
    let violations = check(&workspace::root()?)?;
    for violation in &violations {
        println!("{violation}");
    }
    match violations.len() {
        0 => Ok(()),
        1 => bail!("1 place breaks a house rule"),
        count => bail!("{count} places break a house rule"),
    }
}

/// Writes the generated files anew.
pub(crate) fn generate() -> Result<()> {
    generated::write(&workspace::root()?, generated::FILES)
}

/// All rules over the tree at `root`, sorted by place.
fn check(root: &Path) -> Result<Vec<Violation>> {
    let files = workspace::source_files(root)?;
    let metadata = workspace::metadata(root)?;
    let mut violations = crates::check(&metadata);
    for file in &files {
        if !generated::is_generated(&file.path) {
            violations.extend(size::check(file));
        }
        violations.extend(code::check(file));
        violations.extend(paths::check(file));
    }
    violations.extend(manifests::check(&metadata, &files));
    violations.extend(tracked::check(root)?);
    violations.extend(generated::check(root, generated::FILES)?);
    violations.sort();
    Ok(violations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_follows_the_house_rules() {
        let violations = check(&workspace::root().unwrap()).unwrap();
        let listed: Vec<_> = violations.iter().map(Violation::to_string).collect();
        assert!(listed.is_empty(), "\n{}\n", listed.join("\n"));
    }

    #[test]
    fn a_violation_starts_with_its_place() {
        let violation = Violation::new("crates/engine/src/step.rs", 7, "too long: split it");
        assert_eq!(violation.to_string(), "crates/engine/src/step.rs:7: too long: split it");
    }
}
