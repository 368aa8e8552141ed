//! Registering, signing in and out, and going on with a session.
//!
//! A browser gets its refresh token as a cookie that no script can read and that goes to this
//! folder of this site alone: it has no `Path`, so that the browser takes the folder of the route
//! as it sees it, under whatever prefix a proxy has put it. Everybody else gets it in the body. A
//! request that is answered by the cookie must come from a page of this server, or of an origin
//! that the settings list.

use axum::Json;
use axum::extract::State;
use axum::http::header::{COOKIE, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use ballast_domain::Timestamp;
use metrics::counter;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Asking, Service};
use crate::TOKEN_REFRESH_FAILURES;
use crate::account::{SignedIn, TokenIn, User};
use crate::request::{Body, Identity, Keyed, Problem, Role, Versioned};

const COOKIE_NAME: &str = "ballast_refresh";

/// An address and a password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Credentials {
    #[schema(example = "ann@example.com")]
    email: String,
    #[schema(example = "correct horse battery staple")]
    password: String,
    /// Where the refresh token should go.
    #[serde(default)]
    #[schema(nullable = false)]
    token_in: Option<TokenIn>,
}

/// What makes an account.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Registration {
    #[schema(example = "ann@example.com")]
    email: String,
    /// 10 to 256 characters, and none of the common passwords.
    #[schema(example = "correct horse battery staple")]
    password: String,
}

/// What makes the first administrator.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FirstAdministrator {
    /// The token of the link.
    token: String,
    #[schema(example = "ann@example.com")]
    email: String,
    #[schema(example = "correct horse battery staple")]
    password: String,
    #[serde(default)]
    #[schema(nullable = false)]
    token_in: Option<TokenIn>,
}

/// A refresh token of a client that has no cookie.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Refresh {
    /// The token, unless it is in the cookie.
    #[serde(default)]
    #[schema(nullable = false)]
    refresh_token: Option<String>,
}

/// The token of a link.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct LinkToken {
    token: String,
}

/// Somebody who is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tokens {
    /// To be sent as `Authorization: Bearer ...`.
    access_token: String,
    /// Gets the next access token, once. It is in the cookie when it is not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    refresh_token: Option<String>,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// How long the access token is good, in seconds.
    #[schema(example = 900)]
    expires_in: u64,
    user: PublicUser,
}

/// A user as clients see them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PublicUser {
    #[schema(example = "usr_0f3c9d2a4e610b7e5f3c9d2a4e")]
    id: String,
    #[schema(example = "ann@example.com")]
    email: String,
    email_verified: bool,
    /// The role and those that it includes.
    roles: Vec<Role>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// What became of a request that is finished by a message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Accepted {
    /// What to do next.
    #[schema(example = "If that is possible, a message was sent. Follow the link in it.")]
    pub(super) message: &'static str,
}

impl From<User> for PublicUser {
    fn from(user: User) -> Self {
        let User { id, email, email_verified, role, created_at, .. } = user;
        Self { id, email, email_verified, roles: role.included(), created_at }
    }
}

/// Make an account. The answer is the same whether the address has one already.
#[utoipa::path(
    post, path = "/api/auth/register", tag = "auth", operation_id = "register",
    request_body = Registration,
    responses(
        (status = 202, body = Accepted),
        (status = 403, description = "`registrationClosed`", body = crate::request::ProblemBody),
        (status = 422, description = "`invalid`: address or password is not good enough",
            body = crate::request::ProblemBody),
    )
)]
pub(super) async fn register(
    State(service): State<Service>,
    asking: Asking,
    keyed: Keyed<Registration>,
) -> Result<Response, Problem> {
    let work = async |service: Service, asking: Asking, body: Registration| {
        service.accounts.register(&body.email, body.password, &asking.cause).await?;
        let message = "The account is made if the address had none. A message was sent to it.";
        Ok((StatusCode::ACCEPTED, Json(Accepted { message })))
    };
    service.once(asking, keyed, work).await
}

/// Sign in by address and password.
///
/// What it answers is a secret and not kept, so `Idempotency-Key` is not heeded.
#[utoipa::path(
    post, path = "/api/auth/login", tag = "auth", operation_id = "login",
    request_body = Credentials,
    responses(
        (status = 200, body = Tokens),
        (status = 401, description = "`credentialsInvalid`", body = crate::request::ProblemBody),
        (status = 403, description = "`accountDisabled`, `emailNotVerified`, `originRefused`",
            body = crate::request::ProblemBody),
        (status = 429, description = "`signInLocked`: wait, or reset the password",
            body = crate::request::ProblemBody),
    )
)]
pub(super) async fn login(
    State(service): State<Service>,
    asking: Asking,
    headers: HeaderMap,
    Body(body): Body<Credentials>,
) -> Result<Response, Problem> {
    let place = service.place(&headers, body.token_in)?;
    let Asking { cause, client } = asking;
    let signed_in = service.accounts.sign_in(&body.email, body.password, &client, &cause).await?;
    Ok(service.answer(signed_in, place))
}

/// Make the first administrator by the link that the server shows at its start.
///
/// What it answers is a secret and not kept, so `Idempotency-Key` is not heeded.
#[utoipa::path(
    post, path = "/api/auth/first-administrator", tag = "auth",
    operation_id = "makeFirstAdministrator",
    request_body = FirstAdministrator,
    responses(
        (status = 200, body = Tokens),
        (status = 409, description = "`emailTaken`: the link stays good",
            body = crate::request::ProblemBody),
        (status = 410, description = "`linkInvalid`: used, expired, or there is one already",
            body = crate::request::ProblemBody),
        (status = 422, description = "`invalid`: address or password is not good enough",
            body = crate::request::ProblemBody),
    )
)]
pub(super) async fn first_administrator(
    State(service): State<Service>,
    asking: Asking,
    headers: HeaderMap,
    Body(body): Body<FirstAdministrator>,
) -> Result<Response, Problem> {
    let place = service.place(&headers, body.token_in)?;
    let FirstAdministrator { token, email, password, .. } = body;
    let Asking { cause, client } = asking;
    let accounts = &service.accounts;
    let made = accounts.make_first_administrator(&token, &email, password, &client, &cause);
    let signed_in = made.await?;
    Ok(service.answer(signed_in, place))
}

/// Get the next access token. The refresh token is used up and comes back as a new one.
///
/// What it answers is a secret and not kept, so `Idempotency-Key` is not heeded.
#[utoipa::path(
    post, path = "/api/auth/refresh", tag = "auth", operation_id = "refresh",
    request_body = Option<Refresh>,
    responses(
        (status = 200, body = Tokens),
        (status = 401,
            description = "`refreshTokenInvalid`, `refreshTokenReused`, `sessionRevoked`, \
                           `unauthenticated`",
            body = crate::request::ProblemBody),
    )
)]
pub(super) async fn refresh(
    State(service): State<Service>,
    asking: Asking,
    headers: HeaderMap,
    body: Option<Body<Refresh>>,
) -> Result<Response, Problem> {
    let presented = service.presented(&headers, body).inspect_err(count_refusal)?;
    let Some((token, place)) = presented else {
        let detail = "No refresh token was sent. Sign in.";
        let problem = Problem::unauthorized(&crate::request::code::UNAUTHENTICATED, detail);
        count_refusal(&problem);
        return Err(problem);
    };
    let Asking { cause, client } = asking;
    match service.accounts.refresh(&token, place, &client, &cause).await {
        Ok(signed_in) => Ok(service.answer(signed_in, place)),
        Err(error) => {
            let problem = Problem::from(error);
            count_refusal(&problem);
            let is_over = problem.code().status == 401 && place == TokenIn::Cookie;
            let cookie = is_over.then(|| service.cookie("", 0)).flatten();
            Ok(with_cookie(problem.into_response(), cookie))
        }
    }
}

/// Counts a session that does not go on, by the code that says why.
fn count_refusal(problem: &Problem) {
    counter!(TOKEN_REFRESH_FAILURES, "reason" => problem.code().name).increment(1);
}

/// Sign out, here.
#[utoipa::path(
    post, path = "/api/auth/logout", tag = "auth", operation_id = "logout",
    request_body = Option<Refresh>,
    responses((status = 204, description = "Signed out, or nobody was signed in"))
)]
pub(super) async fn logout(
    State(service): State<Service>,
    asking: Asking,
    headers: HeaderMap,
    body: Option<Body<Refresh>>,
) -> Result<Response, Problem> {
    if let Some((token, _)) = service.presented(&headers, body)? {
        service.accounts.sign_out(&token, &asking.cause).await?;
    }
    Ok(with_cookie(StatusCode::NO_CONTENT.into_response(), service.cookie("", 0)))
}

/// Sign out of every session, this one included.
#[utoipa::path(
    post, path = "/api/auth/logout-everywhere", tag = "auth", operation_id = "logoutEverywhere",
    responses((status = 204, description = "Every session has ended"))
)]
pub(super) async fn logout_everywhere(
    State(service): State<Service>,
    asking: Asking,
    identity: Identity,
) -> Result<Response, Problem> {
    service.accounts.sign_out_everywhere(&identity.user, &asking.cause).await?;
    Ok(with_cookie(StatusCode::NO_CONTENT.into_response(), service.cookie("", 0)))
}

/// Who is signed in.
#[utoipa::path(
    get, path = "/api/auth/me", tag = "auth", operation_id = "me",
    responses((status = 200, body = PublicUser))
)]
pub(super) async fn me(
    State(service): State<Service>,
    identity: Identity,
) -> Result<Versioned<PublicUser>, Problem> {
    let user = service.accounts.existing(&identity.user).await?;
    Ok(Versioned { etag: user.etag, body: user.body.into() })
}

/// Confirm an address by the token of its link.
#[utoipa::path(
    post, path = "/api/auth/email/verify", tag = "auth", operation_id = "verifyEmail",
    request_body = LinkToken,
    responses(
        (status = 204, description = "Confirmed"),
        (status = 410, description = "`linkInvalid`", body = crate::request::ProblemBody),
    )
)]
pub(super) async fn verify_email(
    State(service): State<Service>,
    asking: Asking,
    keyed: Keyed<LinkToken>,
) -> Result<Response, Problem> {
    let work = async |service: Service, asking: Asking, body: LinkToken| {
        service.accounts.verify_email(&body.token, &asking.cause).await?;
        Ok(StatusCode::NO_CONTENT)
    };
    service.once(asking, keyed, work).await
}

/// Have the link that confirms the address sent once more.
#[utoipa::path(
    post, path = "/api/auth/email/send", tag = "auth", operation_id = "sendVerification",
    responses((status = 202, body = Accepted))
)]
pub(super) async fn send_verification(
    State(service): State<Service>,
    asking: Asking,
    identity: Identity,
    keyed: Keyed<()>,
) -> Result<Response, Problem> {
    let work = async move |service: Service, _: Asking, (): ()| {
        let user = service.accounts.user(&identity.user).await?;
        service.accounts.send_verification(&user).await?;
        let message = "A message was sent, unless the address is confirmed already.";
        Ok((StatusCode::ACCEPTED, Json(Accepted { message })))
    };
    service.once(asking, keyed, work).await
}

impl Service {
    /// Where the refresh token goes. A cookie is only set for our own pages.
    fn place(&self, headers: &HeaderMap, asked: Option<TokenIn>) -> Result<TokenIn, Problem> {
        let is_browser = headers.contains_key(ORIGIN) || headers.contains_key("sec-fetch-site");
        let usual = if is_browser { TokenIn::Cookie } else { TokenIn::Body };
        let place = asked.unwrap_or(usual);
        if place == TokenIn::Cookie {
            self.origins.check(headers)?;
        }
        Ok(place)
    }

    /// The refresh token of a request, and where it came from.
    fn presented(
        &self,
        headers: &HeaderMap,
        body: Option<Body<Refresh>>,
    ) -> Result<Option<(String, TokenIn)>, Problem> {
        if let Some(token) = body.and_then(|Body(body)| body.refresh_token) {
            return Ok(Some((token, TokenIn::Body)));
        }
        let Some(token) = read_cookie(headers) else {
            return Ok(None);
        };
        self.origins.check(headers)?;
        Ok(Some((token, TokenIn::Cookie)))
    }

    fn answer(&self, signed_in: SignedIn, place: TokenIn) -> Response {
        let SignedIn { user, access_token, refresh_token, .. } = signed_in;
        let (in_body, cookie) = match place {
            TokenIn::Body => (Some(refresh_token), None),
            TokenIn::Cookie => (None, self.cookie(&refresh_token, self.refresh_life.as_secs())),
        };
        let tokens = Tokens {
            access_token,
            refresh_token: in_body,
            token_type: "Bearer",
            expires_in: self.issuer.settings().access_life.as_secs(),
            user: user.into(),
        };
        with_cookie(Json(tokens).into_response(), cookie)
    }

    fn cookie(&self, token: &str, seconds: u64) -> Option<HeaderValue> {
        let secure = if self.behind_tls { "; Secure" } else { "" };
        let text =
            format!("{COOKIE_NAME}={token}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
        HeaderValue::from_str(&text).ok()
    }
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

fn read_cookie(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, token) = pairs.find(|(name, _)| name.trim() == COOKIE_NAME)?;
    Some(token.trim().to_owned()).filter(|token| !token.is_empty())
}
