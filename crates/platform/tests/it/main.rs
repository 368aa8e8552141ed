//! The platform as its clients meet it: over real sockets, every route and every wrong input.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says when it does not run"
)]

mod accounts;
mod administration;
mod again;
mod idempotency;
mod jose;
mod logs;
mod mail;
mod request;
mod sessions;
mod support;
mod tokens;
