//! The routes of a server, as its own description tells them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::client::Client;

/// One operation of the description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) access: String,
    /// The names that it takes in its query and at the top of its JSON body.
    pub(super) names: BTreeSet<String>,
}

/// Every operation that the server describes.
pub(super) async fn described(client: &Client) -> Vec<Route> {
    let description = client.get("/api/openapi.json").await.json(200);
    let mut routes = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let access = operation["x-access"].as_str().unwrap_or_else(|| panic!("{path}"));
            routes.push(Route {
                method: method.to_uppercase(),
                path: path.clone(),
                access: access.to_owned(),
                names: names(operation, &description),
            });
        }
    }
    routes
}

impl Route {
    /// Its path with something in the place of each parameter.
    pub(super) fn filled(&self, with: &str) -> String {
        let parts = self.path.split('/');
        let part =
            |part: &str| if part.starts_with('{') { with.to_owned() } else { part.to_owned() };
        parts.map(part).collect::<Vec<_>>().join("/")
    }

    pub(super) fn is(&self, (method, path): (&str, &str)) -> bool {
        self.method == method && self.path == path
    }
}

fn names(operation: &Value, description: &Value) -> BTreeSet<String> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let queried = parameters.filter(|parameter| parameter["in"] == "query");
    let queried = queried.map(|parameter| parameter["name"].as_str().unwrap().to_owned());
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let schema = match schema["$ref"].as_str() {
        Some(place) => description.pointer(place.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    let fields = schema["properties"].as_object().into_iter().flatten();
    queried.chain(fields.map(|(name, _)| name.clone())).collect()
}
