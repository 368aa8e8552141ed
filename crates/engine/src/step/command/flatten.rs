//! Leaving everything that a profile holds.
//!
//! Two exits must never claim the same units, and what works at the venue may still fill. So what
//! an exit at a price has claimed is left only once that exit is gone, and what an entry still
//! fills is left as it comes.

use ballast_domain::{
    Event, ExitReason, OrderId, OrderType, Origin, ProfileId, ProfileStatus, Purpose, Quantity,
    Refusal, Signal, SignalTerms, TimeInForce, TradeId,
};

use super::super::{Context, Effects, Engine};
use super::{Answer, Flattened};
use crate::state::{ApplyError, Order, Profile};

impl Engine {
    pub(super) fn flatten(
        &mut self,
        context: &Context,
        profile: ProfileId,
        (by, reason): (String, String),
        effects: &mut Effects,
    ) -> Result<Answer, ApplyError> {
        let Some(known) = self.leaving(profile) else { return Ok(Answer::NoSuchProfile) };
        let cancelled: Vec<OrderId> =
            known.working.values().filter(|order| gives_way(order)).map(id).collect();
        let trades: Vec<TradeId> = known.trades.keys().copied().collect();
        // One that is under review stays so: it makes no entries either.
        if known.status == ProfileStatus::Running {
            let (status, reason, by) = (ProfileStatus::Stopped, reason.clone(), Some(by.clone()));
            let event = Event::ProfileStatusChanged { profile, status, reason, by };
            self.emit(context, event, effects)?;
        }
        let why = format!("flattened: {reason}");
        self.emit(context, Event::FlattenRequested { profile, by, reason }, effects)?;
        for order in &cancelled {
            self.request_cancel(context, *order, &why, effects)?;
        }
        let mut flattened = Flattened { cancelled, ..Flattened::default() };
        for trade in trades {
            match self.leave_rest(context, trade, effects)? {
                Some(Ok(exit)) => flattened.exits.push(exit),
                Some(Err(refusal)) => flattened.refused.push((trade, refusal)),
                None => {}
            }
            if self.state.profile(profile).is_some_and(|known| waits(known, trade)) {
                flattened.waiting.push(trade);
            }
        }
        Ok(Answer::Flattened(flattened))
    }

    /// After an order has ended: leaves what it had claimed where everything is to go. An exit of
    /// the flattening itself that did not fill is looked at by somebody before it is repeated.
    pub(in super::super) fn leave_freed(
        &mut self,
        context: &Context,
        order: OrderId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let known = self.state.profile(order.intent.profile);
        let ended = known.and_then(|known| known.order(order));
        let Some(Purpose::Exit { trade, reason, .. }) = ended.map(|ended| &ended.terms.purpose)
        else {
            return Ok(());
        };
        match *reason {
            ExitReason::Flatten => Ok(()),
            _ => self.leave_if_flattening(context, *trade, effects),
        }
    }

    /// After a fill of an entry: leaves what has come of it where everything is to go.
    pub(in super::super) fn leave_entered(
        &mut self,
        context: &Context,
        order: OrderId,
        trade: TradeId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        match order == OrderId::main(trade.0) {
            true => self.leave_if_flattening(context, trade, effects),
            false => Ok(()),
        }
    }

    pub(super) fn leave_if_flattening(
        &mut self,
        context: &Context,
        trade: TradeId,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let known = self.state.profile(trade.0.profile);
        if known.is_some_and(|known| known.flattening.is_some()) {
            // A refusal is journaled: the trade is still held, and seen to be.
            self.leave_rest(context, trade, effects)?;
        }
        Ok(())
    }

    /// Leaves what of a trade no exit has claimed, at the market; nothing when there is nothing.
    fn leave_rest(
        &mut self,
        context: &Context,
        trade: TradeId,
        effects: &mut Effects,
    ) -> Result<Option<Result<OrderId, Refusal>>, ApplyError> {
        let Some(signal) = self.rest_signal(trade) else { return Ok(None) };
        self.submit(context, signal, effects).map(Some)
    }

    fn rest_signal(&self, id: TradeId) -> Option<Signal> {
        let profile = self.state.profile(id.0.profile)?;
        let trade = profile.trades.get(&id)?;
        let by = profile.flattening.as_ref()?.by.clone();
        let terms = SignalTerms::Exit {
            trade: id,
            quantity: None,
            order_type: OrderType::Market,
            time_in_force: TimeInForce::Gtc,
            reason: ExitReason::Flatten,
            then: None,
        };
        let (origin, symbol) = (Origin::Manual { by }, trade.symbol);
        let signal = Signal { origin, profile: profile.id, symbol, terms };
        (trade.open_quantity() > profile.claimed(id)).then_some(signal)
    }
}

/// Whether an order is cancelled when everything is to go: all but exits at the market.
fn gives_way(order: &Order) -> bool {
    !order.terms.is_reducing() || order.terms.order_type != OrderType::Market
}

fn id(order: &Order) -> OrderId {
    order.terms.order_id()
}

/// Whether an exit that is being cancelled still claims something of a trade.
fn waits(profile: &Profile, trade: TradeId) -> bool {
    let claims = |order: &&Order| match &order.terms.purpose {
        Purpose::Exit { trade: left, .. } => *left == trade && gives_way(order),
        Purpose::Enter { .. } => false,
    };
    profile.working.values().filter(claims).any(|order| order.open_quantity() > Quantity::ZERO)
}
