//! How long routes will be there, as a page.

use std::fmt::Write as _;

use ballast_platform::request::{Lifecycle, RouteEntry};

const HEAD: &str = "\
# Lifecycle of the API

Each route is `current`, `transitional` (it will go, and nothing takes its place) or `superseded`
(another has taken its place). Answers of the latter two carry `Deprecation`, since when that is
known, and `Sunset`, from when on the route may be gone; `x-lifecycle` in the API's description says
the same. This page is generated: `cargo xtask generate`.

";
const NONE_GO: &str = "All routes are current.\n";
const TABLE: &str = "\
Routes that are not named here are current.

| method | path | lifecycle | since | sunset | instead |
|---|---|---|---|---|---|
";

/// Every route that is going to go, sorted by its path.
pub(super) fn page(entries: &[RouteEntry]) -> String {
    let mut going: Vec<_> =
        entries.iter().filter(|entry| entry.lifecycle != Lifecycle::Current).collect();
    going.sort_by_key(|entry| (&entry.path, &entry.method));
    let mut page = HEAD.to_owned();
    page.push_str(if going.is_empty() { NONE_GO } else { TABLE });
    for RouteEntry { method, path, lifecycle, .. } in going {
        let (since, sunset, by) = match lifecycle {
            Lifecycle::Current => continue,
            Lifecycle::Transitional { since, sunset } => (since, sunset, String::new()),
            Lifecycle::Superseded { since, sunset, by } => (since, sunset, format!("`{by}`")),
        };
        let name = lifecycle.as_str();
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| {method} | `{path}` | {name} | {since} | {sunset} | {by} |");
    }
    page
}

#[cfg(test)]
mod tests {
    use ballast_platform::request::Access;

    use super::*;

    fn entry(path: &str, lifecycle: Lifecycle) -> RouteEntry {
        let (method, path) = ("GET".to_owned(), path.to_owned());
        RouteEntry { method, path, access: Access::User, lifecycle, stops: false }
    }

    #[test]
    fn what_is_going_to_go_is_named_with_what_takes_its_place() {
        let [since, sunset] = ["2026-12-01", "2027-06-01"].map(|date| date.parse().unwrap());
        let old = Lifecycle::Superseded { since, sunset, by: "/api/new" };
        let page = page(&[entry("/api/old", old), entry("/api/new", Lifecycle::Current)]);
        let row = "| GET | `/api/old` | superseded | 2026-12-01 | 2027-06-01 | `/api/new` |\n";
        assert!(page.ends_with(row), "{page}");
        assert!(!super::page(&[entry("/api/new", Lifecycle::Current)]).contains("| GET |"));
    }
}
