//! A refusal as it leaves the server: `application/problem+json` of RFC 9457.
//!
//! The request's id is filled in where the answer passes [`super::id`], so that nothing between has
//! to carry it. What the code, the detail and the fields say is for people; causes are logged.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ballast_domain::RequestId;
use ballast_storage::StoreError;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::code::{self, Code};

/// The media type of a refusal.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What is wrong with one field of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldError {
    /// The path of the field, such as `exits[0].price`; empty for the whole.
    #[schema(example = "exits[0].price")]
    pub field: String,
    /// What is wrong and what would be right.
    #[schema(example = "must be greater than zero")]
    pub message: String,
    /// The column in a text field at which it is wrong, counted from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub column: Option<usize>,
}

impl FieldError {
    /// What is wrong with `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), column: None }
    }

    /// The same, at a column of the field's text.
    #[must_use]
    pub fn at_column(self, column: usize) -> Self {
        Self { column: Some(column), ..self }
    }
}

/// Why a request was refused.
#[derive(Clone)]
pub struct Problem(Box<Parts>);

#[derive(Clone)]
struct Parts {
    code: &'static Code,
    detail: String,
    errors: Vec<FieldError>,
    members: BTreeMap<&'static str, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// The body of a refusal, as clients read it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// Names the kind of refusal, as `urn:ballast:problem:` and the code.
    #[schema(example = "urn:ballast:problem:notFound")]
    r#type: String,
    /// What happened, the same for every occurrence.
    #[schema(example = "There is nothing here")]
    title: &'a str,
    /// The HTTP status.
    #[schema(example = 404)]
    status: u16,
    /// The stable code by which a client decides.
    #[schema(example = "notFound")]
    code: &'a str,
    /// What happened this time and what to do about it.
    detail: &'a str,
    /// The request's id, which is also in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "0b7e5f3c9d2a4e61")]
    request_id: Option<String>,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(flatten)]
    #[schema(ignore)]
    members: &'a BTreeMap<&'static str, Value>,
}

impl Problem {
    /// A refusal with this code; `detail` tells a person what happened and what to do.
    pub fn new(code: &'static Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            members: BTreeMap::new(),
            headers: Vec::new(),
        }))
    }

    /// Nobody is signed in, or not so that it can be told who.
    pub fn unauthorized(code: &'static Code, detail: impl Into<String>) -> Self {
        let challenge = HeaderValue::from_static("Bearer");
        Self::new(code, detail).with_header(WWW_AUTHENTICATE, challenge)
    }

    /// The role or the state of the account does not allow it.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(&code::FORBIDDEN, detail)
    }

    /// There is no such thing, or not for this user.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(&code::NOT_FOUND, detail)
    }

    /// It contradicts what is there.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(&code::CONFLICT, detail)
    }

    /// Fields of the input are wrong; nothing was changed.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] if only.field.is_empty() => only.message.clone(),
            [only] => format!("{}: {}", only.field, only.message),
            more => format!("{} fields are not valid; see 'errors'", more.len()),
        };
        Self::new(&code::INVALID, detail).with_errors(errors)
    }

    /// One field of the input is wrong; nothing was changed.
    pub fn invalid_field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, message)])
    }

    /// It has another version than the client thinks.
    #[must_use]
    pub fn precondition_failed() -> Self {
        Self::new(&code::PRECONDITION_FAILED, code::PRECONDITION_FAILED.remedy)
    }

    /// The client must say which version it has seen.
    #[must_use]
    pub fn precondition_required() -> Self {
        Self::new(&code::PRECONDITION_REQUIRED, code::PRECONDITION_REQUIRED.remedy)
    }

    /// It was asked too often; another attempt makes sense after `wait`.
    pub fn too_many_requests(wait: Duration, detail: impl Into<String>) -> Self {
        Self::new(&code::TOO_MANY_REQUESTS, detail).retry_after(wait)
    }

    /// Something that is needed is away and nothing was done; `cause` is logged, not told.
    pub fn unavailable(cause: impl fmt::Display) -> Self {
        tracing::warn!(%cause, "a request was refused because something is away");
        Self::new(&code::UNAVAILABLE, code::UNAVAILABLE.remedy).retry_after(Duration::from_secs(2))
    }

    /// The server is at fault; `cause` is logged, not told.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(&code::INTERNAL, code::INTERNAL.remedy)
    }

    /// With a wait after which it makes sense to try again, in whole seconds and at least one.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        self.with_header(RETRY_AFTER, whole_seconds(wait).into())
    }

    /// With what is wrong with each field.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// With a further member of the body, such as the numbers of a refusal.
    #[must_use]
    pub fn with_member(mut self, name: &'static str, value: Value) -> Self {
        self.0.members.insert(name, value);
        self
    }

    /// With a header of the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Its code.
    #[must_use]
    pub const fn code(&self) -> &'static Code {
        self.0.code
    }

    /// What is wrong with single fields.
    #[must_use]
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// What it tells a person.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The body, naming the request when it is known.
    pub(super) fn render(&self, request_id: Option<&RequestId>) -> Vec<u8> {
        let Parts { code, detail, errors, members, .. } = &*self.0;
        let body = ProblemBody {
            r#type: format!("urn:ballast:problem:{}", code.name),
            title: code.title,
            status: code.status,
            code: code.name,
            detail,
            request_id: request_id.map(ToString::to_string),
            errors,
            members,
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

/// A refusal that was rendered for an earlier request and is given again.
#[derive(Debug, Clone)]
pub(super) struct KeptProblem(pub(super) Vec<u8>);

impl KeptProblem {
    /// The same body, naming the request that it answers now.
    pub(super) fn render(self, request_id: &RequestId) -> Vec<u8> {
        let body = serde_json::from_slice::<serde_json::Map<String, Value>>(&self.0);
        let named = body.and_then(|mut body| {
            body.insert("requestId".to_owned(), request_id.to_string().into());
            serde_json::to_vec(&body)
        });
        named.unwrap_or(self.0)
    }
}

/// At least one second, so that a client that obeys does not come back at once.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.0.code.status, self.0.code.name, self.0.detail)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Changed { .. } => Self::precondition_failed(),
            StoreError::Unavailable(_) => {
                tracing::warn!(%error, "the store did not answer a request");
                let code = &code::STORE_UNAVAILABLE;
                Self::new(code, code.remedy).retry_after(Duration::from_secs(2))
            }
            StoreError::Corrupt(_) | StoreError::Refused(_) => Self::internal(error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.status);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let content_type = [(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON))];
        let mut response = (status, content_type, self.render(None)).into_response();
        response.headers_mut().extend(self.0.headers.iter().cloned());
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(problem: &Problem) -> Value {
        let id = "abc-1".parse().unwrap();
        serde_json::from_slice(&problem.render(Some(&id))).unwrap()
    }

    #[test]
    fn a_problem_says_what_to_do_in_the_form_of_the_standard() {
        let refusal = serde_json::json!({"available": "10", "needed": "12"});
        let problem = Problem::invalid(vec![
            FieldError::new("exits[0].price", "must be above zero"),
            FieldError::new("rules.entry", "unknown function 'smaa'").at_column(7),
        ]);
        assert_eq!(
            body(&problem.with_member("refusal", refusal.clone())),
            serde_json::json!({
                "type": "urn:ballast:problem:invalid",
                "title": "Some of the input is not valid",
                "status": 422,
                "code": "invalid",
                "detail": "2 fields are not valid; see 'errors'",
                "requestId": "abc-1",
                "errors": [
                    {"field": "exits[0].price", "message": "must be above zero"},
                    {"field": "rules.entry", "message": "unknown function 'smaa'", "column": 7},
                ],
                "refusal": refusal,
            })
        );
    }

    #[test]
    fn causes_stay_inside() {
        for problem in [Problem::internal("disk /dev/sda"), Problem::unavailable("disk /dev/sda")] {
            assert!(!body(&problem).to_string().contains("sda"), "{problem:?}");
        }
    }

    #[test]
    fn waits_are_whole_seconds_and_never_none() {
        for (millis, expected) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), expected, "{millis} ms");
        }
    }
}
