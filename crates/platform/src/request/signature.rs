//! Requests of programs that have no account but share a secret: the body is signed by HMAC-SHA256.
//!
//! `x-ballast-signature: t=1700000000,v1=<hex>` signs the text `1700000000.<body>`. The time keeps
//! a recorded request from being played again later than [`TOLERANCE`].

use std::time::Duration;

use aws_lc_rs::hmac;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderName};
use ballast_domain::Timestamp;

use super::code;
use super::extract::{header_text, read};
use super::problem::Problem;

/// The header that carries the signature.
pub const SIGNATURE: HeaderName = HeaderName::from_static("x-ballast-signature");

/// How far the time of signing may be from now.
pub const TOLERANCE: Duration = Duration::from_secs(300);

/// What the header says; not yet compared with anything.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    signed_at_s: i64,
    tag: Vec<u8>,
}

impl Signature {
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let text = header_text(headers, &SIGNATURE).ok_or_else(|| {
            refuse("It is not signed. Send 'x-ballast-signature: t=<epoch seconds>,v1=<hex>'.")
        })?;
        let part = |name: &str| {
            let mut parts = text.split(',').filter_map(|part| part.trim().split_once('='));
            parts.find(|(found, _)| *found == name).map(|(_, value)| value)
        };
        let signed_at_s = part("t").and_then(|seconds| seconds.parse().ok());
        let tag = part("v1").and_then(read_hex);
        signed_at_s.zip(tag).map(|(signed_at_s, tag)| Self { signed_at_s, tag }).ok_or_else(|| {
            refuse("x-ballast-signature cannot be read. Send 't=<epoch seconds>,v1=<hex>'.")
        })
    }
}

/// The body of a signed request. It is only given to whoever has the secret to check it with.
#[derive(Debug, Clone)]
pub struct SignedBody {
    signature: Signature,
    bytes: Bytes,
}

impl SignedBody {
    /// The body, when it was signed with `secret` at about `now`.
    ///
    /// # Errors
    /// 401 `signatureInvalid`.
    pub fn open(self, secret: &[u8], now: Timestamp) -> Result<Bytes, Problem> {
        let Signature { signed_at_s, tag } = self.signature;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let mut message = format!("{signed_at_s}.").into_bytes();
        message.extend_from_slice(&self.bytes);
        if secret.is_empty() || hmac::verify(&key, &message, &tag).is_err() {
            return Err(refuse("The signature does not fit the body and the secret."));
        }
        let now_s = now.nanos().div_euclid(1_000_000_000);
        if now_s.abs_diff(signed_at_s) > TOLERANCE.as_secs() {
            return Err(refuse("It was signed too long ago. Check the clock of the sender."));
        }
        Ok(self.bytes)
    }
}

impl<S: Send + Sync> FromRequest<S> for SignedBody {
    type Rejection = Problem;

    async fn from_request(mut request: Request, _: &S) -> Result<Self, Problem> {
        let signature = request.extensions_mut().remove::<Signature>();
        let signature = signature
            .ok_or_else(|| Problem::internal("a signed body on a route that is not Signed"))?;
        Ok(Self { signature, bytes: read(request).await? })
    }
}

fn refuse(detail: &str) -> Problem {
    Problem::new(&code::SIGNATURE_INVALID, detail)
}

fn read_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let whole = digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit);
    let pairs = digits.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    if whole { pairs.collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(secret: &[u8], second: i64, body: &str) -> HeaderMap {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = hmac::sign(&key, format!("{second}.{body}").as_bytes());
        let hex = tag.as_ref().iter().fold(String::new(), |text, b| format!("{text}{b:02x}"));
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE, format!("t={second},v1={hex}").parse().unwrap());
        headers
    }

    #[test]
    fn a_body_is_opened_by_its_secret_in_its_time_only() {
        let open = |sent: &str, secret: &[u8], now_s: i64| {
            let signature = Signature::of(&signed(b"secret", 1_000, "buy")).unwrap();
            let body = SignedBody { signature, bytes: sent.to_owned().into() };
            body.open(secret, Timestamp::from_nanos(now_s * 1_000_000_000)).is_ok()
        };
        assert!(open("buy", b"secret", 1_000) && open("buy", b"secret", 1_300));
        assert!(!open("sell", b"secret", 1_000), "another body");
        assert!(!open("buy", b"other", 1_000), "another secret");
        assert!(!open("buy", b"", 1_000), "no secret");
        assert!(!open("buy", b"secret", 1_301), "too late");
        assert!(!open("buy", b"secret", 699), "too early");
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        for text in ["", "t=1", "v1=ab", "t=x,v1=ab", "t=1,v1=abc", "t=1,v1=zz"] {
            let mut headers = HeaderMap::new();
            headers.insert(SIGNATURE, text.parse().unwrap());
            assert!(Signature::of(&headers).is_err(), "{text}");
        }
        assert!(Signature::of(&HeaderMap::new()).is_err());
    }
}
