//! What people and programs ask of the engine.
//!
//! A file per kind: `profile.rs` for documents and what profiles do, `manual.rs` for orders that
//! people write and `pair.rs` for two of them, `order.rs` for working orders, `levels.rs` for stops
//! and targets, `corporate.rs` for what issuers do, `flatten.rs` for leaving everything,
//! `limits.rs` for limits and locks, `obstacles.rs` for why nothing is entered. Whatever a command
//! changes is journaled with the request that carried it; what it could not do, it has not begun.

mod corporate;
mod flatten;
mod levels;
mod limits;
mod manual;
mod obstacles;
mod order;
mod pair;
mod profile;

use std::fmt;
use std::sync::Arc;

use ballast_domain::{
    Limits, OrderId, OrderTerms, ProfileDocument, ProfileId, ProfileStatus, Refusal, Signal,
    SignalTerms, Symbol, TradeId,
};

use super::{Context, Effects, Engine};
use crate::risk::Change;
use crate::state::{ApplyError, Profile};
use crate::strategy::Plan;

pub use corporate::ActionTold;
pub use levels::LevelChange;
pub use manual::{ManualOrder, Partner};
pub use obstacles::Obstacle;

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
        /// The version that the document is based on, zero for a new profile; without it whatever
        /// there is is replaced.
        expected_version: Option<u64>,
        /// Who asks.
        by: String,
    },
    /// Remove a profile that holds nothing and has no order working. It trades no more; its books
    /// and what its venue may still say of it are kept.
    RemoveProfile {
        /// The profile.
        profile: ProfileId,
        /// The version of its document that the person has seen; without it whatever there is.
        expected_version: Option<u64>,
        /// Who asks.
        by: String,
    },
    /// Start or stop a profile. One that is under review makes no entries already, so that to stop
    /// it changes nothing unless it is acknowledged.
    SetStatus {
        /// The profile.
        profile: ProfileId,
        /// What it should do.
        status: ProfileStatus,
        /// Whether the person has looked at what has put the profile under review.
        acknowledge: bool,
        /// Why.
        reason: String,
        /// Who asks.
        by: String,
    },
    /// Take a signal through the gate.
    Signal(Box<Signal>),
    /// Take an order that a person has written through the gate.
    Order(Box<ManualOrder>),
    /// Ask what the gate would say to such an order. Nothing is changed, journaled or reserved for
    /// it; a day that has begun since is opened, as by whatever comes first.
    Preview(Box<ManualOrder>),
    /// Ask what would refuse every entry of a profile as things stand; nothing is changed for it.
    Obstacles {
        /// The profile.
        profile: ProfileId,
    },
    /// Cancel a working order.
    Cancel {
        /// The order.
        order: OrderId,
        /// Why.
        reason: String,
    },
    /// Change the quantity or the prices of a working order.
    Amend {
        /// The order.
        order: OrderId,
        /// What is to change.
        change: Change,
        /// Who asks.
        by: String,
    },
    /// Move the protective stop of an open trade or give it one, and set its targets. The trail and
    /// break-even go on from there: they only ever bring the stop closer.
    MoveLevels {
        /// The trade.
        trade: TradeId,
        /// What is to stand elsewhere.
        change: LevelChange,
        /// The version of the trade that the person has seen; without it whatever there is.
        expected_version: Option<u64>,
        /// Who asks.
        by: String,
    },
    /// Set the tenant's own limits, all of them.
    SetLimits {
        /// The limits.
        limits: Box<Limits>,
        /// The version that they are based on, zero before the first; without it whatever there is
        /// is replaced.
        expected_version: Option<u64>,
        /// Who asks.
        by: String,
    },
    /// Lift locks that protections have put on a profile's entries.
    Unlock {
        /// The profile.
        profile: ProfileId,
        /// Of which instrument; without it all of them.
        symbol: Option<Symbol>,
        /// Who asks.
        by: String,
    },
    /// Follow what the issuer of an instrument has done, once. While orders of the instrument work,
    /// they are cancelled and nothing else is done: it is to be told again then. A venue has done
    /// it before; whoever drives a simulated one tells that first.
    CorporateAction {
        /// What was done.
        told: Box<ActionTold>,
        /// The strategy, compiled for the document under the new symbol, where that changes.
        plan: Option<Box<Plan>>,
    },
    /// Stop a profile and leave everything that it holds at the market, whatever control says.
    ///
    /// Working entries and exits at a price are cancelled. What such an exit has claimed is left
    /// once the venue says that it is gone, and what still fills of an entry is left too, so that
    /// nothing is ever left twice. This goes on, also after a restart, until the profile is started
    /// again. An exit at the market that a venue did not fill is not sent again by itself.
    Flatten {
        /// The profile.
        profile: ProfileId,
        /// Who asks.
        by: String,
        /// Why.
        reason: String,
    },
}

impl Command {
    /// Whether it can bring about an entry that would not be without it.
    #[must_use]
    pub fn may_raise_risk(&self) -> bool {
        match self {
            Self::PutProfile { .. } | Self::SetLimits { .. } | Self::Unlock { .. } => true,
            Self::SetStatus { status, .. } => *status == ProfileStatus::Running,
            Self::Signal(signal) => matches!(signal.terms, SignalTerms::Enter { .. }),
            Self::Order(order) => order.trade.is_none() && !order.reduce_only,
            Self::Amend { .. } => true,
            Self::RemoveProfile { .. }
            | Self::Preview(_)
            | Self::Obstacles { .. }
            | Self::Cancel { .. }
            | Self::MoveLevels { .. }
            | Self::CorporateAction { .. }
            | Self::Flatten { .. } => false,
        }
    }
}

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Done, or nothing was to be done.
    Done,
    /// The gate accepted; this is the order.
    Accepted(OrderId),
    /// The gate would accept these terms, as things stand.
    WouldAccept {
        /// Rounded and reserved as the order would have them, under the id it would get.
        terms: Arc<OrderTerms>,
        /// Those of the other entry, where two were asked for.
        other: Option<Arc<OrderTerms>>,
    },
    /// The gate accepted both entries of a pair; these are the orders, as they were asked for.
    AcceptedPair([OrderId; 2]),
    /// The gate refused the other entry of a pair, and so neither was accepted.
    RefusedOther(Refusal),
    /// What stands in the way of entries.
    Obstacles(Vec<Obstacle>),
    /// The gate let the order become another, and its venue is asked for it.
    Amending {
        /// The order.
        order: OrderId,
        /// Which of its amendments it is.
        revision: u32,
    },
    /// The profile is being flattened.
    Flattened(Flattened),
    /// The gate refused.
    Refused(Refusal),
    /// What was to be changed has another version than was expected; nothing was changed.
    Conflict {
        /// The version it has, zero where there is none.
        version: u64,
    },
    /// It cannot be done; why, and what to do.
    Invalid(String),
    /// There is no such profile.
    NoSuchProfile,
    /// There is no such order.
    NoSuchOrder,
}

/// What a flattening began with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flattened {
    /// The exits that were sent.
    pub exits: Vec<OrderId>,
    /// The orders that are being cancelled.
    pub cancelled: Vec<OrderId>,
    /// Trades of which something is still claimed by an exit that is being cancelled: it is left
    /// when that is gone.
    pub waiting: Vec<TradeId>,
    /// Trades for which the gate refused an exit: they are held until somebody looks.
    pub refused: Vec<(TradeId, Refusal)>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Accepted(order) => write!(f, "accepted as {order}"),
            Self::AcceptedPair([one, other]) => write!(f, "accepted as {one} and {other}"),
            Self::RefusedOther(refusal) => write!(f, "of the other entry: {refusal}"),
            Self::WouldAccept { terms, .. } => {
                write!(f, "would be accepted as {}", terms.order_id())
            }
            Self::Obstacles(found) => write!(f, "{} obstacles", found.len()),
            Self::Amending { order, revision } => write!(f, "amending {order} ({revision})"),
            Self::Flattened(flattened) => flattened.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Conflict { version } => {
                write!(f, "it has version {version} by now; read it again and repeat the change")
            }
            Self::Invalid(why) => f.write_str(why),
            Self::NoSuchProfile => f.write_str("there is no such profile"),
            Self::NoSuchOrder => f.write_str("there is no such order"),
        }
    }
}

impl fmt::Display for Flattened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exits, cancelled, waiting, refused } = self;
        write!(f, "flattening: {} exits sent, {} orders cancelled", exits.len(), cancelled.len())?;
        if !waiting.is_empty() {
            write!(f, ", {} trades wait for a cancelled exit", waiting.len())?;
        }
        refused.iter().try_for_each(|(trade, why)| write!(f, "; {trade} is still held: {why}"))
    }
}

impl Engine {
    pub(super) fn on_command(
        &mut self,
        context: &Context,
        command: Command,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let answer = match command {
            // Entries and looser stops are the gate's to refuse.
            Command::PutProfile { .. }
            | Command::RemoveProfile { .. }
            | Command::SetLimits { .. }
            | Command::Unlock { .. }
            | Command::SetStatus { status: ProfileStatus::Running, .. }
                if self.store_away =>
            {
                Answer::Refused(Refusal::StoreAway)
            }
            Command::PutProfile { profile, document, plan, expected_version, by } => {
                match self.may_put(profile, &document, expected_version) {
                    Ok(()) => self.put_profile(context, (profile, document, *plan), by, effects)?,
                    Err(hindrance) => hindrance,
                }
            }
            Command::RemoveProfile { profile, expected_version, by } => {
                self.remove_profile(context, (profile, expected_version), by, effects)?
            }
            Command::SetStatus { profile, status, acknowledge, reason, by } => {
                match self.may_set_status(profile, status, acknowledge) {
                    Ok(()) => self.set_status(context, (profile, status), (reason, by), effects)?,
                    Err(answer) => answer,
                }
            }
            Command::Signal(signal) => self.answer_signal(context, *signal, effects)?,
            Command::Order(order) => match self.asked_by(*order) {
                Ok(asked) => self.answer_asked(context, asked, effects)?,
                Err(answer) => answer,
            },
            Command::Preview(order) => match self.asked_by(*order) {
                Ok(asked) => self.preview(context, &asked),
                Err(answer) => answer,
            },
            Command::Obstacles { profile } => self.obstacles(context, profile),
            Command::Cancel { order, reason } => {
                self.cancel_order(context, order, &reason, effects)?
            }
            Command::Amend { order, change, by } => {
                self.amend_order(context, (order, change), by, effects)?
            }
            Command::MoveLevels { trade, change, expected_version, by } => {
                self.move_levels(context, (trade, expected_version), &change, by, effects)?
            }
            Command::SetLimits { limits, expected_version, by } => {
                self.set_limits(context, (limits, expected_version), by, effects)?
            }
            Command::Unlock { profile, symbol, by } => {
                self.unlock(context, (profile, symbol), by, effects)?
            }
            Command::CorporateAction { told, plan } => {
                self.act(context, *told, plan.map(|plan| *plan), effects)?
            }
            Command::Flatten { profile, by, reason } => {
                self.flatten(context, profile, (by, reason), effects)?
            }
        };
        effects.answer = Some(answer);
        Ok(())
    }

    fn answer_signal(
        &mut self,
        context: &Context,
        signal: Signal,
        effects: &mut Effects,
    ) -> Result<Answer, ApplyError> {
        Ok(match self.submit(context, signal, effects)? {
            Ok(order) => Answer::Accepted(order),
            Err(refusal) => Answer::Refused(refusal),
        })
    }

    /// A profile that was not removed.
    pub(super) fn trading(&self, profile: ProfileId) -> Option<&Profile> {
        self.state.profile(profile).filter(|known| !known.removed)
    }

    /// A profile of which something may be left: also one that was removed, when what its venue
    /// has said since has left it with something.
    pub(super) fn leaving(&self, profile: ProfileId) -> Option<&Profile> {
        self.state.profile(profile).filter(|known| !known.removed || !known.is_idle())
    }
}
