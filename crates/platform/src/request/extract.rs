//! What a handler is given of a request: body, query and path, each read completely or refused with
//! a [`Problem`] that names the field.

use std::time::Duration;

use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};

use super::code;
use super::document::{Document, DocumentError, unread};
use super::problem::{FieldError, Problem};

/// The largest body that a route reads at once, in bytes.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// How long a body may take to arrive: less than a handler may take, so that whoever is slow is
/// told that nothing was done.
const BODY_DEADLINE: Duration = Duration::from_secs(15);

/// The JSON body of a request, which is an object.
///
/// A type with `deny_unknown_fields` refuses what it does not know; the refusal names the field.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

/// The query of a request, as one struct.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

/// The parameters in the path of a request. One that cannot be read is not found.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        let bytes = read(request).await?;
        parse(&headers, &bytes).map(Self)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Option<Self>, Problem> {
        let headers = request.headers().clone();
        let bytes = read(request).await?;
        if bytes.is_empty() { Ok(None) } else { parse(&headers, &bytes).map(Self).map(Some) }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = serde_urlencoded::Deserializer::new(url_pairs(query));
        let read = serde_path_to_error::deserialize(pairs).map(Self);
        read.map_err(|error| Problem::invalid(vec![unread(&error)]))
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Self(value)).map_err(refuse_path)
    }
}

fn url_pairs(query: &str) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(query.as_bytes())
}

fn refuse_path(rejection: PathRejection) -> Problem {
    let PathRejection::FailedToDeserializePathParams(error) = rejection else {
        return Problem::internal("a route reads parameters that its path does not have");
    };
    match error.into_kind() {
        ErrorKind::ParseErrorAtKey { key, value, expected_type } => {
            Problem::not_found(format!("'{value}' is no {key}: a {expected_type} is"))
        }
        ErrorKind::DeserializeError { key, value, message } => {
            Problem::not_found(format!("'{value}' is no {key}: {message}"))
        }
        ErrorKind::Message(message) => Problem::not_found(message),
        ErrorKind::ParseError { value, expected_type } => {
            Problem::not_found(format!("'{value}' in the path should be a {expected_type}"))
        }
        ErrorKind::InvalidUtf8InPathParam { key } => {
            Problem::not_found(format!("'{key}' in the path is not UTF-8"))
        }
        other => Problem::internal(format!("a route reads its path wrongly: {other}")),
    }
}

/// The whole body, when it is not larger than [`MAX_BODY_BYTES`].
pub(super) async fn read(request: Request) -> Result<axum::body::Bytes, Problem> {
    let declared = header_text(request.headers(), &CONTENT_LENGTH).and_then(|n| n.parse().ok());
    if declared.is_some_and(|bytes: usize| bytes > MAX_BODY_BYTES) {
        return Err(too_large());
    }
    let mut body = request.into_body().into_data_stream();
    let mut bytes = Vec::new();
    let deadline = Instant::now() + BODY_DEADLINE;
    while let Some(chunk) = timeout_at(deadline, next_chunk(&mut body)).await.map_err(|_| late())? {
        let chunk = chunk.map_err(|_| {
            Problem::new(&code::REQUEST_TIMEOUT, "The body ended before it was complete.")
        })?;
        if bytes.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}

fn late() -> Problem {
    let detail = format!(
        "The body was not complete after {} seconds, and nothing was done.",
        BODY_DEADLINE.as_secs()
    );
    Problem::new(&code::REQUEST_TIMEOUT, detail)
}

async fn next_chunk(
    body: &mut axum::body::BodyDataStream,
) -> Option<Result<axum::body::Bytes, axum::Error>> {
    use futures_core::Stream as _;
    std::future::poll_fn(|context| std::pin::Pin::new(&mut *body).poll_next(context)).await
}

fn too_large() -> Problem {
    let detail = format!("The body has more than {MAX_BODY_BYTES} bytes (1 MiB). Send less.");
    Problem::new(&code::BODY_TOO_LARGE, detail)
}

/// The JSON object of a body, each error with its place.
pub(super) fn parse<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    if bytes.is_empty() {
        let detail = "The body is empty. Send the JSON that the route documents.";
        return Err(Problem::new(&code::INVALID_JSON, detail));
    }
    check_content_type(headers)?;
    let document = Document::parse(bytes).map_err(|error| match error {
        DocumentError::NotJson(error) => not_json(&error),
        DocumentError::Invalid(error) => Problem::invalid(vec![error]),
    })?;
    document.read().map_err(|error| Problem::invalid(vec![error]))
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let sent = header_text(headers, &CONTENT_TYPE).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let suffix = essence.strip_prefix("application/").is_some_and(|sub| sub.ends_with("+json"));
    if essence == "application/json" || suffix {
        return Ok(());
    }
    let sent = if sent.is_empty() { "none" } else { sent };
    let detail = format!("The Content-Type is {sent}. Send 'Content-Type: application/json'.");
    Err(Problem::new(&code::UNSUPPORTED_MEDIA_TYPE, detail))
}

fn not_json(error: &serde_json::Error) -> Problem {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = error.to_string();
    let message = text.strip_suffix(&place).unwrap_or(&text);
    let detail = format!(
        "The body is not JSON: {message} at line {}, column {}.",
        error.line(),
        error.column()
    );
    let field = FieldError::new("", message).at_column(error.column());
    Problem::new(&code::INVALID_JSON, detail).with_errors(vec![field])
}

/// A header that is text.
pub(super) fn header_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only how it is refused is looked at")]
    struct Order {
        symbol: String,
        exits: Vec<Exit>,
        #[serde(default)]
        level: Option<Level>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "only how it is refused is looked at")]
    enum Level {
        Low(u32),
        High(u32),
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only how it is refused is looked at")]
    struct Exit {
        at_price: u32,
    }

    fn refusal(content_type: &str, body: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
        match parse::<Order>(&headers, body.as_bytes()) {
            Ok(_) => "accepted".to_owned(),
            Err(problem) => format!("{problem:?}"),
        }
    }

    #[test]
    fn what_is_wrong_with_a_body_is_named_with_its_place() {
        let json = "application/json";
        let cases = [
            (json, r#"{"symbol":"A","exits":[]}"#, "accepted"),
            (
                "application/merge-patch+json; charset=utf-8",
                r#"{"symbol":"A","exits":[]}"#,
                "accepted",
            ),
            ("text/plain", "{}", "415 unsupportedMediaType: The Content-Type is text/plain."),
            (json, "", "400 invalidJson: The body is empty."),
            (json, "{\n  \"symbol\": }", "at line 2, column 13."),
            (json, "{\"symbol\":\"A\"", "400 invalidJson: The body is not JSON: EOF while"),
            (json, r#"{"symbol":"A","exits":[]} x"#, "trailing characters at line 1, column 27"),
            (json, r#"{"symbol":5,"exits":[]}"#, "422 invalid: symbol: invalid type: integer `5`"),
            (json, r#"{"symbol":"A","exits":[{"atPrice":-1}]}"#, "422 invalid: exits[0].atPrice:"),
            (json, r#"{"symbol":"A","exits":[],"sid":1}"#, "422 invalid: sid: unknown field `sid`"),
            (json, r#"{"symbol":"A"}"#, "422 invalid: exits: is missing"),
            (json, r#"{"symbol":"A","exits":[{}]}"#, "422 invalid: exits[0].atPrice: is missing"),
            (json, r#"{"symbol":"A","symbol":"B"}"#, "422 invalid: symbol: is there twice"),
            (json, r#"{"symbol":"A","exits":[{"a":1,"a":2}]}"#, "exits[0].a: is there twice"),
            (json, r#"["A",[]]"#, "422 invalid: is a list; send a JSON object"),
            (json, "5", "422 invalid: is a number; send a JSON object"),
            (json, "[1", "400 invalidJson: "),
            (
                json,
                r#"{"symbol":"A","exits":[[1]]}"#,
                "422 invalid: exits[0]: is a list; give an o",
            ),
            (json, r#"{"symbol":"A","exits":[],"level":{}}"#, "level: give either low or high"),
            (json, r#"{"exits":[],"level":{"low":1,"high":2}}"#, "level: give either low or high"),
            (json, r#"{"exits":[],"level":{"low":"a"}}"#, "level.low: invalid type: string"),
            (json, r#"{"exits":[],"level":"low"}"#, "level.low: invalid type: name, expected an"),
            (json, r#"{"exits":[],"level":7}"#, "level: is a number; give low or high"),
        ];
        for (content_type, body, expected) in cases {
            let refusal = refusal(content_type, body);
            assert!(refusal.contains(expected), "{body}: {refusal}");
        }
    }
}
