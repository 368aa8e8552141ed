//! Requests that are sent again: the same key gives the same answer and the work is done once.
//!
//! A record of each key is written before the work begins and completed with the answer after it.
//! So it holds across a restart, and across nodes that share a store. The work goes on when the
//! client hangs up; whoever asks meanwhile is told to come back. A record that was begun and never
//! completed means that the process ended in between: whether the work took effect is not known,
//! and it is not done again under the same key.

use std::any::TypeId;
use std::collections::HashSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::hmac;
use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, OriginalUri, Request};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ballast_domain::TenantId;
use ballast_storage::{Collection, Documents, Precondition, StoreError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::code::{self, Code};
use super::extract::{MAX_BODY_BYTES, parse, read};
use super::problem::{KeptProblem, PROBLEM_JSON, Problem};

/// The header by which a client names an action.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header that marks an answer as the first one, given again.
pub const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Where the answers are kept, in the product's partition or in a tenant's.
pub static IDEMPOTENCY: Collection = Collection { name: "idempotency", indexes: &[] };

const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How long what lowers risk waits for the store.
const AT_ONCE: Duration = Duration::from_millis(250);
/// The headers of an answer that are part of what it says.
const KEPT_HEADERS: [HeaderName; 3] = [CONTENT_TYPE, ETAG, LOCATION];

/// The body of a request, with the key under which it may be sent again. `Keyed<()>` is for routes
/// that take no body: nothing is sent, or `null` or `{}`, which is the same request.
#[derive(Debug, Clone)]
pub struct Keyed<T> {
    /// What was sent.
    pub body: T,
    action: Action,
}

#[derive(Debug, Clone)]
struct Action {
    key: Option<String>,
    route: String,
    body_hash: String,
}

impl<T: DeserializeOwned + 'static, S: Send + Sync> FromRequest<S> for Keyed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let named = Named::of(&request)?;
        let headers = request.headers().clone();
        let mut bytes = read(request).await?;
        if TypeId::of::<T>() == TypeId::of::<()>() {
            check_nothing(&bytes)?;
            bytes = Bytes::new();
        }
        let nothing = || serde_json::from_str::<T>("null").ok().filter(|_| bytes.is_empty());
        let body = nothing().map_or_else(|| parse(&headers, &bytes), Ok)?;
        Ok(named.with(body, &Sha256::digest(&bytes)))
    }
}

/// Refuses a body on a route that takes none.
fn check_nothing(bytes: &[u8]) -> Result<(), Problem> {
    let is_nothing = bytes.is_empty()
        || serde_json::from_slice::<Value>(bytes).is_ok_and(|sent| match sent {
            Value::Null => true,
            Value::Object(fields) => fields.is_empty(),
            _ => false,
        });
    let message = "This route takes no body: send none, or {}.";
    if is_nothing { Ok(()) } else { Err(Problem::invalid_field("", message)) }
}

/// A request by its key and route, for handlers that read its body in parts.
#[derive(Debug, Clone)]
pub struct Named {
    key: Option<String>,
    route: String,
}

impl Named {
    /// Reads the key of a request.
    ///
    /// # Errors
    /// 400 `invalidHeader`.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        let key = request.headers().get(IDEMPOTENCY_KEY).map(read_key).transpose()?;
        // Below a nested router the path is shorter; the client's own is the same everywhere.
        let original = request.extensions().get::<OriginalUri>();
        let uri = original.map_or(request.uri(), |original| &original.0);
        Ok(Self { key, route: format!("{} {uri}", request.method()) })
    }

    /// The request with what was read of its body, which `hash` tells from any other.
    pub fn with<T>(self, body: T, hash: &[u8]) -> Keyed<T> {
        let Self { key, route } = self;
        Keyed { body, action: Action { key, route, body_hash: hex(hash) } }
    }
}

fn read_key(value: &HeaderValue) -> Result<String, Problem> {
    let text = value.to_str().unwrap_or_default();
    if (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    let detail = "Idempotency-Key has 1 to 128 printable ASCII characters without spaces.";
    Err(Problem::new(&code::INVALID_HEADER, detail))
}

impl<T> Keyed<T> {
    /// Refuses a request without a key.
    ///
    /// # Errors
    /// 400 `idempotencyKeyRequired`.
    pub fn required(self) -> Result<Self, Problem> {
        if self.action.key.is_some() {
            return Ok(self);
        }
        let code = &code::IDEMPOTENCY_KEY_REQUIRED;
        Err(Problem::new(code, code.remedy))
    }

    /// The body, and what answers the request once.
    pub fn split(self) -> (T, Once) {
        (self.body, Once(self.action))
    }
}

/// One request, to be answered by [`Replies::answer`].
#[derive(Debug, Clone)]
pub struct Once(Action);

/// The answers to requests with a key.
#[derive(Debug, Clone, Default)]
pub struct Replies {
    /// What this process is working on.
    running: Arc<Mutex<HashSet<String>>>,
    /// What hashes of bodies are sealed with, when there are secrets in them.
    key: Option<hmac::Key>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    body_hash: String,
    answer: Option<Answer>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    /// In base 64.
    body: String,
}

impl Replies {
    /// Answers for requests with passwords in them: nobody who reads the store can try words
    /// against what is kept of a body.
    #[must_use]
    pub fn sealed(key: hmac::Key) -> Self {
        Self { running: Arc::default(), key: Some(key) }
    }

    /// What is kept of a body.
    fn print(&self, body_hash: String) -> String {
        match &self.key {
            Some(key) => hex(hmac::sign(key, body_hash.as_bytes()).as_ref()),
            None => body_hash,
        }
    }

    /// Does the work, unless the request is one that was answered before: then gives the first
    /// answer again. Without a key the work is simply done.
    ///
    /// Every answer of the work is kept but refusals that say that nothing was done and are over
    /// after a while.
    ///
    /// # Errors
    /// A [`Problem`] when the key belongs to another request or the first is not answered yet, and
    /// when the store cannot be asked; the work is not begun then.
    pub async fn answer<W>(
        &self,
        documents: &Documents,
        user: &TenantId,
        once: Once,
        work: W,
    ) -> Result<Response, Problem>
    where
        W: Future<Output = Response> + Send + 'static,
    {
        let Some((key, claim)) = self.claim(user, once)? else { return Ok(work.await) };
        match begin(documents, &key).await? {
            Begun::Before(answer) => answer,
            Begun::Now(record) => carry_out(documents.clone(), key, record, claim, work).await,
        }
    }

    /// The same for what lowers risk: it is done also when the store is away, or does not answer
    /// at once. Sent again under the same key it is done again then, which lowers risk once more.
    ///
    /// # Errors
    /// A [`Problem`] when the key belongs to another request or the first is not answered yet.
    pub async fn answer_at_once<W>(
        &self,
        documents: &Documents,
        user: &TenantId,
        once: Once,
        work: W,
    ) -> Result<Response, Problem>
    where
        W: Future<Output = Response> + Send + 'static,
    {
        let Some((key, claim)) = self.claim(user, once)? else { return Ok(work.await) };
        match timeout(AT_ONCE, begin(documents, &key)).await {
            Ok(Ok(Begun::Before(answer))) => answer,
            Ok(Ok(Begun::Now(record))) => {
                carry_out(documents.clone(), key, record, claim, work).await
            }
            Ok(Err(StoreError::Unavailable(_))) | Err(_) => {
                let work = async move {
                    let response = work.await;
                    drop(claim);
                    response
                };
                done(tokio::spawn(work.in_current_span())).await
            }
            Ok(Err(error)) => Err(error.into()),
        }
    }

    /// Takes a request's key, so that nothing else is answered under it meanwhile; `None` when it
    /// has none.
    fn claim(&self, user: &TenantId, once: Once) -> Result<Option<(Key, Claim)>, Problem> {
        let Once(Action { key, route, body_hash }) = once;
        let Some(key) = key else { return Ok(None) };
        let body_hash = self.print(body_hash);
        let name = hex(&Sha256::digest(format!("{user}\n{route}\n{key}")));
        let claim = Claim::take(&self.running, &name).ok_or_else(in_progress)?;
        Ok(Some((Key { name, body_hash }, claim)))
    }
}

/// What a request is known by.
struct Key {
    name: String,
    body_hash: String,
}

/// How a request was begun.
enum Begun {
    /// Before; with what it is answered.
    Before(Result<Response, Problem>),
    Now(Record),
}

/// Writes down that a request is begun, unless it was before.
async fn begin(documents: &Documents, key: &Key) -> Result<Begun, StoreError> {
    if let Some(known) = documents.get::<Record>(&key.name).await? {
        return Ok(Begun::Before(known.body.replay(&key.body_hash)));
    }
    let begun = Record { body_hash: key.body_hash.clone(), answer: None };
    match documents.put(&key.name, &begun, Precondition::Absent, Some(KEPT)).await {
        Ok(_) => Ok(Begun::Now(begun)),
        Err(StoreError::Changed { .. }) => Ok(Begun::Before(Err(in_progress()))),
        Err(error) => Err(error),
    }
}

async fn carry_out<W>(
    documents: Documents,
    key: Key,
    begun: Record,
    claim: Claim,
    work: W,
) -> Result<Response, Problem>
where
    W: Future<Output = Response> + Send + 'static,
{
    let work = complete(documents, key.name, begun, claim, work);
    done(tokio::spawn(work.in_current_span())).await
}

async fn done(task: JoinHandle<Response>) -> Result<Response, Problem> {
    task.await.map_err(|error| Problem::internal(format!("an idempotent request: {error}")))
}

/// Does the work in a task of its own, which nobody who hangs up can end, and keeps its answer.
async fn complete<W>(
    documents: Documents,
    name: String,
    begun: Record,
    claim: Claim,
    work: W,
) -> Response
where
    W: Future<Output = Response> + Send + 'static,
{
    let response = match tokio::spawn(work.in_current_span()).await {
        Ok(response) => response,
        Err(error) => Problem::internal(format!("a handler ended early: {error}")).into_response(),
    };
    let code = response.extensions().get::<Problem>().map(Problem::code);
    let kept = if code.is_some_and(Code::is_over_soon) {
        let forgotten = documents.delete(&name, Precondition::Any).await;
        forgotten.map(|_| response)
    } else {
        keep(&documents, &name, begun, response).await
    };
    drop(claim);
    kept.unwrap_or_else(|error| {
        // What was done is done; only the answer is lost, and the record says so.
        Problem::internal(format!("the answer of an idempotent request is not kept: {error}"))
            .into_response()
    })
}

async fn keep(
    documents: &Documents,
    name: &str,
    begun: Record,
    response: Response,
) -> Result<Response, StoreError> {
    let (parts, body) = response.into_parts();
    let too_long = |error| StoreError::Refused(format!("an answer is too long: {error}"));
    let bytes = to_bytes(body, MAX_BODY_BYTES).await.map_err(too_long)?;
    let headers = KEPT_HEADERS.iter().filter_map(|name| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some((name.to_string(), value.to_owned()))
    });
    let answer = Answer {
        status: parts.status.as_u16(),
        headers: headers.collect(),
        body: STANDARD.encode(&bytes),
    };
    let record = Record { answer: Some(answer), ..begun };
    match documents.put(name, &record, Precondition::Any, Some(KEPT)).await {
        Ok(_) => {}
        // The client has its answer; when it asks again it is told that nobody knows.
        Err(error) => tracing::error!(%error, "the answer of an idempotent request is not kept"),
    }
    Ok(Response::from_parts(parts, bytes.into()))
}

impl Record {
    fn replay(self, body_hash: &str) -> Result<Response, Problem> {
        if self.body_hash != body_hash {
            let code = &code::IDEMPOTENCY_CONFLICT;
            return Err(Problem::new(code, code.remedy));
        }
        let Some(answer) = self.answer else {
            let code = &code::IDEMPOTENCY_INTERRUPTED;
            return Err(Problem::new(code, code.remedy));
        };
        let lost = |why| Problem::internal(format!("a kept answer cannot be read: {why}"));
        let body = STANDARD.decode(answer.body).map_err(|error| lost(error.to_string()))?;
        let mut headers = HeaderMap::new();
        for (name, value) in answer.headers {
            let name: HeaderName = name.parse().map_err(|_| lost(name))?;
            let value = HeaderValue::from_str(&value).map_err(|_| lost(value))?;
            headers.insert(name, value);
        }
        headers.insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
        let status = StatusCode::from_u16(answer.status).map_err(|e| lost(e.to_string()))?;
        let is_problem = headers.get(CONTENT_TYPE).is_some_and(|value| value == PROBLEM_JSON);
        let kept = is_problem.then(|| KeptProblem(body.clone()));
        let mut response = (status, headers, body).into_response();
        kept.map(|kept| response.extensions_mut().insert(kept));
        Ok(response)
    }
}

fn in_progress() -> Problem {
    let code = &code::IDEMPOTENCY_IN_PROGRESS;
    Problem::new(code, code.remedy).retry_after(Duration::from_secs(1))
}

/// While it lives, this process answers no other request under the key.
struct Claim {
    running: Arc<Mutex<HashSet<String>>>,
    name: String,
}

impl Claim {
    fn take(running: &Arc<Mutex<HashSet<String>>>, name: &str) -> Option<Self> {
        let mut names = running.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = names.insert(name.to_owned());
        is_new.then(|| Self { running: Arc::clone(running), name: name.to_owned() })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut names = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        names.remove(&self.name);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
