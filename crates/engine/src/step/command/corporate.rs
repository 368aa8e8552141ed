//! What issuers have done, as somebody tells it. A venue does it to what it holds by itself.

use ballast_domain::{ActionId, CorporateAction, Event, OrderId, ProfileId, Symbol, TradeId};
use rust_decimal::Decimal;

use super::super::broker::levels_of;
use super::super::{Context, Effects, Engine};
use super::Answer;
use crate::position::Ratio;
use crate::state::{ApplyError, Profile, State};
use crate::strategy::Plan;

/// What is told of one corporate action.
#[derive(Debug)]
pub struct ActionTold {
    /// The profile.
    pub profile: ProfileId,
    /// Its name; one of the same name is done once.
    pub id: ActionId,
    /// The instrument, under the name that it had.
    pub symbol: Symbol,
    /// What was done.
    pub action: CorporateAction,
    /// Who tells of it.
    pub by: String,
}

impl Engine {
    /// Orders of the instrument are cancelled first, because their units and prices are those from
    /// before: until they are gone, nothing else happens.
    pub(super) fn act(
        &mut self,
        context: &Context,
        told: ActionTold,
        plan: Option<Plan>,
        effects: &mut Effects,
    ) -> Result<Answer, ApplyError> {
        let ActionTold { profile, id, symbol, action, by } = told;
        let Some(known) = self.state.profile(profile) else { return Ok(Answer::NoSuchProfile) };
        if known.actions.contains(&id) {
            return Ok(Answer::Done);
        }
        if let Some(why) = hindrance(known, symbol, &action, plan.is_some()) {
            return Ok(Answer::Invalid(why));
        }
        let works = known.working.values().filter(|order| order.terms.symbol == symbol);
        let works: Vec<OrderId> = works.map(|order| order.terms.order_id()).collect();
        if !works.is_empty() {
            let why = format!("the {} of {symbol} comes first", action.name());
            for order in &works {
                self.request_cancel(context, *order, &why, effects)?;
            }
            let why = format!(
                "{} orders of {symbol} are being cancelled, because they are in units and prices \
                 from before the {}; tell of it again once they are gone",
                works.len(),
                action.name()
            );
            return Ok(Answer::Invalid(why));
        }
        let event = Event::CorporateAction { profile, id, symbol, action: action.clone(), by };
        if !self.fits(context, &event) {
            let why = format!("the {} comes to more than books can count", action.name());
            return Ok(Answer::Invalid(why));
        }
        let held: Vec<TradeId> = known.trades_of(symbol).map(|trade| trade.id).collect();
        let was_negative = known.book.available() < Decimal::ZERO;
        self.emit(context, event, effects)?;
        self.follow_action(profile, symbol, &action, plan);
        for trade in held.iter().copied() {
            self.follow_excursion(context, trade, effects)?;
            self.lock_entries(context, trade, effects)?;
            let open = self.state.profile(profile).and_then(|known| known.trades.get(&trade));
            let split = matches!(action, CorporateAction::Split { .. });
            effects.actions.extend(open.filter(|_| split).and_then(levels_of));
        }
        self.check_available(context, profile, was_negative, effects)?;
        self.mark_profile(context, profile, effects)?;
        // Exits of a flattening were cancelled for it.
        for trade in held {
            self.leave_if_flattening(context, trade, effects)?;
        }
        Ok(Answer::Done)
    }

    /// Whether the state can book an event: it is rare, so that it may be tried on a copy.
    fn fits(&self, context: &Context, event: &Event) -> bool {
        let mut copy: State = self.state.clone();
        copy.apply(&self.envelope(context, event.clone())).is_ok()
    }

    /// What this process has seen of prices is in units from before.
    fn follow_action(
        &mut self,
        profile: ProfileId,
        symbol: Symbol,
        action: &CorporateAction,
        plan: Option<Plan>,
    ) {
        match action {
            CorporateAction::Split { numerator, denominator, .. } => {
                let ratio = Ratio { numerator: *numerator, denominator: *denominator };
                let place = self.desk_place(profile);
                let lane = place.ok().and_then(|place| self.desks[place].lane_mut(symbol));
                if let Some(lane) = lane {
                    lane.split(ratio);
                }
            }
            CorporateAction::CashDividend { .. } => {}
            CorporateAction::SymbolChanged { .. } => {
                let enters = self.enters(profile);
                if let Some(plan) = plan {
                    self.seat(profile, plan, enters);
                }
            }
        }
    }
}

/// Why an action cannot be done to a profile.
fn hindrance(
    known: &Profile,
    symbol: Symbol,
    action: &CorporateAction,
    has_plan: bool,
) -> Option<String> {
    if known.document.instrument(symbol).is_none() {
        return Some(format!("the profile does not trade {symbol}; name one of its instruments"));
    }
    match action {
        CorporateAction::Split { .. } => None,
        CorporateAction::CashDividend { per_unit } => {
            let (paid, own) = (per_unit.currency(), known.book.currency());
            let why = format!("the profile keeps its books in {own}; give the dividend in {own}");
            let negative = per_unit.amount().is_sign_negative();
            let none = negative.then(|| "a dividend is more than nothing".to_owned());
            (paid != own).then_some(why).or(none)
        }
        CorporateAction::SymbolChanged { to } if known.document.instrument(*to).is_some() => {
            Some(format!("the profile trades {to} already; take that out first"))
        }
        CorporateAction::SymbolChanged { .. } => (!has_plan)
            .then(|| "a change of symbol needs the strategy compiled for the new one".to_owned()),
    }
}
