//! What limits need to know of equity: open profit at the last prices, how each day began, and the
//! highest so far. Only profiles of which such a limit holds are followed.

use ballast_domain::{Cause, Event, Limits, Money, ProfileId, Timestamp};
use rust_decimal::Decimal;

use super::{Context, Desk, Effects, Engine, Input};
use crate::market::Frame;
use crate::risk::{self, Scopes};
use crate::state::{ApplyError, Profile};

/// A rise of less than this part of a peak is no new one: one basis point.
const PEAK_STEP: Decimal = Decimal::from_parts(1, 0, 0, false, 4);

/// What of a profile's equity limits look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Followed {
    /// Open profit at the last prices.
    equity: bool,
    /// The day's opening.
    day: bool,
    /// The highest equity.
    peak: bool,
    /// When the day ends that was opened last.
    day_ends: Timestamp,
}

impl Followed {
    pub(super) const NOTHING: Self =
        Self { equity: false, day: false, peak: false, day_ends: Timestamp::MIN };
}

impl Engine {
    /// Finds out what is to be followed, after limits have changed.
    pub(super) fn follow_limits(&mut self) {
        for place in 0..self.desks.len() {
            let profile = self.desks[place].profile;
            let Some(known) = self.state.profile(profile) else { continue };
            let scopes = Scopes::of(&self.product, &self.state, known);
            let any = |asks: fn(&Limits) -> bool| scopes.all().any(|(_, limits)| asks(limits));
            let followed = Followed {
                equity: any(Limits::follow_equity),
                day: any(Limits::follow_day),
                peak: any(|limits| limits.max_drawdown_percent.is_some()),
                day_ends: Timestamp::MIN,
            };
            self.desks[place].followed = followed;
            self.mark_open_profit(place);
        }
        let profiles = self.state.profiles().filter(|known| self.desk(known.id).is_none());
        let unseated: Vec<ProfileId> = profiles.map(|known| known.id).collect();
        unseated.into_iter().for_each(|profile| self.count_at_cost(profile));
    }

    /// A profile whose strategy does not run on this market data has no prices here, now or later:
    /// what it holds counts at cost.
    fn count_at_cost(&mut self, profile: ProfileId) {
        match self.state.profile(profile).is_some_and(|known| !known.trades.is_empty()) {
            true => self.open_profit.insert(profile, Decimal::ZERO),
            false => self.open_profit.remove(&profile),
        };
    }

    /// Reckons what a profile's open trades are worth at the last prices.
    pub(super) fn mark_open_profit(&mut self, place: usize) {
        let desk = &self.desks[place];
        let known = self.state.profile(desk.profile);
        let held = known.filter(|known| desk.followed.equity && !known.trades.is_empty());
        let open =
            held.and_then(|known| known.open_profit(|symbol| Some(desk.lane(symbol)?.mark?.0)));
        match open {
            Some(open) => self.open_profit.insert(desk.profile, open),
            None => self.open_profit.remove(&desk.profile),
        };
    }

    /// After a frame's closes have become the last prices: reckons the profiles that it is about.
    pub(super) fn mark_frame(
        &mut self,
        context: &Context,
        frame: &Frame,
        live: bool,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        for place in 0..self.desks.len() {
            let desk = &self.desks[place];
            if !desk.followed.equity || desk.plan.data_venue() != frame.id.venue {
                continue;
            }
            self.mark_open_profit(place);
            // Before a restart these prices met what was held then.
            if live || self.is_new(frame.id.close) {
                self.note_peak(context, place, effects)?;
            }
        }
        Ok(())
    }

    /// As [`Self::mark_open_profit`], and says so where equity is higher than ever.
    pub(super) fn mark_profile(
        &mut self,
        context: &Context,
        profile: ProfileId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Ok(place) = self.desk_place(profile) else {
            self.count_at_cost(profile);
            return Ok(());
        };
        self.mark_open_profit(place);
        self.note_peak(context, place, effects)
    }

    /// Says so where a profile is worth more than ever.
    pub(super) fn note_peak(
        &mut self,
        context: &Context,
        place: usize,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Desk { profile, followed, .. } = self.desks[place];
        let Some(known) = self.state.profile(profile).filter(|_| followed.peak) else {
            return Ok(());
        };
        let Some(equity) = self.equity_of(known) else { return Ok(()) };
        let higher = |peak: Decimal| {
            let step = peak.checked_mul(PEAK_STEP).unwrap_or_default();
            equity.amount() > peak && equity.amount().saturating_sub(peak) >= step
        };
        match known.counters.peak.is_none_or(higher) {
            true => self.emit(context, Event::PeakEquity { profile, equity }, effects),
            false => Ok(()),
        }
    }

    /// Opens days that have begun by the instant of an input that may lead to something. Frames
    /// that were acted on before a restart say nothing of a day, nor do those that are told again.
    pub(super) fn begin_days(
        &mut self,
        input: &Input<'_>,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        if !self.desks.iter().any(|desk| desk.followed.day) {
            return Ok(());
        }
        let (at, cause) = match input {
            Input::Frame { frame, .. } => (frame.id.close, Cause::Frame(frame.id)),
            Input::Missed(frame) if self.is_new(frame.id.close) => {
                (frame.id.close, Cause::Frame(frame.id))
            }
            Input::Broker(message) => (message.at, Cause::Broker(message.event.order())),
            Input::Command { at, .. } => (*at, Cause::Command),
            Input::Clock(at) => (*at, Cause::Clock),
            Input::Missed(_)
            | Input::Seen(_)
            | Input::Control { .. }
            | Input::Product(_)
            | Input::Markets(_)
            | Input::Store { .. }
            | Input::Withheld { .. } => return Ok(()),
        };
        let context = Context { at, now: at, request_id: None, cause };
        self.open_days(&context, effects)
    }

    /// Whether a missed frame tells of what nobody has seen yet.
    pub(super) fn is_new(&self, close: Timestamp) -> bool {
        self.missed_since.is_some_and(|since| close > since)
    }

    /// Opens the day of each profile whose day is limited and has begun by `context.at`, with the
    /// equity of the last prices before it. One whose open trades are not all priced yet, after a
    /// restart, waits until they are, and enters nothing.
    pub(super) fn open_days(
        &mut self,
        context: &Context,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        for place in 0..self.desks.len() {
            let Desk { profile, followed, .. } = self.desks[place];
            if !followed.day || context.at <= followed.day_ends {
                continue;
            }
            let Some(known) = self.state.profile(profile) else { continue };
            let (day, ends) = known.document.time_zone.day(context.at);
            if known.counters.day.is_some_and(|opened| opened.day >= day) {
                self.desks[place].followed.day_ends = ends;
                continue;
            }
            let Some(equity) = self.equity_of(known) else { continue };
            self.emit(context, Event::DayOpened { profile, day, equity }, effects)?;
            self.desks[place].followed.day_ends = ends;
        }
        Ok(())
    }

    fn equity_of(&self, known: &Profile) -> Option<Money> {
        let equity = risk::equity(known, &self.open_profit)?;
        Money::checked(equity, known.book.currency())
    }
}
