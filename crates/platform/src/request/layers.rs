//! The layers around a whole router, in their order.

use std::any::Any;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, Uri};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use ballast_storage::Clock;
use tower_http::catch_panic::CatchPanicLayer;

use super::address::{ClientAddress, Network};
use super::code;
use super::headers::{Origins, SecurityHeaders, cors, secure};
use super::id::identify;
use super::problem::Problem;
use super::rate::{Limit, Limiter};

/// What the layers are told by the settings.
#[derive(Debug, Clone)]
pub struct LayerSettings {
    /// Other sites whose pages may use the server.
    pub origins: Origins,
    /// Scripts that pages may run beside the server's own files, as the content security policy
    /// names them.
    pub scripts: &'static [&'static str],
    /// Whether browsers reach the server by https.
    pub behind_tls: bool,
    /// The proxies whose word on the client's address counts.
    pub trusted_proxies: Vec<Network>,
    /// How often one address may ask.
    pub per_address: Limit,
    /// What is not counted because it is bounded otherwise, such as the messages of a connection
    /// that was counted when it was opened.
    pub uncounted: fn(&Uri) -> bool,
    /// What is counted apart from everything else, so that a stop is heard from an address that
    /// has asked for too much.
    pub apart: fn(&Method, &Uri) -> bool,
}

/// The layers around a router.
#[derive(Debug, Clone)]
pub struct Layers {
    origins: Origins,
    headers: SecurityHeaders,
    addresses: Arc<Addresses>,
}

#[derive(Debug)]
struct Addresses {
    trusted: Vec<Network>,
    limiter: Limiter<(IpAddr, bool)>,
    uncounted: fn(&Uri) -> bool,
    apart: fn(&Method, &Uri) -> bool,
}

impl Layers {
    /// Layers as set.
    #[must_use]
    pub fn new(settings: LayerSettings, clock: Arc<dyn Clock>) -> Self {
        let LayerSettings { origins, behind_tls, trusted_proxies: trusted, .. } = settings;
        let LayerSettings { per_address, uncounted, apart, .. } = settings;
        let headers = SecurityHeaders::new(&origins, settings.scripts, behind_tls);
        let limiter = Limiter::new(per_address, clock);
        let addresses = Arc::new(Addresses { trusted, limiter, uncounted, apart });
        Self { origins, headers, addresses }
    }

    /// The router within these layers. Serve it with
    /// `into_make_service_with_connect_info::<SocketAddr>()`, or every client counts as one.
    ///
    /// The router answers paths that no route has by a fallback of its own, such as [`not_found`].
    pub fn around(self, router: Router) -> Router {
        let Self { origins, headers, addresses } = self;
        router
            .method_not_allowed_fallback(method_not_allowed)
            .layer(from_fn_with_state(addresses, count_address))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(cors(&origins))
            .layer(from_fn_with_state(headers, secure))
            .layer(from_fn(identify))
    }
}

/// What a router without an interface of its own answers to paths that no route has.
pub async fn not_found(uri: Uri) -> Problem {
    Problem::not_found(format!("There is no route {}. See the API's description.", uri.path()))
}

async fn method_not_allowed(request: Request) -> Problem {
    let detail = format!(
        "{} does not have the method {}. The header Allow lists those it has.",
        request.uri().path(),
        request.method()
    );
    Problem::new(&code::METHOD_NOT_ALLOWED, detail)
}

#[expect(clippy::needless_pass_by_value, reason = "the layer gives it away")]
fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| cause.downcast_ref::<&str>().copied());
    let text = text.unwrap_or("no message");
    Problem::internal(format!("a handler panicked: {text}")).into_response()
}

async fn count_address(
    State(addresses): State<Arc<Addresses>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Addresses { trusted, limiter, uncounted, apart } = &*addresses;
    let address = ClientAddress::of(request.headers(), request.extensions(), trusted);
    request.extensions_mut().insert(address);
    if uncounted(request.uri()) {
        return next.run(request).await;
    }
    match limiter.check(&(address.counted(), apart(request.method(), request.uri()))) {
        Ok(standing) => {
            let mut response = next.run(request).await;
            standing.tell(response.headers_mut());
            response
        }
        Err(exceeded) => exceeded.problem().into_response(),
    }
}
