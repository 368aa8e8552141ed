//! What the close of a frame brings: trails, counters, then the evaluation.

use std::ops::Bound;

use ballast_domain::exits::Levels;
use ballast_domain::order::Reversal;
use ballast_domain::profile::Liquidity;
use ballast_domain::strategy::DEFAULT_ATR_PERIOD;
use ballast_domain::{
    Bar, Cause, Decision, Direction, Evaluation, Event, ExitReason, Hold, OrderType, Origin,
    ProfileId, ProfileStatus, Protection, Refusal, Signal, SignalTerms, Slot, Symbol, TimeInForce,
    Timestamp, Trade, TradeId,
};
use rust_decimal::Decimal;

use super::{Action, Context, Desk, Effects, Engine};
use crate::market::{Frame, Row};
use crate::position;
use crate::state::{ApplyError, Profile, unrealised};
use crate::strategy::sizing::{self, Means};
use crate::strategy::{Choice, Standing};

/// One instrument of one profile in one frame.
#[derive(Clone, Copy)]
struct Spot<'a> {
    profile: ProfileId,
    desk: usize,
    lane: usize,
    row: &'a Row,
    bar: Bar,
}

impl Engine {
    /// Follows what is held, and evaluates the strategies when the frame came live, at `now`.
    pub(super) fn on_frame(
        &mut self,
        frame: &Frame,
        live: Option<Timestamp>,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let (at, cause) = (frame.id.close, Cause::Frame(frame.id));
        let now = live.unwrap_or(at).max(at);
        let context = Context { at, now, request_id: None, cause };
        self.remember_prices(frame);
        self.mark_frame(&context, frame, live.is_some(), effects)?;
        if live.is_some() || self.is_new(at) {
            // A day that waited for these prices begins with them.
            self.open_days(&context, effects)?;
        }
        if live.is_none() && self.is_new(at) {
            self.leave_passed(&context, frame, effects)?;
        }
        for desk in 0..self.desks.len() {
            let plan = &self.desks[desk].plan;
            if plan.timeframe() == frame.id.timeframe && plan.data_venue() == frame.id.venue {
                self.on_desk_frame(&context, desk, frame, live.is_some(), effects)?;
            }
        }
        Ok(())
    }

    /// Remembers the frame's closes as the last prices, and how far they went. A longer bar may
    /// close with what a shorter one has told long before: the same price becomes no younger by it.
    pub(super) fn remember_prices(&mut self, frame: &Frame) {
        let timeframe = frame.id.timeframe;
        for desk in &mut self.desks {
            if desk.plan.data_venue() != frame.id.venue {
                continue;
            }
            let shortest = desk.shortest.map_or(timeframe, |known| known.min(timeframe));
            desk.shortest = Some(shortest);
            for (lane, view) in desk.plan.lanes().iter().zip(&mut desk.lanes) {
                let row = lane.row(frame);
                let Some(bar) = row.and_then(|row| row.bar.as_ref()) else { continue };
                let known = |(price, at)| {
                    at > frame.id.close || (timeframe > shortest && price == bar.close)
                };
                if !view.mark.is_some_and(known) {
                    view.mark = Some((bar.close, bar.close_time));
                }
                for excursion in &mut view.excursions {
                    if frame.id.timeframe.open_of(bar.close_time) >= excursion.since {
                        excursion.see_bar(bar);
                    }
                }
            }
        }
    }

    fn on_desk_frame(
        &mut self,
        context: &Context,
        desk: usize,
        frame: &Frame,
        may_signal: bool,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let lanes = 0..self.desks[desk].lanes.len();
        if lanes.len() == 1 {
            return self.on_lane(context, (desk, 0), frame, may_signal, effects);
        }
        // What is left pays for what is entered, and what is entered first is filled first, in
        // whatever order the config names them.
        let holds = |lane: usize| {
            let Desk { profile, plan, .. } = &self.desks[desk];
            let symbol = plan.lanes()[lane].symbol;
            let known = self.state.profile(*profile);
            known.is_some_and(|known| known.trades_of(symbol).next().is_some())
        };
        let (held, mut flat): (Vec<usize>, Vec<usize>) = lanes.partition(|lane| holds(*lane));
        flat.sort_by_key(|lane| self.desks[desk].plan.lanes()[*lane].symbol);
        for lane in held.into_iter().chain(flat) {
            self.on_lane(context, (desk, lane), frame, may_signal, effects)?;
        }
        Ok(())
    }

    /// What the frame brings to one instrument of a profile, by the places of desk and lane.
    fn on_lane(
        &mut self,
        context: &Context,
        (desk, lane): (usize, usize),
        frame: &Frame,
        may_signal: bool,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let Desk { profile, plan, .. } = &self.desks[desk];
        let (profile, plan) = (*profile, &plan.lanes()[lane]);
        let symbol = plan.symbol;
        let Some(row) = plan.row(frame) else { return Ok(()) };
        let Some(bar) = row.bar else { return Ok(()) };
        let spot = Spot { profile, desk, lane, row, bar };
        let mut overdue = Vec::new();
        if self.state.profile(profile).is_some_and(|known| !known.trades.is_empty()) {
            overdue = self.follow_trades(context, &spot, symbol, effects)?;
        }
        if may_signal {
            self.leave_overdue(context, &spot, symbol, &overdue, effects)?;
            self.evaluate(context, &spot, symbol, &overdue, effects)?;
        } else {
            self.catch_up(&spot, symbol);
        }
        Ok(())
    }

    /// Trails and break-even, then bars held, for each open trade of the instrument. Gives the
    /// trades that have been held for as long as they may.
    fn follow_trades(
        &mut self,
        context: &Context,
        spot: &Spot<'_>,
        symbol: Symbol,
        effects: &mut Effects,
    ) -> Result<Vec<TradeId>, ApplyError> {
        let profile = self.state.profile(spot.profile);
        let known = profile.and_then(|profile| profile.document.instrument(symbol)).copied();
        let mut overdue = Vec::new();
        let mut after = None;
        while let Some(trade) = self.next_trade(spot.profile, symbol, after) {
            let id = trade.id;
            after = Some(id);
            // A bar from before the last entry says nothing about the trade as it stands: when
            // frames are told again after a restart, it would move the stop by another entry price.
            if spot.bar.close_time <= trade.entered_at() {
                continue;
            }
            let (limit, held) = (trade.protection.max_bars, trade.bars_held);
            let counted = trade.counted_to.is_some_and(|close| spot.bar.close_time <= close);
            let follow = |known| position::follow(trade, spot.bar.high, spot.bar.low, known);
            if let Some(stop) = known.as_ref().and_then(follow) {
                self.emit(context, Event::StopMoved { trade: id, stop, by: None }, effects)?;
                effects.actions.push(Action::Protect(id, Levels::of_stop(stop)));
            }
            let Some(limit) = limit else { continue };
            let mut bars = held;
            if !counted && held < limit {
                bars = held.saturating_add(1);
                let close = spot.bar.close_time;
                self.emit(context, Event::BarHeld { trade: id, bars, close }, effects)?;
            }
            if bars >= limit {
                overdue.push(id);
            }
        }
        Ok(overdue)
    }

    /// The next open trade of an instrument, by id.
    fn next_trade(
        &self,
        profile: ProfileId,
        symbol: Symbol,
        after: Option<TradeId>,
    ) -> Option<&Trade> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut trades = self.state.profile(profile)?.trades.range((from, Bound::Unbounded));
        trades.find(|(_, trade)| trade.symbol == symbol).map(|(_, trade)| trade)
    }

    /// Leaves the overdue trades that the strategy does not look at; its own it may reverse.
    fn leave_overdue(
        &mut self,
        context: &Context,
        spot: &Spot<'_>,
        symbol: Symbol,
        overdue: &[TradeId],
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        for id in overdue {
            let Some(profile) = self.state.profile(spot.profile) else { return Ok(()) };
            let Some(trade) = profile.trades.get(id) else { continue };
            let own = profile.trades_of(symbol).next().is_some_and(|first| first.id == *id);
            if !own && trade.open_quantity() > profile.claimed(*id) {
                let signal = exit_signal(spot.profile, symbol, *id, ExitReason::TimeStop, None);
                self.submit(context, signal, effects)?.ok();
            }
        }
        Ok(())
    }

    /// Leaves the trades whose stop a missed bar, of whatever timeframe, has passed. A bar in which
    /// a trade began says nothing: what it passed may have been before.
    fn leave_passed(
        &mut self,
        context: &Context,
        frame: &Frame,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let mut passed = Vec::new();
        for Desk { profile, plan, .. } in &self.desks {
            let Some(known) = self.state.profile(*profile) else { continue };
            if plan.data_venue() != frame.id.venue || known.trades.is_empty() {
                continue;
            }
            for lane in plan.lanes() {
                let Some(bar) = lane.row(frame).and_then(|row| row.bar) else { continue };
                let opened = frame.id.timeframe.open_of(bar.close_time);
                for trade in known.trades_of(lane.symbol) {
                    let stop = trade.stop.filter(|stop| match trade.direction {
                        Direction::Long => bar.low <= stop.level,
                        Direction::Short => bar.high >= stop.level,
                    });
                    let Some(stop) = stop.filter(|_| opened >= trade.entered_at()) else {
                        continue;
                    };
                    if trade.open_quantity() > known.claimed(trade.id) {
                        let reason = position::stop_reason(stop.kind);
                        passed.push(exit_signal(*profile, lane.symbol, trade.id, reason, None));
                    }
                }
            }
        }
        for signal in passed {
            self.submit(context, signal, effects)?.ok();
        }
        Ok(())
    }

    fn evaluate(
        &mut self,
        context: &Context,
        spot: &Spot<'_>,
        symbol: Symbol,
        overdue: &[TradeId],
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let desk = &self.desks[spot.desk];
        let Some(profile) = self.state.profile(spot.profile) else { return Ok(()) };
        let lane = &desk.plan.lanes()[spot.lane];
        let decide = |standing| desk.plan.decide(lane, spot.row, standing);
        let enters = desk.enters && profile.status == ProfileStatus::Running;
        let choice = choose(profile, symbol, enters, overdue, decide);
        let signal = self.signal(spot, symbol, choice);
        let verdict = signal.map(|signal| (self.check(context, &signal, None), signal));
        let seen = &desk.lanes[spot.lane];
        let news = match &verdict {
            Some((Ok(_), _)) => true,
            Some((Err(refusal), _)) => {
                seen.refused.as_ref().map(Refusal::code) != Some(refusal.code())
            }
            None => false,
        };
        let accepted = matches!(verdict, Some((Ok(_), _)));
        let changed = news || seen.decision != Some(choice.decision);
        let journaled = changed && (accepted || !self.store_away);
        if journaled || self.settings.keep_evaluations {
            self.remember(context, spot, symbol, choice.decision, journaled, effects)?;
        }
        let accepted = match verdict {
            Some((verdict, signal)) => self.settle(context, signal, verdict, effects)?.is_ok(),
            None => true,
        };
        if accepted {
            self.desks[spot.desk].lanes[spot.lane].refused = None;
        }
        Ok(())
    }

    /// Keeps the evaluation for reading, and journals one that led to a signal or changed outcome.
    fn remember(
        &mut self,
        context: &Context,
        spot: &Spot<'_>,
        symbol: Symbol,
        decision: Decision,
        journaled: bool,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let evaluation = self.evaluated(spot, symbol, decision);
        let desk = &mut self.desks[spot.desk];
        let view = &mut desk.lanes[spot.lane];
        if self.settings.keep_evaluations {
            view.evaluation = Some(evaluation.clone());
        }
        if journaled {
            view.decision = Some(decision);
            let evaluation = Box::new(evaluation);
            self.emit(context, Event::Evaluated { evaluation }, effects)?;
        }
        Ok(())
    }

    /// Says why a bar that closed while nobody was running makes no signal.
    fn catch_up(&mut self, spot: &Spot<'_>, symbol: Symbol) {
        if self.settings.keep_evaluations {
            let known = self.state.profile(spot.profile);
            let runs = known.is_some_and(|known| known.status == ProfileStatus::Running);
            let mut evaluation = self.evaluated(spot, symbol, Decision::Hold(Hold::CatchingUp));
            if !runs && evaluation.held.is_none() {
                let why = known.map_or(Hold::Stopped, |known| why_stopped(known.status));
                evaluation.decision = Decision::Hold(why);
            }
            self.desks[spot.desk].lanes[spot.lane].evaluation = Some(evaluation);
        }
    }

    fn evaluated(&self, spot: &Spot<'_>, symbol: Symbol, decision: Decision) -> Evaluation {
        let plan = &self.desks[spot.desk].plan;
        let held = self
            .state
            .profile(spot.profile)
            .and_then(|known| known.trades_of(symbol).next().map(|oldest| oldest.direction));
        Evaluation {
            profile: spot.profile,
            symbol,
            close_time: spot.bar.close_time,
            held,
            decision,
            rules: plan.outcomes(&plan.lanes()[spot.lane], spot.row),
        }
    }

    /// What a decision asks of the gate.
    fn signal(&self, spot: &Spot<'_>, symbol: Symbol, choice: Choice) -> Option<Signal> {
        match choice.decision {
            Decision::Hold(_) => None,
            Decision::Enter(direction) => self.entry_signal(spot, symbol, direction),
            Decision::Exit => self.exit_signal(spot, symbol, choice.exit_reason, None),
            Decision::Reverse(direction) => {
                let reversal = self.reversal(spot, symbol, direction).map(Box::new);
                let then = reversal.filter(|_| self.desks[spot.desk].enters);
                self.exit_signal(spot, symbol, choice.exit_reason, then)
            }
        }
    }

    fn entry_signal(
        &self,
        spot: &Spot<'_>,
        symbol: Symbol,
        direction: Direction,
    ) -> Option<Signal> {
        let (quantity, protection) = self.size(spot, direction, None)?;
        Some(Signal {
            origin: Origin::Strategy,
            profile: spot.profile,
            symbol,
            terms: SignalTerms::Enter {
                direction,
                slot: Slot::default(),
                quantity,
                order_type: OrderType::Market,
                time_in_force: TimeInForce::Gtc,
                protection,
                cut_to_available: true,
                cancels: None,
            },
        })
    }

    fn exit_signal(
        &self,
        spot: &Spot<'_>,
        symbol: Symbol,
        reason: ExitReason,
        then: Option<Box<Reversal>>,
    ) -> Option<Signal> {
        let trade = self.state.profile(spot.profile)?.trades_of(symbol).next()?.id;
        Some(exit_signal(spot.profile, symbol, trade, reason, then))
    }

    fn reversal(&self, spot: &Spot<'_>, symbol: Symbol, direction: Direction) -> Option<Reversal> {
        let profile = self.state.profile(spot.profile)?;
        let leaving = profile.trades_of(symbol).next()?.id;
        let (quantity, protection) = self.size(spot, direction, Some(leaving))?;
        let instrument = profile.document.instrument(symbol)?;
        let quantity = instrument.round_down(quantity);
        (!quantity.is_zero()).then_some(Reversal { direction, quantity, protection })
    }

    /// The quantity and protection of an entry, reckoned at this close; a trade that is being
    /// left counts as left at it, its fee paid.
    fn size(
        &self,
        spot: &Spot<'_>,
        direction: Direction,
        leaving: Option<TradeId>,
    ) -> Option<(Decimal, Protection)> {
        let profile = self.state.profile(spot.profile)?;
        let desk = &self.desks[spot.desk];
        let lane = &desk.plan.lanes()[spot.lane];
        let protection = desk.plan.protection(lane, spot.row)?;
        let close = spot.bar.close;
        let mut equity = profile.equity(|symbol| Some(desk.lane(symbol)?.mark?.0))?;
        let mut available = profile.book.available();
        if let Some(trade) = leaving.and_then(|id| profile.trades.get(&id)) {
            let held = trade.open_quantity();
            let notional = close.get().checked_mul(held.get())?;
            let fee = profile.document.fees.fee(notional, held.get(), Liquidity::Taker)?;
            let returned = trade.reserved.checked_add(unrealised(trade, close)?)?;
            equity = equity.checked_sub(fee)?;
            available = available.checked_add(returned.amount())?.checked_sub(fee)?;
        }
        let atr = lane.atr(DEFAULT_ATR_PERIOD, spot.row);
        let means = Means { close, equity, available, atr };
        let sizing = &desk.plan.config.sizing;
        // What cannot be reckoned, such as a risk without a distance, is nothing: the gate says so.
        let quantity = sizing::quantity(sizing, &means, &protection, direction);
        Some((quantity.unwrap_or_default(), protection))
    }
}

/// What the strategy makes of where the profile stands; it looks at the oldest trade.
fn choose(
    profile: &Profile,
    symbol: Symbol,
    enters: bool,
    overdue: &[TradeId],
    decide: impl FnOnce(Standing) -> Choice,
) -> Choice {
    let position = profile.trades_of(symbol).next();
    let order_working = match position {
        _ if profile.working.is_empty() => false,
        Some(trade) => profile.claimed(trade.id) >= trade.open_quantity(),
        None => profile.has_orders(symbol),
    };
    let direction = position.map(|trade| trade.direction);
    if !enters && direction.is_none() {
        let decision = Decision::Hold(why_stopped(profile.status));
        return Choice { decision, exit_reason: ExitReason::ExitSignal };
    }
    let choice = decide(Standing { position: direction, order_working });
    let time_is_up = position.is_some_and(|trade| overdue.contains(&trade.id));
    if time_is_up && !order_working { choice.overdue() } else { choice }
}

const fn why_stopped(status: ProfileStatus) -> Hold {
    match status {
        ProfileStatus::UnderReview => Hold::UnderReview,
        ProfileStatus::Running | ProfileStatus::Stopped => Hold::Stopped,
    }
}

fn exit_signal(
    profile: ProfileId,
    symbol: Symbol,
    trade: TradeId,
    reason: ExitReason,
    then: Option<Box<Reversal>>,
) -> Signal {
    Signal {
        origin: Origin::Strategy,
        profile,
        symbol,
        terms: SignalTerms::Exit {
            trade,
            quantity: None,
            order_type: OrderType::Market,
            time_in_force: TimeInForce::Gtc,
            reason,
            then,
        },
    }
}
