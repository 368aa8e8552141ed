//! Which crate may depend on which: the dependency direction of ARCHITECTURE.md as a table. A crate
//! that is not in the table, or an edge that it does not list, fails. The table lists the crates of
//! the plan too, so that one has its place before it exists.

use std::path::Path;

use crate::tidy::Violation;
use crate::workspace::{Dependency, Metadata, Package};

/// What one crate may use, in its code and in its tests.
#[derive(Debug)]
struct Crate {
    name: &'static str,
    /// The workspace's own crates.
    uses: &'static [&'static str],
    third_party: ThirdParty,
}

/// Other people's crates, outside tests.
#[derive(Debug)]
enum ThirdParty {
    /// Only `deny.toml` decides.
    Any,
    Only(&'static [&'static str]),
}

use ThirdParty::{Any, Only};

const TABLE: [Crate; 10] = [
    row("ballast-domain", &[], Only(&VALUES)),
    row("ballast-engine", &["ballast-domain"], Only(&VALUES_AND_TOKIO)),
    row("ballast-venues", &["ballast-domain", "ballast-engine"], Any),
    row("ballast-storage", &["ballast-domain", "ballast-engine"], Any),
    row("ballast-backtest", &["ballast-domain", "ballast-engine"], Any),
    row("ballast-platform", &["ballast-domain", "ballast-storage"], Any),
    row("ballast-exchange", &["ballast-domain", "ballast-engine", "ballast-venues"], Any),
    row(
        "ballast-simulator",
        &["ballast-domain", "ballast-engine", "ballast-storage", "ballast-venues"],
        Any,
    ),
    row(
        "ballast",
        &[
            "ballast-backtest",
            "ballast-domain",
            "ballast-engine",
            "ballast-exchange",
            "ballast-platform",
            "ballast-storage",
            "ballast-venues",
        ],
        Any,
    ),
    row("xtask", &[], Any),
];

const fn row(name: &'static str, uses: &'static [&'static str], third_party: ThirdParty) -> Crate {
    Crate { name, uses, third_party }
}

/// Values and their text forms: no I/O, no clock, no thread.
const VALUES: [&str; 7] =
    ["arrayvec", "jiff", "rust_decimal", "schemars", "serde", "serde_json", "thiserror"];

/// The engine also has tokio, for the channels and tasks of run.rs.
const VALUES_AND_TOKIO: [&str; 8] =
    ["arrayvec", "jiff", "rust_decimal", "schemars", "serde", "serde_json", "thiserror", "tokio"];

/// Parts of tokio without network, disk, process or clock.
const TOKIO_IN_ENGINE: [&str; 3] = ["macros", "rt", "sync"];

pub(super) fn check(metadata: &Metadata) -> Vec<Violation> {
    let root = &metadata.workspace_root;
    metadata.packages.iter().flat_map(|package| check_package(package, root)).collect()
}

fn check_package(package: &Package, root: &Path) -> Vec<Violation> {
    let relative = package.manifest_path.strip_prefix(root).unwrap_or(&package.manifest_path);
    let manifest = relative.to_string_lossy();
    let Some(rule) = TABLE.iter().find(|rule| rule.name == package.name) else {
        let message = format!(
            "crate `{}` has no place in the dependency direction: add it to ARCHITECTURE.md and \
             to xtask/src/tidy/crates.rs",
            package.name
        );
        return vec![Violation::new(&manifest, 1, message)];
    };
    let text = std::fs::read_to_string(&package.manifest_path).unwrap_or_default();
    let refused = package.dependencies.iter().filter_map(|dependency| {
        let message = rule.refuse(dependency)?;
        Some(Violation::new(&manifest, line_of(&text, &dependency.name), message))
    });
    refused.collect()
}

impl Crate {
    fn refuse(&self, dependency: &Dependency) -> Option<String> {
        let name = dependency.name.as_str();
        if dependency.path.is_some() {
            return (!self.uses.contains(&name)).then(|| self.wrong_edge(name));
        }
        if dependency.kind.as_deref() == Some("dev") {
            return None;
        }
        let Only(listed) = &self.third_party else {
            return None;
        };
        if !listed.contains(&name) {
            return Some(format!(
                "{} may not use `{name}`: it is kept to {}; move what needs it to an outer crate",
                self.name,
                listed.join(", ")
            ));
        }
        let mut features = dependency.features.iter();
        let outside = features.find(|feature| !TOKIO_IN_ENGINE.contains(&feature.as_str()))?;
        (name == "tokio").then(|| {
            let allowed = TOKIO_IN_ENGINE.join(", ");
            format!(
                "{} may use of tokio only {allowed}: drop the feature `{outside}`, time and I/O \
                 come through ports",
                self.name
            )
        })
    }

    fn wrong_edge(&self, other: &str) -> String {
        let may_use = match self.uses {
            [] => "none of our crates".to_owned(),
            uses => uses.join(", "),
        };
        format!(
            "{} must not depend on {other}; it may use {may_use}: move the code to where the \
             direction allows it, or pass a value or a trait in",
            self.name
        )
    }
}

/// The line of a manifest that names the dependency; the first when it is written otherwise.
fn line_of(manifest: &str, dependency: &str) -> usize {
    let names = |line: &str| {
        line.strip_prefix(dependency).is_some_and(|rest| rest.starts_with([' ', '.', '=']))
    };
    manifest.lines().position(names).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(name: &str) -> Dependency {
        Dependency { path: Some(name.into()), ..other(name) }
    }

    fn other(name: &str) -> Dependency {
        Dependency { name: name.to_owned(), kind: None, path: None, features: Vec::new() }
    }

    fn in_tests(dependency: Dependency) -> Dependency {
        Dependency { kind: Some("dev".to_owned()), ..dependency }
    }

    fn found(name: &str, dependencies: Vec<Dependency>) -> Vec<String> {
        let package = Package {
            name: name.to_owned(),
            manifest_path: "/repository/crates/x/Cargo.toml".into(),
            rust_version: None,
            dependencies,
        };
        let violations = check_package(&package, Path::new("/repository"));
        violations.iter().map(Violation::to_string).collect()
    }

    #[test]
    fn the_edges_of_the_architecture_are_allowed() {
        for (from, to) in [
            ("ballast-engine", "ballast-domain"),
            ("ballast-backtest", "ballast-engine"),
            ("ballast-platform", "ballast-storage"),
            ("ballast-exchange", "ballast-venues"),
            ("ballast-simulator", "ballast-storage"),
            ("ballast", "ballast-exchange"),
        ] {
            assert_eq!(found(from, vec![own(to)]), [""; 0], "{from} -> {to}");
        }
    }

    /// Invariant: dependencies point one way.
    #[test]
    fn any_other_edge_is_refused_in_code_and_in_tests() {
        for (from, to) in [
            ("ballast-domain", "ballast-engine"),
            ("ballast-engine", "ballast-storage"),
            ("ballast-venues", "ballast-storage"),
            ("ballast-storage", "ballast-venues"),
            ("ballast-backtest", "ballast-venues"),
            ("ballast-exchange", "ballast"),
            ("ballast", "ballast-simulator"),
            ("xtask", "ballast-domain"),
        ] {
            for dependency in [own(to), in_tests(own(to))] {
                let violations = found(from, vec![dependency]);
                let expected = format!("{from} must not depend on {to}");
                assert!(violations[0].contains(&expected), "{violations:?}");
            }
        }
    }

    #[test]
    fn a_crate_outside_the_table_is_refused() {
        let violations = found("ballast-common", Vec::new());
        assert!(violations[0].starts_with("crates/x/Cargo.toml:1: crate `ballast-common` has no"));
    }

    #[test]
    fn domain_and_engine_keep_to_their_third_party_crates() {
        for (name, dependency, allowed) in [
            ("ballast-domain", "serde", true),
            ("ballast-domain", "tokio", false),
            ("ballast-domain", "tracing", false),
            ("ballast-engine", "tokio", true),
            ("ballast-engine", "rusqlite", false),
            ("ballast-engine", "rand", false),
            ("ballast-storage", "rusqlite", true),
        ] {
            let violations = found(name, vec![other(dependency)]);
            assert_eq!(violations.is_empty(), allowed, "{name} with {dependency}");
            assert_eq!(found(name, vec![in_tests(other(dependency))]), [""; 0]);
        }
    }

    /// Invariant: time and randomness come through ports.
    #[test]
    fn the_engine_takes_no_clock_or_network_from_tokio() {
        for (feature, allowed) in [("rt", true), ("sync", true), ("time", false), ("net", false)] {
            let tokio = || Dependency { features: vec![feature.to_owned()], ..other("tokio") };
            assert_eq!(found("ballast-engine", vec![tokio()]).is_empty(), allowed, "{feature}");
            assert_eq!(found("ballast-venues", vec![tokio()]), [""; 0]);
        }
    }

    #[test]
    fn a_dependency_is_found_in_its_manifest() {
        let manifest = "[dependencies]\nserde_json = \"1\"\nserde = \"1\"\na.workspace = true\n";
        for (name, line) in [("serde", 3), ("serde_json", 2), ("a", 4), ("absent", 1)] {
            assert_eq!(line_of(manifest, name), line, "{name}");
        }
    }
}
