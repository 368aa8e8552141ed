//! What every HTTP answer of Ballast has in common, and what stands before every route.
//!
//! - [`Layers`] go around a whole router: request id, security headers, CORS, panics, rate limit by
//!   address, and what no route answers.
//! - [`Api`] is the table of routes: each states its [`Access`] and its [`Lifecycle`] once.
//! - [`Body`], [`Query`], [`Path`], [`IfMatch`], [`Keyed`] and [`Identity`] are what handlers take;
//!   [`Problem`] is how they refuse.
//!
//! It lives in this crate because this is the lower of the two that speak HTTP.

mod access;
mod address;
mod api;
pub mod code;
mod document;
mod extract;
mod headers;
mod id;
mod idempotency;
mod layers;
mod precondition;
mod problem;
mod rate;
mod signature;

pub use access::{
    Access, Authentication, Authenticator, Denial, Gate, Identity, Role, RoleError, pseudonym,
};
pub use address::{ClientAddress, Network, NetworkError};
pub use api::{Api, Lifecycle, RouteEntry, TIME_LIMIT, may_answer};
pub use code::Code;
pub use document::{Document, DocumentError};
pub use extract::{Body, MAX_BODY_BYTES, Path, Query};
pub use headers::{Origin, OriginError, Origins};
pub use id::X_REQUEST_ID;
pub use idempotency::{
    IDEMPOTENCY, IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, Keyed, Named, Once, Replies,
};
pub use layers::{LayerSettings, Layers, not_found};
pub use precondition::{IfMatch, Versioned};
pub use problem::{FieldError, PROBLEM_JSON, Problem, ProblemBody};
pub use rate::{Exceeded, Limit, Limiter, Standing};
pub use signature::{SIGNATURE, SignedBody, TOLERANCE};
