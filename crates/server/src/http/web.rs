//! The web application, embedded: its files, and its page for every path of its own.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use ballast_platform::request::{Problem, not_found};
use rust_embed::{Embed, EmbeddedFile};

/// The built application; empty in a build that was made before it.
#[derive(Embed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Application;

/// What the server itself answers: there is no page below these.
const OWN: [&str; 5] = ["/api", "/platform", "/internal", "/health", "/socket.io"];
const PAGE: &str = "index.html";
/// Where the page says from which address its own are reckoned.
const BASE: &str = "<base href=\"/\" />";
const UNCHANGING: &str = "public, max-age=31536000, immutable";
const CHANGING: &str = "no-cache";

/// Answers what no route has: a file of the application, its page, or that there is nothing.
/// `base` is the path under which browsers find the server, with a slash at both ends.
pub(super) async fn answer(base: Arc<str>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let is_own = OWN.iter().any(|own| {
        path.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if !reads || is_own {
        return not_found(request.uri().clone()).await.into_response();
    }
    let name = path.trim_start_matches('/');
    if let Some(file) = Application::get(name).filter(|_| name != PAGE) {
        return told(&request, name, &file, None);
    }
    // A missing file is no page: only whoever asks for one gets it.
    let accepted = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let wants_page = ["", PAGE].contains(&name)
        || accepted.is_some_and(|accepted| accepted.contains("text/html"));
    match Application::get(PAGE).filter(|_| wants_page) {
        Some(page) if *base == *"/" => told(&request, PAGE, &page, None),
        Some(page) => told(&request, PAGE, &page_below(&base, page), Some(&base)),
        None if wants_page => {
            Problem::not_found("This build has no web application; build it, then the server.")
                .into_response()
        }
        None => not_found(request.uri().clone()).await.into_response(),
    }
}

/// The page as it is where a proxy has the server below a path.
fn page_below(base: &str, page: EmbeddedFile) -> EmbeddedFile {
    let text = String::from_utf8_lossy(&page.data);
    let data = text.replacen(BASE, &format!("<base href=\"{base}\" />"), 1).into_bytes();
    EmbeddedFile { data: data.into(), metadata: page.metadata }
}

/// `base` is what was written into the file, when something was.
fn told(request: &Request, name: &str, file: &EmbeddedFile, base: Option<&str>) -> Response {
    // The build compresses better than there is time for now.
    let as_built = base.is_none();
    let compressed = Application::get(&format!("{name}.br")).filter(|_| as_built);
    let mut headers = HeaderMap::new();
    if compressed.is_some() {
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    let mimetype = file.metadata.mimetype();
    let compressed = compressed.filter(|_| reads_brotli(request.headers()));
    if compressed.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    let file = compressed.as_ref().unwrap_or(file);
    let hash = file.metadata.sha256_hash();
    let tag = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let tag = format!("\"{tag}{}\"", base.unwrap_or_default());
    // Names below assets/ hold a hash of what is in them.
    let caching = if name.starts_with("assets/") { UNCHANGING } else { CHANGING };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, value);
    }
    let known = request.headers().get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|known| known.trim() == tag)) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if let Ok(value) = HeaderValue::from_str(mimetype) {
        headers.insert(CONTENT_TYPE, value);
    }
    (headers, file.data.to_vec()).into_response()
}

/// Whether whoever asks takes Brotli.
fn reads_brotli(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT_ENCODING).iter();
    accepted.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(
        |coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
            let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok());
            name.trim().eq_ignore_ascii_case("br") && weight.unwrap_or(1.0) > 0.0
        },
    )
}
