//! An operator's socket: how every tenant does, and every change of each.

use std::cmp::Ordering;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ballast_domain::TenantId;
use serde::{Deserialize, Serialize};
use socketioxide::extract::SocketRef;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval};
use utoipa::ToSchema;

use super::session::Session;
use super::{Hub, Left, begin, expired, tell};
use crate::http::BotState;
use crate::serve::health::TenantLine;
use crate::serve::stopped;
use crate::views::rows::{AlertRow, ControlRow, FeedRow, StoreRow};
use crate::views::{Message, Update};

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
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminState {
    tenants: Vec<TenantLine>,
    /// Everything of each tenant that the filter names, which its events go on from. Without a
    /// filter the events of all come, to say that something has changed.
    states: Vec<BotState>,
    control: ControlRow,
    node: NodeRow,
}

/// An alert and whose it is: ids are a tenant's own.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantAlert {
    tenant_id: String,
    #[serde(flatten)]
    alert: AlertRow,
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

/// Tells a socket how everything does, and then every change of what it wants to hear of.
pub(super) async fn follow(hub: &Hub, socket: &SocketRef, session: &Session) -> Left {
    let mut everybody = hub.app.tenants.follow_all();
    let mut control = hub.app.control.shown();
    let mut filters = session.filters();
    let filter = filters.borrow_and_update().clone();
    let begun = state(hub, &filter);
    let mut known: BTreeMap<String, u64> =
        begun.tenants.iter().map(|line| (line.tenant_id.clone(), line.seq)).collect();
    if let Err(left) = begin(socket, &begun) {
        return left;
    }
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopping = hub.stopping.clone();
    loop {
        let told = tokio::select! {
            () = session.ended() => return Left::Over,
            () = stopped(&mut stopping) => return Left::Over,
            () = session.asked_anew() => return Left::Anew,
            message = everybody.recv() => match message {
                Ok((tenant, message)) if wants(&filter, &tenant) => match &*message {
                    Message::Update(update) => {
                        follow_up(socket, session, update, known.entry(tenant.to_string()))
                    }
                    Message::Alert(alert) => {
                        let tenant_id = tenant.to_string();
                        tell(socket, "alert", &TenantAlert { tenant_id, alert: alert.clone() })
                    }
                    Message::Anew => {
                        session.ask_anew();
                        Ok(())
                    }
                    // What the market makes of each position is its owner's to watch.
                    Message::Marks(_) | Message::Evaluation(_) => Ok(()),
                },
                Ok(_) => Ok(()),
                Err(RecvError::Lagged(_)) => return Left::Anew,
                Err(RecvError::Closed) => return Left::Over,
            },
            changed = control.changed() => match changed {
                Ok(()) => tell(socket, "control", &*control.borrow_and_update()),
                Err(_) => return Left::Over,
            },
            // A tenant that is heard of again has gone on meanwhile.
            _ = filters.changed() => return Left::Anew,
            _ = looks.tick() => {
                if expired(hub, socket, session) {
                    return Left::Expired;
                }
                let state = state(hub, &Filter::default());
                tell(socket, "health", &state.node)
                    .and_then(|()| tell(socket, "tenants", &state.tenants))
            }
        };
        if let Err(left) = told {
            return left;
        }
    }
}

fn wants(filter: &Filter, tenant: &TenantId) -> bool {
    filter.tenants.as_ref().is_none_or(|wanted| wanted.contains(tenant.as_str()))
}

/// Tells of what follows upon what is known of a tenant. What is known already is not told again,
/// and what follows upon something else is told with everything anew.
fn follow_up(
    socket: &SocketRef,
    session: &Session,
    update: &Update,
    known: Entry<'_, String, u64>,
) -> Result<(), Left> {
    let known = known.or_insert(update.prev_seq);
    match update.prev_seq.cmp(known) {
        Ordering::Less => Ok(()),
        Ordering::Equal => {
            *known = update.seq;
            tell(socket, "event", update)
        }
        Ordering::Greater => {
            session.ask_anew();
            Ok(())
        }
    }
}

/// How everything does, and all that there is of the tenants that the filter names.
fn state(hub: &Hub, filter: &Filter) -> AdminState {
    let app = &hub.app;
    let reasons = app.reasons();
    let mut seqs = BTreeMap::new();
    let mut states = Vec::new();
    for (id, tenant) in app.tenants.all() {
        // As far as they are shown, which is what the events go on from.
        let mut seq = tenant.view.seq();
        if filter.tenants.as_ref().is_some_and(|wanted| wanted.contains(id.as_str())) {
            let state = BotState::of(app, &id, tenant.view.picture());
            seq = state.seq;
            states.push(state);
        }
        seqs.insert(id.to_string(), seq);
    }
    let mut tenants = app.health.tenants();
    for line in &mut tenants {
        line.seq = seqs.get(&line.tenant_id).copied().unwrap_or(line.seq);
    }
    AdminState {
        tenants,
        states,
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
