//! What happened to accounts, for whoever keeps the record.
//!
//! The server hands in its audit log; alone, the service writes to the log. Actions that raise risk
//! are recorded before they are done, or refused; those that lower it are done first.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use ballast_domain::{RequestId, TenantId};
use serde::Serialize;
use thiserror::Error;

use crate::request::{Role, pseudonym};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AuditEvent {
    /// Somebody has signed in.
    SignedIn {
        /// The new session.
        session: String,
    },
    /// Somebody has tried to.
    SignInFailed {
        /// Why it failed: `credentials`, `locked`, `disabled` or `unverified`.
        reason: &'static str,
    },
    /// Somebody has signed out, here.
    SignedOut {
        /// The session that ended.
        session: String,
    },
    /// A session was ended.
    SessionRevoked {
        /// The session.
        session: String,
        /// Why: `reuse`, `user`, `administrator`, `everywhere`, `password` or `disabled`.
        reason: &'static str,
    },
    /// An account was made.
    UserCreated {
        /// Its role.
        role: Role,
    },
    /// Somebody has registered with an address that has an account already.
    RegisteredAgain,
    /// A role was changed.
    RoleChanged {
        /// What it was.
        before: Role,
        /// What it is.
        after: Role,
    },
    /// An account was disabled.
    UserDisabled,
    /// An account was enabled again.
    UserEnabled,
    /// A password was changed by whoever knew it.
    PasswordChanged,
    /// Somebody has asked for a link to reset a password.
    PasswordResetRequested,
    /// A password was reset by a link.
    PasswordReset,
    /// An address was confirmed.
    EmailVerified,
    /// The gate of the product was changed.
    ProductStatusChanged {
        /// What it was.
        before: serde_json::Value,
        /// What it is.
        after: serde_json::Value,
    },
}

/// An event, with whom it concerns and who has caused it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// What happened.
    pub event: AuditEvent,
    /// Whose account it concerns; `None` when there is none.
    pub user: Option<TenantId>,
    /// Who has done it and in which role; `None` for nobody who is signed in.
    pub actor: Option<(TenantId, Role)>,
    /// The request that has caused it.
    pub request_id: Option<RequestId>,
    /// Where the request came from.
    pub address: Option<IpAddr>,
}

/// The record cannot be kept now.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the audit log is not available: {0}")]
pub struct AuditUnavailable(pub String);

/// The answer of an [`Audit`], later.
pub type Recording<'a> = Pin<Box<dyn Future<Output = Result<(), AuditUnavailable>> + Send + 'a>>;

/// Keeps the record.
pub trait Audit: Send + Sync + fmt::Debug {
    /// Keeps one record; done means that it is kept for good.
    fn record(&self, record: AuditRecord) -> Recording<'_>;
}

/// Writes the records to the log, without addresses of people.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogAudit;

impl Audit for LogAudit {
    fn record(&self, record: AuditRecord) -> Recording<'_> {
        let AuditRecord { event, user, actor, .. } = record;
        let user = user.as_ref().map(pseudonym);
        let actor = actor.map(|(actor, role)| format!("{} ({role})", pseudonym(&actor)));
        let event = serde_json::to_string(&event).unwrap_or_default();
        tracing::info!(user, actor, event, "account");
        Box::pin(std::future::ready(Ok(())))
    }
}
