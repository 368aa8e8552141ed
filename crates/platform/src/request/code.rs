//! Every reason for which a request is refused, each with a code that never changes its meaning.
//!
//! A client decides by the code, a person by the detail. The tables are the source of the list of
//! errors in the documentation; each crate that answers requests declares its own by
//! [`problem_codes!`](crate::problem_codes).

use serde::Serialize;

/// A kind of refusal.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Code {
    /// The stable name, in camelCase.
    pub name: &'static str,
    /// The HTTP status that it is answered with.
    pub status: u16,
    /// What happened, the same for every occurrence.
    pub title: &'static str,
    /// What whoever sees it can do.
    pub remedy: &'static str,
}

impl Code {
    /// Whether nothing was done, for a reason that is over after a while: the same request makes
    /// sense again. It is decided by what the client is told.
    pub(super) fn is_over_soon(&self) -> bool {
        self.status == 429 || self.status == 503 && self.remedy.starts_with("Nothing was done.")
    }
}

/// Declares codes as constants, and a table of all of them.
#[macro_export]
macro_rules! problem_codes {
    ($(#[$about:meta])* $all:ident; $($constant:ident = $status:literal $name:literal:
       $title:literal, $remedy:literal;)*) => {
        $(
            #[doc = $title]
            pub static $constant: $crate::request::Code = $crate::request::Code {
                name: $name,
                status: $status,
                title: $title,
                remedy: $remedy,
            };
        )*
        $(#[$about])*
        pub static $all: &[&$crate::request::Code] = &[$(&$constant),*];
    };
}

problem_codes! {
    /// What any route may answer.
    CODES;
    INVALID_JSON = 400 "invalidJson":
        "The body is not JSON",
        "Correct the JSON at the line and column that the detail names.";
    INVALID_HEADER = 400 "invalidHeader":
        "A header cannot be read",
        "Write the header as the detail says.";
    IDEMPOTENCY_KEY_REQUIRED = 400 "idempotencyKeyRequired":
        "The request needs an Idempotency-Key",
        "Make one per action, and send the same one when you send the same request again.";
    UNAUTHENTICATED = 401 "unauthenticated":
        "Nobody is signed in",
        "Sign in and send the access token as 'Authorization: Bearer ...'.";
    TOKEN_EXPIRED = 401 "tokenExpired":
        "The access token has expired",
        "Refresh the session and send the new token.";
    TOKEN_INVALID = 401 "tokenInvalid":
        "The access token is not accepted",
        "Sign in again.";
    SESSION_REVOKED = 401 "sessionRevoked":
        "The session was ended",
        "Sign in again.";
    SIGNATURE_INVALID = 401 "signatureInvalid":
        "The request is not signed as it must be",
        "Sign the body with the secret of the webhook, at the time of sending.";
    FORBIDDEN = 403 "forbidden":
        "The role does not allow it",
        "Ask an administrator for the role that the detail names.";
    ORIGIN_REFUSED = 403 "originRefused":
        "The request comes from another site",
        "Open the page of this server, or add its origin to CORS_ALLOWED_ORIGINS.";
    NOT_FOUND = 404 "notFound":
        "There is nothing here",
        "Check the path and the id; what belongs to somebody else is not found either.";
    METHOD_NOT_ALLOWED = 405 "methodNotAllowed":
        "The path does not have this method",
        "Use one of the methods in the header Allow.";
    REQUEST_TIMEOUT = 408 "requestTimeout":
        "The body did not arrive in time",
        "Send the request again on a better connection.";
    CONFLICT = 409 "conflict":
        "It contradicts what is there",
        "Read what is there, then decide again.";
    IDEMPOTENCY_CONFLICT = 409 "idempotencyConflict":
        "The Idempotency-Key was used for another request",
        "Use a new key for a new request.";
    IDEMPOTENCY_IN_PROGRESS = 409 "idempotencyInProgress":
        "The first request with this Idempotency-Key is still at work",
        "Send the same request again after the time in the header Retry-After.";
    IDEMPOTENCY_INTERRUPTED = 409 "idempotencyInterrupted":
        "What became of the first request with this Idempotency-Key is not known",
        "Look whether it took effect; if it did not, send it again under a new key.";
    GONE = 410 "gone":
        "It existed and is over",
        "Ask for a new one.";
    PRECONDITION_FAILED = 412 "preconditionFailed":
        "Somebody has changed it meanwhile",
        "Read it again, repeat the change and send it with the new ETag.";
    BODY_TOO_LARGE = 413 "bodyTooLarge":
        "The body is too large",
        "Send less at once.";
    UNSUPPORTED_MEDIA_TYPE = 415 "unsupportedMediaType":
        "The body has another type than expected",
        "Send JSON with 'Content-Type: application/json'.";
    INVALID = 422 "invalid":
        "Some of the input is not valid",
        "Correct the fields that 'errors' lists; nothing was changed.";
    PRECONDITION_REQUIRED = 428 "preconditionRequired":
        "The request needs an If-Match",
        "Read the resource and send its ETag as If-Match.";
    TOO_MANY_REQUESTS = 429 "tooManyRequests":
        "There were too many requests",
        "Wait for the time in the header Retry-After.";
    INTERNAL = 500 "internal":
        "The server has failed",
        "Try again; tell the operator the request id if it goes on.";
    UNAVAILABLE = 503 "unavailable":
        "Something that is needed cannot be reached",
        "Nothing was done. Try again in a moment.";
    STORE_UNAVAILABLE = 503 "storeUnavailable":
        "The store cannot be reached",
        "Try again in a moment. After a change look first: it may have taken effect.";
    TIMEOUT = 504 "timeout":
        "The answer was not ready in time",
        "It may have taken effect: look before you send it again, or use an Idempotency-Key.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::account::code::ACCOUNT_CODES;

    #[test]
    fn codes_are_unique_camel_case_and_errors() {
        let names: BTreeSet<_> = CODES.iter().map(|code| code.name).collect();
        assert_eq!(names.len(), CODES.len());
        for code in CODES {
            assert!(code.name.bytes().all(|byte| byte.is_ascii_alphabetic()), "{}", code.name);
            assert!(code.name.starts_with(char::is_lowercase), "{}", code.name);
            assert!((400..600).contains(&code.status), "{}", code.name);
        }
    }

    #[test]
    fn only_what_has_done_nothing_is_over_soon() {
        let known = CODES.iter().chain(ACCOUNT_CODES).filter(|code| code.is_over_soon());
        let names: BTreeSet<_> = known.map(|code| code.name).collect();
        let expected = ["auditUnavailable", "signInLocked", "tooManyRequests", "unavailable"];
        assert_eq!(names, BTreeSet::from(expected));
    }
}
