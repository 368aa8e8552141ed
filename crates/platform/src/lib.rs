//! The identity service of Ballast, and what every HTTP answer of Ballast has in common.
//!
//! [`request`] is the layer around and the gate before each route; the `ballast` server builds its
//! own routes with it.
#![warn(missing_docs)]

pub mod request;
pub mod seal;
pub mod token;
