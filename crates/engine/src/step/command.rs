//! What people and programs ask of the engine.

use std::fmt;

use ballast_domain::{
    Capital, Event, Money, OrderId, ProfileDocument, ProfileId, ProfileStatus, Refusal, Signal,
    Symbol,
};
use rust_decimal::Decimal;

use super::{Context, Effects, Engine};
use crate::state::{ApplyError, Profile};
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
    /// It cannot be done; why, and what to do.
    Invalid(String),
    /// There is no such profile.
    NoSuchProfile,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Accepted(order) => write!(f, "accepted as {order}"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Invalid(why) => f.write_str(why),
            Self::NoSuchProfile => f.write_str("there is no such profile"),
        }
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
            Command::PutProfile { profile, document, plan, by } => {
                let known = self.state.profile(profile);
                let hindrance = no_such_capital(&document)
                    .or_else(|| known.and_then(|known| in_the_way(known, &document)));
                match hindrance {
                    Some(hindrance) => hindrance,
                    None => {
                        let version = known.map_or(0, |known| known.version) + 1;
                        let event = Event::ProfileChanged { profile, version, document, by };
                        self.emit(context, event, effects)?;
                        self.attach(profile, *plan);
                        Answer::Done
                    }
                }
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

/// Books count from zero to what money can count exactly.
fn no_such_capital(document: &ProfileDocument) -> Option<Answer> {
    let Capital { allocated, currency } = document.capital;
    let fits = allocated >= Decimal::ZERO && Money::checked(allocated, currency).is_some();
    let why =
        format!("{allocated} {currency} cannot be allocated; choose zero or more, up to 10^15");
    (!fits).then_some(Answer::Invalid(why))
}

/// Why a profile cannot have `document` now: what is held and what works goes on under the new
/// one, and only what is available can be taken away.
fn in_the_way(known: &Profile, document: &ProfileDocument) -> Option<Answer> {
    let (before, after) = (&known.document, document);
    if after.capital.currency != known.book.currency() {
        let currency = known.book.currency();
        let why = format!("the profile keeps its books in {currency}; make another profile");
        return Some(Answer::Invalid(why));
    }
    let taken = before.capital.allocated.saturating_sub(after.capital.allocated);
    let available = known.book.available();
    if taken > Decimal::ZERO && taken > available {
        let refusal = Refusal::InsufficientCapital { needed: taken, available };
        return Some(Answer::Refused(refusal));
    }
    let trades = known.trades.values().map(|trade| trade.symbol);
    let mut busy = trades.chain(known.working.values().map(|order| order.terms.symbol)).peekable();
    let moved = (before.venue, before.mode) != (after.venue, after.mode);
    if let (true, Some(symbol)) = (moved, busy.peek()) {
        let why = format!("{symbol} is held or ordered at {}; close it first", before.venue);
        return Some(Answer::Invalid(why));
    }
    let traded = |symbol: &Symbol| {
        after.strategy.symbols.contains(symbol)
            && after.instruments.iter().any(|instrument| instrument.symbol == *symbol)
    };
    let dropped = busy.find(|symbol| !traded(symbol))?;
    let why = format!("{dropped} is held or ordered; close it before it is taken out");
    Some(Answer::Invalid(why))
}
