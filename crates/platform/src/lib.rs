//! The identity service of Ballast, and what every HTTP answer of Ballast has in common.
//!
//! - [`Platform`] is the service: accounts, sessions, tokens, the product gate. It keeps everything
//!   in the product's store, opened with [`COLLECTIONS`], and gives its routes as one
//!   [`Api`](request::Api).
//! - [`request`] is the layer around and the gate before each route; the `ballast` server builds
//!   its own routes with it, so that both answer alike.
//! - [`seal`] keeps secrets at rest; [`token`] checks whose a token is; [`audit`] tells what
//!   happened to accounts; [`wording`] says in words for people what libraries say.
#![warn(missing_docs)]

pub mod account;
pub mod audit;
pub mod mail;
mod platform;
pub mod product;
pub mod request;
mod routes;
pub mod seal;
pub mod token;
pub mod wording;

pub use platform::{COLLECTIONS, Platform, PlatformError, PlatformSettings};

/// The counter of sessions that did not go on, with the label `reason`; whoever shows metrics
/// describes it.
pub const TOKEN_REFRESH_FAILURES: &str = "ballast_token_refresh_failures_total";
