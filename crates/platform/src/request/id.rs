//! One id per request: taken from the client when it is one, said in every answer and on every line
//! of the log that the request causes.

use std::time::Instant;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Response};
use axum::middleware::Next;
use axum::response::IntoResponse as _;
use ballast_domain::RequestId;
use tracing::Instrument as _;
use tracing::field::Empty;

use super::problem::{KeptProblem, PROBLEM_JSON, Problem};

/// The header that carries the id, in requests and answers.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the id into the request's extensions as [`RequestId`], into a span around everything that
/// is done for it, and into the answer.
pub(super) async fn identify(mut request: Request, next: Next) -> Response<Body> {
    let id = request.headers().get(X_REQUEST_ID).and_then(from_client).or_else(fresh);
    let Some(id) = id else {
        return Problem::internal("no request id can be made").into_response();
    };
    request.extensions_mut().insert(id.clone());
    // The most urgent level, so that no filter of the log takes the id off a line.
    let span = tracing::error_span!(
        "request",
        request_id = %id,
        method = %request.method(),
        path = request.uri().path(),
        tenant = Empty,
    );
    let answer = async {
        let started = Instant::now();
        let response = next.run(request).await;
        log(&response, started);
        response
    };
    let mut response = answer.instrument(span).await;
    name_in_problem(&mut response, &id);
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

fn log(response: &Response<Body>, started: Instant) {
    let status = response.status().as_u16();
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let code = response.extensions().get::<Problem>().map(|problem| problem.code().name);
    if response.status().is_server_error() {
        tracing::warn!(status, elapsed_ms, code, "answered with a failure");
    } else {
        tracing::debug!(status, elapsed_ms, code, "answered");
    }
}

fn from_client(value: &HeaderValue) -> Option<RequestId> {
    value.to_str().ok()?.parse().ok()
}

fn fresh() -> Option<RequestId> {
    format!("{:032x}", rand::random::<u128>()).parse().ok()
}

/// A refusal is rendered again, now that the id is known.
fn name_in_problem(response: &mut Response<Body>, id: &RequestId) {
    let still_problem = |value: &HeaderValue| value == PROBLEM_JSON;
    if !response.headers().get(CONTENT_TYPE).is_some_and(still_problem) {
        return;
    }
    let extensions = response.extensions_mut();
    let rendered = match (extensions.remove::<Problem>(), extensions.remove::<KeptProblem>()) {
        (Some(problem), _) => problem.render(Some(id)),
        (None, Some(kept)) => kept.render(id),
        (None, None) => return,
    };
    response.headers_mut().remove(CONTENT_LENGTH);
    *response.body_mut() = Body::from(rendered);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_is_taken_from_the_client() {
        let long = "x".repeat(65);
        let cases =
            [("aZ9-_.", true), ("", false), ("a b", false), ("<script>", false), (&long, false)];
        for (text, taken) in cases {
            let value = HeaderValue::from_str(text).unwrap();
            let id = from_client(&value).map(|id| id.to_string());
            assert_eq!(id, taken.then(|| text.to_owned()), "{text}");
        }
        assert!(fresh().is_some() && fresh() != fresh());
    }
}
