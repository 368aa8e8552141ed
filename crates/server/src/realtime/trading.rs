//! A user's socket: their tenant's picture, and then every change of it.

use std::time::Duration;

use socketioxide::extract::SocketRef;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval};

use super::session::Session;
use super::{Hub, Left, begin, expired, tell};
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

/// Tells a socket everything, and then every change.
pub(super) async fn follow(
    hub: &Hub,
    socket: &SocketRef,
    session: &Session,
    view: &TenantView,
) -> Left {
    let user = session.identity().user;
    // What changes while the picture is taken is told twice rather than never.
    let mut control = hub.app.control.shown();
    let mut backtests = hub.app.backtests.subscribe();
    let (picture, mut news) = view.follow();
    let state = BotState::of(&hub.app, &user, picture);
    if let Err(left) = begin(socket, &state) {
        return left;
    }
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopping = hub.stopping.clone();
    let (mut health, mut untold) = (state.health, 0);
    loop {
        let told = tokio::select! {
            () = session.ended() => return Left::Over,
            () = stopped(&mut stopping) => return Left::Over,
            () = session.asked_anew() => return Left::Anew,
            message = news.recv() => match message {
                Ok(message) => forward(socket, &message),
                // It was too slow: everything anew is less than what it has missed.
                Err(RecvError::Lagged(_)) => return Left::Anew,
                Err(RecvError::Closed) => return Left::Over,
            },
            changed = control.changed() => match changed {
                Ok(()) => tell(socket, "control", &*control.borrow_and_update()),
                Err(_) => return Left::Over,
            },
            progress = backtests.recv() => match progress {
                Ok(progress) if progress.tenant == user => {
                    tell(socket, "backtestProgress", &progress)
                }
                // What was missed is told again with the next.
                Ok(_) | Err(RecvError::Lagged(_)) => Ok(()),
                Err(RecvError::Closed) => return Left::Over,
            },
            _ = looks.tick() => {
                if expired(hub, socket, session) {
                    return Left::Expired;
                }
                let before = std::mem::replace(&mut health, health_row(&hub.app, &user));
                untold += 1;
                if differs(&health, &before) || untold >= HEALTH_EVERY {
                    untold = 0;
                    tell(socket, "health", &health)
                } else {
                    Ok(())
                }
            }
        };
        if let Err(left) = told {
            return left;
        }
    }
}

fn forward(socket: &SocketRef, message: &Message) -> Result<(), Left> {
    match message {
        Message::Update(update) => tell(socket, "event", update),
        Message::Marks(marks) => tell(socket, "marks", marks),
        Message::Evaluation(evaluation) => tell(socket, "evaluation", evaluation),
        Message::Alert(alert) => tell(socket, "alert", alert),
        Message::Anew => Err(Left::Anew),
    }
}

/// Whether something has changed that a person would see.
fn differs(now: &HealthRow, before: &HealthRow) -> bool {
    let feeds = |health: &HealthRow| health.feeds.iter().map(|feed| feed.state).collect::<Vec<_>>();
    now.state != before.state
        || now.store.state != before.store.state
        || now.trading_control != before.trading_control
        || now.capital_invariant_violations != before.capital_invariant_violations
        || feeds(now) != feeds(before)
}
