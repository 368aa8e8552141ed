//! An operator's socket: how every tenant does, and every change of each.

use std::collections::BTreeSet;
use std::time::Duration;

use ballast_domain::TenantId;
use serde::{Deserialize, Serialize};
use socketioxide::extract::SocketRef;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval};
use utoipa::ToSchema;

use super::session::Session;
use super::trading::expired;
use super::{Hub, close, tell};
use crate::serve::health::TenantLine;
use crate::serve::stopped;
use crate::views::Message;
use crate::views::rows::{ControlRow, FeedRow, StoreRow};

const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Which tenants an operator wants to hear of.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Filter {
    /// Their ids; all when absent.
    #[serde(default)]
    pub(crate) tenants: Option<BTreeSet<String>>,
}

/// How the node and all of its tenants do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminState {
    tenants: Vec<TenantLine>,
    control: ControlRow,
    node: NodeRow,
}

/// How the node does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NodeRow {
    version: String,
    uptime_seconds: u64,
    ready: bool,
    reasons: Vec<String>,
    feeds: Vec<FeedRow>,
    store: StoreRow,
}

/// Serves a socket until it is closed.
pub(super) async fn serve(hub: &Hub, socket: &SocketRef, session: &Session) {
    let mut everybody = hub.app.tenants.follow_all();
    if !tell(socket, "state", &state(hub)) {
        return;
    }
    let mut control = hub.app.control.shown();
    let mut filters = session.filters();
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopping = hub.stopping.clone();
    loop {
        let goes_on = tokio::select! {
            () = session.ended() => return,
            () = stopped(&mut stopping) => false,
            () = session.asked_anew() => tell(socket, "state", &state(hub)),
            message = everybody.recv() => match message {
                Ok((tenant, message)) => {
                    let wanted = wants(&filters.borrow(), &tenant);
                    !wanted || forward(socket, &message)
                }
                Err(RecvError::Lagged(_)) => tell(socket, "state", &state(hub)),
                Err(RecvError::Closed) => false,
            },
            changed = control.changed() => {
                changed.is_ok() && tell(socket, "control", &*control.borrow_and_update())
            }
            changed = filters.changed() => changed.is_ok(),
            _ = looks.tick() => {
                let state = state(hub);
                tell(socket, "health", &state.node)
                    && tell(socket, "tenants", &state.tenants)
                    && !expired(hub, socket, session)
            }
        };
        if !goes_on {
            close(socket);
            return;
        }
    }
}

fn wants(filter: &Filter, tenant: &TenantId) -> bool {
    filter.tenants.as_ref().is_none_or(|wanted| wanted.contains(tenant.as_str()))
}

/// Changes of rows and alerts; what the market makes of each position is its owner's to watch.
fn forward(socket: &SocketRef, message: &Message) -> bool {
    match message {
        Message::Update(update) => tell(socket, "event", update),
        Message::Alert(alert) => tell(socket, "alert", alert),
        Message::Marks(_) | Message::Evaluation(_) => true,
    }
}

fn state(hub: &Hub) -> AdminState {
    let app = &hub.app;
    let reasons = app.health.reasons();
    AdminState {
        tenants: app.health.tenants(),
        control: app.control.shown().borrow().clone(),
        node: NodeRow {
            version: app.settings.version.clone(),
            uptime_seconds: app.health.uptime_seconds(),
            ready: reasons.is_empty(),
            reasons: reasons.into_iter().map(str::to_owned).collect(),
            feeds: vec![app.health.feed(&app.prices)],
            store: app.health.store(),
        },
    }
}
