//! A user's socket: their tenant's picture, and then every change of it.

use std::sync::Arc;
use std::time::Duration;

use ballast_domain::TenantId;
use socketioxide::extract::SocketRef;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval};

use super::session::Session;
use super::{Hub, SessionExpired, close, tell};
use crate::http::{BotState, health_row};
use crate::serve::stopped;
use crate::views::rows::HealthRow;
use crate::views::{Message, TenantView};

/// How often it is looked whether a session has ended, and how its tenant does.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often health is told when it has not changed.
const HEALTH_EVERY: u32 = 5;
/// The room of those who hear prices.
pub(super) const PRICES: &str = "prices";

/// Serves a socket until it is closed.
pub(super) async fn serve(hub: &Hub, socket: &SocketRef, session: &Session) {
    let user = session.identity().user;
    let tenant = hub.app.tenants.admit(&user).await;
    let Some(mut news) = begin(hub, socket, &user, &tenant.view) else { return };
    socket.join(PRICES);
    let mut control = hub.app.control.shown();
    let mut backtests = hub.app.backtests.subscribe();
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopping = hub.stopping.clone();
    let (mut health, mut untold) = (health_row(&hub.app, &user), 0);
    loop {
        let goes_on = tokio::select! {
            () = session.ended() => return,
            () = stopped(&mut stopping) => false,
            () = session.asked_anew() => match begin(hub, socket, &user, &tenant.view) {
                Some(anew) => {
                    news = anew;
                    true
                }
                None => false,
            },
            message = news.recv() => match message {
                Ok(message) => forward(socket, &message),
                // It was too slow: everything anew is less than what it has missed.
                Err(RecvError::Lagged(_)) => match begin(hub, socket, &user, &tenant.view) {
                    Some(anew) => {
                        news = anew;
                        true
                    }
                    None => false,
                },
                Err(RecvError::Closed) => false,
            },
            changed = control.changed() => {
                changed.is_ok() && tell(socket, "control", &*control.borrow_and_update())
            }
            progress = backtests.recv() => match progress {
                Ok(progress) if progress.tenant == user => {
                    tell(socket, "backtestProgress", &progress)
                }
                // What was missed is told again with the next.
                Ok(_) | Err(RecvError::Lagged(_)) => true,
                Err(RecvError::Closed) => false,
            },
            _ = looks.tick() => {
                let now = health_row(&hub.app, &user);
                untold += 1;
                let told = if differs(&now, &health) || untold >= HEALTH_EVERY {
                    untold = 0;
                    tell(socket, "health", &now)
                } else {
                    true
                };
                health = now;
                told && !expired(hub, socket, session)
            }
        };
        if !goes_on {
            close(socket);
            return;
        }
    }
}

/// Sends the picture as it is now; gives what follows it, or nothing when the socket is closed.
fn begin(
    hub: &Hub,
    socket: &SocketRef,
    user: &TenantId,
    view: &TenantView,
) -> Option<Receiver<Arc<Message>>> {
    let (picture, news) = view.follow();
    let state = BotState::of(&hub.app, user, picture);
    tell(socket, "state", &state).then_some(news)
}

fn forward(socket: &SocketRef, message: &Message) -> bool {
    match message {
        Message::Update(update) => tell(socket, "event", update),
        Message::Marks(marks) => tell(socket, "marks", marks),
        Message::Evaluation(evaluation) => tell(socket, "evaluation", evaluation),
        Message::Alert(alert) => tell(socket, "alert", alert),
    }
}

/// Whether something has changed that a person would see.
fn differs(now: &HealthRow, before: &HealthRow) -> bool {
    let feeds = |health: &HealthRow| health.feeds.iter().map(|feed| feed.state).collect::<Vec<_>>();
    now.state != before.state
        || now.store.state != before.store.state
        || feeds(now) != feeds(before)
}

/// Tells a socket whose session has ended that it has.
pub(super) fn expired(hub: &Hub, socket: &SocketRef, session: &Session) -> bool {
    let Some(code) = hub.ended(session) else { return false };
    tell(socket, "sessionExpired", &SessionExpired { code: code.to_owned() });
    true
}
