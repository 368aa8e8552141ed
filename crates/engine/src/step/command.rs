//! What people and programs ask of the engine.

use ballast_domain::{Event, OrderId, ProfileDocument, ProfileId, ProfileStatus, Refusal, Signal};

use super::{Context, Effects, Engine};
use crate::state::ApplyError;
use crate::strategy::Plan;

/// A request to change something.
#[derive(Debug)]
pub enum Command {
    /// Make a profile, or change its document. The plan was compiled from the document.
    PutProfile {
        /// The profile.
        profile: ProfileId,
        /// The whole document.
        document: Box<ProfileDocument>,
        /// Its compiled strategy.
        plan: Box<Plan>,
        /// Who asks.
        by: String,
    },
    /// Start or stop a profile.
    SetStatus {
        /// The profile.
        profile: ProfileId,
        /// What it should do.
        status: ProfileStatus,
        /// Who asks, and why.
        reason: String,
    },
    /// Take a signal through the gate.
    Signal(Box<Signal>),
    /// Cancel a working order.
    Cancel {
        /// The order.
        order: OrderId,
        /// Why.
        reason: String,
    },
}

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Done, or nothing was to be done.
    Done,
    /// The gate accepted; this is the order.
    Accepted(OrderId),
    /// The gate refused.
    Refused(Refusal),
    /// There is no such profile.
    NoSuchProfile,
}

impl Engine {
    pub(super) fn on_command(
        &mut self,
        context: &Context,
        command: Command,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let answer = match command {
            Command::PutProfile { profile, document, plan, by } => {
                let version = self.state.profile(profile).map_or(0, |known| known.version) + 1;
                let event = Event::ProfileChanged { profile, version, document, by };
                self.emit(context, event, effects)?;
                self.attach(profile, *plan);
                Answer::Done
            }
            Command::SetStatus { profile, status, reason } => {
                match self.state.profile(profile).map(|known| known.status) {
                    None => Answer::NoSuchProfile,
                    Some(standing) if standing == status => Answer::Done,
                    Some(_) => {
                        let event = Event::ProfileStatusChanged { profile, status, reason };
                        self.emit(context, event, effects)?;
                        Answer::Done
                    }
                }
            }
            Command::Signal(signal) => match self.submit(context, *signal, effects)? {
                Ok(order) => Answer::Accepted(order),
                Err(refusal) => Answer::Refused(refusal),
            },
            Command::Cancel { order, reason } => {
                self.request_cancel(context, order, &reason, effects)?;
                Answer::Done
            }
        };
        effects.answer = Some(answer);
        Ok(())
    }
}
