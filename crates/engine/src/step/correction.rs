//! What a venue takes back: a fill that was busted, or told wrongly. Somebody looks at it always.

use ballast_domain::{BrokerEvent, Event, Fill, FillId, OrderId, TradeId};
use rust_decimal::Decimal;

use super::{Context, Effects, Engine};
use crate::state::{ApplyError, Profile};

impl Engine {
    pub(super) fn on_corrected(
        &mut self,
        context: &Context,
        (order, fill): (OrderId, FillId),
        by: Option<Fill>,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let id = order.intent.profile;
        let Some(profile) = self.state.profile(id) else {
            effects.strangers.push(BrokerEvent::Corrected { order, fill, by });
            return Ok(());
        };
        let was_negative = profile.book.available() < Decimal::ZERO;
        let (trade, by) = match match_correction(profile, (order, fill), by.as_ref()) {
            Match::Repeated => return Ok(()),
            Match::Nothing(why) => {
                let why = format!("the venue took back fill {fill} of {order} {why}");
                let message = BrokerEvent::Corrected { order, fill, by };
                return self.on_early_correction(context, message, why, effects);
            }
            Match::Busted(trade) => (trade, None),
            Match::Replaced(trade) => (trade, by.map(Box::new)),
        };
        let why = match &by {
            Some(by) => format!("{} at {} in its place", by.quantity, by.price),
            None => "nothing in its place".to_owned(),
        };
        self.emit(context, Event::FillCorrected { order, fill, by }, effects)?;
        let reason = format!("the venue took back fill {fill} of {order}, with {why}");
        self.review(context, id, reason, effects)?;
        self.follow_excursion(context, trade, effects)?;
        self.protect(context, order, trade, effects)?;
        self.check_available(context, id, was_negative, effects)?;
        self.mark_profile(context, id, effects)?;
        self.lock_entries(context, trade, effects)?;
        self.close_dust(context, order, trade, effects)?;
        self.cancel_orphans(context, trade, effects)?;
        self.on_awaited(context, OrderId::main(trade.0), trade, effects)
    }

    /// After a fill: takes it back where the venue had said so before it was told.
    pub(super) fn correct_awaited(
        &mut self,
        context: &Context,
        (order, fill): (OrderId, FillId),
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let profile = self.state.profile(order.intent.profile);
        match profile.and_then(|profile| profile.correction_of(order, fill)).cloned() {
            Some(by) => self.on_corrected(context, (order, fill), by, effects),
            None => Ok(()),
        }
    }

    /// A correction has come before its fill was booked: it is kept, and where the fill waits only
    /// because it is too large, both are booked now.
    fn on_early_correction(
        &mut self,
        context: &Context,
        message: BrokerEvent,
        why: String,
        effects: &mut Effects,
    ) -> Result<(), ApplyError> {
        let BrokerEvent::Corrected { order, fill, .. } = message else { return Ok(()) };
        self.on_unmatched(context, message, why, effects)?;
        let profile = self.state.profile(order.intent.profile);
        let mut waiting = profile.into_iter().flat_map(|profile| &profile.unmatched);
        let waiting = waiting.find_map(|kept| match kept {
            BrokerEvent::Filled { order: told, fill: known } => {
                ((*told, known.id) == (order, fill)).then(|| known.clone())
            }
            _ => None,
        });
        match waiting {
            Some(fill) => self.on_fill(context, order, fill, effects),
            None => Ok(()),
        }
    }
}

/// What a correction is.
enum Match {
    /// It was booked before.
    Repeated,
    /// It takes a fill of this trade back.
    Busted(TradeId),
    /// It puts another in the place of a fill of this trade.
    Replaced(TradeId),
    /// It fits nothing that is known, or cannot be booked; why.
    Nothing(&'static str),
}

fn match_correction(
    profile: &Profile,
    (order, fill): (OrderId, FillId),
    by: Option<&Fill>,
) -> Match {
    let by = by.filter(|by| !by.quantity.is_zero());
    let Some((trade, struck)) = profile.booked(order, fill) else {
        let trade = profile.known_trade(profile.trade_of(order));
        let told = |fill| trade.is_some_and(|trade| trade.fills.contains(&fill));
        return match told(fill) && by.is_none_or(|by| told(by.id)) {
            true => Match::Repeated,
            false => Match::Nothing("of which nothing is known here"),
        };
    };
    match by {
        None => Match::Busted(trade.id),
        // It was told by itself before.
        Some(by) if by.id != fill && trade.fills.contains(&by.id) => Match::Busted(trade.id),
        Some(by) => match profile.rebooking((trade, struck), by) {
            Ok(made) if made == *struck => Match::Repeated,
            Ok(_) => Match::Replaced(trade.id),
            Err(why) => Match::Nothing(why),
        },
    }
}
