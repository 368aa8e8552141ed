//! What every answer says to browsers: what a page may load, who may read an answer, and that
//! answers of the API are kept nowhere.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HOST, IF_MATCH,
    LINK, ORIGIN, REFERRER_POLICY, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use thiserror::Error;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::code;
use super::extract::header_text;
use super::id::X_REQUEST_ID;
use super::idempotency::{IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED};
use super::problem::Problem;
use super::rate::RATE_HEADERS;

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");
const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
const SUNSET: HeaderName = HeaderName::from_static("sunset");
/// Two years. Other hosts below this one are not ours to decide about.
const HSTS: &str = "max-age=63072000";

/// A site, as browsers name it: `https://host:port`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// Why a text is no origin.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "'{0}' is not an origin: write the scheme, the host and the port if it is not the usual one, \
     such as https://trade.example.com or http://localhost:5173, without a path"
)]
pub struct OriginError(String);

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let trimmed = text.trim().to_ascii_lowercase();
        let host = trimmed.strip_prefix("https://").or_else(|| trimmed.strip_prefix("http://"));
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
        let fits = host.is_some_and(|host| !host.is_empty() && host.bytes().all(plain));
        if fits { Ok(Self(trimmed)) } else { Err(OriginError(text.to_owned())) }
    }
}

/// The sites whose pages may use this server, besides its own.
#[derive(Debug, Clone, Default)]
pub struct Origins(Arc<[Origin]>);

impl Origins {
    /// These sites.
    #[must_use]
    pub fn new(origins: &[Origin]) -> Self {
        Self(origins.into())
    }

    /// Refuses a request that a browser has sent for the page of another site, because cookies
    /// would go with it all the same. Programs that are no browsers send no `Origin`.
    ///
    /// # Errors
    /// 403 `originRefused`.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let fetch_site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
        if matches!(fetch_site, Some("same-origin" | "none")) {
            return Ok(());
        }
        let Some(origin) = headers.get(ORIGIN) else {
            return if fetch_site.is_none() { Ok(()) } else { Err(refuse("an unknown site")) };
        };
        let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
        let is_listed = self.0.iter().any(|listed| listed.0 == origin);
        let host = header_text(headers, &HOST).map(str::to_ascii_lowercase);
        let is_own = fetch_site.is_none()
            && host.is_some_and(|host| origin.split_once("://").is_some_and(|(_, o)| o == host));
        if is_listed || is_own { Ok(()) } else { Err(refuse(&origin)) }
    }

    fn cors(&self) -> CorsLayer {
        let origins = self.0.iter().filter_map(|origin| HeaderValue::from_str(&origin.0).ok());
        let [limit, remaining, reset, policy] = RATE_HEADERS;
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_credentials(true)
            .allow_methods([
                Method::GET,
                Method::HEAD,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ])
            .allow_headers([AUTHORIZATION, CONTENT_TYPE, IF_MATCH, IDEMPOTENCY_KEY, X_REQUEST_ID])
            .expose_headers([
                X_REQUEST_ID,
                ETAG,
                LINK,
                RETRY_AFTER,
                IDEMPOTENCY_REPLAYED,
                DEPRECATION,
                SUNSET,
                limit,
                remaining,
                reset,
                policy,
            ])
            .max_age(std::time::Duration::from_secs(600))
    }
}

fn refuse(origin: &str) -> Problem {
    let detail = format!(
        "The request was sent by {origin}, which may not use this server. Open the server's own \
         page, or add the origin to CORS_ALLOWED_ORIGINS."
    );
    Problem::new(&code::ORIGIN_REFUSED, detail)
}

/// What is said of who may use the server.
pub(super) fn cors(origins: &Origins) -> CorsLayer {
    origins.cors()
}

/// The headers of every answer that its route has not set otherwise.
#[derive(Debug, Clone)]
pub(super) struct SecurityHeaders(Arc<[(HeaderName, HeaderValue)]>);

impl SecurityHeaders {
    pub(super) fn new(origins: &Origins, scripts: &[&str], behind_tls: bool) -> Self {
        let scripts = scripts.iter().fold(String::new(), |list, script| list + " " + script);
        // `'self'` is the sockets of the own host too (CSP Level 3, 6.7.2.8); those of other sites
        // are named by themselves.
        let connect = origins.0.iter().fold(String::new(), |list, Origin(site)| {
            let host = site.trim_start_matches("http");
            list + " " + site + " ws" + host
        });
        let policy = format!(
            "default-src 'self'; script-src 'self'{scripts}; connect-src 'self'{connect}; \
             img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; \
             frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"
        );
        let fixed = |value| HeaderValue::from_static(value);
        let mut headers = vec![
            (X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
            (X_FRAME_OPTIONS, fixed("DENY")),
            (REFERRER_POLICY, fixed("strict-origin-when-cross-origin")),
            (PERMISSIONS_POLICY, fixed("camera=(), geolocation=(), microphone=(), payment=()")),
            (CROSS_ORIGIN_OPENER_POLICY, fixed("same-origin")),
            (CACHE_CONTROL, fixed("no-store")),
        ];
        // Origins are plain text, so that the policy is a header.
        headers.extend(HeaderValue::from_str(&policy).map(|p| (CONTENT_SECURITY_POLICY, p)));
        if behind_tls {
            headers.push((STRICT_TRANSPORT_SECURITY, fixed(HSTS)));
        }
        Self(headers.into())
    }
}

pub(super) async fn secure(
    State(headers): State<SecurityHeaders>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in headers.0.iter() {
        response.headers_mut().entry(name).or_insert_with(|| value.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_sites_without_a_path() {
        for text in ["https://a.example", "HTTP://localhost:5173", "http://[::1]:4018"] {
            assert!(text.parse::<Origin>().is_ok(), "{text}");
        }
        for text in ["", "*", "a.example", "https://", "https://a.example/", "https://a b"] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_cookie_is_used_by_our_own_pages_only() {
        let origins = Origins::new(&["https://app.example".parse().unwrap()]);
        let cases: [(&[(&str, &str)], bool); 8] = [
            (&[], true),
            (&[("origin", "https://app.example")], true),
            (&[("origin", "https://evil.example")], false),
            (&[("origin", "null")], false),
            (&[("origin", "http://host:4018"), ("host", "host:4018")], true),
            (&[("origin", "http://evil"), ("host", "host:4018")], false),
            (&[("sec-fetch-site", "same-origin"), ("origin", "http://a")], true),
            (&[("sec-fetch-site", "cross-site")], false),
        ];
        for (headers, allowed) in cases {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                let name: HeaderName = name.parse().unwrap();
                map.insert(name, value.parse().unwrap());
            }
            assert_eq!(origins.check(&map).is_ok(), allowed, "{headers:?}");
        }
    }
}
