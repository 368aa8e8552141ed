//! The table of routes as a page: who may use which.

use std::fmt::Write as _;

use ballast_platform::request::RouteEntry;

const HEAD: &str = "\
# Authorisation

Who may use which route: anybody (`public`), whoever is signed in (`user`), operators and
administrators (`operator`), administrators (`admin`). The checks before the handlers, `x-access`
in the API's description and this page come from one table. Without a valid token the answer is 401,
without the role 403, and what belongs to somebody else is not found: 404.

Beside these there are the pages and files of the web application, which hold nothing of anybody,
and `/socket.io`, where each namespace asks for a token at its connection, `/admin` for an
operator's. Health and metrics for whoever runs the server are on the internal listener alone. This
page is generated: `cargo xtask generate`.

| method | path | access |
|---|---|---|
";

/// Every route, sorted by its path.
pub(super) fn page(entries: &[RouteEntry]) -> String {
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by_key(|entry| (&entry.path, &entry.method));
    let mut page = HEAD.to_owned();
    for RouteEntry { method, path, access, .. } in entries {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| {method} | `{path}` | {} |", access.as_str());
    }
    page
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::http::{description, is_stop};
    use crate::serve::identity::describe;

    /// Whatever lowers risk is heard from somebody who has asked for too much, and from an address
    /// that has: the one is said at the route, the other by its path.
    #[tokio::test]
    async fn every_route_that_stops_is_counted_apart_and_no_other() {
        let (_, entries) = describe().await.unwrap();
        assert!(entries.iter().filter(|entry| entry.stops).count() >= 8);
        for entry in entries {
            let path = entry.path.replace(['{', '}'], "");
            let method = entry.method.parse().unwrap();
            let apart = is_stop(&method, &path.parse().unwrap());
            assert_eq!(apart, entry.stops, "{} {}", entry.method, entry.path);
        }
    }

    /// What the router has and what is described cannot come apart.
    #[tokio::test]
    async fn the_description_holds_every_route_of_the_table_and_no_other() {
        let (described, entries) = describe().await.unwrap();
        let value = serde_json::to_value(described).unwrap();
        let mut told = BTreeSet::new();
        for (path, item) in value["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let access = operation["x-access"].as_str().unwrap().to_owned();
                told.insert((path.clone(), method.to_uppercase(), access));
            }
        }
        let of_itself = description::entries();
        let count = entries.len() - of_itself.len();
        let table = entries.into_iter().filter(|entry| !of_itself.contains(entry));
        let row =
            |entry: super::RouteEntry| (entry.path, entry.method, entry.access.as_str().to_owned());
        let table: BTreeSet<_> = table.map(row).collect();
        assert_eq!(table, told);
        assert_eq!(table.len(), count, "a route is in the table twice");
    }
}
