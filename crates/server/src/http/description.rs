//! The API's own description: OpenAPI 3.1, and a page that shows it.

use std::sync::Arc;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use ballast_platform::request::{Access, Lifecycle, Problem, RouteEntry, code, may_answer};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{Schema, Type};
use utoipa::openapi::{Components, InfoBuilder, ObjectBuilder, OpenApi, Ref, RefOr};
use utoipa::{OpenApi as _, PartialSchema as _, ToSchema as _};
use utoipa_swagger_ui::{Config, SwaggerFile};

use super::bot_state::BotState;
use super::refusal::RefusalRow;
use crate::realtime::{
    AdminFilter, AdminState, PATH, Reauthenticated, SessionExpired, TenantAlert, Tick,
};
use crate::research::Progress;
use crate::views::rows::{AlertRow, ControlRow, EvaluationRow, HealthRow};
use crate::views::{Marks, Update};

const OPENAPI: &str = "/api/openapi.json";
const DOCS: &str = "/api/docs";
/// The page and what it is made of; it finds the description beside itself, under any prefix.
const PAGE: &str = "/api/docs/";
const PAGE_FILE: &str = "/api/docs/{file}";
const DESCRIPTION_FROM_PAGE: &str = "../openapi.json";
/// What is posted to be answered, and may be sent as often as one likes.
const CHANGES_NOTHING: [&str; 2] = ["/api/orders/preview", "/api/strategies/check"];
/// What is done anew each time that it is sent, and what waits for no store, a key's least of all.
const KEYLESS: [&str; 8] = [
    "/internal/trading/pause",
    "/platform/api/admin/products/{id}/status",
    "/platform/api/admin/users/{id}/disable",
    "/platform/api/auth/first-administrator",
    "/platform/api/auth/login",
    "/platform/api/auth/logout",
    "/platform/api/auth/logout-everywhere",
    "/platform/api/auth/refresh",
];
const IDEMPOTENCY_KEY_NAME: &str = "Idempotency-Key";

/// Adds the description of `router`'s routes, and a page of it.
pub(super) fn add(router: Router, description: OpenApi) -> Router {
    let description = complete(description);
    let description = Arc::new(description);
    let json = move || async move { Json(Arc::clone(&description)).into_response() };
    let config = Config::from(DESCRIPTION_FROM_PAGE).use_base_layout().deep_linking(true);
    let config = Arc::new(config.filter(true).validator_url("none"));
    let of_page = Arc::clone(&config);
    let page = move || async move { page_file("", of_page) };
    let file = move |Path(name): Path<String>| async move { page_file(&name, config) };
    let to_page = || async { (StatusCode::PERMANENT_REDIRECT, [(LOCATION, "docs/")]) };
    router
        .route(OPENAPI, get(json))
        .route(DOCS, get(to_page))
        .route(PAGE, get(page))
        .route(PAGE_FILE, get(file))
}

fn page_file(name: &str, config: Arc<Config<'static>>) -> Response {
    match utoipa_swagger_ui::serve(name, config) {
        Ok(Some(SwaggerFile { bytes, content_type, .. })) => {
            ([(CONTENT_TYPE, content_type)], bytes.into_owned()).into_response()
        }
        Ok(None) => Problem::not_found("The description has no such file.").into_response(),
        Err(error) => Problem::internal(error).into_response(),
    }
}

/// The rows of the description itself, which does not hold itself.
pub(super) fn entries() -> Vec<RouteEntry> {
    let entry = |path: &str| RouteEntry {
        method: "GET".to_owned(),
        path: path.to_owned(),
        access: Access::Public,
        lifecycle: Lifecycle::Current,
        stops: false,
    };
    [OPENAPI, DOCS, PAGE, PAGE_FILE].map(entry).into()
}

/// The description with what it is of.
pub(super) fn complete(mut description: OpenApi) -> OpenApi {
    description.info = InfoBuilder::new()
        .title("Ballast")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .build();
    for (path, item) in &mut description.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(operation_id(method, path));
            let changes = method != "get" && !CHANGES_NOTHING.contains(&path.as_str());
            if changes && !KEYLESS.contains(&path.as_str()) {
                takes_key(operation);
            }
        }
    }
    if let Some(all) = &mut description.components {
        tell_of_refusals(all);
    }
    let told = Realtime::openapi();
    if let (Some(all), Some(more)) = (&mut description.components, told.components) {
        for (name, schema) in more.schemas {
            all.schemas.entry(name).or_insert(schema);
        }
    }
    let extensions = description.extensions.get_or_insert_default();
    extensions.insert("x-realtime".to_owned(), realtime());
    description
}

/// A problem may have the risk gate's refusal in it.
fn tell_of_refusals(all: &mut Components) {
    let mut parts = vec![(RefusalRow::name().into_owned(), RefusalRow::schema())];
    RefusalRow::schemas(&mut parts);
    all.schemas.extend(parts);
    if let Some(RefOr::T(Schema::Object(problem))) = all.schemas.get_mut("Problem") {
        let refusal = Ref::from_schema_name(RefusalRow::name());
        problem.properties.insert("refusal".to_owned(), RefOr::Ref(refusal));
    }
}

/// Every write takes a key, also where it is not asked for.
fn takes_key(operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    let is_key = |known: &RefOr<Parameter>| match known {
        RefOr::T(known) => known.name == IDEMPOTENCY_KEY_NAME,
        RefOr::Ref(_) => false,
    };
    if parameters.iter().any(is_key) {
        return;
    }
    let about = "names the action: sent again under the same key it is done once";
    let parameter = ParameterBuilder::new()
        .name(IDEMPOTENCY_KEY_NAME)
        .parameter_in(ParameterIn::Header)
        .description(Some(about))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()));
    parameters.push(RefOr::T(parameter.build()));
    may_answer(operation, &code::IDEMPOTENCY_CONFLICT);
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let slots = [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
    ];
    slots.into_iter().filter_map(|(method, slot)| Some((method, slot.as_mut()?)))
}

/// A name that no other operation has: `GET /api/profiles/{id}/ledger` is `getApiProfilesIdLedger`.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|letter: char| !letter.is_ascii_alphanumeric());
    let capital = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    std::iter::once(method.to_owned()).chain(words.map(capital)).collect()
}

/// What travels over Socket.IO, in the same schemas.
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(
    BotState,
    Update,
    Marks,
    EvaluationRow,
    AlertRow,
    Tick,
    HealthRow,
    ControlRow,
    Progress,
    SessionExpired,
    Reauthenticated,
    AdminState,
    TenantAlert,
    AdminFilter
)))]
struct Realtime;

/// The events of each namespace, by the name of what they carry.
fn realtime() -> serde_json::Value {
    let trading = serde_json::json!({
        "state": "BotState", "event": "Update", "marks": "Marks", "evaluation": "EvaluationRow",
        "alert": "AlertRow", "tick": "Tick", "health": "HealthRow", "control": "ControlRow",
        "backtestProgress": "Progress", "sessionExpired": "SessionExpired",
    });
    let admin = serde_json::json!({
        "state": "AdminState", "event": "Update", "alert": "TenantAlert", "health": "NodeRow",
        "tenants": "TenantLine[]", "control": "ControlRow", "sessionExpired": "SessionExpired",
    });
    serde_json::json!({
        "path": PATH,
        "auth": "token",
        "namespaces": { "/": trading, "/trading": trading, "/admin": admin },
        "asks": {
            "resync": null,
            "reauthenticate": { "sends": {"token": "string"}, "answer": "Reauthenticated" },
            "filter": { "sends": "Filter", "namespace": "/admin" },
        },
    })
}

const ABOUT: &str = "\
Automated trading that you host yourself.

JSON is camelCase, amounts are decimal strings, times are RFC 3339 in UTC. Sign in at \
`POST /platform/api/auth/login` and send `Authorization: Bearer <accessToken>`. Errors are \
`application/problem+json` with a stable `code`. What belongs to somebody else is not found.";

#[cfg(test)]
mod tests {
    use super::*;

    /// Generated clients know what they may be told.
    #[tokio::test]
    async fn refusals_are_described() {
        let (described, _) = crate::serve::identity::describe().await.unwrap();
        let described = serde_json::to_value(described).unwrap();
        let expected = [
            ("post", "/api/orders/manual", &["400", "409", "413", "422", "504"][..]),
            ("patch", "/api/positions/{id}", &["404", "409", "412", "422", "428"]),
            ("delete", "/api/orders/{id}", &["404", "409"]),
            ("get", "/api/orders", &["401", "422", "429", "503"]),
        ];
        for (method, path, statuses) in expected {
            let responses = described["paths"][path][method]["responses"].as_object().unwrap();
            for status in statuses {
                assert!(responses.contains_key(*status), "{method} {path} {status}");
            }
        }
        let schemas = &described["components"]["schemas"];
        assert_eq!(
            schemas["Problem"]["properties"]["refusal"]["$ref"],
            "#/components/schemas/Refusal"
        );
        let refusal = schemas["Refusal"].to_string();
        assert!(refusal.contains(r#""required":["code","text"]"#), "{refusal}");
        let codes = schemas["RefusalCode"]["enum"].as_array().unwrap();
        assert!(codes.contains(&"duplicateEntry".into()), "{codes:?}");
    }

    #[test]
    fn operations_are_named_by_what_they_do() {
        assert_eq!(operation_id("get", "/api/profiles/{id}/ledger"), "getApiProfilesIdLedger");
        assert_eq!(operation_id("get", "/api/orders.csv"), "getApiOrdersCsv");
    }
}
