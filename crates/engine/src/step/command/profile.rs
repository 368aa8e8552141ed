//! Documents, and what profiles do.

use ballast_domain::{
    Capital, Event, Money, ProfileDocument, ProfileId, ProfileStatus, Refusal, Symbol,
};
use rust_decimal::Decimal;

use super::super::{Context, Effects, Engine};
use super::Answer;
use crate::state::{ApplyError, Profile};
use crate::strategy::Plan;

impl Engine {
    /// Whether a profile may have `document` now; why not.
    pub(super) fn may_put(
        &self,
        profile: ProfileId,
        document: &ProfileDocument,
        expected_version: Option<u64>,
    ) -> Result<(), Answer> {
        let known = self.state.profile(profile);
        if known.is_some_and(|known| known.removed) {
            return Err(Answer::NoSuchProfile);
        }
        let version = known.map_or(0, |known| known.version);
        if expected_version.is_some_and(|expected| expected != version) {
            return Err(Answer::Conflict { version });
        }
        let hindrance = no_such_capital(document)
            .or_else(|| known.and_then(|known| in_the_way(known, document)));
        hindrance.map_or(Ok(()), Err)
    }

    pub(super) fn put_profile(
        &mut self,
        context: &Context,
        (profile, document, plan): (ProfileId, Box<ProfileDocument>, Plan),
        by: String,
        effects: &mut Effects,
    ) -> Result<Answer, ApplyError> {
        let version = self.state.profile(profile).map_or(0, |known| known.version) + 1;
        let event = Event::ProfileChanged { profile, version, document, by };
        self.emit(context, event, effects)?;
        self.attach(profile, plan);
        self.open_days(context, effects)?;
        self.mark_profile(context, profile, effects)?;
        Ok(Answer::Done)
    }

    pub(super) fn remove_profile(
        &mut self,
        context: &Context,
        (profile, expected_version): (ProfileId, Option<u64>),
        by: String,
        effects: &mut Effects,
    ) -> Result<Answer, ApplyError> {
        let Some(known) = self.trading(profile) else { return Ok(Answer::NoSuchProfile) };
        let version = known.version;
        if expected_version.is_some_and(|expected| expected != version) {
            return Ok(Answer::Conflict { version });
        }
        if !known.is_idle() {
            return Ok(Answer::Invalid(busy(known)));
        }
        self.emit(context, Event::ProfileRemoved { profile, by }, effects)?;
        self.desks.retain(|desk| desk.profile != profile);
        self.open_profit.remove(&profile);
        Ok(Answer::Done)
    }

    /// Whether a profile's status is to be changed; else what to answer.
    pub(super) fn may_set_status(
        &self,
        profile: ProfileId,
        status: ProfileStatus,
        acknowledge: bool,
    ) -> Result<(), Answer> {
        let known = self.trading(profile).ok_or(Answer::NoSuchProfile)?;
        match (known.status, status) {
            (standing, asked) if standing == asked => Err(Answer::Done),
            (ProfileStatus::UnderReview, ProfileStatus::Running) if !acknowledge => {
                Err(Answer::Invalid(what_to_look_at(known)))
            }
            (ProfileStatus::UnderReview, _) if !acknowledge => Err(Answer::Done),
            _ => Ok(()),
        }
    }

    pub(super) fn set_status(
        &mut self,
        context: &Context,
        (profile, status): (ProfileId, ProfileStatus),
        (reason, by): (String, String),
        effects: &mut Effects,
    ) -> Result<Answer, ApplyError> {
        let event = Event::ProfileStatusChanged { profile, status, reason, by: Some(by) };
        self.emit(context, event, effects)?;
        Ok(Answer::Done)
    }
}

/// What a profile that cannot be removed holds, and what works for it.
fn busy(known: &Profile) -> String {
    let held = known.trades.values().map(|trade| {
        let (quantity, symbol) = (trade.open_quantity(), trade.symbol);
        format!("{quantity} {symbol} ({}) are held", trade.id)
    });
    let works = known.working.keys().map(|order| format!("{order} works"));
    let all: Vec<String> = held.chain(works).collect();
    format!("{}; flatten the profile, and remove it when nothing is left", all.join(", "))
}

fn what_to_look_at(known: &Profile) -> String {
    let mut why = format!("the profile is under review: {}", known.status_reason);
    if let Some(last) = known.unmatched.back() {
        let (count, order) = (known.unmatched.len(), last.order());
        why = format!("{why}; {count} of its venue's messages fit nothing, the last about {order}");
    }
    format!(
        "{why}; compare what it holds and has with its venue, then start it and acknowledge that \
         you did"
    )
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
