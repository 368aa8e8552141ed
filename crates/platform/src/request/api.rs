//! The table of routes, which the code, the API's description and the tests share.
//!
//! A route is only reachable through [`Api::route`], which says who may use it. From that one word
//! come the check before the handler, `security` and `x-access` in OpenAPI, and the row that the
//! authorisation test walks.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::LINK;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use tracing::Instrument as _;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, Content, Deprecated, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::access::{Access, Gate, Role};
use super::code::{self, Code};
use super::problem::{PROBLEM_JSON, Problem};
use super::signature::Signature;

/// How long a handler may take, if its route does not say otherwise.
pub const TIME_LIMIT: Duration = Duration::from_secs(30);

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");
const BEARER: &str = "bearer";

/// How long a route will be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// It stays.
    Current,
    /// It will go, and nothing takes its place.
    Transitional {
        /// Since when that is known.
        since: Date,
        /// From when on it may be gone.
        sunset: Date,
    },
    /// Another route has taken its place.
    Superseded {
        /// Since when.
        since: Date,
        /// From when on it may be gone.
        sunset: Date,
        /// The path of the other route.
        by: &'static str,
    },
}

impl Lifecycle {
    /// As the API's description writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Transitional { .. } => "transitional",
            Self::Superseded { .. } => "superseded",
        }
    }

    fn dates(self) -> Option<(Date, Date)> {
        match self {
            Self::Current => None,
            Self::Transitional { since, sunset } | Self::Superseded { since, sunset, .. } => {
                Some((since, sunset))
            }
        }
    }

    /// What an answer of the route says about it: RFC 9745 and RFC 8594.
    fn headers(self) -> Vec<(HeaderName, HeaderValue)> {
        let Some((since, sunset)) = self.dates() else {
            return Vec::new();
        };
        let since = since.to_zoned(TimeZone::UTC).map(|at| at.timestamp().as_second());
        let mut headers = vec![
            (DEPRECATION, since.map(|second| format!("@{second}")).unwrap_or_default()),
            (SUNSET, sunset.strftime("%a, %d %b %Y 00:00:00 GMT").to_string()),
        ];
        if let Self::Superseded { by, .. } = self {
            headers.push((LINK, format!("<{by}>; rel=\"successor-version\"")));
        }
        let values = headers.into_iter();
        values.filter_map(|(name, text)| Some((name, HeaderValue::from_str(&text).ok()?))).collect()
    }
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteEntry {
    /// The method, in capitals.
    pub method: String,
    /// The path as in OpenAPI, with `{parameters}`.
    pub path: String,
    /// Who may use it.
    pub access: Access,
    /// How long it will be there.
    pub lifecycle: Lifecycle,
    /// Whether it lowers risk or shuts somebody out, and so is heard whatever else was asked.
    pub stops: bool,
}

/// How requests come to a handler.
#[derive(Debug, Clone, Copy)]
struct Way {
    time_limit: Option<Duration>,
    /// Whether they count among what their user may ask.
    counted: bool,
}

/// Routes with their access, on the way to become a router and its description.
#[must_use]
pub struct Api<S> {
    gate: Gate,
    router: OpenApiRouter<S>,
    entries: Vec<RouteEntry>,
}

impl<S> std::fmt::Debug for Api<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("entries", &self.entries).finish_non_exhaustive()
    }
}

impl<S: Clone + Send + Sync + 'static> Api<S> {
    /// No routes yet, behind `gate`.
    pub fn new(gate: Gate) -> Self {
        Self { gate, router: OpenApiRouter::default(), entries: Vec::new() }
    }

    /// Adds what `utoipa_axum::routes!` makes of handlers of one path; a handler takes at most
    /// [`TIME_LIMIT`].
    pub fn route(
        self,
        access: Access,
        lifecycle: Lifecycle,
        routes: UtoipaMethodRouter<S>,
    ) -> Self {
        let way = Way { time_limit: Some(TIME_LIMIT), counted: true };
        self.add(access, lifecycle, routes, way)
    }

    /// The same for what must be heard at once: it does not count among what its user may ask.
    pub fn route_that_stops(
        self,
        access: Access,
        lifecycle: Lifecycle,
        routes: UtoipaMethodRouter<S>,
    ) -> Self {
        let way = Way { time_limit: Some(TIME_LIMIT), counted: false };
        self.add(access, lifecycle, routes, way)
    }

    /// The same for handlers that take as long as they take, such as uploads.
    pub fn route_without_time_limit(
        self,
        access: Access,
        lifecycle: Lifecycle,
        routes: UtoipaMethodRouter<S>,
    ) -> Self {
        let way = Way { time_limit: None, counted: true };
        self.add(access, lifecycle, routes, way)
    }

    fn add(
        mut self,
        access: Access,
        lifecycle: Lifecycle,
        (schemas, mut paths, mut methods): UtoipaMethodRouter<S>,
        way: Way,
    ) -> Self {
        for (path, item) in &mut paths.paths {
            for (method, operation) in operations(item) {
                describe(operation, access, lifecycle);
                let path = path.clone();
                let stops = !way.counted;
                self.entries.push(RouteEntry { method, path, access, lifecycle, stops });
            }
        }
        methods = methods.route_layer(from_fn(carried_out));
        if let Some(limit) = way.time_limit {
            methods = methods.route_layer(from_fn_with_state(limit, within));
        }
        methods = match (access.role(), access) {
            (Some(role), _) => {
                let guard = (self.gate.clone(), role, way.counted);
                methods.route_layer(from_fn_with_state(guard, guarded))
            }
            (None, Access::Signed) => methods.route_layer(from_fn(signed)),
            (None, _) => methods,
        };
        if lifecycle != Lifecycle::Current {
            methods = methods.route_layer(from_fn_with_state(lifecycle, announce));
        }
        self.router = self.router.routes((schemas, paths, methods));
        self
    }

    /// Adds the routes of another.
    pub fn merge(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self.router = self.router.merge(other.router);
        self
    }

    /// Adds the routes of another below `prefix`, such as `/platform`.
    pub fn nest(mut self, prefix: &str, other: Self) -> Self {
        let below = other.entries.into_iter().map(|entry| {
            let path = format!("{prefix}{}", entry.path);
            RouteEntry { path, ..entry }
        });
        self.entries.extend(below);
        self.router = self.router.nest(prefix, other.router);
        self
    }

    /// Gives the handlers their state.
    pub fn with_state<S2: Clone + Send + Sync + 'static>(self, state: S) -> Api<S2> {
        let Self { gate, router, entries } = self;
        Api { gate, router: router.with_state(state), entries }
    }

    /// The router, its description and its table. What no route answers is answered by
    /// [`super::Layers`].
    pub fn split(self) -> (axum::Router<S>, OpenApi, Vec<RouteEntry>) {
        let (router, mut description) = self.router.split_for_parts();
        let components = description.components.get_or_insert_with(Components::new);
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
        components.add_security_scheme(BEARER, SecurityScheme::Http(scheme.build()));
        let (name, schema) = problem_schema();
        components.schemas.insert(name, schema);
        components.schemas.extend(problem_parts());
        (router, description, self.entries)
    }
}

type NamedSchema = (String, RefOr<utoipa::openapi::schema::Schema>);

fn problem_schema() -> NamedSchema {
    use utoipa::PartialSchema as _;
    ("Problem".to_owned(), super::problem::ProblemBody::schema())
}

fn problem_parts() -> Vec<NamedSchema> {
    let mut parts = Vec::new();
    <super::problem::ProblemBody<'_> as utoipa::ToSchema>::schemas(&mut parts);
    parts
}

fn operations(item: &mut PathItem) -> Vec<(String, &mut Operation)> {
    let slots = [
        ("GET", &mut item.get),
        ("PUT", &mut item.put),
        ("POST", &mut item.post),
        ("DELETE", &mut item.delete),
        ("OPTIONS", &mut item.options),
        ("HEAD", &mut item.head),
        ("PATCH", &mut item.patch),
        ("TRACE", &mut item.trace),
        ("QUERY", &mut item.query),
    ];
    let present = slots.into_iter().filter_map(|(method, slot)| {
        let operation = slot.as_mut()?;
        Some((method.to_owned(), operation))
    });
    present.collect()
}

/// Says in the description what the layers of the route do.
fn describe(operation: &mut Operation, access: Access, lifecycle: Lifecycle) {
    let mut extensions = operation.extensions.take().unwrap_or_default();
    extensions.insert("x-access".to_owned(), access.as_str().into());
    extensions.insert("x-lifecycle".to_owned(), lifecycle.as_str().into());
    if let Some((_, sunset)) = lifecycle.dates() {
        extensions.insert("x-sunset".to_owned(), sunset.to_string().into());
        operation.deprecated = Some(Deprecated::True);
    }
    operation.extensions = Some(extensions);
    let mut refusals =
        vec![&code::TOO_MANY_REQUESTS, &code::INTERNAL, &code::UNAVAILABLE, &code::TIMEOUT];
    match access.role() {
        Some(role) => {
            let nothing: [&str; 0] = [];
            operation.security = Some(vec![SecurityRequirement::new(BEARER, nothing)]);
            refusals.push(&code::UNAUTHENTICATED);
            if role > Role::User {
                refusals.push(&code::FORBIDDEN);
            }
        }
        None if access == Access::Signed => refusals.push(&code::SIGNATURE_INVALID),
        None => operation.security = Some(vec![SecurityRequirement::default()]),
    }
    for (status, response) in &mut operation.responses.responses {
        if let (true, RefOr::T(response)) = (status.starts_with(['4', '5']), response)
            && let Some(content) = response.content.shift_remove("application/json")
        {
            response.content.insert(PROBLEM_JSON.to_owned(), content);
        }
    }
    refusals.extend(refusals_of_input(operation));
    for refusal in refusals {
        may_answer(operation, refusal);
    }
}

/// What is answered to input that is not good, by what the operation takes.
fn refusals_of_input(operation: &Operation) -> Vec<&'static Code> {
    let mut refusals = Vec::new();
    let parameters =
        operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter),
            RefOr::Ref(_) => None,
        });
    for Parameter { name, parameter_in, .. } in parameters {
        match (parameter_in, name.as_str()) {
            (ParameterIn::Path, _) => refusals.push(&code::NOT_FOUND),
            (ParameterIn::Query, _) => refusals.push(&code::INVALID),
            (ParameterIn::Header, "If-Match") => {
                refusals.extend([&code::PRECONDITION_FAILED, &code::PRECONDITION_REQUIRED]);
            }
            (ParameterIn::Header, "Idempotency-Key") => {
                refusals.extend([&code::IDEMPOTENCY_KEY_REQUIRED, &code::IDEMPOTENCY_CONFLICT]);
            }
            _ => {}
        }
    }
    if operation.request_body.is_some() {
        refusals.extend([
            &code::INVALID_JSON,
            &code::REQUEST_TIMEOUT,
            &code::BODY_TOO_LARGE,
            &code::UNSUPPORTED_MEDIA_TYPE,
            &code::INVALID,
        ]);
    }
    refusals
}

/// Says in the description that an operation may be refused so.
pub fn may_answer(operation: &mut Operation, refusal: &Code) {
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    let response = ResponseBuilder::new().description(refusal.title);
    let response = response.content(PROBLEM_JSON, content).build();
    let status = refusal.status.to_string();
    operation.responses.responses.entry(status).or_insert(response.into());
}

async fn guarded(
    State((gate, role, counted)): State<(Gate, Role, bool)>,
    mut request: Request,
    next: Next,
) -> Response {
    match gate.admit(role, counted, &mut request).await {
        Ok(standing) => {
            let mut response = next.run(request).await;
            if let Some(standing) = standing {
                standing.tell(response.headers_mut());
            }
            response
        }
        Err(problem) => problem.into_response(),
    }
}

async fn signed(mut request: Request, next: Next) -> Response {
    match Signature::of(request.headers()) {
        Ok(signature) => {
            request.extensions_mut().insert(signature);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn within(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(&code::TIMEOUT, code::TIMEOUT.remedy).into_response(),
    }
}

/// A change that was begun is carried to its end, also when the client hangs up or the time is
/// over: nothing is left half done.
async fn carried_out(request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request).in_current_span()).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            Ok(cause) => std::panic::resume_unwind(cause),
            Err(error) => Problem::internal(error).into_response(),
        },
    }
}

async fn announce(State(lifecycle): State<Lifecycle>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().extend(lifecycle.headers());
    response
}

impl Serialize for RouteEntry {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        use serde::ser::SerializeStruct as _;
        let mut row = serializer.serialize_struct("RouteEntry", 5)?;
        row.serialize_field("method", &self.method)?;
        row.serialize_field("path", &self.path)?;
        row.serialize_field("access", &self.access)?;
        row.serialize_field("lifecycle", self.lifecycle.as_str())?;
        let sunset = self.lifecycle.dates().map(|(_, sunset)| sunset.to_string());
        row.serialize_field("sunset", &sunset)?;
        row.end()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_takes_too_long_is_given_up() {
        let router = axum::Router::new()
            .route("/", get(std::future::pending::<()>))
            .layer(from_fn_with_state(TIME_LIMIT, within));
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), 504);
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_goes_on_when_nobody_waits_for_it() {
        let (done, mut told) = tokio::sync::mpsc::channel(2);
        let handler = async move || {
            tokio::time::sleep(2 * TIME_LIMIT).await;
            done.send(()).await.unwrap();
        };
        let router = axum::Router::new()
            .route("/", get(handler.clone()).post(handler))
            .layer(from_fn(carried_out))
            .layer(from_fn_with_state(TIME_LIMIT, within));
        for (method, ends) in [("POST", true), ("GET", false)] {
            let request = Request::builder().method(method).body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), 504, "{method}");
            let waited = tokio::time::timeout(2 * TIME_LIMIT, told.recv()).await;
            assert_eq!(waited.is_ok(), ends, "{method}");
        }
    }
}
