//! Versions of resources in HTTP: `ETag` in answers, `If-Match` in requests.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use ballast_storage::Etag;
use serde::Serialize;

use super::code;
use super::problem::Problem;

/// The versions that the client has seen, of which the resource must still have one.
///
/// As an argument of a handler it makes the header required.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: any version, as long as there is one.
    Any,
    /// One of these.
    Versions(Vec<String>),
}

impl IfMatch {
    /// What the headers say; `None` without an `If-Match`.
    ///
    /// # Errors
    /// A [`Problem`] when it cannot be read.
    pub fn of(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut versions = Vec::new();
        let mut lines = headers.get_all(IF_MATCH).iter().peekable();
        if lines.peek().is_none() {
            return Ok(None);
        }
        for line in lines {
            let text = line.to_str().map_err(|_| refuse())?.trim();
            if text == "*" {
                return Ok(Some(Self::Any));
            }
            read_tags(text, &mut versions)?;
        }
        Ok(Some(Self::Versions(versions)))
    }

    /// Whether the client has seen `current`.
    #[must_use]
    pub fn allows(&self, current: &Etag) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(versions) => versions.iter().any(|v| v == current.as_str()),
        }
    }

    /// Refuses when the client has not seen `current`.
    ///
    /// # Errors
    /// 412 `preconditionFailed`.
    pub fn check(&self, current: &Etag) -> Result<(), Problem> {
        if self.allows(current) { Ok(()) } else { Err(Problem::precondition_failed()) }
    }
}

fn refuse() -> Problem {
    let detail = "If-Match cannot be read. Send the ETag as it came, with its quotes: \"1f-ab12\".";
    Problem::new(&code::INVALID_HEADER, detail)
}

/// The entity tags of a list. A weak one compares unequal to everything (RFC 9110, 13.1.1).
fn read_tags(text: &str, versions: &mut Vec<String>) -> Result<(), Problem> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Ok(());
        }
        let (is_weak, quoted) = match rest.strip_prefix("W/") {
            Some(quoted) => (true, quoted),
            None => (false, rest),
        };
        let (tag, after) =
            quoted.strip_prefix('"').and_then(|inner| inner.split_once('"')).ok_or_else(refuse)?;
        if !is_weak {
            versions.push(tag.to_owned());
        }
        if !after.is_empty() && !after.trim_start().starts_with(',') {
            return Err(refuse());
        }
        rest = after;
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.headers)?.ok_or_else(Problem::precondition_required)
    }
}

/// A resource with its version: JSON with an `ETag`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// Its version.
    pub etag: Etag,
    /// What it says.
    pub body: T,
}

impl<T: Serialize> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.body).into_response();
        if let Ok(value) = HeaderValue::from_str(&format!("\"{}\"", self.etag)) {
            response.headers_mut().insert(ETAG, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Result<Option<IfMatch>, String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(IF_MATCH, line.parse().unwrap());
        }
        IfMatch::of(&headers).map_err(|problem| problem.code().name.to_owned())
    }

    #[test]
    fn versions_are_read_from_every_form_of_the_header() {
        let some = |tags: &[&str]| {
            Ok(Some(IfMatch::Versions(tags.iter().map(ToString::to_string).collect())))
        };
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&["*"]), Ok(Some(IfMatch::Any)));
        assert_eq!(of(&["\"1f-ab\""]), some(&["1f-ab"]));
        assert_eq!(of(&["\"a\", \"b\"", "\"c,d\""]), some(&["a", "b", "c,d"]));
        assert_eq!(of(&["W/\"a\""]), some(&[]), "a weak one matches nothing");
        for bad in ["a", "\"a", "\"a\" \"b\"", "'a'", "\"a\"b"] {
            assert_eq!(of(&[bad]), Err("invalidHeader".to_owned()), "{bad}");
        }
    }

    #[test]
    fn only_a_version_that_was_seen_is_changed() {
        let current: Etag = "1f-ab".parse().unwrap();
        let seen = |text: &str| of(&[text]).unwrap().unwrap().check(&current).is_ok();
        assert!(seen("*") && seen("\"x\", \"1f-ab\""));
        assert!(!seen("\"x\"") && !seen("W/\"1f-ab\""));
    }
}
