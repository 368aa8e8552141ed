//! Who asks, with their own tenant and no other.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use ballast_domain::{OrderId, ProfileId, RequestId, TradeId};
use ballast_engine::step::{Answer, Command};
use ballast_platform::request::{IDEMPOTENCY, Identity, Keyed, Problem, code};
use ballast_storage::{Collection, Documents, Query};
use tokio::time::timeout;

use super::codes::{ANSWER_LATE, NOT_POSSIBLE, REFUSED};
use super::refusal::RefusalRow;
use crate::app::App;
use crate::serve::tenants::{Tenant, TenantUnavailable};
use crate::views::{VERSIONS, VersionRow};

/// How long somebody's name may take to be read. Without it they are named by their id.
const NAME_DEADLINE: Duration = Duration::from_millis(100);

/// Whoever has sent the request. The tenant is theirs: a handler cannot name another.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    pub(crate) tenant: Arc<Tenant>,
    pub(crate) request_id: Option<RequestId>,
    /// How they are named in journal and audit.
    name: String,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let identity = Identity::from_request_parts(parts, app).await?;
        let request_id = parts.extensions.get::<RequestId>().cloned();
        let tenant = app.tenants.admit(&identity.user);
        // Only what changes something is recorded under a name.
        let named = match parts.method.is_safe() {
            true => None,
            false => timeout(NAME_DEADLINE, app.entrance.name_of(&identity)).await.ok(),
        };
        let name = named.and_then(Result::ok).flatten();
        let name = name.unwrap_or_else(|| identity.user.to_string());
        Ok(Self { identity, tenant, request_id, name })
    }
}

/// A caller whose trading can be shown: after a start it is read first, and until then there is
/// nothing to tell of it, least of all that something is not there.
pub(crate) struct Shown(pub(crate) Caller);

impl FromRequestParts<App> for Shown {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        caller.tenant.shown().await?;
        Ok(Self(caller))
    }
}

impl Caller {
    /// Asks the tenant's engine for something.
    pub(crate) async fn ask(&self, command: Command) -> Result<Answer, Problem> {
        Ok(self.tenant.ask(command, self.request_id.clone()).await?)
    }

    /// Does what a request asks for, once: sent again under the same key it gets the same answer.
    pub(crate) async fn once<T, W, R>(
        self,
        app: App,
        keyed: Keyed<T>,
        work: impl FnOnce(App, Self, T) -> W,
    ) -> Result<Response, Problem>
    where
        W: Future<Output = Result<R, Problem>> + Send + 'static,
        R: IntoResponse,
    {
        let (body, once) = keyed.split();
        let documents = self.tenant.store.documents(&IDEMPOTENCY);
        let (user, replies) = (self.identity.user.clone(), app.replies.clone());
        let work = work(app, self, body);
        let work = async move { work.await.into_response() };
        replies.answer(&documents, &user, once, work).await
    }

    /// The same for what lowers risk, which waits for no store.
    pub(crate) async fn once_at_once<T, W, R>(
        self,
        app: App,
        keyed: Keyed<T>,
        work: impl FnOnce(App, Self, T) -> W,
    ) -> Result<Response, Problem>
    where
        W: Future<Output = Result<R, Problem>> + Send + 'static,
        R: IntoResponse,
    {
        let (body, once) = keyed.split();
        let documents = self.tenant.store.documents(&IDEMPOTENCY);
        let (user, replies) = (self.identity.user.clone(), app.replies.clone());
        let work = work(app, self, body);
        let work = async move { work.await.into_response() };
        replies.answer_at_once(&documents, &user, once, work).await
    }

    /// The caller's stored rows, with all that has happened.
    pub(crate) async fn rows(&self, collection: &'static Collection) -> Documents {
        self.tenant.view.stored().await;
        self.tenant.store.documents(collection)
    }

    /// Refuses a profile that the caller never had; one that was removed has its history.
    pub(crate) async fn check_profile(&self, profile: Option<&str>) -> Result<(), Problem> {
        let Some(text) = profile else { return Ok(()) };
        self.currency_of(profile_id(text)?).await.map(|_| ())
    }

    /// What a profile's money is counted in, also when it was removed.
    pub(crate) async fn currency_of(&self, profile: ProfileId) -> Result<String, Problem> {
        if let Some(document) = self.tenant.view.document(profile) {
            return Ok(document.capital.currency.to_string());
        }
        let wanted = Query {
            equal: vec![("profileId", profile.to_string().as_str().into())],
            order_by: Some("version"),
            descending: true,
            limit: 1,
            ..Query::default()
        };
        let versions = self.rows(&VERSIONS).await;
        let last = versions.query::<VersionRow>(&wanted).await?.documents.pop();
        let last = last.ok_or_else(|| Problem::not_found("There is no such profile."))?;
        let currency = last.body.document["capital"]["currency"].as_str().map(str::to_owned);
        currency.ok_or_else(|| Problem::internal("a version of a profile has no currency"))
    }

    /// How the caller is named in journal and audit.
    pub(crate) fn name(&self) -> String {
        self.name.clone()
    }
}

impl From<TenantUnavailable> for Problem {
    fn from(unavailable: TenantUnavailable) -> Self {
        let wait = Duration::from_secs(2);
        match unavailable {
            TenantUnavailable::Starting => {
                Self::new(&code::UNAVAILABLE, unavailable.to_string()).retry_after(wait)
            }
            // What was asked for may have been done: it is not to be sent again unseen.
            TenantUnavailable::Late => Self::new(&ANSWER_LATE, unavailable.to_string()),
        }
    }
}

/// What the engine has answered, when that is not what was hoped for.
pub(crate) fn denied(answer: Answer) -> Problem {
    match answer {
        Answer::Refused(refusal) => refused(&refusal),
        Answer::RefusedOther(refusal) => {
            let detail = format!("of the other entry, so that neither was placed: {refusal}");
            refusal_of(&refusal, &detail)
        }
        Answer::Invalid(why) => Problem::new(&NOT_POSSIBLE, sentence(&why)),
        Answer::NoSuchProfile => Problem::not_found("There is no such profile."),
        Answer::NoSuchOrder => Problem::not_found("There is no such order."),
        Answer::Conflict { .. } => Problem::precondition_failed(),
        other => Problem::internal(format!("an answer that fits no question: {other:?}")),
    }
}

/// The gate's refusal with its numbers.
pub(crate) fn refused(refusal: &ballast_domain::Refusal) -> Problem {
    refusal_of(refusal, &refusal.to_string())
}

fn refusal_of(refusal: &ballast_domain::Refusal, detail: &str) -> Problem {
    let row = serde_json::to_value(RefusalRow::from(refusal)).unwrap_or_default();
    Problem::new(&REFUSED, sentence(detail)).with_member("refusal", row)
}

/// A clause as a sentence. An id that it begins with stays as it is.
pub(crate) fn sentence(clause: &str) -> String {
    let is_id = clause.split_whitespace().next().is_some_and(|word| word.contains('_'));
    let mut letters = clause.chars();
    let mut text = match letters.next() {
        Some(first) if !is_id => first.to_uppercase().chain(letters).collect(),
        _ => clause.to_owned(),
    };
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

/// An id out of a path. What is no id at all names nothing, like an id of somebody else.
pub(crate) fn profile_id(text: &str) -> Result<ProfileId, Problem> {
    text.parse().map_err(|_| Problem::not_found("There is no such profile."))
}

/// The same for orders.
pub(crate) fn order_id(text: &str) -> Result<OrderId, Problem> {
    text.parse().map_err(|_| Problem::not_found("There is no such order."))
}

/// The same for trades.
pub(crate) fn trade_id(text: &str) -> Result<TradeId, Problem> {
    text.parse().map_err(|_| Problem::not_found("There is no such trade."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_keeps_the_id_that_it_begins_with() {
        assert_eq!(sentence("ord_7wax was cancelled already"), "ord_7wax was cancelled already.");
        assert_eq!(sentence("no price is known yet"), "No price is known yet.");
        assert_eq!(sentence("why?"), "Why?");
    }
}
