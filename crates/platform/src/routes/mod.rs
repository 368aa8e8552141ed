//! The routes of the service, below `/platform`.

mod admin;
mod auth;
mod mailbox;
mod passwords;
mod product;
mod public;
mod sessions;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use ballast_domain::RequestId;
use ballast_storage::Documents;
use utoipa_axum::routes;

use crate::account::{Accounts, Cause, Client};
use crate::audit::Audit;
use crate::product::ProductGate;
use crate::request::{
    Access, Api, ClientAddress, Gate, Identity, Keyed, Lifecycle, Origins, Problem, Replies,
};
use crate::token::{Issuer, Revocations};

/// What the handlers work with.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) accounts: Accounts,
    pub(crate) gate: ProductGate,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) revocations: Revocations,
    pub(crate) audit: Arc<dyn Audit>,
    pub(crate) origins: Origins,
    pub(crate) behind_tls: bool,
    /// How long a refresh token is good.
    pub(crate) refresh_life: Duration,
    pub(crate) replies: Replies,
    /// Where the answers to requests with a key are kept.
    pub(crate) kept: Documents,
}

/// In whose name the keys of requests are kept that nobody has signed in for.
const NOBODY: &str = "nobody";

impl Service {
    /// Does what a request asks for, once: sent again under the same key it gets the same answer.
    /// Not for what answers with a token, which is not to be kept.
    async fn once<T, W, R>(
        self,
        asking: Asking,
        keyed: Keyed<T>,
        work: impl FnOnce(Self, Asking, T) -> W,
    ) -> Result<Response, Problem>
    where
        W: Future<Output = Result<R, Problem>> + Send + 'static,
        R: IntoResponse,
    {
        let (body, once) = keyed.split();
        let user = match &asking.cause.actor {
            Some((user, _)) => user.clone(),
            None => NOBODY.parse().map_err(Problem::internal)?,
        };
        let (replies, kept) = (self.replies.clone(), self.kept.clone());
        let work = work(self, asking, body);
        let work = async move { work.await.into_response() };
        replies.answer(&kept, &user, once, work).await
    }
}

/// The table of routes.
pub(crate) fn api<S: Clone + Send + Sync + 'static>(
    gate: Gate,
    service: Service,
    with_accounts: bool,
) -> Api<S> {
    use Access::{Admin, Operator, Public, User};
    let now = Lifecycle::Current;
    let mailbox = service.accounts.mailer().mailbox().is_some();
    let mut api = Api::new(gate)
        .route(Public, now, routes!(product::status))
        .route(Admin, now, routes!(product::set_status))
        .route(Operator, now, routes!(public::revocations));
    if with_accounts {
        api = api
            .route(Public, now, routes!(public::jwks))
            .route(Public, now, routes!(auth::register))
            .route(Public, now, routes!(auth::login))
            .route(Public, now, routes!(auth::first_administrator))
            .route(Public, now, routes!(auth::refresh))
            .route_that_stops(Public, now, routes!(auth::logout))
            .route_that_stops(User, now, routes!(auth::logout_everywhere))
            .route(User, now, routes!(auth::me))
            .route(Public, now, routes!(auth::verify_email))
            .route(User, now, routes!(auth::send_verification))
            .route(Public, now, routes!(passwords::forgot))
            .route(Public, now, routes!(passwords::reset))
            .route(User, now, routes!(passwords::change))
            .route(User, now, routes!(sessions::list))
            .route_that_stops(User, now, routes!(sessions::end))
            .route(Admin, now, routes!(admin::list))
            .route(Admin, now, routes!(admin::read))
            .route(Admin, now, routes!(admin::set_role))
            .route_that_stops(Admin, now, routes!(admin::disable))
            .route(Admin, now, routes!(admin::enable))
            .route_that_stops(Admin, now, routes!(admin::sign_out));
        if mailbox {
            api = api.route(Public, now, routes!(mailbox::page)).route(
                Public,
                now,
                routes!(mailbox::messages),
            );
        }
    }
    api.with_state(service)
}

/// Who asks, for the record and for the session.
pub(crate) struct Asking {
    pub(crate) cause: Cause,
    pub(crate) client: Client,
}

impl<S: Send + Sync> FromRequestParts<S> for Asking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, state).await?;
        let identity = parts.extensions.get::<Identity>();
        let cause = Cause {
            actor: identity.map(|identity| (identity.user.clone(), identity.role)),
            request_id: parts.extensions.get::<RequestId>().cloned(),
            address: Some(address),
        };
        let agent = parts.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok());
        let client = Client { address, user_agent: agent.unwrap_or_default().to_owned() };
        Ok(Self { cause, client })
    }
}
