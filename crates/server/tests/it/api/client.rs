//! A client of the API: whoever has a token, or nobody; and what they are answered.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::support::repository;

/// Somebody who asks.
#[derive(Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    pub(super) url: String,
    token: Option<String>,
}

/// What they are answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
    /// The same as JSON; null when it is none.
    pub(super) body: Value,
}

/// A key that no other action has.
pub(super) fn key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("key-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Client {
    /// Nobody.
    pub(super) fn nobody(url: &str) -> Self {
        let http = reqwest::Client::new();
        Self { http, url: url.to_owned(), token: None }
    }

    /// The same with a token.
    pub(super) fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same person at a server that was started again.
    pub(super) fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    pub(super) fn token(&self) -> &str {
        self.token.as_deref().unwrap()
    }

    /// A request to be completed and sent.
    pub(super) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method: Method = method.parse().unwrap();
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        send(self.request("GET", path)).await
    }

    /// Posts under a key of its own.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request("POST", path).header("idempotency-key", key()).json(body)).await
    }

    pub(super) async fn patch(&self, path: &str, version: &str, body: &Value) -> Answer {
        send(self.request("PATCH", path).header("if-match", version).json(body)).await
    }

    pub(super) async fn put(&self, path: &str, version: &str, body: &Value) -> Answer {
        send(self.request("PUT", path).header("if-match", version).json(body)).await
    }

    pub(super) async fn delete(&self, path: &str, version: &str) -> Answer {
        send(self.request("DELETE", path).header("if-match", version)).await
    }

    /// What a list has, page after page.
    pub(super) async fn all(&self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        let joint = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = self.get(&format!("{path}{joint}limit=200{cursor}")).await.json(200);
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(next) = page["nextCursor"].as_str() else { return items };
            cursor = format!("&cursor={next}");
        }
    }
}

/// The status that a listener gives which the description is not of.
pub(super) async fn status_elsewhere(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

/// Sends a request, and holds the answer's status against the description of its route.
pub(super) async fn send(request: RequestBuilder) -> Answer {
    let (client, request) = request.build_split();
    let request = request.unwrap();
    let asked = (request.method().to_string(), request.url().path().to_owned());
    let answer = client.execute(request).await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    expected(&asked.0, &asked.1, status);
    let text = answer.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_default();
    Answer { status, headers, text, body }
}

/// The statuses that the published description gives of each path's methods.
static PATHS: LazyLock<Value> = LazyLock::new(|| {
    let text = std::fs::read_to_string(repository().join("docs/openapi.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["paths"].take()
});

/// Fails where a route gives a status that its description lacks.
fn expected(method: &str, path: &str, status: u16) {
    let fits = |template: &str| {
        let (known, asked) = (template.split('/'), path.split('/'));
        known.clone().count() == asked.clone().count()
            && known.zip(asked).all(|(known, asked)| known.starts_with('{') || known == asked)
    };
    let paths = PATHS.as_object().unwrap();
    // `/api/orders/manual` is no order's id.
    let exact = paths.get(path);
    let item = exact.or_else(|| paths.iter().find(|(path, _)| fits(path)).map(|(_, item)| item));
    let Some(operation) = item.and_then(|item| item.get(method.to_lowercase())) else { return };
    let told = operation["responses"].get(status.to_string()).is_some();
    assert!(told, "{method} {path} answers {status}, which its description does not have");
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body of an answer with this status.
    #[track_caller]
    pub(super) fn json(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }

    /// A refusal in the form of the standard, with this status and code.
    #[track_caller]
    pub(super) fn problem(&self, status: u16, code: &str) -> &Value {
        let told = (self.status, self.body["code"].as_str());
        assert_eq!(told, (status, Some(code)), "{}", self.text);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["type"], format!("urn:ballast:problem:{code}"));
        assert_eq!(self.body["requestId"].as_str(), self.header("x-request-id"));
        for text in ["title", "detail"] {
            assert!(!self.body[text].as_str().unwrap().is_empty(), "{}", self.text);
        }
        &self.body
    }

    /// The fields of a refusal, sorted.
    #[track_caller]
    pub(super) fn fields(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().unwrap_or_else(|| panic!("{}", self.text));
        let field = |error: &Value| error["field"].as_str().unwrap().to_owned();
        let mut fields: Vec<_> = errors.iter().map(field).collect();
        fields.sort();
        fields
    }
}
