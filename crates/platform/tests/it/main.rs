//! The platform as its clients meet it: over real sockets, every route and every wrong input.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod idempotency;
mod request;
mod support;
mod tokens;
